"""Click to call: a transmission like any other, joined with an extension."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from access.refusals import Invalid, NotFound, NotReady
from telephony.engine.handover import find_queued, hand_over
from telephony.models import Contact, DoNotCall, LoopbackCall, Program, Provider, Spool, Transmission
from telephony.services import accounts, contacts, transmissions
from telephony.services.calls import originate_call

pytestmark = pytest.mark.django_db


@pytest.fixture
def extension(owner):
    return accounts.create_account(owner=owner, type="extension", username="desk-1", phone="1001", active=True)


def call(owner, number="+12025550123", extension="1001"):
    """Originate a call and let a worker hand it over; returns its transmission and spool as they are then."""
    made = originate_call(owner=owner, extension=extension, number=number)
    hand_over(find_queued([made.spool.pk]))
    made.transmission.refresh_from_db()
    made.spool.refresh_from_db()
    return made.transmission, made.spool


def test_the_extension_rings_and_is_joined_with_the_number(owner, extension, loopback):
    transmission, spool = call(owner, "2025550123")
    assert (transmission.status, transmission.origin) == ("completed", "call")
    assert (spool.status, spool.destination, spool.account) == ("completed", "+12025550123", extension)
    assert [step["do"] for step in spool.content] == ["originate_extension", "bridge", "disconnect"]
    assert spool.content[0]["extension"] == "desk-1"
    assert LoopbackCall.objects.get().destination == "+12025550123"


def test_one_program_an_extension_and_one_contact_a_number(owner, extension, loopback):
    for _ in range(3):
        call(owner, "+12025550123")
    call(owner, "+12025550124")
    call(owner, "+12025550124", extension="1002")
    assert Program.objects.filter(type="call").count() == 2
    assert Contact.objects.count() == 2


def test_a_known_contact_is_called(owner, extension, loopback):
    known = contacts.create_contact(owner=owner, first_name="Ann", phone="(202) 555-0123")
    assert call(owner, "+12025550123")[0].contact == known


def test_the_contacts_of_others_are_not_used(owner, extension, loopback, make_user):
    contacts.create_contact(owner=make_user(), first_name="Ann", phone="+12025550123")
    assert call(owner, "+12025550123")[0].contact.owner == owner


@pytest.mark.parametrize("number", ["1002", "*78", "#1*2", "*1001", "911", "10"])
def test_what_is_dialled_inside_the_house_stays_as_it_is(owner, extension, number):
    Provider.objects.create(name="trunk", type="loopback", service_flag=1, active=True, prefix="1|0044, 9|00")
    transmission, spool = call(owner, number)
    assert transmission.status == "completed"
    assert spool.destination == LoopbackCall.objects.get().destination == number
    assert call(owner, number)[0].contact == transmission.contact


def test_the_same_contact_is_not_reached_inside_the_house_by_anything_else(owner, extension, loopback, program):
    contact = call(owner, "1002")[0].contact
    text = transmissions.create_transmission(owner=owner, program=program, contact=contact)
    with pytest.raises(NotReady, match="no usable number"):
        transmissions.send_transmission(transmission=text, by=owner)


def test_a_public_number_is_rewritten_by_the_providers_rules(owner, extension):
    Provider.objects.create(name="trunk", type="loopback", service_flag=1, active=True, prefix="44|0044")
    call(owner, "+442079460123")
    assert LoopbackCall.objects.get().destination == "00442079460123"


def test_where_short_numbers_are_numbers_an_extension_is_still_one(owner, extension, loopback, settings):
    settings.DEFAULT_REGION = "DE"
    inside = call(owner, "1002")[0].contact
    assert inside.e164
    outside, spool = call(owner, inside.e164)
    assert outside.contact != inside
    assert spool.destination == inside.e164


@pytest.mark.parametrize("whose", ["nobody", "another", "inactive"])
def test_an_extension_that_the_owner_does_not_have_fails_as_a_call(owner, loopback, make_user, whose):
    if whose != "nobody":
        holder = make_user() if whose == "another" else owner
        active = whose == "another"
        accounts.create_account(owner=holder, type="extension", username="1001", phone="1001", active=active)
    transmission, spool = call(owner)
    assert (transmission.status, transmission.response) == ("failed", "extension 1001 is not known")
    assert spool.status == "failed"
    assert not LoopbackCall.objects.exists()


def test_a_number_on_the_do_not_call_list_is_refused_and_recorded(owner, extension, loopback):
    DoNotCall.objects.create(number=12025550123)
    with pytest.raises(NotReady, match="do-not-call"):
        originate_call(owner=owner, extension="1001", number="+12025550123")
    transmission = Transmission.objects.get()
    assert (transmission.status, transmission.response) == ("invalid", "on the do-not-call list")
    assert not Spool.objects.exists()


def test_without_a_provider_nothing_is_stored(owner, extension):
    with pytest.raises(NotFound, match="No provider available"):
        originate_call(owner=owner, extension="1001", number="+12025550123")
    assert not Transmission.objects.exists()


def test_a_call_that_no_provider_takes_now_does_not_wait_for_ever(owner, extension):
    Provider.objects.create(name="trunk", type="loopback", service_flag=1, active=True, prefix="44|")
    with pytest.raises(NotReady, match="no provider takes this destination"):
        originate_call(owner=owner, extension="1001", number="+12025550123")
    assert Transmission.objects.get().status == "invalid"


@pytest.mark.parametrize("extension", ["", "1", "1234567", "+1001", "*1001", "١٠٠١", "1001\n", "desk"])
def test_an_extension_is_two_to_six_digits(owner, loopback, extension):
    with pytest.raises(Invalid) as refusal:
        originate_call(owner=owner, extension=extension, number="+12025550123")
    assert refusal.value.field == "from"


@pytest.mark.parametrize("number", ["", "1", "1" * 21, "+", "++12", "12 34", "٢٠٢٥٥٥٠١٢٣", "1002;x", "9" * 16, "+1002"])
def test_a_number_is_one_that_can_be_dialled(owner, loopback, number):
    with pytest.raises(Invalid) as refusal:
        originate_call(owner=owner, extension="1001", number=number)
    assert refusal.value.field == "to"
    assert not Transmission.objects.exists()


def test_the_program_cannot_be_made_by_type_name(owner, extension):
    with pytest.raises(NotFound):
        from telephony.services.programs import subscribe

        subscribe(account=extension, program_or_type="call", by=owner)


@pytest.mark.django_db(transaction=True)
def test_two_calls_at_once_make_one_program_and_one_contact(owner, extension, loopback):
    barrier = Barrier(2)

    def begin():
        barrier.wait()
        originate_call(owner=owner, extension="1001", number="+12025550123")
        connection.close()

    threads = [Thread(target=begin) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Transmission.objects.count() == Spool.objects.count() == 2
    assert Program.objects.filter(type="call").count() == Contact.objects.count() == 1
