"""The pages of coaches: who sees and changes what, what each button does, and what a page costs."""

from copy import deepcopy
from datetime import timedelta
from itertools import cycle
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from access.services import create_user
from coaching.models import (
    Action,
    Agreement,
    AgreementTemplate,
    Answer,
    Appointment,
    AppointmentType,
    Availability,
    ClientFile,
    Coach,
    Comment,
    Company,
    Course,
    Engagement,
    Group,
    GroupClient,
    Invoice,
    KeyInsight,
    Metric,
    MetricDatum,
    Pairing,
    Participant,
    Session,
    Worksheet,
)
from coaching.portal import coach_forms
from coaching.portal.coach import AT_HOME
from telephony.models import Transmission
from tests.coaching.conftest import make_client, make_coach, make_practice
from tests.coaching.portal.conftest import seen, signed_in, words

pytestmark = pytest.mark.django_db
NOW, DAY = timezone.now(), timedelta(days=1)
LEVELS = {"primary": "P", "coaching": "C", "reading": "R"}
LETTERS = {
    "primary": {"Appointment.manage": "S", "Invoice.manage": "S", "Agreement.manage": "A"},
    "reading": {"Appointment.manage": "S", "Invoice.manage": "S", "Agreement.manage": "A"},
    "unscheduled": {"Client.coach": "A", "Appointment.manage": "X"},
    "viewing": {"Client.view": "A"},
    "trusted": {"Client.coach": "A", "Invoice.manage": "S"},
    "desk": {"Client.view": "A", "Appointment.manage": "A", "Invoice.manage": "A", "Agreement.manage": "A"},
    "stranger": {"Client.manage": "A", "Appointment.manage": "A"},
}
SEE = ("owner", "primary", "coaching", "reading", "unscheduled", "viewing", "trusted", "desk")
COACH = {"owner", "primary", "coaching", "unscheduled", "trusted"}
TABS = (
    *("", "/actions", "/metrics", "/worksheets", "/notes", "/files"),
    *("/appointments", "/agreements", "/courses", "/invoices"),
)


def make_rows(client, coach, number=0):
    """One of everything that pages about a client list."""
    practice, today = client.practice, NOW.date()
    at = {"starts_at": NOW + DAY, "ends_at": NOW + DAY}
    action = Action.objects.create(client=client, coach=coach, text=f"Call mum {number}", due_at=NOW - DAY)
    metric = Metric.objects.create(client=client, name="steps", units="m", start_date=today - DAY, end_date=today)
    for days in (0, 1):
        MetricDatum.objects.create(metric=metric, date_of=today - days * DAY, value=7)
    sheet = Worksheet.objects.create(client=client, coach=coach, title="Wheel", due_at=NOW, done_at=NOW)
    Answer.objects.create(worksheet=sheet, name="Mood", value="good")
    note = Session.objects.create(client=client, coach=coach, title="First", session_at=NOW - DAY, done_at=NOW)
    KeyInsight.objects.create(session=note, text="Rest")
    template = AgreementTemplate.objects.create(practice=practice, title="Terms", content="<p>Terms</p>")
    course = Course.objects.create(practice=practice, coach=coach, name="Focus", day_duration=10, is_shared=True)
    Participant.objects.create(course=course, client=client, coach=coach, start_date=today, items_from=NOW)
    Availability.objects.create(course=course, client=client, coach=coach, added_on=today, available_from=today)
    Engagement.objects.create(practice=practice, client=client, name="Ten", start_date=today, managing_coach=coach)
    Invoice.objects.create(
        practice=practice, client=client, number=f"A{number}", date_of=today, date_due=today, currency="USD", amount=9
    )
    Action.objects.create(client=client, coach=coach, text="Breathe", due_at=NOW, done_at=NOW)
    kind = AppointmentType.objects.create(coach=coach, name="Call", duration=45)
    Appointment.objects.create(client=client, coach=coach, name="Met", starts_at=NOW - DAY, ends_at=NOW - DAY)
    return SimpleNamespace(
        action=action,
        comment=Comment.objects.create(action=action, client=client, text="I did."),
        metric=metric,
        sheet=sheet,
        note=note,
        file=ClientFile.objects.create(client=client, coach=coach, title="List", url="https://example.com/"),
        template=template,
        agreement=Agreement.objects.create(client=client, coach=coach, title="Terms", agreed_at=NOW),
        kind=kind,
        appointment=Appointment.objects.create(client=client, coach=coach, type=kind, name="Call", **at),
        request=Appointment.objects.create(client=client, coach=coach, type=kind, name="Call", status="P", **at),
        course=Course.objects.create(practice=practice, coach=coach, name="Sleep", day_duration=10, is_shared=True),
    )


