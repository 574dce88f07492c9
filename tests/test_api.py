"""The public API: small, lazy, documented."""

import inspect
import subprocess
import sys

import pytest

import kgtools


def test_the_names_are_few_and_sorted() -> None:
    assert 15 <= len(kgtools.__all__) <= 28
    assert kgtools.__all__ == sorted(kgtools.__all__)
    assert set(kgtools.__all__) <= set(dir(kgtools))


@pytest.mark.parametrize("name", kgtools.__all__)
def test_every_name_is_there_and_says_what_it_does(name: str) -> None:
    value = getattr(kgtools, name)

    assert inspect.getdoc(value), f"kgtools.{name} has no docstring"
    if inspect.isclass(value):
        for key, method in vars(value).items():
            assert key.startswith("_") or not callable(method) or method.__doc__, (
                f"kgtools.{name}.{key} has no docstring"
            )


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'loda'"):
        kgtools.loda  # noqa: B018


def test_importing_kgtools_imports_nothing_heavy() -> None:
    code = "import sys; import kgtools; print(*(name.partition('.')[0] for name in sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "kgtools" in done.stdout.split()
    assert not {"polars", "numpy", "click", "pydantic", "torch", "importlib_metadata"} & set(done.stdout.split())
