"""What all studies give: an answer that knows its table, its words, its files, its figures and its entry in an atlas.

A study takes a network and a collection to an answer. This is the one protocol of answers and the one driver that keeps
them, for the command line and for Python alike: `finished` writes an answer into a folder and shows it in an atlas.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass
from functools import partial
from importlib import import_module
from os import PathLike
from pathlib import Path
from textwrap import shorten
from typing import Any, Self, TypeVar

import numpy as np

from convscope.arguments import checked
from convscope.atlas import Atlas
from convscope.atlas.charts import Chart
from convscope.atlas.experiments import ExperimentKind, ResultTable, add_experiment
from convscope.atlas.names import is_inside, is_name
from convscope.errors import MissingExtra, StoreError
from convscope.files import json_bytes, read_whole, write_bytes
from convscope.progress import Progress, silent
from convscope.shown import Shown, brief
from convscope.stores.sealing import seal, unseal
from convscope.studies.columns import described
from convscope.studies.kept import UNFIT, packed, unpacked
from convscope.studies.questions import Question, question, refuse_another
from convscope.studies.shapes import expect_fitting
from convscope.studies.vouched import digest_of
from convscope.tables import TextTable, without_nan

Row = Mapping[str, Any]

FORMAT = "convscope answer"
SCHEMA = 1


@brief
@dataclass(frozen=True)
class Figure:
    """A picture of an answer: what it shows, in words, and how it is drawn when it is wanted, as PNG.

    `draw` raises MissingExtra without matplotlib. In a notebook the figure displays itself.
    """

    caption: str
    draw: Callable[[], bytes]

    def _repr_png_(self) -> bytes:
        return self.draw()


@brief
@dataclass(frozen=True)
class AtlasEntry:
    """What an atlas says of an answer besides its figures; `units` and `images` are those it links to."""

    kind: ExperimentKind
    title: str
    rows: Sequence[Row]
    units: Sequence[str] = ()
    images: Sequence[int] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] | None = None
    """What the page of its kind shows by itself, as JSON values, see the README of `convscope.atlas`."""
    charts: Sequence[Chart] = ()
    """What the page draws itself, in the place of figures."""
    parts: Sequence[Mapping[str, Any]] = ()
    """What of `data` the page loads when it is looked at."""
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    """Pictures that data and parts name, as WebP by file name."""


@brief
@dataclass(frozen=True)
class Saved:
    """Where an answer was written, and its figures by file name; `missing` says why there are none."""

    folder: Path
    figures: Mapping[str, Path]
    missing: str | None = None
    captions: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The SHA-256 of every file that was written with the answer, by name."""

    def content(self, name: str) -> bytes:
        """The bytes of a figure; raises StoreError where it is not as it was written."""
        path = self.figures[name]
        try:
            content = read_whole(path)
        except (OSError, ValueError) as error:
            raise StoreError(
                f"{path} cannot be read ({error}): save the answer again, from what it was made of"
            ) from error
        if self.written.get(name, digest_of(content)) != digest_of(content):
            raise StoreError(f"{path} is not as it was written: save the answer again, from what it was made of")
        return content

    def whole(self) -> dict[str, Path]:
        """The figures by name, all of them as they were written; raises StoreError where one is not."""
        for name in self.figures:
            self.content(name)
        return dict(self.figures)


