"""Rival pieces of work timed in turns, and how their times compare."""

import gc
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

COMMAND = """
import atexit, pathlib, sys
note = pathlib.Path(sys.argv.pop(1))
atexit.register(lambda: note.write_text(pathlib.Path("/proc/self/status").read_text()))
from kgtools.tools.main import main
main()
"""
"""A command that leaves what the kernel knows of it: its peak as wait4 tells it is no less than that of whoever started it."""


@dataclass(frozen=True)
class Spread:
    """The same figure from each round."""

    figures: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle figure."""
        return statistics.median(self.figures)

    def __truediv__(self, other: "Spread") -> "Spread":
        """The ratios round by round: what ran side by side is compared, so a noisy minute harms both."""
        return Spread(tuple(a / b for a, b in zip(self.figures, other.figures, strict=True)))

    def __str__(self) -> str:
        return f"{self.median:.2f} ({min(self.figures):.2f}-{max(self.figures):.2f})"


def seconds(work: Callable[[], object]) -> float:
    """How long a piece of work takes, the garbage of others collected before."""
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_turns(rounds: int, *rivals: Callable[[], object], before: Callable[[], object] = int) -> list[Spread]:
    """The seconds of each rival: A B A B A B, never A A A B B B; `before` each, off the clock."""
    times: list[list[float]] = [[] for _ in rivals]
    for _ in range(rounds):
        for rival, mine in zip(rivals, times, strict=True):
            before()
            mine.append(seconds(rival))
    return [Spread(tuple(mine)) for mine in times]


def command(*words: str) -> tuple[float, int]:
    """Seconds and peak megabytes of a command of kgtools in a process of its own, as a user runs it."""
    with TemporaryDirectory(prefix="kgtools-bench-") as folder:
        note = Path(folder) / "status"
        start = time.perf_counter()
        subprocess.run([sys.executable, "-P", "-c", COMMAND, str(note), *words], stdout=subprocess.DEVNULL, check=True)
        took = time.perf_counter() - start
        peak = next(line for line in note.read_text().splitlines() if line.startswith("VmHWM"))
    return took, int(peak.split()[1]) // 1024


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table in plain text, numbers to the right."""
    cells = [list(columns), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(columns))]
    print(f"\n{title}\n{'-' * len(title)}")
    for row in cells:
        first, *others = (
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join([first, *others]).rstrip())


def print_aim(aim: str, met: bool) -> None:
    """Whether an aim is met."""
    print(f"aim: {aim}: {'met' if met else 'NOT MET'}")
