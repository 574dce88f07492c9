"""Turns of language in pairs: a sentence that says the answer, and one of the same words that does not."""

from dataclasses import replace

import pytest

from kgtools.corpora.verify import Item, NameIndex, Step, score
from tests.corpora.verify.items import AVOIDED, ENGLISH, FALSE, NAMES, ONE, SEVERAL, SYMPTOMS, TRUE, UNSAID

ALL = "发热、咳嗽、胸痛、呼吸困难"
ONE_DRUG = Item(
    "set",
    about=(("absence seizures",), ("失神发作",)),
    answers=(("ethosuximide", "乙琥胺"),),
    asked=1,
    wrong=(("tiagabine", "噻加宾"),),
)
DRUGS = NameIndex(["phenytoin", "valproate", "苯妥英钠", "丙戊酸钠"])
MILK = Item("set", answers=(("milk", "牛奶"), ("ice cream",)), wrong=(("lactose-free milk",), ("soy milk", "豆浆")))
CHAIN = Item(
    "set",
    about=(("链球菌感染", "strep throat"),),
    answers=(("风湿热", "rheumatic fever"), ("二尖瓣狭窄", "mitral stenosis")),
    steps=(
        Step(("链球菌感染", "strep throat"), "CAUSES", ("风湿热", "rheumatic fever")),
        Step(("风湿热", "rheumatic fever"), "CAUSES", ("二尖瓣狭窄", "mitral stenosis")),
    ),
)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("先排除A，C和D也不像，只剩B。", "先排除B，C和D也不像，只剩A。"),
        ("A错，C错，D错，B对", "B错，C错，D错，A对"),
        ("A：否\nB：是\nC：否\nD：否", "A：是\nB：否\nC：否\nD：否"),
        ("A. 发热：不对\nB. 咳嗽：对", "A. 发热：对\nB. 咳嗽：不对"),
        ("最可能的诊断：B. 咳嗽\n理由：发热（A）太常见。", "最可能的诊断：A. 发热\n理由：咳嗽（B）太常见。"),
        ("先考虑A，再看不像，答案改为B", "先考虑B，再看不像，答案改为A"),
        ("答案是A，应更正为B", "答案是B，应更正为A"),
        ("答案是A，哦不，是B", "答案是B，哦不，是A"),
        ("选B不选A", "选A不选B"),
        ("除了B都不对", "除了B都对"),
        ("B。A项是发热。", "B。A。"),
    ],
)
def test_options_are_chosen_excluded_and_corrected(right: str, wrong: str) -> None:
    assert (score(right, ONE).verdict, score(wrong, ONE).verdict) == ("right", "wrong")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("A is wrong, C is wrong, D is wrong, so B.", "B is wrong, C is wrong, D is wrong, so A."),
        ("Eliminating A, C, and D leaves B.", "Eliminating B, C, and D leaves A."),
        ("My answer is A. No, I'll change my answer to B.", "My answer is B. No, I'll change my answer to A."),
        ("Fever points to another disease, so not A. B.", "Dry cough points to another disease, so not B. A."),
        ("The symptom is dry cough. Answer: B", "The symptom is dry cough. Answer: A"),
        ("All of them are too common; the odd one out is B", "All of them are too common; the odd one out is C"),
        ("Fever? No. Dry cough? Yes.", "Fever? Yes. Dry cough? No."),
        ("B (dry cough), whereas fever (A) is not typical", "Fever (A), whereas dry cough (B) is not typical"),
        ("Option b is correct.", "Option a is correct."),
        ("I'd go with A. Actually no: the right choice is B.", "I'd go with B. Actually no: the right choice is A."),
    ],
)
def test_options_are_chosen_excluded_and_corrected_in_english(right: str, wrong: str) -> None:
    assert (score(right, ENGLISH).verdict, score(wrong, ENGLISH).verdict) == ("right", "wrong")


@pytest.mark.parametrize(
    ("right", "other"),
    [
        ("A: yes\nB: no\nC: yes\nD: no\nE: no", "A: yes\nB: yes\nC: no\nD: no\nE: no"),
        ("A yes, B no, C yes, D no, E no", "A yes, B yes, C no, D no, E no"),
        ("AC两项正确", "AB两项正确"),
        ("AC。B是咳嗽。", "AC。BDE。"),
        ("正确：A、C；错误：B、D、E", "正确：A、B；错误：C、D、E"),
        ("除B、D、E外均正确", "除A、C外均正确"),
        ("A和C；咳嗽（B）不是", "A和B；头痛（C）不是"),
        ("选A，也选C", "选A，不选C"),
    ],
)
def test_several_options_are_told_one_by_one(right: str, other: str) -> None:
    assert score(right, SEVERAL).verdict == "right"
    assert score(other, SEVERAL).total < 0.5 or score(other, SEVERAL).verdict == "partial"


