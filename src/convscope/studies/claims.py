"""What a report on the claims of the paper is asked with, and what is told of each claim."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from convscope.data import Images, Source
from convscope.data.parts import Part, of_images, read_parts
from convscope.data.sources.select import limit
from convscope.errors import MissingExtra, UsageError
from convscope.generalisation import TargetSet, open_target
from convscope.graph import Network
from convscope.methods.paper.judging import MeasuredClaim
from convscope.methods.paper.table import BY_NAME, ClaimName, ClaimSide
from convscope.methods.untrained import untrained
from convscope.progress import Progress
from convscope.shown import brief
from convscope.studies.answer import Answer, question
from convscope.studies.asking import collection
from convscope.studies.diagnosis import Diagnosis, diagnose
from convscope.studies.evolution import checkpoints
from convscope.studies.marking import Marked, mark
from convscope.studies.pictures import look_at
from convscope.training.ablation import read_ablation

T = TypeVar("T")

_ESTIMATED = 32  # images that batch norm's statistics are of with random weights


@brief
@dataclass(frozen=True)
class ClaimDetail:
    """A number beside a claim's own, such as a layer's: in the network, and the mean with random weights (NaN)."""

    name: str
    value: float
    random: float = np.nan


@brief
@dataclass(frozen=True, eq=False)
class ToldClaim:
    """What was measured of a claim, in the network and with random weights.

    figure: the bytes (n,) of a PNG, None without matplotlib.

    looked: at what, in words. what: each detail is of.
    """

    measured: MeasuredClaim
    random: tuple[MeasuredClaim, ...]
    direction: ClaimSide
    looked: str
    what: str = ""
    details: tuple[ClaimDetail, ...] = ()
    figure: NDArray[np.uint8] | None = None
    caption: str = ""
    note: str = ""


@dataclass(eq=False)
class AskedReport:
    """What a report is asked with; see `convscope.studies.reporting`. place: where verbs keep their work."""

    net: Network
    images: Source
    parts: Sequence[Part] | str | PathLike[str] | None = None
    part_images: Images | None = None
    labelled: Source | None = None
    run: Path | None = None
    model: str | None = None
    ablation: Path | None = None
    target_set: TargetSet | Images | None = None
    ensemble: tuple[Network, ...] = ()
    seed: int = 0
    seeds: int = 3
    workers: int | None = None
    place: Path | None = None
    progress: Progress | None = None
    drawing: list[str] = field(default_factory=list)
    """Why there are no figures, where there are none."""

    def missing(self, claim: ClaimName) -> str:
        """What it takes to test a claim that is about something that is not there; "" where nothing is missing."""
        there: dict[ClaimName, bool] = {
            "class": self.parts is not None,
            "map": self.parts is not None,
            "correspondence": self.parts is not None,
            "evolution": self.run is not None,
            "depth": self.ablation is not None,
            "transfer": self.target_set is not None,
            "ensembles": bool(self.ensemble) and self.classes is not None,
            "selectivity": self.classes is not None,
        }
        if not there.get(claim, True):
            return BY_NAME[claim].needs
        return self.unmarked if claim in ("class", "map", "correspondence") else ""

    @cached_property
    def unmarked(self) -> str:
        """The images that parts are on, in words, where they are not among those that were given; "" where they are."""
        source = self.images if self.part_images is None else collection(self.part_images)
        try:
            of_images(self.listed_parts, [source.name(index) for index in range(len(source))])
        except UsageError as error:
            return f"the images that the parts are on (part_images=): {error}"
        return ""

    @property
    def listed_parts(self) -> list[Part]:
        """The parts, read from their table where they are one."""
        given = there(self.parts)
        return list(read_parts(Path(given)) if isinstance(given, str | PathLike) else given)

    def about(self, claim: ClaimName) -> dict[str, Any]:
        """What decides a claim besides network, images and seeds, as JSON values."""
        if claim in ("class", "map", "correspondence") and self.parts is not None:
            others = None if self.part_images is None else collection(self.part_images)
            return dict(question(None, others, parts=self.listed_parts))
        if claim == "evolution" and self.run is not None:
            files = [*checkpoints(self.run).values()]
            return {
                "model": self.model,
                "run": [[one.name, one.stat().st_size, one.stat().st_mtime_ns] for one in files],
            }
        if claim == "depth" and self.ablation is not None:
            return dict(question(None, None, trials=list(read_ablation(self.ablation).trials)))
        if claim == "transfer" and self.target_set is not None:
            target = self.target_set
            return dict(question(None, (target if isinstance(target, TargetSet) else open_target(target)).source))
        if claim == "ensembles":
            return dict(question(self.ensemble, self.labelled))
        return dict(question(None, self.labelled)) if claim == "selectivity" else {}

    # -- what claims share --------------------------------------------------------------------------------------------
    def store(self, *names: str) -> Path | None:
        """A folder for a verb's own work; None where nothing is kept."""
        return None if self.place is None else self.place.joinpath(*names)

    def some(self, claim: ClaimName) -> Source:
        """As many of the images as a claim looks at."""
        return limit(self.images, BY_NAME[claim].looked)

    @cached_property
    def random(self) -> list[Network]:
        """The network with random weights, of every seed."""
        if not self.seeds:
            return []
        images, layers = self.some_inputs(self.net), self.net.layers.stages()
        return [untrained(self.net, images, seed=one, layers=layers) for one in self.each_seed]

    def some_inputs(self, net: Network) -> Tensor:
        """Images as a network's input, that batch norm's statistics with random weights are of."""
        return look_at(net, limit(self.images, _ESTIMATED)).inputs

    @property
    def each_seed(self) -> range:
        """The seeds of random weights."""
        return range(self.seed, self.seed + self.seeds)

    @cached_property
    def classes(self) -> Source | None:
        """The images that have classes: those that were named, else all, where there are two classes or more."""
        source = self.labelled if self.labelled is not None else self.images
        labels = {source.label(index) for index in range(len(source))} - {-1}
        return source if len(labels) > 1 else None

    @cached_property
    def marked(self) -> Marked:
        """The images that parts are on, with their boxes; the objects' among them."""
        if self.parts is None:
            raise UsageError("there are no boxes of parts")
        source = self.images if self.part_images is None else collection(self.part_images)
        return mark(self.net, source, self.parts, objects="part")

    @cached_property
    def diagnosis(self) -> Diagnosis:
        """The first layers of the network, and with random weights."""
        names = ["the network", *(f"random weights, seed {one}" for one in self.each_seed)]
        return diagnose(
            [self.net, *self.random],
            self.some("dead"),
            labels=names,
            store=self.store("diagnosis"),
            progress=self.progress,
        )

    def drawn(self, answer: Answer, name: str) -> dict[str, Any]:
        """A figure of an answer, and what it shows; where there is no matplotlib, why not is noted."""
        figures = answer.figures()
        if name not in figures:
            return {}
        return self.drawn_by(figures[name].draw, figures[name].caption)

    def drawn_by(self, draw: Callable[[], bytes], caption: str) -> dict[str, Any]:
        """A figure as an array, and what it shows."""
        try:
            return {"figure": np.frombuffer(draw(), np.uint8), "caption": caption}
        except MissingExtra as error:
            self.drawing[:] = [str(error)]
            return {}


def there(value: T | None) -> T:
    """What a claim is about, which is there where it is measured."""
    if value is None:
        raise UsageError("what this claim is about is not there")
    return value


def mean_of_known(values: Iterable[float]) -> float:
    """The mean of the numbers that are known; NaN of none."""
    known = np.asarray([*values], np.float64)
    known = known[np.isfinite(known)]
    return float(known.mean()) if len(known) else np.nan


__all__ = ["AskedReport", "ClaimDetail", "ToldClaim", "mean_of_known", "there"]
