import re
import unicodedata
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtools.kg.build.name_patterns import INVISIBLE
from kgtools.kg.build.name_rules import MENDS, REFUSALS, REPAIRS, judge_names
from kgtools.kg.build.normalize import clean
from kgtools.kg.source import Reading

Make = Callable[..., Reading]


def judged(name: str, type_: str = "Symptom", raw: bool = False) -> tuple[str, str | None, str | None]:
    """What becomes of a name, the rule that changed it, and why it is refused."""
    row = judge_names(pl.DataFrame({"type": [type_], "name": [name]}), raw).row(0)
    return row[2], row[3], row[4]


@pytest.mark.parametrize(
    ("type_", "name", "reason"),
    [
        ("Drug", ">>", "navigation"),
        ("Drug", "如何选药？选哪种药？", "question"),
        ("Drug", "应该如何用药", "question"),
        ("Symptom", "True", "value"),
        ("Disease", "1e+30", "value"),
        ("Treatment", "1 day, 6:00:00", "value"),
        ("Symptom", "What causes a headache?", "question"),
        ("Disease", "注意！", "question"),
        ("Drug", "8-11", "no-letter"),
        ("Drug", "Ⅱ", "no-letter"),
        ("Treatment", "...", "no-letter"),
        ("Symptom", "——", "no-letter"),
        ("Disease", "?耳", "lost-character"),
        ("Disease", "目?病", "lost-character"),
        ("Drug", "盐酸地尔硫\ue006片", "lost-character"),
        ("Examination", "-内酰胺酶", "lost-character"),
        ("Treatment", "[详细]", "navigation"),
        ("Drug", "点击查看更多", "navigation"),
        ("Treatment", "药物治疗（请阅读药疹的药物治疗）", "navigation"),
        ("Symptom", "www.example.com", "navigation"),
        ("Symptom", "Read more", "navigation"),
        ("Disease", "头痛<img src=x>", "markup"),
        ("Treatment", "手术治疗、、介入治疗", "several-names"),
        ("Symptom", "水肿；糜烂", "several-names"),
        ("Department", "儿科；内科", "several-names"),
        ("Treatment", "①手眼协调训练②结构化训练", "several-names"),
        ("Treatment", "多数不需要处理。严重的需要手术", "sentence"),
        ("Treatment", "如果没有引起肾积水或腰部不适不需要治疗", "sentence"),
        ("Symptom", "婴儿期：皮疹分渗出型和干燥型", "sentence"),
        ("Treatment", "对症", "general-word"),
        ("BodyPart", "其他", "general-word"),
        ("BodyPart", "其他骨", "general-word"),
        ("Symptom", "症状", "general-word"),
        ("Drug", "药物", "general-word"),
        ("Treatment", "1-3个月", "value"),
        ("Drug", "12～15mg/kg", "value"),
        ("Drug", "pH4", "value"),
        ("Symptom", "（>60次/分）", "value"),
        ("Drug", "每日三次", "value"),
        ("BodyPart", "20%位于中上部", "value"),
        ("Symptom", "（二）临床表现", "general-word"),
        ("Food", "胃炎患者的饮食禁忌", "general-word"),
        ("Symptom", "symptom_name", "general-word"),
        ("Disease", "首页 > 疾病百科 > 肺炎", "navigation"),
        ("Disease", "立即咨询在线医生", "navigation"),
        ("Symptom", "较轻的", "sentence"),
        ("Symptom", "严重的患者", "sentence"),
        ("Food", "牛奶、鸡蛋、", "several-names"),
        ("Examination", "胸部X线\n\n血气分析", "several-names"),
        ("Department", "['内科', '消化内科']", "several-names"),
        ("Disease", '{"name":', "markup"),
        ("Drug", "国药准字Z20044123", "value"),
        ("Disease", "无传染性", "value"),
        ("Symptom", "NaN", "missing-value"),
        ("Symptom", "None", "missing-value"),
        ("Symptom", "null", "missing-value"),
        ("Symptom", "(nan)", "missing-value"),
        ("Symptom", "目前暂无相关资料", "missing-value"),
        ("Symptom", "不详", "missing-value"),
    ],
)
def test_what_cannot_be_a_name_is_refused_with_its_reason(type_: str, name: str, reason: str) -> None:
    assert judged(name, type_)[2] == reason
    assert reason in REFUSALS


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        ("Disease", "2型糖尿病"), ("Disease", "霍乱，由于O1群霍乱弧菌，霍乱生物型所致"),
        ("Disease", "46,XY单纯性腺发育不全综合征"), ("Disease", "H7N9"), ("Drug", "三七片"),
        ("Drug", "10%葡萄糖注射液"), ("Drug", "六味地黄丸"), ("Drug", "维生素B12"), ("Drug", "十滴水"),
        ("Drug", "百年乐"), ("Drug", "1,6-二磷酸果糖"), ("Drug", "5-氟尿嘧啶"), ("Drug", "重组人白介素-2(Ⅰ)"),
        ("Examination", "伤寒、副伤寒血清凝集试验（肥达氏试验,肥达反应）"), ("Examination", "CT"),
        ("Examination", "24小时尿蛋白定量"), ("Examination", "血清5'-核苷酸酶（5'-NT）"),
        ("Examination", "HLA-B*27"), ("Examination", "Na+"), ("Symptom", "瞳孔大小不等"),
        ("Symptom", "咳嗽，咳痰带血"), ("Symptom", "红、肿"), ("Symptom", "体温>38℃"), ("Symptom", "白细胞↑"),
        ("Symptom", "掌纹atd角大..."), ("Symptom", "无痛性血尿"), ("Symptom", "不能说话"), ("Symptom", "t(9;22)"),
        ("Treatment", "手术"), ("Treatment", "休息"), ("Food", "鹅"), ("Food", "三鲜汤"), ("BodyPart", "四肢"),
        ("Department", "内科"), ("Department", "五官科"), ("Disease", "hypertension, essential"),
        ("Disease", "{{ x }}"), ("Disease", "O'Neil"), ("Product", "999感冒灵颗粒"), ("Disease", "none-small-cell"),
        ("Symptom", "无力"), ("Symptom", "空腹痛"),
    ],
)  # fmt: skip
def test_a_name_is_left_alone_whatever_is_in_it(type_: str, name: str) -> None:
    assert judged(name, type_) == (name, None, None)


