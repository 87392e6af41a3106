"""Convolutions and fully connected layers by oneDNN's own entries, where these are faster than PyTorch's choice.

It is a module because the entries are private to PyTorch, and may change their arguments or go with any release: each
is tried once, on a few numbers and against the public operation, when it is first needed, and not used where it is not
what is expected. They are not compiled by us, and the switch of the loops does not concern them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from convscope.kernels import machine

logger = logging.getLogger(__name__)

_LARGE_KERNEL = 1 << 14  # weights; below, setting oneDNN up may take longer than the product


@dataclass(frozen=True)
class Geometry:
    """How a convolution moves: (y, x) each; padding is that on both sides, or "same" or "valid"."""

    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] | str = (0, 0)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1

    def arguments(self) -> tuple[list[int], list[int], list[int], int]:
        """As oneDNN's entries take them: padding, stride, dilation, groups."""
        assert not isinstance(self.padding, str)
        return list(self.padding), list(self.stride), list(self.dilation), self.groups


# -- a convolution with what comes after it ---------------------------------------------------------------------------
def fuses(weight: Tensor, geometry: Geometry) -> bool:
    """Whether oneDNN takes a convolution with the sum and the ReLU after it, before it writes the output."""
    ours = weight.device.type == "cpu" and weight.dtype == torch.float32
    return ours and not isinstance(geometry.padding, str) and _fuses(weight.shape[0] == 1)


def fused(
    maps: Sequence[Tensor],
    weights: Sequence[Tensor],
    bias: Tensor | None,
    geometry: Geometry,
    *,
    added: Tensor | None = None,
    rectified: bool = False,
) -> Tensor:
    """The convolution of maps that stand side by side in channels, each with its slice of the weight; + added, which
    may be overwritten; then its positive part."""
    if not fuses(weights[0], geometry) or not all(map(_plain, (*maps, *(() if added is None else (added,))))):
        return _one_after_the_other(maps, weights, bias, geometry, added, rectified)
    done = added
    for i, (x, weight) in enumerate(zip(maps, weights, strict=True)):
        more = bias if i == 0 else None
        done = _pointwise(x, weight, more, geometry, done, rectified and i == len(maps) - 1)
    assert done is not None
    return done


def _plain(x: Tensor) -> bool:
    return x.dtype == torch.float32 and x.device.type == "cpu" and x.layout == torch.strided


def _pointwise(
    x: Tensor, weight: Tensor, bias: Tensor | None, geometry: Geometry, added: Tensor | None, rectified: bool
) -> Tensor:
    operator, arguments = torch.ops.mkldnn._convolution_pointwise, geometry.arguments()
    if added is None:
        return operator(x, weight, bias, *arguments, "relu" if rectified else "none", [], "")
    last = ("relu", [], "") if rectified else (None, [], None)
    return operator.binary(x, added, weight, bias, *arguments, "add", 1.0, *last)


def _one_after_the_other(
    maps: Sequence[Tensor],
    weights: Sequence[Tensor],
    bias: Tensor | None,
    geometry: Geometry,
    added: Tensor | None,
    rectified: bool,
) -> Tensor:
    """By PyTorch's own operations."""
    x, weight = maps[0], weights[0]
    if len(maps) > 1:
        x, weight = torch.cat(list(maps), 1), torch.cat(list(weights), 1)
    made = F.conv2d(x, weight, bias, geometry.stride, geometry.padding, geometry.dilation, geometry.groups)
    if added is not None:
        made = made.add_(added) if made.dtype == added.dtype else made + added
    return made.relu_() if rectified else made


@cache
def _fuses(one_channel: bool = False) -> bool:
    """Tried apart for outputs of one channel, whose sums torch 2.9's entry refuses ("could not create a memory")."""
    out = 1 if one_channel else 6
    x, weight, bias, other = _numbers(2, 3, 5, 4), _numbers(out, 3, 3, 3), _numbers(out), _numbers(2, out, 5, 4)
    geometry = Geometry(padding=(1, 1))
    cases = [(None, False), (None, True), (other, False), (other, True)]

    def tried(added: Tensor | None, rectified: bool) -> Tensor:
        return _pointwise(x, weight, bias, geometry, None if added is None else added.clone(), rectified)

    def expected(added: Tensor | None, rectified: bool) -> Tensor:
        return _one_after_the_other([x], [weight], bias, geometry, added, rectified)

    return all(_works("_convolution_pointwise", tried, expected, *case) for case in cases)


