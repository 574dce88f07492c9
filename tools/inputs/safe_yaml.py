"""YAML from anybody: of plain values only, and no larger when it is read than it looks."""

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import Composer

from kgtools.tools.errors import InputError

LONGEST = 5_000_000
"""Characters."""
DEEPEST = 50
"""Mappings and lists in each other, at most."""
MOST = 200_000
"""Values, those counted again that stand for others (`*name`)."""


READ_OTHERWISE = re.compile(
    r"""[\t\ufeff\ud800-\udfff] | \\[uU] | (?<![^\s,:\-?*&\[{]) (?: \? (?![^\s,\]}]) | ! (?! !?\w+ (?![^\s,\]}]) )) | [|>][-+0-9]*\#""",
    re.VERBOSE,
)
"""What libyaml may read otherwise than PyYAML's own scanner, or may take where that refuses: a tab, a tag without a name (`!`), a key by `? `,
half a character (`\\ud83d`), a comment right behind `|`."""


class _Checks:
    """Refuses what is nested deeply, stands within itself or is large only because it is repeated."""

    def __init__(self) -> None:
        self.depth = 0
        self.sizes: dict[int, int] = {}

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.depth += 1
        if self.depth > DEEPEST:
            _refuse(f"nested more than {DEEPEST} deep", self.peek_event().start_mark)  # type: ignore[attr-defined]
        alias = self.peek_event() if self.check_event(yaml.AliasEvent) else None  # type: ignore[attr-defined]
        node: yaml.Node | None = super().compose_node(parent, index)  # type: ignore[misc]
        self.depth -= 1
        if node is None:
            return None
        if alias and id(node) not in self.sizes:
            _refuse("a value that stands within itself", alias.start_mark)
        if not alias:
            self.sizes[id(node)] = 1 + sum(self.sizes[id(inner)] for inner in _inner(node))
        if self.sizes[id(node)] > MOST:
            _refuse(f"more than {MOST:,} values, those counted again that are repeated", node.start_mark)
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep=deep)  # type: ignore[misc]
        except (
            ValueError,
            OverflowError,
            IndexError,
            KeyError,
            AttributeError,
        ):  # as `!!int ""`, `!!bool x`, `!!timestamp x`
            return _refuse(
                f"{str(node.value)[:40]!r} is no {node.tag.rpartition(':')[2]}; put it in quotes", node.start_mark
            )


class _Loader(_Checks, yaml.SafeLoader):
    def __init__(self, text: str) -> None:
        yaml.SafeLoader.__init__(self, text)
        _Checks.__init__(self)


@cache
def _fast_loader() -> type[Any]:
    """The same with libyaml's scanner, which takes a third of the time."""

    class Loader(_Checks, Composer, yaml.CSafeLoader):
        def __init__(self, text: str) -> None:
            yaml.CSafeLoader.__init__(self, text)
            Composer.__init__(self)
            _Checks.__init__(self)

    return Loader


def _compose(text: str) -> tuple[Any, yaml.Node | None]:
    """A loader, and the tree that it read."""
    if yaml.__with_libyaml__ and not READ_OTHERWISE.search(text):
        with suppress(yaml.YAMLError):  # the fault is told below, in the same words with and without libyaml
            fast = _fast_loader()(text)
            return fast, fast.get_single_node()
    loader = _Loader(text)
    return loader, loader.get_single_node()


def read_yaml(text: str, path: Path | str) -> tuple[Any, yaml.Node | None]:
    """The values of a YAML text, and its tree, which knows their lines. Raises InputError as `path:line: what`."""
    if len(text) > LONGEST:
        raise InputError(f"{path}: {len(text):,} characters; YAML may have {LONGEST:,}")
    try:
        loader, tree = _compose(text)
        if tree and (twice := [f"{path}:{line}: the key {key!r} is given twice" for key, line in _twice(tree)]):
            raise InputError("\n".join(twice))
        return (loader.construct_document(tree) if tree else None), tree
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else f"{path}"
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        raise InputError(f"{where}: not valid YAML: {problem}") from error


def _refuse(what: str, mark: Any) -> Any:
    raise yaml.constructor.ConstructorError(None, None, what, mark)


def _inner(node: yaml.Node) -> Iterator[yaml.Node]:
    """What stands within a node."""
    if isinstance(node, yaml.MappingNode):
        yield from (part for pair in node.value for part in pair)
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _twice(node: yaml.Node) -> Iterator[tuple[str, int]]:
    """The keys that a mapping has twice, each with its line."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    yield key.value, key.start_mark.line + 1
                seen.add(key.value)
    for inner in _inner(node):
        yield from _twice(inner)
