"""Ways in which the questions of an exam that never was get into a corpus, and records that are only near.

A line of `leaks.jsonl` is a talk: what user and assistant say in turn, and the question that it is `of`, null where it is only
near. Each has another form. The first round (100 and 100) was found wholly, without a near one, when it was looked for first;
of the second (30 and 20), which is meant to be hard, 21 were found and 6 near ones were taken."""

from pathlib import Path
from typing import Any

import orjson

from tests.corpora.decontaminate.questions import Question, talk

EXAM = {
    "肾炎": Question("急性肾小球肾炎最常见的前驱感染病原体是", ("金黄色葡萄球菌", "A组β溶血性链球菌", "肺炎链球菌", "大肠埃希菌", "柯萨奇病毒"), 1),
    "危象": Question("下列哪项不是甲状腺危象的临床表现", ("高热达39℃以上", "心率超过140次/分", "大汗淋漓", "皮肤干燥、脱屑", "烦躁、谵妄"), 3),
    "停经": Question(
        "患者女，28岁，停经45天，突发右下腹撕裂样疼痛2小时，伴头晕、恶心。查体：血压80/50mmHg，后穹窿饱满触痛。最可能的诊断是",
        ("急性阑尾炎", "卵巢囊肿蒂扭转", "异位妊娠破裂", "黄体破裂", "急性盆腔炎"), 2,
    ),
    "有机磷": Question("有机磷农药中毒的特效解毒剂是", ("阿托品与解磷定", "亚甲蓝", "二巯丙醇", "硫代硫酸钠", "纳洛酮"), 0),
    "溃疡": Question("胃溃疡疼痛的典型节律是", ("进食—疼痛—缓解", "疼痛—进食—缓解", "以夜间痛为主", "与进食无关", "持续性疼痛"), 0),
    "佝偻病": Question("维生素D缺乏性佝偻病初期的主要表现是", ("颅骨软化", "方颅", "神经精神症状", "鸡胸", "O形腿"), 2),
    "股骨颈": Question("股骨颈骨折最易发生的并发症是", ("股骨头缺血性坏死", "骨化性肌炎", "坐骨神经损伤", "脂肪栓塞", "切口感染"), 0),
    "面神经": Question("面神经管的出口是", ("茎乳孔", "卵圆孔", "棘孔", "圆孔"), 0),
    "十二经": Question("“十二经之海”指的是", ("冲脉", "任脉", "督脉", "带脉"), 0),
    "结脑": Question(
        "诊断结核性脑膜炎最可靠的依据是", ("脑脊液中找到结核分枝杆菌", "脑脊液糖和氯化物降低", "结核菌素试验阳性", "胸部X线有结核灶"), 0,
    ),
    "说法": Question(
        "下列说法正确的是", ("糖尿病患者都需要注射胰岛素", "高血压患者血压正常后即可停药", "乙肝病毒不经消化道传播", "感冒应首选抗生素治疗"), 2,
    ),
    "评分": Question("新生儿Apgar评分的内容不包括", ("心率", "呼吸", "体温", "肌张力", "皮肤颜色"), 2),
    "输液": Question("护士为患者输液时发现茂菲滴管内液面自行下降，首先应考虑", ("滴管上端漏气", "针头堵塞", "压力过低", "静脉痉挛"), 0),
    "肺炎": Question("大叶性肺炎红色肝样变期的痰液特点是", ("铁锈色痰", "粉红色泡沫痰", "黄色脓性痰", "白色黏液痰"), 0),
    "归脾汤": Question("归脾汤的功用是", ("益气补血，健脾养心", "滋阴养血，补心安神", "养血安神，清热除烦", "疏肝健脾，养血调经"), 0),
    "皮试": Question("青霉素皮试液每毫升含青霉素", ("200~500U", "1000U", "2000U", "5000U"), 0),
    "复苏": Question("心肺复苏时胸外按压的频率为", ("60~80次/分", "80~100次/分", "100~120次/分", "120~140次/分"), 2),
    "absence": Question("Drug of choice for absence seizures is", ("Ethosuximide", "Phenytoin", "Carbamazepine", "Phenobarbital"), 0, "en"),
    "ectopic": Question("The most common site of ectopic pregnancy is", ("Ampulla of the tube", "Isthmus of the tube", "Ovary", "Cervix"), 0, "en"),
    "butterfly": Question(
        "A 34-year-old woman has fatigue, joint pain and a rash over both cheeks that spares the nasolabial folds. Which antibody is "
        "most specific for her disease?",
        ("Anti-Smith antibody", "Antinuclear antibody", "Rheumatoid factor", "Anti-centromere antibody"), 0, "en",
    ),
}  # fmt: skip


def talks(leaked: bool) -> tuple[list[str | None], list[dict[str, Any]]]:
    """The questions that the talks are of, if they are `leaked`, and their records."""
    lines = Path(__file__).with_name("leaks.jsonl").read_bytes().splitlines()
    told = [line for line in map(orjson.loads, lines) if (line["of"] is not None) == leaked]
    return [line["of"] for line in told], [talk(line["turns"]) for line in told]
