"""Parameters and columns that several entities share."""

from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import Lower

from coaching.models import Company
from coaching.rpc.parameters import Bool, Enum, Moment, Str
from coaching.rpc.refs import ClientRef, CoachRef, Ref
from coaching.rpc.shapes import Column, columns

ADDRESS = columns("string", address1="address1", city="city", state="state", ZIP="zip", country="country")
PHONES = columns("string", homePhone="home_phone", workPhone="work_phone", cellPhone="cell_phone")
SIGN_IN = (Column("loginCount", "int", "login_count"), Column("lastLoginDate", "datetime", "last_login_at"))
NAMES = columns("string", firstName="first_name", lastName="last_name", email="email")

COACH = CoachRef("CoachID", "coach acted on", required=True)
CLIENT = ClientRef("ClientID", "client acted on", required=True)
OF_COACH = CoachRef("CoachID", "filter", team=True)
OF_CLIENT = ClientRef("ClientID", "filter")
OF_COMPANY = Ref("CompanyID", "filter: clients' company", model=Company, within="practice")

INCLUDE_INACTIVE = Bool("includeInactive", "true = inactive ones too", default=False)
SORT = Enum(
    "sortOption", "C by date added, newest first · A by name, active records first", default="C", choices=("C", "A")
)
DIRECTION = Enum("sortDirection", "A ascending · D descending", default="D", newer=True, choices=("A", "D"))
DATE_FROM = Moment("dateFrom", "lower bound, inclusive")
DATE_TO = Moment("dateTo", "upper bound, inclusive", is_end=True)
TIMEZONE_OF = Enum(
    "timezoneOf", "C coach's zone · L client's zone · A the account's API zone", default="C", choices=("C", "L", "A")
)
INVITE = (
    Str("inviteSubject", "else the template subject", default="", maximum=200),
    Str("inviteMessage", "else the template body; must contain `[magicLink]`", default="", maximum=20_000),
)
VISIBILITY = ("*", "C", "J", "P")
VISIBILITY_HELP = "* coach and client · C coaches only · J author and client · P author only"
NEWEST = ("-date_added", "-pk")


def sorted_by(rows: QuerySet[Any], option: str, *names: str) -> QuerySet[Any]:
    """Newest first, or by `names` with active records first."""
    by_name: tuple[Any, ...] = ("-is_active", *map(Lower, names), "pk")
    return rows.order_by(*(by_name if option == "A" else NEWEST))


def in_direction(rows: QuerySet[Any], name: str, direction: str) -> QuerySet[Any]:
    """In the order of one column, ties by ID the same way; what has nothing there comes last."""
    if direction == "D":
        return rows.order_by(F(name).desc(nulls_last=True), "-pk")
    return rows.order_by(F(name).asc(nulls_last=True), "pk")


def prefixed(rows: QuerySet[Any], path: str, start: str | None) -> QuerySet[Any]:
    """Rows whose text at `path` begins with `start`, without regard to case."""
    return rows.filter(**{f"{path}__istartswith": start}) if start else rows


def between(rows: QuerySet[Any], path: str, first: Any = None, last: Any = None) -> QuerySet[Any]:
    """Rows whose value at `path` lies in the range; an end that is not given is open."""
    bounds = {f"{path}__gte": first, f"{path}__lte": last}
    return rows.filter(**{name: value for name, value in bounds.items() if value is not None})


def matching(rows: QuerySet[Any], **wanted: Any) -> QuerySet[Any]:
    """Rows that fit the filters that were given."""
    return rows.filter(**{path: value for path, value in wanted.items() if value is not None})
