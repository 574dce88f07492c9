"""The READMEs, the reference and the commands' help cannot disagree, and every worked example runs."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import orjson
import polars as pl
import pytest

from kgtools.kg.ontology import ontology
from kgtools.tools import registry
from kgtools.tools.main import run
from tests.reference import commands

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "kg" / "samples"


def _commands() -> list[tuple[str, click.Command]]:
    found = []
    for name in registry.names("commands"):
        found += commands(name, registry.find("commands", name))
    return found


def test_the_reference_is_what_make_docs_writes():
    """In a process of its own, for click remembers how a command was first asked for help."""
    check = [sys.executable, ROOT / "tests" / "reference.py", "--check"]

    done = subprocess.run(check, capture_output=True, encoding="utf-8", check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert "### kgtools load" in (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")


def test_both_readmes_have_the_same_commands_in_their_main_job():
    def commands(name: str) -> list[str]:
        return re.findall(r"^(kgtools .*|make .*)$", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)

    assert commands("README.md") == commands("README.zh.md")
    assert len(commands("README.md")) >= 8


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the sample files under the names of the examples, a graph and records of it."""
    folder = tmp_path_factory.mktemp("examples")
    shutil.copy(SAMPLES / "xywy" / "medical.json", folder)
    shutil.copy(SAMPLES / "39health" / "disease.csv", folder)
    rows = [line.split("\t") for line in (SAMPLES / "names.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    babelon = ["source_value\ttranslation_value", *(f"{en}\t{zh}" for zh, en, type_ in rows if type_ == "Symptom")]
    (folder / "hpo-zh.babelon.tsv").write_text("\n".join(babelon) + "\n", encoding="utf-8")
    told = {"instruction": "If you are a doctor, please answer.", "input": "I cough at night.", "output": "Rest."}
    (folder / "chatdoctor5k.json").write_bytes(orjson.dumps([told]))
    (folder / "key.txt").write_text("k" * 64, encoding="utf-8")
    recipe = "title: the pairs of the graphs\nsources:\n  graphs: {langs: [zh]}\n"
    (folder / "recipe.yaml").write_text(recipe, encoding="utf-8")
    graph = str(folder / "graph")
    assert (
        run(["load", "xywy", str(folder / "medical.json"), "health39", str(folder / "disease.csv"), "--graph", graph])
        == 0
    )
    read = ["read", "chatdoctor", str(folder / "chatdoctor5k.json"), "--out", str(folder / "chatdoctor")]
    assert run(read) == 0
    assert run(["generate", "--graph", graph, "--out", str(folder / "records")]) == 0
    first = pl.read_parquet(folder / "records" / "records.parquet")["facts"][0][0]
    (folder / "wrong.txt").write_text(f"{first}\n", encoding="utf-8")
    for name in ("graph", "records"):
        shutil.copytree(folder / name, folder / "unchanged" / name)
    shutil.copy(folder / "wrong.txt", folder / "unchanged")
    preferences = ["--task", "preference", "--count", "200", "--out", str(folder / "preferences")]
    assert run(["generate", "--graph", graph, *preferences]) == 0
    assert (
        run(["generate", "--graph", graph, "--task", "mcq,list", "--lang", "zh", "--out", str(folder / "items")]) == 0
    )
    lines = (folder / "items" / "records.jsonl").read_bytes().splitlines()
    said = ({"id": line["id"], "answer": line["messages"][-1]["content"]} for line in map(orjson.loads, lines))
    (folder / "answers.jsonl").write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in said))
    facts = [
        "evaluate",
        "facts",
        str(folder / "items"),
        str(folder / "answers.jsonl"),
        "--trained-on",
        str(folder / "items"),
    ]
    for name in ("before", "after"):
        assert run([*facts, "--out", str(folder / name)]) == 0
    allowed = "allow_license=[LicenseRef-39health-unstated,LicenseRef-xywy-noncommercial]"
    tiny = ["--recipe", "tiny", "steps=1", allowed]
    assert run(["train", "sft", *tiny, f"data={folder / 'records'}", "--out", str(folder / "sft")]) == 0
    assert run(["train", "merge", str(folder / "sft"), "--out", str(folder / "merged")]) == 0
    judge = [f"model={folder / 'merged'}", f"data={folder / 'preferences'}", "--out", str(folder / "reward")]
    assert run(["train", "reward", *tiny, *judge]) == 0
    return folder


ELSEWHERE = "evaluate "
"""Begins the commands whose examples tests/train/evaluate/test_examples.py runs, all but the one of `evaluate gain`."""
HERE = [(name, each) for name, each in _commands() if not name.startswith(ELSEWHERE) or name == "evaluate gain"]


@pytest.mark.parametrize(("name", "command"), HERE, ids=lambda value: value if isinstance(value, str) else "")
def test_the_worked_example_in_the_help_of_a_command_runs(name, command, place, monkeypatch, capsys):
    examples = re.findall(r"^\s*(kgtools .+)$", command.help or "", re.MULTILINE)
    assert examples, f"the help of {name} has no example"
    first = orjson.loads((place / "records" / "records.jsonl").read_bytes().splitlines()[0])["id"]
    monkeypatch.chdir(place)
    if name == "retract":  # other examples change the graph
        monkeypatch.chdir(place / "unchanged")
    for example in examples:
        words = [first if word == "3f2a9c" else word for word in shlex.split(example)[1:]]

        code = run(words)

        assert code == (1 if name == "audit" else 0), capsys.readouterr().err
        assert capsys.readouterr().out.strip()


def test_the_demonstration_of_training_allows_the_licence_of_every_graph_that_it_loads():
    told = subprocess.run(["make", "-n", "demo-train"], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)

    loaded = re.findall(r"load (xywy) .*? (health39) .*? (cmekg)", told.stdout)[0]
    licenses = {ontology().sources[name].license for name in loaded}
    assert len(licenses) == 3
    assert all(f"--allow-license {license}" in told.stdout for license in licenses)
