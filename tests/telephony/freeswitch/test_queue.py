"""Who may take what waits for a switch: its process alone, and only while it reaches the switch."""

import asyncio
import os
import threading
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from telephony import gateways
from telephony.engine.handover import find_queued, hand_over
from telephony.engine.routing import candidates
from telephony.gateways.freeswitch.house import CannotPrepare
from telephony.models import Arrival, DoNotCall, Heartbeat, Provider, Spool
from telephony.selectors import why_no_provider, why_not_dialling
from telephony.services import call_files, contacts, nudges, programs, transmissions
from telephony.services.switching import TelephonyHouse
from tests.support.switchboard import FarEnd
from tests.telephony.conftest import numbers
from tests.telephony.freeswitch.conftest import ended, results, until


def way(result: str, target: str) -> dict:
    return {"node_type": result, "pointer": {"linked_app_index": target}}


def wait_program(owner, *, then: str = "wait"):
    scheme = {"a": {"type": "start", "out_nod": [way("success", then)]}, then: {"type": then, "out_nod": []}}
    return programs.create_program(type="ivr", owner=owner, ivr_scheme=scheme)


def send(owner, program, number="+12025550150") -> Spool:
    contact = contacts.create_contact(owner=owner, first_name="Ann", phone=number)
    row = transmissions.create_transmission(owner=owner, program=program, contact=contact)
    return transmissions.send_transmission(transmission=row, by=owner)


def test_no_worker_is_asked_to_dial_through_a_switch_and_none_does(trunk, owner, board, monkeypatch):
    asked = []
    monkeypatch.setattr(nudges, "nudge", lambda task, *arguments, **options: asked.append(task))
    spool = send(owner, wait_program(owner))
    assert hand_over(find_queued([spool.pk])) == 0
    spool.refresh_from_db()
    assert (spool.status, asked, board.commands) == ("queued", [], [])


def test_without_its_process_a_trunk_is_not_chosen_and_the_reason_is_said(trunk):
    assert candidates(1) == [trunk]
    Heartbeat.objects.update(at=timezone.now() - timedelta(minutes=1))
    assert candidates(1) == []
    assert "manage.py switch does not run" in why_no_provider(1)


def test_each_trunk_depends_on_the_switch_that_it_lies_on(trunk):
    other = Provider.objects.create(name="other", type="sip", service_flag=3, node_id=2, weight=9, active=True)
    assert candidates(1) == [trunk]
    Heartbeat.objects.create(name="switch:2")
    assert candidates(1) == [trunk, other]


def test_the_process_says_which_switches_it_reaches(process, board, trunk):
    Heartbeat.objects.all().delete()
    until(lambda: Heartbeat.objects.filter(name="switch:1").exists())


def test_an_answered_call_is_seen_to_be_connected_while_it_lasts(board, process, owner):
    board.people["+12025550150"] = FarEnd(listens=2.5)
    spool = send(owner, wait_program(owner))
    until(lambda: Spool.objects.get(pk=spool.pk).status == "connected")
    [ending] = ended()
    assert ending.status == "completed"


def test_who_asks_in_a_call_not_to_be_called_again_is_not(board, process, owner, trunk):
    Provider.objects.filter(pk=trunk.pk).update(prefix="+|00")
    send(owner, wait_program(owner, then="dnc"))
    [spool] = ended()
    assert ("info", "dnc", "+12025550150") in results(spool)
    assert DoNotCall.objects.get().number == 12025550150


@pytest.mark.parametrize("listed", [False, True])
def test_what_was_listed_while_it_waited_is_not_dialled(board, process, owner, listed):
    board.do(board.close())
    until(lambda: not process.switch.links[1].is_up)
    send(owner, wait_program(owner))
    if listed:
        DoNotCall.objects.create(number=12025550150)
    board.do(board.open())
    [spool] = ended()
    assert (spool.status, board.dialled) == (("invalid", []) if listed else ("completed", ["+12025550150"]))


