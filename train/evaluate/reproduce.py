"""A paper's tables from one recipe: records, prompts, answers, scores and the report, of which nothing is done twice.

The folder that is written has `records/PART` (where they were read), `prompts/PART`, `answers/PART` (where a model was asked, or the user put
them), `scores/PART` and `report`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from kgtools.corpora.read import read
from kgtools.corpora.record_files import read_manifest
from kgtools.tools import registry
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.inputs.files import sha256
from kgtools.tools.registry import suggestion
from kgtools.train.evaluate.answers import Missing, file_of
from kgtools.train.evaluate.prompts import COMMAND, find_task, write_prompts
from kgtools.train.evaluate.recipe import EvaluationRecipe, Part, Records, find_recipe, load_recipe
from kgtools.train.evaluate.report.write import Report, write_report
from kgtools.train.evaluate.score import evaluate

M = TypeVar("M", bound=BaseModel)
AnswerPrompts = Callable[[Path, Path], None]
"""Lets a model answer the prompts of the first folder into the second; done already, it does nothing."""


@dataclass(frozen=True)
class State:
    """What became of a part. `records`, `prompts`, `answers`, `scores`: `there` (as before), `written` (now), or empty: they are not; `missing`:
    what the user does next; `fault`: why it could not be done."""

    part: str
    task: str
    fills: tuple[str, ...]
    records: str = ""
    prompts: str = ""
    answers: str = ""
    scores: str = ""
    missing: str = ""
    fault: str = ""


@dataclass(frozen=True)
class Reproduction:
    """`states`: of every part, in the order of the recipe; `report`: of the parts that are scored, where there are any."""

    recipe: EvaluationRecipe
    states: tuple[State, ...]
    report: Report | None
    out: Path

    def to_dict(self) -> dict[str, Any]:
        """In the names that `--format json` prints."""
        return {
            "recipe": self.recipe.title,
            "paper": self.recipe.paper,
            "parts": [asdict(state) for state in self.states],
            "report": self.report.to_dict() if self.report else None,
        }


@dataclass(frozen=True)
class Places:
    """Where things are: `data`: what the user brings; `answers`: what was answered elsewhere; `out`: what is written."""

    recipe: Path
    data: Path
    answers: Path | None
    out: Path


def reproduce(
    name: str, data: Path, out: Path, answers: Path | None = None, answer: AnswerPrompts | None = None,
    missing: Missing = "error", only: Sequence[str] = (),
) -> Reproduction:  # fmt: skip
    """Do of a paper's evaluation what can be done now, and say of each part what it lacks.

    `data`: a folder; of a part `<part>/records.parquet`, or the files that its reader reads. `answers`: a folder with `<part>.jsonl`,
    `<part>.parquet` or a folder `<part>`; without a model also `answers` of `out`. `answer`: a model, for the parts that have none there.
    `only`: these parts. What was done stays, and the next run goes on from it. Raises InputError and UsageError for the recipe; what is
    wrong with a part is the fault of its state."""
    file = find_recipe(name)
    recipe = load_recipe(file)
    for part in only:
        if part not in recipe.parts:
            raise UsageError(f"--only {part}: the recipe has no such part; {suggestion(part, list(recipe.parts))}")
    places = Places(file, data, answers, out)
    states = tuple(_try(part, recipe, places, answer, missing) for part in recipe.parts if not only or part in only)
    scored = [out / "scores" / state.part for state in states if state.scores]
    judged = [out / "judged" / state.part for state in states if (out / "judged" / state.part / "cells.json").is_file()]
    report = write_report([*scored, *judged], [recipe.paper], out / "report") if scored or judged else None
    return Reproduction(recipe, states, report, out)


def _try(name: str, recipe: EvaluationRecipe, places: Places, answer: AnswerPrompts | None, missing: Missing) -> State:
    """A part; one that cannot be done does not stop the others."""
    try:
        return _do(name, recipe, places, answer, missing)
    except (InputError, UsageError) as error:
        return State(name, recipe.parts[name].task, recipe.parts[name].fills, fault=str(error))


def _do(name: str, recipe: EvaluationRecipe, places: Places, answer: AnswerPrompts | None, missing: Missing) -> State:
    part = recipe.parts[name]
    state = State(name, part.task, part.fills)
    if part.task not in registry.names("tasks"):
        return replace(state, missing=f"the task {part.task}, which is not installed")
    asked = recipe.parts[part.like] if part.like else part
    assert asked.records is not None
    key = part.like or name
    found = _records(asked.records, key, places)
    if found is None:
        files = f"{', '.join(asked.records.files)} in {places.data}, or " if asked.records.files else ""
        return replace(state, missing=f"{asked.records.bring}: {files}records in {places.data / key}")
    records, state = found[0], replace(state, records=found[1])
    prompts = places.out / "prompts" / key
    state = replace(state, prompts=_prompts(asked, f"{places.recipe}: parts.{key}", records, prompts))
    given = _answers(key, prompts, places, answer)
    if given is None:
        where = (places.answers or places.out / "answers") / f"{key}.jsonl"
        return replace(state, missing=f"answers to {prompts / 'prompts.jsonl'} in {where}")
    state = replace(state, answers=given[1])
    scores = places.out / "scores" / name
    wrote = _scores(part, f"{places.recipe}: parts.{name}", prompts, given[0], scores, missing)
    then = part.then.format(prompts=prompts, answers=given[0], judged=places.out / "judged" / name)
    return replace(state, scores=wrote, missing=then)


def _records(records: Records, name: str, places: Places) -> tuple[Path, str] | None:
    """The folder of a part's records, read of the user's files where these are no records yet; or the file that its task reads itself."""
    if (places.data / name / "records.parquet").is_file():
        return places.data / name, "there"
    files = sorted({file for pattern in records.files for file in places.data.glob(pattern) if file.is_file()})
    if not files:
        return None
    if records.reader is None:
        return files[0], "there"
    home = places.out / "records" / name
    said = read_manifest(home)
    wanted = sorted(map(sha256, files))
    if sorted(said.get("inputs", {}).values()) == wanted and said.get("settings", {}).get("set") == records.set:
        return home, "there"
    read(records.reader, files, home, dict(records.set))
    return home, "written"


def _prompts(part: Part, where: str, records: Path, out: Path) -> str:
    settings = _settings(find_task(part.task).prompts, part.prompts, f"{where}.prompts")
    said = read_manifest(out)
    wanted = {"task": part.task, **settings.model_dump(mode="json")}
    file = records / "records.parquet" if records.is_dir() else records
    same = said.get("command") == COMMAND and said["settings"] == wanted and _is_ours(said)
    if same and list(said["inputs"].values()) == [sha256(file)]:
        return "there"
    write_prompts(part.task, records, settings, out)
    return "written"


def _answers(name: str, prompts: Path, places: Places, answer: AnswerPrompts | None) -> tuple[Path, str] | None:
    """The user's answers; else those of the model, which are asked for where they are not there."""
    ours = places.out / "answers"
    if given := find_answers(places.answers, name) or (find_answers(ours, name) if answer is None else None):
        return given, "there"
    if answer is None:
        return None
    before = read_manifest(ours / name)
    answer(prompts, ours / name)
    return ours / name, "there" if read_manifest(ours / name) == before else "written"


