"""How much of each unit's activation survives each change, on the images that excite it most.

One run of a changed image serves all units of all layers that the image is among the strongest of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.graph import Layer, Network
from convscope.methods.scan import TopK
from convscope.methods.tuning.changes import KINDS, ImageChange, Look, looks


@dataclass(frozen=True, eq=False)
class TuningCases:
    """n units of a layer, each on an image: i64 channel, rank (how many images excite it more), image, (n,) each, and
    position (n, 2) y, x."""

    channel: NDArray[np.int64]
    rank: NDArray[np.int64]
    image: NDArray[np.int64]
    position: NDArray[np.int64]

    @classmethod
    def of(cls, top: TopK) -> Self:
        """Those of a layer's strongest responses that are above zero, by image."""
        channel, rank = np.nonzero(top.found & (top.values > 0))
        order = np.argsort(top.images[channel, rank], kind="stable")
        channel, rank = channel[order], rank[order]
        return cls(channel, rank, top.images[channel, rank], top.positions[channel, rank].astype(np.int64))

    def __len__(self) -> int:
        return len(self.channel)

    def at(self, rows: NDArray[np.bool_]) -> TuningCases:
        """Some of them."""
        return TuningCases(self.channel[rows], self.rank[rows], self.image[rows], self.position[rows])

    def on(self, images: NDArray[np.integer]) -> NDArray[np.int64]:
        """The rows that are about some images."""
        return np.flatnonzero(np.isin(self.image, images))


def kept_of(
    net: Network,
    pixels: Tensor,
    images: NDArray[np.int64],
    cases: Mapping[str, TuningCases],
    *,
    normalised: Callable[[Tensor], Tensor],
) -> dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """By layer: the rows of its cases that are about some images, (m,), and what of each survives, (m, kinds).

    pixels: (n, C, H, W), floating, of the images with these numbers, ascending; rows beyond those are run and not asked
    about. normalised: makes the network's input of pixels. What survives a change is the activation after it over that
    before, 1 where nothing is lost, at least 0, and the mean over the variants of a kind; NaN where there is no finite
    one.
    """
    channels, *size = net.input_shape
    wanted = [_WantedEntries.of(net.layers[name], one, images) for name, one in cases.items()]
    wanted = [one for one in wanted if len(one.rows)]
    before = dict(_read(net, normalised(pixels), {one.layer.name: (one, None) for one in wanted}))
    shares = {one.layer.name: [[] for _ in KINDS] for one in wanted}
    for change, looked in _by_change(wanted, (size[0], size[1]), channels).items():
        for name, after in _read(net, normalised(change.made(pixels)), looked):
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                share = np.maximum(after, 0) / before[name]
            known = (before[name] > 0) & np.isfinite(share)
            shares[name][KINDS.index(change.kind)].append(np.where(known, share, np.nan))
    return {one.layer.name: (one.rows, _means(shares[one.layer.name], len(one.rows))) for one in wanted}


def _means(shares: list[list[NDArray[np.float64]]], count: int) -> NDArray[np.float64]:
    """The means (count, kinds) over the variants of each kind, of those that are known."""
    made = np.full((count, len(shares)), np.nan)
    for column, variants in enumerate(shares):
        if variants:
            found = np.stack(variants)
            known = ~np.isnan(found)
            total = np.where(known, found, 0).sum(0)
            made[:, column] = np.divide(total, known.sum(0), out=np.full(count, np.nan), where=known.any(0))
    return made


@dataclass(frozen=True, eq=False)
class _WantedEntries:
    """The entries of a layer's output that cases about the images of a batch name: arrays (m,), position (m, 2).

    rows: of the cases. batch: of the batch.
    """

    layer: Layer
    rows: NDArray[np.int64]
    batch: NDArray[np.int64]
    channel: NDArray[np.int64]
    position: NDArray[np.int64]

    @classmethod
    def of(cls, layer: Layer, cases: TuningCases, images: NDArray[np.int64]) -> Self:
        rows = cases.on(images)
        batch = np.searchsorted(images, cases.image[rows])
        return cls(layer, rows, batch, cases.channel[rows], cases.position[rows])

    def read(self, output: Tensor, look: Look | None) -> NDArray[np.float64]:
        """Their values (m,) in an output (n, C, h, w) or (n, C), after a change; NaN for what is not on the map."""
        row, channel = (torch.from_numpy(at).to(output.device) for at in (self.batch, self.channel))
        if output.dim() == 2:
            return output[row, channel].double().cpu().numpy()
        at, inside = self.position, np.ones(len(self.rows), np.bool_)
        if look is not None:
            at, inside = look.places(at, (self.layer.height, self.layer.width))
        y, x = (torch.from_numpy(np.ascontiguousarray(at[:, axis])).to(output.device) for axis in range(2))
        return np.where(inside, output[row, channel, y, x].double().cpu().numpy(), np.nan)


def _read(
    net: Network, inputs: Tensor, asked: Mapping[str, tuple[_WantedEntries, Look | None]]
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """By layer the values of what is wanted of it, of inputs (n, C, H, W)."""
    for name, output in net.stream(inputs, list(asked)):
        wanted, look = asked[name]
        yield name, wanted.read(output, look)


def _by_change(
    wanted: Sequence[_WantedEntries], size: tuple[int, int], channels: int
) -> dict[ImageChange, dict[str, tuple[_WantedEntries, Look]]]:
    """Each change once, with what is looked at after it, by layer."""
    found: dict[ImageChange, dict[str, tuple[_WantedEntries, Look]]] = {}
    for one in wanted:
        for variants in looks(one.layer, size, channels).values():
            for look in variants:
                found.setdefault(look.change, {})[one.layer.name] = (one, look)
    return found


__all__ = ["TuningCases", "kept_of"]
