"""How a request says which partner it comes from: `?key=`, or better a header, which no proxy writes into its log."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from access.addresses import client_address
from access.authentication import sent
from access.refusals import NotPermitted
from leads.models import LeadKey
from leads.services.keys import find_key


class HasKey(BasePermission):
    """A key is all that is asked for."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.auth is not None


class LeadKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer KEY` or `?key=KEY`; request.auth is the key. It is nobody's sign-in: there is no user."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, LeadKey]:
        secret = sent(request, "bearer") or request.query_params.get("key")
        if not secret:
            raise NotPermitted("API key is missing")
        return AnonymousUser(), find_key(secret=secret, address=client_address(request))
