"""The functions of Cypher in SQL, each as Neo4j computes it."""

from collections.abc import Callable

from kgtools.kg.cypher.functions import conversions, elements, lists, numbers, texts
from kgtools.kg.cypher.values import Value

DATES = "dates are texts in a graph; compare ISO texts"

IDS = "internal ids differ between stores; use n.id"

INSTEAD = {
    **dict.fromkeys(("date", "datetime", "localdatetime", "time", "localtime", "timestamp", "duration"), DATES),
    **dict.fromkeys(("id", "elementid"), IDS),
    "exists": "write EXISTS { (a)-[:R]->(b) } or n.property IS NOT NULL",
    "rand": "its answer is another each time", "randomuuid": "its answer is another each time",
    "length": "length() is asked of a path; size() of a list or text",
}  # fmt: skip

FUNCTIONS: dict[str, Callable[..., Value]] = {
    **texts.FUNCTIONS,
    **numbers.FUNCTIONS,
    **conversions.FUNCTIONS,
    **lists.FUNCTIONS,
    **elements.FUNCTIONS,
}
