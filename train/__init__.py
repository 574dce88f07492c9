"""Records into models: the training plugin, which needs nothing of graphs."""
