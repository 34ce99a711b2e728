"""The desk: what staff see of leads and do with them."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from access.models import Permission
from access.refusals import NotReady
from leads.admin.words import state_cell
from leads.models import CallGroup, KeyDay, Lead, LeadKey, LeadType, Partner
from leads.services import desk, news
from leads.services.call_groups import pause_call_group, update_call_group, update_lead_type
from telephony.models import DoNotCall, Transmission, WebhookDelivery, WebhookEndpoint
from telephony.services import do_not_call, webhooks
from telephony.services.webhook_sending import deliver_due
from tests.leads.conftest import PartnersProgram, calls, let_time_pass, the_lead
from tests.support.receiver import Receiver

pytestmark = pytest.mark.django_db

BUSY = "+12025550100"
SCREENS = ("lead", "partner", "leadkey", "leadtype", "callgroup")


class Desk:
    """Somebody's browser at the desk."""

    def __init__(self, user, address):
        self.user, self.client = user, Client(REMOTE_ADDR=address)
        self.client.force_login(user, backend="access.backends.PasswordBackend")

    def get(self, name, /, *args, app="leads", **query):
        return self.client.get(reverse(f"admin:{app}_{name}", args=args), query)

    def text(self, name, /, *args, **query):
        answer = self.get(name, *args, **query)
        assert answer.status_code == 200, answer
        return answer.content.decode()

    def post(self, name, /, *args, app="leads", **data):
        return self.client.post(reverse(f"admin:{app}_{name}", args=args), data, follow=True)

    def rows(self, name, /, **query):
        return list(self.get(name, **query).context["cl"].result_list)

    def act(self, name, action, rows, /, **data):
        return self.post(f"{name}_changelist", action=action, _selected_action=[row.pk for row in rows], **data)


def said(answer):
    return [str(message) for message in answer.context["messages"]]


@pytest.fixture
def staff(make_user):
    return make_user(roles=["admin", "user", "leads", "webhooks"], is_staff=True, phone="+12025550198")


@pytest.fixture
def office(staff, address):
    return Desk(staff, address)


@pytest.fixture
def reader(make_user, address):
    user = make_user(roles=[], is_staff=True)
    user.permissions.set(Permission.objects.filter(name="lead_read"))
    return Desk(user, address)


@pytest.mark.parametrize("screen", SCREENS)
def test_an_empty_list_says_what_to_do(office, screen):
    assert "No " in office.text(f"{screen}_changelist")


@pytest.mark.parametrize("screen", SCREENS)
def test_staff_without_the_right_see_nothing(make_user, address, screen):
    stranger = Desk(make_user(roles=["user"], is_staff=True), address)
    assert stranger.get(f"{screen}_changelist").status_code == 403


def test_every_page_opens_and_tells_the_story(office, site, group, engine, partner):
    site.add(mobile=BUSY, subtype="valeter", data={"vehicle_make": "<b>Ford</b>"})
    engine.dial(group.campaign)
    site.add(mobile=BUSY)
    site.add(type="pets", mobile="call me")
    for lead in Lead.objects.all():
        page = office.text("lead_change", lead.pk)
        assert "John Doe" in page
    story = office.text("lead_change", Lead.objects.earliest("pk").pk)
    for told in (
        "valeter",
        "&lt;b&gt;Ford&lt;/b&gt;",
        "busy",
        "john.doe@example.com",
        "Another call is already scheduled",
    ):
        assert told in story
    for model in (Partner, LeadKey, LeadType, CallGroup):
        name = model._meta.model_name
        for row in model.objects.all():
            office.text(f"{name}_change", row.pk)
        office.text(f"{name}_changelist")
        office.text(f"{name}_add")
    assert "3" in office.text("partner_change", partner.pk)
    busy, second, _ = Lead.objects.select_related("transmission").order_by("pk")
    assert "busy" in state_cell(busy)
    assert "Another call is already scheduled" in state_cell(second)


