"""How well few numbers a position stand for a layer, on images that nothing was learned from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.data import Source, batches
from convscope.errors import UsageError
from convscope.graph import Dictionary, Head, Network
from convscope.graph.continuing import Continuation
from convscope.graph.running import as_map
from convscope.graph.steps.strongest import strongest
from convscope.methods.directions.found import Reconstructed
from convscope.methods.directions.learning import components
from convscope.methods.directions.sampling import PositionRows
from convscope.methods.inputs import preprocess_of
from convscope.progress import Progress, silent
from convscope.settings import usual_settings

_AT_ONCE = 8192  # rows
_CHOSEN_BY = 20_000  # rows at most
_CALLED = {"sae": "an autoencoder", "nmf": "non-negative factors"}


@dataclass(frozen=True)
class Rebuilding:
    """A way to write rows (m, c) with few numbers: `of` gives the rows again, and how many numbers each took (m,)."""

    name: str
    of: Callable[[Tensor], tuple[Tensor, Tensor]]


def code_of(dictionary: Dictionary, rows: Tensor) -> Tensor:
    """The code (m, n) of rows (m, c), as the layer of the dictionary gives it."""
    encoder, bias = (torch.from_numpy(one).to(rows) for one in (dictionary.encoder, dictionary.bias))
    linear = rows @ encoder.T + bias
    if dictionary.kind == "pca":
        return linear
    return linear.relu() if dictionary.active is None else strongest(linear, dictionary.active, 1)


def by_directions(dictionary: Dictionary, name: str = "directions", count: float | None = None) -> Rebuilding:
    """By a dictionary, under this name. count: by so many of its directions alone, the strongest."""

    def rebuilt(rows: Tensor) -> tuple[Tensor, Tensor]:
        code = code_of(dictionary, rows)
        code = code if count is None else _largest(code, count)
        decoder, offset = (torch.from_numpy(one).to(rows) for one in (dictionary.decoder, dictionary.offset))
        return code @ decoder + offset, (code != 0).sum(1)

    return Rebuilding(name, rebuilt)


def by_components(mean: NDArray[np.float64], found: NDArray[np.float64], count: float) -> Rebuilding:
    """By the `count` of all principal components that are largest at each position, in either direction."""

    def rebuilt(rows: Tensor) -> tuple[Tensor, Tensor]:
        middle, vectors = torch.from_numpy(mean).to(rows), torch.from_numpy(found).to(rows)
        code = _largest((rows - middle) @ vectors.T, count)
        return code @ vectors + middle, (code != 0).sum(1)

    return Rebuilding("principal components", rebuilt)


def by_units(count: float) -> Rebuilding:
    """By the `count` units of the layer that are largest at each position; the others are zero."""

    def rebuilt(rows: Tensor) -> tuple[Tensor, Tensor]:
        code = _largest(rows, count)
        return code, (code != 0).sum(1)

    return Rebuilding("own units", rebuilt)


def by_units_from_mean(mean: NDArray[np.float64], count: float) -> Rebuilding:
    """By the `count` units of the layer that are furthest from their mean at each position; the others are at it."""

    def rebuilt(rows: Tensor) -> tuple[Tensor, Tensor]:
        middle = torch.from_numpy(mean).to(rows)
        code = _largest(rows - middle, count)
        return code + middle, (code != 0).sum(1)

    return Rebuilding("own units, others at their mean", rebuilt)


def _largest(rows: Tensor, count: float) -> Tensor:
    """The `count` numbers of each row that are largest in size, zero for the others; with a fraction, one more in that
    share of the rows, which are spread evenly."""
    size, whole = rows.abs(), int(count)
    most = min(whole + 1, rows.shape[1])
    at = torch.arange(len(rows) + 1, device=rows.device, dtype=torch.float64) * (count - whole)
    kept = whole + at.floor().diff().long()
    least = size.topk(most, dim=1).values.gather(1, (kept.clamp(1, most) - 1)[:, None])
    return rows.masked_fill((size < least) | (kept == 0)[:, None], 0)


def _as_many(numbers: Tensor, mean: float) -> float:
    """How many numbers are to be left at each position for so many on average, where there are `numbers` (m,)."""
    there = torch.bincount(numbers)
    more = there.flip(0).cumsum(0).flip(0)[1:].double() / max(len(numbers), 1)  # by one more, at these positions
    for count, share in enumerate(more.tolist()):
        if share >= mean:
            return count + (mean / share if mean > 0 else 0.0)
        mean -= share
    return float(len(more))


# -- rows -------------------------------------------------------------------------------------------------------------
@usual_settings()
def compared(
    dictionary: Dictionary,
    learned_from: PositionRows,
    held: PositionRows,
    *,
    active: int | None,
    beside: Sequence[Dictionary] = (),
) -> list[Rebuilding]:
    """The dictionary, and beside it components and units: as many numbers at a position as it has on average.

    Units that are not among them are zero or at their mean, whichever rebuilds more of what was learned from.

    active: of components that were learned as a dictionary, how many are left. beside: dictionaries of other kinds, of
    which no more are left than of the first.
    """
    own, decoder = by_directions(dictionary), dictionary.decoder.astype(np.float64)
    if dictionary.kind == "pca":
        count = min(active or len(dictionary), len(dictionary))
        own = replace(by_components(dictionary.offset.astype(np.float64), decoder, count), name=own.name)
    mean = explained(own, held)[1]
    others = [_beside(one, dictionary, held, mean) for one in beside]
    middle, every = components(learned_from) if dictionary.kind != "pca" else (learned_from.mean(0, np.float64), None)
    if every is not None:
        others.append(by_components(middle, every, min(mean, len(every))))
    return [own, *others, _units(middle, learned_from, held, mean)]


def _beside(one: Dictionary, dictionary: Dictionary, held: PositionRows, mean: float) -> Rebuilding:
    """By a dictionary of another kind, with as many numbers on average, or its own where they are fewer."""
    name = _CALLED[one.kind] if len(one) == len(dictionary) else f"{_CALLED[one.kind]} ({len(one)})"
    there = torch.cat([(code_of(one, rows) != 0).sum(1) for rows in _pieces(held)])
    return by_directions(one, name, _as_many(there, mean))


def _units(middle: NDArray[np.float64], learned_from: PositionRows, held: PositionRows, mean: float) -> Rebuilding:
    """By as many units, the others at whatever rebuilds more of the rows that were learned from."""
    there = torch.cat([(rows != 0).sum(1) for rows in _pieces(held)])
    ways = by_units(_as_many(there, mean)), by_units_from_mean(middle, min(mean, held.shape[1]))
    some = learned_from[:: max(1, len(learned_from) // _CHOSEN_BY)]
    return max(ways, key=lambda way: np.nan_to_num(explained(way, some)[0]))


def _pieces(rows: PositionRows) -> Iterator[Tensor]:
    """The rows, some at a time."""
    return (torch.from_numpy(rows[first : first + _AT_ONCE]) for first in range(0, len(rows), _AT_ONCE))


@usual_settings()
def explained(rebuilding: Rebuilding, held: PositionRows) -> tuple[float, float]:
    """The share of the held-out rows' variance that is explained, and how many numbers a row takes on average; NaN of
    rows that do not vary."""
    mean, left, all_of, active = held.mean(0, dtype=np.float64), 0.0, 0.0, 0
    for rows in _pieces(held):
        again, count = rebuilding.of(rows)
        left += float((rows - again).double().square().sum())
        all_of += float((rows.double() - torch.from_numpy(mean)).square().sum())
        active += int(count.sum())
    return 1 - left / all_of if all_of > 0 else np.nan, active / max(len(held), 1)


@usual_settings()
def activity(dictionary: Dictionary, held: PositionRows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How often (n,) each direction is active, and how strongly then; components are active on either side."""
    often, sums = np.zeros(len(dictionary)), np.zeros(len(dictionary))
    for rows in _pieces(held):
        code = code_of(dictionary, rows).double()
        often += (code != 0).sum(0).numpy()
        sums += code.abs().sum(0).numpy()
    with np.errstate(invalid="ignore"):
        return often / max(len(held), 1), sums / np.where(often == 0, np.nan, often)


