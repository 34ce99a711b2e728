"""Coach.*: the people who coach and run the practice."""

from typing import Any

from coaching.models import PERMISSIONS, Coach
from coaching.rpc.call import Call, Reply, changed, deleted, loaded
from coaching.rpc.functions.common import (
    ADDRESS,
    COACH,
    INCLUDE_INACTIVE,
    INVITE,
    NAMES,
    PHONES,
    SIGN_IN,
    SORT,
    sorted_by,
)
from coaching.rpc.parameters import Bool, Email, Enum, Parameter, Str, Title, ZoneName, snake
from coaching.rpc.refs import CoachRef
from coaching.rpc.registry import function
from coaching.rpc.shapes import Column, Shape
from coaching.services import invitations, people
from coaching.services.changes import change

PROFILE_TEXTS = {
    "businessName": "business_name",
    "biography": "biography",
    "credentials": "credentials",
    "specialty": "specialty",
    "website": "website",
    "profileExtra": "profile_extra",
}
PROFILE_FLAGS = {
    "profileShow": "profile_show",
    "profileShowEmail": "profile_show_email",
    "profileShowHomePhone": "profile_show_home_phone",
    "profileShowWorkPhone": "profile_show_work_phone",
    "profileShowCellPhone": "profile_show_cell_phone",
    "profileShowAddress": "profile_show_address",
}
# As parameters they come in another order than in the answer.
CHANGED_TEXTS = ("businessName", "website", "specialty", "credentials", "biography", "profileExtra")
CHANGED_FLAGS = (
    *("profileShow", "profileShowHomePhone", "profileShowWorkPhone"),
    *("profileShowCellPhone", "profileShowEmail", "profileShowAddress"),
)
SHORT = 255  # characters that the short profile texts hold
LONG = 20_000
MAXIMA = {"biography": LONG, "credentials": LONG, "profileExtra": LONG}


class CoachShape(Shape):
    """A coach with a profile, which is an object of its own in the answer."""

    def read(self, rows: Any, call: Call) -> list[dict[str, Any]]:
        found = super().read(rows, call)
        for row in found:
            row["profile"] = {name: row.pop(name) for name in (*PROFILE_TEXTS, *PROFILE_FLAGS)}
        return found

    def declared(self) -> dict[str, Any]:
        keys = super().declared()
        return keys | {"profile": {name: keys.pop(name) for name in (*PROFILE_TEXTS, *PROFILE_FLAGS)}}


COACHES = CoachShape(
    (
        Column("ID", "int", "pk"),
        *NAMES,
        Column("dateAdded", "datetime", "date_added"),
        Column("isActive", "bool", "is_active"),
        *PHONES,
        Column("isRegistered", "bool", "is_registered"),
        *ADDRESS,
        Column("avatarURL", "string", "avatar_url"),
        *SIGN_IN,
        *(Column(name, "string", source) for name, source in PROFILE_TEXTS.items()),
        *(Column(name, "bool", source) for name, source in PROFILE_FLAGS.items()),
    )
)
NAME = (
    Title("firstName", required=True, maximum=50),
    Title("lastName", required=True, maximum=50),
    Email("email", "valid address", required=True),
)
PHONE_NUMBERS = tuple(Str(name, default="", maximum=20) for name in ("homePhone", "cellPhone", "workPhone"))
GENDER = Enum("gender", "M male · F female · U unspecified", default="U", choices=("M", "F", "U"))


@function(
    "Coach.add",
    *NAME,
    *PHONE_NUMBERS,
    GENDER,
    ZoneName("timezone", "default: the API zone", key="time_zone"),
    Enum(
        "onDuplicateEmail",
        "S keep the existing coach, return its ID · A add a second one, return the new ID · E fail 411",
        default="S",
        choices=("S", "A", "E"),
        key="on_duplicate",
    ),
    Bool("sendInvite", "true = email the invitation now", default=False),
    *INVITE,
    results="added duplicateSkipped duplicateAdded",
    errors=(301, 303, 306, 411, 412),
    returns={"CoachID": "int"},
    team=True,
)
def add(call: Call, **details: Any) -> Reply:
    """Create a coach on the team.

    A duplicate is a coach of this account with the same email address. Where it is skipped nothing changes and no
    invitation goes out.
    """
    coach, result = people.add_coach(practice=call.practice, **details)
    return Reply(result, {"CoachID": coach.pk}, "Coach added." if result != "duplicateSkipped" else "Coach exists.")


