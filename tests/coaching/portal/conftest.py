"""Browsers of people who are signed in to the portal."""

import re
from datetime import timedelta

from django.test import Client as Browser

from coaching.models import Client, Coach
from coaching.portal.door import COOKIE
from coaching.services import invitations, visits


def signed_in(person: Client | Coach) -> Browser:
    """A browser on a visit of somebody."""
    link = invitations.new_link(person, valid_for=timedelta(minutes=5))
    token = visits.open_visit(link=invitations.find_link(token=link.rpartition("/")[2]))
    browser = Browser()
    browser.cookies[COOKIE] = token
    return browser


def seen(page: str) -> str:
    """What a form remembers of what it showed; empty where it remembers nothing."""
    found = re.search(r'name="seen" value="(\w+)"', page)
    return found[1] if found else ""


def words(answer: object) -> str:
    """What a page says."""
    return answer.content.decode()
