"""Users by the service, by the commands, and what is refused."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from access import services
from access.models import User
from access.refusals import Invalid
from access.signals import user_saved
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def saved():
    told = []

    def hear(user, created, **kwargs):
        told.append((user.username, created, set(user.roles.values_list("name", flat=True))))

    user_saved.connect(hear)
    yield told
    user_saved.disconnect(hear)


def test_a_user_is_made_with_roles_and_others_are_told_inside_the_transaction(saved, full_hashing):
    user = services.create_user(username="anna", email="Anna@EXAMPLE.com", password=PASSWORD, roles=["user", "admin"])

    assert user.check_password(PASSWORD)
    assert user.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert User.objects.get(username="anna").email == "Anna@example.com"
    assert saved == [("anna", True, {"user", "admin"})]


def test_a_receiver_that_fails_undoes_the_user():
    def fail(**kwargs):
        raise RuntimeError

    user_saved.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            services.create_user(username="anna", email="anna@example.com")
    finally:
        user_saved.disconnect(fail)
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "12345"}, ""),
        ({"username": "an:na"}, "username"),
        ({"username": "x" * 65}, "username"),
        ({"email": "nowhere"}, "email"),
        ({"email": ""}, "email"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"password": "short"}, "password"),
        ({"password": "password123"}, "password"),
        ({"password": "8402618402"}, "password"),
        ({"roles": ["user", "emperor"]}, "roles"),
        ({"shoe_size": 44}, "shoe_size"),
    ],
)
def test_bad_input_names_its_field_and_stores_nothing(given, field):
    with pytest.raises(Invalid) as refusal:
        services.create_user(**{"username": "anna", "email": "anna@example.com", "password": PASSWORD} | given)

    assert refusal.value.field == field
    assert (field or "username") in str(refusal.value)
    assert not User.objects.exists()


@pytest.mark.parametrize("given", [{"username": "bert"}, {"email": "BERT@example.com"}])
def test_names_and_addresses_are_taken_once(make_user, given):
    make_user(username="bert", email="bert@example.com")

    with pytest.raises(Invalid):
        services.create_user(**{"username": "anna", "email": "anna@example.com"} | given)


def test_the_database_itself_refuses_a_username_of_digits():
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(username="42", email="a@example.com")])


def test_an_update_changes_what_is_given_and_tells_others(make_user, saved):
    user = make_user(roles=["user"], first_name="Anna", company="Lee Ltd")
    assert user.may("contact_read")

    services.update_user(user=user, first_name="Ann", email="ann@example.com", roles=["admin"])

    user.refresh_from_db()
    assert (user.first_name, user.company, user.email) == ("Ann", "Lee Ltd", "ann@example.com")
    assert user.may("provider_read")
    assert not user.may("contact_read")
    assert saved[-1] == (user.username, False, {"admin"})


def test_a_refused_update_stores_nothing(make_user):
    user = make_user(first_name="Anna")

    with pytest.raises(Invalid):
        services.update_user(user=user, first_name="Ann", time_zone="nowhere")

    user.refresh_from_db()
    assert user.first_name == "Anna"


def test_a_new_password_must_be_good_and_replaces_the_old(make_user):
    user = make_user(password=PASSWORD)

    with pytest.raises(Invalid, match="password"):
        services.set_password(user=user, password="1234567890")
    services.set_password(user=user, password="another good one")

    user.refresh_from_db()
    assert user.check_password("another good one")
    assert not user.check_password(PASSWORD)


def test_createsuperuser_makes_somebody_who_may_everything(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)

    call_command("createsuperuser", "--noinput", username="root", email="root@example.com", verbosity=0)

    root = User.objects.get(username="root")
    assert root.is_staff
    assert root.may("provider_delete")
    assert root.check_password(PASSWORD)


def test_only_one_who_holds_everything_manages_one_who_does(make_user):
    root, admin = make_user(is_superuser=True), make_user(roles=["admin"])

    assert services.may_manage(by=root, user=root)
    assert services.may_manage(by=root, user=admin)
    assert services.may_manage(by=admin, user=admin)
    assert not services.may_manage(by=admin, user=root)
