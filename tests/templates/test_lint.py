import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from kgtools.templates.lint import lint
from kgtools.templates.lint.text import find_latin, find_unbalanced
from tests.templates.blocks import EN, ZH, blocks

Folder = Callable[..., Path]
Run = Callable[..., CompletedProcess[str]]

PACKS = sorted(path.parent for path in (Path(__file__).parents[2] / "templates" / "packs").rglob("pack.yaml"))
DRUG = {"head": "Drug", "tail": "Symptom"}
BAD = {
    "pack.yaml:4: symptom.en.j2 is missing; write it, or say why": {"en": None},
    "symptom: says nothing about why there is no en; say why, or write symptom.en.j2": {
        "en": None,
        "missing": {"en": " "},
    },
    "symptom: missing says why there is no en, and symptom.en.j2 is there; take one": {"missing": {"en": "it is hard"}},
    "symptom: missing names the language 'fr'; there are zh, en": {"missing": {"fr": "nobody speaks it"}},
    "cause.zh.j2:1: cause.zh.j2 belongs to no template; name it under": {"extra": {"cause.zh.j2": blocks(*ZH)}},
    "the languages differ in their number of variants (zh 2, en 1)": {
        "zh": blocks(*ZH, "{{ head }}怎样表现？", "{{ tails | listed }}是它的症状。"),
    },
    ".j2:2: assistant_1: zh reads ['tails'], en reads ['head', 'tails']; let both of symptom read the same": {
        "en": blocks(EN[0], "{{ head | first_upper }}: {{ tails | listed }}."),
    },
    "symptom: origin.zh has 2 entries for 1 variants": {"origin": {"zh": ["paper", "paper"], "en": ["ours"]}},
    "symptom: origin 'papers'; expected paper or ours": {"origin": {"zh": ["papers"], "en": ["ours"]}},
    ":1: user_1: unknown variable tail; there are: head, tails": {
        "zh": blocks("{{ head }}的{{ tail }}？", ZH[1]),
        "en": blocks("What {{ tail }} has {{ head }}?", EN[1]),
    },
    "user_1: asks about no head; put {{ head }}": {
        "zh": blocks("有什么症状？", ZH[1]),
        "en": blocks("What are the signs?", EN[1]),
    },
    ":2: assistant_1: answers with no tails; put {{ tails": {
        "zh": blocks(ZH[0], "{{ head }}有症状。"),
        "en": blocks(EN[0], "{{ head | first_upper }} has signs."),
    },
    "cannot be rendered": {"zh": blocks(ZH[0], "症状：{{ tails | no_stop }}。")},
    "symptom.zh.j2:1: user_1: no Chinese in": {"zh": blocks("{{ head }}？", ZH[1])},
    "symptom.zh.j2:1: user_1: the Latin word 'Symptoms'; say it in Chinese": {
        "zh": blocks("{{ head }}的Symptoms有多少？", ZH[1]),
    },
    "symptom.zh.j2:2: assistant_1: the Latin word 'or'; say it in Chinese": {
        "zh": blocks(ZH[0], "症状：{{ tails | join(' or ') }}。"),
    },
    "symptom.en.j2:1: user_1: Chinese in '的?'; say it in English": {
        "en": blocks("What are the signs of {{ head }}的?", EN[1])
    },
    "ends in '.'; expected one of ？": {"zh": blocks("{{ head }}有什么症状.", ZH[1])},
    "ends in '。'; expected one of ？": {"zh": blocks("{{ head }}有什么症状。", ZH[1])},
    "ends in '状'; expected one of ？": {"zh": blocks("{{ head }}有什么症状", ZH[1])},
    "ends in '等'; expected one of 。": {"zh": blocks(ZH[0], "症状：{{ tails | listed }}等")},
    "ends in 'm'; expected one of ?": {"en": blocks("The signs of {{ head }}m", EN[1])},
    "renders to nothing": {"zh": blocks(ZH[0], "{% if 1 > 2 %}{{ tails | listed }}{% endif %}")},
    "symptom.en.j2:2: assistant_1: begins in lower case": {
        "zh": blocks(ZH[0], "{{ head }}的症状：{{ tails | listed }}。"),
        "en": blocks(EN[0], "{{ head }}: {{ tails | listed }}."),
    },
    "user_1: a double space or a line break in": {"en": blocks("What are the  signs of {{ head }}?", EN[1])},
    "user_1: a double space or a line break in '": {"zh": blocks("{{ head }}有\n什么症状？", ZH[1])},
    "symptom.zh.j2:1: user_1: unbalanced '（' in": {"zh": blocks("{{ head }}（疾病有什么症状？", ZH[1])},
    "symptom.zh.j2:1: user_1: unbalanced ')' in": {"zh": blocks("{{ head }}（疾病)有什么症状？", ZH[1])},
    "symptom.zh.j2:2: assistant_1: unbalanced '”' in": {"zh": blocks(ZH[0], "症状：{{ tails | listed }}”。")},
    "symptom.en.j2:1: user_1: unbalanced '(' in": {"en": blocks("What are the signs (all of {{ head }}?", EN[1])},
    "symptom.en.j2:2: assistant_1: unbalanced '\"' in": {"en": blocks(EN[0], 'These "signs: {{ tails | listed }}.')},
    "symptom.zh.j2:2: assistant_1: unbalanced '《' in": {
        # in a branch that only a quantity takes
        "zh": blocks(ZH[0], "{% for t in tails %}{% if t is quantity %}《{% endif %}症状：{{ t }}。{% endfor %}"),
    },
    ":3: user_2: question and answer are those of user_1; phrase it otherwise": {
        "zh": blocks(*ZH, "{{ head }}，有什么症状？", "症状，{{ tails | listed }}。"),
        "en": blocks(*EN, "What are the signs of {{ head }}?!", "THESE: {{ tails | listed }}."),
    },
    "symptom.zh.j2:3: user_2: asks the same as symptom.zh.j2: user_1; say the type": {
        "zh": blocks(*ZH, ZH[0], "{{ tails | listed }}是症状。"),
        "en": blocks(*EN, "Which signs has {{ head }}?", EN[1]),
    },
    "'适应症' claims more than HAS_SYMPTOM says (indication: INDICATED_FOR alone); take weaker words": {
        "zh": blocks("{{ head }}的适应症是什么？", ZH[1])
    },
    "'indications' claims more than HAS_SYMPTOM says": {
        "en": blocks(EN[0], "The indications include {{ tails | listed }}."),
    },
    "'常见' claims more than HAS_SYMPTOM says": {"zh": blocks(ZH[0], "常见的有{{ tails | listed }}。")},
    "'黄金' claims more than HAS_SYMPTOM says (superlative: no relation)": {
        "zh": blocks(ZH[0], "黄金：{{ tails | listed }}。")
    },
    "'confirm' claims more than HAS_SYMPTOM says (proof: no relation)": {
        "en": blocks("What signs confirm {{ head }}?", EN[1])
    },
    "'must' claims more than HAS_SYMPTOM says": {"en": blocks("What must {{ head }} show?", EN[1])},
    "pack.yaml:7: symptom: 'HAS_SYMPTON' is no relation or inverse of the ontology; did you mean": {
        "relations": ["HAS_SYMPTON"]
    },
    "pack.yaml:5: symptom: 'Illness' is no entity type of the ontology; there are": {"head": "Illness"},
    "pack.yaml:5: symptom: 'cure' is no attribute of the ontology; did you mean cause": {
        "relations": None,
        "tail": None,
        "attribute": "cure",
        "head": "Disease",
    },
    "pack.yaml:7: symptom: HAS_SYMPTOM leads from Disease to Symptom, not from Symptom to Disease; write SYMPTOM_OF, which reads": {
        "head": "Symptom",
        "tail": "Disease",
    },
    "pack.yaml:7: symptom: SYMPTOM_OF leads from Symptom to Disease, not from Disease to Symptom; write HAS_SYMPTOM, which reads": {
        "relations": ["SYMPTOM_OF"],
    },
    "not from Drug to Symptom; mend head and tail, or take what joins them: COMMON_DRUG_FOR, INDICATED_FOR, HAS_ADVERSE_REACTION": DRUG,
    "pack.yaml:8: templates.symptom.singel: there is no such key; did you mean single": {"singel": True},
}
"""What is found, and what alone is wrong in the pack."""


