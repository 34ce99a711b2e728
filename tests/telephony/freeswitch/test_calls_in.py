"""Calls that come in: to a program that waits for them, or refused and recorded."""

import uuid

import pytest

from telephony.gateways.freeswitch import outcomes
from telephony.models import Arrival, Spool, Transmission
from telephony.services import accounts, programs
from telephony.services.extensions import create_extension
from tests.telephony.freeswitch.conftest import ended, results, until


@pytest.fixture
def line(owner, transactional_db):
    return accounts.create_account(owner=owner, type="did", username="line", phone="+12025550177", active=True)


def test_a_call_is_forwarded_to_the_extension_that_waits_for_it(board, process, owner, line):
    extension = create_extension(owner=owner, extension="1001")
    programs.create_program(type="forward", owner=owner, did_id=line.pk, extension_id=extension.pk)
    board.answer_at("1001", extension.passwd)
    channel = board.call_in("12025550177", "12025550188", process.port)
    [spool] = ended()
    assert spool.reference == uuid.UUID(channel)
    assert (spool.status, spool.cause, spool.transmission.direction) == ("completed", "answered", "inbound")
    assert ("bridge", "user/1001") in [call[1:] for call in board.executed]
    assert results(spool)[0] == ("application", "inbound", "success")


def test_a_call_that_nobody_waits_for_is_refused_and_recorded(board, process):
    channel = board.call_in("12025550123", "12025550188", process.port)
    arrival = until(lambda: Arrival.objects.filter(key=channel).first())
    until(lambda: channel not in board.channels)
    assert arrival.problem
    assert Transmission.objects.count() == Spool.objects.count() == 0


def test_a_caller_who_hides_is_taken_too(board, process, owner, line):
    extension = create_extension(owner=owner, extension="1001")
    programs.create_program(type="forward", owner=owner, did_id=line.pk, extension_id=extension.pk)
    board.call_in("12025550177", "anonymous", process.port)
    assert ended()[0].status == "completed"


def test_the_switch_remembers_how_a_call_that_came_in_ended_until_we_know(board, process, owner, line, monkeypatch):
    monkeypatch.setattr(outcomes, "FORGET_SECONDS", 60.0)
    extension = create_extension(owner=owner, extension="1001")
    programs.create_program(type="forward", owner=owner, did_id=line.pk, extension_id=extension.pk)
    board.answer_at("1001", extension.passwd)
    channel = board.call_in("12025550177", "12025550188", process.port)
    ended()
    assert board.remembered == [channel]
