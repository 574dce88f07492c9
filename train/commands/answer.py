"""`kgtools train answer`: a model's answers to questions."""

from pathlib import Path

import click

from kgtools.tools.terminal import tell
from kgtools.train.commands import changes, generation_options, print_facts


@click.command()
@generation_options("./answers", "Folder for the answers.")
def answer(words: tuple[str, ...], name: str, out: Path, dry_run: bool, fresh: bool, style: str) -> None:
    """Generate answers to questions, saving as it goes.

    The questions are those of records or preferences, up to the last one. answers.parquet has id, prompt, answer, what was thought
    before it, and whether the model stopped by itself. The same command resumes an interrupted run.

    \b
    Example:
      kgtools train answer --recipe tiny model=merged data=chatdoctor split=all
    """
    from kgtools.train.commands.progress import show_count
    from kgtools.train.inference.answer import answer_records
    from kgtools.train.launch.requirements import needs_stack

    needs_stack()
    with show_count("answers") as count:
        result = answer_records(name, changes(words), out, fresh=fresh, dry_run=dry_run, on_progress=count)
    print_facts("train answer", result.facts, style)
    if not dry_run:
        tell(f"answers.parquet, rejects.parquet and run.json are in {out}")
