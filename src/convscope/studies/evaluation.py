"""How often a network is right on labelled images, or several together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

from convscope.arguments import checked
from convscope.atlas import Atlas
from convscope.data import Images, Source
from convscope.errors import UsageError
from convscope.files import json_bytes
from convscope.graph import Network
from convscope.progress import Progress, silent
from convscope.studies.answer import Answer, AtlasEntry, Figure, Row, finished, question
from convscope.studies.asking import atlas_of, collection, each_network, threads_of
from convscope.studies.evaluation_shown import charts_of, data_of, rows_of, wrong_rows
from convscope.studies.kept import context
from convscope.studies.pictures import left_out, numbers_in
from convscope.studies.predictions import PREDICTIONS, mistakes_of, predictions_of
from convscope.tables import TextTable, columns_of, counted
from convscope.training import ClassAccuracy, Judgement, evaluation
from convscope.training.evaluation import MemberAccuracy
from convscope.training.matching import Match, in_words
from convscope.training.predictions import ScoredImages
from convscope.training.truths import Truth
from convscope.training.views import CropSource, Views

_LISTED = 40  # classes that are listed for people


@dataclass(eq=False, repr=False)
class Evaluation(Answer):
    """What networks answered to labelled images: choices among classes, or whatever their output is.

    names: of the images that were answered, but for maps. source: the images, for as long as the
    answer is not loaded.
    """

    found: ClassAccuracy | Judgement
    names: tuple[str, ...] = ()
    source: Source | None = context()

    @property
    def summary(self) -> str:
        """The rates, on what and how."""
        found = self.found
        if isinstance(found, Judgement):
            return found.summary
        crops = "centre crop" if found.views == "centre" else "ten crops"
        who = "" if len(found.networks) == 1 else f", {len(found.networks)} networks together"
        return (
            f"top-1 {_with_interval(found.top1, found.top1_interval)}, "
            f"top-5 {_with_interval(found.top5, found.top5_interval)}, mean of classes {found.mean_class_top1:.2%} "
            f"on {counted(found.images, 'image')}, {crops}{who}{f'. {found.head.remark}' if found.head.remark else ''}"
            f"{self._gained()}"
        )

    def _gained(self) -> str:
        """What several networks together have over the best of them alone."""
        alone = [] if isinstance(self.found, Judgement) else self.found.alone()
        if not alone:
            return ""
        best = max(alone, key=lambda one: one.top1)
        return f". Together {_gain(best)} over the best of them alone, {best.network} ({best.top1:.2%})"

    @property
    def mistakes(self) -> list[str]:
        """The most frequent mistakes in words, where classes were chosen among."""
        if isinstance(self.found, Judgement):
            return []
        return [f"{count} of {name} were taken for {answer}" for name, answer, count in self.found.confused(3)]

    def rows(self) -> list[Row]:
        """One row a class of the images, or a measure."""
        return [*(self.found.rows() if isinstance(self.found, Judgement) else self.found.to_json()["classes"])]

    def to_json(self) -> dict[str, Any]:
        """Rates, and the confusion of classes."""
        return self.found.to_json()

    def tables(self) -> Sequence[TextTable]:
        """One row a class, where they are few; and of several networks one each, alone and against all together."""
        rows = self.rows()
        if isinstance(self.found, Judgement):
            cells = ((r["name"], *(_number(r[key]) for key in ("value", "low", "high"))) for r in rows)
            return [columns_of(("measure", "value", "from", "to"), cells)]
        made = []
        if len(rows) <= _LISTED:
            cells = (
                (r["name"], str(r["images"]), *(_percent(r[key]) for key in ("top1", "low", "high"))) for r in rows
            )
            made.append(columns_of(("class", "images", "top-1", "from", "to"), cells))
        if alone := self.found.alone():
            told = (
                (m.network, _with_interval(m.top1, m.top1_interval), _with_interval(m.top5, m.top5_interval),
                 _gain(m), f"{m.gain.p:.4f}")
                for m in alone
            )  # fmt: skip
            made.append(columns_of(("alone", "top-1", "top-5", "together", "p"), told))
        return made

    def remarks(self) -> list[str]:
        """How classes were matched where that was not by name, and the images that were left out."""
        found = self.found
        if isinstance(found, Judgement):
            told = [one.name for one in (*found.measures, *found.each) if one.low == one.high]
            alike = (
                f"no interval of {', '.join(told)}: draws of so few images are all alike, which says nothing of others"
            )
            return [*[alike] * bool(told), *(left_out(one) for one in found.failures)]
        order = [
            f"{found.answers[target]} is {name}" for name, target in zip(found.classes, found.targets, strict=True)
        ]
        return [*in_words(order if found.matched == "index" else ()), *map(left_out, found.failures)]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """All numbers, the predictions, and the images that were answered wrongly as a list."""
        yield "evaluation.json", json_bytes(self.to_json())
        answered = self._answered
        if answered is None:
            return
        yield PREDICTIONS, predictions_of(answered, self.names)
        judged = isinstance(answered, ScoredImages) and not answered.judges_classes
        if self.source is not None and not judged:
            yield from mistakes_of(answered, self.source)

    @property
    def _answered(self) -> ClassAccuracy | ScoredImages | None:
        """What is known of each image; None of maps."""
        return self.found.scored if isinstance(self.found, Judgement) else self.found

    def entry(self, atlas: Atlas) -> AtlasEntry:
        """The rates, whether it is as sure as it is right, and the mistakes; linked to the images of these."""
        found, answered, source = self.found, self._answered, self.source
        images = (
            ()
            if answered is None
            else answered.predictions.images
            if isinstance(answered, ClassAccuracy)
            else answered.images
        )
        numbers = () if source is None else numbers_in(atlas, source.fingerprint(), list(map(int, images)), len(source))
        settings = {"networks": list(found.networks), "views": found.views, "output": found.head.summary}
        return AtlasEntry(
            "evaluation",
            "How well it answers" if isinstance(found, Judgement) else "How often it is right",
            rows_of(found),
            images=[numbers[row] for row in wrong_rows(found).tolist()] if numbers else (),
            settings=settings,
            data=data_of(found, self.names, numbers),
            charts=charts_of(found),
        )

    def drawings(self) -> Mapping[str, Figure]:
        """The confusion of classes, where they were chosen among."""
        if isinstance(self.found, Judgement):
            return {}
        return {"confusion.png": Figure("Which classes were taken for which.", self._draw)}

    def _draw(self) -> bytes:
        from convscope.figures.style import rendered
        from convscope.figures.training import draw_confusion

        if isinstance(self.found, Judgement):
            raise UsageError("measures of what is no choice among classes have no figure")
        return rendered(draw_confusion(self.found))


def _with_interval(value: float, ends: tuple[float, float]) -> str:
    return f"{value:.2%} ({ends[0]:.1%} to {ends[1]:.1%})"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _gain(member: MemberAccuracy) -> str:
    """What all together are right more often than one alone, over the same images."""
    gain = member.gain
    return f"{gain.difference:+.2%} ({gain.low:+.1%} to {gain.high:+.1%})"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


@checked
def evaluate(
    nets: Network | Iterable[Network],
    images: Images,
    *,
    store: str | PathLike[str] | None = None,
    views: Views = "centre",
    crop_source: CropSource = "square",
    padding: int | None = None,
    match: Match = "name",
    truth: Truth | None = None,
    limit: int | None = None,
    workers: int | None = None,
    atlas: Atlas | str | PathLike[str] | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """How well a network answers to images of which something is known; or several together.

    By what their output is (`Network.head`): how often a choice among classes is right, by class; else the area under
    the ROC curve, accuracy, sensitivity and specificity of one class, the average precision of labels, the mean
    absolute error and R2 of values, the intersection over union of maps. All have intervals of 95 %. Scores are
    averaged over the views of an image, and then over the networks: several are an ensemble, and of classes each is
    also judged alone, and against all together over the same images (Table 2).

    Args:
        nets: a network, or several.
        images: a collection with labels, see docs/grammar.md.
        store: a folder for evaluation.json and its figure; predictions.csv, a row an image; and misclassified.csv, a
            list of the images that were answered wrongly, which opens as a collection.
        views: the centre crop, or the paper's ten: corners and centre, each flipped or not.
        crop_source: of ten crops, "square" takes the corners of the resized image's central square, "whole" of all of
            it.
        padding: pixels of mean colour around the image for ten crops; by default none, or in proportion to the paper's
            where the network's preprocessing leaves no room around its crop.
        match: classes of images and network are matched by "name", or by "index" where that is asked for; by their
            order too where one side has no names and both are as many, which is remarked.
        truth: what is true of images where it is no class: a CSV file, its first line names, each other one an image's
            name and a number for each output; the same as a mapping or an array; for maps a folder of masks,
            of values one of files of numbers, or an array.
        limit: at most so many images, evenly spread. workers: threads that decode.
        progress: called with the number of images done.
        atlas: an atlas of one of the networks that is to show the answer, under `name`.

    Raises:
        UsageError: for networks whose classes differ from each other's or do not fit the images'. SourceError: if no
            image has a class, or none can be read. StoreError: where the folder holds the answer to another question,
            or cannot be written.

    >>> import numpy as np
    >>> from convscope.data import wrap_dataset
    >>> from convscope.models import load
    >>> items = [(np.full((40, 40, 3), 60 * i, np.uint8), i) for i in range(3)]
    >>> evaluate(load("zoo:tiny"), wrap_dataset(items), match="index").found.images
    3
    """
    networks = list(each_network(nets))
    shown = _atlas_of_one(atlas, networks)
    source = collection(images, limit=limit, channels=networks[0].input_shape[0] if networks else None)
    deciding: dict[str, Any] = {"views": views, "crop_source": crop_source, "padding": padding, "match": match}
    asked = question(networks, source, **deciding, truth=truth)
    Evaluation.expect_place(store, asked)
    found = evaluation.evaluate(
        networks,
        source,
        **deciding,
        truth=truth,
        threads=threads_of(workers),
        progress=progress or silent,
    )
    told = found.scored if isinstance(found, Judgement) else found.predictions
    names = tuple(source.name(index) for index in told.images.tolist()) if told is not None else ()
    answer = Evaluation(found, names, source)
    return finished(answer, store=store, asked=asked, atlas=shown, name=name, progress=progress)


def _atlas_of_one(atlas: Atlas | str | PathLike[str] | None, nets: Sequence[Network]) -> Atlas | None:
    """The atlas to show the answer in; raises UsageError where it is of none of the networks."""
    opened = atlas_of(atlas)
    if opened is not None and nets:
        known = opened.manifest["model"]["fingerprint"]
        atlas_of(opened, next((net for net in nets if net.fingerprint == known), nets[0]))
    return opened


__all__ = ["Evaluation", "evaluate"]
