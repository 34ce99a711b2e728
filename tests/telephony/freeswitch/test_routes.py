"""Which trunk a call goes through, what the switch is told of it, and what happens when it refuses."""

import io
import uuid
from datetime import timedelta

import pytest

from telephony.gateways.base import Attempt
from telephony.gateways.freeswitch import orders, outcomes
from telephony.gateways.freeswitch.encode import Unsafe
from telephony.models import Provider, Result, Spool
from telephony.services import contacts, messages, programs, transmissions
from telephony.services.calls import originate_call
from telephony.services.extensions import create_extension
from tests.support.files import wav
from tests.support.switchboard import FarEnd
from tests.telephony.conftest import numbers
from tests.telephony.freeswitch.conftest import ended, results, until


@pytest.fixture
def greeting(owner, switch_settings, transactional_db):
    row = messages.create_recording(owner=owner, name="greeting")
    messages.store_recording_media(recording=row, content=io.BytesIO(wav(1)), content_type="audio/wav", by=owner)
    return programs.create_program(type="voicemessage", owner=owner, recording_id=row.pk)


def send(owner, program, number="+12025550150", **fields) -> Spool:
    contact = contacts.create_contact(owner=owner, first_name="Ann", phone=number)
    row = transmissions.create_transmission(owner=owner, program=program, contact=contact, **fields)
    return transmissions.send_transmission(transmission=row, by=owner)


@pytest.fixture
def second(trunk) -> Provider:
    return Provider.objects.create(
        name="second", type="sip", service_flag=3, host="192.0.2.8", weight=10**9, active=True
    )


def ordered(destination="+12025550150", source="+12025550199", **about) -> str:
    provider = Provider(name="trunk", type="sip", **about)
    attempt = Attempt(uuid.UUID(int=7), 1, source, destination, "[]")
    return orders.originate(attempt, provider, (), "127.0.0.1:8084")


def test_the_order_holds_everything_that_the_switch_must_know():
    assert ordered() == (
        "originate {origination_uuid=00000000-0000-0000-0000-000000000007,originate_timeout=60,"
        "ignore_early_media=true,hangup_after_bridge=false,origination_caller_id_number=+12025550199,"
        "origination_caller_id_name=+12025550199,absolute_codec_string=^^:PCMU:PCMA,origination_nested_vars=true,"
        "api_hangup_hook=hash::insert/coachhouse/00000000-0000-0000-0000-000000000007/${hangup_cause}|${answer_uepoch}"
        "|${end_uepoch}|${billsec}|${fax_success}|${fax_document_transferred_pages}|${fax_result_text}}"
        "sofia/gateway/trunk/+12025550150 '&socket(127.0.0.1:8084 async full)'"
    )


@pytest.mark.parametrize(
    ("dialstring", "end"),
    [
        ("sofia/external/{number}@192.0.2.9;transport=tcp", "sofia/external/+12025550150@192.0.2.9;transport=tcp"),
        ("sofia/gateway/other", "sofia/gateway/other/+12025550150"),
    ],
)
def test_a_dial_string_says_where_the_number_goes(dialstring, end):
    assert f"}}{end} '&socket(" in ordered(dialstring=dialstring)


def test_an_internal_number_is_rung_by_the_switch_itself():
    assert "}user/1002 '&socket(" in ordered(destination="1002", dialstring="sofia/gateway/other")


@pytest.mark.parametrize("destination", ["", "+1 2025550150", "1'2", "a@b", "+1\n2", "${x}"])
def test_what_is_no_number_is_not_dialled(destination):
    with pytest.raises(Unsafe):
        ordered(destination=destination)


def test_a_caller_that_is_no_number_is_not_shown():
    assert "caller_id" not in ordered(source="Ann'},bgapi")
    assert "origination_caller_id_number=+12025550199," in ordered(source="+1 (202) 555-0199")