class Answer(Shown, ABC):
    """What a study found. Subclasses are dataclasses that say what is in it; how it is kept and shown is alike for all.

    `summary` says it in words, `rows` as a table, `to_json` whole, `figures` in pictures. `save` writes all of this
    into a folder, and `load` brings the answer back from there; what of an answer is only there when it was just made
    (its network, an open collection) is then None.
    """

    saved: Saved | None = None
    """Where it was written last, or loaded from."""
    question: Question | None = None
    """What it is the answer to: network, images and all that decides it; None where it was made by hand."""

    @property
    def kept(self) -> Saved:
        """Where it was written last; raises StoreError where it was not."""
        if self.saved is None:
            raise StoreError("this answer was not written: save it into a folder")
        return self.saved

    # -- what it says -------------------------------------------------------------------------------------------------
    @property
    @abstractmethod
    def summary(self) -> str:
        """What came out, in a sentence or a few."""

    @abstractmethod
    def rows(self) -> Sequence[Row]:
        """The table: rows of values by column name."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Everything that is said of it as JSON values, without NaN."""

    def __getattr__(self, name: str) -> Any:
        """What is not the answer's own is that of `found`: `occlusion.probability`, `invariance.curves`."""
        found = None if name.startswith("_") else self.__dict__.get("found")
        if found is None or not hasattr(found, name):
            raise AttributeError(f"{type(self).__name__} has no {name!r}", name=name, obj=self)
        return getattr(found, name)

    def __repr__(self) -> str:
        return shorten(f"<{type(self).__name__}: {self.summary}>", 110, placeholder=" ...>")

    def _repr_html_(self) -> str:
        return import_module("convscope.notebook").answer_html(self)

    def tables(self) -> Sequence[TextTable]:
        """The tables that people read."""
        return ()

    def remarks(self) -> Sequence[str]:
        """What is worth knowing besides: images left out, how it was computed."""
        return ()

    # -- what is kept of it -------------------------------------------------------------------------------------------
    def files(self) -> Iterator[tuple[str, bytes]]:
        """The names and contents of the files that `save` writes besides figures."""
        yield from ()

    def figures(self) -> Mapping[str, Figure]:
        """Its figures by file name; of an answer that was loaded those that were written with it."""
        if self.can_draw or self.saved is None:
            return self.drawings()
        return {
            path.name: Figure(self.saved.captions.get(name, name), partial(self.saved.content, name))
            for name, path in self.saved.figures.items()
        }

    @property
    def can_draw(self) -> bool:
        """Whether all that its figures need is at hand."""
        return True

    def drawings(self) -> Mapping[str, Figure]:
        """Its figures by file name, as they are drawn; {} for an answer without any."""
        return {}

    def written(self, folder: Path) -> Mapping[str, Path]:
        """Figures that are in a folder already, and need not be drawn again."""
        return {}

    def entry(self, atlas: Atlas) -> AtlasEntry | None:
        """What that atlas says of it; None for an answer that no atlas shows."""
        return None

    @checked
    def save(self, folder: str | PathLike[str], *, progress: Progress | None = None) -> Saved:
        """Write it, its files and its figures into a folder; without matplotlib no figures, as `Saved.missing` says.

        progress: called with the figures that are drawn.

        Raises:
            StoreError: where the folder holds an answer of this kind to another question, or cannot be written.
        """
        place = Path(folder)
        self.expect_place(place, self.question)
        before, written = _written_before(place, type(self)), dict[str, str]()
        for name, content in self.files():
            write_bytes(place / name, content)
            written[name] = digest_of(content)
        listed = self.figures()
        figures, missing = dict(self.written(place)), None
        waiting, report = [name for name in listed if name not in figures], progress or silent
        for done, name in enumerate(waiting):
            report("figures", done, len(waiting))
            try:
                content = listed[name].draw()
            except MissingExtra as error:
                missing = str(error)
                break
            write_bytes(place / name, content)
            figures[name], written[name] = place / name, digest_of(content)
        if waiting:
            report("figures", len(waiting), len(waiting))
        captions = {name: figure.caption for name, figure in listed.items() if name in figures}
        before_now = (name for name in captions if name not in written and figures[name].is_file())
        written |= {name: digest_of(read_whole(figures[name])) for name in before_now}
        self.saved = Saved(place, {name: figures[name] for name in captions}, missing, captions, written)
        self.keep(place, captions, written)
        for name in before - set(written) - set(listed):  # of another answer, which it would be taken for
            (place / name).unlink(missing_ok=True)
        return self.saved

    @classmethod
    def expect_place(cls, folder: str | PathLike[str] | None, asked: Question | None) -> None:
        """Raise StoreError where a folder holds an answer of this kind to another question."""
        if folder is not None:
            refuse_another(Path(folder), asked, _question_in(_said_before(Path(folder), cls)))

    def keep(self, place: Path, captions: Mapping[str, str], written: Mapping[str, str] | None = None) -> None:
        """Write the file that `load` reads; `written` are the SHA-256 of the files beside it by their names."""
        if not is_dataclass(self):
            raise TypeError(f"{type(self).__name__} is no dataclass, which an answer that is kept has to be")
        values, arrays = packed(self)
        said = {
            "format": FORMAT,
            "files": dict(written or {}),
            "schema": SCHEMA,
            "answer": type(self).__name__,
            "figures": captions,
            "values": values,
        }
        if self.question is not None:
            said |= {"question": self.question, "words": self.question.words}
        write_bytes(place / _file_of(type(self)), seal(arrays, said))

    @classmethod
    @checked
    def load(cls, folder: str | PathLike[str]) -> Self:
        """The answer of this kind that was saved in a folder.

        All that it says is made once, so that what does not fit each other is found here, and not where it is used.

        Raises:
            StoreError: if there is none, or it is damaged, of another version, or its parts do not fit each other.
        """
        place = Path(folder)
        path = place / _file_of(cls)
        try:
            arrays, said = unseal(read_whole(path))
            if (said.get("format"), said.get("schema"), said.get("answer")) != (FORMAT, SCHEMA, cls.__name__):
                raise ValueError(f"it holds schema {said.get('schema')} of {said.get('answer')}, not {SCHEMA}")
            captions = _captions(said.get("figures"))
            found = unpacked(cls, said["values"], arrays)
            figures = {name: place / name for name in captions if _is_inside(place, name)}
            gone = [name for name in captions if name not in figures]
            missing = f"{len(gone)} of {len(captions)} figures are gone, such as {gone[0]}" if gone else None
            written = written_in(said)
            found.saved, found.question = Saved(place, figures, missing, captions, written), _question_in(said)
            _speak(found)
        except FileNotFoundError as error:
            raise StoreError(f"{place} holds no {cls.__name__} (no {path.name}): save one there first") from error
        except (OSError, ValueError, KeyError) as error:
            raise StoreError(f"{path} cannot be read: {error}; make the answer again") from error
        return found

    def add_to(self, atlas: Atlas, name: str | None = None) -> Path | None:
        """Show it in an atlas, under a name (default: its kind's); None for an answer that no atlas shows.

        Raises:
            StoreError: where the atlas cannot be written. UsageError: for a malformed name.
        """
        entry, figures = self.entry(atlas), self.figures()
        if entry is None:
            return None
        drawn: dict[str, Any] = _drawn(figures) if self.saved is None else self.saved.whole()
        table = ResultTable.of(entry.rows)
        return add_experiment(
            atlas.path,
            name or entry.kind,
            title=entry.title,
            kind=entry.kind,
            summary=self.summary,
            figures=drawn,
            captions={name: figures[name].caption for name in drawn},
            table=table,
            units=entry.units,
            images=entry.images,
            settings=entry.settings,
            data=entry.data,
            charts=entry.charts,
            columns=described(entry.kind, table.columns),
            parts=entry.parts,
            pictures=entry.pictures,
        )


