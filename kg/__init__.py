"""Medical knowledge graphs: ontology, sources, cleaning, stores, audits."""
