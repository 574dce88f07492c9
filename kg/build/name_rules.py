"""What no name can be: rules that mend a name, and rules that refuse one, each with its reason.

They judge the text alone; what the rest of the graph says of a name is judged in `kg/build/doubts.py`."""

import html
import unicodedata
from collections.abc import Callable, Iterable

import polars as pl

from kgtools.kg.ontology import ontology

INVISIBLE = (
    r"\x1b\[[0-9;?]*[A-Za-z]|"
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\x{ad}\x{34f}\x{61c}\x{115f}\x{1160}\x{17b4}\x{17b5}\x{180b}-\x{180f}"
    r"\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{206f}\x{3164}\x{fe00}-\x{fe0f}\x{feff}\x{ffa0}\x{fff0}-\x{fffb}"
    r"\x{1bca0}-\x{1bca3}\x{1d173}-\x{1d17a}\x{e0000}-\x{e0fff}]"
)
"""Characters that nobody sees: colours of a terminal, controls, soft hyphen, joiners, direction marks, variation selectors, tags, fillers; all that
Unicode lists as Default_Ignorable_Code_Point."""
BREAK = r"[ ]*[\r\n\t\x{2028}\x{2029}][ \r\n\t\x{2028}\x{2029}]*"
SPACE = r"[\s\x{2800}]+"
RADICALS = {
    sign: unicodedata.normalize("NFKC", sign)
    for sign in map(chr, range(0x2E80, 0x2FE0))
    if unicodedata.normalize("NFKC", sign) != sign
}
"""Signs of radicals that look as the characters do (⼼ as 心), as a PDF often has them."""
BREAK_IN_HAN = rf"([^\x00-\x7f]){BREAK}([^\x00-\x7f])"

TAG = r"(?i)</?(?:sub|sup|b|i|em|strong|br|span|font|p|a|div|u|small)(?:\s[^<>]*)?/?>"
"""`B<sub>2</sub>`; tags that say how text looks. Any other tag refuses the name."""
ENTITY = r"&(?:[A-Za-z]{2,8}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});"
SEPARATORS = "、，,；;：:"
NUMBERING = (
    r"^(?:[①-⑳⑴-⒇⒈-⒛➀-➓❶-❿⓵-⓾㈠-㈩]|[（(]\s*(?:\d{1,2}|[一二三四五六七八九十]{1,3})\s*[)）]|[\[【]\s*\d{1,2}\s*[】\]]|"
    r"\d{1,2}\s*[、．:：)）]|\d{1,2}\.|[一二三四五六七八九十]{1,2}[、．)）]|[Ⅰ-Ⅻ]\s*[、．.)）])\s*(\p{Han})"
)
"""`1、头痛`, `（2）头痛`, `（一）头痛`, `③头痛`: the number of a list, before a Chinese word."""
NO_NUMBERING = (
    r"^(?:[^\p{Han}]+|[（(]?[一二三四五六七八九十]{1,3}[、．)）]\s*)"
    r"(?:型|期(?:[^前待外盼]|$)|度(?:[^他假洛]|$)|级(?:[^联别]|$)|类(?:切口|药|$)|号(?:染色|$)|代(?:头孢|$)|价(?:[疫铁]|$)|"
    r"[一二两三四五六七八九十单多缺][体倍]|体(?:综合征|型|征)|联(?:征|律)|聚体|尖瓣|叉神经|指肠|头肌|日[疟热])"
    r"|^(?:[0-9０-９]{1,2}\s*[、．.]|[一二三四五六七八九十]{1,2}、)\s*"
    r"(?:磷酸|羟|羧|巯|酰|烯|炔|氢(?:[^氯氧]|氧化酶)|氧(?:化[^应]|代|基)|脱[氢氧羧氨甲]|去[氢氧甲氨]|甲[基氧酰硫苯醇酸烷胺双]|乙[酰氧基胺]|"
    r"丙[基酰硫胺]|丁[基酰酮]|氨基(?:[^酸]|$)|氨甲|硝基|苯[基甲乙丙并]|环[氧己戊]|异[丙丁戊]|氟尿|氯[苯乙丙]|碘(?:甲[^亢]|苯)|硫[代鸟]|"
    r"酮[类基戊古前]|半乳|酸甘|糖[醛胺])"
    r"|^[一二三四五六七八九十]{1,2}[、．]\s*[一二两三四五六七八九十]"
)
"""`5.羟色胺`, `21、三体`, `③型`, `二、三尖瓣`: the number is a part of the name. Where both can be, it stays: a list's number in a
name is seen, a number that is missing is not."""
QUOTED = r"^[“\"「『‘']([^“”\"「」『』‘’']+)[”\"」』’']$"

