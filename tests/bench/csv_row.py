"""CSV import of 100,000 contacts, beside COPY and INSERT … ON CONFLICT of the same rows into the same tables.

Both tables count on both sides: contacts and group members. Writing the contacts alone takes about half as long.
"""

import csv
import io
import uuid
from random import Random

from django.db import connection, transaction

from access.models import User
from access.services import create_user
from telephony.models import Contact, Group, GroupMember
from telephony.services.contact_files import COLUMNS, import_contacts
from telephony.services.contacts import create_group
from telephony.services.numbers import to_e164
from tests.bench.row import Row, rates

COUNT = 100_000
KNOWN = 100_000  # contacts that the owner has before
MEASURED = "measured"
FORMS = ("+1{}", "{}", "1{}", "({0:.3}) {1}-{2}", "{0:.3}-{1}-{2}")

BARE = f"""
WITH made AS (
    INSERT INTO telephony_contact (owner_id, updated_by_id, time_zone, e164, {", ".join(COLUMNS)})
    SELECT %s, %s, '', e164, {", ".join(COLUMNS)} FROM bare ON CONFLICT DO NOTHING RETURNING id
)
INSERT INTO telephony_groupmember (group_id, contact_id) SELECT %s, id FROM made ON CONFLICT DO NOTHING
"""


def measure() -> Row:
    """Both start from the same table of known contacts, and leave the same rows behind."""
    name = f"bench-{uuid.uuid4().hex[:8]}"
    owner = create_user(username=name, email=f"{name}@example.com", roles=["user"])
    known, fresh = file_of(0, KNOWN), file_of(KNOWN, COUNT)
    ready, known_ready = with_e164(fresh), with_e164(known)

    def prepare() -> None:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE telephony_contact, telephony_groupmember CASCADE")
        bare_import(owner, create_group(owner=owner, name="known"), known_ready)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE telephony_contact, telephony_groupmember")
            cursor.execute("CHECKPOINT")  # else one falls due at random in the middle of a work

    def bare() -> None:
        bare_import(owner, create_group(owner=owner, name=MEASURED), ready)

    def ours() -> None:
        import_contacts(group=create_group(owner=owner, name=MEASURED), file=io.BytesIO(fresh), by=owner)

    baseline, rate = rates(COUNT, prepare, bare, ours, verify=check)
    return Row(f"CSV import of {COUNT:,} contacts", baseline, rate, hold=0.3, reach=0.6)


@transaction.atomic
def bare_import(owner: User, group: Group, data: bytes) -> None:
    """The least that PostgreSQL can do: nothing is checked, every number is E.164 already."""
    with connection.cursor() as cursor:
        columns = ", ".join(f"{name} text" for name in ("e164", *COLUMNS))
        cursor.execute(f"CREATE TEMPORARY TABLE bare ({columns}) ON COMMIT DROP")
        with cursor.copy(
            "COPY bare FROM STDIN (FORMAT csv, FORCE_NOT_NULL (e164, " + ", ".join(COLUMNS) + "))"
        ) as copy:
            copy.write(data)
        cursor.execute(BARE, [owner.pk, owner.pk, group.pk])


def check() -> None:
    """The work was done: all contacts are there, in the group, with their numbers."""
    assert GroupMember.objects.filter(group__name=MEASURED).count() == COUNT
    assert Contact.objects.exclude(e164=None).count() == KNOWN + COUNT


def file_of(first: int, count: int) -> bytes:
    """A file in the product's own shape, the numbers in every form that people use."""
    dice = Random(first)
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for at in range(first, first + count):
        number = f"202{2_000_000 + at}"
        phone = dice.choice(FORMS).format(number, number[3:6], number[6:])
        mail = f"person{at}@example.com"
        street = f"{at % 180} Elm Street, Springfield"
        writer.writerow([phone, f"First{at % 997}", f"Last{at % 991}", mail, street, "gold", f"A{at}", "", "batch"])
    return text.getvalue().encode()


def with_e164(data: bytes) -> bytes:
    """The same rows with their E.164 number in front, so that the baseline need not look."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([to_e164(row[0]), *row] for row in csv.reader(io.StringIO(data.decode(), newline="")))
    return text.getvalue().encode()
