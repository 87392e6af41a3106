"""How features and the class change when an image is moved, scaled or turned (Zeiler & Fergus 2014, Fig. 5).

For every amount of a transformation: the Euclidean distance between the features of the transformed and the original
image at some layers, and the probability of the class. The paper's distances are not normalised and depend on a layer's
size and scale; both they and their ratio to the length of the original's features are given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.arguments import at_least
from convscope.errors import ShapeError, UnknownLayer, UsageError, nearest
from convscope.graph import Head, Network, Unit
from convscope.graph.running import as_map
from convscope.methods.inputs import chosen_layers, images_for, recipe_of
from convscope.methods.intervals import tail, wilson
from convscope.methods.invariance.transforms import PAPER, Frame, Interpolation, Outside, transformation
from convscope.methods.occlusion.readings import Reduction
from convscope.methods.targets import Followed, Region, Target, head_for, targets_of
from convscope.progress import Progress
from convscope.settings import usual_settings
from convscope.shown import brief

_RESAMPLES = 4000  # of images, for an interval


@brief
@dataclass(frozen=True)
class Curve:
    """One transformation of n images by m amounts.

    distances, relative: by layer (n, m), raw and over the length of the original's features. probabilities: (n, m) of
    each image's class, which is in targets (n,), or its values where it is none; labels: (n, m) the most probable
    class, of a single class 1, or 0 where it is not; own: (n,) the label that is an image's own. Where no class is
    followed, probabilities are NaN, and targets and labels -1. units: by name (n, m), the units followed.
    """

    transformation: str
    unit: str
    values: NDArray[np.float64]
    identity: float
    distances: Mapping[str, NDArray[np.float64]]
    relative: Mapping[str, NDArray[np.float64]]
    probabilities: NDArray[np.float64]
    labels: NDArray[np.int64]
    targets: NDArray[np.int64]
    own: NDArray[np.int64]
    units: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def mean(self, what: str, *, normalised: bool = True) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and standard deviation over images (m,), of a layer's distance, a unit, "probability" or "kept"."""
        table = self._table(what, normalised)
        return table.mean(0), table.std(0, ddof=1) if len(table) > 1 else np.zeros(table.shape[1])

    def interval(
        self, what: str, *, normalised: bool = True, confidence: float = 0.95, seed: int = 0
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where the mean over images is, (m,) and (m,), by drawing images again with replacement; NaN of one image.

        Of the share that is "kept" it is Wilson's: drawn again, images that all keep their class leave no width. The
        same images are drawn for all amounts, and for all that is asked about by one seed.
        """
        table = self._table(what, normalised)
        if len(table) < 2:
            return np.full(table.shape[1], np.nan), np.full(table.shape[1], np.nan)
        if what == "kept":
            low, high = zip(*(wilson(hits, len(table), confidence=confidence) for hits in table.sum(0)), strict=True)
            return np.array(low), np.array(high)
        often = np.random.default_rng(seed).multinomial(len(table), np.full(len(table), 1 / len(table)), _RESAMPLES)
        beyond = 100 * tail(len(table), confidence)
        low, high = np.percentile(often @ table / len(table), [beyond, 100 - beyond], axis=0)
        return low, high

    def _table(self, what: str, normalised: bool) -> NDArray[np.float64]:
        """What was measured, (n, m)."""
        if what in ("probability", "kept"):
            kept = (self.labels == self.own[:, None]).astype(np.float64)
            return kept if what == "kept" else self.probabilities
        distances = {**self.units, **(self.relative if normalised else self.distances)}
        if what not in distances:
            raise UnknownLayer(
                f"layer '{what}' was not compared{nearest(what, distances)} (it is {_listed(distances)})"
            )
        return distances[what]

    @property
    def kept(self) -> NDArray[np.float64]:
        """(m,) the share of images whose most probable class is their class; of a single class, is as it was."""
        return (self.labels == self.own[:, None]).mean(0)


@brief
@dataclass(frozen=True)
class InvarianceCurves:
    """What transformations do to features and class: one curve each; targets: (n,) the class of each image.

    head: what the output was taken for; None where nothing of it was followed. region: where in an output that is a map
    or a sequence the class was followed, None for all of it.
    """

    network: str
    layers: tuple[str, ...]
    curves: tuple[Curve, ...]
    targets: NDArray[np.int64]
    outside: Outside
    interpolation: Interpolation
    head: Head | None = None
    region: Region | None = None

    def __getitem__(self, name: str) -> Curve:
        """The curve of a transformation; raises UsageError where it was not asked for."""
        for curve in self.curves:
            if curve.transformation == name:
                return curve
        raise UsageError(f"transformation '{name}' was not done (there is {_listed(self.transformations)})")

    @property
    def transformations(self) -> tuple[str, ...]:
        """What was done to the images, by name."""
        return tuple(curve.transformation for curve in self.curves)

    def rows(self) -> Iterator[dict[str, Any]]:
        """One row per transformation, amount and image, for a table."""
        for curve in self.curves:
            for column, value in enumerate(curve.values.tolist()):
                for image, target in enumerate(self.targets.tolist()):
                    row: dict[str, Any] = {"transformation": curve.transformation, "value": value, "image": image}
                    row |= {"class": target, "probability": float(curve.probabilities[image, column])}
                    row["label"] = int(curve.labels[image, column])
                    for layer in self.layers:
                        row[f"distance {layer}"] = float(curve.distances[layer][image, column])
                        row[f"relative {layer}"] = float(curve.relative[layer][image, column])
                    row |= {unit: float(table[image, column]) for unit, table in curve.units.items()}
                    yield row

    @property
    def meaning(self) -> dict[str, Any]:
        """What the output was taken for, and where in it the class was followed, as numbers, strings and lists.

        Nothing of a vector of scores of classes that exclude each other, the usual one.
        """
        if self.head is None:
            return {"output": None}
        place = {} if self.region is None else {"region": str(self.region)}
        return {} if self.head.plain else {"output": self.head.to_json(), **place}

    def to_json(self) -> dict[str, Any]:
        """Everything as numbers, strings and lists."""
        return {
            "network": self.network,
            **self.meaning,
            "layers": list(self.layers),
            "targets": self.targets.tolist(),
            "outside": self.outside,
            "interpolation": self.interpolation,
            "curves": [
                {
                    "transformation": c.transformation,
                    "unit": c.unit,
                    "values": c.values.tolist(),
                    "identity": c.identity,
                    "distances": {k: v.tolist() for k, v in c.distances.items()},
                    "relative": {k: v.tolist() for k, v in c.relative.items()},
                    "probabilities": c.probabilities.tolist(),
                    "labels": c.labels.tolist(),
                    **({"units": {k: v.tolist() for k, v in c.units.items()}} if c.units else {}),
                }
                for c in self.curves
            ],
        }


@usual_settings()
def invariance(
    net: Network,
    images: Any,
    *,
    transformations: Sequence[str] | Mapping[str, Sequence[float] | None] = PAPER,
    layers: Sequence[str] | None = None,
    target: Target = None,
    units: str | Unit | Sequence[str | Unit] = (),
    reduce: Reduction = "sum",
    outside: Outside = "mean",
    interpolation: Interpolation = "bilinear",
    batch: int = 32,
    progress: Progress | None = None,
) -> InvarianceCurves:
    """How features and class probability of each image change with every amount of some transformations.

    Args:
        net: the network.
        images: images of any kind, see `convscope.methods.inputs.images_for`: tensors, paths, pictures, a collection.
        transformations: names, see `transforms.TRANSFORMATIONS` (the paper's: vertical, scale, rotation); or a mapping
            from names to amounts, None for the usual ones.
        layers: where features are compared; None for the first and the last layer of `net.layers.stages()`, and the
            output.
        target: the class of each image, as for `occlude`, one each; None for the most probable, "none" for none.
        units: units whose activation is followed. Of a map without a position, the sum or max of its positions
            (`reduce`).
        outside, interpolation: see `transforms.Frame`.
        batch: images run together.
        progress: called with the number of transformed images.

    Raises:
        UsageError: for unknown transformations or options. UnknownLayer: for layers that do not exist.

    >>> from torch import nn
    >>> net = Network.trace(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 5)), (3, 8, 8))
    >>> found = invariance(net, torch.rand(2, 3, 8, 8), transformations={"vertical": [0, 1, 2]})
    >>> found["vertical"].relative["1"].shape, float(found["vertical"].relative["1"][0, 0])
    ((2, 3), 0.0)
    """
    given = images_for(net, images)
    at_least(1, batch=batch)
    if not len(given):
        raise ShapeError("there are no images to transform")
    asked = transformations if isinstance(transformations, Mapping) else dict.fromkeys(transformations)
    if not asked:
        raise UsageError("name at least one transformation")
    listed = [net.unit(unit) for unit in ([units] if isinstance(units, str | Unit) else units)]
    stages = net.layers.stages()
    chosen = chosen_layers(net, layers, (*stages[:1], *stages[-1:], *net.listed_output))
    runner = _Runner(
        net,
        tuple(dict.fromkeys(chosen)),
        Frame.of(recipe_of(net), outside=outside, interpolation=interpolation),
        head_for(net, target, units=bool(listed)),
        tuple(listed),
        reduce,
    )
    original = runner.features(given, batch)
    followed = runner.followed(target, original)
    targets, own = followed.channels[:, 0], runner.labels(original).cpu().numpy()
    if runner.head is not None and runner.head.kind in ("classes", "labels"):
        own = targets
    curves, amounts = [], {n: transformation(n).values if v is None else tuple(v) for n, v in asked.items()}
    total, done = len(given) * sum(map(len, amounts.values())), 0
    for name, values in amounts.items():
        columns = []
        for value in values:
            columns.append(runner.compare(given, original, name, float(value), followed, batch))
            done += len(given)
            if progress is not None:
                progress("transform", done, total)
        curves.append(_curve(name, values, columns, runner, targets, own))
    return InvarianceCurves(
        net.name, runner.layers, tuple(curves), targets, outside, interpolation, runner.head, followed.regions[0]
    )


@dataclass(frozen=True)
class _Features:
    """The features of n images by layer, what the output is for them (n, channels, ...), and units (n,) by name."""

    by_layer: Mapping[str, Tensor]
    answers: Tensor | None
    units: Mapping[str, Tensor]


@dataclass(frozen=True)
class _Column:
    """One amount of one transformation: distances and lengths by layer (n,), probabilities and labels (n,)."""

    distances: Mapping[str, Tensor]
    lengths: Mapping[str, Tensor]
    probabilities: Tensor
    labels: Tensor
    units: Mapping[str, Tensor]


@dataclass(frozen=True)
class _Runner:
    net: Network
    layers: tuple[str, ...]
    frame: Frame
    head: Head | None
    units: tuple[Unit, ...]
    reduce: Reduction

    def features(self, images: Tensor, batch: int) -> _Features:
        """Of all images, `batch` at a time."""
        parts = [self._run(images[i : i + batch]) for i in range(0, len(images), batch)]
        answers = None if self.head is None else torch.cat([p.answers for p in parts if p.answers is not None])
        layers = {name: torch.cat([p.by_layer[name] for p in parts]) for name in self.layers}
        return _Features(layers, answers, {str(u): torch.cat([p.units[str(u)] for p in parts]) for u in self.units})

    def _run(self, images: Tensor) -> _Features:
        net = self.net
        wanted = {net.index_of(name) for name in (*self.layers, *(unit.layer for unit in self.units))}
        wanted |= set() if self.head is None else {net.program.output}
        found = net.run_values(net.check_images(images), wanted)
        maps = {name: as_map(net.values[net.index_of(name)], found[net.index_of(name)]) for name in self.layers}
        answers = None if self.head is None else self.head.channels_first(found[net.program.output])
        return _Features(maps, answers, {str(unit): self._unit(unit, found) for unit in self.units})

    def _unit(self, unit: Unit, found: Mapping[int, Tensor]) -> Tensor:
        """The activation (n,) of a unit, float64."""
        index = self.net.index_of(unit.layer)
        every = as_map(self.net.values[index], found[index])
        maps = every[:, unit.channel].double()
        if unit.minus is not None:
            maps = maps - every[:, unit.minus].double()
        if maps.dim() == 1:
            return maps
        if unit.position is not None:
            return maps[:, unit.position[0], unit.position[1]]
        return maps.sum((1, 2)) if self.reduce == "sum" else maps.amax((1, 2))

    def followed(self, target: Target, original: _Features) -> Followed:
        """What of the output is followed, one thing an image; -1 where nothing is."""
        if original.answers is None:
            count = len(next(iter((*original.by_layer.values(), *original.units.values()))))
            return Followed(np.full((count, 1), -1), (None,))
        found = targets_of(self.net, target, original.answers)
        if found.channels.shape[1] != 1:
            raise UsageError(f"one class an image is followed, {found.channels.shape[1]} were given")
        return found

    def labels(self, features: _Features) -> Tensor:
        """The most probable class (n,); -1 where no class is followed."""
        head, answers = self.head, features.answers
        if head is None or answers is None:
            return torch.full((len(next(iter((*features.by_layer.values(), *features.units.values())))),), -1)
        if head.kind == "binary" or head.positions:
            return head.decide(head.means(head.scores(answers.double())))[0]
        return answers[:, head.first :].argmax(1) + head.first

    def _scores(self, features: _Features, followed: Followed) -> Tensor:
        """The scores (n,) of what is followed, float64."""
        head, answers = self.head, features.answers
        if head is None or answers is None:
            return torch.full((len(followed.channels),), torch.nan, dtype=torch.float64)
        scores = head.scores(answers.double())
        rows = torch.arange(len(scores), device=scores.device)
        found = scores[rows, torch.from_numpy(followed.channels[:, 0]).to(rows.device)]
        if not head.positions:
            return found
        region = followed.regions[0]
        flat = (found if region is None else found[:, *region.slices]).flatten(1)
        return flat.mean(1) if head.probable else flat.sum(1)

    def compare(
        self, images: Tensor, original: _Features, name: str, value: float, followed: Followed, batch: int
    ) -> _Column:
        """All images transformed by one amount, against themselves as they are."""
        moved = self.features(transformation(name).apply(images, value, self.frame), batch)
        distances = {n: (moved.by_layer[n] - original.by_layer[n]).flatten(1).double().norm(dim=1) for n in self.layers}
        lengths = {n: original.by_layer[n].flatten(1).double().norm(dim=1) for n in self.layers}
        return _Column(distances, lengths, self._scores(moved, followed), self.labels(moved), moved.units)


def _curve(
    name: str,
    values: Sequence[float],
    columns: Sequence[_Column],
    runner: _Runner,
    targets: NDArray[np.int64],
    own: NDArray[np.int64],
) -> Curve:
    known, layers = transformation(name), runner.layers
    distances = {n: torch.stack([c.distances[n] for c in columns], 1).cpu().numpy() for n in layers}
    lengths = {n: columns[0].lengths[n].cpu().numpy()[:, None] for n in layers}
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = {n: np.where(lengths[n] > 0, distances[n] / lengths[n], np.nan) for n in layers}
    probabilities = torch.stack([c.probabilities for c in columns], 1).cpu().numpy()
    labels = torch.stack([c.labels for c in columns], 1).cpu().numpy()
    units = {str(u): torch.stack([c.units[str(u)] for c in columns], 1).cpu().numpy() for u in runner.units}
    at = np.asarray(values, np.float64)
    return Curve(name, known.unit, at, known.identity, distances, relative, probabilities, labels, targets, own, units)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


@usual_settings()
def shift_error(net: Network, image: Tensor, layer: str, *, cells: tuple[int, int]) -> tuple[float, int]:
    """The largest difference between features shifted by whole cells and features of the image shifted as far.

    A shift by a multiple of a layer's stride shifts its map, where neither the image's border nor what came in over it
    it is seen: such positions are compared, and how many they are is the second result. The difference is rounding, if
    the layer's geometry is what it says.

    Raises:
        UsageError: if the layer is no map with a regular field, or nothing is left to compare.
    """
    found = net.layers[layer]
    field = net.layer(layer, gates="exact").field
    if not found.spatial or field is None or not field.regular:
        raise UsageError(f"layer '{found.name}' has no one stride: shifts of the image do not shift its map")
    if any(s != int(s) for s in field.stride):
        raise UsageError(f"layer '{found.name}' has a stride of {field.stride} pixels, which is not whole")
    amount = tuple(int(c * s) for c, s in zip(cells, field.stride, strict=True))
    batch = net.check_images(image[None] if image.dim() == 3 else image)
    moved = _moved(batch, amount)
    before, after = net.run(batch, [layer])[layer], net.run(moved, [layer])[layer]
    inside = np.ones((found.height, found.width), bool)
    at = np.stack(np.meshgrid(np.arange(found.height), np.arange(found.width), indexing="ij"), -1).reshape(-1, 2)
    boxes = net.crops(layer, at, gates="exact").numpy()
    for axis, extent in enumerate(net.input_shape[1:]):
        low, high = max(amount[axis], 0), extent + min(amount[axis], 0)
        fits = (boxes[:, axis] >= low) & (boxes[:, axis + 2] <= high)
        inside &= fits.reshape(inside.shape)
    source = at.reshape(*inside.shape, 2) - np.asarray(cells)
    inside &= ((source >= 0) & (source < inside.shape)).all(-1)
    where, source = np.argwhere(inside), source[inside]
    if not len(where):
        raise UsageError(
            f"layer '{found.name}': no unit sees only what was in the image before and after a shift of {amount}"
        )
    differ = after[:, :, where[:, 0], where[:, 1]] - before[:, :, source[:, 0], source[:, 1]]
    return float(differ.abs().max()), len(where)


def _moved(images: Tensor, amount: tuple[int, ...]) -> Tensor:
    return transformation("vertical").apply(
        transformation("horizontal").apply(images, amount[1], Frame()), amount[0], Frame()
    )


__all__ = ["Curve", "InvarianceCurves", "invariance", "shift_error"]
