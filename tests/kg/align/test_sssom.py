"""The decisions of an alignment as SSSOM: written, read again, and read from others."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtools.kg.align.decide import decision, with_decisions
from kgtools.kg.align.sssom import curie, read_sssom, write_sssom
from kgtools.kg.build.inputs import Inputs
from kgtools.kg.build.ledger import DIFFERENT, SAME
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.kg.tables import LEDGER, Ledger
from kgtools.tools.errors import InputError
from tests.kg.align.aligning import ROWS, SUGAR, decide, now

Run = Callable[..., Any]


@pytest.fixture
def store(graph_of: Callable[..., FolderStore], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FolderStore:
    monkeypatch.chdir(tmp_path)
    return graph_of(ROWS)


def test_sssom_holds_every_decision_and_gives_the_same_ledger(kgtools: Run, store: FolderStore) -> None:
    kgtools("align", "--graph", store.folder)
    kgtools("align", "--graph", store.folder, "--apply", decide(("different", *SUGAR)), "--who", "wang|li")

    ran = kgtools("align", "--graph", store.folder, "--sssom", "out.sssom.tsv")

    text = Path("out.sssom.tsv").read_text(encoding="utf-8")
    assert ran.code == 0
    assert text.startswith("#sssom_version: '1.1'\n#curie_map:\n#  Disease: ")
    assert "#mapping_set_id: https://w3id.org/sssom/mappings/" in text
    assert "#license: http://spdx.org/licenses/CC0-1.0" in text
    assert "tiny CC0-1.0" in text
    table = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    rows = {row["subject_label"]: row for row in (dict(zip(table[0], cells, strict=True)) for cells in table[1:])}
    assert rows["poems征"] | {"mapping_tool_version": ""} == {
        "subject_id": "Disease:poems%E5%BE%81", "subject_label": "poems征", "predicate_id": "skos:exactMatch",
        "predicate_modifier": "", "object_id": "Disease:POEMS%E5%BE%81", "object_label": "POEMS征",
        "mapping_justification": "semapv:LexicalMatching", "author_label": "", "subject_source": "source:tiny",
        "object_source": "source:tiny", "mapping_tool": "kgtools", "mapping_tool_version": "", "confidence": "0.98",
        "curation_rule_text": "equal-name", "comment": "the names differ only in: upper and lower case",
    }  # fmt: skip
    assert (rows["消渴"]["predicate_modifier"], rows["消渴"]["mapping_justification"], rows["消渴"]["author_label"]) == (
        "Not", "semapv:ManualMappingCuration", "wang\\|li",
    )  # fmt: skip
    assert read_sssom(Path("out.sssom.tsv")).equals(now(store).inputs().ledger)


def test_an_sssom_file_can_be_applied_to_another_graph(
    kgtools: Run, store: FolderStore, graph_of: Callable[..., FolderStore]
) -> None:
    kgtools("align", "--graph", store.folder, "--sssom", "out.sssom.tsv")
    other = graph_of(ROWS[:4])

    told = kgtools("align", "--graph", other.folder, "--apply", "out.sssom.tsv", "--format", "json").json

    assert told["decisions"] == {
        "same": 1, "different": 0, "replaced": 0, "left_open": 0, "unknown": 1, "other_predicates": 0,
    }  # fmt: skip
    assert other.inputs().ledger.select("before", "who", "score").rows() == [("Disease:poems征", "kgtools", 0.98)]


def test_an_sssom_file_of_somebody_else_is_read(kgtools: Run, store: FolderStore) -> None:
    lines = [
        "#curie_map:", "#  our: 'urn:kgtools:'", "#  HP: http://purl.obolibrary.org/obo/HP_", "#mapping_tool: LogMap",
        "subject_id\tpredicate_id\tobject_id\tmapping_justification\tauthor_id\tconfidence\textra",
        "our:Disease%3A%E6%B6%88%E6%B8%B4\tskos:exactMatch\tour:Disease%3A糖尿病\tsemapv:LexicalMatching\t\t0.75\tx",
        "our:Disease%3A肺痨\towl:sameAs\tour:Disease%3A结核\tsemapv:ManualMappingCuration\torcid:1\t\t",
        "HP:1\tskos:exactMatch\tour:Disease%3A结核\tsemapv:LexicalMatching\t\t\t",
        "HP:1\tskos:broadMatch\tHP:2\tsemapv:LexicalMatching\t\t\t",
    ]  # fmt: skip
    Path("theirs.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    told = kgtools("align", "--graph", store.folder, "--apply", "theirs.tsv", "--format", "json").json

    assert told["decisions"] == {
        "same": 2, "different": 0, "replaced": 0, "left_open": 0, "unknown": 1, "other_predicates": 1,
    }  # fmt: skip
    assert sorted(now(store).inputs().ledger.select("before", "rule", "score", "who").rows()) == [
        ("Disease:消渴", "LexicalMatching", 0.75, "LogMap"), ("Disease:肺痨", "ManualMappingCuration", 1.0, "orcid:1"),
    ]  # fmt: skip


def test_an_sssom_file_whose_ids_are_not_percent_encoded_is_read_as_before(kgtools: Run, store: FolderStore) -> None:
    kgtools("align", "--graph", store.folder, "--sssom", "new.sssom.tsv")
    text = Path("new.sssom.tsv").read_text(encoding="utf-8")
    earlier = text.replace("%E5%BE%81", "征").replace("https://w3id.org/sssom/mappings/", "urn:kgtools:alignment:")
    assert earlier != text
    Path("earlier.sssom.tsv").write_text(earlier, encoding="utf-8")

    assert read_sssom(Path("earlier.sssom.tsv")).equals(read_sssom(Path("new.sssom.tsv")))


@pytest.mark.parametrize(
    ("metadata", "row", "fault"),
    [
        ("", "A:1\tskos:exactMatch\tA:2\t\t", "the prefix 'A' is not in the curie_map"),
        ("#curie_map: {A: 'x:'}", "A\tskos:exactMatch\tA:2\t\t", "'A' is not a CURIE"),
        ("#curie_map: {A: 'x:'}", "A:1\tskos:exactMatch\tA:2\t1.5\t", "confidence 1.5: expected a number of 0 to 1"),
        ("#curie_map: {A: 'x:'}", "A:1\tskos:exactMatch\tA:2\tbig\t", "confidence 'big': expected a number"),
        ("#curie_map: {A: 'x:'}", "A:1\tskos:exactMatch\tA:2\t\tMaybe", "predicate_modifier 'Maybe': expected Not"),
        ("#curie_map: {A: 'x:'", "A:1\tskos:exactMatch\tA:2\t\t", "not valid YAML"),
        ("# a comment", "A:1\tskos:exactMatch\tA:2\t\t", "the metadata is not a YAML mapping"),
    ],
)
def test_an_sssom_file_with_a_fault_is_refused_with_its_line(
    tmp_path: Path, metadata: str, row: str, fault: str
) -> None:
    header = "subject_id\tpredicate_id\tobject_id\tconfidence\tpredicate_modifier"
    (tmp_path / "a.sssom.tsv").write_text("\n".join(filter(None, [metadata, header, row])) + "\n", encoding="utf-8")

    with pytest.raises(InputError, match=rf"a\.sssom\.tsv:\d: {fault}"):
        read_sssom(tmp_path / "a.sssom.tsv")


hostile = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1, max_size=6)
plain = hostile.filter(lambda text: text.strip() == text and not text.startswith("﻿"))
ids = st.builds("{}:{}".format, st.sampled_from(["Disease", "Drug"]), hostile)
decided = st.lists(
    st.builds(
        decision, ids, ids, st.sampled_from([SAME, DIFFERENT]), plain, st.floats(0, 1), st.just("") | plain, st.just("kgtools") | plain
    ),
    max_size=5,
).map(lambda rows: with_decisions(LEDGER.frame(), LEDGER.frame(rows).unique("id", keep="first", maintain_order=True)))  # fmt: skip


@given(decisions=decided)
def test_any_ledger_comes_back_from_sssom_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, decisions: Ledger
) -> None:
    path = tmp_path_factory.mktemp("sssom") / "a.sssom.tsv"

    write_sssom(path, Inputs(ledger=decisions))

    assert read_sssom(path).equals(decisions)


@given(id_=ids)
def test_a_curie_holds_only_what_a_uri_may(id_: str) -> None:
    prefix, _, local = curie(id_).partition(":")

    assert prefix in ("Disease", "Drug")
    assert all((sign.isascii() and sign.isalnum()) or sign in "_.~-%" for sign in local)
