"""The page of a report in a real browser, with the network cut off."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from playwright.sync_api import Browser, Page

from kgtools.train.evaluate.report.write import write_report
from tests.train.evaluate.test_report import cell

DESKTOP, PHONE = (1280, 900), (390, 844)
MODEL = "<script>alert(1)<b>模型"
CHECKED = {
    "checked": True, "line": "contamination: 2 of 69 prompts stand in the training data", "records": 1_000, "prompts": 69,
    "rules": {"question": 2}, "twins": 0, "facts": 0, "unseen": {},
}  # fmt: skip
Visit = Callable[..., Any]


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of two runs, one of a model with a hostile name."""
    home = tmp_path_factory.mktemp("report")
    folders = []
    for name, model, half in (("narrow", "ours", 0.02), ("wide", MODEL, 0.2)):
        cells = [cell("accuracy", 0.27, half, 69, "medqa", "category", "Respiratory")]
        said = {
            "command": "evaluate exam", "task": "exam", "settings": {"seed": 0, "missing": "error"}, "versions": {"kgtools": "0.1.0"},
            "inputs": {"prompts/records.parquet": "ab" * 32}, "samples": 69, "answers": 69, "missing": 0, "states": {"read": 69},
            "metrics": {"accuracy": {"better": True, "percent": True}}, "prompt_settings": {"shots": 0, "prompt": "own"},
            "answered_by": {"model": model}, "contamination": CHECKED,
        }  # fmt: skip
        folder = home / name
        folder.mkdir()
        (folder / "cells.json").write_bytes(orjson.dumps(cells))
        (folder / "run.json").write_bytes(orjson.dumps(said))
        folders.append(folder)
    write_report(folders, ["clinicalgpt"], home / "report")
    return home / "report" / "report.html"


@pytest.fixture(scope="module")
def visit(browser: Browser, page_file: Path) -> Visit:
    """The page as `locale`, `scheme` and `size` would see it; it may say nothing to the console and ask for nothing."""

    @contextmanager
    def opened(size: tuple[int, int] = DESKTOP, scheme: Any = "light", locale: str = "en-US") -> Iterator[Page]:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, locale=locale, offline=True
        )
        page, heard = context.new_page(), []
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("request", lambda request: heard.append(request.url))
        page.goto(page_file.as_uri())
        yield page
        context.close()
        assert heard == [page_file.as_uri()]

    return opened


def test_the_reader_s_language_is_shown_and_the_other_by_a_button(visit: Visit) -> None:
    with visit(locale="zh-CN") as page:
        assert page.title() == "评测报告"
        assert page.locator("h1").inner_text() == "评测报告"
        assert page.get_by_text("已复现", exact=True).first.is_visible()

        page.click("[data-language=en]")

        assert page.title() == page.locator("h1").inner_text() == "Evaluation report"
        assert not page.get_by_text("已复现", exact=True).first.is_visible()


def test_a_verdict_stands_under_its_figure_with_the_rule_below(visit: Visit) -> None:
    with visit() as page:
        table = page.locator("#clinicalgpt-exam")
        assert table.locator(".verdicts .badge").all_inner_texts() == [
            "reproduced",
            "unknowable at this n",
        ]
        assert "about 4,500" in table.get_by_role("row", name="n for a verdict").inner_text()
        assert "at most half of 5 points" in table.locator(".notes").inner_text()


def test_settings_are_folded_and_what_is_known_of_the_training_data_is_not(visit: Visit) -> None:
    with visit(locale="zh-CN") as page:
        run = page.locator("#clinicalgpt-exam .run").first
        assert run.get_by_text("2 个出现在训练数据中").is_visible()
        assert not run.get_by_text("shots=0").is_visible()

        run.locator("summary").click()

        assert run.get_by_text("shots=0").is_visible()


def test_a_table_of_a_paper_is_called_in_the_reader_s_language(visit: Visit) -> None:
    with visit(locale="zh-CN") as page:
        assert page.locator("#h-clinicalgpt-exam").inner_text() == "ClinicalGPT 表 4：医学考试（MEDQA-MCMLE）"


def test_the_lines_of_a_plot_go_through_however_long_a_name_is(visit: Visit) -> None:
    with visit() as page:
        rows = page.locator("#clinicalgpt-exam .dots .line:not(.axis)")
        places = rows.locator("svg").all()
        heights = [place.bounding_box()["height"] for place in places]
        assert heights == [row.bounding_box()["height"] for row in rows.all()]
        assert max(heights) < 100


def test_an_interval_is_drawn_from_its_low_to_its_high_end(visit: Visit) -> None:
    with visit() as page:
        plot = page.locator("#clinicalgpt-exam .dots > div").first
        boxes = [span.bounding_box() for span in plot.locator(".span").all()]
        axis = plot.locator(".ours svg").first.bounding_box()
        # an axis to 50: 25 to 29 is 8 % of it, 7 to 47 is 80 %
        assert [round(box["width"] / axis["width"], 2) for box in boxes] == [0.08, 0.8]
        dots = [dot.get_attribute("cx") for dot in plot.locator("circle").all()]
        assert dots == ["52.2%", "54.0%", "54.0%"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_nothing_is_wider_than_a_phone_but_tables_that_scroll(visit: Visit, scheme: str, locale: str) -> None:
    with visit(PHONE, scheme, locale) as page:
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
        assert page.locator(".dots").first.bounding_box()["width"] < PHONE[0]


def test_dark_is_dark_and_text_stays_readable(visit: Visit) -> None:
    with visit(scheme="dark") as page:
        colours = "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
        paper, ink = page.evaluate(colours)
        assert paper == "rgb(17, 22, 27)"
        assert ink == "rgb(230, 234, 238)"


def test_a_hostile_name_of_a_model_is_text(visit: Visit) -> None:
    with visit() as page:
        assert page.locator("#clinicalgpt-exam .run h3").all_inner_texts() == ["ours", MODEL]
        assert page.locator("main b").count() == 0
        assert orjson.loads(page.locator("#numbers").inner_text())["tables"][1]["ours"][1]["label"] == MODEL
