"""How alike all units of a layer respond, small enough for a page: numbers of each whose products are similarities.

The page sorts a layer by likeness to any of its units. All pairs would grow with the square of the units, so each unit
gets the leading principal components of its responses to the sampled images, in bytes: the product of two units' is
their correlation, nearly. How nearly is measured over all pairs and kept with them.
"""

import base64
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BUDGET = 192 * 1024
"""Bytes of components a layer has at most (a third more as text); the page loads them when it sorts by likeness."""
_BLOCK = 512  # units compared together when the error is measured


@dataclass(frozen=True, eq=False)
class Alike:
    """Components of a layer's units: codes int8 (C, rank), all zero for units that respond to all images alike.

    scale**2 * codes[a] @ codes[b] is the correlation of units a and b, wrong by at most `error`.
    """

    codes: NDArray[np.int8]
    scale: float
    error: float

    def of(self, unit: int) -> NDArray[np.float64]:
        """The likeness (C,) of all units to one."""
        return self.scale**2 * (self.codes.astype(np.float64) @ self.codes[unit].astype(np.float64))

    def to_json(self, layer: str, images: int) -> dict[str, Any]:
        """What the page is given."""
        text = base64.b64encode(self.codes.tobytes()).decode()
        return {
            "layer": layer,
            "images": images,
            "rank": self.codes.shape[1],
            "scale": self.scale,
            "error": self.error,
            "codes": text,
        }


def correlations(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Rows (C, n) whose products are the Pearson correlations of units over images, from responses (n, C).

    Rows of units that respond to all images alike are zero, and responses that are no numbers count as zero.
    """
    rows = np.where(np.isfinite(values), values, 0).T.astype(np.float64)
    spread = np.abs(rows).max(axis=1, initial=0.0)
    rows = rows - rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(rows, axis=1)
    varied = length > 1e-7 * spread
    return np.divide(rows, length[:, None], out=np.zeros_like(rows), where=varied[:, None])


def alike(values: NDArray[np.floating], *, budget: int = BUDGET) -> Alike:
    """The components of units from their responses (n, C) to n images.

    >>> found = alike(np.array([[0.0, 0.0, 9.0], [1.0, 2.0, 4.0], [2.0, 4.0, 1.0]]))
    >>> found.of(0).round(1).tolist()
    [1.0, 1.0, -1.0]
    """
    rows = correlations(values)
    count, images = rows.shape
    rank = max(1, min(images, count, budget // max(count, 1)))
    _, vectors = np.linalg.eigh(rows.T @ rows)
    leading = vectors[:, ::-1][:, :rank]
    # The sign of a component is anybody's choice: its largest entry is positive.
    leading = leading * np.sign(leading[np.abs(leading).argmax(axis=0), np.arange(leading.shape[1])])
    parts = rows @ leading
    scale = float(f"{np.abs(parts).max(initial=0.0) / 127:.6g}") or 1.0
    codes = np.clip(np.rint(parts / scale), -127, 127).astype(np.int8)
    return Alike(codes, scale, _error(rows, codes.astype(np.float64) * scale))


def _error(rows: NDArray[np.float64], parts: NDArray[np.float64]) -> float:
    """The largest difference between two units' correlation and the product of their components, rounded up."""
    worst = 0.0
    for first in range(0, len(rows), _BLOCK):
        wrong = np.abs(rows[first : first + _BLOCK] @ rows.T - parts[first : first + _BLOCK] @ parts.T)
        own = np.arange(len(wrong))
        wrong[own, first + own] = 0  # a unit and itself
        worst = max(worst, float(wrong.max(initial=0.0)))
    return math.ceil(worst * 1000) / 1000


__all__ = ["BUDGET", "Alike", "alike", "correlations"]
