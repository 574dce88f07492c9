"""Prompts answered by a server: what is written, what a second run asks, and what it may cost."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from tests.conftest import Ran
from tests.train.evaluate.conftest import exam_row
from tests.train.evaluate.server.fake import Handler, Server, completion, cut_off, say, send, status

QUESTIONS = [exam_row(f"第{number}题", ["甲", "乙", "丙"], "A") for number in range(4)]


@pytest.fixture
def prompts(write_records: Callable[..., Path]) -> Path:
    return write_records(QUESTIONS, "prompts")


@pytest.fixture
def answer(kgtools: Callable[..., Ran], server: Server, prompts: Path, tmp_path: Path, monkeypatch: Any) -> Any:
    """`kgtools evaluate answer` into tmp_path/out, without pauses."""
    monkeypatch.setattr("kgtools.train.evaluate.server.client.FIRST_S", 0.0)

    def run(*words: object, of: Path = prompts, model: str = "toy") -> Ran:
        return kgtools(
            "evaluate", "answer", of, "--server", server.url, "--model", model, "--out", tmp_path / "out", "--format", "json", *words
        )  # fmt: skip

    return run


def table(folder: Path, name: str = "answers") -> list[dict[str, Any]]:
    return pl.read_parquet(folder / f"{name}.parquet").to_dicts()


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir()) if not file.name.startswith(".")}


def echo(handler: Handler, body: dict[str, Any]) -> None:
    send(handler, 200, completion(f"to {body['messages'][-1]['content'].splitlines()[0]}"))


def test_answers_stand_in_the_order_of_the_prompts(answer: Any, server: Server, tmp_path: Path) -> None:
    server.default = echo

    ran = answer()

    assert ran.code == 0, ran.err
    assert [(row["id"], row["answer"]) for row in table(tmp_path / "out")] == [
        (f"r{number}", f"to 第{number}题") for number in range(4)
    ]
    assert set(server.paths) == {"/v1/chat/completions"}
    assert server.bodies[0]["messages"][-1]["role"] == "user", "the right answer is not among what is asked"


def test_a_finished_run_again_asks_nothing_and_writes_the_same_bytes(
    answer: Any, server: Server, tmp_path: Path
) -> None:
    server.default = echo
    answer("samples=2", "temperature=0.7")
    before, asked = files(tmp_path / "out"), len(server.bodies)

    ran = answer("samples=2", "temperature=0.7")

    assert (ran.code, ran.json["calls"], asked, len(server.bodies)) == (0, 0, 8, 8)
    assert files(tmp_path / "out") == before


def test_what_failed_is_counted_kept_apart_and_asked_again_by_the_next_run(
    answer: Any, server: Server, tmp_path: Path
) -> None:
    server.behaviours = [status(400, "too long a prompt"), status(500), say("2"), say("3"), say("4")]

    first = answer("--concurrency", 1, "--tries", 1)
    failed = table(tmp_path / "out", "failures")
    second = answer("--concurrency", 1, "--tries", 1)

    assert (first.code, first.json["failures"]) == (1, {"status 400": 1, "status 500": 1})
    assert "2 prompts have no answer (status 400: too long a prompt)" in first.err
    assert [(row["id"], row["reason"]) for row in failed] == [("r0", "status 400"), ("r1", "status 500")]
    assert (second.code, second.json["calls"]) == (0, 2)
    assert [row["answer"] for row in table(tmp_path / "out")] == ["4", "fine", "2", "3"]


def test_refusals_filters_and_answers_that_are_cut_are_answers_and_said_to_be_so(
    answer: Any, server: Server, tmp_path: Path
) -> None:
    server.behaviours = [
        say(None, refusal="No."), say(None, finish="content_filter"), say("half a", finish="length"), say("A", reasoning_content="hm"),
    ]  # fmt: skip

    ran = answer("--concurrency", 1)

    rows = table(tmp_path / "out")
    assert [(row["answer"], row["refused"], row["ended"], row["thinking"]) for row in rows] == [
        ("No.", True, True, None), ("", True, True, None), ("half a", False, False, None), ("A", False, True, "hm"),
    ]  # fmt: skip
    assert (ran.json["refused"], ran.json["ended"]) == (2, 3)


@pytest.mark.parametrize(
    "words", [("max_tokens=9",), ("temperature=1",), ("samples=2",), ("extra={top_k: 1}",), ("seed=1",), ("stop=[x]",)]
)
def test_other_settings_into_the_same_folder_are_refused(words: tuple[str, ...], answer: Any, tmp_path: Path) -> None:
    answer()
    before = files(tmp_path / "out")

    ran = answer(*words)

    assert ran.code == 2
    assert "holds replies of another model, to other questions or with other settings" in ran.err
    assert files(tmp_path / "out") == before


def test_another_model_and_other_prompts_are_refused_and_fresh_replaces(
    answer: Any, server: Server, write_records: Any
) -> None:
    answer()

    assert answer(model="other").code == 2
    assert answer(of=write_records(QUESTIONS[:3], "fewer")).code == 2
    assert answer("--fresh", model="other").code == 0
    assert [body["model"] for body in server.bodies] == ["toy"] * 4 + ["other"] * 4


def test_a_folder_of_another_command_is_left_alone(answer: Any, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "answers.parquet").write_bytes(b"mine")

    ran = answer()

    assert ran.code == 2
    assert "holds answers.parquet of another run" in ran.err


def test_a_run_that_broke_off_in_the_middle_of_a_line_goes_on_behind_the_last_whole_one(
    answer: Any, server: Server, tmp_path: Path
) -> None:
    server.default = echo
    answer()
    kept = tmp_path / "out" / "replies.jsonl"
    whole = files(tmp_path / "out")
    lines = kept.read_bytes().splitlines(keepends=True)
    kept.write_bytes(b"".join(lines[:3]) + lines[3][:30])

    ran = answer()

    assert ran.json["calls"] == 2
    assert files(tmp_path / "out")["answers.parquet"] == whole["answers.parquet"]
    assert sorted(kept.read_bytes().splitlines()) == sorted(whole["replies.jsonl"].splitlines())


def test_replies_that_somebody_else_wrote_are_refused_with_their_line(answer: Any, tmp_path: Path) -> None:
    answer()
    kept = tmp_path / "out" / "replies.jsonl"
    kept.write_bytes(kept.read_bytes().splitlines(keepends=True)[0] + b'{"id": 1}\n')

    ran = answer()

    assert ran.code == 2
    assert "replies.jsonl:2: not what kgtools wrote" in ran.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_run_keeps_what_was_answered(
    number: int, server: Server, prompts: Path, answer: Any, tmp_path: Path
) -> None:
    server.behaviours = [echo, echo]
    server.default = server.hang
    out = tmp_path / "out"
    words = ["evaluate", "answer", prompts, "--server", server.url, "--model", "toy", "--out", out, "--concurrency", 2]
    command = [sys.executable, "-m", "kgtools.tools.main", *map(str, words)]
    environment = {key: value for key, value in os.environ.items() if key != "OPENAI_API_KEY"} | {"PYTHONSAFEPATH": "1"}

    run = subprocess.Popen(command, stderr=subprocess.PIPE, env=environment)
    until = time.monotonic() + 20
    while len(server.bodies) < 4 and time.monotonic() < until:
        time.sleep(0.02)
    run.send_signal(number)
    _, said = run.communicate(timeout=10)
    server.default = echo
    again = answer()

    assert run.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -9}[signal.Signals(number)]
    assert b"Traceback" not in said
    assert again.code == 0, again.err
    assert len(server.bodies) == 4 + 2, "the two that were on their way, and no other"
    assert [row["answer"] for row in table(out)] == [f"to 第{place}题" for place in range(4)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_between_tries_says_what_is_kept_and_no_more(
    number: int, server: Server, prompts: Path, tmp_path: Path
) -> None:
    server.behaviours = [echo]
    server.default = status(429)
    out = tmp_path / "out"
    words = ["evaluate", "answer", prompts, "--server", server.url, "--model", "toy", "--out", out, "--concurrency", 3]
    command = [sys.executable, "-m", "kgtools.tools.main", *map(str, words)]
    environment = {key: value for key, value in os.environ.items() if key != "OPENAI_API_KEY"} | {"PYTHONSAFEPATH": "1"}

    run = subprocess.Popen(command, stderr=subprocess.PIPE, env=environment)
    until = time.monotonic() + 20
    while len(server.bodies) < 4 and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.2)
    run.send_signal(number)
    _, said = run.communicate(timeout=10)

    assert b"Traceback" not in said, said.decode()
    assert said.decode().endswith(f"kgtools: stopped; {out / 'replies.jsonl'} was written before that and stays\n")


def test_a_key_is_in_no_file_and_on_no_line(answer: Any, server: Server, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("MY_KEY", "sk-secret-0815")
    server.behaviours = [status(400, "key sk-secret-0815")]

    ran = answer("--key-env", "MY_KEY")

    assert {headers["authorization"] for headers in server.headers} == {"Bearer sk-secret-0815"}
    assert "is sent the key of MY_KEY" in ran.err
    assert "sk-secret" not in ran.out + ran.err
    assert not [name for name, content in files(tmp_path / "out").items() if b"sk-secret" in content]


def test_a_wrong_key_ends_the_run_at_once_and_keeps_what_there_is(answer: Any, server: Server, tmp_path: Path) -> None:
    server.behaviours = [say("A")]
    server.default = status(401, "expired")

    ran = answer("--concurrency", 1)

    assert ran.code == 2
    assert "expired; is the key in the environment" in ran.err
    assert len(server.bodies) == 2
    assert len((tmp_path / "out" / "replies.jsonl").read_bytes().splitlines()) == 1 + 1


def test_the_cost_is_that_of_the_tokens_which_the_server_counts(answer: Any, tmp_path: Path) -> None:
    ran = answer("--price-prompt", 2, "--price-answer", 10)

    assert ran.json["cost"] == pytest.approx(4 * (10 * 2 + 5 * 10) / 1e6)
    assert (ran.json["prompt_tokens"], ran.json["answer_tokens"]) == (40, 20)
    assert orjson.loads((tmp_path / "out" / "run.json").read_bytes())["cost"] == ran.json["cost"]


def test_a_run_ends_before_it_could_cost_more(answer: Any) -> None:
    # an answer costs at most 100 tokens * 10 / 1e6 = 0.001 and did cost 5 * 10 / 1e6 = 0.00005; prompts cost nothing
    words = ("max_tokens=100", "--price-prompt", 0, "--price-answer", 10)

    first = answer(*words, "--max-cost", 0.00106)
    second = answer(*words, "--max-cost", 1)

    # two fit: 0.001, then 0.00005 + 0.001; a third would need 0.0001 + 0.001
    assert (first.code, first.json["answers"], first.json["calls"]) == (1, 2, 2)
    assert first.json["failures"] == {"would cost more than --max-cost": 2}
    assert (second.code, second.json["calls"]) == (0, 2)


def test_tries_that_were_cut_off_count_against_the_budget(answer: Any, server: Server) -> None:
    server.default = cut_off
    words = ("max_tokens=100", "--price-prompt", 0, "--price-answer", 10, "--tries", 1, "--concurrency", 1)

    ran = answer(*words, "--max-cost", 0.0025)

    assert (len(server.bodies), ran.json["cost"]) == (2, pytest.approx(0.002))
    assert ran.json["failures"] == {"cut off": 2, "would cost more than --max-cost": 2}


@pytest.mark.parametrize("words", [("--max-cost", 1), ("--price-prompt", 1), ("--price-answer", 1, "--max-cost", 1)])
def test_a_limit_without_prices_is_refused(words: tuple[Any, ...], answer: Any) -> None:
    assert answer(*words).code == 2


def test_a_server_that_fails_twenty_times_in_a_row_is_asked_no_more(
    answer: Any, server: Server, write_records: Any
) -> None:
    server.default = status(400)

    ran = answer("--concurrency", 1, of=write_records([QUESTIONS[0] | {"id": f"x{n}"} for n in range(23)], "many"))
    distinct = answer(
        "--concurrency", 1, "--fresh", of=write_records([exam_row(f"问{n}", ["甲", "乙"], "A") for n in range(23)], "distinct")
    )  # fmt: skip

    assert ran.json["failures"] == {"status 400": 1}, "the same question with the same settings is asked once"
    assert distinct.json["failures"] == {
        "not asked: 20 questions failed one after the other": 3,
        "status 400": 20,
    }


def test_so_many_questions_are_on_their_way_at_once_and_no_more(answer: Any, server: Server) -> None:
    import threading

    at_once, most, lock, met = 0, 0, threading.Lock(), threading.Barrier(2)

    def count(handler: Handler, _: dict[str, Any]) -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        met.wait(5)
        with lock:
            at_once -= 1
        met.wait(5)
        send(handler, 200, completion("A"))

    server.default = count

    assert answer("--concurrency", 2).code == 0
    assert most == 2


def test_records_of_people_stay_on_this_machine_until_the_user_answers_for_them(
    kgtools: Callable[..., Ran], write_records: Callable[..., Path], tmp_path: Path
) -> None:
    records = write_records([QUESTIONS[0] | {"task": "dialogue", "source": "clinic"}], "people")
    words = ("evaluate", "answer", records, "--server", "http://192.0.2.1/v1", "--model", "m", "--out", tmp_path / "o")

    ran = kgtools(*words)

    assert ran.code == 1
    assert "--allow-identified" in ran.err
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    "word", ["extra={model: x}", "extra={stream: true}", "max_tokens=0", "temperature=-1", "top_p=1"]
)
def test_settings_that_cannot_be_are_refused(word: str, answer: Any, server: Server) -> None:
    ran = answer(word)

    assert ran.code == 2
    assert word.partition("=")[0] in ran.err
    assert not server.bodies


def test_answers_of_a_server_are_scored_with_their_settings(
    answer: Any, server: Server, kgtools: Callable[..., Ran], prompts: Path, tmp_path: Path
) -> None:
    server.behaviours = [say("A"), say("答案是A"), say(None, refusal="No."), say("B")]
    answer("--concurrency", 1, "max_tokens=7")

    ran = kgtools("evaluate", "exam", prompts, tmp_path / "out", "--out", tmp_path / "scores", "--format", "json")

    assert ran.json["cells"][0]["figure"] == 0.5
    assert {key: ran.json["answered_by"][key] for key in ("model", "max_tokens")} == {"model": "toy", "max_tokens": 7}


def test_without_httpx_the_pip_command_is_named(answer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httpx", None)

    ran = answer()

    assert ran.code == 2
    assert "pip install 'kgtools[evaluate]'" in ran.err
