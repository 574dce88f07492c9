"""Every format is read by the libraries that it is for: datasets, huggingface_hub, mlcroissant, TRL, lm-eval."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from rdflib import RDF, Graph, Namespace

from kgtools.corpora.export.convert import ConvertOptions, convert
from kgtools.corpora.export.format import find
from kgtools.tools import registry
from kgtools.tools.inputs.files import sha256
from tests.corpora.exporters.making import HOSTILE, exam, preference, record, talk

pytestmark = pytest.mark.usefixtures("offline")

FORMATS = registry.names("formats")
WAYS = [(name, ending) for name in FORMATS for ending in find(name).endings]
SINGLE = [record(f"s{n}", talk(f"问{n}", HOSTILE), split=("train", "test")[n % 2]) for n in range(6)]
LONG = [record(f"l{n}", talk("一", "二", "三", HOSTILE, system="你是医生。"), split="train") for n in range(3)]
EXAMS = [exam(f"e{n}", split=("train", "test")[n % 2]) for n in range(6)]
ITEMS = ("cmexam", "trl-grpo", "verl")
"""Formats of questions that can be graded."""
PAIRS = [
    preference(f"p{n}", talk("问", "答", f"再问{n}"), "好", HOSTILE, split=("train", "test")[n % 2]) for n in range(6)
]


def rows_for(name: str) -> list[dict[str, Any]]:
    """Records that the format holds, the first shard's unlike the second's where it can hold both."""
    if name == "trl-preference":
        return PAIRS
    if name in ITEMS:
        return EXAMS
    if name == "medqa":
        four = exam("e9", "D", split="train")
        meta = {"question": "哪种？", "options": dict(zip("ABCD", "甲乙丙丁", strict=True))}
        return [*EXAMS, four | {"meta": orjson.dumps(meta).decode()}]
    return [*SINGLE, *EXAMS] if name in ("super-ni", "lm-eval") else [*SINGLE, *LONG]


@pytest.fixture
def export(folder_of: Callable[..., Path], tmp_path: Path) -> Callable[..., Path]:
    """The folder of an export of such records, two rows a file."""

    def make(name: str, ending: str | None = None, rows: list[dict[str, Any]] | None = None, size: int = 2) -> Path:
        out = tmp_path / "export"
        convert(folder_of(rows or rows_for(name)), name, out, ConvertOptions(file=ending, shard_size=size))
        return out

    return make


def load(folder: Path, config: str | None, split: str) -> Any:
    from datasets import load_dataset

    return load_dataset(str(folder), config, split=split)


@pytest.mark.parametrize(("name", "ending"), WAYS)
def test_datasets_loads_every_row_of_every_split_by_the_card(
    export: Callable[..., Path], name: str, ending: str
) -> None:
    folder = export(name, ending)

    ids: dict[str, set[str]] = {"train": set(), "test": set()}
    for config in header(folder)["configs"]:
        for files in config["data_files"]:
            ids[files["split"]] |= set(load(folder, config["config_name"], files["split"])["id"])

    for split, found in ids.items():
        assert found == {row["id"] for row in rows_for(name) if row["split"] == split}


def strings(value: Any) -> Iterator[str]:
    """Every text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from strings(each)


def texts(record: dict[str, Any], name: str) -> set[str]:
    """What a row of a format must say of a record."""
    if name in ("medqa", "cmexam") or (name == "lm-eval" and record["task"] == "mcq"):
        meta = orjson.loads(record["meta"])
        return {meta["question"], *meta["options"].values()}
    if name in ITEMS:  # the answer is what is to be found
        return {record["messages"][0]["content"]}
    return {
        message["content"] for part in ("messages", "prompt", "chosen", "rejected") for message in record.get(part, [])
    }


@pytest.mark.parametrize("name", FORMATS)
def test_datasets_gives_every_text_of_every_format_as_it_was(export: Callable[..., Path], name: str) -> None:
    folder = export(name)

    rows = [
        row
        for config in header(folder)["configs"]
        for files in config["data_files"]
        for row in load(folder, config["config_name"], files["split"])
    ]

    records = {record["id"]: record for record in rows_for(name)}
    assert {row["id"] for row in rows} == set(records)
    for row in rows:
        assert not [text for text in texts(records[row["id"]], name) if text not in "\0".join(strings(row))], row


def test_datasets_gives_the_texts_as_they_were(export: Callable[..., Path]) -> None:
    rows = load(export("messages", "jsonl.zst"), None, "train")

    assert {row["id"]: row["messages"] for row in rows} == {
        row["id"]: row["messages"] for row in rows_for("messages") if row["split"] == "train"
    }


def test_datasets_takes_a_history_that_is_empty_in_the_first_file(export: Callable[..., Path]) -> None:
    rows = load(export("alpaca", "jsonl"), None, "train")

    assert [row["history"] for row in rows] == [[]] * 3 + [[["一", "二"]]] * 3


