"""The straightforward way to make the texts of records: facts in dicts by head, two calls of a compiled template and one line a
record.

It leaves out, says once, ranks, cuts and chooses by the same rules, written again in plain Python: no ids of records, no
lineage, no coverage."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from jinja2 import nodes

from kgtools.kg.build.doubts import value_doubts
from kgtools.kg.build.normalize import SEPARATOR
from kgtools.kg.ontology import ontology
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.templates.drops import ONLY_TREATMENTS, SAYS_NOTHING
from kgtools.templates.pack import Pack, Template
from kgtools.templates.sandbox import Tails, environment
from kgtools.templates.select import SAME_WORDS
from kgtools.templates.values import ENGLISH, MONEY, parse, say_en, say_zh, tidy
from kgtools.tools.inputs.files import digest

SEED, MAX_TAILS = 0, 12
Render = tuple[Callable[..., str], Callable[..., str]]


class Fact(NamedTuple):
    """What is said of a head: `tail`: an entity's id, or a value; `silent`: no part of an answer; `bad`: left out of it, so that the
    answer lacks something."""

    id: str
    confirmed: int
    tail: str
    silent: bool
    bad: bool


class Answer(NamedTuple):
    """What an answer says, with the facts that say it: the first's id, the most sources of one, and their number."""

    text: str | None
    first: str
    confirmed: int
    tail: str
    count: int


class World(NamedTuple):
    """`facts`: relation, inverse or attribute -> head -> facts. `names`: of entities in each language. `asked`: those that questions
    in English ask about. `synonyms`: entity -> those with one of its names. `texts`: (attribute, value) -> text in each language."""

    facts: dict[str, dict[str, list[Fact]]]
    names: dict[str, dict[str, str | None]]
    asked: set[str]
    synonyms: dict[str, set[str]]
    texts: dict[tuple[str, str], dict[str, str | None]]


def loop(store: FolderStore, packs: list[Pack], out: Path) -> None:
    """Write the texts of all records, in both languages."""
    world = _world(store)
    asked: set[tuple[str, str, str]] = set()
    with out.open("wb") as file:
        for template in (template for pack in packs for template in pack.templates):
            mine: set[tuple[str, str, str]] = set()
            for name, question, user, assistant in _texts(template, world):
                mine.add((template.lang, question, name))
                if (template.lang, question, name) in asked:  # one question, one answer
                    continue
                messages = [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]
                file.write(orjson.dumps({"messages": messages}) + b"\n")
            asked |= mine


def _world(store: FolderStore) -> World:
    known, entities = ontology().relations, store.entities()
    world = World(defaultdict(lambda: defaultdict(list)), {"zh": {}, "en": {}}, set(), defaultdict(set), {})
    doubted, known_of, doubtful = value_doubts(entities), defaultdict[str, int](int), set[str]()
    aliases: list[tuple[str, str, str]] = []
    columns = ("id", "type", "name", "name_en", "aliases", "attributes", "doubts")
    for id_, type_, name, name_en, others, text, doubts in entities.select(columns).iter_rows():
        world.names["zh"][id_], world.names["en"][id_] = name, name_en
        if any(" " not in doubt for doubt in doubts):
            doubtful.add(id_)
        aliases += [(id_, type_, other) for other in others]
        for attribute, values in orjson.loads(text).items() if text != "{}" else ():
            for value, origins in values.items():
                known_of[id_] += 1
                if attribute in ontology().attributes:
                    key = digest(SEPARATOR.join((id_, attribute, value)))
                    bad = id_ in doubtful or key in doubted or _says_nothing(attribute, value)
                    world.facts[attribute][id_].append(Fact(key, len(origins), value, False, bad))
    _say_values(world, store)
    for one, type_, name in aliases:
        if (other := f"{type_}:{name}") != one and other in world.names["zh"]:
            world.synonyms[one].add(other)
            world.synonyms[other].add(one)
    columns = ("id", "head", "relation", "tail", "sources", "contradicts")
    for id_, head, relation, tail, sources, contradicts in store.triples().select(columns).iter_rows():
        known_of[head] += 1
        known_of[tail] += 1
        names = str(world.names["zh"][head]), str(world.names["zh"][tail])
        silent = contradicts is not None or names[0] == names[1]
        nothing = relation == "PRODUCT_OF" and _bare(names[1]) in _bare(names[0])
        bad = head in doubtful or tail in doubtful or known[relation].listing or nothing
        world.facts[relation][head].append(Fact(id_, len(sources), tail, silent, bad))
        back = relation if known[relation].symmetric else known[relation].inverse
        world.facts[back][tail].append(Fact(id_, len(sources), head, silent, bad))
    first: dict[tuple[str, str], tuple[int, str]] = {}
    for id_, name in world.names["en"].items():
        if name:
            key_ = id_.split(":", 1)[0], name.lower()
            first[key_] = min(first.get(key_, (1, "")), (-known_of[id_], id_))
    world.asked.update(id_ for _, id_ in first.values())
    return world


def _says_nothing(attribute: str, value: str) -> bool:
    return attribute in SAYS_NOTHING and re.search(SAYS_NOTHING[attribute], value) is not None


