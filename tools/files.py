"""Files in and out: encodings detected, outputs written aside and renamed, every run with its manifest."""

import hashlib
import json
import os
import platform
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson
from filelock import FileLock, Timeout

from tools.errors import InputError

NOT_NUMBERS = re.compile(r"\b(?:NaN|Infinity)\b")
HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")
"""An escaped surrogate, which orjson judges and Python's own parser does not."""
BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def read_text(path: Path) -> str:
    """The text of a file in UTF-8 (with or without BOM), UTF-16 with BOM or GB18030, line ends as `\\n`.

    Raises InputError for a missing or empty file, a folder, NUL bytes, and bytes that are none of these."""
    raw = read_bytes(path)
    text = _decode(path, raw)
    if not text.strip("\ufeff \n\r\t"):
        raise InputError(f"{path}: is empty; was the download cut off?")
    return text.replace("\r\n", "\n") if "\r" in text else text


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular, non-empty file; InputError says what else it is."""
    if path.is_dir():
        raise InputError(f"{path}: is a folder, expected a file; name the files in it")
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    if not raw.strip():
        raise InputError(f"{path}: is empty; was the download cut off?")
    return raw


def _decode(path: Path, raw: bytes) -> str:
    for bom, encoding in BOMS:
        if raw.startswith(bom):
            return _strict(path, raw, encoding)
    if b"\0" in raw:
        line = raw.count(b"\n", 0, raw.index(b"\0")) + 1
        raise InputError(f"{path}:{line}: a NUL byte; a binary file or UTF-16 without BOM: save it as UTF-8")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(raw) - 3 and error.reason == "unexpected end of data":
            line = raw.count(b"\n") + 1
            raise InputError(f"{path}:{line}: ends in the middle of a character; was the download cut off?") from error
    return _strict(path, raw, "gb18030")


def _strict(path: Path, raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}:{line}: neither UTF-8 nor GB18030 (byte {error.start}); save it as UTF-8") from error


def json_records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each JSON object of a file of JSON lines with its line, or of one JSON array with its place, from 1.

    Raises InputError with the line."""
    text = read_text(path)
    if text.lstrip()[0] == "[":
        try:
            rows = list(enumerate(_loads(text), start=1))
        except orjson.JSONDecodeError as error:
            raise InputError(
                f"{path}:{error.lineno}: not valid JSON: {error.msg}; was the download cut off?"
            ) from error
    else:
        rows = list(_json_lines(path, text))
    for row, record in rows:
        if not isinstance(record, dict):
            raise InputError(f"{path}:{row}: expected a JSON object, found {type(record).__name__}")
        yield row, record


def _loads(text: str) -> Any:
    """JSON, also with the NaN and Infinity that Python and pandas write, as the texts `NaN` and `Infinity`."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        if not NOT_NUMBERS.search(text) or HALF_CHARACTER.search(text):
            raise
        with suppress(ValueError):
            return json.loads(text, parse_constant=str)
        raise


def _json_lines(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    for row, line in enumerate(text.split("\n"), start=1):
        if line and not line.isspace():
            try:
                yield row, _loads(line)
            except orjson.JSONDecodeError as error:
                raise InputError(
                    f"{path}:{row}: not a JSON object on one line (column {error.colno}: {error.msg}); was the download cut off?"
                ) from error


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(text: str) -> str:
    """The id of a content: 80 bits of BLAKE2b, in hex, the same on every machine."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()


def to_json(value: Any) -> bytes:
    """Readable JSON with sorted keys and a final newline."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """A fresh folder inside `folder`, whose files move there when the block ends well, `run.json` last.

    After an error or a kill in the block the files of `folder` are what they were; after an error a folder that was made for
    it is gone. A kill while they move, which is a
    moment, leaves whole files of the old run and the new one, and no `run.json` to vouch for them."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    make_folder(folder)
    stage = folder / f".new-{os.getpid()}"
    for left in folder.glob(".new-*"):
        if not _alive(left.name.removeprefix(".new-")):
            shutil.rmtree(left, ignore_errors=True)
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir()
    try:
        yield stage
        if (stage / "run.json").exists():
            (folder / "run.json").unlink(missing_ok=True)
        for file in sorted(stage.iterdir(), key=lambda f: (f.name == "run.json", f.name)):
            file.replace(folder / file.name)
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        with suppress(OSError):  # another's files are in it by now
            for place in missing:
                place.rmdir()
        raise
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def make_folder(folder: Path) -> None:
    """Make the folder and its parents; InputError where a file stands in the way."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise InputError(f"{folder}: is a file, expected a folder; name another place") from error
    except OSError as error:
        raise InputError(f"{folder}: cannot be made ({error.strerror}); name another place") from error


@contextmanager
def held(folder: Path, busy: Callable[[str], Exception], wait_s: float = 0.0, part: str = "") -> Iterator[None]:
    """Hold a folder, or a part of it, against other processes; raises what `busy` makes of who holds it already.

    Raises InputError for a folder that may not be written."""
    holder, lock = folder / f".holder{part}", FileLock(folder / f".lock{part}")
    try:
        lock.acquire(timeout=wait_s)
    except Timeout as error:
        raise busy(holder.read_text(encoding="utf-8") if holder.is_file() else "another process") from error
    except PermissionError as error:
        raise InputError(f"{folder}: may not be written; name another folder") from error
    try:
        holder.write_text(f"process {os.getpid()}", encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def sync(file: Path) -> None:
    """Bring the bytes of a file to the disk."""
    with file.open("rb") as handle:
        os.fsync(handle.fileno())


def write_whole(path: Path, data: bytes) -> None:
    """Write a file aside, bring it to the disk and rename it into place."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.write_bytes(data)
        sync(aside)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _alive(pid: str) -> bool:
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def manifest(command: str, settings: dict[str, Any], inputs: dict[str, str], **facts: Any) -> bytes:
    """`run.json`: the command, its settings, the versions, the SHA-256 of each input, and counts and drops by reason.

    It holds no time, no place on a disk and no password, so the same run writes the same bytes."""
    packages = ("kgtools", "polars", "ladybug", "jinja2")
    versions = {name: version(name) for name in packages} | {"python": platform.python_version()}
    return to_json({"command": command, "settings": settings, "versions": versions, "inputs": inputs, **facts})
