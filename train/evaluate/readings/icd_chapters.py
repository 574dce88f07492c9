"""The chapters of ICD-10, by code (WHO, version of 2019)."""

CHAPTERS = (
    ("A00", "B99", "infectious"), ("C00", "D48", "neoplasms"), ("D50", "D89", "blood and immune"), ("E00", "E90", "endocrine and metabolic"),
    ("F00", "F99", "mental"), ("G00", "G99", "nervous"), ("H00", "H59", "eye"), ("H60", "H95", "ear"), ("I00", "I99", "circulatory"),
    ("J00", "J99", "respiratory"), ("K00", "K93", "digestive"), ("L00", "L99", "skin"), ("M00", "M99", "musculoskeletal"),
    ("N00", "N99", "genitourinary"), ("O00", "O99", "pregnancy"), ("P00", "P96", "perinatal"), ("Q00", "Q99", "congenital"),
    ("R00", "R99", "symptoms and findings"), ("S00", "T98", "injury and poisoning"), ("U00", "U99", "special codes"),
    ("V01", "Y98", "external causes"), ("Z00", "Z99", "contact with services"),
)  # fmt: skip
"""First code, last code, a short name."""


def chapter_of(code: str) -> str:
    """The chapter of a code such as `J18.9`; empty where there is none of it."""
    head = code.strip().upper()[:3]
    return next((name for first, last, name in CHAPTERS if first <= head <= last), "")