@pytest.mark.parametrize(
    "name",
    [
        "二、三尖瓣病变", "三、四脑室肿瘤", "一、二度房室传导阻滞", "五、六肋骨折", "四、五趾麻木",
        "21、三体综合征", "13.三体综合征", "18、三体", "69、三倍体",
        "5.羟色胺病", "17.羟孕酮", "25、羟维生素D缺乏", "6.磷酸葡萄糖病", "6.巯基嘌呤", "5、氟尿嘧啶", "11.脱氧皮质酮",
        "17.酮类固醇", "6、酮前列腺素", "4.氨基水杨酸", "3.甲基组氨酸尿症", "１．磷酸果糖缺乏",
        "(2)型糖病", "③型前胶原病", "⑵型糖尿病", "②度烧伤", "(3)期褥疮", "①级高血压", "（Ⅱ）型", "23价肺炎疫苗", "23、价疫苗",
        "（一）型", "一．三体综合征", "[13C]呼气试验", "1:1000肾上腺素",
        "9、号染色体倒位", "12、指肠溃疡", "三、叉神经痛", "一、氧化碳中毒",
    ],
)  # fmt: skip
def test_a_number_that_is_a_part_of_a_name_stays(name: str) -> None:
    assert judged(name)[1] != "list-number"
    assert judged(name)[0] == name


