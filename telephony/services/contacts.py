"""Contacts and the groups they belong to."""

from collections.abc import Collection
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone

from access.models import User
from access.refusals import Invalid
from telephony.models import Contact, Group, GroupMember, Transmission
from telephony.models.people import SEALED
from telephony.services import transmissions
from telephony.services.in_use import refuse_while_used
from telephony.services.numbers import to_e164
from telephony.services.validation import check, check_time_zone, fill, hold, store, store_changes

CONTACT_FIELDS = (
    *("first_name", "last_name", "phone", "email", "address", "custom1", "custom2", "custom3"),
    *("description", "time_zone"),
)
GROUP_FIELDS = ("name", "description")


class Key(NamedTuple):
    """By what an owner's contact is known: `kind` is e164, phone or email."""

    owner_id: int | None
    kind: str
    value: str


@transaction.atomic
def create_contact(*, owner: User, **fields: Any) -> Contact:
    """Make a contact of `owner`, always a new one (ICTCore 1.5). `fields` are those of CONTACT_FIELDS.

    Raises Invalid, naming the field; a phone or an e-mail address must be there. A phone that is no number in any
    country is kept as given (ICTCore 1.5).
    """
    contact = new_contact(owner=owner, **fields)
    store(contact)
    return contact


def new_contact(*, owner: User, **fields: Any) -> Contact:
    """A contact of `owner` that is good to be stored and is not yet; the rest as `create_contact`."""
    contact = _filled(Contact(owner=owner, updated_by=owner), fields)
    check(contact)
    return contact


def key_of(*, owner: User, phone: str = "", email: str = "") -> Key:
    """What a contact is found by: a number in any form, a phone that is no number as it is, or else an address."""
    if not phone:
        return Key(owner.pk, "email", email.lower())
    number = to_e164(phone)
    return Key(owner.pk, "e164", number) if number else Key(owner.pk, "phone", phone)


def find_contacts(keys: Collection[Key]) -> dict[Key, Contact]:
    """The owners' first contacts with those numbers and addresses; one query a kind, however many they are."""
    found: dict[Key, Contact] = {}
    for kind in {key.kind for key in keys if key.value}:
        of_kind = [key for key in keys if key.kind == kind]
        rows = Contact.objects.visible().filter(owner__in={key.owner_id for key in of_kind})
        if kind == "email":
            rows = rows.annotate(found_by=Lower("email")).exclude(email="")
        else:
            rows = rows.annotate(found_by=F(kind))
            rows = rows.filter(e164=None) if kind == "phone" else rows
        rows = rows.filter(found_by__in={key.value for key in of_kind}).order_by("-pk")  # the first one comes last
        found |= {Key(row.owner_id, kind, row.found_by): row for row in rows}
    return found


def find_contact(*, owner: User, phone: str = "", email: str = "") -> Contact | None:
    """The owner's first contact with a number or else with an address, as `key_of`; None where there is none."""
    key = key_of(owner=owner, phone=phone, email=email)
    return find_contacts([key]).get(key)


def find_sealed(*, owner: User, phone: str, asked_from: Collection[str]) -> Contact | None:
    """The latest sealed contact with a number who was called or written to by `owner`, else from one of these numbers.

    None where there is none: whom only others asked is a stranger here, and what they know of them stays theirs.
    """
    number = to_e164(phone)
    if number is None:
        return None
    reached = Q(transmissions__owner=owner) | Q(transmissions__spools__source__in=asked_from)
    by_owner = Exists(Transmission.objects.filter(contact=OuterRef("pk"), owner=owner))
    rows = Contact.objects.visible().filter(reached, phone=SEALED, e164=number)
    return rows.order_by(by_owner.desc(), "-pk").first()


def is_sealed_number(e164: str) -> bool:
    """Whether a number is that of a sealed contact, whoever had it called."""
    return Contact.objects.visible().filter(phone=SEALED, e164=e164).exists()


@transaction.atomic
def update_contact(*, contact: Contact, by: User, **fields: Any) -> Contact:
    """Change the given fields of a contact and return it. Raises Invalid, NotFound."""
    contact = _filled(hold(contact), fields)
    store_changes(contact, by, {*fields, "e164"})
    return contact


@transaction.atomic
def delete_contact(*, contact: Contact, by: User) -> None:
    """Hide a contact and take it out of its groups; what was not sent to it becomes invalid. Raises NotFound."""
    contact = hold(contact)
    contact.memberships.all().delete()
    contact.deleted_at = timezone.now()
    store_changes(contact, by, {"deleted_at"})
    transmissions.invalidate_unsent(reason="the contact was deleted", contact=contact)


@transaction.atomic
def create_group(*, owner: User, name: str, description: str = "") -> Group:
    """Make an empty group. Raises Invalid."""
    values = {"name": name, "description": description}
    group = fill(Group(owner=owner, updated_by=owner), values, GROUP_FIELDS)
    check(group)
    store(group)
    return group


@transaction.atomic
def update_group(*, group: Group, by: User, **fields: Any) -> Group:
    """Change the name or the description of a group and return it. Raises Invalid, NotFound."""
    group = fill(hold(group), fields, GROUP_FIELDS)
    store_changes(group, by, fields)
    return group


@transaction.atomic
def delete_group(*, group: Group, by: User) -> None:
    """Hide a group; its contacts stay (ICTCore 1.5). Raises NotReady while a campaign of it has not ended; NotFound."""
    group = hold(group)
    refuse_while_used(group=group)
    group.deleted_at = timezone.now()
    store_changes(group, by, {"deleted_at"})


@transaction.atomic
def link_contact(*, contact: Contact, group: Group, by: User) -> None:
    """Put a contact into a group; where it is in already, nothing happens. Raises NotFound."""
    hold(group)
    hold(contact)
    GroupMember.objects.bulk_create([GroupMember(group=group, contact=contact)], ignore_conflicts=True)


@transaction.atomic
def unlink_contact(*, contact: Contact, group: Group, by: User) -> None:
    """Take a contact out of a group; where it is not in, nothing happens. Raises NotFound."""
    hold(group)
    hold(contact)
    GroupMember.objects.filter(group=group, contact=contact).delete()


def _filled(contact: Contact, fields: dict[str, Any]) -> Contact:
    fill(contact, fields, CONTACT_FIELDS)
    for name in {"phone", "email"} & fields.keys():
        setattr(contact, name, getattr(contact, name).strip())
    if not contact.phone and not contact.email:
        raise Invalid("phone: a phone number or an e-mail address is required", field="phone")
    if "time_zone" in fields:
        check_time_zone(contact.time_zone)
    if "phone" in fields and contact.phone != SEALED:  # what was read and is written back leaves the number
        contact.e164 = to_e164(contact.phone)
    return contact
