"""One layer under one rule: its cases projected, likened to controls, covered in every order; and the cascades.

The tool is what is judged: it makes pictures of units. All controls that are pictures are made by the same tool.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.graph import Network, PullOptions
from convscope.graph.boxes import Signal, paste
from convscope.graph.focusing import Focus
from convscope.methods.deconv import Selection, project_all
from convscope.methods.randomising import HOWS, CascadeStage, randomised, stages, weighted
from convscope.methods.sanity.cases import SanityCases
from convscope.methods.sanity.controls import control, likeness
from convscope.methods.sanity.covering import FILLS, areas, filled
from convscope.methods.sanity.orders import CONTROLS, Tiles, centred, contrast, shifted
from convscope.methods.workers import Workers, one_thread_workers
from convscope.shown import brief

OTHERS = 2
"""Other units whose projections are compared, drawn among those that are looked at."""

_CASCADE = 12  # cases that are projected through randomised weights
_ESTIMATED = 32  # images that statistics are estimated on

Counting = Callable[[int], None]


class Tool(Protocol):
    """What makes pictures of units, each on an image of a batch."""

    def __call__(
        self,
        net: Network,
        images: Tensor,
        layer: str,
        image: NDArray[np.int64],
        channel: NDArray[np.int64],
        position: NDArray[np.int64],
    ) -> tuple[Tensor, Tensor]:
        """The pictures (n, C, h, w) and their boxes (n, 4) y0 x0 y1 x1, all of one size, beyond the image zero."""
        ...


@dataclass(frozen=True, eq=False)
class CaseLooking:
    """How cases are looked at: by the tool, with `options` (which are those of the usual tool), what is drawn with
    `seed`; `counting` is called with how many more are done; `workers` threads, None for as many as PyTorch's."""

    options: PullOptions
    tool: Tool | None = None
    seed: int = 0
    counting: Counting | None = None
    workers: int | None = None

    @property
    def made(self) -> Tool:
        """What makes the pictures."""
        return self.tool or Projecting(self.options)

    def count(self, more: int) -> None:
        """Say that more are done."""
        if self.counting is not None:
            self.counting(more)


@dataclass(frozen=True)
class Projecting:
    """The tool that is ours: projections by some options, each from the signal 1, so that silent units have one too."""

    options: PullOptions = field(default_factory=PullOptions)

    def __call__(
        self,
        net: Network,
        images: Tensor,
        layer: str,
        image: NDArray[np.int64],
        channel: NDArray[np.int64],
        position: NDArray[np.int64],
    ) -> tuple[Tensor, Tensor]:
        """The projections and the fields of the units, see `convscope.methods.deconv.project`."""
        chosen = Selection(layer, image.tolist(), channel.tolist(), position, "one")
        (found,) = project_all(net, images, [chosen], **vars(self.options), workers=1)
        return found.pixels, found.boxes


@brief
@dataclass(frozen=True, eq=False)
class LookedCases:
    """What was found of n cases of a layer.

    deletion, insertion: f64 (n, fills, 1 + controls), areas in shares of the unit's strongest activation, first the
    projection's. signal, other, elsewhere: f32 (n,) cosines of the projection with that of a random signal at the
    place, with those of other units there (the mean), with the same unit's on its next image; NaN where one is blank.
    """

    deletion: NDArray[np.float64]
    insertion: NDArray[np.float64]
    signal: NDArray[np.float32]
    other: NDArray[np.float32]
    elsewhere: NDArray[np.float32]


@brief
@dataclass(frozen=True, eq=False)
class Cascade:
    """How like themselves projections stay while weights are randomised.

    stages: how far. median: f64 (kinds of randomising, seeds, stages) the median cosine with the projection through the
    weights as they are; NaN where all went blank.
    """

    stages: tuple[CascadeStage, ...]
    median: NDArray[np.float64]


def look_at_cases(
    net: Network,
    images: Tensor,
    layer: str,
    cases: SanityCases,
    *,
    side: int,
    how: CaseLooking,
) -> LookedCases:
    """What is found of the cases of a layer.

    images: normalised (n, C, H, W), those that the cases count. side: of the tiles, in pixels.
    """
    parts, generator = [], np.random.default_rng(how.seed)
    units = np.unique(cases.unit)
    with one_thread_workers(net.device, how.workers) as workers:
        one = _Layer(net, images, layer, side, how.options, how.made, Focus.of(net, layer), workers)
        for unit in units:
            rows = np.flatnonzero(cases.unit == unit)
            parts.append((rows, one.unit(cases.at(rows), units, generator)))
            how.count(len(rows))
    order = np.argsort(np.concatenate([rows for rows, _ in parts]))
    names = LookedCases.__dataclass_fields__
    return LookedCases(*(np.concatenate([getattr(part, name) for _, part in parts])[order] for name in names))


