"""A campaign large enough to measure, in tables that are empty before."""

from django.db import connection

from access.models import User
from telephony.models import Campaign, DoNotCall, Group, Provider, Text
from telephony.services import campaigns, programs

SIZE = 100_000
LISTED = 1_000  # do-not-call numbers among them
TABLES = "telephony_contact, telephony_loopbackcall, telephony_loopbackreport, telephony_donotcall, telephony_provider"


def empty() -> None:
    """Empty what a round before wrote."""
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLES} CASCADE")


def new_campaign(*, listed: int = 0) -> Campaign:
    """A campaign of SIZE contacts that greets each by name over loopback, faster than it can be dialled."""
    owner, _ = User.objects.get_or_create(username="bench", defaults={"email": "bench@example.com"})
    Provider.objects.create(name="loopback", type="loopback", service_flag=15, active=True)
    text = Text.objects.create(owner=owner, name="greeting", data="Hello [transmission:contact:first_name]")
    program = programs.create_program(type="sendsms", owner=owner, text_id=text.pk)
    group = Group.objects.create(owner=owner, name="all")
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH made AS (INSERT INTO telephony_contact (owner_id, first_name, last_name, phone, e164, email, address,"
            " custom1, custom2, custom3, description, time_zone)"
            " SELECT %s, 'Ann', 'Lee', n, n, '', '', '', '', '', '', ''"
            " FROM (SELECT '+4477' || lpad(i::text, 8, '0') AS n FROM generate_series(1, %s) i) v RETURNING id)"
            " INSERT INTO telephony_groupmember (group_id, contact_id) SELECT %s, id FROM made",
            [owner.pk, SIZE, group.pk],
        )
    DoNotCall.objects.bulk_create(DoNotCall(number=447700000000 + at) for at in range(1, listed + 1))
    settle_down()
    return campaigns.create_campaign(owner=owner, program=program, group=group, cpm=60 * SIZE)


def settle_down() -> None:
    """Let the planner know the tables, and the writing of what was prepared be over."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
