"""From a record to its triples, files, template and licence; and from a triple to its records."""

import re
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from kgtools.corpora.gates import read_vouched_manifest
from kgtools.corpora.record import PREFERENCES, RECORDS
from kgtools.kg.build.inputs import Metadata, SourceMetadata, files_of
from kgtools.kg.build.normalize import HAN
from kgtools.kg.build.origins import origin_of
from kgtools.kg.ontology import ontology
from kgtools.kg.stores import Store
from kgtools.templates.coverage.ledger import COVERAGE, read_coverage
from kgtools.templates.facts import find_triples
from kgtools.templates.pack import PackInfo
from kgtools.tools import registry
from kgtools.tools.config import load_yaml
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.frames import scan_table

MARK = re.compile(r"([^@/]+)@([^/]+)/([^#]+)#([0-9]{1,9})")
"""A record's `template`: `clinicalgpt@1.0.0/symptom.zh#2`."""
SHOWN = ("id", "task", "lang", "messages", "prompt", "chosen", "rejected", "answer", "group")
"""What a trace shows of a record; the rest of its columns is what the trace explains."""


@dataclass(frozen=True)
class TracedOrigin:
    """Where a source says a triple: file, row and field, with the file's SHA-256 and the source's licence."""

    source: str
    file: str
    row: int
    field: str
    license: str | None
    sha256: str | None


@dataclass(frozen=True)
class TracedTriple:
    """A triple or attribute value with where it comes from. `contradicts`: the id of the triple that says the opposite."""

    id: str
    head: str
    relation: str
    relation_zh: str
    tail: str
    contradicts: str | None
    origins: list[TracedOrigin]


@dataclass(frozen=True)
class TracedTemplate:
    """The template of a record. `origin`: `paper` or `ours`, as the pack says of the variant, else None."""

    id: str
    pack: str
    version: str
    file: str
    variant: int
    origin: str | None


@dataclass(frozen=True)
class TracedName:
    """Which table gave an English name that a record uses, and under which licence."""

    entity: str
    name_en: str
    table: str | None
    license: str | None


@dataclass(frozen=True)
class RecordTrace:
    """A record, by column, with all that it was made of. `permuted`: of a control set, whose triples are those before their tails were
    exchanged. `doubt`: why this may not be what made it; empty where nothing is."""

    record: dict[str, Any]
    template: TracedTemplate
    license: str
    names: list[TracedName]
    triples: list[TracedTriple]
    permuted: bool = False
    doubt: str = ""

    def to_dict(self) -> dict[str, Any]:
        """In the names that `--format json` prints."""
        return {name: value for name, value in asdict(self).items() if name != "doubt"}


@dataclass(frozen=True)
class TripleTrace:
    """A triple with what became of it. `coverage`: `lang`, `records` and `reason`, a row a language; `records`: `id`, `lang`,
    `template` and `messages`, a row a record. `permuted` and `doubt` as in RecordTrace."""

    triple: TracedTriple
    coverage: list[dict[str, Any]]
    records: list[dict[str, Any]]
    permuted: bool = False
    doubt: str = ""

    def to_dict(self) -> dict[str, Any]:
        """In the names that `--format json` prints."""
        return {name: value for name, value in asdict(self).items() if name != "doubt"}


def records_of(folder: Path) -> pl.LazyFrame:
    """The records, or preferences, of a folder that `generate` wrote. Raises InputError."""
    return scan_table(_file_of(folder))


def _file_of(folder: Path) -> Path:
    path, pairs = folder / "records.parquet", folder / "preferences.parquet"
    if not path.is_file() and not pairs.is_file():
        raise InputError(f"{path}: no such file; name the folder that generate wrote: --records DIR")
    return path if path.is_file() else pairs


def doubt(store: Store, folder: Path) -> str:
    """Why a trace may not be of what made the records: their file is not the one that its `run.json` tells of, or the graph was
    not loaded from the files that they were generated from; or nothing."""
    file = _file_of(folder)
    manifest = read_vouched_manifest(file)
    if not manifest:
        return f"{file}: no run.json tells of this file as it is; it may have been edited since"
    now = files_of(store.metadata())
    lost = (
        [name for name, hash_ in manifest["inputs"].items() if now.get(name) != hash_]
        if manifest["command"] in ("generate", "retract")
        else []
    )
    return (
        f"{file}: was generated from another {lost[0]} than the graph was loaded from; name its graph" if lost else ""
    )


def trace_record(store: Store, folder: Path, id_: str) -> RecordTrace:
    """The record whose id begins with `id_`: messages, template and variant, licence, names, and its triples with
    source, file and line. Raises UsageError for an id that no record or several have."""
    matches = records_of(folder).filter(pl.col("id").str.starts_with(id_)).collect()
    schema = PREFERENCES if "rejected" in matches.columns else RECORDS
    record = schema.check(_one(matches, "id", id_, folder), str(folder)).row(0, named=True)
    if record["template"] is None:
        meta = orjson.loads(record["meta"] or "{}")
        where = f"{meta.get('file', 'a file')}:{meta.get('line', '?')}"
        raise InputError(f"{record['id']}: not of a graph: it was read from {where} (source {record['source']})")
    sources = store.metadata().sources
    about = orjson.loads(record["meta"])
    triples = find_triples(store.entities(), store.triples(), set(record["facts"]), str(about.get("head", "")))
    lost = set(record["facts"]) - {triple["id"] for triple in triples}
    if lost:
        raise InputError(
            f"{folder}: the graph holds no triple {min(lost)}; was it loaded again since? Run generate again, or name its graph"
        )
    english = _english_names(store, record, triples) if record["lang"] == "en" else []
    shown = {key: record[key] for key in SHOWN if key in record}
    if schema is PREFERENCES:
        shown["fault"] = about["fault"]
    return RecordTrace(
        record=shown,
        template=_template(record["template"]),
        license=record["license"],
        names=english,
        triples=[_explain(triple, sources) for triple in triples],
        permuted=bool(about.get("permuted")),
    )


