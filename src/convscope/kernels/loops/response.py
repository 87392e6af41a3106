"""Response normalisation in one reading of its operands: the loops of `kernels.response`.

(Unpooling and batch norm with a ReLU were tried as well, and gained little or nothing.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convscope.kernels.loops.compiling import loop

Floats = NDArray[np.float32]


@loop
def _window_sums(values: Floats, before: int, after: int, sums: Floats) -> None:
    """The sums of windows of a row of channels, from so many entries before each to so many after it."""
    length = len(values)
    sums[:] = values
    for shift in range(1, min(after, length - 1) + 1):
        for c in range(length - shift):
            sums[c] += values[c + shift]
    for shift in range(1, min(before, length - 1) + 1):
        for c in range(shift, length):
            sums[c] += values[c - shift]


@loop
def normalise_response(x: Floats, before: int, after: int, factor: float, k: float, out: Floats) -> None:
    """Local response normalisation with the exponent 3/4 of positions (p, channels): x / (k + factor sum(x^2))^0.75,
    the sum from so many channels before each to so many after it."""
    positions, channels = x.shape
    squares, d = np.empty(channels, np.float32), np.empty(channels, np.float32)
    scale, constant = np.float32(factor), np.float32(k)
    for p in range(positions):
        row, made = x[p], out[p]
        for c in range(channels):
            squares[c] = row[c] * row[c]
        _window_sums(squares, before, after, d)
        for c in range(channels):
            root = np.float32(1) / np.sqrt(d[c] * scale + constant)
            made[c] = np.sqrt(root) * root * row[c]


@loop
def response_gradient(x: Floats, g: Floats, before: int, after: int, factor: float, k: float, out: Floats) -> None:
    """The gradient of `normalise_response` at x that g, both (p, channels), arrives with."""
    positions, channels = x.shape
    values, d, shares = (np.empty(channels, np.float32), np.empty(channels, np.float32), np.empty(channels, np.float32))
    scale, constant, outer = np.float32(factor), np.float32(k), np.float32(-1.5 * factor)
    for p in range(positions):
        row, arrived, made = x[p], g[p], out[p]
        for c in range(channels):
            values[c] = row[c] * row[c]
        _window_sums(values, before, after, d)
        for c in range(channels):
            d[c] = d[c] * scale + constant
            root = np.float32(1) / np.sqrt(d[c])
            made[c] = arrived[c] * (np.sqrt(root) * root)
            values[c] = made[c] * row[c] / d[c]
        _window_sums(values, after, before, shares)
        for c in range(channels):
            made[c] += outer * row[c] * shares[c]
