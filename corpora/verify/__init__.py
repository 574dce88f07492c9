"""Grading answers to items: from what an item itself says, without a graph, a model or a network.

from kgtools.corpora.verify import Item, NameIndex, score

item = Item("set", about=(("肺炎", "pneumonia"),), answers=(("发热", "fever"), ("咳嗽", "cough")))
score("发热和咳嗽", item, NameIndex(["腹泻"])).total
"""

from kgtools.corpora.verify.found import Found
from kgtools.corpora.verify.grading import PARTS, Chosen, Explanation, Score, explain, read_letters, score
from kgtools.corpora.verify.item import Item, Step, item_of
from kgtools.corpora.verify.language.names import NameIndex
from kgtools.corpora.verify.policy import Policy, default_policy, load_policy

__all__ = [
    "PARTS", "Chosen", "Explanation", "Found", "Item", "NameIndex", "Policy", "Score", "Step", "default_policy", "explain", "item_of",
    "load_policy", "read_letters", "score",
]  # fmt: skip
