"""Candidates: all records that the tasks could make of a graph, and which of them are kept."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import cast

import polars as pl

from kgtools.kg.stores import Readable, Store
from kgtools.templates.coverage.ledger import Fates
from kgtools.templates.drops import choose_drops
from kgtools.templates.facts import GraphView
from kgtools.templates.generate.spill import Spill, Spilled
from kgtools.templates.holdout.draw import HeldOut, hold_out
from kgtools.templates.holdout.mark import mark
from kgtools.templates.holdout.refuse import Sides, refuse_idle
from kgtools.templates.pack import LANGUAGES, Pack, Template, refuse_general
from kgtools.templates.render import question_of
from kgtools.templates.select import Selection, select, without
from kgtools.templates.tasks.ask import ask, find_paths
from kgtools.templates.tasks.cypher.audited import ask_audits
from kgtools.templates.tasks.draw import Drawn, draw, list_keys
from kgtools.templates.tasks.plan import Plan
from kgtools.tools.errors import InputError
from kgtools.tools.progress import Progress, track


@dataclass(frozen=True)
class Candidates:
    """What records are made of: the templates in the languages, what is held out, the selections of all tasks, and which of their
    records are kept."""

    templates: list[Template]
    held: HeldOut
    selections: list[Spilled]
    drawn: Drawn

    def load(self, spilled: Spilled, columns: Sequence[str] | None = None) -> Selection:
        """One of the selections with the records that are kept, or these columns of it: `key` and `facts` are among them."""
        return self.drawn.keep(spilled.task, spilled.at, spilled.load(columns))


def find_candidates(
    store: Readable, graph: GraphView, packs: list[Pack], langs: tuple[str, ...], seed: int, max_tails: int,
    drop: str | None, plan: Plan, spill: Spill, fates: Fates, progress: Progress,
) -> Candidates:  # fmt: skip
    """All that the tasks of a plan could ask of a graph, spilled, and what of it is kept. `drop`: as `--drop` says it; `fates` are
    told what is left out."""
    templates = [template for pack in packs for template in pack.templates if template.lang in langs]
    for template in templates:
        refuse_general(template)
    if "cypher" in plan.shares:
        queried(store)  # before the others are asked, which takes minutes
    held, infos = hold_out(graph, templates, plan.hold_out, seed), [pack.info for pack in packs]
    if plan.hold_out:
        paths = find_paths(infos, plan.items.hops_range()) if plan.hold_out.hops else {}
        refuse_idle(graph, templates, held, map(len, paths.values()))
    drops = {pack.info.name: choose_drops(pack, drop) for pack in packs}
    masks = graph.facts["mask"] if plan.sample.per_source else None
    selections: list[Spilled] = []
    keys: list[pl.DataFrame] = []
    heights: dict[tuple[str, int], int] = {}
    samples = not plan.sample.is_whole or any(share is not None for share in plan.shares.values())

    def questions() -> Iterator[Selection]:
        progress.start("selecting facts", len(templates), "templates")
        with ThreadPoolExecutor() as pool:  # polars works outside of the lock
            chosen = pool.map(
                lambda template: select(graph, template, seed, max_tails, drops[template.pack]), templates
            )
            yield from one_answer_each(track(chosen, progress), graph)

    def all_tasks() -> Iterator[tuple[str, Selection]]:
        if not plan.asked_tasks:
            (name,) = plan.shares
            yield from ((name, each) for each in questions())
            return
        waiting = [spill.put("questions", each) for each in questions()]
        if "qa" in plan.shares:
            yield from (("qa", each.load()) for each in waiting)
        progress.start("asking otherwise", len(waiting), "templates")
        loaded = track((each.load() for each in waiting), progress)
        yield from ask(graph, loaded, plan.asked_tasks, plan.items, seed, infos, held)
        if "cypher" in plan.shares:
            yield from (("cypher", each) for each in ask_audits(queried(store), graph, langs, seed))

    sides = Sides()
    for name, each in all_tasks():
        selection = mark(graph, each, held) if plan.hold_out else each
        if plan.hold_out:
            sides.add(selection)
        fates.lose(selection)
        selections.append(spill.put(name, replace(selection, left_out=selection.left_out.clear())))
        heights[name, selections[-1].at] = selection.groups.height
        if samples:
            keys.append(list_keys(name, selections[-1].at, selection, masks))
    if plan.hold_out:
        sides.refuse(held)
    drawn = draw(keys, plan.shares, plan.sample) if samples else Drawn(None, heights)
    return Candidates(templates, held, selections, drawn)


def queried(store: Readable) -> Store:
    """The store, if it answers queries. Raises InputError for a graph that is nowhere written."""
    if not hasattr(store, "query"):
        raise InputError(
            "the task cypher asks the graph itself, and this one is written nowhere; correct it, load it, and run generate"
        )
    return cast(Store, store)


def one_answer_each(selections: Iterable[Selection], graph: GraphView) -> Iterator[Selection]:
    """The selections without records whose question an earlier template asks in the same words of the same name."""
    asked: dict[str, list[pl.Series]] = {}
    numbers = {lang: graph.names(lang).rank("dense") for lang in LANGUAGES}
    for selection in selections:
        groups, gone = selection.groups, []
        if groups.is_empty():
            yield selection
            continue
        names = numbers[selection.template.lang].gather(groups["head"])
        groups = groups.with_columns(names.alias("name_number"))
        for (variant,), part in groups.partition_by("variant", as_dict=True).items():
            question = question_of(selection.template, selection.template.variants[int(variant)])
            earlier = asked.setdefault(f"{selection.template.lang} {question}", [])
            gone += [part.filter(pl.col("name_number").is_in(names.implode()))["key"] for names in earlier]
            earlier.append(part["name_number"])
        if any(len(keys) for keys in gone):
            groups, left_out = without(
                selection.groups, pl.col("key").is_in(pl.concat(gone).implode()), "same-question", selection.left_out
            )
            selection = Selection(selection.template, groups, left_out)
        yield selection
