"""Group.*: members, and notes of sessions (2.16)."""

import pytest

from coaching.models import Coach, Group, GroupClient, GroupCoach, GroupSession, KeyInsight
from tests.coaching.conftest import make_client

pytestmark = pytest.mark.django_db


def test_groups_are_found_by_their_owner(api, world, practice):
    theirs = Group.objects.create(practice=practice, coach=world.coach, name="Late birds", type="closed")

    assert [row["ID"] for row in api.ok("Group.getAll", "loaded")] == [theirs.pk, world.group.pk]
    assert api.ok("Group.getAll", "loaded", CoachID=world.coach.pk) == [
        {"ID": theirs.pk, "CoachID": world.coach.pk, "name": "Late birds", "type": "closed"}
    ]


def test_a_client_is_a_member_once_and_rests_returns_or_goes(api, world):
    group = {"GroupID": world.group.pk}
    pk = api.ok("Group.addClientMember", "added", **group, ClientID=world.other_client.pk)["GroupClientID"]
    again = api.ok("Group.addClientMember", "duplicateSkipped", **group, ClientID=world.other_client.pk)
    assert again == {"GroupClientID": pk}
    place = {"GroupClientID": pk}

    def members(**how):
        return [(row["ID"], row["isActive"]) for row in api("Group.getAllClientMembers", **group, **how)["return"]]

    assert members() == [(pk, True), (world.place.pk, True)]
    api.ok("Group.deactivateClientMember", "updated", **place)
    api.ok("Group.deactivateClientMember", "noop", **place)
    assert members() == [(world.place.pk, True)]
    assert members(includeInactive="true") == [(pk, False), (world.place.pk, True)]
    api.ok("Group.activateClientMember", "updated", **place)
    api.ok("Group.activateClientMember", "noop", **place)
    api.ok("Group.removeClientMember", "deleted", **place)
    api.fails("Group.removeClientMember", 302, **place)
    assert not GroupClient.objects.filter(pk=pk).exists()


def test_members_are_answered_whole(api, world, practice):
    place = GroupClient.objects.create(group=world.group, client=make_client(practice, first_name="Ann"))
    GroupClient.objects.filter(pk=place.pk).update(started_at="2025-03-30T21:30:00Z")

    row = api.ok("Group.getAllClientMembers", "loaded", GroupID=world.group.pk)[-1]
    assert row == {
        "ID": place.pk,
        "ClientID": place.client_id,
        "clientFirstName": "Ann",
        "clientLastName": place.client.last_name,
        "startDate": "2025-03-30 23:30:00",
        "isActive": True,
    }


def test_the_owner_stands_out_among_the_coaches(api, world):
    other = GroupCoach.objects.create(group=world.group, coach=world.coach)
    group = {"GroupID": world.group.pk}

    rows = api.ok("Group.getAllCoachMembers", "loaded", **group)
    assert [(row["CoachID"], row["isOwner"]) for row in rows] == [(world.coach.pk, False), (world.owner.pk, True)]
    GroupCoach.objects.filter(pk=other.pk).update(is_active=False)
    assert len(api.ok("Group.getAllCoachMembers", "loaded", **group)) == 1
    assert len(api.ok("Group.getAllCoachMembers", "loaded", **group, includeInactive=1)) == 2


def test_notes_of_a_group_are_its_owners_unless_told(api, world):
    fields = {"GroupID": world.group.pk, "title": "Round", "dateOf": "3/31/2030", "timeOf": "2:30", "content": "Well"}
    pk = api.ok("Group.addSession", "added", **fields, keyInsightSet="*Rest")["GroupSessionID"]

    session = GroupSession.objects.get(pk=pk)
    assert (session.coach, session.visibility) == (world.owner, "*")
    assert session.session_at.isoformat() == "2030-03-31T01:30:00+00:00"  # 02:30 is skipped: 03:30
    assert list(session.insights.values_list("text", "is_starred")) == [("Rest", True)]
    api.fails("Group.addSession", 306, **{**fields, "title": "x" * 201})
    api.fails("Group.addSession", 301, **{**fields, "content": "x" * 400_001})
    Coach.objects.filter(pk=world.owner.pk).update(is_active=False)
    api.fails("Group.addSession", 312, **fields)
    own = api.ok("Group.addSession", "added", **fields, CoachID=world.coach.pk)["GroupSessionID"]
    assert GroupSession.objects.get(pk=own).coach == world.coach

    api.ok("Group.updateSession", "updated", GroupSessionID=pk, timeOf="16:00", visibility="C")
    api.ok("Group.updateSession", "noop", GroupSessionID=pk, visibility="C", title="")
    session.refresh_from_db()
    assert (session.session_at.isoformat(), session.title) == ("2030-03-31T14:00:00+00:00", "Round")
    api.ok("Group.deleteSession", "deleted", GroupSessionID=pk)
    api.fails("Group.deleteSession", 302, GroupSessionID=pk)
    assert not KeyInsight.objects.filter(group_session=pk).exists()
