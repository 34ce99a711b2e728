"""Calls through a switch: every attempt's cause, times and results come back, and nobody is rung twice."""

import io

import pytest

from telephony.models import Recording, Spool, Transmission
from telephony.services import contacts, messages, programs, transmissions
from tests.support.files import wav
from tests.support.switchboard import FarEnd
from tests.telephony.conftest import numbers
from tests.telephony.freeswitch.conftest import ended, results, until


@pytest.fixture
def recording(owner, switch_settings, transactional_db):
    row = messages.create_recording(owner=owner, name="greeting")
    return messages.store_recording_media(recording=row, content=io.BytesIO(wav(1)), content_type="audio/wav", by=owner)


@pytest.fixture
def call(owner):
    """call(program, number): a transmission that was sent, and its attempt."""

    def make(program, number="+12025550150", **fields) -> Spool:
        contact = contacts.create_contact(owner=owner, first_name="Ann", phone=number)
        row = transmissions.create_transmission(owner=owner, program=program, contact=contact, **fields)
        return transmissions.send_transmission(transmission=row, by=owner)

    return make


@pytest.fixture
def greeting(owner, recording):
    return programs.create_program(type="voicemessage", owner=owner, recording_id=recording.pk)


def test_a_voice_message_is_played_and_the_call_told_of(board, process, call, greeting):
    opened = call(greeting)
    [spool] = ended()
    assert (spool.status, spool.cause, spool.response) == ("completed", "answered", "NORMAL_CLEARING")
    assert spool.call_id == str(opened.reference) == board.orders[0][0]["origination_uuid"]
    assert spool.time_connect and spool.time_end and spool.amount is not None
    assert results(spool) == [
        ("application", "originate", "success"),
        ("application", "voice_play", "success"),
        ("application", "disconnect", "success"),
    ]
    assert Transmission.objects.get().status == "completed"
    assert board.surprises == []
    variables, end = board.orders[0]
    assert end == "sofia/gateway/trunk/+12025550150"
    assert variables["originate_timeout"] == "5"
    assert variables["origination_caller_id_number"] == "+12025550199"


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("USER_BUSY", "busy"),
        ("NO_ANSWER", "no answer"),
        ("UNALLOCATED_NUMBER", "unreachable"),
        ("CALL_REJECTED", "rejected"),
        ("SOMETHING_NEW", "rejected"),
    ],
)
@pytest.mark.parametrize("ends_first", [False, True])
def test_a_call_that_is_not_answered_says_why_in_whatever_order_it_is_told(
    board, process, call, greeting, said, cause, ends_first
):
    board.people["+12025550150"], board.ends_first = FarEnd(cause=said), ends_first
    call(greeting)
    [spool] = ended()
    assert (spool.status, spool.cause, spool.response) == ("failed", cause, said)
    assert spool.time_connect is None and spool.amount is None
    assert results(spool) == [("application", "originate", "error")]


def test_an_ivr_goes_where_the_keys_lead(board, process, call, owner, recording, spoken):
    def way(result, target):
        return {"node_type": result, "pointer": {"linked_app_index": target}}

    scheme = {
        "a": {"type": "start", "app_index": "a", "out_nod": [way("success", "amd")]},
        "amd": {"type": "amd", "app_index": "amd", "out_nod": [way("human", "menu"), way("machine", "end")]},
        "menu": {
            "type": "play_menu",
            "app_index": "menu",
            "data": {"text": "Press 1, [transmission:contact:first_name]"},
            "out_nod": [way("1", "age"), way("timeout", "end")],
        },
        "age": {"type": "input", "app_index": "age", "data": {"name": "age"}, "out_nod": [way("success", "rec")]},
        "rec": {"type": "record", "app_index": "rec", "data": {"max_duration": 20}, "out_nod": [way("success", "say")]},
        "say": {
            "type": "say_date",
            "app_index": "say",
            "data": {"date": "2026-11-25"},
            "out_nod": [way("success", "end")],
        },
        "end": {"type": "hangup", "app_index": "end"},
    }
    program = programs.create_program(type="ivr", owner=owner, ivr_scheme=scheme)
    board.people["+12025550150"] = FarEnd(says=(0.3, 0.6), keys=["7", "1", "22"])
    call(program)
    [spool] = ended()
    kept = Recording.objects.exclude(pk=recording.pk).get()
    assert results(spool) == [
        ("application", "originate", "success"),
        ("application", "amd", "human"),
        ("info", "amd", "human"),
        ("application", "play_menu", "1"),
        ("dtmf", "key", "1"),
        ("application", "input", "success"),
        ("dtmf", "age", "22"),
        ("application", "record", "success"),
        ("info", "duration", "2"),
        ("application", "say_date", "success"),
        ("application", "disconnect", "success"),
        ("message", "recording", str(kept.pk)),
    ]
    assert (kept.owner, kept.length) == (owner, 2)
    assert set(spoken()) == {"Press 1, Ann", "25 November 2026"}
    assert board.surprises == []


