"""Which labelled images a network answers wrongly, by how much, and which images of the collection are like them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray

from convscope.data import Source
from convscope.errors import SourceError, UsageError
from convscope.generalisation.features import Features
from convscope.graph import Head, Network
from convscope.methods.mistakes import contrasts_of, logits_layer
from convscope.shown import brief
from convscope.training.matching import Match, match_classes, match_one

Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]

NEAREST = 20
"""Images of the collection by whose labels it is told what an image is like."""
SHOWN = 4
"""Most similar images that are shown, of those answered rightly and of those answered wrongly."""
_AT_ONCE = 1024  # images whose numbers are in memory together
_TOGETHER = 128  # images that are compared with all others at once
_BEST = 5


@brief
@dataclass(frozen=True, eq=False)
class AnsweredImages:
    """What was answered to n images, by their number in the collection; answers are numbers that `Head.decide` gives.

    numbers: (n, 2) the output's numbers of the answer and of the label, scores: (n, 2) their scores. rank: (n,) the
    place of the label among the answers, 1 for the best. contrast: (n,) by how much the answer's logit exceeds the
    label's; 0 where the answer is right.
    """

    images: Ints
    truth: Ints
    answer: Ints
    numbers: Doubles
    scores: Doubles
    rank: Ints
    contrast: Doubles

    def __len__(self) -> int:
        return len(self.images)

    @property
    def right(self) -> NDArray[np.bool_]:
        """(n,) whether the answer is the label."""
        return self.answer == self.truth

    def take(self, rows: Ints) -> AnsweredImages:
        """Some of them, in an order."""
        return AnsweredImages(**{one.name: getattr(self, one.name)[rows] for one in fields(self)})

    @property
    def worst(self) -> AnsweredImages:
        """The mistakes, those first whose answer is preferred most."""
        wrong = np.flatnonzero(~self.right)
        return self.take(wrong[np.lexsort((self.images[wrong], -self.contrast[wrong]))])

    @classmethod
    def of(cls, head: Head, numbers: Features, images: Ints, truth: Ints) -> AnsweredImages:
        """Those of a network's output, whose numbers are on disk, read some at a time."""
        parts = [
            _judged(head, images[some], truth[some], torch.from_numpy(numbers.rows(images[some])))
            for some in _blocks(len(images))
        ]
        return cls(**{one.name: np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(cls)})


@brief
@dataclass(frozen=True, eq=False)
class SimilarImages:
    """The images most like one that was answered wrongly, by their features: right ones first, then wrong ones.

    images, likeness (cosine), truth, answer: (s,). of: how many of the nearest were counted; as_answered, as_labelled:
    how many of these have as label what was answered, and the image's own label.
    """

    images: Ints
    likeness: Doubles
    truth: Ints
    answer: Ints
    names: tuple[str, ...]
    of: int
    as_answered: int
    as_labelled: int


def expect_choice(net: Network) -> str:
    """The layer of the logits of a network that chooses one answer; raises UsageError for any other."""
    head = net.head
    if head.positions:
        raise UsageError(
            f"{net.name}: {head.summary}; a mistake is one wrong answer to an image: evaluate judges maps by masks, "
            "and occlude follows a place of them, as target='3@5,7'"
        )
    if head.kind == "labels":
        raise UsageError(
            f"{net.name}: {head.summary}; of several labels at once there is no one answer that is wrong: evaluate "
            "lists the images by label in misclassified.csv, and causes and occlude ask about one label, as "
            f"'{net.output}:0'"
        )
    if head.kind == "values":
        raise UsageError(
            f"{net.name}: {head.summary}; values have errors and no mistakes: evaluate(truth=) tells each image's "
            f"error in predictions.csv, and causes and occlude ask about one value, as '{net.output}:0'"
        )
    if not net.listed_output:
        raise UsageError(f"'{net.output}' of {net.name} is no layer whose units have names: name one as output=")
    return logits_layer(net)


