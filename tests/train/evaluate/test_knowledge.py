"""What of a question was trained on: by facts, by names in texts, by what was held out; and that a training run read just these records."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.corpora.record import PREFERENCES
from kgtools.corpora.record_files import Sink
from kgtools.tools.inputs.files import sha256
from tests.conftest import Ran
from tests.train.evaluate.conftest import item_row

Command = Callable[..., Ran]


def asked(about: str, *facts: str, **more: Any) -> dict[str, Any]:
    """A question about a disease, with the facts behind its answer."""
    item = {"form": "set", "about": [about.split("|")], "answers": [["发热"]]}
    return item_row(f"{about}有哪些症状？", item, facts=list(facts), head=f"Disease:{about.split('|')[0]}", **more)


def taught(question: str, *facts: str, **more: Any) -> dict[str, Any]:
    """A record that was trained on."""
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": "发热。"}]
    return {"messages": messages, "facts": list(facts), "task": "qa"} | more


TAUGHT = [
    taught("肺炎有哪些症状？", "f1", "f2"),
    taught("胃炎怎么查？", "f3", split="train"),
    taught("A direct test for gout.", "f4"),
    taught("痛风有哪些症状？", "f5", split="test", hold_out="facts"),
    taught("麻疹有哪些症状？", "f6", split="test"),
    taught("骨折有哪些症状？", "f7", split="validation"),
]


@pytest.fixture
def knowledge(
    kgtools: Command, write_records: Any, write_answers: Any, tmp_path: Path
) -> Callable[..., list[str | None]]:
    """The class of each of these questions, given what was trained on."""

    def classify(questions: list[dict[str, Any]], *trained_on: Path) -> list[str | None]:
        answers = write_answers({f"r{number}": "发热" for number in range(len(questions))})
        words = [word for path in trained_on for word in ("--trained-on", path)]
        ran = kgtools(
            "evaluate", "facts", write_records(questions, "asked"), answers, "--out", tmp_path / "scores", *words
        )
        assert ran.code == 0, ran.err
        return pl.read_parquet(tmp_path / "scores" / "scores.parquet")["knowledge"].to_list()

    return classify


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        (asked("肺炎", "f1", "f2"), "trained on"),
        (asked("pneumonia", "f1", lang="en"), "trained on"),  # a fact is one in both languages
        (asked("肺炎", "f1", "f9"), "partly"),
        (asked("肺炎", "f9"), "entity seen, fact not"),
        (asked("不认识|肺炎", "f9"), "entity seen, fact not"),  # by another name
        (asked("Gout", "f9"), "entity seen, fact not"),
        (asked("ct", "f9"), "unseen"),  # which is in no word but "direct"
        (asked("鼻炎", "f9"), "unseen"),
        (asked("麻疹", "f6"), "unseen"),  # of the test split, which taught nothing
        (asked("骨折", "f7"), "unseen"),  # of the validation split
        (asked("痛风", "f5"), "held out"),  # as the records say
        (asked("鼻炎", "f9", hold_out="entities"), "held out"),  # as the question says
        (asked("肺炎", "f9", hold_out="templates"), "entity seen, fact not"),  # its wording alone was held out
        (asked("肺炎", "f1", hold_out="facts"), "trained on"),  # whatever was to be held out
        (asked("肺炎"), "no fact"),
        (asked("肺炎", "f1", permuted=True), "permuted"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_question_is_known_by_its_facts_then_by_its_names(
    question: dict[str, Any], wanted: str, knowledge: Any, write_records: Any
) -> None:
    assert knowledge([question], write_records(TAUGHT)) == [wanted]


def test_without_what_was_trained_on_only_marks_are_known(knowledge: Any) -> None:
    questions = [asked("肺炎", "f1"), asked("肺炎", "f1", hold_out="facts"), asked("肺炎", "f1", permuted=True)]

    assert knowledge(questions) == [None, "held out", "permuted"]


def test_a_control_set_teaches_names_and_no_fact(knowledge: Any, write_records: Any) -> None:
    wrong = write_records([taught("肺炎有哪些症状？", "f1", meta={"permuted": True})], "control")

    assert knowledge([asked("肺炎", "f1")], wrong) == ["entity seen, fact not"]


def test_what_stands_in_any_of_several_tables_was_trained_on(
    knowledge: Any, write_records: Any, tmp_path: Path
) -> None:
    pairs = tmp_path / "pairs"
    pairs.mkdir()
    said = {name: [{"role": role, "content": text}] for name, role, text in (
        ("prompt", "user", "鼻炎?"), ("chosen", "assistant", "鼻塞"), ("rejected", "assistant", "腹痛"),
    )}  # fmt: skip
    one = said | {
        "id": "p", "task": "preference", "lang": "zh", "facts": ["f9"], "group": "g", "source": "toy", "template": None, "license": "MIT",
        "split": None, "hold_out": None, "meta": "{}",
    }  # fmt: skip
    with Sink(pairs / "preferences.parquet", PREFERENCES) as sink:
        sink.write(pl.DataFrame([one], schema=PREFERENCES.columns))

    assert knowledge([asked("鼻炎", "f9", "f1")], write_records(TAUGHT), pairs) == ["trained on"]


@pytest.fixture
def run_of(tmp_path: Path) -> Callable[..., Path]:
    """The folder of a training run that read these records."""

    def make(*records: Path, command: str = "train sft", rejects: Any = (), **settings: Any) -> Path:
        folder = tmp_path / command.replace(" ", "-")
        folder.mkdir()
        inputs = {f"{path.name}/records.parquet": sha256(path / "records.parquet") for path in records}
        said = {"command": command, "settings": {"split": "train"} | settings, "inputs": inputs, "rows": {}}
        (folder / "run.json").write_bytes(orjson.dumps(said))
        rows = [{"file": "records", "line": 0, "id": id_, "reason": reason} for id_, reason in rejects]
        pl.DataFrame(
            rows, schema={"file": pl.String, "line": pl.UInt32, "id": pl.String, "reason": pl.String}
        ).write_parquet(folder / "rejects.parquet")
        return folder

    return make


def test_a_run_did_not_learn_what_it_refused(knowledge: Any, write_records: Any, run_of: Any) -> None:
    records = write_records(TAUGHT)
    run = run_of(records, rejects=[("r0", "too-long"), ("r1", "duplicate")])

    # r1 was refused as it says what another row says, which was learnt
    assert knowledge([asked("肺炎", "f1"), asked("胃炎", "f3")], run, records) == ["unseen", "trained on"]


def test_a_run_of_all_splits_learnt_validation_too(knowledge: Any, write_records: Any, run_of: Any) -> None:
    records = write_records(TAUGHT)

    assert knowledge([asked("骨折", "f7"), asked("麻疹", "f6")], run_of(records, split="all"), records) == [
        "trained on",
        "unseen",
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["run"], "names what it read (taught/records.parquet) by hash alone; give these records too"),
        (["run", "other"], "other: {run} was not trained on it, or on another version; it read taught/records.parquet"),
        (["run", "taught", "other"], "other: {run} was not trained on it"),
        (["both", "taught"], "was trained on other/records.parquet too"),
        (["ppo", "taught"], "is a run of train ppo, which asks the questions of its records"),
        (["nothing"], "nothing: holds no records.parquet"),
    ],
)
def test_records_that_are_not_those_of_the_run_are_refused(
    given: list[str], said: str, run_of: Any, write_records: Any, write_answers: Any, kgtools: Command, tmp_path: Path
) -> None:
    places = {
        "taught": write_records(TAUGHT, "taught"),
        "other": write_records(TAUGHT[:1], "other"),
        "nothing": tmp_path / "nothing",
    }
    places["nothing"].mkdir()
    places |= {"run": run_of(places["taught"]), "ppo": run_of(places["taught"], command="train ppo")}
    places["both"] = run_of(places["taught"], places["other"], command="train dpo")
    words = [word for name in given for word in ("--trained-on", places[name])]
    questions = write_records([asked("肺炎", "f1")], "asked")

    ran = kgtools("evaluate", "facts", questions, write_answers({"r0": "发热"}), *words, "--out", tmp_path / "scores")

    assert ran.code == 2
    assert said.format(run=places["run"]) in ran.err
    assert not (tmp_path / "scores").exists()


def test_figures_stand_by_knowledge_and_relation(
    kgtools: Command, write_records: Any, write_answers: Any, tmp_path: Path
) -> None:
    questions = [asked("肺炎", "f1"), asked("肺炎", "f2", template="extended@2.0.1/drug.zh#1"), asked("鼻炎", "f9")]
    answers = write_answers({"r0": "发热", "r1": "不知道", "r2": "不知道"})
    words = ("--trained-on", write_records(TAUGHT), "--out", tmp_path / "s", "--format", "json")

    ran = kgtools("evaluate", "facts", write_records(questions, "asked"), answers, *words)

    stated = {
        cell["value"]: cell["figure"]
        for cell in ran.json["cells"]
        if cell["by"] == "knowledge x relation" and cell["metric"] == "stated"
    }
    assert stated == {"trained on x symptom": 1.0, "trained on x drug": 0.0, "unseen x symptom": 0.0}
    assert ran.json["notes"] == {"records learnt": 3}
