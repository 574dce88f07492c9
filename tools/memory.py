"""How much memory a command keeps that it no longer needs."""

import ctypes
import gc
import os

ALLOCATOR = "_RJEM_MALLOC_CONF"
"""The variable that jemalloc reads, the allocator of polars, when polars is imported; of two words on one thing the last counts."""
OF_POLARS = "dirty_decay_ms:500,muzzy_decay_ms:1000"
"""What polars says there itself, and leaves to every process that its own one starts."""


def give_back_soon() -> None:
    """Have polars give freed memory back to the system within a tenth of a second, where the user has not said otherwise.

    By itself it takes three times a step of a load, so that the peak is what several steps need together and not the most that one
    needs. Without effect once polars is imported."""
    said = os.environ.get(ALLOCATOR, "").removeprefix(OF_POLARS).strip(",")
    os.environ[ALLOCATOR] = ",".join(filter(None, ("dirty_decay_ms:100,muzzy_decay_ms:0", said)))


def give_back_now() -> None:
    """Give the memory of objects that are gone back to the system, as far as the C library can (glibc's `malloc_trim`)."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
