"""Java's patterns as both engines read them: the same texts match, or the pattern is refused."""

import duckdb
import pytest

from kgtools.kg.cypher import regexes
from kgtools.kg.cypher.regexes import java_matches, translate
from kgtools.kg.cypher.texts import float_text


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
    made = translate(pattern)
    with duckdb.connect() as connection:
        found = {
            text: connection.execute("SELECT regexp_full_match($text, $pattern)", {"text": text, "pattern": made.text}).fetchone()
            for text in [*matches, *others]
        }  # fmt: skip

    assert not made.goes_back
    assert found == {text: (text in matches,) for text in found}
    assert {text: java_matches(text, pattern) for text in found} == {text: text in matches for text in found}


@pytest.mark.parametrize(
    ("pattern", "matches", "others"),
    [
        ("(?=a).b?", ["a", "ab"], ["b", "cb"]),
        ("a*+a", [], ["aa"]),
        ("[a[b]]+", ["ab"], ["c"]),
        ("[a-c&&[^b]]+", ["ac"], ["ab"]),
        ("(.)\\1", ["aa"], ["ab"]),
        ("\\bB12\\b.*", ["B12 x"], ["B12测定"]),
        ("\\D+[\\W_]", ["a_", "中文"], ["1_"]),
        ("a$\n?", ["a\n", "a"], ["a\n\n"]),
        ("\\p{IsAlphabetic}+", ["病a"], ["1"]),
        ("a{1001}", ["a" * 1001], ["a"]),
    ],
)
def test_what_goes_back_in_a_text_is_matched_as_in_java(pattern: str, matches: list[str], others: list[str]) -> None:
    assert translate(pattern).goes_back
    assert {text: java_matches(text, pattern) for text in [*matches, *others]} == {
        **dict.fromkeys(matches, True),
        **dict.fromkeys(others, False),
    }


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(?m)^a", r"\(\?m\) is not covered"),
        ("\\p{IsGothic}", r"IsGothic\} is not covered"),
        ("(?i)\\p{Lu}", "leave \\(\\?i\\) out"),
        ("(?i)(a)\\1", "leave \\(\\?i\\) out"),
        ("\\cA", r"\\c is not covered"),
        ("\\ud800", "write the sign itself"),
        ("a(", r"\( without its \)"),
        ("a)", r"\) without its \("),
        ("[a", r"\[ without its \]"),
        ("*a", "nothing to repeat"),
        ("a**", "nothing to repeat"),
        ("{x}", "nothing to repeat"),
        ("a{3,2}", "no regular expression"),
        ("[z-a]", "goes nowhere"),
        ("[a-\\d]", "goes nowhere"),
        ("(?<=(a)", r"\( without its \)"),
        ("\\k<x>", "no regular expression"),
        ("a\\", "at its end"),
    ],
)
def test_what_is_no_pattern_or_not_covered_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(TypeError, match=why):
        translate(pattern)


def test_a_pattern_that_takes_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regexes, "SECONDS", 0.1)

    with pytest.raises(ValueError, match="repeat nothing within a repeat"):
        java_matches("a" * 60, "(?:a|aa)+b")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.0, "1.0"), (-0.5, "-0.5"), (0.0, "0.0"), (0.001, "0.001"), (0.0001, "1.0E-4"), (1e7, "1.0E7"), (9999999.0, "9999999.0"),
        (1.5e10, "1.5E10"), (-1.25e-7, "-1.25E-7"), (1e16, "1.0E16"), (float("inf"), "Infinity"), (float("nan"), "NaN"),
    ],
)  # fmt: skip
def test_a_float_is_written_as_java_writes_it(number: float, text: str) -> None:
    assert float_text(number) == text
