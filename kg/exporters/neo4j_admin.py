"""CSV for `neo4j-admin database import`: the way into Neo4j for graphs of millions of triples.

A file for each entity type and each relation, with a header file beside it, and one for what kgtools remembers of the
sources, so that the database is the one that `kgtools load` would have made. Null is an empty field and empty text is
`""`; a list is joined by U+001F, and an empty one cannot be imported: `after.cypher` sets it."""

from pathlib import Path

import polars as pl

from kgtools.kg.columns import ENTITY_COLUMNS, LISTS, TRIPLE_COLUMNS, attribute_values, quote
from kgtools.kg.exporters import Exporter, ExportOptions
from kgtools.kg.exporters.files import refuse_nothing, run_json, terms, write_folder, write_text
from kgtools.kg.licenses import LICENSES, licence_text
from kgtools.kg.ontology import ontology
from kgtools.kg.stores import Store
from kgtools.kg.stores.neo4j.indexes import INDEXABLE
from kgtools.kg.stores.neo4j.metadata import LABEL, to_nodes
from kgtools.tools.errors import InputError

DELIMITER = "\x1f"
BUFFER = 4 << 20
"""The importer's own `--read-buffer-size`: the bytes that the longest value may have."""

STEPS = """\
1. Stop the server; the database must not exist yet or be empty.
2. sh import.sh DATABASE             neo4j without; NEO4J_ADMIN=/path/to/neo4j-admin where it is not on the path
3. Start the server.
4. cypher-shell -d DATABASE -f after.cypher
5. kgtools verify --graph neo4j://HOST:7687/DATABASE

Licence: {licence}
LICENSES.md says what may be done with it; in the database kgtools stats tells the licence of each source.
"""
IMPORT = """\
#!/bin/sh
set -eu
cd "$(dirname "$0")"
exec "${{NEO4J_ADMIN:-neo4j-admin}}" database import full "${{1:-neo4j}}" {options}
"""


def write(store: Store, out: Path, options: ExportOptions) -> dict[str, int]:
    """The CSV files, `import.sh`, `after.cypher`, the steps and the licences. Raises InputError for a value that CSV cannot hold."""
    entities, triples, metadata_nodes = store.entities(), store.triples(), to_nodes(store.inputs())
    refuse_nothing(entities, out, options.allow_empty)
    nodes = {
        t: _with_attributes(entities.filter(pl.col("type") == t))
        for t in ontology().entities
        if t in set(entities["type"])
    }
    _refuse([*nodes.values(), triples])
    relations = {
        r: triples.filter(pl.col("relation") == r) for r in ontology().relations if r in set(triples["relation"])
    }
    counts = {"entities": entities.height, "triples": triples.height}
    with write_folder(out, "neo4j-admin") as stage:
        for name, rows in nodes.items():
            _table(stage, name, rows.drop("type"), {"id": "id:ID(entity)"})
        for name, rows in relations.items():
            ends = {"head": ":START_ID(entity)", "tail": ":END_ID(entity)"}
            _table(stage, name, rows.select("head", "tail", *TRIPLE_COLUMNS), ends)
        _table(stage, LABEL, metadata_nodes, {"id": f"id:ID({LABEL})"})
        import_options = _options([*nodes, LABEL], list(relations), [*nodes.values(), triples, metadata_nodes])
        (stage / "import.sh").write_text(IMPORT.format(options=" \\\n  ".join(import_options)), encoding="utf-8")
        (stage / "after.cypher").write_text(
            "".join(f"{line};\n" for line in _after_import(nodes, relations)), encoding="utf-8"
        )
        licence = terms(store).license
        (stage / "IMPORT.txt").write_text(STEPS.format(licence=licence or "none"), encoding="utf-8")
        (stage / LICENSES).write_bytes(licence_text(store, entities, triples))
        names = [file.name for file in stage.iterdir()]
        (stage / "run.json").write_bytes(run_json(store, "neo4j-admin", names, counts, options.allow_license))
    return counts


def _with_attributes(entities: pl.DataFrame) -> pl.DataFrame:
    """The entities with their columns in order, and one for each attribute that any of them has: the list of its values, or null."""
    values = [attribute_values(text) for text in entities["attributes"]]
    present = {name for each in values for name in each}
    columns = [
        pl.Series(name, [each.get(name) for each in values], dtype=pl.List(pl.String))
        for name in ontology().attributes if name in present
    ]  # fmt: skip
    return entities.select("type", *ENTITY_COLUMNS).with_columns(columns)


