"""The images that two collections have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from os import PathLike
from typing import Any

from convscope.data import Source
from convscope.progress import Progress
from convscope.studies.answer import Answer, Row
from convscope.tables import TextTable, columns_of
from convscope.transfer import duplicates
from convscope.transfer.duplicates import THRESHOLD, Duplicates

_SHOWN = 20


@dataclass(eq=False)
class Overlap(Answer):
    """The pairs that were found; `names` are what the collections are called, the second None within one."""

    found: Duplicates
    names: tuple[str, str | None]
    file: str | None = None

    @property
    def summary(self) -> str:
        """How many images are in both."""
        found, other = self.found, self.names[1]
        images = len({pair.a for pair in found.pairs})
        where = f"of the {found.images[1]} of {other}" if other else "again in the same collection"
        saved = f": {self.file}" if self.file is not None else ""
        return f"{images} of {found.images[0]} images are {where} ({len(found.pairs)} pairs){saved}"

    def rows(self) -> list[Row]:
        """One row a pair."""
        return [asdict(pair) for pair in self.found.pairs]

    def to_json(self) -> dict[str, Any]:
        """The pairs, and what was compared."""
        found = self.found
        return {
            "out": self.file,
            "images": list(found.images),
            "unreadable": list(found.unreadable),
            "candidates": found.candidates,
            "threshold": found.threshold,
            "pairs": self.rows(),
        }

    def tables(self) -> Sequence[TextTable]:
        """The first pairs."""
        pairs, other = self.found.pairs, self.names[1]
        shown = [(pair.name_a, pair.name_b, f"{pair.correlation:.3f}") for pair in pairs[:_SHOWN]]
        if not shown:
            return ()
        if len(pairs) > _SHOWN:
            shown.append((f"... and {len(pairs) - _SHOWN} more", "", ""))
        return [columns_of(("in A", "in B" if other else "also as", "correlation"), shown, left=2)]

    def remarks(self) -> list[str]:
        """How many images could not be read."""
        a, b = self.names
        counts = zip(self.found.unreadable, (a, b or a), strict=True)
        return [f"{bad} images of {which} could not be read" for bad, which in counts if bad]


def overlap(
    a: Source | Any,
    b: Source | Any | None = None,
    *,
    out: str | PathLike[str] | None = None,
    threshold: float = THRESHOLD,
    threads: int = 2,
    names: tuple[str, str | None] | None = None,
    progress: Progress | None = None,
) -> Overlap:
    """The images of one collection that are also in another, or that it has more than once.

    Args:
        a, b: collections, or what `open_source` takes; names: what they are called. out: a file for the list, as CSV.
        threshold, threads: as for `convscope.overlap`.

    Raises:
        As `convscope.overlap`. StoreError: where the file cannot be written.
    """
    found = duplicates.overlap(a, b, threshold=threshold, threads=threads, progress=progress)
    if out is not None:
        found.save(str(out))
    called = names or (_called(a), None if b is None else _called(b))
    return Overlap(found, called, None if out is None else str(out))


def _called(images: Source | Any) -> str:
    return images if isinstance(images, str) else "the collection"


__all__ = ["Overlap", "overlap"]
