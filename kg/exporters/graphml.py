"""GraphML, for Gephi, yEd, igraph and networkx: a directed multigraph whose edges are keyed by the id of the triple.

    networkx.read_graphml("graph.graphml", edge_key_type=str, force_multigraph=True)

GraphML has no lists, so `aliases`, `sources`, `doubts` and `origins` are JSON arrays in text, as `attributes` is JSON already.
Characters that XML cannot hold are written as spreadsheets do, `_x000B_`, and `_x` itself as `_x005F_x`."""

import io
import re
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError, iterparse

import orjson
import polars as pl

from kgtools.kg.exporters import Exporter, ExportOptions
from kgtools.kg.exporters.files import ROWS, as_json, open_export_file, refuse_nothing, terms, witnesses, write_text
from kgtools.kg.licenses import licence_text
from kgtools.kg.stores import Store
from kgtools.kg.tables import ENTITIES, LIST, TRIPLES, Entities, Triples
from kgtools.tools.errors import InputError
from kgtools.tools.frames import Schema
from kgtools.tools.inputs.files import read_bytes
from kgtools.tools.inputs.safe_xml import look_through

NAMESPACE = "{http://graphml.graphdrawing.org/xmlns}"
NODE = [name for name in ENTITIES.columns if name != "id"]
ENDS = {"id": "id", "head": "source", "tail": "target"}
SCHEMAS = {"node": ENTITIES, "edge": TRIPLES}
EDGE = [name for name in TRIPLES.columns if name not in ("id", "head", "tail")]
IMPOSSIBLE = [chr(code) for code in (*range(0x20), 0xFFFE, 0xFFFF) if code not in (0x09, 0x0A, 0x0D)]
"""The characters that XML 1.0 cannot hold, not even escaped."""
ESCAPES = {char: f"_x{ord(char):04X}_" for char in IMPOSSIBLE} | {
    "_x": "_x005F_x", "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"
}  # fmt: skip
ESCAPED = re.compile("_x([0-9A-F]{4})_")
"""`_x000B_`: a character as ESCAPES writes it."""


def write(store: Store, out: Path, options: ExportOptions) -> dict[str, int]:
    """The graph as GraphML, its licence an attribute of the whole; entities have a `label` besides, which drawing programs show."""
    entities, triples = store.entities(), store.triples()
    refuse_nothing(entities, out, options.allow_empty)
    data = {"witnesses": orjson.dumps(witnesses(store).to_dict()).decode(), **terms(store).to_dict()}
    keys = [
        *(("graph", name) for name in data),
        *(("node", name) for name in ["label", *NODE]),
        *(("edge", name) for name in EDGE),
    ]
    with open_export_file(out, licence_text(store, entities, triples)) as file:
        file.write(b'<?xml version="1.0" encoding="UTF-8"?>\n')
        file.write(b'<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n')
        for kind, name in keys:
            file.write(f'<key id="{kind}_{name}" for="{kind}" attr.name="{name}" attr.type="string"/>\n'.encode())
        file.write(b'<graph id="kgtools" edgedefault="directed">\n')
        for name, value in data.items():
            file.write(f'<data key="graph_{name}">{_escape(value)}</data>\n'.encode())
        write_text(file, entities.with_columns(map(as_json, entities.select("aliases", "sources", "doubts"))), _nodes())
        write_text(file, triples.with_columns(map(as_json, triples.select("sources", "origins"))), _edges())
        file.write(b"</graph>\n</graphml>\n")
    return {"entities": entities.height, "triples": triples.height}


def _escape(text: str) -> str:
    return str(pl.select(_escape_all(pl.lit(text))).item())


def _escape_all(text: pl.Expr) -> pl.Expr:
    return text.str.replace_many(list(ESCAPES), list(ESCAPES.values()))


def _nodes() -> pl.Expr:
    start = pl.concat_str(pl.lit('<node id="'), _escape_all(pl.col("id")), pl.lit('">'))
    label = _data("node", "label", pl.col("name"))
    return pl.concat_str(start, label, *(_data("node", name, pl.col(name)) for name in NODE), pl.lit("</node>\n"))


def _edges() -> pl.Expr:
    ends = [
        text for word, name in (("<edge id", "id"), (" source", "head"), (" target", "tail"))
        for text in (pl.lit(f'{word}="'), _escape_all(pl.col(name)), pl.lit('"'))
    ]  # fmt: skip
    return pl.concat_str(*ends, pl.lit(">"), *(_data("edge", name, pl.col(name)) for name in EDGE), pl.lit("</edge>\n"))


def _data(kind: str, name: str, value: pl.Expr) -> pl.Expr:
    """A value as an element; nothing for null."""
    element = pl.concat_str(pl.lit(f'<data key="{kind}_{name}">'), _escape_all(value), pl.lit("</data>"))
    return element.fill_null("")


def read(path: Path) -> tuple[Entities, Triples]:
    """The graph in a GraphML file of ours. Raises InputError for any other."""
    data = io.BytesIO(read_bytes(path))
    look_through(path, data)
    data.seek(0)
    names: dict[str, str] = {}
    rows: dict[str, list[dict[str, str]]] = {"node": [], "edge": []}
    frames = {"node": [ENTITIES.frame()], "edge": [TRIPLES.frame()]}
    try:
        _, root = next(events := iterparse(data, ("start", "end")))
        for event, element in events:
            kind = element.tag.removeprefix(NAMESPACE)
            if event == "start":
                root = element if kind == "graph" else root
            elif kind == "key":
                names[element.get("id", "")] = element.get("attr.name", "")
            elif kind in rows:
                ends = {name: _text(element.get(key)) for name, key in ENDS.items() if key in element.attrib}
                rows[kind].append(ends | _values(element, names))
                if len(rows[kind]) == ROWS:
                    frames[kind].append(_frame(path, rows[kind], SCHEMAS[kind]))
                    rows[kind].clear()
                    root.clear()
    except ParseError as error:
        raise InputError(f"{path}:{error.position[0]}: not GraphML: {error}; was the download cut off?") from error
    tables = {kind: pl.concat([*frames[kind], _frame(path, rows[kind], SCHEMAS[kind])]) for kind in rows}
    return tables["node"].sort("id"), tables["edge"].sort("id")


def _values(element: Element, names: dict[str, str]) -> dict[str, str]:
    return {names.get(data.get("key", ""), ""): _text(data.text) for data in element}


def _text(written: str | None) -> str:
    text = written or ""
    return ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def _frame(path: Path, rows: list[dict[str, str]], schema: Schema) -> pl.DataFrame:
    """The rows as a table; lists are JSON."""
    columns: dict[str, list[Any]] = {name: [row.get(name) for row in rows] for name in schema.columns}
    try:
        for name in (name for name, kind in schema.columns.items() if kind == LIST):
            columns[name] = [None if text is None else orjson.loads(text) for text in columns[name]]
        frame = schema.frame(columns)
    except (orjson.JSONDecodeError, pl.exceptions.PolarsError, TypeError) as error:
        raise InputError(
            f"{path}: no graph that kgtools export graphml wrote: {' '.join(str(error).split())}"
        ) from error
    return schema.check(frame, str(path))


FORMAT = Exporter("GraphML, for Gephi, yEd and networkx", (".graphml",), write, read)
