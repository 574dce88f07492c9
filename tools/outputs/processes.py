"""Who a process is, so that another one can tell whether it is still there."""

import os
import re
import socket
import sys
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Self

APART = "~"


@dataclass(frozen=True)
class Owner:
    """A process. `boot`: which start of the machine; `space`: within which pids count (a container has its own);
    `start`: when it began, in ticks since then, for pids are used again. What a machine does not tell is empty."""

    host: str
    machine: str
    boot: str
    space: str
    pid: int
    start: str

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The owner whose `text` this is, or None."""
        words = text.split(APART)
        if len(words) != 6 or not re.fullmatch(r"[1-9]\d{0,9}", words[4]):
            return None
        host, machine, boot, space, pid, start = words
        return cls(host, machine, boot, space, int(pid), start)

    @property
    def text(self) -> str:
        """One word, fit for the name of a file."""
        return APART.join(map(str, astuple(self)))

    def __str__(self) -> str:
        return f"process {self.pid}" + ("" if self.host == this().host else f" on {self.host}")


def this() -> Owner:
    """The process that asks."""
    machine, boot = Path("/etc/machine-id"), Path("/proc/sys/kernel/random/boot_id")
    host = re.sub(r"[^\w.-]", "_", socket.gethostname(), flags=re.ASCII)[:64]
    return Owner(
        host, _read_text(machine)[:12], _read_text(boot)[:13], _space(), os.getpid(), _start(os.getpid()) or ""
    )


def is_dead(owner: Owner) -> bool:
    """Whether a process is surely over; not where nobody can tell: on another machine, in another container."""
    mine = this()
    if (owner.host, owner.machine) != (mine.host, mine.machine):
        return False
    if owner.boot != mine.boot:
        return bool(owner.boot and mine.boot)
    if owner.space != mine.space or sys.platform == "win32":  # where asking for a process ends it
        return False
    return _start(owner.pid) != owner.start


def _read_text(path: Path) -> str:
    with suppress(OSError):
        return re.sub(r"[^\w-]", "", path.read_text("ascii", errors="replace"), flags=re.ASCII)
    return ""


def _space() -> str:
    with suppress(OSError):
        return re.sub(r"\D", "", str(Path("/proc/self/ns/pid").readlink()))
    return ""


def _start(pid: int) -> str | None:
    """When a process began, empty where the system does not tell; None where there is none, or only what is left of one."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace")
    except OSError:
        return None if Path("/proc/self/stat").exists() else _is_alive(pid)
    fields = told.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else fields[19]


def _is_alive(pid: int) -> str | None:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except OSError:
        pass
    return ""