def trace_triple(store: Store, folder: Path, id_: str) -> TripleTrace:
    """The triple whose id begins with `id_`: source, file and line, what became of it in each language, its records."""
    fates = read_coverage(folder).filter(pl.col("triple").str.starts_with(id_)).collect()
    triple_id = _one(fates.unique("triple"), "triple", id_, folder)["triple"][0]
    triples = find_triples(store.entities(), store.triples(), {triple_id})
    if not triples:
        raise InputError(
            f"{folder}: the graph holds no triple {triple_id}; was it loaded again since? Run generate again, or name its graph"
        )
    records = (
        _with_messages(records_of(folder))
        .filter(pl.col("facts").list.contains(triple_id))
        .select(
            "id",
            "lang",
            "template",
            "messages",
            permuted=pl.col("meta").str.json_path_match("$.permuted").is_not_null(),
        )
        .collect()
    )
    coverage = COVERAGE.check(fates, str(folder)).filter(pl.col("triple") == triple_id).sort("lang")
    return TripleTrace(
        triple=_explain(triples[0], store.metadata().sources),
        coverage=coverage.select("lang", "records", "reason").to_dicts(),
        records=records.sort("id").drop("permuted").to_dicts(),
        permuted=bool(records["permuted"].any()),
    )


def _with_messages(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The rows with the messages of preferences in one list: the question, the better and the worse answer."""
    if "messages" in rows.collect_schema().names():
        return rows
    return rows.with_columns(pl.concat_list("prompt", "chosen", "rejected").alias("messages"))


def _one(matches: pl.DataFrame, column: str, id_: str, folder: Path) -> pl.DataFrame:
    if matches.height == 0:
        raise UsageError(f"{folder}: no {'record' if column == 'id' else 'triple'} has an id that begins with {id_!r}")
    if matches[column].n_unique() < matches.height:
        raise InputError(
            f"{folder}: {matches.height} rows have the id {matches[column].mode()[0]}; it is unclear which one is meant"
        )
    if matches.height > 1:
        raise UsageError(
            f"{id_!r} is the beginning of several ids: {', '.join(sorted(matches[column].to_list())[:3])}; give more of it"
        )
    return matches


def _template(mark: str) -> TracedTemplate:
    """`pack@version/template.lang#variant` in its parts, with whose words it is where the pack is registered."""
    match = MARK.fullmatch(mark)
    if match is None:
        raise InputError(
            f"the record's template is {mark!r}, expected PACK@VERSION/NAME.LANG#VARIANT, as generate writes it"
        )
    pack, version, name, variant = match.groups()
    return TracedTemplate(mark, pack, version, f"{name}.j2", int(variant), _origin(pack, version, name, int(variant)))


def _origin(pack: str, version: str, name: str, variant: int) -> str | None:
    """`paper` or `ours`, as the pack says of the variant; null where it says nothing or is another version."""
    if pack not in registry.names("packs"):
        return None
    info = _info(pack)
    template, _, lang = name.rpartition(".")
    marks = (
        info.templates[template].origin.get(lang, ()) if info.version == version and template in info.templates else ()
    )
    return marks[variant - 1] if variant <= len(marks) else None


@cache
def _info(pack: str) -> PackInfo:
    return load_yaml(registry.find("packs", pack, Path) / "pack.yaml", PackInfo)


def _explain(triple: dict[str, Any], sources: dict[str, SourceMetadata]) -> TracedTriple:
    origins = []
    for origin in triple["origins"]:
        source, file, row, field = origin_of(origin)
        metadata = sources.get(source, SourceMetadata())
        origins.append(TracedOrigin(source, file, row, field, metadata.license, metadata.hashes().get(file)))
    known = ontology()
    words = known.relations.get(triple["relation"]) or known.attributes.get(triple["relation"])
    return TracedTriple(
        triple["id"], triple["head"], triple["relation"], words.zh if words else "", triple["tail"],
        triple["contradicts"], origins,
    )  # fmt: skip


def _english_names(store: Store, record: dict[str, Any], triples: list[dict[str, Any]]) -> list[TracedName]:
    """Which table gave each English name that the record uses."""
    ids = {orjson.loads(record["meta"])["head"]} | {end for t in triples for end in (t["head"], t["tail"])}
    metadata = store.metadata()
    tables: dict[str, Metadata] = {**metadata.sources, **metadata.names}
    rows = store.entities().filter(pl.col("id").is_in(list(ids)) & ~pl.col("name_en").str.contains(HAN)).sort("id")
    return [
        TracedName(row["id"], row["name_en"], row["name_en_from"], tables.get(row["name_en_from"], Metadata()).license)
        for row in rows.iter_rows(named=True)
    ]
