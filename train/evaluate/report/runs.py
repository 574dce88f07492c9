"""Runs: what folders of scores say of a model, and under which settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from kgtools.corpora.record_files import read_manifest
from kgtools.tools.errors import InputError, UsageError
from kgtools.train.evaluate.score import Cell

NOT_CHECKED, UNSAID = "not checked", "not said by the answers"
NO_DECODING = (
    *("title", "notes", "ours", "paper", "data", "split"),
    *("allow_identified", "allow_license", "trust_remote_code", "gpu_memory_utilization"),
)
"""Keys of a recipe that say what is asked, or what may be; not how it is answered."""
SETTINGS = ("prompt settings", "scoring", "answered by", "kgtools")
"""What of a run's description says how; the rest says what was asked and what came back."""


@dataclass(frozen=True)
class Run:
    """A folder that `kgtools evaluate TASK` wrote. `model`: what answered, as far as the answers say; `manifest`: its `run.json`."""

    folder: Path
    task: str
    model: str
    cells: tuple[Cell, ...]
    manifest: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Of its folder."""
        return self.folder.resolve().name

    @property
    def sources(self) -> tuple[str, ...]:
        """The sets that were asked."""
        return tuple(dict.fromkeys(cell.source for cell in self.cells if cell.source))

    def percent(self, metric: str) -> bool:
        """Whether the metric is a share, which people read in per cent."""
        return bool(self.manifest["metrics"][metric]["percent"])


def read_runs(folders: Sequence[Path]) -> list[Run]:
    """The runs of folders, in their order. Raises InputError for a folder that holds none, UsageError for one that is named twice."""
    seen: set[Path] = set()
    for folder in folders:
        if folder.resolve() in seen:
            raise UsageError(f"{folder}: is named twice")
        seen.add(folder.resolve())
    return [read_run(folder) for folder in folders]


def read_run(folder: Path) -> Run:
    """The run of a folder. Raises InputError where it holds none."""
    manifest, file = read_manifest(folder), folder / "cells.json"
    if not file.is_file() or not str(manifest.get("command", "")).startswith("evaluate "):
        raise InputError(f"{folder}: holds no scores; name a folder that kgtools evaluate TASK wrote")
    try:
        cells = tuple(Cell(**values) for values in orjson.loads(file.read_bytes()))
    except (orjson.JSONDecodeError, TypeError) as error:
        raise InputError(
            f"{file}: not the figures of this version of kgtools ({error}); score the answers again"
        ) from error
    # a judge's answers are verdicts on those of others: it has no prompts and decoding of its own
    common = {"prompt_settings": {}, "answered_by": {}, "states": {}, "samples": manifest["answers"]}
    task = str(manifest["command"]).removeprefix("evaluate ")
    return Run(folder, task, _model(folder, manifest), cells, common | manifest)


def _model(folder: Path, manifest: Mapping[str, Any]) -> str:
    """The model that the answers name; else the folder of the scores."""
    named = manifest.get("answered_by", {}).get("model")
    return Path(str(named)).name or str(named) if named else folder.resolve().name


def describe(run: Run) -> dict[str, str]:
    """What a figure of the run depends on, in words, by what it is about. Every table prints it."""
    said = run.manifest
    prompts = next((sha for name, sha in said["inputs"].items() if name.startswith("prompts/")), "")
    found = {
        "task": run.task,
        "set": ", ".join(run.sources),
        "prompts": f"{said['samples']:,} (SHA-256 {prompts[:12]})",
        "answers": f"{said['answers']:,}" + (f", {said['missing']:,} missing" if said["missing"] else ""),
        "not asked": _words(said.get("refused", {})),
        "prompt settings": _words(said["prompt_settings"]),
        "scoring": _words(said["settings"]),
        "answered by": _words(_decoding(said["answered_by"])) or UNSAID,
        "contamination": _line(said.get("contamination"), NOT_CHECKED),
    }
    if "judge" in said:
        found["judge"] = str(said.get("header") or _line(said["judge"], "")).removeprefix("judge ")
    if said.get("states"):
        found["read"] = _words(said["states"])
    return found | {"kgtools": said["versions"]["kgtools"]}


def _decoding(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Of a recipe's settings those that answers depend on."""
    return {key: value for key, value in settings.items() if key not in NO_DECODING}


def _line(value: Any, unsaid: str) -> str:
    """What a run says of one thing; the `line` of it, where it has one."""
    if isinstance(value, dict) and "line" in value:
        return str(value["line"]).partition(": ")[2] or str(value["line"])
    return _words(value) if value else unsaid


def _words(value: Any) -> str:
    if isinstance(value, dict):
        said = {key: inner for key, inner in sorted(value.items()) if inner not in (None, "", [], {})}
        return ", ".join(f"{key}={_words(inner)}" for key, inner in said.items())
    if isinstance(value, list):
        return "+".join(map(_words, value))
    return str(value)
