"""A pack as `kgtools packs new` writes it works at once, whatever it asks about."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from kgtools.kg.ontology import ontology
from kgtools.templates.lint import lint
from kgtools.templates.lint.text import HAN
from kgtools.templates.pack import find_pack, load_pack
from kgtools.templates.starter import create_pack, phrases
from kgtools.tools.errors import InputError, UsageError

RELATIONS = sorted({name for key, each in ontology().relations.items() for name in (key, each.inverse)})
Run = Callable[..., CompletedProcess[str]]


def test_there_is_a_phrase_for_every_relation_and_inverse_in_both_languages() -> None:
    assert sorted(phrases()) == RELATIONS
    for phrase in phrases().values():
        assert phrase["zh"].count("{head}") == phrase["en"].count("{head}") == 1
        assert HAN.search(phrase["zh"])
        assert not HAN.search(phrase["en"])


@pytest.mark.parametrize("relation", RELATIONS)
def test_a_new_pack_about_any_relation_has_no_fault(relation: str, tmp_path: Path) -> None:
    create_pack("mine", tmp_path / "mine", [relation])

    assert lint(tmp_path / "mine") == []
    assert [len(each.variants) for each in load_pack(tmp_path / "mine").templates] == [2, 2]


def test_a_new_pack_about_all_relations_has_no_fault_and_a_path(tmp_path: Path) -> None:
    create_pack("mine", tmp_path / "mine", RELATIONS)

    assert lint(tmp_path / "mine") == []
    assert len(load_pack(tmp_path / "mine").info.paths) == 1


def test_without_a_relation_a_new_pack_asks_two_that_make_a_path(tmp_path: Path) -> None:
    create_pack('my"pack', tmp_path / "mine")

    pack = load_pack(tmp_path / "mine")

    assert pack.info.name == 'my"pack'
    assert pack.info.paths == {"has_symptom_belongs_to_department": ("has_symptom", "belongs_to_department")}
    assert "# " in (tmp_path / "mine" / "pack.yaml").read_text(encoding="utf-8")


def test_relations_of_which_none_leads_on_make_no_path(tmp_path: Path) -> None:
    create_pack("mine", tmp_path / "mine", ["HAS_SYMPTOM", "INTERACTS_WITH"])

    assert load_pack(tmp_path / "mine").info.paths == {}


@pytest.mark.parametrize(
    ("name", "relations", "why"),
    [
        ("my pack", [], "has no space and none of @ / #"),
        ("a/b", [], "has no space and none of @ / #"),
        ("mine", ["HAS_SYMPTON"], "no relation or inverse is called so; did you mean HAS_SYMPTOM"),
        ("mine", ["cure_rate"], "an attribute; write its template by hand"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_nothing_is_written(
    name: str, relations: list[str], why: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=why):
        create_pack(name, tmp_path / "new", relations)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", ["folder", "file", "link"])
def test_what_is_there_already_is_left_alone(there: str, tmp_path: Path) -> None:
    place = tmp_path / "mine"
    {"folder": place.mkdir, "file": place.touch, "link": lambda: place.symlink_to("nowhere")}[there]()

    with pytest.raises(UsageError, match="is there already; name a new folder"):
        create_pack("mine", place)

    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_folder_in_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        create_pack("mine", tmp_path / "no" / "mine")


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, count = Path.write_text, [0]

    def fail_later(path: Path, *arguments: Any, **options: Any) -> int:
        count[0] += 1
        if count[0] == 3:
            raise InputError("the disk is full")
        return write(path, *arguments, **options)

    monkeypatch.setattr(Path, "write_text", fail_later)
    with pytest.raises(InputError):
        create_pack("mine", tmp_path / "mine")

    assert count == [3]
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, sys
from pathlib import Path
from kgtools.templates.starter import create_pack
write, left = Path.write_text, [2]
def die_later(path, *arguments, **options):
    left[0] -= 1
    if left[0] < 0:
        os._exit(9)
    return write(path, *arguments, **options)
Path.write_text = die_later
create_pack("mine", Path(sys.argv[1]))
"""


def test_a_kill_leaves_no_folder_and_the_next_run_makes_it_and_clears_what_was_left(tmp_path: Path) -> None:
    place = tmp_path / "mine"
    killed = subprocess.run([sys.executable, "-P", "-c", KILLED, place], check=False)
    left = [path.name for path in tmp_path.iterdir()]

    create_pack("mine", place)

    assert killed.returncode == 9
    assert len(left) == 1
    assert left[0] != "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert lint(place) == []


def test_new_and_lint_from_the_command_line(command: Run, tmp_path: Path) -> None:
    made = command("packs", "new", "mine", cwd=tmp_path)
    again = command("packs", "new", "mine", cwd=tmp_path)
    linted = command("packs", "lint", "mine", cwd=tmp_path)

    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("mine holds belongs_to_department.en.j2, ")
    assert (again.returncode, "is there already" in again.stderr) == (2, True)
    assert linted.returncode == 0, linted.stdout
    assert find_pack(str(tmp_path / "mine")).info.version == "1.0.0"
