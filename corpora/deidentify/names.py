"""Names of people: after labels, before titles, and again wherever the record says them."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from kgtools.corpora.deidentify.classes import Span

SURNAMES = (
    "王李张刘陈杨黄赵吴周傅阎萧徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付"
    "方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞"
    "左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚"
    "娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南"
    "班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙"
    "浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况那宿鲜印逯隆茹诺战慕危玉银亢嵇公哈湛宾戎勾茅利於呼居揭干但尉冶斯元束檀衣信展阴昝智幸奉植衡富尧由"
)  # fmt: skip
DOUBLE = "欧阳|上官|司马|诸葛|东方|皇甫|尉迟|公孙|慕容|司徒|令狐|夏侯|端木|长孙|宇文|轩辕|南宫|独孤|闻人"
FREQUENT = SURNAMES[:225]
"""Surnames that a title alone may follow; the rest are words too often."""

NEVER = set(
    "症炎热痛疸血压胞病肿胀疹痒咳嗽喘吐泻便尿药疗治疼酸素检查诊术后前岁月日的了是不有无在没吗呢吧啊么这那怎什很也都就还要会能可因为和与及或但"
    "您你我他她它们个些次天周点分度量约达于从向对被把给让请问想说看做用吃服打住出入院科室医护患者者性型级期区例肺肝肾胃肠脾胆脑颈胸腹腰背腿脚手"
    "臂骨髋膝腺癌瘤疮疽毒菌染感氏某侧部位常规时候间周后即但则较更最未已经过来去到由以所其此每各号码姓名男女儿孩老妇产"
    "频急昏迷晕厥悸闷瘫疲乏渗水肿钙钾钠糖盐脂酮酯醇烷胶囊片剂粒丸液膏"
)  # fmt: skip
"""Characters that given names do not have; some names with 月, 水, 来, 老 or 女 are lost for it behind no label."""

EPONYMS = re.compile(
    "克罗恩|帕金森|白塞|马方|马凡|唐氏|雷诺|何杰金|霍奇金|吉兰|柯兴|库欣|席汉|华法林|金葡|石膏|巴雷特|巴氏|史密斯"
)

TITLES = "大夫|医生|医师|主任|副主任|主任医师|护士长|护士|护师|教授|副教授|院长|药师|技师|老师|女士|先生|小姐|阿姨|大爷|大妈|师傅|同学"
TITLE_BEHIND = re.compile(f"(?<=.)(?:{TITLES})$")
"""A title at the end: `王医生`."""
LABELS = (
    "患者姓名|病人姓名|患儿姓名|产妇姓名|新生儿姓名|母亲姓名|父亲姓名|家属姓名|姓名|联系人|紧急联系人|"
    "家属签名|家属签字|家属|监护人|户主|配偶|主治医师|主治医生|"
    "主管医师|主管医生|住院医师|经治医师|经治医生|接诊医生|接诊医师|管床医生|床位医生|床位医师|"
    "责任医生|医师签名|医生签名|医师签字|医师|签名|签字|记录者|记录人|"
    "记录医师|陈述者|病史陈述者|供史者|主刀医生|主刀医师|主刀|术者|手术者|手术医师|第一助手|"
    "一助|二助|麻醉师|麻醉医师|麻醉者|责任护士|护士签名|巡回护士|器械护士|"
    "报告医师|报告医生|报告者|审核医师|审核医生|审核者|检查者|检查医师|检验者|检验师|复核者|送检医师|申请医师|申请医生|上级医师|患者|病人|患儿|产妇|伤者|死者"
)
AFTER = (
    r"(?=$|[\s,，。.;；、:：()（）【】\[\]/|\"'“”!！?？]|男|女|\d|系|因|于|以|主因|诉|自述|性别|年龄|电话|联系|关系|与|和|同志|"
    r"(?:" + TITLES + r")|的|入院|出院|现|，)"
)
HAN = r"[\u4e00-\u9fff]"
SPACE = r"[ \t\u200b]{0,2}"
GIVEN = rf"(?:{SPACE}{HAN}){{1,2}}?"
FULL = rf"(?:(?:{DOUBLE})|[{SURNAMES}]){GIVEN}"
SPACED = rf"[{SURNAMES}](?:[ \t\u200b]{{1,2}}{HAN}){{1,2}}(?![\u4e00-\u9fff])"
FOREIGN = rf"{HAN}{{2,6}}(?:[·•・]{HAN}{{2,8}}){{1,2}}"
LABELLED = re.compile(
    rf"(?:{LABELS})(?:[（(][^）)\n]{{1,6}}[）)])?(?P<colon>\s?[:：]\s{{0,3}}|[ \t]{{1,3}}|为|是|)(?P<name>{FOREIGN}|{SPACED}|{FULL}){AFTER}"
)
TOLD = re.compile(rf"男|女|岁|^\d|^\s*(?:电话|因|系|主因|诉|自述|性别|年龄|联系|关系|签|代|{TITLES})")
"""What stands behind a name in a form: `张三 男 45岁`, `张三因发热`."""
LOOSE = re.compile(
    rf"(?:姓名|联系人|医师签名|医生签名|记录者|记录人|陈述者|术者|主刀)\s?[:：]\s{{0,3}}(?P<name>{HAN}{{2,4}})(?=$|[\s,，。;；、()（）])"
)
CALLED = re.compile(
    rf"(?:我叫|名叫|叫做|我是|名字是|名字叫|本人|免贵姓|我姓)(?P<name>{FOREIGN}|{SPACED}|{FULL}|[{FREQUENT}])(?=$|[\s,，。.;；、!！]|男|女|今年)"
)
HEADER = re.compile(rf"(?:^|[\n。；;：:])\s{{0,3}}(?P<name>{FULL})\s?[,，、 ]\s?(?:男|女)(?:性)?\s?[,，、 。]")
"""`张三，男，` at the beginning of a record."""
BESIDE = {
    "戚": "亲",
    "周": "上下本这一每两几",
    "阳": "三太阴夕",
    "苗": "疫树育秧",
    "米": "毫厘分大小",
    "谢": "谢感多答致", "任": "主何责担信", "何": "任如为几", "高": "提最酶偏升血较很压", "常": "经非正通平日时异", "方":
        "地对处双多官药北南东西前后", "白": "明坦",
    "于": "助敢利基鉴由对关至等位在处属用", "许": "也允或准", "易": "容轻不", "段": "阶时片", "单": "简清账菜名订传查验", "房"
        : "病药查客", "管": "主血尿气食尽", "关": "相有无开海机",
    "程": "过疗病课日", "钟": "分秒", "万": "千百十", "平": "水公和", "时": "当及同小那有平随按到", "计": "估共合", "路": "走网线一", "余": "其多剩",
    "解": "了理缓", "应": "反适相", "全": "安完健", "包": "面一二三两几药红钱", "安": "佑平晚早不", "成": "完变", "向": "方", "祝": "",
        "康": "健", "文": "中", "国": "中外",
    "区": "地社", "花": "棉", "利": "顺", "位": "床单各", "干": "能", "石": "结", "江": "长", "左": "", "项":
        "事各选", "和": "", "查": "检复", "平安": "",
    "家": "", "金": "资押", "马": "", "章": "", "史": "病", "车": "", "华": "中", "海": "上", "南": "", "云": "", "温": "体", "水": "", "支": "",
}  # fmt: skip
WEAK = frozenset("由应来到从解向和于时经能因对让被都就还有包祝")
"""Surnames that are small words too: behind another character, only asking for somebody makes them names."""
VERBS = set(
    "谢找请问看是的让给跟向在由科院家位叫有和与对过到了听按照见据经,，。、！!：:；;?？（(\n \t ”“好您你我他她挂约被为说去来等同遵"
)
MASKS = re.compile(r"[某×＊*xX_○〇□]|XX|xx")
"""Signs in place of characters of a name: `张**`, `李某`."""


@cache
def words() -> frozenset[str]:
    """Words that begin like a name and are none."""
    return frozenset((Path(__file__).parent / "words.txt").read_text(encoding="utf-8").split())


def names(text: str) -> Iterator[Span]:
    """The names of people in a folded text; masked ones (张某, 杨XX) are left as they are."""
    for pattern, rule in ((LABELLED, "label"), (LOOSE, "label"), (CALLED, "called"), (HEADER, "header")):
        for match in pattern.finditer(text):
            name = match.group("name")
            after = text[match.end("name") : match.end("name") + 8]
            sure = rule == "label" and ":" in (match.groupdict().get("colon") or (":" if pattern is LOOSE else ""))
            if rule == "label" and not sure and (name[0] in WEAK or (len(name) == 2 and not TOLD.search(after))):
                continue
            if rule == "called" and len(name) == 1 and "姓" not in match.group():
                continue
            bare = TITLE_BEHIND.sub("", name)
            if is_name(bare, sure and len(bare) > 1, after[:2]) or (len(bare) == 1 and bare != name):
                yield Span(match.start("name"), match.start("name") + len(bare), "name", rule)
    yield from _find_before_titles(text)


def is_name(name: str, sure: bool, after: str = "") -> bool:
    """Whether it can be a name; `sure`: a label and a colon say that it is one, so only words of the trade are none."""
    bare = re.sub(r"[ \t\u200b]", "", name)
    if bare in words() or bare[:2] in words() or MASKS.search(bare) or EPONYMS.search(bare + after):
        return False
    given = bare[2:] if re.match(DOUBLE, bare) and len(bare) > 2 else bare[1:]
    if not given:
        return not sure
    if "·" in bare:
        return True
    allowed = NEVER - set("月日天来水儿玉和可以常分达度周老") if sure else NEVER
    return not (set(given) & allowed) and (sure or given[-1] not in "病症")


def _find_before_titles(text: str) -> Iterator[Span]:
    """A surname, or a whole name, before a title: the surname alone where what stands before it is no part of a name."""
    for match in re.finditer(TITLES, text):
        end = match.start()
        found = _before_title(text, end, match.group())
        if found is not None:
            yield Span(found, end, "name", "title")


def _before_title(text: str, end: int, title: str) -> int | None:
    def at(back: int) -> str:
        return text[end - back] if end >= back else "\n"

    def is_whole_name(length: int) -> bool:
        piece = text[max(0, end - length) : end]
        if piece[:1] in WEAK and _is_han(at(length + 1)) and at(length + 1) not in "找请问谢叫":
            return False
        if (
            len(piece) < length
            or not re.fullmatch(FULL, piece)
            or (piece[0] not in FREQUENT and at(length + 1) not in VERBS and not re.match(DOUBLE, piece))
        ):
            return False
        return (
            is_name(piece, False)
            and piece[1:] not in words()
            and at(length + 1) not in BESIDE.get(piece[0], "") + "主副"
        )

    last = at(1)
    double = text[max(0, end - 2) : end]
    if re.fullmatch(DOUBLE, double):
        return end - 2
    alone = (
        last in FREQUENT
        and at(2) not in BESIDE.get(last, "")
        and text[end - 2 : end] not in words()
        and last not in "祝时和全左向"
    )
    if alone and (not _is_han(at(2)) or at(2) in VERBS or not (is_whole_name(2) or is_whole_name(3))):
        return end - 1
    strict = title in ("老师", "女士", "先生", "小姐", "同学", "阿姨", "师傅")
    for length in (3, 2):
        if is_whole_name(length) and (not _is_han(at(length + 1)) or at(length + 1) in VERBS or (not strict and alone)):
            return end - length
    return end - 1 if alone else None


def _is_han(letter: str) -> bool:
    return "\u4e00" <= letter <= "\u9fff"


def again(text: str, known: Iterable[str]) -> Iterator[Span]:
    """Full names that the record told elsewhere, wherever this text says them; two characters only where they stand alone."""
    for name in sorted(known):
        start = text.find(name)
        while start >= 0:
            end = start + len(name)
            before, after = text[start - 1 : start], text[end : end + 1]
            alone = not before or not after or not _is_han(before) or not _is_han(after)
            if name.isascii():
                alone = not before.isalpha() and not after.isalpha()
            if alone or (len(name) > 2 and not name.isascii()):
                yield Span(start, end, "name", "again")
            start = text.find(name, end)
