"""Session.*: notes added, listed, changed, deleted (2.7)."""

import pytest

from coaching.models import KeyInsight, Session
from telephony.models import Transmission

pytestmark = pytest.mark.django_db


@pytest.fixture
def fields(world):
    return {
        "ClientID": world.client.pk,
        "title": "First talk",
        "dateOf": "10/27/2030",
        "timeOf": "2:30am",
        "content": "<p>Well</p>",
    }


def row_of(api, pk):
    [row] = [row for row in api.ok("Session.getAll", "loaded", includeDrafts="true") if row["ID"] == pk]
    return row


def test_notes_are_finished_when_they_are_added(api, world, fields):
    insights = "* Rest\r\nWalk\n\n"
    pk = api.ok("Session.add", "added", **fields, keyInsightSet=insights, visibility="J")["SessionID"]

    row = row_of(api, pk)
    assert (row["title"], row["content"], row["dateOf"]) == ("First talk", "<p>Well</p>", "2030-10-27 02:30:00")
    assert (row["isDraft"], row["dateDone"] is None, row["answerSet"]) == (False, False, [])
    assert (row["CoachID"], row["ClientID"]) == (world.owner.pk, world.client.pk)
    session = Session.objects.get(pk=pk)
    assert session.session_at.isoformat() == "2030-10-27T00:30:00+00:00"  # of the doubled hour the first
    assert (session.visibility, list(session.insights.values_list("text", "is_starred").order_by("pk"))) == (
        "J",
        [("Rest", True), ("Walk", False)],
    )
    assert not Transmission.objects.filter(contact__email=world.client.email).exists()


def test_titles_and_contents_have_their_limits(api, fields):
    api.fails("Session.add", 306, **{**fields, "title": "x" * 201})
    api.fails("Session.add", 301, **{**fields, "content": "x" * 100_001})
    api.fails("Session.add", 301, **fields, visibility="X")
    api.ok("Session.add", "added", **{**fields, "content": "x" * 100_000})


def test_the_list_has_finished_notes_in_the_order_asked_for(api, world, fields):
    first = api.ok("Session.add", "added", **fields, CoachID=world.coach.pk)["SessionID"]
    draft = api.ok("Session.add", "added", **{**fields, "dateOf": "2020-01-01"})["SessionID"]
    Session.objects.filter(pk=draft).update(done_at=None)
    Session.objects.filter(pk=first).update(done_at="2020-01-01T00:00Z")

    def ids(**how):
        return [row["ID"] for row in api("Session.getAll", **how)["return"]]

    old = world.session.pk
    assert ids() == [old, first]
    assert ids(includeDrafts="true") == [old, first, draft]  # what is not done comes last
    assert ids(includeDrafts="true", sortDirection="A") == [first, old, draft]
    assert ids(includeDrafts="true", sortField="dateAdded") == [draft, first, old]
    assert ids(includeDrafts="true", sortField="dateOf", sortDirection="A") == [draft, old, first]
    assert ids(CoachID=world.coach.pk) == ids(dateFrom="2030-10-27", dateTo="2030-10-27") == [first]
    assert ids(ClientID=world.other_client.pk) == ids(dateFrom="2030-10-28") == []
    assert row_of(api, draft)["isDraft"] is True
    assert row_of(api, draft)["dateDone"] is None


def test_answers_of_forms_come_with_their_numbers(api, world):
    assert row_of(api, world.session.pk)["answerSet"] == [{"name": "mood", "value": "=good", "numberValue": None}]


def test_an_update_keeps_the_day_or_the_time_that_is_not_sent(api, fields):
    session = {"SessionID": api.ok("Session.add", "added", **fields)["SessionID"]}

    api.ok("Session.update", "updated", **session, dateOf="7/1/2030")
    assert row_of(api, session["SessionID"])["dateOf"] == "2030-07-01 02:30:00"
    api.ok("Session.update", "updated", **session, timeOf="16:00", title="Second", visibility="P")
    api.ok("Session.update", "noop", **session, title="Second", content="")
    row = row_of(api, session["SessionID"])
    assert (row["dateOf"], row["title"], row["content"]) == ("2030-07-01 16:00:00", "Second", "<p>Well</p>")
    assert Session.objects.get(pk=session["SessionID"]).visibility == "P"
    api.fails("Session.update", 306, **session, title="x" * 201)


def test_deleted_notes_take_their_insights_along(api, fields):
    pk = api.ok("Session.add", "added", **fields, keyInsightSet="Rest")["SessionID"]
    api.ok("Session.delete", "deleted", SessionID=pk)
    api.fails("Session.delete", 302, SessionID=pk)
    assert not KeyInsight.objects.filter(session=pk).exists()
