"""Offering.* and OfferingCollection.*: what people can sign up for."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from coaching.models import Client, Offering, OfferingCollection, OfferingSubmission
from coaching.rpc.call import Call, Reply, loaded
from coaching.rpc.functions.common import DATE_FROM, DATE_TO, NEWEST, OF_CLIENT, between, matching, prefixed
from coaching.rpc.parameters import Str
from coaching.rpc.refs import Ref
from coaching.rpc.registry import function
from coaching.rpc.shapes import Column, Nested, Shape
from coaching.services.offerings import page_of


def address(kind: str, end: str = "") -> Callable[[str, ZoneInfo], str]:
    """Turns a slug into the address of a public page, or of one of its embedded forms."""
    return lambda slug, zone: page_of(kind, slug, end)


def addresses(kind: str) -> tuple[Column, ...]:
    return (
        Column("URL", "string", "slug", address(kind)),
        Column("iframeURL", "string", "slug", address(kind, "/frame")),
        Column("scriptURL", "string", "slug", address(kind, "/embed.js")),
    )


WHAT = (
    Column("name", "string", "name"),
    Column("price", "number", "price"),
    Column("blurb", "string", "blurb"),
    Column("description", "string", "description"),
)
OFFERINGS = Shape(
    (
        Column("ID", "int", "pk"),
        Column("CoachID", "int", "coach_id"),
        *WHAT,
        Column("notifyEmail", "string", "notify_email"),
        *addresses("offerings"),
    )
)
IN_COLLECTION = Shape(
    (
        Column("ID", "int", "offering_id"),
        Column("CoachID", "int", "offering__coach_id"),
        *(Column(column.name, column.kind, f"offering__{column.source}") for column in WHAT),
    )
)
COLLECTIONS = Shape(
    (Column("ID", "int", "pk"), Column("name", "string", "name"), *addresses("collections")),
    (
        Nested(
            "OfferingSet",
            IN_COLLECTION,
            OfferingCollection.offerings.through,
            "offeringcollection",
            ("offering__name", "pk"),
        ),
    ),
)
SUBMISSIONS = Shape(
    (
        Column("ID", "int", "pk"),
        Column("OfferingID", "int", "offering_id"),
        Column("ClientID", "int", "client_id"),
        Column("ClientInvoiceID", "int", "invoice_id"),
        Column("offeringName", "string", "offering__name"),
        Column("clientName", "string", "client_name"),
        Column("clientEmail", "string", "client_email"),
        Column("amountPaid", "number", "amount_paid"),
        Column("trackingData", "string", "tracking_data"),
        Column("dateAdded", "datetime", "date_added"),
    )
)


@function("Offering.getAll", results="loaded empty", returns=OFFERINGS)
def get_all(call: Call) -> Reply:
    """Offerings set up on the account; the addresses are those of the public page and its two embedded forms."""
    rows = Offering.objects.filter(practice=call.practice, is_active=True).order_by("-pk")
    return loaded(OFFERINGS.read(rows, call))


@function(
    "Offering.getSubmissions",
    OF_CLIENT,
    Ref("OfferingID", "filter", model=Offering, within="practice"),
    Str("name", "filter: offering name, prefix match"),
    DATE_FROM,
    DATE_TO,
    results="loaded empty",
    errors=(302, 304),
    returns=SUBMISSIONS,
    newer=True,
)
def get_submissions(
    call: Call,
    client: Client | None = None,
    offering: Offering | None = None,
    name: str | None = None,
    date_from: datetime | None = None,
    date_to: datetime | None = None,
) -> Reply:
    """Sign-ups and purchases through offerings."""
    rows: Any = OfferingSubmission.objects.filter(offering__practice=call.practice)
    rows = prefixed(matching(rows, client=client, offering=offering), "offering__name", name)
    return loaded(SUBMISSIONS.read(between(rows, "date_added", date_from, date_to).order_by(*NEWEST), call))


@function("OfferingCollection.getAll", results="loaded empty", returns=COLLECTIONS)
def get_collections(call: Call) -> Reply:
    """Offering collections."""
    rows = OfferingCollection.objects.filter(practice=call.practice).order_by("-pk")
    return loaded(COLLECTIONS.read(rows, call))
