"""What the bench of training does in processes of their own: models and conversations made, rivals run, memory measured.

    python tests/bench/apart.py WHAT SETTINGS

prints as JSON what WHAT gives; SETTINGS are its arguments as JSON."""

import json
import re
import statistics
import sys
import time
from itertools import pairwise
from pathlib import Path

RATE = 1e-5
"""A learning rate that large random models bear."""


def measure_speed(steps: list[tuple[float, float]]) -> float:
    """Tokens a second over steps of (tokens, seconds). Steps that take more than three times as long as the middle one are left out: they
    compiled something."""
    usual = statistics.median(seconds / tokens for tokens, seconds in steps)
    steps = [(tokens, seconds) for tokens, seconds in steps if seconds / tokens < 3 * usual]
    return sum(tokens for tokens, _ in steps) / sum(seconds for _, seconds in steps)


def make(out: str, kind: str, shape: dict, records: str) -> str:
    """A random model of a shape with a tokenizer of the records; its folder. In 16 bits where there is a GPU."""
    import polars as pl
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    from kgtools.train.data.chat import chat
    from kgtools.train.models.resolve import tiny

    rows = pl.read_parquet(Path(records) / "records.parquet")["messages"].head(500)
    tiny("qwen2", (message["content"] for row in rows for message in row), Path(out), 0)
    words = chat(AutoTokenizer.from_pretrained(out), "plain", None).tokenizer
    torch.manual_seed(0)
    ids = {"vocab_size": len(words), "eos_token_id": words.eos_token_id, "pad_token_id": words.pad_token_id}
    own = AutoConfig.for_model(kind, **ids | shape)
    gpu = torch.cuda.is_available()
    with torch.device("cuda" if gpu else "cpu"):
        AutoModelForCausalLM.from_config(own, dtype=torch.bfloat16 if gpu else torch.float32).save_pretrained(out)
    words.save_pretrained(out)
    return out


def join(out: str, model: str, data: str, length: int) -> str:
    """Records one after the other as conversations of up to `length` tokens; their folder."""
    import polars as pl
    from transformers import AutoTokenizer

    from kgtools.corpora.record import RECORDS
    from kgtools.corpora.record_files import Sink

    words = AutoTokenizer.from_pretrained(model)
    rows = pl.read_parquet(Path(data) / "records.parquet")
    sizes = [len(words.apply_chat_template(row.to_list(), return_dict=True)["input_ids"]) for row in rows["messages"]]
    conversation, filled, conversations = 0, 0, []
    for size in sizes:
        conversation, filled = (conversation + 1, size) if filled + size > length else (conversation, filled + size)
        conversations.append(conversation)
    others = [pl.col(name).first() for name in rows.columns if name != "messages"]
    joined = rows.with_columns(talk=pl.Series(conversations)).group_by("talk", maintain_order=True)
    Path(out).mkdir()
    with Sink(Path(out) / "records.parquet", RECORDS) as sink:
        sink.write(
            joined.agg(*others, pl.col("messages").list.explode(keep_nulls=False, empty_as_null=False)).select(
                rows.columns
            )
        )
    return out


def trl(model: str, data: str, length: int, micro: int, steps: int, out: str, defaults: bool) -> dict:
    """Tokens a second and peak of memory of TRL's trainer on the same messages with the same adapter and batch."""
    import polars as pl
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoTokenizer, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    class Watch(TrainerCallback):
        seen: list = []

        def on_log(self, _args, state, _control, logs=None, **_):
            if "num_tokens" in (logs or {}):
                self.seen.append((state.global_step, logs["num_tokens"], time.monotonic()))

    messages = pl.read_parquet(Path(data) / "records.parquet").select("messages").to_dicts()
    how = {} if defaults else {"bf16": False, "activation_checkpointing": False}
    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(
            output_dir=out, per_device_train_batch_size=micro, max_length=length, max_steps=steps, logging_steps=1, report_to="none",
            save_strategy="no", use_cpu=not torch.cuda.is_available(), learning_rate=RATE, disable_tqdm=True, **how,
        ),
        train_dataset=Dataset.from_list(messages),
        processing_class=AutoTokenizer.from_pretrained(model),
        peft_config=LoraConfig(r=8, lora_alpha=32, lora_dropout=0.1, target_modules="all-linear", task_type="CAUSAL_LM"),
        callbacks=[Watch()],
    )  # fmt: skip
    trainer.train()
    taken = [(now[1] - before[1], now[2] - before[2]) for before, now in pairwise(Watch.seen)]
    return {"speed": measure_speed(taken[2:]), "peak": _peak()}


