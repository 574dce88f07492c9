"""On the same likelihoods and answers, our accuracy is lm-eval's for every single question.

Its definitions (EleutherAI/lm-evaluation-harness, docs/task_guide.md and lm_eval/api/metrics.py, 0.4): a question of `multiple_choice` is
right by `acc` where the gold choice has the highest log-likelihood, the first of equal ones; `acc_norm` divides by the choice's characters,
`acc_bytes` by its bytes. One of `generate_until` is right by `exact_match` where the answer equals the target."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import orjson
import polars as pl
import pytest

from tests.conftest import Ran
from tests.train.evaluate.conftest import exam_row

TEXTS = ["肺炎", "acute otitis media", "流感", "β受体阻滞剂", "naïve T cell", "1,25-(OH)2D3", "x"]


def lm_eval_acc(likelihoods: list[float], gold: int, lengths: list[int] | None = None) -> float:
    """numpy's argmax takes the first of equal ones, as lm-eval, which calls it, does."""
    values = np.array(likelihoods) / np.array(lengths or [1] * len(likelihoods))
    return float(int(np.argmax(values)) == gold)


@pytest.fixture
def exam(write_records: Callable[..., Path]) -> tuple[Path, list[dict[str, Any]]]:
    """Sixty questions of two to six options, each sixth with two right ones; and answers whose likelihoods are often equal."""
    generator = Random(5)
    rows, answers = [], []
    for number in range(60):
        options = generator.sample(TEXTS, 2 + number % 5)
        letters = "ABCDEF"[: len(options)]
        key = "".join(sorted(generator.sample(letters, 2 if number % 6 == 0 else 1)))
        rows.append(exam_row(f"第{number}题是", options, key))
        likely = {name: float(-generator.randint(1, 4)) for letter in letters for name in (letter, f"text:{letter}")}
        text = generator.choice([key, f"{key}。", f"选{key}", "A", "", f" {key}"])
        answers.append({"id": f"r{number}", "answer": text, "option_logprobs": likely})
    return write_records(rows), answers


@pytest.fixture
def documents(exam: tuple[Path, Any], kgtools: Callable[..., Ran], tmp_path: Path) -> dict[str, dict[str, Any]]:
    """What `kgtools convert --format lm-eval` gives lm-eval to read, by id."""
    ran = kgtools("convert", exam[0], "--format", "lm-eval", "--out", tmp_path / "lm-eval")
    assert ran.code == 0, ran.err
    lines = [line for file in sorted((tmp_path / "lm-eval").glob("*.jsonl")) for line in file.read_bytes().splitlines()]
    return {document["id"]: document for document in map(orjson.loads, lines)}


@pytest.fixture
def scores(
    exam: Any, kgtools: Callable[..., Ran], write_answers: Any, tmp_path: Path
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Our scores of the same, and our figures."""
    ran = kgtools(
        "evaluate",
        "exam",
        exam[0],
        write_answers(exam[1]),
        "--out",
        tmp_path / "s",
        "compat=lm-eval",
        "--format",
        "json",
    )
    assert ran.code == 0, ran.err
    figures = {cell["metric"]: cell for cell in ran.json["cells"] if cell["by"] == "all"}
    return pl.read_parquet(tmp_path / "s" / "scores.parquet"), figures


def test_accuracy_by_likelihood_is_that_of_multiple_choice(exam: Any, documents: Any, scores: Any) -> None:
    likely = {answer["id"]: answer["option_logprobs"] for answer in exam[1]}
    asked = {id_: document for id_, document in documents.items() if document["choices"]}

    acc = {
        id_: lm_eval_acc([likely[id_][letter] for letter in one["choices"]], one["gold"]) for id_, one in asked.items()
    }

    rows, figures = scores
    ours = dict(rows.drop_nulls("right_constrained").select("id", "right_constrained").iter_rows())
    assert len(acc) == 50  # those with one right option; lm-eval generates the others
    assert ours == acc
    assert figures["accuracy_constrained"]["figure"] == sum(acc.values()) / len(acc)
    assert figures["accuracy_constrained"]["n"] == 50


@pytest.mark.parametrize(
    ("way", "length"), [("loglikelihood", None), ("per_character", len), ("per_byte", lambda text: len(text.encode()))]
)
def test_accuracy_by_text_is_acc_acc_norm_and_acc_bytes_over_the_texts(
    way: str, length: Callable[[str], int] | None, exam: Any, documents: Any, scores: Any
) -> None:
    likely = {answer["id"]: answer["option_logprobs"] for answer in exam[1]}
    ours = dict(scores[0].drop_nulls(f"right_{way}").select("id", f"right_{way}").iter_rows())

    records = {
        row["id"]: orjson.loads(row["meta"])
        for row in pl.read_parquet(exam[0] / "records.parquet").iter_rows(named=True)
    }
    assert len(ours) == 50
    for id_, right in ours.items():
        options = records[id_]["options"]
        lengths = None if length is None else [length(text) for text in options.values()]
        values = [likely[id_][f"text:{letter}"] for letter in options]
        assert right == lm_eval_acc(values, documents[id_]["gold"], lengths)


def test_exact_match_is_that_of_generate_until(exam: Any, documents: Any, scores: Any) -> None:
    said = {answer["id"]: answer["answer"] for answer in exam[1]}

    matches = {id_: float(said[id_] == one["target"]) for id_, one in documents.items()}

    assert dict(scores[0].select("id", "right_lm-eval").iter_rows()) == matches
    assert 0 < sum(matches.values()) < scores[0]["right"].sum()  # ours reads 选A as A


def test_lm_eval_is_asked_what_models_are_asked(documents: Any, exam: Any, kgtools: Any, tmp_path: Path) -> None:
    kgtools("evaluate", "prompts", "exam", exam[0], "--out", tmp_path / "prompts")

    lines = [orjson.loads(line) for line in (tmp_path / "prompts" / "prompts.jsonl").read_bytes().splitlines()]

    assert [line["messages"][-1]["content"] for line in lines] == [
        documents[f"r{number}"]["query"] for number in range(60)
    ]


def test_the_gold_choice_is_the_right_one_where_an_option_between_is_empty(
    write_records: Callable[..., Path], kgtools: Callable[..., Ran], tmp_path: Path
) -> None:
    row = exam_row("缺维生素C引起", ["佝偻病", "", "夜盲症", "坏血病"], "D")

    ran = kgtools("convert", write_records([row]), "--format", "lm-eval", "--out", tmp_path / "lm-eval")

    assert ran.code == 0, ran.err
    (file,) = (tmp_path / "lm-eval").glob("*.jsonl")
    document = orjson.loads(file.read_bytes())
    assert (document["choices"], document["gold"]) == (["A", "C", "D"], 2)
