"""How often networks are right: top-1 and top-5, from one crop or ten, alone or as an ensemble, by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.data import Failure, Source
from convscope.data.loading import first_reasons
from convscope.errors import SourceError, UsageError
from convscope.graph import Head, Network
from convscope.methods.corrections import holm
from convscope.methods.inputs import preprocess_of
from convscope.methods.intervals import Paired, paired, wilson
from convscope.progress import Progress, silent
from convscope.settings import usual_settings
from convscope.shown import brief
from convscope.tables import counted
from convscope.training.answering import decoded, scores_of
from convscope.training.judging import Judgement, Jury
from convscope.training.matching import Match, match_classes, matched_by
from convscope.training.predictions import EnsembleMembers, Predictions, predicted
from convscope.training.recipe import CropSource
from convscope.training.truths import Truth
from convscope.training.views import Viewer, Views


@brief
@dataclass(frozen=True)
class MemberAccuracy:
    """A network alone, and what all of them together are right more often, over the same images.

    top1, top5: shares of images; intervals hold 95 % (Wilson). gain: of top-1, see `convscope.methods.intervals`; its p
    is corrected for how many networks there are (Holm).
    """

    network: str
    top1: float
    top1_interval: tuple[float, float]
    top5: float
    top5_interval: tuple[float, float]
    gain: Paired

    def to_json(self) -> dict[str, Any]:
        """The numbers as plain values."""
        said = {name: getattr(self, name) for name in ("network", "top1", "top5")}
        said |= {name: list(getattr(self, name)) for name in ("top1_interval", "top5_interval")}
        gain = self.gain
        return {**said, "gain": gain.difference, "gain_interval": [gain.low, gain.high], "p": gain.p}


@brief
@dataclass(frozen=True, eq=False)
class ClassAccuracy:
    """What networks answered: counts over images, from which all rates follow.

    `confusion` (classes of the images, classes of the network) int64 counts answers, `hits5` (classes of the images,)
    the images whose class was among the five best, `targets` (classes of the images,) which class of the network each
    is. Class names are those of the images. head: what the output was taken for.
    """

    networks: tuple[str, ...]
    views: Views
    classes: tuple[str, ...]
    answers: tuple[str, ...]
    targets: NDArray[np.int64]
    confusion: NDArray[np.int64]
    hits5: NDArray[np.int64]
    failures: tuple[Failure, ...]
    head: Head
    predictions: Predictions = field(default_factory=Predictions.none)
    matched: Match = "name"
    """How classes of images and network were matched."""
    members: EnsembleMembers | None = None
    """Whether each network alone was right."""

    @property
    def top1_interval(self) -> tuple[float, float]:
        """Where the share of best answers lies, 95 % (Wilson)."""
        return wilson(int(self.hits.sum()), self.images)

    @property
    def top5_interval(self) -> tuple[float, float]:
        """Where the share of answers among the five best lies, 95 % (Wilson)."""
        return wilson(int(self.hits5.sum()), self.images)

    @property
    def images(self) -> int:
        """Images that were judged."""
        return int(self.confusion.sum())

    @property
    def counts(self) -> NDArray[np.int64]:
        """Images of each class."""
        return self.confusion.sum(1)

    @property
    def top1(self) -> float:
        """Share of images whose class was the best answer."""
        return float(self.hits.sum() / self.images)

    @property
    def top5(self) -> float:
        """Share of images whose class was among the five best answers."""
        return float(self.hits5.sum() / self.images)

    @property
    def hits(self) -> NDArray[np.int64]:
        """Images of each class that were answered rightly."""
        return self.confusion[np.arange(len(self.targets)), self.targets]

    @property
    def class_top1(self) -> NDArray[np.float64]:
        """Share of each class that was answered rightly; NaN for a class without images."""
        counts = self.counts
        return np.divide(self.hits, counts, out=np.full(len(counts), np.nan), where=counts > 0)

    @property
    def mean_class_top1(self) -> float:
        """The mean of the classes' shares, each class counting the same."""
        return float(np.nanmean(self.class_top1))

    @property
    def class_intervals(self) -> list[tuple[float, float]]:
        """Where each class's share lies, 95 % (Wilson); NaN for a class without images."""
        return [wilson(int(hits), int(count)) for hits, count in zip(self.hits, self.counts, strict=True)]

    def alone(self) -> list[MemberAccuracy]:
        """Each of several networks alone, and what all together are right more often; nothing of a single one."""
        if self.members is None or len(self.networks) < 2:
            return []
        together = self.predictions.answers == self.predictions.targets
        gains = [paired(together, one) for one in self.members.top1]
        corrected = holm([gain.p for gain in gains])
        return [
            MemberAccuracy(
                *(name, float(one.mean()), wilson(int(one.sum()), len(one))),
                *(float(five.mean()), wilson(int(five.sum()), len(five)), replace(gain, p=p)),
            )
            for name, one, five, gain, p in zip(
                self.networks, self.members.top1, self.members.top5, gains, corrected, strict=True
            )
        ]

    def confused(self, k: int = 10) -> list[tuple[str, str, int]]:
        """The k most frequent mistakes: class, answer, images."""
        wrong = self.confusion.copy()
        wrong[np.arange(len(self.targets)), self.targets] = 0
        order = np.argsort(-wrong, axis=None, kind="stable")[:k]
        pairs = [divmod(int(at), wrong.shape[1]) for at in order]
        return [
            (self.classes[row], self.answers[column], int(wrong[row, column]))
            for row, column in pairs
            if wrong[row, column]
        ]

    def to_json(self) -> dict[str, Any]:
        """The numbers as plain values."""
        shares = [None if np.isnan(share) else float(share) for share in self.class_top1]
        ends = [(None, None) if np.isnan(low) else (low, high) for low, high in self.class_intervals]
        return {
            "networks": list(self.networks),
            "views": self.views,
            "match": self.matched,
            "images": self.images,
            "top1": self.top1,
            "top5": self.top5,
            "top1_interval": list(self.top1_interval),
            "top5_interval": list(self.top5_interval),
            "output": self.head.summary,
            "mean_class_top1": self.mean_class_top1,
            "classes": [
                {"name": name, "images": int(count), "top1": share, "low": low, "high": high}
                for name, count, share, (low, high) in zip(self.classes, self.counts, shares, ends, strict=True)
            ],
            "members": [one.to_json() for one in self.alone()],
            "answers": list(self.answers),
            "confusion": self.confusion.tolist(),
            "failures": [{"name": one.name, "reason": one.reason} for one in self.failures],
        }


