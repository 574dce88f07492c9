from pathlib import Path

import pytest

from kgtools.tools.config import Settings, find_yaml, load_yaml, yaml_names
from kgtools.tools.errors import InputError, UsageError


class Step(Settings):
    name: str
    rows: int = 0


class Plan(Settings):
    title: str
    steps: tuple[Step, ...] = ()
    words: dict[str, int] = {}


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "plan.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_yaml_fills_the_model(tmp_path: Path) -> None:
    plan = load_yaml(write(tmp_path, "title: 糖尿病\nsteps:\n  - {name: a, rows: 3}\nwords: {x: 1}\n"), Plan)

    assert plan == Plan(title="糖尿病", steps=(Step(name="a", rows=3),), words={"x": 1})


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    assert load_yaml(write(tmp_path, "\ufefftitle: a\n"), Plan).title == "a"


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Step(name="a").name = "b"  # type: ignore[misc]


def test_all_faults_come_in_one_message_each_with_its_line(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "titel: a\n"  # 1: unknown key; title is missing
        "steps:\n"
        "  - name: a\n"
        "    rows: many\n"  # 4: no number
        "  - rows: 2\n"  # 5: no name
        "words:\n"
        "  x: [1]\n",  # 7: no number
    )

    with pytest.raises(InputError) as raised:
        load_yaml(path, Plan)

    lines = str(raised.value).splitlines()
    assert sorted(line.removeprefix(f"{path}:").partition(": ")[0] for line in lines) == ["1", "1", "4", "5", "7"]
    assert any("titel: there is no such key" in line for line in lines)
    assert any("title: Field required" in line for line in lines)
    assert any("steps.1.name: Field required" in line for line in lines)
    assert any("words.x: " in line for line in lines)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: a\nsteps: [\n", ":3: not valid YAML: "),
        ("title: 'a\n", ":2: not valid YAML: "),
        ("a: b: c\n", ":1: not valid YAML: "),
        ("title: !!python/object:os.system {}\n", ":1: not valid YAML: "),
        ("title: \x01\n", ": not valid YAML: "),
        ("title: !!int ''\n", ":1: not valid YAML: '' is no int; put it in quotes"),
        ("title: !!bool maybe\n", ":1: not valid YAML: 'maybe' is no bool; put it in quotes"),
        ("title: !!timestamp now\n", ":1: not valid YAML: 'now' is no timestamp; put it in quotes"),
        (b"title: \xff\xfe\xfa\n", ": not UTF-8 at byte 7; save it as UTF-8"),
        ("", ":1: title: Field required"),
        ("- a\n- b\n", ":1: the file: "),
        ("just words\n", ":1: the file: "),
        ("null\n", ":1: title: Field required"),
    ],
)
def test_what_is_no_such_yaml_is_one_line_with_the_place(tmp_path: Path, text: str | bytes, said: str) -> None:
    path = write(tmp_path, text)

    with pytest.raises(InputError) as raised:
        load_yaml(path, Plan)

    assert str(raised.value).startswith(f"{path}{said}")
    assert "\n" not in str(raised.value)


def test_a_key_given_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"plan\.yaml:3: .*'x'.* twice"):
        load_yaml(write(tmp_path, "title: a\nwords: {x: 1,\n  x: 2}\n"), Plan)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.yaml: No such file"):
        load_yaml(tmp_path / "none.yaml", Plan)
    with pytest.raises(InputError, match="Is a directory"):
        load_yaml(tmp_path, Plan)


def test_a_change_stands_in_place_of_the_files_value_and_is_read_as_yaml(tmp_path: Path) -> None:
    path = write(tmp_path, "title: a\nwords: {x: 1, y: 2}\n")

    plan = load_yaml(path, Plan, {"title": "b", "words.x": "7", "words.z": "3", "steps": "[{name: s, rows: 4}]"})

    assert plan == Plan(title="b", words={"x": 7, "y": 2, "z": 3}, steps=(Step(name="s", rows=4),))


def test_faults_of_changes_are_told_as_they_were_given_beside_those_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "title: a\nwords:\n  x: [1]\n")

    with pytest.raises(InputError) as raised:
        load_yaml(path, Plan, {"titel": "b", "words.z": "many"})

    lines = str(raised.value).splitlines()
    assert len(lines) == 3
    assert any(line.startswith("titel=b: titel: there is no such key") for line in lines)
    assert any(line.startswith("words.z=many: words.z: ") for line in lines)
    assert any(line.startswith(f"{path}:3: words.x: ") for line in lines)


@pytest.mark.parametrize(("key", "word", "what"), [("title.x", "1", "no key below a value"), ("title", "[", "quotes")])
def test_a_change_that_cannot_be_made_says_why(tmp_path: Path, key: str, word: str, what: str) -> None:
    with pytest.raises(InputError, match=what):
        load_yaml(write(tmp_path, "title: a\n"), Plan, {key: word})


def test_a_shipped_yaml_is_found_by_its_name_and_a_users_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "shipped").mkdir()
    for name in ("shipped/paper.yaml", "shipped/other.yaml", "mine.yaml"):
        (tmp_path / name).write_text("title: a\n", encoding="utf-8")

    assert find_yaml(tmp_path / "shipped", "paper", "plan") == tmp_path / "shipped" / "paper.yaml"
    assert find_yaml(tmp_path / "shipped", str(tmp_path / "mine.yaml"), "plan") == tmp_path / "mine.yaml"
    assert yaml_names(tmp_path / "shipped") == ["other", "paper"]


@pytest.mark.parametrize("name", ["papr", "nowhere.yaml", "paper.yaml"])
def test_a_yaml_that_is_not_there_is_refused_with_what_there_is(tmp_path: Path, name: str) -> None:
    (tmp_path / "paper.yaml").write_text("title: a\n", encoding="utf-8")

    with pytest.raises(UsageError, match=rf"no plan is called '{name}'; name a file, or .*paper"):
        find_yaml(tmp_path, name, "plan")
