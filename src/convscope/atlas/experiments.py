"""Results of other commands placed in the folder of an atlas, where its page shows them.

An experiment is a folder `experiments/NAME` with `experiment.json` and the files it names: figures, a table. README.md
of this folder describes the format.
"""

import csv
import io
import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from convscope.atlas.web import printable, script
from convscope.errors import StoreError, UsageError
from convscope.files import write_bytes, write_json, writing

Kind = Literal["occlusion", "invariance", "correspondence", "evolution", "diagnosis", "ablation", "transfer", "other"]
Cell = str | int | float | bool | None

FIGURES = (".png", ".svg", ".webp", ".jpg")
"""What a figure's file may end in: what every browser shows."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_ROWS_SHOWN = 500  # the page shows so many rows and offers the whole table as a file


@dataclass(frozen=True)
class Table:
    """A table of a result: names of the columns, and rows of as many values."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Cell]]) -> "Table":
        """The table of rows given by column name; columns in the order in which they first occur.

        >>> Table.of([{"layer": "conv1", "score": 0.5}, {"layer": "conv2"}]).rows
        (('conv1', 0.5), ('conv2', None))
        """
        listed = list(rows)
        columns = tuple(dict.fromkeys(key for row in listed for key in row))
        return cls(columns, tuple(tuple(row.get(column) for column in columns) for row in listed))


@dataclass(frozen=True)
class Experiment:
    """A result in an atlas, as its `experiment.json` says; paths are relative to its folder."""

    name: str
    title: str
    kind: str
    summary: str
    figures: tuple[str, ...]
    captions: tuple[str, ...]
    table: str | None
    units: tuple[str, ...]
    images: tuple[int, ...]
    settings: Mapping[str, Any]


def add_experiment(
    folder: str | Path,
    name: str,
    *,
    title: str,
    kind: Kind,
    summary: str = "",
    figures: Mapping[str, Path | bytes] | None = None,
    captions: Mapping[str, str] | None = None,
    table: Table | Iterable[Mapping[str, Cell]] | None = None,
    units: Sequence[str] = (),
    images: Sequence[int] = (),
    settings: Mapping[str, Any] | None = None,
) -> Path:
    """The folder `experiments/NAME` of an atlas, written with a result that the atlas's page then shows.

    An experiment of the same name is replaced.

    Args:
        folder: the atlas.
        name: letters, digits, '.', '_' and '-'; the experiment's address in the page and its folder.
        title, summary: one line, and what came out in a few sentences, for people; plain text.
        kind: the command it came from.
        figures: by file name (.png, .svg, .webp, .jpg), a file to copy or its content; captions: by the same names.
        table: the numbers, also written as table.csv.
        units: units it is about ("features.8:174"), whose pages then link to it; images: numbers in the collection.
        settings: options and seed, as JSON values.

    Raises:
        UsageError: for a malformed name, kind, figure or table. StoreError: if the folder is no atlas or cannot be
            written.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "manifest.json").write_text("{}")
    >>> rows = [{"layer": "conv1", "mean": 0.25}, {"layer": "conv5", "mean": 0.5}]
    >>> made = add_experiment(folder, "eyes", title="Eyes covered", kind="correspondence", table=rows)
    >>> (made / "table.csv").read_text().split()
    ['layer,mean', 'conv1,0.25', 'conv5,0.5']
    """
    root = Path(folder)
    pictures, words = dict(figures or {}), dict(captions or {})
    numbers = table if table is None or isinstance(table, Table) else Table.of(table)
    _check(root, name, kind, pictures, words, numbers)
    place = root / "experiments" / name
    with writing(place):
        if place.exists():
            shutil.rmtree(place)
    for file, content in pictures.items():
        write_bytes(place / file, content if isinstance(content, bytes) else _read(content))
    if numbers is not None:
        write_bytes(place / "table.csv", _csv(numbers))
    said = Experiment(
        name=name,
        title=printable(title),
        kind=kind,
        summary=printable(summary),
        figures=tuple(pictures),
        captions=tuple(printable(words.get(file, "")) for file in pictures),
        table=None if numbers is None else "table.csv",
        units=tuple(units),
        images=tuple(int(image) for image in images),
        settings=dict(settings or {}),
    )
    # Last: a folder without it is no experiment yet.
    write_json(place / "experiment.json", asdict(said))
    write_index(root)
    return place


def experiments(folder: str | Path) -> tuple[Experiment, ...]:
    """The experiments in an atlas, by name; raises StoreError where one cannot be read."""
    return tuple(_load(path) for path in sorted((Path(folder) / "experiments").glob("*/experiment.json")))


def write_index(folder: Path) -> int:
    """The size of `data/experiments.js`, which lists an atlas's experiments for its page, after writing it."""
    listed = []
    for experiment in experiments(folder):
        shown = None
        if experiment.table is not None:
            with (folder / "experiments" / experiment.name / experiment.table).open(
                newline="", encoding="utf-8"
            ) as file:
                columns, *rows = list(csv.reader(file)) or [[]]
            shown = {"columns": columns, "rows": rows[:_ROWS_SHOWN], "count": len(rows)}
        listed.append({**asdict(experiment), "shown": shown})
    return write_bytes(folder / "data" / "experiments.js", script("experiments", listed))


def _check(
    root: Path, name: str, kind: str, figures: Mapping[str, Any], captions: Mapping[str, str], table: Table | None
) -> None:
    if not (root / "manifest.json").is_file():
        raise StoreError(f"{root} is no atlas: there is no manifest.json; make one with 'convscope atlas'")
    if not _NAME.fullmatch(name):
        raise UsageError(f"experiment '{name}': use letters, digits, '.', '_' and '-', at most 80, as in eyes-covered")
    if kind not in get_args(Kind):
        raise UsageError(f"experiment '{name}' is of kind '{kind}': choose one of {', '.join(get_args(Kind))}")
    for file in figures:
        if not _NAME.fullmatch(file) or Path(file).suffix not in FIGURES:
            raise UsageError(f"figure '{file}' of experiment '{name}': name it like curve.svg ({', '.join(FIGURES)})")
    strange = [file for file in captions if file not in figures]
    if strange:
        raise UsageError(f"caption for '{strange[0]}', which is no figure of experiment '{name}'")
    if table is not None and any(len(row) != len(table.columns) for row in table.rows):
        raise UsageError(f"table of experiment '{name}': every row needs {len(table.columns)} values")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"figure {path} cannot be read: {error.strerror or error}") from error


def _csv(table: Table) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([printable(column) for column in table.columns])
    for row in table.rows:
        writer.writerow([printable(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue().encode("utf-8")


def _load(path: Path) -> Experiment:
    try:
        found = json.loads(path.read_text("utf-8"))
        lists = {key: tuple(found[key]) for key in ("figures", "captions", "units", "images")}
        return Experiment(**{**found, **lists})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path} is no description of an experiment ({error}): delete its folder") from error


__all__ = ["FIGURES", "Experiment", "Kind", "Table", "add_experiment", "experiments", "write_index"]