def test_leads_are_found_by_state_type_partner_day_and_number(office, site, kind, group, engine, partner):
    site.add(mobile=BUSY)
    engine.dial(group.campaign)
    site.add(delays=600)
    site.add()
    assert [lead.state for lead in office.rows("lead_changelist", state="dialling")] == ["dialling"]
    assert [lead.state for lead in office.rows("lead_changelist", state="scheduled")] == ["scheduled"]
    assert [lead.state for lead in office.rows("lead_changelist", state="rejected")] == ["rejected"]
    assert len(office.rows("lead_changelist", why="Another call is already scheduled")) == 1
    assert len(office.rows("lead_changelist", type__id__exact=kind.pk, partner__id__exact=partner.pk)) == 3
    assert len(office.rows("lead_changelist", created_at_from=f"{timezone.now():%Y-%m-%d}")) == 3
    assert not office.rows("lead_changelist", created_at_to="2020-01-01")
    assert office.get("lead_changelist").context["cl"].filter_specs[-1].title == "came in"
    for form in ("+44 7840 258823", "447840258823", "07840 258823", "07840258823"):
        assert len(office.rows("lead_changelist", q=form)) == 2, form
    assert len(office.rows("lead_changelist", q="doe")) == 3


def test_a_lead_and_its_partner_are_found_by_the_search_over_everything(office, reader, site, make_user, address):
    site.add()
    for term, found in (("07840258823", "John Doe"), ("doe", "John Doe"), ("compare", "compare.example")):
        assert found in reader.client.get(reverse("admin:search"), {"s": term}).content.decode()
    stranger = Desk(make_user(roles=["user"], is_staff=True), address)
    assert "Lead " not in stranger.client.get(reverse("admin:search"), {"s": "doe"}).content.decode()


def test_a_list_costs_the_same_with_two_leads_and_twenty(office, site):
    for at in range(2):
        site.add(mobile=f"0784025{at:04}")
    office.rows("lead_changelist")
    with CaptureQueriesContext(connection) as few:
        office.rows("lead_changelist")
    for at in range(2, 22):
        site.add(mobile=f"0784025{at:04}")
    with CaptureQueriesContext(connection) as many:
        office.rows("lead_changelist")
    assert len(many) <= len(few)


def test_a_lead_that_waits_is_rung_now(office, site, group, engine):
    site.add(delays=6000)
    assert engine.dial(group.campaign) == 0
    office.post("lead_redial", the_lead().pk)
    assert engine.dial(group.campaign) == 1
    assert Lead.objects.count() == 1


def test_a_lead_that_failed_is_rung_again_as_the_same_call(office, site, group, engine, owner):
    update_call_group(group=group, by=owner, try_allowed=1)
    site.add(mobile=BUSY)
    engine.dial(group.campaign)
    assert the_lead().status == "dialled"
    office.post("lead_redial", the_lead().pk)
    assert (the_lead().status, the_lead().state) == ("scheduled", "dialling")
    assert engine.dial(group.campaign) == 1
    assert (Lead.objects.count(), the_lead().transmission.try_done) == (1, 2)


def test_a_lead_that_was_answered_or_cancelled_is_rung_again_as_a_new_one(office, site, group, engine):
    site.add()
    engine.dial(group.campaign)
    answer = office.post("lead_redial", the_lead().pk)
    assert "new lead for the same person" in said(answer)[0]
    first, second = Lead.objects.order_by("pk")
    assert (first.status, first.outcome, second.status) == ("dialled", "answered", "scheduled")
    assert (second.key, second.mobile, second.type, second.email) == (None, first.mobile, first.type, first.email)
    assert engine.dial(group.campaign) == 1
    assert engine.calls() == ["+447840258823"] * 2


def test_a_lead_is_never_rung_twice_over_or_against_the_list(site, group, engine, staff):
    site.add()
    engine.dial(group.campaign)
    desk.redial(lead=the_lead(), by=staff)
    with pytest.raises(NotReady, match="already scheduled"):
        desk.redial(lead=Lead.objects.earliest("pk"), by=staff)
    do_not_call.block_number(phone="+447840258823", by=staff)
    for lead in Lead.objects.select_related("transmission"):
        with pytest.raises(NotReady, match="Do Not Call"):
            desk.redial(lead=lead, by=staff)
    assert engine.dial(group.campaign) == 0


def test_a_lead_that_nobody_knows_how_to_ring_says_so(office, site):
    site.add(type="pets", mobile="call me")
    assert "unknown" in said(office.post("lead_redial", the_lead().pk))[0]
    assert calls() == []


def test_a_lead_of_a_paused_group_says_why_it_is_not_rung(office, site, group, staff):
    site.add(delays=60)
    pause_call_group(group=group, by=staff)
    assert said(office.post("lead_redial", the_lead().pk)) == ["Its campaign is stopped"]


def test_staff_cancel_a_lead_once(office, site, group, engine):
    site.add(delays=60)
    assert "Cancelled" in said(office.post("lead_cancel", the_lead().pk))[0]
    let_time_pass()
    assert engine.dial(group.campaign) == 0
    assert the_lead().status == "cancelled"
    assert "Nothing waits" in said(office.post("lead_cancel", the_lead().pk))[0]


