"""Dialogues from records to figures: where each is cut, what is compared, and how."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.train.evaluate.metrics.tokens import find_tokenizer
from tests.conftest import Ran
from tests.train.evaluate.metrics.libraries import nltk_figures, rouge_figures

Command = Callable[..., Ran]
COUGH = ["咳嗽三天了", "发烧吗？", "38.5度", "拍个胸片。", "要吃药吗", "先多喝水，明天复查。"]
RASH = ["身上起疹子", "痒不痒？", "很痒", "考虑荨麻疹，口服氯雷他定。"]


def dialogue(turns: Sequence[str], **more: Any) -> dict[str, Any]:
    """The record of a dialogue that the patient begins."""
    messages = [{"role": "assistant" if place % 2 else "user", "content": text} for place, text in enumerate(turns)]
    return {"task": "dialogue", "messages": messages} | more


@pytest.fixture
def ask(write_records: Callable[..., Path], kgtools: Command, tmp_path: Path) -> Callable[..., pl.DataFrame]:
    """The prompts of rows in tmp_path/prompts."""

    def make(rows: list[dict[str, Any]], *words: str, name: str = "records") -> pl.DataFrame:
        ran = kgtools(
            "evaluate", "prompts", "dialogue", write_records(rows, name), "--out", tmp_path / "prompts", *words
        )
        assert ran.code == 0, ran.err
        return pl.read_parquet(tmp_path / "prompts" / "records.parquet")

    return make


@pytest.fixture
def score(kgtools: Command, write_answers: Callable[..., Path], tmp_path: Path) -> Callable[..., Ran]:
    """Scoring answers to tmp_path/prompts, or to another folder's."""

    def run(answers: Any, *words: str, prompts: str = "prompts") -> Ran:
        ran = kgtools(
            "evaluate", "dialogue", tmp_path / prompts, write_answers(answers), "--out", tmp_path / "scores", *words
        )
        assert ran.code == 0, ran.err
        return ran

    return run


def figures(ran: Ran) -> dict[str, float]:
    return {cell["metric"]: cell["figure"] for cell in ran.json["cells"] if cell["by"] == "all"}


def test_a_history_ends_with_the_patient_and_the_reference_is_what_the_doctor_said_next(ask: Any) -> None:
    rows = ask([dialogue(COUGH)], "cut=every").to_dicts()

    assert [[one["content"] for one in row["messages"]] for row in rows] == [COUGH[:1], COUGH[:3], COUGH[:5]]
    assert [row["answer"] for row in rows] == COUGH[1::2]
    assert {row["group"] for row in rows} == {"g0"}


def test_the_seed_and_the_record_choose_the_round_whatever_else_is_asked(ask: Any) -> None:
    turns = [f"第{number}句" for number in range(20)]
    many = [dialogue(turns, id=f"r{number}") for number in range(30)]

    first = dict(ask(many, "seed=1").select("id", "answer").iter_rows())
    reverse = dict(ask(many[:4:-1], "seed=1", name="reverse").select("id", "answer").iter_rows())
    other = dict(ask(many, "seed=2", name="other").select("id", "answer").iter_rows())

    assert reverse.items() <= first.items()
    assert len(reverse) == 25
    assert len(set(first.values())) > 5
    assert first != other


def test_a_dialogue_without_a_doctor_after_a_patient_is_counted(
    write_records: Any, kgtools: Command, tmp_path: Path
) -> None:
    silent = {"task": "dialogue", "messages": [{"role": "user", "content": "在吗"}]}
    folder = write_records([dialogue(RASH), silent])

    ran = kgtools("evaluate", "prompts", "dialogue", folder, "--out", tmp_path / "prompts", "--format", "json")

    assert ran.json["refused"] == {"no turn of a doctor after one of a patient": 1}
    assert ran.json["samples"] == 1


def test_worked_examples_are_refused(write_records: Any, kgtools: Command, tmp_path: Path) -> None:
    ran = kgtools(
        "evaluate", "prompts", "dialogue", write_records([dialogue(RASH)]), "--out", tmp_path / "p", "shots=1"
    )

    assert ran.code == 2
    assert "shots=1" in ran.err


@pytest.mark.parametrize("tokenize", ["char", "jieba", "word"])
@pytest.mark.parametrize("smoothing", ["none", "method1"])
def test_every_figure_is_the_mean_of_the_libraries_or_that_of_the_corpus(
    ask: Any, score: Any, tokenize: Any, smoothing: str
) -> None:
    rows = ask([dialogue(COUGH), dialogue(RASH)], "cut=last")
    said = ["多喝水，先拍个胸片。", "考虑荨麻疹"]

    found = figures(
        score(
            dict(zip(rows["id"], said, strict=True)), f"tokenize={tokenize}", f"smoothing={smoothing}", "--format=json"
        )
    )

    cut = find_tokenizer(tokenize)
    texts, references = [cut(text) for text in said], [[cut(text)] for text in rows["answer"]]
    each = [
        nltk_figures([text], [others], smoothing) | rouge_figures(text, others[0])
        for text, others in zip(texts, references, strict=True)
    ]
    means = {name: (each[0][name] + each[1][name]) / 2 for name in each[0]}
    corpus = {f"corpus_{name}": value for name, value in nltk_figures(texts, references, smoothing).items()}
    lengths = sum(map(len, texts)) / sum(len(others[0]) for others in references)
    assert found == pytest.approx(means | corpus | {"length_ratio": lengths, "empty": 0.0}, abs=1e-9)


