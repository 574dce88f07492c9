"""What becomes of records when facts are retracted, on graphs of a few facts: kgtools.templates.retract."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.templates.lineage import doubt
from kgtools.templates.retract.run import retract
from kgtools.tools.errors import InputError

Make = Callable[..., Any]
FLU = "Disease:流感"
COUGH, FEVER = (FLU, "HAS_SYMPTOM", "Symptom:咳嗽"), (FLU, "HAS_SYMPTOM", "Symptom:发热")
COLD = ("Disease:感冒", "HAS_SYMPTOM", "Symptom:头痛")
PACK = ("clinicalgpt",)


def reload(store: Any) -> Any:
    """A store of the same facts from a file with other bytes."""
    (source,) = store.made_of.sources
    about = replace(source.metadata, files={"said.tsv": "0" * 64})
    return type(store)(replace(store.made_of, sources=(replace(source, metadata=about),)))


def rows(changes: pl.DataFrame) -> set[tuple[Any, ...]]:
    return set(changes.select("change", "lang", "relation").iter_rows())


def test_an_answer_is_rebuilt_without_the_triple_that_is_wrong(
    graph: Make, records: Make, fact: Make, tmp_path: Path
) -> None:
    store = graph([COUGH, FEVER, COLD])

    result = retract(store, records(store, packs=PACK), [fact(*COUGH)], (), tmp_path / "new")

    new = pl.read_parquet(tmp_path / "new" / "records.parquet")
    assert (result.before, result.written, result.kept) == (2, 2, 1)
    (row,) = result.changes.iter_rows(named=True)
    assert (row["change"], row["relation"], row["triples"]) == ("rebuilt", "HAS_SYMPTOM", [fact(*COUGH)])
    answers = dict(new.select("id", pl.col("messages").list.last().struct.field("content")).iter_rows())
    assert "发热" in answers[row["new_id"]]
    assert not any("咳嗽" in answer for answer in answers.values())


def test_a_record_falls_with_its_last_triple(graph: Make, records: Make, fact: Make, tmp_path: Path) -> None:
    store = graph([COUGH, FEVER, COLD])

    result = retract(store, records(store, packs=PACK), [fact(*COUGH), fact(*FEVER)], (), tmp_path / "new")

    assert rows(result.changes) == {("fallen", "zh", "HAS_SYMPTOM")}
    assert (result.written, result.kept) == (1, 1)


def test_what_was_contradicted_is_told_when_the_other_is_retracted(
    graph: Make, records: Make, fact: Make, tmp_path: Path
) -> None:
    eat, avoid = (FLU, "SHOULD_EAT", "Food:香蕉"), (FLU, "SHOULD_AVOID", "Food:香蕉")
    store = graph([eat, avoid, COLD])

    result = retract(store, records(store), [fact(*avoid)], (), tmp_path / "new")

    assert ("new", "zh", "SHOULD_EAT") in rows(result.changes)


def test_a_fact_of_two_sources_is_said_by_neither_any_more(
    graph: Make, records: Make, hashes: Make, fact: Make, tmp_path: Path
) -> None:
    store = graph([COUGH, FEVER], two=[COUGH, COLD])

    retract(store, records(store), [fact(*COUGH)], (), tmp_path / "new")

    assert hashes(tmp_path / "new") == hashes(records(graph([FEVER], two=[COLD]), "fresh"))


@pytest.mark.parametrize(
    "wrong", [(FLU, "cure_rate", "95%"), (FLU, "alias", "流行性感冒"), (FLU, "class", "呼吸道疾病"), COUGH], ids=lambda each: each[1]
)  # fmt: skip
def test_a_fact_of_each_kind_can_be_retracted(
    graph: Make, records: Make, hashes: Make, fact: Make, tmp_path: Path, wrong: tuple[str, ...]
) -> None:
    said = [COUGH, FEVER, COLD, (FLU, "cure_rate", "95%"), (FLU, "alias", "流行性感冒"), (FLU, "class", "呼吸道疾病")]
    store = graph(said)

    retract(store, records(store), [fact(*wrong)], (), tmp_path / "new")

    assert hashes(tmp_path / "new") == hashes(records(graph([each for each in said if each != wrong]), "fresh"))


def test_a_name_that_only_the_wrong_triple_said_puts_no_other_in_doubt(
    graph: Make, records: Make, hashes: Make, fact: Make, tmp_path: Path
) -> None:
    wrong, right = (FLU, "HAS_SYMPTOM", "Symptom:肝"), ("Disease:肝炎", "AFFECTS_BODY_PART", "BodyPart:肝")
    store = graph([COUGH, wrong, right])

    retract(store, records(store), [fact(*wrong)], (), tmp_path / "new")

    fresh = records(graph([COUGH, right]), "fresh")
    assert hashes(tmp_path / "new") == hashes(fresh)
    assert "肝炎" in (fresh / "records.jsonl").read_text(encoding="utf-8")


def test_a_record_that_is_drawn_in_place_of_a_fallen_one_is_new_and_says_nothing_wrong(
    graph: Make, records: Make, tmp_path: Path
) -> None:
    heads = [(f"Disease:病{n}", "HAS_SYMPTOM", "Symptom:咳嗽") for n in "甲乙丙丁戊己庚辛"]
    store = graph(heads)
    old = records(store, packs=PACK, count=4)
    said = pl.read_parquet(old / "records.parquet")["facts"].explode()[0]

    result = retract(store, old, [said], (), tmp_path / "new")

    changes = {row["change"]: row["triples"] for row in result.changes.iter_rows(named=True)}
    assert changes == {"fallen": [said], "new": []}
    assert (result.before, result.written, result.kept) == (4, 4, 3)


def test_a_record_that_keeps_its_text_and_not_its_triples_changes_its_lineage(
    graph: Make, records: Make, fact: Make, tmp_path: Path
) -> None:
    short = (FLU, "HAS_SYMPTOM", "Symptom:咳")
    english = {FLU: "influenza", COUGH[2]: "cough", short[2]: "cough", FEVER[2]: "fever"}
    store = graph([COUGH, FEVER, short, COLD], english=english)

    result = retract(store, records(store, packs=PACK), [fact(*short)], (), tmp_path / "new")

    assert rows(result.changes) == {("rebuilt", "zh", "HAS_SYMPTOM"), ("lineage", "en", "HAS_SYMPTOM")}


def test_what_is_retracted_adds_up_over_several_runs(
    graph: Make, records: Make, hashes: Make, fact: Make, tmp_path: Path
) -> None:
    store = graph([COUGH, FEVER, COLD, (FLU, "cure_rate", "95%")])
    old, ids = records(store), [fact(*COUGH), fact(FLU, "cure_rate", "95%")]
    retract(store, old, ids, (), tmp_path / "at once")

    retract(store, old, ids[:1], (), tmp_path / "first")
    result = retract(store, tmp_path / "first", ids, (), tmp_path / "second")

    assert result.triples == 2
    assert hashes(tmp_path / "second") == hashes(tmp_path / "at once")
    told = orjson.loads((tmp_path / "second" / "run.json").read_bytes())
    assert (told["command"], told["retracted"]) == ("retract", sorted(ids))
    assert set(told["parent"]) == {"records.parquet", "run.json"}


def test_the_same_retraction_writes_the_same_bytes_and_run_json(
    graph: Make, records: Make, fact: Make, tmp_path: Path
) -> None:
    store = graph([COUGH, FEVER, COLD])
    old = records(store)

    for name in ("a", "b"):
        retract(store, old, [fact(*COUGH)], (), tmp_path / name)

    files = [{file.name: file.read_bytes() for file in (tmp_path / name).iterdir()} for name in "ab"]
    assert files[0] == files[1] != {}


def test_without_a_folder_the_same_is_told_and_nothing_is_written(
    graph: Make, records: Make, fact: Make, tmp_path: Path
) -> None:
    store = graph([COUGH, FEVER, COLD])
    old = records(store)
    before = sorted(tmp_path.rglob("*"))

    told = retract(store, old, [fact(*COUGH)], (), None)

    assert sorted(tmp_path.rglob("*")) == before
    assert told.to_dict() == retract(store, old, [fact(*COUGH)], (), tmp_path / "new").to_dict()


def test_all_may_fall_only_where_the_user_says_so(graph: Make, records: Make, fact: Make, tmp_path: Path) -> None:
    store = graph([COUGH])
    old = records(store, packs=PACK)

    with pytest.raises(InputError, match=r"without these triples: none of its facts makes a record.*--allow-empty"):
        retract(store, old, [fact(*COUGH)], (), tmp_path / "new")

    assert not (tmp_path / "new").exists()
    assert retract(store, old, [fact(*COUGH)], (), tmp_path / "new", allow_empty=True).written == 0


def test_corrected_records_are_traced_as_others_are(graph: Make, records: Make, fact: Make, tmp_path: Path) -> None:
    store = graph([COUGH, FEVER, COLD])
    retract(store, records(store), [fact(*COUGH)], (), tmp_path / "new")

    assert doubt(store, tmp_path / "new") == ""
    assert "was generated from another one/said.tsv" in doubt(reload(store), tmp_path / "new")
