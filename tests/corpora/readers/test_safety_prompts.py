"""Safety-Prompts: a prompt keeps its scenario, and a broken one takes no other with it."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from kgtools.corpora.detect import find, read_preview, who_reads
from kgtools.corpora.files.file import File
from kgtools.corpora.reader import Corpus
from kgtools.corpora.readers.safety_prompts import ATTACKS, SCENARIOS, TYPICAL
from kgtools.tools.errors import InputError
from tests.corpora.readers.exams import Taken, take, whole


def row(number: int, scenario: str, **changed: Any) -> dict[str, Any]:
    values = {"prompt": f"请问第{number}个问题？", "response": f"\n\n第{number}个回答。", "type": scenario} | changed
    return {key: value for key, value in values.items() if value is not ...}


def published(names: tuple[str, ...]) -> dict[str, list[dict[str, Any]]]:
    return {name: [row(2 * at, name), row(2 * at + 1, name)] for at, name in enumerate(names)}


FILES: dict[str, bytes | str] = {
    "typical_safety_scenarios.json": whole(published(TYPICAL)),
    "instruction_attack_scenarios.json": whole(published(ATTACKS)),
}


def taken(folder: Path, *values: Any) -> Taken:
    return take(
        folder, "safety-prompts", {"typical.json": whole({"Insult": [row(0, "Insult"), *values, row(9, "Insult")]})}
    )


@pytest.mark.parametrize("indent", [True, False])
def test_every_prompt_is_a_record_of_its_scenario_and_line(tmp_path: Path, indent: bool) -> None:
    files = {name: data if indent else orjson.dumps(orjson.loads(data)) for name, data in FILES.items()}
    found = take(tmp_path, "safety-prompts", files)

    assert found.rejects == []
    assert found.meta("scenario") == [name for name in (*ATTACKS, *TYPICAL) for _ in (1, 2)]
    assert found.meta("attack") == [True] * 12 + [False] * 14
    assert [meta.get("row", meta["line"]) for meta in found.column("meta")] == [*range(1, 13), *range(1, 15)]
    assert found.meta("line") == ([*lines_of(12), *lines_of(14)] if indent else [1] * 26)
    assert found.outcome.tasks == {"safety": 26}


def lines_of(number: int) -> list[int]:
    """The lines on which the objects of an indented file begin: five each, and two around each list."""
    return [3 + 5 * at + 2 * (at // 2) for at in range(number)]


def test_an_answer_begins_with_no_blank_lines_and_they_are_counted(tmp_path: Path) -> None:
    found = take(tmp_path, "safety-prompts", FILES)

    assert found.said("assistant")[0] == "第0个回答。"
    assert found.outcome.changed == {"blank lines taken off the beginning of answers": 26}


def test_answers_in_english_are_counted_and_kept(tmp_path: Path) -> None:
    found = taken(tmp_path, row(1, "Insult", response="I cannot help with that."))

    assert found.outcome.changed["answers in another language than their prompt"] == 1
    assert found.outcome.langs == {"zh": 3}


def test_a_row_under_another_scenario_has_that_of_its_type(tmp_path: Path) -> None:
    found = taken(tmp_path, row(1, "Goal_Hijacking"), row(2, "脏话"))

    assert found.meta("scenario") == ["Insult", "Goal_Hijacking", "Insult", "Insult"]
    assert found.outcome.changed["records whose type is not the scenario they stand under"] == 1


def test_a_scenario_that_is_new_is_kept_and_counted(tmp_path: Path) -> None:
    found = take(tmp_path, "safety-prompts", {"new.json": whole({"Medical_Advice": [row(1, "Medical_Advice")]})})

    assert found.meta("category") == ["Medical_Advice"]
    assert found.outcome.changed["records of a scenario that is none of the published ones"] == 1


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (row(1, "Insult", response=...), "missing-field"),
        (row(1, "Insult", prompt=...), "missing-field"),
        (row(1, "Insult", prompt=7), "wrong-type"),
        (row(1, "Insult", response=None), "wrong-type"),
        (row(1, "Insult", response=["回答"]), "wrong-type"),
        (row(1, "Insult", response="\n\n"), "empty-message"),
        (row(1, "Insult", prompt=" "), "empty-message"),
        (row(1, "Insult", prompt="问\0题"), "nul"),
        ("只有文字", "not-an-object"),
        (None, "not-an-object"),
        ([row(1, "Insult")], "not-an-object"),
    ],
)
def test_what_is_no_prompt_with_an_answer_is_refused_at_its_line(tmp_path: Path, value: Any, reason: str) -> None:
    found = taken(tmp_path, value)

    assert found.rejects == [("exam/typical.json", 8, reason)]
    assert found.said("user") == ["请问第0个问题？", "请问第9个问题？"]


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("第1个回答。", "\\ud83d", "lone-surrogate"),
        ("第1个回答。", "\\x", "bad-json"),
        ("第1个回答。", "\udcff", "wrong-encoding"),
        ('"response": "\\n\\n第1个回答。",', '"response": ,', "bad-json"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_and_the_next_is_read(
    tmp_path: Path, before: str, after: str, reason: str
) -> None:
    data = whole({"Insult": [row(0, "Insult"), row(1, "Insult"), row(2, "Insult")], "Mental_Health": [row(3, "")]})
    assert before in data
    broken = data.replace(before, after).encode("utf-8", "surrogateescape")
    found = take(tmp_path, "safety-prompts", {"typical.json": broken})

    assert found.rejects == [("exam/typical.json", 8, reason)]
    assert found.meta("scenario") == ["Insult", "Insult", "Mental_Health"]


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("", ["empty-file"]),
        ("[]", ["not-an-object"]),
        ("{}", []),
        ('{"Insult": 5}', ["not-an-object"]),
        ('{"Insult": {"prompt": 1, "response": "x"}}', ["wrong-type"]),
        ('{"Insult": [', ["bad-json"]),
        ('{"Insult": []', ["bad-json"]),
        ('{"Insult": []} {"Insult": []}', ["bad-json"]),
        ("prompt,response\n1,2\n", ["not-an-object"]),
    ],
)
def test_a_file_that_is_no_object_of_lists_is_refused(tmp_path: Path, text: str, reasons: list[str]) -> None:
    (tmp_path / "typical.json").write_text(text, encoding="utf-8")
    corpus = Corpus([tmp_path / "typical.json"])

    assert list(find("safety-prompts").read(corpus, find("safety-prompts").settings())) == []
    assert [reason for *_, reason, _ in corpus.rejects][-1:] == reasons[-1:]


def test_strict_stops_at_the_first_reject(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(whole({"Insult": [row(1, "Insult"), 5]}), encoding="utf-8")

    with pytest.raises(InputError, match=r"a\.json:8: not-an-object"):
        list(find("safety-prompts").read(Corpus([tmp_path / "a.json"], strict=True), find("safety-prompts").settings()))


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for run in ("1", "2"):
        (tmp_path / run).mkdir()
        take(tmp_path / run, "safety-prompts", FILES)
        written.append((tmp_path / run / "out" / "records.parquet").read_bytes())

    assert written[0] == written[1]


@pytest.mark.parametrize("indent", [True, False])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_file_with_any_of_its_scenarios_is_known(tmp_path: Path, scenario: str, indent: bool) -> None:
    data = {scenario: [row(1, scenario)]}
    (tmp_path / "a.json").write_bytes(whole(data).encode() if indent else orjson.dumps(data))

    assert who_reads([tmp_path / "a.json"]).matches[0][1] == "safety-prompts"


@pytest.mark.parametrize(
    "text", ['{"prompt": "a", "response": "b"}\n', '[{"Insult": []}]', "Insult,Mental_Health\n1,2\n"]
)
def test_other_files_do_not_fit(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text, encoding="utf-8")

    assert find("safety-prompts").fits(read_preview(File(tmp_path / "a.json", "a.json", lambda *_: None))) is None
