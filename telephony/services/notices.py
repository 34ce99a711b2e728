"""Notices: mail and texts that other parts of the house have written already, sent like every transmission."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from access.models import User
from access.refusals import Invalid
from telephony.flow import File, SendMail, SendText, Step, dump
from telephony.models import Account, Contact, Program, ServiceFlag, Transmission
from telephony.services import accounts, contacts
from telephony.services.transmissions import invalidate_unsent, take_back
from telephony.services.validation import check, store

# The types of the programs that stand for notices; nobody makes one by hand.
NOTICES: dict[int, str] = {ServiceFlag.EMAIL: "notice_email", ServiceFlag.SMS: "notice_text"}


@dataclass(frozen=True)
class Person:
    """Who is written to: `email` for mail, `phone` for texts."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""


@transaction.atomic
def send_mail(
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
) -> Transmission:
    """Queue a mail, at once or at `due_at`, in the caller's transaction: it goes out if and only if that commits.

    `files` lie in the media storage until it was sent. It goes out as `owner`'s and from their account, or from
    `sender`; `automatic` says that a machine wrote it by itself. Raises Invalid for an address that is none.
    """
    if not to.email:
        raise Invalid("email is missing", field="email")
    subject = " ".join(subject.split())[:255]
    step = SendMail(subject, html, plain, tuple(files), sender, automatic)
    return _queue(owner, to, step, ServiceFlag.EMAIL, due_at, title or subject, expires_at)


@transaction.atomic
def send_text(
    *,
    owner: User,
    to: Person,
    body: str,
    due_at: datetime | None = None,
    title: str = "",
    expires_at: datetime | None = None,
) -> Transmission:
    """Queue a text message; the rest as `send_mail`. Raises Invalid without a phone."""
    if not to.phone:
        raise Invalid("phone is missing", field="phone")
    return _queue(owner, to, SendText(body), ServiceFlag.SMS, due_at, title or body[:60], expires_at)


def withdraw(*, transmission: Transmission, reason: str) -> bool:
    """Take back a notice that has not left yet; says whether it was in time."""
    return bool(invalidate_unsent(reason=reason, pk=transmission.pk))


def withdraw_all(*, transmission_ids: Iterable[int], reason: str) -> list[int]:
    """Take back those of some notices that have not left yet; returns their ids."""
    return take_back(reason=reason, pk__in=list(transmission_ids), origin__in=list(NOTICES.values()))


def _queue(
    owner: User, to: Person, step: Step, flag: int, due_at: datetime | None, title: str, expires_at: datetime | None
) -> Transmission:
    row = Transmission(
        owner=owner,
        updated_by=owner,
        program=_program(owner, flag),
        contact=_contact(owner, to),
        account=_account(owner),
        service_flag=flag,
        origin=NOTICES[flag],
        title=title[:255],
        content=dump((step,)),
        due_at=due_at or Now(),
        expires_at=expires_at,
        try_allowed=3,
        retry_delay=300,
    )
    check(row, exclude=["due_at", "account", "contact", "program"])  # those were looked up just now
    store(row)
    return row


def _account(owner: User) -> Account | None:
    return accounts.default_account(user=owner)


def _program(owner: User, flag: int) -> Program:
    """The owner's program that stands for all notices of a service; made the first time."""
    values: dict[str, Any] = {"owner": owner, "type": NOTICES[flag], "deleted_at": None}
    found = Program.objects.filter(**values).order_by("pk").first()
    return found or Program.objects.create(**values, name=NOTICES[flag], service_flag=flag, updated_by=owner)


def _contact(owner: User, to: Person) -> Contact:
    """The owner's contact with that address or number; made where there is none."""
    address = {"phone": to.phone} if to.phone else {"email": to.email}
    found = contacts.find_contact(owner=owner, **address)
    names = {"first_name": to.first_name[:64], "last_name": to.last_name[:64]}
    return found or contacts.create_contact(owner=owner, phone=to.phone, email=to.email, **names)
