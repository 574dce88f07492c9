"""What `--hold-out` asks for."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from kgtools.corpora.record import HOLD_OUTS
from kgtools.kg.ontology import ontology
from kgtools.tools.errors import UsageError
from kgtools.tools.registry import suggestion

HOPS = re.compile(r"([2-9])(?:-([2-9]))?")
"""`4`, `4-5`."""


@dataclass(frozen=True)
class HoldOut:
    """`facts`, `entities`, `templates`: which share of them; `relations`: relations or attributes by name; `hops`: the fewest and the
    most triples of a path. What is 0 or empty holds nothing out."""

    facts: float = 0.0
    entities: float = 0.0
    relations: tuple[str, ...] = ()
    templates: float = 0.0
    hops: tuple[int, int] | None = None

    @classmethod
    def of(cls, text: str | None) -> "HoldOut":
        """`facts=0.1,relations=HAS_COMPLICATION,hops=4-5`; a kind that is named again adds to it. Raises UsageError."""
        values: dict[str, Any] = {}
        for word in text.split(",") if text is not None else []:
            if not word.strip():
                raise UsageError(f"--hold-out {text!r}: name what is held out, as facts=0.1")
            kind, _, value = (part.strip() for part in word.partition("="))
            where = f"--hold-out {word.strip()}"
            if kind not in HOLD_OUTS:
                raise UsageError(f"{where}: {suggestion(kind, list(HOLD_OUTS))}")
            if kind in values and kind != "relations":
                raise UsageError(f"{where}: {kind} is named twice")
            if kind == "relations":
                values[kind] = (*values.get(kind, ()), _relation(value, where))
            elif kind == "hops":
                values[kind] = _hops(value, where)
            else:
                values[kind] = _share(value, where)
        return cls(**values)

    def __bool__(self) -> bool:
        return self != NOTHING

    def __str__(self) -> str:
        """As `of` reads it."""
        kinds = ("facts", "entities", "templates", "relations", "hops")
        return ",".join(self.say(kind) for kind in kinds if getattr(self, kind))

    def say(self, kind: str) -> str:
        """One kind of it, as `of` reads it."""
        if kind == "relations":
            return ",".join(f"relations={name}" for name in self.relations)
        if kind == "hops" and self.hops:
            return f"hops={'-'.join(map(str, dict.fromkeys(self.hops)))}"
        return f"{kind}={getattr(self, kind):g}"


NOTHING = HoldOut()


def _share(value: str, where: str) -> float:
    try:
        share = float(value)
    except ValueError:
        share = -1.0
    if not 0 < share < 1:
        raise UsageError(f"{where}: a share is more than 0 and less than 1, as 0.1")
    return share


def _hops(value: str, where: str) -> tuple[int, int]:
    found = HOPS.fullmatch(value)
    least, most = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if least > most:
        raise UsageError(f"{where}: so many triples of a path, as 4 or 4-5")
    return least, most


def _relation(name: str, where: str) -> str:
    """The graph's name of a relation, of its inverse, or of an attribute."""
    known = ontology()
    forward = {relation.inverse: each for each, relation in known.relations.items()}
    names = [*known.relations, *forward, *known.attributes]
    if name not in names:
        near = get_close_matches(name, names, n=3, cutoff=0.6) or get_close_matches(name.upper(), names, n=3, cutoff=0)
        raise UsageError(
            f"{where}: {name or 'nothing'} is no relation or attribute; did you mean {' or '.join(near)}? kgtools schema lists all"
        )
    return forward.get(name, name)
