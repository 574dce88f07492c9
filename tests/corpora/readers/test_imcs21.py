"""IMCS-21: a talk is opened by what was told before it, and its labels are records of their own where they are asked for."""

from pathlib import Path
from typing import Any

import pytest

from kgtools.corpora.detect import find, who_reads
from kgtools.corpora.reader import Corpus
from kgtools.corpora.readers.imcs21 import entities
from kgtools.tools.errors import InputError
from tests.corpora.readers.exams import take, whole
from tests.corpora.readers.imcs import FILES, HOSTILE, SENTENCES, bare, sentence, talk
from tests.corpora.readers.test_exams import REAL

MAKES = ("dialogue", "entities", "acts", "symptoms")


def test_a_talk_begins_with_what_was_told_and_ends_with_the_doctor(tmp_path: Path) -> None:
    found = take(tmp_path, "imcs21", {"train.json": whole({"1": talk()})})

    assert [(turn["role"], turn["content"]) for turn in found.records[0]["messages"]] == [
        ("user", "宝宝咳嗽3天了，怎么办？"),
        ("assistant", "你好\n宝宝发热吗"),
        ("user", "不发热\n有痰"),
        ("assistant", "考虑支气管炎\n吃阿莫西林，查血常规"),
    ]
    assert found.outcome.changed == {
        "empty messages left out": 1,
        "messages joined to the one before, of the same speaker": 3,
        "turns after the last answer": 1,
    }
    assert found.rejects == []


def test_a_talk_with_nothing_told_before_begins_with_the_patients_first_message(tmp_path: Path) -> None:
    found = take(tmp_path, "imcs21", {"train.json": whole({"1": talk(self_report="")})})

    assert found.said("user") == ["不发热\n有痰"]
    assert found.outcome.changed["messages of doctors before the first of the patient cut off"] == 1


@pytest.mark.parametrize(
    ("first", "asked"),
    [("宝宝咳嗽 3天了，怎么办？急", "宝宝咳嗽 3天了，怎么办？急"), ("在吗", "宝宝咳嗽3天了，怎么办？\n\n在吗")],
)
def test_what_was_told_is_not_said_twice(tmp_path: Path, first: str, asked: str) -> None:
    said = [sentence("患者", first), *SENTENCES]

    assert take(tmp_path, "imcs21", {"a.json": whole({"1": talk(dialogue=said)})}).said("user")[0] == asked


@pytest.mark.parametrize("name", ["self_report", "self-report"])
def test_both_names_of_what_was_told_are_known(tmp_path: Path, name: str) -> None:
    row = talk(self_report=...) | {name: "宝宝咳嗽。"}

    assert take(tmp_path, "imcs21", {"a.json": whole({"1": row})}).said("user")[0] == "宝宝咳嗽。"


def test_split_diagnosis_and_symptoms_are_kept_and_an_id_is_one_group(tmp_path: Path) -> None:
    found = take(tmp_path, "imcs21", FILES | {"test.json": whole({"10000004": talk(self_report="宝宝便秘。")})})

    assert dict(zip(found.meta("id"), found.column("split"), strict=True)) == {
        "10000001": "train", "10000002": "train", "10000003": "validation", "10000004": "test",
    }  # fmt: skip
    assert set(found.meta("category")) == {"小儿支气管炎", None}
    assert found.records[0]["meta"]["symptoms"] == {"发热": "0", "痰": "1", "炎症": "2"}
    assert len(set(found.column("group"))) == 4
    assert found.outcome.duplicates == 1
    assert "小儿支气管炎" not in "".join(found.said("user"))


def test_entities_are_cut_out_of_sentences_by_their_labels(tmp_path: Path) -> None:
    found = take(tmp_path, "imcs21", {"a.json": whole({"1": talk()})}, make="entities")

    assert found.column("answer") == [
        "没有", "症状：发热", "症状：发热", "症状：痰", "症状：支气管炎", "药品名：阿莫西林\n检查：血常规", "没有",
    ]  # fmt: skip
    assert found.said("user")[1].endswith("\n医生：宝宝发热吗")
    assert found.meta("sentence") == [1, 2, 4, 5, 6, 7, 8]


def test_entities_begin_at_b_and_at_an_i_that_continues_nothing() -> None:
    labels = ["B-Drug", "B-Drug", "I-Drug", "I-Symptom", "O", "I-Drug"]

    assert entities("甲乙丙丁戊己", labels) == {"Drug": ["甲", "乙丙", "己"], "Symptom": ["丁"]}


def test_labels_that_are_not_one_for_each_character_are_refused(tmp_path: Path) -> None:
    said = [sentence("患者", "有痰", labels="O"), sentence("医生", "多喝水")]
    found = take(tmp_path, "imcs21", {"a.json": whole({"1": talk(dialogue=said)})}, make="entities")

    assert found.rejects == [("exam/a.json", 2, "labels-do-not-fit")]
    assert found.outcome.written == 1


def test_an_act_is_answered_in_words_and_an_unknown_one_refused(tmp_path: Path) -> None:
    said = [*SENTENCES, sentence("医生", "好", "Patient-Greet")]
    found = take(tmp_path, "imcs21", {"a.json": whole({"1": talk(dialogue=said)})}, make="acts")

    assert found.column("answer") == ["其他", "询问症状", "告知症状", "告知症状", "诊断", "告知用药建议", "其他"]
    assert found.reasons() == {"unknown-act": 1}
    assert all("可选的意图：询问症状、告知症状" in asked for asked in found.said("user"))


