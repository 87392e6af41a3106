"""Docstrings as reStructuredText.

They are written to be read in an editor, with a little Markdown: tables with bars, and fields as "name: what it is".
Sphinx wants reStructuredText.
"""

import re
from collections.abc import Iterator


def to_rst(lines: list[str]) -> list[str]:
    """The lines of a docstring as reStructuredText."""
    return list(_tables(_fields(lines)))


def _fields(lines: list[str]) -> Iterator[str]:
    """Paragraphs of fields as lists: "name: text", with what follows indented."""
    inside = False
    for line in lines:
        found = re.match(r"(?P<names>[a-z_]\w*(?:, [a-z_]\w*)*): (?P<text>.*)", line)
        if found is not None:
            if not inside:
                yield ""
            inside = True
            yield f"* **{found['names']}**: {found['text']}"
        elif inside and line.strip():
            yield f"  {line.strip()}"
        else:
            inside = False
            yield line


def _tables(lines: Iterator[str]) -> Iterator[str]:
    """Tables with bars as list tables."""
    rows: list[list[str]] = []
    for line in [*lines, ""]:
        if re.match(r"\s*\|.*\|\s*$", line):
            rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
            continue
        if rows:
            yield from ("", ".. list-table::", "   :header-rows: 1", "")
            for row in rows:
                if not all(set(cell) <= set("-: ") for cell in row):
                    yield from (f"   {'* ' if place == 0 else '  '}- {cell}" for place, cell in enumerate(row))
            rows = []
            yield ""
        yield line
