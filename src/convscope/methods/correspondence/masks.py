"""Where masks lie that stand beside a part's: the paper's, drawn anew in every image, and such that lie alike.

Parts lie alike: the nose of one dog is where the nose of another is. Masks that are drawn anew in every image do not,
so a network that sees nothing but places agrees better on parts than on them. Aligned masks take that away: a set of
them is at one relative place in all objects, which differs from object to object as much as the part's does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.int64]

_FINE = 48  # relative places along an object's side, among which they are drawn
_MOST_WAYS = 64  # parts whose places say how far masks are moved
_RARE = 1e-3  # how likely a place is at least to count, of the likeliest


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


@dataclass(frozen=True, eq=False)
class Aligned:
    """Masks (k, j, n, 4) at k relative places in all n objects, at each in j ways; -1 where an image lacks the part.

    disjoint: how many places there are of which no two share anything.
    """

    masks: Boxes
    disjoint: int


@dataclass(frozen=True, eq=False)
class _Objects:
    """A part in the n images that show it: its size, and where its centre is in the object, relative to that."""

    low: NDArray[np.float64]
    extent: NDArray[np.float64]
    size: NDArray[np.int64]
    scatter: NDArray[np.float64]

    @classmethod
    def of(cls, boxes: Boxes, regions: Boxes) -> _Objects:
        low, extent = regions[:, :2].astype(np.float64), (regions[:, 2:] - regions[:, :2]).astype(np.float64)
        place = ((boxes[:, :2] + boxes[:, 2:]) / 2 - low) / extent
        scatter = place - place.mean(0)
        if len(scatter) > _MOST_WAYS:
            scatter = scatter[np.linspace(0, len(scatter) - 1, _MOST_WAYS).astype(np.int64)]
        return cls(low, extent, boxes[:, 2:] - boxes[:, :2], scatter)

    def corners(self, places: NDArray[np.float64], image: int) -> NDArray[np.int64]:
        """The first pixel (k, m, 2) of masks at relative places (k, 2), moved by every part's scatter (m, 2)."""
        centre = self.low[image] + (places[:, None] + self.scatter[None]) * self.extent[image]
        return np.floor(centre - self.size[image] / 2 + 0.5).astype(np.int64)


def aligned_masks(
    parts: Mapping[str, Boxes],
    size: tuple[int, int],
    *,
    places: int,
    ways: int,
    regions: Boxes | None,
    generator: np.random.Generator,
) -> dict[str, Aligned]:
    """For each part, masks of its size in each image at the same relative places of all objects, off all parts.

    A place is drawn uniformly and mapped through every object's box; in each image it is moved by how far one of the
    parts, drawn too, is from their mean relative place. Sets that touch a part or leave an object are drawn again: the
    distribution that this gives is computed, not waited for. Fewer places where there are fewer, or none.
    """
    count = len(next(iter(parts.values())))
    whole = np.tile(np.array([0, 0, *size]), (count, 1))
    inside = whole if regions is None else np.where(regions[:, :1] < 0, whole, regions)
    taken = [_sums([boxes[i] for boxes in parts.values() if boxes[i, 0] >= 0], size) for i in range(count)]
    found = {}
    for name, boxes in parts.items():
        shown = np.flatnonzero((boxes >= 0).all(1))
        objects = _Objects.of(boxes[shown], inside[shown])
        found[name] = _drawn(objects, shown, count, [(taken[i], inside[i]) for i in shown], places, ways, generator)
    return found


def _drawn(
    objects: _Objects,
    shown: NDArray[np.int64],
    count: int,
    images: list[tuple[NDArray[np.int64], NDArray[np.int64]]],
    places: int,
    ways: int,
    generator: np.random.Generator,
) -> Aligned:
    steps = (np.arange(_FINE) + 0.5) / _FINE
    grid = np.stack(np.meshgrid(steps, steps, indexing="ij"), -1).reshape(-1, 2)
    free = np.stack([_free(objects.corners(grid, at), objects.size[at], *one) for at, one in enumerate(images)], 1)
    weight = free.mean(2).prod(1)
    likely = weight > _RARE * max(float(weight.max()), np.finfo(float).tiny)
    if not likely.any():
        return Aligned(np.full((0, ways, count, 4), -1, np.int64), 0)
    chances = np.where(likely, weight, 0) / weight[likely].sum()
    chosen = generator.choice(len(grid), min(places, int(likely.sum())), replace=False, p=chances)
    masks = np.full((len(chosen), ways, count, 4), -1, np.int64)
    for at, image in enumerate(shown.tolist()):
        corners = objects.corners(grid[chosen], at)
        for row, place in enumerate(chosen.tolist()):
            how = generator.choice(np.flatnonzero(free[place, at]), ways)
            low = corners[row, how]
            masks[row, :, image] = np.concatenate([low, low + objects.size[at]], 1)
    return Aligned(masks, _disjoint(grid[likely], (objects.size / objects.extent).mean(0)))


def _sums(boxes: list[NDArray[np.int64]], size: tuple[int, int]) -> NDArray[np.int64]:
    """Sums along both axes of what the boxes cover, (H + 1, W + 1)."""
    taken = np.zeros((size[0] + 1, size[1] + 1), np.int64)
    for y0, x0, y1, x1 in boxes:
        taken[y0 + 1 : y1 + 1, x0 + 1 : x1 + 1] = 1
    return taken.cumsum(0).cumsum(1)


def _free(
    corners: NDArray[np.int64], mask: NDArray[np.int64], sums: NDArray[np.int64], region: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Of masks that begin at `corners` (k, m, 2), which lie in the region and touch no part, (k, m)."""
    size = np.array(sums.shape) - 1
    first = np.minimum(region[:2], size - mask)
    last = np.clip(region[2:] - mask, first, size - mask)
    inside = ((corners >= first) & (corners <= last)).all(-1)
    y0, x0 = np.moveaxis(np.clip(corners, first, last), -1, 0)
    y1, x1 = y0 + mask[0], x0 + mask[1]
    return inside & (sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0] == 0)


def _disjoint(places: NDArray[np.float64], size: NDArray[np.float64]) -> int:
    """How many of the places (k, 2) boxes of a size fit at that share nothing, taken in reading order."""
    taken: list[NDArray[np.float64]] = []
    for place in places:
        if all((np.abs(place - other) >= size - 1e-9).any() for other in taken):
            taken.append(place)
    return len(taken)


__all__ = ["Aligned", "aligned_masks", "random_masks"]
