"""CMB: choice questions whose keys may be another file, and clinical cases of several questions."""

from pathlib import Path

import pytest

from tests.corpora.readers.exams import FOUR, PUBLISHED, array, cmb, cmb_key, take

TEST = "CMB-test-choice-question-merge.json"
KEYS = "CMB-test-choice-answer.json"
SECRET = array(*({key: value for key, value in cmb(id_).items() if key != "answer"} for id_ in "12"))


def test_the_keys_of_the_test_set_are_joined_by_id_and_compared_as_sets(tmp_path: Path) -> None:
    found = take(tmp_path, "cmb", PUBLISHED["cmb"])
    test = [record for record in found.records if record["split"] == "test"]

    assert {record["meta"]["id"]: record["answer"] for record in test} == {"1": "AC", "2": "B", "3": None}
    assert found.outcome.changed["questions without a key"] == 1
    assert [record["split"] for record in found.records if record["answer"] == "D"] == ["validation"]


def test_keys_that_come_before_their_questions_are_joined_too(tmp_path: Path) -> None:
    found = take(tmp_path, "cmb", {"a-test-answer.json": array(cmb_key("1", "A")), "b-test.json": SECRET})

    assert found.column("answer") == ["A", None]


def test_without_the_file_of_keys_the_test_set_has_no_answers(tmp_path: Path) -> None:
    found = take(tmp_path, "cmb", {TEST: SECRET})

    assert found.column("answer") == [None, None]
    assert found.said("assistant") == []


@pytest.mark.parametrize(
    ("keys", "reasons"),
    [
        ([cmb_key("1", "A", exam_class="药师")], {"key-of-another-question": 1}),
        ([cmb_key("1", "A"), cmb_key("1", "B")], {"key-given-twice": 1}),
        ([cmb_key("1", "A"), {"answer": "B"}], {"missing-field": 1}),
        ([cmb_key("1", "")], {"no-key": 1}),
        ([cmb_key("7", "A")], {"key-without-question": 1}),
    ],
)
def test_a_key_that_is_of_no_question_is_refused(tmp_path: Path, keys: list[object], reasons: dict[str, int]) -> None:
    assert take(tmp_path, "cmb", {TEST: SECRET, KEYS: array(*keys)}).reasons() == reasons


def test_several_may_be_right_where_the_type_says_so_even_with_a_key_of_one_letter(tmp_path: Path) -> None:
    rows = [cmb("1", question_type="多项选择题"), cmb("2"), cmb("3", answer="DB", question_type="多项选择题")]

    found = take(tmp_path, "cmb", {"CMB-train-merge.json": array(*rows)})

    assert found.meta("choice") == ["multiple", "single", "multiple"]
    assert found.column("answer") == ["D", "D", "BD"]


def test_the_published_prompt_is_answered_by_letters_alone(tmp_path: Path) -> None:
    found = take(tmp_path, "cmb", {"CMB-train-merge.json": array(cmb("1", question="{甲}？"))}, prompt="cmb")

    assert found.said("user") == [
        "以下是中国医师考试中执业医师考试的一道单项选择题，不需要做任何分析和解释，直接输出答案选项。\n"
        "{甲}？\nA. 甲\nB. 乙\nC. 丙\nD. 丁"
    ]
    assert found.said("assistant") == ["D"]


def test_empty_options_are_left_out_and_counted(tmp_path: Path) -> None:
    found = take(tmp_path, "cmb", {"CMB-train-merge.json": array(cmb("1"))})

    assert found.meta("options") == [FOUR]
    assert found.outcome.changed == {"empty options left out": 1}


def test_each_question_of_a_case_comes_with_those_before_it(tmp_path: Path) -> None:
    found = take(tmp_path, "cmb-clin", PUBLISHED["cmb-clin"])
    first, second = (record["messages"] for record in found.records if record["answer"])

    assert [turn["content"] for turn in first] == ["现病史：腹痛3小时。\n\n诊断？", "诊断：甲。"]
    assert [turn["content"] for turn in second] == [*(turn["content"] for turn in first), "治疗？", "手术。"]
    assert len({record["group"] for record in found.records if record["answer"]}) == 1


def test_a_question_stands_alone_behind_its_case_where_that_is_chosen(tmp_path: Path) -> None:
    found = take(tmp_path, "cmb-clin", PUBLISHED["cmb-clin"], history="no")

    assert found.said("user")[:2] == ["现病史：腹痛3小时。\n\n诊断？", "现病史：腹痛3小时。\n\n治疗？"]


def test_the_title_of_a_case_is_not_told(tmp_path: Path) -> None:
    found = take(tmp_path, "cmb-clin", PUBLISHED["cmb-clin"])

    assert not any("秘密诊断" in text for text in found.said("user") + found.said("assistant"))
    assert "案例分析-秘密诊断" in found.meta("title")


def test_a_case_that_is_only_opened_has_no_answer(tmp_path: Path) -> None:
    found = take(tmp_path, "cmb-clin", {"CMB-cases.json": PUBLISHED["cmb-clin"]["CMB-cases.json"]})

    assert found.said("user") == ["我发热了。"]
    assert found.meta("case") == ["现病史：发热。"]
    assert found.outcome.changed == {"cases without an answer": 1}
