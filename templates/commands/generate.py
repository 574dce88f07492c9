"""A graph into records: `kgtools generate`, and what it prints."""

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from kgtools.kg.commands import graph_option
from kgtools.templates.commands.generated import print_plan, print_result
from kgtools.tools.options import (
    COUNT,
    SEED,
    allow_option,
    complete_names,
    complete_words,
    empty_option,
    format_option,
    identified_option,
)


def presets() -> list[str]:
    """The sets of papers."""
    from kgtools.templates.presets import preset_names

    return preset_names()


@click.command()
@graph_option
@click.option(
    "--pack",
    "packs",
    default="clinicalgpt,extended",
    show_default=True,
    shell_complete=complete_names("packs"),
    help="Packs by name or folder, separated by commas.",
)
@click.option(
    "--task",
    default="qa",
    show_default=True,
    help="Tasks, separated by commas, each alone or with its share: qa=0.5,mcq=0.5.",
)
@click.option("--lang", "langs", default="zh,en", show_default=True, help="Languages, separated by commas.")
@click.option(
    "--count", type=COUNT, help="At most this many records, drawn by the seed; default: all. Each rotation is one."
)
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
    help="What to leave out: uninformative, shop-list, partial-list, separated by commas, or none."
    "  [default: uninformative,shop-list; of packs with the words of a paper none]",
)
@click.option(
    "--per-relation", type=COUNT, help="At most this many records of each relation, of each task and language."
)
@click.option("--per-head", type=COUNT, help="At most this many records of each head, of each task and language.")
@click.option("--per-source", type=COUNT, help="At most this many records of each graph, of each task and language.")
@click.option(
    "--stratify",
    is_flag=True,
    help="With --count: of each relation as many as of any other, as far as there are as many.",
)
@click.option(
    "--preset",
    metavar="PRESET",
    shell_complete=complete_words(presets),
    help="The options that come nearest to a paper's set (cmedqa-kg), where you give no others; or a YAML file of such.",
)
@click.option(
    "--options", type=click.IntRange(4, 5), default=4, show_default=True, help="Of each question of the task mcq."
)
@click.option(
    "--distractors",
    type=click.Choice(["random", "department", "neighbour"]),
    default="neighbour",
    show_default=True,
    help="Whose answers wrong options are: of any head, of one of the same department, of those that share most symptoms.",
)
@click.option(
    "--rotations",
    type=click.IntRange(1, 5),
    default=1,
    show_default=True,
    help="Ask each mcq so often, its options turned: as many records.",
)
@click.option("--hops", default="2-5", show_default=True, help="How many triples a path leads over, as 2 or 2-3.")
@click.option(
    "--hold-out",
    metavar="KIND=WHAT,...",
    multiple=True,
    help="Keep for test: facts=0.1, entities=0.05, relations=NAME, templates=0.1, hops=4-5, together or alone; again adds to it.",
)
@click.option(
    "--permute",
    is_flag=True,
    help="A control set: answers are those of other heads. train and convert refuse it. Not with cypher.",
)
@click.option(
    "--shots",
    type=click.IntRange(1, 8),
    default=3,
    show_default=True,
    help="Cases before each question of the task fewshot.",
)
@click.option("--plan", "plan_only", is_flag=True, help="Print how many records there would be; write nothing.")
@click.option("--show", "examples", type=COUNT, default=0, help="Print this many example pairs of each language.")
@click.option(
    "--export",
    "form",
    metavar="FORMAT",
    shell_complete=complete_names("formats"),
    help="Write them into OUT/FORMAT too, as kgtools convert does.",
)
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
    per_relation: int | None,
    per_head: int | None,
    per_source: int | None,
    stratify: bool,
    preset: str | None,
    options: int,
    distractors: str,
    rotations: int,
    hops: str,
    hold_out: tuple[str, ...],
    permute: bool,
    shots: int,
    plan_only: bool,
    out: Path | None,
    examples: int,
    form: str | None,
    allow: tuple[str, ...],
    identified: bool,
    allow_empty: bool,
    style: str,
) -> None:
    """Turn a graph into instruction pairs, and into items that can be graded, with full lineage.

    \b
    Tasks:
      qa          questions and answers
      mcq         questions with 4 or 5 options, one or several of them right
      truefalse   statements that are true or not
      cloze       a sentence with one name left out
      list        all answers of a head, where the graph knows no more
      reverse     answers, and whose they are, where they are of one head alone
      path        questions over 2 to 5 triples, along the paths of a pack
      compare     what two heads share, or what the first alone has
      explain     whole texts, such as causes and prevention
      abstain     what the graph cannot answer: the sources do not say
      dialogue    consultations of three or four turns about a disease, without an item
      fewshot     cases before a question of the same kind, as MedS-Ins has them (--shots)
      cypher      questions whose answer is a query, with the rows that it gives
      preference  a second answer that is wrong in a known way, for reward models (alone)

    Wrong options and wrong statements are what no source says of the head, under any name. The meta of an item holds all
    that `kgtools grade` needs.

    With --task preference each question has a second answer, as long on average, that is wrong in a known way: what sources say
    of other heads and not of this one under any name, foods to avoid for foods to eat, an invented name, up to half
    of it omitted, or more than any source says. Every name is as often wrong as it is right, and what may be true is not called wrong. Its
    meta says which way, and what is wrong; --export trl-preference gives TRL's form.

    \b
    Example:
      kgtools generate --graph ./graph --pack clinicalgpt,extended --lang zh,en --count 1000 --out ./records
    """
    from kgtools.corpora.api import convert
    from kgtools.corpora.export import format as formats
    from kgtools.templates import api
    from kgtools.templates.generate.permute import refuse_export
    from kgtools.templates.presets import load_preset
    from kgtools.tools.progress import show_progress, step

    if form is not None:
        formats.find(form)
        if permute:
            refuse_export(form, allow)
    asked: dict[str, Any] = {
        "pack": packs, "task": task, "lang": langs, "count": count, "seed": seed, "max_tails": max_tails, "drop": drop,
        "per_relation": per_relation, "per_head": per_head, "options": options, "distractors": distractors, "rotations": rotations,
        "hops": hops, "shots": shots, "hold_out": ",".join(hold_out) if hold_out else None, "per_source": per_source, "stratify": stratify,
    }  # fmt: skip
    if preset is not None:
        asked |= _not_given(load_preset(preset))
    with show_progress("generating") as progress:
        if plan_only:
            planned = api.plan(graph, **asked, progress=progress)
        else:
            result = api.generate(
                graph, **asked, permute=permute, workers=workers, out=out, allow_empty=allow_empty, progress=progress
            )
    if plan_only:
        print_plan(planned, style)
        return
    print_result(result, style, examples)
    if form is not None:
        with step(f"writing {form}"):
            convert(
                result.out, format=form, out=result.out / form, allow_license=allow, allow_identified=identified,
                allow_empty=allow_empty,
            )  # fmt: skip


def _not_given(options: dict[str, Any]) -> dict[str, Any]:
    """Those of the options that the user did not give."""
    context = click.get_current_context()
    names = {"pack": "packs", "lang": "langs"}
    return {
        name: value
        for name, value in options.items()
        if context.get_parameter_source(names.get(name, name)) is ParameterSource.DEFAULT
    }
