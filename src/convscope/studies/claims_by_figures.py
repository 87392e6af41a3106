"""How the claims of the paper's figures are measured: by the verb that is about each, and again with random weights.

Nothing is computed here that a verb computes: what they found becomes one number of each claim, see
`convscope.methods.paper`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.data import Source
from convscope.data.parts import OBJECT
from convscope.data.sources.select import limit, subset
from convscope.errors import UsageError
from convscope.generalisation.protocol import transfer_layers
from convscope.graph import Network
from convscope.methods.diagnosis import LayerDiagnosis
from convscope.methods.evolution.settling import responses_of
from convscope.methods.invariance import InvarianceCurves
from convscope.methods.occlusion import PartCost
from convscope.methods.occlusion.occluders import square_for
from convscope.methods.paper import statistics
from convscope.methods.paper.judging import MeasuredClaim
from convscope.methods.paper.table import BY_NAME, COARSE, FIELD, ClaimName
from convscope.methods.sanity.judging import FEWEST_IMAGES
from convscope.methods.targets import Target
from convscope.studies.claims import AskedReport, ClaimDetail, ToldClaim, mean_of_known, there
from convscope.studies.evolution import evolve
from convscope.studies.occlusion import occlude
from convscope.studies.occlusion_parts import cover_parts
from convscope.studies.transformation import invariance
from convscope.studies.worth import sanity
from convscope.training.measures import wilson

UNITS, EACH = 8, 4
"""Of each layer, and images of each, that projections are judged by."""
_MOVES, _SCALES = tuple(range(-60, 61, 12)), tuple(round(1 + 0.1 * step, 1) for step in range(9))
_HEIGHT = 224  # that the paper's moves are of


# -- Fig. 2 -----------------------------------------------------------------------------------------------------------
def projections(asked: AskedReport) -> ToldClaim:
    """The least margin of a layer's projections over their hardest control."""
    source, layers = asked.some("projections"), _with_small_fields(asked.net)

    def of(net: Network, *names: str) -> Any:
        return sanity(
            net, source, layers=layers, units=UNITS, each=EACH, seeds=1, seed=asked.seed,
            workers=asked.workers, store=asked.store("sanity", *names), progress=asked.progress,
        )  # fmt: skip

    found = of(asked.net, "own")
    beside = [of(net, f"random-{seed}") for seed, net in zip(asked.each_seed, asked.random, strict=True)]
    rows = found.rows()
    details = [
        ClaimDetail(
            f"{row['layer']}: {row['verdict']}",
            row["margin"],
            mean_of_known([one.rows()[at]["margin"] for one in beside]),
        )
        for at, row in enumerate(rows)
    ]
    return ToldClaim(
        _margin(rows), tuple(_margin(one.rows()) for one in beside), "above",
        f"{len(source)} images, {UNITS} units of each of {', '.join(row['layer'] for row in rows)}",
        "margin over the hardest control", tuple(details), **asked.drawn(found, "deletion.png"),
    )  # fmt: skip


def _with_small_fields(net: Network) -> list[str]:
    """The stages whose units' fields are parts of the image."""
    found = []
    for name in net.layers.stages():
        field = net.layers[name].field
        sides = net.input_shape[1:] if field is None else field.size
        if all(side <= FIELD * whole for side, whole in zip(sides, net.input_shape[1:], strict=True)):
            found.append(name)
    if not found:
        raise UsageError(f"every stage of {net.name} sees most of the image, and projections are of parts of it")
    return found


def _margin(rows: Sequence[Mapping[str, Any]]) -> MeasuredClaim:
    found = statistics.least_margin(
        [(row["margin"], row["low"], row["high"]) for row in rows],
        [row["p_corrected"] for row in rows],
        [row["units"] for row in rows],
    )
    few = min(row["images"] for row in rows)
    return replace(found, lacking=f"{few} images, and a layer takes {FEWEST_IMAGES}") if few < FEWEST_IMAGES else found


