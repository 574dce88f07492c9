import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAY_IMPORT = {
    "tools": set(),
    "kg": {"tools"},
    "corpora": {"tools"},
    "templates": {"kg", "corpora", "tools"},
    "train": {"corpora", "tools"},
}
FILES = [file for folder in MAY_IMPORT for file in sorted((ROOT / folder).rglob("*.py"))]


def test_every_folder_has_files() -> None:
    assert {file.relative_to(ROOT).parts[0] for file in FILES} == set(MAY_IMPORT)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_go_down_only(file: Path) -> None:
    folder = file.relative_to(ROOT).parts[0]

    modules: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            modules |= {f"{node.module}.{alias.name}" for alias in node.names}

    assert not {module for module in modules if module.split(".")[0] in MAY_IMPORT}, "the import package is kgtools"
    ours = {module.split(".")[1] for module in modules if module.startswith("kgtools.")}
    assert ours <= MAY_IMPORT[folder] | {folder}
