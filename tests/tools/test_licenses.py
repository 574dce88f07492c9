"""Licences that users name, what they let one do alone and together, and the gate."""

import time
from itertools import combinations, product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.licenses import spdx, terms
from kgtools.tools.licenses.check import all_of, check_license, gate, inside, notes, operand, parts
from kgtools.tools.licenses.terms import clashes, find


@pytest.mark.parametrize(
    ("written", "license_"),
    [
        ("MIT", "MIT"),
        (" mit\n", "MIT"),
        ("apache-2.0", "Apache-2.0"),
        ("cc-by-nc-sa-4.0", "CC-BY-NC-SA-4.0"),
        ("odbl-1.0", "ODbL-1.0"),
        ("GPL-3.0", "GPL-3.0-only"),
        ("GPL-2.0+", "GPL-2.0-or-later"),
        ("Apache-2.0+", "Apache-2.0+"),
        ("(MIT OR Apache-2.0) AND CC-BY-4.0", "(MIT OR Apache-2.0) AND CC-BY-4.0"),
        ("((mit)) and ((isc or (zlib and mit-0)))", "MIT AND (ISC OR (Zlib AND MIT-0))"),
        ("gpl-2.0-only with classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("GPL-2.0-only WITH AdditionRef-mine", "GPL-2.0-only WITH AdditionRef-mine"),
        ("LicenseRef-my-secret", "LicenseRef-my-secret"),
        ("licenseref-my-secret AND mit", "LicenseRef-my-secret AND MIT"),
        ("DocumentRef-theirs:LicenseRef-2 OR MIT", "DocumentRef-theirs:LicenseRef-2 OR MIT"),
        ("LicenseRef-MIT-Discord", "LicenseRef-MIT-Discord"),
        ("LicenseRef-XYWY-noncommercial OR MIT", "LicenseRef-xywy-noncommercial OR MIT"),
        ("Unknown", "unknown"),
        ("CC-BY-SA", "CC-BY-SA"),
        ("unknown AND CC0-1.0", "unknown AND CC0-1.0"),
    ],
)
def test_a_licence_is_spelled_as_spdx_does(written: str, license_: str) -> None:
    assert check_license(written) == license_
    assert check_license(license_) == license_


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("cc by 4.0", "did you mean CC-BY-4.0?"),
        ("CC BY-NC-SA 4.0", "did you mean CC-BY-NC-SA-4.0?"),
        ("cc_by_4.0", "did you mean CC-BY-4.0?"),
        ("CC-BY-4", "did you mean CC-BY-4.0?"),
        ("CC BY", "did you mean CC-BY-4.0 or CC-BY-3.0?"),
        ("CC0", "did you mean CC0-1.0?"),
        ("Creative Commons Attribution-ShareAlike 4.0 International", "did you mean CC-BY-SA-4.0?"),
        ("Creative Commons Attribution-NonCommercial-NoDerivatives 4.0", "did you mean CC-BY-NC-ND-4.0?"),
        ("Apache 2", "did you mean Apache-2.0?"),
        ("Apache2.0", "did you mean Apache-2.0?"),
        ("Apache License, Version 2.0", "did you mean Apache-2.0?"),
        ("MIT License", "did you mean MIT?"),
        ("The MIT License (MIT)", "did you mean MIT?"),
        ("GPLv3", "did you mean GPL-3.0-only or GPL-3.0-or-later?"),
        ("GPL 2.0", "did you mean GPL-2.0-only or GPL-2.0-or-later?"),
        ("GPL", "did you mean GPL-3.0-only or GPL-3.0-or-later?"),
        ("LGPLv2.1", "did you mean LGPL-2.1-only or LGPL-2.1-or-later?"),
        ("GNU General Public License v3.0", "did you mean GPL-3.0-only or GPL-3.0-or-later?"),
        ("BSD", "did you mean BSD-2-Clause or BSD-3-Clause?"),
        ("ODbL", "did you mean ODbL-1.0?"),
        ("public domain", "did you mean CC-PDM-1.0 or CC0-1.0?"),
        ("MIT/Apache-2.0", "did you mean MIT OR Apache-2.0 or MIT AND Apache-2.0?"),
        ("MIT, CC BY 4.0", "did you mean MIT OR CC-BY-4.0 or MIT AND CC-BY-4.0?"),
        ("unkown", "did you mean unknown?"),
        ("NOASSERTION", "did you mean unknown?"),
        ("none", "did you mean unknown?"),
        ("Apach-2.0", "did you mean Apache-2.0?"),
        (
            "custom",
            "'custom': no licence of SPDX's list; write an id of https://spdx.org/licenses, several with AND or OR",
        ),
        ("custom", "LicenseRef-custom for a licence that is not there, or unknown where none is known"),
        ("HPO", "LicenseRef-HPO"),
        ("All rights reserved", "LicenseRef-All-rights-reserved"),
        ("LicenseRef-my_secret", "LicenseRef-my-secret"),
        ("LicenseRef_HPO", "LicenseRef-HPO"),
        ("LicenseRef-", "LicenseRef-yourname"),
        ("知识共享", "LicenseRef-yourname"),
        ("", "'': empty; write an id"),
        (" \n", "empty; write an id"),
        ("MIT AND", "no SPDX expression"),
        ("MIT ISC", "no SPDX expression"),
        ("((MIT)", "no SPDX expression"),
        ("(" * 100 + "MIT" + ")" * 100, "too many parentheses within each other"),
        ("MIT AND custom", "'custom' is no licence of SPDX's list; write"),
        ("MIT AND (ISC OR Apache)", "'Apache' is no licence of SPDX's list; did you mean Apache-2.0"),
        ("Classpath-exception-2.0", "no licence of SPDX's list"),
        ("MIT WITH Commons-Clause", "no licence of SPDX's list"),
        ("MIT WITH ISC", "no licence of SPDX's list"),
    ],
)
def test_a_word_that_is_no_licence_is_refused_with_what_to_write(written: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        check_license(written, "--license")

    assert str(refused.value).startswith("--license ")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


ids = st.sampled_from(
    ["MIT", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "GPL-2.0-only", "unknown", "LicenseRef-a", "gpl-3.0", "HPO", "a b"]
)
expressions = st.recursive(
    ids,
    lambda each: st.tuples(each, st.sampled_from(["AND", "OR", "and"]), each).map(lambda three: f"({' '.join(three)})"),
    max_leaves=6,
)


@given(text=st.text(max_size=30) | expressions)
@example(text="(" * 5_000)
@example(text="MIT AND \x00")
def test_whatever_a_file_holds_in_place_of_a_licence_is_told_and_gated(text: str) -> None:
    if not text.isprintable():
        with pytest.raises(InputError, match="more than one line, or signs that are not printed"):
            gate({text: 2}, ())
        return
    passed = gate({text: 2}, ())

    assert notes({text: 2}).startswith("| licence | rows |\n| --- | ---: |\n")
    assert parts(text)
    if passed.refused:
        assert passed.why()
        assert not gate({text: 2}, passed.needed).refused


@given(text=st.text(max_size=30) | expressions)
def test_a_licence_that_is_taken_is_taken_as_it_was_spelled(text: str) -> None:
    try:
        license_ = check_license(text)
    except UsageError:
        return
    assert check_license(license_) == license_
    assert parts(license_) == parts(text)


@given(licenses=st.lists(expressions | st.text(max_size=10), min_size=1, max_size=4))
def test_what_is_made_from_several_is_under_all_of_them(licenses: list[str]) -> None:
    whole = all_of(licenses)

    allowed = {name for text in licenses for name in inside([operand(text)])}
    assert all(set(inside([operand(text)])) & {*inside([whole]), *allowed} for text in licenses)
    assert all_of([whole]) == all_of([all_of([whole])])
    forbidding = [text for text in licenses if all(find(name).use == "no" for name in parts(operand(text)))]
    assert not forbidding or gate({whole: 1}, ()).refused


def test_a_choice_among_several_licences_keeps_its_parentheses() -> None:
    assert all_of(["MIT OR ISC", "unknown", "MIT OR ISC"]) == "(MIT OR ISC) AND unknown"
    assert all_of(["MIT OR ISC"]) == "MIT OR ISC"
    assert all_of(["(MIT", "ISC) OR MIT-0", ""]) == "LicenseRef-unread-MIT AND LicenseRef-unread-ISC-MIT-0 AND unknown"


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("ISC", "free"),
        ("Unlicense", "free"),
        ("OSL-3.0", "free"),
        ("CC-BY-2.5-AU", "free"),
        ("CC-BY-4.0+", "free"),
        ("cc-by-4.0", "free"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "free"),
        ("CC-BY-NC-3.0-DE", "noncommercial"),
        ("CC-BY-NC-SA-2.0-FR", "noncommercial"),
        ("CC-BY-NC-ND-3.0-IGO", "no"),
        ("CC-BY-ND-2.5", "no"),
        ("CC-BY-NC-9.9", "no"),
        ("SSPL-1.0", "no"),
        ("BUSL-1.1", "no"),
        ("MIT WITH Commons-Clause", "no"),
        ("GPL-2.0-only WITH AdditionRef-mine", "no"),
        ("LicenseRef-MIT-Discord", "no"),
        ("LicenseRef-GPL", "no"),
        ("LicenseRef-PhysioNet-Credentialed-Health-Data-1.5.0", "no"),
        ("LicenseRef-xywy-noncommercial", "no"),
        ("unknown", "no"),
        ("MIT License", "no"),
        ("free for research or MIT", "no"),
    ],
)
def test_a_licence_lets_one_do_what_its_text_says_or_its_category(name: str, use: str) -> None:
    assert find(name).use == use
    assert bool(gate({name: 1}, ()).refused) == (use == "no")


