"""The demo campaign, started and watched in a browser as staff do it."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.server]

READY = "Start me: spring offers"
PAGES = [
    *("", "telephony/campaign/", "telephony/transmission/", "telephony/spool/", "telephony/contact/"),
    *("telephony/group/", "telephony/donotcall/", "telephony/text/", "telephony/template/", "telephony/program/"),
    *("telephony/provider/", "telephony/loopbackcall/", "telephony/heartbeat/", "telephony/program/add/"),
    *("telephony/contact/add/", "telephony/campaign/add/", "telephony/transmission/add/", "access/user/"),
]


def test_the_demo_campaign_is_started_and_seen_to_its_end(page: Page):
    page.goto("/admin/telephony/campaign/")
    page.get_by_role("link", name=READY).click()
    page.get_by_role("link", name="Start…").click()
    expect(page.locator("#content h2").first).to_have_text(re.compile(r"This will \w+ [\d,]+ people now"))
    page.get_by_role("button", name=re.compile("people now")).click()

    expect(page.locator("[data-live=state]")).to_have_text(re.compile("ready|running|completed", re.IGNORECASE))
    page.evaluate("window.neverReloaded = true")
    expect(page.locator("[data-live=latest] tr").first).to_be_visible(timeout=30_000)
    expect(page.locator("[data-live=percent]")).to_have_text("100 %", timeout=120_000)
    expect(page.locator("[data-live=state]")).to_have_text("completed", ignore_case=True, timeout=20_000)
    expect(page.locator("[data-live=count-pending]")).to_have_text("0")
    assert page.evaluate("window.neverReloaded")
    covered = page.evaluate(
        "[...document.querySelectorAll('.office-bar > span')].map(at => parseFloat(at.style.width))"
    )
    assert sum(covered) == pytest.approx(100, abs=0.1)

    page.locator("[data-live=latest] a").first.click()
    expect(page.locator("h2", has_text="Attempt 1")).to_be_visible()
    expect(page.locator("[data-attempt]").first).to_contain_text("Our reference")


def test_a_program_asks_only_for_what_its_type_needs(page: Page):
    page.goto("/admin/telephony/program/add/")
    expect(page.locator("#id_message")).to_be_hidden()
    page.select_option("#id_type", "sendsms")
    expect(page.locator("#id_message")).to_be_visible()
    expect(page.locator("#id_delay")).to_be_hidden()
    page.select_option("#id_type", "voicetts")
    expect(page.locator("#id_delay")).to_be_visible()
    expect(page.locator("#id_message")).to_be_hidden()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_a_phone(page: Page, path: str):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/admin/{path}")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0


def test_every_detail_page_fits_a_phone(page: Page):
    page.set_viewport_size({"width": 390, "height": 844})
    for kind in ("campaign", "transmission", "contact", "group", "text", "template", "program", "provider", "account"):
        page.goto(f"/admin/telephony/{kind}/")
        page.goto(page.locator("#result_list tbody th a").first.get_attribute("href") or "")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, kind


def test_nothing_is_fetched_from_elsewhere(signed_in: BrowserContext, page: Page):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for path in ("", "telephony/campaign/", "telephony/contact/add/"):
        page.goto(f"/admin/{path}")
    own = page.url.split("/admin/")[0]
    assert [url for url in asked if not url.startswith((own, "data:"))] == []