MISSING = (
    r"(?i)^[\[(<（【#\\-]*(?:nan|none|null|nil|n/a|nat|undefined|missing|unknown|blank|empty|1\.#qnan|1\.#ind)[\])>）】]*$"
    r"|^\\N$"
    r"|^(?:目前|现)?(?:暂无|暂缺|尚无|没有|缺少|缺失|无|空|空白|未知|未详|不详|不明|不清楚?|待补充|待完善|待定|待查|未填写?|未提供|未提及|未记录|未录入|同上|略|保密)"
    r"(?:相关|有关|任何)?(?:的)?(?:资料|数据|信息|内容|记录|介绍|描述|说明|值|项)?$"
)
QUESTION = (
    r"[?？][\p{P}\s]*$|[!！]"
    r"|如何|怎么|怎样|咋办|为什么|为何|什么|哪些|哪种|哪个|哪里|多少|是不是|能不能|会不会|可不可以|要不要|有没有|请问|吗$|呢$"
    r"|(?i)^(?:what|which|how|why|when|where|who|can|is|are|does|do|should|could)\s.*\?"
)
LOST = r"[?？�\p{Co}]|^-\p{Han}|锟斤拷|烫烫"
"""A character that the file no longer has: `目?病`, `-内酰胺酶` (β), private signs of a font."""
PAGE_WORDS = (
    "查看", "查看更多", "查看全部", "查看详情", "查看详细", "更多", "更多内容", "更多信息", "详细", "详情",
    "详细信息", "全文", "阅读全文", "展开", "展开全部", "收起", "返回", "返回首页", "返回顶部", "返回列表", "首页",
    "上一页", "下一页", "上一篇", "下一篇", "末页", "尾页", "目录", "登录", "注册", "收藏", "分享", "打印", "关闭",
    "广告", "推荐阅读", "相关阅读", "相关文章", "相关推荐", "热门推荐", "参考文献", "责任编辑", "在线咨询",
    "免费咨询", "立即咨询", "我要咨询", "我要提问", "立即预约", "预约挂号", "立即购买", "加入购物车", "点击进入",
    "点击查看", "点击这里", "继续阅读", "无标题文档", "网站地图", "联系我们", "版权所有", "more", "next", "back", "home",
)  # fmt: skip
NAVIGATION = (
    r">>|<<|»|«|＞＞|＜＜"
    r"|点击(?:查看|进入|这里|此处|下载|了解|阅读|咨询)|查看(?:更多|详情|详细|全部|全文|其他)|阅读全文|更多(?:内容|详情|信息|资料|>)"
    r"|请(?:阅读|参阅|参见|参考|参照|点击|查看|咨询|见|遵医嘱|联系|输入|选择|登录)|详见|参见|参阅|见(?:上文|下文|正文|附录|下表|上表|前述)|如上所述|如下所述"
    r"|返回(?:首页|顶部|目录|列表|上一)|版权所有|责任编辑|本站|本网站|https?:|www\.|\.(?:com|cn|net|org)\b"
    r"|^首页|\S\s+>\s+\S.*\s>\s|(?:立即|免费|在线)咨询|在线(?:医生|问诊)"
    r"|(?i)\b(?:click here|read more|see more|view (?:all|more)|see also|learn more|more info|show more|back to top|next page)\b"
    rf"|^[\[【（(<]*(?:{'|'.join(PAGE_WORDS)})[\]】）)>…]*$"
)
LINK_TEXT = rf"\s*[\[【]\s*(?:{'|'.join(PAGE_WORDS)})\s*[\]】]$"
"""`高血压[详细]`: a name and the words of a link."""
MARKUP = r"<[/!?]?[A-Za-z][^<>]*>|<!--|-->|\[\[|\]\]|\]\(|\{\s*\"\w+\"|\"\w+\"\s*:|" + ENTITY
ENDED_LIST = rf"[{SEPARATORS}].*\p{{Han}}.*[{SEPARATORS}]\s*$"
"""`牛奶、鸡蛋、`: a list with a separator at its end, where a name has one inside at most."""
SEVERAL = rf"[{SEPARATORS}]\s*[{SEPARATORS}]|[；;]|.[①-⑳⑴-⒇]|{ENDED_LIST}"
SENTENCE_WORDS = (
    "如果|可以|可能会|应该|应当|应注意|需要|必须|必要时|建议|多数|少数|大多|大部分|一般情况|一般不|不需要?|无需|不必|不宜|切忌|避免|"
    "视情况|根据|依据|取决于|因此|所以|但是|例如|比如|每次|每日|每天|一日|于每|首选|为主"
)
CLASSIFIED = ("Disease", "Examination", "Product")
"""Types whose names may hold commas, as those of a classification do: `霍乱，由于O1群霍乱弧菌所致`."""
TIME = r"(?:个|余|多)?(?:小时|分钟?|秒|周岁|岁|星期|周|天|日|个月|月|年|次)"
UNIT = (
    rf"(?:{TIME}|(?:余|多)?(?:例|人|片|粒|丸|支|袋|瓶|盒|滴|包|块|元|万元|万|千|百|度|℃|°C)|"
    r"mmHg|kPa|cmH2O|mmol|μmol|umol|nmol|pmol|mol|mg|μg|ug|ng|kg|g|ml|mL|dl|dL|μl|l|L|cm|mm|km|m|IU|U|Hz|kcal|kJ|bpm|"
    r"years?|months?|weeks?|days?|hours?|minutes?|yuan|times?|[%％‰])"
)
DIGITS, WORDS = r"[\d０-９]+(?:[.．,，]\s?[\d０-９]+)*", r"[一二三四五六七八九十两半百千数几]+"
QUALIFIER = r"(?:约|大约|大概|近|至少|至多|不超过|超过|大于|小于|高于|低于|每|共|仅|第|[<>≤≥＜＞±~～≈=])*\s*"
TO = r"\s*(?:[-–—―~～/／:：∶×x*]+|至|到)\s*"
PER = rf"(?:\s*[/／每一]\s*{UNIT})*"
AROUND = r"\s*(?:以上|以下|以内|之间|左右|前后|不等|内|后)?"
MEASURE = rf"{QUALIFIER}{DIGITS}\s*{UNIT}?(?:{TO}{DIGITS}\s*{UNIT}?)*"
SPOKEN = rf"{QUALIFIER}{WORDS}(?:{TO}{WORDS})?\s*{TIME}(?:{WORDS}{TIME})?"
DOSING = rf"(?:每|一)[日天周月年晚]\s*(?:{WORDS}|{DIGITS})\s*{UNIT}"
VALUE = rf"^[(（\[]*(?:(?i:pH)\s*{DIGITS}|{DOSING}|{MEASURE}|{SPOKEN}){PER}{AROUND}[)）\]]*$"
"""`1-3个月`, `约500mg/日`, `（>60次/分）`, `每日三次`."""
SHARE_FIRST = r"^\s*\d+(?:\.\d+)?\s*[%％]"
SHARE_TYPES = ("Drug", "Product", "Treatment", "Food", "Examination")
"""In whose names a share may come first: `10%葡萄糖`."""
NOTHING = (
    "对症", "治疗", "支持", "综合", "其他", "其它", "其他类", "其它类", "一般", "正常", "异常", "有", "是", "否", "无", "等",
    "等等", "以上", "以下", "全部", "所有", "部分", "相关", "常见", "病因", "诱因", "预防", "护理", "概述", "简介",
    "定义", "诊断", "鉴别", "注意事项", "临床表现", "并发病症", "常用药", "常用药品", "推荐药品", "好评药品",
    "相关药品", "药品", "名称", "类型", "分类", "项目", "内容", "测试", "test", "other", "others", "misc", "miscellaneous",
    "general", "various", "etc", "本病", "该病", "此病", "患者", "病人", "医生", "医师", "主治医师", "副主任医师", "主任医师", "专家",
    "有时", "偶尔", "经常", "常常", "和", "或", "及", "与", "并", "且", "而", "但",
)  # fmt: skip
"""Words that name nothing by themselves, headings of a page among them."""
HEADING = (
    r"^(?:[（(【\[]?[一二三四五六七八九十\d]{0,2}[)）】\].、]?)*"
    r"(?:疾病|病症|症状|体征|科室|部位|检查|药品|药物|食物|食品|饮食|保健|营养|适应[症证]|禁忌[症证]?|临床|表现|常见|典型|主要|相关|就诊|所属|"
    r"推荐|常用|以上|上述|某些|一些|部分|其他|其它|各种|各类|名称|列表|大全|项目|方法|方案|原则|治疗方[法案]|治疗原则|注意事项|概述|简介|预防|护理)+"
    r"[】\]]*$"
    r"|的(?:治疗方[法案]|治疗原则|饮食(?:禁忌|保健|原则|调养)?|病因|发病原因|症状表现|临床表现|预防(?:方法|措施)|护理(?:方法|措施)|"
    r"注意事项|危害|食疗(?:方法)?|偏方)$"
    r"|^[a-z]+(?:_[a-z]+)*_(?:name|id|type)$"
)
"""A heading of a page or of a column, made of words that name nothing: `（二）临床表现`, `肺炎的治疗方法`, `symptom_name`."""
OTHER_FIELDS = (
    r"^国药准字|^(?:有|无|没有|不具有)传染性$|(?i)^(?:true|false)$|^[-+]?\d+(?:\.\d+)?e[-+]?\d+$|^\d+ days?, [\d:.]+$"
)
"""Values of other fields: the licence number of a drug, whether a disease is contagious, what is true or false, a number in the
way of programs (1e+30), a time."""
ONLY_DIGITS = ("654-2",)
"""Drugs that are called by a number."""

