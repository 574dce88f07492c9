"""Cleaning by named rules: what a reader gave becomes entities and facts; every refusal and change is kept and counted."""

from dataclasses import dataclass

import polars as pl

from kgtools.kg.build.casing import recase
from kgtools.kg.build.doubts import find_cut_names, find_cut_values
from kgtools.kg.build.name_rules import REFUSALS, REPAIRS, is_missing, is_punctuation, judge_names, strip_invisible
from kgtools.kg.build.origins import origins
from kgtools.kg.ontology import SourceInfo, ontology
from kgtools.kg.source import Reading
from kgtools.kg.tables import BROKEN, FACTS, NAMED, REJECTS, Broken, Facts, Named, Rejects
from kgtools.tools.errors import InputError
from kgtools.tools.frames import digests
from kgtools.tools.inputs.files import digest

RULES = (
    REPAIRS
    | {
        "empty": "nothing is left of a name: refused",
        "residue": "a word that the site left behind and that is no name: refused",
        "same-as-name": "an alias is the name itself: refused",
        "unknown-relation": "the ontology does not know the relation: kept aside",
        "spilled-columns": "the values of the row have slipped into other columns: refused",
        "no-drug-in-brackets": "a product without its drug in brackets: refused",
        "unknown-type": "the mapping does not know the word for the type: refused",
        "unknown-node": "an edge names a node that the node table lacks: refused",
        "no-name": "an entity has no name, or none in the languages asked for: refused",
        "english-case": "an English name is not written as in the middle of a sentence (Lung Cancer): its case is changed",
        "lone-surrogate": "half of a character: refused",
        "bad-quote": "a quotation mark does not close, or is escaped otherwise than by doubling it: the row is refused",
        "not-text": "a cell holds an object, or a list where one text is expected: refused",
        "not-a-list": "a cell holds one text where a list is expected: refused",
        "nameless": "a row has no name, or one that is no text: refused with all that it says",
    }
    | REFUSALS
)
"""Every reason that `kgtools load` gives, and what it means."""

HAN = r"\p{Han}"
"""A Chinese character, for polars and Rust."""
SEPARATOR = "\x1f"
LONGEST_ID = 500
"""Characters of an id that is kept as it is: indexes of databases hold no longer texts."""


@dataclass(frozen=True)
class CleanSource:
    """A source after its cleaning. `statements` and `mentions` keep every row with its verdict, for counting."""

    source: str
    info: SourceInfo
    named: Named
    facts: Facts
    rejects: Rejects
    mentions: pl.DataFrame
    statements: pl.DataFrame
    broken: Broken


def clean(reading: Reading, raw: bool = False) -> CleanSource:
    """Apply the rules; with `raw`, refuse only what no graph can hold (unknown relations, empty names)."""
    residue = [] if raw else [f"{type_}:{word}" for type_, words in reading.info.residue.items() for word in words]
    mapped = _map_fields(reading)
    names = _judge_names(reading, mapped, raw)
    statements = _judge_statements(mapped, names, residue, raw)
    mentions = _judge_mentions(reading, names, statements, residue, raw)
    facts = _facts(reading.source, statements)
    named = _collect_entities(mentions, facts)
    unmentioned = facts.join(named, left_on="head", right_on="id", how="anti")
    if unmentioned.height:
        raise InputError(
            f"the reader of {reading.source} gave statements about {unmentioned['head'][0]!r} without a mention of it"
        )
    rejects = pl.concat(
        [
            _to_rejects(mentions.filter(pl.col("given")), "entity", "name"),
            _to_rejects(statements, pl.col("kind"), "tail"),
            _list_unreadable(reading),
        ]
    )
    order = ["file", "row", "field", "action", "head", "tail"]
    return CleanSource(
        reading.source, reading.info, named, facts, REJECTS.check(rejects.sort(order), "rejects"), mentions, statements,
        reading.broken,
    )  # fmt: skip


def entity_id(type_: str, name: str) -> pl.Expr:
    """`Disease:糖尿病`; of a name too long for the index of a database, its beginning and a hash of the whole."""
    return pl.concat_str(type_, pl.lit(":"), name).map_batches(_shorten, pl.String)


def _shorten(ids: pl.Series) -> pl.Series:
    long = (ids.str.len_chars() > LONGEST_ID).arg_true()
    if long.is_empty():
        return ids
    return ids.clone().scatter(long, [f"{id_[:100]}…{digest(id_)}" for id_ in ids.gather(long)])


def _stands(raw: bool) -> pl.Expr:
    """Whether the reader's reason stands: always, or with `raw` only where a graph has no place for the row."""
    return pl.col("reason").is_not_null() & (pl.lit(not raw) | (pl.col("reason") != "spilled-columns"))


