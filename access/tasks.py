"""What Celery runs for access."""

from celery import shared_task

from access import services


@shared_task
def prune_tokens() -> int:
    """Forget expired refresh tokens; returns how many."""
    return services.prune_tokens()


@shared_task
def prune_answers() -> int:
    """Forget answers to requests with an `Idempotency-Key` that are a day old; returns how many."""
    return services.prune_answers()
