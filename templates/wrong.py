"""Answers that are wrong in a known way: names of the right type that no source says of the head, and how much is said.

Every way keeps to the template's words, so that a reward model can learn from what is said and from nothing else; how long the
answers are is kept equal on the whole, because else it learns that."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from corpora.record import Preferences
from kg.ontology import ontology
from templates.facts import View
from templates.pack import Template
from templates.said import DRAWS, Pick, Pool, Said, form, overlap
from templates.select import CODES, Selection, facts_for, matching

FAULTS = ("wrong-tails", "swapped", "invented", "omission", "over-claim")
"""wrong-tails: others of the type for all. swapped: what the contrary relation says (to avoid for to eat). invented: a name that
no graph has for one. omission: half of it unsaid. over-claim: more than any source says."""
JOINER = {"zh": 1, "en": 2}
LIST = pl.List(pl.String)
COLUMNS: dict[str, Any] = {
    "fault": pl.String, "rejected": LIST, "wrong": LIST, "unsaid": LIST, "wrong_mask": pl.Int64,
}  # fmt: skip
SIDES = ("chosen", "rejected")


@dataclass(frozen=True)
class Wrong:
    """A rejected answer: its fault, what it says, what of that nobody says, what is unsaid, and the sources of the former."""

    fault: str
    tails: list[str]
    added: tuple[Pick, ...] = ()
    unsaid: tuple[str, ...] = ()

    @property
    def row(self) -> tuple[str, list[str], list[str], list[str], int]:
        mask = 0
        for _, bits in self.added:
            mask |= bits
        return self.fault, self.tails, [text for text, _ in self.added], list(self.unsaid), mask


@dataclass
class Balance:
    """Characters by which the chosen answers of a language are longer than the rejected ones so far."""

    gaps: Counter[str] = field(default_factory=Counter)

    def add(self, lang: str, chosen: list[str], rejected: list[str]) -> None:
        self.gaps[lang] += _length(chosen, lang) - _length(rejected, lang)


def wrong_answers(
    view: View, by_relation: dict[str, pl.DataFrame], selections: list[Selection], seed: int
) -> list[Selection]:
    """The selections with a wrong answer a row: `fault`, `rejected` (what it says), `wrong` (what of it nobody says), `unsaid`,
    and in `mask` the sources of both answers. Groups for which none was found are left out as `no-wrong-answer`."""
    said, balance = Said(view), Balance()
    return [_selection(view, by_relation, selection, said, balance, seed) for selection in selections]


def _selection(
    view: View, by_relation: dict[str, pl.DataFrame], selection: Selection, said: Said, balance: Balance, seed: int
) -> Selection:
    template, groups = selection.template, selection.groups
    pool = Pool(_sound(view, by_relation, template), said)
    contrary = _contrary(view, by_relation, template)
    found: list[Wrong | None] = []
    for head, tails, key in groups.select("head", "tails", "key").iter_rows():
        draw = random.Random(key ^ seed)
        wrong = _wrong(template, tails, said.about(head), contrary.get(head, []), pool, said, balance, draw)
        if wrong:
            balance.add(template.lang, tails, wrong.tails)
        found.append(wrong)
    rows = pl.DataFrame([wrong.row for wrong in found if wrong], schema=COLUMNS, orient="row")
    made = pl.Series([wrong is not None for wrong in found], dtype=pl.Boolean)
    lost = groups.filter(~made).select(pl.col("facts").explode().alias("fact")).drop_nulls()
    lost = lost.with_columns(pl.lit(CODES["no-wrong-answer"], pl.UInt8).alias("code"))
    kept = pl.concat([groups.filter(made), rows], how="horizontal")
    kept = kept.with_columns(pl.col("mask") | pl.col("wrong_mask")).drop("wrong_mask")
    return Selection(template, kept, pl.concat([selection.left_out, lost]))


def _wrong(
    template: Template,
    tails: list[str],
    taken: set[str],
    contrary: list[Pick],
    pool: Pool,
    said: Said,
    balance: Balance,
    draw: random.Random,
) -> Wrong | None:
    """One fault, drawn; then the others in turn, until one can be had."""
    lang = template.lang
    near = [form(tail) for tail in tails]
    ways: dict[str, Callable[[], Wrong | None]] = {"wrong-tails": lambda: _others(tails, taken, near, pool, draw)}
    if template.info.relations:
        ways["swapped"] = lambda: _swapped(tails, near, contrary, draw)
        ways["invented"] = lambda: _invented(tails, lang, said, near, pool, draw)
    if template.info.relations and not template.info.single:
        ways["omission"] = lambda: _omission(tails, draw)
        ways["over-claim"] = lambda: _over_claim(tails, taken, near, pool, draw)
        ways.pop("over-claim" if balance.gaps[lang] <= 0 else "omission")
    order = sorted(ways)
    draw.shuffle(order)
    if contrary and "swapped" in order and draw.random() < 0.5:
        order.sort(key=lambda fault: fault != "swapped")
    return next((wrong for fault in order if (wrong := ways[fault]())), None)


def _others(tails: list[str], taken: set[str], near: list[str], pool: Pool, draw: random.Random) -> Wrong | None:
    picks = _picks([len(tail) for tail in tails], taken, near, pool, draw)
    return Wrong("wrong-tails", [text for text, _ in picks], picks) if picks else None


def _over_claim(tails: list[str], taken: set[str], near: list[str], pool: Pool, draw: random.Random) -> Wrong | None:
    lengths = [len(tail) for tail in draw.sample(tails, max(1, len(tails) // 2))]
    picks = _picks(lengths, taken, near, pool, draw)
    more = [*tails, *(text for text, _ in picks)]
    draw.shuffle(more)
    return Wrong("over-claim", more, picks) if picks else None


def _picks(lengths: list[int], taken: set[str], near: list[str], pool: Pool, draw: random.Random) -> tuple[Pick, ...]:
    """One for each length, all different; none at all where one is not to be had."""
    picks: list[Pick] = []
    used: set[str] = set()
    for length in lengths:
        pick = pool.pick(length, taken | used, near, draw)
        if pick is None:
            return ()
        picks.append(pick)
        used.add(form(pick[0]))
    return tuple(picks)


def _swapped(tails: list[str], near: list[str], contrary: list[Pick], draw: random.Random) -> Wrong | None:
    picks = [pick for pick in contrary if form(pick[0]) not in near]
    picks = draw.sample(picks, min(len(picks), len(tails)))
    return Wrong("swapped", [text for text, _ in picks], tuple(picks)) if picks else None


def _invented(
    tails: list[str], lang: str, said: Said, near: list[str], pool: Pool, draw: random.Random
) -> Wrong | None:
    place = draw.randrange(len(tails))
    for _ in range(DRAWS):
        first = pool.pick(len(tails[place]), set(), (), draw)
        second = pool.pick(len(tails[place]), set(), (), draw)
        name = _crossed(first[0], second[0], lang) if first and second else None
        if name and form(name) not in said.known and not any(overlap(form(name), other) for other in near):
            return Wrong("invented", [*tails[:place], name, *tails[place + 1 :]], ((name, 0),))
    return None


def _crossed(first: str, second: str, lang: str) -> str | None:
    """The first half of one name and the second half of another: of letters, or in English of words."""
    one: list[str] = first.split() if lang == "en" else list(first)
    other: list[str] = second.split() if lang == "en" else list(second)
    if first == second or len(one) < 2 or len(other) < 2:
        return None
    return (" " if lang == "en" else "").join([*one[: len(one) // 2], *other[len(other) // 2 :]])


def _omission(tails: list[str], draw: random.Random) -> Wrong | None:
    if len(tails) < 2:
        return None
    out = set(draw.sample(range(len(tails)), len(tails) // 2))
    kept = [tail for place, tail in enumerate(tails) if place not in out]
    return Wrong("omission", kept, unsaid=tuple(tails[place] for place in sorted(out)))


def _sound(view: View, by_relation: dict[str, pl.DataFrame], template: Template) -> pl.DataFrame:
    """The facts that a template is about and that may be asked about, with the names of both ends."""
    facts = facts_for(by_relation, template)
    if not facts:
        return pl.DataFrame(schema={"head": pl.UInt32, "tail": pl.UInt32, "text": pl.String, "mask": pl.Int64})
    rows = matching(view, pl.concat(facts), template)
    return rows.filter(pl.col("reason").is_null() & pl.col("name").is_not_null() & pl.col("text").is_not_null())


def _contrary(view: View, by_relation: dict[str, pl.DataFrame], template: Template) -> dict[int, list[Pick]]:
    """What the relation that contradicts the template's says of each head."""
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
    rows = _sound(view, by_relation, turned).group_by("head", "text").agg(pl.col("mask").bitwise_or())
    found: dict[int, list[Pick]] = {}
    for head, text, mask in rows.sort("head", "text").iter_rows():
        found.setdefault(head, []).append((text, mask))
    return found


