"""What moving, scaling and turning the images of a collection does: curves, tables, an entry in an atlas (Fig. 5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from os import PathLike
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.arguments import at_least, checked, expect_confidence
from convscope.atlas import Atlas
from convscope.data import Images
from convscope.files import json_bytes
from convscope.graph import Network, UnitLike, several
from convscope.methods.inputs import recipe_of
from convscope.methods.invariance import Curve, InvarianceCurves, measuring
from convscope.methods.invariance.transforms import PAPER, Frame, Interpolation, Outside, spelled, transformation
from convscope.methods.targets import Target
from convscope.methods.untrained import untrained
from convscope.progress import Progress, silent
from convscope.studies.answer import Answer, AtlasEntry, Figure, Row, finished, question
from convscope.studies.asking import atlas_of, expect_network, targets_for
from convscope.studies.charting import of_invariance
from convscope.studies.pictures import SeenImages, look_at, short_name, shown_pixels
from convscope.tables import TextTable, columns_of, csv_of, without_nan

Distance = Literal["relative", "raw"]
FIGURE = "invariance.png"


@dataclass(eq=False, repr=False)
class Invariance(Answer):
    """What was found of some images; `distance` is the one that the figure shows, which begins with `examples`: of each
    transformation the first image (H, W, 3), changed by some of its amounts.

    untrained: the same with random weights, of every seed. confidence, seed: of the intervals, over images.
    """

    found: InvarianceCurves
    seen: SeenImages
    distance: Distance
    examples: Mapping[str, tuple[NDArray[np.uint8], ...]]
    untrained: tuple[InvarianceCurves, ...] = ()
    confidence: float = 0.95
    seed: int = 0

    @property
    def summary(self) -> str:
        """How far each transformation moves the features at most, and what becomes of the class."""
        head, count = self.found.head, len(self.seen)
        said = "; ".join(map(self._of_curve, self.found.curves))
        taken = f" {head.remark}" if head is not None and head.remark else ""
        return f"Of {count} image{'' if count == 1 else 's'}, in the mean: {said}.{taken}"

    def _of_curve(self, curve: Curve) -> str:
        first, last = float(curve.values.min()), float(curve.values.max())
        ends = dict.fromkeys((self.found.layers[0], self.found.layers[-1]))
        far = " and ".join(f"{_most(curve.mean(one)[0])} ({one})" for one in ends)
        if self.untrained:
            random = " and ".join(_most(self._random(curve, one)[0]) for one in ends)
            far += f" of their length, with random weights by {random}"
        unit = "" if curve.unit in ("ratio", "factor") else f" {curve.unit}"
        said = f"{curve.transformation} from {first:g} to {last:g}{unit} moves features by up to {far}"
        said += "" if self.untrained else " of their length"
        head = self.found.head
        if head is None:
            return said
        if not head.probable:
            low, high = (float(end) for end in (curve.mean("probability")[0].min(), curve.mean("probability")[0].max()))
            return f"{said}, and the output is {low:.3g} to {high:.3g}"
        return f"{said}, and the class stays the most probable of {float(curve.kept.min()):.0%} of the images at worst"

    def rows(self) -> list[Row]:
        """For each transformation the means at its first, middle and last amount: relative distances and the class."""
        rows = []
        for curve in self.found.curves:
            count = len(curve.values)
            for at in sorted({0, count // 2, count - 1}):
                row: dict[str, Any] = {"transformation": curve.transformation, "by": float(curve.values[at])}
                row |= {f"relative {one}": float(curve.mean(one)[0][at]) for one in self.found.layers}
                rows.append(row | self._of_class(curve, at))
        return rows

    def means(self) -> list[Row]:
        """Every mean over images with its interval, of relative distances, units, the class; and with random weights.

        Of several seeds of random weights the mean, the least and the largest mean.
        """
        rows, head = [], self.found.head
        for curve in self.found.curves:
            of_class = [] if head is None else ["probability", *(["kept"] if head.probable else [])]
            for what in (*self.found.layers, *curve.units, *of_class):
                mean = curve.mean(what)[0]
                low, high = curve.interval(what, confidence=self.confidence, seed=self.seed)
                random = self._random(curve, what) if self.untrained else None
                for at, value in enumerate(curve.values.tolist()):
                    row: dict[str, Any] = {"transformation": curve.transformation, "by": value, "what": what}
                    row |= {"mean": float(mean[at]), "low": float(low[at]), "high": float(high[at])}
                    if random is not None:
                        names = ("untrained", "untrained low", "untrained high")
                        row |= {name: float(one[at]) for name, one in zip(names, random, strict=True)}
                    rows.append(row)
        return rows

    def _random(self, curve: Curve, what: str) -> NDArray[np.float64]:
        """(3, m) the mean, least and largest over seeds of the means with random weights."""
        found = np.stack([one[curve.transformation].mean(what)[0] for one in self.untrained])
        return np.stack([found.mean(0), found.min(0), found.max(0)])

    def _of_class(self, curve: Curve, at: int) -> dict[str, Any]:
        """What a row says of the class, or of the value or the units that were followed."""
        head = self.found.head
        row: dict[str, Any] = {unit: float(curve.mean(unit)[0][at]) for unit in curve.units}
        if head is not None:
            row[head.score] = float(curve.mean("probability")[0][at])
        return row | {"kept": float(curve.kept[at])} if head is not None and head.probable else row

    def to_json(self) -> dict[str, Any]:
        """The images and the table."""
        return without_nan({"images": list(self.seen.names), **self.found.meaning, "summary": self.rows()})

    def tables(self) -> Sequence[TextTable]:
        """The table as text: of each transformation three amounts, means with their intervals."""
        shown = {"probability": "p(class)", "kept": "class kept", **{n: f"distance {n}" for n in self.found.layers}}
        listed: dict[tuple[str, float], dict[str, str]] = {}
        for row in self.means():
            key = row["transformation"], row["by"]
            what = str(row["what"])
            listed.setdefault(key, {})[shown.get(what, what)] = _with_interval(row)
        asked = [(row["transformation"], row["by"]) for row in self.rows()]
        head = ("transformation", "by", *next(iter(listed.values())))
        return [columns_of(head, [(key[0], f"{key[1]:.3g}", *listed[key].values()) for key in asked])]

    def remarks(self) -> list[str]:
        """The images that were left out, and what the output was taken for."""
        head, seeds = self.found.head, len(self.untrained)
        drawn = f"{100 * self.confidence:g} % intervals, images drawn again"
        drawn += "; of the class kept Wilson's" if head is not None and head.probable else ""
        said = [] if len(self.seen) < 2 else [drawn]
        said += [f"in brackets the mean with random weights, of {seeds} seed{'s' * (seeds > 1)}"] if seeds else []
        return [*self.seen.remarks, *said, *([] if head is None else [head.summary])]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """All numbers, as CSV and JSON."""
        names = self.seen.names
        yield "invariance.csv", csv_of({**row, "image": names[row["image"]]} for row in self.found.rows())
        yield "means.csv", csv_of(map(without_nan, self.means()))
        yield "invariance.json", json_bytes(without_nan({"images": list(names), **self.found.to_json()}))

    def drawings(self) -> Mapping[str, Figure]:
        """The paper's Fig. 5."""
        done = ", ".join(self.found.transformations)
        return {FIGURE: Figure(f"{done}; thick: mean of {len(self.seen)} images", self._draw)}

    def _draw(self) -> bytes:
        from convscope.figures.invariance import draw
        from convscope.figures.style import rendered

        names = [short_name(one) for one in self.seen.names]
        beside = {"untrained": self.untrained, "confidence": self.confidence, "seed": self.seed}
        return rendered(draw(self.found, distance=self.distance, examples=self.examples, names=names, **beside))

    def entry(self, atlas: Atlas) -> AtlasEntry:
        """The table and the figure."""
        found = self.found
        return AtlasEntry(
            "invariance",
            f"Invariance: {', '.join(found.transformations)}",
            without_nan(self.rows()),
            images=self.seen.in_atlas(atlas),
            settings={
                "layers": list(found.layers),
                "outside": found.outside,
                "interpolation": found.interpolation,
                "random weights": len(self.untrained),
            },
            charts=of_invariance(found, self.untrained, confidence=self.confidence, seed=self.seed),
        )


