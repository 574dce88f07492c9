"""What is said of a run that ends badly, and what it leaves."""

import math
import resource
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
import torch
from safetensors.torch import save_file

from kgtools.train.launch import failures, space
from kgtools.train.launch.failures import FULL, MEMORY, NonFiniteError, WorkerExit, explain, full_disk, oom_kills
from kgtools.train.launch.run import clear_torn
from kgtools.train.stages import metrics as meter
from kgtools.train.stages.metrics import Meter, check_weights
from tests.train.conftest import GOOD, metrics, question, read_manifest, records, reply

RECIPE = {"method": "lora", "micro_batch_size": 4, "gradient_checkpointing": False, "quantize": None, "zero": 0}


@pytest.fixture
def job(tmp_path: Path) -> Any:
    (tmp_path / "worker.log").write_text("", encoding="utf-8")
    (tmp_path / failures.SPARE).write_bytes(b"")
    own = {"work": str(tmp_path), "checkpoints": str(tmp_path / "checkpoints"), "metrics": tmp_path / "metrics.jsonl"}
    return SimpleNamespace(**own, recipe=dict(RECIPE), world=1, memory=30_000_000_000)


def fails(job: Any, error: str = "", message: str = "", kind: str = "X", time: float = 1.0) -> None:
    """Leave word of a worker that failed, by an error of a library or in words of ours."""
    traceback = f"Traceback\n  raise OutOfMemoryError  # No space left\n{error}\n" if error else None
    found = {"time": time, "kind": kind, "message": message or error, "traceback": traceback}
    (Path(job.work) / f"error-{time}.json").write_bytes(orjson.dumps(found))


def checkpoint(job: Any, step: int, mark: str = "complete.json") -> Path:
    home = Path(job.checkpoints) / f"checkpoint-{step}"
    home.mkdir(parents=True)
    (home / mark).write_bytes(orjson.dumps({"step": step, "world": 1, "identity": "x"}))
    return home


def test_what_a_worker_said_of_its_end_is_passed_on(job: Any) -> None:
    fails(job, message="the reward model has collapsed", time=2.0)
    assert explain(job, WorkerExit(2)).startswith(
        "the reward model has collapsed\nthere is no checkpoint yet. What the processes"
    )

    checkpoint(job, 4)
    assert "\nthe checkpoint of step 4 is complete. What" in explain(job, WorkerExit(2))
    fails(job, "ValueError: x", time=1.0)  # the first to fail is the one to blame
    assert explain(job, WorkerExit(2)).startswith(
        "a process failed: ValueError: x\nthe checkpoint of step 4 is complete; the same"
    )


@pytest.mark.parametrize(
    ("code", "log", "words"),
    [
        (-9, "", "a process was killed (signal 9): by hand, or for lack of memory\n"),
        (1, "exitcode  : -9 (pid: 7)", "a process was killed (signal 9): by hand, or for lack of memory\n"),
        (-11, "", "a process ended without a word (code -11), by signal 11\n"),
        (3, "", "a process ended without a word (code 3)\n"),
        (1, "exitcode  : -9 (pid: 7)\nexitcode : -6 (pid: 8)\n", "a process ended without a word (code 1), by signal 6\n"),
        (1, "exitcode  : 1 (pid: 7)\n\xff头痛", "a process ended without a word (code 1)\n"),
    ],
)  # fmt: skip
def test_how_a_process_ended_is_told_from_its_code_or_from_the_log(code: int, log: str, words: str, job: Any) -> None:
    (Path(job.work) / "worker.log").write_bytes(log.encode("latin-1", "ignore") + b"\xff")

    assert explain(job, WorkerExit(code)).startswith(words)
    assert "there is no checkpoint yet; the same command" in explain(job, WorkerExit(code))
    assert explain(job, WorkerExit(code)).endswith(f"What the processes said: {Path(job.work) / 'worker.log'}")


def test_the_newest_checkpoint_that_is_whole_is_the_one_to_go_on_from(job: Any) -> None:
    for step, mark in ((4, "complete.json"), (12, "complete.json"), (100, "half.json")):
        checkpoint(job, step, mark)

    assert "the checkpoint of step 12 is complete" in explain(job, WorkerExit(1))


