"""`kgtools grade`: a file of answers against records that hold items."""

from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.corpora import api
from kgtools.corpora.record import RECORDS
from kgtools.corpora.verify.run import SCORES, wilson
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.main import run
from tests.corpora.verify.items import CAUSE, ONE, SYMPTOMS, UNSAID

ITEMS = {
    "list1": ("list", "zh", SYMPTOMS),
    "mcq1": ("mcq", "zh", ONE),
    "cause": ("list", "en", CAUSE),
    "unsaid": ("abstain", "zh", UNSAID),
}
ANSWERS = {"list1": "发热、咳嗽", "mcq1": "答案：B", "cause": "Cerebral hemorrhage.", "unsaid": "阿司匹林"}


def record(id_: str, task: str, lang: str, meta: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": id_, "task": task, "lang": lang, "messages": [{"role": "user", "content": "肺炎有哪些症状？"}, {"role": "assistant", "content": "…"}],
        "facts": [], "group": id_, "source": "made", "license": "CC0-1.0", "template": f"extended@2.0.1/HAS_SYMPTOM.{lang}#1",
        "meta": orjson.dumps(meta).decode(),
    }  # fmt: skip


@pytest.fixture
def items(tmp_path: Path) -> Path:
    rows = [record(id_, task, lang, {"head": "x", "item": item.to_dict()}) for id_, (task, lang, item) in ITEMS.items()]
    folder = tmp_path / "items"
    folder.mkdir()
    RECORDS.frame([*rows, record("plain", "qa", "zh", {})]).write_parquet(folder / "records.parquet")
    return folder


def write(folder: Path, lines: list[Any]) -> Path:
    file = folder / "answers.jsonl"
    file.write_bytes(b"".join((line if isinstance(line, bytes) else orjson.dumps(line)) + b"\n" for line in lines))
    return file


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    return write(tmp_path, [{"id": id_, "answer": text} for id_, text in ANSWERS.items()])


def test_every_answer_gets_a_row_and_every_kind_a_rate(items: Path, answers: Path, tmp_path: Path) -> None:
    result = api.grade(items, answers, out=tmp_path / "scores")

    scores = result.scores
    assert scores is not None
    assert scores.schema == pl.Schema(SCORES.columns)
    assert dict(scores.select("id", "verdict").iter_rows()) == {
        "list1": "partial",
        "mcq1": "right",
        "cause": "right",
        "unsaid": "wrong",
    }
    assert scores["hops"].to_list() == [0, 0, 1, 0]
    assert [(rate["by"], rate["value"], rate["n"], rate["answer"]) for rate in result.rates] == [
        ("all", "", 4, 0.5), ("task", "abstain", 1, 0), ("task", "list", 2, 0.5), ("task", "mcq", 1, 1), ("relation", "HAS_SYMPTOM", 4, 0.5),
        ("hops", "0", 3, 0.333333), ("hops", "1", 1, 1), ("lang", "en", 1, 1), ("lang", "zh", 3, 0.333333),
    ]  # fmt: skip
    assert (result.items, result.without_item, result.graded, result.missing) == (4, 1, 4, 0)
    told = orjson.loads((tmp_path / "scores" / "run.json").read_bytes())
    assert (told["command"], told["settings"]["policy"]["contradiction"], set(told["inputs"])) == (
        "grade",
        2,
        {"answers.jsonl", "records.parquet"},
    )


def test_the_same_answers_give_the_same_bytes(items: Path, answers: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        api.grade(items, answers, out=tmp_path / name)

    for file in ("scores.parquet", "run.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_ids_are_checked_and_what_is_amiss_is_counted(items: Path, tmp_path: Path) -> None:
    lines = [
        {"id": "mcq1", "text": "B"},
        {"id": "mcq1", "text": "C"},
        {"id": "nobody", "output": "x"},
        {"id": "list1", "prediction": None},
    ]

    result = api.grade(items, write(tmp_path, lines), out=tmp_path / "scores")
    only = api.grade(items, tmp_path / "answers.jsonl", out=tmp_path / "only", answered_only=True)

    assert (result.unknown, result.repeated, result.missing, result.answered, result.graded) == (1, 1, 2, 2, 4)
    assert result.some == {"unknown": ["nobody"], "repeated": ["mcq1"]}
    assert result.rates[0]["no_answer"] == 0.75
    assert (only.graded, only.missing) == (2, 2)


def test_messages_are_answers_too(items: Path, tmp_path: Path) -> None:
    lines = [{"id": "mcq1", "messages": [{"role": "user", "content": "A?"}, {"role": "assistant", "content": "B"}]}]

    assert api.grade(items, write(tmp_path, lines), out=tmp_path / "scores", answered_only=True).rates[0]["answer"] == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"{", "answers.jsonl:2: not JSON"),
        ({"answer": "B"}, "answers.jsonl:2: no object with an id"),
        (
            {"id": "mcq1", "reply": "B"},
            "answers.jsonl:2: has none of answer, text, output, prediction and messages; it has id, reply",
        ),
        ({"id": "mcq1", "answer": ["B"]}, "answers.jsonl:2: answer is list, expected a text"),
    ],
)
def test_a_line_that_is_no_answer_is_an_error_with_its_place(items: Path, tmp_path: Path, line: Any, said: str) -> None:
    file = write(tmp_path, [{"id": "list1", "answer": "发热"}, line])

    with pytest.raises(InputError, match=said.replace(".", r"\.")):
        api.grade(items, file, out=tmp_path / "scores")
    assert not (tmp_path / "scores").exists()