# -- a convolution by itself ------------------------------------------------------------------------------------------
def convolve(x: Tensor, weight: Tensor, bias: Tensor | None, geometry: Geometry) -> Tensor:
    """The convolution, by oneDNN where it pays.

    Of less than 16 images and a 1x1 kernel on one thread, and of one small image, `conv2d` makes a matrix product in a
    BLAS that is half as fast on some processors (torch 2.13, `use_mkldnn` in Convolution.cpp). On one thread of an AMD
    EPYC, with a 1x1 kernel and eight maps of 9 x 9, it takes 1.2 times as long with 64 x 64 channels, 1.9 with
    128 x 128, 2.5 with 256 x 256; of one map, 16 x 16 channels and 3x3, 0.3 times, which the limit keeps as they are.
    """
    large = weight.numel() >= _LARGE_KERNEL and _plain(x)
    if not large or torch.is_grad_enabled() or isinstance(geometry.padding, str) or not _convolves():
        return F.conv2d(x, weight, bias, geometry.stride, geometry.padding, geometry.dilation, geometry.groups)
    # `conv2d`'s own entry to oneDNN, without its choice.
    return torch.mkldnn_convolution(x, weight, bias, *geometry.arguments())


@cache
def _convolves() -> bool:
    x, weight, geometry = _numbers(2, 3, 5, 4), _numbers(6, 3, 3, 3), Geometry(padding=(1, 1))
    return _works(
        "mkldnn_convolution",
        lambda: torch.mkldnn_convolution(x, weight, None, *geometry.arguments()),
        lambda: F.conv2d(x, weight, padding=(1, 1)),
    )


# -- a fully connected layer ------------------------------------------------------------------------------------------
def linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """x (n, inputs) times the transposed weight (outputs, inputs), plus the bias; by oneDNN where it is the faster one
    (`machine.linear_by_onednn`)."""
    ours = _plain(x) and x.dim() == 2 and weight.dtype == torch.float32 and not torch.is_grad_enabled()
    if not ours or not machine.linear_by_onednn() or not _multiplies():
        return F.linear(x, weight, bias)
    return torch.ops.mkldnn._linear_pointwise(x.contiguous(), weight, bias, "none", [], "")


@cache
def _multiplies() -> bool:
    x, weight, bias = _numbers(3, 4), _numbers(5, 4), _numbers(5)
    return _works(
        "_linear_pointwise",
        lambda: torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], ""),
        lambda: F.linear(x, weight, bias),
    )


# -- trying -----------------------------------------------------------------------------------------------------------
def _numbers(*shape: int) -> Tensor:
    """Numbers of both signs, channels last if they are maps."""
    count = torch.Size(shape).numel()
    made = (torch.arange(count, dtype=torch.float32, device="cpu") * 7 % 11 - 5).reshape(shape)
    return made.contiguous(memory_format=torch.channels_last) if made.dim() == 4 else made


def _works(name: str, tried: Callable[..., Tensor], expected: Callable[..., Tensor], *arguments: Any) -> bool:
    """Whether an entry takes its arguments and gives what the public operation gives."""
    if not torch.backends.mkldnn.is_available():
        return False
    try:
        with torch.no_grad():
            found, wanted = tried(*arguments), expected(*arguments)
        works = found.shape == wanted.shape and torch.allclose(found, wanted, rtol=1e-4, atol=1e-4)
        reason = "its answer is another one"
    except (AttributeError, TypeError, ValueError, RuntimeError) as error:
        works, reason = False, str(error).partition("\n")[0]
    if not works:
        logger.info("torch %s has another oneDNN %s (%s): it is not used", torch.__version__, name, reason)
    return works


__all__ = ["Geometry", "convolve", "fused", "fuses", "linear"]
