"""Node-link JSON, as `networkx.node_link_data(graph, edges="edges")` lays it out: a directed multigraph, keyed by triple.

networkx.node_link_graph(json.load(open("graph.json")), edges="edges")"""

from pathlib import Path
from typing import Any

import orjson
import polars as pl

from kgtools.kg.exporters import Exporter, ExportOptions
from kgtools.kg.exporters.files import ROWS, open_export_file, refuse_nothing, terms, witnesses
from kgtools.kg.licenses import licence_text
from kgtools.kg.stores import Store
from kgtools.kg.tables import ENTITIES, TRIPLES, Entities, Triples
from kgtools.tools.errors import InputError
from kgtools.tools.frames import Schema
from kgtools.tools.inputs.files import read_bytes

ENDS = {"head": "source", "tail": "target", "id": "key"}


def write(store: Store, out: Path, options: ExportOptions) -> dict[str, int]:
    """The graph as JSON, an entity or a triple a line; what is null is left out. `graph.graph["license"]` is its licence."""
    entities, triples = store.entities(), store.triples()
    refuse_nothing(entities, out, options.allow_empty)
    with open_export_file(out, licence_text(store, entities, triples)) as file:
        metadata = orjson.dumps(witnesses(store).to_dict() | terms(store).to_dict()).decode()
        file.write(f'{{"directed": true, "multigraph": true, "graph": {metadata}, "nodes": [\n'.encode())
        before = b""
        for row in entities.iter_rows(named=True):
            row["attributes"] = orjson.Fragment(row["attributes"])
            file.write(before + _line(row))
            before = b",\n"
        file.write(b'\n], "edges": [\n')
        before = b""
        for row in triples.rename(ENDS).iter_rows(named=True):
            file.write(before + _line(row))
            before = b",\n"
        file.write(b"\n]}\n")
    return {"entities": entities.height, "triples": triples.height}


def _line(row: dict[str, Any]) -> bytes:
    return orjson.dumps({name: value for name, value in row.items() if value is not None})


def read(path: Path) -> tuple[Entities, Triples]:
    """The graph in a node-link file of ours. Raises InputError for any other."""
    try:
        graph = orjson.loads(read_bytes(path))
    except orjson.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}: not valid JSON: {error.msg}; was the download cut off?") from error
    try:
        triples = _frame(path, graph["edges"], TRIPLES, ENDS)
        return _frame(path, graph["nodes"], ENTITIES, {}), triples
    except (KeyError, TypeError, AttributeError, pl.exceptions.PolarsError) as error:
        raise InputError(
            f"{path}: no graph that kgtools export networkx wrote: {' '.join(str(error).split())}"
        ) from error


def _frame(path: Path, rows: list[dict[str, Any]], schema: Schema, names: dict[str, str]) -> pl.DataFrame:
    """The rows as a table, sorted by id; they are let go as it grows."""
    frames = [schema.frame()]
    while rows:
        part = rows[-ROWS:]
        del rows[-ROWS:]
        columns = {name: [row.get(names.get(name, name)) for row in part] for name in schema.columns}
        if "attributes" in columns:
            columns["attributes"] = [orjson.dumps(row["attributes"]).decode() for row in part]
        frames.append(schema.frame(columns))
    return schema.check(pl.concat(frames), str(path)).sort("id")


FORMAT = Exporter("node-link JSON, for networkx", (".json",), write, read)
