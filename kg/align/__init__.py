"""Which entities are the same: rules that find candidates, decisions, and the ledger that keeps them."""
