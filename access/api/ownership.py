"""Whom a row belongs to that somebody makes."""

from collections.abc import Mapping

from rest_framework.request import Request

from access.api.fields import DIGITS
from access.models import User
from access.refusals import Invalid, NotPermitted

NAMES = ("created_by", "user_id")


def new_owner(request: Request, stem: str) -> User:
    """The caller, or whom the body names in `created_by` or `user_id` (ICTCore 2).

    What else the body names must be in the caller's reach, who answers for it. Raises NotPermitted when somebody else
    is named by a caller without `<stem>_admin`, Invalid for nobody's id.
    """
    given = request.data if isinstance(request.data, Mapping) else {}
    name = next((name for name in NAMES if given.get(name) not in (None, "")), None)
    if name is None:
        return request.user
    pk = _id_in(given[name], name)
    if pk == request.user.pk:
        return request.user
    if not request.user.sees_all(stem):
        raise NotPermitted(f"{name}: only a holder of {stem}_admin may name another owner", field=name)
    owner = User.objects.visible().filter(pk=pk).first()
    if owner is None:
        raise Invalid(f"{name}: there is no such user", field=name)
    return owner


def _id_in(value: object, name: str) -> int:
    if isinstance(value, str) and DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Invalid(f"{name}: A valid id is required.", field=name)
    return value
