"""Reports: which figure of ours stands beside which published one, what is said of it, and in which forms."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.conftest import Ran

Command = Callable[..., Ran]
COUNTS = {"Respiratory": (18, 69), "Urinary": (40, 45), "Digestive": (1_107, 3_000), "Rheumatic immune": (9, 19)}
"""Right of all, by category: a Digestive that is narrow, others at the paper's n."""


def cell(
    metric: str, figure: float, half: float, n: int, source: str, by: str = "all", value: str = ""
) -> dict[str, Any]:
    return {
        "source": source, "by": by, "value": value, "metric": metric, "figure": figure, "low": figure - half, "high": figure + half,
        "interval": "wilson", "n": n, "groups": n, "smallest_difference": 0.1,
    }  # fmt: skip


@pytest.fixture
def write_run(tmp_path: Path) -> Callable[..., Path]:
    """A folder of scores as `kgtools evaluate TASK` writes it."""

    def write(name: str, task: str, cells: list[dict[str, Any]], **said: Any) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "cells.json").write_bytes(orjson.dumps(cells))
        metrics = {one["metric"]: {"better": True, "percent": True} for one in cells}
        common = {
            "command": f"evaluate {task}", "task": task, "settings": {"seed": 0, "missing": "error"}, "versions": {"kgtools": "0.1.0"},
            "inputs": {"prompts/records.parquet": "abcdef0123456789"}, "samples": 100, "answers": 100, "missing": 0, "states": {},
            "metrics": metrics, "prompt_settings": {"shots": 0, "prompt": "own", "count": None}, "answered_by": {"model": "models/mine"},
        }  # fmt: skip
        (folder / "run.json").write_bytes(orjson.dumps(common | said))
        return folder

    return write


@pytest.fixture
def exam(write_run: Callable[..., Path]) -> Callable[..., Path]:
    """An exam of MedQA, by category."""

    def write(name: str = "exam", source: str = "medqa", **said: Any) -> Path:
        cells = [cell("accuracy", 0.37, 0.01, 3_133, source)]
        for category, (right, n) in COUNTS.items():
            half = 1.96 * (right / n * (1 - right / n) / n) ** 0.5
            cells.append(cell("accuracy", right / n, half, n, source, "category", category))
        return write_run(name, "exam", cells, **said)

    return write


@pytest.fixture
def report(kgtools: Command, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """What the command gives as JSON."""

    def run(*words: object) -> dict[str, Any]:
        ran = kgtools("evaluate", "report", *words, "--out", tmp_path / "report", "--format", "json")
        assert ran.code == 0, ran.err
        found: dict[str, Any] = ran.json
        return found

    return run


def table_of(report: dict[str, Any], paper: str, number: str) -> dict[str, Any]:
    return next(one for one in report["tables"] if (one["paper"], one["number"]) == (paper, number))


def cells_of(table: dict[str, Any], row: int = 0) -> dict[str, Any]:
    names = [column["name"] for column in table["columns"]]
    return dict(zip(names, table["ours"][row]["cells"], strict=True))


def test_each_figure_has_the_verdict_that_its_n_allows(exam: Any, report: Any) -> None:
    table = table_of(report(exam()), "ClinicalGPT", "Table 4")

    cells = cells_of(table)
    assert {name: one["verdict"] for name, one in cells.items()} == {
        "Respiratory": "unknowable", "Urinary": "not reproduced", "Digestive": "reproduced", "Rheumatic immune": "unknowable",
        "Average": "not reproduced",
    }  # fmt: skip
    assert cells["Digestive"]["figure"] == pytest.approx(36.9)
    assert table["published"]["ClinicalGPT"] == [26.1, 40.0, 36.9, 47.4, 37.6]


def test_an_average_is_that_of_our_cells_with_their_errors_combined(exam: Any, report: Any) -> None:
    cells = cells_of(table_of(report(exam()), "ClinicalGPT", "Table 4"))

    parts = [cells[name] for name in COUNTS]
    assert cells["Average"]["figure"] == pytest.approx(sum(one["figure"] for one in parts) / 4)
    half = sum((one["figure"] - one["low"]) ** 2 for one in parts) ** 0.5 / 4
    assert cells["Average"]["low"] == pytest.approx(cells["Average"]["figure"] - half)
    assert cells["Average"]["n"] == sum(n for _, n in COUNTS.values())


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"source": "cmexam"}, "another set: cmexam; the paper's is medqa"),
        (
            {"prompt_settings": {"shots": 3, "prompt": "own", "count": None}},
            "another setting: shots is 3; the paper's is 0",
        ),
        ({"missing": 7, "settings": {"seed": 0, "missing": "skip"}}, "7 prompts without an answer were left out"),
    ],
)
def test_what_is_no_comparison_has_no_verdict_and_says_why(
    exam: Any, report: Any, said: dict[str, Any], why: str
) -> None:
    cells = cells_of(table_of(report(exam(**said)), "ClinicalGPT", "Table 4"))

    assert {one["verdict"] for one in cells.values()} == {None}
    assert {one["why"] for one in cells.values()} == {why}


