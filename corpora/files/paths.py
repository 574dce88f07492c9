"""Files out of the paths that a user names, and what their names say."""

import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath

from kgtools.corpora.files.file import File
from kgtools.corpora.files.place import Refuse
from kgtools.corpora.files.sheets import WORKBOOK
from kgtools.tools.errors import InputError
from kgtools.tools.inputs.originals import find_same_file

WORD = re.compile(r"[a-z0-9]+")
"""A word of a file's name: `cmb_val_2023` has `cmb`, `val` and `2023`."""
SPLITS = {"train": "train", "dev": "validation", "val": "validation", "valid": "validation", "test": "test"}
"""What a word of a name says of the split."""


def files_of(paths: list[Path], refuse: Refuse, take: Callable[[Path], Path] | None = None) -> list[File]:
    """The files in their order; a folder stands for the files in it, a zip file (that is no workbook) for its members; names with
    a dot before them are passed over. Where two paths have one name, their names hold the folders that part them.

    `take`: where to read a file from (`tools.inputs.originals`). Raises InputError for what is not there, and for a file named twice, by
    whatever names."""
    files: list[tuple[Path, str]] = []
    for path, called in zip(paths, _names(paths), strict=True):
        if not path.exists():
            raise InputError(f"{path}: no such file")
        inside = _inside(path) if path.is_dir() else [path]
        if not inside:
            raise InputError(f"{path}: a folder without files")
        for file in inside:
            files.append((file, f"{called}/{file.relative_to(path).as_posix()}" if path.is_dir() else called))
    if same := find_same_file(file for file, _ in files):
        raise InputError(f"a file is named twice: {same[0]} and {same[1]}")
    named = {path for path in paths if not path.is_dir()}
    return [
        each for file, name in files for each in _members(take(file) if take else file, name, refuse, file not in named)
    ]


def _names(paths: list[Path]) -> list[str]:
    """The ends of paths, as long as it takes to tell them apart."""
    parts = [(path.absolute() if path.name not in ("", "..") else path.resolve()).parts for path in paths]
    most = max((len(part) for part in parts), default=1)
    lengths = [
        next((n for n in range(1, most) if [other[-n:] for other in parts].count(part[-n:]) == 1), 1) for part in parts
    ]
    return ["/".join(part[-n:]).lstrip("/") for part, n in zip(parts, lengths, strict=True)]


def _inside(folder: Path) -> list[Path]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in files if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def _members(path: Path, name: str, refuse: Refuse, in_folder: bool) -> list[File]:
    try:
        with path.open("rb") as file:
            if file.read(4) not in (b"PK\x03\x04", b"PK\x05\x06"):
                return [File(path, name, refuse, in_folder=in_folder)]
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise InputError(f"{path}: a zip file that cannot be read ({error}); was the download cut off?") from error
    if any(info.filename == WORKBOOK for info in members):
        return [File(path, name, refuse, in_folder=in_folder)]
    if not members:
        raise InputError(f"{path}: an empty zip file")
    if len({info.filename for info in members}) < len(members):
        raise InputError(f"{path}: holds two files of one name; unpack it, and name them apart")
    real = [
        m.filename
        for m in members
        if not m.filename.startswith("__MACOSX/") and not Path(m.filename).name.startswith(".")
    ]
    return [File(path, f"{name}/{member}", refuse, member, in_folder=True) for member in sorted(real)]


def word_in_path(file: File, words: Mapping[str, str]) -> str | None:
    """What a file's name (a word of it) or one of the two folders above it (its whole name) says; the nearest counts."""
    name, *folders = list(reversed(_parts(file)))[:3]
    spoken = [*reversed(WORD.findall(name.lower())), *(folder.lower() for folder in folders)]
    return next((words[word] for word in spoken if word in words), None)


def stem(file: File) -> str:
    """The name of a file without its folder and suffixes."""
    return _parts(file)[-1].partition(".")[0]


def _parts(file: File) -> list[str]:
    return [*file.path.parts, *PurePath(file.member).parts] if file.member else list(file.path.parts)
