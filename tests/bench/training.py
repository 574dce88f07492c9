"""How fast and how small training is, beside TRL as it comes and four models for PPO: `make bench-train`.

Everything runs in turns on one machine, so the ratios hold on a busy one too. On a CPU the models are small and random; on a GPU
`--model FOLDER --records FOLDER` gives the figures that count. MFU: 6 N + 12 L H T floating-point operations a token where all
weights are trained, 4 N + 6 n + 12 L H T with adapters of n parameters, over what the device does at most in 16 bits.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

ALLOW = "[LicenseRef-39health-unstated,LicenseRef-xywy-noncommercial]"
STEPS, MICRO, LENGTH = 40, 16, 256


def main() -> None:
    """Measure, print and leave nothing behind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="folder of a model (default: a random one of 3 million parameters)")
    parser.add_argument("--records", type=Path, help="folder of records (default: those of the sample graphs)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each rival runs (default: %(default)s)")
    parser.add_argument("--length", type=int, default=LENGTH, help="tokens of a record at most (default: %(default)s)")
    parser.add_argument("--inner", nargs=2, metavar=("WHAT", "SETTINGS"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inner:
        print(json.dumps(INNER[asked.inner[0]](**json.loads(asked.inner[1]))))
        return
    with TemporaryDirectory(prefix="kgtools-bench-") as scratch:
        place = Path(scratch)
        data = asked.records or _records(place)
        model = asked.model or _apart("make", out=str(place / "model"), hidden=256, layers=4, records=str(data))
        print(f"{_machine()}; {STEPS} steps of {MICRO} records, {asked.rounds} rounds, medians")
        _fine_tuning(place, Path(model), data, asked.rounds, asked.length)
        large = asked.model or _apart("make", out=str(place / "large"), hidden=512, layers=8, records=str(data))
        _roles(place, Path(large), data)


def _machine() -> str:
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else f"CPU, {os.cpu_count()} cores"


def _apart(what: str, /, **settings: object) -> object:
    """What an inner measurement gives, in a process of its own."""
    words = [sys.executable, __file__, "--inner", what, json.dumps(settings)]
    quiet = os.environ | {"HF_HUB_DISABLE_TELEMETRY": "1", "TOKENIZERS_PARALLELISM": "false"}
    if what == "memory":  # what is let go goes back at once; else the peak is of what the C library keeps for later
        quiet |= {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
    done = subprocess.run(words, capture_output=True, encoding="utf-8", env=quiet, check=False)
    if done.returncode:
        sys.exit(f"{what}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _kgtools(*words: object) -> None:
    code = "from tools.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)], capture_output=True, encoding="utf-8", cwd=ROOT, check=False
    )
    if done.returncode:
        sys.exit(f"kgtools {words[0]} {words[1]}: {done.stderr[-2000:]}")


def _records(place: Path) -> Path:
    samples = ROOT / "kg" / "samples"
    _kgtools(
        "load",
        "xywy",
        samples / "xywy" / "medical.json",
        "health39",
        samples / "39health" / "disease.csv",
        "--graph",
        place / "graph",
    )
    _kgtools("generate", "--graph", place / "graph", "--seed", 7, "--out", place / "records")
    return place / "records"


def _fine_tuning(place: Path, model: Path, data: Path, rounds: int, length: int) -> None:
    speeds: dict[str, list[float]] = {}
    shared = {"model": str(model), "data": str(data), "length": length}
    rivals = {"TRL, 32 bits, no checkpointing": {"defaults": False}}
    if not _machine().startswith("CPU"):  # there the 16 bits of its defaults are emulated, many times as slow
        rivals["TRL, its defaults"] = {"defaults": True}
    for number in range(rounds):
        speeds.setdefault("kgtools train sft", []).append(_ours(place / f"sft-{number}", model, data, length))
        for name, how in rivals.items():
            told = _apart("trl", out=str(place / f"trl-{number}"), **shared, **how)
            speeds.setdefault(name, []).append(told["tokens_per_second"])
    waste = _apart("waste", **shared)
    ours = statistics.median(speeds["kgtools train sft"])
    print("\nfine-tuning, LoRA r 8, tokens that are no padding a second")
    for name, found in speeds.items():
        middle = statistics.median(found)
        print(
            f"  {name:32} {middle:9,.0f} [{min(found):,.0f} .. {max(found):,.0f}]   ours is {ours / middle:.2f} times it"
        )
    print(
        f"  padding: {waste['grouped']:.1%} of what is computed where records are grouped by length, {waste['random']:.1%} in TRL's order"
    )


def _ours(out: Path, model: Path, data: Path, length: int) -> float:
    precision = ["precision=fp32"] if _machine().startswith("CPU") else []
    _kgtools(
        "train", "sft", "--recipe", "tiny", "--out", out, f"model={model}", f"data={data}", f"allow_license={ALLOW}", f"max_length={length}",
        "lora.r=8", f"batch_size={MICRO}", f"micro_batch_size={MICRO}", f"steps={STEPS}", "log_every=1", "save_every=1000", "--nproc", 1,
        *precision,
    )  # fmt: skip
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_bytes().splitlines()]
    return speed([(line["tokens"], line["tokens"] / line["tokens_per_second"]) for line in _differences(lines)])


def _differences(lines: list[dict]) -> list[dict]:
    """Lines with the tokens of their own step, the first few left out: they warm up."""
    found = []
    for before, line in pairwise(lines):
        if line.get("tokens_per_second") and line["step"] > 3:
            found.append(line | {"tokens": line["tokens"] - before["tokens"]})
    return found


def speed(steps: list[tuple[float, float]]) -> float:
    """Tokens a second over steps of (tokens, seconds)."""
    return sum(tokens for tokens, _ in steps) / sum(seconds for _, seconds in steps)


def make(out: str, hidden: int, layers: int, records: str) -> str:
    """A random model of a size with a tokenizer of the records; its folder."""
    import polars as pl
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen2Config

    from train.models import tiny
    from train.tokens import chat

    rows = pl.read_parquet(Path(records) / "records.parquet")["messages"].head(500)
    tiny("qwen2", (message["content"] for row in rows for message in row), Path(out), 0)
    words = chat(AutoTokenizer.from_pretrained(out), "plain", None).tokenizer
    torch.manual_seed(0)
    own = Qwen2Config(
        vocab_size=len(words), hidden_size=hidden, intermediate_size=4 * hidden, num_hidden_layers=layers, num_attention_heads=8,
        num_key_value_heads=8, eos_token_id=words.eos_token_id, pad_token_id=words.pad_token_id,
    )  # fmt: skip
    AutoModelForCausalLM.from_config(own).save_pretrained(out)
    words.save_pretrained(out)
    return out


def trl(model: str, data: str, length: int, out: str, defaults: bool) -> dict:
    """Tokens a second of TRL's trainer on the same messages with the same adapter and batch."""
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
            output_dir=out, per_device_train_batch_size=MICRO, max_length=length, max_steps=STEPS, logging_steps=1, report_to="none",
            save_strategy="no", use_cpu=not torch.cuda.is_available(), learning_rate=1e-3, disable_tqdm=True, **how,
        ),
        train_dataset=Dataset.from_list(messages),
        processing_class=AutoTokenizer.from_pretrained(model),
        peft_config=LoraConfig(r=8, lora_alpha=32, lora_dropout=0.1, target_modules="all-linear", task_type="CAUSAL_LM"),
        callbacks=[Watch()],
    )  # fmt: skip
    trainer.train()
    pairs = pairwise(Watch.seen)
    steps = [(now[1] - before[1], now[2] - before[2]) for before, now in pairs if now[0] > 3]
    return {"tokens_per_second": speed(steps)}


