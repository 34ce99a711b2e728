"""What a service answers when it will not do what was asked."""

from collections.abc import Mapping

CHALLENGE = 'Basic realm="coachhouse", charset="UTF-8"'  # what every 401 carries (ICTCore 1.2)


class Refused(Exception):
    """A request that is refused, in words that the caller may read. Nothing was stored."""

    code = 412  # the HTTP status of the ICTCore contract (1.2); other contracts translate by class
    message = "Refused"

    def __init__(self, message: str = "", *, field: str = "") -> None:
        self.message = message or self.message
        self.field = field
        super().__init__(self.message)

    @property
    def headers(self) -> Mapping[str, str]:
        """HTTP headers that belong to the answer."""
        return {}


class Unauthenticated(Refused):
    """Nobody, or not who they say they are."""

    code = 401
    message = "Authentication credentials were not provided"

    @property
    def headers(self) -> Mapping[str, str]:
        return {"WWW-Authenticate": CHALLENGE}


class NotPermitted(Refused):
    """Known, but may not do this."""

    code = 403
    message = "Not permitted"


class NotFound(Refused):
    """No such row, or none that this caller may see."""

    code = 404
    message = "Not found"


class Invalid(Refused):
    """A value that is not acceptable; `field` names it."""

    code = 412
    message = "Invalid data"


class NotStored(Refused):
    """The database refused the write."""

    code = 417
    message = "Could not be stored"


class NotReady(Refused):
    """The row is in a state in which this cannot be done."""

    code = 423
    message = "Not ready"


class TooMany(Refused):
    """Asked too often; `retry_after` is in whole seconds, and waiting that long is enough."""

    code = 429
    message = "Too many requests"

    def __init__(self, message: str = "", *, retry_after: int, field: str = "") -> None:
        super().__init__(message, field=field)
        self.retry_after = retry_after

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": str(self.retry_after)}


class NotDone(Refused):
    """The contract names it, and this house does not do it."""

    code = 501
    message = "Feature not implemented"


class Unavailable(Refused):
    """Something that this needs is away; later it may work."""

    code = 503
    message = "Temporarily unavailable"
    retry_after = 10  # seconds; a server that is started again takes no longer

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": str(self.retry_after)}
