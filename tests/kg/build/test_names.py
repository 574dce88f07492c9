from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kgtools.kg.build.english_names import read_names
from kgtools.kg.build.inputs import NameTable
from kgtools.kg.graph import change
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.inputs.files import sha256
from tests.workbooks import workbook

SAMPLES = Path(__file__).resolve().parents[3] / "kg" / "samples"
PLAIN = [("咳嗽", "cough", None), ("百日咳", "pertussis", None)]


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def sheet(folder: Path, *rows: tuple[str | None, ...]) -> Path:
    return write(folder, "names.xlsx", workbook(rows))


def add(path: Path, **how: object) -> NameTable:
    given: dict[str, object] = {
        "zh": None,
        "en": None,
        "type_column": None,
        "types": (),
        "name": None,
        "license_": "CC0-1.0",
    }
    return read_names(path, **(given | how))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.tsv", "zh\ten\n百日咳\tpertussis\n咳嗽\tcough\n"),
        ("a.csv", "zh,en\n百日咳,pertussis\n咳嗽,cough\n"),
        ("a.csv", "\ufeffzh,en\r\n百日咳,pertussis\r\n咳嗽,cough\r\n"),
        ("a.csv", "english,note,chinese\npertussis,x,百日咳\ncough,y,咳嗽\n"),
        ("a.tsv", "source_value\ttranslation_value\nPertussis\t百日咳\n".replace("P", "p") + "cough\t咳嗽\n"),
        ("a.csv", "hpo_id,english_term,chinese_term\nHP:1,pertussis ,百日咳\nHP:2,cough ,咳嗽\n"),
    ],
    ids=["tsv", "csv", "windows", "other-columns", "babelon", "chpo"],
)
def test_the_columns_of_known_tables_are_found(tmp_path: Path, name: str, text: str) -> None:
    assert add(write(tmp_path, name, text)).names.rows() == PLAIN


def test_a_table_in_gb18030_is_read(tmp_path: Path) -> None:
    assert (
        add(write(tmp_path, "a.csv", "zh,en\n百日咳,pertussis\n咳嗽,cough\n".encode("gb18030"))).names.rows() == PLAIN
    )


@pytest.mark.parametrize(("zh", "en", "text"), [
    ("key", "value", '{"百日咳": "pertussis", "咳嗽": "cough"}'),
    ("value", "key", '{"pertussis": "百日咳", "cough": "咳嗽"}'),
])  # fmt: skip
def test_a_json_object_is_read_either_way_round(tmp_path: Path, zh: str, en: str, text: str) -> None:
    assert add(write(tmp_path, "a.json", text), zh=zh, en=en).names.rows() == PLAIN


def test_a_spreadsheet_is_read(tmp_path: Path) -> None:
    path = sheet(tmp_path, ("zh", "en", "type"), ("百日咳", "pertussis", "Disease"), ("咳嗽", "cough", None))

    assert add(path).names.rows() == [("咳嗽", "cough", None), ("百日咳", "pertussis", "Disease")]


def test_of_several_sheets_none_is_taken_without_a_word(tmp_path: Path) -> None:
    rows = [["zh", "en"], ["咳嗽", "cough"]]
    path = write(tmp_path, "names.xlsx", workbook(sheets={"a": rows, "b": rows}))

    with pytest.raises(InputError, match="2 sheets hold rows: 'a', 'b'; save the one that is meant as CSV"):
        add(path)


def test_columns_can_be_named(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "name,label\n百日咳,pertussis\n咳嗽,cough\n")

    assert add(path, zh="name", en="label").names.rows() == PLAIN


def test_a_cell_with_quotes_and_commas_is_one_name(tmp_path: Path) -> None:
    csv = write(tmp_path, "a.csv", 'zh,en\n糖尿病,"diabetes, ""type 2"""\n')
    tsv = write(tmp_path, "a.tsv", 'zh\ten\n糖尿病\tdiabetes, "type 2"\n')

    assert add(csv).names.rows() == add(tsv).names.rows() == [("糖尿病", 'diabetes, "type 2"', None)]


