"""Whether parts correspond over the images of a collection: tables, figures, an entry in an atlas (Table 1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from convscope.arguments import checked, expect_confidence
from convscope.atlas import Atlas
from convscope.data import Images
from convscope.data.parts import Part
from convscope.files import json_bytes
from convscope.graph import Network
from convscope.methods.correspondence import PartAgreement, PartResult, comparing
from convscope.methods.correspondence.results import MEANING, Counted
from convscope.methods.occlusion import Fill
from convscope.progress import Progress
from convscope.studies.answer import Answer, AtlasEntry, Figure, Row, finished, question
from convscope.studies.asking import atlas_of, expect_network
from convscope.studies.charting import of_correspondence
from convscope.studies.marking import mark
from convscope.studies.pictures import SeenImages, photo_picture
from convscope.tables import TextTable, columns_of, csv_of

_HEAD = (
    "layer", "part", "images", "differ", "interval", "elsewhere", "rank", "floor", "corrected", "untrained", "places",
    "verdict", "paper's masks", "rank",
)  # fmt: skip
_SETTINGS = ("draws", "fill", "tolerance", "places", "seed", "primary", "counted", "seeds")
_PHOTOS = 48  # images that the page shows
_SAID: dict[Counted, str] = {"all": "all features", "changed": "the features that change"}


@dataclass(eq=False, repr=False)
class Correspondence(Answer):
    """What was found of the images that a table of parts names."""

    found: PartAgreement
    seen: SeenImages
    boxes: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    """By part where it is in each image, (n, 4) y0 x0 y1 x1 in the input's pixels, -1 where it is not."""
    photos: tuple[NDArray[np.uint8], ...] = ()
    """The first images (H, W, 3), as the network sees them."""

    @property
    def summary(self) -> str:
        """What the numbers are, and of every part what follows from them at the layer that decides."""
        found, said = self.found, [self._of_part(self.found[self.found.primary, part]) for part in self.found.parts]
        seeds = f" Random weights: {found.seeds} seeds." if found.seeds else " Random weights: not looked at."
        return (
            f"Decided at {found.primary}, by the share of {_SAID[found.counted]} whose change differs in sign between "
            f"two images when the same part is covered in both, over all pairs of {found.images} images; its rank "
            "among disjoint places, of masks at the same relative place of all objects, corrected for the parts."
            f"{seeds} "
            f"{' '.join(said)}"
        )

    def _of_part(self, result: PartResult) -> str:
        whole = self.found.counted == "all"
        verdict = result.verdict if whole else result.verdict_among_changed
        corrected = result.corrected if whole else result.corrected_among_changed
        numbers = "no place to compare it with"
        if corrected is not None and result.floor is not None:
            numbers = (
                f"rank {corrected:.2g}, {result.disjoint} disjoint places, of which none is below {result.floor:.2g}"
            )
        paper = result.p if whole else result.p_among_changed
        return f"{result.part}: {verdict} ({MEANING[verdict]}; {numbers}; by the paper's masks {paper:.2g})."

    def rows(self) -> list[Row]:
        """One row a layer and part."""
        return list(self.found.rows())

    def to_json(self) -> dict[str, Any]:
        """All numbers."""
        return self.found.to_json()

    def tables(self) -> Sequence[TextTable]:
        """The table as text, by each measure; the one that decides first."""
        other: Counted = "changed" if self.found.counted == "all" else "all"
        order: tuple[Counted, ...] = (self.found.counted, other)
        return [
            columns_of(_HEAD, [_cells(row, one) for row in self.rows()], left=2, title=f"Of {_SAID[one]}")
            for one in order
        ]

    def remarks(self) -> list[str]:
        """The images that were left out, what decides, and how the rest was computed."""
        found = self.found
        decides = (
            f"{_SAID[found.counted]} at {found.primary} decide; {found.draws:,} sets of masks, so that none of the "
            f"paper's ranks is below {found.floor:.2g}; ranks among places are not below what these allow, see floor; "
            f"{found.tests} ranks, corrected after Holm: those that decide, and all others"
        )
        return [*self.seen.remarks, decides, found.method]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """All numbers, as CSV and JSON."""
        yield "correspondence.csv", csv_of(self.rows())
        if self.found.untrained:
            yield "untrained.csv", csv_of(map(vars, self.found.untrained))
        yield "correspondence.json", json_bytes({"names": list(self.seen.names), **self.found.to_json()})

    def drawings(self) -> Mapping[str, Figure]:
        """The shares by layer and part, of all features and of those that change."""
        return {
            "correspondence.png": Figure("of all features", lambda: self._draw("all")),
            "correspondence-changed.png": Figure(
                "of the features that change in either image", lambda: self._draw("changed")
            ),
        }

    def _draw(self, counted: Counted) -> bytes:
        from convscope.figures.correspondence import draw
        from convscope.figures.style import rendered

        return rendered(draw(self.found, measure=counted))

    def entry(self, atlas: Atlas) -> AtlasEntry:
        """The table, its numbers drawn, and the images with what was covered in them."""
        found, numbers = self.found, self.seen.in_atlas(atlas)
        return AtlasEntry(
            "correspondence",
            f"Correspondence of {', '.join(found.parts)}",
            self.rows(),
            images=numbers,
            settings={key: getattr(found, key) for key in _SETTINGS},
            data={"covered": [self._covered(row, numbers) for row in range(len(self.photos))]},
            charts=of_correspondence(found),
            pictures={f"{row}.webp": photo_picture(photo) for row, photo in enumerate(self.photos)},
        )

    def _covered(self, row: int, numbers: Sequence[int]) -> dict[str, Any]:
        """An image with its parts, for the page."""
        height, width = self.photos[row].shape[:2]
        boxes = {part: listed[row].tolist() for part, listed in self.boxes.items() if listed[row, 0] >= 0}
        number = numbers[row] if numbers else None
        said = {"name": self.seen.names[row], "image": number, "picture": f"{row}.webp", "size": [height, width]}
        return {**said, "boxes": boxes}


