"""The experiments of section 5.2: a fixed network's features, a new classifier for each fold, layer and kind.

Nothing of a test part is seen by what learns: features are scaled by the training part, C is chosen by
cross-validation within it, and the classifier is then trained on all of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import count, pairwise
from os import PathLike
from threading import Lock
from typing import Any, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.errors import SourceError, UsageError
from convscope.generalisation.classifiers import (
    GRID,
    Classifier,
    LinearModel,
    Scaling,
    Space,
    choose_c,
    class_targets,
    solve,
    stratified_parts,
)
from convscope.generalisation.datasets import TargetSet, open_target
from convscope.generalisation.features import Features, Pooling, extract, feature_key, readable_only
from convscope.generalisation.journal import Journal, fold_key, journal_of, kept_in
from convscope.generalisation.measures import (
    accuracy_deviation,
    average_precisions,
    class_accuracies,
    precision_deviation,
)
from convscope.generalisation.results import FoldScore, TransferScores, WeightsKind
from convscope.generalisation.splits import PROTOCOLS, Fold, draw_folds, published_fold
from convscope.graph import Network
from convscope.methods.workers import one_thread_workers
from convscope.progress import Progress, silent
from convscope.settings import usual_settings

logger = logging.getLogger(__name__)

_LEARNED = {"linear", "conv2d"}
_POOLED = {"mean", "adaptive_avg_pool2d", "avg_pool2d", "adaptive_max_pool2d", "max_pool2d"}


@dataclass(frozen=True)
class Learning:
    """How classifiers learn: kinds, values of C to choose from, parts of the cross-validation, scale of features.

    >>> Learning(("svm",), grid=(0.1, 1.0)).parts
    3
    """

    classifiers: tuple[Classifier, ...] = ("softmax", "svm")
    grid: tuple[float, ...] = GRID
    parts: int = 3
    scaling: Scaling = "standard"
    seed: int = 0

    def __post_init__(self) -> None:
        strange = [one for one in self.classifiers if one not in get_args(Classifier)]
        if strange or not self.classifiers:
            raise UsageError(f"classifiers {strange or 'none'}: choose from {', '.join(get_args(Classifier))}")
        if not self.grid or min(self.grid) <= 0 or self.parts < 2:
            raise UsageError(f"values of C {self.grid} are positive, and {self.parts} parts at least two")


def transfer_layers(net: Network) -> list[str]:
    """The layers of Table 7 for any network: the last of each spatial stage, the vectors before the output, the output.

    >>> import convscope
    >>> transfer_layers(convscope.load("zoo:tiny"))
    ['relu1', 'block1.relu2', 'block2.relu2', 'gap', 'fc']
    """
    vectors = [layer for layer in net.layers if not layer.spatial or (layer.height, layer.width) == (1, 1)]
    # What the next one only rectifies, or the output only reshapes, would be the same features once more.
    kinds = _LEARNED | _POOLED
    repeated = {
        one.name
        for one, after in pairwise(vectors)
        if after.op == "relu" or (after.name == net.output and after.op not in kinds)
    }
    flat = {one.name for one in vectors if one.op in kinds | {"relu"}} - repeated
    names = {*net.layers.stages(), *flat, *net.listed_output}
    return [layer.name for layer in net.layers if layer.name in names]


@usual_settings()
def measure_transfer(
    net: Network,
    target: TargetSet | Any,
    *,
    layers: Iterable[str] | None = None,
    folds: Sequence[Fold] | None = None,
    learning: Learning | None = None,
    pooling: Pooling | None = None,
    weights: WeightsKind = "own",
    others: Mapping[WeightsKind, Network] | None = None,
    store: str | PathLike[str] | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> TransferScores:
    """The scores of classifiers on the features of each of `layers`, for every fold.

    target: labelled images, or whatever `open_target` takes.
    layers: by default one for each spatial stage, and the vectors up to the output.
    folds: by default the target's usual protocol (`PROTOCOLS`; train and val for PASCAL VOC) with seed 0.
    weights: what the network's weights are; its scores go by that name.
    others: further networks with the same layers, such as {"random": the same with random weights}.
    workers: threads that run the network, and that train classifiers, one each; by default one a core.
    store: folder that keeps features and scores, each as it is made, so that a call that was stopped goes on from them;
        without one they are made for this call only.

    Images of one class: mean of per-class accuracies of "softmax" and "svm". PASCAL VOC: average precision; "softmax"
    learns one exclusive label an image, as in the paper, "svm" each class against the rest with difficult images left
    out, and both are judged by all labels that are not difficult.

    Raises:
        UnknownLayer: for a layer that one of the networks has not. SourceError: where no image can be used.
        UsageError: where `others` has a network under the name of the first one's weights.
    """
    target = target if isinstance(target, TargetSet) else open_target(target)
    if others and weights in others:
        raise UsageError(f"the network's own weights are {weights} already: there is nothing to compare them with")
    how, pool, tell = learning or Learning(), pooling or Pooling(), progress or silent
    drawn = list(folds if folds is not None else default_folds(target))
    names = [net.layers[name].name for name in (transfer_layers(net) if layers is None else layers)]
    networks: dict[WeightsKind, Network] = {weights: net, **(others or {})}
    asked = np.unique(np.concatenate([rows for fold in drawn for rows in (fold.train, fold.test)]))
    scores: list[FoldScore] = []
    total = len(networks) * len(names) * len(drawn) * len(how.classifiers)
    done = _counting(tell, "classifiers", total)
    with kept_in(store) as folder:
        for kind, network in networks.items():
            found = extract(
                network, target.source, names, store=folder, indices=asked, pooling=pool, workers=workers, progress=tell
            )
            keys = {name: feature_key(network, target.source, network.layers[name], pool) for name in names}
            benches = [
                _Bench(target, found[name], fold, how, kind, network.device, keys[name])
                for name in names
                for fold in drawn
            ]
            with one_thread_workers(network.device, workers) as several:
                judged = several.map(lambda bench: bench.scores(journal_of(folder), done), benches)
            scores += [score for some in judged for score in some]
    return TransferScores(
        network=net.name,
        target=target.describe(),
        kind=target.kind,
        classes=target.classes,
        measure="accuracy" if target.presence is None else "average precision",
        features={name: pool.describe(net.layers[name]) for name in names},
        scores=tuple(scores),
        settings={
            "fingerprint": net.fingerprint,
            "source": target.source.fingerprint(),
            "pooling": [pool.how, pool.limit],
            "scaling": how.scaling,
            "grid": list(how.grid),
            "parts": how.parts,
            "seed": how.seed,
        },
    )


def _counting(tell: Progress, stage: str, total: int) -> Callable[[], None]:
    """What workers call when something is done; it tells how many are."""
    lock, numbers = Lock(), count(1)

    def done() -> None:
        with lock:
            tell(stage, next(numbers), total)

    return done


def default_folds(target: TargetSet, *, seed: int = 0) -> tuple[Fold, ...]:
    """The folds that the target's protocol asks for."""
    if target.sets:
        return (published_fold(target),)
    usual = PROTOCOLS[target.kind]
    return draw_folds(target, per_class=usual.per_class, folds=usual.folds, test=usual.test, seed=seed)


