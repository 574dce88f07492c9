"""A graph without some of its facts: what its sources say, under the names that the ledger decided for, merged anew."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import polars as pl

from kgtools.kg.build.inputs import GraphMetadata, Inputs, NameTable, SourceTables
from kgtools.kg.build.ledger import realign
from kgtools.kg.build.merge import merge
from kgtools.kg.tables import Entities, Triples


@dataclass(frozen=True)
class CorrectedGraph:
    """A graph that is nowhere written, as who reads a store sees it."""

    made_of: Inputs
    merged: tuple[Entities, Triples]

    def metadata(self) -> GraphMetadata:
        """What was loaded: as it was before the correction."""
        return self.made_of.metadata

    def names(self) -> tuple[NameTable, ...]:
        """The tables of English names, in order."""
        return self.made_of.names

    def entities(self) -> Entities:
        """All entities, sorted by id."""
        return self.merged[0]

    def triples(self) -> Triples:
        """All triples, sorted by id."""
        return self.merged[1]


def correct(inputs: Inputs, wrong: Collection[str]) -> CorrectedGraph:
    """The graph of these inputs without the facts of these ids, which no source says any more; contradictions and doubts are found
    anew."""
    less = leave_out(inputs, wrong)
    return CorrectedGraph(less, merge(less))


def leave_out(inputs: Inputs, wrong: Collection[str]) -> Inputs:
    """The inputs without these facts: triples, attribute values, aliases and classes by their ids in the graph.

    With its last triple goes, source by source, what was there for the sake of such triples alone: an entity that is a tail and
    never a head, and to which the source gives no English name. All others stay: a row names them."""
    ids = pl.Series(sorted(wrong), dtype=pl.String)
    sources = realign(sorted(inputs.sources, key=lambda source: source.name), inputs.ledger)
    return replace(inputs, sources=tuple(_leave_out(source, ids) for source in sources))


def _leave_out(source: SourceTables, ids: pl.Series) -> SourceTables:
    is_wrong = source.facts["id"].is_in(ids.implode())
    left, gone = source.facts.filter(~is_wrong), source.facts.filter(is_wrong)
    is_relation = pl.col("kind") == "relation"
    known = pl.concat([source.facts["head"], left.filter(is_relation)["tail"].alias("head")]).unique()
    lost = gone.filter(is_relation, ~pl.col("tail").is_in(known.implode()))["tail"].unique()
    named = source.named.filter(~pl.col("id").is_in(lost.implode()) | pl.col("name_en").is_not_null())
    return replace(source, named=named, facts=left)
