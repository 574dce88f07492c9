"""What a graph says for and against two of its entities being the same: rank, shared triples, opposed words."""

from collections.abc import Iterable

import polars as pl

from kgtools.kg.align.spelling import SPELLING, spell
from kgtools.kg.build.doubts import TRUNCATED
from kgtools.kg.ontology import ontology
from kgtools.kg.tables import Entities, Triples

UP = "增多|增高|升高|增加|增强|亢进|过多|过高|过速|增快"
DOWN = "减少|减低|降低|减弱|低下|减退|过少|不足|缺乏|过低|过缓|减慢"
"""Words of more and of less, compared as ↑ and ↓: 增高 is 升高, and excludes 降低."""
OPPOSED = (
    r"[0-9]+",
    r"[α-ω]",
    r"(?-u:\b)[a-z](?-u:[0-9]|\b)",
    "ig[agmed]",
    "[一二三四五六七八九十]+[型期度级类号]",
    "[左右]",
    "亚急性|急性|慢性|暴发性",
    "先天|后天|获得性",
    "原发|继发|特发",
    "良性|恶性",
    "阳性|阴性",
    "[甲乙丙丁戊己庚][型肝类]",
    "[↑↓]",
    "[高低]",
    "[男女]",
    "老年|成人|小儿|新生儿",
    "早期|中期|晚期",
    "完全|部分",
    "内源|外源",
    "开放|闭合|闭角|开角",
    "中枢|周围|外周",
    "显性|隐性",
    "单侧|双侧",
)
"""Words of which two names that mean the same cannot have different ones, a kind a line: 左肺癌 and 右肺癌, IgA and IgG, 1型 and 2型,
维生素b and 维生素c. A name without any word of a kind may mean the same as one with it."""


def rank(entities: Entities, triples: Triples) -> pl.DataFrame:
    """`id`, `type`, `name`, `sources`, `aliases`, `attributes`, `key` (the name as it is spelled after all steps that
    keep every word), `triples`, and `rank`: of two that are the same, the one with the smaller rank stays.

    It is whole, in more sources, in more triples, shorter, or first by id: the first of these that tells them apart."""
    ends = pl.concat([triples["head"], triples["tail"].alias("head")]).value_counts(name="triples")
    table = entities.select("id", "type", "name", "sources", "aliases", "attributes").join(
        ends.rename({"head": "id"}), on="id", how="left"
    )
    table = table.with_columns(
        pl.col("triples").fill_null(0).cast(pl.Int64),
        pl.col("name").str.contains(TRUNCATED).alias("truncated"),
        spell(pl.col("name"), SPELLING).alias("key"),
    ).sort(
        "truncated",
        -pl.col("sources").list.len().cast(pl.Int64),
        -pl.col("triples"),
        pl.col("name").str.len_chars(),
        "id",
    )
    return table.with_row_index("rank")


def neighbours(triples: Triples) -> pl.DataFrame:
    """`id`, `way` and `other`: each triple from both of its ends."""
    return pl.concat(
        [
            triples.select(pl.col("head").alias("id"), pl.col("relation").alias("way"), pl.col("tail").alias("other")),
            triples.select(
                pl.col("tail").alias("id"), ("<" + pl.col("relation")).alias("way"), pl.col("head").alias("other")
            ),
        ]
    )


def count_shared(pairs: pl.DataFrame, ways: pl.DataFrame) -> pl.DataFrame:
    """The pairs `one`, `other` with `total`, the triples of `one`, and `shared`, those that `other` has as well."""
    ids = pairs.select("one", "other").unique()
    of_one = ids.join(ways.rename({"id": "one", "other": "end"}), on="one")
    counts = of_one.join(
        ways.select(pl.col("id").alias("other"), "way", pl.col("other").alias("end"), pl.lit(True).alias("both")),
        on=["other", "way", "end"],
        how="left",
    )
    totals = counts.group_by("one", "other").agg(
        pl.len().cast(pl.Int64).alias("total"), pl.col("both").is_not_null().sum().cast(pl.Int64).alias("shared")
    )
    return pairs.join(totals, on=["one", "other"], how="left").with_columns(pl.col("total", "shared").fill_null(0))


def find_relation(pairs: pl.DataFrame, ways: pl.DataFrame) -> pl.DataFrame:
    """The pairs `one`, `other` with `related`: the first relation between the two, null where there is none."""
    between = ways.select(pl.col("id").alias("one"), "other", pl.col("way").str.strip_chars_start("<").alias("related"))
    first = between.join(pairs.select("one", "other").unique(), on=["one", "other"]).group_by("one", "other")
    return pairs.join(first.agg(pl.col("related").min()), on=["one", "other"], how="left")


def count_contradictions(pairs: pl.DataFrame, ways: pl.DataFrame) -> pl.DataFrame:
    """The pairs `one`, `other` with `contradictions`: how many triples of the one could not be true of the other."""
    other_way = {name: r.contradicts for name, r in ontology().relations.items() if r.contradicts}
    other_way |= {f"<{name}": f"<{way}" for name, way in other_way.items()}
    some = ways.filter(pl.col("way").is_in(list(other_way))).with_columns(
        pl.col("way").replace_strict(other_way, return_dtype=pl.String).alias("against")
    )
    totals = (
        pairs.select("one", "other")
        .unique()
        .join(some.select(pl.col("id").alias("one"), pl.col("other").alias("end"), "against"), on="one")
        .join(
            some.select(pl.col("id").alias("other"), pl.col("other").alias("end"), pl.col("way").alias("against")),
            on=["other", "end", "against"],
        )
        .group_by("one", "other")
        .agg(pl.len().cast(pl.Int64).alias("contradictions"))
    )
    return pairs.join(totals, on=["one", "other"], how="left").with_columns(pl.col("contradictions").fill_null(0))


def have_opposed_words(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    """Whether two names, spelled after all steps, have words that exclude each other: 左 and 右, 1 and 2."""
    return pl.any_horizontal(
        (first.list.len() > 0) & (second.list.len() > 0) & (first != second)
        for first, second in zip(_words_by_kind(one), _words_by_kind(other), strict=True)
    )


def excluding_words(ids: Iterable[str]) -> dict[str, tuple[frozenset[str], ...]]:
    """For each entity the words of its name that exclude others, by kind; none for a name that was cut off."""
    table = pl.DataFrame({"id": sorted(set(ids))}, schema={"id": pl.String}).with_columns(
        pl.col("id").str.replace(r"(?s)^[^:]*:", "").alias("name")
    )
    table = table.with_columns(
        pl.when(pl.col("name").str.contains(TRUNCATED))
        .then(pl.lit(""))
        .otherwise(spell(pl.col("name"), SPELLING))
        .alias("name")
    )
    rows = table.select(
        "id", *(words.alias(str(n)) for n, words in enumerate(_words_by_kind(pl.col("name"))))
    ).iter_rows()
    return {id_: tuple(frozenset(words) for words in kinds) for id_, *kinds in rows}


def exclude(one: tuple[frozenset[str], ...], other: tuple[frozenset[str], ...]) -> bool:
    """Whether two names of which these are the words exclude each other."""
    return any(first and second and first != second for first, second in zip(one, other, strict=True))


def _words_by_kind(name: pl.Expr) -> list[pl.Expr]:
    """The words of each kind in a name, sorted; different words for the same are made one."""
    name = name.str.replace_all(UP, "↑").str.replace_all(DOWN, "↓")
    name = name.str.replace_many(["儿童", "不完全"], ["小儿", "部分"])
    return [name.str.extract_all(words).list.unique().list.sort() for words in OPPOSED]
