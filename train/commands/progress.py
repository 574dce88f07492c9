"""How far work is, on stderr: a line that is overwritten on a terminal, else a line a minute, for whoever reads a log."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kgtools.tools.terminal import retell, tell

EVERY_S = 60.0
"""Seconds between two lines where stderr is no terminal."""
SHOWN = ("loss", "eval_loss", "accuracy", "margin", "reward", "kl", "mean_token_accuracy")
"""Metrics that people are shown; `metrics.jsonl` has all."""


@contextmanager
def show_lines(clock: Callable[[], float] = time.monotonic) -> Iterator[Callable[[str, bool], None]]:
    """Shows lines as they come, the first and the last (true) always: on a terminal each in place of the one before, else one in
    EVERY_S seconds."""
    live = sys.stderr.isatty()
    shown: float | None = None

    def show(text: str, last: bool) -> None:
        nonlocal shown
        now = clock()
        if live:
            retell(text)
            shown = now
        elif last or shown is None or now - shown >= EVERY_S:
            tell(text)
            shown = now

    try:
        yield show
    finally:
        if live and shown is not None:
            tell()


@contextmanager
def show_metrics() -> Iterator[Callable[[dict[str, Any]], None]]:
    """Shows lines of metrics while a stage trains."""
    with show_lines() as show:
        yield lambda line: show(metrics_line(line), line["step"] == line["steps"])


def metrics_line(line: dict[str, Any]) -> str:
    """A line of metrics as people read it."""
    words = [f"step {line['step']:,}/{line['steps']:,}"]
    for key, value in line.items():
        if key in SHOWN and value is not None:
            words.append(f"{key.removeprefix('mean_').replace('_', ' ')} {value:.4g}")
    if line.get("tokens_per_second"):
        words.append(f"{line['tokens_per_second']:,.0f} tokens/s")
        words.append(f"MFU {line['mfu']:.1%}" if line.get("mfu") else "MFU not known here")
    if line.get("seconds_left"):
        words.append(f"{as_time(line['seconds_left'])} left")
    return "  ".join(words)


@contextmanager
def show_count(what: str, clock: Callable[[], float] = time.monotonic) -> Iterator[Callable[[int, int], None]]:
    """Shows how many of something are done, how many in a second and how long the others will take.

    What was done before the first that is shown took no time of this run, and does not count towards the rate. Where fewer are done than
    before, others are counted now."""
    first: tuple[float, int] | None = None
    before = 0
    with show_lines(clock) as show:

        def count(done: int, total: int) -> None:
            nonlocal first, before
            now = clock()
            if first is None or done < before:
                first = now, done
            before = done
            text = f"{done:,} of {total:,} {what}"
            if done > first[1] and now > first[0]:
                rate = (done - first[1]) / (now - first[0])
                text += f"  {rate:,.3g} {what}/s" + (f"  {as_time((total - done) / rate)} left" if done < total else "")
            show(text, done >= total)

        yield count


def as_time(seconds: float) -> str:
    """Seconds as hours:minutes:seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