def _bare(name: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", name))


def _say_values(world: World, store: FolderStore) -> None:
    """What an answer says of each value; a value that its attribute cannot hold is left out."""
    english: dict[tuple[str, str], str] = {}
    for table in store.names():
        for zh, en, type_ in table.names.select("zh", "en", "type").iter_rows():
            english.setdefault((type_, zh), en)
    for attribute, attribute_type in ontology().attributes.items():
        for head, facts in world.facts[attribute].items():
            for index, fact in enumerate(facts):
                value = fact.tail
                quantity = parse(value) if attribute_type.unit else None
                wrong = bool(attribute_type.unit and attribute_type.unit != "yuan" and MONEY.search(value))
                if quantity:
                    wrong |= not attribute_type.holds(quantity.unit, quantity.low, quantity.high)
                    zh, en = say_zh(quantity), say_en(quantity)
                else:
                    plain = value if ENGLISH.fullmatch(value) else None
                    zh, en = tidy(value), english.get((attribute, value), plain)
                world.texts[attribute, value] = {"zh": zh, "en": en}
                world.facts[attribute][head][index] = fact._replace(bad=fact.bad or wrong)


def _texts(template: Template, world: World) -> Iterator[tuple[str, str, str, str]]:
    """The name, the question without it, the user's and the assistant's text of each record of a template."""
    info, renders, names = template.info, _compile(template), world.names[template.lang]
    questions = [user(head="\u2042", tails=["-"]).strip().casefold() for user, _ in renders]
    of_head: dict[str, list[Fact]] = defaultdict(list)
    for relation in [info.attribute] if info.attribute else info.relations:
        for head, facts in world.facts[relation].items():
            if head.startswith(f"{info.head}:"):
                of_head[head] += facts
    choice, limit = _salt(f"{template.pack}/{template.name}.{template.lang}"), 1 if info.single else MAX_TAILS
    for head, facts in of_head.items():
        name = names[head]
        if not name or (template.lang == "en" and head not in world.asked):
            continue
        answers, lost = _collect(template, world, name, facts)
        kept = _drop_repeated(template, world, answers)
        if not kept:
            continue
        texts = [str(each.text) for each in _rank(kept, limit)]
        if "HAS_TREATMENT" in info.relations and len(texts) == 1 and texts[0] in ONLY_TREATMENTS:
            continue
        tails = Tails.of(texts, not info.single and (lost > 0 or len(kept) > limit))
        at = _mix(int(digest(head)[:16], 16), choice) % len(renders)
        user, assistant = renders[at]
        yield name, questions[at], user(head=name, tails=tails).strip(), assistant(head=name, tails=tails).strip()


def _collect(template: Template, world: World, name: str, facts: Iterable[Fact]) -> tuple[list[Answer], int]:
    """What can be said, each once, and how many facts are lost to the answer."""
    info, lang = template.info, template.lang
    answers: dict[str, Answer] = {}
    lost = 0
    for fact in sorted(facts):
        if info.attribute:
            text = world.texts[info.attribute, fact.tail][lang]
        elif fact.tail.startswith(f"{info.tail}:"):
            text = world.names[lang][fact.tail]
        else:
            continue
        if fact.silent or (lang == "en" and not fact.bad and text and name.lower() == text.lower()):
            continue
        if fact.bad or not text:
            lost += 1
        elif text in answers:
            answers[text] = answers[text]._replace(confirmed=max(answers[text].confirmed, fact.confirmed))
        else:
            answers[text] = Answer(text, fact.id, fact.confirmed, fact.tail, 1)
    return list(answers.values()), lost


def _drop_repeated(template: Template, world: World, answers: list[Answer]) -> list[Answer]:
    """Without what an earlier tail says in other words or by an alias."""
    words = SAME_WORDS.get(template.info.tail or "", r"(?!)")
    first: dict[str, int] = {}
    index_of: dict[str, int] = {}
    answers = sorted(answers, key=lambda each: (-each.confirmed, each.first))
    begin = []
    for index, each in enumerate(answers):
        form = re.sub(r"[\s()\[\]{}·-]", "", unicodedata.normalize("NFKC", str(each.text)).lower())
        short = re.sub(words, "", form, count=1)
        begin.append(first.setdefault(short if len(short) > 1 else form, index))
        index_of[each.tail] = begin[-1]
    kept = []
    later = set()
    if not template.info.attribute:
        for index, each in enumerate(answers):
            if any(index_of.get(other, index) < begin[index] for other in world.synonyms.get(each.tail, ())):
                later.add(begin[index])
    for index, each in enumerate(answers):
        if begin[index] == index and index not in later:
            kept.append(each)
    return kept


def _rank(answers: list[Answer], limit: int) -> list[Answer]:
    shuffle = _salt("tails")
    if len(answers) > limit:
        return sorted(answers, key=lambda each: (-each.confirmed, _mix(int(each.first[:16], 16), shuffle)))[:limit]
    return sorted(answers, key=lambda each: (-each.confirmed, each.first))


def _salt(text: str) -> int:
    return int(digest(f"{SEED}|{text}")[:16], 16)


def _mix(value: int, salt: int) -> int:
    """SplitMix64 of one number, as `kgtools.tools.frames.shuffle_keys` does it for a column."""
    mixed = value ^ salt
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = ((mixed ^ (mixed >> shift)) * factor) & 0xFFFFFFFFFFFFFFFF
    return mixed ^ (mixed >> 31)


def call_each(template: Template, variant: int, heads: list[str], tails: list[Tails]) -> list[tuple[str, str]]:
    """Two calls of a compiled template for each record."""
    user, assistant = _compile(template)[variant]
    return [
        (user(head=head, tails=each).strip(), assistant(head=head, tails=each).strip())
        for head, each in zip(heads, tails, strict=True)
    ]


def _compile(template: Template) -> list[Render]:
    """The two blocks of each variant, compiled in the sandbox, undefined names strict."""
    return [
        (compile_block(template.lang, v.user), compile_block(template.lang, v.assistant)) for v in template.variants
    ]


def compile_block(lang: str, body: Sequence[nodes.Node]) -> Any:
    """A block, compiled in the sandbox."""
    tree = nodes.Template([*body])
    tree.set_lineno(1)
    return environment(lang).from_string(tree).render
