"""One file out: written aside, brought to the disk and renamed; devices, pipes and links are what they are.

What is not whole yet stands in a folder of its own beside its place. Its name nobody can guess, and says whose it is; it is made by
nobody else and open to nobody else."""

import errno
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from kgtools.tools.errors import InputError, KgtoolsError, UsageError
from kgtools.tools.outputs.processes import Owner, is_dead, this
from kgtools.tools.outputs.signals import defer_signals, note_placed

ASIDE = ".aside-"
TOKEN = re.compile(r"([0-9a-f]{32})~(.+)")
"""The name of a folder that we made: 32 random hex digits and its owner."""
FULL = (errno.ENOSPC, errno.EDQUOT)
PRIVATE, SHARED = 0o600, 0o666
"""Who may read a file: its user alone, or whom the umask lets."""


def make_aside(parent: Path, kind: str = ASIDE) -> Path:
    """A folder in `parent` that is new, ours and nobody else's. Raises InputError where none can be made."""
    try:
        place = parent / f"{kind}{secrets.token_hex(16)}~{this().text}"
        place.mkdir(mode=0o700)
    except OSError as error:
        raise unwritable_error(parent, error) from error
    return place


def owner_of(path: Path, kind: str = ASIDE) -> Owner | None:
    """Who made such a folder; None for whatever else has a name that begins like one."""
    match = TOKEN.fullmatch(path.name.removeprefix(kind))
    if match is None or not path.name.startswith(kind):
        return None
    with suppress(OSError):
        what = path.lstat()
        if stat.S_ISDIR(what.st_mode) and (not hasattr(os, "geteuid") or what.st_uid == os.geteuid()):
            return Owner.parse(match[2])
    return None


def clear_aside(parent: Path, kind: str = ASIDE) -> None:
    """Remove what processes have left that are surely over; what may be somebody's stays."""
    with suppress(OSError):
        for place in [Path(entry) for entry in os.scandir(parent) if entry.name.startswith(kind)]:
            owner = owner_of(place, kind)
            if owner is not None and is_dead(owner):
                shutil.rmtree(place, ignore_errors=True)


def unwritable_error(path: Path, error: OSError) -> Exception:
    """One line about a place where nothing can be written; a full disk stays what it is."""
    return (
        error
        if error.errno in FULL
        else InputError(f"{path}: may not be written ({error.strerror}); name another place")
    )


@contextmanager
def replace_file(out: Path, option: str = "", private: bool = False, note: bool = True) -> Iterator[Path]:
    """A place aside where a file may be made that takes the place of `out` when the block ends well; until then that stays.

    A link stays one, and what it leads to is replaced. A device or a pipe is written to. `option`: what named it, such as `--out`.
    `private`: nobody but the user may read the file; else it may be read by whoever might read the old one. Raises UsageError for
    a folder, one in no folder, and a name that cannot be."""
    where = f"{option} {out}" if option else str(out)
    through, target = _target(out, where)
    if through is not None:
        with TemporaryDirectory(prefix="kgtools-") as scratch:
            yield Path(scratch) / "new"
            with (Path(scratch) / "new").open("rb") as file, _opened(through, where) as to:
                shutil.copyfileobj(file, to)
        return
    clear_aside(target.parent)
    try:
        aside = make_aside(target.parent)
    except InputError as error:
        reason = error.__cause__
        raise UsageError(
            f"{where}: may not be written ({getattr(reason, 'strerror', reason)}); name another place"
        ) from error
    new = aside / "new"
    try:
        yield new
        try:
            new.chmod(PRIVATE if private else _mode(target, new))
            sync(new)
            with defer_signals():
                new.replace(target)
                if note:
                    note_placed(out)
            sync(target.parent)
        except PermissionError as error:
            raise UsageError(f"{where}: may not be written ({error.strerror}); name another place") from error
    finally:
        with defer_signals():
            shutil.rmtree(aside, ignore_errors=True)


def write_file(path: Path, data: bytes, option: str = "", private: bool = False, note: bool = True) -> None:
    """Write a file aside, bring it to the disk and rename it into place; as `replace_file` says."""
    with replace_file(path, option, private, note) as aside:
        aside.write_bytes(data)


