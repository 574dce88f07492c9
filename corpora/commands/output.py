"""What the commands of corpora print, for people and for programs."""

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgtools.corpora.mix.recipe import Recipe
from kgtools.corpora.mix.result import Mixed
from kgtools.corpora.read import Outcome
from kgtools.corpora.reader import Categories, Reader
from kgtools.tools.output import print_json, print_table
from kgtools.tools.terminal import tell

if TYPE_CHECKING:
    from kgtools.corpora.categories import Counted
    from kgtools.corpora.dedup.run import Done as Deduplicated
    from kgtools.corpora.deidentify.run import Done
    from kgtools.corpora.export.convert import Exported
    from kgtools.corpora.split.plan import Plan
    from kgtools.corpora.split.run import Done as Split

SHOWN = 8
"""Keys that nobody reads, as many as are printed; all are in run.json."""


def print_outcome(outcome: Outcome, out: Path, style: str) -> None:
    """What was read, refused and changed."""
    if style == "json":
        print_json(vars(outcome))
        return
    rows = [["written", "", outcome.written]]
    for what in ("tasks", "langs", "splits", "rejected", "changed"):
        rows += [[what, name or "none", number] for name, number in getattr(outcome, what).items()]
    rows += [["duplicates", "the same id", outcome.duplicates]] if outcome.duplicates else []
    print_table(["", "", outcome.table], rows, outcome.reader)
    if outcome.unread:
        shown = [f"{key or '(no name)'} {number:,}" for key, number in islice(outcome.unread.items(), SHOWN)]
        more = len(outcome.unread) - len(shown)
        shown += [f"and {more} more keys, in {out}/run.json"] if more else []
        tell(f"keys not read: {', '.join(shown)}")
    note = f" ({outcome.license_note})" if outcome.license_note else ""
    tell(f"licence: {outcome.license}{note}; the {outcome.table} are in {out}")


def print_fits(fits: list[tuple[str, str, str]], style: str) -> None:
    """Which reader fits which file, and why."""
    if style == "json":
        print_json([dict(zip(("file", "reader", "why"), fit, strict=True)) for fit in fits])
    elif fits:
        print_table(["file", "reader", "why"], fits)


def print_reader(name: str, reader: Reader, style: str) -> None:
    """What a reader reads."""
    facts = {
        "reader": name, "title": reader.title, "files": reader.files, "license": reader.license,
        "license_note": reader.license_note, "url": reader.url, "private": reader.private,
        "settings": {key: info.description or "" for key, info in reader.settings.model_fields.items()},
    }  # fmt: skip
    if style == "json":
        print_json(facts)
    else:
        print_table(["", name], [[key, value] for key, value in facts.items() if value not in ("", {})])


def print_recipes(recipes: dict[str, Recipe], style: str) -> None:
    """The papers' mixes, their sources and what each must be."""
    if style == "json":
        print_json({name: recipe.model_dump(mode="json") for name, recipe in recipes.items()})
        return
    for name, recipe in recipes.items():
        rows = [
            [key, "" if of.required else "may be left away", of.cap, of.bring] for key, of in recipe.sources.items()
        ]
        print_table(["source", "", "at most", "what to bring"], rows, f"{name}: {recipe.title}. {recipe.notes.strip()}")


def print_mixed(mixed: Mixed, out: Path | None, style: str) -> None:
    """What was drawn of each source, what each step took out, and what the mix holds."""
    if style == "json":
        print_json(mixed.facts())
        return
    columns = ["source", "share", "available", "target", "drawn", "drawn_share", "records", "repeated", "short"]
    print_table(columns, [[row[column] for column in columns] for row in mixed.drawn], mixed.title)
    if steps := mixed.steps():
        print_table(["step", "source", "reason", "records"], [list(row.values()) for row in steps], "taken out")
    rows = [[what, name, number] for what, counts in mixed.counts.items() for name, number in counts.items()]
    print_table(["", "", "records"], rows, "in the mix")
    for name, number in mixed.replaced.items():
        tell(f"de-identified: {name}, {number:,} places replaced")
    for (name, evalset, verdict), number in sorted(mixed.alike.items()):
        tell(f"kept: {name}, {number:,} that look like items of {evalset} ({verdict})")
    if mixed.proof:
        _print_proof(mixed.proof.groups.crossing, mixed.proof.facts.crossing)
    for name, bring in mixed.missing.items():
        tell(f"not brought: {name} ({bring})")
    tell(
        "a dry run: nothing was written" if out is None else f"the mix is in {out}; {out}/mix.svg shows it",
    )


def print_exported(exported: "Exported", out: Path, as_json: bool) -> None:
    """What was written, in which files, and what the format could not hold."""
    if as_json:
        print_json(vars(exported))
        return
    rows = [["written", "", exported.written]]
    for what in ("splits", "tasks", "langs", "sources", "licenses", "dropped", "files"):
        rows += [[what, name, number] for name, number in getattr(exported, what).items()]
    print_table(["", "", exported.table], rows, exported.format)
    tell(f"the files and their card are in {out}")


