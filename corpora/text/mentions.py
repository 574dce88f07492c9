r"""Whether a text speaks of escapes and tags themselves, or is code: then each stands in it as it is meant.

What tells it: words of programming (`printf(`, `HTML`, 换行符, 转义), code round a sign (`split('\n')`, `'\n+'`, `%s\t%s`), a sign that
stands in a sentence as a word does (`用 \n 换行`, `the <br> tag`, `<br> and <br/>`, `as &lt; and`), and the same sign both as
itself and escaped (`Write R&amp;D for R&D`), for an export escapes all of them. Words that are also medicine's (tag, entity, escape,
标签, 实体) tell it only beside a sign."""

import html
import re

import orjson

TAGS = "br|hr|p|div|span|ul|ol|li|b|i|u|strong|em|a|h[1-6]|table|tr|td|pre|img"
SLASH, TAG = r"(?:\\[nrt](?![a-zA-Z]))", rf"(?:</?(?:{TAGS})\s?/?>)"
ENTITY = r"(?:&(?:amp;)?(?:nbsp|ensp|emsp|lt|gt|amp|apos|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});)"
QUOTE = r"(?:&(?:quot|apos|ldquo|rdquo|#39|#34|#x2[27]);)"
SIGN = rf"(?:{SLASH}{{1,4}}|{TAG}|{ENTITY}|{QUOTE})"
SPACE = r"&(?:amp;)?(?:[ne][bm]?sp|#160|#[xX][aA]0);"
ESCAPED_TAG = r"(?:&lt;/?[a-z]{1,8}[1-6]? ?/?&gt;)"
LONE = rf"(?:{SLASH}{{1,4}}|{TAG}|{ESCAPED_TAG}|{ENTITY})"
"""A sign that is no quotation mark, which may stand behind any word."""

BEGIN = r"(?:\b|(?<=\\[nrt]))"
"""Of a word, also of one right behind a sign: `\\nPython`."""
WORDS = (
    r"(?<![./\w-])(?:x?html5?|xml)(?![\w/])",
    rf"{BEGIN}(?:unescap\w*|regexp?|regexes|regular expressions?|newlines?|line ?feeds?|carriage returns?|back-?slash\w*|line breaks?)\b",
    rf"{BEGIN}escape (?:sequences?|codes?|characters?)\b",
    rf"{BEGIN}escap(?:e|es|ed|ing) (?:the |an? )?(?:[<>&]|angle|ampersand|quot|backsl|string|special)",
    rf"{BEGIN}(?:non-?breaking spaces?|(?:tab|newline|control) characters?|(?:tab|comma|newline)-(?:separated|delimited)|delimiters?)\b",
    rf"{BEGIN}(?:html|character|xml|named|numeric) (?:entit(?:y|ies)|references?)\b|{BEGIN}string literals?\b|{BEGIN}source code\b",
    rf"{BEGIN}(?:Python|JavaScript|TypeScript|pandas)\b|C语言|编程|字符串|源代码|源码|网页(?:代码|编码)",
    r"转义|反斜[杠线]|回车符|制表符|空格符|不换行空格|不间断空格|分隔符|正则表达|正则匹配|另起一行|每行(?:末尾|结尾|开头)|行尾(?=[的是符用])",
    r"(?<![置更转交替变调改互轮切])换行(?![走为动包])",  # 瓣膜置换行…术 is none
    r"\b[a-z]{1,4}[1-6]? ?标签|(?:字符|HTML|XML)实体|实体(?:编码|引用|字符|符号)",
    r"(?:尖括号|和号|与号|引号)[^。\n]{0,9}(?:编码|写成|显示|代替)",
    r"<!DOCTYPE\b|<\?xml\b|<(?:html|head|body|script|style|form|svg)\b[^<>]{0,200}>",
)
CODE = (
    r"\b[A-Za-z_]\w{0,60}\(\s{0,3}[rfbu]{0,2}[\"'][^\"'\n]{0,200}[\"']\s{0,3}[,)]",  # print("...")
    r"\.(?:split|splitlines|join|replace|r?strip|sub|findall|match|search|compile|dumps|loads|format|write|print(?:ln|f)?)\(",
    rf"\.(?:escape|encode|decode|append|readlines?)\(|{BEGIN}(?:[fs]?printf|console\.log|System\.out)\b|{BEGIN}json\.\w{{1,20}}",
    rf"{BEGIN}re\.(?:split|sub|compile|findall|match|search)\b|{BEGIN}def \w{{1,60}}\(|{BEGIN}import (?:re|os|json|html|csv|pandas)\b|#include\b",
    rf"{BEGIN}(?:sed|e?grep|[gm]?awk|tr|perl|echo)[ \t]+(?:-[A-Za-z]+[ \t]+)*[$\"'][^\"'\n]{{0,80}}[\"']",
    rf"{BEGIN}(?:sed|grep|awk|echo|tr|cut) -[a-zA-Z]{{1,4}}\b|{BEGIN}s/[^\s/]{{0,40}}\\[^\s/]{{0,40}}/[^\s/]{{0,40}}/",
    r"\b[rRbf]{1,2}[\"'][^\"'\n\\]{0,80}\\|(?<![\w%])%[-+.\d]{0,6}[sdfgu]\\[nrt]|\\[nrt]%[-+.\d]{0,6}[sdfgu]\b",
    r"(?<![\\/:\w])\\[dswDSWB](?![A-Za-z])|\\[nrt][+*?][\"'/)\]|\\]|\\[nrt]\{\d|\[\^?(?:\\[nrtsdw]){1,6}[^\]\s\\]{0,30}\]",
    r"[{,]\s{0,30}\"[^\"\n]{1,60}\"\s{0,3}:\s{0,3}[\[{\"\d]",  # {"key": "..."}
    r"(?:格式|模板|\bformat|\btemplate)(?:[^\n。\\]{1,30}\\t|\W{0,3}[\"'“‘][^\"'”’\n]{0,120}\\[nrt])",
    r"用 ?\\[nrt] ?(?:连接|分隔|隔开|拼接|分开)",
    r"(?<![A-Za-z0-9])'[^'\n]{1,200}\\[nrt]'(?![A-Za-z])",  # the format 'Age: ...\nSex: ...\n'
    r"(?:[A-Za-z_\])]\s?=|<<)\s?[rfbu]{0,2}\\?[\"'][^\"'\n<>]{0,200}\\[nrt]",  # s = "...\n"
)

