"""The desk: every screen opens for those who may, and nobody sees another operator's rows."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import monotonic, sleep

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bookings.models import AccessKey, Booking, BookingTag, ContactLog, Customer, JourneyLeg, Tag, Verification
from bookings.services.contact_logs import Contact, log_contact
from bookings.services.operators import join_operator
from bookings.services.tags import add_tag
from telephony.models import Provider
from telephony.services.validation import hold
from tests.bookings.conftest import CONFIRMED, NEEDED, leg

pytestmark = pytest.mark.django_db

SCREENS = [model for model in apps.get_app_config("bookings").get_models() if admin.site.is_registered(model)]
DESK = ("bookings", "bookings_phone")


class Office:
    """A person's browser in the back office."""

    def __init__(self, user):
        self.user = user
        self.client = Client()
        self.client.force_login(user, backend="access.backends.PasswordBackend")

    def get(self, name, /, *args, **query):
        return self.client.get(reverse(f"admin:bookings_{name}", args=args), query)

    def text(self, name, /, *args, **query):
        answer = self.get(name, *args, **query)
        assert answer.status_code == 200, answer
        return answer.content.decode()

    def post(self, name, /, *args, query="", **data):
        return self.client.post(reverse(f"admin:bookings_{name}", args=args) + query, data, follow=True)

    def rows(self, name, /, **query):
        return list(self.get(f"{name}_changelist", **query).context["cl"].result_list)


@pytest.fixture
def office_of(make_user):
    """office_of(house): somebody at the desk of that operator."""

    def make(house=None, roles=DESK):
        user = make_user(roles=list(roles), is_staff=True, phone="+12025550191")
        if house:
            join_operator(user=user, operator=house.operator)
        return Office(user)

    return make


@pytest.fixture
def office(house, office_of):
    return office_of(house, [*DESK, "user", "admin"])


def in_days(days, at="09:00:00", **fields):
    day = (timezone.now() + timedelta(days=days)).date()
    return leg(f"{day} {at}", **fields)


def said(answer):
    return [str(message) for message in answer.context["messages"]]


@pytest.fixture
def full(house):
    """A booking with all that it can have."""
    house.journey_type()
    house.vehicle_type()
    booking = house.booking(
        legs=[in_days(1), in_days(2, arrival_flight="AK 1000", arrival_airport="A")], notes="<b>x</b>"
    )
    log_contact(
        operator=house.operator, bookings=[booking.pk], contact=Contact(note="n", transcript="<i>t</i>"), by=house.user
    )
    return booking


@pytest.mark.parametrize("model", SCREENS, ids=lambda model: model.__name__)
def test_a_screen_opens_empty_full_and_as_a_form(house, office, model, request):
    name = model._meta.model_name
    assert office.get(f"{name}_changelist").status_code == 200
    request.getfixturevalue("full")
    answers = [office.get(f"{name}_changelist")]
    answers += [office.get(f"{name}_change", row.pk) for row in model.objects.all()[:1]]
    if admin.site.get_model_admin(model).has_add_permission(answers[0].wsgi_request):
        answers.append(office.get(f"{name}_add"))
    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize("model", SCREENS, ids=lambda model: model.__name__)
def test_others_do_not_get_in(make_user, model):
    stranger = Office(make_user(roles=["user"], is_staff=True))
    assert stranger.get(f"{model._meta.model_name}_changelist").status_code == 403
    assert stranger.client.get(reverse("admin:bookings_calendar_changelist")).status_code == 403
    assert stranger.get("booking_swap").status_code == 403