def waste(model: str, data: str, length: int) -> dict:
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
        "grouped": list(LengthGroupedSampler(MICRO, lengths=lengths, generator=draw)),
        "random": torch.randperm(len(lengths), generator=draw).tolist(),
    }
    found = {}
    for name, order in orders.items():
        batches = [[lengths[row] for row in order[begin : begin + MICRO]] for begin in range(0, len(order), MICRO)]
        found[name] = 1 - sum(lengths) / sum(max(batch) * len(batch) for batch in batches)
    return found


def _roles(place: Path, model: Path, data: Path) -> None:
    import orjson

    common = ["--recipe", "tiny", f"model={model}", f"allow_license={ALLOW}", "--nproc", 1]
    _kgtools(
        "generate", "--graph", place / "graph", "--task", "preference", "--count", 200, "--out", place / "preferences"
    )
    _kgtools("train", "reward", *common, "--out", place / "reward", f"data={place / 'preferences'}", "steps=2")
    _kgtools(
        "train",
        "ppo",
        *common,
        "--out",
        place / "ppo",
        f"data={data}",
        f"reward={place / 'reward'}",
        "steps=4",
        "max_new_tokens=32",
    )
    spent = orjson.loads((place / "ppo" / "run.json").read_bytes())["result"]["seconds"]
    whole = sum(spent.values())
    print(
        "\nPPO, 4 steps of 32 answers of 32 tokens: "
        + ", ".join(f"{name} {part / whole:.0%}" for name, part in spent.items())
    )
    settings = {"model": str(model), "reward": str(place / "reward")}
    held = {what: _apart("memory", **settings, what=what) for what in ("nothing", "one", "roles", "four")}
    one, ours, four = (held[what]["peak"] - held["nothing"]["peak"] for what in ("one", "roles", "four"))
    print(
        f"  peak memory of an update, libraries taken off: one base with one adapter {one / 1e6:,.0f} MB (its weights are "
        f"{held['one']['base'] / 1e6:,.0f} MB), four roles on it {ours / 1e6:,.0f} MB ({ours / one:.2f} times, aim 1.35), four models "
        f"{four / 1e6:,.0f} MB ({four / one:.2f} times)"
    )


def memory(model: str, reward: str, what: str) -> dict:
    """The peak of memory in a pass forward and backward, layers computed again: `one` model with an adapter that learns, four `roles`
    on it as PPO has them, or `four` models. Reference and reward are asked beside policy and value."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

    from train.ppo.maths import chunked_log_probs
    from train.ppo.roles import build
    from train.recipe import Recipe

    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(0)
    ids = torch.randint(4, 500, (4, 128), device=device)
    mask = torch.ones_like(ids)

    def load(kind=AutoModelForCausalLM, **more):
        return kind.from_pretrained(model, **more).to(device)

    def learner(kind, task: str, **more):
        base = load(kind, **more)
        base.gradient_checkpointing_enable({"use_reentrant": False})
        adapter = LoraConfig(r=8, lora_alpha=32, target_modules="all-linear", task_type=task)
        return get_peft_model(base, adapter).train()

    def said(causal):
        return chunked_log_probs(hidden(causal)[:, :-1], causal.get_output_embeddings(), ids[:, 1:])[0]

    def hidden(whole):
        return getattr(whole, whole.base_model_prefix)(ids, use_cache=False).last_hidden_state

    if what == "nothing":
        begin = _forget_peak()
    elif what == "one":
        only = learner(AutoModelForCausalLM, "CAUSAL_LM").get_base_model()
        begin = _forget_peak()
        said(only).mean().backward()
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
            said(reference)
            hidden(judge)
        (said(policy).mean() + hidden(value).mean()).backward()
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


INNER = {"make": make, "trl": trl, "waste": waste, "memory": memory}

if __name__ == "__main__":
    main()
