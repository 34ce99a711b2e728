"""Offerings: shown to the public, signed up for."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from access.buckets import Bucket, ValkeyAway, take
from coaching.models import Client, Offering, OfferingCollection, OfferingSubmission
from coaching.services import outgoing
from coaching.services.words import letter, lines

SAME_WITHIN = timedelta(minutes=30)  # somebody who presses the button again
AN_HOUR = 60  # sign-ups that one offering takes, so that nobody's mailbox is flooded


class TooManySignUps(Exception):
    """An offering has taken as many sign-ups as it takes in an hour."""


def page_of(kind: str, slug: str, end: str = "") -> str:
    """The address of a public page: of `offerings` or `collections`, or with `end` of one of its embedded forms."""
    return f"{settings.BASE_URL}/portal/{kind}/{slug}{end}"


def find_offering(*, slug: str) -> Offering | None:
    """What the public page of an offering shows; None where there is none, or it is not offered any more."""
    return _offered().filter(slug=slug).select_related("practice", "coach").first()


def find_collection(*, slug: str) -> OfferingCollection | None:
    """What the public page of a collection shows, with those of its offerings that are still offered."""
    rows = OfferingCollection.objects.filter(slug=slug, practice__is_active=True).select_related("practice")
    shown = _offered().select_related("practice").order_by("name", "pk")
    return rows.prefetch_related(Prefetch("offerings", shown, to_attr="offered")).first()


def sign_up(*, offering: Offering, name: str, email: str, tracking: str = "") -> OfferingSubmission:
    """Note that somebody signed up, and mail whoever the offering names, else its coach. Raises TooManySignUps.

    An address that is a client's is noted as that client's. Once more within SAME_WITHIN is the same sign-up.
    """
    if there := _lately(offering, email):
        return there
    _take_place(offering)  # which asks Valkey, and so comes before anything is held
    with transaction.atomic():
        Offering.objects.select_for_update(no_key=True).get(pk=offering.pk)  # pressed twice, one comes after the other
        if there := _lately(offering, email):
            return there
        client = Client.objects.filter(practice=offering.practice, email__iexact=email).order_by("pk").first()
        submission = OfferingSubmission.objects.create(
            offering=offering, client=client, client_name=name, client_email=email, tracking_data=tracking[:255]
        )
        _tell(submission)
    return submission


def _lately(offering: Offering, email: str) -> OfferingSubmission | None:
    since = timezone.now() - SAME_WITHIN
    return offering.submissions.filter(client_email__iexact=email, date_added__gt=since).first()


def _offered() -> QuerySet[Offering]:
    return Offering.objects.filter(is_active=True, practice__is_active=True)


def _take_place(offering: Offering) -> None:
    bucket = Bucket(f"coaching:offering:{offering.pk}", rate=AN_HOUR / 3600, capacity=AN_HOUR, starts_full=True)
    try:
        if not take([bucket], 1):
            raise TooManySignUps
    except ValkeyAway:
        return  # better more mails than a page that is out of order


def _tell(submission: OfferingSubmission) -> None:
    offering = submission.offering
    who = lines(submission.client_name, submission.client_email, submission.tracking_data)
    outgoing.write_to_address(
        practice=offering.practice,
        address=offering.notify_email or offering.coach.email,
        subject=f"Signed up: {offering.name}"[:200],
        body=letter(f"somebody signed up for “{offering.name}”:", who, practice=offering.practice),
    )
