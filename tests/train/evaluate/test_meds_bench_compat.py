"""What is odd in the published scripts of MedS-Bench, each beside what the answers say (Metrics/, cb26b7f)."""

from math import exp
from typing import Any

import pytest

from tests.train.evaluate.meds import DIAGNOSES, OPTIONS, figures_of, rows_of

ASKED = {"question": OPTIONS}
CHOSEN = {"definition": DIAGNOSES}


@pytest.mark.parametrize(
    ("task", "reference", "answer", "honest", "published", "how"),
    [
        # the first letter of whatever word comes first
        ("task57", "The right answer is B: heparin", "Because of its speed, C: insulin.", 0, 1, ASKED),
        ("task57", "The right answer is A: aspirin", "(A) aspirin", 1, 0, ASKED),
        ("task57", "The right answer is E: zinc", "E", 1, 0, ASKED),
        ("task59", "正しい答えは C: insulin です", "C", 1, 0, ASKED),
        ("task60", "A: aspirin, C: insulin", "A", 0, 1, ASKED),
        ("task57", "The right answer is B: heparin", "The answer is B.", 1, 0, ASKED),
        # of an empty cell pandas makes a number, which is written nan, which begins with the n of no
        ("task123", "no", "", 0, 1, {}),
        ("task123", "no", "Not enough evidence to say yes.", 0, 1, {}),
        ("task123", "maybe", "maybe", 1, 0, {}),
        # the reference within whatever is written
        ("task1", "asthma", "children, mothers, asthma, men, women, animals", 0, 1, {}),
        ("task130", "The diagnosis result is gerd.", "gerd, pneumonia, croup", 0, 1, CHOSEN),
        ("task130", "The diagnosis result is gerd.", "It is not gerd but croup.", 0, 1, CHOSEN),
        ("task130", "The diagnosis result is stable angina.", "unstable angina", 0, 1, CHOSEN),
        ("task130", "the diagnosis result is gerd.", "gerd", 1, 0, CHOSEN),
        ("task131", "The treatment planning is: Radiation.", "No Radiation", 0, 1, {"definition": "Of ['Radiation', 'No Radiation']."}),
        ("task117", "True", "True. False would need a reason to stay.", 1, 0, {}),
        ("task16", "0", "10", 0, 1, {}),
        ("task16", "2", "The label is as follows.\n2", 1, 0, {}),
        ("task41", "entailment", "not entailment, but neutral", 0, 1, {}),
    ],
)  # fmt: skip
def test_an_answer_is_right_to_the_scripts_for_what_it_does_not_say(
    task: str, reference: str, answer: str, honest: int, published: int, how: dict[str, Any]
) -> None:
    pairs = [(reference, answer)]

    assert figures_of(task, pairs, **how)["accuracy"] == honest
    assert figures_of(task, pairs, compat=True, **how)["published_accuracy"] == published


def test_the_last_entity_loses_its_last_character() -> None:
    """With full stops gone before: {il-1, il-} on both sides."""
    pairs = [("IL-1, IL-2.", "IL-1, IL-6.")]

    assert figures_of("task125", pairs)["f1"] == 0.5  # one of two, both ways
    assert figures_of("task125", pairs, compat=True)["published_f1"] == 1.0


def test_that_there_is_no_entity_must_be_misspelt() -> None:
    """`There is no related entity` is an entity to the scripts, and where nothing is right, nothing is counted."""
    pairs = [("There is no related enetity.", "There is no related entity."), ("Aspirin.", "Aspirin.")]

    honest, published = figures_of("task125", pairs), figures_of("task125", pairs, compat=True)

    assert (honest["f1"], honest["accuracy"]) == (1.0, 1.0)
    assert published["published_f1"] == pytest.approx(2 / 3, abs=1e-6)  # tp 1, fp 1


def test_what_has_no_entity_and_is_said_to_have_none_earns_nothing() -> None:
    pairs = [("There is no related enetity.", "There is no related enetity."), ("Aspirin.", "Heparin.")]

    assert figures_of("task125", pairs)["accuracy"] == 0.5
    assert figures_of("task125", pairs, compat=True)["published_f1"] == 0.0


def test_an_empty_list_of_entities_is_left_out() -> None:
    pairs = [("Aspirin.", "Aspirin."), ("Heparin.", "")]

    assert figures_of("task125", pairs)["f1"] == pytest.approx(2 / 3, abs=1e-6)  # tp 1, fn 1
    assert figures_of("task125", pairs, compat=True)["published_f1"] == 1.0
    assert rows_of("task125", pairs, compat=True)["state"].to_list() == ["counted", "left out"]