@pytest.mark.parametrize(
    "name",
    [
        "视觉分析训练", "三叉神经痛", "二尖瓣狭窄", "四肢无力", "十二指肠溃疡", "五官科检查", "一氧化碳中毒", "六味地黄丸", "甲亢",
        "氨基酸", "氧疗", "体温升高", "体重下降", "氢氯噻嗪", "酮症酸中毒", "糖尿病", "脱水", "环境因素", "乙型肝炎", "苯中毒",
        "硫酸镁", "期前收缩", "级联反应", "类风湿关节炎", "代谢性酸中毒", "碳酸钙", "椎间盘突出", "颈椎病", "指甲脱落", "甲硝唑",
        "联合用药", "异常出血", "半身不遂", "氧化应激", "乙醇中毒",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "number", ["1、", "2.", "（3）", "④", "12、", "（一）", "㈠", "⒈", "❶", "【1】", "[2] ", "1：", "Ⅳ. "]
)
def test_a_number_of_a_list_goes(name: str, number: str) -> None:
    assert judged(number + name)[:2] == (name, "list-number")


@pytest.mark.parametrize(
    ("name", "clean_name", "rule"),
    [
        ("手术治疗。", "手术治疗", "outer-separator"),
        ("，支持性治疗，", "支持性治疗", "outer-separator"),
        (".对症治疗", "对症治疗", "outer-separator"),
        ("头痛——", "头痛", "outer-separator"),
        ("•头痛", "头痛", "outer-separator"),
        ("手术治疗，...", "手术治疗，...", None),
        ("1、头痛", "头痛", "list-number"),
        ("（2）头痛", "头痛", "list-number"),
        ("③头痛", "头痛", "list-number"),
        ("高血压[详细]", "高血压", "link-text"),
        ("“红光满面”", "红光满面", "outer-quotes"),
        ("“鸡盲”或“雀盲”", "“鸡盲”或“雀盲”", None),
        ("呕吐等", "呕吐", "trailing-etc"),
        ("维生素B<sub>2</sub>缺乏病", "维生素B2缺乏病", "markup-removed"),
        ("A&amp;B型", "A&B型", "markup-removed"),
        ("咳嗽病\u200e", "咳嗽病", "control-characters"),
        ("咳\u00ad嗽病", "咳嗽病", "control-characters"),
        ("咳\u200d嗽病\ufe0f", "咳嗽病", "control-characters"),
        ("咳嗽病\U000e0100", "咳嗽病", "control-characters"),
        ("咳\x1b[1;31m嗽病\x1b[0m", "咳嗽病", "control-characters"),
    ],
)
def test_a_name_is_mended_by_a_rule(name: str, clean_name: str, rule: str | None) -> None:
    assert judged(name)[:2] == (clean_name, rule)
    assert rule is None or rule in REPAIRS


@pytest.mark.parametrize("mark", ["\u200e", "\u00ad", "\u200d", "\ufe0f", "\u2066", "\u034f"])
def test_a_character_that_nobody_sees_makes_no_second_entity(reading_of: Make, mark: str) -> None:
    rows = [("Disease", "咳嗽病", "HAS_SYMPTOM", "头痛"), ("Disease", f"咳嗽病{mark}", "HAS_SYMPTOM", f"头{mark}痛")]

    cleaned = clean(reading_of(rows))

    assert cleaned.named["id"].to_list() == ["Disease:咳嗽病", "Symptom:头痛"]
    assert cleaned.facts.height == 1
    assert set(cleaned.rejects["reason"]) == {"control-characters"}


def test_every_rule_that_mends_is_explained() -> None:
    assert {rule for rule, _ in MENDS} == set(REPAIRS)


def test_a_name_mended_twice_is_the_same_as_mended_once() -> None:
    names = ["1、头痛。", "“呕吐等”", "，，头痛，", "<b>头痛</b>", "（1）“头痛”等、"]

    for name in names:
        once = judged(name)[0]
        assert judged(once)[:2] == (once, None), name


def test_an_alias_and_a_head_are_judged_as_names_and_a_value_only_as_a_missing_one(reading_of: Make) -> None:
    rows = [
        ("Disease", "感冒", "alias", "什么是感冒？"),
        ("Disease", ">>", "HAS_SYMPTOM", "头痛"),
        ("Disease", "感冒", "cause", "nan"),
        ("Disease", "感冒", "cause", "为什么会感冒？因为受凉。"),
    ]

    cleaned = clean(reading_of(rows))

    assert cleaned.facts["tail"].to_list() == ["为什么会感冒？因为受凉。"]
    refused = cleaned.rejects.filter(pl.col("kind") != "entity").sort("row")
    assert refused["reason"].to_list() == ["question", "navigation", "missing-value"]


def test_a_value_of_marks_alone_is_missing_and_one_that_may_be_a_result_is_not(reading_of: Make) -> None:
    rows = [("Disease", "感冒", "cure_rate", value) for value in ("?", "……", "。", "-", "(+)")]

    cleaned = clean(reading_of(rows))

    assert cleaned.facts["tail"].sort().to_list() == ["(+)", "-"]
    assert cleaned.rejects["reason"].to_list() == ["missing-value"] * 3


def test_a_raw_load_keeps_what_is_no_name(reading_of: Make) -> None:
    cleaned = clean(reading_of([("Disease", "?耳", "HAS_SYMPTOM", ">>")]), raw=True)

    assert cleaned.named["name"].to_list() == ["?耳", ">>"]


LOOKS = {
    "zero-width space": "心\u200b肌炎",
    "soft hyphen": "心\xad肌炎",
    "BOM": "心肌炎\ufeff",
    "direction marks": "\u202a心肌炎\u202c",
    "word joiner": "心\u2060肌炎",
    "variation selector": "心\ufe00肌炎",
    "NBSP at the end": "心肌炎\xa0",
    "braille blank at the end": "心肌炎\u2800",
    "zero-width space in HTML": "心&#8203;肌炎",
    "soft hyphen in HTML": "心&shy;肌炎",
    "compatibility character": "\u2f3c肌炎",
}
SPACED = {
    "NBSP": "type\xa0II",
    "two spaces": "type  II",
    "thin space": "type\u2009II",
    "wide space": "type\u3000II",
    "NBSP in HTML": "type&nbsp;II",
    "twice in HTML": "type&amp;nbsp; II",
    "tab": "type\tII",
    "zero-width space between spaces": "type \u200b II",
}
COMPOSED = {"NFD": "Sjo\u0308gren", "NFC": "Sj\u00f6gren", "NFD with a joiner": "Sjo\u034f\u0308gren"}


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize(
    ("name", "plain"),
    [
        *((name, "心肌炎") for name in LOOKS.values()),
        *((name, "type II") for name in SPACED.values()),
        *((name, "Sj\u00f6gren") for name in COMPOSED.values()),
        ("\uf900症", "豈症"), ("\u212b", "Å"), ("o\u0323\u0302", "\u1ed9"),
    ],
)  # fmt: skip
def test_two_names_that_look_the_same_are_one(name: str, plain: str, raw: bool) -> None:
    if raw and "&" in name:
        return
    clean_, rule, _ = judged(name, raw=raw)

    assert clean_ == plain
    assert (rule is None) == (name == plain)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), st.booleans())
def test_no_name_keeps_what_nobody_sees(name: str, raw: bool) -> None:
    kept, _, _ = judged(f"心{name}炎", raw=raw)

    assert kept == unicodedata.normalize("NFC", kept)
    assert not re.search(r"[^\S ]|  |^ | $|\u2800", kept)
    assert not pl.Series([kept]).str.contains(INVISIBLE)[0]
