"""What a name looks like that is none, or is to be mended: regular expressions and lists of words, each with an example."""

import unicodedata

INVISIBLE = (
    r"\x1b\[[0-9;?]*[A-Za-z]|"
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\x{ad}\x{34f}\x{61c}\x{115f}\x{1160}\x{17b4}\x{17b5}\x{180b}-\x{180f}"
    r"\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{206f}\x{3164}\x{fe00}-\x{fe0f}\x{feff}\x{ffa0}\x{fff0}-\x{fffb}"
    r"\x{1bca0}-\x{1bca3}\x{1d173}-\x{1d17a}\x{e0000}-\x{e0fff}]"
)
"""Characters that nobody sees: colours of a terminal, controls, soft hyphen, joiners, direction marks, variation selectors, tags, fillers; all that
Unicode lists as Default_Ignorable_Code_Point."""
BREAK = r"[ ]*[\r\n\t\x{2028}\x{2029}][ \r\n\t\x{2028}\x{2029}]*"
"""A line break or a tab with the blanks around it: `头痛\\n 发热`."""
SPACE = r"[\s\x{2800}]+"
"""White space of any kind and length, and the blank of Braille."""
RADICALS = {
    sign: unicodedata.normalize("NFKC", sign)
    for sign in map(chr, range(0x2E80, 0x2FE0))
    if unicodedata.normalize("NFKC", sign) != sign
}
"""Signs of radicals that look as the characters do (⼼ as 心), as a PDF often has them."""
BREAK_IN_HAN = rf"([^\x00-\x7f]){BREAK}([^\x00-\x7f])"
"""`急性\\n咽炎`: between two Chinese characters a break parts no words, and leaves no blank."""

TAG = r"(?i)</?(?:sub|sup|b|i|em|strong|br|span|font|p|a|div|u|small)(?:\s[^<>]*)?/?>"
"""`B<sub>2</sub>`; tags that say how text looks. Any other tag refuses the name."""
ENTITY = r"&(?:[A-Za-z]{2,8}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});"
"""`&lt;`, `&#8451;`, `&#x2103;`. The bounds keep `A&B;` and long words out."""
SEPARATORS = "、，,；;：:"
"""Marks that part names in a list. `·` and `/` are parts of names."""
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
"""`“感冒”`: quotation marks around the whole, none inside."""