# -- Fig. 4 -----------------------------------------------------------------------------------------------------------
def evolution(asked: AskedReport) -> ToldClaim:
    """How much later the upper layers' units settle."""
    run = there(asked.run)
    count = BY_NAME["evolution"].looked
    found = evolve(
        run, asked.images, limit=count, sample=count, units=2, seed=asked.seed, model=asked.model,
        store=asked.store("evolution"), progress=asked.progress,
    )  # fmt: skip
    history = found.found
    settled = [one.settling.units(history.threshold) for one in history.layers]
    details = [ClaimDetail(one.layer, float(history.settled(one.layer))) for one in history.layers]
    measured = statistics.later(settled, len(history.epochs), seed=asked.seed)
    return ToldClaim(
        measured, (), "above", f"{len(history.epochs)} checkpoints of {run.name}, {history.sample} images",
        "epoch where the layer settles", tuple(details), **asked.drawn(found, "settling.png"),
        note="" if measured.p is None
        else f"of all orders of the {len(settled)} layers {100 * measured.p:.2g} % rise as much",
    )  # fmt: skip


# -- Fig. 5 -----------------------------------------------------------------------------------------------------------
def invariance_of_layers(asked: AskedReport) -> ToldClaim:
    """How much less the last vector moves than the first stage."""
    net = asked.net
    layers = [*net.layers.stages(), *(one for one in transfer_layers(net) if not net.layers[one].spatial), net.output]
    layers = [one.name for one in net.layers if one.name in {net.layers[name].name for name in layers}]
    late = _last_vector(net, layers)
    moves = tuple(round(one * net.input_shape[1] / _HEIGHT, 2) for one in _MOVES)
    source = asked.some("invariance")
    found = invariance(
        net, source, transformations={"vertical": moves, "scale": _SCALES}, layers=layers, seeds=asked.seeds,
        seed=asked.seed, store=asked.store("invariance"), progress=asked.progress,
    )  # fmt: skip
    beside = found.untrained

    def gain(curves: InvarianceCurves) -> MeasuredClaim:
        return statistics.invariance_gain(_way(curves, layers[0]), _way(curves, late), seed=asked.seed)

    details = [
        ClaimDetail(
            one,
            mean_of_known(_way(found.found, one)),
            mean_of_known([mean_of_known(_way(curves, one)) for curves in beside]),
        )
        for one in layers
    ]
    return ToldClaim(
        gain(found.found), tuple(map(gain, beside)), "above", f"{len(found.seen)} images; {layers[0]} and {late}",
        "distance over the length of the features", tuple(details), **asked.drawn(found, "invariance.png"),
    )  # fmt: skip


def _last_vector(net: Network, layers: Sequence[str]) -> str:
    """The last of some layers that is no map and comes before the output, else the output, where that is none."""
    output = net.layers[net.output]
    vectors = [one for one in layers if not net.layers[one].spatial and one != output.name]
    if not vectors and output.spatial:
        # A map moves with the image: how far says nothing of whether places are forgotten.
        size = f"{output.height}x{output.width}"
        raise UsageError(f"{net.name} has no vector of features, and ends in a map of {size}, which moves as images do")
    return vectors[-1] if vectors else output.name


def _way(curves: InvarianceCurves, layer: str) -> NDArray[np.float64]:
    """The mean distance (n,) of a layer's features over all transformations that change something."""
    tables = [one.relative[layer][:, one.values != one.identity] for one in curves.curves]
    return np.concatenate(tables, 1).mean(1)


# -- Fig. 6 -----------------------------------------------------------------------------------------------------------
def dead(asked: AskedReport) -> ToldClaim:
    """The share of dead filters."""

    def of(one: LayerDiagnosis) -> MeasuredClaim:
        part, every = len(one.dead), len(one.filters)
        return MeasuredClaim(part / every, *wilson(part, every), every)

    told = _first_layers(asked, "dead", of)
    return replace(told, **asked.drawn(asked.diagnosis, "diagnosis.png"))


