"""Coverage as a picture: kgtools coverage --plot."""

import re
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import chromium
from tests.conftest import Ran

Run = Callable[..., Ran]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield started
        started.close()


@pytest.mark.parametrize("by", ["relation", "source", "relation,source"])
def test_a_page_shows_the_plot_and_its_numbers_and_asks_no_network(
    kgtools: Run, sample_run: Path, browser: Browser, tmp_path: Path, by: str
) -> None:
    file = tmp_path / "coverage.html"
    rows = kgtools("coverage", "--records", sample_run, "--by", by, "--plot", file, "--format", "json").json
    asked, said = [], []
    tab = browser.new_page()
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: said.append(message.text))

    tab.goto(file.as_uri())

    name = "source" if by == "source" else "relation"
    assert (asked, said) == ([file.as_uri()], [])
    shown = " ".join(tab.locator("svg text").all_text_contents())
    assert all(row[name] in shown for row in rows)
    assert tab.locator("tbody tr").count() == len(rows)
    box = tab.locator("svg").bounding_box()
    assert box is not None
    assert box["height"] > 50
    ink = tab.evaluate("getComputedStyle(document.querySelector('svg text')).fill")
    tab.emulate_media(color_scheme="dark")
    assert tab.evaluate("getComputedStyle(document.querySelector('svg text')).fill") != ink
    tab.close()


def test_a_picture_needs_no_css_and_is_the_same_each_time(kgtools: Run, sample_run: Path, tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg", "a.png"):
        assert kgtools("coverage", "--records", sample_run, "--by", "source", "--plot", tmp_path / name).code == 0

    svg, png = (tmp_path / "a.svg").read_text(encoding="utf-8"), (tmp_path / "a.png").read_bytes()
    assert svg == (tmp_path / "b.svg").read_text(encoding="utf-8")
    assert "var(" not in svg
    assert set(re.findall(r">(xywy|health39|cmekg)<", svg)) == {"xywy", "health39", "cmekg"}
    width, height = struct.unpack(">II", png[16:24])
    assert width > height > 100


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("a.pdf", "a plot is written as .html, .svg, .png; name a file that ends so"),
        ("no/such/folder/a.svg", "--plot"),
    ],
)
def test_a_plot_that_cannot_be_written_is_refused_before_anything_is_printed(
    kgtools: Run, sample_run: Path, tmp_path: Path, name: str, fault: str
) -> None:
    ran = kgtools("coverage", "--records", sample_run, "--plot", tmp_path / name)

    assert (ran.code, ran.out) == (2, "")
    assert fault in ran.err
    assert list(tmp_path.iterdir()) == []
