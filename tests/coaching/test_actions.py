"""Action.*: the official sample, and what follows from its parts (section 1.8, 2.4)."""

import pytest

from coaching.models import Reminder

pytestmark = pytest.mark.django_db


def test_the_official_sample_runs_as_printed(api, client):
    first = api.ok("Client.getAll", "loaded")[0]["ID"]
    added = api.ok(
        "Action.add",
        "added",
        ClientID=first,
        theAction="Call mum",
        dateDue="4/5/2025",
        timeDue="3:32pm",
        reminderSet="L,T,1440;C,E,20",
    )

    assert added == {"ActionID": added["ActionID"], "ActionProjectID": 0}
    assert api.ok("Action.markDone", "updated", ActionID=added["ActionID"]) == []
    assert api.ok("Action.markDone", "noop", ActionID=added["ActionID"]) == []
    assert not Reminder.objects.exists()
