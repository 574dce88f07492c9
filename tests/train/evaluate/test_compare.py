"""Two runs held against each other: what is joined, what is refused, and what the figures come to by hand."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.tools.errors import UsageError
from kgtools.train.evaluate import compare, runs
from kgtools.train.evaluate.metric import Metric, divide, macro, rate
from kgtools.train.evaluate.prompts import find_task
from kgtools.train.evaluate.statistics.paired import tango
from kgtools.train.evaluate.task import ScoreSettings
from tests.conftest import Ran
from tests.train.evaluate.conftest import exam_row

Command = Callable[..., Ran]
RIGHT, WRONG, UNREAD = "答案：A", "答案：B", "不知道"


@pytest.fixture
def score_run(
    kgtools: Command, write_records: Callable[..., Path], write_answers: Callable[..., Path], tmp_path: Path
) -> Callable[..., Path]:
    """The folder of a run: an exam whose every key is A, answered as is said. `groups`: of the questions, each one of its own where there are none;
    `ids`: of the questions that there are, else all; `more`: options of the command."""

    def score(
        name: str, answers: Sequence[str], groups: Sequence[str] | None = None, ids: Sequence[int] | None = None, question: str = "题", *more: Any,
        **row: Any,
    ) -> Path:  # fmt: skip
        numbers = list(range(len(answers))) if ids is None else list(ids)
        rows = [
            exam_row(f"{question}{number}", ["甲", "乙", "丙", "丁"], "A", id=f"r{number}", group=f"g{number}" if groups is None else groups[at])
            | {key: values[at] for key, values in row.items()}
            for at, number in enumerate(numbers)
        ]  # fmt: skip
        file = write_answers({one["id"]: text for one, text in zip(rows, answers, strict=True)}, f"{name}.jsonl")
        ran = kgtools("evaluate", "exam", write_records(rows, f"{name}-records"), file, "--out", tmp_path / name, *more)
        assert ran.code == 0, ran.err
        return tmp_path / name

    return score


def rows(ran: Ran, metric: str = "accuracy", by: str = "all") -> list[dict[str, Any]]:
    assert ran.code == 0, ran.err
    return [row for row in ran.json["rows"] if (row["metric"], row["by"]) == (metric, by)]


def test_a_difference_has_its_interval_and_exact_p(kgtools: Command, score_run: Any) -> None:
    """Ten questions: 2 right in both, 7 in the second run alone, 1 in the first alone; p = 2 (1 + 8) / 2 ** 8."""
    first = score_run("base", [RIGHT] * 2 + [WRONG] * 7 + [RIGHT])
    other = score_run("tuned", [RIGHT] * 9 + [WRONG])

    (row,) = rows(kgtools("evaluate", "compare", first, other, "--format", "json"))

    assert (row["first"], row["other"], row["difference"]) == (0.3, 0.9, pytest.approx(0.6))
    assert (row["higher"], row["lower"], row["n"], row["groups"]) == (7, 1, 10, 10)
    assert (row["p"], row["test"]) == (pytest.approx(18 / 256), "mcnemar")
    assert (row["interval"], row["low"] < 0.6 < row["high"]) == ("tango", True)
    # eight differences of 1 or -1 and two of 0: sd = sqrt((8 - 10 x 0.36) / 9)
    assert row["smallest_difference"] == pytest.approx(
        (1.959964 + 0.841621) * ((8 - 3.6) / 9) ** 0.5 / 10**0.5, abs=1e-5
    )


def test_questions_of_one_case_are_exchanged_together(kgtools: Command, score_run: Any) -> None:
    """Six questions of two cases, all better in the second run: as many samples would give p = 2 / 2 ** 6, two cases give 2 / 2 ** 2."""
    groups = ["a", "a", "a", "b", "b", "b"]
    first = score_run("base", [WRONG] * 6, groups)
    other = score_run("tuned", [RIGHT] * 6, groups)

    (row,) = rows(kgtools("evaluate", "compare", first, other, "--format", "json"))

    assert (row["p"], row["test"], row["groups"], row["higher"]) == (0.5, "exact flips", 2, 6)


def test_p_is_raised_for_all_rows_of_a_metric(kgtools: Command, score_run: Any) -> None:
    """Two sources: 6 of 6 better (p = 2 / 64) and 1 of 6 (p = 1); all together 7 of 12 (p = 2 / 128). Holm: 3 / 64, then 2 x 2 / 64, then 1."""
    sources = ["one"] * 6 + ["two"] * 6
    first = score_run("base", [WRONG] * 12, source=sources)
    other = score_run("tuned", [RIGHT] * 7 + [WRONG] * 5, source=sources)

    found = rows(kgtools("evaluate", "compare", first, other, "--format", "json"))

    assert [row["source"] for row in found] == ["", "one", "two"]
    assert [row["p"] for row in found] == pytest.approx([2 / 128, 2 / 64, 1.0])
    assert [row["p_holm"] for row in found] == pytest.approx([3 * 2 / 128, 2 * 2 / 64, 1.0])


def test_several_runs_are_each_held_against_the_first(kgtools: Command, score_run: Any) -> None:
    folders = [
        score_run(name, [RIGHT] * right + [WRONG] * (4 - right)) for name, right in (("a", 1), ("b", 2), ("c", 4))
    ]

    found = rows(kgtools("evaluate", "compare", *folders, "--format", "json"))

    assert [(row["run"], row["first"], row["other"]) for row in found] == [("b", 0.25, 0.5), ("c", 0.25, 1.0)]
    assert found[1]["p_holm"] == found[1]["p"] * 2


def test_the_samples_that_differ_are_listed_with_both_answers(kgtools: Command, score_run: Any, tmp_path: Path) -> None:
    first = score_run("base", [RIGHT, WRONG, WRONG, RIGHT])
    other = score_run("tuned", [RIGHT, RIGHT, UNREAD, RIGHT])

    ran = kgtools("evaluate", "compare", first, other, "--out", tmp_path / "out", "--show", "1")

    table = pl.read_parquet(tmp_path / "out" / "differences.parquet")
    assert table["id"].to_list() == [
        "r1",
        "r2",
    ]  # the unread answer was wrong before, and differs in what was read alone
    row = table.row(0, named=True)
    assert "题1" in row["question"]
    assert (row["record"], row["reference"], row["first_answer"], row["other_answer"]) == ("r1", "A", WRONG, RIGHT)
    assert (row["first_extracted"], row["other_extracted"], row["first_score"], row["other_score"]) == ("B", "A", 0, 1)
    assert orjson.loads(table["other_scores"][1])["unread"] == 1
    assert "base: read" in ran.out
    assert "r2" not in ran.out


def test_what_is_written_is_what_is_printed_and_the_same_each_time(
    kgtools: Command, score_run: Any, tmp_path: Path
) -> None:
    groups = [f"c{number // 2}" for number in range(40)]
    first = score_run("base", [WRONG] * 30 + [RIGHT] * 10, groups)
    other = score_run("tuned", [RIGHT] * 18 + [WRONG] * 22, groups)

    ran = [
        kgtools("evaluate", "compare", first, other, "--out", tmp_path / name, "--seed", "3", "--format", "json") for name in ("x", "y")
    ]  # fmt: skip

    assert orjson.loads((tmp_path / "x" / "compare.json").read_bytes()) == ran[0].json
    for file in ("compare.json", "run.json", "differences.parquet"):
        assert (tmp_path / "x" / file).read_bytes() == (tmp_path / "y" / file).read_bytes()


@pytest.mark.parametrize("style", ["table", "markdown", "latex"])
def test_a_table_for_people_says_all_in_one_row(style: str, kgtools: Command, score_run: Any) -> None:
    first, other = score_run("base", [WRONG] * 12), score_run("tuned", [RIGHT] * 9 + [WRONG] * 3)

    ran = kgtools("evaluate", "compare", first, other, "--format", style)

    assert ran.code == 0, ran.err
    line = next(line for line in ran.out.splitlines() if "+75.0" in line)
    # Tango by hand: at 0.326 the score is (9 - 12 d) / sqrt(12 (2 (9 - 15 d) / 24 + d (1 - d))) = 1.96, at 0.911 (9 - 12 d) / sqrt(12 d (1 - d))
    # is -1.96; p is 2 / 2 ** 9
    for word in ("0.0", "75.0", "+32.6 to +91.1", "9", "0.0039"):
        assert word in line
    assert "contamination: base not checked; tuned not checked" in ran.out.replace("\n", " ")
    assert "tuned minus base is +75.0" in ran.err


def test_a_metric_whose_table_would_say_nothing_new_is_named_in_a_line(kgtools: Command, score_run: Any) -> None:
    first, other = score_run("base", [WRONG] * 4), score_run("tuned", [RIGHT] * 3 + [WRONG])

    ran = kgtools("evaluate", "compare", first, other)

    assert ran.out.count("exam, ") == 1
    assert "unread: 0.0 in all runs, no sample differs" in ran.err
    assert "accuracy_of_read: the same figures as accuracy" in ran.err
    assert "accuracy_with_guesses: the same figures as accuracy" in ran.err


def test_a_metric_that_differs_nowhere_but_for_which_samples_has_its_table(kgtools: Command, score_run: Any) -> None:
    first, other = score_run("base", [UNREAD, WRONG, RIGHT]), score_run("tuned", [WRONG, UNREAD, RIGHT])

    ran = kgtools("evaluate", "compare", first, other)

    assert "exam, unread: tuned against base" in ran.out


def test_csv_has_every_metric_in_one_table(kgtools: Command, score_run: Any) -> None:
    first, other = score_run("base", [WRONG, RIGHT]), score_run("tuned", [RIGHT, UNREAD])

    ran = kgtools("evaluate", "compare", first, other, "--format", "csv")

    table = pl.read_csv(ran.out.encode())
    assert set(table["metric"]) == {"accuracy", "unread", "accuracy_of_read", "accuracy_with_guesses"}
    assert table["difference"][0] == 0.0


def test_a_figure_that_one_run_does_not_have_is_left_blank(kgtools: Command, score_run: Any) -> None:
    first, other = score_run("base", [UNREAD, UNREAD]), score_run("tuned", [RIGHT, UNREAD])

    (row,) = rows(kgtools("evaluate", "compare", first, other, "--format", "json"), "accuracy_of_read")

    assert (row["first"], row["other"], row["difference"], row["p"]) == (None, 1.0, None, None)


def test_what_only_one_run_has_is_refused_and_named_or_left_out(kgtools: Command, score_run: Any) -> None:
    first = score_run("base", [WRONG] * 3)
    other = score_run("tuned", [RIGHT] * 3, ids=[1, 2, 3])

    refused = kgtools("evaluate", "compare", first, other)
    ran = kgtools("evaluate", "compare", first, other, "--common", "--format", "json")

    assert refused.code == 2
    assert (
        "base has 1 that another lacks (r0); tuned has 1 that another lacks (r3); --common compares the 2"
        in refused.err
    )
    assert (ran.json["samples"], ran.json["alone"]) == (2, {"base": 1, "tuned": 1})


def test_runs_of_other_prompts_are_refused(kgtools: Command, score_run: Any) -> None:
    first = score_run("base", [WRONG] * 3)
    reworded = score_run("tuned", [RIGHT] * 3, question="问")
    elsewhere = score_run("far", [RIGHT] * 3, ids=[7, 8, 9])

    ran = kgtools("evaluate", "compare", first, reworded)
    other = kgtools("evaluate", "compare", first, elsewhere, "--common")

    assert (ran.code, other.code) == (2, 2)
    assert "3 samples of tuned were asked something else than in base (r0, r1, r2)" in ran.err
    assert "no sample is in all of them" in other.err


def test_what_is_no_run_and_what_is_named_twice_is_refused(kgtools: Command, score_run: Any, tmp_path: Path) -> None:
    first = score_run("base", [WRONG])

    missing = kgtools("evaluate", "compare", first, tmp_path / "base-records")
    same = kgtools("evaluate", "compare", first, first)

    assert (missing.code, same.code) == (2, 2)
    assert "base-records: is no folder that `kgtools evaluate TASK` wrote" in missing.err
    assert "the same folder twice" in same.err


def test_settings_of_scoring_that_differ_are_named(monkeypatch: pytest.MonkeyPatch, score_run: Any) -> None:
    class Lenient(ScoreSettings):
        lenient: bool = False

    first, other = score_run("base", [WRONG]), score_run("tuned", [RIGHT])
    for folder, lenient in ((first, False), (other, True)):
        said = orjson.loads((folder / "run.json").read_bytes())
        said["settings"] |= {"lenient": lenient, "seed": int(lenient)}
        (folder / "run.json").write_bytes(orjson.dumps(said))
    monkeypatch.setattr(runs, "find_task", lambda name: replace(find_task(name), scoring=Lenient))

    with pytest.raises(UsageError, match=r"base and tuned were scored in other ways: lenient \(False and True\)"):
        runs.join_runs(runs.read_runs([first, other]), False)


@pytest.fixture
def compare_columns(monkeypatch: pytest.MonkeyPatch, score_run: Any) -> Callable[..., compare.Difference]:
    """The first row of the comparison of two runs whose one metric is made of these columns of samples, first run and other."""

    def run(metric: Metric, first: dict[str, list[Any]], other: dict[str, list[Any]], **row: Any) -> compare.Difference:
        folders = []
        for name, columns in (("base", first), ("tuned", other)):
            folder = score_run(name, [RIGHT] * len(next(iter(columns.values()))), **row)
            scores = pl.read_parquet(folder / "scores.parquet").with_columns(
                pl.Series(key, values) for key, values in columns.items()
            )
            scores.write_parquet(folder / "scores.parquet")
            folders.append(folder)
        monkeypatch.setattr(runs, "find_task", lambda name: replace(find_task(name), metrics=lambda *_: [metric]))
        return compare.compare(folders).rows[0]

    return run


def test_samples_without_a_value_in_either_run_are_not_compared(compare_columns: Any) -> None:
    row = compare_columns(rate("likely", "likely"), {"likely": [1.0, 0, None, 1]}, {"likely": [1.0, 1, 1, None]})

    assert (row.n, row.first, row.other, row.higher, row.lower) == (2, 0.5, 1.0, 1, 0)


def test_a_mean_of_categories_is_exchanged_by_sample(compare_columns: Any) -> None:
    """Category a: 0 of 1, then 1 of 1; b: 1 of 3, then 1 of 3, of other samples: (0 + 1/3) / 2, then (1 + 1/3) / 2."""
    meta = [{"question": f"题{n}", "options": dict.fromkeys("ABCD", "甲"), "category": c} for n, c in enumerate("abbb")]

    row = compare_columns(
        macro("mean", "right", "category"), {"right": [0.0, 1, 0, 0]}, {"right": [1.0, 0, 1, 0]}, meta=meta
    )

    assert (row.first, row.other) == (pytest.approx(1 / 6), pytest.approx(4 / 6))
    # exchanges come to 1/2 or -1/2 by a, and 0, 0, 1/3 or -1/3 more by b: six of eight are as far from 0 as 1/2
    assert row.p == 0.75
    assert row.interval == "bootstrap"


def test_a_column_of_a_label_that_only_one_run_says_is_empty_in_the_other(compare_columns: Any) -> None:
    f1 = Metric(
        "f1", ("hit", "extra"), lambda sums: divide(2 * sums[..., 0], sums[..., 0] + sums[..., 1] + sums[..., 2])
    )

    row = compare_columns(f1, {"hit": [1.0, 0]}, {"hit": [1.0, 0], "extra": [0.0, 2]})

    assert (row.first, row.other) == (pytest.approx(2 / 3), pytest.approx(2 / 5))


def test_a_share_of_what_each_run_says_itself_is_no_rate_of_samples(compare_columns: Any) -> None:
    """Precision: 1 of 2 labels, then 3 of 4; the samples are exchanged, for McNemar has no pairs of labels."""
    precision = Metric("precision", ("hit", "said"), lambda sums: divide(sums[..., 0], sums[..., 1]), rate=True)

    row = compare_columns(precision, {"hit": [1.0, 0], "said": [1.0, 1]}, {"hit": [1.0, 2], "said": [1.0, 3]})

    assert (row.first, row.other, row.test, row.interval) == (0.5, 0.75, "exact flips", "bootstrap")


def test_a_rate_among_some_samples_is_of_these_alone(compare_columns: Any) -> None:
    refused = Metric("refused", ("refused", "harmful"), lambda sums: divide(sums[..., 0], sums[..., 1]), rate=True)
    harmful = [1.0, 1, 1, 0]

    row = compare_columns(
        refused, {"refused": [0.0, 0, 0, 0], "harmful": harmful}, {"refused": [1.0, 1, 1, 0], "harmful": harmful}
    )

    assert (row.first, row.other, row.test, row.p) == (0.0, 1.0, "mcnemar", pytest.approx(0.25))
    assert row.low == pytest.approx(tango(3, 0, 3).low)


QUESTIONS = (
    "反复上腹痛，饭后减轻，夜间加重，首先考虑",
    "突发胸骨后压榨样疼痛，向左肩放射，首选的检查",
    "儿童高热后出现皮疹和口腔黏膜斑",
    "长期咳痰，午后低热，盗汗消瘦，应当怀疑",
)


def test_samples_that_either_model_was_trained_on_are_told_apart(
    kgtools: Command, score_run: Any, write_records: Any
) -> None:
    options = ["甲", "乙", "丙", "丁"]
    seen = write_records([exam_row(QUESTIONS[number], options, "A", source="web") for number in (0, 2)], "seen")
    asked = [exam_row(question, options, "A") for question in QUESTIONS]
    texts = {"messages": [row["messages"] for row in asked], "meta": [row["meta"] for row in asked]}
    first = score_run("base", [WRONG, WRONG, RIGHT, RIGHT], **texts)
    other = score_run("tuned", [RIGHT, WRONG, RIGHT, WRONG], None, None, "题", "--trained-on", seen, **texts)

    ran = kgtools("evaluate", "compare", first, other, "--format", "json")

    found = {row["value"]: (row["first"], row["other"], row["n"]) for row in rows(ran, by="contamination")}
    assert found == {"clean": (0.5, 0.0, 2), "contaminated": (0.5, 1.0, 2)}
    assert ran.json["contamination"]["base"] == "contamination: not checked"
    assert "2 of 4 prompts stand in the training data" in ran.json["contamination"]["tuned"]
