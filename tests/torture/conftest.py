"""One process that forks all victims."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tests.conftest import SAMPLES
from tests.torture.kills import Victims, victims

FIELDS = ("name", "desc", "symptom", "acompany", "get_way")


@pytest.fixture(scope="session")
def all_victims(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victims]:
    """The process that forks them."""
    with victims(tmp_path_factory.mktemp("victims")) as found:
        yield found


@pytest.fixture
def victim(all_victims: Victims, tmp_path: Path) -> Victims:
    """Victims that work in the folder of the test."""
    return Victims(tmp_path, all_victims.process)


@pytest.fixture
def cut(tmp_path: Path) -> dict[str, Path]:
    """Two small files of xywy that share some diseases, and one of health39: each relation costs time."""
    lines = (SAMPLES / "xywy" / "medical.json").read_bytes().splitlines()
    kept = [
        orjson.dumps({key: value for key, value in orjson.loads(line).items() if key in FIELDS}) for line in lines[:40]
    ]
    rows = (SAMPLES / "39health" / "disease.csv").read_text("gb18030").splitlines()
    parts = {
        "a.json": b"\n".join(kept[:30]),
        "b.json": b"\n".join(kept[10:]),
        "disease.csv": "\n".join(rows[:3]).encode("gb18030"),
    }
    for name, part in parts.items():
        (tmp_path / name).write_bytes(part + b"\n")
    return {name: tmp_path / name for name in parts}
