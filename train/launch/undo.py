"""What a command made before its work began, taken away again where it is refused; what was there before is never touched."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kgtools.tools.outputs.staging import make_folder


class Undo:
    """Paths that were not there before. Folders around the work go only when they are empty, for others may write there too."""

    def __init__(self) -> None:
        self.parents: list[Path] = []
        self.created: list[Path] = []

    def make(self, path: Path) -> None:
        """Make a folder and its parents. Raises InputError where that cannot be."""
        self.parents += [folder for folder in (path, *path.parents) if not folder.exists()]
        make_folder(path)

    def expect(self, path: Path) -> None:
        """A file or folder that will be made, if it is not there already."""
        if not path.exists():
            self.created.append(path)

    def keep(self) -> None:
        """The work begins: all that was made stays."""
        self.parents, self.created = [], []

    def remove(self) -> None:
        """Take away what was made."""
        for path in self.created:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        for folder in self.parents:
            with suppress(OSError):
                folder.rmdir()


@contextmanager
def undo() -> Iterator[Undo]:
    """What is made in the block goes where it ends with an error, unless it was said to be kept."""
    created = Undo()
    try:
        yield created
    except BaseException:
        created.remove()
        raise
