"""What the things of an item are called, as it is looked for in a text."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import takewhile

from kgtools.corpora.verify.item import Item, Names
from kgtools.corpora.verify.language.reading import fold


@lru_cache(65_536)
def clean(name: str) -> str:
    """A name as it is looked for: one text for all items that have it."""
    return fold(name).strip(" \n\t,。;:")


_BRITISH = (
    ("praevia", "previa"), ("haem", "hem"), ("aemia", "emia"), ("aem", "em"), ("oedema", "edema"), ("oesoph", "esoph"), ("oestr", "estr"),
    ("rrhoea", "rrhea"), ("rrhoe", "rrhe"), ("paed", "ped"), ("foet", "fet"), ("tumour", "tumor"), ("anaesth", "anesth"), ("gynaec", "gynec"),
    ("coeliac", "celiac"), ("caec", "cec"), ("faec", "fec"), ("sulph", "sulf"), ("behaviour", "behavior"), ("colour", "color"), ("odour", "odor"),
    ("fibre", "fiber"), ("litre", "liter"), ("centre", "center"), ("aetio", "etio"), ("leucocyt", "leukocyt"), ("aluminium", "aluminum"),
    ("ischaem", "ischem"), ("pnoea", "pnea"), ("coel", "cel"), ("labour", "labor"), ("vapour", "vapor"), ("phaeo", "pheo"), ("isation", "ization"),
    ("yse", "yze"), ("orthopaed", "orthoped"), ("ae", "e"), ("oe", "e"),
)  # fmt: skip
"""How parts of words are spelt in Britain and in America."""
TO_AMERICAN = dict(_BRITISH)
TO_BRITISH = {
    american: british
    for british, american in _BRITISH
    if american not in ("e", "em", "fec", "fet", "cel", "ped", "cec")
} | {
    "feces": "faeces",
    "fetus": "foetus",
    "fetal": "foetal",
    "cecum": "caecum",
    "cecal": "caecal",
    "pediatr": "paediatr",
    "fecal": "faecal",
}
_AMERICAN, _BRITISH_PARTS = (
    re.compile("|".join(sorted(map(re.escape, parts), key=lambda part: (-len(part), part)))) for parts in (TO_AMERICAN, TO_BRITISH)
)  # fmt: skip


@lru_cache(65_536)
def spellings(name: str) -> tuple[str, ...]:
    """A folded English name as it is spelt in Britain and in America, where that is any other."""
    if not name.isascii() or len(name) < 5:
        return ()
    american = _AMERICAN.sub(lambda found: TO_AMERICAN[found[0]], name)
    british = _BRITISH_PARTS.sub(lambda found: TO_BRITISH[found[0]], american)
    return tuple(other for other in dict.fromkeys((american, british)) if other != name)


@lru_cache(16_384)
def names_of(names: Names) -> frozenset[str]:
    """Names of one thing as they are looked for."""
    return frozenset(filter(None, map(clean, names)))


def short_forms(about: Sequence[Names]) -> Iterator[Names]:
    """Of the first two things what their names do not share: type 1 of type 1 diabetes, beside type 2 diabetes."""
    for one, other in (about[:2], about[1::-1]):
        yield tuple(
            short for name in map(clean, one) for beside in map(clean, other) if (short := _short(name, beside))
        )


def _short(name: str, beside: str) -> str:
    """A name without its end, where another has this too; nothing where that leaves too little."""
    same = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(reversed(name), reversed(beside), strict=False))
    )
    if name.isascii():
        return name[: len(name) - same].strip() if same > 2 and name[len(name) - same] == " " else ""
    rest = name[: len(name) - same + (len(name) - same == 1)]
    return rest if 1 < len(rest) < len(name) - 1 else ""


def ends_of(item: Item) -> list[tuple[frozenset[str], frozenset[str]]]:
    """Head and tail of the steps of an item, each by its names and by those that what the item is about or asks for has beside these."""
    ends = [(names_of(step.head), names_of(step.tail)) for step in item.steps]
    if not ends:
        return ends
    groups = [names_of(one) for one in (*item.about, *item.answers)]
    more = {name: names for names in groups if len(names) > 1 for name in names}
    return [(_with(head, more), _with(tail, more)) for head, tail in ends] if more else ends


def _with(names: frozenset[str], more: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Names, and those that go with any of them."""
    beside = [more[name] for name in names if name in more]
    return names.union(*beside) if beside else names
