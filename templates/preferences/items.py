"""What stands in answers: names and values with their heads and sources, as a template can say them."""

from dataclasses import dataclass, replace

import polars as pl

from kgtools.kg.ontology import ontology
from kgtools.templates.facts import GraphView
from kgtools.templates.pack import Template
from kgtools.templates.select import match_facts


@dataclass(frozen=True, slots=True)
class AnswerPart:
    """A name or value in an answer: whose it is, how it is said, its sources; `tail`: of a relation, `value`: of an attribute."""

    owner: int
    text: str
    mask: int
    tail: int | None = None
    value: str | None = None


@dataclass(frozen=True)
class AnswerRow:
    """An answer: its head and its items."""

    head: int
    items: tuple[AnswerPart, ...]


def find_sound(view: GraphView, template: Template) -> pl.DataFrame:
    """The facts that a template is about and that may be asked about, with the names of both ends."""
    rows = match_facts(view, template)
    rows = rows.filter(pl.col("reason").is_null() & pl.col("name").is_not_null() & pl.col("text").is_not_null())
    return rows.sort("fact").select("head", "tail", "text", "value", "mask", "fact")


def parts_of(view: GraphView, template: Template, closed: pl.Series | None = None) -> dict[tuple[int, str], AnswerPart]:
    """Head and text -> the item of the template's answers, the first of those that are said alike; without what a fact says that is
    `closed`, by place."""
    rows = find_sound(view, template)
    if closed is not None:
        gone = rows.filter(closed.gather(rows["fact"])).select("head", "text").unique()
        rows = rows.join(gone, on=["head", "text"], how="anti", maintain_order="left")
    masks: dict[str, int] = {}
    for text, mask in rows.select("text", "mask").iter_rows():
        masks[text] = masks.get(text, 0) | mask
    known: dict[tuple[int, str], AnswerPart] = {}
    for head, text, tail, value in rows.select("head", "text", "tail", "value").iter_rows():
        known.setdefault((head, text), AnswerPart(head, text, masks[text], tail, value))
    return known


def contraries_of(
    view: GraphView, template: Template, closed: pl.Series | None = None
) -> dict[int, list[AnswerPart]]:  # fmt: skip
    """What the relation that contradicts the template's says of each head, without facts that are `closed`, by place."""
    known = ontology().relations
    inverses = {relation.inverse: name for name, relation in known.items()}
    contraries: list[str] = []
    for name in template.info.relations:
        against = known[inverses.get(name, name)].contradicts
        if against:
            contraries.append(against if name in known else known[against].inverse)
    if not contraries:
        return {}
    turned = replace(template, info=template.info.model_copy(update={"relations": tuple(contraries)}))
    found: dict[int, list[AnswerPart]] = {}
    for (head, _), item in sorted(parts_of(view, turned, closed).items()):
        found.setdefault(head, []).append(replace(item, owner=-1))
    return found
