"""What an atlas's page draws of answers, in the place of figures: their numbers as curves, rows and points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from convscope.atlas.charts import Chart, Series
from convscope.generalisation import MeanScore, TransferScores
from convscope.generalisation.results import WeightsKind
from convscope.methods.checking import Certificate
from convscope.methods.correspondence import PartAgreement
from convscope.methods.diagnosis.diagnosis import LayerDiagnosis
from convscope.methods.directions import LearnedDirections
from convscope.methods.effects import LayerEffects
from convscope.methods.evolution import FeatureHistory
from convscope.methods.invariance.measuring import Curve, InvarianceCurves
from convscope.methods.sanity import LayerSanity
from convscope.methods.tuning import KINDS, LayerTuning
from convscope.methods.tuning.summing import WORDS
from convscope.training import AblationTrials

_DRAWS = "Bars: 95 %, over images and draws of them."
_ALL_DIGITS = 17.0
"""Of what is equal to the last bit."""
_UNITS = {"ratio": "times", "factor": "times", "": ""}


def of_invariance(
    found: InvarianceCurves, untrained: Sequence[InvarianceCurves], *, confidence: float, seed: int
) -> list[Chart]:
    """For each transformation how far features move, what becomes of the class, and the units that were followed."""
    made = []
    for curve in found.curves:
        across = _UNITS.get(curve.unit, curve.unit) or curve.transformation
        at, head = curve.values.tolist(), found.head
        shared = {"confidence": confidence, "seed": seed}
        moved = [_curve(curve, layer, layer, **shared) for layer in found.layers]
        for layer in found.layers if untrained else ():
            others = np.stack([one[curve.transformation].mean(layer)[0] for one in untrained])
            ends = others.min(0).tolist(), others.max(0).tolist()
            moved.append(Series(f"{layer}, random weights", others.mean(0).tolist(), *ends, look="compared"))
        title = f"{curve.transformation}: how far features move"
        made.append(Chart(title, "distance over the length of the features", at, moved, across))
        if head is not None:
            followed = [_curve(curve, "probability", "of the class" if head.probable else "output", **shared)]
            followed += [_curve(curve, "kept", "share of images that keep it", **shared)] if head.probable else []
            made.append(Chart(f"{curve.transformation}: the class", head.score, at, followed, across))
        if curve.units:
            units = [_curve(curve, unit, unit, **shared) for unit in curve.units]
            made.append(Chart(f"{curve.transformation}: units", "activation", at, units, across))
    return made


def _curve(curve: Curve, what: str, name: str, *, confidence: float, seed: int) -> Series:
    low, high = curve.interval(what, confidence=confidence, seed=seed)
    return Series(name, curve.mean(what)[0].tolist(), low.tolist(), high.tolist())


def of_check(found: Certificate) -> list[Chart]:
    """For each kind of evidence in how many decimal digits what was compared agrees, and in how many it has to."""
    kinds = [one for one in found.evidence if any(case.evidence == one.name for case in found.compared)]
    if not kinds:
        return []
    errors = [[case.error for case in found.compared if case.evidence == one.name] for one in kinds]
    worst, best = ([_digits(end(some)) for some in errors] for end in (max, min))
    needed = [_digits(one.bound) if one.bound else None for one in kinds]
    agree = Series("agree, from the worst case to the best", worst, worst, best)
    has_to = Series("agree, at least, to hold", needed, look="compared")
    note = f"{_ALL_DIGITS:g}: equal to the last bit. Dots are the worst case of each kind."
    return [
        Chart(
            "How well it agrees", "decimal digits", [one.name for one in kinds], [agree, has_to], note=note, kind="rows"
        )
    ]


def _digits(error: float) -> float:
    """In how many decimal digits two things agree that are so far apart, relative to one of them."""
    return float(np.clip(-np.log10(error), 0, _ALL_DIGITS)) if error > 0 else 0.0 if np.isnan(error) else _ALL_DIGITS


def of_diagnosis(found: Sequence[LayerDiagnosis], names: Sequence[str]) -> list[Chart]:
    """Of first layers: how strong filters are, which frequencies they hold, and what a stride leaves in projections."""
    ranked, made = [], []
    longest = max(len(one.filters.rms) for one in found)
    for one, name in zip(found, names, strict=True):
        strongest = np.sort(one.filters.rms)[::-1] / np.median(np.delete(one.filters.rms, list(one.weak)))
        ranked.append(Series(name, [*strongest.tolist(), *[None] * (longest - len(strongest))]))
    limit = Series("dominating from here on", [found[0].limits.dominating] * longest, look="compared")
    at = [float(rank) for rank in range(1, longest + 1)]
    made.append(
        Chart("Strength of filters", "root mean square over the median's", at, [*ranked, limit], "strongest first")
    )
    for one, name in zip(found, names, strict=True):
        edges = one.coverage.edges
        density = (one.coverage.profile / np.diff(edges)).tolist()
        low, middle, high = one.coverage.mean
        note = f"Low, middle and high frequencies hold {low:.0%}, {middle:.0%} and {high:.0%}."
        title = "Frequencies of filters" if len(found) == 1 else f"Frequencies of filters of {name}"
        centres = ((edges[1:] + edges[:-1]) / 2).tolist()
        made.append(Chart(title, "density of energy", centres, [Series(name, density)], "cycles per pixel", note))
        if one.lines is None:
            continue
        spectrum = one.lines.spectrum.mean(0)[::4]
        level = (10 * np.log10(np.maximum(spectrum / spectrum.max(), 1e-6))).tolist()
        title = "Spectrum of projections" if len(found) == 1 else f"Spectrum of projections of {name}"
        marked = ", ".join(f"{frequency:.3g}" for frequency in sorted(set(one.lines.frequencies.tolist()))) or "none"
        note = f"A stride of {max(one.lines.stride)} would stand out at {marked}: by {one.lines.decibels:+.1f} dB here."
        made.append(
            Chart(title, "power, dB", one.lines.axis[::4].tolist(), [Series(name, level)], "cycles per pixel", note)
        )
    return made


def of_correspondence(found: PartAgreement) -> list[Chart]:
    """For each part, layer by layer, how often signs differ, and how often they do elsewhere."""
    made = []
    for part in found.parts:
        rows = [found[layer, part] for layer in found.layers]
        covered = Series(part, [r.mean for r in rows], [r.low for r in rows], [r.high for r in rows])
        low, high = [r.aligned_low for r in rows], [r.aligned_high for r in rows]
        elsewhere = Series("elsewhere", [r.aligned for r in rows], low, high, look="compared")
        note = "Share of features whose change has different signs in two images. Left of elsewhere: more alike."
        made.append(Chart(part, "share", found.layers, [covered, elsewhere], note=note, kind="rows"))
    return made


def of_evolution(found: FeatureHistory) -> list[Chart]:
    """By epoch, how like each layer's responses are to those in the end, and how many units changed their image."""
    epochs, layers = [float(one) for one in found.epochs], found.layers
    like = [Series(one.layer, one.settling.final.tolist()) for one in layers]
    chance = [Series(f"{one.layer}, by chance", one.settling.chance.tolist(), look="compared") for one in layers]
    jumped = [Series(one.layer, one.jumped.tolist()) for one in layers]
    settled = f"Features count as settled from {found.threshold:g} on. By chance: between different units."
    return [
        Chart("Likeness to the last checkpoint", "mean correlation", epochs, [*like, *chance], "epoch", settled),
        Chart("Units that another image took over", "share of units", epochs, jumped, "epoch"),
    ]


