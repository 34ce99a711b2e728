"""How the addresses of resources are written; none ends with a slash."""

from typing import Any

from django.urls import path
from rest_framework.viewsets import ViewSetMixin

LIST = {"get": "list"}
COLLECTION = {"get": "list", "post": "create"}
ONE = {"get": "retrieve", "put": "update", "delete": "destroy"}


def at(address: str, views: type[ViewSetMixin], actions: dict[str, str], **options: Any) -> Any:
    return path(address, views.as_view(actions, **options))


def resource(
    address: str,
    views: type[ViewSetMixin],
    collection: dict[str, str] = COLLECTION,
    one: dict[str, str] = ONE,
    pk: str = "int",
    **options: Any,
) -> list[Any]:
    """A collection, its rows, and the old way to delete one by a GET (ICTCore 1.1)."""
    return [
        at(address, views, collection, **options),
        at(f"{address}/<{pk}:pk>", views, one, **options),
        at(f"{address}/<{pk}:pk>/delete", views, {"get": "destroy"}, **options),
    ]
