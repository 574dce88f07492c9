"""Find a source, a store, a pack or a command by its name: entry points, loaded when they are needed."""

from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from tools.errors import UsageError

PREFIX = "kgtools."


@cache
def _points(group: str) -> dict[str, EntryPoint]:
    return {point.name: point for point in sorted(entry_points(group=PREFIX + group), key=lambda p: (p.name, p.value))}


def names(group: str) -> list[str]:
    """The names registered in a group, sorted; nothing is imported."""
    return sorted(_points(group))


def find(group: str, name: str) -> Any:
    """What is registered under `name` in `group`, imported now. Raises UsageError with the nearest names."""
    points = _points(group)
    if name not in points:
        raise UsageError(f"no {group.removesuffix('s')} is called {name!r}; {suggestion(name, list(points))}")
    try:
        return points[name].load()
    except (ImportError, AttributeError) as error:
        raise UsageError(
            f"the {group.removesuffix('s')} {name!r} ({points[name].value}) cannot be loaded: {error}"
        ) from error


def suggestion(name: str, known: list[str]) -> str:
    """`did you mean ...?` where something is near, else what there is."""
    near = get_close_matches(name, known, n=2, cutoff=0.6)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"there are: {', '.join(sorted(known))}" if known else "there are none"
