"""The words that deny, in Chinese and English, and with what they begin."""

import re

from kgtools.corpora.verify.language.scripts import of_script

CUES = {
    # says no by its words alone, and denies nothing
    "none": r"没有比|不能排除|不能除外|不除外|不可避免|不得不|不能不|不仅|不但|不只|不光|不单|不应忽视|不可忽视|不容忽视|不能忽视|不要忘"
    r"|不是没有|并非没有"
    r"|无[痛症色菌创毒糖水害名意误疑异]|非常|无论|除非|无疑|无非|无法|不良|不适(?![用合宜])|不全|不明|不断|不久|不同|不过|不管|不论|不是唯1"
    r"|不是只有|不否认|没错|没问题|避免不了"
    r"|没有?(?:精神|力气|劲|胃口|食欲|兴趣|睡好|精打采)|无(?:精打采|力|神)"
    r"|(?<=by )(?:lack|absence) of|(?<=by an )absence of|(?<=by the )(?:lack|absence) of|(?<=by a )lack of|(?<=due to )(?:lack|absence) of"
    r"|(?<=due to a )lack of|(?<=due to the )(?:lack|absence) of|(?<=from )(?:lack|absence) of|(?<=from a )lack of|(?<=because of )(?:a )?lack of"
    r"|(?<=cause is )(?:a )?lack of|(?<=cause is a )lack of|(?<=reflects a )lack of"
    r"|lack of(?= [^.;,\n]{1,40}? (?:causes?|leads?|results? in|produces?)\b)"
    r"|not only|not just|not merely|not necessarily|no doubt|no less|no more than|cannot be (?:ruled out|excluded)|can't be (?:ruled out|excluded)"
    r"|not (?:rule out|exclude)|not the only|nothing but|no wonder",
    # denies a list behind a colon, where what to avoid is not asked for: not for: X, Y
    "not_for": r"(?<![a-z,] )(?<![a-z])not(?: [a-z]{2,16}){1,5}:|(?:(?<=\n)|(?<![\s\S]))no:|不(?:适用于?|用于|能?治疗?|包括在内|见于|引起|相关"
    r"|典型|常见)的?(?:[^,。;!?\n:]{1,5})?:",
    # says that a thing need not be avoided: denies it where what to avoid is asked for
    "harmless": r"则(?:是|为|属于)[^,。;:!?\n]{0,6}?(?:治疗|常用|首选|推荐)[^,。;:!?\n]{0,4}?(?:药物?|用药)(?=[,。;!?\n]|$)"
    r"|不禁忌|不忌|可以?(?:与|和|同|跟)(?=[^。;!?\n]{1,40}(?:合用|同[用服]|1起|联用))|可以?(?:同服|合用|同用)"
    r"|(?:不是|并非|并不是?|不属于|不算|没有?|无需|无须|不需要?|不必|不用)(?:绝对|完全|特别|刻意)?(?:禁忌|禁[用食]|忌[口食]?|避免|避开"
    r"|限制|戒|慎用)|(?:need not|needn't|not need to|n't need to|no need to|not have to|n't have to|isn't|aren't|not)(?: be)?"
    r" (?:avoid|limit|restrict|cut|contraindicat|forbid|harmful)[a-z]*(?! to)",
    # denies what follows, and what stands before it where nothing follows: no effect, no evidence
    "void": r"(?:没有?|并?无|缺乏)(?=[^,。;!?\n没无]{0,8}?(?:作用|效果|疗效|意义|必要|关系|关联|联系|依据|证据|好处|益处|用处|价值))|无效|没用"
    r"|(?:nothing|little) (?:at all |whatsoever )?to do with|(?:unrelated|irrelevant|not related|unconnected|not connected)(?: to| with)?"
    r"|毫?不相干|不沾边|[扯搭]不上|不搭界|毫无瓜葛"
    r"|no (?:effect|benefit|role|evidence|proof|place|link|connection|relation|reason|value|use)\b",
    "unneeded": r"不用(?!于|量|药|法|说)|不必(?!要的)|无需|无须|毋需|不需要?|(?<=用)不着|need not|needn't|no need (?:for|of|to)"
    r"|n't need|not need(?:ed)?"
    r"|unnecessary|not necessary|not required",
    # says that another thing is more so, or was only supposed
    "than": r"比(?![如例较])(?=[^,。;!?\n]{1,16}?[更还])|不如|than(?! just| only)\b|与其|优于|胜过|preferred (?:over|to)|superior to",
    "supposed": r"误?以为|误认为|误当作?|(?:first|initially|wrongly|mistakenly) (?:thought|think|believed?|suspected|considered)(?: of| that)?"
    r"|(?:wrong|mistaken) about|mistaken for|(?<=[a-z]'d )(?:think|guess|expect)|(?<=might )(?:think|guess"
    r"|expect)(?: of)?|tempt(?:ed|ing) to (?:say|answer|think)",
    # denies all of a list that follows
    "list": r"不包括|不包含|不含|并无|均无|既没有|既无|都没有|未伴|excluding|exclude[sd]?|except(?: for)?|without|neither|nor|other than"
    r"|apart from|aside from|free of|absence of|absent|lacks?|lacking|no(?![a-z:,.;!]| problem)|(?:everything|all|anything) but",
    "besides": r"除(?:了|去|掉|开|却)?",
    # denies what follows, unless its clause ends with it
    "verb": r"不缺乏?|而不是|并?不是|并?不属于|并非|而非|不在|不算|不会有?|不存在|没有|没|无关|未见|未出现|未发现|未有|无|否认|不伴"
    r"|不引起|不导致|不支持|不考虑|(?:不(?:能|可以?|应该?|该|会|用|必)?|别)选"
    r"|不能(?![吃用食服喝饮选])|排除|非|rather than|instead of|as opposed to|in place of|unlike"
    r"|(?:is|are|was|were|do|does|did|has|have|had|can|could|would|will|may|might)(?: not|n't)|cannot|isn't|not|never|den(?:y|ies"
    r"|ied)",
    # denies a list where it ends with "and"
    "out": r"(?:strike|scratch|delete|retract|withdraw|ignore|disregard)\b(?: out| off)?|remove(?= [^.;,\n]{1,40} from (?:the|my"
    r"|this) )|划掉|划去|删[去除掉]|剔除|撤回|收回|作废|[去拿]掉"
    r"|(?:rul(?:e|ed|es|ing)|cross(?:ed|es|ing)?) out|eliminat(?:e|ed|es|ing)|discard(?:ed|s|ing)?",
    # calls what follows wrong: 错误：B、D
    "label": r"(?<![^,。;!?\n (])(?:错误|不正确|不对|有误|不选)的?(?:选项|项|说法)?[是有为:]|(?<![a-z,] )(?<![a-z])(?:incorrect"
    r"|false|wrong|excluded|eliminated|ruled out)(?: options?| ones"
    r"| choices?| answers?| statements?)?(?: are| is)?:",
    # says so of what stands before it
    "behind": r"(?<=[?] )no\b|(?<=[ ,;\n][a-h] )no(?=[,.;\n]|$)|mistake\b|(?:absent|missing)(?= ?(?:[,.;)\n]|$|(?:in|from|here|on)\b))"
    r"|缺如|(?<=[?])(?:不是?|否|错|不对|没有|不会)(?=[,。;!?\n]|$)"
    r"|(?<=[看治管帮])不[了好]|不(?:能|可以)(?:替代"
    r"|代替|取代)|cannot replace"
    r"|(?:is |are )?(?:ineffective|useless|unhelpful|inappropriate|unsuitable)\b|不对|错误|错(?=在|[,。;!?\n)]|$)|不正确"
    r"|不符合?|除外|不可能|不成立|(?:可以?|应|被|已)(?:排除|除外)(?=[,。;!?\n)]|$)|(?:(?:is|are|was|were) )?(?:wrong"
    r"|incorrect"
    r"|false|excluded|ruled out|unlikely)\b(?! about)"
    r"|: ?(?:无|否|没有|不是|阴性|×|✗|❌|(?:no|absent|false|wrong|incorrect|never)\b)|\((?:-|无|否|阴性)\)|×|✗|❌",
    "avoid": r"不(?:能|可以?|得|应该?|宜|要|建议|推荐)"
    r"(?:(?:与|和|同|跟)(?=[^。;!?\n]{1,40}(?:合用|同[用服吃食]|[同并]时|联[合用]|1起|混[用合]|配伍|并用))"
    r"|合用|同[用服]|联用|联合使用|混用|并用)|(?:not|cannot|can't|never) (?:be )?(?:eat|take|use|drink|combine|mix|give|co administer)[nd]?\b"
    r"|not be (?:given|drunk)|(?:cannot|can't|should not|must not)(?=[.;\n]|$)"
    r"|避免|避开|回避|忌(?:食|吃|用|口)?|禁(?:用|食|忌|止|吃)|慎[用食吃]|少[吃喝饮碰沾食抽]|远离|限制|杜绝|拒绝|莫(?=[吃喝食饮])|停(?=[吃喝用服])"
    r"|不(?:让|给|准|许)(?=[^,。;!?\n]{0,6}?[吃喝用碰服])|(?<=[碰吃喝使要用沾])不得|不可取|不在(?:推荐|适宜|可[吃食]|宜[吃食]|允许"
    r"|建议)[^,。;!?\n]{0,3}(?:之列|范围|名单|清单)|不[妥行](?=[,。;!?\n]|$)"
    r"|(?:减少|控制)(?=[^,。;!?\n]{1,30}?(?:摄入|食用|饮用|摄取|的量))|(?<!切)勿|切勿|不宜|不要|不可(?:以)?|不能(?=[吃用食服喝饮])"
    r"|不(?:再|常)?(?:使用|采用|选用|服用|应用|[吃喝挂碰沾])|别(?:再|总|老|多|随便|[给让][^,。;!?\n]{0,5}?)?[去挂用吃喝选服碰沾]|戒|不应该?"
    r"|不得|不该|不建议|不推荐|不适[合宜]"
    r"|should(?: not|n't)(?: be)?|must(?: not|n't)(?: be)?|should be avoided|avoid(?:s|ed|ing)?|limit(?:s|ed|ing)?"
    r"|cut(?:s|ting)? (?:(?:them|it|these) )?(?:down|back|out)(?: on)?|(?:keep|stay|steer|stand) (?:well |far |right )?(?:away from|clear of"
    r"|off|out of)"
    r"|(?:give|giving|given) (?:them |it )?up|abstain(?:s|ing)? from|(?:leave|leaving|left) (?:them |it )?(?:out|off)|lay off|skip(?:s|ping"
    r"|ped)?\b|ditch"
    r"|go easy on|minimi[sz](?:e|es|ed|ing)|say no to|no to\b|quit|stop (?:eating|taking|drinking|using|having)|(?:watch out|look out) for"
    r"|be careful with|beware of"
    r"|hold off(?: on)?|shy away from|off limits|out of the question|taboo|(?:advised?|advises|warned?|recommend|decide) against|discouraged?"
    r"|inadvisable|unwise"
    r"|no go(?:es)?\b|not (?:an? )?(?:good|wise|ideal|great|advisable|permitted|allowed|advised|appropriate|healthy|right)(?: (?:choices?"
    r"|ideas?|options?|foods?|for))?"
    r"|restrict(?:s|ed|ing)?\b|less of|contraindicated|not recommended|not suitable"
    r"|(?:do not|don't|never) (?:eat|take|use|drink|have|give|serve|touch|offer|buy|consume|feed)|refrain from|forbidden|prohibited",
    "advise": r"(?:应该?|可以?|适?宜|多|建议|推荐|适合)(?:多)?(?:吃|食用|食|服用|用|喝|选用|摄入)|推荐|适宜|有益|should (?:eat"
    r"|take|use|drink)|recommended|good for"
    r"|beneficial|\b(?:fine|safe|harmless|allowed|permitted|suitable)\b|\b(?:substitutes?|alternatives?)\b|放心|无妨"
    r"|没关系|安全|替代|[改换][喝吃用成]|no problem|\bok(?:ay)?\b|(?:can|may|could) (?:still |safely |freely )?(?:eat"
    r"|drink|have|take"
    r"|use|be (?:eaten|drunk|used|taken|consumed|combined|given))|replaced? (?:by|with)|switch to"
    r"|(?<=and )(?:eat|drink|use|choose) (?!less|fewer|no )",
    # says that a thing does harm, where what is good to eat is asked for
    "harms": r"(?:影响|妨碍|阻碍|干扰|抑制|降低|减少)[^,。;!?\n]{0,8}?(?:吸收|利用|恢复|愈合|疗效|药效|睡眠|健康|病情|控制)|加重|刺激(?!性)"
    r"|诱发|不利|有害|伤(?=[胃肝肾身脾])"
    r"|损[害伤]|(?:升高|增加|抬高|推高)[^,。;!?\n]{0,6}?(?:血压|血糖|血脂|尿酸|血钾|负担|风险)|worsens?\b|aggravates?\b|exacerbates?\b|irritates?\b"
    r"|irritating\b|interferes? with|hinders?\b|impairs?\b|inhibits? (?:the )?[a-z ]{0,12}absor|(?:reduces?|blocks?|decreases?"
    r"|lowers?) (?:the )?[a-z ]{0,12}(?:absor|uptake)"
    r"|raises? (?:the |your )?(?:blood|uric|potassium|sugar|cholesterol|pressure)|harmful|harms?\b|hurts?\b|makes? (?:it|things|symptoms"
    r"|matters) worse"
    r"|counterproductive|bad (?:for|choices?|ideas?|options?)|poor choices?|unhealthy|triggers?\b",
    "bare": r"不|over (?:the )?",  # right before a name
    # says that a thing works against what is asked for
    "shields": r"保护(?:性|作用|因素)|\bprotective\b|\bprotects?\b",
}
_ORDER = (
    "none", "not_for", "harmless", "void", "unneeded", "avoid", "label", "behind",
    "list", "out", "verb", "besides", "than", "supposed", "advise", "shields", "harms", "bare",
)  # fmt: skip
_THINGS = (
    r"(?:食用|服用|[吃喝用])?的?(?:食物|食品|食用|药物|药|选项)?(?: (?:freely|safely|options?|foods?|drugs?)){0,2}"
)
HEADING = re.compile(f"{_THINGS}:")
HEADING_LINE = re.compile(rf"{_THINGS}(?: ?[^\w\s,。;!?.:()]){{0,3}} ?(?=\n{{1,2}} {{0,4}}(?:[-+]|\(?\d{{1,2}}[.、)]))")
"""All that follows words that deny in a heading: before its colon, or its line before the first line of a list."""
SAFE = re.compile(r"可以?(?:吃|食用|食|服用|用|喝)|放心|无妨|没关系|安全|适宜|有益")
USED = re.compile(r"(?:食用|服用|使用|饮用|[食用吃喝]|的|了){0,2}")
"""Words that call a thing harmless, and all that may follow where that is said of the subject of the clause before: 牛奶嘌呤低，可以喝."""


