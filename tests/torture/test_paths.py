"""Paths as nobody should give them: every command reads and writes what stands there, not what a pattern, a home, a variable or
an escape would make of the name. Beside each lies what a pattern would find."""

import os
import re
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import orjson
import pytest

from kgtools.tools.main import run
from tests.conftest import SAMPLES, Ran

DECOYS = {
    "v[1]": "v1", "[ab]": "a", "a*b": "axb", "{x}": "x", "a?b": "acb", "~": "home", "~root": "home", "$HOME": "home", "%41": "A",
    "it's": "its", 'a"b': "ab", " a b ": "a b", "-v": "v", "a\nb": "ab", "a\\b": "ab", "k=1": "k", "s3:": "s3", "file:": "file",
    "a::b": "b", "a#b": "a", "糖 尿": "糖",
}  # fmt: skip
"""A folder, and another that a pattern, a shell, a URL or a careless join would take for it."""
WORST = ("v[1]", "~")
"""Names for commands that take long; the others meet all."""
QUICK = ("read", "convert")
QUERY = "MATCH (d:Disease) RETURN d.name AS name ORDER BY name"
MAPPING = """\
source: mine
title: Mine
license: MIT
fields: {symptom: {relation: HAS_SYMPTOM}}
tables:
  - {files: ["*"], triples: {head: head, head_type: {value: Disease}, relation: relation, tail: tail}}
"""
RECIPE = "title: Both\nsources:\n  a: {path: records}\n  b: {path: evalset}\ndedup: null\nfilters: {}\n"
COMMANDS = {
    "query": ["query", QUERY, "--graph", "{}/graph", "--format", "csv", "--out", "{}/out.csv"],
    "query to parquet": ["query", QUERY, "--graph", "{}/graph", "--format", "parquet", "--out", "{}/out.parquet"],
    "stats": ["stats", "--graph", "{}/graph", "--format", "json"],
    "audit": ["audit", "--only", "self_loops", "--graph", "{}/graph", "--format", "json"],
    "show": ["show", "Disease:感冒", "--graph", "{}/graph", "--html", "{}/out.html"],
    "verify": ["verify", "--graph", "{}/graph", "--format", "json"],
    "export rdf": ["export", "rdf", "{}/out.ttl", "--graph", "{}/graph", "--allow-license", "LicenseRef-xywy-noncommercial"],
    "export parquet": ["export", "parquet", "{}/out", "--graph", "{}/graph", "--allow-license", "LicenseRef-xywy-noncommercial"],
    "diff": ["diff", "{}/graph", "{}/earlier", "--format", "json", "--rows", "{}/out.parquet"],
    "generate": ["generate", "--graph", "{}/graph", "--count", "9", "--out", "{}/out", "--format", "json"],
    "trace": ["trace", "RECORD", "--records", "{}/records", "--graph", "{}/graph", "--format", "json"],
    "read": ["read", "alpaca", "{}/corpus.jsonl", "--out", "{}/out", "--format", "json"],
    "read auto": ["read", "auto", "{}/corpus.jsonl", "--format", "json"],
    "read a folder": ["read", "alpaca", "{}/corpora", "--out", "{}/out", "--format", "json"],
    "dedup": ["dedup", "{}/records", "--out", "{}/out", "--format", "json"],
    "split": ["split", "{}/records/records.parquet", "--out", "{}/out", "--format", "json"],
    "convert": ["convert", "{}/records", "--format", "alpaca", "--out", "{}/out", "--allow-license", "LicenseRef-xywy-noncommercial"],
    "decontaminate": ["decontaminate", "{}/records", "--against", "{}/evalset", "--save-index", "{}/out.index", "--out", "{}/out"],
    "deidentify": ["deidentify", "{}/records", "--out", "{}/out", "--key-file", "{}/key"],
    "merge": ["merge", "{}/recipe.yaml", "--out", "{}/out"],
    "load": ["load", "table", "{}/table.csv", "--mapping", "{}/mapping.yaml", "--graph", "{}/out", "--format", "json"],
    "packs new": ["packs", "new", "mine", "--out", "{}/out"],
    "packs preview": ["packs", "preview", "clinicalgpt", "--template", "symptom", "--graph", "{}/graph", "--format", "html", "--out", "{}/out.html"],
    "packs diversity": ["packs", "diversity", "{}/records", "--format", "json"],
    "names": ["names", "add", "{}/names.tsv", "--graph", "{}/graph", "--license", "MIT"],
}  # fmt: skip
BUILDS = ("load", "names")


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path, str, bool], None]:
    """Lays out a folder with one of everything, the real or the decoy."""
    home = tmp_path_factory.mktemp("told")
    for kind, begin in (("real", 0), ("decoy", 3)):
        folder = home / kind
        lines = (SAMPLES / "xywy" / "medical.json").read_bytes().splitlines()
        folder.mkdir()
        (folder / "xywy.json").write_bytes(
            b"\n".join([*lines[begin : begin + 2], '{"name": "感冒", "symptom": ["%s"]}'.encode() % kind.encode()])
        )
        graph = ["--graph", str(folder / "graph")]
        assert run(["load", "xywy", str(folder / "xywy.json"), *graph, "--format", "json"]) == 0
        shutil.copytree(folder / "graph", folder / "earlier")
        assert run(["generate", *graph, "--count", "12", "--out", str(folder / "records"), "--format", "json"]) == 0
        rows = [{"instruction": f"{kind}{n}何病？", "output": f"{kind}{n}。"} for n in range(5)]
        (folder / "corpora").mkdir()
        for name in ("corpus.jsonl", "corpora/one.jsonl"):
            (folder / name).write_bytes(b"\n".join(map(orjson.dumps, rows)))
        corpus = ["read", "alpaca", str(folder / "corpus.jsonl"), "--out", str(folder / "evalset"), "--license", "MIT"]
        assert run([*corpus, "--format", "json"]) == 0
        texts = {
            "names.tsv": f"zh\ten\n感冒\t{kind} cold\n",
            "table.csv": f"head,relation,tail\n{kind}病,symptom,头痛\n",
            "mapping.yaml": MAPPING,
            "recipe.yaml": RECIPE,
            "key": f"{kind} key of thirty-two characters ....",
        }
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    return lambda place, kind, whole: _lay(home / kind, place, whole)


