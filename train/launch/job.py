"""What the workers of a stage are told: a stage's plan with all paths, as JSON beside what it is about."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import orjson

from kgtools.tools.inputs.files import to_json
from kgtools.tools.outputs.atomic import write_file
from kgtools.train.data.rows import Noun
from kgtools.train.recipe import Recipe

R = TypeVar("R", bound=Recipe)


@dataclass(frozen=True)
class Stage:
    """A stage that trains, as `pyproject.toml` names it under `kgtools.stages`.

    `about`: an imperative sentence; `run`: what each worker does, and the only thing that imports torch; `check`: what this
    stage refuses before any work, given the recipe; it raises UsageError or InputError; `fits`: the same once the base's fingerprint is
    known, and gives what else the result depends on (`Job.others`); `example`: what a first run is told beside its data."""

    name: str
    about: str
    recipe: type[Recipe]
    noun: Noun
    run: Callable[["Job"], None]
    check: Callable[[Any], None] = lambda _: None
    fits: Callable[[Any, str], dict[str, Any]] = lambda *_: {}
    example: str = ""


@dataclass(frozen=True)
class Job:
    """One stage with everything settled.

    `identity`: hash of what the result depends on: recipe, data, base, and `others` that the stage names; `base`: folder of the model
    and `fingerprint` of its weights; `tokens`: split -> file (`train.data.tokenize`); `work`: where this node works; `checkpoints`: where
    all nodes keep them; `learnt`: parameters; `flops`: floating-point operations per token; `steps`: as many as there will be, or
    about so many where records are packed; `stops`: the tokens that end an answer (`train.models.stop_tokens`); `memory`: bytes that a process needs,
    about; `resume`: the checkpoint to go on from, after `done` steps; `fresh_optimizer`: only its weights are taken; `token_rows`:
    module -> ids of tokens whose rows in its matrix are trained beside an adapter."""

    stage: str
    identity: str
    recipe: dict[str, Any]
    base: str
    fingerprint: str
    tokens: dict[str, str]
    work: str
    checkpoints: str
    world: int
    learnt: int
    flops: float
    steps: int
    stops: tuple[int, ...]
    memory: int = 0
    resume: str | None = None
    fresh_optimizer: bool = False
    done: int = 0
    others: dict[str, Any] = field(default_factory=dict)
    token_rows: dict[str, list[int]] = field(default_factory=dict)

    def settings(self, model: type[R]) -> R:
        """The recipe as the stage knows it."""
        return model.model_validate(self.recipe)

    def save(self) -> Path:
        """Write it to `job.json` of its folder."""
        path = Path(self.work) / "job.json"
        write_file(path, to_json(asdict(self)))
        return path

    @staticmethod
    def load(path: Path) -> "Job":
        """What `save` wrote."""
        fields = orjson.loads(path.read_bytes())
        return Job(**fields | {"stops": tuple(fields["stops"])})

    @property
    def metrics(self) -> Path:
        """A JSON line for each step that was logged."""
        return Path(self.work) / "metrics.jsonl"

    @property
    def makes_base(self) -> bool:
        """Whether the base was made for this run, and is to be kept beside what is made of it."""
        return Path(self.base).parent == Path(self.work)

    @property
    def result(self) -> Path:
        """What the stage makes: `adapter` or `model`, and `result.json`."""
        return Path(self.work) / "result"


COMPLETE = "complete.json"
"""In a checkpoint: written when all ranks have written their part. `world`: how many they were; `step`; `sizes`: file -> bytes."""


def sizes(checkpoint: Path) -> dict[str, int]:
    """The files of a checkpoint but its mark -> bytes."""
    files = (file for file in sorted(checkpoint.rglob("*")) if file.is_file() and file.name != COMPLETE)
    return {file.relative_to(checkpoint).as_posix(): file.stat().st_size for file in files}


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that is complete. `step`: the last that was done; `world`: processes that wrote it; `identity`: of the run."""

    folder: Path
    step: int
    world: int
    identity: str


def last_checkpoint(checkpoints: Path) -> Checkpoint | None:
    """The newest checkpoint that is complete, each file as long as when it was written."""
    marks = [(orjson.loads(mark.read_bytes()), mark.parent) for mark in checkpoints.glob(f"*/{COMPLETE}")]
    complete = [
        Checkpoint(folder, mark["step"], mark["world"], mark["identity"])
        for mark, folder in marks
        if mark.get("sizes", {}).items() <= sizes(folder).items()
    ]
    return max(complete, key=lambda checkpoint: checkpoint.step, default=None)
