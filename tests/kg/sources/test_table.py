import csv
import io
import json
import random
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtools.kg.build.name_rules import clean_words
from kgtools.kg.build.normalize import clean
from kgtools.kg.ontology import Field
from kgtools.kg.source import Options, Reading
from kgtools.kg.sources.table import EXAMPLE, read
from kgtools.tools.errors import InputError, MissingExtraError
from tests.workbooks import workbook

REAL = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "kg"
ABOUT = "source: mykg\ntitle: My graph\nlicense: CC-BY-4.0\n"
FIELDS = "fields: {症状: {relation: HAS_SYMPTOM}, 病因: {attribute: cause}, 又名: {alias: true}}\n"
TRIPLES = '- {files: ["*"], triples: {head: head, head_type: {value: 疾病}, relation: rel, tail: tail}}'
TYPED = '- {files: ["*"], triples: {head: h, head_type: ht, relation: r, tail: t, tail_type: tt}}'


def mapped(folder: Path, tables: str, fields: str = FIELDS) -> Options:
    path = folder / "mapping.yaml"
    path.write_text(ABOUT + fields + "tables:\n" + tables + "\n", encoding="utf-8")
    return Options(mapping=path)


def write(folder: Path, name: str, text: str | bytes, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding) if isinstance(text, str) else text)
    return path


def said(reading: Reading, *columns: str) -> list[tuple[object, ...]]:
    return list(reading.statements.select(columns or ("head_type", "head", "field", "tail", "row")).iter_rows())


def named(reading: Reading, *columns: str) -> list[tuple[object, ...]]:
    return list(reading.mentions.select(columns or ("type", "name", "row")).iter_rows())


COUGH = [("Disease", "肺炎", "症状", "咳嗽", 2)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "head,rel,tail\n肺炎,症状,咳嗽\n"),
        ("a.tsv", "head\trel\ttail\n肺炎\t症状\t咳嗽\n"),
        ("a.csv", "tail,other,rel,head\n咳嗽,,症状,肺炎\n"),
        ("a.jsonl", '\n{"head": "肺炎", "rel": "症状", "tail": "咳嗽"}\n'),
    ],
)
def test_a_triple_is_read_from_any_text_table(tmp_path: Path, name: str, text: str) -> None:
    reading = read([write(tmp_path, name, text)], mapped(tmp_path, TRIPLES))

    assert said(reading) == COUGH
    assert named(reading) == [("Disease", "肺炎", 2)]
    assert reading.source == "mykg"
    assert reading.info.license == "CC-BY-4.0"
    assert reading.info.fields["症状"] == Field(relation="HAS_SYMPTOM")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_any_usual_encoding_reads_the_same(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path, "a.csv", "head,rel,tail\r\n肺炎,症状,咳嗽\r\n", encoding)

    assert said(read([path], mapped(tmp_path, TRIPLES))) == COUGH


def test_a_triple_is_read_from_parquet_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame({"head": ["肺炎", "肺炎"], "rel": ["症状", "病因"], "tail": ["咳嗽", "菌"]}).write_parquet(path)

    reading = read([path], mapped(tmp_path, TRIPLES))

    assert said(reading, "tail", "row") == [("咳嗽", 1), ("菌", 2)]


def test_of_several_sheets_with_rows_one_is_to_be_named(tmp_path: Path) -> None:
    rows = [["head", "rel", "tail"], ["肺炎", "症状", "咳嗽"]]
    path = write(tmp_path, "a.xlsx", workbook(sheets={"一": rows, "空": [], "二": rows}))

    with pytest.raises(
        InputError, match=r"a\.xlsx: 2 sheets hold rows: '一', '二'; name one in the mapping: `sheet: NAME`"
    ):
        read([path], mapped(tmp_path, TRIPLES))
    assert said(read([path], mapped(tmp_path, TRIPLES.replace("triples", "sheet: 二, triples", 1)))) == COUGH


