"""Contacts and groups: history, membership, files in and out."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from telephony.admin import group_files
from telephony.models import Contact, DoNotCall, GroupMember
from telephony.services.contacts import create_contact, link_contact
from telephony.services.do_not_call import block_number
from tests.telephony.admin.conftest import said
from tests.telephony.conftest import numbers

pytestmark = pytest.mark.django_db


def csv(text, name="people.csv"):
    return SimpleUploadedFile(name, text.encode(), content_type="text/csv")


def body(answer):
    """A streamed answer as text."""
    return b"".join(answer.streaming_content).decode()


def test_a_contacts_page_tells_what_happened_to_it(office, campaign_of, engine):
    campaign = campaign_of(["+12025550100"], name="Spring calls")
    engine.dial(campaign)
    contact = Contact.objects.get()
    page = office.text("contact_change", contact.pk)
    transmission = contact.transmissions.get()
    assert office.url("transmission_change", transmission.pk) in page
    for word in ("failed", "busy", "loopback", "Spring calls", "callees"):
        assert word in page


def test_a_contacts_page_costs_the_same_after_one_call_and_after_ten(
    office, campaign_of, engine, django_assert_max_num_queries
):
    first = campaign_of(["+447700900001"])
    engine.dial(first)
    contact = Contact.objects.get()
    office.text("contact_change", contact.pk)
    with django_assert_max_num_queries(14):
        office.text("contact_change", contact.pk)
    ended = {"status": "completed", "time_end": "2026-01-01T00:00Z", "destination": contact.e164, "content": []}
    for at in range(9):
        more = {"owner": contact.owner, "program": first.program, "title": f"letter {at}"}
        contact.transmissions.create(service_flag=4, **more).spools.create(service_flag=4, **ended)
    with django_assert_max_num_queries(14):
        page = office.text("contact_change", contact.pk)
    assert "letter 8" in page


def test_a_contacts_history_needs_the_right_to_see_transmissions(office_of, campaign_of, engine):
    engine.dial(campaign_of(["+12025550100"]))
    contact = Contact.objects.get()
    page = office_of("contact_read").text("contact_change", contact.pk)
    assert "/transmission/" not in page


def test_a_contact_that_must_not_be_called_says_so(office, contact):
    block_number(phone=contact.phone, by=office.user, reason="asked by letter")
    page = office.text("contact_change", contact.pk)
    assert "On the do-not-call list" in page
    assert "asked by letter" in page


def test_a_contact_without_a_usable_number_says_so(office, owner):
    contact = create_contact(owner=owner, phone="ask reception")
    assert "is not a number in any country" in office.text("contact_change", contact.pk)


def test_contacts_are_put_into_a_group_and_taken_out_many_at_once(office, contact, group):
    other = create_contact(owner=contact.owner, phone="+447700900002")
    asked = office.act("contact_changelist", "add_to_group", [contact, other])
    assert "to which group?" in asked.content.decode()
    assert not GroupMember.objects.exists()
    answer = office.act("contact_changelist", "add_to_group", [contact, other], agreed="yes", group=group.pk)
    assert said(answer) == ["2 added to Spring letters."]
    assert set(group.contacts.all()) == {contact, other}
    office.act("contact_changelist", "take_out_of_group", [other], agreed="yes", group=group.pk)
    assert list(group.contacts.all()) == [contact]


def test_no_group_chosen_asks_again(office, contact, group):
    answer = office.act("contact_changelist", "add_to_group", [contact], agreed="yes", group="")
    assert "This field is required." in answer.content.decode()
    assert not GroupMember.objects.exists()


def test_contacts_are_put_on_the_do_not_call_list_and_each_refusal_is_told(office, contact):
    unusable = create_contact(owner=contact.owner, first_name="Reception", phone="ask")
    answer = office.act("contact_changelist", "block", [contact, unusable], agreed="yes", reason="asked")
    assert said(answer) == ["1 put on the do-not-call list.", "Reception: 'ask' is no phone number"]
    assert DoNotCall.objects.get().reason == "asked"


def test_a_file_is_taken_in_and_every_row_accounted_for(office, contact, group):
    group.owner = contact.owner
    group.save()
    text = '"+447700900001","Ann"\n"+447700900002","Ben"\n"","Nobody"\n"+447700900003","Cy","","no address"\n'
    answer = office.post("group_import", group.pk, file=csv(text), rows="keep")
    page = answer.content.decode()
    report = answer.context["report"]
    assert (report.total, report.created, report.linked, len(report.rejected)) == (4, 1, 1, 2)
    assert "phone is empty" in page
    assert "email is not an address" in page
    assert group.contacts.count() == 2
    assert "people.csv" in office.text("group_history", group.pk)


def test_all_or_nothing_takes_nothing_when_a_row_is_bad(office, group):
    answer = office.post("group_import", group.pk, file=csv('"+447700900001"\n""," x"\n'), rows="all")
    assert "Nothing was taken in" in answer.content.decode()
    assert not Contact.objects.exists()


@pytest.mark.parametrize("data", [{}, {"rows": "keep"}, {"rows": "some"}])
def test_an_import_without_a_file_or_choice_asks_again(office, group, data):
    answer = office.post("group_import", group.pk, **data)
    assert answer.status_code == 200
    assert answer.context["report"] is None
    assert answer.context["form"].errors


def test_a_file_that_is_refused_says_why(office, group):
    binary = SimpleUploadedFile("people.csv", b"\x81\x8d\x8f\x90", content_type="text/csv")
    answer = office.post("group_import", group.pk, file=binary, rows="keep")
    assert answer.context["form"].errors["file"]


def test_many_rejected_rows_are_shown_up_to_a_limit(office, group, monkeypatch):
    monkeypatch.setattr(group_files, "SHOWN_REJECTIONS", 2)
    answer = office.post("group_import", group.pk, file=csv('"",1\n"",2\n"",3\n'), rows="keep")
    assert len(answer.context["rejected"]) == 2
    assert "1 more" in answer.content.decode()


def test_import_and_export_need_both_rights(office_of, group):
    reader = office_of("group_read")
    assert reader.get("group_import", group.pk).status_code == 403
    assert reader.get("group_export", group.pk).status_code == 403
    assert office_of("group_read", "group_update").get("group_import", group.pk).status_code == 403
    assert office_of("contact_read").get("contact_export").status_code == 403


def test_a_group_goes_out_as_the_file_it_could_come_in_as(office, contact, group):
    link_contact(contact=contact, group=group, by=office.user)
    answer = office.get("group_export", group.pk)
    assert answer["Content-Disposition"] == f'attachment; filename="group_{group.pk}.csv"'
    assert body(answer).startswith('"+447700900001","Ann","Lee"')


def test_the_list_goes_out_as_it_is_on_the_screen(office, contact):
    create_contact(owner=contact.owner, first_name="Ben", phone="+447700900002")
    assert len(body(office.get("contact_export")).splitlines()) == 2
    assert "Ann" in body(office.get("contact_export", q="ann"))
    assert "Ben" not in body(office.get("contact_export", q="ann"))
    chosen = office.client.post(
        office.url("contact_changelist"), {"action": "export_selected", "_selected_action": [contact.pk]}
    )
    assert body(chosen).count("\n") == 1


def test_the_sample_file_can_be_imported(office, group):
    sample = office.get("group_sample").content.decode()
    report = office.post("group_import", group.pk, file=csv(sample), rows="all").context["report"]
    assert report.created == report.total > 0


def test_a_groups_page_shows_its_members_and_campaigns(office, campaign_of):
    campaign = campaign_of(numbers(3), name="Spring calls")
    page = office.text("group_change", campaign.group.pk)
    assert "Spring calls" in page
    assert office.url("group_import", campaign.group.pk) in page
    assert "Contact 2" in page