def _map_fields(reading: Reading) -> pl.DataFrame:
    """The statements with `kind`, `target` (relation or attribute) and tail type by the source's fields."""
    words = ontology()
    rows = [(name, f.kind, f.target, words.tail_type(f)) for name, f in reading.info.fields.items()]
    fields = pl.DataFrame(
        rows, schema={"field": pl.String, "kind": pl.String, "target": pl.String, "mapped": pl.String}, orient="row"
    )
    return reading.statements.join(fields, on="field", how="left", maintain_order="left").with_columns(
        pl.col("kind").fill_null("unknown"),
        pl.col("target").fill_null(pl.col("field")),
        pl.coalesce("tail_type", "mapped").alias("tail_type"),
    )


def _judge_names(reading: Reading, statements: pl.DataFrame, raw: bool) -> pl.DataFrame:
    """Every name that the files give, once for each type: `type`, `name`, `clean`, `rule`, `refused`."""
    is_name = pl.col("kind").is_in(["relation", "alias"])
    ends = (
        reading.mentions.select("type", "name"),
        statements.select(pl.col("head_type").alias("type"), pl.col("head").alias("name")),
        statements.filter(is_name).select(_tail_type().alias("type"), pl.col("tail").alias("name")),
    )
    return judge_names(pl.concat([end.unique() for end in ends]).unique(maintain_order=True), raw)


def _tail_type() -> pl.Expr:
    """The type of a tail; an alias is a name of its head."""
    return pl.when(pl.col("kind") == "alias").then("head_type").otherwise("tail_type")


def _with_names(rows: pl.DataFrame, names: pl.DataFrame, type_: str | pl.Expr, name: str) -> pl.DataFrame:
    """The rows with `<name>_name`, `<name>_rule` and `<name>_refused` of a name in them; null where it is not judged."""
    key = pl.col(type_) if isinstance(type_, str) else type_
    judged = names.rename({"type": "key", "name": name, **{c: f"{name}_{c}" for c in ("clean", "rule", "refused")}})
    joined = rows.with_columns(key.alias("key")).join(
        judged, on=["key", name], how="left", maintain_order="left", nulls_equal=True
    )
    return joined.drop("key").rename({f"{name}_clean": f"{name}_name"})


def _judge_statements(rows: pl.DataFrame, names: pl.DataFrame, residue: list[str], raw: bool) -> pl.DataFrame:
    """Adds `head_id`, `tail_id` (an entity id, or a value), `verdict` (null: kept) and `rule` (null: unchanged)."""
    is_value = pl.col("kind").is_in(["attribute", "class", "unknown"])
    value = strip_invisible(pl.col("tail")).str.strip_chars()
    missing = is_value & (is_missing(pl.col("tail_name")) | is_punctuation(value)) & pl.lit(not raw)
    rows = _with_names(_with_names(rows, names, "head_type", "head"), names, _tail_type(), "tail")
    rows = rows.with_columns(pl.when(is_value).then(value).otherwise("tail_name").alias("tail_name")).with_columns(
        entity_id("head_type", "head_name").alias("head_id"),
        pl.when(pl.col("kind") == "relation").then(entity_id("tail_type", "tail_name")).otherwise("tail_name").alias("tail_id"),
    )  # fmt: skip
    return rows.with_columns(
        pl.when(_stands(raw)).then("reason")
        .when(pl.col("kind") == "unknown").then(pl.lit("unknown-relation"))
        .when((pl.col("head_name") == "") | (pl.col("tail_name") == "")).then(pl.lit("empty"))
        .when(pl.col("head_id").is_in(residue) | pl.col("tail_id").is_in(residue)).then(pl.lit("residue"))
        .when(pl.col("head_refused").is_not_null()).then("head_refused")
        .when(~is_value & pl.col("tail_refused").is_not_null()).then("tail_refused")
        .when(missing).then(pl.lit("missing-value"))
        .when((pl.col("kind") == "alias") & (pl.col("tail_name") == pl.col("head_name")) & pl.lit(not raw)).then(pl.lit("same-as-name"))
        .alias("verdict"),
        pl.when(~is_value & pl.col("tail_rule").is_not_null()).then("tail_rule")
        .when(is_value & (strip_invisible(pl.col("tail")) != pl.col("tail"))).then(pl.lit("control-characters"))
        .when(is_value & (pl.col("tail_name") != pl.col("tail"))).then(pl.lit("outer-space"))
        .otherwise("head_rule")
        .alias("rule"),
    ).drop("reason", "head_name", "head_rule", "head_refused", "tail_name", "tail_rule", "tail_refused")  # fmt: skip


