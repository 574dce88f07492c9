"""What became of every fact: the ledger, its floors and its picture."""