def aliasing(asked: AskedReport) -> ToldClaim:
    """The share of energy that the first stride folds."""

    def of(one: LayerDiagnosis) -> MeasuredClaim:
        return statistics.mean_of(one.coverage.beyond[one.coverage.live], seed=asked.seed)

    return _first_layers(asked, "aliasing", of)


def _first_layers(asked: AskedReport, claim: ClaimName, of: Callable[[LayerDiagnosis], MeasuredClaim]) -> ToldClaim:
    """What a claim about first layers measures, and what is to be expected of a stride."""
    own, *random = asked.diagnosis.found
    stride = max(own.filters.stride)
    decibels = [np.nan if one.lines is None else one.lines.decibels for one in (own, *random)]
    details = (
        ClaimDetail("dead filters", len(own.dead), mean_of_known(len(one.dead) for one in random)),
        ClaimDetail("filters that nearly repeat others", own.redundant, mean_of_known(one.redundant for one in random)),
        ClaimDetail("blocks of the stride in projections (dB)", decibels[0], mean_of_known(decibels[1:])),
    )
    expected = "above" if stride >= COARSE else "below"
    note = f"stride {stride}: by the paper {'few' if expected == 'below' else 'some'} are to be expected"
    if claim == "aliasing":
        note = f"stride {stride}: by the paper {'little' if expected == 'below' else 'much'} is to be expected"
    return ToldClaim(
        of(own), tuple(map(of, random)), expected, f"{own.filters.text} ({own.filters.layer}), {own.images} images",
        "of the first layer", details, note=note,
    )  # fmt: skip


