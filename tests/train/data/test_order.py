"""Which rows a step sees: each once in a pass, the same on any number of processes, and the same after a run was broken off."""

import os
import socket
from collections import Counter
from pathlib import Path

import orjson
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

from kgtools.tools import registry
from kgtools.tools.errors import UsageError
from kgtools.train.data.order import Order, rate, shares, steps_of, validation_shares
from kgtools.train.launch.job import Job
from kgtools.train.launch.prepare import prepare
from kgtools.train.launch.processes import Cluster
from kgtools.train.recipe import load
from tests.train.conftest import GOOD, preferences, question, recipe, records, reply
from tests.train.forks import Fork
from tests.train.seen import BROKEN

ROWS, BATCH, STEPS, LOOKED = 60, 16, 12, 11
STAGES = ("sft", "pretrain", "reward", "dpo", "rloo", "ppo")


@given(
    st.lists(st.integers(1, 300), min_size=1, max_size=90),
    st.integers(1, 40),
    st.integers(0, 3),
    st.booleans(),
    st.integers(0, 9),
)
def test_each_pass_has_every_row_once_and_tokens_are_those_of_the_rows(lengths, batch, seed, grouped, steps):
    order = Order(lengths, batch, seed, grouped)
    stream = [row for step in range(steps) for row in order.rows(step)]

    for begin in range(0, len(stream), len(lengths)):
        part = stream[begin : begin + len(lengths)]
        assert len(set(part)) == len(part)
    assert Order(lengths, batch, seed, grouped).tokens(steps) == sum(lengths[row] for row in stream)
    assert all(len(order.rows(step)) == batch for step in range(steps))


def test_passes_and_seeds_have_orders_of_their_own_and_a_step_can_be_asked_alone():
    order = Order([1] * 100, 100, 3)

    assert order.rows(0) != order.rows(1)
    assert order.rows(1) != Order([1] * 100, 100, 4).rows(1)
    assert order.rows(1) == Order([1] * 100, 100, 3).rows(1)


def test_rows_of_about_a_length_go_together_and_the_longest_comes_first():
    lengths = [(7 * row) % 1000 for row in range(1000)]
    apart = [
        max(lengths[row] for row in rows) - min(lengths[row] for row in rows)
        for rows in map(Order(lengths, 10, 0, True).rows, range(100))
    ]

    assert max(lengths) in [lengths[row] for row in Order(lengths, 10, 0, True).rows(0)]
    assert sum(apart) / len(apart) < 60
    order = Order(lengths, 10, 0, True)
    assert [max(lengths[row] for row in order.rows(step)) for step in range(5)] != sorted(lengths[-5:], reverse=True)


@given(st.integers(1, 4), st.integers(1, 5), st.integers(1, 4))
def test_processes_share_a_step(world, at_once, parts):
    rows = list(range(100, 100 + world * at_once * parts))

    mine = [list(shares(rows, rank, world, at_once)) for rank in range(world)]

    assert sorted(row for each in mine for part in each for row in part) == rows
    assert {len(each) for each in mine} == {parts}
    assert {len(part) for each in mine for part in each} == {at_once}


@given(st.integers(0, 50), st.integers(1, 4), st.integers(1, 7))
def test_each_row_is_looked_on_once_with_as_many_on_every_process(rows, world, at_once):
    mine = [list(validation_shares(rows, rank, world, at_once)) for rank in range(world)]

    own = [row for each in mine for part, common in each for row in part if not common]
    left = {tuple(part) for each in mine for part, common in each if common}
    assert sorted([*own, *(row for part in left for row in part)]) == list(range(rows))
    assert len({tuple((len(part), common) for part, common in each) for each in mine}) == 1
    assert all(0 < len(part) <= max(at_once, world - 1) for each in mine for part, _ in each)


def test_an_epoch_that_does_not_fill_a_step_is_refused():
    assert steps_of(recipe(steps=None, epochs=3, batch_size=16), 60) == 12
    assert steps_of(recipe(steps=5, batch_size=128), 60) == 5
    with pytest.raises(UsageError, match="a step takes 128 rows, and there are 60"):
        steps_of(recipe(steps=None, epochs=3, batch_size=128), 60)


@pytest.mark.parametrize("schedule", ["linear", "cosine", "constant_with_warmup"])
def test_the_first_step_of_a_warm_up_learns_and_so_does_the_last_of_all(schedule):
    rates = [rate(recipe(schedule=schedule, warmup=0.1), step, 40) for step in range(40)]

    assert rates[:4] == [0.25, 0.5, 0.75, 1.0]
    assert rates[4] == 1.0
    assert min(rates) > 0
    assert sorted(rates[4:], reverse=True) == rates[4:]


def test_a_constant_rate_has_no_warm_up():
    assert {rate(recipe(schedule="constant", warmup=0.5), step, 10) for step in range(10)} == {1.0}


