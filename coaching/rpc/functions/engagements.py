"""Engagement.*: agreed stretches of work."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import Case, CharField, F, Value, When
from django.db.models.functions import Concat

from coaching.failures import Failure
from coaching.grammars import allocation
from coaching.models import Appointment, Client, Coach, Company, Engagement, EngagementTemplate
from coaching.rpc.call import Call, Reply, added, changed, deleted, loaded
from coaching.rpc.functions.common import NEWEST, between, matching
from coaching.rpc.parameters import Bool, Date, Enum, Moment, Packed, Str
from coaching.rpc.refs import ClientRef, CoachRef, Ref
from coaching.rpc.registry import function
from coaching.rpc.shapes import Column, Nested, Row, Shape
from coaching.services import engagements

TEMPLATES = Shape(
    (
        Column("ID", "int", "pk"),
        Column("name", "string", "name"),
        Column("managingCoachID", "int", "managing_coach_id"),
        Column("duration", "int", "duration"),
        Column("allocationUnit", "string", "allocation_unit"),
        Column("allocation", "int", "allocation"),
    )
)
APPOINTMENTS = Shape(
    (
        Column("ID", "int", "pk"),
        Column("CoachID", "int", "coach_id"),
        Column("ClientID", "int", "client_id"),
        Column("what", "string", "name"),
        Column("startDate", "datetime", "starts_at"),
        Column("endDate", "datetime", "ends_at"),
        Column("status", "string", "status"),
        Column("dateAdded", "datetime", "date_added"),
        Column("dateCanceled", "datetime", "canceled_at"),
        Column("countsInEngagement", "int", "counts_in_engagement"),
    )
)
WITH_NAME = Case(
    When(client=None, then=F("company__name")),
    default=Concat(F("client__first_name"), Value(" "), F("client__last_name")),
    output_field=CharField(),
)
PARTY = Case(When(client=None, then=Value("Company")), default=Value("Client"), output_field=CharField())


class EngagementShape(Shape):
    """An engagement with what is used of its allocation, which is counted here."""

    def read(self, rows: Any, call: Call) -> list[Row]:
        found = super().read(rows, call)
        used = engagements.usage_of([row["ID"] for row in found])
        for row in found:
            usage = used[row["ID"]]
            row |= {
                "allocationUsedP": usage.past,
                "allocationUsedA": usage.active,
                "allocationUsedV": usage.verified,
            }
        return found


ENGAGEMENTS = EngagementShape(
    (
        Column("ID", "int", "pk"),
        Column("type", "string", PARTY),
        Column("ClientID", "int", "client_id"),
        Column("CompanyID", "int", "company_id"),
        Column("CoachID", "int", "managing_coach_id"),
        Column("withName", "string", WITH_NAME),
        Column("name", "string", "name"),
        Column("startDate", "date", "start_date"),
        Column("endDate", "date", "end_date"),
        Column("allocationUnits", "string", "allocation_unit"),
        Column("allocation", "int", "allocation"),
        *(Column(name, "int", "pk") for name in ("allocationUsedP", "allocationUsedA", "allocationUsedV")),
        Column("allocationPerClient", "int", "allocation_per_client"),
        Column("nextInvoiceDate", "date", "next_invoice_date"),
        Column("isComplete", "bool", "is_complete"),
        Column("isCanceled", "bool", "is_canceled"),
        Column("dateClosed", "datetime", "closed_at"),
        Column("dateAdded", "datetime", "date_added"),
    )
)


def engagement_shape(client: Client | None = None) -> Shape:
    """An engagement with its appointments, or those with one client."""

    def narrow(rows: Any) -> Any:
        return rows.filter(client=client) if client else rows

    appointments = Nested("AppointmentSet", APPOINTMENTS, Appointment, "engagement", ("starts_at", "pk"), narrow)
    return EngagementShape(ENGAGEMENTS.columns, (appointments,))


ENGAGEMENT = Ref("EngagementID", required=True, model=Engagement, within="practice", select=("practice", "template"))
ALLOCATION = Packed("allocation", "`12 A` appointments or `6 H` hours", grammar=allocation)


def managing_coach(rows: Mapping[str, Any]) -> Coach:
    """The template's managing coach, else the client's primary one."""
    coach: Coach = rows["template"].managing_coach or rows["client"].primary_coach
    return coach


def check_dates(values: Mapping[str, Any]) -> None:
    """Raise Failure 304 for an end before the start, where both are given."""
    if "start_date" in values and "end_date" in values:
        engagements.check_dates(values["start_date"], values["end_date"])


@function("Engagement.getTemplates", results="loaded empty", returns=TEMPLATES)
def get_templates(call: Call) -> Reply:
    """Engagement templates.

    allocationUnit A = appointments, M = minutes; duration in days, 0 = open-ended.
    """
    return loaded(TEMPLATES.read(EngagementTemplate.objects.filter(practice=call.practice).order_by("-pk"), call))


@function(
    "Engagement.addForClient",
    ClientRef("ClientID", "client acted on", required=True, active=True),
    Ref(
        "EngagementTemplateID",
        "source of the details",
        required=True,
        key="template",
        model=EngagementTemplate,
        within="practice",
        select=("managing_coach",),
    ),
    CoachRef(
        "managingCoachID",
        "default the template's managing coach",
        team=True,
        key="coach",
        working=True,
        fallback=managing_coach,
    ),
    Date("startDate", "default today"),
    Date("endDate", "default from the template's duration"),
    ALLOCATION,
    Bool("initializeInvoices", "true = set up the invoice plan now", default=False, key="with_invoices"),
    Bool("allowMultipleCurrentEngagements", "true = overlap permitted (else 440)", default=False, key="may_overlap"),
    results="added",
    errors=(301, 302, 304, 311, 312, 313, 440, 443, 498),
    returns={"EngagementID": "int"},
    together=check_dates,
)
def add_for_client(
    call: Call,
    client: Client,
    template: EngagementTemplate,
    coach: Coach,
    start_date: date | None = None,
    **values: Any,
) -> Reply:
    """Put a client in an engagement.

    initializeInvoices begins the template's invoice plan, whose first invoice may be written at once. Without
    managingCoachID the template's coach manages it, or the client's primary one.
    """
    engagement = engagements.begin(
        client=client, template=template, coach=coach, start_date=start_date or call.today, **values
    )
    return added("Engagement added.", EngagementID=engagement.pk)


class OpenEnd(Date):
    """A date, or the open end: what is empty or no date is no error here."""

    def read(self, text: str, call: Call) -> date | None:  # type: ignore[override]
        try:
            return super().read(text, call)
        except Failure:
            return None


@function(
    "Engagement.update",
    ENGAGEMENT,
    CoachRef("managingCoachID", team=True, key="managing_coach", working=True),
    Str("name", maximum=200),
    Date("startDate"),
    OpenEnd("endDate", "empty or unparseable = open-ended", keeps_blank=True),
    ALLOCATION,
    results="updated noop",
    errors=(301, 302, 304, 311, 312, 313, 443),
)
def update(call: Call, engagement: Engagement, **values: Any) -> Reply:
    """Change an engagement; only what is sent changes.

    The end may be open, but not lie before the start.
    """
    return changed(engagements.update(engagement=engagement, **values), "Engagement updated.")


@function(
    "Engagement.complete",
    ENGAGEMENT,
    Enum(
        "whenOption",
        "E at the engagement's end date · U at its last appointment · N now",
        default="N",
        key="when",
        choices=("E", "U", "N"),
    ),
    results="updated noop",
    errors=(301, 302, 441),
)
def complete(call: Call, engagement: Engagement, when: str) -> Reply:
    """Mark an engagement complete; invoices that were still to come are not written."""
    is_changed = engagements.complete(engagement=engagement, when=when)
    return changed(is_changed, "Engagement completed.", "The engagement is complete already.")


@function("Engagement.cancel", ENGAGEMENT, results="updated noop", errors=(301, 302, 442))
def cancel(call: Call, engagement: Engagement) -> Reply:
    """Cancel an engagement; invoices that were still to come are not written."""
    is_changed = engagements.cancel(engagement=engagement)
    return changed(is_changed, "Engagement canceled.", "The engagement is canceled already.")


@function("Engagement.reopen", ENGAGEMENT, results="updated noop", errors=(301, 302))
def reopen(call: Call, engagement: Engagement) -> Reply:
    """Reopen a canceled or completed engagement."""
    return changed(engagements.reopen(engagement=engagement), "Engagement reopened.", "The engagement is open.")


@function("Engagement.delete", ENGAGEMENT, results="deleted", errors=(301, 302))
def delete(call: Call, engagement: Engagement) -> Reply:
    """Delete an engagement; its appointments and invoices stay, detached."""
    engagement.delete()
    return deleted(True, "Engagement deleted.")


@function(
    "Engagement.getAll",
    ClientRef("ClientID", "filter (also matches company engagements covering the client)"),
    Ref("CompanyID", "filter", model=Company, within="practice"),
    CoachRef("CoachID", "filter: managing coach", team=True),
    Moment("startDateFrom", "start on/after"),
    Moment("startDateTo", "start on/before", is_end=True),
    Moment("endDateFrom", "end on/after"),
    Moment("endDateTo", "end on/before", is_end=True),
    Bool("includeAppointments", "true = include `AppointmentSet`", default=False),
    results="loaded empty",
    errors=(302, 304, 311),
    returns=engagement_shape(),
)
def get_all(
    call: Call,
    include_appointments: bool,
    client: Client | None = None,
    company: Company | None = None,
    coach: Coach | None = None,
    start_date_from: datetime | None = None,
    start_date_to: datetime | None = None,
    end_date_from: datetime | None = None,
    end_date_to: datetime | None = None,
) -> Reply:
    """List engagements of clients or companies.

    allocationUnits A = appointments, M = minutes; used are P past, A all active, V past and verified appointments.
    With ClientID the AppointmentSet of a company's engagement is cut to that client.
    """
    rows = matching(Engagement.objects.filter(practice=call.practice), company=company, managing_coach=coach)
    if client:
        rows = rows.filter(pk__in=Engagement.objects.filter(engagements.covering(client=client)).values("pk"))

    def day(moment: datetime | None) -> date | None:
        return moment and moment.astimezone(call.zone).date()

    rows = between(rows, "start_date", day(start_date_from), day(start_date_to))
    rows = between(rows, "end_date", day(end_date_from), day(end_date_to))
    shape = engagement_shape(client) if include_appointments else ENGAGEMENTS
    return loaded(shape.read(rows.order_by(*NEWEST), call))
