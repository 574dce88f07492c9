"""Names of people: after labels, before titles, and again wherever the record says them."""

import re
from collections.abc import Iterable, Iterator

from corpora.deidentify.classes import Span

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付"
    "方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞"
    "左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚"
    "娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南"
    "班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙"
    "浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况那宿鲜印逯隆茹诺战慕危玉银亢嵇公哈湛宾戎勾茅利於呼居揭干但尉冶斯元束檀衣信展阴昝智幸奉植衡富尧由"
)  # fmt: skip
DOUBLE = "欧阳|上官|司马|诸葛|东方|皇甫|尉迟|公孙|慕容|司徒|令狐|夏侯|端木|长孙|宇文|轩辕|南宫|独孤|闻人"
FREQUENT = SURNAMES[:222]
"""Surnames that a title alone may follow; the rest are words too often."""

NEVER = set(
    "症炎热痛疸血压胞病肿胀疹痒咳嗽喘吐泻便尿药疗治疼酸素检查诊术后前岁月日的了是不有无在没吗呢吧啊么这那怎什很也都就还要会能可因为和与及或但"
    "您你我他她它们个些次天周点分度量约达于从向对被把给让请问想说看做用吃服打住出入院科室医护患者者性型级期区例肺肝肾胃肠脾胆脑颈胸腹腰背腿脚手"
    "臂骨髋膝腺癌瘤疮疽毒菌染感氏某侧部位常规时候间周后即但若则较更最未已经过来去到由以所其此每各号码姓名男女儿孩老妇产"
    "频急昏迷晕厥悸闷瘫疲乏渗水肿钙钾钠糖盐脂酮酯醇烷胶囊片剂粒丸液膏"
)  # fmt: skip
"""Characters that given names do not have; some names with 月, 水, 来, 老 or 女 are lost for it behind no label."""

