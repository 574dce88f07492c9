import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from templates.lint import lint
from templates.pack import load_pack

Folder = Callable[..., Path]
Run = Callable[..., CompletedProcess[str]]

PACKS = sorted(path.parent for path in (Path(__file__).parents[2] / "templates" / "packs").rglob("pack.yaml"))
ZH = ["{{ head }}有什么症状？", "{{ head }}的症状：{{ tails | listed }}。"]
EN = ["What are the signs of {{ head }}?", "These: {{ tails | listed }}."]


def blocks(*texts: str) -> str:
    """`user, assistant, user, assistant, ...` as the text of a template."""
    return "".join(
        "{% block " + ("user", "assistant")[at % 2] + f"_{at // 2 + 1} %}}" + text + "{% endblock %}\n"
        for at, text in enumerate(texts)
    )


BAD = {
    "says nothing about why there is no en": {"en": None, "missing": {"en": ""}},
    "the languages differ in their number of variants (zh 2, en 1)": {"zh": blocks(*ZH, *ZH)},
    "assistant_1: zh reads ['tails'], en reads ['head', 'tails']": {
        "zh": blocks(ZH[0], "症状：{{ tails | listed }}。"),
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
    "cannot be rendered": {"zh": blocks(ZH[0], "{{ head }}的症状：{{ tails | no_stop }}。")},
    "no Chinese in": {"zh": blocks("What are the signs of {{ head }}？", ZH[1])},
    "Chinese in": {"en": blocks("What are the signs of {{ head }}的?", EN[1])},
    "ends in '.', expected one of ？": {"zh": blocks("{{ head }}有什么症状.", ZH[1])},
    "ends in '。', expected one of ？": {"zh": blocks("{{ head }}有什么症状。", ZH[1])},
    "ends in 'a', expected one of 。": {"zh": blocks(ZH[0], "{{ head }}的症状：{{ tails | listed }}a")},
    "ends in 'm', expected one of ?": {"en": blocks("The signs of {{ head }}m", EN[1])},
    "ends in '', expected one of": {"zh": blocks(ZH[0], "{% if head == tails %}{{ head }}{{ tails | listed }}{% endif %}")},
    "begins in lower case": {"en": blocks(EN[0], "{{ head }}: {{ tails | listed }}.")},
    "a double space or a line break in": {"en": blocks("What are the  signs of {{ head }}?", EN[1])},
    "a double space or a line break in '": {"zh": blocks("{{ head }}有\n什么症状？", ZH[1])},
}
PARITY_TOO = {"ends in '', expected one of", "cannot be rendered", "begins in lower case"}


@pytest.mark.parametrize(("rule", "bad"), BAD.items(), ids=BAD)
def test_a_rule_finds_its_fault_and_no_other_rule_does(pack_folder: Folder, rule: str, bad: dict[str, object]) -> None:
    faults = lint(load_pack(pack_folder(**({"zh": blocks(*ZH), "en": blocks(*EN)} | bad))))

    others = [fault for fault in faults if rule not in fault and not (rule in PARITY_TOO and "zh reads" in fault)]
    assert [fault for fault in faults if rule in fault]
    assert others == ([f for f in faults if "no Chinese" in f] if "''" in rule else [])
