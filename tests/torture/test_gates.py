"""What must not leave and what must not enter: people's records as they were, licences that are none, text of others on a
terminal, formulas in spreadsheets, guests that break."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
import yaml
from pydantic import ValidationError

from kgtools.corpora.deidentify.policy import HERE as POLICIES
from kgtools.corpora.gates import count_identified, is_of_people, together
from kgtools.corpora.read import read
from kgtools.kg.align.candidates import CANDIDATES
from kgtools.kg.align.review import read_review, write_review
from kgtools.kg.build.english_names import read_names
from kgtools.kg.ontology import SourceInfo
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.kg.tables import LEDGER
from kgtools.templates.pack import PackInfo
from kgtools.tools.errors import InputError, KgtoolsError
from kgtools.tools.licenses.check import cell, gate, notes
from kgtools.tools.licenses.terms import find as find_license
from kgtools.tools.main import run
from kgtools.tools.spreadsheets import as_it_was, as_text, column_as_it_was
from kgtools.train.data.rows import may_train, open_rows
from kgtools.train.recipe import Recipe
from tests.conftest import Ran

Kgtools = Callable[..., Ran]
KEY = "k" * 32
TALKS = [
    {"instruction": "If you are a doctor, please answer.", "input": f"I cough since day {n}, call 13812345678.", "output": f"Rest {n}."}
    for n in range(12)
]  # fmt: skip
EXAM = {"instruction": "", "input": "Which bone is the longest of all bones?", "output": "The femur is the longest."}


@pytest.fixture(scope="module")
def talks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `people`, records of a private reader, `safe`, the same de-identified, and `exam`, an evaluation set."""
    home = tmp_path_factory.mktemp("talks")
    (home / "talks.json").write_bytes(orjson.dumps(TALKS))
    (home / "exam.json").write_bytes(orjson.dumps([EXAM]))
    (home / "key.txt").write_text(KEY, encoding="utf-8")
    for words in (
        ["read", "chatdoctor", home / "talks.json", "--out", home / "people"],
        ["read", "alpaca", home / "exam.json", "--out", home / "exam"],
        ["deidentify", home / "people", "--key-file", home / "key.txt", "--out", home / "safe"],
    ):
        assert run([str(word) for word in words]) == 0
    return home


def mix(folder: Path, **places: Path) -> Path:
    """A recipe that de-identifies nothing."""
    sources = {name: {"path": str(path)} for name, path in places.items()}
    file = folder / "mix.yaml"
    file.write_text(
        yaml.safe_dump({"title": "m", "sources": sources, "deidentify": None, "dedup": None}), encoding="utf-8"
    )
    return file


def moved(table: Path, to: Path, beside: Path | None = None) -> Path:
    """A table put elsewhere, beside the `run.json` of another."""
    to.parent.mkdir(parents=True)
    shutil.copy(table, to)
    if beside is not None:
        shutil.copy(beside / "run.json", to.parent)
    return to


def changed(place: Path, to: Path) -> Path:
    """A table that somebody wrote anew, beside the `run.json` of the old one."""
    shutil.copytree(place, to)
    pl.read_parquet(to / "records.parquet").head(5).write_parquet(to / "records.parquet")
    return to


def step(kgtools: Kgtools, *words: object, out: Path) -> Path:
    ran = kgtools(*words, "--out", out)
    assert ran.code == 0, ran.err
    return out


def without_exams(kgtools: Kgtools, talks: Path, out: Path, place: str = "people") -> Path:
    return step(kgtools, "decontaminate", talks / place, "--against", talks / "exam", out=out)


def beside(talks: Path, tmp: Path, other: str) -> Path:
    return moved(talks / "people" / "records.parquet", tmp / "a" / "records.parquet", talks / other)