def test_records_without_items_and_a_folder_of_their_own_are_refused(
    items: Path, answers: Path, tmp_path: Path
) -> None:
    plain = tmp_path / "plain.parquet"
    RECORDS.frame([record("plain", "qa", "zh", {})]).write_parquet(plain)

    with pytest.raises(InputError, match="none of its records holds an item"):
        api.grade(plain, answers, out=tmp_path / "scores")
    with pytest.raises(UsageError, match="is the folder of the records themselves"):
        api.grade(items, answers, out=items)


def test_names_beside_the_items_are_looked_for(items: Path, tmp_path: Path) -> None:
    file = write(tmp_path, [{"id": "list1", "answer": "发热、咳嗽、胸痛、呼吸困难、紫癜"}])
    before = api.grade(items, file, out=tmp_path / "before", answered_only=True)
    pl.DataFrame({"name": ["紫癜"]}).write_parquet(items / "names.parquet")

    after = api.grade(items, file, out=tmp_path / "after", answered_only=True)

    assert (before.names, before.rates[0]["answer"]) == (0, 1)
    assert (after.names, after.rates[0]["answer"]) == (1, 0)


def test_a_policy_of_ones_own_counts_and_a_fault_in_it_is_named(items: Path, answers: Path, tmp_path: Path) -> None:
    policy = tmp_path / "mine.yaml"
    policy.write_text(
        "title: mine\ncontradiction: 5\norder: 0\nrepetition: 0\nlength: 0\nformat: 0\nrepeats: 3\nlong: 10\n",
        encoding="utf-8",
    )
    assert api.grade(items, answers, policy=policy, out=tmp_path / "scores").policy["contradiction"] == 5
    policy.write_text("title: mine\ncontradicton: 5\n", encoding="utf-8")

    with pytest.raises(
        InputError, match=r"mine\.yaml:2: contradicton: there is no such key; did you mean contradiction"
    ):
        api.grade(items, answers, policy=policy, out=tmp_path / "scores")


def test_the_command_prints_the_rates_and_says_the_weights(
    items: Path, answers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["grade", str(items), str(answers), "--out", str(tmp_path / "scores")]) == 0
    printed = capsys.readouterr()
    assert "HAS_SYMPTOM" in printed.out
    assert "contradiction 2" in printed.err
    assert run(["grade", str(items), str(answers), "--out", str(tmp_path / "scores"), "--format", "json"]) == 0
    assert orjson.loads(capsys.readouterr().out)["rates"][0]["n"] == 4


def test_the_command_explains_one_answer_and_writes_nothing(
    items: Path, answers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert run(["grade", str(items), str(answers), "--explain", "list1", "--format", "json"]) == 0
    told = orjson.loads(capsys.readouterr().out)
    assert [each["text"] for each in told["found"]] == ["发热", "咳嗽"]
    assert told["score"]["verdict"] == "partial"
    assert run(["grade", str(items), str(answers), "--explain", "mcq1"]) == 0
    assert "letter B" in capsys.readouterr().out
    assert run(["grade", str(items), str(answers), "--explain", "nobody"]) == 2
    assert not (tmp_path / "scores").exists()


def test_the_interval_is_wilsons() -> None:
    assert wilson(8, 10) == (0.490162, 0.943318)
    assert wilson(0, 5)[0] == 0
    assert wilson(5, 5)[1] == 1


def test_the_hops_of_a_path_are_those_that_its_record_says(tmp_path: Path) -> None:
    rows = [
        record(id_, "path", "zh", {"item": ONE.to_dict()} | more)
        for id_, more in (("said", {"hops": 3}), ("unsaid", {}))
    ]
    (tmp_path / "items").mkdir()
    RECORDS.frame(rows).write_parquet(tmp_path / "items" / "records.parquet")
    answers = write(tmp_path, [{"id": "said", "answer": "B"}, {"id": "unsaid", "answer": "B"}])

    scores = api.grade(tmp_path / "items", answers, out=tmp_path / "scores").scores

    assert scores is not None
    assert dict(scores.select("id", "hops").iter_rows()) == {"said": 3, "unsaid": 0}
