"""How the back office checks a password."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from access.addresses import client_address
from access.models import User
from access.services import BadCredentials, TooManyAttempts, check_sign_in
from access.services.signing_in import verify
from access.valkey import ValkeyAway


class PasswordBackend(BaseBackend):
    """Signs in by username, e-mail or id, within the same limits as the APIs.

    The lock of django-axes stands before it and lives in the database. That lock alone is enough when Valkey is away:
    staff can still come in and see what is wrong.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        if not username or password is None:
            return None
        try:
            return self._sign_in(username, password, client_address(request) if request else None)
        except BadCredentials:
            return None
        except TooManyAttempts as error:
            raise PermissionDenied from error

    def get_user(self, user_id: int) -> User | None:
        """The user of a session, unless disabled since."""
        return User.objects.filter(pk=user_id, is_active=True).first()

    def _sign_in(self, login: str, password: str, address: str | None) -> User:
        try:
            return check_sign_in(login=login, password=password, address=address)
        except ValkeyAway:
            return verify(login=login, password=password)
