"""RDF that `kgtools export rdf` wrote, as a graph again: every fact from its statement, checked against its property."""

from pathlib import Path

import polars as pl

from kgtools.kg.exporters.attributes import pack
from kgtools.kg.exporters.rdf_lines import statements
from kgtools.kg.exporters.rdf_terms import OURS, text_of
from kgtools.kg.ontology import ontology
from kgtools.kg.tables import TRIPLES, Entities, Triples
from kgtools.tools.errors import InputError

OF_ENTITY = ("rdf:type", "skos:prefLabel", "kgo:nameFrom", "prov:wasDerivedFrom", "kgo:doubt")
OF_STATEMENT = ("rdf:subject", "rdf:predicate", "rdf:object", "prov:wasDerivedFrom", "kgo:origin", "kgo:contradicts")
ENTITY = f"^({'|'.join(ontology().entities)}):"
"""The prefix of an entity: `Disease:`."""
FACT = ["head", "relation", "tail", "value"]


def read(path: Path) -> tuple[Entities, Triples]:
    """The graph in an RDF file of ours. Raises InputError where a property has no statement, or the reverse."""
    of_entities, of_statements, properties = _sort_out(path)
    facts = _facts(path, of_statements)
    _agree(path, facts, properties)
    entities = _entities(path, of_entities)
    is_value = facts["value"].is_not_null()
    values = facts.filter(is_value).with_columns(pl.col("value").alias("tail"))
    triples = TRIPLES.check(facts.filter(~is_value).select(list(TRIPLES.columns)), str(path))
    return pack(entities, values), triples.sort("id")


def _sort_out(path: Path) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """What is said of entities, what of statements, and the properties that the statements are about."""
    of_entities, of_statements, properties = [], [], []
    for part in statements(path):
        entity, fact = (part["subject"].str.contains(prefix) for prefix in (ENTITY, "^fact:"))
        described = part["predicate"].is_in(OF_ENTITY)
        of_entities.append(part.filter(entity & described))
        properties.append(part.filter(entity & ~described).drop("language"))
        of_statements.append(part.filter(fact & part["predicate"].is_in(OF_STATEMENT)).drop("language"))
    return pl.concat(of_entities), pl.concat(of_statements), pl.concat(properties)


def _facts(path: Path, rows: pl.DataFrame) -> pl.DataFrame:
    """`id`, `head`, `relation`, `tail` or `value`, `sources`, `origins`, `contradicts` of each statement."""
    of = rows.partition_by("predicate", as_dict=True)
    parts = [of.get((name,), rows.clear()) for name in OF_STATEMENT]
    subjects, predicates, objects, sources, origins, contradicts = parts
    facts = _one(path, subjects, head="object")
    for more in (
        _one(path, predicates, relation="object"),
        _one(path, objects, tail="object", value="value"),
        _all(sources, "sources", "object"),
        _all(origins, "origins", "value"),
        _one(path, contradicts, contradicts="object"),
    ):
        facts = facts.join(more, on="subject", how="left")
    needed = facts.filter(pl.any_horizontal(pl.col("relation", "sources", "origins").is_null()))
    if needed.height or facts.height != objects.height:
        what = _texts(needed["subject"])[0] if needed.height else "a statement"
        raise InputError(f"{path}: {what}: lacks its predicate, object, source or origin; was the file cut off?")
    return facts.with_columns(
        _texts(facts["subject"]).alias("id"),
        *(_texts(facts[name]) for name in ("head", "tail", "contradicts")),
        _texts(facts["relation"].replace("skos:altLabel", "kgo:alias")),
    )


def _agree(path: Path, facts: pl.DataFrame, properties: pl.DataFrame) -> None:
    """Raises InputError where the properties are not just those of the statements."""
    stated = properties.select(
        _texts(properties["subject"]).alias("head"),
        _texts(properties["predicate"].replace("skos:altLabel", "kgo:alias")).alias("relation"),
        _texts(properties["object"]).alias("tail"),
        "value",
    ).unique()
    for some, others, lacks in ((stated, facts, "statement"), (facts, stated, "property")):
        alone = some.join(others, on=FACT, how="anti", nulls_equal=True)
        if alone.height:
            head, relation, tail, value = alone.select(FACT).sort(FACT).row(0)
            raise InputError(
                f"{path}: {head} {relation} {tail or value}: has no {lacks}; the file is not as kgtools wrote it"
            )


def _entities(path: Path, described: pl.DataFrame) -> pl.DataFrame:
    """The entities without aliases and attributes."""
    of = described.partition_by("predicate", as_dict=True)
    types, labels, givers, sources, doubts = (of.get((name,), described.clear()) for name in OF_ENTITY)
    zh, en = (labels.filter(pl.col("language") == language) for language in ("zh", "en"))
    rows = _one(path, types.filter(pl.col("object").str.starts_with("kgo:")), type="object")
    for more in (
        _one(path, zh, name="value"),
        _one(path, en, name_en="value"),
        _one(path, givers, name_en_from="object"),
        _all(sources, "sources", "object"),
        _all(doubts, "doubts", "value"),
    ):
        rows = rows.join(more, on="subject", how="left")
    rows = rows.with_columns(
        pl.col("doubts").fill_null(pl.lit([], pl.List(pl.String))),
        _texts(rows["subject"]).alias("id"),
        *(_texts(rows[name]) for name in ("type", "name_en_from")),
    )
    lacking = rows.filter(pl.col("name").is_null() | pl.col("sources").is_null())
    if lacking.height:
        raise InputError(f"{path}: {lacking['id'][0]}: lacks its Chinese skos:prefLabel or its source")
    return rows


def _one(path: Path, rows: pl.DataFrame, **columns: str) -> pl.DataFrame:
    """What is said once of each subject, under other names."""
    twice = rows.filter(rows["subject"].is_duplicated())
    if twice.height:
        subject, predicate = _texts(twice["subject"])[0], twice["predicate"][0]
        raise InputError(f"{path}: {subject}: has more than one {predicate}; the file is not as kgtools wrote it")
    return rows.select("subject", *(pl.col(column).alias(name) for name, column in columns.items()))


def _all(rows: pl.DataFrame, name: str, column: str) -> pl.DataFrame:
    """What is said of each subject, as a sorted list."""
    values = _texts(rows[column]) if column == "object" else rows[column]
    return rows.with_columns(values.alias(name)).group_by("subject").agg(pl.col(name).sort())


def _texts(iris: pl.Series) -> pl.Series:
    """What IRIs stand for: the id of an entity, else what is behind the prefix."""
    before = iris.unique().drop_nulls()
    short = before.str.replace(f"^(?:{'|'.join(set(OURS) - set(ontology().entities))}):", "")
    return iris.replace_strict(before, [text_of(iri) for iri in short], return_dtype=pl.String)
