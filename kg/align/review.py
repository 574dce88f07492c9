"""The review file: candidates that people decide, and the file read back with what they decided.

People open it in a spreadsheet: no cell of it is a formula there (`tools.spreadsheets`)."""

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from kgtools.kg.align.candidates import CANDIDATES
from kgtools.kg.align.decide import clashes, decision, with_decisions
from kgtools.kg.build.ledger import DIFFERENT, SAME, type_of
from kgtools.kg.tables import LEDGER, Ledger
from kgtools.tools.errors import InputError
from kgtools.tools.inputs.files import read_text
from kgtools.tools.outputs.atomic import check_file, write_file
from kgtools.tools.registry import suggestion
from kgtools.tools.spreadsheets import as_it_was, as_text

COLUMNS = (
    "decision", "id", "score", "rule", "reason", "type", "before", "after", "before_name", "after_name",
    "before_sources", "after_sources",
)  # fmt: skip
WORDS = dict.fromkeys(("same", "yes", "y", "1", "true", "是", "同", "相同"), SAME) | dict.fromkeys(
    ("different", "no", "n", "0", "false", "否", "不", "不同"), DIFFERENT
)
"""What people may write as their decision."""


@dataclass(frozen=True)
class Decisions:
    """What a file decides: `rows` for the ledger, the line of each by id; `open` rows without a decision; for SSSOM
    `unknown` entities and `unlike`, predicates that say neither that two are the same nor that they are not."""

    rows: Ledger
    lines: dict[str, int] = field(default_factory=dict)
    open: int = 0
    unknown: int = 0
    unlike: int = 0


def write_review(path: Path, candidates: pl.DataFrame, ledger: Ledger) -> None:
    """Write the candidates, the surest first; what people wrote into the file before and did not apply yet is kept.

    Raises InputError where it may not be written, as `check_review_file` does."""
    undecided, cells_by_row = _read_undecided(path, set(ledger["id"])), []
    for row in candidates.select(list(CANDIDATES.columns)).iter_rows(named=True):
        cells = {name: ", ".join(value) if isinstance(value, list) else str(value) for name, value in row.items()}
        old = undecided.pop(row["id"], None)
        cells_by_row.append(cells | {"decision": old["decision"] if old else ""})
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, delimiter="\t", lineterminator="\n", restval="", extrasaction="ignore")
    table.writeheader()
    rows = [*cells_by_row, *(undecided[id_] for id_ in sorted(undecided))]
    table.writerows({name: as_text(value) for name, value in row.items()} for row in rows)
    write_file(path, text.getvalue().encode())


def check_review_file(path: Path) -> None:
    """Raises InputError for a place in no folder, and where a file stands that is no review file."""
    check_folder(path)
    _read_undecided(path, set())


def check_folder(path: Path) -> None:
    """Raises InputError for a place in no folder."""
    check_file(path, error=InputError)


def _read_undecided(path: Path, decided_ids: set[str]) -> dict[str, dict[str, str]]:
    """By id, the rows of the file as it is that hold a decision which is not in the ledger."""
    if not path.is_file():  # nothing yet, or what is written through
        return {}
    header, rows = table_of(path)
    if not set(COLUMNS) <= set(header):
        raise InputError(f"{path}: exists and is not a review file; name another: --review FILE")
    cells = [_unescape(row) for _, row in rows]
    return {row["id"]: row for row in cells if row["decision"].strip() and row["id"] not in decided_ids}


def _unescape(cells: dict[str, str]) -> dict[str, str]:
    return {name: as_it_was(value) for name, value in cells.items()}


