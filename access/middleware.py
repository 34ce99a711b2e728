"""What happens to every request: API requests pass by the middleware of the back office, and may be spelt freely."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware

APIS = ("/api/", "/lead/", "/carriers/", "/API")


class Tolerance:
    """Below an API, an address with a slash at its end or with `.json` is the one without (ICTCore 1.1)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(APIS):
            request.path_info = request.path_info.removesuffix("/").removesuffix(".json")
        return self.get_response(request)


class OfficeOnly:
    """Steps aside below the addresses of an API."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info.startswith(APIS):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]


class Sessions(OfficeOnly, SessionMiddleware):
    """Django's sessions."""


class Forms(OfficeOnly, CsrfViewMiddleware):
    """Django's protection of forms; callers of the API bring their credentials with each request."""

    def process_view(self, request: HttpRequest, *view: Any) -> Any:
        return None if request.path_info.startswith(APIS) else super().process_view(request, *view)


class SignedIn(OfficeOnly, AuthenticationMiddleware):
    """Django's user of a session."""


class Messages(OfficeOnly, MessageMiddleware):
    """Django's messages."""
