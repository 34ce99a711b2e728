"""More of everything in a world, and all that hangs on its rows: what long lists and long stories are made of."""

from copy import copy
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django.db.models import Model
from django.utils import timezone

from coaching.models import (
    Action,
    Answer,
    Client,
    ClientFile,
    Comment,
    CourseItem,
    Delivery,
    Engagement,
    Group,
    GroupClient,
    Invoice,
    InvoiceLine,
    JournalEntry,
    KeyInsight,
    MagicLink,
    Metric,
    MetricDatum,
    Pairing,
    PairingSpan,
    Practice,
    Reminder,
    Worksheet,
)
from tests.coaching.conftest import make_client, make_coach

COPIED = (
    *("action", "worksheet", "session", "metric", "type", "appointment", "template", "agreement", "invoice"),
    *("payment", "engagement_template", "engagement", "offering", "collection", "submission", "course", "taken"),
    *("availability", "group", "company", "personnel", "project"),
)


def again(row: Any, **changes: Any) -> Any:
    """Another row like it."""
    twin = copy(row)
    twin.pk, twin._state.adding = None, True
    for name, value in changes.items():
        setattr(twin, name, value)
    twin.save()
    return twin


def grow(world: SimpleNamespace, practice: Practice, number: int) -> None:
    """One more of every kind of row, and one more of everything that hangs on the rows of the world."""
    client, coach = make_client(practice), make_coach(practice)
    for name in COPIED:
        slug = {"slug": f"more-{number}"} if name in ("offering", "collection") else {}
        row = again(getattr(world, name), **slug)
        if name in ("action", "worksheet", "appointment"):
            _remind(**{name: row})
        if name in ("worksheet", "session"):
            Answer.objects.create(**{name: row}, name="weight", value="1", number_value=1)
        if name == "metric":
            MetricDatum.objects.create(metric=row, date_of=timezone.localdate(), value=1)
        if name == "invoice":
            InvoiceLine.objects.create(invoice=row, position=0, item="One", amount=1)
            again(world.payment, invoice=row)
        if name == "collection":
            row.offerings.add(world.offering)
    _on_the_client(world, number)
    _on_the_coach(world, number, client)
    _on_other_rows(world, number)
    _in_courses(world, practice, client, coach)
    Pairing.objects.create(client=world.client, coach=coach, level="R")
    PairingSpan.objects.create(client=world.client, coach=coach, level="R")


def _on_the_client(world: SimpleNamespace, number: int) -> None:
    now = timezone.now()
    for whose in ({"client": world.client}, {"coach": world.coach}):
        MagicLink.objects.create(**whose, digest=f"{world.client.pk}-{number}-{[*whose]}", expires_at=now)
    ClientFile.objects.create(client=world.client, title="Map", file=f"client_files/{number}", size=1)
    JournalEntry.objects.create(client=world.client, text="Well")
    world.client.appointment_types.add(again(world.type))
    again(world.appointment, starts_at=now + timedelta(days=1), ends_at=now + timedelta(days=2))
    reminded = {"has_reminders": True, "reminder_mode": "DO", "remind_time": "09:00", "repeat_rule": "daily"}
    metric = again(world.metric, name=f"kg {number}", end_date=now.date() + timedelta(days=9), **reminded)
    MetricDatum.objects.create(metric=metric, date_of=now.date(), value=1)


def _on_the_coach(world: SimpleNamespace, number: int, client: Client) -> None:
    coach = {"coach": world.coach}
    for name in ("action", "worksheet", "session", "agreement", "group", "course", "type", "group_session"):
        again(getattr(world, name), **coach)
    again(world.offering, slug=f"own-{number}", **coach)
    again(world.appointment, type=again(world.type, **coach), **coach)
    Pairing.objects.create(client=client, level="C", **coach)
    PairingSpan.objects.create(client=client, level="C", **coach)
    again(world.group, **coach).coach_members.create(**coach)
    Comment.objects.create(action=world.action, text="Go on", **coach)


def _on_other_rows(world: SimpleNamespace, number: int) -> None:
    today = timezone.now().date()
    for name in ("action", "worksheet", "appointment"):
        _remind(**{name: getattr(world, name)})
    Answer.objects.create(worksheet=world.worksheet, name=f"input {number}", value="1")
    MetricDatum.objects.create(metric=world.metric, date_of=today - timedelta(days=1 + number), value=1)
    KeyInsight.objects.create(session=world.session, text="Rest")
    KeyInsight.objects.create(group_session=world.group_session, text="Rest")
    InvoiceLine.objects.create(invoice=world.invoice, position=1 + number, item="One", amount=1)
    again(world.payment)
    Invoice.objects.filter(pk=world.invoice.pk).update(amount=1_000_000)  # so that they are not the last
    again(world.invoice, engagement=world.engagement, number=f"E{number}")
    again(world.appointment, engagement=world.engagement)
    of_company = {"client": None, "company": world.company}
    again(world.engagement, **of_company).covered.add(world.client, world.other_client)
    again(world.invoice, number=f"C{number}", **of_company)
    Action.objects.create(client=world.client, project=world.project, text="Run", due_at=timezone.now())


def _in_courses(world: SimpleNamespace, practice: Practice, client: Client, coach: Any) -> None:
    """Items of every kind; what some of them made; more who take the courses, alone and in groups."""
    today, now = timezone.localdate(), timezone.now()
    taking = {"coach": world.owner, "start_date": today, "items_from": now - timedelta(days=2)}
    group = Group.objects.create(practice=practice, coach=world.owner, name="More")
    for each in (world.group, group):
        GroupClient.objects.create(group=each, client=client)
    world.group.coach_members.create(coach=coach)
    world.taken.participants.create(client=client, **taking)
    world.taken.participants.create(group=group, **taking)
    for course in (world.course, world.taken):
        for kind in CourseItem.Kind.values:
            for day in (1, 2):
                CourseItem.objects.create(course=course, day=day, time="00:00", kind=kind, title=kind, content="Well")
        again(course).participants.create(client=world.client, **taking)
    whose = {"client": world.client}
    given: dict[str, Model] = {
        "action": Action.objects.create(text="Given", due_at=now, **whose),
        "worksheet": Worksheet.objects.create(title="Given", due_at=now, **whose),
        "metric": Metric.objects.create(name="Given", units="kg", start_date=today, end_date=today, **whose),
        "file": ClientFile.objects.create(title="Given", url="https://example.com", **whose),
    }
    for name in ("action", "worksheet"):
        _remind(**{name: given[name]})
    for name, made in given.items():
        kind = "file" if name == "file" else name
        item = CourseItem.objects.create(course=world.taken, day=1, time="23:59:59", kind=kind, title="Given")
        for participant in (world.participant, world.group_participant):
            Delivery.objects.create(participant=participant, item=item, at=now, **whose, **{name: made})


def give_plan(world: SimpleNamespace, count: int) -> None:
    """Let the template's plan have so many invoices, a day apart."""
    template = world.engagement_template
    template.invoice_count, template.invoice_every_days = count, 1
    template.save()
    Engagement.objects.filter(pk=world.engagement.pk).update(template=template)


def _remind(**about: Any) -> None:
    Reminder.objects.create(**about, send_to="L", send_method="E", relative_minutes=1, send_at="2040-01-01T00:00Z")
