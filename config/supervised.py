"""The Celery application as the supervisor runs it: the same, and each process says when it does its work."""

import sys

from celery.signals import beat_init, worker_ready

from config.celery import app
from config.watch import READY_LINE

__all__ = ["app"]


@worker_ready.connect
@beat_init.connect
def say_ready(**_: object) -> None:
    """Tell the supervisor, past Celery, which turns standard output into log lines."""
    if sys.__stdout__:
        sys.__stdout__.write(f"{READY_LINE}\n")
        sys.__stdout__.flush()
