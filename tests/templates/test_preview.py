"""A preview shows every variant and path, on sample facts or on those of a graph, and its page is a page of its own."""

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from playwright.sync_api import Browser

from kgtools.kg.ontology import ontology
from kgtools.templates.pack import LANGUAGES, Pack, find_pack, load_pack
from kgtools.templates.preview import Preview, make_preview
from kgtools.templates.preview.cases import samples
from kgtools.templates.preview.page import page
from kgtools.templates.starter import create_pack
from kgtools.tools.errors import UsageError

Folder = Callable[..., Path]
Graph = Callable[..., Any]
Run = Callable[..., CompletedProcess[str]]
EVIL = "<script>alert(1)</script>\"'&"
SAID = [
    ("Disease:流感", "HAS_SYMPTOM", "Symptom:发热"),
    ("Disease:流感", "HAS_SYMPTOM", "Symptom:咽痛"),
    ("Disease:痛风", "HAS_SYMPTOM", "Symptom:关节痛"),
    ("Disease:肺炎", "HAS_SYMPTOM", "Symptom:咯血"),
    ("Disease:流感", "BELONGS_TO_DEPARTMENT", "Department:内科"),
]
ENGLISH = {
    "Disease:流感": "influenza", "Symptom:发热": "fever", "Symptom:咽痛": "sore throat", "Disease:肺炎": "pneumonia",
    "Symptom:咯血": "hemoptysis", "Department:内科": "internal medicine",
}  # fmt: skip


@pytest.fixture
def mine(tmp_path: Path) -> Pack:
    """The pack that `packs new` writes: symptoms, departments, and the path from the ones to the others."""
    create_pack("mine", tmp_path / "new")
    return load_pack(tmp_path / "new")


def users(preview: Preview, name: str, lang: str) -> list[str]:
    return [row.texts[lang].user for row in preview.rows if row.name == name and lang in row.texts]


def assistants(preview: Preview, name: str, lang: str) -> list[str]:
    return [row.texts[lang].assistant for row in preview.rows if row.name == name and lang in row.texts]


def test_there_are_sample_entities_of_every_type_in_both_languages() -> None:
    known = samples()

    assert set(known.entities) == set(ontology().entities)
    assert set(known.attributes) <= set(ontology().attributes)
    assert set(known.units) == {each.unit for each in ontology().attributes.values()} - {None}
    for each in (*known.entities.values(), *known.attributes.values(), *known.units.values(), known.text):
        assert all(set(words) == set(LANGUAGES) for words in each)
    assert all(len(each) >= 3 for each in known.entities.values())


def test_every_variant_is_rendered_on_one_tail_and_on_several_side_by_side(mine: Pack) -> None:
    preview = make_preview(mine, None, LANGUAGES)

    rows = [(row.what, row.tails, sorted(row.texts)) for row in preview.rows if row.name == "has_symptom"]
    assert rows == [(f"variant {number}", tails, ["en", "zh"]) for number, tails in product((1, 2), (1, 3))]
    assert assistants(preview, "has_symptom", "en")[:2] == [
        "The symptoms of diabetes include thirst.",
        "The symptoms of diabetes include thirst, frequent urination and weight loss.",
    ]
    assert assistants(preview, "has_symptom", "zh")[-1] == "资料中记载，糖尿病的症状有多饮、多尿和体重下降。"


def test_each_text_says_where_its_variant_stands(mine: Pack) -> None:
    preview = make_preview(mine, None, LANGUAGES, ["has_symptom"])

    second = preview.rows[-1].texts["zh"]
    line = Path(second.file).read_text(encoding="utf-8").splitlines()[second.line - 1]
    assert "block user_2" in line


def test_a_path_is_told_over_a_thing_that_is_not_named(mine: Pack) -> None:
    preview = make_preview(mine, None, LANGUAGES)

    name = "path has_symptom_belongs_to_department"
    assert users(preview, name, "zh") == ["疾病甲的症状包括多饮、多尿、体重下降。疾病甲所属的科室有哪些？"]
    assert users(preview, name, "en") == [
        "The symptoms of disease X include thirst, frequent urination and weight loss. What are the departments for disease X?"
    ]


@pytest.mark.parametrize("name", ["clinicalgpt", "clinicalgpt-paper", "extended"])
def test_a_pack_of_ours_is_shown_whole(name: str) -> None:
    pack = find_pack(name)

    preview = make_preview(pack, None, LANGUAGES)

    assert {row.name for row in preview.rows} == {*pack.info.templates, *(f"path {each}" for each in pack.info.paths)}
    shown = {(row.name, row.what, lang) for row in preview.rows for lang in row.texts}
    variants = {(t.name, f"variant {v.number}", t.lang) for t in pack.templates for v in t.variants}
    assert variants <= shown


def test_facts_of_a_graph_are_of_a_head_with_one_tail_and_of_one_with_several(graph: Graph, mine: Pack) -> None:
    preview = make_preview(mine, graph(SAID, english=ENGLISH), LANGUAGES, ["has_symptom"])

    assert [(row.tails, sorted(row.texts)) for row in preview.rows] == [(1, ["en", "zh"]), (2, ["en", "zh"])] * 2
    assert assistants(preview, "has_symptom", "zh")[0] == "肺炎的症状包括咯血。"  # 痛风 has no English name
    assert {row.texts["zh"].user for row in preview.rows if row.tails == 2} == {
        "流感的症状有哪些？",
        "请问流感的症状是什么？",
    }


