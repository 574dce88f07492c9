"""`kgtools train merge`: an adapter and its base made one model."""

from pathlib import Path

import click

from kgtools.tools.options import format_option, out_option
from kgtools.tools.terminal import tell
from kgtools.train.commands import print_facts


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
    from kgtools.train.launch.requirements import needs_stack
    from kgtools.train.merge_adapter import merge as merge_adapter

    needs_stack()
    print_facts("train merge", merge_adapter(run, base, out, trust), style)
    tell(f"the model is in {out}")
