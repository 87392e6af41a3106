"""How many bits two rows of signs share: the loops of `kernels.agreeing`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.kernels.loops.compiling import loop

Words = NDArray[np.uint64]
Ints = NDArray[np.int64]

# Numba makes floats of signed and unsigned numbers together, so all of these are unsigned.
_PAIRS, _FOURS, _EIGHTS = (np.uint64(mask) for mask in (0x5555555555555555, 0x3333333333333333, 0x0F0F0F0F0F0F0F0F))
_SUM = np.uint64(0x0101010101010101)
_ONE, _TWO, _FOUR, _TOP = (np.uint64(bits) for bits in (1, 2, 4, 56))


@loop
def _bits(word: Any) -> Any:
    """How many bits of a word are set; the compiler knows this form, and takes the processor's own instruction."""
    word = word - ((word >> _ONE) & _PAIRS)
    word = (word & _FOURS) + ((word >> _TWO) & _FOURS)
    return (((word + (word >> _FOUR)) & _EIGHTS) * _SUM) >> _TOP


@loop
def overlaps(
    up: Words, down: Words, spans: Ints, other_up: Words, other_down: Words, other_spans: Ints, rows: Ints,
    out: Ints,
) -> None:  # fmt: skip
    """out[s] = the bits set in both of rows[s], and those of the same sign; spans (m, 3): start, first, last word."""
    for s in range(len(rows)):
        start, first, last = spans[rows[s, 0]]
        other_start, other_first, other_last = other_spans[rows[s, 1]]
        low, high = max(first, other_first), min(last, other_last)
        both, same = np.uint64(0), np.uint64(0)
        at, beside = start - first, other_start - other_first
        for word in range(low, high):
            u, d = up[at + word], down[at + word]
            v, e = other_up[beside + word], other_down[beside + word]
            both += _bits((u | d) & (v | e))
            same += _bits((u & v) | (d & e))
        out[s, 0], out[s, 1] = both, same
