"""`kgtools evaluate all`: the tables of a paper by one command."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from kgtools.tools.errors import Findings, UsageError
from kgtools.tools.options import complete_words, format_option, out_option
from kgtools.tools.output import print_json, print_table
from kgtools.tools.terminal import tell
from kgtools.train.commands import changes, words_argument

if TYPE_CHECKING:
    from kgtools.train.evaluate.reproduce import AnswerPrompts, Reproduction


def _recipes() -> list[str]:
    from kgtools.train.evaluate.recipe import recipes

    return recipes()


@click.command("all")
@click.option(
    "--recipe", "name", required=True, metavar="NAME|FILE", shell_complete=complete_words(_recipes),
    help="clinicalgpt, chimed-gpt, medalpaca, meds-bench, or a YAML file.",
)  # fmt: skip
@click.option(
    "--data", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True,
    help="Folder of what is asked: the files of the sets, or a folder of records for each part.",
)  # fmt: skip
@click.option(
    "--answers", type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of answers: PART.jsonl, PART.parquet, or a folder PART that train answer wrote.  [default: OUT/answers]",
)  # fmt: skip
@click.option(
    "--model",
    help="A model that answers what is not in --answers, by the recipe --system; with --server, its name there.",
)
@click.option(
    "--system", metavar="NAME|FILE", help="How the model answers: a recipe of train answer.  [default: the paper's]"
)
@click.option("--server", metavar="URL", help="An OpenAI-compatible server that has the model.")
@click.option("--only", multiple=True, metavar="PART", help="Only this part of the recipe; repeatable.")
@click.option(
    "--missing", type=click.Choice(["error", "wrong", "skip"]), default="error", show_default=True,
    help="What becomes of prompts without an answer.",
)  # fmt: skip
@words_argument
@out_option("./evaluation", "Folder for prompts, answers and scores of each part, and the report.")
@format_option("table", "markdown", "latex", "json")
@click.pass_context
def evaluate_all(
    ctx: click.Context, name: str, data: Path, answers: Path | None, model: str | None, system: str | None, server: str | None,
    only: tuple[str, ...], missing: str, words: tuple[str, ...], out: Path, style: str,
) -> None:  # fmt: skip
    """Score all that a paper's tables ask, and write them with our figures beside the published ones.

    What is there already is not done again. Without answers the prompts are written, and it says what is to be answered. KEY=VALUE
    words are settings of the model's answers, such as max_new_tokens=256. It ends with 1 where a part failed; what a part still needs is
    said, and is no failure.

    \b
    Example:
      kgtools evaluate all --recipe clinicalgpt --data ./sets --answers ./answers --out ./evaluation
    """
    from kgtools.train.evaluate.recipe import find_recipe, load_recipe
    from kgtools.train.evaluate.reproduce import reproduce

    if words and model is None:
        raise UsageError(f"{words[0]}: settings of answers are for --model")
    if server is not None and model is None:
        raise UsageError("--server needs --model: what the server calls it")
    answer: AnswerPrompts | None = None
    if model is not None and server is not None:
        answer = _asker(ctx, server, model, words)
    elif model is not None:
        answer = _model(system or load_recipe(find_recipe(name)).system, model, words)
    result = reproduce(name, data, out, answers, answer, cast(Any, missing), only)
    _print(result, style)


def _model(system: str, model: str, words: tuple[str, ...]) -> "AnswerPrompts":
    """A model here, by a recipe of `train answer`, which resumes what it began; where it has ended, its `run.json` is there."""
    from kgtools.train.launch.requirements import needs_stack

    needs_stack()

    def answer(prompts: Path, out: Path) -> None:
        from kgtools.corpora.record_files import read_manifest
        from kgtools.train.commands.progress import show_count
        from kgtools.train.inference.answer import answer_records

        if read_manifest(out).get("settings", {}).get("model") == model:
            return
        settings = changes((*words, f"data={prompts}")) | {"model": model, "split": "test"}
        with show_count("answers") as count:
            answer_records(system, settings, out, on_progress=count)

    return answer


def _asker(ctx: click.Context, server: str, model: str, words: tuple[str, ...]) -> "AnswerPrompts":
    """A model behind a server, by `kgtools evaluate answer`."""
    above = cast(click.Context, ctx.parent)
    command = cast(click.Group, above.command).get_command(above, "answer")
    if command is None:
        raise UsageError("--server: this version of kgtools asks no servers; give --answers")

    def answer(prompts: Path, out: Path) -> None:
        given = [str(prompts), *words, "--server", server, "--model", model, "--out", str(out), "--format", "json"]
        with command.make_context("answer", given, parent=above) as inner:
            command.invoke(inner)

    return answer


def _print(result: "Reproduction", style: str) -> None:
    if style == "json":
        print_json(result.to_dict())
    else:
        rows = [
            [state.part, state.task, state.records, state.prompts, state.answers, state.scores, ", ".join(state.fills)]
            for state in result.states
        ]
        columns = ["part", "task", "records", "prompts", "answers", "scores", "tables"]
        print_table(columns, rows, result.recipe.title, style)
        if result.report:
            from kgtools.train.commands.evaluate.report import print_report

            print_report(result.report, style)
    for state in result.states:
        if state.missing:
            tell(f"{state.part}: {'then' if state.scores else 'needs'} {state.missing}")
        if state.fault:
            tell(f"{state.part}: failed: {state.fault}")
    if any(state.fault for state in result.states):
        raise Findings
