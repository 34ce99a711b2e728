"""What staff do on the screens of coaching goes by the services: reminders follow, refusals are told on the form."""

from datetime import date, time, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms import MultiWidget
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from coaching.models import (
    Action,
    ActionProject,
    Agreement,
    AgreementTemplate,
    Appointment,
    AppointmentType,
    Client,
    ClientFile,
    Coach,
    Company,
    Course,
    CourseItem,
    Group,
    Invoice,
    Metric,
    Pairing,
    Participant,
    Practice,
    Reminder,
    Worksheet,
)
from coaching.services import metrics, reminders
from telephony.models import Transmission
from tests.coaching.conftest import make_client, make_coach

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(make_user):
    browser = Browser()
    browser.force_login(make_user(roles=["coaching"], is_staff=True), backend="access.backends.PasswordBackend")
    return browser


def address(model, pk=None) -> str:
    name = f"admin:coaching_{model._meta.model_name}"
    return reverse(f"{name}_change", args=[pk]) if pk else reverse(f"{name}_add")


def typed(page) -> dict:
    """What a browser would send of a page's form, its lists left as they are."""
    values = {}
    for bound in page.context["adminform"].form:
        value, widget = bound.value(), bound.field.widget
        if isinstance(widget, MultiWidget):
            parts = widget.decompress(value) if not isinstance(value, list) else value
            values |= {f"{bound.name}_{at}": part for at, part in enumerate(parts) if part is not None}
        elif value is not None and value is not False and value != []:
            values[bound.name] = "on" if value is True else value
    for each in page.context["inline_admin_formsets"]:
        values |= {f"{each.formset.prefix}-TOTAL_FORMS": 0, f"{each.formset.prefix}-INITIAL_FORMS": 0}
    return values


def save(staff, model, pk=None, **changes):
    """Send a form with some changes; the answer is the page again where it was refused."""
    page = staff.get(address(model, pk))
    values = typed(page)
    for name, value in changes.items():
        if hasattr(value, "astimezone"):
            values |= {f"{name}_0": f"{value:%Y-%m-%d}", f"{name}_1": f"{value:%H:%M}"}
        elif value is None:
            values.pop(name, None)
        else:
            values[name] = value
    return staff.post(address(model, pk), values)


def saved(answer) -> None:
    assert answer.status_code == 302, answer.context["adminform"].form.errors


def refused(answer) -> str:
    assert answer.status_code == 200
    return str(answer.context["adminform"].form.errors)


def run(staff, model, action, *rows):
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    answer = staff.post(reverse(f"admin:coaching_{model._meta.model_name}_changelist"), data, follow=True)
    return answer.content.decode()


def in_(**span):
    return timezone.now().replace(second=0, microsecond=0) + timedelta(**span)


@pytest.fixture
def kind(coach):
    values = {"name": "Check-in", "duration": 45, "location": "Here", "reminders": "L,E,60"}
    return AppointmentType.objects.create(coach=coach, **values)


def test_a_new_appointment_takes_from_its_type_what_is_left_empty(staff, client, kind):
    at = in_(days=2)
    saved(save(staff, Appointment, client=client.pk, coach=kind.coach_id, type=kind.pk, starts_at=at))

    [row] = Appointment.objects.all()
    assert (row.name, row.ends_at) == ("Check-in", at + timedelta(minutes=45))
    assert [each.send_at for each in row.reminders.all()] == [at - timedelta(hours=1)]


def test_moving_an_appointment_moves_its_reminders_and_they_can_be_changed(staff, client, kind):
    at = in_(days=2)
    saved(save(staff, Appointment, client=client.pk, coach=kind.coach_id, type=kind.pk, starts_at=at))
    [row] = Appointment.objects.all()

    later = at + timedelta(days=1)
    saved(save(staff, Appointment, row.pk, starts_at=later, ends_at=later + timedelta(hours=1)))
    assert [each.send_at for each in row.reminders.all()] == [later - timedelta(hours=1)]
    saved(save(staff, Appointment, row.pk, reminder_set="L,E,120;C,T,5"))
    assert sorted(row.reminders.values_list("relative_minutes", flat=True)) == [5, 120]
    assert "triplets" in refused(save(staff, Appointment, row.pk, reminder_set="tomorrow"))