def test_a_triple_is_read_from_a_workbook_with_the_row_of_the_sheet(tmp_path: Path) -> None:
    rows: list[list[object]] = [[], ["head", "rel", "tail"], ["肺炎", "病因", 5], [], ["肺炎", "病因", "NA"]]
    path = write(tmp_path, "a.xlsx", workbook(sheets={"说明": [["x"]], "三元组": rows}))
    tables = TRIPLES.replace("triples", "sheet: 三元组, triples")

    reading = read([path], mapped(tmp_path, tables))

    assert said(reading, "head", "tail", "row") == [("肺炎", "5", 3), ("肺炎", "NA", 5)]


def test_a_sheet_that_is_not_there_is_named_beside_those_that_are(tmp_path: Path) -> None:
    path = write(tmp_path, "a.xlsx", workbook(sheets={"疾病": [["head"]], "药品": [["head"]]}))

    with pytest.raises(InputError, match="no sheet '三元组'; there are: 疾病, 药品"):
        read([path], mapped(tmp_path, TRIPLES.replace("triples", "sheet: 三元组, triples")))


def test_a_workbook_without_pandas_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)

    with pytest.raises(MissingExtraError, match=r"pip install 'kgtools\[xlsx\]'"):
        read([write(tmp_path, "a.xlsx", "x")], mapped(tmp_path, TRIPLES))


def test_types_are_words_of_the_mapping_or_of_the_ontology(tmp_path: Path) -> None:
    rows = "h,ht,r,t,tt\n肺炎,illness,症状,咳嗽,症状\n哮喘,疾病,症状,喘息,symptom\n痛风,Disease,病因,酒,anything\n"
    fields = FIELDS + "classes: {Disease: [illness]}\n"

    reading = read([write(tmp_path, "a.csv", rows)], mapped(tmp_path, TYPED, fields))

    assert said(reading, "head_type", "tail_type", "reason") == [
        ("Disease", "Symptom", None),
        ("Disease", "Symptom", None),
        ("Disease", None, None),  # an attribute: its value has no type
    ]


def test_a_row_with_an_unknown_type_is_refused_and_kept(tmp_path: Path) -> None:
    rows = "h,ht,r,t,tt\nTP53,gene,症状,咳嗽,症状\n肺炎,疾病,症状,TP53,gene\n哮喘,,症状,喘息,症状\n"

    reading = read([write(tmp_path, "a.csv", rows)], mapped(tmp_path, TYPED))

    assert said(reading, "head_type", "head", "reason") == [
        ("gene", "TP53", "unknown-type"),
        ("Disease", "肺炎", "unknown-type"),
        ("untyped", "哮喘", "unknown-type"),
    ]
    assert named(reading, "name", "reason") == [("TP53", "unknown-type"), ("肺炎", None), ("哮喘", "unknown-type")]


def test_a_type_can_stand_behind_the_last_separator(tmp_path: Path) -> None:
    tables = '- {files: ["*"], header: [h, r, t], triples: {head: h, relation: r, tail: t, separator: "@@"}}'
    rows = "a@@b@@疾病\t症状\t咳嗽@@症状\n肺炎\t症状\t咳嗽@@症状\n"

    reading = read([write(tmp_path, "cpubmed.txt", rows)], mapped(tmp_path, tables))

    assert said(reading, "head_type", "head", "tail_type", "tail", "row", "reason") == [
        ("Disease", "a@@b", "Symptom", "咳嗽", 1, None),
        ("untyped", "肺炎", "Symptom", "咳嗽", 2, "unknown-type"),
    ]


def test_a_head_without_a_type_has_that_of_its_field(tmp_path: Path) -> None:
    tables = '- {files: ["*"], triples: {head: h, relation: r, tail: t}}'
    fields = "fields: {treats: {relation: INDICATED_FOR, head: Drug, tail: Disease}}\n"

    reading = read([write(tmp_path, "a.csv", "h,r,t\n阿司匹林,treats,头痛\n")], mapped(tmp_path, tables, fields))

    assert said(reading, "head_type", "head", "tail_type") == [("Drug", "阿司匹林", None)]


