"""The demo: two logins, a sandbox carrier, invented contacts with a history, and a campaign ready to start."""

import io
import secrets
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, pi, sin
from random import Random
from struct import pack
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from access.models import User
from access.services import create_user, set_password
from telephony.gateways.loopback import DROPS_REPORT, HANGS, MAGIC
from telephony.models import Campaign, Contact, Group, GroupMember, Program, Provider, Transmission
from telephony.services import (
    campaigns,
    contacts,
    demo_history,
    demo_people,
    do_not_call,
    messages,
    programs,
    providers,
    transmissions,
)
from telephony.services.campaigns import move_campaign
from telephony.services.numbers import to_e164

ADMIN, API_USER = "demo-admin", "demo-api"
CONTACTS = 1000
CALLED = 400  # of them in the group with a history
BLOCKED = 3
READY = "Start me: spring offers"
ENDED = "Autumn trips: reminder calls"

SPOKEN = (
    "Hello [transmission:contact:first_name]. This is [company:name] with a reminder. Your coach leaves on Saturday "
    "at eight in the morning from the bus station. We look forward to seeing you."
)
TEXTS = {
    "Trip reminder": "Hello [transmission:contact:first_name], your coach leaves on Saturday at 8:00 from the bus "
    "station. [company:name]",
    "Seat confirmed": "Thank you [transmission:contact:first_name], your seat to the [transmission:contact:custom2] "
    "trip is confirmed. [company:name]",
}
SUBJECT = "Your trip with [company:name]"
HTML = (
    "<p>Dear [transmission:contact:first_name] [transmission:contact:last_name],</p>"
    "<p>thank you for booking with us. The coach leaves on <b>Saturday at 8:00</b> from the bus station.</p>"
    "<p>[company:name]</p>"
)
PLAIN = (
    "Dear [transmission:contact:first_name] [transmission:contact:last_name],\n\n"
    "thank you for booking with us. The coach leaves on Saturday at 8:00 from the bus station.\n\n[company:name]\n"
)


@dataclass(frozen=True)
class Login:
    """A way to sign in."""

    username: str
    password: str