REFUSALS = {
    "missing-value": "a word for an empty cell (NaN, null, 暂无资料): refused",
    "no-letter": "a name without a letter: refused",
    "question": "a question or an exclamation: refused",
    "lost-character": "a sign stands where the file has lost a character (`?`, a private character): refused",
    "navigation": "words of the page (`>>`, 点击查看, a link): refused",
    "markup": "markup is left in the name: refused",
    "several-names": "several names in one (`；`, a separator twice): refused",
    "sentence": "a sentence, or a piece of one: refused",
    "value": "a value with its unit (`1-3个月`): refused",
    "general-word": "a word or heading that names nothing by itself (对症, 其他, 临床表现, the name of a type): refused",
}
REPAIRS = {
    "control-characters": "a name holds characters that nobody sees (BOM, NUL, zero-width space): removed",
    "markup-removed": "a name holds tags or entities of HTML: removed, or put as characters",
    "line-break": "a name holds a line break or a tab: joined",
    "outer-space": "a name begins or ends with white space: trimmed",
    "inner-space": "a name holds white space that is not one plain space (NBSP, several in a row): made one",
    "unicode-form": "a name is not in Unicode's form NFC, or has radicals in place of characters (⼼ for 心): put so",
    "list-number": "a name begins with the number of a list: removed",
    "outer-separator": "a name begins or ends with a separator, a bullet or a full stop: trimmed",
    "link-text": "the words of a link stand behind a name (`[详细]`): removed",
    "outer-quotes": "a name stands in quotation marks: taken out of them",
    "trailing-etc": "a name ends in 等: removed",
}

