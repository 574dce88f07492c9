"""Consultations: what is said is in the graph, what the patient has not is in no source, each turn has its facts."""

import re
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.corpora.gates import count_identified
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.templates.generate.make import generate
from kgtools.templates.generate.tables import RecordTables
from kgtools.templates.pack import LANGUAGES, find_pack, variables
from kgtools.templates.tasks.dialogue import NAMES, PARTS
from kgtools.templates.tasks.wording import FOLDER, wordings
from kgtools.tools.frames import write_table

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def store(named_graph: Path) -> FolderStore:
    return FolderStore(named_graph)


@pytest.fixture(scope="module")
def made(store: FolderStore) -> RecordTables:
    return generate(
        store, [find_pack("clinicalgpt"), find_pack("extended")], ("zh", "en"), None, 0, 12, task="dialogue"
    )


@pytest.fixture(scope="module")
def rows(made: RecordTables) -> Rows:
    return [row | {"told": orjson.loads(row["meta"])} for row in made.records.iter_rows(named=True)]


@pytest.fixture(scope="module")
def triples(store: FolderStore) -> dict[str, tuple[str, str, str]]:
    return {id_: each for id_, *each in store.triples().select("id", "head", "relation", "tail").iter_rows()}  # type: ignore[misc]


def test_user_and_assistant_speak_in_turn_and_the_assistant_last(rows: Rows) -> None:
    assert len(rows) > 100
    for row in rows:
        roles = [message["role"] for message in row["messages"]]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        assert len(roles) in (6, 8)
        assert row["answer"] is None


def test_each_turn_has_the_facts_of_what_it_says(
    rows: Rows, triples: dict[str, tuple[str, str, str]], store: FolderStore
) -> None:
    names = {
        id_: {name, en, *aliases} - {None}
        for id_, name, en, aliases in store.entities().select("id", "name", "name_en", "aliases").iter_rows()
    }
    for row in rows:
        turns = row["told"]["turns"]
        assert len(turns) == len(row["messages"])
        assert {fact for facts in turns for fact in facts} == set(row["facts"])
        for at, relation in ((0, "HAS_SYMPTOM"), (2, "HAS_SYMPTOM")):
            text = row["messages"][at]["content"].casefold()
            ends = [triples[fact] for fact in turns[at]]
            assert ends
            assert {(head, of) for head, of, _ in ends} == {(row["told"]["head"], relation)}
            # what is said may be one name of several that mean the same, but each is in the message or in the question before
            said = text + row["messages"][max(at - 1, 0)]["content"].casefold()
            assert all(any(name.casefold() in said for name in names[tail]) for *_, tail in ends[:1])
        told = {triples[fact][1] for fact in turns[5]}
        assert told == {"HAS_SYMPTOM", "NEEDS_EXAMINATION"}


def test_a_symptom_that_is_denied_is_linked_with_the_disease_by_nothing(rows: Rows, store: FolderStore) -> None:
    entities = store.entities()
    by_name: dict[str, set[str]] = {}
    for id_, *names in entities.select("id", "name", "name_en").iter_rows():
        for name in filter(None, names):
            by_name.setdefault(name, set()).add(id_)
    linked = {frozenset(ends) for ends in store.triples().select("head", "tail").iter_rows()}

    for row in rows:
        (wrong,) = row["told"]["distractors"]
        assert wrong["text"] in row["messages"][3]["content"]
        for id_ in by_name[wrong["text"]]:
            assert frozenset((row["told"]["head"], id_)) not in linked


def test_two_consultations_of_a_disease_share_no_complaint(rows: Rows) -> None:
    said: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        said.setdefault((row["told"]["head"], row["lang"]), []).extend(
            row["told"]["turns"][0] + row["told"]["turns"][2]
        )

    assert max(map(len, said.values())) >= 4
    assert all(len(set(facts)) == len(facts) for facts in said.values())


@pytest.mark.parametrize("part", PARTS)
def test_turns_are_worded_alike_in_both_languages(part: str) -> None:
    zh, en = (wordings(f"dialogue/{part}", lang) for lang in LANGUAGES)

    assert len(zh) == len(en) >= 3
    for one, other in zip(zh, en, strict=True):
        for role in ("user", "assistant"):
            assert variables(getattr(one, role)) == variables(getattr(other, role)) <= set(NAMES)


def test_there_are_no_other_words_of_consultations() -> None:
    files = {path.name for path in (FOLDER / "dialogue").rglob("*.j2")}

    assert files == {f"{part}.{lang}.j2" for part in PARTS for lang in LANGUAGES}
    for path in (FOLDER / "dialogue").glob("*.en.j2"):
        assert not re.search(r"[\u3000-\u9fff\uff00-\uffef]", path.read_text(encoding="utf-8"))


def test_english_consultations_hold_no_chinese(made: RecordTables) -> None:
    texts = made.records.filter(pl.col("lang") == "en")["messages"].explode().struct.field("content")

    assert texts.len() > 100
    assert not texts.str.contains(r"\p{Han}").any()


def test_a_consultation_of_a_graph_is_nobodys(made: RecordTables, tmp_path: Path) -> None:
    write_table(made.records, tmp_path / "records.parquet")
    assert count_identified(tmp_path) == {}

    write_table(made.records.with_columns(pl.lit(None, pl.String).alias("template")), tmp_path / "records.parquet")
    assert sum(count_identified(tmp_path).values()) == made.records.height