_KINDS = {kind: CUES[kind] for kind in _ORDER}
CUE_HAN, CUE_LATIN = of_script(_KINDS, han=True), of_script(_KINDS, han=False)
_BEGINS = (
    "远不没无非未除避忌禁慎少勿排否错×✗❌而并既都均切可应被已:(缺毋比误以限保与优胜别戒回杜拒莫停减控划删剔撤收作去拿"
)
SIGNS = re.compile("[远不没无非未除避忌禁慎少勿排否错×✗❌阴缺毋比误限与优胜别戒回杜拒莫停减控划删剔撤废掉]")
ADVICE = re.compile("[则宜荐多吃用食益放妨关安替喝改换]")
HARM = re.compile(
    "影响|妨碍|阻碍|干扰|抑制|降低|减少|加重|刺激|诱发|不利|有害|伤[胃肝肾身脾]|损[害伤]|升高|增加|抬高|推高"
)
"""One of these is in whatever denies in Chinese; in what advises, or tells of harm, one of those."""
BEGINS = re.compile(f"[{_BEGINS}]")
HARM_BEGINS = re.compile(f"[{_BEGINS}影妨阻干抑降加刺诱有伤损升增抬推减]")
ADVICE_BEGINS = re.compile(f"[{_BEGINS}改换适宜多建推有放安替则]")
NEXT = {
    ":": frozenset("无否没不阴×✗❌nafwi "), "(": frozenset("-无否阴"), "以": frozenset("为"),
    "远": frozenset("离"), "切": frozenset("勿"), "既": frozenset("没无"),
    "而": frozenset("不非"), "并": frozenset("不非无没"), "都": frozenset("没"),
    "均": frozenset("无"), "被": frozenset("排除"), "已": frozenset("排除"),
    "可": frozenset("排除以"), "应": frozenset("排除"), "与": frozenset("其"), "别": frozenset("再总老多随给让去挂用吃喝选服碰沾"),
    "回": frozenset("避"), "杜": frozenset("绝"), "拒": frozenset("绝"), "莫": frozenset("吃喝食饮"), "停": frozenset("吃喝用服"),
    "划": frozenset("掉去"), "删": frozenset("除去掉"), "剔": frozenset("除"), "撤": frozenset("回"), "收": frozenset("回"),
    "作": frozenset("废"), "去": frozenset("掉"), "拿": frozenset("掉"), "减": frozenset("少"), "控": frozenset("制"),
    "影": frozenset("响"), "妨": frozenset("碍"), "阻": frozenset("碍"), "干": frozenset("扰"),
    "抑": frozenset("制"), "降": frozenset("低"), "加": frozenset("重"), "刺": frozenset("激"), "诱": frozenset("发"), "有": frozenset("害误"),
    "伤": frozenset("胃肝肾身脾"), "损": frozenset("害伤"), "升": frozenset("高"), "增": frozenset("加"),
    "抬": frozenset("高"), "推": frozenset("高"),
}  # fmt: skip
"""What must follow a sign with which words that deny begin, so that they are not looked for behind each of these common ones."""
STRONG = frozenset([
    "absence", "absent", "abstain", "abstaining", "abstains", "advise", "advised", "advises", "apart", "aren't", "aside", "avoid",
    "avoided", "avoiding", "avoids", "beware", "can't", "cannot", "contraindicated", "couldn't", "cross", "crossed", "crosses",
    "crossing", "cut", "cuts", "cutting", "decide", "delete", "disregard", "ignore", "remove", "retract", "scratch", "strike",
    "withdraw", "denied", "denies", "deny", "didn't", "discard", "discarded", "discarding",
    "discards", "discourage", "discouraged", "ditch", "doesn't", "don't", "eliminate", "eliminated", "eliminates", "eliminating",
    "everything", "except", "exclude", "excluded", "excludes", "excluding", "false", "forbidden", "hadn't", "hasn't", "haven't",
    "inadvisable", "inappropriate", "incorrect", "ineffective", "initially", "instead", "irrelevant", "isn't", "lack", "lacking",
    "lacks", "limit", "limited", "limiting", "limits", "minimise", "minimised", "minimises", "minimising", "minimize", "minimized",
    "minimizes", "minimizing", "missing", "mistake", "mistaken", "mistakenly", "mustn't", "needn't", "neither", "never", "no", "nor",
    "not", "over", "preferred", "prohibited", "protect", "protective", "protects", "quit", "rather", "refrain", "restrict",
    "restricted", "restricting", "restricts", "rule", "ruled", "rules", "ruling", "shouldn't", "shy", "skip", "skipped", "skipping",
    "skips", "stop", "superior", "taboo", "tempted", "tempting", "than", "unconnected", "unhelpful", "unlike", "unlikely",
    "unnecessary", "unrelated", "unsuitable", "unwise", "useless", "warn", "warned", "wasn't", "weren't", "without", "won't",
    "wouldn't", "wrong", "wrongly",
])  # fmt: skip
WEAK_MARKS = re.compile(
    r"other than|free of|in place of|to do with|(?:all|anything) but|away from|clear of|first |think|guess|expect|careful|easy on|(?:left|leave"
    r"|leaving) (?:[a-z]+ )?(?:out|off)"
    r"|(?:giv(?:e|en|ing)) (?:[a-z]+ )?up|(?:keep|stay) (?:[a-z]+ )?(?:off|out of)|(?:look|watch) out|hold off|off limits|out of the|say no"
    r"|lay off|against"
)
WEAK = frozenset([
    "all", "anything", "as", "be", "expect", "first", "free", "give", "given", "giving", "go", "guess", "hold", "in", "keep", "lay",
    "leave", "leaving", "left", "look", "must", "need", "nothing", "off", "other", "out", "recommend", "say", "stand", "stay",
    "steer", "think", "watch",
])  # fmt: skip
ADVISES = frozenset([
    "allowed", "alternative", "alternatives", "beneficial", "fine", "good", "harmless", "little", "permitted", "recommended", "safe",
    "should", "substitute", "substitutes", "suitable",
])  # fmt: skip
ONLY_ADVISES = frozenset([
    "can", "choose", "could", "drink", "eat", "may", "ok", "okay", "replace", "replaced", "switch", "use",
])  # fmt: skip
HARMING = frozenset([
    "aggravate", "aggravates", "bad", "block", "blocks", "counterproductive", "decrease", "decreases", "exacerbate", "exacerbates",
    "harm", "harmful", "harms", "hinder", "hinders", "hurt", "hurts", "impair", "impairs", "inhibit", "inhibits", "interfere",
    "interferes", "irritate", "irritates", "irritating", "lower", "lowers", "make", "makes", "poor", "raise", "raises", "reduce",
    "reduces", "trigger", "triggers", "unhealthy", "worsen", "worsens",
])  # fmt: skip
"""With one of the first begins whatever denies in English; the second deny only in phrases that have one of the marks. The others advise, the
last of them only where what to avoid is asked for, or tell of harm."""
DENYING = STRONG | WEAK | ADVISES
WORDS = DENYING | ONLY_ADVISES
HARM_WORDS = DENYING | HARMING
