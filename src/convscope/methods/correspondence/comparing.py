"""Does a network know that the left eye of one dog is the left eye of another? (Zeiler & Fergus 2014, section 4.4.)

The same part is covered in several images, and the change of the features of each image is compared with that of
every other: Delta = sum over i != j of H(sign e_i, sign e_j), where e is the change at a layer and H the Hamming
distance. If the network makes something of the part as such, its cover changes features alike, and Delta is smaller
than for masks of the same sizes elsewhere.

The paper leaves open what a zero change is: here signs have three values, and two zeros agree. A change counts as zero
below a small share of the layer's largest activation, because features are computed with rounding.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from convscope.errors import ShapeError, UsageError
from convscope.graph import Network
from convscope.graph.changes import Change, UneditedRows, whole
from convscope.methods.correspondence.agreement import Pairs, bootstrap, joined, pack, rank_test
from convscope.methods.inputs import chosen_layers, images_for, recipe_of
from convscope.methods.occlusion.occluders import Fill, Grid, covering, describe_fill
from convscope.methods.occlusion.readings import Read
from convscope.methods.occlusion.sweep import Method, Reading, Sweep
from convscope.progress import Progress
from convscope.settings import usual_settings

_UNPACKED = 1 << 24  # signs that are spread out at a time, before they are packed


@dataclass(frozen=True)
class PartResult:
    """One part at one layer, over all pairs of the n images that show it.

    mean: the share of features whose signs differ, over all pairs; deviation: its standard deviation over pairs; low,
    high: its bootstrap interval over images; total: Delta itself, the sum over ordered pairs of numbers of features.
    changed: the share of features that a cover changes; among_changed: as `mean`, of those that change in either image.
    random and so on: the same of `draws` sets of masks of the same sizes elsewhere, their interval that of the sets.
    p: the probability that such a set agrees at least as well as the part does; p_among_changed: by that measure.
    """

    layer: str
    part: str
    images: int
    features: int
    mean: float
    deviation: float
    low: float
    high: float
    total: int
    changed: float
    among_changed: float
    random: float
    random_deviation: float
    random_low: float
    random_high: float
    random_changed: float
    random_among_changed: float
    p: float
    p_among_changed: float


@dataclass(frozen=True)
class PartAgreement:
    """What covering the same part of several images has in common, by layer and part."""

    network: str
    results: tuple[PartResult, ...]
    images: int
    draws: int
    confidence: float
    fill: str
    tolerance: float
    seed: int
    method: str
    places: int | None = None

    def __getitem__(self, key: tuple[str, str]) -> PartResult:
        """The result of (layer, part); raises UsageError where there is none."""
        for result in self.results:
            if (result.layer, result.part) == key:
                return result
        known = f"layers {', '.join(self.layers)}; parts {', '.join(self.parts)}"
        raise UsageError(f"there is no result of layer '{key[0]}' and part '{key[1]}' ({known})")

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers that were looked at."""
        return tuple(dict.fromkeys(r.layer for r in self.results))

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that were covered."""
        return tuple(dict.fromkeys(r.part for r in self.results))

    def rows(self) -> Iterator[dict[str, Any]]:
        """One row per layer and part, for a table."""
        yield from (vars(result).copy() for result in self.results)

    def to_json(self) -> dict[str, Any]:
        """Everything as numbers, strings and lists."""
        return {**vars(self), "results": list(self.rows())}


@usual_settings()
def correspondence(
    net: Network,
    images: Any,
    parts: Mapping[str, NDArray[np.integer] | Tensor],
    *,
    layers: Sequence[str] | None = None,
    regions: NDArray[np.integer] | Tensor | None = None,
    draws: int = 200,
    fill: Fill | Sequence[float] | Tensor = "grey",
    tolerance: float = 1e-5,
    places: int | None = None,
    confidence: float = 0.95,
    seed: int = 0,
    method: Method = "auto",
    workers: int | None = None,
    memory: int = 1 << 30,
    progress: Progress | None = None,
) -> PartAgreement:
    """How alike the changes are that covering each part causes in several images, against random masks of its sizes.

    Args:
        net: the network.
        images: normalised images (n, C, H, W).
        parts: for each part its boxes (n, 4) y0 x0 y1 x1 in pixels of the input; a row of -1 where an image lacks it.
        layers: where features are compared; None for the last layer of every map size, and the output.
        regions: boxes (n, 4) that random masks stay in (the object); None for the whole image.
        draws: how many sets of random masks are drawn for each part: in every image a mask of the part's size that
            touches no part. Where no such place is left, one that covers little of the parts.
        fill: what covers, see `occluders.covering`.
        tolerance: changes below this share of the layer's largest activation in the image are none.
        places: maps are reduced to so many rows and columns by the maximum of each part first, so that a feature counts
            as the same one wherever in that part of an image it is; None for maps as they are.
        confidence: of the intervals; for parts by resampling images, for random masks over draws.
        seed: of masks and resampling.
        method, workers, memory, progress: as for `occlude`.

    Raises:
        UsageError: for parts in fewer than two images, or that do not fit the images.
        UnknownLayer: for layers that do not exist.

    >>> import numpy as np, torch
    >>> net = Network.trace(torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU()), (3, 12, 12))
    >>> boxes = np.array([[2, 2, 6, 6], [3, 4, 7, 8], [5, 1, 9, 5]])
    >>> found = correspondence(net, torch.rand(3, 3, 12, 12), {"eye": boxes}, draws=10)
    >>> [(r.layer, r.part, r.images) for r in found.results]
    [('1', 'eye', 3)]
    """
    batch = images_for(net, images)
    boxes = {name: _checked(name, given, batch) for name, given in parts.items()}
    if not boxes or draws < 1:
        raise UsageError("nothing to compare: give at least one part, and draws of 1 or more")
    if seed < 0:
        raise UsageError(f"seed={seed}: give a whole number, 0 or more")
    if places is not None and places < 1:
        raise UsageError(f"places={places}: maps are reduced to 1 row and column or more")
    names = chosen_layers(net, layers, (*net.layers.stages(), *net.listed_output))
    names = list(dict.fromkeys(names))
    generator = np.random.default_rng(seed)
    allowed = None if regions is None else _checked("object", regions, batch)
    masks = random_masks(boxes, net.input_shape[1:], draws=draws, regions=allowed, generator=generator)
    grid = Grid(net.input_shape[1:], (1, 1), (1, 1))
    covers = covering(batch, fill, grid=grid, preprocess=recipe_of(net))
    collector = _Collector(net, batch, covers, names, tolerance, places, method, workers, memory)
    pairs = _collect(collector, boxes, masks, progress)
    results = [_result(*key, found, confidence, generator) for key, found in pairs.items()]
    said = describe_fill(fill)
    return PartAgreement(
        net.name, tuple(results), len(batch), draws, confidence, said, tolerance, seed, collector.method_used, places
    )


# -- masks ------------------------------------------------------------------------------------------------------------
def _checked(name: str, given: NDArray[np.integer] | Tensor, images: Tensor) -> NDArray[np.int64]:
    """The boxes (n, 4) of a part, inside the image; rows of -1 are kept."""
    boxes = np.asarray(given, dtype=np.int64)
    if boxes.shape != (len(images), 4):
        raise ShapeError(f"part '{name}' has boxes of shape {boxes.shape}; one per image is needed, ({len(images)}, 4)")
    there = boxes[(boxes >= 0).all(1)]
    if len(there) < 2:
        raise UsageError(f"part '{name}' is in {len(there)} of the images; at least two are needed to compare")
    size = np.asarray(images.shape[2:])
    if (there[:, 2:] <= there[:, :2]).any() or (there[:, 2:] > size).any():
        raise UsageError(f"part '{name}' has boxes that are empty or reach beyond images of {size[0]}x{size[1]}")
    return boxes


def random_masks(
    parts: Mapping[str, NDArray[np.int64]],
    size: tuple[int, int],
    *,
    draws: int,
    regions: NDArray[np.int64] | None,
    generator: np.random.Generator,
) -> dict[str, NDArray[np.int64]]:
    """For each part, masks (draws, n, 4) of its size in each image, anywhere in the region that touches no part.

    Where every place touches one, masks are drawn among the places that cover the least of them. Images that lack the
    part have rows of -1.
    """
    count = len(next(iter(parts.values())))
    found = {name: np.full((draws, count, 4), -1, np.int64) for name in parts}
    for image in range(count):
        taken = np.zeros((size[0] + 1, size[1] + 1), np.int64)
        for boxes in parts.values():
            y0, x0, y1, x1 = boxes[image]
            if y0 >= 0:
                taken[y0 + 1 : y1 + 1, x0 + 1 : x1 + 1] = 1
        sums = taken.cumsum(0).cumsum(1)
        for name, boxes in parts.items():
            if boxes[image, 0] < 0:
                continue
            mask = boxes[image, 2:] - boxes[image, :2]
            h, w = mask.tolist()
            region = np.array([0, 0, *size]) if regions is None or regions[image, 0] < 0 else regions[image]
            first = np.minimum(region[:2], np.asarray(size) - mask)
            last = np.clip(region[2:] - mask, first, np.asarray(size) - mask)
            covered = sums[h:, w:] - sums[:-h, w:] - sums[h:, :-w] + sums[:-h, :-w]
            covered = covered[first[0] : last[0] + 1, first[1] : last[1] + 1]
            places = np.argwhere(covered == covered.min()) + first
            at = places[generator.integers(len(places), size=draws)]
            found[name][:, image] = np.concatenate([at, at + mask], 1)
    return found


# -- signs ------------------------------------------------------------------------------------------------------------
@dataclass
class _Collector:
    """Signs of the changes that masks cause, image by image."""

    net: Network
    images: Tensor
    covers: Tensor
    layers: list[str]
    tolerance: float
    places: int | None
    method: Method
    workers: int | None
    memory: int
    method_used: str = ""

    @property
    def bytes_each(self) -> int:
        """How many bytes the packed signs of one mask take."""
        return sum(2 * -(-self.features(name) // 8) for name in self.layers)

    def features(self, name: str) -> int:
        """How many features of a layer are compared."""
        channels, *size = self.net.layers[name].shape
        return channels * math.prod(size if self.places is None else [min(n, self.places) for n in size])

    def reduced(self, maps: Tensor) -> Tensor:
        """Maps (m, channels, h, w) on as many rows and columns as are compared; vectors as they are."""
        if self.places is None or maps.dim() != 4:
            return maps
        return F.adaptive_max_pool2d(maps, [min(n, self.places) for n in maps.shape[2:]])

    def signs(self, image: int, boxes: NDArray[np.int64]) -> dict[str, NDArray[np.uint8]]:
        """For each layer the packed signs (m, 2, bytes) of the change that each mask of (m, 4) causes in one image."""
        base = self.net.run(self.images[image : image + 1], self.layers)
        found, readings = {}, []
        for name in self.layers:
            found[name] = np.zeros((len(boxes), 2, -(-self.features(name) // 8)), np.uint8)
            readings.append(Reading(self.net.index_of(name), self._read(name, found[name], base[name])))
        images, covers = (x[image : image + 1] for x in (self.images, self.covers))
        sweep = Sweep(self.net, images, covers, boxes, readings, self.workers, self.memory, self.method)
        self.method_used = sweep.run()
        return found

    def _read(self, name: str, out: NDArray[np.uint8], base: Tensor) -> Read:
        index, least = self.net.index_of(name), float(base.abs().max()) * self.tolerance
        value = self.net.values[index]

        compared = self.reduced(base)

        def read(rows: NDArray[np.int64], change: Change, unedited: UneditedRows) -> None:
            boxed = self.places is None and not change.absolute
            tensor = change.tensor if boxed else whole(change, value, unedited.value(index), unedited.image)
            moved = tensor if value.channel_dim in (None, 1) else tensor.movedim(value.channel_dim, 1)
            at_once = max(1, _UNPACKED // base.numel())
            for first in range(0, len(rows), at_once):
                part = slice(first, first + at_once)
                # x - x~, so what is added by the cover counts as down.
                differ = -moved[part] if boxed else compared - self.reduced(moved[part])
                signs = torch.where(differ.abs() <= least, 0, differ.sign()).to(torch.int8).cpu().numpy()
                if boxed:
                    origin, (height, width) = change.place.on_map()
                    boxes, signs = signs, np.zeros((len(signs), *base.shape[1:]), np.int8)
                    for row, (y, x) in enumerate(origin[part].tolist()):
                        signs[row, :, y : y + height, x : x + width] = boxes[row]
                out[rows[part]] = pack(signs.reshape(len(signs), -1))

        return read


def _collect(
    collector: _Collector,
    boxes: Mapping[str, NDArray[np.int64]],
    masks: Mapping[str, NDArray[np.int64]],
    progress: Progress | None,
) -> dict[tuple[str, str], Pairs]:
    """The pairs of every (layer, part): first those of the part itself, then those of its random masks."""
    sets = {part: np.concatenate([given[None], masks[part]]) for part, given in boxes.items()}
    shown = {part: np.flatnonzero((given >= 0).all(1)) for part, given in boxes.items()}
    count, images = len(next(iter(sets.values()))), len(collector.images)
    step = max(1, collector.memory // 4 // (collector.bytes_each * sum(map(len, shown.values()))))
    pieces: dict[tuple[str, str], list[Pairs]] = {(n, part): [] for n in collector.layers for part in boxes}
    for first in range(0, count, step):
        block = {part: rows[first : first + step] for part, rows in sets.items()}
        size = len(next(iter(block.values())))
        signs: dict[tuple[str, str], list[NDArray[np.uint8]]] = {key: [] for key in pieces}
        for image in range(images):
            here = [part for part in boxes if image in shown[part]]
            if here:
                found = collector.signs(image, np.concatenate([block[part][:, image] for part in here]))
                for at, part in enumerate(here):
                    for name in collector.layers:
                        signs[name, part].append(found[name][at * size : (at + 1) * size])
            if progress is not None:
                progress("cover", first * images + (image + 1) * size, count * images)
        for (name, part), rows in signs.items():
            pieces[name, part].append(Pairs.of(np.stack(rows, 1), collector.features(name)))
    return {key: joined(found) for key, found in pieces.items()}


# -- statistics -------------------------------------------------------------------------------------------------------
def _result(layer: str, part: str, pairs: Pairs, confidence: float, generator: np.random.Generator) -> PartResult:
    """What the first set (the part) is among all sets (the others are random masks)."""
    n, f = pairs.differ.shape[1], pairs.features
    off = ~np.eye(n, dtype=bool)
    share = pairs.differ[:, off] / f
    with np.errstate(invalid="ignore"):
        among = pairs.differ[:, off].sum(1) / pairs.either[:, off].sum(1)
    means, others = share.mean(1), share[1:].mean(1)
    low, high = bootstrap(pairs.differ[0] / f, confidence=confidence, generator=generator)
    tail = 100 * (1 - confidence) / 2
    return PartResult(
        layer=layer,
        part=part,
        images=n,
        features=f,
        mean=float(means[0]),
        # Each pair stands there twice; the deviation is that of the unordered pairs.
        deviation=float((pairs.differ[0] / f)[np.triu_indices(n, 1)].std(ddof=1)) if n > 2 else 0.0,
        low=low,
        high=high,
        total=int(pairs.differ[0][off].sum()),
        changed=float(pairs.changed[0].mean() / f),
        among_changed=float(np.nan_to_num(among[0])),
        random=float(others.mean()),
        random_deviation=float(others.std(ddof=1)) if len(others) > 1 else 0.0,
        random_low=float(np.percentile(others, tail)),
        random_high=float(np.percentile(others, 100 - tail)),
        random_changed=float(pairs.changed[1:].mean() / f),
        random_among_changed=float(np.nan_to_num(np.nanmean(among[1:]) if np.isfinite(among[1:]).any() else 0.0)),
        p=rank_test(means[0], others),
        p_among_changed=rank_test(among[0], among[1:]),
    )


__all__ = ["PartAgreement", "PartResult", "correspondence", "random_masks"]
