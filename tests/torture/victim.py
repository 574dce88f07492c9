"""A process with all of kgtools imported and nothing begun: it forks a run of `kgtools` for each order that it reads.

So a kill costs no start of Python, and hits the run alone. An order is a line of JSON on stdin, what became of the run
is a line of JSON on stdout: `after`: kill it so many seconds after its start; `step`: let it kill itself at this step,
counted from the first step called `first`; `by`: the signal for that; `watch`: tell all steps. A step is a call that a kill can come before or
after: a file opened for writing, renamed, removed, brought to the disk, a table written, a statement for a server."""

import importlib
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

MODULES = (
    "kgtools.kg.align.align",
    "kgtools.kg.align.review",
    "kgtools.kg.audit",
    "kgtools.kg.build.load",
    "kgtools.kg.graph",
    "kgtools.kg.stores.reconcile",
    "kgtools.kg.sources.health39",
    "kgtools.kg.sources.xywy",
    "kgtools.kg.stores.folder.store",
    "kgtools.kg.stores.neo4j.store",
    "neo4j",
    "rich.console",
    "rich.table",
    "kgtools.templates.generate.make",
    "kgtools.templates.pack",
    "kgtools.templates.lineage",
)
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.link", "os.truncate"}
BUG = 70


def main() -> None:
    """Obey until stdin ends."""
    from kgtools.kg.ontology import ontology
    from kgtools.tools import registry

    for module in MODULES:
        importlib.import_module(module)
    for name in registry.names("commands"):
        registry.find("commands", name)
    ontology()
    print("ready", flush=True)
    for line in sys.stdin:
        sys.stdout.write(orjson.dumps(run(orjson.loads(line))).decode() + "\n")
        sys.stdout.flush()


def run(order: dict[str, Any]) -> dict[str, Any]:
    """The run's exit code (-9: killed), its seconds, what it said, its steps."""
    log, steps = Path(order["log"]), Path(order["log"] + ".steps")
    for file in (log, steps):
        file.write_bytes(b"")
    begun = time.monotonic()
    pid = os.fork()
    if not pid:
        _obey(order, os.open(steps, os.O_WRONLY))
    gone = os.pidfd_open(pid)
    if not select.select([gone], [], [], order["after"])[0]:
        signal.pidfd_send_signal(gone, order["by"])
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    seconds = time.monotonic() - begun
    os.close(gone)
    told = steps.read_text("utf-8").splitlines()
    return {"code": code, "seconds": seconds, "said": log.read_text("utf-8"), "steps": told}


def _obey(order: dict[str, Any], tell: int) -> None:
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.chdir(order["cwd"])
    os.environ.update(order["environment"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whatever who began the tests ignores
    code = BUG
    try:
        from kgtools.tools.main import run as kgtools

        for place, value in order["patch"].items():
            module, _, name = place.rpartition(".")
            setattr(importlib.import_module(module), name, value)
        if order["step"] is not None or order["watch"]:
            _count_steps(order["first"], order["step"], order["by"], tell)
        code = kgtools(order["words"])
    except BaseException:  # noqa: BLE001 - the parent asks what became of it
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _count_steps(first: str, fatal: int | None, by: int, tell: int) -> None:
    """Tell each step, from the first that is called so, and die at the `fatal`-th, from 0."""
    counted = -1

    def step(name: str) -> None:
        nonlocal counted
        if counted >= 0 or name.startswith(first):
            counted += 1
            os.write(tell, f"{name}\n".encode())
            if counted == fatal:
                os.kill(os.getpid(), by)

    def around(owner: Any, name: str) -> None:
        call: Callable[..., Any] = getattr(owner, name)

        def called(*args: Any, **kwargs: Any) -> Any:
            step(f"before {name}")
            result = call(*args, **kwargs)
            step(f"after {name}")
            return result

        setattr(owner, name, called)

    def heard(event: str, args: tuple[Any, ...]) -> None:
        if event in CHANGES or (event == "open" and isinstance(args[2], int) and args[2] & WRITES):
            step(f"{event} {args[0]}")

    import polars as pl
    from neo4j._sync.work.transaction import TransactionBase

    around(os, "fsync")
    around(pl.DataFrame, "write_parquet")
    around(pl.DataFrame, "write_ndjson")
    around(TransactionBase, "run")
    around(TransactionBase, "_commit")
    sys.addaudithook(heard)


if __name__ == "__main__":
    main()
