"""Our figures are those of nltk, rouge-chinese and sacrebleu, on whatever people and models write."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU

from kgtools.train.evaluate.metrics.figures import bleu, gleu, rouge
from kgtools.train.evaluate.metrics.ngrams import count_overlaps
from kgtools.train.evaluate.metrics.tokens import find_tokenizer
from tests.conftest import ROOT
from tests.train.evaluate.metrics.libraries import Tokens, nltk_figures, rouge_figures

NEAR = 1e-9
REAL = ROOT.parent / "shared" / "data" / "corpora" / "huatuo" / "huatuo26M_test.json"
CHINESE = "甲乙丙感冒发热"
SIGNS = "。！？?.…”’，"
"""Those at which rouge-chinese begins a sentence among them."""
HOSTILE = "ab A1\n\t\r\x00\x1c\x85\u3000\u200d\u202e😀👨‍👩‍👧é́ابת"
ALPHABET = st.sampled_from(CHINESE + SIGNS + HOSTILE)
TEXTS = st.text(ALPHABET, max_size=30) | st.text(st.sampled_from("甲乙。"), max_size=30) | st.text(max_size=15)
"""Texts that repeat themselves, and any with all of Unicode but halves of characters, which no file can hold."""
TOKEN = st.text(st.sampled_from("甲a" + SIGNS), min_size=1, max_size=9)
TOKENS = st.lists(TOKEN, max_size=8) | st.lists(st.sampled_from(["痛", "?!", "......", "。。。", "37.5"]), max_size=15)
"""Tokens of several signs too, some of which rouge-chinese tears apart."""


def figures(text: Tokens, references: Sequence[Tokens], smoothing: Any) -> dict[str, float]:
    """Ours, by the names of the libraries'."""
    counts = count_overlaps([text], [references])
    return {f"bleu_{n}": bleu(counts.bleu, n, smoothing)[0] for n in (1, 2, 3, 4)} | {"gleu": gleu(counts.gleu)[0]}


def rouges(text: Tokens, reference: Tokens) -> dict[str, float]:
    precision, recall, f = rouge(count_overlaps([text], [[reference]]))
    parts = {"": f, "_precision": precision, "_recall": recall}
    names = ("rouge_1", "rouge_2", "rouge_l")
    return {f"{name}{end}": part[0, place] for place, name in enumerate(names) for end, part in parts.items()}


@given(TOKENS, st.lists(TOKENS, min_size=1, max_size=3), st.sampled_from(["none", "method1"]))
@example([], [[]], "method1")
@example(["痛"], [[], ["痛"]], "method1")
def test_bleu_and_gleu_of_any_tokens_are_those_of_nltk(text: Tokens, references: list[Tokens], smoothing: str) -> None:
    assert figures(text, references, smoothing) == pytest.approx(
        nltk_figures([text], [references], smoothing), abs=NEAR
    )


@given(TOKENS, TOKENS)
@example(["。。。", "甲"], ["。", "。。", "甲"])
@example([".......", "…………", "？”x"], [".", "？”"])
def test_rouge_of_any_tokens_is_that_of_rouge_chinese(text: Tokens, reference: Tokens) -> None:
    assume(text and reference)

    assert rouges(text, reference) == pytest.approx(rouge_figures(text, reference), abs=NEAR)


@given(TEXTS, TEXTS, st.sampled_from(["char", "jieba", "word"]))
@example("吃了？？？还好……嗯......好。。。", "还好？！“好。”他说", "jieba")
@example("ابת \u202e甲 👨‍👩‍👧 \x00\x1c\x1f", "👨‍👩 甲", "word")
@example("It's 37.5 ℃, don't worry; 没事 COVID-19.", "it's 37.5", "word")
def test_any_texts_however_cut_have_the_figures_of_both_libraries(text: str, reference: str, tokenize: Any) -> None:
    cut = find_tokenizer(tokenize)
    tokens, others = cut(text), cut(reference)

    assert not [token for token in [*tokens, *others] if not token or token.split() != [token]]
    assert figures(tokens, [others], "none") == pytest.approx(nltk_figures([tokens], [[others]], "none"), abs=NEAR)
    if tokens and others:
        assert rouges(tokens, others) == pytest.approx(rouge_figures(tokens, others), abs=NEAR)
    else:
        assert not any(rouges(tokens, others).values())
        with pytest.raises(ValueError, match="empty"):
            rouge_figures(tokens, others)


