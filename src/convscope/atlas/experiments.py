"""Results of other commands placed in the folder of an atlas, where its page shows them.

An experiment is a folder `experiments/NAME` with `experiment.json` and the files it names: figures, a table. README.md
of this folder describes the format.
"""

import csv
import io
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from convscope.atlas.names import inside, is_name, place
from convscope.atlas.published import MOST
from convscope.atlas.web import printable, script
from convscope.errors import StoreError, UsageError
from convscope.files import json_bytes, write_bytes, writing

Kind = Literal[
    "occlusion",
    "invariance",
    "correspondence",
    "causes",
    "effects",
    "directions",
    "mistakes",
    "evolution",
    "diagnosis",
    "sanity",
    "tuning",
    "ablation",
    "transfer",
    "check",
    "other",
]
Cell = str | int | float | bool | None

FIGURES = (".png", ".svg", ".webp", ".jpg")
"""What a figure's file may end in: what every browser shows."""

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
    data: bool = False
    """Whether there is more for the page, in `data/experiments/NAME.js`."""
    pictures: tuple[str, ...] = ()
    """Files that this names, beside the figures."""


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
    data: Mapping[str, Any] | None = None,
    pictures: Mapping[str, bytes] | None = None,
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
        data: more for the page to show by itself, by the kind of the result, as JSON values; README.md says what.
        pictures: files that it names, beside the figures.

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
    root, drawn, words = Path(folder), dict(figures or {}), dict(captions or {})
    numbers = table if table is None or isinstance(table, Table) else Table.of(table)
    _check(root, name, kind, {**drawn, **(pictures or {})}, words, numbers)
    folder_of = place(root, f"experiments/{name}")
    with writing(folder_of):
        if folder_of.exists():
            shutil.rmtree(folder_of)
        place(root, f"data/experiments/{name}.js").unlink(missing_ok=True)
    for file, content in {**drawn, **(pictures or {})}.items():
        write_bytes(folder_of / file, content if isinstance(content, bytes) else _read(content))
    if numbers is not None:
        write_bytes(folder_of / "table.csv", _csv(numbers))
    said = Experiment(
        name=name,
        title=printable(title),
        kind=kind,
        summary=printable(summary),
        figures=tuple(drawn),
        captions=tuple(printable(words.get(file, "")) for file in drawn),
        table=None if numbers is None else "table.csv",
        units=tuple(units),
        images=tuple(int(image) for image in images),
        settings=dict(settings or {}),
        data=data is not None,
        pictures=tuple(pictures or {}),
    )
    if data is not None:
        address = f"experiments/{name}"
        write_bytes(place(root, f"data/{address}.js"), script(address, dict(data)))
    # Last: a folder without it is no experiment yet.
    write_bytes(folder_of / "experiment.json", experiment_json(said))
    write_index(root)
    return folder_of


def experiments(folder: str | Path) -> tuple[Experiment, ...]:
    """The experiments in an atlas, by name.

    Raises StoreError where one cannot be read, or names files that are not in its own folder.
    """
    root = Path(folder)
    found = sorted(path.parent.name for path in (root / "experiments").glob("*/experiment.json"))
    return tuple(_load(root, name) for name in found if is_name(name))


def write_index(folder: Path) -> int:
    """The size of `data/experiments.js`, which lists an atlas's experiments for its page, after writing it."""
    return write_bytes(folder / "data" / "experiments.js", index_script(folder))


def index_script(folder: Path) -> bytes:
    """The content of `data/experiments.js`, from the experiments that are there."""
    listed = []
    for experiment in experiments(folder):
        shown = None
        if experiment.table is not None:
            columns, *rows = _table(folder, f"experiments/{experiment.name}/{experiment.table}") or [[]]
            shown = {"columns": columns, "rows": rows[:_ROWS_SHOWN], "count": len(rows)}
        listed.append({**asdict(experiment), "shown": shown})
    return script("experiments", listed)


def _table(folder: Path, path: str) -> list[list[str]]:
    try:
        text = inside(folder, path).read_bytes().decode("utf-8")
        return list(csv.reader(io.StringIO(text, newline="")))
    except (OSError, ValueError, csv.Error) as error:
        raise StoreError(f"{folder / path} is no table ({error}): delete the folder of the experiment") from error


def experiment_json(experiment: Experiment) -> bytes:
    """The content of `experiment.json`."""
    return json_bytes(asdict(experiment))


def _check(
    root: Path, name: str, kind: str, figures: Mapping[str, Any], captions: Mapping[str, str], table: Table | None
) -> None:
    if not (root / "manifest.json").is_file():
        raise StoreError(f"{root} is no atlas: there is no manifest.json; make one with 'convscope atlas'")
    if not is_name(name):
        raise UsageError(f"experiment '{name}': use letters, digits, '.', '_' and '-', at most 80, as in eyes-covered")
    if kind not in get_args(Kind):
        raise UsageError(f"experiment '{name}' is of kind '{kind}': choose one of {', '.join(get_args(Kind))}")
    for file in figures:
        if not is_name(file) or Path(file).suffix not in FIGURES:
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


def _load(root: Path, name: str) -> Experiment:
    path = f"experiments/{name}/experiment.json"
    try:
        found = json.loads(inside(root, path, most=MOST).read_bytes().decode("utf-8"))
        lists = {key: tuple(found[key]) for key in ("figures", "captions", "units", "images")}
        lists["pictures"] = tuple(found.get("pictures", ()))
        experiment = Experiment(**{**found, **lists})
        _check_read(experiment, name)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise StoreError(f"{root / path} is no description of an experiment ({error}): delete its folder") from error
    return experiment


def _check_read(experiment: Experiment, name: str) -> None:
    """Nothing where what was read names itself and files of its own folder; raises ValueError."""
    if experiment.name != name:
        raise ValueError(f"it calls itself '{experiment.name}'")
    if experiment.table not in (None, "table.csv"):
        raise ValueError(f"its table is '{experiment.table}'")
    for file in (*experiment.figures, *experiment.pictures):
        if not is_name(file) or Path(file).suffix not in FIGURES:
            raise ValueError(f"'{file}' is no figure")
    words = (experiment.title, experiment.kind, experiment.summary, *experiment.captions, *experiment.units)
    if not all(isinstance(word, str) for word in words) or len(experiment.captions) != len(experiment.figures):
        raise ValueError("its words are no text")
    if not all(isinstance(image, int) for image in experiment.images) or not isinstance(experiment.settings, dict):
        raise ValueError("its images are no numbers, or its settings no object")
    if not isinstance(experiment.data, bool):
        raise ValueError("whether it has data is not said by true or false")


__all__ = [
    "FIGURES",
    "Experiment",
    "Kind",
    "Table",
    "add_experiment",
    "experiment_json",
    "experiments",
    "index_script",
    "write_index",
]
