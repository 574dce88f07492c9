"""Texts as rules see them: full-width forms, odd spaces and dashes folded one to one, so that every offset holds."""

import re

_FORMS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SPACES = dict.fromkeys([0x3000, 0xA0, 0x202F, 0x2007, *range(0x2000, 0x200B)], 0x20)
_DASHES = dict.fromkeys([0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0x2500], 0x2D)
_HIDDEN = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xAD], 0x200B)
FORMS = _FORMS | _SPACES | _DASHES | _HIDDEN

GAP = r"[ \t\r\n\u200b-]"
"""What may stand between the digits of one number."""
_GAPS = re.compile(rf"{GAP}+")


def fold(text: str) -> str:
    """The text with every full-width form, space, dash and hidden character as its plain one; as long as it was."""
    return text if text.isascii() else text.translate(FORMS)


def squeeze(text: str) -> str:
    """A value as it is compared: folded, lower case, without gaps."""
    return _GAPS.sub("", fold(text)).lower()
