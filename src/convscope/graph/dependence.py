"""What the entries that an operation makes read of those it is given, as what it makes of marks.

A mark is a number of an entry of which the largest counts, such as the last pixel that it sees: what only moves entries
moves marks, and all else gives the largest of those that are read, over windows, along dimensions, or entry by entry.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from convscope.graph.steps import Step
from convscope.graph.steps.base import tensors_in
from convscope.graph.steps.entries import on_entries
from convscope.graph.steps.pointwise import Differentiated, Rectifying
from convscope.graph.steps.rearranging import MOVES

aten = torch.ops.aten


def reading(step: Step) -> Callable[..., Any] | None:
    """What is called as a step's operation is, and makes of marks what that makes of numbers; None where it is unknown.

    An entry's mark is the largest of those that it reads; constants come with marks of 0.
    """
    target = step.call.target
    if target in _RULES:
        return _RULES[target]
    if target in _MOVED:
        return target
    if isinstance(step, Rectifying):
        return _first
    return _each if on_entries(step.call) or isinstance(step, Differentiated) else None


def _each(*args: Any, **kwargs: Any) -> Tensor:
    """Entry by entry, of tensors that are broadcast."""
    found = [a.float() * 0 if not a.is_floating_point() else a for a in tensors_in((args, kwargs))]
    return reduce(torch.maximum, found)


def _first(x: Tensor, *_: Any, **__: Any) -> Tensor:
    """Entry by entry, of the first argument alone."""
    return x


def _dims(x: Tensor, dim: Any) -> list[int]:
    """The dimensions that are named; all where none is."""
    return [int(d) % x.dim() for d in ([dim] if isinstance(dim, int) else dim or range(x.dim()))]


def _reduced(x: Tensor, dim: Any = None, keepdim: bool = False, **_: Any) -> Tensor:
    """One for all along dimensions."""
    return x.amax(_dims(x, dim), keepdim=keepdim)


def _reduced_with(x: Tensor, _: Any = None, dim: Any = None, keepdim: bool = False, **__: Any) -> Tensor:
    """The same, of an operation whose second argument is how."""
    return _reduced(x, dim, keepdim)


def _deviation(x: Tensor, dim: Any = None, unbiased: Any = None, keepdim: bool = False, **_: Any) -> Tensor:
    return _reduced(x, dim, keepdim)


def _along(x: Tensor, dim: Any = -1, *_: Any, **__: Any) -> Tensor:
    """Each entry reads all along a dimension."""
    return x.amax(_dims(x, dim), keepdim=True).expand(x.shape)


def _sorted(x: Tensor, *args: Any, stable: Any = None, dim: int = -1, descending: bool = False) -> list[Tensor]:
    given = [a for a in args if not isinstance(a, bool) and a is not None]
    return [_along(x, given[0] if given else dim)] * 2


def _largest(x: Tensor, k: int, dim: int = -1, *_: Any, **__: Any) -> list[Tensor]:
    shape = list(x.shape)
    shape[dim] = k
    return [x.amax(_dims(x, dim), keepdim=True).expand(shape)] * 2


def _kth(x: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> list[Tensor]:
    return [_reduced(x, dim, keepdim)] * 2


def _so_far(x: Tensor, dim: int, **_: Any) -> Tensor:
    """Each entry reads those before it along a dimension."""
    return x.cummax(dim).values


def _last_dims(x: Tensor, shape: Sequence[int], *_: Any, **__: Any) -> Tensor:
    """Each entry reads all of the last dimensions."""
    return _along(x, list(range(-len(shape), 0)))


def _halves(x: Tensor, dim: int = -1) -> Tensor:
    return torch.maximum(*x.chunk(2, dim))


def _hot(x: Tensor, count: int = -1) -> Tensor:
    """A dimension more, all of which reads the one entry."""
    return x.unsqueeze(-1).expand(*x.shape, count)


def _looked_up(table: Tensor, x: Tensor, *_: Any) -> Tensor:
    return _hot(x, table.shape[-1])


# -- products of matrices ---------------------------------------------------------------------------------------------
def _matmul(a: Tensor, b: Tensor, **_: Any) -> Tensor:
    """Each entry reads a row of the first and a column of the second."""
    columns = b.amax(-2, keepdim=a.dim() > 1) if b.dim() > 1 else b.amax()
    found = torch.maximum(a.amax(-1, keepdim=True), columns)
    return found if b.dim() > 1 else found.squeeze(-1)


def _added_matmul(c: Tensor, a: Tensor, b: Tensor, **_: Any) -> Tensor:
    return torch.maximum(c, _matmul(a, b))


def _tensordot(a: Tensor, b: Tensor, dims_a: Sequence[int], dims_b: Sequence[int]) -> Tensor:
    """What is left of the first's dimensions, then of the second's; each entry reads all along the others."""
    a, b = (x.amax(_dims(x, list(dims))) if dims else x for x, dims in ((a, dims_a), (b, dims_b)))
    return torch.maximum(a.reshape(*a.shape, *[1] * b.dim()), b)


def _linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    return torch.maximum(x.amax(-1, keepdim=True), weight.amax(-1))


def _attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, *_: Any, **__: Any) -> Tensor:
    """Each entry reads its query, all keys and what it adds up of the values."""
    scores = _matmul(q, k.transpose(-1, -2))
    return _matmul(scores if mask is None else _each(scores, mask), v)


def _einsum(equation: str, operands: Sequence[Tensor], **_: Any) -> Tensor:
    """Each entry reads of every operand all along what is summed."""
    before, after = equation.replace(" ", "").split("->")
    if "." in equation:
        raise ValueError("dimensions without a letter")
    found = []
    for letters, operand in zip(before.split(","), operands, strict=True):
        if len(set(letters)) < len(letters):
            raise ValueError("a diagonal")
        gone = [at for at, letter in enumerate(letters) if letter not in after]
        kept = [letter for letter in letters if letter in after]
        x = operand.amax(gone) if gone else operand
        order = [kept.index(letter) for letter in after if letter in kept]
        shape = iter(x.permute(order).shape)
        found.append(x.permute(order).reshape([next(shape) if letter in kept else 1 for letter in after]))
    return reduce(torch.maximum, found)


# -- windows ----------------------------------------------------------------------------------------------------------
_POOLS: Mapping[int, Callable[..., Tensor]] = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}


def _list(given: Any, count: int) -> list[int]:
    """A number for each dimension; of one number, that for all."""
    given = [given] if isinstance(given, int) else list(given)
    return [int(n) for n in (given * count if len(given) == 1 else given)]


def _conv(
    x: Tensor,
    weight: Tensor,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    *rest: Any,
    groups: int = 1,
) -> Tensor:
    """Windows over positions, and all channels of a group."""
    if len(rest) > 1:  # transposed, output_padding, groups
        if rest[0]:
            raise ValueError("a transposed convolution")
        rest = rest[2:]
    groups, count = int(rest[0]) if rest else groups, weight.dim() - 2
    size, dilation = weight.shape[2:], _list(dilation, count)
    if isinstance(padding, str):
        wide = [d * (s - 1) if padding == "same" else 0 for d, s in zip(dilation, size, strict=True)]
        pads = [(one // 2, one - one // 2) for one in wide]
    else:
        pads = [(one, one) for one in _list(padding, count)]
    x = x.unflatten(1, (groups, -1)).amax(2)
    x = F.pad(x, [n for pair in reversed(pads) for n in pair])
    found = _POOLS[count](x, list(size), _list(stride, count), 0, dilation)
    return found.repeat_interleave(weight.shape[0] // groups, 1)


def _pool(count: int, *, dilated: bool) -> Callable[..., Any]:
    """Windows over `count` dimensions, of a maximum or of an average."""

    def pool(
        x: Tensor,
        size: Any,
        stride: Any = (),
        padding: Any = 0,
        *rest: Any,
        dilation: Any = 1,
        ceil_mode: bool = False,
        **_: Any,
    ) -> Any:
        if dilated:
            dilation, ceil_mode = (*rest, *(dilation, ceil_mode)[len(rest) :])
        else:
            ceil_mode = bool(rest[0]) if rest else ceil_mode
        return _POOLS[count](
            x,
            _list(size, count),
            _list(stride or size, count),
            _list(padding, count),
            _list(dilation, count) if dilated else 1,
            ceil_mode=ceil_mode,
        )

    return pool


def _two(made: Callable[..., Tensor]) -> Callable[..., list[Tensor]]:
    """Two results alike, of an operation that says where it found its numbers, too."""
    return lambda *args, **kwargs: [made(*args, **kwargs)] * 2


def _folded(x: Tensor, size: Any, kernel: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """Entries of windows back to positions, where those that overlap are added up."""
    kernel, size = _list(kernel, 2), _list(size, 2)
    numbers = torch.arange(1.0, math.prod(size) + 1, dtype=torch.float64).view(1, 1, *size)
    at: list[Any] = [_list(given, 2) for given in (dilation, padding, stride)]
    to = F.unfold(numbers, kernel, *at).long().flatten()
    from_ = x.reshape(len(x), -1, math.prod(kernel), x.shape[-1]).flatten(2)
    found = x.new_zeros(*from_.shape[:2], math.prod(size) + 1)
    return found.scatter_reduce(2, to.expand(from_.shape), from_, "amax")[..., 1:].unflatten(-1, size)


def _padded(x: Tensor, pad: Sequence[int], mode: Any = "constant", value: Any = None) -> Tensor:
    """What is put around sees nothing, if it is no part of the tensor itself."""
    return F.pad(x, list(pad), mode if isinstance(mode, str) else "constant")


_MOVED = frozenset(
    (
        *MOVES,
        aten.cat.default,
        aten.channel_shuffle.default,
        aten.chunk.default,
        aten.clone.default,
        aten.contiguous.default,
        aten.diagonal.default,
        aten.reflection_pad1d.default,
        aten.replication_pad1d.default,
        aten.select_scatter.default,
        aten.slice_scatter.default,
        aten.split.Tensor,
        aten.split_with_sizes.default,
        aten.stack.default,
        aten.tril.default,
        aten.triu.default,
        aten.unbind.int,
    )
)
"""What only moves entries, repeats them, or leaves some out."""

_RULES: Mapping[Any, Callable[..., Any]] = {
    **dict.fromkeys((aten.pad.default, aten.constant_pad_nd.default), _padded),
    **dict.fromkeys((aten.batch_norm.default, aten._native_batch_norm_legit_no_training.default), _first),
    **dict.fromkeys(
        (
            aten.all.dim,
            aten.amax.default,
            aten.amin.default,
            aten.any.dim,
            aten.argmax.default,
            aten.argmin.default,
            aten.logsumexp.default,
            aten.mean.dim,
            aten.prod.dim_int,
            aten.std.correction,
            aten.sum.dim_IntList,
            aten.var.correction,
        ),
        _reduced,
    ),
    **dict.fromkeys((aten.max.dim, aten.median.dim, aten.min.dim, aten.nanmedian.dim), _two(_reduced)),
    **dict.fromkeys((aten.std.dim, aten.var.dim), _deviation),
    **dict.fromkeys((aten.std_mean.dim, aten.var_mean.dim), _two(_deviation)),
    **dict.fromkeys((aten.std_mean.correction, aten.var_mean.correction), _two(_reduced)),
    **dict.fromkeys((aten.linalg_vector_norm.default, aten.norm.ScalarOpt_dim), _reduced_with),
    **dict.fromkeys(
        (
            aten.softmax.int,
            aten._softmax.default,
            aten.log_softmax.int,
            aten._log_softmax.default,
            aten.argsort.default,
        ),
        _along,
    ),
    **dict.fromkeys((aten.sort.default, aten.sort.stable), _sorted),
    aten.topk.default: _largest,
    aten.kthvalue.default: _kth,
    **dict.fromkeys((aten.cumprod.default, aten.cumsum.default, aten.logcumsumexp.default), _so_far),
    **dict.fromkeys((aten.cummax.default, aten.cummin.default), _two(_so_far)),
    **dict.fromkeys((aten.layer_norm.default, aten.rms_norm.default), _last_dims),
    aten.glu.default: _halves,
    aten.one_hot.default: _hot,
    aten.embedding.default: _looked_up,
    **dict.fromkeys((aten.bmm.default, aten.matmul.default, aten.mm.default), _matmul),
    **dict.fromkeys((aten.addmm.default, aten.baddbmm.default), _added_matmul),
    aten.linear.default: _linear,
    aten.tensordot.default: _tensordot,
    aten.einsum.default: _einsum,
    aten.scaled_dot_product_attention.default: _attention,
    **dict.fromkeys(
        (
            aten.conv1d.default,
            aten.conv1d.padding,
            aten.conv2d.default,
            aten.conv2d.padding,
            aten.conv3d.default,
            aten.conv3d.padding,
            aten.convolution.default,
        ),
        _conv,
    ),
    aten.avg_pool1d.default: _pool(1, dilated=False),
    aten.avg_pool2d.default: _pool(2, dilated=False),
    aten.avg_pool3d.default: _pool(3, dilated=False),
    aten.max_pool1d.default: _pool(1, dilated=True),
    aten.max_pool2d.default: _pool(2, dilated=True),
    aten.max_pool3d.default: _pool(3, dilated=True),
    aten.max_pool1d_with_indices.default: _two(_pool(1, dilated=True)),
    aten.max_pool2d_with_indices.default: _two(_pool(2, dilated=True)),
    aten.max_pool3d_with_indices.default: _two(_pool(3, dilated=True)),
    aten.adaptive_avg_pool1d.default: F.adaptive_max_pool1d,
    aten.adaptive_avg_pool2d.default: F.adaptive_max_pool2d,
    aten.adaptive_avg_pool3d.default: F.adaptive_max_pool3d,
    aten.adaptive_max_pool1d.default: _two(F.adaptive_max_pool1d),
    aten.adaptive_max_pool2d.default: _two(F.adaptive_max_pool2d),
    aten.adaptive_max_pool3d.default: _two(F.adaptive_max_pool3d),
    aten.col2im.default: _folded,
}


__all__ = ["reading"]
