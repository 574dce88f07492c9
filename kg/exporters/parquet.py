"""Parquet, for pandas, polars, DuckDB and Spark: a folder with the two tables, their manifest and what the columns hold."""

from pathlib import Path

import polars as pl

from kgtools.kg.exporters import Exporter, ExportOptions
from kgtools.kg.exporters.files import refuse_nothing, run_json, terms, write_folder
from kgtools.kg.licenses import LICENSES, licence_text
from kgtools.kg.stores import Store
from kgtools.kg.tables import ENTITIES, TRIPLES, Entities, Triples
from kgtools.tools.errors import InputError
from kgtools.tools.frames import Schema, load_table, write_table

README = """\
# A graph of kgtools

`entities.parquet`, sorted by `id`

| column | type | holds |
| --- | --- | --- |
| id | text | type and name, `Disease:糖尿病`; unique |
| type | text | the entity type |
| name | text | the name in Chinese |
| name_en | text, nullable | the name in English |
| name_en_from | text, nullable | the source or table of names that gave `name_en` |
| aliases | list of text | other names |
| sources | list of text | who names the entity |
| attributes | text | JSON: attribute -> value -> origins, aliases and classes among them |
| doubts | list of text | why the entity is not taught (`truncated-name`), or a value of it (`truncated-value`, attribute, id of the fact) |

`triples.parquet`, sorted by `id`

| column | type | holds |
| --- | --- | --- |
| id | text | a hash of head, relation and tail |
| head, tail | text | ids of entities |
| relation | text | the kind of the triple |
| sources | list of text | who says it |
| origins | list of text | where, as `source/file:row#field` |
| contradicts | text, nullable | the id of a triple that cannot be true as well |

What may be done with them is in `LICENSES.md`, and in the metadata of each Parquet file under `license` and `rights`.
"""


def write(store: Store, out: Path, options: ExportOptions) -> dict[str, int]:
    """The two tables, the licence in the metadata of each file; `run.json` tells sources and the SHA-256 of what was read."""
    entities, triples = store.entities(), store.triples()
    refuse_nothing(entities, out, options.allow_empty)
    counts = {"entities": entities.height, "triples": triples.height}
    with write_folder(out, "parquet") as stage:
        write_table(entities, stage / "entities.parquet", terms(store).to_dict())
        write_table(triples, stage / "triples.parquet", terms(store).to_dict())
        (stage / "README.md").write_text(README, encoding="utf-8")
        (stage / LICENSES).write_bytes(licence_text(store, entities, triples))
        names = [file.name for file in stage.iterdir()]
        (stage / "run.json").write_bytes(run_json(store, "parquet", names, counts, options.allow_license))
    return counts


def read(path: Path) -> tuple[Entities, Triples]:
    """The graph in such a folder. Raises InputError for any other."""
    return _table(path / "entities.parquet", ENTITIES), _table(path / "triples.parquet", TRIPLES)


def _table(file: Path, schema: Schema) -> pl.DataFrame:
    try:
        return schema.check(load_table(file), str(file)).sort("id")
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(f"{file}: cannot be read: {' '.join(str(error).split())}; export it again") from error


FORMAT = Exporter("a folder of Parquet tables, for polars, pandas, DuckDB and Spark", (), write, read)
