import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.kg.audit import Finding, audits, inline_parameters, read_audit, run
from kgtools.kg.graph import change
from kgtools.kg.ontology import ontology
from kgtools.kg.report.charts import percent
from kgtools.kg.report.earlier import Change, Numbers, changes, read_earlier
from kgtools.kg.report.figures import IN, OUT, count_figures, numbers
from kgtools.kg.report.page import page
from kgtools.kg.report.words import _all, column
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.tools.errors import InputError
from kgtools.tools.page.words import Words

Graph = Callable[..., FolderStore]
HAN = re.compile("[一-鿿]")
NAMES = [audit.name for audit in audits()]
COLD = [
    ("Disease", "感冒", "HAS_SYMPTOM", "头痛"),
    ("Disease", "感冒", "HAS_SYMPTOM", "发热"),
    ("Disease", "流感", "HAS_SYMPTOM", "发热"),
    ("Disease", "流感", "HAS_DRUG", "甲药"),
]


@pytest.fixture(scope="module")
def two_sources(tmp_path_factory: pytest.TempPathFactory, tables_of: Callable[..., Any]) -> FolderStore:
    """`a` says all of COLD, `b` only that 感冒 has 头痛, and knows a 肺炎 of which it says nothing; no test changes it."""
    store = FolderStore(tmp_path_factory.mktemp("two") / "graph")
    a, b = tables_of(COLD, source="a"), tables_of(COLD[:1], [("Disease", "肺炎")], source="b")
    change(store, lambda inputs: inputs.with_sources([a]))
    change(store, lambda inputs: inputs.with_sources([b]))
    return store


def findings_of(store: Any, only: Iterable[str] = ()) -> list[Finding]:
    return [run(store, audit) for audit in audits(only=only)]


class Bare:
    """A store that can do what a report may ask of any store, and nothing else."""

    def __init__(self, store: FolderStore) -> None:
        self.metadata, self.query = store.metadata, store.query
        self.entities, self.triples = store.entities, store.triples


# --- the numbers


def test_coverage_counts_triples_their_heads_and_the_entities_that_a_source_knows(two_sources: FolderStore) -> None:
    assert count_figures(two_sources).coverage.rows() == [
        ("Disease", "HAS_DRUG", "a", 1, 1, 2),
        ("Disease", "HAS_SYMPTOM", "a", 3, 2, 2),
        ("Disease", "HAS_SYMPTOM", "b", 1, 1, 2),
    ]


def test_the_overlap_counts_what_exactly_these_sources_have(two_sources: FolderStore) -> None:
    assert count_figures(two_sources).overlap.rows() == [(["a"], 3, 3), (["a", "b"], 2, 1), (["b"], 1, 0)]


def test_the_overlap_adds_up_to_the_graph(sample_graph: FolderStore) -> None:
    made = count_figures(sample_graph)

    assert made.overlap["entities"].sum() == sample_graph.entities().height
    assert made.overlap["triples"].sum() == sample_graph.triples().height
    assert made.overlap["sources"].is_unique().all()


def test_a_degree_curve_counts_the_entities_with_at_least_that_degree(sample_graph: FolderStore) -> None:
    triples, types = sample_graph.triples(), dict(sample_graph.entities().select("id", "type").iter_rows())
    counted: dict[tuple[str, str], dict[str, int]] = {}
    for head, tail in triples.select("head", "tail").iter_rows():
        for direction, end in ((OUT, head), (IN, tail)):
            of = counted.setdefault((types[end], direction), {})
            of[end] = of.get(end, 0) + 1

    curves = count_figures(sample_graph).degrees

    assert {(row[0], row[1]) for row in curves.iter_rows()} == set(counted)
    for type_, direction, degree, entities in curves.iter_rows():
        assert entities == sum(n >= degree for n in counted[type_, direction].values())
    for key, of in counted.items():
        mine = curves.filter((pl.col("type") == key[0]) & (pl.col("direction") == key[1]))["degree"].to_list()
        assert mine == sorted(set(mine))
        assert (mine[0], mine[-1]) == (1, max(of.values()))


def test_the_entity_with_most_triples_is_named(two_sources: FolderStore) -> None:
    assert count_figures(two_sources).hubs.rows() == [
        ("Disease", OUT, 2, 2.0, 2, "感冒"),
        ("Drug", IN, 1, 1.0, 1, "甲药"),
        ("Symptom", IN, 2, 1.5, 2, "发热"),
    ]


@pytest.mark.parametrize(
    ("part", "whole", "shown"), [(0, 5, "0%"), (1, 999, "<1%"), (1, 2, "50%"), (999, 1000, ">99%"), (7, 7, "100%"), (0, 0, "0%")]
)  # fmt: skip
def test_a_share_is_0_or_100_percent_only_where_it_is(part: int, whole: int, shown: str) -> None:
    assert percent(part, whole) == shown


# --- the words


@pytest.mark.parametrize("key", sorted(_all()))
def test_every_text_is_in_both_languages(key: str) -> None:
    pair = _all()[key]

    assert not HAN.search(pair.en)
    assert HAN.search(pair.zh) or pair.zh == pair.en == "SHA-256"
    assert set(re.findall(r"\{\w+\}", pair.en)) == set(re.findall(r"\{\w+\}", pair.zh))


