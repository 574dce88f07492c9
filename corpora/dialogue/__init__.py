"""Talks of patients with doctors, as their corpora have them."""
