"""What calls through a switch promise, on the switch that stands in and, where FREESWITCH_URL names one, a real one."""

import io
from collections import Counter
from datetime import timedelta

import pytest

from telephony.gateways.freeswitch import outcomes
from telephony.models import Document, Provider, Spool, Transmission
from telephony.services import accounts, contacts, documents, messages, programs, transmissions
from telephony.services.extensions import create_extension
from tests.support import freeswitch
from tests.support.far_ends import FarEnd
from tests.support.files import pdf, wav
from tests.support.freeswitch import RealSwitch
from tests.support.switchboard import Switchboard
from tests.telephony.conftest import numbers
from tests.telephony.freeswitch.conftest import ended, results, until

RING_SECONDS = 5  # the trunk's
REAL = pytest.mark.skipif(not freeswitch.IS_THERE, reason=freeswitch.WHY_NOT)
# who is called, the cause as it is counted, the switch's own words
ENDS = [
    (FarEnd(), "answered", "NORMAL_CLEARING"),
    (FarEnd(cause="USER_BUSY"), "busy", "USER_BUSY"),
    (FarEnd(cause="UNALLOCATED_NUMBER"), "unreachable", "UNALLOCATED_NUMBER"),
    (FarEnd(silent=True), "no answer", "NO_ANSWER"),
]
# what is heard of whoever answers, as seconds of silence and of speech in turn, and whether that is taken for a machine
HEARD = {
    "+12025550150": ((0.3, 0.6), "human"),  # "hello" on a line that sends nothing while nobody speaks
    "+12025550151": ((0.3, 0.6, 3.0), "human"),  # on one that sends the silence
    "+12025550152": ((0.3, 4.0), "machine"),  # a greeting
    "+12025550153": ((0.3, 0.4, 0.3, 0.4, 0.3, 0.4), "machine"),  # many words
    "+12025550154": ((), "machine"),  # nothing at all
    "+12025550155": ((2.2, 1.2, 0.6, 1.4), "human"),  # what nobody can tell
}


@pytest.fixture(params=["stand-in", pytest.param("real", marks=REAL)])
def board(request, tmp_path):
    switch = (Switchboard() if request.param == "stand-in" else RealSwitch(tmp_path)).start()
    yield switch
    switch.stop()


@pytest.fixture
def message(owner, switch_settings, transactional_db):
    """message(seconds): a program that plays a message of that length."""

    def make(seconds):
        row = messages.create_recording(owner=owner, name="message")
        content = io.BytesIO(wav(seconds))
        messages.store_recording_media(recording=row, content=content, content_type="audio/wav", by=owner)
        return programs.create_program(type="voicemessage", owner=owner, recording_id=row.pk)

    return make


@pytest.fixture
def greeting(message):
    return message(1)


@pytest.fixture
def line(owner, transactional_db):
    return accounts.create_account(owner=owner, type="did", username="line", phone="+12025550177", active=True)


def send(owner, program, number):
    contact = contacts.create_contact(owner=owner, first_name="Ann", phone=number)
    row = transmissions.create_transmission(owner=owner, program=program, contact=contact)
    return transmissions.send_transmission(transmission=row, by=owner)


def way(result, target):
    return {"node_type": result, "pointer": {"linked_app_index": target}}


def seconds(span: timedelta) -> float:
    return span.total_seconds()


def test_a_hundred_calls_end_as_they_were_answered_and_when(board, process, campaign_of, greeting, engine, loopback):
    loopback.delete()
    called = numbers(100)
    expected = {number: ENDS[at % 4] for at, number in enumerate(called)}
    board.seat({number: far for number, (far, _, _) in expected.items()})
    engine.claim(campaign_of(called, program=greeting))
    spools = ended(100, 90)
    assert Counter(board.dialled) == Counter(called)
    for spool in spools:
        _, cause, said = expected[spool.transmission.contact.phone]
        assert (spool.cause, spool.response) == (cause, said)
        lasted = seconds(spool.time_end - spool.time_start)
        if cause == "answered":
            talked = seconds(spool.time_end - spool.time_connect)
            assert spool.status == "completed"
            assert -0.1 < seconds(spool.time_connect - spool.time_start) < lasted  # a switch's clock ticks coarsely
            assert abs(spool.amount - talked) <= 1
        else:
            assert (spool.status, spool.time_connect, spool.amount) == ("failed", None, None)
            assert (lasted >= RING_SECONDS - 1) if cause == "no answer" else (lasted < RING_SECONDS)


