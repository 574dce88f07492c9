"""Items and names that the tests of this folder share."""

from kgtools.corpora.verify import Item, NameIndex, Step

SYMPTOMS = Item(
    "set",
    about=(("肺炎", "pneumonia"),),
    answers=(("发热", "发烧", "fever"), ("咳嗽", "cough"), ("胸痛", "chest pain"), ("呼吸困难", "气促", "dyspnea")),
    wrong=(("便秘", "constipation"),),
)
FOODS = Item(
    "set",
    about=(("痛风", "gout"),),
    answers=(("樱桃", "cherries"), ("黄瓜", "cucumber")),
    wrong=(("啤酒", "beer"), ("动物内脏", "offal")),
    steps=(
        Step(("痛风", "gout"), "SHOULD_EAT", ("樱桃", "cherries")),
        Step(("痛风", "gout"), "SHOULD_EAT", ("黄瓜", "cucumber")),
    ),
)
AVOIDED = Item(
    "set",
    about=(("痛风", "gout"),),
    answers=(("啤酒", "beer"), ("动物内脏", "offal")),
    wrong=(("樱桃", "cherries"), ("黄瓜", "cucumber")),
)
CAUSE = Item(
    "set",
    about=(("高血压", "hypertension"),),
    answers=(("脑出血", "cerebral hemorrhage"),),
    steps=(Step(("高血压", "hypertension"), "MAY_LEAD_TO", ("脑出血", "cerebral hemorrhage")),),
)
PATH = Item(
    "set",
    about=(("发热", "fever"),),
    answers=(("阿莫西林", "amoxicillin"),),
    steps=(
        Step(("肺炎", "pneumonia"), "HAS_SYMPTOM", ("发热", "fever")),
        Step(("肺炎", "pneumonia"), "HAS_DRUG", ("阿莫西林", "amoxicillin")),
    ),
)
DIABETES = Item("set", about=(("多尿", "polyuria"),), answers=(("2型糖尿病", "type 2 diabetes"),))
ONE = Item("choice", options={"A": "发热", "B": "咳嗽", "C": "头痛", "D": "胸痛"}, right="B")
SEVERAL = Item("choice", options={"A": "发热", "B": "咳嗽", "C": "头痛", "D": "胸痛", "E": "腹泻"}, right="AC")
ENGLISH = Item("choice", options={"A": "Fever", "B": "Dry cough", "C": "Headache", "D": "Chest pain"}, right="B")
TRUE = Item("boolean", about=(("发热", "fever"), ("肺炎", "pneumonia")), right="true")
FALSE = Item("boolean", about=(("腹泻", "diarrhea"), ("肺炎", "pneumonia")), right="false")
BOTH = Item(
    "set",
    about=(("糖尿病", "diabetes"), ("甲亢", "hyperthyroidism"), ("乏力", "fatigue")),
    answers=(("心悸", "palpitations"), ("消瘦", "weight loss")),
    wrong=(("多饮", "polydipsia"), ("突眼", "exophthalmos")),
    of="both",
)
FIRST = Item(
    "set",
    about=BOTH.about,
    answers=(("多饮", "polydipsia"), ("多尿", "polyuria")),
    wrong=(("心悸", "palpitations"), ("突眼", "exophthalmos")),
    of="first",
)
EXPLAINED = Item(
    "text",
    about=(("痛风", "gout"),),
    answers=(("高尿酸血症", "hyperuricemia"), ("关节炎", "arthritis"), ("肾结石", "kidney stones")),
    reference="痛风是嘌呤代谢紊乱引起的疾病。血尿酸长期升高称为高尿酸血症。尿酸盐结晶沉积在关节里可引起急性关节炎。约20%的患者可出现肾结石。",
)
EXPLAINED_EN = Item(
    "text",
    about=(("gout",),),
    answers=(("hyperuricemia",), ("arthritis",), ("kidney stones",)),
    reference="Gout is a disorder of purine metabolism. Serum uric acid is elevated for years, which is called hyperuricemia. "
    "Crystals of urate in a joint can cause acute arthritis. About 20 percent of the patients have kidney stones.",
)
UNSAID = Item("abstain", about=(("肺炎", "pneumonia"),))

NAMES = NameIndex(
    [
        "腹泻",
        "头痛",
        "糖尿病",
        "糖尿病足",
        "高热惊厥",
        "发热",
        "恶心",
        "呕吐",
        "头孢克肟",
        "阿司匹林",
        "diarrhea",
        "headache",
        "nausea",
        "aspirin",
        "chest pain syndrome",
    ]
)
FOUR = "哪种药首选？\nA. 布洛芬\nB. 地西泮\nC. 卡马西平\nD. 氟桂利嗪"
DRUG = Item("choice", options={"A": "布洛芬", "B": "地西泮", "C": "卡马西平", "D": "氟桂利嗪"}, right="C")
NERVE = Item(
    "choice", options={"A": "Median nerve", "B": "Ulnar nerve", "C": "Radial nerve", "D": "Axillary nerve"}, right="C"
)
WHICH = "Which nerve is injured?\nA. Median nerve\nB. Ulnar nerve\nC. Radial nerve\nD. Axillary nerve"
BLEEDING = Item(
    "choice", about=(("painless bleeding",),),
    options={"A": "Placental abruption", "B": "Oesophageal varices", "C": "Placenta praevia", "D": "Subarachnoid haemorrhage"}, right="C",
)  # fmt: skip
SIGNS = Item(
    "choice",
    about=(("骨折", "fracture"),),
    options={"A": "畸形", "B": "疼痛", "C": "反常活动", "D": "骨擦音", "E": "肿胀"},
    right="ACD",
)
HORNER = Item(
    "choice", about=(("Horner syndrome",),),
    options={"A": "Mydriasis", "B": "Miosis", "C": "Ptosis", "D": "Anhidrosis", "E": "Proptosis"}, right="BCD",
)  # fmt: skip
ASPIRIN = Item("boolean", about=(("水痘", "chickenpox"), ("阿司匹林", "aspirin")), right="false")
MIGRAINE = Item("set", about=(("偏头痛", "migraine"),), answers=(("恶心", "nausea"), ("畏光", "photophobia")), asked=0)
OTHERS = NameIndex(["流泪", "lacrimation", "颈强直", "neck stiffness", "发热", "fever", "脑膜炎", "meningitis"])
MAY_TAKE = Item(
    "set", about=(("孕妇", "pregnancy"),), answers=(("青霉素", "penicillin"), ("头孢", "cephalosporin")),
    wrong=(("四环素", "tetracycline"), ("喹诺酮", "quinolone"), ("链霉素", "streptomycin")),
)  # fmt: skip
GENE = Item("abstain", about=(("硬化性苔藓", "lichen sclerosus"),))
TEXT = Item(
    "text", about=(("耳硬化症", "otosclerosis"),), answers=(("听力下降",),),
    reference="耳硬化症是镫骨底板周围骨质异常增生的疾病。可引起进行性听力下降，女性多见。治疗可选助听器或镫骨手术。",
)  # fmt: skip
