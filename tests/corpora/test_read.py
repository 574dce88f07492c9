"""What holds of reading whoever reads: hostile rows end in rejects, and `read auto` names the right reader first."""

from pathlib import Path

import polars as pl
import pytest

from kgtools.corpora import read as reading
from kgtools.corpora.detect import who_reads
from kgtools.tools import registry
from kgtools.tools.errors import InputError
from tests.conftest import ROOT

REAL = ROOT.parent / "shared" / "data" / "corpora"
HOSTILE = {
    "rows": b'{}\n[]\nnull\n"x"\n{"a":1}\n{"instruction":1,"input":2,"output":3}\n{"text":4}\n{"messages":[5]}\n{"conversations":6}\n',
    "empty": b"",
}
READER_OF = {
    "chatdoctor": "chatdoctor", "clinicalbench": "clinicalbench", "cmb": "cmb-clin", "cmd": "cmd", "cmedqa2": "cmedqa2",
    "cmmlu": "cmmlu", "huatuo": "huatuo", "mc": "mc", "meddialog": "meddialog", "medical-meadow": "meadow",
    "medmcqa": "medmcqa", "medqa": "medqa", "preference": "preference", "promptcblue": "promptcblue", "pubmedqa": "pubmedqa",
    "sharegpt": "sharegpt",
}  # fmt: skip
"""Folder of published files -> the reader that fits them best."""
NO_CORPORA = "meds-ins"
"""Its published files that are here are lists of tasks and of results, no corpus."""
COUNTS = {
    "medical-meadow/medical_meadow_small.json": (5942, 92),
    "promptcblue/train.json": (80, 0),
    "preference/dpo_zh_500.jsonl": (500, 0),
    "sharegpt/medical_sft_1K_format.jsonl": (1000, 0),
}


@pytest.fixture
def real() -> Path:
    if not REAL.is_dir():
        pytest.skip("needs ../shared/data/corpora, which is not part of the project")
    return REAL


@pytest.mark.parametrize("name", registry.names("readers"))
@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_rows_end_in_rejects_or_in_one_clear_error(name: str, kind: str, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_bytes(HOSTILE[kind])
    fault = ""
    try:
        reading.read(name, [tmp_path / "rows.jsonl"], tmp_path / "out", {})
    except InputError as error:  # readers of several tables say which are missing
        fault = str(error)
    if fault:
        assert "\n" not in fault
        assert not list((tmp_path / "out").glob("*"))
    else:
        assert pl.read_parquet(tmp_path / "out" / "rejects.parquet").height > 0


@pytest.mark.parametrize("folder", READER_OF)
def test_auto_names_the_right_reader_first_of_every_published_file(folder: str, real: Path) -> None:
    files = sorted(path for path in (real / folder).rglob("*") if path.is_file())

    assert files
    assert {who_reads([file]).matches[0][1] for file in files} == {READER_OF[folder]}


def test_every_published_file_is_one_that_auto_is_tested_on(real: Path) -> None:
    assert {path.name for path in real.iterdir()} == {*READER_OF, NO_CORPORA}
    assert [who_reads([path]).matches for path in sorted((real / NO_CORPORA).iterdir())] == [[], [], []]


@pytest.mark.parametrize("file", COUNTS)
def test_the_published_files_give_their_counts(file: str, real: Path, tmp_path: Path) -> None:
    outcome = reading.read(READER_OF[Path(file).parent.name], [real / file], tmp_path / "out", {})
    assert (outcome.written, outcome.duplicates) == COUNTS[file]
