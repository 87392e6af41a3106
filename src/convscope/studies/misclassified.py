"""Which images a network answers wrongly, by how much, and which images of the collection are like them."""

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
from convscope.methods.mistakes import CODES, contrasts_of, logits_layer, logits_of
from convscope.progress import silent
from convscope.shown import brief
from convscope.training.judging import Jury
from convscope.training.matching import Match, match_classes, match_one
from convscope.training.truths import Truth

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
    """What was answered to n images, by their number in the collection; answers by their codes, see `Contrast`.

    Where a network answers several questions, of labels or of values, each row is about one of them. images, truth,
    answer: (n,). numbers: (n, 2) the output's numbers of the answer and of the label; of a value what was answered and
    what is true. scores: (n, 2) the scores of both; of a value how many times the usual error it is off, and that
    error. rank: (n,) the place of the label among the answers, 1 for the best. contrast: (n,) by how much the answer's
    logit exceeds the label's, or the value is off; 0 where the answer is right.
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

    @classmethod
    def joined(cls, parts: Sequence[AnsweredImages]) -> AnsweredImages:
        """All of them, one after the other."""
        return cls(**{one.name: np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(cls)})


def answered(head: Head, numbers: Features, images: Ints, truths: Ints | Doubles) -> list[AnsweredImages]:
    """What a network's output, whose numbers are on disk and read some at a time, answers to each of its questions.

    truths: (n,) codes of the right answers of classes, of one class or not; (n, k) numbers of labels or values.
    """
    blocks = ((at, torch.from_numpy(numbers.rows(images[at])).double()) for at in _blocks(len(images)))
    if head.kind not in ("labels", "values"):
        codes = truths.astype(np.int64)
        return [AnsweredImages.joined([_judged(head, images[at], codes[at], some) for at, some in blocks])]
    whole, true = torch.cat([some for _, some in blocks]), truths.astype(np.float64)
    if head.kind == "values":
        return [_measured(k, images, whole[:, k].numpy(), true[:, k]) for k in range(head.channels)]
    return [_marked(head, k, images, true[:, k], whole) for k in range(head.channels)]


def worst_of(head: Head, parts: Sequence[AnsweredImages]) -> AnsweredImages:
    """The mistakes, those first whose answer is preferred most, or that are off by most of their usual errors."""
    wrong = AnsweredImages.joined([part.take(np.flatnonzero(~part.right)) for part in parts])
    size = wrong.scores[:, 0] if head.kind == "values" else wrong.contrast
    return wrong.take(np.lexsort((wrong.truth, wrong.images, -size)))


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


def expect_answers(net: Network) -> str:
    """The layer of the logits, or values, of a network that answers with a vector; raises UsageError for any other."""
    head = net.head
    if head.positions:
        raise UsageError(
            f"{net.name}: {head.summary}; a mistake is one wrong answer to an image: evaluate judges maps by masks, "
            "and occlude and causes ask about a place of them, as target='3@5,7' or as a unit "
            f"'{net.output}:3@5,7'; name a layer that sums them up as output="
        )
    if not net.listed_output:
        raise UsageError(f"'{net.output}' of {net.name} is no layer whose units have names: name one as output=")
    return logits_layer(net)


def truths_of(net: Network, source: Source, match: Match, truth: Truth | None = None) -> Ints | Doubles:
    """What is right for each image: (n,) the code of an answer, -1 where that is not known; of labels and values (n, k)
    numbers, NaN where they are not known.

    Raises:
        SourceError: where nothing is known of any image. UsageError: where labels, or numbers, and answers do not fit.
    """
    head = net.head
    if head.kind in ("labels", "values") or (head.kind == "binary" and truth is not None):
        known = Jury([net], [], source, match, 1, silent).truths(truth)
        found = np.full((len(source), head.channels), np.nan)
        for index, numbers in known.items():
            found[index] = numbers
        return found if head.kind != "binary" else np.where(np.isnan(found[:, 0]), -1, found[:, 0]).astype(np.int64)
    if truth is not None:
        raise UsageError(f"{net.name}: {head.summary}; the collection itself says the images' classes, not truth=")
    labels = np.array([source.label(index) for index in range(len(source))], np.int64)
    if not (labels >= 0).any():
        raise SourceError(f"mistakes are told by labels, and no image has one: {source.describe()}")
    if head.kind == "binary":
        by_class = match_one(source, net.classes, match).astype(np.int64)
    else:
        by_class = match_classes(source, head.names(net.classes), head.classes, match) + head.first
    return np.where(labels >= 0, by_class[np.maximum(labels, 0)], -1)


def known_in(truths: Ints | Doubles) -> Ints:
    """The images of which something is known."""
    return np.flatnonzero(truths >= 0 if truths.ndim == 1 else ~np.isnan(truths).any(1))


def best_of(head: Head, numbers: Features, image: int) -> tuple[Ints, Doubles]:
    """The best answers to an image, and their scores, the best first; none of values."""
    if head.kind == "values":
        return np.zeros(0, np.int64), np.zeros(0)
    scores = head.scores(torch.from_numpy(numbers.rows(np.array([image]))).double())
    if head.kind == "binary":
        share = float(scores[0, 0])
        order = (1, 0) if share > 0.5 else (0, 1)
        return np.array(order, np.int64), np.array([share if n else 1 - share for n in order])
    found = scores[0, head.first :].topk(min(_BEST, head.channels - head.first))
    codes = found.indices.numpy() + head.first
    return (CODES["labels"] * codes + 1 if head.kind == "labels" else codes), found.values.numpy()


def most_alike(
    features: Features, source: Source, known: Sequence[AnsweredImages], images: Sequence[int], *, answers: bool = False
) -> list[SimilarImages]:
    """For each of some images the images of the collection most like it, by the cosine of their features.

    known: for each of the images what was answered to all of them. answers: whether what is counted of the nearest are
    their answers, of which all have the same label, and not their labels.
    """
    found = list[SimilarImages]()
    for first in range(0, len(images), _TOGETHER):
        some = images[first : first + _TOGETHER]
        own, all_of = _unit(features.rows(np.array(some, np.int64))), known[first].images
        likeness = np.concatenate([own @ _unit(features.rows(all_of[p])).T for p in _blocks(len(all_of))], 1)
        found += [
            _similar(one, source, known[first + at], image, answers)
            for at, (one, image) in enumerate(zip(likeness, some, strict=True))
        ]
    return found


def _similar(
    likeness: NDArray[np.float32], source: Source, known: AnsweredImages, image: int, answers: bool
) -> SimilarImages:
    (own,) = np.flatnonzero(known.images == image)
    order = np.argsort(-likeness, kind="stable")
    order = order[order != own]
    right = known.right[order]
    rows = np.concatenate([order[right][:SHOWN], order[~right][:SHOWN]])
    labels = (known.answer if answers else known.truth)[order[:NEAREST]]
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


def _judged(head: Head, images: Ints, truth: Ints, exact: torch.Tensor) -> AnsweredImages:
    """Of classes that exclude each other, and of one that is there or not."""
    wanted, scores = torch.from_numpy(truth), head.scores(exact)
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


def _marked(head: Head, channel: int, images: Ints, truth: Doubles, exact: torch.Tensor) -> AnsweredImages:
    """Of one of several labels."""
    logit, share = logits_of(head, exact)[:, channel].numpy(), head.scores(exact)[:, channel].numpy()
    there, wanted = logit > 0, truth > 0.5
    shares = np.stack([np.where(one, share, 1 - share) for one in (there, wanted)], 1)
    code = CODES["labels"] * channel
    return AnsweredImages(
        images, code + wanted.astype(np.int64), code + there.astype(np.int64),
        np.repeat(exact[:, channel].numpy()[:, None], 2, 1), shares, 1 + (there != wanted).astype(np.int64),
        np.where(there != wanted, np.abs(logit), 0.0),
    )  # fmt: skip


def _measured(channel: int, images: Ints, values: Doubles, truth: Doubles) -> AnsweredImages:
    """Of a value, which is wrong where it is further off than it is on average."""
    off = values - truth
    usual = float(np.abs(off).mean())
    far, code = np.abs(off) > usual, CODES["values"] * channel
    times = np.abs(off) / usual if usual else np.zeros(len(off))
    return AnsweredImages(
        images, np.full(len(images), code), code + np.where(far, np.where(off > 0, 1, 2), 0).astype(np.int64),
        np.stack([values, truth], 1), np.stack([times, np.full(len(off), usual)], 1), 1 + far.astype(np.int64),
        np.where(far, np.abs(off), 0.0),
    )  # fmt: skip


__all__ = [
    "NEAREST", "SHOWN", "AnsweredImages", "SimilarImages", "answered", "best_of", "expect_answers", "known_in",
    "most_alike", "truths_of", "worst_of",
]  # fmt: skip
