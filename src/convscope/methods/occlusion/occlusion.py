"""Where a network looks: a square slid over the image, and what it does everywhere (Zeiler & Fergus 2014, Fig. 7).

One pass gives, for every position of the square, the summed activation of the map that is strongest in the uncovered
image (Fig. 7b), the probability of the class (7d) and the most probable class (7e); the result also says which unit
that map is, for its projection (7c). Only what a square changes is recomputed (`convscope.graph.pushing`), exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from convscope.errors import ShapeError, UsageError
from convscope.graph import Head, Network, Unit, UnitLike, several
from convscope.methods.inputs import images_for, recipe_of
from convscope.methods.occlusion.occluders import Border, Fill, OccluderGrid, covering, describe_fill, square_for
from convscope.methods.occlusion.readings import OcclusionResponses, Readout, Reduction
from convscope.methods.occlusion.sweep import Method, Sweep
from convscope.methods.targets import Region, Target, class_number, units_among
from convscope.progress import Progress
from convscope.settings import usual_settings
from convscope.shown import brief

OccludedMeasure = Literal["probability", "logit", "activation"]


@brief
@dataclass(frozen=True)
class OcclusionMaps:
    """What covering each part of n images does to a network; arrays of `covered` are (n, ..., rows, columns).

    uncovered: the same of the images as they are. targets: (n, t) class numbers: channels of the output. layer,
    channels: (n,) the map of each image whose activation was followed. method: how it was computed, in words. head:
    what the output was taken for; None where nothing of it was followed. regions: (t,) where in an output that is a
    map or a sequence each target was followed, None for all of it.
    """

    network: str
    grid: OccluderGrid
    covered: OcclusionResponses
    uncovered: OcclusionResponses
    targets: NDArray[np.int64]
    layer: str
    channels: NDArray[np.int64]
    units: tuple[Unit, ...]
    fill: str
    method: str
    settings: dict[str, Any] = field(default_factory=dict)
    head: Head | None = None
    regions: tuple[Region | None, ...] = (None,)

    def __len__(self) -> int:
        return len(self.channels)

    @property
    def probability(self) -> NDArray[np.float32]:
        """(n, rows, columns): the probability of the first target, or its value where it is no class.

        Raises:
            UsageError: where no class was followed.
        """
        return self.measured("probability")[1]

    @property
    def label(self) -> NDArray[np.int64]:
        """(n, rows, columns): the most probable class."""
        return self.covered.labels

    @property
    def activation(self) -> NDArray[np.float32]:
        """(n, rows, columns): the activation of the strongest map of the layer."""
        return self.covered.activations

    @property
    def changed(self) -> NDArray[np.bool_]:
        """(n, rows, columns): whether covering there changes the most probable class."""
        return self.covered.labels != self.uncovered.labels[:, None, None]

    @property
    def strongest(self) -> tuple[Unit, ...]:
        """For each image the unit whose map was followed."""
        return tuple(Unit(self.layer, int(c)) for c in self.channels)

    @property
    def subject(self) -> OccludedMeasure | int:
        """What it is about first: a class, else a unit by its number, else the strongest map."""
        if self.targets.shape[1]:
            return "probability"
        return 0 if self.units else "activation"

    def measured(
        self, of: OccludedMeasure | int = "probability", *, target: int = 0
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What was measured, uncovered (n,) and covered (n, rows, columns), of a target, the map, or a
        numbered unit."""
        if isinstance(of, int):
            _check_number(of, len(self.units), "unit")
            return self.uncovered.units[:, of], self.covered.units[:, of]
        if of == "activation":
            return self.uncovered.activations, self.covered.activations
        if of not in get_args(OccludedMeasure):
            raise UsageError(
                f"of={of!r} is not a choice; choose one of {', '.join(get_args(OccludedMeasure))}, or a unit's number"
            )
        if not self.targets.shape[1]:
            raise UsageError("no class was followed: ask for 'activation', or for a unit by its number")
        _check_number(target, self.targets.shape[1], "target")
        name = "probabilities" if of == "probability" else "logits"
        return getattr(self.uncovered, name)[:, target], getattr(self.covered, name)[:, target]

    def attribution(self, of: OccludedMeasure | int = "probability", *, target: int = 0) -> NDArray[np.float64]:
        """(n, H, W): per pixel the mean drop over the squares that cover it, as captum's `Occlusion`."""
        before, after = self.measured(of, target=target)
        return self.grid.spread(before[:, None, None].astype(np.float64) - after)

    def heat(self, of: OccludedMeasure | int = "probability", *, target: int = 0) -> NDArray[np.float64]:
        """(n, H, W): per pixel the mean of what was measured over the squares that cover it."""
        return self.grid.spread(self.measured(of, target=target)[1])

    def rows(self) -> Iterator[dict[str, Any]]:
        """One row per image and position, for a table: the square's place and all that was measured there."""
        count = len(self.grid.boxes)
        flat = {
            name: getattr(self.covered, name).reshape(len(self), -1, count)
            for name in ("logits", "probabilities", "labels", "confidences", "activations", "units")
        }
        for image in range(len(self)):
            for at, (y0, x0, y1, x1) in enumerate(self.grid.boxes.tolist()):
                row: dict[str, Any] = {"image": image, "y0": y0, "x0": x0, "y1": y1, "x1": x1}
                for i, target in enumerate(self.targets[image].tolist()):
                    row[f"class{i}"] = target
                    if self.regions[i] is not None:
                        row[f"region{i}"] = str(self.regions[i])
                    row[f"probability{i}"] = float(flat["probabilities"][image, i, at])
                    row[f"logit{i}"] = float(flat["logits"][image, i, at])
                row["label"] = int(flat["labels"][image, 0, at])
                row["confidence"] = float(flat["confidences"][image, 0, at])
                row["activation"] = float(flat["activations"][image, 0, at])
                row |= {str(unit): float(flat["units"][image, i, at]) for i, unit in enumerate(self.units)}
                yield row

    @property
    def meaning(self) -> dict[str, Any]:
        """What the output was taken for, and where in it targets are, as numbers, strings and lists.

        Nothing of a vector of scores of classes that exclude each other, the usual one.
        """
        places = {"regions": [None if r is None else str(r) for r in self.regions]} if any(self.regions) else {}
        if self.head is None:
            return places | {"output": None}
        return places if self.head.plain else places | {"output": self.head.to_json()}

    def to_json(self) -> dict[str, Any]:
        """Everything as numbers, strings and lists."""
        return {
            "network": self.network,
            **self.meaning,
            "grid": self.grid.to_json(),
            "layer": self.layer,
            "channels": self.channels.tolist(),
            "targets": self.targets.tolist(),
            "units": [str(u) for u in self.units],
            "fill": self.fill,
            "method": self.method,
            "settings": self.settings,
            "uncovered": {k: v.tolist() for k, v in vars(self.uncovered).items()},
            "covered": {k: v.tolist() for k, v in vars(self.covered).items()},
        }


