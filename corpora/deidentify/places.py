"""Where people live, work and are treated: addresses, employers, hospitals."""

import re
from collections.abc import Iterator

from kgtools.corpora.deidentify.classes import Span

PROVINCES = (
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾|"
    "内蒙古|广西|西藏|宁夏|新疆|香港|澳门"
)
KEEP = re.compile(rf"(?:中国)?(?:{PROVINCES})(?:省|市|维吾尔自治区|壮族自治区|回族自治区|自治区|特别行政区)?")
"""The part of an address that may stay: `广东省`, `中国北京市`."""
H = r"[\u4e00-\u9fff]"
CITY = rf"(?:{H}{{2,8}}?(?:市|自治州|地区|盟))"
COUNTY = rf"(?:{H}{{1,8}}?(?:区|县|旗|市))"
DETAIL = (
    rf"(?:{H}{{1,10}}?(?:街道|大道|大街|路|街|巷|弄|胡同|镇|乡|村|屯|社区|"
    rf"小区|花园|新村|大厦|公寓|家园|苑|组|队)|[\dA-Za-z一二三四五六七八九十-]{{1,"
    rf"6}}\s?"
    rf"(?:号楼|号院|号|栋|幢|座|单元|室|楼|层|弄|组|队|村)(?:\d{{2,4}}(?![\d.])室?)?)"
)
ADDRESS = re.compile(
    rf"(?:(?:{PROVINCES})(?:省|市|{H}{{0,4}}自治区)?\s?{CITY}?\s?{COUNTY}?|{CITY}\s?{COUNTY}|{CITY}|{COUNTY})(?:\s?{DETAIL}){{1,8}}"
)
CHAIN = re.compile(
    rf"(?:{PROVINCES})(?:省|市|{H}{{0,4}}自治区)(?:{CITY}{COUNTY}?|{COUNTY})|(?:{PROVINCES})(?:{CITY}{COUNTY})"
)
LABELLED = re.compile(
    r"(?:家庭住址|家庭地址|现住址|住址|现居住地|居住地|地址|籍贯|户籍地址|户籍所在地|户籍|"
    r"户口所在地|户口地址|出生地|收件地址|通讯地址|联系地址)\s?[:：为是]\s{0,2}"
    r"(?P<place>[\u4e00-\u9fffA-Za-z0-9#()\-·]{2,50}(?:[ ][\u4e00-\u9fff\d][\u4e00-\u9fffA-Za-z0-9#()\-]{1,30})?)"
)
LIVING = re.compile(
    rf"(?:家住在?|住在|居住在|居住于|现住|现居)(?P<place>(?:{H}{{2,8}}?(?:省|"
    rf"市|区|县|镇|乡|村|路|街|小区|街道))(?:[\u4e00-\u9fffA-Za-z0-9\-]{{0,"
    rf"30}}?(?:号|室|栋|楼|村|区|县|镇|乡|路|街|单元|组)(?:\d{{2,4}}(?![\d.]))?)?)"
)
ROAD = re.compile(
    "尿路|通路|气路|油路|线路|血路|胆道|旁路|环路|思路|走路|电路|回路|门路|出路|管路|水路|公路|铁路|马路|迷路"
)
FIELD = re.compile(r"\s(?:[\u4e00-\u9fff]{2,6})\s?[:：].*$")
"""The next field of a form on the same line: ` 电话：...`."""
NEXT = re.compile(
    r"(?:性别|年龄|职业|电话|联系|婚姻|民族|邮编|姓名|入院|邮政|工作单位|单位|手机|身份证|籍贯|病史|住院号|血型).*$"
)

