"""docs/mapping.md: its examples run, and it names every key."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kgtools.kg.ontology import Field
from kgtools.kg.sources.mapping import (
    Column,
    Constant,
    EdgeRows,
    EntityRows,
    RdfMapping,
    Table,
    TableMapping,
    TripleRows,
)
from kgtools.kg.stores.folder.store import EmbeddedStore
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "mapping.md").read_text(encoding="utf-8")
SECTIONS = dict(part.split("\n", 1) for part in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:])
EXAMPLES = {title: text for title, text in SECTIONS.items() if "```console" in text}
MODELS = (TableMapping, RdfMapping, Table, TripleRows, EntityRows, EdgeRows, Column, Constant, Field)


def test_there_are_examples_of_every_form() -> None:
    assert len(EXAMPLES) >= 6


@pytest.mark.parametrize("title", EXAMPLES)
def test_an_example_gives_the_triples_that_stand_below_it(
    kgtools: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, title: str
) -> None:
    blocks = re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```$", EXAMPLES[title], re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(tmp_path)
    for _, name, text in blocks:
        if name:
            Path(name).write_text(text, encoding="utf-8")
    (command,) = [text for kind, name, text in blocks if kind == "console" and not name]
    (wanted,) = [text for kind, name, text in blocks if kind == "text" and not name]

    ran = kgtools(*shlex.split(command)[1:])

    assert (ran.code, ran.err) == (0, "")
    assert "gave nothing" not in ran.out
    facts = EmbeddedStore(Path("graph")).inputs().sources[0].facts
    said = facts.select(pl.concat_str("head", "relation", "tail", separator=" ")).to_series()
    assert sorted(said) == wanted.splitlines()


@pytest.mark.parametrize("model", MODELS)
def test_every_key_is_documented(model: Any) -> None:
    keys = {name.rstrip("_") for name in model.model_fields}

    assert [key for key in sorted(keys) if not re.search(rf"\b{key}\b[`:]", PAGE)] == []
