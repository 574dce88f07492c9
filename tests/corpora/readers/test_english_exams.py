"""MedMCQA, PubMedQA and the USMLE self assessments."""

from pathlib import Path
from typing import Any

import pytest

from kgtools.tools.errors import InputError
from tests.corpora.readers.exams import FOUR_EN, PUBLISHED, array, lines, medmcqa, pubmedqa, step, take, whole

ONES = lines(*(medmcqa(f"{cop}?", cop) for cop in (1, 2, 3, 4)))
ZEROS = lines(*(medmcqa(f"{cop}?", cop) for cop in (3, 1, 2, 0)))


def test_cop_counts_from_one(tmp_path: Path) -> None:
    found = take(tmp_path, "medmcqa", {"train.json": ONES})

    assert found.column("answer") == ["A", "B", "C", "D"]
    assert found.said("assistant")[0] == "The answer is A. alpha"


def test_cop_of_a_mirror_counts_from_zero_where_that_is_chosen(tmp_path: Path) -> None:
    assert take(tmp_path, "medmcqa", {"train.json": ZEROS}, cop="0").column("answer") == ["D", "B", "C", "A"]


@pytest.mark.parametrize(("text", "cop", "counted"), [(ZEROS, "1", 0), (ONES, "0", 1)])
def test_a_file_that_counts_from_another_number_stops_before_a_wrong_key(
    tmp_path: Path, text: str, cop: str, counted: int
) -> None:
    with pytest.raises(InputError, match=rf"train\.json: its cop counts from {counted}, .*--set cop={counted}"):
        take(tmp_path, "medmcqa", {"train.json": text}, cop=cop)


@pytest.mark.parametrize("cop", [0, 5, -2, "2", 1.5])
def test_one_cop_that_is_no_option_is_refused_and_the_rest_goes_on(tmp_path: Path, cop: Any) -> None:
    found = take(tmp_path, "medmcqa", {"train.json": ONES + lines(medmcqa("Bad?", cop))})

    assert (found.outcome.written, found.reasons()) == (4, {"bad-key": 1})


@pytest.mark.parametrize("cop", [..., -1, None])
def test_the_test_set_of_medmcqa_has_questions_without_answers(tmp_path: Path, cop: Any) -> None:
    found = take(tmp_path, "medmcqa", {"test.json": lines(medmcqa(cop=cop))})

    assert (found.column("answer"), found.column("split")) == ([None], ["test"])
    assert found.said("assistant") == []


def test_a_question_that_medmcqa_calls_multi_has_one_right_option(tmp_path: Path) -> None:
    found = take(tmp_path, "medmcqa", {"dev.json": lines(medmcqa())})

    assert (found.meta("choice"), found.meta("choice_type")) == (["single"], ["multi"])


def test_the_prompt_of_lm_eval_names_the_choices(tmp_path: Path) -> None:
    found = take(tmp_path, "medmcqa", {"dev.json": lines(medmcqa())}, prompt="lm-eval")

    assert found.said("user") == ["Question: Which one?\nChoices:\nA. alpha\nB. beta\nC. gamma\nD. delta\nAnswer:"]
    assert found.said("assistant") == ["B"]


def test_the_letters_of_pubmedqa_stand_for_yes_no_and_maybe(tmp_path: Path) -> None:
    papers = {str(number): pubmedqa(decision) for number, decision in enumerate(["yes", "no", "maybe"])}

    found = take(tmp_path, "pubmedqa", {"ori_pqal.json": whole(papers)})

    assert found.column("answer") == ["A", "B", "C"]
    assert found.meta("decision") == ["yes", "no", "maybe"]
    assert found.said("user")[0] == (
        "Abstract: It was tried.\nIt was seen.\nQuestion: Does it {help}?\nA. yes\nB. no\nC. maybe"
    )


def test_lm_eval_wants_the_word(tmp_path: Path) -> None:
    found = take(tmp_path, "pubmedqa", {"ori_pqal.json": whole({"1": pubmedqa("maybe")})}, prompt="lm-eval")

    assert found.said("user")[0].endswith("\nQuestion: Does it {help}?\nAnswer:")
    assert found.said("assistant") == ["maybe"]


