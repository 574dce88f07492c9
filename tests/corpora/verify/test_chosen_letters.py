"""Which letters an answer to a question with options chooses, where it says so by place, verdicts, elimination or in other words."""

import pytest

from kgtools.corpora.verify import Item, read_letters

DRUGS = {"A": "Enalapril", "B": "Metformin", "C": "Case-control study", "D": "Group B streptococcus", "E": "Vitamin A"}
SIGNS = {"A": "夜间咳嗽", "B": "癌细胞阻塞皮下淋巴管", "C": "甲胎蛋白（AFP）", "D": "体重每日增加", "E": "尿量减少"}
ONE, SEVERAL = "B", "BD"


def chosen(text: str, options: dict[str, str], key: str, question: str = "") -> str:
    found = read_letters(text, Item("choice", options=options, right=key), question)
    return found.letters if found.state == "read" else found.state


@pytest.mark.parametrize(
    ("text", "options", "letters"),
    [
        ("The third option.", DRUGS, "C"),
        ("Option number two, I think.", DRUGS, "B"),
        ("I'd take the last choice", DRUGS, "E"),
        ("应选第2项", SIGNS, "B"),
        ("第四个", SIGNS, "D"),
        ("最后一项", SIGNS, "E"),
        ("A retrospective case control study.", DRUGS, "C"),
        ("Group B strep, as swabs at 36 weeks show.", DRUGS, "D"),
        ("皮下淋巴管被癌细胞阻塞所致", SIGNS, "B"),
        ("AFP", SIGNS, "C"),
        ("甲胎蛋白", SIGNS, "C"),
        ("排除A，排除B，排除C，排除E。", SIGNS, "D"),
        ("A ❌ B ❌ C ✅ D ❌ E ❌", DRUGS, "C"),
        ("| Option | Fits? |\n|---|---|\n| A | no |\n| B | yes |\n| C | no |\n| D | no |\n| E | no |", DRUGS, "B"),
        ("A. Wait, no. Looking again at the dose. Final: D", DRUGS, "D"),
        ("选A？不太像。那么还是C吧。", SIGNS, "C"),
        ("A 62-year-old man with a cough would be given option E.", DRUGS, "E"),
        ("c，理由同上", SIGNS, "C"),
        ("Answer = B", DRUGS, "B"),
        ("Thus the next best step would be option D.", DRUGS, "D"),
        ("E. coli is not the point here; B is correct.", DRUGS, "B"),
    ],
)
def test_one_option_is_read_where_it_is_meant(text: str, options: dict[str, str], letters: str) -> None:
    assert chosen(text, options, ONE) == letters


@pytest.mark.parametrize(
    ("text", "options", "letters"),
    [
        ("前三项", SIGNS, "ABC"),
        ("The first two.", DRUGS, "AB"),
        ("第1、2、4项正确，第3项错误。", SIGNS, "ABD"),
        ("(A) yes (B) no (C) yes (D) no (E) no", DRUGS, "AC"),
        ("A对 B错 C对 D错 E对", SIGNS, "ACE"),
        ("I would take A plus D.", DRUGS, "AD"),
        ("ABD三个选项都是其表现，C见于他病。", SIGNS, "ABD"),
        ("选A、B、C、E。等等，E说反了，去掉E。", SIGNS, "ABC"),
        ("正确的是A和C；D项多见于儿童。", SIGNS, "AC"),
        ("B. Metformin\nD. Group B streptococcus\nE. Vitamin A", DRUGS, "BDE"),
        ("Cross out B and E. The others are right.", DRUGS, "ACD"),
    ],
)
def test_several_options_are_read_where_they_are_meant(text: str, options: dict[str, str], letters: str) -> None:
    assert chosen(text, options, SEVERAL) == letters


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("A、B、C、E都是其表现，只有D不是。", "D"),
        ("A, B, C and E are all signs of it. D is not.", "D"),
        ("A对，B对，C错，D对，E对", "C"),
    ],
)
def test_an_exception_is_what_is_called_none(text: str, letters: str) -> None:
    assert chosen(text, SIGNS, "D", "下列哪项不是其表现？") == letters


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("A或者C都可以。", SIGNS),
        ("It could be A or D.", DRUGS),
        ("Let us take the options in turn. A: an inhibitor that lowers the pressure of the", DRUGS),
        ("It is neither a cohort nor an experiment, and not this design.", DRUGS),
        ("The mechanism is discussed in many books.", DRUGS),
    ],
)
def test_nothing_is_read_where_nothing_is_decided(text: str, options: dict[str, str]) -> None:
    assert chosen(text, options, ONE) in ("mixed", "no_answer", "abstained")


def test_words_of_two_options_choose_neither() -> None:
    options = {"A": "Acute viral hepatitis", "B": "Chronic viral hepatitis", "C": "Gallstones", "D": "Gilbert syndrome"}

    assert chosen("viral hepatitis", options, ONE) == "no_answer"
    assert chosen("This is hepatitis of the acute kind, and viral.", options, ONE) == "A"
