"""Loading the demo: once, whole, with logins that work."""

import io
import json
import stat
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings

from access.models import User
from telephony.models import (
    Account,
    Campaign,
    Contact,
    Group,
    LoopbackCall,
    Program,
    Provider,
    Result,
    Spool,
    Transmission,
)
from telephony.services import accounts, campaigns, demo
from tests.support.standing import standing

TABLES = (User, Account, Contact, Group, Program, Provider, Campaign, Transmission, Spool, Result, LoopbackCall)


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path


@standing
def loaded() -> str:
    """The demo, by the command; what that wrote into demo.json."""
    with TemporaryDirectory() as folder, override_settings(DATA_DIR=Path(folder), MEDIA_ROOT=f"{folder}/media"):
        call_command("demo", stdout=io.StringIO())
        return Path(folder, "demo.json").read_text()


def counts() -> list[int]:
    return [model._default_manager.count() for model in TABLES]


def told(data_dir) -> dict:
    return json.loads((data_dir / "demo.json").read_text())


@pytest.mark.django_db
def test_the_command_makes_everything_once_and_writes_the_logins(data_dir, settings):
    call_command("demo", stdout=io.StringIO())
    first, made = told(data_dir), counts()
    assert stat.S_IMODE((data_dir / "demo.json").stat().st_mode) == 0o600
    settings.BASE_URL = "http://127.0.0.1:8123"
    call_command("demo", stdout=io.StringIO())
    assert told(data_dir) == {**first, "base_url": "http://127.0.0.1:8123"}
    assert counts() == made
    assert [path.name for path in data_dir.iterdir() if path.is_file()] == ["demo.json"]


@pytest.mark.django_db
@pytest.mark.parametrize("left", [None, '{"admin": {}'])
def test_lost_logins_are_made_anew_and_nothing_else(loaded, data_dir, left):
    first, made = json.loads(loaded), counts()
    if left is not None:
        (data_dir / "demo.json").write_text(left)
    call_command("demo", stdout=io.StringIO())
    second = told(data_dir)
    assert counts() == made
    assert second["admin"]["username"] == first["admin"]["username"]
    assert second["admin"]["password"] != first["admin"]["password"]
    assert User.objects.get(username=demo.ADMIN).check_password(second["admin"]["password"])


@pytest.mark.django_db
def test_logins_of_another_database_are_not_believed(data_dir):
    stale = {name: {"username": name, "password": "stale"} for name in ("admin", "api_user")}
    (data_dir / "demo.json").write_text(json.dumps({**stale, "notes": {"of": "mine"}}))
    call_command("demo", stdout=io.StringIO())
    assert told(data_dir)["admin"]["password"] != "stale"
    assert told(data_dir)["notes"] == {"of": "mine"}


@pytest.mark.django_db
def test_a_load_that_is_cut_off_leaves_nothing(monkeypatch):
    before = counts()

    def cut_off(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr(campaigns, "start_campaign", cut_off)
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        demo.load_demo()
    assert counts() == before


@pytest.mark.django_db
def test_both_can_sign_in_and_have_an_account(rf):
    logins = demo.load_demo()
    for login in logins.values():
        user = authenticate(rf.get("/"), username=login.username, password=login.password)
        assert user is not None
        assert accounts.default_account(user=user).username == login.username
    admin, api_user = (User.objects.get(username=name) for name in (demo.ADMIN, demo.API_USER))
    assert (admin.is_staff, admin.is_superuser, api_user.is_staff) == (True, False, False)
    assert {role.name for role in admin.roles.all()} == {"admin", "user"}
    assert {role.name for role in api_user.roles.all()} == {"user"}
    assert admin.sees_all("contact")
    assert not api_user.sees_all("contact")
    assert Contact.objects.exclude(owner=api_user).count() == 0
