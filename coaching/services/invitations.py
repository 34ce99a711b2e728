"""Invitations: mails with a link that lets a coach or client into the portal."""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from coaching.failures import Code, Failure
from coaching.models import Client, Coach, MagicLink, Practice
from coaching.services import outgoing

LINK = "[magicLink]"
VALID_FOR = timedelta(days=14)


def check_message(message: str, *, code: Code) -> None:
    """Raise Failure `code` where a message of one's own lacks the place for the link."""
    if message and LINK not in message:
        raise Failure(code, f"The message must contain {LINK}.")


def invite_coach(*, coach: Coach, subject: str = "", message: str = "") -> None:
    """Mail a coach a fresh link. Raises Failure 312, 412, 413."""
    check_message(message, code=Code.COACH_INVITE_WITHOUT_LINK)
    if not coach.is_active:
        raise Failure(Code.COACH_INACTIVE, f"{coach.name} is inactive.")
    if coach.is_registered:
        raise Failure(Code.COACH_REGISTERED, f"{coach.name} is registered already.")
    practice = coach.practice
    template = subject or practice.coach_invite_subject, message or practice.coach_invite_body
    _invite(practice, coach, template, {"coach": coach.name})


def invite_client(*, client: Client, subject: str = "", message: str = "") -> None:
    """Mail a client a fresh link. Raises Failure 402, 403, 498."""
    check_message(message, code=Code.CLIENT_INVITE_WITHOUT_LINK)
    if not client.is_active:
        raise Failure(Code.CLIENT_INACTIVE, f"{client.name} is inactive.")
    if client.is_registered:
        raise Failure(Code.CLIENT_REGISTERED, f"{client.name} is registered already.")
    practice = client.practice
    template = subject or practice.client_invite_subject, message or practice.client_invite_body
    _invite(practice, client, template, {"coach": client.primary_coach.name})


def find_link(*, token: str) -> MagicLink | None:
    """The link that a token opens: neither used nor expired, of somebody who may enter."""
    link = (
        MagicLink.objects.select_related("coach__practice", "client__practice")
        .filter(digest=digest_of(token), used_at=None, expires_at__gt=timezone.now())
        .first()
    )
    return link if link and link.person.may_enter and link.person.practice.is_active else None


def use_link(*, link: MagicLink) -> bool:
    """Note that whoever the link belongs to came in by it, now registered; False where it was used meanwhile."""
    if not MagicLink.objects.filter(pk=link.pk, used_at=None).update(used_at=Now()):
        return False
    person = link.person
    person.is_registered = True
    person.login_count += 1
    person.last_login_at = timezone.now()
    person.save(update_fields=["is_registered", "login_count", "last_login_at"])
    return True


def new_link(person: Coach | Client, *, valid_for: timedelta) -> str:
    """The address of a new link into the portal."""
    token = secrets.token_urlsafe(32)
    expires_at = timezone.now() + valid_for
    MagicLink.objects.create(**as_owner(person), digest=digest_of(token), expires_at=expires_at)
    return f"{settings.BASE_URL}/portal/enter/{token}"


def as_owner(person: Coach | Client) -> dict[str, Coach | Client]:
    """Somebody as links and visits name them."""
    return {"coach": person} if isinstance(person, Coach) else {"client": person}


def digest_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _invite(practice: Practice, person: Coach | Client, template: tuple[str, str], values: dict[str, str]) -> None:
    values |= {
        "practice": practice.name,
        "firstName": person.first_name,
        "lastName": person.last_name,
        "magicLink": _fresh_link(person),
    }
    subject, body = (outgoing.filled(text, values) for text in template)
    outgoing.write_to(practice=practice, to=person, subject=subject, body=body)


def _fresh_link(person: Coach | Client) -> str:
    """A new link; those that were sent before end."""
    MagicLink.objects.filter(**as_owner(person), used_at=None).delete()
    return new_link(person, valid_for=VALID_FOR)
