import ast
import errno
import re
import resource
from pathlib import Path

import polars as pl
import pytest

from kgtools.tools.errors import InputError
from kgtools.tools.frames import (
    Schema,
    digests,
    load_table,
    scan_table,
    sink_table,
    sort_by_digest,
    table_metadata,
    write_table,
)
from kgtools.tools.inputs.files import digest

PETS = Schema("pets", {"name": pl.String, "legs": pl.UInt32, "tags": pl.List(pl.String)}, required=("name",))


def test_a_frame_comes_back_with_the_declared_columns_in_their_order() -> None:
    frame = pl.DataFrame(
        {"more": [1], "legs": [4], "tags": [["a"]], "name": ["cat"]}, schema_overrides={"legs": pl.UInt32}
    )

    checked = PETS.check(frame, "pets.csv")

    assert checked.columns == ["name", "legs", "tags"]
    assert checked.rows() == [("cat", 4, ["a"])]


def test_every_fault_of_a_frame_is_in_the_message() -> None:
    with pytest.raises(InputError) as raised:
        PETS.check(pl.DataFrame({"legs": ["four"]}), "pets.csv")

    assert str(raised.value) == (
        "pets.csv: not a table of pets: column 'name' is missing; column 'tags' is missing; "
        "column 'legs' holds String, expected UInt32"
    )


def test_a_null_is_refused_where_the_column_is_required_and_only_there() -> None:
    assert PETS.check(PETS.frame([("cat", None, None)]), "x").height == 1
    with pytest.raises(InputError, match="column 'name' holds a null"):
        PETS.check(PETS.frame([(None, 4, [])]), "x")


def test_a_frame_can_be_made_of_rows_of_columns_and_of_nothing() -> None:
    rows, columns = PETS.frame([("cat", 4, [])]), PETS.frame({"name": ["cat"], "legs": [4], "tags": [[]]})

    assert rows.equals(columns)
    assert PETS.frame().height == 0
    assert PETS.frame().schema == PETS.check(rows, "x").schema


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl"])
def test_a_written_table_is_read_back_as_it_was(tmp_path: Path, name: str) -> None:
    frame = PETS.frame([("cat", 4, ["a"]), ("糖", None, [])])

    write_table(frame, tmp_path / name)

    back = pl.read_parquet(tmp_path / name) if name == "a.parquet" else pl.read_ndjson(tmp_path / name)
    assert back.rows() == frame.rows()


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl"])
def test_a_table_that_finds_no_space_raises_what_a_full_disk_raises(tmp_path: Path, name: str) -> None:
    frame = pl.DataFrame({"a": [str(number * 7919) for number in range(10_000)]})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(OSError, match="No space left on device") as raised:
            write_table(frame, tmp_path / name)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert raised.value.errno == errno.ENOSPC
    assert raised.value.filename == str(tmp_path / name)


def test_a_column_of_ids_is_the_ids_of_its_texts() -> None:
    texts = ["", "Disease:糖尿病\x1fHAS_SYMPTOM\x1fSymptom:口渴", "😀"]

    assert digests(pl.Series(texts)).to_list() == [digest(text) for text in texts]


READERS = re.compile(r"(read|scan|sink|write)_(parquet|csv|ndjson|json|ipc|excel|parquet_schema|parquet_metadata)$")
ROOT = Path(__file__).resolve().parents[2]
MODULES = [
    path for folder in ("corpora", "kg", "templates", "tools", "train") for path in (ROOT / folder).rglob("*.py")
]


def calls_with_a_path(module: Path) -> list[int]:
    """The lines that call a reader or writer of polars with something else than bytes or nothing."""
    found = []
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and READERS.fullmatch(node.func.attr):
            first = ast.unparse(node.args[0]) if node.args else ""
            if first and not re.match(r"(io\.)?BytesIO\(|body\.encode\(\)$|(data|book)$", first):
                found.append(node.lineno)
    return found


def test_polars_is_given_a_path_in_one_module_alone() -> None:
    assert len(MODULES) > 300
    told = {str(module.relative_to(ROOT)): lines for module in MODULES if (lines := calls_with_a_path(module))}

    assert set(told) == {"tools/frames.py"}


def test_a_table_is_the_file_of_that_name_and_no_pattern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    for folder, name in (("a1", "decoy"), ("a[1]", "real"), ("~", "real")):
        Path(folder).mkdir()
        write_table(PETS.frame([(name, 4, [])]), Path(folder, "t.parquet"), {"of": name})

    for folder in ("a[1]", "~"):
        path = Path(folder, "t.parquet")
        sink_table(scan_table(path), Path(folder, "u.parquet"))
        assert load_table(path)["name"].to_list() == ["real"]
        assert load_table(Path(folder, "u.parquet"))["name"].to_list() == ["real"]
        assert table_metadata(path)["of"] == "real"
    assert not list((tmp_path / "home").iterdir())


def test_rows_are_sorted_by_the_whole_of_an_id_where_its_beginnings_are_alike() -> None:
    ids = ["0123456789abcdef0002", "0123456789abcdef0001", "00000000000000000000", "0123456789abcdef0002"]
    rows = pl.DataFrame({"id": ids, "place": [1, 2, 3, 4]})

    assert sort_by_digest(rows)["place"].to_list() == [3, 2, 1, 4]
    assert sort_by_digest(rows[[3, 2, 0]])["place"].to_list() == [3, 4, 1]
    assert sort_by_digest(rows.clear()).columns == ["id", "place"]