def test_an_unknown_relation_is_kept_under_its_own_name(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "head,rel,tail\n肺炎,星座,白羊\n")

    assert said(read([path], mapped(tmp_path, TRIPLES)), "field", "reason") == [("星座", None)]


NODES = """\
- {files: ["nodes*"], rows: {id: id, name: name, name_en: en, type: kind}}
- {files: ["*.sif"], edges: {head: from, relation: rel, tail: to}}"""


def test_edges_join_the_nodes_of_other_files(tmp_path: Path) -> None:
    edges = write(tmp_path, "edges.sif", "from\trel\tto\nD1\t症状\tS1\nD1\t症状\tS9\nG1\t症状\tS1\n")
    nodes = write(
        tmp_path, "nodes.tsv", "id\tname\ten\tkind\nD1\t肺炎\tpneumonia\t疾病\nS1\t咳嗽\t\t症状\nG1\tTP53\t\tgene\n"
    )

    reading = read([edges, nodes], mapped(tmp_path, NODES))

    assert said(reading, "head_type", "head", "tail_type", "tail", "row", "reason") == [
        ("Disease", "肺炎", "Symptom", "咳嗽", 2, None),
        ("Disease", "肺炎", None, "S9", 3, "unknown-node"),
        ("gene", "TP53", "Symptom", "咳嗽", 4, "unknown-type"),
    ]
    assert named(reading, "type", "name", "name_en", "file", "row") == [
        ("Disease", "肺炎", "pneumonia", "nodes.tsv", 2),
        ("Symptom", "咳嗽", None, "nodes.tsv", 3),
        ("gene", "TP53", None, "nodes.tsv", 4),
    ]


def test_an_id_of_two_entities_is_refused_at_both_places(tmp_path: Path) -> None:
    nodes = write(tmp_path, "nodes.tsv", "id\tname\ten\tkind\n1\t肺炎\t\t疾病\n1\t咳嗽\t\t症状\n")

    with pytest.raises(InputError, match=r"nodes.tsv:3: the id 1 is '咳嗽' here and '肺炎' at .*nodes.tsv:2"):
        read([nodes], mapped(tmp_path, NODES))


ROWS = """\
- files: ["*"]
  rows:
    name: 名称
    type: {value: Disease}
    columns: {症状: {split: "[、；]"}, 别名: {field: 又名}, 病因: {}}"""


def test_the_columns_of_a_row_are_its_fields(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "名称,症状,别名,病因\n肺炎,咳嗽、 发热；,,菌、毒\n,,,\n痛风,,代谢性关节炎,\n")

    reading = read([path], mapped(tmp_path, ROWS))

    assert said(reading, "head", "field", "tail", "row") == [
        ("肺炎", "症状", "咳嗽", 2),
        ("肺炎", "症状", " 发热", 2),
        ("痛风", "又名", "代谢性关节炎", 4),
        ("肺炎", "病因", "菌、毒", 2),
    ]
    assert named(reading) == [("Disease", "肺炎", 2), ("Disease", "痛风", 4)]


def test_a_list_in_json_needs_no_splitting(tmp_path: Path) -> None:
    rows = [{"名称": "肺炎", "症状": ["咳嗽", "发热"], "病因": 3}, {"名称": "痛风", "症状": "关节痛", "别名": None}]
    path = write(tmp_path, "a.jsonl", "\n".join(json.dumps(row) for row in rows))

    reading = read([path], mapped(tmp_path, ROWS))

    assert said(reading, "head", "field", "tail") == [
        ("肺炎", "症状", "咳嗽"),
        ("肺炎", "症状", "发热"),
        ("痛风", "症状", "关节痛"),
        ("肺炎", "病因", "3"),
    ]


