"""Apply the ledger: entities that are the same become one, their other names aliases; taking a row out undoes it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import polars as pl

from kgtools.kg.build.inputs import SourceTables
from kgtools.kg.build.normalize import SEPARATOR, with_ids
from kgtools.kg.tables import FACTS, NAMED, Facts, Ledger, Named
from kgtools.tools.inputs.files import digest

SAME, DIFFERENT = "same", "different"


def decision_id(before: str, after: str) -> str:
    """The id of a decision about two entities, whichever stands first."""
    return digest(SEPARATOR.join(sorted((before, after))))


def type_of(id_: str) -> str:
    """The type of an entity by its id."""
    return id_.partition(":")[0]


def name_of(id_: str) -> str:
    """The name of an entity by its id."""
    return id_.partition(":")[2]


def select_active(ledger: Ledger, present: set[str]) -> Ledger:
    """The decisions about two entities of one type that some source names; the others sleep until one does."""
    one_type = pl.col("before").str.extract("^([^:]*)") == pl.col("after").str.extract("^([^:]*)")
    ids = pl.Series(sorted(present), dtype=pl.String).implode()
    return ledger.filter(one_type, pl.col("before").is_in(ids), pl.col("after").is_in(ids))


class Groups:
    """Things that are the same as one another, joined pair by pair."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._group: dict[str, list[str]] = {}
        for one, other in pairs:
            self.join(one, other)

    def members(self, id_: str) -> list[str]:
        """All that are the same as this one, with itself."""
        return self._group.get(id_, [id_])

    def are_same(self, one: str, other: str) -> bool:
        """Whether the two are the same."""
        return other in self.members(one)

    def join(self, one: str, other: str) -> None:
        """From now on these two, and all that were the same as either, are the same."""
        if self.are_same(one, other):
            return
        united = [*self.members(one), *self.members(other)]
        for id_ in united:
            self._group[id_] = united

    def all(self) -> list[list[str]]:
        """The groups of two and more."""
        return list({id(group): group for group in self._group.values()}.values())


def resolve(ledger: Ledger, present: set[str]) -> dict[str, tuple[str, str, str]]:
    """For each entity that is given up: the one that it becomes, and the id and rule of the decision that says so.

    All that `same` joins, in chains and circles too, becomes one entity: the one that no decision gives up; of several
    the one that most decisions keep, then the one with the shorter name, then the first id."""
    rows = select_active(ledger.filter(pl.col("verdict") == SAME), present).sort("id")
    pairs = list(rows.select("before", "after").iter_rows())
    given_up, keepers = {before for before, _ in pairs}, Counter(after for _, after in pairs)
    reasons: dict[str, tuple[str, str]] = {}
    for id_, before, after, rule in rows.select("id", "before", "after", "rule").iter_rows():
        reasons.setdefault(before, (id_, rule))
        reasons.setdefault(after, (id_, rule))
    steps: dict[str, tuple[str, str, str]] = {}
    for group in Groups(pairs).all():
        last = min(group, key=lambda id_: (id_ in given_up, -keepers[id_], len(id_), id_))
        steps |= {id_: (last, *reasons[id_]) for id_ in group if id_ != last}
    return dict(sorted(steps.items()))


def realign(sources: Sequence[SourceTables], ledger: Ledger) -> tuple[SourceTables, ...]:
    """The sources as they would be if each had used the names that the ledger decided for."""
    if ledger.is_empty():
        return tuple(sources)
    steps = resolve(ledger, {id_ for source in sources for id_ in source.named["id"].to_list()})
    if not steps:
        return tuple(sources)
    names = pl.concat(
        [source.named.select(pl.col("id").alias("after"), pl.col("name").alias("after_name")) for source in sources]
    )
    table = pl.DataFrame(
        [(before, *step) for before, step in steps.items()],
        schema=dict.fromkeys(("before", "after", "decision", "rule"), pl.String),
        orient="row",
    ).join(names.unique("after"), on="after", how="left")
    return tuple(_realign_source(source, table) for source in sources)


def _realign_source(source: SourceTables, steps: pl.DataFrame) -> SourceTables:
    moved = source.named.join(steps, left_on="id", right_on="before", how="inner")
    if moved.is_empty():
        return source
    to = dict(moved.select("id", "after").iter_rows())
    is_relation = pl.col("kind") == "relation"
    facts = source.facts.with_columns(
        pl.col("head").replace(to),
        pl.when(is_relation).then(pl.col("tail").replace(to)).otherwise("tail").alias("tail"),
    )
    is_changed = (facts["head"] != source.facts["head"]) | (facts["tail"] != source.facts["tail"])
    again = with_ids(facts.filter(is_changed)).select(facts.columns)
    united = _unite(pl.concat([facts.filter(~is_changed), again, _aliases(source.name, moved)]))
    names = dict(moved.select("after", "after_name").iter_rows())
    own_name = (pl.col("kind") == "alias") & (
        pl.col("tail") == pl.col("head").replace_strict(names, default=None)
    ).fill_null(False)
    return replace(source, named=_rename(source.named, moved), facts=united.filter(~own_name))


def _rename(named: Named, moved: pl.DataFrame) -> Named:
    """The entities under their new ids; an English name of the entity itself comes before that of one that joined it."""
    others = named.filter(~pl.col("id").is_in(moved["id"].implode()))
    joined = moved.select(
        pl.col("after").alias("id"),
        "type",
        pl.col("after_name").alias("name"),
        "name_en",
        doubt=pl.lit(None, pl.String),
    )
    merged = (
        pl.concat([others, joined])
        .group_by("id", maintain_order=True)
        .agg(pl.col("type", "name", "doubt").first(), pl.col("name_en").drop_nulls().first())
    )
    return NAMED.check(merged.sort("id"), "aligned entities")


def _aliases(source: str, moved: pl.DataFrame) -> Facts:
    """The names that were given up, as aliases whose origin is the decision: `source/ledger/id:1#rule`."""
    origin = pl.format("{}/ledger/{}:1#{}", pl.lit(source), "decision", "rule")
    rows = moved.select(
        pl.lit("alias").alias("kind"),
        pl.col("after").alias("head"),
        pl.lit("alias").alias("relation"),
        pl.col("name").alias("tail"),
        pl.concat_list(origin).alias("origins"),
        pl.lit(None, pl.String).alias("doubt"),
    )
    return FACTS.check(with_ids(rows), "aliases of aligned entities")


def _unite(facts: pl.DataFrame) -> Facts:
    """Facts that have become one, with the origins of all."""
    twice = facts.filter(facts["id"].is_duplicated())
    once = facts.filter(facts["id"].is_unique())
    joined = twice.group_by("id", maintain_order=True).agg(
        pl.col("kind", "head", "relation", "tail").first(),
        pl.col("origins").explode().unique().sort(),
        pl.when(pl.col("doubt").null_count() == 0).then(pl.col("doubt").min()),
    )
    return FACTS.check(pl.concat([once, joined.select(once.columns)]).sort("id"), "aligned facts")
