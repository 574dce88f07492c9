"""`kgtools.evaluate`, `write_prompts` and `compare`: what the commands do, from Python."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
import pytest

import kgtools as api
from tests.conftest import Ran
from tests.train.evaluate.conftest import exam_row

ROWS = [
    exam_row("坏血病缺乏的是", ["维生素A", "维生素B", "维生素C", "维生素D"], "C"),
    exam_row("夜盲症缺乏的是", ["维生素A", "维生素B", "维生素C", "维生素D"], "A"),
]


def test_functions_say_what_the_commands_say(
    kgtools: Callable[..., Ran], write_records: Any, write_answers: Any, tmp_path: Path
) -> None:
    records = write_records(ROWS)
    asked = api.write_prompts("exam", records, out=tmp_path / "prompts", prompt="letters")
    lines = (tmp_path / "prompts" / "prompts.jsonl").read_bytes().splitlines()
    ids = [orjson.loads(line)["id"] for line in lines]
    first, second = tmp_path / "first", tmp_path / "second"

    one = api.evaluate("exam", tmp_path / "prompts", write_answers({ids[0]: "C", ids[1]: "B"}), out=first)
    two = api.evaluate(
        "exam", str(tmp_path / "prompts"), write_answers({ids[0]: "C"}), out=second, missing="wrong", compat=["cmb"]
    )
    ran = kgtools("evaluate", "exam", tmp_path / "prompts", write_answers({ids[0]: "C", ids[1]: "B"}),
                  "--out", tmp_path / "third", "--format", "json")  # fmt: skip

    assert asked.samples == 2
    assert [asdict(cell) for cell in one.cells] == ran.json["cells"]
    assert one.scores["id"].to_list() == ids
    assert (two.missing, two.settings["compat"]) == (1, ["cmb"])
    with pytest.raises(api.KgtoolsError, match="compat"):
        api.compare(first, second)
    assert api.compare(first, tmp_path / "third").differences.height == 0


def test_a_setting_that_there_is_not_is_refused(write_records: Any, tmp_path: Path) -> None:
    with pytest.raises(api.KgtoolsError, match=r"there is no such setting.*shots"):
        api.write_prompts("exam", write_records(ROWS), out=tmp_path / "prompts", shot=3)
