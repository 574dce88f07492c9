"""The report of an audit: one HTML page for people, with all that it needs inside."""
