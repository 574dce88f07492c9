"""Replies as they come, a line each in `replies.jsonl`: a run that is stopped goes on from there, a finished one asks nothing again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.outputs.atomic import write_file
from kgtools.tools.outputs.signals import note_placed
from kgtools.tools.outputs.staging import lock_folder, make_folder
from kgtools.train.evaluate.server.reply import Failure, Reply

KEPT = "replies.jsonl"
"""A line with the identity of the run, then one a reply, and one for each question that failed in the end."""
COMMON = ("run.json", "answers.parquet", "scores.parquet")


class Replies:
    """Replies by the id of their request. `paid`: id -> tries that failed and may have cost something."""

    def __init__(self, file: BinaryIO, by_id: dict[str, Reply], paid: dict[str, int]) -> None:
        self._file = file
        self.by_id, self.paid = by_id, paid

    def add(self, id_: str, outcome: Reply | Failure) -> None:
        """Keep a reply, or note that a question failed; it is in the file when this returns."""
        if isinstance(outcome, Reply):
            self.by_id[id_] = outcome
            line = {"request": id_, "reply": outcome._asdict()}
        else:
            self.paid[id_] = self.paid.get(id_, 0) + outcome.paid
            line = {"request": id_, "failure": outcome._asdict()}
        self._file.write(orjson.dumps(line) + b"\n")
        self._file.flush()
        note_placed(self._file.name)


@contextmanager
def keep_replies(out: Path, identity: str, fresh: bool) -> Iterator[Replies]:
    """The replies that are in the folder `out`, to which more are added; the folder is held against other processes. `identity`: of all that
    replies depend on; `fresh`: what is there goes.

    Raises UsageError where the folder holds replies of something else, or another command's files."""
    make_folder(out)
    with lock_folder(
        out, lambda who: UsageError(f"{out}: {who} is writing there; wait, or name another --out"), part=".replies"
    ):
        path = out / KEPT
        if not path.exists() or fresh:
            if not fresh and (there := [name for name in COMMON if (out / name).exists()]):
                raise UsageError(f"{out}: holds {there[0]} of another run; name another place with --out")
            write_file(path, orjson.dumps({"identity": identity}) + b"\n")
        by_id, paid = _read(path, identity, out)
        with path.open("ab") as file:
            yield Replies(file, by_id, paid)


def _read(path: Path, identity: str, out: Path) -> tuple[dict[str, Reply], dict[str, int]]:
    """What was kept; a last line that was broken off goes."""
    first, *lines = path.read_bytes().split(b"\n")
    # what stands behind the last line feed was broken off
    *complete, rest = lines
    by_id: dict[str, Reply] = {}
    paid: dict[str, int] = {}
    if _parse(first, f"{path}:1", "identity")["identity"] != identity:
        raise UsageError(
            f"{out}: holds replies of another model, to other questions or with other settings; name another place with --out, or "
            "replace them with --fresh"
        )
    for number, line in enumerate(complete, 2):
        value = _parse(line, f"{path}:{number}", "request")
        id_ = value["request"]
        if "reply" in value:
            by_id[id_] = Reply(**value["reply"])
        else:
            paid[id_] = paid.get(id_, 0) + value["failure"]["paid"]
    if rest:
        write_file(path, b"".join(line + b"\n" for line in (first, *complete)))
    return by_id, paid


def _parse(line: bytes, where: str, key: str) -> dict[str, Any]:
    try:
        value: dict[str, Any] = orjson.loads(line)
        _ = value[key]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise InputError(f"{where}: not what kgtools wrote; replace it with --fresh") from error
    return value
