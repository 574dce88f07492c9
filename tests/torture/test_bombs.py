"""Small files and queries that grow when they are read: each is refused in one line, soon, without much memory."""

import io
import os
import resource
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from kgtools.kg.build.name_tables import read_table
from kgtools.kg.exporters.graphml import read as read_graphml
from kgtools.kg.sources import rdf
from kgtools.kg.sources.mapping import Table
from kgtools.kg.sources.table_files import read_cells
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.templates.pack import load_pack
from kgtools.tools.config import Settings, load_yaml
from kgtools.tools.errors import CypherError, InputError
from kgtools.tools.inputs.files import json_records
from kgtools.tools.inputs.workbooks import check_workbook
from tests.conftest import Ran

SECONDS = 20
TABLE = Table.model_construct(files=("*",), header=None, delimiter=None, quote='"', sheet=None)
Run = Callable[..., Ran]


class Anything(Settings):
    """A mapping with one key."""

    a: object = None


@pytest.fixture(autouse=True)
def _soon() -> object:
    """No case takes longer than a few seconds of this process' own time."""

    def stop(*_: object) -> None:
        raise AssertionError(f"took more than {SECONDS} seconds")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    yield
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, before)


def doubled(first: str, each: str, levels: int = 9) -> str:
    """Lines of which each says the one before several times."""
    names = "abcdefghijk"[: levels + 1]
    lines = [first.format(name=names[0])]
    return "\n".join([*lines, *(each.format(name=name, before=before) for before, name in pairwise(names))])


TEN = ", ".join(["*{before}"] * 10)
KEYS = ", ".join(f"{key}: *{{before}}" for key in "klmnopqrst")
YAML = {
    "aliases": (doubled("{name}: &{name} [x, x, x, x, x, x, x, x, x, x]", "{name}: &{name} [" + TEN + "]"), ":6: "),
    "mappings of aliases": (doubled("{name}: &{name} {{k: 1}}", "{name}: &{name} {{" + KEYS + "}}"), ":6: "),
    "merges": (doubled("{name}: &{name} {{k: 1}}", "{name}: &{name} {{<<: [" + TEN + "]}}"), ":6: "),
    "depth": ("a: " + "[" * 5000 + "]" * 5000, ":1: "),
    "depth of mappings": ("".join(f"{' ' * n}a:\n" for n in range(60)), ":50: "),
    "a value in itself": ("a: &a [*a]\n", ":1: "),
    "a key twice": ("a: 1\nb: {c: 1,\n    c: 2}\n", ":3: the key 'c' is given twice"),
    "a date that is none": ("b: 1\na: 2020-13-45\n", ":2: "),
    "a number of many digits": (f"a: {'9' * 5000}\n", ":1: "),
    "an object of Python": ("a: !!python/object/apply:os.system [true]\n", ":1: "),
    "length": ("a: " + "x" * 6_000_000, ": 6,000,003 characters"),
}  # fmt: skip


@pytest.mark.parametrize("name", YAML)
def test_yaml_that_grows_is_refused_with_its_line(name: str, tmp_path: Path) -> None:
    text, said = YAML[name]
    path = tmp_path / "settings.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(InputError) as error:
        load_yaml(path, Anything)

    assert f"{path}{said}" in str(error.value)
    assert "\n" not in str(error.value)


