"""Signs of the changes that masks cause in the features of images, as many of each image as there are masks.

A mask's features depend on its image and place alone: a pool of masks is covered once, and sets are drawn among them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from convscope.graph import Network
from convscope.graph.changes import Change, UneditedRows, whole
from convscope.graph.pushing import Reader
from convscope.kernels.agreeing import Packed, pack
from convscope.methods.occlusion.sweep import Method, Reading, Sweep

_UNPACKED = 1 << 24  # signs that are spread out at a time, before they are packed
_PackedRows = list[tuple[NDArray[np.uint64], NDArray[np.uint64], int]]


@dataclass
class Collector:
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

    def features(self, name: str) -> int:
        """How many features of a layer are compared."""
        channels, *size = self.net.layers[name].shape
        return channels * math.prod(size if self.places is None else [min(n, self.places) for n in size])

    def groups(self, masks: int) -> list[list[str]]:
        """The layers in groups whose signs of so many masks fit the memory, or alone."""
        found: list[list[str]] = []
        room = 0
        for name in self.layers:
            need = masks * self.features(name) // 4
            if not found or need > room:
                found.append([])
                room = self.memory // 2
            found[-1].append(name)
            room -= need
        return found

    def signs(self, image: int, boxes: NDArray[np.int64], layers: Sequence[str]) -> dict[str, Packed]:
        """For each layer the signs of the change that each mask of (m, 4) causes in one image."""
        base = self.net.run(self.images[image : image + 1], layers)
        found: dict[str, _PackedRows] = {}
        readings = []
        for name in layers:
            found[name] = [(np.zeros(0, np.uint64), np.zeros(0, np.uint64), 0)] * len(boxes)
            readings.append(Reading(self.net.index_of(name), self._read(name, found[name], base[name])))
        images, covers = (x[image : image + 1] for x in (self.images, self.covers))
        sweep = Sweep(self.net, images, covers, boxes, readings, self.workers, self.memory, self.method)
        self.method_used = sweep.run()
        return {name: Packed.of(rows) for name, rows in found.items()}

    def _reduced(self, maps: Tensor) -> Tensor:
        """Maps (m, channels, h, w) on as many rows and columns as are compared; vectors as they are."""
        if self.places is None or maps.dim() != 4:
            return maps
        return F.adaptive_max_pool2d(maps, [min(n, self.places) for n in maps.shape[2:]])

    def _read(self, name: str, out: _PackedRows, base: Tensor) -> Reader:
        index, least = self.net.index_of(name), float(base.abs().max()) * self.tolerance
        value, compared = self.net.values[index], self._reduced(base)

        def read(rows: NDArray[np.int64], change: Change, unedited: UneditedRows) -> None:
            boxed = self.places is None and not change.absolute
            tensor = change.tensor if boxed else whole(change, value, unedited.value(index), unedited.image)
            moved = tensor if value.channel_dim in (None, 1) else tensor.movedim(value.channel_dim, 1)
            at_once = max(1, _UNPACKED // base.numel())

            def in_rows(signs: Tensor, part: slice) -> NDArray[np.int8]:
                return _spread(signs, change, part, base) if boxed else _flat(signs)

            for first in range(0, len(rows), at_once):
                part = slice(first, first + at_once)
                # x - x~, so what is added by the cover counts as down.
                differ = -moved[part] if boxed else compared - self._reduced(moved[part])
                signs = torch.where(differ.abs() <= least, 0, differ.sign()).to(torch.int8)
                for row, packed in zip(rows[part].tolist(), pack(in_rows(signs, part)), strict=True):
                    out[row] = packed

        return read


def _flat(signs: Tensor) -> NDArray[np.int8]:
    """Signs (m, channels, ...) as rows, channels last: what a box changes then stands close together."""
    last = signs.movedim(1, -1) if signs.dim() > 2 else signs
    return last.cpu().numpy().reshape(len(last), -1)


def _spread(signs: Tensor, change: Change, part: slice, base: Tensor) -> NDArray[np.int8]:
    """The same of boxes (m, channels, h, w) that change, each at its place on a map without change."""
    origin, (height, width) = change.place.on_map()
    maps = np.zeros((len(signs), *base.shape[2:], base.shape[1]), np.int8)
    for row, ((y, x), box) in enumerate(zip(origin[part].tolist(), signs.movedim(1, -1).cpu().numpy(), strict=True)):
        maps[row, y : y + height, x : x + width] = box
    return maps.reshape(len(maps), -1)


__all__ = ["Collector"]
