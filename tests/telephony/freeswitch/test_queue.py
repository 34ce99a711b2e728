"""Who may take what waits for a switch: its process alone, and only while it reaches the switch."""

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from telephony.engine.handover import find_queued, hand_over
from telephony.engine.routing import candidates
from telephony.models import DoNotCall, Heartbeat, Provider, Spool
from telephony.selectors import why_no_provider
from telephony.services import contacts, nudges, programs, transmissions
from telephony.services.switching import TelephonyHouse
from tests.support.switchboard import FarEnd
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
