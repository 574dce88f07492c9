"""What is known of a judge by labels of people, and what it makes of figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import polars as pl

from kgtools.tools.errors import InputError, UsageError
from kgtools.train.evaluate.judge.rubric import Rubric
from kgtools.train.evaluate.judge.tables import Verdicts
from kgtools.train.evaluate.score import Cell
from kgtools.train.evaluate.statistics.agreement import Estimate, Rectifier, apply_rectifier, keep_within
from kgtools.train.evaluate.statistics.intervals import Floats

FILE = "calibration.json"
COMMAND = "evaluate calibrate"
SAME = ("kind", "model", "rubric_sha256", "settings")
"""What must be the same of a judge, or it is another one."""
MET = "met"
INTERVAL = "prediction-powered"


@dataclass(frozen=True)
class Calibration:
    """`judge`: whom it is about; `judged`: the SHA-256 of the verdicts that people's labels were held against; `parts`: by what is judged, as
    `calibrate` writes it."""

    judge: Mapping[str, Any]
    judged: str
    labels: int
    parts: Mapping[str, Mapping[str, Any]]

    @property
    def line(self) -> str:
        """What the header of a table says of it."""
        name, part = next(iter(self.parts.items()))
        found = part["kappa"]
        value = "kappa has no value" if found["figure"] is None else f"kappa {found['figure']:.2f}"
        between = "" if found["low"] is None else f" ({found['low']:.2f} to {found['high']:.2f})"
        return f"judge calibrated on {self.labels:,} labels of people, {value}{between} on {name}"

    @property
    def summary(self) -> dict[str, Any]:
        """What `run.json` says of it."""
        return {
            "labels": self.labels,
            "judged": self.judged,
            "kappa": {name: part["kappa"] for name, part in self.parts.items()},
        }

    def refuse_other(self, about: Mapping[str, Any]) -> None:
        """Raises UsageError where it is of another judge than this."""
        if different := [key for key in SAME if self.judge[key] != about[key]]:
            raise UsageError(
                f"--calibration: is of another judge ({', '.join(different)}); calibrate this one, or judge as that one does"
            )


def read_calibration(source: Path) -> Calibration:
    """What `kgtools evaluate calibrate` wrote: its file, or the folder of it. Raises InputError."""
    file = source / FILE if source.is_dir() else source
    try:
        value = orjson.loads(file.read_bytes())
        found = Calibration(value["judge"], value["judged"], value["labels"], value["parts"])
        # what every table says of it; and by what it is known to be of this judge
        _ = found.line, found.summary, [found.judge[key] for key in SAME]
        return found
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}; name what kgtools evaluate calibrate wrote") from error
    except (orjson.JSONDecodeError, AttributeError, KeyError, StopIteration, TypeError, ValueError) as error:
        raise InputError(f"{file}: not what kgtools evaluate calibrate wrote") from error


def topic(kind: str) -> pl.Expr:
    """What a verdict is counted under: all criteria of a checklist together, else each part by itself."""
    return pl.lit(MET) if kind == "checklist" else pl.col("part")


def figures_of(kind: str, labels: Sequence[str], values: Floats) -> dict[str, Floats]:
    """The values whose means are figures: of pairs the share of each outcome, and the preference; else the mean. `values`: what the labels are
    worth."""
    if kind != "pairwise":
        return {"score" if kind == "rating" else MET: values}
    shares = {name: np.array([float(label == name) for label in labels]) for name in ("win", "tie", "lose")}
    return shares | {"preference": values}


def limits_of(about: Mapping[str, Any]) -> tuple[float, float]:
    """Between which every figure of a judge is."""
    low, high = about["scale"] if about["kind"] == "rating" else (0, 1)
    return float(low), float(high)


def corrected_cells(calibration: Calibration, verdicts: Verdicts, sha256: str, rubric: Rubric) -> list[Cell]:
    """The figures of all as people would have given them. Of the very verdicts that the labels were held against, those of the calibration;
    of others of the same kind, the judge's mean with what corrects it."""
    cells = []
    for name, part in calibration.parts.items():
        rows = verdicts.filter(topic(rubric.kind) == name).drop_nulls("label")
        if rows.is_empty():
            continue
        groups = rows["group"].to_list()
        found = figures_of(rubric.kind, rows["label"].to_list(), rows["value"].to_numpy())
        by, value = ("all", "") if name in (rubric.main, MET) else ("aspect", name)
        for figure, values in found.items():
            about = part["figures"][figure]
            if calibration.judged == sha256:
                estimate = Estimate(**about["corrected"])
            else:
                known = about["rectifier"]
                rectifier = Rectifier(
                    known["figure"], inf if known["variance"] is None else known["variance"], known["n"]
                )
                estimate = keep_within(apply_rectifier(values, groups, rectifier), *limits_of(calibration.judge))
            cells.append(Cell(
                "", by, value, f"{figure}_corrected", estimate.figure, _finite(estimate.low), _finite(estimate.high), INTERVAL, len(values),
                len(set(groups)), None,
            ))  # fmt: skip
    return cells


def _finite(value: float | None) -> float | None:
    """An end of an interval; None where a single group told nothing of it, which JSON has as null."""
    return value if value is not None and np.isfinite(value) else None
