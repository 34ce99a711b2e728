"""Kinds of value on the wire that only telephony has."""

from typing import Any

from django.db.models import Model
from rest_framework.fields import SkipField, empty

from access.api.fields import Reference
from telephony.api.reach import default_account_of
from telephony.models import Account


class OwnAccount(Reference):
    """The id of an account; -1 is the caller's default account, null is as if it were not there (ICTCore 2.2)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Account, **kwargs)

    def run_validation(self, data: Any = empty) -> Any:
        if data is None:
            raise SkipField
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> Model:
        if data not in (-1, "-1"):
            return super().to_internal_value(data)
        return default_account_of(self.context["request"].user, str(self.field_name))
