"""The words by which physicians state, doubt, compare and recall diagnoses, in Chinese and English, in texts as `corpora.verify` folds them."""

import re

AHEAD = {
    "state": re.compile(
        r"考虑|诊断(?:为|是|:)?|确诊|提示|符合|支持|倾向于?|首先|最(?:有)?可能|患有|高度怀疑|明确为|而是|此次|本次|目前|现(?:为|诊断)"
        r"|\b(?:diagnos\w{0,5}|most likely|consistent with|suggests?|suggestive of|indicates?|compatible with|points? to|confirms?|favou?rs?"
        r"|now|current(?:ly)?|(?:top|leading|working|primary|main|first) (?:differential|diagnos\w{2,3}|consideration|suspicion))\b"
    ),
    "weigh": re.compile(
        r"可能的?(?:诊断|疾病|病因)(?:有|包括|是|为|:)?|\b(?:possible|differential) (?:diagnos[ei]s|causes?|conditions?)\b[^,.;]{0,12}"
    ),
    "deny": re.compile(
        r"排除|除外|不(?:是|考虑|支持|符合|像)|并非|没有|无|\b(?:negative for|(?:no|without) (?:signs?|evidence|features?|indications?) of"
        r"|rules? out|ruled out|excludes?|rather than|instead of|not|against"
        r"|unlikely|doubt(?:ful)?)\b"
    ),
    "open": re.compile(r"(?:需|应|要|以|为了?|进一步)(?:进1步)?(?:排除|除外)|\b(?:to|should|must) (?:rule out|exclude)\b|\br/o\b"),
    "compare": re.compile(
        r"区别于|区分|类似于?|酷似|貌似|\b(?:resembl\w{1,3}|mimic\w{0,4}|similar to)\b"
        r"|\b(?:distinguish\w{0,3}|differentiate\w?|as opposed to) from\b"
    ),
    "past": re.compile(
        r"(?:既往|曾)(?:有|患|患有|诊断(?:为)?|史:?)?|病史:?|\b(?:past )?(?:medical )?history of\b|\bprior\b|\bprevious(?:ly)?\b|\bh/o\b|\bknown\b"
        r"|\b(?:status post|s/p)\b"
    ),
    "other": re.compile(
        r"(?:父亲?|母亲?|家族|兄|弟|姐|妹|祖|亲属|家人)[^,。;]{0,6}(?:患有?|有|诊断为?|死于)?"
        r"|\b(?:mother|father|family|brother|sister|parent|uncle|aunt)\b[^,.;]{0,16}"
    ),
    "warn": re.compile(
        r"警惕|预防|防止|避免|谨防|注意|(?:可|会|能|易|可能)(?:导致|引起|引发|形成|发展[为成]|进展[为成]|转[变化]?[为成]|演变[为成]|诱发|并发)|形成|风险"
        r"|\b(?:prevent\w{0,3}|watch for|risk of|(?:may|can|could|might) (?:lead to|cause|progress to|result in|develop)|complications?)\b"
    ),
    "second": re.compile(
        r"(?:其次|次要|备选|再次)(?:考虑|为|是)?"
        r"|\b(?:less likely|second(?:ly|arily)?|alternatively|also consider|followed by|then)\b"
    ),
    "first": re.compile(r"(?:起初|最初|开始|1度|曾|之前|先前)(?:被)?(?:考虑|诊断|误诊|怀疑)?[为的]?|\b(?:initially|at first)\b[^,.;]{0,16}"),
    "general": re.compile(
        r"(?:常见|主要)的?(?:原因|病因|疾病)(?:有|包括|是|为)?|原因(?:很多|有|包括)|[常可多]见于"
        r"|\b(?:common )?causes? (?:of|include|are)\b[^,.;]{0,16}"
    ),
}  # fmt: skip
"""Words before a name, in its clause: the nearest tells how it is meant."""

