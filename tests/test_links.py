"""Every link of every page, English and Chinese, leads to a file that there is and to a heading that it has."""

import os
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.pages import CODE, DOCS, FENCE, OUTSIDE, pages, rewrite
from tests.pages import links as links_of

ROOT = Path(__file__).parents[1]
FOLDERS = ("docs", "kg", "corpora", "templates", "train", "tools", "tests")
PAGES = sorted([*ROOT.glob("*.md"), *(page for folder in FOLDERS for page in (ROOT / folder).rglob("*.md"))])
ONCE = ("benchmarks.md", "log.md", "mapping.md")
"""Pages outside of reference, explanation and decisions that are in English alone."""
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)


def _anchors(page: Path) -> set[str]:
    """The names of a page's headings, as code hosts and the site make them."""
    found, seen = set[str](), Counter[str]()
    for heading in HEADING.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", plain).lower().replace(" ", "-")
        found.add(name if not seen[name] else f"{name}-{seen[name]}")
        seen[name] += 1
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_relative_link_leads_somewhere(page):
    faults = []
    for link in links_of(page.read_text(encoding="utf-8")):
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue
        place, _, anchor = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        if not target.exists() or not target.is_relative_to(ROOT):
            faults.append(f"{link}: no such file")
        elif anchor and (target.suffix != ".md" or anchor not in _anchors(target)):
            faults.append(f"{link}: no such heading")

    assert not faults


def test_there_are_pages_with_links():
    assert len(PAGES) > 50
    assert sum(1 for page in PAGES for _ in links_of(page.read_text(encoding="utf-8"))) > 100


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.zh.md")), ids=lambda page: page.name)
def test_each_chinese_page_has_an_english_one_and_each_leads_to_the_other(page):
    english = page.with_name(page.name.replace(".zh.md", ".md"))

    assert english.exists()
    assert f"[English]({english.name})" in page.read_text(encoding="utf-8")
    assert f"[中文]({page.name})" in english.read_text(encoding="utf-8")


def test_each_page_for_learners_is_in_both_languages():
    learners = {
        page for page in [*DOCS.glob("*.md"), *(DOCS / "how-to").glob("*.md")] if not page.name.endswith(".zh.md")
    }
    learners -= {DOCS / name for name in ONCE}

    assert DOCS / "index.md" in learners
    assert [page.name for page in sorted(learners) if not page.with_suffix(".zh.md").exists()] == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_each_page_of_the_site_has_a_title_and_links_that_stay_within_it(lang):
    found = {page.path for page in pages(lang)}

    assert {"index.md", "contributing.md", "changelog.md", "reference/cli.md"} <= found
    for page in pages(lang):
        assert page.title
        text = rewrite(page.file.read_text(encoding="utf-8"), page.file, page.path, set())
        for place in (link.partition("#")[0] for link in links_of(text)):
            if place.endswith(".md"):
                assert os.path.normpath(Path(page.path).parent / place) in found, place


def test_code_is_left_as_it_is_in_the_site():
    text = "`[a](b.md)`\n\n```text\n[a](b.md)\n```\n\n[c](CONTRIBUTING.md)\n"

    made = rewrite(text, ROOT / "page.md", "how-to/page.md", set())

    assert made == text.replace("](CONTRIBUTING.md)", f"](../{OUTSIDE['CONTRIBUTING.md']})")
    assert CODE.findall(text)
