"""How far long work is, on stderr: a bar where somebody sits at a terminal, else a line a minute; and what everybody should
know."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TypeVar

from kgtools.tools.terminal import shown
from kgtools.tools.terminal import tell as tell_line

T = TypeVar("T")
INTERVAL_S = 60.0
"""Seconds between two lines where stderr is no terminal: a log of a night stays readable, and a short command says nothing."""


class Progress(Protocol):
    """Who is told how far some work is."""

    def start(self, task: str, total: int | None = None, unit: str = "rows") -> None:
        """A part of the work begins: what it is, in words, and of how many units, where that is known."""

    def advance(self, count: int = 1) -> None:
        """So many units of it are done."""


class Silent:
    """Tells nobody: for a library call that did not ask."""

    def start(self, task: str, total: int | None = None, unit: str = "rows") -> None:
        """Nothing."""

    def advance(self, count: int = 1) -> None:
        """Nothing."""


SILENT = Silent()


class Lines:
    """A line a minute: `de-identifying: 120,000 of 1,000,000 rows (12 %), 2,000 rows/s, 7 min left`.

    `clock` gives seconds that never go back; `write` takes a line."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, write: Callable[[str], None] = tell_line) -> None:
        self._clock, self._write = clock, write
        self._task, self._unit, self._count = "", "rows", 0
        self._total: int | None = None
        self._begin = self._last_line = clock()

    def start(self, task: str, total: int | None = None, unit: str = "rows") -> None:
        """Another part of the work begins; when the last line was told still counts."""
        self._task, self._total, self._unit, self._count = task, total, unit, 0
        self._begin = self._clock()

    def advance(self, count: int = 1) -> None:
        """Count, and tell where a minute has passed since the last line."""
        self._count += count
        now = self._clock()
        if now - self._last_line >= INTERVAL_S:
            self._last_line = now
            self._write(f"kgtools: {describe(self._task, self._count, self._total, self._unit, now - self._begin)}")


def describe(task: str, count: int, total: int | None, unit: str, seconds: float) -> str:
    """How far a task is after these seconds, in words."""
    rate = count / seconds if seconds > 0 else 0.0
    if total is None:
        return f"{task}: {count:,} {unit}, {rate:,.0f} {unit}/s"
    part = f" ({100 * count / total:.0f} %)" if total else ""
    left = f", {_duration((total - count) / rate)} left" if rate and count < total else ""
    return f"{task}: {count:,} of {total:,} {unit}{part}, {rate:,.0f} {unit}/s{left}"


def _duration(seconds: float) -> str:
    """`40 s`, `7 min`, `2 h 5 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


@contextmanager
def show_progress(task: str) -> Iterator[Progress]:
    """What long work in the block tells: a bar with counts, rate and time left on a terminal, else a line a minute."""
    if not sys.stderr.isatty():
        lines = Lines()
        lines.start(task)
        yield lines
        return
    with _bar(task) as bar:
        yield bar


def _bar(task: str) -> AbstractContextManager[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Columns
    from rich.text import Text

    class Rate(TextColumn):
        def render(self, task) -> Text:  # type: ignore[no-untyped-def]  # rich's task, which is no type of ours
            return Text(f"{task.speed:,.0f} {task.fields['unit']}/s" if task.speed else "")

    columns = Columns(
        SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), Rate(""),
        TimeRemainingColumn(), console=Console(stderr=True), transient=True,
    )  # fmt: skip

    class Bar:
        def __init__(self) -> None:
            self._task = columns.add_task(shown(task), total=None, unit="rows")

        def start(self, task: str, total: int | None = None, unit: str = "rows") -> None:
            columns.remove_task(self._task)
            self._task = columns.add_task(shown(task), total=total, unit=unit)

        def advance(self, count: int = 1) -> None:
            columns.advance(self._task, count)

    @contextmanager
    def live() -> Iterator[Progress]:
        with columns:
            yield Bar()

    return live()


def track(items: Iterable[T], progress: Progress, size: Callable[[T], int] = lambda _: 1) -> Iterator[T]:
    """The items, of which `progress` is told when each is done; `size`: how many units one is."""
    for item in items:
        yield item
        progress.advance(size(item))


@contextmanager
def step(what: str) -> Iterator[None]:
    """Show `what` with a spinner while the block runs: for work that has no counts."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(Text(shown(what))):
        yield


def tell(text: str) -> None:
    """Say something that the user should know, and go on."""
    print(f"kgtools: {text}", file=sys.stderr)
