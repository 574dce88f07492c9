"""Templates from Python: what the commands `generate`, `trace` and `retract` do.

Each function takes the command's options by their names, prints nothing and returns a frozen result. They raise UsageError for
options that do not go together, InputError for files that cannot be read, StoreError for a graph that cannot be opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgtools.tools.errors import UsageError
from kgtools.tools.progress import SILENT, Progress

if TYPE_CHECKING:
    import polars as pl

    from kgtools.corpora.export.convert import ConvertResult
    from kgtools.templates.generate.tables import GenerateCounts
    from kgtools.templates.lineage import RecordTrace, TripleTrace
    from kgtools.templates.retract.run import RetractResult

PathLike = str | Path


@dataclass(frozen=True)
class GenerateResult:
    """What a run made. `table`: records or preferences; `records`: those, columns as `corpora.record.RECORDS` or PREFERENCES;
    `coverage`: a row for each fact and language, with how many records it is in, or why in none (`templates.coverage.COVERAGE`);
    `exported`: what `export` wrote."""

    table: str
    records: "pl.LazyFrame"
    coverage: "pl.LazyFrame"
    counts: "GenerateCounts"
    out: Path
    exported: "ConvertResult | None" = None

    @property
    def written(self) -> int:
        """Records or preferences that were written."""
        return self.counts.records

    @property
    def drops(self) -> dict[str, int]:
        """Facts that are in no record, by language and reason (`en: no-english-name`)."""
        return {
            f"{lang}: {reason}": number
            for lang, reasons in self.counts.triples.items()
            for reason, number in reasons.items()
            if reason != "exported"
        }

    def to_dict(self) -> dict[str, Any]:
        """In the names that `--format json` prints."""
        return self.counts.to_dict()


def generate(
    graph: PathLike = "./graph",
    *,
    pack: str | Sequence[str] = ("clinicalgpt", "extended"),
    task: str = "qa",
    lang: str | Sequence[str] = ("zh", "en"),
    count: int | None = None,
    seed: int = 0,
    max_tails: int = 12,
    workers: int = 1,
    drop: str | None = None,
    per_relation: int | None = None,
    per_head: int | None = None,
    per_source: int | None = None,
    stratify: bool = False,
    options: int = 4,
    distractors: str = "neighbour",
    rotations: int = 1,
    hops: str = "2-5",
    hold_out: str | None = None,
    permute: bool = False,
    shots: int = 3,
    out: PathLike | None = None,
    export: str | None = None,
    allow_license: Sequence[str] = (),
    allow_identified: bool = False,
    allow_empty: bool = False,
    progress: Progress = SILENT,
) -> GenerateResult:
    """Turn a graph into instruction pairs (`task` qa), items that can be graded, or preferences, with their whole lineage; the same
    bytes for the same graph, options and seed.

    `graph`: a folder, or a Neo4j server as a URL. `pack`, `lang`: packs by name or folder, and languages, in a list or with commas between.
    `task`: one, or several with commas between, each with its share or none (`qa=0.5,mcq=0.5`). `count`: at most so many records, each turn
    of `rotations` one, drawn by `seed`; `per_relation`, `per_head`, `per_source`: of each task and language; `stratify`: of each relation
    as many as of any other. `max_tails`: tails in one answer. `drop`: what is left out, uninformative, shop-list, partial-list or none.
    `options`, `distractors` (random, department, neighbour) and `rotations` are of questions with options, `hops` of paths, `shots` (cases)
    of few-shot prompts. `hold_out`: what is kept for test (`facts=0.1,hops=4-5`), told by the column of that name; `permute`: a control
    set, whose answers are those of other heads (not with the task cypher). `out`: by default ./records, of preferences ./preferences.
    `export`: a format (`convert`) that they are written in too, into OUT/FORMAT, with its `allow_license` and `allow_identified`.

    Raises InputError where no fact makes a record, unless `allow_empty`."""
    from dataclasses import replace

    from kgtools.corpora.api import convert
    from kgtools.corpora.export import format as formats
    from kgtools.corpora.record_files import refuse_other
    from kgtools.kg.stores import open_store
    from kgtools.templates.generate.permute import refuse_export
    from kgtools.templates.generate.run import Run
    from kgtools.templates.generate.tables import refuse_none, write
    from kgtools.templates.holdout.asked import HoldOut
    from kgtools.templates.pack import find_pack
    from kgtools.templates.tasks.ask import ItemOptions
    from kgtools.templates.tasks.draw import Sample
    from kgtools.templates.tasks.plan import Plan
    from kgtools.tools.frames import scan_table
    from kgtools.tools.outputs.staging import staging

    sample = Sample(count, per_relation, per_head, per_source, stratify)
    items = ItemOptions(options, distractors, rotations, hops, shots)
    held = HoldOut.of(hold_out)
    plan = Plan.of(task, sample, items, held, permute)
    store, packs = open_store(str(graph)), [find_pack(name) for name in _words(pack)]
    if len({each.info.name for each in packs}) < len(packs):
        raise UsageError(f"--pack {','.join(_words(pack))}: a pack is named twice")
    run = Run(
        tuple(packs), tuple(dict.fromkeys(_words(lang))), task, seed, max_tails, drop, sample, items, held, permute
    )
    if export is not None:
        formats.find(export)
        if permute:
            refuse_export(export, allow_license)
    folder = Path(out) if out is not None else Path(plan.table.noun)
    with staging(folder) as stage:
        refuse_other(folder, plan.table)
        tables = run.make(store, workers, progress, stage.parent)
        refuse_none(tables, str(graph), allow_empty)
        write(tables, stage, run.settings(), store.metadata(), packs)
    noun = plan.table.noun
    result = GenerateResult(noun, scan_table(folder / f"{noun}.parquet"), tables.coverage.lazy(), tables.counts, folder)
    if export is None:
        return result
    progress.start(f"writing {export}", result.written, result.table)
    exported = convert(
        folder, format=export, out=folder / export, allow_license=allow_license, allow_identified=allow_identified,
        allow_empty=allow_empty,
    )  # fmt: skip
    return replace(result, exported=exported)


def plan(
    graph: PathLike = "./graph",
    *,
    pack: str | Sequence[str] = ("clinicalgpt", "extended"),
    task: str = "qa",
    lang: str | Sequence[str] = ("zh", "en"),
    count: int | None = None,
    seed: int = 0,
    max_tails: int = 12,
    drop: str | None = None,
    per_relation: int | None = None,
    per_head: int | None = None,
    per_source: int | None = None,
    stratify: bool = False,
    options: int = 4,
    distractors: str = "neighbour",
    rotations: int = 1,
    hops: str = "2-5",
    hold_out: str | None = None,
    shots: int = 3,
    progress: Progress = SILENT,
) -> "pl.DataFrame":
    """How many records `generate` would make with these options, without making them: a frame of `task`, `relation` (or attribute),
    `lang` and `records`. Of preferences it is the questions; to some of them no answer is surely wrong."""
    from kgtools.kg.stores import open_store
    from kgtools.templates.generate.make import count_plan
    from kgtools.templates.holdout.asked import HoldOut
    from kgtools.templates.pack import find_pack
    from kgtools.templates.tasks.ask import ItemOptions
    from kgtools.templates.tasks.draw import Sample

    return count_plan(
        open_store(str(graph)), [find_pack(name) for name in _words(pack)], tuple(dict.fromkeys(_words(lang))), seed, max_tails,
        task, drop, progress, Sample(count, per_relation, per_head, per_source, stratify), ItemOptions(options, distractors, rotations, hops, shots),
        HoldOut.of(hold_out),
    )  # fmt: skip


def trace(
    record_id: str | None = None,
    *,
    triple: str | None = None,
    graph: PathLike = "./graph",
    records: PathLike = "./records",
) -> "RecordTrace | TripleTrace":
    """Follow a record (by the beginning of its id) to its triples, source files and lines, template and licence; or a `triple` to
    its records. `records`: the folder that `generate` wrote.

    `doubt` of the result says why it may not be what made the records: the file was edited, or the graph was loaded from other
    files. Raises UsageError for an id that nothing or several have."""
    from dataclasses import replace

    from kgtools.kg.stores import open_store
    from kgtools.templates.lineage import doubt, trace_record, trace_triple

    if (record_id is None) == (triple is None):
        raise UsageError("name one record, or one triple")
    store, folder = open_store(str(graph)), Path(records)
    if record_id is not None:
        return replace(trace_record(store, folder, record_id), doubt=doubt(store, folder))
    return replace(trace_triple(store, folder, str(triple)), doubt=doubt(store, folder))


def retract(
    records: PathLike = "./records",
    *,
    triples: PathLike | Sequence[str],
    graph: PathLike = "./graph",
    pack: Sequence[PathLike] = (),
    out: PathLike | None = None,
    workers: int = 1,
    allow_empty: bool = False,
    progress: Progress = SILENT,
) -> "RetractResult":
    """Make records again without `triples` that are wrong, attribute values too: the same bytes as `generate` gives of the graph
    without them. The result says which records fall, which are rebuilt and which are new; without `out` nothing is written.

    `records`: the folder that `generate`, or `retract`, wrote; `triples`: a file that names them, or a list of their ids; `graph`: the
    one that the records were made of; `pack`: folders of packs that are not registered.

    Raises InputError for ids that the graph has not, and where the records cannot be made again as they are: they were edited, or the
    graph, kgtools or a pack is another one now."""
    from kgtools.kg.stores import open_store
    from kgtools.templates.retract.run import retract as run

    wrong = Path(triples) if isinstance(triples, str | Path) else triples
    folder = Path(out) if out is not None else None
    return run(
        open_store(str(graph)),
        Path(records),
        wrong,
        [str(each) for each in pack],
        folder,
        workers,
        allow_empty,
        progress,
    )


def _words(words: str | Sequence[str]) -> list[str]:
    return words.split(",") if isinstance(words, str) else list(words)
