"""How far a run is, for people at a terminal and for those who read a log."""

import sys

import pytest

from kgtools.train.commands import progress
from kgtools.train.commands.progress import show_count, show_lines


class Clock:
    """A clock that a test sets."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_a_log_has_the_first_line_the_last_and_one_a_minute_between(clock, capsys):
    with show_lines(clock) as show:
        for second in range(0, 200, 10):
            clock.now = float(second)
            show(f"second {second}", second == 190)

    assert capsys.readouterr().err.splitlines() == ["second 0", "second 60", "second 120", "second 180", "second 190"]


def test_a_terminal_has_one_line_that_is_overwritten(clock, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    with show_lines(clock) as show:
        show("one", False)
        show("two", True)

    assert capsys.readouterr().err == "\r\033[Kone\r\033[Ktwo\n"


def test_a_count_has_rate_and_time_left_and_forgets_what_was_done_before(clock, capsys):
    with show_count("answers", clock) as count:
        count(1000, 4000)
        clock.now = 100.0
        count(2000, 4000)
        clock.now = 300.0
        count(4000, 4000)

    assert capsys.readouterr().err.splitlines() == [
        "1,000 of 4,000 answers",
        "2,000 of 4,000 answers  10 answers/s  0:03:20 left",
        "4,000 of 4,000 answers  10 answers/s",
    ]


def test_metrics_are_shown_with_speed_and_time_left():
    line = {"step": 1, "steps": 20, "loss": 0.51234, "tokens_per_second": 1234.5, "mfu": None, "seconds_left": 3725}

    assert progress.metrics_line(line) == "step 1/20  loss 0.5123  1,234 tokens/s  MFU not known here  1:02:05 left"


def test_train_without_a_stage_prints_its_help_and_is_no_error(kgtools):
    ran = kgtools("train")

    assert (ran.code, ran.err) == (0, "")
    assert "Usage: kgtools train" in ran.out
    assert "sft" in ran.out
