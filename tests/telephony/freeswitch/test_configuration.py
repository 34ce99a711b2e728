"""The switch's configuration: complete, safe whatever people are called, written when it changes and told to it."""

from io import StringIO
from xml.etree import ElementTree as ET

import pytest
from django.core.management import CommandError, call_command

from telephony.gateways.freeswitch import switch as switch_module
from telephony.models import Heartbeat, Provider
from telephony.services import accounts, contacts, programs, transmissions
from telephony.services.extensions import create_extension
from telephony.services.switch_files import write_configuration
from tests.support.switchboard import PASSWORD
from tests.telephony.freeswitch.conftest import Process, ended, until


@pytest.fixture
def trunk(transactional_db, switch_settings) -> Provider:
    return Provider.objects.create(
        name="trunk",
        type="sip",
        service_flag=3,
        host="sip.example.com",
        port=5060,
        username="ann",
        password="p<&\"'$${x}",
        prefix="0|44,+|",
        register=True,
        active=True,
    )


def params(text: str, kind: str = "param") -> dict[str, str]:
    return {each.get("name"): each.get("value") for each in ET.fromstring(text).iter(kind)}


def test_a_trunk_becomes_a_gateway(trunk, tmp_path):
    write_configuration(node_id=1, folder=tmp_path)
    text = (tmp_path / "gateways/trunk.xml").read_text()
    found = params(text)
    assert found["password"] == trunk.password
    assert "$${" not in text  # the switch's preprocessor would fill it in
    assert (found["username"], found["realm"], found["proxy"]) == ("ann", "sip.example.com", "sip.example.com:5060")
    assert (found["register"], found["expire-seconds"], found["extension-in-contact"]) == ("true", "3600", "true")
    assert (tmp_path / "gateways/trunk.xml").stat().st_mode & 0o777 == 0o640


def test_an_extension_becomes_a_user_whatever_its_name(trunk, owner, tmp_path):
    account = create_extension(owner=owner, extension="1001", display_name='Ann "<O\'Neil>"/></user> ${x}')
    account.phone = "1777"
    account.save()
    write_configuration(node_id=1, folder=tmp_path)
    text = (tmp_path / "directory/1001.xml").read_text()
    [user] = ET.fromstring(text).iter("user")
    assert (user.get("id"), user.get("number-alias")) == ("1001", "1777")
    assert params(text)["password"] == account.passwd
    assert params(text, "variable")["effective_caller_id_name"] == "Ann O Neil / /user x"
    assert params(text, "variable")["user_context"] == f"user_{owner.pk}"


def test_owners_reach_their_own_extensions_and_the_world(trunk, owner, make_user, tmp_path):
    other = make_user()
    create_extension(owner=owner, extension="1001")
    create_extension(owner=other, extension="1002")
    write_configuration(node_id=1, folder=tmp_path)
    contexts = {c.get("name"): c for c in ET.fromstring((tmp_path / "dialplan/extensions.xml").read_text())}
    mine = contexts[f"user_{owner.pk}"]
    ways = {c.get("expression"): c[0].get("data") for c in mine.iter("condition")}
    assert ways["^(1001)$"] == "user/1001"
    assert "^(1002)$" not in ways
    assert ways["^0([0-9]{3,20})$"] == "sofia/gateway/trunk/44$1"
    assert ways[r"^\+([0-9]{3,20})$"] == "sofia/gateway/trunk/$1"


def test_what_is_switched_off_or_gone_is_taken_away_and_the_files_of_others_stay(trunk, owner, tmp_path):
    account = create_extension(owner=owner, extension="1001")
    write_configuration(node_id=1, folder=tmp_path)
    (tmp_path / "gateways/theirs.xml").write_text("<include/>")
    assert write_configuration(node_id=1, folder=tmp_path) == []
    accounts.update_account(account=account, by=owner, active=False)
    Provider.objects.update(active=False)
    changed = write_configuration(node_id=1, folder=tmp_path)
    assert {"gateways/trunk.xml", "directory/1001.xml"} <= set(changed)
    assert [path.name for path in (tmp_path / "gateways").iterdir()] == ["theirs.xml"]


def test_the_command_writes_and_tells_the_switch(trunk, board, tmp_path):
    out = StringIO()
    call_command("switch_config", str(tmp_path), "--reload", stdout=out)
    assert "gateways/trunk.xml" in out.getvalue()
    assert board.reloads == ["sofia profile external killgw trunk", "reloadxml", "sofia profile external rescan"]
    call_command("switch_config", str(tmp_path), "--reload", stdout=out)
    assert len(board.reloads) == 3  # nothing changed


def test_the_command_says_what_it_lacks(trunk, board, settings, tmp_path):
    with pytest.raises(CommandError, match="no switch 7"):
        call_command("switch_config", str(tmp_path), "--node", "7")
    settings.FREESWITCH_NODES = [f"esl://:{PASSWORD}@127.0.0.1:1"]
    with pytest.raises(CommandError, match="no switch answers"):
        call_command("switch_config", str(tmp_path), "--reload")
    settings.FREESWITCH_NODES = [f"esl://:{PASSWORD}@127.0.0.1:{board.port}"]
    call_command("switch_config", str(tmp_path), "--reload")  # nothing changed since, but nobody was told
    assert "reloadxml" in board.reloads


def test_a_change_reaches_the_switch_by_itself(board, process, owner, trunk, tmp_path, settings, monkeypatch):
    settings.FREESWITCH_CONFIG = str(tmp_path)
    until(lambda: "reloadxml" in board.reloads)
    assert (tmp_path / "1/gateways/trunk.xml").exists()
    create_extension(owner=owner, extension="1001")
    told = len(board.reloads)
    until(lambda: (tmp_path / "1/directory/1001.xml").exists())
    until(lambda: board.reloads[told:] == ["reloadxml"])


def test_a_switch_hears_of_a_new_trunk_before_it_is_given_calls(board, trunk, owner, tmp_path, settings, monkeypatch):
    monkeypatch.setattr(switch_module, "LOOK_SECONDS", 0.05)
    settings.FREESWITCH_CONFIG = str(tmp_path)
    Heartbeat.objects.create(name="switch:1")
    scheme = {
        "a": {"type": "start", "out_nod": [{"node_type": "success", "pointer": {"linked_app_index": "end"}}]},
        "end": {"type": "hangup"},
    }
    contact = contacts.create_contact(owner=owner, first_name="Ann", phone="+12025550150")
    program = programs.create_program(type="ivr", owner=owner, ivr_scheme=scheme)
    row = transmissions.create_transmission(owner=owner, program=program, contact=contact)
    transmissions.send_transmission(transmission=row, by=owner)
    process = Process(board).start()
    try:
        ended()
    finally:
        process.stop()
    orders = [first for first, _ in board.commands]
    dialled = next(at for at, order in enumerate(orders) if order.startswith("bgapi originate"))
    assert "api sofia profile external rescan" in orders[:dialled]