def test_what_is_left_out_is_counted_by_reason(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "a.csv",
        "zh,en,type\n"
        "咳嗽,cough,\n"
        "咳嗽,coughing,\n"  # ambiguous: longer
        "咳嗽,cougt,\n"  # ambiguous: as long, later by alphabet
        "咳嗽,cough,\n"  # said before
        "咳嗽,tussis,Symptom\n"
        ",x,\n"
        "发热,,\n"
        "发热, ,\n"
        "HSPN,purpura,\n"
        "风疹,风疹 rubella,\n"
        "麻疹,measles,Diseases\n",
    )

    table = add(path)

    assert table.names.rows() == [("咳嗽", "cough", None), ("咳嗽", "tussis", "Symptom")]
    assert table.metadata.dropped == {
        "empty": 3, "no-han": 1, "han-in-english": 1, "unknown-type": 1, "ambiguous": 2, "repeated": 1,
    }  # fmt: skip
    assert table.metadata.read == table.metadata.names + sum(table.metadata.dropped.values())


def test_a_table_says_its_file_its_hash_and_its_licence(tmp_path: Path) -> None:
    path = write(tmp_path, "HPO-zh.babelon.tsv", "zh\ten\n咳嗽\tcough\n")

    table = add(path, license_="CC-BY-4.0")

    assert table.name == "hpo-zh"
    assert {key: getattr(table.metadata, key) for key in ("file", "sha256", "license", "read", "names")} == {
        "file": "HPO-zh.babelon.tsv", "sha256": sha256(path), "license": "CC-BY-4.0", "read": 1, "names": 1,
    }  # fmt: skip


def test_a_table_for_some_types_names_each_of_them_once(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "zh,en,type\n咳嗽,cough,Nonsense\n")

    table = add(path, types=("Symptom", "Disease", "Symptom"))

    assert table.names.rows() == [("咳嗽", "cough", "Disease"), ("咳嗽", "cough", "Symptom")]


def test_a_type_column_can_be_named(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "zh,en,kind\n咳嗽,cough,Symptom\n")

    assert add(path, type_column="kind").names.rows() == [("咳嗽", "cough", "Symptom")]
    assert add(path).names.rows() == [("咳嗽", "cough", None)]


def test_a_type_for_all_beside_a_type_of_each_row_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "zh,en,kind\n咳嗽,cough,Symptom\n咳嗽,coughing,Disease\n")

    with pytest.raises(UsageError, match="--type and --type-column"):
        add(path, type_column="kind", types=("Food",))


