import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from kgtools.corpora.record import PREFERENCES, RECORDS
from kgtools.templates import diversity
from kgtools.templates.diversity import COLUMNS, FEWEST, _distinct, _evenness, measure, self_bleu, tokens
from kgtools.tools.errors import UsageError
from kgtools.tools.frames import write_table

Run = Callable[..., CompletedProcess[str]]
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """`write([(template, user, assistant), ...], lang)`: a folder of records."""

    def make(said: list[tuple[str | None, str, str]], lang: str = "zh") -> Path:
        rows: list[dict[str, Any]] = [
            {
                "id": f"{number:08x}", "task": "qa", "lang": lang, "facts": [], "group": "", "source": "one", "template": template,
                "license": "MIT", "meta": json.dumps({"head": f"Disease:病{number}"}), "answer": None, "split": None, "hold_out": None,
                "messages": [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}],
            }
            for number, (template, user, assistant) in enumerate(said)
        ]  # fmt: skip
        write_table(
            RECORDS.frame([tuple(row[name] for name in RECORDS.columns) for row in rows]), tmp_path / "records.parquet"
        )
        return tmp_path

    return make


def test_of_no_records_nothing_is_measured(write: Write, command: Run) -> None:
    assert "There are no records." in command("packs", "diversity", write([])).stdout


def test_the_wordings_of_a_task_count_as_variants(command: Run, named_graph: Path, tmp_path: Path) -> None:
    words = ["--task", "truefalse", "--lang", "zh", "--pack", "clinicalgpt", "--count", "200"]
    assert command("generate", "--graph", named_graph, *words, "--out", tmp_path / "items").returncode == 0

    found = measure(tmp_path / "items", 50, 0)

    assert of(found, "clinicalgpt@2.0.0/treatment.zh")["variants"] > 2


def of(found: diversity.Diversity, template: str) -> dict[str, Any]:
    (row,) = [each for each in found.rows if each["template"] == template]
    return row


ONE = [("p@1/s.zh#1", f"病{n}有哪些症状？", f"病{n}的症状包括症{n}。") for n in range(60)]
TWO = [("p@1/t.zh#2", f"得了病{n}，会怎样？", f"可能会有症{n}。") for n in range(60, 120)]


def test_a_template_of_one_wording_is_called_monotonous(write: Write) -> None:
    found = measure(write(ONE), 50, 0)

    assert of(found, "p@1/s.zh")["variants"] == 1
    assert any("p@1/s.zh: 60 records in one wording; give" in verdict for verdict in found.verdicts)
    assert any("qa, zh, all: 100% of the questions begin alike" in verdict for verdict in found.verdicts)


def test_a_template_of_several_wordings_that_are_used_evenly_is_not(write: Write) -> None:
    other = [("p@1/s.zh#2", user, assistant) for _, user, assistant in TWO]

    found = measure(write(ONE + other), 100, 0)

    assert [each for each in found.verdicts if "p@1/s.zh" in each or "begin alike" in each] == []
    row = of(found, "p@1/s.zh")
    assert (row["records"], row["variants"], row["evenness"], row["openings"]) == (120, 2, 1.0, 2)


def test_a_variant_that_does_nearly_all_is_called_so(write: Write) -> None:
    found = measure(write([*ONE, ("p@1/s.zh#2", *TWO[0][1:])]), 61, 0)

    assert any(
        "one variant has nearly all of 61 records (evenness 0.121); even them out" in each for each in found.verdicts
    )


def test_texts_that_repeat_each_other_are_called_so(write: Write) -> None:
    same = [(f"p@1/s.zh#{n % 2 + 1}", "病有哪些症状？", "症状包括发热。") for n in range(40)]

    found = measure(write(same), 40, 0)

    assert of(found, "p@1/s.zh")["self_bleu"] == 1.0
    assert any("p@1/s.zh: the texts repeat each other (self-BLEU 1.0, from 0.8 on)" in each for each in found.verdicts)


def test_of_few_records_nothing_is_said(write: Write) -> None:
    assert measure(write(ONE[: FEWEST - 1]), 50, 0).verdicts == []


def test_the_name_that_a_question_is_about_makes_no_other_opening(write: Write) -> None:
    assert of(measure(write(ONE), 60, 0), "p@1/s.zh")["openings"] == 1


def test_records_of_a_corpus_have_no_variants_and_are_told_by_source(write: Write) -> None:
    found = measure(write([(None, *each[1:]) for each in ONE]), 50, 0)

    row = of(found, "one")
    assert (row["variants"], row["evenness"]) == (None, None)
    assert not any("one wording" in verdict for verdict in found.verdicts)


def test_the_seed_decides_what_is_measured_and_the_same_seed_measures_the_same(write: Write) -> None:
    folder = write(ONE + TWO)

    assert measure(folder, 20, 1) == measure(folder, 20, 1)
    assert measure(folder, 20, 1).rows != measure(folder, 20, 2).rows


@pytest.mark.parametrize(("counts", "even"), [([5], None), ([5, 5], 1.0), ([9, 1], 0.469), ([1, 1, 1, 1], 1.0)])
def test_evenness_is_1_where_all_are_used_alike(counts: list[int], even: float | None) -> None:
    assert _evenness(counts) == even


def test_distinct_n_is_the_share_of_n_grams_that_are_not_repeated() -> None:
    texts = [tokens("a b a", "en"), tokens("a b", "en")]

    assert (_distinct(texts, 1), _distinct(texts, 2), _distinct([["a"]], 2)) == (0.4, 0.667, None)
    assert tokens("甲 乙A", "zh") == ["甲", "乙", "a"]


def test_self_bleu_is_1_of_equal_texts_and_0_of_texts_without_a_word_in_common() -> None:
    bleu = diversity._bleu()

    assert self_bleu([list("甲乙丙丁戊")] * 3, bleu) == 1.0
    assert self_bleu([list("甲乙丙丁戊"), list("子丑寅卯辰")], bleu) == 0.0
    assert self_bleu([list("甲乙")], bleu) is None


def test_without_sacrebleu_all_else_is_measured_and_the_way_out_is_told(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diversity, "_bleu", lambda: None)

    found = measure(write(ONE), 50, 0)

    assert of(found, "p@1/s.zh")["self_bleu"] is None
    assert found.note == "self-BLEU is left out: it needs pip install 'kgtools[diversity]'"


def test_preferences_are_refused(tmp_path: Path) -> None:
    write_table(PREFERENCES.frame(), tmp_path / "preferences.parquet")

    with pytest.raises(UsageError, match="holds preferences; name a folder of records"):
        measure(tmp_path, 50, 0)


def test_the_samples_records_are_measured_for_people_and_for_programs(command: Run, sample_run: Path) -> None:
    told, read = (
        command("packs", "diversity", sample_run),
        command("packs", "diversity", sample_run, "--format", "json"),
    )

    assert told.returncode == 0, told.stderr
    assert "No set of records is monotonous." in told.stdout or "monotonous:\n" in told.stdout
    rows = json.loads(read.stdout)["sets"]
    assert all(tuple(row) == COLUMNS for row in rows)
    assert {(row["task"], row["lang"]) for row in rows if row["template"] == "all"} == {("qa", "en"), ("qa", "zh")}
