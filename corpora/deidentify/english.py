"""English addresses and postal codes, as the Safe Harbor rule of HIPAA names them."""

import re
from collections.abc import Iterator

from corpora.deidentify.classes import Span

STATES = "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC"
STREET = re.compile(
    r"\b\d{1,5}[ ]+(?:[NSEW]\.?[ ]+)?(?:[A-Z][A-Za-z'-]+[ ]+){1,3}(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Way|Terrace|"
    r"Parkway|Highway|Hwy)\b\.?(?:,?[ ]+(?:Apt|Apartment|Suite|Ste|Unit|#)\.?[ ]*[A-Z0-9-]+)?(?:,?[ ]+[A-Z][a-z]+(?:[ ][A-Z][a-z]+)?(?=,[ ]*[A-Z]{2}\b))?"
)
ZIP = re.compile(rf"\b(?:{STATES.replace(' ', '|')})[ ,]+(?P<zip>\d{{5}}(?:-\d{{4}})?)(?!\d)|(?i:\bzip(?: code)?|postal code|邮编|邮政编码)\s?[:：]?\s?(?P<zip2>\d{{5,6}}(?:-\d{{4}})?)(?!\d)")
LIVES = re.compile(r"\b(?i:address|resides at|lives at|residence)\s?:\s?(?P<place>[A-Za-z0-9][A-Za-z0-9 .,#'-]{5,80})")


def english(text: str) -> Iterator[Span]:
    """Street addresses and postal codes of a folded text."""
    for match in STREET.finditer(text):
        yield Span(match.start(), match.end(), "address", "street")
    for match in LIVES.finditer(text):
        yield Span(match.start("place"), match.end("place"), "address", "label-english")
    for match in ZIP.finditer(text):
        group = str(match.lastgroup)
        yield Span(match.start(group), match.end(group), "zip", "label" if group == "zip2" else "state")
