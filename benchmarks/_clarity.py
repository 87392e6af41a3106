"""What is measured of how clear units are: of what their images have in common, of changed images, of silencing, of
projections. Every measure is an array of a layer's units, or of some, NaN where a unit says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import convscope as cs
from convscope.data import batches
from convscope.data.sources.select import subset
from convscope.methods.effects.silencing import Silencer
from convscope.methods.inputs import preprocess_of
from convscope.methods.sanity.covering import FILLS
from convscope.methods.sanity.orders import CONTROLS
from convscope.methods.tuning import KINDS

Floats = NDArray[np.float64]
Half = NDArray[np.bool_]


def known_mean(values: NDArray[Any]) -> float:
    """The mean of the values that are numbers; NaN where there are none."""
    known = values[~np.isnan(values)]
    return float(known.mean(dtype=np.float64)) if len(known) else float("nan")


@dataclass(frozen=True)
class Measure:
    """What was measured of units (units,) or (units, d), and the number that some of them come to."""

    values: Floats
    of: Callable[[Floats], float] = known_mean


Measures = dict[str, Measure]


# -- the images of a unit ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Responses:
    """The maxima (images, units) of each layer, features (images, f) of others, and labels (images,)."""

    maxima: Mapping[str, Floats]
    features: Mapping[str, Floats]
    labels: NDArray[np.int64]


def responses(net: cs.Network, source: cs.Source, layers: Sequence[str], others: Sequence[str]) -> Responses:
    """What images make of the layers: maxima of units, and of the others means over positions, standardised."""
    maxima: dict[str, list[Any]] = {name: [] for name in layers}
    means: dict[str, list[Any]] = {name: [] for name in others}
    labels: list[Any] = []
    for part in batches(source, preprocess_of(net, source), size=32):
        inputs = preprocess_of(net, source).normalise(part.images, dtype=net.dtype)
        for name, maps in net.run(inputs, list(dict.fromkeys([*layers, *others]))).items():
            flat = (maps.flatten(2) if maps.dim() == 4 else maps[:, :, None]).double()
            if name in maxima:
                maxima[name].append(flat.amax(2).numpy())
            if name in means:
                means[name].append(flat.mean(2).numpy())
        labels.append(part.labels)
    features = {}
    for name, parts in means.items():
        one = np.concatenate(parts)
        one = (one - one.mean(0)) / np.maximum(one.std(0), 1e-12)
        features[name] = one / np.maximum(np.linalg.norm(one, axis=1, keepdims=True), 1e-12)
    return Responses({name: np.concatenate(one) for name, one in maxima.items()}, features, np.concatenate(labels))


def by_class(values: Floats, labels: NDArray[np.int64], classes: int) -> tuple[Floats, Floats]:
    """Means (classes, units) of each class, and of all others."""
    hot = np.eye(classes)[labels]
    inside, count = hot.T @ values, hot.sum(0)[:, None]
    return inside / np.maximum(count, 1), (values.sum(0) - inside) / np.maximum(len(values) - count, 1)


def selectivity(values: Floats, labels: NDArray[np.int64], half: Half) -> tuple[Floats, Floats]:
    """Index and area (units,), each class chosen on one half and measured on the other; means of both ways round."""
    classes, indices, areas = int(labels.max()) + 1, [], []
    for chosen in (half, ~half):
        means, others = by_class(values[chosen], labels[chosen], classes)
        best = (means - others).argmax(0)
        now, rest = by_class(values[~chosen], labels[~chosen], classes)
        pick = np.arange(values.shape[1])
        a, b = now[best, pick], rest[best, pick]
        indices.append(np.where(a + b > 0, (a - b) / np.maximum(a + b, 1e-300), np.nan))
        order = np.apply_along_axis(_ranks, 0, values[~chosen])
        mine = labels[~chosen][:, None] == best
        count = mine.sum(0)
        rank = np.where(mine, order, 0).sum(0)
        areas.append((rank - count * (count + 1) / 2) / np.maximum(count * (len(order) - count), 1))
    known = np.isfinite(indices)
    both = np.where(known, indices, 0).sum(0) / np.where(known.any(0), known.sum(0), np.nan)
    return both, np.mean(areas, axis=0)


def shuffled(labels: NDArray[np.int64], half: Half) -> NDArray[np.int64]:
    """The labels in another order within each half: what selectivity comes to by chance, of units as rare as these."""
    draw, found = np.random.default_rng(1), labels.copy()
    for one in (half, ~half):
        found[one] = draw.permutation(labels[one])
    return found


def _ranks(column: Floats) -> Floats:
    _, inverse, count = np.unique(column, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[inverse]


def agreement(values: Floats, features: Floats) -> Floats:
    """The mean cosine (units,) of features among the nine strongest images; NaN with fewer that excite the unit."""
    found = np.full(values.shape[1], np.nan)
    for unit in range(values.shape[1]):
        nine = np.argsort(-values[:, unit], kind="stable")[:9]
        if values[nine[-1], unit] > 0:
            total = features[nine].sum(0)
            found[unit] = (total @ total - 9) / 72
    return found


def of_images(found: Responses, rows: NDArray[np.int64], half: Half, layer: str) -> Measures:
    """Selectivity and agreement of a layer's units on some images; of units that nine or more of them excite."""
    values = found.maxima[layer][rows]
    index, area = selectivity(values, found.labels[rows], half[rows])
    chance, _ = selectivity(values, shuffled(found.labels, half)[rows], half[rows])
    few = (values > 0).sum(0) < 9
    index[few], chance[few], area[few] = np.nan, np.nan, np.nan
    measures = {
        "selectivity": Measure(index),
        "selectivity, labels permuted": Measure(chance),
        "area under the curve": Measure(area),
    }
    for other, features in found.features.items():
        measures[f"agreement by {other}"] = Measure(agreement(values, features[rows]))
    return measures


