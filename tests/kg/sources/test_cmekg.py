import json
from pathlib import Path

import polars as pl
import pytest

from kgtools.kg.ontology import ontology
from kgtools.kg.source import Options, Reading
from kgtools.kg.sources.cmekg import read
from kgtools.tools.errors import InputError, UsageError

REAL = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "kg"


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def record(**keys: object) -> str:
    return json.dumps(keys, ensure_ascii=False)


def named(reading: Reading) -> list[tuple[str, str, int]]:
    return list(reading.mentions.select("type", "name", "row").iter_rows())


def said(reading: Reading) -> list[tuple[str, str, str, str, int]]:
    return list(reading.statements.select("head_type", "head", "field", "tail", "row").iter_rows())


KNOWLEDGE: dict[str, list[dict[str, object]]] = {
    "categories": [{"name": "中心词"}, {"name": "关系"}, {"name": "药物治疗"}],
    "node": [
        {"name": "c", "label": "痛风", "category": 0},
        {"name": "r", "label": "药物治疗", "category": 1, "symbol": "rect"},
        {"name": "a", "label": "秋水仙碱", "category": 2},
        {"name": "b", "label": "别嘌醇", "category": 2},
    ],
    "link": [
        {"source": "c", "target": "r", "value": ""},
        {"source": "r", "target": "a", "value": "药物治疗"},
        {"source": "r", "target": "b", "value": "药物治疗"},
    ],
}
GOUT = [("Disease", "痛风", "药物治疗", "秋水仙碱", 1), ("Disease", "痛风", "药物治疗", "别嘌醇", 1)]


def test_an_answer_of_the_site_is_a_centre_with_relations_and_their_values(tmp_path: Path) -> None:
    path = write(tmp_path, "痛风.json", json.dumps(KNOWLEDGE))  # unicode-escaped

    reading = read([path], Options(type="Disease"))

    assert said(reading) == GOUT
    assert named(reading) == [("Disease", "痛风", 1)]


def test_a_tree_map_says_the_same_as_the_star(tmp_path: Path) -> None:
    children = [{"name": "药物治疗", "children": [{"name": "秋水仙碱"}, {"name": "别嘌醇"}]}]
    path = write(tmp_path, "疾病.json", json.dumps({"data": {"name": "痛风", "children": children}}, indent=1))

    assert said(read([path], Options())) == GOUT


def test_one_record_per_line_says_the_same_as_the_star(tmp_path: Path) -> None:
    path = write(tmp_path, "disease.json", record(中心词="痛风", 药物治疗=["秋水仙碱", "别嘌醇"]) + "\n")

    assert said(read([path], Options())) == GOUT


def test_one_file_per_type_says_the_same_as_the_star(tmp_path: Path) -> None:
    whole = {"size": 1, "疾病": [{"名称": "痛风", "药物治疗": ["秋水仙碱", "别嘌醇"]}]}
    path = write(tmp_path, "all.json", json.dumps(whole, ensure_ascii=False, indent=1))

    assert said(read([path], Options())) == GOUT


def test_triples_say_the_same_as_the_star_and_the_class_besides(tmp_path: Path) -> None:
    path = write(tmp_path, "v1.csv", "痛风\t药物治疗\t秋水仙碱\n痛风\t药物治疗\t别嘌醇\n\n痛风\t分类\t疾病\n")

    assert said(read([path], Options())) == [
        ("Disease", "痛风", "药物治疗", "秋水仙碱", 1),
        ("Disease", "痛风", "药物治疗", "别嘌醇", 2),
        ("Disease", "痛风", "class", "疾病", 4),
    ]


def test_an_answer_is_typed_by_the_name_lists_read_with_it(tmp_path: Path) -> None:
    answer = write(tmp_path, "痛风.json", json.dumps(KNOWLEDGE))
    names = write(tmp_path, "names.csv", "name,class\n痛风,百种常见病\n")

    assert said(read([answer, names], Options()))[:2] == GOUT


def test_an_answer_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "disease.json", json.dumps(KNOWLEDGE | {"node": KNOWLEDGE["node"][:3]}))

    with pytest.raises(InputError, match=r"disease.json:1: the link .*'b'.* cut off"):
        read([path], Options())


