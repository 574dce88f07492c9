"""Records to export, and the libraries that read exports."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.corpora.record import PREFERENCES, RECORDS
from kgtools.tools.inputs.files import sha256
from tests.peers import install

HERE = Path(__file__).parent


@pytest.fixture
def folder_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A folder with these records (or preferences), as the commands write it; `story` is its run.json."""

    def make(rows: list[dict[str, Any]], story: dict[str, Any] | None = None) -> Path:
        folder = tmp_path_factory.mktemp("records")
        schema = PREFERENCES if rows and "chosen" in rows[0] else RECORDS
        pl.DataFrame(rows, schema=schema.columns).write_parquet(folder / f"{schema.noun}.parquet")
        if story is not None:
            outputs = {file.name: sha256(file) for file in folder.iterdir()}
            (folder / "run.json").write_bytes(orjson.dumps(story | {"outputs": outputs}))
        return folder

    return make


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a machine without network, with caches of its own."""
    settings = {
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "HF_HOME": str(tmp_path / "hub"),
        "DO_NOT_TRACK": "1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return settings


@pytest.fixture(scope="session")
def peers() -> Path:
    """TRL and lm-eval, which cannot be in our environment (TRL asks for torch), in a folder of their own, without torch."""
    return install(HERE / "peers.txt", "peers")


@pytest.fixture
def ask(peers: Path, offline: dict[str, str]) -> Callable[..., Any]:
    """What `peers.py WORD...` says, run beside TRL and lm-eval in the folder of an export."""

    def call(folder: Path, *words: str) -> Any:
        done = subprocess.run(
            [sys.executable, str(HERE / "peers.py"), *words], cwd=folder, capture_output=True, text=True, check=False,
            timeout=300, env=os.environ | offline | {"PYTHONPATH": str(peers), "PYTHONWARNINGS": "ignore"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        return orjson.loads(done.stdout.splitlines()[-1])

    return call
