import signal
from importlib.metadata import EntryPoint

import pytest

from kgtools.tools import registry
from kgtools.tools.errors import UsageError
from kgtools.tools.outputs.signals import Stopped

GROUPS = ("commands", "sources", "stores", "packs")
POINTS = [(group, name) for group in GROUPS for name in registry.names(group)]


def test_every_group_has_something_registered() -> None:
    assert {group for group, _ in POINTS} == set(GROUPS)


@pytest.mark.parametrize(("group", "name"), POINTS)
def test_whatever_is_registered_can_be_loaded(group: str, name: str) -> None:
    assert callable(registry.find(group, name)) or group == "packs"


def test_names_are_sorted() -> None:
    assert registry.names("commands") == sorted(registry.names("commands"))


def test_a_group_that_nobody_registers_in_is_empty() -> None:
    assert registry.names("nothing-of-this-kind") == []


def test_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UsageError, match=r"^no source is called 'xywi'; did you mean xywy\?$"):
        registry.find("sources", "xywi")


def test_an_unknown_name_near_to_none_is_refused_with_all_there_are() -> None:
    with pytest.raises(UsageError, match=r"there are: cmekg, health39, .*xywy"):
        registry.find("sources", "quite-another-thing")


@pytest.mark.parametrize(
    ("name", "known", "said"),
    [
        ("lod", ["load", "query"], "did you mean load?"),
        ("nam", ["name", "names"], "did you mean name or names?"),
        ("zzz", ["b", "a"], "there are: a, b"),
        ("zzz", [], "there are none"),
    ],
)
def test_a_suggestion_names_what_is_near_or_else_what_there_is(name: str, known: list[str], said: str) -> None:
    assert registry.suggestion(name, known) == said


@pytest.mark.parametrize("stop", [Stopped(signal.SIGTERM), KeyboardInterrupt()], ids=repr)
def test_what_ends_the_run_while_something_is_loaded_ends_it(
    monkeypatch: pytest.MonkeyPatch, stop: BaseException
) -> None:
    def load(_: EntryPoint) -> None:
        raise stop

    monkeypatch.setattr(EntryPoint, "load", load)

    with pytest.raises(type(stop)):
        list(registry.every("readers"))
