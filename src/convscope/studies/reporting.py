"""What the paper found, tested on a network at hand: every claim with its interval, its controls and a verdict."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from convscope.arguments import at_least, checked
from convscope.atlas import Atlas
from convscope.data import Images
from convscope.data.parts import Part
from convscope.errors import UsageError
from convscope.files import json_bytes
from convscope.generalisation import TargetSet
from convscope.graph import Network
from convscope.methods.inputs import preprocess_of
from convscope.methods.paper.judging import VERDICTS, ClaimVerdict, MeasuredClaim, claim_verdict
from convscope.methods.paper.table import CLAIMS, CONFIDENCE, SEEDS, Claim, ClaimName
from convscope.models import load
from convscope.progress import Progress, silent
from convscope.stores.sanity import Parts
from convscope.stores.sealing import Arrays
from convscope.studies.answer import Answer, AtlasEntry, Figure, Row, finished, question
from convscope.studies.asking import atlas_of, collection, expect_network
from convscope.studies.claims import AskedReport, ToldClaim
from convscope.studies.claims_by_figures import BY_FIGURES
from convscope.studies.claims_by_tables import BY_TABLES
from convscope.studies.kept import packed, unpacked
from convscope.studies.report_page import page_of
from convscope.studies.tested import TestedClaim, counted_verdicts
from convscope.tables import TextTable, columns_of, counted

PAGE = "index.html"
MEASURING: Mapping[ClaimName, Callable[[AskedReport], ToldClaim]] = {**BY_FIGURES, **BY_TABLES}
_HEAD = ("claim", "paper", "verdict", "measured", "interval", "margin", "of", "random weights", "seconds")
_VALUES, _SECONDS = "values", "seconds"


@dataclass(eq=False, repr=False)
class Paper(Answer):
    """The claims of the paper on a network, in the paper's order.

    images: the collection in words, of `count` images. seeds: of random weights. drawn: why there are no figures, "".
    """

    network: str
    images: str
    count: int
    seeds: int
    claims: tuple[TestedClaim, ...]
    drawn: str = ""

    def __len__(self) -> int:
        return len(self.claims)

    def __getitem__(self, claim: str) -> TestedClaim:
        """A claim by its name; raises UsageError where it was not tested."""
        for one in self.claims:
            if one.claim == claim:
                return one
        raise UsageError(f"the claim '{claim}' was not tested ({', '.join(one.claim for one in self.claims)} were)")

    @property
    def verdicts(self) -> dict[ClaimVerdict, int]:
        """How many claims there are of each verdict."""
        return counted_verdicts(self.claims)

    @property
    def summary(self) -> str:
        """How many of the claims hold, and which."""
        said = []
        for one in VERDICTS:
            names = [f"{claim.claim} ({claim.says.where})" for claim in self.claims if claim.verdict == one]
            if names:
                said.append(f"{len(names)} {_in_words(one, len(names))}: {', '.join(names)}")
        beside = (
            f"{counted(self.seeds, 'seed')} of random weights beside" if self.seeds else "without random weights beside"
        )
        return f"{counted(len(self.claims), 'claim')} of the paper on {self.network}, {beside}. {'; '.join(said)}."

    def rows(self) -> list[Row]:
        """One row a claim."""
        return [one.row() for one in self.claims]

    def to_json(self) -> dict[str, Any]:
        """Everything but the figures."""
        return {
            "network": self.network,
            "images": self.images,
            "count": self.count,
            "seeds": self.seeds,
            "confidence": CONFIDENCE,
            "verdicts": dict(self.verdicts),
            "claims": [one.to_json() for one in self.claims],
        }

    def tables(self) -> Sequence[TextTable]:
        """One row a claim."""
        return [columns_of(_HEAD, map(_cells, self.claims), left=3)]

    def remarks(self) -> list[str]:
        """What is missing and what it takes, and why some cannot be told."""
        said = [f"{one.claim} ({one.says.where}), {one.verdict}: {one.why}" for one in self.claims if one.why]
        return [*said, *([f"no figures: {self.drawn}"] if self.drawn else [])]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """The page, and everything as JSON."""
        yield "paper.json", json_bytes(self.to_json())
        yield PAGE, page_of(self.claims, network=self.network, images=self.images, seeds=self.seeds, drawn=self.drawn)

    def drawings(self) -> Mapping[str, Figure]:
        """A figure of each claim that has one."""
        return {
            f"{one.claim}.png": Figure(
                f"{one.says.where}: {one.told.caption or one.says.says}", one.told.figure.tobytes
            )
            for one in self.claims
            if one.told is not None and one.told.figure is not None
        }

    def entry(self, atlas: Atlas) -> AtlasEntry:
        """The table and the figures."""
        settings = {"images": self.images, "random weights": self.seeds}
        return AtlasEntry("paper", f"The paper's claims on {self.network}", self.rows(), settings=settings)


def _in_words(one: ClaimVerdict, count: int) -> str:
    """What so many claims do."""
    said = "needs something that is not there" if one == "needs" else one
    return said if count == 1 else re.sub(r"^(agree|disagree|need)s", r"\1", said)


def _cells(one: TestedClaim) -> tuple[str, ...]:
    row, says = one.row(), one.says
    interval = "-" if row["low"] is None else f"{one.shown(row['low'])} to {one.shown(row['high'])}"
    random = "-" if not row["random seeds"] else f"{one.shown(row['random'])} ({row['random holds']} hold)"
    sample = f"{row['count']} {row['of']}" if row["count"] else "-"
    return (
        one.claim, says.where, one.verdict, one.shown(row["value"]), interval,
        f"{row['direction']} {one.shown(says.margin)}", sample, random, f"{one.seconds:.0f}",
    )  # fmt: skip


# -- the study --------------------------------------------------------------------------------------------------------
@checked
def paper(
    net: Network,
    images: Images,
    *,
    store: str | PathLike[str] | None = None,
    claims: Sequence[ClaimName] | None = None,
    parts: Sequence[Part] | str | PathLike[str] | None = None,
    part_images: Images | None = None,
    labelled: Images | None = None,
    run: str | PathLike[str] | None = None,
    model: str | None = None,
    ablation: str | PathLike[str] | None = None,
    target_set: TargetSet | Images | None = None,
    ensemble: Sequence[Network | str] = (),
    seed: int = 0,
    seeds: int = SEEDS,
    limit: int | None = None,
    cache: str | PathLike[str] | None = None,
    workers: int | None = None,
    atlas: Atlas | str | PathLike[str] | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> Paper:
    """Every claim of the paper on a network at hand: what was measured, its interval, its controls and a verdict.

    Each claim's statistic, direction, margin and least sample stand in `convscope.methods.paper.table`, which no report
    changes. The same is asked of the network with random weights: what holds there too is no finding of training.

    Args:
        net: the network, with preprocessing.
        images: a collection, or pixels of any kind, see docs/grammar.md.
        store: a folder for the page (index.html), tables and figures. Claims that are done are kept in it: a repeated
            call goes on, also with more inputs than before.
        claims: those to test, by name; None for all.
        parts: boxes of parts, the whole object's called `object`, or the table (CSV) of them, see `read_parts`.
            part_images: the images that they are on; None for `images`.
        labelled: images with classes, where `images` have none.
        run: the folder of the network's training. model: the network that its checkpoints are weights of, where they do
            not say so themselves. ablation: that of an ablation.
        target_set: labelled images of other classes, for classifiers on features.
        ensemble: further networks with the same classes, or how they are spelled.
        seed: of what is drawn. seeds: how often weights are drawn; 0 for never.
        limit: at most so many images, evenly spread. cache: a folder that keeps decoded images.
        workers: threads, by default one a core.
        atlas: an atlas of the same network that is to show the answer, under `name`.
        progress: called with the claims that are done, and with what each verb does.

    Raises:
        UsageError: for options that make no sense, or a network without preprocessing. SourceError, ImageError: for
            images that cannot be read. StoreError: where the folder holds the answer to another question, or cannot be
            written.

    >>> from convscope.models import load
    >>> photos = [np.full((40, 40, 3), value, np.uint8) for value in range(0, 240, 24)]
    >>> answer = paper(load("zoo:tiny"), photos, claims=["aliasing", "depth"], seeds=1)
    >>> [(row["claim"], row["verdict"]) for row in answer.rows()]
    [('aliasing', 'agrees, and so does a random network'), ('depth', 'needs')]
    """
    expect_network(net)
    preprocess_of(net)
    at_least(0, seed=seed, seeds=seeds)
    if part_images is not None and parts is None:
        raise UsageError("part_images= are images of parts: give the table of these as parts=")
    place, into = None if store is None else Path(store), atlas_of(atlas, net)
    source = collection(images, limit=limit, cache=cache, channels=net.input_shape[0])
    others = None if labelled is None else collection(labelled, cache=cache, channels=net.input_shape[0])
    listed = [one for one in CLAIMS if claims is None or one.name in claims]
    whole = question(net, source, seed=seed, seeds=seeds)
    Paper.expect_place(store, whole)
    asked = AskedReport(
        net, source, parts=parts, part_images=part_images, labelled=others,
        run=None if run is None else Path(run), model=model,
        ablation=None if ablation is None else Path(ablation), target_set=target_set,
        ensemble=tuple(load(one) if isinstance(one, str) else one for one in ensemble), seed=seed, seeds=seeds,
        workers=workers, progress=progress,
    )  # fmt: skip
    report, tested, room = progress or silent, list[TestedClaim](), Parts(place, whole)
    report("claims", 0, len(listed))
    for done, one in enumerate(listed, 1):
        tested.append(_tested(asked, one, place, room))
        report("claims", done, len(listed))
    drawn = asked.drawing[0] if asked.drawing else ""
    answer = Paper(net.name, source.describe(), len(source), seeds, tuple(tested), drawn)
    return finished(answer, store=store, asked=whole, atlas=into, name=name, progress=progress)


def _tested(asked: AskedReport, claim: Claim, place: Path | None, room: Parts) -> TestedClaim:
    """A claim, measured now or as it is kept; of one that a verb refuses to answer of this network, why."""
    if takes := asked.missing(claim.name):
        return TestedClaim(claim.name, "needs", None, 0.0, takes)
    about = asked.about(claim.name)
    key = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:12]
    asked.place = None if place is None else place / "work" / key
    began = time.perf_counter()
    try:
        kept, _ = room.part(claim.name, about | {"claim": asdict(claim)}, partial(_measured, asked, claim.name))
        told, seconds = _told(kept), float(kept[_SECONDS][0])
    except UsageError as error:
        nothing = MeasuredClaim(np.nan, np.nan, np.nan, 0, lacking=str(error))
        told, seconds = ToldClaim(nothing, (), claim.direction, ""), time.perf_counter() - began
    said = claim_verdict(
        told.measured, told.random, direction=told.direction, margin=claim.margin, least=claim.least
    )  # fmt: skip
    return TestedClaim(claim.name, said, told, seconds)


def _measured(asked: AskedReport, claim: ClaimName) -> Arrays:
    """What was measured of a claim, as arrays, and how long it took."""
    began = time.perf_counter()
    values, arrays = packed(MEASURING[claim](asked))
    text = np.frombuffer(json_bytes(values), np.uint8)
    return {**arrays, _VALUES: text, _SECONDS: np.array([time.perf_counter() - began])}


def _told(arrays: Arrays) -> ToldClaim:
    """What `_measured` made arrays of."""
    others = {name: one for name, one in arrays.items() if name not in (_VALUES, _SECONDS)}
    return unpacked(ToldClaim, json.loads(arrays[_VALUES].tobytes()), others)


__all__ = ["PAGE", "Paper", "TestedClaim", "paper"]
