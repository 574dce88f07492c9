"""What a graph is made of, changed: the one way in which every store comes by its graph, and the proof of what is in it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from kgtools.kg.build.english_names import OUR_LICENSE, OUR_NAME, OURS, read_names
from kgtools.kg.build.inputs import Inputs, NameTable
from kgtools.kg.build.load import Report, prepare, refuse_nothing
from kgtools.kg.build.merge import merge
from kgtools.kg.source import Options
from kgtools.kg.stores import Store
from kgtools.kg.stores.reconcile import Reconciliation, reconcile
from kgtools.tools.errors import StoreError, UsageError
from kgtools.tools.outputs.empty import refuse_empty
from kgtools.tools.progress import step


@dataclass(frozen=True)
class LoadResult:
    """What a load did: a report a source, and the outcome of reading back; None where no graph was touched."""

    reports: list[Report]
    outcome: Reconciliation | None


@dataclass(frozen=True)
class NamesResult:
    """A table of English names that was added, the one of the same name whose place it took, the outcome of reading back."""

    table: NameTable
    replaced: NameTable | None
    outcome: Reconciliation


def change(store: Store, edit: Callable[[Inputs], Inputs], command: str = "load") -> Reconciliation:
    """Make the graph of other inputs than now, all or nothing, and read it back; nobody else changes it meanwhile.

    `edit` gives the new inputs from those that the graph is made of now, and may be called twice. `command` names the
    change in the manifest and to whoever has to wait for it. Where what is read back differs, a folder keeps the old graph;
    a server keeps what was written, and the outcome says what differs. Raises InputError where the place holds something
    else than a graph, StoreError where the store cannot be changed."""
    if not store.has_graph():
        edit(Inputs())  # what is refused leaves no folder and no node behind
    with store.changing(command) as transaction:
        inputs = edit(transaction.inputs)
        entities, triples = merge(inputs)
        outcome = reconcile(entities, triples, transaction.write(inputs, entities, triples))
        if outcome.agrees:
            transaction.commit()
    return outcome


def load(
    store: Store,
    sources: Iterable[tuple[str, list[Path]]],
    options: Options | None = None,
    raw: bool = False,
    allow_empty: bool = False,
    dry_run: bool = False,
) -> LoadResult:
    """Load the files of sources; a source that is in the graph says this instead of what it said before.

    `raw`: nothing is refused that a graph can hold. Raises InputError with file and line, and where a source gives nothing
    (unless `allow_empty`); the graph is untouched then."""
    prepared = []
    for name, paths in sources:
        with step(f"reading {name}"):
            prepared.append(prepare(name, paths, options or Options(), raw))
    reports = [report for _, report in prepared]
    if dry_run:
        return LoadResult(reports, None)
    refuse_nothing(prepared, allow_empty)
    with step("building the graph"):
        return LoadResult(reports, change(store, lambda now: now.with_sources([tables for tables, _ in prepared])))


def unload(store: Store, name: str) -> Reconciliation:
    """Take a source, or a table of English names, out. Raises UsageError where none is called so."""
    return change(store, lambda inputs: inputs.without(name), "unload")


def add_names(
    store: Store,
    file: Path,
    zh: str | None = None,
    en: str | None = None,
    type_column: str | None = None,
    types: tuple[str, ...] = (),
    name: str | None = None,
    license_: str | None = None,
    keep_case: bool = False,
    join: Path | None = None,
    allow_empty: bool = False,
) -> NamesResult:
    """Add a table of English names; the file `kgtools`, where none is called so, is the table that comes with kgtools.

    Raises InputError with file and line, and where no row is a name (unless `allow_empty`); UsageError without a licence or
    without sources. The graph is untouched then."""
    if str(file) == OUR_NAME and not file.is_file():  # a folder of that name is no table
        file, license_, name = OURS, license_ or OUR_LICENSE, name or OUR_NAME
    if license_ is None:
        raise UsageError("--license is missing: say under which licence the names are, such as --license CC-BY-4.0")
    table = read_names(file, zh, en, type_column, types, name, license_, keep_case, join)
    refuse_empty(table.names.height, f"{file}: no row is a name", allow_empty, table.metadata.dropped or {})
    replaced: list[NameTable] = []

    def edit(inputs: Inputs) -> Inputs:
        replaced[:] = [old for old in inputs.names if old.name == table.name]
        return inputs.with_names(table)

    outcome = change(store, edit, "names add")
    return NamesResult(table, replaced[0] if replaced else None, outcome)


def verify(store: Store) -> Reconciliation:
    """What the store's sources say, merged anew, against all that is in it; and every file that is not what was written.

    What stands in such files is compared with nothing. Raises StoreError where no graph is."""
    faults = tuple(store.faults())
    try:
        outcome = reconcile(*merge(store.inputs()), store.read_back())
    except StoreError:
        if not faults:
            raise
        outcome = Reconciliation([])
    return replace(outcome, faults=faults)
