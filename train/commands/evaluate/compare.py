"""`kgtools evaluate compare`: runs held against the first, sample by sample, and the differences as they are printed."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kgtools.tools.options import format_option, seed_option
from kgtools.tools.output import TABLE_STYLES, print_json, print_table
from kgtools.tools.terminal import tell

if TYPE_CHECKING:
    from kgtools.train.evaluate.compare import Comparison, Difference

TESTS = {
    "mcnemar": "exact McNemar test",
    "exact flips": "exact permutation test by group",
    "flips": "permutation test by group, 9,999 draws",
}
"""How a test is called in a sentence."""


ALL = "all"
MANY = 6
"""With more metrics than these that differ, a table has those of all samples, and another one the first metric by groups."""


@click.command()
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("others", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--common", is_flag=True, help="Compare the samples that all runs have, where some have more.")
@click.option("--show", type=click.IntRange(0), default=0, metavar="N", help="Print N of the samples that differ.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for differences.parquet, compare.json and run.json."
)
@seed_option
@format_option(*TABLE_STYLES, "json")
def compare(
    first: Path, others: tuple[Path, ...], common: bool, show: int, out: Path | None, seed: int, style: str
) -> None:
    """Hold runs against the first, sample by sample: what differs, and whether that can be chance.

    FIRST and OTHERS are folders that `kgtools evaluate TASK` wrote of answers to the same prompts, scored alike. For each row of their tables and
    each metric: both figures, the difference with its 95 % interval, p of a paired test (exact McNemar for rates of single samples, else exchanges of
    whole groups), p corrected for all rows of the metric (Holm), samples that are higher and lower in the other run, and the smallest difference
    that so many samples detect four times of five. Metrics whose table would say nothing new are named below; --format csv
    or json has all.

    \b
    Example:
      kgtools evaluate compare ./base ./tuned --show 3 --out ./differences
    """
    from kgtools.train.evaluate.compare import compare as run

    print_comparison(run([first, *others], seed, common, out), show, style)


def print_comparison(result: "Comparison", show: int, style: str) -> None:
    """The differences, a table for each metric, and some of the samples that differ."""
    shown = result.differences.head(show)
    if style == "json":
        print_json(result.to_dict() | ({"differences": shown.to_dicts()} if show else {}))
        return
    if style == "csv":
        print_table(list(asdict(result.rows[0])), [list(asdict(row).values()) for row in result.rows], style=style)
    else:
        alike = _alike(result)
        names = [name for name in result.metrics if name not in alike]
        if len(names) > MANY:
            _print_rows(result, [row for row in result.rows if row.by == ALL and row.metric in names], "", style)
            names = names[:1]
        for name in names:
            _print_rows(result, [row for row in result.rows if row.metric == name], name, style)
    for row in shown.iter_rows(named=True):
        _print_sample(result.runs[0], row, style)
    _tell(result)


def _alike(result: "Comparison") -> dict[str, str]:
    """Metrics whose table would say nothing new, with what it would say: nothing differs, or the figures are those of another metric."""
    found: dict[str, str] = {}
    shown: dict[tuple[Any, ...], str] = {}
    for place, name in enumerate(result.metrics):
        rows = [row for row in result.rows if row.metric == name]
        figures: tuple[Any, ...] = (
            result.metrics[name]["better"],
            *(
                (row.run, row.source, row.by, row.value, row.n, row.first, row.other, row.higher, row.lower)
                for row in rows
            ),
        )
        if figures in shown:
            found[name] = f"the same figures as {shown[figures]}"
        elif place and all(row.first == row.other and not row.higher and not row.lower for row in rows):
            found[name] = (
                f"{figure(rows[0].first, result.metrics[name]['percent']) or 'no figure'} in all runs, no sample differs"
            )
        shown.setdefault(figures, name)
    return found


def _print_rows(result: "Comparison", differences: "list[Difference]", metric: str, style: str) -> None:
    """Differences of one metric, or of several where none is named."""
    from kgtools.train.evaluate.task import CROSS

    several = len(result.runs) > 2
    first, other = result.runs[0], "other" if several else result.runs[1]
    heads = ["n", first, other, "difference", "95 %", "higher", "lower", "p", "p (Holm)", "detectable"]
    rows: list[list[Any]] = []
    for row in differences:
        if CROSS in row.by:
            continue
        percent = result.metrics[row.metric]["percent"]
        about = [row.by, row.value] if metric else [row.metric]
        rows.append([
            *([row.run] if several else []), row.source or "all", *about, row.n, figure(row.first, percent), figure(row.other, percent),
            figure(row.difference, percent, "+"), _interval(row, percent), row.higher, row.lower, _p(row.p), _p(row.p_holm),
            figure(row.smallest_difference, percent),
        ])  # fmt: skip
    lines = "; ".join(f"{run} {_in_brief(line)}" for run, line in result.contamination.items())
    who = "each run" if several else result.runs[1]
    title = f"{result.task}, {metric or 'all samples'}: {who} against {first}; contamination: {lines}"
    about = ["by", ""] if metric else ["metric"]
    print_table([*(["run"] if several else []), "source", *about, *heads], rows, title, style)


def _in_brief(line: str) -> str:
    """What is known of a run's training data, without the counts by rule that its own table has."""
    return line.removeprefix("contamination: ").partition(" (records: ")[0]


