"""The generations of a graph folder: which one counts, what it is made of, and whether it is still what was written.

graph/current             `000007 SHA-256`: the generation that counts, and the hash of its files.json
graph/000007/files.json   every other file of the generation, with its size and SHA-256
graph/000007/.unfinished  there until `current` names the generation: what a killed change leaves never counts
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from kgtools.kg.stores.reconcile import Fault
from kgtools.tools.errors import InputError, StoreError
from kgtools.tools.inputs.files import sha256, to_json
from kgtools.tools.outputs.atomic import write_file
from kgtools.tools.outputs.staging import sync

POINTER, LIST, UNFINISHED = "current", "files.json", ".unfinished"
FORMAT = "kgtools graph 1"
NAME = re.compile(r"[0-9]{6,}")
LINE = re.compile(r"([0-9]{6,}) ([0-9a-f]{64})\n?")
ASIDE = re.compile(r"\.current\.[0-9]+|\.[0-9]{6,}\.new")
INPUTS = ("sources/", "names/", "ledger.parquet")
"""What a graph is made of; all else is made of these."""
FOREIGN = "is foreign: kgtools did not write it"
NEW = "load its sources again into a new folder"
AGAIN = "load its sources again; one of them is enough, for what all of them said is kept"


@dataclass(frozen=True)
class Generation:
    """A generation and its list, file -> (size, SHA-256).

    `told`: the hash of the list by `current`, empty where that was missing; `proved`: files whose bytes have been read and
    are what was written."""

    directory: Path
    files: dict[str, tuple[int, str]]
    list_hash: str = ""
    proved: set[str] = field(default_factory=set, compare=False)

    @property
    def number(self) -> int:
        """Its place in time."""
        return int(self.directory.name)

    def names(self, pattern: str) -> list[str]:
        """The listed files that match, sorted."""
        return sorted(name for name in self.files if re.fullmatch(pattern, name))

    def check(self, begin: tuple[str, ...] = ("",)) -> None:
        """Raises StoreError where a file whose name begins so is missing or of another size: nothing is read for this."""
        for name in sorted(self.files):
            if name.startswith(begin) and (fault := self._seen(name)):
                raise self.damaged(name, fault)

    def proven(self, name: str) -> Path:
        """A file whose bytes are what was written. Raises StoreError."""
        if name not in self.proved:
            if fault := self._seen(name) or self._read(name):
                raise self.damaged(name, fault)
            self.proved.add(name)
        return self.directory / name

    def damaged(self, name: str, fault: str) -> StoreError:
        """The error for a file, with the way out: what is made of the inputs can be made again."""
        return StoreError(f"{self.directory / name}: {fault}; {NEW if name.startswith(INPUTS) else AGAIN}")

    def faults(self) -> Iterator[Fault]:
        """Every file that is missing, or not what was written, or not kgtools' own."""
        if self.directory.is_symlink():
            yield Fault(self.directory.name, "is a link to another place")
        for name in sorted(self.files):
            if fault := self._seen(name) or self._read(name):
                yield Fault(f"{self.directory.name}/{name}", fault)
        for path in sorted(self.directory.rglob("*")):
            name = path.relative_to(self.directory).as_posix()
            ours = name in self.files or name in (LIST, UNFINISHED)
            if path.is_dir() and not path.is_symlink():
                ours = any(path.iterdir())  # of what is in it is told by itself
            if not ours:
                yield Fault(f"{self.directory.name}/{name}", FOREIGN)

    def _seen(self, name: str) -> str:
        """What is wrong with a file as the folder shows it."""
        try:
            found, size = (self.directory / name).lstat(), self.files[name][0]
        except (FileNotFoundError, KeyError):
            return "is missing"
        except OSError as error:
            return f"cannot be read ({error.strerror})"
        if not (self.directory / name).is_file() or (self.directory / name).is_symlink():
            return "is no file"
        return "" if found.st_size == size else f"was changed: {found.st_size:,} bytes, expected {size:,}"

    def _read(self, name: str) -> str:
        return _differing(self.directory / name, self.files[name][1])


