from pathlib import Path

import pytest

from kgtools.kg.build.normalize import clean
from kgtools.kg.ontology import ontology
from kgtools.kg.source import Options, Reading
from kgtools.kg.sources.health39 import COLUMNS, LISTED, read, values
from kgtools.tools.errors import InputError, UsageError

HEADER = ",".join(COLUMNS) + ",,,,,"


def row(spilled: str = "", **cells: str) -> str:
    quoted = ('"' + cells.get(name, "").replace('"', '""') + '"' for name in COLUMNS)
    return ",".join(quoted) + f",{spilled},,,,"


def write(folder: Path, *rows: str, encoding: str = "gb18030", header: str = HEADER) -> Path:
    path = folder / "disease.csv"
    path.write_bytes("".join(line + "\n" for line in (header, *rows)).encode(encoding))
    return path


def read_one(folder: Path, **cells: str) -> Reading:
    return read([write(folder, row(**({"name": "阳痿"} | cells)))], Options())


def tails(reading: Reading, field: str) -> list[str]:
    return reading.statements.filter(reading.statements["field"] == field)["tail"].to_list()


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig"])
def test_the_file_is_read_whatever_its_encoding(tmp_path: Path, encoding: str) -> None:
    reading = read([write(tmp_path, row(name="牙𬌗痛", symptom="牙痛"), encoding=encoding)], Options())

    assert list(reading.statements.select("head_type", "head", "field", "tail", "row").iter_rows()) == [
        ("Disease", "牙𬌗痛", "symptom", "牙痛", 2)
    ]
    assert list(reading.mentions.select("type", "name", "field", "row").iter_rows()) == [
        ("Disease", "牙𬌗痛", "name", 2)
    ]
    assert (reading.source, reading.info) == ("health39", ontology().sources["health39"])


@pytest.mark.parametrize(
    ("field", "cell", "expected"),
    [
        ("alias", "勃起功能障碍,勃起机能障碍，勃起无力、阳萎；a;b", ["勃起功能障碍", "勃起机能障碍", "勃起无力", "阳萎", "a", "b"]),
        ("alias", "Alzheimer disease, AD", ["Alzheimer disease", "AD"]),
        ("part", "头部 颈部", ["头部", "颈部"]),
        ("department", "内科  神经内科", ["内科", "神经内科"]),
        ("checklist", "血常规 前列腺B超　CT", ["血常规", "前列腺B超", "CT"]),
        ("symptom", "咳嗽，咳痰带血 红、肿 掌纹atd角大...", ["咳嗽，咳痰带血", "红、肿", "掌纹atd角大..."]),
        ("treatment", "药物治疗、心理治疗 手术，放疗", ["药物治疗", "心理治疗", "手术", "放疗"]),
        ("treatment", "手术治疗、、介入治疗", ["手术治疗", "介入治疗"]),
        ("treatment", "药物、手术治疗 [详细]", ["药物治疗", "手术治疗", "[详细]"]),
        ("treatment", "药物、理疗", ["药物", "理疗"]),
        ("treatment", "轻者不需要处理，严重的需手术", ["轻者不需要处理，严重的需手术"]),
        ("drug", "珍珠末 白金丸 他达拉非片...", ["珍珠末", "白金丸", "他达拉非片..."]),
        ("complication", " 癫痫 ", ["癫痫"]),
        ("money", "市三甲医院约（5000，10000元） 另计", ["市三甲医院约（5000，10000元） 另计"]),
        ("rate", " 85%(一般，经过) ", ["85%(一般，经过)"]),
        ("age", "", []),
        ("symptom", "  ", []),
    ],
)  # fmt: skip
def test_a_cell_is_split_as_its_column_is_written(field: str, cell: str, expected: list[str]) -> None:
    assert values(field, cell) == expected


def test_every_column_is_a_field_of_the_ontology() -> None:
    assert {*COLUMNS, LISTED} - {"name"} == set(ontology().sources["health39"].fields)


def test_the_more_link_and_the_placeholder_are_counted_and_are_no_values(tmp_path: Path) -> None:
    reading = read_one(
        tmp_path, symptom="头痛 [详细]", drug="[详细]", complication="暂无相关资料", rate="暂无相关资料", checklist="暂无相关资料 [详细]"
    )  # fmt: skip

    assert reading.statements["tail"].to_list() == ["头痛"]
    assert reading.skipped == {
        ("checklist", "more-link"): 1,
        ("checklist", "no-data"): 1,
        ("complication", "no-data"): 1,
        ("drug_listed", "more-link"): 1,
        ("rate", "no-data"): 1,
        ("symptom", "more-link"): 1,
    }


def test_the_last_value_before_the_more_link_is_kept(tmp_path: Path) -> None:
    assert tails(read_one(tmp_path, symptom="精冷不育 脉涩或结 [详细]"), "symptom") == ["精冷不育", "脉涩或结"]


def test_a_name_loses_its_leading_space_and_keeps_its_three_dots(tmp_path: Path) -> None:
    reading = read([write(tmp_path, row(name=" 癫痫"), row(name="获得性免疫缺..."))], Options())

    assert reading.mentions["name"].to_list() == ["癫痫", "获得性免疫缺..."]


