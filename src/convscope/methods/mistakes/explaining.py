"""Why a network preferred an answer to the true one on an image: what caused it, and what would have changed it.

Three things are asked of the contrast of the two, each exactly: which units of earlier layers feed it (`causes`), what
silencing each of these does to it and to the answer, beside units of the layer that are as active on this image, and
where covering a part of the image takes it away (`occlusion`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.arguments import at_least
from convscope.errors import ShapeError, UsageError
from convscope.graph import Network, Unit
from convscope.graph.running import as_map
from convscope.methods.causes import CauseGraph, CauseNode, causes
from convscope.methods.effects import CONTROLS, Silencer
from convscope.methods.mistakes.contrasts import Contrast
from convscope.methods.occlusion import Fill, occlusion
from convscope.methods.workers import one_thread_workers
from convscope.settings import usual_settings
from convscope.shown import brief

_PIECE = 16  # units that are pushed together: what they are rounded to does not depend on how many workers there are

Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]


@brief
@dataclass(frozen=True, eq=False)
class Explained:
    """Why an answer was preferred to the true one on an image; every amount is of their `Contrast`.

    contrast: by how much, () as all that has no shape said. covered, covered_answers: (rows, columns) the contrast
    and the answer with the square at each place. Of c units that feed it, layer by layer, the strongest of each
    first: layer: (c,) the number of the unit's layer, channel, position (c, 2) where it gives the most (-1 of a
    vector), value: (c,) its activation there, amount: (c,) what it gives. silenced, silenced_answers: (c,) the
    contrast and the answer without it. controls: (c,) how many units as active stand beside it, control: (c,) the
    mean contrast without one of them, control_changed, control_repaired: (c,) the shares of them without which the
    answer is another, and the true one. parts, others, biases, remainder: (l,) what the contrast is made of at each
    layer, see `causes.Balance`; of a value without what it should be, which no unit gives.
    """

    contrast: Doubles
    covered: NDArray[np.float32]
    covered_answers: Ints
    layer: Ints
    channel: Ints
    position: Ints
    value: Doubles
    amount: Doubles
    silenced: Doubles
    silenced_answers: Ints
    controls: Ints
    control: Doubles
    control_changed: Doubles
    control_repaired: Doubles
    parts: Doubles
    others: Doubles
    biases: Doubles
    remainder: Doubles

    def __len__(self) -> int:
        """How many units there are."""
        return len(self.channel)

    def unit(self, number: int, layers: Sequence[str]) -> Unit:
        """One of the units, of the layers that were asked about, with its position."""
        y, x = self.position[number].tolist()
        return Unit(layers[int(self.layer[number])], int(self.channel[number]), None if y < 0 else (y, x))

    def silenced_name(self, number: int, layers: Sequence[str]) -> str:
        """What is silenced of one of them: all of its map, so that it has no position."""
        return f"{layers[int(self.layer[number])]}:{self.channel[number]}"

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Everything, to be kept."""
        return {one.name: np.asarray(getattr(self, one.name)) for one in fields(self)}