def test_quotes_may_mean_nothing(tmp_path: Path) -> None:
    tables = TRIPLES.replace("triples", 'quote: "", triples')
    path = write(tmp_path, "a.tsv", 'head\trel\ttail\n"肺炎\t症状\t咳"嗽"\n')

    assert said(read([path], mapped(tmp_path, tables)), "head", "tail") == [('"肺炎', '咳"嗽"')]


def test_a_delimiter_can_be_chosen(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "head#rel#tail\n肺炎#症状#咳嗽\n")

    assert said(read([path], mapped(tmp_path, TRIPLES.replace("triples", 'delimiter: "#", triples')))) == COUGH


HOSTILE = st.text(st.characters(exclude_characters="\r\0", exclude_categories=["Cs"]), min_size=1) | st.sampled_from(
    ['a"b', "`x`", "{{ name }}", "a\nb\n\n", "👩‍⚕️", "\u202eabc", "a,b", "''", "\\", "\ufeffa", "#a", "NULL", "NaN"]
)


@given(st.lists(st.tuples(HOSTILE, HOSTILE, HOSTILE), min_size=1, max_size=8))
def test_any_name_survives_a_csv_with_the_line_where_it_begins(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    text, lines = io.StringIO(newline=""), []
    writer = csv.writer(text, lineterminator="\n")
    for row in [("head", "rel", "tail"), *rows]:
        lines.append(text.getvalue().count("\n") + 1)
        writer.writerow(row)

    reading = read([write(folder, "a.csv", text.getvalue())], mapped(folder, TRIPLES))

    relations = clean_words(rel for _, rel, _ in rows)
    expected = [(h, rel, t, n) for (h, _, t), rel, n in zip(rows, relations, lines[1:], strict=True)]
    assert said(reading, "head", "field", "tail", "row") == expected


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "a.csv",
            "h,rel,tail\n肺炎,症状,咳嗽\n",
            r"a.csv:1: no column 'head'; there are h, rel, tail; fix the mapping, or give",
        ),
        ("a.csv", "head,rel,tail\n肺炎,症状,咳嗽\n\n肺炎,症状\n", r"a.csv:4: 2 columns, expected 3"),
        ("a.csv", "head,rel,tail\n肺炎,症状,咳嗽,多\n", r"a.csv:2: 4 columns, expected 3"),
        ("a.csv", 'head,rel,tail\n肺炎,症状,"咳嗽\n', r"a.csv:2: a quotation mark does not close before the file ends"),
        ("a.csv", 'head,rel,tail\n肺炎,症状,"咳"嗽\n', r"a.csv:2: a quotation mark does not close, or .*quote: \"\""),
        (
            "a.jsonl",
            '{"head": {"b": 1}, "rel": "r", "tail": "t"}\n',
            r"a.jsonl: the column 'head' holds lists or objects",
        ),
        ("a.jsonl", '{"head": "a"}\n{"head": \n', r"a.jsonl:2: not a JSON object on one line"),
        (
            "a.jsonl",
            '{"head": ["a"], "rel": "b", "tail": "c"}\n',
            r"a.jsonl: the column 'head' holds lists or objects, expected one text",
        ),
        ("a.parquet", "PAR", r"a.parquet: not Parquet"),
        ("a.xlsx", "PK", r"a.xlsx: not a workbook"),
        ("a.csv", "", r"a.csv: is empty"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_with_its_place(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read([write(tmp_path, name, text)], mapped(tmp_path, TRIPLES))


def test_a_mapping_under_what_is_no_licence_is_refused_at_its_line(tmp_path: Path) -> None:
    options = mapped(tmp_path, TRIPLES)
    path = tmp_path / "mapping.yaml"
    text = path.read_text(encoding="utf-8")

    path.write_text(text.replace("CC-BY-4.0", "CC BY 4.0"), encoding="utf-8")
    with pytest.raises(InputError, match=r"mapping\.yaml:3: license: .*'CC BY 4\.0': .*did you mean CC-BY-4\.0\?"):
        read([write(tmp_path, "a.csv", "head,rel,tail\n肺炎,症状,咳嗽\n")], options)
    path.write_text(text.replace("CC-BY-4.0", "mit or cc-by-4.0"), encoding="utf-8")
    assert read([tmp_path / "a.csv"], options).info.license == "MIT OR CC-BY-4.0"


@pytest.mark.parametrize(
    ("name", "text", "rows", "broken"),
    [
        (
            "a.csv",
            'head,rel,tail\n"病甲",症状,"a\\"b"\n病乙,症状,咳嗽\n"病丙",症状,"c\\"d"\n',
            [("病乙", "咳嗽", 3)],
            [(2, "row", "bad-quote"), (4, "row", "bad-quote")],
        ),
        ("a.csv", 'head,rel,tail\n病甲,症状,5" 管\n', [("病甲", '5" 管', 2)], []),
        (
            "a.csv",
            'head,rel,tail\n病甲,症状,"咳嗽\n病乙,症状,发热\n"病丙",症状,乏力\n',
            [("病乙", "发热", 3), ("病丙", "乏力", 4)],
            [(2, "row", "bad-quote")],
        ),
        (
            "a.jsonl",
            '{"head": "病甲", "rel": "症状", "tail": "咳嗽", "other": {"x": [1]}}\n',
            [("病甲", "咳嗽", 1)],
            [],
        ),
        (
            "a.jsonl",
            '{"head": "病甲", "rel": "症状", "tail": {"$date": 1}}\n{"head": "病乙", "rel": "症状", "tail": "发热"}\n',
            [("病甲", "", 1), ("病乙", "发热", 2)],
            [(1, "tail", "not-text")],
        ),
    ],
)
def test_one_bad_row_or_cell_is_refused_and_the_others_are_read(
    tmp_path: Path, name: str, text: str, rows: list[tuple[str, str, int]], broken: list[tuple[int, str, str]]
) -> None:
    reading = read([write(tmp_path, name, text)], mapped(tmp_path, TRIPLES))

    assert said(reading, "head", "tail", "row") == rows
    assert reading.broken.select("row", "field", "reason").rows() == broken


@pytest.mark.parametrize("word", ["NaN", "nan", "None", "null"])
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "b.jsonl", "a.xlsx", "a.parquet"])
def test_an_empty_cell_is_no_name_in_any_format(tmp_path: Path, name: str, word: str) -> None:
    path = tmp_path / name
    rows = [("肺炎", "症状", word), (word, "症状", "咳嗽"), ("肺炎", "症状", "发热")]
    frame = pl.DataFrame(rows, schema=["head", "rel", "tail"], orient="row")
    if name == "a.csv":
        frame.write_csv(path)
    elif name == "a.jsonl":
        frame.write_ndjson(path)
    elif name == "b.jsonl":
        lines = [json.dumps(row) for row in frame.to_dicts()]
        path.write_text("\n".join(lines).replace(json.dumps(word), "NaN" if "a" in word else "null"), encoding="utf-8")
    elif name == "a.parquet":
        frame.write_parquet(path)
    else:
        frame.to_pandas().to_excel(path, index=False)

    cleaned = clean(read([path], mapped(tmp_path, TRIPLES)))

    assert cleaned.named["name"].to_list() == ["肺炎", "发热"]
    assert set(cleaned.rejects.filter(pl.col("kind") == "relation")["reason"]) <= {"missing-value", "empty"}


