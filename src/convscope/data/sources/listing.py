"""Lists of images: text files of one image a line, and tables as spreadsheets, pandas and the csv module write them.

A table is one whose name ends in .csv or .tsv, or that begins with a line of column names. It is read by the csv
module, so that quotes mean what they mean there, and what its columns are shows in their names, whatever their case.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from convscope.data.sources.base import IMAGE_SUFFIXES, is_image_name
from convscope.data.sources.columns import LABEL_COLUMNS, column_key
from convscope.errors import SourceError
from convscope.files import read_regular, text_of

_LARGEST_LIST = 1 << 30
_TABLES = (".csv", ".tsv")
_DELIMITERS = ",\t;|"
_DECIMAL = re.compile(r"[+-]?[0-9]+(,[0-9]*)?")

PATH_COLUMNS = (
    "image_path", "img_path", "file_path", "path", "file_name", "file", "image_name", "image", "img", "image_file",
    "photo", "picture",
)  # fmt: skip
"""Column names that are taken for an image's path, in this order; spaces, dashes and case do not count."""
NAME_COLUMNS = ("class_name", "label_name", "name", "category_name")
"""Column names that are taken for the names of classes where another column has their numbers."""


@dataclass(frozen=True)
class Listed:
    """An image of a list: its path, its label as it stands there ("" where there is none), and its class's name.

    `unlabelled` are the names of a table's columns where it has others than paths, and none of labels.
    """

    path: str
    label: str
    name: str = ""
    unlabelled: tuple[str, ...] = ()


def read_list(path: Path) -> list[Listed]:
    """The images that a list or a table names, in its order.

    Raises SourceError where it is no text, where a table has no column of paths, and where nothing is listed.
    """
    try:
        text = text_of(read_regular(path, _LARGEST_LIST))
    except UnicodeDecodeError as error:
        raise SourceError(
            f"the list {path} cannot be read as text: it is not in UTF-8 (byte {error.start}); save it so (a "
            "spreadsheet calls that 'CSV UTF-8')"
        ) from error
    except (OSError, ValueError) as error:
        raise SourceError(f"the list {path} cannot be read as text: {error}") from error
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    rows = _table(text, first, path) if _is_table(first, path) else _lines(text)
    if not rows:
        raise SourceError(f"the list {path} names no image: write one path a line")
    return rows


# -- tables -----------------------------------------------------------------------------------------------------------
def _is_table(first: str, path: Path) -> bool:
    """Whether a list is a table: by its ending, or by a first line of column names."""
    if path.suffix.lower() in _TABLES:
        return True
    keys = [column_key(cell) for cell in re.split(r"[,\t;|]", first.strip())]
    return any(key in PATH_COLUMNS for key in keys) and not is_image_name(first.strip())


def _table(text: str, first: str, path: Path) -> list[Listed]:
    # The delimiter that the first line has most of, quoted parts left out.
    bare = re.sub(r'"[^"]*"', "", first)
    delimiter = max(_DELIMITERS, key=bare.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
        rows = [[cell.strip() for cell in row] for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise SourceError(f"the table {path} cannot be read: {error}") from error
    rows = [row for row in rows if not row[0].startswith("#")]
    if not rows:
        return []
    places = _columns(rows[0])
    if places is None:
        if not is_image_name(rows[0][0]):
            return _unnamed(rows, path)
        places, rows = (0, 1, None), [[], *rows]  # no names: a path, a label, and what else there is
    at, label, name = places
    others = tuple(cell for place, cell in enumerate(rows[0]) if cell and place != at) if label is None else ()
    chosen = [row for row in rows[1:] if _cell(row, at)]
    labels = [_cell(row, label) for row in chosen]
    if delimiter != ",":
        labels = _with_points(labels)
    return [Listed(_cell(row, at), one, _cell(row, name), others) for row, one in zip(chosen, labels, strict=True)]


def _with_points(labels: list[str]) -> list[str]:
    """Labels of a table whose numbers have decimal commas, as where cells are parted by semicolons, with points.

    >>> _with_points(["3,0", "", "10,0"]), _with_points(["3,0", "oak"])
    (['3.0', '', '10.0'], ['3,0', 'oak'])
    """
    if all(_DECIMAL.fullmatch(label) or label.lower() in ("", "nan", "na") for label in labels):
        return [label.replace(",", ".") for label in labels]
    return labels


def _cell(row: Sequence[str], place: int | None) -> str:
    return "" if place is None or place >= len(row) else row[place]


def _columns(head: Sequence[str]) -> tuple[int, int | None, int | None] | None:
    """Where paths, labels and names of classes stand, by the names of the columns; None where none is of paths."""
    keys = [column_key(cell) for cell in head]
    path, label, name = (
        next((keys.index(usual) for usual in known if usual in keys), None)
        for known in (PATH_COLUMNS, LABEL_COLUMNS, NAME_COLUMNS)
    )
    return None if path is None else (path, name if label is None else label, None if label is None else name)


def _unnamed(rows: Sequence[Sequence[str]], path: Path) -> list[Listed]:
    """The images of a table of paths without endings; raises SourceError where its first line looks like names."""
    known = f"a column of paths is called {', '.join(PATH_COLUMNS[:8])}, whatever the case"
    foreign = len(rows) > 1 and all(is_image_name(row[0]) for row in rows[1:])  # all but the first, so that is no path
    if foreign or len(rows[0]) > 2 or column_key(rows[0][-1]) in LABEL_COLUMNS:
        raise SourceError(f"the table {path} has no column of paths among {', '.join(rows[0])}: {known}")
    return [Listed(row[0], _cell(row, 1)) for row in rows]


# -- lines ------------------------------------------------------------------------------------------------------------
def _lines(text: str) -> list[Listed]:
    return [Listed(*_row(line)) for line in text.splitlines() if line.strip() and not line.startswith("#")]


_ENDING = "|".join(suffix[1:] for suffix in sorted(IMAGE_SUFFIXES))
_LINE = re.compile(rf"(?P<path>.+?\.(?:{_ENDING}))(?:[,\s]\s*(?P<label>.*))?", re.IGNORECASE)


def _row(line: str) -> tuple[str, str]:
    """Path and label ("" where there is none) of one line.

    >>> _row("a b.jpg tabby cat"), _row("x.PNG"), _row("noending 7")
    (('a b.jpg', 'tabby cat'), ('x.PNG', ''), ('noending', '7'))
    """
    line = line.strip()
    if "\t" in line:
        name, _, label = line.partition("\t")
        return name.strip(), label.strip()
    if match := _LINE.fullmatch(line):
        return match["path"], (match["label"] or "").strip()
    # Without a pattern, which would try all ways to part a long run of spaces.
    label = re.split(r"[,\s]", line)[-1]
    path = line.removesuffix(label).rstrip().removesuffix(",").rstrip() if label else ""
    return (path, label) if path else (line, "")