def _most(distances: NDArray[np.float64]) -> str:
    """The largest of relative distances; features that are zero have no length."""
    known = distances[~np.isnan(distances)]
    return f"{known.max():.0%}" if len(known) else "-"


def _with_interval(row: Row) -> str:
    """A mean, its interval, and the mean with random weights, as far as they are there."""
    interval = "" if np.isnan(row["low"]) else f" {row['low']:.3g} to {row['high']:.3g}"
    return f"{row['mean']:.3g}{interval}" + (f" [{row['untrained']:.3g}]" if "untrained" in row else "")


def _examples(net: Network, found: InvarianceCurves, one: Tensor) -> dict[str, tuple[NDArray[np.uint8], ...]]:
    """An image (1, C, H, W) at four amounts of every transformation."""
    frame = Frame.of(recipe_of(net), outside=found.outside, interpolation=found.interpolation)
    made = {}
    for curve in found.curves:
        at = np.unique(np.linspace(0, len(curve.values) - 1, 4).round().astype(int))
        changed = [transformation(curve.transformation).apply(one, float(curve.values[i]), frame) for i in at]
        made[curve.transformation] = tuple(shown_pixels(net, torch.cat(changed)))
    return made


def _staged(progress: Progress, of: str, stage: str, done: int, total: int) -> None:
    """Tell of a stage as one of several that are called the same."""
    progress(f"{stage}, {of}", done, total)


