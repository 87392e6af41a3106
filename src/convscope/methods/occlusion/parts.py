"""Whether covering a part of an image costs more than covering as much of it elsewhere (a test for Fig. 7).

A map of an occluding square shows where the class depends on the image; that its minimum lies on the object is no test.
Networks look at the middle of images, where objects are, so a part is compared with boxes of its size at its distance
from the image's centre that do not touch it: several in each image, averaged, and paired over images.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from convscope.errors import ShapeError, UsageError
from convscope.graph import Network, Unit
from convscope.methods.corrections import holm
from convscope.methods.inputs import recipe_of
from convscope.methods.intervals import tail
from convscope.methods.occlusion.occluders import Fill, OccluderGrid, covering
from convscope.methods.occlusion.readings import OcclusionResponses, Readout, Reduction
from convscope.methods.occlusion.sweep import Method, Sweep
from convscope.methods.targets import Target
from convscope.progress import Progress
from convscope.settings import usual_settings
from convscope.shown import brief

CostVerdict = Literal["more", "no more", "cannot tell"]

ELSEWHERE = 16
"""Other boxes of an image at most, drawn where there are more."""

NEAR = 0.1
"""By which share their distance from the centre may differ."""

FEWEST_IMAGES = 6
"""With fewer no order of signs is rare enough."""

LEVEL = 0.05
_ALL_SIGNS = 12  # images up to which every choice of signs is looked at
_FLIPS, _RESAMPLES = 9999, 4000

MEANING: dict[CostVerdict, str] = {
    "more": "covering it costs more than covering as much elsewhere",
    "no more": "covering as much elsewhere costs about as much",
    "cannot tell": f"fewer than {FEWEST_IMAGES} images with room for such a box elsewhere",
}


@brief
@dataclass(frozen=True, eq=False)
class PartCost:
    """What covering a part costs, image by image, beside boxes of its size elsewhere.

    images: (k,) those that are compared; without: how many have the part and no room for a box elsewhere. boxes: (k, 4)
    the part; others: (k, m, 4) the boxes elsewhere, -1 where an image has fewer. before: (k,) what is measured of the
    image as it is; cost: (k,) how much of it covering the part takes away; elsewhere: (k,) the mean of the others.
    difference: the mean of cost less elsewhere, from low to high by drawing images again. p: how often flipped signs
    give as much, one-sided; corrected: over all parts, after Holm.
    """

    part: str
    images: NDArray[np.int64]
    without: int
    boxes: NDArray[np.int64]
    others: NDArray[np.int64]
    before: NDArray[np.float64]
    cost: NDArray[np.float64]
    elsewhere: NDArray[np.float64]
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    corrected: float | None
    verdict: CostVerdict


@usual_settings()
def part_costs(
    net: Network,
    images: Tensor,
    parts: Mapping[str, NDArray[np.int64]],
    *,
    target: Target = None,
    units: Sequence[Unit] = (),
    layer: str | None = None,
    strongest: Reduction = "sum",
    size: tuple[int, int] = (1, 1),
    fill: Fill | Sequence[float] | Tensor = "grey",
    method: Method = "auto",
    workers: int | None = None,
    confidence: float = 0.95,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[PartCost, ...]:
    """What covering each part costs of what is followed first, beside boxes of its size elsewhere.

    images: (n, C, H, W), normalised. parts: by name boxes (n, 4) y0 x0 y1 x1, -1 where an image lacks it. What is
    followed is that of `OcclusionMaps.subject`: the probability of a class (or the value of an output), else a unit,
    else the strongest map. size: of the square that a blurred fill is blurred for. seed: of boxes and resampling.

    Raises:
        UsageError: for no parts. ShapeError: for boxes that do not fit.
    """
    if not parts:
        raise UsageError("there is no part to cover: give at least one")
    for name, boxes in parts.items():
        if boxes.shape != (len(images), 4):
            raise ShapeError(f"part '{name}' has boxes of shape {boxes.shape}; ({len(images)}, 4) is needed")
    image_size = net.input_shape[1:]
    covers = covering(images, fill, grid=OccluderGrid(image_size, size, size), preprocess=recipe_of(net))
    generator, found = np.random.default_rng(seed), {name: _Costs() for name in parts}
    for at in range(len(images)):
        shown = {name: boxes[at] for name, boxes in parts.items() if boxes[at, 0] >= 0}
        others = {name: elsewhere(box, image_size, generator=generator) for name, box in shown.items()}
        asked = np.concatenate([np.zeros((0, 4), np.int64), *(np.stack([shown[n], *others[n]]) for n in shown)])
        if len(asked):
            one = slice(at, at + 1)
            own = target[one] if isinstance(target, Tensor) else target
            reader = Readout.of(
                net, images[one], target=own, layer=layer, strongest=strongest, units=units, reduce="sum"
            )
            table = reader.table(len(asked))
            Sweep(
                net, images[one], covers[one], asked, reader.readings(table, len(asked)), workers, method=method
            ).run()
            before, after = _measured(reader, reader.uncovered), _measured(reader, table.responses(1, (len(asked),)))
            first = 0
            for name, box in shown.items():
                count = 1 + len(others[name])
                found[name].take(at, box, others[name], before[0], before[0] - after[0, first : first + count])
                first += count
        if progress is not None:
            progress("cover parts", at + 1, len(images))
    tests = [costs.tested(name, confidence, seed) for name, costs in found.items()]
    known = [at for at, one in enumerate(tests) if one.p is not None]
    for at, p in zip(known, holm([tests[at].p or 0.0 for at in known]), strict=True):
        verdict: CostVerdict = "cannot tell"
        if len(tests[at].images) >= FEWEST_IMAGES:
            verdict = "more" if p <= LEVEL else "no more"
        tests[at] = replace(tests[at], corrected=p, verdict=verdict)
    return tuple(tests)


def _measured(reader: Readout, responses: OcclusionResponses) -> NDArray[np.float64]:
    """What is followed first, (1, ...)."""
    if reader.followed.channels.shape[1]:
        return responses.probabilities[:, 0].astype(np.float64)
    return (responses.units[:, 0] if reader.units else responses.activations).astype(np.float64)


def elsewhere(
    box: NDArray[np.int64], size: tuple[int, int], *, generator: np.random.Generator, most: int = ELSEWHERE
) -> NDArray[np.int64]:
    """Boxes (m, 4) of a box's size, at its distance from the centre of an image of `size`, that do not touch it.

    Their distance differs by a tenth at most, or by one pixel.

    >>> import numpy as np
    >>> found = elsewhere(np.array([2, 2, 6, 6]), (32, 32), generator=np.random.default_rng(0))
    >>> len(found), found[0].tolist()
    (16, [0, 7, 4, 11])
    """
    height, width = (box[2:] - box[:2]).tolist()
    ys, xs = np.meshgrid(np.arange(size[0] - height + 1), np.arange(size[1] - width + 1), indexing="ij")
    middle = np.array(size) / 2

    def distance(y: Any, x: Any) -> Any:
        return np.hypot(y + height / 2 - middle[0], x + width / 2 - middle[1])

    own = float(distance(box[0], box[1]))
    apart = (np.abs(ys - box[0]) >= height) | (np.abs(xs - box[1]) >= width)
    at = np.argwhere(apart & (np.abs(distance(ys, xs) - own) <= max(NEAR * own, 1.0)))
    if len(at) > most:
        at = at[np.sort(generator.choice(len(at), most, replace=False))]
    return np.concatenate([at, at + np.array([height, width])], 1)


class _Costs:
    """What is known of a part, image by image."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, NDArray[np.int64], NDArray[np.int64], float, float, float]] = []
        self.without = 0

    def take(
        self, image: int, box: NDArray[np.int64], others: NDArray[np.int64], before: float, drops: NDArray[np.float64]
    ) -> None:
        """What covering the part, and then each of the other boxes, takes away."""
        if not len(others):
            self.without += 1
            return
        self.rows.append((image, box, others, before, float(drops[0]), float(drops[1:].mean())))

    def tested(self, part: str, confidence: float, seed: int) -> PartCost:
        """The part, without its verdict."""
        count, most = len(self.rows), max((len(row[2]) for row in self.rows), default=0)
        others = np.full((count, most, 4), -1, np.int64)
        for at, row in enumerate(self.rows):
            others[at, : len(row[2])] = row[2]
        before, cost, elsewhere = (np.array([row[i] for row in self.rows], np.float64) for i in (3, 4, 5))
        low, high = _interval(cost - elsewhere, confidence, seed) if count > 1 else (None, None)
        return PartCost(
            part=part,
            images=np.array([row[0] for row in self.rows], np.int64),
            without=self.without,
            boxes=np.array([row[1] for row in self.rows], np.int64).reshape(count, 4),
            others=others,
            before=before,
            cost=cost,
            elsewhere=elsewhere,
            difference=float((cost - elsewhere).mean()) if count else None,
            low=low,
            high=high,
            p=flipped(cost - elsewhere, seed=seed) if count else None,
            corrected=None,
            verdict="cannot tell",
        )


def _interval(differences: NDArray[np.float64], confidence: float, seed: int) -> tuple[float, float]:
    count = len(differences)
    often = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), _RESAMPLES)
    beyond = 100 * tail(count, confidence)
    low, high = np.percentile(often @ differences / count, [beyond, 100 - beyond])
    return float(low), float(high)


def flipped(differences: NDArray[np.float64], *, seed: int = 0) -> float:
    """How often signs that are as likely one as the other give a mean of paired differences at least as large.

    All signs of up to 12 pairs, 9,999 drawn ones and the own of more.

    >>> import numpy as np
    >>> flipped(np.array([1.0, 2.0, 3.0]))
    0.125
    """
    count, least = len(differences), differences.sum() - 1e-12 * np.abs(differences).sum()
    if count <= _ALL_SIGNS:
        signs = np.array(list(itertools.product((1.0, -1.0), repeat=count)))
        return float((signs @ differences >= least).mean())
    drawn = np.random.default_rng(seed).choice((-1.0, 1.0), (_FLIPS, count))
    return float((1 + (drawn @ differences >= least).sum()) / (1 + _FLIPS))


__all__ = ["MEANING", "PartCost", "CostVerdict", "elsewhere", "flipped", "part_costs"]
