"""Contacts and the groups they belong to."""

from typing import Any

from django.db import transaction
from django.db.models.functions import Lower
from django.utils import timezone

from access.models import User
from access.refusals import Invalid
from telephony.models import Contact, Group, GroupMember
from telephony.services import transmissions
from telephony.services.in_use import refuse_while_used
from telephony.services.numbers import to_e164
from telephony.services.validation import check, check_time_zone, fill, hold, store, store_changes

CONTACT_FIELDS = (
    *("first_name", "last_name", "phone", "email", "address", "custom1", "custom2", "custom3"),
    *("description", "time_zone"),
)
GROUP_FIELDS = ("name", "description")


@transaction.atomic
def create_contact(*, owner: User, **fields: Any) -> Contact:
    """Make a contact of `owner`, always a new one (ICTCore 1.5). `fields` are those of CONTACT_FIELDS.

    Raises Invalid, naming the field; a phone or an e-mail address must be there. A phone that is no number in any
    country is kept as given (ICTCore 1.5).
    """
    contact = _filled(Contact(owner=owner, updated_by=owner), fields)
    check(contact)
    store(contact)
    return contact


def find_contact(*, owner: User, phone: str = "", email: str = "") -> Contact | None:
    """The owner's first contact with a number, in any form, or else with an address; None where there is none."""
    mine = Contact.objects.visible().filter(owner=owner).order_by("pk")
    if phone:
        number = to_e164(phone)
        return mine.filter(e164=number).first() if number else mine.filter(e164=None, phone=phone).first()
    return mine.alias(lower_email=Lower("email")).filter(lower_email=email.lower()).exclude(email="").first()


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
    if "phone" in fields:
        contact.e164 = to_e164(contact.phone)
    return contact
