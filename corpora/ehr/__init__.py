"""Patient records: their sections, what of them says the diagnosis, and files of several shapes."""