SATISFIABLE = [
    ("MIT", "CC-BY-SA-4.0"),
    ("MIT", "CC-BY-NC-4.0"),
    ("MIT", "OSL-3.0"),
    ("CC-BY-4.0", "GPL-2.0-only"),
    ("CC-BY-SA-3.0", "CC-BY-SA-4.0"),
    ("CC-BY-SA-2.0-UK", "CC-BY-SA-3.0-DE"),
    ("CC-BY-SA", "CC-BY-SA-4.0"),
    ("CC-BY-SA-4.0", "GPL-3.0-only"),
    ("CC-BY-SA-4.0", "GPL-3.0-or-later"),
    ("CC-BY-SA-4.0", "GPL-2.0-or-later"),
    ("CC-BY-SA-4.0", "LAL-1.3"),
    ("CC-BY-NC-2.0", "CC-BY-NC-4.0"),
    ("CC-BY-NC-4.0", "CC-BY-NC-SA-4.0"),
    ("CC-BY-NC-SA-3.0", "CC-BY-NC-SA-4.0"),
    ("GPL-2.0-or-later", "GPL-3.0-only"),
    ("GPL-2.0-or-later", "Apache-2.0"),
    ("GPL-3.0-only", "AGPL-3.0-only"),
    ("LGPL-2.1-only", "GPL-3.0-only"),
    ("MPL-2.0", "GPL-3.0-only"),
    ("GFDL-1.2-or-later", "GFDL-1.3-only"),
    ("EUPL-1.2", "CC-BY-SA-3.0"),
]
CLASHES = [
    ("CC-BY-NC-SA-4.0", "CC-BY-SA-4.0"),
    ("CC-BY-NC-SA-3.0", "CC-BY-SA-3.0"),
    ("CC-BY-SA-4.0", "GPL-2.0-only"),
    ("CC-BY-NC-4.0", "CC-BY-SA-4.0"),
    ("CC-BY-NC-4.0", "GPL-3.0-only"),
    ("CC-BY-NC-4.0", "ODbL-1.0"),
    ("LicenseRef-cmedqa2-noncommercial", "CC-BY-SA-4.0"),
    ("ODbL-1.0", "CC-BY-SA-4.0"),
    ("ODbL-1.0", "CDLA-Sharing-1.0"),
    ("CC-BY-SA-1.0", "CC-BY-SA-4.0"),
    ("CC-BY-SA-3.0", "GPL-3.0-only"),
    ("CC-BY-SA-4.0", "AGPL-3.0-only"),
    ("CC-BY-SA-4.0", "GFDL-1.3-only"),
    ("CC-BY-NC-SA-1.0", "CC-BY-NC-SA-4.0"),
    ("GPL-2.0-only", "GPL-3.0-only"),
    ("GPL-2.0-only", "Apache-2.0"),
    ("GPL-2.0-only", "AGPL-3.0-or-later"),
    ("OSL-3.0", "CC-BY-SA-4.0"),
]