@pytest.fixture(scope="module")
def _world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


@pytest.fixture
def world(_world, db) -> SimpleNamespace:
    """A client with everything, and coaches of all kinds; what a test does to them is undone."""
    return deepcopy(_world)


@pytest.fixture
def practice(world):
    return world.about.practice


def make_world() -> SimpleNamespace:
    users = (create_user(username=name, email=f"{name}@example.com") for name in ("north-star", "south-star"))
    practice, other = (make_practice(user) for user in users)
    people = {
        name: make_coach(
            practice,
            first_name=name.title(),
            email=f"{name}@example.com",
            permissions=LETTERS.get(name, {}),
            is_coaching=name != "desk",
        )
        for name in (*LETTERS, "coaching")
    }
    client = make_client(practice, people["primary"], first_name="Cleo", last_name="Castell")
    for name in ("coaching", "reading"):
        Pairing.objects.create(client=client, coach=people[name], level=LEVELS[name])
    people |= {"owner": practice.owner, "client": make_client(practice)}
    people["foreign"] = other.owner
    for name in ("owner", "coaching", "reading", "trusted", "unscheduled", "viewing"):
        AppointmentType.objects.create(coach=people[name], name="Chat", duration=30)
    rows = make_rows(client, people["primary"])
    return SimpleNamespace(people=people, about=client, at=f"/portal/coach/clients/{client.pk}", **vars(rows))


def moment(days: int) -> str:
    return f"{NOW + days * DAY:%Y-%m-%dT%H:%M}"


def pages_of(world) -> list[str]:
    """Every page about the client."""
    ones = {"actions": world.action, "metrics": world.metric, "worksheets": world.sheet, "agreements": world.agreement}
    ones["appointments"] = world.appointment
    return [world.at + tab for tab in TABS] + [f"{world.at}/{name}/{row.pk}" for name, row in ones.items()]


def deeds_of(world, coach=None) -> dict[str, tuple[str, dict, set[str]]]:
    """Everything that a button does: the address, what is sent, and who may."""
    at, action = world.at, f"{world.at}/actions/{world.action.pk}"
    kind = AppointmentType.objects.filter(coach=coach).first() or world.kind
    note = {"title": "Second", "session_at": moment(-1), "content": "a < b\r\nc", "insights": "* Rest\nWalk"}
    link = {"url": "https://example.com/x", "title": "X", "visibility": "J"}
    upload = {"upload": SimpleUploadedFile("plan.txt", b"plan"), "visibility": "*"}
    booking = {"type": kind.pk, "starts_at": moment(3), "notify": "on"}
    schedule, runs = {"owner", "primary", "desk"}, {"primary", "coaching"}
    deeds: dict[str, tuple[str, dict, set[str]]] = {
        "add": (f"{at}/actions", {"text": "Walk", "due_at": moment(2), "notify": "on"}, COACH),
        "done": (action, {}, COACH),
        "cancel": (action, {}, COACH),
        "comment": (action, {"text": "How was it?"}, COACH),
        "assign": (f"{at}/worksheets", {"title": "New", "due_at": moment(2), "questions": "Why?\nHow?"}, COACH),
        "reopen": (f"{at}/worksheets/{world.sheet.pk}", {"comment": "Please go on."}, COACH),
        "write": (f"{at}/notes", {**note, "visibility": "P"}, COACH),
        "change": (f"{at}/notes/{world.note.pk}", {**note, "title": "Better", "visibility": "C"}, {"primary"}),
        "link": (f"{at}/files", link, COACH),
        "upload": (f"{at}/files", upload, COACH),
        "remove": (f"{at}/files", {"file": world.file.pk}, {"primary"}),
        "book": (f"{at}/appointments", booking, {*schedule, "coaching", "trusted"}),
        "cancel ": (f"{at}/appointments/{world.appointment.pk}", {"notify": "on", "comment": "Ill."}, schedule),
        "accept": ("/portal/coach", {"appointment": world.request.pk}, schedule),
        "decline": (f"{at}/appointments/{world.request.pk}", {}, schedule),
        "issue": (f"{at}/agreements", {"template": world.template.pk}, {"owner", "primary"}),
        "start": (f"{at}/courses", {"course": world.course.pk}, runs),
        "offer": (f"{at}/courses", {"course": world.course.pk}, runs),
    }
    return deeds


