"""Telling a server that is away from a fault of ours."""

from celery.beat import SchedulingError
from django.db import OperationalError
from kombu.exceptions import OperationalError as BrokerAway

LOST = ("08", "57P")  # classes of SQLSTATE: no connection, and a server that stops or starts


def is_database_away(error: BaseException | None) -> bool:
    """Whether an exception says that PostgreSQL cannot be reached; a deadlock or a time-out is none of these."""
    if not isinstance(error, OperationalError):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(LOST)


def is_away(error: BaseException | None) -> bool:
    """Whether an exception says that PostgreSQL, or Valkey as Celery's broker, cannot be reached."""
    if isinstance(error, SchedulingError):  # beat's, about whatever kept it from sending a task
        error = error.__context__
    return isinstance(error, BrokerAway) or is_database_away(error)
