"""Kill kgtools again and again, and look each time at what is left.

`TORTURE_KILLS=200` kills each command so often, as `make torture` does (default: 8, so that `make test` stays short);
`TORTURE_SEED=7` draws the same moments again: the seed is in every failure. A third of the kills hit steps of the commit,
the others moments drawn evenly over the whole run. From 200 on, every kill that left the old state is followed by a run
that nobody kills, else every fifth."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from kgtools.kg.graph import verify
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.tools.inputs.files import sha256

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("TORTURE_KILLS", "8"))
SEED = int(os.environ.get("TORTURE_SEED", time.time_ns() % 1_000_000))
FEWEST = 3
"""Kills of a command, and of them those that hit its commit, at least; of three kills one is left to chance."""
ALL_RERUN = KILLS >= 200
KILLED = -9
Words = list[str]
Files = dict[str, str]


def fewer(times: int) -> int:
    """The kills of a command that costs so many times as much as others: one in `times`, but some."""
    return max(KILLS // times, FEWEST)


@dataclass(frozen=True)
class Ended:
    """What became of a run: its exit code (-9: killed), its seconds, what it said, its steps."""

    code: int
    seconds: float
    said: str
    steps: list[str]


@dataclass
class Victims:
    """The process that forks the runs (tests/torture/victim.py)."""

    folder: Path
    process: "subprocess.Popen[str]"
    environment: dict[str, str] = field(default_factory=dict)
    patch: dict[str, Any] = field(default_factory=dict)

    def run(
        self,
        words: Words,
        after: float = 100.0,
        step: int | None = None,
        first: str = "",
        by: int = signal.SIGKILL,
        watch: bool = False,
    ) -> Ended:
        """`kgtools WORD...`, killed `after` so many seconds or at a step."""
        order = {
            "words": words, "after": after, "step": step, "first": first, "by": by, "watch": watch,
            "log": str(self.folder / "log"), "cwd": str(self.folder), "environment": self.environment, "patch": self.patch,
        }  # fmt: skip
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(orjson.dumps(order).decode() + "\n")
        self.process.stdin.flush()
        return Ended(**orjson.loads(self.process.stdout.readline()))

    def done(self, words: Words) -> Ended:
        """A run that nobody kills, and that ends well."""
        ended = self.run(words)
        assert ended.code == 0, f"kgtools {' '.join(words)} ended with {ended.code}:\n{ended.said}"
        return ended


@contextmanager
def victims(folder: Path) -> Iterator[Victims]:
    """Victims that work in a folder."""
    command = [sys.executable, "-m", "tests.torture.victim"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Victims(folder, process)


@dataclass(frozen=True)
class Torture:
    """Two states of a place, and the command that leads to each from the other.

    `state` names the state that is there now, or fails; `settled` looks at what a run left that nobody killed;
    `back` brings a state back without a command; `commit` is how the first step of the commit begins;
    `between`: the state that a kill in the commit may leave, for the next run to mend; `by`: the signal;
    `share`: how many of the kills hit steps of the commit, and not a moment."""

    victims: Victims
    commands: dict[str, Words]
    state: Callable[[], str]
    settled: Callable[[str], None]
    commit: str
    back: dict[str, Callable[[], None]] = field(default_factory=dict)
    between: str = ""
    by: int = signal.SIGKILL
    share: float = 1 / 3

    def run(self, kills: int = KILLS) -> dict[str, int]:
        """Kill so often; gives how many were hit at a moment and at a step, had done their work, left it in between."""
        chance, told = random.Random(SEED), {"moments": 0, "steps": 0, "done": 0, "between": 0, "reruns": 0}
        length, steps, state = self._undisturbed()
        by_step = min(len(steps), max(round(kills * self.share), min(FEWEST, kills - 1)))
        plan: list[int | None] = [(2 * at + 1) * len(steps) // (2 * by_step) for at in range(by_step)]
        plan += [None] * (kills - by_step if self.share < 1 else 0)
        chance.shuffle(plan)
        for number, at in enumerate(plan):
            where = f"seed {SEED}, kill {number}, {'a moment' if at is None else steps[at]}"
            target, state = self._kill(state, chance, length, at, where, told)
            told["done"] += state == target
            told["between"] += state == self.between
            if state != target and (ALL_RERUN or number % 5 == 0 or state == self.between):
                ended = self.victims.run(self.commands[target])
                assert ended.code == 0, f"{where}: the next run ended with {ended.code}: {ended.said}"
                state = self._settle(target)
                told["reruns"] += 1
        print(f"seed {SEED}: {length:.2f} s, {len(steps)} steps of the commit; {told}")
        return told

    def _kill(
        self, state: str, chance: random.Random, length: float, at: int | None, where: str, told: dict[str, int]
    ) -> tuple[str, str]:
        """Run the command to the other state, or to either from the one in between, until one is killed before its end;
        the state that it was to make, and the one that is there."""
        while True:
            state = self._return(state)
            target = chance.choice(sorted(self.commands)) if state == self.between else self._other(state)
            moment = {"after": chance.random() * length} if at is None else {"step": at, "first": self.commit}
            ended = self.victims.run(self.commands[target], by=self.by, **moment)
            where = f"{where}, {moment}: ended with {ended.code}: {ended.said}"
            was, state = state, self.state()
            if ended.code == (-self.by if self.by == signal.SIGKILL else 130):
                told["moments" if at is None else "steps"] += 1
                assert state in (was, target, self.between), where
                return target, state
            assert (ended.code, state) == (0, target), where
            if at is not None:  # this time the commit had fewer steps
                return target, state

    def _undisturbed(self) -> tuple[float, list[str], str]:
        """The seconds of a run, and the steps of its commit; both commands are run, and the state is the last one's."""
        length, steps, state = 0.0, list[str](), self.state()
        for _ in range(2):
            state = self._return(state)
            target = self._other(state)
            ended = self.victims.run(self.commands[target], first=self.commit, watch=True)
            assert ended.code == 0, ended.said
            state = self._settle(target)
            length, steps = max(length, ended.seconds), ended.steps
        assert steps, f"no step begins with {self.commit}"
        return length, steps, state

    def _settle(self, wanted: str) -> str:
        assert self.state() == wanted
        self.settled(wanted)
        return wanted

    def _return(self, state: str) -> str:
        """Back to the state to which no command leads, from the one that no command leaves."""
        if state in self.back or not self.back:
            return state
        ((first, bring),) = self.back.items()
        bring()
        assert self.state() == first
        return first

    def _other(self, state: str) -> str:
        (other,) = [name for name in {**self.commands, **self.back} if name != state]
        return other


