"""Linear classifiers on features: softmax regression, and support vector machines with squared hinge loss.

Both minimise, over weights W (features, classes) and intercepts b that cost nothing,

    C * sum of losses over images  +  1/2 * sum of W squared

softmax: the loss is the cross-entropy of softmax(x W + b), which is scikit-learn's `LogisticRegression`.
svm: each class against the rest, loss max(0, 1 - t (x w + b)) ** 2 with t = 1, -1, or 0 where an image does not count;
`LinearSVC` minimises the same but for a cost on the intercept.

The training rows are turned into the axes of their covariance first. Turning changes neither losses nor penalty, leaves
at most as many numbers as there are images, and shows the curvature along each axis, by which L-BFGS is preconditioned:
it then needs tens of steps where plain L-BFGS needs hundreds. It ends by a bound, not by hope: the objective is
strongly convex, so half the squared gradient bounds its distance from the optimum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.errors import ShapeError, UsageError
from convscope.settings import usual_settings

Classifier = Literal["softmax", "svm"]
Scaling = Literal["standard", "norm"]

GRID = (0.1, 1.0, 10.0, 100.0, 1000.0)
"""The values of C to choose from, for rows whose mean squared length is one."""
CLEARLY = 0.005
"""A score that is lower by more than this ends the search for C."""
_CHECK = 5  # iterations between two looks at the bound
_PIECE = 4096  # rows that are scaled and judged together


@dataclass(frozen=True, eq=False)
class Scaler:
    """How features are brought to one scale, learned from the training rows alone: (x - shift) * factor.

    "standard": every feature to mean 0 and variance 1 (one that never changes to 0). "norm": features keep their
    relative scale. Both then divide by one number, so that the mean squared length of training rows is 1 and a C means
    the same for every layer.
    """

    shift: Tensor
    factor: Tensor

    @classmethod
    def of(cls, rows: Tensor, scaling: Scaling = "standard") -> Scaler:
        """The scaler of training rows (n, d)."""
        if scaling not in get_args(Scaling):
            raise UsageError(f"scaling {scaling!r}: choose one of {', '.join(get_args(Scaling))}")
        variance, mean = torch.var_mean(rows.double(), dim=0, correction=0)
        moving = variance > 1e-12 * (mean.square() + variance).clamp_min(1e-300)
        if scaling == "standard":
            factor = (
                torch.where(moving, variance.clamp_min(1e-300).rsqrt(), 0.0) / moving.sum().clamp_min(1).float().sqrt()
            )
        else:
            factor = torch.where(moving, variance.sum().clamp_min(1e-300).rsqrt(), 0.0)
        return cls(mean.to(rows), factor.to(rows))

    def __call__(self, rows: Tensor) -> Tensor:
        """The scaled rows."""
        return (rows - self.shift).mul_(self.factor)


@dataclass(frozen=True, eq=False)
class LinearModel:
    """A trained classifier: scores of images are scaler(x) @ weights (d, classes) + intercepts (classes,)."""

    scaler: Scaler
    weights: Tensor = field(repr=False)
    intercepts: Tensor = field(repr=False)
    c: float | Tensor
    iterations: int
    gap: float
    """At most so much is the objective above its minimum, relative to it."""

    def scores(self, rows: Tensor | NDArray[np.floating]) -> Tensor:
        """The scores (n, classes) of rows (n, d); the largest is the class, for either kind."""
        rows = torch.as_tensor(rows)
        pieces = [self.scaler(piece.to(self.weights)) @ self.weights + self.intercepts for piece in rows.split(_PIECE)]
        return torch.cat(pieces) if pieces else rows.new_zeros(0, len(self.intercepts))


@dataclass(frozen=True, eq=False)
class Space:
    """Training rows in the axes of their covariance.

    turned: (n, r), the rows; curvature: (r,), their mean square along each axis, descending; back: what turns weights
    on the axes into weights on scaled features.
    """

    scaler: Scaler
    turned: Tensor = field(repr=False)
    curvature: Tensor = field(repr=False)
    back: Callable[[Tensor], Tensor] = field(repr=False)

    @classmethod
    def of(
        cls,
        rows: Tensor | NDArray[np.floating],
        *,
        scaling: Scaling = "standard",
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> Space:
        """The space of training rows (n, d); raises ShapeError where there are none."""
        raw = torch.as_tensor(rows).to(device=device, dtype=dtype)
        if raw.dim() != 2 or not raw.numel():
            raise ShapeError(f"training rows are (n, d) with n and d at least one, found {tuple(raw.shape)}")
        scaler = Scaler.of(raw, scaling)
        x = scaler(raw)
        if len(x) >= x.shape[1]:
            values, axes = _eigen(x.T @ x)
            return cls(scaler, x @ axes, values / len(x), lambda w: axes @ w)
        values, axes = _eigen(x @ x.T)
        root = values.sqrt()
        lift = axes / root
        return cls(scaler, axes * root, values / len(x), lambda w: x.T @ (lift @ w))


def _eigen(gram: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues above rounding, descending, and their vectors as columns."""
    values, vectors = torch.linalg.eigh(gram.double())
    values, vectors = values.flip(0), vectors.flip(1)
    kept = values > values[0].clamp_min(1e-300) * len(values) * torch.finfo(gram.dtype).eps
    kept[0] = True  # rows that are all alike have one axis, of no length
    return values[kept].clamp_min(1e-30).to(gram), vectors[:, kept].to(gram)


