"""An answer ends with any token that tokenizer, generation settings or chat template end one with; what is said before it counts."""

import orjson
import pytest

from kgtools.train.data.chat import chat
from kgtools.train.inference.generate import Sampling, generate, load
from kgtools.train.inference.reward_scores import sequence
from kgtools.train.models.resolve import tiny
from kgtools.train.models.stop_tokens import StopToken, stop_tokens
from tests.train.conftest import apply_template, metrics, stage_words, train
from tests.train.inference.test_generation import PROMPTS

ASKED = [{"role": "user", "content": "头痛怎么办?"}]


@pytest.fixture
def two_ends(tmp_path, tokenizer):
    """A model's folder whose settings name two ends, with a tokenizer that has another and a template with a third."""
    talk = apply_template(tokenizer, "chatml")
    tokenizer.eos_token = "</s>"
    (tmp_path / "generation_config.json").write_bytes(orjson.dumps({"eos_token_id": [1, 3]}))
    return tmp_path, talk


def test_the_ends_are_those_of_tokenizer_settings_and_template(two_ends):
    home, talk = two_ends
    end = talk.tokenizer.convert_tokens_to_ids("<|im_end|>")

    assert stop_tokens(home, talk) == [
        StopToken(2, "</s>", ("tokenizer",)),
        StopToken(1, "<s>", ("generation_config.json",)),
        StopToken(3, "<pad>", ("generation_config.json",)),
        StopToken(end, "<|im_end|>", ("chat template",)),
    ]
    assert str(stop_tokens(home, talk)[0]) == "</s> (2: tokenizer)"


@pytest.mark.parametrize(
    ("name", "written"), [("generation_config.json", 2), ("config.json", 2), ("config.json", None)]
)
def test_an_end_that_several_name_is_one(tmp_path, tokenizer, name, written):
    (tmp_path / name).write_bytes(orjson.dumps({"eos_token_id": written}))

    found = stop_tokens(tmp_path, chat(tokenizer, "plain", None))

    named = ("generation_config.json",) if written else ()
    assert found == [StopToken(2, "</s>", ("tokenizer", *named, "chat template"))]


def test_a_template_that_refuses_a_talk_names_no_end(tmp_path, tokenizer):
    (tmp_path / "own.jinja").write_text("{{ raise_exception('system first') }}", encoding="utf-8")

    assert stop_tokens(tmp_path, chat(tokenizer, str(tmp_path / "own.jinja"), None)) == [
        StopToken(2, "</s>", ("tokenizer",))
    ]


@pytest.mark.parametrize("engine", ["generate", "continuous"])
def test_an_answer_ends_with_the_first_of_several_ends(engine, tmp_path):
    from transformers import AutoTokenizer

    tiny("qwen2", ["头痛怎么办？休息，多喝水。"] * 5, tmp_path, 0)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    free = Sampling(12, 0.0, 2, (2,), engine)
    model = load(tmp_path, free, 64)
    whole = generate(model, tokenizer, PROMPTS, free)
    end = whole[0][4]

    found = generate(model, tokenizer, PROMPTS, Sampling(12, 0.0, 2, (2, end), engine))

    assert end not in (2, tokenizer.pad_token_id)
    assert found == [ids[: ids.index(end) + 1] if end in ids else ids for ids in whole]
    assert len(found[0]) < len(whole[0])


def test_special_tokens_that_a_policy_says_are_scored_as_they_were_said(tokenizer):
    talk = chat(tokenizer, "plain", None)
    ids = [
        *tokenizer("休息", add_special_tokens=False)["input_ids"],
        1,
        3,
        *tokenizer("药", add_special_tokens=False)["input_ids"],
    ]

    read = sequence(talk, ASKED, tokenizer.decode(ids))

    assert read[-len(ids) - 1 :] == [*ids, 2]
    assert talk.special(ids) == 2
    assert talk.decode(ASKED, ids)[1] == "休息药"


def test_a_dry_run_says_what_ends_an_answer_and_a_merged_model_keeps_it(models, tmp_path, kgtools):
    own = (f"model={models / 'merged'}", f"data={models / 'records'}", "--out", tmp_path / "sft")
    done = kgtools("train", "sft", "--recipe", "tiny", *own, "--dry-run", "--format", "json")

    assert done.json["stop_tokens"] == ["</s> (2: tokenizer, generation_config.json, chat template)"]
    kept = orjson.loads((models / "merged" / "generation_config.json").read_bytes())
    assert kept["eos_token_id"] in (2, [2])


def test_ppo_counts_the_special_tokens_that_were_said(models, tmp_path):
    own = ("max_new_tokens=64", "temperature=100", "steps=1", "ppo_epochs=1")  # as hot as that any token is said
    train("ppo", *stage_words(models, tmp_path / "ppo", f"reward={models / 'reward'}", *own))

    assert metrics(tmp_path / "ppo")[0]["special_tokens"] > 0


@pytest.mark.parametrize("command", ["answer", "reject"])
def test_a_dry_run_of_asking_says_what_would_be_asked_and_writes_nothing(command, models, tmp_path, kgtools):
    own = [f"model={models / 'merged'}", f"data={models / 'records'}", "split=train", "max_new_tokens=5"]
    own += [f"reward={models / 'reward'}"] if command == "reject" else []

    done = kgtools(
        "train", command, "--recipe", "tiny", "--out", tmp_path / "out", *own, "--dry-run", "--format", "json"
    )

    assert (done.code, done.json["questions"], done.json["max_new_tokens"]) == (0, 256, 5)
    assert done.json["stop_tokens"] == ["</s> (2: tokenizer, generation_config.json, chat template)"]
    assert not (tmp_path / "out").exists()
