"""The tour of docs/coaching-api.md, its commands as printed, against the demo data."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from coaching.models import Action, Appointment, Invoice
from coaching.services import demo
from telephony.models import Transmission

GUIDE = (Path(__file__).parents[2] / "docs" / "coaching-api.md").read_text()


@pytest.mark.django_db(transaction=True)
def test_every_command_of_the_tour_does_what_it_says(live_server, tmp_path):
    (tmp_path / "demo.json").write_text(json.dumps({"coaching": demo.load_demo()}))
    before = [model.objects.count() for model in (Action, Appointment, Invoice, Transmission)]
    port = live_server.url.rpartition(":")[2]
    script = "\n".join(re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)).replace("127.0.0.1", live_server.thread.host)

    done = subprocess.run(
        ["bash", "-euc", script],
        env=os.environ | {"COACHHOUSE_DATA": str(tmp_path), "PORT": port},
        capture_output=True,
        text=True,
        check=True,
    )

    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [answer["result"] for answer in answers] == ["loaded", "loaded", "updated", "added", "sent"]
    assert done.stdout.splitlines()[len(answers)].startswith("ClientID,Client,Item type,")
    after = [model.objects.count() for model in (Action, Appointment, Invoice, Transmission)]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1, 1, 2]
