"""The back office: coming in, users, roles, keys."""

import re

import pytest
from axes.models import AccessAttempt, AccessLog
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken

from access import services
from access.backends import PasswordBackend
from access.buckets import take
from access.limits import PAIR_FAILURES, sign_in_buckets
from access.models import APIKey, Role, User
from access.signals import user_saved
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def sign_in(client, address):
    """Come in by the sign-in page; returns the answer."""
    client.defaults["REMOTE_ADDR"] = address

    def come_in(login, password=PASSWORD):
        return client.post(reverse("admin:login"), {"username": login, "password": password})

    return come_in


@pytest.fixture
def office(client, make_user):
    """office(user): the browser of somebody who has come in."""

    def open_for(user):
        client.force_login(user)
        return client

    return open_for


@pytest.fixture
def admin(make_user):
    return make_user(roles=["admin"], is_staff=True)


@pytest.fixture
def root(make_user):
    return make_user(is_staff=True, is_superuser=True, password=PASSWORD)


def person(user, **changes):
    """The fields of the form of a user, as the page sends them."""
    names = ("username", "email", "first_name", "last_name", "phone", "company", "address", "country", "time_zone")
    flags = {name: "on" for name in ("is_active", "is_staff", "is_superuser") if getattr(user, name)}
    roles = list(user.roles.values_list("pk", flat=True))
    return {name: getattr(user, name) for name in names} | flags | {"roles": roles} | changes


def test_a_foreign_address_to_go_on_to_is_not_followed(client, root, address):
    client.defaults["REMOTE_ADDR"] = address
    form = {"username": root.username, "password": PASSWORD, "next": "https://elsewhere.example/"}
    assert client.post(reverse("admin:login"), form)["Location"] == reverse("admin:index")


@pytest.mark.parametrize("name", ["username", "email"])
def test_staff_come_in_by_username_or_email(sign_in, client, root, name):
    assert sign_in(getattr(root, name)).status_code == 302
    assert client.get(reverse("admin:index")).status_code == 200


def test_a_wrong_password_a_disabled_user_and_a_user_who_is_no_staff_stay_outside(sign_in, client, make_user, root):
    for user, password in (
        (root, "wrong"),
        (make_user(password=PASSWORD, is_staff=True, is_active=False), PASSWORD),
        (make_user(password=PASSWORD), PASSWORD),
    ):
        assert sign_in(user.username, password).status_code == 200
        assert client.get(reverse("admin:index")).status_code == 302


def test_too_many_failures_lock_the_door_for_the_right_password_too(sign_in, client, root):
    for _ in range(PAIR_FAILURES):
        sign_in(root.username, "wrong")

    assert sign_in(root.username).status_code == 429
    assert client.get(reverse("admin:index")).status_code == 302


def test_the_limits_of_the_apis_hold_at_the_door_too(sign_in, client, root, address, hashes):
    take([sign_in_buckets(login=root.username, address=address)[0]], PAIR_FAILURES)
    hashes.clear()

    assert sign_in(root.username).status_code == 200
    assert client.get(reverse("admin:index")).status_code == 302
    assert hashes == []


def test_without_valkey_staff_still_come_in_and_the_lock_still_works(sign_in, client, root, without_valkey):
    without_valkey()
    assert sign_in(root.username).status_code == 302
    assert client.get(reverse("admin:access_user_changelist")).status_code == 200

    client.logout()
    for _ in range(10):
        sign_in(root.username, "wrong")
    assert sign_in(root.username).status_code == 429


def test_a_user_who_is_disabled_is_out_with_the_next_page(office, root, admin):
    browser = office(root)
    assert browser.get(reverse("admin:index")).status_code == 200

    services.update_user(user=root, is_active=False)
    assert browser.get(reverse("admin:index")).status_code == 302
    assert PasswordBackend().get_user(root.pk) is None


