"""A file or folder held against other processes: by the kernel where it can, else by a file that says whose it is."""

import errno
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kgtools.tools.outputs.processes import Owner, is_dead, this

CANNOT = {errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.EBADF, errno.EINVAL, errno.EISDIR}
"""What a filesystem says that has no locks, or none for what is opened for reading alone."""
TAKEN = {errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK}
POLL_S = 0.05
"""Seconds between two looks at a lock that somebody has: short beside a load, long beside a look."""
NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)


class Busy(Exception):
    """Another process holds it; its text says who. `mark`: the file that says so, where it is not held by the kernel."""

    def __init__(self, owner: Owner | None = None, mark: Path | None = None) -> None:
        gone = "" if mark is None else f" (there are no locks on this filesystem: if it is gone, remove {mark})"
        super().__init__(f"{owner or 'another process'}{gone}")
        self.owner, self.mark = owner, mark


@contextmanager
def lock(path: Path, mark: Path, wait_s: float = 0.0) -> Iterator[None]:
    """Hold a folder, or a file, which is made and stays; by the kernel, which lets go when a process dies.

    `mark`: where a filesystem has no locks, this file stands while the block runs, and says whose it is; one of a process that is
    surely over is taken away. Raises Busy, after so many seconds, and OSError."""
    until = time.monotonic() + wait_s
    while True:
        try:
            file = _take(path, mark)
            break
        except Busy:
            if time.monotonic() >= until:
                raise
        time.sleep(POLL_S)
    try:
        yield
    finally:
        if file is None:
            mark.unlink(missing_ok=True)
        else:
            os.close(file)


def _take(path: Path, mark: Path) -> int | None:
    """The open file that is the lock; None where the mark is it. Raises Busy."""
    file = _flock(path)
    try:
        # a machine that shares the folder may have none but these
        _take_away(mark)
    except BaseException:
        if file is not None:
            os.close(file)
        raise
    if file is None:
        _put(mark)
    return file


def _flock(path: Path) -> int | None:
    try:
        import fcntl
    except ImportError:
        return None
    while True:
        flags = os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT | NOFOLLOW
        file = os.open(path, flags, 0o666)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(file, path):
                return file
        except (OSError, NotImplementedError) as error:
            os.close(file)
            number = error.errno if isinstance(error, OSError) else errno.ENOSYS
            if number in TAKEN:
                raise Busy from error
            if number not in CANNOT:
                raise
            return None
        except BaseException:
            os.close(file)
            raise
        # it was removed, or another one put in its place, before it was ours
        os.close(file)


def _is_at(file: int, path: Path) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(file), path.stat())
    return False


def _put(mark: Path) -> None:
    try:
        file = os.open(mark, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NOFOLLOW, 0o644)
    except FileExistsError as error:
        raise Busy(_owner(mark), mark) from error
    with os.fdopen(file, "w", encoding="utf-8") as handle:
        handle.write(this().text)


def _owner(mark: Path) -> Owner | None:
    try:
        file = os.open(mark, os.O_RDONLY | NOFOLLOW | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return None
    with os.fdopen(file, "rb") as handle:
        return Owner.parse(handle.read(400).decode("utf-8", "replace"))


def _take_away(mark: Path) -> None:
    """Remove the mark of a process that is surely over. Raises Busy where it may not be."""
    if not os.path.lexists(mark):
        return
    owner = _owner(mark)
    if owner is None or not is_dead(owner):
        raise Busy(owner, mark)
    aside = mark.with_name(f"{mark.name}.{secrets.token_hex(8)}")
    try:
        mark.rename(aside)
    except FileNotFoundError:
        return
    now = _owner(aside)
    # meanwhile another one had taken it away, and put its own
    if now != owner:
        with suppress(OSError):
            os.link(aside, mark)
        aside.unlink()
        raise Busy(now, mark)
    aside.unlink()
