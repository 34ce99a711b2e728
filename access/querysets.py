"""Whose rows a user works on."""

from typing import TypeVar

from django.db.models import Model, QuerySet

from access.models import User

M = TypeVar("M", bound=Model)


def owned(queryset: QuerySet[M], user: User, stem: str) -> QuerySet[M]:
    """Keep the user's own rows, or all with `<stem>_admin`; what is left out is not found, 404 (ICTCore 6.3)."""
    return queryset if user.sees_all(stem) else queryset.filter(owner=user)