def seen_on(browser: Browser, page: str) -> str:
    """What the form of a page remembers."""
    return seen(words(browser.get(page)))


CHANGED = (Action, Comment, Worksheet, Answer, Session, ClientFile, Appointment, Agreement, Participant, Availability)


def state() -> list:
    """All rows that buttons change."""
    return [list(model.objects.order_by("pk").values()) for model in CHANGED]


@pytest.mark.parametrize("name", [*SEE, "stranger", "foreign"])
def test_each_coach_sees_and_changes_what_their_pairing_and_letters_say(world, name):
    coach = world.people[name]
    browser, sees = signed_in(coach), name in SEE
    assert browser.get("/portal/coach").status_code == 200
    assert ("Cleo Castell" in words(browser.get("/portal/coach/clients"))) == sees
    answers = {page: browser.get(page).status_code for page in pages_of(world)}
    assert answers == dict.fromkeys(answers, 200 if sees else 404)

    may_see_invoices = name in ("owner", "primary", "desk")
    if sees:
        assert ("Invoice A0" in words(browser.get(f"{world.at}/invoices"))) == may_see_invoices
    before = state()
    for do, (page, sent, who) in deeds_of(world, coach).items():
        with transaction.atomic():
            answer = browser.post(page, {"do": do.strip(), "seen": seen_on(browser, page), **sent})
            changed = state() != before
            assert (do, changed) == (do, name in who)
            assert answer.status_code in ((302,) if changed else (200, 302, 404) if sees else (404,))
            transaction.set_rollback(True)


@pytest.mark.parametrize(("name", "goes_to"), [("client", "/portal/"), ("", "/portal/sign-in")])
def test_nobody_else_sees_or_changes_anything(world, name, goes_to):
    browser, before = signed_in(world.people[name]) if name else Browser(), state()
    pages = [(page, None) for page in ("/portal/coach", "/portal/coach/clients", *pages_of(world))]
    for page, sent in [*pages, *((page, {"do": do, **sent}) for do, (page, sent, _) in deeds_of(world).items())]:
        answer = browser.get(page) if sent is None else browser.post(page, sent)
        if answer.status_code == 403:  # what they wrote is given back
            assert not name and "You are signed out" in words(answer)
        else:
            assert (answer.status_code, answer.url) == (302, goes_to)
    assert state() == before


def test_who_does_not_coach_any_more_sees_and_changes_nothing_of_those_they_are_paired_with(world):
    coach = world.people["primary"]
    Coach.objects.filter(pk=coach.pk).update(is_coaching=False)
    browser, before = signed_in(coach), state()
    for do, (page, sent, _) in deeds_of(world, coach).items():
        browser.post(page, {"do": do.strip(), **sent})
    assert state() == before
    assert {browser.get(page).status_code for page in pages_of(world)} == {200}


