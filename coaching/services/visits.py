"""Visits: coaches and clients sign in to the portal by links that are mailed to them, and stay a while."""

import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from access.addresses import limit_scope
from access.buckets import Bucket, ValkeyAway, take
from coaching.models import Client, Coach, MagicLink, Visit
from coaching.services import outgoing
from coaching.services.invitations import as_owner, digest_of, new_link, use_link
from coaching.services.words import letter

LASTS = timedelta(days=30)
LINK_VALID_FOR = timedelta(minutes=30)
LINKS_AN_HOUR = 5  # that one person is mailed, so that nobody's mailbox is flooded
PEOPLE = 10  # of one address that are written to: somebody may be a client here and a coach there
ASKED_AN_HOUR = 30  # from one place


class TooManyAsked(Exception):
    """Too many links were asked for from one place."""


@transaction.atomic
def mail_links(*, email: str, address: str | None) -> None:
    """Mail a link to everybody of an e-mail address who may enter and was invited once. Raises TooManyAsked.

    Whether there is anybody is not told: who asks may be a stranger.
    """
    _take_turn(address)
    for person, link in links_for(email=email):
        practice = person.practice
        body = letter(
            f"sign in to {practice.name} by this link:",
            link,
            f"It works once, within {LINK_VALID_FOR.seconds // 60} minutes. If you did not ask for it, do nothing.",
            practice=practice,
            to=person,
        )
        ends = timezone.now() + LINK_VALID_FOR
        outgoing.write_to(
            practice=practice, to=person, subject=f"Sign in to {practice.name}"[:200], body=body, expires_at=ends
        )


@transaction.atomic
def links_for(*, email: str) -> list[tuple[Coach | Client, str]]:
    """A link for everybody of an e-mail address who might have one mailed, to be handed over by other means."""
    people = (*_people(Coach, email), *_people(Client, email))
    return [(person, new_link(person, valid_for=LINK_VALID_FOR)) for person in people]


@transaction.atomic
def open_visit(*, link: MagicLink) -> str | None:
    """Sign in whoever a link belongs to; returns the token of their visit, None where it was used meanwhile."""
    if not use_link(link=link):
        return None
    Visit.objects.filter(expires_at__lt=timezone.now()).delete()
    token = secrets.token_urlsafe(32)
    Visit.objects.create(**as_owner(link.person), digest=digest_of(token), expires_at=timezone.now() + LASTS)
    return token


def find_visit(*, token: str) -> Visit | None:
    """The visit that a token is of; None where it is over, or whoever it was may not enter any more."""
    if not token:
        return None
    rows = Visit.objects.select_related(
        "coach__practice__user", "client__practice__user", "client__primary_coach", "client__company"
    )
    visit = rows.filter(digest=digest_of(token), expires_at__gt=timezone.now()).first()
    return visit if visit and visit.person.may_enter and visit.person.practice.is_active else None


def end_visit(*, visit: Visit, everywhere: bool = False) -> None:
    """Sign somebody out, of this browser or of all; with the latter, links that they have not used end too."""
    if everywhere:
        end_all(person=visit.person)
    else:
        Visit.objects.filter(pk=visit.pk).delete()


def end_all(*, person: Coach | Client) -> None:
    """Sign somebody out of all browsers, and let no link that was mailed to them open anything any more."""
    Visit.objects.filter(**as_owner(person)).delete()
    MagicLink.objects.filter(**as_owner(person), used_at=None).update(expires_at=Now())


def _people(model: type[Coach] | type[Client], email: str) -> list[Coach | Client]:
    """Those of an address who may be sent a link now."""
    whose = "coach" if model is Coach else "client"
    lately = MagicLink.objects.filter(date_added__gt=timezone.now() - timedelta(hours=1), **{whose: OuterRef("pk")})
    many = lately.order_by().values(whose).annotate(many=Count("pk")).filter(many__gte=LINKS_AN_HOUR)
    invited = Q(is_registered=True) | Exists(MagicLink.objects.filter(**{whose: OuterRef("pk")}))
    rows = model._default_manager.filter(~Exists(many), invited, email__iexact=email, practice__is_active=True)
    found = rows.select_related("practice__user").order_by("pk")[:PEOPLE]
    return [person for person in found if person.may_enter]


def _take_turn(address: str | None) -> None:
    bucket = Bucket(
        f"portal:{limit_scope(address)}", rate=ASKED_AN_HOUR / 3600, capacity=ASKED_AN_HOUR, starts_full=True
    )
    try:
        if not take([bucket], 1):
            raise TooManyAsked
    except ValkeyAway:
        return  # what one person is sent is limited all the same
