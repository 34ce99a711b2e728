"""Staff's screens: each opens, for those who may, and shows nobody's HTML as HTML."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client as Browser
from django.urls import reverse

from coaching.models import Client, Coach, Pairing, Practice, Session
from tests.coaching.conftest import make_coach
from tests.coaching.world import make_world

pytestmark = pytest.mark.django_db

SCREENS = [model for model in apps.get_app_config("coaching").get_models() if admin.site.is_registered(model)]


@pytest.fixture
def staff(make_user):
    browser = Browser()
    browser.force_login(make_user(roles=["coaching"], is_staff=True), backend="access.backends.PasswordBackend")
    return browser


@pytest.mark.parametrize("model", SCREENS, ids=lambda model: model.__name__)
def test_a_screen_opens_as_list_and_as_form(staff, practice, model):
    make_world(practice)
    name = f"admin:coaching_{model._meta.model_name}"
    answers = [staff.get(reverse(f"{name}_changelist"))]
    answers += [staff.get(reverse(f"{name}_change", args=[row.pk])) for row in model.objects.all()[:1]]
    if admin.site.get_model_admin(model).has_add_permission(answers[0].wsgi_request):
        answers.append(staff.get(reverse(f"{name}_add")))

    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize("model", SCREENS, ids=lambda model: model.__name__)
def test_others_do_not_get_in(make_user, practice, model):
    browser = Browser()
    browser.force_login(make_user(roles=["user"], is_staff=True), backend="access.backends.PasswordBackend")

    assert browser.get(reverse(f"admin:coaching_{model._meta.model_name}_changelist")).status_code == 403


@pytest.mark.parametrize("model", [Client, Coach, Practice], ids=lambda model: model.__name__)
def test_the_form_of_a_new_one_begins_with_the_models_time_zone(staff, practice, model):
    form = staff.get(reverse(f"admin:coaching_{model._meta.model_name}_add")).context["adminform"].form

    assert form["time_zone"].value() == "UTC"


def test_html_of_others_is_never_run(staff, practice, client):
    session = Session.objects.create(
        client=client,
        title="<script>alert(1)</script>",
        content="<script>alert(2)</script>",
        session_at="2026-01-01T00:00Z",
    )

    page = staff.get(reverse("admin:coaching_session_change", args=[session.pk])).content.decode()

    assert "<script>alert(" not in page


def test_a_new_primary_coach_is_passed_on_with_history(staff, practice, client):
    other = make_coach(practice)
    address = reverse("admin:coaching_client_change", args=[client.pk])
    form = staff.get(address).context["adminform"].form
    values = {name: value for name, value in form.initial.items() if value not in (None, False)}
    formsets = staff.get(address).context["inline_admin_formsets"]
    for each in formsets:
        values |= {f"{each.formset.prefix}-TOTAL_FORMS": 0, f"{each.formset.prefix}-INITIAL_FORMS": 0}

    answer = staff.post(address, {**values, "primary_coach": other.pk, "appointment_types": []})

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    levels = dict(Pairing.objects.filter(client=client).values_list("coach_id", "level"))
    assert levels == {other.pk: "P", practice.owner_id: "C"}
    client.refresh_from_db()
    assert client.primary_coach == other


def test_an_apikey_is_shown_once(staff, practice):
    page = staff.post(reverse("admin:coaching_practice_credential", args=[practice.pk]), follow=True).content.decode()

    [credential] = practice.credentials.all()
    assert f"APIID {credential.api_id}, APIKey " in page
    again = staff.get(reverse("admin:coaching_practice_change", args=[practice.pk])).content.decode()
    assert "APIKey " not in again
    staff.post(reverse("admin:coaching_practice_revoke", args=[practice.pk, credential.pk]))
    credential.refresh_from_db()
    assert credential.revoked_at


def test_staff_download_what_clients_did_and_the_values_of_a_field(staff, practice, make_user):
    world = make_world(practice)
    address = reverse("admin:coaching_practice_report", args=[practice.pk])
    page = staff.get(reverse("admin:coaching_practice_change", args=[practice.pk])).content.decode()
    assert f'action="{address}"' in page

    done = staff.get(address, {"bucket": "M"})
    assert done["Content-Type"] == "text/csv; charset=utf-8"
    assert f"{world.client.pk},{world.client.name},Worksheets done,0,0" in done.content.decode()
    values = staff.get(address, {"bucket": "D", "field": "weight"}).content.decode()
    assert values.splitlines()[1].endswith(",71.5,71.5")
    for wrong, told in (
        ({"bucket": "M", "first": "2026-02-02", "last": "2026-02-01"}, "dateTo must lie after dateFrom"),
        ({"bucket": "?"}, "A column: Select a valid choice"),
    ):
        assert told in staff.get(address, wrong, follow=True).content.decode()

    browser = Browser()
    browser.force_login(make_user(roles=["user"], is_staff=True), backend="access.backends.PasswordBackend")
    assert browser.get(address, {"bucket": "M"}).status_code == 403
