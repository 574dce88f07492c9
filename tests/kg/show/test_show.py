from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kgtools.kg.graph import change
from kgtools.kg.show.profile import MOST, find, links, profile
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.kg.tables import ENTITIES
from kgtools.tools.errors import UsageError

Run = Callable[..., Any]
ROWS = [
    ("Disease", "感冒", "HAS_SYMPTOM", "头痛"),
    ("Disease", "感冒", "HAS_SYMPTOM", "发热"),
    ("Disease", "感冒", "HAS_SYMPTOM", "乏力"),
    ("Disease", "感冒", "alias", "伤风"),
    ("Disease", "感冒", "cure_rate", "90%"),
    ("Disease", "流感", "HAS_COMPLICATION", "感冒"),
    ("Disease", "感冒", "HAS_COMPLICATION", "感冒"),
    ("Symptom", "感冒", "RELATED_SYMPTOM", "头痛"),
]
ALONE = [("Disease", "感冒", "Common cold"), ("Symptom", "头痛", "headache")]


@pytest.fixture
def store(graph_of: Callable[..., FolderStore], tables_of: Run) -> FolderStore:
    store = graph_of(ROWS, alone=ALONE)
    change(store, lambda inputs: inputs.with_sources([tables_of([ROWS[1]], source="other")]))
    return store


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Disease:感冒", ["Disease:感冒"]),
        ("感冒", ["Disease:感冒", "Symptom:感冒"]),
        ("伤风", ["Disease:感冒"]),
        ("common COLD", ["Disease:感冒"]),
        ("头痛", ["Symptom:头痛"]),
    ],
)
def test_an_entity_is_found_by_id_name_alias_or_english_name(text: str, ids: list[str], store: FolderStore) -> None:
    assert find(store.entities(), text)["id"].to_list() == ids


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("流行感", "did you mean Disease:流感?"),
        ("headach", "did you mean Symptom:头痛?"),
        ("Symptom:头疼", "did you mean Symptom:头痛?"),
        ("Disease:头疼", "give a name, an alias, an English name or Type:name"),
        ("xyz", "give a name"),
        ("", "give a name"),
        (" ", "give a name"),
    ],
)
def test_what_is_not_there_is_answered_with_near_names(text: str, message: str, store: FolderStore) -> None:
    with pytest.raises(UsageError) as caught:
        find(store.entities(), text)

    assert f"no entity is called {text!r}; {message}" in str(caught.value)


def test_a_name_of_very_many_entities_is_answered_with_their_ids() -> None:
    rows = [(f"Drug:{n:03}", "Drug", f"{n:03}", None, None, ["药"], ["s"], "{}", []) for n in range(MOST + 1)]

    with pytest.raises(
        UsageError, match=rf"{MOST + 1} entities are called '药'; name one by its id: Drug:000, Drug:001"
    ):
        find(ENTITIES.frame(rows), "药")


def test_links_say_most_witnessed_first_then_by_name_and_out_before_in(store: FolderStore) -> None:
    found = links(store.entities(), store.triples(), ["Disease:感冒"])

    assert found.select("direction", "relation", "name").rows() == [
        ("out", "HAS_SYMPTOM", "发热"),
        ("out", "HAS_SYMPTOM", "乏力"),
        ("out", "HAS_SYMPTOM", "头痛"),
        ("out", "HAS_COMPLICATION", "感冒"),
        ("in", "HAS_COMPLICATION", "感冒"),
        ("in", "HAS_COMPLICATION", "流感"),
    ]
    assert found["sources"].to_list()[0] == ["other", "tiny"]


def test_a_profile_holds_every_fact_of_the_entity_with_its_origins(store: FolderStore) -> None:
    (row,) = find(store.entities(), "Disease:感冒").to_dicts()

    told = profile(row, links(store.entities(), store.triples(), [row["id"]]), 0).to_dict()

    assert (told["name_en"], told["name_en_from"], told["aliases"]) == ("common cold", "tiny", ["伤风"])
    assert [(a["attribute"], a["zh"], a["en"], a["value"], a["origins"]) for a in told["attributes"]] == [
        ("cure_rate", "治愈率", "cure rate", "90%", ["tiny/tiny.txt:5#cure_rate"])
    ]
    ids = {t["id"] for relation in told["relations"] for t in relation["triples"]}
    ends = pl.col("head", "tail") == "Disease:感冒"
    assert ids == set(store.triples().filter(pl.any_horizontal(ends))["id"])
    assert all(relation["count"] == len(relation["triples"]) for relation in told["relations"])


def test_the_limit_holds_for_each_relation_and_the_count_says_how_many_there_are(
    kgtools: Run, store: FolderStore
) -> None:
    words = ("show", "Disease:感冒", "--graph", store.folder)

    (told,) = kgtools(*words, "--limit", 1, "--format", "json").json
    table = kgtools(*words, "--limit", 1).out

    assert [(r["relation"], r["direction"], r["count"], len(r["triples"])) for r in told["relations"]] == [
        ("HAS_SYMPTOM", "out", 3, 1),
        ("HAS_COMPLICATION", "out", 1, 1),
        ("HAS_COMPLICATION", "in", 2, 1),
    ]
    assert "... 2 more (--limit 0 shows all)" in table
    assert "乏力" not in table
    assert "乏力" in kgtools(*words, "--limit", 0).out


def test_show_prints_each_entity_of_the_name_with_names_attributes_and_triples(
    kgtools: Run, store: FolderStore
) -> None:
    ran = kgtools("show", "感冒", "--graph", store.folder)

    assert ran.code == 0
    for text in (
        "Disease:感冒  (疾病, disease)", "Symptom:感冒  (症状, symptom)", "English: common cold (from tiny)", "aliases: 伤风",
        "sources: other、tiny", "90%", "tiny/tiny.txt:5#cure_rate", "Symptom:头痛", "headache", "other/tiny.txt:1#HAS_SYMPTOM",
        "-> Disease:感冒",
    ):  # fmt: skip
        assert text in ran.out


def test_what_is_not_there_exits_with_2(kgtools: Run, store: FolderStore) -> None:
    ran = kgtools("show", "流行感", "--graph", store.folder)

    assert (ran.code, ran.out) == (2, "")
    assert "did you mean Disease:流感?" in ran.err


def test_every_entity_of_the_samples_can_be_shown(sample_graph: FolderStore) -> None:
    entities, triples = sample_graph.entities(), sample_graph.triples()
    near = links(entities, triples, entities["id"].to_list()).partition_by("this", as_dict=True)
    empty = links(entities, triples, [])

    shown = [profile(row, near.get((row["id"],), empty), 0).to_dict() for row in entities.to_dicts()]

    assert sum(r["count"] for told in shown for r in told["relations"]) == 2 * triples.height
    assert all(t["name"] for told in shown for r in told["relations"] for t in r["triples"])


@pytest.mark.parametrize("depth", [1, 2])
def test_a_depth_without_a_picture_is_refused(depth: int, kgtools: Run, store: FolderStore) -> None:
    ran = kgtools("show", "感冒", "--graph", store.folder, "--depth", depth)

    assert (ran.code, ran.out) == (2, "")
    assert "--depth says how far a picture reaches; give --html FILE too" in ran.err


def test_the_page_cannot_be_written_over_a_folder(kgtools: Run, store: FolderStore, tmp_path: Path) -> None:
    ran = kgtools("show", "感冒", "--graph", store.folder, "--html", tmp_path)

    assert ran.code == 2
    assert "is a folder; name a file in it" in ran.err