WORDS = set(
    "管床 单发 多发 高血压 高血糖 高血脂 高热 高烧 高度 高危 高龄 高中 高原 高峰 高能 高位 高效 高尿酸 高考 黄疸 黄色 黄芪 黄连 黄昏 黄体 黄斑 黄痰 黄染 黄豆 白细胞 白天 白色 白带 白痰 "
    "白蛋白 白班 白酒 白术 白内障 白癜风 何时 何种 何处 何故 何况 何方 方便 方案 方面 方式 方法 方剂 方向 方能 金属 金黄 金额 温度 温水 温热 温和 温暖 石头 石膏 石斛 马上 马虎 "
    "马蹄 于是 于今 于晨 时间 时有 时常 时时 时而 时候 平时 平素 平常 平均 平稳 平静 平卧 平躺 平板 曾经 曾有 曾患 曾于 曾在 应该 应用 应当 应激 解释 解除 解决 解剖 易怒 易醒 全身 全部 "
    "全程 全面 全科 全麻 全家 左侧 左右 左手 左腿 左眼 左耳 左肾 左上 左下 左肩 项目 关节 关于 关心 关注 关系 水平 卫生 向来 向上 元旦 夏天 夏季 计划 成功 成年 成人 成都 成分 明显 明天 明确 明年 明日 "
    "支架 支持 支气管 支原体 管理 管腔 汤药 甘油 甘草 包括 包块 包皮 包扎 强烈 强调 强迫 强直 单纯 单侧 单位 单独 单次 单身 安静 安全 安排 安心 安慰 安装 温州 江苏 江西 "
    "云南 陕西 海南 南方 南京 广州 康复 康健 文化 文字 武汉 万一 万分 常年 常见 常用 常有 常因 施行 施治 许多 许可 严重 严格 严密 唐筛 汗出 连续 连日 连夜 连带 连接 原因 原发 原来 原有 原位 初步 初次 "
    "初期 初起 初诊 相关 相应 相对 相同 平日 都是 来院 来诊 来自 来电 由于 由此 信息 信任 盖章 展开 干咳 干燥 干呕 干预 干净 利尿 居家 居住 国家 国内 国外 国庆 公司 公共 阴性 阴道 阴天 智力 智能 智齿 "
    "农民 农村 农药 农历 宁静 尚可 尚好 尚未 尚无 祝您 祝好 成立 华法林 阳性 阳痿 米饭 麦粒肿 师傅 商务 查体 查看 查出 查房 查血 官方 封闭 谈话 强度 丰富 房颤 房间 路上 路过 游泳 辛苦 辛辣 谷丙 曲线 盛行 "
    "管道 荣幸 车祸 车间 车上 景象 席汉 党参 党员 麻木 麻醉 麻疹 仲夏 池塘 乐观 惠者 普通 普遍 普查 容易 容量 门诊 门静脉 门齿 门口 宫颈 宫腔 宫外孕 宫缩 费用 费力 冷汗 冷敷 凌晨 简单 简要 舒服 舒适 舒张 纪录 "
    "季节 毕业 成员 苗条 薄弱 皮肤 皮疹 皮下 皮质 海鲜 海外 花生 花粉 权衡 区域 区别 平滑 满意 满月 满足 闻到 位于 位置 鲜红 鲜血 印象 印度 玉米 银屑 银杏 隆起 战士 危险 危重 危急 元气 束缚 阿司匹林 "
    "阿莫西林 阿奇霉素 阿托品 阿姨 呼吸 呼救 勾画 揭示 利多卡因 富含 由来 奉献 植物 植入 衡量 母亲 母乳 游走 贺电 时机 时刻 时段 时长 年轻 段时间 毛发 毛巾 毛囊 陈旧 陈述 陈皮 苏醒 任何 任意 任务 范围 钱款 钟头 "
    "段落 雷诺 龙胆 陶瓷 顾虑 顾客 熊胆 齐全 章程 岳父 岳母 申请 申报 焦虑 焦躁 左旋 符合 梅毒 梅核气 童年 单核 霍乱 成形 冉冉 游离 管型 华佗 穆斯林 简历 项链 连绵 边缘 边界 边吃 明白 关闭 关键 胡说 胡乱 胡须 胡萝卜 "
    "程度 程序 余无 余均 余量 余额 余下 余项 丁香 江湖 白塞 马方 唐氏 石棉 古典 吉兰 柯兴 库欣 谢谢 感谢 方才 许久 曹操 尤其 尤以 艾滋 艾灸 艾草 柴胡 桂枝 牛奶 牛肉 牛黄 葛根 叶酸 叶子 姜片 桑叶 桔梗 "
    "高兴 高清 高标 白日 时至 时隔 常在 常伴 常诉 常觉 金标准 向下 安宁 应注意 施压 夏枯草 周围 周期 周身 周末 周边 伍用 章节 温馨 温习 容貌 于当地 于昨日 于今日 于今晨 连云港 都江堰 林区 林可霉素 林格 "
    "钱包 龙眼 汤剂 汤水 郁闷 郁金 巴比妥 门冬 云雾 平安 平喘 干扰 相当 普外 祖父 祖母 卫星 全天 全年 公认 公费 公分 初一 初二 初三 高一 高二 高三 大学 白班 家属 本人 自己 代述 代诉 患儿 签名 签字".split()
)  # fmt: skip
EPONYMS = re.compile("克罗恩|帕金森|白塞|马方|马凡|唐氏|雷诺|何杰金|霍奇金|吉兰|柯兴|库欣|席汉|华法林|金葡|石膏|巴雷特|巴氏|史密斯")

