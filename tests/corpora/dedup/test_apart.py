"""What dedup keeps apart: what many share is no likeness, other facts and other deciding words are no duplicates."""

import random
from typing import Any

import polars as pl
import pytest

from kgtools.corpora.dedup import DedupOptions, common, find_duplicates
from kgtools.corpora.dedup.common import MANY
from kgtools.corpora.dedup.decisive import decisive
from kgtools.corpora.record import RECORDS
from kgtools.corpora.text.normalize import fold, simplify
from kgtools.tools.inputs.files import digest

Turn = tuple[str, str]
INSTRUCTION = {
    "zh": "你是一名有多年经验的临床医生。请仔细阅读下面的问题，结合患者的年龄和病史，用通俗、准确、简洁的话回答，说明需要做哪些检查、"
    "应当注意什么；没有把握的内容不要编造，遇到紧急情况要提醒患者立即到医院就诊。回答不要超过两句话。问题如下：",
    "en": "You are a physician with many years of practice. Read the question below with care, think of the age and the history of "
    "the patient, and answer in plain, precise and short words which examinations are needed and what to look out for. Invent "
    "nothing that you are not sure of, and where it is urgent send the patient to a hospital. Use two sentences at most. Question:",
}
NAMES = {
    "zh": [
        "胃炎", "肺炎", "痛风", "哮喘", "贫血", "癫痫", "湿疹", "白内障", "青光眼", "鼻窦炎",
        "肾结石", "胆囊炎", "阑尾炎", "关节炎", "骨质疏松", "冠心病", "心肌炎", "脑梗死", "偏头痛", "荨麻疹",
    ],
    "en": [
        "gastritis", "pneumonia", "gout", "asthma", "anaemia", "epilepsy", "eczema", "cataract", "glaucoma", "thyroiditis",
        "nephrolithiasis", "cholecystitis", "appendicitis", "arthritis", "osteoporosis", "angina", "myocarditis", "stroke",
        "migraine", "urticaria",
    ],
}  # fmt: skip
ASKED = {
    "zh": {
        "{}应该挂什么科": "挂{}专科", "{}能吃辣椒吗": "{}最好少吃辣", "{}会传染吗": "{}一般传不了人", "{}怎么引起的": "{}多由劳累引起",
        "{}可以运动吗": "{}可以散步", "{}要住院吗": "{}看情况再说", "{}的早餐吃什么": "{}宜喝粥", "{}怕冷吗": "{}注意保暖",
        "{}能喝酒吗": "{}请戒酒", "{}影响睡眠吗": "{}有时影响",
    },
    "en": {
        "Which department treats {}?": "A clinic for {}.", "May one eat chili with {}?": "Little, in {}.",
        "Is {} contagious?": "Usually {} stays with one.", "What causes {}?": "Fatigue may cause {}.",
        "Can I exercise with {}?": "Walk, if you have {}.", "Need I stay in hospital for {}?": "For {} it depends.",
        "What is a good breakfast in {}?": "Porridge, with {}.", "Does {} make one feel cold?": "Keep warm in {}.",
        "May I drink wine with {}?": "Stop it, in {}.", "Does {} disturb sleep?": "At times {} does.",
    },
}  # fmt: skip


def records(talks: list[list[Turn]], facts: list[list[str]] | None = None) -> pl.LazyFrame:
    shared: dict[str, Any] = {"task": "qa", "lang": "zh", "source": "x", "license": "x", "meta": "{}"}
    rows = [
        shared | {
            "id": digest(str(at)), "group": digest(f"group {at}"), "facts": facts[at] if facts else [],
            "messages": [{"role": role, "content": content} for role, content in talk],
        }
        for at, talk in enumerate(talks)
    ]  # fmt: skip
    return RECORDS.frame(rows).lazy()


def gone(rows: pl.LazyFrame, **look: Any) -> list[tuple[int, int, str]]:
    doubles, _ = find_duplicates(rows, DedupOptions(**look))
    return doubles.select("row", "kept_row", "kind").rows()  # type: ignore[return-value]


def talk(question: str, answer: str = "是的。") -> list[Turn]:
    return [("user", question), ("assistant", answer)]


def asked(lang: str, form: str) -> list[list[Turn]]:
    """200 questions about twenty diseases, each with the same instruction."""
    pairs = [(q.format(name), a.format(name)) for q, a in ASKED[lang].items() for name in NAMES[lang]]
    instruction = INSTRUCTION[lang]
    if form == "system":
        return [[("system", instruction), *talk(question, answer)] for question, answer in pairs]
    if form == "before":
        return [talk(f"{instruction}\n{question}", answer) for question, answer in pairs]
    return [talk(f"{question}\n{instruction}", answer) for question, answer in pairs]


