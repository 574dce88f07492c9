"""Generate: records with ids, lineage and coverage, beside the loop that one would write without kgtools."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
from clock import in_turns, print_aim, print_table
from graphs import Graphs
from jinja2 import nodes

from kg.ontology import ontology
from kg.stores.embedded import EmbeddedStore
from templates.facts import view
from templates.generate import generate, write
from templates.pack import LANGUAGES, Pack, Template, environment, find_pack
from templates.render import render
from templates.select import select

AIM, SEED, MAX_TAILS = 4.0, 0, 12
PACKS = ("clinicalgpt", "extended")
Choice = dict[str, tuple[int, dict[str, int]]]
"""Head -> its variant, and the tails of its record with their places. The loop is told so off the clock, for nothing:
the two must give the same records to be compared."""
Job = tuple[Template, int, list[str], list[list[str]]]
"""A template, one of its variants, and the head and the tails of each record."""
Facts = dict[str, dict[str, list[str]]]
"""Relation or attribute -> head -> tails or values."""


def bench(graphs: Graphs, scratch: Path, rounds: int) -> None:
    """Print the table of generating."""
    store = EmbeddedStore(scratch / "graph")
    store.upsert([tables for tables, _ in graphs.prepared()])
    for table in graphs.names:
        store.add_names(table)
    packs = [find_pack(name) for name in PACKS]
    choices, jobs = _choices(store, packs)
    ours, plain = scratch / "records", scratch / "plain.jsonl"

    def kgtools(workers: int) -> None:
        write(generate(store, packs, LANGUAGES, None, SEED, MAX_TAILS, workers), ours, {}, store.about())

    kgtools(1)
    loop(store, packs, choices, plain)
    count = _same_texts(ours / "records.jsonl", plain)
    one, two, rival, texts, calls = in_turns(
        rounds,
        lambda: kgtools(1),
        lambda: kgtools(2),
        lambda: loop(store, packs, choices, plain),
        lambda: [render(template, template.variants[at], heads, tails) for template, at, heads, tails in jobs],
        lambda: [_called(*job) for job in jobs],
    )
    templates = sum(len(pack.templates) for pack in packs)
    print_table(
        f"GENERATE  {count:,} records of {templates} templates in {len(packs)} packs, zh and en; the texts of both are equal",
        ("", "seconds", "records/s", "times as fast as its loop"),
        [
            ("kgtools, 1 worker: the whole lineage", one, f"{count / one.median:,.0f}", rival / one),
            ("kgtools, 2 workers: the same", two, f"{count / two.median:,.0f}", rival / two),
            ("loop: texts alone, choices given", rival, f"{count / rival.median:,.0f}", ""),
            ("rendering alone: kgtools", texts, f"{count / texts.median:,.0f}", calls / texts),
            ("rendering alone: loop", calls, f"{count / calls.median:,.0f}", ""),
        ],
    )
    faster = (rival / one).median
    if graphs.whole:
        print_aim(f"at least {AIM:.0f} times the loop's records/s with 1 worker: {faster:.2f}", faster >= AIM)


def _choices(store: EmbeddedStore, packs: list[Pack]) -> tuple[dict[str, Choice], list[Job]]:
    """What kgtools chooses for each template: heads, variants, tails and their order; and the same as work to render."""
    graph = view(store)
    facts = graph.facts
    ids, heads = graph.entities["id"].to_list(), facts["head"].to_list()
    tails, values = facts["tail"].to_list(), facts["value"].to_list()
    choices: dict[str, Choice] = {}
    jobs: list[Job] = []
    for template in (template for pack in packs for template in pack.templates):
        groups = select(graph, facts, template, SEED, MAX_TAILS).groups
        for (variant,), part in groups.partition_by("variant", as_dict=True).items():
            jobs.append((template, variant, part["name"].to_list(), part["tails"].to_list()))
        choices[template.id] = chosen = {}
        for head, variant, places in groups.select("head", "variant", "facts").iter_rows():
            ends = [tails[at] if heads[at] == head else heads[at] for at in places]
            words = [values[at] if end is None else ids[end] for at, end in zip(places, ends, strict=True)]
            chosen[ids[head]] = (variant, {word: place for place, word in enumerate(dict.fromkeys(words))})
    return choices, jobs


def loop(store: EmbeddedStore, packs: list[Pack], choices: dict[str, Choice], out: Path) -> None:
    """The straightforward way: facts in dicts by head, two calls of a compiled template and one line a record."""
    facts, names = _facts(store)
    with out.open("wb") as file:
        for template in (template for pack in packs for template in pack.templates):
            for user, assistant in _texts(template, choices[template.id], facts, names[template.lang]):
                messages = [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]
                file.write(orjson.dumps({"messages": messages}) + b"\n")


def _facts(store: EmbeddedStore) -> tuple[Facts, dict[str, dict[str, str]]]:
    """All facts of the store, inverses too, and the names of its entities in each language."""
    known = ontology().relations
    facts: Facts = defaultdict(lambda: defaultdict(list))
    for head, relation, tail in store.triples().select("head", "relation", "tail").iter_rows():
        facts[relation][head].append(tail)
        facts[relation if known[relation].symmetric else known[relation].inverse][tail].append(head)
    names: dict[str, dict[str, str]] = {"zh": {}, "en": {}}
    for id_, name, name_en, text in store.entities().select("id", "name", "name_en", "attributes").iter_rows():
        names["zh"][id_], names["en"][id_] = name, name_en
        for attribute, values in orjson.loads(text).items():
            facts[attribute][id_].extend(values)
    return facts, names


def _texts(template: Template, choice: Choice, facts: Facts, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The user's and the assistant's text of each record of a template."""
    info, renders = template.info, _compiled(template)
    tails: dict[str, list[str]] = defaultdict(list)
    for relation in [info.attribute] if info.attribute else info.relations:
        for head, words in facts[relation].items():
            if head in choice:
                tails[head] += [word for word in words if word in choice[head][1]]
    for head, words in tails.items():
        variant, places = choice[head]
        words.sort(key=places.__getitem__)
        texts = list(dict.fromkeys(words if info.attribute else [names[word] for word in words]))
        user, assistant = renders[variant]
        yield user(head=names[head], tails=texts).strip(), assistant(head=names[head], tails=texts).strip()


