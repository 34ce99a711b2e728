"""Each field of each answer holds what it is named after: every row has a value of its own in every column."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from operator import attrgetter
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import models

from coaching.models import Reminder
from coaching.rpc import functions  # noqa: F401  declares them
from tests.coaching.calls import good
from tests.coaching.contract import listed

pytestmark = pytest.mark.django_db
LISTED = listed()
PARIS = ZoneInfo("Europe/Paris")  # the API zone of the practice
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def keys(text):
    """`firstName ID=pk`: each key with where its value lies on the row, by default the same words in snake_case."""
    parts = (part.partition("=") for part in text.split())
    return {key: path or HUMP.sub("_", key).lower() for key, _, path in parts}


def there(path):
    """Whether the row has something at `path`."""
    return lambda row: getattr(row, path) is not None


def page(kind, end=""):
    return lambda row: f"{settings.BASE_URL}/portal/{kind}/{row.slug}{end}"


ADDRESS = "address1 city state ZIP country"
SIGN_IN = "isRegistered loginCount lastLoginDate=last_login_at"
PERSON = keys(f"ID=pk firstName lastName email dateAdded isActive homePhone workPhone cellPhone {ADDRESS} {SIGN_IN}")
COMPANY = keys("CompanyID") | {"companyName": "company.name"}
CLIENT = PERSON | COMPANY | keys("CoachID=primary_coach_id isFreebie profileExtra")
SHOWN = "profileShow profileShowEmail profileShowHomePhone profileShowWorkPhone profileShowCellPhone profileShowAddress"
PROFILE = keys(f"businessName biography credentials specialty website profileExtra {SHOWN}")
COACH = PERSON | keys("avatarURL") | {"profile": PROFILE}
REMINDER = keys("ID=pk sendTo sendMethod relativeMinutes dateToSend=send_at dateSent=sent_at") | {
    "isSent": there("sent_at")
}
REMINDERS = {"reminderSet": ("reminders", REMINDER)}
ANSWERS = {"answerSet": ("answers", keys("name value numberValue"))}
DONE = {"isDone": there("done_at"), "dateDone": "done_at"}
SPENT = keys("ID=pk CoachID ClientID what=name startDate=starts_at endDate=ends_at status dateAdded")
SPENT |= keys("dateCanceled=canceled_at countsInEngagement")
INVOICE = keys("ID=pk invoiceNumber=number dateAdded dateOf dateDue currency amount taxRate ClientID") | {
    "amountPaid": lambda row: sum(payment.amount for payment in row.payments.all()),
    **keys("firstName=client.first_name lastName=client.last_name email=client.email"),
    "lineItemSet": ("lines", keys("item amount")),
    "paymentSet": ("payments", keys("datePaid=paid_at amount method checkNumber")),
}
OFFERED = keys("ID=pk CoachID name price blurb description")
PLACED = keys("ID=pk ClientID clientFirstName=client.first_name clientLastName=client.last_name")
DAY = {"dayOf": lambda row: (row.completed_on - row.start_date).days + 1}
TAKEN = DAY | keys("startDate isPaused unpauseDate dateCompleted=completed_on") | {"isComplete": there("completed_on")}
AVAILABLE = PLACED | keys("CourseID courseName=course.name dateAdded=added_on dateAvailable=available_from")
AVAILABLE |= {"dateUsed": "used_on", "isUsed": there("used_on")}
MEMBER = keys("startDate=started_at isActive")

# function -> the row of the world that it answers, and where each value lies; a pair stands for rows below it.
ANSWERS_OF = {
    "Coach.getAll": ("coach", COACH),
    "Coach.get": ("coach", COACH),
    "Client.getAll": ("client", CLIENT),
    "Client.get": ("client", CLIENT),
    "Client.getAppointmentSettings": (
        "client",
        {
            "selfSchedulingRule": "self_scheduling",
            "selfSchedulingEmailConfirmations": "scheduling_confirmations",
            "attachICSFiles": "attach_ics",
            "appointmentTypes": {
                "isAllGenerallyAvailable": "all_types_available",
                "specificSet": ("appointment_types", keys("ID=pk name CoachID coachName=coach.name")),
            },
        },
    ),
    "Pairing.getForCoach": ("pairing", keys("ClientID clientName=client.name dateAdded type=level")),
    "Pairing.getForClient": ("pairing", keys("CoachID coachName=coach.name dateAdded type=level")),
    "Pairing.getHistory": ("span", keys("CoachID ClientID type=level startDate=started_at endDate=ended_at")),
    "Action.getAll": (
        "action",
        keys("ID=pk CoachID ClientID ActionProjectID=project_id projectName=project.name action=text forWho")
        | keys("dateDue=due_at isCanceled")
        | DONE
        | REMINDERS,
    ),
    "Action.getReminders": ("action_reminder", REMINDER),
    "Action.getAllProjects": (
        "project",
        keys("ID=pk name description dateAdded dateModified=modified_at")
        | {"totalWeight": lambda row: sum(action.weight for action in row.actions.all())},
    ),
    "Metric.getAll": (
        "metric",
        keys("ID=pk name units startDate endDate targetMode targetStart targetEnd dataMode repeatRule")
        | {"totalWeight": lambda row: 0, "dataSet": ("data", keys("dateOf value comment"))},
    ),
    "Appointment.getTypes": ("type", keys("ID=pk CoachID name duration location description isSelfSchedulable")),
    "Appointment.getAll": ("appointment", SPENT | keys("name EngagementID location description") | REMINDERS),
    "Session.getAll": (
        "session",
        keys("ID=pk CoachID ClientID dateAdded dateDone=done_at dateOf=session_at title content")
        | {"isDraft": lambda row: row.done_at is None}
        | ANSWERS,
    ),
    "Worksheet.getAll": (
        "worksheet",
        keys("ID=pk CoachID ClientID title content dateAssigned=assigned_at dateDue=due_at")
        | DONE
        | ANSWERS
        | REMINDERS,
    ),
    "Worksheet.getReminders": ("worksheet_reminder", REMINDER),
    "Agreement.getTemplates": ("template", keys("ID=pk title content")),
    "Agreement.getAll": (
        "agreement",
        keys("ID=pk ClientID dateIssued=issued_at dateAgreed=agreed_at title content"),
    ),
    "Invoice.getAll": ("invoice", INVOICE | keys("CompanyID=client.company_id companyName=client.company.name")),
    "Invoice.get": ("invoice", INVOICE),
    "Invoice.getPayments": (
        "payment",
        keys("ID=pk InvoiceID invoiceNumber=invoice.number amount currency=invoice.currency method checkNumber")
        | {"datePaid": lambda row: row.paid_at.astimezone(PARIS).date()},
    ),
    "Engagement.getTemplates": (
        "engagement_template",
        keys("ID=pk name managingCoachID duration allocationUnit allocation"),
    ),
    "Engagement.getAll": (
        "engagement",
        keys("ID=pk ClientID CompanyID CoachID=managing_coach_id withName=client.name name startDate endDate")
        | keys("allocationUnits=allocation_unit allocation allocationPerClient nextInvoiceDate isComplete isCanceled")
        | keys("dateClosed=closed_at dateAdded")
        | {"type": lambda row: "Client", "AppointmentSet": ("appointments", SPENT)}
        | dict.fromkeys(("allocationUsedP", "allocationUsedA", "allocationUsedV"), lambda row: 1),
    ),
    "Offering.getAll": (
        "offering",
        OFFERED
        | keys("notifyEmail")
        | {
            "URL": page("offerings"),
            "iframeURL": page("offerings", "/frame"),
            "scriptURL": page("offerings", "/embed.js"),
        },
    ),
    "Offering.getSubmissions": (
        "submission",
        keys("ID=pk OfferingID ClientID ClientInvoiceID=invoice_id offeringName=offering.name clientName clientEmail")
        | keys("amountPaid trackingData dateAdded"),
    ),
    "OfferingCollection.getAll": (
        "collection",
        keys("ID=pk name")
        | {
            name: page("collections", end)
            for name, end in (("URL", ""), ("iframeURL", "/frame"), ("scriptURL", "/embed.js"))
        }
        | {"OfferingSet": ("offerings", OFFERED)},
    ),
    "Course.getAll": ("taken", keys("ID=pk CoachID name dayDuration itemTimeOption")),
    "Course.getAllClientParticipants": ("participant", PLACED | TAKEN),
    "Course.getAllGroupParticipants": (
        "group_participant",
        keys("ID=pk groupName=group.name")
        | TAKEN
        | {
            "includedMembers": lambda row: [
                {"ClientID": each.client_id, "clientName": each.client.name} for each in row.group.client_members.all()
            ]
        },
    ),
    "Course.getAvailabilitiesForClient": ("availability", AVAILABLE),
    "Course.getAvailabilitiesForCourse": ("availability", AVAILABLE),
    "Group.getAll": ("group", keys("ID=pk CoachID name type")),
    "Group.getAllClientMembers": ("place", PLACED | MEMBER),
    "Group.getAllCoachMembers": (
        "coach_place",
        keys("ID=pk CoachID coachFirstName=coach.first_name coachLastName=coach.last_name")
        | MEMBER
        | {"isOwner": lambda row: row.group.coach_id == row.coach_id},
    ),
    "Company.getAll": ("company", keys(f"ID=pk name dateAdded isActive {ADDRESS}")),
    "Personnel.getAll": ("personnel", PERSON | COMPANY | keys("profileExtra")),
    "Account.me": ("owner", keys("firstName lastName lasName=last_name email username=email")),
}
IN_TEXT = {"ClientData.getByField", "ClientData.getActivityStats"}  # CSV, told cell by cell in test_reports.py
ALL = {
    **dict.fromkeys(("includeInactive", "includeDone", "includeCanceled", "includeForCoach", "includeSent"), "true"),
    **dict.fromkeys(("includeCompleted", "includeUsed", "includePending", "includeContent", "includeDrafts"), "true"),
    **dict.fromkeys(("includeOutstanding", "includeAppointments"), "true"),
    "which": "B",
}


def test_every_answer_that_holds_values_is_looked_at():
    told = {name for name, each in LISTED.items() if each.gives and "loaded" in each.answers}
    assert told == set(ANSWERS_OF) | IN_TEXT
    for name, (_, paths) in ANSWERS_OF.items():
        assert set(paths) == set(LISTED[name].gives), name


@pytest.mark.parametrize("name", ANSWERS_OF)
def test_each_field_holds_what_it_is_named_after(house, name):
    which, paths = ANSWERS_OF[name]
    tell_apart(house.world)
    row = fresh(getattr(house.world, which))
    every = {field: value for field, value in ALL.items() if field in {taken.name for taken in LISTED[name].takes}}

    answer = house.api.ok(name, "loaded", **good(house, name, **every))

    wanted = expected(row, paths)
    if isinstance(answer, list):
        name_of_it = "ID" if "ID" in wanted else next(iter(wanted))  # a pairing has no ID
        [answer] = [each for each in answer if each[name_of_it] == wanted[name_of_it]]
    assert answer == wanted


def expected(row, paths):
    """What a row looks like in an answer."""
    answer = {}
    for key, path in paths.items():
        if isinstance(path, dict):
            answer[key] = expected(row, path)
        elif isinstance(path, tuple):
            answer[key] = [expected(child, path[1]) for child in getattr(row, path[0]).all()]
        else:
            answer[key] = wired(key, path(row) if callable(path) else attrgetter(path)(row))
    return answer


def wired(key, value):
    match value:
        case datetime():
            return value.astimezone(PARIS).strftime("%Y-%m-%d %H:%M:%S")
        case date():
            return value.isoformat()
        case Decimal():
            return float(value)
        case None if key.endswith("ID"):
            return 0
    return value


# What is not filled in, since it is no free value; and what else a row needs to be shown, or may not be.
BOUND = {"slug", "time_zone", "permissions", "repeat_days", "remind_method", "remind_time", "day_duration"}
FIXED = {
    "action": {"is_canceled": False},
    "metric": {"has_target": True, "target_mode": "L"},
    "appointment": {"counts_in_engagement": 1},
    "offering": {"is_active": True},
    "place": {"is_active": True},
}


def tell_apart(world):
    """Give every row of the world, and what hangs on it, a value of its own in every column."""
    about = {"appointment": world.appointment, "relative_minutes": 0, "send_at": datetime.now(UTC)}
    Reminder.objects.create(send_to="C", send_method="T", **about)
    world.client.appointment_types.add(world.type)
    rows = {name: value for name, value in vars(world).items() if isinstance(value, models.Model)}
    below = (
        *(world.invoice.lines, world.metric.data, world.worksheet.answers, world.session.answers),
        world.appointment.reminders,
    )
    numbers = count(100)
    for name, row in [*rows.items(), *(("", row) for each in below for row in each.all())]:
        values = {field.name: of_its_own(field, next(numbers)) for field in row._meta.concrete_fields}
        values = {field: value for field, value in values.items() if value is not None}
        type(row)._default_manager.filter(pk=row.pk).update(**values | FIXED.get(name, {}))


def of_its_own(field, number):
    """A value that no other column has; None for what is bound. What comes later in a row is later or greater."""
    if field.is_relation or field.primary_key or field.choices or field.name in BOUND:
        return None
    match field:
        case models.BooleanField():
            return bool(number % 2)
        case models.EmailField():
            return f"{number}@example.com"
        case models.CharField() | models.TextField():
            return f"{number}{field.name}"[: field.max_length]
        case models.DecimalField():
            return Decimal(f"{number}.25")
        case models.IntegerField():
            return number
        case models.DateTimeField():
            return datetime(2020, 1, 1, 12, 30, 15, tzinfo=UTC) + timedelta(days=number)
        case models.DateField():
            return date(2020, 1, 1) + timedelta(days=number)
    return None


def fresh(row):
    return type(row)._default_manager.get(pk=row.pk)
