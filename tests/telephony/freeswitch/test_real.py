"""What only a real FreeSWITCH can show, where FREESWITCH_URL names one; test_promises.py has what both switches do."""

import uuid

import pytest

from telephony.gateways.base import NeverHeard
from telephony.gateways.freeswitch import FreeSWITCH
from telephony.models import Provider, Spool
from telephony.services import contacts, programs, transmissions
from telephony.services.extensions import create_extension
from tests.support import freeswitch
from tests.support.far_ends import FarEnd
from tests.support.freeswitch import RealSwitch
from tests.telephony.freeswitch.conftest import ended, until

pytestmark = pytest.mark.skipif(not freeswitch.IS_THERE, reason=freeswitch.WHY_NOT)


@pytest.fixture
def board(tmp_path):
    switch = RealSwitch(tmp_path).start()
    yield switch
    switch.stop()


def test_a_real_switch_has_no_gateway_that_nobody_made(process, owner, trunk):
    Provider.objects.filter(pk=trunk.pk).update(host="", name=f"none-{uuid.uuid4().hex[:8]}")
    scheme = {
        "a": {"type": "start", "out_nod": [{"node_type": "success", "pointer": {"linked_app_index": "w"}}]},
        "w": {"type": "wait", "out_nod": []},
    }
    contact = contacts.create_contact(owner=owner, first_name="Ann", phone="+12025550150")
    program = programs.create_program(type="ivr", owner=owner, ivr_scheme=scheme)
    row = transmissions.create_transmission(owner=owner, program=program, contact=contact)
    transmissions.send_transmission(transmission=row, by=owner)
    [spool] = ended(1, 30)
    assert (spool.cause, spool.response) == ("refused", "INVALID_GATEWAY")


def test_a_real_switch_says_that_it_never_heard_of_a_call(process, trunk):
    reference = uuid.uuid4()
    assert list(FreeSWITCH().lookup(trunk, [reference])) == [NeverHeard(reference)]


def test_a_real_switch_set_up_as_written_has_nothing_wrong(process, trunk):
    assert FreeSWITCH().check(trunk) == []


def test_a_telephone_signs_in_and_calls_out_through_the_trunk(board, process, owner, trunk):
    Provider.objects.filter(pk=trunk.pk).update(prefix="0|+44")
    extension = create_extension(owner=owner, extension="1001")
    process.has_told("directory/1001.xml", extension.passwd)
    board.seat({"+447700900001": FarEnd(stays=1.0)})
    board.call_out("07700900001", "1001", extension.passwd)
    until(lambda: board.dialled == ["+447700900001"], 20)
    assert Spool.objects.count() == 0
