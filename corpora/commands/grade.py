"""Answers graded against items: `kgtools grade`, and what it prints."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kgtools.tools.options import format_option, out_option
from kgtools.tools.output import print_json, print_table
from kgtools.tools.terminal import tell

if TYPE_CHECKING:
    from kgtools.corpora.verify.grading import Explanation
    from kgtools.corpora.verify.run import GradeResult


@click.command()
@click.argument("items", type=click.Path(path_type=Path))
@click.argument("answers", type=click.Path(path_type=Path))
@click.option(
    "--names", type=click.Path(path_type=Path),
    help="Other names of the graph, which answers may say wrongly.  [default: names.parquet beside the items]",
)  # fmt: skip
@click.option(
    "--policy", type=click.Path(path_type=Path), help="A YAML file of weights in place of those of the package."
)
@click.option("--answered-only", is_flag=True, help="Leave out items without an answer; else they count as no answer.")
@click.option(
    "--explain", "explained", metavar="ID", help="Show what was found in the answer to this item; write nothing."
)
@out_option("./scores", "Folder for scores.parquet and run.json.")
@format_option("table", "json")
def grade(
    items: Path, answers: Path, names: Path | None, policy: Path | None, answered_only: bool, explained: str | None, out: Path,
    style: str,
) -> None:  # fmt: skip
    """Grade a model's answers by what the graph says, without a graph or a model.

    ITEMS is a folder that generate wrote, or a Parquet file, of records that can be graded; ANSWERS has a line of JSON for each
    answer, with the id of its item and the text as answer, text, output or prediction, or messages. Letters, true and false, names
    in Chinese and English, denials, directions and abstentions are read; what a model thought before its answer is not. Printed
    are n, the mean total, and the rate of whole answers with its 95 % interval (Wilson), by task, relation, hops and language.

    \b
    Example:
      kgtools grade ./items answers.jsonl --out ./scores
    """
    from kgtools.corpora import api
    from kgtools.corpora.verify.run import explain_answer
    from kgtools.tools.progress import show_progress

    if explained is not None:
        print_explanation(explain_answer(items, answers, explained, names, policy), style)
        return
    with show_progress(f"grading {answers}") as progress:
        result = api.grade(
            items, answers, names=names, policy=policy, answered_only=answered_only, out=out, progress=progress
        )
    print_result(result, style)


def print_explanation(explanation: "Explanation", style: str) -> None:
    """What was found where in an answer, and what it comes to."""
    if style == "json":
        print_json(explanation.to_dict())
        return
    rows = [[each.begin, each.end, each.text, each.role, each.why] for each in explanation.found]
    print_table(["from", "to", "text", "taken for", "why it does not count"], rows, explanation.read)
    print_table(["part", "value"], list(explanation.score.to_dict().items()))


def print_result(result: "GradeResult", style: str) -> None:
    """The rates, and what was not graded."""
    if style == "json":
        print_json(result.to_dict())
        return
    rows = [
        [
            rate["by"], rate["value"], rate["n"], f"{rate['total']:.3f}", f"{rate['answer']:.1%}", f"{rate['low']:.1%}-{rate['high']:.1%}",
            f"{rate['abstained']:.1%}", f"{rate['no_answer']:.1%}",
        ]
        for rate in result.rates
    ]  # fmt: skip
    heads = ["by", "", "n", "mean total", "answer", "95 % interval", "abstained", "no answer"]
    print_table(heads, rows, f"{result.graded:,} of {result.items:,} items")
    weights = ", ".join(f"{name} {value}" for name, value in result.policy.items() if name != "title")
    tell(f"policy: {result.policy['title']} ({weights}); other names: {result.names:,}")
    for noun, number in (("unknown", result.unknown), ("repeated", result.repeated)):
        if number:
            tell(f"answers not graded, their id is {noun}: {number:,} ({', '.join(result.some[noun])} ...)")
    if result.missing:
        tell(f"items without an answer: {result.missing:,}")
    if result.without_item:
        tell(f"records that hold no item: {result.without_item:,}")
    tell(f"the scores are in {result.out}")