def header(folder: Path) -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load((folder / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    return parsed


@pytest.mark.parametrize("name", FORMATS)
def test_the_hub_takes_the_header_of_the_card(export: Callable[..., Path], name: str) -> None:
    from huggingface_hub import DatasetCard

    said = DatasetCard.load(export(name) / "README.md").data

    assert (said.language, said.license, said.size_categories) == (["zh"], "cc0-1.0", ["n<1K"])
    assert name in said.tags


@pytest.mark.parametrize(
    ("story", "words"),
    [
        ({"command": "generate", "settings": {}}, "no person's data went into them"),
        ({"command": "read", "settings": {"private": True}}, "**Not de-identified.**"),
        ({"command": "deidentify", "settings": {"policy": "pipl"}}, "de-identified (policy: pipl)"),
        (None, "**Not known.**"),
    ],
)
def test_the_card_says_whether_the_records_are_de_identified(
    folder_of: Callable[..., Path], tmp_path: Path, story: dict[str, Any] | None, words: str
) -> None:
    convert(folder_of(SINGLE, story), "messages", tmp_path, ConvertOptions(allow_identified="Not de" in words))

    assert words in (tmp_path / "README.md").read_text(encoding="utf-8")


def test_the_card_counts_what_was_dropped(folder_of: Callable[..., Path], tmp_path: Path) -> None:
    convert(folder_of([*SINGLE, *LONG]), "super-ni", tmp_path, ConvertOptions())

    assert "| several-turns | 3 |" in (tmp_path / "README.md").read_text(encoding="utf-8")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("name", "ending"), WAYS)
def test_croissant_describes_every_file_and_finds_its_rows(export: Callable[..., Path], name: str, ending: str) -> None:
    import mlcroissant

    folder = export(name, ending)

    dataset = mlcroissant.Dataset(jsonld=str(folder / "croissant.json"))
    described = dataset.metadata
    assert not described.ctx.issues.errors
    assert {file.name for file in described.distribution} == {file.name for file in folder.glob("*.*") if data(file)}
    ids = [row[f"{part.uuid}/id"].decode() for part in described.record_sets for row in dataset.records(part.uuid)]
    unnamed = ending == "jsonl.zst" or bool(find(name).rows_in)  # Croissant has no words for such rows
    assert sorted(ids) == ([] if unnamed else sorted(row["id"] for row in rows_for(name)))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_croissant_is_json_ld_that_rdflib_reads(export: Callable[..., Path]) -> None:
    folder = export("messages", "jsonl")

    described = Graph().parse(folder / "croissant.json", format="json-ld")

    schema, croissant = Namespace("https://schema.org/"), Namespace("http://mlcommons.org/croissant/")
    files = {
        str(described.value(file, schema.name)): str(described.value(file, schema.sha256))
        for file in described.subjects(RDF.type, croissant.FileObject)
    }
    assert files == {file.name: sha256(file) for file in folder.glob("*.jsonl")}


def data(file: Path) -> bool:
    return "-of-" in file.name or file.name.startswith("task")


@pytest.mark.parametrize(("name", "ending"), [way for way in WAYS if find(way[0]).llama_factory])
@pytest.mark.parametrize("size", [2, 100])
def test_what_llama_factory_is_told_leads_to_the_rows(
    export: Callable[..., Path], name: str, ending: str, size: int
) -> None:
    from datasets import load_dataset

    folder = export(name, ending, size=size)
    told = orjson.loads((folder / "dataset_info.json").read_bytes())

    assert set(told) == {"kgtools", "kgtools_test"}
    for about in told.values():
        if "file_name" in about:
            kind = "parquet" if ending == "parquet" else "json"
            rows = load_dataset(kind, data_files=[str(folder / about["file_name"])], split="train")
        else:
            rows = load_dataset(os.path.join(folder, about["script_url"]), split=about["split"])  # noqa: PTH118, as it does
        assert set(about["columns"].values()) <= set(rows.column_names)
        assert len(rows) in (3, 6)


@pytest.mark.parametrize("name", ["messages", "trl-prompt-completion", "trl-preference"])
def test_trl_takes_the_rows_for_conversations(ask: Callable[..., Any], export: Callable[..., Path], name: str) -> None:
    said = ask(export(name), "trl")

    assert said["conversational"] is True
    if name == "trl-preference":
        assert (said["rows"], said["unpaired"], said["prompt_found_again"]) == (3, 6, True)


def test_lm_eval_runs_the_tasks(ask: Callable[..., Any], export: Callable[..., Path]) -> None:
    said = ask(export("lm-eval"), "lm-eval")

    assert {task: n["effective"] for task, n in said["n"].items()} == {"kgtools_mcq_zh_choice": 3, "kgtools_qa_zh": 3}
    assert 0 <= said["results"]["kgtools_mcq_zh_choice"]["acc,none"] <= 1
    assert {"exact_match,none", "chrf,none"} <= set(said["results"]["kgtools_qa_zh"])


def test_lm_eval_puts_the_question_as_the_record_has_it(ask: Callable[..., Any], export: Callable[..., Path]) -> None:
    asked = ask(export("lm-eval"), "lm-eval")["asked"]["kgtools_mcq_zh_choice"]

    prompts = str(asked)
    assert "尿酸高见于哪种病？e1" in prompts
    assert "C. 高血压" in prompts