def look(folder: Path) -> tuple[Generation | None, list[Fault]]:
    """The generation that counts, and what is wrong with how it is found. Without faults there is no graph, or a good one.

    Where `current` is missing, or nothing that kgtools wrote, the newest whole generation counts, with a fault."""
    try:
        while True:
            line = _line(folder)
            generation, faults = _judged(folder, line)
            if not faults or _line(folder) == line:  # else another process has changed the graph meanwhile
                return generation, faults
    except OSError as error:
        raise StoreError(f"{error.filename}: cannot be read ({error.strerror}); make it readable") from error


def is_there(folder: Path) -> bool:
    """Whether the folder is a graph's, be it damaged."""
    return look(folder) != (None, [])


def _judged(folder: Path, line: str | None) -> tuple[Generation | None, list[Fault]]:
    stored = LINE.fullmatch(line or "")
    if stored is None:
        return _newest(folder, line)
    directory = folder / stored[1]
    if not directory.is_dir():
        return None, [Fault(POINTER, f"names {directory.name}, which is missing", _retake(folder))]
    if fault := _differing(directory / LIST, stored[2]):
        return None, [Fault(f"{directory.name}/{LIST}", fault, _retake(folder, directory.name))]
    found = _listed(directory, stored[2])
    if found is None:
        return None, [Fault(f"{directory.name}/{LIST}", "is of another kgtools", NEW)]
    newer = [other for other in _generations(folder) if other.number > found.number and _is_complete(other)]
    if newer:
        name = newer[-1].directory.name
        way = f"remove it, and {name} counts again; or remove {name}"
        return found, [Fault(POINTER, f"was set back to {directory.name}: {name} is whole and newer", way)]
    return found, []


def _newest(folder: Path, line: str | None) -> tuple[Generation | None, list[Fault]]:
    """The newest whole generation, where `current` names none."""
    ours = [found for found in _generations(folder) if not _is_unfinished(found.directory)]
    old = NAME.fullmatch((line or "").strip())
    if old and (folder / old[0]).is_dir() and not (folder / old[0] / LIST).exists():
        return None, [Fault(POINTER, "an older kgtools made this graph", NEW)]
    if not ours:
        return None, []
    what = "is missing" if line is None else "is not what kgtools wrote"
    complete = [found for found in ours if _is_complete(found)]
    if not complete:
        return None, [Fault(POINTER, f"{what}, and no generation beside it is whole", NEW)]
    return complete[-1], [
        Fault(POINTER, what, f"the newest whole graph, {complete[-1].directory.name}, is taken in its place")
    ]


def _retake(folder: Path, damaged: str = "") -> str:
    """The way out where `current` names a generation that is gone or damaged."""
    complete = [
        found.directory.name
        for found in _generations(folder)
        if _is_complete(found) and found.directory.name != damaged
    ]
    return f"remove {folder / POINTER}, and {complete[-1]} counts, the newest whole graph" if complete else NEW


def begin(folder: Path) -> Path:
    """A new generation, unfinished, behind all others. Nobody else may change the folder meanwhile."""
    number = (
        max((int(directory.name) for directory in folder.iterdir() if NAME.fullmatch(directory.name)), default=0) + 1
    )
    aside = folder / f".{number:06}.new"  # so that no generation is ever without the mark
    aside.mkdir()
    (aside / UNFINISHED).touch()
    return aside.rename(folder / f"{number:06}")


def finish(directory: Path) -> None:
    """Write the list of a new generation, bring all to the disk, and make it the one that counts, in one step."""
    files = {
        path.relative_to(directory).as_posix(): (path.stat().st_size, sha256(path))
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path not in (directory / LIST, directory / UNFINISHED)
    }
    listed = {name: {"size": size, "sha256": hash_} for name, (size, hash_) in files.items()}
    (directory / LIST).write_bytes(to_json({"format": FORMAT, "files": listed}))
    for name in (*files, LIST):
        sync(directory / name)
    write_file(directory.parent / POINTER, f"{directory.name} {sha256(directory / LIST)}\n".encode())
    settle(directory)