@pytest.mark.parametrize("on", ["whole", "question"])
@pytest.mark.parametrize("form", ["system", "before", "behind"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_records_that_share_a_long_instruction_and_differ_in_the_rest_all_stay(lang: str, form: str, on: str) -> None:
    talks = asked(lang, form)

    assert len(talks) == 200
    assert gone(records(talks), on=on) == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_exact_duplicate_under_a_shared_instruction_is_found(lang: str) -> None:
    talks = asked(lang, "system")

    assert gone(records([*talks, talks[7]])) == [(200, 7, "exact")]


def test_a_near_duplicate_under_a_shared_instruction_is_found_among_thousands() -> None:
    chance = random.Random(4)
    letters = [chr(code) for code in range(0x4E00, 0x4E00 + 3000)]
    texts = ["".join(chance.choices(letters, k=80)) for _ in range(1500)]
    texts += [text[:40] + "好" + text[41:] for text in texts[:300]]

    found = gone(records([talk(INSTRUCTION["zh"] + text) for text in texts]))

    assert {(row, kept) for row, kept, _ in found} == {(1500 + at, at) for at in range(300)}


def test_common_text_is_found_whatever_the_size_of_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    talks = asked("zh", "before")
    talks += [[talks[at][0], ("assistant", talks[at][1][1] + "好")] for at in range(0, 200, 5)]
    whole = gone(records(talks))
    monkeypatch.setattr(common, "BYTES", 2_000)
    monkeypatch.setattr(common, "MOST", 1 << 12)

    assert gone(records(talks)) == whole
    assert {row for row, _, _ in whole} <= set(range(200, 240))


def test_of_texts_in_which_nothing_is_left_only_the_exact_duplicates_go() -> None:
    """Questions and answers that all occur many times, each pair of them once."""
    questions = [f"{INSTRUCTION['zh']}{name * 12}" for name in NAMES["zh"]]
    answers = [f"请遵医嘱服药并定期复查，注意休息和饮食，祝早日康复，{name * 12}" for name in NAMES["zh"]]
    talks = [talk(question, answer) for question in questions for answer in answers]

    assert len(talks) == 400
    assert gone(records([*talks, talks[0]])) == [(400, 0, "exact")]


def test_what_few_texts_share_is_compared() -> None:
    shared = INSTRUCTION["zh"] * 2
    rows = [talk(f"{shared}{name}") for name in NAMES["zh"][: MANY - 15]]

    assert len(gone(records(rows))) == MANY - 16


def test_text_that_one_record_repeats_is_not_what_many_share() -> None:
    text = "患者反复咳嗽，夜间更明显，伴有少量白色黏痰。" * 40

    assert gone(records([talk(text + "建议拍胸片"), talk(text + "建议拍胸片看看")])) == [(1, 0, "near")]


def test_records_of_other_facts_are_no_near_duplicates() -> None:
    text = (
        "本病多由劳累、受凉和饮食不节引起，平时要注意保暖、规律作息、清淡饮食，适当锻炼，增强体质，一旦加重及时就诊，"
        * 3
    )
    talks = [talk(f"{name}怎么预防？", text) for name in ("足癣", "脚癣", "足癣病", "足廯")]

    found = gone(records(talks, [["a"], ["b"], ["a"], []]))

    assert found == [(2, 0, "near"), (3, 0, "near")]
    assert gone(records([talks[0], talks[0]], [["a"], ["b"]])) == [(1, 0, "exact")]
    assert gone(records(talks[:3], [["a", "b"], ["b", "a", "b"], ["a"]])) == [(1, 0, "near")]


def test_a_near_duplicate_of_the_same_fact_is_found_among_many_of_others() -> None:
    text = (
        "本病多由劳累、受凉和饮食不节引起，平时要注意保暖、规律作息、清淡饮食，适当锻炼，增强体质，一旦加重及时就诊。"
        * 4
    )
    chance = random.Random(2)
    letters = [chr(code) for code in range(0x5E00, 0x6E00)]
    ends = ["".join(chance.choices(letters, k=8)) for _ in range(12)]
    talks = [talk(text + end) for end in ends] + [talk(text + end[:-1] + "了") for end in ends]

    found = gone(records(talks, [[str(at % 12)] for at in range(24)]))

    assert found == [(12 + at, at, "near") for at in range(12)]


LONG = {
    "zh": "平时要注意休息，规律作息，清淡饮食，适当锻炼，保持心情舒畅，按医生的嘱咐服药并定期到医院复查，出现加重时及时就诊",
    "en": "please rest well, keep regular hours, eat light food, exercise a little, take the drugs as told and see the physician again",
}
APART = {
    "zh": [
        ("1型糖尿病", "2型糖尿病"), ("Ⅰ型糖尿病", "Ⅱ型糖尿病"), ("一型糖尿病", "二型糖尿病"), ("左肾结石", "右肾结石"), ("急性胃炎", "慢性胃炎"),
        ("胃炎", "急性胃炎"), ("儿童哮喘", "成人哮喘"), ("小儿肺炎", "老年肺炎"), ("男性不育", "女性不育"), ("上肢骨折", "下肢骨折"),
        ("良性肿瘤", "恶性肿瘤"), ("HBsAg阳性", "HBsAg阴性"), ("HBsAg(+)", "HBsAg(-)"), ("甲型肝炎", "乙型肝炎"), ("甲肝", "丙肝"),
        ("维生素B", "维生素C"), ("维生素b6", "维生素b12"), ("每日两次", "每日三次"), ("每次5mg", "每次50mg"), ("每次1.5片", "每次15片"),
        ("每次5mg", "每次5mcg"), ("青霉素过敏", "青霉素不过敏"),
        ("血压>140", "血压<140"), ("血压高于140", "血压高于160"), ("高血压", "低血压"), ("原发性高血压", "继发性高血压"), ("能吃鸡蛋", "不能吃鸡蛋"),
        ("有并发症", "无并发症"), ("二尖瓣狭窄", "三尖瓣狭窄"), ("肺癌早期", "肺癌晚期"), ("术前禁食", "术后禁食"), ("第二天", "第十二天"),
        ("α受体", "β受体"), ("典型心绞痛", "不典型心绞痛"), ("饭前吃", "饭后吃"), ("内痔", "外痔"), ("血钾升高", "血钾降低"),
    ],
    "en": [
        ("type 1 diabetes", "type 2 diabetes"), ("type I diabetes", "type II diabetes"), ("the left kidney", "the right kidney"),
        ("acute gastritis", "chronic gastritis"), ("asthma in children", "asthma in adults"), ("male infertility", "female infertility"),
        ("with fever", "without fever"), ("a positive test", "a negative test"), ("upper limb", "lower limb"),
        ("hypertension", "hypotension"), ("5 mg of it", "50 mg of it"), ("1.5 tablets", "15 tablets"), ("once a day", "twice a day"),
        ("two weeks", "three weeks"), ("hepatitis A", "hepatitis B"), ("vitamin C", "vitamin D"), ("a benign tumour", "a malignant tumour"),
        ("this is safe", "this is not safe"), ("you can", "you can't"), ("stage II", "stage III"), ("before meals", "after meals"),
        ("systolic pressure", "diastolic pressure"), ("it increases", "it decreases"), ("an 8-year-old", "an 80-year-old"),
    ],
}  # fmt: skip


ALIKE = [
    ("2型糖尿病", "Ⅱ型糖尿病"), ("2型糖尿病", "二型糖尿病"), ("每日两次", "每日2次"), ("小儿肺炎", "儿童肺炎"), ("没有发热", "无发热"),
    ("HBsAg阳性", "HBsAg(+)"), ("急性胃炎", "急 性 胃炎"), ("咳嗽", "咳嗽，请问一下"), ("咳嗽", "不好意思，非常感谢您，咳嗽"),
    ("1000毫克", "1,000毫克"), ("高血壓", "高血压"), ("You don’t", "You don't"), ("type 2", "type II"), ("a child", "children"),
]  # fmt: skip


def decided(texts: list[str]) -> list[str]:
    frame = pl.DataFrame({"text": texts})
    return frame.select(decisive(simplify(fold(pl.col("text"))))).to_series().to_list()


def test_texts_with_other_numbers_or_deciding_words_are_told_apart() -> None:
    pairs = [pair for pairs in APART.values() for pair in pairs]

    ones, others = decided([one for one, _ in pairs]), decided([other for _, other in pairs])

    assert [pair for pair, one, other in zip(pairs, ones, others, strict=True) if one == other] == []


def test_texts_with_the_same_numbers_and_deciding_words_are_not() -> None:
    ones, others = decided([one for one, _ in ALIKE]), decided([other for _, other in ALIKE])

    assert [pair for pair, one, other in zip(ALIKE, ones, others, strict=True) if one != other] == []


@pytest.mark.parametrize(
    ("lang", "one", "other"),
    [
        ("zh", "1型糖尿病挂什么科", "2型糖尿病挂什么科"),
        ("zh", "每次1.5片", "每次15片"),
        ("en", "the left kidney", "the right kidney"),
        ("zh", "屈光度+3.00D", "屈光度-3.00D"),
        ("en", "base excess 4", "base excess −4"),
        ("zh", "尿蛋白(+++)", "尿蛋白(++)"),
        ("en", "her2+ cancer", "her2- cancer"),
        ("zh", "tsh↑，t4↓提示什么", "tsh↓，t4↑提示什么"),
        ("zh", "igm(+)igg(-)是什么意思", "igm(-)igg(+)是什么意思"),
    ],
)
def test_a_number_or_word_that_decides_keeps_long_and_short_texts_apart(lang: str, one: str, other: str) -> None:
    texts = [f"{LONG[lang]}, {LONG[lang]}: {word}, {LONG[lang]}" for word in (one, other)]

    assert gone(records([talk(text) for text in texts])) == []
    assert gone(records([talk(one), talk(other)])) == []
    assert gone(records([talk(texts[0]), talk(texts[0] + "!"), talk(texts[0] + " ok")])) == [
        (1, 0, "exact"), (2, 0, "near"),
    ]  # fmt: skip
