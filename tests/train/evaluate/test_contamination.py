"""Prompts that stand in the training data: which are found, in which form, and what is said where nobody could look."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.corpora.record import PREFERENCES
from kgtools.corpora.record_files import Sink
from kgtools.tools.inputs.files import sha256
from tests.conftest import Ran
from tests.train.evaluate.conftest import exam_row

Command = Callable[..., Ran]
ULCER = exam_row("反复上腹痛，饭后减轻，夜间加重，首先考虑", ["十二指肠溃疡", "胃癌", "胆囊炎", "胰腺炎"], "A")
ANGINA = exam_row("突发胸骨后压榨样疼痛，向左肩放射，首选的检查", ["胸片", "心电图", "胃镜", "脑电图"], "B")
MEASLES = exam_row("儿童高热后出现皮疹和口腔黏膜斑，最可能是", ["水痘", "猩红热", "麻疹", "风疹"], "C")
ASKED = [ULCER, ANGINA, MEASLES]


@pytest.fixture
def score(
    kgtools: Command, write_records: Callable[..., Path], write_answers: Callable[..., Path], tmp_path: Path
) -> Callable[..., Any]:
    """What scoring says of contamination, and the rows of its scores; all answers are A. `words`: settings of the prompts."""

    def run(*options: Any, rows: list[dict[str, Any]] | None = None, words: tuple[str, ...] = ()) -> Any:
        asked, prompts, out = write_records(rows or ASKED, "asked"), tmp_path / "prompts", tmp_path / "scores"
        ran = kgtools("evaluate", "prompts", "exam", asked, "--out", prompts, *words)
        assert ran.code == 0, ran.err
        lines = (prompts / "prompts.jsonl").read_bytes().splitlines()
        answers = write_answers({orjson.loads(line)["id"]: "A" for line in lines})
        ran = kgtools("evaluate", "exam", prompts, answers, "--out", out, "--format", "json", *options)
        assert ran.code == 0, ran.err
        return ran.json, pl.read_parquet(out / "scores.parquet")

    return run


def test_without_training_data_every_table_says_that_nobody_looked(
    score: Any, kgtools: Command, tmp_path: Path
) -> None:
    result, scores = score()

    shown = kgtools("evaluate", "exam", tmp_path / "prompts", tmp_path / "answers.jsonl", "--out", tmp_path / "scores")
    assert "exam: 3 answers; contamination: not checked" in shown.out
    assert result["contamination"]["checked"] is False
    assert "contaminated" not in scores.columns


@pytest.mark.parametrize("words", [(), ("prompt=letters",), ("prompt=cot",), ("rotations=4",)])
def test_a_question_that_was_trained_on_is_found_however_it_is_asked(
    words: tuple[str, ...], score: Any, write_records: Any, tmp_path: Path
) -> None:
    trained = write_records([ANGINA | {"id": "t", "source": "web", "split": "train"}], "trained")

    result, scores = score("--trained-on", trained, words=words)

    times = 4 if "rotations=4" in words else 1
    assert set(scores.filter("contaminated")["record"]) == {"r1"}
    assert scores["contaminated"].sum() == times
    assert result["contamination"]["rules"] == {"stem": times}
    line = f"contamination: {times} of {3 * times} prompts stand in the training data (records: 1; stem {times})"
    assert result["contamination"]["line"] == line
    pairs = pl.read_parquet(tmp_path / "scores" / "contaminated.parquet")
    assert pairs.select("id", "item", "verdict").rows() == [("t", "r1", "hit")]


def test_every_figure_is_also_given_for_the_clean_samples_alone(score: Any, write_records: Any) -> None:
    result, _ = score("--trained-on", write_records([ULCER | {"source": "web"}], "trained"))

    figures = {
        (cell["by"], cell["value"]): (cell["figure"], cell["n"])
        for cell in result["cells"]
        if cell["metric"] == "accuracy"
    }
    assert figures["all", ""] == (pytest.approx(1 / 3), 3)
    assert figures["contamination", "clean"] == (0.0, 2)
    assert figures["contamination", "contaminated"] == (1.0, 1)


def test_worked_examples_are_no_part_of_a_question(score: Any, write_records: Any) -> None:
    shot = MEASLES | {"split": "train"}

    _, scores = score("--trained-on", write_records([shot], "trained"), rows=[ULCER, ANGINA, shot], words=("shots=1",))

    assert scores["record"].to_list() == ["r0", "r1"]
    assert "黏膜斑" in scores["messages"][0][0]["content"]
    assert scores["contaminated"].to_list() == [False, False]


def test_records_that_are_not_trained_on_do_not_count(score: Any, write_records: Any) -> None:
    trained = [
        row | {"source": "web", "split": split}
        for row, split in zip(ASKED, ("test", "validation", "train"), strict=True)
    ]

    result, scores = score("--trained-on", write_records(trained, "trained"))

    assert scores["contaminated"].to_list() == [False, False, True]
    assert (result["contamination"]["records"], result["contamination"]["apart"]) == (1, 2)


def test_what_only_looks_like_a_record_or_is_told_by_a_graph_is_counted_apart(score: Any, write_records: Any) -> None:
    other_key = exam_row(ULCER["meta"]["question"], ["阑尾炎", "肠梗阻", "肾结石", "疝气"], "A", source="web")
    from_graph = ANGINA | {"facts": ["f1"], "source": "graph"}

    result, scores = score("--trained-on", write_records([other_key, from_graph], "trained"))

    said = result["contamination"]
    assert (said["rules"], said["twins"], said["facts"]) == ({}, 1, 1)
    assert said["line"].endswith("(records: 2); look alike: 1; told by records of a graph: 1")
    assert not scores["contaminated"].any()


def test_preferences_are_training_data_too(score: Any, tmp_path: Path) -> None:
    (tmp_path / "preferences").mkdir()
    row = {
        "id": "p", "task": "qa", "lang": "zh", "prompt": ULCER["messages"][:1], "chosen": [{"role": "assistant", "content": "A"}],
        "rejected": [{"role": "assistant", "content": "B"}], "facts": [], "group": "p", "source": "web", "license": "Apache-2.0", "meta": "{}",
    }  # fmt: skip
    with Sink(tmp_path / "preferences" / "preferences.parquet", PREFERENCES) as sink:
        sink.write(pl.DataFrame([dict.fromkeys(PREFERENCES.columns) | row], schema=PREFERENCES.columns))

    _, scores = score("--trained-on", tmp_path / "preferences")

    assert scores["contaminated"].to_list() == [True, False, False]


@pytest.fixture
def training(tmp_path: Path) -> Callable[..., Path]:
    """The folder of a training that read files of these SHA-256."""

    def make(**inputs: str) -> Path:
        folder = tmp_path / "model"
        folder.mkdir()
        said = {"command": "train sft", "inputs": inputs, "versions": {"kgtools": "1"}}
        (folder / "run.json").write_bytes(orjson.dumps(said))
        return folder

    return make


def test_of_a_training_alone_only_hashes_are_known_and_nothing_is_claimed(score: Any, training: Any) -> None:
    result, scores = score("--trained-on", training(records="ab" * 32))

    assert result["contamination"]["checked"] is False
    said = "contamination: not checked, of the training only the SHA-256 of its files is known (records abababababab)"
    assert result["contamination"]["line"] == said
    assert result["contamination"]["runs"] == {"model": {"records": "ab" * 32}}
    assert "contaminated" not in scores.columns


def test_records_of_a_training_are_known_by_their_hash_and_the_others_are_named(
    score: Any, training: Any, write_records: Any
) -> None:
    trained = write_records([ULCER | {"source": "web"}], "trained")
    model = training(mix=sha256(trained / "records.parquet"), dialogues="cd" * 32)

    result, _ = score("--trained-on", model, "--trained-on", trained)

    assert result["contamination"]["unseen"] == {"dialogues": "cd" * 32}
    assert result["contamination"]["line"].endswith("(records: 1; stem 1); not looked at: dialogues cdcdcdcdcdcd")


def test_run_json_says_what_was_looked_at(score: Any, write_records: Any, tmp_path: Path) -> None:
    trained = write_records([ULCER | {"source": "web"}], "trained")

    score("--trained-on", trained)

    said = orjson.loads((tmp_path / "scores" / "run.json").read_bytes())
    assert said["inputs"]["trained-on/1/records.parquet"] == sha256(trained / "records.parquet")
    assert said["contamination"]["rules"] == {"stem": 1}


def test_scores_of_before_leave_no_pairs_behind(
    score: Any, write_records: Any, kgtools: Command, tmp_path: Path
) -> None:
    score("--trained-on", write_records([ULCER], "trained"))

    kgtools("evaluate", "exam", tmp_path / "prompts", tmp_path / "answers.jsonl", "--out", tmp_path / "scores")

    assert not (tmp_path / "scores" / "contaminated.parquet").exists()


def test_what_is_no_training_data_is_refused(
    kgtools: Command, write_records: Any, write_answers: Any, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    answers = write_answers({"r0": "A"})

    ran = kgtools(
        "evaluate", "exam", write_records([ULCER]), answers, "--trained-on", tmp_path / "empty", "--out", tmp_path / "s"
    )

    assert ran.code == 2
    assert "empty: holds no records.parquet" in ran.err
