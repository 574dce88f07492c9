"""Records that cannot be made again as they are, and lists of what is wrong that cannot be read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
import yaml

from kgtools.templates import api
from kgtools.templates.retract.run import retract
from kgtools.templates.retract.wrong import read_wrong
from kgtools.tools.errors import InputError, UsageError

Make = Callable[..., Any]
COUGH = ("Disease:流感", "HAS_SYMPTOM", "Symptom:咳嗽")
FEVER = ("Disease:流感", "HAS_SYMPTOM", "Symptom:发热")
RATE = ("Disease:流感", "cure_rate", "95%, 甚至更高")


def tell(folder: Path, **changes: Any) -> None:
    """Change what a run.json tells."""
    told = orjson.loads((folder / "run.json").read_bytes())
    (folder / "run.json").write_bytes(orjson.dumps(told | changes))


def test_a_graph_of_other_files_is_refused_by_name(graph: Make, records: Make, fact: Make, tmp_path: Path) -> None:
    store, other = graph([COUGH], two=[FEVER]), graph([COUGH], three=[FEVER])

    with pytest.raises(InputError) as error:
        retract(other, records(store), [fact(*COUGH)], (), tmp_path / "new")

    assert str(error.value).splitlines() == [
        f"{tmp_path}/old/records.parquet: was made without three/said.tsv, which is in the graph; name its graph with --graph,"
        " or run generate again",
        f"{tmp_path}/old/records.parquet: was made of two/said.tsv, which is not in the graph; name its graph with --graph,"
        " or run generate again",
    ]
    assert not (tmp_path / "new").exists()


def test_a_graph_that_says_other_things_under_the_same_files_is_refused(
    graph: Make, records: Make, fact: Make, tmp_path: Path
) -> None:
    old = records(graph([COUGH, FEVER]))

    with pytest.raises(InputError, match="made again from this graph, it comes out otherwise"):
        retract(graph([COUGH]), old, [fact(*COUGH)], (), tmp_path / "new")

    assert not (tmp_path / "new").exists()


def test_records_that_were_edited_are_refused(graph: Make, records: Make, fact: Make) -> None:
    store = graph([COUGH, FEVER])
    old = records(store)
    pl.read_parquet(old / "records.parquet").head(0).write_parquet(old / "records.parquet")

    with pytest.raises(InputError, match=r"no run\.json tells of this file as it is"):
        retract(store, old, [fact(*COUGH)], (), None)


def test_a_coverage_that_was_edited_is_refused(graph: Make, records: Make, fact: Make) -> None:
    store = graph([COUGH, FEVER])
    old = records(store)
    pl.read_parquet(old / "coverage.parquet").head(1).write_parquet(old / "coverage.parquet")

    with pytest.raises(InputError, match=r"coverage.parquet: is not what run.json tells of"):
        retract(store, old, [fact(*COUGH)], (), None)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"command": "split"}, "kgtools split wrote these records; name the folder that generate wrote"),
        ({"versions": {"kgtools": "0.0.1"}}, "was made by kgtools 0.0.1, this is"),
        ({"settings": {"task": "qa", "colour": "red"}}, "settings.colour: Extra inputs are not permitted"),
    ],
)
def test_what_another_command_or_version_wrote_is_refused(
    graph: Make, records: Make, fact: Make, changes: dict[str, Any], fault: str
) -> None:
    store = graph([COUGH, FEVER])
    old = records(store)
    tell(old, **changes)

    with pytest.raises(InputError, match=fault):
        retract(store, old, [fact(*COUGH)], (), None)


def test_a_pack_that_is_a_folder_is_named_and_must_be_of_the_same_version(
    graph: Make, records: Make, fact: Make, pack_folder: Make, tmp_path: Path
) -> None:
    store, mine = graph([COUGH, FEVER]), pack_folder()
    old = records(store, packs=(str(mine), "clinicalgpt"))

    with pytest.raises(UsageError, match="pack mine, which is not registered; name its folder: --pack FOLDER"):
        retract(store, old, [fact(*COUGH)], (), None)
    with pytest.raises(UsageError, match="--pack extended: the records were made with mine, clinicalgpt"):
        retract(store, old, [fact(*COUGH)], (str(mine), "extended"), None)
    assert retract(store, old, [fact(*COUGH)], (str(mine),), tmp_path / "new").count("rebuilt") == 2
    told = orjson.loads((tmp_path / "new" / "run.json").read_bytes())
    assert told["settings"]["pack"] == ["mine", "clinicalgpt"]
    about = yaml.safe_load((mine / "pack.yaml").read_text(encoding="utf-8")) | {"version": "3.0"}
    (mine / "pack.yaml").write_text(yaml.safe_dump(about), encoding="utf-8")
    with pytest.raises(InputError, match=r"was made by the pack mine 2\.1, this is 3\.0; use that version"):
        retract(store, old, [fact(*COUGH)], (str(mine),), None)


def test_a_template_that_was_changed_under_its_version_is_noticed(
    graph: Make, records: Make, fact: Make, pack_folder: Make
) -> None:
    store, mine = graph([COUGH, FEVER]), pack_folder()
    old = records(store, packs=(str(mine),))
    file = mine / "symptom.zh.j2"
    file.write_text(file.read_text(encoding="utf-8").replace("症状：", "有："), encoding="utf-8")

    with pytest.raises(InputError, match="comes out otherwise"):
        retract(store, old, [fact(*COUGH)], (str(mine),), None)


def test_the_folder_of_the_records_is_not_written_over(graph: Make, records: Make, fact: Make) -> None:
    store = graph([COUGH, FEVER])
    old = records(store)

    with pytest.raises(UsageError, match="is the folder of the records themselves"):
        retract(store, old, [fact(*COUGH)], (), old / ".." / "old")


def test_ids_that_the_graph_has_not_are_told_in_one_message_with_their_lines(fact: Make, tmp_path: Path) -> None:
    file = tmp_path / "wrong.txt"
    file.write_text(f"{fact(*COUGH)}\n\n{'0' * 20}\nabc\n{fact(*FEVER)}\n", encoding="utf-8")

    with pytest.raises(InputError) as error:
        read_wrong(file, {fact(*COUGH), fact(*FEVER)})

    assert str(error.value).splitlines() == [
        f"{file}:3: the graph holds no triple or value {'0' * 20}",
        f"{file}:4: abc is no id of a triple: 20 digits or letters a to f",
    ]


def test_a_list_of_ids_from_python_is_held_to_the_graph_too(graph: Make, records: Make) -> None:
    store = graph([COUGH, FEVER])

    with pytest.raises(InputError, match="holds no triple or value abc, def"):
        retract(store, records(store), ["def", "abc"], (), None)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ids.txt", "{cough}\n{rate}\n{cough}\n"),
        ("ids", "\ufeff{cough}\r\n{rate}\r\n"),
        ("a.csv", "{cough}\n{rate}\n"),
        ("a.csv", "id,why\n{cough},no\n{rate},\n"),
        ("a.tsv", "why\ttriple\nno\t{cough}\n\t{rate}\n"),
        (
            "a.csv",
            'head,relation,tail\nDisease:流感,HAS_SYMPTOM,Symptom:咳嗽\nDisease:流感,cure_rate,"95%, 甚至更高"\n',
        ),
        ("a.jsonl", '{{"triple": "{cough}"}}\n{{"triple": "{rate}"}}\n'),
        ("a.json", '[{{"id": "{cough}"}}, {{"id": "{rate}"}}]'),
    ],
)
def test_ids_stand_one_a_line_or_in_a_table(fact: Make, tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_bytes(text.format(cough=fact(*COUGH), rate=fact(*RATE)).encode())

    assert read_wrong(tmp_path / name, {fact(*COUGH), fact(*RATE)}) == sorted([fact(*COUGH), fact(*RATE)])


def test_ids_stand_in_a_parquet_file(fact: Make, tmp_path: Path) -> None:
    pl.DataFrame({"triple": [fact(*COUGH)], "n": [1]}).write_parquet(tmp_path / "wrong.parquet")

    assert read_wrong(tmp_path / "wrong.parquet", {fact(*COUGH)}) == [fact(*COUGH)]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is empty"),
        ("name,why\na,b\n", "neither an id of a triple .* nor the header of a table"),
        ("id\n", "names no triple"),
        ('id,why\n0123456789abcdef0123,"a\n0123456789abcdef0123,b\n', ":2: a quotation mark|:2: row: cannot be read"),
        ('id,why\n"0123456789abcdef0123"x,a\n0123456789abcdef0123,b\n', ":2: row: cannot be read \\(bad-quote\\)"),
        ("id,why\n,b\n", ":2: nothing is no id of a triple"),
        (
            "head,relation,tail\nDisease:流感,HAS_SYMPTOM,Symptom:呕吐\n",
            ":2: the graph holds no triple or value Disease:流感 HAS_SYMPTOM",
        ),
    ],
)
def test_a_file_that_names_no_triple_says_why(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "wrong.csv").write_text(text, encoding="utf-8")

    with pytest.raises(InputError, match=fault):
        read_wrong(tmp_path / "wrong.csv", set())


@pytest.fixture(scope="module")
def few(named_graph: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of 50 records of the sample graph."""
    out = tmp_path_factory.mktemp("few") / "records"
    api.generate(named_graph, pack="clinicalgpt", lang="zh", count=50, out=out)
    return out


