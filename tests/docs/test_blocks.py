"""The READMEs, the tutorial and the how-to pages do what they say: their blocks run, and print what stands below them."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from kgtools.tools.main import cli
from tests import forked
from tests.conftest import ROOT, SAMPLES
from tests.docs.pages import NOTE, Block, blocks, pattern, plain
from tests.neo4j.login import Login

HOW_TO = sorted(page for page in (ROOT / "docs" / "how-to").glob("*.md") if not page.name.endswith(".zh.md"))
PAGES = [ROOT / "README.md", ROOT / "docs" / "tutorial.md", *HOW_TO]
WITH_NEO4J = [page for page in PAGES if "<!-- needs neo4j -->" in page.read_text(encoding="utf-8")]
RUN = ("sh", "python")
FROM_SCRATCH = PAGES[:2]
"""Pages whose commands import what they need, as a user's do. Those of other pages are forked (`tests/forked.py`), but where Python
is given, which may be a plug-in, or a command runs behind others and is killed."""
BEHIND = re.compile(r" &$|\bkill\b|\btimeout\b", re.MULTILINE)
LIMIT = 1200
"""Seconds for a page, so many because others may use the cores; the tutorial, which trains, needs 45 of one."""


def chinese(page: Path) -> Path:
    return page.with_suffix(".zh.md")


def test_there_are_pages_and_blocks() -> None:
    assert len(PAGES) >= 12
    assert sum(block.kind in RUN and not block.reason for page in PAGES for block in blocks(page)) >= 50


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_a_readme_is_no_longer_than_150_lines(name: str) -> None:
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_chinese_page_has_the_same_blocks(page: Path) -> None:
    assert blocks(chinese(page)) == blocks(page)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_fence_of_a_page_is_understood(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    found = blocks(page)

    assert [block.note for block in found if block.note and not NOTE.fullmatch(block.note)] == []
    assert len(found) == len(re.findall(r"^\s*```\w", text, re.MULTILINE)), "a fence is indented or has another title"
    orphans = [
        block.code
        for before, block in zip([None, *found], found, strict=False)
        if block.kind == "text" and not block.title and (before is None or before.kind not in (*RUN, "text"))
    ]
    assert orphans == [], "no command is before this output"


@pytest.mark.parametrize("page", [page for page in PAGES if page not in WITH_NEO4J], ids=lambda page: page.stem)
def test_a_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    _run(page, tmp_path, os.environ.copy())


@pytest.mark.parametrize("page", WITH_NEO4J, ids=lambda page: page.stem)
def test_a_page_about_neo4j_does_what_it_says(page: Path, tmp_path: Path, neo4j_login: Login) -> None:
    """The login is in the environment that the fixture sets."""
    assert os.environ["NEO4J_URI"] == neo4j_login.uri
    _run(page, tmp_path, os.environ.copy())


def _run(page: Path, folder: Path, environment: dict[str, str]) -> None:
    """Run the blocks of a page in a folder that has the samples where a clone has them."""
    found = blocks(page)
    home, answers = folder / "clone", folder / "answers"
    answers.mkdir()
    shutil.copytree(SAMPLES, home / "kg" / "samples")
    (answers / "page.sh").write_text(_script(found, answers), encoding="utf-8")
    for block in found:
        if block.title.endswith("pyproject.toml"):
            _give_entry_points(tomllib.loads(block.code)["project"], (home / block.title).parent, environment)
    commands = [Path(sys.executable).parent]
    assert (commands[0] / "kgtools").exists(), "install kgtools into this environment: pip install -e ."
    if page not in FROM_SCRATCH and not any(
        block.title.endswith((".py", ".toml")) or BEHIND.search(block.code) for block in found
    ):
        commands.insert(0, forked.start())
    path = os.pathsep.join([*map(str, commands), environment["PATH"]])
    environment |= {"HOME": str(folder), "PATH": path, "PYTHONUNBUFFERED": "1"}

    with (folder / "log").open("wb") as log:
        subprocess.run(
            ["bash", answers / "page.sh"], cwd=home, env=environment, stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, timeout=LIMIT, check=False,
        )  # fmt: skip

    for number, block, shown in _with_output(found):
        printed = _text(answers / f"{number}.out")
        assert _text(answers / f"{number}.code").strip() == str(block.exit_code), f"{block.code}\n{printed}"
        if shown is not None and not pattern(shown).fullmatch(plain(printed)):
            assert plain(printed) == shown, block.code


def _give_entry_points(about: dict[str, Any], folder: Path, environment: dict[str, str]) -> None:
    """What `pip install -e FOLDER` gives Python: the folder on its path and, in it, the entry points of the project."""
    name, version = about["name"], about["version"]
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    groups = about["entry-points"].items()
    points = [f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in each.items()) for group, each in groups]
    (info / "entry_points.txt").write_text("\n".join(points), encoding="utf-8")
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(folder), environment.get("PYTHONPATH"))))


def _script(found: list[Block], answers: Path) -> str:
    """Every block in its turn, its output and the last failure within it in files of its number."""
    lines = ["set -o pipefail", "trap 'failed=$?' ERR"]
    for number, block in enumerate(found):
        if not _runs(block) and not block.title:
            continue
        file = answers / f"{number}.{block.kind}"
        file.write_text(block.code, encoding="utf-8")
        if block.title:
            lines += [f"mkdir -p $(dirname {shlex.quote(block.title)})", f"cp {file} {shlex.quote(block.title)}"]
            continue
        run = f". {file}" if block.kind == "sh" else f"python - < {file}"
        lines += ["failed=0", f"{{ {run}; }} > {answers}/{number}.out 2>&1", f"echo $failed > {answers}/{number}.code"]
    return "\n".join(lines) + "\n"


def _with_output(found: list[Block]) -> Iterator[tuple[int, Block, str | None]]:
    """The blocks that are run, with what the page says that they print, if it does."""
    for number, block in enumerate(found):
        if _runs(block):
            after = found[number + 1] if number + 1 < len(found) else None
            shown = after.code if after and after.kind == "text" and not after.title and not after.note else None
            yield number, block, shown


def _runs(block: Block) -> bool:
    return block.kind in RUN and not block.reason and not block.title


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else "(never reached)"


@pytest.mark.parametrize("name", ["add-source.md", "add-source.zh.md"])
def test_the_page_about_plug_ins_names_every_group_of_entry_points(name: str) -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    text = (ROOT / "docs" / "how-to" / name).read_text(encoding="utf-8")

    assert [group for group in groups if f"| `{group}` |" not in text] == []


NOT_RUN = [(page, block) for page in PAGES for block in blocks(page) if block.note.startswith("not run")]


@pytest.mark.parametrize(("page", "block"), NOT_RUN, ids=lambda value: value.stem if isinstance(value, Path) else "")
def test_a_block_that_is_not_run_says_why_and_names_real_commands_and_options(page: Path, block: Block) -> None:
    assert len(block.reason) > 10, f"{page.name}: a reason is missing"
    if block.kind == "python":
        compile(block.code, page.name, "exec")
        return
    for words in _commands(block.code):
        _parse(words)


def _commands(code: str) -> Iterator[list[str]]:
    """The words of each kgtools command in a block, without `kgtools`."""
    for line in code.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        while words and re.match(r"[A-Z][A-Z0-9_]*=", words[0]):
            words.pop(0)
        if words and words[0] == "kgtools":
            yield words[1:]


def _parse(words: list[str]) -> None:
    """Raise click's UsageError where kgtools has no such command or option; nothing is run."""
    command: click.Command = cli
    context = click.Context(command, info_name="kgtools")
    while isinstance(command, click.Group) and words:
        name, found, words = command.resolve_command(context, words)
        assert found is not None, name
        command, context = found, click.Context(found, info_name=name, parent=context)
    command.make_context(context.info_name, list(words), parent=context.parent)


def test_a_command_that_does_not_exist_would_be_found() -> None:
    (words,) = _commands("NEO4J_PASSWORD=x kgtools train sft --recipe tiny \\\n  --nodes 2  # a comment\nls\n")

    with pytest.raises(click.UsageError, match="--nodes"):
        _parse(words)


def test_output_is_compared_but_for_what_dots_stand_for() -> None:
    shown = pattern(" id   name\n ...\n b... 感冒\n...\nend\n")

    assert shown.fullmatch(" id   name\n 1\n 2\n b12 感冒\nend\n")
    assert not shown.fullmatch(" id   name\n 1\n b12 流感\nend\n")