def largest_cosines(one: Dictionary, other: Dictionary | None = None) -> NDArray[np.float64]:
    """The largest cosine (n,) of each direction with one of another dictionary, or with another of its own.

    Of components, which have no sign, the size of it. NaN where there is nothing to compare with.
    """
    mine = one.decoder.astype(np.float64)
    found = mine @ (mine if other is None else other.decoder.astype(np.float64)).T
    found = np.abs(found) if one.kind == "pca" else found
    if other is None:
        np.fill_diagonal(found, -np.inf)
        if len(mine) == 1:
            return np.full(1, np.nan)
    return found.max(1)


# -- the network ------------------------------------------------------------------------------------------------------
@dataclass
class RebuiltAnswers:
    """What a network answers where a layer is rebuilt, over images: `run` counts for each way how often it is the same
    answer, and how often the right one, where that is known: `truths` are -1 where it is not."""

    net: Network
    source: Source
    indices: Sequence[int]
    layer: str
    ways: Sequence[Rebuilding]
    truths: NDArray[np.int64] | None = None
    batch: int = 32
    progress: Progress = silent
    seen: int = field(default=0, init=False)
    labelled: int = field(default=0, init=False)

    @usual_settings()
    def run(self) -> tuple[Sequence[tuple[float | None, float | None]], float | None]:
        """For each way (agreement, accuracy of those whose label is known), and the network's own accuracy; None where
        there is none of it."""
        after = self._continuation()
        if after is None:
            return [(None, None)] * len(self.ways), None
        same, right, own = np.zeros(len(self.ways)), np.zeros(len(self.ways)), 0
        for indices, values, answers in self._answers(after):
            truths = None if self.truths is None else self.truths[indices]
            own += 0 if truths is None else int((answers == truths).sum())
            for n, way in enumerate(self.ways):
                now = self._decided(after.run(values, self._rebuilt(values, way)))
                same[n] += (now == answers).sum()
                right[n] += 0 if truths is None else (now == truths).sum()
            self.seen += len(indices)
            self.labelled += 0 if truths is None else int((truths >= 0).sum())
        count, known = max(self.seen, 1), self.labelled
        pairs = [(float(s / count), float(r / known) if known else None) for s, r in zip(same, right, strict=True)]
        return pairs, own / known if known else None

    def _continuation(self) -> Continuation | None:
        """What follows the layer; None where nothing is answered, or not from the layer."""
        try:
            after = Continuation(self.net, self.layer)
            return None if self.net.head.kind == "values" or self.net.head.positions else after
        except UsageError:
            return None

    def _answers(self, after: Continuation) -> Iterator[tuple[NDArray[np.int64], dict[int, Tensor], NDArray[np.int64]]]:
        """Of batches the images' numbers, what is asked for of them, and what the network answers."""
        number, output = self.net.index_of(self.layer), self.net.program.output
        preprocess, done = preprocess_of(self.net, self.source), 0
        for part in batches(self.source, preprocess, indices=self.indices, size=self.batch):
            done += len(part) + len(part.failures)
            if len(part):
                inputs = self.net.check_images(preprocess.normalise(part.images, dtype=self.net.dtype))
                values = self.net.run_values(inputs, after.base | {number, output})
                yield part.indices, values, self._decided(values[output])
            self.progress(f"answers with {self.layer} rebuilt", done, len(self.indices))

    def _rebuilt(self, values: dict[int, Tensor], way: Rebuilding) -> Tensor:
        """The layer's value written with few numbers, in the order of dimensions that it has."""
        number = self.net.index_of(self.layer)
        value, whole = self.net.values[number], values[number]
        maps = as_map(value, whole)
        rows = maps.movedim(1, -1)
        again = way.of(rows.reshape(-1, rows.shape[-1]))[0].reshape(rows.shape).movedim(-1, 1)
        return again if value.channel_dim in (None, 1) else again.movedim(1, value.channel_dim)

    def _decided(self, numbers: Tensor) -> NDArray[np.int64]:
        head: Head = self.net.head
        if head.kind == "classes":
            return (numbers[:, head.first :].argmax(1) + head.first).cpu().numpy()
        return head.decide(head.scores(numbers))[0].cpu().numpy()


def reconstructed(
    ways: Sequence[Rebuilding], held: PositionRows, answers: Sequence[tuple[float | None, float | None]]
) -> tuple[Reconstructed, ...]:
    """The ways with what they explain of held-out rows, and their answers."""
    measured = [explained(way, held) for way in ways]
    return tuple(Reconstructed(way.name, *one, *pair) for way, one, pair in zip(ways, measured, answers, strict=True))


__all__ = ["RebuiltAnswers", "Rebuilding", "activity", "by_components", "by_directions", "by_units",
           "by_units_from_mean", "code_of", "compared", "explained", "largest_cosines", "reconstructed"]  # fmt: skip