Mend = Callable[[pl.Expr], pl.Expr]


def visible(name: pl.Expr) -> pl.Expr:
    """The text without characters that nobody sees."""
    return name.str.replace_all(INVISIBLE, "")


def _part_paragraphs(name: pl.Expr) -> pl.Expr:
    """Paragraphs are several names."""
    return name.str.replace_all(r"(\S)[ \t]*\r?\n[ \t]*\r?\n\s*(\S)", "$1；$2")


def _join_lines(name: pl.Expr) -> pl.Expr:
    for _ in range(2):  # a character between two breaks belongs to both
        name = name.str.replace_all(BREAK_IN_HAN, "$1$2")
    return name.str.replace_all(BREAK, " ")


def _trim(name: pl.Expr) -> pl.Expr:
    return name.str.strip_chars()


def _plain_space(name: pl.Expr) -> pl.Expr:
    return name.str.replace_all(SPACE, " ")


def _composed(name: pl.Expr) -> pl.Expr:
    return name.str.normalize("NFC").str.replace_many(list(RADICALS), list(RADICALS.values()))


def _without_markup(name: pl.Expr) -> pl.Expr:
    has_entity = name.str.contains(ENTITY)
    unescaped = pl.when(has_entity).then(name).map_elements(_unescape, pl.String, skip_nulls=True)
    return pl.coalesce(unescaped, name).str.replace_all(TAG, "")


