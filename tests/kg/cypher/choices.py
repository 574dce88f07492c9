"""The choices that made something, as a tree: each rule of a grammar is a node, so that a part can be made anew without the rest."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

Made = TypeVar("Made")
Option = TypeVar("Option")


@dataclass(frozen=True)
class Node:
    """What a rule chose, in order: numbers, and the rules it used. Without parts it chooses the first, simplest each time."""

    rule: str
    parts: list["int | Node"] = field(default_factory=list)

    def size(self) -> tuple[int, int]:
        """How many choices, and their sum."""
        sizes = [part.size() if isinstance(part, Node) else (1, part) for part in self.parts]
        return 1 + sum(size[0] for size in sizes), sum(size[1] for size in sizes)


class Choices:
    """Choices by chance, or by an earlier tree where it has them; `tree`: those that were made."""

    def __init__(self, random: Random | None = None, tree: Node | None = None) -> None:
        self.tree = Node("all")
        self._random = random
        self._here = [self.tree]
        self._earlier = [list(reversed(tree.parts)) if tree else []]

    def number(self, below: int, weights: Sequence[float] | None = None) -> int:
        """A number from 0."""
        if self._random is not None:
            chosen = self._random.choices(range(below), weights)[0]
        else:
            parts = self._earlier[-1]
            chosen = min(parts.pop(), below - 1) if parts and isinstance(parts[-1], int) else 0
        self._here[-1].parts.append(chosen)
        return chosen

    def pick(self, options: Sequence[Option], weights: Sequence[float] | None = None) -> Option:
        """One of the options; the first is the simplest."""
        return options[self.number(len(options), weights)]

    def chance(self, probability: float) -> bool:
        """True with this probability; false is simpler."""
        return self.number(2, (1 - probability, probability)) == 1

    @contextmanager
    def within(self, rule: str) -> Iterator[None]:
        """The choices of a rule."""
        node, parts = Node(rule), self._earlier[-1]
        earlier = parts.pop() if parts and isinstance(parts[-1], Node) else None
        self._here[-1].parts.append(node)
        self._here.append(node)
        self._earlier.append(list(reversed(earlier.parts)) if isinstance(earlier, Node) else [])
        yield
        self._here.pop()
        self._earlier.pop()


def shrink(
    tree: Node,
    make: Callable[[Choices], Made],
    wrong: Callable[[Made], bool],
    length: Callable[[Made], int],
    tries: int,
) -> tuple[Node, Made]:
    """A smaller tree whose product is still `wrong`, after so many tries at most."""

    def made(tree: Node) -> tuple[Node, Made]:
        choices = Choices(tree=tree)
        product = make(choices)
        return choices.tree, product

    def size(found: tuple[Node, Made]) -> tuple[Any, ...]:
        return (length(found[1]), *found[0].size())

    best, again = made(tree), True
    while again:
        again = False
        for candidate in _smaller(best[0]):
            found = made(candidate)
            if size(found) >= size(best):
                continue
            tries -= 1
            if wrong(found[1]):
                best, again = found, True
                break
            if tries <= 0:
                return best
    return best


def _smaller(tree: Node) -> Iterator[Node]:
    """Trees with one thing less, those with much less first."""
    paths = sorted(_paths(tree), key=lambda path: -_at(tree, path).size()[0])
    for path in paths:
        node = _at(tree, path)
        yield _with(tree, path, Node(node.rule))
        yield from (_with(tree, path, inner) for inner in _descendants(node) if inner.rule == node.rule)
    for path in paths:
        node = _at(tree, path)
        for width in (8, 4, 2, 1):
            for start in range(0, len(node.parts) - width + 1):
                yield _with(tree, path, Node(node.rule, node.parts[:start] + node.parts[start + width :]))
        for place, part in enumerate(node.parts):
            if isinstance(part, int) and part:
                for less in sorted({0, part // 2, part - 1}):
                    yield _with(tree, path, Node(node.rule, [*node.parts[:place], less, *node.parts[place + 1 :]]))


def _paths(node: Node, path: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    yield path
    for place, part in enumerate(node.parts):
        if isinstance(part, Node):
            yield from _paths(part, (*path, place))


def _at(node: Node, path: tuple[int, ...]) -> Node:
    for place in path:
        node = node.parts[place]
    return node


def _descendants(node: Node) -> Iterator[Node]:
    for part in node.parts:
        if isinstance(part, Node):
            yield part
            yield from _descendants(part)


def _with(tree: Node, path: tuple[int, ...], new: Node) -> Node:
    if not path:
        return new
    parts = list(tree.parts)
    parts[path[0]] = _with(_at(tree, path[:1]), path[1:], new)
    return Node(tree.rule, parts)
