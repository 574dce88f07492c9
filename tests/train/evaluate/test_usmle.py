"""The USMLE from its files to figures by step, and means over categories of exams."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.conftest import Ran
from tests.train.evaluate.conftest import exam_row

Command = Callable[..., Ran]
OPTIONS = {"A": "Iron", "B": "Folate", "C": "Zinc", "D": "Iodine"}


@pytest.fixture
def usmle(tmp_path: Path, kgtools: Command) -> list[dict[str, Any]]:
    """The prompts of two questions of each of two steps, in tmp_path/prompts; a third of step 1 has an image."""
    files = tmp_path / "files"
    files.mkdir()
    for step in (1, 2):
        rows = [
            {"no": number, "question": f"Step {step}, what is lacking in {number}?", "options": OPTIONS}
            for number in (1, 2, 3)
        ]
        (files / f"step{step}.json").write_bytes(orjson.dumps(rows[: 4 - step]))
        (files / f"step{step}_solutions.json").write_bytes(
            orjson.dumps({str(n): "ABC"[n - 1] for n in range(1, 5 - step)})
        )
    (files / "question_with_images.json").write_bytes(orjson.dumps({"step1": [3], "step2": []}))
    read = kgtools("read", "usmle", *sorted(files.iterdir()), "--out", tmp_path / "usmle")
    asked = kgtools("evaluate", "prompts", "usmle", tmp_path / "usmle", "--out", tmp_path / "prompts")
    assert (read.code, asked.code) == (0, 0), read.err + asked.err
    return [orjson.loads(line) for line in (tmp_path / "prompts" / "prompts.jsonl").read_bytes().splitlines()]


def test_a_question_is_asked_in_the_words_of_the_paper_without_those_with_images(usmle: Any) -> None:
    assert usmle[0]["messages"] == [
        {
            "role": "user",
            "content": "Answer this multiple choice question.\n\nStep 1, what is lacking in 1?\nA: Iron\nB: Folate\nC: Zinc\nD: Iodine\n\n"
            "The Answer to the question is:",
        }
    ]
    assert len(usmle) == 4


def test_figures_are_by_step_and_of_what_medalpaca_would_keep(
    usmle: Any, kgtools: Command, write_answers: Any, tmp_path: Path
) -> None:
    """Keys are A, B, A, B; three answers are drawn to each question, of which one looks right."""
    drawn = [["B", "A: Iron", "B"], ["B", "(B)", "C: Zinc"], ["A", "A", "A"], ["D. Iodine", "B", "B"]]
    answers = [
        {"id": one["id"], "sample": number, "answer": text}
        for one, texts in zip(usmle, drawn, strict=True)
        for number, text in enumerate(texts)
    ]

    ran = kgtools(
        "evaluate", "usmle", tmp_path / "prompts", write_answers(answers), "--out", tmp_path / "s", "--format", "json"
    )

    assert ran.code == 0, ran.err
    found = {(cell["value"], cell["metric"]): (cell["figure"], cell["n"]) for cell in ran.json["cells"]}
    assert found["1", "accuracy"] == (3 / 6, 6)
    assert found["2", "accuracy"] == (5 / 6, 6)
    assert found["1", "accuracy_medalpaca"] == (1 / 2, 2)  # A: Iron is right, C: Zinc wrong
    assert found["2", "accuracy_medalpaca"] == (1 / 2, 2)  # of three bare letters the last is kept
    assert found["", "macro_accuracy"] == (pytest.approx((3 / 6 + 5 / 6) / 2), 12)


def test_a_record_of_another_exam_is_none_of_the_usmle(kgtools: Command, write_records: Any, tmp_path: Path) -> None:
    ran = kgtools(
        "evaluate", "prompts", "usmle", write_records([exam_row("Which?", ["a", "b"], "A")]), "--out", tmp_path / "p"
    )

    assert ran.code == 2
    assert "no question of a step of the USMLE 1" in ran.err


@pytest.fixture
def evaluate(write_records: Any, write_answers: Any, kgtools: Command, tmp_path: Path) -> Callable[..., Ran]:
    """Scores of ten questions of three categories, of which those in `right` are answered rightly."""
    categories = ["Respiratory"] * 6 + ["Urinary"] * 2 + ["Health law"] * 2

    def run(right: set[int], *words: str) -> Ran:
        rows = [exam_row(f"第{n}题", ["甲", "乙"], "A", category=category) for n, category in enumerate(categories)]
        answers = {f"r{n}": "A" if n in right else "B" for n in range(10)}
        return kgtools("evaluate", "exam", write_records(rows), write_answers(answers), "--out", tmp_path / "s", *words)

    return run


@pytest.mark.parametrize(
    ("words", "figure", "n"),
    [((), (6 / 6 + 1 / 2 + 0 / 2) / 3, 10), (("among=Respiratory,Urinary",), (6 / 6 + 1 / 2) / 2, 8)],
)
def test_papers_average_over_categories_and_so_does_macro_accuracy(
    words: tuple[str, ...], figure: float, n: int, evaluate: Any
) -> None:
    ran = evaluate({0, 1, 2, 3, 4, 5, 6}, *words, "--format", "json")

    cells = {(cell["by"], cell["metric"]): cell for cell in ran.json["cells"]}
    assert cells["all", "accuracy"]["figure"] == 0.7
    macro = cells["all", "macro_accuracy"]
    assert (macro["figure"], macro["n"], macro["interval"]) == (pytest.approx(figure), n, "bootstrap")
    assert macro["low"] < figure < macro["high"] or figure in (macro["low"], macro["high"])
    assert cells["category", "macro_accuracy"]["figure"] is None  # a category has no mean over categories


def test_a_category_that_there_is_not_is_named_with_those_that_there_are(evaluate: Any) -> None:
    ran = evaluate(set(), "among=Digestive")

    assert ran.code == 2
    assert "no question has the category Digestive; there are Health law, Respiratory, Urinary" in ran.err