def test_keys_that_the_other_side_presses_lead_through_an_ivr(board, process, owner, spoken):
    scheme = {
        "a": {"type": "start", "out_nod": [way("success", "menu")]},
        "menu": {"type": "play_menu", "data": {"text": "Press 1"}, "out_nod": [way("1", "age"), way("timeout", "end")]},
        "age": {"type": "input", "data": {"name": "age"}, "out_nod": [way("success", "rec"), way("timeout", "end")]},
        "rec": {"type": "record", "data": {"max_duration": 2}, "out_nod": [way("success", "say")]},
        "say": {"type": "say_date", "data": {"date": "2026-11-25"}, "out_nod": [way("success", "end")]},
        "end": {"type": "hangup"},
    }
    number = "+12025550150"
    board.seat({number: FarEnd(keys=["7", "1", "22#"], between=2.0)})
    send(owner, programs.create_program(type="ivr", owner=owner, ivr_scheme=scheme), number)
    [spool] = ended(1, 60)
    found = results(spool)
    assert (spool.status, spool.cause, spool.response) == ("completed", "answered", "NORMAL_CLEARING")
    assert [fact for fact in found if fact[0] == "application"] == [
        ("application", "originate", "success"),
        ("application", "play_menu", "1"),
        ("application", "input", "success"),
        ("application", "record", "success"),
        ("application", "say_date", "success"),
        ("application", "disconnect", "success"),
    ]
    assert [fact for fact in found if fact[0] == "dtmf"] == [("dtmf", "key", "1"), ("dtmf", "age", "22")]
    assert [fact[1] for fact in found if fact[0] == "message"] == ["recording"]


def test_a_machine_is_told_from_people_and_a_line_that_is_mute_holds_nobody_up(board, process, owner):
    if board.api("module_exists mod_amd") != "true":
        pytest.skip("the switch has no mod_amd")
    scheme = {
        "a": {"type": "start", "out_nod": [way("success", "amd")]},
        "amd": {"type": "amd", "out_nod": [way("human", "ask"), way("machine", "end")]},
        "ask": {"type": "input", "data": {"name": "age"}, "out_nod": [way("success", "end")]},
        "end": {"type": "hangup"},
    }
    program = programs.create_program(type="ivr", owner=owner, ivr_scheme=scheme)
    board.seat({number: FarEnd(says=says, keys=["22#"], between=6.5) for number, (says, _) in HEARD.items()})
    for number in HEARD:
        send(owner, program, number)
    spools = {spool.transmission.contact.phone: spool for spool in ended(len(HEARD), 40)}
    detected = {number: spool.results.get(type="info", name="amd").data for number, spool in spools.items()}
    assert detected == {number: found for number, (_, found) in HEARD.items()}
    for number, spool in spools.items():
        talk = [("application", "input", "success"), ("dtmf", "age", "22")] if detected[number] == "human" else []
        assert (spool.status, spool.cause) == ("completed", "answered" if talk else "machine")
        assert results(spool) == [
            ("application", "originate", "success"),
            ("application", "amd", detected[number]),
            ("info", "amd", detected[number]),
            *talk,
            ("application", "disconnect", "success"),
        ]


def test_a_fax_goes_out_comes_in_again_and_has_all_its_pages(board, process, owner, trunk, line):
    board.dial_own_numbers(trunk, process.port)
    document = documents.create_document(owner=owner, name="Offer", quality="fine")
    documents.store_document_media(
        document=document, content=io.BytesIO(pdf(2)), content_type="application/pdf", by=owner
    )
    programs.create_program(type="receivefax", owner=owner, account_id=line.pk)
    send(owner, programs.create_program(type="sendfax", owner=owner, document_id=document.pk), line.phone)
    spools = ended(2, 180)
    for direction, application in (("outbound", "fax_send"), ("inbound", "fax_receive")):
        [spool] = [each for each in spools if each.transmission.direction == direction]
        found = results(spool)
        assert (spool.status, spool.transmission.status) == ("completed", "completed")
        assert ("application", application, "success") in found
        assert ("info", "pages", "2") in found
        assert ("info", "t38", "negotiated") in found
    received = Document.objects.exclude(pk=document.pk).get()
    assert received.pages == 2


def test_a_call_that_comes_in_reaches_the_extension_that_waits_for_it(board, process, owner, line):
    extension = create_extension(owner=owner, extension="1001")
    programs.create_program(type="forward", owner=owner, did_id=line.pk, extension_id=extension.pk)
    process.has_told("directory/1001.xml", extension.passwd)
    board.answer_at("1001", extension.passwd)
    board.call_in("12025550177", "12025550188", process.port)
    [spool] = ended(1, 30)
    assert (spool.status, spool.cause, spool.transmission.direction) == ("completed", "answered", "inbound")
    assert ("application", "transfer", "success") in results(spool)
    assert spool.transmission.contact.phone == "+12025550188"