BEFORE = (
    "the|an?|use|used|using|type|typed|types|insert|inserting|insert an?|write|writing|writes|written as|called|what is|what's|whats|what are"
    "|does|do|did|has|have|uses|enter|enters|containing|find|search for|single|each|every|mean|between|via|put|puts|replac(?:e|es|ing)"
    "|characters?|sequence|symbols?|tags?|rid of|full of|lots of|instead of|strip|remov(?:e|es|ing)|sees?|shows?|showing|prints?|adds?|adding"
    "|append|match|matches|as|by|with|like"
)
BEHIND = (
    "and|or|for|in|instead|to|is|means?|if|when|where|inside|within|so|sign|stands?|represents?|as|at|between|before|after|rather|not|into"
    "|everywhere|marks?|needs?|do|does|works?|from|on|with|without"
)
"""Words between which a sign with blanks round it is a word itself."""
THINGS = (
    r"newlines?|new line|line|tabs?|spaces?|blank|non|single|double|quot\w*|apostrophe|ampersand|less|greater|html|escape\w*|tags?|element"
    r"|carriage|paragraph|break"
)
END = r"[,;:?!)](?!\d)|\.(?:\s|$)"
IN_ENGLISH = (
    rf"{SIGN} {{1,2}}(?:tags?|elements?|entit(?:y|ies)|characters?|escapes?|sequences?)\b",
    rf"{SIGN} {{1,2}}(?:is|means?|stands? for|represents?|denotes?|gives?|becomes?) (?:an? |the )?(?:{THINGS})\b",
    rf"{BEGIN}(?:{BEFORE}) {{1,2}}{LONE}(?: {{1,2}}(?:{BEHIND})\b|{END})",
    rf"{BEGIN}(?:split|join|contains?|replace|remove|strip|append|insert|trim|turns|converts)(?: [a-z]{{1,12}}){{0,3}} {{1,2}}{LONE}"
    rf"(?: {{1,2}}[a-z]|{END})",
    rf"(?<=[A-Za-z0-9] ){SLASH}{{1,4}}[.,;:?!)](?=\s|$)",
    rf"{BEGIN}(?:escape[sd]? {{1,2}}\S{{1,12}} {{1,2}}|written |encoded |shows? |appears? |rendered |displayed )as {{1,2}}\S{{0,12}}{ENTITY}(?! ?\d)",
)
ZH_VERBS = (
    "用|写|写作|写成|加上|加个|输入|输出|匹配|替换成|替换为|换成|改成|插入|敲|打|遇到|去掉|删掉|删除|看到|出现|里的|中的|这个|多个|单个|每个|查找|搜索"
    "|符号|字符|标记|一堆|变成|显示"
)
ZH_BEFORE = f"{ZH_VERBS}|是|为|加|以|把|将|表示|代表|使用|叫|即|在|到|如|像|有|全是|都是|很多"
ZH_BEHIND = "可以|是|可|即|来|就|会|都|等|结尾|开头|替换|连接|分割|切|怎么|什么|吗|该|而|才|作|当|去|做|拆|显示|插入|转|换|这|的|空|写"
ZH_THINGS = "HTML|换行|空格|不换行|单引号|双引号|引号|小于|大于|和号|与号|制表|回车|段落|行内|块级"
IN_CHINESE = (
    rf"{SIGN} ?(?:换行|用来|分隔(?!膜)|隔开|标签|字符|转义|实体(?![瘤肿器性])|的(?:意思|含义|作用|区别|写法))",
    rf"{SIGN} ?(?:表示(?:一个|[换空回制行新小大“\"])|代表(?:一个|[换空回制行新])|来(?:表示|换行|分隔|隔开|写))",
    rf"(?:{TAG}|{ENTITY}|^{SIGN}) ?是(?:什么|啥)[？?]",
    rf"{SIGN} ?(?:是(?:什么意思|干什么|什么标签|什么符号)|(?:是|就是|即|代表|指|表示)(?:一个)?(?:{ZH_THINGS}))",
    rf"(?:(?:{ZH_VERBS}) ?{LONE}|(?:{ZH_BEFORE}) ?(?!{SPACE}){LONE}) ?[，、；？,;?)）”’」。](?!\d)",
    rf"(?:{ZH_BEFORE}) {{1,2}}{LONE} {{1,2}}(?:{ZH_BEHIND})",
    rf"(?:写成|写作|转成|变成|显示成|显示为) {{0,2}}\S{{0,12}}{ENTITY}(?! ?\d)|写成 ?{TAG}",
)
TWO = rf"(?!{SPACE}){SIGN}\s{{0,2}}(?:and|or|vs\.?|versus|和|与|或|及|、|还是|/|换成|替换成|替换为|改成)\s{{0,2}}{LONE}"
MEANT = re.compile("|".join((*WORDS, *CODE, TWO, *IN_ENGLISH, *IN_CHINESE)), re.IGNORECASE | re.ASCII)
QUOTED = re.compile(
    rf"[\"'“‘「『《`]\s?{LONE}{{1,4}}\s?[\"'”’」』》`]|[（(]\s?(?:(?!{SPACE}){LONE}){{1,4}}\s?[）)]|(?<![\w\"'])(?P<mark>[\"']){SIGN}(?P=mark)"
)
BESIDE = re.compile(
    r"(?P<sign>[^\s\w])\s?(?:as|is|->|=|→|是|写成|写作|用)\s?(?P<entity>&#?\w{2,31};)"
    r"|(?P<first>&#?\w{2,31};)\s?(?:for|or|instead of|to get|is|means|not|->|=|→|和|或|是|即|表示|代替|显示)\s?(?P<then>[^\s\w])"
)
"""A sign and what may be the entity for it."""
BOTH_WAYS = (("&lt;", re.compile(r"<(?![/!]?[A-Za-z])")), ("&amp;", re.compile(r"&(?!#?\w{2,31};)")))
"""What is escaped, and the same as itself."""


def are_meant(text: str) -> bool:
    """Whether the escapes and tags of a text are what it speaks of, or code that it holds."""
    if MEANT.search(text) or QUOTED.search(text):
        return True
    if any(escaped in text and itself.search(text) for escaped, itself in BOTH_WAYS) or _is_json(text):
        return True
    pairs = BESIDE.findall(text) if "&" in text else []
    return any(html.unescape(entity or first) == (sign or then) for sign, entity, first, then in pairs)


def _is_json(text: str) -> bool:
    """Whether a text is one value of JSON, whose own escapes are its grammar."""
    bare = text.strip()
    if not (bare.startswith(("{", "[")) and bare.endswith(("}", "]"))):
        return False
    try:
        orjson.loads(bare)
    except orjson.JSONDecodeError:
        return False
    return True