@pytest.mark.parametrize("pair", SATISFIABLE)
def test_two_licences_that_one_thing_can_satisfy_pass(pair: tuple[str, str]) -> None:
    for one, other in (pair, pair[::-1]):
        assert not gate({f"{one} AND {other}": 1}, ()).refused
        assert not gate({f"{one} AND MIT AND {other}": 1}, ()).refused


@pytest.mark.parametrize("pair", CLASHES)
def test_two_licences_that_nothing_can_satisfy_are_refused_by_both_names(pair: tuple[str, str]) -> None:
    for one, other in (pair, pair[::-1]):
        passed = gate({f"{one} AND MIT-0 AND {other}": 7, "MIT": 1}, ())
        assert passed.refused == {f"{one} AND MIT-0 AND {other}": 7}
        assert passed.needed == (" AND ".join(sorted(pair)),)
        assert all(name in passed.why() for name in pair)
        assert passed.way_out("x").startswith("Leave one of the sources out; or if")


def test_a_licence_clashes_with_itself_never_and_with_another_both_ways_or_none() -> None:
    names = [name for name in terms.words() if find(name).use != "no"]

    assert len(names) > 40
    for one, other in product(names, names):
        assert bool(clashes((one, other))) == bool(clashes((other, one))), (one, other)
    assert not [name for name in names if clashes((name, name))]


