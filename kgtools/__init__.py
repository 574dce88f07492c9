"""Medical knowledge graphs to traceable bilingual instruction data, and models trained on it."""