def test_where_what_to_avoid_is_asked_for_an_option_that_may_be_used_is_denied() -> None:
    question = "妊娠期禁用的是？"

    assert (
        score("发热禁用。咳嗽是首选，并非禁用；头痛也禁用，胸痛、腹泻可以用。", SEVERAL, None, question).verdict
        == "right"
    )
    assert score("咳嗽禁用。发热是首选，并非禁用。", SEVERAL, None, question).verdict == "wrong"


@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("不能说这句话不对", "不能说这句话对"),
        ("我不认为这句话是错的", "我不认为这句话是对的"),
        ("The statement isn't false.", "The statement isn't true."),
        ("I can't say that this is false.", "I can't say that this is true."),
        ("没有任何问题，是对的", "有问题，是错的"),
        ("我同意这个说法", "我不同意这个说法"),
        ("It is true", "It is far from true"),
    ],
)
def test_a_statement_is_called_true_by_a_double_denial(true: str, false: str) -> None:
    assert (score(true, TRUE).verdict, score(false, TRUE).verdict) == ("right", "wrong")
    assert (score(true, FALSE).verdict, score(false, FALSE).verdict) == ("wrong", "right")


def test_sorry_is_not_true_and_a_statement_said_again_is_no_answer() -> None:
    assert score("对不起，我不知道。", TRUE).verdict == "abstained"
    assert score("对，我知道。", TRUE).verdict == "right"
    assert score("I can't tell whether this is true or false.", TRUE).verdict == "abstained"
    assert score("发热是肺炎的症状。", TRUE, None, "判断：发热是肺炎的症状。").verdict == "no_answer"
    assert score("是的，发热是肺炎的症状。", TRUE, None, "判断：发热是肺炎的症状。").verdict == "right"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("不是苯妥英钠，苯妥英钠会加重发作；要用的是乙琥胺。", "不是乙琥胺，要用的是苯妥英钠。"),
        ("以为是苯妥英钠，其实是乙琥胺", "以为是乙琥胺，其实是苯妥英钠"),
        ("乙琥胺，不必用苯妥英钠", "苯妥英钠，不必用乙琥胺"),
        ("乙琥胺。苯妥英钠没有治疗作用。", "苯妥英钠。乙琥胺没有治疗作用。"),
        ("乙琥胺，苯妥英钠不会有效", "苯妥英钠，乙琥胺不会有效"),
        ("乙琥胺，它比苯妥英钠更好", "苯妥英钠，它比乙琥胺更好"),
        ("与其用苯妥英钠，不如用乙琥胺", "与其用乙琥胺，不如用苯妥英钠"),
        ("别用苯妥英钠，用乙琥胺", "别用乙琥胺，用苯妥英钠"),
        ("Phenytoin? No. Ethosuximide.", "Ethosuximide? No. Phenytoin."),
        (
            "I first thought of phenytoin, so no: it's ethosuximide.",
            "I first thought of ethosuximide, so no: it's phenytoin.",
        ),
        (
            "There is no evidence that phenytoin or valproate help; ethosuximide.",
            "There is no evidence for ethosuximide; phenytoin.",
        ),
        (
            "There is no need for phenytoin; ethosuximide is used.",
            "There is no need for ethosuximide; phenytoin is used.",
        ),
        ("Ethosuximide is preferred over valproate", "Valproate is preferred over ethosuximide"),
        (
            "Ethosuximide; phenytoin may worsen it and should be avoided.",
            "Phenytoin; ethosuximide may worsen it and should be avoided.",
        ),
        ("乙琥胺（不是苯妥英）", "苯妥英钠（不是乙琥胺）"),
        ("Choose ethosuximide over valproate", "Choose valproate over ethosuximide"),
        ("I was wrong about phenytoin; it's ethosuximide.", "I was wrong about ethosuximide; it's phenytoin."),
        ("Phenytoin would be a mistake. Ethosuximide.", "Ethosuximide would be a mistake. Phenytoin."),
        ("Ethosuximide; avoid valproate and phenytoin", "Valproate; avoid phenytoin and ethosuximide"),
        ("Ethosuximide; valproate is ineffective", "Valproate; ethosuximide is ineffective"),
        ("You'd think valproate, but it's ethosuximide", "You'd think ethosuximide, but it's valproate"),
    ],
)
def test_names_are_denied_from_afar_and_after_they_are_said(right: str, wrong: str) -> None:
    assert (score(right, ONE_DRUG, DRUGS).verdict, score(wrong, ONE_DRUG, DRUGS).verdict) == ("right", "wrong")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("Milk and ice cream. Soy milk is a fine substitute.", "Soy milk. Milk is a fine substitute."),
        ("Milk, ice cream; lactose-free milk need not be avoided.", "Lactose-free milk; milk need not be avoided."),
        ("Milk and ice cream; they can have soy milk.", "Soy milk; they can have milk."),
    ],
)
def test_what_need_not_be_avoided_is_no_answer_to_what_to_avoid(right: str, wrong: str) -> None:
    question = "What should people with lactose intolerance eat or drink less of?"

    assert (score(right, MILK, None, question).verdict, score(wrong, MILK, None, question).verdict) == (
        "right",
        "wrong",
    )
    assert score("Lactose-free milk and soy milk should be limited.", MILK, None, question).contradiction == 2
    assert score("啤酒、动物内脏，樱桃没关系", AVOIDED, NAMES, "痛风患者忌吃什么？").verdict == "right"


