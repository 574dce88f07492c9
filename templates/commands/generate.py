"""The commands that own templates: generate, trace, packs."""

from pathlib import Path

import click

from kgtools.kg.commands import format_option, graph_option
from kgtools.tools.options import COUNT, SEED, allow_option, empty_option, identified_option


@click.command()
@graph_option
@click.option(
    "--pack",
    "packs",
    default="clinicalgpt,extended",
    show_default=True,
    help="Packs by name or folder, with commas between.",
)
@click.option(
    "--task",
    type=click.Choice(["qa", "preference"]),
    default="qa",
    show_default=True,
    help="qa: questions and answers. preference: with a second answer that is wrong in a known way, for reward models.",
)
@click.option("--lang", "langs", default="zh,en", show_default=True, help="Languages, with commas between.")
@click.option("--count", type=COUNT, help="At most this many records, drawn by the seed; default: all.")
@click.option("--seed", type=SEED, default=0, show_default=True, help="Decides variants, order and sample.")
@click.option(
    "--max-tails",
    type=click.IntRange(1, 2**31 - 1),
    default=12,
    show_default=True,
    help="At most this many tails in one answer; those that most sources say first.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 1024),
    default=1,
    show_default=True,
    help="Processes that render; more than 1 pays off for millions of records.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for what is made; default: ./records, of preferences ./preferences.",
)
@click.option(
    "--drop",
    help="What to leave out: uninformative, shop-list, partial-list, with commas between, or none."
    "  [default: uninformative,shop-list; of packs with the words of a paper none]",
)
@click.option("--show", "examples", type=COUNT, default=0, help="Print this many example pairs of each language.")
@click.option("--export", "form", metavar="FORMAT", help="Write them into OUT/FORMAT too, as kgtools convert does.")
@allow_option
@identified_option
@empty_option
@format_option("table", "json")
def generate(
    graph: str,
    packs: str,
    task: str,
    langs: str,
    count: int | None,
    seed: int,
    max_tails: int,
    workers: int,
    drop: str | None,
    out: Path | None,
    examples: int,
    form: str | None,
    allow: tuple[str, ...],
    identified: bool,
    allow_empty: bool,
    style: str,
) -> None:
    """Turn a graph into instruction pairs with their whole lineage.

    With --task preference each question has a second answer, as long on average, that is wrong in a known way: what sources say
    of other heads and not of this one under any name, foods to avoid for foods to eat, an invented name, up to half of it unsaid,
    or more than any source says. Every name is as often wrong as it is right, and what may be true is not called wrong. Which
    way, and what is wrong, stands in its meta; --export trl-preference gives TRL's form.

    \b
    Example:
      kgtools generate --graph ./graph --pack clinicalgpt,extended --lang zh,en --count 1000 --out ./records
    """
    from kgtools.corpora.export import format
    from kgtools.corpora.export.convert import Options, convert
    from kgtools.corpora.record_files import refuse_other
    from kgtools.kg.stores import open_store
    from kgtools.templates.commands.output import print_result
    from kgtools.templates.drops import choose_drops
    from kgtools.templates.generate import TASKS, refuse_none, write
    from kgtools.templates.generate import generate as run
    from kgtools.templates.pack import find_pack
    from kgtools.tools.errors import UsageError
    from kgtools.tools.outputs.staging import staging
    from kgtools.tools.progress import step

    store, chosen = open_store(graph), [find_pack(name) for name in packs.split(",")]
    if len({pack.info.name for pack in chosen}) < len(chosen):
        raise UsageError(f"--pack {packs}: a pack is named twice")
    languages = tuple(dict.fromkeys(langs.split(",")))
    if form is not None:
        format.find(form)
    out = out or Path("records" if task == "qa" else "preferences")
    with step("generating"), staging(out) as stage:
        refuse_other(out, TASKS[task])
        result = run(store, chosen, languages, count, seed, max_tails, workers, task, drop)
        settings = {
            "task": task,
            "packs": {pack.info.name: pack.info.version for pack in chosen}, "lang": languages, "count": count, "seed": seed, "max_tails": max_tails,
            "drop": {pack.info.name: sorted(choose_drops(pack, drop)) for pack in chosen},
        }  # fmt: skip
        refuse_none(result, graph, allow_empty)
        write(result, stage, settings, store.metadata(), chosen)
    print_result(result, str(out), style, examples)
    if form is not None:
        with step(f"writing {form}"):
            convert(
                out,
                form,
                out / form,
                Options(allow_license=allow, allow_identified=identified, allow_empty=allow_empty),
            )


@click.command()
@click.argument("id_", metavar="[RECORD_ID]", required=False)
@click.option("--triple", help="Trace a triple instead, to the records it stands in.")
@graph_option
@click.option(
    "--records",
    default="./records",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder that generate wrote.",
)
@format_option("table", "json")
def trace(id_: str | None, triple: str | None, graph: str, records: Path, style: str) -> None:
    """Follow a record to its triples, source files and lines, template and licence; or a triple to its records.

    It exits with 1 where the records' file is not what its run.json tells of, for it may have been edited, and where the
    graph was loaded from other files than they were generated from.

    \b
    Example:
      kgtools trace 3f2a9c --records ./records --graph ./graph
    """
    from kgtools.kg.stores import open_store
    from kgtools.templates.commands.output import print_trace
    from kgtools.templates.lineage import doubt, trace_record, trace_triple
    from kgtools.tools.errors import Findings, UsageError

    if (id_ is None) == (triple is None):
        raise UsageError("name one record: kgtools trace ID, or one triple: kgtools trace --triple ID")
    store = open_store(graph)
    print_trace(
        trace_record(store, records, id_) if id_ is not None else trace_triple(store, records, str(triple)), style
    )
    if said := doubt(store, records):
        raise Findings(said)


@click.command()
@click.argument("names", nargs=-1)
@click.option("--lint", "check", is_flag=True, help="Check every template; exit with 1 on a fault.")
@format_option("table", "json")
def packs(names: tuple[str, ...], check: bool, style: str) -> None:
    """List the template packs, or check them (and your own, by folder).

    \b
    Example:
      kgtools packs --lint
    """
    from kgtools.templates.commands.output import print_packs
    from kgtools.templates.lint import lint
    from kgtools.templates.pack import every_pack, find_pack
    from kgtools.tools.errors import Findings

    chosen = list(map(find_pack, names)) if names else every_pack()
    faults = {pack.folder: lint(pack) for pack in chosen} if check else None
    print_packs(chosen, faults, style)
    if faults and any(faults.values()):
        raise Findings(f"{sum(map(len, faults.values()))} faults")
