"""Start the processes of a stage and watch them: one by itself, several by torchrun, on one machine or more."""

import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from kgtools.tools.errors import KgtoolsError, UsageError
from kgtools.train.launch import failures
from kgtools.train.launch.job import Job
from kgtools.train.launch.requirements import QUIET

POLL_S = 0.2
"""Seconds between two looks for new lines of metrics."""
GRACE_S = 30.0
"""Seconds that workers have to end by themselves before they are killed."""


@dataclass(frozen=True)
class Cluster:
    """Where the processes are: `nproc` on each of `nnodes`, of which this is number `node_rank`, and where they meet (`host:port`)."""

    nproc: int = 1
    nnodes: int = 1
    node_rank: int = 0
    rendezvous: str | None = None

    @property
    def world(self) -> int:
        """All processes."""
        return self.nproc * self.nnodes


def find_cluster(
    nproc: int | None, nnodes: int | None, node_rank: int | None, rendezvous: str | None, hostfile: Path | None
) -> Cluster:
    """The processes that the options of a command name. Raises UsageError where they do not agree."""
    if hostfile:
        if nproc or nnodes or node_rank is not None:
            raise UsageError(
                "--hostfile says how many nodes and processes there are; leave --nproc, --nnodes and --node out"
            )
        return _read_hostfile(hostfile, rendezvous)
    nnodes = nnodes or 1
    if nnodes == 1 and node_rank not in (None, 0):
        raise UsageError(f"--node {node_rank}: there is one node; --nnodes says how many there are")
    if nnodes == 1 and rendezvous is not None:
        raise UsageError(f"--rdzv {rendezvous}: there is one node; --nnodes says how many there are")
    if nnodes > 1 and (node_rank is None or rendezvous is None):
        raise UsageError(
            "--nnodes: also say which of them this is, --node N from 0, and where they meet, --rdzv HOST:PORT of node 0"
        )
    if nnodes > 1 and not 0 <= (node_rank or 0) < nnodes:
        raise UsageError(f"--node {node_rank}: the nodes are 0 to {nnodes - 1}")
    return Cluster(nproc or _count_devices(), nnodes, node_rank or 0, rendezvous)


def _read_hostfile(hostfile: Path, rendezvous: str | None) -> Cluster:
    """The nodes of a DeepSpeed hostfile, `name slots=8` a line; the first is where they meet."""
    if not hostfile.is_file():
        raise UsageError(f"{hostfile}: no such file; a hostfile has a line `name slots=8` for each node")
    slots: dict[str, int] = {}
    for number, line in enumerate(hostfile.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if len(words) != 2 or not re.fullmatch(r"slots=[1-9]\d*", words[1]) or words[0] in slots:
            raise UsageError(f"{hostfile}:{number}: expected `name slots=8`, each name once, found {line!r}")
        slots[words[0]] = int(words[1].removeprefix("slots="))
    if len(set(slots.values())) != 1:
        raise UsageError(
            f"{hostfile}: " + ("every node must have as many slots as the others" if slots else "names no node")
        )
    names = list(slots)
    our_names = {
        socket.gethostname(),
        socket.gethostname().partition(".")[0],
        socket.getfqdn(),
        "localhost",
        *_addresses(),
    }
    node_rank = next((number for number, name in enumerate(names) if name in our_names), None)
    if node_rank is None:
        raise UsageError(f"{hostfile}: this machine, {socket.gethostname()}, is none of {', '.join(names)}")
    return Cluster(slots[names[0]], len(names), node_rank, rendezvous or f"{names[0]}:29500")


def _addresses() -> list[str]:
    with suppress(OSError):
        return socket.gethostbyname_ex(socket.gethostname())[2]
    return []


def _count_devices() -> int:
    import torch

    return max(1, int(torch.cuda.device_count()))


def run(job: Job, cluster: Cluster, on_metrics: Callable[[dict[str, Any]], None]) -> None:
    """Run a job to its end; `on_metrics` is given each line of its metrics. Raises KgtoolsError with what went wrong and what is left."""
    work = Path(job.work)
    for old_error in work.glob("error-*.json"):
        old_error.unlink()
    (work / failures.SPARE).write_bytes(bytes(failures.SPARE_BYTES))
    path, kills = job.save(), failures.oom_kills()
    with (work / "worker.log").open("ab") as log:
        log_begin, metrics_begin = log.tell(), job.metrics.stat().st_size if job.metrics.exists() else 0
        process = _start(path, cluster, log)
        try:
            _watch(process, job, metrics_begin, on_metrics)
        except BaseException:
            _stop(process)
            raise
    if process.returncode:
        kills_now = failures.oom_kills()
        new_kills = None if kills is None or kills_now is None else kills_now - kills
        raise KgtoolsError(failures.explain(job, failures.WorkerExit(process.returncode, log_begin, new_kills)))


def _start(job: Path, cluster: Cluster, log: BinaryIO) -> subprocess.Popen[bytes]:
    environment = QUIET | {
        "PYTHONSAFEPATH": "1",
        "PYTHONUNBUFFERED": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_DATASETS_CACHE": str(job.parent / "datasets"),
    }
    module = ["kgtools.train.launch.worker", str(job)]
    if cluster.world == 1:
        environment |= {
            "RANK": "0",
            "LOCAL_RANK": "0",
            "WORLD_SIZE": "1",
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(_free_port()),
        }
        command = [sys.executable, "-m", *module]
    else:
        options = [f"--nnodes={cluster.nnodes}", f"--nproc-per-node={cluster.nproc}"]
        if cluster.nnodes == 1:
            options += ["--rdzv-backend=c10d", "--rdzv-endpoint=127.0.0.1:0", "--local-addr=127.0.0.1"]
        else:
            host, _, port = (cluster.rendezvous or "").partition(":")
            options += [f"--node-rank={cluster.node_rank}", f"--master-addr={host}", f"--master-port={port or 29500}"]
        command = [sys.executable, "-m", "torch.distributed.run", *options, "-m", *module]
        environment["OMP_NUM_THREADS"] = os.environ.get("OMP_NUM_THREADS") or str(
            max(1, (os.cpu_count() or 1) // cluster.nproc)
        )
    if cluster.nnodes == 1 or (cluster.rendezvous or "").startswith(("127.", "localhost")):
        environment["GLOO_SOCKET_IFNAME"] = os.environ.get("GLOO_SOCKET_IFNAME", "lo")
    return subprocess.Popen(
        command, env=os.environ | environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=go_with_parent,
        start_new_session=True,
    )  # fmt: skip


def go_with_parent(sooner: int = 500) -> None:
    """Linux ends this process when the one that started it is killed: nobody else would, and it would go on writing. Where memory is
    wanting the kernel takes it sooner than others, by so much, so that the command is left to say so."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(str(sooner), encoding="ascii")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _watch(
    process: subprocess.Popen[bytes], job: Job, begin: int, on_metrics: Callable[[dict[str, Any]], None]
) -> None:
    """Show the lines of metrics from a place on, until the process has ended."""
    running = True
    while running:
        try:
            process.wait(POLL_S)
            running = False
        except subprocess.TimeoutExpired:
            pass
        for end, line in _read_lines(job.metrics, begin):
            on_metrics(line)
            begin = end


def _read_lines(path: Path, begin: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """The whole lines of a growing file from a place on, each with the place after it."""
    if not path.exists():
        return
    with path.open("rb") as file:
        file.seek(begin)
        for line in file:
            if not line.endswith(b"\n"):
                return
            begin += len(line)
            yield begin, orjson.loads(line)


def _stop(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_S)
            return
