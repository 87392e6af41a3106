"""How often a network is right on labelled images, or several together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

from convscope.data import Images
from convscope.files import json_bytes
from convscope.graph import Network
from convscope.progress import Progress, silent
from convscope.studies.answer import Answer, Figure, Row, finished
from convscope.studies.asking import collection, threads_of
from convscope.studies.pictures import left_out
from convscope.tables import TextTable, columns_of
from convscope.training import Evaluation as Evaluated
from convscope.training import evaluation
from convscope.training.evaluation import Match
from convscope.training.views import CropSource, Views

_LISTED = 40  # classes that are listed for people


@dataclass(eq=False, repr=False)
class Evaluation(Answer):
    """What networks answered to labelled images."""

    found: Evaluated

    @property
    def summary(self) -> str:
        """The rates, on what and how."""
        found = self.found
        crops = "centre crop" if found.views == "centre" else "ten crops"
        who = "" if len(found.networks) == 1 else f", {len(found.networks)} networks together"
        return (
            f"top-1 {found.top1:.2%}, top-5 {found.top5:.2%}, mean of classes {found.mean_class_top1:.2%} "
            f"on {found.images} images, {crops}{who}"
        )

    @property
    def mistakes(self) -> list[str]:
        """The most frequent mistakes in words."""
        return [f"{count} of {name} were taken for {answer}" for name, answer, count in self.found.confused(3)]

    def rows(self) -> list[Row]:
        """One row a class of the images."""
        return self.to_json()["classes"]

    def to_json(self) -> dict[str, Any]:
        """Rates, and the confusion of classes."""
        return self.found.to_json()

    def tables(self) -> Sequence[TextTable]:
        """One row a class, where they are few."""
        rows = self.rows()
        if len(rows) > _LISTED:
            return ()
        cells = ((r["name"], str(r["images"]), "-" if r["top1"] is None else f"{r['top1']:.1%}") for r in rows)
        return [columns_of(("class", "images", "top-1"), cells)]

    def remarks(self) -> list[str]:
        """The images that were left out."""
        return [left_out(one) for one in self.found.failures]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """All numbers."""
        yield "evaluation.json", json_bytes(self.to_json())

    def drawings(self) -> Mapping[str, Figure]:
        """The confusion of classes."""
        return {"confusion.png": Figure("Which classes were taken for which.", self._draw)}

    def _draw(self) -> bytes:
        from convscope.figures.style import rendered
        from convscope.figures.training import draw_confusion

        return rendered(draw_confusion(self.found))


def evaluate(
    nets: Network | Sequence[Network],
    images: Images,
    *,
    store: str | PathLike[str] | None = None,
    views: Views = "centre",
    crop_source: CropSource = "square",
    padding: int | None = None,
    match: Match = "name",
    limit: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Top-1 and top-5 accuracy on the labelled images of a collection, by class; of several networks together.

    Args:
        nets: a network, or several whose probabilities are averaged.
        images: a collection with labels, or what `open_source` takes; limit: at most so many, evenly spread.
        store: a folder for evaluation.json and its figure.
        views, crop_source, padding, match, workers: see `convscope.training.evaluate`.

    Raises:
        As `convscope.training.evaluate`. StoreError: where the folder cannot be written.
    """
    found = evaluation.evaluate(
        [nets] if isinstance(nets, Network) else list(nets),
        collection(images, limit=limit),
        views=views,
        crop_source=crop_source,
        padding=padding,
        match=match,
        threads=threads_of(workers),
        progress=progress or silent,
    )
    return finished(Evaluation(found), store=store)


__all__ = ["Evaluation", "evaluate"]
