"""A run that fails says why in one line, exits with 2, and leaves what was there as it was."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Run = Callable[..., CompletedProcess[str]]
Folder = Callable[..., Path]


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")}


@pytest.fixture
def old(command: Run, named_graph: Path, tmp_path: Path) -> Path:
    """The output of an older run."""
    out = tmp_path / "out"
    done = command("generate", "--graph", named_graph, "--count", 20, "--out", out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--pack", "nosuch"), "no pack is called 'nosuch'; there are: clinicalgpt, clinicalgpt-paper, extended"),
        (("--lang", "zh,de"), "--lang de: there are zh, en"),
        (("--max-tails", 0), "'--max-tails': 0 is not in the range 1<=x<="),
        (("--count", "many"), "'many' is not a valid integer"),
        (("--graph", "nosuch"), "no graph here; load one first"),
        (("--graph", "mysql://x"), "no store for mysql"),
    ],
)
def test_a_wrong_option_leaves_the_old_records(
    command: Run, named_graph: Path, old: Path, arguments: tuple[object, ...], message: str
) -> None:
    before = content(old)

    done = command("generate", "--graph", named_graph, "--out", old, *arguments, cwd=old.parent)

    assert done.returncode == 2
    assert message in done.stderr
    assert content(old) == before


def test_a_template_that_fails_leaves_the_old_records(
    command: Run, named_graph: Path, old: Path, pack_folder: Folder
) -> None:
    before = content(old)
    folder = pack_folder(
        zh="{% block user_1 %}{{ head }}{{ haed }}？{% endblock %}{% block assistant_1 %}{{ tails | listed }}。{% endblock %}"
    )

    done = command("generate", "--graph", named_graph, "--out", old, "--pack", folder)

    assert done.returncode == 2
    assert "symptom.zh.j2: variant 1 cannot be rendered: 'haed' is undefined" in done.stderr
    assert content(old) == before


@pytest.mark.parametrize("limit", [20_000, 200_000, 1_000_000])
def test_a_disk_that_is_full_leaves_the_old_records(command: Run, named_graph: Path, old: Path, limit: int) -> None:
    before = content(old)

    done = command("generate", "--graph", named_graph, "--out", old, max_file_bytes=limit)

    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "what was there before is untouched" in done.stderr
    assert content(old) == before


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_place_that_cannot_be_a_folder_is_refused(
    command: Run, named_graph: Path, tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")

    done = command("generate", "--graph", named_graph, "--out", tmp_path / place)

    assert done.returncode == 2
    assert "is a file, expected a folder; name another place" in done.stderr
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


def test_a_killed_run_leaves_the_old_records_and_the_next_one_clears_up(
    command: Run, named_graph: Path, old: Path, sample_run: Path
) -> None:
    before = content(old)
    killed = subprocess.run(
        [
            sys.executable,
            "-P",
            "-c",
            "import os, sys; from pathlib import Path; from kgtools.tools.outputs.staging import staging\n"
            "with staging(Path(sys.argv[1])) as stage:\n"
            "    (stage / 'records.parquet').write_bytes(b'half')\n"
            "    os.kill(os.getpid(), 9)",
            str(old),
        ],
        check=False,
    )
    after = content(old)

    done = command("generate", "--graph", named_graph, "--out", old)

    assert killed.returncode == -signal.SIGKILL
    assert {name: data for name, data in after.items() if not name.startswith(".new-")} == before
    assert done.returncode == 0
    assert content(old) == content(sample_run)


def test_of_two_runs_into_one_folder_one_is_told_who_is_there_and_the_other_ends_well(
    named_graph: Path, tmp_path: Path
) -> None:
    code = "import sys; from kgtools.tools.main import main; main(sys.argv[1:])"
    runs = [
        subprocess.Popen(
            [
                sys.executable,
                "-P",
                "-c",
                code,
                "generate",
                "--graph",
                named_graph,
                "--out",
                tmp_path / "out",
                "--seed",
                str(seed),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        for seed in (1, 1)
    ]

    said = [run.communicate()[1] for run in runs]

    if sorted(run.returncode for run in runs) != [0, 0]:  # on a slow machine the one is done before the other begins
        assert sorted(run.returncode for run in runs) == [0, 2], said
        assert "is writing there; wait until it is done, or name another folder" in "".join(said)
    files = {"records.parquet", "records.jsonl", "coverage.parquet", "LICENSES.md", "run.json"}
    assert set(os.listdir(tmp_path / "out")) == files  # noqa: PTH208
