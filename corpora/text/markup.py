"""HTML that an export left in a text: its blocks become lines, and its emphasis, spans and links lose their tags.

A text is such HTML where a block is opened and closed in it, or a line is broken by `<br>`, and no element is in it that HTML does
not have. `<sup>` and `<sub>` stay, for 10<sup>9</sup> is not 109, and so do images."""

import re

BLOCK = "p|div|ul|ol|li|dl|dt|dd|h[1-6]|blockquote|section|article|center|hr|table|thead|tbody|tfoot|tr|td|th"
INLINE = "strong|b|em|i|u|s|span|a|font|small|big|mark|label|ins|del|strike"
STAYS = "sup|sub|img|br"
VALUE = r"\"[^\"<>]*+\"|'[^'<>]*+'|[^\s\"'<>=]++"
WITHIN = rf"(?:\s++[A-Za-z][\w:-]*+\s?=\s?(?:{VALUE}))*+\s*+/?>"
"""Of a tag behind its name: attributes that have a value, so that `a<b and c>d` is no tag."""
BREAK = re.compile(rf"\s?</?br{WITHIN}\s?", re.IGNORECASE)
"""`<br>`, `<br/>`."""
TAG = re.compile(rf"<(?P<end>/?)(?P<name>{BLOCK}|{INLINE}){WITHIN}", re.IGNORECASE)
"""`<p>`, `</b>`."""
OTHER = re.compile(rf"</(?!(?:{BLOCK}|{INLINE}|{STAYS})\s?>)[A-Za-z][\w:.-]*+\s?>", re.IGNORECASE)
"""The end of any other element: `</font>`."""
CELL = re.compile(rf"</t[dh]>(?:\s++)?<t[dh]{WITHIN}", re.IGNORECASE)
"""Where two cells of a table meet: `</td><td>`."""
BETWEEN = re.compile(rf"(?:(?<!\s)\s++)?(?:</?(?:{BLOCK}){WITHIN}\s*+)++", re.IGNORECASE)
"""Tags of blocks with the blanks round them."""


def without_tags(text: str) -> tuple[str, int]:
    """The text with line breaks for the breaks and blocks of HTML, and how many tags that were."""
    text, breaks = BREAK.subn("\n", text)
    tags = [(match["name"].lower(), bool(match["end"])) for match in TAG.finditer(text)]
    if not tags:
        return text, breaks
    whole = {name for name, end in tags if end} & {name for name, end in tags if not end}
    blocks = {name for name in whole if re.fullmatch(BLOCK, name)}
    if not (blocks or breaks) or OTHER.search(text):
        return text, breaks
    inline = whole - blocks
    text = TAG.sub(lambda match: "" if match["name"].lower() in inline else match[0], text)
    gone = [name for name, _ in tags if name in inline]
    if blocks or any(name not in inline and re.fullmatch(BLOCK, name) for name, _ in tags):
        gone += [name for name, _ in tags if re.fullmatch(BLOCK, name)]
        text = BETWEEN.sub("\n", CELL.sub("\t", text))
    return text, breaks + len(gone)
