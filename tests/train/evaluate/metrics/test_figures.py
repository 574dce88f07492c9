"""BLEU, GLEU and ROUGE worked by hand: the arithmetic stands beside each figure."""

from collections.abc import Sequence
from math import exp, sqrt
from typing import Any

import pytest

from kgtools.train.evaluate.metrics.figures import bleu, gleu, rouge
from kgtools.train.evaluate.metrics.ngrams import BLEU, GLEU, common_length, count_overlaps


def bleus(text: str, references: Sequence[str], smoothing: Any = "none") -> list[float]:
    """BLEU-1 to BLEU-4 of characters."""
    counts = count_overlaps([text], [references]).bleu
    return [float(bleu(counts, order, smoothing)[0]) for order in (1, 2, 3, 4)]


def rouges(text: str, references: Sequence[str], several: Any = "best") -> list[tuple[float, float, float]]:
    """Precision, recall and F of ROUGE-1, ROUGE-2 and ROUGE-L of characters."""
    found = rouge(count_overlaps([text], [references]), several)
    return [tuple(float(part[0, place]) for part in found) for place in range(3)]  # type: ignore[misc]


def test_what_texts_have_in_common_is_counted_as_by_hand() -> None:
    """甲乙丙 has 3, 2, 1 and 0 n-grams; 甲乙丁丙戊 has 5, 4, 3, 2; 甲, 乙, 丙 and 甲乙 are in both."""
    found = count_overlaps(["甲乙丙"], [["甲乙丁丙戊"]])

    assert dict(zip(BLEU, found.bleu[0].tolist(), strict=True)) == {
        "match_1": 3, "match_2": 1, "match_3": 0, "match_4": 0, "total_1": 3, "total_2": 2, "total_3": 1, "total_4": 1, "length": 3, "closest": 5,
    }  # fmt: skip
    assert dict(zip(GLEU, found.gleu[0].tolist(), strict=True)) == {"gleu_match": 4, "gleu_all": 14}
    assert found.rouge[0].tolist() == [3, 3, 5, 1, 2, 4, 3, 3, 5]


def test_bleu_is_the_geometric_mean_of_precisions_by_the_brevity() -> None:
    """Precisions 3/3, 1/2, 0/1, and nothing of 4 tokens; 3 tokens for 5 cost exp(1 - 5/3)."""
    short = exp(1 - 5 / 3)

    assert bleus("甲乙丙", ["甲乙丁丙戊"]) == pytest.approx([short, short * sqrt(1 / 2), 0, 0], abs=1e-12)


def test_a_tenth_of_a_match_stands_for_none_also_where_the_text_is_too_short() -> None:
    short = exp(1 - 5 / 3)

    found = bleus("甲乙丙", ["甲乙丁丙戊"], "method1")

    assert found[2:] == pytest.approx(
        [short * (1 * 0.5 * 0.1 / 1) ** (1 / 3), short * (1 * 0.5 * 0.1 * 0.1) ** (1 / 4)], abs=1e-12
    )


def test_a_right_answer_of_one_token_has_bleu_4_only_by_smoothing() -> None:
    assert bleus("是", ["是"]) == [1.0, 0.0, 0.0, 0.0]
    assert bleus("是", ["是"], "method1")[3] == pytest.approx(0.1**0.75)


def test_without_one_token_in_common_no_smoothing_helps() -> None:
    assert bleus("甲乙丙丁戊", ["一二三四五"], "method1") == [0.0, 0.0, 0.0, 0.0]


def test_a_word_said_seven_times_matches_as_often_as_the_reference_says_it() -> None:
    """Papineni's 2/7; ROUGE-1 is of sets: 1 of 1 and 1 of 2; the longest common subsequence is 2 of 7 and 2 of 3."""
    text, reference = "痛痛痛痛痛痛痛", "头痛痛"

    assert bleus(text, [reference])[0] == pytest.approx(2 / 7)
    of_1, _, of_l = rouges(text, [reference])
    assert of_1[:2] == (1.0, 0.5)
    assert of_l[:2] == pytest.approx((2 / 7, 2 / 3))


def test_of_two_references_as_near_in_length_the_shorter_counts() -> None:
    """4 tokens between 3 and 5: nothing to pay; of 5 alone exp(1 - 5/4)."""
    assert bleus("甲乙丙丁", ["甲乙丙丁戊", "甲乙丙"])[0] == pytest.approx(1.0)
    assert bleus("甲乙丙丁", ["甲乙丙丁戊"])[0] == pytest.approx(exp(1 - 5 / 4))


def test_an_n_gram_matches_as_often_as_one_reference_has_it_not_as_all_have() -> None:
    """痛 three times, twice in the one and once in the other reference: 2 of 3."""
    assert bleus("痛痛痛", ["痛痛头", "头痛经"])[0] == pytest.approx(2 / 3)


def test_gleu_is_the_less_of_precision_and_recall() -> None:
    """4 of 6 and 4 of 14."""
    assert gleu(count_overlaps(["甲乙丙"], [["甲乙丁丙戊"]]).gleu)[0] == pytest.approx(4 / 14)


def test_of_references_with_one_gleu_the_first_counts_in_the_corpus() -> None:
    """甲乙 has 3 n-grams: 1 of 3 shared with 甲, 2 of 6 with 乙丙甲."""
    found = count_overlaps(["甲乙", "甲乙"], [["甲", "乙丙甲"], ["乙丙甲", "甲"]]).gleu

    assert found.tolist() == [[1, 3], [2, 6]]


def test_rouge_f_of_the_reference_itself_is_a_hair_below_1() -> None:
    """2 * 1 / (2 + 1e-8)."""
    for precision, recall, f in rouges("甲乙丙", ["甲乙丙"]):
        assert (precision, recall) == (1.0, 1.0)
        assert f == pytest.approx(2 / (2 + 1e-8), abs=1e-15)
        assert f < 1


def test_rouge_of_several_references_is_of_the_best_of_each_kind_or_the_mean() -> None:
    """甲乙丙 with 甲丙丁乙: 3 of 3 and 3 of 4 tokens, no pair, 2 in order. With 甲乙: 2 of 3 and 2 of 2, 1 of 2 and 1 of 1, 2 in order."""
    best, mean = (rouges("甲乙丙", ["甲丙丁乙", "甲乙"], several) for several in ("best", "mean"))

    assert [part[:2] for part in best] == [(1.0, 0.75), (0.5, 1.0), pytest.approx((2 / 3, 1.0))]
    assert mean[0][:2] == pytest.approx(((1 + 2 / 3) / 2, (0.75 + 1) / 2))
    assert mean[1][:2] == (0.25, 0.5)


@pytest.mark.parametrize(("text", "reference"), [("", "甲乙"), ("甲乙", ""), ("", "")])
def test_with_nothing_said_every_figure_is_0(text: str, reference: str) -> None:
    assert bleus(text, [reference], "method1") == [0.0, 0.0, 0.0, 0.0]
    assert gleu(count_overlaps([text], [[reference]]).gleu)[0] == 0
    assert rouges(text, [reference]) == [(0.0, 0.0, 0.0)] * 3


def test_a_hundred_thousand_tokens_are_compared_in_a_moment() -> None:
    """A table of all pairs would have 10^9 fields and more."""
    assert common_length("甲" * 100_000, "甲乙" * 5_000) == 5_000
    assert count_overlaps(["甲乙丙丁" * 25_000], [["甲乙丙" * 100]]).rouge[0].tolist()[6:] == [300, 100_000, 300]