# -- changed images ---------------------------------------------------------------------------------------------------
def of_tuning(net: cs.Network, source: cs.Source, layers: Sequence[str], half: Half, changed: int) -> list[Measures]:
    """What survives of units when their images are changed, and how alike that is on two halves of the images.

    Of each half `changed` images, at most. steady: the correlation over units between the halves, a mean of changes.
    """
    parts = (subset(source, np.flatnonzero(one)) for one in (half, ~half))
    halves = [cs.tuning(net, part, layers=layers, most_images=changed) for part in parts]
    found = []
    for layer in layers:
        one, other = (tuning[layer].kept for tuning in halves)
        known = ~np.isnan(one) & ~np.isnan(other)
        both = np.where(known, (one + other) / 2, np.nan)
        measures = {f"keeps, {kind}": Measure(both[:, column]) for column, kind in enumerate(KINDS)}
        found.append(measures | {"steady": Measure(np.concatenate([one, other], 1), _steady)})
    return found


def _steady(values: Floats) -> float:
    found = []
    for column in range(len(KINDS)):
        one, other = values[:, column], values[:, len(KINDS) + column]
        known = ~np.isnan(one) & ~np.isnan(other)
        if known.sum() > 2:
            found.append(_correlation(one[known], other[known]))
    return known_mean(np.array(found))


def _correlation(one: Floats, other: Floats) -> float:
    spread = one.std() * other.std()
    return float(((one - one.mean()) * (other - other.mean())).mean() / spread) if spread else float("nan")


# -- silenced units ---------------------------------------------------------------------------------------------------
def of_effects(net: cs.Network, source: cs.Source, layer: str, units: NDArray[np.int64], half: Half) -> Measures:
    """What silencing units does, as `convscope effects` does it, each class chosen on a half and measured on the other.

    focus: how much more the score of the class that needs the unit most falls than those of others do, in deviations
    over the classes. same class: the share of units whose class is the same on both halves.
    """
    change = _changes(net.through([layer]), source, layer, units)
    focus, same, pick = [], [], np.arange(len(units))
    for chosen in (half, ~half):
        best, fall = change[chosen].mean(0).argmin(1), -change[~chosen].mean(0)
        spread = fall.std(1)
        known = spread > 0
        score = (fall[pick, best] - fall.mean(1)) / np.where(known, spread, np.nan)
        focus.append(score)
        same.append(np.where(known, best == fall.argmax(1), np.nan))
    return {"focus of effects": Measure(np.mean(focus, axis=0)), "same class": Measure(np.mean(same, axis=0))}


def _changes(net: cs.Network, source: cs.Source, layer: str, units: NDArray[np.int64]) -> Floats:
    """The changes of scores (images, units, classes)."""
    silencer, output, found = Silencer(net, layer), net.program.output, []
    recipe, channels = preprocess_of(net, source), torch.from_numpy(units)
    none = torch.zeros(len(units), *net.layers[layer].shape[1:], dtype=net.dtype)
    for part in batches(source, recipe, size=16):
        values = net.run_values(recipe.normalise(part.images, dtype=net.dtype), silencer.base | {output})
        for row in range(len(part)):
            base = {number: one[row : row + 1] for number, one in values.items()}
            found.append((silencer.outputs(base, channels, none) - base[output]).double().numpy())
    return np.stack(found)


# -- projections ------------------------------------------------------------------------------------------------------
def of_sanity(
    net: cs.Network, source: cs.Source, layers: Sequence[str], units: int, each: int, side: int
) -> tuple[list[Measures], list[str]]:
    """What projections are worth, by units: likeness to controls, deletion; and the verdict on each layer, in words."""
    worth = cs.sanity(net, source, layers=layers, units=units, each=each, side=side, seeds=1)
    found = []
    for one in worth.layers:
        fill, control = FILLS.index(one.worst[0]), 1 + CONTROLS.index(one.worst[1])
        looked, area = one.looked, one.looked.deletion
        cases = {
            "likeness to a random signal's": looked.signal,
            "likeness to other units'": looked.other,
            "area of deletion": area[:, :, 0].mean(1),
            "margin over the hardest control": area[:, fill, control] - area[:, fill, 0],
        }
        found.append({name: Measure(_by_unit(values, one.cases.unit)) for name, values in cases.items()})
    return found, [
        f"{row['layer']}: {row['verdict']} ({row['hardest']}, {row['hardest_fill']})" for row in worth.rows()
    ]


def _by_unit(values: NDArray[Any], units: NDArray[np.int64]) -> Floats:
    """Means (units,) of a unit's cases."""
    means = [known_mean(values[units == unit]) for unit in np.unique(units)]
    return np.array(means, np.float64)
