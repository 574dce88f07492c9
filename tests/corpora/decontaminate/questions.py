"""Questions of an exam that never was, how other files tell them, and questions that only look like them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import polars as pl

from kgtools.corpora.record import RECORDS
from kgtools.tools.inputs.files import digest


@dataclass(frozen=True)
class Question:
    """`key`: the place of the right option."""

    text: str
    options: tuple[str, ...]
    key: int = 0
    lang: str = "zh"


ZH = [
    Question("甲状腺功能亢进症患者术前准备首选的药物是", ("复方碘溶液", "普萘洛尔片剂", "甲巯咪唑加碘剂", "左甲状腺素钠"), 2),
    Question("急性胰腺炎起病后血清淀粉酶开始升高的时间是", ("起病后2～12小时", "起病后24～36小时", "起病后48～72小时", "起病后1周以上"), 0),
    Question("下列哪项不属于慢性心力衰竭的诱发因素", ("呼吸道感染", "快速性心律失常", "严格限制钠盐摄入", "过度体力劳累", "妊娠与分娩"), 2),
    Question("肾病综合征患儿最常见的并发症是", ("继发各种感染", "电解质紊乱", "血栓栓塞形成", "生长发育延迟"), 0),
    Question(
        "男性，52岁。反复上腹痛6年，呕吐隔夜宿食3天。查体：上腹膨隆，可见胃型，振水音阳性。为明确诊断，首选的检查是",
        ("立位腹部平片", "胃镜检查加活检", "腹部增强CT扫描", "血清胃泌素测定"), 1,
    ),
    Question("缺铁性贫血患者口服铁剂治疗后，最早升高的指标是", ("网织红细胞计数", "血红蛋白浓度", "血清铁蛋白浓度", "平均红细胞体积"), 0),
]  # fmt: skip
EN = [
    Question(
        "Which of the following findings best distinguishes nephrotic syndrome from acute nephritis in a child?",
        ("Heavy proteinuria with low albumin", "Red cell casts in the urine", "High blood pressure", "A rising creatinine"), 0, "en",
    ),
    Question(
        "A 47-year-old gardener has painful red nodules that climb along his forearm after a thorn went in. What is the best treatment?",
        ("Oral itraconazole for months", "Intravenous penicillin", "Surgical drainage alone", "Topical mupirocin twice daily"), 0, "en",
    ),
    Question(
        "The earliest sign of magnesium toxicity in a woman who is treated for severe eclampsia is",
        ("Loss of the patellar reflex", "Respiratory arrest", "Complete heart block", "Oliguria below 20 ml an hour"), 0, "en",
    ),
    Question(
        "Which nerve is most likely injured by a fracture through the surgical neck of the humerus?",
        ("Axillary nerve of the arm", "Radial nerve in its groove", "Ulnar nerve at the elbow", "Median nerve at the wrist"), 0, "en",
    ),
]  # fmt: skip

PARAPHRASES = {
    ZH[0].text: "甲亢病人手术前做准备，应首先选用的药物为",
    ZH[1].text: "血清淀粉酶在急性胰腺炎起病多久后开始升高",
    ZH[2].text: "慢性心力衰竭的诱发因素不包括下面哪一项",
    ZH[3].text: "肾病综合征的患儿并发症中最常见的为",
    ZH[4].text: "52岁男性，上腹部疼痛反复发作6年，近3天呕吐宿食，上腹部有胃型和振水音。首选何种检查来明确诊断",
    ZH[5].text: "缺铁性贫血的患者服用铁剂以后，哪项指标最先升高",
    EN[0].text: "In a child, which finding best tells nephrotic syndrome from acute nephritis?",
    EN[
        1
    ].text: "Painful red nodules climb along the forearm of a 47-year-old gardener pricked by a thorn. How is he best treated?",
    EN[2].text: "In a woman treated for severe eclampsia, magnesium toxicity first shows as",
    EN[3].text: "A fracture through the surgical neck of the humerus most likely injures which nerve?",
}


def lettered(question: Question, mark: str = "{letter}. {text}") -> str:
    return "\n".join(mark.format(letter="ABCDEF"[at], text=text) for at, text in enumerate(question.options))


def full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


@cache
def traditional(text: str) -> str:
    return str(converter().convert(text))


@cache
def converter() -> Any:
    from opencc import OpenCC

    return OpenCC("s2tw")


def permuted(question: Question) -> Question:
    return replace(question, options=question.options[::-1], key=len(question.options) - 1 - question.key)


def one_replaced(question: Question) -> Question:
    """Another wrong option in the place of one."""
    other = {"zh": "以上各项都不对", "en": "None of these is right"}[question.lang]
    wrong = next(at for at in range(len(question.options)) if at != question.key)
    return replace(question, options=tuple(other if at == wrong else text for at, text in enumerate(question.options)))


def spaced(text: str) -> str:
    return " ".join(text) if not text.isascii() else text.replace(" ", "   ")


def punctuated(text: str) -> str:
    return "“" + text.replace("，", "、").replace("。", "；").replace(" of ", " — of, ") + "”（  ）？！"


Change = Callable[[Question], Question]
CHANGES: dict[str, Change] = {
    "as it is": lambda question: question,
    "permuted options": permuted,
    "full-width": lambda q: replace(q, text=full_width(q.text), options=tuple(map(full_width, q.options))),
    "spacing": lambda q: replace(q, text=spaced(q.text), options=tuple(map(spaced, q.options))),
    "punctuation": lambda q: replace(q, text=punctuated(q.text)),
    "traditional": lambda q: replace(q, text=traditional(q.text), options=tuple(map(traditional, q.options))),
    "upper case": lambda q: replace(q, text=q.text.upper(), options=tuple(text.upper() for text in q.options)),
    "paraphrased, same options": lambda q: replace(q, text=PARAPHRASES[q.text]),
    "paraphrased, permuted options": lambda q: permuted(replace(q, text=PARAPHRASES[q.text])),
    "one option replaced": one_replaced,
    "one option replaced, permuted": lambda q: permuted(one_replaced(q)),
    "an option more": lambda q: replace(
        q, options=(*q.options, "目前尚无定论" if q.lang == "zh" else "It is not known")
    ),
}

FORMS: dict[str, Callable[[Question], str]] = {
    "lines": lambda q: f"{q.text}\n{lettered(q)}",
    "lines under a prompt": lambda q: f"请回答下面的选择题，只写出选项字母。\n题目：{q.text}\n{lettered(q, '（{letter}）{text}')}\n答案：",
    "lines with 选项A": lambda q: f"{q.text}\n回答选项:\n{lettered(q, '选项{letter}：{text}')}",
    "one line": lambda q: f"Question: {q.text} " + lettered(q, "({letter}) {text}").replace("\n", " "),
    "numbers": lambda q: f"{q.text}\n" + "\n".join(f"{at}. {text}" for at, text in enumerate(q.options, 1)),
    "circled numbers": lambda q: f"{q.text} " + " ".join(f"{'①②③④⑤⑥'[at]}{text}" for at, text in enumerate(q.options)),
    "bullets": lambda q: f"请回答：{q.text}？\n\n" + "\n".join(f"* {text}" for text in q.options) + "\n\n请选择一项",
    "lines without marks": lambda q: "\n".join([q.text, *q.options]),
    "one line without marks": lambda q: f"{q.text}\n选项：{'；'.join(q.options)}。",
    "slashes": lambda q: f"{q.text}（{' / '.join(q.options)}）",
    "bold letters": lambda q: f"## 题目\n{q.text}\n\n{lettered(q, '- **{letter}**: {text}')}",
    "a table": lambda q: f"{q.text}\n\n| 选项 | 内容 |\n| --- | --- |\n{lettered(q, '| {letter} | {text} |')}",
    "a mapping": lambda q: f"Q:{q.text}? \n{{" + lettered(q, "'{letter}': '{text}',").replace("\n", " ").rstrip(",") + "},",
}  # fmt: skip

TALKS: dict[str, Callable[[Question], list[str]]] = {
    "a turn of a talk": lambda q: ["你好，我在复习", "请说。", q.text, f"应该是{q.options[q.key]}。"],
    "within a sentence": lambda q: [f"昨天同学问我{q.text}这个问题我答不上来", f"答案是{q.options[q.key]}，请看教材。"],
    "within a sentence, no answer": lambda q: [f"您好，想请教一下，{q.text}，谢谢您了", "请参考教材的有关章节。"],
    "options in a sentence": lambda q: [f"有一题问：{q.text}，备选有{'、'.join(q.options)}，选哪个呀", "请再想想。"],
    "options in the next turn": lambda q: [f"帮我看看：{q.text}", "有哪些选项？", "，".join(q.options), "请再想想。"],
}
"""What user and assistant say in turn, where the question is one of many things."""

ALIKE = [
    Question("下列说法正确的是", ("脾脏是最大的淋巴器官", "胆囊分泌胆汁", "胰岛素由α细胞分泌", "肾小球无滤过功能")),
    Question("甲状腺功能亢进症患者术后最严重的并发症是", ("呼吸困难和窒息", "甲状腺危象", "手足抽搐", "喉返神经损伤")),
    Question("以下关于缺铁性贫血的描述正确的是", ("多见于育龄期女性", "骨髓铁染色增多", "血清铁蛋白升高", "属于大细胞性贫血")),
    Question("急性胰腺炎患者是否需要禁食", ("是", "否", "不确定")),
    Question("慢性心力衰竭能否怀孕", ("能", "不能", "不知道", "可能")),
    Question("Does early feeding shorten the stay after pancreatitis?", ("yes", "no", "maybe"), 0, "en"),
    Question("Is a rash the earliest sign of magnesium toxicity?", ("yes", "no", "maybe"), 1, "en"),
    Question("Which of the following is true?", ("Bile is made in the liver", "The spleen makes insulin", "The heart has two valves"), 0, "en"),
]  # fmt: skip
"""To be looked for among ITEMS, of which none asks the same."""

ITEMS = [
    *ZH, *EN,
    Question("下列说法正确的是", ("高血压均为原发性", "糖尿病分为多种类型", "哮喘不可控制", "肝炎均由病毒引起"), 1),
    Question("妊娠期妇女是否可以接种流感疫苗", ("是", "否", "不确定")),
    Question("心肌梗死后能否立即运动", ("能", "不能", "不知道", "可能"), 1),
    Question("Does vitamin D prevent falls among people over seventy?", ("yes", "no", "maybe"), 1, "en"),
    Question("Which of the following is true?", ("Insulin lowers potassium", "Glucagon lowers glucose", "Cortisol lowers pressure"), 0, "en"),
]  # fmt: skip


def record(
    question: Question, form: str = "lines", told: bool = False, source: str = "train", **columns: Any
) -> dict[str, Any]:
    """A record of a question. `told`: with its options and key in meta and answer, as the readers of exams write it."""
    text, letter = FORMS[form](question), "ABCDEF"[question.key]
    meta = {"question": question.text, "options": dict(zip("ABCDEF", question.options, strict=False))} if told else {}
    return (
        row(text, f"{letter}. {question.options[question.key]}", source, question.lang, meta, letter if told else None)
        | columns
    )


def row(
    question: str,
    reply: str,
    source: str = "train",
    lang: str = "zh",
    meta: dict[str, Any] | None = None,
    answer: str | None = None,
) -> dict[str, Any]:
    import orjson

    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": reply}]
    id_ = digest(f"{source}|{question}|{reply}")
    return {
        "id": id_, "group": id_, "task": "mcq", "lang": lang, "messages": messages, "answer": answer, "facts": [],
        "source": source, "license": "CC0-1.0", "meta": orjson.dumps(meta or {}).decode(),
    }  # fmt: skip


def talk(turns: list[str], source: str = "train") -> dict[str, Any]:
    messages = [{"role": ("user", "assistant")[at % 2], "content": text} for at, text in enumerate(turns)]
    return row("\n".join(turns), "", source) | {"messages": messages}


def table(rows: list[dict[str, Any]]) -> pl.LazyFrame:
    return RECORDS.frame(rows).lazy()


def exam(questions: list[Question] = ITEMS) -> pl.LazyFrame:
    """The evaluation set `exam/test`."""
    return table([record(question, told=True, source="exam", split="test") for question in questions])
