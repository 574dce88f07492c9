"""The tables of a graph: what a source read, what was kept of it, and the merged entities and triples."""

from typing import Annotated

import polars as pl

from kgtools.tools.frames import Schema

TEXT, LIST = pl.String, pl.List(pl.String)

MENTIONS = Schema(
    "entity mentions",
    {"type": TEXT, "name": TEXT, "name_en": TEXT, "field": TEXT, "file": TEXT, "row": pl.UInt32, "reason": TEXT},
    required=("type", "name", "field", "file", "row"),
)
"""Each time a file names an entity that is not a tail: `field` is the key or column it stood in, `row` the line
(or record) from 1, `reason` why the reader refuses it (null: it does not)."""

STATEMENTS = Schema(
    "statements",
    {
        "field": TEXT,
        "head_type": TEXT,
        "head": TEXT,
        "tail_type": TEXT,
        "tail": TEXT,
        "file": TEXT,
        "row": pl.UInt32,
        "reason": TEXT,
    },
    required=("field", "head_type", "head", "tail", "file", "row"),
)
"""Each (head, field, tail) as the file says it; `tail_type` only where the file itself types its tails."""

BROKEN = Schema(
    "unreadable cells",
    {"file": TEXT, "row": pl.UInt32, "field": TEXT, "text": TEXT, "reason": TEXT},
    required=("file", "row", "field", "text", "reason"),
)
"""What a reader could not read as a mention or a statement: a whole row (`field` is row) or a cell, as the file has it."""

NAMED = Schema(
    "named entities",
    {"id": TEXT, "type": TEXT, "name": TEXT, "name_en": TEXT, "doubt": TEXT},
    required=("id", "type", "name"),
)
"""The entities of one source; `doubt`: why the name may be none (`kg/build/doubts.py`)."""

FACTS = Schema(
    "facts",
    {"id": TEXT, "kind": TEXT, "head": TEXT, "relation": TEXT, "tail": TEXT, "origins": LIST, "doubt": TEXT},
    required=("id", "kind", "head", "relation", "tail", "origins"),
)
"""The facts of one source: `kind` is relation, alias, attribute or class; `tail` is an entity id or a value;
`origins` are `source/file:row#field`; `doubt`: why a value should not be taught (`kg/build/doubts.py`)."""

REJECTS = Schema(
    "rejects",
    {
        "action": TEXT,
        "kind": TEXT,
        "target": TEXT,
        "field": TEXT,
        "head": TEXT,
        "tail": TEXT,
        "reason": TEXT,
        "file": TEXT,
        "row": pl.UInt32,
    },
    required=("action", "kind", "field", "reason", "file", "row"),
)
"""What was refused or changed, and why: `action` is refused or changed, `kind` entity, a fact's kind, or
cell: what could not be read at all, with the text as the file has it in `tail`."""

ENTITIES = Schema(
    "entities",
    {
        "id": TEXT,
        "type": TEXT,
        "name": TEXT,
        "name_en": TEXT,
        "name_en_from": TEXT,
        "aliases": LIST,
        "sources": LIST,
        "attributes": TEXT,
        "doubts": LIST,
    },
    required=("id", "type", "name", "aliases", "sources", "attributes", "doubts"),
)
"""The entities of a graph, sorted by `id` (`Disease:糖尿病`). `name_en_from`: the source or name table that gave
the English name. `attributes`: JSON text, attribute -> value -> origins; aliases and classes are in it too. `doubts`: why the entity,
or one of its values, is not taught: a word, or a word, an attribute and the id of the fact (`kg/build/doubts.py`)."""

TRIPLES = Schema(
    "triples",
    {"id": TEXT, "head": TEXT, "relation": TEXT, "tail": TEXT, "sources": LIST, "origins": LIST, "contradicts": TEXT},
    required=("id", "head", "relation", "tail", "sources", "origins"),
)
"""The triples of a graph, sorted by `id` (a hash of head, relation, tail); `contradicts`: the id of the triple
between the same two entities that cannot be true as well."""

NAMES = Schema("English names", {"zh": TEXT, "en": TEXT, "type": TEXT}, required=("zh", "en"))
"""One table of English names; `type` null: for an entity of any type."""

LEDGER = Schema(
    "decisions on alignment",
    {
        "id": TEXT,
        "before": TEXT,
        "after": TEXT,
        "verdict": TEXT,
        "rule": TEXT,
        "score": pl.Float64,
        "reason": TEXT,
        "who": TEXT,
    },
    required=("id", "before", "after", "verdict", "rule", "score", "reason", "who"),
)
"""Decisions on whether two entities of one type are the same, sorted by `id` (a hash of the two): `before` becomes
`after` where `verdict` is same; different is remembered so that nobody is asked again. `who` decided: kgtools or a name."""

Mentions = Annotated[pl.DataFrame, MENTIONS]
Statements = Annotated[pl.DataFrame, STATEMENTS]
Broken = Annotated[pl.DataFrame, BROKEN]
Named = Annotated[pl.DataFrame, NAMED]
Facts = Annotated[pl.DataFrame, FACTS]
Rejects = Annotated[pl.DataFrame, REJECTS]
Entities = Annotated[pl.DataFrame, ENTITIES]
Triples = Annotated[pl.DataFrame, TRIPLES]
Names = Annotated[pl.DataFrame, NAMES]
Ledger = Annotated[pl.DataFrame, LEDGER]
