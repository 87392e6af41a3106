"""The tables of an atlas as one SQLite file: images, classes, failures, layers, units."""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from convscope.atlas.inventory import REMEDY
from convscope.atlas.web import printable
from convscope.data import Failure, Source
from convscope.errors import StoreError
from convscope.files import write_with

_TABLES = """
CREATE TABLE images (id INTEGER PRIMARY KEY, name TEXT NOT NULL, class INTEGER) STRICT;
CREATE TABLE classes (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
CREATE TABLE failures (image INTEGER PRIMARY KEY, name TEXT NOT NULL, reason TEXT NOT NULL) STRICT;
CREATE TABLE layers (id TEXT PRIMARY KEY, name TEXT NOT NULL, op TEXT NOT NULL,
  channels INTEGER NOT NULL, height INTEGER NOT NULL, width INTEGER NOT NULL) STRICT;
CREATE TABLE units (layer TEXT NOT NULL, channel INTEGER NOT NULL, name TEXT, maximum REAL, mean REAL, active REAL,
  dead INTEGER NOT NULL, nan INTEGER NOT NULL, selectivity REAL, top_class INTEGER,
  PRIMARY KEY (layer, channel)) STRICT, WITHOUT ROWID;
CREATE INDEX images_by_class ON images (class);
"""


@dataclass(frozen=True)
class LayerRow:
    """A row of the table of layers."""

    id: str
    name: str
    op: str
    channels: int
    height: int
    width: int


@dataclass(frozen=True)
class UnitRow:
    """A row of the table of units; `layer` is the layer's name, None stands for what is not a finite number."""

    layer: str
    channel: int
    name: str | None
    maximum: float | None
    mean: float | None
    active: float | None
    dead: bool
    nan: int
    selectivity: float | None
    top_class: int | None


def write_database(
    path: Path,
    source: Source,
    *,
    failures: Sequence[Failure],
    layers: Iterable[LayerRow],
    units: Iterable[UnitRow],
) -> int:
    """The size of the file written; the same bytes for the same content and the same release of SQLite.

    Raises StoreError where it cannot be written.
    """

    def fill(temporary: Path) -> None:
        temporary.unlink(missing_ok=True)
        try:
            with contextlib.closing(sqlite3.connect(temporary)) as connection:
                connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
                with connection:
                    _insert(connection, source, failures, layers, units)
        except sqlite3.OperationalError as error:
            # SQLite's own words for a full disk: "database or disk is full", "disk I/O error".
            raise StoreError(f"cannot write {path}: {error}; free some space and run the same command again") from error

    return write_with(path, fill)


def _insert(
    connection: sqlite3.Connection,
    source: Source,
    failures: Sequence[Failure],
    layers: Iterable[LayerRow],
    units: Iterable[UnitRow],
) -> None:
    images = ((i, printable(source.name(i)), _class(source.label(i))) for i in range(len(source)))
    connection.executemany("INSERT INTO images VALUES (?, ?, ?)", images)
    connection.executemany(
        "INSERT INTO classes VALUES (?, ?)", ((i, printable(c)) for i, c in enumerate(source.classes))
    )
    bad = ((f.index, printable(f.name), printable(f.reason)) for f in failures)
    connection.executemany("INSERT INTO failures VALUES (?, ?, ?)", bad)
    connection.executemany(
        "INSERT INTO layers VALUES (?, ?, ?, ?, ?, ?)",
        ((r.id, r.name, r.op, r.channels, r.height, r.width) for r in layers),
    )
    rows = (
        (u.layer, u.channel, u.name, u.maximum, u.mean, u.active, u.dead, u.nan, u.selectivity, u.top_class)
        for u in units
    )
    connection.executemany("INSERT INTO units VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _class(label: int) -> int | None:
    return None if label < 0 else label


@contextlib.contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that cannot change the file, nor be made to run what a stranger wrote into its schema.

    A column can be an expression, which is computed where it is read and may be a gigabyte: tables with such are none
    of ours. Raises StoreError where there is no such database, it is damaged, or its tables are not an atlas's.
    """
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            kinds = dict(connection.execute("SELECT name, type FROM sqlite_master"))
            if any(kinds.get(table) != "table" for table in ("images", "classes")):
                raise StoreError(f"{path} lacks the tables of an atlas: {REMEDY}")
            computed = "SELECT 1 FROM pragma_table_xinfo(?) WHERE hidden != 0"
            if any(connection.execute(computed, (table,)).fetchone() for table in ("images", "classes")):
                raise StoreError(f"{path} has columns that are computed, which no atlas has: {REMEDY}")
            yield connection
    except sqlite3.Error as error:
        raise StoreError(f"cannot read {path}: {error}: {REMEDY}") from error


def image_labels(path: Path, images: Iterable[int]) -> dict[int, tuple[str, int]]:
    """Name and class (-1 for none) of each of the images; raises StoreError where one is not in the table."""
    found: dict[int, tuple[str, int]] = {}
    with reading(path) as connection:
        for image in images:
            row = connection.execute("SELECT name, class FROM images WHERE id = ?", (int(image),)).fetchone()
            if row is None or not isinstance(row[0], str) or not isinstance(row[1], int | None):
                raise StoreError(f"{path} does not say what image {image} is: {REMEDY}")
            found[int(image)] = (row[0], -1 if row[1] is None else row[1])
    return found


def class_names(path: Path) -> tuple[str, ...]:
    """The names of the collection's classes; raises StoreError where the table cannot be read."""
    with reading(path) as connection:
        names = tuple(row[0] for row in connection.execute("SELECT name FROM classes ORDER BY id"))
    if not all(isinstance(name, str) for name in names):
        raise StoreError(f"{path} has classes without names: {REMEDY}")
    return names
