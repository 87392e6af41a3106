"""Does a network know that the left eye of one dog is the left eye of another? (Zeiler & Fergus 2014, section 4.4.)

The same part is covered in several images, and the change of the features of each image is compared with that of
every other: Delta = sum over i != j of H(sign e_i, sign e_j), where e is the change at a layer and H the Hamming
distance. If the network makes something of the part as such, its cover changes features alike, and Delta is smaller
than for masks of the same sizes elsewhere. Where "elsewhere" is decides what that says, see `masks`.

The paper leaves open what a zero change is: here signs have three values, and two zeros agree. A change counts as zero
below a small share of the layer's largest activation, because features are computed with rounding.

A mask's features depend on its image and place alone. So a pool of masks of each image is covered once, and sets are
drawn among them: 1,999 sets of 15 images cost what 320 masks an image do. That is how finely
a share is told; evidence are the places that share nothing, so a part's rank is one among these (`rank_among_places`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from convscope.arguments import at_least
from convscope.errors import ShapeError, UsageError
from convscope.graph import Network
from convscope.kernels.agreeing import Packed
from convscope.methods.correspondence.agreement import Pairs, Shares
from convscope.methods.correspondence.masks import aligned_masks, random_masks
from convscope.methods.correspondence.results import (
    ComparedPart,
    Counted,
    PartResult,
    UntrainedResult,
    judged,
    part_result,
    place_ranks,
    share_summary,
)
from convscope.methods.correspondence.signs import Collector
from convscope.methods.inputs import chosen_layers, images_for, recipe_of
from convscope.methods.occlusion.occluders import Fill, OccluderGrid, covering, describe_fill
from convscope.methods.occlusion.sweep import Method
from convscope.methods.untrained import untrained
from convscope.progress import Progress
from convscope.settings import usual_settings
from convscope.shown import brief

POOL = 200
"""Masks of the paper's of each part and image that sets are drawn among."""

PLACES, WAYS = 60, 2
"""Relative places of aligned masks, and how often each is moved in every image."""

FEWEST_DRAWS, DRAWS_A_TEST = 1999, 20

Boxes = NDArray[np.int64]


@brief
@dataclass(frozen=True)
class PartAgreement:
    """What covering the same part of several images has in common, by layer and part.

    primary, counted: the layer and the features that decide, named before looking. draws: sets of masks of each kind.
    tests: ranks that were corrected for. untrained: the same with random weights, of `seeds` seeds.
    """

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
    primary: str = ""
    counted: Counted = "all"
    tests: int = 0
    seeds: int = 0
    untrained: tuple[UntrainedResult, ...] = ()

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

    @property
    def floor(self) -> float:
        """The smallest rank that so many sets can give; that of a part's places is its own, see `PartResult`."""
        return 1 / (1 + self.draws)

    def rows(self) -> Iterator[dict[str, Any]]:
        """One row per layer and part, for a table."""
        yield from (vars(result).copy() for result in self.results)

    def to_json(self) -> dict[str, Any]:
        """Everything as numbers, strings and lists."""
        beside = [vars(one).copy() for one in self.untrained]
        return {**vars(self), "results": list(self.rows()), "untrained": beside, "floor": self.floor}