@transaction.atomic
def load_demo() -> dict[str, Login]:
    """Make the demo logins and, with them, the sample data; return the logins as `admin` and `api_user`.

    All or nothing. Called again it makes nothing twice; the two logins get new passwords, since old ones cannot be
    read. The sample data belong to the API user; staff see everybody's.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('demo', 0))")
    is_new = not is_loaded()
    logins = {
        "admin": _login(ADMIN, roles=["admin", "user"], is_staff=True, phone="+12025550190", last_name="Admin"),
        "api_user": _login(API_USER, roles=["user"], phone="+12025550191", last_name="API"),
    }
    if is_new:
        _fill(admin=_user(ADMIN), owner=_user(API_USER))
    return logins


def is_loaded() -> bool:
    """Say whether the demo was loaded into this database."""
    return User.objects.filter(username=API_USER).exists()


def _login(username: str, *, roles: Sequence[str], **details: Any) -> Login:
    password = secrets.token_urlsafe(12)
    user = User.objects.filter(username=username).first()
    if user:
        set_password(user=user, password=password)
    else:
        email = f"{username}@example.com"
        create_user(username=username, email=email, password=password, roles=roles, first_name="Demo", **details)
    return Login(username, password)


def _user(username: str) -> User:
    return User.objects.get(username=username)


def _fill(*, admin: User, owner: User) -> None:
    dice = Random(2026)  # noqa: S311 (the same people on every installation)
    provider = providers.create_provider(
        owner=admin, type="loopback", name="loopback", active=True, description="The sandbox: it dials nobody."
    )
    called, everybody = _make_people(owner, dice)
    voice, sms, mail = _make_programs(owner)
    _make_ended_campaign(owner, voice, called, provider, dice)
    for program, count in ((sms, 30), (mail, 20)):
        _make_single_sends(owner, program, called, count, provider, dice)
    campaigns.create_campaign(owner=owner, name=READY, program=voice, group=everybody, cpm=6000, try_allowed=1)


def _make_people(owner: User, dice: Random) -> tuple[Group, Group]:
    """Two groups: one with a history, on all magic numbers too, and one to be called.

    The second leaves out the numbers whose attempts take minutes to end, so that its campaign ends while one looks.
    """
    called = contacts.create_group(owner=owner, name="Autumn travellers", description="Called in the last days.")
    everybody = contacts.create_group(owner=owner, name="All customers", description="For the campaign to start.")
    people = demo_people.people(CONTACTS, dice)
    rows = [Contact(owner=owner, updated_by=owner, e164=to_e164(person.phone), **person._asdict()) for person in people]
    Contact.objects.bulk_create(rows)
    slow = {number for number, cause in MAGIC.items() if cause in (HANGS, DROPS_REPORT)}
    members = [GroupMember(group=called, contact=row) for row in rows[:CALLED]]
    members += [GroupMember(group=everybody, contact=row) for row in rows if row.e164 not in slow]
    GroupMember.objects.bulk_create(members)
    for row in rows[-BLOCKED:]:
        do_not_call.block_number(phone=row.phone, by=owner, source="demo", reason="asked not to be called")
    return called, everybody


def _make_programs(owner: User) -> tuple[Program, Program, Program]:
    """One program of each kind, with its message; returns the spoken, the texted and the mailed one."""
    reminder, _ = (messages.create_text(owner=owner, name=name, data=data) for name, data in TEXTS.items())
    template = messages.create_template(owner=owner, name="Booking", subject=SUBJECT, body=HTML, body_alt=PLAIN)
    recording = messages.create_recording(owner=owner, name="Chime", description="Two notes, to try a voice message.")
    messages.store_recording_media(recording=recording, content=chime(), content_type="audio/wav", by=owner)
    programs.create_program(type="voicemessage", owner=owner, name="Chime call", recording_id=recording.pk)
    return (
        programs.create_program(type="voicetts", owner=owner, name="Reminder call", text=SPOKEN),
        programs.create_program(type="sendsms", owner=owner, name="Reminder text", text_id=reminder.pk),
        programs.create_program(type="sendemail", owner=owner, name="Booking mail", template_id=template.pk),
    )


def _make_ended_campaign(owner: User, program: Program, group: Group, provider: Provider, dice: Random) -> None:
    campaign = campaigns.create_campaign(
        owner=owner, name=ENDED, program=program, group=group, cpm=1, try_allowed=2, retry_delay=600
    )
    campaign = campaigns.start_campaign(campaign=campaign, by=owner)
    ids = list(campaign.transmissions.order_by("pk").values_list("pk", flat=True))
    times = _office_hours(len(ids), dice)
    again = {
        pk: at + timedelta(seconds=campaign.retry_delay + dice.randint(2, 60))
        for pk, at in zip(ids, times, strict=True)
    }
    demo_history.replay(transmission_ids=ids, times=times, provider=provider, campaign=campaign, dice=dice)
    ids = list(campaign.transmissions.filter(status="pending_retry").order_by("pk").values_list("pk", flat=True))
    demo_history.replay(
        transmission_ids=ids, times=[again[pk] for pk in ids], provider=provider, campaign=campaign, dice=dice
    )
    move_campaign(campaign=campaign, to=Campaign.Status.COMPLETED, by=None, why="all contacts have ended")
    _backdate_campaign(campaign, times[0])


def _backdate_campaign(campaign: Campaign, began: datetime) -> None:
    ended = campaign.spools.order_by("-time_end").values_list("time_end", flat=True)[0]
    made = began - timedelta(minutes=10)
    times = {"created_at": made, "filled_at": began, "started_at": began, "ended_at": ended, "updated_at": ended}
    Campaign.objects.filter(pk=campaign.pk).update(**times)
    campaign.moves.filter(to=Campaign.Status.COMPLETED).update(at=ended)
    campaign.moves.exclude(to=Campaign.Status.COMPLETED).update(at=began)
    campaign.transmissions.update(created_at=began)


def _make_single_sends(
    owner: User, program: Program, group: Group, count: int, provider: Provider, dice: Random
) -> None:
    """Messages sent one by one, outside any campaign."""
    chosen = dice.sample(list(group.contacts.order_by("pk")), count)
    made = [transmissions.create_transmission(owner=owner, program=program, contact=each).pk for each in chosen]
    times = _office_hours(count, dice)
    demo_history.replay(transmission_ids=made, times=times, provider=provider, campaign=None, dice=dice)
    for pk, at in zip(made, times, strict=True):
        created = {"created_at": at - timedelta(seconds=30)}
        Transmission.objects.filter(pk=pk).update(**created)


def _office_hours(count: int, dice: Random) -> list[datetime]:
    """`count` moments of the last days, in order, between nine and five (UTC), the last half an hour ago at most."""
    now = timezone.now()
    nine = now.replace(hour=9, minute=0, second=0, microsecond=0)
    minutes = [nine - timedelta(days=day) + timedelta(minutes=m) for day in (3, 2, 1, 0) for m in range(8 * 60)]
    past = [minute for minute in minutes if minute < now - timedelta(minutes=30)]
    return [past[at * len(past) // count] + timedelta(seconds=dice.uniform(0, 59)) for at in range(count)]


def chime() -> io.BytesIO:
    """A WAV of two fading notes, in the form that telephony keeps: 8 kHz, mono, 16 bit."""
    rate = 8000
    samples = bytearray()
    for frequency, seconds in ((660, 0.8), (528, 1.4)):
        for at in range(int(rate * seconds)):
            samples += pack("<h", int(12_000 * exp(-3 * at / rate) * sin(2 * pi * frequency * at / rate)))
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(bytes(samples))
    file.seek(0)
    return file
