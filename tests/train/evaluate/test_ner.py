"""Named entities from records to F1: what is asked, how answers are read, and what counts as the same entity."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
import yaml

from kgtools.train.evaluate.entities.match import match_loosely, match_strictly
from kgtools.train.evaluate.entities.names import read_names
from kgtools.train.evaluate.entities.typed import read_entities
from tests.conftest import Ran

FILE = yaml.safe_load((Path(__file__).parent / "ner_cases.yaml").read_text(encoding="utf-8"))
Command = Callable[..., Ran]
ZH, EN = ["疾病", "药物"], ["Disease", "Drug"]
DIABETES, METFORMIN = ("疾病", "糖尿病"), ("药物", "二甲双胍")


@pytest.mark.parametrize(
    ("answer", "types", "entities"),
    [
        ("疾病：糖尿病、高血压\n药物：二甲双胍", ZH, [DIABETES, ("疾病", "高血压"), METFORMIN]),
        ("疾病：无；药物：二甲双胍。", ZH, [METFORMIN]),
        ("**疾病**：\n- 糖尿病\n- 高血压\n\n**药物**：\n无", ZH, [DIABETES, ("疾病", "高血压")]),
        ("### 疾病\n1. 糖尿病\n### 药物\n1. 二甲双胍", ZH, [DIABETES, METFORMIN]),
        ("上述句子中的实体包含：\n疾病实体：糖尿病\n药物实体：", ZH, [DIABETES]),
        ('```json\n{"疾病": ["糖尿病"], "药物": []}\n```', ZH, [DIABETES]),
        ('[{"实体": "糖尿病", "类型": "疾病"}, {"实体": "二甲双胍", "类型": "药物"}]', ZH, [DIABETES, METFORMIN]),
        ('[["糖尿病", "疾病"], ["药物", "二甲双胍"]]', ZH, [DIABETES, METFORMIN]),
        ('结果如下：{"entities": [{"text": "糖尿病", "label": "疾病"}]}', ZH, [DIABETES]),
        ("| 实体 | 类型 |\n| --- | --- |\n| 糖尿病 | 疾病 |\n| 二甲双胍 | 药物 |", ZH, [DIABETES, METFORMIN]),
        ("| 类型 | 实体 |\n|---|---|\n| 疾病 | 糖尿病、高血压 |\n| 药物 | 无 |", ZH, [DIABETES, ("疾病", "高血压")]),
        ("糖尿病（疾病）、二甲双胍（药物）", ZH, [DIABETES, METFORMIN]),
        ("1. 糖尿病 - 疾病\n2. 二甲双胍：药物", ZH, [DIABETES, METFORMIN]),
        ("糖尿病、糖尿病", ["疾病"], [DIABETES, DIABETES]),
        ("检查：血糖\n疾病：糖尿病", ZH, [DIABETES]),
        ("无", ZH, []),
        ("文中没有实体。", ZH, []),
        ("疾病：\n药物：", ZH, []),
        ("", ZH, None),
        ("抱歉，我无法回答。", ZH, None),
        ("这位患者长期血糖偏高，需要控制饮食", ZH, None),
        ("Disease: diabetes, 2-hit hypertension\nDrug: none", EN, [("Disease", "diabetes"), ("Disease", "2-hit hypertension")]),
        ("Diseases: diabetes\nDRUGS: metformin", EN, [("Disease", "diabetes"), ("Drug", "metformin")]),
        ("diabetes (disease), metformin (drug)", EN, [("Disease", "diabetes"), ("Drug", "metformin")]),
        ("- diabetes -> Disease\n- metformin -> Drug", EN, [("Disease", "diabetes"), ("Drug", "metformin")]),
        ('{"Disease": "diabetes", "Drug": null}', EN, [("Disease", "diabetes")]),
        ("There are no entities in the text.", EN, []),
        ("There are none.", EN, []),
        ("The names of the drugs in the sentence are: metformin", EN, [("Drug", "metformin")]),
        ("I cannot help with that.", EN, None),
    ],
)  # fmt: skip
def test_entities_are_read_in_the_shapes_that_models_give(answer: str, types: list[str], entities: Any) -> None:
    assert read_entities(answer, types) == entities


@pytest.mark.parametrize("case", FILE["cases"], ids=lambda case: case["answer"][:30])
def test_an_answer_has_the_entities_that_a_person_reads_in_it(case: Any) -> None:
    about = FILE["texts"][case["text"]]

    found = read_entities(case["answer"], about["types"], about["text"])

    expected = case["entities"] and [tuple(one.split(": ", 1)) for one in case["entities"]]
    assert (found is None) == (case["entities"] is None)
    assert sorted(found or []) == sorted(expected or [])


def test_what_stands_in_the_text_is_not_taken_apart() -> None:
    text = "head and neck cancer, 肺炎（轻度）"

    assert read_entities("Disease: head and neck cancer", EN, text) == [("Disease", "head and neck cancer")]
    assert read_entities("疾病：肺炎（轻度）、肺炎（重度）", ZH, text) == [("疾病", "肺炎（轻度）"), ("疾病", "肺炎")]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("找出下面问诊语句中的疾病，药物实体：\n有实体瘤\n答：", "有实体瘤"),
        ("问诊对话的实体抽取：\n是肺炎吗？\n选项：疾病，药物\n答：", "是肺炎吗？"),
        ("服阿司匹林。\n这个句子里面实体有哪些？\n实体选项：疾病，药物", "服阿司匹林。"),
    ],
)
def test_entities_of_promptcblue_are_looked_for_in_the_sentence_alone(
    question: str, text: str, kgtools: Command, write_records: Any, tmp_path: Path
) -> None:
    meta = {"task_type": "ner", "answer_choices": ZH, "task_dataset": "IMCS-V2-NER"}
    row = {"messages": [{"role": "user", "content": question}], "answer": "上述句子中的实体包含：", "meta": meta}

    ran = kgtools("evaluate", "prompts", "ner", write_records([row]), "--out", tmp_path / "prompts")

    assert ran.code == 0, ran.err
    prompt = pl.read_parquet(tmp_path / "prompts" / "records.parquet").row(0, named=True)
    asked = orjson.loads(prompt["meta"])["evaluate"]["asked"]
    assert (asked["text"], asked["entities"]) == (text, [])
    assert prompt["messages"][-1]["content"].endswith(f"文本：{text}")


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        ("IL-2, 1,2-dichloroethane, HLA-A*02:01.", ("IL-2", "1,2-dichloroethane", "HLA-A*02:01")),
        ("The chemicals are: aspirin; heparin", ("aspirin", "heparin")),
        ("1. aspirin\n2. 5-FU", ("aspirin", "5-FU")),
        ("无菌性坏死", ("无菌性坏死",)),
        ("没有", ()),
        ("N/A", ()),
        ("", None),
    ],
)
def test_names_of_a_list_are_read(answer: str, names: Any) -> None:
    assert read_names(answer) == names


def test_a_strict_match_is_of_type_and_name_as_often_as_each_stands() -> None:
    """Said: diabetes twice, metformin as a disease; right: diabetes once, metformin as a drug. One is right, two are not, one is missed."""
    assert match_strictly([DIABETES, DIABETES, ("疾病", "二甲双胍")], [DIABETES, METFORMIN]) == (1, 2, 1)
    assert match_strictly([("Drug", "ASPIRIN  100")], [("Drug", "aspirin 100")]) == (1, 0, 0)


def test_a_relaxed_match_is_of_type_and_common_characters_in_the_text() -> None:
    text = "患2型糖尿病肾病，服二甲双胍"

    assert match_loosely([("疾病", "2型糖尿病")], [("疾病", "糖尿病肾病")], text) == (1, 0, 0)  # 糖尿病 is in both
    assert match_loosely([("药物", "2型糖尿病")], [("疾病", "糖尿病肾病")], text) == (0, 1, 1)
    assert match_loosely([("疾病", "2型")], [("疾病", "肾病")], text) == (0, 1, 1)
    assert match_loosely([("疾病", "糖尿病(2型)")], [("疾病", "糖尿病")], text) == (
        1,
        0,
        0,
    )  # stands nowhere, but holds it


def test_no_entity_is_matched_twice_and_as_many_as_can_be_are() -> None:
    """`abc` fits both, `ab` only the first: if `abc` took the first there were one match alone."""
    assert match_loosely([("t", "abc"), ("t", "ab")], [("t", "ab"), ("t", "c")], "x") == (2, 0, 0)
    assert match_loosely([("t", "ab"), ("t", "ab")], [("t", "abc")], "x") == (1, 1, 0)


def record(text: str, *entities: tuple[str, str], **more: Any) -> dict[str, Any]:
    meta = {"text": text, "types": ZH, "entities": [{"type": type_, "text": name} for type_, name in entities]}
    return {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "x"}], "meta": meta} | more


RECORDS = [
    record("糖尿病，服二甲双胍", DIABETES, METFORMIN),
    record("高血压", ("疾病", "高血压")),
    record("复查"),
    record("肺炎", ("疾病", "肺炎")),
]


@pytest.fixture
def score(kgtools: Command, write_records: Any, write_answers: Any, tmp_path: Path) -> Callable[..., Any]:
    """What scoring prints as JSON, of answers to the prompts of records in their order."""

    def run(rows: Any, answers: list[str], words: tuple[str, ...] = (), scoring: tuple[str, ...] = ()) -> Any:
        ran = kgtools("evaluate", "prompts", "ner", write_records(rows), "--out", tmp_path / "prompts", *words)
        assert ran.code == 0, ran.err
        ids = [orjson.loads(line)["id"] for line in (tmp_path / "prompts" / "prompts.jsonl").read_bytes().splitlines()]
        file = write_answers(dict(zip(ids, answers, strict=True)))
        ran = kgtools(
            "evaluate", "ner", tmp_path / "prompts", file, "--out", tmp_path / "scores", "--format", "json", *scoring
        )
        assert ran.code == 0, ran.err
        return ran.json

    return run


def test_what_cannot_be_read_has_no_entity_and_is_counted(score: Any, tmp_path: Path) -> None:
    """Right 4; said diabetes, metformin (as a disease), 血压: one strictly right of 3 said, 2 of them within another."""
    result = score(RECORDS, ["疾病：糖尿病、二甲双胍", "疾病：血压", "无", "抱歉，我不知道"])

    assert result["states"] == {"no_answer": 1, "read": 3}
    figures = {cell["metric"]: cell["figure"] for cell in result["cells"] if cell["by"] == "all"}
    assert figures["strict_precision"] == pytest.approx(1 / 3)
    assert figures["strict_recall"] == pytest.approx(1 / 4)
    assert figures["strict_f1"] == pytest.approx(2 / 7)
    assert figures["relaxed_f1"] == pytest.approx(4 / 7)
    assert figures["unread"] == 0.25
    assert figures["f1 疾病"] == pytest.approx(2 * 1 / (2 * 1 + 2 + 2))
    assert figures["f1 药物"] == 0.0
    row = pl.read_parquet(tmp_path / "scores" / "scores.parquet").row(0, named=True)
    assert (row["extracted"], row["strict_fn"]) == ("疾病: 糖尿病\n疾病: 二甲双胍", 1.0)


def test_an_interval_is_over_documents(score: Any) -> None:
    result = score(RECORDS * 5, ["疾病：糖尿病\n药物：二甲双胍", "疾病：血压", "无", "疾病：肺炎"] * 5)

    cell = next(cell for cell in result["cells"] if cell["metric"] == "strict_f1")
    assert (cell["interval"], cell["n"], cell["groups"]) == ("bootstrap", 20, 20)
    assert cell["low"] < cell["figure"] == 0.75 < cell["high"]


@pytest.mark.parametrize(("words", "f1"), [((), 2 / 3), (("repeats=once",), 1.0)])
def test_an_entity_that_stands_twice_is_said_twice_unless_each_counts_once(words: Any, f1: float, score: Any) -> None:
    result = score([record("糖尿病，家族有糖尿病", DIABETES, DIABETES)], ["疾病：糖尿病"], scoring=words)

    assert next(cell["figure"] for cell in result["cells"] if cell["metric"] == "strict_f1") == pytest.approx(f1)


def test_worked_examples_are_answered_in_the_lines_that_are_asked_for(
    kgtools: Command, write_records: Any, tmp_path: Path
) -> None:
    kgtools("evaluate", "prompts", "ner", write_records(RECORDS), "--out", tmp_path / "p", "shots=1", "seed=2")

    lines = [orjson.loads(line)["messages"] for line in (tmp_path / "p" / "prompts.jsonl").read_bytes().splitlines()]
    for messages, row in zip(lines, RECORDS, strict=True):
        question, answer, last = (one["content"] for one in messages)
        assert last.endswith(f"\n文本：{row['meta']['text']}")
        assert "找出下面文本中的疾病、药物" in last
        assert answer.split("\n")[0].startswith("疾病：")
        assert answer.split("\n")[1].startswith("药物：")
        assert row["meta"]["text"] not in question


def test_records_whose_answers_are_lines_by_type_need_no_meta(
    kgtools: Command, write_records: Any, tmp_path: Path
) -> None:
    """As the reader imcs21 makes them with make=entities, and promptcblue of its sets for entities."""
    imcs = {
        "messages": [{"role": "user", "content": "找出：宝宝咳嗽"}, {"role": "assistant", "content": "症状：咳嗽"}],
        "answer": "症状：咳嗽",
    }
    target = "上述句子中的实体包含：\n症状实体：咳嗽\n医疗操作实体："
    cblue = {
        "messages": [{"role": "user", "content": "宝宝咳嗽"}, {"role": "assistant", "content": target}],
        "answer": target,
    }
    cblue["meta"] = {"answer_choices": ["症状", "医疗操作"], "task_type": "ner"}
    other = cblue | {"answer": "症状", "meta": {"answer_choices": ["症状", "医疗操作"], "task_type": "cls"}}

    asked = kgtools(
        "evaluate", "prompts", "ner", write_records([imcs, cblue, other]), "--out", tmp_path / "p", "--format", "json"
    )
    told = kgtools(
        "evaluate", "prompts", "ner", tmp_path / "records", "--out", tmp_path / "q", "types=[症状]", "--format", "json"
    )

    assert (asked.json["samples"], asked.json["refused"]) == (1, {"no entities by type": 2})
    assert told.json["samples"] == 3
    answers = pl.read_parquet(tmp_path / "p" / "records.parquet")["answer"].to_list()
    assert answers == ["症状：咳嗽\n医疗操作：无"]


def test_huge_answers_are_read_in_no_time() -> None:
    for hostile in (
        "疾病：" + "糖尿病、" * 20_000,
        "|" * 50_000,
        "(" * 50_000,
        "[" * 5_000,
        "疾病：" * 20_000,
        "a - " * 20_000,
    ):
        read_entities(hostile, ZH)


def test_records_of_yidu_are_asked_for_their_types_with_each_entity_as_often_as_it_stands(
    kgtools: Command, tmp_path: Path
) -> None:
    text = "糖尿病，查血糖，糖尿病史"
    marks = [("疾病和诊断", 0, 3), ("实验室检验", 5, 7), ("疾病和诊断", 8, 11)]
    entities = [{"label_type": type_, "overlap": 0, "start_pos": begin, "end_pos": end} for type_, begin, end in marks]
    beyond = {"originalText": text, "entities": [{"label_type": "药物", "start_pos": 9, "end_pos": 99}]}
    (tmp_path / "subtask1_test.txt").write_bytes(
        b"\n".join(map(orjson.dumps, ({"originalText": text, "entities": entities}, beyond)))
    )

    read = kgtools("read", "yidu", tmp_path / "subtask1_test.txt", "--out", tmp_path / "records", "--format", "json")
    kgtools("evaluate", "prompts", "ner", tmp_path / "records", "--out", tmp_path / "p")

    assert "bad-entity" in read.out
    row = pl.read_parquet(tmp_path / "p" / "records.parquet").row(0, named=True)
    assert row["answer"].split("\n")[:3] == ["疾病和诊断：糖尿病、糖尿病", "影像检查：无", "实验室检验：血糖"]
    assert row["messages"][-1]["content"].endswith(f"文本：{text}")