WAYS: dict[str, Callable[[Kgtools, Path, Path], Path]] = {
    "as it was read": lambda _, talks, __: talks / "people",
    "through dedup": lambda k, talks, tmp: step(k, "dedup", talks / "people", out=tmp / "a"),
    "through decontaminate": lambda k, talks, tmp: without_exams(k, talks, tmp / "a"),
    "through both": lambda k, talks, tmp: step(k, "dedup", without_exams(k, talks, tmp / "a"), out=tmp / "b"),
    "through split": lambda k, talks, tmp: step(k, "split", talks / "people", "--allow-identified", out=tmp / "a"),
    "in a mix": lambda k, talks, tmp: step(k, "merge", mix(tmp, p=talks / "people"), out=tmp / "a"),
    "in a mix with safe ones": lambda k, talks, tmp: step(
        k, "merge", mix(tmp, s=talks / "safe", p=talks / "people", e=talks / "exam"), out=tmp / "a"
    ),
    "alone": lambda _, talks, tmp: moved(talks / "people" / "records.parquet", tmp / "a" / "records.parquet"),
    "under another name": lambda _, talks, tmp: moved(talks / "people" / "records.parquet", tmp / "a" / "exam.parquet"),
    "beside the run.json of safe ones": lambda _, talks, tmp: beside(talks, tmp, "safe"),
    "beside the run.json of an exam": lambda _, talks, tmp: beside(talks, tmp, "exam"),
    "safe ones alone": lambda _, talks, tmp: moved(talks / "safe" / "records.parquet", tmp / "a" / "records.parquet"),
    "safe ones that were changed": lambda _, talks, tmp: changed(talks / "safe", tmp / "a"),
}


def convert(kgtools: Kgtools, place: Path, out: Path, *allow: str) -> Ran:
    return kgtools("convert", place, "--allow-license", "unknown", *allow, "--out", out)


def split(kgtools: Kgtools, place: Path, out: Path, *allow: str) -> Ran:
    return kgtools("split", place, *allow, "--out", out)


def merge_and_split(kgtools: Kgtools, place: Path, out: Path, *allow: str) -> Ran:
    mixed = step(kgtools, "merge", mix(out.parent, p=place), out=out.parent / "mixed")
    return kgtools("split", mixed, *allow, "--out", out)


def train(_: Kgtools, place: Path, out: Path, *allow: str) -> Ran:
    recipe = Recipe(
        title="t", model="tiny:llama", learning_rate=1, steps=1, data=(place,), allow_license=("unknown",), allow_identified=bool(allow)
    )  # fmt: skip
    try:
        may_train(open_rows(recipe, "records", out.parent / "scratch"), recipe)
    except InputError as error:
        return Ran(1, "", str(error))
    out.mkdir()
    return Ran(0, "", "")


DOORS = {"convert": convert, "split": split, "merge and split": merge_and_split, "train": train}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("way", WAYS)
def test_peoples_records_as_they_were_leave_by_no_door(
    way: str, door: str, talks: Path, tmp_path: Path, kgtools: Kgtools
) -> None:
    place = WAYS[way](kgtools, talks, tmp_path)

    ran = DOORS[door](kgtools, place, tmp_path / "out")

    assert ran.code == 1, ran.err
    assert "records of people of which no run.json says that they were de-identified" in ran.err
    assert "chatdoctor" in ran.err
    assert "allow-identified" in ran.err or "allow_identified=true" in ran.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("door", DOORS)
def test_peoples_records_leave_where_the_user_answers_for_them(
    door: str, talks: Path, tmp_path: Path, kgtools: Kgtools
) -> None:
    assert DOORS[door](kgtools, talks / "people", tmp_path / "out", "--allow-identified").code == 0

    if door != "train":
        told = orjson.loads((tmp_path / "out" / "run.json").read_bytes())
        assert told["settings"]["allow_identified"] is True
        assert told["settings"]["private"] is True
        assert told["identified"] == {"chatdoctor": 12}


@pytest.mark.parametrize("door", DOORS)
def test_safe_records_leave_by_every_door(door: str, talks: Path, tmp_path: Path, kgtools: Kgtools) -> None:
    ran = DOORS[door](kgtools, talks / "safe", tmp_path / "out")

    assert ran.code == 0, ran.err


def test_what_was_made_safe_stays_so_on_the_whole_way(talks: Path, tmp_path: Path, kgtools: Kgtools) -> None:
    at = step(kgtools, "dedup", talks / "safe", out=tmp_path / "a")
    at = step(kgtools, "decontaminate", at, "--against", talks / "exam", out=tmp_path / "b")
    at = step(kgtools, "merge", mix(tmp_path, s=at, e=talks / "exam"), out=tmp_path / "c")
    at = step(kgtools, "split", at, out=tmp_path / "d")
    assert (tmp_path / "d" / "records.parquet").rename(tmp_path / "d" / "renamed.parquet").exists()

    ran = convert(kgtools, tmp_path / "d" / "renamed.parquet", tmp_path / "out")

    assert ran.code == 0, ran.err
    assert "were de-identified before" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


