"""Coach.*: made, invited, put out of and back into service, changed, deleted, listed (2.1)."""

import pytest

from coaching.models import PERMISSIONS, Client, Coach, Course, Group, Offering, Session
from telephony.models import Transmission
from tests.coaching.conftest import make_coach

pytestmark = pytest.mark.django_db
NEW = {"firstName": "Nora", "lastName": "New", "email": "nora@example.com"}


def row_of(api, pk):
    return api.ok("Coach.get", "loaded", CoachID=pk)


def test_a_new_coach_is_active_unregistered_and_in_the_zone_of_the_practice(api, practice):
    practice.coach_permissions = {"Client.manage": "S"}
    practice.save()

    pk = api.ok("Coach.add", "added", **NEW, cellPhone="+33 6 12", gender="F")["CoachID"]

    row = row_of(api, pk)
    assert (row["firstName"], row["cellPhone"], row["isActive"], row["isRegistered"]) == (
        "Nora",
        "+33 6 12",
        True,
        False,
    )
    assert (row["loginCount"], row["lastLoginDate"], row["profile"]["profileShow"]) == (0, None, True)
    coach = Coach.objects.get(pk=pk)
    assert (coach.time_zone, coach.gender, coach.is_coaching) == ("Europe/Paris", "F", True)
    assert coach.permissions == {"Client.manage": "S"}
    assert not Transmission.objects.filter(contact__email=NEW["email"]).exists()


def test_a_second_coach_of_an_address_is_skipped_added_or_refused(api):
    first = api.ok("Coach.add", "added", **NEW)["CoachID"]
    again = NEW | {"firstName": "Other", "email": "NORA@Example.com"}

    assert api.ok("Coach.add", "duplicateSkipped", **again, sendInvite="true")["CoachID"] == first
    assert row_of(api, first)["firstName"] == "Nora"
    assert not Transmission.objects.filter(contact__email__iexact=NEW["email"]).exists()
    api.fails("Coach.add", 411, **again, onDuplicateEmail="E")
    assert api.ok("Coach.add", "duplicateAdded", **again, onDuplicateEmail="A")["CoachID"] > first


def test_an_invitation_needs_the_place_of_its_link_only_where_it_is_sent(api):
    own = {"inviteSubject": "Come\r\nin", "inviteMessage": "Join us"}
    api.fails("Coach.add", 412, **NEW, **own, sendInvite="yes")
    assert not Coach.objects.filter(email=NEW["email"]).exists()
    pk = api.ok("Coach.add", "added", **NEW, **own)["CoachID"]
    api.fails("Coach.invite", 412, CoachID=pk, inviteMessage="Join us")

    api.ok("Coach.invite", "sent", CoachID=pk, inviteMessage="Join us: [magicLink]")
    assert Transmission.objects.filter(contact__email=NEW["email"]).count() == 1
    Coach.objects.filter(pk=pk).update(is_registered=True)
    api.fails("Coach.invite", 413, CoachID=pk)
    Coach.objects.filter(pk=pk).update(is_active=False)
    api.fails("Coach.invite", 312, CoachID=pk)


def test_a_coach_is_put_out_of_and_back_into_service(api, world, practice):
    coach = {"CoachID": world.coach.pk}
    assert api.ok("Coach.deactivate", "updated", **coach) == []
    api.ok("Coach.deactivate", "noop", **coach)
    api.ok("Coach.activate", "updated", **coach)
    api.ok("Coach.activate", "noop", **coach)

    api.fails("Coach.deactivate", 414, CoachID=world.owner.pk)
    Client.objects.filter(pk=world.client.pk).update(primary_coach=world.coach)
    api.fails("Coach.deactivate", 415, **coach)
    api.fails("Coach.delete", 415, **coach)


def test_a_profile_changes_only_where_something_is_sent(api, world):
    coach = {"CoachID": world.coach.pk}
    api.ok("Coach.updateProfile", "updated", **coach, biography="Long ago", profileShowEmail="false", profileExtra="x")
    api.ok("Coach.updateProfile", "noop", **coach, biography="Long ago", businessName="")

    profile = row_of(api, world.coach.pk)["profile"]
    assert (profile["biography"], profile["profileShowEmail"], profile["profileShow"]) == ("Long ago", False, True)
    api.ok("Coach.updateProfile", "updated", **coach, profileExtra="")
    assert row_of(api, world.coach.pk)["profile"]["profileExtra"] == ""


@pytest.mark.parametrize("name", PERMISSIONS)
def test_each_permission_takes_its_own_letters_under_either_spelling(api, world, name):
    coach = {"CoachID": world.coach.pk}
    for letter in "XSA":
        if letter in PERMISSIONS[name]:
            api("Coach.setPermissions", **coach, **{name.replace(".", "_"): letter})
            assert Coach.objects.get(pk=world.coach.pk).permissions[name] == letter
        else:
            api.fails("Coach.setPermissions", 301, **coach, **{name: letter})
    api.ok("Coach.setPermissions", "noop", **coach, **{name: "A"})


def test_permissions_of_the_owner_and_of_a_primary_coach_are_guarded(api, world):
    api.fails("Coach.setPermissions", 416, CoachID=world.owner.pk, Client__view="A")
    api.ok("Coach.setPermissions", "updated", CoachID=world.coach.pk, isCoaching="false")
    api.ok("Coach.setPermissions", "updated", CoachID=world.coach.pk, isCoaching="true")
    Client.objects.filter(pk=world.client.pk).update(primary_coach=world.coach)
    api.fails("Coach.setPermissions", 415, CoachID=world.coach.pk, isCoaching="false")


def test_what_a_deleted_coach_made_stays_and_what_they_owned_goes_to_the_owner(api, world, practice):
    coach = world.coach
    group = Group.objects.create(practice=practice, coach=coach, name="Late")
    course = Course.objects.create(practice=practice, coach=coach, name="Rest", day_duration=2)
    offering = Offering.objects.create(practice=practice, coach=coach, slug="rest", name="Rest")
    Session.objects.filter(pk=world.session.pk).update(coach=coach)

    api.fails("Coach.delete", 414, CoachID=world.owner.pk)
    api.ok("Coach.delete", "deleted", CoachID=coach.pk)
    api.fails("Coach.delete", 311, CoachID=coach.pk)

    assert api.ok("Session.getAll", "loaded")[0]["CoachID"] == 0
    for row in (group, course, offering):
        row.refresh_from_db()
        assert row.coach == world.owner


def test_the_list_leaves_out_who_is_inactive_and_sorts_by_date_or_name(api, world, practice):
    names = [("Zoe", "adams"), ("Ann", "Adams"), ("Bob", "Zorn")]
    made = [make_coach(practice, first_name=first, last_name=last) for first, last in names]
    Coach.objects.filter(pk=made[1].pk).update(is_active=False)

    newest = [row["ID"] for row in api.ok("Coach.getAll", "loaded")]
    assert newest == [made[2].pk, made[0].pk, world.coach.pk, world.owner.pk]
    by_name = [row["lastName"] for row in api.ok("Coach.getAll", "loaded", includeInactive="1", sortOption="A")]
    assert by_name == ["adams", world.coach.last_name, "Owner", "Zorn", "Adams"]
