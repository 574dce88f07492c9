"""Files out: written aside and renamed, folders held against other processes, every run with its manifest."""

import os
import platform
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from tools.errors import InputError
from tools.files import to_json


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