WORKS = (
    "公司|集团|工厂|制药厂|机械厂|厂|局|学校|大学|学院|中学|小学|一中|二中|幼儿园|银行|"
    "酒店|饭店|超市|部队|事务所|研究所|研究院|委员会|政府|派出所|法院|支队|中心|商店|煤矿|农场|医院|合作社|店"
)
WORK = re.compile(
    rf"(?:工作单位|所在单位|职业单位|单位名称|单位|就读学校|学校|毕业院校|供职于|就职于|任职于|"
    rf"工作于|就读于|毕业于|受雇于)\s?[:：为是]?\s{{0,2}}(?P<place>{H}[\u4e00-\u9fffA-Za-z0-9()]{{1,"
    rf"28}}?(?:{WORKS}))(?=$|[^\u4e00-\u9fff]|工作|上班|上学|任|"
    rf"担任|职工|员工|退休|，)"
)
WORKING = re.compile(
    rf"(?:在|于|是|为|系)(?P<place>{H}[\u4e00-\u9fffA-Za-z0-9()]{{1,"
    rf"24}}?(?:{WORKS}))(?=工作|上班|任职|务工|打工|上学|就读|读书|的?(?:员工|"
    rf"职工|工人|学生|老师|教师|职员|退休))"
)
SOME_WORK = re.compile(
    r"(?:某|一家|一个|我们|本|化工|工地|电子|私人|外地|当地|附近|家里|网络|自己|不同|这|那|个体|国企|外企|私企|家|小|大|事业|服装|食品|建筑)?(?:"
    + WORKS
    + ")"
)

HOSPITAL = re.compile(
    rf"{H}{{2,24}}?(?:医院|卫生院|卫生服务中心|卫生服务站|卫生室|诊所|保健院|保健所|"
    rf"医学中心|医疗中心|急救中心|疾控中心|疾病预防控制中心|体检中心|门诊部|防治院|疗养院)(?:[\u4e00-\u9fff]{{1,"
    rf"4}}(?:院区|分院))?"
)
LEAD = re.compile(
    r".*(?:在|去|到|从|于|是|的|我|们|就诊|往|来|至|转|经|被|向|跟|让|了|您|你|"
    r"他|她|这|那|请|说|为|以|给|因|有|问|建议|选择|联系|挂|看|或者|或|查|检|"
    r"目前|入|现在|昨天|今天|当时|医生|大夫|附近|[路手网班早晚]上|如果|需要|可以|可|再|"
    r"想|又|也|还|只|住进|不|没|先|天天|留意|决定|一家|一位|怎么|哪家|什么|求问|入|完善)|"
    r"(?:和|及|与|要|会|能|后|前|都|上(?!海|饶|虞|蔡|杭|高|林)|下(?!关)|叫|过|对|所|个|家|里|就|由|住|属于)"
)
GENERIC = re.compile(
    r"癫痫病?|糖尿病|胃病|专业|治疗|复诊|手术|科学|小儿|普外科?|道|要|人民|中医药|中医|"
    r"中西医|中西|结合|综合|妇女|妇幼|儿童|儿科|妇产|妇科|肿瘤|口腔|眼科|"
    r"五官|骨科|骨伤|胸科|肺科|皮肤病|皮肤|性病|结核病?|传染病?|感染|精神病?|精神|卫生|"
    r"专科|"
    r"三级|二级|一级|三甲|二甲|甲等|乙等|正规|公立|私立|民营|大型|大|小|省级|市级|县级|"
    r"区级|省立|市立|省|市|县|区|镇|乡|村|州|当地|本地|外地|我|本|贵|该|各|某|别|其他|"
    r"其它|另|"
    r"上级|下级|基层|社区|附属|医学院|医科|大学|教学|定点|指定|发热|互联网|网络|网上|线上|"
    r"在线|一|二|三|两|几|多|好|老|新|家|个|所|心血管|心理|康复|整形|美容|男科|肛肠|"
    r"胃肠|肝病|"
    r"脑科|血液|心脏|职业病|体检|健康|急诊|急救|疾控|疾病|预防|控制|防治|住院|门诊|医疗|"
    r"服务|中心|保健|实体|国家|国立|医院|卫生院|诊所|院|站|部|室|方舱|集中|隔离|北方|南方|"
    r"东部|西部|权威|知名|著名|"
    r"综合性|性|内|外|出|离|近|其|同|每|任何|普通|级|等|临床|研究|正式|规范|最|更|较|初|私人|附设|县城|城市|农村|本院"
)
WORDS = frozenset(
    form for word in GENERIC.pattern.split("|") for form in ({word[:-2], word[:-1]} if word[-1] == "?" else {word})
)
LONGEST = max(map(len, WORDS))


