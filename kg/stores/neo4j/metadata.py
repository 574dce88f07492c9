"""What a graph is made of, as named files and as nodes: so that a server keeps the tables of its sources with the graph.

Neo4j Community has one database, so these nodes stand beside the graph, under a label of their own, without
relationships; `kgtools query` does not show them. Each holds a piece of a file, named by the SHA-256 of the whole."""

import base64
import hashlib
import io
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
import polars as pl

from kgtools.kg.build.inputs import GraphMetadata, Inputs, NamesMetadata, NameTable, SourceMetadata, SourceTables
from kgtools.kg.build.normalize import with_ids
from kgtools.kg.stores.reconcile import Fault
from kgtools.kg.tables import FACTS, LEDGER, NAMED, NAMES, REJECTS, Facts
from kgtools.tools.errors import StoreError
from kgtools.tools.frames import Schema
from kgtools.tools.inputs.files import to_json

LABEL = "__Kgtools"
STATE = "state"
FORMAT = 3
"""Counted up where the tables get other columns, or the metadata: 2 has doubts, 3 a hash of the state."""
PIECE = 192 * 1024
LEVEL = 5
TABLES = ("entities.parquet", "facts.parquet", "rejects.parquet")
STORED = Schema(FACTS.noun, {name: kind for name, kind in FACTS.columns.items() if name != "id"}, FACTS.required[1:])


def to_files(inputs: Inputs) -> dict[str, bytes]:
    """Every table and description under its path, such as `sources/xywy/facts.parquet`."""
    files: dict[str, bytes] = {}
    for source in inputs.sources:
        for name, table in zip(TABLES, (source.named, _small(source.facts), source.rejects), strict=True):
            files[f"sources/{source.name}/{name}"] = _parquet(table)
        files[f"sources/{source.name}/about.json"] = to_json(source.metadata.to_dict())
    for number, names in enumerate(inputs.names):
        files[f"names/{number:03}-{names.name}/names.parquet"] = _parquet(names.names)
        files[f"names/{number:03}-{names.name}/about.json"] = to_json(names.metadata.to_dict())
    if not inputs.ledger.is_empty():
        files["ledger.parquet"] = _parquet(inputs.ledger)
    return files


def from_files(files: Mapping[str, bytes]) -> Inputs:
    """The inputs that `to_files` wrote. Raises StoreError where a file is missing or damaged."""
    sources = sorted({path.split("/")[1] for path in files if path.startswith("sources/")})
    names = sorted({path.split("/")[1] for path in files if path.startswith("names/")})
    return Inputs(
        tuple(
            SourceTables(
                name,
                SourceMetadata.from_dict(_about(files, f"sources/{name}")),
                _table(files, f"sources/{name}/entities.parquet", NAMED),
                _facts(files, f"sources/{name}/facts.parquet"),
                _table(files, f"sources/{name}/rejects.parquet", REJECTS),
            )
            for name in sources
        ),
        tuple(
            NameTable(
                name[4:],
                NamesMetadata.from_dict(_about(files, f"names/{name}")),
                _table(files, f"names/{name}/names.parquet", NAMES),
            )
            for name in names
        ),
        _table(files, "ledger.parquet", LEDGER) if "ledger.parquet" in files else LEDGER.frame(),
    )


def pieces(files: Mapping[str, bytes]) -> dict[str, str]:
    """Node id (`SHA-256/number`) -> text of each piece of the files."""
    nodes: dict[str, str] = {}
    for data in files.values():
        digest = hashlib.sha256(data).hexdigest()
        for number, start in enumerate(range(0, len(data), PIECE)):
            nodes[f"{digest}/{number:04}"] = base64.b64encode(data[start : start + PIECE]).decode("ascii")
    return nodes


def index(files: Mapping[str, bytes]) -> dict[str, str]:
    """Path -> SHA-256 of each file."""
    return {path: hashlib.sha256(data).hexdigest() for path, data in sorted(files.items())}


def join_files(paths: Mapping[str, str], nodes: Mapping[str, str]) -> dict[str, bytes]:
    """The files of an index, from their pieces. Raises StoreError for one that is missing or not what it was."""
    files: dict[str, bytes] = {}
    parts = _by_digest(nodes)
    for path, digest in paths.items():
        data = _join(parts.get(digest, []), digest)
        if data is None:
            raise damaged(path)
        files[path] = data
    return files


