"""What is taken out of a file's JSON: each value of the kind that was expected, or the file is refused.

JSON as it comes is any nesting of anything. The functions here are the only way from it to a value, so that no text or
number of a file goes on without having been looked at.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

_MOST_VALUES = 4_000_000
_LONGEST = 4096
_WHOLE = 2**62
_FLOATS = {"Infinity": float("inf"), "-Infinity": float("-inf"), "NaN": float("nan")}
"""How torch spells the numbers that JSON has no signs for."""


class Refused(Exception):
    """What a file holds is not what it may hold; the message says what was found, and where."""


def parse_json(content: bytes, where: str) -> Any:
    """The value that an entry holds as JSON, of bounded size."""
    if sum(content.count(sign) for sign in b"[{,:") > _MOST_VALUES:
        raise Refused(f"{where} holds more than {_MOST_VALUES:,} values")
    try:
        return json.loads(content.decode())
    except RecursionError as error:
        raise Refused(f"{where} is nested too deep") from error
    except ValueError as error:  # what is no UTF-8, no JSON, or a number of thousands of digits
        raise Refused(f"{where} is no JSON: {error}") from error


def record(value: Any, where: str, needed: Iterable[str] = ()) -> dict[str, Any]:
    """The value as a record that has the needed fields; others are left where they are."""
    if not isinstance(value, dict):
        raise Refused(f"{where} is {_found(value)}, not a record")
    if missing := [name for name in needed if name not in value]:
        raise Refused(f"{where} has no {missing[0]}")
    return value


def tagged(value: Any, where: str, known: Iterable[str]) -> tuple[str, Any]:
    """The tag and the content of a value that is one of several kinds, {"as_int": 3}: its tag must be known."""
    if not isinstance(value, dict) or len(value) != 1:
        raise Refused(f"{where} is {_found(value)}, not a value with one kind")
    ((tag, content),) = value.items()
    if tag not in known:
        raise Refused(f"{where} is of the unknown kind {shown(tag)}")
    return tag, content


def items(value: Any, where: str, most: int = 100_000) -> list[Any]:
    """The value as a list of bounded length."""
    if not isinstance(value, list):
        raise Refused(f"{where} is {_found(value)}, not a list")
    if len(value) > most:
        raise Refused(f"{where} has {len(value):,} items, more than {most:,}")
    return value


def text(value: Any, where: str, longest: int = _LONGEST) -> str:
    """The value as printable text of bounded length."""
    if not isinstance(value, str):
        raise Refused(f"{where} is {_found(value)}, not text")
    if len(value) > longest or not value.isprintable():
        raise Refused(f"{where}, {shown(value)}, is no name: it is too long, or not printable")
    return value


def whole(value: Any, where: str, low: int = -_WHOLE * 2, high: int = _WHOLE * 2 - 1) -> int:
    """The value as a whole number in a range; without one, in that of 64 bits."""
    if type(value) is not int:
        raise Refused(f"{where} is {_found(value)}, not a whole number")
    if not low <= value <= high:
        raise Refused(f"{where} is a number of {value.bit_length()} bits: it must be from {low} to {high}")
    return value


def number(value: Any, where: str) -> float:
    """The value as a floating-point number."""
    if isinstance(value, str) and value in _FLOATS:
        return _FLOATS[value]
    if type(value) is int:
        return float(whole(value, where))
    if type(value) is not float:
        raise Refused(f"{where} is {_found(value)}, not a number")
    return value


def truth(value: Any, where: str) -> bool:
    """The value as true or false."""
    if type(value) is not bool:
        raise Refused(f"{where} is {_found(value)}, not true or false")
    return value


def shown(value: object) -> str:
    """Any value as a message may show it: short, on one line, and without signs that a terminal would obey."""
    found = repr(value)
    return ascii(value if len(found) <= 80 else found[:77] + "...")


def _found(value: Any) -> str:
    kinds = {dict: "a record", list: "a list", type(None): "nothing"}
    return kinds.get(type(value)) or shown(value)
