"""What the commands of templates print."""

from pathlib import Path
from typing import Any

import polars as pl

from kgtools.templates.generate import Result
from kgtools.templates.pack import Pack
from kgtools.tools.output import print_json, print_table
from kgtools.tools.terminal import say


def print_result(result: Result, folder: str, style: str, examples: int) -> None:
    """Records by template, what became of every triple, and some pairs of each language."""
    counts = result.counts
    if style == "json":
        print_json(counts)
        return
    _print_templates(result.records, list(counts["triples"]))
    reasons = sorted(
        {reason for fates in counts["triples"].values() for reason in fates}, key=lambda r: (r != "exported", r)
    )
    langs = list(counts["triples"])
    print_table(
        ["triples", *langs],
        [[reason, *(counts["triples"][lang].get(reason, 0) for lang in langs)] for reason in reasons],
    )
    print_table(["licence", "records"], list(counts["by_license"].items()))
    if "lengths" in counts:
        _print_lengths(counts["lengths"])
        _print_names(counts["names"], counts["refused"])
    for lang in langs:
        print_examples(result.records.filter(pl.col("lang") == lang), lang, examples)
    noun = "preferences" if "lengths" in counts else "records"
    say(
        f"\n{counts['records']:,} {noun} are in {folder}: {noun}.parquet, {noun}.jsonl, coverage.parquet, LICENSES.md, run.json"
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


def _print_templates(records: pl.DataFrame, langs: list[str]) -> None:
    """A row a template, a column a language."""
    marks = records.select("lang", pl.col("template").str.replace(r"\.(zh|en)#\d+$", "").alias("template"))
    counted = {(lang, name): n for lang, name, n in marks.group_by("lang", "template").len().iter_rows()}
    rows = [[name, *(counted.get((lang, name), 0) for lang in langs)] for name in sorted({name for _, name in counted})]
    print_table(
        ["records by template", *langs],
        [*rows, ["all", *(sum(row[i] for row in rows) for i in range(1, len(langs) + 1))]],
    )


def print_examples(records: pl.DataFrame, lang: str, count: int) -> None:
    """The first records, each of another template where there are enough, with the command that traces them."""
    shown = records.unique(
        pl.col("template").str.replace(r"\.(zh|en)#\d+$", ""), keep="first", maintain_order=True
    ).head(count)
    for row in shown.iter_rows(named=True):
        sides = [row[side] for side in ("prompt", "chosen", "rejected")] if "prompt" in row else [row["messages"]]
        said = "\n     ".join(message["content"] for side in sides for message in side)
        say(f"\n[{lang}] {said}\n     {row['template']}  {row['source']}  kgtools trace {row['id']}")


def print_trace(trace: dict[str, Any], style: str) -> None:
    """A record or a triple with where it comes from or goes to."""
    if style == "json":
        print_json(trace)
    elif "record" in trace:
        _print_record(trace)
    else:
        _print_triples([trace["triple"]])
        print_table(
            ["language", "records", "reason"],
            [[c["lang"], c["records"], c["reason"] or "exported"] for c in trace["coverage"]],
        )
        print_table(["record", "language", "template"], [[r["id"], r["lang"], r["template"]] for r in trace["records"]])


def _print_record(trace: dict[str, Any]) -> None:
    record, template = trace["record"], trace["template"]
    words = f" (words: {template['origin']})" if template["origin"] else ""
    say(f"record    {record['id']}  ({record['task']}, {record['lang']}, group {record['group']})")
    for side in ("messages", "prompt", "chosen", "rejected"):
        for message in record.get(side, ()):
            mark = side if side in ("chosen", "rejected") else message["role"]
            say(f"{mark:<9} {message['content']}")
    if "fault" in record:
        say(f"fault     {record['fault']}")
    say(f"template  {template['pack']} {template['version']}, {template['file']}, variant {template['variant']}{words}")
    say(f"licence   {trace['license']}\n")
    _print_triples(trace["triples"])
    if trace["names"]:
        rows = [[n["entity"], n["name_en"], n["table"], n["license"] or ""] for n in trace["names"]]
        print_table(["entity", "English name", "from", "licence"], rows)


def _print_triples(triples: list[dict[str, Any]]) -> None:
    rows = []
    for triple in triples:
        for place in triple["origins"]:
            where = f"{place['file']}:{place['row']}"
            rows.append(
                [
                    triple["id"],
                    triple["head"],
                    triple["relation"],
                    triple["tail"],
                    place["source"],
                    where,
                    place["field"],
                ]
            )
    print_table(["triple", "head", "relation", "tail", "source", "file:row", "field"], rows)


def print_packs(packs: list[Pack], faults: dict[Path, list[str]] | None, style: str) -> None:
    """The packs with their templates, or what lint found in them."""
    rows = [
        {"pack": p.info.name, "version": p.info.version, "templates": len(p.info.templates), "variants": sum(len(t.variants) for t in p.templates),
         "license": p.info.license, "title": p.info.title} | ({"faults": faults[p.folder]} if faults is not None else {})
        for p in packs
    ]  # fmt: skip
    if style == "json":
        print_json(rows)
        return
    print_table(
        ["pack", "version", "templates", "variants", "licence", "title"], [list(row.values())[:6] for row in rows]
    )
    for each in (faults or {}).values():
        for fault in each:
            say(fault)