def test_staff_see_their_own_operators_rows_alone(house, house_of, office, office_of, full):
    other = house_of("Other")
    theirs = other.booking(legs=[in_days(1)])
    desk = office_of(other)

    assert desk.rows("booking") == [theirs]
    assert desk.rows("customer") == [theirs.customer]
    assert {tag.operator for tag in desk.rows("tag")} == {other.operator}
    assert desk.rows("operator") == [other.operator]
    for name, row in (
        ("booking", full),
        ("customer", full.customer),
        ("tag", house.tag()),
        ("operator", house.operator),
    ):
        assert desk.get(f"{name}_change", row.pk).status_code == 302
    assert desk.post("booking_tags", full.pk, tag=house.tag().pk, verb="remove").status_code == 404
    assert NEEDED in house.tags_on(full)
    assert set(office.rows("booking")) == {full, theirs}  # who administers rights sees all
    page = desk.get("booking_swap", pk__in=str(full.pk)).content.decode()
    assert "the 0 bookings" in page
    assert not office_of().rows("booking")  # somebody at no operator's


def test_numbers_are_shown_to_those_who_may_see_them(house, office_of, full):
    phone = full.customer.phone
    pages = (("booking_change", full.pk), ("customer_change", full.customer.pk), ("customer_changelist",))
    seeing, blind = office_of(house), office_of(house, ["bookings"])

    assert all(phone in seeing.text(*page) for page in pages)
    assert not any(phone in blind.text(*page) for page in pages)
    blind.post("customer_change", full.customer.pk, name="Ann", phone="", email="")
    assert Customer.objects.get(pk=full.customer.pk).phone == phone
    assert Customer.objects.get(pk=full.customer.pk).name == "Ann"
    for desk, told in ((seeing, True), (blind, False)):  # whom a file of guesses knows already
        file = SimpleUploadedFile("guess.csv", f"customer_name,customer_phone\nAnn,{phone}\n".encode())
        page = desk.post("booking_import", file=file, rows="keep", **{"try": "yes"})
        assert (page.context["report"].created, "New customers" in page.content.decode()) == (1, told)


@pytest.mark.parametrize(
    "term", ["number", "Gagg", "contract", "gagg v69", "Mo Chit", "stat", "015678903459", "+44 20 7946 0018"]
)
def test_a_booking_is_found_by_number_name_phone_and_place(house, office, term):
    wanted = house.booking(legs=[in_days(1, collection_address="Mo Chit station")])
    wanted.customer.e164 = "+442079460018"
    wanted.customer.save()
    house.booking(legs=[in_days(1)], customer=house.customer(name="Somebody Else", phone="020 7946 0555"))
    found = office.rows("booking", q=str(wanted.quote_id) if term == "number" else term)

    assert found == [wanted]


def test_what_can_mean_nothing_finds_nothing_and_breaks_nothing(house, office, full):
    for term in ("'", "a & b | !", "':*", "9" * 30, "%", "\0", "((", "x" * 500, "@", "a@b"):
        assert office.rows("booking", q=term) in ([], [full]), term


def test_filters_narrow_the_list(house, office):
    soon = house.booking(legs=[in_days(1)])
    later = house.booking(legs=[in_days(9)])
    verified = house.booking(legs=[in_days(1)], tags=[CONFIRMED])
    past = house.booking("2025-10-31 08:01:00")
    bare = house.booking(legs=[])
    kind = house.journey_type("Wedding")
    wedding = house.booking(legs=[in_days(3)], journey_type=kind, status="Q")

    assert set(office.rows("booking")) == {soon, later, verified, wedding}
    assert set(office.rows("booking", leaves="all")) == {soon, later, verified, past, wedding, bare}
    assert office.rows("booking", leaves="unverified") == [soon]
    assert set(office.rows("booking", leaves="soon")) == {soon, verified}
    assert office.rows("booking", leaves="past") == [past]
    assert office.rows("booking", status__exact="Q") == [wedding]
    assert office.rows("booking", journey_type__id__exact=kind.pk) == [wedding]
    assert office.rows("booking", booking_tags__tag__id__exact=house.tag(CONFIRMED).pk) == [verified]
    assert office.rows("booking", q=str(past.quote_id)) == [past]


