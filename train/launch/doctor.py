"""What training needs of a machine, looked at before it begins; heavy libraries are tried in a process apart."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import orjson

EXTRA = "pip install 'kgtools[train]'"
PIN = re.compile(r"""([\w.-]+)\s*==\s*([^\s;]+)\s*;.*\bextra\s*==\s*['"]train['"]""")
"""A pinned library of the extra, as the package's metadata has it: `torch==2.13.0; extra == "train"`."""
OPTIONAL = {
    "bitsandbytes": "quantize", "flash-attn": "FlashAttention", "kernels": "kernels from the hub",
    "liger-kernel": "Liger kernels", "vllm": "generation by vLLM",
}  # fmt: skip
PROBE_S = 120.0
"""Seconds that a trial may take: libraries take some to be imported, and processes that do not meet give up after 30."""
GB = 1e9
DISK_GB, MEMORY_GB, SHARED_GB = 50, 8, 1
"""What is warned of below: a model of 7 billion parameters has 14 GB, and base, merged model and checkpoints lie side by side; its shards
pass through memory; a container has 64 MB of shared memory unless it is told otherwise, and processes talk through it."""
MEMINFO, CGROUP, SHARED = Path("/proc/meminfo"), Path("/sys/fs/cgroup/memory.max"), Path("/dev/shm")
"""Where Linux tells of memory: of the machine, of a container, and what processes share."""
OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
"""Variables with which nothing is fetched from the hub."""
FAULT = re.compile(r"[\w.]*(Error|Exception)\b.*")
"""A line that names an error: `torch.cuda.OutOfMemoryError: CUDA out of memory`."""

TORCH = """
import json, warnings, torch, torch.distributed as dist
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    seen = torch.cuda.is_available()
gpus = []
for number in range(torch.cuda.device_count() if seen else 0):
    with torch.cuda.device(number):
        torch.ones(8, device="cuda").sum().item()
        free, total = torch.cuda.mem_get_info()
        low = torch.cuda.is_bf16_supported(including_emulation=False)
        gpus.append({"name": torch.cuda.get_device_name(), "free": free, "total": total, "bf16": low})
print(json.dumps({
    "cuda": torch.version.cuda or torch.version.hip, "gpus": gpus, "why": [str(warning.message) for warning in told],
    "nccl": torch.cuda.nccl.version() if dist.is_available() and dist.is_nccl_available() else None,
}))
"""
DEEPSPEED = """
import json, deepspeed
from deepspeed.accelerator import get_accelerator
chosen = get_accelerator()
print(json.dumps({"name": chosen.device_name(), "backend": chosen.communication_backend_name()}))
"""
GLOO = """
import datetime, json, sys, torch, torch.distributed as dist
meet, rank = dist.FileStore(sys.argv[1], 2), int(sys.argv[2])
dist.init_process_group("gloo", store=meet, rank=rank, world_size=2, timeout=datetime.timedelta(seconds=30))
ours = torch.ones(8) * (rank + 1)
dist.all_reduce(ours)
dist.destroy_process_group()
print(json.dumps({"sum": ours.sum().item()}))
"""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: where it is `missing` training fails, at a `warning` it may fail or be slow."""

    what: str
    state: Literal["ok", "warning", "missing"]
    detail: str
    way_out: str = ""

    def to_dict(self) -> dict[str, str]:
        """As JSON has it; `found` is the detail."""
        return {"what": self.what, "state": self.state, "found": self.detail, "way_out": self.way_out}


def examine(out: Path | None = None) -> list[Check]:
    """Everything that is looked at, in a fixed order. `out`: where results are to go, else the current folder."""
    return [
        *_libraries(),
        *(_check_torch() if _installed_version("torch") else []),
        *(
            Check(name, "ok", _installed_version(name) or f"not installed (needed only for {use})")
            for name, use in OPTIONAL.items()
        ),
        _compiler(),
        _disk("disk for results", out or Path.cwd(), "choose another place with --out, or free some space"),
        _disk("disk for models", _cache(), "set HF_HOME to a place with more, or free some space"),
        *_memory(),
        _hub(),
    ]


def _installed_version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _libraries() -> list[Check]:
    """Each library that is pinned and there; what is absent, in one check: it has one cause and one way out."""
    try:
        lines = requires("kgtools") or []
    except PackageNotFoundError:
        lines = []
    pins = {pin[1]: pin[2] for line in lines if (pin := PIN.match(line))}
    if not pins:
        return [Check("libraries", "missing", "this kgtools was installed without its list of libraries", EXTRA)]
    installed = {name: found_version for name in pins if (found_version := _installed_version(name))}
    checks = [_library(name, found_version, pins[name]) for name, found_version in installed.items()]
    if absent := sorted(pins.keys() - installed.keys()):
        checks.append(Check("libraries", "missing", f"not installed: {', '.join(absent)}", EXTRA))
    return checks


def _library(name: str, installed: str, pin: str) -> Check:
    # 2.13.0+cpu is 2.13.0, built for other devices
    same = installed.partition("+")[0] == pin
    detail = installed if same else f"{installed}; kgtools was tested with {pin}"
    return _optional(name, same, detail, f"pip install {name}=={pin}")


def _optional(what: str, met: bool, detail: str, way_out: str) -> Check:
    """Something that training may do without: where it is met the way out is left out."""
    return Check(what, "ok", detail) if met else Check(what, "warning", detail, way_out)


def _check_torch() -> list[Check]:
    """torch; where it starts, also what needs it."""
    report = _probe(TORCH)
    if isinstance(report, str):
        return [Check("torch starts", "missing", report, f"install it again, as fits the driver of the GPU: {EXTRA}")]
    nccl = f"NCCL {'.'.join(map(str, report['nccl']))}" if report["nccl"] else "no NCCL"
    built = f"built for CUDA {report['cuda']}, {nccl}" if report["cuda"] else "built for the CPU"
    with ThreadPoolExecutor() as pool:
        trials = [pool.submit(_gloo)]
        if _installed_version("deepspeed"):
            trials.insert(0, pool.submit(_deepspeed, bool(report["gpus"])))
        return [Check("torch starts", "ok", built), _gpu(report), *(trial.result() for trial in trials)]


def _probe(code: str, *arguments: str, **environment: str) -> dict[str, Any] | str:
    """The JSON that a Python process of its own printed, or a line that says why there is none."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], env=os.environ | {"PYTHONSAFEPATH": "1"} | environment, check=False,
            stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace", timeout=PROBE_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        last = _last_error((error.stderr or b"").decode("utf-8", "replace"))
        return f"no answer in {PROBE_S:g} seconds{last and f'; its last words: {last}'}"
    if done.returncode:
        return _last_error(done.stderr) or f"ended with code {done.returncode}, without a word"
    report: dict[str, Any] = orjson.loads(next(line for line in reversed(done.stdout.splitlines()) if line[:1] == "{"))
    return report


