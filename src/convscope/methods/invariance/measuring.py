"""How features and the class change when an image is moved, scaled or turned (Zeiler & Fergus 2014, Fig. 5).

For every amount of a transformation: the Euclidean distance between the features of the transformed and the original
image at some layers, and the probability of the class. The paper's distances are not normalised and depend on a layer's
size and scale; both they and their ratio to the length of the original's features are given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.errors import ShapeError, UnknownLayer, UsageError, nearest
from convscope.graph import Network
from convscope.graph.steps.normalisation import Softmax
from convscope.methods.inputs import chosen_layers, images_for, recipe_of
from convscope.methods.invariance.transforms import PAPER, Frame, Interpolation, Outside, transformation
from convscope.methods.targets import Target, targets_of
from convscope.progress import Progress
from convscope.settings import usual_settings


@dataclass(frozen=True)
class Curve:
    """One transformation of n images by m amounts.

    distances, relative: by layer (n, m), raw and over the length of the original's features. probabilities: (n, m) of
    each image's class, which is in targets (n,); labels: (n, m) the most probable class.
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

    def mean(self, what: str, *, normalised: bool = True) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and standard deviation over images (m,), of a layer's distance, or of "probability"."""
        distances = self.relative if normalised else self.distances
        if what != "probability" and what not in distances:
            raise UnknownLayer(
                f"layer '{what}' was not compared{nearest(what, distances)} (it is {_listed(distances)})"
            )
        table = self.probabilities if what == "probability" else distances[what]
        return table.mean(0), table.std(0, ddof=1) if len(table) > 1 else np.zeros(table.shape[1])

    @property
    def kept(self) -> NDArray[np.float64]:
        """(m,) the share of images whose most probable class is their class."""
        return (self.labels == self.targets[:, None]).mean(0)


@dataclass(frozen=True)
class InvarianceCurves:
    """What transformations do to features and class: one curve each; targets: (n,) the class of each image."""

    network: str
    layers: tuple[str, ...]
    curves: tuple[Curve, ...]
    targets: NDArray[np.int64]
    outside: Outside
    interpolation: Interpolation

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
                    yield row

    def to_json(self) -> dict[str, Any]:
        """Everything as numbers, strings and lists."""
        return {
            "network": self.network,
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
        target: the class of each image, as for `occlude`, one each; None for the most probable.
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
    if not len(given) or batch < 1:
        raise ShapeError("there are no images to transform" if batch >= 1 else f"batch={batch}: at least 1 is needed")
    asked = transformations if isinstance(transformations, Mapping) else dict.fromkeys(transformations)
    if not asked:
        raise UsageError("name at least one transformation")
    stages = net.layers.stages() or (net.output,)
    chosen = chosen_layers(net, layers, (stages[0], stages[-1], net.output))
    runner = _Runner(
        net, tuple(dict.fromkeys(chosen)), Frame.of(recipe_of(net), outside=outside, interpolation=interpolation)
    )
    original = runner.features(given, batch)
    targets = targets_of(net, target, original.logits)
    if targets.shape[1] != 1:
        raise UsageError(f"one class an image is followed, {targets.shape[1]} were given")
    curves, amounts = [], {n: transformation(n).values if v is None else tuple(v) for n, v in asked.items()}
    total, done = len(given) * sum(map(len, amounts.values())), 0
    for name, values in amounts.items():
        columns = []
        for value in values:
            columns.append(runner.compare(given, original, name, float(value), targets[:, 0], batch))
            done += len(given)
            if progress is not None:
                progress("transform", done, total)
        curves.append(_curve(name, values, columns, runner.layers, targets[:, 0]))
    return InvarianceCurves(net.name, runner.layers, tuple(curves), targets[:, 0], outside, interpolation)


@dataclass(frozen=True)
class _Features:
    """The features of n images by layer, and their logits (n, classes)."""

    by_layer: Mapping[str, Tensor]
    logits: Tensor


@dataclass(frozen=True)
class _Column:
    """One amount of one transformation: distances and lengths by layer (n,), probabilities and labels (n,)."""

    distances: Mapping[str, Tensor]
    lengths: Mapping[str, Tensor]
    probabilities: Tensor
    labels: Tensor


@dataclass(frozen=True)
class _Runner:
    net: Network
    layers: tuple[str, ...]
    frame: Frame

    def features(self, images: Tensor, batch: int) -> _Features:
        """Of all images, `batch` at a time."""
        parts = [self._run(images[i : i + batch]) for i in range(0, len(images), batch)]
        joined = {name: torch.cat([p[name] for p in parts]) for name in parts[0]}
        return _Features({name: joined[name] for name in self.layers}, joined[self.net.output].flatten(1))

    def _run(self, images: Tensor) -> dict[str, Tensor]:
        if self.net.layers[self.net.output].spatial:
            raise UsageError(
                f"the output of {self.net.name}, layer '{self.net.output}', is a map and no vector of classes"
            )
        return self.net.run(images, (*self.layers, self.net.output))

    def compare(
        self, images: Tensor, original: _Features, name: str, value: float, targets: NDArray[np.int64], batch: int
    ) -> _Column:
        """All images transformed by one amount, against themselves as they are."""
        moved = self.features(transformation(name).apply(images, value, self.frame), batch)
        distances = {n: (moved.by_layer[n] - original.by_layer[n]).flatten(1).double().norm(dim=1) for n in self.layers}
        lengths = {n: original.by_layer[n].flatten(1).double().norm(dim=1) for n in self.layers}
        output = self.net.steps[self.net.program.output - 1]
        already = isinstance(output, Softmax) and "log" not in output.op
        probabilities = moved.logits.double() if already else moved.logits.double().softmax(1)
        rows = torch.arange(len(images), device=probabilities.device)
        followed = probabilities[rows, torch.from_numpy(targets).to(rows.device)]
        return _Column(distances, lengths, followed, moved.logits.argmax(1))


def _curve(
    name: str, values: Sequence[float], columns: Sequence[_Column], layers: Sequence[str], targets: NDArray[np.int64]
) -> Curve:
    known = transformation(name)
    distances = {n: torch.stack([c.distances[n] for c in columns], 1).cpu().numpy() for n in layers}
    lengths = {n: columns[0].lengths[n].cpu().numpy()[:, None] for n in layers}
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = {n: np.where(lengths[n] > 0, distances[n] / lengths[n], np.nan) for n in layers}
    probabilities = torch.stack([c.probabilities for c in columns], 1).cpu().numpy()
    labels = torch.stack([c.labels for c in columns], 1).cpu().numpy()
    at = np.asarray(values, np.float64)
    return Curve(name, known.unit, at, known.identity, distances, relative, probabilities, labels, targets)


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
    field = found.field
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
    boxes = net.boxes(layer, at).numpy()
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
