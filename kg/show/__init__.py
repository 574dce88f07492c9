"""One entity, all that a graph says of it, and its picture."""
