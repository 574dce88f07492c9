"""MedDialog's raw text with something wrong in it: refused at its line, and never mended into words that nobody said."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtools.corpora.read import read
from kgtools.tools.errors import InputError
from tests.corpora.readers.exams import array, take
from tests.corpora.readers.meddialog import PAGE, RAW, TALK, messages, raw


@pytest.mark.parametrize(
    ("data", "rejects", "written"),
    [
        (raw("医生：\n好。")[:90], [(1, "no-dialogue")], 0),
        (raw("医生：\n好。") + "id=2\nhttps://www.haodf.com/a_g_2.htm\n\nDescri", [(13, "no-dialogue")], 1),
        (raw("病人：\n医生："), [(8, "no-answer")], 0),
        (raw("病人：\n你好\n医生：\n \n\u3000"), [(8, "no-answer")], 0),
        (raw("医生：\n好。", description=""), [(7, "no-question")], 0),
        (raw("不知谁说的话"), [(1, "no-dialogue")], 0),
        (raw("医生：\n好\0。"), [(8, "nul")], 0),
        ("Dialogue\n医生：\n好。\n", [(1, "no-question")], 0),
        ("随便一些文字\n没有记录\n", [(1, "no-dialogue")], 0),
        ("", [(0, "empty-file")], 0),
        ("\n \n", [(0, "empty-file")], 0),
    ],
)
def test_what_is_no_talk_is_refused_at_its_line(
    tmp_path: Path, data: str, rejects: list[tuple[int, str]], written: int
) -> None:
    found = take(tmp_path, "meddialog", {"a.txt": data})

    assert [(line, reason) for _, line, reason in found.rejects] == rejects
    assert found.outcome.written == written


def test_two_who_speak_on_one_line_are_an_empty_message_and_the_next_speaker(tmp_path: Path) -> None:
    found = take(tmp_path, "meddialog", {"a.txt": raw("病人：医生：\n明天来。\n病人：\n\n医生：\n好。")})

    assert messages(found)[1:] == [("assistant", "明天来。\n好。")]
    assert found.outcome.changed["empty messages left out"] == 2


def test_a_page_without_an_id_is_a_consultation_of_its_own(tmp_path: Path) -> None:
    data = raw("医生：\n甲。") + raw("医生：\n乙。").replace("id=1\n", "").replace("001", "002")
    found = take(tmp_path, "meddialog", {"a.txt": data + raw("医生：\n丙。").replace("001", "003")})

    assert found.said("assistant") == ["甲。", "乙。", "丙。"]
    assert found.meta("id") == ["1", None, "1"]
    assert found.outcome.changed["consultations without an id"] == 1
    assert len(set(found.column("group"))) == 3


def test_an_address_in_what_is_said_parts_nothing(tmp_path: Path) -> None:
    data = raw(f"医生：\n看这里\n\n{PAGE.format('9')}\n\nDialogue\n医生：\n看了吗？")
    found = take(tmp_path, "meddialog", {"a.txt": data})

    assert found.said("assistant") == [f"看这里\n\n{PAGE.format('9')}", "看了吗？"]


@pytest.mark.parametrize(("where", "refused"), [("病人：\n你好\n", 1), ("你好\n", 1), ("id=2\n", 2), ("再见。\n", 1)])
def test_a_consultation_with_a_line_in_another_encoding_is_refused_whole(
    tmp_path: Path, where: str, refused: int
) -> None:
    good = raw("医生：\n好。").encode() * 3
    bad = raw("医生：\n怎么了？\n病人：\n你好\n医生：\n再见。").replace("id=1", "id=2").rstrip() + "\n"
    data = good + bad.encode().replace(where.encode(), where.encode("gb18030")[:-1] + b"\xff\xff\n", 1)
    found = take(tmp_path, "meddialog", {"a.txt": data})

    assert found.reasons()["broken-consultation"] == refused
    assert found.reasons()["wrong-encoding"] >= 1
    assert "再见" not in str(found.records)
    assert set(found.said("assistant")) == {"好。"}


def test_a_consultation_longer_than_any_is_refused_and_the_next_is_read(tmp_path: Path) -> None:
    long = raw("医生：\n" + "好。\n" * 400_000)
    found = take(tmp_path, "meddialog", {"a.txt": long + raw("医生：\n好。")})

    assert (found.reasons(), found.said("assistant")) == ({"too-long": 1}, ["好。"])


@pytest.mark.parametrize(
    "piece", [" ", "\u3000", "：", "病人：", "疾病：", "（", "id= ", "Dialogue ", "内容", "https://a "]
)
def test_a_line_of_any_one_thing_is_read_without_end(tmp_path: Path, piece: str) -> None:
    hostile = piece * (300_000 // len(piece)) + "x"
    for number, data in enumerate(
        [raw(f"医生：\n{hostile}"), raw("医生：\n好", hostile), raw("医生：\n好", f"疾病：{hostile}")]
    ):
        (tmp_path / str(number)).mkdir()
        found = take(tmp_path / str(number), "meddialog", {"a.txt": data})

        assert found.outcome.written + len(found.rejects) == 1


def test_no_reject_says_a_word_of_a_patient(tmp_path: Path) -> None:
    secret = "秘密病情"
    data = raw(f"病人：\n{secret}") + f"id=2\n\nDescription\n{secret}\n"
    take(tmp_path, "meddialog", {"a.txt": data, "b.json": array([secret], {"Dialogue": secret}, secret)})

    rejects = pl.read_parquet(tmp_path / "out" / "rejects.parquet")
    assert len(rejects) == 5
    assert secret not in str(rejects.rows()) + (tmp_path / "out" / "run.json").read_text(encoding="utf-8")


def test_strict_stops_at_the_first_reject(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(RAW, encoding="utf-8")

    with pytest.raises(InputError, match=r"a\.txt:43: no-dialogue"):
        read("meddialog", [tmp_path / "a.txt"], tmp_path / "out", {}, strict=True)


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for run in ("1", "2"):
        (tmp_path / run).mkdir()
        take(tmp_path / run, "meddialog", {"a.txt": RAW, "b.json": array(TALK)})
        written.append(
            [(tmp_path / run / "out" / name).read_bytes() for name in ("records.parquet", "rejects.parquet")]
        )

    assert written[0] == written[1]


PIECES = st.sampled_from(
    ["id=1", PAGE.format("1"), "", " ", "Description", "Dialogue", "Doctor faculty", "Diagnosis and suggestions", "病人：", "医生:",
     "疾病： 咳", "病情描述：\n痛", "预约医生：张三", "药品： 甲", "好的。", "医生给您发来一个提醒：", "\0", "{{ x }}", "\u202e", "🩺"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=40))
def test_whatever_the_order_of_lines_a_talk_alternates_from_the_patient_to_the_doctor(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str]
) -> None:
    found = take(tmp_path_factory.mktemp("any"), "meddialog", {"a.txt": "\n".join(pieces)})

    for record in found.records:
        roles = [turn["role"] for turn in record["messages"]]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        assert "张三" not in str(record["messages"])
