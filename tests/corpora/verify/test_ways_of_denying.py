"""Denials, refusals and chatter in other ways than those the rules were written by."""

import pytest

from kgtools.corpora.verify import score
from tests.corpora.verify.items import ASPIRIN, DRUG, FOUR, GENE, MAY_TAKE, MIGRAINE, OTHERS, TEXT


@pytest.mark.parametrize(
    "text",
    [
        "很抱歉，我无法回答与医疗诊断有关的问题，请咨询医生。", "作为人工智能助手，我不能提供医疗建议，请就医。",
        "我是一个语言模型，无法为您诊断。", "对不起，我不能回答涉及健康的问题。", "此内容涉及敏感话题，无法提供。",
        "根据相关规定，我不便回答该问题。", "抱歉，这超出了我的服务范围。", "我拒绝回答这个问题。", "出于安全考虑，我不能回答医学问题。",
        "不好意思，我不能提供任何用药方面的建议。", "I'm sorry, but I can't answer medical questions. Please see a doctor.",
        "As an AI, I am unable to provide medical advice.", "I cannot help with that.", "I won't be answering questions about health.",
        "I must decline to answer this.", "Sorry, I'm not able to give any medical advice.", "I can't respond to questions of this kind.",
        "I'd rather not discuss this topic.", "My guidelines do not allow me to answer this.",
        "Unfortunately I am not permitted to discuss medical topics.",
    ],
)  # fmt: skip
def test_a_refusal_is_no_answer_in_any_form(text: str) -> None:
    for item, question in (
        (DRUG, FOUR),
        (ASPIRIN, "水痘可用阿司匹林吗？"),
        (MIGRAINE, "偏头痛有什么症状？"),
        (GENE, "硬化性苔藓的基因？"),
        (TEXT, "介绍耳硬化症"),
    ):
        assert score(text, item, None, question).verdict == "no_answer", item.form


@pytest.mark.parametrize(
    "text",
    [
        "资料里没有。", "资料中未提及。", "文中没有说明这一点。", "图谱里没有相关记录。", "我没有关于这种疾病的资料，无法介绍。",
        "手头没有这方面的信息。", "数据库里查无此项。", "不知道，资料里没写。", "我不了解。", "无据可查。", "The sources do not say.",
        "I have no information on this.", "That is not in the documents.", "I don't know.", "There is no data about this.",
        "The material doesn't mention it.", "It is not recorded.", "Nothing is said about that.", "I'm not sure.",
        "No such information is available.",
    ],
)  # fmt: skip
def test_who_has_no_data_abstains(text: str) -> None:
    assert score(text, GENE, None, "硬化性苔藓与哪个基因有关？").verdict == "right"
    assert score(text, MIGRAINE, None, "偏头痛有什么症状？").verdict == "abstained"
    assert score(text, TEXT, None, "介绍耳硬化症").verdict == "abstained"


@pytest.mark.parametrize(
    "text",
    [
        "今天天气不错，适合出去散步。", "祝您生活愉快，万事如意！", "我最喜欢的球队昨晚赢了比赛。", "春天来了，公园里的花开得很好看。",
        "这部电影我看了三遍还想看。", "The weather is lovely today, let us go for a walk.", "My favourite team won the match last night.",
        "Have a wonderful day and see you soon!", "Paris is beautiful in the spring.", "I like to bake bread on Sundays.",
    ],
)  # fmt: skip
def test_chatter_is_no_answer(text: str) -> None:
    assert score(text, GENE, None, "知识图谱里，硬化性苔藓与哪一条基因突变相关？ Which gene?").verdict == "no_answer"


@pytest.mark.parametrize(
    "text",
    [
        "COL1A1", "是FOXP3基因", "与HLA有关", "It is linked to the titin gene", "第6号染色体",
    ],
)  # fmt: skip
def test_a_claim_is_no_chatter(text: str) -> None:
    assert score(text, GENE, None, "硬化性苔藓与哪一条基因突变相关？").verdict == "wrong"


