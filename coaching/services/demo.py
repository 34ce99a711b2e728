"""The demo of coaching: a practice in full swing, and a small one that keeps its limits."""

from datetime import datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from access.models import Role, User
from access.services import create_user
from coaching.models import (
    Action,
    ActionProject,
    Agreement,
    AgreementTemplate,
    Answer,
    Appointment,
    AppointmentType,
    Availability,
    Client,
    Coach,
    Comment,
    Company,
    Course,
    CourseItem,
    Credential,
    EngagementTemplate,
    Group,
    GroupClient,
    GroupCoach,
    JournalEntry,
    Metric,
    MetricDatum,
    Offering,
    OfferingCollection,
    OfferingSubmission,
    Participant,
    Personnel,
    Practice,
    Worksheet,
)
from coaching.services import (
    courses,
    engagements,
    files,
    invitations,
    invoices,
    metrics,
    notes,
    pairings,
    reminders,
    scheduling,
)
from coaching.services.clock import instant
from coaching.services.credentials import create_credential, revoke_credential
from telephony.services.demo import ADMIN

NAME, SMALL = "Northlight Coaching", "Harbour Coaching"
OWNER = "demo-coaching"
ZONE = "Europe/London"
COACHES = (("Maya", "Brandt"), ("Tom", "Okafor"), ("Ines", "Duarte"))
FIRST = [
    "Ada",
    "Ben",
    "Cleo",
    "Dan",
    "Eve",
    "Finn",
    "Gus",
    "Hana",
    "Ivo",
    "Jude",
    "Kit",
    "Lena",
    "Max",
    "Nora",
    "Omar",
    "Pia",
    "Quinn",
    "Rosa",
    "Sam",
    "Tess",
]
LAST = [
    "Abbott",
    "Birch",
    "Castell",
    "Dunmore",
    "Ellery",
    "Fairfax",
    "Grove",
    "Hartley",
    "Ingram",
    "Jarvis",
    "Keller",
    "Lowry",
    "Marlow",
    "Norris",
    "Ogden",
    "Parrish",
    "Quayle",
    "Renshaw",
    "Sutton",
    "Thorne",
]
TASKS = ("Write down three wins", "Book the room", "Call the bank", "Walk for half an hour", "Draft the offer letter")
TOPICS = ("Finding focus", "Saying no", "Money talk", "A week by design", "The hard conversation")
JOURNAL = "Slept well. The morning routine holds, the evenings do not yet."


@transaction.atomic
def load_demo() -> dict[str, str]:
    """Make the practices where they are not there yet, and a fresh APIID and APIKey of the large one; return those.

    Called again it makes nothing twice; the credentials of before end, since a key cannot be read. The demo's
    administrator, if there is one, may look after practices from now on.
    """
    practice = Practice.objects.filter(name=NAME, user__username=OWNER).first() or _make_all()
    for credential in Credential.objects.filter(practice=practice, name="demo", revoked_at=None):
        revoke_credential(credential=credential)
    for admin in User.objects.filter(username=ADMIN):
        admin.roles.add(Role.objects.get(name="coaching"))
    credential, key = create_credential(practice=practice, name="demo")
    return {"api_id": credential.api_id, "api_key": key}


def is_loaded() -> bool:
    """Whether the practice is there."""
    return Practice.objects.filter(name=NAME, user__username=OWNER).exists()


def _make_all() -> Practice:
    user = User.objects.filter(username=OWNER).first() or create_user(
        username=OWNER, email="coaching@example.com", phone="+12025550140", roles=["user"], time_zone=ZONE
    )
    practice = _practice(user, NAME)
    Demo(practice).fill()
    small = _practice(user, SMALL, client_slots=20, calls_a_minute=100, calls_a_day=200 + 20 * 20)
    _client(small, small.owner, "Vera", "Hollis", 90)
    return practice


def _practice(user: User, name: str, **limits: int) -> Practice:
    practice = Practice.objects.create(
        name=name, user=user, time_zone=ZONE, primary_currency="GBP", **{"client_slots": 30, **limits}
    )
    first, last = COACHES[0]
    domain = name.split()[0].lower()
    practice.owner = Coach.objects.create(
        practice=practice,
        first_name=first,
        last_name=last,
        email=f"{first.lower()}@{domain}.example.com",
        cell_phone="+12025550141",
        time_zone=ZONE,
        is_registered=True,
        business_name=name,
        specialty="Leadership",
    )
    practice.save(update_fields=["owner"])
    return practice


