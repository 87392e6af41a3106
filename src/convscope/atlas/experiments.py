"""Results of other commands placed in the folder of an atlas, where its page shows them.

An experiment is a folder `experiments/NAME` with `experiment.json` and the files it names: figures, a table. README.md
of this folder describes the format.
"""

import csv
import io
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from convscope.atlas.charts import Chart, card
from convscope.atlas.names import inside, is_inside, is_name, place
from convscope.atlas.published import MOST
from convscope.atlas.web import parsed, printable, script
from convscope.errors import StoreError, UsageError
from convscope.files import json_bytes, write_bytes, writing

ExperimentKind = Literal[
    "occlusion",
    "invariance",
    "correspondence",
    "causes",
    "effects",
    "directions",
    "mistakes",
    "evolution",
    "evaluation",
    "diagnosis",
    "sanity",
    "tuning",
    "paper",
    "ablation",
    "transfer",
    "check",
    "other",
]
Cell = str | int | float | bool | None

FIGURES = (".png", ".svg", ".webp", ".jpg")
"""What a figure's file may end in: what every browser shows."""

_ROWS_SHOWN = 500  # the page shows so many rows and offers the whole table as a file
_LEAD = 200  # characters of a summary in the list
IMAGES_LISTED = 256
"""Images up to which a result's images link to it: one on more is one on the collection."""


@dataclass(frozen=True)
class ResultTable:
    """A table of a result: names of the columns, and rows of as many values."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Cell]]) -> "ResultTable":
        """The table of rows given by column name; columns in the order in which they first occur.

        >>> ResultTable.of([{"layer": "conv1", "score": 0.5}, {"layer": "conv2"}]).rows
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
    parts: int = 0
    """How many scripts `data/experiments/NAME/NUMBER.js` there are, which the page loads one by one."""
    pictures: tuple[str, ...] = ()
    """Files that these scripts name, which are no figures of their own."""
    sketch: tuple[tuple[int | None, ...], ...] = ()
    """What the list draws of it, in hundredths; `drawn` is how: the kind of its first chart, "grid" or "graph"."""
    drawn: str = ""


def add_experiment(
    folder: str | Path,
    name: str,
    *,
    title: str,
    kind: ExperimentKind,
    summary: str = "",
    figures: Mapping[str, Path | bytes] | None = None,
    captions: Mapping[str, str] | None = None,
    table: ResultTable | Iterable[Mapping[str, Cell]] | None = None,
    units: Sequence[str] = (),
    images: Sequence[int] = (),
    settings: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
    charts: Sequence[Chart] = (),
    columns: Mapping[str, tuple[str, str]] | None = None,
    parts: Sequence[Mapping[str, Any]] = (),
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
        charts: curves and points that the page draws. columns: what columns of the table are called in words, and what
            that means, by name. parts: what of data is loaded when it is looked at. pictures: WebP files that data and
            parts name, by file name.

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
    drawn, words = dict(figures or {}), dict(captions or {})
    numbers = table if table is None or isinstance(table, ResultTable) else ResultTable.of(table)
    _check(root, name, kind, figures=drawn, captions=words, table=numbers, pictures=pictures or {})
    folder_of = place(root, f"experiments/{name}")
    with writing(folder_of):
        for old in (folder_of, place(root, f"data/experiments/{name}")):
            if old.exists():
                shutil.rmtree(old)
        place(root, f"data/experiments/{name}.js").unlink(missing_ok=True)
    for file, content in {**drawn, **(pictures or {})}.items():
        write_bytes(folder_of / file, content if isinstance(content, bytes) else _read(content))
    if numbers is not None:
        write_bytes(folder_of / "table.csv", _csv(numbers))
    curves = [chart.to_json() for chart in charts]
    more = {**(data or {}), **({"charts": curves} if curves else {}), **({"columns": dict(columns)} if columns else {})}
    course, drawn_as = card(more)
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
        data=bool(more),
        parts=len(parts),
        pictures=tuple(pictures or {}),
        sketch=tuple(map(tuple, course)),
        drawn=drawn_as,
    )
    _write_data(root, f"experiments/{name}", more, parts)
    # Last: a folder without it is no experiment yet.
    write_bytes(folder_of / "experiment.json", experiment_json(said))
    write_bytes(place(root, f"data/results/{name}.js"), result_script(root, said))
    write_index(root)
    return folder_of


def _write_data(root: Path, address: str, data: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]) -> None:
    """Write the script of what a page shows of an experiment, if there is any, and those of its parts."""
    scripts = {address: data} if data else {}
    for at, value in {**scripts, **{f"{address}/{number}": one for number, one in enumerate(parts)}}.items():
        write_bytes(place(root, f"data/{at}.js"), script(at, dict(value)))


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


def index_script(folder: Path, of: Sequence[Experiment] | None = None) -> bytes:
    """The content of `data/experiments.js`: what other pages and a card say of each experiment, all or some of them."""
    return script("experiments", [_listed(folder, one) for one in (experiments(folder) if of is None else of)])


