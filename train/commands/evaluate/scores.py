"""`kgtools evaluate TASK`: answers to the prompts of a task scored, and the figures as they are printed."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from kgtools.tools.options import format_option, out_option, pairs
from kgtools.tools.output import TABLE_STYLES, print_json, print_table
from kgtools.tools.terminal import tell
from kgtools.train.commands import words_argument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kgtools.train.evaluate.score import Cell, Evaluation
    from kgtools.train.evaluate.task import Task

ABREAST, BESIDE = 6, 9
"""More figures, each with its interval, would be wider than a screen, and more without. Those of all samples then stand one below the other; those
of groups side by side, the first alone with its interval, where all groups have the same ones."""


def task_command(name: str, task: "Task") -> click.Command:
    """The command that scores answers to the prompts of a task."""
    keys = "\n".join(f"          {key}: {info.description}" for key, info in task.scoring.model_fields.items())

    @click.command(
        name,
        help=f"""{task.about}

        PROMPTS is a folder that `kgtools evaluate prompts {name}` wrote, or one of records, whose ids are then those of the answers. ANSWERS is
        what `kgtools train answer` wrote, or JSON lines with an id and an answer. In --out are scores.parquet, a row an answer with all that
        it was scored by, cells.json and run.json. With --trained-on the prompts are looked for in what the model was trained on, by the rules of
        `kgtools decontaminate`; those that stand there are marked, and every figure is given for the others alone too.

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
    @click.option(
        "--trained-on", "trained_on", multiple=True, type=click.Path(path_type=Path), metavar="DIR",
        help="Records that the model was trained on, or the folder of its training; repeatable.",
    )  # fmt: skip
    @format_option(*TABLE_STYLES, "json")
    def command(
        prompts: Path, answers: Path, words: tuple[str, ...], out: Path, missing: str, trained_on: tuple[Path, ...], style: str
    ) -> None:  # fmt: skip
        from kgtools.train.evaluate.score import evaluate
        from kgtools.train.evaluate.settings import parse_settings

        settings = parse_settings(task.scoring, pairs(words, "setting"))
        print_result(evaluate(name, prompts, answers, settings, out, cast(Any, missing), trained_on), style)

    return command


def print_result(result: "Evaluation", style: str) -> None:
    """The figures, each with its interval and how many samples it is of."""
    if style == "json":
        print_json(result.to_dict())
        return
    from kgtools.train.evaluate.parts import ALL
    from kgtools.train.evaluate.task import CROSS

    names = list(result.metrics)
    title = f"{result.task}: {result.answers:,} answers; {result.contamination['line']}"
    if len(names) > ABREAST:
        groups = [] if style == "csv" else _groups(result)
        whole = [row for cell, row in _down(result) if cell.by == ALL or not groups]
        print_table(["source", "by", "", "n", "figure", "", "95 %"], whole, title, style)
        if groups:
            print_table(groups[0], groups[1:], f"{result.task}: groups of samples", style)
            tell("cells.json has the interval of every figure")
    else:
        heads = ["source", "by", "", "n", *(head for name in names for head in (name, "95 %"))]
        print_table(heads, _across(result), title, style)
    if style == "csv":
        tell(result.contamination["line"])
    if crossed := sorted({cell.by for cell in result.cells if CROSS in cell.by}):
        tell(f"cells.json has figures by {', '.join(crossed)} too")
    tell(
        "settings: "
        + ", ".join(f"{key}={_word(value)}" for key, value in result.settings.items() if value not in (None, []))
    )
    for what, number in result.notes.items():
        tell(f"{what}: {number:,}")
    if result.states:
        tell("answers: " + ", ".join(f"{name} {number:,}" for name, number in result.states.items()))
    if result.missing:
        tell(f"prompts without an answer: {result.missing:,}")
    if result.refused:
        tell("records not asked: " + ", ".join(f"{name} {number:,}" for name, number in result.refused.items()))
    main = next((cell for cell in result.cells if cell.metric == names[0]), None)
    if main and main.smallest_difference:
        percent = result.metrics[names[0]]["percent"]
        least = main.smallest_difference * (100 if percent else 1)
        what = f"a difference under {least:.1f}" if not percent or least < 100 else "any difference"
        tell(
            f"n = {main.n:,}: {what} between two models on {names[0]} would mostly go unseen; a paired test on the same prompts sees more"
        )
    tell(f"scores.parquet, cells.json and run.json are in {result.out}")


def _shown_cells(result: "Evaluation") -> "list[Cell]":
    """The figures but those by two dimensions at once, of which there are too many for a table."""
    from kgtools.train.evaluate.task import CROSS

    return [cell for cell in result.cells if CROSS not in cell.by]


def _across(result: "Evaluation") -> list[list[Any]]:
    """A row for each group of samples, its figures side by side."""
    rows: dict[tuple[str, str, str], list[Any]] = {}
    for cell in _shown_cells(result):
        row = rows.setdefault((cell.source, cell.by, cell.value), [cell.source or "all", cell.by, cell.value, cell.n])
        percent = result.metrics[cell.metric]["percent"]
        row += [_shown(cell.figure, percent), _interval(cell, percent)]
    return list(rows.values())


def _down(result: "Evaluation") -> "Iterator[tuple[Cell, list[Any]]]":
    """A row for each figure; details of all samples alone, the others are in cells.json."""
    from kgtools.train.evaluate.parts import ALL

    for cell in _shown_cells(result):
        about = result.metrics[cell.metric]
        if cell.figure is not None and (cell.by == ALL or not about["detail"]):
            figures = [_shown(cell.figure, about["percent"]), _interval(cell, about["percent"])]
            yield cell, [cell.source or "all", cell.by, cell.value, cell.n, cell.metric, *figures]


def _groups(result: "Evaluation") -> list[list[Any]]:
    """The head and a row for each group of samples, its figures side by side; nothing where they are not the same, or too many."""
    from kgtools.train.evaluate.parts import ALL

    rows: dict[tuple[str, str, str], list[Cell]] = {}
    for cell, _ in _down(result):
        if cell.by != ALL:
            rows.setdefault((cell.source, cell.by, cell.value), []).append(cell)
    kinds = {tuple(cell.metric for cell in cells) for cells in rows.values()}
    if len(kinds) != 1 or len(names := kinds.pop()) > BESIDE:
        return []
    percent = [result.metrics[name]["percent"] for name in names]
    table: list[list[Any]] = [["source", "by", "", "n", names[0], "95 %", *names[1:]]]
    for (source, by, value), cells in rows.items():
        first, *others = [_shown(cell.figure, each) for cell, each in zip(cells, percent, strict=True)]
        table.append([source or "all", by, value, cells[0].n, first, _interval(cells[0], percent[0]), *others])
    return table


def _word(value: Any) -> str:
    """A setting as the command line takes it."""
    return f"[{','.join(map(str, value))}]" if isinstance(value, list) else str(value)


def _shown(figure: float | None, percent: bool) -> str:
    return "" if figure is None else f"{100 * figure:.1f}" if percent else f"{figure:.3f}"


def _interval(cell: Any, percent: bool) -> str:
    return "" if cell.low is None else f"{_shown(cell.low, percent)}-{_shown(cell.high, percent)}"
