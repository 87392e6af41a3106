"""What following a training finds: histories of units and layers over its checkpoints, as tables and JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from convscope.errors import UnknownLayer
from convscope.graph import Unit
from convscope.methods.evolution.settling import Settling
from convscope.methods.evolution.trend import SettledUnits, SettlingTrend, settled_at, trend
from convscope.shown import brief


@brief
@dataclass(frozen=True, eq=False)
class UnitHistory:
    """A unit over e checkpoints.

    values: (e,) its strongest response, 0 where nothing excites it. images: (e,) the image that excites it most, -1
    where none does; positions: (e, 2) y, x there. pixels: (e, 3, h, w) its projection from there, zero where there is
    none; boxes: (e, 4) y0 x0 y1 x1.
    """

    unit: Unit
    values: NDArray[np.float32]
    images: NDArray[np.int64]
    positions: NDArray[np.int64]
    pixels: Tensor
    boxes: NDArray[np.int64]

    @property
    def jumps(self) -> NDArray[np.bool_]:
        """(e,) whether another image excites the unit most than at the checkpoint before; False for the first."""
        return np.concatenate([[False], self.images[1:] != self.images[:-1]])


@brief
@dataclass(frozen=True, eq=False)
class LayerEvolution:
    """A layer over e checkpoints.

    images: (e, c) the image that excites each of c units most, -1 where none does; values: (e, c) how much, 0 where
    none does; boxes: (e, c, 4) where in it, y0 x0 y1 x1 in the input's pixels, all of one size. settling: when its
    features came to be what they are in the end.
    """

    layer: str
    images: NDArray[np.int64]
    values: NDArray[np.float32]
    boxes: NDArray[np.int32]
    settling: Settling

    @property
    def final_image(self) -> NDArray[np.float64]:
        """(e,) the share of units that the same image excites most as at the last checkpoint, of those it has then."""
        alive = self.images[-1] >= 0
        return (self.images == self.images[-1])[:, alive].mean(1) if alive.any() else np.ones(len(self.images))

    @property
    def jumped(self) -> NDArray[np.float64]:
        """(e,) the share of units that another image excites most than at the checkpoint before; NaN for the first."""
        return np.concatenate([[np.nan], (self.images[1:] != self.images[:-1]).mean(1)])

    @property
    def responding(self) -> NDArray[np.float64]:
        """(e,) the share of units that some image excites."""
        return (self.images >= 0).mean(1)


@brief
@dataclass(frozen=True, eq=False)
class FeatureHistory:
    """What evolution found at e checkpoints: epochs, a history for every chosen unit, and every layer as a whole.

    sample: the number of images that responses are compared on. threshold: the correlation from which features count
    as settled. names: by number in the source, of the images that some chosen unit's history holds. depths: where each
    layer stands in the network.
    """

    network: str
    source: str
    epochs: tuple[int, ...]
    units: tuple[UnitHistory, ...]
    layers: tuple[LayerEvolution, ...]
    sample: int
    threshold: float
    names: dict[int, str]
    depths: tuple[int, ...] = ()

    def __getitem__(self, layer: str) -> LayerEvolution:
        """A layer by its name; raises UnknownLayer where it was not looked at."""
        for one in self.layers:
            if one.layer == layer:
                return one
        raise UnknownLayer(
            f"layer '{layer}' was not followed; these were: {', '.join(one.layer for one in self.layers)}"
        )

    def settled(self, layer: str) -> int:
        """The epoch of the first checkpoint from which on the layer's features are settled; the last at the latest."""
        return self.epochs[self[layer].settling.settled(self.threshold)]

    def unit_epochs(self, layer: str) -> NDArray[np.float64]:
        """The epoch that each unit of a layer settles at, (units that count,); the last one at the latest."""
        return np.array(self.epochs, np.float64)[self[layer].settling.units(self.threshold)]

    def settled_units(self, layer: str) -> SettledUnits:
        """The mean of these epochs, with its interval over units."""
        return settled_at(layer, self.unit_epochs(layer))

    @property
    def trend(self) -> SettlingTrend:
        """Whether later layers settle later; where depths are not known, in the order in which layers are named."""
        known = len(self.depths) == len(self.layers)
        order = np.argsort(self.depths, kind="stable") if known else range(len(self.layers))
        return trend([self.unit_epochs(self.layers[int(at)].layer) for at in order])

    def rows(self) -> Iterator[dict[str, Any]]:
        """One row a layer and checkpoint, for a table."""
        for one in self.layers:
            settled, median = self.settled(one.layer), one.settling.units(self.threshold)
            units = self.settled_units(one.layer)
            for i, epoch in enumerate(self.epochs):
                yield {
                    "layer": one.layer,
                    "epoch": epoch,
                    "like final": _number(one.settling.final[i]),
                    "like previous": _number(one.settling.previous[i]),
                    "chance": _number(one.settling.chance[i]),
                    "final image": float(one.final_image[i]),
                    "jumped": _number(one.jumped[i]),
                    "responding": float(one.responding[i]),
                    "units settled": float((median <= i).mean()) if len(median) else None,
                    "settled at": settled,
                    "units settle at": _number(units.mean),
                    "from": _number(units.low),
                    "to": _number(units.high),
                }

    def to_json(self) -> dict[str, Any]:
        """Everything as numbers, strings and lists, but for the pixels."""
        return {
            "network": self.network,
            "source": self.source,
            "epochs": list(self.epochs),
            "sample": self.sample,
            "threshold": self.threshold,
            "layers": [
                {"name": one.layer, "settled at": self.settled(one.layer), "units": int(one.images.shape[1])}
                for one in self.layers
            ],
            "curves": list(self.rows()),
            "trend": {name: _number(value) for name, value in vars(self.trend).items()},
            "units": [
                {
                    "unit": str(one.unit),
                    "values": one.values.tolist(),
                    "images": one.images.tolist(),
                    "names": [self.names.get(int(image)) for image in one.images],
                    "positions": one.positions.tolist(),
                    "jumps": [e for e, jump in zip(self.epochs, one.jumps, strict=True) if jump],
                }
                for one in self.units
            ],
        }


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


__all__ = ["FeatureHistory", "UnitHistory", "LayerEvolution"]
