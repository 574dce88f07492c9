"""Where the processes of a stage are, and what is said when one ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from kgtools.tools.errors import KgtoolsError, UsageError
from kgtools.train.launch import processes
from kgtools.train.launch.job import Job
from kgtools.train.launch.processes import Cluster, _read_lines, find_cluster


def test_one_process_is_the_default_without_a_gpu():
    assert find_cluster(None, None, None, None, None) == Cluster(1, 1, 0, None)
    assert find_cluster(2, None, None, None, None).world == 2
    assert find_cluster(4, 3, 2, "host:1", None) == Cluster(4, 3, 2, "host:1")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((1, 2, None, "h:1", None), "which of them this is"),
        ((1, 2, 0, None, None), "where they meet"),
        ((1, 2, 2, "h:1", None), "the nodes are 0 to 1"),
        ((1, 2, -1, "h:1", None), "the nodes are 0 to 1"),
        ((None, None, 1, None, None), "there is one node"),
        ((1, 1, 1, None, None), "there is one node"),
        ((2, None, None, "h:1", None), "--rdzv h:1: there is one node"),
    ],
)
def test_options_that_do_not_agree_are_refused(given, said):
    with pytest.raises(UsageError, match=said):
        find_cluster(*given)


def test_a_hostfile_says_who_is_who(tmp_path):
    file = tmp_path / "hosts"
    file.write_text(f"other slots=8  # the first\n\n{socket.gethostname()} slots=8\n", encoding="utf-8")

    assert find_cluster(None, None, None, None, file) == Cluster(8, 2, 1, "other:29500")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a slots=8\nb 8\n", r"hosts:2: expected `name slots=8`"),
        ("a slots=8\na slots=8\n", r"hosts:2: "),
        ("a slots=8\nb slots=4\n", "as many slots as the others"),
        ("\n", "names no node"),
        ("", "names no node"),
        ("# a slots=8\n", "names no node"),
        ("\na\n", r"hosts:2: .* found 'a'"),
        ("a slots=0\n", "hosts:1: "),
        ("a slots=eight\n", "hosts:1: "),
        ("a slots = 8\n", "hosts:1: "),
        ("a slots=8 b\n", "hosts:1: "),
        ("a slots=8\n", "is none of a"),
    ],
)
def test_a_hostfile_that_says_nothing_clear_is_refused(tmp_path, text, said):
    (tmp_path / "hosts").write_text(text, encoding="utf-8")

    with pytest.raises(UsageError, match=said):
        find_cluster(None, None, None, None, tmp_path / "hosts")


def test_a_hostfile_in_another_encoding_is_refused_like_any_other_that_is_not_clear(tmp_path):
    (tmp_path / "hosts").write_bytes("a slots=8\n节点\n".encode("gb18030"))

    with pytest.raises(UsageError, match="hosts:2: expected `name slots=8`"):
        find_cluster(None, None, None, None, tmp_path / "hosts")


def test_a_hostfile_that_is_not_there_is_not_passed_over(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        find_cluster(None, None, None, None, tmp_path / "hosts")
    (tmp_path / "hosts").write_text("a slots=1\n", encoding="utf-8")
    with pytest.raises(UsageError, match="leave --nproc"):
        find_cluster(2, None, None, None, tmp_path / "hosts")


def test_only_whole_lines_of_metrics_are_read(tmp_path):
    file = tmp_path / "metrics.jsonl"
    file.write_bytes(b'{"step":1}\n{"step":2}\n{"st')

    assert [(place, line["step"]) for place, line in _read_lines(file, 0)] == [(11, 1), (22, 2)]
    assert list(_read_lines(file, 22)) == []


def test_a_hostfile_of_this_machine_alone_needs_no_other(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("localhost slots=2\n", encoding="utf-8")

    assert find_cluster(None, None, None, None, file) == Cluster(2, 1, 0, "localhost:29500")
    assert find_cluster(None, None, None, "host:7", file).rendezvous == "host:7"


@pytest.mark.parametrize("given", [(2, None, None), (None, 2, None), (None, None, 0)])
def test_what_a_hostfile_says_is_not_said_twice(given: tuple[int | None, ...], tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("localhost slots=2\n", encoding="utf-8")

    with pytest.raises(UsageError, match="leave --nproc, --nnodes and --node out"):
        find_cluster(*given, None, tmp_path / "hosts")


def test_lines_are_read_on_from_where_they_were_left(tmp_path: Path) -> None:
    file = tmp_path / "metrics.jsonl"
    assert list(_read_lines(file, 0)) == []

    begin, seen = 0, []
    for part in (b'{"step":1', b"}\n", b'{"step":2}\n{"step"', b":3", b"}\n"):
        with file.open("ab") as growing:
            growing.write(part)
        for place, line in _read_lines(file, begin):
            seen.append(line["step"])
            begin = place

    assert seen == [1, 2, 3]
    assert begin == file.stat().st_size


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Run a job of which the worker is this piece of Python; give the lines that were shown."""

    def run(body: str) -> list[Any]:
        def start(job: Path, _: Cluster, log: Any) -> subprocess.Popen[bytes]:
            code = f"import os, sys, time; os.chdir({str(job.parent)!r}); {body}"
            return subprocess.Popen([sys.executable, "-c", code], stdout=log, stderr=log, start_new_session=True)

        monkeypatch.setattr(processes, "_start", start)
        shown: list[Any] = []
        own = {
            "recipe": {},
            "tokens": {},
            "world": 1,
            "learnt": 1,
            "flops": 1.0,
            "steps": 1,
            "stops": (),
            "work": str(tmp_path),
        }
        names = ("stage", "identity", "base", "fingerprint")
        processes.run(
            Job(**dict.fromkeys(names, "x"), checkpoints=str(tmp_path / "none"), **own), Cluster(), shown.append
        )
        return shown

    return run


