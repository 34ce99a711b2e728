"""What all resources of the contract do alike: list, read, create, change, delete (ICTCore 1.1, 1.3)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.contract import ContractViewSet, comes_from_another_site
from access.api.filters import UsedFilters, whole
from access.api.ownership import new_owner
from access.api.reach import found, rows_of
from access.api.reading import Pages, Reader
from access.api.rendering import ORJSONRenderer
from access.api.rows import Row, RowSerializer
from access.api.schema import RowsSchema
from access.models import User
from access.refusals import NotFound, NotPermitted

OVERRIDES = {"PUT", "PATCH", "DELETE"}
MAX_LIMIT = 5000


def crud(stem: str) -> dict[str, str]:
    """The rights that the five usual actions ask for."""
    verbs = {"list": "list", "retrieve": "read", "create": "create", "update": "update", "destroy": "delete"}
    return {action: f"{stem}_{verb}" for action, verb in verbs.items()}


def overridden_method(request: HttpRequest) -> str:
    """The method that is meant: callers without DELETE and PUT say it in a header or in the query (ICTCore 1.1)."""
    method = str(request.method)
    asked = request.GET.get("method", "").upper()
    if method == "POST":
        asked = request.headers.get("X-HTTP-Method-Override", asked).upper()
        return asked if asked in OVERRIDES else method
    return asked if method == "GET" and asked == "DELETE" else method


class ResourceViewSet(ContractViewSet):
    """Rows of one kind, read through their serializer and limited to what the caller may reach."""

    schema = RowsSchema()
    tag = ""  # the chapter of the OpenAPI document
    special_ids = ""  # what the ids below zero mean, for the OpenAPI document
    serializer_class: type[RowSerializer]
    filter_backends = [UsedFilters]
    writes_by_get: frozenset[str] = frozenset({"destroy"})  # the contract lets a GET do these
    chunk = MAX_LIMIT  # rows held in memory at a time
    where: Mapping[str, Any] = {}  # what an address says of the rows that it is about

    @property
    def model(self) -> type[Model]:
        return self.serializer_class.Meta.model  # type: ignore[attr-defined]

    @property
    def stem(self) -> str:
        """What the kind is called in rights, services and id keys."""
        return str(self.model._meta.model_name)

    @property
    def key(self) -> str:
        """The name of the id in rows."""
        return f"{self.stem}_id"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.link = request.method in ("GET", "HEAD")  # type: ignore[attr-defined]
        request.method = overridden_method(request)
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.link and (request.method == "DELETE" or self.action in self.writes_by_get):
            if request.method == "HEAD":
                raise NotFound
            if comes_from_another_site(request):
                raise NotPermitted

    def get_queryset(self) -> QuerySet[Any]:
        described_only = getattr(self, "swagger_fake_view", False)
        return self.model._default_manager.none() if described_only else self.rows()

    def rows(self) -> QuerySet[Any]:
        """The rows that this address is about, of those that the caller may reach."""
        return rows_of(self.model, self.request.user).filter(**self.where)

    def reader(self) -> Reader | None:
        """What reads those rows fast; None where `rows` says more of them than `where` does."""
        plain = type(self).rows is ResourceViewSet.rows and type(self).get_queryset is ResourceViewSet.get_queryset
        return Reader(self.serializer_class, self.request.user, self.where) if plain else None

    def list(self, request: Request, **kwargs: Any) -> Response | StreamingHttpResponse:
        """A bare array, by id. `limit` and `after_id` are ours: without them the whole list is answered."""
        limit, last = whole(request, "limit", 1, MAX_LIMIT), whole(request, "after_id", 0, 10**18) or 0
        page = self.pages()
        if limit:
            return Response(page(last, limit))
        first = page(last, self.chunk + 1)
        if len(first) <= self.chunk:
            return Response(first)
        return StreamingHttpResponse(self._pieces(page, first), content_type="application/json")

    def pages(self) -> Pages:
        """What reads a page of the rows asked for: those after an id, so many."""
        reader = None if UsedFilters.named(self.request, self) else self.reader()
        if reader:
            return reader.page
        rows = self.filter_queryset(self.get_queryset()).order_by("pk")
        return lambda last, size: self.serializer_class.read((self.later(rows, last) if last else rows)[:size])

    def later(self, rows: QuerySet[Any], last: int) -> QuerySet[Any]:
        """Of `rows`, those after the id `last`."""
        return rows.filter(pk__gt=last)

    def _pieces(self, page: Pages, chunk: Sequence[Row]) -> Iterator[bytes]:
        render = ORJSONRenderer().render
        yield b"["
        yield render(chunk)[1:-1]
        while len(chunk) >= self.chunk:
            chunk = page(chunk[-1][self.key], self.chunk)
            if chunk:
                yield b"," + render(chunk)[1:-1]
        yield b"]"

    def retrieve(self, request: Request, pk: int, **kwargs: Any) -> Response:
        return self.answer(pk)

    def answer(self, pk: int) -> Response:
        """The whole object. Raises NotFound."""
        reader = self.reader()
        rows = reader.one(pk) if reader else self.serializer_class.read(self.get_queryset().filter(pk=pk))
        if not rows:
            raise NotFound(f"{self.model.__name__} not found")
        return Response(rows[0])

    def get_row(self) -> Any:
        """The row that the address names. Raises NotFound."""
        return found(self.get_queryset(), self.kwargs["pk"])

    def body(self, given: Any = None, **options: Any) -> dict[str, Any]:
        """What the body holds, by the names of the services. Raises ValidationError, naming the field."""
        checked = self.get_serializer(data=self.request.data if given is None else given, **options)
        checked.is_valid(raise_exception=True)
        return checked.validated_data

    def owner(self) -> User:
        """Whom a row belongs to that this request makes. Raises NotPermitted, Invalid."""
        return new_owner(self.request, self.stem)


class EditableViewSet(ResourceViewSet):
    """Rows that callers make, change and delete; each by one service."""

    create_row: Callable[..., Model]
    update_row: Callable[..., Any]
    delete_row: Callable[..., None]

    def create(self, request: Request, **kwargs: Any) -> Response:
        row = type(self).create_row(owner=self.owner(), **self.body())
        return Response({self.key: row.pk})

    def update(self, request: Request, pk: int, **kwargs: Any) -> Response:
        row = self.get_row()
        type(self).update_row(**{self.stem: row}, by=request.user, **self.body(partial=True))
        return self.answer(pk)

    def destroy(self, request: Request, pk: int, **kwargs: Any) -> Response:
        type(self).delete_row(**{self.stem: self.get_row()}, by=request.user)
        return Response()
