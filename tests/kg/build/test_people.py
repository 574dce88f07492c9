import polars as pl

from kgtools.kg.build.people import find_people

SIGNS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉"
SYMPTOMS = [f"{part}部{sign}痛" for part in SIGNS for sign in SIGNS] + [
    f"{part}区{sign}{kind}" for part in SIGNS for sign in SIGNS for kind in ("肿", "痒")
]


def people_among(*names: str, type_: str = "Symptom", texts: tuple[str, ...] = ()) -> list[str]:
    every = [*SYMPTOMS, *names]
    entities = pl.DataFrame({"id": every, "type": [type_] * len(every), "name": every})
    return sorted(find_people(entities, pl.Series("tail", texts, pl.String)))


def test_a_surname_and_characters_that_nothing_else_knows_is_a_person() -> None:
    assert people_among("岳晗", "官爵银") == ["官爵银", "岳晗"]


def test_what_a_text_or_another_name_mentions_is_no_person() -> None:
    assert people_among("黄疸", "麻疹", "新生儿黄疸", texts=("可伴有麻疹样皮疹。",)) == []


def test_characters_that_are_usual_among_symptoms_make_no_person() -> None:
    assert people_among("洪痛") == []


def test_a_surname_that_is_nothing_else_there_tells_of_every_short_name() -> None:
    assert people_among("岳晗", "岳军", "岳国斌", texts=("国斌",)) == ["岳军", "岳国斌", "岳晗"]


def test_made_up_names_of_drugs_are_no_people() -> None:
    assert people_among("岳晗", type_="Drug") == []


def test_few_names_tell_nothing() -> None:
    entities = pl.DataFrame({"id": ["a"], "type": ["Symptom"], "name": ["岳晗"]})

    assert find_people(entities, pl.Series("tail", [], pl.String)).is_empty()
