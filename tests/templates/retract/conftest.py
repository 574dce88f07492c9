"""Records of a store that is in memory, and the ids of its facts."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from kgtools.kg.build.normalize import SEPARATOR
from kgtools.templates.generate.run import Run
from kgtools.templates.generate.tables import write
from kgtools.templates.pack import find_pack
from kgtools.templates.tasks.ask import ItemOptions
from kgtools.templates.tasks.draw import Sample
from kgtools.tools.inputs.files import digest


@pytest.fixture
def records(tmp_path: Path) -> Callable[..., Path]:
    """`records(store, "old", packs=[...], count=...)`: the folder of the records that the packs make of a store."""

    def make(
        store: Any, name: str = "old", packs: tuple[str, ...] = ("clinicalgpt", "extended"), count: int | None = None, task: str = "qa"
    ) -> Path:  # fmt: skip
        (tmp_path / name).mkdir()
        run = Run(tuple(map(find_pack, packs)), ("zh", "en"), task, 3, 12, None, Sample(count), ItemOptions())
        write(run.make(store), tmp_path / name, run.settings(), store.metadata(), run.packs)
        return tmp_path / name

    return make


@pytest.fixture
def fact() -> Callable[..., str]:
    """`fact(head, relation, tail)`: its id."""
    return lambda *parts: digest(SEPARATOR.join(parts))


@pytest.fixture
def hashes() -> Callable[[Path], dict[str, str]]:
    """The SHA-256 of each file of a folder; without run.json, which tells how it was made."""
    return lambda folder: {
        file.name: sha256(file.read_bytes()).hexdigest() for file in folder.iterdir() if file.name != "run.json"
    }
