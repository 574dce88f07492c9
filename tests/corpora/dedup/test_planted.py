"""How many planted near duplicates are found: each text once more, written a little otherwise, in seven ways."""

import random
import re
from collections import Counter
from collections.abc import Callable

from opencc import OpenCC

from kgtools.corpora.dedup import DedupOptions, find_duplicates
from tests.corpora.dedup.test_apart import records, talk

PAIRS = 150
"""Of each way and language."""
ZH = {
    "who": [
        "患者",
        "老张",
        "这位病人",
        "我妈妈的同事",
        "邻居",
        "我的表弟",
        "朋友",
        "小王",
        "同学",
        "我们单位的司机",
        "家里人",
        "老师",
    ],
    "part": [
        "胃部",
        "膝盖",
        "颈部",
        "腰背",
        "头皮",
        "手指",
        "胸口",
        "眼睛",
        "耳朵",
        "牙龈",
        "脚踝",
        "肩膀",
        "鼻腔",
        "咽喉",
        "小腿",
        "皮肤",
    ],
    "feel": [
        "隐隐作痛",
        "发麻",
        "有烧灼感",
        "肿胀",
        "瘙痒",
        "僵硬",
        "酸胀",
        "出血",
        "怕冷",
        "抽动",
        "发紧",
        "干燥",
        "起疹子",
        "刺痛",
    ],
    "when": [
        "清晨起床的时候",
        "吃完油腻食物",
        "走路久了",
        "夜里躺下",
        "天气转凉",
        "情绪紧张",
        "久坐看书",
        "喝凉水",
        "爬楼梯",
        "淋雨",
    ],
    "test": [
        "胃镜",
        "心电图",
        "血常规",
        "超声",
        "磁共振",
        "骨密度",
        "眼底照相",
        "肺功能",
        "尿常规",
        "甲状腺功能",
        "皮肤镜",
        "脑电图",
    ],
    "drug": [
        "布洛芬",
        "奥美拉唑",
        "氯雷他定",
        "阿莫西林",
        "甲钴胺",
        "碳酸钙",
        "蒙脱石散",
        "维生素片",
        "炉甘石洗剂",
        "塞来昔布",
    ],
    "advice": [
        "清淡饮食",
        "早点休息",
        "热敷",
        "多喝温水",
        "戒烟",
        "减轻体重",
        "穿宽松衣服",
        "坚持散步",
        "补充蛋白",
        "避免抓挠",
        "远离过敏原",
    ],
    "clinic": ["消化科", "骨科", "神经科", "皮肤科", "眼科", "口腔科", "呼吸科", "心血管科", "风湿科", "耳鼻喉科"],
}
ZH_SENTENCES = [
    "{who}的{part}{feel}，{when}更明显", "检查做了{test}，医生说问题出在{part}", "有人推荐{drug}，也有人说{advice}就行",
    "最近{part}总是{feel}，和{when}有关系吗", "建议先去{clinic}做{test}", "平时{advice}，{when}要当心",
    "如果{feel}持续，就加用{drug}", "{clinic}的大夫开了{drug}，嘱咐{advice}", "{test}的结果出来以后，再决定要用{drug}还是{advice}",
    "除了{part}，{who}的{part}也{feel}", "{when}{feel}，多半和{part}的劳损有关", "可以请{clinic}会诊，看看{test}",
]  # fmt: skip
EN = {
    "who": [
        "the patient",
        "my neighbour",
        "a friend of mine",
        "our driver",
        "the teacher",
        "my cousin",
        "a colleague",
        "the student",
    ],
    "part": [
        "stomach",
        "knee",
        "neck",
        "scalp",
        "finger",
        "chest",
        "ear",
        "gum",
        "ankle",
        "shoulder",
        "throat",
        "skin",
        "hip",
        "elbow",
        "wrist",
        "jaw",
    ],
    "feel": [
        "aching",
        "numb",
        "burning",
        "swollen",
        "itching",
        "stiff",
        "sore",
        "bleeding",
        "cold",
        "twitching",
        "tight",
        "dry",
        "tender",
    ],
    "when": [
        "on getting up",
        "with greasy food",
        "with long walks",
        "during the night",
        "in cool weather",
        "under stress",
        "on climbing stairs",
    ],
    "test": [
        "gastroscopy",
        "an electrocardiogram",
        "a blood count",
        "an ultrasound scan",
        "a bone scan",
        "a lung test",
        "a skin test",
    ],
    "drug": [
        "ibuprofen",
        "omeprazole",
        "loratadine",
        "amoxicillin",
        "calcium tablets",
        "zinc lotion",
        "paracetamol",
        "naproxen",
        "cetirizine",
    ],
    "advice": [
        "eating lightly",
        "sleeping early",
        "warm packs",
        "drinking warm water",
        "giving up smoking",
        "losing weight",
        "walking daily",
    ],
    "clinic": [
        "gastroenterology",
        "orthopaedics",
        "neurology",
        "dermatology",
        "ophthalmology",
        "dentistry",
        "cardiology",
        "rheumatology",
    ],
}
EN_SENTENCES = [
    "The {part} of {who} is {feel}, and more so {when}", "We had {test} done and the trouble seems to sit in the {part}",
    "Some recommend {drug} and some say that {advice} is enough", "Lately the {part} is often {feel}, is this related to {feel} skin",
    "Have {test} in {clinic} first", "Think of {advice} and take care {when}", "If the {part} stays {feel}, add {drug}",
    "The doctor of {clinic} gave {drug} and spoke of {advice}", "Once {test} is back, choose {drug} or {advice}",
    "Next to the {part} the {part} of {who} is {feel}", "Being {feel} {when} mostly comes from the strain of the {part}",
]  # fmt: skip
POLITE = {
    "zh": ["您好，", "请问一下，", "医生您好，", "麻烦您了，", "非常感谢您！", "不好意思打扰了，", "祝您身体健康。"],
    "en": ["Hello doctor. ", "Thank you very much. ", "Please help. ", "Thanks in advance. ", "Sorry to bother you. "],
}
FOUND = 0.99
TRADITIONAL = OpenCC("s2tw")


