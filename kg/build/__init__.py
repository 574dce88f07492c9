"""From what sources say to one graph: cleaning, names, counts, the ledger of alignments, the merge."""
