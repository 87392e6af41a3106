"""When features settle: how much a unit's responses at a checkpoint are those that it has in the end.

A unit's **responses** are the largest values of its map, one for each of some images: what it is excited by, whatever
the place. Its **likeness** to another checkpoint is Pearson's correlation of the two rows of responses, over images.

- A unit that is constant at the last checkpoint, dead say, has no feature that could settle, and does not count.
- One that is constant at an earlier checkpoint is not like anything there: its likeness is 0.
- A layer's likeness is the mean over its units. Its **chance** level is the same between different units, i at the
  checkpoint and j at the last: bright or rich images excite most units more, so two unrelated units correlate too.
- A layer is **settled** from the first checkpoint on from which its likeness to the last never falls below a threshold.
  The last is like itself: a layer that settles there was still changing when the record ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from convscope.data import Source, batches
from convscope.data.sources.select import limit
from convscope.errors import SourceError
from convscope.graph import Network
from convscope.methods.inputs import preprocess_of
from convscope.shown import brief

# By layer, (images, units): the largest value of each unit's map in each image.
SampleResponses = Mapping[str, NDArray[np.float32]]

_BATCH = 32


@brief
@dataclass(frozen=True, eq=False)
class Settling:
    """How a layer's units come to be what they are, at e checkpoints.

    unit_likeness: (e, c) each unit's likeness to the last checkpoint, NaN for units that are constant there. final:
    (e,) its mean over units; previous: (e,) the mean likeness to the checkpoint before, NaN for the first; chance: (e,)
    the mean likeness between different units. NaN where no unit counts.
    """

    unit_likeness: NDArray[np.float64]
    final: NDArray[np.float64]
    previous: NDArray[np.float64]
    chance: NDArray[np.float64]

    def settled(self, threshold: float) -> int:
        """The number of the first checkpoint from which on the layer's likeness is at least `threshold`."""
        return _since(self.final >= threshold)

    def units(self, threshold: float) -> NDArray[np.int64]:
        """The same for each unit that counts, (units that count,)."""
        counted = ~np.isnan(self.unit_likeness[-1])
        return np.array([_since(column >= threshold) for column in self.unit_likeness[:, counted].T], np.int64)


def _since(reached: NDArray[np.bool_]) -> int:
    """The first index from which on all are true; the last index at the latest."""
    missed = np.flatnonzero(~reached[:-1])
    return int(missed[-1]) + 1 if len(missed) else 0


def settling(responses: Sequence[NDArray[np.float32]]) -> Settling:
    """How the units of a layer settle, from their responses (images, units) at each checkpoint.

    >>> early, late = np.array([[1.0], [2.0], [3.0]]), np.array([[2.0], [4.0], [6.0]])
    >>> settling([-early, early, late]).final.round(6).tolist()
    [-1.0, 1.0, 1.0]
    """
    tables = [_standard(one) for one in responses]
    last, counted = tables[-1]
    unit, final, previous, chance = [], [], [], []
    for i, (table, _) in enumerate(tables):
        likeness = (table * last).sum(0)
        unit.append(np.where(counted, likeness, np.nan))
        final.append(_mean(likeness[counted]))
        before = None if i == 0 else (table * tables[i - 1][0]).sum(0)
        previous.append(np.nan if before is None else _mean(before[counted]))
        chance.append(_between(table[:, counted], last[:, counted]))
    return Settling(np.stack(unit), np.array(final), np.array(previous), np.array(chance))


def _standard(table: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Columns without their mean and of length 1, zero where constant or not finite; and which are neither."""
    values = table.astype(np.float64)
    finite = np.isfinite(values).all(0)
    values = np.where(finite, values, 0)
    values -= values.mean(0)
    length = np.sqrt((values**2).sum(0))
    varies = length > 1e-6 * np.maximum(np.abs(np.where(finite, table, 0)).max(0), 1e-30)
    return np.divide(values, length, where=varies, out=np.zeros_like(values)), varies


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _between(early: NDArray[np.float64], late: NDArray[np.float64]) -> float:
    """The mean likeness of different units: of all pairs, less that of the equal ones."""
    count = early.shape[1]
    if count < 2:
        return float("nan")
    pairs = float(early.sum(1) @ late.sum(1)) - float((early * late).sum())
    return pairs / (count * (count - 1))


# -- responses --------------------------------------------------------------------------------------------------------
def sampled(net: Network, source: Source, layers: Sequence[str], count: int) -> dict[str, NDArray[np.float32]]:
    """The responses of all units of some layers to at most `count` images, evenly spread over the source.

    Raises:
        SourceError: if fewer than two of the images can be read.
    """
    images = limit(source, count)
    found, _ = responses_of(net, images, layers)
    if len(next(iter(found.values()))) < 2:
        raise SourceError(
            f"fewer than two images could be read, and responses are compared over images: {images.describe()}"
        )
    return found


def responses_of(
    net: Network, source: Source, layers: Sequence[str]
) -> tuple[dict[str, NDArray[np.float32]], NDArray[np.int64]]:
    """The responses of all units of some layers to the images of a source, and which of them could be read."""
    preprocess = preprocess_of(net)
    parts: dict[str, list[torch.Tensor]] = {layer: [] for layer in layers}
    rows = [np.zeros(0, np.int64)]
    for some in batches(source, preprocess, size=_BATCH):
        if len(some):
            rows.append(np.asarray(some.indices, np.int64))
            for name, output in net.stream(preprocess.normalise(some.images), layers):
                responses = output.flatten(2).amax(2) if output.dim() > 2 else output.clone()
                parts[name].append(responses.float().cpu())
    empty = torch.zeros((0, 0), device="cpu")
    return {name: torch.cat(tensors or [empty]).numpy() for name, tensors in parts.items()}, np.concatenate(rows)


__all__ = ["SampleResponses", "Settling", "responses_of", "sampled", "settling"]