def of_sanity(layers: Sequence[LayerSanity]) -> list[Chart]:
    """By layer and rule the margin over the hardest control, and how like projections are to others."""
    names = [f"{one.layer}, {one.rule}" for one in layers]
    mean, low, high = ([one.margin[end] for one in layers] for end in range(3))
    margin = Series("over the hardest control", mean, low, high)
    beside = {"signal": "a random signal's", "other": "another unit's", "elsewhere": "the unit's on another image"}
    like = [
        Series(words, [median(getattr(one.looked, field)) for one in layers], look="measured")
        for field, words in beside.items()
    ]
    better = "Above zero, covering what projections mark makes units fall faster than every control's order does."
    same = "Median cosine of projections with others: 1 alike, 0 unrelated."
    return [
        Chart("Margin of projections", "difference of areas", names, [margin], note=better, kind="rows"),
        Chart("Likeness of projections", "cosine", names, like, note=same, kind="rows"),
    ]


def median(values: np.ndarray) -> float:
    """The median of the numbers that are known; NaN where none is."""
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else float("nan")


def of_effects(layers: Sequence[LayerEffects], counted: str) -> list[Chart]:
    """Of each layer a point for each unit or group: what is lost without it, by how active it is."""
    made = []
    for found in layers:
        change, low, high = found.outcomes().T.tolist()
        across = np.sqrt(np.nan_to_num(found.squares)).tolist()
        points = Series("change", change, low, high, names=found.silenced)
        title = f"{found.layer}: {'answers' if found.answered else 'scores'} without each unit"
        x = "root mean square of the unit's activation"
        y = f"change of {counted}, %" if found.answered else "change of the score that needs it most"
        made.append(Chart(title, y, across, [points], x, kind="points"))
    return made


