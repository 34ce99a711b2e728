"""A practice with 500 clients, in empty tables, and calls of its API over HTTP."""

import uuid
from typing import NamedTuple
from urllib.parse import urlencode

from django.db import connection

from access.services import create_user
from coaching.models import Client, Coach, Practice
from coaching.services.credentials import create_credential
from tests.bench.web import Ask

CLIENTS = 500
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PEOPLE = """
INSERT INTO coaching_client (practice_id, primary_coach_id, first_name, last_name, email, home_phone, work_phone,
    cell_phone, is_active, is_registered, login_count, address1, city, state, zip, country, gender, time_zone,
    may_access_when_inactive, is_freebie, profile_extra, self_scheduling, scheduling_confirmations, attach_ics,
    all_types_available)
SELECT %s, %s, 'First' || i %% 97, 'Last' || i, 'client' || i || '@example.com', '', '',
    '+4477' || lpad(i::text, 8, '0'), true, false, 0, i || ' Elm Street', 'Leeds', '', 'LS1', 'United Kingdom', 'U',
    'Europe/London', false, false, 'Likes tea', 'D', true, true, true
FROM generate_series(1, %s) i
"""
PAIRINGS = """
INSERT INTO coaching_pairing (coach_id, client_id, level)
SELECT primary_coach_id, id, 'P' FROM coaching_client WHERE practice_id = %s
"""


class House(NamedTuple):
    """A practice, its clients' ids and its credentials."""

    practice: Practice
    clients: list[int]
    api_id: str
    api_key: str

    def ask(self, path: str, name: str, **fields: object) -> Ask:
        """A call of a function."""
        form = {"a": name, "APIID": self.api_id, "APIKey": self.api_key, **fields}
        return Ask(path, "POST", urlencode(form), FORM)


def house() -> House:
    """Make the practice."""
    name = f"bench-{uuid.uuid4().hex[:8]}"
    practice = Practice.objects.create(
        name=name, user=create_user(username=name, email=f"{name}@example.com"), time_zone="Europe/London"
    )
    coach = Coach.objects.create(
        practice=practice, first_name="Olga", last_name="Owner", email=f"{name}@example.com", time_zone="Europe/London"
    )
    Practice.objects.filter(pk=practice.pk).update(owner=coach)
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, [practice.pk, coach.pk, CLIENTS])
        cursor.execute(PAIRINGS, [practice.pk])
        cursor.execute("VACUUM ANALYZE coaching_client, coaching_action, coaching_credential, coaching_practice")
        cursor.execute("CHECKPOINT")
    credential, key = create_credential(practice=practice)
    ids = Client.objects.filter(practice=practice).order_by("pk").values_list("pk", flat=True)
    return House(practice, list(ids), credential.api_id, key)
