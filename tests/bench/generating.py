"""Generate: records with ids, lineage and coverage, beside the loop that one would write without kgtools."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
from clock import in_turns, print_aim, print_table
from graphs import Graphs
from jinja2 import nodes

from kg.normalize import SEPARATOR, TRUNCATED
from kg.ontology import ontology
from kg.stores.embedded import EmbeddedStore
from templates.facts import ENGLISH, ONLY_DIGITS, view
from templates.generate import generate, write
from templates.pack import LANGUAGES, Pack, Template, environment, find_pack
from templates.render import render
from templates.select import select
from tools.files import digest

AIM, SEED, MAX_TAILS = 4.0, 0, 12
PACKS = ("clinicalgpt", "extended")
Job = tuple[Template, int, list[str], list[list[str]]]
"""A template, one of its variants, and the head and the tails of each record."""
Facts = dict[str, dict[str, list[tuple[int, str, str]]]]
"""Relation or attribute -> head -> (minus the number of its sources, id, tail or value)."""


def bench(graphs: Graphs, scratch: Path, rounds: int) -> None:
    """Print the table of generating."""
    store = EmbeddedStore(scratch / "graph")
    store.change(graphs.loaded)
    for table in graphs.names:
        store.change(lambda inputs, table=table: inputs.with_names(table))
    packs = [find_pack(name) for name in PACKS]
    jobs = _jobs(store, packs)
    ours, plain = scratch / "records", scratch / "plain.jsonl"

    def kgtools(workers: int) -> None:
        write(generate(store, packs, LANGUAGES, None, SEED, MAX_TAILS, workers), ours, {}, store.about(), packs)

    kgtools(1)
    loop(store, packs, plain)
    count = _same_texts(ours / "records.jsonl", plain)
    one, two, rival, texts, calls = in_turns(
        rounds,
        lambda: kgtools(1),
        lambda: kgtools(2),
        lambda: loop(store, packs, plain),
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
            ("loop: the same texts, nothing else", rival, f"{count / rival.median:,.0f}", ""),
            ("rendering alone: kgtools", texts, f"{count / texts.median:,.0f}", calls / texts),
            ("rendering alone: loop", calls, f"{count / calls.median:,.0f}", ""),
        ],
    )
    faster = (rival / one).median
    if graphs.whole:
        print_aim(f"at least {AIM:.0f} times the loop's records/s with 1 worker: {faster:.2f}", faster >= AIM)


def _jobs(store: EmbeddedStore, packs: list[Pack]) -> list[Job]:
    """What kgtools renders, for the rows that measure rendering alone."""
    graph = view(store)
    jobs: list[Job] = []
    for template in (template for pack in packs for template in pack.templates):
        groups = select(graph, graph.facts, template, SEED, MAX_TAILS).groups
        for (variant,), part in groups.partition_by("variant", as_dict=True).items():
            jobs.append((template, variant, part["name"].to_list(), part["tails"].to_list()))
    return jobs


def loop(store: EmbeddedStore, packs: list[Pack], out: Path) -> None:
    """The straightforward way: facts in dicts by head, two calls of a compiled template and one line a record.

    It leaves out, ranks, cuts and chooses by the same rules, written again in plain Python: no ids of records, no
    lineage, no coverage."""
    facts, names = _facts(store)
    with out.open("wb") as file:
        for template in (template for pack in packs for template in pack.templates):
            for user, assistant in _texts(template, facts, names[template.lang]):
                messages = [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]
                file.write(orjson.dumps({"messages": messages}) + b"\n")


def _facts(store: EmbeddedStore) -> tuple[Facts, dict[str, dict[str, str]]]:
    """What may be asked about, by relation (inverses too) and head, and the names of the entities in each language."""
    known = ontology().relations
    facts: Facts = defaultdict(lambda: defaultdict(list))
    names: dict[str, dict[str, str]] = {"zh": {}, "en": {}}
    doubtful = re.compile(f"{TRUNCATED}|{ONLY_DIGITS}").search
    for id_, name, name_en, text in store.entities().select("id", "name", "name_en", "attributes").iter_rows():
        names["zh"][id_], names["en"][id_] = name, name_en
        if text != "{}" and not doubtful(name):
            for attribute, values in orjson.loads(text).items():
                for value, origins in values.items():
                    facts[attribute][id_].append(
                        (-len(origins), digest(SEPARATOR.join((id_, attribute, value))), value)
                    )
    columns = ("id", "head", "relation", "tail", "sources", "contradicts")
    for id_, head, relation, tail, sources, contradicts in store.triples().select(columns).iter_rows():
        ends = names["zh"][head], names["zh"][tail]
        if contradicts is None and ends[0] != ends[1] and not doubtful(ends[0]) and not doubtful(ends[1]):
            facts[relation][head].append((-len(sources), id_, tail))
            back = relation if known[relation].symmetric else known[relation].inverse
            facts[back][tail].append((-len(sources), id_, head))
    return facts, names


def _texts(template: Template, facts: Facts, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The user's and the assistant's text of each record of a template."""
    info, renders = template.info, _compiled(template)
    limit = 1 if info.single else MAX_TAILS
    of_head: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for relation in [info.attribute] if info.attribute else info.relations:
        for head, said in facts[relation].items():
            if head.startswith(f"{info.head}:"):
                of_head[head] += said
    choice, shuffle = _salt(f"{template.pack}/{template.name}.{template.lang}"), _salt("tails")
    speaks = re.compile(ENGLISH).search
    for head, said in of_head.items():
        name, tails = names[head], []
        for confirmed, id_, tail in said:
            if info.attribute:
                text = tail if template.lang == "zh" or speaks(tail) else None
            else:
                text = names[tail] if tail.startswith(f"{info.tail}:") else None
            if name and text and not (template.lang == "en" and name.lower() == text.lower()):
                tails.append((confirmed, id_, text))
        if not tails:
            continue
        if len(tails) > limit:
            tails.sort(key=lambda tail: (tail[0], _mixed(int(tail[1][:16], 16), shuffle)))
        else:
            tails.sort()
        texts = list(dict.fromkeys(text for _, _, text in tails[:limit]))
        user, assistant = renders[_mixed(int(digest(head)[:16], 16), choice) % len(renders)]
        yield user(head=name, tails=texts).strip(), assistant(head=name, tails=texts).strip()


def _salt(text: str) -> int:
    return int(digest(f"{SEED}|{text}")[:16], 16)


def _mixed(value: int, salt: int) -> int:
    """SplitMix64 of one number, as `tools.frames.shuffled` does it for a column."""
    mixed = value ^ salt
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = ((mixed ^ (mixed >> shift)) * factor) & 0xFFFFFFFFFFFFFFFF
    return mixed ^ (mixed >> 31)


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
