"""Choices and verdicts in other ways than those the rules were written by."""

import pytest

from kgtools.corpora.verify import score
from tests.corpora.verify.items import ASPIRIN, BLEEDING, DRUG, FOUR, HORNER, NERVE, SIGNS, WHICH


@pytest.mark.parametrize(
    "text",
    [
        "Placenta previa.", "I'd go with placenta previa; abruption is painful.", "It is placenta previa",
        "Most likely placenta previa, not esophageal varices.", "placenta previa, since it is painless", "Diagnosis: placenta praevia",
        "Rather than subarachnoid hemorrhage, placenta previa.", "This is a classic placenta previa.", "Placenta previa is the answer.",
        "The answer is placenta previa (low-lying placenta).", "placenta pravia",
    ],
)  # fmt: skip
def test_an_option_is_known_in_another_spelling(text: str) -> None:
    assert score(text, BLEEDING, None, "Painless bleeding: what is it?").verdict == "right"


@pytest.mark.parametrize(
    "text",
    [
        "esophageal varices", "Subarachnoid hemorrhage, no doubt.",
    ],
)  # fmt: skip
def test_a_wrong_option_is_known_in_another_spelling(text: str) -> None:
    assert score(text, BLEEDING, None, "Painless bleeding: what is it?").verdict == "wrong"


@pytest.mark.parametrize(
    "text",
    [FOUR, FOUR.replace("\n", " "), "题目：" + FOUR.replace("\n", "；"), FOUR.replace("\n", "\n\n"), FOUR + "\n"],
)
def test_the_question_with_its_options_is_no_answer(text: str) -> None:
    assert score(text, DRUG, None, FOUR).verdict == "no_answer"
    assert score(text + "\n答案：C", DRUG, None, FOUR).verdict == "right"


@pytest.mark.parametrize(
    "text",
    [
        "畸形、反常活动（假关节活动）、骨擦音。疼痛、肿胀属于一般表现，软组织损伤也会有，不能选。",
        "骨折特有的是畸形、反常活动和骨擦音。疼痛和肿胀没有特异性，不应选。", "畸形、反常活动、骨擦音三项。肿胀和疼痛只是一般症状，所以不选。",
        "应选畸形、反常活动、骨擦音；疼痛、肿胀很多病都有，均应排除。", "畸形，反常活动，骨擦音。疼痛、肿胀不是特有体征。",
        "特有体征是畸形、反常活动、骨擦音，排除疼痛和肿胀。", "畸形、反常活动和骨擦音；至于疼痛、肿胀，扭伤也会出现，都不能选。",
    ],
)  # fmt: skip
def test_options_that_are_ruled_out_behind_are_not_chosen(text: str) -> None:
    assert score(text, SIGNS, None, "骨折的特有体征包括：").verdict == "right"


@pytest.mark.parametrize(
    "text",
    [
        "Miosis, partial ptosis and anhidrosis. Mydriasis belongs to a third nerve palsy and proptosis to Graves' disease, so neither applies.",
        "Miosis, ptosis, anhidrosis. Mydriasis and proptosis are not part of it.",
        "Ptosis, miosis and anhidrosis; proptosis points to Graves' disease instead, and mydriasis to a third nerve palsy.",
        "Miosis, ptosis and anhidrosis. Neither mydriasis nor proptosis fits.",
        "Miosis, ptosis, anhidrosis (mydriasis and proptosis are excluded).",
        "Miosis, ptosis and anhidrosis are right; mydriasis and proptosis are wrong.",
        "- [x] B. Miosis\n- [x] C. Ptosis\n- [x] D. Anhidrosis\n- [ ] A. Mydriasis\n- [ ] E. Proptosis", "☐ A\n☑ B\n☑ C\n☑ D\n☐ E",
        "[ ] A [x] B [x] C [x] D [ ] E", "A [ ]\nB [x]\nC [x]\nD [x]\nE [ ]", "⬜ Mydriasis\n✅ Miosis\n✅ Ptosis\n✅ Anhidrosis\n⬜ Proptosis",
    ],
)  # fmt: skip
def test_of_several_options_those_that_are_given_away_or_not_ticked_are_not_chosen(text: str) -> None:
    assert score(text, HORNER, None, "Select ALL features of Horner syndrome.").verdict == "right"


