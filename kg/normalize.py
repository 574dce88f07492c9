"""Cleaning by named rules: what a reader gave becomes entities and facts; every refusal and change is kept and counted."""

from dataclasses import dataclass

import polars as pl

from kg.ontology import SourceInfo, ontology
from kg.reading import Reading
from kg.tables import FACTS, NAMED, REJECTS, Facts, Named, Rejects
from tools.errors import InputError
from tools.files import digest
from tools.frames import digests

RULES = {
    "control-characters": "a name holds characters that nobody sees (BOM, NUL, zero-width space): removed",
    "line-break": "a name holds a line break or a tab: joined",
    "outer-space": "a name begins or ends with white space: trimmed",
    "empty": "nothing is left of a name: refused",
    "residue": "a word that the site left behind and that is no name: refused",
    "same-as-name": "an alias is the name itself: refused",
    "unknown-relation": "the ontology does not know the relation: kept aside",
    "spilled-columns": "the values of the row have slipped into other columns: refused",
    "no-drug-in-brackets": "a product without its drug in brackets: refused",
    "unknown-type": "the mapping does not know the word for the type: refused",
    "unknown-node": "an edge names a node that the node table lacks: refused",
    "no-name": "an entity has no name in the languages asked for: refused",
    "lone-surrogate": "half of a character: refused",
}
"""Every reason that `kgtools load` gives, and what it means."""

INVISIBLE = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\x{200b}\x{2060}\x{feff}]"
BREAK = r"[ ]*[\r\n\t][ \r\n\t]*"
BREAK_IN_HAN = rf"([^\x00-\x7f]){BREAK}([^\x00-\x7f])"
HAN = r"\p{Han}"
TRUNCATED = r"(\.\.\.|…)$"
SEPARATOR = "\x1f"
LONGEST_ID = 500


@dataclass(frozen=True)
class Cleaned:
    """A source after its cleaning. `statements` and `mentions` keep every row with its verdict, for counting."""

    source: str
    info: SourceInfo
    named: Named
    facts: Facts
    rejects: Rejects
    mentions: pl.DataFrame
    statements: pl.DataFrame


def clean(reading: Reading, raw: bool = False) -> Cleaned:
    """Apply the rules; with `raw`, refuse only what no graph can hold (unknown relations, empty names)."""
    residue = [] if raw else [f"{type_}:{word}" for type_, words in reading.info.residue.items() for word in words]
    statements = _judge_statements(_mapped(reading), residue, raw)
    mentions = _judge_mentions(reading, statements, residue, raw)
    facts = _facts(reading.source, statements)
    named = _named(mentions)
    unmentioned = facts.join(named, left_on="head", right_on="id", how="anti")
    if unmentioned.height:
        raise InputError(
            f"the reader of {reading.source} gave statements about {unmentioned['head'][0]!r} without a mention of it"
        )
    rejects = pl.concat(
        [_aside(mentions.filter(pl.col("given")), "entity", "name"), _aside(statements, pl.col("kind"), "tail")]
    )
    order = ["file", "row", "field", "action", "head", "tail"]
    return Cleaned(
        reading.source, reading.info, named, facts, REJECTS.check(rejects.sort(order), "rejects"), mentions, statements
    )


def entity_id(type_: str, name: str) -> pl.Expr:
    """`Disease:糖尿病`; of a name too long for the index of a database, its beginning and a hash of the whole."""
    return pl.concat_str(type_, pl.lit(":"), name).map_batches(_short, pl.String)


def _short(ids: pl.Series) -> pl.Series:
    long = (ids.str.len_chars() > LONGEST_ID).arg_true()
    if long.is_empty():
        return ids
    return ids.clone().scatter(long, [f"{id_[:100]}…{digest(id_)}" for id_ in ids.gather(long)])


def clean_name(name: pl.Expr) -> pl.Expr:
    """The name without invisible characters, line breaks and outer white space; nothing else is touched."""
    return _unbroken(_visible(name)).str.strip_chars()


def _visible(name: pl.Expr) -> pl.Expr:
    return name.str.replace_all(INVISIBLE, "")


def _unbroken(name: pl.Expr) -> pl.Expr:
    for _ in range(2):  # a character between two breaks belongs to both
        name = name.str.replace_all(BREAK_IN_HAN, "$1$2")
    return name.str.replace_all(BREAK, " ")


def _rule(name: pl.Expr) -> pl.Expr:
    """The first rule that changes the name."""
    return (
        pl.when(_visible(name) != name).then(pl.lit("control-characters"))
        .when(name.str.contains(rf"\S{BREAK}\S")).then(pl.lit("line-break"))
        .otherwise(pl.lit("outer-space"))
    )  # fmt: skip


def _stands(raw: bool) -> pl.Expr:
    """Whether the reader's reason stands: always, or with `raw` only where a graph has no place for the row."""
    return pl.col("reason").is_not_null() & (pl.lit(not raw) | (pl.col("reason") != "spilled-columns"))


def _mapped(reading: Reading) -> pl.DataFrame:
    """The statements with `kind`, `target` (relation or attribute) and tail type by the source's fields."""
    known = ontology()
    rows = [(name, f.kind, f.target, known.tail_type(f)) for name, f in reading.info.fields.items()]
    fields = pl.DataFrame(
        rows, schema={"field": pl.String, "kind": pl.String, "target": pl.String, "mapped": pl.String}, orient="row"
    )
    return reading.statements.join(fields, on="field", how="left", maintain_order="left").with_columns(
        pl.col("kind").fill_null("unknown"),
        pl.col("target").fill_null(pl.col("field")),
        pl.coalesce("tail_type", "mapped").alias("tail_type"),
    )