def truths_of(net: Network, source: Source, match: Match) -> Ints:
    """The answer that is right for each image, by its label; -1 for images without one.

    Raises:
        SourceError: where no image has a label. UsageError: where labels and answers do not fit.
    """
    labels = np.array([source.label(index) for index in range(len(source))], np.int64)
    if not (labels >= 0).any():
        raise SourceError(f"mistakes are told by labels, and no image has one: {source.describe()}")
    head = net.head
    if head.kind == "binary":
        by_class = match_one(source, net.classes, match).astype(np.int64)
    else:
        by_class = match_classes(source, head.names(net.classes), head.classes, match) + head.first
    return np.where(labels >= 0, by_class[np.maximum(labels, 0)], -1)


def best_of(head: Head, numbers: Features, image: int) -> tuple[Ints, Doubles]:
    """The best answers to an image, and their scores, the best first."""
    scores = head.scores(torch.from_numpy(numbers.rows(np.array([image]))).double())
    if head.kind == "binary":
        share = float(scores[0, 0])
        order = (1, 0) if share > 0.5 else (0, 1)
        return np.array(order, np.int64), np.array([share if n else 1 - share for n in order])
    found = scores[0, head.first :].topk(min(_BEST, head.classes))
    return found.indices.numpy() + head.first, found.values.numpy()


def alike(features: Features, source: Source, known: AnsweredImages, images: Sequence[int]) -> list[SimilarImages]:
    """For each of some images the images of the collection most like it, by the cosine of their features."""
    found = list[SimilarImages]()
    for first in range(0, len(images), _TOGETHER):
        some = images[first : first + _TOGETHER]
        own = _unit(features.rows(np.array(some, np.int64)))
        likeness = np.concatenate([own @ _unit(features.rows(known.images[p])).T for p in _blocks(len(known))], 1)
        found += [_similar(one, source, known, image) for one, image in zip(likeness, some, strict=True)]
    return found


def _similar(likeness: NDArray[np.float32], source: Source, known: AnsweredImages, image: int) -> SimilarImages:
    (own,) = np.flatnonzero(known.images == image)
    order = np.argsort(-likeness, kind="stable")
    order = order[order != own]
    right = known.right[order]
    rows = np.concatenate([order[right][:SHOWN], order[~right][:SHOWN]])
    labels = known.truth[order[:NEAREST]]
    return SimilarImages(
        known.images[rows],
        likeness[rows].astype(np.float64),
        known.truth[rows],
        known.answer[rows],
        tuple(source.name(int(index)) for index in known.images[rows]),
        len(labels),
        int((labels == known.answer[own]).sum()),
        int((labels == known.truth[own]).sum()),
    )


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)


def _blocks(count: int) -> Iterator[slice]:
    return (slice(first, min(first + _AT_ONCE, count)) for first in range(0, count, _AT_ONCE))


def _judged(head: Head, images: Ints, truth: Ints, numbers: torch.Tensor) -> AnsweredImages:
    exact, wanted = numbers.double(), torch.from_numpy(truth)
    scores = head.scores(exact)
    answer, _ = head.decide(scores)
    if head.kind == "classes":  # scores of large logits are alike where these are not
        answer = exact[:, head.first :].argmax(1) + head.first
        both = torch.stack([answer, wanted], 1)
        taken, shares = exact.gather(1, both), scores.gather(1, both)
        rank = 1 + (exact[:, head.first :] > taken[:, 1:]).sum(1)
    else:
        taken = exact[:, :1].expand(-1, 2)
        shares = torch.stack([torch.where(one == 1, scores[:, 0], 1 - scores[:, 0]) for one in (answer, wanted)], 1)
        rank = 1 + (answer != wanted).long()
    wrong = answer != wanted
    rank = torch.where(wrong & (rank == 1), 2, rank)
    contrast = torch.where(wrong, contrasts_of(head, exact, answer, wanted), 0.0)
    found = (answer, taken, shares, rank, contrast)
    return AnsweredImages(images, truth, *(np.ascontiguousarray(one.numpy()) for one in found))


__all__ = ["NEAREST", "SHOWN", "AnsweredImages", "SimilarImages", "alike", "best_of", "expect_choice", "truths_of"]
