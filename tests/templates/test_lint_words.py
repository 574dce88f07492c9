"""What lint says of the words of a variant: whether all is said, how a question ends, signs of the other language, who is described."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kgtools.templates.lint import lint
from kgtools.templates.lint.said import KINDS, sample_facts
from kgtools.templates.lint.text import find_unbalanced
from kgtools.templates.pack import load_pack
from kgtools.templates.sandbox import TESTS
from tests.templates.blocks import EN, ZH, blocks

Folder = Callable[..., Path]


@pytest.fixture
def found(pack_folder: Folder) -> Callable[..., list[str]]:
    """The findings of a pack whose files have these texts, without its folder."""

    def find(zh: list[str] = ZH, en: list[str] = EN, **more: object) -> list[str]:
        folder = pack_folder(zh=blocks(*zh), en=blocks(*en), **more)
        return [str(finding).removeprefix(f"{folder}/") for finding in lint(folder)]

    return find


Found = Callable[..., list[str]]

# claims


@pytest.mark.parametrize(
    ("zh", "en"),
    [
        (
            "{{ tails | listed }}可能是它的表现，但仅凭这些不能确诊。",
            "{{ tails | listed }} may be seen, which cannot confirm it.",
        ),
        ("症状有{{ tails | listed }}，还不足以证实。", "These: {{ tails | listed }}."),
    ],
)
def test_what_is_denied_is_no_claim(found: Found, zh: str, en: str) -> None:
    assert not [each for each in found([ZH[0], zh], [EN[0], en]) if "claims more" in each]


@pytest.mark.parametrize(
    ("question", "claims"),
    [("How common are the signs of {{ head }}?", False), ("What are the common signs of {{ head }}?", True)],
)
def test_a_question_how_common_something_is_claims_nothing(found: Found, question: str, claims: bool) -> None:
    assert any("claims more" in each for each in found(en=[question, EN[1]])) is claims


# spaces


@pytest.mark.parametrize(
    "texts",
    [
        ["{{ head }} 有什么症状？", ZH[1]],
        ["与 CT 相比，{{ head }}有什么症状？", ZH[1]],
        [ZH[0], '症状：{{ tails | join("， ") }}。'],
        [ZH[0], "症状： {{ tails | listed }}。"],
        [ZH[0], "{% for tail in tails %}{{ tail }}。 {% endfor %}就是这些。"],
    ],
)
def test_a_space_beside_chinese_is_found(found: Found, texts: list[str]) -> None:
    assert [each for each in found(texts) if "a space beside Chinese" in each]


@pytest.mark.parametrize("texts", [ZH, ["{{ head }}（HBV DNA）有什么症状？", ZH[1]]])
def test_a_space_between_latin_words_of_a_chinese_text_is_none_beside_chinese(found: Found, texts: list[str]) -> None:
    assert not [each for each in found(texts) if "space" in each]


# whether all is said

UNSAID_EN = {
    "{% if tails is several %}There are many.{% else %}These: {{ tails | listed }}.{% endif %}": "'There are many.'",
    "{% if tails is several %}These: {{ tails | listed }}.{% else %}There is one.{% endif %}": "'There is one.'",
    "Marks: {% for tail in tails %}x{% endfor %}.": "'Marks: x.'",
    "{% if tails %}There are some.{% endif %}": "'There are some.'",
    "These: {% for tail in tails %}{% if loop.first %}{{ tail }}{% endif %}{% endfor %}.": "1 of 2",
    "These: {% for tail in tails %}{% if loop.index <= 3 %}{{ tail }}{% endif %}{% endfor %}.": "1 of 4",
    "These: {% for tail in tails %}{% if loop.index <= 30 %}{{ tail }}{% endif %}{% endfor %}.": "1 of 31",
    "These: {% for tail in tails if tail is quantity %}{{ tail }}{% endfor %}.": "'These: .'",
    "These: {% for tail in tails if tail is not quantity %}{{ tail }}{% endfor %}.": "'These: .'",
    "These: {% for t in tails if t is quantity %}{{ t }}{% else %}{{ tails | listed }}{% endfor %}.": "1 of 2",
    "These: {% for tail in tails %}{% if 'pain' not in tail %}{{ tail }}{% endif %}{% endfor %}.": "'These: .'",
    "{% if 'fever' == tails | join %}It is hot.{% else %}These: {{ tails | listed }}.{% endif %}": "'It is hot.'",
}  # fmt: skip


@pytest.mark.parametrize(("answer", "shown"), UNSAID_EN.items())
def test_an_answer_that_leaves_out_a_tail_of_some_fact_is_found(found: Found, answer: str, shown: str) -> None:
    (fault,) = found(en=[EN[0], answer])

    assert fault.startswith("symptom.en.j2:2: assistant_1: leaves out ")
    assert shown in fault
    assert "; say each in every case: {{ tails | listed }} in every branch" in fault


@pytest.mark.parametrize("kind", ["quantity", "people", "predicate", "route"])
def test_a_branch_for_a_kind_of_value_that_does_not_say_it_is_found(found: Found, kind: str) -> None:
    answer = "{% for tail in tails %}{% if tail is KIND %}有这种。{% else %}症状是{{ tail }}。{% endif %}{% endfor %}"

    (fault,) = found(zh=[ZH[0], answer.replace("KIND", kind)])

    assert "symptom.zh.j2:2: assistant_1: leaves out 1 of 1 tails in '有这种。'" in fault


def test_there_is_a_sample_of_every_kind_of_value_that_a_test_knows() -> None:
    samples = ["12%" if kind == "%" else kind.format("ζaaζ") for kind in KINDS["zh"]]

    assert all(any(TESTS[name](sample) for sample in samples) for name in set(TESTS) - {"several"})
    assert not any(TESTS[name](samples[0]) for name in set(TESTS) - {"several"})


def test_a_branch_for_a_value_that_names_the_head_must_say_it(found: Found) -> None:
    zh = "{% for tail in tails %}{% if head in tail %}如名。{% else %}症状是{{ tail }}。{% endif %}{% endfor %}"
    en = "These, of {{ head }}: {{ tails | listed }}."

    (fault,) = found(zh=[ZH[0], zh], en=[EN[0], en])

    assert "leaves out 1 of 1 tails in '如名。'" in fault


def test_what_may_have_one_value_alone_needs_no_words_for_several(found: Found) -> None:
    en = "{% if tails is several %}There are many.{% else %}This: {{ tails | listed }}.{% endif %}"

    assert found(en=[EN[0], en], single=True) == []


def test_a_question_that_says_no_head_in_one_branch_is_found(found: Found) -> None:
    question = "{% if head is people %}这些人有什么症状？{% else %}{{ head }}有什么症状？{% endif %}"

    (fault,) = found(zh=[question, ZH[1]])

    assert fault == (
        "symptom.zh.j2:1: user_1: asks about no head in '这些人有什么症状？'; write {{ head }} into every branch"
    )


SAID_EN = [
    "These: {% for tail in tails %}{{ tail }}{% if not loop.last %}, {% endif %}{% endfor %}.",
    "These: {% for tail in tails %}{{ loop.index }}) {{ tail | first_upper }}{% if loop.last %}.{% else %}; {% endif %}{% endfor %}",
    "{% if tails is several %}These: {{ tails | listed }}.{% else %}It is {{ tails | join | with_article }}.{% endif %}",
    "These: {% for t in tails if t is quantity %}{{ t }}, {% endfor %}{% for t in tails if t is not quantity %}{{ t }}, {% endfor %}all.",
]


@pytest.mark.parametrize("answer", SAID_EN)
def test_an_answer_that_says_every_tail_of_every_fact_passes(found: Found, answer: str) -> None:
    assert found(en=[EN[0], answer]) == []


def test_of_a_long_variant_fewer_facts_are_rendered(pack_folder: Folder) -> None:
    body = "{% for tail in tails %}" + "a" * 80_000 + "{{ tail }}{% endfor %}."
    tests = "".join(f"{{% if '{word}' in head %}}x{{% endif %}}" for word in "abcdefghij")
    short, long = (
        load_pack(pack_folder(name=name, en=blocks(EN[0], f"{tests}{text}"))).templates[1]
        for name, text in (("short", EN[1]), ("long", body))
    )

    assert len(sample_facts(short, short.variants[0])) > 500
    assert len(sample_facts(long, long.variants[0])) < 30


# how a question ends


@pytest.mark.parametrize(
    "question",
    [
        "List the signs of {{ head }}.",
        "Name the signs of {{ head }}.",
        "Please describe {{ head }}.",
        "Briefly explain how {{ head }} shows.",
        "For {{ head }}, state the signs.",
        "I have {{ head }}. Tell me its signs.",
        "Given {{ head }}: enumerate its signs!",
        "I would like to know the signs of {{ head }}.",
        "I need to know the signs of {{ head }}.",
        "What are the signs of {{ head }}? Thank you!",
        '"List the signs of {{ head }}."',
        "What are the signs of {{ head }}?!",
    ],
)
def test_a_request_is_a_question_in_english(found: Found, question: str) -> None:
    assert found(en=[question, EN[1]]) == []


@pytest.mark.parametrize(
    "question",
    [
        "请列举{{ head }}的症状。",
        "列出{{ head }}的症状。",
        "请说明{{ head }}有什么症状。",
        "我得了{{ head }}，请告诉我有什么症状。",
        "关于{{ head }}，简要介绍一下症状。",
        "试述{{ head }}的症状。",
        "我想知道{{ head }}有什么症状。",
        "针对{{ head }}列举症状。",
        "对{{ head }}的症状进行说明。",
        "请问{{ head }}有什么症状？谢谢！",
        "把{{ head }}的症状列出来。",
        "“请列举{{ head }}的症状。”",
        "{{ head }}有什么症状？！",
    ],
)
def test_a_request_is_a_question_in_chinese(found: Found, question: str) -> None:
    assert found(zh=[question, ZH[1]]) == []


@pytest.mark.parametrize(
    "question",
    [
        "The signs of {{ head }}.",
        "List of the signs of {{ head }}.",
        "State of a patient with {{ head }}.",
        "List the signs of {{ head }}. There are many.",
        "Patients with {{ head }} list signs.",
        "The signs of {{ head }}, thanks.",
        "What are the signs of {{ head }}!",
        "What are the signs of {{ head }}?.",
    ],
)
def test_what_asks_for_nothing_is_no_question_in_english(found: Found, question: str) -> None:
    (fault,) = found(en=[question, EN[1]])

    assert "user_1: ends in " in fault
    assert fault.endswith("; expected one of ?")


@pytest.mark.parametrize(
    "question",
    [
        "{{ head }}的症状。",
        "请问{{ head }}有什么症状。",
        "说明：{{ head }}有症状。",
        "关于{{ head }}的症状的介绍。",
        "{{ head }}有什么症状，谢谢！",
        "谢谢{{ head }}的症状。",
        "请列举{{ head }}的症状。症状很多。",
        "{{ head }}有什么症状！",
        "请列举{{ head }}的症状；",
    ],
)
def test_what_asks_for_nothing_is_no_question_in_chinese(found: Found, question: str) -> None:
    (fault,) = found(zh=[question, ZH[1]])

    assert "user_1: ends in " in fault
    assert fault.endswith("; expected one of ？")


# signs of the other language


@pytest.mark.parametrize(("wide", "narrow"), [("ＡＢＣ", "ABC"), ("１２", "12"), ("ｐＨ", "pH"), ("Ｂ超", "B")])
def test_latin_letters_and_digits_in_full_width_are_found_in_chinese(found: Found, wide: str, narrow: str) -> None:
    (fault,) = found(zh=[ZH[0], f"按{wide}计，症状：{{{{ tails | listed }}}}。"])

    assert fault.startswith("symptom.zh.j2:2: assistant_1: ")
    assert fault.endswith(f" is in full width; write {narrow!r}")


@pytest.mark.parametrize("link", ["、", "，", "；", "和", "……", "——", "・", "﹑", "　"])
def test_chinese_punctuation_within_an_expression_of_an_english_template_is_found(found: Found, link: str) -> None:
    joined, said = f"{{{{ tails | join('{link}') }}}}", f"{{{{ '{link}' }}}}"

    (fault,) = found(en=[EN[0], f"These: {joined}."])
    (other,) = found(en=[EN[0], f"These {said}: {{{{ tails | listed }}}}."], name="other")

    assert "symptom.en.j2:2: assistant_1: Chinese in " in fault
    assert "symptom.en.j2:2: assistant_1: Chinese in " in other
    assert fault.endswith("; say it in English")


def test_a_condition_on_chinese_is_found_in_an_english_template(found: Found) -> None:
    answer = "These: {{ tails | listed }}{% if '痛' in tails | join %}, with pain{% endif %}."

    assert found(en=[EN[0], answer]) == ["symptom.en.j2:2: assistant_1: Chinese in '痛'; say it in English"]


@pytest.mark.parametrize(
    "text",
    [
        "1）发热；2）咳嗽",
        "有以下几种：1)发热，2)咳嗽",
        "症状有1）发热2）咳嗽",
        "a) fever, b) cough",
        "A) fever; B) cough",
        "症状有a）发热；b）咳嗽",
        "一）发热；二）咳嗽",
        "（1）发热；（2）咳嗽",
        "(a) fever (see Table 1) and 1) cough",
        "of two kinds (1) fever, 2) cough)",
        "1）“甲”；2）（乙）",
    ],
)
def test_what_numbers_the_parts_of_a_list_is_no_bracket(text: str) -> None:
    assert find_unbalanced(text) is None


@pytest.mark.parametrize(
    "text",
    ["年龄大于5）的人", "缺乏维生素A）的人", "症状1）", "1.1）发热", "2）发热；3）咳嗽", "1）发热；3）咳嗽", "CT）发热", "1）发热）；2）咳嗽"],
)  # fmt: skip
def test_a_bracket_that_numbers_nothing_needs_a_partner(text: str) -> None:
    assert find_unbalanced(text) in ("）", "）")


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
