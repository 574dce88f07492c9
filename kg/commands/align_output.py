"""What `kgtools align` prints."""

from kgtools.kg.align.align import AlignmentResult, GraphSize
from kgtools.tools.output import print_json, print_table
from kgtools.tools.terminal import say

CODES = 5


def print_alignment(result: AlignmentResult, graph: str, style: str, written: dict[str, str], dry_run: bool) -> None:
    """What was asked for, what it did to the graph, and the files that were written (what it is: where)."""
    if style == "json":
        print_json(result.to_dict() | {"written": written, "dry_run": dry_run})
        return
    counts = result.counts
    if "rules" in counts:
        columns = ["candidates", "applied", "review", "decided", "asleep"]
        rows = [[rule, *(numbers[c] for c in columns)] for rule, numbers in counts["rules"].items()]
        rows.append(["all", *(sum(numbers[c] for numbers in counts["rules"].values()) for c in columns)])
        print_table(["rule", "candidates", "applied", "for review", "decided already", "asleep"], rows)
    if counts.get("too_common"):
        codes = ", ".join(f"{row['code']} ({row['entities']:,} {row['type']})" for row in counts["too_common"][:CODES])
        more = len(counts["too_common"]) - CODES
        say(f"too common to be evidence, so not asked: {codes}{f' and {more:,} more codes' if more > 0 else ''}")
    if "decisions" in counts:
        print_table(
            ["decisions", "rows"], [[name.replace("_", " "), number] for name, number in counts["decisions"].items()]
        )
    if "undone" in counts:
        print_table(["undone", "decisions"], [*counts["undone"].items(), ("all", sum(counts["undone"].values()))])
    for line in _effect(result.before, result.after):
        say(line)
    ledger = result.to_dict()["ledger"]
    say(f"ledger: {ledger['same']:,} same, {ledger['different']:,} different; {ledger['asleep']:,} of them asleep")
    for what, where in written.items():
        say(f"{what}: {where}")
    if dry_run:
        say("Dry run: no graph was touched.")
    elif result.outcome is None:
        say(f"Nothing to change in {graph}.")
    elif result.outcome.agrees:
        say(f"The graph {graph} was rebuilt and read back: counts and checksums agree.")


def _effect(before: GraphSize, after: GraphSize) -> list[str]:
    united, loops = before.triples - after.triples, after.loops - before.loops
    became = f"{united:,} became one with another" if united >= 0 else f"{-united:,} came apart again"
    arose = f"{loops:,} arose" if loops >= 0 else f"{-loops:,} are gone"
    return [
        f"entities: {before.entities:,} before, {after.entities:,} after",
        f"triples: {before.triples:,} before, {after.triples:,} after ({became})",
        f"self-loops: {before.loops:,} before, {after.loops:,} after ({arose})",
    ]
