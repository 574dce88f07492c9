"""MedS-Bench from its files to figures: what is asked, and what an answer is worth for what it says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from kgtools.train.evaluate.meds_bench.catalog import FILE, categories, tasks
from kgtools.train.evaluate.meds_bench.labels import read_label
from kgtools.train.evaluate.meds_bench.prompts import key_of, options_in
from kgtools.train.evaluate.meds_bench.texts import text_metrics
from tests.conftest import Ran
from tests.train.evaluate.meds import DIAGNOSES, OPTIONS, figures_of, rows_of

Command = Callable[..., Ran]
INPUTS = ["pain of the chest", "pain of the back", "cough at night", "fever since monday", "a rash"]


@pytest.fixture
def records(tmp_path: Path, kgtools: Command) -> Callable[..., Path]:
    """The records of a task's file, as `kgtools read meds-ins` makes them."""

    def make(task: str, definition: str, instances: list[tuple[str, str]]) -> Path:
        file, out = tmp_path / f"{task}_toy.json", tmp_path / "records"
        rows = [{"input": given, "output": output} for given, output in instances]
        file.write_bytes(orjson.dumps({"Definition": [definition], "Output_language": ["English"], "Instances": rows}))
        ran = kgtools("read", "meds-ins", file, "--out", out)
        assert ran.code == 0, ran.err
        return out

    return make


