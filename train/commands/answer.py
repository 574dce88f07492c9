"""What comes before and after training: doctor, merge, answer, reject."""

from collections.abc import Callable
from pathlib import Path

import click

from kgtools.tools.errors import Findings
from kgtools.tools.options import F, format_option, out_option
from kgtools.tools.terminal import tell
from kgtools.train.commands import changes, recipe_option, words_argument


@click.command()
@click.option("--out", type=click.Path(path_type=Path), help="Where results will go; its disk is checked.")
@format_option("table", "json")
def doctor(out: Path | None, style: str) -> None:
    """Check whether this machine can train, and say what would fail before it does.

    Versions, GPU, compiler, NCCL and gloo, DeepSpeed's ops, disk, memory, the hub. It ends with 1 where training would fail.

    \b
    Example:
      kgtools train doctor
    """
    from kgtools.train.commands.output import print_checks
    from kgtools.train.launch.doctor import examine

    checks = examine(out)
    print_checks(checks, style)
    if any(check.state == "missing" for check in checks):
        raise Findings


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--base", type=click.Path(path_type=Path), help="The base's folder, where it is not found.")
@click.option(
    "--trust-remote-code", "trust", multiple=True, type=click.Path(path_type=Path), metavar="FOLDER",
    help="Run the code that comes with the model in this folder; otherwise none is run.",
)  # fmt: skip
@out_option("./merged", "Folder for the model.")
@format_option("table", "json")
def merge(run: Path, base: Path | None, trust: tuple[Path, ...], out: Path, style: str) -> None:
    """Make one model of an adapter and its base, ready for transformers and vLLM.

    RUN is what sft, ppo or another stage wrote. The base's weights must be those that the adapter was trained on, and the merged
    model must give the same logits; else nothing is written.

    \b
    Example:
      kgtools train merge sft --out merged
    """
    from kgtools.train.commands.output import print_facts
    from kgtools.train.launch.requirements import needs_stack
    from kgtools.train.merge_adapter import merge as merge_

    needs_stack()
    print_facts("train merge", merge_(run, base, out, trust), style)
    tell(f"the model is in {out}")


def asking_options(out: str, what: str) -> Callable[[F], F]:
    """The options of a command that lets a model answer."""

    def add(command: F) -> F:
        fresh = click.option("--fresh", is_flag=True, help="Replace what --out holds.")
        dry = click.option("--dry-run", is_flag=True, help="Check everything and say what would be asked.")
        for option in (
            format_option("table", "json"),
            fresh,
            dry,
            out_option(out, what),
            recipe_option,
            words_argument,
        ):
            command = option(command)
        return command

    return add


@click.command()
@asking_options("./answers", "Folder for the answers.")
def answer(words: tuple[str, ...], name: str, out: Path, dry_run: bool, fresh: bool, style: str) -> None:
    """Generate answers to questions, saving as it goes.

    The questions are those of records or preferences, up to the last one. answers.parquet has id, prompt, answer, what was thought
    before it, and whether the model stopped by itself. The same command resumes an interrupted run.

    \b
    Example:
      kgtools train answer --recipe tiny model=merged data=chatdoctor split=all
    """
    from kgtools.train import recipe
    from kgtools.train.commands import output
    from kgtools.train.inference import answer as answering
    from kgtools.train.launch.requirements import needs_stack

    needs_stack()
    settings = recipe.load(name, "answer", answering.Answer, changes(words))
    if dry_run:
        output.print_facts("train answer", answering.preview(settings), style)
        return
    with output.counting("answers") as count:
        facts = answering.answer(settings, out, fresh, count)
    output.print_facts("train answer", facts, style)
    tell(f"answers.parquet, rejects.parquet and run.json are in {out}")


@click.command()
@asking_options("./chosen", "Folder for the records.")
def reject(words: tuple[str, ...], name: str, out: Path, dry_run: bool, fresh: bool, style: str) -> None:
    """Draw several answers to each question and keep the one that a reward model likes best, as records to train on.

    This is the rejection sampling of ChiMed-GPT. Each record's meta has the scores of all its answers, their number, the seed
    and the hashes of both models.

    \b
    Example:
      kgtools train reject --recipe tiny model=merged reward=reward data=chatdoctor allow_license=unknown allow_identified=true
    """
    from kgtools.train import recipe
    from kgtools.train.commands import output
    from kgtools.train.inference import best_of_n
    from kgtools.train.launch.requirements import needs_stack

    needs_stack()
    settings = recipe.load(name, "reject", best_of_n.Reject, changes(words))
    if dry_run:
        output.print_facts("train reject", best_of_n.preview(settings), style)
        return
    with output.counting("answers") as count:
        facts = best_of_n.reject(settings, out, fresh, count)
    output.print_facts("train reject", facts, style)
    tell(f"records.parquet, rejects.parquet and run.json are in {out}")


COMMANDS = (doctor, merge, answer, reject)