def _judge_mentions(
    reading: Reading, names: pl.DataFrame, statements: pl.DataFrame, residue: list[str], raw: bool
) -> pl.DataFrame:
    """Every mention of an entity, the tails of relations among them (`given` false), with id, `verdict` and `rule`.

    What a refused statement points to is refused with it."""
    mentioned = reading.mentions.with_columns(pl.lit(True).alias("given"), english=pl.col("name_en"))
    if not raw:
        mentioned = mentioned.with_columns(recase(mentioned["english"]).alias("name_en"))
    tails = statements.filter(pl.col("kind") == "relation").select(
        pl.col("tail_type").alias("type"), pl.col("tail").alias("name"), pl.lit(None, pl.String).alias("name_en"),
        "field", "file", "row", pl.col("verdict").alias("reason"), pl.lit(False).alias("given"),
        pl.lit(None, pl.String).alias("english"),
    )  # fmt: skip
    rows = _with_names(pl.concat([mentioned, tails]), names, "type", "name").rename({"name_name": "clean"})
    rows = rows.with_columns(entity_id("type", "clean").alias("id"))
    return rows.with_columns(
        pl.when(_stands(raw)).then("reason")
        .when(pl.col("clean") == "").then(pl.lit("empty"))
        .when(pl.col("id").is_in(residue)).then(pl.lit("residue"))
        .otherwise("name_refused")
        .alias("verdict"),
        pl.when(pl.col("name_rule").is_null() & (pl.col("english") != pl.col("name_en"))).then(pl.lit("english-case"))
        .otherwise("name_rule")
        .alias("rule"),
    ).drop("reason", "english", "name_rule", "name_refused")  # fmt: skip


def _facts(source: str, statements: pl.DataFrame) -> Facts:
    columns = ["kind", "head_id", "target", "tail_id", "tail", "file", "row", "field"]
    loaded = _with_doubts(statements.select(*columns, "verdict").filter(pl.col("verdict").is_null()).drop("verdict"))
    loaded = loaded.select(
        "kind",
        pl.col("head_id").alias("head"),
        pl.col("target").alias("relation"),
        pl.col("tail_id").alias("tail"),
        origins(source, loaded),
        "doubt",
    )
    key = ["kind", "head", "relation", "tail"]
    repeated = loaded.select(key).is_duplicated()
    doubt = pl.when(pl.col("doubt").null_count() == 0).then(pl.col("doubt").min())  # in doubt wherever it is said
    facts = pl.concat(
        [
            loaded.filter(~repeated).with_columns(pl.concat_list("origins")),
            loaded.filter(repeated).group_by(key).agg(pl.col("origins").unique().sort(), doubt),
        ]
    )
    return FACTS.check(with_ids(facts).select(list(FACTS.columns)).sort("id"), f"the facts of {source}")


def _with_doubts(statements: pl.DataFrame) -> pl.DataFrame:
    """The statements with `doubt`: whether a text was cut off, by its length and end in the file."""
    is_value = statements["kind"] == "attribute"
    cut = find_cut_values(statements.filter(is_value).select("field", "tail"))
    doubt = cut.replace_strict({True: "truncated-value", False: None}, return_dtype=pl.String)
    values = statements.filter(is_value).with_columns(doubt.alias("doubt"))
    return pl.concat([statements.filter(~is_value).with_columns(pl.lit(None, pl.String).alias("doubt")), values])


def with_ids(facts: pl.DataFrame) -> pl.DataFrame:
    """The facts with their `id`: a hash of head, relation and tail."""
    keys = facts.select(pl.concat_str("head", "relation", "tail", separator=SEPARATOR)).to_series()
    return facts.with_columns(digests(keys).alias("id"))


def _collect_entities(mentions: pl.DataFrame, facts: Facts) -> Named:
    """The entities that a source names; an English name in Chinese or a word for an empty cell is none."""
    name_en = pl.col("name_en")
    english = name_en.filter(~name_en.str.contains(HAN) & ~is_missing(name_en))
    loaded = mentions.filter(pl.col("verdict").is_null())
    named = loaded.group_by("id").agg(
        pl.col("type").first(), pl.col("clean").first().alias("name"), english.min().alias("name_en")
    )
    cut = find_cut_names(named, facts.filter(pl.col("kind") == "relation"))
    named = named.with_columns(pl.when(pl.col("id").is_in(cut.implode())).then(pl.lit("truncated-name")).alias("doubt"))
    return NAMED.check(named.sort("id"), "the entities")


def _list_unreadable(reading: Reading) -> pl.DataFrame:
    """What the reader could not read, in the shape of REJECTS."""
    constants = {"action": pl.lit("refused"), "kind": pl.lit("cell"), "tail": pl.col("text")}
    return reading.broken.select(
        (constants.get(name, pl.col(name) if name in BROKEN.columns else pl.lit(None, pl.String))).alias(name)
        for name in REJECTS.columns
    )


def _to_rejects(rows: pl.DataFrame, kind: str | pl.Expr, text: str) -> pl.DataFrame:
    """The refused and the changed rows, in the shape of REJECTS."""
    is_entity = text == "name"
    refused = rows.filter(pl.col("verdict").is_not_null()).with_columns(
        pl.lit("refused").alias("action"), pl.col("verdict").alias("why")
    )
    changes = rows.filter(pl.col("verdict").is_null() & pl.col("rule").is_not_null()).with_columns(
        pl.lit("changed").alias("action"), pl.col("rule").alias("why")
    )
    return pl.concat([refused, changes]).select(
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