@usual_settings()
def evaluate(
    networks: Network | Sequence[Network],
    source: Source,
    *,
    views: Views = "centre",
    crop_source: CropSource = "square",
    padding: int | None = None,
    match: Match = "name",
    truth: Truth | None = None,
    threads: int = 2,
    progress: Progress = silent,
) -> ClassAccuracy | Judgement:
    """How well networks do on the images of a source of which something is known.

    By what their output is (`Network.head`): an `ClassAccuracy` of classes that exclude each other, counts of right
    answers; else a `Judgement`: the area under the ROC curve, accuracy, sensitivity and specificity of one class, the
    average precision of labels, the mean absolute error and R2 of values, the intersection over union of maps. All have
    intervals of 95 %. Scores are averaged over the views of an image, and then over the networks: several are an
    ensemble. A softmax that is in a network is not done again.

    Args:
        views: the centre crop, or the paper's ten: corners and centre, each flipped or not.
        crop_source: of ten crops, "square" takes the corners of the resized image's central square, "whole" of all of
            it.
        padding: pixels of mean colour around the image for ten crops; by default none, or in proportion to the paper's
            where the network's preprocessing leaves no room around its crop.
        match: classes of images and network are matched by "name", or by "index" where that is asked for; by their
            order too where one side has no names and both are as many, which `ClassAccuracy.matched` says.
        truth: what is true of images where it is no class: a CSV file, its first line names, each other one an image's
            name and a number for each output; the same as a mapping or an array; for maps a folder of masks, named as
            the images, whose pixels are class numbers (255: no class); for maps of values see `truth_maps.ValueMaps`.

    Raises:
        UsageError: for networks whose classes differ from each other's or do not fit the images'.
        SourceError: if nothing is known of the images, or none can be read.
    """
    nets = [networks] if isinstance(networks, Network) else list(networks)
    if not nets:
        raise UsageError("no network to evaluate")
    answers = _answers(nets)
    viewers = [Viewer(preprocess_of(net, source), views, crop_source, padding) for net in nets]
    head = nets[0].head
    if head.kind != "classes" or len(head.positions) == 2:
        return Jury(nets, viewers, source, match, threads, progress).judge(truth)
    if truth is not None:
        raise UsageError(f"{nets[0].name}: {head.summary}; the collection itself says the images' classes, not truth=")
    if not any(source.label(index) >= 0 for index in range(len(source))):
        raise SourceError(f"evaluation needs classes, and no image has one: {source.describe()}")
    if nets[0].classes and len(nets[0].classes) != head.classes:
        raise UsageError(
            f"{nets[0].name} has {counted(head.classes, 'output')}, and its classes= are "
            f"{counted(len(nets[0].classes), 'name')}"
        )
    targets, matched = match_classes(source, answers, head.classes, match), matched_by(source, answers, match)
    return _counted(nets, viewers, source, targets, matched, threads, progress)


