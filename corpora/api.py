"""Corpora from Python: what the commands `read`, `deidentify`, `dedup`, `decontaminate`, `split`, `merge`, `convert` and `grade` do.

Each function takes paths and the command's options by their names, writes what the command writes (all or nothing, with a
`run.json` that says how), prints nothing and returns a frozen result: `records`, what was written, as a lazy polars frame
(columns as `corpora.record.RECORDS` or PREFERENCES); counts; `drops`, records that were left out, by reason; `to_dict()`, what
`--format json` prints. Every function raises UsageError for options that do not go together, InputError for files that cannot
be read, and Findings where a check fails; then nothing was written, and what was there before stays. `progress` is told how
far the work is; by default nobody is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from kgtools.tools.progress import SILENT, Progress

if TYPE_CHECKING:
    from kgtools.corpora.decontaminate.run import DecontaminateResult, IndexResult, OnHit
    from kgtools.corpora.dedup.find import Keep, On
    from kgtools.corpora.dedup.run import DedupResult
    from kgtools.corpora.deidentify.run import DeidentifyResult
    from kgtools.corpora.export.convert import ConvertResult
    from kgtools.corpora.mix.result import MixResult
    from kgtools.corpora.read import ReadResult
    from kgtools.corpora.split.run import SplitResult
    from kgtools.corpora.verify.run import GradeResult

PathLike = str | Path
SplitName = Literal["train", "validation", "test"]


def read(
    reader: str,
    files: PathLike | Sequence[PathLike],
    *,
    out: PathLike = "./corpus",
    set: Mapping[str, str] | None = None,
    limit: int | None = None,
    strict: bool = False,
    license: str | None = None,
    seed: int = 0,
    allow_empty: bool = False,
    progress: Progress = SILENT,
) -> "ReadResult":
    """Read the files of a corpus into records: dialogues, exams, patient records, instructions.

    `reader`: the name of a corpus (`kgtools.readers`). `set`: settings of the reader. `limit`: at most so many examples.
    `strict`: an InputError at the first row that cannot be read; else such rows are in `rejects.parquet`, by reason. `license`:
    an SPDX expression, where you know better than the reader. `seed`: of whatever is drawn.

    Raises InputError for files without a single example, unless `allow_empty`."""
    from kgtools.corpora.read import read as run

    paths = [files] if isinstance(files, str | Path) else files
    return run(
        reader, [Path(path) for path in paths], Path(out), dict(set or {}), limit, strict, seed, license, allow_empty, progress
    )  # fmt: skip


def deidentify(
    records: PathLike,
    *,
    policy: str = "pipl",
    key_file: PathLike | None = None,
    out: PathLike = "./deidentified",
    surrogates: bool = False,
    allow_empty: bool = False,
    dry_run: bool = False,
    progress: Progress = SILENT,
) -> "DeidentifyResult":
    """Replace what identifies a person in records: numbers, names, places, dates. It misses more than half of all names.

    `policy`: pipl, hipaa, research, or a YAML file. `key_file`: the key of pseudonyms, else the variable KGTOOLS_KEY.
    `surrogates`: made-up values of the same form in place of tags. `dry_run`: count only.

    Raises Findings where a scan of what would be written finds anything."""
    from kgtools.corpora.deidentify.pseudonyms import key_of
    from kgtools.corpora.deidentify.run import run

    key = key_of(None if key_file is None else Path(key_file))
    return run(Path(records), None if dry_run else Path(out), policy, key, surrogates, allow_empty, progress)


def dedup(
    records: PathLike,
    *,
    on: "On" = "whole",
    threshold: float = 0.8,
    ngram: int = 5,
    keep: "Keep" = "first",
    tag: bool = False,
    out: PathLike = "./deduplicated",
    allow_empty: bool = False,
    dry_run: bool = False,
    progress: Progress = SILENT,
) -> "DedupResult":
    """Remove records that repeat another, word for word or nearly.

    `on`: compare the question, the answer or the whole. `threshold`: the Jaccard similarity of character n-grams (`ngram`
    characters each) from which on two are near duplicates, over 0 and at most 1, which means exact ones only. `keep`: which of a
    cluster stays. `tag`: keep all, with `duplicate_of` in the meta of a duplicate. Near duplicates are found by MinHash (Broder
    1997) and then measured."""
    from kgtools.corpora.dedup.find import DedupOptions
    from kgtools.corpora.dedup.run import run

    options = DedupOptions(on, threshold, ngram, keep)
    return run(Path(records), None if dry_run else Path(out), options, tag, allow_empty, progress)


def decontaminate(
    records: PathLike,
    *,
    against: PathLike | Sequence[PathLike],
    split: Sequence[str] = (),
    rule: Sequence[str] = (),
    set: Mapping[str, Any] | None = None,
    on_hit: "OnHit" = "drop",
    out: PathLike = "./decontaminated",
    save_index: PathLike | None = None,
    examples: PathLike | None = None,
    allow_empty: bool = False,
    dry_run: bool = False,
    progress: Progress = SILENT,
) -> "DecontaminateResult":
    """Find the items of evaluation sets in records, and leave those records out.

    `against`: folders or files of records of evaluation sets, or indexes that `save_index` wrote. `split`: of these only such
    splits; by default all but train. `rule`: only by these of stem, options, ngrams and answer. `set`: thresholds, such as
    `{"ngrams": 0.9}`, shares from 0 to 1. `on_hit`: `drop` leaves records that are hit out, `tag` marks them in their meta, `fail`
    writes nothing. `examples`: an HTML page of records beside the items that are in them.

    The result's `contamination` has a row for each pair of a record and an item (columns as
    `corpora.decontaminate.CONTAMINATION`)."""
    from kgtools.corpora.decontaminate.examples import write_examples
    from kgtools.corpora.decontaminate.rules import rules_of
    from kgtools.corpora.decontaminate.run import run
    from kgtools.tools.inputs.originals import originals
    from kgtools.tools.outputs.atomic import check_file

    rules = rules_of(rule, set or {})
    if examples is not None:
        check_file(Path(examples), "--examples")
    with originals() as given:
        table = given.from_pipe(Path(records))
        evalsets = [given.from_pipe(path) for path in _paths(against)]
        items = _index(evalsets, split, save_index, progress)
        result = run(table, None if dry_run else Path(out), items, rules, on_hit, allow_empty, progress)
        if examples is not None:
            untold = write_examples(result.contamination, table, evalsets, Path(examples))
            result = replace(result, untold=untold)
    return result


def index_evalsets(
    against: PathLike | Sequence[PathLike],
    *,
    save_index: PathLike,
    split: Sequence[str] = (),
    progress: Progress = SILENT,
) -> "IndexResult":
    """Write the index of evaluation sets, which holds no text, for `decontaminate` elsewhere."""
    from kgtools.corpora.decontaminate.run import IndexResult
    from kgtools.tools.inputs.originals import originals

    with originals() as given:
        items = _index([given.from_pipe(path) for path in _paths(against)], split, save_index, progress)
    return IndexResult(dict(items.group_by("evalset").len().sort("evalset").iter_rows()), Path(save_index))


def _paths(paths: PathLike | Sequence[PathLike]) -> list[Path]:
    return [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]


def _index(evalsets: list[Path], split: Sequence[str], save_index: PathLike | None, progress: Progress) -> Any:
    """The items of evaluation sets, as ITEMS, written to a file where one is named."""
    from kgtools.corpora.decontaminate.index import save_index as save
    from kgtools.corpora.decontaminate.run import index_evalsets as index
    from kgtools.tools.outputs.atomic import check_file

    if save_index is not None:
        check_file(Path(save_index), "--save-index")
    progress.start("indexing what the evaluation sets ask", len(evalsets), "sets")
    items = index(evalsets, split)
    if save_index is not None:
        save(items, Path(save_index))
    return items


def split(
    records: PathLike,
    *,
    shares: Mapping[SplitName, float] | None = None,
    counts: Mapping[SplitName, int] | None = None,
    published: bool = False,
    plan: str | None = None,
    by: str | Sequence[str] | None = None,
    tie: str | Sequence[str] | None = None,
    seed: int | None = None,
    allow_identified: bool = False,
    allow_empty: bool = False,
    out: PathLike = "./split",
    progress: Progress = SILENT,
) -> "SplitResult":
    """Split records into train, validation and test, whole groups at a time, so that no group and no fact is in two of them.

    `shares`: of the records, 1 together, by default 0.9, 0.05 and 0.05; or `counts`: so many records. `published`: keep the split
    that a corpus gives. `plan`: what `--as` takes, a paper's name or a YAML file. `by`: columns (source, task, lang, license,
    meta.KEY) of which each split has the same proportions. `tie`: keys of meta whose values stay together.

    Raises Findings for people's records that were never de-identified, unless `allow_identified`."""
    from kgtools.corpora.split.plan import make_plan
    from kgtools.corpora.split.run import run

    def words(values: Mapping[SplitName, Any] | None) -> dict[str, str] | None:
        return None if values is None else {name: str(value) for name, value in values.items()}

    def join(names: str | Sequence[str] | None) -> str | None:
        return names if names is None or isinstance(names, str) else ",".join(names)

    chosen = make_plan(
        plan, shares=words(shares), counts=words(counts), published=published, by=join(by), tie=join(tie), seed=seed
    )
    return run(Path(records), Path(out), chosen, allow_identified, allow_empty, progress)


