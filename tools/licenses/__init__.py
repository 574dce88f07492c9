"""Licences: what they are, what they let one do, and the gate."""
