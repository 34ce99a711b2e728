"""ClientData.*: what clients report and do, as CSV."""

from datetime import date

from coaching.models import Client, Coach, Company, Engagement, Group
from coaching.rpc.call import Call, Reply
from coaching.rpc.functions.common import INCLUDE_INACTIVE, OF_CLIENT
from coaching.rpc.parameters import Bool, Date, Enum, Str
from coaching.rpc.refs import CoachRef, Ref
from coaching.rpc.registry import function
from coaching.services import reports

OF_PRIMARY = CoachRef("CoachID", "filter: primary coach", team=True)
DATE_FROM, DATE_TO = Date("dateFrom", "lower bound, inclusive"), Date("dateTo", "upper bound, inclusive")
RETURNS = {"data": "string"}  # CSV


@function(
    "ClientData.getByField",
    Str(
        "fieldname",
        "a form worksheet's input name, a metric's name, or a metric's `fedBy` input name",
        required=True,
        maximum=200,
    ),
    OF_PRIMARY,
    OF_CLIENT,
    DATE_FROM,
    DATE_TO,
    INCLUDE_INACTIVE,
    Bool("includeCoach", "true = add the primary coach's name", default=False, team=True),
    Enum("dateBucket", "D day · W week · M month", default="W", choices=("D", "W", "M")),
    Enum("whatData", "N numbers · T text · B both", default="N", choices=("N", "T", "B")),
    Enum(
        "structure",
        "D one row per client, one column per date bucket · L one row per data point",
        default="D",
        choices=("D", "L"),
    ),
    results="loaded empty",
    errors=(301, 302, 304, 311),
    returns=RETURNS,
)
def get_by_field(
    call: Call,
    fieldname: str,
    include_inactive: bool,
    include_coach: bool,
    date_bucket: str,
    what_data: str,
    structure: str,
    coach: Coach | None = None,
    client: Client | None = None,
    date_from: date | None = None,
    date_to: date | None = None,
) -> Reply:
    """CSV of the values of one field over time.

    Of several values in a bucket the last stands; a missing one is an empty cell.
    """
    clients = reports.clients_of(practice=call.practice, include_inactive=include_inactive, coach=coach, client=client)
    return _answer(
        reports.field_values(
            clients=list(clients),
            field=fieldname,
            zone=call.zone.key,
            first=date_from,
            last=date_to,
            bucket=date_bucket,
            what=what_data,
            as_points=structure == "L",
            with_coach=include_coach,
        )
    )


@function(
    "ClientData.getActivityStats",
    OF_PRIMARY,
    OF_CLIENT,
    Ref("GroupID", "filter: group's clients", model=Group, within="practice"),
    Ref("CompanyID", "filter: company's clients", model=Company, within="practice"),
    Ref("EngagementID", "filter: engagement's clients", model=Engagement, within="practice"),
    Enum("dateBucket", "D day · W week · M month · Q quarter · Y year", default="W", choices=tuple("DWMQY")),
    DATE_FROM,
    DATE_TO,
    Str(
        "itemTypes",
        "letters: A action · M metric · P appointment · S session note · W worksheet · J journal entry · F file · "
        "C comment; absent = all",
        default="",
        maximum=100,
    ),
    INCLUDE_INACTIVE,
    Bool("includeTotals", "true = total column", default=True),
    Bool("includeAverages", "true = average column", default=True),
    results="loaded empty",
    errors=(302, 304, 311),
    returns=RETURNS,
)
def get_activity_stats(
    call: Call,
    date_bucket: str,
    item_types: str,
    include_inactive: bool,
    include_totals: bool,
    include_averages: bool,
    date_from: date | None = None,
    date_to: date | None = None,
    coach: Coach | None = None,
    client: Client | None = None,
    group: Group | None = None,
    company: Company | None = None,
    engagement: Engagement | None = None,
) -> Reply:
    """CSV of activity counts per client and period.

    Actions and worksheets count when they are done. Without dates: the twelve buckets up to today.
    """
    clients = reports.clients_of(
        practice=call.practice,
        include_inactive=include_inactive,
        coach=coach,
        client=client,
        group=group,
        company=company,
        engagement=engagement,
    )
    return _answer(
        reports.activity(
            clients=list(clients),
            zone=call.zone.key,
            first=date_from,
            last=date_to or call.today,
            bucket=date_bucket,
            letters=item_types,
            with_totals=include_totals,
            with_averages=include_averages,
        )
    )


def _answer(report: reports.Report) -> Reply:
    result, message = ("empty", "Nothing found.") if report.is_empty else ("loaded", "Loaded.")
    return Reply(result, {"data": report.csv}, message)