def test_a_part_of_the_set_is_no_comparison_unless_it_was_drawn(write_run: Any, report: Any) -> None:
    def respiratory(name: str, count: int | None) -> dict[str, Any]:
        cells = [cell("accuracy", 0.26, 0.02, 68, "medqa", "category", "Respiratory")]
        run = write_run(name, "exam", cells, prompt_settings={"shots": 0, "prompt": "own", "count": count})
        found: dict[str, Any] = cells_of(table_of(report(run), "ClinicalGPT", "Table 4"))["Respiratory"]
        return found

    assert (
        respiratory("first", None)["why"] == "a part of the set, not drawn by count: n = 68; the paper's is 69 at least"
    )
    assert respiratory("drawn", 68)["verdict"] == "reproduced"


def test_a_mean_over_fewer_tasks_than_the_paper_s_is_no_comparison(write_run: Any, report: Any) -> None:
    def outcome(*tasks: str) -> dict[str, Any]:
        cells = [cell("published_accuracy_average", 0.8667, 0.02, 300, "meds-ins", "category", "outcome")]
        cells += [cell("published_accuracy_average", 0.8667, 0.02, 100, "meds-ins", "row", task) for task in tasks]
        settings = {"prompt_settings": {"shots": 3}, "settings": {"compat": "meds-bench", "missing": "error"}}
        found: dict[str, Any] = cells_of(
            table_of(report(write_run("-".join(tasks), "meds-bench", cells, **settings)), "MedS-Bench", "Accuracies")
        )["Outcome"]
        return found

    assert outcome("task117", "task118")["why"] == "another set: without task119"
    assert outcome("task117", "task118", "task119")["verdict"] == "reproduced"


def test_a_paper_that_does_not_say_its_tokenisation_gets_no_verdict(write_run: Any, report: Any) -> None:
    run = write_run("talk", "dialogue", [cell("bleu_1", 0.139, 0.001, 1_000, "meddialog")])

    cells = cells_of(table_of(report(run), "ClinicalGPT", "Table 2"))

    assert cells["BLEU-1"]["figure"] == pytest.approx(13.9)
    assert cells["BLEU-1"]["verdict"] is None
    assert "tokenisation" in cells["BLEU-1"]["why"]
    assert cells["ROUGE-L"] is None


def test_shares_are_held_against_shares(write_run: Any, report: Any) -> None:
    settings = {"shots": 0, "prompt": "medalpaca", "count": None}
    run = write_run(
        "usmle",
        "usmle",
        [cell("accuracy_medalpaca", 0.4725, 0.02, 2_000, "usmle", "step", "1")],
        prompt_settings=settings,
    )

    cells = cells_of(table_of(report(run), "MedAlpaca", "USMLE"))

    assert (cells["Step 1"]["figure"], cells["Step 1"]["verdict"]) == (pytest.approx(0.4725), "reproduced")


def test_another_row_and_another_difference_can_be_asked_for(write_run: Any, report: Any) -> None:
    settings = {"shots": 0, "prompt": "medalpaca", "count": None}
    run = write_run(
        "usmle", "usmle", [cell("accuracy_medalpaca", 0.20, 0.039, 400, "usmle", "step", "1")], prompt_settings=settings
    )

    strict = cells_of(table_of(report(run, "--against", "LLaMA-7b"), "MedAlpaca", "USMLE"))["Step 1"]
    loose = cells_of(table_of(report(run, "--against", "LLaMA-7b", "--matters", 8), "MedAlpaca", "USMLE"))["Step 1"]

    assert (strict["verdict"], loose["verdict"]) == ("unknowable", "reproduced")


def test_two_models_are_two_rows_and_the_same_one_twice_is_told_apart(exam: Any, report: Any) -> None:
    runs = [exam("one"), exam("two"), exam("three", answered_by={"model": "other"})]

    table = table_of(report(*runs), "ClinicalGPT", "Table 4")

    assert [row["label"] for row in table["ours"]] == ["mine (one)", "mine (two)", "other"]


def test_one_model_s_runs_on_several_sets_are_one_row(write_run: Any, report: Any) -> None:
    runs = [write_run(name, "exam", [cell("accuracy", 0.5, 0.01, 99, name)]) for name in ("ceval", "cmmlu")]

    (row,) = table_of(report(*runs), "ChiMed-GPT", "Multi-choice QA")["ours"]

    assert (row["label"], [one["run"] for one in row["runs"]]) == ("mine", ["ceval", "cmmlu"])
    assert [one and one["figure"] for one in row["cells"]] == [50.0, 50.0, None]