def merge(
    recipe: PathLike,
    *,
    out: PathLike = "./mix",
    source: Mapping[str, PathLike] | None = None,
    against: PathLike | Sequence[PathLike] = (),
    without: Sequence[str] = (),
    key_file: PathLike | None = None,
    seed: int | None = None,
    dry_run: bool = False,
    progress: Progress = SILENT,
) -> "MixResult":
    """Mix records by a recipe: filter, decontaminate, de-identify, take out duplicates, draw by shares, split.

    `recipe`: a YAML file, or the mix of a paper by its name. `source`: name -> records, for the recipe's sources. `against`:
    evaluation sets beside the recipe's own. `without`: sources of the recipe that are left out. `key_file`: the key of pseudonyms,
    else the variable KGTOOLS_KEY. `dry_run`: do it all and write nothing."""
    from kgtools.corpora.deidentify import key_of
    from kgtools.corpora.mix.merge import merge as mix
    from kgtools.corpora.mix.recipe import load_recipe

    paths = {name: str(path) for name, path in (source or {}).items()}
    chosen = load_recipe(str(recipe), paths, tuple(_paths(against)))
    if seed is not None:
        chosen = chosen.model_copy(update={"seed": seed})
    key = None if key_file is None else Path(key_file)
    return mix(chosen, None if dry_run else Path(out), lambda: key_of(key), tuple(without), progress)


