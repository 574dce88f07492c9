"""Models in folders: found, looked at, measured, loaded; adapters."""