def test_labels_that_nobody_has_count_as_nothing_in_macro_figures() -> None:
    """Of ten labels one is there, and is found: one, or a tenth."""
    pairs = [("Resisting cell death", "resisting cell death")] * 2

    assert figures_of("task106", pairs)["macro_f1"] == 1.0
    assert figures_of("task106", pairs, compat=True)["published_macro_f1"] == 0.1


def test_a_denied_label_is_a_label() -> None:
    pairs = [("resisting cell death", "resisting cell death, not inducing angiogenesis")]

    assert figures_of("task106", pairs)["macro_precision"] == 1.0
    assert figures_of("task106", pairs, compat=True)["published_macro_precision"] == pytest.approx(0.1)


def test_empty_rationales_are_left_out_and_count_as_nothing_here() -> None:
    pairs = [("the liver fails", "the liver fails"), ("the heart fails", " \n ")]

    assert figures_of("task52", pairs)["rouge_l"] == 0.5
    assert figures_of("task52", pairs, compat=True)["published_rouge_l"] == pytest.approx(1.0)
    assert rows_of("task52", pairs, compat=True)["state"].to_list() == ["counted", "left out"]


def test_an_empty_justification_counts_and_an_empty_explanation_does_not() -> None:
    pairs = [("the liver fails", "the liver fails"), ("the heart fails", "")]

    assert rows_of("task46", pairs, compat=True)["state"].to_list() == ["counted", "left out"]
    assert rows_of("task100", [("a b", "a b"), ("a b", " ")], compat=True)["bleu_1"].to_list() == [1.0, 0.0]
    assert figures_of("task46", pairs)["rouge_l"] == 0.5


def test_bleu_is_a_mean_of_sentences_and_not_of_the_corpus() -> None:
    """The long one has 3 of 4 words right, the short one its only one and a brevity of e^-1: their mean, or 4 of 5 words with e^-1/5."""
    pairs = [("a b c d", "a b c x"), ("a b", "a")]

    assert figures_of("task46", pairs)["bleu_1"] == pytest.approx(4 / 5 * exp(1 - 6 / 5), abs=1e-6)
    assert figures_of("task46", pairs, compat=True)["published_bleu_1"] == pytest.approx(
        (3 / 4 + exp(-1)) / 2, abs=1e-6
    )


def test_rouge_is_of_different_words_between_full_stops_wherever_these_stand() -> None:
    """37.5 is two sentences, `37` and `5`, and `pain pain` one word: 3 common words of 3 and of 3; in truth 4 of 4 and 3 tokens."""
    pairs = [("pain pain at 37.5", "pain at 37.5")]

    assert figures_of("task46", pairs, compat=True)["published_rouge_l"] == pytest.approx(1.0)
    assert figures_of("task46", pairs)["rouge_l"] < 1


def test_a_common_word_is_counted_once_however_many_sentences_have_it() -> None:
    """Sentences of the output: `a b` and `a c`; of the reference `a b c`. Common: a b and a c, together 3 of 3 words each way."""
    pairs = [("a b c", "a b.a c")]

    assert figures_of("task46", pairs, compat=True)["published_rouge_l"] == pytest.approx(1.0)


def test_an_output_of_full_stops_stops_the_script_and_is_nothing_here() -> None:
    pairs = [("the liver fails", "...")]

    assert rows_of("task46", pairs, compat=True).select("state", "rouge_l").row(0) == ("stops the script", 0.0)


def test_an_answer_of_nothing_but_its_opening_stops_the_script() -> None:
    pairs = [("The right answer is A: aspirin", "The right answer is")]

    assert rows_of("task57", pairs, compat=True, **ASKED).select("state", "right").row(0) == ("stops the script", 0.0)


def test_scans_are_not_in_the_published_average_of_summaries() -> None:
    from kgtools.train.evaluate.meds_bench.catalog import rows_of_average

    assert [row.split()[0] for row in rows_of_average("summarization")] == ["task78", "task110", "task112", "task114"]


def test_japanese_without_its_tokenizer_is_not_scored_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from kgtools.train.evaluate.meds_bench import published_texts

    monkeypatch.setitem(sys.modules, "janome.tokenizer", None)
    published_texts._japanese.cache_clear()

    row = rows_of("task54", [("肝臓です", "肝臓です")], compat=True)

    assert row["state"].to_list() == ["no words (janome is not installed)"]
    assert row["bleu_1"].to_list() == [None]
