import random
from collections.abc import Callable, Sequence

import orjson
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from kgtools.kg.build.inputs import Inputs, NamesMetadata, NameTable, SourceTables
from kgtools.kg.build.merge import merge
from kgtools.kg.tables import ENTITIES, NAMES, TRIPLES
from kgtools.tools.inputs.files import digest

Make = Callable[..., SourceTables]

COLD = ("Disease", "感冒", "HAS_SYMPTOM", "头痛")


def name_table(called: str, *rows: tuple[str, str, str | None]) -> NameTable:
    return NameTable(called, NamesMetadata(license="CC0-1.0"), NAMES.frame(list(rows)))


def entity(entities: pl.DataFrame, id_: str) -> dict[str, object]:
    (row,) = entities.filter(pl.col("id") == id_).to_dicts()
    return row


def test_nothing_merged_is_an_empty_graph() -> None:
    entities, triples = merge(Inputs(()))

    assert (entities.height, triples.height) == (0, 0)
    assert (entities.schema, triples.schema) == (ENTITIES.frame().schema, TRIPLES.frame().schema)


def test_a_triple_said_by_two_sources_is_one_triple_with_both(tables_of: Make) -> None:
    entities, triples = merge(Inputs((tables_of([COLD], source="b"), tables_of([COLD], source="a"))))

    (triple,) = triples.to_dicts()
    assert triple == {
        "id": digest("Disease:感冒\x1fHAS_SYMPTOM\x1fSymptom:头痛"),
        "head": "Disease:感冒",
        "relation": "HAS_SYMPTOM",
        "tail": "Symptom:头痛",
        "sources": ["a", "b"],
        "origins": ["a/tiny.txt:1#HAS_SYMPTOM", "b/tiny.txt:1#HAS_SYMPTOM"],
        "contradicts": None,
    }
    assert entities.select("id", "sources").rows() == [("Disease:感冒", ["a", "b"]), ("Symptom:头痛", ["a", "b"])]


def test_origins_are_sorted_as_texts_and_sources_as_names(tables_of: Make) -> None:
    attribute = ("Disease", "感冒", "cause", "病毒")
    sources = tuple(tables_of([COLD, attribute], source=name) for name in ("a", "a-b"))

    entities, triples = merge(Inputs(sources))

    assert triples["sources"].to_list() == [["a", "a-b"]]
    assert triples["origins"].to_list() == [["a-b/tiny.txt:1#HAS_SYMPTOM", "a/tiny.txt:1#HAS_SYMPTOM"]]
    assert orjson.loads(entities["attributes"][0]) == {
        "cause": {"病毒": ["a-b/tiny.txt:2#cause", "a/tiny.txt:2#cause"]}
    }


@given(st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=4))
def test_attributes_are_written_as_orjson_writes_them(tables_of: Make, values: list[str]) -> None:
    tables = tables_of([("Disease", "感冒", "cause", value) for value in [*values, '"\\x\n']], raw=True)
    said: dict[str, list[str]] = dict(tables.facts.sort("tail").select("tail", "origins").iter_rows())

    entities, _ = merge(Inputs((tables,)))

    assert entities["attributes"].to_list() == [orjson.dumps({"cause": said}).decode()]


def test_what_one_source_says_alone_keeps_its_one_source(tables_of: Make) -> None:
    other = ("Disease", "感冒", "HAS_SYMPTOM", "发热")

    _, triples = merge(Inputs((tables_of([COLD], source="a"), tables_of([COLD, other], source="b"))))

    assert dict(triples.select("tail", "sources").iter_rows()) == {"Symptom:头痛": ["a", "b"], "Symptom:发热": ["b"]}


def test_one_name_in_two_types_is_two_entities(tables_of: Make) -> None:
    entities, triples = merge(Inputs((tables_of([("Disease", "便秘", "HAS_SYMPTOM", "便秘")]),)))

    assert entities.select("id", "type", "name").rows() == [
        ("Disease:便秘", "Disease", "便秘"), ("Symptom:便秘", "Symptom", "便秘"),
    ]  # fmt: skip
    assert triples.height == 1