def test_an_empty_answer_says_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, "disease.json", '{"categories": [], "node": [], "link": []}')

    assert read([path], Options()).mentions.height == 0


def test_the_leaves_of_the_tree_are_names_typed_by_the_class_above(tmp_path: Path) -> None:
    nodes = [(1, 0, "疾病"), (2, 1, "百种常见病"), (3, 2, "痛风"), (4, 2, "哮喘")]
    tree = {"nodes": [{"id": id_, "pId": above, "name": name, "icon": ""} for id_, above, name in nodes]}
    path = write(tmp_path, "tree.json", json.dumps(tree))

    reading = read([path], Options())

    assert named(reading) == [("Disease", "痛风", 1), ("Disease", "哮喘", 1)]
    assert said(reading)[0] == ("Disease", "痛风", "class", "百种常见病", 1)


def test_a_text_counts_as_a_list_of_one(tmp_path: Path) -> None:
    path = write(tmp_path, "disease.json", record(中心词="痛风", 发病率="1%"))

    assert said(read([path], Options())) == [("Disease", "痛风", "发病率", "1%", 1)]


def test_a_record_is_typed_by_its_class_before_the_file_and_the_option(tmp_path: Path) -> None:
    path = write(
        tmp_path, "symptom.json", record(**{"class": "西药"}, 中心词="阿司匹林") + "\n" + record(中心词="发热")
    )

    reading = read([path], Options())

    assert named(reading) == [("Drug", "阿司匹林", 1), ("Symptom", "发热", 2)]
    assert said(reading) == [("Drug", "阿司匹林", "class", "西药", 1)]


def test_the_option_wins_over_the_name_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "symptom.json", record(中心词="发热"))

    assert named(read([path], Options(type="Disease"))) == [("Disease", "发热", 1)]


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("treatment", "Examination"),
        ("my_check", "Examination"),
        ("Disease-2", "Disease"),
        ("药品", "Drug"),
        ("症状", "Symptom"),
    ],
)
def test_the_name_of_a_file_gives_the_type(tmp_path: Path, file: str, kind: str) -> None:
    path = write(tmp_path, f"{file}.json", record(中心词="X"))

    assert named(read([path], Options())) == [(kind, "X", 1)]


@pytest.mark.parametrize("file", ["crawl.json", "disease_symptom.json"])
def test_a_file_whose_heads_nothing_types_is_refused_with_the_way_out(tmp_path: Path, file: str) -> None:
    path = write(tmp_path, file, "\n" + record(中心词="发热", 检查=["血常规"]))

    with pytest.raises(InputError, match=f"{file}:2: .*发热.*symptom.json, treatment.json, .*--type Symptom"):
        read([path], Options())


def test_heads_that_nothing_types_are_refused_beside_those_that_have_a_type(tmp_path: Path) -> None:
    path = write(tmp_path, "v1.tsv", "痛风\t分类\t疾病\n谜\t检查\t血常规\n")

    reading = read([path], Options())

    assert reading.statements["reason"].to_list() == [None, "unknown-type"]
    assert reading.mentions["reason"].to_list() == [None, "unknown-type"]


def test_a_name_in_two_classes_is_two_entities(tmp_path: Path) -> None:
    path = write(tmp_path, "v1.tsv", "头痛\t分类\t疾病\n头痛\t分类\t症状\n头痛\t检查\tCT\n")

    assert said(read([path], Options())) == [
        ("Disease", "头痛", "class", "疾病", 1),
        ("Symptom", "头痛", "class", "症状", 2),
        ("Disease", "头痛", "检查", "CT", 3),
        ("Symptom", "头痛", "检查", "CT", 3),
    ]


def test_a_classification_that_is_no_class_stays_an_attribute(tmp_path: Path) -> None:
    path = write(tmp_path, "drug.tsv", "阿司匹林\t分类\t解热镇痛\n")

    assert said(read([path], Options())) == [("Drug", "阿司匹林", "分类", "解热镇痛", 1)]


