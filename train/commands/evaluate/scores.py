"""`kgtools evaluate TASK`: answers to the prompts of a task scored, and the figures as they are printed."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from kgtools.tools.options import format_option, out_option, pairs
from kgtools.tools.output import TABLE_STYLES, print_json, print_table
from kgtools.tools.terminal import tell
from kgtools.train.commands import words_argument

if TYPE_CHECKING:
    from kgtools.train.evaluate.score import Evaluation
    from kgtools.train.evaluate.task import Task

WIDEST = 8
"""Of so many figures at most a table has a row for each group of samples; of more, a row for each figure."""


def task_command(name: str, task: "Task") -> click.Command:
    """The command that scores answers to the prompts of a task."""
    keys = "\n".join(f"          {key}: {info.description}" for key, info in task.scoring.model_fields.items())

    @click.command(
        name,
        help=f"""{task.about}

        PROMPTS is a folder that `kgtools evaluate prompts {name}` wrote, or one of records, whose ids are then those of the answers. ANSWERS is
        what `kgtools train answer` wrote, or JSON lines with an id and an answer. In --out are scores.parquet, a row an answer with all that
        it was scored by, cells.json and run.json.

        \b
        Settings:
{keys}

        \b
        Example:
          kgtools evaluate {name} ./prompts answers.jsonl --out ./scores
        """,
    )
    @click.argument("prompts", type=click.Path(path_type=Path))
    @click.argument("answers", type=click.Path(path_type=Path))
    @words_argument
    @out_option("./scores", "Folder for scores.parquet, cells.json and run.json.")
    @click.option(
        "--missing", type=click.Choice(["error", "wrong", "skip"]), default="error", show_default=True,
        help="What becomes of prompts without an answer.",
    )  # fmt: skip
    @format_option(*TABLE_STYLES, "json")
    def command(prompts: Path, answers: Path, words: tuple[str, ...], out: Path, missing: str, style: str) -> None:
        from kgtools.train.evaluate.score import evaluate
        from kgtools.train.evaluate.settings import parse_settings

        settings = parse_settings(task.scoring, pairs(words, "setting"))
        print_result(evaluate(name, prompts, answers, settings, out, cast(Any, missing)), style)

    return command


def print_result(result: "Evaluation", style: str) -> None:
    """The figures, each with its interval and how many samples it is of."""
    if style == "json":
        print_json(result.to_dict())
        return
    names = list(result.metrics)
    heads, rows = _lines(result) if len(names) > WIDEST else _table(result)
    print_table(heads, rows, f"{result.task}: {result.answers:,} answers", style)
    if result.states:
        tell("answers: " + ", ".join(f"{name} {number:,}" for name, number in result.states.items()))
    if result.missing:
        tell(f"prompts without an answer: {result.missing:,}")
    if result.refused:
        tell("records not asked: " + ", ".join(f"{name} {number:,}" for name, number in result.refused.items()))
    main = next((cell for cell in result.cells if cell.metric == names[0]), None)
    if main and main.smallest_difference is not None:
        scale = 100 if result.metrics[names[0]]["percent"] else 1
        tell(
            f"n = {main.n:,}: a difference under {main.smallest_difference * scale:.1f} between two models on {names[0]} would mostly go unseen; a "
            "paired test on the same prompts sees more"
        )
    tell(f"scores.parquet, cells.json and run.json are in {result.out}")


def _table(result: "Evaluation") -> tuple[list[str], list[list[Any]]]:
    """A row for each group of samples, its figures beside each other."""
    names = list(result.metrics)
    rows: dict[tuple[str, str, str], list[Any]] = {}
    for cell in result.cells:
        row = rows.setdefault((cell.source, cell.by, cell.value), [cell.source or "all", cell.by, cell.value, cell.n])
        row += [
            _shown(cell.figure, result.metrics[cell.metric]["percent"]),
            _interval(cell, result.metrics[cell.metric]["percent"]),
        ]
    heads = ["source", "by", "", "n", *(head for name in names for head in (name, "95 %"))]
    return heads, list(rows.values())


def _lines(result: "Evaluation") -> tuple[list[str], list[list[Any]]]:
    """A row for each figure there is: of a task of many figures most groups of samples have few."""
    rows = [
        [
            cell.source or "all", cell.by, cell.value, cell.metric, cell.n, _shown(cell.figure, result.metrics[cell.metric]["percent"]),
            _interval(cell, result.metrics[cell.metric]["percent"]),
        ]
        for cell in result.cells
        if cell.figure is not None
    ]  # fmt: skip
    return ["source", "by", "", "figure", "n", "", "95 %"], rows


def _shown(figure: float | None, percent: bool) -> str:
    return "" if figure is None else f"{100 * figure:.1f}" if percent else f"{figure:.3f}"


def _interval(cell: Any, percent: bool) -> str:
    return "" if cell.low is None else f"{_shown(cell.low, percent)}-{_shown(cell.high, percent)}"
