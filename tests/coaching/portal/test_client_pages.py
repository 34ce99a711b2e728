"""A client's pages: what is theirs, and what they do there."""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from coaching.models import (
    Action,
    Agreement,
    Answer,
    Appointment,
    Availability,
    ClientFile,
    GroupSession,
    Invoice,
    JournalEntry,
    Metric,
    MetricDatum,
    Participant,
    Session,
    Worksheet,
)
from coaching.services import files
from telephony.models import Transmission
from tests.coaching.portal.conftest import seen, signed_in, words

pytestmark = pytest.mark.django_db

LISTS = (
    *("", "actions", "metrics", "worksheets", "appointments", "notes", "files"),
    *("agreements", "invoices", "courses", "journal", "details"),
)
SINGLE = ("actions", "metrics", "worksheets", "files", "agreements")
EVERY = {"page": "x" * 20, "do": "done", "back": "https://example.com"}


@pytest.fixture
def world(house):
    """A practice with a row of every kind."""
    return house.world


@pytest.fixture
def browser(world):
    """The client's browser."""
    return signed_in(world.client)


def subjects() -> list[str]:
    """Of the mails that left, the newest first."""
    return [step["subject"] for row in Transmission.objects.order_by("-pk")[:3] for step in row.content]


def test_every_page_opens_and_names_what_is_there(world, browser):
    pages = {name: words(browser.get(f"/portal/{name}")) for name in LISTS}

    for name, said in {
        "": "Hello Cleo",
        "actions": "Call mum",
        "metrics": "steps",
        "worksheets": "Wheel",
        "appointments": "Call",
        "notes": "Round",
        "files": "Nothing is shared",
        "agreements": "Terms",
        "invoices": "A1",
        "courses": world.taken.name,
        "journal": "Nothing is written",
        "details": world.client.email,
    }.items():
        assert said in pages[name], name


def test_nothing_of_another_client_is_there(house, world, browser):
    theirs = house.their_world
    shared = files.add_link(client=theirs.client, coach=theirs.coach, url="https://e.com/")
    rows = {
        "actions": theirs.action,
        "metrics": theirs.metric,
        "worksheets": theirs.worksheet,
        "files": shared,
        "agreements": theirs.agreement,
    }
    for name in SINGLE:
        for pk in (rows[name].pk, 0, 10**30):
            assert browser.get(f"/portal/{name}/{pk}").status_code == 404, name
            assert browser.post(f"/portal/{name}/{pk}", EVERY).status_code in (404, 405), name
    for page, field, row in (
        ("appointments", "appointment", theirs.appointment),
        ("courses", "availability", theirs.availability),
        ("journal", "entry", JournalEntry.objects.create(client=theirs.client, text="secret")),
        (f"metrics/{world.metric.pk}", "datum", theirs.metric.data.get()),
    ):
        for value in (row.pk, "", "x", "-1", "9" * 40):
            assert browser.post(f"/portal/{page}", {field: value}).status_code == 404, (page, value)
    assert theirs.metric.data.exists() and theirs.client.journal.exists()


def test_nobody_and_no_coach_sees_a_clients_page(world):
    for browser, goes_to in ((Browser(), "/portal/sign-in"), (signed_in(world.coach), "/portal/coach")):
        for name in (*LISTS, f"actions/{world.action.pk}"):
            answer = browser.get(f"/portal/{name}")
            assert (answer.status_code, answer["Location"]) == (302, goes_to), name


def test_who_is_inactive_may_read_where_that_was_said_and_change_nothing(world):
    world.client.is_active, world.client.may_access_when_inactive = False, True
    world.client.save()
    browser = signed_in(world.client)

    for name in LISTS:
        page = words(browser.get(f"/portal/{name}"))
        assert "<button>" not in page and 'name="do"' not in page, name
    browser.post("/portal/journal", {"do": "write", "text": "hello"})
    assert not world.client.journal.exists()


def test_an_action_is_done_reopened_and_written_about(world, browser):
    path = f"/portal/actions/{world.action.pk}"

    assert browser.post(path, {"do": "done", "back": "portal-home"})["Location"] == "/portal/"
    world.action.refresh_from_db()
    assert world.action.done_at
    assert not world.action.reminders.exists()
    assert browser.post(path, {"do": "reopen", "back": "https://example.com/"})["Location"] == path
    world.action.refresh_from_db()
    assert world.action.done_at is None

    browser.post(path, {"do": "comment", "text": "<b>Tomorrow</b>"})
    assert "&lt;b&gt;Tomorrow" in words(browser.get(path))
    assert subjects()[0] == "About: Call mum"
    assert "This field is required" in words(browser.post(path, {"do": "comment", "text": " "}))


