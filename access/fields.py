"""A text column that is encrypted at rest."""

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import models


@lru_cache(maxsize=4)
def _cipher(key: str) -> Fernet:
    return Fernet(key.encode())


class EncryptedTextField(models.TextField):
    """Holds a secret that must be read again (a provider's password), encrypted with COACHHOUSE_FIELD_KEY."""

    def get_prep_value(self, value: Any) -> Any:
        if not value:
            return value
        return _cipher(settings.FIELD_KEY).encrypt(str(value).encode()).decode()

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if not value:
            return value
        try:
            return _cipher(settings.FIELD_KEY).decrypt(value.encode()).decode()
        except InvalidToken as error:
            raise ValueError(
                f"{self.model.__name__}.{self.name} was encrypted with another COACHHOUSE_FIELD_KEY"
            ) from error
