"""CMD: whatever its encoding and header, every row is a question or a reject, and no record ends in `无`."""

from collections import Counter
from pathlib import Path

import pytest

from kgtools.corpora.detect import find, read_preview, who_reads
from kgtools.corpora.files.file import File
from kgtools.corpora.reader import Corpus
from kgtools.tools.errors import InputError
from tests.conftest import ROOT
from tests.corpora.readers.exams import Taken, take, take_all

REAL = ROOT.parent / "shared" / "data" / "corpora" / "cmd" / "internal-medicine-5000-6000.csv"
DEPARTMENTS = {
    "肝病科": 3121, "消化科": 1414, "神经科": 1104, "心血管科": 1080, "内分泌科": 558, "呼吸科": 152, "肾内科": 80, "感染科": 45,
    "血液科": 40, "普通内科": 32, "风湿免疫科": 18,
}  # fmt: skip
CSV = (
    "department,title,ask,answer\n"
    "心血管科,血压高能吃盐吗？,我血压高，能吃盐吗？,少吃盐。\n"
    '内分泌科,血糖高怎么办？,"空腹血糖7.8，\n吃什么药？","先控制饮食，\n再复查。"\n'
    "消化科,胃胀气怎么办？,无,少食多餐。\n"
    "消化科,能喝牛奶吗？,胃不好能喝牛奶吗？,可以喝温的。\n"
)


@pytest.mark.parametrize("header", ["ask", "question"])
@pytest.mark.parametrize("encoding", ["gb18030", "gbk", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_records_are_the_same_in_every_encoding_and_under_every_header(
    tmp_path: Path, header: str, encoding: str, end: str
) -> None:
    data = CSV.replace("title,ask,", f"title,{header},").replace("\n", end).encode(encoding)
    found = take(tmp_path, "cmd", {"IM_内科/data.csv": data})

    assert found.said("user") == [
        "血压高能吃盐吗？\n我血压高，能吃盐吗？", "血糖高怎么办？\n空腹血糖7.8，\n吃什么药？", "胃胀气怎么办？", "胃不好能喝牛奶吗？",
    ]  # fmt: skip
    assert found.said("assistant") == ["少吃盐。", "先控制饮食，\n再复查。", "少食多餐。", "可以喝温的。"]
    assert [meta["line"] for meta in found.column("meta")] == [2, 3, 6, 7]
    assert found.rejects == []


def test_an_empty_question_leaves_the_title_and_is_counted(tmp_path: Path) -> None:
    found = take(tmp_path, "cmd", {"data.csv": CSV})

    assert not any("无" in text for text in found.said("user"))
    assert found.outcome.changed == {
        "empty questions left out, the title asks alone": 1,
        "titles left out that the question repeats": 1,
    }


def test_the_publishers_prompt_names_the_department_and_joins_title_and_question(tmp_path: Path) -> None:
    found = take(tmp_path, "cmd", {"data.csv": CSV}, prompt="toyhom")

    assert found.said("system")[0] == "现在你是一个心血管科医生，请根据患者的问题给出建议："
    assert found.said("user")[2:] == ["胃胀气怎么办？", "能喝牛奶吗？，胃不好能喝牛奶吗？"]
    assert all(record["messages"][0]["role"] == "system" for record in found.records)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("内科,题目,问题", "wrong-width"),
        ("内科,题目,问题,回答,多余", "wrong-width"),
        ("内科,题目, 问题 ,  ", "no-answer"),
        ("内科,题目,问题,无", "no-answer"),
        ("内科,无,无,回答", "no-question"),
        ("内科,,  ,回答", "no-question"),
        ("内科,题目,问\0题,回答", "nul"),
        ("内科,题目,问题,回\0答", "nul"),
        (b"\xc4\xda\xbf\xc6,a,b,c\xff", "wrong-encoding"),
    ],
)
def test_a_row_that_is_no_question_with_an_answer_is_refused_at_its_line(
    tmp_path: Path, row: str | bytes, reason: str
) -> None:
    data = CSV.encode() + (row if isinstance(row, bytes) else row.encode()) + b"\n"
    found = take(tmp_path, "cmd", {"data.csv": data})

    assert found.rejects == [("exam/data.csv", 8, reason)]
    assert found.outcome.written == 4


def test_a_file_with_other_columns_is_refused_row_by_row(tmp_path: Path) -> None:
    found = take(tmp_path, "cmd", {"data.csv": CSV.replace("title,ask,", "title,asked,")})

    assert found.reasons() == {"missing-field": 4}


def test_strict_stops_at_the_first_reject(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(f"{CSV}内科,无,无,回答\n", encoding="utf-8")

    with pytest.raises(InputError, match=r"data\.csv:8: no-question"):
        list(find("cmd").read(Corpus([tmp_path / "data.csv"], strict=True), find("cmd").settings()))


def test_the_same_question_is_in_one_group_whoever_answers(tmp_path: Path) -> None:
    found = take(tmp_path, "cmd", {"data.csv": f"{CSV}外科,血压高能吃盐吗？,我血压高，能吃盐吗？,别的回答。\n"})

    assert len(set(found.column("id"))) == 5
    assert found.records[0]["group"] == found.records[4]["group"]
    assert len(set(found.column("group"))) == 4


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for run in ("1", "2"):
        (tmp_path / run).mkdir()
        take(tmp_path / run, "cmd", {"data.csv": CSV})
        written.append((tmp_path / run / "out" / "records.parquet").read_bytes())

    assert written[0] == written[1]


@pytest.mark.parametrize("columns", ["department,title,answer", "title,ask,answer", "input,target", "question,answer"])
def test_other_tables_do_not_fit(tmp_path: Path, columns: str) -> None:
    (tmp_path / "data.csv").write_text(f"{columns}\n{columns}\n", encoding="utf-8")

    assert find("cmd").fits(read_preview(File(tmp_path / "data.csv", "data.csv", lambda *_: None))) is None


@pytest.fixture
def sample() -> Path:
    if not REAL.is_file():
        pytest.skip("needs ../shared/data/corpora, which is not part of the project")
    return REAL


@pytest.fixture
def real(sample: Path, tmp_path: Path) -> Taken:
    return take_all(tmp_path, "cmd", [sample])


def test_the_published_sample_gives_its_counts(real: Taken) -> None:
    assert (real.outcome.written, real.outcome.duplicates, real.rejects) == (7644, 378, [])
    assert real.outcome.changed["empty questions left out, the title asks alone"] == 6
    assert len(real.said("assistant")) - len(set(real.said("assistant"))) == 400
    assert Counter(real.meta("department")) == DEPARTMENTS


def test_no_question_of_the_published_sample_ends_in_an_empty_one(real: Taken) -> None:
    assert not any(text.endswith(("\n无", "，无")) for text in real.said("user"))


def test_rows_over_several_lines_are_read_whole(real: Taken, sample: Path) -> None:
    lines = sample.read_bytes().decode("gb18030").splitlines()

    assert sum(len(line.split(",")) != 4 for line in lines) == 996
    assert (real.meta("line")[0], real.meta("line")[-1], len(lines)) == (2, 7691, 7691)


def test_auto_knows_the_published_sample(sample: Path) -> None:
    assert [name for _, name, _ in who_reads([sample]).matches] == ["cmd", "alpaca"]