def _cells(row: Row, counted: Counted) -> tuple[str, ...]:
    end, value = ("", "mean") if counted == "all" else ("_among_changed", "among_changed")
    low, high = row[f"low{end}"], row[f"high{end}"]
    return (
        row["layer"],
        row["part"],
        str(row["images"]),
        f"{row[value]:.4f}",
        "-" if low is None or high is None else f"{low:.4f} to {high:.4f}",
        _number(row[f"aligned{end}"]),
        _number(row[f"aligned_p{end}"]),
        _number(row["floor"]),
        _number(row[f"corrected{end}"]),
        _number(row[f"untrained_p{end}"]),
        str(row["disjoint"]),
        row[f"verdict{end}"],
        _number(row[f"random{end}"]),
        _number(row[f"p{end}"]),
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


@checked
def correspond(
    net: Network,
    images: Images,
    parts: Sequence[Part] | str | PathLike[str],
    *,
    store: str | PathLike[str] | None = None,
    layers: Sequence[str] | None = None,
    layer: str | None = None,
    counted: Counted = "all",
    draws: int | None = None,
    regions: Literal["object", "image"] = "object",
    fill: Fill | Sequence[float] = "grey",
    places: int | None = None,
    confidence: float = 0.95,
    seed: int = 0,
    seeds: int = 3,
    limit: int | None = None,
    workers: int | None = None,
    atlas: Atlas | str | PathLike[str] | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> Correspondence:
    """Whether covering the same part changes features alike in all images, more than other places do (Table 1).

    Args:
        net: the network; with preprocessing, unless the images are its input.
        images: images of any kind, see docs/grammar.md. Tensors are called "image 0", "image 1" and so on in `parts`.
        parts: boxes of parts on the images, or the table (CSV) of them, see `read_parts`.
        store: a folder for figures and tables.
        layers: where features are compared; None for the last layer of every map size, and the output.
        layer, counted: what decides, to be named before looking: a layer, None for the last one of maps; "all"
            features, as in the paper, or those that "changed". Ranks are corrected over the parts there, and over
            everything else.
        draws: how many sets of masks each part is compared with: masks of its size that touch no part, at the same
            relative place of all objects, and, as in the paper, anywhere (where no such place is left, one that covers
            little of the parts). None for 20 times the number of ranks, 1,999 at least. Ranks are among the places that
            share nothing, however many sets there are.
        regions: whether masks lie within the part called `object`, of images that have one, or anywhere.
        fill: what covers, as for `occlude`.
        places: maps are reduced to so many rows and columns by the maximum of each part first, so that a feature counts
            as the same one wherever in that part of an image it is; None for maps as they are.
        confidence: of the intervals; for parts by resampling images, for masks over draws.
        seed: of masks, resampling and random weights.
        seeds: how often weights are drawn: the network with random weights is the last control; 0 for never.
        limit: at most so many images, evenly spread. workers: as for `occlude`.
        atlas: an atlas of the same network that is to show the answer, under `name`.
        progress: called with the number of masks that were covered.

    Raises:
        UsageError: for options that make no sense, and tables that do not fit the images. UnknownLayer: for layers that
            do not exist. ImageError: where no image could be read. StoreError: where the
            folder holds the answer to another question, or cannot be written.

    >>> import torch
    >>> net = Network.trace(torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU()), (3, 12, 12))
    >>> parts = [Part(f"image {i}", "eye", (2, i, 6, i + 4)) for i in range(3)]
    >>> answer = correspond(net, torch.rand(3, 3, 12, 12), parts, draws=10)
    >>> [(row["layer"], row["part"], row["images"]) for row in answer.rows()]
    [('1', 'eye', 3)]
    """
    expect_network(net)
    expect_confidence(confidence)
    shown = atlas_of(atlas, net)
    marked = mark(net, images, parts, limit=limit)
    deciding: dict[str, Any] = {
        "layers": None if layers is None else list(layers),
        "layer": layer,
        "counted": counted,
        "regions": marked.regions if regions == "object" else None,
        "draws": draws,
        "fill": fill,
        "places": places,
        "confidence": confidence,
        "seed": seed,
        "seeds": seeds,
    }
    asked = question(net, marked.pictures.seen.collection, parts=marked.boxes, **deciding)
    Correspondence.expect_place(store, asked)
    found = comparing.correspondence(
        net, marked.pictures.inputs, marked.boxes, **deciding, workers=workers, progress=progress
    )
    photos = tuple(marked.pictures.pixels[:_PHOTOS])
    answer = Correspondence(found, marked.pictures.seen, marked.boxes, photos)
    return finished(answer, store=store, asked=asked, atlas=shown, name=name, progress=progress)


__all__ = ["Correspondence", "correspond"]
