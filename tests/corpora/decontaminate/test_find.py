"""What evaluation items are found in, however they are written, and what only looks like them."""

import random
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from kgtools.corpora.decontaminate import Rules, find, find_contamination, index_of, search_of
from kgtools.corpora.decontaminate.option_lists import read_list
from kgtools.corpora.decontaminate.questions import right_of
from kgtools.corpora.record import PREFERENCES
from tests.corpora.decontaminate.leaks import EXAM, talks
from tests.corpora.decontaminate.questions import (
    ALIKE,
    CHANGES,
    EN,
    FORMS,
    TALKS,
    ZH,
    Question,
    exam,
    permuted,
    record,
    row,
    table,
    talk,
)

PLANTED = [(change, question) for change in CHANGES for question in [*ZH, *EN]]


def look(rows: list[dict[str, Any]], against: pl.LazyFrame | None = None, **rules: Any) -> pl.DataFrame:
    items = index_of(exam() if against is None else against)
    return find_contamination(table(rows), search_of([items], Rules(**rules)))


def hits(found: pl.DataFrame) -> list[tuple[int, str, str]]:
    return found.filter(verdict="hit").select("row", "item", "rule").rows()  # type: ignore[return-value]


def item(question: Question) -> str:
    return str(record(question, told=True, source="exam")["id"])


@pytest.mark.parametrize("change", CHANGES)
def test_a_question_of_the_exam_is_found_however_it_is_written(change: str) -> None:
    planted = [(form, question) for form in FORMS for question in [*ZH, *EN]]

    found = hits(look([record(CHANGES[change](question), form) for form, question in planted]))

    pairs = {(at, of) for at, of, _ in found}
    assert [(form, question) for at, (form, question) in enumerate(planted) if (at, item(question)) not in pairs] == []
    assert len(pairs) == len(planted)


@pytest.mark.parametrize("told", [True, False])
def test_questions_that_only_look_like_others_are_no_hits(told: bool) -> None:
    assert hits(look([record(question, told=told) for question in ALIKE])) == []


@pytest.mark.parametrize("form", TALKS)
def test_a_question_is_found_among_what_else_a_talk_says(form: str) -> None:
    questions = [*ZH, *EN]

    pairs = {(at, of) for at, of, _ in hits(look([talk(TALKS[form](question)) for question in questions]))}

    assert pairs == {(at, item(question)) for at, question in enumerate(questions)}


@pytest.mark.parametrize("leaked", [True, False])
def test_what_gets_into_a_corpus_in_natural_forms_is_found_and_what_is_near_is_not(leaked: bool) -> None:
    of, rows = talks(leaked)
    items = {name: item(question) for name, question in EXAM.items()}

    pairs = {(at, found) for at, found, _ in hits(look(rows, exam(list(EXAM.values()))))}

    wrong = [row["messages"] for at, row in enumerate(rows) if ((at, items.get(of[at] or "")) in pairs) != leaked]
    if leaked:
        assert len(wrong) <= 0.05 * len(rows), wrong
    else:
        assert len({at for at, _ in pairs}) <= 0.05 * len(rows), pairs


OTHERS = [question for question in [*ZH, *EN] if len(question.options) == 4]


@pytest.mark.parametrize("key", [0, 1, 2, 3, None])
@pytest.mark.parametrize("form", ["lines", "bullets", "a table"])
def test_another_question_with_the_very_same_options_is_no_hit(form: str, key: int | None) -> None:
    pairs = [(one, other) for one in OTHERS for other in OTHERS if one.lang == other.lang and one != other]
    rows = [record(replace(one, options=other.options, key=key or 0), form) for one, other in pairs]
    if key is None:
        rows = [row | {"messages": [*row["messages"][:1], {"role": "assistant", "content": "？"}]} for row in rows]

    found = hits(look(rows))

    assert not {(at, item(other)) for at, (_, other) in enumerate(pairs)} & {(at, of) for at, of, _ in found}


def test_asking_for_what_is_and_for_what_is_not_are_two_questions() -> None:
    question = Question(
        "甲状腺危象的临床表现不包括", ("高热达39℃以上", "心率超过140次/分", "大汗淋漓", "皮肤干燥脱屑"), 3
    )
    against = table([record(question, told=True, source="exam", split="test")])
    other = replace(question, text="甲状腺危象的临床表现包括")

    found = look([row(str(record(other)["messages"][0]["content"]), "见解析")], against)

    assert found.select("rule", "verdict").rows() == [("options", "twin")]


