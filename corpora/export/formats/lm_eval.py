"""Tasks of the lm-eval harness: a YAML for each task and language, and the data of its splits beside it.

Questions with options are scored by the likelihood of their letters, or of their texts where the question lists no letters (PubMedQA as
lm-eval asks it); everything else by the text that is generated.
lm-eval takes `data_files` from where it is started: run it in the folder."""

from collections.abc import Sequence
from typing import Any

import polars as pl
import yaml

from kgtools.corpora.exams.choices import LETTERS, with_choices
from kgtools.corpora.export.format import (
    SINGLE,
    Format,
    Part,
    Shard,
    dialogue_faults,
    last,
    lineage,
    only,
    stem_of,
    system,
    without_system,
)

LISTED = r"(?m)(?:^|[\s(（【\[])A ?[.)）】\]:：、．,，]"
"""In a question that lists its options by letter."""
SPLITS = {"train": "training_split", "validation": "validation_split", "test": "test_split"}


def prepare(rows: pl.DataFrame) -> pl.DataFrame:
    rows = with_choices(rows)
    return rows.with_columns(
        kind=pl.when(pl.col("letters").str.len_chars() == 1).then(pl.lit("choice")).otherwise(pl.lit("text"))
    )


def faults(noun: str) -> dict[str, pl.Expr]:
    return only(noun, "records") or dialogue_faults(wanted=SINGLE)


def columns(noun: str) -> dict[str, pl.Expr]:
    turns = without_system()
    asked = turns.list.first().struct.field("content")
    choice = pl.col("kind") == "choice"
    options = pl.col("options").struct
    letters = pl.concat_list(pl.when(options.field(letter).is_not_null()).then(pl.lit(letter)) for letter in LETTERS)
    texts = pl.concat_list(options.field(letter) for letter in LETTERS)
    right = pl.coalesce(pl.when(pl.col("letters") == letter).then(options.field(letter)) for letter in LETTERS)
    listed = asked.str.contains(LISTED)
    fields = {
        "query": pl.when(system() == "").then(asked).otherwise(pl.concat_str(system(), asked, separator="\n\n")),
        "target": pl.when(choice & ~listed).then(right).otherwise(pl.coalesce("answer", last(turns))),
        "choices": pl.when(choice & listed)
        .then(letters.list.drop_nulls())
        .when(choice)
        .then(texts.list.drop_nulls())
        .otherwise(pl.lit([], pl.List(pl.String))),
        # its place among the options that there are: of A, C and D the third is D
        "gold": pl.when(choice).then(
            pl.sum_horizontal(
                options.field(letter).is_not_null() & (pl.lit(letter) < pl.col("letters")) for letter in LETTERS
            ).cast(pl.Int64)
        ),
    }
    return {"id": pl.col("id")} | fields | lineage()


def stem(number: int, key: tuple[str, ...]) -> str:
    return stem_of(*key[:2], *(["choice"] if key[2] == "choice" else []))


def more(name: str, parts: Sequence[Part], shards: Sequence[Shard]) -> dict[str, bytes]:
    """`NAME_TASK_LANG.yaml` for each part."""
    files = {}
    for part in parts:
        mine = [shard for shard in shards if shard.stem == part.stem]
        task = f"{stem_of(name)}_{part.stem}"
        text = yaml.safe_dump(_task(task, part, mine), allow_unicode=True, sort_keys=False)
        files[f"{task}.yaml"] = text.encode()
    return files


def _task(task: str, part: Part, shards: Sequence[Shard]) -> dict[str, Any]:
    names: dict[str, list[str]] = {}
    for shard in shards:
        names.setdefault(shard.split, []).append(shard.name)
    tested = next(split for split in ("test", "validation", "train") if split in names)
    kind = "parquet" if shards[0].name.endswith(".parquet") else "json"
    common: dict[str, Any] = {
        "task": task,
        "dataset_path": kind,
        "dataset_kwargs": {"data_files": names},
        **{SPLITS[split]: split for split in names},
        "test_split": tested,
        **({"fewshot_split": "train"} if "train" in names and tested != "train" else {}),
        "doc_to_text": "query",
        "should_decontaminate": True,
        "doc_to_decontamination_query": "query",
    }
    if part.key[2] == "choice":
        settings: dict[str, Any] = {
            "output_type": "multiple_choice",
            "doc_to_choice": "choices",
            "doc_to_target": "gold",
            "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
        }
    else:
        metrics = ("exact_match", "mean"), ("chrf", "chrf")
        settings = {
            "output_type": "generate_until",
            "doc_to_target": "target",
            "generation_kwargs": {"until": ["</s>"], "do_sample": False, "max_gen_toks": 512},
            "metric_list": [
                {"metric": metric, "aggregation": aggregation, "higher_is_better": True}
                for metric, aggregation in metrics
            ],
        }
    return common | settings | {"metadata": {"version": 1.0}}


FORMAT = Format(
    title="lm-eval: a task YAML for each task and language, with the data of its splits",
    faults=faults,
    columns=columns,
    endings=("jsonl", "jsonl.zst", "parquet"),
    prepare=prepare,
    part=("task", "lang", "kind"),
    stem=stem,
    more=more,
)