def test_rows_of_another_practice_are_refused(staff, client, kind, practice_of):
    stranger = make_coach(practice_of("Elsewhere"))
    answer = save(staff, Appointment, client=client.pk, coach=stranger.pk, type=kind.pk, starts_at=in_(days=1))

    assert "Belongs to another practice." in refused(answer)
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("how", ["cancel", "cancel_and_tell", "delete_selected"])
def test_a_list_cancels_tells_and_deletes_with_reminders(staff, client, kind, how):
    at = in_(hours=2)
    row = Appointment.objects.create(client=client, coach=kind.coach, name="Call", starts_at=at, ends_at=at)
    reminders.set_reminders(about=row, triplets=[("L", "E", 60)])
    Reminder.objects.update(send_at=timezone.now())
    reminders.send_due()

    data = {"action": how, "_selected_action": [row.pk], "post": "yes"}
    staff.post(reverse("admin:coaching_appointment_changelist"), data, follow=True)

    assert not Reminder.objects.exists()
    states = list(Transmission.objects.order_by("pk").values_list("status", flat=True))
    assert states == (["invalid", "pending"] if how == "cancel_and_tell" else ["invalid"])
    assert list(Appointment.objects.values_list("status", flat=True)) == ([] if how == "delete_selected" else ["C"])


def test_a_reminder_and_a_metric_that_are_deleted_take_along_what_is_queued(staff, client):
    action = Action.objects.create(client=client, coach=client.primary_coach, text="Run", due_at=in_(hours=2))
    reminders.set_reminders(about=action, triplets=[("L", "E", 60)])
    days = {"start_date": date(2026, 1, 1), "end_date": date(2090, 1, 1), "remind_time": time(9)}
    values = {"name": "kg", "units": "kg", "repeat_rule": "daily", "has_reminders": True, "reminder_mode": "DO"}
    metrics.add_metric(client=client, **days, **values)
    Reminder.objects.update(send_at=timezone.now())
    Metric.objects.update(remind_at=timezone.now())
    assert (reminders.send_due(), metrics.remind_due()) == (1, 1)

    for model in (Reminder, Metric):
        data = {"action": "delete_selected", "_selected_action": [model.objects.get().pk], "post": "yes"}
        staff.post(reverse(f"admin:coaching_{model._meta.model_name}_changelist"), data, follow=True)

    assert not Reminder.objects.exists()
    assert not Metric.objects.exists()
    assert list(Transmission.objects.values_list("status", flat=True)) == ["invalid", "invalid"]


def test_an_action_is_done_cancelled_and_restored_from_the_list(staff, client):
    row = Action.objects.create(client=client, coach=client.primary_coach, text="Run", due_at=in_(hours=2))

    assert "1 done." in run(staff, Action, "mark_done", row)
    assert "is complete and cannot be canceled" in run(staff, Action, "cancel", row)
    assert "1 restored." in run(staff, Action, "restore", row)
    row.refresh_from_db()
    assert (row.done_at, row.is_canceled) == (None, False)


def test_a_worksheet_that_is_done_reminds_nobody(staff, client):
    fields = {"client": client.pk, "coach": client.primary_coach_id, "title": "Wheel", "due_at": in_(days=2)}
    saved(save(staff, Worksheet, **fields, assigned_at=in_(days=-1), reminder_set="L,E,60"))
    [row] = Worksheet.objects.all()
    assert row.reminders.count() == 1

    saved(save(staff, Worksheet, row.pk, done_at=in_(minutes=-1)))

    assert row.reminders.count() == 0


def test_a_metric_gets_its_reminders_and_half_a_rule_is_refused(staff, client):
    fields = {"client": client.pk, "name": "Steps", "units": "steps", "repeat_rule": "daily"}
    fields |= {"start_date": "2026-01-01", "end_date": "2030-01-01", "has_reminders": "on", "reminder_mode": "DO"}

    answer = save(staff, Metric, **fields)
    assert "Reminders need reminderMode and remindTime." in refused(answer)
    assert answer.context["adminform"].form["name"].value() == "Steps"  # nothing typed is lost
    saved(save(staff, Metric, **fields, remind_time="09:00"))
    assert Metric.objects.get().remind_at > timezone.now()


def test_a_new_client_takes_a_slot_and_gets_a_primary_coach(staff, practice, coach):
    Practice.objects.update(client_slots=0)
    person = {"practice": practice.pk, "first_name": "Nia", "last_name": "New", "email": "nia@example.com"}
    person |= {"primary_coach": coach.pk, "time_zone": "Europe/Rome"}

    saved(save(staff, Client, **person))

    row = Client.objects.get()
    assert (row.first_name, row.time_zone, row.pairings.get().level) == ("Nia", "Europe/Rome", "P")
    assert Practice.objects.get(pk=practice.pk).client_slots == 1
    answer = save(staff, Client, **person)
    assert "There is a client with the email address nia@example.com already." in refused(answer)


