"""Django's validation errors as refusals that name their field."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models

from access.refusals import Invalid


@contextmanager
def refusing(field: str = "") -> Iterator[None]:
    """Turn a ValidationError into Invalid; `field` names what was checked when the error itself does not."""
    try:
        yield
    except ValidationError as error:
        raise as_invalid(error, field) from error


def check(instance: models.Model, **kwargs: Any) -> None:
    """Run the model's own validation, constraints included. Raises Invalid."""
    with refusing():
        instance.full_clean(**kwargs)


def as_invalid(error: ValidationError, field: str = "") -> Invalid:
    """Say the first error of each field, fields named."""
    if not hasattr(error, "error_dict"):
        return Invalid(_named(field, error.messages[0]), field=field)
    found = {("" if name == NON_FIELD_ERRORS else name): texts[0] for name, texts in error.message_dict.items()}
    return Invalid("; ".join(_named(name, text) for name, text in found.items()), field=next(iter(found)))


def _named(field: str, text: str) -> str:
    return f"{field}: {text}" if field else text
