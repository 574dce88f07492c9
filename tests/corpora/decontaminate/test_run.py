"""kgtools decontaminate: what is written, what is told, what stays."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.corpora.decontaminate.find import CONTAMINATION
from tests.conftest import Ran
from tests.corpora.decontaminate.questions import ALIKE, EN, ZH, exam, one_replaced, permuted, record, table

Kgtools = Callable[..., Ran]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with records (2 that are hit, 1 from a graph, a clean one for each of ALIKE) and the exam."""
    rows = [
        record(permuted(ZH[0])), *[record(question) for question in ALIKE], record(one_replaced(EN[0]), told=True),
        record(ZH[1]) | {"facts": ["3f2a9c"], "source": "graph"},
    ]  # fmt: skip
    for name, content in (("records", table(rows)), ("exam", exam())):
        (tmp_path / name).mkdir()
        content.sink_parquet(tmp_path / name / "records.parquet")
    return tmp_path


def written(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "records.parquet")


def test_records_that_are_hit_are_left_away_and_told(place: Path, kgtools: Kgtools) -> None:
    ran = kgtools("decontaminate", place / "records", "--against", place / "exam", "--out", place / "out")

    assert ran.code == 0, ran.err
    before, after = written(place / "records"), written(place / "out")
    contaminated = pl.read_parquet(place / "out" / "contaminated.parquet")
    hit = contaminated.filter(verdict="hit")
    assert CONTAMINATION.check(contaminated, "contaminated.parquet").height == 3
    assert sorted(hit["row"]) == [0, len(ALIKE) + 1]
    assert after.equals(before.filter(~pl.col("id").is_in(hit["id"].implode())))
    assert set(hit["item"]) <= set(written(place / "exam")["id"])


def test_records_that_are_hit_may_be_marked(place: Path, kgtools: Kgtools) -> None:
    ran = kgtools(
        "decontaminate", place / "records", "--against", place / "exam", "--on-hit", "tag", "--out", place / "out"
    )

    assert ran.code == 0, ran.err
    before, after = written(place / "records"), written(place / "out")
    assert after.drop("meta").equals(before.drop("meta"))
    marked = [orjson.loads(text).get("contaminated") for text in after["meta"]]
    assert [at for at, marks in enumerate(marked) if marks] == [0, len(ALIKE) + 1]
    assert {mark["rule"] for marks in marked for mark in marks or []} == {"stem"}
    assert orjson.loads(after["meta"][len(ALIKE) + 1])["question"] == EN[0].text


def test_a_second_run_keeps_the_marks_of_the_first(place: Path, kgtools: Kgtools) -> None:
    for source, out in (("records", "once"), ("once", "twice")):
        ran = kgtools(
            "decontaminate", place / source, "--against", place / "exam", "--on-hit", "tag", "--out", place / out
        )
        assert ran.code == 0, ran.err

    assert len(orjson.loads(written(place / "twice")["meta"][0])["contaminated"]) == 2


def test_fail_is_exit_code_1_and_writes_nothing(place: Path, kgtools: Kgtools) -> None:
    words = [
        "decontaminate",
        place / "records",
        "--against",
        place / "exam",
        "--on-hit",
        "fail",
        "--out",
        place / "out",
    ]

    ran = kgtools(*words)
    clean = kgtools(*words, "--rule", "answer")

    assert ran.code == 1
    assert "2 records hold items of the evaluation sets; nothing was written" in ran.err
    assert "exam/test" in ran.out
    assert clean.code == 0, clean.err
    assert not (place / "out").exists()


def test_a_dry_run_tells_what_would_be_found_and_writes_nothing(place: Path, kgtools: Kgtools) -> None:
    words = [
        "decontaminate",
        place / "records",
        "--against",
        place / "exam",
        "--out",
        place / "out",
        "--format",
        "json",
    ]

    dry = kgtools(*words, "--dry-run").json
    assert not (place / "out").exists()
    wet = kgtools(*words).json

    assert (dry.pop("written"), wet.pop("written")) == (0, len(ALIKE) + 1)
    assert dry == wet


def test_json_has_a_row_for_each_pair_of_sets(place: Path, kgtools: Kgtools) -> None:
    told = kgtools(
        "decontaminate", place / "records", "--against", place / "exam", "--dry-run", "--format", "json"
    ).json

    items = written(place / "exam").height
    rows: dict[str, dict[str, Any]] = {row["source"]: row for row in told["pairs"]}
    assert told["evalsets"] == {"exam/test": items}
    assert (told["records"], told["hit"], told["twin"], told["facts"]) == (len(ALIKE) + 3, 2, 0, 1)
    assert (
        rows["train"] | {"stem": 2, "options": 0, "ngrams": 0, "answer": 0, "hit": 2, "items_hit": 2} == rows["train"]
    )
    assert (rows["graph"]["records"], rows["graph"]["hit"], rows["graph"]["facts"]) == (1, 0, 1)
    assert all(row["items"] == items for row in rows.values())


