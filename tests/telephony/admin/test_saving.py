"""Saving and deleting: the services decide, the page says what they said."""

import pytest

from telephony.models import Account, Campaign, Contact, DoNotCall, Group, Provider
from telephony.services.accounts import create_account
from telephony.services.providers import create_provider
from tests.telephony.admin.conftest import errors, said
from tests.telephony.conftest import numbers

pytestmark = pytest.mark.django_db


def test_a_contact_is_made_by_the_service_and_belongs_to_whoever_made_it(office):
    assert office.get("contact_add").context["adminform"].form.initial["owner"] == office.user.pk
    office.post("contact_add", first_name="Ann", phone="(202) 555-0123", owner=office.user.pk)
    made = Contact.objects.get()
    assert (made.first_name, made.e164, made.owner, made.updated_by) == (
        "Ann",
        "+12025550123",
        office.user,
        office.user,
    )


def test_a_contact_may_be_made_for_somebody_else(office, owner):
    office.post("contact_add", phone="+12025550123", owner=owner.pk)
    assert Contact.objects.get().owner == owner


def test_what_the_service_refuses_is_shown_at_the_field_and_nothing_is_stored(office):
    answer = office.post("contact_add", first_name="Ann", owner=office.user.pk)
    assert errors(answer) == {"phone": ["A phone number or an e-mail address is required"]}
    assert 'value="Ann"' in answer.content.decode()
    assert not Contact.objects.exists()


def test_a_change_keeps_what_was_not_changed_and_notes_who_changed_it(office, contact):
    office.post("contact_change", contact.pk, first_name="Anna", last_name="Lee", phone=contact.phone)
    contact.refresh_from_db()
    assert (contact.first_name, contact.last_name, contact.updated_by) == ("Anna", "Lee", office.user)
    assert contact.owner != office.user


def test_a_refused_change_leaves_the_row_as_it_was(office, contact):
    answer = office.post("contact_change", contact.pk, first_name="Anna", last_name="Lee", phone="")
    assert "phone" in errors(answer)
    contact.refresh_from_db()
    assert (contact.first_name, contact.phone) == ("Ann", "+447700900001")


def test_the_history_of_a_row_says_who_changed_which_field(office, contact):
    office.post("contact_change", contact.pk, first_name="Anna", last_name="Lee", phone=contact.phone)
    history = office.text("contact_history", contact.pk)
    assert "First name" in history
    assert str(office.user) in history


def test_deleting_hides_the_row(office, contact):
    office.post("contact_delete", contact.pk, post="yes")
    contact.refresh_from_db()
    assert contact.deleted_at is not None


def test_a_refused_deletion_is_a_message_and_no_error(office, campaign_of):
    campaign = campaign_of(numbers(1))
    group = campaign.group
    answer = office.post("group_delete", group.pk, post="yes")
    assert answer.status_code == 200
    assert said(answer) == [f"Group is used by campaign {campaign.pk}, which has not ended"]
    assert Group.objects.visible().filter(pk=group.pk).exists()


def test_many_are_deleted_after_asking_and_each_refusal_is_told(office, owner, campaign_of, group):
    campaign = campaign_of(numbers(1))
    used = campaign.group
    asked = office.act("group_changelist", "delete_selected", [group, used])
    assert "Delete these groups?" in asked.content.decode()
    assert Group.objects.visible().count() == 2
    answer = office.act("group_changelist", "delete_selected", [group, used], agreed="yes")
    assert said(answer) == ["1 deleted.", f"{used}: Group is used by campaign {campaign.pk}, which has not ended"]
    assert list(Group.objects.visible()) == [used]


def test_nobody_deletes_many_without_the_right(office_of, contact):
    reader = office_of("contact_read", "contact_update")
    reader.act("contact_changelist", "delete_selected", [contact], agreed="yes")
    contact.refresh_from_db()
    assert contact.deleted_at is None


@pytest.fixture
def mail(owner):
    return create_provider(owner=owner, type="smtp", name="mail", host="127.0.0.1", port=25, password="Very-Secret-1")


def provider_form(provider, **changes):
    fields = {"name": provider.name, "service_flag": [8], "host": provider.host, "port": provider.port}
    return {**fields, "weight": provider.weight, "options": "{}", "username": "", "password": "", **changes}


def test_a_password_left_blank_stays(office, mail):
    office.post("provider_change", mail.pk, **provider_form(mail, description="the office's"))
    mail.refresh_from_db()
    assert (mail.description, mail.password) == ("the office's", "Very-Secret-1")


def test_a_new_password_is_stored(office, mail):
    office.post("provider_change", mail.pk, **provider_form(mail, password="Another-Secret-2"))
    mail.refresh_from_db()
    assert mail.password == "Another-Secret-2"


