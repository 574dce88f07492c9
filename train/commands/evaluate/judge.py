"""`kgtools evaluate judge`: a model behind a server judges answers by a rubric."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from kgtools.tools.errors import Findings
from kgtools.tools.options import complete_words, format_option, out_option, pairs
from kgtools.tools.output import TABLE_STYLES, print_json, print_table
from kgtools.tools.terminal import tell
from kgtools.train.commands import words_argument
from kgtools.train.commands.evaluate.server_options import open_client, server_options, tell_cost, tell_out

if TYPE_CHECKING:
    from kgtools.train.evaluate.judge.judge import JudgeResult
    from kgtools.train.evaluate.score import Cell

FILES = "scores.parquet, verdicts.parquet, cells.json, replies.jsonl and run.json"


def _rubrics() -> list[str]:
    from kgtools.train.evaluate.judge.rubric import rubric_names

    return rubric_names()


@click.command()
@click.argument("prompts", type=click.Path(path_type=Path))
@click.argument("answers", type=click.Path(path_type=Path))
@click.argument("others", metavar="[ANSWERS_B]", type=click.Path(path_type=Path), required=False)
@words_argument
@click.option(
    "--rubric", metavar="NAME|FILE", required=True, shell_complete=complete_words(_rubrics),
    help="clinicalgpt or pairwise (two answers), rating or checklist (one), or a YAML file.",
)  # fmt: skip
@server_options("--judge")
@click.option(
    "--calibration", type=click.Path(path_type=Path), metavar="FILE",
    help="What kgtools evaluate calibrate wrote of this judge: figures are corrected by it.",
)  # fmt: skip
@click.option(
    "--missing", type=click.Choice(["error", "wrong", "skip"]), default="error", show_default=True,
    help="What becomes of prompts without an answer.",
)  # fmt: skip
@out_option("./judged", f"Folder for {FILES}.")
@format_option(*TABLE_STYLES, "json")
def judge(
    prompts: Path, answers: Path, others: Path | None, words: tuple[str, ...], rubric: str, server: str, model: str, key_env: str | None,
    concurrency: int, tries: int, timeout_s: float, proxy: bool, price_prompt: float | None, price_answer: float | None,
    max_cost: float | None, identified: bool, fresh: bool, calibration: Path | None, missing: str, out: Path, style: str,
) -> None:  # fmt: skip
    """Let a model behind a server judge answers by a rubric.

    With ANSWERS_B pairs are judged, each in both orders: two verdicts that differ are a tie, and inconsistent. A reply that cannot be
    read is asked for again, then counted as unparsed and never guessed. Settings: those of `evaluate answer`, rounds (times a judge is
    asked before that), combine (strict or sum). The same command goes on where it was stopped, and asks nothing when all is judged.

    \b
    Example:
      kgtools evaluate judge ./prompts ./a ./b --rubric clinicalgpt --judge http://localhost:8000/v1 --model qwen
    """
    from kgtools.train.commands.progress import show_count
    from kgtools.train.evaluate.judge.calibration import read_calibration
    from kgtools.train.evaluate.judge.judge import judge as judge_answers
    from kgtools.train.evaluate.judge.settings import JudgeSettings
    from kgtools.train.evaluate.server.cost import make_prices
    from kgtools.train.evaluate.settings import parse_settings

    if others is not None and "=" in str(others) and not others.exists():
        words, others = (str(others), *words), None
    settings = parse_settings(JudgeSettings, pairs(words, "setting"))
    prices = make_prices(price_prompt, price_answer, max_cost)
    known = None if calibration is None else read_calibration(calibration)
    with (
        open_client(server, model, key_env, concurrency, tries, timeout_s, proxy) as client,
        show_count("verdicts") as count,
    ):
        result = judge_answers(
            prompts, answers, others, rubric, client, settings, out, prices=prices, calibration=known, missing=cast(Any, missing),
            fresh=fresh, allow_identified=identified, on_progress=count,
        )  # fmt: skip
    if style == "json":
        print_json(result.to_dict())
    else:
        print_judged(result, style)
    if left := sum(result.failures.values()):
        said = f" ({result.example})" if result.example else ""
        raise Findings(
            f"{left:,} questions to the judge have no reply{said}; the others are kept: run it again to ask them"
        )


def print_judged(result: "JudgeResult", style: str) -> None:
    """The figures, one below the other, each with its interval; above them who judged, and whether that is known to mean anything."""
    rows = [
        [cell.source or "all", cell.by, cell.value, cell.metric, _shown(result, cell, cell.figure), _between(result, cell), cell.n]
        for cell in result.cells
        if cell.figure is not None
    ]  # fmt: skip
    print_table(["source", "by", "", "figure", "", "95 %", "n"], rows, result.header, style)
    if style == "csv":
        tell(result.header)
    tell("verdicts: " + ", ".join(f"{name} {number:,}" for name, number in result.states.items()))
    if result.missing:
        tell(f"prompts without an answer: {result.missing:,}")
    tell(f"questions of this run: {result.calls:,}")
    tell_cost(result.facts)
    tell_out(FILES, result.out)


def _shown(result: "JudgeResult", cell: "Cell", figure: float | None) -> str:
    if figure is None:
        return ""
    return f"{100 * figure:.1f}" if result.metrics[cell.metric]["percent"] else f"{figure:.2f}"


def _between(result: "JudgeResult", cell: "Cell") -> str:
    return "" if cell.low is None else f"{_shown(result, cell, cell.low)} to {_shown(result, cell, cell.high)}"