def _listed(folder: Path, one: Experiment) -> dict[str, Any]:
    """An experiment in the list, which the first page loads: the table and all that is long is in its result."""
    table, lead = _shown(folder, one), one.summary.partition("\n")[0]
    said = {
        **asdict(one),
        "summary": lead if len(lead) <= _LEAD else f"{lead[:_LEAD].rpartition(' ')[0]} …",
        "figures": one.figures[:1],
        "captions": [],
        "pictures": [],
        "images": one.images if len(one.images) <= IMAGES_LISTED else [],
        "settings": {key: one.settings[key] for key in ("layers",) if key in one.settings},
        "shown": None,
    }
    if table is not None and not one.figures and not one.sketch:
        said["glimpse"] = [row[:4] for row in (table["columns"], *table["rows"][:3])]
    if one.kind == "sanity" and table is not None:
        said["verdicts"] = _columns(table, ("layer", "rule", "verdict"))
    return said


def _columns(table: Mapping[str, Any], wanted: Sequence[str]) -> list[list[str]]:
    """Some columns of a table's first rows; none where one of them is not there."""
    at = [table["columns"].index(name) for name in wanted if name in table["columns"]]
    return [[row[i] for i in at] for row in table["rows"]] if len(at) == len(wanted) else []


def result_script(folder: Path, experiment: Experiment) -> bytes:
    """The content of `data/results/NAME.js`: an experiment with its table, which its own page loads."""
    return script(f"results/{experiment.name}", {**asdict(experiment), "shown": _shown(folder, experiment)})


def write_lost_results(folder: Path) -> None:
    """Write the result of each experiment that has none yet, as those of older atlases."""
    for one in experiments(folder):
        path = f"data/results/{one.name}.js"
        if not is_inside(folder, path):
            write_bytes(place(folder, path), result_script(folder, one))


def _shown(folder: Path, experiment: Experiment) -> dict[str, Any] | None:
    if experiment.table is None:
        return None
    columns, *rows = _table(folder, f"experiments/{experiment.name}/{experiment.table}") or [[]]
    return {"columns": columns, "rows": rows[:_ROWS_SHOWN], "count": len(rows)}


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
    root: Path,
    name: str,
    kind: str,
    *,
    figures: Mapping[str, Any],
    captions: Mapping[str, str],
    table: ResultTable | None,
    pictures: Mapping[str, bytes],
) -> None:
    if not (root / "manifest.json").is_file():
        raise StoreError(f"{root} is no atlas: there is no manifest.json; make one with 'convscope atlas'")
    if not is_name(name):
        raise UsageError(f"experiment '{name}': use letters, digits, '.', '_' and '-', at most 80, as in eyes-covered")
    if kind not in get_args(ExperimentKind):
        raise UsageError(
            f"experiment '{name}' is of kind '{kind}': choose one of {', '.join(get_args(ExperimentKind))}"
        )
    for file in figures:
        if not is_name(file) or Path(file).suffix not in FIGURES:
            raise UsageError(f"figure '{file}' of experiment '{name}': name it like curve.svg ({', '.join(FIGURES)})")
    for file in pictures:
        if not is_name(file) or Path(file).suffix != ".webp" or file in figures:
            raise UsageError(f"picture '{file}' of experiment '{name}': name it like 12.webp, unlike its figures")
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


def _csv(table: ResultTable) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([printable(column) for column in table.columns])
    for row in table.rows:
        writer.writerow([printable(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue().encode("utf-8")


def _load(root: Path, name: str) -> Experiment:
    path = f"experiments/{name}/experiment.json"
    try:
        found = parsed(inside(root, path, most=MOST).read_bytes().decode("utf-8"))
        lists = {key: tuple(found[key]) for key in ("figures", "captions", "units", "images")}
        lists |= {"pictures": tuple(found.get("pictures", ())), "sketch": tuple(map(tuple, found.get("sketch", ())))}
        experiment = Experiment(**{**found, **lists})
        _check_read(experiment, name)
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
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
    words = (
        experiment.title,
        experiment.kind,
        experiment.drawn,
        experiment.summary,
        *experiment.captions,
        *experiment.units,
    )
    if not all(isinstance(word, str) for word in words) or len(experiment.captions) != len(experiment.figures):
        raise ValueError("its words are no text")
    if not all(isinstance(image, int) for image in experiment.images) or not isinstance(experiment.settings, dict):
        raise ValueError("its images are no numbers, or its settings no object")
    if not isinstance(experiment.data, bool) or type(experiment.parts) is not int or experiment.parts < 0:
        raise ValueError("whether it has data is not said by true or false, or its parts by their number")
    if not all(is_name(file) and Path(file).suffix == ".webp" for file in experiment.pictures):
        raise ValueError("its pictures are no files of its own")
    if not all(one is None or type(one) is int for curve in experiment.sketch for one in curve):
        raise ValueError("its sketch is no numbers")


__all__ = [
    "FIGURES",
    "IMAGES_LISTED",
    "Experiment",
    "ExperimentKind",
    "ResultTable",
    "add_experiment",
    "experiment_json",
    "experiments",
    "index_script",
    "result_script",
    "write_index",
    "write_lost_results",
]
