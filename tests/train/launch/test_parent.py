"""What the parent of a run imports: never what trains, for that takes seconds and gigabytes which it does not need."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import kgtools.train.launch as launch

FILES = sorted(Path(launch.__file__).parent.glob("*.py"))
HEAVY = ("torch", "transformers", "peft", "trl", "deepspeed", "accelerate", "datasets")


def top_imports(file: Path) -> set[str]:
    """The packages that a file imports when it is imported itself: not those within a function."""
    packages: set[str] = set()
    nodes: list[ast.AST] = [ast.parse(file.read_text(encoding="utf-8"))]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Import):
            packages |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            packages.add((node.module or "").partition(".")[0])
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            nodes += ast.iter_child_nodes(node)
    return packages


def test_there_are_files_to_look_at():
    assert {"prepare.py", "run.py", "worker.py"} <= {file.name for file in FILES}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_file_of_the_parent_imports_what_trains(file):
    assert top_imports(file).isdisjoint(HEAVY)


def test_an_import_at_the_top_is_found_and_one_in_a_function_is_not(tmp_path):
    file = tmp_path / "some.py"
    file.write_text("if True:\n    import torch.nn\ndef f():\n    from peft import LoraConfig\n", encoding="utf-8")

    assert top_imports(file) == {"torch"}


def test_importing_all_of_the_parent_imports_nothing_that_trains():
    names = [f"kgtools.train.launch.{file.stem}" for file in FILES if file.stem != "__init__"]
    code = f"import sys\nimport {', '.join(names)}\nprint(*sorted(set({HEAVY!r}) & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)

    assert done.stdout.split() == []
