"""The template packs: `kgtools packs list`, `show`, `lint`, `new`, `preview` and `diversity`."""

from pathlib import Path

import click

from kgtools.templates.commands.printing import (
    print_diversity,
    print_findings,
    print_pack,
    print_packs,
    print_preview,
    print_template,
)
from kgtools.tools.options import SEED, complete_names, format_option, seed_option
from kgtools.tools.terminal import say, tell


@click.group(invoke_without_command=True)
@click.pass_context
def packs(ctx: click.Context) -> None:
    """Packs of templates: those there are, and your own. Without a command they are listed."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_)


@packs.command("list")
@click.argument("names", nargs=-1, shell_complete=complete_names("packs"))
@format_option("table", "json")
def list_(names: tuple[str, ...], style: str) -> None:
    """List the template packs, or those named (by name or folder).

    \b
    Example:
      kgtools packs list
    """
    from kgtools.templates.pack import every_pack, find_pack

    print_packs([find_pack(name) for name in names] if names else every_pack(), style)


@packs.command()
@click.argument("pack", shell_complete=complete_names("packs"))
@click.argument("template", required=False)
@format_option("table", "json")
def show(pack: str, template: str | None, style: str) -> None:
    """Show what a pack asks about and where its paths lead; of one TEMPLATE every text as it is written.

    \b
    Example:
      kgtools packs show clinicalgpt symptom
    """
    from kgtools.templates.describe import describe, describe_template
    from kgtools.templates.pack import find_pack

    found = find_pack(pack)
    if template is None:
        print_pack(describe(found), style)
    else:
        print_template(describe_template(found, template), style)


@packs.command()
@click.argument("names", nargs=-1, shell_complete=complete_names("packs"))
@format_option("table", "json")
def lint(names: tuple[str, ...], style: str) -> None:
    """Check every template of packs: each fault with file, line and the way out; exit with 1 on any.

    Without names all packs are checked that are installed.

    \b
    Example:
      kgtools packs lint clinicalgpt
    """
    from kgtools.templates.lint import lint as check
    from kgtools.templates.pack import find_folder
    from kgtools.tools import registry
    from kgtools.tools.errors import Findings

    every = [(name, find_folder(name)) for name in names] if names else list(registry.every("packs", Path))
    findings = {name: check(folder) for name, folder in every}
    print_findings(findings, style)
    if count := sum(map(len, findings.values())):
        raise Findings(f"{count:,} {'fault' if count == 1 else 'faults'}")


@packs.command()
@click.argument("name")
@click.option("--out", "-o", type=click.Path(path_type=Path), help="The folder to make; default: ./NAME.")
@click.option(
    "--relation", "relations", multiple=True, metavar="RELATION",
    help="Ask about this relation, or inverse; repeatable.  [default: HAS_SYMPTOM, BELONGS_TO_DEPARTMENT]",
)  # fmt: skip
def new(name: str, out: Path | None, relations: tuple[str, ...]) -> None:
    """Write a small pack that works at once, to be changed: a template a relation in both languages, and a path.

    \b
    Example:
      kgtools packs new mine --relation HAS_SYMPTOM --relation HAS_TREATMENT
    """
    from kgtools.templates.starter import create_pack

    folder = out or Path(name)
    files = create_pack(name, folder, relations)
    say(f"{folder} holds {', '.join(files)}")
    tell(f"Change the words, then: kgtools packs lint {folder}; kgtools packs preview {folder}")


@packs.command()
@click.argument("pack", shell_complete=complete_names("packs"))
@click.option("--graph", "-g", help="Take facts of this graph (a folder, or a Neo4j server); default: sample facts.")
@click.option("--lang", "langs", default="zh,en", show_default=True, help="Languages, separated by commas.")
@click.option("--template", "templates", multiple=True, help="Only this template, or path; repeatable.")
@click.option("--seed", type=SEED, default=0, show_default=True, help="Decides which facts are taken.")
@format_option("table", "json", "html")
@click.option("--out", "-o", type=click.Path(path_type=Path), help="Write the page or JSON to this file.")
def preview(
    pack: str, graph: str | None, langs: str, templates: tuple[str, ...], seed: int, style: str, out: Path | None
) -> None:
    """Render every variant of a pack, and each path, on a few facts, both languages side by side.

    Facts of a graph are of a head with one tail and of one with several, drawn by the seed; sample facts are made up. The page
    of --format html is one file for reviewers, on a screen or printed.

    \b
    Example:
      kgtools packs preview clinicalgpt --template symptom --format html --out preview.html
    """
    from kgtools.kg.stores import open_store
    from kgtools.templates.pack import find_pack
    from kgtools.templates.preview import make_preview
    from kgtools.tools.progress import step

    store = open_store(graph) if graph is not None else None
    with step("rendering"):
        made = make_preview(find_pack(pack), store, langs.split(","), templates, seed)
    print_preview(made, style, out)


@packs.command()
@click.argument("records", type=click.Path(path_type=Path))
@click.option(
    "--sample", type=click.IntRange(20, 10_000), default=200, show_default=True, help="Texts of each set that are measured.",
)  # fmt: skip
@seed_option
@format_option("table", "json")
def diversity(records: Path, sample: int, seed: int, style: str) -> None:
    """Measure how much the records that a template or task made differ in their words, and say which are monotonous.

    RECORDS is a folder that generate wrote. self-BLEU needs pip install 'kgtools[diversity]'; all else does not.

    \b
    Example:
      kgtools packs diversity records
    """
    from kgtools.templates.diversity import measure

    print_diversity(measure(records, sample, seed), style)