def test_an_index_in_place_of_the_texts_gives_the_same_bytes(place: Path, kgtools: Kgtools) -> None:
    index = place / "exam.index"
    first = kgtools(
        "decontaminate", place / "records", "--against", place / "exam", "--save-index", index, "--out", place / "a"
    )
    second = kgtools("decontaminate", place / "records", "--against", index, "--out", place / "b")

    assert (first.code, second.code) == (0, 0), first.err + second.err
    files = sorted(file.name for file in (place / "a").iterdir())
    assert files == ["contaminated.parquet", "records.parquet", "run.json"]
    for name in files:
        assert (place / "a" / name).read_bytes() == (place / "b" / name).read_bytes()
    assert str(place) not in (place / "a" / "run.json").read_text(encoding="utf-8")


def test_an_index_may_be_written_without_records(place: Path, kgtools: Kgtools) -> None:
    ran = kgtools("decontaminate", "--against", place / "exam", "--save-index", place / "i", "--format", "json")

    assert ran.json == {"evalsets": {"exam/test": written(place / "exam").height}}
    assert (place / "i").is_file()


def test_the_page_of_examples_shows_both_texts_and_marks_what_is_the_same(place: Path, kgtools: Kgtools) -> None:
    page = place / "examples.html"
    hostile = record(ZH[2], told=True)
    hostile["messages"][0]["content"] = "<script>alert(1)</script>\n" + hostile["messages"][0]["content"]
    table([hostile]).sink_parquet(place / "records" / "records.parquet")

    ran = kgtools("decontaminate", place / "records", "--against", place / "exam", "--examples", page, "--dry-run")

    html = page.read_text(encoding="utf-8")
    assert ran.code == 0, ran.err
    assert html.count("<table>") == 1
    assert html.count(f"<mark>{ZH[2].text}") + html.count(ZH[2].text) >= 2
    assert "<script" not in html
    assert f"hit, stem 1.00: train {hostile['id']}" in html


def test_examples_of_an_index_are_said_to_be_left_away(place: Path, kgtools: Kgtools) -> None:
    kgtools("decontaminate", "--against", place / "exam", "--save-index", place / "i")

    ran = kgtools(
        "decontaminate", place / "records", "--against", place / "i", "--examples", place / "e.html", "--dry-run"
    )

    assert "3 examples are not on the page" in ran.err
    assert "<table>" not in (place / "e.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["{}/records"], "--against"),
        (["--against", "{}/exam"], "name the RECORDS"),
        (["{}/records", "--against", "{}/none"], "holds no records.parquet"),
        (["{}/records", "--against", "{}/exam", "--out", "{}/records"], "is the folder of the records themselves"),
        (
            ["{}/records", "--against", "{}/exam", "--set", "ngrams=2"],
            "ngrams: Input should be less than or equal to 1",
        ),
        (["{}/records", "--against", "{}/exam", "--set", "nrgams=1"], "there are: ngrams, answer"),
        (["{}/records", "--against", "{}/exam", "--split", "train"], "holds no evaluation items of the splits train"),
        (["{}/records", "--against", "{}/exam", "--save-index", "{}/no/i"], "there is no folder"),
        (["{}/records", "--against", "{}/exam", "--examples", "{}/no/e.html"], "there is no folder"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(place: Path, kgtools: Kgtools, words: list[str], message: str) -> None:
    given = [word.format(place) for word in words]
    if "--out" not in given:
        given += ["--out", str(place / "out")]

    ran = kgtools("decontaminate", *given)

    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert not (place / "out").exists()


def test_thresholds_and_rules_are_kept_in_the_manifest(place: Path, kgtools: Kgtools) -> None:
    ran = kgtools(
        "decontaminate", place / "records", "--against", place / "exam", "--rule", "ngrams", "--set", "ngrams=0.9",
        "--out", place / "out",
    )  # fmt: skip

    assert ran.code == 0, ran.err
    told = orjson.loads((place / "out" / "run.json").read_bytes())
    assert (told["settings"]["rules"], told["settings"]["ngrams"]) == (["ngrams"], 0.9)
    assert told["hit"] == 2