@contextmanager
def new_folder(out: Path, option: str = "") -> Iterator[Path]:
    """A folder aside for files that become those of `out` when the block ends well; until then there is no `out`, nor after an error.

    Raises UsageError where something is there already, or no folder can be made."""
    where = f"{option} {out}" if option else str(out)
    if os.path.lexists(out):
        raise UsageError(f"{where}: is there already; name a new folder")
    if not out.absolute().parent.is_dir():
        raise UsageError(f"{where}: there is no folder {out.parent}; make it first")
    clear_aside(out.absolute().parent)
    try:
        aside = make_aside(out.absolute().parent)
    except InputError as error:
        raise UsageError(f"{where}: {error}") from error
    try:
        new = aside / "new"
        new.mkdir()
        yield new
        for file in sorted(new.iterdir()):
            sync(file)
        with defer_signals():
            new.rename(out)
            note_placed(out)
        sync(out.absolute().parent)
    except (FileExistsError, NotADirectoryError) as error:
        raise UsageError(f"{where}: is there already; name a new folder") from error
    finally:
        with defer_signals():
            shutil.rmtree(aside, ignore_errors=True)


def check_file(out: Path, option: str = "", error: type[KgtoolsError] = UsageError) -> None:
    """Raises UsageError, or `error`, where no file can be put."""
    try:
        _target(out, f"{option} {out}" if option else str(out))
    except UsageError as fault:
        raise error(str(fault)) from fault


def is_stream(out: Path) -> bool:
    """Whether what is written there goes through a pipe, a device or an open file. Raises UsageError as `check_file` does."""
    return _target(out, str(out))[0] is not None


def _target(out: Path, where: str) -> tuple[Path | int | None, Path]:
    """What is written through, by its place or as an open file of this process, if it is that; and the file to be replaced."""
    try:
        stream = _stream(out)
        if stream is not None:
            return stream, out
        target = Path(os.path.realpath(out))
        kind = target.stat().st_mode
    except FileNotFoundError:
        if not target.parent.is_dir():
            raise UsageError(f"{where}: there is no folder {_folder_of(out, target)}; make it first") from None
        return None, target
    except OSError as error:
        raise UsageError(f"{where}: cannot be a file ({error.strerror}); name another place") from error
    if stat.S_ISDIR(kind):
        raise UsageError(f"{where}: is a folder; name a file in it")
    if stat.S_ISCHR(kind) or stat.S_ISFIFO(kind):
        return target, target
    if not stat.S_ISREG(kind):
        raise UsageError(f"{where}: is not a file, pipe or stream; name another place")
    return None, target


def _folder_of(out: Path, target: Path) -> Path:
    return target.parent if out.is_symlink() else out.parent


def _stream(out: Path) -> int | None:
    """The number of an open file that a name such as /dev/stdout stands for: what it leads to may be a file that others append to."""
    own = os.path.realpath("/proc/self/fd")
    for _ in range(40):
        if out.name.isdecimal() and os.path.realpath(out.parent) == own:
            return int(out.name)
        if not out.is_symlink():
            return None
        out = out.parent / out.readlink()
    return None


def _opened(through: Path | int, where: str) -> BinaryIO:
    try:
        return os.fdopen(os.dup(through), "wb") if isinstance(through, int) else through.open("wb")
    except OSError as error:
        raise UsageError(f"{where}: cannot be written to ({error.strerror}); name another place") from error


def _mode(target: Path, new: Path) -> int:
    """What the old file let others do; a new one as its maker's umask has it."""
    try:
        return stat.S_IMODE(target.stat().st_mode) & SHARED
    except OSError:
        return stat.S_IMODE(new.stat().st_mode)


def sync(path: Path) -> None:
    """Bring the bytes of a file to the disk, or the names in a folder, where a system can."""
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        if path.is_dir():
            return
        raise
    try:
        os.fsync(file)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EBADF, errno.ENOTSUP, errno.EPERM, errno.EROFS):
            raise
    finally:
        os.close(file)
