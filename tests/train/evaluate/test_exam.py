"""Exams from records to figures: what is asked, what an answer is taken for, and what cannot be read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from tests.conftest import Ran
from tests.train.evaluate.conftest import exam_row

SCURVY = exam_row("坏血病缺乏的是", ["维生素A", "维生素B", "维生素C", "维生素D"], "C")
FEVER = exam_row("引起发热的有", ["肺炎", "流感", "骨折", "疟疾", "近视"], "ABD", group="case")
ANAEMIA = exam_row(
    "Iron is lacking in which disease?", ["anaemia", "gout", "asthma", "rickets"], "A", lang="en", group="case"
)
Command = Callable[..., Ran]


@pytest.fixture
def prompts(
    write_records: Callable[..., Path], kgtools: Command, tmp_path: Path
) -> Callable[..., list[dict[str, Any]]]:
    """The prompts of rows, as `prompts.jsonl` has them, in tmp_path/prompts."""

    def make(rows: list[dict[str, Any]], *words: str) -> list[dict[str, Any]]:
        ran = kgtools("evaluate", "prompts", "exam", write_records(rows), "--out", tmp_path / "prompts", *words)
        assert ran.code == 0, ran.err
        return [orjson.loads(line) for line in (tmp_path / "prompts" / "prompts.jsonl").read_bytes().splitlines()]

    return make


@pytest.fixture
def score(kgtools: Command, write_answers: Callable[..., Path], tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """What scoring answers to tmp_path/prompts prints as JSON."""

    def run(answers: Any, *words: str) -> dict[str, Any]:
        file = write_answers(answers)
        ran = kgtools(
            "evaluate", "exam", tmp_path / "prompts", file, "--out", tmp_path / "scores", "--format", "json", *words
        )
        assert ran.code == 0, ran.err
        found: dict[str, Any] = ran.json
        return found

    return run


def figures(result: dict[str, Any], by: str = "all", value: str = "") -> dict[str, float]:
    return {cell["metric"]: cell["figure"] for cell in result["cells"] if (cell["by"], cell["value"]) == (by, value)}


def test_what_cannot_be_read_is_wrong_and_counted(prompts: Any, score: Any) -> None:
    asked = prompts(
        [
            SCURVY,
            FEVER,
            ANAEMIA,
            SCURVY | {"messages": [{"role": "user", "content": "又问：坏血病?\nA. 甲\nB. 乙"}], "answer": "B"},
        ]
    )

    result = score(
        dict(
            zip(
                [one["id"] for one in asked],
                ["<think>A?</think>答案是C", "A、B、D", "I am not sure.", "B"],
                strict=True,
            )
        )
    )

    assert result["states"] == {"abstained": 1, "read": 3}
    all_ = figures(result)
    assert all_["accuracy"] == 0.75
    assert all_["unread"] == 0.25
    assert all_["accuracy_of_read"] == 1.0
    assert all_["accuracy_with_guesses"] == pytest.approx((3 + 1 / 4) / 4)


def test_each_answer_is_kept_with_what_was_read_in_it(prompts: Any, score: Any, tmp_path: Path) -> None:
    (asked,) = prompts([FEVER])

    score({asked["id"]: "选A、B"})

    row = pl.read_parquet(tmp_path / "scores" / "scores.parquet").row(0, named=True)
    assert (row["id"], row["record"], row["extracted"], row["right"], row["reference"]) == (
        asked["id"],
        "r0",
        "AB",
        0.0,
        "ABD",
    )
    assert row["answer"] == "选A、B"


def test_rotated_options_keep_their_right_answer(prompts: Any, score: Any, tmp_path: Path) -> None:
    asked = prompts([FEVER], "rotations=5", "prompt=letters")

    rows = pl.read_parquet(tmp_path / "prompts" / "records.parquet")
    assert rows["answer"].to_list() == ["ABD", "BCE", "ACD", "BDE", "ACE"]
    assert "A. 近视\nB. 肺炎" in asked[1]["messages"][-1]["content"]
    result = score({one["id"]: key for one, key in zip(asked, rows["answer"], strict=True)})
    assert figures(result)["accuracy"] == 1.0
    assert {cell["groups"] for cell in result["cells"] if cell["by"] == "all"} == {1}


def test_no_worked_example_is_the_question_itself_or_of_its_case(prompts: Any) -> None:
    rows = [
        exam_row(f"问题{number}是", ["甲", "乙", "丙", "丁"], "ABCD"[number % 4], group=f"case{number // 2}")
        for number in range(12)
    ]

    asked = prompts(rows, "shots=3", "seed=5")

    for number, one in enumerate(asked):
        *examples, question = [message["content"] for message in one["messages"] if message["role"] == "user"]
        assert f"问题{number}是" in question
        assert len(examples) == 3
        pair = {f"问题{number - number % 2 + at}是" for at in (0, 1)}
        assert not [text for text in examples for same in pair if same in text]


def test_prompts_are_the_same_bytes_each_time(kgtools: Command, write_records: Any, tmp_path: Path) -> None:
    rows = [exam_row(f"问题{number}", ["甲", "乙", "丙"], "A") for number in range(30)]
    records = write_records(rows)

    for name in ("one", "two"):
        assert (
            kgtools(
                "evaluate", "prompts", "exam", records, "--out", tmp_path / name, "count=9", "shots=2", "seed=3"
            ).code
            == 0
        )

    for file in ("records.parquet", "prompts.jsonl", "run.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_records_that_were_answered_by_their_own_ids_need_no_prompts(
    kgtools: Command, write_records: Any, write_answers: Any, tmp_path: Path
) -> None:
    records = write_records([SCURVY, ANAEMIA])

    ran = kgtools(
        "evaluate",
        "exam",
        records,
        write_answers({"r0": "C", "r1": "The answer is (B)."}),
        "--out",
        tmp_path / "s",
        "--format",
        "json",
    )

    assert figures(ran.json)["accuracy"] == 0.5


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([{"id": "r0", "answer": "C"}], "no answer to 1 of 2 prompts (r1)"),
        ([{"id": "r0", "answer": "C"}, {"id": "r0", "answer": "A"}], "answers.jsonl:2: the second answer to r0"),
        ([{"id": "r0", "answer": "C"}, {"id": "x", "answer": "A"}], "1 of its ids are of none of these prompts (x)"),
        ([{"id": "x", "answer": "C"}], "they answer other prompts, or an older version"),
        ([{"id": "r0", "answer": 3}], "answers.jsonl:1: answer is int, expected a text"),
        ([{"id": "r0", "letters": "C"}], "answers.jsonl:1: has none of answer, text"),
        ([{"answer": "C"}], "answers.jsonl:1: has no id; it has answer"),
    ],
)
def test_a_file_of_answers_that_does_not_fit_is_refused_with_its_line(
    answers: Any, said: str, kgtools: Command, write_records: Any, write_answers: Any, tmp_path: Path
) -> None:
    records = write_records([SCURVY, ANAEMIA])

    ran = kgtools("evaluate", "exam", records, write_answers(answers), "--out", tmp_path / "scores")

    assert ran.code == 2
    assert said in ran.err
    assert not (tmp_path / "scores").exists()


@pytest.mark.parametrize(("missing", "n", "accuracy"), [("wrong", 2, 0.5), ("skip", 1, 1.0)])
def test_prompts_without_an_answer_are_wrong_or_left_out_as_the_user_says(
    missing: str, n: int, accuracy: float, kgtools: Command, write_records: Any, write_answers: Any, tmp_path: Path
) -> None:
    records = write_records([SCURVY, ANAEMIA])

    ran = kgtools(
        "evaluate",
        "exam",
        records,
        write_answers({"r0": "C"}),
        "--out",
        tmp_path / "s",
        "--missing",
        missing,
        "--format",
        "json",
    )

    assert (ran.json["answers"], ran.json["missing"], figures(ran.json)["accuracy"]) == (n, 1, accuracy)


def test_letters_and_likelihoods_stand_side_by_side(prompts: Any, score: Any) -> None:
    (asked,) = prompts([SCURVY])
    logprobs = {"A": -3, "B": -2, "C": -2.5, "D": -9, "text:A": -30, "text:B": -20, "text:C": -10, "text:D": -11}

    result = score([{"id": asked["id"], "answer": "C", "option_logprobs": logprobs}])

    all_ = figures(result)
    assert (all_["accuracy"], all_["accuracy_constrained"], all_["accuracy_loglikelihood"]) == (1.0, 0.0, 1.0)


def test_a_setting_that_there_is_not_is_named_with_those_that_there_are(
    kgtools: Command, write_records: Any, tmp_path: Path
) -> None:
    ran = kgtools("evaluate", "prompts", "exam", write_records([SCURVY]), "--out", tmp_path / "p", "shot=3")

    assert ran.code == 2
    assert "shot=3: there is no such setting; did you mean shots?" in ran.err


def test_records_without_a_question_are_counted_by_reason(kgtools: Command, tmp_path: Path, write_records: Any) -> None:
    chat = {"messages": [{"role": "user", "content": "头痛怎么办?"}, {"role": "assistant", "content": "休息"}]}

    ran = kgtools(
        "evaluate", "prompts", "exam", write_records([SCURVY, chat]), "--out", tmp_path / "p", "--format", "json"
    )

    assert ran.json["refused"] == {"no question with options and a key": 1}


@pytest.mark.parametrize(
    ("style", "said"),
    [
        ("own", "正确答案：A. 甲"),
        ("letters", "A"),
        ("lm-eval", "A"),
        ("medalpaca", "A: 甲"),
        ("cot", "因为甲。\n答案：A"),
    ],
)
def test_a_worked_example_is_answered_in_the_form_that_the_prompt_asks_for(style: str, said: str, prompts: Any) -> None:
    rows = [exam_row(f"问题{number}是", ["甲", "乙"], "A") for number in range(2)]
    for row in rows:
        row["meta"]["explanation"] = "因为甲。"

    asked = prompts(rows, "shots=1", f"prompt={style}")

    assert [one["content"] for one in asked[0]["messages"] if one["role"] == "assistant"] == [said]


@pytest.mark.parametrize("words", [("prompt=letters",), ("prompt=lm-eval",), ("shots=1",), ("rotations=2",)])
def test_a_question_about_a_paper_is_never_asked_without_the_paper(
    words: tuple[str, ...], kgtools: Command, tmp_path: Path
) -> None:
    papers = {
        str(number): {
            "QUESTION": f"Does it help{number}?", "CONTEXTS": [f"We treated {number}."], "LONG_ANSWER": "So.", "final_decision": "yes",
        }
        for number in (1, 2)
    }  # fmt: skip
    (tmp_path / "ori_pqal.json").write_bytes(orjson.dumps(papers))
    kgtools("read", "pubmedqa", tmp_path / "ori_pqal.json", "--out", tmp_path / "q")

    ran = kgtools("evaluate", "prompts", "exam", tmp_path / "q", "--out", tmp_path / "p", *words)

    assert ran.code == 0, ran.err
    lines = (tmp_path / "p" / "prompts.jsonl").read_bytes().splitlines()
    texts = [one["content"] for line in lines for one in orjson.loads(line)["messages"] if one["role"] == "user"]
    assert all(text.startswith("Abstract: We treated") for text in texts), texts


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"answer": "C", "sample": -1}, "answers.jsonl:1: sample is -1, expected a whole number"),
        ({"answer": "C", "sample": "1"}, "answers.jsonl:1: sample is '1', expected a whole number"),
        ({"answer": "C", "sample": True}, "answers.jsonl:1: sample is True, expected a whole number"),
        ({"answer": "C", "sample": 2**40}, "answers.jsonl:1: sample is 1099511627776, expected"),
        ({"answer": "C", "thinking": ["so"]}, "answers.jsonl:1: thinking is list, expected a text"),
        ({"option_logprobs": [1, 2]}, "answers.jsonl:1: option_logprobs is none of likelihoods by option"),
        ({"option_logprobs": [{"option": "A"}]}, "answers.jsonl:1: option_logprobs is none of likelihoods by option"),
        ({"option_logprobs": {"A": "x"}}, "answers.jsonl:1: option_logprobs is none of likelihoods by option"),
        ({"messages": 3}, "answers.jsonl:1: messages is int, expected a text"),
        ({"response": {"body": {"choices": []}}}, "answers.jsonl:1: its response has no choices with a message"),
        ({"answer": None}, "answers.jsonl:1: the answer is null (1 of 1 are); --missing wrong"),
        ({"response": None, "error": {"code": 500}}, "answers.jsonl:1: the answer is null"),
    ],
)
def test_a_value_of_another_kind_is_refused_with_its_line(
    line: Any, said: str, kgtools: Command, write_records: Any, write_answers: Any, tmp_path: Path
) -> None:
    answers = write_answers([{"id": "r0"} | line])

    ran = kgtools("evaluate", "exam", write_records([SCURVY]), answers, "--out", tmp_path / "scores")

    assert ran.code == 2
    assert said in ran.err


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_a_file_in_another_encoding_is_refused_by_that_name(
    encoding: str, kgtools: Command, write_records: Any, tmp_path: Path
) -> None:
    (tmp_path / "a.jsonl").write_bytes('{"id": "r0", "answer": "答案是C"}\n'.encode(encoding))

    ran = kgtools("evaluate", "exam", write_records([SCURVY]), tmp_path / "a.jsonl", "--out", tmp_path / "scores")

    assert ran.code == 2
    assert "a.jsonl:1: is not UTF-8; save the file in that encoding" in ran.err


@pytest.mark.parametrize(
    "line",
    [
        {"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": "C"}]},
        {"messages": [{"role": "assistant", "content": [{"type": "text", "text": "C"}]}]},
        {"id": "batch_1", "custom_id": "r0", "response": {"body": {"choices": [{"message": {"content": "C"}}]}}},
        {"option_logprobs": [{"option": letter, "logprob": -ord(letter)} for letter in "CABD"]},
    ],
)
def test_answers_are_read_in_the_shapes_that_servers_and_batches_give(
    line: Any, kgtools: Command, write_records: Any, write_answers: Any, tmp_path: Path
) -> None:
    answers = write_answers([{"id": "r0"} | line])

    ran = kgtools("evaluate", "exam", write_records([SCURVY]), answers, "--out", tmp_path / "s", "--format", "json")

    assert ran.code == 0, ran.err
    assert figures(ran.json) in ({"accuracy_constrained": 0.0}, figures(ran.json) | {"accuracy": 1.0})


@pytest.mark.parametrize(("missing", "states"), [("wrong", {"missing": 1, "read": 2}), ("skip", {"read": 2})])
def test_an_answer_that_is_null_is_none(
    missing: str, states: Any, kgtools: Command, write_records: Any, write_answers: Any, tmp_path: Path
) -> None:
    answers = write_answers(
        [{"id": "r0", "answer": None}, {"id": "r0", "answer": "C", "sample": 1}, {"id": "r1", "answer": "A"}]
    )

    ran = kgtools(
        "evaluate", "exam", write_records([SCURVY, ANAEMIA]), answers, "--out", tmp_path / "s", "--missing", missing, "--format", "json"
    )  # fmt: skip

    assert (ran.json["states"], ran.json["missing"]) == (states, 1)


@pytest.mark.parametrize("scores", [{"A": -1.0, "B": -2.0}, {"A": None, "B": -1, "C": -2, "D": -3}])
def test_likelihoods_of_some_options_alone_are_no_answer(scores: Any, prompts: Any, score: Any) -> None:
    (asked,) = prompts([SCURVY])

    result = score([{"id": asked["id"], "option_logprobs": scores}])

    assert result["states"] == {"missing": 1}
    assert figures(result)["accuracy"] == 0.0


def test_the_accuracy_of_what_was_read_is_no_surer_than_so_few_answers_make_it(prompts: Any, score: Any) -> None:
    asked = prompts([SCURVY, FEVER, ANAEMIA])

    result = score({one["id"]: text for one, text in zip(asked, ["C", "不知道", "I am not sure."], strict=True)})

    (cell,) = [one for one in result["cells"] if (one["metric"], one["by"]) == ("accuracy_of_read", "all")][:1]
    assert (cell["figure"], cell["n"], cell["interval"]) == (1.0, 1, "wilson")
    assert cell["low"] == pytest.approx(0.2065, abs=1e-4)
