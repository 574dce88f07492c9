"""Grading answers to items: from what an item itself says, without a graph, a model or a network.

from kgtools.corpora.verify import Item, NameIndex, score

item = Item("set", about=(("肺炎", "pneumonia"),), answers=(("发热", "fever"), ("咳嗽", "cough")))
score("发热和咳嗽", item, NameIndex(["腹泻"])).total

Every name is imported when it is first asked for: what only makes items does not wait for the rules by which answers are read."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kgtools.corpora.verify.found import Found
    from kgtools.corpora.verify.grading import PARTS, Chosen, Explanation, Score, explain, read_letters, score
    from kgtools.corpora.verify.item import Item, Step, item_of
    from kgtools.corpora.verify.language.names import NameIndex
    from kgtools.corpora.verify.policy import Policy, default_policy, load_policy

__all__ = [
    "PARTS", "Chosen", "Explanation", "Found", "Item", "NameIndex", "Policy", "Score", "Step", "default_policy", "explain", "item_of",
    "load_policy", "read_letters", "score",
]  # fmt: skip

_WHERE = {
    "found": ("Found",),
    "grading": ("PARTS", "Chosen", "Explanation", "Score", "explain", "read_letters", "score"),
    "item": ("Item", "Step", "item_of"),
    "language.names": ("NameIndex",),
    "policy": ("Policy", "default_policy", "load_policy"),
}
"""Module -> its names."""
_MODULES = {name: f"{__name__}.{module}" for module, names in _WHERE.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(_MODULES[name]), name)
    return value