def print_categories(name: str, whence: Categories, counted: "Counted | None", style: str) -> None:
    """Which words make which category and, where files were counted, how many records each has and which no words make."""
    words = [{"words": words, "category": category} for words, category in whence.words]
    if style == "json":
        facts = {} if counted is None else vars(counted) | {"categories": [vars(row) for row in counted.categories]}
        print_json({"reader": name, "label": whence.label, "words": words, "unless": whence.unless} | facts)
        return
    if words:
        made = [list(row.values()) for row in words]
        made += [[whence.unless, "its own, unless a subject's"]] if whence.unless else []
        print_table(["words in " + whence.label, "category"], made, name)
    elif counted is None:
        tell(f"every value of {whence.label} is a category; name files to count them")
    if counted is not None:
        rows = [[row.category, row.records, row.mapped, list(row.labels)] for row in counted.categories]
        shown = [row if words else row[:2] for row in rows]
        print_table(["category", "records", "mapped", "labels"][: 4 if words else 2], shown)
        tell(f"without a category: {counted.without:,}; rejected: {counted.rejected:,}")


def print_deidentified(done: "Done", out: Path | None, style: str) -> None:
    """How many spans of each class were found, in what share of the records."""
    if style == "json":
        print_json(vars(done))
        return
    rows = [
        [name, number, done.records_by_class[name], f"{done.records_by_class[name] / done.records:.1%}"]
        for name, number in done.classes.items()
    ]
    rows += [["any", sum(done.classes.values()), done.touched, f"{done.touched / max(done.records, 1):.1%}"]]
    print_table(["class", "found", done.table, "share"], rows, f"{done.policy}: {done.records:,} {done.table}")
    if done.described:
        tell(
            f"{done.rare:,} of {done.described:,} {done.table} share their age group, sex, department and diagnosis with "
            "fewer than 4 others: who knows one of these can recognise it",
        )
    tell("a dry run: nothing was written" if out is None else f"the {done.table} are in {out}")


def print_plans(plans: "dict[str, Plan]", style: str) -> None:
    """The papers' ways to split, rule by rule."""
    if style == "json":
        print_json({name: plan.model_dump(mode="json") for name, plan in plans.items()})
        return
    for name, plan in plans.items():
        rows = [
            [
                ", ".join(rule.sources + rule.tasks) or "all others",
                "as published" if rule.published else "",
                *(_wanted(rule.counts or rule.shares or {}, split) for split in ("train", "validation", "test")),
                ", ".join(rule.cut),
                ", ".join(f"{key}: {of.groups:,} of {of.of}" for key, of in rule.subsets.items()),
            ]
            for rule in plan.rules
        ]
        heads = ["of", "", "train", "validation", "test", "cut at a reply", "subsets"]
        print_table(heads, rows, f"{name}: {plan.title}. {plan.notes.strip()}")


def _wanted(sizes: Mapping[Any, float], split: str) -> str:
    return f"{sizes[split]:,}" if split in sizes else ""


def print_split(done: "Split", out: Path, style: str) -> None:
    """How much is in each split, of each stratum, and what is not."""
    if style == "json":
        print_json(vars(done))
        return
    whole = sum(done.splits.values()) or 1
    rows = [
        [name, number, done.asked[name], f"{number / whole:.2%}", done.groups[name], done.facts[name]]
        for name, number in done.splits.items()
    ]
    rows += [[f"left out: {reason}", number] + [None] * 4 for reason, number in done.removed.items()]
    rows += [[f"{name}.parquet", number] + [None] * 4 for name, number in done.subsets.items()]
    print_table(["split", done.table, "asked", "share", "groups", "facts"], rows, f"{done.records:,} {done.table}")
    print_table(
        ["stratum", "train", "validation", "test", "removed"], [list(row.values()) for row in done.strata], "by stratum"
    )
    if done.parted:
        lost = done.removed.get("shares-facts", 0)
        tell(
            f"groups parted by their facts, each more than a tenth of the smallest split held out: {done.parted:,} with "
            f"{done.parted_records:,} {done.table}; left out, as they share facts with several splits: {lost:,} "
            f"({lost / done.records:.2%} of all)",
        )
    _print_proof(done.crossing, done.crossing_facts)
    within = "within" if done.off <= done.tolerance else "NOT within"
    tell(f"shares: at most {done.off:.2%} from what was asked, {within} {done.tolerance:.0%}")
    if done.cut:
        tell(f"dialogues cut at a reply: {done.cut:,}")
    if done.tied:
        tell(f"groups joined with another by facts or what ties them: {done.tied:,}")
    if done.shared_questions:
        tell(
            f"{done.shared_questions:,} questions stand in more than one split, with other groups: "
            "kgtools dedup --on question --tag, before splitting, keeps each in one",
        )
    tell(f"the {done.table} are in {out}")


def _print_proof(groups: int, facts: int) -> None:
    tell(f"in more than one split: {groups} groups, {facts} facts, counted in what was written")


def print_deduplicated(done: "Deduplicated", out: Path | None, style: str) -> None:
    """How many records say what another says, and whose they are."""
    if style == "json":
        print_json(vars(done))
        return
    rows = [["read", done.records], ["exact duplicates", done.exact], ["near duplicates", done.near]]
    rows += [["clusters", done.clusters], ["largest cluster", done.largest], ["written", done.written]]
    rows += [[f"near, similarity {name}", number] for name, number in done.similarity.items()]
    print_table(["", done.table], rows)
    if done.between:
        heads = ["source", "kept_source", "kind", "records"]
        print_table(heads, [[row[head] for head in heads] for row in done.between], "in favour of which source")
    tell("a dry run: nothing was written" if out is None else f"the {done.table} are in {out}")
