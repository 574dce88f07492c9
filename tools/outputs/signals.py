"""What ends a run from outside: Ctrl-C, SIGTERM and SIGHUP, which all clean up, and what was in place before they came."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

ASKS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
PLACED: list[str] = []
"""What this run has put in place: of it the last words tell, which come when nothing else is left of the run."""


class Stopped(BaseException):
    """A signal that asks the process to end; raised in the main thread, so that whatever is open cleans up."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.code = 128 + number


@contextmanager
def stoppable() -> Iterator[None]:
    """SIGTERM and SIGHUP raise Stopped in the block, where nobody else handles or ignores them (as nohup does)."""
    PLACED.clear()
    before = _handle(ASKS, _stop, only=(signal.SIG_DFL,))
    try:
        yield
    finally:
        _restore(before)


def _stop(number: int, _: FrameType | None) -> None:
    raise Stopped(number)


@contextmanager
def defer_signals() -> Iterator[None]:
    """What would stop the run waits until the block is over: for what takes a moment and must not be half done."""
    came: list[int] = []
    before = _handle([signal.SIGINT, *ASKS], lambda number, _: came.append(number))
    try:
        yield
    finally:
        _restore(before)
        if came:
            signal.raise_signal(came[0])


def _handle(signals: list[signal.Signals], handler: Any, only: tuple[Any, ...] = ()) -> dict[signal.Signals, Any]:
    """Handle these by `handler` but for those that are ignored; how they were handled before. Only the main thread can."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    before = {number: signal.getsignal(number) for number in signals}
    chosen = {
        number: how
        for number, how in before.items()
        if how is not None and how is not signal.SIG_IGN and (not only or how in only)
    }
    for number in chosen:
        signal.signal(number, handler)
    return chosen


def _restore(before: dict[signal.Signals, Any]) -> None:
    for number, how in before.items():
        signal.signal(number, how)


def note_placed(path: Path | str) -> None:
    """Note that the run has put something in place that stays, whatever comes."""
    if str(path) not in PLACED:
        PLACED.append(str(path))


def last_words() -> str:
    """What a run that is stopped says."""
    if not PLACED:
        return "stopped; nothing was changed"
    more = f" and {len(PLACED) - 1:,} more" if len(PLACED) > 1 else ""
    return f"stopped; {PLACED[0]}{more} was written before that and stays"
