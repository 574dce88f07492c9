"""Records into one mix: merge."""

from pathlib import Path

import click

from kgtools.corpora.commands import format_option, out_option, pairs
from kgtools.tools.options import SEED


@click.command()
@click.argument("recipe", required=False)
@out_option("./mix", "Folder for records.parquet, removed.parquet, mix.svg and run.json.")
@click.option("--source", "sources", multiple=True, metavar="NAME=PATH", help="Records for a source of the recipe.")
@click.option(
    "--against", "evalsets", multiple=True, type=click.Path(path_type=Path), metavar="EVALSET",
    help="Remove what holds items of this evaluation set (records, or an index of decontaminate); repeatable.",
)  # fmt: skip
@click.option("--without", multiple=True, metavar="NAME", help="Omit a source of the recipe.")
@click.option(
    "--key-file", type=click.Path(path_type=Path), help="Key of pseudonyms.  [default: the variable KGTOOLS_KEY]"
)
@click.option("--seed", type=SEED, help="Another seed than the recipe's.")
@click.option("--dry-run", is_flag=True, help="Do it all, show what would come out, write nothing.")
@format_option("table", "json")
def merge(
    recipe: str | None,
    out: Path,
    sources: tuple[str, ...],
    evalsets: tuple[Path, ...],
    without: tuple[str, ...],
    key_file: Path | None,
    seed: int | None,
    dry_run: bool,
    style: str,
) -> None:
    """Mix records by a recipe: filter, de-identify, remove duplicates, draw by shares.

    RECIPE is a YAML file or the mix of a paper (clinicalgpt, chimed-gpt, medalpaca, meds-ins); without it, they are listed.
    The same recipe and records give the same bytes. De-identification misses more than half of all names (see kgtools
    deidentify --help): do not rely on it alone.

    \b
    Example:
      kgtools merge recipe.yaml --source graphs=./records --out ./mix
    """
    from kgtools.corpora.commands.output import print_mixed, print_recipes
    from kgtools.corpora.deidentify import key_of
    from kgtools.corpora.mix import recipe as recipes
    from kgtools.corpora.mix.merge import merge as mix
    from kgtools.tools.progress import step

    if recipe is None:
        print_recipes({name: recipes.load_recipe(name, {}) for name in recipes.names()}, style)
        return
    chosen = recipes.load_recipe(recipe, pairs(sources, "--source"), evalsets)
    if seed is not None:
        chosen = chosen.model_copy(update={"seed": seed})
    with step(f"mixing {recipe}"):
        mixed = mix(chosen, out, lambda: key_of(key_file), without, dry_run)
    print_mixed(mixed, None if dry_run else out, style)
