"""Access and refresh tokens: issued, rotated, cancelled, pruned."""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from uuid import uuid4

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken
from rest_framework_simplejwt.utils import aware_utcnow, get_md5_hash_password

from access.models import User
from access.refusals import Unauthenticated


class BadToken(Unauthenticated):
    """Not ours, expired, used before, cancelled, or its user is inactive or has another password now."""

    message = "refresh_token is not valid; sign in again"


class BadAccessToken(Unauthenticated):
    """Not ours, expired, or its user is inactive or has another password now."""

    message = "Token is not valid or has expired"


@dataclass(frozen=True)
class Tokens:
    """What somebody gets who has signed in; `expires_in` is the access token's life in seconds."""

    user: User
    access: str
    refresh: str
    expires_in: int


class _Refresh(RefreshToken):
    """A refresh token whose blacklist is asked by refresh_tokens, under a lock, and not while it is read."""

    def check_blacklist(self) -> None:
        return


def issue_tokens(*, user: User) -> Tokens:
    """Begin a family of tokens for a user who has just proved who they are."""
    return _issue(user, family=uuid4().hex)


def refresh_tokens(*, refresh: str) -> Tokens:
    """Exchange a refresh token for a new pair; it works once.

    One that was used before has been copied: then its whole family (all that descends from the same sign-in) is
    revoked, whoever holds it. Of two that come at the same time one wins and the other counts as a copy. Raises
    BadToken.
    """
    token = _read(refresh)
    tokens = _rotate(token)  # commits the revocation before the refusal is raised
    if tokens is None:
        raise BadToken
    return tokens


def cancel_tokens(*, refresh: str) -> None:
    """Sign out: end the token's family. Access tokens live on until they expire. Safe to repeat; never refuses."""
    try:
        token = _read(refresh)
    except BadToken:
        return
    _blacklist(OutstandingToken.objects.filter(jti__startswith=_family(token)))


def revoke_tokens(*, user: User) -> None:
    """End every refresh token of a user. Safe to repeat."""
    _blacklist(OutstandingToken.objects.filter(user=user))


def read_access_token(text: str) -> AccessToken:
    """An access token that we issued and that has not expired. Raises BadAccessToken.

    Whether its user may still come in is asked of `speaks_for`, at each request.
    """
    try:
        token = _signed(text)
        token.check_exp(current_time=aware_utcnow())
    except TokenError as error:
        raise BadAccessToken from error
    return token


def speaks_for(token: AccessToken, user: User | None) -> bool:
    """Whether a token is that of an active user who has had no new password since."""
    password = str(token.get(api_settings.REVOKE_TOKEN_CLAIM))
    return user is not None and user.is_active and hmac.compare_digest(password, get_md5_hash_password(user.password))


def prune_tokens() -> int:
    """Forget refresh tokens that have expired; returns how many. Safe to repeat."""
    return (
        OutstandingToken.objects.filter(expires_at__lte=timezone.now())
        .delete()[1]
        .get("token_blacklist.OutstandingToken", 0)
    )


def _issue(user: User, *, family: str) -> Tokens:
    token = RefreshToken()
    token["jti"] = f"{family}.{uuid4().hex}"
    token["nbf"] = token["iat"]
    token["user_id"] = user.pk
    token["username"] = user.username
    token["is_admin"] = "1" if user.may("user_create") else "0"
    token["api-version"] = "1.0"
    token[api_settings.REVOKE_TOKEN_CLAIM] = get_md5_hash_password(user.password)
    expires_at = datetime.fromtimestamp(token["exp"], tz=UTC)
    # The row keeps the id alone: a copy of the database must not hold tokens that work.
    OutstandingToken.objects.create(
        user=user, jti=token["jti"], token="", created_at=token.current_time, expires_at=expires_at
    )
    return Tokens(
        user=user,
        access=str(token.access_token),
        refresh=str(token),
        expires_in=int(api_settings.ACCESS_TOKEN_LIFETIME.total_seconds()),
    )


@lru_cache(maxsize=1024)
def _signed(text: str) -> AccessToken:
    """A token with our signature. That stays so, and a program sends the same token for an hour: it is checked once."""
    return AccessToken(text.encode())  # type: ignore[arg-type]


@transaction.atomic
def _rotate(token: RefreshToken) -> Tokens | None:
    # The user's row is the lock: rotations, revocations and a new password take turns.
    user = User.objects.select_for_update(no_key=True).filter(pk=token["user_id"], is_active=True).first()
    row = OutstandingToken.objects.filter(jti=token["jti"], user=user).first() if user else None
    if (
        user is None
        or row is None
        or token.get(api_settings.REVOKE_TOKEN_CLAIM) != get_md5_hash_password(user.password)
    ):
        return None
    _, is_first_use = BlacklistedToken.objects.get_or_create(token=row)
    if not is_first_use:
        _blacklist(OutstandingToken.objects.filter(jti__startswith=_family(token)))
        return None
    return _issue(user, family=_family(token).rstrip("."))


def _blacklist(tokens: QuerySet[OutstandingToken]) -> None:
    BlacklistedToken.objects.bulk_create(
        [BlacklistedToken(token=token) for token in tokens.filter(blacklistedtoken=None)], ignore_conflicts=True
    )


def _read(refresh: str) -> RefreshToken:
    try:
        return _Refresh(refresh)  # type: ignore[arg-type]
    except TokenError as error:
        raise BadToken from error


def _family(token: RefreshToken) -> str:
    """What the ids of one family begin with."""
    return str(token["jti"]).partition(".")[0] + "."
