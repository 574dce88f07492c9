"""Questions with their queries as rows of a task, and the proof that a store answers as these say."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson
import polars as pl

from kgtools.corpora.verify.item import Item
from kgtools.kg.stores import Store
from kgtools.templates.pack import PackInfo, Template
from kgtools.templates.select import Selection
from kgtools.templates.tasks.cypher.graph import QueriedGraph
from kgtools.templates.tasks.cypher.kinds import Asked, Place, ask_one
from kgtools.templates.tasks.cypher.query import Pattern, excerpt
from kgtools.templates.tasks.cypher.words import say
from kgtools.templates.tasks.rows import Row
from kgtools.templates.tasks.subject import Group, Subject
from kgtools.tools.errors import StoreError

EXECUTED = 100
"""Queries of a run that are executed: to execute all of them would take hours."""


def make_cypher(subject: Subject, graph: QueriedGraph, packs: Sequence[PackInfo]) -> Iterator[Row]:
    """A question in Cypher about each head of the template, where its answer is not empty, small and not in doubt."""
    info, lang = subject.template.info, subject.template.lang
    pattern = Pattern.of(info)
    attribute = (info.head, info.attribute) if info.attribute else None
    about = pattern or info.attribute
    if about is None:
        return
    chains = chains_of(subject.template, packs)
    found: list[tuple[Group, Asked, int]] = []
    for group in subject.groups:
        if graph.asked(group.head, lang) is None:
            continue
        others = [part.tail for part in group.parts if part.tail is not None and graph.asked(part.tail, lang)]
        draw = subject.draw(group, "cypher")
        asked = ask_one(Place(graph, lang, pattern, attribute, group.head, others, chains), draw)
        if asked is not None:
            found.append((group, asked, draw.randrange(1 << 16)))
    texts = say([(asked, number) for _, asked, number in found], info.head, about, lang)
    for (group, asked, _), text in zip(found, texts, strict=True):
        schema = excerpt([*([pattern] if pattern else []), *asked.via], attribute, subject.draw(group, "cypher schema"))
        yield _row(subject, group, asked, text, schema, graph.masks)


def chains_of(template: Template, packs: Sequence[PackInfo]) -> list[tuple[Pattern, ...]]:
    """What the packs' paths that begin with this template lead over after it, each relation once."""
    infos = {(pack.name, name): info for pack in packs for name, info in pack.templates.items()}
    chains = []
    for pack in packs:
        for name in pack.paths:
            first, *rest = pack.path_templates(name)
            if first == (template.pack, template.name) and all(each in infos for each in rest):
                patterns = [Pattern.of(infos[each]) for each in rest]
                steps = tuple(each for each in patterns if each is not None and each.is_plain)
                relations = [*template.info.relations, *(each.relations[0] for each in steps)]
                if len(steps) == len(patterns) and len(set(relations)) == len(relations):
                    chains.append(steps)
    return chains


def _row(subject: Subject, group: Group, asked: Asked, text: str, schema: str, masks: Sequence[int]) -> Row:
    mask = 0
    for fact in asked.facts:
        mask |= masks[fact]
    for entity in asked.entities:
        mask |= subject.lexicon.mask(entity)
    shown = asked.query.shown
    meta: dict[str, Any] = {
        "kind": asked.kind, "schema": schema, "columns": list(asked.columns), "rows": asked.rows,
        "query": asked.query.text, "parameters": asked.query.values,
    }  # fmt: skip
    return Row(
        group.place, Item("cypher", right=shown), shown, sorted(asked.facts), mask, [part.text for part in group.parts],
        right=[shown], before=schema, hidden=[text] if text else [], form=asked.kind, meta=meta,
    )  # fmt: skip


def execute_some(store: Store, selections: Iterable[Selection]) -> int:
    """Execute a seeded sample of the queries, values as parameters, and compare the rows; how many they were.

    Raises StoreError where the store gives other rows than a record says."""
    some = pl.DataFrame(schema={"key": pl.UInt64, "meta": pl.String})
    for each in selections:
        some = pl.concat([some, each.groups.select("key", "meta")]).sort("key", maintain_order=True).head(EXECUTED)
    for meta in map(orjson.loads, some["meta"]):
        columns, rows = store.query(meta["query"], meta["parameters"])
        found = [list(row) for row in rows]
        if list(columns) != meta["columns"] or found != meta["rows"]:
            raise StoreError(
                f"the store gives other rows than the facts say; run kgtools verify. {meta['query']} with "
                f"{meta['parameters']}: {found[:3]} for {meta['rows'][:3]}"
            )
    return some.height
