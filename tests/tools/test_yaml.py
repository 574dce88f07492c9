"""YAML: libyaml's scanner and PyYAML's own read the same, and say the same of a fault."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtools.tools.errors import InputError
from kgtools.tools.inputs import safe_yaml
from tests.conftest import ROOT

FILES = sorted(
    file for folder in ("kg", "templates", "corpora", "train", "tools") for file in (ROOT / folder).rglob("*.yaml")
)
SIGNS = st.sampled_from(
    [*" \n\t:-#{}[],'&*!|>%@~?\"\\\x00\ufeff\u2028é😀", ": ", "- ", "\n  ", "!!int ", "&a ", "*a", "<<: ", "---\n", "? ", "|-\n", "\\ud83d", "\ud800"]
)  # fmt: skip
TEXTS = st.lists(SIGNS | st.sampled_from(["a", "b: 1", "中", "\n- ", "\nb: "]), max_size=12).map("".join)


def read(text: str) -> Any:
    """What is read, with the places of all nodes; or what is said."""
    try:
        values, tree = safe_yaml.read_yaml(text, "file")
    except InputError as error:
        return str(error)
    return repr(values), tree and _places(tree)


def _places(node: yaml.Node) -> Any:
    inner = [_places(part) for part in safe_yaml._inner(node)] or node.value
    return node.tag, (node.start_mark.line, node.start_mark.column) if node.value else None, inner


def both(text: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    with monkeypatch.context() as patch:
        patch.setattr(yaml, "__with_libyaml__", False)
        own = read(text)
    return read(text), own


needs_libyaml = pytest.mark.skipif(not yaml.__with_libyaml__, reason="PyYAML was built without libyaml")


@needs_libyaml
@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_files_of_the_project_are_read_alike(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fast, own = both(file.read_text(encoding="utf-8-sig"), monkeypatch)

    assert fast == own
    assert not isinstance(fast, str)


@needs_libyaml
@settings(max_examples=500, derandomize=True)
@given(text=TEXTS)
def test_any_text_is_read_alike_and_refused_in_the_same_words(text: str) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        fast, own = both(text, monkeypatch)

    assert fast == own


@needs_libyaml
def test_most_files_are_read_by_libyaml() -> None:
    texts = [file.read_text(encoding="utf-8-sig") for file in FILES]

    assert sum(not safe_yaml.READ_OTHERWISE.search(text) for text in texts) > 0.9 * len(texts)
