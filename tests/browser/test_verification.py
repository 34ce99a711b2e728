"""Customers asked whether their bookings are right, from the admin: tag and days chosen, campaign run, tags changed."""

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.server]


def let_the_sandbox_press(page: Page, key: str) -> None:
    """Set what the sandbox's far end presses, as staff do."""
    page.goto("/admin/telephony/provider/")
    page.locator("#result_list tbody th a").first.click()
    page.locator("#id_options").fill(f'{{"keys": ["{key}"]}}')
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#result_list")).to_be_visible()


def test_customers_are_called_and_their_bookings_change(page: Page):
    let_the_sandbox_press(page, "1")
    page.goto("/admin/bookings/booking/")
    page.get_by_role("link", name="Verify…").click()
    page.locator("[name=cpm]").fill("60000")
    for name in ("window_start", "window_end"):  # whenever the test runs
        page.locator(f"[name={name}]").fill("")
    page.get_by_role("button", name="Look who would be asked").click()
    expect(page.locator("#preview h2")).to_have_text(re.compile(r"This will call [\d,]+ customers? now"))
    expect(page.locator("#preview .office-said")).to_contain_text("If everything is right, press 1.")
    page.get_by_role("button", name=re.compile(r"Call [\d,]+ customers? now")).click()

    expect(page.locator("#content h2").first).to_contain_text("Verification Needed")
    asked = page.locator("#content dd a").first.inner_text()
    for _ in range(60):
        if page.locator("[data-outcome=confirmed]").inner_text() == asked:
            break
        page.wait_for_timeout(1000)
        page.reload()
    expect(page.locator("[data-outcome=confirmed]")).to_have_text(asked)
    expect(page.locator("[data-outcome=open]")).to_have_text("0")

    page.locator("td[data-label=booking] a").first.click()
    expect(page.get_by_role("button", name=re.compile("Verification Confirmed"))).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Verification Needed"))).to_have_count(0)
    expect(page.get_by_text("Confirmed by the customer: pressed 1.")).to_be_visible()
    page.get_by_text("Transcript").first.click()
    expect(page.locator(".office-said").first).to_contain_text("Customer: pressed 1.")
    expect(page.get_by_text(re.compile("verification “Verification Needed"))).to_be_visible()


PAGES = [
    *("booking/", "booking/?leaves=unverified", "booking/calendar/", "verification/", "verification/add/", "customer/"),
    *("tag/", "operator/", "accesskey/", "accesskey/add/", "booking/add/", "booking/swap/", "booking/import/"),
]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_the_desk_fits_a_phone(page: Page, path: str):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/admin/bookings/{path}")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0


def test_a_booking_of_a_customer_and_a_place_of_one_long_word_fits_a_phone(page: Page):
    page.goto("/admin/bookings/booking/")
    page.locator("#result_list tbody th a").first.click()
    booking = page.url
    page.locator("[name=legs-0-collection_address]").fill("W" * 200)
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto(booking)
    page.locator("#content dd a").first.click()
    page.locator("[name=name]").fill("x" * 100)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#result_list")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(booking)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
