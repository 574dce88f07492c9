"""What a command made before its work began, taken away again where it is refused; what was there before is never touched."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kgtools.tools.outputs.staging import make_folder


class Undo:
    """Places that were not there before. Folders around the work go only when they are empty, for others may write there too."""

    def __init__(self) -> None:
        self.around: list[Path] = []
        self.made: list[Path] = []

    def folder(self, place: Path) -> None:
        """Make a folder and its parents. Raises InputError where that cannot be."""
        self.around += [folder for folder in (place, *place.parents) if not folder.exists()]
        make_folder(place)

    def new(self, place: Path) -> None:
        """A file or folder that will be made, if it is not there already."""
        if not place.exists():
            self.made.append(place)

    def keep(self) -> None:
        """The work begins: all that was made stays."""
        self.around, self.made = [], []

    def away(self) -> None:
        """Take away what was made."""
        for place in self.made:
            if place.is_dir():
                shutil.rmtree(place, ignore_errors=True)
            else:
                place.unlink(missing_ok=True)
        for folder in self.around:
            with suppress(OSError):
                folder.rmdir()


@contextmanager
def undo() -> Iterator[Undo]:
    """What is made in the block goes where it ends with an error, unless it was said to be kept."""
    made = Undo()
    try:
        yield made
    except BaseException:
        made.away()
        raise
