"""What the tests of training share: rows that a small model learns in seconds, and the models that come of them."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.corpora.record import PREFERENCES, RECORDS
from kgtools.corpora.record_files import Sink
from kgtools.tools.frames import Schema
from kgtools.tools.main import run
from kgtools.train.data.chat import chat
from kgtools.train.data.rows import open_rows
from kgtools.train.data.tokenize import NOT_LEARNT, tokenize
from kgtools.train.launch import processes
from kgtools.train.models.resolve import KINDS, tiny
from kgtools.train.recipe import Recipe
from tests.train.forks import FORKING

GOOD, BAD = "休息吃药", "qwxz"
TEXTS = ["头痛怎么办?", "What helps with a fever?"] * 5


def _common(number: int) -> dict[str, Any]:
    own = {
        "task": "qa",
        "lang": "zh",
        "facts": [],
        "source": "toy",
        "license": "Apache-2.0",
        "meta": "{}",
        "template": None,
    }
    return own | {"group": str(number), "split": None}


def question(number: int) -> list[dict[str, str]]:
    """A question of its own for each number."""
    return [{"role": "user", "content": f"{['头痛', 'fever', '咳嗽'][number % 3]}{number}怎么办?"}]


def reply(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def records(folder: Path, rows: list[Any], **columns: Any) -> Path:
    """A folder of records: of messages, or of dictionaries of columns."""
    made = []
    for number, row in enumerate(rows):
        own = row if isinstance(row, dict) else {"messages": row}
        made.append({"id": f"r{number}", "answer": None, **_common(number), **columns, **own})
    return _write(folder, RECORDS, made)


def preferences(folder: Path, rows: list[tuple[Any, Any, Any]], **columns: Any) -> Path:
    """A folder of preferences: prompt, chosen, rejected."""
    made = [
        {"id": f"p{number}", "prompt": prompt, "chosen": chosen, "rejected": rejected, **_common(number), **columns}
        for number, (prompt, chosen, rejected) in enumerate(rows)
    ]
    return _write(folder, PREFERENCES, made)


def _write(folder: Path, schema: Schema, made: list[dict[str, Any]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with Sink(folder / f"{schema.noun}.parquet", schema) as sink:
        sink.write(pl.DataFrame(made, schema=schema.columns))
    return folder


def recipe(**changes: Any) -> Recipe:
    """A recipe as short as can be."""
    return Recipe(**{"title": "toy", "model": "tiny:qwen2", "learning_rate": 1e-3, "steps": 1} | changes)


def train(*words: object) -> None:
    """`kgtools train WORD...`, which must succeed."""
    assert run(["train", *(str(word) for word in words)]) == 0


def read_manifest(folder: Path) -> dict[str, Any]:
    """What a run's run.json says."""
    found: dict[str, Any] = orjson.loads((folder / "run.json").read_bytes())
    return found


def metrics(folder: Path) -> list[dict[str, Any]]:
    """A run's lines of metrics."""
    return [orjson.loads(line) for line in (folder / "metrics.jsonl").read_bytes().splitlines()]


@pytest.fixture(autouse=True, scope="session")
def workers_are_forked() -> Iterator[None]:
    """A worker of a run in this process starts without its imports; see tests/train/forks.py."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes, "subprocess", FORKING)
        yield


@pytest.fixture
def own_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers start as a user's do."""
    monkeypatch.setattr(processes, "subprocess", subprocess)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model with a vocabulary of both languages; no test changes it."""
    home = tmp_path_factory.mktemp("tiny") / "model"
    tiny("qwen2", ["头痛怎么办？休息，多喝水。", "What helps with a headache? Rest, and drink water."] * 5, home, 0)
    return home


@pytest.fixture(scope="session", params=KINDS)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model of each kind; no test changes it."""
    home = tmp_path_factory.mktemp("tiny") / str(request.param)
    tiny(request.param, TEXTS, home, 7)
    return home


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A model that a test may spoil."""
    tiny("llama", TEXTS, tmp_path / "base", 0)
    return tmp_path / "base"


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records of which half are answered well and half badly, and preferences for the good answer."""
    home = tmp_path_factory.mktemp("toy")
    draw = random.Random(0)
    numbers = draw.sample(range(1000), 256)
    records(home / "records", [question(n) + reply(GOOD if n % 2 else BAD) for n in numbers])
    preferences(home / "preferences", [(question(n), reply(GOOD), reply(BAD)) for n in numbers])
    return home