TITLES = "大夫|医生|医师|主任|副主任|主任医师|护士长|护士|护师|教授|副教授|院长|药师|技师|老师|女士|先生|小姐|阿姨|大爷|大妈|师傅|同学"
LABELS = (
    "患者姓名|病人姓名|患儿姓名|产妇姓名|新生儿姓名|母亲姓名|父亲姓名|家属姓名|姓名|联系人|紧急联系人|家属签名|家属签字|家属|监护人|户主|配偶|主治医师|主治医生|"
    "主管医师|主管医生|住院医师|经治医师|经治医生|接诊医生|接诊医师|管床医生|床位医生|床位医师|责任医生|医师签名|医生签名|医师签字|医师|签名|签字|记录者|记录人|"
    "记录医师|陈述者|病史陈述者|供史者|主刀医生|主刀医师|主刀|术者|手术者|手术医师|第一助手|一助|二助|麻醉师|麻醉医师|麻醉者|责任护士|护士签名|巡回护士|器械护士|"
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
FOREIGN = rf"{HAN}{{2,6}}(?:[·•・]{HAN}{{2,8}}){{1,2}}"
LABELLED = re.compile(rf"(?:{LABELS})(?:[（(][^）)\n]{{1,6}}[）)])?(?P<colon>\s?[:：]\s{{0,3}}|[ \t]{{1,3}}|为|是|)(?P<name>{FOREIGN}|{FULL}){AFTER}")
LOOSE = re.compile(rf"(?:姓名|联系人|医师签名|医生签名|记录者|记录人|陈述者|术者|主刀)\s?[:：]\s{{0,3}}(?P<name>{HAN}{{2,4}})(?=$|[\s,，。;；、()（）])")
CALLED = re.compile(rf"(?:我叫|名叫|叫做|我是|名字是|名字叫|本人|免贵姓|我姓)(?P<name>{FOREIGN}|{FULL}|[{FREQUENT}])(?=$|[\s,，。.;；、!！]|男|女|今年)")
HEADER = re.compile(rf"(?:^|[\n。；;：:])\s{{0,3}}(?P<name>{FULL})\s?[,，、 ]\s?(?:男|女)(?:性)?\s?[,，、 。]")
BESIDE = {
    "谢": "谢感多答致", "任": "主何责担信", "何": "任如为几", "高": "提最", "常": "经非正通平日时异", "方": "地对处双多官药北南东西前后", "白": "明坦",
    "于": "由对关至等位在处属用", "许": "也允或准", "易": "容轻不", "段": "阶时片", "单": "简清账菜名订传查验", "房": "病药查客", "管": "主血尿气食尽", "关": "相有无开海机",
    "程": "过疗病课日", "钟": "分秒", "万": "千百十", "平": "水公和", "时": "当及同小那有平随按到", "计": "估共合", "路": "走网线一", "余": "其多剩",
    "解": "了理缓", "应": "反适相", "全": "安完健", "包": "面", "安": "平晚早不", "成": "完变", "向": "方", "祝": "", "康": "健", "文": "中", "国": "中外",
    "区": "地社", "花": "棉", "利": "顺", "位": "床单各", "干": "能", "石": "结", "江": "长", "左": "", "项": "事各选", "和": "", "查": "检复", "平安": "",
    "家": "", "金": "资押", "马": "", "章": "", "史": "病", "车": "", "华": "中", "海": "上", "南": "", "云": "", "阳": "", "温": "体", "水": "", "支": "",
}  # fmt: skip
VERBS = set("谢找请问看是的让给跟向在由科院家位叫有和与对过到了听按照见据经,，。、！!：:；;?？（(\n \t ”“好您你我他她挂约被为说去来等同遵")
MASKS = re.compile(r"[某×＊*xX_○〇□]|XX|xx")
TITLE_ENGLISH = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr|Doctor|Prof|Professor|Nurse|Sister)\.?[ \t]+(?P<name>[A-Z][a-z]+(?:[-'][A-Z][a-z]+)?(?:[ \t]+(?:[A-Z]\.[ \t]+)?[A-Z][a-z]+){0,2})")
LABEL_ENGLISH = re.compile(
    r"(?:(?i:patient(?:'s)? name|name of (?:the )?patient|attending(?: physician)?|physician|surgeon|next of kin|emergency contact|signed by|dictated by|"
    r"referred by|seen by|provider|mother's name|father's name|full name)|\b(?:Name|Patient|NAME|PATIENT))[ \t]*[:#][ \t]*"
    r"(?:(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.?[ \t]+)?(?P<name>[A-Z][A-Za-z'-]+(?:,?[ \t]+(?:[A-Z]\.[ \t]*)?[A-Z][A-Za-z'-]+){1,3})"
)
CALLED_ENGLISH = re.compile(r"(?:(?i:my name is|his name is|her name is|named)|\bI am|\bI'm)[ \t]+(?P<name>[A-Z][a-z]+(?:[ \t]+[A-Z][a-z]+){0,2})")
NOT_ENGLISH = set(
    "I The This That Thank Thanks Hello Hi Dear Doctor Dr Sir Madam Please Is Are Can Could May Should Will You Your My Male Female Chat Google Patient "
    "Name Unknown None Not Age Sex Mother Father Indian American Asian Chinese Muslim Christian Diabetic Hispanic Caucasian African White Black And Or "
    "But For In On At As If No Yes History Presents Complains Clinic Hospital Ward Practitioner Specialist General MBBS MD Martens Pepper Oz "
    "MRN DOB SSN ID Age Sex Date Phone Address Admission Discharge Service Unit Gender Record Tel Email Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April June July August September October November December".split()
)  # fmt: skip


def names(text: str) -> Iterator[Span]:
    """The names of people in a folded text; masked ones (张某, 杨XX) are left as they are."""
    for pattern, rule in ((LABELLED, "label"), (LOOSE, "label"), (CALLED, "called"), (HEADER, "header")):
        for match in pattern.finditer(text):
            name = match.group("name")
            sure = rule == "label" and ":" in (match.groupdict().get("colon") or (":" if pattern is LOOSE else ""))
            if is_name(name, sure, text[match.end("name") : match.end("name") + 2]) and not (rule == "called" and len(name) == 1 and "姓" not in match.group()):
                yield Span(match.start("name"), match.end("name"), "name", rule)
    yield from _titled(text)
    if re.search(r"[A-Z][a-z]", text):
        yield from _english(text)


def is_name(name: str, sure: bool, after: str = "") -> bool:
    """Whether it can be a name; `sure`: a label and a colon say that it is one, so only words of the trade are none."""
    bare = re.sub(r"[ \t\u200b]", "", name)
    if bare in WORDS or bare[:2] in WORDS or MASKS.search(bare) or EPONYMS.search(bare + after):
        return False
    given = bare[2:] if re.match(DOUBLE, bare) and len(bare) > 2 else bare[1:]
    if not given:
        return not sure
    if "·" in bare:
        return True
    allowed = NEVER - set("月日天来水儿玉和可以常分达度周老") if sure else NEVER
    return not (set(given) & allowed) and (sure or given[-1] not in "病症")


def _titled(text: str) -> Iterator[Span]:
    """A surname, or a whole name, before a title: the surname alone where what stands before it is no part of a name."""
    for match in re.finditer(TITLES, text):
        end = match.start()
        found = _before_title(text, end, match.group())
        if found is not None:
            yield Span(found, end, "name", "title")


def _before_title(text: str, end: int, title: str) -> int | None:
    def at(back: int) -> str:
        return text[end - back] if end >= back else "\n"

    def whole(length: int) -> bool:
        piece = text[max(0, end - length) : end]
        if len(piece) < length or not re.fullmatch(FULL, piece) or piece[0] not in FREQUENT and at(length + 1) not in VERBS and not re.match(DOUBLE, piece):
            return False
        return is_name(piece, False) and piece[1:] not in WORDS and at(length + 1) not in BESIDE.get(piece[0], "") + "主副"

    last = at(1)
    double = text[max(0, end - 2) : end]
    if re.fullmatch(DOUBLE, double):
        return end - 2
    alone = last in FREQUENT and at(2) not in BESIDE.get(last, "") and text[end - 2 : end] not in WORDS and last not in "祝时和全左向"
    if alone and (not _is_han(at(2)) or at(2) in VERBS or not (whole(2) or whole(3))):
        return end - 1
    strict = title in ("老师", "女士", "先生", "小姐", "同学", "阿姨", "师傅")
    for length in (3, 2):
        if whole(length) and (not _is_han(at(length + 1)) or at(length + 1) in VERBS or (not strict and alone)):
            return end - length
    return end - 1 if alone else None


def _is_han(letter: str) -> bool:
    return "\u4e00" <= letter <= "\u9fff"


def _english(text: str) -> Iterator[Span]:
    for pattern, rule in ((TITLE_ENGLISH, "title"), (LABEL_ENGLISH, "label"), (CALLED_ENGLISH, "called")):
        for match in pattern.finditer(text):
            words = re.findall(r"[A-Za-z.'-]+", match.group("name"))
            kept = next((place for place, word in enumerate(words) if {word.strip(".,"), word.strip(".,").capitalize()} & NOT_ENGLISH), len(words))
            if kept:
                start = match.start("name")
                span = text[start : match.end("name")]
                end = match.end("name") if kept == len(words) else start + span.find(words[kept])
                yield Span(start, len(text[:end].rstrip(" ,\t")), "name", f"{rule}-english")


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
