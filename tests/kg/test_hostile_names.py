"""Names as nobody should give them, from the files of sources to records and back, on both stores."""

import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kgtools.kg.build.name_patterns import INVISIBLE
from kgtools.kg.build.name_rules import judge_names
from kgtools.kg.build.normalize import RULES
from kgtools.kg.stores import Store, open_store
from kgtools.kg.stores.neo4j.store import Neo4jStore
from tests.kg.leaving import WORDS
from tests.neo4j.login import Login
from tests.torture.names import MAPPING, NAMES, cleaned, kept, names, visible, write_health39, write_table, write_xywy

Run = Callable[..., Any]
RAW = list(dict.fromkeys(name for name in NAMES if name.strip()))
ASK = "MATCH (s:Symptom) WHERE s.name IN $names RETURN s.name AS name ORDER BY s.id"
many = st.lists(names, min_size=20, max_size=60, unique=True)
several = settings(
    max_examples=8,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def load(kgtools: Run, graph: str, *words: object, how: tuple[str, ...] = ("--raw",)) -> list[dict[str, Any]]:
    """What the load reports of each source; nothing was lost on the way. Raw, so that no name is refused or mended."""
    done = kgtools("load", *words, *how, "--graph", graph, "--format", "json")
    assert done.code == 0, done.err
    for report in done.json:
        for row in report["counts"]:
            assert row["read"] == row["loaded"] + row["merged"] + row["rejected"], row
    reports: list[dict[str, Any]] = done.json
    return reports


def load_all(
    kgtools: Run, graph: str, folder: Path, raw: list[str], how: tuple[str, ...] = ("--raw",)
) -> dict[str, dict[str, Any]]:
    """The names as three sources say them; the reports by source."""
    write_xywy(folder / "medical.json", raw)
    write_health39(folder / "disease.csv", [name for name in raw if "\0" not in name])
    reports = load(kgtools, graph, "xywy", folder / "medical.json", "health39", folder / "disease.csv", how=how)
    reports += load(kgtools, graph, *write_table(folder, raw), how=how)
    return {report["source"]: report for report in reports}


def count(report: dict[str, Any], name: str, what: str) -> int:
    (number,) = [row[what] for row in report["counts"] if row["name"] == name and row["field"] is None]
    return int(number)


def links(store: Store, relation: str, source: str) -> set[tuple[str, str]]:
    """(head's name, tail's name) of what a source says."""
    called = dict(store.entities().select("id", "name").iter_rows())
    said = store.triples().filter(pl.col("relation") == relation, pl.col("sources").list.contains(source))
    return {(called[head], called[tail]) for head, tail in said.select("head", "tail").iter_rows()}


def check_graph(store: Store, raw: list[str], reports: dict[str, dict[str, Any]]) -> None:
    """What the files say is in the graph, character for character but for what cleaning takes; that is counted."""
    ours = kept(raw)
    backwards = {(cleaned(name), cleaned(name[::-1])) for name in raw if cleaned(name) and cleaned(name[::-1])}
    words = {cleaned(name) for name in raw if "\0" not in name and not re.search(r"\s", name)} - {""}
    around = list(zip(raw, raw[1:] + raw[:1], strict=True))
    pairs = {(cleaned(a), cleaned(b)) for a, b in around if cleaned(a) and cleaned(b)}
    assert links(store, "HAS_SYMPTOM", "xywy") == {("头病", name) for name in ours} | {(name, "头痛") for name in ours}
    assert links(store, "HAS_COMPLICATION", "xywy") == backwards
    assert links(store, "HAS_SYMPTOM", "health39") == {("头病", word) for word in words}
    assert links(store, "HAS_SYMPTOM", "mine") == pairs
    check_attributes(store, raw)
    empty = sum(not cleaned(name) for name in raw)
    assert count(reports["xywy"], "HAS_SYMPTOM", "read") == 2 * len(raw)
    assert count(reports["xywy"], "HAS_SYMPTOM", "rejected") == 2 * empty
    for report in reports.values():
        assert set(report["changed"]) <= {
            "control-characters",
            "line-break",
            "outer-space",
            "inner-space",
            "unicode-form",
        }
    assert sum(reports["xywy"]["changed"].values()) == changes(raw)


def changes(raw: list[str]) -> int:
    """How many mentions and statements of what `write_xywy` writes are changed by cleaning, but kept."""
    mentions = sum(bool(cleaned(name)) and cleaned(name) != name for name in raw)
    said = [
        (head, tail, cleaned) for name in raw for head, tail in (("头病", name), (name, name[::-1]), (name, "头痛"))
    ]
    said += [(name, name, visible) for name in raw]
    kept_ones = [(head, tail, clean) for head, tail, clean in said if cleaned(head) and clean(tail)]
    return mentions + sum(cleaned(head) != head or clean(tail) != tail for head, tail, clean in kept_ones)


def check_attributes(store: Store, raw: list[str]) -> None:
    """Texts are what they were but for what nobody sees."""
    attributes = {
        name: orjson.loads(text)
        for name, text in store.entities().filter(pl.col("type") == "Disease").select("name", "attributes").iter_rows()
    }
    texts: dict[str, set[str]] = {}
    for name in raw:
        if cleaned(name) and visible(name):
            texts.setdefault(cleaned(name), set()).add(visible(name))
    for name, wanted in texts.items():
        assert set(attributes[name]["description"]) == wanted


def check_questions(kgtools: Run, store: Store, graph: str, raw: list[str]) -> None:
    """Every name is found by a parameter of the query, in the store and on the command line."""
    ours = sorted(kept(raw))
    _, rows = store.query(ASK, {"names": ours})
    assert sorted(name for (name,) in rows) == ours
    done = kgtools(
        "query", ASK, "--graph", graph, "--format", "jsonl", "--param", f"names={orjson.dumps(ours).decode()}"
    )
    assert done.code == 0, done.err
    assert sorted(orjson.loads(line)["name"] for line in done.out.split("\n") if line) == ours
    for name in ours[:20]:
        one = "MATCH (s:Symptom {name: $name}) RETURN s.name AS name"
        assert [list(row) for row in store.query(one, {"name": name})[1]] == [[name]]
        shown = kgtools("show", "--graph", graph, "--format", "json", "--", name)
        assert shown.code == 0, shown.err
        assert {profile["name"] for profile in shown.json} == {name}
        assert kgtools("show", "--graph", graph, "--", f"Symptom:{name}" if len(name) < 400 else name).code == 0


def check_commands(kgtools: Run, graph: str, folder: Path, raw: list[str]) -> dict[str, bytes]:
    """Verify, audit, generate, trace, align and export go through; gives what they wrote."""
    assert kgtools("verify", "--graph", graph).code == 0
    audit = kgtools("audit", "--graph", graph, "--fail-on", "never", "--format", "json")
    assert audit.code == 0, audit.err
    assert kgtools("audit", "--graph", graph, "--fail-on", "never").code == 0
    assert kgtools("stats", "--graph", graph).code == 0
    records = folder / "records"
    done = kgtools("generate", "--graph", graph, "--out", records, "--max-tails", 1_000, "--show", 3)
    assert done.code == 0, done.err
    check_records(kgtools, graph, records, raw)
    asked = kgtools("align", "--graph", graph, "--dry-run", "--review", folder / "review.tsv")
    assert asked.code == 0, asked.err
    for form, name in (("parquet", "parquet"), ("rdf", "g.ttl"), ("rdf", "g.nt"), ("graphml", "g.graphml"), ("networkx", "g.json")):  # fmt: skip
        written = kgtools("export", form, folder / name, "--graph", graph, *WORDS)
        assert written.code == 0, written.err
        same = kgtools("diff", graph, folder / name)
        assert same.code == 0, (name, same.out, same.err)
    return {file.name: file.read_bytes() for file in records.iterdir()} | {"audit": audit.out.encode()}


def check_records(kgtools: Run, graph: str, folder: Path, raw: list[str]) -> None:
    """Every symptom of 头病 that may be asked about stands in its records as it is called; every fact has its fate."""
    records = pl.read_parquet(folder / "records.parquet")
    coverage = pl.read_parquet(folder / "coverage.parquet")
    assert coverage.filter((pl.col("records") == 0) & pl.col("reason").is_null()).is_empty()
    asked = records.filter(
        (pl.col("lang") == "zh")
        & (pl.col("meta").str.json_path_match("$.head") == "Disease:头病")
        & pl.col("template").str.contains("/symptom")
    )
    (row,) = asked.to_dicts()
    answer = row["messages"][1]["content"]
    traced = kgtools("trace", row["id"], "--graph", graph, "--records", folder, "--format", "json")
    assert traced.code == 0, traced.err
    called = dict(open_store(graph).entities().select("id", "name").iter_rows())
    tails = {called[triple["tail"]] for triple in traced.json["triples"]}
    assert tails <= kept(raw)
    assert len(tails) > 5
    assert [name for name in tails if name not in answer] == []
    assert kgtools("trace", row["id"], "--graph", graph, "--records", folder).code == 0
    lines = (folder / "records.jsonl").read_bytes().split(b"\n")
    assert [orjson.loads(line)["id"] for line in lines if line] == records["id"].to_list()


@given(raw=many)
@several
def test_hostile_names_come_from_files_into_the_graph_as_they_are(
    kgtools: Run, tmp_path_factory: pytest.TempPathFactory, raw: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("names")
    graph = str(folder / "graph")

    reports = load_all(kgtools, graph, folder, raw)

    check_graph(open_store(graph), raw, reports)
    check_questions(kgtools, open_store(graph), graph, raw[:20])


def test_hostile_names_go_through_every_command(kgtools: Run, tmp_path: Path) -> None:
    graph = str(tmp_path / "graph")

    reports = load_all(kgtools, graph, tmp_path, RAW)

    check_graph(open_store(graph), RAW, reports)
    check_questions(kgtools, open_store(graph), graph, RAW)
    check_commands(kgtools, graph, tmp_path, RAW)


def test_cleaning_keeps_a_hostile_name_mends_it_or_refuses_it_with_a_reason(kgtools: Run, tmp_path: Path) -> None:
    graph = str(tmp_path / "graph")

    reports = load_all(kgtools, graph, tmp_path, RAW, how=())

    source = open_store(graph).inputs().sources[-1]
    symptoms = links(open_store(graph), "HAS_SYMPTOM", "xywy")
    judged = judge_names(pl.DataFrame({"type": "Symptom", "name": RAW})).filter(pl.col("clean") != "")
    good = set(judged.filter(pl.col("refused").is_null())["clean"])
    assert {tail for head, tail in symptoms if head == "头病"} == good
    assert set(source.rejects["reason"]) <= set(RULES)
    for report in reports.values():
        assert set(report["changed"]) <= set(RULES)
    assert kgtools("verify", "--graph", graph).code == 0
    assert kgtools("generate", "--graph", graph, "--out", tmp_path / "records").code == 0
    answers = pl.read_parquet(tmp_path / "records" / "records.parquet")["messages"].list.last().struct["content"]
    assert answers.filter(answers.str.contains(INVISIBLE)).is_empty()


@pytest.mark.parametrize(
    "words", [("audit", "--fail-on", "never", "--examples", "50"), ("show", "头病", "--limit", "0")]
)
def test_a_page_shows_hostile_names_and_runs_none_of_them(kgtools: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    graph, page = str(tmp_path / "graph"), tmp_path / "page.html"
    load_all(kgtools, graph, tmp_path, RAW)

    done = kgtools(*words, "--graph", graph, "--html", page)

    text = page.read_text(encoding="utf-8")
    assert done.code == 0, done.err
    assert "<script>alert(1)" not in text
    assert text.lower().count("<script") == text.lower().count("</script")


def test_both_stores_hold_and_answer_hostile_names_alike(kgtools: Run, tmp_path: Path, neo4j_graph: Login) -> None:
    here, there = str(tmp_path / "graph"), neo4j_graph.uri
    results = []
    for number, graph in enumerate((here, there)):
        folder = tmp_path / str(number)
        folder.mkdir()
        reports = load_all(kgtools, graph, folder, RAW)
        with closing(opened(graph)) as store:
            check_graph(store.graph, RAW, reports)
            check_questions(kgtools, store.graph, graph, RAW)
            tables = store.graph.entities(), store.graph.triples()
        results.append((tables, check_commands(kgtools, graph, folder, RAW)))
    ((entities, triples), files), ((other_entities, other_triples), other_files) = results
    assert entities.equals(other_entities)
    assert triples.equals(other_triples)
    assert files == other_files


@given(raw=many)
@settings(several, max_examples=4)
def test_any_hostile_names_come_into_neo4j_as_they_are(
    kgtools: Run, tmp_path_factory: pytest.TempPathFactory, neo4j_graph: Login, raw: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("names")

    reports = load_all(kgtools, neo4j_graph.uri, folder, raw)

    with closing(opened(neo4j_graph.uri)) as store:
        check_graph(store.graph, raw, reports)
        check_questions(kgtools, store.graph, neo4j_graph.uri, raw[:20])


def test_a_second_load_of_rare_characters_into_neo4j_ends(kgtools: Run, tmp_path: Path, neo4j_graph: Login) -> None:
    for part in (["\U0002c0cc面", "（面"], ["\U0002c0cc面", "（面", "\U0002c0cc根", "（根"]):
        write_xywy(tmp_path / "medical.json", part)
        load(kgtools, neo4j_graph.uri, "xywy", tmp_path / "medical.json")

    with closing(opened(neo4j_graph.uri)) as store:
        assert set(part) <= set(store.graph.entities()["name"])


@pytest.mark.parametrize("place", ["here", "there"])
def test_long_texts_and_long_lists_are_kept(kgtools: Run, tmp_path: Path, place: str, request: Any) -> None:
    graph = str(tmp_path / "graph") if place == "here" else request.getfixturevalue("neo4j_graph").uri
    aliases, symptoms = [f"名{number}" for number in range(5_000)], [f"症{number}" for number in range(3_000)]
    rows = [{"head": "长", "relation": "alias", "tail": name} for name in aliases]
    rows += [{"head": "长", "relation": "symptom", "tail": name} for name in symptoms]
    rows += [{"head": "长", "relation": "alias", "tail": "字" * 200_000}]
    (tmp_path / "rows.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    (tmp_path / "mapping.yaml").write_text(MAPPING, encoding="utf-8")

    load(kgtools, graph, "table", tmp_path / "rows.jsonl", "--mapping", tmp_path / "mapping.yaml")

    with closing(opened(graph)) as store:
        (told,) = store.graph.query("MATCH (d:Disease {name: $name}) RETURN d.aliases AS a", {"name": "长"})[1]
        assert told[0] == sorted([*aliases, "字" * 200_000])
        assert store.graph.triples().height == len(symptoms)
    assert kgtools("verify", "--graph", graph).code == 0


class opened:
    """A store whose connection is ended."""

    def __init__(self, graph: str) -> None:
        self.graph = open_store(graph)

    def close(self) -> None:
        if isinstance(self.graph, Neo4jStore):
            self.graph.server.close()