def test_the_prefix_rules_of_the_provider_hold(board, process, owner, greeting, trunk):
    Provider.objects.filter(pk=trunk.pk).update(prefix="1202|0")
    send(owner, greeting)
    assert ended()[0].cause == "answered"
    assert board.dialled == ["05550150"]


@pytest.mark.parametrize("broken", ["no gateway", "down"])
def test_the_next_provider_is_tried_after_a_certain_refusal_under_a_reference_of_its_own(
    board, process, owner, greeting, second, broken
):
    if broken == "down":
        board.down = {"trunk"}
    else:
        board.gateways = {}
    board.gateways["second"] = "NOREG"
    send(owner, greeting)
    [spool] = ended()
    assert (spool.status, spool.provider.name) == ("completed", "second")
    used = [variables["origination_uuid"] for variables, _ in board.orders]
    assert len(set(used)) == len(used) == 2
    assert str(spool.reference) == used[1]
    refused = Result.objects.get(name="refused").data
    assert "INVALID_GATEWAY" in refused or "GATEWAY_DOWN" in refused


@pytest.mark.parametrize("cause", ["NO_ANSWER", "RECOVERY_ON_TIMER_EXPIRE", "USER_BUSY", "CALL_REJECTED"])
def test_no_other_provider_is_tried_after_anything_else(board, process, owner, greeting, second, cause):
    board.gateways["second"] = "NOREG"
    board.people["+12025550150"] = FarEnd(cause=cause)
    send(owner, greeting)
    assert ended()[0].status == "failed"
    assert board.dialled == ["+12025550150"]


def test_an_attempt_that_no_provider_takes_ends_refused_in_the_switch_s_words(board, process, owner, greeting):
    board.down = {"trunk"}
    send(owner, greeting)
    [spool] = ended()
    assert (spool.status, spool.cause, spool.response) == ("failed", "refused", "GATEWAY_DOWN")


def test_a_provider_never_has_more_calls_than_channels(
    board, process, owner, greeting, trunk, campaign_of, engine, loopback
):
    loopback.delete()
    Provider.objects.filter(pk=trunk.pk).update(max_channels=3)
    called = numbers(9)
    board.people.update({number: FarEnd(rings=0.3, cause="USER_BUSY") for number in called})
    campaign = campaign_of(called, program=greeting)
    most = 0

    def claimed_all() -> bool:
        nonlocal most
        engine.claim(campaign)
        most = max(most, len(board.channels))
        return Spool.objects.exclude(time_end=None).count() == 9

    until(claimed_all)
    assert most == 3
    assert sorted(board.dialled) == sorted(called)


def test_a_switch_starts_no_more_calls_a_second_than_it_may(
    board, process, owner, greeting, campaign_of, engine, loopback
):
    loopback.delete()
    link = process.switch.links[1]
    link.starts, link.channels, link.budget = 10.0, 8, 0
    called = numbers(24)
    board.people.update({number: FarEnd(rings=0.2, cause="USER_BUSY") for number in called})
    engine.claim(campaign_of(called, program=greeting))
    started = [spool.time_start for spool in ended(24)]
    assert max(started) - min(started) > timedelta(seconds=1.5)  # half a second's worth is in store


def test_a_switch_is_never_given_more_than_it_takes_a_second(
    board, trunk, owner, greeting, campaign_of, engine, loopback, request
):
    loopback.delete()
    board.sps, board.max_sessions = 30, 12  # where a stock switch refuses the thirtieth, as if nobody could be reached
    process = request.getfixturevalue("process")
    called = numbers(40)
    board.people.update({number: FarEnd(rings=0.1, cause="USER_BUSY") for number in called})
    engine.claim(campaign_of(called, program=greeting))
    assert {spool.cause for spool in ended(40)} == {"busy"}
    assert (process.switch.links[1].starts, process.switch.links[1].channels) == (pytest.approx(18), 12)


