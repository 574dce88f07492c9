"""The commands that own templates: generate, trace, packs."""
