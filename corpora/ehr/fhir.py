"""Values of FHIR R4 in words: concepts, observations, references, attachments."""

import base64
import binascii
import html
import re
from typing import Any


def render_observation(value: dict[str, Any]) -> str:
    """`Hemoglobin 97 g/L (130-175) L`, the components of a panel behind each other; nothing where there is no value."""
    parts = "; ".join(
        filter(None, (render_observation(part) for part in items(value.get("component")) if isinstance(part, dict)))
    )
    if not (said := _value(value)) and not parts:
        return ""
    words = [text_of(value.get("code")), said]
    for low_high in items(value.get("referenceRange")):
        low, high = (number(fields(fields(low_high).get(end)).get("value")) for end in ("low", "high"))
        words.append(
            f"({fields(low_high).get('text') or f'{low}-{high}'})"
            if low or high or fields(low_high).get("text")
            else ""
        )
    words += [code_of(flag) for flag in items(value.get("interpretation"))]
    return " ".join(word for word in (*words, parts) if word)


def _value(value: dict[str, Any]) -> str:
    if amount := quantity(value.get("valueQuantity")):
        return amount
    for key in ("valueString", "valueInteger", "valueDateTime", "valueTime"):
        if value.get(key) not in (None, ""):
            return str(value[key]).strip()
    if isinstance(value.get("valueBoolean"), bool):
        return "yes" if value["valueBoolean"] else "no"
    for key, ends, between in (("valueRange", ("low", "high"), "-"), ("valueRatio", ("numerator", "denominator"), "/")):
        amounts = [quantity(fields(value.get(key)).get(end)) for end in ends]
        if all(amounts):
            return between.join(amounts)
    return text_of(value.get("valueCodeableConcept"))


def quantity(value: Any) -> str:
    """`<97 g/L`; nothing where there is no number."""
    of = fields(value)
    amount = number(of.get("value"))
    unit = of.get("unit") or of.get("code") or ""
    return f"{of.get('comparator') or ''}{amount} {unit}".strip() if amount else ""


def attachment(value: Any) -> str:
    """The text of an attachment; nothing where it is none."""
    form = fields(value)
    if not str(form.get("contentType", "text/plain")).startswith(("text/", "application/xhtml")):
        return ""
    try:
        text = base64.b64decode(str(form.get("data") or ""), validate=False).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return plain(text) if "html" in str(form.get("contentType", "")) else text.strip()


def plain(text: str) -> str:
    """XHTML as text, its blocks as lines."""
    text = re.sub(r"<(?:br|/p|/div|/li|/tr|/h\d)\b[^<>]*>", "\n", text)
    return html.unescape(re.sub(r"<[^<>]+>", " ", text)).strip()


def text_of(concept: Any) -> str:
    """A CodeableConcept in words."""
    value = fields(concept)
    displays = [str(coding["display"]) for coding in items(value.get("coding")) if fields(coding).get("display")]
    return str(value.get("text") or next(iter(displays), "")).strip()


def reference(value: Any) -> str:
    """The id in `Patient/7`, `urn:uuid:7` and `https://…/Patient/7/_history/1`."""
    return re.split("[/:#]", re.sub("/_history/.*", "", str(value or "")))[-1]


def encounter_of(value: dict[str, Any]) -> str:
    """The id of the encounter that a resource belongs to."""
    context = fields(value.get("context"))
    several = [fields(one) for one in items(context.get("encounter"))]
    first = fields(value.get("encounter")) or (several[0] if several else context)
    return reference(first.get("reference"))


def codes_of(concept: Any) -> list[tuple[str, str]]:
    """(system, code) of each coding."""
    codings = [fields(coding) for coding in items(fields(concept).get("coding"))]
    return [(str(coding.get("system", "")), str(coding.get("code", ""))) for coding in codings]


def code_of(concept: Any) -> str:
    """The first code."""
    return next((code for _, code in codes_of(concept)), "")


def number(value: Any) -> str:
    """A number without trailing zeros."""
    return f"{value:g}" if isinstance(value, int | float) else str(value or "")


def items(value: Any) -> list[Any]:
    """A list, whatever it is: FHIR writes one or many."""
    return value if isinstance(value, list) else [] if value is None else [value]


def fields(value: Any) -> dict[str, Any]:
    """An object, or one without fields where it is none."""
    return value if isinstance(value, dict) else {}
