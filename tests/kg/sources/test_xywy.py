import json
from pathlib import Path

import pytest

from kgtools.kg.ontology import ontology
from kgtools.kg.source import Options, Reading
from kgtools.kg.sources.xywy import read, split_product
from kgtools.tools.errors import InputError, UsageError

COUGH = {"_id": {"$oid": "5bb578b6"}, "name": "百日咳", "symptom": ["阵发性咳嗽", "发热"], "get_way": "呼吸道传播"}


def write(folder: Path, text: str | bytes, name: str = "medical.json") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def lines(*records: dict[str, object]) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def said(reading: Reading) -> list[tuple[str, str, str, str, int]]:
    return list(reading.statements.select("head_type", "head", "field", "tail", "row").iter_rows())


def named(reading: Reading) -> list[tuple[str, str, str, int]]:
    return list(reading.mentions.select("type", "name", "field", "row").iter_rows())


def read_one(folder: Path, **keys: object) -> Reading:
    return read([write(folder, lines({"name": "百日咳"} | keys))], Options())


COUGH_SAID = [
    ("Disease", "百日咳", "symptom", "阵发性咳嗽", 1),
    ("Disease", "百日咳", "symptom", "发热", 1),
    ("Disease", "百日咳", "get_way", "呼吸道传播", 1),
]


@pytest.mark.parametrize(
    "data",
    [
        lines(COUGH).encode(),
        lines(COUGH).encode("utf-8-sig"),
        lines(COUGH).encode("gb18030"),
        lines(COUGH).encode("utf-16"),
        lines(COUGH).replace("\n", "\r\n").encode(),
        lines(COUGH).rstrip("\n").encode(),
        json.dumps([COUGH], ensure_ascii=False, indent=2).encode(),
        json.dumps(COUGH).encode(),  # \uXXXX throughout
    ],
    ids=["utf-8", "bom", "gb18030", "utf-16", "crlf", "no-last-line-end", "array", "escaped"],
)
def test_every_published_form_of_the_file_says_the_same(tmp_path: Path, data: bytes) -> None:
    reading = read([write(tmp_path, data)], Options())

    assert said(reading) == COUGH_SAID
    assert named(reading) == [("Disease", "百日咳", "name", 1)]
    assert (reading.source, reading.info) == ("xywy", ontology().sources["xywy"])


def test_blank_lines_are_no_records_but_are_counted_as_lines(tmp_path: Path) -> None:
    reading = read([write(tmp_path, "\n" + lines(COUGH) + "\n \n" + lines({"name": "风疹"}))], Options())

    assert [(name, row) for _, name, _, row in named(reading)] == [("百日咳", 2), ("风疹", 5)]


def test_a_record_may_lack_any_key_but_its_name(tmp_path: Path) -> None:
    reading = read_one(tmp_path)

    assert (said(reading), named(reading)) == ([], [("Disease", "百日咳", "name", 1)])


def test_empty_lists_and_empty_texts_say_nothing(tmp_path: Path) -> None:
    assert said(read_one(tmp_path, symptom=[], drug_detail=[], cure_department=[], desc="", cause=" \n")) == []


def test_a_key_that_the_ontology_lacks_is_kept_for_counting(tmp_path: Path) -> None:
    assert said(read_one(tmp_path, symptoms=["咳嗽"])) == [("Disease", "百日咳", "symptoms", "咳嗽", 1)]


@pytest.mark.parametrize("text", ["发热，咳嗽", "耳、鼻、咽拭子", "血清5'-核苷酸酶（5'-NT）", '{{x}} `a` "b" ||| \\n'])
def test_a_value_is_one_value_whatever_signs_are_in_it(tmp_path: Path, text: str) -> None:
    assert said(read_one(tmp_path, symptom=[text])) == [("Disease", "百日咳", "symptom", text, 1)]


def test_text_fields_keep_their_line_breaks(tmp_path: Path) -> None:
    assert said(read_one(tmp_path, desc="一\n二")) == [("Disease", "百日咳", "desc", "一\n二", 1)]


@pytest.mark.parametrize(
    ("chain", "pairs"),
    [
        (["内科"], [("Disease", "百日咳", "cure_department", "内科", 1)]),
        (
            ["内科", "呼吸内科"],
            [
                ("Disease", "百日咳", "cure_department", "呼吸内科", 1),
                ("Department", "呼吸内科", "parent_department", "内科", 1),
            ],
        ),
        (
            ["内科", "呼吸内科", "哮喘科"],
            [
                ("Disease", "百日咳", "cure_department", "哮喘科", 1),
                ("Department", "呼吸内科", "parent_department", "内科", 1),
                ("Department", "哮喘科", "parent_department", "呼吸内科", 1),
            ],
        ),
    ],
)
def test_a_disease_belongs_to_the_last_department_and_each_to_the_one_before(
    tmp_path: Path, chain: list[str], pairs: list[tuple[str, str, str, str, int]]
) -> None:
    assert said(read_one(tmp_path, cure_department=chain)) == pairs


