"""Records into one mix: `kgtools merge`, and what it prints."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kgtools.corpora.commands import tell_proof
from kgtools.tools.options import SEED, complete_words, format_option, out_option, pairs
from kgtools.tools.output import print_json, print_table
from kgtools.tools.terminal import tell

if TYPE_CHECKING:
    from kgtools.corpora.mix.recipe import MixRecipe
    from kgtools.corpora.mix.result import MixResult


def recipe_names() -> list[str]:
    """The mixes of papers."""
    from kgtools.corpora.mix.recipe import names

    return names()


@click.command()
@click.argument("recipe", required=False, shell_complete=complete_words(recipe_names))
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
    from kgtools.corpora import api
    from kgtools.corpora.mix import recipe as recipes
    from kgtools.tools.progress import show_progress

    if recipe is None:
        print_recipes({name: recipes.load_recipe(name, {}) for name in recipes.names()}, style)
        return
    with show_progress(f"mixing {recipe}") as progress:
        result = api.merge(
            recipe, out=out, source=pairs(sources, "--source"), against=evalsets, without=without, key_file=key_file, seed=seed,
            dry_run=dry_run, progress=progress,
        )  # fmt: skip
    print_result(result, style)


def print_recipes(recipes: "dict[str, MixRecipe]", style: str) -> None:
    """The papers' mixes, their sources and what each must be."""
    if style == "json":
        print_json({name: recipe.model_dump(mode="json") for name, recipe in recipes.items()})
        return
    for name, recipe in recipes.items():
        rows = [
            [key, "" if of.required else "may be left away", of.cap, of.bring] for key, of in recipe.sources.items()
        ]
        print_table(["source", "", "at most", "what to bring"], rows, f"{name}: {recipe.title}. {recipe.notes.strip()}")


def print_result(result: "MixResult", style: str) -> None:
    """What was drawn of each source, what each step took out, and what the mix holds."""
    if style == "json":
        print_json(result.to_dict())
        return
    columns = ["source", "share", "available", "target", "drawn", "drawn_share", "records", "repeated", "short"]
    print_table(columns, [[row[column] for column in columns] for row in result.drawn], result.title)
    if result.removed:
        print_table(
            ["step", "source", "reason", "records"], [list(row.values()) for row in result.removed], "taken out"
        )
    rows = [[what, name, number] for what, counts in result.counts.items() for name, number in counts.items()]
    print_table(["", "", "records"], rows, "in the mix")
    for name, number in result.replaced.items():
        tell(f"de-identified: {name}, {number:,} places replaced")
    for row in result.alike:
        tell(f"kept: {row['source']}, {row['records']:,} that look like items of {row['evalset']} ({row['verdict']})")
    if result.proof:
        tell_proof(result.proof.groups.crossing, result.proof.facts.crossing, result.proof.loose_facts)
    for name, bring in result.missing.items():
        tell(f"not brought: {name} ({bring})")
    tell(
        "a dry run: nothing was written"
        if result.out is None
        else f"the mix is in {result.out}; {result.out}/mix.svg shows it",
    )