MISSING = (
    r"(?i)^[\[(<（【#\\-]*(?:nan|none|null|nil|n/a|nat|undefined|missing|unknown|blank|empty|1\.#qnan|1\.#ind)[\])>）】]*$"
    r"|^\\N$"
    r"|^(?:目前|现)?(?:暂无|暂缺|尚无|没有|缺少|缺失|无|空|空白|未知|未详|不详|不明|不清楚?|待补充|待完善|待定|待查|未填写?|未提供|未提及|未记录|未录入|同上|略|保密)"
    r"(?:相关|有关|任何)?(?:的)?(?:资料|数据|信息|内容|记录|介绍|描述|说明|值|项)?$"
)
"""`NaN`, `<null>`, `\\N` of SQL, `暂无资料`, `未提及`: a word for an empty cell and nothing else."""
QUESTION = (
    r"[?？][\p{P}\s]*$|[!！]"
    r"|如何|怎么|怎样|咋办|为什么|为何|什么|哪些|哪种|哪个|哪里|多少|是不是|能不能|会不会|可不可以|要不要|有没有|请问|吗$|呢$"
    r"|(?i)^(?:what|which|how|why|when|where|who|can|is|are|does|do|should|could)\s.*\?"
)
"""`感冒怎么办`, `什么是糖尿病`, `好吗`, `How is it treated?`, and exclamations."""
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
"""`查看更多`, `首页 > 疾病 > 内科`, `请咨询医生`, `www.39.net`, `read more`."""
LINK_TEXT = rf"\s*[\[【]\s*(?:{'|'.join(PAGE_WORDS)})\s*[\]】]$"
"""`高血压[详细]`: a name and the words of a link."""
MARKUP = r"<[/!?]?[A-Za-z][^<>]*>|<!--|-->|\[\[|\]\]|\]\(|\{\s*\"\w+\"|\"\w+\"\s*:|" + ENTITY
"""`<img src=...>`, `[[`, `](`, `{\"name\"`: what TAG and entities have left."""
ENDED_LIST = rf"[{SEPARATORS}].*\p{{Han}}.*[{SEPARATORS}]\s*$"
"""`牛奶、鸡蛋、`: a list with a separator at its end, where a name has one inside at most."""
SEVERAL = rf"[{SEPARATORS}]\s*[{SEPARATORS}]|[；;]|.[①-⑳⑴-⒇]|{ENDED_LIST}"
"""`头痛；发热`, `头痛、、发热`, `头痛①发热`, a list with a separator at its end."""
SENTENCE_WORDS = (
    "如果|可以|可能会|应该|应当|应注意|需要|必须|必要时|建议|多数|少数|大多|大部分|一般情况|一般不|不需要?|无需|不必|不宜|切忌|避免|"
    "视情况|根据|依据|取决于|因此|所以|但是|例如|比如|每次|每日|每天|一日|于每|首选|为主"
)
"""Words that advise or judge, which a name of 14 characters and more does not hold: `应当`, `一般不需要`, `每日`."""
CLASSIFIED = ("Disease", "Examination", "Product")
"""Types whose names may hold commas, as those of a classification do: `霍乱，由于O1群霍乱弧菌所致`."""
TIME = r"(?:个|余|多)?(?:小时|分钟?|秒|周岁|岁|星期|周|天|日|个月|月|年|次)"
"""A span of time or an age: `个月`, `余年`."""
UNIT = (
    rf"(?:{TIME}|(?:余|多)?(?:例|人|片|粒|丸|支|袋|瓶|盒|滴|包|块|元|万元|万|千|百|度|℃|°C)|"
    r"mmHg|kPa|cmH2O|mmol|μmol|umol|nmol|pmol|mol|mg|μg|ug|ng|kg|g|ml|mL|dl|dL|μl|l|L|cm|mm|km|m|IU|U|Hz|kcal|kJ|bpm|"
    r"years?|months?|weeks?|days?|hours?|minutes?|yuan|times?|[%％‰])"
)
"""What a quantity is counted in: `mmHg`, `元`, `%`."""
DIGITS, WORDS = r"[\d０-９]+(?:[.．,，]\s?[\d０-９]+)*", r"[一二三四五六七八九十两半百千数几]+"
"""`1.5`, `１２`, `1,000`; `三十`, `数`."""
QUALIFIER = r"(?:约|大约|大概|近|至少|至多|不超过|超过|大于|小于|高于|低于|每|共|仅|第|[<>≤≥＜＞±~～≈=])*\s*"
"""`大约`, `不超过`, `≥`, before a quantity."""
TO = r"\s*(?:[-–—―~～/／:：∶×x*]+|至|到)\s*"
"""`1-3`, `80/120`, `三至五`."""
PER = rf"(?:\s*[/／每一]\s*{UNIT})*"
"""`/日`, `每次`, behind a quantity."""
AROUND = r"\s*(?:以上|以下|以内|之间|左右|前后|不等|内|后)?"
"""`3天左右`, `5岁以下`."""
MEASURE = rf"{QUALIFIER}{DIGITS}\s*{UNIT}?(?:{TO}{DIGITS}\s*{UNIT}?)*"
"""`约500mg`, `1-3个月`."""
SPOKEN = rf"{QUALIFIER}{WORDS}(?:{TO}{WORDS})?\s*{TIME}(?:{WORDS}{TIME})?"
"""`三至五天`, `一年三个月`: in words only times are quantities; `三叉` and `五官` are none."""
DOSING = rf"(?:每|一)[日天周月年晚]\s*(?:{WORDS}|{DIGITS})\s*{UNIT}"
"""`每日三次`."""
VALUE = rf"^[(（\[]*(?:(?i:pH)\s*{DIGITS}|{DOSING}|{MEASURE}|{SPOKEN}){PER}{AROUND}[)）\]]*$"
"""`1-3个月`, `约500mg/日`, `（>60次/分）`, `每日三次`."""
SHARE_FIRST = r"^\s*\d+(?:\.\d+)?\s*[%％]"
"""`30%的患者`."""
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