@pytest.mark.parametrize(
    ("detail", "product", "drug"),
    [
        ("惠普森穿心莲内酯片(穿心莲内酯片)", "惠普森穿心莲内酯片", "穿心莲内酯片"),
        ("博美欣(阿莫西林克拉维酸钾(4:1)分散片)", "博美欣", "阿莫西林克拉维酸钾(4:1)分散片"),
        ("绿十字(中国)生物制品人血(人血白蛋白)", "绿十字(中国)生物制品人血", "人血白蛋白"),
        ("圣大（张家口）阿莫西林（阿莫西林胶囊）", "圣大（张家口）阿莫西林", "阿莫西林胶囊"),
        ("混用(全角括号）", "混用", "全角括号"),
        ("没有括号", "没有括号", ""),
        ("括号在(中间)的", "括号在(中间)的", ""),
        ("少了开头)", "少了开头)", ""),
        ("少了一个((药)", "少了一个(", "药"),
        ("(全在里面)", "(全在里面)", ""),
        ("空的()", "空的", ""),
        ("", "", ""),
    ],
)
def test_a_product_is_split_from_its_drug_at_the_last_balanced_bracket(detail: str, product: str, drug: str) -> None:
    assert split_product(detail) == (product, drug)


def test_a_product_says_which_drug_it_holds(tmp_path: Path) -> None:
    reading = read_one(tmp_path, drug_detail=["甲牌片(药(4:1)片)"])

    assert said(reading) == [("Product", "甲牌片", "drug_detail", "药(4:1)片", 1)]
    assert ("Product", "甲牌片", "drug_detail", 1) in named(reading)


def test_a_product_without_its_drug_is_given_with_the_reason(tmp_path: Path) -> None:
    reading = read_one(tmp_path, drug_detail=["甲牌片"])

    assert reading.statements["reason"].to_list() == ["no-drug-in-brackets"]
    assert [type_ for type_, *_ in named(reading)] == ["Disease"]


@pytest.mark.parametrize(
    ("keys", "broken"),
    [
        ({"symptom": "发热"}, ("symptom", '"发热"', "not-a-list")),
        ({"symptom": None}, ("symptom", "null", "missing-value")),
        ({"symptom": ["皮疹", 1]}, ("symptom", "1", "not-text")),
        ({"symptom": ["皮疹", None]}, ("symptom", "null", "missing-value")),
        ({"symptom": {"a": 1}}, ("symptom", '{"a":1}', "not-text")),
        ({"cure_department": "内科"}, ("cure_department", '"内科"', "not-a-list")),
        ({"drug_detail": [["a"]]}, ("drug_detail", '["a"]', "not-text")),
        ({"desc": ["a"]}, ("desc", '["a"]', "not-text")),
        ({"yibao_status": True}, ("yibao_status", "true", "not-text")),
        ({"cost_money": {"$date": "2019-01-01"}}, ("cost_money", '{"$date":"2019-01-01"}', "not-text")),
        ({"updated": {"$date": "2019-01-01"}}, ("updated", '{"$date":"2019-01-01"}', "not-text")),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_and_the_rest_of_the_record_is_read(
    tmp_path: Path, keys: dict[str, object], broken: tuple[str, str, str]
) -> None:
    reading = read([write(tmp_path, lines(COUGH, {"name": "风疹", "acompany": ["肺炎"]} | keys))], Options())

    assert reading.broken.rows() == [("medical.json", 2, *broken)]
    assert ("风疹", "acompany", "肺炎") in reading.statements.select("head", "field", "tail").rows()
    assert [name for _, name, *_ in named(reading)][-1] == "风疹"


@pytest.mark.parametrize("value", [3, 3.5, {"$numberInt": "3"}, {"$numberDouble": "3.5"}])
def test_a_number_is_a_text_of_an_attribute(tmp_path: Path, value: object) -> None:
    reading = read_one(tmp_path, cured_prob=value)

    assert reading.statements["tail"].to_list() in (["3"], ["3.5"])
    assert reading.broken.is_empty()


@pytest.mark.parametrize(
    "record", [{}, {"name": ""}, {"name": " "}, {"name": None}, {"name": 5}, {"name": ["a"]}, {"中心词": "a"}]
)
def test_a_record_without_a_name_is_refused_whole(tmp_path: Path, record: dict[str, object]) -> None:
    reading = read([write(tmp_path, lines(COUGH, record | {"symptom": ["发热"]}))], Options())

    assert [(row, field, reason) for _, row, field, _, reason in reading.broken.rows()] == [(2, "row", "nameless")]
    assert reading.statements["row"].unique().to_list() == [1]


def test_a_file_of_which_no_record_has_a_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r'medical\.json:1: no record has a "name" that is a text; is this medical'):
        read([write(tmp_path, lines({"中心词": "a"}))], Options())


def test_a_file_that_was_cut_off_is_refused_with_its_last_line(tmp_path: Path) -> None:
    whole = lines(COUGH, COUGH)

    with pytest.raises(InputError, match=r"medical\.json:2: .*was the download cut off\?"):
        read([write(tmp_path, whole[:-9])], Options())


def test_rows_of_two_files_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    paths = [write(tmp_path / folder, lines({"name": folder, "symptom": ["x"]})) for folder in ("a", "b")]

    reading = read(paths, Options())

    assert list(reading.statements.select("file", "head").iter_rows()) == [
        ("a/medical.json", "a"),
        ("b/medical.json", "b"),
    ]


@pytest.mark.parametrize(
    "options", [Options(mapping=Path("m.yaml")), Options(type="Disease"), Options(counting="paper")]
)
def test_an_option_without_meaning_for_the_source_is_refused(tmp_path: Path, options: Options) -> None:
    with pytest.raises(UsageError, match="means nothing to the source xywy; leave it out"):
        read([write(tmp_path, lines(COUGH))], options)
