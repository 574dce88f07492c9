"""The report in a real browser: the Chromium of the system, driven by playwright, with the network cut off."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page

from kgtools.kg.audit import audits, inline_parameters, run
from kgtools.kg.report.charts import HEAT
from kgtools.kg.report.earlier import Numbers
from kgtools.kg.report.page import write
from kgtools.kg.stores.folder.store import FolderStore

DESKTOP, PHONE = (1280, 900), (390, 844)
PLOTS = ["coverage", "overlap", "degrees", "trends"]
MARKS = {"coverage": "path[aria-roledescription='rect mark']", "overlap": "path[aria-roledescription='bar']",
         "degrees": "path[aria-roledescription='line mark']", "trends": "path[aria-roledescription='bar']"}  # fmt: skip
VISUAL = "[aria-roledescription=visualization]"
EARLIER = Numbers(
    totals={"entities": 1400, "triples": 4000, "with_english": 0},
    types={"Disease": 200, "Symptom": 237, "Drug": 1},
    relations={"HAS_SYMPTOM": 440, "HAS_DRUG": 9000},
    sources={"xywy": 1000, "gone": 5},
    findings={"self_loops": 1, "contradictions": 30},
)


@dataclass
class Opened:
    """A page, and what it said and asked for."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def plot(self, name: str) -> Locator:
        return self.page.locator(f"#plot-{name}")

    def drawn(self, lang: str, names: list[str] = PLOTS) -> None:
        """Wait until the plots are drawn in the language."""
        for name in names:
            self.page.wait_for_selector(f"#plot-{name}[data-drawn$=' {lang}'] svg", timeout=30_000)

    def speak(self, lang: str) -> None:
        self.page.click(f"[data-language={lang}]")
        self.drawn(lang)


Open = Callable[..., Any]


@pytest.fixture(scope="module")
def visit(browser: Browser) -> Open:
    """Open a file as `locale`, `scheme` and `size` would see it, without any network."""

    @contextmanager
    def opened(
        file: Path,
        size: tuple[int, int] = DESKTOP,
        scheme: Any = "light",
        locale: str = "en-US",
        names: list[str] = PLOTS,
    ) -> Iterator[Opened]:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, locale=locale, offline=True
        )
        here = Opened(context.new_page())
        here.page.on("console", lambda message: here.said.append(message.text))
        here.page.on("pageerror", lambda error: here.said.append(str(error)))
        here.page.on("dialog", lambda dialog: (here.said.append(dialog.message), dialog.dismiss()))
        here.page.on("request", lambda request: here.asked.append(request.url))
        here.page.goto(file.as_uri())
        here.drawn("zh" if locale.startswith("zh") else "en", names)
        yield here
        context.close()

    return opened


