"""What lint says of articles, of one and several, of how sentences begin, and of signs in the width of the other language."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kgtools.templates.lint import lint
from tests.templates.blocks import EN, ZH, blocks

Folder = Callable[..., Path]
L = "{{ tails | listed }}"


@pytest.fixture
def found(pack_folder: Folder) -> Callable[..., list[str]]:
    """The findings of a pack whose files have these texts, without its folder."""

    def find(zh: list[str] = ZH, en: list[str] = EN) -> list[str]:
        folder = pack_folder(zh=blocks(*zh), en=blocks(*en))
        findings = [str(finding).removeprefix(f"{folder}/") for finding in lint(folder)]
        return [each for each in findings if " en reads [" not in each]  # that the languages differ is not asked here

    return find


Found = Callable[..., list[str]]

NOT_AGREEING = {
    f"The symptoms of {{{{ head }}}} are {L}.": "with one tail",
    f"The symptom of {{{{ head }}}} is {L}.": "with several tails",
    f"{L.replace(' }}', ' | first_upper }}')} is a symptom of {{{{ head }}}}.": "with several tails",
    f"A symptom related to {{{{ head }}}} are {L}.": "'A symptom related to {{ head }} are'",
    f"With {{{{ head }}}}, this symptom is seen: {L}.": "with several tails",
    f"Symptoms that is known of {{{{ head }}}} include {L}.": "'Symptoms that is'",
    f"The manifestation of {{{{ head }}}} include {L}.": "'The manifestation of {{ head }} include'",
    f"{{{{ head | first_upper }}}} has symptom on record: {L}.": "'has symptom'",
    f"{{{{ head | first_upper }}}} has these symptom: {L}.": "'these symptom'",
    f"{{% if tails is several %}}A symptom of {{{{ head }}}} is{{% else %}}Symptoms of {{{{ head }}}} are{{% endif %}} {L}.": "tail",
}  # fmt: skip


@pytest.mark.parametrize(("answer", "what"), NOT_AGREEING.items())
def test_an_answer_that_reads_wrong_for_one_tail_or_for_several_is_found(found: Found, answer: str, what: str) -> None:
    (fault,) = found(en=[EN[0], answer])

    assert fault.startswith("symptom.en.j2:2: assistant_1: ")
    assert "does not agree" in fault
    assert what in fault
    assert "; let it agree: include, or {% if tails is several %}" in fault


@pytest.mark.parametrize(
    "question",
    [
        "What do a patient with {{ head }} complain of?",
        "What are the symptom of {{ head }}?",
        "Which symptoms is seen with {{ head }}?",
    ],
)
def test_a_question_of_one_and_several_is_found(found: Found, question: str) -> None:
    (fault,) = found(en=[question, EN[1]])

    assert fault.startswith("symptom.en.j2:1: user_1: ")
    assert "does not agree" in fault


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What are the symptoms of {{ head }}?", f"The symptoms of {{{{ head }}}} include {L}."),
        ("Which symptoms does {{ head }} have?", f"Symptoms for which {{{{ head }}}} is known include {L}."),
        ("Which symptoms can have {{ head }} behind them?", f"As for {{{{ head }}}}, the following may be seen: {L}."),
        (
            "How does a patient with {{ head }} feel?",
            f"The symptom{{% if tails is several %}}s of {{{{ head }}}} are{{% else %}} of {{{{ head }}}} is{{% endif %}} {L}.",
        ),
        ("What symptom types are there of {{ head }}?", f"Patients with {{{{ head }}}} may have {L}."),
        ("Do people with {{ head }} have symptoms?", f"Symptoms that people with {{{{ head }}}} have include {L}."),
        (
            "I have {{ head }}. What does it show?",
            f"Symptoms, as in options a and b, vs. others, of {{{{ head }}}}: {L}.",
        ),
    ],
)
def test_an_answer_that_reads_well_for_one_tail_and_for_several_passes(
    found: Found, question: str, answer: str
) -> None:
    assert found(en=[question, answer]) == []


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (f"An symptom of {{{{ head }}}} could be {L}.", "'An symptom'; write 'a symptom'"),
        (f"With {{{{ head }}}} a unusual case shows {L}.", "'a unusual'; write 'an unusual'"),
        (f"When a {{{{ head }}}} is there: {L}.", "'a' before a name; write {{ ... | with_article }}"),
        (
            "It may be {% for tail in tails %}{% if not loop.first %} or {% endif %}an {{ tail }}{% endfor %}.",
            "'an' before a name",
        ),
    ],
)
def test_an_article_that_does_not_fit_is_found(found: Found, answer: str, what: str) -> None:
    (fault,) = found(en=[EN[0], answer])

    assert what in fault


def test_an_article_that_fits_whatever_follows_passes(found: Found) -> None:
    answer = f"{{{{ head | with_article | first_upper }}}} in a patient, an hour, a unit, a UTI or vitamin A deficiency: {L}."

    assert found(en=[EN[0], answer]) == []


@pytest.mark.parametrize(
    ("texts", "what"),
    [
        ([EN[0], f"These are known . Of {{{{ head }}}}: {L}."], "a space before '.'"),
        (
            ["I have {{ head }}. what are its signs?", EN[1]],
            "begins in lower case: 'what are its signs?'; begin it with",
        ),
        ([EN[0], f"See here. {{{{ head }}}} has {L}."], "; use head | first_upper"),
    ],
)
def test_a_sentence_within_begins_with_a_capital_and_no_space_stands_before_a_sign(
    found: Found, texts: list[str], what: str
) -> None:
    findings = found(en=texts)

    assert any(what in each for each in findings)


@pytest.mark.parametrize(
    ("texts", "where"),
    [
        (["我有{{ head }},有什么症状？", ZH[1]], ":1: user_1: Western punctuation in ',有什么症状？'; write '，'"),
        ([ZH[0], f"症状:{L}。"], ":2: assistant_1: Western punctuation in '症状:'; write '：'"),
        ([ZH[0], '症状：{{ tails | join(",") }}。'], ":2: assistant_1: Western punctuation in ','"),
        ([ZH[0], f"{{{{ head }}}}(请咨询医生)的症状：{L}。"], "; write '（请咨询医生）'"),
        (
            [ZH[0], f"{{% if tails is several %}}症状：{{% else %}}症状:{{% endif %}}{L}。"],
            "Western punctuation in '症状:'",
        ),
    ],
)
def test_western_punctuation_in_chinese_is_found(found: Found, texts: list[str], where: str) -> None:
    (fault,) = found(texts)

    assert where in fault


@pytest.mark.parametrize("text", ["10:30时", "1,000次", "T1, T2", "（CT:3）"])
def test_signs_within_numbers_and_latin_words_pass(found: Found, text: str) -> None:
    assert found([ZH[0], f"{text}，{{{{ head }}}}的症状：{L}。"]) == []
