"""Reports: a paper's tables in their own layout, the published figures beside those of runs, and a verdict on each."""