def test_no_page_shows_a_secret(office, office_of, mail, owner):
    account = create_account(
        owner=owner, username="ext-1", type="extension", passwd="Account-Secret-3", passwd_pin="4711"
    )
    reader = office_of("provider_read", "account_read")
    pages = [
        *(each.text("provider_change", mail.pk) for each in (office, reader)),
        *(each.text("account_change", account.pk) for each in (office, reader)),
        office.text("provider_changelist"),
        office.text("account_changelist"),
        office.post("provider_change", mail.pk, **provider_form(mail, name="two words")).content.decode(),
    ]
    for page in pages:
        assert "Secret" not in page.replace("<h2", "").replace("Secrets", "")
        assert "4711" not in page


def test_services_are_boxes_to_tick(office):
    page = office.text("provider_add")
    assert page.count('name="service_flag"') == 4
    office.post("provider_add", type="loopback", name="sandbox", service_flag=[1, 4], weight=1, options="{}", owner="")
    assert Provider.objects.get().service_flag == 5


def test_a_provider_without_boxes_ticked_carries_what_its_type_carries(office):
    office.post("provider_add", type="smtp", name="mail", weight=1, options="{}")
    assert (Provider.objects.get().service_flag, Provider.objects.get().port) == (8, 25)


@pytest.mark.parametrize(
    ("options", "reason"),
    [("{", "Enter a valid JSON."), ('{"speed": 1}', "There is no setting 'speed' for a provider of type loopback")],
)
def test_settings_of_a_provider_are_checked(office, options, reason):
    answer = office.post("provider_add", type="loopback", name="sandbox", weight=1, options=options)
    assert errors(answer) == {"options": [reason]}
    assert not Provider.objects.exists()


def test_a_provider_is_checked_by_its_gateway(office, mail, loopback):
    assert said(office.post("provider_check", loopback.pk)) == ["loopback answers as it should."]
    Provider.objects.filter(pk=mail.pk).update(port=1)
    [problem] = said(office.post("provider_check", mail.pk))
    assert "should" not in problem
    both = said(office.act("provider_changelist", "check_selected", [loopback, mail]))
    assert len(both) == 2
    assert both[0] == "1 answer as they should."


def test_checking_a_provider_needs_a_sent_form_and_the_right(office, office_of, loopback):
    assert office.get("provider_check", loopback.pk).status_code == 405
    assert office_of("provider_read").post("provider_check", loopback.pk).status_code == 403


def test_providers_and_accounts_are_switched_many_at_once(office, loopback, mail, owner):
    office.act("provider_changelist", "switch_off", [loopback])
    office.act("provider_changelist", "switch_on", [mail])
    assert dict(Provider.objects.values_list("name", "active")) == {"loopback": False, "mail": True}
    account = Account.objects.get(owner=owner)
    office.act("account_changelist", "switch_off", [account])
    account.refresh_from_db()
    assert account.active is False


def test_type_and_name_of_an_account_stay_as_they_were_made(office, owner):
    account = Account.objects.get(owner=owner)
    page = office.text("account_change", account.pk)
    assert 'name="username"' not in page
    assert 'name="type"' not in page


def test_a_number_is_put_on_the_do_not_call_list_in_any_form_and_taken_off(office):
    office.post("donotcall_add", phone="(202) 555-0177", reason="asked by letter")
    blocked = DoNotCall.objects.get()
    assert (blocked.number, blocked.reason, blocked.source) == (12025550177, "asked by letter", "staff")
    assert errors(office.post("donotcall_add", phone="reception")) == {"phone": ["'reception' is no phone number"]}
    office.post("donotcall_delete", blocked.pk, post="yes")
    assert not DoNotCall.objects.exists()


def test_a_started_campaign_lets_only_its_rate_and_attempts_change(office, campaign_of):
    campaign = campaign_of(numbers(2), name="Spring")
    page = office.text("campaign_change", campaign.pk)
    assert 'name="cpm"' in page
    assert 'name="program"' not in page
    office.post("campaign_change", campaign.pk, cpm=120, try_allowed=3, name="Autumn")
    campaign.refresh_from_db()
    assert (campaign.cpm, campaign.try_allowed, campaign.name) == (120, 3, "Spring")


def test_a_campaign_is_made_with_its_hours(office, program, group):
    fields = {
        "name": "Spring",
        "program": program.pk,
        "group": group.pk,
        "cpm": 60,
        "try_allowed": 1,
        "retry_delay": 60,
    }
    hours = {"window_start": "09:00", "window_end": "20:30", "window_days": [1, 5], "time_zone": "Europe/London"}
    office.post("campaign_add", owner=office.user.pk, **fields, **hours)
    made = Campaign.objects.get()
    assert (f"{made.window_start:%H:%M}", made.window_days, made.time_zone) == ("09:00", [1, 5], "Europe/London")
    assert (made.owner, made.status) == (office.user, "new")
    half = office.post("campaign_add", owner=office.user.pk, **fields, window_start="09:00")
    assert errors(half)
    assert Campaign.objects.count() == 1


def test_unknown_rows_lead_back_to_the_list(office):
    assert office.get("contact_change", 2**62).status_code == 302