@usual_settings()
def occlude(
    net: Network,
    images: Any,
    *,
    size: int | Sequence[int] | None = None,
    stride: int | Sequence[int] | None = None,
    fill: Fill | Sequence[float] | Tensor = "grey",
    border: Border = "clip",
    target: Target = None,
    layer: str | None = None,
    strongest: Reduction = "sum",
    units: UnitLike | Sequence[UnitLike] = (),
    reduce: Reduction = "sum",
    method: Method = "auto",
    workers: int | None = None,
    memory: int = 1 << 30,
    progress: Progress | None = None,
) -> OcclusionMaps:
    """What every position of an occluding square does to the class, to the strongest map of a layer, and to units.

    Args:
        net: the network.
        images: images of any kind, see `convscope.methods.inputs.images_for`: tensors, paths, pictures, a collection.
        size, stride: of the square in pixels, or (height, width) and (down, across); by default 48 and 8 for an input
            of 224 pixels, and as much less for smaller ones.
        fill: what covers: "grey" (the mean colour), "mean" (of the image), "blur" (the image blurred), a colour, or
            pixels; see `occluders.covering`.
        border: squares that reach over the right and bottom edge are clipped ("clip") or moved in ("inside").
        target: the classes to follow: numbers or names, for all images; a tensor (n,) or (n, t) for each of its own;
            None for each image's most probable class; "none" for none. Of an output that is a map or a sequence, a
            channel is summed over all positions, or over those that "3@5,7" (one) or "3@0,0,8,8" (a box) says. A unit,
            or a difference of two logits such as "classifier.1:281-282", is followed as one of `units` is.
        layer: whose strongest map is followed; None for the last complete map of the network.
        strongest: by what a map is the strongest in the uncovered image: the "sum" or the "max" of its positions.
        units: units to follow as well. Of a map without a position, the sum or max of its positions (`reduce`).
        method: "incremental" recomputes what changes, "whole" runs everything again; "auto" is incremental unless that
            gains nothing, and `OcclusionMaps.method` says which it was.
        workers: threads, and into how many pieces work is cut, which decides last bits; by default as many threads as
            PyTorch uses, and a piece for each core. memory: about how many bytes to use.
        progress: called with the number of positions done.

    Raises:
        UsageError: for options that make no sense. UnknownLayer: for layers or units that do not exist.
        ShapeError: for images of the wrong shape.

    >>> import torch
    >>> from torch import nn
    >>> net = Network.trace(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(1568, 5)), (3, 16, 16))
    >>> found = occlude(net, torch.rand(2, 3, 16, 16), size=4, stride=4)
    >>> found.probability.shape, found.layer
    ((2, 4, 4), '1')
    """
    batch = images_for(net, images)
    if not len(batch):
        raise ShapeError("there are no images to occlude")
    grid = OccluderGrid(net.input_shape[1:], *square_for(net.input_shape[1:], size, stride), border)
    target, named = units_among(net, target)
    asked = [*named, *several(units)]
    reader = Readout.of(
        net, batch, target=target, layer=layer, strongest=strongest, units=[net.unit(u) for u in asked], reduce=reduce
    )
    covers = covering(batch, fill, grid=grid, preprocess=recipe_of(net))
    table = reader.table(len(batch) * len(grid.boxes))
    readings = reader.readings(table, len(grid.boxes))
    how = Sweep(net, batch, covers, grid.boxes, readings, workers, memory, method, progress).run()
    return OcclusionMaps(
        network=net.name,
        grid=grid,
        covered=table.responses(len(batch), grid.shape),
        uncovered=reader.uncovered,
        targets=reader.followed.channels,
        layer=reader.layer,
        channels=reader.channels,
        units=reader.units,
        fill=describe_fill(fill),
        method=how,
        settings={"strongest": strongest, "reduce": reduce},
        head=None if reader.answers is None else reader.answers.head,
        regions=reader.followed.regions,
    )


