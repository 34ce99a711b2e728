"""Signing in to the portal: by a mailed link, once, for a while; nobody else comes in."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.utils import timezone

from coaching.models import MagicLink, Visit
from coaching.portal.door import COOKIE
from coaching.services import people, visits
from telephony.models import Transmission
from tests.coaching.conftest import make_client, make_coach
from tests.coaching.portal.conftest import signed_in, words

pytestmark = pytest.mark.django_db


def ask(email: str, address: str = "192.0.2.1") -> str:
    """What the sign-in page answers, without the address that was typed."""
    answer = Browser().post("/portal/sign-in", {"email": email}, REMOTE_ADDR=address)
    assert answer.status_code == 200
    return words(answer).replace(email, "")


def mailed_links() -> list[str]:
    """The paths of the links in all mails, the newest first."""
    mails = [step["plain"] for row in Transmission.objects.order_by("-pk") for step in row.content]
    return [found[1] for mail in mails if (found := re.search(r"https?://[^/]+(/portal/enter/\S+)", mail))]


def test_a_client_signs_in_by_mail_stays_and_signs_out(client, address):
    client.is_registered = True
    client.save()
    ask(client.email.upper(), address)
    [link] = mailed_links()
    browser = Browser()

    assert "Sign in as Cleo" in words(browser.get(link))
    assert not Visit.objects.exists()  # looking is not signing in
    answer = browser.post(link)
    assert (answer.status_code, answer["Location"]) == (302, "/portal/")
    cookie = answer.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/portal")
    assert "Hello Cleo" in words(browser.get("/portal/"))
    assert Visit.objects.get().digest not in (cookie.value, link)

    assert Browser().post(link).status_code == 404  # a link works once
    browser.post("/portal/sign-out")
    browser.cookies[COOKIE] = cookie.value
    assert browser.get("/portal/")["Location"] == "/portal/sign-in"


def test_one_address_gets_a_link_for_everybody_it_is_of(practice_of, address):
    practice, other = practice_of("North Star"), practice_of("South Cross")
    for practice_ in (practice, other):
        make_client(practice_, email="both@example.com", is_registered=True)
    make_coach(other, email="both@example.com", is_registered=True)
    ask("both@example.com", address)

    homes = []
    for link in mailed_links():
        browser = Browser()
        homes.append(browser.post(link)["Location"])
    assert sorted(homes) == ["/portal/", "/portal/", "/portal/coach"]


@pytest.mark.parametrize(
    "unfit",
    [{"is_registered": False}, {"is_active": False}, {"practice": False}, {"email": "another@example.com"}],
    ids=str,
)
def test_who_may_not_enter_gets_no_mail_and_the_same_answer(practice, address, unfit):
    fields = {"email": "known@example.com", "is_registered": True} | unfit
    if not fields.pop("practice", True):
        practice.is_active = False
        practice.save()
    make_client(practice, **fields)

    known = ask("known@example.com", address)
    assert mailed_links() == []
    assert known == ask("nobody@example.com", address)


def test_nobodys_mailbox_is_flooded_and_no_place_asks_for_ever(client, address):
    client.is_registered = True
    client.save()
    for _ in range(visits.LINKS_AN_HOUR + 2):
        ask(client.email, address)
    assert len(mailed_links()) == visits.LINKS_AN_HOUR
    for _ in range(visits.ASKED_AN_HOUR):
        said = ask("nobody@example.com", address)
    assert "Too many links" in said


def test_an_invitation_that_was_lost_can_be_followed_by_a_link(api, client, address):
    api.ok("Client.invite", "sent", ClientID=client.pk)
    MagicLink.objects.update(expires_at="2020-01-01T00:00Z")
    ask(client.email, address)

    assert "invites you" in words(Browser().get(mailed_links()[0]))


def test_a_visit_ends_with_its_time_the_persons_right_or_everywhere(client, practice):
    def is_in(browser: Browser) -> bool:
        return browser.get("/portal/").status_code == 200

    first, second = signed_in(client), signed_in(client)
    Visit.objects.filter(digest__isnull=False).order_by("pk").first()
    assert is_in(first) and is_in(second)
    people.deactivate_client(client=client, may_access=False)
    assert not is_in(first)
    people.activate_client(client=client, upgrade=True)
    assert not is_in(first)  # what was ended stays so
    first, second = signed_in(client), signed_in(client)
    practice.is_active = False
    practice.save()
    assert not is_in(first)
    practice.is_active = True
    practice.save()
    second.post("/portal/sign-out", {"everywhere": "1"})
    assert not is_in(first) and not Visit.objects.exists()

    third = signed_in(client)
    Visit.objects.update(expires_at=timezone.now())
    assert not is_in(third)
    signed_in(client)
    assert Visit.objects.count() == 1  # what is over is swept away


def test_forms_of_other_sites_are_refused(client):
    browser = Browser(enforce_csrf_checks=True)
    browser.cookies = signed_in(client).cookies

    assert browser.post("/portal/journal", {"do": "write", "text": "hi"}).status_code == 403
    assert not client.journal.exists()


def test_an_operator_prints_a_link_where_mail_does_not_arrive(client):
    client.is_registered = True
    client.save()
    out = StringIO()
    call_command("portal_link", client.email, stdout=out)

    path = re.search(r"https?://[^/]+(/portal/enter/\S+)", out.getvalue())[1]
    assert Browser().post(path)["Location"] == "/portal/"
    with pytest.raises(CommandError):
        call_command("portal_link", "nobody@example.com")


def test_what_is_not_there_says_so(client):
    assert Browser().get("/portal")["Location"] == "/portal/"
    for browser in (Browser(), signed_in(client)):
        answer = browser.get("/portal/nothing/here")
        assert (answer.status_code, "This page is not here" in words(answer)) == (404, True)
