"""The public pages of offerings: they stand where the API says, take sign-ups, and tell the practice."""

import pytest
from django.conf import settings
from django.test import Client as Browser
from django.urls import reverse

from coaching.models import Offering, OfferingCollection, OfferingSubmission
from coaching.services import offerings
from telephony.models import Transmission

pytestmark = pytest.mark.django_db
ANN = {"name": "Ann Lee", "email": "ann@example.com"}


@pytest.fixture
def offering(practice):
    values = {"name": "Taster <b>", "blurb": "An hour", "description": "Come & see", "notify_email": "desk@example.com"}
    return Offering.objects.create(practice=practice, coach=practice.owner, slug="taster", price=40, **values)


@pytest.fixture
def collection(practice, offering):
    collection = OfferingCollection.objects.create(practice=practice, slug="all", name="All there is")
    gone = Offering.objects.create(practice=practice, coach=practice.owner, slug="gone", name="Gone", is_active=False)
    collection.offerings.set([offering, gone])
    return collection


def path_of(url):
    assert url.startswith(settings.BASE_URL)
    return url.removeprefix(settings.BASE_URL)


def test_every_address_that_the_api_names_opens(api, offering, collection):
    for name, words in (("Offering.getAll", "Come &amp; see"), ("OfferingCollection.getAll", "Taster &lt;b&gt;")):
        [row] = api.ok(name, "loaded")
        page, frame, script = (Browser().get(path_of(row[key])) for key in ("URL", "iframeURL", "scriptURL"))

        assert words in page.content.decode()
        assert words in frame.content.decode()
        assert page["X-Frame-Options"] == "DENY"
        assert "X-Frame-Options" not in frame
        assert script["Content-Type"] == "text/javascript"
        assert f'"{row["iframeURL"]}"' in script.content.decode()


def test_staff_find_the_page_from_the_offerings_own(make_user, offering, collection):
    browser = Browser()
    browser.force_login(make_user(roles=["coaching"], is_staff=True), backend="access.backends.PasswordBackend")

    for kind, row in (("offerings", offering), ("collections", collection)):
        page = browser.get(reverse(f"admin:coaching_{row._meta.model_name}_change", args=[row.pk])).content.decode()
        assert f"{settings.BASE_URL}/portal/{kind}/{row.slug}" in page


def test_a_collection_shows_what_is_still_offered_and_stays_in_its_frame(collection):
    page = Browser().get("/portal/collections/all").content.decode()
    assert ("/portal/offerings/taster" in page, "Gone" in page) == (True, False)
    assert "/portal/offerings/taster/frame" in Browser().get("/portal/collections/all/frame").content.decode()


@pytest.mark.parametrize("end", ["", "/frame"])
def test_a_sign_up_is_noted_and_told_once(api, offering, client, end):
    browser = Browser(enforce_csrf_checks=True)  # a frame has no cookie
    for _ in range(2):
        answer = browser.post(f"/portal/offerings/taster{end}", ANN | {"tracking": "spring"})
        assert "Thank you" in answer.content.decode()

    [row] = api.ok("Offering.getSubmissions", "loaded")
    assert (row["clientName"], row["clientEmail"], row["trackingData"]) == ("Ann Lee", "ann@example.com", "spring")
    assert (row["ClientID"], row["ClientInvoiceID"], row["amountPaid"]) == (0, 0, 0)
    [mail] = Transmission.objects.all()
    assert mail.contact.email == "desk@example.com"
    assert "Ann Lee\nann@example.com\nspring" in mail.content[0]["plain"]

    browser.post("/portal/offerings/taster", {"name": "Cleo", "email": client.email.upper()})
    assert api.ok("Offering.getSubmissions", "loaded")[0]["ClientID"] == client.pk


def test_the_link_says_where_somebody_came_from(offering):
    assert 'value="a&quot;b"' in Browser().get('/portal/offerings/taster?tracking=a"b').content.decode()


@pytest.mark.parametrize("wrong", [{"email": "nobody"}, {"name": ""}, {"name": "x" * 129}, {"name": "a\0b"}])
def test_what_is_no_sign_up_is_told_on_the_page(offering, wrong):
    answer = Browser().post("/portal/offerings/taster", ANN | wrong)

    assert 'role="alert"' in answer.content.decode()
    assert not OfferingSubmission.objects.exists()


@pytest.mark.parametrize("gone", ["offering", "practice", "slug"])
def test_what_is_not_offered_is_not_found(offering, collection, practice, gone):
    if gone != "slug":
        row = {"offering": offering, "practice": practice}[gone]
        row.is_active = False
        row.save()
    slug = "other" if gone == "slug" else "taster"

    for end in ("", "/frame", "/embed.js"):
        assert Browser().get(f"/portal/offerings/{slug}{end}").status_code == 404
    assert Browser().post(f"/portal/offerings/{slug}", ANN).status_code == 404
    assert not OfferingSubmission.objects.exists()


def test_an_offering_takes_so_many_in_an_hour(offering, monkeypatch):
    monkeypatch.setattr(offerings, "AN_HOUR", 2)
    pages = [
        Browser().post("/portal/offerings/taster", {"name": "Ann", "email": f"ann{number}@example.com"})
        for number in range(3)
    ]

    assert ["Thank you" in page.content.decode() for page in pages] == [True, True, False]
    assert "try again in an hour" in pages[2].content.decode()
    assert OfferingSubmission.objects.count() == Transmission.objects.count() == 2