def test_what_a_coach_has_to_do_is_not_the_clients_to_end(world, browser):
    Action.objects.filter(pk=world.action.pk).update(for_who="C")
    browser.post(f"/portal/actions/{world.action.pk}", {"do": "done"})

    world.action.refresh_from_db()
    assert world.action.done_at is None


def test_a_canceled_action_says_why_it_is_not_done(world, browser):
    Action.objects.filter(pk=world.action.pk).update(is_canceled=True)
    answer = browser.post(f"/portal/actions/{world.action.pk}", {"do": "done"}, follow=True)

    assert "canceled and cannot be completed" in words(answer)


def test_a_metric_is_reported_and_a_day_removed(world, browser):
    metric, path = world.metric, f"/portal/metrics/{world.metric.pk}"
    browser.post(path, {"do": "report", "date_of": metric.start_date, "value": "7.5", "comment": "windy"})
    assert (metric.data.get().value, metric.data.get().comment) == (Decimal("7.5"), "windy")

    for date_of, value in (("2020-01-01", "1"), ("x", "1"), (metric.start_date, "NaN"), (metric.start_date, "1e30")):
        page = words(browser.post(path, {"do": "report", "date_of": date_of, "value": value}, follow=True))
        assert "error" in page, (date_of, value)
    assert metric.data.get().value == Decimal("7.5")
    browser.post(path, {"do": "clear", "datum": metric.data.get().pk})
    assert not metric.data.exists()


def test_a_worksheet_is_kept_and_handed_in_once(world, browser):
    form = '<p>Rate</p><input name="energy"><textarea name="why"></textarea><script>alert(1)</script>'
    sheet = Worksheet.objects.create(client=world.client, title="Wheel", content=form, due_at=timezone.now())
    path = f"/portal/worksheets/{sheet.pk}"
    page = words(browser.get(path))
    assert page.index("energy") < page.index("why") and "<script" not in page

    browser.post(path, {"do": "keep", "answer0": "7,5", "answer1": "tired", "seen": seen(page)})
    sheet.refresh_from_db()
    page = words(browser.get(path))
    assert sheet.done_at is None and "tired" in page
    browser.post(path, {"do": "hand in", "answer0": "8", "answer1": "better", "seen": seen(page)})
    sheet.refresh_from_db()
    assert sheet.done_at and subjects()[0] == "Handed in: Wheel"
    answers = set(sheet.answers.values_list("name", "value", "number_value"))
    assert answers == {("energy", "8", Decimal(8)), ("why", "better", None)}
    late = words(browser.post(path, {"do": "hand in", "answer0": "written late", "seen": seen(page)}))
    assert "handed in meanwhile" in late and "written late" in late  # to be copied
    assert Answer.objects.get(worksheet=sheet, name="energy").value == "8"


def test_two_windows_do_not_overwrite_each_other(world, browser):
    sheet = Worksheet.objects.create(client=world.client, title="Free", due_at=timezone.now())
    path = f"/portal/worksheets/{sheet.pk}"
    first = second = seen(words(browser.get(path)))
    browser.post(path, {"do": "keep", "answer0": "from the first window", "seen": first})
    page = words(browser.post(path, {"do": "keep", "answer0": "from the second", "seen": second}))

    assert "changed meanwhile" in page and "from the second" in page
    assert sheet.answers.get().value == "from the first window"
    browser.post(path, {"do": "keep", "answer0": "from the second", "seen": seen(page)})
    assert sheet.answers.get().value == "from the second"


def test_what_somebody_writes_is_given_back_when_they_are_signed_out_meanwhile(world, browser):
    browser.post("/portal/sign-out")
    answer = browser.post("/portal/journal", {"do": "write", "text": "A long day, <b>well</b> spent."})

    assert answer.status_code == 403
    assert "A long day, &lt;b&gt;well&lt;/b&gt; spent." in words(answer)
    assert not world.client.journal.exists()


