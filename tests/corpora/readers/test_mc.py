"""MC: texts, fetched or written, meet the labels of their id; labels without any text say what is missing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from kgtools.corpora.detect import find, who_reads
from kgtools.corpora.reader import Corpus
from kgtools.tools.errors import InputError
from tests.conftest import Ran
from tests.corpora.readers.exams import Taken, array, lines, take, take_all
from tests.corpora.readers.test_exams import REAL

SAID = [
    ("P", "胃痛，女，29岁", "1"),
    ("D", "多久了？", "0"),
    ("D", "有反酸吗？", "0"),
    ("P", "三天", "0"),
    ("D", "查个胃镜", "2"),
    ("P", "谢谢", "0"),
]
WORDS = {"P": "患者", "D": "医生"}
SUMMARY = {"description": "胃痛三天", "suggestion": "查胃镜"}


def labelled(id_: str = "00009", said: list[tuple[str, str, str]] = SAID, **changed: Any) -> dict[str, Any]:
    row = {
        "id": id_, "department": "内科", "disease": "胃炎", "labels": [label for *_, label in said],
        "speaker_role": [speaker for speaker, *_ in said],
    }  # fmt: skip
    return {key: value for key, value in (row | changed).items() if value is not ...}


def fetched(id_: str = "00009", said: list[tuple[str, str, str]] = SAID, **changed: Any) -> dict[str, Any]:
    content = [{"speaker": WORDS[speaker], "utterance": text} for speaker, text, _ in said]
    row = {"id": id_, "url": "https://example.org/qa/1", "content": content, "summary": SUMMARY}
    return {key: value for key, value in (row | changed).items() if value is not ...}


def dialog(
    id_: str = "00009", said: list[tuple[str, str, str]] = SAID, summary: str = "SUM1\t胃痛三天\nSUM2.0\t查胃镜\n"
) -> str:
    talk = "".join(f"{speaker}\t{text}\t{label}\n" for speaker, text, label in said)
    return f"id\t{id_}\tapartment\t内科\tdisease\t胃炎\n{talk}{summary}\n"


LABELS, TEXTS = "test.info.json", "data.00001_00500.json"
SHAPES: dict[str, dict[str, bytes | str]] = {
    "fetched": {LABELS: lines(labelled()), TEXTS: lines(fetched())},
    "fetched, in arrays": {LABELS: array(labelled()), TEXTS: array(fetched())},
    "written": {"test.dialog": dialog()},
    "written, with other labels": {"test.dialog": dialog(), LABELS: lines(labelled(labels=["0"] * 6))},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_talk_is_in_turn_and_keeps_what_is_known_of_it(tmp_path: Path, shape: str) -> None:
    found = take(tmp_path, "mc", SHAPES[shape])

    (record,) = found.records
    assert [(turn["role"], turn["content"]) for turn in record["messages"]] == [
        ("user", "胃痛，女，29岁"), ("assistant", "多久了？\n有反酸吗？"), ("user", "三天"), ("assistant", "查个胃镜"),
    ]  # fmt: skip
    assert (record["task"], record["split"], record["lang"]) == ("dialogue", "test", "zh")
    meta = {key: record["meta"][key] for key in ("id", "department", "category", "disease", "labels", "speakers")}
    assert meta == {
        "id": "00009", "department": "内科", "category": "内科", "disease": "胃炎", "labels": "100020", "speakers": "PDDPDP",
    }  # fmt: skip
    assert found.outcome.changed == {
        "messages joined to the one before, of the same speaker": 1,
        "turns after the last answer": 1,
    }
    assert found.rejects == []
    assert "example.org" not in str(record)


def test_labels_without_any_text_say_what_is_missing(tmp_path: Path, kgtools: Callable[..., Ran]) -> None:
    (tmp_path / LABELS).write_text(lines(labelled()), encoding="utf-8")

    ran = kgtools("read", "mc", tmp_path / LABELS, "--out", tmp_path / "out")

    assert ran.code == 2
    assert "mc lacks the texts" in ran.err
    assert "get_data.py" in ran.err
    assert not list((tmp_path / "out").glob("*"))


@pytest.mark.parametrize("make", ["dialogue", "summary"])
def test_texts_without_labels_are_read_and_counted(tmp_path: Path, make: str) -> None:
    found = take(tmp_path, "mc", {TEXTS: lines(fetched())}, make=make)

    assert found.outcome.written == 1
    assert found.outcome.changed["talks without labels"] == 1
    assert found.meta("labels") == [None]


@pytest.mark.parametrize("said", [SAID[:-1], [("D", *SAID[0][1:]), *SAID[1:]], [*SAID, SAID[0]]])
def test_labels_that_do_not_fit_the_text_are_left_out_and_counted(tmp_path: Path, said: list[Any]) -> None:
    found = take(tmp_path, "mc", {LABELS: lines(labelled(said=said)), TEXTS: lines(fetched())})

    assert (found.meta("labels"), found.meta("speakers"), found.meta("disease")) == ([None], [None], ["胃炎"])
    assert found.outcome.changed["labels left out that do not fit the text"] == 1


def test_labels_of_a_talk_that_was_not_fetched_are_refused_at_their_line(tmp_path: Path) -> None:
    found = take(tmp_path, "mc", {LABELS: lines(labelled("00010"), labelled()), TEXTS: lines(fetched())})

    assert found.rejects == [(f"exam/{LABELS}", 1, "no-text")]
    assert found.outcome.written == 1


@pytest.mark.parametrize(("split", "is_"), [("train", "train"), ("test", "test")])
def test_the_split_is_that_of_the_list_of_ids(tmp_path: Path, split: str, is_: str) -> None:
    found = take(tmp_path, "mc", {TEXTS: lines(fetched()), f"{split}.split": "00008\n00009\n\nx\n"})

    assert found.column("split") == [is_]
    assert found.reasons() == {"no-id": 1}


def test_a_talk_is_summed_up_as_problem_and_advice(tmp_path: Path) -> None:
    (record,) = take(tmp_path, "mc", {TEXTS: lines(fetched())}, make="summary").records

    assert record["task"] == "report"
    assert record["messages"][0]["content"].endswith(
        "。\n\n患者：胃痛，女，29岁\n医生：多久了？\n医生：有反酸吗？\n患者：三天\n医生：查个胃镜\n患者：谢谢"
    )
    assert record["answer"] == "问题描述：胃痛三天\n分析及建议：查胃镜"


@pytest.mark.parametrize(
    "suggestion",
    ["针对本次问诊，医生更新了总结建议：查胃镜", "查胃镜，医生有语音回复内容,具体请点击收听医嘱。", "查胃镜"],
)
def test_what_the_site_adds_is_no_advice(tmp_path: Path, suggestion: str) -> None:
    row = fetched(
        said=[*SAID, ("D", "针对本次问诊，医生更新了总结建议：查胃镜", "2")],
        summary=SUMMARY | {"suggestion": suggestion},
    )
    found = take(tmp_path, "mc", {TEXTS: lines(row)}, make="summary")

    assert found.column("answer") == ["问题描述：胃痛三天\n分析及建议：查胃镜"]
    assert "更新了总结建议" not in found.said("user")[0]
    assert found.outcome.changed["form lines taken out"] == 1


@pytest.mark.parametrize("summary", [..., None, {}, {"description": "胃痛", "suggestion": ""}, {"description": None}])
def test_a_talk_without_a_whole_summary_is_a_talk_and_no_summary(tmp_path: Path, summary: Any) -> None:
    files: dict[str, bytes | str] = {TEXTS: lines(fetched(summary=summary))}

    assert take(tmp_path / "1", "mc", files).outcome.written == 1
    assert take(tmp_path / "2", "mc", files, make="summary").reasons() == {"no-summary": 1}


def test_both_parts_of_written_advice_are_kept_and_a_tab_in_what_is_said(tmp_path: Path) -> None:
    text = dialog(
        said=[("P", "胃\t痛", "1"), ("D", "查胃镜", "2")], summary="SUM1\t胃痛\nSUM2.0\t查胃镜\nSUM2.1\t忌口\n"
    )
    found = take(tmp_path, "mc", {"test.dialog": text}, make="summary")

    assert found.column("answer") == ["问题描述：胃痛\n分析及建议：查胃镜\n忌口"]
    assert "患者：胃 痛" in found.said("user")[0]
    assert found.meta("labels") == ["12"]


def test_no_department_is_none(tmp_path: Path) -> None:
    found = take(tmp_path, "mc", {LABELS: lines(labelled(department="空")), TEXTS: lines(fetched())})

    assert (found.meta("department"), found.meta("category")) == ([None], [None])


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("x", "not-an-object"),
        (None, "not-an-object"),
        ({}, "missing-field"),
        (fetched(id_=3), "missing-field"),  # type: ignore[arg-type]
        (fetched(id=...), "missing-field"),
        (fetched(content=...), "missing-field"),
        (fetched(content=None), "missing-field"),
        (fetched(content="医生：你好"), "missing-field"),
        (fetched(content=[]), "no-dialogue"),
        (fetched(content=[3]), "wrong-type"),
        (fetched(content=[{"speaker": "患者", "utterance": 3}]), "wrong-type"),
        (fetched(content=[{"speaker": "护士", "utterance": "好"}]), "unknown-role"),
        (fetched(content=[{"speaker": "患者", "utterance": "好"}]), "no-answer"),
        (fetched(content=[{"speaker": "医生", "utterance": "好"}]), "no-question"),
        (fetched(summary=[3]), "wrong-type"),
        (fetched(summary={"description": 3}), "wrong-type"),
        (fetched(said=[("P", "\0", "0"), ("D", "好", "0")]), "nul"),
        (fetched("00010"), "id-given-twice"),
    ],
)
def test_a_hostile_text_is_refused_at_its_line_and_the_others_are_read(tmp_path: Path, row: Any, reason: str) -> None:
    found = take(tmp_path, "mc", {TEXTS: lines(fetched("00010"), row, fetched("00011"))})

    assert found.rejects == [(f"exam/{TEXTS}", 2, reason)]
    assert found.meta("id") == ["00010", "00011"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("x", "not-an-object"),
        (labelled(labels=...), "missing-field"),
        (labelled(id=...), "missing-field"),
        (labelled(id=9), "missing-field"),
        (labelled(labels="100020"), "wrong-type"),
        (labelled(labels=["1"]), "wrong-type"),
        (labelled(labels=["10", "0", "0", "0", "2", "0"]), "wrong-type"),
        (labelled(labels=["3", "0", "0", "0", "2", "0"]), "wrong-type"),
        (labelled(labels=[1, 0, 0, 0, 2, 0]), "wrong-type"),
        (labelled(speaker_role=["N"] * 6), "wrong-type"),
        (labelled("00010"), "id-given-twice"),
    ],
)
def test_hostile_labels_are_refused_at_their_line(tmp_path: Path, row: Any, reason: str) -> None:
    found = take(tmp_path, "mc", {LABELS: lines(labelled("00010"), row), TEXTS: lines(fetched("00010"))})

    assert found.rejects == [(f"exam/{LABELS}", 2, reason)]
    assert found.meta("labels") == ["100020"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (dialog().replace("P\t三天\t0", "三天"), "broken-talk"),
        (dialog().replace("P\t三天\t0", "P 三天 0"), "broken-talk"),
        (dialog().replace("三天\t0", "\ud83d\t0"), "broken-talk"),
        (dialog().partition("\n")[2], "no-head"),
        (dialog(id_=" "), "no-head"),
        (dialog(said=[]), "no-dialogue"),
        (dialog(said=[("P", "在吗", "0")]), "no-answer"),
        (dialog(said=[("P", "\0", "0"), ("D", "好", "0")]), "nul"),
        (dialog(said=[("P", "长" * 1_000_001, "0"), ("D", "好", "0")]), "too-long"),
        (dialog("00010"), "id-given-twice"),
    ],
)
def test_a_broken_talk_is_refused_whole_and_the_others_are_read(tmp_path: Path, text: str, reason: str) -> None:
    data = (dialog("00010") + text + dialog("00011")).encode("utf-8", "surrogatepass")
    found = take(tmp_path, "mc", {"test.dialog": data})

    assert found.meta("id") == ["00010", "00011"]
    assert [reject for reject in found.rejects if reject[2] != "wrong-encoding"] == [("exam/test.dialog", 11, reason)]


def test_labels_of_a_written_talk_that_are_none_are_left_out(tmp_path: Path) -> None:
    found = take(tmp_path, "mc", {"test.dialog": dialog().replace("谢谢\t0", "谢谢\t?")})

    assert found.meta("labels") == [None]
    assert found.rejects == []


@pytest.mark.parametrize("text", ["", "[]", "{}", "[1, 2]", '{"a": 1}\n', "\0\0", "a,b\n1,2\n", "[["])
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    found = take(tmp_path, "mc", {"a.json": text})

    assert (found.outcome.written, found.reasons()) == (0, {"unknown-file": 1})
    assert not [name for _, name, _ in who_reads([tmp_path / "exam"]).matches if name == "mc"]


@pytest.mark.parametrize("make", ["dialogue", "summary"])
def test_the_same_files_give_the_same_bytes(tmp_path: Path, make: str) -> None:
    files = SHAPES["fetched"] | {"train.dialog": dialog("00011") + dialog("00012", summary="")}
    for run in ("1", "2"):
        take(tmp_path / run, "mc", files, make=make)
    for name in ("records.parquet", "rejects.parquet", "run.json"):
        assert (tmp_path / "1" / "out" / name).read_bytes() == (tmp_path / "2" / "out" / name).read_bytes()


def test_strict_stops_at_the_first_reject(tmp_path: Path) -> None:
    (tmp_path / "a.dialog").write_text(dialog(said=[]), encoding="utf-8")

    with pytest.raises(InputError, match=r"a\.dialog:1: no-dialogue.*--strict"):
        list(find("mc").read(Corpus([tmp_path / "a.dialog"], strict=True), find("mc").settings()))


@pytest.mark.parametrize("shape", SHAPES)
def test_its_files_are_known_as_its_own(tmp_path: Path, shape: str) -> None:
    take(tmp_path, "mc", SHAPES[shape])

    fitting = {(file, name) for file, name, _ in who_reads([tmp_path / "exam"]).matches if not find(name).general}

    assert fitting == {(f"exam/{file}", "mc") for file in SHAPES[shape]}


def test_its_records_are_private_and_their_licence_is_not_known() -> None:
    assert find("mc").private
    assert (find("mc").license, "MIT" in find("mc").license_note) == ("unknown", True)


@pytest.fixture
def real() -> Path:
    path = REAL / "mc" / "test.info.json"
    if not path.is_file():
        pytest.skip("needs ../shared/data/corpora, which is not part of the project")
    return path


def test_the_real_labels_alone_say_what_is_missing(real: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="mc lacks the texts"):
        take_all(tmp_path, "mc", [real])


def test_all_real_labels_meet_texts_of_their_length(real: Path, tmp_path: Path) -> None:
    rows = [orjson.loads(line) for line in real.read_bytes().splitlines()]
    said = [[(speaker, f"第{n}句", "") for n, speaker in enumerate(row["speaker_role"])] for row in rows]
    texts = tmp_path / "data.json"
    texts.write_text(lines(*(fetched(row["id"], talk) for row, talk in zip(rows, said, strict=True))), encoding="utf-8")

    found: Taken = take_all(tmp_path, "mc", [real, texts])

    assert (found.outcome.written, found.rejects) == (8996, [])
    assert found.outcome.splits == {"test": 8996}
    assert sum(len(labels) for labels in found.meta("labels")) == 170_792
    assert [sum(labels.count(label) for labels in found.meta("labels")) for label in "012"] == [118_893, 11_429, 40_470]
    assert sum(department is None for department in found.meta("department")) == 475
    assert found.outcome.changed["turns after the last answer"] == 514
    assert "labels left out that do not fit the text" not in found.outcome.changed


def test_the_real_labels_fit_this_reader_alone(real: Path) -> None:
    assert [name for _, name, _ in who_reads([real]).matches] == ["mc"]
