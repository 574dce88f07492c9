"""How fast and how small training is, beside TRL as it comes and four models for PPO: `make bench-train`.

Everything runs in turns on one machine, so the ratios hold on a busy one too. On a CPU the models are small and random. On a GPU

    python tests/bench/training.py --model llama-7b --length 1024 --micro 4

gives the figures that count: a random model of the shape of LLaMA-7B (or bloom-7b1, or a folder), records joined to conversations of
about 1,024 tokens. MFU: 6 N + 12 L H T floating-point operations a token where all weights are trained, 4 N + 6 n + 12 L H T with
adapters of n parameters, over what the device does at most in 16 bits.
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
LENGTH, RATE = 256, 1e-5
LARGE = {
    "llama-7b": ("llama", {"vocab_size": 32_000, "hidden_size": 4096, "intermediate_size": 11_008, "num_hidden_layers": 32,
                           "num_attention_heads": 32, "num_key_value_heads": 32}),
    "bloom-7b1": ("bloom", {"vocab_size": 250_880, "hidden_size": 4096, "n_layer": 30, "n_head": 32}),
}  # fmt: skip
"""Shapes of published models."""


def main() -> None:
    """Measure, print and leave nothing behind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--model", help=f"a folder, or a random one: {' or '.join(LARGE)} (default: one of 3 million parameters)"
    )
    parser.add_argument("--records", type=Path, help="folder of records (default: those of the sample graphs)")
    parser.add_argument("--preferences", type=Path, help="folder of preferences (default: those of the sample graphs)")
    parser.add_argument("--only", choices=("sft", "ppo"), help="one part alone")
    parser.add_argument("--steps", type=int, default=40, help="steps of each run (default: %(default)s)")
    parser.add_argument("--micro", type=int, default=16, help="records of a step (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each rival runs (default: %(default)s)")
    parser.add_argument("--length", type=int, default=LENGTH, help="tokens of a record at most (default: %(default)s)")
    parser.add_argument("--inner", nargs=2, metavar=("WHAT", "SETTINGS"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inner:
        print(json.dumps(INNER[asked.inner[0]](**json.loads(asked.inner[1]))))
        return
    with TemporaryDirectory(prefix="kgtools-bench-") as scratch:
        place = Path(scratch)
        data = asked.records or _generated(place, "qa")
        pairs = asked.preferences or _generated(place, "preference")
        model = _model(asked.model, place / "model", data, hidden=256, layers=4)
        print(f"{_machine()}; {asked.steps} steps of {asked.micro} records, {asked.rounds} rounds, medians")
        if asked.only != "ppo":
            long = data
            if asked.length > LENGTH:
                words = {"model": str(model), "data": str(data), "length": asked.length}
                long = Path(_apart("join", out=str(place / "long"), **words))
            _fine_tuning(place, model, long, asked)
        if asked.only != "sft":
            large = model if asked.model else _model(None, place / "large", data, hidden=512, layers=8)
            _roles(place, large, data, pairs, asked.length // 2)


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


def _generated(place: Path, task: str) -> Path:
    """Records or preferences of the sample graphs."""
    samples, graph = ROOT / "kg" / "samples", place / "graph"
    if not graph.exists():
        files = ("xywy", samples / "xywy" / "medical.json", "health39", samples / "39health" / "disease.csv")
        _kgtools("load", *files, "--graph", graph)
    how = [] if task == "qa" else ["--task", task, "--count", 200]
    _kgtools("generate", "--graph", graph, *how, "--seed", 7, "--out", place / task)
    return place / task


def _model(name: str | None, out: Path, data: Path, hidden: int, layers: int) -> Path:
    """The folder that is named, or a random model of a published shape or of this one."""
    if name and name not in LARGE:
        return Path(name)
    small = {
        "hidden_size": hidden, "intermediate_size": 4 * hidden, "num_hidden_layers": layers, "num_attention_heads": 8, "num_key_value_heads": 8,
    }  # fmt: skip
    kind, shape = LARGE[name] if name else ("qwen2", small)
    return Path(_apart("make", out=str(out), kind=kind, shape=shape, records=str(data)))


def _fine_tuning(place: Path, model: Path, data: Path, asked: argparse.Namespace) -> None:
    shared = {"model": str(model), "data": str(data), "length": asked.length, "micro": asked.micro}
    ours, compiled = "kgtools train sft", "kgtools train sft, compile=true"
    ways = {ours: [], compiled: ["compile=true"]}
    rivals = {"TRL, 32 bits, no checkpointing": False, "TRL, its defaults": True}
    if _machine().startswith("CPU"):  # there the 16 bits of TRL's defaults are emulated, many times as slow
        del ways[compiled], rivals["TRL, its defaults"]
    elif asked.model:  # 7 billion weights of 32 bits with all activations do not fit a GPU
        del rivals["TRL, 32 bits, no checkpointing"]
    found: dict[str, list[dict]] = {}
    for number in range(asked.rounds):
        for name, words in ways.items():
            told = _ours(place / f"sft-{number}-{len(words)}", model, data, asked, *words)
            found.setdefault(name, []).append(told)
        for name, defaults in rivals.items():
            told = _apart("trl", out=str(place / f"trl-{number}"), **shared, steps=asked.steps, defaults=defaults)
            found.setdefault(name, []).append(told)
    waste = _apart("waste", **shared)
    middles = {name: statistics.median(run["speed"] for run in runs) for name, runs in found.items()}
    print("\nfine-tuning, LoRA r 8, tokens that are no padding a second")
    for name, runs in found.items():
        least, most = (kind(run["speed"] for run in runs) for kind in (min, max))
        more = f"{runs[0]['peak'] / 1e9:.1f} GB"
        if runs[0].get("mfu"):
            more += f", MFU {statistics.median(run['mfu'] for run in runs):.1%}"
        ratios = "".join(f"   {middles[way] / middles[name]:.2f} times it: {way}" for way in ways if name in rivals)
        print(f"  {name:32} {middles[name]:9,.0f} [{least:,.0f} .. {most:,.0f}]   {more}{ratios}")
    print(
        f"  padding: {waste['grouped']:.1%} of what is computed where records are grouped by length, {waste['random']:.1%} in TRL's order"
    )


def _ours(out: Path, model: Path, data: Path, asked: argparse.Namespace, *words: str) -> dict:
    """Tokens a second, MFU and peak of memory of `kgtools train sft`."""
    on_cpu = _machine().startswith("CPU")
    _kgtools(
        "train", "sft", "--recipe", "tiny", "--out", out, f"model={model}", f"data={data}", f"allow_license={ALLOW}",
        f"max_length={asked.length}", "lora.r=8", f"batch_size={asked.micro}", f"micro_batch_size={asked.micro}", f"steps={asked.steps}",
        "log_every=1", "save_every=1000", "--nproc", 1, f"precision={'fp32' if on_cpu else 'bf16'}", f"tf32={str(not on_cpu).lower()}",
        "gradient_checkpointing=auto", f"learning_rate={RATE}", *words,
    )  # fmt: skip
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_bytes().splitlines()]
    lines = [line for line in lines if line.get("tokens_per_second") is not None or line["step"] == 1]
    steps = [
        (now["tokens"] - before["tokens"], (now["tokens"] - before["tokens"]) / now["tokens_per_second"])
        for before, now in pairwise(lines)
    ]
    fast = speed(steps[2:])
    flops = lines[-1]["mfu"] / lines[-1]["tokens_per_second"] if lines[-1].get("mfu") else None
    return {"speed": fast, "mfu": flops and flops * fast, "peak": lines[-1]["peak_memory"]}


def speed(steps: list[tuple[float, float]]) -> float:
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

    from train.models import tiny
    from train.tokens import chat

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

    from corpora.record import RECORDS
    from corpora.shards import Sink

    words = AutoTokenizer.from_pretrained(model)
    rows = pl.read_parquet(Path(data) / "records.parquet")
    sizes = [len(words.apply_chat_template(row.to_list(), return_dict=True)["input_ids"]) for row in rows["messages"]]
    talk, held, talks = 0, 0, []
    for size in sizes:
        talk, held = (talk + 1, size) if held + size > length else (talk, held + size)
        talks.append(talk)
    others = [pl.col(name).first() for name in rows.columns if name != "messages"]
    joined = rows.with_columns(talk=pl.Series(talks)).group_by("talk", maintain_order=True)
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
    return {"speed": speed(taken[2:]), "peak": _peak()}


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
    found = {}
    for name, order in orders.items():
        batches = [[lengths[row] for row in order[begin : begin + micro]] for begin in range(0, len(order), micro)]
        found[name] = 1 - sum(lengths) / sum(max(batch) * len(batch) for batch in batches)
    return found


def _roles(place: Path, model: Path, data: Path, pairs: Path, length: int) -> None:
    import orjson

    common = ["--recipe", "tiny", f"model={model}", f"allow_license={ALLOW}", f"learning_rate={RATE}", "--nproc", 1]
    if not _machine().startswith("CPU"):
        common += ["precision=bf16", "tf32=true"]
    _kgtools("train", "reward", *common, "--out", place / "reward", f"data={pairs}", "steps=2")
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
    settings = {"model": str(model), "reward": str(place / "reward"), "length": length}
    held = {what: _apart("memory", **settings, what=what) for what in ("nothing", "one", "roles", "four")}
    one, ours, four = (held[what]["peak"] - held["nothing"]["peak"] for what in ("one", "roles", "four"))
    print(
        f"  peak memory of an update, libraries taken off: one base with one adapter {one / 1e6:,.0f} MB (its weights are "
        f"{held['one']['base'] / 1e6:,.0f} MB), four roles on it {ours / 1e6:,.0f} MB ({ours / one:.2f} times, aim 1.35), four models "
        f"{four / 1e6:,.0f} MB ({four / one:.2f} times)"
    )


def memory(model: str, reward: str, what: str, length: int) -> dict:
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
    ids = torch.randint(4, 500, (4, length), device=device)
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


INNER = {"make": make, "join": join, "trl": trl, "waste": waste, "memory": memory}

if __name__ == "__main__":
    main()
