"""What a stranger installs: the wheel holds every data file, and works away from the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("kg", "templates", "corpora", "train", "tools")
DATA = (".yaml", ".cypher", ".lark", ".j2", ".json", ".csv", ".tsv", ".typed")


def build(source: Path, folder: Path) -> Path:
    """The wheel of a checkout or a source distribution."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("kgtools-*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build(ROOT, tmp_path_factory.mktemp("wheel"))


def test_a_wheel_made_of_the_source_distribution_holds_the_same_files(wheel, tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", str(tmp_path / "sdist")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (archive,) = (tmp_path / "sdist").glob("kgtools-*.tar.gz")

    again = build(archive, tmp_path / "again")

    assert sorted(zipfile.ZipFile(again).namelist()) == sorted(zipfile.ZipFile(wheel).namelist())


def test_folders_of_a_user_that_are_called_as_ours_change_nothing(tmp_path):
    for name in FOLDERS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"raise RuntimeError('the {name} of the user')")
        (tmp_path / f"{name}.py").write_text(f"raise RuntimeError('the {name} of the user')")
    file = ROOT / "kg" / "samples" / "xywy" / "medical.json"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}

    for words in (["load", "xywy", str(file)], ["stats"], ["generate", "--lang", "zh", "--out", "records"]):
        done = subprocess.run(
            [sys.executable, "-m", "kgtools", *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )  # fmt: skip
        assert (done.returncode, "RuntimeError" in done.stderr) == (0, False), done.stderr


def test_the_wheel_holds_every_data_file_of_the_five_folders(wheel):
    wanted = {
        f"kgtools/{file.relative_to(ROOT)}"
        for folder in FOLDERS
        for file in (ROOT / folder).rglob("*")
        if file.suffix in DATA and file.is_file()
    }

    names = set(zipfile.ZipFile(wheel).namelist())

    assert len(wanted) > 100
    assert wanted - names == set()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"kgtools"}
    assert {"kgtools/__init__.py", "kgtools/py.typed"} <= names


def test_the_base_install_needs_no_torch_and_no_pyarrow(wheel):
    (metadata,) = [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith("METADATA")]
    lines = zipfile.ZipFile(wheel).read(metadata).decode().splitlines()
    base = [line for line in lines if line.startswith("Requires-Dist:") and "extra ==" not in line]

    assert base
    assert not [line for line in base if "torch" in line or "pyarrow" in line or "transformers" in line]


def test_the_installed_wheel_loads_and_generates_away_from_the_checkout(wheel, tmp_path):
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(wheel)]
    subprocess.run(pip, check=True, capture_output=True)
    environment = os.environ | {"PYTHONPATH": str(site)}
    kgtools = [sys.executable, "-c", "from kgtools.tools.main import main; main()"]

    def run(*words: str) -> str:
        done = subprocess.run(
            [*kgtools, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("load", "xywy", str(site / "kgtools" / "kg" / "samples" / "xywy" / "medical.json"))
    out = run("generate", "--lang", "zh", "--show", "1")

    assert "records are in" in out
    code = "import kgtools.kg; print(kgtools.kg.__file__)"
    python = [sys.executable, "-c", code]
    done = subprocess.run(python, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert str(site) in done.stdout
