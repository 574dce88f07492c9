"""Published scorers of exams: each case by hand from what its script does, and where that is not what the answer says."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest

from kgtools.corpora.verify import Item, read_letters
from kgtools.train.evaluate.compat.exams.mode import Asked, vote
from kgtools.train.evaluate.compat.exams.modes import MODES
from tests.conftest import Ran
from tests.train.evaluate.conftest import exam_row

OPTIONS = {"A": "维生素A", "B": "烟酸 片", "C": "维生素C", "D": "钙剂", "E": "铁剂"}
"""Two have a capital letter in their text, and one a space."""
FOUR = {letter: OPTIONS[letter] for letter in "ABCD"}


def read(mode: str, *answers: str, options: dict[str, str] = FOUR, single: bool = True) -> tuple[str, bool]:
    return tuple(MODES[mode].read(answers, Asked(options, single, Random(0))))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("answer", "letter"),
    [
        ("Clearly B", "C"),  # the first sign is a letter
        ("答案选项是： D", "D"),
        ("故选择：B", "B"),
        ("我认为 C 选项正确", "C"),
        ("本题答案为维生素，即B", "B"),  # whatever stands between 答案为 and the letter
        ("因此A、B都不对，C当选", "C"),  # the last letter before 当选
        ("不是：A，而是：B", "B"),  # but for 不是
        ("只有B有道理", "B"),  # the only one
        ("不选A，而是C", "A"),  # 选A stands higher on the ladder than 是C
    ],
)
def test_cmmlu_goes_down_its_ladder(answer: str, letter: str) -> None:
    assert read("cmmlu", answer) == (letter, False)


def test_cmmlu_draws_a_letter_where_it_can_read_none_and_the_same_each_time() -> None:
    drawn = [tuple(MODES["cmmlu"].read(["我不知道"], Asked(FOUR, True, Random(seed)))) for seed in range(400)]

    assert {letter for letter, _ in drawn} == set("ABCD")
    assert all(guess for _, guess in drawn)
    assert read("cmmlu", "") == read("cmmlu", "我不知道") == read("cmmlu", "A或B"[1:] + "A、B")


@pytest.mark.parametrize(
    ("answer", "letter"),
    [
        ("逐步分析……所以答案是C。", "C"),
        ("所以答案是A。又想了想，所以答案是D。", "D"),
        (
            "所以答案是A和C。选择B",
            "A",
        ),  # the conclusion is no letter, so the phrases are tried, of which 答案是A comes first
        ("B是正确的", "B"),
        ("不选D。", "D"),  # its only letter
        ("缺钙要补钙剂", "D"),  # the only option whose text it has
        ("钙剂和烟酸 片", ""),
        ("(A) or (B)", ""),
    ],
)
def test_c_eval_reads_conclusions_phrases_and_the_only_option(answer: str, letter: str) -> None:
    assert read("c-eval", answer) == (letter, False)


@pytest.mark.parametrize(
    ("answer", "single", "letters"),
    [
        ("答案是C。B不对", True, "C"),
        ("正确选项应该是B、D", False, "BD"),
        ("答案为DB。", False, "DB"),  # as they stand: it is not the key BD
        ("排除A，选C", True, "A"),  # no phrase: all letters of the text, of which the first counts
        ("排除A，选C", False, "AC"),
        ("答案：选C.因为A", True, "C"),
        ("都不对", True, ""),
    ],
)
def test_cmb_joins_letters_without_sorting_them(answer: str, single: bool, letters: str) -> None:
    assert read("cmb", answer, single=single) == (letters, False)


def test_cmb_takes_what_most_of_several_answers_say() -> None:
    assert read("cmb", "答案是B", "答案是C", "答案是C", "") == ("C", False)
    assert vote(["B", "C", "", ""]) == "B"  # of equally many the first, and what is empty does not vote


@pytest.mark.parametrize(
    ("answer", "letters"),
    [
        ("C", "C"),
        ("选C，不选A", "AC"),  # rejected, and taken all the same
        ("Because of the Deficit: D", "BD"),  # capitals of English words
        ("补充维生素C", "C"),
        ("烟酸", "B"),  # the first word of an option's text is enough
        ("C\n解释: A和B不对", "C"),  # only the first line, as 解释 is said
        ("C\n因为A和B不对", "ABC"),
        ("不知道", ""),
    ],
)
def test_cmexam_takes_every_option_that_occurs(answer: str, letters: str) -> None:
    assert read("cmexam", answer) == (letters, False)


@pytest.mark.parametrize(
    ("mode", "answer", "reading"),
    [
        ("huatuogpt2", "答案是C", ("C", False)),
        ("huatuogpt2", "答案为：B、D。不是A", ("BD", False)),
        ("huatuogpt2", "答案是CA", ("C", False)),  # what steps back in the alphabet is dropped
        ("huatuogpt2", "选C", ("A", True)),  # no phrase: A
        ("huatuogpt2", "", ("A", True)),
        # out of order, and there is no run of letters: as they stand
        ("huatuogpt2-texts", "先排除铁剂，选钙剂", ("ED", False)),
        ("huatuogpt2-texts", "维生素C和铁剂", ("CE", False)),
        ("huatuogpt2-texts", "选A不对，选BD，CB也不对", ("BD", False)),  # the last run that is in order
        ("huatuogpt2-phrase-or-texts", "选A不对，选BD", ("A", False)),  # the first one
        ("huatuogpt2-phrase-or-texts", "答案是E，不是维生素C", ("E", False)),
    ],
)
def test_huatuogpt2_has_three_readers_and_takes_a_where_they_read_nothing(
    mode: str, answer: str, reading: tuple[str, bool]
) -> None:
    assert read(mode, answer, options=OPTIONS, single=False) == reading


@pytest.mark.parametrize(
    ("answers", "letter"),
    [
        (["C: vitamin C"], "C"),
        (["**C: vitamin C**"], "C"),
        (
            ["C", "C)", "A cat has four legs", "C: right"],
            "A",
        ),  # a sentence looks like an answer, a bare letter does not
        (["C", "I think B"], ""),  # I is no option; `I think B` looks right all the same
        (["C"] * 5 + ["D. sixth"], "C"),  # five are drawn; the last is kept as it is
        (["C", "maybe"], ""),
        ([""], ""),
    ],
)
def test_medalpaca_keeps_the_first_of_five_that_looks_like_an_answer(answers: list[str], letter: str) -> None:
    assert read("medalpaca", *answers) == (letter, False)


@pytest.mark.parametrize(
    ("answer", "letter"),
    [
        ("The right answer is C: vitamin C", "C"),
        ("b", "B"),
        ("Both are wrong, so C", "B"),  # the first sign of any word
        ("(C)", ""),
        ("E", ""),
        ("正しい答えは C です", ""),
        ("", ""),
    ],
)
def test_meds_bench_looks_at_the_first_sign(answer: str, letter: str) -> None:
    assert read("meds-bench", answer, options=OPTIONS) == (letter, False)


def test_meds_bench_looks_at_the_first_of_several_right_options() -> None:
    assert MODES["meds-bench"].part_of_key("BD") == "B"


@pytest.mark.parametrize(("answer", "letters"), [("C", "C"), ("C.", ""), (" C", ""), ("c", ""), ("BD", "BD"), ("", "")])
def test_lm_eval_wants_the_key_and_nothing_else(answer: str, letters: str) -> None:
    assert read("lm-eval", answer) == (letters, False)


DIFFERENT = {
    "c-eval": ("不选D。", "C"),
    "cmb": ("排除A，选C", "C"),
    "cmexam": ("选C，不选A", "C"),
    "cmmlu": ("不选A，而是C", "C"),
    "huatuogpt2": ("选C", "C"),
    "huatuogpt2-texts": ("是钙剂吗？不，选C", "C"),
    "huatuogpt2-phrase-or-texts": ("不是钙剂，选C", "C"),
    "lm-eval": ("选C", "C"),
    "medalpaca": ("Answer: C", "C"),
    "meds-bench": ("(C)", "C"),
}


@pytest.mark.parametrize("mode", sorted(MODES))
def test_every_published_scorer_misreads_what_ours_reads(mode: str) -> None:
    answer, said = DIFFERENT[mode]

    ours = read_letters(answer, Item("choice", options=FOUR, right="C"))
    theirs, _ = read(mode, answer)

    assert theirs != said
    assert (ours.letters, ours.state) in ((said, "read"), ("", "no_answer"))
    assert ours.letters == said or mode == "c-eval"  # an answer that only rejects is none


@pytest.fixture
def evaluate(
    write_records: Callable[..., Path], write_answers: Callable[..., Path], kgtools: Callable[..., Ran], tmp_path: Path
) -> Callable[..., Ran]:
    """Scores of answers to questions whose right option is C, D, C, D and so on."""

    def run(answers: list[dict[str, Any]], *words: str) -> Ran:
        rows = [exam_row(f"第{number}题", list(FOUR.values()), "CD"[number % 2]) for number in range(4)]
        return kgtools(
            "evaluate", "exam", write_records(rows), write_answers(answers), "--out", tmp_path / "scores", *words
        )

    return run


def test_the_table_has_theirs_beside_ours_and_what_of_it_is_luck(evaluate: Any, tmp_path: Path) -> None:
    texts = ["答案是C", "不选A，而是D", "不知道", "都有道理"]

    ran = evaluate(
        [{"id": f"r{number}", "answer": text} for number, text in enumerate(texts)],
        "compat=cmmlu",
        "seed=2",
        "--format",
        "json",
    )

    found = {cell["metric"]: cell["figure"] for cell in ran.json["cells"]}
    rows = pl.read_parquet(tmp_path / "scores" / "scores.parquet")
    assert found["accuracy"] == 0.5
    assert rows["letters_cmmlu"].to_list()[:2] == ["C", "A"]
    lucky = int(rows["luck_cmmlu"].sum())
    assert lucky == sum(rows["letters_cmmlu"].gather([2, 3]) == rows["reference"].gather([2, 3]))
    assert found["accuracy_cmmlu"] == (1 + lucky) / 4
    assert found.get("luck_cmmlu", 0) == lucky / 4


def test_a_scorer_that_draws_draws_the_same_each_time(evaluate: Any, tmp_path: Path) -> None:
    answers = [{"id": f"r{number}", "answer": "不知道"} for number in range(4)]
    ran = evaluate(answers, "compat=cmmlu,huatuogpt2")
    first = (tmp_path / "scores" / "scores.parquet").read_bytes()
    assert ran.code == 0, ran.err

    letters = pl.read_parquet(tmp_path / "scores" / "scores.parquet")["letters_cmmlu"].to_list()
    (tmp_path / "scores").rename(tmp_path / "before")
    (tmp_path / "records").rename(tmp_path / "records-before")
    evaluate(answers, "compat=cmmlu,huatuogpt2")

    assert (tmp_path / "scores" / "scores.parquet").read_bytes() == first
    assert len(set(letters)) > 1


def test_a_scorer_of_several_answers_counts_a_question_once(evaluate: Any) -> None:
    answers = [
        {"id": f"r{number}", "sample": sample, "answer": text}
        for number in range(4)
        for sample, text in enumerate(["D", "C: yes", "D: no"])
    ]

    ran = evaluate(answers, "compat=medalpaca", "--format", "json")

    found = {cell["metric"]: (cell["figure"], cell["n"]) for cell in ran.json["cells"]}
    assert found["accuracy"] == (0.5, 12)  # of all answers
    assert found["accuracy_medalpaca"] == (0.5, 4)  # the second of each, which is right twice


def test_a_scorer_that_there_is_not_is_named_with_the_nearest(evaluate: Any) -> None:
    ran = evaluate([], "compat=cmmul")

    assert ran.code == 2
    assert "there is no scorer cmmul; did you mean cmmlu?" in ran.err