@pytest.mark.parametrize(
    "labels", [{"Symptom": {"发热": "0", "痰": 1, "炎症": "2"}}, {"发热": "0", "痰": "1", "炎症": "2"}]
)
def test_zero_is_absent_one_present_and_two_unknown(tmp_path: Path, labels: dict[str, Any]) -> None:
    found = take(tmp_path, "imcs21", {"a.json": whole({"1": talk(implicit_info=labels)})}, make="symptoms")

    assert found.column("answer") == ["发热：没有\n痰：有\n炎症：不能确定"]
    assert "患者自述：宝宝咳嗽3天了，怎么办？\n医生：你好\n" in found.said("user")[0]
    assert "（空）" not in found.said("user")[0]


@pytest.mark.parametrize(
    ("make", "reasons"), [("entities", {"no-labels": 7}), ("acts", {"no-labels": 7}), ("symptoms", {"no-labels": 1})]
)
def test_the_hidden_test_has_talks_and_no_labels(tmp_path: Path, make: str, reasons: dict[str, int]) -> None:
    files: dict[str, bytes | str] = {"test_input.json": whole({"1": bare(talk())})}

    assert take(tmp_path / "talks", "imcs21", files).outcome.splits == {"test": 1}
    assert take(tmp_path / "labels", "imcs21", files, make=make).reasons() == reasons


@pytest.mark.parametrize("make", MAKES)
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_talk_is_refused_at_its_line_and_the_others_are_read(tmp_path: Path, kind: str, make: str) -> None:
    row, reason = HOSTILE[kind]
    alone = take(tmp_path / "alone", "imcs21", {"a.json": whole({"2": talk()})}, make=make)
    found = take(tmp_path / "both", "imcs21", {"a.json": whole({"1": row, "2": talk()})}, make=make)

    assert found.rejects == [("exam/a.json", 2, reason)]
    assert found.column("id") == alone.column("id")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("\\u0000", "nul"),
        ("\\ud83d", "lone-surrogate"),
    ],
)
def test_what_no_trainer_can_hold_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    found = take(tmp_path, "imcs21", {"a.json": whole({"1": talk(self_report="MARK")}).replace("MARK", text)})

    assert found.rejects == [("exam/a.json", 2, reason)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty-file"),
        ("[1, 2]", "not-an-object"),
        ("norm\n咳嗽\n", "not-an-object"),
        (whole({"1": talk()})[:-40], "bad-json"),
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    assert reason in take(tmp_path, "imcs21", {"a.json": text}).reasons()


def test_an_id_given_twice_in_a_file_counts_once(tmp_path: Path) -> None:
    one = whole({"1": talk()}).strip()
    found = take(tmp_path, "imcs21", {"a.json": one[:-1] + "," + one[1:]})

    assert (found.outcome.written, found.reasons()) == (1, {"id-given-twice": 1})


def test_a_talk_of_empty_messages_or_without_the_doctor_is_refused(tmp_path: Path) -> None:
    rows = {
        "1": talk(dialogue=[sentence("医生", "（空）")]), "2": talk(dialogue=[sentence("患者", "在吗")]),
        "3": talk(dialogue=[sentence("医生", "你好")], self_report=" "),
    }  # fmt: skip

    assert take(tmp_path, "imcs21", {"a.json": whole(rows)}).reasons() == {"no-answer": 2, "no-question": 1}


@pytest.mark.parametrize("make", MAKES)
def test_the_same_files_give_the_same_bytes(tmp_path: Path, make: str) -> None:
    for run in ("1", "2"):
        take(tmp_path / run, "imcs21", FILES | {"x.json": whole({"1": None})}, make=make)
    for name in ("records.parquet", "rejects.parquet", "run.json"):
        assert (tmp_path / "1" / "out" / name).read_bytes() == (tmp_path / "2" / "out" / name).read_bytes()


def test_strict_stops_at_the_first_reject(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(whole({"1": None}), encoding="utf-8")

    with pytest.raises(InputError, match=r"a\.json:2: not-an-object.*--strict"):
        list(find("imcs21").read(Corpus([tmp_path / "a.json"], strict=True), find("imcs21").settings()))


def test_its_files_are_known_as_its_own(tmp_path: Path) -> None:
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(str(data).encode())
    fits = {(file, reader) for file, reader, _ in who_reads([tmp_path / name for name in FILES]).matches}

    assert fits == {(name, "imcs21") for name in FILES} | {(name, "imcs-report") for name in ("train.json", "dev.json")}


def test_no_real_file_of_another_corpus_is_taken_for_its_own() -> None:
    if not REAL.is_dir():
        pytest.skip("needs ../shared/data/corpora, which is not part of the project")
    paths = [path for path in sorted(REAL.rglob("*")) if path.suffix in (".json", ".jsonl", ".txt", ".csv")]

    assert len(paths) > 20
    assert not [found for found in who_reads(paths).matches if found[1] in ("imcs21", "imcs-report")]


def test_its_records_are_private_and_their_licence_is_not_known() -> None:
    for name in ("imcs21", "imcs-report"):
        assert find(name).private
        assert find(name).license == "unknown"
        assert find(name).license_note