def test_yaml_with_a_few_aliases_is_read(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text(
        "a:\n  x: &x {k: 1}\n  y: {<<: *x, l: 2}\n  z: [*x, *x]\n", encoding="utf-8"
    )

    assert load_yaml(tmp_path / "settings.yaml", Anything).a == {
        "x": {"k": 1},
        "y": {"k": 1, "l": 2},
        "z": [{"k": 1}] * 2,
    }


@pytest.mark.parametrize(
    "value", [doubled("[&{name} x, ", "&{name} [*{before}, *{before}], ", 3) + "*a", "[" * 5000, "2020-13-45"]
)
def test_a_value_of_the_command_line_that_grows_is_refused_too(value: str, tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text("a: 1\n", encoding="utf-8")

    with pytest.raises(InputError, match="not a value of YAML"):
        load_yaml(tmp_path / "settings.yaml", Anything, {"a": value})


RDF = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="http://x/">{}</rdf:RDF>'
ONE = '<rdf:Description rdf:about="http://x/1"><x:p>{}</x:p></rdf:Description>'
LAUGHS = doubled('<!ENTITY {name} "ha">', '<!ENTITY {name} "' + "&{before};" * 10 + '">')
GRAPHS = {
    "entities.rdf": f"<?xml version='1.0'?><!DOCTYPE r [{LAUGHS}]>" + RDF.format(ONE.format("&j;")),
    "long entity.rdf": f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "{"x" * 10_000}">]>' + RDF.format(ONE.format("&a;" * 100_000)),
    "file.rdf": '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/hostname">]>' + RDF.format(ONE.format("&a;")),
    "net.rdf": '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a PUBLIC "a" "http://127.0.0.1:9/a">]>' + RDF.format(ONE.format("&a;")),
    "parameter.rdf": '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY % a SYSTEM "file:///etc/hostname"> %a;]>' + RDF.format(ONE.format("")),
    "depth.rdf": RDF.format("<rdf:Description><x:p>" * 50_000 + "</x:p></rdf:Description>" * 50_000),
    "depth.ttl": "<http://x/a> <http://x/p> " + "[ <http://x/p> " * 20_000 + "1" + "]" * 20_000 + " .",
    "lists.ttl": "<http://x/a> <http://x/p> " + "( " * 20_000 + "1" + ")" * 20_000 + " .",
}  # fmt: skip


@pytest.mark.parametrize("name", GRAPHS)
def test_rdf_that_grows_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(GRAPHS[name], encoding="utf-8")

    with pytest.raises(InputError) as error:
        list(rdf._read_triples(path))

    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_rdf_with_shortcuts_for_its_namespaces_is_read(tmp_path: Path) -> None:
    one = RDF.format(ONE.format("甲")).replace('about="http://x/', 'about="&x;')
    (tmp_path / "a.owl").write_text(
        f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x "http://x/">]>{one}', encoding="utf-8"
    )

    assert [stated.subject.text for stated in rdf._read_triples(tmp_path / "a.owl")] == ["http://x/1"]


def test_a_long_line_of_ntriples_is_read_and_a_line_of_megabytes_refused(tmp_path: Path) -> None:
    (tmp_path / "long.nt").write_text(f'<http://x/a> <http://x/p> "{"a" * 200_000}" .\n', encoding="utf-8")
    (tmp_path / "longer.nt").write_text(f'\n<http://x/a> <http://x/p> "{"a" * 5_000_000}" .\n', encoding="utf-8")

    assert [len(stated[3].text) for stated in rdf._read_triples(tmp_path / "long.nt")] == [200_000]
    with pytest.raises(InputError, match=r"longer\.nt:2: a line of 5,000,030 characters"):
        list(rdf._read_triples(tmp_path / "longer.nt"))


@pytest.mark.parametrize(
    "text", [f"<?xml version='1.0'?><!DOCTYPE graphml [{LAUGHS}]><graphml>&j;</graphml>", "<a>" * 100_000]
)
def test_graphml_that_grows_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.graphml").write_text(text, encoding="utf-8")

    with pytest.raises(InputError, match=r"a\.graphml:\d+: "):
        read_graphml(tmp_path / "a.graphml")


