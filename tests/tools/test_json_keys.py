"""A key twice in one object."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtools.tools.errors import InputError
from kgtools.tools.inputs.json_keys import refuse_repeated_key

HERE = Path("a.json")


@pytest.mark.parametrize(
    ("text", "place", "key"),
    [
        ('{"name": "a", "name": "b"}', 7, "name"),
        ('{"name" :1,"name"\t: 2}', 7, "name"),
        ('{"a": {"b": 1, "b": 1}}', 7, "b"),
        ('{"a": [{"b": 1}, {"b": 1, "c": [], "b": {}}]}', 7, "b"),
        ('[{"a": 1}, {"a": 1, "a": 1}]', 2, "a"),
        ('{"\\u0061": 1, "a": 2}', 7, "a"),
        ('{"a": "\\": ", "a": 2}', 7, "a"),
        ('{"": 1, "": 2}', 7, ""),
    ],
)
def test_a_key_that_stands_twice_is_named_with_its_place(text: str, place: int, key: str) -> None:
    said = f"a.json:{place}: the key {key!r} stands twice in one object"

    with pytest.raises(InputError, match=re.escape(said)):
        refuse_repeated_key(HERE, 7, text, json.loads(text))


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(['": ', '":', '{"a": 1, "a": 2}']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(values, st.booleans())
def test_nothing_else_is_taken_for_one(value: Any, ascii_: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_)

    refuse_repeated_key(HERE, 1, text, json.loads(text))