@dataclass(frozen=True, eq=False)
class _Covered:
    """A case to be covered: the pixels of its box and what fills them (1 + fills, C, h, w), by name when each pixel is
    covered, and the arguments of `areas` that say which unit is read."""

    pixels: Tensor
    ranks: dict[str, NDArray[np.int64]]
    read: tuple[NDArray[np.int64], int, float]


@dataclass(frozen=True, eq=False)
class _Layer:
    """Everything that cases of a layer are looked at with."""

    net: Network
    images: Tensor
    layer: str
    side: int
    options: PullOptions
    tool: Tool
    plan: Focus
    workers: Workers

    def unit(self, cases: SanityCases, units: NDArray[np.int64], generator: np.random.Generator) -> LookedCases:
        """What is found of one unit's cases."""
        batch = self.images[torch.from_numpy(cases.image)]
        rows = np.arange(len(cases))
        mine, boxes = self.tool(self.net, batch, self.layer, rows, cases.unit, cases.position)
        spatial = self.net.values[self.net.index_of(self.layer)].layout is not None
        random = control(self.net, batch, self.layer, cases.position if spatial else None, self.options).pixels
        signals = _boxed(random, boxes)
        rest = units[units != cases.unit[0]]
        drawn = [generator.choice(rest, len(cases)) for _ in range(OTHERS)]
        others = [self.tool(self.net, batch, self.layer, rows, unit, cases.position)[0] for unit in drawn]
        # What is drawn is drawn case by case, in order; what takes time is not.
        asked = [
            self._case(
                cases.at(rows[n : n + 1]), mine[n], [o[n] for o in others], signals[n], boxes[n].numpy(), generator
            )
            for n in range(len(cases))
        ]
        found = self.workers.map(self._areas, asked)
        like = [likeness(mine, other) for other in others]
        return LookedCases(
            np.stack([deletion for deletion, _ in found]),
            np.stack([insertion for _, insertion in found]),
            likeness(mine, signals),
            _mean(np.stack(like)),
            likeness(mine, mine.roll(-1, 0)) if len(cases) > 1 else np.full(len(cases), np.nan, np.float32),
        )

    def _case(
        self,
        case: SanityCases,
        mine: Tensor,
        others: list[Tensor],
        signal: Tensor,
        box: NDArray[np.int64],
        generator: np.random.Generator,
    ) -> _Covered:
        """What one case is covered with, and in which orders."""
        ranks = self._ranks(case, mine, others, signal, box, generator)
        image, field = self.images[int(case.image[0])], box[2:] - box[:2]
        elsewhere = (int(case.image[0]) + int(generator.integers(1, len(self.images)))) % len(self.images)
        fills = filled(image, self.images[elsewhere], (int(field[0]), int(field[1])))
        pixels = torch.cat([image[None], fills])
        cut = self.plan.cut(pixels, np.arange(len(pixels)), np.repeat(case.position, len(pixels), 0))
        return _Covered(cut, ranks, (case.position[0], int(case.unit[0]), float(case.scale[0])))

    def _areas(self, one: _Covered) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The areas of deletion and insertion of one case (fills, 1 + controls)."""
        names, orders = list(one.ranks), np.stack(list(one.ranks.values()))
        found = areas(self.plan, one.pixels[0], one.pixels[1:], orders, *one.read)
        return _gathered(names, found.deletion), _gathered(names, found.insertion)

    def _ranks(
        self,
        case: SanityCases,
        mine: Tensor,
        others: list[Tensor],
        signal: Tensor,
        box: NDArray[np.int64],
        generator: np.random.Generator,
    ) -> dict[str, NDArray[np.int64]]:
        """When each pixel of the box is covered, by the projection and by every control, other units numbered."""
        origin, size = self.plan.origins(case.position)[0], self.plan.size
        tiles = Tiles.of(box, origin, size, self.net.input_shape[1:], self.side)
        magnitude, middle = _magnitude(mine), centred(box, origin, size)
        local = contrast(self.images[case.image])[:, None]
        pictures = {"projection": magnitude, "signal": _magnitude(signal), "shifted": shifted(magnitude, generator)}
        pictures |= {f"other {n}": _magnitude(one) for n, one in enumerate(others)}
        importances = {name: _placed(one, box[:2], origin, size) for name, one in pictures.items()}
        importances |= {
            "gaussian": middle,
            "contrast": middle * self.plan.cut(local, np.zeros(1, np.int64), case.position)[0, 0].cpu().numpy(),
        }
        ranks = {name: tiles.ranks(one, generator) for name, one in importances.items()}
        return ranks | {"random": tiles.drawn(generator)}


def _gathered(names: list[str], found: NDArray[np.float64]) -> NDArray[np.float64]:
    """Areas in the order of the projection and the controls; those of several other units averaged."""
    columns = []
    for name in ("projection", *CONTROLS):
        mine = [at for at, one in enumerate(names) if one.split()[0] == name]
        columns.append(found[:, mine].mean(1) if mine else np.full(len(found), np.nan))
    return np.stack(columns, 1)


def _mean(found: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean (n,) of what is known of several rows (m, n); NaN where nothing is."""
    known = ~np.isnan(found)
    total = np.where(known, found, 0).sum(0)
    return np.divide(total, known.sum(0), out=np.full(found.shape[1], np.nan, np.float32), where=known.any(0))


