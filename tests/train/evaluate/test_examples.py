"""The worked examples in the help of `kgtools evaluate`, each in a folder that has what it names."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import orjson
import pytest

from kgtools.tools import registry
from tests.conftest import Ran
from tests.reference import commands
from tests.train.evaluate.conftest import exam_row, item_row
from tests.train.evaluate.server.fake import Server, say, server
from tests.train.evaluate.test_scales import SCALE

__all__ = ["server"]
Command = Callable[..., Ran]
EXAMPLES = dict(commands("evaluate", registry.find("commands", "evaluate")))
ASPECTS = ("accuracy", "helpfulness", "safety", "overall")
COUGH = [{"role": "user", "content": "咳嗽三天了。"}, {"role": "assistant", "content": "拍个胸片。"}]
EXAM = exam_row("坏血病是因为缺乏", ["维生素A", "维生素C"], "B")
ITEM = {"form": "set", "about": [["肺炎"]], "answers": [["发热"], ["咳嗽"]]}
ENTITIES = {"text": "糖尿病", "types": ["疾病"], "entities": [{"type": "疾病", "text": "糖尿病"}]}
RECORDS: dict[str, dict[str, Any]] = {
    "diagnosis": {"task": "diagnosis", "messages": COUGH, "answer": "肺炎", "meta": {"icd10": []}},
    "dialogue": {"task": "dialogue", "messages": COUGH},
    "exam": EXAM,
    "facts": item_row("肺炎有哪些症状？", ITEM, facts=["f1", "f2"]),
    "meds-bench": {
        "messages": [{"role": "system", "content": "Explain it."}, *COUGH], "source": "meds-ins", "lang": "en", "meta": {"task": "task46"},
    },
    "ner": {"task": "ner", "messages": COUGH, "meta": ENTITIES},
    "qa": {"task": "qa", "messages": COUGH},
    "safety": {"task": "safety", "messages": COUGH[:1], "meta": {"scenario": "Insult"}},
    "usmle": EXAM | {"source": "usmle", "lang": "en", "meta": EXAM["meta"] | {"step": "1"}},
}  # fmt: skip
"""A record that each task asks."""


@pytest.fixture
def place(
    tmp_path: Path, write_records: Any, write_answers: Any, kgtools: Command, server: Server, monkeypatch: Any
) -> Callable[[str], None]:
    """Make what the example of a command names, in the folder where it runs."""
    monkeypatch.chdir(tmp_path)
    server.default = say(orjson.dumps({"reason": "", **dict.fromkeys(ASPECTS, "first")}).decode())

    def score(name: str, answer: str) -> None:
        write_answers({"r0": answer})
        assert kgtools("evaluate", "exam", "prompts", "answers.jsonl", "--out", name).code == 0

    def make(name: str) -> None:
        (tmp_path / "sets").mkdir()
        (tmp_path / "answers").mkdir()
        if name == "scales":
            (tmp_path / "scale.yaml").write_text(SCALE, encoding="utf-8")
            assert kgtools("evaluate", "prompts", "scales", "scale.yaml", "--out", "prompts").code == 0
            lines = (tmp_path / "prompts" / "prompts.jsonl").read_bytes().splitlines()
            write_answers({orjson.loads(line)["id"]: "A" for line in lines})
            return
        if name != "prompts":
            write_records([RECORDS.get(name, EXAM)] * (4 if name in ("judge", "calibrate") else 1), "prompts")
        write_records([exam_row(f"第{number}题是", ["甲", "乙"], "A") for number in range(5)], "medqa")
        for at, said in (("base", "A"), ("tuned", "B"), ("scores", "B")):
            if name in ("compare", "report"):
                score(at, said)
        for answers in ("a", "b", "answers.jsonl"):
            write_answers(
                {f"r{number}": "答案：B" for number in range(4 if name in ("judge", "calibrate") else 1)}, answers
            )
        if name == "calibrate":
            (judged,) = examples("judge")
            assert kgtools(*words(judged, server)).code == 0
            labels = [
                {"id": f"r{number}", "label": label} for number, label in enumerate(("win", "tie", "lose", "tie"))
            ]
            (tmp_path / "labels.jsonl").write_bytes(b"".join(orjson.dumps(label) + b"\n" for label in labels))

    return make


def examples(name: str) -> list[str]:
    return re.findall(r"^\s*(kgtools .+)$", EXAMPLES[f"evaluate {name}"].help or "", re.MULTILINE)


def words(example: str, server: Server) -> list[str]:
    """The words of an example, with the address of the server that is there."""
    return [server.url if word.startswith("http:") else word for word in shlex.split(example)[1:]]


@pytest.mark.parametrize("command", [name.partition(" ")[2] for name in EXAMPLES if name != "evaluate gain"])
def test_the_worked_example_of_a_command_runs(
    command: str, place: Callable[[str], None], kgtools: Command, server: Server
) -> None:
    place(command)
    (example,) = examples(command)

    ran = kgtools(*words(example, server))

    assert ran.code == 0, ran.err
    assert ran.out.strip()


def test_each_task_has_a_record_here_that_it_asks() -> None:
    assert {*RECORDS, "scales"} == set(registry.names("tasks"))
    assert all(isinstance(command, click.Command) for command in EXAMPLES.values())