def test_a_nested_column_that_nobody_wants_stops_no_parquet(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    rows = {"head": ["肺炎"], "rel": ["症状"], "tail": ["咳嗽"], "more": [{"x": [1]}]}
    pl.DataFrame(rows).write_parquet(path)

    reading = read([path], mapped(tmp_path, TRIPLES))

    assert said(reading, "head", "tail") == [("肺炎", "咳嗽")]


def test_an_id_whose_names_differ_by_spaces_is_one_entity(tmp_path: Path) -> None:
    tables = '- {files: ["n*"], rows: {id: id, name: name, type: {value: Disease}}}\n'
    tables += '- {files: ["e*"], edges: {head: h, relation: {value: 症状}, tail: t}}'
    nodes = write(tmp_path, "n.csv", "id,name\n1,肺 炎\n1, 肺炎 \n2,咳嗽\n")
    edges = write(tmp_path, "e.csv", "h,t\n1,2\n")

    assert said(read([nodes, edges], mapped(tmp_path, tables)), "head", "tail") == [("肺 炎", "咳嗽")]


def test_what_of_a_mapping_gave_nothing_is_told(tmp_path: Path) -> None:
    tables = '- {files: ["a*"], rows: {name: n, type: {value: 疾病}, columns: {症状: {}, 病因: {}}}}\n'
    tables += "- {files: [b.csv], triples: {head: h, relation: r, tail: t}}"

    reading = read([write(tmp_path, "a.csv", "n,症状,病因\n肺炎,咳嗽,\n")], mapped(tmp_path, tables))

    assert reading.idle == (
        "tables.1 (no file fits b.csv)",
        "columns.病因 (no row has a value)",
        "fields.又名 (no row says it)",
    )


def test_fields_that_no_row_reads_are_an_error_that_says_what_to_write(tmp_path: Path) -> None:
    tables = '- {files: ["*"], rows: {name: n, type: {value: 疾病}, columns: {症状: {}}}}'

    with pytest.raises(
        InputError, match=r"no table reads '又名', '病因': .*here '症状'.*write columns: \{又名: \{\}\} into rows"
    ):
        read([write(tmp_path, "a.csv", "n,症状\n肺炎,咳嗽\n")], mapped(tmp_path, tables))


def test_a_file_that_no_table_reads_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "head,rel,tail\n")

    with pytest.raises(InputError, match=r"a.csv: no table of the mapping reads it; their files are nodes\*, \*.sif"):
        read([path], mapped(tmp_path, NODES))