def test_entities_and_triples_are_sorted_by_id(tables_of: Make) -> None:
    entities, triples = merge(
        Inputs((tables_of([("Disease", str(n), "HAS_SYMPTOM", f"s{n % 7}") for n in range(50)]),))
    )

    assert entities["id"].is_sorted()
    assert triples["id"].is_sorted()
    assert entities["id"].is_unique().all()
    assert triples["id"].is_unique().all()


def test_contradicting_triples_point_to_each_other(tables_of: Make) -> None:
    eat, avoid = ("Disease", "痛风", "SHOULD_EAT", "豆腐"), ("Disease", "痛风", "SHOULD_AVOID", "豆腐")
    more = ("Disease", "痛风", "SHOULD_AVOID", "啤酒")

    _, triples = merge(Inputs((tables_of([eat], source="a"), tables_of([avoid, more], source="b"))))

    ids = {(relation, tail): id_ for id_, relation, tail in triples.select("id", "relation", "tail").iter_rows()}
    assert {(r, t): c for r, t, c in triples.select("relation", "tail", "contradicts").iter_rows()} == {
        ("SHOULD_EAT", "Food:豆腐"): ids["SHOULD_AVOID", "Food:豆腐"],
        ("SHOULD_AVOID", "Food:豆腐"): ids["SHOULD_EAT", "Food:豆腐"],
        ("SHOULD_AVOID", "Food:啤酒"): None,
    }


def test_an_indication_contradicts_a_contraindication_of_the_same_ends_only(tables_of: Make) -> None:
    _, triples = merge(
        Inputs(
            (
                tables_of(
                    [
                        ("Drug", "甲", "INDICATED_FOR", "感冒"),
                        ("Drug", "甲", "CONTRAINDICATED_FOR", "感冒"),
                        ("Drug", "乙", "CONTRAINDICATED_FOR", "感冒"),
                    ]
                ),
            )
        )
    )

    assert dict(
        triples.select("head", pl.col("contradicts").is_not_null()).filter(pl.col("head") == "Drug:乙").iter_rows()
    ) == {"Drug:乙": False}
    assert triples["contradicts"].null_count() == 1


def test_attributes_and_aliases_of_all_sources_are_kept_with_their_origins(tables_of: Make) -> None:
    a = tables_of([("Disease", "感冒", "cause", "病毒"), ("Disease", "感冒", "alias", "伤风")], source="a")
    b = tables_of(
        [
            ("Disease", "感冒", "cause", "着凉"),
            ("Disease", "感冒", "cause", "病毒"),
            ("Disease", "感冒", "alias", "上感"),
            ("Disease", "感冒", "class", "疾病"),
        ],
        source="b",
    )

    entities, triples = merge(Inputs((b, a)))

    cold = entity(entities, "Disease:感冒")
    assert cold["aliases"] == ["上感", "伤风"]
    assert orjson.loads(str(cold["attributes"])) == {
        "alias": {"上感": ["b/tiny.txt:3#alias"], "伤风": ["a/tiny.txt:2#alias"]},
        "cause": {"病毒": ["a/tiny.txt:1#cause", "b/tiny.txt:2#cause"], "着凉": ["b/tiny.txt:1#cause"]},
        "class": {"疾病": ["b/tiny.txt:4#class"]},
    }
    assert triples.height == 0


def test_an_entity_without_aliases_and_attributes_has_empty_ones(tables_of: Make) -> None:
    entities, _ = merge(Inputs((tables_of(alone=[("Disease", "感冒")]),)))

    cold = entity(entities, "Disease:感冒")
    assert (cold["aliases"], cold["attributes"], cold["name_en"]) == ([], "{}", None)


