"""How many signs of features pairs of masks have in common, of very many pairs.

It is a kernel because NumPy writes what it reads before it counts a bit of it: 11 microseconds for a pair of 86,528
features, where the loop takes 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convscope.kernels import machine
from convscope.kernels.kernel import Kernel

Words = NDArray[np.uint64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Packed:
    """Three-valued signs of the features of m masks, two bits each, a row after the other without what is zero around.

    up, down: the words of all rows. spans: (m, 3) where a row starts among them, and which words of the features they
    are, from the first on to before the last. changed: (m,) how many signs are not zero.
    """

    up: Words
    down: Words
    spans: Ints
    changed: Ints

    @classmethod
    def of(cls, rows: Sequence[tuple[Words, Words, int]]) -> Packed:
        """Of the words of each row, up and down, and the number of the first."""
        lengths = np.array([len(up) for up, _, _ in rows], np.int64)
        starts = np.concatenate([[0], lengths.cumsum()[:-1]]) if len(rows) else lengths
        first = np.array([at for _, _, at in rows], np.int64)
        changed = np.array([np.bitwise_count(up | down).sum(dtype=np.int64) for up, down, _ in rows], np.int64)
        none = np.zeros(0, np.uint64)
        up, down = (np.concatenate([none, *(row[side] for row in rows)]) for side in (0, 1))
        return cls(up, down, np.stack([starts, first, first + lengths], 1), changed)

    def __len__(self) -> int:
        return len(self.spans)

    @property
    def bytes(self) -> int:
        """How much memory it takes."""
        return self.up.nbytes + self.down.nbytes


def pack(signs: NDArray[np.int8]) -> list[tuple[Words, Words, int]]:
    """Signs (m, features) as words, of each row from its first word that is not zero on, and the number of that."""
    words = -(-signs.shape[1] // 64)
    bits = np.zeros((2, len(signs), 8 * words), np.uint8)
    for side, chosen in enumerate((signs > 0, signs < 0)):
        packed = np.packbits(chosen, axis=1)
        bits[side, :, : packed.shape[1]] = packed
    up, down = bits.view(np.uint64)
    found = []
    for u, d in zip(up, down, strict=True):
        there = np.flatnonzero(u | d)
        low, high = (there[0], there[-1] + 1) if len(there) else (0, 0)
        found.append((u[low:high].copy(), d[low:high].copy(), int(low)))
    return found


def _accepts(one: Packed, other: Packed, rows: Ints) -> bool:
    return machine.loops_win()


def _by_loop(one: Packed, other: Packed, rows: Ints) -> Ints:
    from convscope.kernels.loops import agreeing as loops

    out = np.zeros((len(rows), 2), np.int64)
    pairs = np.ascontiguousarray(rows, np.int64)
    loops.overlaps(one.up, one.down, one.spans, other.up, other.down, other.spans, pairs, out)
    return out


def _by_numpy(one: Packed, other: Packed, rows: Ints) -> Ints:
    out = np.zeros((len(rows), 2), np.int64)
    spans, others = one.spans.tolist(), other.spans.tolist()
    for s, (a, b) in enumerate(rows.tolist()):
        (start, first, last), (at, begin, end) = spans[a], others[b]
        low, high = max(first, begin), min(last, end)
        if low < high:
            mine, theirs = slice(start + low - first, start + high - first), slice(at + low - begin, at + high - begin)
            u, d, v, e = one.up[mine], one.down[mine], other.up[theirs], other.down[theirs]
            out[s] = np.bitwise_count((u | d) & (v | e)).sum(), np.bitwise_count((u & v) | (d & e)).sum()
    return out


overlaps = Kernel(accepts=_accepts, compiled=_by_loop, plain=_by_numpy)
"""Of pairs of rows (s, 2) of two lots of signs: (s, 2) how many features change in both, and how many of them alike."""

__all__ = ["Packed", "overlaps", "pack"]
