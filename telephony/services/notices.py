"""Notices: mail and texts that other parts of the house have written already, sent like every transmission."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from access.entrances import without_entrances
from access.models import User
from access.refusals import Invalid
from telephony.flow import File, SendMail, SendText, Step, dump
from telephony.models import Contact, Program, ServiceFlag, Transmission
from telephony.services import accounts, contacts
from telephony.services.contacts import Key
from telephony.services.transmissions import invalidate_unsent, take_back
from telephony.services.validation import refuse_unstorable

# The types of the programs that stand for notices; nobody makes one by hand.
NOTICES: dict[int, str] = {ServiceFlag.EMAIL: "notice_email", ServiceFlag.SMS: "notice_text"}

TRIES, RETRY_DELAY = 3, 300  # seconds


@dataclass(frozen=True)
class Person:
    """Who is written to: `email` for mail, `phone` for texts."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Notice:
    """What is to be sent to somebody; made by `mail` and `text`.

    It goes out as `owner`'s and from their account, at `due_at` or at once, and not after `expires_at`.
    """

    owner: User
    to: Contact  # as it is made where the owner has none of that key
    key: Key
    service_flag: int
    content: list[dict[str, Any]]
    title: str
    due_at: datetime | None
    expires_at: datetime | None


def mail(
    *,
    owner: User,
    to: Person,
    subject: str,
    plain: str,
    html: str = "",
    files: Iterable[File] = (),
    due_at: datetime | None = None,
    title: str = "",
    expires_at: datetime | None = None,
    sender: str = "",
    automatic: bool = False,
) -> Notice:
    """Write a mail. `files` lie in the media storage until it was sent.

    It comes from `sender`, where one is given; `automatic` says that a machine wrote it by itself. Raises Invalid for
    an address that is none, and for text that cannot be stored.
    """
    if not to.email:
        raise Invalid("email is missing", field="email")
    subject = " ".join(subject.split())[:255]
    step = SendMail(subject, html, plain, tuple(files), sender, automatic)
    key = contacts.key_of(owner=owner, email=to.email)
    return Notice(
        owner, _contact(owner, to), key, ServiceFlag.EMAIL, _content(step), title or subject, due_at, expires_at
    )


def text(
    *,
    owner: User,
    to: Person,
    body: str,
    due_at: datetime | None = None,
    title: str = "",
    expires_at: datetime | None = None,
) -> Notice:
    """Write a text message; the rest as `mail`. Raises Invalid without a phone."""
    if not to.phone:
        raise Invalid("phone is missing", field="phone")
    step, key = SendText(body), contacts.key_of(owner=owner, phone=to.phone)
    return Notice(
        owner, _contact(owner, to), key, ServiceFlag.SMS, _content(step), title or body[:60], due_at, expires_at
    )


def send(notice: Notice) -> Transmission:
    """Queue a notice in the caller's transaction: it goes out if and only if that commits."""
    [row] = send_all([notice])
    return row


@transaction.atomic
def send_all(notices: Sequence[Notice]) -> list[Transmission]:
    """Queue notices, as `send`, in their order; a fixed number of queries whatever their number and owners."""
    if not notices:
        return []
    people = _stored_contacts(notices)
    programs = _programs({(notice.owner.pk, notice.service_flag) for notice in notices})
    senders = accounts.default_accounts(notice.owner.pk for notice in notices)
    rows = [
        Transmission(
            owner=notice.owner,
            updated_by=notice.owner,
            program=programs[notice.owner.pk, notice.service_flag],
            contact=people[notice.key],
            account=senders.get(notice.owner.pk),
            service_flag=notice.service_flag,
            origin=NOTICES[notice.service_flag],
            title=without_entrances(notice.title)[:255],
            content=notice.content,
            due_at=notice.due_at or Now(),
            expires_at=notice.expires_at,
            try_allowed=TRIES,
            retry_delay=RETRY_DELAY,
        )
        for notice in notices
    ]
    return Transmission.objects.bulk_create(rows)


def withdraw(*, transmission: Transmission, reason: str) -> bool:
    """Take back a notice that has not left yet; says whether it was in time."""
    return bool(invalidate_unsent(reason=reason, pk=transmission.pk))


def withdraw_all(*, transmission_ids: Iterable[int], reason: str) -> list[int]:
    """Take back those of some notices that have not left yet; returns their ids."""
    return take_back(reason=reason, pk__in=list(transmission_ids), origin__in=list(NOTICES.values()))


def _content(step: Step) -> list[dict[str, Any]]:
    """The flow of one step, as it is stored. Raises Invalid for words that the database cannot hold."""
    content = dump((step,))
    refuse_unstorable(content, "content")
    return content


def _contact(owner: User, to: Person) -> Contact:
    """Who is written to, as a contact. Raises Invalid."""
    names = {"first_name": to.first_name[:64], "last_name": to.last_name[:64]}
    return contacts.new_contact(owner=owner, phone=to.phone, email=to.email, **names)


def _stored_contacts(notices: Sequence[Notice]) -> dict[Key, Contact]:
    """The owners' contacts with those numbers and addresses; made where there are none."""
    found = contacts.find_contacts({notice.key for notice in notices})
    new = {notice.key: notice.to for notice in reversed(notices) if notice.key not in found}
    Contact.objects.bulk_create(new.values())
    return found | new


def _programs(wanted: Collection[tuple[int, int]]) -> dict[tuple[int | None, int], Program]:
    """The programs that stand for all notices of an owner and a service; made the first time."""
    rows = Program.objects.visible().filter(
        owner__in={owner for owner, _ in wanted}, type__in={NOTICES[flag] for _, flag in wanted}
    )
    found: dict[tuple[int | None, int], Program] = {
        (row.owner_id, row.service_flag): row for row in rows.order_by("-pk")
    }
    new: dict[tuple[int | None, int], Program] = {
        (owner, flag): Program(
            owner_id=owner, updated_by_id=owner, type=NOTICES[flag], name=NOTICES[flag], service_flag=flag
        )
        for owner, flag in wanted
        if (owner, flag) not in found
    }
    Program.objects.bulk_create(new.values())
    return found | new