def test_nothing_of_an_inactive_client_changes_but_all_of_it_is_seen(world):
    browser, client = signed_in(world.people["primary"]), world.about
    client.is_active = False
    client.save()
    assert "Cleo Castell" not in words(browser.get("/portal/coach/clients"))
    assert "Cleo Castell" in words(browser.get("/portal/coach/clients?inactive=on"))
    before = state()
    for do, (page, sent, _) in deeds_of(world, world.people["primary"]).items():
        browser.post(page, {"do": do.strip(), **sent})
    assert state() == before
    assert {browser.get(page).status_code for page in pages_of(world)} == {200}


def test_a_coach_without_a_letter_has_that_of_new_coaches_and_else_arranges_their_own_appointments_only(world):
    coach = world.people["coaching"]
    browser, practice = signed_in(coach), coach.practice
    for letters, may_issue, may_book in (({}, False, True), ({"Agreement.manage": "A"}, True, True)):
        practice.coach_permissions = letters
        practice.save()
        assert (b"Issue an agreement" in browser.get(f"{world.at}/agreements").content) == may_issue
        assert (b"Book an appointment" in browser.get(f"{world.at}/appointments").content) == may_book
    coach.permissions = {"Agreement.manage": "X", "Appointment.manage": "every"}  # their own letter; one that is none
    coach.save()
    assert b"Issue an agreement" not in browser.get(f"{world.at}/agreements").content


@pytest.mark.parametrize(
    ("viewer", "seen"),
    [("primary", "*CJP"), ("coaching", "*C"), ("reading", "*C"), ("owner", "*C"), ("desk", "*C")],
)
def test_notes_and_files_are_seen_as_their_visibility_says(world, viewer, seen):
    browser, author = signed_in(world.people[viewer]), world.people["primary"]
    kept = {}
    for letter in "*CJP":
        title = f"seen by {letter}."
        Session.objects.create(
            client=world.about, coach=author, title=title, session_at=NOW, done_at=NOW, visibility=letter
        )
        file = ClientFile(client=world.about, coach=author, title=title, file_name="x.txt", visibility=letter)
        file.file.save("x", SimpleUploadedFile("x", b"words"))
        kept[letter] = file.pk
    Session.objects.create(client=world.about, title="of nobody", session_at=NOW, done_at=NOW, visibility="J")
    Session.objects.create(client=world.about, coach=author, title="a draft", session_at=NOW)
    for page in ("/notes", "/files"):
        text = words(browser.get(world.at + page))
        assert "".join(letter for letter in "*CJP" if f"seen by {letter}." in text) == seen
        assert "of nobody" not in text
        assert ("a draft" in text) == (viewer == "primary" and page == "/notes")
    answers = {letter: browser.get(f"{world.at}/files/{pk}") for letter, pk in kept.items()}
    assert "".join(letter for letter, answer in answers.items() if answer.status_code == 200) == seen
    answer = answers["*"]
    assert b"".join(answer.streaming_content) == b"words"
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")


