"""What the files of a generation hold, each proved to be what was written."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import polars as pl

from kgtools.kg.build.inputs import (
    GraphMetadata,
    Inputs,
    NamesMetadata,
    NameTable,
    SourceMetadata,
    SourceTables,
)
from kgtools.kg.stores.folder import generations
from kgtools.kg.stores.folder.generations import Generation
from kgtools.kg.stores.reconcile import StoredGraph
from kgtools.kg.tables import ENTITIES, FACTS, LEDGER, NAMED, NAMES, REJECTS, TRIPLES
from kgtools.tools.errors import InputError, StoreError
from kgtools.tools.frames import Schema, load_table

if TYPE_CHECKING:
    pass


def read_inputs(generation: Generation) -> Inputs:
    """What the graph was made of."""
    ledger = "ledger.parquet"
    return Inputs(
        tuple(read_source(generation, name) for name in folders_of(generation, "sources")),
        tuple(read_names(generation, name) for name in folders_of(generation, "names")),
        read_table(generation, ledger, LEDGER) if ledger in generation.files else LEDGER.frame(),
    )


def folders_of(generation: Generation, part: str) -> list[str]:
    """`sources/xywy`, in order."""
    return sorted({name.rpartition("/")[0] for name in generation.names(f"{part}/.+")})


def read_metadata(generation: Generation) -> GraphMetadata:
    """What is known of the sources and of the tables of names."""
    return GraphMetadata.from_dict(
        {
            "sources": {_name(folder): _read_about(generation, folder) for folder in folders_of(generation, "sources")},
            "names": {_name(folder)[4:]: _read_about(generation, folder) for folder in folders_of(generation, "names")},
        }
    )


def _name(folder: str) -> str:
    return folder.partition("/")[2]


def _read_about(generation: Generation, folder: str) -> dict[str, Any]:
    about: dict[str, Any] = orjson.loads(generation.proven(f"{folder}/about.json").read_bytes())
    return about


def read_source(generation: Generation, folder: str) -> SourceTables:
    """What a source said, of its folder `sources/xywy`."""
    return SourceTables(
        _name(folder),
        SourceMetadata.from_dict(_read_about(generation, folder)),
        read_table(generation, f"{folder}/entities.parquet", NAMED),
        read_table(generation, f"{folder}/facts.parquet", FACTS),
        read_table(generation, f"{folder}/rejects.parquet", REJECTS),
    )


def read_names(generation: Generation, folder: str) -> NameTable:
    """A table of English names, of its folder `names/000-hpo`."""
    names = read_table(generation, f"{folder}/names.parquet", NAMES)
    return NameTable(_name(folder)[4:], NamesMetadata.from_dict(_read_about(generation, folder)), names)


def read_table(generation: Generation, name: str, schema: Schema) -> pl.DataFrame:
    """A table by its file. Raises StoreError where it is not what was written."""
    return _load(generation.proven(name), schema, generations.NEW)


def read_back(entities: Path, triples: Path, way_out: str) -> StoredGraph:
    """What the two files hold, nulls where none may be too: which rows differ is for the comparison to say."""
    return StoredGraph(
        _load(entities, replace(ENTITIES, required=()), way_out, memory_map=False),
        _load(triples, replace(TRIPLES, required=()), way_out, memory_map=False),
    )


def _load(path: Path, schema: Schema, way_out: str, memory_map: bool = True) -> pl.DataFrame:
    try:
        return schema.check(load_table(path, memory_map=memory_map), str(path))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        why = " ".join(str(error).split())
        raise StoreError(f"{path}: cannot be read ({why}); {way_out}") from error
    except InputError as error:
        raise StoreError(f"{error}; {way_out}") from error
