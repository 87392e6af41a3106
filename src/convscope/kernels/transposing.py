"""Transposed convolutions of signals: of those that are mostly zero, multiplying only what is not.

It is a kernel because below a max pooling with stride 2 at least three quarters of a signal are zero, and rectifying
takes half of the rest and more: 5 to 12 % are left, and behind a ReLU alone 35 to 50 %, seldom two thirds.

Whether it pays is decided by what a signal came through, not by its numbers, and an image's sums are made in the same
order whatever others are carried back with it: so a projection's bits do not depend on them.

Against oneDNN on all entries, on one core: 2.8 to 8 times as fast below a max pooling, 1.1 to 1.6 behind a ReLU. What
was tried: blocks of 8 vectors (1.1 times slower with 128 channels, as fast with 64), of 4 (as fast); blocks of 64 or
256 channels (slower by up to 1.3); stretches of 512 or 1,024 positions (by up to 1.2); weights that do not begin on a
line of the cache (up to 2 times slower).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cached_property

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from convscope.kernels import machine
from convscope.kernels.kernel import Kernel
from convscope.kernels.order import looped, positions

_LINE = 16  # numbers in float32 that memory hands over together, and that a vector of the loops holds
_TOGETHER = 6  # vectors of weights, and of sums in registers
_WORTH = 0.55  # the share of all multiplications up to which it is faster than all of them by oneDNN, see above


class Transposed:
    """A convolution's weight (channels, few, height, width) in the forms that its adjoint is made with.

    Each is made when it is first asked for.
    """

    def __init__(self, weight: Tensor, stride: tuple[int, int], dilation: tuple[int, int], groups: int) -> None:
        self.weight, self.stride, self.dilation, self.groups = weight, stride, dilation, groups

    @cached_property
    def rows(self) -> WeightRows | None:
        """For signals that are mostly zero; None for dilated or grouped ones, or weights that are not float32."""
        plain = self.groups == 1 and self.dilation == (1, 1) and self.weight.dtype == torch.float32
        return WeightRows(self.weight) if plain else None

    @cached_property
    def blocks(self) -> BlockTranspose | None:
        """For inputs of few channels, such as pixels, where it is the faster one."""
        height, width = self.weight.shape[2:]
        square = height == width and self.stride[0] == self.stride[1] and self.dilation == (1, 1)
        on_cpu = self.weight.device.type == "cpu"
        if not (square and on_cpu) or self.groups > 1 or self.weight.shape[1] > 4 or height < self.stride[0]:
            return None
        return BlockTranspose(self.weight, self.stride[0])


class WeightRows:
    """The weight's rows as runs of memory in the output: columns of the kernel, with their channels side by side.

    Rows are filled up to whole vectors, and cut into blocks of so many vectors as registers take.
    """

    def __init__(self, weight: Tensor) -> None:
        channels, self.few, *self.kernel = weight.shape
        length = weight.shape[3] * self.few
        rows = weight.permute(0, 2, 3, 1).reshape(channels, weight.shape[2], length)
        rows = F.pad(rows, (0, -length % _LINE)).flatten(1)
        self.padding = rows.shape[1] / weight[0].numel()
        blocks = [rows[:, at : at + _TOGETHER * _LINE].flatten() for at in range(0, rows.shape[1], _TOGETHER * _LINE)]
        self.values = torch.cat(blocks)

    def pay(self, share: float) -> bool:
        """Whether they are the faster way for signals of which this share is not zero."""
        return share * self.padding < _WORTH


class BlockTranspose:
    """A transposed convolution to few channels, computed as a convolution whose channels are blocks of output pixels.

    Vector units work on 16 channels at a time, and 3 would leave most of them idle: 2 x 2 output pixels of 3 channels
    are 12. Output pixel block * Y + p of input i: out[o] = sum_i in[i] w[o - i * stride], so a block reads the inputs
    m * Y + j with block = m * stride and 0 <= p - j * stride < kernel.
    """

    def __init__(self, weight: Tensor, stride: int) -> None:
        self.kernel, self.stride = weight.shape[2], stride
        self.step = max(1, -(-2 // stride))
        self.block = self.step * stride
        self.before = (self.kernel - 1) // stride
        taps = self.step + self.before
        channels, few = weight.shape[:2]
        blocks = weight.new_zeros(few, self.block, self.block, channels, taps, taps)
        for t, p in self._pairs(taps):
            for u, q in self._pairs(taps):
                at = (p - (t - self.before) * stride, q - (u - self.before) * stride)
                blocks[:, p, q, :, t, u] = weight[:, :, at[0], at[1]].T
        weights = blocks.reshape(few * self.block**2, channels, taps, taps)
        self.weight = weights.contiguous(memory_format=torch.channels_last)

    def _pairs(self, taps: int) -> Iterator[tuple[int, int]]:
        """The (tap, pixel in block) pairs between which the kernel has an entry."""
        for tap, pixel in itertools.product(range(taps), range(self.block)):
            if 0 <= pixel - (tap - self.before) * self.stride < self.kernel:
                yield tap, pixel

    def __call__(self, signal: Tensor) -> Tensor:
        """The transposed convolution of signals (n, channels, h, w), without padding."""
        height, width = ((n - 1) * self.stride + self.kernel for n in signal.shape[2:])
        # What must follow the signal for the convolution to make all blocks; more makes blocks that are cut off.
        sizes = zip((height, width), signal.shape[2:], strict=True)
        after = max(-(-size // self.block) * self.step - n for size, n in sizes)
        if after <= self.before:
            blocks = F.conv2d(signal, self.weight, stride=self.step, padding=self.before)
        else:
            blocks = F.conv2d(F.pad(signal, (self.before, after) * 2), self.weight, stride=self.step)
        return F.pixel_shuffle(blocks, self.block)[:, :, :height, :width]


def _pays(signal: Tensor, transposed: Transposed, share: float) -> bool:
    if share >= 1 or not looped(signal):
        return False
    rows = transposed.rows
    return rows is not None and rows.pay(share)


def _add_rows(signal: Tensor, transposed: Transposed, share: float) -> Tensor:
    """inf or NaN in a signal, which times the zeros that fill up a row would not be zero, go the plain way, alone: the
    others' sums are made in the same order as ever."""
    made = _add_up(signal, transposed)
    if made is not None:
        return made
    if len(signal) == 1:
        return _transpose_all(signal, transposed, share)
    return torch.cat([_add_rows(one[None], transposed, share) for one in signal])


