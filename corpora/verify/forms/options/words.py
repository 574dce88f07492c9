"""The words around the letters and texts of options: what leads to an answer, joins, hedges or refuses."""

import re

LEAD = re.compile(
    r"(?:答案|正确的?选项|正确的(?=[是为有:])|应选|故选|我选|选择|题答|作答|的选项(?=[是为])"
    r"|(?<!学会)(?<!人会)(?<![易误错])(?:(?<!就)选了|选(?!项|手|拔|了))|应[该当]?[是为]|不[,。!](?:应该?|而)?是"
    r"|最终(?:答案|选择|选项)?(?=[:是为选])|最后(?:答案)?(?=[:选])"
    r"|还是|那就(?=[是选a-hA-H])|(?:所以|因此|故)剩下|对应(?:[^,。;\n]{0,8}的(?=是))?|只剩下?|剩[下余]?的?(?:就|便)?(?:只有|只能"
    r"|是)|例外的?是|更正|订正"
    r"|改[为成选]|(?<![a-z])(?:answers?|ans(?=[ .:])|final(?=:)|selections?|settle (?:on|for)|money(?: is)? on"
    r"|(?:go|opt|vote) for|stick with|lean(?:ing)? towards?"
    r"|(?:correct|right|best) (?:option|choice)|choose|pick|select|go with|must be|should be|odd one out|exception"
    r"|correction|scratch that,?|on second thought,?|no wait,?|leaves|leaving|we are left with|remaining (?:option|choice|one)"
    r"|(?:switch|change|revise)(?: it| this)? to))"
    r"(?:应[该当]?|就|的|字母|只有|只能)?(?:[更改订修]正|[改换])?(?:是|为|选|成|:| ?= ?| - | ?is| are| to| only| just| would be| should be| must be"
    r"| to be){0,4}[ :(\[{'.]{0,6}(?:option |选项"
    r"|the option )?[ (\[{'.]{0,4}$"
)
"""What stands right before an explicit answer."""
LEADS = re.compile(
    r"答|正确|选|就是|应|不|剩|最|还是|那就|对应|例外|更正|订正|改"
    r"|(?i:answer|ans\b|final|selection|settle|money|(?:go|opt|vote) for|stick|lean"
    r"|option|choice|choose|pick|select|go with|must be|should be|odd one|exception|leav"
    r"|left with|remaining|switch|change|revise|correction|scratch|thought|wait)"
)
CONCLUDES = re.compile(
    r"就是$|(?:^|[。!?\n])(?:嗯|哦|那),?$|(?:综上(?:所述)?|总之|因此|所以|可见|故|(?<![a-z])(?:so|therefore|thus|hence|overall"
    r"|in conclusion|conclusion|in summary|then|switching|wait"
    r"|sorry|i mean|actually))[是为选,:. ]{0,3}"
    r"(?:only |just |it is |it's |(?:[a-z']{1,15} ){1,6}(?:is|would be|must be) |option |choice |[(\[]){0,3}$"
)
"""What stands before a letter that is a conclusion, but before other words too."""
CONCLUDE = re.compile(
    r"就是|嗯|哦|那,|综上|总之|因此|所以|可见|故|(?i:so|therefore|thus|hence|overall|in conclusion|conclusion|in summary|then"
    r"|switching|wait|sorry|i mean|actually)\b"
)
TRAIL = re.compile(
    r"[)\]}. ]{0,4}(?:[2-5]?[项个者]?选项|[2-5]?[项个者])?才(?:是|属于?|为|对|会|能)"
    r"|[)\]}. ]{0,4}(?:[2-5]?[项个者]?选项|[2-5]?[项个者])?(?:[都均]?是|[都均]?为|才是?|[都均也:])?(?:最|完全)?"
    r"(?:贴切|合适|恰当|合理|正确|对(?![于照待])|符合|无误|没错"
    r"|无疑)|[)\]}. ]{0,4}(?:选项)?[ :(]{0,3}(?:√|✓|✔|(?:yes|true|correct|right)\b|是(?=[,。;\n]|$))|[)\]}. ]{0,4} (?:is"
    r"|are|seems|would be|appears to be|has to be"
    r"|looks) (?:all |both |the )?(?:correct|right|best|most|true)"
)
"""What stands right behind an answer: B正确, B is correct."""
ALL_SO = re.compile(
    r"[)\]}. ]{0,4}(?:[2-5]?[项个者]?(?:选项)?)[都均皆](?:是|为|属于?|可|能|会)|[)\]} ]{0,3} are (?:all|both) "
)
"""What stands behind several options that are so: ABC3个选项都是."""
TRAIL_LED = re.compile(
    r"[)\]}. ]{0,3}(?: is| ,)? ?(?:(?:is )?(?:my|the) (?:final )?(?:answer|choice|pick)|it is)(?=[ .,;:!\n]|$)"
    r"|[^\n]{0,60}(?:←|<-) ?(?:this|here|answer|correct|选|答案|正确)"
    r"|[^,.;:\n]{0,30}(?:→|=>|->) ?(?:this|that|which) is (?:our|my|the) (?:final )?answer|为准"
)
"""What makes what stands before it an explicit answer: D is my answer, 以A为准."""
TRAIL_NOT = re.compile(
    r"[)\]}. ]{0,4}(?:选项|项)?(?:[则就才都均]|的?(?:说法|叙述|描述|表述))?(?:是|为)?"
    r"(?:不(?:是|对|正确|属于|符合|会|能|包括|应|恰当)|错|有误|除外|例外)"
    r"|[)\]}. ]{0,4} ?(?:(?:is|are|was|does|do|would)(?: not|n't)|(?:is|are) (?:the )?(?:false|incorrect|wrong|exception|odd one))"
)
"""What stands right behind the answer to a question for what is not so: D不是, E is not."""
SUBJECT = re.compile(r"(?:选项|项)?[\u3400-\u9fff]")
"""Behind a letter that begins a clause of its own: D项饮浓茶可使血压升高."""
JOINED = re.compile(
    r"[\s,、;/.:()\-&+\]\[{}']{0,16}(?:和|与|及|以及|或|或者|还有|and/or|and|or|also|plus|as well as)?"
    r"[\s,(\[{]{0,6}(?:the |an? |option |选项)?[(\[{]?"
)
CALLED = re.compile(
    r"(?:[两2345]?[项个者])?(?:选项)?[都均]?(?:[对错](?:[,。;!\n]|$)|正确|错误|符合|不|(?<=[都均])(?:是|为|属|能|可|会))"
)
PAIRED = re.compile(
    r"[\s.、:,()\-\]\[{}=]{0,5}(?:选项|项)?(?:,?即|,?也就是|是|为|,? ?which is|,? ?that is|,? ?i\.e\.,?)?[\s:(\[]{0,3}(?:the |an? )?"
)
HEDGED = re.compile(
    r"[\s。.;,!?]{0,4}[^。;!?\n]{0,8}(?:或|也可能|还可能|也许|也是|也对|maybe|possibly|perhaps|could also|\bor\b)[^。;!?\n]{0,12}"
)
ARTICLE = re.compile(
    r" \d{1,3}[ -]?(?:year|month|week|day|yo\b|y/o)"
    r"| (?!(?:yes|no|is|because|and|or|since|as|was|would|seems|must|looks|are|for|but|due|plus|alone|also)\b)[a-z]"
)
ALSO_LED = re.compile(r"[ ,、;]{0,3}(?:也|还|再|并|同时|and |also )[^。\n]{0,8}")
NO_OPTION_BEFORE = re.compile(
    r"(?:维生素|型|肝炎|血型|(?i:vitamin|hepatitis|type|grade|group|class|influenza|stage|factor)) ?\Z"
)
NO_OPTION_BEHIND = re.compile(
    r"[超型反肝级期组类链细区淋]|反应| ?(?:cells?|型|virus)|(?-i:\. ?"
    r"(?:coli|aureus|difficile|pneumoniae|albicans|meningitidis|influenzae|botulinum|tetani|perfringens|trachomatis"
    r"|diphtheriae|burgdorferi|jejuni|cholerae|faecalis|fragilis|granulomatis|histolytica|falciparum|vivax)\b)"
)
SAID_TO_BE = re.compile(r"(?:\b(?:is|are|be)(?: the| an?)? |是|为)$")
ONLY_LEAD = re.compile(
    r"[\s。.!,;]{0,4}(?:the |my )?(?:final |correct |best )?(?:答案|answer|option|选项?)(?: is|是|为|选|:){0,3}[\s(\[]{0,3}"
)
LINE_BEFORE = re.compile(r"[\s\-+>(\[{'.)0-9]*|[^,。;!?\n]{0,24}:[\s(\[{']{0,4}")
LINE_BEHIND = re.compile(r"[\s)\]}'.。,;:!]*")
IS_ONE = re.compile(r"是| (?:is|are) ")
LABEL = 40
"""Characters in which the beginning of a sentence is looked for."""
SENTENCE_SIGNS = "。;!?\n"
SENTENCE_END = re.compile(r"[。;!?\n]|\.(?=\s|$)")
REACH = 80
"""Characters between the text of an option and its letter that is denied."""
NEGATIVE = re.compile(
    r"不是|不属于|不包括|不正确|错误|不符合|不对|不会|不能|不宜|除外|除了|(?<![切清排解消去免根祛扫拔摘删])除[^。]{1,30}[外均都]|不应|无关|避免|忌|禁|\b(?:not|except|incorrect|false"
    r"|wrong|least|avoid|n't)\b",
    re.IGNORECASE,
)
"""A question for what is not so: to deny an option is to choose it."""
FORBIDS = re.compile(r"[禁忌]|慎用|避免|avoid|contraindicat", re.IGNORECASE)
"""A question for what to avoid: to call an option harmless is to deny it."""
REFUSED = re.compile(
    r"(?:答案|选项?)[^,。\n]{0,3}不[是选]?|不选|排除|(?i:answer is not|not option|rule out|exclude)[^,。\n]{0,3}$"
)
LIKELY = re.compile(
    r"(?:\b(?:most|more) (?:likely|probable|probably)|likeliest|最可能|最有可能|首先考虑|首要考虑)的?"
    r"(?: diagnosis| cause| answer| agent| drug| one| option|诊断|病因|疾病|药物)?(?: is|是|为|:){0,2} ?(?:the |an? )?$"
)
"""What stands before the likeliest of several that are weighed."""
ASKS_FOR_FIRST = re.compile(r"首选|首先|最先|[1一]线|\bfirst\b|of choice|\binitial", re.IGNORECASE)
_KIND = r"(?: (?:treatment|therapy|drug|agent|option))?"
FIRST_BEFORE = re.compile(
    rf"(?:\bfirst (?:line|choice){_KIND}(?: is|:)|(?:drug|treatment|agent) of choice is) (?:the |an? )?$|(?:首先|(?<![首优最])先)(?:选?用|给予?)$"
)
FIRST_BEHIND = re.compile(
    r"[)\]}]{0,2} (?:is|are|should be|must be) (?:(?:usually|always|generally|the) ){0,2}(?:(?:given|used|tried|started) first"
    rf"|first (?:line|choice){_KIND}|(?:drug|treatment|agent) of choice)(?=[,.;)\n]|$| (?:and|because|since|as)\b)|[)\]]?[是为](?:首选|1线)"
)
"""What says that an option comes first, where that is asked for: the others are what is tried next."""
NEXT_BOTH = re.compile(
    r" ?(?:都|均|皆|也|两|可能|正确|对|是(?:对|正确|答案)|或|和|与|及)"
    r"| (?:both|are|would|will|can|too|also|as well|all|could|may|might|possibl|or|and|is (?:also|right|correct))"
)
"""What says so of all options that are named before it."""
BELOW = re.compile(r"(?: ?\([^()\n]{1,60}\))?[ ).,;。、]{0,3}\n\s{0,4}(?:[-+]|\d{1,2}[.、)]?|\(\d{1,2}\))? ?[(\[]?")
"""All that stands between two lines of a list."""
OPTION = re.compile(r"(?:选项|(?<![a-z])(?:option|choice) )[(\[{']?$")
"""What stands before the letter of an option in lower case: option b."""
ALSO_LOW = re.compile(r" ?(?:[,、&/+]|和|与|及|以及|,? ?and) ?| (?=[a-h](?![a-z']))")
NEXT_LOW = re.compile(r" (?:(?:and |& )[a-h](?![a-z0-9'])|(?:because|since|as|due|is|are)\b)")
WORD_BEHIND = re.compile(r" [^\W\d_]")
"""Between the letters of options in lower case, and behind one of them: a and c, but not "a cough"."""