@pytest.mark.parametrize(
    "text",
    [
        "恶心、畏光。流泪提示丛集性头痛。", "恶心和畏光；颈强直见于脑膜炎。", "恶心、畏光，流泪是丛集性头痛的表现。",
        "恶心、畏光、颈强直。更正：划掉颈强直，那是脑膜炎。", "恶心、畏光、发热——删去发热。", "恶心，畏光。若有颈强直、发热，应考虑脑膜炎。",
        "恶心、畏光。颈强直、发热属于脑膜炎。", "恶心、畏光。发热、颈强直与此无关，不应列入。",
        "有恶心、畏光。流泪更多见于丛集性头痛而不是偏头痛。", "Nausea and photophobia. Lacrimation points to cluster headache instead.",
        "Nausea, photophobia, neck stiffness. Correction: strike neck stiffness, that is meningitis.",
        "Nausea, photophobia. Neck stiffness and fever suggest meningitis.", "Nausea, photophobia and fever. Scratch fever.",
        "Nausea and photophobia; fever belongs to meningitis.", "Nausea, photophobia. Neck stiffness is a sign of meningitis.",
        "Nausea and photophobia. Fever and neck stiffness would make me think of meningitis.",
        "Nausea, photophobia. Lacrimation goes with cluster headache rather than this.", "Nausea, photophobia, fever. Please disregard fever.",
        "Nausea and photophobia, while neck stiffness is typical of meningitis.",
    ],
)  # fmt: skip
def test_what_is_given_away_or_struck_out_costs_nothing(text: str) -> None:
    assert score(text, MIGRAINE, OTHERS, "偏头痛有哪些症状？What are the symptoms of migraine?").verdict == "right"


@pytest.mark.parametrize(
    "text",
    [
        "青霉素、头孢。四环素影响牙齿，喹诺酮影响软骨，链霉素损害听神经，均禁用。", "青霉素、头孢。注意：四环素、喹诺酮会损害胎儿，应当避免。",
        "青霉素、头孢。四环素和喹诺酮影响骨骼，不可使用。", "青霉素、头孢。四环素会使牙齿变黄，链霉素会致聋，都不能用。",
        "可用青霉素、头孢。提醒：链霉素有耳毒性，喹诺酮伤软骨，一律禁用。", "青霉素、头孢可用；四环素、链霉素因有毒性，须避免。",
        "青霉素、头孢。四环素致畸，应禁用。", "青霉素和头孢。至于四环素、喹诺酮，对胎儿不利，统统不要用。",
        "Penicillin and cephalosporin. Tetracycline and quinolones harm the fetus and should be avoided.",
        "Penicillin, cephalosporin. Tetracycline stains teeth, streptomycin damages hearing; both are contraindicated.",
        "Penicillin or cephalosporin. Note: tetracycline affects the bones, so avoid it.",
        "Penicillin, cephalosporin. Quinolones and tetracycline damage cartilage and teeth, so they are off limits.",
        "Penicillin and cephalosporin; never tetracycline, quinolones or streptomycin.",
    ],
)  # fmt: skip
def test_what_a_later_clause_forbids_is_forbidden_of_all_names_before_it(text: str) -> None:
    assert score(text, MAY_TAKE, None, "孕妇可用哪些抗菌药？").verdict == "right"


@pytest.mark.parametrize(
    "text",
    [
        "可用：青霉素、头孢、四环素。禁用：青霉素、头孢、四环素。", "推荐青霉素、头孢、链霉素；不推荐青霉素、头孢、链霉素。",
        "青霉素、头孢都可以用，青霉素、头孢都不能用。", "宜用青霉素和头孢。忌用青霉素和头孢。",
        "Use penicillin and cephalosporin. Do not use penicillin or cephalosporin.",
        "Recommended: penicillin, cephalosporin. Avoid: penicillin, cephalosporin.",
        "Take penicillin, cephalosporin and tetracycline. Never take penicillin, cephalosporin or tetracycline.",
    ],
)  # fmt: skip
def test_who_recommends_and_forbids_the_same_claims_nothing(text: str) -> None:
    assert score(text, MAY_TAKE, None, "孕妇可用哪些抗菌药？").total == 0


@pytest.mark.parametrize(
    "text",
    [
        "好的，以下是耳硬化症的介绍：", "下面为您详细介绍耳硬化症。", "关于耳硬化症，我来简单说明一下：", "耳硬化症的概述如下：",
        "当然可以，请看以下内容：", "Sure, here is a short overview of otosclerosis:",
        "Certainly! Below is a detailed explanation of otosclerosis.", "Here's what you need to know about otosclerosis:",
        "I'd be happy to explain otosclerosis.", "Of course. Let me describe otosclerosis for you:",
    ],
)  # fmt: skip
def test_a_bare_introduction_is_no_answer(text: str) -> None:
    assert score(text, TEXT, None, "请介绍耳硬化症。").verdict == "no_answer"


@pytest.mark.parametrize(
    "text",
    [
        "资料没有说明；不过答案就是BRCA1。", "不知道，但结果肯定是千分之二。", "无从得知，但可以肯定是5%。",
        "The sources do not say, but the answer is 5%.", "I don't know; it is probably 2 per cent.",
    ],
)  # fmt: skip
def test_a_claim_beside_an_abstention_is_wrong(text: str) -> None:
    assert score(text, GENE, None, "硬化性苔藓的发病率？").verdict == "wrong"