def _lists(frame: pl.DataFrame) -> list[str]:
    return [name for name, kind in frame.schema.items() if kind == pl.List(pl.String)]


def _refuse(frames: list[pl.DataFrame]) -> None:
    for frame in frames:
        for name in _lists(frame):
            element = pl.element()
            impossible = (pl.col(name).list.len() == 1) & (pl.col(name).list.first() == "")
            impossible |= pl.col(name).list.eval(element.str.contains(DELIMITER, literal=True)).list.any()
            rows = frame.filter(impossible)
            if rows.height:
                raise InputError(
                    f"{rows['id'][0]}: {name}: {rows[name][0].to_list()!r}: the importer cannot take a list with U+001F in it, "
                    "nor one of an empty text alone; load the graph into the server: kgtools load"
                )


def _table(stage: Path, name: str, rows: pl.DataFrame, special: dict[str, str]) -> None:
    """The header file and the rows."""
    lists = _lists(rows)
    header = [special.get(column, f"{column}:string[]" if column in lists else column) for column in rows.columns]
    (stage / f"{name}.header.csv").write_text(",".join(header) + "\n", encoding="utf-8")
    values = [pl.col(c).list.join(DELIMITER) if c in lists else pl.col(c) for c in rows.columns]
    with (stage / f"{name}.csv").open("wb") as file:
        write_text(file, rows, pl.concat_str(pl.concat_str(map(_field, values), separator=","), pl.lit("\n")))


def _field(value: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.lit('"'), value.str.replace_all('"', '""', literal=True), pl.lit('"')).fill_null("")


def _options(nodes: list[str], relations: list[str], tables: list[pl.DataFrame]) -> list[str]:
    """The options of the import; fields of several lines are read slower, so only where there are any."""
    texts = [
        frame[c].list.join(DELIMITER) if c in _lists(frame) else frame[c] for frame in tables for c in frame.columns
    ]
    broken = any(text.str.contains("[\r\n]").any() for text in texts)
    longest = max(int(text.str.len_bytes().max() or 0) for text in texts)  # type: ignore[arg-type]  # a count
    return [
        "--id-type=string",
        "--array-delimiter=U+001F",
        f"--multiline-fields={str(broken).lower()}",
        *([f"--read-buffer-size={2 * longest}"] if 2 * longest > BUFFER else []),
        *(f"--nodes='{name}=./{name}.header.csv,./{name}.csv'" for name in nodes),
        *(f"--relationships='{name}=./{name}.header.csv,./{name}.csv'" for name in relations),
    ]


def _after_import(nodes: dict[str, pl.DataFrame], relations: dict[str, pl.DataFrame]) -> list[str]:
    """The empty lists, then constraints and indexes as the Neo4j store makes them."""
    lines = [
        f":auto MATCH {pattern} WHERE x.{column} IS NULL CALL (x) {{ SET x.{column} = [] }} IN TRANSACTIONS OF 10000 ROWS"
        for tables, shape in ((nodes, "(x:{})"), (relations, "()-[x:{}]->()"))
        for name, rows in tables.items()
        for pattern in [shape.format(quote(name))]
        for column in (c for c in LISTS if c in rows.columns and (rows[c].list.len() == 0).any())
    ]
    long = {name for name, rows in nodes.items() if (rows["name"].str.len_bytes() > INDEXABLE).any()}
    for type_ in (*ontology().entities, LABEL):
        label = quote(type_)
        constraint = quote(f"kgtools_{type_}_id")
        lines.append(f"CREATE CONSTRAINT {constraint} IF NOT EXISTS FOR (n:{label}) REQUIRE n.`id` IS UNIQUE")
        if type_ not in (*long, LABEL):
            index = quote(f"kgtools_{type_}_name")
            lines.append(f"CREATE INDEX {index} IF NOT EXISTS FOR (n:{label}) ON (n.`name`)")
    return [*lines, "CALL db.awaitIndexes(600)"]


FORMAT = Exporter("a folder of CSV for neo4j-admin database import", (), write)
