import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kgtools.kg.build.inputs import NamesMetadata, NameTable, SourceTables
from kgtools.kg.graph import change, verify
from kgtools.kg.stores import Store, as_frame, open_store
from kgtools.kg.stores.folder import store as folder_store
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.kg.tables import NAMES
from kgtools.tools.errors import CypherError, InputError, StoreError, UsageError

Make = Callable[..., SourceTables]
Graph = Callable[..., FolderStore]

COLD = ("Disease", "感冒", "HAS_SYMPTOM", "头痛")
FLU = ("Disease", "流感", "HAS_SYMPTOM", "发热")
SYMPTOMS = "MATCH (d:Disease)-[:HAS_SYMPTOM]->(s:Symptom) RETURN d.name AS disease, s.name AS symptom ORDER BY disease"
HOSTILE = [
    "O'Neil's", '"quoted"', "`tick`", "{{ jinja }}", "{% block %}", "{brace}", "$param", "a|||b", "a,b;c", "back\\slash\\",
    "\\u0041", "%s %d", "--x", "// no comment", "/* */", "'); DROP TABLE x;", "עברית", "😀👩⚕", "\u00e9",
    "ＣＴ", "C14～24", "null", "NaN", "1", "-0", "true", "[a, b]", "(x:Disease)", "长" * 10_000,
]  # fmt: skip


def names(*rows: tuple[str, str, str | None], called: str = "mine") -> NameTable:
    metadata = NamesMetadata(file="mine.csv", sha256="0", license="CC0-1.0", names=len(rows), dropped={})
    return NameTable(called, metadata, NAMES.frame(list(rows)))


def content(store: Store) -> tuple[list[Any], list[Any]]:
    return store.entities().rows(), store.triples().rows()


def generations(folder: Path) -> list[str]:
    return sorted(place.name for place in folder.iterdir() if place.name.isdigit())


def test_a_loaded_graph_is_read_and_asked_alike(graph_of: Graph) -> None:
    store = graph_of([COLD, FLU])

    columns, rows = store.query(SYMPTOMS, {})

    assert (columns, list(rows)) == (["disease", "symptom"], [["感冒", "头痛"], ["流感", "发热"]])
    assert store.entities()["id"].to_list() == ["Disease:感冒", "Disease:流感", "Symptom:发热", "Symptom:头痛"]
    assert store.triples().height == 2
    assert list(store.metadata().sources) == ["tiny"]


def test_loading_the_same_again_changes_no_byte_of_the_tables(graph_of: Graph, tables_of: Make) -> None:
    store = graph_of([COLD, FLU])

    def tables() -> dict[str, bytes]:
        now = store.folder / (store.folder / "current").read_text("ascii").split()[0]
        return {str(file.relative_to(now)): file.read_bytes() for file in now.rglob("*.parquet")}

    before = tables()
    change(store, lambda inputs: inputs.with_sources([tables_of([COLD, FLU])]))

    assert tables() == before
    assert {"entities.parquet", "triples.parquet", "sources/tiny/rejects.parquet"} <= set(before)
    assert list(store.query("MATCH (n) RETURN count(*) AS n", {})[1]) == [[4]]


def test_a_second_source_is_added_to_the_first(graph_of: Graph, tables_of: Make) -> None:
    store = graph_of([COLD], source="first")

    change(store, lambda inputs: inputs.with_sources([tables_of([COLD, FLU], source="second")]))

    assert dict(store.triples().select("tail", "sources").iter_rows()) == {
        "Symptom:头痛": ["first", "second"], "Symptom:发热": ["second"],
    }  # fmt: skip
    assert list(store.metadata().sources) == ["first", "second"]


