"""The files of an export: splits, shards, bytes, licences, what a second run leaves."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
import yaml
import zstandard

from kgtools.corpora.export.convert import ConvertOptions, convert
from kgtools.corpora.export.format import find
from kgtools.tools import registry
from kgtools.tools.errors import Findings, InputError, UsageError
from kgtools.tools.licenses import terms
from kgtools.tools.licenses.check import check_license
from tests.corpora.exporters.making import exam, preference, record, rows_in, talk

FORMATS = registry.names("formats")
FREE = ["Apache-2.0", "MIT", "CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "GPL-3.0-only", "cc-by-4.0"]
NONCOMMERCIAL = ["CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-NC-SA-3.0"]
FORBIDDEN = [
    "unknown", "LicenseRef-xywy-noncommercial", "LicenseRef-anything", "PhysioNet-Credentialed-Health-Data-1.5.0",
    "CC-BY-NC-ND-4.0", "CC-BY-ND-4.0", "site copyright", "All rights reserved",
]  # fmt: skip


def many(number: int, **other: Any) -> list[dict[str, Any]]:
    return [exam(f"r{n:05}", split=(None, "train", "test")[n % 3], **other) for n in range(number)]


def test_splits_are_files_and_records_without_one_are_for_training(
    folder_of: Callable[..., Path], tmp_path: Path
) -> None:
    exported = convert(folder_of(many(30)), "messages", tmp_path, ConvertOptions(shard_size=8))

    assert exported.splits == {"train": 20, "test": 10}
    assert exported.files == {
        "train-00000-of-00003.jsonl": 8, "train-00001-of-00003.jsonl": 8, "train-00002-of-00003.jsonl": 4,
        "test-00000-of-00002.jsonl": 8, "test-00001-of-00002.jsonl": 2,
    }  # fmt: skip
    assert [row["id"] for row in rows_in(tmp_path)][10:] == [f"r{n:05}" for n in range(30) if n % 3 != 2]


@pytest.mark.parametrize("ending", ["jsonl", "jsonl.zst", "parquet"])
def test_all_kinds_of_files_hold_the_same_rows(folder_of: Callable[..., Path], tmp_path: Path, ending: str) -> None:
    rows = many(30)

    convert(folder_of(rows), "alpaca", tmp_path, ConvertOptions(file=ending, shard_size=7))

    found: list[Any] = []
    for file in sorted(tmp_path.glob("*-of-*")):
        if ending == "parquet":
            found += pl.read_parquet(file)["output"].to_list()
        else:
            data = file.read_bytes()
            text = zstandard.ZstdDecompressor().decompressobj().decompress(data) if ending.endswith("zst") else data
            found += [orjson.loads(line)["output"] for line in text.splitlines()]
    assert sorted(found) == sorted(row["messages"][-1]["content"] for row in rows)


@pytest.mark.parametrize(("name", "ending"), [(name, ending) for name in FORMATS for ending in find(name).endings])
def test_the_same_records_give_the_same_bytes_however_they_are_cut(
    folder_of: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, ending: str
) -> None:
    pair = preference("p", talk("问"), "好", "坏")
    rows = [pair | {"id": str(n), "group": str(n)} for n in range(300)] if name == "trl-preference" else many(300)
    rows = [exam(str(n)) for n in range(300)] if name in ("trl-grpo", "verl") else rows
    folder = folder_of(rows)
    for place, size in (("a", 7), ("b", 100_000)):
        monkeypatch.setattr(
            "kgtools.corpora.export.convert.batches", lambda rows, size=size: rows.collect().iter_slices(size)
        )
        convert(folder, name, tmp_path / place, ConvertOptions(file=ending, shard_size=90))

    first, second = ({file.name: file.read_bytes() for file in (tmp_path / place).iterdir()} for place in "ab")
    assert first == second
    assert len(first) > 3


def test_an_export_does_not_say_where_it_is(folder_of: Callable[..., Path], tmp_path: Path) -> None:
    folder = folder_of(many(3))

    convert(folder, "lm-eval", tmp_path, ConvertOptions())

    for file in tmp_path.iterdir():
        assert str(tmp_path).encode() not in file.read_bytes()
        assert str(folder).encode() not in file.read_bytes()


def test_a_second_export_takes_out_the_files_of_the_first(folder_of: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    convert(folder_of(many(30)), "lm-eval", tmp_path, ConvertOptions(shard_size=4, file="jsonl.zst"))

    exported = convert(folder_of(many(30)), "messages", tmp_path, ConvertOptions(shard_size=8))

    others = {"README.md", "croissant.json", "dataset_info.json", "rejects.parquet", "run.json", "notes.txt"}
    assert {file.name for file in tmp_path.iterdir()} == set(exported.files) | others


def test_the_folder_of_the_records_is_no_place_for_an_export(folder_of: Callable[..., Path]) -> None:
    folder = folder_of(many(3), story={"command": "generate"})

    with pytest.raises(UsageError, match="holds the records themselves"):
        convert(folder, "messages", folder, ConvertOptions())
    assert orjson.loads((folder / "run.json").read_bytes())["command"] == "generate"


def test_a_folder_without_records_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no records\.parquet"):
        convert(tmp_path, "messages", tmp_path / "out", ConvertOptions())


def test_the_manifest_counts_what_was_written_and_dropped(folder_of: Callable[..., Path], tmp_path: Path) -> None:
    convert(folder_of([*many(4), record("x", talk("问"))]), "medqa", tmp_path, ConvertOptions())

    run = orjson.loads((tmp_path / "run.json").read_bytes())
    assert (run["command"], run["written"], run["dropped"]) == ("convert", 4, {"not-in-turns": 1})
    assert set(run["outputs"]) == {file.name for file in tmp_path.iterdir()} - {"run.json"}


@pytest.mark.parametrize("license_", FREE + NONCOMMERCIAL)
def test_rows_that_may_be_passed_on_leave(folder_of: Callable[..., Path], tmp_path: Path, license_: str) -> None:
    assert convert(folder_of(many(3, license=license_)), "messages", tmp_path, ConvertOptions()).written == 3


@pytest.mark.parametrize("license_", FORBIDDEN)
def test_rows_that_may_not_be_passed_on_stay(folder_of: Callable[..., Path], tmp_path: Path, license_: str) -> None:
    folder = folder_of([*many(3, license=f"MIT AND {license_}"), exam("free")])

    with pytest.raises(Findings) as refused:
        convert(folder, "messages", tmp_path / "out", ConvertOptions())

    assert f"MIT AND {license_}: 3 rows" in str(refused.value)
    assert f"--allow-license '{license_}'" in str(refused.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("license_", FORBIDDEN)
def test_rows_leave_that_the_user_answers_for(folder_of: Callable[..., Path], tmp_path: Path, license_: str) -> None:
    folder = folder_of(many(3, license=f"MIT AND {license_}"))

    exported = convert(folder, "messages", tmp_path, ConvertOptions(allow_license=(license_,)))

    assert exported.licenses == {f"MIT AND {license_}": 3}
    assert f"`{license_}`: may NOT be passed on" in (tmp_path / "README.md").read_text(encoding="utf-8")


def test_each_forbidding_licence_must_be_named(folder_of: Callable[..., Path], tmp_path: Path) -> None:
    folder = folder_of(many(3, license="unknown AND LicenseRef-a"))

    with pytest.raises(Findings, match=r"--allow-license 'LicenseRef-a'$"):
        convert(folder, "messages", tmp_path / "out", ConvertOptions(allow_license=("unknown",)))


def test_two_licences_that_nothing_can_satisfy_are_refused_and_named(
    folder_of: Callable[..., Path], tmp_path: Path
) -> None:
    folder = folder_of([*many(3, license="CC-BY-NC-4.0 AND MIT AND CC-BY-SA-4.0"), exam("free")])

    with pytest.raises(Findings) as refused:
        convert(folder, "messages", tmp_path / "out", ConvertOptions())

    assert "CC-BY-NC-4.0 AND MIT AND CC-BY-SA-4.0: 3 rows" in str(refused.value)
    assert "CC-BY-NC-4.0 AND CC-BY-SA-4.0 cannot be satisfied together" in str(refused.value)
    assert "Leave one of the sources out; or if" in str(refused.value)
    assert str(refused.value).endswith("--allow-license 'CC-BY-NC-4.0 AND CC-BY-SA-4.0'")
    assert not (tmp_path / "out").exists()


def test_who_names_the_two_licences_together_answers_for_them(folder_of: Callable[..., Path], tmp_path: Path) -> None:
    folder = folder_of(many(3, license="CC-BY-NC-4.0 AND MIT AND CC-BY-SA-4.0"))

    exported = convert(folder, "messages", tmp_path, ConvertOptions(allow_license=("cc-by-sa-4.0 and cc-by-nc-4.0",)))

    assert exported.written == 3
    said = "`CC-BY-NC-4.0 AND CC-BY-SA-4.0`: cannot be satisfied together; whoever exported this said that they may"
    assert said in (tmp_path / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("license_", "hub", "name"),
    [
        ("CC-BY-NC-4.0", "cc-by-nc-4.0", None),
        ("(MIT OR GPL-3.0-only)", "mit", None),
        ("ISC", "other", "ISC"),
        ("MIT AND CC-BY-4.0", "other", "several"),
    ],
)
def test_the_header_of_the_card_has_the_licence_by_the_hubs_name(
    folder_of: Callable[..., Path], tmp_path: Path, license_: str, hub: str, name: str | None
) -> None:
    convert(folder_of(many(3, license=license_)), "messages", tmp_path, ConvertOptions())

    header = yaml.safe_load((tmp_path / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    assert (header["license"], header.get("license_name")) == (hub, name)


def test_a_word_that_is_no_licence_cannot_be_allowed(
    kgtools: Callable[..., Any], folder_of: Callable[..., Path], tmp_path: Path
) -> None:
    ran = kgtools("convert", folder_of(many(3)), "--out", tmp_path / "out", "--allow-license", "cc by 4.0")

    assert ran.code == 2
    assert "--allow-license 'cc by 4.0': no licence of SPDX's list; did you mean CC-BY-4.0?" in ran.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", registry.names("readers"))
def test_the_licence_of_every_reader_is_spelled_as_spdx_does(name: str) -> None:
    license_ = registry.find("readers", name).license

    assert check_license(license_) == license_


def test_the_licences_of_the_graphs_are_in_the_table() -> None:
    from kgtools.kg.ontology import ontology

    for source in ontology().sources.values():
        assert terms.find(source.license) is not terms.UNREAD, source.license


def test_the_command_exits_with_1_and_writes_nothing_where_a_licence_forbids(
    kgtools: Callable[..., Any], folder_of: Callable[..., Path], tmp_path: Path
) -> None:
    folder = folder_of(many(3, license="unknown"))

    refused = kgtools("convert", folder, "--out", tmp_path / "out")
    allowed = kgtools("convert", folder, "--out", tmp_path / "out", "--allow-license", "unknown", "--json")

    assert (refused.code, allowed.code, allowed.json["written"]) == (1, 0, 3)
    assert "unknown: 3 rows" in refused.err


def test_the_command_says_when_a_format_holds_none_of_the_records(
    kgtools: Callable[..., Any], folder_of: Callable[..., Path], tmp_path: Path
) -> None:
    words = ("convert", folder_of(many(3)), "--format", "trl-preference", "--out", tmp_path)
    ran, allowed = kgtools(*words), kgtools(*words, "--allow-empty")

    assert ran.code == 2
    assert "holds none of these records (is-no-preference: 3); nothing was written" in ran.err
    assert (allowed.code, pl.read_parquet(tmp_path / "rejects.parquet").height) == (0, 3)


def test_a_format_that_is_none_is_answered_with_the_nearest(
    kgtools: Callable[..., Any], folder_of: Callable[..., Path], tmp_path: Path
) -> None:
    ran = kgtools("convert", folder_of(many(3)), "--format", "sharegtp", "--out", tmp_path)

    assert ran.code == 2
    assert "did you mean sharegpt?" in ran.err


def test_generate_exports_what_it_wrote(
    kgtools: Callable[..., Any], graph_of: Callable[..., Any], tmp_path: Path
) -> None:
    graph = graph_of([("Disease", "痛风", "HAS_SYMPTOM", "关节痛")])

    ran = kgtools("generate", "--graph", graph.folder, "--lang", "zh", "--out", tmp_path, "--export", "alpaca")

    exported = pl.read_ndjson(tmp_path / "alpaca" / "train-00000-of-00001.jsonl")
    assert ran.code == 0
    assert exported["id"].to_list() == pl.read_parquet(tmp_path / "records.parquet")["id"].to_list()


def test_generate_exports_nothing_that_a_licence_forbids(
    kgtools: Callable[..., Any], sample_graph: Any, tmp_path: Path
) -> None:
    words = ("generate", "--graph", sample_graph.folder, "--count", 50, "--out", tmp_path, "--export", "messages")

    ran = kgtools(*words)

    assert ran.code == 1
    assert "--allow-license 'LicenseRef-" in ran.err
    assert (tmp_path / "records.parquet").exists()
    assert not (tmp_path / "messages").exists()
