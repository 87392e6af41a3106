"""JPEG's lossless mode (ITU-T T.81, annex H): the samples of an interval from its Huffman codes.

It is a kernel because every sample waits for the one before it, bit by bit, which Python does a hundred times slower;
and ours because a decoder at hand writes beyond its memory where a stream is damaged, and others may not come along.
Both ways are the same function: nothing is read or written that was not counted first.
"""

from __future__ import annotations

from collections.abc import Callable, MutableSequence, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from convscope.kernels.kernel import Kernel

CODES = 1 << 16
"""Entries of a table of codes: one for whatever the next 16 bits are."""


def _decode(
    data: Sequence[int],
    lengths: Sequence[int],
    symbols: Sequence[int],
    which: Sequence[int],
    columns: int,
    predictor: int,
    start: int,
    out: MutableSequence[int],
) -> int:
    """Fill `out` (rows, columns, components), flat; 0, or why it ends early."""
    components = len(which)
    row = columns * components
    held, count, at, beyond = 0, 0, 0, 0  # bits that are held, how many, and how many of them the data has not
    for place in range(len(out)):
        c, x, y = place % components, (place // components) % columns, place // row
        while count < 32:
            held = (held << 8) & 0xFFFFFFFFFF
            if at < len(data):
                held |= data[at]
                at += 1
            else:
                beyond += 8
            count += 8
        code = (which[c] << 16) + ((held >> (count - 16)) & 0xFFFF)
        length, size = lengths[code], symbols[code]
        if length == 0:
            return 1
        count -= length
        difference = 0
        if size == 16:
            difference = 32768
        elif size > 0:
            count -= size
            difference = (held >> count) & ((1 << size) - 1)
            if difference < 1 << (size - 1):
                difference -= (1 << size) - 1
        if count < beyond:
            return 2
        if y == 0 or x == 0:
            guess = start if y == 0 and x == 0 else (out[place - components] if y == 0 else out[place - row])
        else:
            a, b, d = out[place - components], out[place - row], out[place - row - components]
            guess = a
            if predictor == 2:
                guess = b
            elif predictor == 3:
                guess = d
            elif predictor == 4:
                guess = a + b - d
            elif predictor == 5:
                guess = a + ((b - d) >> 1)
            elif predictor == 6:
                guess = b + ((a - d) >> 1)
            elif predictor == 7:
                guess = (a + b) >> 1
        out[place] = (guess + difference) & 0xFFFF
    return 0


@cache
def _loop() -> Callable[..., int]:
    from convscope.kernels.loops.compiling import loop

    return loop(_decode)


Ints = NDArray[np.int64]
Samples = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Coding:
    """How samples are coded.

    lengths, symbols: flat tables, `CODES` entries for each: how long the code is that the next 16 bits begin with, 0
    for none, and how many bits its difference has, at most 16. which: each component's table. predictor: 1 to 7.
    start: the first guess.
    """

    lengths: Ints
    symbols: Ints
    which: Ints
    predictor: int
    start: int


def _takes(data: NDArray[np.uint8], shape: tuple[int, int], coding: Coding) -> bool:
    """Any interval."""
    return True


def _by_loop(data: NDArray[np.uint8], shape: tuple[int, int], coding: Coding) -> Samples:
    out = np.zeros(shape[0] * shape[1] * len(coding.which), np.int32)
    tables = coding.lengths, coding.symbols, coding.which
    _check(_loop()(data, *tables, shape[1], coding.predictor, coding.start, out))
    return out.reshape(*shape, len(coding.which))


def _by_python(data: NDArray[np.uint8], shape: tuple[int, int], coding: Coding) -> Samples:
    out = [0] * (shape[0] * shape[1] * len(coding.which))
    lengths, symbols, which = (one.tolist() for one in (coding.lengths, coding.symbols, coding.which))
    _check(_decode(data.tolist(), lengths, symbols, which, shape[1], coding.predictor, coding.start, out))
    return np.array(out, np.int32).reshape(*shape, len(which))


def _check(state: int) -> None:
    if state:
        raise ValueError("it has a code that its tables do not have" if state == 1 else "its data end early")


interval = Kernel(accepts=_takes, compiled=_by_loop, plain=_by_python)
"""The samples (rows, columns, components) of an interval's bytes, stuffing taken out, of a shape (rows, columns).

Raises ValueError where the data are damaged.
"""

__all__ = ["CODES", "Coding", "interval"]