def test_without_a_mapping_the_smallest_one_is_shown(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"needs --mapping FILE"):
        read([], Options())
    (tmp_path / "m.yaml").write_text(EXAMPLE, encoding="utf-8")
    path = write(tmp_path, "a.csv", "head,relation,tail\n肺炎,symptom,咳嗽\n")

    assert said(read([path], Options(mapping=tmp_path / "m.yaml")), "head_type", "tail") == [("Disease", "咳嗽")]


@pytest.mark.parametrize(
    ("fields", "tables", "message"),
    [
        ("fields: {a: {relation: HAS_SYMTOM}}\n", TRIPLES, r"mapping.yaml:1: .*did you mean HAS_SYMPTOM"),
        (FIELDS, '- {files: ["*"]}', r"mapping.yaml:6: .*exactly one of triples, rows, edges"),
        (FIELDS, TRIPLES.replace("triples", "delimiter: abc, triples"), r"mapping.yaml:6: .*one ASCII character"),
        (
            FIELDS,
            ROWS.replace('"[、；]"', '"(?=x)"'),
            r"mapping.yaml:10: .*not a regular expression.*look-ahead.*not supported[^\n]*$",
        ),
        (FIELDS, TYPED.replace("ht,", 'ht, separator: "@",'), r"mapping.yaml:6: .*separator, or head_type"),
        ("classes: {Disease: [a], Drug: [a]}\n", TRIPLES, r"mapping.yaml:1: .*'a' stands for Disease and for Drug"),
        ("classes: {Gene: [gene]}\n", TRIPLES, r"mapping.yaml:1: .*'Gene' is not in the ontology"),
    ],
)
def test_a_mapping_with_a_fault_is_refused_with_its_line(
    tmp_path: Path, fields: str, tables: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read([write(tmp_path, "a.csv", "head,rel,tail\n")], mapped(tmp_path, tables, fields))


def test_a_source_needs_a_lower_case_name(tmp_path: Path) -> None:
    options = mapped(tmp_path, TRIPLES)
    (tmp_path / "mapping.yaml").write_text(
        (tmp_path / "mapping.yaml").read_text(encoding="utf-8").replace("mykg", "My KG"), encoding="utf-8"
    )

    with pytest.raises(InputError, match=r"mapping.yaml:1: source:"):
        read([], options)


def test_half_a_million_rows_are_all_read_with_their_lines(tmp_path: Path) -> None:
    draw = random.Random(0)
    lines = [f"病{draw.randrange(9999)},疾病,症状,症{draw.randrange(9999)},症状\n" for _ in range(500_000)]
    path = write(tmp_path, "a.csv", "h,ht,r,t,tt\n" + "".join(lines))
    options = mapped(tmp_path, TYPED)

    reading = read([path], options)

    assert reading.statements.height == 500_000
    assert reading.statements["row"].to_list()[-1] == 500_001


def test_the_bilingual_triples_are_read_by_a_mapping(tmp_path: Path) -> None:
    if not REAL.exists():
        pytest.skip("needs ../shared/data/kg, which is not part of the project")
    tables = "- {files: [disease.csv], triples: {head: disease, head_type: {value: Disease}, relation: relation, tail: object}}"
    fields = "fields: {发病部位: {relation: AFFECTS_BODY_PART}, 描述: {attribute: description}}\n"

    reading = read([REAL / "bilingual-triples" / "disease.csv"], mapped(tmp_path, tables, fields))

    assert reading.statements.height == 2_216
    assert said(reading)[0] == ("Disease", "肺泡蛋白质沉积症", "发病部位", "肺", 2)


def written(folder: Path, kind: str, header: list[str], *rows: list[str]) -> Path:
    """A table of that kind; JSON and Parquet have the columns that they can have."""
    if kind == "a.xlsx":
        return write(folder, kind, workbook([header, *rows]))
    if kind == "a.jsonl":
        pairs = [
            ", ".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in zip(header, row, strict=True)) for row in rows
        ]
        return write(folder, kind, "".join(f"{{{each}}}\n" for each in pairs))
    if kind == "a.parquet":
        pl.DataFrame(rows, schema=header, orient="row").write_parquet(folder / kind)
        return folder / kind
    quote = '"' if kind == "quoted.csv" else ""
    return write(
        folder, kind, "".join(f"{','.join(f'{quote}{cell}{quote}' for cell in row)}\n" for row in (header, *rows))
    )


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("a.csv", r"a\.csv:1: the columns 1 and 4 are all called 'head'; rename all but one"),
        ("quoted.csv", r"quoted\.csv:1: the columns 1 and 4 are all called 'head'"),
        ("a.xlsx", r"a\.xlsx:1: the columns 1 and 4 are all called 'head'"),
        ("a.jsonl", r"a\.jsonl:1: the key 'head' stands twice in one object"),
    ],
)
def test_a_column_that_stands_twice_is_refused_with_both_places(tmp_path: Path, kind: str, said: str) -> None:
    path = written(tmp_path, kind, ["head", "rel", "tail", "head"], ["肺炎", "症状", "咳嗽", "流感"])

    with pytest.raises(InputError, match=said):
        read([path], mapped(tmp_path, TRIPLES))


