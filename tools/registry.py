"""Find a source, a store, a pack or a command by its name: entry points, loaded when they are needed.

What others bring is found the same way. A name of ours stays ours, and what cannot be loaded harms nothing else."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

from kgtools.tools.errors import KgtoolsError, UsageError
from kgtools.tools.outputs.signals import Stopped
from kgtools.tools.terminal import tell

T = TypeVar("T")
PREFIX, OURS = "kgtools.", "kgtools"


@cache
def _points(group: str) -> dict[str, EntryPoint]:
    """Name -> entry point. Of several with one name ours counts, else that of the distribution first in the alphabet; of the
    others the user is told."""
    points: dict[str, EntryPoint] = {}
    for point in sorted(entry_points(group=PREFIX + group), key=_rank):
        first = points.setdefault(point.name, point)
        if first is not point and (first.value, _giver(first)) != (point.value, _giver(point)):
            tell(
                f"kgtools: warning: {_giver(point)} has a {_noun(group)} called {point.name!r} ({point.value}), and so has "
                f"{_giver(first)} ({first.value}), which counts; uninstall one, or ask its maker for another name"
            )
    return points


def _rank(point: EntryPoint) -> tuple[str, bool, str, str]:
    return point.name, _giver(point) != OURS, _giver(point), point.value


def _giver(point: EntryPoint) -> str:
    """The distribution that brings an entry point."""
    return (
        str(point.dist.name if point.dist is not None else "").lower().replace("_", "-")
        or "a distribution without a name"
    )


def _noun(group: str) -> str:
    return group.removesuffix("s")


def names(group: str) -> list[str]:
    """The names registered in a group, sorted; nothing is imported."""
    return sorted(_points(group))


def find(group: str, name: str, kind: type | None = None) -> Any:
    """What is registered under `name` in `group`, imported now; of this `kind`. Raises UsageError with the nearest names, or
    with why it cannot be loaded: a guest's module may raise anything while it is imported."""
    points = _points(group)
    if name not in points:
        raise UsageError(f"no {_noun(group)} is called {name!r}; {suggestion(name, list(points))}")
    point = points[name]
    try:
        thing = point.load()
        if kind is not None and not isinstance(thing, kind):
            raise TypeError(f"is no {kind.__name__}")
    except (KeyboardInterrupt, Stopped):
        raise
    except BaseException as error:
        why = f"{type(error).__name__}: {error}".removesuffix(": ")
        whose = "" if _giver(point) == OURS else f", of {_giver(point)}"
        raise UsageError(f"the {_noun(group)} {name!r} ({point.value}{whose}) cannot be loaded: {why}") from error
    return thing


@contextmanager
def lent(group: str, name: str) -> Iterator[None]:
    """Raises UsageError, in one line with whose it is, for what a guest's code raises in the block; errors of ours go on."""
    try:
        yield
    except KgtoolsError:
        raise
    except (Exception, SystemExit) as error:
        point = _points(group).get(name)
        if point is None or _giver(point) == OURS:
            raise
        why = f"{type(error).__name__}: {error}".removesuffix(": ")
        raise UsageError(f"the {_noun(group)} {name!r} ({point.value}, of {_giver(point)}) fails: {why}") from error


def lent_items(group: str, name: str, items: Iterable[T]) -> Iterator[T]:
    """The items, as `lent` has what makes them."""
    with lent(group, name):
        yield from items


def every(group: str, kind: type | None = None) -> Iterator[tuple[str, Any]]:
    """Name and thing of all in a group that can be loaded, by name; of each that cannot the user is told once."""
    for name in names(group):
        try:
            thing = find(group, name, kind)
        except UsageError as error:
            pass_over(str(error))
        else:
            yield name, thing


@cache
def pass_over(why: str) -> None:
    """Tell the user, once, of a guest that does harm."""
    tell(f"kgtools: warning: {why}; it is passed over")


def suggestion(name: str, known: list[str]) -> str:
    """`did you mean ...?` where something is near, else what there is."""
    folded = {each.casefold(): each for each in known}
    near = [folded[each] for each in get_close_matches(name.casefold(), folded, n=2, cutoff=0.6)]
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"there are: {', '.join(sorted(known))}" if known else "there are none"
