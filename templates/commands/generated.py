"""What `kgtools generate` prints: how much was made of what, and some of it."""

from typing import TYPE_CHECKING, Any

from kgtools.tools.output import print_json, print_table
from kgtools.tools.terminal import say

if TYPE_CHECKING:
    import polars as pl

    from kgtools.templates.api import GenerateResult


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

    counts, records = result.counts, result.records
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
    if counts.by_source is not None:
        _print_sources(counts.by_source)
    if counts.permuted is not None:
        say(
            "a control set: the answers are those of other heads; {facts:,} facts, {still_true:,} of them still true, "
            "{twice:,} said twice of a head".format(**counts.permuted)
        )
    if counts.hold_out is not None:
        _print_hold_out(counts.hold_out)
    if counts.lengths is not None:
        _print_lengths(counts.lengths)
        _print_names(counts.names or {}, counts.refused or {})
    for lang in langs:
        print_examples(records, lang, examples)
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


def _print_sources(by_source: dict[str, dict[str, int]]) -> None:
    """How many records of each relation each graph has a part in."""
    names = sorted({name for counts in by_source.values() for name in counts if name != "all"})
    rows = [
        [relation, counts["all"], *(counts.get(name, 0) for name in names)] for relation, counts in by_source.items()
    ]
    sums = [sum(column) for column in zip(*(row[1:] for row in rows), strict=True)]
    print_table(["relation", "records", *names], [*rows, ["all", *sums]])


def _print_hold_out(counts: dict[str, Any]) -> None:
    """What is held out, and that nothing of it stands in records for training."""
    rows = [[each["kind"], each["drawn"], each["records"], each["shared"]] for each in counts["kinds"]]
    print_table(["held out", "of the graph or packs", "records", "in records for training"], rows)
    say(
        f"records for training {counts['free']:,}, held out {counts['held']:,}; left out, for they hold facts of both: "
        f"{counts['crossing']:,}"
    )
    if counts["shared_facts"]:
        say(f"facts held out by wording or length alone that records for training hold too: {counts['shared_facts']:,}")
    if counts["named"]:
        say(f"records for training that name a held-out entity, be it in a longer name: {counts['named']:,}")


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


def _print_templates(records: "pl.LazyFrame", langs: list[str]) -> None:
    """A row a template, a column a language."""
    import polars as pl

    marks = records.select("lang", pl.col("template").str.replace(r"\.(zh|en)#\d+$", "").alias("template"))
    counted = {
        (lang, name): n
        for lang, name, n in marks.group_by("lang", "template").len().collect(engine="streaming").iter_rows()
    }
    rows = [[name, *(counted.get((lang, name), 0) for lang in langs)] for name in sorted({name for _, name in counted})]
    print_table(
        ["records by template", *langs],
        [*rows, ["all", *(sum(row[i] for row in rows) for i in range(1, len(langs) + 1))]],
    )


def print_examples(records: "pl.LazyFrame", lang: str, count: int) -> None:
    """The first records, each of another template where there are enough, with the command that traces them."""
    import polars as pl

    numbered = records.with_row_index("number")
    marks = numbered.filter(pl.col("lang") == lang).select(
        "number", pl.col("template").str.replace(r"\.(zh|en)#\d+$", "")
    )
    first = (
        marks.group_by("template")
        .agg(pl.col("number").min())
        .sort("number")
        .head(count)
        .collect(engine="streaming")["number"]
    )
    shown = numbered.filter(pl.col("number").is_in(first.implode())).sort("number").collect(engine="streaming")
    for row in shown.iter_rows(named=True):
        sides = [row[side] for side in ("prompt", "chosen", "rejected")] if "prompt" in row else [row["messages"]]
        text = "\n     ".join(message["content"] for side in sides for message in side)
        say(f"\n[{lang}] {text}\n     {row['template']}  {row['source']}  kgtools trace {row['id']}")