def test_both_ends_of_a_triple_can_carry_their_types(tmp_path: Path) -> None:
    lines = [
        "糖@尿@@疾病\t临床症状及体征\t多饮@@症状",
        "糖@尿@@疾病\t病因\t遗传@@其他",
        "糖@尿@@疾病\t检查\t血糖@@其他",
        "谜@@社会学\t检查\tCT@@检查",
    ]
    path = write(tmp_path, "cpubmed.txt", "\n".join(lines))

    reading = read([path], Options())

    assert list(reading.statements.select("head_type", "head", "tail_type", "tail", "reason").iter_rows()) == [
        ("Disease", "糖@尿", "Symptom", "多饮", None),
        ("Disease", "糖@尿", None, "遗传", None),  # an attribute: its value has no type
        ("Disease", "糖@尿", None, "血糖", "unknown-type"),
        ("社会学", "谜", "Examination", "CT", "unknown-type"),
    ]
    assert reading.mentions["reason"].to_list() == [None, "unknown-type"]


def test_a_name_list_keeps_line_breaks_and_bom_inside_names(tmp_path: Path) -> None:
    path = write(tmp_path, "disease.csv", 'name,class\n"代谢性\n酸中毒",其他病\n\ufeffHSPN,其他病\n', "utf-8-sig")

    reading = read([path], Options())

    assert named(reading) == [("Disease", "代谢性\n酸中毒", 2), ("Disease", "\ufeffHSPN", 4)]
    assert said(reading)[0] == ("Disease", "代谢性\n酸中毒", "class", "其他病", 2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_any_usual_encoding_reads_the_same(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path, "drug.csv", "name,class\r\n一清颗粒,中成药\r\n", encoding)

    assert named(read([path], Options())) == [("Drug", "一清颗粒", 2)]


def test_an_unknown_relation_is_kept_under_its_own_name(tmp_path: Path) -> None:
    path = write(tmp_path, "disease.json", record(中心词="痛风", 星座=["白羊"]))

    assert said(read([path], Options())) == [("Disease", "痛风", "星座", "白羊", 1)]


def test_only_a_latin_english_name_names_the_entity(tmp_path: Path) -> None:
    rows = [record(中心词="痛风", 英文名称=["代谢性关节炎", "gout"]), record(中心词="哮喘", 英文名称=["气喘"])]
    path = write(tmp_path, "disease.json", "\n".join(rows))

    reading = read([path], Options())

    assert reading.mentions["name_en"].to_list() == ["gout", None]
    assert reading.statements.height == 3


def test_half_a_surrogate_pair_refuses_its_value_alone(tmp_path: Path) -> None:
    path = write(tmp_path, "disease.json", r'{"中心词": "痛风", "检查": ["\ud83d\ude00", "\ud83d"], "病因": "酒"}')

    statements = read([path], Options()).statements

    assert statements["tail"].to_list() == ["😀", "\ufffd", "酒"]
    assert statements["reason"].to_list() == [None, "lone-surrogate", None]


def test_half_a_surrogate_pair_in_a_name_refuses_the_record(tmp_path: Path) -> None:
    path = write(tmp_path, "disease.json", r'{"中心词": "痛\udc00", "检查": ["血糖"]}')

    reading = read([path], Options())

    assert reading.mentions["reason"].to_list() == reading.statements["reason"].to_list() == ["lone-surrogate"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("disease.json", '{"中心词": "a"}\n{"中心词": "b", ', r"disease.json:2: not valid JSON.*cut off"),
        ("disease.json", '{\n "size": 1,\n "疾病": [', r"disease.json:3: not valid JSON"),
        ("disease.json", '{"中心词": null}', r"disease.json:1: no record has a name"),
        ("disease.json", '{"name": "a"}', r"disease.json:1: the keys are name; expected 中心词"),
        ("disease.json", "[3]", r"disease.json:1: expected a JSON object, found 3"),
        ("all.json", '{"size": 1, "疫苗": []}', r"all.json:1: '疫苗' is no class of CMeKG; there are"),
        ("disease.csv", "name,class\na,b,其他病\n", r"disease.csv:2: 3 columns, expected name,class"),
        (
            "disease.csv",
            'name,class\n"a,其他病\n',
            r"disease.csv:2: a quotation mark does not close before the file ends; was the",
        ),
        ("disease.tsv", "a\t检查\tb\na\t检查\n", r"disease.tsv:2: 2 columns, expected head TAB relation TAB tail"),
        ("disease.csv", "head,relation,tail\n", r"disease.csv:1: none of CMeKG's shapes"),
        ("disease.json", "\u3000", r"disease.json:1: none of CMeKG's shapes"),
        ("disease.json", " \n", r"disease.json: is empty"),
    ],
)
def test_a_file_of_another_shape_is_refused_with_its_place(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read([write(tmp_path, name, text)], Options())


@pytest.mark.parametrize(
    ("name", "text", "broken"),
    [
        ("disease.json", '{"中心词": "a", "检查": ["b", null]}', (1, "检查", "null", "missing-value")),
        ("disease.json", '{"中心词": "a", "检查": ["b", {"$date": 1}]}', (1, "检查", '{"$date": 1}', "not-text")),
        ("disease.json", '{"中心词": 5}\n{"中心词": "a", "检查": ["b"]}', (1, "row", '{"中心词": 5}', "nameless")),
        ("disease.csv", "name,class\na,其他病\nb,其它病\n", (3, "class", "其它病", "unknown-type")),
        ("disease.csv", 'name,class\n"b"c,其他病\na,其他病\n', (2, "row", '"b"c,其他病', "bad-quote")),
    ],
)
def test_one_bad_cell_is_refused_and_the_rest_is_read(
    tmp_path: Path, name: str, text: str, broken: tuple[int, str, str, str]
) -> None:
    reading = read([write(tmp_path, name, text)], Options())

    assert reading.broken.rows() == [(name, *broken)]
    assert [called for _, called, _ in named(reading)] == ["a"]


@pytest.mark.parametrize(
    "options", [Options(mapping=Path("m.yaml")), Options(counting="paper"), Options(type="Symptoms")]
)
def test_options_that_mean_nothing_are_refused(options: Options) -> None:
    with pytest.raises(UsageError, match=r"leave it out|did you mean Symptom"):
        read([], options)


@pytest.fixture(scope="module")
def crawl() -> Reading:
    if not REAL.exists():
        pytest.skip("needs ../shared/data/kg, which is not part of the project")
    return read(sorted((REAL / "cmekg").iterdir()), Options())


def expected() -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = json.loads((REAL / "expected-counts.json").read_text(encoding="utf-8"))["cmekg"]
    return counts


def test_the_real_crawl_has_the_counted_statements(crawl: Reading) -> None:
    facts = crawl.statements.filter(pl.col("field") != "class")

    assert dict(facts.group_by("file").len().iter_rows()) == {"symptom.json": 27_003, "treatment.json": 28_089}
    assert dict(facts.group_by("field").len().iter_rows()) == expected()["mentions"]
    distinct = facts.unique(["field", "head_type", "head", "tail"])
    assert dict(distinct.group_by("field").len().iter_rows()) == expected()["distinct"]
    assert distinct.height == 54_263


def test_the_real_crawl_has_the_counted_heads_and_names(crawl: Reading) -> None:
    counts = crawl.mentions.group_by("file").agg(pl.len(), pl.col("name").n_unique()).rows()

    assert {file: numbers for file, *numbers in counts} == {
        "disease.csv": [7_562, 7_534],
        "drug.csv": [17_496, 17_270],
        "symptom.csv": [2_583, 2_583],
        "treat.csv": [2_098, 2_098],
        "symptom.json": [2_583, 2_564],
        "treatment.json": [2_098, 2_087],
    }


def test_the_ontology_knows_every_relation_of_the_real_crawl(crawl: Reading) -> None:
    assert set(crawl.statements["field"]) <= set(ontology().sources["cmekg"].fields)


def test_the_real_crawl_is_read_alike_twice(crawl: Reading) -> None:
    again = read(sorted((REAL / "cmekg").iterdir()), Options())

    assert again.statements.equals(crawl.statements)