def test_each_button_does_what_it_says(world):
    coach, client = world.people["primary"], world.about
    browser = signed_in(coach)

    def press(do: str, **more) -> str:
        """What the next page says."""
        page, sent, _ = deeds_of(world, coach)[do]
        answer = browser.post(page, {"do": do.strip(), "seen": seen_on(browser, page), **sent, **more}, follow=True)
        assert answer.redirect_chain, words(answer)
        return words(answer)

    assert "The action is given." in press("add")
    given = Action.objects.latest("pk")
    assert (given.client, given.coach, given.text, given.for_who) == (client, coach, "Walk", "L")
    assert f"{given.due_at:%Y-%m-%dT%H:%M}" == f"{NOW + 2 * DAY - timedelta(hours=offset()):%Y-%m-%dT%H:%M}"

    press("done")
    assert Action.objects.get(pk=world.action.pk).done_at
    assert "cannot be canceled" in press("cancel")
    browser.post(f"{world.at}/actions/{world.action.pk}", {"do": "reopen"})
    press("cancel")
    assert Action.objects.get(pk=world.action.pk).is_canceled
    browser.post(f"{world.at}/actions/{world.action.pk}", {"do": "reopen"})
    action = Action.objects.get(pk=world.action.pk)
    assert not action.is_canceled and not action.done_at
    assert "How was it?" in press("comment")
    assert Comment.objects.latest("pk").coach == coach

    press("assign", notify="on")
    sheet = Worksheet.objects.latest("pk")
    assert list(sheet.answers.order_by("pk").values_list("name", "value")) == [("Why?", ""), ("How?", "")]
    press("reopen")
    assert Worksheet.objects.get(pk=world.sheet.pk).done_at is None
    assert Answer.objects.filter(worksheet=world.sheet, value="good").exists()

    assert "a &lt; b<br>c" in press("write")
    note = Session.objects.latest("pk")
    assert (note.coach, note.visibility, note.content, bool(note.done_at)) == (coach, "P", "a < b\r\nc", True)
    assert list(note.insights.order_by("pk").values_list("text", "is_starred")) == [("Rest", True), ("Walk", False)]

    press("change")
    note = Session.objects.get(pk=world.note.pk)
    assert (note.title, note.visibility) == ("Better", "C")
    assert note.insights.count() == 1

    press("link")
    assert ClientFile.objects.latest("pk").url == "https://example.com/x"
    press("upload")
    file = ClientFile.objects.latest("pk")
    assert (file.title, file.size, file.file.read()) == ("plan.txt", 4, b"plan")
    press("remove")
    assert not ClientFile.objects.filter(pk=world.file.pk).exists()

    press("book")
    assert Appointment.objects.latest("pk").type == world.kind
    press("cancel ")
    assert Appointment.objects.get(pk=world.appointment.pk).status == "C"
    assert "is accepted" in press("accept")
    assert Appointment.objects.get(pk=world.request.pk).status == "A"
    assert "nothing to answer" in press("decline")

    press("issue")
    assert Agreement.objects.latest("pk").template == world.template
    press("offer")
    assert Availability.objects.latest("pk").course == world.course
    press("start")
    assert Participant.objects.latest("pk").course == world.course

    told = [row.title for row in Transmission.objects.filter(contact__email=client.email).order_by("pk")]
    assert [title.split(":")[0].split(" on ")[0] for title in told] == [
        *("New action", "About", "New worksheet", "Open again", "Call", "Canceled", "Call", "Agreement"),
    ]