@checked
def invariance(
    net: Network,
    images: Images,
    *,
    store: str | PathLike[str] | None = None,
    transformations: Mapping[str, Sequence[float] | None] | Sequence[str] | None = None,
    layers: Sequence[str] | None = None,
    target: Target = None,
    units: UnitLike | Sequence[UnitLike] = (),
    distance: Distance = "relative",
    outside: Outside = "mean",
    interpolation: Interpolation = "bilinear",
    confidence: float = 0.95,
    seed: int = 0,
    seeds: int = 0,
    limit: int | None = None,
    batch: int = 32,
    atlas: Atlas | str | PathLike[str] | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> Invariance:
    """How far features move, and what becomes of the class, when images are moved, scaled and turned (Fig. 5).

    Args:
        net: the network; with preprocessing, unless the images are its input.
        images: images of any kind, see docs/grammar.md.
        store: a folder for the figure and tables.
        transformations: names (the paper's: vertical, scale, rotation), with amounts as "scale=0.5:2:0.1" (first, last,
            step) or "scale=1,1.5,2"; or a mapping from names to amounts, None for the usual ones.
        layers: where features are compared; None for the first and the last spatial stage, and the output.
        target: the class of each image: one number or name for all, "labels" for each image's own, "none" for none;
            None for the most probable.
        units: units whose activation is followed as well. Of a map without a position, the sum of its positions.
        distance: which one the figure shows; tables hold both.
        outside: what comes in from beyond the image: its "mean" colour, its "edge", or the image reflected ("reflect").
        interpolation: between pixels.
        confidence, seed: of the intervals of means, over images; seed also of random weights.
        seeds: how often weights are drawn: the network with random weights stands beside; 0 for never.
        limit: at most so many images, evenly spread. batch: images run together.
        atlas: an atlas of the same network that is to show the answer, under `name`.
        progress: called with the number of transformed images.

    Raises:
        UsageError: for unknown transformations or options. UnknownLayer: for layers that do not exist. ImageError:
            where no image could be read. StoreError: where the folder holds the answer to another
            question, or cannot be written.

    >>> from torch import nn, rand
    >>> net = Network.trace(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 5)), (3, 8, 8))
    >>> answer = invariance(net, rand(2, 3, 8, 8), transformations={"vertical": [0, 1, 2]})
    >>> answer.found["vertical"].relative["1"].shape
    (2, 3)
    """
    expect_network(net)
    expect_confidence(confidence)
    at_least(0, seed=seed, seeds=seeds)
    shown = atlas_of(atlas, net)
    asked = PAPER if transformations is None else transformations
    pictures = look_at(net, images, limit=limit)
    deciding: dict[str, Any] = {
        "transformations": dict(asked) if isinstance(asked, Mapping) else dict(map(spelled, asked)),
        "layers": None if layers is None else list(layers),
        "target": targets_for(net, pictures.source, pictures.seen.indices, target),
        "units": [net.unit(one) for one in several(units)],
        "outside": outside,
        "interpolation": interpolation,
    }
    shared = {"distance": distance, "confidence": confidence, "seed": seed, "seeds": seeds}
    whole = question(net, pictures.seen.collection, **deciding, **shared)
    Invariance.expect_place(store, whole)
    found = measuring.invariance(net, pictures.inputs, **deciding, batch=batch, progress=progress)
    examples = _examples(net, found, pictures.inputs[:1])
    random, tell = [], progress or silent
    for one in range(seed, seed + seeds):
        stage = f"random weights, seed {one}"
        tell(f"draw {stage}", 0, 1)
        drawn = untrained(net, pictures.inputs, seed=one, layers=found.layers)
        tell(f"draw {stage}", 1, 1)
        staged = partial(_staged, tell, stage)
        random.append(measuring.invariance(drawn, pictures.inputs, **deciding, batch=batch, progress=staged))
    answer = Invariance(found, pictures.seen, distance, examples, tuple(random), confidence, seed)
    return finished(answer, store=store, asked=whole, atlas=shown, name=name, progress=progress)


__all__ = ["Invariance", "invariance"]