@usual_settings()
def correspondence(
    net: Network,
    images: Any,
    parts: Mapping[str, NDArray[np.integer] | Tensor],
    *,
    layers: Sequence[str] | None = None,
    layer: str | None = None,
    counted: Counted = "all",
    regions: NDArray[np.integer] | Tensor | None = None,
    draws: int | None = None,
    fill: Fill | Sequence[float] | Tensor = "grey",
    tolerance: float = 1e-5,
    places: int | None = None,
    confidence: float = 0.95,
    seed: int = 0,
    seeds: int = 3,
    method: Method = "auto",
    workers: int | None = None,
    memory: int = 1 << 30,
    progress: Progress | None = None,
) -> PartAgreement:
    """How alike the changes are that covering each part causes in several images, against masks of its sizes elsewhere.

    Args:
        net: the network.
        images: normalised images (n, C, H, W).
        parts: for each part its boxes (n, 4) y0 x0 y1 x1 in pixels of the input; a row of -1 where an image lacks it.
        layers: where features are compared; None for the last layer of every map size, and the output.
        layer, counted: which layer, and of "all" features or those that "changed", decides; None for the last layer of
            maps, as the paper's fifth. Ranks of the parts there are one family of tests, all others another.
        regions: boxes (n, 4) that masks stay in (the object); None for the whole image.
        draws: how many sets of masks are drawn for each part and kind: in every image a mask of the part's size that
            touches no part, at the same relative place of all objects (see `masks.aligned_masks`), and anywhere (where
            no such place is left, one that covers little of the parts). None for 20 a test, 1,999 at least.
        fill: what covers, see `occluders.covering`.
        tolerance: changes below this share of the layer's largest activation in the image are none.
        places: maps are reduced to so many rows and columns by the maximum of each part first, so that a feature counts
            as the same one wherever in that part of an image it is; None for maps as they are.
        confidence: of the intervals; for parts by resampling images, for masks over draws.
        seed: of masks, resampling and random weights.
        seeds: how often weights are drawn: the network with random weights, on the same aligned masks; 0 for never.
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
    _check(draws, seed, seeds, places)
    batch = images_for(net, images)
    asked = _asked(net, batch, parts, layers, layer, draws)
    generator = np.random.default_rng(seed)
    allowed = None if regions is None else _checked("object", regions, batch)
    sets = _sets(net, asked.boxes, allowed, asked.draws, seed, generator)
    covers = covering(batch, fill, grid=OccluderGrid(net.input_shape[1:], (1, 1), (1, 1)), preprocess=recipe_of(net))
    collector = Collector(net, batch, covers, asked.names, tolerance, places, method, workers, memory)
    tell = _ToldParts(progress, len(batch) * sum(one.masks + seeds * one.aligned_masks for one in sets.values()))
    results = _trained(collector, sets, tell, confidence, generator)
    beside = tuple(
        one
        for at in range(seed, seed + seeds)
        for one in _untrained(untrained(net, batch, seed=at, layers=asked.names), at, collector, sets, tell)
    )
    return PartAgreement(
        network=net.name, images=len(batch),
        results=judged(results, beside, layer=asked.primary, counted=counted),
        draws=asked.draws, confidence=confidence, fill=describe_fill(fill), tolerance=tolerance, seed=seed,
        method=collector.method_used, places=places, primary=asked.primary, counted=counted, tests=asked.tests,
        seeds=seeds, untrained=beside,
    )  # fmt: skip


# -- what is asked ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class _Asked:
    """Where the parts are, the layers to compare at and the one that decides, how many ranks there are, and draws."""

    boxes: Mapping[str, Boxes]
    names: list[str]
    primary: str
    tests: int
    draws: int


def _asked(
    net: Network,
    batch: Tensor,
    parts: Mapping[str, NDArray[np.integer] | Tensor],
    layers: Sequence[str] | None,
    layer: str | None,
    draws: int | None,
) -> _Asked:
    boxes = {name: _checked(name, given, batch) for name, given in parts.items()}
    if not boxes:
        raise UsageError("nothing to compare: give at least one part")
    names, primary = _layers(net, layers, layer)
    tests = 2 * len(names) * len(boxes)
    return _Asked(boxes, names, primary, tests, draws or max(FEWEST_DRAWS, DRAWS_A_TEST * tests))


def _check(draws: int | None, seed: int, seeds: int, places: int | None) -> None:
    at_least(0, seed=seed, seeds=seeds)
    at_least(1, draws=draws, places=places)


def _layers(net: Network, layers: Sequence[str] | None, layer: str | None) -> tuple[list[str], str]:
    """The layers to compare at, and the one that decides."""
    names = chosen_layers(net, layers, (*net.layers.stages(), *net.listed_output))
    primary = None if layer is None else net.layers[layer].name
    names = list(dict.fromkeys(names if primary is None else [*names, primary]))
    maps = [name for name in names if net.layers[name].spatial]
    return names, primary or (maps or names)[-1]


def _checked(name: str, given: NDArray[np.integer] | Tensor, images: Tensor) -> Boxes:
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


# -- sets of masks ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class _Sets:
    """A part's masks in each image, and the sets that are drawn among them.

    pool: (m, n, 4), the part itself, then aligned masks, then the paper's; shown: the images that show it; aligned,
    paper: (draws, shown) which rows of the pool each set takes.
    """

    pool: Boxes
    shown: NDArray[np.int64]
    aligned: NDArray[np.int64]
    paper: NDArray[np.int64]
    aligned_masks: int
    disjoint: int

    @property
    def masks(self) -> int:
        """How many there are in an image."""
        return len(self.pool)


def _sets(
    net: Network,
    boxes: Mapping[str, Boxes],
    regions: Boxes | None,
    draws: int,
    seed: int,
    generator: np.random.Generator,
) -> dict[str, _Sets]:
    size, drawing = net.input_shape[1:], np.random.default_rng([seed, 1])
    paper = random_masks(boxes, size, draws=min(draws, POOL), regions=regions, generator=generator)
    ways = WAYS if draws > PLACES else 1
    aligned = aligned_masks(boxes, size, places=min(draws, PLACES), ways=ways, regions=regions, generator=drawing)
    made = {}
    for part, own in boxes.items():
        shown = np.flatnonzero((own >= 0).all(1))
        at, masks = aligned[part], aligned[part].masks
        first = 1 + len(masks) * ways
        pool = np.concatenate([own[None], masks.reshape(-1, *own.shape), paper[part]])
        # As many sets as there are masks are those that were drawn together; more are drawn among them.
        rows = drawing.integers(len(paper[part]), size=(draws, len(shown)))
        rows[: len(paper[part])] = np.arange(len(paper[part]))[:, None]
        place = np.zeros((0, 1), np.int64)
        if len(masks):
            place = drawing.integers(len(masks), size=(draws, 1))
        how = drawing.integers(ways, size=(len(place), len(shown)))
        made[part] = _Sets(pool, shown, 1 + place * ways + how, first + rows, first, at.disjoint)
    return made


@dataclass
class _ToldParts:
    """How many masks were covered, of how many."""

    progress: Progress | None
    total: int
    done: int = 0

    def advance(self, masks: int) -> None:
        """Tell of so many more."""
        self.done += masks
        if self.progress is not None:
            self.progress("cover", self.done, self.total)


def _signs(collector: Collector, sets: _Sets, masks: int, tell: _ToldParts) -> Iterator[tuple[str, list[Packed]]]:
    """For each layer the signs of the first masks of a part's pool, of each image that shows it."""
    groups = collector.groups(masks * len(sets.shown))
    for group in groups:
        found: dict[str, list[Packed]] = {name: [] for name in group}
        for image in sets.shown.tolist():
            for name, packed in collector.signs(image, sets.pool[:masks, image], group).items():
                found[name].append(packed)
            if group is groups[-1]:
                tell.advance(masks)
        yield from found.items()
    tell.advance(masks * (len(collector.images) - len(sets.shown)))


