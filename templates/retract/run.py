"""Retract facts: the run that made the records is repeated over the graph, and over the graph without these facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kgtools.corpora.record_files import refuse_other
from kgtools.kg.build.correct import correct
from kgtools.kg.stores import Readable, Store
from kgtools.templates.generate.tables import RecordTables, refuse_none, write
from kgtools.templates.pack import Pack
from kgtools.templates.retract.changes import KINDS, Changes, compare, count_changes
from kgtools.templates.retract.parent import RETRACTED, Parent, read_parent
from kgtools.templates.retract.wrong import check_ids, read_wrong
from kgtools.tools.errors import UsageError
from kgtools.tools.outputs.staging import staging
from kgtools.tools.progress import SILENT, Progress


@dataclass(frozen=True)
class RetractResult:
    """What retracting did. `table`: records or preferences; `triples`: how many facts are retracted; `before`, `written`: records then
    and now, of which `kept` are the same in every column; `changes`: a row for each other one
    (`templates.retract.changes.CHANGES`); `out`: None where nothing was written."""

    table: str
    triples: int
    before: int
    written: int
    kept: int
    changes: Changes
    out: Path | None

    def count(self, kind: str) -> int:
        """How many records are `fallen`, `rebuilt`, `new`, or changed their `lineage`."""
        return int((self.changes["change"] == kind).sum())

    @property
    def said(self) -> int:
        """How many records said a fact that is retracted; the others changed for the sake of these."""
        return int((self.changes["triples"].list.len() > 0).sum())

    def to_dict(self) -> dict[str, Any]:
        """In the names that `--format json` prints."""
        return {
            "triples": self.triples, "said": self.said, "before": self.before, "written": self.written, "kept": self.kept,
            **{kind: self.count(kind) for kind in KINDS},
            "counts": count_changes(self.changes).to_dicts(), "changes": self.changes.to_dicts(),
        }  # fmt: skip


def retract(
    store: Store, folder: Path, wrong: Path | Sequence[str], packs: Sequence[str], out: Path | None, workers: int = 1,
    allow_empty: bool = False, progress: Progress = SILENT,
) -> RetractResult:  # fmt: skip
    """Make the records of a folder again without the facts that are wrong: a file that names them, or their ids.

    Raises InputError where the records cannot be made again as they are, UsageError where `out` is their own folder."""
    if out is not None and out.resolve() == folder.resolve():
        raise UsageError(f"--out {out}: is the folder of the records themselves; name another")
    parent = read_parent(folder, store.metadata(), packs)
    ids = read_wrong(wrong, parent.known) if isinstance(wrong, Path) else check_ids(wrong, parent.known)
    every = sorted({*ids, *parent.retracted})
    if out is None:
        tables = _make(store, parent, every, workers, progress)
    else:
        with staging(out) as stage:
            refuse_other(out, parent.run.plan.table)
            tables = _make(store, parent, every, workers, progress)
            refuse_none(tables, "the graph without these triples", allow_empty)
            write(
                tables, stage, parent.run.settings(), store.metadata(), parent.run.packs, "retract",
                parent=parent.hashes, **{RETRACTED: every},
            )  # fmt: skip
    changes = compare(parent.records, tables.records, ids, _relations(parent.run.packs))
    before, written = parent.records.height, tables.records.height
    kept = before - int((changes["change"].is_in(["fallen", "rebuilt", "lineage"])).sum())
    return RetractResult(parent.run.plan.table.noun, len(ids), before, written, kept, changes, out)


def _make(store: Store, parent: Parent, wrong: Sequence[str], workers: int, progress: Progress) -> RecordTables:
    """The tables of the corrected graph, once it is proved that the run gives the records that there are."""
    inputs = store.inputs()
    graph: Readable = correct(inputs, parent.retracted) if parent.retracted else store
    parent.refuse_other(parent.run.make(graph, workers, progress))
    return parent.run.make(correct(inputs, wrong), workers, progress)


def _relations(packs: Sequence[Pack]) -> dict[str, str]:
    """The relation or attribute of each template by its id."""
    return {template.id: template.info.topic for pack in packs for template in pack.templates}
