import io
import sys

import pytest

from kgtools.tools.progress import SILENT, Lines, show_progress, track


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_line_a_minute_says_how_much_how_fast_and_how_long_it_takes_still() -> None:
    clock, lines = Clock(), list[str]()
    progress = Lines(clock, lines.append)
    progress.start("de-identifying", 1_000_000)

    for _ in range(12):
        clock.seconds += 10
        progress.advance(20_000)

    assert lines == [
        "kgtools: de-identifying: 120,000 of 1,000,000 rows (12 %), 2,000 rows/s, 7 min left",
        "kgtools: de-identifying: 240,000 of 1,000,000 rows (24 %), 2,000 rows/s, 6 min left",
    ]


def test_work_of_less_than_a_minute_says_nothing() -> None:
    clock, lines = Clock(), list[str]()
    progress = Lines(clock, lines.append)

    progress.start("reading")
    clock.seconds += 59
    progress.advance(1_000)

    assert lines == []


def test_work_of_unknown_length_says_no_time_left() -> None:
    clock, lines = Clock(), list[str]()
    progress = Lines(clock, lines.append)

    progress.start("reading meddialog", None, "records")
    clock.seconds += 60
    progress.advance(3_000)

    assert lines == ["kgtools: reading meddialog: 3,000 records, 50 records/s"]


@pytest.mark.parametrize(("seconds", "left"), [(60, "60 s"), (600, "10 min"), (7_500, "2 h 5 min")])
def test_the_time_left_is_in_seconds_minutes_or_hours(seconds: int, left: str) -> None:
    clock, lines = Clock(), list[str]()
    progress = Lines(clock, lines.append)

    progress.start("rendering", 2 * seconds, "records")
    clock.seconds += seconds
    progress.advance(seconds)

    assert lines[0].endswith(f"{left} left")


def test_each_part_of_the_work_has_its_own_count_and_rate() -> None:
    clock, lines = Clock(), list[str]()
    progress = Lines(clock, lines.append)
    progress.start("reading texts", 500)
    clock.seconds += 40
    progress.advance(500)

    progress.start("comparing", 100, "texts")
    clock.seconds += 20
    progress.advance(40)

    assert lines == ["kgtools: comparing: 40 of 100 texts (40 %), 2 texts/s, 30 s left"]


def test_items_pass_through_and_are_counted_when_they_are_done() -> None:
    clock, lines = Clock(), list[str]()
    progress = Lines(clock, lines.append)
    progress.start("selecting", 6)

    for item in track([[1, 2], [3], [4, 5, 6]], progress, len):
        clock.seconds += 61
        assert sum(line.count(" of 6 ") for line in lines) == {1: 0, 3: 1, 4: 2}[item[0]]

    assert [line.split()[2] for line in lines] == ["2", "3", "6"]


def test_nothing_is_said_where_nobody_asked(capfd: pytest.CaptureFixture[str]) -> None:
    SILENT.start("reading", 10)
    SILENT.advance(10)

    assert capfd.readouterr() == ("", "")


def test_a_short_command_says_nothing_where_stderr_is_no_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with show_progress("reading") as progress:
        progress.start("reading", 10)
        progress.advance(10)

    assert capfd.readouterr() == ("", "")


def test_a_terminal_sees_a_bar_with_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")

    with show_progress("reading") as progress:
        progress.start("comparing \x1b[2J texts", 10, "texts")
        progress.advance(3)

    shown = terminal.getvalue()
    assert "comparing \\x1b[2J texts" in shown
    assert "3/10" in shown