def test_the_rows_of_one_disease_are_merged_and_not_dropped(tmp_path: Path) -> None:
    path = write(tmp_path, row(name="癫痫", symptom="抽搐 发热"), row(name=" 癫痫", symptom="抽搐 昏迷"))

    cleaned = clean(read([path], Options()))

    assert cleaned.named.filter(cleaned.named["type"] == "Disease")["name"].to_list() == ["癫痫"]
    assert {tail: len(origins) for tail, origins in cleaned.facts.select("tail", "origins").iter_rows()} == {
        "Symptom:抽搐": 2, "Symptom:发热": 1, "Symptom:昏迷": 1,
    }  # fmt: skip


def test_a_row_with_spilled_values_is_refused_whole(tmp_path: Path) -> None:
    path = write(tmp_path, row(name="癫痫", symptom="抽搐"), row(name="错位", symptom="发热", spilled="元"))

    reading = read([path], Options())
    cleaned = clean(reading)

    assert reading.mentions["reason"].to_list() == [None, "spilled-columns"]
    assert reading.statements["reason"].to_list() == [None, "spilled-columns"]
    assert cleaned.named["name"].to_list() == ["癫痫", "抽搐"]
    assert cleaned.rejects.select("tail", "reason").rows() == [
        ("错位", "spilled-columns"), ("发热", "spilled-columns"),
    ]  # fmt: skip


def test_a_quoted_cell_may_hold_commas_quotes_and_line_breaks(tmp_path: Path) -> None:
    reading = read_one(tmp_path, money='约"1000，\n2000", 元')

    assert tails(reading, "money") == ['约"1000，\n2000", 元']


def test_lines_without_any_cell_are_no_records(tmp_path: Path) -> None:
    reading = read([write(tmp_path, "", "," * 19, row(name="癫痫"))], Options())

    assert list(reading.mentions.select("name", "row").iter_rows()) == [("癫痫", 4)]


@pytest.mark.parametrize("header", [",".join(COLUMNS[:14]), "name,class", HEADER.replace("alias", "别名"), "x"])
def test_another_header_is_refused_with_the_columns_that_are_there(tmp_path: Path, header: str) -> None:
    path = write(tmp_path, row(name="癫痫"), header=header)

    with pytest.raises(InputError) as raised:
        read([path], Options())

    assert str(raised.value).startswith(f"{path}:1: the columns are {header.split(',')[0]}")
    assert "is this disease.csv of 39Health-KG?" in str(raised.value)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("癫痫,a,b", r"disease\.csv:3: 3 columns, expected 20; was the download cut off\?"),
        ('"癫痫', r"disease\.csv:3: a quotation mark does not close before the file ends; was the download cut off\?"),
    ],
)
def test_a_broken_row_is_refused_with_file_and_line(tmp_path: Path, bad: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read([write(tmp_path, row(name="阳痿"), bad)], Options())


def test_a_row_with_a_bad_quotation_mark_is_refused_and_the_next_ones_are_read(tmp_path: Path) -> None:
    bad = '"癫"痫"' + "," * 19
    reading = read([write(tmp_path, row(name="阳痿"), bad, row(name="痛风"))], Options())

    assert reading.mentions["name"].to_list() == ["阳痿", "痛风"]
    assert reading.broken.rows() == [("disease.csv", 3, "row", bad, "bad-quote")]


def test_drugs_beside_the_link_to_the_shop_are_what_it_lists(tmp_path: Path) -> None:
    cell = "如何选药？选哪种药？ >> 虚构药片 [详细]"
    path = write(tmp_path, row(name="虚构病", drug=cell), row(name="虚构病乙", drug="虚构胶囊"))

    cleaned = clean(read([path], Options()))

    assert cleaned.facts.select("relation", "tail").sort("tail").rows() == [
        ("HAS_DRUG", "Drug:虚构胶囊"),
        ("LISTED_DRUG", "Drug:虚构药片"),
    ]
    assert sorted(cleaned.rejects["reason"]) == ["navigation", "question"]


def test_a_row_without_a_name_is_refused_and_counted(tmp_path: Path) -> None:
    cleaned = clean(read([write(tmp_path, row(name=" ", symptom="抽搐"), row(name="癫痫"))], Options()))

    assert cleaned.named["name"].to_list() == ["癫痫"]
    assert cleaned.rejects["reason"].to_list() == ["empty", "empty"]


def test_the_papers_counting_takes_an_empty_cell_for_a_token(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        row(name="a", checklist="血常规 CT [详细]", symptom="头痛", treatment="药物治疗、手术"),
        row(name="b", checklist="CT", symptom="", treatment="药物治疗 暂无相关资料"),
        row(name="c"),
    )

    reading = read([path], Options(counting="paper"))

    assert reading.counting is not None
    figures = {name: (paper, ours) for name, _, paper, ours, _ in reading.counting.iter_rows()}
    assert figures == {
        "examination mentions": (4, 3),  # 血常规 CT | CT | nan
        "distinct examinations": (3, 2),
        "symptom mentions": (3, 1),  # 头痛 | nan | nan
        "distinct symptoms": (2, 1),
        "treatment mentions": (4, 3),  # 药物治疗、手术 | 药物治疗 暂无相关资料 | nan
        "distinct treatments": (4, 2),
    }


def test_another_counting_than_the_papers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="health39 has no counting 'readme'; there is: paper"):
        read([write(tmp_path)], Options(counting="readme"))


@pytest.mark.parametrize("options", [Options(mapping=Path("m.yaml")), Options(type="Disease")])
def test_an_option_without_meaning_is_refused_by_39health(tmp_path: Path, options: Options) -> None:
    with pytest.raises(UsageError, match="means nothing to the source health39; leave it out"):
        read([write(tmp_path)], options)
