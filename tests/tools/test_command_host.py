import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kgtools.tools import registry
from kgtools.tools.main import run

PLUGIN = """
import click, errno
from kgtools.tools.errors import Findings, InputError

@click.command()
@click.argument("what")
def fail(what):
    "Fail in the way asked for."
    if what == "finding": raise Findings("three findings")
    if what == "input": raise InputError("a.csv:3: two columns, expected three")
    if what == "full": raise OSError(errno.ENOSPC, "No space left on device", "/some/place")
    if what == "stopped": raise KeyboardInterrupt
    if what == "bug": raise ZeroDivisionError("a bug of ours")
    if what == "pipe": raise BrokenPipeError
    if what == "quiet": return
"""


def install(folder: Path, module: str, text: str | None, **points: str) -> Path:
    """A distribution in `folder` with one module and these commands."""
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n", encoding="utf-8")
    lines = [f"{name} = {target}" for name, target in points.items()]
    (info / "entry_points.txt").write_text("\n".join(["[kgtools.commands]", *lines, ""]), encoding="utf-8")
    if text is not None:
        (folder / f"{module}.py").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    return install(tmp_path, "guest_plugin", PLUGIN, fail="guest_plugin:fail")


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_lists_every_command_with_a_line_about_it(kgtools: Callable[..., Any], flag: str) -> None:
    ran = kgtools(flag)

    lines = dict(line.split(maxsplit=1) for line in ran.out.partition("Commands:\n")[2].splitlines())
    assert (ran.code, ran.err) == (0, "")
    assert list(lines) == registry.names("commands")
    assert {"load", "query", "audit", "stats", "names"} <= set(lines)


def test_without_arguments_the_help_is_printed_and_nothing_is_wrong(kgtools: Callable[..., Any]) -> None:
    assert kgtools() == kgtools("--help")


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("de", ["decontaminate", "dedup", "deidentify"]),
        ("read medm", ["medmcqa"]),
        ("read aut", ["auto"]),
        ("load x", ["xywy"]),
        ("load xywy medical.json health", ["health39"]),
        ("convert --format trl-pr", ["trl-preference", "trl-prompt-completion"]),
        ("generate --export sha", ["sharegpt"]),
        ("generate --pack clinicalgpt,e", ["clinicalgpt,extended"]),
        ("packs lint clinicalgpt-", ["clinicalgpt-paper"]),
        ("export gr", ["graphml"]),
        ("merge ch", ["chimed-gpt"]),
        ("split --as cl", ["clinicalgpt"]),
        ("deidentify --policy hi", ["hipaa"]),
        ("train sft --recipe clin", ["clinicalgpt"]),
        ("train all --recipe clin", ["clinicalgpt"]),
    ],
)
def test_a_shell_completes_the_names_of_what_there_is(
    kgtools: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, words: str, completed: list[str]
) -> None:
    monkeypatch.setenv("_KGTOOLS_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", f"kgtools {words}")
    monkeypatch.setenv("COMP_CWORD", str(len(words.split())))

    ran = kgtools()

    assert (ran.code, ran.err) == (0, "")
    assert [line.removeprefix("plain,") for line in ran.out.splitlines()] == completed


def test_a_shell_completes_files_where_no_name_begins_so(
    kgtools: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_KGTOOLS_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "kgtools load xywy ./med")
    monkeypatch.setenv("COMP_CWORD", "3")

    assert kgtools().out == "file,./med\n"


@pytest.mark.parametrize("name", registry.names("commands"))
def test_the_help_of_every_command_has_an_example(kgtools: Callable[..., Any], name: str) -> None:
    ran = kgtools(name, "--help")

    assert ran.code == 0
    assert "  Example:\n    kgtools " in ran.out or "Commands:\n" in ran.out


def test_the_version_is_that_of_the_distribution(kgtools: Callable[..., Any]) -> None:
    from importlib.metadata import version

    ran = kgtools("--version")

    assert (ran.code, ran.out) == (0, f"kgtools {version('kgtools')}\n")


def test_the_installed_script_answers_like_the_module(shell: Callable[..., Any]) -> None:
    script = Path(sys.executable).with_name("kgtools")

    said = subprocess.run([script, "--help"], capture_output=True, encoding="utf-8", check=True).stdout

    assert said == shell("--help").out


def test_help_takes_a_third_of_a_second_at_most() -> None:
    def seconds() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "kgtools.tools.main", "--help"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(seconds() for _ in range(3)) <= 0.35


