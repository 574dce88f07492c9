"""A graph into records: `kgtools generate`, and what it prints."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kgtools.kg.commands import graph_option
from kgtools.tools.options import (
    COUNT,
    SEED,
    allow_option,
    complete_names,
    empty_option,
    format_option,
    identified_option,
)
from kgtools.tools.output import print_json, print_table
from kgtools.tools.terminal import say

if TYPE_CHECKING:
    import polars as pl

    from kgtools.templates.api import GenerateResult


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
    help="What to leave out: uninformative, shop-list, partial-list, separated by commas, or none."
    "  [default: uninformative,shop-list; of packs with the words of a paper none]",
)
@click.option(
    "--per-relation", type=COUNT, help="At most this many records of each relation, of each task and language."
)
@click.option("--per-head", type=COUNT, help="At most this many records of each head, of each task and language.")
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
    help="Ask each mcq so often, its options turned.",
)
@click.option("--hops", default="2-5", show_default=True, help="How many triples a path leads over, as 2 or 2-3.")
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
    options: int,
    distractors: str,
    rotations: int,
    hops: str,
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
      abstain     what the graph cannot answer: the sources do not say
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
    from kgtools.tools.progress import show_progress, step

    if form is not None:
        formats.find(form)
    asked: dict[str, Any] = {
        "pack": packs, "task": task, "lang": langs, "count": count, "seed": seed, "max_tails": max_tails, "drop": drop,
        "per_relation": per_relation, "per_head": per_head, "options": options, "distractors": distractors, "rotations": rotations,
        "hops": hops, "shots": shots,
    }  # fmt: skip
    with show_progress("generating") as progress:
        if plan_only:
            planned = api.plan(graph, **asked, progress=progress)
        else:
            result = api.generate(graph, **asked, workers=workers, out=out, allow_empty=allow_empty, progress=progress)
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


def print_plan(planned: "pl.DataFrame", style: str) -> None:
    """A row a task and relation, a column a language."""
    import polars as pl

    if style == "json":
        print_json(planned.to_dicts())
        return
    langs = planned["lang"].unique().sort(descending=True).to_list()
    wide = planned.pivot("lang", index=["task", "relation"], values="records").fill_null(0)
    sums = (
        planned.group_by("task", "lang")
        .agg(pl.col("records").sum())
        .pivot("lang", index="task", values="records")
        .sort("task")
    )
    print_table(["task", "relation", *langs], wide.select("task", "relation", *langs).rows())
    print_table(["task", *langs], sums.fill_null(0).select("task", *langs).rows())


def print_result(result: "GenerateResult", style: str, examples: int) -> None:
    """Records by template, what became of every triple, and some pairs of each language."""
    import polars as pl

    counts, records = result.counts, result.records.collect()
    if style == "json":
        print_json(counts.to_dict())
        return
    _print_templates(records, list(counts.triples))
    reasons = sorted(
        {reason for fates in counts.triples.values() for reason in fates}, key=lambda r: (r != "exported", r)
    )
    langs = list(counts.triples)
    print_table(
        ["triples", *langs],
        [[reason, *(counts.triples[lang].get(reason, 0) for lang in langs)] for reason in reasons],
    )
    print_table(["licence", "records"], list(counts.by_license.items()))
    if counts.by_task is not None:
        _print_items(counts.by_task, counts.distractors or {}, langs)
    if counts.lengths is not None:
        _print_lengths(counts.lengths)
        _print_names(counts.names or {}, counts.refused or {})
    for lang in langs:
        print_examples(records.filter(pl.col("lang") == lang), lang, examples)
    noun = result.table
    more = "names.parquet, " if counts.by_task is not None else ""
    say(
        f"\n{counts.records:,} {noun} are in {result.out}: {noun}.parquet, {noun}.jsonl, coverage.parquet, {more}LICENSES.md, run.json"
    )


def _print_items(by_task: dict[str, dict[str, int]], distractors: dict[str, dict[str, int]], langs: list[str]) -> None:
    """How many records of each task, and whose answers wrong options are."""
    print_table(
        ["records by task", *langs],
        [[task, *(counts.get(lang, 0) for lang in langs)] for task, counts in by_task.items()],
    )
    sources = list(dict.fromkeys(where for counts in distractors.values() for where in counts))
    totals = {lang: sum(counts.values()) for lang, counts in distractors.items()}
    if sources:
        print_table(
            ["wrong options of mcq from", *langs],
            [
                [where, *(f"{distractors.get(lang, {}).get(where, 0) / (totals.get(lang) or 1):.1%}" for lang in langs)]
                for where in sources
            ],
        )


def _print_lengths(lengths: dict[str, dict[str, dict[str, float]]]) -> None:
    """Whether a model could tell the better answer by its length."""
    print_table(
        ["characters on average", "pairs", "chosen", "rejected", "gap", "chosen longer", "rejected longer"],
        [
            [
                f"{lang} {fault}",
                of["pairs"],
                f"{of['chosen']:.1f}",
                f"{of['rejected']:.1f}",
                f"{of['gap']:+.2f}",
                f"{of['chosen_longer']:.0%}",
                f"{of['rejected_longer']:.0%}",
            ]
            for lang, faults in lengths.items()
            for fault, of in faults.items()
        ],
    )


def _print_names(names: dict[str, dict[str, float]], refused: dict[str, dict[str, int]]) -> None:
    """Whether a model could tell the better answer by its names, and why other answers were not taken."""
    print_table(
        ["names by which answers differ", "names", "times", "largest difference", "share of difference", "invented"],
        [
            [
                lang,
                of["names"],
                of["times"],
                of["largest_difference"],
                f"{of['share_of_difference']:.2%}",
                of["invented"],
            ]
            for lang, of in names.items()
        ],
    )
    reasons = sorted({reason for counts in refused.values() for reason in counts})
    print_table(
        ["tries refused: may be true", *refused],
        [[reason, *(counts.get(reason, 0) for counts in refused.values())] for reason in reasons],
    )


def _print_templates(records: "pl.DataFrame", langs: list[str]) -> None:
    """A row a template, a column a language."""
    import polars as pl

    marks = records.select("lang", pl.col("template").str.replace(r"\.(zh|en)#\d+$", "").alias("template"))
    counted = {(lang, name): n for lang, name, n in marks.group_by("lang", "template").len().iter_rows()}
    rows = [[name, *(counted.get((lang, name), 0) for lang in langs)] for name in sorted({name for _, name in counted})]
    print_table(
        ["records by template", *langs],
        [*rows, ["all", *(sum(row[i] for row in rows) for i in range(1, len(langs) + 1))]],
    )


def print_examples(records: "pl.DataFrame", lang: str, count: int) -> None:
    """The first records, each of another template where there are enough, with the command that traces them."""
    import polars as pl

    shown = records.unique(
        pl.col("template").str.replace(r"\.(zh|en)#\d+$", ""), keep="first", maintain_order=True
    ).head(count)
    for row in shown.iter_rows(named=True):
        sides = [row[side] for side in ("prompt", "chosen", "rejected")] if "prompt" in row else [row["messages"]]
        text = "\n     ".join(message["content"] for side in sides for message in side)
        say(f"\n[{lang}] {text}\n     {row['template']}  {row['source']}  kgtools trace {row['id']}")
