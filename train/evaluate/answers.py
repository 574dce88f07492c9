"""Answers of a model to prompts, from any file, held against what was asked: nothing is missing, twice there or of another set."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from math import isnan
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
ID_KEYS = ("custom_id", "id", "key")
"""The first of them counts: in a batch of OpenAI's `id` is the server's own."""
SOME = 3
MOST_SAMPLES = 2**32


@dataclass(frozen=True)
class Answers:
    """`given`: a sample and an answer to it, in the order of the samples; `missing`: samples without, and answers that are null; `settings`:
    what the file's own run.json says of how they were drawn; `inputs`: file -> SHA-256."""

    given: tuple[tuple[Sample, Answer], ...]
    missing: int
    settings: Mapping[str, Any]
    inputs: dict[str, str]


def read_answers(source: Path, samples: Sequence[Sample], missing: Missing = "error") -> Answers:
    """The answers of a file to samples: JSON lines with an `id` and a text (`answer`, `text`, `output`, `prediction`, `response`,
    `completion`, or `messages`; a `response` may be that of a server, as in a batch of OpenAI's), or what `kgtools train answer` wrote. An
    answer that is null, with no likelihoods, is none. `sample` tells several answers to one prompt apart; with
    `option_logprobs`, likelihoods by option, no text is needed. A prompt that says the same as another that was answered, which `train answer`
    asks once, has its answer: a control set asks some of the same questions.

    Raises InputError for a line that is no answer, an id that stands twice, one that is of no prompt, and prompts without an answer
    unless `missing` says what becomes of them."""
    file = file_of(source)
    found: dict[tuple[str, int], Answer] = {}
    places: dict[tuple[str, int], str] = {}
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
            places[id_, answer.number] = where
    if unknown:
        some = ", ".join(unknown[:SOME])
        if not found:
            raise InputError(
                f"{file}: none of its {len(unknown):,} ids is of these prompts ({some}); they answer other prompts, or an older version of "
                "these: an id is a hash of all that is asked"
            )
        raise InputError(f"{file}: {len(unknown):,} of its ids are of none of these prompts ({some}); take them out")
    nothing = [key for key, answer in found.items() if answer.text is None and not answer.scores]
    if nothing and missing == "error":
        raise InputError(
            f"{places[nothing[0]]}: the answer is null ({len(nothing):,} of {len(found):,} are); --missing wrong counts such as wrong, --missing "
            "skip leaves them out"
        )
    for key in nothing if missing == "skip" else ():
        del found[key]
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
            f"{file}: no answer to {len(without):,} of {len(samples):,} prompts ({some}){_why(file, {one.id for one in without})}; --missing wrong "
            "counts them as wrong, --missing skip leaves them out"
        )
    for one in samples:
        given += [(one, found[ids[one.id], number]) for number in sorted(numbers.get(ids[one.id], ()))]
        if ids[one.id] not in numbers and missing == "wrong":
            given.append((one, Answer()))
    if not given:
        raise InputError(f"{file}: there is no answer in it")
    # those that are null of prompts with other answers, or that count as wrong
    lost = len(without) + sum(id_ in numbers for id_, _ in nothing)
    said = read_manifest(source)
    settings = said.get("settings", {}) if str(said.get("command", "")).endswith("answer") else {}
    return Answers(tuple(given), lost, settings, {file.name: sha256(file)})


def _why(file: Path, ids: Set[str]) -> str:
    """Why `kgtools train answer` did not ask some, where it did not."""
    rejects = file.parent / "rejects.parquet"
    if file.name != "answers.parquet" or not rejects.is_file():
        return ""
    left_out = load_table(rejects).filter(pl.col("id").is_in(ids))["reason"].value_counts().sort("reason")
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in left_out.iter_rows())
    longer = ", so answer with a larger max_length" if "prompt-too-long" in reasons else ""
    return f": {rejects.name} beside it says {reasons}{longer}" if reasons else ""


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
        where = f"{file}, row {number}"
        if row["id"] is None:
            raise InputError(f"{where}: has no id")
        yield where, str(row["id"]), _answer(row, row["answer"], "answer", where)


def _line(line: bytes, where: str) -> tuple[str, str, Answer]:
    try:
        value = orjson.loads(line.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        if not _is_utf8(line):
            raise InputError(f"{where}: is not UTF-8; save the file in that encoding") from error
        raise InputError(f'{where}: not JSON: {error}; expected a line such as {{"id": ..., "answer": ...}}') from error
    if not isinstance(value, dict):
        raise InputError(f"{where}: not an object with an id and an answer")
    id_ = next((value[key] for key in ID_KEYS if isinstance(value.get(key), str | int)), None)
    if id_ is None:
        raise InputError(f"{where}: has no id; it has {', '.join(value) or 'nothing'}")
    key = next((key for key in TEXT_KEYS if key in value), "messages" if "messages" in value else None)
    if key is None and "option_logprobs" not in value:
        raise InputError(f"{where}: has none of {', '.join(TEXT_KEYS)} and messages; it has {', '.join(value)}")
    return where, str(id_), _answer(value, _said(value[key], key, where) if key else None, key or "", where)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _said(value: Any, key: str, where: str) -> Any:
    """The text of an answer: of messages that of the last one by the assistant, of a server's response that of its message; parts in one. Of
    a response that is an error None."""
    if key == "messages" and isinstance(value, list):
        said = [one for one in value if isinstance(one, dict) and one.get("role") == "assistant"]
        value = said[-1].get("content") if said else None
    elif key == "response" and isinstance(value, dict):
        body = value.get("body", value)
        try:
            value = None if "error" in body else body["choices"][0]["message"]["content"]
        except (KeyError, IndexError, TypeError) as error:
            raise InputError(f"{where}: its response has no choices with a message") from error
    if isinstance(value, list) and value and all(isinstance(part, dict) and "type" in part for part in value):
        return "".join(str(part["text"]) for part in value if "text" in part)
    return value


def _answer(row: Mapping[str, Any], text: Any, key: str, where: str) -> Answer:
    """`thinking` apart from the text where the file has not parted them. Raises InputError for a value of another kind."""
    thinking, number = row.get("thinking"), row.get("sample")
    for name, value in ((key, text), ("thinking", thinking)):
        if value is not None and not isinstance(value, str):
            raise InputError(f"{where}: {name} is {type(value).__name__}, expected a text")
    if number is not None and (
        isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < MOST_SAMPLES
    ):
        raise InputError(f"{where}: sample is {number!r}, expected a whole number: 0, 1, ...")
    if text is not None and thinking is None and (read := answer_in(text)) != text:
        thinking, text = text, read
    return Answer(number or 0, text, thinking, _likelihoods(row.get("option_logprobs"), where))


def _likelihoods(value: Any, where: str) -> dict[str, float] | None:
    """Log-likelihoods by option, those that are null left out. Raises InputError for anything but numbers."""
    if value is None:
        return None
    if isinstance(value, list) and all(isinstance(one, dict) and {"option", "logprob"} <= one.keys() for one in value):
        value = {one["option"]: one["logprob"] for one in value}
    numbers = value.values() if isinstance(value, dict) else [""]
    if not all(one is None or (isinstance(one, int | float) and not isinstance(one, bool)) for one in numbers):
        raise InputError(f'{where}: option_logprobs is none of likelihoods by option, such as {{"A": -0.1, "B": -2.3}}')
    return {option: one for option, one in value.items() if one is not None and not isnan(one)}
