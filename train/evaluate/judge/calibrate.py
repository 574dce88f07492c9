"""A judge held against labels of people: how far they agree, where it leans, and the figures that people would have given."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import polars as pl

from kgtools.corpora.record_files import read_manifest
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.frames import load_table
from kgtools.tools.inputs.files import sha256, to_json
from kgtools.tools.outputs.staging import manifest, staging
from kgtools.train.evaluate.judge.calibration import COMMAND, FILE, figures_of, limits_of, topic
from kgtools.train.evaluate.judge.pairs import WORTH
from kgtools.train.evaluate.judge.tables import VERDICTS, Verdicts
from kgtools.train.evaluate.statistics.agreement import (
    correct_mean,
    count_pairs,
    find_rectifier,
    kappa_interval,
    keep_within,
    mean_of,
)
from kgtools.train.evaluate.statistics.intervals import clustered_wilson

LEAST = 2
SHOWN = 60
"""Characters of a wrong value in a message."""
FEW = 30
"""Labels, below which an interval of the correction is hardly worth its name."""
ORDER = {"pairwise": ("lose", "tie", "win"), "checklist": ("unmet", "met")}


@dataclass(frozen=True)
class CalibrationResult:
    """`parts`: by what is judged: n, agreement, kappa (and with weights), confusion (a row for each label of people, a column for each of the
    judge, whose last is of what could not be read), bias by source and category, and figures: the judge's mean, people's, and the
    corrected one."""

    out: Path
    judge: Mapping[str, Any]
    judged: str
    labels: int
    unread: int
    parts: dict[str, dict[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        """In the names that `--format json` prints."""
        return {key: value for key, value in vars(self).items() if key != "out"}


def calibrate(judged: Path, human: Path, out: Path, seed: int = 0) -> CalibrationResult:
    """Hold the verdicts of a folder that `kgtools evaluate judge` wrote against labels of people; write `calibration.json` into `out`.

    `human`: JSON lines with the `id` of a prompt and a `label`, or `labels` by part; `sample` where there are several answers. Raises
    InputError with file and line for a label that cannot be, of nothing that was judged, or given twice; UsageError for another folder."""
    said = read_manifest(judged)
    if said.get("command") != "evaluate judge":
        raise UsageError(f"{judged}: is not what kgtools evaluate judge wrote")
    about = said["judge"]
    file = judged / "verdicts.parquet"
    verdicts = VERDICTS.check(load_table(file), str(file))
    labels = _read_labels(human, about, verdicts)
    keys = pl.DataFrame(
        [(*key, label, value) for key, (label, value) in labels.items()],
        schema={"id": pl.String, "sample": pl.UInt32, "part": pl.String, "human": pl.String, "human_value": pl.Float64}, orient="row",
    )  # fmt: skip
    rows = verdicts.join(keys, on=["id", "sample", "part"], how="left", maintain_order="left")
    rows = rows.with_columns(topic(about["kind"]).alias("topic"))
    unread = rows.filter(pl.col("human").is_not_null() & pl.col("label").is_null()).height
    parts = {
        str(name): _part(about, group, seed)
        for (name,), group in rows.partition_by("topic", as_dict=True, maintain_order=True).items()
        if group.drop_nulls(["human", "label"]).height >= LEAST
    }
    if not parts:
        raise InputError(f"{human}: fewer than {LEAST} of its labels are of verdicts that could be read; label more")
    result = CalibrationResult(out, about, sha256(file), len(labels), unread, parts)
    with staging(out) as folder:
        (folder / FILE).write_bytes(to_json(result.to_dict()))
        inputs = {f"judged/{file.name}": sha256(file), human.name: sha256(human)}
        facts = {"labels": len(labels), "unread": unread, "outputs": {FILE: sha256(folder / FILE)}}
        (folder / "run.json").write_bytes(manifest(COMMAND, {"seed": seed}, inputs, **facts))
    return result


def _read_labels(
    file: Path, about: Mapping[str, Any], verdicts: Verdicts
) -> dict[tuple[str, int, str], tuple[str, float]]:
    """(id, sample, part) -> a person's label and what it is worth."""
    known = set(verdicts.select("id", "sample", "part").rows())
    only = about["parts"][0] if about["kind"] == "pairwise" or len(about["parts"]) == 1 else None
    found: dict[tuple[str, int, str], tuple[str, float]] = {}
    for where, line in _lines(file):
        by_part = line.get("labels", {str(line.get("part", "" if only is None else only)): line.get("label")})
        if not isinstance(by_part, dict) or not isinstance(line.get("id"), str):
            raise InputError(
                f'{where}: expected {{"id": ..., "label": ...}} or {{"id": ..., "labels": {{part: label}}}}'
            )
        number = line.get("sample", 0)
        if isinstance(number, bool) or not isinstance(number, int):
            raise InputError(f"{where}: sample is {_short(number)}, expected a whole number: 0, 1, ...")
        for part, word in by_part.items():
            key = (line["id"], number, part)
            if key not in known:
                raise InputError(
                    f"{where}: {line['id']}{f' ({part})' if part else ''} is nothing that was judged; {_parts_there(about)}"
                )
            if key in found:
                raise InputError(f"{where}: the second label of {line['id']} ({part}); settle on one")
            found[key] = _label(word, about, where)
    return found


def _parts_there(about: Mapping[str, Any]) -> str:
    if about["kind"] == "checklist":
        return "a criterion is named by its place from 0: part=0"
    return f"the parts are {', '.join(about['parts'])}"