@pytest.mark.parametrize(
    ("text", "number"),
    [("7", 7), (" 7,5 ", Decimal("7.5")), ("seven", None), ("NaN", None), ("1e40", None), ("-Infinity", None)],
)
def test_an_answer_is_read_as_a_number_where_it_is_one(world, browser, text, number):
    sheet = Worksheet.objects.create(client=world.client, title="Free", due_at=timezone.now())
    path = f"/portal/worksheets/{sheet.pk}"
    browser.post(path, {"do": "keep", "answer0": text, "seen": seen(words(browser.get(path)))})

    assert sheet.answers.get().number_value == number


def test_an_appointment_is_asked_for_and_taken_back(world, browser):
    world.type.coach.pairings.filter(client=world.client).update(level="P")
    starts_at = (timezone.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    wish = {"do": "ask", "type": world.type.pk, "starts_at": starts_at, "note": "By phone?"}
    browser.post("/portal/appointments", wish)

    row = world.client.appointments.get(status=Appointment.Status.PENDING)
    assert (row.type, row.coach, row.ends_at - row.starts_at) == (world.type, world.type.coach, timedelta(minutes=45))
    assert subjects()[0].startswith("Appointment wanted")
    assert not row.reminders.exists()
    again = words(browser.post("/portal/appointments", wish))
    assert "You have asked for this already" in again
    withdraw = {"do": "withdraw", "appointment": row.pk}
    assert "is taken back" in words(browser.post("/portal/appointments", withdraw, follow=True))
    row.refresh_from_db()
    assert row.status == Appointment.Status.CANCELED
    Appointment.objects.filter(pk=row.pk).update(status=Appointment.Status.ACTIVE)
    assert "answered meanwhile" in words(browser.post("/portal/appointments", withdraw, follow=True))


def test_what_cannot_be_asked_for_is_said(house, world, browser):
    soon = (timezone.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    for type_id, starts_at in (
        (world.type.pk, "2020-01-01T10:00"),
        (world.type.pk, "9999-01-01T10:00"),
        (world.type.pk, "soon"),
        (house.their_world.type.pk, soon),
        ("x", soon),
    ):
        page = words(browser.post("/portal/appointments", {"do": "ask", "type": type_id, "starts_at": starts_at}))
        assert 'role="alert"' in page or "said error" in page, (type_id, starts_at)
    world.client.self_scheduling = "NA"
    world.client.save()
    browser.post("/portal/appointments", {"do": "ask", "type": world.type.pk, "starts_at": soon})
    assert not world.client.appointments.filter(status=Appointment.Status.PENDING).exists()


def test_only_shared_notes_and_files_are_seen(world, browser):
    now = timezone.now()
    for visibility in "*CJP":
        Session.objects.create(
            client=world.client, title=f"note {visibility}", visibility=visibility, session_at=now, done_at=now
        )
        GroupSession.objects.create(
            group=world.group, title=f"round {visibility}", visibility=visibility, session_at=now
        )
        ClientFile.objects.create(
            client=world.client, title=f"file {visibility}", visibility=visibility, url="http://a"
        )
    Session.objects.create(client=world.client, title="draft", session_at=now)

    notes, shelf = words(browser.get("/portal/notes")), words(browser.get("/portal/files"))
    for visibility, is_seen in {"*": True, "J": True, "C": False, "P": False}.items():
        assert (f"note {visibility}" in notes) is (f"round {visibility}" in notes) is is_seen, visibility
        assert (f"file {visibility}" in shelf) is is_seen, visibility
    assert "draft" not in notes


def test_a_file_is_downloaded_and_never_shown(world, browser):
    row = files.add_upload(
        client=world.client, coach=world.coach, file_name="note.html", content=b"<script>alert(1)</script>"
    )
    answer = browser.get(f"/portal/files/{row.pk}")

    assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == 'attachment; filename="note.html"'
    hidden = files.add_upload(client=world.client, coach=world.coach, file_name="own.txt", content=b"x", visibility="P")
    assert browser.get(f"/portal/files/{hidden.pk}").status_code == 404


def test_an_agreement_is_read_and_agreed_to_once(world, browser):
    row = Agreement.objects.create(
        client=world.client, title="House rules", content='<h2 onclick="x()">Rules</h2><img src=x onerror=y()>'
    )
    path = f"/portal/agreements/{row.pk}"
    page = words(browser.get(path))
    assert "<h2>Rules</h2>" in page and "onerror" not in page and "I agree" in page
    browser.post(path)
    row.refresh_from_db()
    first = row.agreed_at
    assert first and subjects()[0] == "Agreed: House rules"
    browser.post(path)
    row.refresh_from_db()
    assert row.agreed_at == first


def test_invoices_say_what_is_still_to_pay(world, browser):
    page = words(browser.get("/portal/invoices"))
    assert "100.00 USD" in page and "paid" not in page
    world.payment.amount = 100
    world.payment.save()
    page = words(browser.get("/portal/invoices"))
    assert "paid" in page
    link = page[page.index("/portal/invoice/") :].split('"')[0]
    assert "A1" in words(browser.get(link))


def test_a_course_is_begun_once_from_its_day_on(world, browser):
    row: Availability = world.availability
    Participant.objects.filter(course=row.course).delete()
    row.course.is_shared = True
    row.course.save()
    row.available_from = timezone.localdate() + timedelta(days=9)
    row.save()
    page = words(browser.post("/portal/courses", {"availability": row.pk}, follow=True))
    assert "cannot be started now" in page and not world.client.courses.filter(course=row.course).exists()

    row.available_from = timezone.localdate() - timedelta(days=2)
    row.save()
    browser.post("/portal/courses", {"availability": row.pk})
    row.refresh_from_db()
    assert row.used_on and world.client.courses.filter(course=row.course).count() == 1
    assert browser.post("/portal/courses", {"availability": row.pk}).status_code == 404


def test_the_journal_is_ones_own(world, browser):
    browser.post("/portal/journal", {"do": "write", "text": "<i>A good day</i>"})
    entry = world.client.journal.get()
    assert "&lt;i&gt;A good day" in words(browser.get("/portal/journal"))
    browser.post("/portal/journal", {"do": "delete", "entry": entry.pk})
    assert not world.client.journal.exists()


def test_details_are_changed_and_a_wrong_zone_is_not(world, browser):
    fields = {"first_name": "Cléo", "last_name": "Long" * 12, "time_zone": "Asia/Tokyo", "city": "Kyōto"}
    browser.post("/portal/details", fields)
    world.client.refresh_from_db()
    assert (world.client.first_name, world.client.time_zone, world.client.city) == ("Cléo", "Asia/Tokyo", "Kyōto")

    for wrong in (
        {"time_zone": "Mars/Olympus"},
        {"first_name": ""},
        {"zip": "1" * 11},
        {"city": "a\0b"},
        {"cell_phone": "x"},
        {"first_name": "A\r\nBcc: e"},
    ):
        assert 'role="alert"' in words(browser.post("/portal/details", fields | wrong)), wrong
    world.client.refresh_from_db()
    assert world.client.time_zone == "Asia/Tokyo"


def test_a_list_costs_the_same_whatever_its_length(world, browser):
    def costs() -> dict[str, int]:
        found = {}
        for name in LISTS:
            with CaptureQueriesContext(connection) as queries:
                assert browser.get(f"/portal/{name}").status_code == 200
            found[name] = len(queries)
        return found

    fill(world, 1)
    before = costs()
    fill(world, 4)
    assert costs() == before


def fill(world: SimpleNamespace, many: int) -> None:
    """More of everything that a client's pages list."""
    now, client, coach = timezone.now(), world.client, world.coach
    for number in range(many):
        action = Action.objects.create(client=client, coach=coach, text="x", due_at=now, project=world.project)
        Action.objects.create(client=client, text="y", due_at=now, done_at=now)
        action.comments.create(text="hm", client=client)
        metric = Metric.objects.create(client=client, name="m", units="u", start_date=now, end_date=now)
        MetricDatum.objects.create(metric=metric, date_of=now, value=number)
        Worksheet.objects.create(client=client, coach=coach, title="w", due_at=now)
        span = {"starts_at": now, "ends_at": now + timedelta(days=number + 1)}
        Appointment.objects.create(client=client, coach=coach, type=world.type, name="a", **span)
        Session.objects.create(client=client, coach=coach, title="s", session_at=now, done_at=now)
        GroupSession.objects.create(group=world.group, title="g", session_at=now)
        ClientFile.objects.create(client=client, title="f", url="https://example.com/")
        Agreement.objects.create(client=client, coach=coach, title="t")
        bill = {"date_of": now, "date_due": now, "currency": "USD", "amount": 1}
        Invoice.objects.create(practice=client.practice, client=client, number=number, **bill)
        Availability.objects.create(course=world.taken, client=client, added_on=now, available_from=now)
        taken = {"start_date": now, "items_from": now, "completed_on": now}
        Participant.objects.create(course=world.course, client=client, coach=coach, **taken)
        client.journal.create(text="j")