@pytest.mark.parametrize(("rule", "bad"), BAD.items(), ids=BAD)
def test_a_rule_finds_its_fault_and_no_other_rule_does(pack_folder: Folder, rule: str, bad: dict[str, object]) -> None:
    faults = lint(pack_folder(**({"zh": blocks(*ZH), "en": blocks(*EN)} | bad)))

    assert faults
    assert [str(fault) for fault in faults if rule not in str(fault)] == []


def test_a_pack_without_faults_passes(pack_folder: Folder) -> None:
    assert lint(pack_folder(zh=blocks(*ZH), en=blocks(*EN))) == []


def test_all_faults_are_found_in_one_run_though_a_part_cannot_be_read(pack_folder: Folder) -> None:
    folder = pack_folder(
        zh=blocks("{{ head | upper }}？", ZH[1], "{{ head }}有什么症状。", "{{ tails | listed }}，"),
        en=blocks("what ails {{ head }}", "{{ head }}"), head="Symptom", tail="Desease", singel=True,
    )  # fmt: skip

    assert [f"{fault.file.name}:{fault.line} {fault.what}" for fault in lint(folder)] == [
        "pack.yaml:8 templates.symptom.singel: there is no such key",
        "pack.yaml:9 symptom: 'Desease' is no entity type of the ontology",
        "symptom.zh.j2:1 no filter 'upper'",
        "symptom.zh.j2:3 user_2: ends in '。'",
        "symptom.zh.j2:4 assistant_2: no Chinese in 'one，'",
        "symptom.zh.j2:4 assistant_2: ends in '，'",
        "symptom.en.j2:2 assistant_1: answers with no tails",
        "symptom.en.j2:1 user_1: begins in lower case: 'what ails sample name'",
        "symptom.en.j2:1 user_1: ends in 'e'",
        "symptom.en.j2:2 assistant_1: begins in lower case: 'sample name'",
        "symptom.en.j2:2 assistant_1: ends in 'e'",
    ]