def _last_error(text: str) -> str:
    """The last line that names an error (CUDA's go on with advice), else the last line."""
    lines = text.strip().splitlines() or [""]
    return next((line for line in reversed(lines) if FAULT.match(line)), lines[-1])


def _gpu(report: dict[str, Any]) -> Check:
    gpus = report["gpus"]
    if not gpus:
        why = report["why"] if report["cuda"] else ["this torch was built without CUDA"]
        detail = ": ".join(["none that torch sees", *(line.partition("\n")[0] for line in why)])
        return Check("GPU", "warning", detail, "trains on the CPU: for tiny models only")
    detail = ", ".join(f"{gpu['name']} ({gpu['total'] / GB:.0f} GB, {gpu['free'] / GB:.0f} free)" for gpu in gpus)
    bf16 = all(gpu["bf16"] for gpu in gpus)
    return _optional("GPU", bf16, f"{detail}, {'bf16' if bf16 else 'without bf16'}", "precision=fp16 in the recipe")


def _deepspeed(gpu: bool) -> Check:
    report = _probe(DEEPSPEED)
    if isinstance(report, str):
        return Check("DeepSpeed starts", "missing", report, "zero=0 in the recipe trains without DeepSpeed")
    fits = not gpu or report["name"] != "cpu"
    detail = f"accelerator {report['name']}, backend {report['backend']}" + ("" if fits else ", though there is a GPU")
    return _optional("DeepSpeed starts", fits, detail, "unset DS_ACCELERATOR")


