"""Plug-ins of others that break, lie about what they are or take a name of ours: they harm themselves alone, and the user is told."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest

from kgtools.corpora import gates
from kgtools.kg.build.inputs import SourceTables
from kgtools.kg.graph import change
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.tools import registry
from tests.conftest import Ran

Kgtools = Callable[..., Ran]
BREAKS = {
    "raises": "raise RuntimeError('no luck')",
    "leaves": "import sys; sys.exit(3)",
    "is no Python": "def (:",
    "lacks a package": "import nothing_of_this_name",
    "raises what is no Exception": "class Odd(BaseException): pass\nraise Odd('odd')",
    "lacks the thing": "x = 1",
    "is something else": "THING = 7",
    "ends in an escape": "raise RuntimeError('a\\x1b[2Jb\\nkgtools: fine')",
}
Guest = Callable[..., None]
pytestmark = pytest.mark.usefixtures("place")


@pytest.fixture
def guest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guest]:
    """Installs a distribution with one module and these entry points: group -> name -> object of the module."""
    place, modules = tmp_path / "guests", set(sys.modules)
    place.mkdir()
    monkeypatch.syspath_prepend(str(place))

    def install(called: str, text: str, **groups: dict[str, str]) -> None:
        info = place / f"{called}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {called}\nVersion: 1.0\n", encoding="utf-8")
        lines = [
            f"[kgtools.{group}]\n" + "".join(f"{name} = {called}:{thing}\n" for name, thing in points.items())
            for group, points in groups.items()
        ]
        (info / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
        (place / f"{called}.py").write_text(text, encoding="utf-8")
        forget()

    def forget() -> None:
        importlib.invalidate_caches()
        for cached in (registry._points, registry.pass_over, gates._readers):
            cached.cache_clear()

    yield install
    for name in set(sys.modules) - modules:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(place)):
            del sys.modules[name]
    monkeypatch.undo()
    forget()


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory, tables_of: Callable[..., SourceTables]) -> Path:
    """A graph of one triple."""
    store = FolderStore(tmp_path_factory.mktemp("guests") / "graph")
    change(store, lambda inputs: inputs.with_sources([tables_of([("Disease", "感冒", "HAS_SYMPTOM", "头痛")])]))
    return store.folder


@pytest.fixture
def place(tmp_path: Path, graph: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a file for `read` and a graph; we are in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.json").write_bytes(orjson.dumps([{"instruction": "q?", "input": "", "output": "a"}]))
    (tmp_path / "graph").symlink_to(graph)
    return tmp_path


WORK: dict[str, list[list[str]]] = {
    "readers": [
        ["read", "auto", "a.json"], ["read", "alpaca", "a.json", "--license", "CC0-1.0", "--out", "r"], ["convert", "r", "--out", "d"],
        ["read", "--help"], ["read", "cmexam", "--categories"],
    ],
    "commands": [["--help"], ["stats"]],
    "sources": [["load", "--help"], ["stats"]],
    "stores": [["stats"], ["query", "RETURN 1"]],
    "packs": [["packs"]],
    "exporters": [["export", "graphml", "a.graphml"], ["diff", "graph", "a.graphml"]],
    "formats": [["read", "alpaca", "a.json", "--license", "CC0-1.0", "--out", "r"], ["convert", "r", "--out", "d"]],
    "stages": [["train", "--help"], ["train", "recipes"]],
}  # fmt: skip
LOADS_ALL = {"readers", "packs", "exporters"}


@pytest.mark.parametrize(
    ("group", "how"), [("readers", how) for how in BREAKS] + [(group, "leaves") for group in WORK if group != "readers"]
)
def test_a_guest_that_breaks_harms_itself_alone(group: str, how: str, guest: Guest, kgtools: Kgtools) -> None:
    guest("broken_guest", BREAKS[how], **{group: {"aaa-guest": "THING"}})

    ran = [kgtools(*words) for words in WORK[group]]

    assert [each.code for each in ran] == [0] * len(ran), [each.err for each in ran]
    said = "".join(each.err + each.out for each in ran)
    assert "Traceback" not in said
    assert "\x1b" not in said
    told = "".join(each.err for each in ran).count(
        "'aaa-guest' (broken_guest:THING, of broken-guest) cannot be loaded: "
    )
    assert told == (1 if group in LOADS_ALL else 0)
    if group in ("commands", "stages"):
        assert "(cannot be loaded: " in ran[0].out


@pytest.mark.parametrize("group", ["readers", "packs"])
def test_who_stops_a_guest_stops_the_command(group: str, guest: Guest, kgtools: Kgtools) -> None:
    guest("stopped_guest", "raise KeyboardInterrupt", **{group: {"aaa-guest": "THING"}})

    assert kgtools(*WORK[group][0]).code == 130


@pytest.mark.parametrize(
    ("group", "name", "words"),
    [
        ("readers", "alpaca", ["read", "alpaca", "a.json", "--out", "r"]), ("stores", "folder", ["stats"]),
        ("commands", "stats", ["stats"]), ("packs", "clinicalgpt", ["packs", "list", "clinicalgpt"]),
        ("exporters", "graphml", ["export", "graphml", "a.graphml"]), ("sources", "xywy", ["load", "xywy", "none.json", "--dry-run"]),
    ],
)  # fmt: skip
def test_a_name_of_ours_stays_ours(
    group: str, name: str, words: list[str], guest: Guest, kgtools: Kgtools, tmp_path: Path
) -> None:
    before = kgtools(*words)
    guest(
        "a_taker",
        f"from pathlib import Path\nPath({str(tmp_path / 'ran')!r}).touch()\nTHING = 1",
        **{group: {name: "THING"}},
    )

    ran = kgtools(*words)

    assert (ran.code, ran.out) == (before.code, before.out)
    assert ran.err.count(f"a-taker has a {group[:-1]} called {name!r} (a_taker:THING), and so has kgtools") == 1
    assert not (tmp_path / "ran").exists()


def test_of_two_guests_with_one_name_the_first_by_distribution_counts(guest: Guest, kgtools: Kgtools) -> None:
    for called in ("zz_guest", "mm_guest"):
        text = f"import click\n@click.command()\ndef go():\n    click.echo({called!r})\n"
        guest(called, text, commands={"go": "go"})

    ran = kgtools("go")

    assert ran.out == "mm_guest\n"
    assert (
        "zz-guest has a command called 'go' (zz_guest:go), and so has mm-guest (mm_guest:go), which counts" in ran.err
    )


def test_a_reader_that_fails_on_a_file_is_passed_over(guest: Guest, kgtools: Kgtools) -> None:
    text = (
        "from kgtools.corpora.readers.alpaca import READER\nfrom dataclasses import replace\n"
        "def fits(look): return look.rows[5]\nTHING = replace(READER, fits=fits, title='t')\n"
    )
    guest("unfit_guest", text, readers={"aaa-guest": "THING"})

    ran = kgtools("read", "auto", "a.json")

    assert ran.code == 0
    assert "alpaca" in ran.out
    assert ran.err.count("the reader 'aaa-guest' fails on a.json: IndexError") == 1


def test_a_pack_of_a_guest_with_a_fault_is_passed_over(guest: Guest, place: Path, kgtools: Kgtools) -> None:
    (place / "pack").mkdir()
    (place / "pack" / "pack.yaml").write_text("name: [", encoding="utf-8")
    guest(
        "pack_guest", f"from pathlib import Path\nTHING = Path({str(place / 'pack')!r})", packs={"aaa-guest": "THING"}
    )

    ran = kgtools("packs")

    assert ran.code == 0
    assert "clinicalgpt" in ran.out
    assert ran.err.count("the pack 'aaa-guest' cannot be read") == 1


RAISES = "def fail(*_, **__):\n    {0}\n"
FAILING: dict[str, tuple[str, str, list[str]]] = {
    "source": ("sources", "{0}THING = fail\n", ["load", "aaa-guest", "a.json", "--graph", "new"]),
    "store": ("stores", "{0}THING = fail\n", ["stats", "--graph", "aaa-guest://x"]),
    "reader": (
        "readers",
        "from kgtools.corpora.readers.alpaca import READER\nfrom dataclasses import replace\n{0}"
        "def read(*_):\n    yield from ()\n    fail()\nTHING = replace(READER, read=read)\n",
        ["read", "aaa-guest", "a.json", "--out", "new"],
    ),
    "format": (
        "formats",
        "from kgtools.corpora.export.format import Format\n{0}THING = Format('t', lambda _: {{}}, fail)\n",
        ["convert", "r", "--format", "aaa-guest", "--out", "new"],
    ),
    "exporter": (
        "exporters",
        "from kgtools.kg.exporters import Exporter\n{0}THING = Exporter('t', ('.x',), fail)\n",
        ["export", "aaa-guest", "new.x"],
    ),
}


@pytest.mark.parametrize("how", ["raise KeyError('k')", "import sys; sys.exit(0)"])
@pytest.mark.parametrize("noun", FAILING)
def test_what_a_guest_raises_at_work_is_one_line_with_whose_it_is(
    noun: str, how: str, guest: Guest, place: Path, kgtools: Kgtools
) -> None:
    group, text, words = FAILING[noun]
    guest("failing_guest", text.format(RAISES.format(how)), **{group: {"aaa-guest": "THING"}})
    kgtools("read", "alpaca", "a.json", "--license", "CC0-1.0", "--out", "r")

    ran = kgtools(*words)

    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert f"the {noun} 'aaa-guest' (failing_guest:THING, of failing-guest) fails: " in ran.err
    assert not list(place.glob("new*"))


def test_a_command_that_ends_the_program_is_an_error(guest: Guest, kgtools: Kgtools) -> None:
    guest("leaver", "import click, sys\n@click.command()\ndef go():\n    sys.exit(0)\n", commands={"go": "go"})

    ran = kgtools("go")

    assert (ran.code, ran.err) == (2, "kgtools: error: a plug-in ended the program (exit 0) before its work was done\n")


def test_a_reader_that_fails_at_the_first_rows_is_passed_over(guest: Guest, kgtools: Kgtools) -> None:
    text = (
        "from kgtools.corpora.readers.alpaca import READER\nfrom dataclasses import replace\n"
        "def read(*_): raise KeyError('k')\nTHING = replace(READER, read=read, title='t')\n"
    )
    guest("unread_guest", text, readers={"aaa-guest": "THING"})

    ran = kgtools("read", "auto", "a.json")

    assert (ran.code, "alpaca" in ran.out, "aaa-guest" in ran.out) == (0, True, False)
    assert "the reader 't' fails on a.json: KeyError" in ran.err


@pytest.mark.parametrize("called", ["../../evil", "a/b", "\\x1b[31mx", "", "health39", "Aa", "a b"])
def test_a_source_is_called_what_a_folder_can_be_and_no_other_is(
    called: str, guest: Guest, place: Path, kgtools: Kgtools
) -> None:
    text = (
        "from dataclasses import replace\nfrom kgtools.kg.sources.xywy import read as ours\n"
        f"def read(*given): return replace(ours(*given), source='{called}')\n"
    )
    guest("odd_guest", text, sources={"aaa-guest": "read"})
    (place / "m.json").write_text('{"name": "痛风", "symptom": ["关节痛"]}\n', encoding="utf-8")

    ran = kgtools("load", "aaa-guest", "m.json", "--graph", "new/graph")

    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "the source 'aaa-guest' calls what it read " in ran.err
    assert "\x1b" not in ran.err
    assert not list(place.rglob("evil"))
