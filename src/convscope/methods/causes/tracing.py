"""What fed a unit on an image: activation times the signal carried back, unit by unit of earlier layers.

Signals go by the gradient's rule, with switches, gates and normalisers as they were (`convscope.graph.accounting`). A
unit of a lower layer gives its activation times the signal that comes to it. In a piecewise linear network what a
layer's units give, what passes round the layer, and the biases of the steps between add up to the activation. What a
node gives is taken apart further down the same way: its signal alone goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.arguments import at_least, expected
from convscope.errors import ShapeError, UsageError
from convscope.graph import Network, Unit, UnitLike
from convscope.graph.accounting import AS_THEY_WERE, Account, asked, shares
from convscope.graph.boxes import Signal, whole, whole_origin
from convscope.graph.nouns import Value
from convscope.graph.pulling import Context, seed_signal
from convscope.graph.running import as_map
from convscope.graph.steps import Step
from convscope.methods.causes.graph import Balance, Bearing, CauseEdge, CauseGraph, CauseNode, Nodes
from convscope.methods.stepwise import run_stepwise
from convscope.settings import usual_settings

USUAL_LAYERS = 3


def cause_layers(net: Network, unit: UnitLike) -> tuple[str, ...]:
    """The layers to look at where nobody says: the last three stages that the unit is computed from, from it down.

    Raises:
        UsageError: for a unit of the first layers, that no other is computed into.
    """
    layer = net.unit(unit).layer
    below = {step.index for step in net.cone(layer, AS_THEY_WERE)} - {net.index_of(layer)}
    stages = [name for name in net.layers.stages() if net.index_of(name) in below]
    if not stages:
        stages = [one.name for one in net.layers if net.index_of(one.name) in below]
    if not stages:
        raise UsageError(f"'{layer}' is the first layer: no unit of another feeds it")
    return tuple(stages[: -USUAL_LAYERS - 1 : -1])


@usual_settings()
def causes(
    net: Network,
    image: Tensor,
    unit: UnitLike,
    layers: Sequence[str] | None = None,
    *,
    most: int = 10,
    nodes: Nodes = "units",
    direction: Bearing = "either",
    advanced: Callable[[float], None] | None = None,
) -> CauseGraph:
    """What fed a unit, or a difference of two, on a normalised image (C, H, W), through `layers`.

    Args:
        net: the network.
        image: the image.
        unit: the unit; without a position where it is the strongest.
        layers: those whose units are the causes, in any order; None for the last three stages below the unit.
        most: how many units of each layer are followed: those that give the most through the ones above, in either
            direction.
        nodes: what stands for itself: "units" with all of their map, or "positions" of units.
        direction: those that give the most "for" the unit alone, or "against" it; "either".
        advanced: called between steps with the share that is done; what it raises ends the work.

    Raises:
        UsageError: for layers that do not feed the unit, or each other; for options that make no sense. UnknownLayer:
            for a layer or unit that does not exist. ShapeError: for an image of another shape.

    >>> from torch import nn
    >>> layers = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 4, 3), nn.Flatten(), nn.Linear(256, 5))
    >>> net = Network.trace(layers.double(), (3, 12, 12))
    >>> found = causes(net, torch.rand(3, 12, 12, dtype=torch.float64), "4:3", ["2", "1"], most=3)
    >>> len(found.nodes), len(found.edges), max(abs(balance.remainder) for balance in found.balances) < 1e-9
    (7, 12, True)
    """
    if image.dim() != 3:
        raise ShapeError(f"causes are those on one image (C, H, W), found {tuple(image.shape)}")
    at_least(1, most=most)
    expected("nodes", nodes, Nodes)
    expected("direction", direction, Bearing)
    wanted = net.unit(unit)
    named = _named(net, wanted, layers)
    net = net.through([name for name in named if name != wanted.layer])
    ordered = _ordered(net, wanted, named)
    told = None if advanced is None else _Told(advanced, 2 * len(ordered))
    tracer = _Tracer.of(net, net.check_images(image[None]), wanted, ordered, told)
    return tracer.graph(most, nodes, direction)


def _named(net: Network, unit: Unit, layers: Sequence[str] | None) -> list[str]:
    """The layers that were asked for, by their full names, or else the usual ones."""
    if layers is not None and (isinstance(layers, str) or not len(layers)):
        raise UsageError(f"layers={layers!r}: give a list of one name or more, or leave it out")
    return list(cause_layers(net, unit)) if layers is None else [net.layers[name].name for name in layers]


def _ordered(net: Network, unit: Unit, named: Sequence[str]) -> list[str]:
    """The layers from the unit down, checked to feed it and each other."""
    ordered = sorted(dict.fromkeys(named), key=net.index_of, reverse=True)
    for above, name in zip([unit.layer, *ordered], ordered, strict=False):
        below = {step.index for step in net.cone(above, AS_THEY_WERE)} - {net.index_of(above)}
        if net.index_of(name) not in below:
            raise UsageError(f"layer '{name}' does not feed '{above}': name layers that feed {unit}, and each other")
    return ordered


@dataclass
class _Told:
    """Told how far each of several parts is, tells how far all are: the run forward, and the walks down."""

    advanced: Callable[[float], None]
    parts: int
    done: int = 0

    def __call__(self, share: float) -> None:
        self.advanced((self.done + share) / self.parts)

    def ended(self) -> None:
        """One part is done."""
        self.done += 1


class _OfOneImage(Context):
    """What steps ask for where all signals are on one image: its values need not be copied for each."""

    def forward(self, value: int) -> Tensor:
        """The image's value, for each signal."""
        kept = self.kept[value]
        return kept.expand(len(self.image), *kept.shape[1:]) if self.values[value].batched else kept


