"""Where rows and columns are in what an operation makes: told from what it reads, guessed where it does not tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from convscope.graph.nouns import Value
from convscope.graph.steps import Call
from convscope.graph.steps.reshaping import PERMUTATIONS, VIEWS, permuted_layout, reshaped_layout

aten = torch.ops.aten

_CHANNELS_FIRST = {
    aten.conv2d.default,
    aten.conv2d.padding,
    aten.convolution.default,
    aten.conv_transpose2d.input,
    aten.max_pool2d.default,
    aten.avg_pool2d.default,
    aten.adaptive_avg_pool2d.default,
    aten.adaptive_max_pool2d.default,
}


def layout_of(call: Call, users: Iterable[Any]) -> tuple[int, int] | None:
    """The (y, x) dimensions of what a call makes, None where it is no map; `users` are the nodes that read it.

    A four-dimensional tensor whose origin is unknown is taken for channels first.
    """
    source, shape, target = call.sources[0], call.result.shape, call.target
    guessed = (2, 3) if len(shape) == 3 else None
    if target in VIEWS:
        layout = reshaped_layout(source.shape, source.layout, shape) or guessed
        tokens = source.layout is None and source.shape[-1:] == shape[-1:] and source.shape[:1] != shape[:1]
        windows = tokens and layout and not any(user.target in _CHANNELS_FIRST for user in users)
        return (1, 2) if windows else layout  # tokens or windows (..., c) become a map (h, w, c)
    if target in PERMUTATIONS:
        return permuted_layout(call) or guessed
    if target is aten.select.int:
        return _without(source, [int(call.args[1])])
    if target is aten.embedding.default and len(shape) == len(source.shape) + 1:
        return source.layout
    if target is aten.stack.default:
        return _stacked(call.sources, int(call.bind()["dim"]))
    if len(shape) < len(source.shape) and "dim" in _arguments(target):
        dims: Any = call.bind()["dim"]
        return _without(source, [dims] if isinstance(dims, int) else dims or []) or guessed
    if target not in _CHANNELS_FIRST and len(source.shape) == len(shape):
        return _common(call.sources, shape) or guessed
    return guessed


def _common(sources: Sequence[Value], shape: tuple[int, ...]) -> tuple[int, int] | None:
    """The layout that operands of the result's rank share; of several, that of the largest."""
    found = [v for v in sources if v.layout is not None and len(v.shape) == len(shape)]
    return max(found, key=lambda v: v.size[0] * v.size[1]).layout if found else None


def _arguments(target: Any) -> set[str]:
    """The names of an operator's arguments."""
    return {argument.name for argument in getattr(getattr(target, "_schema", None), "arguments", ())}


def _without(source: Value, dims: Sequence[int]) -> tuple[int, int] | None:
    """The layout when dimensions are gone; None if positions or the batch are among them."""
    gone = {int(dim) % (len(source.shape) + 1) for dim in dims}
    if source.layout is None or gone & {0, *source.layout}:
        return None
    y, x = (d - sum(g < d for g in gone) for d in source.layout)
    return (y, x)


def _stacked(sources: Sequence[Value], dim: int) -> tuple[int, int] | None:
    """The layout of maps of one layout that are stacked along a new dimension."""
    layouts = {v.layout for v in sources}
    if len(layouts) != 1 or None in layouts:
        return None
    dim %= len(sources[0].shape) + 2
    y, x = (d + (d >= dim) for d in sources[0].layout or ())
    return (y, x) if dim > 0 else None


__all__ = ["layout_of"]
