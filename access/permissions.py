"""Whether a caller may do what a view does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission

if TYPE_CHECKING:  # the settings name this module while rest_framework.views is being imported
    from rest_framework.request import Request
    from rest_framework.views import APIView


class HasRight(BasePermission):
    """Asks for the permission names that the view declares for its action, all of them (ICTCore 1.5 to 1.12).

    A view says `required_rights = {"list": "contact_list", "link": ("contact_create", "group_create")}`, keyed by the
    action of a viewset or the lower-case method of a plain view. What is not declared is refused, so that a forgotten
    line shuts a door instead of opening one.
    """

    message = "Not permitted"

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not request.user.is_authenticated:
            return False
        if request.method == "OPTIONS" or not hasattr(view, (request.method or "").lower()):
            return True  # nothing runs: the answer is which methods there are, or that there is no such one
        wanted = required_rights(view, request.method or "")
        return wanted is not None and all(request.user.may(name) for name in wanted)


def required_rights(view: APIView, method: str) -> tuple[str, ...] | None:
    """The names a view asks for; None if it declares none for this action."""
    method = "get" if method == "HEAD" else method.lower()
    declared = getattr(view, "required_rights", {})
    wanted = declared.get(getattr(view, "action", None) or method)
    return (wanted,) if isinstance(wanted, str) else wanted