@pytest.mark.parametrize("name", NAMES)
def test_an_audit_says_why_in_chinese_too(name: str) -> None:
    (audit,) = audits(only=[name])

    assert len(HAN.findall(audit.why_zh)) > 5
    assert audit.why_zh.endswith(("。", "FILE"))


def test_an_audit_of_ones_own_needs_no_chinese_why(tmp_path: Path) -> None:
    file = tmp_path / "mine.cypher"
    file.write_text(
        "// title: A\n// title_zh: 甲\n// severity: info\n// why: B\nMATCH (n) RETURN n.id AS id", encoding="utf-8"
    )

    assert read_audit(file).why_zh == ""


def test_every_column_of_our_audits_has_a_chinese_title(sample_graph: FolderStore) -> None:
    named = {name for finding in findings_of(sample_graph) for name in finding.columns}

    assert [name for name in sorted(named) if not HAN.search(column(name).zh)] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_query_that_the_page_shows_gives_the_rows_of_the_audit(raw_sample_graph: FolderStore, name: str) -> None:
    (audit,) = audits(only=[name])

    columns, rows = raw_sample_graph.query(inline_parameters(audit), {})

    assert (columns, list(rows)) == (run(raw_sample_graph, audit).columns, run(raw_sample_graph, audit).rows)
    assert "//" not in inline_parameters(audit)


def test_a_word_with_a_quote_or_a_backslash_is_put_into_a_query_as_it_is(
    two_sources: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    (audit,) = audits(only=["residue_names"])
    words = ["it's", "a\\b", "\\'", "感冒"]
    monkeypatch.setattr("kgtools.kg.audit.parameters", lambda _: {"residue": words})
    question = (
        inline_parameters(audit).split("OPTIONAL")[0].replace("MATCH (n)\nWHERE n.name IN", "RETURN") + " AS words"
    )

    assert list(two_sources.query(question, {})[1]) == [[words]]


# --- an earlier report


def test_a_report_reads_its_own_numbers_back(two_sources: FolderStore, tmp_path: Path) -> None:
    found = findings_of(two_sources)
    (tmp_path / "r.html").write_text(page(two_sources, found, 3), encoding="utf-8")

    told = read_earlier(tmp_path / "r.html")

    assert told == Numbers.model_validate(numbers(count_figures(two_sources), found))
    assert told.types == {"Disease": 3, "Symptom": 2, "Drug": 1}
    assert told.sources == {"a": 4, "b": 1}


def test_the_json_of_an_audit_tells_the_same_numbers_as_a_report(
    kgtools: Callable[..., Any], two_sources: FolderStore, tmp_path: Path
) -> None:
    ran = kgtools("audit", "-g", two_sources.folder, "--format", "json", "--html", tmp_path / "r.html")
    (tmp_path / "r.json").write_text(ran.out, encoding="utf-8")

    html, json = read_earlier(tmp_path / "r.html"), read_earlier(tmp_path / "r.json")

    assert json == html.model_copy(update={"sources": None})


@pytest.mark.parametrize(
    "text",
    ["<html>no report</html>", "[1]", "{}", '{"kgtools": "report 9"}', '[{"name": "a"}]', "no json", '"x"',
     '<script type="application/json" id="numbers">{"kgtools": "report 1", "types": {"A": "many"}}</script>',
     '<script type="application/json" id="numbers">{"kgtools": "report 1", "types": {"A": -1}}</script>'],
)  # fmt: skip
def test_another_file_is_no_earlier_report(tmp_path: Path, text: str) -> None:
    (tmp_path / "x").write_text(text, encoding="utf-8")

    with pytest.raises(InputError, match="neither a report of kgtools audit --html nor"):
        read_earlier(tmp_path / "x")


def test_what_is_new_and_what_is_gone_count_from_and_to_nothing_but_an_audit_that_was_not_run_does_not() -> None:
    before = Numbers(types={"A": 1, "B": 2}, findings={"x": 5, "y": 1})
    now = {"totals": {}, "types": {"C": 3, "A": 1}, "relations": {"R": 1}, "sources": {}, "findings": {"x": 2, "z": 9}}

    assert changes(before, now) == [
        Change("types", "C", 0, 3), Change("types", "A", 1, 1), Change("types", "B", 2, 0), Change("findings", "x", 5, 2),
    ]  # fmt: skip


# --- the page


def test_a_report_asks_no_more_of_a_store_than_every_store_can(two_sources: FolderStore) -> None:
    bare: Any = Bare(two_sources)

    assert page(bare, findings_of(bare), 3) == page(two_sources, findings_of(two_sources), 3)


def test_the_page_is_the_same_whatever_was_drawn_before_and_however_python_hashes(
    sample_graph: FolderStore, tmp_path: Path
) -> None:
    import altair as alt

    texts = set()
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-m", "kgtools.tools.main", "audit", "-g", sample_graph.folder, "--html", tmp_path / "r.html"],
            env=os.environ | {"PYTHONHASHSEED": seed}, check=False, capture_output=True,
        )  # fmt: skip
        assert done.returncode == 1, done.stderr
        texts.add((tmp_path / "r.html").read_bytes())
    alt.Chart().mark_point().interactive().to_dict()  # moves altair's counters of names on
    texts.add(page(sample_graph, findings_of(sample_graph), 8).encode())

    assert len(texts) == 1
    assert str(sample_graph.folder).encode() not in texts.pop()