def of_tuning(layers: Sequence[LayerTuning]) -> list[Chart]:
    """For each change, layer by layer, what half of the units keep of their activation, with their middle half."""
    made = []
    for column, kind in enumerate(KINDS):
        low, middle, high = np.stack([one.quartiles[:, column] for one in layers]).T.tolist()
        what, how = WORDS[kind]
        share, note = Series("median of the units", middle, low, high), f"What survives {how}; bars: the middle half."
        made.append(Chart(what, "share", [one.layer for one in layers], [share], note=note, kind="rows"))
    return made


def of_transfer(found: TransferScores) -> list[Chart]:
    """Accuracy by layer at the largest size to learn from, and by size for the layer that is best then."""
    rows = found.rows()
    lines: list[tuple[WeightsKind, str]] = list(dict.fromkeys((row.weights, row.classifier) for row in rows))
    names = [classifier if weights == "own" else f"{classifier}, {weights}" for weights, classifier in lines]
    most = found.sizes[-1]
    made = []
    if len(found.layers) > 1:
        picked = [[found.row(layer, kind, most, weights=w) for layer in found.layers] for w, kind in lines]
        made.append(Chart("Accuracy by layer", "%", found.layers, _scores(names, picked), note=_DRAWS, kind="rows"))
    if len(found.sizes) > 1:
        at = [float(size or 0) for size in found.sizes]
        best = max((row for row in rows if row.per_class == most and row.layer), key=lambda row: row.mean).layer
        picked = [
            [found.row("" if w == "scratch" else best, kind, size, weights=w) for size in found.sizes]
            for w, kind in lines
        ]
        series = _scores(names, picked)
        made.append(Chart(f"Accuracy on {best}", "%", at, series, "images a class to learn from", _DRAWS))
    return made


def _scores(names: Iterable[str], picked: Sequence[Sequence[MeanScore | None]]) -> list[Series]:
    made = []
    for name, rows in zip(names, picked, strict=True):
        mean = [float("nan") if row is None else 100 * row.mean for row in rows]
        low, high = _held(mean, [None if row is None else tuple(100 * end for end in row.interval) for row in rows])
        if not np.isnan(mean).all():
            made.append(Series(name, mean, low, high, look="compared" if ", " in name else "measured"))
    return made


def _held(means: Sequence[float], intervals: Sequence[tuple[float, ...] | None]) -> tuple[list[float], list[float]]:
    """The ends of intervals, where there is none the mean itself."""
    known = [
        (mean, mean) if ends is None or np.isnan(ends).any() else ends
        for mean, ends in zip(means, intervals, strict=True)
    ]
    return [ends[0] for ends in known], [ends[1] for ends in known]


def of_ablation(found: AblationTrials) -> list[Chart]:
    """The validation errors of each variant, with their intervals over images and trainings, and the paper's."""
    rows = found.rows()
    names = [row.variant.title for row in rows]
    made = []
    for words, field, place in (("top 1", "val", 1), ("top 5", "val5", 2)):
        mean = [getattr(row, field)[0] for row in rows]
        low, high = _held(mean, [getattr(row, f"{field}_interval") for row in rows])
        made.append(Series(words, mean, low, high))
        paper = [found.paper(row.variant.name) for row in rows]
        if any(paper):
            said = [None if one is None else one[place] for one in paper]
            made.append(Series(f"{words}, paper", said, look="compared"))
    return [Chart("Validation error", "%", names, made, note="Bars: 95 %, over images and trainings.", kind="rows")]


def of_directions(found: LearnedDirections) -> list[Chart]:
    """A point for each direction: how surely it is found again, by how often it is active."""
    names = [f"{found.dictionary.full_name}:{n}" for n in range(len(found.often))]
    often = (100 * found.often).tolist()
    points = Series("cosine", found.again.tolist(), names=names)
    y = "cosine with one learned from another beginning"
    return [Chart("Directions found again", y, often, [points], "active at so many positions, %", kind="points")]


__all__ = [
    "median",
    "of_ablation",
    "of_correspondence",
    "of_directions",
    "of_effects",
    "of_evolution",
    "of_invariance",
    "of_sanity",
    "of_transfer",
    "of_tuning",
]