def test_a_judge_s_verdicts_fill_the_table_of_verdicts(write_run: Any, report: Any) -> None:
    """What judges write has no prompts of its own, and says in its header whether they were held against people."""
    run = write_run("judged", "judge", [cell("win", 0.7, 0.1, 388, "cmedqa2")], header="judge gpt, rubric clinicalgpt: judge not calibrated",
                    judge={"model": "gpt"})  # fmt: skip
    said = orjson.loads((run / "run.json").read_bytes())
    for key in ("task", "prompt_settings", "answered_by", "states", "samples"):
        said.pop(key)
    (run / "run.json").write_bytes(orjson.dumps(said))

    table = table_of(report(run), "ClinicalGPT", "Table 7")

    assert cells_of(table)["Win"]["why"].startswith("the prompt of the judge is not public")
    assert table["ours"][0]["runs"][0]["header"]["judge"] == "gpt, rubric clinicalgpt: judge not calibrated"


def test_a_run_that_no_paper_has_a_table_for_is_shown_by_itself(write_run: Any, report: Any) -> None:
    found = report(write_run("facts", "facts", [cell("stated", 0.5, 0.1, 90, "xywy")]))

    assert found["tables"] == []
    assert [one["metric"] for one in found["others"][0]["cells"]] == ["stated"]


def test_every_table_says_what_its_figures_depend_on(exam: Any, kgtools: Command, tmp_path: Path) -> None:
    run = exam(
        contamination={"line": "contamination: 3 of 100 prompts stand in the training data"},
        judge={"model": "gpt", "calibrated": "no"},
        answered_by={"model": "models/mine", "temperature": 0.4},
    )

    shown = kgtools("evaluate", "report", run, "--out", tmp_path / "report").out

    for text in ("prompts: 100 (SHA-256 abcdef012345)", "shots=0", "temperature=0.4", "3 of 100 prompts stand in the training data",
                 "judge: calibrated=no, model=gpt", "kgtools: 0.1.0", "Wang et al. 2023", "half of 5 points"):  # fmt: skip
        assert text in shown


def test_without_a_check_contamination_is_said_to_be_unchecked(exam: Any, kgtools: Command, tmp_path: Path) -> None:
    assert "contamination: not checked" in kgtools("evaluate", "report", exam(), "--out", tmp_path / "report").out


def test_a_paper_asked_for_by_name_shows_its_empty_tables_too(report: Any) -> None:
    found = report("--paper", "clinicalgpt")

    assert [table["number"] for table in found["tables"]] == ["Table 2", "Table 4", "Table 6", "Table 7"]
    assert all(table["ours"] == [] for table in found["tables"])


def test_a_terminal_shows_the_tables_that_runs_fill_and_names_the_others(
    exam: Any, kgtools: Command, tmp_path: Path
) -> None:
    ran = kgtools("evaluate", "report", exam(), "--paper", "clinicalgpt", "--out", tmp_path / "report")

    assert "ClinicalGPT, Table 4" in ran.out
    assert "Table 2" not in ran.out
    assert "no run fills ClinicalGPT, Table 2; ClinicalGPT, Table 6; ClinicalGPT, Table 7" in ran.err
    assert "Table 2: Medical conversation" in (tmp_path / "report" / "report.md").read_text(encoding="utf-8")


def test_how_many_items_would_tell_stands_in_a_row_of_its_own(exam: Any, kgtools: Command, tmp_path: Path) -> None:
    lines = kgtools(
        "evaluate", "report", exam(), "--paper", "clinicalgpt", "--out", tmp_path / "report"
    ).out.splitlines()

    verdicts, needs = (next(line for line in lines if head in line) for head in ("Verdict on", "n for a verdict"))
    assert verdicts.split("ClinicalGPT")[1].count("unknowable at this n") == 2
    assert needs.count("about ") == 2


def test_the_same_runs_give_the_same_bytes_in_every_form(exam: Any, kgtools: Command, tmp_path: Path) -> None:
    run = exam()

    for name in ("a", "b"):
        assert kgtools("evaluate", "report", run, "--out", tmp_path / name).code == 0

    names = sorted(file.name for file in (tmp_path / "a").iterdir() if file.suffix)
    assert names == ["report.html", "report.json", "report.md", "report.tex", "run.json"]
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_latex_and_markdown_escape_what_they_would_obey(exam: Any, kgtools: Command, tmp_path: Path) -> None:
    kgtools("evaluate", "report", exam(answered_by={"model": "a_b%|c"}), "--out", tmp_path / "report")

    assert r"a\_b\%\textbar{}c (ours)" in (tmp_path / "report" / "report.tex").read_text(encoding="utf-8")
    assert r"a_b%\|c (ours)" in (tmp_path / "report" / "report.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name folders of scores, or --paper: chimed-gpt, clinicalgpt, medalpaca, meds-bench"),
        (("--paper", "clinicalgtp"), "did you mean clinicalgpt"),
        (
            ("--paper", "clinicalgpt", "--against", "BLOM"),
            "--against BLOM: no table has such a row; did you mean BLOOM",
        ),
        (("nowhere",), "nowhere: holds no scores; name a folder that kgtools evaluate TASK wrote"),
    ],
)
def test_what_cannot_be_reported_says_what_to_do(
    kgtools: Command, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    ran = kgtools("evaluate", "report", *words, "--out", tmp_path / "report")

    assert ran.code == 2
    assert said in ran.err
    assert not (tmp_path / "report").exists()
