"""Judging answers that are no choice among classes: one class or not, labels, values, and maps of classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from convscope.data import Failure, Source
from convscope.data.allowance import allowance_of
from convscope.data.loading import first_reasons
from convscope.errors import ImageError, SourceError, UsageError
from convscope.graph import Head, Network
from convscope.progress import Progress
from convscope.shown import brief
from convscope.training import measures
from convscope.training.answering import decoded, maps_of, scores_of
from convscope.training.matching import Match, match_classes, match_one
from convscope.training.measures import Measure
from convscope.training.pictures import Pixels
from convscope.training.predictions import ScoredImages
from convscope.training.truth_maps import Sums, ValueMaps
from convscope.training.truths import UNLABELLED, Masks, Truth, Truths
from convscope.training.views import Viewer, Views

_CHANCE = 0.5  # the area of a ranking that says nothing


@brief
@dataclass(frozen=True, eq=False)
class Judgement:
    """How well networks answer where the answer is no choice among classes.

    head: what their output was taken for. measures: of all outputs together; each: of each of several labels, outputs
    or classes. images: how many were judged; unlabelled: how many nothing is known of.
    """

    networks: tuple[str, ...]
    views: Views
    head: Head
    images: int
    measures: tuple[Measure, ...]
    each: tuple[Measure, ...] = ()
    unlabelled: int = 0
    failures: tuple[Failure, ...] = ()
    positive: str = ""
    """Of one class or not: which class of the images is the one."""
    by_order: bool = False
    """Whether nothing but the order of the images' classes says that it is."""
    scored: ScoredImages | None = None
    """What was answered to each image; None of maps."""

    def __getitem__(self, name: str) -> Measure:
        """The measure of a name; raises UsageError where there is none."""
        for one in (*self.measures, *self.each):
            if one.name == name:
                return one
        raise UsageError(f"no measure '{name}' (there are: {', '.join(m.name for m in (*self.measures, *self.each))})")

    @property
    def summary(self) -> str:
        """The measures with their intervals, on what, and what the output was taken for."""
        crops = "centre crop" if self.views == "centre" else "ten crops"
        who = "" if len(self.networks) == 1 else f", {len(self.networks)} networks together"
        left = f"; nothing is known of {self.unlabelled} more" if self.unlabelled else ""
        told = ", ".join(map(str, self.measures))
        left += f"; images of '{self.positive}' are those of the class" if self.positive else ""
        left += ", and ranked last: where another class is the one, name it (classes=)" if self._turned_round else ""
        return f"{told} (95 %) on {self.images} images, {crops}{who}{left}. {self.head.remark}"

    @property
    def _turned_round(self) -> bool:
        """Whether a class that its order alone made the one is ranked below the other, beyond chance."""
        area = next((one for one in self.measures if one.name == "AUROC"), None)
        return bool(self.positive) and self.by_order and area is not None and area.high < _CHANCE

    def rows(self) -> list[dict[str, Any]]:
        """A row a measure."""
        return [one.to_json() for one in (*self.measures, *self.each)]

    def to_json(self) -> dict[str, Any]:
        """The numbers as plain values."""
        return {
            "networks": list(self.networks),
            "views": self.views,
            "output": self.head.to_json(),
            "images": self.images,
            "unlabelled": self.unlabelled,
            "positive": self.positive or None,
            "measures": self.rows(),
            "failures": [{"name": one.name, "reason": one.reason} for one in self.failures],
        }