LINE = """open("metrics.jsonl", "a").write('{"step": %s}\\n')"""


def test_the_lines_of_a_run_are_shown_and_those_before_it_are_not(worker: Any, tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_bytes(b'{"step": 1}\n')

    shown = worker(f"{LINE % 2}; {LINE % 3}")

    assert shown == [{"step": 2}, {"step": 3}]


def test_what_an_earlier_run_died_of_is_not_said_of_this_one(worker: Any, tmp_path: Path) -> None:
    (tmp_path / "worker.log").write_text("exitcode  : -9 (pid: 7)\n", encoding="utf-8")
    (tmp_path / "error-0.json").write_bytes(orjson.dumps({"time": 1.0, "message": "before", "traceback": None}))

    with pytest.raises(KgtoolsError, match=r"^a process ended without a word \(code 3\)\n"):
        worker("sys.exit(3)")
    with pytest.raises(KgtoolsError, match=r"^a process was killed \(signal 9\)"):
        worker("print('exitcode  : -9 (pid: 8)', flush=True); sys.exit(1)")
    assert (tmp_path / "worker.log").read_text(encoding="utf-8").count("exitcode") == 2


def test_a_worker_ends_with_the_command_that_watches_it(
    worker: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        while not (tmp_path / "pid").exists():
            time.sleep(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr(processes, "_watch", interrupted)

    with pytest.raises(KeyboardInterrupt):
        worker("open('pid.new', 'w').write(str(os.getpid())); os.rename('pid.new', 'pid'); time.sleep(60)")
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text(encoding="utf-8")), signal.SIGCONT)


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux")
def test_a_worker_ends_with_whoever_started_it_and_the_kernel_takes_it_first(tmp_path: Path) -> None:
    mark = tmp_path / "told"
    worker = (
        "import os, time; from pathlib import Path; from kgtools.train.launch.processes import go_with_parent; go_with_parent(321); "
        f"Path({str(mark)!r}).write_text(f'{{os.getpid()}} ' + Path('/proc/self/oom_score_adj').read_text()); time.sleep(60)"
    )
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {worker!r}], start_new_session=True)"
    starter = subprocess.Popen([sys.executable, "-c", code])
    while not mark.exists() or not mark.read_text().endswith("\n"):
        time.sleep(0.02)
    pid, score = mark.read_text().split()

    starter.kill()
    starter.wait(60)

    end = time.monotonic() + 60
    while _alive(int(pid)) and time.monotonic() < end:
        time.sleep(0.02)
    assert not _alive(int(pid))
    assert score == "321"


def _alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return False
