"""A source or a table of names goes out of a graph, and whatever the others say stays; in either store."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from kgtools.kg.build.inputs import Inputs, NamesMetadata, NameTable, SourceTables
from kgtools.kg.graph import change, verify
from kgtools.kg.stores import Store, open_store
from kgtools.kg.tables import NAMES

Run = Callable[..., Any]
Say = Callable[..., Store]
COLD = ("Disease", "感冒", "HAS_SYMPTOM", "头痛")
COUGH = ("Disease", "感冒", "HAS_SYMPTOM", "咳嗽")
FLU = ("Disease", "流感", "HAS_SYMPTOM", "发热")
ALIAS = ("Disease", "感冒", "alias", "伤风")


def content(store: Store) -> tuple[list[Any], list[Any]]:
    """The graph; what its tables hold is what is read of it."""
    stored = store.read_back()
    assert stored.entities.equals(store.entities())
    assert stored.triples.equals(store.triples())
    return store.entities().rows(), store.triples().rows()


def english(called: str, *pairs: tuple[str, str]) -> NameTable:
    metadata = NamesMetadata(file="mine.csv", sha256="0", license="CC0-1.0", names=len(pairs), dropped={})
    return NameTable(called, metadata, NAMES.frame([(zh, en, None) for zh, en in pairs]))


def test_what_another_source_says_too_stays_with_that_source_alone(graph_url: str, say: Say) -> None:
    only_a = content(say(graph_url, a=[COLD]))
    store = say(graph_url, b=[COLD, COUGH, FLU, ALIAS])
    assert store.triples()["sources"].to_list().count(["a", "b"]) == 1

    outcome = change(store, lambda inputs: inputs.without("b"), "unload")

    assert outcome.agrees
    assert content(store) == only_a
    assert list(store.metadata().sources) == ["a"]
    assert verify(store).agrees


def test_the_order_of_loading_does_not_show(graph_url: str, say: Say, tmp_path: Path) -> None:
    sources = {"a": [COLD, FLU], "b": [COLD, COUGH, ALIAS], "c": [ALIAS]}
    together = content(say(str(tmp_path / "together"), **sources))

    for name in ("c", "a", "b"):
        store = say(graph_url, **{name: sources[name]})
    forward = content(store)
    change(store, lambda inputs: inputs.without("a"), "unload")
    say(graph_url, a=sources["a"])

    assert forward == together
    assert content(store) == together


def test_a_source_loaded_again_says_only_what_it_says_now(graph_url: str, say: Say) -> None:
    say(graph_url, a=[COLD, ALIAS], b=[COLD])

    store = say(graph_url, a=[FLU])

    assert dict(store.triples().select("tail", "sources").iter_rows()) == {
        "Symptom:头痛": ["b"],
        "Symptom:发热": ["a"],
    }
    assert dict(store.entities().select("name", "aliases").iter_rows()) == {
        "感冒": [], "头痛": [], "流感": [], "发热": [],
    }  # fmt: skip


def test_a_table_of_names_goes_and_the_next_one_is_asked(graph_url: str, say: Say) -> None:
    store = say(graph_url, a=[COLD])
    for table in (english("first", ("感冒", "common cold")), english("second", ("感冒", "cold"), ("头痛", "headache"))):
        change(store, lambda inputs, table=table: inputs.with_names(table))
    before = store.entities().select("name_en", "name_en_from").rows()

    outcome = change(store, lambda inputs: inputs.without("first"), "unload")

    assert before == [("common cold", "first"), ("headache", "second")]
    assert outcome.agrees
    assert store.entities().select("name_en", "name_en_from").rows() == [("cold", "second"), ("headache", "second")]
    assert list(store.metadata().names) == ["second"]


def test_the_last_source_leaves_an_empty_graph_that_can_be_filled_again(graph_url: str, say: Say) -> None:
    store = say(graph_url, a=[COLD])
    before = content(store)

    assert change(store, lambda inputs: inputs.without("a"), "unload").agrees

    assert content(store) == ([], [])
    assert store.metadata().to_dict() == {"sources": {}, "names": {}}
    assert list(store.query("MATCH (n) RETURN count(n) AS n", {})[1]) == [[0]]
    assert content(say(graph_url, a=[COLD])) == before


def test_unload_prints_what_was_read_back(graph_url: str, say: Say, kgtools: Run) -> None:
    say(graph_url, a=[COLD], b=[COLD, FLU])

    ran = kgtools("unload", "b", "--graph", graph_url)
    told = kgtools("unload", "a", "--graph", graph_url, "--format", "json")

    assert ran.code == told.code == 0, ran.err + told.err
    assert f"b is out of {graph_url}: read back, counts and checksums of 2 entities and 1 triples agree." in ran.out
    assert told.json["agrees"] is True


def test_a_name_that_is_not_there_is_refused_and_changes_nothing(graph_url: str, say: Say, kgtools: Run) -> None:
    before = content(say(graph_url, health=[COLD]))

    ran = kgtools("unload", "helth", "--graph", graph_url)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("kgtools: error: the graph holds no source and no table of names called 'helth'; ")
    assert "health" in ran.err.removeprefix("kgtools: error: the graph holds no source").split(";")[1]
    assert content(open_store(graph_url)) == before


def test_unloading_from_nothing_is_refused(graph_url: str, kgtools: Run, tmp_path: Path) -> None:
    ran = kgtools("unload", "xywy", "--graph", graph_url)

    assert ran.code == 2
    assert "no source and no table of names called 'xywy'" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_commands_fill_and_empty_a_graph(
    graph_url: str, kgtools: Run, sample_files: dict[str, list[Path]], tmp_path: Path
) -> None:
    names = tmp_path / "names.csv"
    names.write_text("zh,en\n高血压,hypertension\n", encoding="utf-8")

    def told(*words: object) -> Any:
        ran = kgtools(*words, "--graph", graph_url, "--format", "json")
        assert ran.code == 0, ran.err
        return ran.json

    told("load", "health39", *sample_files["health39"])
    one = told("verify")
    told("load", "xywy", *sample_files["xywy"])
    two = told("verify")
    assert kgtools("names", "add", names, "--license", "MIT", "--graph", graph_url).code == 0
    assert told("stats")["totals"]["with_english"] > 0
    assert [table["table"] for table in told("names", "list")] == ["names"]
    told("unload", "names")
    assert told("verify") == two
    told("unload", "xywy")
    assert told("verify") == one
    assert orjson.dumps(one) != orjson.dumps(two)


def test_inputs_that_fail_leave_the_graph_as_it_was(
    graph_url: str, say: Say, tables_of: Callable[..., SourceTables]
) -> None:
    before = content(say(graph_url, a=[COLD]))

    def fail(inputs: Inputs) -> Inputs:
        inputs.with_sources([tables_of([FLU], source="b")])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        change(open_store(graph_url), fail)

    assert content(open_store(graph_url)) == before


def test_a_graph_of_which_the_last_source_was_taken_out_is_as_it_was_written(graph_url: str, say: Say) -> None:
    store = say(graph_url, a=[COLD])

    change(store, lambda inputs: inputs.without("a"), "unload")

    assert verify(open_store(graph_url)).agrees
    assert content(store) == ([], [])
