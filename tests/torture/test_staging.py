"""Attacks on what commands write: two at once, kills and signals in the middle, pipes and links, results of nothing, other people's eyes."""

import gzip
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.corpora.record import RECORDS
from kgtools.corpora.record_files import scan
from kgtools.kg.graph import change
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.tools.errors import InputError
from kgtools.tools.outputs.staging import manifest
from tests.conftest import ROOT
from tests.corpora.mix.test_merge import ask, recipe
from tests.corpora.mix.test_merge import write as records_of
from tests.torture.kills import Files, Torture, Victims, files

WRITERS: dict[str, list[str]] = {
    "read": ["read", "alpaca", "alpaca.json"],
    "dedup": ["dedup", "a"],
    "split": ["split", "a"],
    "decontaminate": ["decontaminate", "a", "--against", "evalset"],
    "deidentify": ["deidentify", "a", "--key-file", "key.txt"],
    "merge": ["merge", "recipe.yaml"],
    "convert": ["convert", "a", "--format", "alpaca"],
    "generate": ["generate", "--lang", "zh"],
    "export": ["export", "parquet", "--allow-license", "CC0-1.0"],
}
HOLD = """
import sys; from pathlib import Path
from kgtools.tools.outputs.staging import staging
with staging(Path(sys.argv[1])) as stage:
    (stage / "mine").write_text("mine"); print("held", flush=True); sys.stdin.readline()
"""


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory, tables_of: Callable[..., Any]) -> Path:
    """A graph of one triple, which no run changes."""
    store = FolderStore(tmp_path_factory.mktemp("graph") / "graph")
    change(store, lambda inputs: inputs.with_sources([tables_of([("Disease", "痛风", "HAS_SYMPTOM", "关节痛")])]))
    return store.folder


@pytest.fixture
def place(victim: Victims, graph: Path) -> Path:
    """A folder with what every command reads; runs of the victim work in it."""
    folder = victim.folder
    records_of(folder / "a", [ask(n) for n in range(12)])
    records_of(folder / "evalset", [ask(n) for n in range(50, 52)], split="test")
    rows = [{"instruction": f"第{n}问", "input": "", "output": f"第{n}答"} for n in range(12)]
    (folder / "alpaca.json").write_bytes(orjson.dumps(rows))
    (folder / "key.txt").write_text("a key of more than sixteen letters", encoding="utf-8")
    recipe(folder, {"a": {"path": "a"}})
    victim.environment["KGTOOLS_GRAPH"] = str(graph)
    return folder


def words(command: str, out: str = "out") -> list[str]:
    if command == "export":
        form, name, *more = WRITERS[command]
        return [form, name, out, *more]
    return [*WRITERS[command], "--out", out]


