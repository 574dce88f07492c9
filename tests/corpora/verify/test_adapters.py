"""The reward as other trainers call it."""

import inspect
from pathlib import Path

import orjson
import polars as pl
import pytest

from kgtools.corpora.verify.adapters import GradedAnswer, compute_score, graded, reward
from kgtools.tools.errors import InputError
from tests.corpora.verify.items import ONE, SYMPTOMS

TEXT = orjson.dumps(SYMPTOMS.to_dict()).decode()
RIGHT = "发热、咳嗽、胸痛、呼吸困难"


def messages(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def test_trl_gets_a_reward_for_each_completion() -> None:
    columns = {"item": [TEXT, TEXT], "question": ["肺炎有哪些症状？"] * 2, "trainer_state": None, "log_extra": None}

    plain = reward(prompts=["p", "p"], completions=[RIGHT, "发热、咳嗽"], completion_ids=[[1], [2]], **columns)
    chat = reward(
        prompts=["p", "p"], completions=[messages(RIGHT), messages("发热、咳嗽")], completion_ids=[[1], [2]], **columns
    )

    assert plain == chat == [1.0, 0.5]


def test_trl_calls_a_reward_function_as_ours_is_called() -> None:
    trainer = pytest.importorskip("trl.trainer.grpo_trainer")
    source = "".join(inspect.getsource(trainer).split())

    assert (
        "reward_func(prompts=prompts,completions=completions,completion_ids=completion_ids_list,**reward_kwargs)"
        in source
    )
    inspect.signature(reward).bind(prompts=[], completions=[], completion_ids=[], item=[], trainer_state=None)


def test_verl_gives_the_item_as_ground_truth() -> None:
    extra = {"question": "肺炎有哪些症状？", "index": 3}

    assert compute_score(data_source="kgtools", solution_str=RIGHT, ground_truth=TEXT, extra_info=extra) == 1.0
    assert compute_score("kgtools", "发热、咳嗽", SYMPTOMS.to_dict(), None) == 0.5
    assert isinstance(compute_score("kgtools", "", TEXT), float)


def test_swift_calls_an_object_with_the_columns_of_the_data_set() -> None:
    assert GradedAnswer()([RIGHT, "腹泻"], item=[TEXT, TEXT], solution=["a", "b"]) == [1.0, 0.0]
    assert GradedAnswer(args=None)([messages("B")], item=[ONE.to_dict()]) == [1.0]


def test_a_rubric_of_verifiers_gives_completion_and_answer() -> None:
    assert graded(prompt=messages("?"), completion=messages(RIGHT), answer=TEXT, state={}, task="default") == 1.0
    assert graded(completion="发热、咳嗽", answer="", info={"item": SYMPTOMS.to_dict()}) == 0.5


def test_the_meta_of_a_record_is_an_item_too() -> None:
    meta = orjson.dumps({"head": "肺炎", "item": SYMPTOMS.to_dict()}).decode()
    filled = {"options": None, "right": None, **SYMPTOMS.to_dict()}  # as a table of structs fills what is not there

    assert compute_score("", RIGHT, meta) == compute_score("", RIGHT, filled) == 1.0


def test_names_of_a_file_are_looked_for(tmp_path: Path) -> None:
    file = tmp_path / "names.parquet"
    pl.DataFrame({"name": ["紫癜"], "type": ["Symptom"]}).write_parquet(file)

    assert reward([RIGHT + "、紫癜"], item=[TEXT], names=str(file))[0] < 1.0
    assert compute_score("", RIGHT + "、紫癜", TEXT, {"names": str(file)}) < 1.0


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column item; it has solution"):
        reward(["x"], solution=["y"])
    with pytest.raises(InputError, match="is not JSON"):
        compute_score("", "x", "42 is the answer")
    with pytest.raises(InputError, match="there is no such file of names"):
        compute_score("", "x", TEXT, {"names": str(tmp_path / "none.parquet")})
    bad = tmp_path / "bad.parquet"
    pl.DataFrame({"zh": ["x"]}).write_parquet(bad)
    with pytest.raises(InputError, match="not a Parquet file with a column name"):
        compute_score("", "x", TEXT, {"names": str(bad)})