def test_every_format_of_the_command_has_the_same_changes(
    kgtools: Make, few: Path, named_graph: Path, tmp_path: Path
) -> None:
    first = pl.read_parquet(few / "records.parquet")["facts"][0][0]
    (tmp_path / "wrong.txt").write_text(f"{first}\n", encoding="utf-8")
    words = ("retract", "--records", few, "--graph", named_graph, "--triples", tmp_path / "wrong.txt")

    told = kgtools(*words, "--format", "json").json
    lines = kgtools(*words, "--format", "csv").out.splitlines()
    ran = kgtools(*words, "--out", tmp_path / "new")

    assert (ran.code, told["triples"]) == (0, 1)
    assert (
        len(lines) - 1
        == len(told["changes"])
        == sum(told[kind] for kind in ("fallen", "rebuilt", "new", "lineage"))
        > 0
    )
    assert told["said"] == sum(first in each["triples"] for each in told["changes"]) > 0
    assert told["before"] == told["kept"] + told["fallen"] + told["rebuilt"] + told["lineage"]
    assert (
        f"1 triple or value is retracted, which {told['said']} records said: {told['written']:,} records are in {tmp_path / 'new'}"
        in ran.out
    )


def test_the_library_takes_a_file_or_ids(few: Path, named_graph: Path, tmp_path: Path) -> None:
    ids = pl.read_parquet(few / "records.parquet")["facts"][0].to_list()
    (tmp_path / "wrong.txt").write_text("\n".join(ids), encoding="utf-8")

    by_ids = api.retract(few, triples=ids, graph=named_graph)
    by_file = api.retract(few, triples=str(tmp_path / "wrong.txt"), graph=named_graph)

    assert by_ids.to_dict() == by_file.to_dict()
    assert by_ids.out is None
