"""Answers of a model to prompts, from any file, held against what was asked: nothing is missing, twice there or of another set."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson
import polars as pl

from kgtools.corpora.record_files import read_manifest
from kgtools.corpora.verify.language.reading import answer_in
from kgtools.tools.errors import InputError
from kgtools.tools.frames import load_table
from kgtools.tools.inputs.files import sha256
from kgtools.train.evaluate.task import Answer, Sample

Missing = Literal["error", "wrong", "skip"]
"""What becomes of a prompt without an answer: nothing is scored; it counts as wrong; it is left out, and counted."""
TEXT_KEYS = ("answer", "text", "output", "prediction", "response", "completion")
ID_KEYS = ("id", "custom_id", "key")
SOME = 3


@dataclass(frozen=True)
class Answers:
    """`given`: a sample and an answer to it, in the order of the samples; `missing`: samples without; `settings`: what the file's own
    run.json says of how they were drawn; `inputs`: file -> SHA-256."""

    given: tuple[tuple[Sample, Answer], ...]
    missing: int
    settings: Mapping[str, Any]
    inputs: dict[str, str]


def read_answers(source: Path, samples: Sequence[Sample], missing: Missing = "error") -> Answers:
    """The answers of a file to samples: JSON lines with an `id` and a text (`answer`, `text`, `output`, `prediction`, `response`,
    `completion`, or `messages`), or what `kgtools train answer` wrote. `sample` tells several answers to one prompt apart; with
    `option_logprobs`, likelihoods by option, no text is needed. A prompt that says the same as another that was answered, which `train answer`
    asks once, has its answer: a control set asks some of the same questions.

    Raises InputError for a line that is no answer, an id that stands twice, one that is of no prompt, and prompts without an answer
    unless `missing` says what becomes of them."""
    file = file_of(source)
    found: dict[tuple[str, int], Answer] = {}
    known = {one.id for one in samples}
    unknown: list[str] = []
    for where, id_, answer in _rows(file):
        if id_ not in known:
            unknown.append(id_)
        elif (id_, answer.number) in found:
            raise InputError(
                f"{where}: the second answer to {id_}; where a model answered several times, `sample` (0, 1, ...) tells them apart"
            )
        else:
            found[id_, answer.number] = answer
    if unknown:
        some = ", ".join(unknown[:SOME])
        if not found:
            raise InputError(
                f"{file}: none of its {len(unknown):,} ids is of these prompts ({some}); they answer other prompts, or an older version of "
                "these: an id is a hash of all that is asked"
            )
        raise InputError(f"{file}: {len(unknown):,} of its ids are of none of these prompts ({some}); take them out")
    given: list[tuple[Sample, Answer]] = []
    numbers: dict[str, list[int]] = {}
    for id_, number in found:
        numbers.setdefault(id_, []).append(number)
    answered = {one.prompt: one.id for one in samples if one.id in numbers}
    ids = {one.id: one.id if one.id in numbers else answered.get(one.prompt, one.id) for one in samples}
    without = [one for one in samples if ids[one.id] not in numbers]
    if without and missing == "error":
        some = ", ".join(one.id for one in without[:SOME])
        raise InputError(
            f"{file}: no answer to {len(without):,} of {len(samples):,} prompts ({some}); --missing wrong counts them as wrong, --missing skip "
            "leaves them out"
        )
    for one in samples:
        given += [(one, found[ids[one.id], number]) for number in sorted(numbers.get(ids[one.id], ()))]
        if ids[one.id] not in numbers and missing == "wrong":
            given.append((one, Answer()))
    said = read_manifest(source)
    settings = said.get("settings", {}) if str(said.get("command", "")).endswith("answer") else {}
    return Answers(tuple(given), len(without), settings, {file.name: sha256(file)})


def file_of(source: Path) -> Path:
    """The file of answers that a user named by itself or by its folder. Raises InputError where there is none."""
    if not source.is_dir():
        if not source.is_file():
            raise InputError(f"{source}: no such file of answers")
        return source
    found = next((source / name for name in ("answers.parquet", "answers.jsonl") if (source / name).is_file()), None)
    if found is None:
        raise InputError(f"{source}: holds no answers.parquet and no answers.jsonl; name a file of answers")
    return found


def _rows(file: Path) -> Iterator[tuple[str, str, Answer]]:
    if file.suffix == ".parquet":
        yield from _table_rows(file)
        return
    count = 0
    try:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    count += 1
                    yield _line(line, f"{file}:{number}")
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}") from error
    if not count:
        raise InputError(f"{file}: there is no answer in it")


def _table_rows(file: Path) -> Iterator[tuple[str, str, Answer]]:
    try:
        table = load_table(file)
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{file}: not a Parquet file of answers: {' '.join(str(error).split())[:200]}") from error
    if not {"id", "answer"} <= set(table.columns):
        raise InputError(f"{file}: has no columns id and answer; it has {', '.join(table.columns)}")
    for number, row in enumerate(table.iter_rows(named=True)):
        yield f"{file}, row {number}", str(row["id"]), _answer(row, row["answer"])


def _line(line: bytes, where: str) -> tuple[str, str, Answer]:
    try:
        value = orjson.loads(line.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise InputError(f'{where}: not JSON: {error}; expected a line such as {{"id": ..., "answer": ...}}') from error
    if not isinstance(value, dict):
        raise InputError(f"{where}: not an object with an id and an answer")
    id_ = next((value[key] for key in ID_KEYS if isinstance(value.get(key), str | int)), None)
    if id_ is None:
        raise InputError(f"{where}: has no id; it has {', '.join(value) or 'nothing'}")
    key = next((key for key in TEXT_KEYS if key in value), None)
    text = value[key] if key is not None else None
    if key is None and isinstance(value.get("messages"), list):
        said = [one for one in value["messages"] if isinstance(one, dict) and one.get("role") == "assistant"]
        text = said[-1].get("content") if said else ""
    elif key is None and not isinstance(value.get("option_logprobs"), dict | list):
        raise InputError(f"{where}: has none of {', '.join(TEXT_KEYS)} and messages; it has {', '.join(value)}")
    if text is not None and not isinstance(text, str):
        raise InputError(f"{where}: {key} is {type(text).__name__}, expected a text")
    return where, str(id_), _answer(value, text)


def _answer(row: Mapping[str, Any], text: str | None) -> Answer:
    """`thinking` apart from the text where the file has not parted them. Of options' likelihoods those that are numbers."""
    thinking = row.get("thinking")
    if text is not None and thinking is None and (read := answer_in(text)) != text:
        thinking, text = text, read
    scores = row.get("option_logprobs")
    if isinstance(scores, list):
        scores = {one["option"]: one["logprob"] for one in scores}
    number = row.get("sample")
    return Answer(
        number if isinstance(number, int) else 0, text, thinking, scores if isinstance(scores, dict) else None
    )
