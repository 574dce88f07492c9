"""What a graph is made of, as files and as nodes, and back."""

import hashlib
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from kgtools.kg.build.inputs import Inputs, NamesMetadata, NameTable, SourceTables
from kgtools.kg.build.ledger import decision_id
from kgtools.kg.stores.neo4j import metadata
from kgtools.kg.tables import LEDGER, NAMES
from kgtools.tools.errors import StoreError

Make = Callable[..., SourceTables]
ROWS = [
    ("Disease", "感冒", "HAS_SYMPTOM", "头痛"), ("Disease", "感冒", "alias", "伤风"), ("Disease", "流感", "HAS_SYMPTOM", "头痛"),
    ("Disease", "流感", "cause", "`'\"\\\n{{"), ("Disease", "1", "HAS_SYMPTOM", "x"),
]  # fmt: skip


@pytest.fixture
def inputs(tables_of: Make) -> Inputs:
    """Two sources, two tables of names, one decision."""
    tables = [
        NameTable(name, NamesMetadata(license="MIT", sha256="0"), NAMES.frame([(zh, en, None)]))
        for name, zh, en in (("second", "感冒", "cold"), ("first", "头痛", "headache"))
    ]
    pair = ("Disease:感冒", "Disease:流感")
    ledger = LEDGER.frame([(decision_id(*pair), *pair, "different", "name", 0.5, "not so", "ann")])
    made = Inputs().with_sources([tables_of(ROWS, source="b"), tables_of(ROWS[:2], source="a")]).with_ledger(ledger)
    return made.with_names(tables[0]).with_names(tables[1])


def same(one: Inputs, other: Inputs) -> bool:
    sources = all(
        (a.name, a.metadata) == (b.name, b.metadata)
        and all(x.equals(y) for x, y in ((a.named, b.named), (a.facts, b.facts), (a.rejects, b.rejects)))
        for a, b in zip(one.sources, other.sources, strict=True)
    )
    names = all(
        (a.name, a.metadata) == (b.name, b.metadata) and a.names.equals(b.names)
        for a, b in zip(one.names, other.names, strict=True)
    )
    return sources and names and one.ledger.equals(other.ledger)


def test_inputs_come_back_from_their_files_in_the_same_order(inputs: Inputs) -> None:
    back = metadata.from_files(metadata.to_files(inputs))

    assert same(back, inputs)
    assert [table.name for table in back.names] == ["second", "first"]


def test_files_come_back_from_their_pieces_in_any_order(inputs: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "PIECE", 100)
    files = metadata.to_files(inputs)

    pieces = metadata.pieces(files)

    assert len(pieces) > 3 * len(set(files.values()))
    assert metadata.join_files(metadata.index(files), dict(reversed(pieces.items()))) == files


def test_the_same_inputs_are_the_same_bytes(inputs: Inputs, tables_of: Make) -> None:
    assert metadata.to_files(inputs) == metadata.to_files(metadata.from_files(metadata.to_files(inputs)))
    again = inputs.with_sources([tables_of(ROWS, source="b")])
    assert metadata.index(metadata.to_files(again)) == metadata.index(metadata.to_files(inputs))


def test_nothing_is_no_file() -> None:
    assert metadata.to_files(Inputs()) == {}
    assert same(metadata.from_files({}), Inputs())


def test_what_was_loaded_is_read_from_its_descriptions_alone(inputs: Inputs) -> None:
    files = {path: data for path, data in metadata.to_files(inputs).items() if path.endswith("about.json")}

    assert metadata.graph_metadata(files) == inputs.metadata


def test_the_nodes_of_a_whole_graph_hold_its_state_and_its_pieces(inputs: Inputs) -> None:
    nodes: dict[str, str] = dict(metadata.to_nodes(inputs).iter_rows())

    files = metadata.to_files(inputs)
    assert nodes.pop(metadata.STATE) == metadata.state(metadata.index(files))
    assert nodes == metadata.pieces(files)