def offset() -> int:
    """Hours by which the coach's clocks are ahead of UTC."""
    from zoneinfo import ZoneInfo

    return int((NOW + 2 * DAY).astimezone(ZoneInfo("Europe/Paris")).utcoffset().total_seconds() // 3600)


@pytest.mark.parametrize(
    ("do", "sent", "said"),
    [
        ("add", {"text": "", "due_at": "soon"}, ["This field is required", "Enter a valid date/time"]),
        ("add", {"due_at": "9999-12-31T23:59"}, ["within ten years"]),
        ("link", {"url": "javascript:alert(1)"}, ["must be an absolute http or https address"]),
        ("upload", {"upload": SimpleUploadedFile("large", b"x" * (coach_forms.MAX_UPLOAD + 1))}, ["larger than 10"]),
        ("upload", {"visibility": "Z"}, ["Select a valid choice"]),
        ("assign", {"questions": "x" * 201}, ["200 characters at most"]),
        ("start", {"on_day": "11"}, ["must be from 1 to 10"]),
        ("start", {"start_date": "2020-01-01"}, ["this day or a later one"]),
        ("book", {"type": "0"}, ["Select a valid choice"]),
    ],
)
def test_what_is_refused_is_said_in_the_form_and_what_was_typed_stays(world, do, sent, said):
    page, fields, _ = deeds_of(world, world.people["primary"])[do]
    before = state()
    answer = signed_in(world.people["primary"]).post(page, {"do": do, **fields, **sent})
    text = words(answer)
    assert answer.status_code == 200 and all(each in text for each in said), text
    assert '<details class="card add" open>' in text
    assert state() == before


def test_a_file_that_does_not_fit_is_refused_at_the_field(world, practice):
    practice.storage_limit = 3
    practice.save()
    page, fields, _ = deeds_of(world)["upload"]
    text = signed_in(world.people["primary"]).post(page, {"do": "upload", **fields}).content.decode()
    assert "does not fit in the account" in text
    assert not ClientFile.objects.exclude(file="").exists()


def test_coaches_look_after_their_own_details(world):
    coach = world.people["reading"]
    browser, page = signed_in(coach), "/portal/coach/details"
    kept = {"first_name": "Ina", "last_name": "Iversen", "time_zone": "Asia/Tokyo", "country": "Japan"}
    assert "Select a valid choice" in words(browser.post(page, {**kept, "time_zone": "Mars/Base"}))
    assert "Your details are saved." in words(browser.post(page, {**kept, "permissions": "A"}, follow=True))
    changed = Coach.objects.get(pk=coach.pk)
    assert {name: getattr(changed, name) for name in kept} == kept
    assert (changed.email, changed.permissions) == (coach.email, coach.permissions)
    assert "Times are those of Asia/Tokyo" in words(browser.get("/portal/coach"))


def test_what_coaches_write_runs_nothing(world):
    note = world.note
    note.content = '<p onclick="x()">Hello</p><script>alert(1)</script><img src=x onerror=y>'
    note.title = "<script>alert(2)</script>"
    note.save()
    answer = signed_in(world.people["coaching"]).get(f"{world.at}/notes")
    text = words(answer)
    assert "<p>Hello</p>" in text
    assert not any(each in text for each in ("<script", "onclick", "onerror"))
    assert "default-src 'none'" in answer["Content-Security-Policy"]


HALF = b"\xed\xa0\x80"  # of a character
HOSTILE = ("\0", HALF, "9" * 5000, "-1", "0001-01-01T00:00", "٣", "<b>", "x" * 200_000)


def test_hostile_input_is_an_answer_and_no_error(world):
    browser = signed_in(world.people["primary"])
    for number in ("0", "9" * 30, "9" * 5000, "\0"):
        for page in ("", "/actions", "/files"):
            assert browser.get(f"/portal/coach/clients/{number}{page}").status_code == 404
            assert browser.get(f"{world.at}/worksheets/{number}").status_code == 404
        found = browser.get("/portal/coach/clients", {"q": number, "page": number, "inactive": number})
        assert found.status_code == 200
    values = cycle(HOSTILE)
    for do, (page, sent, _) in deeds_of(world, world.people["primary"]).items():
        for field, value in ((field, next(values)) for field in (*sent, "do")):
            with transaction.atomic():
                answer = browser.post(page, {"do": do.strip(), **sent, field: value})
                assert answer.status_code in (200, 302, 404), (do, field, value)
                transaction.set_rollback(True)


def test_a_row_of_another_client_is_not_found(world, practice):
    browser, coach = signed_in(world.people["primary"]), world.people["primary"]
    other = make_client(practice, coach)
    before = state()
    for name, row in {"actions": world.action, "worksheets": world.sheet, "appointments": world.appointment}.items():
        page = f"/portal/coach/clients/{other.pk}/{name}/{row.pk}"
        assert browser.get(page).status_code == browser.post(page, {"do": "done"}).status_code == 404
    for name, row in {"metrics": world.metric, "agreements": world.agreement, "files": world.file}.items():
        assert browser.get(f"/portal/coach/clients/{other.pk}/{name}/{row.pk}").status_code == 404
    assert state() == before


def test_clients_are_found_by_name_and_address_with_what_is_open(world, practice):
    coach = world.people["primary"]
    make_client(practice, coach, first_name="Dan", last_name="Dunmore", email="dan@example.com")
    browser = signed_in(coach)
    for typed, found in {"castell CLEO": "C", "dan@": "D", "": "CD", "cleo dunmore": "", "%": "", "_": ""}.items():
        rows = browser.get("/portal/coach/clients", {"q": typed}).context["clients"]
        assert "".join(client.first_name[0] for client in rows) == found
    [cleo, dan] = browser.get("/portal/coach/clients").context["clients"]
    assert (cleo.level, cleo.open, cleo.overdue, dan.open, dan.last_contact) == ("P", 1, 1, 0, None)
    assert cleo.last_contact == NOW - DAY


def test_home_tells_what_is_next_and_what_happened_newest_first(world):
    coach = world.people["primary"]
    browser = signed_in(coach)
    context = browser.get("/portal/coach").context
    assert context["appointments"].rows == [world.appointment]
    assert context["requests"].rows == [world.request]
    assert [row.text for row in context["overdue"].rows] == ["Call mum 0"]
    assert context["handed_in"].rows == [world.sheet]
    told = context["happenings"]
    assert sorted(each.kind for each in told) == ["action", "agreement", "comment", "metric", "worksheet"]
    assert [each.at for each in told] == sorted((each.at for each in told), reverse=True)

    Action.objects.filter(done_at__isnull=False).update(done_at=NOW - 15 * DAY)
    assert "action" not in [each.kind for each in browser.get("/portal/coach").context["happenings"]]
    nothing = signed_in(world.people["stranger"]).get("/portal/coach")  # may schedule for all, and sees nobody
    assert not any(nothing.context[name].rows for name in AT_HOME) and not nothing.context["happenings"]


def test_home_shows_a_part_of_long_lists_and_says_so(world):
    coach, client = world.people["primary"], world.about
    most, at = max(AT_HOME.values()) + 1, {"starts_at": NOW + DAY, "ends_at": NOW + DAY}
    rows = [Action(client=client, coach=coach, text="Walk", due_at=NOW - DAY) for _ in range(most)]
    Action.objects.bulk_create(rows)
    Worksheet.objects.bulk_create(Worksheet(client=client, title="S", due_at=NOW, done_at=NOW) for _ in range(most))
    for status in "AP":
        Appointment.objects.bulk_create(
            Appointment(client=client, coach=coach, name="Call", status=status, **at) for _ in range(most)
        )
    answer = signed_in(coach).get("/portal/coach")
    assert {name: len(answer.context[name].rows) for name in AT_HOME} == AT_HOME
    assert words(answer).count("There are more") == len(AT_HOME)
    assert len(answer.context["happenings"]) == 30


def test_pages_cost_the_same_for_few_rows_and_for_many(world, practice):
    coach, client = world.people["primary"], world.about
    browser = signed_in(coach)
    pages = ["/portal/coach", "/portal/coach/clients", *pages_of(world)]

    def costs() -> dict[str, int]:
        counted = {}
        for page in pages:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert browser.get(page).status_code == 200
            counted[page] = len(queries)
        return counted

    def fill(first: int, last: int) -> None:
        group = Group.objects.create(practice=practice, coach=coach, name=f"Group {first}")
        for number in range(first, last):
            make_rows(client, coach, number)
            company = Company.objects.create(practice=practice, name=f"Company {number}")
            another = make_client(practice, coach, company=company)
            make_rows(another, coach, number)
            GroupClient.objects.create(group=group, client=another)
            Comment.objects.create(action=world.action, coach=coach, text="And?")
            Pairing.objects.create(client=client, coach=make_coach(practice), level="R")

    fill(1, 3)
    few = costs()
    fill(3, 12)
    assert costs() == few
    assert max(few.values()) <= 20, few


def test_a_list_of_clients_has_pages_that_keep_what_was_looked_for(world, practice):
    coach = world.people["primary"]
    for _ in range(50):
        make_client(practice, coach)
    answer = signed_in(coach).get("/portal/coach/clients?q=client&page=2")
    text = words(answer)
    assert len(answer.context["clients"]) == 1
    assert "Page 2 of 2, 51 clients" in text
    assert 'href="?q=client&amp;page=1"' in text
