"""From a record to its triples, files, template and licence; and from a triple to its records."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from kgtools.corpora.gates import vouched
from kgtools.corpora.record import PREFERENCES, RECORDS
from kgtools.kg.build.inputs import Metadata, SourceMetadata, files_of
from kgtools.kg.build.normalize import HAN
from kgtools.kg.build.origins import origin_of
from kgtools.kg.ontology import ontology
from kgtools.kg.stores import Store
from kgtools.templates.facts import find_triples
from kgtools.templates.generate import COVERAGE
from kgtools.templates.pack import PackInfo
from kgtools.tools import registry
from kgtools.tools.config import load_yaml
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.frames import scan_table

MARK = re.compile(r"([^@/]+)@([^/]+)/([^#]+)#([0-9]{1,9})")
SHOWN = ("id", "task", "lang", "messages", "prompt", "chosen", "rejected", "answer", "group")


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
    told = vouched(file)
    if not told:
        return f"{file}: no run.json tells of this file as it is; it may have been edited since"
    now = files_of(store.metadata())
    lost = (
        [name for name, hash_ in told["inputs"].items() if now.get(name) != hash_]
        if told["command"] == "generate"
        else []
    )
    return (
        f"{file}: was generated from another {lost[0]} than the graph was loaded from; name its graph" if lost else ""
    )


def trace_record(store: Store, folder: Path, id_: str) -> dict[str, Any]:
    """The record whose id begins with `id_`: messages, template and variant, licence, names, and its triples with
    source, file and line. Raises UsageError for an id that no record or several have."""
    found = records_of(folder).filter(pl.col("id").str.starts_with(id_)).collect()
    schema = PREFERENCES if "rejected" in found.columns else RECORDS
    record = schema.check(_one(found, "id", id_, folder), str(folder)).row(0, named=True)
    if record["template"] is None:
        meta = orjson.loads(record["meta"] or "{}")
        place = f"{meta.get('file', 'a file')}:{meta.get('line', '?')}"
        raise InputError(f"{record['id']}: not of a graph: it was read from {place} (source {record['source']})")
    sources = store.metadata().sources
    triples = find_triples(store.entities(), store.triples(), set(record["facts"]))
    lost = set(record["facts"]) - {triple["id"] for triple in triples}
    if lost:
        raise InputError(
            f"{folder}: the graph holds no triple {min(lost)}; was it loaded anew since? Run generate again, or name its graph"
        )
    english = _english_names(store, record, triples) if record["lang"] == "en" else []
    return {
        "record": {key: record[key] for key in SHOWN if key in record}
        | ({"fault": orjson.loads(record["meta"])["fault"]} if schema is PREFERENCES else {}),
        "template": _template(record["template"]),
        "license": record["license"],
        "names": english,
        "triples": [_explained(triple, sources) for triple in triples],
    }


def trace_triple(store: Store, folder: Path, id_: str) -> dict[str, Any]:
    """The triple whose id begins with `id_`: source, file and line, what became of it in each language, its records."""
    fates = scan_table(_coverage(folder)).filter(pl.col("triple").str.starts_with(id_)).collect()
    whole = _one(fates.unique("triple"), "triple", id_, folder)["triple"][0]
    triples = find_triples(store.entities(), store.triples(), {whole})
    if not triples:
        raise InputError(
            f"{folder}: the graph holds no triple {whole}; was it loaded anew since? Run generate again, or name its graph"
        )
    records = (
        _told(records_of(folder))
        .filter(pl.col("facts").list.contains(whole))
        .select("id", "lang", "template", "messages")
        .collect()
    )
    return {
        "triple": _explained(triples[0], store.metadata().sources),
        "coverage": COVERAGE.check(fates, str(folder))
        .filter(pl.col("triple") == whole)
        .sort("lang")
        .select("lang", "records", "reason")
        .to_dicts(),
        "records": records.sort("id").to_dicts(),
    }


def _told(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The rows with the messages of preferences in one list: the question, the better and the worse answer."""
    if "messages" in rows.collect_schema().names():
        return rows
    return rows.with_columns(pl.concat_list("prompt", "chosen", "rejected").alias("messages"))


def _coverage(folder: Path) -> Path:
    path = folder / "coverage.parquet"
    if not path.is_file():
        raise InputError(f"{path}: no such file; name the folder that generate wrote: --records DIR")
    return path


def _one(found: pl.DataFrame, column: str, id_: str, folder: Path) -> pl.DataFrame:
    if found.height == 0:
        raise UsageError(f"{folder}: no {'record' if column == 'id' else 'triple'} has an id that begins with {id_!r}")
    if found[column].n_unique() < found.height:
        raise InputError(
            f"{folder}: {found.height} rows have the id {found[column].mode()[0]}; which one is meant nobody can tell"
        )
    if found.height > 1:
        raise UsageError(
            f"{id_!r} is the beginning of several ids: {', '.join(sorted(found[column].to_list())[:3])}; give more of it"
        )
    return found


def _template(mark: str) -> dict[str, Any]:
    """`pack@version/template.lang#variant` in its parts, with whose words it is where the pack is registered."""
    found = MARK.fullmatch(mark)
    if found is None:
        raise InputError(
            f"the record's template is {mark!r}, expected PACK@VERSION/NAME.LANG#VARIANT, as generate writes it"
        )
    pack, version, name, variant = found.groups()
    return {
        "id": mark,
        "pack": pack,
        "version": version,
        "file": f"{name}.j2",
        "variant": int(variant),
        "origin": _origin(pack, version, name, int(variant)),
    }


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


def _explained(triple: dict[str, Any], sources: dict[str, SourceMetadata]) -> dict[str, Any]:
    places = []
    for origin in triple["origins"]:
        source, file, row, field = origin_of(origin)
        metadata = sources.get(source, SourceMetadata())
        places.append(
            {"source": source, "file": file, "row": row, "field": field, "license": metadata.license,
             "sha256": metadata.hashes().get(file)}
        )  # fmt: skip
    known = ontology()
    words = known.relations.get(triple["relation"]) or known.attributes.get(triple["relation"])
    return {
        "id": triple["id"], "head": triple["head"], "relation": triple["relation"], "relation_zh": words.zh if words else "",
        "tail": triple["tail"], "contradicts": triple["contradicts"], "origins": places,
    }  # fmt: skip


def _english_names(store: Store, record: dict[str, Any], triples: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Which table gave each English name that the record uses."""
    ids = {orjson.loads(record["meta"])["head"]} | {end for t in triples for end in (t["head"], t["tail"])}
    metadata = store.metadata()
    tables: dict[str, Metadata] = {**metadata.sources, **metadata.names}
    rows = store.entities().filter(pl.col("id").is_in(list(ids)) & ~pl.col("name_en").str.contains(HAN)).sort("id")
    return [
        {
            "entity": row["id"],
            "name_en": row["name_en"],
            "table": row["name_en_from"],
            "license": tables.get(row["name_en_from"], Metadata()).license,
        }
        for row in rows.iter_rows(named=True)
    ]
