"""Tables: rows by column name as CSV, and as text for people."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

import numpy as np


@dataclass(frozen=True, repr=False)
class TextTable:
    """A table for people: a title (may be empty), the heads of its columns, rows of text, and what ends it.

    left: how many columns, from the first, are words; the others are numbers and end flush.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1

    def __repr__(self) -> str:
        return shorten(
            f"<{type(self).__name__} {self.title!r}: {counted(len(self.rows), 'row')} of {', '.join(self.head)}>",
            110,
            placeholder=" ...>",
        )

    def markdown(self) -> str:
        """The table in Markdown, without its title.

        >>> print(TextTable("t", ("layer", "svm"), (("conv1", "44.8"),)).markdown())
        | layer | svm |
        | --- | --- |
        | conv1 | 44.8 |
        """
        lines = (self.head, ("---",) * len(self.head), *self.rows)
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def text(self) -> str:
        """The table in lines of text, for a screen whose letters are all as wide.

        >>> print(TextTable("", ("layer", "units"), (("conv1", "96"), ("fc8", "1000"))).text())
        layer  units
        conv1     96
        fc8     1000
        """
        return "\n".join(aligned((self.head, *self.rows), right=range(self.left, len(self.head))))


def aligned(rows: Sequence[Sequence[str]], *, right: Collection[int] = ()) -> list[str]:
    """Lines whose columns are as wide as their widest cell; `right` are the columns that end flush.

    >>> aligned([["name", "n"], ["conv", "96"], ["relu", "9"]], right=[1])
    ['name   n', 'conv  96', 'relu   9']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


_DIGEST = re.compile(r"[0-9a-f]{32,}")

_CONTROLS = {number: f"\\x{number:02x}" for number in (*range(9), *range(11, 32), *range(127, 160))} | {
    number: f"\\u{number:04x}" for number in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
}


def counted(count: int, noun: str) -> str:
    """So many of something.

    >>> counted(1, "output"), counted(3, "output"), counted(2, "class")
    ('1 output', '3 outputs', '2 classes')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}{'es' if noun.endswith('s') else 's'}"


def printable(text: str) -> str:
    r"""The text with what acts on a terminal spelled out: controls but line breaks and tabs, and turns of direction.

    Names of files, tensors and classes are anybody's.

    >>> print(printable("conv\x1b[2J1"))
    conv\x1b[2J1
    """
    return text.translate(_CONTROLS)


def csv_of(rows: Iterable[Mapping[str, Any]]) -> bytes:
    r"""Rows given by column name as a CSV file; columns as in the first row, rows may lack the last ones.

    >>> csv_of([{"layer": "conv1", "score": 0.5}, {"layer": "conv2"}])
    b'layer,score\nconv1,0.5\nconv2,\n'
    """
    listed = list(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(key for row in listed for key in row)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(listed)
    return out.getvalue().encode()


def without_nan(value: Any) -> Any:
    """The same numbers, lists and dictionaries with None for NaN and infinities, which JSON does not have.

    >>> without_nan({"a": [1.0, float("nan")]})
    {'a': [1.0, None]}
    """
    if isinstance(value, Mapping):
        return {str(key): without_nan(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(one) for one in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def columns_of(head: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = "", left: int = 1) -> TextTable:
    """A table for people from rows of text."""
    return TextTable(title, tuple(head), tuple(tuple(row) for row in rows), left)


def apart(
    there: Mapping[str, Any], asked: Mapping[str, Any], words: Mapping[str, tuple[str, str]] | None = None
) -> str:
    """In words what is other of two sets of JSON values by name: the first's value, not the second's.

    words: how the two are called of which the values are digests; without, it is only said that they are other.

    >>> apart({"size": [4, 4], "unit": "conv:3"}, {"size": [4, 4], "unit": "conv:4"})
    'other unit: conv:3, not conv:4'
    """
    called, keys = words or {}, [key for key in sorted({*there, *asked}) if there.get(key) != asked.get(key)]
    return "; ".join(f"other {key}{_apart(there.get(key), asked.get(key), called.get(key))}" for key in keys)


def _apart(one: Any, other: Any, words: tuple[str, str] | None) -> str:
    if words is None and isinstance(one, dict) and isinstance(other, dict):
        keys = [key for key in {**one, **other} if one.get(key) != other.get(key)]
        parts = [f"{key}{_apart(one.get(key), other.get(key), None)}" for key in keys]
        return f" ({', '.join(parts)})"
    first, second = words or (_word(one), _word(other))
    return "" if first is None or second is None or first == second else f": {first}, not {second}"


def _word(value: Any) -> str | None:
    """A JSON value in a few words; None where it is a digest, or holds one."""
    if isinstance(value, dict) or (isinstance(value, str) and _DIGEST.fullmatch(value)):
        return None
    if isinstance(value, list):
        parts = [_word(one) for one in value]
        return None if None in parts else shorten(", ".join(map(str, parts)) or "none", 60, placeholder=" ...")
    return "none" if value is None else shorten(str(value), 60, placeholder=" ...")


__all__ = ["TextTable", "aligned", "apart", "columns_of", "counted", "csv_of", "printable", "without_nan"]
