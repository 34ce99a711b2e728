"""Who is rung, and who is not because something is known of the number: the order of the contract's answers."""

from datetime import timedelta

import pytest

from leads.models import Lead
from leads.services.call_groups import create_call_group, create_lead_type, update_lead_type
from leads.services.partners import create_partner
from telephony.models import DoNotCall
from tests.leads.conftest import JOHN, age_calls, calls, the_lead

pytestmark = pytest.mark.django_db

SCHEDULED = {"saved": True, "processed": True}
LISTED = {"saved": True, "processed": False, "error": "Do Not Call"}
WAITS = {"saved": True, "processed": False, "error": "Another call is already scheduled"}
DIALLED = {"saved": True, "processed": False, "error": "Existing Contact"}
SPELLINGS = ("07840258823", "+44 7840 258823", "(07840) 258-823", "00447840258823", "447840258823")


def test_two_spellings_are_one_number(site):
    answers = [site.add(mobile=mobile, delays=60) for mobile in SPELLINGS]

    assert answers == [SCHEDULED, *[WAITS] * 4]
    assert calls() == ["+447840258823"]
    assert list(Lead.objects.order_by("pk").values_list("mobile", flat=True)) == list(SPELLINGS)


def test_a_listed_number_is_stored_and_never_rung(site):
    DoNotCall.objects.create(number=447840258823)

    assert site.add() == LISTED
    assert (the_lead().status, the_lead().reason, the_lead().transmission) == ("rejected", "Do Not Call", None)
    assert calls() == []


def test_the_list_is_not_looked_at_in_a_test(site):
    DoNotCall.objects.create(number=447840258823)

    assert site.add(test=True) == {"test": "ok"}


def test_the_list_comes_before_a_call_that_waits_and_that_before_one_that_was_made(site, group, kind, engine):
    site.add()
    engine.dial(group.campaign)
    update_lead_type(kind=kind, recontact_after=0)
    assert site.add(delays=600) == SCHEDULED
    update_lead_type(kind=kind, recontact_after=None)

    assert site.add() == WAITS
    DoNotCall.objects.create(number=447840258823)
    assert site.add() == LISTED


def test_a_call_waits_for_all_types_of_its_call_group_and_for_no_other(site, owner, program, group, partner):
    create_lead_type(name="vans", call_group=group, partners=[partner])
    pets = create_call_group(name="pets", owner=owner, program=program, default_region="GB")
    create_lead_type(name="dogs", call_group=pets, partners=[partner])
    site.add(delays=60)

    assert site.add(type="vans") == WAITS
    assert site.add(type="dogs") == SCHEDULED


def test_a_call_that_was_made_counts_for_its_own_type_only(site, group, partner, engine):
    create_lead_type(name="vans", call_group=group, partners=[partner])
    site.add()
    engine.dial(group.campaign)

    assert site.add() == DIALLED
    assert site.add(type="vans") == SCHEDULED


def test_duplicates_are_looked_for_across_partners(site, kind, partner, program_of):
    other = create_partner(name="other.example")
    update_lead_type(kind=kind, partners=[partner, other])
    site.add(delays=60)

    assert program_of(other).add() == WAITS


def test_from_the_claim_of_its_first_attempt_a_lead_counts_as_dialled(site, group, engine):
    site.add()
    engine.claim(group.campaign)

    assert site.add() == DIALLED
    assert (the_lead().reason, Lead.objects.dialling().count()) == ("Existing Contact", 1)


def test_while_a_retry_waits_another_call_is_scheduled_already(site, group, engine):
    site.add(mobile="+12025550100")  # always busy
    engine.dial(group.campaign)

    assert site.add(mobile="+1 202 555 0100") == WAITS


def test_a_number_may_be_rung_again_after_the_types_period(site, kind, group, engine):
    update_lead_type(kind=kind, recontact_after=30)
    site.add()
    engine.dial(group.campaign)
    age_calls(timedelta(days=29, hours=23))
    assert site.add() == DIALLED
    age_calls(timedelta(hours=2))

    assert site.add() == SCHEDULED
    engine.dial(group.campaign)
    assert engine.calls() == ["+447840258823"] * 2
    assert site.add() == DIALLED


def test_without_a_period_a_number_is_never_rung_again(site, group, engine):
    site.add()
    engine.dial(group.campaign)
    age_calls(timedelta(days=10_000))

    assert site.add() == DIALLED


def test_a_lead_that_was_cancelled_may_be_added_again(site):
    site.add(delays=60)
    site.cancel()

    assert site.add() == SCHEDULED
    assert calls() == ["+447840258823"]


def test_a_type_that_was_not_given_to_the_partner_is_unknown(site, group):
    create_lead_type(name="vans", call_group=group, partners=[])

    assert site.add(type="vans") == {"saved": True, "processed": False, "error": "Unknown Type"}
    assert site.cancel(type="vans") == {"cancelled": False, "warning": "server error (call group)"}


def test_every_submission_is_kept_with_who_made_it(site, partner):
    for changes in ({}, {"type": "pets"}, {}):
        site.add(**changes)

    assert list(Lead.objects.order_by("pk").values_list("partner", "status", "reason")) == [
        (partner.pk, "scheduled", ""),
        (partner.pk, "rejected", "Unknown Type"),
        (partner.pk, "rejected", "Another call is already scheduled"),
    ]


def test_a_submission_costs_the_same_however_many_leads_there_are(site, django_assert_max_num_queries):
    site.add()
    with django_assert_max_num_queries(12):
        site.add(mobile="07840258824")
    for at in range(20):
        site.add(mobile=f"078402589{at:02}")
    with django_assert_max_num_queries(12):
        site.add(mobile="07840258825")
    with django_assert_max_num_queries(12):
        site.post("cancel", {"mobile": JOHN["mobile"], "type": JOHN["type"]})
