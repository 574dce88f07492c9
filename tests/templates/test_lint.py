import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from kgtools.templates.lint import lint

Folder = Callable[..., Path]
Run = Callable[..., CompletedProcess[str]]

PACKS = sorted(path.parent for path in (Path(__file__).parents[2] / "templates" / "packs").rglob("pack.yaml"))
ZH = ["{{ head }}有什么症状？", "症状：{{ tails | listed }}。"]
EN = ["What are the signs of {{ head }}?", "These: {{ tails | listed }}."]


def blocks(*texts: str) -> str:
    """`user, assistant, user, assistant, ...` as the text of a template."""
    return "".join(
        "{% block " + ("user", "assistant")[at % 2] + f"_{at // 2 + 1} %}}" + text + "{% endblock %}\n"
        for at, text in enumerate(texts)
    )


BAD = {
    "says nothing about why there is no en": {"en": None, "missing": {"en": ""}},
    "the languages differ in their number of variants (zh 2, en 1)": {"zh": blocks(*ZH, "{{ head }}的症状？", ZH[1])},
    "assistant_1: zh reads ['tails'], en reads ['head', 'tails']": {
        "en": blocks(EN[0], "{{ head | first_upper }}: {{ tails | listed }}."),
    },
    "origin.zh has 2 entries for 1 variants": {"origin": {"zh": ["paper", "paper"], "en": ["ours"]}},
    "origin 'papers'; expected paper or ours": {"origin": {"zh": ["papers"], "en": ["ours"]}},
    "unknown variable tail; there are: head, tails": {
        "zh": blocks("{{ head }}的{{ tail }}？", ZH[1]),
        "en": blocks("What {{ tail }} has {{ head }}?", EN[1]),
    },
    "asks about no head": {"zh": blocks("有什么症状？", ZH[1]), "en": blocks("What are the signs?", EN[1])},
    "answers with no tails": {"zh": blocks(ZH[0], "{{ head }}有症状。"), "en": blocks(EN[0], "Signs of {{ head }}.")},
    "cannot be rendered": {"zh": blocks(ZH[0], "症状：{{ tails | no_stop }}。")},
    "no Chinese in": {"zh": blocks("What are the signs of {{ head }}？", ZH[1])},
    "Chinese in": {"en": blocks("What are the signs of {{ head }}的?", EN[1])},
    "ends in '.', expected one of ？": {"zh": blocks("{{ head }}有什么症状.", ZH[1])},
    "ends in '。', expected one of ？": {"zh": blocks("{{ head }}有什么症状。", ZH[1])},
    "ends in 'a', expected one of 。": {"zh": blocks(ZH[0], "症状：{{ tails | listed }}a")},
    "ends in 'm', expected one of ?": {"en": blocks("The signs of {{ head }}m", EN[1])},
    "renders to nothing": {"zh": blocks(ZH[0], "{% if 1 > 2 %}{{ tails | listed }}{% endif %}")},
    "begins in lower case": {
        "zh": blocks(ZH[0], "{{ head }}的症状：{{ tails | listed }}。"),
        "en": blocks(EN[0], "{{ head }}: {{ tails | listed }}."),
    },
    "a double space or a line break in": {"en": blocks("What are the  signs of {{ head }}?", EN[1])},
    "asks the same as symptom.zh.j2: user_1": {
        "zh": blocks(*ZH, *ZH),
        "en": blocks(*EN, "Which signs has {{ head }}?", EN[1]),
    },
    "'适应症' claims more than HAS_SYMPTOM says (indication: INDICATED_FOR alone)": {
        "zh": blocks("{{ head }}的适应症是什么？", ZH[1])
    },
    "'indications' claims more than HAS_SYMPTOM says": {
        "en": blocks(EN[0], "The indications are {{ tails | listed }}."),
    },
    "'常见' claims more than HAS_SYMPTOM says": {"zh": blocks(ZH[0], "常见的有{{ tails | listed }}。")},
    "'黄金' claims more than HAS_SYMPTOM says (superlative: no relation)": {
        "zh": blocks(ZH[0], "黄金：{{ tails | listed }}。")
    },
    "'confirm' claims more than HAS_SYMPTOM says (proof: no relation)": {
        "en": blocks("What signs confirm {{ head }}?", EN[1])
    },
    "'must' claims more than HAS_SYMPTOM says": {"en": blocks("What must {{ head }} show?", EN[1])},
    "a double space or a line break in '": {"zh": blocks("{{ head }}有\n什么症状？", ZH[1])},
}


@pytest.mark.parametrize(("rule", "bad"), BAD.items(), ids=BAD)
def test_a_rule_finds_its_fault_and_no_other_rule_does(pack_folder: Folder, rule: str, bad: dict[str, object]) -> None:
    faults = lint(pack_folder(**({"zh": blocks(*ZH), "en": blocks(*EN)} | bad)))

    assert faults
    assert [fault for fault in faults if rule not in fault] == []


def test_a_pack_without_faults_passes(pack_folder: Folder) -> None:
    assert lint(pack_folder(zh=blocks(*ZH), en=blocks(*EN))) == []


def test_a_list_that_is_printed_as_python_does_is_a_fault(pack_folder: Folder) -> None:
    faults = lint(pack_folder(zh=blocks(ZH[0], "症状：{{ tails }}。")))

    assert len(faults) == 1
    assert "prints a list; use tails | listed" in faults[0]


def test_a_name_that_is_listed_letter_by_letter_is_a_fault(pack_folder: Folder) -> None:
    faults = lint(pack_folder(zh=blocks("{{ head | listed }}有什么症状？", ZH[1])))

    assert len(faults) == 1
    assert "variant 1 cannot be rendered: listed takes a list, as tails is" in faults[0]


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
    done = command("packs", "--lint", "--format", "json")

    assert done.returncode == 0, done.stderr
    assert {row["pack"]: row["faults"] for row in json.loads(done.stdout)} == {
        "clinicalgpt": [],
        "clinicalgpt-paper": [],
        "extended": [],
    }


def test_lint_of_a_bad_pack_says_what_and_exits_with_1(command: Run, pack_folder: Folder) -> None:
    done = command("packs", pack_folder(zh=blocks("{{ head }}有什么症状。", ZH[1])), "--lint")

    assert done.returncode == 1
    assert "symptom.zh.j2: user_1: ends in '。'" in done.stdout
    assert done.stderr == "kgtools: 1 faults\n"


def test_the_faults_of_a_pack_are_told_beside_a_pack_of_the_same_name(command: Run, pack_folder: Folder) -> None:
    bad = pack_folder(name="clinicalgpt", zh=blocks("{{ head }}有什么症状。", ZH[1]))

    done = command("packs", bad, "clinicalgpt", "--lint")

    assert done.returncode == 1
    assert "symptom.zh.j2: user_1: ends in '。'" in done.stdout


def test_a_pack_that_cannot_be_loaded_exits_with_2(command: Run, pack_folder: Folder) -> None:
    done = command("packs", pack_folder(en=None), "--lint")

    assert done.returncode == 2
    assert "symptom.en.j2 is missing" in done.stderr


def test_packs_are_listed_with_their_templates_and_variants(command: Run, pack_folder: Folder) -> None:
    done = command("packs", pack_folder(), "--format", "json")

    assert json.loads(done.stdout) == [
        {"pack": "mine", "version": "2.1", "templates": 1, "variants": 2, "license": "CC0-1.0", "title": "A pack"}
    ]