def join_occlusions(parts: Sequence[OcclusionMaps]) -> OcclusionMaps:
    """Results of the same question asked of different images, as one; raises UsageError where the questions differ."""
    if not parts:
        raise UsageError("there is nothing to join")
    first = parts[0]
    asked = [
        (p.network, p.grid, p.layer, p.units, p.fill, p.settings, p.targets.shape[1], p.head, p.regions) for p in parts
    ]
    if any(one != asked[0] for one in asked):
        raise UsageError(
            "occlusions of different networks, squares, layers, units or numbers of targets cannot be joined"
        )

    def together(name: str) -> OcclusionResponses:
        pieces = [vars(getattr(p, name)) for p in parts]
        return OcclusionResponses(**{key: np.concatenate([piece[key] for piece in pieces]) for key in pieces[0]})

    return replace(
        first,
        covered=together("covered"),
        uncovered=together("uncovered"),
        targets=np.concatenate([p.targets for p in parts]),
        channels=np.concatenate([p.channels for p in parts]),
    )


def one_of(found: OcclusionMaps, image: int) -> OcclusionMaps:
    """The part of a result that is about one of its images."""

    def part(responses: OcclusionResponses) -> OcclusionResponses:
        return OcclusionResponses(**{key: array[image : image + 1] for key, array in vars(responses).items()})

    return replace(
        found,
        covered=part(found.covered),
        uncovered=part(found.uncovered),
        targets=found.targets[image : image + 1],
        channels=found.channels[image : image + 1],
    )


def _check_number(number: int, count: int, what: str) -> None:
    if not 0 <= number < count:
        raise UsageError(f"{what} {number} was asked for, but there are {count} (numbered from 0)")


__all__ = [
    "Fill",
    "OccluderGrid",
    "OccludedMeasure",
    "OcclusionMaps",
    "OcclusionResponses",
    "class_number",
    "join_occlusions",
    "occlude",
    "one_of",
]