def table_of(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """The header of a TSV file, and its rows with their lines; lines that begin with # are skipped. Raises InputError."""
    text = read_text(path)
    lines = text.split("\n")
    skipped = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
    reader = csv.reader(io.StringIO("\n".join(lines[skipped:]), newline=""), delimiter="\t", strict=True)
    rows, begins = [], skipped + 1
    try:
        header = [name.strip() for name in next(reader, [])]
        if twice := sorted({name for name in header if name and header.count(name) > 1}):
            raise InputError(f"{path}:{begins}: the column {twice[0]!r} is there twice; rename one")
        begins = skipped + reader.line_num + 1
        for cells in reader:
            if any(cells):
                if len(cells) > len(header):
                    raise InputError(f"{path}:{begins}: {len(cells)} columns, expected {len(header)}")
                rows.append((begins, dict(zip(header, [*cells, *[""] * (len(header) - len(cells))], strict=True))))
            begins = skipped + reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{path}:{begins}: not valid TSV: {error}; was the download cut off?") from error
    return header, rows


def read_review(path: Path, who: str) -> Decisions:
    """The decisions of a review file; a pair may stand in either order. Raises InputError with every fault."""
    header, table = table_of(path)
    missing = [name for name in ("decision", "before", "after") if name not in header]
    if missing:
        raise InputError(f"{path}:1: no column {', '.join(missing)}; is it a file that kgtools align wrote?")
    rows: list[dict[str, Any]] = []
    lines: dict[str, int] = {}
    faults, left = [], 0
    for line, written in table:
        cells = _unescape(written)
        word = cells["decision"].strip().lower()
        if not word:
            left += 1
            continue
        verdict = WORDS.get(word)
        if verdict is None:
            faults.append(f"{path}:{line}: decision {cells['decision']!r}: write same or different, or leave it empty")
            continue
        row = decision(
            cells["before"], cells["after"], verdict, cells.get("rule") or "review", 1.0, cells.get("reason", ""), who
        )
        if row["id"] in lines:
            first = next(old for old in rows if old["id"] == row["id"])
            if first["verdict"] != verdict:
                faults.append(
                    f"{path}:{line}: {verdict}, but line {lines[row['id']]} says {first['verdict']} of the same two"
                )
            continue
        lines[row["id"]] = line
        rows.append(row)
    if faults:
        raise InputError("\n".join(faults))
    return Decisions(LEDGER.frame(rows), lines, left)


def check_decisions(path: Path, decisions: Decisions, ledger: Ledger, present: set[str]) -> Ledger:
    """The ledger with these decisions. Raises InputError with every one that cannot be: an entity that the graph does
    not have, two of different types, one with itself, and what contradicts other decisions."""
    faults: list[str] = []
    for id_, before, after in decisions.rows.select("id", "before", "after").iter_rows():
        where = f"{path}:{decisions.lines[id_]}"
        unknown = [end for end in (before, after) if end not in present]
        if unknown:
            faults += [f"{where}: the graph has no entity {end!r}{_hint(end, present)}" for end in unknown]
        elif type_of(before) != type_of(after):
            faults.append(f"{where}: {before} and {after} are of two types; only entities of one type can be the same")
        elif before == after:
            faults.append(f"{where}: {before} stands on both sides")
    if faults:
        raise InputError("\n".join(faults))
    new = with_decisions(ledger, decisions.rows)
    for clash in clashes(new):
        faults += _clash(path, clash, decisions, new)
    if faults:
        raise InputError("\n".join(faults))
    return new


def _hint(id_: str, present: set[str]) -> str:
    """The nearest of the entities whose ids begin alike, where there are any."""
    start = id_[: id_.find(":") + 2]
    alike = [other for other in present if other.startswith(start)]
    hint = suggestion(id_, alike) if alike else ""
    return f"; {hint}" if hint.startswith("did you mean") else ""


def _clash(path: Path, ids: list[str], decisions: Decisions, ledger: Ledger) -> list[str]:
    decisions_by_id = {row["id"]: row for row in ledger.filter(pl.col("id").is_in(ids)).to_dicts()}
    apart = decisions_by_id[ids[0]]
    sources = [
        f"line {decisions.lines[i]}"
        if i in decisions.lines
        else f"decision {i} ({decisions_by_id[i]['rule']}, {decisions_by_id[i]['who']})"
        for i in ids
    ]
    line = max((decisions.lines[i] for i in ids if i in decisions.lines), default=1)
    old = [i for i in ids if i not in decisions.lines]
    way = f"; kgtools align --undo {old[-1]} takes one of them out" if old else ""
    return [
        f"{path}:{line}: {apart['before']} and {apart['after']} are different by {sources[0]}, but the same by {' and '.join(sources[1:])}{way}"
    ]