SHORT_ONE = Question("面神经管的出口是", ("茎乳孔", "卵圆孔", "棘孔", "圆孔"), 0)


@pytest.mark.parametrize(
    ("question", "reply", "found"),
    [
        ("老师，昨天有人问我面神经管的出口是哪里，我答不上来，能讲讲吗", "请看教材。", True),
        ("老师，面神经管出来以后走到哪里去了", "走到茎乳孔。", False),
        ("给我讲讲颞骨", "面神经管的出口是一个小孔。", False),
        ("给我出一道题", "面神经管的出口是：茎乳孔、卵圆孔、棘孔、圆孔", True),
    ],
)
def test_a_short_question_in_a_talk_is_found_where_a_user_asks_it_or_its_options_are_there(
    question: str, reply: str, found: bool
) -> None:
    against = table([record(SHORT_ONE, told=True, source="exam", split="test")])

    assert bool(hits(look([row(question, reply)], against))) == found


def test_a_name_for_a_question_needs_one_of_its_options_beside_it() -> None:
    question = Question("胃网膜左动脉", ("起自肝动脉", "分布于胃大弯侧", "来源于肝总动脉", "沿胃小弯走行"), 1)
    against = table([record(question, told=True, source="exam", split="test")])
    rows = [row("胃网膜左动脉栓塞能治吗", "可以。"), row("说说胃网膜左动脉吧", "它分布于胃大弯侧。")]

    assert [at for at, _, _ in hits(look(rows, against))] == [1]


def test_every_question_of_a_paper_in_one_message_is_found() -> None:
    paper = "\n".join(f"{at}．{record(question)['messages'][0]['content']}" for at, question in enumerate(ZH, 1))

    assert {of for _, of, _ in hits(look([row(paper, "略")]))} == {item(question) for question in ZH}


@pytest.mark.parametrize(
    ("change", "rule"),
    [("as it is", "stem"), ("paraphrased, permuted options", "options"), ("one option replaced", "stem")],
)
def test_the_first_rule_that_finds_a_pair_names_it(change: str, rule: str) -> None:
    found = hits(look([record(CHANGES[change](question), told=True) for question in [*ZH, *EN]]))

    assert {name for _, _, name in found} == {rule}


@pytest.mark.parametrize("rule", ["stem", "options", "ngrams"])
def test_each_rule_finds_a_question_by_itself(rule: str) -> None:
    questions = [*ZH, *EN]

    found = hits(look([record(question) for question in questions], rules=(rule,)))

    assert found == [(at, item(question), rule) for at, question in enumerate(questions)]