def test_the_official_test_set_is_the_split_test_and_the_rest_is_train(tmp_path: Path) -> None:
    papers = {str(number): pubmedqa() for number in range(3)}
    files = {"a_test_ground_truth.json": whole({"0": "yes"}), "ori_pqal.json": whole(papers)}

    assert take(tmp_path, "pubmedqa", files).column("split") == ["test", "train", "train"]


def test_without_the_official_test_set_pubmedqa_has_no_split(tmp_path: Path) -> None:
    assert take(tmp_path, "pubmedqa", {"ori_pqal.json": whole({"1": pubmedqa()})}).column("split") == [None]


def test_a_decision_that_the_test_set_contradicts_is_refused(tmp_path: Path) -> None:
    files = {"test_ground_truth.json": whole({"1": "no"}), "ori_pqal.json": whole({"1": pubmedqa("yes")})}

    assert take(tmp_path, "pubmedqa", files).reasons() == {"keys-differ": 1}


@pytest.mark.parametrize(("answers", "tasks"), [("decision", ["mcq"]), ("long", ["qa"]), ("both", ["mcq", "qa"])])
def test_a_paper_is_a_decision_a_long_answer_or_both_in_one_group(
    tmp_path: Path, answers: str, tasks: list[str]
) -> None:
    found = take(tmp_path, "pubmedqa", {"ori_pqal.json": whole({"1": pubmedqa()})}, answers=answers)

    assert found.column("task") == tasks
    assert len(set(found.column("group"))) == 1
    assert answers == "decision" or found.records[-1]["answer"] == "It helps some."


def test_papers_without_a_decision_are_questions_without_an_answer(tmp_path: Path) -> None:
    assert take(tmp_path, "pubmedqa", {"ori_pqau.json": whole({"1": pubmedqa(...)})}).column("answer") == [None]


def test_rejects_of_pubmedqa_name_the_line_of_the_paper(tmp_path: Path) -> None:
    found = take(tmp_path, "pubmedqa", {"ori_pqal.json": whole({"1": pubmedqa(), "2": pubmedqa("perhaps")})})

    assert found.rejects == [("exam/ori_pqal.json", 17, "bad-key")]


def test_the_solutions_of_a_step_are_joined_by_number(tmp_path: Path) -> None:
    found = take(tmp_path, "usmle", PUBLISHED["usmle"])

    assert [(r["meta"]["id"], r["answer"]) for r in found.records] == [("step1-1", "D"), ("step2-1", "B")]


def test_questions_without_a_number_are_counted_from_one(tmp_path: Path) -> None:
    rows = [{key: value for key, value in step(number).items() if key != "no"} for number in (1, 2)]

    found = take(tmp_path, "usmle", {"step3.json": array(*rows), "step3_solutions.json": whole({"2": "C", "1": "A"})})

    assert found.column("answer") == ["A", "C"]


def test_questions_with_images_are_refused_whoever_has_their_number_in_another_step(tmp_path: Path) -> None:
    files = {
        "step1.json": array(step(2)),
        "step2.json": array(step(2)),
        "question_with_images.json": whole({"step1": [2]}),
    }

    found = take(tmp_path, "usmle", files)

    assert [file for file, *_ in found.rejects] == ["exam/step1.json"]
    assert found.meta("id") == ["step2-2"]


def test_a_missing_list_of_images_is_said(tmp_path: Path) -> None:
    found = take(
        tmp_path, "usmle", {"step1.json": array(step(1), step(2)), "step1_solutions.json": whole({"1": "D", "2": "A"})}
    )

    assert found.outcome.changed == {"files read without the list of questions with images": 1}


def test_medalpaca_asks_with_letters_and_colons(tmp_path: Path) -> None:
    files = {"step1.json": array(step(1)), "step1_solutions.json": whole({"1": "D"})}

    found = take(tmp_path, "usmle", files, prompt="medalpaca")

    assert found.said("user")[0].startswith("Answer this multiple choice question.\n\nQuestion 1?\nA: alpha\n")
    assert found.said("assistant") == [f"D: {FOUR_EN['D']}"]
