"""What lint says of words that say another relation than the template's, or say it the wrong way round."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kgtools.kg.ontology import ontology
from kgtools.templates.lint import lint
from tests.templates.blocks import blocks

Folder = Callable[..., Path]
ZH_TAILS, EN_TAILS = "{{ tails | listed }}", "{{ tails | listed }}"
SOUND = {
    ("Disease", "HAS_COMPLICATION", "Disease"): (
        ["{{ head }}有哪些并发症？", "{{ head }}的并发症有{{ tails | listed }}。"],
        ["What are the complications of {{ head }}?", "The complications of {{ head }} include {{ tails | listed }}."],
    ),
    ("Disease", "COMPLICATION_OF", "Disease"): (
        ["{{ head }}是哪些疾病的并发症？", "{{ head }}是{{ tails | listed }}的并发症。"],
        ["Of which diseases is {{ head }} a complication?", "{{ head | first_upper }} is a complication of {{ tails | listed }}."],
    ),
    ("Disease", "MAY_LEAD_TO", "Disease"): (
        ["{{ head }}可能导致哪些疾病？", "{{ head }}可能导致{{ tails | listed }}。"],
        ["Which diseases may {{ head }} lead to?", "{{ head | first_upper }} may lead to {{ tails | listed }}."],
    ),
    ("Disease", "MAY_FOLLOW_FROM", "Disease"): (
        ["哪些疾病可能导致{{ head }}？", "可能导致{{ head }}的疾病有{{ tails | listed }}。"],
        ["Which diseases may lead to {{ head }}?", "Diseases that may lead to {{ head }} include {{ tails | listed }}."],
    ),
    ("Department", "HAS_DEPARTMENT", "Department"): (
        ["{{ head }}下设哪些科室？", "{{ head }}下设{{ tails | listed }}。"],
        ["Which departments are part of {{ head }}?", "Part of {{ head }}: {{ tails | listed }}."],
    ),
    ("Disease", "SHOULD_AVOID", "Food"): (
        ["{{ head }}患者不能吃什么？", "{{ head }}患者忌吃{{ tails | listed }}。"],
        ["What should people with {{ head }} not eat?", "People with {{ head }} should avoid {{ tails | listed }}."],
    ),
    ("Drug", "CONTRAINDICATED_FOR", "Disease"): (
        ["{{ head }}有哪些禁忌证？", "{{ head }}的禁忌证有{{ tails | listed }}。"],
        ["Who must not take {{ head }}?", "People who must never take {{ head }} include those with {{ tails | listed }}."],
    ),
    ("Disease", "DIFFERENTIAL_DIAGNOSIS", "Disease"): (
        ["诊断{{ head }}时应排除哪些疾病？", "诊断{{ head }}时应排除{{ tails | listed }}。"],
        ["What is the differential diagnosis of {{ head }}?", "The differential diagnosis of {{ head }} includes {{ tails | listed }}."],
    ),
    ("Drug", "COMMON_DRUG_FOR", "Symptom"): (
        ["出现哪些症状时常用药物{{ head }}？", "常用药物{{ head }}的症状包括{{ tails | listed }}。"],
        ["For which symptoms is {{ head }} commonly used?", "Symptoms for which {{ head }} is commonly used include {{ tails | listed }}."],
    ),
}  # fmt: skip
"""What templates may say, question and answer in both languages."""


@pytest.fixture
def found(pack_folder: Folder) -> Callable[..., list[str]]:
    """The findings of a pack that asks by a relation in these words, without its folder."""

    def find(signature: tuple[str, str, str], zh: list[str], en: list[str]) -> list[str]:
        head, relation, tail = signature
        folder = pack_folder(zh=blocks(*zh), en=blocks(*en), head=head, tail=tail, relations=[relation])
        findings = [str(finding).removeprefix(f"{folder}/") for finding in lint(folder)]
        return [each for each in findings if " en reads [" not in each]  # that the languages differ is not asked here

    return find


Found = Callable[..., list[str]]


@pytest.mark.parametrize("signature", SOUND, ids=" ".join)
def test_words_that_say_the_relation_the_right_way_round_pass(found: Found, signature: tuple[str, str, str]) -> None:
    assert found(signature, *SOUND[signature]) == []


@pytest.mark.parametrize("signature", list(SOUND)[:5], ids=" ".join)
def test_the_words_of_a_relation_are_the_wrong_way_round_for_its_inverse(
    found: Found, signature: tuple[str, str, str]
) -> None:
    head, relation, tail = signature
    ways = {name: each.inverse for name, each in ontology().relations.items()}
    other = (ways | {inverse: name for name, inverse in ways.items()})[relation]

    findings = found((tail, other, head), *SOUND[signature])

    turned = [each for each in findings if "the wrong way round; exchange head and tails in the words" in each]
    assert {each.split(":")[0] for each in turned} == {"symptom.zh.j2", "symptom.en.j2"}
    assert all(f"says {other}" in each and f"or declare {relation}" in each for each in turned)


OTHER = [
    ("Disease", "HAS_COMPLICATION", "Disease", "The symptoms of {{ head }} include TAILS.", "says HAS_SYMPTOM"),
    ("Disease", "DIFFERENTIAL_DIAGNOSIS", "Disease", "Types of {{ head }} include TAILS.", "says HAS_SUBTYPE"),
    ("Disease", "NEEDS_EXAMINATION", "Examination", "Remedies for {{ head }} include TAILS.", "says HAS_INDICATED or"),
    ("Disease", "RELATED_DISEASE", "Disease", "Complications of {{ head }}: TAILS.", "says HAS_COMPLICATION"),
    ("Disease", "AFFECTS_BODY_PART", "BodyPart", "{{ head }}的转移部位有TAILS。", "'转移' claims more"),
    ("Disease", "SPREADS_TO", "BodyPart", "{{ head }}的发病部位有TAILS。", "says AFFECTS_BODY_PART"),
    ("Disease", "SHOULD_AVOID", "Food", "{{ head }}患者宜吃TAILS。", "'宜吃' claims more than SHOULD_AVOID"),
    ("Disease", "SHOULD_EAT", "Food", "People with {{ head }} should not eat TAILS.", "'not eat' claims more"),
    ("Disease", "HAS_TREATMENT", "Treatment", "{{ head }}的预防方法有TAILS。", "'预防' claims more than HAS_TREATMENT"),
    ("Drug", "HAS_ADVERSE_REACTION", "Symptom", "{{ head | first_upper }} relieves TAILS.", "'relieves' claims more"),
    ("Drug", "INTERACTS_WITH", "Drug", "It is safe to take {{ head }} with TAILS.", "'safe' claims more"),
    ("Disease", "HAS_SUBTYPE", "Disease", "Types of {{ head }} include only TAILS.", "'only' claims more"),
    ("Disease", "SHOULD_EAT", "Food", "{{ head }}患者吃了就好的食物是TAILS。", "'吃了就好' claims more"),
]


@pytest.mark.parametrize(("head", "relation", "tail", "answer", "what"), OTHER)
def test_words_that_say_another_relation_are_found_once(
    found: Found, head: str, relation: str, tail: str, answer: str, what: str
) -> None:
    zh, en = (
        ["{{ head }}呢？", f"关于{{{{ head }}}}：{ZH_TAILS}。"],
        ["What of {{ head }}?", f"Of {{{{ head }}}}: {EN_TAILS}."],
    )
    said = answer.replace("TAILS", EN_TAILS)
    chinese = said.endswith("。")

    findings = found((head, relation, tail), [zh[0], said] if chinese else zh, en if chinese else [en[0], said])

    assert len(findings) == 1, findings
    (fault,) = findings
    assert fault.startswith(f"symptom.{'zh' if chinese else 'en'}.j2:2: assistant_1: ")
    assert what in fault


def test_what_the_ontology_does_not_know_is_all_that_is_said_of_it(found: Found) -> None:
    (fault,) = found(("Disease", "has_symptom", "Symptom"), ["{{ head }}的并发症？", "有{{ tails | listed }}。"],
                     ["What are the best complications of {{ head }}?", "These: {{ tails | listed }}."])  # fmt: skip

    assert "'has_symptom' is no relation or inverse of the ontology; did you mean HAS_SYMPTOM" in fault