def find_answers(folder: Path | None, name: str) -> Path | None:
    """The answers to a part in a folder: a file of its name, or a folder that holds them."""
    if folder is None:
        return None
    places = (
        folder / f"{name}.jsonl",
        folder / f"{name}.parquet",
        folder / name / "answers.parquet",
        folder / name / "answers.jsonl",
    )
    found = next((file for file in places if file.is_file()), None)
    return found.parent if found and found.parent != folder else found


def _scores(part: Part, where: str, prompts: Path, answers: Path, out: Path, missing: Missing) -> str:
    settings = _settings(find_task(part.task).scoring, part.scoring, f"{where}.scoring")
    file, said = file_of(answers), read_manifest(out)
    wanted = settings.model_dump(mode="json") | {"missing": missing}
    inputs = {"prompts/records.parquet": sha256(prompts / "records.parquet"), file.name: sha256(file)}
    same = said.get("command") == f"evaluate {part.task}" and said["settings"] == wanted and _is_ours(said)
    if same and inputs.items() <= said["inputs"].items():
        return "there"
    evaluate(part.task, prompts, answers, settings, out, missing)
    return "written"


def _settings(model: type[M], values: Mapping[str, Any], where: str) -> M:
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        faults = (f"{where}.{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise InputError("\n".join(faults)) from error


def _is_ours(said: Mapping[str, Any]) -> bool:
    """Whether this version of kgtools wrote it."""
    return bool(said["versions"]["kgtools"] == version("kgtools"))
