"""Which units are looked at, and on which images: the strongest of each unit, and some that excite it middling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.errors import UsageError
from convscope.graph import Network
from convscope.progress import Progress, silent
from convscope.shown import brief

_BATCH = 16


@dataclass(frozen=True, eq=False)
class Excited:
    """How strongly n images excite a layer's C units: values f32 (n, C), where y, x i32 (n, C, 2); -inf for NaN."""

    values: NDArray[np.float32]
    places: NDArray[np.int32]


@brief
@dataclass(frozen=True, eq=False)
class SanityCases:
    """n cases of a layer, one unit on one image each, where the image excites it most.

    unit, image: i64 (n,). position: i64 (n, 2) y, x. value: f64 (n,) the activation there. scale: f64 (n,) the unit's
    strongest. strong: bool (n,) whether the image is one of the unit's strongest, else it is one of the middle.
    """

    unit: NDArray[np.int64]
    image: NDArray[np.int64]
    position: NDArray[np.int64]
    value: NDArray[np.float64]
    scale: NDArray[np.float64]
    strong: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.unit)

    def at(self, rows: NDArray[np.int64]) -> SanityCases:
        """Some of them."""
        return SanityCases(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def responses(
    net: Network, images: Tensor, layers: Sequence[str], *, progress: Progress = silent
) -> dict[str, Excited]:
    """How strongly images (n, C, H, W) excite all units of some layers, and where."""
    values: dict[str, list[NDArray[np.float32]]] = {layer: [] for layer in layers}
    places: dict[str, list[NDArray[np.int32]]] = {layer: [] for layer in layers}
    for first in range(0, len(images), _BATCH):
        progress("responses", first, len(images))
        for name, output in net.stream(images[first : first + _BATCH], layers):
            flat = output.flatten(2) if output.dim() > 2 else output[:, :, None]
            best, at = flat.float().nan_to_num(nan=-torch.inf).max(2)
            width = output.shape[3] if output.dim() == 4 else 1
            values[name].append(best.cpu().numpy().copy())
            places[name].append(np.stack([at.cpu().numpy() // width, at.cpu().numpy() % width], 2).astype(np.int32))
    progress("responses", len(images), len(images))
    return {name: Excited(np.concatenate(values[name]), np.concatenate(places[name])) for name in layers}


def drawn_units(found: Excited, count: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """At most so many units, ascending, drawn from those that two images or more excite."""
    alive = np.flatnonzero((found.values > 0).sum(0) >= 2)
    return np.sort(generator.choice(alive, min(count, len(alive)), replace=False)).astype(np.int64)


def chosen_cases(found: Excited, units: NDArray[np.int64], each: int) -> SanityCases:
    """Of every unit its `each` strongest images, and as many from the middle of the others that excite it, by rank.

    Raises:
        UsageError: for units that no image excites.
    """
    rows: list[tuple[int, int, bool]] = []
    for unit in units.tolist():
        column = found.values[:, unit].astype(np.float64)
        # Stable, so that equal responses stay in the order of the images.
        order = np.argsort(-column, kind="stable")
        order = order[column[order] > 0]
        if not len(order):
            raise UsageError(f"unit {unit} is excited by none of the {len(column)} images: name another")
        strongest, rest = order[:each], order[each:]
        first = max(0, (len(rest) - each) // 2)
        rows += [(unit, int(i), True) for i in strongest]
        rows += [(unit, int(i), False) for i in rest[first : first + each]]
    unit, image = (np.asarray([row[at] for row in rows], np.int64) for at in range(2))
    return SanityCases(
        unit,
        image,
        found.places[image, unit].astype(np.int64),
        found.values[image, unit].astype(np.float64),
        found.values.max(0)[unit].astype(np.float64),
        np.asarray([row[2] for row in rows], np.bool_),
    )


__all__ = ["SanityCases", "Excited", "chosen_cases", "drawn_units", "responses"]