@pytest.mark.parametrize(
    "question",
    [
        Question(ZH[0].text, ("保持呼吸道通畅", "监测血钙变化", "预防切口感染", "尽早下床活动")),
        Question("甲亢患者术前准备首选的药物是", ZH[0].options, 0),
        Question("缺铁性贫血患者口服铁剂治疗后，最晚恢复的指标是", ZH[5].options, 2),
        Question(ZH[4].text.replace("首选的检查是", "应首先询问"), ("饮酒的年数", "近期的体重变化", "服过哪些药物", "家中谁有溃疡")),
        Question(EN[3].text.replace("surgical neck", "shaft"), EN[3].options, 1, "en"),
    ],
)  # fmt: skip
def test_another_question_about_the_same_is_told_as_a_twin(question: Question) -> None:
    found = look([record(question, told=True)])

    assert found["verdict"].to_list() == ["twin"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_long_answer_is_found_in_another_talk(lang: str) -> None:
    answer = {
        "zh": "从您描述的情况看，多半是久坐以后腰部肌肉劳损，建议先卧床休息两三天，局部热敷，每天做几次小燕飞，"
        "如果两周以后仍然疼痛，或者腿也发麻，就要到骨科拍一个腰椎的片子看看。",
        "en": "From what you describe this is most likely a strained muscle of the lower back after long sitting. Rest for two or "
        "three days, keep it warm, and do the stretches twice a day. If it still hurts after two weeks, or a leg goes "
        "numb, have a film of the lumbar spine taken and see a surgeon about it.",
    }[lang]
    against = table([row("腰疼怎么办", answer, "talks"), row("头疼怎么办", "多喝水。", "talks")])
    cut = answer[10:-10]

    found = look([row("坐久了不舒服", f"您好！{cut}祝您健康"), row("坐久了不舒服", "多喝水。")], against)

    assert found.select("row", "rule", "verdict").rows() == [(0, "answer", "hit")]
    assert 0.6 <= found["overlap"][0] <= 1


def test_what_many_items_of_a_set_share_says_nothing_of_one() -> None:
    form = "患者性别、患者年龄、既往病史、问题描述、想得到怎样的帮助"
    against = table([row(form, f"第{n}种情况，请到医院检查", "talks") for n in range(5)])

    assert look([row(form, "请先填写这张表格")], against).is_empty()


def test_a_short_question_that_differs_in_a_word_is_no_hit() -> None:
    against = table([row("腹壁结核的影像学检查有些什么？", "超声", "talks")])

    assert look([row("耐多药结核的影像学检查有些什么？", "薄层CT")], against).is_empty()
    assert hits(look([row("问：腹壁结核的影像学检查，有些什么", "CT")], against))


def test_a_stem_that_says_little_is_a_hit_with_the_very_same_options_and_key() -> None:
    question = Question("属于面颅骨的是", ("颞骨", "下鼻甲", "蝶骨", "额骨"), 1)
    against = table([record(question, told=True, source="exam", split="test")])
    rows = [
        record(permuted(question)),
        record(replace(question, key=0)),
        record(replace(question, options=("上颌骨", "下鼻甲", "筛骨", "枕骨"))),
    ]

    assert [row for row, _, _ in hits(look(rows, against))] == [0]


def test_what_was_made_from_a_graph_is_told_and_no_hit() -> None:
    found = look([record(ZH[0]) | {"facts": ["3f2a9c"]}])

    assert found.select("row", "verdict").rows() == [(0, "facts")]


@pytest.mark.parametrize(("split", "number"), [("test", 0), ("train", 1), (None, 1)])
def test_an_evaluation_set_is_not_compared_with_itself(split: str | None, number: int) -> None:
    found = look([record(ZH[0], told=True, source="exam", split=split)])

    assert found.height == number


def test_items_to_train_on_are_no_evaluation_items_unless_asked_for() -> None:
    rows = table([record(ZH[0], split="train"), record(ZH[1], split="test"), record(ZH[2], split=None)])

    assert index_of(rows).height == 2
    assert index_of(rows, ["train"])["evalset"].to_list() == ["train/train"]


def test_preferences_are_looked_at_too() -> None:
    text = record(ZH[4])["messages"]
    shared = {name: value for name, value in record(ZH[4]).items() if name not in ("messages", "answer")}
    sides = {"prompt": text[:1], "chosen": text[1:], "rejected": [{"role": "assistant", "content": "不知道"}]}
    pairs = PREFERENCES.frame([shared | sides]).lazy()

    found = find_contamination(pairs, search_of([index_of(exam())], Rules()))

    assert hits(found) == [(0, item(ZH[4]), "stem")]


@pytest.mark.parametrize("letters", [1, 200, 10**9])
def test_how_the_records_are_cut_makes_no_difference(letters: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [record(CHANGES[change](question), told=at % 2 == 0) for at, (change, question) in enumerate(PLANTED[::3])]
    whole = look(rows)
    monkeypatch.setattr(find, "LETTERS", letters)
    monkeypatch.setattr(find, "PAIRS", 7)

    assert look(rows).equals(whole)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [row("", "")],
        [row("？！", "……")],
        [row("\U0001f600" * 50, "A. B. C. D.")],
        [row("a\u0000b" * 20, "\u202e" * 20)],
        [record(ZH[0]) | {"messages": []}],
        [record(ZH[0]) | {"messages": [{"role": "assistant", "content": "A. B. C."}]}],
    ],
)
def test_odd_records_are_looked_at_and_hold_nothing(rows: list[dict[str, Any]]) -> None:
    assert look(rows).is_empty()


@pytest.mark.parametrize(
    "meta", ['{"question":5,"options":7}', '{"question":"","options":[]}', '{"question":null,"options":{"A":1}}']
)
def test_a_meta_of_another_shape_is_passed_over(meta: str) -> None:
    assert hits(look([record(ZH[0]) | {"meta": meta}])) == [(0, item(ZH[0]), "stem")]


