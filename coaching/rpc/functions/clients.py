"""Client.*: the people who are coached."""

from typing import Any

from coaching.models import Client, Coach, Company
from coaching.rpc.call import Call, Reply, changed, deleted, loaded
from coaching.rpc.functions.coaches import GENDER, NAME, PHONE_NUMBERS
from coaching.rpc.functions.common import (
    ADDRESS,
    CLIENT,
    INCLUDE_INACTIVE,
    INVITE,
    NAMES,
    PHONES,
    SIGN_IN,
    SORT,
    matching,
    sorted_by,
)
from coaching.rpc.parameters import Bool, Enum, IDList, Str, Title, ZoneName
from coaching.rpc.refs import ClientRef, CoachRef, Ref
from coaching.rpc.registry import function
from coaching.rpc.shapes import Column, Shape
from coaching.services import invitations, people, scheduling
from coaching.services.changes import change

CLIENTS = Shape(
    (
        Column("ID", "int", "pk"),
        Column("CoachID", "int", "primary_coach_id"),
        *NAMES,
        Column("dateAdded", "datetime", "date_added"),
        Column("isActive", "bool", "is_active"),
        Column("isFreebie", "bool", "is_freebie"),
        *PHONES,
        Column("profileExtra", "string", "profile_extra"),
        Column("isRegistered", "bool", "is_registered"),
        *ADDRESS,
        *SIGN_IN,
        Column("CompanyID", "int", "company_id"),
        Column("companyName", "string", "company__name"),
    )
)
RULE_HELP = (
    "NA never · AUE allowed unless an engagement says no · ABE only inside an engagement · D as the organization says"
)
RULES = ("NA", "AUE", "ABE", "D")
PLACE = (
    Str("address", "street line; returned as `address1`", key="address1", maximum=100),
    Str("city", maximum=100),
    Str("state", maximum=3),
    Str("ZIP", maximum=10),
    Str("country", "country name in full, or its two-letter ISO 3166 code", newer=True, maximum=50),
)
RULE: dict[str, Any] = {"help": RULE_HELP, "newer": True, "key": "self_scheduling", "choices": RULES}
UPGRADE = Bool(
    "upgradeIfNeeded", "at the plan limit: true = upgrade the plan, false = fail 404", default=True, key="upgrade"
)


@function(
    "Client.add",
    CoachRef("CoachID", "becomes the primary coach", required=True, team=True, working=True),
    *NAME,
    *PHONE_NUMBERS,
    GENDER,
    ZoneName("timezone", "default: the coach's zone", key="time_zone"),
    *PLACE,
    Enum(
        "onDuplicateEmail",
        "S keep the existing client, return its ID · A add a second one, return the new ID · E fail 401",
        default="S",
        choices=("S", "A", "E"),
        key="on_duplicate",
    ),
    UPGRADE,
    Bool("sendInvite", "true = email the invitation now", default=False),
    *INVITE,
    Str("profileExtra", "free-text notes on the person", default="", maximum=2000),
    Enum("appointmentScheduleRule", default="D", **RULE),
    results="added duplicateSkipped duplicateAdded",
    errors=(301, 303, 306, 311, 312, 313, 401, 402, 404),
    returns={"ClientID": "int"},
)
def add(call: Call, coach: Coach, **details: Any) -> Reply:
    """Create a client.

    A duplicate is a client of this account with the same email address; it is looked for before the plan's limit.
    Where it is skipped nothing changes and no invitation goes out.
    """
    client, result = people.add_client(practice=call.practice, coach=coach, **details)
    return Reply(result, {"ClientID": client.pk}, "Client added." if result != "duplicateSkipped" else "Client exists.")


@function(
    "Client.invite",
    ClientRef("ClientID", "client acted on", required=True, active=True),
    *INVITE,
    results="sent",
    errors=(301, 302, 402, 403, 498),
)
def invite(call: Call, client: Client, invite_subject: str, invite_message: str) -> Reply:
    """Email an invitation to a client; a link that was sent before ends."""
    invitations.invite_client(client=client, subject=invite_subject, message=invite_message)
    return Reply("sent", (), "Invitation sent.")


@function(
    "Client.deactivate",
    CLIENT,
    Bool("mayAccessWhenInactive", "true = client keeps read-only login", default=False, key="may_access"),
    results="updated noop",
    errors=(301, 302),
)
def deactivate(call: Call, client: Client, may_access: bool) -> Reply:
    """Make a client inactive; frees a plan slot.

    Future appointments are canceled, reminders that were not sent yet are dropped.
    """
    return changed(people.deactivate_client(client=client, may_access=may_access), "Client deactivated.")


