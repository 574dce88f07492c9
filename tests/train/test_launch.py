"""Where the processes of a stage are, and what is said when one ends."""

import socket
from types import SimpleNamespace

import orjson
import pytest

from tools.errors import UsageError
from train.launch import Machines, _lines, _why, machines


def test_one_process_is_the_default_without_a_gpu():
    assert machines(None, None, None, None, None) == Machines(1, 1, 0, None)
    assert machines(2, None, None, None, None).world == 2
    assert machines(4, 3, 2, "host:1", None) == Machines(4, 3, 2, "host:1")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((1, 2, None, "h:1", None), "which of them this is"),
        ((1, 2, 0, None, None), "where they meet"),
        ((1, 2, 2, "h:1", None), "the nodes are 0 to 1"),
        ((1, 1, 1, None, None), "there is one node"),
    ],
)
def test_options_that_do_not_agree_are_refused(given, said):
    with pytest.raises(UsageError, match=said):
        machines(*given)


def test_a_hostfile_says_who_is_who(tmp_path):
    file = tmp_path / "hosts"
    file.write_text(f"other slots=8  # the first\n\n{socket.gethostname()} slots=8\n", encoding="utf-8")

    assert machines(None, None, None, None, file) == Machines(8, 2, 1, "other:29500")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a slots=8\nb 8\n", r"hosts:2: expected `name slots=8`"),
        ("a slots=8\na slots=8\n", r"hosts:2: "),
        ("a slots=8\nb slots=4\n", "as many slots as the others"),
        ("\n", "names no node"),
        ("a slots=8\n", "is none of a"),
    ],
)
def test_a_hostfile_that_says_nothing_clear_is_refused(tmp_path, text, said):
    (tmp_path / "hosts").write_text(text, encoding="utf-8")

    with pytest.raises(UsageError, match=said):
        machines(None, None, None, None, tmp_path / "hosts")


def test_a_hostfile_that_is_not_there_is_not_passed_over(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        machines(None, None, None, None, tmp_path / "hosts")
    (tmp_path / "hosts").write_text("a slots=1\n", encoding="utf-8")
    with pytest.raises(UsageError, match="leave --nproc"):
        machines(2, None, None, None, tmp_path / "hosts")


def test_only_whole_lines_of_metrics_are_read(tmp_path):
    file = tmp_path / "metrics.jsonl"
    file.write_bytes(b'{"step":1}\n{"step":2}\n{"st')

    assert [(place, line["step"]) for place, line in _lines(file, 0)] == [(11, 1), (22, 2)]
    assert list(_lines(file, 22)) == []


@pytest.fixture
def job(tmp_path):
    (tmp_path / "worker.log").write_text("", encoding="utf-8")
    return SimpleNamespace(work=str(tmp_path), checkpoints=str(tmp_path / "checkpoints"))


def test_what_a_worker_said_of_its_end_is_passed_on(job, tmp_path):
    told = {"time": 2.0, "message": "the loss is no number", "traceback": None}
    (tmp_path / "error-1.json").write_bytes(orjson.dumps(told))
    bug = {"time": 1.0, "message": "x", "traceback": "Traceback\n  there\nValueError: x\n"}

    assert _why(job, 2).startswith("the loss is no number\n")
    (tmp_path / "error-0.json").write_bytes(orjson.dumps(bug))  # the first to fail is the one to blame
    assert _why(job, 2).startswith("a process failed: ValueError: x\nthere is no checkpoint yet")


def test_a_worker_that_was_killed_is_told_from_one_that_failed(job, tmp_path):
    (tmp_path / "worker.log").write_text("  exitcode  : -9 (pid: 7)\n", encoding="utf-8")
    (tmp_path / "checkpoints" / "checkpoint-4").mkdir(parents=True)
    (tmp_path / "checkpoints" / "checkpoint-4" / "whole.json").write_bytes(b'{"step": 4}')

    said = _why(job, 1)

    assert "killed (signal 9)" in said
    assert "the checkpoint of step 4 is whole; the same command again goes on" in said
