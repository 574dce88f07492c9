"""Texts with planted identifiers, in plain and hostile forms, among values that only look like some; seeded."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from stdnum import luhn
from stdnum.cn import ric

GIVEN = "小芳建军国强志远美丽秀英文博雨桐子涵梓萱欣怡思远浩宇俊杰春梅桂兰玉珍海燕晓东卫红永福德胜金凤淑贤嘉懿若曦景行书瑶佩琪振宁启明兆丰绍棠"
FAMILY = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段"
)
REGIONS = ("110105", "310104", "440305", "510107", "420106", "330102", "610113", "430104", "210202", "370203")
MOBILES = ("138", "139", "150", "151", "158", "159", "186", "188", "177", "199", "135", "136")
AREAS = ("010", "021", "0731", "0755", "027", "0571")
HIDDEN = "\u200b"


@dataclass(frozen=True)
class Planted:
    """A text, and the (start, end, class) of what identifies in it."""

    text: str
    spans: tuple[tuple[int, int, str], ...]


def planted(seed: int = 5, size: int = 6000) -> list[Planted]:
    """So many texts: three in four hold one identifier, the others only what looks like one."""
    draw = random.Random(seed)
    return [_text(draw, number) for number in range(size)]


def _text(draw: random.Random, number: int) -> Planted:
    before, after = draw.choice(STORIES), draw.choice(STORIES)
    if number % 4 == 3:
        return Planted(before + draw.choice(LOOKALIKES)(draw) + "。" + after, ())
    kind = KINDS[number % len(KINDS)]
    lead, value, tail = MAKERS[kind](draw)
    start = len(before) + len(lead)
    return Planted(before + lead + value + tail + after, ((start, start + len(value), kind),))


def hostile(draw: random.Random, value: str) -> str:
    """The same value plain, full-width, spaced, grouped, cut over two lines, or with a hidden character in it."""
    cut = draw.randrange(3, len(value) - 2)
    return draw.choice((
        lambda: value, lambda: value, lambda: value,
        lambda: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in value),
        lambda: " ".join(value),
        lambda: value[:cut] + "\n" + value[cut:],
        lambda: value[:cut] + HIDDEN + value[cut:],
        lambda: value[:cut] + "　" + value[cut:],
    ))()  # fmt: skip


def digits(draw: random.Random, count: int) -> str:
    """Random digits, the first not 0."""
    return str(draw.randrange(10 ** (count - 1), 10**count))


Made = tuple[str, str, str]


def _resident(draw: random.Random) -> Made:
    born = f"{draw.randrange(1930, 2015)}{draw.randrange(1, 13):02}{draw.randrange(1, 29):02}"
    body = draw.choice(REGIONS) + born + f"{draw.randrange(1000):03}"
    check = ric.calc_check_digit(body + "0")
    if draw.random() < 0.15:
        check = draw.choice([c for c in "0123456789" if c != check])
        return (
            draw.choice(("身份证号：", "身份证", "证件号码:")),
            hostile(draw, body + check),
            draw.choice(("，", "。", "\n")),
        )
    value = (body[:6] + body[8:]) if draw.random() < 0.1 else body + check
    if len(value) == 15:
        return "旧身份证号：", value, "，"
    shape = draw.choice(
        (lambda: hostile(draw, value), lambda: f"{value[:6]} {value[6:14]} {value[14:]}", lambda: value.lower())
    )
    return (
        draw.choice(("身份证号：", "证件", "", "ID:", "号码")),
        shape(),
        draw.choice(("，", "。", "\n", "，电话不详")),
    )


def _phone(draw: random.Random) -> Made:
    if draw.random() < 0.25:
        area, local = draw.choice(AREAS), draw.choice("2345678") + digits(draw, 7)
        local = local if area in ("010", "021", "027", "0755", "0571", "0731") else local[:7]
        value = draw.choice(
            (
                f"{area}-{local}",
                f"({area}){local}",
                f"（{area}）{local}",
                area + local,
                f"{area} {local}",
                f"{area}－{local}",
            )
        )
        return draw.choice(("电话：", "联系电话", "座机: ")), value, "，"
    if draw.random() < 0.1:
        return draw.choice(("热线", "客服电话：")), f"400-{digits(draw, 3)}-{digits(draw, 4)}", "。"
    value = draw.choice(MOBILES) + f"{draw.randrange(10**8):08}"
    shape = draw.choice((
        lambda: hostile(draw, value), lambda: hostile(draw, value), lambda: f"{value[:3]}-{value[3:7]}-{value[7:]}",
        lambda: f"+86 {value[:3]} {value[3:7]} {value[7:]}", lambda: f"+86{value}", lambda: f"86-{value}",
        lambda: f"{value[:3]}.{value[3:7]}.{value[7:]}", lambda: f"{value[:4]} {value[4:7]} {value[7:]}",
        lambda: value.translate(str.maketrans("0123456789", "零一二三四五六七八九")),
    ))  # fmt: skip
    return (
        draw.choice(("电话：", "手机", "请打", "联系方式：", "，", "Tel:")),
        shape(),
        draw.choice(("，", "。", "\n", "（女儿）")),
    )


def _hospital_number(draw: random.Random) -> Made:
    label = draw.choice(
        (
            "住院号：",
            "病案号:",
            "门诊号 ",
            "就诊号：",
            "病历号：\n",
            "登记号：",
            "影像号:",
            "检查号：",
            "病理号：",
            "标本号：",
            "条码号：",
            "ID号：",
            "MRN: ",
        )
    )
    value = draw.choice((
        lambda: hostile(draw, digits(draw, 8)), lambda: f"ZY{digits(draw, 10)}", lambda: f"CT{digits(draw, 6)}-{digits(draw, 2)}",
        lambda: digits(draw, 6), lambda: f"P{digits(draw, 7)}", lambda: digits(draw, 11),
    ))()  # fmt: skip
    return label, value, draw.choice(("，", "。", "；", "\n1. 一般情况可。"))


def _card(draw: random.Random) -> Made:
    body = draw.choice(("622202", "621700", "622848", "4392", "5187")) + digits(draw, 12)
    body = body[: draw.choice((15, 18)) if body.startswith("62") else 15]
    value = body + luhn.calc_check_digit(body)
    shape = draw.choice(
        (lambda: hostile(draw, value), lambda: " ".join(value[i : i + 4] for i in range(0, len(value), 4)))
    )
    return draw.choice(("银行卡号：", "卡号", "工行", "退款到")), shape(), "。"


def _simple(label: tuple[str, ...], make: Callable[[random.Random], str]) -> Callable[[random.Random], Made]:
    return lambda draw: (draw.choice(label), make(draw), draw.choice(("，", "。", "\n")))


def person(draw: random.Random) -> str:
    """A Chinese name of two or three characters."""
    return draw.choice(FAMILY) + "".join(draw.choice(GIVEN) for _ in range(draw.choice((1, 2, 2))))


def _name(draw: random.Random) -> Made:
    name = person(draw)
    written = draw.choice(
        (lambda: name, lambda: name, lambda: name, lambda: " ".join(name) if len(name) == 2 else name)
    )()
    return draw.choice((
        ("姓名：", written, "，男，56岁。"), ("患者", name, "，女，34岁，因发热入院。"), ("病人姓名:", written, "\n"), (
            "联系人：", name, "（女儿）。"),
        ("主治医师：", name, "。"), ("医师签名：", written, "\n"), ("记录者：", name, "。"), ("家属", name, "诉病情好转。"), ("我叫", name, "，"),
        ("感谢", name[0], "主任的帮助，"), ("谢谢", name[0], "医生！"), ("昨天找", name, "医生看过，"), ("请问", name[0], "大夫在吗，"),
        ("责任护士：", name, "，"), ("陈述者：", name, "，"), ("床位医生：", name, "。"),
    ))  # fmt: skip


def _address(draw: random.Random) -> Made:
    street = draw.choice(("麓山南路", "解放大道", "人民路", "中山东路", "建设街", "朝阳街道"))
    number = f"{draw.randrange(1, 300)}号{draw.choice(('', '3栋502室', '2单元1101'))}"
    province, city = draw.choice(
        (
            ("湖南省", "长沙市岳麓区"),
            ("广东省", "深圳市福田区"),
            ("四川省", "成都市武侯区"),
            ("浙江省", "杭州市上城区"),
            ("北京市", "朝阳区"),
        )
    )
    return (
        draw.choice((f"家庭住址：{province}", f"现住址:{province}", f"家住{province}", f"地址：{province}")),
        city + street + number,
        "，",
    )


FIRST = ["James", "Mary", "Robert", "Linda", "Michael", "Susan", "David", "Karen", "Daniel", "Nancy", "Priya", "Omar"]
LAST = [
    "Smith",
    "Johnson",
    "Brown",
    "Garcia",
    "Miller",
    "Davis",
    "Wilson",
    "Anderson",
    "Taylor",
    "Moore",
    "O'Brien",
    "Patel",
]


def _english_name(draw: random.Random) -> Made:
    first, last = draw.choice(FIRST), draw.choice(LAST)
    return draw.choice((
        ("Patient name: ", f"{first} {last}", ", a 45-year-old male. "), ("Name: ", f"{last}, {first}", "\n"), ("seen by Dr. ", last, " today. "),
        ("Thank you, Dr. ", f"{first} {last}", ". "), ("Mr. ", last, " reports pain. "), ("My name is ",
            f"{first} {last}", ". "), ("Mrs ", last, ", "),
        ("Attending: ", f"{first} {last}", "\n"), ("Next of kin: ", f"{first} {last}", ", "),
    ))  # fmt: skip


def _street(draw: random.Random) -> Made:
    return (
        draw.choice(("lives at ", "Home: ")),
        f"{draw.randrange(1, 9999)} {draw.choice(('Main', 'Oak Hill', 'Maple', 'N. Lake'))} {draw.choice(('St', 'Avenue', 'Road', 'Blvd'))}",
        ". ",
    )


def _english_date(draw: random.Random) -> Made:
    month = draw.choice(("January", "Mar", "May", "September", "Dec"))
    year, day = draw.randrange(2005, 2025), draw.randrange(1, 29)
    value = draw.choice(
        (f"{month} {day}, {year}", f"{day} {month} {year}", f"{draw.randrange(1, 13):02}/{day:02}/{year}")
    )
    return draw.choice(("admitted on ", "Seen ")), value, ". "


def _date(draw: random.Random) -> Made:
    year, month, day = draw.randrange(2010, 2025), draw.randrange(1, 13), draw.randrange(1, 29)
    value = draw.choice(
        (
            f"{year}-{month:02}-{day:02}",
            f"{year}年{month}月{day}日",
            f"{year}/{month}/{day}",
            f"{year}.{month:02}.{day:02}",
            f"{month}月{day}日",
        )
    )
    if draw.random() < 0.3:
        return "无（", f"{year}-{month:02}-{day:02}", "填写）"
    return draw.choice(("于", "入院日期：", "")), value, draw.choice(("入院，", "出现咳嗽。"))


def _phone_english(draw: random.Random) -> Made:
    area, rest, last = str(draw.randrange(201, 990)), str(draw.randrange(201, 990)), digits(draw, 4)
    return (
        draw.choice(("Call ", "Phone: ", "Fax ")),
        draw.choice((f"({area}) {rest}-{last}", f"{area}-{rest}-{last}", f"+1 {area} {rest} {last}")),
        ". ",
    )


ENGLISH: tuple[tuple[str, Callable[[random.Random], Made]], ...] = (
    ("name", _english_name),
    ("address", _street),
    ("date", _english_date),
    ("phone", _phone_english),
    ("ssn", lambda d: ("SSN ", f"{d.randrange(100, 665)}-{d.randrange(10, 99)}-{d.randrange(1000, 9999)}", ". ")),
    ("hospital-number", lambda d: (d.choice(("MRN: ", "MRN ", "Medical record number: ")), digits(d, 8), ". ")),
    ("zip", lambda d: (d.choice(("Springfield, IL ", "Austin, TX ")), digits(d, 5), ". ")),
    ("account", lambda d: (d.choice(("Account number: ", "License no. ")), f"A{digits(d, 7)}", ". ")),
    ("insurance", lambda d: (d.choice(("Insurance ID: ", "Member number ")), f"W{digits(d, 9)}", ". ")),
)
NOTES = (
    "WBC 13.8, BP 120/80, glucose 250 mg/dL. ",
    "History of Parkinson disease and Crohn disease. ",
    "Hello doctor, I have pain. ",
    "",
    "Hemoglobin A1c 7.2%, dose 500 mg bid. ",
    "Thank you for your query. ",
    "ICD-10 E11.9 and I10. ",
    "Seen in the emergency room. ",
)


def planted_english(seed: int = 5, size: int = 2000) -> list[Planted]:
    """English texts with one Safe Harbor identifier each, and between them some with none."""
    draw, made = random.Random(seed), []
    for number in range(size):
        before, after = draw.choice(NOTES), draw.choice(NOTES)
        kind, make = ENGLISH[number % len(ENGLISH)]
        lead, value, tail = make(draw)
        span = (len(before + lead), len(before + lead + value), kind)
        made.append(
            Planted(before + lead + value + tail + after, (span,)) if number % 5 else Planted(before + after, ())
        )
    return made


KINDS = (
    "resident-id", "phone", "name", "hospital-number", "bank-card", "name", "email", "date", "phone", "wechat", "qq", "resident-id", "insurance",
    "passport", "plate", "name", "url", "ip", "address", "military-id", "travel-permit", "hospital", "employer",
)  # fmt: skip
MAKERS: dict[str, Callable[[random.Random], Made]] = {
    "resident-id": _resident,
    "phone": _phone,
    "hospital-number": _hospital_number,
    "bank-card": _card,
    "name": _name,
    "address": _address,
    "date": _date,
    "email": _simple(("邮箱：", "请发到", "E-mail: "), lambda d: d.choice((f"zhang{digits(d, 3)}@163.com",
        f"li.{digits(d, 2)}@hosp-a.org.cn", f"w_{digits(d, 4)}＠qq.com"))),
    "wechat": _simple(("微信号：", "微信:", "加微信 ", "wx：", "加V"), lambda d: d.choice((f"wxid_{digits(d, 6)}",
        f"dr-{digits(d, 5)}", f"abc{digits(d, 6)}"))),
    "qq": _simple(("QQ：", "QQ号", "qq ", "扣扣："), lambda d: hostile(d, digits(d, d.choice((8, 9, 10))))),
    "insurance": _simple(("医保卡号：", "社保卡号:", "医保号：", "参保号："), lambda d: hostile(d, digits(d, d.choice((9, 10, 12))))),
    "passport": _simple(("护照号：", "护照号码:", "passport no. "), lambda d: d.choice("EG") + digits(d, 8)),
    "plate": _simple(("车牌", "驾驶", "车牌号："), lambda d: d.choice("京沪湘粤川鄂") + d.choice("ABCD") + d.choice((
        "", "·", " ")) + d.choice((digits(d, 5), f"F{digits(d, 4)}", f"D{digits(d, 5)}"))),
    "url": _simple(("见", "网址：", ""), lambda d: d.choice((
        f"https://www.haodf.com/doctorteam/flow_team_{digits(d, 10)}_1.htm",
        f"www.example-hospital.cn/r/{digits(d, 6)}"))),
    "ip": _simple(("IP：", "登录地址", "来自"), lambda d: f"{d.randrange(20, 220)}.{d.randrange(256)}.{d.randrange(256)}.{d.randrange(10, 250)}"),
    "military-id": _simple(("军官证：", "士兵证号："), lambda d: f"南字第{digits(d, 8)}号"),
    "travel-permit": _simple(("港澳通行证：", "回乡证号:"), lambda d: d.choice("CHM") + digits(d, 8)),
    "hospital": _simple(("曾在", "转至", "就诊于"), lambda d: d.choice(("湘雅第二医院", "长沙市第三医院", "华山医院",
        "南京鼓楼医院", "望城县人民医院", "桥头镇卫生院"))),
    "employer": _simple(("工作单位：", "单位:"), lambda d: d.choice(("长沙远航机械有限公司", "第四棉纺厂", "岳麓实验小学", "东风运输集团"))),
}  # fmt: skip
STORIES = (
    "患者高血压病史10年，血压150/95mmHg。", "白细胞 13.8×10^9/L，中性粒细胞78.5%。", "咳嗽三天，有痰，体温36.9度。", "既往体健，否认肝炎结核史。",
    "患者黄疸，何时手术？", "方便时请复查，马上就诊。", "患者石淋，金属异物史。", "克罗恩病和帕金森病均无。",
        "谢谢医生！", "主治医生查房后示：继续抗感染。", "温度38.5℃，于昨日加重。",
    "诊断：2型糖尿病（E11.9），给予二甲双胍0.5g tid。", "当地医院予头孢治疗，儿童医院随访。", "杨XX，男，XX岁，住院号___。", "", "张某，因外伤来诊。",
)  # fmt: skip
LOOKALIKES: tuple[Callable[[random.Random], str], ...] = (
    lambda d: f"国药准字H{digits(d, 8)}",
    lambda d: f"血小板 {digits(d, 3)}×10^9/L 红细胞 4.{digits(d, 2)} 血红蛋白 {digits(d, 3)}",
    lambda d: f"序列 {digits(d, 12)}{d.choice(MOBILES)}{digits(d, 8)}",
    lambda d: f"值为 0.{d.choice(MOBILES)}{digits(d, 8)}",
    lambda d: f"ALT {digits(d, 2)} AST {digits(d, 2)} GGT {digits(d, 3)} 肌酐 {digits(d, 2)}.5",
    lambda d: f"ICD-10 编码 J{digits(d, 2)}.{digits(d, 3)[:1]}，I10.x05",
    lambda d: f"病毒载量 {digits(d, 7)} copies/ml",
    lambda d: f"血压 {digits(d, 3)[:3]}/80 心率 {digits(d, 2)} 呼吸 20",
    lambda d: f"剂量 {digits(d, 6)}IU，{digits(d, 3)}mg×{digits(d, 1)}",
    lambda d: f"SN{d.choice(MOBILES)}{digits(d, 8)}A",
    lambda d: f"见3.1.2.{digits(d, 1)}节，DOI号略",
    lambda d: d.choice(("何时方便复查", "马上石头排出", "黄疸消退", "高血压控制", "白细胞正常", "金属味觉",
        "患者于是停药", "时医生认为", "温度正常")),
    lambda d: d.choice(("去人民医院", "在儿童医院", "三甲医院", "当地县医院", "本院", "市中心医院")),
    lambda d: f"CD4 {digits(d, 3)} CD8 {digits(d, 3)} 比值 1.{digits(d, 2)}",
    lambda d: f"批号{digits(d, 8)}，有效期两年",
    lambda d: f"1{HIDDEN}. 2 3 5 8 13 21 34 55 {digits(d, 2)}",
)  # fmt: skip


@dataclass(frozen=True)
class Score:
    """Of a class: planted spans, those that are wholly covered, spans found, and those of them that touch a planted one."""

    planted: int
    covered: int
    found: int
    right: int

    @property
    def recall(self) -> float:
        """The part of the planted that is wholly covered, by whatever class."""
        return self.covered / self.planted if self.planted else 1.0

    @property
    def precision(self) -> float:
        """The part of the found that touch a planted one of this class."""
        return self.right / self.found if self.found else 1.0


def score(texts: list[Planted], find: Callable[[str], list[tuple[int, int, str]]]) -> dict[str, Score]:
    """How well a finder does, by class. A span over a gap that is no part of the value is no fault; half a value is."""
    counts: dict[str, list[int]] = {}
    for planted_ in texts:
        found = find(planted_.text)
        for start, end, kind in planted_.spans:
            row = counts.setdefault(kind, [0, 0, 0, 0])
            row[0] += 1
            row[1] += all(
                not planted_.text[at].strip(" \n　\u200b") or any(s <= at < e for s, e, _ in found)
                for at in range(start, end)
            )
        for start, end, kind in found:
            row = counts.setdefault(kind, [0, 0, 0, 0])
            row[2] += 1
            row[3] += any(start < e and s < end for s, e, _ in planted_.spans)
    return {kind: Score(*row) for kind, row in sorted(counts.items())}
