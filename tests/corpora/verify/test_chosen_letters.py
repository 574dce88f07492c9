"""Which letters an answer to a question with options chooses, where it says so by place, verdicts, elimination or in other words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


FALSE_ONE = "Which of the following statements about asthma is FALSE?"
TRUTHS = "A. True, it is.\nB. True, of most.\nC. False: the reverse.\nD. True as well.\nE. True."


def test_statements_that_are_judged_one_by_one_under_a_question_for_what_is_false() -> None:
    assert chosen(TRUTHS, SIGNS, ONE, FALSE_ONE) == "C"
    assert chosen("A ✓, B ✗, C ✗, D ✓, E ✓", SIGNS, SEVERAL, "下列叙述错误的有") == "BC"
    assert chosen("A ✓, B ✗, C ✗, D ✓, E ✓ → so I pick B, C", SIGNS, SEVERAL, "下列叙述错误的有") == "BC"


@pytest.mark.parametrize(
    "question",
    ["患者不能行走，下肢无力。最可能的诊断是", "甲状腺大部切除术后的并发症有", "He does not smoke. What is the cause?"],
)
def test_what_a_patient_cannot_do_makes_no_question_for_what_is_false(question: str) -> None:
    assert chosen("A错误，B正确，C错误，D错误，E错误", SIGNS, ONE, question) == "B"
    assert chosen("全选", SIGNS, SEVERAL, question) == "ABCDE"


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ('```json\n{"A": 1, "B": 0, "C": 1, "D": 0, "E": 0}\n```', "AC"),
        ('{"A": true, "B": false, "C": false, "D": "yes", "E": "no"}', "AD"),
        ("✅ A 夜间咳嗽：常见\n❌ B：少见\n✅ C：常见\n❌ D：不\n❌ E：不", "AC"),
        ("1. 夜间咳嗽 —— 是\n2. 癌细胞阻塞皮下淋巴管 —— 否\n3. 甲胎蛋白 —— 否\n4. 体重每日增加 —— 是\n5. 尿量减少 —— 是", "ADE"),
        ("A-C都对", "ABC"),
        ("A through D", "ABCD"),
        ("A、B、C、D、E……不，E要去掉。", "ABCD"),
        ("选前三个，后面两个是禁忌。", "ABC"),
        ("E不是，其他是", "ABCD"),
        ("夜间咳嗽、每日增加和尿量减少，一共三个。", "ADE"),
    ],
)  # fmt: skip
def test_several_options_are_told_as_an_object_in_ticks_in_rows_and_by_parts_of_their_text(
    text: str, letters: str
) -> None:
    assert chosen(text, SIGNS, SEVERAL) == letters


@pytest.mark.parametrize(
    ("text", "options", "letters"),
    [
        ("有同学会选A，还有同学会选C。因此只有B合适。", SIGNS, "B"),
        ("答案是D。如果问的是另一个病就选A。", SIGNS, "D"),
        ("Answer: A? No. Scratch that, B.", DRUGS, "B"),
        ("Answer - B\nA: lowers it\nC: no drug", DRUGS, "B"),
        ("CCS", DRUGS, "C"),
        ("Strep", DRUGS, "D"),
        ("Either enalapril or vitamin A might. I'd go with the case-control.", DRUGS, "C"),
        ("注意不要因此选A！所以这道题答B。", SIGNS, "B"),
        ("夜间咳嗽、体重每日增加都常见，选那个皮下淋巴管阻塞的。", SIGNS, "B"),
        ("A、C、D、E都是，只有一项不在里面。", SIGNS, "mixed"),
    ],
)
def test_one_option_is_told_by_its_initials_a_short_name_or_behind_other_guesses(
    text: str, options: dict[str, str], letters: str
) -> None:
    assert chosen(text, options, ONE) == letters


def test_all_but_one_that_are_so_leave_the_one_that_is_not() -> None:
    assert chosen("A、C、D、E都是，只有一项不在里面。", SIGNS, ONE, "下列不属于症状的是") == "B"


PARTS = st.sampled_from([
    "A", "B", "C", "D", "E", ". ", "：", "True", "False", "正确", "错误", "不是", "✓", "✗", "\n", "、", "，", "。", "答案", "选", "所以",
    "其余都对", "除了", "夜间咳嗽", "尿量减少", "前三项", "most likely ", "not ", "the answer is ", "{", "}", '"A": 1', "(", ")", "?", "-",
    "...", "因此", "就是", "then ",
])  # fmt: skip
QUESTIONS = ["", FALSE_ONE, "下列叙述错误的有", "首选的药物是", "下列哪项不属于症状"]


@given(st.lists(PARTS, max_size=30).map("".join), st.sampled_from([ONE, SEVERAL]), st.sampled_from(QUESTIONS))
@settings(max_examples=500, deadline=None)
def test_any_answer_to_any_question_is_read(text: str, key: str, question: str) -> None:
    found = read_letters(text, Item("choice", options=SIGNS, right=key), question)

    assert found.state in ("read", "mixed", "no_answer", "abstained")
    assert set(found.letters) <= set(SIGNS)