@dataclass(frozen=True)
class Jury:
    """The networks that answer together, how they see images, and which images they are asked about."""

    nets: Sequence[Network]
    viewers: Sequence[Viewer]
    source: Source
    match: Match
    threads: int
    progress: Progress

    @property
    def head(self) -> Head:
        """What their output means."""
        return self.nets[0].head

    @property
    def names(self) -> list[str]:
        """What the outputs that are judged are called."""
        head = self.head
        return [head.target_name(c, self.nets[0].classes) for c in range(head.first, head.channels)]

    def judge(self, truth: Truth | None) -> Judgement:
        """How well they answer.

        Raises:
            UsageError: where nothing is known of the images that such an output could be judged by.
            SourceError: where none of them can be read.
        """
        head = self.head
        if len(head.positions) == 2:
            return self._value_maps(truth) if head.kind == "values" else self._overlap(truth)
        if head.kind == "values" and head.positions:
            raise UsageError(
                f"{self.nets[0].name}: {head.summary}; values of a sequence cannot be judged: look at the layer that "
                "sums them up as output=, or compare what net.run gives"
            )
        truths = self.truths(truth)
        rows, scores, failures = [], [], []
        for piece in self._pieces(sorted(truths)):
            failures += [image for _, image in piece if isinstance(image, Failure)]
            seen = [(index, image) for index, image in piece if not isinstance(image, Failure)]
            if seen:
                rows += [index for index, _ in seen]
                scores.append(self._mean(scores_of, [image for _, image in seen]))
        if not rows:
            raise SourceError(f"none of the images can be read: {self.source.describe()}; {first_reasons(failures)}")
        true, found = np.stack([truths[index] for index in rows]), np.concatenate(scores)
        judged = self._judged(found, true, failures, len(self.source) - len(truths))
        positive = self._positive() if head.kind == "binary" and truth is None else ""
        sides = self._sides(positive) if head.kind == "binary" else ()
        kind = "values" if head.kind == "values" else "classes"
        scored = ScoredImages(np.array(rows, np.int64), found, true, tuple(self.names), sides, kind)
        by_order = bool(positive) and self.nets[0].classes is None and self.match == "name"
        return replace(judged, positive=positive, by_order=by_order, scored=scored)

    def _sides(self, positive: str) -> tuple[str, str]:
        """What is said of images where the one class is not there, and where it is."""
        there = positive or self.names[0]
        others = [name for name in self.source.classes if name != positive] if positive else []
        return (others[0] if len(others) == 1 else f"not {there}"), there

    def _positive(self) -> str:
        """Which class of the images is taken for the one that the network answers about."""
        names = self.source.classes
        return ", ".join(names[at] for at in np.flatnonzero(self._classes()[:, 0]) if at < len(names))

    def _judged(
        self, found: NDArray[np.float64], truth: NDArray[np.float64], failures: Sequence[Failure], unlabelled: int
    ) -> Judgement:
        kind = self.head.kind
        if kind == "values":
            whole, each = measures.of_values(found, truth, self.names)
        elif kind == "binary":
            whole, each = measures.of_one_class(found[:, 0], truth[:, 0] > 0.5), []
        else:
            whole, each = measures.of_labels(found, truth > 0.5, self.names)
        return self._judgement(len(found), whole, each, unlabelled, failures)

    def _judgement(
        self,
        images: int,
        whole: Sequence[Measure],
        each: Sequence[Measure],
        unlabelled: int,
        failures: Sequence[Failure],
    ) -> Judgement:
        names, views = tuple(net.name for net in self.nets), self.viewers[0].views
        return Judgement(names, views, self.head, images, tuple(whole), tuple(each), unlabelled, tuple(failures))

    def _pieces(self, rows: Sequence[int]) -> Iterator[list[tuple[int, list[Pixels] | Failure]]]:
        done = 0
        recipes = [viewer.preprocess for viewer in self.viewers]
        for piece in decoded(self.source, rows, self.threads, recipes):
            yield piece
            done += len(piece)
            self.progress("evaluating", done, len(rows))

    def _mean(self, ask: Any, images: Sequence[Sequence[Pixels]]) -> NDArray[np.float64]:
        """What the networks say together of images, each as each of them takes it: the mean of their scores."""
        voices = enumerate(zip(self.nets, self.viewers, strict=True))
        said = [ask(net, viewer, [image[which] for image in images]) for which, (net, viewer) in voices]
        return torch.stack(said).mean(0).numpy()

    # -- what is true -------------------------------------------------------------------------------------------------
    def truths(self, truth: Truth | None) -> dict[int, NDArray[np.float64]]:
        """What is true of each image of which that is known: a number for each output.

        Raises:
            UsageError: where nothing is known of the images, or it does not fit the outputs.
        """
        head, net = self.head, self.nets[0]
        count = head.channels - head.first
        if truth is not None:
            if isinstance(truth, str | PathLike) and Path(truth).is_dir():
                raise UsageError(f"truth={str(truth)!r} is a folder: masks are for outputs that are maps")
            named = self.names if net.classes and head.kind != "binary" else None
            found = Truths.given(truth).for_source(self.source, named, count)
            if head.kind != "values" and any(not np.isin(one, (0, 1)).all() for one in found.values()):
                raise UsageError("truth= of classes that are there or not are 0 and 1; scores='none' judges values")
            return found
        if head.kind == "values":
            raise UsageError(
                f"{net.name}: {head.summary}; give their true values as truth=, a CSV file of an image and its "
                "numbers a line"
            )
        own = self._classes()
        return {i: own[self.source.label(i)] for i in range(len(self.source)) if self.source.label(i) >= 0}

    def _classes(self) -> NDArray[np.float64]:
        """What is true of images of each class of the collection (classes, outputs)."""
        head, net, source = self.head, self.nets[0], self.source
        if not any(source.label(index) >= 0 for index in range(len(source))):
            raise SourceError(f"evaluation needs classes or truth=, and no image has any: {source.describe()}")
        if head.kind != "binary":
            known = tuple(self.names) if net.classes else None
            return np.eye(head.channels - head.first)[
                match_classes(source, known, head.channels - head.first, self.match)
            ]
        return match_one(source, net.classes, self.match).astype(np.float64)[:, None]

    # -- maps ---------------------------------------------------------------------------------------------------------
    def _overlap(self, truth: Truth | None) -> Judgement:
        """By the pixels that answers and masks share."""
        masks = self._masks(truth)
        self._expect_one_view()
        paths = {i: path for i in range(len(self.source)) if (path := masks.path(self.source.name(i))) is not None}
        if not paths:
            raise UsageError(f"truth={str(masks.folder)!r} has no mask of any image, such as {self.source.name(0)!r}")
        counts, failures = [], []
        for piece in self._pieces(sorted(paths)):
            for index, image in piece:
                if isinstance(image, Failure):
                    failures.append(image)
                    continue
                try:
                    truth = masks.read(
                        paths[index],
                        image[0].shape[:2],
                        self.viewers[0].preprocess,
                        self.head.positions,
                        allowance=allowance_of(self.source),
                    )
                except ImageError as error:
                    failures.append(Failure(index, self.source.name(index), str(error)))
                    continue
                counts.append(self._pixels(self._mean(maps_of, [image])[0], truth, self.source.name(index)))
        if not counts:
            raise SourceError(f"none of the images and masks can be read: {failures[0].reason if failures else ''}")
        shared, either, right, known = (np.stack(column) for column in zip(*counts, strict=True))
        whole, each = measures.of_overlap(shared, either, self.names)
        if self.head.kind != "labels":
            whole = [*whole, measures.of_pixels(right, known)]
        return self._judgement(len(counts), whole, each, len(self.source) - len(paths), failures)

    def _masks(self, truth: Truth | None) -> Masks:
        head, name = self.head, self.nets[0].name
        if not isinstance(truth, str | PathLike) or not Path(truth).is_dir():
            raise UsageError(f"{name}: {head.summary}; give a folder of masks as truth=, each pixel a class number")
        return Masks.open(truth)

    def _expect_one_view(self) -> None:
        if self.viewers[0].views != "centre":
            raise UsageError("maps are judged on the centre crop, where masks can be cut alike: views='centre'")
        if any(viewer.preprocess != self.viewers[0].preprocess for viewer in self.viewers):
            raise UsageError("networks that see images differently give maps that do not lie on each other")

    def _value_maps(self, truth: Truth | None) -> Judgement:
        """By the numbers that are true at each position."""
        head = self.head
        maps = ValueMaps.given(truth, f"{self.nets[0].name}: {head.summary}")
        self._expect_one_view()
        places = {i: maps.where(i, self.source.name(i)) for i in range(len(self.source))}
        known = sorted(index for index, place in places.items() if place is not None)
        if not known:
            raise UsageError(f"truth= has no numbers of any image, such as {self.source.name(0)!r}")
        sums, failures = Sums(), []
        size = (head.channels - head.first, head.positions[0], head.positions[1])
        cost, recipe = allowance_of(self.source), self.viewers[0].preprocess
        for index, image in (one for piece in self._pieces(known) for one in piece):
            place = places[index]
            if isinstance(image, Failure) or place is None:
                failures += [image] if isinstance(image, Failure) else []
                continue
            try:
                numbers = maps.read(place, image[0].shape[:2], recipe, size, allowance=cost)
                sums.add(self._mean(maps_of, [image])[0], numbers)
            except ImageError as error:
                failures.append(Failure(index, self.source.name(index), str(error)))
        if not sums.rows:
            raise SourceError(f"none of the images and their numbers can be read: {failures[0].reason}")
        whole, each = measures.of_value_maps(sums.columns(), self.names)
        return self._judgement(len(sums.rows), whole, each, len(places) - len(known), failures)

    def _pixels(self, scores: NDArray[np.float64], truth: NDArray[np.uint8], name: str) -> tuple[Any, Any, int, int]:
        """Of one image: pixels that answer and truth share, and that either has, by class; those right; those known."""
        head = self.head
        if head.kind == "binary":
            known, there = np.ones(truth.shape, bool), (truth > 0)[None]
            said = scores > 0.5
        else:
            known = truth != UNLABELLED
            if (most := int(truth[known].max(initial=0))) >= head.channels:
                raise UsageError(
                    f"the mask of {name} has class {most}, and the network {head.channels}: number classes from 0, and "
                    f"{UNLABELLED} what belongs to none"
                )
            classes = np.arange(head.channels)[:, None, None]
            there = truth == classes
            said = scores.argmax(0) == classes if head.kind == "classes" else scores > 0.5
        both, either = (there & said & known).sum((1, 2)), ((there | said) & known).sum((1, 2))
        return both, either, int(((there == said).all(0) & known).sum()), int(known.sum())


__all__ = ["Judgement", "Jury"]
