"""Whether an answer says that it cannot tell, and whether it says anything at all."""

import re

from kgtools.corpora.verify.language.reading import Text

_TOLD = (
    r"(?:明确|直接)?(?:提到|提及|说明|说|记载|给出|涉及|指出|提供|收录|包含|列出|记录|写|讲|交代|相关(?:的)?(?:信息|记录|资料"
    r"|数据|内容|记载|说明))"
)
_MISSING = r"中?(?:不足|不够|不全|缺失|缺乏)"
_KNOW = r"(?:reliably |definitively |really )?(?:determine|answer|say|tell|know|confirm|conclude|find|infer|establish)"
_GIVEN = r"(?:mentioned|stated|specified|provided|available|given|recorded|included|covered|listed|documented|described|known|clear|enough)"
_STATE = r"(?:say|mention|state|contain|specify|provide|tell|include|cover|indicate|list|record|give|describe|hold|address|know)"
ABSTAINS = re.compile(
    r"(?:资料|文中|文献|文档|图谱|数据库?|来源|材料|原文|信息|记录|知识库|上下文|这里)(?:[里中内上]|当中|之中|里面|里头)?(?:都|均|也|并"
    r"|根本|压根|完全|暂时?)?(?:没有?|查无|无|未)(?=[,。;!?\n]|$"
    r"|此|该|这|有关|相关|关于|对此|答案|结果|明说|明确|写明|讲到?|说到|提到?)|没有?(?:[^,。;!?\n没无不]{0,14}?的)(?:资料|信息|知识"
    r"|内容|数据|记载|记录|说明|答案|线索)"
    r"|查无(?:此|结果|资料|记[录载])|无(?:可奉|从)?(?:据可[查考依]|资料|记载|记录可|从得知|从查[考证])|不在我(?:的)?(?:知识|了解|掌握)"
    r"|我(?:也)?不(?:会|懂|晓得)(?=[,。;!?\n]|$)"
    r"|不(?:太|大|是很|怎么)?(?:知道|清楚|确定|了解|熟悉|掌握)|不(?:得而知|明确|详|能(?:确定|判断|得知|回答|确认|推断|得出))"
    r"|无(?:法(?:确定|回答|判断|得知|给出|提供|确认|知道|得出|作答|推断)|从(?:确定|判断|得知|回答|确认|推断)|法从)"
    rf"|难以(?:确定|判断|得知|回答|确认|推断)|没有?(?:提|讲|写|说)(?:[,。;!?\n]|$)|(?:没有?|无)(?:任何|这方面|这1?|相关|有关|此|该"
    rf"|其)[^,。;!?\n]{{0,4}}?(?:内容|信息|资料|记[载录]|说明|数据|描述)|没有?{_TOLD}|未{_TOLD}|无{_TOLD}|没有(?:足够|答案|资料|信息|数据|依据)"
    rf"|未知|暂无"
    rf"|资料{_MISSING}|信息{_MISSING}|数据{_MISSING}|证据{_MISSING}|来源{_MISSING}|图谱{_MISSING}|缺乏(?:相关|足够)?的?(?:资料"
    rf"|信息|数据|证据)|查不到|找不到|答不上来|(?:没有?|未)(?:能)?(?:在[^,。;!?\n]{1, 12}?(?:里|中|内|上)?)?(?:找到|查到"
    rf"|检索到|查询到|查阅到|看到相关|见到相关|发现相关)|(?:不能|没有?办法|没法)(?:给出|提供|回答|判断|确定)"
    r"|没有?(?:听说过?|印象|学过|见过相关)|说不[准好上]|不好说|拿不准|吃不准|不记得|记不[清得]"
    r"|unsure|uncertain|unknown|(?:do not|don't|does not|doesn't|did not|didn't) (?:currently |really |actually )?(?:have|possess|hold|find|see)"
    r" (?:any |enough |sufficient |specific |reliable |relevant |access to |such |the |an? ){0,3}"
    r"(?:information|knowledge|data|details?|idea|answers?|sources?|records?|facts?|evidence|material|mention)\b|no (?:knowledge|clue)\b"
    r"|not (?:familiar|aware|acquainted)|(?:beyond|outside|not within|not part of) (?:of )?(?:my|the) (?:knowledge|information|data|training)"
    r"|(?:have not|haven't|never) (?:come across|heard)"
    r"|insufficient (?:information|data|evidence|detail|context|sources?|material|to )|(?:is|are|was|were|be) insufficient"
    r"|no idea|not enough|no (?:relevant |such )?(?:information|data|mention|record"
    r"|evidence|answer|detail)"
    rf"|not (?:sure|certain)|n't (?:sure|certain)|cannot (?:be )?{_KNOW}|can not (?:be )?{_KNOW}|can't (?:be )?{_KNOW}|could not (?:be )?{_KNOW}"
    rf"|couldn't (?:be )?{_KNOW}|unable to {_KNOW}|not (?:been )?{_GIVEN}|n't (?:been )?{_GIVEN}|never {_GIVEN}"
    rf"|do not {_STATE}|does not {_STATE}|did not {_STATE}|do(?:es)?n't {_STATE}|didn't {_STATE}|have no {_GIVEN}"
    rf"|not in (?:the|these|any)(?: [a-z]+)? (?:documents?|sources?|text|texts|context|material|passages?|references?)"
    rf"|nothing (?:in|about|on|is said)\b|none of the [a-z]+ {_STATE}|are silent|is silent|(?:could|can|did|do)(?: not"
    rf"|n't) find|cannot find|(?:not|nothing) (?:be )?found|no answer (?:is|was)|unable to find"
    r"|lack(?:s|ing)? (?:of )?(?:information|data|evidence)"
)
REFUSES = re.compile(
    r"(?:不能|无法|不便|不可以?|不会|不方便|没有?办法|没法|不宜|不予|不得|不允许|不被允许|不适合|难以)[^,。;!?\n不没无]{0,6}?(?:回答"
    r"|提供|讨论|解答|作答|给出|回应|生成|答复)"
    r"(?=(?:任何|1切|所有)?(?:[与和跟]|有关|涉及|关于|这类|此类|这种|该类|这样|这方面|医|诊|健康|用药|敏感|您的这|个人|专业)[^,。;!?\n]{0,24}"
    r"(?:问题|内容|话题|建议|意见|信息|咨询|请求|服务|帮助|指导|诊断|资讯)?)"
    r"|(?:涉及|属于|包含|关系到)[^,。;!?\n]{0,8}(?:敏感|隐私|不当|不适宜|违规|限制|禁止|医疗建议|专业医疗)[^。;!?\n]{0,24}?(?:不能|无法"
    r"|不便|不予|不方便|不可以?|拒绝)"
    r"[^,。;!?\n]{0,4}?(?:回答|提供|讨论|解答|作答|给出|回应|展开|说明|介绍|谈|继续)?"
    r"|(?:(?:作为|是)(?:1[个名款])?[^,。;!?\n]{0,6}?(?:ai|人工智能|语言模型|大模型|虚拟助手|智能助手|机器人)|(?:根据|按照|依照|出于"
    r"|由于|因|受)[^,。;!?\n]{0,10}?(?:政策|规定|准则|规范|安全|合规|要求"
    r"|限制|伦理|法规))[^。;!?\n]{0,16}?(?:不能|无法|不便|不予|不方便|不可以?|不会|拒绝|没有?办法|没法)[^,。;!?\n]{0,6}?(?:回答|提供"
    r"|讨论|解答|作答|给出|回应|展开|说明|介绍|谈|继续|帮|诊断)"
    r"|(?:不能|无法|不便|不可以?|不会|不方便|没有?办法|没法|不宜|不予)(?:再|就此|直接|为[您你]|给[您你]|帮[您你]|向[您你]|跟[您你]|和[您你]|对此"
    r"|在这里|继续){0,2}(?:讨论|谈论|谈|协助|帮助|帮忙|帮[到您你]"
    r"|满足|处理|参与|配合|评论|透露|作出?评价|(?:提供|给出|给予)(?:任何|具体|相关|这类|此类|个人)?(?:的)?(?:医疗|医学|诊疗|诊断|用药|健康"
    r"|专业)(?:方面的?)?(?:建议|意见|服务|咨询|指导|帮助)"
    r"|回答(?:这类|此类|这种|该类|医疗|医学))|拒绝(?:回答|讨论|提供|作答|回应)|超出[^,。;!?\n]{0,4}?(?:服务|职责|权限|能够?回答"
    r"|可回答)的?[^,。;!?\n]{0,4}?范围|不[愿想](?:意)?(?:回答|讨论|谈|作答)|不予(?:回答|置评|作答)|恕(?:我|难)?(?:不能|无法|难)?(?:从命"
    r"|奉告|回答)|爱莫能助|无可奉告|换个话题"
    r"|(?:cannot|can't|can not|won't|will not|could not|couldn't|unable to|not able to|not allowed to|not permitted to|not going to"
    r"|not authori[sz]ed to"
    r"|not designed to|not comfortable|not qualified to|not in a position to|must decline to|(?:must|have to|will) (?:respectfully )?(?:decline"
    r"|refuse)"
    r"|(?:do|does|would)(?: not|n't) (?:allow|permit|let) me to|(?:prevents?|forbids?|prohibits?|bars?|keeps?) me from|prefer not to"
    r"|rather not|against my (?:policy|guidelines|programming))"
    r"(?: (?:be )?(?:answer(?:ing)?|respond(?:ing)?|reply(?:ing)?|provid(?:e|ing)|giv(?:e|ing)|offer(?:ing)?|address(?:ing)?"
    r"|generat(?:e|ing)|handl(?:e|ing)|advis(?:e|ing))"
    r"(?= (?:to |with |on |you |you with )?(?:any |such |these |those |this[.,]?$|this (?:kind|type|sort) of |that (?:kind|type"
    r"|sort) of |questions? (?:about|on|of|related|relating|that)|medical"
    r"|health|clinical|personal|sensitive|(?:this|that|the|your) (?:request|content|topic)|content|anything|diagnos|treatment advice|prescri))"
    r"| (?:assist(?:ing)?|help(?:ing)?|discuss(?:ing)?|comment(?:ing)?|talk(?:ing)?|engage|fulfil?l?|comply|respond to (?:that|this|such)|speak"
    r"|do (?:that|this|so)|support|share|(?:provid(?:e|ing)|giv(?:e|ing)|offer(?:ing)?) (?:you )?(?:with )?(?:any |specific |personal |individual )?"
    r"(?:medical|health|clinical|diagnostic|professional) (?:advice|information|opinions?|guidance|recommendations?|help))\b"
    r"|(?<=decline)|(?<=refuse)|(?<=policy)|(?<=guidelines)|(?<=programming))"
)
"""Says that it will not answer, whatever it knows."""
SIGNS = re.compile("[不无难没未足够全缺乏暂]")
WORDS = frozenset([
    "unsure", "uncertain", "unknown", "insufficient", "no", "not", "cannot", "can't", "couldn't", "isn't", "aren't", "wasn't", "weren't",
    "i'm", "never", "don't", "doesn't", "didn't", "unable", "silent", "lack", "lacks", "lacking", "haven't", "hasn't", "nothing", "none",
])  # fmt: skip
"""One of these is in whatever abstains."""
PIECE = re.compile(r"[,。;!?\n]|\.(?:\s|$)")
HARMLESS = re.compile(
    r"咨询|医生|就医|就诊|抱歉|对不起|遗憾|参考|查阅|其他来源|更多(?:信息|资料)|补充|谢谢|关于|至于|对于|根据|问题|consult|doctor"
    r"|physician|professional|sorry"
    r"|apolog|further|other sources|more information|please|based on|according to|regarding|as for|question|thank|unfortunately|however,? ?$"
)
ASSERTS = re.compile(
    r"(?:答案|结论|结果)(?:应该?|就|肯定|一定|1定|大概|大约|估计|必定|无疑|其实|当然|也就|正)?[是为:]|(?:可以?|敢|能够?)(?:肯定|断定"
    r"|确定)[^,。;!?\n]{0,12}?[是为]|应该?[是为用选吃服]|(?:一般|通常|大多|往往|常|多)(?:是|为|用|选|使用|服用|认为|见)"
    r"|建议(?:使用|服用|用|吃|选)|可能是|我(?:认为|觉得|猜|选)"
    r"|(?:但是?|不过|然而).{0,12}?(?:是|为|用|服|吃|包括|有)|(?<![不没])(?:肯定|1定|必定|绝对|毫无疑问)[是为有]"
    r"|\b(?:is|are|was|were|has|have|takes?|causes?|will|must) (?:definitely|certainly|undoubtedly|surely|without (?:a )?doubt)\b"
    r"|\banswer is\b|\b(?:usually|typically|generally|commonly|probably"
    r"|likely|i think|i believe|(?<!how )(?<!if )(?<!when )(?<!where )(?<!what )(?<!why )(?<!as )(?<!whether )(?<!which )(?:it is|it's)|must be)\b"
)
FILLER = re.compile(
    r"[^\w√×✓✗]+|好的|当然|您好|你好|请问|谢谢|这个问题|这是1个|好问题|让我(?:想想|来|看看|思考)?(?:1下)?|我来(?:回答|分析|看看)?"
    r"|(?:我(?:来|会|将|可以|先)?|来)?(?:帮|替|为|给)[您你](?:查询|查找|搜索|分析|解答|[查找看问])(?:1[下查找看]|[查找看])?"
    r"|\b(?:let me|i will|i'll|i can) (?:look (?:it|that|this) up|(?:look into|check|search for|find)(?: (?:it|that|this))?)\b"
    r"|回答|如下|首先|答案|正确|最终|选项|选择|题目|综上所述|所以|因此|嗯|呃|哦|[是为的]"
    r"|\b(?:sure|okay|ok|hello|hi|thanks?|thank you|great|good|question|let me (?:think|see)|let's (?:think|see)|think|well|hmm+"
    r"|the|final|correct|answer|option|is|are|an?|here|of|course|so|therefore|certainly|to|this|that|you|for|step|by)\b"
)


def may_abstain(text: Text) -> bool:
    """Whether a text has any of the words that an abstention needs."""
    return SIGNS.search(text.read) is not None or not WORDS.isdisjoint(text.words)


def refuses(read: str) -> bool:
    """Whether a text declines to answer, and says nothing of what it knows."""
    return REFUSES.search(read) is not None and ABSTAINS.search(REFUSES.sub(" ", read)) is None


def asserts_beside(text: str) -> bool:
    """Whether a text that abstains claims something all the same, in a clause that neither abstains nor takes leave."""
    return any(
        ASSERTS.search(clause) and not ABSTAINS.search(clause) and not HARMLESS.search(clause)
        for clause in PIECE.split(text)
    )


def says_nothing(text: str, question: str = "") -> bool:
    """Whether a folded text has no words but those that come before an answer, or those of the question."""
    if question:
        text = text.replace(question, "")
    return not FILLER.sub("", text)
