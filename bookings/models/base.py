"""What the tables of bookings have in common."""

from typing import Any

from django.db import models
from django.db.models.functions import Now


def fold(name: str) -> str:
    """A name as it is compared: without regard to case or outer space."""
    return name.strip().casefold()


class FoldedField(models.CharField):
    """The folded form of another text column of the row, kept by every save and bulk_create."""

    def __init__(self, of: str, **options: Any) -> None:
        self.of = of
        super().__init__(**{"max_length": 256, "editable": False, **options})  # folding may lengthen

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        return name, path, [self.of, *args], options

    def clean(self, value: Any, model_instance: models.Model | None) -> str:
        return fold(getattr(model_instance, self.of))

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        folded = self.clean("", model_instance)
        setattr(model_instance, self.attname, folded)
        return folded


def in_operator(model: str, related_name: str = "+", **options: Any) -> models.ForeignKey:
    """A reference to a row of the same operator.

    The database checks (operator, id) together, by foreign keys that the migration `same_operator` makes.
    """
    options = {"on_delete": models.PROTECT, "db_constraint": False, "db_index": False, **options}
    return models.ForeignKey(model, related_name=related_name, **options)


class Owned(models.Model):
    """A row of an operator; it never moves to another."""

    operator = models.ForeignKey("bookings.Operator", models.CASCADE, related_name="+", db_index=False, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True
