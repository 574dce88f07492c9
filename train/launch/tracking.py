"""Lines of metrics handed on to trackers of experiments: TensorBoard, Weights & Biases, SwanLab, trackio."""

import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from kgtools.tools.errors import KgtoolsError
from kgtools.tools.terminal import tell
from kgtools.train.paper import WORDS
from kgtools.train.recipe import Recipe, Tracker

PROJECT = "kgtools"
"""What trackers that have projects call the one of our runs."""
PRIVATE = {
    "wandb": {
        "WANDB_CONSOLE": "off", "WANDB_DISABLE_CODE": "true", "WANDB_DISABLE_GIT": "true", "WANDB__DISABLE_META": "true",
        "WANDB_ERROR_REPORTING": "false",
    },
    "swanlab": {
        "SWANLAB_PROBE_RUNTIME": "false", "SWANLAB_PROBE_GIT": "false", "SWANLAB_PROBE_SWANLAB": "false",
        "SWANLAB_TERMINAL_PROXY_TYPE": "none",
    },
}  # fmt: skip
"""What a tracker is not to take beside what it is given, the command and its paths above all; unless the user's environment says otherwise."""
AWAY = {
    "wandb": "`wandb login`, or WANDB_MODE=offline", "swanlab": "`swanlab login`, or SWANLAB_MODE=offline",
}  # fmt: skip
"""How a tracker that tells a server begins without one."""

Show = Callable[[dict[str, Any]], None]


@contextmanager
def report(recipe: Recipe, stage: str, out: Path, done: int, show: Show) -> Iterator[Show]:
    """Gives each line of metrics to `show` and to the trackers of a recipe, as a run in `out` that goes on after step `done`.

    Raises KgtoolsError for one that cannot begin. One that fails later is left out and told of: what it misses is in the metrics."""
    with ExitStack() as ends:
        trackers: dict[Tracker, Any] = {}
        if recipe.report_to:
            _detach_accelerate()
        for name in recipe.report_to:
            trackers[name] = _begin(name, recipe, stage, out, done)
            ends.callback(_try, trackers, name, partial(_end, name))

        def show_and_report(line: dict[str, Any]) -> None:
            show(line)
            values = numbers(line)
            for name in list(trackers):
                _try(trackers, name, lambda tracker: tracker.log(values, step=line["step"]))

        yield show_and_report


def _detach_accelerate() -> None:
    """Let accelerate know that this process takes no GPU and meets nobody, whatever the environment says: those that train are others."""
    from accelerate import PartialState
    from accelerate.utils import clear_environment

    with clear_environment():
        PartialState(cpu=True)


def _begin(name: Tracker, recipe: Recipe, stage: str, out: Path, done: int) -> Any:
    from accelerate.tracking import LOGGER_TYPE_TO_CLASS

    if name == "wandb":
        # `train.launch.requirements.QUIET` switches it off, and still does where the training is
        os.environ.pop("WANDB_DISABLED", None)
    for key, value in PRIVATE.get(name, {}).items():
        os.environ.setdefault(key, value)
    try:
        with redirect_stdout(sys.stderr):
            tracker = LOGGER_TYPE_TO_CLASS[name](*_run(name, out), **_tracker_options(name, stage, out, done))
            tracker.start()
            tracker.store_init_configuration(settings(recipe, stage))
    except Exception as error:
        # libraries of others, each with errors of its own
        way = f"{AWAY[name]}; " if name in AWAY else ""
        raise KgtoolsError(
            f"report_to={name}: it cannot start: {_first_line(error)}; {way}or report_to=none"
        ) from error
    return tracker


def _run(name: Tracker, out: Path) -> tuple[Any, ...]:
    """What accelerate takes for a run's name: of TensorBoard a folder in another, else a project."""
    return (name, out) if name == "tensorboard" else (PROJECT,)


def _tracker_options(name: Tracker, stage: str, out: Path, done: int) -> dict[str, Any]:
    """How a run begins: its name, and a folder in `out` for what is written, unless the user named one."""
    if name == "tensorboard":
        # lines of steps that come again after a kill count for nothing
        return {"purge_step": done + 1}
    run, folder = f"{stage} {out.resolve().name}", out / name
    if name == "wandb":
        return {"name": run} | ({} if "WANDB_DIR" in os.environ else {"dir": str(out)})
    if name == "swanlab":
        return {"experiment_name": run} | ({} if "SWANLAB_LOG_DIR" in os.environ else {"logdir": str(folder)})
    os.environ.setdefault("TRACKIO_DIR", str(folder.resolve()))
    return {"name": run}


def _end(name: Tracker, tracker: Any) -> None:
    if name == "trackio":
        # else it ends the run once more when Python ends, with a word on stdout
        sys.modules[name].finish()
    else:
        tracker.finish()


def _try(trackers: dict[Tracker, Any], name: Tracker, act: Callable[[Any], Any]) -> None:
    if name not in trackers:
        return
    try:
        with redirect_stdout(sys.stderr):
            act(trackers[name])
    except Exception as error:  # noqa: BLE001 - a run of days does not end for a server that does not answer
        del trackers[name]
        tell(
            f"report_to={name}: failed and is left out from here on: {_first_line(error)}; metrics.jsonl has every line"
        )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def numbers(line: dict[str, Any]) -> dict[str, float]:
    """What of a line is a number, without the step; those below others as `seconds/generate`."""
    flat: dict[str, float] = {}
    for key, value in line.items():
        if isinstance(value, dict):
            flat |= {f"{key}/{below}": number for below, number in numbers(value).items()}
        elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and key != "step":
            flat[key] = value
    return flat


def settings(recipe: Recipe, stage: str) -> dict[str, bool | int | float | str]:
    """A recipe as trackers show it: flat, without what it says of itself; of places the names alone."""
    flat: dict[str, bool | int | float | str] = {"stage": stage}
    values = recipe.model_dump(mode="python", exclude=set(WORDS))
    for key in ("model", "chat_template"):
        values[key] = Path(values[key]) if Path(values[key]).exists() else values[key]
    return flat | _flatten(values)


def _flatten(value: dict[str, Any]) -> dict[str, bool | int | float | str]:
    flat: dict[str, bool | int | float | str] = {}
    for key, inner in value.items():
        if isinstance(inner, dict):
            flat |= {f"{key}.{below}": one for below, one in _flatten(inner).items()}
        else:
            plain = _name_paths(inner)
            flat[key] = plain if isinstance(plain, bool | int | float | str) else orjson.dumps(plain).decode()
    return flat


def _name_paths(value: Any) -> Any:
    if isinstance(value, Path):
        return value.resolve().name
    return [_name_paths(inner) for inner in value] if isinstance(value, list | tuple) else value