def test_a_user_is_added_through_the_service(office, admin):
    role = Role.objects.get(name="user")
    page = reverse("admin:access_user_add")
    form = {"username": "anna", "email": "anna@example.com", "password1": PASSWORD, "password2": PASSWORD}

    empty = office(admin).get(page)
    assert empty.status_code == 200
    assert empty.context["adminform"].form["time_zone"].value() == "UTC"
    answer = office(admin).post(page, form | {"time_zone": "Europe/London", "roles": [role.pk], "is_superuser": "on"})

    anna = User.objects.get(username="anna")
    assert answer.status_code == 302
    assert anna.check_password(PASSWORD)
    assert anna.may("contact_create")
    assert (anna.time_zone, anna.is_active, anna.is_superuser) == ("Europe/London", True, False)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"password1": "short", "password2": "short"}, "password2"),
        ({"password2": "another good one"}, "password2"),
        ({"username": "123"}, None),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"email": "TAKEN@example.com"}, None),
    ],
)
def test_a_bad_form_is_shown_again_and_stores_nothing(office, admin, make_user, changes, field):
    make_user(email="taken@example.com")
    form = {"username": "anna", "email": "anna@example.com", "password1": PASSWORD, "password2": PASSWORD}

    answer = office(admin).post(reverse("admin:access_user_add"), form | {"time_zone": "UTC"} | changes)

    assert answer.status_code == 200
    assert (field or "__all__") in answer.context["adminform"].form.errors
    assert not User.objects.filter(first_name="").filter(username__in=["anna", "123"]).exists()


def test_no_page_of_a_user_shows_a_hash(office, root, make_user):
    user = make_user(password=PASSWORD)

    for page in ("admin:access_user_change", "admin:auth_user_password_change"):
        text = office(root).get(reverse(page, args=[user.pk])).content.decode()
        assert user.email in text or user.username in text
        assert "argon2" not in text
        assert user.password.rsplit("$", 1)[1] not in text


def test_a_change_goes_through_the_service(office, admin, make_user):
    user = make_user(roles=["user"])
    heard = []
    user_saved.connect(lambda user, created, **_: heard.append((user.pk, created)), weak=False, dispatch_uid="test")
    try:
        admin_role = Role.objects.get(name="admin")
        form = person(user, first_name="Anna", roles=[admin_role.pk])
        answer = office(admin).post(reverse("admin:access_user_change", args=[user.pk]), form)
    finally:
        user_saved.disconnect(dispatch_uid="test")

    assert answer.status_code == 302
    user = User.objects.get(pk=user.pk)
    assert (user.first_name, list(user.roles.all())) == ("Anna", [admin_role])
    assert heard == [(user.pk, False)]


def test_nobody_makes_themselves_a_superuser(office, admin):
    page = reverse("admin:access_user_change", args=[admin.pk])

    assert office(admin).post(page, person(admin, first_name="Anna", is_superuser="on")).status_code == 302
    admin.refresh_from_db()
    assert (admin.first_name, admin.is_superuser) == ("Anna", False)


def test_an_administrator_cannot_touch_a_superuser(office, admin, root):
    browser = office(admin)

    for page in ("admin:access_user_change", "admin:auth_user_password_change"):
        address = reverse(page, args=[root.pk])
        form = person(root, email="mine@example.com", password1="taken over now", password2="taken over now")
        assert browser.post(address, form).status_code == 403
    root.refresh_from_db()
    assert root.check_password(PASSWORD)

    answer = browser.post(reverse("admin:access_apikey_add"), {"owner": root.pk, "name": "x", "kind": "telephony"})
    assert answer.status_code == 200
    assert not APIKey.objects.exists()


def test_setting_a_password_signs_the_user_out_everywhere(office, admin, make_user):
    user = make_user(password=PASSWORD)
    tokens = services.issue_tokens(user=user)
    page = reverse("admin:auth_user_password_change", args=[user.pk])

    assert office(admin).post(page, {"password1": "123", "password2": "123"}).status_code == 200
    assert office(admin).post(page, {"password1": "", "password2": ""}).status_code == 200
    answer = office(admin).post(page, {"password1": "another good one", "password2": "another good one"})

    assert answer.status_code == 302
    assert User.objects.get(pk=user.pk).check_password("another good one")
    assert BlacklistedToken.objects.filter(token__user=user).exists()
    with pytest.raises(services.BadToken):
        services.refresh_tokens(refresh=tokens.refresh)


