"""Tables: rows by column name as CSV, and as text for people."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class TextTable:
    """A table for people: a title (may be empty), the heads of its columns, rows of text, and what ends it.

    left: how many columns, from the first, are words; the others are numbers and end flush.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1

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


_CONTROLS = {number: f"\\x{number:02x}" for number in (*range(9), *range(11, 32), *range(127, 160))} | {
    number: f"\\u{number:04x}" for number in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
}


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


__all__ = ["TextTable", "aligned", "columns_of", "csv_of", "printable", "without_nan"]