@pytest.mark.parametrize("name", ["loop", "rows", "tail", "self"])
def test_a_variable_that_is_unknown_hides_no_other_fault(pack_folder: Folder, name: str) -> None:
    zh = blocks("{{ head }}{{ " + name + " }}的症状", "{{ head | upper }}有{{ tails | listed }}，")

    assert [fault.what for fault in lint(pack_folder(zh=zh, en=None, missing={"en": "it is hard"}))] == [
        "no filter 'upper'",
        f"user_1: unknown variable {name}",
        *(["user_1: ends in '状'"] if name != "loop" else []),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "name: [",
        "- a",
        "",
        "templates: 7",
        "paths: 7",
        "paths: 7\ntemplates: {1: {head: 2}, b: 3}",
        "name: mine\ntemplates: {a b: {head: Disease}}",
    ],
)
def test_a_pack_yaml_that_is_none_is_a_fault_with_its_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "pack.yaml").write_text(text, encoding="utf-8")

    faults = lint(tmp_path)

    assert faults
    assert {fault.file for fault in faults} == {tmp_path / "pack.yaml"}
    assert all(fault.line >= 1 and fault.what and fault.way_out for fault in faults)


ABBREVIATIONS = "CT MRI DNA pH mRNA HbA1c X线 B超 T细胞 ICD-10 Na Rh eGFR β受体 5mg 3.9mmol/L kPa COVID-19 HBsAg"
WORDS = "symptom Symptom of the Drug IMPORTANT or and café"


@pytest.mark.parametrize("word", ABBREVIATIONS.split())
def test_an_ordinary_abbreviation_may_stand_in_chinese(word: str) -> None:
    assert find_latin(f"请做{word}检查。") is None


@pytest.mark.parametrize("word", WORDS.split())
def test_another_latin_word_is_found_in_chinese(word: str) -> None:
    found = find_latin(f"请做 CT {word}检查。")

    assert found is not None
    assert found[0] == word


@pytest.mark.parametrize(
    "text", ["", "（甲）", "(a [b] c)", "“甲‘乙’丙”", "the patient’s", "‘the patients’ signs’", 'a "b"', "《甲》（乙）"]
)
def test_brackets_and_quotes_that_have_partners_are_balanced(text: str) -> None:
    assert find_unbalanced(text) is None


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("（甲)", ")"),
        ("(甲）", "）"),
        ("(a", "("),
        ("a)", ")"),
        ("(a]", "]"),
        ("“甲", "“"),
        ("‘a", "‘"),
        ('5" a', '"'),
        ("》甲《", "》"),
    ],
)
def test_a_bracket_or_quote_without_a_partner_is_found(text: str, sign: str) -> None:
    assert find_unbalanced(text) == sign


def test_a_sentence_may_end_within_quotes_or_brackets(pack_folder: Folder) -> None:
    zh, en = "资料说：“症状有{{ tails | listed }}。”", "These are (all of) the signs. (They are {{ tails | listed }}.)"

    assert lint(pack_folder(zh=blocks(ZH[0], zh), en=blocks(EN[0], en))) == []


def test_a_folder_in_the_place_of_a_file_is_a_missing_file(pack_folder: Folder) -> None:
    folder = pack_folder(en=None)
    (folder / "symptom.en.j2").mkdir()

    assert [fault.what for fault in lint(folder)] == ["symptom.en.j2 is missing"]


