"""Steps said the other way round in other words, and right ones that are not taken for it."""

import pytest

from kgtools.corpora.verify import Item, Step, score

MALARIA = Item(
    "set",
    about=(("Anopheles mosquito", "按蚊", "疟蚊"),),
    answers=(("artemether", "蒿甲醚"), ("quinine", "奎宁")),
    steps=(
        Step(("Anopheles", "Anopheles mosquito", "按蚊"), "transmits", ("malaria", "疟疾")),
        Step(("malaria", "疟疾"), "treated by", ("artemether", "quinine", "蒿甲醚", "奎宁")),
    ),
)
ULCER = Item(
    "set",
    about=(("幽门螺杆菌", "Hp", "Helicobacter pylori"),),
    answers=(("出血", "bleeding"), ("穿孔", "perforation")),
    steps=(
        Step(("幽门螺杆菌", "Helicobacter pylori"), "引起", ("消化性溃疡", "peptic ulcer")),
        Step(("消化性溃疡", "peptic ulcer"), "并发症", ("出血", "穿孔")),
    ),
)


@pytest.mark.parametrize(
    ("item", "right", "reversed_"),
    [
        (MALARIA, "Anopheles transmits malaria.", "Malaria transmits the Anopheles mosquito."),
        (MALARIA, "Anopheles mosquitoes spread malaria.", "Malaria spreads Anopheles mosquitoes."),
        (MALARIA, "Malaria is spread by the Anopheles mosquito.", "The Anopheles mosquito is transmitted by malaria."),
        (MALARIA, "Anopheles carries malaria to people.", "Malaria carries Anopheles to people."),
        (MALARIA, "按蚊传播疟疾。", "疟疾传播按蚊。"),
        (MALARIA, "疟疾由疟蚊传播。", "疟蚊由疟疾传播。"),
        (MALARIA, "疟疾通过按蚊传播。", "疟蚊通过疟疾传播。"),
        (MALARIA, "疟疾的传播媒介是按蚊。", "按蚊的传播媒介是疟疾。"),
        (ULCER, "是幽门螺杆菌引起了消化性溃疡。", "是消化性溃疡引起了幽门螺杆菌感染。"),
        (ULCER, "消化性溃疡是幽门螺杆菌引起的。", "幽门螺杆菌是消化性溃疡引起的。"),
        (ULCER, "消化性溃疡是由Hp导致的。", "Hp是由消化性溃疡导致的。"),
        (ULCER, "幽门螺杆菌带来消化性溃疡。", "消化性溃疡招来幽门螺杆菌。"),
        (ULCER, "Helicobacter pylori is responsible for peptic ulcer.", "Peptic ulcer is behind Helicobacter pylori."),
        (ULCER, "Peptic ulcer arises from Hp.", "Hp stems from a peptic ulcer."),
        (ULCER, "Hp provokes peptic ulcer.", "Peptic ulcer brings on Hp."),
        (ULCER, "Peptic ulcer is brought on by Hp.", "Hp is brought on by peptic ulcer."),
    ],
)
def test_a_step_is_said_the_other_way_round_in_many_words(item: Item, right: str, reversed_: str) -> None:
    names = "，".join(names[-1] for names in item.answers) if not right.isascii() else " and ".join(
        names[0] if names[0].isascii() else names[-1] for names in item.answers
    )  # fmt: skip

    assert score(f"{right} {names}", item).contradiction == 0
    assert score(f"{right} {names}", item).verdict == "right"
    assert score(f"{reversed_} {names}", item).contradiction == 1


@pytest.mark.parametrize(
    "text",
    [
        "Anopheles mosquitoes transmit malaria. Malaria is treated with artemether or quinine.",
        "Malaria, which Anopheles transmits, is treated with quinine and artemether.",
        "按蚊传播疟疾。疟疾用蒿甲醚、奎宁治疗。",
        "按蚊→疟疾→蒿甲醚、奎宁",
        "蒿甲醚和奎宁可治疗疟疾，疟疾由按蚊传播。",
        "Artemether and quinine treat malaria.",
    ],
)
def test_steps_that_follow_each_other_are_no_reversed_ones(text: str) -> None:
    found = score(text, MALARIA)

    assert (found.verdict, found.contradiction) == ("right", 0)
