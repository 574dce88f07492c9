"""Workers that import nothing: each is forked from one process that has torch, TRL and DeepSpeed in memory.

A processor takes five seconds to import them, and most trainings of the tests learn for less than one. All else is as
`kgtools.train.launch.processes` wants it: a session of its own, the log, the environment, the exit code, an end with its parent. Only a run
that a test begins in its own process (`train`, `kgtools`) gets such workers; those of several processes are started by
torchrun, which is forked too and forks them. Runs from the command line (`KGTOOLS`), with a PYTHONPATH of the test, and
all that the fixture `own_workers` is asked for, start as a user's do."""

import importlib
import os
import subprocess
import sys
import time
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from kgtools.train.launch.processes import go_with_parent

PRELOAD = (
    "deepspeed",
    "peft",
    "trl.trainer.dpo_trainer",
    "trl.trainer.reward_trainer",
    "trl.trainer.sft_trainer",
    "torch.distributed.run",
    "kgtools.train.launch.worker",
)
TORCHRUN = "torch.distributed.run"
PATH = os.environ.get("PYTHONPATH")

_context = get_context("forkserver")
_context.set_forkserver_preload([*PRELOAD])


class Fork:
    """A forked worker, waited for as a Popen is."""

    def __init__(self, module: str, words: list[str], log: Path, environment: dict[str, str]) -> None:
        self._process = _context.Process(target=_work, args=(module, words, log, environment))
        self._process.start()

    @property
    def pid(self) -> int | None:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code (-9: killed). Raises TimeoutExpired."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("worker", timeout or 0)
        return self._process.exitcode


class Rank:
    """A worker of several that torchrun starts, forked from it."""

    def __init__(self, args: tuple[str, ...], env: dict[str, str], **_: Any) -> None:
        _, _, _, module, *words = args  # python -u -m MODULE WORD...
        self.returncode: int | None = None
        self.pid = os.fork()
        if not self.pid:
            try:
                _take_on(env)
                _run(module, words)
            finally:
                os._exit(1)

    def poll(self) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code. Raises TimeoutExpired."""
        end = time.monotonic() + (timeout or float("inf"))
        while self.poll() is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("worker", timeout or 0)
            time.sleep(0.02)
        assert self.returncode is not None
        return self.returncode


def _work(module: str, words: list[str], log: Path, environment: dict[str, str]) -> None:
    for descriptor, path, flags in ((0, os.devnull, os.O_RDONLY), (1, log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)):
        os.dup2(os.open(path, flags), descriptor)
    os.dup2(1, 2)
    _take_on(environment)
    if module == TORCHRUN:
        from torch.distributed.elastic.multiprocessing.subprocess_handler import subprocess_handler

        subprocess_handler.Popen = Rank
        importlib.import_module(module).main(words)
    else:
        _run(module, words)


def _take_on(environment: dict[str, str]) -> None:
    """Be a process as Popen would have started it."""
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    go_with_parent()


def _run(module: str, words: list[str]) -> None:
    code = importlib.import_module(module).main(*words)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _start(command: list[str], **how: Any) -> Any:
    """What Popen is to `kgtools.train.launch.processes`."""
    executable, flag, module, *words = command
    if (executable, flag) == (sys.executable, "-m") and how["env"].get("PYTHONPATH") == PATH:
        return Fork(module, words, Path(how["stdout"].name), dict(how["env"]))
    return subprocess.Popen(command, **how)


FORKING = SimpleNamespace(**vars(subprocess) | {"Popen": _start})
"""The module subprocess, but for workers."""