def test_an_english_name_of_a_source_goes_before_that_of_a_table(tables_of: Make) -> None:
    sources = [
        tables_of(alone=[("Disease", "感冒", "cold of b"), ("Disease", "风疹")], source="b"),
        tables_of(alone=[("Disease", "感冒"), ("Disease", "麻疹", "measles of a")], source="a"),
    ]
    tables = [
        name_table("first", ("感冒", "cold of first", None), ("风疹", "rubella of first", None)),
        name_table("second", ("风疹", "rubella of second", None), ("麻疹", "measles of second", "Disease")),
    ]

    entities, _ = merge(Inputs(tuple(sources), tuple(tables)))

    assert {name: (en, by) for name, en, by in entities.select("name", "name_en", "name_en_from").iter_rows()} == {
        "感冒": ("cold of b", "b"),
        "麻疹": ("measles of a", "a"),
        "风疹": ("rubella of first", "first"),
    }


def test_of_two_sources_with_an_english_name_the_first_by_alphabet_gives_it(tables_of: Make) -> None:
    sources = [tables_of(alone=[("Disease", "感冒", f"cold of {name}")], source=name) for name in ("c", "a", "b")]

    entities, _ = merge(Inputs(tuple(sources)))

    assert entities.select("name_en", "name_en_from").rows() == [("cold of a", "a")]


def test_a_name_of_a_type_goes_before_a_name_of_any_type(tables_of: Make) -> None:
    table = name_table("t", ("便秘", "any", None), ("便秘", "constipation (symptom)", "Symptom"))

    entities, _ = merge(Inputs((tables_of([("Disease", "便秘", "HAS_SYMPTOM", "便秘")]),), (table,)))

    assert dict(entities.select("type", "name_en").iter_rows()) == {
        "Disease": "any",
        "Symptom": "constipation (symptom)",
    }


def test_a_table_makes_no_entities(tables_of: Make) -> None:
    entities, _ = merge(
        Inputs((tables_of(alone=[("Disease", "感冒")]),), (name_table("t", ("没有", "none such", None)),))
    )

    assert entities["name"].to_list() == ["感冒"]


words = st.sampled_from(["感冒", "a'b", '"', "`", "{{x}}", "😀", "\u202ex", "a|||b"])
said = st.lists(
    st.tuples(
        st.just("Disease"), words, st.sampled_from(["HAS_COMPLICATION", "SHOULD_EAT", "SHOULD_AVOID", "cause", "alias"]), words
    ),
    max_size=8,
)  # fmt: skip


@given(parts=st.lists(said, min_size=1, max_size=3), seed=st.integers(0, 99))
def test_neither_the_order_of_sources_nor_that_of_rows_changes_the_graph(
    tables_of: Make, parts: Sequence[Sequence[tuple[str, ...]]], seed: int
) -> None:
    sources = [tables_of(rows, source=f"s{number}") for number, rows in enumerate(parts)]
    shuffled = [
        SourceTables(s.name, s.metadata, s.named.sample(fraction=1, shuffle=True, seed=seed),
                     s.facts.sample(fraction=1, shuffle=True, seed=seed), s.rejects)
        for s in random.Random(seed).sample(sources, len(sources))
    ]  # fmt: skip

    (entities, triples), (entities_too, triples_too) = merge(Inputs(tuple(sources))), merge(Inputs(tuple(shuffled)))

    assert entities.equals(entities_too)
    assert triples.equals(triples_too)


@given(parts=st.lists(said, min_size=1, max_size=3))
def test_a_merged_graph_holds_every_fact_once_with_all_its_origins(
    tables_of: Make, parts: Sequence[Sequence[tuple[str, ...]]]
) -> None:
    sources = [tables_of(rows, source=f"s{number}") for number, rows in enumerate(parts)]

    entities, triples = merge(Inputs(tuple(sources)))

    facts = pl.concat([source.facts for source in sources])
    relations = facts.filter(pl.col("kind") == "relation")
    assert set(triples["id"]) == set(relations["id"])
    assert sum(map(len, triples["origins"])) == sum(map(len, relations["origins"]))
    assert set(entities["id"]) == {id_ for source in sources for id_ in source.named["id"]}
    stored = [orjson.loads(text) for text in entities["attributes"]]
    origins = sum(len(found) for values in stored for value in values.values() for found in value.values())
    assert origins == sum(map(len, facts.filter(pl.col("kind") != "relation")["origins"]))
