"""Signing in with a password: who is meant, how often one may try, what is remembered."""

import hmac
import threading
from contextlib import suppress

from django.conf import settings
from django.contrib.auth.hashers import make_password

from access.limits import TooManyAttempts, forgive_attempt, take_attempt
from access.models import User
from access.refusals import Unauthenticated, Unavailable
from access.selectors import user_by_email, user_by_id, user_by_name
from access.valkey import ValkeyAway, valkey

__all__ = [
    "BadCredentials",
    "SignInUnavailable",
    "TooManyAttempts",
    "check_sign_in",
    "find_user",
    "sign_in",
    "sign_in_again",
]

LONGEST = 1024  # characters of a login or password that are looked at
REMEMBERED_FOR = 60  # seconds
# One thread of this process at a time checks a given pair: a client that opens twenty connections at once costs one
# hash and one attempt, not twenty.
TURNS = [threading.Lock() for _ in range(64)]


class BadCredentials(Unauthenticated):
    """Unknown, wrong password, or disabled: which one is not told."""

    message = "Wrong username or password"


class SignInUnavailable(Unavailable):
    """Attempts cannot be counted now, so none is made. Tokens and API keys go on working."""

    message = "Signing in with a password is not possible at the moment"


def sign_in(*, login: str, password: str, address: str | None) -> User:
    """Return the active user whose login (username, e-mail or numeric id; ICTCore 6.1) and password these are.

    The limits are asked before the hash is computed, and only failures count against them. A name that does not exist
    takes as long as one that does. Raises BadCredentials, TooManyAttempts, SignInUnavailable.
    """
    try:
        return check_sign_in(login=login, password=password, address=address)
    except ValkeyAway as error:
        raise SignInUnavailable from error


def sign_in_again(*, login: str, password: str, address: str | None) -> User:
    """The same for a client that sends its password with every request: a pair just verified is known for a minute.

    A remembered pair computes no hash and touches no limit. It is bound to the stored hash and the user, so that a new
    password or a disabled user ends it at once. Raises as sign_in does.
    """
    user = find_user(login)
    pair = _pair(user, login, password)
    try:
        if _is_remembered(pair):
            return _active(user)
        with TURNS[int(pair[:4], 16) % len(TURNS)]:
            if _is_remembered(pair):
                return _active(user)
            user = check_sign_in(login=login, password=password, address=address)
            _remember(_pair(user, login, password))
    except ValkeyAway as error:
        raise SignInUnavailable from error
    return user


def check_sign_in(*, login: str, password: str, address: str | None) -> User:
    """sign_in for callers with a limit of their own beside ours. Raises BadCredentials, TooManyAttempts, ValkeyAway."""
    buckets = take_attempt(login=login, address=address)
    user = verify(login=login, password=password)
    forgive_attempt(buckets)
    return user


def verify(*, login: str, password: str) -> User:
    """Compare the password, without any limit. Raises BadCredentials."""
    user = find_user(login)
    if user is None or len(password) > LONGEST:
        make_password("spend the same time")
        raise BadCredentials
    if not user.check_password(password):
        raise BadCredentials
    return _active(user)


def find_user(login: str) -> User | None:
    """The user a login means: digits are an id, what looks like e-mail is that or else a username (ICTCore 1.4)."""
    login = login.strip()
    if not login or len(login) > LONGEST or "\0" in login:
        return None
    if login.isascii() and login.isdecimal():
        return user_by_id(int(login))
    return ("@" in login and user_by_email(login)) or user_by_name(login)


def _active(user: User | None) -> User:
    if user is None or not user.is_active:
        raise BadCredentials
    return user


def _pair(user: User | None, login: str, password: str) -> str:
    """A name for the pair that says nothing about it to a reader of Valkey."""
    parts = (str(user.pk), user.password) if user else ("", "")
    text = "\0".join((*parts, login, password))
    return hmac.digest(settings.SECRET_KEY.encode(), b"pair:" + text.encode(), "sha256").hex()


def _is_remembered(pair: str) -> bool:
    with valkey() as client:
        return bool(client.exists(f"pair:{pair}"))


def _remember(pair: str) -> None:
    with suppress(ValkeyAway), valkey() as client:
        client.set(f"pair:{pair}", 1, ex=REMEMBERED_FOR)
