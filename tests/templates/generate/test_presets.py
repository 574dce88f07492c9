"""Sets of papers: every preset is read, comes near its paper, and gives way to what the user says."""

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import orjson
import pytest

from kgtools.templates.pack import find_pack
from kgtools.templates.presets import HERE, load_preset, preset_names
from kgtools.templates.tasks.draw import parse_tasks
from kgtools.templates.tasks.plan import TASKS
from kgtools.tools.errors import UsageError

NAMES = preset_names()


def test_there_is_a_preset_for_every_file() -> None:
    assert NAMES == sorted(path.stem for path in HERE.rglob("*.yaml")) != []


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_names_packs_and_tasks_that_there_are(name: str) -> None:
    options = load_preset(name)

    assert [find_pack(pack) for pack in options["pack"].split(",")]
    assert parse_tasks(options["task"], list(TASKS))
    assert options["count"] > 0


def test_what_the_user_says_counts_more_than_the_preset(
    command: Callable[..., CompletedProcess[str]], named_graph: Path, tmp_path: Path
) -> None:
    done = command(
        "generate",
        "--graph",
        named_graph,
        "--preset",
        "cmedqa-kg",
        "--count",
        300,
        "--lang",
        "zh,en",
        "--out",
        tmp_path / "out",
    )

    assert done.returncode == 0, done.stderr
    run = orjson.loads((tmp_path / "out" / "run.json").read_bytes())
    assert (run["settings"]["count"], run["settings"]["lang"], run["settings"]["stratify"]) == (300, ["zh", "en"], True)
    assert run["records"] == 300
    assert sum(of["all"] for of in run["by_source"].values()) == 300


def test_an_unknown_preset_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UsageError, match="cmedqa-kg"):
        load_preset("cmedqa")
