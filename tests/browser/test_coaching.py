"""The coaching API's reference and the public pages of offerings, as people see them on a desk and on a phone."""

from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.coaching import CoachingClient
from tests.support.server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.server]


@pytest.fixture(params=[(1366, 900), (390, 844)], ids=["desk", "phone"])
def visitor(browser: Browser, server: RunningServer, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Somebody who is not signed in; what goes wrong in their browser fails the test."""
    width, height = request.param
    context = browser.new_context(base_url=server.base_url, viewport={"width": width, "height": height})
    page, trouble = context.new_page(), []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert trouble == []


def fits(page: Page) -> bool:
    """Whether nothing has to be scrolled to the side."""
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_function_is_found_read_and_tried_live(server: RunningServer, visitor: Page):
    call = CoachingClient(server.base_url, **server.demo["coaching"])
    client = call("Client.getAll")[0]["ID"]
    before = len(call("Action.getAll", ClientID=client))
    visitor.goto("/coaching/docs")
    assert fits(visitor)
    visitor.locator("#search").fill("action.add")
    article = visitor.locator("article:visible")
    expect(article).to_have_count(1)
    article.locator("details.try summary").click()
    article.get_by_role("button", name="Fill in the example").click()
    article.get_by_role("button", name="Call Action.add").click()
    expect(article.locator("output")).to_have_text("Type your APIID and APIKey first.")

    visitor.locator("#search").fill("")
    visitor.locator("#apiid").fill(server.demo["coaching"]["api_id"])
    visitor.locator("#apikey").fill(server.demo["coaching"]["api_key"])
    article = visitor.locator("article[id='Action.add']")
    article.locator("[name=ClientID]").fill(str(client))
    article.get_by_role("button", name="Call Action.add").click()

    expect(article.locator("output .good")).to_have_text("added")
    expect(article.locator("output pre")).to_contain_text('"ActionID"')
    assert len(call("Action.getAll", ClientID=client)) == before + 1
    assert fits(visitor)


def test_an_offering_is_signed_up_for(server: RunningServer, visitor: Page):
    call = CoachingClient(server.base_url, **server.demo["coaching"])
    [offering] = call("Offering.getAll")
    before = len(call("Offering.getSubmissions"))
    email = f"visitor{visitor.viewport_size['width']}@example.com"
    visitor.goto(urlsplit(offering["URL"]).path)
    assert fits(visitor)
    visitor.get_by_label("Your name").fill("Vera Visitor")
    visitor.get_by_label("Your email address").fill(email)
    visitor.get_by_role("button", name="Sign up").click()

    expect(visitor.get_by_role("heading")).to_have_text("Thank you")
    rows = call("Offering.getSubmissions")
    assert (len(rows), rows[0]["clientEmail"]) == (before + 1, email)


def test_a_client_signs_in_and_works_in_the_portal(server: RunningServer, visitor: Page):
    call = CoachingClient(server.base_url, **server.demo["coaching"])
    person = next(row for row in call("Client.getAll") if row["isRegistered"] and row["isActive"])
    link = server.manage("portal_link", person["email"]).rpartition(" ")[2].strip()
    visitor.goto(urlsplit(link).path)
    visitor.get_by_role("button", name="Sign in").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text(f"Hello {person['firstName']}")
    assert fits(visitor)
    for name in visitor.locator("nav a").all_inner_texts():
        visitor.locator("nav").get_by_role("link", name=name, exact=True).click()
        expect(visitor.locator("nav a[aria-current]")).to_have_text(name)
        assert fits(visitor), name

    visitor.locator("nav").get_by_role("link", name="Actions").click()
    text = visitor.locator(".rows li:has(button) a").first.inner_text()
    visitor.locator(".rows li", has_text=text).get_by_role("button", name="Done").click()
    expect(visitor.get_by_role("status")).to_have_text(f"Done: {text}")
    [done] = [row for row in call("Action.getAll", ClientID=person["ID"], includeDone="true") if row["action"] == text]
    assert done["isDone"]


def test_a_coach_finds_a_client_and_gives_them_an_action(server: RunningServer, visitor: Page):
    call = CoachingClient(server.base_url, **server.demo["coaching"])
    person = next(row for row in call("Client.getAll") if row["isActive"])
    name, text = f"{person['firstName']} {person['lastName']}", f"Breathe {uuid4().hex[:8]}"
    link = server.manage("portal_link", "maya@northlight.example.com").rpartition(" ")[2].strip()
    visitor.goto(urlsplit(link).path)
    visitor.get_by_role("button", name="Sign in").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Hello Maya")
    assert fits(visitor)
    visitor.get_by_role("link", name="Clients", exact=True).click()
    visitor.get_by_label("Name or email address").fill(person["email"])
    visitor.get_by_role("button", name="Search").click()
    assert fits(visitor)
    visitor.get_by_role("link", name=name).click()
    tabs = visitor.get_by_label(f"About {name}")
    for tab in tabs.get_by_role("link").all_inner_texts():
        tabs.get_by_role("link", name=tab, exact=True).click()
        expect(tabs.locator("[aria-current]")).to_have_text(tab)
        assert fits(visitor), tab

    tabs.get_by_role("link", name="Actions").click()
    visitor.get_by_text("Give an action").click()
    visitor.get_by_label("What is to be done").fill(text)
    visitor.get_by_role("button", name="Give it").click()
    expect(visitor.get_by_role("status")).to_have_text("The action is given.")
    assert text in [row["action"] for row in call("Action.getAll", ClientID=person["ID"])]
