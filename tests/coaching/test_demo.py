"""The demo: everything has a row, and loading twice makes nothing twice."""

import io
import json

import pytest
from django.apps import apps
from django.core.management import call_command

from coaching.models import Practice, Visit
from coaching.services import demo
from telephony.models import Transmission
from tests.coaching.conftest import HTTPClient

pytestmark = pytest.mark.django_db


def test_every_kind_of_row_is_there_and_credentials_work():
    first = demo.load_demo()
    again = demo.load_demo()

    for model in set(apps.get_app_config("coaching").get_models()) - {Visit}:  # which browsers begin
        assert model.objects.exists(), model.__name__
    large, small = Practice.objects.order_by("pk")
    assert (large.calls_a_minute, large.calls_a_day) == (None, None)
    assert (large.coaches.count(), large.clients.count()) == (3, 20)
    assert (small.calls_a_minute, small.calls_a_day) == (100, 200 + 20 * small.client_slots)
    assert not Transmission.objects.filter(due_at__isnull=False).exclude(origin__startswith="notice").exists()

    assert (error_of(again), error_of(first)) == (0, 103)


def test_the_command_writes_credentials_that_work_and_keeps_them(settings, tmp_path):
    settings.DATA_DIR = tmp_path

    def told():
        call_command("demo", stdout=io.StringIO())
        return json.loads((tmp_path / "demo.json").read_text())["coaching"]

    keys = told()

    assert error_of(keys) == 0
    assert told() == keys


def error_of(keys) -> int:
    """What the API answers to those credentials."""
    fields = {"a": "Client.getAll", "APIID": keys["api_id"], "APIKey": keys["api_key"]}
    return HTTPClient().post("/API/", fields).json()["error"]