@dataclass(frozen=True, eq=False)
class Solution:
    """Weights (r, classes) on the axes of a space, intercepts (classes,), and how the solver came there."""

    weights: Tensor = field(repr=False)
    intercepts: Tensor = field(repr=False)
    c: float | Tensor
    iterations: int
    gap: float

    def model(self, space: Space) -> LinearModel:
        """The classifier on features."""
        weights = space.back(self.weights)
        return LinearModel(space.scaler, weights, self.intercepts, self.c, self.iterations, self.gap)


def signs(labels: Tensor, classes: int) -> Tensor:
    """Targets (n, classes) of each class against the rest: 1 for the image's label, -1 for the others.

    >>> signs(torch.tensor([1, 0]), 2).tolist()
    [[-1.0, 1.0], [1.0, -1.0]]
    """
    return torch.nn.functional.one_hot(labels, classes).float() * 2 - 1


def solve(
    space: Space,
    targets: Tensor,
    classifier: Classifier,
    c: float | Tensor,
    *,
    rows: Tensor | None = None,
    start: Solution | None = None,
    tolerance: float = 1e-6,
    most: int = 1000,
) -> Solution:
    """The optimum for training rows (`rows`: some of them), up to `tolerance` relative to the objective.

    targets: (n, classes); for "softmax" the probabilities wanted, as one 1 a row; for "svm" 1, -1, or 0 where an image
        does not count for a class. c: one for all classes, or for "svm" (classes,). start: where to begin.
    most: iterations after which the solution is taken as it is.
    """
    if classifier not in get_args(Classifier):
        raise UsageError(f"classifier {classifier!r}: choose one of {', '.join(get_args(Classifier))}")
    z = space.turned if rows is None else space.turned[rows]
    t = (targets if rows is None else targets[rows]).to(z)
    problem = _Problem(z, t, classifier, torch.as_tensor(c, dtype=z.dtype, device=z.device))
    root = problem.preconditioner(space.curvature)
    w = z.new_zeros(z.shape[1], t.shape[1]) if start is None else start.weights
    b = z.new_zeros(t.shape[1]) if start is None else start.intercepts
    v = torch.cat([w * root, (b * problem.steep)[None]]).requires_grad_()
    optimizer = torch.optim.LBFGS(
        [v], max_iter=_CHECK, history_size=20, line_search_fn="strong_wolfe", tolerance_grad=0, tolerance_change=0
    )
    gap, iterations = float("inf"), 0

    def closure() -> Tensor:
        with torch.no_grad():
            value, gw, gb = problem.value(v[:-1] / root, v[-1] / problem.steep)
            v.grad = torch.cat([gw / root, (gb / problem.steep)[None]])
        return value

    while gap > tolerance and iterations < most:
        before = iterations
        optimizer.step(closure)
        iterations = optimizer.state[v]["n_iter"]
        with torch.no_grad():
            gap = problem.gap(v[:-1] / root, v[-1] / problem.steep)
        if iterations == before:  # the line search finds nothing lower: rounding
            break
    found = v.detach()
    return Solution(found[:-1] / root, found[-1] / problem.steep, c, iterations, gap)