def accuracy(networks: Network, source: Source, *, threads: int = 2, progress: Progress = silent) -> ClassAccuracy:
    """How often a network that chooses among classes is right; raises UsageError for one that does not."""
    found = evaluate(networks, source, threads=threads, progress=progress)
    if not isinstance(found, ClassAccuracy):
        raise UsageError(f"{networks.name} does not choose among classes: {found.head.summary}")
    return found


def _counted(
    nets: Sequence[Network],
    viewers: Sequence[Viewer],
    source: Source,
    targets: NDArray[np.int64],
    matched: Match,
    threads: int,
    progress: Progress,
) -> ClassAccuracy:
    """The answers of networks that choose among classes, counted."""
    names = nets[0].classes or tuple(str(number) for number in range(nets[0].head.classes))
    confusion = np.zeros((len(targets), len(names)), np.int64)
    hits5, failures, told, done = np.zeros(len(targets), np.int64), [], [], 0
    alone: list[NDArray[np.bool_]] = []
    rows = [index for index in range(len(source)) if source.label(index) >= 0]
    for piece in decoded(source, rows, threads, [viewer.preprocess for viewer in viewers]):
        done += len(piece)
        seen = [index for index, image in piece if not isinstance(image, Failure)]
        images = [(image, source.label(index)) for index, image in piece if not isinstance(image, Failure)]
        failures += [image for _, image in piece if isinstance(image, Failure)]
        if images:
            each = torch.stack(
                [
                    scores_of(net, viewer, [image[which] for image, _ in images])
                    for which, (net, viewer) in enumerate(zip(nets, viewers, strict=True))
                ]
            )
            mean, labels = each.mean(0), np.array([label for _, label in images])
            best, five = _best(mean, targets[labels])
            told.append(predicted(mean, best, seen, labels, targets[labels]))
            alone.append(_rightness(each, targets[labels]))
            np.add.at(confusion, (labels, best), 1)
            np.add.at(hits5, labels, five)
        progress("evaluating", done, len(rows))
    if not confusion.sum():
        raise SourceError(f"none of the images can be read: {source.describe()}; {first_reasons(failures)}")
    classes = source.classes or tuple(names[target] for target in targets)
    return ClassAccuracy(
        tuple(net.name for net in nets), viewers[0].views, classes, names, targets, confusion, hits5, tuple(failures),
        nets[0].head, Predictions.joined(told), matched, EnsembleMembers(*np.concatenate(alone, 2)),
    )  # fmt: skip


def _best(scores: Tensor, targets: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The best answers (n,) of scores (n, outputs), and whether the targets (n,) are among the five best."""
    best = scores.topk(min(5, scores.shape[1])).indices.numpy()
    return best[:, 0], (best == targets[:, None]).any(1)


def _rightness(each: Tensor, targets: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether a network's best answer, and one of its five best, is right: (2, m, n) of scores (m, n, outputs)."""
    found = [_best(scores, targets) for scores in each]
    return np.stack([[best == targets for best, _ in found], [five for _, five in found]])


def _answers(nets: Sequence[Network]) -> tuple[str, ...] | None:
    first = nets[0]
    for net in nets[1:]:
        ours, theirs = first.head, net.head
        alike = (ours.kind, ours.classes, ours.positions) == (theirs.kind, theirs.classes, theirs.positions)
        if net.classes != first.classes or not alike:
            raise UsageError(f"{first.name} and {net.name} have different classes, so their answers have no average")
    return first.classes


__all__: list[str] = [
    "ClassAccuracy", "Judgement", "Match", "MemberAccuracy", "accuracy", "evaluate", "match_classes",
]  # fmt: skip
