"""Lists: fast whatever the table holds, found by what people type."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from telephony.admin import lists
from telephony.models import Contact, Spool, Transmission
from telephony.services.contacts import create_contact, create_group, delete_contact, link_contact, new_contact
from tests.telephony.conftest import numbers

pytestmark = pytest.mark.django_db


def queries(office, name, **query):
    """The SQL that a list costs."""
    with CaptureQueriesContext(connection) as seen:
        office.text(name, **query)
    return [each["sql"] for each in seen]


def test_two_contacts_and_twenty_cost_the_same(office, owner):
    for at in range(2):
        create_contact(owner=owner, phone=numbers(1, at)[0])
    two = len(queries(office, "contact_changelist"))
    for at in range(2, 20):
        create_contact(owner=owner, phone=numbers(1, at)[0])
    assert len(queries(office, "contact_changelist")) == two


def test_two_transmissions_and_twenty_cost_the_same(office, campaign_of, engine):
    engine.dial(campaign_of(numbers(2)))
    two = [len(queries(office, name)) for name in ("transmission_changelist", "spool_changelist")]
    engine.dial(campaign_of(numbers(18, 100)))
    assert [len(queries(office, name)) for name in ("transmission_changelist", "spool_changelist")] == two


def test_two_campaigns_and_twenty_cost_the_same(office, campaign_of):
    for at in range(2):
        campaign_of(numbers(1, at))
    two = [len(queries(office, name)) for name in ("campaign_changelist", "group_changelist", "index")]
    for at in range(2, 20):
        campaign_of(numbers(1, at))
    assert [len(queries(office, name)) for name in ("campaign_changelist", "group_changelist", "index")] == two


def test_no_list_counts_or_skips_rows_of_a_table_that_grows(office, campaign_of, engine):
    engine.dial(campaign_of(numbers(60)))
    for name in ("contact_changelist", "transmission_changelist", "spool_changelist", "loopbackcall_changelist"):
        for sql in queries(office, name):
            assert "OFFSET" not in sql
            assert "COUNT(*)" not in sql or f"LIMIT {lists.CAP + 1}" in sql


def test_a_count_beyond_the_cap_is_the_planners_estimate(office, owner, monkeypatch):
    monkeypatch.setattr(lists, "CAP", 50)
    Contact.objects.bulk_create(new_contact(owner=owner, phone=number) for number in numbers(120))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE telephony_contact")
    assert lists.count_up_to_cap(Contact.objects.all()) == (120, False)
    assert "about 120" in office.text("contact_changelist")


def test_pages_follow_each_other_by_key_and_lose_nobody(office, owner):
    Contact.objects.bulk_create(new_contact(owner=owner, phone=number) for number in numbers(120))
    seen, answer = [], office.get("contact_changelist")
    while True:
        listed = answer.context["cl"]
        seen += [row.pk for row in listed.result_list]
        if listed.older_url is None:
            break
        answer = office.client.get(office.url("contact_changelist") + listed.older_url)
    assert seen == list(Contact.objects.order_by("-pk").values_list("pk", flat=True))
    back = office.client.get(office.url("contact_changelist") + answer.context["cl"].newer_url).context["cl"]
    assert [row.pk for row in back.result_list] == seen[50:100]


def test_a_key_that_is_none_shows_the_first_page(office, contact):
    assert office.rows("contact_changelist", before="'; DROP") == [contact]


@pytest.mark.parametrize(
    "typed", ["+447700900001", "+44 7700 900001", "(+44) 7700-900001", "011 44 7700 900001", "447700900001"]
)
def test_a_contact_is_found_by_its_phone_in_any_form(office, contact, typed):
    create_contact(owner=contact.owner, phone="+447700900002")
    assert office.rows("contact_changelist", q=typed) == [contact]


@pytest.mark.parametrize("typed", ["ann", "LEE", "Ann Lee", "lee an", "le"])
def test_a_contact_is_found_by_the_start_of_a_name(office, contact, typed):
    create_contact(owner=contact.owner, first_name="Joanna", last_name="Ashlee", phone="+447700900002")
    assert office.rows("contact_changelist", q=typed) == [contact]


def test_a_contact_is_found_by_its_id(office, contact):
    create_contact(owner=contact.owner, phone="+447700900002")
    assert office.rows("contact_changelist", q=str(contact.pk)) == [contact]
    assert office.rows("contact_changelist", q=f"#{contact.pk}") == [contact]


@pytest.mark.parametrize("typed", ["nobody", "%", "9" * 30, "+", "()"])
def test_what_means_nothing_finds_nothing(office, contact, typed):
    assert office.rows("contact_changelist", q=typed) == []
    assert "Nothing matches" in office.text("contact_changelist", q="nobody")


def test_a_transmission_is_found_by_phone_id_and_reference(office, campaign_of, engine):
    engine.dial(campaign_of(numbers(3)))
    wanted = Transmission.objects.order_by("pk")[1]
    for typed in (wanted.contact.phone, str(wanted.pk), str(wanted.spools.get().reference)):
        assert office.rows("transmission_changelist", q=typed) == [wanted]
    attempt = wanted.spools.get()
    assert office.rows("spool_changelist", q=str(attempt.reference)) == [attempt]
    assert office.rows("loopbackcall_changelist", q=str(attempt.reference))[0].reference == attempt.reference


def test_a_blocked_number_is_found_in_any_form(office, owner):
    office.post("donotcall_add", phone="(202) 555-0177", reason="asked")
    assert [str(row) for row in office.rows("donotcall_changelist", q="1 202 555 0177")] == ["+12025550177"]
    assert office.rows("donotcall_changelist", q="202 555 0178") == []


def test_hidden_rows_are_not_listed(office, contact):
    delete_contact(contact=contact, by=office.user)
    assert office.rows("contact_changelist") == []
    assert office.get("contact_change", contact.pk).status_code == 302


def test_filters_narrow_a_list(office, campaign_of, engine, loopback):
    busy = campaign_of(["+12025550100", "+447700900002"])
    engine.dial(busy)
    other = campaign_of(numbers(2, 50))
    engine.dial(other)
    failed = office.rows("transmission_changelist", status__exact="failed")
    assert [row.contact.phone for row in failed] == ["+12025550100"]
    assert len(office.rows("transmission_changelist", campaign__id__exact=other.pk)) == 2
    assert [row.destination for row in office.rows("spool_changelist", cause="busy")] == ["+12025550100"]
    assert len(office.rows("contact_changelist", memberships__group__id__exact=busy.group_id)) == 2
    assert len(office.rows("campaign_changelist", status__exact="running")) == 2


@pytest.mark.parametrize("name", ["contact_changelist", "transmission_changelist", "campaign_changelist"])
def test_a_filter_that_no_text_can_have_is_dropped(office, name):
    answer = office.client.get(office.url(name), {"status__exact": "\0"})

    assert (answer.status_code, answer.url) == (302, office.url(name) + "?e=1")


def test_days_are_counted_in_the_readers_zone_and_both_ends_are_in(office, contact):
    Contact.objects.filter(pk=contact.pk).update(created_at="2026-06-30T23:30:00Z")  # already July in London
    office.user.time_zone = "Europe/London"
    office.user.save()
    assert office.rows("contact_changelist", created_at_from="2026-07-01", created_at_to="2026-07-01") == [contact]
    assert office.rows("contact_changelist", created_at_to="2026-06-30") == []
    assert office.rows("contact_changelist", created_at_from="no day") == [contact]


def test_a_group_shows_how_many_are_in_it(office, group, contact):
    link_contact(contact=contact, group=group, by=office.user)
    create_group(owner=office.user, name="Empty")
    assert [row.members_words for row in office.rows("group_changelist")] == ["0", "1"]


def test_the_search_over_everything_finds_people_and_campaigns(office, campaign_of, contact):
    campaign = campaign_of(["+447700900002"], name="Annual letters")
    answer = office.client.get("/admin/search/", {"s": "ann", "extended": "1"}).content.decode()
    assert office.url("contact_change", contact.pk) in answer
    assert office.url("campaign_change", campaign.pk) in answer
    assert office.url("contact_changelist") in office.client.get("/admin/search/", {"s": "CONT"}).content.decode()


def test_the_search_over_everything_shows_only_what_the_person_may_see(office_of, contact):
    office = office_of("campaign_read")
    for typed in ("ann", "contacts"):
        answer = office.client.get("/admin/search/", {"s": typed, "extended": "1"}).content.decode()
        assert "contact" not in answer.lower()


def test_the_search_over_everything_finds_what_was_made_a_moment_ago(office, owner):
    query = {"s": "+447700900001", "extended": "1"}
    assert "Ann" not in office.client.get("/admin/search/", query).content.decode()
    create_contact(owner=owner, first_name="Ann", phone="+447700900001")
    assert "Ann" in office.client.get("/admin/search/", query).content.decode()


def test_a_choice_among_many_is_searched_the_same_way(office, contact):
    create_contact(owner=contact.owner, first_name="Ben", phone="+447700900002")
    query = {"app_label": "telephony", "model_name": "transmission", "field_name": "contact", "term": "+44 7700 900001"}
    found = office.client.get("/admin/autocomplete/", query).json()
    assert found == {"results": [{"id": str(contact.pk), "text": "Ann Lee"}], "pagination": {"more": False}}


def test_what_a_provider_has_under_way_is_counted_from_open_attempts(office, campaign_of, engine, loopback):
    campaign = campaign_of([*numbers(2), "+12025550105"])
    engine.dial(campaign)
    assert Spool.objects.filter(time_end=None).count() == 1
    assert [row.open_attempts for row in office.rows("provider_changelist")] == [1]