def generation(folder: Path) -> Path | None:
    """The generation of a graph folder that counts."""
    pointer = folder / "current"
    return folder / pointer.read_text("ascii").split()[0] if pointer.is_file() else None


def files(folder: Path) -> Files:
    """SHA-256 of every file in a folder but the mark of one that is not finished."""
    found = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".unfinished")
    return {str(path.relative_to(folder)): sha256(path) for path in found}


@dataclass
class Watched:
    """A graph in a folder whose states are known by the bytes of their files; every generation is proved once."""

    folder: Path
    known: dict[str, Files] = field(default_factory=dict)
    proved: set[str] = field(default_factory=set)

    def learn(self, state: str) -> None:
        """What is there now is this state."""
        now = generation(self.folder)
        assert now is not None
        self.known[state] = files(now)

    def state(self) -> str:
        """The state whose bytes the current generation holds, proved by verify."""
        now = generation(self.folder)
        if now is None:
            return "none"
        found = files(now)
        (name,) = [name for name, wanted in self.known.items() if wanted == found]
        told = f"{now.name} {sha256(now / 'files.json')}"
        if told not in self.proved:
            assert verify(FolderStore(self.folder)).agrees
            self.proved.add(told)
        return name

    def settled(self, _: str) -> None:
        """Two generations at most, and nothing that was only for a while."""
        left = sorted(path.name for path in self.folder.iterdir())
        generations = [name for name in left if name.isdigit()]
        assert len(generations) <= 2
        assert [name for name in left if name not in generations] == [".lock", "current"]
        hidden = [path for name in generations for path in (self.folder / name).rglob(".*")]
        assert hidden == []
