"""`kgtools evaluate calibrate`: a judge held against labels of people."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kgtools.tools.options import format_option, out_option, seed_option
from kgtools.tools.output import TABLE_STYLES, print_json, print_table
from kgtools.tools.terminal import tell

if TYPE_CHECKING:
    from kgtools.train.evaluate.judge.calibrate import CalibrationResult


@click.command()
@click.argument("judged", type=click.Path(path_type=Path))
@click.argument("human", type=click.Path(path_type=Path))
@seed_option
@out_option("./calibration", "Folder for calibration.json and run.json.")
@format_option(*TABLE_STYLES, "json")
def calibrate(judged: Path, human: Path, seed: int, out: Path, style: str) -> None:
    """Compare a judge with labels of people, and correct its figures by them.

    JUDGED is a folder that `kgtools evaluate judge` wrote; HUMAN has JSON lines with the id of a prompt and a label: win, tie or lose (of
    the first answer), a rating, or for a checklist true or false with part=PLACE of the criterion. Printed are agreement and Cohen's
    kappa, the judge's bias by source and category, and the figures as people would have given them (prediction-powered inference),
    each with its 95 % interval. Label a random part: what is not drawn at random corrects nothing.

    \b
    Example:
      kgtools evaluate calibrate ./judged labels.jsonl --out ./calibration
    """
    from kgtools.train.evaluate.judge.calibrate import calibrate as hold_against

    result = hold_against(judged, human, out, seed)
    if style == "json":
        print_json(result.to_dict())
    else:
        print_calibration(result, style)


def print_calibration(result: "CalibrationResult", style: str) -> None:
    """Agreement, figures and bias, and the confusion of labels."""
    from kgtools.train.evaluate.judge.calibrate import FEW

    rows: list[list[Any]] = []
    percent = result.judge["kind"] != "rating"
    for name, part in result.parts.items():
        rows.append([name, "agreement", "", part["n"], *_shown(part["agreement"], True)])
        for key in ("kappa", "weighted_kappa"):
            rows.append([name, key.replace("_", " "), "", part["n"], *_shown(part[key], False)])
        for figure, about in part["figures"].items():
            for of in ("judge", "human"):
                rows.append([name, f"{figure} by {of}", "", "", *_shown({"figure": about[of], "low": None}, percent)])
            rows.append(
                [name, f"{figure} corrected", "", about["corrected"]["n"], *_shown(about["corrected"], percent)]
            )
        for bias in part["bias"]:
            rows.append(
                [
                    name,
                    f"bias by {bias['by']}" if bias["by"] != "all" else "bias",
                    bias["value"],
                    bias["n"],
                    *_shown(bias, percent),
                ]
            )
    title = f"judge {result.judge['model']}, rubric {result.judge['rubric'].removesuffix('.yaml')}: {result.labels:,} labels of people"
    print_table(["part", "figure", "", "n", "", "95 %"], rows, title, style)
    for name, part in result.parts.items():
        heads = [f"{name}: people, judge", *part["labels"], "unread"]
        print_table(
            heads, [[label, *row] for label, row in zip(part["labels"], part["confusion"], strict=True)], style=style
        )
    if result.unread:
        tell(
            f"labels of what the judge gave no verdict on that can be read: {result.unread:,}; they are in no figure but the last column"
        )
    if few := [name for name, part in result.parts.items() if part["n"] < FEW]:
        tell(
            f"fewer than {FEW} labels of {', '.join(few)}: the intervals are too narrow more often than 5 times of 100"
        )
    tell(
        f"calibration.json and run.json are in {result.out}; kgtools evaluate judge --calibration {result.out} reads them"
    )


def _shown(value: dict[str, Any], percent: bool) -> list[str]:
    def number(one: float | None) -> str:
        return "" if one is None else f"{100 * one:.1f}" if percent else f"{one:.2f}"

    low, high = value["low"], value.get("high")
    return [number(value["figure"]), "" if low is None or low == float("-inf") else f"{number(low)} to {number(high)}"]