@pytest.mark.parametrize("kind", ["a.csv", "quoted.csv", "a.xlsx", "a.jsonl", "a.parquet"])
@pytest.mark.parametrize("other", ["head\u200b", "\ufeffhead", "he\xadad", "head\xa0", " head"])
def test_two_columns_that_look_the_same_are_refused(tmp_path: Path, kind: str, other: str) -> None:
    path = written(tmp_path, kind, ["rel", "head", "tail", other], ["症状", "肺炎", "咳嗽", "流感"])

    with pytest.raises(InputError, match=r"(columns 2 and 4 are all called|keys of one object look like) 'head'"):
        read([path], mapped(tmp_path, TRIPLES))


@pytest.mark.parametrize("kind", ["a.csv", "a.xlsx"])
def test_columns_that_nobody_asks_for_may_be_called_alike_or_nothing(tmp_path: Path, kind: str) -> None:
    path = written(
        tmp_path, kind, ["", "head", "rel", "tail", "note", "note", ""], ["1", "肺炎", "症状", "咳嗽", "a", "b", ""]
    )

    assert said(read([path], mapped(tmp_path, TRIPLES))) == COUGH
    with pytest.raises(InputError, match="there are head, rel, tail; "):
        read([path], mapped(tmp_path, TRIPLES.replace("head: head", "head: kopf")))