@pytest.mark.parametrize(
    ("text", "verdict", "contradiction"),
    [
        ("链球菌感染引起风湿热，风湿热引起二尖瓣狭窄", "right", 0),
        ("链球菌感染引起风湿热，二尖瓣狭窄引起风湿热", "partial", 1),
        ("链球菌感染引起风湿热，而风湿热是二尖瓣狭窄的后果", "partial", 1),
        ("二尖瓣狭窄引起风湿热，风湿热引起链球菌感染", "wrong", 2),
        ("Strep throat leads to rheumatic fever, which develops into mitral stenosis.", "right", 0),
        ("Mitral stenosis gives rise to rheumatic fever, and rheumatic fever causes strep throat.", "wrong", 2),
    ],
)
def test_each_step_said_the_other_way_round_is_a_contradiction(text: str, verdict: str, contradiction: int) -> None:
    found = score(text, CHAIN, NAMES)

    assert (found.verdict, found.contradiction) == (verdict, contradiction)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (f"{ALL}；腹泻不在其中", "right"),
        ("发热、咳嗽，胸痛不会出现", "partial"),
        (f"{ALL}：都没有", "wrong"),
        ("并不发热，也不咳嗽", "wrong"),
        ("肺炎的症状就是肺炎的症状。", "no_answer"),
    ],
)
def test_a_denial_ends_with_its_clause(text: str, verdict: str) -> None:
    assert score(text, SYMPTOMS, NAMES, "肺炎有哪些症状？").verdict == verdict


def test_beside_the_columns_that_answer_a_table_claims_nothing() -> None:
    rows = "\n".join(f"| {name} | 不是头痛、腹泻那样 | 常见 |" for name in ALL.split("、"))

    assert score(f"| 症状 | 说明 | 频率 |\n|---|---|---|\n{rows}", SYMPTOMS, NAMES).verdict == "right"
    assert score("| 症状 | 说明 |\n|---|---|\n| 腹泻 | 头痛 |", SYMPTOMS, NAMES).verdict == "wrong"
    assert score("| 发热 | 腹泻 |", SYMPTOMS, NAMES).precision == 0.5


def test_clauses_are_no_list_of_unknown_things() -> None:
    talk = "多见于冬春，起病往往较急，老人可不典型，应及时就诊，多喝水，多休息，按医嘱服药，定期复查，戒烟限酒，注意保暖，避免受凉"
    things = "、".join(f"症状{sign}" for sign in "甲乙丙丁戊己庚辛壬癸子丑寅卯")

    assert score(f"{ALL}。肺炎{talk}。", SYMPTOMS).verdict == "right"
    assert score(f"{ALL}、{things}", SYMPTOMS).verdict == "partial"


@pytest.mark.parametrize(
    "text",
    [
        "我没有在资料里找到它的疗程，因此不能给出具体周数。",
        "资料没提",
        "Nothing in the sources covers this.",
        "This is not in the provided documents.",
        "None of the documents mention it.",
    ],
)
def test_not_to_have_found_it_is_to_abstain(text: str) -> None:
    assert score(text, UNSAID, NAMES).verdict == "right"
    assert score(f"{text}\n答案是阿司匹林。", UNSAID, NAMES).verdict == "wrong"


def test_a_sentence_of_the_question_said_again_is_no_answer() -> None:
    question = "Do the sources name a drug for pneumonia? If so, which one?"

    assert score("Do the sources name a drug for pneumonia?", UNSAID, NAMES, question).verdict == "no_answer"
    assert score("Do the sources name a drug for pneumonia? Aspirin.", UNSAID, NAMES, question).verdict == "wrong"


def test_what_protects_is_no_risk() -> None:
    item = replace(SEVERAL, options={"A": "久坐", "B": "快走", "C": "手术", "D": "喝水", "E": "睡眠"})
    question = "下列哪些是血栓的危险因素？"

    assert score("久坐和手术是，快走有保护作用", item, None, question).verdict == "right"
    assert score("久坐和快走是，手术有保护作用", item, None, question).verdict == "partial"