def test_a_switch_forgets_calls_that_a_trunk_refused(board, process, owner, greeting, second, loopback):
    loopback.delete()
    second.delete()
    board.people["+12025550150"] = FarEnd(cause="NORMAL_TEMPORARY_FAILURE")
    send(owner, greeting)
    [spool] = ended()
    assert spool.cause == "refused"
    until(lambda: board.dialled and not board.hash)


def test_a_switch_forgets_what_a_process_that_died_had_recorded(board, process, owner, greeting, monkeypatch):
    monkeypatch.setattr(outcomes, "FORGET_SECONDS", 60.0)
    send(owner, greeting)
    [spool] = ended()
    until(lambda: board.remembered == [str(spool.reference)])
    board.hash["coachhouse_11111111-1111-1111-1111-111111111111"] = "NORMAL_CLEARING||||||"  # another house's
    board.do(process.switch.outcomes.forget_old(process.switch.links[1]))
    assert board.remembered == ["11111111-1111-1111-1111-111111111111"]


def test_a_call_that_the_switch_did_not_begin_goes_to_another_trunk(board, process, owner, greeting, second, loopback):
    loopback.delete()
    board.gateways["second"] = "NOREG"
    board.full_for = 1
    send(owner, greeting)
    ended(1)
    assert [end.split("/")[2] for _, end in board.orders] == ["trunk", "second"]
    first, second_try = board.orders
    assert first[0]["origination_uuid"] != second_try[0]["origination_uuid"]
    assert board.dialled == ["+12025550150"]


def test_click_to_call_rings_the_extension_then_dials_and_joins(board, process, owner, trunk):
    create_extension(owner=owner, extension="1001")
    originate_call(owner=owner, extension="1001", number="+12025550150")
    [spool] = ended()
    assert (spool.status, spool.cause) == ("completed", "answered")
    assert board.dialled == ["1001"]
    assert ("bridge", "sofia/gateway/trunk/+12025550150") in [call[1:] for call in board.executed]
    assert ("application", "bridge", "success") in results(spool)


def test_an_agent_s_extension_is_joined_and_a_silent_one_said_to_be(board, process, owner, trunk):
    extension = create_extension(owner=owner, extension="1001")
    board.people["1001"] = FarEnd(cause="NO_ANSWER")
    send(owner, programs.create_program(type="agent", owner=owner, extension_id=extension.pk))
    [spool] = ended()
    assert ("application", "transfer", "error") in results(spool)
    assert ("error", "error", "NO_ANSWER") in results(spool)


def test_an_attacker_s_name_reaches_the_switch_as_nothing_more_than_words(board, process, owner, spoken):
    name = "Ann'}; ${system(reboot)} %[x]"
    program = programs.create_program(
        type="ivr",
        owner=owner,
        ivr_scheme={
            "a": {"type": "start", "out_nod": [{"node_type": "x", "pointer": {"linked_app_index": "id"}}]},
            "id": {
                "type": "callerid_set",
                "data": {"callerid": "[transmission:contact:first_name]"},
                "out_nod": [{"node_type": "success", "pointer": {"linked_app_index": "say"}}],
            },
            "say": {"type": "tts", "data": {"text": "Hello [transmission:contact:first_name]"}, "out_nod": []},
        },
    )
    contact = contacts.create_contact(owner=owner, first_name=name, phone="+12025550150")
    row = transmissions.create_transmission(owner=owner, program=program, contact=contact)
    transmissions.send_transmission(transmission=row, by=owner)
    [spool] = ended()
    assert ("application", "callerid_set", "error") in results(spool)
    assert spoken() == [f"Hello {name}"]  # to the speaker alone, as text
    assert board.surprises == []
    assert {first.split(" ")[0] for first, _ in board.commands} <= {
        *("auth", "event", "api", "bgapi", "connect", "linger", "myevents", "sendmsg")
    }
    assert not any("system" in f"{first}{headers}" for first, headers in board.commands)
