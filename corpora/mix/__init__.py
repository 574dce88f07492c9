"""Records of many sources into one table, by a recipe."""