@pytest.mark.parametrize("words", [["--help"], ["load", "--help"], ["--version"]])
def test_no_heavy_package_is_imported_for_help(words: list[str]) -> None:
    heavy = (
        "polars",
        "duckdb",
        "lark",
        "jinja2",
        "rdflib",
        "pandas",
        "torch",
        "rich",
        "pydantic",
        "license_expression",
    )
    program = (
        f"import sys; from kgtools.tools.main import run; run({words!r}); "
        f"sys.exit(', '.join(name for name in {heavy!r} if name in sys.modules))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=False)

    assert done.stderr.strip() == ""


@pytest.mark.parametrize(
    ("module", "text", "target", "why"),
    [
        ("raises_here", "raise RuntimeError('no such luck')", "raises_here:command", "no such luck"),
        ("not_python", "def command(:", "not_python:command", "SyntaxError"),
        ("leaves_here", "import sys; sys.exit(3)", "leaves_here:command", "SystemExit"),
        ("not_there", None, "not_there:command", "No module named"),
        ("lacks_it", "x = 1", "lacks_it:command", "has no attribute"),
        ("no_command", "command = 1", "no_command:command", "is no Command"),
    ],
)
def test_a_broken_plugin_harms_no_other_command(
    tmp_path: Path, shell: Callable[..., Any], module: str, text: str | None, target: str, why: str
) -> None:
    install(tmp_path, module, text, broken=target)

    listed = shell("--help", path=tmp_path)
    other = shell("load", "--help", path=tmp_path)
    ran = shell("broken", "--some-option", "word", path=tmp_path)

    assert (listed.code, other.code, ran.code) == (0, 0, 2)
    assert all(f"\n  {name} " in listed.out for name in (*registry.names("commands"), "broken"))
    assert "(cannot be loaded: " in listed.out
    assert ran.err.startswith(
        f"kgtools: error: the command 'broken' ({target}, of {module.replace('_', '-')}) cannot be loaded: "
    )
    assert why in ran.err + listed.out
    assert "Traceback" not in ran.err + listed.err


@pytest.mark.parametrize(
    ("what", "code", "said"),
    [
        ("quiet", 0, ""),
        ("pipe", 0, ""),
        ("finding", 1, "kgtools: three findings\n"),
        ("input", 2, "kgtools: error: a.csv:3: two columns, expected three\n"),
        ("stopped", 130, "\nkgtools: stopped; nothing was changed\n"),
    ],
)
def test_the_exit_code_says_how_it_ended(
    plugin: Path, shell: Callable[..., Any], what: str, code: int, said: str
) -> None:
    ran = shell("fail", what, path=plugin)

    assert (ran.code, ran.out, ran.err) == (code, "", said)


def test_a_full_disk_is_one_line_that_says_what_to_do(plugin: Path, shell: Callable[..., Any]) -> None:
    ran = shell("fail", "full", path=plugin)

    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert "/some/place: No space left on device; free some space" in ran.err


def test_a_bug_shows_its_traceback(plugin: Path, shell: Callable[..., Any]) -> None:
    ran = shell("fail", "bug", path=plugin)

    assert ran.code == 1
    assert ran.err.startswith("Traceback")
    assert ran.err.endswith("ZeroDivisionError: a bug of ours\n")


def test_an_unknown_command_is_refused_with_the_nearest_one(kgtools: Callable[..., Any]) -> None:
    ran = kgtools("genrate")

    assert ran.code == 2
    assert "no command is called 'genrate'; did you mean generate or grade?" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["load"], "Missing argument"),
        (["load", "xywy", "medical.json", "--dry"], "No such option"),
        (["stats", "--format", "xml"], "'xml' is not one of"),
        (["--nonsense"], "No such option"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_says_what_is_wrong(
    kgtools: Callable[..., Any], words: list[str], said: str
) -> None:
    ran = kgtools(*words)

    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a device of Linux")
@pytest.mark.parametrize("words", [["--help"], ["load", "--help"]])
def test_an_output_that_cannot_be_written_is_an_error_and_not_a_traceback(
    shell: Callable[..., Any], words: list[str]
) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        ran = shell(*words, stdout=full)

    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert "No space left on device; free some space" in ran.err


def test_a_reader_that_has_gone_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)

    done = subprocess.run(
        [sys.executable, "-m", "kgtools.tools.main", "--help"], stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)

    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("group", [[], ["names"], ["train"]], ids=lambda group: " ".join(["kgtools", *group]))
def test_a_group_without_a_command_prints_its_help(group: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    code = run(group)

    printed = capfd.readouterr()
    assert (code, printed.err) == (0, "")
    assert printed.out.startswith(f"Usage: kgtools {' '.join([*group, '[OPTIONS]'])}")
    assert "Commands:" in printed.out