# -- Fig. 7 --------------------------------------------------------------------------------------------------------
def class_on_object(asked: AskedReport) -> ToldClaim:
    """What covering the object takes of the class, beyond as much elsewhere."""
    told = _covered(asked, "class", None, "the most probable class")
    marked = asked.marked
    source = there(marked.pictures.source)
    side, _ = square_for(asked.net.input_shape[1:], None, None)
    step = (max(1, side[0] // 2), max(1, side[1] // 2))
    shown = occlude(
        asked.net, subset(source, marked.rows[:1]), stride=step, store=asked.store("occlusion"), workers=asked.workers,
        progress=asked.progress,
    )  # fmt: skip
    name = next(iter(shown.figures()))
    return replace(told, **asked.drawn(shown, name))


def map_on_object(asked: AskedReport) -> ToldClaim:
    """What covering the object takes of the strongest map, beyond as much elsewhere."""
    return _covered(asked, "map", "none", "the strongest map of the last layer of maps")


def _covered(asked: AskedReport, claim: ClaimName, target: Target, subject: str) -> ToldClaim:
    marked, side = asked.marked, square_for(asked.net.input_shape[1:], None, None)[0]

    def of(net: Network) -> tuple[MeasuredClaim, str, list[ClaimDetail]]:
        found = cover_parts(
            net, marked, target=target, subject=subject, confidence=0.95, seed=asked.seed, progress=asked.progress,
            size=side, fill="grey", layer=None, strongest="sum", units=[], method="auto", workers=asked.workers,
        )  # fmt: skip
        whole = [one for one in found.tests if one.part == OBJECT and len(one.images) >= BY_NAME[claim].least]
        table = _of_images(whole or [one for one in found.tests if one.part != OBJECT])
        parts = [ClaimDetail(one.part, _gain(one)) for one in found.tests]
        return statistics.more_than_elsewhere(*table, seed=asked.seed), OBJECT if whole else "its parts", parts

    (own, what, parts), random = of(asked.net), [of(net) for net in asked.random]
    details = [
        replace(one, random=mean_of_known(other[2][at].value for other in random)) for at, one in enumerate(parts)
    ]
    return ToldClaim(
        own, tuple(one[0] for one in random), BY_NAME[claim].direction,
        f"{len(marked.pictures)} images; {subject}; covered: {what}", "what covering takes beyond as much elsewhere",
        tuple(details), note="" if what == OBJECT else "too few objects leave room for such a box: parts were covered",
    )  # fmt: skip


def _of_images(tests: Sequence[PartCost]) -> tuple[NDArray[np.float64], ...]:
    """Of every image what there was, what covering takes, and what covering elsewhere does; the mean of its parts."""
    rows: dict[int, list[tuple[float, float, float]]] = {}
    for one in tests:
        for image, *numbers in zip(one.images.tolist(), one.before, one.cost, one.elsewhere, strict=True):
            rows.setdefault(image, []).append((float(numbers[0]), float(numbers[1]), float(numbers[2])))
    table = np.array([np.mean(rows[image], axis=0) for image in sorted(rows)], np.float64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


def _gain(one: PartCost) -> float:
    there = float(one.before.mean()) if len(one.images) else 0.0
    return float((one.cost - one.elsewhere).mean()) / there if there else np.nan


# -- section 4 --------------------------------------------------------------------------------------------------------
def class_specific(asked: AskedReport) -> ToldClaim:
    """How much more selective the last stage's units are."""
    source: Source = limit(there(asked.classes), BY_NAME["selectivity"].looked)
    least = BY_NAME["selectivity"].least
    layers = list(asked.net.layers.stages())
    if len(layers) < 2:
        raise UsageError(f"{asked.net.name} has maps of one size only: the first and the last stage are compared")

    def of(net: Network) -> tuple[MeasuredClaim, list[float]]:
        tables, rows = responses_of(net, source, layers)
        labels = np.array([source.label(int(row)) for row in rows], np.int64)
        known, counts = np.unique(labels[labels >= 0], return_counts=True)
        among = np.isin(labels, known[counts >= least])
        own = [tables[layer][among].astype(np.float64) for layer in layers]
        found = statistics.selectivity_gain(own[0], own[-1], labels[among], seed=asked.seed)
        if found.lacking:
            few = (
                f"{int((counts >= least).sum())} of {len(known)} classes have {least} images or more, and it takes two"
            )
            return replace(found, lacking=few), []
        half = statistics.halves(labels[among])
        return found, [mean_of_known(statistics.selectivity(one, labels[among], half)) for one in own]

    looked, own = f"{len(source)} images; {layers[0]} and {layers[-1]}", of(asked.net)
    if own[0].lacking:
        return ToldClaim(own[0], (), "above", looked)
    random = list(map(of, asked.random))
    details = [
        ClaimDetail(layer, value, mean_of_known(one[1][at] for one in random))
        for at, (layer, value) in enumerate(zip(layers, own[1], strict=True))
    ]
    figure = asked.drawn_by(
        partial(_draw_selectivity, layers, own[1], [one[1] for one in random]),
        "Selectivity of each layer's units, the mean; grey: with random weights, of every seed.",
    )
    return ToldClaim(
        own[0], tuple(one[0] for one in random), "above", looked, "selectivity, the mean of the units", tuple(details),
        **figure,
    )  # fmt: skip


def _draw_selectivity(layers: Sequence[str], own: Sequence[float], random: Sequence[Sequence[float]]) -> bytes:
    from convscope.figures.paper import draw_layers
    from convscope.figures.style import rendered

    return rendered(draw_layers(layers, own, random, what="selectivity"))


BY_FIGURES: Mapping[ClaimName, Callable[[AskedReport], ToldClaim]] = {
    "projections": projections,
    "evolution": evolution,
    "invariance": invariance_of_layers,
    "dead": dead,
    "aliasing": aliasing,
    "class": class_on_object,
    "map": map_on_object,
    "selectivity": class_specific,
}

__all__ = ["BY_FIGURES"]
