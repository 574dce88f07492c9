"""Runs of several processes, runs that are killed, and folders that hold another."""

import re
import shutil
import subprocess
import time

import pytest

from tests.train.conftest import (
    GOOD,
    KGTOOLS,
    kill_after,
    metrics,
    question,
    read_manifest,
    records,
    reply,
    train,
    workers,
)


def test_a_rank_that_is_killed_ends_the_rest_and_the_run_goes_on_to_the_same_end(tmp_path):
    data = records(
        tmp_path / "records", [question(n) + reply(GOOD) for n in range(30)]
    )  # the checkpoint is in the third pass
    own = (
        "--recipe",
        "tiny",
        f"data={data}",
        "zero=2",
        "steps=12",
        "save_every=4",
        "log_every=1",
        "--nproc",
        2,
    )
    train("sft", *own, "--out", tmp_path / "whole")
    command = [*KGTOOLS, "train", "sft", *map(str, own), "--out", str(tmp_path / "broken")]

    err = kill_after(command, tmp_path / "broken", 4)
    assert "signal 9" in err
    assert re.search(r"checkpoint of step (4|8) is complete; the same command resumes", err)
    assert not workers(tmp_path / "broken")
    again = subprocess.run([*command, "--nproc", "1"], stderr=subprocess.PIPE, encoding="utf-8", check=False)
    assert again.returncode == 2
    assert "written by 2 processes, and this run has 1" in again.stderr
    assert "--weights-only" in again.stderr
    train("sft", *own, "--out", tmp_path / "broken")

    losses = [[line["loss"] for line in metrics(tmp_path / name) if "loss" in line] for name in ("whole", "broken")]
    assert losses[1] == pytest.approx(losses[0], abs=1e-5)
    assert len(losses[1]) == 12
    shutil.copytree(tmp_path / "whole", tmp_path / "again")
    before = (tmp_path / "again" / "run.json").read_bytes()
    train("sft", *own, "--out", tmp_path / "again")  # it is done already
    assert (tmp_path / "again" / "run.json").read_bytes() == before


def test_the_weights_alone_are_taken_up_by_another_number_of_processes(models, tmp_path):
    own = ("--recipe", "tiny", f"data={models / 'records'}", "zero=2", "steps=8", "save_every=4", "log_every=1")
    command = [*KGTOOLS, "train", "sft", *own, "--nproc", "2", "--out", str(tmp_path / "out")]
    kill_after(command, tmp_path / "out", 4)

    train("sft", *own, "--nproc", 1, "--weights-only", "--out", tmp_path / "out")

    losses = [line["loss"] for line in metrics(tmp_path / "out") if "loss" in line]
    assert read_manifest(tmp_path / "out")["resumed"] == {"from": 4, "weights_only": True}
    assert [line["step"] for line in metrics(tmp_path / "out") if "loss" in line] == list(range(1, 9))
    assert read_manifest(tmp_path / "out")["result"]["steps"] == 8
    assert max(losses[-3:]) < losses[0]


def test_two_nodes_on_one_machine_train_as_one(models, tmp_path):
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = [
        "--recipe",
        "tiny",
        f"data={models / 'records'}",
        "zero=2",
        "steps=4",
        "log_every=1",
        "--out",
        str(tmp_path / "out"),
    ]
    nodes = ["--nproc", "1", "--nnodes", "2", "--rdzv", f"127.0.0.1:{port}"]

    both = [
        subprocess.Popen(
            [*KGTOOLS, "train", "sft", *own, *nodes, "--node", str(node)], stderr=subprocess.PIPE, encoding="utf-8"
        )
        for node in range(2)
    ]
    ends = [process.communicate(timeout=600)[1] for process in both]

    assert [process.returncode for process in both] == [0, 0], ends
    assert read_manifest(tmp_path / "out")["world"] == 2


def test_a_folder_that_is_trained_into_is_refused_to_another_run(models, tmp_path, kgtools):
    own = ["--recipe", "tiny", f"data={models / 'records'}", "--out", str(tmp_path / "out")]
    process = subprocess.Popen([*KGTOOLS, "train", "sft", *own, "steps=500"], stderr=subprocess.DEVNULL)
    while not (tmp_path / "out" / ".holder-0").exists():
        time.sleep(0.05)

    done = kgtools("train", "sft", *own)
    process.terminate()
    process.wait(60)

    assert done.code == 2
    assert "trains into it" in done.err


def test_another_run_does_not_replace_what_a_folder_holds(models, kgtools):
    before = (models / "sft" / "run.json").read_bytes()

    done = kgtools("train", "sft", "--recipe", "tiny", "--out", models / "sft", f"data={models / 'records'}", "steps=3")

    assert done.code == 2
    assert "holds another run" in done.err
    assert (models / "sft" / "run.json").read_bytes() == before
