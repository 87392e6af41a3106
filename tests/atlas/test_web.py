"""Data scripts: what they say comes back, and no text gets out of them."""

import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.atlas.web import numbers, printable, script

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!-- <script>",
    "]]>",
    "'\"`\\",
    "a\u2028b\u2029c",
    "\u202eevil\u202c",
    "\x00\x1b[31m\r\n",
    "é" * 500,
    "🦓",
]


def value_of(data: bytes) -> object:
    """What the page receives: the second argument of the call."""
    found = re.fullmatch(r'__atlas\("([^"]*)",(.*)\);\n', data.decode("ascii"), re.DOTALL)
    assert found is not None
    return json.loads(found[2])


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_comes_back_as_it_was_and_stays_inside(text: str) -> None:
    data = script("layers/00-a", {text: [text]})
    assert value_of(data) == {text: [text]}
    assert b"<" not in data
    assert data.isascii()
    assert data.count(b"\n") == 1


@given(st.recursive(st.none() | st.booleans() | st.text() | st.integers(), st.lists, max_leaves=8))
def test_any_value_comes_back(value: object) -> None:
    assert value_of(script("a", value)) == value


def test_an_address_is_escaped_too() -> None:
    assert script('a"<', 1) == b'__atlas("a\\"\\u003c",1);\n'


def test_numbers_that_json_does_not_have_are_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        script("a", float("nan"))


@given(st.lists(st.floats(width=32), max_size=20))
def test_numbers_are_exact(values: list[float]) -> None:
    array = np.array(values, np.float32)
    found = numbers(array)
    assert [None if not np.isfinite(v) else v for v in array.tolist()] == [
        None if x is None else float(np.float32(x)) for x in found
    ]


def test_numbers_are_short() -> None:
    assert numbers(np.array([0.1, 1 / 3, 1e-7], np.float32)) == [0.1, 0.33333334, 1e-07]


def test_numbers_keep_their_shape() -> None:
    assert numbers(np.array([[[1.5], [2.0]]], np.float32)) == [[[1.5], [2.0]]]
    assert numbers(np.zeros((2, 0), np.float32)) == [[], []]
    assert numbers(np.array([[1, 2]])) == [[1, 2]]


def test_text_that_no_encoding_holds_is_replaced() -> None:
    assert printable("a\udcffb\ud800") == "a\ufffdb\ufffd"
    assert printable("日本 🦓") == "日本 🦓"
