"""What all studies give: an answer that knows its table, its words, its files, its figures and its entry in an atlas.

A study takes a network and a collection to an answer. This is the one protocol of answers and the one driver that keeps
them, for the command line and for Python alike: `finished` writes an answer into a folder and shows it in an atlas.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

from convscope.atlas import Atlas
from convscope.atlas.experiments import Kind, Table, add_experiment
from convscope.errors import MissingExtra, StoreError
from convscope.files import write_bytes
from convscope.tables import TextTable

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Figure:
    """A picture of an answer: what it shows, in words, and how it is drawn when it is wanted, as PNG.

    `draw` raises MissingExtra without matplotlib.
    """

    caption: str
    draw: Callable[[], bytes]


@dataclass(frozen=True)
class Entry:
    """What an atlas says of an answer besides its figures; `units` and `images` are those it links to."""

    kind: Kind
    title: str
    rows: Sequence[Row]
    units: Sequence[str] = ()
    images: Sequence[int] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Saved:
    """Where an answer was written, and its figures by file name; `missing` says why there are none."""

    folder: Path
    figures: Mapping[str, Path]
    missing: str | None = None


class Answer(ABC):
    """What a study found. Subclasses say what is in it; how it is kept and shown is the same for all."""

    saved: Saved | None = None
    """Where it was written last."""

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
        """Its figures by file name."""
        return {}

    def written(self, folder: Path) -> Mapping[str, Path]:
        """Figures that are in a folder already, and need not be drawn again."""
        return {}

    def entry(self, atlas: Atlas) -> Entry | None:
        """What that atlas says of it; None for an answer that no atlas shows."""
        return None

    def save(self, folder: str | PathLike[str]) -> Saved:
        """Write files and figures into a folder; without matplotlib no figures, which `Saved.missing` says.

        Raises:
            StoreError: where the folder cannot be written.
        """
        place = Path(folder)
        for name, content in self.files():
            write_bytes(place / name, content)
        figures, missing = dict(self.written(place)), None
        for name, figure in self.figures().items():
            if name in figures:
                continue
            try:
                write_bytes(place / name, figure.draw())
            except MissingExtra as error:
                missing = str(error)
                break
            figures[name] = place / name
        self.saved = Saved(place, {name: figures[name] for name in self.figures() if name in figures}, missing)
        return self.saved

    def add_to(self, atlas: Atlas, name: str | None = None) -> Path | None:
        """Show it in an atlas, under a name (default: its kind's); None for an answer that no atlas shows.

        Raises:
            StoreError: where the atlas cannot be written. UsageError: for a malformed name.
        """
        entry, figures = self.entry(atlas), self.figures()
        if entry is None:
            return None
        pictures = dict(self.saved.figures) if self.saved is not None else _drawn(figures)
        return add_experiment(
            atlas.path,
            name or entry.kind,
            title=entry.title,
            kind=entry.kind,
            summary=self.summary,
            figures=pictures,
            captions={name: figures[name].caption for name in pictures},
            table=Table.of(entry.rows),
            units=entry.units,
            images=entry.images,
            settings=entry.settings,
        )


def _drawn(figures: Mapping[str, Figure]) -> dict[str, bytes]:
    """The figures of an answer that was not saved; none without matplotlib."""
    try:
        return {name: figure.draw() for name, figure in figures.items()}
    except MissingExtra:
        return {}


A = TypeVar("A", bound=Answer)


def finished(answer: A, *, out: str | PathLike[str] | None, atlas: Atlas | None = None, name: str | None = None) -> A:
    """The answer, after it was written into a folder and shown in an atlas, where these are given."""
    if out is not None:
        answer.save(out)
    if atlas is not None:
        answer.add_to(atlas, name)
    return answer


__all__ = ["Answer", "Entry", "Figure", "Row", "Saved", "finished"]
