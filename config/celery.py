"""The Celery application: its queues and the ticks that beat sends.

Queues: `tick` plans; `loopback`, `smtp` are one a gateway, so that a hanging carrier stalls no other; `webhooks` tells
others what happened. What a message asks for is always found again by the next tick, so every one of them expires.
"""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

TICK_SECONDS = 0.5  # twice a second: a late beat then never leaves a bucket full, and pace is held

app = Celery("coachhouse")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "telephony-tick": {
        "task": "telephony.tasks.tick",
        "schedule": TICK_SECONDS,
        "options": {"queue": "tick", "expires": 2, "ignore_result": True},
    },
    "coaching-tick": {
        "task": "coaching.tasks.tick",
        "schedule": 1.0,
        "options": {"queue": "tick", "expires": 2, "ignore_result": True},
    },
    "telephony-prune-arrivals": {
        "task": "telephony.tasks.prune_arrivals",
        "schedule": crontab(hour=3, minute=29),
        "options": {"expires": 3600, "ignore_result": True},
    },
    "telephony-prune-webhooks": {
        "task": "telephony.tasks.prune_webhooks",
        "schedule": crontab(hour=3, minute=41),
        "options": {"expires": 3600, "ignore_result": True},
    },
    "access-prune-answers": {
        "task": "access.tasks.prune_answers",
        "schedule": crontab(minute=37),
        "options": {"expires": 3600, "ignore_result": True},
    },
    "access-prune-tokens": {
        "task": "access.tasks.prune_tokens",
        "schedule": crontab(hour=3, minute=17),
        "options": {"expires": 3600, "ignore_result": True},
    },
}