@pytest.fixture(scope="session")
def models(toy: Path) -> Path:
    """`sft`, `merged` and `reward`: a model that answers well and badly, and what tells the one from the other."""
    train("sft", "--recipe", "tiny", "--out", toy / "sft", f"data={toy / 'records'}", "steps=50")
    train("merge", toy / "sft", "--out", toy / "merged")
    own = ("--recipe", "tiny", "--out", toy / "reward", f"model={toy / 'merged'}", f"data={toy / 'preferences'}")
    train("reward", *own, "steps=40", "learning_rate=5e-3")
    return toy


KGTOOLS = [sys.executable, "-c", "import sys; from kgtools.tools.main import main; main()"]


def stage_words(toy: Path, out: Path, *more: object) -> list[str]:
    found = ["--recipe", "tiny", "--out", out, f"model={toy / 'merged'}", f"data={toy / 'records'}", *more]
    return [str(word) for word in found]


def rewards(out: Path) -> list[float]:
    return [line["reward"] for line in metrics(out) if "reward" in line]


def kill_after(command: list[str], out: Path, step: int) -> str:
    """Kill a worker with signal 9 as soon as the checkpoint of a step is complete; what the command says then."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8")
    end = time.monotonic() + 600
    mark = out / ".work" / "checkpoints" / f"checkpoint-{step}" / "complete.json"
    while not mark.exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    assert mark.exists(), process.communicate()[1]
    os.kill(workers(out)[-1], signal.SIGKILL)
    _, err = process.communicate(timeout=600)
    assert process.returncode == 2, err
    return err


def workers(out: Path) -> list[int]:
    found = []
    for home in Path("/proc").glob("[0-9]*"):
        try:
            line = (home / "cmdline").read_bytes()
        except OSError:
            continue
        if (
            str(out).encode() in line
            and b"kgtools.train.launch.worker" in line
            and b"torch.distributed.run" not in line
        ):
            found.append(int(home.name))
    return sorted(found)


TALK = [
    {"role": "system", "content": "你是医生。"},
    {"role": "user", "content": "头痛怎么办?"},
    {"role": "assistant", "content": "休息。"},
    {"role": "user", "content": "Thanks 🙂"},
    {"role": "assistant", "content": "Drink water\nand sleep."},
]


ENDS = {"plain": "</s>", "chatml": "<|im_end|>", "llama3": "<|eot_id|>"}
"""Our templates and the token that ends an answer in each."""


def apply_template(tokenizer, name):
    """The tokenizer with a template of ours and the special tokens of it."""
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>", "<|eot_id|>"]})
    return chat(tokenizer, name, ENDS[name])


@pytest.fixture
def tokenizer(tiny_model):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_model)


def tokenize_rows(folder: Path, noun: str, talk, max_length=512, packed=False, **changes):
    """Tokens of a folder's rows with what was counted and refused."""
    rows = open_rows(recipe(data=(folder,), **changes), noun, folder / "read")
    result = tokenize(rows, "train", talk, max_length, packed, folder / "tokens.parquet")
    return pl.read_parquet(folder / "tokens.parquet"), result.counts, [reason for *_, reason in result.rejects]


def decode_learnt(tokenizer, row) -> str:
    return tokenizer.decode(
        [id_ for id_, label in zip(row["input_ids"], row["labels"], strict=True) if label != NOT_LEARNT]
    )


def byte_level() -> Any:
    """A tokenizer as GPT-2's and Qwen's are, with tokens of several line ends."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    how = {"special_tokens": ["<unk>", "<s>", "</s>", "<pad>"], "initial_alphabet": letters, "show_progress": False}
    made.train_from_iterator(["头痛 \n\n\nabc ### User:"] * 5, trainers.BpeTrainer(vocab_size=400, **how))
    return PreTrainedTokenizerFast(
        tokenizer_object=made, unk_token="<unk>", bos_token="<s>", eos_token="</s>", pad_token="<pad>"
    )


def byte_fallback() -> Any:
    """A tokenizer as LLaMA's is: a space is a letter of its own, and what is in no token falls into bytes; without padding."""
    from tokenizers import Tokenizer, decoders, models, normalizers
    from transformers import PreTrainedTokenizerFast

    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *"▁#Users:ab头", "▁a"]
    vocabulary = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
    made = Tokenizer(models.BPE(vocabulary, [("▁", "a")], unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return PreTrainedTokenizerFast(tokenizer_object=made, unk_token="<unk>", bos_token="<s>", eos_token="</s>")
