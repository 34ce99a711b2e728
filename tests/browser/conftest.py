"""A real browser, and the running product it looks at."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.support.server import RunningServer

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    binary = shutil.which("chromium")
    if binary is None:
        pytest.skip("there is no chromium on this machine (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=binary, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def server(browser: Browser) -> Iterator[RunningServer]:
    """The product with its demo data; not started where there is no browser."""
    with RunningServer() as running:
        yield running


@pytest.fixture(scope="module")
def signed_in(browser: Browser, server: RunningServer) -> Iterator[BrowserContext]:
    """The demo administrator's browser, who has come in by the sign-in page."""
    context = browser.new_context(base_url=server.base_url, viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.goto("/admin/")
    page.get_by_label("Username").fill(server.demo["admin"]["username"])
    page.get_by_label("Password").fill(server.demo["admin"]["password"])
    page.locator("button[type=submit]").click()
    page.wait_for_url("**/admin/")
    page.close()
    yield context
    context.close()


@pytest.fixture
def page(signed_in: BrowserContext) -> Iterator[Page]:
    """A new tab; what goes wrong in it fails the test."""
    tab, trouble = signed_in.new_page(), []
    tab.on("pageerror", lambda error: trouble.append(str(error)))
    tab.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
    yield tab
    tab.close()
    assert trouble == []
