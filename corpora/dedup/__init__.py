"""Records that say the same, word for word or nearly: found, joined into clusters, taken out or marked."""

from kgtools.corpora.dedup.find import DUPLICATES, DedupOptions, Duplicates, find_duplicates

__all__ = ["DUPLICATES", "DedupOptions", "Duplicates", "find_duplicates"]
