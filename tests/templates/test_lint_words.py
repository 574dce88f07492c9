"""What lint says of the words of a variant: whether all is said, how a question ends, signs of the other language, who is described."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kgtools.templates.lint import lint

Folder = Callable[..., Path]
ZH = ["{{ head }}有什么症状？", "症状：{{ tails | listed }}。"]
EN = ["What are the signs of {{ head }}?", "These: {{ tails | listed }}."]


def blocks(*texts: str) -> str:
    """`user, assistant, user, assistant, ...` as the text of a template."""
    return "".join(
        "{% block " + ("user", "assistant")[at % 2] + f"_{at // 2 + 1} %}}" + text + "{% endblock %}\n"
        for at, text in enumerate(texts)
    )


@pytest.fixture
def found(pack_folder: Folder) -> Callable[..., list[str]]:
    """The findings of a pack whose files have these texts, without its folder."""

    def find(zh: list[str] = ZH, en: list[str] = EN, **more: object) -> list[str]:
        folder = pack_folder(zh=blocks(*zh), en=blocks(*en), **more)
        return [str(finding).removeprefix(f"{folder}/") for finding in lint(folder)]

    return find


Found = Callable[..., list[str]]

# of which file a difference is

HEADED = "{{ head | first_upper }} has {{ tails | listed }}."


def test_the_file_that_lacks_what_the_other_and_all_variants_read_is_wrong(found: Found) -> None:
    zh = [*ZH, "{{ head }}怎样表现？", "{{ head }}表现为{{ tails | listed }}。"]
    zh[1] = "{{ head }}的症状：{{ tails | listed }}。"

    (fault,) = found(zh=zh, en=[EN[0], EN[1], "How does {{ head }} show?", HEADED])

    assert fault == (
        "symptom.en.j2:2: assistant_1: zh reads ['head', 'tails'], en reads ['tails'];"
        " put {{ head }} into it, as the other variants of symptom do"
    )


def test_the_file_that_reads_what_the_other_and_no_variant_reads_is_wrong(found: Found) -> None:
    zh = [*ZH, "{{ head }}怎样表现？", "{{ head }}表现为{{ tails | listed }}。"]

    (fault,) = found(zh=zh, en=[*EN, "How does {{ head }} show?", "By {{ tails | listed }}."])

    assert fault == (
        "symptom.zh.j2:4: assistant_2: zh reads ['head', 'tails'], en reads ['tails'];"
        " take {{ head }} out of it, as the other variants of symptom do without"
    )


def test_where_the_variants_do_not_tell_both_files_are_named(found: Found) -> None:
    faults = found(en=[EN[0], HEADED])

    assert [fault.partition(": ")[0] for fault in faults] == ["symptom.zh.j2:2", "symptom.en.j2:2"]
    assert {fault.partition("; ")[2] for fault in faults} == {"let both of symptom read the same"}


def test_what_a_block_must_read_is_a_fault_of_the_file_that_does_not(found: Found) -> None:
    (fault,) = found(zh=["有什么症状？", ZH[1]])

    assert fault == "symptom.zh.j2:1: user_1: asks about no head; put {{ head }} into the question"


# who is described


@pytest.mark.parametrize(
    "question",
    [
        "确诊为{{ head }}的患者有什么症状？",
        "已确诊{{ head }}的人有什么症状？",
        "我被确诊为{{ head }}，会有什么症状？",
        "患者确诊{{ head }}后有什么症状？",
        "经病理证实患有{{ head }}的病人有什么症状？",
    ],
)
def test_who_is_known_to_have_a_disease_is_no_claim_in_chinese(found: Found, question: str) -> None:
    assert found(zh=[question, ZH[1]]) == []


@pytest.mark.parametrize(
    "question",
    [
        "What signs has a patient with confirmed {{ head }}?",
        "What signs has a patient with a newly confirmed diagnosis of {{ head }}?",
        "What signs are seen in confirmed cases of {{ head }}?",
        "What signs has a child who was confirmed to have {{ head }}?",
    ],
)
def test_who_is_known_to_have_a_disease_is_no_claim_in_english(found: Found, question: str) -> None:
    assert found(en=[question, EN[1]]) == []


@pytest.mark.parametrize(
    "question",
    [
        "哪些症状可以确诊{{ head }}？",
        "什么症状能确诊{{ head }}的患者？",
        "用什么确诊{{ head }}患者？",
        "确诊{{ head }}要看什么症状？",
        "{{ head }}凭什么症状被确诊？",
    ],
)
def test_what_shows_that_somebody_has_a_disease_is_a_claim(found: Found, question: str) -> None:
    (fault,) = found(zh=[question, ZH[1]])

    assert "user_1: '确诊' claims more than HAS_SYMPTOM says" in fault