def _trained(
    collector: Collector, sets: Mapping[str, _Sets], tell: _ToldParts, confidence: float, generator: np.random.Generator
) -> list[PartResult]:
    """Every layer and part, layer by layer."""
    found: dict[tuple[str, str], ComparedPart] = {}
    for part, given in sets.items():
        for name, signs in _signs(collector, given, given.masks, tell):
            found[name, part] = _compared(signs, given, collector.features(name))
    # Intervals are drawn layer by layer, after the masks.
    return [
        part_result(
            (name, part), found[name, part], disjoint=sets[part].disjoint, confidence=confidence, generator=generator
        )
        for name in collector.layers
        for part in sets
    ]


def _compared(signs: list[Packed], sets: _Sets, features: int) -> ComparedPart:
    own = np.zeros((1, len(signs)), np.int64)
    aligned = Shares.of(signs, sets.aligned, features) if len(sets.aligned) else None
    paper = Shares.of(signs, sets.paper, features)
    return ComparedPart(Pairs.of(signs, own, features), Shares.of(signs, own, features), paper, aligned)


def _untrained(
    net: Network, seed: int, trained: Collector, sets: Mapping[str, _Sets], tell: _ToldParts
) -> Iterator[UntrainedResult]:
    """The parts and their aligned masks in the network with random weights."""
    collector = Collector(**{**vars(trained), "net": net})
    for part, given in sets.items():
        for name, signs in _signs(collector, given, given.aligned_masks, tell):
            features = collector.features(name)
            own = Shares.of(signs, np.zeros((1, len(signs)), np.int64), features)
            aligned = Shares.of(signs, given.aligned, features) if len(given.aligned) else None
            said, rank = share_summary(aligned, features, 50.0), place_ranks(own, aligned, given.disjoint)
            among = float(np.nan_to_num(own.among[0]))
            yield UntrainedResult(seed, name, part, float(own.means[0]), among, said[""], said["_among_changed"], *rank)


__all__ = ["PartAgreement", "correspondence"]
