"""How runs end badly: a full disk, too little memory, numbers that are none, each told in words of its own and with its way out."""

import re
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from errno import ENOSPC
from os import strerror
from pathlib import Path

import orjson

from kgtools.tools.errors import KgtoolsError
from kgtools.train.launch.doctor import machine_memory
from kgtools.train.launch.job import Job, last_checkpoint

FULL = re.compile(
    r"No space left|Disk quota|File too large|os error (27|28|122)\b|PytorchStreamWriter failed|unexpected pos \d+ vs \d+",
    re.IGNORECASE,
)
"""What Python, safetensors, pyarrow and torch say where a file cannot grow; torch says no more than how far it came."""
MEMORY = re.compile(
    r"OutOfMemoryError|out of memory|n't allocate memory|Cannot allocate memory|not enough memory|MemoryError|bad_alloc",
    re.IGNORECASE,
)
"""What Python and torch say, of the machine and of a GPU."""
SPARE, SPARE_BYTES = "spare", 1 << 20
"""A file that a worker gives up where a disk is full, so that it can leave word of it."""
CGROUPS = Path("/sys/fs/cgroup")
VMSTAT = Path("/proc/vmstat")
COUNTERS = ("memory.events", "memory/memory.oom_control")
"""Where Linux counts the processes that it killed for lack of memory: on the machine, and in a container by cgroups of version 2 or 1."""


class NonFiniteError(KgtoolsError):
    """A loss, a gradient or a weight that is infinite or no number; to go on in the same way leads there again."""


@dataclass(frozen=True)
class WorkerExit:
    """How the processes of a job ended. `code`: of the one that was started; `begin`: where this run begins in the log, which keeps
    those before it; `kills`: processes that the kernel killed meanwhile for lack of memory, None where it does not count them."""

    code: int
    begin: int = 0
    kills: int | None = None


@dataclass(frozen=True)
class WorkerError:
    """What a worker left in `error-RANK.json` when it failed. `kind`: the class of the error; `traceback`: None where the error is one of
    ours, whose message says all."""

    time: float
    message: str
    traceback: str | None
    kind: str = ""


def oom_kills() -> int | None:
    """How many processes the kernel has killed for lack of memory so far, on this machine or in this container."""
    counts = []
    for file in (VMSTAT, *(CGROUPS / name for name in COUNTERS)):
        with suppress(OSError):
            counts += re.findall(r"(?m)^oom_kill (\d+)$", file.read_text(encoding="utf-8"))
    return max(map(int, counts), default=None)


def explain(job: Job, end: WorkerExit) -> str:
    """What went wrong, what is left, how to go on, and where more is written."""
    work = Path(job.work)
    rows = [orjson.loads(file.read_bytes()) for file in work.glob("error-*.json")]
    errors = sorted((WorkerError(**row) for row in rows), key=lambda error: error.time)
    log = work / "worker.log"
    words = (
        _of_disk(job, errors)
        or _of_ours(job, errors)
        or _of_memory(job, errors, end, log)
        or _of_others(job, errors, end, log)
    )
    return f"{words}. What the processes said: {log}"


def _of_disk(job: Job, errors: list[WorkerError]) -> str | None:
    work, line = Path(job.work), _first_line_with(errors, FULL)
    free = shutil.disk_usage(work).free
    # a worker that dies may have given it up
    if not line and (errors or (work / SPARE).exists() or free > 100 * SPARE_BYTES):
        return None
    what = f"no space is left at {work}, where {size_of(free)} are free" + (f": {line}" if line else "")
    if free > 100 * SPARE_BYTES:
        temporary = Path(tempfile.gettempdir())
        what += f"; perhaps it is another disk, as that of {temporary}, where {size_of(shutil.disk_usage(temporary).free)} are"
    return (
        f"{what}\n{_checkpoint_left(job)}: free some space and give the same command again, or let it keep less with keep=1 or a larger "
        "save_every; what was half written is taken away then. With another --out it starts again"
    )


def _of_ours(job: Job, errors: list[WorkerError]) -> str | None:
    """Where the first to fail did so in words of ours."""
    if not errors or errors[0].traceback:
        return None
    if errors[0].kind == NonFiniteError.__name__:
        more = "" if job.recipe.get("precision") == "fp32" else ", or try precision=fp32"
        return (
            f"{errors[0].message}\n{_checkpoint_left(job)}: the same command would fail again. Lower learning_rate{more}; "
            "with other settings it is another run: --fresh, or another --out"
        )
    return f"{errors[0].message}\n{_checkpoint_left(job)}"


