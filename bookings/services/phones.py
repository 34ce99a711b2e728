"""How partners get a customer's phone number (spec: customerPhone)."""

from base64 import urlsafe_b64encode
from binascii import b2a_base64
from collections.abc import Callable
from datetime import date
from functools import partial

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bookings.models import AccessKey

SALT, PURPOSE = b"coachhouse", b"customerPhone/1"
YMD_MARK = b"||YLCSP"


def phone_writer(*, codec: str, secret: str, today: date) -> Callable[[str], str]:
    """How phone numbers are written to the holder of the key `secret`; no number stays empty.

    Numbers are written as they were given. `today` is the operator's local date.
    """
    write = _sealed(secret) if codec == AccessKey.Codec.SEALED else _ymd(today)
    return lambda number: write(number) if number else ""


def _sealed(secret: str) -> Callable[[str], str]:
    key = HKDF(algorithm=SHA256(), length=32, salt=SALT, info=PURPOSE).derive(secret.encode())
    fernet = Fernet(urlsafe_b64encode(key))
    return lambda number: fernet.encrypt(number.encode()).decode()


def _ymd(today: date) -> Callable[[str], str]:
    """The format of the published example, which hides nothing: for callers that read it already."""
    base64 = partial(b2a_base64, newline=False)
    day = base64(base64(today.isoformat().encode()))
    return lambda number: base64(day + base64(YMD_MARK + number.encode())).decode()