@pytest.fixture
def asked(kgtools: Command, tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """The prompts of records, and what the command says of them under "said" of the first."""

    def make(records: Path, *words: str) -> list[dict[str, Any]]:
        ran = kgtools(
            "evaluate", "prompts", "meds-bench", records, "--out", tmp_path / "prompts", "--format", "json", *words
        )
        assert ran.code == 0, ran.err
        rows = [orjson.loads(line) for line in (tmp_path / "prompts" / "prompts.jsonl").read_bytes().splitlines()]
        rows[0]["said"] = ran.json
        return rows

    return make


def system(prompt: dict[str, Any]) -> str:
    return str(prompt["messages"][0]["content"])


def test_worked_examples_stand_in_the_published_layout_and_never_hold_the_question(records: Any, asked: Any) -> None:
    prompts = asked(
        records("task46", "Explain it.", [(given, f"about {given}") for given in INPUTS]), "shots=2", "seed=4"
    )

    first = prompts[0]
    others = [given for given in INPUTS if f"Input:\n{given}\n\nOutput:\nabout {given}\n" in system(first)]
    one, two = sorted(others, key=system(first).index)
    assert system(first) == (
        f"Input:\n{one}\n\nOutput:\nabout {one}\n\n\nInput:\n{two}\n\nOutput:\nabout {two}\n\n\nExplain it."
        "Please learn from the few-shot cases to see what content you have to output."
    )
    assert {prompt["messages"][1]["content"] for prompt in prompts} == {
        f"Input:\n{given}\nOutput:\n" for given in INPUTS
    }
    assert not [prompt for prompt, given in zip(prompts, INPUTS, strict=True) if given in system(prompt)]


def test_a_budget_cuts_whole_examples_from_the_first_and_never_the_question(records: Any, asked: Any) -> None:
    folder = records("task46", "Explain it.", [(given, f"about {given}") for given in INPUTS])
    whole = asked(folder, "shots=3", "seed=4")

    cut = asked(folder, "shots=3", "seed=4", "budget=240")

    for before, after, given in zip(whole, cut, INPUTS, strict=True):
        assert after["messages"][1] == before["messages"][1]
        assert given in after["messages"][1]["content"]
        assert 0 < system(after).count("Input:\n") < 3
        assert system(before).endswith(system(after))
    gone = sum(system(a).count("Input:\n") - system(b).count("Input:\n") for a, b in zip(whole, cut, strict=True))
    assert cut[0]["said"]["notes"] == {"worked examples cut for the budget": gone}


def test_a_question_longer_than_the_budget_is_asked_whole_and_counted(records: Any, asked: Any) -> None:
    prompts = asked(records("task46", "Explain it.", [(given, "x") for given in INPUTS]), "shots=1", "budget=5")

    assert prompts[0]["messages"] == [
        {"role": "system", "content": "Explain it."}, {"role": "user", "content": INPUTS[0]},
    ]  # fmt: skip
    assert prompts[0]["said"]["notes"]["questions that are longer than the budget, asked whole"] == 5


def test_questions_with_options_are_asked_without_examples_unless_so_wanted(records: Any, asked: Any) -> None:
    folder = records(
        "task57", "Choose.", [(OPTIONS.replace("Which", given), "The right answer is D: iron") for given in INPUTS]
    )

    assert [one["content"] for one in asked(folder, "shots=3")[1]["messages"]] == [
        "Choose.",
        OPTIONS.replace("Which", INPUTS[1]).strip(),
    ]
    assert system(asked(folder, "shots=3", "mcqa_shots=true")[1]).count("Output:\n") == 3


def test_records_of_other_tasks_are_counted(write_records: Any, asked: Any) -> None:
    row = {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}

    said = asked(write_records([row | {"meta": {"task": "task11"}}, row | {"meta": {"task": "task46"}}, row]))[0][
        "said"
    ]

    assert said["refused"] == {"of no task that MedS-Bench has": 2}


def test_a_category_that_there_is_not_is_refused_with_those_that_there_are(
    kgtools: Command, write_records: Any, tmp_path: Path
) -> None:
    ran = kgtools("evaluate", "prompts", "meds-bench", write_records([]), "--out", tmp_path / "p", "category=NER")

    assert ran.code == 2
    assert "there are mcqa, summarization" in ran.err


def test_answers_are_scored_from_the_files_of_the_benchmark_to_a_figure_for_each_task(
    records: Any, asked: Any, kgtools: Command, write_answers: Any, tmp_path: Path
) -> None:
    diagnoses = ["gerd", "croup", "gerd", "croup", "gerd"]
    folder = records(
        "task130",
        DIAGNOSES,
        [(given, f"The diagnosis result is {name}.") for given, name in zip(INPUTS, diagnoses, strict=True)],
    )
    answers = ["GERD", "gerd, pneumonia, croup", "It may be pneumonia. The diagnosis is gerd.", "not croup", "gerd"]

    file = write_answers({one["id"]: text for one, text in zip(asked(folder, "shots=1"), answers, strict=True)})
    ran = kgtools(
        "evaluate", "meds-bench", tmp_path / "prompts", file, "--out", tmp_path / "scores", "--format", "json"
    )

    assert ran.json["states"] == {"mixed": 1, "no_answer": 1, "read": 3}
    found = {cell["metric"]: cell["figure"] for cell in ran.json["cells"]}
    assert found == {"accuracy": 0.6, "unread": 0.4, "accuracy_average": None}


@pytest.mark.parametrize(
    ("task", "reference", "answer", "right", "how"),
    [
        ("task60", "Les bonnes réponses sont A: aspirin, C: insulin.", "A et C", 1, {"question": OPTIONS}),
        ("task60", "Les bonnes réponses sont A: aspirin, C: insulin.", "A", 0, {"question": OPTIONS}),
        ("task59", "正しい答えは E: zinc です", "正しい答えは E: zinc です", 1, {"question": OPTIONS}),
        ("task57", "The right answer is B: heparin", "<b>heparin</b>", 1, {"question": OPTIONS}),
        ("task123", "maybe", "Maybe. The trials disagree with each other.", 1, {}),
        ("task123", "yes", "yes, no, maybe", 0, {}),
        ("task130", "The diagnosis result is stable angina.", "Unstable angina is ruled out; stable angina.", 1, {"definition": DIAGNOSES}),
        ("task117", "False", "False", 1, {}),
        ("task117", "False", "It is not true, so the answer is False.", 1, {}),
        ("task12", "no", "No, the answer does not answer the question.", 1, {}),
        ("task16", "1", "1. The evidence is mixed: 2 studies for, 0 against.", 1, {}),
        ("task41", "contradiction", "It is a contradiction rather than an entailment.", 1, {}),
        ("task125", "IL-2, 1,2-dichloroethane.", "1,2-dichloroethane\n- IL-2", 1, {}),
        ("task125", "There is no related enetity.", "None", 1, {}),
        ("task125", "There is no related enetity.", "I cannot say", 0, {}),
        ("task106", "Resisting cell death, cellular energetics", "Cellular energetics; resisting cell death", 1, {}),
        ("task1", "children with asthma, 12 adults", '"12 adults", "children with asthma"', 1, {}),
        ("task1", "children with asthma, 12 adults", "children with asthma", 0, {}),
        ("task29", "5 mg", "10 mg", 0, {}),
        ("task29", "5 mg", "10 mg", 1, {"references": ["10 mg daily", "10 mg"]}),
        ("task74", "Gender: M\n\nAge: [[1.0, 'year']]", "Gender: M\nAge: [[1.0, 'year']]", 1, {}),
    ],
)  # fmt: skip
def test_an_answer_is_right_for_what_it_says(
    task: str, reference: str, answer: str, right: int, how: dict[str, Any]
) -> None:
    assert figures_of(task, [(reference, answer)], **how)["accuracy"] == right


def test_entities_are_compared_as_sets_over_the_corpus() -> None:
    """tp 2 (IL-2, aspirin), fp 2 (IL-6 and TNF), fn 1 (IL-1): P 2/4, R 2/3, F1 4/7."""
    figures = figures_of("task125", [("IL-2, IL-1.", "il-2, IL-6."), ("aspirin", "Aspirin; TNF")])

    assert (figures["precision"], figures["recall"], figures["f1"]) == (0.5, 0.666667, 0.571429)


def test_macro_figures_are_means_over_labels_that_are_there() -> None:
    """Resisting cell death: tp 1, fp 1: P 1/2, R 1, F 2/3. Inducing angiogenesis: fn 1: 0. Of these two the means."""
    pairs = [("resisting cell death", "resisting cell death"), ("inducing angiogenesis", "resisting cell death")]

    figures = figures_of("task106", pairs)

    assert (figures["macro_precision"], figures["macro_recall"], figures["macro_f1"]) == (0.25, 0.5, 0.333333)


def test_a_phrase_that_is_contained_is_counted_beside_what_is_exact() -> None:
    figures = figures_of("task29", [("5 mg", "The dose is 5 mg."), ("5 mg", "5 mg")])

    assert (figures["contained"], figures["accuracy"]) == (1.0, 0.5)


def test_nothing_said_is_unread_wrong_and_like_nothing() -> None:
    for task, reference, how in (
        ("task57", "A: aspirin", {"question": OPTIONS}), ("task125", "IL-2", {}), ("task130", "gerd", {"definition": DIAGNOSES}),
        ("task106", "cellular energetics", {}), ("task29", "5 mg", {}),
    ):  # fmt: skip
        figures = figures_of(task, [(reference, "")], **how)
        assert (figures["unread"], figures["accuracy"]) == (1.0, 0.0)
    figures = figures_of("task46", [("the liver fails", "")])
    assert (figures["unread"], figures["rouge_l"], figures["bleu_1"]) == (1.0, 0.0, 0.0)


def test_a_prompt_without_an_answer_is_wrong_and_called_missing() -> None:
    assert rows_of("task125", [("IL-2", None)]).select("state", "fn", "right").row(0) == ("missing", 1.0, 0.0)


@pytest.mark.parametrize(
    ("text", "labels", "state"),
    [
        ("yes or no", ("yes", "no"), "mixed"), ("true, false", ("true", "false"), "mixed"),
        ("10", ("0", "1"), "no_answer"), ("0.5", ("0", "5"), "no_answer"),
    ],
)  # fmt: skip
def test_a_listing_of_labels_is_no_answer(text: str, labels: tuple[str, ...], state: str) -> None:
    assert read_label(text, labels).state == state


@pytest.mark.parametrize(
    "hostile",
    ["x" * 50_000, "\n" * 20_000, "、" * 20_000, "|" * 20_000, "not " * 10_000, "{" * 5_000, "\x00\ufeff🦠" * 500],
)
def test_huge_and_hostile_answers_are_read_to_the_end(hostile: str) -> None:
    for task, reference, how in (
        ("task57", "A: aspirin", {"question": OPTIONS}), ("task125", "IL-2", {}), ("task130", "gerd", {"definition": DIAGNOSES}),
        ("task12", "yes", {}), ("task29", "5 mg", {}),
    ):  # fmt: skip
        assert figures_of(task, [(reference, hostile)], **how)["accuracy"] == 0.0


def test_options_and_keys_are_read_as_the_converters_write_them() -> None:
    options = options_in(OPTIONS)

    assert options == {"A": "aspirin", "B": "heparin", "C": "insulin", "D": "iron", "E": "zinc"}
    assert key_of("The right answer is E: zinc", options) == "E"
    assert key_of("正しい答えは A: aspirin, C: insulin です", options) == "AC"
    assert key_of("zinc", options) == ""


def test_text_is_compared_by_tokens_and_their_longest_common_subsequence() -> None:
    """Of `the liver failed , then`: the, liver, then of 5 and 4 tokens; in one order the, liver, then: 3. Chinese by characters."""
    likeness = text_metrics("The liver failed, then", "then the liver stopped", "en")
    assert (likeness.matched, likeness.tokens, likeness.reference) == (3, 5, 4)
    assert (likeness.rouge_1, likeness.rouge_l) == (pytest.approx(6 / 9), pytest.approx(4 / 9))
    assert text_metrics("肝衰竭", "肝功能衰竭", "zh").rouge_l == pytest.approx(2 * 3 / 8)


def test_each_category_has_its_tasks_and_each_task_what_its_kind_needs() -> None:
    assert len(categories()) == 12, FILE
    assert set(categories()) == {task.category for task in tasks().values()}
    assert [task.id for task in tasks().values() if task.kind in ("label", "labels") and not task.labels] == []
    assert [task.id for task in tasks().values() if task.category == "rationale" and not task.lang] == []