@given(st.text(st.sampled_from("甲a \ud800\udfff"), max_size=9), st.sampled_from(["char", "word"]))
def test_halves_of_characters_are_tokens_like_any(text: str, tokenize: Any) -> None:
    tokens = find_tokenizer(tokenize)(text)

    assert "".join(tokens) == text.replace(" ", "")
    assert figures(tokens, [["甲"]], "none") == pytest.approx(nltk_figures([tokens], [[["甲"]]], "none"), abs=NEAR)


CORPUS = st.lists(st.tuples(TOKENS, st.lists(TOKENS, min_size=1, max_size=2)), min_size=1, max_size=5)


@settings(max_examples=60)
@given(CORPUS, st.sampled_from(["none", "method1"]))
def test_sums_over_a_corpus_have_the_figures_of_nltk(corpus: list[tuple[Tokens, list[Tokens]]], smoothing: Any) -> None:
    texts, references = [text for text, _ in corpus], [others for _, others in corpus]

    counts = count_overlaps(texts, references)

    sums = counts.bleu.sum(axis=0)
    found = {f"bleu_{n}": float(bleu(sums, n, smoothing)) for n in (1, 2, 3, 4)}
    found["gleu"] = float(gleu(counts.gleu.sum(axis=0)))
    assert found == pytest.approx(nltk_figures(texts, references, smoothing), abs=NEAR)


LONG = st.lists(st.sampled_from(list("甲乙丙")), min_size=4, max_size=30)


@settings(max_examples=30)
@given(st.lists(st.tuples(LONG, st.lists(LONG, min_size=2, max_size=2)), min_size=1, max_size=5))
def test_bleu_of_a_corpus_of_texts_of_four_tokens_or_more_is_that_of_sacrebleu(corpus: list[Any]) -> None:
    texts, references = [text for text, _ in corpus], [others for _, others in corpus]
    streams = [[" ".join(others[place]) for others in references] for place in range(2)]

    theirs = BLEU(tokenize="none", smooth_method="none", force=True).corpus_score(
        [" ".join(text) for text in texts], streams
    )

    sums = count_overlaps(texts, references).bleu.sum(axis=0)
    assert 100 * float(bleu(sums, 4)) == pytest.approx(theirs.score, abs=1e-7)


def test_a_text_too_short_for_an_order_counts_in_its_total_as_in_nltk_and_not_as_in_sacrebleu() -> None:
    """Both answers are right, word for word. 甲乙丙丁 has 4, 3, 2 and 1 n-grams; 戊 has 1, 0, 0 and 0, of which nltk makes 1, 1, 1 and 1: precisions
    are 5/5, 3/4, 2/3 and 1/2."""
    texts, references = [list("甲乙丙丁"), ["戊"]], [[list("甲乙丙丁")], [["戊"]]]

    ours = float(bleu(count_overlaps(texts, references).bleu.sum(axis=0), 4))

    assert ours == pytest.approx((5 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** (1 / 4))
    assert ours == pytest.approx(nltk_figures(texts, references, "none")["bleu_4"])
    theirs = BLEU(tokenize="none", smooth_method="none", force=True).corpus_score(
        ["甲 乙 丙 丁", "戊"], [["甲 乙 丙 丁", "戊"]]
    )
    assert theirs.score == pytest.approx(100)


def test_a_long_answer_and_a_short_one_have_the_figures_of_nltk() -> None:
    """5,000 tokens by a formula, no random ones; of rouge-chinese it would take a minute."""
    text = ["甲乙丙丁戊己庚"[(n * n) % 7] for n in range(5_000)]

    assert figures(text, [text[:300]], "none") == pytest.approx(nltk_figures([text], [[text[:300]]], "none"), abs=NEAR)
    assert np.isclose(figures(text, [text], "none")["bleu_4"], 1.0)


@pytest.mark.skipif(not REAL.is_file(), reason="needs ../shared/data/corpora/huatuo, which is not part of the project")
@pytest.mark.parametrize("tokenize", ["char", "jieba", "word"])
def test_answers_of_real_doctors_have_the_figures_of_both_libraries(tokenize: Any) -> None:
    """Each beside the next one's, and beside what is half its own."""
    cut = find_tokenizer(tokenize)
    answers = ["".join(row["output"])[:150] for row in orjson.loads(REAL.read_bytes())[:12]]

    for mine, other in pairwise(answers):
        text, reference = cut(mine[: len(mine) // 2] + other), cut(mine)
        assert figures(text, [reference], "none") == pytest.approx(
            nltk_figures([text], [[reference]], "none"), abs=NEAR
        )
        assert rouges(text, reference) == pytest.approx(rouge_figures(text, reference), abs=NEAR)
