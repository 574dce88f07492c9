import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kgtools.train.launch import doctor
from kgtools.train.launch.doctor import Check, examine

ROOT = Path(__file__).resolve().parents[3]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
PINS: dict[str, str] = dict(pin.split("==") for pin in EXTRAS["train"])
TRIALS = {"torch starts", "GPU", "DeepSpeed starts", "processes meet"}

FAKE_TORCH = {
    "__init__.py": """
from . import cuda, version
class Numbers:
    def sum(self): return self
    def item(self): return 8.0
def ones(size, device): return Numbers()
""",
    "version.py": "cuda, hip = '13.0', None",
    "distributed.py": "def is_available(): return False",
    "cuda.py": """
import contextlib
GPUS = [("NVIDIA H100", True), ("NVIDIA H100", True)]
def is_available(): return bool(GPUS)
def device_count(): return len(GPUS)
def device(number):
    global now
    now = number
    return contextlib.nullcontext()
def mem_get_info(): return 70_000_000_000, 85_000_000_000
def is_bf16_supported(including_emulation): return GPUS[now][1]
def get_device_name(): return GPUS[now][0]
""",
}


@pytest.fixture(autouse=True)
def _plain_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """kgtools as pyproject has it, however old the installed one is, and no variables of the developer's."""
    lines = [f"{need}; extra == '{extra}'" for extra, needs in EXTRAS.items() for need in needs]
    monkeypatch.setattr(doctor, "requires", lambda _: ["click>=8.1", *lines])
    for name in ("CXX", "GLOO_SOCKET_IFNAME", "DS_ACCELERATOR", "HF_HOME", "HF_HUB_CACHE", *doctor.OFFLINE):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let these distributions be there and no others."""

    def put(**versions: str) -> None:
        def version(name: str) -> str:
            if name not in versions:
                raise PackageNotFoundError(name)
            return versions[name]

        monkeypatch.setattr(doctor, "version", version)

    return put


@pytest.fixture
def fake_torch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, installed: Callable[..., None]) -> Callable[..., None]:
    """Let other processes find a torch that sees two GPUs; `body` stands at its end, `cuda` at that of torch.cuda."""

    def put(body: str = "", cuda: str = "") -> None:
        home = tmp_path / "fake" / "torch"
        home.mkdir(parents=True)
        for name, text in FAKE_TORCH.items():
            (home / name).write_text(text + {"__init__.py": body, "cuda.py": cuda}.get(name, ""), encoding="utf-8")
        monkeypatch.setenv("PYTHONPATH", str(home.parent))
        installed(torch=PINS["torch"])

    return put


def named(checks: list[Check], what: str) -> Check:
    (found,) = [check for check in checks if check.what == what]
    return found


def test_on_a_machine_with_the_libraries_nothing_is_missing(tmp_path: Path) -> None:
    checks = examine(tmp_path)

    assert [check for check in checks if check.state == "missing"] == []
    assert {check.what for check in checks} >= TRIALS | PINS.keys()
    assert named(checks, "processes meet").detail == "two of them, by gloo over lo"
    assert named(checks, "DeepSpeed starts").detail.startswith("accelerator c")  # cpu or cuda


def test_a_network_interface_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, installed: Callable[..., None]
) -> None:
    installed(torch=PINS["torch"])  # without DeepSpeed, which need not start for this
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "nothere0")

    check = named(examine(), "processes meet")

    assert check.state == "missing"
    assert "nothere0" in check.detail
    assert "GLOO_SOCKET_IFNAME" in check.way_out
    assert "NCCL_SOCKET_IFNAME" in check.way_out


def test_the_doctor_imports_no_library_that_it_examines(fake_torch: Callable[..., None]) -> None:
    fake_torch("raise ImportError")
    script = "import sys; from kgtools.train.launch.doctor import examine; examine(); print(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "kgtools.train.launch.doctor" in done.stdout.split()
    assert not PINS.keys() & set(done.stdout.split())


def test_without_libraries_one_check_is_missing_and_names_them_all(installed: Callable[..., None]) -> None:
    installed()

    checks = examine()

    missing = [check for check in checks if check.state == "missing"]
    names = ", ".join(sorted(PINS))
    assert missing == [Check("libraries", "missing", f"not installed: {names}", "pip install 'kgtools[train]'")]
    assert not {check.what for check in checks} & TRIALS


def test_one_absent_library_is_missing_beside_those_that_are_there(installed: Callable[..., None]) -> None:
    installed(**{name: pin for name, pin in PINS.items() if name not in ("torch", "trl")})

    checks = examine()

    assert named(checks, "libraries").detail == "not installed: torch, trl"
    assert named(checks, "peft") == Check("peft", "ok", PINS["peft"])


def test_another_version_than_the_tested_one_is_a_warning_that_names_it(installed: Callable[..., None]) -> None:
    installed(trl="1.12.0", peft=PINS["peft"])

    checks = examine()

    pin = PINS["trl"]
    assert named(checks, "trl") == Check(
        "trl", "warning", f"1.12.0; kgtools was tested with {pin}", f"pip install trl=={pin}"
    )
    assert named(checks, "peft").state == "ok"


def test_a_build_for_other_devices_is_the_tested_version(fake_torch: Callable[..., None], installed: Any) -> None:
    fake_torch()
    installed(torch=f"{PINS['torch']}+cpu")

    assert named(examine(), "torch") == Check("torch", "ok", f"{PINS['torch']}+cpu")


@pytest.mark.parametrize(
    "lines", [None, ["click>=8.1", "rdflib>=7.0; extra == 'rdf'"], PackageNotFoundError("kgtools")]
)
def test_a_kgtools_without_the_extra_is_to_be_installed_anew(
    monkeypatch: pytest.MonkeyPatch, installed: Callable[..., None], lines: list[str] | Exception | None
) -> None:
    def requires(_: str) -> list[str] | None:
        if isinstance(lines, Exception):
            raise lines
        return lines

    monkeypatch.setattr(doctor, "requires", requires)
    installed()

    missing = [check for check in examine() if check.state == "missing"]

    assert [(check.what, check.way_out) for check in missing] == [("libraries", "pip install 'kgtools[train]'")]


@pytest.mark.parametrize(
    "line", ["torch==2.13.0; extra == 'train'", 'torch == 2.13.0 ; python_version > "3" and extra == "train"']
)
def test_pins_are_read_however_they_are_spaced_and_quoted(
    monkeypatch: pytest.MonkeyPatch, installed: Callable[..., None], line: str
) -> None:
    monkeypatch.setattr(doctor, "requires", lambda _: ["trl==1.0; extra == 'trainer'", line])
    installed()

    assert named(examine(), "libraries").detail == "not installed: torch"


def test_gpus_are_told_with_their_memory(fake_torch: Callable[..., None]) -> None:
    fake_torch()

    checks = examine()

    one = "NVIDIA H100 (85 GB, 70 free)"
    assert named(checks, "GPU") == Check("GPU", "ok", f"{one}, {one}, bf16")
    assert named(checks, "torch starts").detail == "built for CUDA 13.0, no NCCL"


def test_one_gpu_without_bf16_is_a_warning(fake_torch: Callable[..., None]) -> None:
    fake_torch(cuda="GPUS[1] = ('NVIDIA V100', False)")

    check = named(examine(), "GPU")

    assert (check.state, check.way_out) == ("warning", "precision=fp16 in the recipe")
    assert check.detail.endswith("NVIDIA V100 (85 GB, 70 free), without bf16")


def test_a_driver_that_is_too_old_is_told_in_the_words_of_torch(fake_torch: Callable[..., None]) -> None:
    old = "def is_available():\n    import warnings\n    warnings.warn('The NVIDIA driver on your system is too old')\n    return False"
    fake_torch(cuda=old)

    check = named(examine(), "GPU")

    assert (check.state, check.way_out) == ("warning", "trains on the CPU: for tiny models only")
    assert check.detail == "none that torch sees: The NVIDIA driver on your system is too old"


def test_a_gpu_that_does_not_work_is_told_by_its_error_and_nothing_else_is_tried(
    fake_torch: Callable[..., None],
) -> None:
    fake_torch(
        "def ones(size, device):\n    raise RuntimeError('CUDA error: no kernel image\\nCompile with TORCH_USE_CUDA_DSA')"
    )

    checks = examine()

    assert named(checks, "torch starts").detail == "RuntimeError: CUDA error: no kernel image"
    assert named(checks, "torch starts").state == "missing"
    assert {check.what for check in checks} & TRIALS == {"torch starts"}


def test_a_process_that_dies_without_a_word_is_missing(fake_torch: Callable[..., None]) -> None:
    fake_torch("import os\nos._exit(7)")

    check = named(examine(), "torch starts")

    assert (check.state, check.detail) == ("missing", "ended with code 7, without a word")


def test_a_process_that_hangs_is_given_up_with_its_last_words(
    monkeypatch: pytest.MonkeyPatch, fake_torch: Callable[..., None]
) -> None:
    fake_torch("import sys, time\nprint('waiting for the GPU', file=sys.stderr, flush=True)\ntime.sleep(60)")
    monkeypatch.setattr(doctor, "PROBE_S", 5.0)

    check = named(examine(), "torch starts")

    assert (check.state, check.detail) == ("missing", "no answer in 5 seconds; its last words: waiting for the GPU")


def test_a_file_in_the_current_folder_is_not_taken_for_a_module(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fake_torch: Callable[..., None]
) -> None:
    fake_torch()
    (tmp_path / "json.py").write_text("raise ValueError", encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    assert named(examine(), "torch starts").state == "ok"


@pytest.mark.parametrize(("gpu", "state", "way"), [(False, "ok", ""), (True, "warning", "unset DS_ACCELERATOR")])
def test_deepspeed_on_the_cpu_is_a_warning_where_there_is_a_gpu(
    fake_torch: Callable[..., None], installed: Callable[..., None], tmp_path: Path, gpu: bool, state: str, way: str
) -> None:
    fake_torch(cuda="" if gpu else "GPUS.clear()")
    installed(torch=PINS["torch"], deepspeed=PINS["deepspeed"])
    chosen = (
        "class Cpu:\n    def device_name(self): return 'cpu'\n    def communication_backend_name(self): return 'gloo'\n"
    )
    home = tmp_path / "fake" / "deepspeed"
    home.mkdir()
    (home / "__init__.py").write_text("print('{INFO} said on stdout')", encoding="utf-8")
    (home / "accelerator.py").write_text(f"{chosen}get_accelerator = Cpu", encoding="utf-8")

    check = named(examine(), "DeepSpeed starts")

    assert (check.state, check.way_out) == (state, way)
    assert check.detail.startswith("accelerator cpu, backend gloo")


def test_a_deepspeed_that_does_not_start_can_be_done_without(
    fake_torch: Callable[..., None], installed: Callable[..., None], tmp_path: Path
) -> None:
    fake_torch()
    installed(torch=PINS["torch"], deepspeed=PINS["deepspeed"])
    (tmp_path / "fake" / "deepspeed.py").write_text("raise ImportError('CUDA_HOME does not exist')", encoding="utf-8")

    check = named(examine(), "DeepSpeed starts")

    assert (check.state, check.detail) == ("missing", "ImportError: CUDA_HOME does not exist")
    assert "zero=0" in check.way_out


def test_libraries_that_only_some_recipes_need_are_no_fault(installed: Callable[..., None]) -> None:
    installed(vllm="0.31.0")

    checks = examine()

    assert named(checks, "bitsandbytes") == Check("bitsandbytes", "ok", "not installed (needed only for quantize)")
    assert named(checks, "vllm") == Check("vllm", "ok", "0.31.0")


def test_a_path_without_a_compiler_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, installed: Callable[..., None]
) -> None:
    installed()
    monkeypatch.setenv("PATH", str(tmp_path))

    check = named(examine(), "compiling")

    assert check.state == "warning"
    assert check.detail.startswith("no C++ compiler (c++ or g++), no ninja")
    assert "apt install g++" in check.way_out


@pytest.mark.parametrize(("word", "there"), [("{0}/cxx -O2", True), ("{0}/nothing", False)])
def test_the_compiler_that_is_named_by_cxx_is_the_one_that_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, installed: Callable[..., None], word: str, there: bool
) -> None:
    installed()
    shutil.copy("/bin/sh", tmp_path / "cxx")
    monkeypatch.setenv("CXX", word.format(tmp_path))

    found = named(examine(), "compiling").detail

    assert (f"no C++ compiler ({tmp_path}/" not in found) is there


def test_a_full_disk_is_a_warning_where_results_and_models_go(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, installed: Callable[..., None]
) -> None:
    installed()
    asked: list[Path] = []

    def disk_usage(place: Path) -> SimpleNamespace:
        asked.append(place)
        return SimpleNamespace(total=500e9, free=12e9)

    monkeypatch.setattr(doctor.shutil, "disk_usage", disk_usage)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    out = tmp_path / "not" / "yet"

    checks = examine(out)

    results, models = named(checks, "disk for results"), named(checks, "disk for models")
    assert (results.state, results.detail) == ("warning", f"12 GB free at {out}")
    assert (models.state, models.detail) == ("warning", f"12 GB free at {tmp_path / 'hub'}")
    assert "--out" in results.way_out
    assert "HF_HOME" in models.way_out
    assert asked[:2] == [tmp_path, tmp_path]


def test_a_disk_that_gives_no_answer_is_a_warning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def disk_usage(place: Path) -> SimpleNamespace:
        if place == tmp_path:
            raise OSError(5, os.strerror(5))
        return SimpleNamespace(total=500e9, free=500e9)

    monkeypatch.setattr(doctor.shutil, "disk_usage", disk_usage)

    assert doctor._disk("disk", tmp_path, "mend it") == Check(
        "disk", "warning", f"{tmp_path}: Input/output error", "mend it"
    )


@pytest.mark.parametrize(
    ("limit", "state", "found"),
    [("max\n", "ok", "66 GB, 33 free"), ("4000000000\n", "warning", "4 GB, 4 free"), (None, "ok", "66 GB, 33 free")],
)
def test_memory_is_that_of_the_container_where_it_has_less(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    installed: Callable[..., None],
    limit: str | None,
    state: str,
    found: str,
) -> None:
    installed()
    meminfo, cgroup = tmp_path / "meminfo", tmp_path / "memory.max"
    meminfo.write_text("MemTotal:       64000000 kB\nMemFree:  1 kB\nMemAvailable:   32000000 kB\n", encoding="utf-8")
    if limit:
        cgroup.write_text(limit, encoding="utf-8")
    monkeypatch.setattr(doctor, "MEMINFO", meminfo)
    monkeypatch.setattr(doctor, "CGROUP", cgroup)

    check = named(examine(), "memory")

    assert (check.state, check.detail) == (state, found)


def test_shared_memory_as_docker_gives_it_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, installed: Callable[..., None]
) -> None:
    installed()
    monkeypatch.setattr(doctor, "SHARED", tmp_path)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(total=64 << 20, free=500e9))

    check = named(examine(), "shared memory")

    assert (check.state, check.detail) == ("warning", f"0.07 GB at {tmp_path}")
    assert "--shm-size" in check.way_out


def test_a_system_that_does_not_say_its_memory_has_no_check_of_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, installed: Callable[..., None]
) -> None:
    installed()
    monkeypatch.setattr(doctor, "MEMINFO", tmp_path / "none")
    monkeypatch.setattr(doctor, "SHARED", tmp_path / "none")

    assert not {"memory", "shared memory"} & {check.what for check in examine()}


@pytest.mark.parametrize(("value", "said"), [("1", True), ("true", True), ("0", False), ("", False)])
def test_a_hub_that_is_switched_off_is_said(
    monkeypatch: pytest.MonkeyPatch, installed: Callable[..., None], value: str, said: bool
) -> None:
    installed()
    monkeypatch.setenv("HF_HUB_OFFLINE", value)

    check = named(examine(), "Hugging Face hub")

    assert check.state == "ok"
    assert ("HF_HUB_OFFLINE is set: nothing is fetched" in check.detail) is said