@function(
    "Coach.invite",
    CoachRef("CoachID", "coach acted on", required=True, active=True),
    *INVITE,
    results="sent",
    errors=(301, 311, 312, 412, 413),
    team=True,
)
def invite(call: Call, coach: Coach, invite_subject: str, invite_message: str) -> Reply:
    """Email an invitation to a coach; a link that was sent before ends."""
    invitations.invite_coach(coach=coach, subject=invite_subject, message=invite_message)
    return Reply("sent", (), "Invitation sent.")


@function("Coach.deactivate", COACH, results="updated noop", errors=(301, 311, 414, 415), team=True)
def deactivate(call: Call, coach: Coach) -> Reply:
    """Stop a coach from signing in; data stays."""
    return changed(people.set_coach_active(coach=coach, is_active=False), "Coach deactivated.")


@function("Coach.activate", COACH, results="updated noop", errors=(301, 311), team=True)
def activate(call: Call, coach: Coach) -> Reply:
    """Make an inactive coach active again."""
    return changed(people.set_coach_active(coach=coach, is_active=True), "Coach activated.")


@function(
    "Coach.updateProfile",
    COACH,
    *(
        Str(name, key=PROFILE_TEXTS[name], maximum=MAXIMA.get(name, SHORT), keeps_blank=name == "profileExtra")
        for name in CHANGED_TEXTS
    ),
    *(Bool(name, "clients may see it", key=PROFILE_FLAGS[name]) for name in CHANGED_FLAGS),
    results="updated noop",
    errors=(301, 311),
    team=True,
)
def update_profile(call: Call, coach: Coach, **values: Any) -> Reply:
    """Change parts of a coach's public profile.

    Only what is sent changes. A blank profileExtra clears it.
    """
    return changed(change(coach, **values), "Profile updated.")


def _letters() -> list[Parameter]:
    return [Enum(name, choices=letters) for name, letters in PERMISSIONS.items()]


@function(
    "Coach.setPermissions",
    COACH,
    Bool("isCoaching", "true = coaches clients; false = an administrative role only"),
    *_letters(),
    results="updated noop",
    errors=(301, 311, 415, 416),
    team=True,
)
def set_permissions(call: Call, coach: Coach, is_coaching: bool | None = None, **sent: str) -> Reply:
    """Change a coach's rights.

    X none or no · S own only · A everyone or yes. Names may also be written with an underscore for the dot.
    """
    letters = {name: sent[snake(name)] for name in PERMISSIONS if snake(name) in sent}
    is_changed = people.set_permissions(coach=coach, is_coaching=is_coaching, letters=letters)
    return changed(is_changed, "Permissions updated.")


@function("Coach.delete", COACH, results="deleted", errors=(301, 311, 414, 415), team=True)
def delete(call: Call, coach: Coach) -> Reply:
    """Delete a coach for good; what they made stays."""
    people.delete_coach(coach=coach)
    return deleted(True, "Coach deleted.")


@function("Coach.getAll", INCLUDE_INACTIVE, SORT, results="loaded empty", returns=COACHES, team=True)
def get_all(call: Call, include_inactive: bool, sort_option: str) -> Reply:
    """List coaches."""
    rows = Coach.objects.filter(practice=call.practice)
    rows = rows if include_inactive else rows.filter(is_active=True)
    return loaded(COACHES.read(sorted_by(rows, sort_option, "last_name", "first_name"), call))


@function("Coach.get", COACH, results="loaded", errors=(301, 311), returns=COACHES, one=True, team=True)
def get(call: Call, coach: Coach) -> Reply:
    """One coach."""
    return loaded(COACHES.one(coach, call, of=COACH))
