"""A file of answers graded against the items that they answer, and what that comes to by task, relation, hops and language."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Annotated, Any

import orjson
import polars as pl

from kgtools.corpora.record_files import RecordTable, batches, count_rows, open_table
from kgtools.corpora.record_files import to_dict as named
from kgtools.corpora.verify.adapters import read_names, text_of
from kgtools.corpora.verify.forms.plans import hops
from kgtools.corpora.verify.grading import PARTS, Explanation, explain, score
from kgtools.corpora.verify.item import Item, item_of
from kgtools.corpora.verify.policy import load_policy
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.frames import Schema, write_table
from kgtools.tools.inputs.files import sha256
from kgtools.tools.outputs.staging import manifest, staging
from kgtools.tools.progress import SILENT, Progress

_PARTS: dict[str, Any] = {
    name: pl.UInt32 if name in ("answer", "contradiction", "abstained", "no_answer") else pl.Float64
    for name in PARTS
    if name not in ("verdict", "total")
}
SCORES = Schema(
    "scores",
    {
        "id": pl.String, "task": pl.String, "lang": pl.String, "template": pl.String, "hops": pl.UInt32, "verdict": pl.String,
        "total": pl.Float64, **_PARTS,
    },
    required=("id", "task", "lang", "hops", "verdict", "total", *_PARTS),
)  # fmt: skip
"""A graded answer a row, in the order of the items. `template`: of its record; `hops`: how many steps lead to the answer."""
Scores = Annotated[pl.DataFrame, SCORES]

TEXT_KEYS = ("answer", "text", "output", "prediction")
NAMES_FILE = "names.parquet"
DIMENSIONS = ("task", "relation", "hops", "lang")
SOME = 5
"""So many ids are named where something is amiss with many."""
Z = 1.959963984540054
"""Of a normal distribution, 95 % are within so many deviations."""


@dataclass(frozen=True)
class GradeResult:
    """What a run did.

    `items`: with all that grading needs, `without_item`: records that are none. `graded`: rows of the scores; `answered`: those that
    had an answer; `missing`: items without one; `unknown`, `repeated`: answers whose id is of no item, or was there before, which are
    not graded; `some`: a few of those ids. `rates`: over all and by task, relation, hops and language; `policy`: the weights;
    `names`: how many other names were looked for."""

    items: int
    without_item: int
    graded: int
    answered: int
    missing: int
    unknown: int
    repeated: int
    some: dict[str, list[str]]
    rates: list[dict[str, Any]]
    policy: dict[str, Any]
    names: int
    out: Path | None = None

    @property
    def scores(self) -> pl.DataFrame | None:
        """The scores that were written."""
        from kgtools.tools.frames import load_table

        return None if self.out is None else load_table(self.out / "scores.parquet")

    def to_dict(self) -> dict[str, Any]:
        """In the names that `--format json` prints."""
        return named(self)


@dataclass(frozen=True)
class Question:
    """An item with what is told of it in the tables."""

    id: str
    task: str
    lang: str
    template: str | None
    text: str
    item: Item
    hops: int


def run(
    items: Path,
    answers: Path,
    out: Path,
    names: Path | None = None,
    policy: Path | None = None,
    answered_only: bool = False,
    progress: Progress = SILENT,
) -> GradeResult:
    """Grade answers into `scores.parquet` and `run.json` in `out`, all or nothing.

    `names`: other names that answers may say wrongly, by default `names.parquet` beside the items. Items without an answer count as
    no answer, unless `answered_only`. Raises InputError for records without an item and for lines that are no answers."""
    weights = load_policy(policy)
    with open_table(items) as table, staging(out) as folder:
        table.refuse_as_out(out)
        file = _names_file(table, names)
        index = read_names(str(file)) if file else None
        given, repeated = read_answers(answers)
        counts: Counter[str] = Counter()
        rows: list[dict[str, Any]] = []
        seen: set[str] = set()
        progress.start("grading", count_rows(table.rows), "records")
        for each in questions(table, counts, progress):
            seen.add(each.id)
            if each.id not in given and answered_only:
                counts["missing"] += 1
                continue
            counts["missing" if each.id not in given else "answered"] += 1
            found = score(given.get(each.id, ""), each.item, index, each.text, weights)
            about = {
                "id": each.id,
                "task": each.task,
                "lang": each.lang,
                "template": each.template,
                "hops": each.hops,
            }
            rows.append(about | found.to_dict())
        if not counts["items"]:
            raise InputError(
                f"{table.file}: none of its records holds an item; name what generate wrote for a task with items"
            )
        scores = SCORES.check(pl.DataFrame(rows, schema=SCORES.columns), "the scores")
        unknown = [key for key in given if key not in seen]
        result = GradeResult(
            items=counts["items"], without_item=counts["without_item"], graded=scores.height, answered=counts["answered"],
            missing=counts["missing"], unknown=len(unknown), repeated=len(repeated),
            some={"unknown": sorted(unknown)[:SOME], "repeated": sorted(set(repeated))[:SOME]}, rates=rates(scores),
            policy=weights.model_dump(), names=len(index) if index else 0, out=out,
        )  # fmt: skip
        write_table(scores, folder / "scores.parquet")
        read = table.inputs() | {answers.name: sha256(answers)} | ({file.name: sha256(file)} if file else {})
        settings = {"answered_only": answered_only, "policy": weights.model_dump()}
        outputs = {"scores.parquet": sha256(folder / "scores.parquet")}
        (folder / "run.json").write_bytes(manifest("grade", settings, read, **result.to_dict() | {"outputs": outputs}))
    return result


def explain_answer(
    items: Path, answers: Path, id_: str, names: Path | None = None, policy: Path | None = None
) -> Explanation:
    """What is found in the answer to one item. Raises UsageError where there is no such item or answer."""
    weights = load_policy(policy)
    with open_table(items) as table:
        file = _names_file(table, names)
        given, _ = read_answers(answers)
        for each in questions(table, Counter(), SILENT):
            if each.id == id_:
                if id_ not in given:
                    raise UsageError(f"--explain {id_}: {answers} has no answer to it")
                return explain(given[id_], each.item, read_names(str(file)) if file else None, each.text, weights)
    raise UsageError(f"--explain {id_}: no item has this id")


def questions(table: RecordTable, counts: Counter[str], progress: Progress) -> Iterator[Question]:
    """The items of a table in its order, records that hold none counted. Raises UsageError for preferences."""
    if table.schema.noun != "records":
        raise UsageError(f"{table.file}: holds {table.schema.noun}; name records with items")
    columns = table.rows.select("id", "task", "lang", "template", "messages", "meta")
    for batch in batches(columns, progress=progress):
        for id_, task, lang, template, messages, meta in batch.iter_rows():
            item = item_of(meta, f"{table.file}: record {id_}")
            if item is None:
                counts["without_item"] += 1
                continue
            counts["items"] += 1
            asked = next((each["content"] for each in reversed(messages) if each["role"] == "user"), "")
            yield Question(id_, task, lang, template, asked, item, _hops_of(meta, item))


def _hops_of(meta: str, item: Item) -> int:
    """How many triples lead to the answer: what the record says, as paths do, else by its steps."""
    said = orjson.loads(meta).get("hops") if '"hops":' in meta else None
    return said if isinstance(said, int) else hops(item)


def read_answers(file: Path) -> tuple[dict[str, str], list[str]]:
    """Id -> answer, of JSON lines; and the ids of lines that repeat one, which the first stands for.

    Raises InputError, with the line, for one that is no object with an `id` and one of `answer`, `text`, `output`, `prediction` and
    `messages`."""
    given: dict[str, str] = {}
    repeated = []
    try:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                id_, text = _answer(line, f"{file}:{number}")
                if id_ in given:
                    repeated.append(id_)
                given.setdefault(id_, text)
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}") from error
    if not given:
        raise InputError(f"{file}: there is no answer in it")
    return given, repeated


def _answer(line: bytes, where: str) -> tuple[str, str]:
    try:
        value = orjson.loads(line.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise InputError(f'{where}: not JSON: {error}; expected a line such as {{"id": ..., "answer": ...}}') from error
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        raise InputError(f"{where}: no object with an id that is a text")
    if isinstance(value.get("messages"), list) and not any(key in value for key in TEXT_KEYS):
        return value["id"], text_of(value["messages"])
    key = next((key for key in TEXT_KEYS if key in value), None)
    if key is None:
        raise InputError(f"{where}: has none of {', '.join(TEXT_KEYS)} and messages; it has {', '.join(value)}")
    if value[key] is not None and not isinstance(value[key], str):
        raise InputError(f"{where}: {key} is {type(value[key]).__name__}, expected a text")
    return value["id"], value[key] or ""


def _names_file(table: RecordTable, names: Path | None) -> Path | None:
    beside = table.file.parent / NAMES_FILE
    return names if names is not None else beside if beside.is_file() else None


def rates(scores: Scores) -> list[dict[str, Any]]:
    """Over all answers, and for each task, relation, number of hops and language: how many, the mean total, the rate of whole answers
    with its 95 % interval, and the shares of abstentions and of no answers."""
    relation = (
        pl.col("template")
        .fill_null("")
        .str.extract(r"/([^/#]+?)(?:\.[a-z]{2})?(?:#\d+)?$")
        .fill_null("")
        .alias("relation")
    )
    rows = scores.with_columns(relation, pl.col("hops").cast(pl.String))
    found = [_rate("all", "", rows)] if rows.height else []
    for by in DIMENSIONS:
        found += [_rate(by, str(value), part) for (value,), part in sorted(rows.partition_by(by, as_dict=True).items())]
    return found


def _rate(by: str, value: str, rows: pl.DataFrame) -> dict[str, Any]:
    count, right = rows.height, int(rows["answer"].sum())
    low, high = wilson(right, count)
    return {
        "by": by, "value": value, "n": count, "total": round(sum(rows["total"].to_list()) / count, 6), "answer": round(right / count, 6),
        "low": low, "high": high, "abstained": round(int(rows["abstained"].sum()) / count, 6),
        "no_answer": round(int(rows["no_answer"].sum()) / count, 6),
    }  # fmt: skip


def wilson(right: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a rate (Wilson 1927), rounded to six places."""
    rate, square = right / count, Z * Z
    middle = rate + square / (2 * count)
    spread = Z * sqrt(rate * (1 - rate) / count + square / (4 * count * count))
    whole = 1 + square / count
    return round(max(0.0, (middle - spread) / whole), 6), round(min(1.0, (middle + spread) / whole), 6)