@pytest.mark.parametrize("missing", ["module", "settings"])
def test_everybody_counts_as_a_person_where_the_switch_cannot_tell_machines(board, process, call, owner, missing):
    if missing == "module":
        board.modules.discard("mod_amd")
    else:
        board.amd_settings = ""
    process.lose_connections()
    link = process.switch.links[1]
    until(lambda: link.is_up and not link.detects)
    scheme = {
        "a": {"type": "start", "out_nod": [{"node_type": "success", "pointer": {"linked_app_index": "amd"}}]},
        "amd": {"type": "amd", "out_nod": []},
    }
    call(programs.create_program(type="ivr", owner=owner, ivr_scheme=scheme))
    [spool] = ended()
    assert (spool.status, spool.cause) == ("completed", "answered")
    assert results(spool) == [
        ("application", "originate", "success"),
        ("application", "amd", "human"),
        ("info", "amd", "human"),
        ("error", "amd", "answering-machine detection is not there"),
        ("application", "disconnect", "success"),
    ]


def test_somebody_who_hangs_up_in_the_middle_was_reached_all_the_same(board, process, call, greeting):
    board.people["+12025550150"] = FarEnd(hangs_up_on="playback")
    call(greeting)
    [spool] = ended()
    assert (spool.status, spool.cause) == ("completed", "answered")
    assert ("application", "voice_play", "hangup") in results(spool)


def test_a_text_is_spoken_once_however_many_hear_it(board, process, call, owner, spoken):
    program = programs.create_program(type="voicetts", owner=owner, text="Good morning", delay=500)
    call(program, "+12025550150")
    call(program, "+12025550151")
    assert [spool.status for spool in ended(2)] == ["completed", "completed"]
    assert spoken() == ["Good morning"]


def test_an_engine_that_is_not_there_fails_the_attempt_in_words(board, process, call, owner, settings):
    settings.SPEECH_COMMAND = "no-such-speaker -w {file}"
    call(programs.create_program(type="voicetts", owner=owner, text="Good morning"))
    [spool] = ended()
    assert (spool.cause, spool.response) == ("not rendered", "texts cannot be spoken: no-such-speaker is not installed")
    assert board.dialled == []


def test_a_campaign_rings_everybody_once_and_counts_the_outcomes(
    board, process, campaign_of, greeting, engine, loopback
):
    loopback.delete()
    called = numbers(40)
    for at, number in enumerate(called):
        board.people[number] = FarEnd(cause=["", "USER_BUSY", "UNALLOCATED_NUMBER", "NO_ANSWER"][at % 4])
    campaign = campaign_of(called, program=greeting)
    engine.claim(campaign)
    spools = ended(40)
    assert sorted(board.dialled) == sorted(called)
    assert {spool.cause for spool in spools} == {"answered", "busy", "unreachable", "no answer"}
    assert sum(spool.cause == "answered" for spool in spools) == 10
    until(lambda: not board.hash)  # the switch is told to forget what we know


def test_the_connection_lost_in_the_middle_rings_nobody_twice_and_loses_no_end(
    board, process, campaign_of, greeting, engine, loopback
):
    loopback.delete()
    called = numbers(20)
    for at, number in enumerate(called):
        board.people[number] = FarEnd(cause="USER_BUSY" if at % 2 else "", rings=1.0, listens=0.5)
    engine.claim(campaign_of(called, program=greeting))
    until(lambda: len(board.dialled) == 20)
    board.cut()
    spools = ended(20)
    assert sorted(board.dialled) == sorted(called)
    assert [spool.cause for spool in spools] == ["answered", "busy"] * 10


def test_reports_that_are_lost_are_asked_for(board, process, call, greeting):
    board.people["+12025550150"] = FarEnd(cause="USER_BUSY")
    board.loses_reports = True
    call(greeting)
    until(lambda: board.hash)
    board.cut()  # back again, it asks about what it waits for
    [spool] = ended()
    assert (spool.status, spool.cause) == ("failed", "busy")


def test_a_process_that_died_is_followed_by_one_that_finds_its_calls(board, process, call, greeting):
    board.people["+12025550150"] = FarEnd(rings=1.5)
    board.people["+12025550151"] = FarEnd(cause="USER_BUSY", rings=0.3)
    call(greeting, "+12025550150")
    call(greeting, "+12025550151")
    until(lambda: len(board.dialled) == 2)
    process.stop()
    until(lambda: board.hash)
    process.start()
    answered, busy = ended(2)
    assert (answered.cause, busy.cause) == ("answered", "busy")
    assert ("application", "voice_play", "success") in results(answered)
    assert sorted(board.dialled) == ["+12025550150", "+12025550151"]


def test_a_switch_that_restarts_leaves_its_calls_unknown_and_takes_new_ones(board, process, call, greeting):
    board.people["+12025550150"] = FarEnd(rings=4)
    call(greeting)
    until(lambda: board.dialled)
    board.restart()
    [spool] = ended()
    assert (spool.status, spool.cause) == ("failed", "unknown")
    call(greeting, "+12025550151")
    assert ended(2)[1].cause == "answered"
    assert board.dialled == ["+12025550150", "+12025550151"]


def test_what_waits_while_the_switch_is_away_is_dialled_when_it_is_back(board, process, call, greeting):
    board.do(board.close())
    until(lambda: not any(link.is_up for link in process.switch.links.values()))
    opened = call(greeting)
    opened.refresh_from_db()
    assert opened.status == "queued"
    board.do(board.open())
    assert ended()[0].cause == "answered"