def test_of_three_licences_each_two_of_which_agree_all_are_named_where_nothing_satisfies_them() -> None:
    three = ("CC-BY-SA-3.0", "CC-BY-SA-4.0", "EUPL-1.2")

    assert not [pair for pair in combinations(three, 2) if clashes(pair)]
    assert clashes((*three, "MIT", "unknown")) == (three,)
    assert not gate({" AND ".join(three): 1}, (" AND ".join(three),)).refused
    assert clashes(("GPL-2.0-or-later", "GPL-2.0-only", "Apache-2.0")) == (("GPL-2.0-only", "Apache-2.0"),)


@pytest.mark.parametrize(
    ("license_", "chosen"),
    [
        ("(unknown OR MIT) AND CC0-1.0 AND CC0-1.0", ["MIT", "CC0-1.0"]),
        ("GPL-3.0-only OR MIT", ["MIT"]),
        ("CC-BY-NC-4.0 OR GPL-3.0-only", ["GPL-3.0-only"]),
        ("(CC-BY-SA-4.0 OR CC-BY-NC-4.0) AND CC-BY-NC-SA-4.0", ["CC-BY-NC-4.0", "CC-BY-NC-SA-4.0"]),
        ("(CC-BY-NC-4.0 OR MIT) AND CC-BY-SA-4.0", ["MIT", "CC-BY-SA-4.0"]),
        ("ODbL-1.0 AND (CC-BY-SA-4.0 OR CC-BY-4.0)", ["ODbL-1.0", "CC-BY-4.0"]),
        ("MIT OR ISC AND unknown", ["MIT"]),
        ("unknown or LicenseRef-a", ["unknown"]),
    ],
)
def test_of_a_choice_the_satisfiable_and_freest_is_taken(license_: str, chosen: list[str]) -> None:
    assert parts(license_) == chosen


@pytest.mark.parametrize(
    ("license_", "allowed", "leaves"),
    [
        ("unknown", ("unknown",), True),
        ("unknown AND LicenseRef-a", ("unknown",), False),
        ("unknown AND LicenseRef-a", ("unknown", "licenseref-A"), True),
        ("unknown AND LicenseRef-a", ("LicenseRef-a AND unknown",), True),
        ("unknown AND LicenseRef-a AND MIT", ("LicenseRef-a AND unknown",), False),
        ("unknown OR LicenseRef-a", ("LicenseRef-a",), True),
        ("unknown OR LicenseRef-a", ("unknown OR LicenseRef-a",), True),
        ("CC-BY-SA-4.0 AND CC-BY-NC-4.0", ("CC-BY-SA-4.0", "CC-BY-NC-4.0"), False),
        ("CC-BY-SA-4.0 AND CC-BY-NC-4.0", ("CC-BY-NC-4.0 AND CC-BY-SA-4.0",), True),
        ("CC-BY-SA-4.0 AND CC-BY-NC-4.0 AND MIT", ("CC-BY-NC-4.0 AND CC-BY-SA-4.0",), True),
        ("CC-BY-SA-4.0 AND CC-BY-NC-4.0 AND MIT", ("MIT AND CC-BY-NC-4.0 AND CC-BY-SA-4.0",), True),
        ("CC-BY-SA-4.0 AND CC-BY-NC-4.0", ("CC-BY-NC-4.0 AND CC-BY-SA-4.0 AND MIT",), False),
        ("CC-BY-SA-4.0 AND CC-BY-NC-4.0 AND ODbL-1.0", ("CC-BY-NC-4.0 AND CC-BY-SA-4.0",), False),
        ("CC-BY-SA-4.0 AND unknown", ("unknown",), True),
        ("MIT License", ("MIT License",), True),
        ("MIT License", ("mit license",), True),
        ("All rights reserved AND MIT", ("all rights reserved",), True),
    ],
)
def test_who_names_a_licence_or_the_two_that_clash_answers_for_them(
    license_: str, allowed: tuple[str, ...], leaves: bool
) -> None:
    assert bool(gate({license_: 3}, allowed).refused) != leaves