def test_a_recipe_cannot_say_that_peoples_records_are_none(talks: Path, tmp_path: Path, kgtools: Kgtools) -> None:
    recipe = {"title": "x", "sources": {"a": {"path": str(talks / "people"), "private": False}}}
    (tmp_path / "mix.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")

    assert kgtools("merge", tmp_path / "mix.yaml", "--out", tmp_path / "mix").code == 0
    ran = kgtools("split", tmp_path / "mix", "--out", tmp_path / "out")

    assert (ran.code, "chatdoctor (12)" in ran.err) == (1, True)
    assert (tmp_path / "mix" / "records.parquet").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("kept", ["name", "phone"])
def test_a_policy_that_keeps_what_says_who_it_is_makes_nothing_safe(
    kept: str, talks: Path, tmp_path: Path, kgtools: Kgtools
) -> None:
    policy = yaml.safe_load((POLICIES / "pipl.yaml").read_text(encoding="utf-8"))
    policy["classes"][kept] = "keep"
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(policy, allow_unicode=True), encoding="utf-8")
    words = ("--policy", tmp_path / "own.yaml", "--key-file", talks / "key.txt")

    assert kgtools("deidentify", talks / "people", *words, "--out", tmp_path / "kept").code == 0
    ran = kgtools("split", tmp_path / "kept", "--out", tmp_path / "out")

    assert (ran.code, "chatdoctor (12)" in ran.err) == (1, True)


def test_a_card_says_that_people_are_in_it(talks: Path, tmp_path: Path, kgtools: Kgtools) -> None:
    convert(kgtools, talks / "people", tmp_path / "out", "--allow-identified")

    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    croissant = orjson.loads((tmp_path / "out" / "croissant.json").read_bytes())
    for text in (card, croissant["rai:personalSensitiveInformation"]):
        assert "chatdoctor (12)" in text
        assert "`--allow-identified`" in text


@pytest.mark.parametrize("form", ["messages", "alpaca", "sharegpt"])
def test_an_export_that_is_read_again_is_of_people_still(
    form: str, talks: Path, tmp_path: Path, kgtools: Kgtools
) -> None:
    words = ["--format", form, "--allow-license", "unknown", "--allow-identified"]
    step(kgtools, "convert", talks / "people", *words, out=tmp_path / "export")
    (file,) = (tmp_path / "export").glob("*.jsonl")
    file = file.rename(tmp_path / "export" / "harmless.jsonl")

    again = step(kgtools, "read", form, file, out=tmp_path / "again")

    assert convert(kgtools, again, tmp_path / "out").code == 1
    assert train(kgtools, file, tmp_path / "out").code == 1


def test_what_is_generated_passes_the_gate_too(
    kgtools: Kgtools, tmp_path: Path, graph_of: Callable[..., FolderStore]
) -> None:
    store = graph_of([("Disease", "感冒", "HAS_SYMPTOM", "头痛")], source="ehr")
    words = [
        "generate",
        "--graph",
        store.folder,
        "--lang",
        "zh",
        "--pack",
        "clinicalgpt",
        "--export",
        "messages",
        "--out",
    ]

    refused = kgtools(*words, tmp_path / "a")
    allowed = kgtools(*words, tmp_path / "b", "--allow-identified")

    assert (refused.code, allowed.code) == (1, 0), allowed.err
    assert "records of people" in refused.err
    assert not (tmp_path / "a" / "messages").exists()


def test_the_test_split_is_not_trained_on_and_needs_no_leave(talks: Path, tmp_path: Path, kgtools: Kgtools) -> None:
    rows = pl.read_parquet(talks / "people" / "records.parquet").with_columns(split=pl.lit("test"))
    exam = pl.read_parquet(talks / "exam" / "records.parquet")
    (tmp_path / "a").mkdir()
    pl.concat([rows, exam]).write_parquet(tmp_path / "a" / "records.parquet")

    assert train(kgtools, tmp_path / "a", tmp_path / "out").code == 0
    assert count_identified(tmp_path / "a") == {"chatdoctor": 12}