def counts(directory: Path) -> bool:
    """Whether `current` names the generation."""
    return (_line(directory.parent) or "").startswith(f"{directory.name} ")


def settle(directory: Path) -> None:
    """The generation counts: it is finished, if it was killed before it could say so."""
    (directory / UNFINISHED).unlink(missing_ok=True)


def clear(folder: Path, older: int = 0) -> None:
    """Remove what killed changes left, and generations before the number `older`; what kgtools did not write stays.

    Nobody else may change the folder meanwhile; killed in here, the next call goes on."""
    for directory in sorted(folder.iterdir()):
        if ASIDE.fullmatch(directory.name):
            shutil.rmtree(directory, ignore_errors=True) if directory.is_dir() else directory.unlink(missing_ok=True)
        elif NAME.fullmatch(directory.name) and directory.is_dir() and not directory.is_symlink():
            if _is_unfinished(directory):
                drop(directory)
            elif int(directory.name) < older and (found := _listed(directory)):
                _drop_listed(found)


def drop(directory: Path) -> None:
    """Remove a generation: its number goes before its files, so that half of it is never taken for one."""
    shutil.rmtree(directory.rename(directory.parent / f".{directory.name}.new"), ignore_errors=True)


def _drop_listed(generation: Generation) -> None:
    """Remove what the list names, and the list last, unless what is left is the user's."""
    directory = generation.directory
    for name in generation.files:
        with suppress(OSError):
            (directory / name).unlink()
    for path, _, _ in os.walk(directory, topdown=False):
        with suppress(OSError):
            Path(path).rmdir()
    if [path.name for path in directory.iterdir()] == [LIST]:
        drop(directory)
    else:
        (directory / LIST).unlink()


def refuse_foreign(folder: Path) -> None:
    """Raises InputError for a folder that holds other things than a graph."""
    if not folder.is_dir() or LINE.fullmatch(_line(folder) or ""):
        return
    ours = {found.directory.name for found in _generations(folder)}
    ours |= {
        directory.name for directory in folder.iterdir() if NAME.fullmatch(directory.name) and _is_unfinished(directory)
    }
    ours |= {POINTER} if ours else set()
    others = sorted(
        directory.name for directory in folder.iterdir() if directory.name not in ours and directory.name[0] != "."
    )
    if others:
        raise InputError(f"{folder}: is not a graph and not empty ({', '.join(others[:3])}); name a new folder")


def _line(folder: Path) -> str | None:
    """What `current` says; None where it is missing."""
    try:
        return (folder / POINTER).read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except IsADirectoryError:
        return ""


def _generations(folder: Path) -> list[Generation]:
    """All that have a list of ours, by number."""
    if not folder.is_dir():
        return []
    found = [
        _listed(directory) for directory in folder.iterdir() if NAME.fullmatch(directory.name) and directory.is_dir()
    ]
    return sorted((each for each in found if each), key=lambda each: each.number)


def _listed(directory: Path, list_hash: str = "") -> Generation | None:
    """The generation by its list; None where that is missing or not of ours."""
    try:
        stored = orjson.loads((directory / LIST).read_bytes())
        if stored["format"] != FORMAT:
            return None
        files = {name: (int(file["size"]), str(file["sha256"])) for name, file in stored["files"].items()}
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
        return None
    if any(Path(name).is_absolute() or ".." in Path(name).parts for name in files):
        return None
    return Generation(directory, files, list_hash)


def _is_unfinished(directory: Path) -> bool:
    """Whether a change was broken off before the generation counted; it may have been broken off a moment later."""
    return (directory / UNFINISHED).exists() and not counts(directory)


def _is_complete(generation: Generation) -> bool:
    if _is_unfinished(generation.directory):
        return False
    try:
        generation.check()
    except StoreError:
        return False
    return True


def _differing(path: Path, expected: str) -> str:
    """What is wrong with the bytes of a file; empty where nothing is."""
    try:
        found = sha256(path)
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return "" if found == expected else f"was changed: SHA-256 {found[:12]}..., expected {expected[:12]}..."