@pytest.fixture
def holder(place: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that is writing into the folder `out`."""
    command = [sys.executable, "-c", HOLD, str(place / "out")]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, encoding="utf-8", cwd=ROOT, **pipes) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        if process.poll() is None:
            process.communicate("go\n")


def test_a_second_run_into_a_folder_is_told_who_is_there_whatever_it_does(
    victim: Victims, place: Path, holder: "subprocess.Popen[str]"
) -> None:
    before = files(place / "out")

    for command in WRITERS:
        ended = victim.run(words(command))
        assert ended.code == 2, f"{command}: {ended.said}"
        assert f"out: process {holder.pid} is writing there; wait until it is done, or name another" in ended.said
        assert ended.said.count("\n") == 1

    assert files(place / "out") == before
    holder.communicate("go\n")
    assert {file.name for file in (place / "out").iterdir()} == {"mine"}


@pytest.mark.parametrize("command", WRITERS)
def test_every_command_writes_its_folder_and_leaves_nothing_else_in_it(
    victim: Victims, place: Path, command: str
) -> None:
    (place / "real").mkdir()
    (place / "out").symlink_to("real")

    victim.done(words(command))

    first = files(place / "real")
    assert "run.json" in first
    assert not [name for name in first if name.startswith(".")]
    assert (place / "out").is_symlink()
    listed = orjson.loads((place / "real" / "run.json").read_bytes()).get("outputs", {})
    assert set(listed) <= set(first)


def test_a_killed_convert_leaves_the_old_files_or_the_new_ones_or_what_the_next_run_completes(
    victim: Victims, place: Path
) -> None:
    out = place / "out"
    commands = {size: [*words("convert"), "--shard-size", size] for size in ("3", "5")}
    known: dict[str, Files] = {}
    for size, command in commands.items():
        victim.done(command)
        known[size] = files(out)
    assert len(known["3"]) != len(known["5"])

    def state() -> str:
        found = {name: hash_ for name, hash_ in files(out).items() if not name.startswith(".new-")}
        if "run.json" not in found:
            with pytest.raises(InputError, match="was stopped before all its files were in place; run it again"):
                scan(out)
            return "between"
        (name,) = [name for name, wanted in known.items() if wanted == found]
        return name

    def settled(size: str) -> None:
        assert files(out) == known[size]
        assert {path.name for path in out.iterdir()} == set(known[size])

    told = Torture(victim, commands, state, settled, f"os.remove {out.name}/run.json", between="between", share=1).run(
        5
    )
    assert told["between"] > 0


def test_the_next_run_tells_of_what_it_completes_even_where_it_fails_itself(victim: Victims, place: Path) -> None:
    victim.done([*words("convert"), "--shard-size", "3"])
    wanted = files(place / "out")
    victim.done([*words("convert"), "--shard-size", "5"])
    killed = victim.run([*words("convert"), "--shard-size", "3"], step=1, first="os.remove out/run.json")
    assert killed.code == -signal.SIGKILL
    (place / "out" / "mine.txt").write_text("mine", encoding="utf-8")

    ended = victim.run(["convert", "a", "--format", "medqa", "--out", "out"])

    assert ended.code == 2
    assert "kgtools: out: completed what a run that was killed had begun to put there\n" in ended.said
    assert "holds none of these records (no-options: 12)" in ended.said
    assert {name: hash_ for name, hash_ in files(place / "out").items() if name != "mine.txt"} == wanted
    assert not list((place / "out").glob(".*"))


SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_while_files_move_waits_and_the_last_words_are_true(
    victim: Victims, place: Path, number: signal.Signals
) -> None:
    victim.done(words("convert"))

    ended = victim.run([*words("convert"), "--shard-size", "5"], step=0, first="os.remove out/run.json", by=number)

    assert ended.code == SIGNALS[number]
    assert ended.said.endswith("kgtools: stopped; out was written before that and stays\n")
    assert {file.name for file in (place / "out").glob("train-*")} == {
        f"train-0000{n}-of-00003.jsonl" for n in range(3)
    }
    assert (place / "out" / "run.json").exists()
    assert not list((place / "out").glob(".*"))


@pytest.mark.parametrize(("command", "number"), [("merge", signal.SIGTERM), *(("read", number) for number in SIGNALS)])
def test_a_signal_before_that_leaves_what_was_there_and_no_text_of_anybody(
    victim: Victims, place: Path, number: signal.Signals, command: str
) -> None:
    (place / "out").mkdir()
    (place / "out" / "run.json").write_bytes(manifest("read", {}, {}))
    before = files(place / "out")

    ended = victim.run(words(command), step=1, first="before write_parquet", by=number)

    assert ended.code == SIGNALS[number]
    assert ended.said.endswith("kgtools: stopped; nothing was changed\n")
    assert files(place / "out") == before
    assert not list((place / "out").glob(".*"))


def test_a_hangup_that_is_ignored_stays_so(place: Path) -> None:
    code = (
        "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "from kgtools.tools.main import run\n"
        "sys.addaudithook(lambda event, _: event == 'os.mkdir' and os.kill(os.getpid(), signal.SIGHUP))\n"
        "sys.exit(run(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "read", "alpaca", str(place / "alpaca.json"), "--out", str(place / "out")]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0
    assert (place / "out" / "run.json").exists()


def test_a_packed_file_that_is_cut_off_is_no_user_who_stopped_it(victim: Victims, place: Path) -> None:
    whole = gzip.compress((place / "alpaca.json").read_bytes())
    (place / "alpaca.json.gz").write_bytes(whole[: len(whole) // 2])

    ended = victim.run(["read", "alpaca", "alpaca.json.gz", "--out", "out"])

    assert ended.code == 2
    assert "was the download cut off?" in ended.said
    assert "stopped" not in ended.said
    assert not (place / "out").exists()


EMPTY: dict[str, tuple[list[str], str]] = {
    "read": (["read", "alpaca", "empty.json"], "alpaca: no example could be read (empty-file: 1), the first: empty.json: "),
    "dedup": (["dedup", "none"], "none/records.parquet: there are no records"),
    "split": (["split", "none"], "none/records.parquet: no records are left"),
    "decontaminate": (["decontaminate", "a", "--against", "asked"], "a/records.parquet: no records are left (hold an evaluation item: 12)"),
    "deidentify": (["deidentify", "none", "--key-file", "key.txt"], "none: there are no records"),
    "convert": (["convert", "a", "--format", "medqa"], "a/records.parquet: the format medqa holds none of these records (no-options: 12)"),
    "generate": (["generate", "--lang", "en"], "none of its facts makes a record (en, no-english-name: 1)"),
    "export": (["export", "parquet", "--graph", "empty", "--allow-license", "LicenseRef-xywy-noncommercial"], "out: the graph holds no entities"),
}  # fmt: skip


@pytest.mark.parametrize("command", EMPTY)
def test_nothing_does_not_take_the_place_of_something(victim: Victims, place: Path, command: str) -> None:
    if command == "export":
        victim.done(words(command))
    else:
        (place / "out").mkdir()
        (place / "out" / "records.parquet").write_bytes(b"8,000 good ones")
        (place / "out" / "run.json").write_bytes(manifest("read", {}, {}))
    before = files(place / "out")
    (place / "empty.json").write_bytes(b"")
    (place / "none").mkdir()
    RECORDS.frame().write_parquet(place / "none" / "records.parquet")
    records_of(place / "asked", [ask(n) for n in range(12)], split="test")
    if command == "export":
        (place / "no.json").write_bytes(b'{"name": "-"}\n')
        victim.done(["load", "xywy", "no.json", "--graph", "empty", "--allow-empty"])
    asked, said = EMPTY[command]
    asked = [*asked[:2], "out", *asked[2:]] if command == "export" else [*asked, "--out", "out"]

    ended = victim.run(asked)

    assert (ended.code, ended.said.count("\n")) == (2, 1), ended.said
    assert said in ended.said
    assert "nothing was written, and what was there is as it was; --allow-empty writes it all the same" in ended.said
    assert files(place / "out") == before
    allowed = victim.run([*asked, "--allow-empty"])
    assert allowed.code == 0, allowed.said
    assert files(place / "out") != before


def test_a_mix_of_nothing_is_refused_with_what_took_it_out(victim: Victims, place: Path) -> None:
    victim.done(words("merge"))
    before = files(place / "out")
    recipe(place, {"a": {"path": "a"}}, filters={"max_characters": 1})

    ended = victim.run(words("merge"))

    assert ended.code == 2
    assert "nothing is left of a (filter, too-long: 12); omit it with --without a, or fix that\n" in ended.said
    assert files(place / "out") == before


def test_a_load_that_keeps_nothing_leaves_the_graph_and_says_why(victim: Victims, place: Path) -> None:
    victim.environment["KGTOOLS_GRAPH"] = "graph"
    (place / "a.json").write_text('{"name": "痛风", "symptom": ["关节痛"]}\n', encoding="utf-8")
    (place / "b.json").write_text('{"name": "-"}\n{"name": ""}\n', encoding="utf-8")
    victim.done(["load", "xywy", "a.json"])
    before = files(place / "graph")

    ended = victim.run(["load", "xywy", "b.json"])
    nowhere = victim.run(["load", "xywy", "b.json", "--graph", "new"])

    assert (ended.code, nowhere.code) == (2, 2)
    assert "b.json: xywy gives no entity and no fact (" in ended.said
    assert "the first: b.json:1: " in ended.said
    assert files(place / "graph") == before
    assert not (place / "new").exists()
    assert victim.run(["load", "xywy", "b.json", "--dry-run"]).code == 0


ONE_FILE: dict[str, list[str]] = {
    "query": ["query", "MATCH (n) RETURN n.name AS name ORDER BY name", "--format", "csv", "--out", "OUT"],
    "query-parquet": ["query", "MATCH (n) RETURN n.name AS name ORDER BY name", "--format", "parquet", "--out", "OUT"],
    "diff": ["diff", "GRAPH", "GRAPH", "--rows", "OUT.csv"],
    "show": ["show", "痛风", "--html", "OUT"],
    "align": ["align", "--review", "OUT", "--dry-run"],
    "export": ["export", "networkx", "OUT.json", "--allow-license", "CC0-1.0"],
    "index": ["decontaminate", "--against", "evalset", "--save-index", "OUT"],
    "examples": ["decontaminate", "a", "--against", "evalset", "--examples", "OUT", "--dry-run"],
}


@pytest.mark.parametrize("command", ONE_FILE)
def test_one_file_goes_through_pipes_and_links_and_they_stay(victim: Victims, place: Path, command: str) -> None:
    ending = "".join(Path(word).suffix for word in ONE_FILE[command] if word.startswith("OUT"))
    graph = victim.environment["KGTOOLS_GRAPH"]

    def run(name: str) -> None:
        victim.done([word.replace("OUT", name).replace("GRAPH", graph) for word in ONE_FILE[command]])

    run("plain")
    wanted = (place / f"plain{ending}").read_bytes()
    (place / "real").mkdir()
    (place / f"link{ending}").symlink_to("real/file")
    run("link")
    os.mkfifo(place / f"pipe{ending}")
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append((place / f"pipe{ending}").read_bytes()), daemon=True)
    reader.start()
    run("pipe")
    reader.join(10)

    assert wanted
    assert got == [wanted]
    assert (place / f"link{ending}").is_symlink()
    assert (place / "real" / "file").read_bytes() == wanted
    assert stat.S_ISFIFO((place / f"pipe{ending}").stat().st_mode)
    assert not [path for path in place.rglob(".*") if path.name != ".lock"]


def test_stdout_by_its_name_is_appended_to_where_the_shell_says_so(place: Path, victim: Victims) -> None:
    (place / "log").write_text("before\n", encoding="utf-8")
    asked = [
        "query",
        "RETURN 1 AS n",
        "--format",
        "csv",
        "--out",
        "/dev/stdout",
        "--graph",
        victim.environment["KGTOOLS_GRAPH"],
    ]
    with (place / "log").open("ab") as log:
        done = subprocess.run([sys.executable, "-m", "kgtools.tools.main", *asked], stdout=log, cwd=ROOT, check=False)

    assert done.returncode == 0
    assert (place / "log").read_text("utf-8") == "before\nn\n1\n"


@pytest.mark.parametrize(
    ("environment", "closed"),
    [({"PYTHONIOENCODING": "latin-1"}, False), ({"PYTHONIOENCODING": "gbk"}, False), ({}, True)],
)
@pytest.mark.usefixtures("place")
def test_what_a_terminal_cannot_show_fails_nothing(victim: Victims, environment: dict[str, str], closed: bool) -> None:
    asked = ["show", "痛风", "--graph", victim.environment["KGTOOLS_GRAPH"]]
    done = subprocess.run(
        [sys.executable, "-m", "kgtools.tools.main", *asked],
        env=os.environ | environment, capture_output=True, cwd=ROOT, check=False,
        preexec_fn=(lambda: os.close(1)) if closed else None,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, b"")
    if environment.get("PYTHONIOENCODING") == "gbk":
        assert "关节痛" in done.stdout.decode("gbk")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_files_of_peoples_records_are_open_to_the_user_alone_through_every_step(victim: Victims, place: Path) -> None:
    (place / "talks.json").write_bytes(
        orjson.dumps(
            [
                {
                    "instruction": "answer",
                    "input": f"I feel ill since day {n}, what is it?",
                    "output": f"Rest {n} days.",
                }
                for n in range(8)
            ]
        )
    )
    steps = [
        ["read", "chatdoctor", "talks.json", "--out", "read"],
        ["dedup", "read", "--out", "dedup"],
        ["split", "dedup", "--out", "split", "--allow-identified"],
        ["decontaminate", "split", "--against", "evalset", "--out", "clean"],
        ["merge", "people.yaml", "--out", "mix"],
        ["convert", "clean", "--out", "convert", "--allow-license", "unknown", "--allow-identified"],
    ]
    recipe(place, {"a": {"path": "clean"}}, deidentify=None).rename(place / "people.yaml")

    for step in steps:
        victim.done(step)
        out = place / step[step.index("--out") + 1]
        assert {mode(file) & 0o077 for file in out.iterdir() if file.name != "run.json"} == {0}, step
        assert "day 1" not in (out / "run.json").read_text("utf-8")
    victim.done(["deidentify", "read", "--key-file", "key.txt", "--out", "safe"])

    assert mode(place / "safe" / "deidentified.parquet") & 0o077 == 0
    assert pl.read_parquet(place / "convert" / "rejects.parquet").is_empty()


def test_a_stage_of_a_killed_run_is_closed_to_others_and_goes_with_the_next_one(victim: Victims, place: Path) -> None:
    killed = victim.run(words("merge"), step=4, first="before write_parquet")

    assert killed.code == -signal.SIGKILL
    (left,) = (place / "out").glob(".new-*")
    assert mode(left) == 0o700
    assert list(left.rglob("*.parquet"))
    victim.done(words("merge"))
    assert not left.exists()


def test_one_folder_holds_records_or_preferences(victim: Victims, place: Path) -> None:
    rows = [{"question": f"第{n}问", "response_chosen": f"好{n}", "response_rejected": f"坏{n}"} for n in range(3)]
    (place / "pairs.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    victim.done(words("read"))
    before = files(place / "out")

    ended = victim.run(["read", "preference", "pairs.jsonl", "--out", "out"])

    assert ended.code == 2
    assert "--out out: holds records.parquet of another run; name another folder for the preferences" in ended.said
    assert files(place / "out") == before


@pytest.mark.parametrize("out", ["/sys/out", "file/out", "x" * 256, "nowhere"])
def test_a_place_where_nothing_can_be_written_is_one_line(victim: Victims, place: Path, out: str) -> None:
    (place / "file").write_text("mine", encoding="utf-8")
    (place / "nowhere").symlink_to("none")

    many = victim.run(words("read", out))
    one = victim.run(["query", "RETURN 1 AS n", "--format", "csv", "--out", f"{out}/a"])

    for ended in (many, one):
        assert (ended.code, ended.said.count("\n")) == (2, 1), ended.said
        assert ended.said.startswith("kgtools: error: ")
    assert (place / "file").read_text("utf-8") == "mine"


def test_a_name_that_no_file_can_have_is_shortened_or_refused(victim: Victims, place: Path) -> None:
    records_of(place / "long", [ask(n) for n in range(3)], task="长" * 100)
    (place / "plan.yaml").write_text(
        f"rules: [{{sources: [a], shares: {{train: 1}}, subsets: {{{'x' * 250}: {{of: train, groups: 2}}}}}}]\n",
        encoding="utf-8",
    )

    victim.done(["convert", "long", "--format", "super-ni", "--out", "tasks"])
    split = victim.run(["split", "a", "--as", "plan.yaml", "--out", "split"])

    assert len(list((place / "tasks").glob("task1_*.json"))) == 1
    assert (split.code, split.said.count("\n")) == (2, 1), split.said
    assert "no file can have so long a name; shorten it to 255 bytes" in split.said
    assert not (place / "split").exists()