@pytest.mark.parametrize(
    ("source", "task", "is_one"),
    [
        ("ehr", "qa", True), (" EHR ", "qa", True), ("xywy + ehr", "qa", True), ("meddialog", "dialogue", True),
        ("xywy + health39", "qa", False), ("ddxplus", "diagnosis", False), ("hospital", "diagnosis", True),
        ("hospital", "qa", False), ("", "report", True), ("ehr2", "qa", False),
    ],
)  # fmt: skip
def test_a_row_is_of_people_by_its_reader_or_by_its_task(source: str, task: str, is_one: bool) -> None:
    assert is_of_people(source, task) == is_one


@pytest.mark.parametrize(
    ("each", "whole"),
    [
        ([{"private": True}, {"deidentified": True}], {"private": True}),
        ([{"private": True, "deidentified": True}], {"deidentified": True}),
        ([{"private": False}, {"deidentified": True}], {"deidentified": True}),
        ([{"private": False}, {"private": False}], {"private": False}),
        ([{"private": False}, {}], {}),
        ([], {}),
    ],
)
def test_of_several_tables_the_worst_is_told(each: list[dict[str, bool]], whole: dict[str, Any]) -> None:
    assert together(each) == whole


BAD_LICENSES = [
    "MIT\n\n# Free",
    "MIT OR\nApache-2.0",
    "MIT\x1b[2J",
    "MIT\u202e",
    "MIT\u2028AND GPL-3.0-only",
    "MIT\rX",
    "MIT AND\x00MIT",
]
LOOK_ALIKES = ["CC-BY-NC-evil", "CC-BY-4.0-mine", "MITx", "GPL-3.0-only-ish", "CC-BY-SA-2.x", "unknownish", "MIT-"]


@pytest.mark.parametrize("license_", [*BAD_LICENSES, *LOOK_ALIKES])
@pytest.mark.parametrize("door", ["option", "names", "mapping", "pack", "allow"])
def test_a_licence_that_is_none_enters_nowhere(door: str, license_: str, tmp_path: Path) -> None:
    entered: dict[str, Callable[[], object]] = {
        "option": lambda: read("alpaca", [tmp_path / "a.json"], tmp_path / "out", {}, license=license_),
        "names": lambda: read_names(tmp_path / "n.tsv", "zh", "en", None, (), "n", license_),
        "mapping": lambda: SourceInfo(title="t", license=license_),
        "pack": lambda: PackInfo(name="p", version="1.0.0", title="t", license=license_, templates={}),
        "allow": lambda: gate({"MIT": 1}, (license_,)),
    }

    with pytest.raises((KgtoolsError, ValidationError)) as refused:
        entered[door]()

    assert repr(license_)[1:-1].replace("'", "") in str(refused.value).replace("\\\\", "\\")


@pytest.mark.parametrize("license_", BAD_LICENSES)
@pytest.mark.parametrize("door", ["convert", "train"])
def test_rows_whose_licence_is_more_than_a_line_leave_by_no_door(
    door: str, license_: str, talks: Path, tmp_path: Path, kgtools: Kgtools
) -> None:
    (tmp_path / "a").mkdir()
    rows = pl.read_parquet(talks / "exam" / "records.parquet").with_columns(license=pl.lit(license_))
    rows.write_parquet(tmp_path / "a" / "records.parquet")

    ran = DOORS[door](kgtools, tmp_path / "a", tmp_path / "out", "--allow-license", license_)

    assert ran.code in (1, 2)
    assert "more than one line, or signs that are not printed" in ran.err
    assert license_ not in ran.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("license_", LOOK_ALIKES)
def test_a_licence_that_begins_as_another_is_another(license_: str) -> None:
    for known in ("MIT", "CC-BY-4.0", "CC-BY-NC-4.0", "GPL-3.0-only", "unknown"):
        assert gate({license_: 1}, (known,)).refused == {license_: 1}
    assert find_license(license_).use == "no"


