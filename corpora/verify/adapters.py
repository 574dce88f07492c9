"""The score as the reward of other trainers, a function each: TRL, verl, ms-swift, verifiers.

Each takes the item as `meta` of a record holds it, as JSON text or as a mapping: a column `item` (TRL, ms-swift), the ground truth
(verl), or the answer (verifiers). Beside it, where there are such columns, `question`, the text that was asked, and `names`, the
path of the `names.parquet` of the items."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from kgtools.corpora.verify.grading import score
from kgtools.corpora.verify.item import KEY, Item
from kgtools.corpora.verify.language.names import NameIndex
from kgtools.tools.errors import InputError


def reward(completions: Sequence[Any], **columns: Any) -> list[float]:
    """A reward function of TRL: `GRPOTrainer(reward_funcs=reward, ...)`, of a data set with a column `item`."""
    items = columns.get("item")
    if items is None:
        raise InputError(f"the data set has no column item; it has {', '.join(sorted(columns)) or 'none'}")
    rows = zip(
        completions, items, _column(columns, "question", len(items)), _column(columns, "names", len(items)), strict=True
    )
    return [total(text, item, question, names) for text, item, question, names in rows]


def compute_score(
    data_source: str,  # noqa: ARG001  verl names it
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    **_: Any,
) -> float:
    """A reward function of verl: `custom_reward_function.path=.../adapters.py custom_reward_function.name=compute_score`.

    `data_source` is not looked at; `ground_truth`: the item; `extra_info`: `question` and `names`, where it has them."""
    extra = extra_info or {}
    return total(solution_str, ground_truth, extra.get("question"), extra.get("names"))


class GradedAnswer:
    """A reward of ms-swift: `orms["graded_answer"] = GradedAnswer` in a plug-in, `--reward_funcs graded_answer`."""

    def __init__(self, *_: Any, **__: Any) -> None:
        """What the trainer gives is not needed."""

    def __call__(self, completions: Sequence[Any], **columns: Any) -> list[float]:
        """The totals of the completions; `columns`: those of the data set, with `item`."""
        return reward(completions, **columns)


def graded(completion: Any, answer: Any = None, info: Mapping[str, Any] | None = None, **_: Any) -> float:
    """A reward function of verifiers: `vf.Rubric(funcs=[graded])`. The item is `info["item"]`, else `answer`."""
    known = info or {}
    return total(completion, known.get("item", answer), known.get("question"), known.get("names"))


def total(completion: Any, item: Any, question: Any = None, names: Any = None) -> float:
    """The total of what a model wrote: a text, or messages of which the last of the assistant counts."""
    index = read_names(str(names)) if names else None
    return score(text_of(completion), item_from(item), index, question if isinstance(question, str) else "").total


def text_of(completion: Any) -> str:
    """What the assistant says last in messages; a text as it is."""
    if isinstance(completion, str):
        return completion
    if isinstance(completion, Mapping):
        completion = [completion]
    said = [
        each for each in completion or () if isinstance(each, Mapping) and each.get("role", "assistant") == "assistant"
    ]
    content = said[-1].get("content") if said else ""
    if isinstance(content, list):
        return "".join(part.get("text") or "" for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else ""


def item_from(value: Any) -> Item:
    """An item of JSON text or of a mapping, or of a record's `meta` that holds it. Raises InputError for anything else."""
    if isinstance(value, Item):
        return value
    return _item(value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode())


@lru_cache(65_536)
def _item(text: str) -> Item:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InputError(f"no item: {text[:60]!r} is not JSON") from error
    if isinstance(value, dict):
        value = value.get(KEY, value)
        value = {name: held for name, held in value.items() if held is not None} if isinstance(value, dict) else value
    return Item.from_dict(value, "the item")


@lru_cache(8)
def read_names(file: str) -> NameIndex:
    """The index of a file of names, kept. Raises InputError for a file without a column `name`."""
    import polars as pl

    from kgtools.tools.frames import load_table

    path = Path(file)
    if not path.is_file():
        raise InputError(f"{path}: there is no such file of names")
    try:
        return NameIndex(load_table(path, ["name"])["name"].drop_nulls().to_list())
    except pl.exceptions.PolarsError as error:
        raise InputError(
            f"{path}: not a Parquet file with a column name: {' '.join(str(error).split())[:200]}"
        ) from error


def _column(columns: Mapping[str, Any], name: str, count: int) -> Sequence[Any]:
    """The values of a column, a value for all of them where it is one; nothing where there is none."""
    value = columns.get(name)
    return [value] * count if value is None or isinstance(value, str | Path) else value