def test_the_page_names_no_address_that_it_would_load(sample_graph: FolderStore) -> None:
    text = page(sample_graph, [], 3)
    own = text[: text.index('<script type="application/json" id="charts">')]

    assert not re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?(?:https?:)?//", own)
    assert "default-src &#39;none&#39;" in own
    assert "unsafe-eval" not in own
    assert "script-src &#39;sha256-" in own


HOSTILE = [
    "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "{{ 7*7 }}", "{% raw %}", "\"quoted\" 'twice'",
    "مرحبا", "a&amp;b", "<!--", "]]>", "𠮷😀",
]  # fmt: skip


def test_hostile_names_stand_in_the_page_as_text(graph_of: Graph) -> None:
    store = graph_of([("Disease", name, "HAS_COMPLICATION", name) for name in HOSTILE], raw=True)

    text = page(store, findings_of(store, ["self_loops"]), 100)

    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert "{{ 7*7 }}" in text
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in text
    for content in re.findall(r'<script type="application/json" id="\w+">(.*?)</script>', text, re.DOTALL):
        assert not set("<>&\u2028\u2029") & set(content)
        orjson.loads(content)


def test_hostile_sources_and_audits_of_an_earlier_report_stand_in_the_page_as_text(two_sources: FolderStore) -> None:
    evil = "</script><b>"
    earlier = Numbers(types={evil: 3}, sources={evil: 2}, findings={evil: 1}, relations={evil: 9})

    text = page(two_sources, [], 3, (f"{evil}.html", earlier))

    assert evil not in text
    assert text.count("&lt;/script&gt;&lt;b&gt;") >= 3


def test_a_graph_without_triples_has_a_page_that_says_so(graph_of: Graph) -> None:
    text = page(graph_of(alone=[("Disease", "孤立")]), [], 3)

    assert text.count("The graph has no triples.") == 2
    assert "图谱没有三元组。" in text


def test_a_value_in_words_shows_its_label_in_the_graph_too(two_sources: FolderStore) -> None:
    text = page(two_sources, findings_of(two_sources), 3)
    symptom = ontology().relations["HAS_SYMPTOM"]

    assert Words(symptom.en.capitalize(), symptom.zh).__html__() in text
    assert '<code class="label-code">HAS_SYMPTOM</code>' in text


# --- the command


@pytest.fixture
def audit(kgtools: Callable[..., Any], two_sources: FolderStore) -> Callable[..., Any]:
    return lambda *words: kgtools("audit", "-g", two_sources.folder, *words)


def test_a_report_changes_neither_what_is_printed_nor_the_exit_code(audit: Callable[..., Any], tmp_path: Path) -> None:
    for words in (["--fail-on", "warning"], ["--fail-on", "never"], ["--format", "json"]):
        plain, told = audit(*words), audit(*words, "--html", tmp_path / "r.html")

        assert (told.code, told.out) == (plain.code, plain.out)
        assert told.err == f"The report is in {tmp_path / 'r.html'}.\n" + plain.err
    assert [file.name for file in tmp_path.iterdir()] == ["r.html"]


def test_a_report_may_replace_the_one_that_it_is_compared_with(audit: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "r.html"
    assert audit("--html", file).code == 0
    first = file.read_text(encoding="utf-8")

    assert audit("--html", file, "--against", file).code == 0

    assert 'id="trends"' not in first
    assert "Nothing grew or shrank." in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--against", "r.html"], "--against compares two reports; give --html FILE for the new one"),
        (["--html", "."], "is a folder; name a file in it"),
        (["--html", "no/where.html"], "there is no folder no; make it first"),
        (["--html", "r.html", "--against", "none.html"], "none.html: no such file"),
    ],
)
def test_what_cannot_become_a_report_is_said_before_any_audit_runs(
    audit: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)

    told = audit(*words)

    assert (told.code, told.out) == (2, "")
    assert message in told.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("package", ["altair", "vl_convert"])
def test_without_the_packages_that_draw_the_command_to_install_them_is_named(
    audit: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)

    told = audit("--html", tmp_path / "r.html")

    assert (told.code, told.out) == (2, "")
    assert told.err == f"kgtools: error: --html needs {package}: pip install 'kgtools[html]'\n"
    assert list(tmp_path.iterdir()) == []


def test_without_html_no_package_that_draws_is_imported(two_sources: FolderStore) -> None:
    code = (
        "import sys; from kgtools.tools.main import run; run(sys.argv[1:])\n"
        "print({'altair', 'vl_convert', 'numpy'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "audit", "-g", two_sources.folder], check=False, capture_output=True, text=True
    )

    assert done.stderr.splitlines()[-1] == "set()"