def test_nothing_of_a_foreign_text_begins_a_line_or_a_tag_in_a_card() -> None:
    text = notes({"a` <script>|\u202e": 1} | {"<b>x": 2})

    table, _, words = text.partition("\n\n")
    assert "<" not in table
    assert [line[:3] for line in words.splitlines()] == ["- `", "- `"]
    assert "\u202e" not in text
    assert cell("a\n# b | <i>\x1b[2J") == "a # b \\| &lt;i>\\x1b[2J"


FORMULAS = ["=1+2", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "\t=1", "\r=1", "＝1", "'=1", "''-x", "-"]
PLAIN = ["-1.5", "+3", "-2e-5", "-50%", "糖尿病", "1-2", "a=b", "'", "''a", "", "'quoted'"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_text_in_a_spreadsheet_and_comes_back(text: str) -> None:
    assert as_text(text) == f"'{text}"
    assert as_it_was(as_text(text)) == text
    assert pl.select(column_as_it_was(pl.lit(as_text(text)))).item() == text


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_no_formula_stays(text: str) -> None:
    assert as_text(text) == text
    assert as_it_was(text) == text
    assert pl.select(column_as_it_was(pl.lit(text))).item() == text


def test_a_review_file_holds_no_formula_and_comes_back(tmp_path: Path) -> None:
    texts = {name: "=1" for name, kind in CANDIDATES.columns.items() if kind == pl.String}
    row = texts | {
        "id": "x",
        "score": 1.0,
        "before": "Disease:=a",
        "after": "Disease:b",
        "before_name": "=a",
        "type": "Disease",
    }
    others = {name: ["@s"] for name, kind in CANDIDATES.columns.items() if kind == pl.List(pl.String)}
    candidates, file = (
        CANDIDATES.frame([tuple((row | others)[name] for name in CANDIDATES.columns)]),
        tmp_path / "review.tsv",
    )
    empty = LEDGER.frame()

    write_review(file, candidates, empty)
    lines = list(csv.reader(file.read_text("utf-8").splitlines(), delimiter="\t"))
    decided = [lines[0], ["same", *lines[1][1:]]]
    file.write_text("".join("\t".join(cells) + "\n" for cells in decided), encoding="utf-8")
    write_review(file, candidates.clear(), empty)
    kept = list(csv.reader(file.read_text("utf-8").splitlines(), delimiter="\t"))

    assert not [cell for cells in lines for cell in cells if cell[:1] in "=+-@" and cell]
    assert kept == decided
    decision = read_review(file, "me").rows.row(0, named=True)
    assert (decision["before"], decision["after"]) == ("Disease:=a", "Disease:b")
    assert (decision["rule"], decision["reason"]) == ("=1", "=1")


def test_names_that_lack_english_go_to_a_spreadsheet_and_back(
    kgtools: Kgtools, tmp_path: Path, graph_of: Callable[..., FolderStore]
) -> None:
    store = graph_of([("Disease", "感冒", "HAS_SYMPTOM", "@心悸")])
    listed = kgtools("names", "missing", "--graph", store.folder, "--format", "csv").out
    assert "'@心悸,," in listed
    file = tmp_path / "filled.csv"
    file.write_text(listed.replace("'@心悸,,", "'@心悸,palpitation,"), encoding="utf-8")

    assert kgtools("names", "add", file, "--graph", store.folder, "--license", "CC0-1.0").code == 0

    found = kgtools(
        "query", "MATCH (s:Symptom) RETURN s.name, s.name_en", "--graph", store.folder, "--format", "csv"
    ).out
    assert "@心悸,palpitation" in found.splitlines()


@pytest.mark.parametrize("style", ["csv", "jsonl", "table", "parquet"])
def test_a_query_gives_data_as_they_are_unless_a_spreadsheet_is_meant(
    style: str, kgtools: Kgtools, graph_of: Callable[..., FolderStore]
) -> None:
    store = graph_of([("Disease", "感冒", "HAS_SYMPTOM", "头痛")])
    words = ["query", "MATCH (d:Disease) RETURN '=1' AS `+a`, -1.5 AS b", "--graph", store.folder, "--format", style]

    assert "'=1" not in kgtools(*words).out if style != "parquet" else True
    ran = kgtools(*words, "--escape-formulas")

    assert (ran.code, ran.out) == ((0, "'+a,b\n'=1,-1.5\n") if style == "csv" else (2, ""))