def _speak(answer: Answer) -> None:
    """Have an answer say all that it says; raises ValueError where what is in it does not fit each other."""
    try:
        expect_fitting(answer)
        with np.errstate(all="ignore"):  # of numbers that are none, which are said to be so
            json_bytes([answer.summary, *without_nan(answer.rows())])
            json_bytes(answer.to_json())
            repr((answer, answer.tables(), answer.remarks(), list(answer.figures())))
    except UNFIT as error:
        raise ValueError(f"its parts do not fit each other: {type(error).__name__}: {error}") from error


def _drawn(figures: Mapping[str, Figure]) -> dict[str, bytes]:
    """The figures of an answer that was not saved; none without matplotlib."""
    try:
        return {name: figure.draw() for name, figure in figures.items()}
    except MissingExtra:
        return {}


def _written_before(place: Path, kind: type[Answer]) -> set[str]:
    """The names of the files that an answer of this kind wrote into a folder before."""
    return {name for name in written_in(_said_before(place, kind)) if _is_inside(place, name)}


def written_in(said: Mapping[str, Any]) -> dict[str, str]:
    """The SHA-256 of the files that were written with an answer, by name; none where it says nothing of the kind."""
    found = said.get("files")
    return {name: text for name, text in found.items() if isinstance(text, str)} if isinstance(found, dict) else {}


def _said_before(place: Path, kind: type[Answer]) -> dict[str, Any]:
    """What an answer of this kind that is in a folder says of itself; nothing where there is none, or a damaged one."""
    try:
        return unseal(read_whole(place / _file_of(kind)))[1]
    except (OSError, ValueError):
        return {}


def _question_in(said: Mapping[str, Any]) -> Question | None:
    found, words = said.get("question"), said.get("words")
    return Question(found, words if isinstance(words, dict) else None) if isinstance(found, dict) else None


def _captions(found: Any) -> dict[str, str]:
    """The words under figures by file name; raises ValueError where they are none."""
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise ValueError("it does not say which figures it has")
    return found


def _is_inside(folder: Path, name: str) -> bool:
    """Whether a file's name leads to a file in the folder, and nowhere else, through links neither."""
    try:
        return all(is_name(part) for part in name.split("/")) and is_inside(folder, name)
    except StoreError:
        return False


def _file_of(kind: type[Answer]) -> str:
    return f"{kind.__name__.lower()}.safetensors"


A = TypeVar("A", bound=Answer)


def finished(
    answer: A,
    *,
    store: str | PathLike[str] | None,
    asked: Question | None = None,
    atlas: Atlas | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> A:
    """The answer to what was asked, after it was written into a folder and shown in an atlas, where these are given.

    Raises:
        ImageError: where the images were changed meanwhile.
    """
    if asked is not None:
        asked.expect_unchanged()
    answer.question = asked
    if store is not None:
        answer.save(store, progress=progress)
    if atlas is not None:
        answer.add_to(atlas, name)
    return answer


__all__ = ["Answer", "AtlasEntry", "Figure", "Row", "Saved", "finished", "question", "written_in"]
