"""What a call costs: as many queries for twenty rows as for two."""

from copy import copy

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from coaching.models import (
    Answer,
    Client,
    Coach,
    Group,
    GroupClient,
    InvoiceLine,
    MetricDatum,
    Pairing,
    PairingSpan,
    Participant,
    Reminder,
)
from tests.coaching.calls import CALLS, filled
from tests.coaching.conftest import make_client, make_coach
from tests.coaching.contract import listed

pytestmark = pytest.mark.django_db
LISTS = [name for name, each in listed().items() if each.is_list or name.startswith("ClientData")]
COPIED = (
    *("action", "worksheet", "session", "metric", "type", "appointment", "template", "agreement", "invoice"),
    *("payment", "engagement_template", "engagement", "offering", "collection", "submission", "course", "taken"),
    *("availability", "group", "company", "personnel", "project"),
)


def again(row, **changes):
    """Another row like it."""
    twin = copy(row)
    twin.pk, twin._state.adding = None, True
    for name, value in changes.items():
        setattr(twin, name, value)
    twin.save()
    return twin


def remind(**about):
    Reminder.objects.create(**about, send_to="L", send_method="E", relative_minutes=1, send_at="2040-01-01T00:00Z")


def more(world, practice, number):
    """One more of every kind of row, with what hangs on it."""
    today = timezone.localdate()
    client, coach = make_client(practice), make_coach(practice)
    Pairing.objects.create(client=world.client, coach=coach, level="R")
    PairingSpan.objects.create(client=world.client, coach=coach, level="R")
    for name in COPIED:
        slug = {"slug": f"more-{number}"} if name in ("offering", "collection") else {}
        row = again(getattr(world, name), **slug)
        if name in ("action", "worksheet", "appointment"):
            remind(**{name: row})
            remind(**{name: getattr(world, name)})
        if name in ("worksheet", "session"):
            Answer.objects.create(**{name: row}, name="weight", value="1", number_value=1)
        if name == "metric":
            MetricDatum.objects.create(metric=row, date_of=today, value=1)
        if name == "invoice":
            InvoiceLine.objects.create(invoice=row, position=0, item="One", amount=1)
            again(world.payment, invoice=row)
        if name == "appointment":
            again(row, engagement=world.engagement)
        if name == "collection":
            row.offerings.add(world.offering)
    GroupClient.objects.create(group=world.group, client=client)
    world.group.coach_members.create(coach=coach)
    world.taken.participants.create(client=client, coach=coach, start_date=today, items_from=timezone.now())
    group = Group.objects.create(practice=practice, coach=coach, name="More")
    GroupClient.objects.create(group=group, client=client)
    world.taken.participants.create(group=group, coach=coach, start_date=today, items_from=timezone.now())


def test_twenty_rows_cost_as_many_queries_as_two(house):
    world, practice = house.world, house.practice
    again(world.metric, name="other")
    more(world, practice, 0)

    def asked():
        counts = {}
        for name in LISTS:
            fields = filled(CALLS[name][1], world, timezone.localdate().isoformat())
            with CaptureQueriesContext(
                connection,
            ) as queries:
                rows = house.api.ok(name, "loaded", **fields)
            lines = len(rows) if isinstance(rows, list) else rows["data"].count("\n") - 1
            counts[name] = len(queries), lines
        return counts

    house.api.ok("Account.me", "loaded")  # notes once a minute that the credential is used
    few = asked()
    for number in range(1, 19):
        more(world, practice, number)
    many = asked()

    assert {name: lines for name, (_, lines) in few.items() if lines < 2} == {}
    assert {name: lines for name, (_, lines) in many.items() if lines < 20} == {}
    assert {name: cost for name, (cost, _) in many.items()} == {name: cost for name, (cost, _) in few.items()}
    assert max(cost for cost, _ in many.values()) <= 9
    assert Client.objects.filter(practice=practice).count() >= 20
    assert Coach.objects.filter(practice=practice).count() >= 20
    assert Participant.objects.filter(course=world.taken).count() >= 40