def _length(tails: list[str], lang: str) -> int:
    return sum(map(len, tails)) + JOINER[lang] * (len(tails) - 1)


def lengths(pairs: Preferences) -> dict[str, dict[str, dict[str, float]]]:
    """For each language, each fault and all: pairs, the characters of an answer, and how often which is the longer one."""
    chosen, rejected = (pl.col(side).list.first().struct["content"].str.len_chars().cast(pl.Int64) for side in SIDES)
    rows = pairs.select(
        "lang",
        pl.col("meta").str.json_path_match("$.fault").alias("fault"),
        chosen.alias("chosen"),
        rejected.alias("rejected"),
    )
    counted = pl.concat([rows, rows.with_columns(pl.lit("all").alias("fault"))]).group_by("lang", "fault").agg(
        pl.len().alias("pairs"), pl.col("chosen").mean().round(3), pl.col("rejected").mean().round(3),
        (pl.col("chosen") - pl.col("rejected")).mean().round(3).alias("gap"),
        (pl.col("chosen") > pl.col("rejected")).mean().round(4).alias("chosen_longer"),
        (pl.col("chosen") < pl.col("rejected")).mean().round(4).alias("rejected_longer"),
    )  # fmt: skip
    order = {fault: place for place, fault in enumerate((*FAULTS, "all"))}
    told: dict[str, dict[str, dict[str, float]]] = {}
    for lang, fault, *rest in sorted(counted.iter_rows(), key=lambda row: (row[0], order[row[1]])):
        told.setdefault(lang, {})[fault] = dict(zip(counted.columns[2:], rest, strict=True))
    return told