def _lines(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}") from error
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        if line.strip():
            try:
                value = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise InputError(f"{file}:{number}: not JSON: {error}") from error
            yield f"{file}:{number}", value if isinstance(value, dict) else {}


def _label(word: Any, about: Mapping[str, Any], where: str) -> tuple[str, float]:
    """A label and its worth. Raises InputError for none of the judge's."""
    kind = about["kind"]
    if kind == "pairwise" and isinstance(word, str) and word in WORTH:
        return word, WORTH[word]
    if kind == "checklist" and (isinstance(word, bool) or word in ORDER[kind]):
        met = word is True or word == "met"
        return ORDER[kind][met], float(met)
    if kind == "rating" and isinstance(word, int) and not isinstance(word, bool) and word in range(*_ends(about)):
        return str(word), float(word)
    expected = {
        "pairwise": "win, tie or lose, of the first answer",
        "rating": "a whole number of the scale",
        "checklist": "true or false",
    }
    raise InputError(f"{where}: {_short(word)} is no label; expected {expected[kind]}")


def _short(value: Any) -> str:
    """What somebody wrote, as a message shows it."""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _ends(about: Mapping[str, Any]) -> tuple[int, int]:
    low, high = about["scale"]
    return low, high + 1


def _part(about: Mapping[str, Any], rows: pl.DataFrame, seed: int) -> dict[str, Any]:
    """What is said of one part. `rows`: VERDICTS with `human` and `human_value`, null where nobody labelled."""
    both = rows.drop_nulls(["human", "label"])
    rest = rows.filter(pl.col("human").is_null()).drop_nulls("label")
    human, judge, groups = both["human"].to_list(), both["label"].to_list(), both["group"].to_list()
    labels = _order(about["kind"], {*human, *judge})
    counts = count_pairs(human, judge, labels, groups)
    same = np.array([float(one == other) for one, other in zip(human, judge, strict=True)])
    return {
        "n": both.height, "agreement": _agreement(same, groups), "kappa": _kappa(counts, seed, False),
        "weighted_kappa": _kappa(counts, seed, True), "labels": labels,
        "confusion": _confusion(rows, labels), "bias": _bias(both), "figures": _figures(about, both, rest),
    }  # fmt: skip


def _order(kind: str, used: set[str]) -> list[str]:
    return sorted(used, key=float) if kind == "rating" else [label for label in ORDER[kind] if label in used]


def _agreement(same: Any, groups: Sequence[str]) -> dict[str, Any]:
    places = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    where = [places[group] for group in groups]
    interval = clustered_wilson(
        np.bincount(where, weights=same).astype(np.float64), np.bincount(where).astype(np.float64)
    )
    return {"figure": float(same.mean()), "low": interval.low, "high": interval.high}


def _kappa(counts: Any, seed: int, weighted: bool) -> dict[str, Any]:
    value, interval = kappa_interval(counts, seed, weighted)
    return {"figure": value, "low": interval.low, "high": interval.high}


def _confusion(rows: pl.DataFrame, labels: Sequence[str]) -> list[list[int]]:
    counted = Counter(rows.filter(pl.col("human").is_not_null()).select("human", pl.col("label").fill_null("")).rows())
    return [[counted[one, other] for other in (*labels, "")] for one in labels]


def _bias(both: pl.DataFrame) -> list[dict[str, Any]]:
    """By how much the judge's labels are worth more than people's: of all, of each source and each value of a category."""
    keys = [("all", "", both)]
    for (name,), rows in sorted(both.partition_by("source", as_dict=True).items()):
        keys.append(("source", str(name), rows))
    dimensions = sorted({name for text in both["by"].unique() for name in orjson.loads(text)})
    for dimension in dimensions:
        known = both.with_columns(of=pl.col("by").str.json_path_match(f"$.{dimension}")).drop_nulls("of")
        for (name,), rows in sorted(known.partition_by("of", as_dict=True).items()):
            keys.append((dimension, str(name), rows))
    found = []
    for by, name, rows in keys:
        difference = (rows["value"] - rows["human_value"]).to_numpy()
        estimate = mean_of(difference, rows["group"].to_list())
        is_known = np.isfinite(estimate.low)
        found.append({
            "by": by, "value": name, "n": estimate.n, "figure": estimate.figure, "low": estimate.low if is_known else None,
            "high": estimate.high if is_known else None,
        })  # fmt: skip
    return found


def _figures(about: Mapping[str, Any], both: pl.DataFrame, rest: pl.DataFrame) -> dict[str, Any]:
    kind, limits = about["kind"], limits_of(about)
    of_people = figures_of(kind, both["human"].to_list(), both["human_value"].to_numpy())
    of_judge = figures_of(kind, both["label"].to_list(), both["value"].to_numpy())
    of_rest = figures_of(kind, rest["label"].to_list(), rest["value"].to_numpy())
    groups, rest_groups = both["group"].to_list(), rest["group"].to_list()
    found = {}
    for name, human in of_people.items():
        judge, others = of_judge[name], of_rest[name]
        step = 0.5 if name == "preference" else 1.0
        found[name] = {
            "judge": float(np.concatenate([judge, others]).mean()), "human": float(human.mean()),
            "rectifier": find_rectifier(human, judge, groups, step)._asdict(),
            "corrected": keep_within(correct_mean(human, judge, groups, others, rest_groups, step), *limits)._asdict(),
        }  # fmt: skip
    return found