@pytest.fixture(scope="module")
def seen(models, tmp_path_factory):
    """What each step of each stage saw: stage -> processes -> run -> rows of each step; and the tokens it told of."""
    home = tmp_path_factory.mktemp("seen")
    talks = records(home / "records", [question(n) + reply(GOOD + str(n) * (n % 7 + 1)) for n in range(ROWS)])
    pairs = preferences(home / "pairs", [(question(n), reply(GOOD * (n % 3 + 1)), reply("x")) for n in range(ROWS)])
    looked = records(
        home / "looked", [question(n) + reply(GOOD * (n % 9 + 1)) for n in range(200, 200 + LOOKED)], split="validation"
    )
    compared = [(question(n), reply(GOOD * (n % 9 + 1)), reply("x")) for n in range(200, 200 + LOOKED)]
    judged = preferences(home / "judged", compared, split="validation")
    for world in (1, 2):
        for stage in STAGES:
            data = (pairs, judged) if stage in ("reward", "dpo") else (talks, looked)
            _ready(home / str(world) / stage, stage, data, models, world)
    ranks = [rank for world in (1, 2) for rank in _ranks(home / str(world), world)]
    ends = [rank.wait(timeout=900) for rank in ranks]
    assert ends == [0, 0, 0], [log.read_text(encoding="utf-8") for log in home.glob("*/rank-*.log")]
    return {(stage, world): _read(home / str(world) / stage, world) for world in (1, 2) for stage in STAGES}


def _ready(work: Path, stage: str, data: tuple[Path, Path], models: Path, world: int) -> None:
    """The job of a stage, as the workers are told it."""
    work.mkdir(parents=True)
    own = {
        "data": orjson.dumps(list(map(str, data))).decode(), "model": str(models / "merged"), "steps": str(STEPS),
        "batch_size": str(BATCH), "micro_batch_size": "4",
        "save_every": "2", "log_every": "1", "keep": "9",
    }  # fmt: skip
    if stage in ("rloo", "ppo"):
        own |= {"reward": str(models / "reward"), "max_new_tokens": "3"}
    if stage == "ppo":
        own |= {"ppo_epochs": "1"}
    if stage == "reward":
        own |= {"learning_rate": "2e-2"}
    if stage == "pretrain":
        own |= {"packing": "none", "learning_rate": "1e-12", "log_every": "3"}  # it stays what it is
    kind = registry.find("stages", stage)
    prepare(kind, load("tiny", stage, kind.recipe, own), work, Cluster(world)).job.save()


