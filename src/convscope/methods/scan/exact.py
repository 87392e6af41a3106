"""Sums that come out the same to the last bit in whatever order their terms arrive.

Floating-point addition is not associative, so a scan split over workers or shards could not promise equal bytes. Here
a sum is an integer multiple of 2**-48 in two int64 limbs, `high * 2**52 + low` with 0 <= low < 2**52, and integer
addition is associative and commutative.

Resolution: a term is rounded to the nearest multiple of 2**-48 (3.6e-15); float32 terms of magnitude 2**-25 (3e-8) and
above are represented exactly. Range: a term beyond +-2**35 (3.4e10), infinite ones included, counts as +-2**35, and NaN
as 0; both are flagged. 2**31 terms at the limit fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LOW_BITS = 52
FRACTION_BITS = 48
LIMIT = 2.0**35
_MASK = np.int64((1 << LOW_BITS) - 1)
_UNIT = 2.0 ** (LOW_BITS - FRACTION_BITS)  # what 1 in the high limb is worth

Int64 = NDArray[np.int64]


@dataclass(frozen=True)
class ExactSum:
    """Sums of one shape, each in two int64 limbs; `zeros` makes it, `add` and `merge` change it in place."""

    high: Int64
    low: Int64

    @classmethod
    def zeros(cls, *shape: int) -> ExactSum:
        """Empty sums.

        >>> total = ExactSum.zeros(1)
        >>> for term in (1e10, 2**-20, -1e10):
        ...     _ = total.add(np.array([[term]], np.float32))
        >>> total.value().tolist() == [2**-20]
        True
        """
        return cls(np.zeros(shape, np.int64), np.zeros(shape, np.int64))

    def add(self, terms: NDArray[np.floating]) -> Int64:
        """How many of the terms (n, *shape) of each sum were flagged, n up to 512, after adding them."""
        high, low, flagged = split(terms)
        self._add(slice(None), high.sum(0), low.sum(0))
        return flagged.sum(0)

    def add_at(self, rows: Int64, terms: NDArray[np.floating]) -> None:
        """Add `terms` (n, ...) to the sums of `rows` (n,), which may repeat; negative rows are left out."""
        high, low, _ = split(terms)
        for i, row in enumerate(rows.tolist()):
            if row >= 0:
                self._add(row, high[i], low[i])

    def merge(self, other: ExactSum) -> None:
        """Add another's sums."""
        self._add(slice(None), other.high, other.low)

    def _add(self, where: int | slice, high: Int64, low: Int64) -> None:
        total = self.low[where] + low
        self.high[where] += high + (total >> LOW_BITS)  # the shift floors, so a negative low borrows
        self.low[where] = total & _MASK

    def value(self) -> NDArray[np.float64]:
        """The sums rounded to float64."""
        return self.high * _UNIT + self.low * 2.0**-FRACTION_BITS

    def copy(self) -> ExactSum:
        """The same sums in memory of their own."""
        return ExactSum(self.high.copy(), self.low.copy())


def split(terms: NDArray[np.floating]) -> tuple[Int64, Int64, NDArray[np.bool_]]:
    """The two limbs of every term, both of its sign, and whether it was flagged as out of range or NaN."""
    exact = terms.astype(np.float64)
    flagged = ~(np.abs(exact) <= LIMIT)
    if flagged.any():
        exact = np.clip(np.where(np.isnan(exact), 0.0, exact), -LIMIT, LIMIT)
    high = np.trunc(exact * (1 / _UNIT))
    # high * _UNIT holds the leading bits of the term, so the difference is exact.
    low = np.rint((exact - high * _UNIT) * 2.0**FRACTION_BITS)
    return high.astype(np.int64), low.astype(np.int64), flagged