def test_bulk_actions_answer_for_each_lead(office, site, group, engine):
    site.add(delays=60)
    site.add(mobile="07840258824")
    Transmission.objects.filter(contact__e164="+447840258823").update(due_at=None)
    engine.dial(group.campaign)
    answer = office.act("lead", "cancel_selected", Lead.objects.all())
    assert sorted(said(answer)) == ["1 cancelled.", "John Doe: Nothing waits to be dialled: it is dialled"]


def test_a_number_is_never_rung_again_once_staff_say_so(office, site, group, engine):
    site.add()
    lead = the_lead()
    assert "Never ring" in office.text("lead_block", lead.pk)
    assert not DoNotCall.objects.exists()
    office.post("lead_block", lead.pk, agreed="yes", reason="shouted", _selected_action=lead.pk)
    assert DoNotCall.objects.get().reason == "shouted"
    assert engine.dial(group.campaign) == 0
    assert (the_lead().status, the_lead().reason) == ("rejected", "on the do-not-call list")
    assert "do-not-call list since" in office.text("lead_change", lead.pk)


def test_who_may_only_read_changes_nothing(reader, site):
    site.add(delays=60)
    lead = the_lead()
    page = reader.text("lead_change", lead.pk)
    assert "Ring now" not in page
    for name in ("lead_redial", "lead_cancel", "lead_block"):
        assert reader.post(name, lead.pk).status_code == 403
    assert reader.get("lead_import").status_code == reader.get("lead_export").status_code == 403
    assert reader.get("partner_add").status_code == 403
    assert reader.post("leadkey_rotate", LeadKey.objects.get().pk).status_code == 403
    assert the_lead().status == "scheduled"


def a_file(*rows, header="first_name,surname,mobile,email,type,delays"):
    return SimpleUploadedFile("leads.csv", "\r\n".join([header, *rows]).encode(), "text/csv")


GOOD = "Ann,Lee,07840 258823,ann@example.com,motor-trade,600"
ROWS = (
    GOOD,
    "Bob,Ray,07840258824,bob@example.com,motor-trade,",
    "Ann,Again,+447840258823,ann@example.com,motor-trade,",
    ",Nobody,12,nobody,motor-trade,soon",
    "Eve,Mas,07840258825,eve@example.com,pets,",
)


def test_a_file_may_be_tried_before_it_is_taken_in(office, partner, kind):
    answer = office.post("lead_import", partner=partner.pk, file=a_file(*ROWS), how="try")
    report = answer.context["report"]
    assert (report.total, report.taken) == (5, 2)
    assert [(each.line, each.is_stored, each.reason) for each in report.rejected] == [
        (4, True, "Another call is already scheduled"),
        (
            5,
            False,
            "First Name cannot be blank. Email is not a valid email address. Mobile is not a valid phone number. "
            "Delays must be a number.",
        ),
        (6, True, "Unknown Type"),
    ]
    page = answer.content.decode()
    assert "nothing was stored" in page
    assert ("<th>Would be stored</th>" in page, "<th>Stored</th>" in page) == (True, False)
    assert not Lead.objects.exists()
    assert not Transmission.objects.exists()

    office.post("lead_import", partner=partner.pk, file=a_file(*ROWS), how="take")
    assert Lead.objects.count() == 4
    assert sorted(calls()) == ["+447840258823", "+447840258824"]
    lead = Lead.objects.earliest("pk")
    assert (lead.partner, lead.key, lead.delays) == (partner, None, 600)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (a_file(GOOD, header="a,b,c"), "first row must name the columns"),
        (a_file(GOOD, header="first_name,surname,mobile,email,delays"), "type is missing"),
        (a_file(GOOD, header="first_name,surname,mobile,email,type,type"), "twice"),
        (a_file(*[GOOD] * 5001), "more than 5000 rows"),
        (SimpleUploadedFile("x.csv", b"\x00\x01\x02" * 50), "file"),
    ],
)
def test_a_file_that_cannot_be_read_stores_nothing_and_says_why(office, partner, kind, file, said):
    file.seek(0)
    answer = office.post("lead_import", partner=partner.pk, file=file, how="take")
    assert said in str(answer.context["form"].errors).lower() or said in str(answer.context["form"].errors)
    assert not Lead.objects.exists()


