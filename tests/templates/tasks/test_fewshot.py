"""Few-shot prompts: cases are of the same kind as the question, tell nothing of it, and an answer in their manner is right."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.corpora.verify.grading import score
from kgtools.corpora.verify.item import item_of
from kgtools.corpora.verify.language.names import NameIndex
from kgtools.kg.stores import Store
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.templates.generate.make import generate
from kgtools.templates.generate.tables import RecordTables
from kgtools.templates.pack import Pack, find_pack, load_pack
from kgtools.templates.tasks.ask import ItemOptions
from kgtools.templates.tasks.draw import Sample
from kgtools.templates.tasks.fewshot import FORMS
from kgtools.templates.tasks.plan import Plan
from kgtools.tools.errors import UsageError

Rows = list[dict[str, Any]]
FORM = {"list": "set", "cloze": "set", "reverse": "set", "mcq": "choice", "truefalse": "boolean"}


@pytest.fixture(scope="module")
def store(named_graph: Path) -> FolderStore:
    return FolderStore(named_graph)


@pytest.fixture(scope="module")
def made(store: FolderStore) -> RecordTables:
    packs = [find_pack("clinicalgpt"), find_pack("extended")]
    return generate(store, packs, ("zh", "en"), None, 0, 12, task="fewshot")


@pytest.fixture(scope="module")
def rows(made: RecordTables) -> Rows:
    return read(made.records)


def read(records: pl.DataFrame) -> Rows:
    return [
        row | {"item": item_of(row["meta"], ""), "meta": orjson.loads(row["meta"])}
        for row in records.iter_rows(named=True)
    ]


def prompt_of(row: dict[str, Any]) -> str:
    return str(row["messages"][0]["content"])


@pytest.fixture
def symptoms(pack_folder: Callable[..., Path]) -> Pack:
    return load_pack(pack_folder())


def ask(store: Store, pack: Pack, shots: int = 3) -> Rows:
    return read(generate(store, [pack], ("zh",), None, 0, 12, task="fewshot", items=ItemOptions(shots=shots)).records)


def test_prompts_are_of_every_form_in_both_languages_and_graded_as_their_form_is(rows: Rows) -> None:
    assert {(row["lang"], row["meta"]["form"]) for row in rows} == {
        (lang, form) for lang in ("zh", "en") for form in FORMS
    }
    assert all(row["item"].form == FORM[row["meta"]["form"]] for row in rows)


def test_as_many_cases_stand_before_a_question_as_are_asked_for(rows: Rows) -> None:
    for row in rows:
        sign = "Case{}:" if row["lang"] == "en" else "示例{}："
        assert [prompt_of(row).count(sign.format(number)) for number in (1, 2, 3, 4)] == [1, 1, 1, 0]
        assert len(set(row["meta"]["cases"])) == 3


def test_no_case_is_about_the_head_or_holds_a_name_of_it_or_of_an_answer(rows: Rows, store: FolderStore) -> None:
    names = {
        id_: {each.casefold() for each in (name, en, *aliases) if each}
        for id_, name, en, aliases in store.entities().select("id", "name", "name_en", "aliases").iter_rows()
    }
    for row in rows:
        head = row["meta"]["head"]
        cases = _cases_in(row).casefold()
        answers = {name.casefold() for names in row["item"].answers for name in names}
        assert head not in row["meta"]["cases"]
        assert not [name for name in names[head] | answers if name in cases], prompt_of(row)


def _cases_in(row: dict[str, Any]) -> str:
    """The cases, without the definition and the question."""
    prompt, first = prompt_of(row), "Case1:" if row["lang"] == "en" else "示例1："
    begin = prompt.index(first)
    number = int(row["meta"]["wording"][-1])
    ends = {
        "en": ("\nInput: ", "\nGiven a", "\nNow answer"), "zh": ("\n输入：", "\n给出一", "\n请按同样的方式"),
    }[row["lang"]]  # fmt: skip
    return prompt[begin : prompt.rindex(ends[number - 1])]


def test_facts_and_licence_are_those_of_the_question_and_of_its_cases(rows: Rows, store: FolderStore) -> None:
    heads = dict(store.triples().select("id", "head").iter_rows())
    tails = dict(store.triples().select("id", "tail").iter_rows())
    of_triples = [row for row in rows if all(fact in heads for fact in row["facts"])]

    assert len(of_triples) > 100
    for row in of_triples:
        wanted = {row["meta"]["head"], *row["meta"]["cases"]}
        assert all(wanted & {heads[fact], tails[fact]} for fact in row["facts"])
        assert wanted <= {end for fact in row["facts"] for end in (heads[fact], tails[fact])}


def test_the_answer_of_a_record_is_right_and_that_of_a_case_is_not(rows: Rows, made: RecordTables) -> None:
    assert made.names is not None
    names = NameIndex(made.names["name"])
    by_prompt = {(row["template"], row["meta"]["head"]): row for row in rows}
    others = 0
    for row in rows:
        said = score(row["messages"][1]["content"], row["item"], names, prompt_of(row))
        assert said.verdict == "right", (prompt_of(row), row["messages"][1], said)
    for row in (row for row in rows if row["item"].form == "set"):
        case = next((each for key, each in by_prompt.items() if key[1] == row["meta"]["cases"][0]), None)
        if case is not None and case["item"].form == "set" and case["template"] == row["template"]:
            assert score(case["messages"][1]["content"], row["item"], names, prompt_of(row)).verdict != "right"
            others += 1
    assert others > 10


def test_cases_are_questions_of_the_same_template_language_and_form(rows: Rows) -> None:
    for row in rows:
        told = _cases_in(row)
        if row["meta"]["form"] == "mcq":
            assert told.count("\nA. ") == 3
        elif row["meta"]["form"] in ("cloze", "reverse"):
            assert told.count("____") == 3
        elif row["meta"]["form"] == "truefalse":
            words = ("True", "False") if row["lang"] == "en" else ("正确", "错误")
            assert sum(told.count(word) for word in words) >= 3


def test_a_namesake_is_no_case(graph: Callable[..., Store], symptoms: Pack) -> None:
    said = [(f"Disease:病{n}", "HAS_SYMPTOM", f"Symptom:征{n}") for n in "甲乙丙"]
    alias = [("Disease:病甲", "alias", "病乙")]

    assert {row["meta"]["cases"][0] for row in ask(graph(said), symptoms, 1) if row["meta"]["head"] == "Disease:病甲"}
    named = ask(graph([*said, *alias]), symptoms, 1)
    assert {case for row in named for case in row["meta"]["cases"] if row["meta"]["head"] == "Disease:病甲"} <= {
        "Disease:病丙"
    }


def test_a_case_with_the_same_answer_is_no_case(graph: Callable[..., Store], symptoms: Pack) -> None:
    said = [(f"Disease:病{n}", "HAS_SYMPTOM", "Symptom:发热") for n in "甲乙丙丁"]

    with_others = ask(
        graph([*said, *((f"Disease:疾{n}", "HAS_SYMPTOM", f"Symptom:征{n}") for n in "戊己")]), symptoms, 1
    )

    assert ask(graph(said), symptoms, 1) == []
    assert with_others
    assert all("发热" not in _cases_in(row) for row in with_others if row["meta"]["head"].startswith("Disease:病"))


def test_too_few_cases_make_no_prompt(graph: Callable[..., Store], symptoms: Pack) -> None:
    store = graph([(f"Disease:病{n}", "HAS_SYMPTOM", f"Symptom:征{n}") for n in "甲乙丙"])

    assert len({row["meta"]["head"] for row in ask(store, symptoms, 2)}) == len(ask(store, symptoms, 2)) <= 3
    assert ask(store, symptoms, 3) == []


@pytest.mark.parametrize("shots", [0, 9, -1])
def test_another_number_of_cases_than_one_to_eight_is_refused(
    graph: Callable[..., Store], symptoms: Pack, shots: int
) -> None:
    with pytest.raises(UsageError, match=f"--shots {shots}: 1 to 8"):
        ask(graph([("Disease:病甲", "HAS_SYMPTOM", "Symptom:征甲")]), symptoms, shots)


def test_a_seed_draws_other_cases(store: FolderStore) -> None:
    def cases(seed: int) -> Counter[str]:
        found = generate(store, [find_pack("clinicalgpt")], ("zh",), None, seed, 12, task="fewshot").records
        return Counter(str(orjson.loads(meta)["cases"]) for meta in found["meta"])

    assert cases(1) == cases(1) != cases(2)


def test_a_manifest_says_how_many_cases_there_were() -> None:
    plan = Plan.of("fewshot", Sample(), ItemOptions(shots=2))

    assert plan.settings()["shots"] == 2
