"""What is deleted or begun between two queries of one read."""

import pytest
from django.utils import timezone

from coaching.models import Participant
from coaching.rpc.functions.coaches import CoachShape
from coaching.rpc.shapes import Shape
from tests.coaching.calls import good

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("name", "code"), [("Client.get", 302), ("Coach.get", 311), ("Invoice.get", 302)])
def test_what_is_deleted_while_it_is_looked_up_is_unknown(house, name, code, monkeypatch):
    def gone(shape, rows, call):
        return Shape._read(shape, rows.none(), call)[0]

    monkeypatch.setattr(Shape, "read", gone)
    monkeypatch.setattr(CoachShape, "read", gone)

    house.api.fails(name, code, **good(house, name))


@pytest.mark.parametrize("name", ["Course.getAllClientParticipants", "Course.getAllGroupParticipants"])
def test_who_begins_a_course_while_it_is_listed_is_listed_the_next_time(house, name, monkeypatch):
    whose = {"client": house.world.other_client} if "Client" in name else {"group": house.world.group}
    values = {"course": house.world.taken, "start_date": timezone.localdate(), "items_from": timezone.now()}
    read = Shape.read

    def late(shape, rows, call):
        monkeypatch.undo()
        Participant.objects.create(**values, **whose)
        return read(shape, rows, call)

    monkeypatch.setattr(Shape, "read", late)

    assert len(house.api.ok(name, "loaded", **good(house, name))) == 1
    assert len(house.api.ok(name, "loaded", **good(house, name))) == 2