def test_a_source_loaded_again_says_only_what_it_says_now(graph_of: Graph, tables_of: Make) -> None:
    store = graph_of([COLD], source="first")
    change(store, lambda inputs: inputs.with_sources([tables_of([COLD], source="second")]))

    change(store, lambda inputs: inputs.with_sources([tables_of([FLU], source="first")]))

    assert dict(store.triples().select("tail", "sources").iter_rows()) == {
        "Symptom:头痛": ["second"], "Symptom:发热": ["first"],
    }  # fmt: skip
    assert list(store.query(SYMPTOMS, {})[1]) == [["感冒", "头痛"], ["流感", "发热"]]


def test_sources_loaded_together_or_one_after_another_give_one_graph(tmp_path: Path, tables_of: Make) -> None:
    a, b = tables_of([COLD, FLU], source="a"), tables_of([COLD], source="b")
    together, apart, other_way = (FolderStore(tmp_path / name) for name in ("together", "apart", "other"))

    change(together, lambda inputs: inputs.with_sources([a, b]))
    change(apart, lambda inputs: inputs.with_sources([a]))
    change(apart, lambda inputs: inputs.with_sources([b]))
    change(other_way, lambda inputs: inputs.with_sources([b]))
    change(other_way, lambda inputs: inputs.with_sources([a]))

    assert content(together) == content(apart) == content(other_way)


def test_names_added_later_are_kept_after_another_load(graph_of: Graph, tables_of: Make) -> None:
    store = graph_of([COLD])
    change(store, lambda inputs: inputs.with_names(names(("感冒", "common cold", "Disease"))))
    named = list(store.query("MATCH (d:Disease) RETURN d.name_en AS en, d.name_en_from AS by", {})[1])

    change(store, lambda inputs: inputs.with_sources([tables_of([COLD, FLU])]))

    assert named == [["common cold", "mine"]]
    assert list(store.query("MATCH (d:Disease) RETURN d.name_en AS en ORDER BY d.name DESC", {})[1]) == [
        [None],
        ["common cold"],
    ]
    assert store.metadata().names["mine"].license == "CC0-1.0"


def test_name_tables_are_asked_in_the_order_in_which_they_were_first_added(graph_of: Graph) -> None:
    store = graph_of([COLD])
    change(store, lambda inputs: inputs.with_names(names(("感冒", "cold of z", None), called="z")))
    change(
        store,
        lambda inputs: inputs.with_names(
            names(("感冒", "cold of a", None), ("头痛", "headache of a", None), called="a")
        ),
    )

    change(store, lambda inputs: inputs.with_names(names(("感冒", "new cold of z", None), called="z")))

    assert list(store.metadata().names) == ["z", "a"]
    assert dict(store.entities().select("name", "name_en").iter_rows()) == {
        "感冒": "new cold of z",
        "头痛": "headache of a",
    }


def test_only_the_last_two_generations_stay(graph_of: Graph, tables_of: Make) -> None:
    store = graph_of([COLD])
    for _ in range(3):
        change(store, lambda inputs: inputs.with_sources([tables_of([COLD])]))

    assert generations(store.folder) == ["000003", "000004"]
    assert (store.folder / "current").read_text("ascii").startswith("000004 ")


def test_a_reader_goes_on_reading_the_graph_of_its_first_look_during_a_load(graph_of: Graph, tables_of: Make) -> None:
    store = graph_of([COLD])
    before, reader = content(store), FolderStore(store.folder)
    _, rows = reader.query(SYMPTOMS, {})

    change(store, lambda inputs: inputs.with_sources([tables_of([FLU])]))

    assert list(rows) == [["感冒", "头痛"]]
    assert list(reader.query(SYMPTOMS, {})[1]) == [["感冒", "头痛"]]
    assert content(reader) == before != content(store)
    assert verify(reader).agrees
    assert list(FolderStore(store.folder).query(SYMPTOMS, {})[1]) == [["流感", "发热"]]