def _unescape(text: str) -> str:
    """Twice, for `&amp;nbsp;` was escaped twice."""
    return html.unescape(html.unescape(text))


def _without_link(name: pl.Expr) -> pl.Expr:
    return name.str.replace(rf"(\S){LINK_TEXT}", "$1")


def _without_number(name: pl.Expr) -> pl.Expr:
    return pl.when(name.str.contains(NO_NUMBERING)).then(name).otherwise(name.str.replace(NUMBERING, "$1"))


def _without_separators(name: pl.Expr) -> pl.Expr:
    ends = rf"(?:[{SEPARATORS}。·•*\s]+|(\p{{Han}}[)）]?)[-—－–_~|]+)$"
    led = name.str.replace(rf"^[{SEPARATORS}。·•●○■□◆◇★☆※►▶▪*\s]+", "").str.replace(r"^[.．]+(\p{Han})", "$1")
    trimmed = led.str.replace(ends, "$1").str.replace(r"(\p{Han}[)）]?)[.．]$", "$1").str.strip_chars()
    return pl.when(led.str.contains(ENDED_LIST)).then(led).otherwise(trimmed)


def _without_quotes(name: pl.Expr) -> pl.Expr:
    return name.str.replace(QUOTED, "$1").str.strip_chars()


def _without_etc(name: pl.Expr) -> pl.Expr:
    return name.str.replace(r"([^不均相平同中高低下上初优头减对劣次甲乙丙特超差何])等等?$", "$1").str.strip_chars()


HARMLESS: tuple[tuple[str, Mend], ...] = (
    ("control-characters", visible),
    ("outer-space", _trim),
    ("line-break", _join_lines),
    ("unicode-form", _composed),
    ("inner-space", _plain_space),
    ("outer-space", _trim),
)
"""What even a raw load mends: two names that look the same are the same."""
MENDS: tuple[tuple[str, Mend], ...] = (
    ("line-break", _part_paragraphs),
    *HARMLESS,
    ("markup-removed", _without_markup),
    *HARMLESS,
    ("link-text", _without_link),
    ("outer-quotes", _without_quotes),
    ("list-number", _without_number),
    ("outer-separator", _without_separators),
    ("trailing-etc", _without_etc),
)


def clean_name(name: pl.Expr) -> pl.Expr:
    """The name as it looks: without invisible characters, line breaks, outer and doubled white space, composed characters as
    one; nothing else is touched."""
    for _, mend in HARMLESS:
        name = mend(name)
    return name


def as_they_look(names: Iterable[str]) -> list[str]:
    """The same of words that are no names of entities: columns, keys."""
    series = pl.Series("name", list(names), dtype=pl.String)
    return pl.DataFrame([series]).select(clean_name(pl.col("name"))).to_series().to_list()