def _client(practice: Practice, coach: Coach, first: str, last: str, at: int, **fields: Any) -> Client:
    client = Client.objects.create(
        practice=practice,
        primary_coach=coach,
        first_name=first,
        last_name=last,
        email=f"{first}.{last}@example.com".lower(),
        cell_phone=f"+1202555{1000 + at}",
        city=("London", "Leeds", "Bath", "York")[at % 4],
        country="United Kingdom",
        time_zone=ZONE,
        **fields,
    )
    pairings.open_pairing(coach=coach, client=client, level=pairings.PRIMARY)
    return client


class Demo:
    """Fills one practice; the same on every machine but for the dates."""

    def __init__(self, practice: Practice) -> None:
        self.practice, self.owner = practice, practice.owner
        self.random = Random(11)  # noqa: S311
        self.zone = ZoneInfo(ZONE)
        self.now = timezone.now()
        self.today = self.now.astimezone(self.zone).date()

    def fill(self) -> None:
        """Make one of everything, and of most things many."""
        self.coaches = [self.owner, *(self._coach(first, last) for first, last in COACHES[1:])]
        self.company = self._company()
        self.types = [self._type(coach) for coach in self.coaches]
        self.template = AgreementTemplate.objects.create(
            practice=self.practice, title="Coaching agreement", content="<h1>Coaching agreement</h1><p>We agree …</p>"
        )
        self.package = EngagementTemplate.objects.create(
            practice=self.practice,
            managing_coach=self.owner,
            name="Ten sessions",
            duration=180,
            allocation=10,
            invoice_amount=450,
            invoice_count=3,
        )
        self.course = self._course()
        self.clients = [self._person(at) for at in range(len(FIRST))]
        self._group()
        self._offerings()
        scheduling.ask(client=self.clients[6], type=self.types[0], starts_at=self._at(4, 14))
        invitations.invite_client(client=self.clients[1])

    def _at(self, days: int, hour: int, minute: int = 0) -> datetime:
        return instant(self.today + timedelta(days=days), time(hour, minute), self.zone)

    def _coach(self, first: str, last: str) -> Coach:
        return Coach.objects.create(
            practice=self.practice,
            first_name=first,
            last_name=last,
            email=f"{first}@northlight.example.com".lower(),
            time_zone=ZONE,
            is_registered=True,
            permissions={"Client.manage": "S", "Appointment.manage": "S", "Invoice.manage": "X"},
        )

    def _company(self) -> Company:
        company = Company.objects.create(practice=self.practice, name="Alder & Finch Ltd", city="London")
        company.contact = Personnel.objects.create(
            practice=self.practice,
            company=company,
            first_name="Priya",
            last_name="Nash",
            email="priya.nash@example.com",
        )
        company.save(update_fields=["contact"])
        return company

    def _type(self, coach: Coach) -> AppointmentType:
        return AppointmentType.objects.create(
            coach=coach, name="Coaching session", duration=50, location="Video call", reminders="L,E,1440;C,E,60"
        )

    def _course(self) -> Course:
        course = Course.objects.create(
            practice=self.practice, coach=self.owner, name="Two weeks to focus", day_duration=14, is_shared=True
        )
        kinds = ("message", "action", "worksheet", "metric", "file")
        CourseItem.objects.bulk_create(
            CourseItem(
                course=course,
                day=1 + at * 3,
                time=time(9),
                kind=kind,
                title=f"{TOPICS[at]}: {kind}",
                content="https://example.com/reading" if kind == "file" else "A few minutes a day are enough.",
            )
            for at, kind in enumerate(kinds)
        )
        return course

    def _person(self, at: int) -> Client:
        coach = self.coaches[at % 3]
        company = self.company if at % 5 == 0 else None
        client = _client(
            self.practice,
            coach,
            FIRST[at],
            LAST[at],
            at,
            company=company,
            is_registered=at % 2 == 0,
            is_active=at != 19,
        )
        if client.is_active:
            self._work(client, coach, at)
            self._meetings(client, coach, at)
            self._billing(client, at)
        return client

    def _work(self, client: Client, coach: Coach, at: int) -> None:
        project = ActionProject.objects.create(client=client, name="This quarter")
        for number, text in enumerate(TASKS):
            done = self._at(-number - 1, 17) if (at + number) % 3 == 0 else None
            action = Action.objects.create(
                client=client,
                coach=coach,
                project=project if number % 2 else None,
                text=text,
                due_at=self._at(number * 3 - 4 + at % 4, 17),
                done_at=done,
            )
            if number == 0:
                Comment.objects.create(action=action, coach=coach, text="How did it go?")
            if not done:
                reminders.set_reminders(about=action, triplets=[("L", "E", 1440)])
        metric = Metric.objects.create(
            client=client,
            name="Hours of deep work",
            units="hours",
            start_date=self.today - timedelta(days=60),
            end_date=self.today + timedelta(days=60),
            has_target=True,
            target_mode="H",
            target_start=1,
            target_end=4,
            has_reminders=at % 4 == 0,
            reminder_mode="DO" if at % 4 == 0 else "",
            remind_time=time(9) if at % 4 == 0 else None,
        )
        metrics.store_metric(metric=metric)
        MetricDatum.objects.bulk_create(
            MetricDatum(
                metric=metric,
                date_of=self.today - timedelta(days=60 - day),
                value=round(1 + day / 20 + self.random.random(), 1),
            )
            for day in range(0, 60, 2)
        )
        done_at = self._at(-5, 20) if at % 2 else None
        sheet = Worksheet.objects.create(
            client=client,
            coach=coach,
            title="Wheel of work",
            content="<p>Rate each part from 1 to 10.</p><input name='energy'><input name='focus'><input name='people'>",
            assigned_at=self._at(-12, 9),
            due_at=self._at(2, 18),
            done_at=done_at,
        )
        if done_at:
            score = 4 + at % 6
            Answer.objects.create(worksheet=sheet, name="energy", value=str(score), number_value=score)
        JournalEntry.objects.create(client=client, text=JOURNAL)
        files.add_link(client=client, coach=coach, url="https://example.com/reading-list", title="Reading list")

    def _meetings(self, client: Client, coach: Coach, at: int) -> None:
        kind = self.types[self.coaches.index(coach)]
        for number, days in enumerate((-21, -7, 1 + at % 6, 15 + at % 6)):
            starts = self._at(days, 9 + at % 8)
            appointment = Appointment.objects.create(
                client=client,
                coach=coach,
                type=kind,
                name=kind.name,
                location=kind.location,
                starts_at=starts,
                ends_at=starts + timedelta(minutes=kind.duration),
                counts_in_engagement=1 if days < 0 else 0,
            )
            if days > 0:
                reminders.set_reminders(about=appointment, triplets=[("L", "E", 1440), ("C", "E", 60)])
            else:
                notes.add_session(
                    client=client,
                    coach=coach,
                    title=TOPICS[(at + number) % len(TOPICS)],
                    session_at=starts,
                    content="<p>We looked back at the week and chose one thing.</p>",
                    insights=[("One thing at a time is enough.", number == 0)],
                )

    def _billing(self, client: Client, at: int) -> None:
        engagement = engagements.begin(
            client=client,
            template=self.package,
            coach=None,
            start_date=self.today - timedelta(days=30),
            with_invoices=at % 2 == 0,
        )
        client.appointments.update(engagement=engagement)
        first = client.invoices.order_by("pk").first()
        if first and at % 4 == 0:
            invoices.add_payment(invoice=first, amount=first.amount, method="Bank Transfer")
        agreed_at = self._at(-29, 12) if at % 3 else None
        Agreement.objects.create(
            client=client,
            coach=client.primary_coach,
            template=self.template,
            title=self.template.title,
            content=self.template.content,
            issued_at=self._at(-30, 12),
            agreed_at=agreed_at,
        )
        if at in (1, 2):
            taken = courses.start(client=client, coach=client.primary_coach, course=self.course, on_day=4)
            courses.fast_forward(participant=taken, days=1, with_items=True, notify=True)  # whatever the hour
        elif at == 3:
            Availability.objects.create(
                course=self.course,
                client=client,
                coach=client.primary_coach,
                added_on=self.today,
                available_from=self.today,
            )

    def _group(self) -> None:
        group = Group.objects.create(practice=self.practice, coach=self.owner, name="Founders' circle", type="open")
        GroupCoach.objects.bulk_create(GroupCoach(group=group, coach=coach) for coach in self.coaches[:2])
        GroupClient.objects.bulk_create(GroupClient(group=group, client=client) for client in self.clients[:6])
        Participant.objects.create(
            course=self.course,
            group=group,
            coach=self.owner,
            start_date=self.today,
            items_from=self.now,
            next_at=self._at(3, 9),
        )
        notes.add_group_session(
            group=group,
            coach=self.owner,
            title="First round",
            session_at=self._at(-3, 18),
            content="<p>Everybody named the one thing.</p>",
        )

    def _offerings(self) -> None:
        taster = Offering.objects.create(
            practice=self.practice,
            coach=self.owner,
            slug="taster-session",
            name="Taster session",
            blurb="Half an hour to see whether we fit.",
        )
        collection = OfferingCollection.objects.create(practice=self.practice, slug="all-offers", name="All offers")
        collection.offerings.add(taster)
        OfferingSubmission.objects.create(
            offering=taster, client=self.clients[4], client_name="Eve Ellery", client_email="eve.ellery@example.com"
        )
