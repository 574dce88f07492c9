"""A graph without some of its facts: what its sources say, under the names that the ledger decided for, merged anew."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import polars as pl

from kgtools.kg.build.inputs import GraphMetadata, Inputs, NameTable
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
    """The graph of these inputs without the facts of these ids, which no source says any more.

    The entities stay with their names, those too that nothing is said of any more; contradictions and doubts are found anew."""
    less = leave_out(inputs, wrong)
    return CorrectedGraph(less, merge(less))


def leave_out(inputs: Inputs, wrong: Collection[str]) -> Inputs:
    """The inputs without these facts: triples, attribute values, aliases and classes by their ids in the graph."""
    ids = pl.Series(sorted(wrong), dtype=pl.String).implode()
    sources = realign(sorted(inputs.sources, key=lambda source: source.name), inputs.ledger)
    return replace(
        inputs,
        sources=tuple(replace(source, facts=source.facts.filter(~pl.col("id").is_in(ids))) for source in sources),
    )
