"""How the OpenAPI document describes the usual actions of a resource; `docs` describes the others."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

ERRORS = {
    401: ("No credentials, or wrong ones", "Authentication credentials were not provided"),
    403: ("The caller does not hold the permission", "Not permitted"),
    404: ("No such row, or one that the caller may not see", "Not found"),
    412: ("A value is not acceptable; the message names the field", "name: This field is required."),
    417: ("The database refused the write", "Could not be stored"),
    423: ("The row is in a state in which this cannot be done", "Not ready"),
    429: ("Asked too often; `Retry-After` says when to come again", "Too many requests"),
    503: ("Something that this needs is away; later it may work", "Temporarily unavailable"),
}
SUMMARIES = {
    "list": "List {many}",
    "retrieve": "Read one {one}",
    "create": "Make {a} {one}",
    "update": "Change {a} {one}",
    "destroy": "Delete {a} {one}",
}
REFUSALS = {
    "list": (401, 403, 404, 412),
    "retrieve": (401, 403, 404),
    "create": (401, 403, 404, 412, 417),
    "update": (401, 403, 404, 412, 417, 423),
    "destroy": (401, 403, 404, 423),
}
PAGING = [
    OpenApiParameter(
        "limit", int, description="At most so many rows, 1 to 5000 (not in the Guide). Without it, all of them."
    ),
    OpenApiParameter("after_id", int, description="Only rows with a greater id, to go on where a page ended."),
]
ID = {"type": "integer", "example": 1}


class ErrorSerializer(serializers.Serializer):
    """The shape of every error."""

    class Facts(serializers.Serializer):
        code = serializers.IntegerField(help_text="The HTTP status.")
        message = serializers.CharField()

        class Meta:
            ref_name = "ErrorFacts"

    error = Facts()


def answers(success: Any, *errors: int, media: str = "application/json") -> dict[Any, Any]:
    """The replies of an operation: what success looks like, these error codes, and those that all of them have."""
    return {(200, media): success, **refusals(*sorted({401, 403, 429, 503, *errors}))}


def shown(schema: Any, example: Any = None) -> OpenApiResponse:
    """Success with an example: the one given, or that of the serializer."""
    value = schema.Meta.example if example is None else example
    return OpenApiResponse(schema, examples=[OpenApiExample("Reply", value=value, response_only=True)])


def refusals(*codes: int) -> dict[Any, Any]:
    """These error codes, each with its example."""
    return {code: _error(code) for code in codes}


def an_id(*names: str) -> dict[str, Any]:
    """The schema of an answer that holds only ids."""
    return {"type": "object", "properties": dict.fromkeys(names, ID), "required": list(names)}


def _error(code: int) -> OpenApiResponse:
    description, message = ERRORS[code]
    example = OpenApiExample(f"Error {code}", value={"error": {"code": code, "message": message}})
    return OpenApiResponse(ErrorSerializer, description=description, examples=[example])


class RowsSchema(AutoSchema):
    """Reads from a resource what there is to say of it."""

    def get_tags(self) -> list[str]:
        return [self.view.tag]

    def get_summary(self) -> str | None:
        names = self.view.model._meta
        summary = SUMMARIES.get(self.view.action)
        one = str(names.verbose_name)
        article = "an" if one[0] in "aeio" else "a"
        return summary and summary.format(a=article, one=one, many=names.verbose_name_plural)

    def get_override_parameters(self) -> list[Any]:
        special = self.view.special_ids
        if special and self.path.startswith(f"/api/{self.view.tag}/{{id}}"):
            # the short aliases of an address have no such ids
            return [OpenApiParameter("id", int, OpenApiParameter.PATH, description=special)]
        return PAGING if self.view.action == "list" else []

    def get_request_serializer(self) -> Any:
        serializer = self.view.get_serializer_class()
        return {"create": serializer, "update": serializer(partial=True)}.get(self.view.action)

    def get_response_serializers(self) -> Any:
        serializer, action = self.view.get_serializer_class(), self.view.action
        success = {
            "list": serializer(many=True),
            "create": an_id(self.view.key),
            "destroy": OpenApiResponse(description="Deleted; the body is empty"),
        }
        return answers(success.get(action, serializer), *REFUSALS.get(action, ()))

    def get_examples(self) -> list[OpenApiExample]:
        example = getattr(self.view.get_serializer_class().Meta, "example", None)
        if example is None or self.view.action not in SUMMARIES:
            return []
        reply = {self.view.key: 1} if self.view.action == "create" else example
        return [
            OpenApiExample("Request", value=_writable(self.view.get_serializer(), example), request_only=True),
            OpenApiExample("Reply", value=reply, response_only=True),
        ]


def _writable(serializer: serializers.Serializer, example: dict[str, Any]) -> dict[str, Any]:
    """Of an example, what a body may hold."""
    taken = {name for name, field in serializer.fields.items() if not field.read_only}
    return {name: value for name, value in example.items() if name in taken and value not in (None, "")}