@pytest.mark.parametrize(
    "text",
    [
        "The correct answer is A. The correct answer is B. The correct answer is C.", "答案是A。答案是B。答案是C。",
        "我选A。我选B。我选D。我选C。", "Answer: A\nAnswer: B\nAnswer: D\nAnswer: C", "A is correct. B is correct. C is correct. D is correct.",
        "A正确。B正确。C正确。D正确。", "我选C。具体说就是地西泮。", "选C，也就是地西泮。", "C，即地西泮", "答案是C。换句话说，就是布洛芬。",
        "答案C，意思是氟桂利嗪。", "如果标准答案是C我就选C，是B就选B。", "若答案为C，则选C；若为A，则选A。", "要是老师说C，那就选C，说A就选A。",
        "标准答案是C的话就选C，是D就选D", "If the key says C then my answer is C, if it says B then B.",
        "If the correct answer is C, I choose C; if it is A, I choose A.", "C if the key says C, otherwise whatever it says.",
        "Should the answer key say C, then C.", "When the examiner wants C, then C; when B, then B.",
    ],
)  # fmt: skip
def test_all_in_turn_and_another_text_and_a_condition_choose_nothing(text: str) -> None:
    assert score(text, DRUG, None, FOUR).total == 0


@pytest.mark.parametrize(
    "text",
    [
        "The answer is (C), that is to say the ulnar nerve.", "C, in other words the median nerve.", "C. That means the axillary nerve.",
        "It's C, namely the ulnar nerve.", "My answer is C, which is the ulnar nerve.", "C (i.e. the median nerve)",
        "C, meaning the ulnar nerve.",
    ],
)  # fmt: skip
def test_a_letter_that_is_said_to_be_another_option_chooses_nothing(text: str) -> None:
    assert score(text, NERVE, None, WHICH).total == 0


@pytest.mark.parametrize(
    "text",
    [
        "我选C，也就是卡马西平。", "答案是A。不对，应该是C。", "我选A。等等，改为C。", "If the pain were dull I would say A. The answer is C.",
        "C，因为地西泮只是镇静药。", "先想到A，又想到B，最后选C。", "如果没有过敏，选C。",
    ],
)  # fmt: skip
def test_an_honest_choice_stays(text: str) -> None:
    assert score(text, DRUG, None, FOUR).verdict == "right"


@pytest.mark.parametrize(
    "text",
    [
        "应该答“否”，是另外一种病毒。", "我会回答否，理由如下：有风险。", "我的判断是错误。", "我选“错”，因为会引起瑞氏综合征。",
        "这题填“错误”。", "答：否。", "答案应当是否。", "我认为该选“否”，原因是副作用。", "I'd say no, because of Reye syndrome.",
        "I would answer false here, as it is risky.", "My verdict: false.", "It has to be false, since Reye syndrome may follow.",
        "I'd go with false.", "Mark it as false.", "I would call it false.", "I vote no, given the risk.",
    ],
)  # fmt: skip
def test_what_one_calls_ones_answer_is_it(text: str) -> None:
    assert score(text, ASPIRIN, None, "水痘发热可用阿司匹林。对还是错？").verdict == "right"


@pytest.mark.parametrize(
    "text",
    [
        "可以说对，也可以说错：对，因为能退热；错，因为有副作用。所以既正确又错误。", "这个说法又对又错。",
        "对也对，错也错，两可。可以算对，也可以算错。", "一半对，一半错。", "有对有错。", "亦真亦假。", "既是对的，也是错的。",
        "The statement is both true and false.", "It is true and false at the same time.", "It is partly true and partly false.",
        "Half true, half false.", "You could say true, and you could just as well say false.",
    ],
)  # fmt: skip
def test_two_verdicts_on_one_thing_are_wrong(text: str) -> None:
    assert score(text, ASPIRIN, None, "水痘发热可用阿司匹林。对还是错？").total == 0