def _magnitude(pixels: Tensor) -> NDArray[np.float64]:
    """How much of every pixel a picture (C, h, w) takes: the sum of absolute values over channels."""
    return pixels.detach().double().abs().sum(0).cpu().numpy()


def _placed(
    importance: NDArray[np.floating], at: NDArray[np.int64], origin: NDArray[np.int64], size: tuple[int, int]
) -> NDArray[np.float64]:
    """A picture (h, w) that begins at `at`, on the box of `size` at `origin`: zero where it has nothing."""
    signal = Signal(torch.from_numpy(np.ascontiguousarray(importance, np.float64))[None, None], at[None])
    return paste(signal, (2, 3), origin[None], size).tensor[0, 0].numpy()


def _boxed(full: Tensor, boxes: Tensor) -> Tensor:
    """What of whole pictures (n, C, H, W) lies in boxes (n, 4)."""
    height, width = (boxes[0, 2:] - boxes[0, :2]).tolist()
    signal = Signal(full, np.zeros((len(full), 2), np.int64))
    return paste(signal, (2, 3), boxes[:, :2].numpy(), (height, width)).tensor


# -- randomised weights -----------------------------------------------------------------------------------------------
def cascade(
    net: Network,
    images: Tensor,
    layer: str,
    cases: SanityCases,
    *,
    how: CaseLooking,
    seeds: int = 3,
) -> Cascade:
    """How like themselves projections of a layer stay while weights are randomised, from the top and the bottom."""
    chosen = cases.at(np.unique(np.linspace(0, len(cases) - 1, min(len(cases), _CASCADE)).round().astype(np.int64)))
    made, steps = how.made, tuple(stages(len(weighted(net, layer))))
    sample = images[
        torch.from_numpy(np.unique(np.linspace(0, len(images) - 1, min(len(images), _ESTIMATED)).astype(np.int64)))
    ]
    batch, rows = images[torch.from_numpy(chosen.image)], np.arange(len(chosen))
    before, _ = made(net, batch, layer, rows, chosen.unit, chosen.position)
    median = np.full((len(HOWS), seeds, len(steps)), np.nan)

    def found(job: tuple[int, int, int]) -> float:
        h, number, s = job
        other = randomised(net, layer, steps[s], HOWS[h], images=sample, seed=1000 * how.seed + number)
        after, _ = made(other, batch, layer, rows, chosen.unit, chosen.position)
        like = likeness(before, after)
        known = like[~np.isnan(like)]
        return float(np.median(known)) if len(known) else np.nan

    with one_thread_workers(net.device, how.workers) as workers:
        for job, value in workers.ahead(found, np.ndindex(median.shape)):
            median[job] = value
            how.count(1)
    return Cascade(steps, median)


__all__ = ["FILLS", "OTHERS", "Cascade", "CaseLooking", "LookedCases", "Projecting", "Tool", "cascade", "look_at_cases"]