@pytest.mark.parametrize("read", ["inputs", "metadata", "entities", "triples", "read_back"])
def test_a_reader_whose_graph_is_gone_says_so(graph_of: Graph, tables_of: Make, read: str) -> None:
    store = graph_of([COLD])
    reader = FolderStore(store.folder)
    reader.entities()
    for _ in range(2):
        change(store, lambda inputs: inputs.with_sources([tables_of([FLU])]))

    with pytest.raises(StoreError, match="the graph was changed while it was being read; run this again"):
        getattr(reader, read)()
    assert FolderStore(store.folder).triples().height == 1


@pytest.mark.parametrize("error", [StoreError("differs"), KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_a_load_that_fails_leaves_the_old_graph(
    graph_of: Graph, tables_of: Make, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    store = graph_of([COLD])
    before = content(store)

    write = folder_store.write_table

    def fail(frame: pl.DataFrame, path: Path, **how: Any) -> None:
        write(frame, path, **how)
        if path.name == "triples.parquet":
            path.write_bytes(b"half")
            raise error

    with monkeypatch.context() as patched:
        patched.setattr(folder_store, "write_table", fail)
        with pytest.raises(type(error)):
            change(store, lambda inputs: inputs.with_sources([tables_of([FLU], source="other")]))

    assert content(store) == before
    assert list(store.query(SYMPTOMS, {})[1]) == [["感冒", "头痛"]]
    assert generations(store.folder) == ["000001"]
    change(store, lambda inputs: inputs.with_sources([tables_of([FLU], source="other")]))
    assert store.triples().height == 2


def test_a_load_of_a_broken_source_leaves_the_old_graph(graph_of: Graph, tables_of: Make) -> None:
    store, broken = graph_of([COLD]), tables_of([FLU], source="other")
    broken = SourceTables("other", broken.metadata, broken.named.drop("name"), broken.facts, broken.rejects)

    with pytest.raises(InputError, match="column 'name' is missing"):
        change(store, lambda inputs: inputs.with_sources([broken]))

    assert list(store.query(SYMPTOMS, {})[1]) == [["感冒", "头痛"]]
    assert generations(store.folder) == ["000001"]


def test_a_killed_load_leaves_the_old_graph_and_the_next_one_completes(graph_of: Graph, tables_of: Make) -> None:
    store = graph_of([COLD])
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from kgtools.kg.stores.folder import store; from kgtools.kg.stores.folder.read import read_source\n"
        "from kgtools.kg.graph import change; from kgtools.kg.stores.folder.generations import look\n"
        "write = store.write_table\n"
        "def die(frame, path, **how):\n"
        "    write(frame, path, **how)\n"
        "    if path.name == 'triples.parquet': path.write_bytes(b'half'); os.kill(os.getpid(), signal.SIGKILL)\n"
        "store.write_table = die\n"
        "folder = Path(sys.argv[1])\n"
        "change(store.FolderStore(folder), lambda inputs: inputs.with_sources([read_source(look(folder)[0], 'sources/tiny')]))\n"
    )

    killed = subprocess.run([sys.executable, "-c", program, str(store.folder)], check=False, capture_output=True)

    assert killed.returncode < 0, killed.stderr
    assert generations(store.folder) == ["000001", "000002"]
    assert list(FolderStore(store.folder).query(SYMPTOMS, {})[1]) == [["感冒", "头痛"]]
    change(store, lambda inputs: inputs.with_sources([tables_of([FLU])]))
    assert list(store.query(SYMPTOMS, {})[1]) == [["流感", "发热"]]
    assert generations(store.folder) == ["000001", "000002"]


def test_hostile_names_survive_loading_and_asking(graph_of: Graph) -> None:
    rows = [("Disease", name, "HAS_SYMPTOM", name) for name in HOSTILE]
    rows += [("Disease", name, "cause", name) for name in HOSTILE] + [
        ("Disease", "感冒", "alias", name) for name in HOSTILE
    ]

    store = graph_of(rows, raw=True)  # no name of them is mended

    asked = "MATCH (d:Disease {name: $name})-[:HAS_SYMPTOM]->(s:Symptom) WHERE s.name = $name RETURN d.name AS n, s.name AS m"
    for name in HOSTILE:
        assert list(store.query(asked, {"name": name})[1]) == [[name, name]]
    aliases = list(store.query("MATCH (d:Disease {name: '感冒'}) RETURN d.aliases AS a", {})[1])
    assert aliases == [[sorted(HOSTILE)]]
    assert store.triples().height == len(HOSTILE)


def test_a_name_with_a_line_break_can_be_asked_for_in_text(graph_of: Graph) -> None:
    store = graph_of([("Disease", "感冒", "cause", "一\n二\t三"), COLD])

    ((attributes,),) = store.query("MATCH (d:Disease) RETURN d.attributes AS a", {})[1]

    assert '"一\\n二\\t三"' in attributes


@pytest.mark.parametrize(
    "cypher",
    [
        "CREATE (:Disease {id: 'x', name: 'x'})",
        "MATCH (d:Disease) SET d.name = 'x'",
        "MATCH (d:Disease) DETACH DELETE d",
        "MATCH (d:Disease) DELETE d",
        "MERGE (d:Disease {id: 'x'})",
        "DROP TABLE Disease",
        "COPY Disease FROM 'x.csv'",
        "MATCH (d:Disease) RETURN d.name; MATCH (d) DETACH DELETE d",
        "CALL show_tables() RETURN *",
    ],
)
def test_a_query_cannot_write(graph_of: Graph, cypher: str) -> None:
    store = graph_of([COLD])
    before = {file: file.read_bytes() for file in store.folder.rglob("*") if file.is_file()}

    with pytest.raises(CypherError):
        list(store.query(cypher, {})[1])

    assert {file: file.read_bytes() for file in store.folder.rglob("*") if file.is_file()} == before


def test_a_query_leaves_every_byte_of_the_graph_as_it_was(graph_of: Graph) -> None:
    store = graph_of([COLD])
    before = {file: file.read_bytes() for file in store.folder.rglob("*") if file.is_file()}

    list(store.query(SYMPTOMS, {})[1])

    assert {file: file.read_bytes() for file in store.folder.rglob("*") if file.is_file()} == before


@pytest.mark.parametrize(
    "cypher", ["MATCH (d:Disease RETURN d", "RETURN", "MATCH (d:Disease) RETURN d.nothing AS n", ""]
)
def test_a_query_that_is_wrong_is_one_line_and_the_place_of_the_fault(graph_of: Graph, cypher: str) -> None:
    with pytest.raises(CypherError) as raised:
        list(graph_of([COLD]).query(cypher, {})[1])

    _, *place = str(raised.value).split("\n")
    assert [line.strip() for line in place] == ([cypher, "^"] if cypher else [])


@pytest.mark.parametrize("ask", ["entities", "triples", "metadata"])
def test_asking_where_no_graph_is_says_how_to_load_one(tmp_path: Path, ask: str) -> None:
    with pytest.raises(StoreError, match=r"no graph here; load one first: kgtools load SOURCE FILE\.\.\. --graph "):
        getattr(FolderStore(tmp_path / "none"), ask)()

    assert not (tmp_path / "none").exists()


def test_a_url_without_a_scheme_is_a_folder(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))

    assert isinstance(store, FolderStore)
    assert store.folder == tmp_path


def test_a_scheme_that_no_store_knows_is_refused() -> None:
    for scheme in ("mysql", "folder", "embedded"):
        with pytest.raises(
            UsageError, match=rf"--graph {scheme}://\.\.\.: no store for {scheme}; give the folder of a graph"
        ):
            open_store(f"{scheme}://me:secret@host")


def test_an_answer_can_be_a_frame(graph_of: Graph) -> None:
    frame = as_frame(*graph_of([COLD]).query(SYMPTOMS, {}))

    assert frame.equals(pl.DataFrame({"disease": ["感冒"], "symptom": ["头痛"]}))