def test_what_is_exported_is_what_the_list_shows_and_harms_no_spreadsheet(office, site):
    site.add(first_name="=HYPERLINK(1)", surname="-Doe", data={"a": 1})
    site.add(mobile="07840258824", delays=5)
    answer = office.get("lead_export", state="scheduled", q="447840258823")
    text = b"".join(answer.streaming_content).decode()
    [header, row] = csv.reader(io.StringIO(text))
    cells = dict(zip(header, row, strict=True))
    assert (cells["first_name"], cells["surname"]) == ("'=HYPERLINK(1)", "'-Doe")
    assert (cells["partner"], cells["e164"], cells["status"], cells["attempts"]) == (
        "compare.example",
        "+447840258823",
        "scheduled",
        "0",
    )
    assert cells["data"] == '{"a": 1}'


def test_the_sample_may_be_imported(office, partner, kind):
    sample = SimpleUploadedFile("sample.csv", office.get("lead_sample").content)
    answer = office.post("lead_import", partner=partner.pk, file=sample, how="try")
    assert (answer.context["report"].total, answer.context["report"].taken) == (2, 2)


def test_a_partner_with_a_key_is_made_at_the_desk_and_may_send_at_once(office, address, kind):
    office.post("partner_add", name="new.example", default_region="GB", active="on")
    partner = Partner.objects.get(name="new.example")
    update_lead_type(kind=kind, partners=[partner])
    answer = office.post("leadkey_add", partner=partner.pk, name="form", allowed_addresses="")
    [shown] = [text for text in said(answer) if "shown only now" in text]
    key = LeadKey.objects.get()
    assert (key.per_minute, key.per_day, key.key.allowed_addresses) == (None, None, [])
    secret = shown.rpartition(" ")[2]
    assert PartnersProgram(secret, address).add() == {"saved": True, "processed": True}
    assert secret not in office.text("leadkey_change", key.pk)


def test_a_keys_limits_and_addresses_are_changed_at_the_desk(office, site, address):
    key = LeadKey.objects.get()
    data = {"name": "form", "per_minute": "60", "per_day": "100", "allowed_addresses": "10.0.0.0/8\n2001:db8::1"}
    office.post("leadkey_change", key.pk, **data)
    key = LeadKey.objects.select_related("key").get()
    assert (key.per_minute, key.per_day) == (60, 100)
    assert key.key.allowed_addresses == ["10.0.0.0/8", "2001:db8::1"]
    site.add()
    assert KeyDay.objects.get().leads == 1
    assert "1 of 100" in office.text("leadkey_change", key.pk)
    answer = office.post("leadkey_change", key.pk, **{**data, "allowed_addresses": "nowhere"})
    assert "Nowhere is no IP address" in answer.content.decode()
    office.post("leadkey_change", key.pk, name="form", per_minute="", per_day="", allowed_addresses="")
    assert LeadKey.objects.get().per_day is None


def test_a_rotated_key_and_its_follower_are_both_good_and_a_revoked_one_is_not(office, site, address):
    old = LeadKey.objects.get()
    answer = office.post("leadkey_rotate", old.pk)
    secret = next(text for text in said(answer) if "shown only now" in text).rpartition(" ")[2]
    assert PartnersProgram(secret, address).add()["saved"]
    assert site.add()["saved"]
    office.post("leadkey_revoke", old.pk)
    assert site.post("add", {}).status_code == 403
    assert "revoked" in office.text("leadkey_change", old.pk)


def test_a_call_group_and_a_type_are_made_and_changed_at_the_desk(office, program, partner, staff):
    data = {
        "name": "cars",
        "program": program.pk,
        "default_region": "GB",
        "cpm": "30",
        "try_allowed": "2",
        "retry_delay": "600",
        "window_start": "09:00",
        "window_end": "17:00",
        "window_days": ["1", "2"],
        "time_zone": "Europe/London",
    }
    office.post("callgroup_add", **data)
    group = CallGroup.objects.get()
    assert (group.campaign.cpm, group.campaign.window_days, group.campaign.owner) == (30, [1, 2], staff)
    assert group.campaign.window_start.hour == 9

    office.post("callgroup_change", group.pk, **{**data, "cpm": "90", "window_start": "", "window_end": ""})
    group = CallGroup.objects.get()
    assert (group.campaign.cpm, group.campaign.window_start) == (90, None)
    answer = office.post("callgroup_change", group.pk, **{**data, "window_end": ""})
    assert "Both ends" in answer.content.decode()

    office.post("leadtype_add", name="van", call_group=group.pk, partners=[partner.pk], recontact_after="30")
    kind = LeadType.objects.get()
    assert (kind.call_group, kind.recontact_after, list(kind.partners.all())) == (group, 30, [partner])
    office.post("leadtype_change", kind.pk, name="vans", call_group=group.pk, partners=[], recontact_after="")
    kind = LeadType.objects.get()
    assert (kind.name, kind.recontact_after, list(kind.partners.all())) == ("vans", None, [])


