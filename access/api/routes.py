"""How the addresses of resources are written, and found; none ends with a slash."""

from collections import defaultdict
from typing import Any

from django.urls import Resolver404, ResolverMatch, URLResolver, path
from django.urls.resolvers import RoutePattern
from django.utils.functional import cached_property
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


class ByFirstWord(URLResolver):
    """Addresses below `prefix`, of which only those with the same first word are tried, and not all hundred.

    That word must be written out in each address.
    """

    def __init__(self, prefix: str, addresses: list[Any]) -> None:
        super().__init__(RoutePattern(prefix), addresses)

    @cached_property
    def by_word(self) -> dict[str, URLResolver]:
        grouped = defaultdict(list)
        for address in self.url_patterns:
            grouped[_first_word(str(address.pattern))].append(address)
        return {word: URLResolver(self.pattern, addresses) for word, addresses in grouped.items()}

    def resolve(self, path: str) -> ResolverMatch:
        matched = self.pattern.match(path)
        same = self.by_word.get(_first_word(matched[0])) if matched else None
        if same is None:
            raise Resolver404({"tried": [], "path": path})
        return same.resolve(path)


def _first_word(address: str) -> str:
    return address.partition("/")[0]