@dataclass(eq=False)
class _Bench:
    """One layer and fold; what all classifiers share is made when the first of them needs it."""

    target: TargetSet
    features: Features
    fold: Fold
    how: Learning
    weights: WeightsKind
    device: torch.device
    decided: Mapping[str, Any]
    """What decides the features, as plain values."""

    def scores(self, journal: Journal, done: Callable[[], None]) -> list[FoldScore]:
        """The scores of all classifiers, from the journal where it has them; `done` is told of each. For workers."""
        found = list[FoldScore]()
        for classifier in self.how.classifiers:
            found.append(journal.score(self._key(classifier), partial(self._score, classifier)))
            done()
        return found

    def _key(self, classifier: Classifier) -> dict[str, Any]:
        """What decides a score, as plain values."""
        how = {name: getattr(self.how, name) for name in ("grid", "parts", "scaling", "seed")}
        said = {"weights": self.weights, "classifier": classifier, "features": self.decided}
        return {**fold_key(self.target, self.fold), **how, **said}

    @cached_property
    def train(self) -> NDArray[np.int64]:
        """The training images that have features."""
        return self._readable(self.fold.train)

    @cached_property
    def test(self) -> NDArray[np.int64]:
        """The images to judge by that have features."""
        return self._readable(self.fold.test)

    def _readable(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        if not len(kept := readable_only([self.features], rows)):
            raise SourceError(f"{self.fold.name}: no image of its training or test part could be read")
        return kept

    @cached_property
    def space(self) -> Space:
        """The training rows, ready to learn from; raises UsageError where there are no numbers in them."""
        rows = self.features.rows(self.train)
        strange = int((~np.isfinite(rows).all(1)).sum())
        if strange:
            raise UsageError(
                f"layer '{self.features.layer}': the features of {strange} of {len(rows)} training images are NaN or "
                "infinite, and nothing can be learned from them: give layers= without it, or weights that are numbers"
            )
        return Space.of(rows, scaling=self.how.scaling, device=self.device)

    def _score(self, classifier: Classifier) -> FoldScore:
        """How a classifier does."""
        train, test = self.train, self.test
        model = learn(self.target, self.space, train, classifier, self.how)
        judged = judge(self.target, model, self.features.rows(test), test, classifier)
        c = float(np.median(model.c.cpu().numpy() if isinstance(model.c, Tensor) else model.c))
        logger.info("%s, %s, %s: %.4f (C=%g)", self.features.layer, classifier, self.fold.name, judged.value, c)
        return FoldScore(
            *(self.weights, self.features.layer, classifier, self.fold.per_class, self.fold.number),
            *(judged.value, judged.overall, c, len(train), len(test), judged.by_class, judged.deviation),
        )


def learn(
    target: TargetSet, space: Space, train: NDArray[np.int64], classifier: Classifier, how: Learning
) -> LinearModel:
    """The classifier of a space whose rows are the images `train`, with C chosen by cross-validation among them.

    With one image a class there is nothing to choose by, and C is the middle of the values.
    """
    labels, count = target.labels[train], len(target.classes)
    truth = None if target.presence is None else target.presence[train]
    if truth is None:
        targets = class_targets(torch.from_numpy(labels), count, classifier)
    else:
        targets = torch.from_numpy(truth).float() if classifier == "svm" else _exclusive(labels, count)

    def judging(scores: Tensor, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        if truth is None:
            return _mean(class_accuracies(_best(scores), labels[rows], count))
        found = average_precisions(_ranking(scores, classifier), truth[rows])
        # One softmax has one C; classes against the rest have each their own.
        return found if classifier == "svm" else _mean(found)

    targets = targets.to(space.turned)
    parts = stratified_parts(labels, count=how.parts, seed=how.seed)
    if len(parts) < 2:  # one image a class: none can be left out to choose by
        c: float | Tensor = sorted(how.grid)[len(how.grid) // 2]
    else:
        c = choose_c(space, targets, classifier, judging, parts, grid=how.grid).c
    return solve(space, targets, classifier, c, tolerance=1e-3).model(space)


def _mean(by_class: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean over classes that have images, as one number (1,)."""
    known = by_class[~np.isnan(by_class)]
    return np.array([known.mean() if len(known) else np.nan], np.float64)


def _exclusive(labels: NDArray[np.int64], classes: int) -> Tensor:
    """Targets of a softmax; rows of zeros, which cost nothing, for images without a label of their own."""
    targets = class_targets(torch.from_numpy(np.maximum(labels, 0)), classes, "softmax")
    targets[torch.from_numpy(labels < 0)] = 0
    return targets


def _best(scores: Tensor) -> NDArray[np.int64]:
    return scores.argmax(1).cpu().numpy()


def _ranking(scores: Tensor, classifier: Classifier) -> NDArray[np.float64]:
    """What images are ranked by for each class: its probability for softmax, its score for the rest."""
    return (scores.double().softmax(1) if classifier == "softmax" else scores.double()).cpu().numpy()


@dataclass(frozen=True)
class Judged:
    """How a classifier does: the mean over classes, each class's, the share of images that are right (NaN for average
    precision), and the standard deviation of the first over images.
    """

    value: float
    by_class: tuple[float, ...]
    overall: float
    deviation: float


def judge(
    target: TargetSet, model: LinearModel, rows: NDArray[np.float32], test: NDArray[np.int64], classifier: Classifier
) -> Judged:
    """How a classifier does on the rows of images `test`."""
    scores = model.scores(torch.from_numpy(rows))
    if target.presence is not None:
        ranking, truth = _ranking(scores, classifier), target.presence[test]
        by_class = average_precisions(ranking, truth)
        deviation = precision_deviation(ranking, truth)
        return Judged(float(_mean(by_class)[0]), tuple(by_class.tolist()), float("nan"), deviation)
    found, labels = _best(scores), target.labels[test]
    by_class = class_accuracies(found, labels, len(target.classes))
    deviation = accuracy_deviation(by_class, np.bincount(labels, minlength=len(by_class)))
    return Judged(float(_mean(by_class)[0]), tuple(by_class.tolist()), float((found == labels).mean()), deviation)


__all__ = ["Judged", "Learning", "default_folds", "transfer_layers", "judge", "learn", "measure_transfer"]
