"""Named entities in answers: read from lists, JSON and tables, and held against those of a reference."""