def places(text: str) -> Iterator[Span]:
    """Addresses (without their province), employers and hospitals of a folded text."""
    yield from _addresses(text)
    for pattern, rule in ((WORK, "label"), (WORKING, "works-at")):
        for match in pattern.finditer(text):
            lead = LEAD.match(match.group("place")) if rule == "works-at" else None
            start = match.start("place") + (lead.end() if lead else 0)
            place = text[start : match.end("place")]
            if not SOME_WORK.fullmatch(place) and not re.match("哪|老公|老婆|父|母|关系", place) and len(place) > 3:
                yield Span(start, match.end("place"), "employer", rule)
    if "院" in text or "诊所" in text or "中心" in text or "卫生" in text or "门诊部" in text or "保健所" in text:
        yield from _hospitals(text)


def _addresses(text: str) -> Iterator[Span]:
    for match in LABELLED.finditer(text):
        place = NEXT.sub("", FIELD.sub("", match.group("place"))).rstrip()
        start, end = match.start("place"), match.start("place") + len(place)
        if place and not re.match(r"同|不详|无$|略|如|本地|当地|外地", place):
            yield from _without_province(text, start, end, "label")
    for match in LIVING.finditer(text):
        if not re.match(r"当地|农村|城市|本市|一|老家|这|那|学校|几|外|同", match.group("place")):
            yield from _without_province(text, match.start("place"), match.end("place"), "lives-in")
    for pattern, rule in ((ADDRESS, "levels"), (CHAIN, "chain")):
        for match in pattern.finditer(text) if re.search("[省市区县旗盟]", text) else ():
            start = match.start()
            if lead := re.match(r".{0,8}(?:在|住|于|到|从|自|去|是|为|来|往|至|的|址)", match.group()):
                start += lead.end()
            inner = text[start : match.end()]
            if (
                ROAD.search(inner)
                or len(inner) < 5
                or re.search("病区|地区|社区获得|区域|疫区|灶区|肺区|超市|门诊|医院|灶区|床", inner)
            ):
                continue
            if rule == "chain" or re.search(r"路|街|镇|乡|村|小区|巷|弄|大道|社区|[市区县][^\d\n市区县]*\d", inner):
                yield from _without_province(text, start, match.end(), rule)


def _without_province(text: str, start: int, end: int, rule: str) -> Iterator[Span]:
    if kept := KEEP.match(text, start, end):
        start = kept.end()
    if end - start >= 2:
        yield Span(start, end, "address", rule)


def _is_generic(name: str) -> bool:
    """Whether a name is nothing but general words, one after the other."""
    # where a word may end
    ends = {0}
    for end in range(1, len(name) + 1):
        if any(end - size in ends and name[end - size : end] in WORDS for size in range(1, LONGEST + 1)):
            ends.add(end)
    return len(name) in ends


def _hospitals(text: str) -> Iterator[Span]:
    for match in HOSPITAL.finditer(text):
        name = match.group()
        tail = re.search(
            r"(?:医院|卫生院|卫生|诊所|保健院|保健所|医学中心|医疗中心|急救中心|疾控中心|疾病预防|体检中心|门诊部|防治院|疗养院)",
            name[2:],
        )
        head = name[: tail.start() + 2] if tail else name
        start = match.start()
        if lead := LEAD.match(head):
            start += lead.end()
        body = text[start : match.end()]
        if _is_generic(body):
            continue
        if re.search("哪|怎么|什么|如何|宠物", body):
            continue
        left = GENERIC.sub("", head[start - match.start() :])
        if len(left) >= 2:
            yield Span(start, match.end(), "hospital", "name")