def test_a_list_that_is_printed_as_python_does_is_a_fault(pack_folder: Folder) -> None:
    (fault,) = lint(pack_folder(zh=blocks(ZH[0], "症状：{{ tails }}。")))

    assert "prints a list; use tails | listed" in fault.what


def test_a_name_that_is_listed_letter_by_letter_is_a_fault(pack_folder: Folder) -> None:
    (fault,) = lint(pack_folder(zh=blocks("{{ head | listed }}有什么症状？", ZH[1])))

    assert "variant 1 cannot be rendered: listed takes a list, as tails is" in fault.what


@pytest.mark.parametrize(
    ("zh", "en"),
    [
        ("症状：{{ tails | listed }}，这不代表适应症。", "No indication is meant: {{ tails | listed }}."),
        (
            "症状：{{ tails | listed }}，是否必须就医由医生判断。",
            "Whether one must see a doctor is left open: {{ tails | listed }}.",
        ),
    ],
)
def test_what_a_template_denies_it_does_not_claim(pack_folder: Folder, zh: str, en: str) -> None:
    assert lint(pack_folder(zh=blocks(ZH[0], zh), en=blocks(EN[0], en))) == []


def test_a_relation_read_backwards_says_as_much_as_forwards(pack_folder: Folder) -> None:
    words = {
        "zh": blocks("{{ head }}的适应症是什么？", ZH[1]),
        "en": blocks("What is {{ head }} indicated for?", EN[1]),
    }
    says = {"head": "Drug", "tail": "Disease", "relations": ["INDICATED_FOR"]}

    assert lint(pack_folder(**words, **says)) == []
    assert len(lint(pack_folder(**words, **says | {"name": "other", "relations": ["COMMON_DRUG_FOR"]}))) == 2


def test_a_paper_s_words_are_not_judged(pack_folder: Folder) -> None:
    zh = blocks("{{ head }}的适应症是什么？", ZH[1])

    assert lint(pack_folder(zh=zh, verbatim=True)) == []


def test_there_are_packs_to_lint() -> None:
    assert {"clinicalgpt", "extended"} <= {pack.name for pack in PACKS}


@pytest.mark.parametrize("folder", PACKS, ids=[pack.name for pack in PACKS])
def test_our_packs_pass(folder: Path) -> None:
    assert lint(folder) == []


def test_lint_of_our_packs_exits_with_0(command: Run) -> None:
    done = command("packs", "lint")

    assert done.returncode == 0, done.stderr
    assert [line.split() for line in done.stdout.splitlines()[2:5]] == [
        ["clinicalgpt", "0"], ["clinicalgpt-paper", "0"], ["extended", "0"],
    ]  # fmt: skip


def test_lint_of_a_bad_pack_says_where_and_what_and_exits_with_1(command: Run, pack_folder: Folder) -> None:
    folder = pack_folder(zh=blocks("{{ head }}有什么症状。", ZH[1]))

    told, read = command("packs", "lint", folder), command("packs", "lint", folder, "--format", "json")

    assert (told.returncode, read.returncode) == (1, 1)
    assert f"{folder}/symptom.zh.j2:1: user_1: ends in '。'; expected one of ？" in told.stdout
    assert told.stderr == "kgtools: 1 fault\n"
    assert json.loads(read.stdout) == [
        {"file": f"{folder}/symptom.zh.j2", "line": 1, "what": "user_1: ends in '。'", "way_out": "expected one of ？"}
    ]


def test_the_faults_of_a_pack_are_told_beside_a_pack_of_the_same_name(command: Run, pack_folder: Folder) -> None:
    bad = pack_folder(name="clinicalgpt", zh=blocks("{{ head }}有什么症状。", ZH[1]))

    done = command("packs", "lint", bad, "clinicalgpt")

    assert done.returncode == 1
    assert "symptom.zh.j2:1: user_1: ends in '。'" in done.stdout


def test_lint_of_a_pack_that_there_is_not_exits_with_2(command: Run, tmp_path: Path) -> None:
    done = command("packs", "lint", tmp_path / "none")

    assert done.returncode == 2
    assert "no pack is called" in done.stderr


@pytest.mark.parametrize(
    "question", ["What， in short, are the signs of {{ head }}?", "What are the signs of《{{ head }}》?"]
)
def test_a_full_width_sign_in_english_is_chinese(pack_folder: Folder, question: str) -> None:
    folder = pack_folder(en=blocks(question, EN[1]))

    assert any("Chinese in" in str(finding) and "say it in English" in str(finding) for finding in lint(folder))