def test_a_type_that_does_not_exist_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--type Symptoms: no such entity type; did you mean Symptom\?"):
        add(write(tmp_path, "a.csv", "zh,en\n"), types=("Symptoms",))


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"zh": "chinese", "en": "en"}, r"a\.csv:1: --zh: no column 'chinese'; there are: name, en"),
        ({"zh": "name", "en": "english"}, r"a\.csv:1: --en: no column 'english'; there are: name, en"),
        ({}, r"a\.csv:1: which columns hold the names\? Say --zh COLUMN --en COLUMN; there are: name, en"),
        ({"zh": "name", "en": "en", "type_column": "kind"}, r"a\.csv:1: no column 'kind'; there are: name, en"),
    ],
)
def test_a_column_that_is_not_there_is_named_with_those_that_are(
    tmp_path: Path, how: dict[str, str], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        add(write(tmp_path, "a.csv", "name,en\n咳嗽,cough\n"), **how)


@pytest.mark.parametrize("how", [{"zh": "name"}, {"en": "en"}])
def test_one_column_alone_is_not_enough(tmp_path: Path, how: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="is missing: name both columns"):
        add(write(tmp_path, "a.csv", "name,en\n咳嗽,cough\n"), **how)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.json", '{"a": ', r"a\.json:1: not valid JSON"),
        ("a.json", '["a"]', r"a\.json: expected one JSON object of names"),
        ("a.json", '{"a": 1}', r"a\.json: expected one JSON object of names"),
        ("a.csv", "", r"a\.csv: is empty"),
        ("a.csv", b"zh,en\n\xff\xff,x\n", r"a\.csv:2: neither UTF-8 nor GB18030"),
        ("a.csv", "zh,en\n咳嗽,cough\n发热,fever,high\n", r"a\.csv:3: 3 columns, expected 2"),
        ("a.tsv", "zh\ten\n咳嗽\tcough\n发热\tfever\thigh\n", r"a\.tsv:3: 3 columns, expected 2"),
        ("a.csv", 'zh,en\n咳嗽,"cough\n', r"a\.csv:2: "),
        ("a.csv", "zh,zh,en\n咳嗽,x,cough\n", r"a\.csv:1: .*zh.*twice"),
        ("a.xlsx", "zh,en\n", r"a\.xlsx: cannot be read as a spreadsheet"),
        ("a.xlsx", "", r"a\.xlsx: is empty"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_such_table_is_refused(tmp_path: Path, name: str, data: str | bytes, said: str) -> None:
    with pytest.raises(InputError, match=said) as raised:
        add(write(tmp_path, name, data))

    assert "\n" not in str(raised.value)


def test_a_sheet_with_a_column_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"names\.xlsx:1: the column 'zh' is there twice; rename one"):
        add(sheet(tmp_path, ("zh", "en", "zh"), ("咳嗽", "cough", "发热")))


@pytest.mark.parametrize("name", ["../outside", "a/b", "", " ", "a\nb", "a\x1b[31m"])
def test_a_table_cannot_be_called_like_a_path_or_nothing(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, ".tsv", "zh\ten\n咳嗽\tcough\n")

    with pytest.raises(UsageError, match="--name"):
        add(path, name=name)


def test_a_name_gets_the_case_that_it_has_in_the_middle_of_a_sentence_unless_it_is_kept(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "a.csv",
        "zh,en\n咳嗽,Cough\n阿尔茨海默病,Alzheimer disease\n干咳,Dry cough\n贫血,DNA damage\n",
    )

    table, kept = add(path), add(path, keep_case=True)

    assert sorted(table.names["en"]) == ["Alzheimer disease", "DNA damage", "cough", "dry cough"]
    assert sorted(kept.names["en"]) == ["Alzheimer disease", "Cough", "DNA damage", "Dry cough"]
    assert (table.metadata.recased, kept.metadata.recased) == (2, 0)


def test_a_type_may_be_an_attribute_whose_values_the_names_are(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "zh,en,type\n无传染性,not contagious,transmission\n儿童,children,populations\n")

    table = add(path)

    assert table.names.rows() == [("无传染性", "not contagious", "transmission")]
    assert table.metadata.dropped == {"unknown-type": 1}


def test_the_sample_table_names_entities_of_eight_types() -> None:
    table = add(SAMPLES / "names.tsv")

    assert table.metadata.read == 1116
    assert table.metadata.dropped == {"no-han": 1}
    assert table.names["type"].n_unique() == 8


def test_adding_and_listing_names_say_the_same(
    tmp_path: Path, kgtools: Callable[..., Any], graph_of: Callable[..., Any]
) -> None:
    store = graph_of([("Disease", "百日咳", "HAS_SYMPTOM", "咳嗽"), ("Disease", "百日咳", "HAS_SYMPTOM", "发热")])
    path = write(tmp_path, "mine.csv", "zh,en,type\n百日咳,pertussis,Disease\n咳嗽,cough,\n没有,none,\nx,y,\n")

    added = kgtools("names", "add", path, "--license", "CC-BY-4.0", "--graph", store.folder)
    listed = kgtools("names", "list", "--graph", store.folder, "--format", "json")
    table = kgtools("names", "list", "--graph", store.folder)

    assert added.code == listed.code == 0
    assert "mine: 4 rows, 3 names (left out: no-han 1); licence CC-BY-4.0" in added.out
    assert [line.split() for line in added.out.splitlines()[-3:] if line][-1] == ["all", "2"]
    (told,) = listed.json
    assert (told["table"], told["license"], told["names"], told["dropped"]) == ("mine", "CC-BY-4.0", 3, {"no-han": 1})
    assert "CC-BY-4.0" in table.out


def test_a_table_that_takes_the_place_of_another_says_so_and_one_without_a_name_takes_none(
    tmp_path: Path, kgtools: Callable[..., Any], graph_of: Callable[..., Any]
) -> None:
    store = graph_of([("Disease", "百日咳", "HAS_SYMPTOM", "咳嗽")])
    first = write(tmp_path, "mine.v1.csv", "zh,en\n百日咳,pertussis\n发热,fever\n")
    (tmp_path / "b").mkdir()
    others = write(tmp_path / "b", "mine.v2.csv", "zh,en\n咳嗽,cough\n"), write(tmp_path, "mine.csv", "zh,en\na,咳嗽\n")
    runs = [
        kgtools("names", "add", path, "--license", "CC-BY-4.0", "--graph", store.folder)
        for path in (first, first, *others)
    ]

    assert [ran.code for ran in runs] == [0, 0, 0, 2]
    said = "mine: in the place of the earlier table of this name (mine.v1.csv, 2 names); to keep both: --name"
    assert [said in ran.out for ran in runs] == [False, False, True, False]
    assert "mine.csv: no row is a name (no-han: 1)" in runs[-1].err
    assert [table.metadata.file for table in FolderStore(store.folder).names()] == ["mine.v2.csv"]


def test_a_table_and_a_source_cannot_have_one_name(
    tmp_path: Path, kgtools: Callable[..., Any], graph_of: Callable[..., Any], tables_of: Callable[..., Any]
) -> None:
    store = graph_of([("Disease", "百日咳", "HAS_SYMPTOM", "咳嗽")], source="mine")
    path = write(tmp_path, "mine.csv", "zh,en\n百日咳,pertussis\n")
    add = ("names", "add", path, "--license", "CC-BY-4.0", "--graph", store.folder)

    assert "a source in the graph is called 'mine'; give the table another --name" in kgtools(*add).err
    assert kgtools(*add, "--name", "hers").code == 0
    with pytest.raises(UsageError, match=r"a table of English names in the graph is called 'hers', as this source"):
        change(
            store,
            lambda inputs: inputs.with_sources(
                [tables_of([("Disease", "流感", "HAS_SYMPTOM", "发热")], source="hers")]
            ),
        )


def test_a_table_under_what_is_no_licence_is_refused_with_what_to_write(
    tmp_path: Path, kgtools: Callable[..., Any], graph_of: Callable[..., Any]
) -> None:
    store = graph_of([("Disease", "百日咳", "HAS_SYMPTOM", "咳嗽")])
    path = write(tmp_path, "a.csv", "zh,en\n咳嗽,cough\n")

    refused = kgtools("names", "add", path, "--license", "HPO", "--graph", store.folder)
    added = kgtools("names", "add", path, "--license", "apache-2.0", "--graph", store.folder)

    assert refused.code == 2
    assert "--license 'HPO': no licence of SPDX's list; write " in refused.err
    assert "LicenseRef-HPO" in refused.err
    assert "licence Apache-2.0" in added.out


def test_names_for_a_graph_that_is_not_there_are_refused(tmp_path: Path, kgtools: Callable[..., Any]) -> None:
    path = write(tmp_path, "a.csv", "zh,en\n咳嗽,cough\n")

    ran = kgtools("names", "add", path, "--license", "CC0-1.0", "--graph", tmp_path / "none")

    assert ran.code == 2
    assert "no graph to name; load a source first" in ran.err
    assert not (tmp_path / "none").exists()
