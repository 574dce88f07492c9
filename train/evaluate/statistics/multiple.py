"""Many tests at once: what remains of a p when others were looked at beside it."""

from collections.abc import Sequence


def holm(values: Sequence[float | None]) -> list[float | None]:
    """Each p so raised that one of them is under 0.05 by chance alone in one family of twenty at most, however they hang together (Holm
    1979). None, of what could not be tested, stays and does not count."""
    order = sorted((p, place) for place, p in enumerate(values) if p is not None)
    adjusted: list[float | None] = [None] * len(values)
    before = 0.0
    for rank, (p, place) in enumerate(order):
        before = max(before, min(1.0, (len(order) - rank) * p))
        adjusted[place] = before
    return adjusted
