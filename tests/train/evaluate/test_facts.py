"""Facts: what an answer states, contradicts, invents or leaves open, by hand; the totals are those of `kgtools grade`."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.conftest import Ran
from tests.train.evaluate.conftest import item_row

Command = Callable[..., Ran]

SYMPTOMS = item_row(
    "肺炎有哪些症状？",
    {"form": "set", "about": [["肺炎"]], "answers": [["发热"], ["咳嗽"]]},
    facts=["f1", "f2"],
    source="cmekg + xywy",
)
FOOD = item_row(
    "胃炎患者适合吃什么？",
    {"form": "set", "about": [["胃炎"]], "answers": [["小米粥"]], "asked": 1, "wrong": [["辣椒"]]},
    facts=["f3"],
    source="xywy",
)
CHOICE = item_row(
    "胃炎患者忌吃什么？\nA. 小米粥\nB. 辣椒\nC. 苹果",
    {"form": "choice", "about": [["胃炎"]], "options": {"A": "小米粥", "B": "辣椒", "C": "苹果"}, "right": "B"},
    distractors=[{"text": "小米粥", "from": "contrary"}, {"text": "苹果", "from": "random"}], task="mcq", facts=["f4"], source="xywy",
)  # fmt: skip
TRUE = item_row(
    "判断对错：肺炎的症状有发热。",
    {"form": "boolean", "about": [["肺炎"]], "right": "true"},
    task="truefalse",
    facts=["f1"],
)
FALSE = item_row(
    "判断对错：肺炎的症状有腹泻。",
    {"form": "boolean", "about": [["肺炎"]], "right": "false"},
    task="truefalse",
    facts=["f1", "f2"],
)
UNSAID = item_row(
    "肺炎可以用什么药？", {"form": "abstain", "about": [["肺炎"]]}, task="abstain", template="extended@2.0.1/drug.zh#2"
)
CASES = [
    (SYMPTOMS, "发热、咳嗽", "stated", 0, 0),
    (SYMPTOMS, "发热", "partial", 0, 0),  # one of two, and nothing wrong
    (SYMPTOMS, "发热、咳嗽、腹泻", "partial", 0, 1),  # no source says that 肺炎 has 腹泻
    (SYMPTOMS, "腹泻", "wrong", 0, 1),
    (SYMPTOMS, "不知道。", "abstained", 0, 0),
    (SYMPTOMS, "", "no_answer", 0, 0),
    (FOOD, "辣椒", "wrong", 1, 0),  # the sources say to avoid it
    (FOOD, "辣椒和阿司匹林", "wrong", 1, 1),
    (CHOICE, "B", "stated", 0, 0),
    (CHOICE, "A", "wrong", 1, 0),
    (CHOICE, "C", "wrong", 0, 1),
    (TRUE, "错误", "wrong", 1, 0),  # a source says it
    (FALSE, "正确", "wrong", 0, 1),  # none says it
    (FALSE, "错误", "stated", 0, 0),
    (UNSAID, "资料中没有提到。", "stated", 0, 0),
    (UNSAID, "阿司匹林", "wrong", 0, 1),
]


@pytest.fixture
def items(write_records: Callable[..., Path]) -> Callable[..., Path]:
    """A folder of items with the names of their graph beside."""

    def write(rows: list[dict[str, Any]], name: str = "items") -> Path:
        folder = write_records(rows, name)
        pl.DataFrame({"name": ["腹泻", "阿司匹林", "发热", "咳嗽", "辣椒", "小米粥"]}).write_parquet(
            folder / "names.parquet"
        )
        return folder

    return write


@pytest.fixture
def scores(kgtools: Command, write_answers: Callable[..., Path], tmp_path: Path) -> Callable[..., pl.DataFrame]:
    """The scores of texts that answer records, in their order."""

    def run(records: Path, texts: list[str], *words: str) -> pl.DataFrame:
        answers = write_answers({f"r{number}": text for number, text in enumerate(texts)})
        ran = kgtools("evaluate", "facts", records, answers, "--out", tmp_path / "scores", *words)
        assert ran.code == 0, ran.err
        return pl.read_parquet(tmp_path / "scores" / "scores.parquet")

    return run


def test_an_answer_states_contradicts_invents_or_leaves_open(items: Any, scores: Any) -> None:
    found = scores(items([row for row, *_ in CASES]), [text for _, text, *_ in CASES])

    got = list(found.select("state", "contradicted", "invented").iter_rows())
    for (row, text, *wanted), each in zip(CASES, got, strict=True):
        assert list(each) == wanted, (row["messages"][0]["content"], text)


def test_each_answer_has_one_verdict_and_the_shares_sum_to_one(items: Any, scores: Any) -> None:
    found = scores(items([row for row, *_ in CASES]), [text for _, text, *_ in CASES])

    assert found.select(
        pl.sum_horizontal("stated", "partial", "wrong", "abstained", "no_answer")
    ).to_series().to_list() == [1.0] * len(CASES)
    assert found.filter(pl.col("contradicted") + pl.col("invented") > 0)["state"].is_in(["partial", "wrong"]).all()


def test_totals_are_those_of_grade(items: Any, scores: Any, kgtools: Command, tmp_path: Path) -> None:
    records = items([row for row, *_ in CASES])

    mine = scores(records, [text for _, text, *_ in CASES])

    assert kgtools("grade", records, tmp_path / "answers.jsonl", "--out", tmp_path / "graded").code == 0
    theirs = pl.read_parquet(tmp_path / "graded" / "scores.parquet")
    assert mine["total"].to_list() == theirs["total"].to_list()
    assert mine["state"].replace("stated", "right").to_list() == theirs["verdict"].to_list()


def test_names_of_the_graph_go_with_the_prompts_and_others_can_be_named(
    items: Any, kgtools: Command, write_answers: Any, tmp_path: Path
) -> None:
    prompts, few = tmp_path / "prompts", tmp_path / "few.parquet"
    assert kgtools("evaluate", "prompts", "facts", items([SYMPTOMS]), "--out", prompts).code == 0
    pl.DataFrame({"name": ["骨折"]}).write_parquet(few)
    (id_,) = pl.read_parquet(prompts / "records.parquet")["id"]
    answers = write_answers({id_: "发热，咳嗽，还应与腹泻同时治疗，这种情况在临床上十分多见"})

    with_all = kgtools("evaluate", "facts", prompts, answers, "--out", tmp_path / "a", "--format", "json").json
    with_few = kgtools(
        "evaluate", "facts", prompts, answers, f"names={few}", "--out", tmp_path / "b", "--format", "json"
    ).json

    assert [one["notes"]["other names of the graph"] for one in (with_all, with_few)] == [6, 1]
    assert [figures(one)["invented"] for one in (with_all, with_few)] == [1.0, 0.0]


def test_weights_of_a_policy_make_the_total(items: Any, scores: Any, tmp_path: Path) -> None:
    default = Path(__file__).resolve().parents[3] / "corpora" / "verify" / "policy.yaml"
    (tmp_path / "mild.yaml").write_text(
        default.read_text(encoding="utf-8").replace("contradiction: 2", "contradiction: 1"), encoding="utf-8"
    )
    records = items(
        [
            FOOD
            | {"meta": FOOD["meta"] | {"item": FOOD["meta"]["item"] | {"answers": [["小米粥"], ["面条"]], "asked": 0}}}
        ]
    )

    strict, mild = (
        scores(records, ["小米粥、面条、辣椒"], *words)["total"][0]
        for words in ((), (f"policy={tmp_path / 'mild.yaml'}",))
    )

    assert strict == pytest.approx(
        (2 / 4) ** 2
    )  # recall 1; the contradiction counts as two wrong names beside two right ones
    assert mild == pytest.approx((2 / 3) ** 2, abs=1e-6)


def test_a_question_of_several_graphs_counts_for_each(
    items: Any, kgtools: Command, write_answers: Any, tmp_path: Path
) -> None:
    answers = write_answers({"r0": "发热、咳嗽", "r1": "辣椒"})

    ran = kgtools("evaluate", "facts", items([SYMPTOMS, FOOD]), answers, "--out", tmp_path / "s", "--format", "json")

    by_graph = {
        cell["value"]: (cell["n"], cell["figure"])
        for cell in ran.json["cells"]
        if cell["by"] == "graph" and cell["metric"] == "stated"
    }
    assert by_graph == {"cmekg": (1, 1.0), "xywy": (2, 0.5)}


def test_what_cannot_be_graded_is_not_asked_and_counted(items: Any, kgtools: Command, tmp_path: Path) -> None:
    chat = {"messages": [{"role": "user", "content": "肺炎怎么办？"}], "task": "qa"}
    wrong = [row | {"meta": row["meta"] | {"permuted": True}} for row in (FALSE, UNSAID, SYMPTOMS)]

    ran = kgtools("evaluate", "prompts", "facts", items([chat, *wrong]), "--out", tmp_path / "p", "--format", "json")

    assert ran.json["samples"] == 1
    assert ran.json["refused"] == {"no item to grade by": 1, "of a control set, and right all the same": 2}


def test_items_and_a_control_set_are_asked_together(items: Any, kgtools: Command, tmp_path: Path) -> None:
    true = items([SYMPTOMS, FOOD])
    control = items([SYMPTOMS | {"id": "c0", "meta": SYMPTOMS["meta"] | {"permuted": True}}], "control")

    ran = kgtools(
        "evaluate", "prompts", "facts", true, f"also=[{control}]", "--out", tmp_path / "p", "--format", "json"
    )

    assert (ran.json["samples"], ran.json["settings"]["also"]) == (3, ["control"])
    assert len(pl.read_json(tmp_path / "p" / "run.json")["inputs"][0]) == 2


def test_one_answer_serves_a_question_and_the_same_of_a_control_set(
    items: Any, kgtools: Command, write_answers: Any, tmp_path: Path
) -> None:
    wrong = SYMPTOMS["meta"]["item"] | {"answers": [["骨折"]]}
    control = items([SYMPTOMS | {"id": "c0", "meta": {"item": wrong, "permuted": True}}], "control")
    assert (
        kgtools("evaluate", "prompts", "facts", items([SYMPTOMS]), f"also=[{control}]", "--out", tmp_path / "p").code
        == 0
    )
    first, _ = pl.read_parquet(tmp_path / "p" / "records.parquet")["id"]

    ran = kgtools("evaluate", "facts", tmp_path / "p", write_answers({first: "发热、咳嗽"}), "--out", tmp_path / "s")

    assert ran.code == 0, ran.err
    rows = pl.read_parquet(tmp_path / "s" / "scores.parquet")
    assert list(rows.select("record", "answer", "stated").iter_rows()) == [
        ("r0", "发热、咳嗽", 1.0),
        ("c0", "发热、咳嗽", 0.0),
    ]


def test_a_list_is_asked_plainly_too_and_told_apart(
    items: Any, kgtools: Command, write_answers: Any, tmp_path: Path
) -> None:
    row = SYMPTOMS | {
        "messages": [
            {"role": "user", "content": "肺炎有哪些症状？请全部列出。"},
            {"role": "assistant", "content": "共2项：发热、咳嗽。"},
        ],
        "meta": SYMPTOMS["meta"] | {"question": "肺炎有哪些症状？"},
    }
    made = kgtools(
        "evaluate", "prompts", "facts", items([row, TRUE]), "wording=both", "--out", tmp_path / "p", "--format", "json"
    )
    prompts = pl.read_parquet(tmp_path / "p" / "records.parquet")
    texts = prompts["messages"].list.first().struct.field("content").to_list()

    assert made.json["samples"] == 3
    assert texts == ["肺炎有哪些症状？请全部列出。", "肺炎有哪些症状？", TRUE["messages"][0]["content"]]
    answers = write_answers(dict(zip(prompts["id"], ["不知道", "发热、咳嗽", "正确"], strict=True)))
    scored = kgtools("evaluate", "facts", tmp_path / "p", answers, "--out", tmp_path / "s", "--format", "json")
    by_wording = {
        cell["value"]: cell["figure"]
        for cell in scored.json["cells"]
        if cell["by"] == "wording" and cell["metric"] == "stated"
    }
    assert by_wording == {"own": 0.5, "plain": 1.0}


def test_worked_examples_answer_as_their_records_do(items: Any, kgtools: Command, tmp_path: Path) -> None:
    rows = [
        FALSE | {"messages": [FALSE["messages"][0], {"role": "assistant", "content": "错误"}], "answer": "false"},
        SYMPTOMS,
    ]

    kgtools("evaluate", "prompts", "facts", items(rows), "shots=1", "--out", tmp_path / "p")

    asked = pl.read_parquet(tmp_path / "p" / "records.parquet")["messages"].to_list()[1]
    assert [message["content"] for message in asked] == ["判断对错：肺炎的症状有腹泻。", "错误", "肺炎有哪些症状？"]


def test_facts_need_neither_torch_nor_what_draws() -> None:
    code = "import sys, kgtools.train.evaluate.tasks.facts, kgtools.train.evaluate.gain_plot; print(sorted({'torch', 'altair'} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def figures(result: dict[str, Any]) -> dict[str, float]:
    return {cell["metric"]: cell["figure"] for cell in result["cells"] if cell["by"] == "all"}
