"""Student's t: its probabilities and quantiles."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

_TERMS = 300
_TINY = 1e-300


def two_sided(t: float, degrees: int) -> float:
    """The probability that Student's t is as far from zero as `t`, or further; NaN without degrees of freedom.

    >>> round(two_sided(2.2281388519649385, 10), 8), two_sided(0.0, 3)
    (0.05, 1.0)
    """
    if degrees < 1 or math.isnan(t):
        return math.nan
    if math.isinf(t):
        return 0.0
    return _incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t))


@cache
def quantile(confidence: float, degrees: int) -> float:
    """What Student's t is within with this probability; NaN without degrees of freedom.

    >>> round(quantile(0.95, 10), 8)
    2.22813885
    """
    if degrees < 1:
        return math.nan
    low, high = 0.0, 1.0
    while two_sided(high, degrees) > 1 - confidence:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if two_sided(middle, degrees) > 1 - confidence else (low, middle)
    return (low + high) / 2


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function, by Lentz's continued fraction."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    scale = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return scale * _fraction(a, b, x) / a
    return 1 - scale * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1 / _away(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _TERMS):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d, c = 1 / _away(1 + numerator * d), _away(1 + numerator / c)
            value *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return value


def _away(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


__all__ = ["quantile", "two_sided"]