def test_another_zone_of_a_client_moves_their_metric_reminders(staff, client):
    days = {"start_date": date(2026, 1, 1), "end_date": date(2030, 1, 1), "remind_time": time(9)}
    values = {"name": "kg", "units": "kg", "repeat_rule": "daily", "has_reminders": True, "reminder_mode": "DO"}
    row = metrics.add_metric(client=client, **days, **values)
    before = row.remind_at

    saved(save(staff, Client, client.pk, time_zone="Asia/Tokyo"))

    row.refresh_from_db()
    assert row.remind_at != before
    assert "is not one of the available choices" in refused(save(staff, Client, client.pk, time_zone="localtime"))


def test_a_coach_who_is_still_needed_stays(staff, practice, coach):
    helper = make_coach(practice)
    make_client(practice, helper)

    assert "is still the primary coach" in run(staff, Coach, "deactivate", helper)
    assert "still the primary coach" in refused(save(staff, Coach, helper.pk, is_coaching=None))
    page = run(staff, Coach, "deactivate", coach)
    assert "The account owner cannot be deactivated." in page


def test_a_coach_is_made_with_the_practices_rights_and_their_own(staff, practice):
    Practice.objects.update(coach_permissions={"Client.manage": "S", "Invoice.manage": "X"})
    person = {"practice": practice.pk, "first_name": "Nia", "last_name": "New", "email": "nia@example.com"}

    saved(save(staff, Coach, **person, time_zone="Europe/Rome", may_invoice_manage="A"))

    assert Coach.objects.get(email="nia@example.com").permissions == {"Client.manage": "S", "Invoice.manage": "A"}


def test_inviting_somebody_inactive_is_refused(staff, client):
    client.is_active = False
    client.save()

    assert "is inactive" in run(staff, Client, "invite", client)
    assert not Transmission.objects.exists()


def test_pairings_are_made_and_changed_by_the_rules(staff, practice, client):
    other = make_coach(practice)
    saved(save(staff, Pairing, coach=other.pk, client=client.pk, level="R"))
    mine = Pairing.objects.get(coach=other)
    saved(save(staff, Pairing, mine.pk, level="P"))

    client.refresh_from_db()
    assert client.primary_coach == other
    assert "is the primary coach" in refused(save(staff, Pairing, mine.pk, level="C"))
    page = staff.post(reverse("admin:coaching_pairing_delete", args=[mine.pk]), {"post": "yes"}, follow=True)
    assert "is the primary coach" in page.content.decode()


def test_an_invoice_gets_number_currency_and_due_date_from_its_practice(staff, practice, client):
    values = {"practice": practice.pk, "client": client.pk, "date_of": "2026-01-01"}
    lines = {"lines-TOTAL_FORMS": 1, "lines-0-position": 0, "lines-0-item": "Package", "lines-0-amount": "400"}

    saved(save(staff, Invoice, **values, **lines))

    [row] = Invoice.objects.all()
    assert (row.number, row.currency, str(row.date_due), row.amount) == ("1001", "USD", "2026-01-15", 400)
    company = Company.objects.create(practice=practice, name="Acme")
    assert "not both" in refused(save(staff, Invoice, **values, company=company.pk))
    assert "Choose a client or a company." in refused(save(staff, Invoice, **{**values, "client": None}))
    assert "1 sent." in run(staff, Invoice, "send", row)
    assert Transmission.objects.count() == 1


def test_an_agreement_is_issued_as_a_copy_and_mailed(staff, practice, client):
    template = AgreementTemplate.objects.create(practice=practice, title="Terms", content="<p>Terms</p>")

    saved(save(staff, Agreement, client=client.pk, coach=client.primary_coach_id, template=template.pk))

    row = Agreement.objects.get()
    assert (row.title, row.content, Transmission.objects.count()) == ("Terms", "<p>Terms</p>", 1)
    assert "Choose the template" in refused(save(staff, Agreement, client=client.pk, coach=client.primary_coach_id))


