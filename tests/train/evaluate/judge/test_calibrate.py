"""A judge held against labels of people, and tables corrected by them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from kgtools.train.evaluate.judge.calibration import read_calibration
from tests.conftest import Ran
from tests.train.evaluate.judge.test_judge import figure, judge, longer_is_better, question
from tests.train.evaluate.server.fake import Server, say

__all__ = ["judge"]
Run = Callable[..., Ran]
# by length A wins, loses, ties and wins
A, B = ["aaa", "a", "aa", "aaaa"], ["b", "bbb", "bb", "b"]
PEOPLE = ["win", "lose", "win", "lose"]


@pytest.fixture
def write_labels(tmp_path: Path) -> Callable[..., Path]:
    def write(labels: Sequence[Any], **more: Any) -> Path:
        lines = [one if isinstance(one, dict) else {"id": f"r{n}", "label": one} | more for n, one in enumerate(labels)]
        (tmp_path / "labels.jsonl").write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
        return tmp_path / "labels.jsonl"

    return write


@pytest.fixture
def calibrate(kgtools: Run, tmp_path: Path, write_labels: Callable[..., Path]) -> Run:
    """Hold tmp_path/judged against labels of r0, r1 and so on."""

    def run(labels: Sequence[Any], *words: object, style: str = "json", **more: Any) -> Ran:
        file = write_labels(labels, **more)
        return kgtools(
            "evaluate", "calibrate", tmp_path / "judged", file, "--out", tmp_path / "calibration", "--format", style, *words
        )  # fmt: skip

    return run


def test_agreement_kappa_confusion_and_bias_by_hand(judge: Run, server: Server, calibrate: Run) -> None:
    server.default = longer_is_better
    judge(A, B)

    part = calibrate(PEOPLE).json["parts"]["overall"]

    # people win lose win lose, judge win lose tie win: two of four agree; by chance (2 * 2 win + 2 * 1 lose + 0) / 16 = 6/16
    assert (part["n"], part["agreement"]["figure"]) == (4, 0.5)
    assert part["kappa"]["figure"] == pytest.approx((0.5 - 6 / 16) / (1 - 6 / 16))
    assert part["labels"] == ["lose", "tie", "win"]
    assert part["confusion"] == [[1, 0, 1, 0], [0, 0, 0, 0], [0, 1, 1, 0]]
    # worth of the judge less that of people: 0, 0, -1/2, 1
    bias = {(one["by"], one["value"]): one["figure"] for one in part["bias"]}
    assert bias["all", ""] == pytest.approx(0.5 / 4)
    assert bias["category", "lung"] == pytest.approx(-0.25)
    assert bias["category", "heart"] == pytest.approx(0.5)


def test_corrected_figures_are_peoples_on_the_labelled_part_carried_over_to_the_rest(
    judge: Run, server: Server, calibrate: Run
) -> None:
    server.default = longer_is_better
    judge(A + ["aa"] * 4, B + ["b"] * 4)

    figures = calibrate(PEOPLE).json["parts"]["overall"]["figures"]

    # the judge sees 6 of 8 win, in the labelled part 2 of 4 as people do: nothing to correct. 1 tie of 8, people none of 4 against 1:
    # 1/8 - 1/4, which is no share and becomes 0. 1 loss of 8, people 2 of 4 against 1: 1/8 + 1/4
    assert figures["win"]["judge"] == 0.75
    assert {name: figures[name]["corrected"]["figure"] for name in ("win", "tie", "lose")} == pytest.approx(
        {"win": 0.75, "tie": 0, "lose": 0.375}
    )
    assert figures["win"]["corrected"]["low"] < 0.75 < figures["win"]["corrected"]["high"]


def test_a_table_with_a_calibration_says_so_and_holds_what_people_would_have_said(
    judge: Run, server: Server, calibrate: Run, tmp_path: Path
) -> None:
    server.default = longer_is_better
    judge(A + ["aa"] * 4, B + ["b"] * 4)
    corrected = calibrate(PEOPLE).json["parts"]["overall"]["figures"]["win"]["corrected"]

    ran = judge(A + ["aa"] * 4, B + ["b"] * 4, words=("--calibration", tmp_path / "calibration"))

    assert ran.json["calls"] == 0
    assert "judge calibrated on 4 labels of people, kappa 0.20" in ran.json["header"]
    assert "not calibrated" not in ran.json["header"]
    cell = next(one for one in ran.json["cells"] if one["metric"] == "win_corrected")
    assert (cell["figure"], cell["low"], cell["high"]) == (corrected["figure"], corrected["low"], corrected["high"])
    assert cell["interval"] == "prediction-powered"
    assert ran.json["metrics"]["win_corrected"]["percent"]


def test_other_answers_are_corrected_by_what_the_judge_got_wrong_there(
    judge: Run, server: Server, calibrate: Run, tmp_path: Path
) -> None:
    server.default = longer_is_better
    judge(A, B)
    calibrate(PEOPLE)
    words = ("--calibration", tmp_path / "calibration" / "calibration.json", "--fresh")

    ran = judge(["aaa", "a"], ["b", "bb"], name="others", words=words)

    # the judge sees one win and one loss of two; it had seen one loss less of four than people
    assert figure(ran, "lose") == 0.5
    assert figure(ran, "lose_corrected") == pytest.approx(0.5 + 0.25)


@pytest.mark.parametrize(
    "words", [("--model", "other"), ("temperature=1",), ("combine=sum",), ("--rubric", "clinicalgpt")]
)
def test_a_calibration_of_another_judge_is_refused(
    words: tuple[str, ...], judge: Run, server: Server, calibrate: Run, tmp_path: Path
) -> None:
    server.default = longer_is_better
    judge(A, B)
    calibrate(PEOPLE)

    ran = judge(A, B, words=("--calibration", tmp_path / "calibration", "--fresh", *words))

    assert ran.code == 2
    assert "is of another judge" in ran.err


def test_what_the_judge_did_not_say_is_counted_apart(judge: Run, server: Server, calibrate: Run) -> None:
    server.behaviours = [say("Hm."), say("Hm.")]
    server.default = longer_is_better
    judge(A, B, words=("rounds=1", "--concurrency", 1))

    ran = calibrate(PEOPLE)

    assert (ran.json["unread"], ran.json["parts"]["overall"]["n"]) == (1, 3)
    assert sum(row[-1] for row in ran.json["parts"]["overall"]["confusion"]) == 1


def test_ratings_are_calibrated_by_aspect(judge: Run, server: Server, calibrate: Run, tmp_path: Path) -> None:
    server.default = say('{"accuracy": 4, "completeness": 3, "clarity": 5, "safety": 2}')
    judge(["a", "b", "c"], rubric="rating")
    labels = [{"id": f"r{n}", "labels": {"accuracy": people, "safety": 2}} for n, people in enumerate((4, 3, 2))]

    parts = calibrate(labels).json["parts"]
    ran = judge(["a", "b", "c"], rubric="rating", words=("--calibration", tmp_path / "calibration"))

    assert sorted(parts) == ["accuracy", "safety"]
    assert parts["accuracy"]["bias"][0]["figure"] == pytest.approx(1)
    assert parts["accuracy"]["labels"] == ["2", "3", "4"]
    assert parts["safety"]["kappa"]["figure"] is None, "where all always say 2, chance says it too"
    assert figure(ran, "score_corrected", "aspect", "accuracy") == pytest.approx(3)
    assert ran.json["metrics"]["score_corrected"]["percent"] is False


def test_criteria_of_a_checklist_are_calibrated_together(judge: Run, server: Server, calibrate: Run) -> None:
    server.default = say('{"met": true}')
    rubrics = [{"criterion": "x", "points": 1}, {"criterion": "y", "points": 1}]
    judge(["a", "b"], rubric="checklist", rows=[question(n, meta={"rubrics": rubrics}) for n in (0, 1)])

    labels = [
        {"id": "r0", "part": 0, "label": True},
        {"id": "r0", "part": 1, "label": False},
        {"id": "r1", "part": 1, "label": "met"},
    ]
    part = calibrate(labels).json["parts"]["met"]

    assert (part["n"], part["agreement"]["figure"]) == (3, pytest.approx(2 / 3))
    assert part["figures"]["met"]["corrected"]["figure"] == pytest.approx(1 - 1 / 3)


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        (["win", "better"], "labels.jsonl:2: 'better' is no label; expected win, tie or lose"),
        (["win", {"id": "r9", "label": "win"}], "labels.jsonl:2: r9 (overall) is nothing that was judged"),
        (["win", {"id": "r0", "label": "tie"}], "labels.jsonl:2: the second label of r0"),
        ([{"label": "win"}], "labels.jsonl:1: expected"),
        ([{"id": "r0", "label": "win", "part": "safety"}], "the parts are overall"),
        ([["win"]], "labels.jsonl:1: ['win'] is no label; expected win"),
        ([{"id": "r0", "label": {"overall": "win"}}], "labels.jsonl:1: {'overall': 'win'} is no label"),
        (["win" * 1000], "winwinwi... is no label"),
        ([{"id": "r0", "label": "win", "sample": "x"}], "labels.jsonl:1: sample is 'x', expected a whole number"),
        ([{"id": "r0", "label": "win", "sample": None}], "labels.jsonl:1: sample is None, expected a whole number"),
        (["win"], "fewer than 2"),
        ([], "fewer than 2"),
    ],
)
def test_labels_that_cannot_be_are_refused_with_their_line(
    labels: list[Any], says: str, judge: Run, server: Server, calibrate: Run
) -> None:
    server.default = longer_is_better
    judge(A, B)

    ran = calibrate(labels)

    assert ran.code == 2
    assert says in ran.err


def test_a_folder_that_no_judge_wrote_is_refused(kgtools: Run, write_labels: Any, tmp_path: Path) -> None:
    ran = kgtools("evaluate", "calibrate", tmp_path, write_labels(PEOPLE), "--out", tmp_path / "c")

    assert ran.code == 2
    assert "is not what kgtools evaluate judge wrote" in ran.err


def test_the_table_names_the_judge_and_warns_of_few_labels(judge: Run, server: Server, calibrate: Run) -> None:
    server.default = longer_is_better
    judge(A, B)

    ran = calibrate(PEOPLE, style="table")

    assert ran.out.startswith("judge umpire, rubric pairwise: 4 labels of people")
    assert "overall: people, judge" in ran.out
    assert "fewer than 30 labels of overall" in ran.err


def test_a_calibration_written_twice_has_the_same_bytes(
    judge: Run, server: Server, calibrate: Run, tmp_path: Path
) -> None:
    server.default = longer_is_better
    judge(A, B)
    calibrate(PEOPLE)
    before = (tmp_path / "calibration" / "calibration.json").read_bytes()

    calibrate(PEOPLE)

    assert (tmp_path / "calibration" / "calibration.json").read_bytes() == before
    assert read_calibration(tmp_path / "calibration").labels == 4


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b'{"judge": {}}', b'{"judge":{},"judged":"x","labels":1,"parts":{}}', b'{"judge":3,"judged":"x","labels":"y","parts":[]}',
        b'{"judge":{"kind":1,"model":2,"rubric_sha256":3,"settings":4},"judged":"x","labels":1,"parts":{}}',
    ],
)  # fmt: skip
def test_a_file_that_is_no_calibration_is_refused(content: bytes, judge: Run, server: Server, tmp_path: Path) -> None:
    (tmp_path / "c.json").write_bytes(content)

    ran = judge(A, B, words=("--calibration", tmp_path / "c.json"))

    assert ran.code == 2
    assert "not what kgtools evaluate calibrate wrote" in ran.err
    assert not server.bodies