def test_users_are_not_deleted(office, root, make_user):
    user = make_user()

    assert office(root).post(reverse("admin:access_user_delete", args=[user.pk]), {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=user.pk).exists()


def test_staff_without_the_right_see_none_of_it(office, make_user):
    browser = office(make_user(roles=["user"], is_staff=True))

    for model in ("role", "permission", "apikey"):
        assert browser.get(reverse(f"admin:access_{model}_changelist")).status_code == 403
    assert browser.get(reverse("admin:access_user_add")).status_code == 403


def test_staff_of_role_user_see_only_themselves_among_the_users(office, make_user):
    mine, theirs = make_user(roles=["user"], is_staff=True), make_user()

    text = office(mine).get(reverse("admin:access_user_changelist")).content.decode()
    assert mine.username in text
    assert theirs.username not in text


def test_a_key_is_shown_once_when_it_is_made(office, admin, make_user):
    owner = make_user()
    form = {"owner": owner.pk, "name": "n8n", "kind": "telephony", "allowed_addresses": "10.1.2.3/16, 192.0.2.1"}

    answer = office(admin).post(reverse("admin:access_apikey_add"), form, follow=True)

    key = APIKey.objects.get()
    [secret] = set(re.findall(r"ch_[0-9a-f]{8}_[\w-]{54}", answer.content.decode()))
    assert services.find_api_key(secret=secret, kind="telephony", address="192.0.2.1") == key
    assert key.allowed_addresses == ["10.1.0.0/16", "192.0.2.1"]
    for page in (reverse("admin:access_apikey_changelist"), reverse("admin:access_apikey_change", args=[key.pk])):
        text = office(admin).get(page).content.decode()
        assert key.prefix in text
        assert secret not in text
        assert key.digest not in text


def test_a_key_with_a_bad_address_is_not_made(office, admin):
    form = {"owner": admin.pk, "name": "n8n", "kind": "telephony", "allowed_addresses": "10.1.2.3/16, office"}

    answer = office(admin).post(reverse("admin:access_apikey_add"), form)
    assert "office is no IP address or network" in answer.content.decode()
    assert not APIKey.objects.exists()


def test_a_key_is_rotated_after_a_question_and_by_no_link(office, admin):
    key, old = services.create_api_key(owner=admin, name="n8n")
    page = reverse("admin:access_apikey_rotate", args=[key.pk])
    browser = office(admin)

    assert "new secret?" in browser.get(page).content.decode()
    assert services.find_api_key(secret=old, kind="telephony", address=None)

    answer = browser.post(page, {"_form_submitted": "True"})
    text = browser.get(answer["HX-Redirect"]).content.decode()
    [new] = set(re.findall(r"ch_[0-9a-f]{8}_[\w-]{54}", text))
    assert services.find_api_key(secret=new, kind="telephony", address=None) == key
    with pytest.raises(services.BadKey):
        services.find_api_key(secret=old, kind="telephony", address=None)


def test_keys_are_revoked_together_and_those_of_a_superuser_only_by_one(office, admin, root):
    mine, _ = services.create_api_key(owner=admin, name="mine")
    theirs, _ = services.create_api_key(owner=root, name="theirs")
    form = {"action": "revoke", "_selected_action": [mine.pk, theirs.pk]}

    office(admin).post(reverse("admin:access_apikey_changelist"), form)
    assert list(APIKey.objects.filter(revoked_at=None)) == [theirs]

    office(root).post(reverse("admin:access_apikey_changelist"), form)
    assert not APIKey.objects.filter(revoked_at=None).exists()


def test_roles_are_edited_and_permissions_only_read(office, admin):
    browser = office(admin)
    role = Role.objects.get(name="user")

    for page in (
        reverse("admin:access_role_changelist"),
        reverse("admin:access_role_change", args=[role.pk]),
        reverse("admin:access_permission_changelist"),
        reverse("admin:access_permission_change", args=[role.permissions.first().pk]),
        reverse("admin:access_apikey_add"),
    ):
        assert browser.get(page).status_code == 200
    assert browser.get(reverse("admin:access_permission_add")).status_code == 403


def test_the_tables_of_tokens_and_groups_are_not_shown(office, root):
    text = office(root).get(reverse("admin:index")).content.decode()

    assert "token_blacklist" not in text
    assert "auth/group" not in text


def test_a_request_of_the_api_does_nothing_with_the_lock(api, make_user):
    user = make_user(password=PASSWORD)
    api().post("/api/authenticate", {"username": user.username, "password": "wrong"})
    api().post("/api/authenticate", {"username": user.username, "password": PASSWORD})

    assert not AccessAttempt.objects.exists()
    assert not AccessLog.objects.exists()


@pytest.mark.parametrize("model", ["user", "apikey"])
def test_two_rows_and_twenty_cost_the_same(office, root, make_user, model):
    browser, page = office(root), reverse(f"admin:access_{model}_changelist")

    def queries(rows):
        for _ in range(rows):
            services.create_api_key(owner=make_user(), name="n8n")
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert browser.get(page).status_code == 200
        return len(captured)

    queries(2)
    assert queries(0) == queries(18)
