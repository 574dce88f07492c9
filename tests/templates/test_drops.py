"""What is left out by default or by `--drop`, each with its reason in coverage; what is said twice, by half, or not at all."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kgtools.kg.stores import Store
from kgtools.templates.generate.make import generate
from kgtools.templates.generate.tables import RecordTables
from kgtools.templates.pack import Pack, load_pack
from kgtools.tools.errors import UsageError

Graph = Callable[..., Store]
GOUT, COLD = "Disease:痛风", "Disease:感冒"


@pytest.fixture
def pack(pack_folder: Callable[..., Path]) -> Callable[..., Pack]:
    return lambda **info: load_pack(pack_folder(**info))


def run(store: Store, *packs: Pack, drop: str | None = None) -> RecordTables:
    return generate(store, list(packs), ("zh", "en"), None, 0, 12, drop=drop)


def fates(result: RecordTables, lang: str = "zh") -> list[str]:
    return sorted(reason or "exported" for reason in result.coverage.filter(lang=lang)["reason"])


def ask(attribute: str) -> dict[str, Any]:
    return {"relations": None, "tail": None, "attribute": attribute}


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("susceptible_population", "无特殊人群"),
        ("susceptible_population", "所有人群均可发病"),
        ("susceptible_population", "无特定的发病人群"),
        ("cost", "不同医院收费标准不一致"),
        ("cure_rate", "根据病情不同"),
        ("treatment_duration", "视病情而定"),
        ("principle", "同比色法"),
    ],
)
def test_a_value_that_tells_nothing_is_left_out_unless_one_asks(
    graph: Graph, pack: Callable[..., Pack], attribute: str, value: str
) -> None:
    head = "Examination:血糖" if attribute == "principle" else GOUT
    store, mine = graph([(head, attribute, value)]), pack(head=head.split(":")[0], **ask(attribute))

    assert fates(run(store, mine)) == ["uninformative"]
    assert fates(run(store, mine, drop="none")) == ["exported"]


@pytest.mark.parametrize(
    ("disease", "people", "told"),
    [
        ("小儿肺炎", "儿童", "uninformative"),
        ("小儿肺炎", "多见于婴幼儿", "exported"),
        ("老年人肺炎", "老年人", "uninformative"),
        ("妊娠合并糖尿病", "妊娠期女性", "uninformative"),
        ("肺炎", "儿童", "exported"),
    ],
)
def test_people_whom_the_name_of_a_disease_says_already_tell_nothing(
    graph: Graph, pack: Callable[..., Pack], disease: str, people: str, told: str
) -> None:
    store = graph([(f"Disease:{disease}", "susceptible_population", people)])

    assert fates(run(store, pack(**ask("susceptible_population")))) == [told]


def test_a_treatment_by_drugs_alone_tells_nothing_beside_others_it_stays(
    graph: Graph, pack: Callable[..., Pack]
) -> None:
    said = [(GOUT, "HAS_TREATMENT", "Treatment:药物治疗"), (COLD, "HAS_TREATMENT", "Treatment:药物治疗")]
    store = graph([*said, (COLD, "HAS_TREATMENT", "Treatment:针灸")])

    result = run(store, pack(tail="Treatment", relations=["HAS_TREATMENT"]))

    assert fates(result) == ["exported", "exported", "uninformative"]


def test_a_product_whose_name_holds_its_drug_tells_nothing(graph: Graph, pack: Callable[..., Pack]) -> None:
    store = graph(
        [("Product:同仁阿司匹林片", "PRODUCT_OF", "Drug:阿司匹林片"), ("Product:拜耳", "PRODUCT_OF", "Drug:阿司匹林片")]
    )

    result = run(store, pack(head="Product", tail="Drug", relations=["PRODUCT_OF"]))

    assert fates(result) == ["exported", "uninformative"]


def test_what_a_shop_lists_is_not_taught_as_medicine_unless_one_asks(graph: Graph, pack: Callable[..., Pack]) -> None:
    store = graph([(GOUT, "LISTED_DRUG", "Drug:阿司匹林")])
    mine = pack(tail="Drug", relations=["LISTED_DRUG"])

    assert fates(run(store, mine)) == ["shop-list"]
    assert fates(run(store, mine, drop="uninformative")) == ["exported"]


def test_a_pack_with_the_words_of_a_paper_drops_nothing_by_itself(graph: Graph, pack: Callable[..., Pack]) -> None:
    store = graph([(GOUT, "LISTED_DRUG", "Drug:阿司匹林")])

    assert fates(run(store, pack(tail="Drug", relations=["LISTED_DRUG"], verbatim=True))) == ["exported"]


def test_a_word_that_drop_does_not_know_is_refused(graph: Graph, pack: Callable[..., Pack]) -> None:
    with pytest.raises(UsageError, match="--drop shoplist: did you mean shop-list"):
        run(graph([]), pack(), drop="shoplist")


def test_a_name_beside_its_alias_or_its_long_form_is_said_once(graph: Graph, pack: Callable[..., Pack]) -> None:
    examinations = [(GOUT, "NEEDS_EXAMINATION", f"Examination:{name}") for name in ("脑电图", "脑电图检查", "EEG")]
    store = graph([*examinations, ("Examination:脑电图", "alias", "EEG")])

    result = run(store, pack(tail="Examination", relations=["NEEDS_EXAMINATION"]))

    assert "、" not in result.records["answer"].to_list()[0]
    assert fates(result).count("repeated") == 2


ENGLISH = {GOUT: "gout", "Symptom:红": "redness", "Symptom:肿": "swelling"}
SAYS_MORE = "{% block user_1 %}What are the signs of {{ head }}?{% endblock %}{% block assistant_1 %}These: {{ tails | listed }}.{% endblock %}"


@pytest.mark.parametrize(
    ("known", "answer"), [("红肿", "swelling and redness"), ("红肿痛", "swelling and redness, among others")]
)
def test_a_list_in_english_that_lost_names_says_among_others(
    graph: Graph, pack: Callable[..., Pack], known: str, answer: str
) -> None:
    store = graph([(GOUT, "HAS_SYMPTOM", f"Symptom:{name}") for name in known], ENGLISH)

    english = run(store, pack(en=SAYS_MORE)).records.filter(lang="en")

    assert english["messages"].to_list()[0][1]["content"] == f"These: {answer}."


def test_a_list_in_english_that_lost_more_than_half_can_be_left_out(graph: Graph, pack: Callable[..., Pack]) -> None:
    store = graph([(GOUT, "HAS_SYMPTOM", f"Symptom:{name}") for name in "红痛热"], ENGLISH)

    result = run(store, pack(), drop="partial-list")

    assert fates(result, "en") == ["no-english-name", "no-english-name", "partial-list"]
    assert fates(result, "zh") == ["exported"] * 3


def test_one_question_of_two_types_has_one_answer(graph: Graph, pack: Callable[..., Pack]) -> None:
    zh = "{% block user_1 %}{{ head }}挂什么科？{% endblock %}{% block assistant_1 %}{{ tails | listed }}。{% endblock %}"
    said = [
        ("Disease:虚构热", "BELONGS_TO_DEPARTMENT", "Department:内科"),
        ("Symptom:虚构热", "BELONGS_TO_DEPARTMENT", "Department:骨科"),
    ]
    disease = pack(
        zh=zh, en=None, missing={"en": "none"}, name="one", tail="Department", relations=["BELONGS_TO_DEPARTMENT"]
    )
    symptom = pack(
        zh=zh,
        en=None,
        missing={"en": "none"},
        name="two",
        head="Symptom",
        tail="Department",
        relations=["BELONGS_TO_DEPARTMENT"],
    )

    result = run(graph(said), disease, symptom)

    assert result.records["answer"].to_list() == ["内科"]
    assert fates(result) == ["exported", "same-question"]