JSON = {
    "array": "[" * 100_000 + "]" * 100_000,
    "object": '{"name": ' + '{"a":' * 100_000 + "1" + "}" * 100_001,
    "NaN": '{"name": ' + "[" * 100_000 + "NaN" + "]" * 100_000 + "}",
    "half a character": '{"name": "\\ud800", "a": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "as deep as libraries go": '{"name": "a", "s": ' + "[" * 900 + "]" * 900 + "}",
    "as deep as they write": '{"name": "a", "s": ' + '{"a":' * 260 + "1" + "}" * 260 + "}",
}


@pytest.mark.parametrize("name", JSON)
def test_json_that_is_nested_deeply_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(JSON[name], encoding="utf-8")

    with pytest.raises(InputError) as error:
        list(json_records(path))

    assert f"{path}:1: " in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", JSON)
@pytest.mark.parametrize(
    "command", ["load cmekg", "load xywy", "names add", "read alpaca", "read ehr", "read messages"]
)
def test_commands_refuse_json_that_is_nested_deeply_in_one_line(
    name: str, command: str, tmp_path: Path, kgtools: Run
) -> None:
    path = tmp_path / "a.json"
    path.write_text(JSON[name], encoding="utf-8")
    more = {"read": ["--out", str(tmp_path / "out")], "names": ["--license", "MIT"], "load": []}[command.split()[0]]
    place = [] if command.startswith("read") else ["--graph", str(tmp_path / "graph")]

    done = kgtools(*command.split(), str(path), *more, *place)

    assert done.code in (1, 2)
    assert "Traceback" not in done.err


PACK = """
name: p
version: "1"
license: MIT
title: t
templates:
  symptom: {head: Disease, tail: Symptom, relations: [HAS_SYMPTOM], missing: {en: none}}
"""
TEMPLATES = {
    "loops in loops": "{% for a in tails %}" * 5 + "x" + "{% endfor %}" * 5,
    "a loop in a loop's else": "{% for a in tails %}{% for b in head %}x{% endfor %}{% endfor %}",
    "joins in joins": "{{ tails | join(tails | join(tails | join(tails | join('x')))) }}",
    "multiplication": "{{ 'a' * 10**9 }}",
    "power": "{% if 9 ** 9 ** 9 %}x{% endif %}",
    "padding": "{{ 'x'.ljust(10**9) }}",
    "a filter that pads": "{{ head | center(1000000000) }}",
    "a format": "{{ '%1000000000d' % 1 }}",
    "a format by a filter": "{{ '%1000000000d' | format(1) }}",
    "a range": "{% for a in range(10**9) %}x{% endfor %}",
    "a macro of itself": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "a loop of itself": "{% for a in tails recursive %}{{ loop(tails) }}{% endfor %}",
    "another file": "{% include 'symptom.zh.j2' %}",
    "a set": "{% set a = [tails, tails] %}x",
    "concatenation": "{% if (head ~ head) %}x{% endif %}",
    "filters behind each other": "{{ head" + " | first_upper" * 5000 + " }}",
    "not not": "{% if " + "not " * 5000 + "head %}x{% endif %}",
    "brackets": "{% if " + "(" * 5000 + "head" + ")" * 5000 + " %}x{% endif %}",
    "ifs": "{% if head %}" * 2000 + "{% endif %}" * 2000,
    "a number of many digits": "{% if " + "9" * 5000 + " %}x{% endif %}",
    "length": "x" * 200_000,
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_that_grows_is_refused(name: str, tmp_path: Path) -> None:
    block = f"{{% block user_1 %}}{TEMPLATES[name]}？{{% endblock %}}{{% block assistant_1 %}}甲。{{% endblock %}}"
    (tmp_path / "pack.yaml").write_text(PACK, encoding="utf-8")
    (tmp_path / "symptom.zh.j2").write_text(block, encoding="utf-8")

    with pytest.raises(InputError) as error:
        load_pack(tmp_path)

    lines = str(error.value).splitlines()
    assert all(line.startswith(str(tmp_path / "symptom.zh.j2")) for line in lines)
    assert len(lines) <= 3


QUERIES = {
    "brackets": "RETURN " + "(" * 1000 + "1" + ")" * 1000 + " AS x",
    "lists": "RETURN " + "[" * 1000 + "1" + "]" * 1000 + " AS x",
    "maps": "RETURN " + "{a: " * 1000 + "1" + "}" * 1000 + " AS x",
    "functions": "RETURN " + "toString(toInteger(" * 12 + "'1'" + "))" * 12 + " AS x",
    "cases": "RETURN " + "CASE WHEN true THEN " * 600 + "1" + " ELSE 2 END" * 600 + " AS x",
    "subqueries": "MATCH (a:Disease) WHERE " + "EXISTS { MATCH (a:Disease) WHERE " * 200 + "true" + " }" * 200 + " RETURN a.name AS x",
    "words": "RETURN " + " + ".join(["1"] * 24_000) + " AS x",
    "length": "RETURN '" + "x" * 200_000 + "' AS x",
    "an open comment": "RETURN 1 /*" + "*" * 90_000,
    "an open string": "RETURN '" + "\\'" * 45_000,
    "open ticks": "RETURN `" + "``" * 45_000,
}  # fmt: skip


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_that_grows_is_refused(name: str, sample_graph: FolderStore) -> None:
    with pytest.raises(CypherError) as error:
        list(sample_graph.query(QUERIES[name], {})[1])

    assert len(str(error.value)) < 500


REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType='
    '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    f'Type="{REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    f'xmlns:r="{REL}"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    f'Type="{REL}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}  # fmt: skip


def workbook(path: Path, rows: str, before: str = "") -> Path:
    """A workbook of one sheet with these rows."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in PARTS.items():
            book.writestr(name, text)
        sheet = f'{before}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>'
        book.writestr("xl/worksheets/sheet1.xml", sheet)
    return path


def cell(text: str, place: str = "") -> str:
    where = f' r="{place}"' if place else ""
    return f'<c{where} t="inlineStr"><is><t>{text}</t></is></c>'


SHEETS = {
    "a cell in the far corner": f'<row r="1">{cell("name", "A1")}</row><row r="1048576">{cell("x", "XFD1048576")}</row>',
    "a far row, its cell without a place": f'<row r="1">{cell("name", "XFD1")}</row><row r="1048576">{cell("x")}</row>',
    "a place in small letters": f'<row r="1">{cell("name", "a1")}</row><row>{cell("x", "xfd1048576")}</row>',
    "a place written otherwise": f'<row r="1">{cell("name", "A1")}</row><row>{cell("x", "&#88;FD1048576")}</row>',
}
EXCEL: dict[str, Callable[[Path], object]] = {
    "table": lambda path: read_cells(path, TABLE, ["name"]),
    "names": lambda path: read_table(path, header=True),
}


@pytest.mark.parametrize("reader", EXCEL)
@pytest.mark.parametrize("name", SHEETS)
def test_a_workbook_with_cells_far_apart_is_refused(name: str, reader: str, tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", SHEETS[name])

    with pytest.raises(InputError, match="save the sheet as CSV"):
        EXCEL[reader](path)


@pytest.mark.parametrize("name", SHEETS)
def test_a_corpus_reports_a_workbook_with_cells_far_apart_in_one_line(name: str, tmp_path: Path, kgtools: Run) -> None:
    path = workbook(tmp_path / "a.xlsx", SHEETS[name])

    done = kgtools("read", "cmexam", str(path), "--out", str(tmp_path / "out"))

    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert "save the sheet as CSV" in done.err


def test_a_workbook_that_is_packed_small_and_large_within_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", f'<row r="1">{cell("name")}</row>')
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as book,
        book.open("xl/sharedStrings.xml", "w") as file,
    ):
        for _ in range(8):
            file.write(b"0" * 10_000_000)

    with pytest.raises(InputError, match="unpacks to more than 200 times its size"):
        check_workbook(path.read_bytes(), "a.xlsx")


def test_a_workbook_with_entities_that_grow_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", f'<row r="1">{cell("&j;")}</row>', f"<!DOCTYPE r [{LAUGHS}]>")

    with pytest.raises(InputError, match="entity"):
        check_workbook(path.read_bytes(), "a.xlsx")


@pytest.mark.parametrize("repeated", ["table:number-rows-repeated", "table:number-columns-repeated"])
def test_an_open_document_with_cells_far_apart_is_refused(repeated: str) -> None:
    space = 'xmlns:table="t" xmlns:office="o"'
    full = '<table:table-cell office:value-type="string"/>'
    many = f'<table:table-row {repeated}="9999999"><table:table-cell {repeated}="9999999"/>{full}</table:table-row>'
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as book:
        book.writestr(
            "content.xml",
            f"<office:a {space}><table:table><table:table-row>{full}</table:table-row>{many}</table:table></office:a>",
        )

    with pytest.raises(InputError, match="save the sheet as CSV"):
        check_workbook(data.getvalue(), "a.ods")


def test_a_binary_workbook_with_cells_far_apart_is_refused() -> None:
    row, last = (1_048_575).to_bytes(4, "little"), (16_383).to_bytes(4, "little")
    sheet = (
        b"\x81\x01\x00"
        + b"\x00\x04"
        + bytes(4)
        + b"\x02\x04"
        + bytes(4)
        + b"\x00\x04"
        + row
        + b"\x07\x08"
        + last
        + bytes(4)
    )
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as book:
        book.writestr("xl/worksheets/sheet1.bin", sheet)

    with pytest.raises(InputError, match="2 cells in a rectangle of 1,048,576 rows and 16,384 columns"):
        check_workbook(data.getvalue(), "a.xlsb")


def test_a_workbook_with_empty_rows_in_it_is_read(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", f'<row r="1">{cell("name")}</row><row r="5000">{cell("x", "A5000")}</row>')

    assert read_cells(path, TABLE, ["name"]).rows["name"].to_list() == ["x"]


def damaged() -> list[bytes]:
    """A table as Parquet, its first page's sizes or its end overwritten."""
    held = io.BytesIO()
    pl.DataFrame({"name": ["a"] * 1000, "s": ["b"] * 1000}).write_parquet(held)
    raw = held.getvalue()
    pages = [raw[: 4 + at] + b"\xff" * 8 + raw[12 + at :] for at in range(0, 210, 7)]
    return [*pages, raw[:-8] + b"\xff\xff\xff\x7fPAR1", raw[: len(raw) // 2], b"PAR1" + b"\0" * 100 + b"PAR1"]


def test_damaged_parquet_is_read_or_refused_and_never_ends_the_program(tmp_path: Path) -> None:
    said = []
    for number, data in enumerate(damaged()):
        path = tmp_path / f"{number}.parquet"
        path.write_bytes(data)
        said.append(_refusal(path))

    assert len([text for text in said if text]) > 10
    assert not [text for text in said if "\n" in text]


def _refusal(path: Path) -> str:
    try:
        read_cells(path, TABLE, ["name"])
    except InputError as error:
        return str(error)
    return ""


def test_a_panic_of_polars_ends_a_command_with_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kgtools: Run
) -> None:
    def panic(*_: object, **__: object) -> None:
        raise pl.exceptions.PanicException("assertion failed\nleft: 0")

    monkeypatch.setattr("kgtools.corpora.record_files.pl.scan_parquet", panic)
    (tmp_path / "records.parquet").write_bytes(b"PAR1")

    done = kgtools("split", str(tmp_path), "--out", str(tmp_path / "out"))

    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert "assertion failed left: 0" in done.err


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of memory is that of Linux")
@pytest.mark.parametrize("kind", ["xlsx", "yaml"])
def test_a_bomb_stays_within_a_gigabyte_of_memory(kind: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(YAML["aliases"][0], encoding="utf-8")
    book = workbook(tmp_path / "a.xlsx", SHEETS["a cell in the far corner"])
    words = {
        "xlsx": ["names", "add", str(book), "--license", "MIT"],
        "yaml": ["load", "table", str(book), "--mapping", str(tmp_path / "a.yaml")],
    }
    limit = 3 << 30  # of addresses, of which threads and libraries take a gigabyte before they do anything

    done = subprocess.run(
        [sys.executable, "-m", "kgtools.tools.main", *words[kind], "--graph", str(tmp_path / "graph")],
        env=os.environ | {"POLARS_MAX_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[2])},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 2, done.stderr[-500:]
    assert len(done.stderr.splitlines()) == 1