@pytest.mark.parametrize("error", ["torch.OutOfMemoryError: CUDA out of memory. Tried", "MemoryError"])
def test_too_little_memory_is_told_with_the_step_the_need_and_what_takes_less(job: Any, error: str) -> None:
    (Path(job.work) / "metrics.jsonl").write_bytes(b'{"step":7}\n')
    fails(job, error)

    text = explain(job, WorkerExit(2))

    assert text.startswith(f"a process has too little memory: {error}")
    assert "after step 7: each of 1 processes needs about 30.0 GB beside its libraries" in text
    assert "with gradient_checkpointing=true, which takes less, resumes" in text
    assert (
        "micro_batch_size=2, a smaller max_length, quantize=4 also take less, but make it another run: --fresh" in text
    )


def test_only_what_a_run_can_still_do_without_is_named_as_a_way_out(job: Any) -> None:
    job.recipe |= {"method": "full", "micro_batch_size": 1, "gradient_checkpointing": True, "zero": 2}
    job.world = 2
    text = explain(job, WorkerExit(-9))

    assert "the same command resumes from there. a smaller max_length, zero=3, fewer --nproc also take less" in text


@pytest.mark.parametrize(
    ("kills", "words"),
    [
        (None, "by hand, or for lack of memory\nit was"),
        (0, "by hand or by another program, for the kernel killed none for lack of memory\nthere is no"),
        (2, "the kernel killed 2 meanwhile for lack of memory\nit was"),
    ],
)
def test_the_kernel_is_blamed_for_a_kill_only_where_it_counted_one(kills: int | None, words: str, job: Any) -> None:
    assert explain(job, WorkerExit(-9, 0, kills)).startswith(f"a process was killed (signal 9): {words}")


@pytest.mark.parametrize(
    ("name", "text", "count"),
    [
        ("vmstat", "pgfault 9\noom_kill 3\n", 3),
        ("memory.events", "oom 9\noom_kill 2\noom_group_kill 7\n", 2),
        ("memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n", 1),
        ("other", "", None),
    ],
)
def test_what_the_kernel_kills_is_counted_as_each_of_its_versions_tells_it(
    name: str, text: str, count: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "memory").mkdir()
    (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(failures, "VMSTAT", tmp_path / "vmstat")
    monkeypatch.setattr(failures, "CGROUPS", tmp_path)

    assert oom_kills() == count


def test_memory_that_torch_and_python_do_not_get_is_known_by_what_they_say() -> None:
    for take in (lambda: torch.empty(10**16, dtype=torch.uint8), lambda: bytearray(10**16)):
        with pytest.raises((RuntimeError, MemoryError)) as raised:
            take()
        assert MEMORY.search(raised.exconly())
    assert not MEMORY.search("ValueError: the memory of a patient")


@pytest.mark.parametrize("write", [torch.save, lambda tensor, place: save_file({"a": tensor}, place)])
def test_a_file_that_cannot_grow_is_known_by_what_torch_and_safetensors_say(write: Any, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(Exception, match=FULL):
            write(torch.zeros(100_000), tmp_path / "file")
        with pytest.raises(OSError, match="No space left on device") as raised, full_disk(tmp_path):
            write(torch.zeros(100_000), tmp_path / "file")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert raised.value.filename == str(tmp_path)
    with pytest.raises(ValueError, match="another"), full_disk(tmp_path):
        raise ValueError("another")


def test_a_worker_that_could_not_even_leave_word_of_its_end_found_the_disk_full(job: Any, monkeypatch: Any) -> None:
    (Path(job.work) / failures.SPARE).unlink()  # it gave it up to leave word
    assert "no space" not in explain(job, WorkerExit(2))  # of much space it was killed while it did so

    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1000))
    assert explain(job, WorkerExit(2)).startswith(f"no space is left at {job.work}, where 0.0 MB are free")


def test_numbers_that_are_none_do_not_send_a_run_the_same_way_again(job: Any) -> None:
    fails(job, message="the loss is NaN or infinite at step 6", kind="NonFiniteError")
    checkpoint(job, 4)

    text = explain(job, WorkerExit(2))

    assert text.startswith(
        "the loss is NaN or infinite at step 6\nthe checkpoint of step 4 is complete: the same command would"
    )
    assert "Lower learning_rate, or try precision=fp32; with other settings it is another run: --fresh" in text


