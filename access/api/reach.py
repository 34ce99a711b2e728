"""Which rows a caller can reach."""

from typing import Any

from django.db.models import Model, QuerySet

from access.models import User
from access.querysets import owned
from access.refusals import NotFound


def rows_of(model: type[Model], user: User) -> QuerySet[Any]:
    """The rows of a model that nobody deleted and that are the user's, or everybody's with `<stem>_admin`."""
    rows = model._default_manager.all()
    if hasattr(rows, "visible"):
        rows = rows.visible()
    return owned(rows, user, str(model._meta.model_name))


def users_of(caller: User) -> QuerySet[User]:
    """The users that a caller may see: themselves, or everybody with `user_admin` (ICTCore 6.3)."""
    users = User.objects.visible()
    return users if caller.sees_all("user") else users.filter(pk=caller.pk)


def row_of(model: type[Model], user: User, pk: int) -> Any:
    """One row that the user can reach. Raises NotFound."""
    return found(rows_of(model, user), pk)


def found(rows: QuerySet[Any], pk: int) -> Any:
    """One of these rows. Raises NotFound."""
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotFound(f"{rows.model.__name__} not found")
    return row
