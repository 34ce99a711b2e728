"""Kinds of value on the wire: ids, whole numbers, epoch times, texts, references to other rows."""

import re
from collections.abc import Callable
from typing import Any

from django.db import models
from django.db.models import F, Func, Model
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from access.api.reach import row_of

DIGITS = re.compile(r"-?[0-9]{1,18}")  # fits a bigint; other scripts' digits are no digits here


class WholeNumber(serializers.IntegerField):
    """A whole number, written as a number or as digits in a string (ICTCore 8.3)."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str) and DIGITS.fullmatch(data):
            data = int(data)
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": 1})
class Flag(serializers.BooleanField):
    """Yes or no, written as 1 or 0; true and false are taken too."""

    wire = staticmethod(int)


class Text(serializers.CharField):
    """A text; where it may be empty, null is the empty text, as older clients mean it."""

    def run_validation(self, data: Any = empty) -> Any:
        return super().run_validation("" if data is None and self.allow_blank else data)


class Mail(Text, serializers.EmailField):
    """An e-mail address."""


@extend_schema_field({"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9](:[0-5][0-9])?$", "example": "09:00"})
class WallTime(serializers.TimeField):
    """A time of day by somebody's own clock; RFC 3339, which documents call `time`, wants a zone with it."""


class RowId(serializers.IntegerField):
    """The id of the row itself; the server gives it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"source": "pk", "read_only": True, **kwargs})


class Epoch(serializers.IntegerField):
    """A time that the server notes, as seconds since 1970; PostgreSQL counts them, twice as fast as Python."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"read_only": True, **kwargs})

    @property
    def path(self) -> Func:
        seconds = "floor(extract(epoch from %(expressions)s))::bigint"
        return Func(F(str(self.source)), template=seconds, output_field=models.BigIntegerField())


class Derived(serializers.CharField):
    """What is computed from one column: `wire` turns the column into what callers see."""

    def __init__(self, wire: Callable[[Any], Any], **kwargs: Any) -> None:
        self.wire = wire
        super().__init__(**{"read_only": True, **kwargs})


@extend_schema_field(OpenApiTypes.INT)
class Reference(serializers.Field):
    """The id of another row that the caller may use: a number on the wire, the row itself inside.

    Raises NotFound for a row that is not there or that the caller may not see (ICTCore 1.8).
    """

    default_error_messages = {"invalid": "A valid id is required."}

    def __init__(self, model: type[Model], **kwargs: Any) -> None:
        self.model = model
        super().__init__(**kwargs)

    @property
    def path(self) -> str:
        return f"{self.source}_id"

    def to_internal_value(self, data: Any) -> Model:
        pk = int(data) if isinstance(data, str) and DIGITS.fullmatch(data) else data
        if isinstance(pk, bool) or not isinstance(pk, int):
            self.fail("invalid")
        return row_of(self.model, self.context["request"].user, pk)