@pytest.mark.parametrize("lost", ["sources/a/facts.parquet", "sources/b/about.json", "names/001-first/names.parquet"])
def test_a_file_that_is_missing_is_named(inputs: Inputs, lost: str) -> None:
    files = metadata.to_files(inputs)
    del files[lost]

    with pytest.raises(StoreError, match=rf"is damaged \({lost}\); empty the database and load again"):
        metadata.from_files(files)


def break_(pieces: dict[str, Any], digest: str, how: str) -> None:
    for id_ in [id_ for id_ in pieces if id_.startswith(digest)]:
        text = pieces.pop(id_)
        if how != "lost":
            broken = {
                "cut": text[: len(text) // 8 * 4],
                "torn": text[:-5],
                "other": "AAAA",
                "no base64": "?",
                "null": None,
            }
            pieces[id_] = broken[how]


@pytest.mark.parametrize("how", ["lost", "cut", "torn", "other", "no base64", "null"])
def test_a_piece_that_is_not_what_it_was_names_its_file(inputs: Inputs, how: str) -> None:
    files = metadata.to_files(inputs)
    pieces: dict[str, Any] = metadata.pieces(files)
    break_(pieces, hashlib.sha256(files["sources/a/facts.parquet"]).hexdigest(), how)

    with pytest.raises(StoreError, match=r"is damaged \(sources/a/facts\.parquet\)"):
        metadata.join_files(metadata.index(files), pieces)


def test_a_file_that_is_no_table_is_named(inputs: Inputs) -> None:
    files = metadata.to_files(inputs) | {"ledger.parquet": b"PAR1 not a table"}

    with pytest.raises(StoreError, match=r"is damaged \(ledger\.parquet\)"):
        metadata.from_files(files)


@pytest.mark.parametrize("how", ["lost", "cut", "other", "null"])
def test_every_file_that_is_not_what_it_was_is_a_fault(inputs: Inputs, how: str) -> None:
    files = metadata.to_files(inputs)
    paths, pieces = metadata.index(files), dict[str, Any](metadata.pieces(files))
    assert metadata.faults(paths, pieces) == []
    for path in ("sources/a/facts.parquet", "sources/b/facts.parquet"):
        break_(pieces, paths[path], how)

    said = "is missing" if how == "lost" else "was changed"
    assert [(fault.file, fault.what) for fault in metadata.faults(paths, pieces)] == [
        ("sources/a/facts.parquet", said), ("sources/b/facts.parquet", said),
    ]  # fmt: skip


def test_the_state_comes_back_and_every_change_of_it_is_found(inputs: Inputs) -> None:
    files = metadata.index(metadata.to_files(inputs))
    text = metadata.state(files, None, ["a", "b"])
    told = metadata.read_state(text)

    assert (told["now"], told["then"], told["sources"]) == (files, None, ["a", "b"])
    without_b = {path: hash_ for path, hash_ in files.items() if not path.startswith("sources/b/")}
    changes: list[dict[str, Any]] = [{"now": without_b}, {"then": files}, {"sources": ["a"]}, {"sha256": None}]
    for change in changes:
        with pytest.raises(StoreError, match=r"is damaged \(state\)"):
            metadata.read_state(orjson.dumps(orjson.loads(text) | change).decode())


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "null", '{"format": null}', '{"format": "x"}'])
def test_a_state_that_is_none_is_damaged(text: str) -> None:
    with pytest.raises(StoreError, match=r"is damaged \(state\)"):
        metadata.read_state(text)


@pytest.mark.parametrize(("format_", "who"), [(2, "an older"), (4, "a newer")])
def test_a_state_of_another_kgtools_says_so(format_: int, who: str) -> None:
    with pytest.raises(StoreError, match=f"was loaded by {who} kgtools"):
        metadata.read_state(f'{{"format": {format_}, "now": {{}}, "then": null, "sources": []}}')