def _ranks(home: Path, world: int) -> list[Fork]:
    """The processes of all stages, one after the other."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {"WORLD_SIZE": str(world), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "GLOO_SOCKET_IFNAME": "lo"}
    return [
        Fork(
            "tests.train.seen", [str(home), *STAGES], home / f"rank-{rank}.log",
            os.environ | own | {"RANK": str(rank), "LOCAL_RANK": str(rank), "OMP_NUM_THREADS": "1"},
        )
        for rank in range(world)
    ]  # fmt: skip


def _read(work: Path, world: int) -> dict:
    ranks = [orjson.loads((work / f"seen-{rank}.json").read_bytes()) for rank in range(world)]
    found = {}
    for run in ("whole", "broken"):
        steps = [sorted(row for rank in ranks for row in rank[run][str(step)]) for step in range(STEPS)]
        lines = [orjson.loads(line) for line in (work / run / "metrics.jsonl").read_bytes().splitlines()]
        found[run] = steps, {line["step"]: line["tokens"] for line in lines if "loss" in line}
        found[f"{run} losses"] = {line["step"]: line["loss"] for line in lines if "loss" in line}
        found.setdefault("home", (work / run, Job.load(work / "job.json")))  # of the unbroken one
        found[f"{run} weights"] = load_file(work / run / "result" / "adapter" / "adapter_model.safetensors")
    return found


@pytest.mark.parametrize("world", [1, 2])
@pytest.mark.parametrize("stage", STAGES)
def test_every_row_is_seen_as_often_as_any_other(seen, stage, world):
    count_weights = Counter(range(ROWS))
    for rows in seen[stage, world]["whole"][0]:
        assert len(rows) == BATCH
        count_weights.update(rows[:: 4 if stage == "rloo" else 1])  # each is answered four times
        assert max(count_weights.values()) - min(count_weights.values()) <= 1


@pytest.mark.parametrize("world", [1, 2])
@pytest.mark.parametrize("stage", STAGES)
def test_a_run_that_is_broken_off_in_each_pass_sees_what_an_unbroken_one_sees(seen, stage, world):
    (whole, tokens), (broken, count_weights) = seen[stage, world]["whole"], seen[stage, world]["broken"]

    assert [step * BATCH // ROWS for step in BROKEN] == [0, 1, 2]
    assert broken == whole
    assert count_weights == tokens
    if stage != "ppo":  # it tells of each step's by themselves
        assert list(tokens.values()) == sorted(set(tokens.values()))


@pytest.mark.parametrize("world", [1, 2])
@pytest.mark.parametrize("stage", STAGES)
def test_a_run_that_is_broken_off_ends_with_the_weights_of_an_unbroken_one(seen, stage, world):
    whole, broken = seen[stage, world]["whole weights"], seen[stage, world]["broken weights"]

    assert whole.keys() == broken.keys()
    assert max(float((whole[name] - broken[name]).abs().max()) for name in whole) < 1e-6


@pytest.mark.parametrize("world", [1, 2])
@pytest.mark.parametrize("stage", STAGES)
def test_a_run_that_is_broken_off_tells_the_losses_of_an_unbroken_one(seen, stage, world):
    """Of pretrain with a line each 3 steps and a checkpoint each 2."""
    whole, broken = seen[stage, world]["whole losses"], seen[stage, world]["broken losses"]

    assert broken == pytest.approx(whole, abs=1e-5)


@pytest.mark.parametrize("stage", STAGES)
def test_two_processes_see_what_one_sees(seen, stage):
    assert seen[stage, 2]["whole"][0] == seen[stage, 1]["whole"][0]
    if stage not in ("ppo", "rloo"):  # there a step's tokens are what was answered
        assert seen[stage, 2]["whole"][1] == seen[stage, 1]["whole"][1]


@pytest.mark.parametrize("stage", STAGES)
def test_no_two_passes_have_the_same_order(seen, stage):
    steps = seen[stage, 1]["whole"][0]

    assert len({tuple(rows) for rows in steps}) == STEPS


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # peft asks transformers so
@pytest.mark.parametrize("world", [1, 2])
@pytest.mark.parametrize("stage", ["sft", "pretrain", "reward", "dpo"])
def test_the_validation_loss_is_a_sum_divided_once(seen, stage, world):
    """Eleven rows of very different lengths, four at a time on one process or on two."""
    work, job = seen[stage, world]["home"]
    told = orjson.loads((work / "result" / "result.json").read_bytes())["validation_loss"]

    assert told == pytest.approx(_loss(stage, work, job, pl.read_parquet(job.tokens["validation"])), rel=1e-5)


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # peft asks transformers so
@pytest.mark.parametrize("world", [1, 2])
def test_the_loss_of_several_steps_is_a_sum_over_their_tokens_divided_once(seen, world):
    work, job = seen["pretrain", world]["home"]
    steps, rows = seen["pretrain", world]["whole"][0], pl.read_parquet(job.tokens["train"])
    lines = map(orjson.loads, (work / "metrics.jsonl").read_bytes().splitlines())
    told = {line["step"]: line["loss"] for line in lines if "loss" in line}

    for begin, end in ((1, 2), (2, 3), (3, 4), (4, 6), (6, 8), (8, 9), (9, 10), (10, 12)):
        taken = rows[[row for step in steps[begin:end] for row in step]]
        assert told[end] == pytest.approx(_loss("pretrain", work, job, taken), rel=1e-5)


def _loss(stage: str, work: Path, job: Job, rows: pl.DataFrame) -> float:
    """The loss over rows, one at a time in 64-bit numbers, by the formula of the stage."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

    base = AutoModelForCausalLM.from_pretrained(job.base)
    if stage == "reward":
        base = AutoModelForSequenceClassification.from_pretrained(job.base, num_labels=1)
    model = PeftModel.from_pretrained(base, work / "result" / "adapter").double().eval()

    def log_probs(ids: list[int], begin: int) -> torch.Tensor:
        """Log-probabilities of ids from a place on."""
        logits = model(input_ids=torch.tensor([ids])).logits[0, :-1].log_softmax(-1)
        return logits.gather(-1, torch.tensor(ids[1:]).unsqueeze(-1)).squeeze(-1)[begin - 1 :]

    def pair(row: dict) -> torch.Tensor:
        prompt, sides = row["prompt_ids"], (row["chosen_ids"], row["rejected_ids"])
        if stage == "reward":
            better, worse = (model(input_ids=torch.tensor([prompt + side])).logits.squeeze() for side in sides)
            return -torch.nn.functional.logsigmoid(better - worse)
        own = [log_probs(prompt + side, len(prompt)).sum() for side in sides]
        with model.disable_adapter():
            before = [log_probs(prompt + side, len(prompt)).sum() for side in sides]
        gained = [new - old for new, old in zip(own, before, strict=True)]
        return -torch.nn.functional.logsigmoid(job.recipe["beta"] * (gained[0] - gained[1]))

    with torch.no_grad():
        if "input_ids" not in rows.columns:
            return float(torch.stack([pair(row) for row in rows.iter_rows(named=True)]).mean())
        lost, tokens = 0.0, 0
        for ids, labels in rows.select("input_ids", "labels").iter_rows():
            learnt = torch.tensor([label != -100 for label in labels[1:]])
            lost -= float((log_probs(ids, 1) * learnt).sum())
            tokens += int(learnt.sum())
        return lost / tokens
