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


def subfolders() -> list[Path]:
    """The five folders and every folder of modules in them."""
    inside = [folder for top in MAY_IMPORT for folder in sorted((ROOT / top).rglob("*")) if list(folder.glob("*.py"))]
    return [ROOT / top for top in MAY_IMPORT] + [folder for folder in inside if folder.is_dir()]


def imported(file: Path) -> set[Path]:
    """The files of ours that a file imports anywhere in it, under TYPE_CHECKING and inside of functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    found: set[Path] = set()
    for name in names:
        parts = name.split(".")[1:] if name.startswith("kgtools.") else []
        while (
            parts
        ):  # `kgtools.kg.tables.Triples` is of kg/tables.py, `kgtools.kg.stores.open_store` of kg/stores/__init__.py
            path = ROOT.joinpath(*parts)
            if (module := path.with_suffix(".py")).is_file() or (module := path / "__init__.py").is_file():
                found.add(module)
                break
            parts.pop()
    return found - {file}


@pytest.mark.parametrize("folder", subfolders(), ids=lambda folder: str(folder.relative_to(ROOT)))
def test_no_two_rooms_of_a_folder_import_each_other_by_any_way_round(folder: Path) -> None:
    def room(file: Path) -> str | None:
        """The file or subfolder at the folder's root that a file belongs to; its own __init__ is none."""
        if not file.is_relative_to(folder) or file == folder / "__init__.py":
            return None
        return file.relative_to(folder).parts[0]

    ties: dict[str, set[str]] = {}
    for file in folder.rglob("*.py"):
        if here := room(file):
            ties.setdefault(here, set()).update(
                other for each in imported(file) if (other := room(each)) not in (None, here)
            )
    while free := [name for name, others in ties.items() if not others & ties.keys()]:
        for name in free:
            del ties[name]

    assert ties == {}, "these import each other in a circle"


def test_no_folder_of_code_has_more_files_than_one_takes_in() -> None:
    """Readers are one file a format, and stand beside each other."""
    folders = set(subfolders()) - {ROOT / "corpora" / "readers"}

    counts = {str(folder.relative_to(ROOT)): len(list(folder.glob("*.py"))) for folder in folders}

    assert len(counts) > 40
    assert {folder: count for folder, count in counts.items() if count > 20} == {}
