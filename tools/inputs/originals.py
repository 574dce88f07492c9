"""The files that a command reads, as they were at its first look: pipes are copied, a change meanwhile is an error.

So the SHA-256 that a manifest has of a file is that of the bytes that were read, whoever writes to it in the meantime."""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from kgtools.tools.errors import InputError, KgtoolsError
from kgtools.tools.inputs.files import sha256

Identity = tuple[int, ...]
CHUNK = 1 << 20
"""Bytes of a pipe that are copied at a time."""


class Originals:
    """What was taken of the files that a user named. `folder`: where pipes are copied to; nobody else may look into it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[Path, Identity] = {}
        self._hashed: dict[Path, str] = {}
        self._names: dict[str, str] = {}

    def take(self, path: Path) -> Path:
        """Where to read the file from now on: where it is, or a copy of what came through a pipe, under the same name.

        A folder, and what is not there, is only given back. Raises InputError for a device."""
        path = self.from_pipe(path)
        if path.is_file() and path not in self._hashed:
            self._seen.setdefault(path, _identity(path.stat()))
        return path

    def from_pipe(self, path: Path) -> Path:
        """The copy of what comes through a pipe; any other path as it is, and nothing is held to anything."""
        try:
            mode = path.stat().st_mode
        except OSError:
            return path
        if stat.S_ISFIFO(mode):
            return self._copy(path)
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise InputError(f"{path}: is a device, expected a file; name a file or a pipe")
        return path

    def sha256(self, path: Path) -> str:
        """The SHA-256 of what was read of a file, once all was read. Raises InputError where it is another by now."""
        if path in self._hashed:
            return self._hashed[path]
        try:
            found = sha256(path)
        except OSError as error:
            raise _changed_error(path) from error
        self._compare(path)
        self._hashed[path] = found
        return found

    def check(self) -> None:
        """Raises InputError where a file that nobody asked the SHA-256 of is another by now."""
        for path in self._seen.keys() - self._hashed.keys():
            self._compare(path)

    def name_pipes(self, text: str) -> str:
        """A message with pipes called what the user calls them."""
        for place, name in self._names.items():
            text = text.replace(place, name)
        return text

    def _compare(self, path: Path) -> None:
        try:
            same = _identity(path.stat()) == self._seen[path]
        except OSError:
            same = False
        if not same:
            raise _changed_error(path)

    def _copy(self, path: Path) -> Path:
        target = self._folder.joinpath(str(len(self._names)), *path.absolute().parts[1:])
        target.parent.mkdir(parents=True)
        digest = hashlib.sha256()
        with path.open("rb") as pipe, target.open("wb") as copy:
            while chunk := pipe.read(CHUNK):
                digest.update(chunk)
                copy.write(chunk)
        self._hashed[target] = digest.hexdigest()
        self._names[str(target)] = str(path)
        return target


@contextmanager
def originals() -> Iterator[Originals]:
    """Originals for one block; what goes wrong in it because a file was changed says so."""
    with TemporaryDirectory(prefix="kgtools-") as folder:
        given = Originals(Path(folder))
        try:
            yield given
            given.check()
        except KgtoolsError as error:
            given.check()
            if (text := given.name_pipes(str(error))) == str(error):
                raise
            raise type(error)(text) from error
        except Exception:
            given.check()
            raise


def find_same_file(paths: Iterable[Path]) -> tuple[Path, Path] | None:
    """Two of the paths that are one file, whatever links it has."""
    seen: dict[tuple[int, int], Path] = {}
    for path in paths:
        try:
            found = path.stat()
        except OSError:
            continue
        key = found.st_dev, found.st_ino
        if key in seen:
            return seen[key], path
        seen[key] = path
    return None


def _identity(status: os.stat_result) -> Identity:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _changed_error(path: Path) -> InputError:
    return InputError(f"{path}: changed while it was read; run this again")