def _called(template: Template, variant: int, heads: list[str], tails: list[list[str]]) -> list[tuple[str, str]]:
    """Two calls of a compiled template for each record."""
    user, assistant = _compiled(template)[variant]
    return [
        (user(head=head, tails=each).strip(), assistant(head=head, tails=each).strip())
        for head, each in zip(heads, tails, strict=True)
    ]


def _compiled(template: Template) -> list[tuple[Callable[..., str], Callable[..., str]]]:
    """The two blocks of each variant, compiled in the sandbox, undefined names strict."""
    return [(_block(template.lang, v.user), _block(template.lang, v.assistant)) for v in template.variants]


def _block(lang: str, body: list[nodes.Node]) -> Callable[..., str]:
    tree = nodes.Template([*body])
    tree.set_lineno(1)
    return environment(lang).from_string(tree).render


def _same_texts(ours: Path, plain: Path) -> int:
    """The number of records; raises RuntimeError where the two files do not hold the same texts equally often."""
    a, b = (sorted(_contents(path)) for path in (ours, plain))
    if a != b:
        lost = next((pair for pair in zip(a, b, strict=False) if pair[0] != pair[1]), None)
        raise RuntimeError(f"the loop gives other texts, {len(b):,} for {len(a):,}; first difference: {lost}")
    return len(a)


def _contents(path: Path) -> Iterator[tuple[Any, ...]]:
    with path.open("rb") as file:
        for line in file:
            yield tuple(message["content"] for message in orjson.loads(line)["messages"])
