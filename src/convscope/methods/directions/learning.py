"""Dictionaries learned from rows: a sparse autoencoder, non-negative factors with an encoder, principal components.

An autoencoder (Makhzani & Frey 2013; Gao et al. 2024, arXiv 2406.04093) keeps the strongest codes of a row alone, or
all that are above zero at a price for each (`penalty`). Rows are taken from their mean, in units of their mean distance
from it; directions are unit vectors after every update; what has not been active for some updates is offered what the
others leave, so that few die. Factors are scikit-learn's; they have no encoder that is a step, so one is learned for
them the same way, with the directions held.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.arguments import at_least, expected
from convscope.errors import UsageError, missing_extra
from convscope.graph.dictionary import Dictionary, DictionaryKind
from convscope.graph.steps.strongest import strongest
from convscope.methods.directions.sampling import PositionRows
from convscope.progress import Progress, silent
from convscope.settings import usual_settings

_IDLE = 50  # updates after which a direction that was not active takes part in what is left
_OF_THE_IDLE = 1 / 32  # what that counts for (Gao et al. 2024, appendix A.2)
_WARM, _COOL = 0.02, 0.4  # shares of the updates in which the rate rises, and falls
_FACTORED, _ROUNDS = 12, 50  # rows for each factor, and rounds at most: by coordinate descent they take long


@dataclass(frozen=True)
class DictionaryLearning:
    """How a dictionary of `count` directions is learned.

    active: how many are left at a position; None: all above zero, each at the price `penalty` (of an autoencoder's).
    updates of `batch` rows each, by Adam at `rate`. seed: of what is drawn.
    """

    kind: DictionaryKind = "sae"
    count: int = 512
    active: int | None = 16
    penalty: float = 0.03
    updates: int = 4000
    batch: int = 256
    rate: float = 3e-3
    seed: int = 0

    def __post_init__(self) -> None:
        expected("kind", self.kind, DictionaryKind)
        at_least(1, n=self.count, updates=self.updates)
        if self.active is not None and self.kind != "pca" and not 1 <= self.active <= self.count:
            raise UsageError(f"active={self.active}: of {self.count} directions 1 to {self.count} can be active")
        if not (np.isfinite(self.penalty) and self.penalty >= 0):
            raise UsageError(f"penalty={self.penalty}: what an active direction costs is 0 or more")


@usual_settings()
def learned(
    rows: PositionRows, learning: DictionaryLearning, *, layer: str, name: str | None = None,
    device: torch.device | str = "cpu", progress: Progress = silent,
) -> Dictionary:  # fmt: skip
    """The dictionary of the rows (m, c), which are positions of a layer; called `name`, else as its kind.

    Raises:
        UsageError: where the rows are no numbers, too few, or negative for factors, or there are fewer components than
            are asked for. MissingExtra: for factors without scikit-learn.

    >>> draw = np.random.default_rng(0)
    >>> rows = draw.normal(size=(500, 6)).astype(np.float32)
    >>> len(learned(rows, DictionaryLearning("pca", 4), layer="conv"))
    4
    """
    if len(rows) < 2 or not np.isfinite(rows).all():
        raise UsageError(
            f"layer '{layer}' has {len(rows)} positions to learn from: two or more are needed"
            if len(rows) < 2
            else f"layer '{layer}' has values that are no finite numbers: directions of them cannot be learned"
        )
    called = learning.kind if name is None else name
    if learning.kind == "pca":
        return _components(rows, learning, layer, called)
    factors = None if learning.kind == "sae" else torch.from_numpy(_factors(rows, learning, layer)).to(device)
    found = _Autoencoder.begun(rows, learning, torch.device(device), factors)
    found.fit(
        rows,
        learning,
        lambda done: progress(f"{learning.count} directions of {layer}, seed {learning.seed}", done, learning.updates),
    )
    return found.dictionary(learning, layer, called)


# -- principal components ---------------------------------------------------------------------------------------------
def components(rows: PositionRows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean (c,) of rows, and their principal components (c, c), the first explaining the most."""
    mean = rows.mean(0, dtype=np.float64)
    square = np.zeros((rows.shape[1],) * 2)
    for first in range(0, len(rows), 8192):
        part = rows[first : first + 8192] - mean
        square += part.T @ part
    _, vectors = np.linalg.eigh(square)
    found = vectors.T[::-1]
    # Of two signs that which has the largest part positive: what a component is does not depend on who computed it.
    largest = np.take_along_axis(found, np.abs(found).argmax(1)[:, None], 1)
    return mean, np.where(largest < 0, -found, found)


def _components(rows: PositionRows, learning: DictionaryLearning, layer: str, name: str) -> Dictionary:
    if learning.count > rows.shape[1]:
        raise UsageError(f"n={learning.count}: layer '{layer}' has {rows.shape[1]} channels, and no more components")
    mean, found = components(rows)
    first = np.ascontiguousarray(found[: learning.count])
    bias = -first @ mean
    arrays = (first.astype(np.float32), bias.astype(np.float32), first.astype(np.float32), mean.astype(np.float32))
    return Dictionary(name, layer, "pca", *arrays)


# -- factors ----------------------------------------------------------------------------------------------------------
def factors_exist() -> bool:
    """Whether scikit-learn is there, which finds factors."""
    return find_spec("sklearn") is not None


def _factors(rows: PositionRows, learning: DictionaryLearning, layer: str) -> PositionRows:
    """Unit vectors (n, c) whose non-negative sums are nearest to the rows, by scikit-learn."""
    try:
        from sklearn.decomposition import NMF
        from sklearn.exceptions import ConvergenceWarning
    except ImportError as error:
        raise missing_extra("scikit-learn", "transfer", purpose="find non-negative factors") from error
    if rows.min() < 0:
        raise UsageError(
            f"kind='nmf': layer '{layer}' has negative values, which no sum of non-negative factors is: take a layer "
            "after its ReLU, or another kind"
        )
    draw = np.random.default_rng(learning.seed)
    most = max(4000, _FACTORED * learning.count)
    some = rows if len(rows) <= most else rows[np.sort(draw.choice(len(rows), most, replace=False))]
    model: Any = NMF(cast(Any, learning.count), init="random", max_iter=_ROUNDS, tol=1e-3, random_state=learning.seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the rounds are what there is time for
        model.fit(np.ascontiguousarray(some, np.float32))
    found = np.asarray(model.components_, np.float32)
    length = np.linalg.norm(found, axis=1, keepdims=True)
    even = np.full_like(found, found.shape[1] ** -0.5)  # in the place of a factor that came to nothing
    return np.where(length > 0, found / np.maximum(length, 1e-30), even)


# -- autoencoders -----------------------------------------------------------------------------------------------------
@dataclass
class _Autoencoder:
    """The numbers that are learned, of rows less `offset` and by `scale`; `held`: directions and offset stay."""

    encoder: Tensor
    bias: Tensor
    decoder: Tensor
    offset: Tensor
    scale: float
    held: bool

    @classmethod
    def begun(
        cls, rows: PositionRows, learning: DictionaryLearning, device: torch.device, factors: Tensor | None
    ) -> _Autoencoder:
        """As it begins: directions drawn, or the factors; each read off by itself."""
        generator = torch.Generator("cpu").manual_seed(learning.seed)
        mean = torch.from_numpy(rows.mean(0, dtype=np.float64))
        some = torch.from_numpy(rows[:: max(1, len(rows) // 20_000)].astype(np.float64))
        offset = torch.zeros_like(mean) if factors is not None else mean
        scale = float((some - offset).square().sum(1).mean().sqrt()) or 1.0
        decoder = (
            torch.randn(learning.count, rows.shape[1], generator=generator, dtype=torch.float32)
            if factors is None
            else factors.cpu()
        )
        decoder = decoder / decoder.norm(dim=1, keepdim=True)
        moved = [one.float().to(device) for one in (decoder, torch.zeros(learning.count), decoder.clone(), offset)]
        return cls(*moved, scale=scale, held=factors is not None)

    def fit(self, rows: PositionRows, learning: DictionaryLearning, told: Callable[[int], None]) -> None:
        """Update by update."""
        learns = [self.encoder, self.bias, *(() if self.held else (self.decoder, self.offset))]
        for one in learns:
            one.requires_grad_()
        adam = torch.optim.Adam(learns, lr=learning.rate)
        idle = torch.zeros(learning.count, device=self.encoder.device, dtype=torch.float32)
        for done, part in enumerate(_parts(rows, learning)):
            adam.param_groups[0]["lr"] = learning.rate * _share(done, learning.updates)
            loss, active = self._loss(torch.from_numpy(part).to(self.encoder.device), learning, idle)
            adam.zero_grad(set_to_none=True)
            loss.backward()
            adam.step()
            idle = torch.where(active, 0.0, idle + 1)
            if not self.held:
                with torch.no_grad():
                    self.decoder /= self.decoder.norm(dim=1, keepdim=True).clamp_min(1e-12)
            if done % 50 == 49 or done + 1 == learning.updates:
                told(done + 1)
        for one in learns:
            one.requires_grad_(False)

    def _loss(self, rows: Tensor, learning: DictionaryLearning, idle: Tensor) -> tuple[Tensor, Tensor]:
        """What is to be small for some rows, and which directions were active."""
        x = (rows - self.offset) / self.scale
        linear = x @ self.encoder.T + self.bias
        code = linear.relu() if learning.active is None else strongest(linear, learning.active, 1)
        left = x - code @ self.decoder
        loss = left.square().sum(1).mean()
        if learning.active is None and not self.held:
            loss = loss + learning.penalty * code.sum(1).mean()
        sleeping = torch.nonzero(idle > _IDLE).flatten()
        if len(sleeping) and not self.held:
            woken = strongest(linear[:, sleeping], max(1, x.shape[1] // 2), 1)
            loss = loss + _OF_THE_IDLE * (left.detach() - woken @ self.decoder[sleeping]).square().sum(1).mean()
        return loss, (code.detach() > 0).any(0)

    def dictionary(self, learning: DictionaryLearning, layer: str, name: str) -> Dictionary:
        """The same for rows as they are."""
        encoder, decoder = self.encoder.double().cpu(), self.decoder.double().cpu()
        offset = self.offset.double().cpu()
        bias = self.scale * self.bias.double().cpu() - encoder @ offset
        arrays = (one.float().contiguous().numpy() for one in (encoder, bias, decoder, offset))
        return Dictionary(name, layer, learning.kind, *arrays, active=learning.active)


def _parts(rows: PositionRows, learning: DictionaryLearning) -> Iterator[PositionRows]:
    """The rows of each update, all of them once before any comes again."""
    draw, size = np.random.default_rng(learning.seed), min(learning.batch, len(rows))
    order, at = draw.permutation(len(rows)), 0
    for _ in range(learning.updates):
        if at + size > len(order):
            order, at = draw.permutation(len(rows)), 0
        yield rows[np.sort(order[at : at + size])]
        at += size


def _share(done: int, of: int) -> float:
    """The share of the rate: it rises, stays, and falls to nothing."""
    rise, fall = max(1, int(of * _WARM)), max(1, int(of * _COOL))
    return min(1.0, (done + 1) / rise, (of - done) / fall)


def with_seed(learning: DictionaryLearning, more: int) -> DictionaryLearning:
    """The same with another seed."""
    return replace(learning, seed=learning.seed + more)


__all__ = ["DictionaryLearning", "components", "factors_exist", "learned", "with_seed"]
