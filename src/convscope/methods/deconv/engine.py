"""The deconvnet: one activation, all else zero, carried back to pixels (Zeiler & Fergus 2014, section 2.1).

Every network is a graph of steps; a projection is the `pull` motion over it from a one-hot signal. It works on the
boxes that the signal can reach, so that its cost is that of the receptive field and not of the image.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from convscope.arguments import checked
from convscope.errors import ShapeError, UsageError
from convscope.graph import Network, PullOptions, Report, Unit
from convscope.graph.boxes import Signal, paste
from convscope.graph.nouns import Value
from convscope.graph.options import Gates, LrnRule, OverlapRule, Rule, Smooth
from convscope.graph.pulling import Context, needed, pull, seed_signal
from convscope.graph.steps import Step
from convscope.methods.deconv.budget import projections_at_once, values_bytes
from convscope.methods.deconv.projection import ProjectedPixels, join_projections, reorder
from convscope.methods.workers import Workers, one_thread_workers
from convscope.settings import usual_settings
from convscope.shown import brief

SignalSize = Literal["activation", "one"]
Advanced = Callable[[float], None]
DEFAULT_MEMORY = 1 << 30
_FORWARD_AT_ONCE = 8  # on a CPU more images at once are no faster, and their maps leave the cache


@usual_settings()
def project(
    net: Network,
    images: Tensor,
    layer: str,
    *,
    image: Tensor | Sequence[int],
    channel: Tensor | Sequence[int],
    position: Tensor | np.ndarray | None = None,
    rule: Rule = "deconvnet",
    smooth: Smooth = "rectify",
    overlap: OverlapRule = "sum",
    lrn: LrnRule | None = None,
    gates: Gates | None = None,
    signal: SignalSize | Tensor = "activation",
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
) -> ProjectedPixels:
    """The projections of n units of one layer, each on an image of its own choice.

    Args:
        net: the network.
        images: normalised images (b, C, H, W).
        layer: the layer's name.
        image: (n,) which row of `images` each projection is on; channel: (n,) its unit.
        position: (n, 2) y, x in the layer's map, or None for the strongest; ignored for vectors.
        rule, smooth, overlap, lrn, gates, signal, memory: as for `deconv`; a tensor of signals is (n,).
        workers: how many one-thread workers share the work on a CPU, and into how many pieces it is cut, which decides
            last bits; by default as many as PyTorch would use threads, and a piece for each core.

    Raises:
        ShapeError: if image, channel, position and signal do not agree in length. UnknownLayer: for units out of range.
    """
    selection = Selection(layer, image, channel, position, signal)
    choices: dict[str, Any] = {"rule": rule, "smooth": smooth, "overlap": overlap, "lrn": lrn, "gates": gates}
    return project_all(net, images, [selection], memory=memory, workers=workers, **choices)[0]


@brief
@dataclass(frozen=True, eq=False)
class Selection:
    """n projections of one layer's units that are asked for, by `project_all`.

    image: (n,) which row of the images each is on. channel: (n,) its unit. position: (n, 2) y, x in the layer's map, or
    None for the strongest; of vectors there is none. signal: the signal's size, or (n,) of them. minus: (n,) the
    channels that are taken away in differences of two units, -1 for none; None: no differences.

    >>> Selection("conv1", image=[0, 0, 1], channel=[3, 5, 5])
    <Selection: layer 'conv1', image (0, 0, 1), channel (3, 5, 5), signal 'activation'>
    """

    layer: str
    image: Tensor | Sequence[int]
    channel: Tensor | Sequence[int]
    position: Tensor | np.ndarray | None = None
    signal: SignalSize | Tensor = "activation"
    minus: Tensor | Sequence[int] | None = None


@checked
@usual_settings()
def project_all(
    net: Network,
    images: Tensor,
    selections: Sequence[Selection],
    *,
    rule: Rule = "deconvnet",
    smooth: Smooth = "rectify",
    overlap: OverlapRule = "sum",
    lrn: LrnRule | None = None,
    gates: Gates | None = None,
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
) -> list[ProjectedPixels]:
    """The projections of several selections, in their order; an image that several name is run forward once for all.

    Args:
        net: the network.
        images: normalised images (b, C, H, W).
        selections: the units of a layer, each on an image of the batch, that are projected together.
        rule, smooth, overlap, lrn, gates: see `PullOptions`; for all selections alike.
        memory: about how many bytes the signals and kept maps of a block may take; blocks are made to fit.
        workers: how many one-thread workers share the work on a CPU, and into how many pieces it is cut, which decides
            last bits; by default as many as PyTorch would use threads, and a piece for each core.

    Raises:
        ShapeError: if a selection's parts do not agree in length, or it is empty. UnknownLayer: for units out of range.

    >>> layers = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU())
    >>> net = Network.trace(layers, (3, 16, 16))
    >>> found = project_all(net, torch.rand(2, 3, 16, 16), [Selection("1", [0, 1], [5, 5])])
    >>> found[0].pixels.shape
    torch.Size([2, 3, 3, 3])
    """
    options = PullOptions(rule, smooth, overlap, lrn, gates)
    batch = net.check_images(images)
    orders = [ProjectionOrder.of(net, batch, selection) for selection in selections]
    if not orders:
        return []
    used = torch.unique(torch.cat([order.rows for order in orders]))
    wanted = wanted_values(net, {order.layer for order in orders}, options)

    def block(span: tuple[int, int], inner: Workers) -> list[tuple[Tensor, ProjectedPixels] | None]:
        chosen = used[span[0] : span[1]]
        kept = net.run_values(batch[chosen], wanted, folding="none")
        if len(orders) >= inner.shares > 1:
            alone = Workers.none()
            return inner.map(lambda order: order.project(net, kept, chosen, options, memory, alone), orders)
        return [order.project(net, kept, chosen, options, memory, inner) for order in orders]

    with one_thread_workers(net.device, workers) as team:
        spans = list(_spans(net, len(used), wanted, memory, team.shares))
        if len(spans) >= team.shares:
            made = team.map(lambda span: block(span, Workers.none()), spans)
        else:
            made = [block(span, team) for span in spans]
    found = []
    for parts in zip(*made, strict=True):
        mine = [part for part in parts if part is not None]
        order = torch.argsort(torch.cat([at for at, _ in mine]))
        found.append(reorder(join_projections([part for _, part in mine]), order))
    return found


@dataclass(frozen=True, eq=False)
class ProjectionOrder:
    """A selection that has been checked: rows, channels, positions and seeds of its projections.

    They are on the host, whatever device computes: what they say decides what is computed. `signal` is on the device.
    """

    layer: str
    rows: Tensor
    channels: Tensor
    at: np.ndarray | None
    signal: SignalSize | Tensor
    minus: Tensor | None = None

    @classmethod
    def of(cls, net: Network, batch: Tensor, selection: Selection) -> ProjectionOrder:
        """The selection, checked; raises ShapeError and UnknownLayer as `project_all` does."""
        rows = torch.as_tensor(selection.image, dtype=torch.long, device="cpu")
        channels = torch.as_tensor(selection.channel, dtype=torch.long, device="cpu")
        position = selection.position.cpu() if isinstance(selection.position, Tensor) else selection.position
        at = None if position is None else np.asarray(position, dtype=np.int64)
        minus = selection.minus
        minus = None if minus is None else torch.as_tensor(minus, dtype=torch.long, device="cpu")
        _check_selection(net, selection.layer, len(batch), rows, channels, at, selection.signal, minus)
        if not len(rows):
            raise ShapeError("there is nothing to project: image and channel are empty")
        signal = selection.signal.to(batch.device) if isinstance(selection.signal, Tensor) else selection.signal
        return cls(selection.layer, rows, channels, at, signal, minus)

    def project(
        self,
        net: Network,
        kept: dict[int, Tensor],
        chosen: Tensor,
        options: PullOptions,
        memory: int,
        workers: Workers,
        advanced: Advanced | None = None,
    ) -> tuple[Tensor, ProjectedPixels] | None:
        """What falls on the images `chosen`, whose forward values are kept: which of the projections, and they."""
        mine = torch.nonzero(torch.isin(self.rows, chosen)).flatten()
        if not len(mine):
            return None
        at = None if self.at is None else self.at[mine.numpy()]
        signal = self.signal[mine] if isinstance(self.signal, Tensor) else self.signal
        channels, minus = self.channels[mine], None if self.minus is None else self.minus[mine]
        images, *there = _all_to(
            net.device, self.rows[mine], torch.searchsorted(chosen, self.rows[mine]), channels, minus
        )
        wanted = _Wanted(self.layer, there[0], there[1], at, None if minus is None else there[2], (channels, minus))
        part = _project_kept(net, kept, wanted, signal, options, memory, workers, advanced)
        return mine, replace(part, images=images)


def _all_to(device: torch.device, *numbers: Tensor | None) -> list[Tensor]:
    """Tensors (n,) of whole numbers on a device, sent there together; None is left out."""
    known = [one for one in numbers if one is not None]
    return known if device.type == "cpu" else list(torch.stack(known).to(device).unbind())


def _check_selection(
    net: Network,
    layer: str,
    count: int,
    rows: Tensor,
    channels: Tensor,
    at: np.ndarray | None,
    signal: SignalSize | Tensor,
    minus: Tensor | None,
) -> None:
    n = len(rows)
    fits = all(one.shape == (n,) for one in (signal, minus) if isinstance(one, Tensor))
    if rows.shape != (n,) or channels.shape != (n,) or (at is not None and at.shape != (n, 2)) or not fits:
        raise ShapeError(
            "image, channel and minus are (n,), position is (n, 2) and a tensor of signals is (n,), all of one n"
        )
    if n and (int(rows.min()) < 0 or int(rows.max()) >= count):
        raise ShapeError(f"image holds rows {int(rows.min())} to {int(rows.max())}, but there are {count} images")
    extent = net.layers[layer]
    for channel in {int(channels.min()), int(channels.max())} if n else ():
        net.unit(Unit(extent.name, channel))
    for channel, less in {*zip(channels.tolist(), minus.tolist(), strict=True)} if minus is not None else ():
        net.unit(Unit(extent.name, channel, minus=None if less == -1 else less))
    if at is not None and n and extent.spatial:
        for y, x in (at.min(0), at.max(0)):
            net.unit(Unit(extent.name, 0, (int(y), int(x))))


# -- forward ----------------------------------------------------------------------------------------------------------
def wanted_values(net: Network, layers: set[str], options: PullOptions) -> set[int]:
    """The forward values that projecting units of the layers will need."""
    wanted = {net.index_of(layer) for layer in layers} | {0}
    for layer in layers:
        wanted |= needed(net.cone(layer, options), net.values, options)
    return wanted


def _spans(net: Network, count: int, wanted: set[int], memory: int, shares: int) -> Iterator[tuple[int, int]]:
    """Ranges [first, last) of images to run forward together: what fits the memory and gives every core its share."""
    size = max(1, memory // max(values_bytes(net, wanted), 1)) if net.program.any_batch else 1
    if net.device.type == "cpu":
        size = min(size, _FORWARD_AT_ONCE, max(1, -(-count // shares)))
    for first in range(0, count, size):
        yield first, min(first + size, count)


@dataclass(frozen=True, eq=False)
class _Wanted:
    """Units (m,) of a layer on images by their rows (m,); without positions (m, 2), where each is strongest.

    minus: (m,) what is taken away in differences of two, -1 for none. named: channel and minus on the host.
    """

    layer: str
    rows: Tensor
    channel: Tensor
    position: np.ndarray | None
    minus: Tensor | None
    named: tuple[Tensor, Tensor | None]

    def part(self, block: slice) -> _Wanted:
        """Some of them."""
        at = None if self.position is None else self.position[block]
        less = None if self.minus is None else self.minus[block]
        return replace(self, rows=self.rows[block], channel=self.channel[block], position=at, minus=less)

    def placed(self, maps: Tensor, value: Value) -> _Wanted:
        """The same with positions: where none were asked for, each unit's strongest; none of vectors."""
        if value.layout is None:
            return replace(self, position=None)
        if self.position is not None:
            return self
        flat = self._read(maps).flatten(1).nan_to_num(nan=-torch.inf, posinf=torch.inf, neginf=-torch.inf)
        best = flat.argmax(1).cpu().numpy()
        return replace(self, position=np.stack([best // value.size[1], best % value.size[1]], 1))

    def activations(self, maps: Tensor) -> Tensor:
        """The units' activations (m,)."""
        if self.position is None:
            return self._read(maps).reshape(len(self.rows), -1)[:, 0]
        y, x = torch.from_numpy(np.ascontiguousarray(self.position.T)).to(maps.device)
        return self._read(maps, y, x)

    def _read(self, maps: Tensor, *at: Tensor) -> Tensor:
        found = maps[(self.rows, self.channel, *at)]
        if self.minus is None:
            return found
        less = maps[(self.rows, self.minus.clamp(min=0), *at)]
        there = (self.minus >= 0).reshape(-1, *[1] * (found.dim() - 1))
        return torch.where(there, found - less, found)

    def units(self, layer: str) -> tuple[Unit, ...]:
        """What they are called."""
        count, (channels, taken) = len(self.rows), self.named
        positions = [None] * count if self.position is None else [(int(y), int(x)) for y, x in self.position.tolist()]
        less = [-1] * count if taken is None else taken.tolist()
        return tuple(
            Unit(layer, channel, at, None if minus < 0 else minus)
            for channel, at, minus in zip(channels.tolist(), positions, less, strict=True)
        )


def _project_kept(
    net: Network,
    kept: dict[int, Tensor],
    wanted: _Wanted,
    signal: SignalSize | Tensor,
    options: PullOptions,
    memory: int,
    workers: Workers,
    advanced: Advanced | None,
) -> ProjectedPixels:
    """Projections from forward values that are at hand, in blocks that fit the memory, shared among the workers."""
    layer, rows = wanted.layer, wanted.rows
    target = net.index_of(layer)
    value = net.values[target]
    maps = kept[target] if value.channel_dim in (None, 1) else kept[target].movedim(value.channel_dim, 1)
    placed = wanted.placed(maps, value)
    activation, position = placed.activations(maps).to(net.dtype), placed.position  # with autocast it may be another
    amount = _amount(signal, activation)
    steps = net.cone(layer, options)

    def pull_block(block: slice) -> tuple[Signal, Report]:
        return _pull_block(net, kept, steps, placed.part(block), amount[block], options, advanced)

    size = projections_at_once(net, layer, memory, options) if _row_wise(net, layer) else 1
    size = min(size, max(1, -(-len(rows) // workers.shares)))
    parts = workers.map(pull_block, [slice(first, first + size) for first in range(0, len(rows), size)])
    name, size_of_image = net.layers[layer].name, net.input_shape[1:]
    units = placed.units(name)
    boxes = (
        _whole_images(len(rows), size_of_image)
        if position is None
        else net.crops(layer, position, gates=options.treated)
    )
    pixels = _on_boxes([signal for signal, _ in parts], boxes)
    undefined = ~pixels.sum((1, 2, 3)).isfinite()
    counted = torch.stack([(activation < 0).sum(), undefined.sum()]).tolist()  # the device is asked once
    report = replace(parts[0][1], undefined=counted[1])
    if isinstance(signal, str) and signal == "activation":
        report = replace(report, against=counted[0], of=len(rows))
    return ProjectedPixels(name, pixels, boxes, units, rows, activation.float(), size_of_image, report)


def _amount(signal: SignalSize | Tensor, activation: Tensor) -> Tensor:
    if isinstance(signal, Tensor):
        return signal.to(activation)
    if signal not in ("activation", "one"):
        raise UsageError(f"signal={signal!r} is not a choice; choose 'activation', 'one', or give a tensor")
    return activation if signal == "activation" else torch.ones_like(activation)


def _row_wise(net: Network, layer: str) -> bool:
    """Whether row i of every value belongs to image i, so that projections of several images can share a block."""
    return net.program.any_batch and all(net.values[s.index].batched for s in net.cone(layer) if s.call.result.depends)


def _pull_block(
    net: Network,
    kept: dict[int, Tensor],
    steps: list[Step],
    wanted: _Wanted,
    amount: Tensor,
    options: PullOptions,
    advanced: Advanced | None,
) -> tuple[Signal, Report]:
    values, rows, target = net.values, wanted.rows, net.index_of(wanted.layer)
    if not all(values[s.index].batched for s in steps if s.call.result.depends):
        # A value that mixes batch and other dimensions cannot be taken apart by row: run this image by itself.
        kept = net.run_values(kept[0][rows], set(kept), folding="none")
        rows = torch.zeros_like(rows)
        values = [v if v.batched else replace(v, layout=None) for v in values]
    context = Context(options, kept, values, rows, advanced=advanced)
    seed = seed_signal(values[target], wanted.channel, wanted.position, amount, wanted.minus)
    return pull(steps, target, seed, context), context.report


# -- results ----------------------------------------------------------------------------------------------------------
def _whole_images(count: int, image: tuple[int, int]) -> Tensor:
    return torch.tensor([[0, 0, *image]], dtype=torch.int64, device="cpu").repeat(count, 1)


def _on_boxes(parts: Sequence[Signal], boxes: Tensor) -> Tensor:
    """The pixels of several blocks, one after the other, on their units' receptive-field boxes.

    A signal's own box may be smaller, where a map below ends before the field does, or larger, where a step worked on
    the whole map; beyond the receptive field it is zero.
    """
    origin, pixels, first = boxes[:, :2].numpy(), [], 0
    height, width = (boxes[0, 2:] - boxes[0, :2]).tolist()
    for signal in parts:
        last = first + len(signal.tensor)
        pixels.append(paste(signal, (2, 3), origin[first:last], (height, width)).tensor)
        first = last
    return torch.cat(pixels)
