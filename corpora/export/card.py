"""The dataset card of an export: the header that the Hugging Face hub and `datasets` read, and what a person must know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import yaml

from kgtools.corpora.export.format import ALONE, Format, Shard
from kgtools.tools.licenses.check import cell, inside, notes
from kgtools.tools.licenses.terms import find

SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)
KINDS = {
    "String": "string",
    "Int64": "int64",
    "Int32": "int32",
    "UInt32": "uint32",
    "Boolean": "bool",
    "Float64": "float64",
}


@dataclass(frozen=True)
class CardFacts:
    """What is said of an export. `columns`: name -> polars type. `exported`: the counts of kgtools.corpora.export.convert.ConvertResult.
    `story`: the `run.json` of the command that wrote the records, where it vouches for them."""

    name: str
    format: Format
    ending: str
    noun: str
    columns: Mapping[str, Any]
    shards: Sequence[Shard]
    exported: Mapping[str, Any]
    story: Mapping[str, Any]

    def configs(self) -> dict[str, dict[str, list[Shard]]]:
        """Config -> split -> its files, in their order."""
        found: dict[str, dict[str, list[Shard]]] = {}
        for shard in self.shards:
            found.setdefault(shard.stem, {}).setdefault(shard.split, []).append(shard)
        return found


def card(about: CardFacts) -> bytes:
    """`README.md`."""
    header = yaml.safe_dump(_header(about), allow_unicode=True, sort_keys=False, width=120)
    counts = about.exported
    sections = [
        f"# {cell(about.name)}",
        f"{counts['written']:,} {about.noun} in the format `{counts['format']}` ({about.format.title}).",
        "## Load",
        _load(about),
        "## Sources",
        _table(("source", about.noun), counts["sources"]),
        "A source named `a + b` is of records that rest on facts of both.",
        "## Licences",
        notes(counts["licenses"]),
        "## Counts",
        "\n\n".join(_table((what, about.noun), counts[key]) for what, key in COUNTED if counts[key]),
        "## De-identification",
        privacy(about),
        "## Left out",
        _left_out(about),
        "## Made by",
        "kgtools; `run.json` has its version, its settings, the SHA-256 of what it read and of every file here.",
    ]
    return ("---\n" + header + "---\n\n" + "\n\n".join(sections) + "\n").encode()


MISSES = "De-identification overlooks names: `kgtools deidentify --help` says how many."
COUNTED = (("split", "splits"), ("task", "tasks"), ("language", "langs"))


def privacy(about: CardFacts) -> str:
    """What is known of people in the records."""
    story, people = about.story, about.exported.get("identified")
    command, settings = story.get("command"), story.get("settings") or {}
    if people:
        lines = ", ".join(f"{cell(source)} ({number:,})" for source, number in people.items())
        return (
            f"**Not de-identified.** Records and talks of people are in it as they were: {lines}. Whoever exported this said "
            "that they may (`--allow-identified`); run `kgtools deidentify` before this is passed on."
        )
    if command == "deidentify":
        policy = settings.get("policy", "not named")
        return f"The records were de-identified (policy: {cell(str(policy))}) before they were exported. {MISSES}"
    if command == "merge" and "deidentified" in story:
        return f"When the sources were merged: {cell(str(story['deidentified']))}."
    if command == "generate":
        return "The records are made from the facts of a graph; no person's data went into them."
    if settings.get("deidentified") is True:
        return f"The records were de-identified before they were exported. {MISSES}"
    if settings.get("private") is False:
        return "Not de-identified: by what its reader says, the corpus holds no people's records or talks."
    return "**Not known.** Nothing beside the records says whether they were de-identified."


def hub_features(kind: Any) -> dict[str, Any]:
    """A polars type as the hub writes it: `{dtype: string}`, `{list: ...}` or `{struct: [...]}`."""
    if isinstance(kind, pl.List):
        inner = hub_features(kind.inner)
        return {"list": inner.get("dtype") or inner.get("struct") or inner}
    if isinstance(kind, pl.Struct):
        return {"struct": [{"name": part.name, **hub_features(part.dtype)} for part in kind.fields]}
    return {"dtype": KINDS[str(kind)]}


def _header(about: CardFacts) -> dict[str, Any]:
    counts = about.exported
    names = inside(counts["licenses"])
    hub = find(names[0]).hub if len(names) == 1 else ""
    other = names[0] if len(names) == 1 else "several"
    features = [{"name": name, **hub_features(kind)} for name, kind in about.columns.items()]
    return {
        "pretty_name": about.name,
        "language": [lang for lang in counts["langs"] if lang.isalpha() and len(lang) < 4],
        "license": hub or "other",
        **({} if hub else {"license_name": other, "license_link": "README.md#licences"}),
        "size_categories": [next((word for most, word in SIZES if counts["written"] < most), "n>10M")],
        "task_categories": ["question-answering", "text-generation"],
        "tags": ["medical", "kgtools", str(counts["format"])],
        "configs": [
            {
                "config_name": stem,
                "data_files": [{"split": split, "path": [s.name for s in shards]} for split, shards in splits.items()],
                **({"field": about.format.rows_in} if about.format.rows_in else {}),
                **({"default": True} if stem == about.shards[0].stem else {}),
            }
            for stem, splits in about.configs().items()
        ],
        "dataset_info": [
            {
                "config_name": stem,
                "features": features,
                "splits": [
                    {
                        "name": split,
                        "num_bytes": sum(s.bytes for s in shards),
                        "num_examples": sum(s.rows for s in shards),
                    }
                    for split, shards in splits.items()
                ],
            }
            for stem, splits in about.configs().items()
        ],
    }


def _load(about: CardFacts) -> str:
    configs = list(about.configs())
    config = "" if configs == [ALONE] else f', "{configs[0]}"'
    lines = [f'```python\nfrom datasets import load_dataset\n\nrows = load_dataset("this folder"{config})\n```']
    if about.exported["format"] == "lm-eval":
        lines.append(
            "In this folder: `lm_eval --include_path . --tasks TASK`, a task being a `.yaml` here without its ending."
        )
    if about.format.llama_factory and configs == [ALONE]:
        lines.append("LLaMA-Factory: `dataset_dir:` this folder, `dataset:` a name in `dataset_info.json`.")
    return "\n\n".join(lines)


def _left_out(about: CardFacts) -> str:
    dropped = about.exported["dropped"]
    if not dropped:
        return "Nothing: the format holds every record."
    return _table(("reason", about.noun), dropped) + "\n\nEach of them is in `rejects.parquet`, by its id."


def _table(head: tuple[str, str], rows: Mapping[str, int]) -> str:
    lines = [f"| {head[0]} | {head[1]} |", "| --- | ---: |"]
    return "\n".join(lines + [f"| {cell(key)} | {number:,} |" for key, number in rows.items()])
