"""The same against a real FreeSWITCH, where FREESWITCH_URL names one: its far ends are its own null endpoint."""

import asyncio
import io
import os
import threading
import uuid
from collections.abc import Iterator

import pytest
from django.db import connections

from telephony.gateways.base import NeverHeard
from telephony.gateways.freeswitch import FreeSWITCH
from telephony.models import Heartbeat, Provider
from telephony.services import contacts, messages, programs, transmissions
from tests.support.files import wav
from tests.telephony.freeswitch.conftest import Process, ended, results

URL = os.environ.get("FREESWITCH_URL", "")
FOLDER = os.environ.get("FREESWITCH_FOLDER", "")
pytestmark = pytest.mark.skipif(not (URL and FOLDER), reason="FREESWITCH_URL and FREESWITCH_FOLDER name no switch")


class Loop:
    """A loop beside the test, for the process that dials."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def do(self, work, seconds=20):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)


@pytest.fixture
def trunk(transactional_db, settings, tmp_path) -> Provider:
    settings.FREESWITCH_NODES = [URL]
    settings.FREESWITCH_FOLDER = FOLDER
    settings.MEDIA_ROOT = str(tmp_path / "media")
    Heartbeat.objects.create(name="switch:1")
    return Provider.objects.create(
        name="null",
        type="sip",
        service_flag=3,
        host="127.0.0.1",
        active=True,
        dialstring="null/{number}",
    )


@pytest.fixture
def process(trunk) -> Iterator[Process]:
    made = Process(Loop()).start()
    yield made
    made.stop()
    connections.close_all()


def send(owner, program, number="+12025550150"):
    contact = contacts.create_contact(owner=owner, first_name="Ann", phone=number)
    row = transmissions.create_transmission(owner=owner, program=program, contact=contact)
    return transmissions.send_transmission(transmission=row, by=owner)


def test_a_real_switch_plays_a_message_and_tells_of_the_call(process, owner):
    row = messages.create_recording(owner=owner, name="greeting")
    messages.store_recording_media(recording=row, content=io.BytesIO(wav(1)), content_type="audio/wav", by=owner)
    send(owner, programs.create_program(type="voicemessage", owner=owner, recording_id=row.pk))
    [spool] = ended(1, 30)
    assert (spool.status, spool.cause, spool.response) == ("completed", "answered", "NORMAL_CLEARING")
    assert ("application", "voice_play", "success") in results(spool)


def test_a_real_switch_has_no_gateway_that_nobody_made(process, owner, trunk, settings):
    Provider.objects.filter(pk=trunk.pk).update(dialstring="", name=f"none-{uuid.uuid4().hex[:8]}")
    scheme = {
        "a": {"type": "start", "out_nod": [{"node_type": "success", "pointer": {"linked_app_index": "w"}}]},
        "w": {"type": "wait", "out_nod": []},
    }
    send(owner, programs.create_program(type="ivr", owner=owner, ivr_scheme=scheme))
    [spool] = ended(1, 30)
    assert (spool.cause, spool.response) == ("refused", "INVALID_GATEWAY")


def test_a_real_switch_says_that_it_never_heard_of_a_call(trunk):
    reference = uuid.uuid4()
    assert list(FreeSWITCH().lookup(trunk, [reference])) == [NeverHeard(reference)]


def test_a_real_switch_is_checked_in_words(trunk):
    assert all(isinstance(problem, str) for problem in FreeSWITCH().check(trunk))
