"""Files out: written aside and renamed, folders held against other processes, every run with its manifest."""

import os
import platform
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.inputs.files import to_json
from kgtools.tools.outputs.atomic import clear_aside, make_aside, owner_of, sync, unwritable_error, write_file
from kgtools.tools.outputs.locks import Busy, lock
from kgtools.tools.outputs.processes import Owner, is_dead
from kgtools.tools.outputs.signals import defer_signals, note_placed
from kgtools.tools.terminal import tell

__all__ = [
    "lock_folder",
    "make_folder",
    "make_private",
    "manifest",
    "staging",
    "staging_or_scratch",
    "sync",
    "unfinished",
    "write_file",
]

NEW, FILES, MOVES, RUN = ".new-", "files", "moves.json", "run.json"
MARK = ".in-use"


@contextmanager
def staging(
    folder: Path, old: Callable[[Path], Collection[str]] = lambda _: (), private: bool = False
) -> Iterator[Path]:
    """A fresh folder inside `folder`, whose files move there when the block ends well, `run.json` last; `folder` is held against
    other processes all the while. `old` names files of an earlier run that go where no new ones take their place. `private`:
    nobody but the user may read the files, `run.json` apart.

    Until the block has ended well the files of `folder` are what they were, and after an error a folder that was made for it is
    gone. Then a list of the moves is brought to the disk, and that done: `run.json` goes, the new files come, old ones go, the new
    `run.json` comes. Signals wait for the end of it; what a kill leaves half done is told of and completed by the next run into
    `folder`. Raises UsageError where another process writes there, a folder stands in the way of a file, or files of these names
    are there that no run of kgtools wrote."""
    missing = [folder_made for folder_made in (folder, *folder.parents) if not folder_made.exists()]
    make_folder(folder)
    with _alone(folder):
        try:
            _complete(folder)
            _refuse_foreign(folder, {RUN})
            clear_aside(folder, NEW)
            aside = make_aside(folder, NEW)
            try:
                stage = aside / FILES
                stage.mkdir()
                yield stage
                if private:
                    make_private(stage)
                _put_in_place(aside, folder, old)
            finally:
                with defer_signals():
                    if not (aside / MOVES).exists():
                        shutil.rmtree(aside, ignore_errors=True)
        except BaseException:
            for folder_made in missing:
                try:
                    folder_made.rmdir()
                except OSError:
                    # another's files are in it by now
                    break
            raise