@dataclass(frozen=True, eq=False)
class _Problem:
    """An objective, divided by the largest C and the number of rows so that its values are of the order of one."""

    z: Tensor
    t: Tensor
    classifier: Classifier
    c: Tensor

    @cached_property
    def scale(self) -> float:
        return 1 / (float(self.c.max()) * len(self.z))

    @property
    def steep(self) -> float:
        """The root of the curvature along an intercept, in order of magnitude."""
        return (self._bend() ** 0.5) if self.classifier == "softmax" else 1.0

    def _bend(self) -> float:
        """The second derivative of a loss by its score, in order of magnitude."""
        return max(1 / self.t.shape[1], 0.02) if self.classifier == "softmax" else 0.5

    def preconditioner(self, curvature: Tensor) -> Tensor:
        """The root of the curvature (r, 1 or classes) along each axis."""
        relative = (self.c / self.c.max()).reshape(1, -1)
        return (self.scale + relative * self._bend() * curvature[:, None]).sqrt()

    def value(self, w: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The objective and its gradients by weights and intercepts."""
        scores = torch.addmm(b, self.z, w)
        relative = self.c / self.c.max()
        if self.classifier == "softmax":
            likely = scores.log_softmax(1)
            loss = -(likely * self.t).sum() * relative
            slope = likely.exp_().sub_(self.t).mul_(relative / len(self.z))
        else:
            short = torch.where(self.t == 0, 0.0, (1 - self.t * scores).clamp_min_(0))
            loss = (short.square().sum(0) * relative).sum()
            slope = short.mul_(self.t).mul_(-2 * relative / len(self.z))
        value = loss / len(self.z) + 0.5 * self.scale * w.square().sum()
        return value, torch.addmm(w, self.z.T, slope, beta=self.scale), slope.sum(0)

    def gap(self, w: Tensor, b: Tensor) -> float:
        """A bound of the objective's distance from its minimum, relative to it, for intercepts at their best.

        The objective is `scale`-strongly convex in W: f - min f <= |gradient|^2 / (2 scale). Intercepts cost nothing;
        their gradient counts by the curvature that it meets.
        """
        value, gw, gb = self.value(w, b)
        over = gw.square().sum() / (2 * self.scale) + gb.square().sum() / (2 * self._bend())
        return float(over / value.clamp_min(1e-30))


# -- choosing C -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Choice:
    """What cross-validation within the training part found: `scores` (values of C tried, 1 or classes), and the C."""

    grid: tuple[float, ...]
    scores: NDArray[np.float64] = field(repr=False)
    c: float | Tensor


Judge = Callable[[Tensor, NDArray[np.int64]], NDArray[np.float64]]
"""From scores (n, classes) of the training rows with these numbers to how good they are: (1,), or (classes,)."""


def choose_c(
    space: Space,
    targets: Tensor,
    classifier: Classifier,
    judge: Judge,
    parts: Sequence[NDArray[np.int64]],
    *,
    grid: Sequence[float] = GRID,
    tolerance: float = 3e-2,
) -> Choice:
    """The C, or for a judge of single classes the Cs, best over the parts left out in turn; the smallest of equals.

    Values are tried from the smallest, each starting from the solution of the one before; after one that is clearly
    worse than the best (by `CLEARLY`, for every class) the larger ones are not tried. The rows' scale and axes are
    those of the whole training part.
    """
    ordered, tried = sorted(set(grid)), list[NDArray[np.float64]]()
    solutions: list[Solution | None] = [None] * len(parts)
    everything = np.arange(len(space.turned))
    for c in ordered:
        found = []
        for number, left in enumerate(parts):
            kept = torch.from_numpy(np.setdiff1d(everything, left)).to(space.turned.device)
            one = solve(space, targets, classifier, c, rows=kept, start=solutions[number], tolerance=tolerance)
            solutions[number] = one
            held = space.turned[torch.from_numpy(left).to(space.turned.device)]
            found.append(judge(torch.addmm(one.intercepts, held, one.weights), left))
        tried.append(_known_mean(np.array(found)))
        if (tried[-1] < np.max(tried, axis=0) - CLEARLY).all():
            break
    scores = np.array(tried)
    best = np.array(ordered)[scores.argmax(0)]
    c = float(best[0]) if len(best) == 1 else torch.from_numpy(best)
    return Choice(tuple(ordered[: len(tried)]), scores, c)


def _known_mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The means of columns without their NaNs: parts without an image of a class; 0 for a class in no part."""
    known = ~np.isnan(values)
    return np.where(known, values, 0).sum(0) / known.sum(0).clip(1)


def stratified_parts(labels: NDArray[np.int64], *, count: int = 3, seed: int = 0) -> list[NDArray[np.int64]]:
    """The numbers of rows in `count` parts, each with about the same share of every label; ascending within a part.

    >>> labels = np.array([0, 0, 1, 1])
    >>> [labels[part].tolist() for part in stratified_parts(labels, count=2)]
    [[0, 1], [0, 1]]
    """
    random = np.random.default_rng([seed, count])
    part = np.empty(len(labels), np.int64)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        part[random.permutation(rows)] = np.arange(len(rows)) % count
    return [rows for i in range(count) if len(rows := np.flatnonzero(part == i))]


@usual_settings()
def train_classifier(
    rows: Tensor | NDArray[np.floating],
    labels: NDArray[np.int64],
    classifier: Classifier = "softmax",
    *,
    c: float = 1.0,
    classes: int | None = None,
    scaling: Scaling = "standard",
    dtype: torch.dtype = torch.float32,
    tolerance: float = 1e-6,
) -> LinearModel:
    """The classifier of rows (n, d) with labels (n,) for a given C.

    >>> rows = np.array([[-2.0], [-1.0], [1.0], [2.0]], np.float32)
    >>> model = train_classifier(rows, np.array([0, 0, 1, 1]))
    >>> model.scores(rows).argmax(1).tolist()
    [0, 0, 1, 1]
    """
    space = Space.of(rows, scaling=scaling, dtype=dtype)
    count = int(labels.max()) + 1 if classes is None else classes
    targets = class_targets(torch.from_numpy(labels), count, classifier)
    return solve(space, targets, classifier, c, tolerance=tolerance).model(space)


def class_targets(labels: Tensor, classes: int, classifier: Classifier) -> Tensor:
    """The targets (n, classes) of `solve` for images of one class each."""
    one = signs(labels, classes)
    return one if classifier == "svm" else (one + 1) / 2


__all__ = [
    "CLEARLY",
    "GRID",
    "Choice",
    "Classifier",
    "LinearModel",
    "Scaler",
    "Scaling",
    "Solution",
    "Space",
    "choose_c",
    "signs",
    "solve",
    "stratified_parts",
    "class_targets",
    "train_classifier",
]