def _add_up(signal: Tensor, transposed: Transposed) -> Tensor | None:
    """The same, channels last; None where inf or NaN is among the signals."""
    from convscope.kernels.loops import transposing as loops

    rows, stride = transposed.rows, transposed.stride
    assert rows is not None
    (n, _, *size), kernel = signal.shape, rows.kernel
    height, width = ((v - 1) * s + k for v, s, k in zip(size, stride, kernel, strict=True))
    row = width * rows.few
    # The last vector of a kernel's row may reach beyond it, where it adds zeros.
    memory = signal.new_empty(n * height * row + _LINE)
    shifts = np.add.outer(np.arange(kernel[0]) * row, np.arange(0, kernel[1] * rows.few, _LINE)).ravel()
    steps = (height * row, stride[0] * row, stride[1] * rows.few)
    vectors, weights = machine.lists_by_vectors(), rows.values.numpy()
    if not loops.add_up(positions(signal), size[0], size[1], weights, shifts, steps, vectors, memory.numpy()):
        return None
    return memory.as_strided((n, rows.few, height, width), (height * row, 1, row, rows.few))


def _transpose_all(signal: Tensor, transposed: Transposed, share: float) -> Tensor:
    if transposed.blocks is not None:
        return transposed.blocks(signal)
    stride, dilation, groups = transposed.stride, transposed.dilation, transposed.groups
    return F.conv_transpose2d(signal, transposed.weight, stride=stride, dilation=dilation, groups=groups)


transpose = Kernel(accepts=_pays, compiled=_add_rows, plain=_transpose_all)
"""The transposed convolution, without padding, of signals (n, channels, h, w) of which about a `share` is not zero."""


__all__ = ["BlockTranspose", "WeightRows", "Transposed", "transpose"]