def convert(
    records: PathLike,
    *,
    format: str = "messages",
    out: PathLike = "./dataset",
    file: Literal["jsonl", "jsonl.zst", "parquet", "json", "csv"] | None = None,
    shard_size: int = 100_000,
    name: str = "kgtools",
    allow_license: Sequence[str] = (),
    allow_identified: bool = False,
    allow_empty: bool = False,
) -> "ConvertResult":
    """Write records as the files that trainers and evaluations read, with a dataset card and a Croissant description.

    `format`: one of `kgtools.formats` (messages, sharegpt, alpaca, lm-eval, ...). `file`: the kind of file, by default the
    format's. `shard_size`: records in a file. `name`: of the set, in its card and tasks. The result has `files` (name -> rows)
    and no `records`: the files are another's format.

    Raises Findings where a licence forbids passing a row on, unless `allow_license` names it, and for people's records that were
    never de-identified, unless `allow_identified`."""
    from kgtools.corpora.export.convert import ConvertOptions
    from kgtools.corpora.export.convert import convert as run

    options = ConvertOptions(file, shard_size, tuple(allow_license), allow_identified, name, allow_empty)
    return run(Path(records), format, Path(out), options)


def grade(
    items: PathLike,
    answers: PathLike,
    *,
    names: PathLike | None = None,
    policy: PathLike | None = None,
    answered_only: bool = False,
    out: PathLike = "./scores",
    progress: Progress = SILENT,
) -> "GradeResult":
    """Grade a model's answers by what the graph says, without a graph or a model.

    `items`: records that can be graded; `answers`: JSON lines with `id` and `answer`. `names`: other names of the graph, by default
    `names.parquet` beside the items. `policy`: a YAML file of weights. `answered_only`: items without an answer are left out, else they
    count as no answer. The result has `rates` (by task, relation, hops and language) and `scores`, a row for each answer, and no
    `records`. One answer alone: `kgtools.corpora.verify.score`."""
    from kgtools.corpora.verify.run import run

    return run(
        Path(items), Path(answers), Path(out), None if names is None else Path(names), None if policy is None else Path(policy),
        answered_only, progress,
    )  # fmt: skip
