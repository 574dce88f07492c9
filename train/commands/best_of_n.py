"""`kgtools train reject`: the best of several answers as records to train on."""

from pathlib import Path

import click

from kgtools.tools.terminal import tell
from kgtools.train.commands import changes, generation_options, print_facts


@click.command()
@generation_options("./chosen", "Folder for the records.")
def reject(words: tuple[str, ...], name: str, out: Path, dry_run: bool, fresh: bool, style: str) -> None:
    """Draw several answers to each question and keep the one that a reward model likes best, as records to train on.

    This is the rejection sampling of ChiMed-GPT. Each record's meta has the scores of all its answers, their number, the seed
    and the hashes of both models.

    \b
    Example:
      kgtools train reject --recipe tiny model=merged reward=reward data=chatdoctor allow_license=unknown allow_identified=true
    """
    from kgtools.train import recipe
    from kgtools.train.commands.progress import show_count
    from kgtools.train.inference import best_of_n
    from kgtools.train.launch.requirements import needs_stack

    needs_stack()
    settings = recipe.load(name, "reject", best_of_n.Reject, changes(words))
    if dry_run:
        print_facts("train reject", best_of_n.preview(settings), style)
        return
    with show_count("answers") as count:
        facts = best_of_n.reject(settings, out, fresh, count)
    print_facts("train reject", facts, style)
    tell(f"records.parquet, rejects.parquet and run.json are in {out}")