def test_a_parquet_file_with_a_column_twice_is_refused(tmp_path: Path) -> None:
    columns = [["肺炎"], ["症状"], ["咳嗽"], ["流感"]]
    pq.write_table(pa.table(columns, names=["head", "rel", "tail", "head"]), tmp_path / "a.parquet")

    with pytest.raises(InputError, match=r"a\.parquet: two columns are called alike: .*'head'"):
        read([tmp_path / "a.parquet"], mapped(tmp_path, TRIPLES))


@pytest.mark.parametrize("kind", ["a.csv", "quoted.csv", "a.xlsx", "a.jsonl", "a.parquet"])
def test_columns_types_relations_and_ids_are_found_by_what_they_look_like(tmp_path: Path, kind: str) -> None:
    (tmp_path / "rows").mkdir()
    rows = written(
        tmp_path / "rows", kind, ["\ufeffid", "na\u200bme", "类型\xa0"],
        ["D1\u200b", "肺炎", "疾\xad病"], ["S1", "咳嗽", "症状"],
    )  # fmt: skip
    edges = written(tmp_path, kind, ["from", "rel\u2060", "to"], [" D1", "症\u200b状", "S1\xa0"])
    tables = '- {files: ["*"], rows: {name: name, id: id, type: 类型}}\n- {files: ["*"], edges: {head: from, relation: rel, tail: to}}'
    options = mapped(tmp_path, tables.replace('["*"]', f'["{kind}"]'))
    assert options.mapping
    options.mapping.write_text(options.mapping.read_text("utf-8").replace("name: name", 'name: "name\u200b"'), "utf-8")

    reading = read_each(tmp_path, rows, edges, options)

    assert clean(reading).facts.select("head", "relation", "tail").rows() == [
        ("Disease:肺炎", "HAS_SYMPTOM", "Symptom:咳嗽")
    ]


def read_each(folder: Path, rows: Path, edges: Path, options: Options) -> Reading:
    """Each file by the table of its own."""
    named_rows = rows.rename(folder / f"rows-{rows.name}")
    named_edges = edges.rename(folder / f"edges-{edges.name}")
    assert options.mapping
    text = options.mapping.read_text("utf-8").replace(f'["{rows.name}"], rows', '["rows*"], rows')
    options.mapping.write_text(text.replace(f'["{rows.name}"], edges', '["edges*"], edges'), "utf-8")
    return read([named_rows, named_edges], options)


def test_two_ids_that_look_the_same_are_one_id(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "id,name\nD1,肺炎\nD1\u200b,流感\n")
    table = '- {files: ["*"], rows: {name: name, id: id, type: {value: 疾病}}}'

    with pytest.raises(InputError, match="the id D1 is '流感' here and '肺炎' at"):
        read([path], mapped(tmp_path, table, "fields: {}\n"))
