"""Evaluation sets among records: an index of what an evaluation asks, and the records that hold any of it."""

from kgtools.corpora.decontaminate.find import CONTAMINATION, Contamination, find_contamination, first_hits
from kgtools.corpora.decontaminate.index import index_of, load_index, open_evalset, save_index
from kgtools.corpora.decontaminate.rules import RULES, Rules
from kgtools.corpora.decontaminate.search import Search, search_of

__all__ = [
    "CONTAMINATION", "RULES", "Contamination", "Rules", "Search", "find_contamination", "first_hits", "index_of", "load_index",
    "open_evalset", "save_index", "search_of",
]  # fmt: skip