def _gloo() -> Check:
    """Two processes add up numbers, over the interface that a run on one machine takes."""
    interface = os.environ.get("GLOO_SOCKET_IFNAME", "lo")
    with TemporaryDirectory(prefix="kgtools-") as folder, ThreadPoolExecutor(2) as both:
        ranks = [both.submit(_probe, GLOO, f"{folder}/meet", rank, GLOO_SOCKET_IFNAME=interface) for rank in "01"]
        sums = [rank.result() for rank in ranks]
    if why := next((f"over {interface}: {rank}" for rank in sums if rank != {"sum": 24.0}), None):
        way = "name a network interface: GLOO_SOCKET_IFNAME (NCCL_SOCKET_IFNAME for GPUs on several machines)"
        return Check("processes meet", "missing", why, way)
    return Check("processes meet", "ok", f"two of them, by gloo over {interface}")


def _compiler() -> Check:
    named = os.environ.get("CXX", "").split()[:1] or ["c++", "g++"]
    tools = {
        f"C++ compiler ({' or '.join(named)})": any(map(shutil.which, named)),
        "ninja": shutil.which("ninja"),
        "Python.h": Path(sysconfig.get_path("include"), "Python.h").is_file(),
    }
    absent = [tool for tool, there in tools.items() if not there]
    way = "apt install g++ ninja-build python3-dev: Triton compiles on GPUs; DeepSpeed would on CPUs, kgtools stops it"
    return _optional("compiling", not absent, f"no {', no '.join(absent)}" if absent else ", ".join(tools), way)


def _cache() -> Path:
    """Where the Hugging Face libraries keep models."""
    home = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")) / "huggingface"
    return Path(os.environ.get("HF_HUB_CACHE") or os.environ.get("HF_HOME") or home).expanduser()


def _disk(what: str, folder: Path, way_out: str) -> Check:
    try:
        existing = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
        free = shutil.disk_usage(existing).free / GB
    except OSError as error:
        return Check(what, "warning", f"{folder}: {error.strerror}", way_out)
    way_out = f"large models take {DISK_GB} GB or more; {way_out}"
    return _optional(what, free >= DISK_GB, f"{free:,.0f} GB free at {folder}", way_out)


def machine_memory() -> dict[str, int]:
    """Bytes of the machine or, where that is less, of the container; nothing where the system does not say."""
    if not MEMINFO.is_file():
        return {}
    lines = re.findall(r"(?m)^(MemTotal|MemAvailable):\s+(\d+) kB", MEMINFO.read_text(encoding="utf-8"))
    limit = CGROUP.read_text(encoding="utf-8").strip() if CGROUP.is_file() else "max"
    sizes = {name: int(number) * 1024 for name, number in lines}
    return sizes if limit == "max" else {name: min(number, int(limit)) for name, number in sizes.items()}


def device_memory(nproc: int) -> int | None:
    """Bytes of the smallest GPU or, where there is none, of the machine for each of `nproc` processes; None where that is not known.

    GPUs are asked by a process of its own: whoever asks keeps some of their memory as long as it lives."""
    import torch

    if torch.cuda.device_count():
        report = _probe(TORCH)
        return None if isinstance(report, str) else min((gpu["total"] for gpu in report["gpus"]), default=None)
    total = machine_memory().get("MemTotal")
    return total and total // nproc


def _memory() -> list[Check]:
    """Of the machine; and what processes talk through."""
    checks = []
    if size := machine_memory():
        detail = f"{size['MemTotal'] / GB:,.0f} GB, {size['MemAvailable'] / GB:,.0f} free"
        way = "a smaller model, or more memory: weights pass through it, 2 to 4 bytes for each parameter"
        checks.append(_optional("memory", size["MemAvailable"] >= MEMORY_GB * GB, detail, way))
    if SHARED.is_dir():
        total = shutil.disk_usage(SHARED).total / GB
        way = "processes on several GPUs talk through it: docker run --shm-size=8g, or --ipc=host"
        checks.append(_optional("shared memory", total >= SHARED_GB, f"{total:,.2f} GB at {SHARED}", way))
    return checks


def _hub() -> Check:
    """`train.launch.processes` switches telemetry off."""
    named = next((name for name in OFFLINE if os.environ.get(name, "").upper() in ("1", "ON", "YES", "TRUE")), None)
    fetched = f"{named} is set: nothing is fetched" if named else "models that are not there are fetched"
    return Check("Hugging Face hub", "ok", f"{fetched}; no telemetry is sent")
