"""docs/reference leaves nothing out: each command has its group, each reason in the code its meaning."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kgtools.tools import registry
from tests.reference import BLOCK, GROUPS, MEANINGS, REFERENCE, TABLES, block

ROOT = Path(__file__).parents[1]
REASON = re.compile(r"[a-z]+(-[a-z]+)+|nul|duplicate")
FILES = {
    "read": ["corpora"],
    "filter": ["corpora/mix/filters.py"],
    "convert": ["corpora/export"],
    "train": ["train"],
}
"""Group of reasons -> where the code gives them."""
CALLS = {"read": ("refuse", "_refuse", "NotTurns"), "train": ("Refusal", "lit")}
"""What a reason is given to, as its first, second or third argument."""


def _trees(group: str) -> Iterator[tuple[Path, ast.Module]]:
    for place in FILES[group]:
        found = ROOT / place
        for file in sorted(found.rglob("*.py")) if found.suffix != ".py" else [found]:
            yield file, ast.parse(file.read_text(encoding="utf-8"))


def _texts(node: ast.AST) -> set[str]:
    return {
        each.value
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and REASON.fullmatch(each.value)
    }


def _given(group: str) -> set[str]:
    """The reasons that the code passes to what refuses a row."""
    found = set[str]()
    for _, tree in _trees(group):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in CALLS.get(group, ()):
                    for argument in node.args[:3]:
                        if isinstance(argument, ast.Constant | ast.IfExp | ast.BoolOp):
                            found |= _texts(argument)
    return found


def _anywhere(group: str) -> set[str]:
    return set[str]().union(*(_texts(tree) for _, tree in _trees(group)))


@pytest.mark.parametrize("group", sorted(CALLS))
def test_each_reason_that_a_row_is_refused_for_is_explained(group):
    given = _given(group)

    assert len(given) >= 3
    assert given <= set(MEANINGS["reasons"][group])


@pytest.mark.parametrize("group", sorted(FILES))
def test_each_reason_that_is_explained_is_one_of_the_code(group):
    assert set(MEANINGS["reasons"][group]) - {"symbols", "repetition", "mojibake"} <= _anywhere(group)


@pytest.mark.parametrize("known", ["no-messages", "uses-tools", "options-collide"])
def test_each_reason_that_a_check_of_examples_gives_back_is_explained(known):
    """A reason is the first of a tuple; the file is the one that gives `known` so."""
    given = [
        {
            str(node.elts[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Tuple) and len(node.elts) == 2 and isinstance(node.elts[0], ast.Constant)
            if REASON.fullmatch(str(node.elts[0].value))
        }
        for _, tree in _trees("read")
    ]

    found = [reasons for reasons in given if known in reasons]
    assert len(found) == 1
    assert found[0] <= set(MEANINGS["reasons"]["read"])


def test_each_reason_that_a_format_gives_is_explained():
    keys = {
        key.value
        for path, tree in _trees("convert")
        if path.parent.name == "formats"
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant) and REASON.fullmatch(str(key.value))
    }

    assert keys
    assert keys <= set(MEANINGS["reasons"]["convert"])


def test_each_command_of_kgtools_stands_in_a_group():
    grouped = {name for names in GROUPS.values() for name in names}

    assert grouped == set(registry.names("commands"))


def test_each_block_of_a_page_has_something_in_it():
    blocks = [
        name
        for page in sorted(REFERENCE.glob("*.md"))
        for _, name, _ in BLOCK.findall(page.read_text(encoding="utf-8"))
    ]

    assert {f"columns:{name}" for name in TABLES} <= set(blocks)
    assert "### Graph.query" in block("api")
    for name in set(blocks) - {"commands", "api"}:  # click remembers the one, and the other has no table
        assert "| --- |" in block(name), name
