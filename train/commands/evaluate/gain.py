"""`kgtools evaluate gain`: what training changed, as a table and a picture."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import click

from kgtools.tools.options import format_option, out_option, seed_option
from kgtools.tools.output import TABLE_STYLES, print_json, print_table
from kgtools.tools.terminal import tell

if TYPE_CHECKING:
    from kgtools.train.evaluate.gain import GainResult


@click.command()
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option(
    "--plot", type=click.Path(path_type=Path), help="Draw it too: FILE.html (with the numbers), FILE.svg or FILE.png."
)
@click.option(
    "--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Of the words of the plot."
)
@seed_option
@out_option("./gain", "Folder for gain.json and run.json.")
@format_option(*TABLE_STYLES, "json")
def gain(before: Path, after: Path, plot: Path | None, lang: str, seed: int, out: Path, style: str) -> None:
    """Compare a model's answers before and after training: did the facts go in, and do they generalise?

    BEFORE and AFTER are folders that `kgtools evaluate facts` wrote, of answers to the same prompts; AFTER was scored with --trained-on DIR.
    For each class of prompts there is the difference with its 95 % interval (bootstrap over groups), and how much more it is than that of a
    control set of wrong facts (generate --permute), which shows what comes of learning how to answer alone.

    \b
    Example:
      kgtools evaluate gain ./before ./after --plot gain.html
    """
    from kgtools.train.evaluate import gain_plot
    from kgtools.train.evaluate.gain import measure_gain

    if plot is not None:
        gain_plot.check(plot)
    result = measure_gain(before, after, seed, out)
    print_gain(result, style)
    if plot is not None:
        gain_plot.write(plot, result, cast(Literal["en", "zh"], lang))
        tell(f"the plot is in {plot}")
        if lang == "zh" and plot.suffix.lower() == ".png":
            tell(
                "a PNG is drawn with the fonts of this machine; where none has Chinese characters, write .html or .svg"
            )


def print_gain(result: "GainResult", style: str) -> None:
    """The gain of each class, and what it says of what was asked."""
    if style == "json":
        print_json(result.to_dict())
        return
    heads = [
        "prompts",
        "n",
        "groups",
        "before",
        "after",
        "gain",
        "95 %",
        "over control",
        "95 %",
        "invented",
        "abstained",
    ]
    print_table(heads, _rows(result), "stated, per cent, before and after", style)
    for name, shown in result.shown.items():
        tell(f"{name.replace('_', ' ')}: {shown}")
    if not result.control:
        tell("there is no control set (generate --permute), so some of a gain may be of learning how to answer alone")
    tell(f"gain.json (other figures; by relation, task and language) and run.json are in {result.out}")


def _rows(result: "GainResult") -> list[list[Any]]:
    """A row for all, for each class, and, where questions were asked in several wordings, for each class and wording."""
    from kgtools.train.evaluate.gain import WORDING

    found = {(cell.by, cell.value, cell.metric): cell for cell in result.cells}
    wordings = {value.rpartition(" ")[2] for by, value, _ in found if by == WORDING}
    rows = []
    for (by, value, metric), cell in found.items():
        if metric != "stated" or by not in ("all", "knowledge", *([WORDING] if len(wordings) > 1 else [])):
            continue
        others = [found.get((by, value, name)) for name in ("invented", "abstained")]
        rows.append([
            value or "all", cell.n, cell.groups, f"{100 * cell.before:.1f}", f"{100 * cell.after:.1f}", f"{100 * cell.gain:+.1f}",
            _interval(cell.low, cell.high), "" if cell.over is None else f"{100 * cell.over:+.1f}", _interval(cell.over_low, cell.over_high),
            *("" if other is None else f"{100 * other.gain:+.1f}" for other in others),
        ])  # fmt: skip
    return rows


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{100 * low:+.1f} to {100 * high:+.1f}"