@function("Client.activate", CLIENT, UPGRADE, results="updated noop", errors=(301, 302, 404))
def activate(call: Call, client: Client, upgrade: bool) -> Reply:
    """Make an inactive client active again."""
    return changed(people.activate_client(client=client, upgrade=upgrade), "Client activated.")


@function(
    "Client.update",
    CLIENT,
    Title("firstName", maximum=50),
    Title("lastName", maximum=50),
    *(Str(name, maximum=20) for name in ("homePhone", "cellPhone", "workPhone")),
    ZoneName("timezone", key="time_zone"),
    *PLACE,
    Enum("appointmentScheduleRule", **RULE),
    results="updated noop",
    errors=(301, 302, 306, 405),
)
def update(call: Call, client: Client, **values: Any) -> Reply:
    """Change basic client data.

    Only what is sent changes; the email address never does. A registered client owns the personal fields.
    """
    return changed(people.update_client(client=client, **values), "Client updated.")


@function(
    "Client.setProfileExtra",
    CLIENT,
    Str("profileExtra", "free-text notes on the person; blank clears them", default="", maximum=2000, keeps_blank=True),
    results="updated noop",
    errors=(301, 302),
)
def set_profile_extra(call: Call, client: Client, profile_extra: str) -> Reply:
    """Replace the extra notes on a client."""
    return changed(change(client, profile_extra=profile_extra.strip()), "Notes updated.")


SETTINGS = {
    "selfSchedulingRule": "string",
    "selfSchedulingEmailConfirmations": "bool",
    "attachICSFiles": "bool",
    "appointmentTypes": {
        "isAllGenerallyAvailable": "bool",
        "specificSet": [{"ID": "int", "name": "string", "CoachID": "int", "coachName": "string"}],
    },
}


@function("Client.getAppointmentSettings", CLIENT, results="loaded", errors=(301, 302), returns=SETTINGS, newer=True)
def get_appointment_settings(call: Call, client: Client) -> Reply:
    """Read the scheduling settings of a client."""
    types = client.appointment_types.select_related("coach").order_by("pk")
    return loaded(
        {
            "selfSchedulingRule": client.self_scheduling,
            "selfSchedulingEmailConfirmations": client.scheduling_confirmations,
            "attachICSFiles": client.attach_ics,
            "appointmentTypes": {
                "isAllGenerallyAvailable": client.all_types_available,
                "specificSet": [
                    {"ID": t.pk, "name": t.name, "CoachID": t.coach_id, "coachName": t.coach.name} for t in types
                ],
            },
        }
    )


@function(
    "Client.setAppointmentSettings",
    ClientRef("ClientID", required=True),
    Enum("selfScheduleRule", RULE_HELP, key="self_scheduling", choices=RULES),
    Bool("selfScheduleEmailConfirmations", key="scheduling_confirmations"),
    Bool("attachICSFiles", key="attach_ics"),
    Enum(
        "allowedAppointmentTypeOption",
        "A every type that is generally offered · S only the listed types",
        key="option",
        choices=("A", "S"),
    ),
    IDList("allowedAppointmentTypeIDList", "comma-separated AppointmentTypeIDs", key="type_ids"),
    results="updated noop",
    errors=(301, 302),
    newer=True,
)
def set_appointment_settings(call: Call, client: Client, **settings: Any) -> Reply:
    """Change some scheduling settings of a client.

    Only what is sent changes. Option S without a list keeps the stored list.
    """
    return changed(scheduling.change_settings(client=client, **settings), "Settings updated.")


@function("Client.delete", CLIENT, results="deleted", errors=(301, 302))
def delete(call: Call, client: Client) -> Reply:
    """Delete a client for good, with all that is theirs but invoices and payments."""
    people.delete_client(client=client)
    return deleted(True, "Client deleted.")


@function(
    "Client.getAll",
    INCLUDE_INACTIVE,
    CoachRef("CoachID", "only clients currently paired with this coach", team=True),
    Ref(
        "CompanyID",
        "only this company; `0` = clients with no company",
        model=Company,
        within="practice",
        zero=True,
    ),
    SORT,
    results="loaded empty",
    errors=(302, 311),
    returns=CLIENTS,
)
def get_all(
    call: Call, include_inactive: bool, sort_option: str, coach: Coach | None = None, company: Any = None
) -> Reply:
    """List clients."""
    rows = matching(Client.objects.filter(practice=call.practice), pairings__coach=coach)
    rows = rows.filter(company=None) if company == 0 else matching(rows, company=company)
    rows = rows if include_inactive else rows.filter(is_active=True)
    return loaded(CLIENTS.read(sorted_by(rows, sort_option, "last_name", "first_name"), call))


@function("Client.get", CLIENT, results="loaded", errors=(301, 302), returns=CLIENTS, one=True)
def get(call: Call, client: Client) -> Reply:
    """One client."""
    return loaded(CLIENTS.one(client, call, of=CLIENT))
