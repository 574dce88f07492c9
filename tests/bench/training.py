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
import statistics
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from apart import RATE, measure_speed

ROOT = Path(__file__).parents[2]
ALLOW = "[LicenseRef-39health-unstated,LicenseRef-xywy-noncommercial]"
LENGTH = 256
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
    asked = parser.parse_args()
    with TemporaryDirectory(prefix="kgtools-bench-") as scratch:
        folder = Path(scratch)
        data = asked.records or _generate(folder, "qa")
        pairs = asked.preferences or _generate(folder, "preference")
        model = _model(asked.model, folder / "model", data, hidden=256, layers=4)
        print(f"{_machine()}; {asked.steps} steps of {asked.micro} records, {asked.rounds} rounds, medians")
        if asked.only != "ppo":
            long = data
            if asked.length > LENGTH:
                words = {"model": str(model), "data": str(data), "length": asked.length}
                long = Path(_apart("join", out=str(folder / "long"), **words))
            _measure_sft(folder, model, long, asked)
        if asked.only != "sft":
            large = model if asked.model else _model(None, folder / "large", data, hidden=512, layers=8)
            _measure_roles(folder, large, data, pairs, asked.length // 2)


def _machine() -> str:
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else f"CPU, {os.cpu_count()} cores"


def _on_cpu() -> bool:
    return _machine().startswith("CPU")


def _apart(what: str, /, **settings: object) -> object:
    """What an inner measurement gives, in a process of its own."""
    words = [sys.executable, Path(__file__).with_name("apart.py"), what, json.dumps(settings)]
    quiet = os.environ | {"HF_HUB_DISABLE_TELEMETRY": "1", "TOKENIZERS_PARALLELISM": "false"}
    if what == "memory":
        # what is let go goes back at once; else the peak is of what the C library keeps for later
        quiet |= {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
    done = subprocess.run(words, capture_output=True, encoding="utf-8", env=quiet, check=False)
    if done.returncode:
        sys.exit(f"{what}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _kgtools(*words: object) -> None:
    code = "from kgtools.tools.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)], capture_output=True, encoding="utf-8", cwd=ROOT, check=False
    )
    if done.returncode:
        sys.exit(f"kgtools {words[0]} {words[1]}: {done.stderr[-2000:]}")


def _generate(folder: Path, task: str) -> Path:
    """Records or preferences of the sample graphs."""
    samples, graph = ROOT / "kg" / "samples", folder / "graph"
    if not graph.exists():
        files = ("xywy", samples / "xywy" / "medical.json", "health39", samples / "39health" / "disease.csv")
        _kgtools("load", *files, "--graph", graph)
    how = [] if task == "qa" else ["--task", task, "--count", 200]
    _kgtools("generate", "--graph", graph, *how, "--seed", 7, "--out", folder / task)
    return folder / task


def _model(name: str | None, out: Path, data: Path, hidden: int, layers: int) -> Path:
    """The folder that is named, or a random model of a published shape or of this one."""
    if name and name not in LARGE:
        return Path(name)
    small = {
        "hidden_size": hidden, "intermediate_size": 4 * hidden, "num_hidden_layers": layers, "num_attention_heads": 8, "num_key_value_heads": 8,
    }  # fmt: skip
    kind, shape = LARGE[name] if name else ("qwen2", small)
    return Path(_apart("make", out=str(out), kind=kind, shape=shape, records=str(data)))


def _measure_sft(folder: Path, model: Path, data: Path, asked: argparse.Namespace) -> None:
    shared = {"model": str(model), "data": str(data), "length": asked.length, "micro": asked.micro}
    ours, compiled = "kgtools train sft", "kgtools train sft, compile=true"
    ways = {ours: [], compiled: ["compile=true"]}
    rivals = {"TRL, 32 bits, no checkpointing": False, "TRL, its defaults": True}
    if _on_cpu():
        # there the 16 bits of TRL's defaults are emulated, many times as slow
        del ways[compiled], rivals["TRL, its defaults"]
    elif asked.model:
        # 7 billion weights of 32 bits with all activations do not fit a GPU
        del rivals["TRL, 32 bits, no checkpointing"]
    speeds: dict[str, list[dict]] = {}
    for number in range(asked.rounds):
        for name, words in ways.items():
            measured = _ours(folder / f"sft-{number}-{len(words)}", model, data, asked, *words)
            speeds.setdefault(name, []).append(measured)
        for name, defaults in rivals.items():
            measured = _apart("trl", out=str(folder / f"trl-{number}"), **shared, steps=asked.steps, defaults=defaults)
            speeds.setdefault(name, []).append(measured)
    waste = _apart("waste", **shared)
    middles = {name: statistics.median(run["speed"] for run in runs) for name, runs in speeds.items()}
    print("\nfine-tuning, LoRA r 8, tokens that are no padding a second")
    for name, runs in speeds.items():
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
    on_cpu = _on_cpu()
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
    fast = measure_speed(steps[2:])
    flops = lines[-1]["mfu"] / lines[-1]["tokens_per_second"] if lines[-1].get("mfu") else None
    return {"speed": fast, "mfu": flops and flops * fast, "peak": lines[-1]["peak_memory"]}


def _measure_roles(folder: Path, model: Path, data: Path, pairs: Path, length: int) -> None:
    import orjson

    common = ["--recipe", "tiny", f"model={model}", f"allow_license={ALLOW}", f"learning_rate={RATE}", "--nproc", 1]
    if not _on_cpu():
        common += ["precision=bf16", "tf32=true"]
    _kgtools("train", "reward", *common, "--out", folder / "reward", f"data={pairs}", "steps=2")
    _kgtools(
        "train",
        "ppo",
        *common,
        "--out",
        folder / "ppo",
        f"data={data}",
        f"reward={folder / 'reward'}",
        "steps=4",
        "max_new_tokens=32",
    )
    spent = orjson.loads((folder / "ppo" / "run.json").read_bytes())["result"]["seconds"]
    total = sum(spent.values())
    print(
        "\nPPO, 4 steps of 32 answers of 32 tokens: "
        + ", ".join(f"{name} {part / total:.0%}" for name, part in spent.items())
    )
    settings = {"model": str(model), "reward": str(folder / "reward"), "length": length}
    peaks = {what: _apart("memory", **settings, what=what) for what in ("nothing", "one", "roles", "four")}
    one, ours, four = (peaks[what]["peak"] - peaks["nothing"]["peak"] for what in ("one", "roles", "four"))
    print(
        f"  peak memory of an update, libraries taken off: one base with one adapter {one / 1e6:,.0f} MB (its weights are "
        f"{peaks['one']['base'] / 1e6:,.0f} MB), four roles on it {ours / 1e6:,.0f} MB ({ours / one:.2f} times, aim 1.35), four models "
        f"{four / 1e6:,.0f} MB ({four / one:.2f} times)"
    )


if __name__ == "__main__":
    main()