@dataclass
class Explaining:
    """What explains mistakes of one network: through which `layers`, the `most` units of each, by which square.

    `layers` are then in the order in which `Explained` numbers them, the last of the network first.

    Raises:
        UsageError: for no layers, layers that the output does not depend on, networks that mix images, and options
            without sense.
    """

    net: Network
    layers: Sequence[str]
    most: int = 10
    size: tuple[int, int] | None = None
    stride: tuple[int, int] | None = None
    fill: Fill | Sequence[float] = "grey"
    workers: int | None = None

    def __post_init__(self) -> None:
        at_least(1, most=self.most)
        if not self.layers:
            raise UsageError("layers=[]: name one layer or more, whose units are the causes")
        named = {self.net.layers[layer].name for layer in self.layers}
        self.layers = sorted(named, key=self.net.index_of, reverse=True)
        self._silencers = {layer: Silencer(self.net, layer) for layer in self.layers}

    @usual_settings()
    def explain(self, image: Tensor, contrast: Contrast) -> Explained:
        """Why a contrast is what it is on a normalised image (C, H, W).

        Raises:
            UsageError: for layers that do not feed the contrast. ShapeError: for an image of another shape.

        >>> from torch import nn
        >>> body = [nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        >>> net = Network.trace(nn.Sequential(*body, nn.Linear(8, 4)), (3, 12, 12))
        >>> explaining = Explaining(net, ["1"], most=2, size=(4, 4), stride=(4, 4))
        >>> found = explaining.explain(torch.rand(3, 12, 12), Contrast.of(net, 3, 1))
        >>> len(found) <= 2, found.covered.shape
        (True, (3, 3))
        """
        if image.dim() != 3:
            raise ShapeError(f"a mistake is explained on one image (C, H, W), found {tuple(image.shape)}")
        batch, sign = self.net.check_images(image[None]), contrast.sign
        way = "for" if sign > 0 else "against"
        # Layer by layer: through others, units would count by what they give on the way through these.
        graphs = [causes(self.net, image, contrast.unit, [one], most=self.most, direction=way) for one in self.layers]
        nodes = [(n, node) for n, graph in enumerate(graphs) for node in graph.nodes[1:]]
        covered, answers = self._covered(batch, contrast)
        of_units: dict[str, Any] = {
            "layer": np.array([n for n, _ in nodes], np.int64),
            "channel": np.array([node.unit.channel for _, node in nodes], np.int64),
            "position": np.array([node.unit.position or (-1, -1) for _, node in nodes], np.int64).reshape(-1, 2),
            "value": np.array([node.value for _, node in nodes]),
            "amount": sign * np.array([node.amount for _, node in nodes]),
        }
        silenced = [self._silenced(batch, contrast, graph.layers[0], graph.nodes[1:]) for graph in graphs]
        return Explained(
            contrast=np.array(sign * (graphs[0].value - contrast.true)),
            covered=covered,
            covered_answers=answers,
            **of_units,
            **{name: np.concatenate([one[name] for one in silenced]) for name in silenced[0]},
            **_balances(graphs, sign),
        )

    def _covered(self, batch: Tensor, contrast: Contrast) -> tuple[NDArray[np.float32], Ints]:
        """The contrasts and the codes of the answers with the square at each place, both (rows, columns)."""
        choice = contrast.unit.minus is not None
        found = occlusion.occlude(
            self.net, batch, size=self.size, stride=self.stride, fill=self.fill, units=[contrast.unit],
            target=contrast.answer if choice else contrast.unit.channel, workers=self.workers,
        ).covered  # fmt: skip
        if choice:
            return found.units[0, 0], found.labels[0]
        values = torch.from_numpy(found.units[0, 0])
        return contrast.off(values).numpy(), contrast.answers(self.net.head, values.double()).numpy()

    def _silenced(self, batch: Tensor, contrast: Contrast, layer: str, nodes: Sequence[CauseNode]) -> dict[str, Any]:
        """What silencing each node does, and silencing the units as active as it."""
        silencer, number = self._silencers[layer], self.net.index_of(layer)
        base = self.net.run_values(batch, silencer.base | silencer.base_of_groups)
        maps = as_map(self.net.values[number], base[number])[0]
        squares = maps.double().square().flatten(1).mean(1) if maps.dim() > 1 else maps.double().square()
        asked = [node.unit.channel for node in nodes]
        beside = [_nearest(squares, channel) for channel in asked]
        channels = list(dict.fromkeys([*asked, *(one for each in beside for one in each)]))
        contrasts, answers = self._without(silencer, base, maps, channels, contrast)
        at = {channel: n for n, channel in enumerate(channels)}
        rows = np.array([at[channel] for channel in asked], np.int64)
        controls = [np.array([at[one] for one in each], np.int64) for each in beside]
        return {
            "silenced": contrasts[rows],
            "silenced_answers": answers[rows],
            "controls": np.array([len(each) for each in controls], np.int64),
            "control": np.array([_mean(contrasts[each]) for each in controls]),
            "control_changed": np.array([_mean(answers[each] != contrast.answer) for each in controls]),
            "control_repaired": np.array([_mean(answers[each] == contrast.truth) for each in controls]),
        }

    def _without(
        self, silencer: Silencer, base: dict[int, Tensor], maps: Tensor, channels: Sequence[int], contrast: Contrast
    ) -> tuple[Doubles, Ints]:
        """The contrasts and answers (c,) of the image without each of c units of a layer, whose values are `maps`."""
        if not channels:
            return np.zeros(0), np.zeros(0, np.int64)
        named = torch.tensor(channels, device=maps.device)
        # Of units that are silent nothing is to be computed: without them all is as it was.
        loud = maps[named].flatten(1).any(1) if maps.dim() > 1 else maps[named] != 0
        outputs = base[self.net.program.output].repeat_interleave(len(channels), 0)
        pieces = [piece for piece in torch.nonzero(loud).flatten().split(_PIECE) if len(piece)]
        with one_thread_workers(self.net.device, self.workers) as team:
            found = team.map(lambda piece: self._pushed(silencer, base, maps, named[piece]), pieces)
        for piece, some in zip(pieces, found, strict=True):
            outputs[piece] = some
        contrasts, answers = contrast.read(self.net.head, self.net.head.channels_first(outputs))
        return contrasts.cpu().numpy(), answers.cpu().numpy()

    def _pushed(self, silencer: Silencer, base: dict[int, Tensor], maps: Tensor, channels: Tensor) -> Tensor:
        """The outputs without each of some channels."""
        if silencer.takes_channels:
            return silencer.outputs(base, channels, maps.new_zeros(len(channels), *maps.shape[1:]))
        return torch.cat([self._without_one(silencer, base, channel) for channel in channels.tolist()])

    def _without_one(self, silencer: Silencer, base: dict[int, Tensor], channel: int) -> Tensor:
        """The same where channels are not the first dimension of the layer."""
        number = self.net.index_of(silencer.layer)
        whole = base[number].clone()
        as_map(self.net.values[number], whole)[0, channel] = 0
        return silencer.outputs_of_groups(base, whole)


def _nearest(squares: Tensor, channel: int) -> list[int]:
    """The other units nearest to one in mean squared activation."""
    distance = (squares - squares[channel]).abs()
    distance[channel] = torch.inf
    return torch.argsort(distance, stable=True)[: min(CONTROLS, len(distance) - 1)].tolist()


def _mean(values: NDArray[np.generic]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _balances(graphs: Sequence[CauseGraph], sign: int) -> dict[str, Any]:
    """What the contrast is made of, at the depth of each layer."""
    names = {"parts": "parts", "others": "by_other_ways", "biases": "biases", "remainder": "remainder"}
    found = [graph.balances[0] for graph in graphs]
    return {key: sign * np.array([getattr(one, name) for one in found]) for key, name in names.items()}


__all__ = ["Explained", "Explaining"]
