"""Java's patterns as RE2's: the same texts match, or the pattern is refused."""

import duckdb
import pytest

from kgtools.kg.cypher.regexes import to_re2
from kgtools.kg.cypher.run import float_text


@pytest.mark.parametrize(
    ("pattern", "matches", "others"),
    [
        (".*炎", ["肺炎"], ["肺炎症", "肺\n炎", "肺\r炎", "肺\u2028炎", "肺\x85炎"]),
        ("(?i)copd.*", ["COPD", "Copd 2"], ["cop"]),
        ("(?i)k", ["k", "K"], ["\u212a"]),  # the Kelvin sign, which Java folds only with (?u)
        ("(?i)[a-c]+", ["aBC"], ["d"]),
        ("\\d+", ["12"], ["１２", "x"]),
        ("\\w+", ["a_1"], ["中"]),
        ("a\\s+b", ["a \t\x0bb"], ["a\u3000b"]),
        ("[^0-9]+", ["中"], ["1"]),
        ("\\u4e2d(?:国|文)", ["中国"], ["中"]),
        ("a{2,3}?", ["aa"], ["a"]),
        ("[一-鿿]+", ["肺炎"], ["lung"]),
        ("a\\.b", ["a.b"], ["axb"]),
    ],
)
def test_a_pattern_matches_what_it_matches_in_java(pattern: str, matches: list[str], others: list[str]) -> None:
    with duckdb.connect() as connection:
        found = {
            text: connection.execute("SELECT regexp_full_match($text, $pattern)", {"text": text, "pattern": to_re2(pattern)}).fetchone()
            for text in [*matches, *others]
        }  # fmt: skip

    assert found == {text: (text in matches,) for text in found}


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(?=a)b", r"\(\?\.\.\.\) is not covered"),
        ("a*+", "possessive"),
        ("[a[b]]", "a class within a class"),
        ("[a&&b]", "a class within a class"),
        ("\\p{L}", r"\\p is not covered"),
        ("a(", "no regular expression"),
        ("[a", "a class that does not end"),
    ],
)
def test_what_the_engines_take_differently_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(TypeError, match=why):
        to_re2(pattern)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.0, "1.0"), (-0.5, "-0.5"), (0.0, "0.0"), (0.001, "0.001"), (0.0001, "1.0E-4"), (1e7, "1.0E7"), (9999999.0, "9999999.0"),
        (1.5e10, "1.5E10"), (-1.25e-7, "-1.25E-7"), (1e16, "1.0E16"), (float("inf"), "Infinity"), (float("nan"), "NaN"),
    ],
)  # fmt: skip
def test_a_float_is_written_as_java_writes_it(number: float, text: str) -> None:
    assert float_text(number) == text
