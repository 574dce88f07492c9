"""The facts on which a template is previewed: of a graph some that are drawn, else sample facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl

from kgtools.kg.ontology import ontology
from kgtools.templates.facts import GraphView
from kgtools.templates.pack import Template, TemplateInfo
from kgtools.templates.sandbox import Tails
from kgtools.templates.select import select
from kgtools.tools.config import Settings, load_yaml

MAX_TAILS = 12
FEW = 5
"""Tails that a reviewer reads with pleasure; a head with more is taken where there is none with fewer."""
SEVERAL = 3
"""Tails of a sample fact with several."""


@dataclass(frozen=True)
class Case:
    """A head and what answers it, in each language that has words for both."""

    facts: Mapping[str, tuple[str, Tails]]


class Samples(Settings):
    """`samples.yaml`: entities of each type; values by attribute, by unit, and any."""

    entities: dict[str, tuple[dict[str, str], ...]]
    attributes: dict[str, tuple[dict[str, str], ...]]
    units: dict[str, tuple[dict[str, str], ...]]
    text: tuple[dict[str, str], ...]


@cache
def samples() -> Samples:
    """The sample facts that come with kgtools."""
    return load_yaml(Path(__file__).with_name("samples.yaml"), Samples)


def sample_cases(info: TemplateInfo) -> list[Case]:
    """A head with one tail, and one with several where the template may say several."""
    head, *_ = samples().entities[info.head]
    tails = sample_tails(info)
    counts = dict.fromkeys((1, 1 if info.single else min(SEVERAL, len(tails))))
    return [
        Case({lang: (head[lang], Tails(tail[lang] for tail in tails[:count])) for lang in head}) for count in counts
    ]


def sample_tails(info: TemplateInfo) -> list[dict[str, str]]:
    """The tails or values of sample facts, none of them the head."""
    known = samples()
    if info.attribute:
        unit = ontology().attributes[info.attribute].unit
        return list(known.attributes.get(info.attribute) or (known.units[unit] if unit else known.text))
    entities = known.entities[info.tail or info.head]
    return [each for each in entities if each != known.entities[info.head][0]]


def graph_cases(
    view: GraphView,
    both: Mapping[str, Template],
    seed: int,
    drops: frozenset[str],
) -> list[Case]:
    """A head with one tail and one with several, as the seed draws them; those first that all languages have words for.

    `both`: language -> the template in it. None where the graph has no such fact."""
    groups = {lang: select(view, template, seed, MAX_TAILS, drops).groups for lang, template in both.items()}
    first, *others = groups.values()
    rows = first.select("head", "key", pl.col("tails").list.len().alias("count")).with_columns(shared=pl.lit(0))
    for other in others:
        rows = rows.with_columns(pl.col("shared") + pl.col("head").is_in(other["head"].implode()).cast(pl.Int32))
    order = rows.sort("shared", pl.col("count") <= FEW, "key", descending=[True, True, False])
    chosen = [order.filter(pl.col("count") == 1).head(1), order.filter(pl.col("count") > 1).head(1)]
    return [_case(groups, int(rows["head"][0])) for rows in chosen if rows.height]


def _case(groups: Mapping[str, pl.DataFrame], head: int) -> Case:
    facts = {}
    for lang, each in groups.items():
        for name, tails, partial in each.filter(pl.col("head") == head).select("name", "tails", "partial").iter_rows():
            facts[lang] = (name, Tails.of(tails, partial))
    return Case(facts)
