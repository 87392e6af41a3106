"""The images that two collections have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from os import PathLike
from typing import Any

from convscope.arguments import checked
from convscope.data import Images
from convscope.generalisation import duplicates
from convscope.generalisation.duplicates import THRESHOLD, Duplicates
from convscope.progress import Progress
from convscope.studies.answer import Answer, Row, finished, question
from convscope.studies.asking import collection, threads_of
from convscope.tables import TextTable, columns_of

TABLE = "pairs.csv"
_SHOWN = 20


@dataclass(eq=False, repr=False)
class Overlap(Answer):
    """The pairs that were found; `names` are what the collections are called, the second None within one."""

    found: Duplicates
    names: tuple[str, str | None]

    @property
    def summary(self) -> str:
        """How many images are in both."""
        found, other = self.found, self.names[1]
        images = len({pair.a for pair in found.pairs})
        where = f"of the {found.images[1]} of {other}" if other else "again in the same collection"
        return f"{images} of {found.images[0]} images are {where} ({len(found.pairs)} pairs)"

    def files(self) -> Iterator[tuple[str, bytes]]:
        """The pairs as CSV."""
        yield TABLE, self.found.csv().encode()

    def rows(self) -> list[Row]:
        """One row a pair."""
        return [asdict(pair) for pair in self.found.pairs]

    def to_json(self) -> dict[str, Any]:
        """The pairs, and what was compared."""
        found = self.found
        return {
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


@checked
def overlap(
    images: Images,
    others: Images | None = None,
    *,
    store: str | PathLike[str] | None = None,
    threshold: float = THRESHOLD,
    workers: int | None = None,
    names: tuple[str, str | None] | None = None,
    progress: Progress | None = None,
) -> Overlap:
    """The images of one collection that are also in another, or that it has more than once.

    Args:
        images, others: collections, see docs/grammar.md; names: what they are called.
        store: a folder for the answer; the pairs are its pairs.csv.
        threshold: correlation of fine detail, 0 to 1, from which a pair counts.
        workers: threads that decode.
        progress: called with images read, and with what of them was compared.

    Raises:
        UsageError: for a threshold outside 0 to 1. SourceError: for a collection that is not there. StoreError: where
            the folder holds the answer to another question, or cannot be written.

    >>> import numpy as np
    >>> noise = np.random.default_rng(0).integers(0, 256, (3, 40, 40, 3), dtype=np.uint8)
    >>> [(pair["a"], pair["b"]) for pair in overlap(list(noise), [noise[2]]).rows()]
    [(2, 0)]
    """
    first, second = collection(images), None if others is None else collection(others)
    asked = question(None, first, others=second, threshold=threshold)
    Overlap.expect_place(store, asked)
    found = duplicates.overlap(first, second, threshold=threshold, threads=threads_of(workers), progress=progress)
    called = names or (_called(images), None if others is None else _called(others))
    return finished(Overlap(found, called), store=store, asked=asked, progress=progress)


def _called(images: Images) -> str:
    return images if isinstance(images, str) else "the collection"


__all__ = ["Overlap", "overlap"]