def figure(value: float | None, percent: bool, sign: str = "") -> str:
    """A figure as people read it."""
    return "" if value is None else f"{100 * value:{sign}.1f}" if percent else f"{value:{sign}.3f}"


def _interval(row: "Difference", percent: bool) -> str:
    return "" if row.low is None else f"{figure(row.low, percent, '+')} to {figure(row.high, percent, '+')}"


def _p(value: float | None) -> str:
    return "" if value is None else "<0.0001" if value < 0.0001 else f"{value:.4f}" if value < 0.1 else f"{value:.2f}"


def _print_sample(first: str, row: dict[str, Any], style: str) -> None:
    rows = [
        ["question", row["question"]],
        ["reference", row["reference"]],
        *(
            [name, said]
            for run, side in ((first, "first"), (row["run"], "other"))
            for name, said in _said(run, side, row)
        ),
    ]
    print_table(["", f"{row['id']}, answer {row['sample']}"], rows, f"record {row['record']} of {row['source']}", style)


def _said(run: str, side: str, row: dict[str, Any]) -> list[tuple[str, Any]]:
    """What a run answered, what was read in it, and what it is worth."""
    read = row[f"{side}_extracted"]
    found = [(run, row[f"{side}_answer"])]
    found += [(f"{run}: read", read)] if read is not None else []
    return [*found, (f"{run}: {row['metric']}", row[f"{side}_score"])]


def _tell(result: "Comparison") -> None:
    """What the tables leave out, and what they come to."""
    from kgtools.train.evaluate.task import CROSS

    alike = _alike(result)
    if crossed := sorted({row.by for row in result.rows if CROSS in row.by}):
        tell(f"--format csv or json has differences by {', '.join(crossed)} too")
    if len(result.metrics) - len(alike) > MANY:
        tell(f"--format csv or json has the other metrics by group too: there are {len(result.metrics)}")
    for name, why in alike.items():
        tell(f"{name}: {why}")
    for run, number in result.alone.items():
        tell(f"{run}: {number:,} samples are left out, as not all runs have them")
    if result.left_out:
        tell(f"not all runs have these metrics: {', '.join(result.left_out)}")
    for what, told in (("answered", result.answered_by), ("scored by kgtools", result.versions)):
        if told:
            tell(f"{what}: " + "; ".join(f"{run} {value}" for run, value in told.items()))
    name = next(iter(result.metrics))
    percent = result.metrics[name]["percent"]
    for run in result.runs[1:]:
        _tell_main(next(row for row in result.rows if row.run == run and row.metric == name), result.runs[0], percent)
    tell(f"p (Holm): corrected for the {sum(row.metric == name for row in result.rows)} rows of a metric")
    if result.out is not None:
        tell(f"differences.parquet ({result.differences.height:,} rows), compare.json and run.json are in {result.out}")


def _tell_main(row: "Difference", first: str, percent: bool) -> None:
    if row.difference is None or row.p is None:
        tell(f"{row.metric}: cannot be compared")
        return
    tell(
        f"{row.metric}: {row.run} minus {first} is {figure(row.difference, percent, '+')} (95 % {_interval(row, percent) or 'unknown'}, "
        f"{row.interval.replace('tango', 'Tango')}), p {_p(row.p)} ({TESTS[row.test]})"
    )
    if row.smallest_difference is not None:
        least = figure(row.smallest_difference, percent)
        tell(f"n = {row.n:,}: this test would mostly miss a true difference below {least} (the column detectable)")