def test_pages_follow_one_another_in_the_order_of_departure(house, office, monkeypatch):
    monkeypatch.setattr(admin.site.get_model_admin(Booking), "list_per_page", 3)
    made = [house.booking(legs=[in_days(9 - at // 2)]) for at in range(8)] + [house.booking(legs=[]) for _ in range(3)]
    order = sorted(made[:8], key=lambda row: (row.first_pickup_at, row.quote_id)) + made[8:]
    seen, address = [], reverse("admin:bookings_booking_changelist") + "?leaves=all"
    pages = []
    while address:
        cl = office.client.get(address).context["cl"]
        seen += cl.result_list
        pages.append(list(cl.result_list))
        address = cl.older_url and reverse("admin:bookings_booking_changelist") + cl.older_url
    assert seen == order
    back = []
    cl = office.client.get(reverse("admin:bookings_booking_changelist") + cl.newer_url).context["cl"]
    while True:
        back.append(list(cl.result_list))
        if not cl.newer_url:
            break
        cl = office.client.get(reverse("admin:bookings_booking_changelist") + cl.newer_url).context["cl"]
    assert back[::-1] == pages[:-1]


def test_a_list_costs_the_same_for_two_and_for_twenty(house, office, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for at in (2, 18):
        for _ in range(at):
            house.booking(legs=[in_days(2)])
        with CaptureQueriesContext(
            connection,
        ) as seen:
            office.text("booking_changelist")
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_page_tells_the_story_and_runs_nobodys_html(house, office, full):
    page = office.text("booking_change", full.pk)

    for words in (
        "AK 1000",
        "<summary",
        "&lt;i&gt;t",
        "&lt;b&gt;x",
        "Who changed what",
        "booking made",
        "tag “Verification Needed” put on",
    ):
        assert words in page, words
    assert "<i>t" not in page


def form_of(office, name, *args):
    """What a form would send unchanged."""
    page = office.get(name, *args)
    form = page.context["adminform"].form
    values = {key: form[key].value() for key in form.fields}
    for inline in page.context["inline_admin_formsets"]:
        for each in (inline.formset.management_form, *inline.formset.initial_forms):
            values |= {each.add_prefix(key): each[key].value() for key in each.fields}
    return {key: "" if value is None else value for key, value in values.items() if value is not False}


def test_a_booking_is_made_and_changed_with_its_legs(house, office_of):
    desk, customer = office_of(house), house.customer()
    values = form_of(desk, "booking_add") | {"customer": customer.pk, "passengers": 12, "legs-TOTAL_FORMS": 1}
    values |= {f"legs-0-{name}": value for name, value in {**in_days(3), "order": 1}.items()}
    answer = desk.post("booking_add", **values)
    assert answer.status_code == 200
    made = Booking.objects.get()
    assert (made.passengers, made.legs.count()) == (12, 1)

    values = form_of(desk, "booking_change", made.pk) | {"status": "C", "legs-0-collection_address": "There"}
    desk.post("booking_change", made.pk, **values)
    made.refresh_from_db()
    assert (made.status, JourneyLeg.objects.get().collection_address) == ("C", "There")
    page = desk.text("booking_change", made.pk)
    assert f'<span class="office-strong">{desk.user.username}</span>' in page
    assert "status: booking → cancelled" in page

    desk.post("booking_change", made.pk, **values | {"legs-0-DELETE": "on", "legs-0-id": JourneyLeg.objects.get().pk})
    assert not JourneyLeg.objects.exists()


def test_a_leg_that_no_clock_shows_is_refused_and_nothing_changes(house, office_of):
    desk, booking = office_of(house), house.booking(legs=[in_days(3)])
    values = form_of(desk, "booking_change", booking.pk)
    values |= {"status": "C", "legs-0-pickup_date": "2027-03-28", "legs-0-pickup_time": "01:30:00"}

    page = desk.post("booking_change", booking.pk, **values).content.decode()

    assert "do not show" in page
    booking.refresh_from_db()
    assert booking.status == "B"


def test_tags_are_put_on_and_taken_off_on_the_page(house, office_of, full):
    desk, other = office_of(house), house.tag(CONFIRMED)
    desk.post("booking_tags", full.pk, tag=other.pk, verb="add")
    desk.post("booking_tags", full.pk, tag=house.tag().pk, verb="remove")
    assert house.tags_on(full) == [CONFIRMED]
    assert desk.post("booking_tags", full.pk, tag=0).status_code == 200


def test_many_tags_are_swapped_after_a_look(house, office_of):
    desk, new = office_of(house), house.tag(CONFIRMED)
    chosen = [house.booking(legs=[in_days(2)]) for _ in range(3)]
    bare, left = house.booking(legs=[in_days(2)], tags=[]), house.booking(legs=[in_days(2)])
    answer = desk.post(
        "booking_changelist", action="swap_selected", _selected_action=[row.pk for row in (*chosen, bare)]
    )
    query = "?" + answer.redirect_chain[-1][0].partition("?")[2]
    asked = {"old": house.tag().pk, "new": new.pk, "note": "by phone"}

    page = desk.post("booking_swap", query=query, **asked)
    assert page.context["preview"]["changing"] == 3
    assert page.context["preview"]["skipped"] == "1"
    assert not ContactLog.objects.exists()
    done = desk.post("booking_swap", query=query, agreed="3", **asked)

    assert said(done) == [f"“{NEEDED}” is “{CONFIRMED}” now on 3 bookings."]
    assert [house.tags_on(row) for row in (*chosen, bare, left)] == [[CONFIRMED]] * 3 + [[], [NEEDED]]
    assert set(ContactLog.objects.values_list("note", "user")) == {("by phone", desk.user.pk)}


def test_what_changed_since_the_look_is_looked_at_again(house, office_of):
    desk, new = office_of(house), house.tag(CONFIRMED)
    house.booking(legs=[in_days(2)])
    page = desk.post("booking_swap", old=house.tag().pk, new=new.pk, agreed="7")
    assert page.context["preview"]["changing"] == 1
    assert BookingTag.objects.filter(tag=new).count() == 0
    same = desk.post("booking_swap", old=new.pk, new=new.pk)
    assert same.context["preview"] is None


def open_entries(page):
    """What is lit at the side of a page."""
    return [item["title"] for group in page.context["sidebar_navigation"] for item in group["items"] if item["active"]]


def test_the_calendar_counts_what_leaves_and_what_is_not_verified(house, house_of, office_of):
    house_of("Other").booking("2026-07-04 09:00:00")
    house.booking("2026-07-04 23:30:00", "2026-07-05 09:00:00")
    house.booking("2026-07-04 08:00:00", tags=[CONFIRMED])
    house.booking("2026-07-04 08:00:00", status="C")
    desk = office_of(house)

    page = desk.client.get(reverse("admin:bookings_calendar_changelist"), {"day": "2026-07-04"})

    cells = {cell["date"].isoformat(): cell for week in page.context["weeks"] for cell in week}
    assert (cells["2026-07-04"]["departures"], cells["2026-07-04"]["unverified"]) == (2, 1)
    assert cells["2026-07-05"]["departures"] == 1
    assert len(page.context["legs"]) == 2
    assert open_entries(page) == ["Departures"]
    assert open_entries(desk.get("booking_changelist")) == open_entries(desk.get("booking_swap")) == ["Bookings"]
    for bad in ("x", "0001-01-01", "2026-02-30"):
        assert desk.client.get(reverse("admin:bookings_calendar_changelist"), {"day": bad}).status_code == 200


def test_a_key_is_made_shown_once_rotated_and_revoked(house, office, partner):
    values = {"name": "Caller", "owner": house.user.pk, "phone_codec": "", "allowed_addresses": "10.0.0.0/8, ::1"}
    refused = office.post("accesskey_add", **values)
    assert "phone_codec" in refused.context["adminform"].form.errors
    made = office.post("accesskey_add", **{**values, "phone_codec": "sealed"})
    secret = said(made)[0].removeprefix("The key, shown only now: ").split()[0] if said(made) else ""
    key = AccessKey.objects.latest("pk")
    assert secret.startswith("ch_")
    assert key.key.allowed_addresses == ["10.0.0.0/8", "::1"]
    assert secret not in office.text("accesskey_change", key.pk)

    rotated = office.post("accesskey_rotate", key.pk, overlap="24")
    successor = AccessKey.objects.get(succeeds=key)
    assert said(rotated)[0].startswith("The key, shown only now: ")
    key.key.refresh_from_db()
    assert key.key.is_usable and key.key.expires_at < timezone.now() + timedelta(hours=25)
    office.post("accesskey_revoke", successor.pk)
    successor.key.refresh_from_db()
    assert successor.key.revoked_at
    office.post("accesskey_rotate", key.pk, overlap="-1")
    assert AccessKey.objects.filter(succeeds=key).count() == 1


def test_an_operator_is_looked_after_by_those_who_look_after_all(house, office, office_of, make_user):
    someone = make_user()
    office.post("operator_join", house.operator.pk, user=someone.pk)
    assert someone.membership.operator == house.operator
    desk = office_of(house)
    assert desk.post("operator_join", house.operator.pk, user=make_user().pk).status_code == 403
    office.post("operator_leave", house.operator.pk, someone.membership.pk)
    someone.refresh_from_db()
    assert not hasattr(someone, "membership")
    assert office.get("operator_add").context["adminform"].form.fields["time_zone"].choices[0][0] == ""
    office.post("operator_add", name="New Coaches", time_zone="Europe/Paris", default_region="FR", active="on")
    assert office.get("operator_changelist").context["cl"].result_count == 2


def test_a_catalogue_entry_in_use_is_kept(house, office_of, full):
    desk = office_of(house)
    page = desk.post("tag_delete", house.tag().pk, post="yes")
    assert "in use" in " ".join(said(page))
    desk.post("tag_add", name="  New tag ")
    assert Tag.objects.get(name="New tag").operator == house.operator
    refused = desk.post("tag_add", name="new TAG")
    assert refused.context["adminform"].form.errors


def test_a_verification_is_looked_at_and_begun(house, office):
    Provider.objects.create(name="loopback", type="loopback", service_flag=15, active=True)
    for at in range(2):
        house.booking(legs=[in_days(1)], customer=house.customer(name=f"Ada {at}", phone=f"07700 90000{at}"))
    day = (timezone.now() + timedelta(days=1)).date().isoformat()
    values = {"tag": house.tag().pk, "first_day": day, "last_day": day, "channel": "voice", "cpm": 600}
    values |= {"confirmed_tag": house.tag(CONFIRMED).pk, "try_allowed": 1, "retry_delay": 60}

    look = office.post("verification_add", **values)
    assert look.context["preview"]["found"].to_ask == 2
    assert not Verification.objects.exists()
    changed = office.post("verification_add", agreed="1", **values)
    assert changed.context["preview"]["found"].to_ask == 2
    [why] = said(changed)
    assert why == "Who would be asked has changed since you looked: now 2, not 1. This round was not begun."
    assert not Verification.objects.exists()
    begun = office.post("verification_add", agreed="2", **values)

    made = Verification.objects.get()
    assert begun.redirect_chain[-1][0].endswith(f"/{made.pk}/change/")
    assert made.campaign.status == "running"
    assert made.enquiries.count() == 2
    again = office.post("verification_add", agreed="2", **values)
    assert again.context["preview"]["found"].to_ask == 0
    assert Verification.objects.count() == 1


def wait_for_waiters(wanted, seconds=20):
    """Return once so many transactions wait for a lock."""
    deadline = monotonic() + seconds
    while monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0] >= wanted:
                return
        sleep(0.02)
    raise AssertionError("Nobody waited")


@pytest.mark.django_db(transaction=True)
def test_a_verification_that_is_agreed_to_twice_at_once_begins_once(house, office):
    Provider.objects.create(name="loopback", type="loopback", service_flag=15, active=True)
    twice, once = (house.customer(name=f"Ada {at}", phone=f"07700 90000{at}") for at in range(2))
    for customer, at in ((twice, "09"), (twice, "10"), (once, "11")):
        house.booking(legs=[in_days(1, f"{at}:00:00")], customer=customer)
    day = (timezone.now() + timedelta(days=1)).date().isoformat()
    values = {"tag": house.tag().pk, "first_day": day, "last_day": day, "channel": "voice", "cpm": 600}
    values |= {"confirmed_tag": house.tag(CONFIRMED).pk, "try_allowed": 1, "retry_delay": 60, "agreed": "2"}

    def agree(browser):
        try:
            return browser.client.post(reverse("admin:bookings_verification_add"), values)
        finally:
            connection.close()

    browsers = [office, Office(office.user)]
    with ThreadPoolExecutor(2) as people:
        with transaction.atomic():
            hold(house.operator)  # both have agreed before either begins
            answers = [people.submit(agree, browser) for browser in browsers]
            wait_for_waiters(2)
        again, begun = sorted((answer.result() for answer in answers), key=lambda answer: answer.status_code)

    assert (again.status_code, begun.status_code) == (200, 302)
    assert Verification.objects.get().enquiries.count() == 2
    page = again.content.decode()
    assert "There is nobody to ask" in page
    assert "another booking of the same number is being asked about" in page


def test_a_verification_that_cannot_begin_is_refused_when_it_is_looked_at(house, office):
    house.booking(legs=[in_days(1)], customer=house.customer(phone="07700 900001"))
    day = (timezone.now() + timedelta(days=1)).date().isoformat()
    values = {"tag": house.tag().pk, "first_day": day, "last_day": day, "channel": "voice", "cpm": 600}
    values |= {"confirmed_tag": house.tag(CONFIRMED).pk, "try_allowed": 1, "retry_delay": 60}
    wrong = {
        "last_day": "2020-01-01",
        "window_end": "20:00",
        "confirmed_tag": house.tag().pk,
        "silent_tag": house.tag().pk,
    }
    for field, value in wrong.items():
        look = office.post("verification_add", **{**values, field: value})
        assert list(look.context["form"].errors) == [field]
        assert look.context["preview"] is None


def test_who_may_not_start_campaigns_begins_no_verification(house, office_of):
    assert office_of(house).get("verification_add").status_code == 403


def test_a_tag_put_on_by_a_partner_is_told_with_its_program(house, office_of, full):
    add_tag(operator=house.operator, bookings=[full.pk], tag=house.tag(CONFIRMED), by=house.user, key=house.key)
    page = office_of(house).text("booking_change", full.pk)
    assert f"{house.user.username} through Dialler" in page


def test_the_search_over_everything_finds_bookings_and_customers(house, house_of, office_of, full):
    other = house_of("Other")
    other.booking(legs=[in_days(1)], customer=other.customer(name="Gagg of others"))
    desk = office_of(house)

    page = desk.client.get(reverse("admin:search"), {"s": "gagg"}).content.decode()

    assert reverse("admin:bookings_booking_change", args=[full.pk]) in page
    assert reverse("admin:bookings_customer_change", args=[full.customer.pk]) in page
    assert "Gagg of others" not in page
    assert "Gagg" not in office_of(house, ["user"]).client.get(reverse("admin:search"), {"s": "gagg"}).content.decode()
