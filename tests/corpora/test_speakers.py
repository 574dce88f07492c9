"""Talks that are one text: each word goes to the one who said it, or the talk is refused."""

import pytest

from kgtools.corpora.dialogue.speakers import NotTurns, part_turns, spoken_lines, turns_in
from kgtools.corpora.reader import Turn

SAYS = {"u": "user", "a": "assistant"}


def turns(*said: str) -> list[Turn]:
    return [Turn(SAYS[one[0]], one[1:]) for one in said]


def stripped(found: list[Turn] | None) -> list[Turn]:
    return [Turn(role, text.strip()) for role, text in found or []]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("患者：头痛\n家属：他昨天摔了\n医生：多久了？", "unknown-role"),
        ("患者：头痛\n医生：多久了？\n护士：量体温", "unknown-role"),
        ("病人：他发烧\n母亲： 39度\n医生：多久了？", "unknown-role"),
        ("Patient: I have pain.\nGuest_family: She fell.\nDoctor: When?", "unknown-role"),
        ("Patient: I have pain.\nDoctor: When?\nDoctor_2: Any fever?", "unknown-role"),
        ("病人：我感冒了 医生：有发烧吗？ 护士：量体温", "unknown-role"),
        ("医生：您好\n专家：我来看看\n患者：头痛", "unknown-role"),
        ("病人：头痛。 病人：三天。 医生：发烧吗？", "turns-in-a-text"),
        ("病人：我感冒了医生：有发烧吗？病人：38度了医生：吃药病人：好", "turns-in-a-text"),
    ],
)
def test_a_talk_of_three_or_with_a_tag_that_may_be_none_is_refused(text: str, reason: str) -> None:
    with pytest.raises(NotTurns) as why:
        part_turns(text)

    assert why.value.reason == reason


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("家属：她头痛\n医生：多久了？\n建议：多休息", ["u她头痛", "a多久了？\n建议：多休息"]),
        ("病人：我感冒了 医生：有发烧吗？ 病人：38度", ["u我感冒了", "a有发烧吗？", "u38度"]),
        ("病人：我感冒了。医生：有发烧吗？病人：38度", ["u我感冒了。", "a有发烧吗？", "u38度"]),
        ("病人：我感冒了　医生：有发烧吗？　病人：38度", ["u我感冒了", "a有发烧吗？", "u38度"]),
        ("病人：我的医生：王某说要手术\n医生：可以", ["u我的医生：王某说要手术", "a可以"]),
        ("病人：医生您好！患者：女，6岁\n医生：你好", ["u医生您好！患者：女，6岁", "a你好"]),
        ("Patient: what helps this patient: rest?\nDoctor: yes", ["uwhat helps this patient: rest?", "ayes"]),
    ],
)
def test_a_talk_of_two_is_parted_where_the_other_begins(text: str, said: list[str]) -> None:
    assert stripped(part_turns(text)[1]) == turns(*said)


def test_a_line_of_a_list_may_hold_two_turns_and_never_a_third_speaker() -> None:
    assert stripped(spoken_lines(["病人：头痛", "医生：多久？ 病人：三天"])) == turns("u头痛", "a多久？", "u三天")
    with pytest.raises(NotTurns, match="护士 speaks"):
        spoken_lines(["病人：头痛 护士：量体温", "医生：多久？"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Human:失眠怎么办？\nAssistant:睡前不看手机。\nHuman:还是睡不着呢？\nAssistant:",
            ["u失眠怎么办？", "a睡前不看手机。", "u还是睡不着呢？"],
        ),
        ("\n\nHuman: hello\n\nAssistant:", ["uhello"]),
        ("患者：头痛。\n医生：多久？\n患者：三天。\n医生：", ["u头痛。", "a多久？", "u三天。"]),
    ],
)
def test_a_talk_up_to_a_bare_tag_is_its_turns(text: str, said: list[str]) -> None:
    assert stripped(turns_in(text)) == turns(*said)


@pytest.mark.parametrize(
    "text",
    [
        "User: my head hurts\nAssistant: since when?\nUser: three days",
        "患者：我头痛。\n医生：多久了？\n患者：三天。",
        "A talk.\nHuman: hi\nAssistant: hello\nHuman: bye\nAssistant:",
    ],
)
def test_a_talk_that_cannot_be_parted_for_sure_is_refused(text: str) -> None:
    with pytest.raises(NotTurns) as why:
        turns_in(text)

    assert why.value.reason == "turns-in-a-text"


@pytest.mark.parametrize(
    "text",
    [
        "请总结：\n患者：头痛\n医生：多久了？\n患者：三天",
        "患者：头痛\n医生：多久了？\n患者：三天\n请总结以上对话。",
        "患者：头痛\n医生：多久了？\n医生：休息。",
        "患者：胃难受（男，21岁）\n作为医生应该如何回复？\n答：",
        "下面是一句回复：\n患者：头痛\n医生：多久了？\n答：",
        "患者：头痛三天怎么办？",
        "用药方法：",
    ],
)
def test_a_text_that_is_about_a_talk_stays_as_it_is(text: str) -> None:
    assert turns_in(text) is None
