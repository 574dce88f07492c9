"""Workers that import nothing: each is forked from one process that has torch, TRL and DeepSpeed in memory.

A processor takes five seconds to import them, and most trainings of the tests learn for less than one. All else is as
`kgtools.train.launch.processes` wants it: a session of its own, the log, the environment, the exit code, an end with its parent. Only a run
that a test begins in its own process (`trained`, `kgtools`) gets such a worker, and only where it needs one process. Runs
from the command line (`KGTOOLS`), on several processes, with a PYTHONPATH of the test, and all that the fixture
`own_workers` is asked for, start as a user's do."""

import importlib
import os
import subprocess
import sys
from multiprocessing import get_context
from types import SimpleNamespace
from typing import Any

from kgtools.train.launch.processes import go_with_parent

PRELOAD = (
    "deepspeed",
    "peft",
    "trl.trainer.dpo_trainer",
    "trl.trainer.reward_trainer",
    "trl.trainer.sft_trainer",
    "kgtools.train.launch.worker",
)
PATH = os.environ.get("PYTHONPATH")

_context = get_context("forkserver")
_context.set_forkserver_preload([*PRELOAD])


class Fork:
    """A forked worker, waited for as a Popen is."""

    def __init__(self, module: str, words: list[str], log: str, environment: dict[str, str]) -> None:
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


def _work(module: str, words: list[str], log: str, environment: dict[str, str]) -> None:
    os.setsid()
    for descriptor, path, flags in ((0, os.devnull, os.O_RDONLY), (1, log, os.O_WRONLY | os.O_APPEND)):
        os.dup2(os.open(path, flags), descriptor)
    os.dup2(1, 2)
    os.environ.clear()
    os.environ.update(environment)
    go_with_parent()
    code = importlib.import_module(module).main(*words)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _start(command: list[str], **how: Any) -> Any:
    """What Popen is to `kgtools.train.launch.processes`."""
    executable, flag, module, *words = command
    if (
        (executable, flag) == (sys.executable, "-m")
        and not module.startswith("torch.")
        and how["env"].get("PYTHONPATH") == PATH
    ):
        return Fork(module, words, how["stdout"].name, dict(how["env"]))
    return subprocess.Popen(command, **how)


FORKING = SimpleNamespace(**vars(subprocess) | {"Popen": _start})
"""The module subprocess, but for workers."""