def test_a_process_that_ends_gives_back_what_no_switch_has_got(board, process, owner, monkeypatch):
    preparing, goes_on = threading.Event(), threading.Event()

    def prepare(self, order):
        preparing.set()
        goes_on.wait(5)
        raise AssertionError("too late")

    monkeypatch.setattr(TelephonyHouse, "prepare", prepare)
    spool = send(owner, wait_program(owner))
    assert preparing.wait(5)
    threading.Timer(0.5, goes_on.set).start()
    process.stop()
    spool.refresh_from_db()
    assert (spool.status, board.dialled) == ("queued", [])


def test_a_process_that_is_told_to_stop_lets_its_calls_end_and_takes_no_more(board, process, owner):
    board.people["+12025550150"] = FarEnd(listens=1.5)
    running = send(owner, wait_program(owner))
    until(lambda: Spool.objects.get(pk=running.pk).status == "connected")
    finishing = asyncio.run_coroutine_threadsafe(process.switch.finish(10), board.loop)
    until(lambda: process.switch.is_ending)
    waits = send(owner, wait_program(owner), "+12025550151")
    channel = board.call_in("12025550177", "12025550188", process.port)
    until(lambda: channel not in board.channels)
    finishing.result(10)
    process.stop()
    assert [(spool.pk, spool.cause) for spool in ended()] == [(running.pk, "answered")]
    waits.refresh_from_db()
    assert (waits.status, board.dialled, Arrival.objects.count()) == ("queued", ["+12025550150"], 0)


def test_a_process_that_is_told_to_stop_does_not_wait_for_ever(board, process, owner):
    board.people["+12025550150"] = FarEnd(listens=30)
    running = send(owner, wait_program(owner))
    until(lambda: Spool.objects.get(pk=running.pk).status == "connected")
    began = time.monotonic()
    board.do(process.switch.finish(0.5))
    assert 0.4 < time.monotonic() - began < 5


def test_events_that_make_no_sense_or_come_twice_change_nothing(board, process, owner):
    board.people["+12025550150"] = FarEnd(rings=0.5, cause="USER_BUSY")
    spool = send(owner, wait_program(owner))
    until(lambda: board.dialled)

    async def noise() -> None:
        board.fire("BACKGROUND_JOB", {"Job-UUID": "no uuid"}, "+OK")
        board.fire("BACKGROUND_JOB", {})
        board.fire("CHANNEL_HANGUP_COMPLETE", {"Unique-ID": str(spool.transmission_id)})
        board.fire("CHANNEL_HANGUP_COMPLETE", {"Unique-ID": "11111111-1111-1111-1111-111111111111"})
        board.fire("CHANNEL_HANGUP_COMPLETE", {"variable_billsec": "-5", "variable_answer_uepoch": "9" * 40})

    board.do(noise())
    [spool] = ended()
    board.do(noise())
    assert (spool.cause, spool.response) == ("busy", "USER_BUSY")
    assert process.switch.links[1].is_up


def test_what_cannot_be_made_now_is_tried_again_and_what_never_can_is_not(board, process, owner, monkeypatch):
    def prepare(self, order):
        raise CannotPrepare("the disk is full", again=True)

    monkeypatch.setattr(TelephonyHouse, "prepare", prepare)
    contact = contacts.create_contact(owner=owner, first_name="Ann", phone="+12025550150")
    row = transmissions.create_transmission(owner=owner, program=wait_program(owner), contact=contact, try_allowed=2)
    transmissions.send_transmission(transmission=row, by=owner)
    [spool] = ended()
    row.refresh_from_db()
    assert (spool.cause, spool.response, row.status) == ("refused", "the disk is full", "pending_retry")


def test_files_that_no_call_has_used_for_a_week_go(switch_settings):
    place = call_files.folder() / "out"
    for name, days in (("old.wav", 8), ("new.wav", 1)):
        (place / name).touch()
        os.utime(place / name, (0, time.time() - days * 86400))
    assert call_files.prune(now=time.time()) == 1
    assert [path.name for path in place.iterdir()] == ["new.wav"]


def test_a_switch_s_queue_never_holds_a_whole_campaign(trunk, owner, campaign_of, engine, loopback, monkeypatch):
    loopback.delete()
    monkeypatch.setattr(gateways, "USUAL_CHANNELS", 3)
    campaign = campaign_of(numbers(5), program=wait_program(owner))
    assert len(engine.claim(campaign)) == 3
    assert "Provider trunk has no free channel." in why_not_dialling(campaign)