@pytest.mark.parametrize(
    ("text", "question", "options"),
    [
        ("问？\nA. 甲\nB. 乙\nC. 丙", "问?", ["甲", "乙", "丙"]),
        ("Q: Which?\n(A) one (B) two (C) three\nAnswer:", "Which?", ["one", "two", "three"]),
        ("维生素A、B、C各有什么作用", "", []),
        ("Hepatitis A. Hepatitis B.", "", []),
        ("魏斯曼(A.W)的学说是 A. 甲 B. 乙 C. 丙", "魏斯曼(A.W)的学说是", ["甲", "乙", "丙"]),
        ("谁？\nA. 甲\nB. 乙\nC. J. D. 丙\nD. 丁", "谁?", ["甲", "乙", "J. D. 丙", "丁"]),
        ("谁？\n一个\nA. 甲\n- B) 乙\n**C** 丙", "谁?\n一个", ["甲", "乙", "丙"]),
        ("哪一项？\n- 甲\n- 乙\n- 丙\n请回答", "哪一项?", ["甲", "乙", "丙"]),
        ("属于它的是\n1、甲\n2、乙\n3、丙", "属于它的是", ["甲", "乙", "丙"]),
        ("属于它的是①甲②乙③丙", "属于它的是", ["甲", "乙", "丙"]),
        ("题目：属于它的\n备选答案：甲、乙、丙。", "属于它的", ["甲", "乙", "丙"]),
        ("属于它的是（甲 / 乙 / 丙）", "属于它的是", ["甲", "乙", "丙"]),
        ("属于它的是\n甲\n乙\n丙\n答案：", "属于它的是", ["甲", "乙", "丙"]),
        ("| 属于它的是 | |\n|---|---|\n| A | 甲 |\n| B | 乙 |\n| C | 丙 |", "属于它的是", ["甲", "乙", "丙"]),
        ("我这几天不舒服：\n- 头痛\n- 发热\n- 咳嗽", "", []),
        ("怎么办？\n病史：无\n过敏史：无\n用药情况：无", "", []),
        ("a. 抬头 b. 插管 排序\nA. ab\nB. ba\nC. 都行", "a. 抬头 b. 插管 排序", ["ab", "ba", "都行"]),
    ],
)
def test_options_are_told_from_a_text(text: str, question: str, options: list[str]) -> None:
    found, letters, _ = read_list(text)

    assert (found, list(letters.values())) == (question, options)


@pytest.mark.parametrize(
    ("answer", "reply", "right"),
    [
        ("B", "", "B"),
        (None, "正确答案：B. 乙", "B"),
        (None, "The answer is C.", "C"),
        (None, "乙", "B"),
        ("AC", "", "AC"),
        (None, "All of them", ""),
        (None, "Because of it", ""),
    ],
)
def test_the_key_is_told_from_the_answer_or_the_reply(answer: str | None, reply: str, right: str) -> None:
    assert right_of({"A": "甲", "B": "乙", "C": "丙"}, answer, reply) == right


def _together(text: str, needle: str, size: int) -> float:
    """The part of a needle's runs that stands within twice its letters in a text, looked for run by run."""
    runs = {needle[at : at + size] for at in range(len(needle) - size + 1)}
    width = max(2 * len(needle), 32)
    windows = [
        len({text[at : at + size] for at in range(max(start, 0), start + width)} & runs)
        for start in range(-width // 2, len(text), width // 2)
    ]
    return max(windows, default=0) / len(runs)


@pytest.mark.parametrize("seed", range(5))
def test_questions_inside_of_texts_are_those_that_a_plain_search_finds(seed: int) -> None:
    chance = random.Random(seed)
    words = ["".join(chance.choices("甲乙丙丁戊己庚辛", k=3)) for _ in range(40)]
    stems = sorted({"".join(chance.choices(words, k=chance.randint(14, 40))) for _ in range(30)})
    texts = []
    for stem in chance.choices(stems, k=60):
        start = chance.randint(0, 12)
        cut = stem[start : len(stem) - chance.randint(0, 12)]
        texts.append("".join(chance.choices(words, k=20)) + cut + "".join(chance.choices(words, k=20)))
    against = table([row(stem, "短", "exam") for stem in stems])

    found = look([row(text, "短") for text in texts], against, rules=("ngrams",))

    items = dict(zip(against.collect()["id"], stems, strict=True))
    told = {(at, items[of]): overlap for at, of, overlap in found.select("row", "item", "overlap").iter_rows()}
    plain = {(at, stem): _together(text, stem, 5) for at, text in enumerate(texts) for stem in stems}
    assert told == pytest.approx({pair: held for pair, held in plain.items() if held >= 0.8})
    assert 20 < len(told) < 60