@pytest.mark.parametrize("logs", [{"loss": math.nan}, {"loss": math.inf}, {"loss": 1.0, "grad_norm": math.nan}])
def test_a_loss_or_gradient_that_is_no_number_ends_a_run(logs: dict[str, float]) -> None:
    state = SimpleNamespace(global_step=3, is_world_process_zero=False)

    with pytest.raises(NonFiniteError, match="is NaN or infinite at step 3"):
        Meter(SimpleNamespace()).on_log(None, state, None, logs)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [math.nan, math.inf, None])
def test_weights_that_are_no_numbers_are_not_saved(bad: float | None) -> None:
    model = torch.nn.Linear(3, 2)
    frozen = torch.nn.Parameter(torch.full((2,), math.nan), requires_grad=False)
    model.register_parameter("frozen", frozen)
    state, control = SimpleNamespace(global_step=5), SimpleNamespace(should_save=True)
    own = Meter(SimpleNamespace(world=1))  # type: ignore[arg-type]
    if bad is None:
        own.on_step_end(None, state, control, model)
        return
    with torch.no_grad():
        model.weight[1, 2] = bad

    with pytest.raises(NonFiniteError, match="weights are NaN or infinite at step 5"):
        own.on_step_end(None, state, control, model)
    own.on_step_end(None, state, SimpleNamespace(should_save=False), model)  # they are looked at when they are saved


def test_of_divided_weights_the_share_is_looked_at_and_what_fills_it_up_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    weight = SimpleNamespace(requires_grad=True, ds_numel=7, ds_tensor=torch.tensor([1.0, 2.0, 3.0, math.nan]))

    monkeypatch.setattr(meter.dist, "get_rank", lambda: 1)
    check_weights([weight], 1, 1)
    monkeypatch.setattr(meter.dist, "get_rank", lambda: 0)
    with pytest.raises(NonFiniteError):
        check_weights([weight], 1, 1)


def test_checkpoints_that_are_half_written_go_and_those_that_are_whole_stay(job: Any) -> None:
    good, torn, other = (
        checkpoint(job, 4),
        checkpoint(job, 8, "weights.safetensors"),
        Path(job.checkpoints) / "README.md",
    )
    other.touch()

    clear_torn(Path(job.checkpoints))

    assert [place.exists() for place in (good, torn, other)] == [True, False, True]


@pytest.fixture
def few(tmp_path: Path) -> Path:
    return records(tmp_path / "few", [question(number) + reply(GOOD) for number in range(16)])


@pytest.mark.usefixtures("own_workers")
def test_a_run_whose_weights_become_no_numbers_leaves_no_checkpoint_to_go_on_from(
    few: Path, tmp_path: Path, kgtools: Any
) -> None:
    words = ("learning_rate=1e10", "warmup=0", "steps=4", "save_every=2", "log_every=100", "model=tiny:qwen2")
    done = kgtools("train", "sft", "--recipe", "tiny", "--out", tmp_path / "out", f"data={few}", "method=full", *words)

    assert done.code == 2
    assert "weights are NaN or infinite at step 2; they are not saved" in done.err
    assert "there is no checkpoint yet: the same command would fail again. Lower learning_rate;" in done.err
    assert not list((tmp_path / "out").rglob("complete.json"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Any:
    """A disk of its own with room for one checkpoint and not for two; it can be made larger."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4700k", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs a root who may mount a tmpfs")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.usefixtures("own_workers")
def test_a_full_disk_is_told_of_and_with_more_space_the_same_command_goes_on(
    small_disk: Path, few: Path, kgtools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(space, "must_fit", lambda *_: None)  # it would not begin
    out = small_disk / "out"
    own = ("model=tiny:qwen2", f"data={few}", "method=full", "log_every=1", "batch_size=4", "micro_batch_size=4")
    words = ("train", "sft", "--recipe", "tiny", "--out", out, *own, "steps=3", "save_every=1")
    full = kgtools(*words)

    assert full.code == 2
    assert f"no space is left at {out}" in full.err
    assert "the checkpoint of step 2 is complete: free some space" in full.err

    home = out / ".work" / "checkpoints"
    assert {step: (home / f"checkpoint-{step}" / "complete.json").exists() for step in (2, 3)} == {2: True, 3: False}
    subprocess.run(["mount", "-o", "remount,size=60m", str(small_disk)], check=True)
    assert kgtools(*words).code == 0

    assert read_manifest(out)["resumed"] == {"from": 2, "weights_only": False}
    assert [line["step"] for line in metrics(out) if "loss" in line] == [1, 2, 3]