def judge_names(names: pl.DataFrame, raw: bool = False) -> pl.DataFrame:
    """`type` and `name` of each row, with `clean` (the name mended), `rule` (the first rule that changed it) and
    `refused` (why it is no name); both null where there is nothing to say. `raw`: only HARMLESS mends, nothing is refused."""
    rows = names.select("type", "name", pl.col("name").alias("clean"), pl.lit(None, pl.String).alias("rule"))
    for rule, mend in HARMLESS if raw else MENDS:
        rows = rows.with_columns(mend(pl.col("clean")).alias("mended"))
        changed = pl.col("mended") != pl.col("clean")
        rows = rows.with_columns(
            pl.coalesce("rule", pl.when(changed).then(pl.lit(rule))).alias("rule"), pl.col("mended").alias("clean")
        )
    refused = pl.lit(None, pl.String) if raw else _refusal(pl.col("type"), pl.col("clean"))
    return rows.select("type", "name", "clean", "rule", refused.alias("refused"))


def is_missing(text: pl.Expr) -> pl.Expr:
    """Whether a text is a word for an empty cell: in a value as in a name."""
    return text.str.contains(MISSING)


def is_punctuation(text: pl.Expr) -> pl.Expr:
    """Whether a text is nothing but marks that tell nothing; + and - may be results."""
    return text.str.contains(r"^[?？。、，,;；:：!！…·./\\_*#~\s]+$")


def _refusal(type_: pl.Expr, name: pl.Expr) -> pl.Expr:
    """Why a name is none; null for one that may be one, and for an empty one."""
    bare = name.str.replace_all(r"[（(【\[][^（(【\[\]】)）]*[)）\]】]", "")
    commas = bare.str.replace_all(r"[\w\d][，,]\s?[\x00-\x7fⅠ-ⅻ]", "").str.count_matches(r"[，,]")
    length = name.str.len_chars()
    han = name.str.contains(r"\p{Han}")
    cut = name.str.contains(r"(?:\.\.\.|…)$")
    clauses = ((commas >= 2) | ((commas >= 1) & (length >= 14))) & ~type_.is_in(CLASSIFIED)
    told = (length >= pl.when(type_.is_in(CLASSIFIED)).then(24).otherwise(14)) & name.str.contains(SENTENCE_WORDS)
    sentence = (
        name.str.contains(
            r"^(?:的|可以|可能|并且|并可|以及|及其|而且|例如|包括|其中|如不|不要|切勿|请[勿在按遵])|的(?:患者|病人)$|。|\p{Han}\s*：\s*\S|\p{Han}:\s*\S{10}"
        )
        | (name.str.ends_with("的") & (type_ != "Product"))
        | (han & (clauses | told | (length > 60)))
    )
    share = name.str.contains(SHARE_FIRST) & ~type_.is_in(SHARE_TYPES)
    closed = [kind for kind, told in ontology().entities.items() if told.closed]
    others = type_.is_in(closed) & name.str.contains(r"^其[他它]")
    first_question = name.str.contains(QUESTION) & ~(cut & ~name.str.contains("[?？!！]"))
    return (
        pl.when(name == "").then(None)
        .when(is_missing(name)).then(pl.lit("missing-value"))
        .when(name.str.contains(NAVIGATION)).then(pl.lit("navigation"))
        .when(~name.str.contains(r"\p{L}") & ~name.is_in(ONLY_DIGITS)).then(pl.lit("no-letter"))
        .when(first_question).then(pl.lit("question"))
        .when(name.str.contains(LOST)).then(pl.lit("lost-character"))
        .when(name.str.contains(MARKUP)).then(pl.lit("markup"))
        .when(name.is_in(ONLY_DIGITS)).then(None)
        .when(name.str.contains(VALUE) | name.str.contains(OTHER_FIELDS) | share).then(pl.lit("value"))
        .when(name.str.to_lowercase().is_in(_general_words()) | name.str.contains(HEADING) | others).then(pl.lit("general-word"))
        .when(sentence).then(pl.lit("sentence"))
        .when(bare.str.contains(SEVERAL) | name.str.contains(r"^\[\s*['\"]")).then(pl.lit("several-names"))
    )  # fmt: skip


def _general_words() -> list[str]:
    """NOTHING, and what the ontology calls its types and relations: a heading that was taken for a name."""
    known = ontology()
    types = (word for kind in known.entities.values() for word in (kind.zh, kind.en, kind.plural))
    relations = (word for relation in known.relations.values() for word in (relation.zh, relation.en))
    return sorted({word.lower() for word in (*NOTHING, *types, *relations)})
