"""Telling a server that is away from a fault of ours, for every contract alike."""

from celery.beat import SchedulingError
from django.db import OperationalError
from kombu.exceptions import OperationalError as BrokerAway

from access.refusals import Unavailable
from access.valkey import ValkeyAway

LOST = ("08", "57P")  # classes of SQLSTATE: no connection, and a server that stops or starts


def is_database_away(error: BaseException | None) -> bool:
    """Whether an exception says that PostgreSQL cannot be reached; a deadlock or a time-out is none of these."""
    if not isinstance(error, OperationalError):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(LOST)


def as_unavailable(error: BaseException | None) -> Unavailable | None:
    """What to answer to an exception that says that PostgreSQL or Valkey cannot be reached; None for any other.

    Each contract speaks it in its own shape. Its headers tell when to come again, and go with it in all of them, also
    where a contract has a status of its own for what could not be stored.
    """
    if isinstance(error, ValkeyAway):
        return Unavailable()
    return Unavailable("The database is away") if is_database_away(error) else None


def is_away(error: BaseException | None) -> bool:
    """Whether an exception says that PostgreSQL, or Valkey as Celery's broker, cannot be reached."""
    if isinstance(error, SchedulingError):  # beat's, about whatever kept it from sending a task
        error = error.__context__
    return isinstance(error, BrokerAway) or is_database_away(error)