@pytest.mark.parametrize(("crashes", "cause"), [(True, "unknown"), (False, "no answer")])
def test_a_switch_that_restarts_in_a_campaign_rings_nobody_twice(
    board, process, campaign_of, greeting, engine, loopback, trunk, crashes, cause
):
    loopback.delete()
    Provider.objects.filter(pk=trunk.pk).update(options={"ring_timeout": 90})
    called = numbers(30)
    board.seat({number: FarEnd(silent=True) for number in called[:10]})
    campaign = campaign_of(called, program=greeting)
    engine.claim(campaign, 10)
    until(lambda: len(board.dialled) == 10, 30)
    board.restart(crashes=crashes)
    ended(10, 60)
    engine.claim(campaign)
    ended(30, 60)
    assert Counter(board.dialled) == Counter(called)
    assert Counter(Spool.objects.values_list("cause", flat=True)) == {cause: 10, "answered": 20}
    assert set(Transmission.objects.filter(spools__cause=cause).values_list("status", flat=True)) == {"failed"}


def test_a_call_that_a_crash_cuts_off_is_known_to_have_been_answered(board, process, owner, message):
    board.seat({"+12025550150": FarEnd(listens=30)})
    spool = send(owner, message(30), "+12025550150")
    until(lambda: Spool.objects.get(pk=spool.pk).status == "connected", 30)
    board.restart()
    [spool] = ended(1, 60)
    assert (spool.status, spool.cause) == ("failed", "unknown")
    assert spool.response == "outcome unknown: the switch was restarted (the call had been answered)"
    assert spool.time_start - timedelta(seconds=0.1) < spool.time_connect < spool.time_end
    assert 0 <= spool.amount <= 30
    assert ("application", "voice_play", "hangup") in results(spool)


def test_somebody_who_hangs_up_in_the_middle_was_reached_all_the_same(board, process, owner, message):
    board.seat({"+12025550150": FarEnd(listens=10, stays=1.5)})
    send(owner, message(10), "+12025550150")
    [spool] = ended(1, 30)
    assert (spool.status, spool.cause, spool.response) == ("completed", "answered", "NORMAL_CLEARING")
    assert 1 <= spool.amount <= 3
    assert ("application", "voice_play", "hangup") in results(spool)


def test_the_connection_lost_in_the_middle_rings_nobody_twice_and_loses_no_end(
    board, process, campaign_of, greeting, engine, loopback
):
    loopback.delete()
    called = numbers(10)
    board.seat({number: FarEnd(cause="USER_BUSY" if at % 2 else "", rings=2.0) for at, number in enumerate(called)})
    engine.claim(campaign_of(called, program=greeting))
    until(lambda: len(board.dialled) == 10, 30)
    process.lose_connections()
    spools = ended(10, 60)
    assert Counter(board.dialled) == Counter(called)
    assert [spool.cause for spool in spools] == ["answered", "busy"] * 5
    ours = {str(spool.reference) for spool in spools}
    until(lambda: not ours & set(board.remembered), 30)  # the switch is told to forget what we know


def test_a_process_that_died_is_followed_by_one_that_finds_its_calls(board, process, owner, greeting):
    answers, is_busy = "+12025550150", "+12025550151"
    board.seat({answers: FarEnd(rings=4.0), is_busy: FarEnd(cause="USER_BUSY", rings=1.0)})
    send(owner, greeting, answers)
    busy_one = send(owner, greeting, is_busy)
    until(lambda: len(board.dialled) == 2)
    process.stop()
    until(lambda: str(busy_one.reference) in board.remembered)
    process.start()
    answered, busy = ended(2, 30)
    assert (answered.cause, busy.cause) == ("answered", "busy")
    assert ("application", "voice_play", "success") in results(answered)
    assert sorted(board.dialled) == [answers, is_busy]


def test_whoever_cannot_be_joined_goes_on_in_the_flow(board, process, owner):
    extension = create_extension(owner=owner, extension="1002")  # whose telephone is nowhere
    process.has_told("directory/1002.xml", extension.passwd)
    scheme = {
        "a": {"type": "start", "out_nod": [way("success", "ask")]},
        "ask": {"type": "transfer", "resources": {"extension": extension.pk}, "out_nod": [way("error", "wait")]},
        "wait": {"type": "wait", "data": {"delay": 100}, "out_nod": []},
    }
    board.seat({"+12025550150": FarEnd()})
    send(owner, programs.create_program(type="ivr", owner=owner, ivr_scheme=scheme), "+12025550150")
    [spool] = ended(1, 30)
    found = results(spool)
    assert spool.status == "completed"
    assert ("application", "transfer", "error") in found
    assert ("application", "wait", "success") in found
    [why] = [fact[2] for fact in found if fact[0] == "error"]
    assert why in ("SUBSCRIBER_ABSENT", "USER_NOT_REGISTERED")


def test_what_a_process_that_died_had_recorded_is_forgotten_later(board, process, owner, greeting, monkeypatch):
    monkeypatch.setattr(outcomes, "FORGET_SECONDS", 60.0)
    board.seat({"+12025550150": FarEnd()})
    reference = str(send(owner, greeting, "+12025550150").reference)
    ended(1, 30)
    assert reference in board.remembered
    board.do(process.switch.outcomes.forget_old(process.switch.links[1]))
    assert reference not in board.remembered