def _lay(source: Path, place: Path, whole: bool) -> None:
    """Copies, or links where nothing is written to what is there."""
    shutil.copytree(source, place, copy_function=shutil.copy2 if whole else os.link)


def outcome(
    name: str, words: list[str], capfd: pytest.CaptureFixture[str], record: str
) -> dict[str, bytes | str | int]:
    """What a command says and writes, as if its folder were called `plain`."""
    capfd.readouterr()
    code = run(
        [record if word == "RECORD" else word.replace("{}", f"./{name}" if name[0] == "-" else name) for word in words]
    )
    said = capfd.readouterr()
    found: dict[str, bytes | str | int] = {
        path.relative_to(name).as_posix(): path.read_bytes()
        for path in sorted(Path(name).rglob("*"))
        if path.is_file() and path.relative_to(name).parts[0].startswith("out")
    }
    assert code in (0, 1), said.err
    return found | {
        "said": said.out.replace(orjson.dumps(name).decode()[1:-1], "plain").replace(name, "plain"),
        "code": code,
    }


@pytest.fixture(scope="session")
def plain() -> dict[str, dict[str, bytes | str | int]]:
    """What each command gives in a folder with an ordinary name."""
    return {}


CASES = [(command, name) for command in COMMANDS for name in (DECOYS if command in QUICK else WORST)]


@pytest.mark.parametrize(("command", "name"), CASES)
def test_a_path_is_the_name_of_a_file_and_nothing_else(
    told: Callable[[Path, str, bool], None], plain: dict[str, dict[str, bytes | str | int]], command: str, name: str,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    told(tmp_path / name, "real", command in BUILDS)
    told(tmp_path / DECOYS[name], "decoy", False)
    id_ = re.search(r'"id":"(\w+)"', (tmp_path / name / "records" / "records.jsonl").read_text(encoding="utf-8"))
    assert id_
    if command not in plain:
        told(tmp_path / "plain", "real", command in BUILDS)
        plain[command] = outcome("plain", COMMANDS[command], capfd, id_[1])
        told(tmp_path / "other", "decoy", command in BUILDS)
    before = sorted(path for path in (tmp_path / DECOYS[name]).rglob("*"))

    found = outcome(name, COMMANDS[command], capfd, id_[1])

    assert found == plain[command]
    assert sorted(path for path in (tmp_path / DECOYS[name]).rglob("*")) == before


@pytest.mark.parametrize("name", ["t:1#y.json", "a\nb.json", "%41.json"])
def test_a_trace_names_the_file_whatever_it_is_called(
    told: Callable[[Path, str, bool], None], tmp_path: Path, kgtools: Callable[..., Ran], name: str
) -> None:
    told(tmp_path / "plain", "real", False)
    path = tmp_path / name
    path.write_bytes((tmp_path / "plain" / "xywy.json").read_bytes())
    graph, records = ["--graph", tmp_path / "graph"], tmp_path / "records"
    assert kgtools("load", "xywy", path, *graph).code == 0
    assert kgtools("generate", *graph, "--count", "3", "--out", records).code == 0
    id_ = orjson.loads((records / "records.jsonl").read_bytes().splitlines()[0])["id"]

    origins = kgtools("trace", id_, "--records", records, *graph, "--format", "json").json["triples"][0]["origins"]

    assert {origin["file"] for origin in origins} == {name}
    assert {origin["sha256"] for origin in origins} == {sha256(path.read_bytes()).hexdigest()}
