"""How much memory a command keeps that it no longer needs."""

import os

ALLOCATOR = "_RJEM_MALLOC_CONF"
"""The variable that jemalloc reads, the allocator of polars, when polars is imported."""


def give_back_soon() -> None:
    """Have polars give freed memory back to the system within a tenth of a second, where the user has not said otherwise.

    By itself it keeps it for ten, which is as long as a load takes, so that its peak is the sum of what its steps need and not the most
    of it. Without effect once polars is imported."""
    os.environ.setdefault(ALLOCATOR, "dirty_decay_ms:100,muzzy_decay_ms:0")