def faults(paths: Mapping[str, str], nodes: Mapping[str, str]) -> list[Fault]:
    """Every file of an index that is missing or not what it was. Pieces of no file are what a killed change left."""
    parts = _by_digest(nodes)
    return [
        Fault(path, "was changed" if parts.get(digest) else "is missing")
        for path, digest in sorted(paths.items())
        if _join(parts.get(digest, []), digest) is None
    ]


def _by_digest(nodes: Mapping[str, str]) -> dict[str, list[str]]:
    """The pieces of each file in order."""
    parts: dict[str, list[str]] = {}
    for id_ in sorted(map(str, nodes)):
        parts.setdefault(id_.partition("/")[0], []).append(nodes[id_])
    return parts


def _join(parts: list[str], digest: str) -> bytes | None:
    """A file from its pieces; None where it is not what it was."""
    try:
        data = b"".join(map(base64.b64decode, parts))
    except (TypeError, ValueError):
        return None
    return data if hashlib.sha256(data).hexdigest() == digest else None


def graph_metadata(files: Mapping[str, bytes]) -> GraphMetadata:
    """What was loaded, by name; of the files only each `about.json` is needed."""
    content: dict[str, dict[str, Any]] = {"sources": {}, "names": {}}
    for path in sorted(path for path in files if path.endswith("/about.json")):
        part, folder, _ = path.split("/")
        content[part][folder if part == "sources" else folder[4:]] = _about(files, f"{part}/{folder}")
    return GraphMetadata.from_dict(content)


def to_nodes(inputs: Inputs) -> pl.DataFrame:
    """The nodes of a whole graph: `id`, and as JSON or base64 text `data`."""
    files = to_files(inputs)
    rows = [(STATE, state(index(files))), *pieces(files).items()]
    return pl.DataFrame(rows, schema={"id": pl.String, "data": pl.String}, orient="row")


def state(now: Mapping[str, str] | None, then: Mapping[str, str] | None = None, sources: Iterable[str] = ()) -> str:
    """The node `state`: the index of the files; of those of a change under way, and every source that may be there; and
    the hash of all that, for what it does not name would not be missed."""
    content = {"format": FORMAT, "now": now, "then": then, "sources": sorted(sources)}
    return orjson.dumps(content | {"sha256": _hash(content)}, option=orjson.OPT_SORT_KEYS).decode()


def read_state(text: str) -> dict[str, Any]:
    """What the node `state` says. Raises StoreError where it is not what kgtools wrote, or another kgtools did."""
    try:
        content: dict[str, Any] = orjson.loads(text)
        format_, hash_ = int(content["format"]), content.pop("sha256", None)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise damaged(STATE) from error
    if format_ > FORMAT:
        raise StoreError("the graph was loaded by a newer kgtools; install that one")
    if format_ < FORMAT:
        raise StoreError("the graph was loaded by an older kgtools; empty the database and load its sources again")
    if hash_ != _hash(content):
        raise damaged(STATE)
    return content


def _hash(content: Any) -> str:
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def damaged(what: str) -> StoreError:
    """The error for metadata that are not as it was written."""
    return StoreError(f"what kgtools keeps in the database is damaged ({what}); empty the database and load again")


def _parquet(table: pl.DataFrame) -> bytes:
    data = io.BytesIO()
    table.write_parquet(data, compression="zstd", compression_level=LEVEL)
    return data.getvalue()


def _small(facts: Facts) -> pl.DataFrame:
    """The facts in half the bytes: without their ids, which follow from the rest, in the order of the file."""
    return facts.drop("id").sort(pl.col("origins").list.first(), "relation", "tail", maintain_order=True)


def _facts(files: Mapping[str, bytes], path: str) -> Facts:
    return FACTS.check(with_ids(_table(files, path, STORED)), path).sort("id")


def _table(files: Mapping[str, bytes], path: str, schema: Schema) -> pl.DataFrame:
    if path not in files:
        raise damaged(path)
    try:
        return schema.check(pl.read_parquet(io.BytesIO(files[path])), path)
    except pl.exceptions.PolarsError as error:
        raise damaged(path) from error


def _about(files: Mapping[str, bytes], folder: str) -> dict[str, Any]:
    if f"{folder}/about.json" not in files:
        raise damaged(f"{folder}/about.json")
    content: dict[str, Any] = orjson.loads(files[f"{folder}/about.json"])
    return content