def test_a_participant_starts_by_the_rules_and_gets_what_is_due(staff, practice, client):
    course = Course.objects.create(practice=practice, coach=practice.owner, name="Focus", day_duration=5)
    CourseItem.objects.create(course=course, day=1, time="00:00", kind="action", title="Breathe")
    values = {
        "course": course.pk,
        "client": client.pk,
        "coach": practice.owner_id,
        "start_date": f"{timezone.now():%Y-%m-%d}",
    }
    saved(save(staff, Participant, **values))

    assert Action.objects.get().text == "Breathe"
    assert "takes the course already" in refused(save(staff, Participant, **values))


def test_a_clients_page_tells_what_was_written_to_them(staff, api, client):
    api.ok("Client.invite", "sent", ClientID=client.pk)

    page = staff.get(address(Client, client.pk)).content.decode()

    assert "North Star invites you" in page
    assert "/portal/enter/" not in page


def test_a_practice_is_switched_off_and_not_deleted(staff, practice):
    assert staff.post(reverse("admin:coaching_practice_delete", args=[practice.pk]), {"post": "yes"}).status_code == 403


def test_a_group_is_made_with_its_members(staff, practice, client):
    values = {"practice": practice.pk, "coach": practice.owner_id, "name": "Early birds"}
    member = {"client_members-TOTAL_FORMS": 1, "client_members-0-client": client.pk, "client_members-0-is_active": "on"}
    moment = in_(hours=-1)
    member |= {
        "client_members-0-started_at_0": f"{moment:%Y-%m-%d}",
        "client_members-0-started_at_1": f"{moment:%H:%M}",
    }

    saved(save(staff, Group, **values, **member))

    assert Group.objects.get().client_members.get().client == client


def test_files_and_links_are_shared_opened_and_deleted_with_what_is_stored(
    staff, client, practice, django_capture_on_commit_callbacks
):
    upload = SimpleUploadedFile("../plan.html", b"<script>alert(1)</script>", "text/html")
    saved(save(staff, ClientFile, client=client.pk, content=upload, folder="Plans"))
    saved(save(staff, ClientFile, client=client.pk, url="https://example.com/a", title="Read this"))

    stored, link = ClientFile.objects.order_by("pk")
    assert (stored.title, stored.file_name, stored.size, stored.coach) == ("plan.html", "plan.html", 25, practice.owner)
    assert (link.title, link.url, link.file) == ("Read this", "https://example.com/a", "")
    content = reverse("admin:coaching_clientfile_content", args=[stored.pk])
    assert content in staff.get(address(ClientFile, stored.pk)).content.decode()
    assert "https://example.com/a" in staff.get(address(ClientFile, link.pk)).content.decode()
    answer = staff.get(content)
    assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"
    assert answer["Content-Disposition"] == 'attachment; filename="plan.html"'
    assert answer["Content-Security-Policy"] == "sandbox"
    assert staff.get(reverse("admin:coaching_clientfile_content", args=[link.pk])).status_code == 404

    saved(save(staff, ClientFile, stored.pk, title="Our plan"))
    with django_capture_on_commit_callbacks(execute=True):
        staff.post(reverse("admin:coaching_clientfile_delete", args=[stored.pk]), {"post": "yes"})
    assert not stored.file.storage.exists(stored.file.name)
    assert list(ClientFile.objects.all()) == [link]


def test_what_cannot_be_shared_is_told_on_the_form(staff, client, practice):
    assert "one of them" in refused(save(staff, ClientFile, client=client.pk))
    assert "http" in refused(save(staff, ClientFile, client=client.pk, url="ftp://example.com/a"))
    practice.storage_limit = 3
    practice.save()
    upload = SimpleUploadedFile("a.txt", b"four", "text/plain")
    assert "does not fit" in refused(save(staff, ClientFile, client=client.pk, content=upload))
    Client.objects.filter(pk=client.pk).update(is_active=False)
    assert "inactive" in refused(save(staff, ClientFile, client=client.pk, url="https://example.com"))
    assert not ClientFile.objects.exists()


def test_an_action_stands_under_a_project_of_its_own_client(staff, client, practice):
    project = ActionProject.objects.create(client=make_client(practice), name="Spring")
    fields = {"text": "Run", "client": client.pk, "coach": practice.owner_id, "due_at": in_(days=1)}

    assert "another client" in refused(save(staff, Action, **fields, project=project.pk))
    mine = ActionProject.objects.create(client=client, name="Summer")
    saved(save(staff, Action, **fields, project=mine.pk))
    assert "another client" in refused(save(staff, Action, Action.objects.get().pk, project=project.pk))