def test_a_group_is_paused_and_resumed_at_the_desk(office, site, group, engine):
    office.post("callgroup_pause", group.pk)
    site.add()
    assert engine.dial(group.campaign) == 0
    assert "Paused" in office.text("callgroup_change", group.pk)
    office.post("callgroup_resume", group.pk)
    assert engine.dial(group.campaign) == 1


def test_a_name_that_is_taken_is_said_beside_the_field(office, group, program):
    answer = office.post("callgroup_add", name="insurance", program=program.pk, cpm=1, try_allowed=1, retry_delay=1)
    assert CallGroup.objects.count() == 1
    assert "already exists" in answer.content.decode()


def test_figures_of_a_partner_add_up(office, site, group, engine, partner):
    site.add(mobile=BUSY)
    site.add(mobile="07840258824")
    engine.dial(group.campaign)
    site.add(mobile="07840258824")
    answer = office.get("partner_change", partner.pk)
    lines = {line.name: line.number for line in answer.context["lines"]}
    assert lines == {"dialling": "1", "answered": "1", "not rung: Existing Contact": "1"}
    today = answer.context["days"][-1]
    assert (today.rung, today.others) == (2, 1)


def test_a_partners_webhook_is_made_tried_read_and_sent_again_at_the_desk(office, site, partner, settings):
    settings.WEBHOOK_PRIVATE_HOSTS = ["127.0.0.1"]
    audience = news.audience_of(partner.pk)
    assert f'value="{audience}" selected' in office.text("webhookendpoint_add", app="telephony", audience=audience)
    with Receiver() as receiver:
        data = {"url": receiver.url, "description": "their CRM", "audience": audience, "owner": office.user.pk}
        answer = office.post("webhookendpoint_add", app="telephony", **data)
        secret = next(text for text in said(answer) if "shown only now" in text).rpartition(" ")[2]
        hook = WebhookEndpoint.objects.get()
        assert (hook.audience, hook.secret, hook.description) == (audience, secret, "their CRM")
        assert "their CRM" in office.text("partner_change", partner.pk)
        office.post("webhookendpoint_test", hook.pk, app="telephony")
        site.add(delays=60)
        deliver_due()
        assert sorted(r.verify(secret)["type"] for r in receiver.requests) == ["lead.scheduled", "webhook.test"]
        page = office.text("webhookendpoint_change", hook.pk, app="telephony")
        assert "lead.scheduled" in page
        assert secret not in page
        delivery = WebhookDelivery.objects.latest("pk")
        assert "thank you" in office.text("webhookdelivery_change", delivery.pk, app="telephony")
        assert "lead.scheduled" in office.text("lead_change", the_lead().pk)
        office.post("webhookdelivery_again", delivery.pk, app="telephony")
        deliver_due()
        assert len(receiver.requests) == 3
    office.post("webhookendpoint_secret", hook.pk, app="telephony")
    office.post("webhookendpoint_off", hook.pk, app="telephony")
    hook.refresh_from_db()
    assert (hook.active, hook.old_secret) == (False, secret)
    assert "switched off by" in office.text("webhookendpoint_changelist", app="telephony")
    office.post("webhookendpoint_on", hook.pk, app="telephony")
    office.post("webhookendpoint_delete", hook.pk, app="telephony", post="yes")
    hook.refresh_from_db()
    assert hook.deleted_at


def test_a_webhook_to_an_inner_address_is_refused_beside_the_field(office):
    data = {"url": "https://10.0.0.1/", "owner": office.user.pk}
    answer = office.post("webhookendpoint_add", app="telephony", **data)
    assert "10.0.0.1 is not a public address" in answer.content.decode()
    assert not WebhookEndpoint.objects.exists()


def test_who_may_only_read_webhooks_switches_nothing(make_user, address, owner):
    hook, _ = webhooks.create_webhook(owner=owner, url="https://example.com/")
    user = make_user(roles=[], is_staff=True)
    user.permissions.set(Permission.objects.filter(name="webhook_read"))
    watcher = Desk(user, address)
    assert "Switch off" not in watcher.text("webhookendpoint_change", hook.pk, app="telephony")
    for name in ("off", "on", "secret", "test"):
        assert watcher.post(f"webhookendpoint_{name}", hook.pk, app="telephony").status_code == 403
