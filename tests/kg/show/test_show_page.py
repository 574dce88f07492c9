"""The page of a neighbourhood, as text and in a real browser."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, Page

from kgtools.kg.ontology import ontology
from kgtools.kg.show.drawing import COLOURS, shorten
from kgtools.kg.stores.folder.store import FolderStore

Run = Callable[..., Any]
HOSTILE = "<b>\"&'{{ x }}`</b>"
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}

OVERLAPPING = """() => {
  const boxes = [...document.querySelectorAll('svg text')].map(text => {
    const {x, y, width, height} = text.getBBox(), matrix = text.getCTM(), middle = y + height / 2;
    const half = parseFloat(getComputedStyle(text).fontSize) * 0.42;
    const corner = (x, y) => new DOMPoint(x, y).matrixTransform(matrix);
    return {name: text.firstChild.data, corners: [corner(x, middle - half), corner(x + width, middle - half),
                                                  corner(x + width, middle + half), corner(x, middle + half)]} });
  const apart = (a, b) => [a, b].some(({corners: [p, q, r]}) => [[p, q], [q, r]].some(([from, to]) => {
    const along = ({corners}) => corners.map(c => (c.x - from.x) * (to.x - from.x) + (c.y - from.y) * (to.y - from.y));
    return Math.max(...along(a)) < Math.min(...along(b)) || Math.max(...along(b)) < Math.min(...along(a)) }));
  return boxes.flatMap((a, at) => boxes.slice(at + 1).filter(b => !apart(a, b)).map(b => [a.name, b.name])) }"""
"""The pairs of labels that overlap, as boxes that are turned like them and as high as Han characters are drawn."""


@pytest.fixture(scope="module")
def page_of(sample_graph: FolderStore, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    from kgtools.tools.main import run

    def make(entity: str, *more: object, graph: Path = sample_graph.folder) -> Path:
        out = tmp_path_factory.mktemp("page") / "a.html"
        words = ["show", entity, "--graph", graph, "--html", out, "--format", "json", *more]
        assert run([str(word) for word in words]) == 0
        return out

    return make


def pictures(file: Path) -> list[ElementTree.Element]:
    return [
        ElementTree.fromstring(text)
        for text in re.findall(r"<svg.*?</svg>", file.read_text(encoding="utf-8"), re.DOTALL)
    ]


def words_of(picture: ElementTree.Element, kind: str) -> list[str]:
    return [text.text or "" for text in picture.iterfind("text") if text.get("class") == kind]


def test_the_same_neighbourhood_gives_the_same_bytes(
    page_of: Callable[..., Path], shell: Run, sample_graph: FolderStore, tmp_path: Path
) -> None:
    first = page_of("Disease:高血压", "--depth", 2).read_bytes()

    assert page_of("Disease:高血压", "--depth", 2).read_bytes() == first
    words = ("show", "Disease:高血压", "--graph", sample_graph.folder, "--html", tmp_path / "b.html", "--depth", 2)
    assert shell(*words, path=tmp_path).code == 0
    assert (tmp_path / "b.html").read_bytes() == first


def test_the_page_needs_nothing_else(page_of: Callable[..., Path]) -> None:
    text = page_of("Disease:高血压", "--depth", 2).read_text(encoding="utf-8")

    assert not re.findall(r"<(?:script|link|img|iframe)|@import|url\(|(?:src|href)=", text)


def test_a_picture_shows_every_relation_and_every_entity_up_to_the_limit(
    page_of: Callable[..., Path], kgtools: Run, sample_graph: FolderStore
) -> None:
    (told,) = kgtools("show", "Disease:高血压", "--graph", sample_graph.folder, "--limit", 2, "--format", "json").json

    (picture,) = pictures(page_of("Disease:高血压", "--limit", 2))

    arrows = {"out": "", "in": "← "}
    assert words_of(picture, "relation") == [f"{arrows[r['direction']]}{r['zh']} {r['en']}" for r in told["relations"]]
    assert words_of(picture, "entity") == [shorten(t["name"]) for r in told["relations"] for t in r["triples"]]
    more = [r["count"] - len(r["triples"]) for r in told["relations"]]
    assert words_of(picture, "more") == [f"… {n:,}" for n in more if n]
    tips = [title.text or "" for title in picture.iter("title")]
    assert all(any(t["id"] and t["origins"][0] in tip for tip in tips) for r in told["relations"] for t in r["triples"])


def test_two_steps_show_what_is_behind_and_never_the_entity_itself(page_of: Callable[..., Path]) -> None:
    one, two = (pictures(page_of("Disease:高血压", "--limit", 3, "--depth", depth))[0] for depth in (1, 2))

    assert len(words_of(two, "entity")) > len(words_of(one, "entity"))
    assert "高血压" in words_of(one, "middle")
    behind = [title.text or "" for title in two.iter("title") if re.match(r"[A-Z_]+\n", title.text or "")]
    assert behind
    assert not [tip for tip in behind if tip.split("\n")[1] == "Disease:高血压"]


def test_hostile_names_stay_text(graph_of: Run, page_of: Callable[..., Path]) -> None:
    store = graph_of(
        [("Disease", HOSTILE, "HAS_SYMPTOM", "<script>alert(1)</script>"), ("Disease", HOSTILE, "cause", HOSTILE * 3000),
         ("Disease", HOSTILE, "HAS_DRUG", "שלום"), ("Disease", HOSTILE, "HAS_SYMPTOM", "长" * 10_000)], raw=True
    )  # fmt: skip

    file = page_of(HOSTILE, graph=store.folder)

    assert "<script" not in file.read_text(encoding="utf-8")
    (picture,) = pictures(file)
    assert "<script>alert(1)</script>" in words_of(picture, "entity")
    assert max(map(len, words_of(picture, "entity"))) <= 30


def test_without_numpy_the_picture_names_the_pip_command_and_the_text_is_shown(
    kgtools: Run, sample_graph: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    words = ("show", "Disease:高血压", "--graph", sample_graph.folder)

    ran = kgtools(*words, "--html", tmp_path / "a.html")

    assert (ran.code, ran.out) == (2, "")
    assert "--html needs numpy: pip install 'kgtools[html]'" in ran.err
    assert list(tmp_path.iterdir()) == []
    assert kgtools(*words).code == 0


def test_an_entity_without_a_triple_has_a_page_without_a_picture(graph_of: Run, page_of: Callable[..., Path]) -> None:
    store = graph_of([], alone=[("Drug", "甲", "A")])

    file = page_of("甲", graph=store.folder)

    assert pictures(file) == []
    assert "<bdi>甲</bdi>" in file.read_text(encoding="utf-8")


def test_every_entity_type_has_a_colour_of_its_own() -> None:
    assert set(COLOURS) == set(ontology().entities)
    assert len(set(COLOURS.values())) == len(COLOURS)


def opened(browser: Browser, file: Path, **how: Any) -> tuple[Page, list[str]]:
    page, said = browser.new_page(**how), []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: said.append(request.url))
    page.goto(file.as_uri())
    return page, said


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("depth", [1, 2])
def test_in_a_browser_nothing_is_wider_than_the_screen_and_nothing_is_cut_off(
    size: Any, depth: int, page_of: Callable[..., Path], browser: Browser
) -> None:
    file = page_of("Disease:高血压", "--depth", depth)

    page, said = opened(browser, file, viewport=size)

    assert said == [file.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    outside = """() => { const svg = document.querySelector('svg'), box = svg.getBoundingClientRect();
      return [...svg.querySelectorAll('text')].filter(t => { const b = t.getBoundingClientRect();
        return b.left < box.left || b.right > box.right || b.top < box.top || b.bottom > box.bottom })
        .map(t => t.textContent) }"""
    assert page.evaluate(outside) == []
    page.close()


@pytest.mark.parametrize("many", [3, 600])
@pytest.mark.parametrize("depth", [1, 2])
def test_no_two_labels_overlap(
    depth: int, many: int, graph_of: Run, page_of: Callable[..., Path], browser: Browser
) -> None:
    relations = [name for name, relation in ontology().relations.items() if "Disease" in relation.domain]
    rows = [("Disease", "甲", name, f"{name}的很长很长很长的名字") for name in relations]
    rows += [("Disease", "甲", "HAS_SYMPTOM", f"{n}个很长很长很长很长很长的名字") for n in range(many)]
    rows += [("Disease", f"乙{n}的很长很长很长很长很长的名字", *row[2:]) for n in range(3) for row in rows[::5]]

    page, _ = opened(browser, page_of("Disease:甲", "--limit", 0, "--depth", depth, graph=graph_of(rows).folder))

    assert page.locator("svg text.entity").count() >= many + len(relations)
    assert page.evaluate(OVERLAPPING) == []
    page.close()


def test_in_the_dark_the_page_is_dark_and_its_words_are_light(page_of: Callable[..., Path], browser: Browser) -> None:
    file = page_of("Disease:高血压")
    colours = {}
    for scheme in ("light", "dark"):
        page, _ = opened(browser, file, color_scheme=scheme)
        style = "e => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.querySelector('text.entity')).fill]"
        colours[scheme] = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in page.evaluate(style)]
        page.close()

    assert colours["light"][0] > 600 > 300 > colours["light"][1]
    assert colours["dark"][1] > 600 > 300 > colours["dark"][0]