def text(chance: random.Random, lang: str, sentences: int) -> str:
    words, forms = (ZH, ZH_SENTENCES) if lang == "zh" else (EN, EN_SENTENCES)
    told = []
    for form in chance.sample(forms, sentences):
        told.append(re.sub(r"\{(\w+)\}", lambda slot: chance.choice(words[slot[1]]), form))
    return "".join(f"{one}。" for one in told) if lang == "zh" else " ".join(f"{one}." for one in told)


def one_letter(chance: random.Random, lang: str, text: str) -> str:
    """One character, or one word, for another."""
    if lang == "en":
        words = text.split(" ")
        at = chance.randrange(len(words))
        return " ".join([*words[:at], chance.choice(["mainly", "somewhat", "indeed"]), *words[at + 1 :]])
    places = [at for at, letter in enumerate(text) if letter in "的说总也就看先要加"]
    at = chance.choice(places)
    return text[:at] + chance.choice("之讲常亦便瞧且需添") + text[at + 1 :]


def punctuation(chance: random.Random, _: str, text: str) -> str:
    signs = {"，": ",", "。": "；", ",": ";", ".": "!"}
    return "".join(signs.get(sign, sign) if chance.random() < 0.7 else sign for sign in text) + "!!"


def spaces(chance: random.Random, lang: str, text: str) -> str:
    if lang == "en":
        return text.replace(" ", chance.choice(["  ", "\n", " \t"]))
    return "".join(sign + chance.choice(["", "", "", " ", "　"]) for sign in text)


def script(_: random.Random, lang: str, text: str) -> str:
    return TRADITIONAL.convert(text) if lang == "zh" else text.replace("o", "ｏ")


def case(chance: random.Random, lang: str, text: str) -> str:
    return chance.choice([str.upper, str.title])(text) if lang == "en" else f"{text}OK".replace("O", "ｏ")


def order(chance: random.Random, lang: str, text: str) -> str:
    end = "。" if lang == "zh" else ". "
    sentences = text.rstrip("。. ").split(end)
    at = chance.randrange(len(sentences) - 1)
    sentences[at], sentences[at + 1] = sentences[at + 1], sentences[at]
    return end.join(sentences) + end


def polite(chance: random.Random, lang: str, text: str) -> str:
    phrase = chance.choice(POLITE[lang])
    return phrase + text if chance.random() < 0.5 else text + phrase


WAYS: list[Callable[[random.Random, str, str], str]] = [one_letter, punctuation, spaces, script, case, order, polite]


def test_planted_near_duplicates_of_seven_kinds_are_found() -> None:
    chance = random.Random(19)
    planted, talks = [], []
    for lang in ("zh", "en"):
        for way in WAYS:
            for _ in range(PAIRS):
                question, answer = text(chance, lang, 2), text(chance, lang, chance.randint(3, 6))
                planted.append((lang, way.__name__))
                talks += [talk(question, answer), talk(question, way(chance, lang, answer))]

    doubles, _ = find_duplicates(records(talks), DedupOptions())
    found = [(row // 2, kept // 2) for row, kept in doubles.select("row", "kept_row").iter_rows()]
    missed = Counter(planted) - Counter(planted[one] for one, other in found if one == other)

    assert len(planted) >= 2000
    assert sum(missed.values()) <= (1 - FOUND) * len(planted), missed
    assert [pair for pair in found if pair[0] != pair[1]] == []