def test_a_word_may_be_allowed_only_where_it_is_a_licence_or_stands_in_a_row() -> None:
    assert not gate({"HPO": 1}, ("hpo",)).refused
    with pytest.raises(UsageError, match=r"allow_license: 'HPO': no licence of SPDX's list"):
        gate({"MIT": 1}, ("HPO",), "allow_license:")


def test_the_gate_counts_rows_and_says_all_that_is_needed() -> None:
    rows = {"b AND unknown": 2, "MIT": 5, "CC-BY-NC-4.0 AND CC-BY-SA-4.0 AND ODbL-1.0": 1}

    passed = gate(rows, ("LicenseRef-other",))

    assert passed.rows == rows
    assert passed.refused == {"b AND unknown": 2, "CC-BY-NC-4.0 AND CC-BY-SA-4.0 AND ODbL-1.0": 1}
    assert passed.needed == (
        "b", "unknown", "CC-BY-NC-4.0 AND CC-BY-SA-4.0", "CC-BY-NC-4.0 AND ODbL-1.0", "CC-BY-SA-4.0 AND ODbL-1.0",
    )  # fmt: skip
    assert not gate(rows, passed.needed).refused


def test_an_expression_of_many_choices_is_read_at_once() -> None:
    many = " AND ".join(f"(LicenseRef-{n} OR MIT OR CC-BY-NC-{n % 4 + 1}.0)" for n in range(60))
    before = time.perf_counter()

    assert parts(many) == ["MIT"]
    assert time.perf_counter() - before < 2


def test_notes_tell_each_licence_once_with_its_rows_what_it_lets_one_do_and_its_source() -> None:
    text = notes({"MIT AND CC-BY-SA-4.0": 1200, "a|b\nc": 1, "": 2, "CC-BY-NC-4.0 AND CC-BY-SA-4.0": 3})

    assert text.splitlines()[:6] == [
        "| licence | rows |", "| --- | ---: |", "| MIT AND CC-BY-SA-4.0 | 1,200 |", "| a\\|b c | 1 |", "| unknown | 2 |",
        "| CC-BY-NC-4.0 AND CC-BY-SA-4.0 | 3 |",
    ]  # fmt: skip
    said = dict(line[2:].split(": ", 1) for line in text.splitlines() if line.startswith("- "))
    assert said["`MIT`"] == f"may be passed on. {find('MIT').source}"
    assert said["`CC-BY-SA-4.0`"].startswith("may be passed on. section 2(a)(1): ")
    assert (
        "; wants it passed on under CC-BY-SA-4.0 or GPL-3.0-only or LAL-1.3 (section 3(b)(1)" in said["`CC-BY-SA-4.0`"]
    )
    assert said["`CC-BY-NC-4.0`"].startswith("may be passed on, not for commercial use. ")
    assert said["`unknown`"].startswith("may NOT be passed on; whoever exported this said that they may. ")
    assert said["`CC-BY-NC-4.0 AND CC-BY-SA-4.0`"].startswith("cannot be satisfied together; whoever exported this")
    assert list(said) == [*sorted(list(said)[:-1]), list(said)[-1]]


@pytest.mark.parametrize(("name", "entry"), sorted(terms.table().items()))
def test_every_licence_of_the_table_says_what_it_rests_on_and_names_real_ones(name: str, entry: terms.License) -> None:
    known = spdx.categories()
    assert entry.source.strip()
    assert find(name) == entry or name.endswith("*")
    for each in (*(entry.under or ()), *entry.not_under):
        assert each in known or (each.endswith("*") and any(id_.startswith(each[:-1]) for id_ in known)), each
    assert name in known or name in ("unknown", "CC-BY-SA") or name.endswith("*") or spdx.REFERENCE.fullmatch(name)
    if name.endswith("*"):
        assert name.startswith("LicenseRef-") or any(id_.startswith(name[:-1]) for id_ in known)


def test_a_table_that_does_not_say_why_is_refused() -> None:
    for fields in ({"under": ()}, {"because": "section 1"}, {"not_under": ("MIT",)}):
        with pytest.raises(ValueError, match="because says what under or not_under rests on"):
            terms.License(use="free", source="s", **fields)
