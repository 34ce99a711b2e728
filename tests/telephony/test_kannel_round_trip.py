"""Out, report and in through a real Kannel with its fake SMSC; skipped where Debian's kannel is not installed."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from telephony.gateways.kannel import Kannel
from telephony.models import Contact, DoNotCall, Provider, Spool, Text, Transmission
from telephony.services import kannel_config, programs, transmissions
from telephony.services.accounts import default_account
from tests.support.server import free_port, poll

FAKE = Path("/usr/lib/kannel/test/fakesmsc")
SECONDS = 20.0
ANN, HOUSE = "+12025550123", "+12025550199"


def program_named(name: str) -> str | None:
    return shutil.which(name, path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")


pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not (program_named("bearerbox") and program_named("smsbox") and FAKE.exists()),
        reason="kannel and kannel-extras are not installed",
    ),
]
Runs = Callable[..., Path]


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    """runs(name, command…): start a process that ends with the test, or with the next of its name.

    Returns the file with what it says.
    """
    started: dict[str, subprocess.Popen] = {}

    def end(name: str) -> None:
        if process := started.pop(name, None):
            process.kill()
            process.wait()

    def start(name: str, *command: str) -> Path:
        end(name)
        log = tmp_path / f"{name}.log"
        with log.open("w") as output:
            started[name] = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=tmp_path)
        return log

    yield start
    for name in list(started):
        end(name)


@pytest.fixture
def trunk(db: Any) -> Provider:
    """A provider that Kannel's fake SMSC stands for."""
    return Provider.objects.create(
        name="trunk",
        type="smpp",
        service_flag=4,
        host="127.0.0.1",
        port=free_port(),
        settings="smsc = fake",
        active=True,
    )


@pytest.fixture
def kannel(settings: Any, live_server: Any, trunk: Provider, runs: Runs, tmp_path: Path) -> Kannel:
    """A Kannel with the configuration that the product writes."""
    settings.KANNEL = settings.KANNEL | {
        "url": f"http://127.0.0.1:{free_port()}/cgi-bin/sendsms",
        "status_url": f"http://127.0.0.1:{free_port()}/status.xml",
        "callback_url": live_server.url,
        "password": 'with " and \\ in it',
    }
    configuration = tmp_path / "kannel.conf"
    configuration.write_text(kannel_config.render(smsbox_port=free_port()))
    boxes = [str(program_named(name)) for name in ("bearerbox", "smsbox")]
    log = runs("bearerbox", boxes[0], "-v", "1", str(configuration))
    poll(lambda: "MAIN: Start-up done" in log.read_text(errors="replace"), SECONDS, "bearerbox")
    runs("smsbox", boxes[1], "-v", "1", str(configuration))
    return Kannel()


@pytest.fixture
def carrier(kannel: Kannel, trunk: Provider, runs: Runs) -> Callable[..., Path]:
    """carrier(message): the far side connects, brings this text, if any, and prints what it is given."""

    def connect(message: str = "") -> Path:
        far_side = [str(FAKE), "-H", "127.0.0.1", "-r", str(trunk.port), "-i", "0.1", "-m", "1" if message else "0"]
        log = runs("carrier", *far_side, message or "1 2 text never")
        poll(lambda: kannel.check(trunk) == [], SECONDS, "the trunk")
        return log

    return connect


def test_a_text_goes_out_and_its_report_comes_back(carrier, owner, engine):
    log = carrier()
    body = "Grüße " + "lang " * 40 + "€"
    text = Text.objects.create(owner=owner, name="t", data=body)
    program = programs.create_program(type="sendsms", owner=owner, text_id=text.pk)
    contact = Contact.objects.create(owner=owner, first_name="Ann", phone=ANN, e164=ANN)
    row = transmissions.create_transmission(owner=owner, program=program, contact=contact)
    transmissions.make_due(transmission=row)
    engine.dial_singles()
    poll(lambda: Spool.objects.filter(cause="delivered"), SECONDS, "the report")
    row.refresh_from_db()
    assert row.status == "completed"
    said = [line for line in log.read_text(errors="replace").splitlines() if "Got message" in line]
    assert len(said) == 2  # 208 characters in two messages
    assert all(f"<{HOUSE} {ANN} udh" in line for line in said)


def test_a_text_comes_in_and_stop_is_heeded(carrier, owner):
    programs.create_program(type="receivesms", owner=owner, account_id=default_account(user=owner).pk)
    carrier(f"{ANN[1:]} {HOUSE[1:]} ucs2 %04%1F%04%40")
    poll(Text.objects.exists, SECONDS, "the text")
    assert Text.objects.get().data == "Пр"
    assert Transmission.objects.get().contact.e164 == ANN
    carrier(f"{ANN[1:]} {HOUSE[1:]} text STOP")
    poll(DoNotCall.objects.exists, SECONDS, "the opt-out")


def test_check_tells_a_trunk_that_is_away_and_a_wrong_password(kannel, trunk, settings):
    poll(lambda: not any("cannot be reached" in each for each in kannel.check(trunk)), SECONDS, "smsbox")
    assert "connection to trunk is" in kannel.check(trunk)[0]
    settings.KANNEL = settings.KANNEL | {"password": "wrong"}
    assert "refused the user" in kannel.check(trunk)[0]
