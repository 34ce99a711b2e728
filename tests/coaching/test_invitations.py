"""Invitations: mailed with a fresh link, accepted once."""

import re

import pytest
from django.test import Client as Browser

from coaching.models import MagicLink
from telephony.models import Transmission
from tests.coaching.conftest import make_coach

pytestmark = pytest.mark.django_db


def mailed_link() -> str:
    """The path of the link in the newest mail."""
    [step] = Transmission.objects.latest("pk").content
    return re.search(r"https?://[^/]+(/portal/enter/\S+)", step["plain"])[1]


def test_an_invitation_is_mailed_and_accepted_once(api, client):
    assert api.ok("Client.invite", "sent", ClientID=client.pk) == []
    link, browser = mailed_link(), Browser()

    page = browser.get(link)
    assert (page.status_code, page["Referrer-Policy"]) == (200, "same-origin")
    assert "North Star invites you" in page.content.decode()
    client.refresh_from_db()
    assert not client.is_registered  # looking is not accepting

    assert "Hello Cleo" in browser.post(link, follow=True).content.decode()
    client.refresh_from_db()
    assert (client.is_registered, client.login_count) == (True, 1)
    assert browser.get(link).status_code == browser.post(link).status_code == 404
    api.fails("Client.invite", 403, ClientID=client.pk)


def test_the_button_works_with_the_checks_of_a_real_browser(api, client):
    api.ok("Client.invite", "sent", ClientID=client.pk)
    link, browser = mailed_link(), Browser(enforce_csrf_checks=True)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(link).content.decode())[1]

    assert browser.post(link, {"csrfmiddlewaretoken": token}, HTTP_ORIGIN="null").status_code == 403
    assert browser.post(link, {"csrfmiddlewaretoken": token}, HTTP_ORIGIN="http://testserver").status_code == 302
    client.refresh_from_db()
    assert client.is_registered


def test_a_fresh_link_ends_the_old_one(api, practice):
    coach = make_coach(practice)
    api.ok("Coach.invite", "sent", CoachID=coach.pk)
    old = mailed_link()
    api.ok("Coach.invite", "sent", CoachID=coach.pk)

    assert Browser().get(old).status_code == 404
    assert Browser().get(mailed_link()).status_code == 200


def test_an_expired_link_and_one_of_somebody_inactive_open_nothing(api, client):
    api.ok("Client.invite", "sent", ClientID=client.pk)
    link = mailed_link()
    client.is_active = False
    client.save()
    assert Browser().get(link).status_code == 404
    client.is_active = True
    client.save()
    MagicLink.objects.update(expires_at="2020-01-01T00:00Z")
    assert Browser().get(link).status_code == 404


def test_the_words_are_the_templates_or_ones_own(api, client):
    api.ok("Client.invite", "sent", ClientID=client.pk, inviteSubject="Hi", inviteMessage="[firstName]: [magicLink] !")
    [step] = Transmission.objects.latest("pk").content

    assert step["subject"] == "Hi"
    assert step["plain"].startswith("Cleo: http")
    api.fails("Client.invite", 402, ClientID=client.pk, inviteMessage="no link")


def test_the_token_is_not_kept(api, client):
    api.ok("Client.invite", "sent", ClientID=client.pk)

    assert MagicLink.objects.get().digest not in mailed_link()