BEHIND = {
    "deny": re.compile(
        r"(?:的)?可能性?(?:比较|相对|较|很|极|非常|更)?(?:小|低|不大|不高)|(?:的)?(?:诊断)?(?:依据|证据)不足|(?:的诊断)?(?:暂)?不(?:太)?(?:考虑|支持|像|符合|成立)"
        r"|(?:已|可|可以|基本)?(?:被)?(?:排除|除外)"
        r"|(?: (?:is|are|was|seems?|appears?))? (?:very |less |highly |effectively )?(?:unlikely|less likely|excluded|ruled out|impossible"
        r"|negative|absent|not (?:the|likely|present|supported|a))\b"
        r"|(?: (?:has|have))? been (?:excluded|ruled out)\b"
    ),
    "open": re.compile(
        r"(?:仍|尚|也|亦|暂)?(?:待(?:排除?|查|除外|鉴别)|不(?:能|可)(?:完全)?(?:除外|排除)|不除外|不排除)"
        r"| (?:was|were|is|are) (?:also )?considered\b"
        r"| (?:can ?not|can't|could not|needs? to|should|must) (?:yet )?be (?:fully |entirely )?(?:excluded|ruled out|considered)\b"
    ),
    "compare": re.compile(r"(?:等)?(?:疾病)?(?:相|作|做|进行|加以)?鉴别"),
    "general": re.compile(
        r"(?:多|常|1般|通常|往往)(?:有|表现|发生|好发|起病|伴|会)"
        r"| (?:usually|typically|often|generally|commonly|tends? to|(?:would|does) not|wouldn't|doesn't)\b"
    ),
    "past": re.compile(
        r"(?:病)?史|(?:现|目前)?[已经]{0,2}(?:治愈|痊愈|康复)"
        r"|,? ?\(?(?:has |have |had |was |since )?(?:been )?(?:fully )?(?:resolved|cured)\b"
    ),
    "part of a name": re.compile(r"性$"),
}  # fmt: skip
"""Words behind a name, or behind the list that it stands in; 高血压性脑出血 has the name of another disease before its own."""
CARRIES = re.compile(
    r"\b(?:r/o|(?:rule|ruled|ruling) out|exclud(?:e|ed|ing)) (?:[a-z-]+(?: [a-z-]+){0,2}, (?:and |or )?){1,3}$"
)
"""Words before a list whose first names are not known, up to the name."""
POSSIBLE = re.compile(
    r"(?:均|都|皆|也|亦|同样)?(?:有(?:1定)?(?:的)?)?可能(?:性)?(?:均有|都有|存在)?$|(?:均|都|也|亦)(?:需要?|应当?|要|值得)(?:1并|同时)?(?:考虑|想到|重视)"
    r"| (?:is|are|remains?|may be) (?:also |all |equally )?(?:possible|possibilities|conceivable)\b"
)
"""Words behind names that only weigh them."""

WEIGHS = re.compile(
    r"可能(?:为|是|有|的|诊断|患)?|疑似|怀疑|待|或许|也许|\b(?:possib\w{2,7}|may|might|could|consider\w{0,7}|differential|probabl[ey]|perhaps|include)\b"
)
"""Words before names that only weigh them."""
OR = re.compile(r"或|\bor\b|\bversus\b|\bvs\b")
OR_BEFORE = re.compile(r"(?:或者?|\b(?:either|or|versus|vs)\.?(?: an?| the| even)?)\s?$")
JOINS = re.compile(
    r" ?(?:[、,/]|,? ?(?:\band\b|\bor\b)|,?(?:和|及|与|或者?|甚至|以及|并|合并|伴有?)|\+)? ?"
    r"(?:(?:even|an?|the|possibly|perhaps|maybe) ){0,2}(?:\d[.、)] ?)?"
)
"""What stands between the names of a list."""
TIGHT = re.compile(r" ?(?:[、/]|\band\b|\bor\b|和|及|与|或者?|以及|\+) ?")
"""The same within a clause."""

HEADINGS = {
    "differential": re.compile(r"鉴别|(?<!最)可能(?:为|是|有|包括|的(?:诊断|疾病))|differential|possib"),
    "apart": re.compile(r"既往|病史|家族|并发症|个人史|history|complication|prevent|预防"),
    "reasons": re.compile(r"依据|分析|理由|检查|治疗|建议|处理|basis|evidence|reason|treatment|plan|recommend|exam"),
    "final": re.compile(r"(?:最终|最后|修正|出院|final)[^:]{0,8}(?:诊断|结论|答案|diagnos|answer)"),
    "diagnosis": re.compile(r"诊断[^:]{0,4}:|结论|答案|印象|diagnos[ei]s|impression|assessment|conclusion|answer"),
}
"""What stands under a heading, by its words; the first that fits."""
