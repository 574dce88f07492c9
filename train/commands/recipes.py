"""`kgtools train recipes`: the recipes that come with kgtools."""

from pathlib import Path

import click

from kgtools.tools.errors import UsageError
from kgtools.tools.options import format_option
from kgtools.tools.terminal import say, tell


@click.command("recipes")
@click.argument("action", type=click.Choice(["list", "show", "copy"]), default="list")
@click.argument("name", required=False)
@click.argument("stage", required=False)
@click.option("--out", "-o", type=click.Path(path_type=Path), help="File for copy.  [default: NAME-STAGE.yaml]")
@format_option("table", "json")
def recipes(action: str, name: str | None, stage: str | None, out: Path | None, style: str) -> None:
    """List the recipes that come with kgtools, show one or copy it.

    \b
    Example:
      kgtools train recipes show tiny sft
    """
    from kgtools.tools.outputs.atomic import write_file
    from kgtools.train import recipe

    if action == "list":
        _print_recipes(recipe.systems(), recipe.papers(), style)
        return
    if name is None or stage is None:
        raise UsageError(f"recipes {action}: name a system and a stage, as `kgtools train recipes {action} tiny sft`")
    file = recipe.find(name, stage)
    if action == "show":
        _print_recipe(file, style)
        return
    out = out or Path(f"{name.replace(':', '-')}-{stage}.yaml")
    if out.exists():
        raise UsageError(f"{out}: is there already; name another file with --out")
    write_file(out, file.read_bytes())
    tell(f"{out}: a copy to change; --recipe {out} takes it")


def _print_recipes(systems: dict[str, list[str]], papers: dict[str, str], style: str) -> None:
    """The recipes that come with kgtools, and the papers that they follow."""
    from kgtools.tools.output import print_json, print_table

    if style == "json":
        print_json({name: {"stages": stages, "paper": papers[name]} for name, stages in systems.items()})
    else:
        rows = [(name, ", ".join(stages), papers[name]) for name, stages in systems.items()]
        print_table(["system", "stages", "paper"], rows)


def _print_recipe(file: Path, style: str) -> None:
    """A recipe as it stands in its file."""
    from kgtools.tools.inputs.safe_yaml import read_yaml
    from kgtools.tools.output import print_json

    text = file.read_text(encoding="utf-8")
    if style == "json":
        print_json(read_yaml(text, file)[0])
    else:
        say(text, nl=False)