def _of_memory(job: Job, errors: list[WorkerError], end: WorkerExit, log: Path) -> str | None:
    line, killed = _first_line_with(errors, MEMORY), _signal(end, log) == signal.SIGKILL
    if killed and end.kills == 0:
        what = "a process was killed (signal 9): by hand or by another program, for the kernel killed none for lack of memory"
        return f"{what}\n{_checkpoint_left(job)}; the same command resumes from there"
    if killed:
        # what the others say then is that they miss it
        kernel = f"the kernel killed {end.kills} meanwhile for lack of memory"
        what = f"a process was killed (signal 9): {kernel if end.kills else 'by hand, or for lack of memory'}"
    elif line:
        what = f"a process has too little memory: {line}"
    else:
        return None
    return f"{what}\n{_step(job)}{_needs(job)}\n{_checkpoint_left(job)}; {_smaller(job)}"


def _of_others(job: Job, errors: list[WorkerError], end: WorkerExit, log: Path) -> str:
    if errors:
        what = f"a process failed: {(errors[0].traceback or errors[0].message).strip().splitlines()[-1]}"
    else:
        number = _signal(end, log)
        what = f"a process ended without a word (code {end.code})" + (f", by signal {number}" if number else "")
    return f"{what}\n{_checkpoint_left(job)}; the same command resumes from there"


def _first_line_with(errors: list[WorkerError], sign: re.Pattern[str]) -> str:
    """The first line of an error, not of its code, with a sign in it."""
    lines = [line for error in errors for line in (error.traceback or error.message).splitlines()]
    return next((line.strip()[:300] for line in lines if not line.startswith(" ") and sign.search(line)), "")


def _signal(end: WorkerExit, log: Path) -> int:
    """The signal that ended the process, or the one that torchrun tells of; 0 where there was none."""
    # as torchrun writes it: `exitcode  : -9 (pid: 4711)`
    codes = re.findall(rb"exitcode\s*:\s*-(\d+)", log.read_bytes()[end.begin :])
    return -end.code if end.code < 0 else int(codes[-1]) if codes else 0


def _checkpoint_left(job: Job) -> str:
    checkpoint = last_checkpoint(Path(job.checkpoints))
    return f"the checkpoint of step {checkpoint.step} is complete" if checkpoint else "there is no checkpoint yet"


def _step(job: Job) -> str:
    lines = job.metrics.read_bytes().splitlines() if job.metrics.exists() else []
    return (
        f"it was after step {orjson.loads(lines[-1])['step']}: "
        if lines
        else "it was before the first step that is told of: "
    )


def _needs(job: Job) -> str:
    total = machine_memory().get("MemTotal")
    machine = f", and the machine has {size_of(total)}" if total else ""
    return f"each of {job.world} processes needs about {size_of(job.memory)} beside its libraries{machine}"


def _smaller(job: Job) -> str:
    """What takes less memory: without and with another identity of the run."""
    recipe, ways = job.recipe, []
    if (size := recipe.get("micro_batch_size", 1)) > 1:
        ways.append(f"micro_batch_size={size // 2}")
    ways += ["a smaller max_length"]
    if recipe.get("method") == "lora" and not recipe.get("quantize"):
        ways.append("quantize=4")
    if recipe.get("method") == "full" and recipe.get("zero") != 3 and job.world > 1:
        ways.append("zero=3")
    if job.world > 1:
        ways.append("fewer --nproc")
    same = (
        "" if recipe.get("gradient_checkpointing") is True else " with gradient_checkpointing=true, which takes less,"
    )
    return (
        f"the same command{same} resumes from there. {', '.join(ways)} also take less, but make it another run: --fresh, or "
        "another --out"
    )


def size_of(count: int) -> str:
    """Bytes as people read them."""
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:,.1f} MB"


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """A full disk is an OSError of this place, whoever says so and in what words."""
    try:
        yield
    except Exception as error:
        if isinstance(error, KgtoolsError | OSError) or not FULL.search(str(error)):
            raise
        raise OSError(ENOSPC, strerror(ENOSPC), str(folder)) from error