def _judge_statements(rows: pl.DataFrame, residue: list[str], raw: bool) -> pl.DataFrame:
    """Adds `head_id`, `tail_id` (an entity id, or a value), `verdict` (null: kept) and `rule` (null: unchanged)."""
    is_value = pl.col("kind").is_in(["attribute", "class", "unknown"])
    rows = rows.with_columns(
        clean_name(pl.col("head")).alias("head_name"),
        pl.when(is_value).then(_visible(pl.col("tail")).str.strip_chars()).otherwise(clean_name(pl.col("tail"))).alias("tail_name"),
    ).with_columns(
        entity_id("head_type", "head_name").alias("head_id"),
        pl.when(pl.col("kind") == "relation").then(entity_id("tail_type", "tail_name")).otherwise("tail_name").alias("tail_id"),
    )  # fmt: skip
    return rows.with_columns(
        pl.when(_stands(raw)).then("reason")
        .when(pl.col("kind") == "unknown").then(pl.lit("unknown-relation"))
        .when((pl.col("head_name") == "") | (pl.col("tail_name") == "")).then(pl.lit("empty"))
        .when(pl.col("head_id").is_in(residue) | pl.col("tail_id").is_in(residue)).then(pl.lit("residue"))
        .when((pl.col("kind") == "alias") & (pl.col("tail_name") == pl.col("head_name")) & pl.lit(not raw)).then(pl.lit("same-as-name"))
        .alias("verdict"),
        pl.when((pl.col("tail_name") != pl.col("tail")) & ~is_value).then(_rule(pl.col("tail")))
        .when(_visible(pl.col("tail")) != pl.col("tail")).then(pl.lit("control-characters"))
        .when(pl.col("tail_name") != pl.col("tail")).then(pl.lit("outer-space"))
        .when(pl.col("head_name") != pl.col("head")).then(_rule(pl.col("head")))
        .alias("rule"),
    )  # fmt: skip


def _judge_mentions(reading: Reading, statements: pl.DataFrame, residue: list[str], raw: bool) -> pl.DataFrame:
    """Every mention of an entity, the tails of relations among them (`given` false), with id, `verdict` and `rule`.

    What a refused statement points to is refused with it."""
    given = reading.mentions.with_columns(pl.lit(True).alias("given"))
    tails = statements.filter(pl.col("kind") == "relation").select(
        pl.col("tail_type").alias("type"), pl.col("tail").alias("name"), pl.lit(None, pl.String).alias("name_en"),
        "field", "file", "row", pl.col("verdict").alias("reason"), pl.lit(False).alias("given"),
    )  # fmt: skip
    rows = pl.concat([given, tails]).with_columns(clean_name(pl.col("name")).alias("clean"))
    rows = rows.with_columns(entity_id("type", "clean").alias("id"))
    return rows.with_columns(
        pl.when(_stands(raw)).then("reason")
        .when(pl.col("clean") == "").then(pl.lit("empty"))
        .when(pl.col("id").is_in(residue)).then(pl.lit("residue"))
        .alias("verdict"),
        pl.when(pl.col("clean") != pl.col("name")).then(_rule(pl.col("name"))).alias("rule"),
    )  # fmt: skip


def _facts(source: str, statements: pl.DataFrame) -> Facts:
    kept = statements.filter(pl.col("verdict").is_null()).select(
        "kind",
        pl.col("head_id").alias("head"),
        pl.col("target").alias("relation"),
        pl.col("tail_id").alias("tail"),
        pl.concat_str(pl.lit(f"{source}/"), "file", pl.lit(":"), pl.col("row"), pl.lit("#"), "field").alias("origins"),
    )
    key = ["kind", "head", "relation", "tail"]
    repeated = kept.select(key).is_duplicated()
    facts = pl.concat(
        [
            kept.filter(~repeated).with_columns(pl.concat_list("origins")),
            kept.filter(repeated).group_by(key).agg(pl.col("origins").unique().sort()),
        ]
    )
    return FACTS.check(with_ids(facts).select(list(FACTS.columns)).sort("id"), f"the facts of {source}")


def with_ids(facts: pl.DataFrame) -> pl.DataFrame:
    """The facts with their `id`: a hash of head, relation and tail."""
    keys = facts.select(pl.concat_str("head", "relation", "tail", separator=SEPARATOR)).to_series()
    return facts.with_columns(digests(keys).alias("id"))


def _named(mentions: pl.DataFrame) -> Named:
    english = pl.col("name_en").filter(~pl.col("name_en").str.contains(HAN))
    kept = mentions.filter(pl.col("verdict").is_null())
    named = kept.group_by("id").agg(
        pl.col("type").first(), pl.col("clean").first().alias("name"), english.min().alias("name_en")
    )
    return NAMED.check(named.sort("id"), "the entities")


def _aside(rows: pl.DataFrame, kind: str | pl.Expr, text: str) -> pl.DataFrame:
    """The refused and the changed rows, in the shape of REJECTS."""
    is_entity = text == "name"
    refused = rows.filter(pl.col("verdict").is_not_null()).with_columns(
        pl.lit("refused").alias("action"), pl.col("verdict").alias("why")
    )
    changed = rows.filter(pl.col("verdict").is_null() & pl.col("rule").is_not_null()).with_columns(
        pl.lit("changed").alias("action"), pl.col("rule").alias("why")
    )
    return pl.concat([refused, changed]).select(
        "action",
        (pl.lit(kind) if isinstance(kind, str) else kind).alias("kind"),
        (pl.col("type") if is_entity else pl.col("target")).alias("target"),
        "field",
        (pl.lit(None, pl.String) if is_entity else pl.concat_str("head_type", pl.lit(":"), "head")).alias("head"),
        pl.col(text).alias("tail"),
        pl.col("why").alias("reason"),
        "file",
        "row",
    )
