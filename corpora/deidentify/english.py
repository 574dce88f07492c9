"""English names, addresses and postal codes, as the Safe Harbor rule of HIPAA names them."""

import re
from collections.abc import Iterator

from kgtools.corpora.deidentify.classes import Span

STATES = (
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO "
    "MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC"
)
STREET = re.compile(
    r"\b\d{1,5}[ ]+(?:[NSEW]\.?[ ]+)?(?:[A-Z][A-Za-z'-]+[ ]+){1,"
    r"3}(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|"
    r"Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Way|Terrace|"
    r"Parkway|Highway|Hwy)\b\.?(?:,?[ ]+(?:Apt|Apartment|"
    r"Suite|Ste|Unit|#)\.?[ ]*[A-Z0-9-]+)?(?:,?[ ]+[A-Z][a-z]+(?:[ ][A-Z][a-z]+)?(?=,"
    r"[ ]*[A-Z]{2}\b))?"
)
ZIP = re.compile(
    rf"\b(?:{STATES.replace(' ', '|')})[ ,]+(?P<zip>\d{{5}}(?:-\d{{4}})?)(?!\d)|"
    rf"(?i:\bzip(?: code)?|postal code|邮编|邮政编码)\s?[:：]?\s?(?P<zip2>\d{{5,"
    rf"6}}(?:-\d{{4}})?)(?!\d)"
)
LIVES = re.compile(r"\b(?i:address|resides at|lives at|residence)\s?:\s?(?P<place>[A-Za-z0-9][A-Za-z0-9 .,#'-]{5,80})")
"""`lives at: 12 Main Street`."""

TITLE_ENGLISH = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss|Dr|Doctor|Prof|Professor|Nurse|"
    r"Sister)\.?[ \t]+(?P<name>[A-Z][a-z]+(?:[-'][A-Z][a-z]+)?(?:[ \t]+(?:[A-Z]\.[ \t]+)?[A-Z]"
    r"[a-z]+){0,2})"
)
LABEL_ENGLISH = re.compile(
    r"(?:(?i:patient(?:'s)? name|name of (?:the )?patient|"
    r"attending(?: physician)?|physician|surgeon|next of "
    r"kin|emergency contact|signed by|dictated by|"
    r"referred by|seen by|provider|mother's name|father's name|full name)|\b(?:Name|Patient|NAME|PATIENT))[ \t]*[:#][ \t]*"
    r"(?:(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.?[ \t]+)?(?P<name>[A-Z][A-Za-z'-]+(?:,?[ \t]+(?:[A-Z]\.[ \t]*)?[A-Z][A-Za-z'-]+){1,3})"
)
CALLED_ENGLISH = re.compile(
    r"(?:(?i:my name is|his name is|her name is|named)|\bI am|\bI'm)[ \t]+(?P<name>[A-Z][a-z]+(?:[ \t]+[A-Z][a-z]+){0,2})"
)
NAMES = (
    (TITLE_ENGLISH, "title", ("mr", "ms", "miss", "dr", "doctor", "prof", "nurse", "sister")),
    (
        LABEL_ENGLISH,
        "label",
        ("name", "patient", "attending", "physician", "surgeon", "kin", "contact", " by", "provider"),
    ),
    (CALLED_ENGLISH, "called", ("name", "i am", "i'm")),
)
CAPITALS = (
    "Address Admission African Age American And April Are As Asian At August Black But Can Caucasian Chat "
    "Chinese Christian Clinic Complains Could DOB Date Dear December Diabetic Discharge Doctor Dr Email "
    "Father February Female For Friday Gender General Google Hello Hi Hispanic History Hospital I ID If "
    "In Indian Is January July June MBBS MD MRN Madam Male March Martens May Monday Mother Muslim My Name "
    "No None Not November October On Or Oz Patient Pepper Phone Please Practitioner Presents Record SSN "
    "Saturday September Service Sex Should Sir Specialist Sunday Tel Thank Thanks That The This Thursday "
    "Tuesday Unit Unknown Ward Wednesday White Will Yes You Your "
    "Okay Ok Rather Pulmonologist Cardiologist Surgeon Physician Neurologist Pediatrician Dermatologist Google So Now Also What How Who"
)
"""Words with a capital that stand where names do."""
NOT_NAMES = frozenset(CAPITALS.split())


def english(text: str) -> Iterator[Span]:
    """Names, street addresses and postal codes of a folded text."""
    for match in STREET.finditer(text):
        yield Span(match.start(), match.end(), "address", "street")
    for match in LIVES.finditer(text):
        yield Span(match.start("place"), match.end("place"), "address", "label-english")
    for match in ZIP.finditer(text):
        group = str(match.lastgroup)
        yield Span(match.start(group), match.end(group), "zip", "label" if group == "zip2" else "state")
    yield from english_names(text)


def english_names(text: str) -> Iterator[Span]:
    """The names of people behind English titles and labels."""
    low = text.lower()
    for pattern, rule, words in NAMES:
        if not any(word in low for word in words):
            continue
        for match in pattern.finditer(text):
            words_of_name = re.findall(r"[A-Za-z.'-]+", match.group("name"))
            kept = next(
                (
                    index
                    for index, word in enumerate(words_of_name)
                    if {word.strip(".,"), word.strip(".,").capitalize()} & NOT_NAMES
                ),
                len(words_of_name),
            )
            if kept:
                start = match.start("name")
                span = text[start : match.end("name")]
                end = match.end("name") if kept == len(words_of_name) else start + span.find(words_of_name[kept])
                yield Span(start, start + len(text[start:end].rstrip(" ,\t")), "name", f"{rule}-english")
