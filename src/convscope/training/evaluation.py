"""How often networks are right: top-1 and top-5, from one crop or ten, alone or as an ensemble, by class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.data import Failure, Preprocess, Source, load_pixels
from convscope.data.ahead import in_one_piece, made_ahead
from convscope.data.loading import first_reasons
from convscope.errors import ImageError, SourceError, UsageError
from convscope.graph import Network
from convscope.methods.inputs import preprocess_of
from convscope.progress import Progress, silent
from convscope.settings import usual_settings
from convscope.training.matching import Match, match_classes, matched_by
from convscope.training.pictures import Pixels
from convscope.training.predictions import Predictions, predicted
from convscope.training.recipe import CropSource
from convscope.training.views import Viewer, Views

_PIECE = 32  # images that are decoded and run together


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What networks answered: counts over images, from which all rates follow.

    `confusion` (classes of the images, classes of the network) int64 counts answers, `hits5` (classes of the images,)
    the images whose class was among the five best. Class names are those of the images.
    """

    networks: tuple[str, ...]
    views: Views
    classes: tuple[str, ...]
    answers: tuple[str, ...]
    targets: NDArray[np.int64]
    confusion: NDArray[np.int64]
    hits5: NDArray[np.int64]
    failures: tuple[Failure, ...]
    predictions: Predictions = field(default_factory=Predictions.none)
    matched: Match = "name"
    """How classes of images and network were matched."""

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
        return {
            "networks": list(self.networks),
            "views": self.views,
            "match": self.matched,
            "images": self.images,
            "top1": self.top1,
            "top5": self.top5,
            "mean_class_top1": self.mean_class_top1,
            "classes": [
                {"name": name, "images": int(count), "top1": share}
                for name, count, share in zip(self.classes, self.counts, shares, strict=True)
            ],
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
    threads: int = 2,
    progress: Progress = silent,
) -> Evaluation:
    """How well networks do on the images of a source that have a class.

    Probabilities (softmax) are averaged over the views of an image, and then over the networks: several are an
    ensemble.

    Args:
        views: the centre crop, or the paper's ten: corners and centre, each flipped or not.
        crop_source: of ten crops, "square" takes the corners of the resized image's central square, "whole" of all of
            it.
        padding: pixels of mean colour around the image for ten crops; by default none, or in proportion to the paper's
            where the network's preprocessing leaves no room around its crop.
        match: classes of images and network are matched by "name", or by "index" where that is asked for; by their
            order too where one side has no names and both are as many, which `Evaluation.matched` says.

    Raises:
        UsageError: for networks whose classes differ from each other's or do not fit the images'.
        SourceError: if no image has a class, or none can be read.
    """
    nets = [networks] if isinstance(networks, Network) else list(networks)
    if not nets:
        raise UsageError("no network to evaluate")
    answers = _answers(nets)
    rows = [index for index in range(len(source)) if source.label(index) >= 0]
    if not rows:
        raise SourceError(f"evaluation needs classes, and no image has one: {source.describe()}")
    targets = match_classes(source, answers, len(_probabilities_of(nets[0])), match)
    viewers = [Viewer(preprocess_of(net, source), views, crop_source, padding) for net in nets]
    names = answers or tuple(str(number) for number in range(len(_probabilities_of(nets[0]))))
    confusion = np.zeros((len(targets), len(names)), np.int64)
    hits5, failures, told, done = np.zeros(len(targets), np.int64), [], [], 0
    for piece in _decoded(source, rows, threads, [viewer.preprocess for viewer in viewers]):
        done += len(piece)
        seen = [index for index, image in piece if not isinstance(image, Failure)]
        images = [(image, source.label(index)) for index, image in piece if not isinstance(image, Failure)]
        failures += [image for _, image in piece if isinstance(image, Failure)]
        if images:
            mean = torch.stack(
                [
                    probabilities(net, viewer, [image[which] for image, _ in images])
                    for which, (net, viewer) in enumerate(zip(nets, viewers, strict=True))
                ]
            ).mean(0)
            best = mean.topk(min(5, mean.shape[1])).indices.numpy()
            labels = np.array([label for _, label in images])
            told.append(predicted(mean, best[:, 0], seen, labels, targets[labels]))
            np.add.at(confusion, (labels, best[:, 0]), 1)
            np.add.at(hits5, labels, (best == targets[labels][:, None]).any(1))
        progress("evaluating", done, len(rows))
    if not confusion.sum():
        raise SourceError(f"none of the images can be read: {source.describe()}; {first_reasons(failures)}")
    classes = source.classes or tuple(names[target] for target in targets)
    return Evaluation(
        tuple(net.name for net in nets), views, classes, names, targets, confusion, hits5, tuple(failures),
        Predictions.joined(told), matched_by(source, answers, match),
    )  # fmt: skip


@usual_settings()
def probabilities(net: Network, viewer: Viewer, images: Sequence[Pixels]) -> Tensor:
    """Softmax probabilities (n, classes), float64 on the CPU, averaged over each image's views."""
    crops = torch.cat([viewer.cut(image) for image in images]).to(net.device)
    x = viewer.preprocess.normalise(crops, dtype=net.dtype)
    logits = torch.cat([net.run(part, [net.output])[net.output] for part in x.split(64)])
    shares = logits.flatten(1).double().softmax(1)
    return shares.view(len(images), len(viewer), -1).mean(1).cpu()


def _probabilities_of(net: Network) -> range:
    return range(net.layers[net.output].channels)


def _answers(nets: Sequence[Network]) -> tuple[str, ...] | None:
    first = nets[0]
    for net in nets[1:]:
        if net.classes != first.classes or len(_probabilities_of(net)) != len(_probabilities_of(first)):
            raise UsageError(f"{first.name} and {net.name} have different classes, so their answers have no average")
    return first.classes


def _decoded(
    source: Source, rows: Sequence[int], threads: int, recipes: Sequence[Preprocess]
) -> Iterator[list[tuple[int, list[Pixels] | Failure]]]:
    """Pieces of the rows' images, decoded ahead for each recipe, each with its row."""

    def make(piece: Sequence[int]) -> list[tuple[int, list[Pixels] | Failure]]:
        return [(index, _read(source, index, recipes)) for index in piece]

    pieces = (rows[start : start + _PIECE] for start in range(0, len(rows), _PIECE))
    return made_ahead(pieces, in_one_piece(make), threads=max(1, threads), ahead=2 * threads)


def _read(source: Source, index: int, recipes: Sequence[Preprocess]) -> list[Pixels] | Failure:
    found: dict[Any, Pixels] = {}
    try:
        for recipe in recipes:  # networks that want the same pixels share them
            key = recipe.channels, recipe.range, tuple(recipe.mean_colour)
            if key not in found:
                found[key] = load_pixels(source, index, recipe)
        return [found[recipe.channels, recipe.range, tuple(recipe.mean_colour)] for recipe in recipes]
    except ImageError as error:
        return Failure(index, source.name(index), str(error))


__all__: list[str] = ["Evaluation", "Match", "evaluate", "match_classes", "probabilities"]
