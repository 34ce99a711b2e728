"""Company.* and Personnel.*: the companies whose people are clients."""

from coaching.models import Company, Personnel
from coaching.rpc.call import Call, Reply, loaded
from coaching.rpc.functions.common import (
    ADDRESS,
    INCLUDE_INACTIVE,
    NAMES,
    PHONES,
    SIGN_IN,
    SORT,
    matching,
    sorted_by,
)
from coaching.rpc.refs import Ref
from coaching.rpc.registry import function
from coaching.rpc.shapes import Column, Shape

COMPANY = Shape(
    (
        Column("ID", "int", "pk"),
        Column("name", "string", "name"),
        Column("dateAdded", "datetime", "date_added"),
        Column("isActive", "bool", "is_active"),
        *ADDRESS,
    )
)
PERSONNEL = Shape(
    (
        Column("ID", "int", "pk"),
        *NAMES,
        Column("dateAdded", "datetime", "date_added"),
        Column("isActive", "bool", "is_active"),
        *PHONES,
        Column("profileExtra", "string", "profile_extra"),
        Column("isRegistered", "bool", "is_registered"),
        *ADDRESS,
        *SIGN_IN,
        Column("CompanyID", "int", "company_id"),
        Column("companyName", "string", "company__name"),
    )
)


@function("Company.getAll", INCLUDE_INACTIVE, SORT, results="loaded empty", returns=COMPANY)
def get_companies(call: Call, include_inactive: bool, sort_option: str) -> Reply:
    """List companies."""
    rows = Company.objects.filter(practice=call.practice)
    rows = rows if include_inactive else rows.filter(is_active=True)
    return loaded(COMPANY.read(sorted_by(rows, sort_option, "name"), call))


@function(
    "Personnel.getAll",
    INCLUDE_INACTIVE,
    Ref("CompanyID", "filter", team=True, model=Company, within="practice"),
    SORT,
    results="loaded empty",
    errors=(302,),
    returns=PERSONNEL,
)
def get_personnel(call: Call, include_inactive: bool, sort_option: str, company: Company | None = None) -> Reply:
    """List people at companies who are not clients."""
    rows = matching(Personnel.objects.filter(practice=call.practice), company=company)
    rows = rows if include_inactive else rows.filter(is_active=True)
    return loaded(PERSONNEL.read(sorted_by(rows, sort_option, "last_name", "first_name"), call))
