"""Kannel's configuration: whole, and closed to what would begin a line of its own."""

import io

import pytest
from django.core.management import CommandError, call_command

from telephony.models import Provider

pytestmark = pytest.mark.django_db


def trunk(**fields) -> Provider:
    values = {"name": "trunk", "type": "smpp", "service_flag": 4, "host": "smsc.example", "port": 2775, "active": True}
    return Provider.objects.create(**{**values, **fields})


def written() -> str:
    output = io.StringIO()
    call_command("kannel_config", stdout=output)
    return output.getvalue()


def group_of(text: str, name: str) -> dict[str, str]:
    groups = [dict(line.split(" = ", 1) for line in group.splitlines()) for group in text.split("\n\n") if group]
    return next(group for group in groups if group["group"] == f'"{name}"')


def test_a_trunk_is_reached_only_by_what_names_it():
    trunk(username="house", password='p"a\\ss', settings="system-type = VMA\nmax-pending-submits = 50\n# note\n")
    trunk(name="off", active=False)
    text = written()
    smsc = group_of(text, "smsc")
    assert (smsc["smsc-id"], smsc["allowed-smsc-id"], smsc["smsc"]) == ('"trunk"', '"trunk"', '"smpp"')
    assert (smsc["smsc-password"], smsc["system-type"]) == ('"p\\"a\\\\ss"', '"VMA"')
    assert smsc["max-pending-submits"] == '"50"'
    assert '"off"' not in text


def test_a_file_is_put_in_place_whole_and_closed_to_others(tmp_path):
    trunk()
    file = tmp_path / "kannel.conf"
    file.write_text("old")
    call_command("kannel_config", output=file)
    assert file.read_text() == written()
    assert file.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [file]
    with pytest.raises(CommandError, match="No such file"):
        call_command("kannel_config", output=tmp_path / "nowhere" / "kannel.conf")


def test_kannel_never_answers_a_text_by_itself():
    service = group_of(written(), "sms-service")
    assert (service["max-messages"], service["omit-empty"], service["send-sender"]) == ('"0"', '"true"', '"true"')


@pytest.mark.parametrize("line", ["group = core", "include = /etc/passwd", "smsc-id = other", "no pair", "a\x00 = b"])
def test_settings_that_would_be_another_group_are_refused(line):
    trunk(settings=line) if "\0" not in line else trunk(settings=line.replace("\0", "\x01"))
    with pytest.raises(CommandError, match="provider trunk"):
        written()


def test_a_trunk_over_http_needs_to_know_where_to_send():
    trunk(type="http", settings="")
    with pytest.raises(CommandError, match="needs send-url"):
        written()
    Provider.objects.update(settings="send-url = https://sms.example/send?to=%p&text=%b")
    assert group_of(written(), "smsc")["send-url"].startswith('"https://sms.example')
