"""How many images and projections fit a memory budget: boxes are counted before they are made."""

from __future__ import annotations

import math
from collections.abc import Iterable

from convscope.graph import Network, PullOptions
from convscope.graph.steps import Step

_SIMULTANEOUS = 4  # a signal, its successor, a forward box and one of a meeting path
_BLOCK = 56 << 20  # a block's largest signal on a CPU: smaller ones cost more calls, larger ones more page faults


def values_bytes(net: Network, wanted: Iterable[int]) -> int:
    """The bytes that the wanted values of one image take."""
    return net.dtype.itemsize * sum(math.prod(net.values[i].shape) for i in wanted)


def box_sizes(net: Network, layer: str, options: PullOptions) -> dict[int, tuple[int, int]]:
    """For each map in a layer's cone, the size of the box that one unit's signal takes there."""
    target = net.index_of(layer)
    sizes: dict[int, tuple[int, int]] = {}
    if net.values[target].layout is not None:
        sizes[target] = (1, 1)
    for step in reversed(net.cone(layer, options)):
        for slot, number in enumerate(step.inputs):
            value = net.values[number]
            if value.layout is None or slot in step.held(options):
                continue
            grown = tuple(_grown(step, slot, axis, sizes.get(step.index), value.size[axis]) for axis in range(2))
            known = sizes.get(number, (0, 0))
            sizes[number] = (max(known[0], grown[0]), max(known[1], grown[1]))
    return sizes


def _grown(step: Step, slot: int, axis: int, size: tuple[int, int] | None, extent: int) -> int:
    span = None if size is None else step.place(slot, axis)
    if span is None or size is None:
        return extent
    if span.affine is None:
        ratio = int((span.stop - span.start).max())
        return min(size[axis] * ratio, extent)
    stride, _, window = span.affine
    return min((size[axis] - 1) * stride + window, extent)


def projections_at_once(net: Network, layer: str, memory: int, options: PullOptions, *, most: int = 128) -> int:
    """How many projections of a layer to carry back in one block, 1 to `most`."""
    target = net.index_of(layer)
    sizes = box_sizes(net, layer, options)
    largest = 1
    for number in {target, 0, *(i for step in net.cone(layer, options) for i in step.inputs)}:
        value = net.values[number]
        count = math.prod(value.shape)
        if value.layout is not None and number in sizes:
            count = count // max(math.prod(value.size), 1) * math.prod(sizes[number])
        largest = max(largest, count)
    each = largest * net.dtype.itemsize
    if net.device.type == "cpu":
        most = min(most, max(8, _BLOCK // each))
    return max(1, min(most, memory // (each * _SIMULTANEOUS)))