def waste(model: str, data: str, length: int, micro: int) -> dict:
    """The share of padding in batches grouped by length and in batches at random."""
    import polars as pl
    import torch
    from transformers import AutoTokenizer
    from transformers.trainer_pt_utils import LengthGroupedSampler

    words = AutoTokenizer.from_pretrained(model)
    rows = pl.read_parquet(Path(data) / "records.parquet")["messages"]
    lengths = [
        min(length, len(words.apply_chat_template(row.to_list(), return_dict=True)["input_ids"])) for row in rows
    ]
    draw = torch.Generator().manual_seed(0)
    orders = {
        "grouped": list(LengthGroupedSampler(micro, lengths=lengths, generator=draw)),
        "random": torch.randperm(len(lengths), generator=draw).tolist(),
    }
    shares = {}
    for name, order in orders.items():
        batches = [[lengths[row] for row in order[begin : begin + micro]] for begin in range(0, len(order), micro)]
        shares[name] = 1 - sum(lengths) / sum(max(batch) * len(batch) for batch in batches)
    return shares


def memory(model: str, reward: str, what: str, length: int) -> dict:
    """The peak of memory in a pass forward and backward, layers computed again: `one` model with an adapter that learns, four `roles`
    on it as PPO has them, or `four` models. Reference and reward are asked beside policy and value."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

    from kgtools.train.recipe import Recipe
    from kgtools.train.stages.ppo.losses import chunked_log_probs
    from kgtools.train.stages.ppo.roles import build

    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(0)
    ids = torch.randint(4, 500, (4, length), device=device)
    mask = torch.ones_like(ids)

    def load(kind=AutoModelForCausalLM, **more):
        return kind.from_pretrained(model, **more).to(device)

    def learner(kind, task: str, **more):
        base = load(kind, **more)
        base.gradient_checkpointing_enable({"use_reentrant": False})
        adapter = LoraConfig(r=8, lora_alpha=32, target_modules="all-linear", task_type=task)
        return get_peft_model(base, adapter).train()

    def log_probs_of(causal):
        return chunked_log_probs(hidden_states(causal)[:, :-1], causal.get_output_embeddings(), ids[:, 1:])[0]

    def hidden_states(network):
        return getattr(network, network.base_model_prefix)(ids, use_cache=False).last_hidden_state

    if what == "nothing":
        begin = _forget_peak()
    elif what == "one":
        only = learner(AutoModelForCausalLM, "CAUSAL_LM").get_base_model()
        begin = _forget_peak()
        log_probs_of(only).mean().backward()
    elif what == "roles":
        roles = build(load(), Recipe(title="", model=model, learning_rate=1e-3, steps=1), Path(reward)).train()
        begin = _forget_peak()
        with torch.no_grad():
            roles.log_probs("reference", ids, mask, 1.0)
            roles.scores(ids, mask)
        log_probs, _, values = roles(ids, mask, 1.0)
        (log_probs.mean() + values.mean()).backward()
    elif what == "four":
        policy = learner(AutoModelForCausalLM, "CAUSAL_LM").get_base_model()
        value = learner(AutoModelForSequenceClassification, "SEQ_CLS", num_labels=1).get_base_model()
        reference, judge = load(), load(AutoModelForSequenceClassification, num_labels=1)
        begin = _forget_peak()
        with torch.no_grad():
            log_probs_of(reference)
            hidden_states(judge)
        (log_probs_of(policy).mean() + hidden_states(value).mean()).backward()
    return {
        "held": begin,
        "peak": _peak(),
        "base": sum(file.stat().st_size for file in Path(model).glob("*.safetensors")),
    }


def _forget_peak() -> int:
    """Let the peak of memory begin anew, for loading needs more than what is loaded; the bytes that are held now."""
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    else:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _peak()


def _peak() -> int:
    """The most bytes since then, on the GPU or in memory."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) * 1024


INNER = {"make": make, "join": join, "trl": trl, "waste": waste, "memory": memory}

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    print(json.dumps(INNER[sys.argv[1]](**json.loads(sys.argv[2]))))
