"""docs/how-to/own-table.md: its examples give the triples that it says, and it names every key, in both languages."""

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
from kgtools.kg.stores.folder.store import FolderStore
from tests.conftest import ROOT
from tests.docs.pages import FENCE

PAGES = [ROOT / "docs" / "how-to" / name for name in ("own-table.md", "own-table.zh.md")]
SECTIONS = dict(part.split("\n", 1) for part in re.split(r"^## ", PAGES[0].read_text("utf-8"), flags=re.MULTILINE)[1:])
EXAMPLES = {title: text for title, text in SECTIONS.items() if "```sh" in text}
MODELS = (TableMapping, RdfMapping, Table, TripleRows, EntityRows, EdgeRows, Column, Constant, Field)


def test_there_are_examples_of_every_form() -> None:
    assert len(EXAMPLES) >= 6


@pytest.mark.parametrize("title", EXAMPLES)
def test_an_example_gives_the_triples_that_stand_below_it(
    kgtools: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, title: str
) -> None:
    blocks = [(m["kind"], m["title"], m["code"]) for m in FENCE.finditer(EXAMPLES[title])]
    monkeypatch.chdir(tmp_path)
    for _, name, text in blocks:
        if name:
            Path(name).write_text(text, encoding="utf-8")
    (command,) = [text for kind, name, text in blocks if kind == "sh" and not name]
    (wanted,) = [text for kind, name, text in blocks if kind == "text" and not name]

    ran = kgtools(*shlex.split(command)[1:])

    assert (ran.code, ran.err) == (0, "")
    assert "gave nothing" not in ran.out
    facts = FolderStore(Path("graph")).inputs().sources[0].facts
    said = facts.select(pl.concat_str("head", "relation", "tail", separator=" ")).to_series()
    assert sorted(said) == wanted.splitlines()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
@pytest.mark.parametrize("model", MODELS)
def test_every_key_is_documented(model: Any, page: Path) -> None:
    text = page.read_text("utf-8")
    keys = {name.rstrip("_") for name in model.model_fields}

    assert [key for key in sorted(keys) if not re.search(rf"\b{key}\b[`:]", text)] == []