def test_what_a_model_thought_before_is_not_compared(ask: Any, score: Any, tmp_path: Path) -> None:
    rows = ask([dialogue(RASH), dialogue(COUGH)], "cut=last")

    found = figures(
        score(
            {id_: f"<think>是什么病？</think>{text}" for id_, text in rows.select("id", "answer").iter_rows()},
            "--format=json",
        )
    )

    assert found["bleu_4"] == pytest.approx(1.0)
    assert found["rouge_l"] == pytest.approx(1.0)
    scores = pl.read_parquet(tmp_path / "scores" / "scores.parquet")
    assert scores["answer"].str.strip_chars().to_list() == rows["answer"].to_list()
    assert scores["thinking"].str.contains("是什么病").all()


def test_nothing_said_and_no_answer_are_0_and_counted(ask: Any, score: Any) -> None:
    rows = ask([dialogue(RASH), dialogue(COUGH), dialogue(["头痛", "多久了？"])], "cut=last")
    first, second, _ = rows["id"]

    ran = score({first: rows["answer"][0], second: " \n"}, "--missing=wrong", "--format=json")

    assert ran.json["states"] == {"answered": 1, "empty": 1, "missing": 1}
    assert figures(ran)["bleu_1"] == pytest.approx(1 / 3)
    assert figures(ran)["empty"] == pytest.approx(2 / 3)


def test_how_texts_were_cut_is_printed_and_kept(ask: Any, score: Any, tmp_path: Path) -> None:
    rows = ask([dialogue(RASH), dialogue(COUGH)], "cut=last")

    ran = score(dict.fromkeys(rows["id"], "考虑荨麻疹"), "tokenize=jieba")

    assert "tokenize=jieba, smoothing=none, references=best" in ran.err
    assert orjson.loads((tmp_path / "scores" / "run.json").read_bytes())["settings"]["tokenize"] == "jieba"


def test_bleu_is_printed_in_per_cent_and_details_of_all_answers_alone(ask: Any, score: Any) -> None:
    rows = ask([dialogue(COUGH), dialogue(RASH)], "cut=every")

    lines = [line.split() for line in score(dict(rows.select("id", "answer").iter_rows())).out.splitlines()]

    assert ["toy", "all", "5", "bleu_1", "100.0", "100.0-100.0"] in lines
    assert {"corpus_bleu_4", "rouge_1_precision"} <= {line[3] for line in lines if line[1:2] == ["all"]}
    head = [line for line in lines if line[:2] == ["source", "by"]][1]
    assert head[2:5] == ["n", "bleu_1", "95"]
    assert not {"corpus_bleu_4", "rouge_1_precision"} & set(head)
    assert ["toy", "round", "first", "2", "100.0", "100.0-100.0", *["100.0"] * 7] in lines


def test_records_without_prompts_are_scored_by_what_they_end_with(write_records: Any, score: Any) -> None:
    """A model that was given the records has answered their last turn, not one that the seed draws."""
    write_records([dialogue(COUGH), dialogue(RASH)])

    found = figures(score({"r0": COUGH[-1], "r1": RASH[-1]}, "--format=json", prompts="records"))

    assert found["bleu_2"] == pytest.approx(1.0)


def test_many_metrics_are_compared_in_one_table_and_the_first_by_group(
    ask: Any, score: Any, kgtools: Any, tmp_path: Path
) -> None:
    rows = ask([dialogue(COUGH), dialogue(RASH)], "cut=every")
    right = dict(rows.select("id", "answer").iter_rows())
    for name, answers in (("base", dict.fromkeys(right, "请到皮肤科看荨麻疹。")), ("tuned", right)):
        score(answers)
        (tmp_path / "scores").rename(tmp_path / name)

    ran = kgtools("evaluate", "compare", tmp_path / "base", tmp_path / "tuned")

    assert ran.code == 0, ran.err
    assert [line.split(":")[0] for line in ran.out.splitlines() if " against " in line] == [
        "dialogue, all samples", "dialogue, bleu_1",
    ]  # fmt: skip
    assert ["gleu", "5"] in [line.split()[1:3] for line in ran.out.splitlines()]
    assert "--format csv or json has the other metrics by group too" in ran.err