@pytest.fixture(scope="module")
def report(sample_graph: FolderStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the samples, compared with an earlier one."""
    file = tmp_path_factory.mktemp("report") / "report.html"
    write(file, sample_graph, [run(sample_graph, audit) for audit in audits()], 8, ("earlier.html", EARLIER))
    return file


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_every_plot_is_drawn_and_nothing_is_asked_of_the_network_or_said_on_the_console(
    visit: Open, report: Path, size: tuple[int, int], scheme: str, locale: str
) -> None:
    with visit(report, size, scheme, locale) as here:
        for name in PLOTS:
            assert here.plot(name).locator(MARKS[name]).count() > 3, name
        here.page.click("[data-fold=open]")
        here.page.hover("#plot-overlap path[aria-roledescription='bar']")
        here.page.wait_for_selector("#vg-tooltip-element.visible")

    assert here.asked == [report.as_uri()]
    assert here.said == []


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
@pytest.mark.parametrize("size", [PHONE, (320, 640), DESKTOP], ids=["phone", "small-phone", "desktop"])
def test_the_page_never_scrolls_sideways_and_no_plot_is_cut(
    visit: Open, report: Path, size: tuple[int, int], locale: str
) -> None:
    with visit(report, size, locale=locale) as here:
        here.page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")

        assert here.page.evaluate("document.documentElement.scrollWidth") <= size[0]
        for name in PLOTS:
            svg, cut = here.plot(name).evaluate(CUT)
            assert cut == [], (name, svg)
            if size != (320, 640):  # there they scroll in their box
                assert here.plot(name).evaluate("box => box.scrollWidth <= box.clientWidth"), name


CUT = """box => {
  const svg = box.querySelector("svg"), whole = svg.getBoundingClientRect();
  const out = [...svg.querySelectorAll("text")].filter((text) => {
    const at = text.getBoundingClientRect();
    return text.textContent && (at.left < whole.left - 1 || at.right > whole.right + 1
      || at.top < whole.top - 1 || at.bottom > whole.bottom + 1);
  });
  return [whole.width, out.map((text) => text.textContent)];
}"""


def test_the_labels_of_a_plot_do_not_lie_on_each_other(visit: Open, report: Path) -> None:
    for size in (DESKTOP, PHONE):
        with visit(report, size) as here:
            for name in PLOTS:
                assert here.plot(name).evaluate(OVERLAPS) == [], (name, size)


OVERLAPS = """box => {
  const texts = [...box.querySelectorAll("svg text")].filter((t) => t.textContent && !t.getAttribute("transform").includes("rotate"))
    .map((t) => [t.textContent, t.getBoundingClientRect()]);
  const pairs = [];
  for (let i = 0; i < texts.length; i += 1) for (let j = 0; j < i; j += 1) {
    const [a, b] = [texts[i][1], texts[j][1]];
    if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3)
      pairs.push([texts[i][0], texts[j][0]]);
  }
  return pairs;
}"""


def test_the_switch_changes_the_language_of_every_text_and_plot_and_back(visit: Open, report: Path) -> None:
    with visit(report) as here:
        english = here.page.inner_text("body")
        here.speak("zh")
        chinese = here.page.inner_text("body")

        assert here.page.get_attribute("html", "lang") == "zh-CN"
        assert here.page.title() == "知识图谱报告"
        assert here.page.locator("span[lang=en]:visible").count() == 0
        assert "疾病" in here.plot("coverage").inner_text()
        assert "Diseases" not in here.plot("coverage").inner_text()
        assert here.plot("degrees").locator(VISUAL).get_attribute("aria-label").startswith("各实体类型")
        assert here.page.get_attribute("[data-language=zh]", "aria-pressed") == "true"
        for text, other in (
            ("知识图谱报告", "Knowledge graph report"),
            ("互相矛盾的三元组", "Triples that contradict each other"),
        ):
            assert text in chinese
            assert text not in english
            assert other in english
            assert other not in chinese

        here.speak("en")

        assert here.page.get_attribute("html", "lang") == "en"
        assert here.page.locator("span[lang='zh-CN']:visible").count() == 0
        assert here.page.inner_text("body") == english


def test_a_chinese_browser_is_spoken_to_in_chinese(visit: Open, report: Path) -> None:
    with visit(report, locale="zh-TW") as here:
        assert here.page.get_attribute("html", "lang") == "zh-CN"


def test_the_copy_button_copies_the_query_that_finds_the_rows(
    visit: Open, report: Path, sample_graph: FolderStore
) -> None:
    (audit,) = audits(only=["contradictions"])
    with visit(report) as here:
        here.page.click("[data-audit=contradictions] .copy")
        here.page.wait_for_selector("#said:has-text('Copied')", state="attached")
        here.page.evaluate("document.body.prepend(document.createElement('textarea'))")
        here.page.focus("textarea")
        here.page.keyboard.press("Control+V")
        copied = here.page.input_value("textarea")

    assert copied == inline_parameters(audit)
    assert list(sample_graph.query(copied, {})[1]) == run(sample_graph, audit).rows


def test_where_the_clipboard_is_refused_the_query_is_copied_another_way(visit: Open, report: Path) -> None:
    with visit(report) as here:
        here.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')); }")
        here.page.click("[data-audit=contradictions] .copy")
        here.page.wait_for_selector("#said:has-text('Copied')", state="attached")


def test_the_coverage_changes_its_measure(visit: Open, report: Path) -> None:
    with visit(report) as here:
        assert "%" in here.plot("coverage").inner_text()

        here.page.click("[data-show=coverage-triples]")
        here.page.wait_for_selector("[data-drawn='coverage-triples en']")

        assert "%" not in here.plot("coverage").inner_text()
        assert here.page.get_attribute("[data-show=coverage-share]", "aria-pressed") == "false"


def test_the_keyboard_alone_reaches_and_works_the_page(visit: Open, report: Path) -> None:
    with visit(report) as here:
        here.page.keyboard.press("Tab")
        assert here.page.evaluate("document.activeElement.className") == "skip"
        here.page.focus("[data-language=zh]")
        here.page.keyboard.press("Enter")
        here.drawn("zh")
        warning = here.page.locator("[data-audit=self_loops]")
        assert warning.get_attribute("open") is None
        warning.locator("summary").focus()
        here.page.keyboard.press("Space")
        assert warning.get_attribute("open") == ""
        for box in here.page.locator(".scroll").all():
            assert box.get_attribute("tabindex") == "0"


def test_headings_skip_no_level_and_whatever_can_be_pressed_has_a_name(visit: Open, report: Path) -> None:
    with visit(report) as here:
        levels = here.page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => Number(h.tagName[1]))")
        unnamed = here.page.evaluate(
            "[...document.querySelectorAll('button, summary, a')].filter(e => !e.textContent.trim()).length"
        )
        labels = [here.plot(name).locator(VISUAL).get_attribute("aria-label") for name in PLOTS]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(deeper - level <= 1 for level, deeper in pairwise(levels))
    assert unnamed == 0
    assert all(label and len(label) > 30 for label in labels)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(visit: Open, report: Path, scheme: str) -> None:
    with visit(report, scheme=scheme) as here:
        here.page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
        texts = here.page.evaluate(COLOURS)
        cells = [[f"heat {step}", *here.page.evaluate(HEATS, step)] for step in range(HEAT + 1)]

    assert len(texts) > 300
    faint = {(text, ink, paper) for text, ink, paper in texts + cells if contrast(ink, paper) < 4.5}
    assert faint == set()


COLOURS = """() => {
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!colour.endsWith(", 0)")) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const seen = [...document.querySelectorAll("body *")].filter((element) =>
    !element.closest(".unseen, .skip, script, #plot-coverage .mark-text.role-mark") && element.checkVisibility({ visibilityProperty: true })
    && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  return seen.map((element) => {
    const style = getComputedStyle(element);
    return [element.textContent.trim().slice(0, 40), element.closest("svg") ? style.fill : style.color, behind(element)];
  });
}"""

HEATS = """(step) => ["ink-", ""].map((kind) => {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.color = `var(--heat-${kind}${step})`;
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
})"""


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, WCAG 2.2."""

    def light(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def test_dark_mode_is_dark_and_paper_is_white_all_the_same(visit: Open, report: Path) -> None:
    ink = "getComputedStyle(document.querySelector('#plot-overlap svg text')).fill"
    paper = "getComputedStyle(document.querySelector('section')).backgroundColor"
    with visit(report, scheme="dark") as here:
        screen = here.page.evaluate(f"[{ink}, {paper}]")
        here.page.emulate_media(media="print")
        printed = here.page.evaluate(f"[{ink}, {paper}]")
        here.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        closed = here.page.locator("#findings details:not([open])").count()

    black, white = "rgb(0, 0, 0)", "rgb(255, 255, 255)"
    assert contrast(screen[0], white) < 3
    assert contrast(screen[1], black) < 1.5
    assert contrast(printed[0], black) < 4
    assert printed[1] == white
    assert closed == 0


def test_hostile_names_and_audits_are_shown_as_they_are(visit: Open, graph_of: Any, tmp_path: Path) -> None:
    names = ["</script><script>alert(1)</script>", "<img src=x onerror=alert(2)>", "{{ 7*7 }}", "'\"`", "شفاء", "<!--x"]
    own = tmp_path / "audits"
    own.mkdir()
    header = "// title: </script><b>bold\n// title_zh: <i>斜体\n// severity: error\n// why: {{ 7*7 }}\n"
    (own / "evil & <wild>.cypher").write_text(
        header + "MATCH (n) RETURN n.id AS entity, '<u>' AS `under` ORDER BY entity", encoding="utf-8"
    )
    store = graph_of([("Disease", name, "HAS_COMPLICATION", name) for name in names], raw=True)
    write(tmp_path / "r.html", store, [run(store, audit) for audit in audits([own])], 50)

    with visit(tmp_path / "r.html", names=PLOTS[:3]) as here:
        here.page.click("[data-fold=open]")
        text = here.page.inner_text("#findings")
        alien = here.page.evaluate("document.querySelectorAll('main b, main i, main u, main img, main script').length")

    for name in [*names, "</script><b>bold", "<u>"]:
        assert name in text
    assert alien == 0
    assert here.said == []
    assert here.asked == [(tmp_path / "r.html").as_uri()]


@pytest.mark.parametrize("rows", [[], [("Disease", "感冒", "HAS_SYMPTOM", "头痛")]], ids=["no-triple", "one-triple"])
def test_a_tiny_graph_has_a_page_without_errors(visit: Open, graph_of: Any, tmp_path: Path, rows: Any) -> None:
    store = graph_of(rows, alone=[("Disease", "孤立")])
    write(tmp_path / "r.html", store, [run(store, audit) for audit in audits()], 8)

    with visit(tmp_path / "r.html", names=["coverage", "overlap", "degrees"] if rows else ["overlap"]) as here:
        here.page.wait_for_timeout(200)

    assert here.said == []