@dataclass
class _Tracer:
    """A unit on an image whose forward values are at hand."""

    net: Network
    unit: Unit
    value: float
    layers: Sequence[str]
    steps: list[Step]
    kept: Mapping[int, Tensor]
    values: Sequence[Value]
    told: _Told | None

    @classmethod
    def of(
        cls,
        net: Network,
        image: Tensor,
        unit: Unit,
        layers: Sequence[str],
        told: _Told | None,
    ) -> _Tracer:
        steps, target = net.cone(unit.layer, AS_THEY_WERE), net.index_of(unit.layer)
        wanted = {target}
        for layer in layers:
            wanted |= asked(steps, net.index_of(layer))
        kept = run_stepwise(net, image, wanted, folding="none", advanced=told)
        first, *less = (as_map(net.values[target], kept[target])[0, channel] for channel in unit.channels)
        map_of = first - less[0] if less else first
        if unit.position is None and net.values[target].layout is not None:
            at = int(map_of.nan_to_num(nan=-torch.inf).argmax())
            unit = replace(unit, position=(at // map_of.shape[1], at % map_of.shape[1]))
        value = float(map_of if unit.position is None else map_of[unit.position])
        values = [v if v.batched else replace(v, layout=None) for v in net.values]
        return cls(net, unit, value, layers, steps, kept, values, told)

    def graph(self, most: int, kind: Nodes, direction: Bearing = "either") -> CauseGraph:
        """The graph, layer by layer from the unit down."""
        trunk = own = Account.of(self.net.index_of(self.unit.layer), self._seed())
        level, done = [CauseNode(self.unit, self.value, self.value)], list[CauseNode]()
        edges, balances, amounts = list[CauseEdge](), list[Balance](), dict[str, NDArray[np.float64]]()
        for layer in self.layers:
            floor = self.net.index_of(layer)
            first = own is trunk
            trunk = self._carried(trunk, floor)
            balances += self._balances(layer, trunk, [self.value])
            full = self._parts(trunk, floor)[0]
            amounts[layer] = _of_units(full).cpu().numpy()
            if not level:  # nothing goes on through the layers above; what the layer gives in all is told all the same
                continue
            own = trunk if first else self._carried(own, floor)
            paths = self._parts(own, floor)
            chosen = _strongest(paths, most, kind, direction)
            there = full.cpu(), as_map(self.values[floor], self.kept[floor])[0].cpu()
            below = [self._node(layer, *there, at) for at in chosen]
            start = len(done)
            given = self._balances(layer, own, [node.amount for node in level])
            done += [replace(node, balance=balance) for node, balance in zip(level, given, strict=True)]
            for number, through in enumerate(_through(paths, chosen)):
                edges += [CauseEdge(len(done) + number, start + n, a) for n, a in enumerate(through) if a]
            level = below
            if level:
                own = self._apart(trunk, floor, chosen)
        return CauseGraph(
            unit=self.unit,
            value=self.value,
            layers=tuple(self.layers),
            nodes=(*done, *level),
            edges=tuple(edges),
            balances=tuple(balances),
            amounts=amounts,
            curved=", ".join(f"{count} {op}" for op, count in sorted(trunk.curved.items())),
        )

    # -- signals ------------------------------------------------------------------------------------------------------
    def _seed(self) -> Signal:
        """One, at the unit; and one taken away where it is a difference."""
        channel, *less = (torch.tensor([c], device=self.net.device) for c in self.unit.channels)
        at = None if self.unit.position is None else np.array([self.unit.position])
        target = self.net.index_of(self.unit.layer)
        one = torch.ones(1, dtype=self.net.dtype, device=self.net.device)
        return seed_signal(self.values[target], channel, at, one, less[0] if less else None)

    def _apart(self, trunk: Account, floor: int, chosen: Sequence[_NodePlace]) -> Account:
        """The signal at a layer, of each chosen node alone."""
        value = self.values[floor]
        signal = as_map(value, whole(trunk.pending[floor], value))[0]
        channel = torch.tensor([place[0] for place in chosen], device=signal.device)
        if value.layout is None or len(chosen[0]) > 1:
            amount = torch.stack([signal[place] for place in chosen])
            at = None if value.layout is None else np.array([place[1:] for place in chosen])
            return Account.of(floor, seed_signal(value, channel, at, amount))
        alone = signal.new_zeros(len(chosen), *value.shape)
        as_map(value, alone)[torch.arange(len(chosen)), channel] = signal[channel]
        if alone.dim() == 4:
            alone = alone.contiguous(memory_format=torch.channels_last)
        return Account.of(floor, Signal(alone, whole_origin(len(alone)), share=1 / len(signal)))

    def _carried(self, account: Account, floor: int) -> Account:
        """The account at the depth of a value; row by row where some value mixes the rows of a batch."""
        if self.told is not None:
            self.told.ended()
        rows = len(account.biases)
        if rows == 1 or all(self.values[s.index].batched for s in self.steps if s.call.result.depends):
            return account.carried(self.steps, floor, self._context(rows))
        each = [_row(account, row).carried(self.steps, floor, self._context(1)) for row in range(rows)]
        pending = {number: self._joined([one.pending.get(number) for one in each], number) for number in {
            number for one in each for number in one.pending
        }}  # fmt: skip
        return Account(pending, torch.cat([one.biases for one in each]), each[0].curved)

    def _context(self, rows: int) -> Context:
        image = torch.zeros(rows, dtype=torch.long, device=self.net.device)
        return _OfOneImage(AS_THEY_WERE, self.kept, self.values, image, advanced=self.told)

    def _joined(self, signals: Sequence[Signal | None], number: int) -> Signal:
        value = self.values[number]
        found = [None if one is None else whole(one, value) for one in signals]
        like = next(one for one in found if one is not None)
        tensor = torch.cat([torch.zeros_like(like) if one is None else one for one in found])
        return Signal(tensor, None if value.layout is None else whole_origin(len(tensor)))

    # -- what they make of values -------------------------------------------------------------------------------------
    def _parts(self, account: Account, floor: int) -> Tensor:
        """What each entry of a layer gives to each signal, (n, channels, ...), float64."""
        value, signal = self.values[floor], account.pending.get(floor)
        kept = as_map(value, self.kept[floor]).double()
        if signal is None:
            return torch.zeros_like(kept).expand(len(account.biases), *kept.shape[1:])
        return as_map(value, whole(signal, value)).double() * kept

    def _balances(self, layer: str, account: Account, amounts: Sequence[float]) -> list[Balance]:
        """What each signal's amount is made of at the depth of a layer."""
        floor, biases = self.net.index_of(layer), account.biases.clone()
        parts, others = torch.zeros_like(biases), dict[str, Tensor]()
        for number, signal in account.pending.items():
            given = shares(signal, self.values[number], self.kept[number])
            if number == floor:
                parts = given
            elif self.values[number].depends:
                others["image" if number == 0 else self.net.steps[number - 1].name] = given
            else:
                biases += given
        given = torch.stack([parts, biases, *others.values()]).T.tolist()
        return [
            Balance(layer, amount, part, dict(zip(others, rest, strict=True)), bias)
            for amount, (part, bias, *rest) in zip(amounts, given, strict=True)
        ]

    @staticmethod
    def _node(layer: str, full: Tensor, values: Tensor, place: _NodePlace) -> CauseNode:
        """A unit, or a position of one, of a layer with `values` whose entries give `full` (channels, ...)."""
        channel, *at = place
        amount = float(_at(full, place).sum())
        if not at and full.dim() > 1:
            flat = int((full[channel] * (1 if amount >= 0 else -1)).argmax())
            at = [flat // full.shape[2], flat % full.shape[2]]
        position = (at[0], at[1]) if at else None
        return CauseNode(Unit(layer, channel, position), float(values[(channel, *at)]), amount)


_NodePlace = tuple[int, ...]
"""A channel, or a channel with a row and a column."""


def _at(entries: Tensor, place: _NodePlace) -> Tensor:
    return entries[place]


def _of_units(entries: Tensor) -> Tensor:
    """Sums over positions (channels,), of entries (channels, ...)."""
    return entries.reshape(len(entries), -1).sum(1)


def _through(paths: Tensor, chosen: Sequence[_NodePlace]) -> list[list[float]]:
    """What each chosen place gives through each path (n, channels, ...)."""
    if not chosen:
        return []
    alone = len(chosen[0]) == paths.dim() - 1
    entries = paths if alone else paths.flatten(2).sum(2)
    return entries[
        (slice(None), *(torch.tensor(at, device=paths.device) for at in zip(*chosen, strict=True)))
    ].T.tolist()


def _strongest(paths: Tensor, most: int, kind: Nodes, direction: Bearing) -> list[_NodePlace]:
    """The places that give the most through all of the paths (n, channels, ...), in a direction; none that give
    nothing."""
    through = paths.sum(0)
    through = _of_units(through) if kind == "units" else through
    flat = through.flatten()
    flat = flat.abs() if direction == "either" else flat if direction == "for" else -flat
    order = torch.argsort(flat, descending=True, stable=True)[:most]
    given = zip(order.tolist(), flat[order].tolist(), strict=True)
    places = [np.unravel_index(at, tuple(through.shape)) for at, amount in given if amount > 0]
    return [tuple(int(i) for i in place) for place in places]


def _row(account: Account, row: int) -> Account:
    pending = {
        number: Signal(s.tensor[row : row + 1], None if s.origin is None else s.origin[row : row + 1], owned=False)
        for number, s in account.pending.items()
    }
    return Account(pending, account.biases[row : row + 1], account.curved)


__all__ = ["USUAL_LAYERS", "causes", "cause_layers"]
