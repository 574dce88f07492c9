"""Which records are fit, and the reason why one is not."""

from typing import Any

import polars as pl
import pytest

from kgtools.corpora.mix.filters import faults
from kgtools.corpora.mix.recipe import Filters
from kgtools.corpora.record import PREFERENCES, RECORDS
from kgtools.corpora.text.normalize import with_texts

FIT = "痛风有什么症状？"
PROSE = "痛风常见的症状是关节红肿疼痛，多在夜里发作，可持续数天，之后慢慢缓解；平时应少吃海鲜和动物内脏，多喝水。"


def record(question: str = FIT, answer: str = PROSE, lang: str = "zh", task: str = "qa") -> pl.DataFrame:
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    if task == "text":
        messages = messages[1:]
    return RECORDS.frame([
        {"id": "1", "task": task, "lang": lang, "messages": messages, "facts": [], "group": "1", "source": "x", "license": "x", "meta": "{}"}
    ])  # fmt: skip


def fault(rows: pl.DataFrame, **filters: Any) -> str | None:
    return with_texts(rows.lazy()).select(faults(Filters(**filters))).collect().item()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "rows",
    [
        record(), record("What are the signs of gout?", "A red and painful joint.", "en"), record(task="text"),
        record(answer="是"), record("钾 3.5 mmol/L ↑ ★ 正常吗？", "偏低。"), record(answer="A; C"),
        record(answer="- 少吃\n- 多喝水\n\n| 药 | 量 |\n| --- | --- |\n"),
    ],
)  # fmt: skip
def test_a_fit_record_has_no_fault(rows: pl.DataFrame) -> None:
    assert fault(rows) is None


@pytest.mark.parametrize(
    ("reason", "rows", "filters"),
    [
        ("question-too-short", record("？ "), {}),
        ("answer-too-short", record(answer="是"), {"min_answer": 2}),
        ("too-long", record(), {"max_characters": 20}),
        ("other-language", record(lang="en"), {"languages": ("zh",)}),
        ("other-language", record("How are you?", "I am well, thank you.", "zh"), {"languages": ("zh",)}),
        ("other-language", record(lang="en"), {"languages": ("en",)}),
        ("mojibake", record(answer="锟斤拷锟斤拷锟斤拷锟斤拷"), {}),
        ("mojibake", record(answer="痛\ufffd\ufffd\ufffd\ufffd风"), {}),
        ("symbols", record(answer="★" * 60), {}),
        ("repetition", record(answer="多喝水，少吃海鲜和酒。" * 20), {}),
    ],
)
def test_the_first_fault_is_the_reason(reason: str, rows: pl.DataFrame, filters: dict[str, Any]) -> None:
    assert fault(rows, **filters) == reason


def test_a_filter_that_is_null_asks_for_nothing() -> None:
    rows = record("", "★" * 60)
    nothing = dict.fromkeys(("min_question", "min_answer", "max_repetition", "max_symbols", "max_mojibake"))

    assert fault(rows, **nothing) is None


def test_preferences_are_judged_by_both_answers() -> None:
    row = {
        "id": "1", "task": "preference", "lang": "zh", "prompt": [{"role": "user", "content": FIT}], "facts": [], "group": "1",
        "chosen": [{"role": "assistant", "content": PROSE}], "rejected": [{"role": "assistant", "content": "★" * 300}],
        "source": "x", "license": "x", "meta": "{}",
    }  # fmt: skip

    assert fault(PREFERENCES.frame([row])) == "symbols"