def test_the_seed_decides_which_facts_of_a_graph_are_taken(graph: Graph, mine: Pack) -> None:
    store = graph([(f"Disease:病{n}", "HAS_SYMPTOM", f"Symptom:症{n}") for n in range(20)])

    taken = {
        seed: users(make_preview(mine, store, ("zh",), ["has_symptom"], seed), "has_symptom", "zh") for seed in range(8)
    }

    assert len(set(map(tuple, taken.values()))) > 1
    assert taken[3] == users(make_preview(mine, store, ("zh",), ["has_symptom"], 3), "has_symptom", "zh")


def test_a_path_of_a_graph_is_asked_as_generate_asks_it(graph: Graph, mine: Pack) -> None:
    ill = [(f"Disease:病{n}", "HAS_SYMPTOM", f"Symptom:症{n}") for n in "一二三四五六"]
    seen = [(head, "BELONGS_TO_DEPARTMENT", f"Department:科{head[-1]}") for head, _, _ in ill]

    preview = make_preview(mine, graph(ill + seen), ("zh",))

    asked = users(preview, "path has_symptom_belongs_to_department", "zh")
    assert len(asked) == 2
    assert all("疾病甲" in question and "症" in question and "病一" not in question for question in asked)


def test_what_a_graph_does_not_say_is_named(graph: Graph, mine: Pack) -> None:
    preview = make_preview(mine, graph(SAID[:1]), ("zh",))

    silent = [(row.name, row.what) for row in preview.rows if not row.texts]
    assert silent == [("belongs_to_department", "no fact"), ("path has_symptom_belongs_to_department", "2 hops")]


@pytest.mark.parametrize(
    ("langs", "names", "why"),
    [
        (("fr",), [], "--lang fr: there are zh, en"),
        (("zh",), ["symptom"], "--template symptom: mine has none; did you mean has_symptom"),
    ],
)
def test_what_there_is_not_is_refused(mine: Pack, langs: tuple[str, ...], names: list[str], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        make_preview(mine, None, langs, names)


def evil(pack_folder: Folder) -> Preview:
    text = (
        "{% block user_1 %}{{ head }}有"
        + EVIL
        + "吗？{% endblock %}{% block assistant_1 %}{{ tails | listed }}。{% endblock %}"
    )
    return make_preview(load_pack(pack_folder(zh=text, en=None, missing={"en": EVIL})), None, LANGUAGES)


def test_the_page_obeys_no_words_and_asks_no_network(pack_folder: Folder, browser: Browser, tmp_path: Path) -> None:
    file, heard = tmp_path / "page.html", list[str]()
    file.write_text(page(evil(pack_folder)), encoding="utf-8")
    context = browser.new_context(offline=True)
    tab = context.new_page()
    tab.on("request", lambda request: heard.append(request.url))
    tab.on("console", lambda message: heard.append(message.text))
    tab.on("dialog", lambda dialog: (heard.append(dialog.message), dialog.dismiss()))

    tab.goto(file.as_uri())

    assert heard == [file.as_uri()]
    assert tab.locator(".user").first.inner_text() == f"糖尿病有{EVIL}吗？"
    assert tab.locator(".note").inner_text() == f"No en: {EVIL}"
    context.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_has_a_row_a_rendering_and_never_scrolls_sideways(
    mine: Pack, browser: Browser, tmp_path: Path, width: int
) -> None:
    file, preview = tmp_path / "page.html", make_preview(mine, None, LANGUAGES)
    file.write_text(page(preview), encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 800}, offline=True)
    tab = context.new_page()

    tab.goto(file.as_uri())

    assert tab.locator("tbody tr").count() == len(preview.rows)
    assert tab.locator("tbody tr").first.locator(".place").all_inner_texts() == [
        "belongs_to_department.zh.j2:2", "belongs_to_department.en.j2:2",
    ]  # fmt: skip
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert not tab.locator("td.remarks").first.is_visible()
    tab.emulate_media(media="print")
    assert tab.locator("td.remarks").first.is_visible()
    assert not tab.locator("nav").is_visible()
    context.close()


def test_a_preview_goes_to_the_screen_or_to_a_file(command: Run, mine: Pack, tmp_path: Path) -> None:
    table = command("packs", "preview", mine.folder)
    read = command("packs", "preview", mine.folder, "--format", "json", "--lang", "en", "--template", "has_symptom")
    wrote = command("packs", "preview", mine.folder, "--format", "html", "--out", tmp_path / "p.html")
    wrong = command("packs", "preview", mine.folder, "--out", tmp_path / "p.txt")

    assert "What are the symptoms of diabetes?" in table.stdout
    assert json.loads(read.stdout)[0]["en"]["user"] == "What are the symptoms of diabetes?"
    assert "zh" not in json.loads(read.stdout)[0]
    assert wrote.returncode == 0, wrote.stderr
    assert (tmp_path / "p.html").read_text(encoding="utf-8") == page(make_preview(mine, None, LANGUAGES))
    assert (wrong.returncode, "--out needs --format html or json" in wrong.stderr) == (2, True)
