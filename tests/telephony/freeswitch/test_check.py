"""The provider's check asks the switch and says in words what is wrong."""

import pytest

from access.refusals import NotReady
from telephony.gateways.base import CannotSay, NeverHeard, NotTried, StillRunning
from telephony.gateways.freeswitch import FreeSWITCH
from telephony.gateways.freeswitch.nodes import BadNode, read_nodes, wait_after
from telephony.models import Heartbeat, Provider
from telephony.services.providers import check_provider
from tests.support.switchboard import PASSWORD, Channel, FarEnd

GATEWAY = FreeSWITCH()


@pytest.fixture
def trunk(switch_settings) -> Provider:
    return Provider(name="trunk", type="sip", service_flag=3, host="192.0.2.7", active=True)


def test_a_switch_with_all_in_order_has_nothing_wrong(trunk):
    assert GATEWAY.check(trunk) == []


def test_the_password_that_everybody_knows_is_warned_of(trunk, board, settings):
    board.password = "ClueCon"
    settings.FREESWITCH_NODES = [f"esl://:ClueCon@127.0.0.1:{board.port}"]
    [problem] = GATEWAY.check(trunk)
    assert "anybody knows" in problem


def test_a_version_that_can_be_broken_is_warned_of(trunk, board):
    board.version = "1.10.12"
    [problem] = GATEWAY.check(trunk)
    assert "1.10.12" in problem
    assert "CVE-2026-49840" in problem


def test_an_event_socket_open_to_the_network_is_warned_of(trunk, board, monkeypatch):
    async def answers(host, port):
        return (host, port) == ("192.0.2.99", board.port)

    monkeypatch.setattr("telephony.gateways.freeswitch.gateway._answers", answers)
    board.outer = "192.0.2.99"
    [problem] = GATEWAY.check(trunk)
    assert "listens beyond this machine" in problem


def test_a_gateway_that_is_missing_down_or_not_registered_is_named(trunk, board):
    trunk.register = True
    board.gateways["trunk"] = "FAIL_WAIT"
    board.down.add("trunk")
    down, unregistered = GATEWAY.check(trunk)
    assert "is down" in down
    assert "FAIL_WAIT" in unregistered
    board.gateways.clear()
    [missing] = GATEWAY.check(trunk)
    assert "no gateway trunk" in missing


def test_a_module_that_is_missing_is_named(trunk, board):
    board.modules.discard("mod_spandsp")
    [problem] = GATEWAY.check(trunk)
    assert problem == "mod_spandsp is not loaded: it cannot fax"


def test_a_mod_amd_without_settings_is_named(trunk, board):
    board.amd_settings = ""
    [problem] = GATEWAY.check(trunk)
    assert "amd.conf" in problem
    board.modules.discard("mod_amd")
    assert GATEWAY.check(trunk) == []


def test_a_wrong_password_and_a_switch_that_is_away_are_said_without_secrets(trunk, board, settings):
    settings.FREESWITCH_NODES = [f"esl://:wr0ng@127.0.0.1:{board.port}"]
    [refused] = GATEWAY.check(trunk)
    assert "password" in refused
    assert "wr0ng" not in refused
    settings.FREESWITCH_NODES = [f"esl://:{PASSWORD}@127.0.0.1:1"]
    [away] = GATEWAY.check(trunk)
    assert "no switch answers" in away
    settings.FREESWITCH_NODES = []
    [none] = GATEWAY.check(trunk)
    assert "COACHHOUSE_FREESWITCH_NODES" in none


def test_a_switch_can_be_asked_about_any_attempt(trunk, board, settings):
    import uuid

    alive, gone = uuid.uuid4(), uuid.uuid4()
    board.channels[str(alive)] = Channel(str(alive), {}, "1", FarEnd())
    assert list(GATEWAY.lookup(trunk, [alive, gone])) == [StillRunning(alive), NeverHeard(gone)]
    settings.FREESWITCH_NODES = [f"esl://:{PASSWORD}@127.0.0.1:1"]
    assert list(GATEWAY.lookup(trunk, [alive])) == [CannotSay(alive)]


def test_what_is_given_to_the_gateway_itself_goes_back_into_the_queue(trunk):
    from telephony.gateways.base import Attempt

    attempt = Attempt(reference="r", service_flag=1, source="", destination="1", content="[]")  # type: ignore[arg-type]
    assert list(GATEWAY.submit(trunk, [attempt])) == [NotTried("r")]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "address",
    [
        "http://:x@127.0.0.1",
        "esl://127.0.0.1:8021",
        "esl://:x@",
        "esl://:x@127.0.0.1:99999",
        "esl://:x@127.0.0.1?channels=many",
        "esl://:x@127.0.0.1?color=red",
        "esl://:x@127.0.0.1?starts=0",
        "esl://:x%0aexit@127.0.0.1",
    ],
)
def test_a_switch_that_is_written_wrongly_is_refused(address):
    with pytest.raises(BadNode):
        read_nodes([address])


def test_a_switch_is_read_with_its_limits():
    node = read_nodes(["esl://:s%40cret@switch.internal:8022?channels=100&starts=5"])[1]
    assert (node.host, node.port, node.password, node.channels, node.starts) == (
        *("switch.internal", 8022, "s@cret"),
        *(100, 5.0),
    )
    assert "s@cret" not in str(node)


def test_waiting_for_a_lost_switch_grows_and_ends_somewhere():
    assert 0.4 <= wait_after(1) <= 0.6
    assert 24 <= wait_after(50) <= 36


def test_a_trunk_whose_process_is_away_is_told_so_by_the_check(transactional_db, trunk, board):
    trunk.save()
    with pytest.raises(NotReady, match="switch does not run"):
        check_provider(provider=trunk)
    Heartbeat.objects.create(name="switch:1")
    check_provider(provider=trunk)
