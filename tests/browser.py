"""A browser for tests of pages: the Chromium of the system."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.neo4j.java import apt_get, may_install


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield started
        started.close()


def chromium() -> str:
    """The system's Chromium; installed where Debian's packages can be, else the test fails and says what to install."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None and may_install():
        apt_get("update")
        apt_get("install", "--yes", "--no-install-recommends", "chromium")
        found = shutil.which("chromium")
    if found is None:
        pytest.fail("needs a browser; install Chromium (Debian: apt-get install chromium) or Google Chrome")
    return found