@contextmanager
def staging_or_scratch(folder: Path | None, scratch: bool, private: bool = False) -> Iterator[Path]:
    """As `staging`; or, for a dry run, a folder that is gone when the block ends."""
    if scratch or folder is None:
        with TemporaryDirectory(prefix="kgtools-", ignore_cleanup_errors=True) as name:
            yield Path(name)
    else:
        with staging(folder, private=private) as stage:
            yield stage


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a folder. Raises UsageError that says who holds it already."""
    holding = lock(folder, folder / MARK)
    try:
        holding.__enter__()
    except Busy as error:
        who = error if error.mark else _writer(folder)
        raise UsageError(f"{folder}: {who} is writing there; wait until it is done, or name another folder") from error
    except OSError as error:
        raise unwritable_error(folder, error) from error
    try:
        yield
    finally:
        holding.__exit__(None, None, None)


def _writer(folder: Path) -> Owner | str:
    """Who has a stage in a folder that is held."""
    for _ in range(10):
        for stage in folder.glob(f"{NEW}*"):
            owner = owner_of(stage, NEW)
            if owner is not None and not is_dead(owner):
                return owner
        # it has only just begun
        time.sleep(0.05)
    return "another process"


def _put_in_place(aside: Path, folder: Path, old: Callable[[Path], Collection[str]]) -> None:
    """Move the files of a stage to their folder. Raises UsageError, before the first, where that cannot be."""
    stage = aside / FILES
    new = sorted(file.name for file in stage.iterdir())
    for name in new:
        if (folder / name).is_dir() and not (stage / name).is_dir():
            raise UsageError(f"{folder / name}: is a folder, and a file is to stand there; name another folder")
    _refuse_foreign(folder, set(new))
    here = {file.name for file in folder.iterdir() if file.is_file() or file.is_symlink()}
    gone = sorted((set(old(folder)) & here) - {*new, RUN})
    for file in stage.rglob("*"):
        if file.is_file():
            sync(file)
    moves = aside / f"{MOVES}.new"
    moves.write_bytes(to_json({"new": new, "gone": gone}))
    sync(moves)
    with defer_signals():
        moves.replace(aside / MOVES)
        _move(aside, folder, new, gone)
        note_placed(folder)


def _refuse_foreign(folder: Path, new: set[str]) -> None:
    """Raises UsageError where files with these names are in a folder in which no run of kgtools has written."""
    here = sorted(name for name in new if os.path.lexists(folder / name))
    if here and not _is_run(folder / RUN):
        raise UsageError(
            f"{folder}: holds {here[0]}, which no run of kgtools wrote there; name another folder, or move it away"
        )


def _is_run(file: Path) -> bool:
    """Whether a `run.json` is what `manifest` makes."""
    try:
        told = orjson.loads(file.read_bytes())
        return "kgtools" in told["versions"] and isinstance(told["command"], str)
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError):
        return False


def _move(aside: Path, folder: Path, new: list[str], gone: list[str]) -> bool:
    """Do the moves that are left; whether there were any. Raises InputError where one fails, and leaves the rest to the next run."""
    stage, target = aside / FILES, folder
    left = [name for name in sorted(new, key=lambda name: (name == RUN, name)) if os.path.lexists(stage / name)]
    try:
        if RUN in left:
            (folder / RUN).unlink(missing_ok=True)
        for name in left:
            if name == RUN:
                _remove(folder, gone)
            target = folder / name
            if target.is_dir() and not target.is_symlink():
                target.replace(aside / f"old-{name}")
            (stage / name).replace(target)
        if left and RUN not in left:
            _remove(folder, gone)
    except OSError as error:
        raise InputError(
            f"{target}: cannot be replaced ({error.strerror}); some of the new files are in place, not all: fix that and run this again"
        ) from error
    sync(folder)
    (aside / MOVES).unlink()
    shutil.rmtree(aside, ignore_errors=True)
    return bool(left)


def _remove(folder: Path, names: list[str]) -> None:
    for name in names:
        (folder / name).unlink(missing_ok=True)


def _complete(folder: Path) -> None:
    """Complete what a run that was killed had begun to put in place; nobody else is at it, for the folder is held."""
    for aside, new, gone in _begun(folder):
        with defer_signals():
            if _move(aside, folder, new, gone):
                tell(f"kgtools: {folder}: completed what a run that was killed had begun to put there")


def unfinished(folder: Path) -> bool:
    """Whether files of one run are in a folder, and others of it not yet."""
    return any(os.path.lexists(aside / FILES / name) for aside, new, _ in _begun(folder) for name in new)


def _begun(folder: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    for aside in sorted(folder.glob(f"{NEW}*")):
        if owner_of(aside, NEW) is None or not (aside / MOVES).is_file():
            continue
        try:
            told: Any = orjson.loads((aside / MOVES).read_bytes())
            new, gone = ([name for name in told[key] if Path(name).name == name] for key in ("new", "gone"))
        except (OSError, orjson.JSONDecodeError, KeyError, TypeError):
            continue
        yield aside, new, gone


def make_private(folder: Path) -> None:
    """Let nobody but the user read the files of a folder, but for `run.json`, which tells nothing of anybody."""
    for file in folder.rglob("*"):
        if file.is_file() and not (file.name == RUN and file.parent == folder):
            file.chmod(0o600)


def make_folder(folder: Path) -> None:
    """Make the folder and its parents; InputError where a file stands in the way."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        what = "is a link to what is not there" if folder.is_symlink() else "is a file, expected a folder"
        raise InputError(f"{folder}: {what}; name another place") from error
    except OSError as error:
        raise InputError(f"{folder}: cannot be made ({error.strerror}); name another place") from error


@contextmanager
def lock_folder(folder: Path, busy: Callable[[str], Exception], wait_s: float = 0.0, part: str = "") -> Iterator[None]:
    """Hold a folder, or a part of it, against other processes; raises what `busy` makes of who holds it already.

    Raises InputError for a folder that may not be written."""
    holder, holding = folder / f".holder{part}", lock(folder / f".lock{part}", folder / f"{MARK}{part}", wait_s)
    try:
        holding.__enter__()
    except Busy as error:
        holder_text = (
            "" if error.mark or holder.is_symlink() or not holder.is_file() else holder.read_text(encoding="utf-8")
        )
        raise busy(holder_text or str(error)) from error
    except OSError as error:
        raise unwritable_error(folder, error) from error
    try:
        clear_aside(folder)
        holder.unlink(missing_ok=True)
        with holder.open("x", encoding="utf-8") as file:
            file.write(f"process {os.getpid()}")
        yield
    finally:
        holder.unlink(missing_ok=True)
        holding.__exit__(None, None, None)


def manifest(command: str, settings: dict[str, Any], inputs: dict[str, str], **facts: Any) -> bytes:
    """`run.json`: the command, its settings, the versions, the SHA-256 of each input, and counts and drops by reason.

    It holds no time, no place on a disk and no password, so the same run writes the same bytes."""
    packages = ("kgtools", "polars", "jinja2")
    versions = {name: version(name) for name in packages} | {"python": platform.python_version()}
    return to_json({"command": command, "settings": settings, "versions": versions, "inputs": inputs, **facts})
