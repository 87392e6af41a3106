"""Tables as the paper prints them, with its numbers beside ours."""

from __future__ import annotations

import math
from collections.abc import Sequence

from convscope.generalisation.results import MeanScore, TransferScores, WeightsKind
from convscope.tables import TextTable

PAPER_CALTECH = {
    ("caltech101", 15): {"scratch": "22.8 ± 1.5", "pretrained": "83.8 ± 0.5"},
    ("caltech101", 30): {"scratch": "46.5 ± 1.7", "pretrained": "86.5 ± 0.5"},
    ("caltech256", 15): {"scratch": "9.0 ± 1.4", "pretrained": "65.7 ± 0.2"},
    ("caltech256", 30): {"scratch": "22.5 ± 0.7", "pretrained": "70.6 ± 0.2"},
    ("caltech256", 45): {"scratch": "31.2 ± 0.5", "pretrained": "72.7 ± 0.4"},
    ("caltech256", 60): {"scratch": "38.8 ± 1.4", "pretrained": "74.2 ± 0.3"},
}
"""Tables 4 and 5: mean of per-class accuracies in per cent, softmax on layer 7, by target set and images a class."""

PAPER_TABLE7 = {
    "caltech101": {
        "svm": {1: "44.8 ± 0.7", 2: "66.2 ± 0.5", 3: "72.3 ± 0.4", 4: "76.6 ± 0.4", 5: "86.2 ± 0.8", 7: "85.5 ± 0.4"},
        "softmax": {5: "82.9 ± 0.4", 7: "85.4 ± 0.4"},
    },
    "caltech256": {
        "svm": {1: "24.6 ± 0.4", 2: "39.6 ± 0.3", 3: "46.0 ± 0.3", 4: "51.3 ± 0.1", 5: "65.6 ± 0.3", 7: "71.7 ± 0.2"},
        "softmax": {5: "65.7 ± 0.5", 7: "72.6 ± 0.1"},
    },
}
"""Table 7: the same by layer of the paper's network."""
PAPER_TABLE7_SIZE = {"caltech101": 30, "caltech256": 60}
"""The images a class that Table 7 learned from."""

PAPER_VOC = (
    *(96.0, 77.1, 88.4, 85.5, 55.8, 85.8, 78.6, 91.2, 65.0, 74.4),
    *(67.7, 87.8, 86.0, 85.1, 90.9, 52.2, 83.6, 61.1, 91.8, 76.1),
)
"""Table 6: the paper's column by class, in VOC's order, on the test set; their mean is 79.0."""


_FEATURES: tuple[WeightsKind, ...] = ("own", "random")


def tables(result: TransferScores) -> list[TextTable]:
    """The tables of a result: VOC's by class; else by images a class, and by layer for each of these numbers."""
    if result.measure == "average precision":
        return [voc_table(result)]
    by_layer = (table for size in result.sizes for table in (layer_table(result, size), interval_table(result, size)))
    return [size_table(result), *by_layer]


def layer_table(result: TransferScores, per_class: int | None) -> TextTable:
    """Table 7: one row a layer, one column for each classifier and kind of weights, in per cent."""
    columns = _columns(result)
    head = ("layer", "features", *(c if w == "own" else f"{c}, random weights" for w, c in columns))
    rows = []
    for layer in result.layers:
        cells = [result.row(layer, c, per_class, weights=w) for w, c in columns]
        rows.append((layer, result.features.get(layer, ""), *map(_text, cells)))
    kind = _paper_kind(result)
    if PAPER_TABLE7_SIZE.get(kind) == per_class:
        for number, svm, softmax in paper_table7(kind):
            printed = {"svm": svm, "softmax": softmax}
            given = [printed[c] if w == "own" else "" for w, c in columns]
            if any(given):
                rows.append((f"paper: layer {number}", "its own network", *given))
    size = "the published split" if per_class is None else f"{per_class} images a class"
    return TextTable(f"Accuracy by layer, {size} (%, mean of classes)", head, tuple(rows))


def interval_table(result: TransferScores, per_class: int | None) -> TextTable:
    """The intervals of `layer_table`, 95 %, over images and draws of folds, in per cent."""
    columns = _columns(result)
    head = ("layer", *(c if w == "own" else f"{c}, random weights" for w, c in columns))
    rows = [
        (layer, *(_ends(result.row(layer, c, per_class, weights=w)) for w, c in columns)) for layer in result.layers
    ]
    return TextTable("Intervals of 95 %, over images and draws (%)", head, tuple(rows))


def _columns(result: TransferScores) -> list[tuple[WeightsKind, str]]:
    kinds: list[WeightsKind] = [w for w in _FEATURES if any(one.weights == w for one in result.scores)]
    return [(w, c) for w in kinds for c in result.classifiers]


def _ends(row: MeanScore | None) -> str:
    """An interval in per cent; nothing where it is not known."""
    low, high = (math.nan, math.nan) if row is None else row.interval
    return "" if math.isnan(low) else f"{100 * low:.1f} to {100 * high:.1f}"


def size_table(result: TransferScores) -> TextTable:
    """Tables 4 and 5: one column for each number of images a class; the best layer, from scratch, and the paper's."""
    sizes = result.sizes
    rows = [
        (f"{weights} weights, {kind} on its best layer", *(_best(result, weights, kind, size) for size in sizes))
        for weights in _FEATURES
        for kind in result.classifiers
        if any((one.weights, one.classifier) == (weights, kind) for one in result.scores)
    ]
    if any(one.weights == "scratch" for one in result.scores):
        cells = (_text(result.row("", "softmax", size, weights="scratch")) for size in sizes)
        rows.append(("trained from scratch", *cells))
    for key, title in (("pretrained", "paper: pretrained, softmax"), ("scratch", "paper: trained from scratch")):
        printed = [PAPER_CALTECH.get((_paper_kind(result), size or 0), {}).get(key, "") for size in sizes]
        if any(printed):
            rows.append((title, *printed))
    return TextTable("Accuracy by images a class (%, mean of classes)", ("", *map(_size, sizes)), tuple(rows))


def _paper_kind(result: TransferScores) -> str:
    """Which of the paper's sets this is: by layout, or by its classes for a pack of the same images."""
    if "BACKGROUND_Google" in result.classes or {"accordion", "yin_yang"} <= set(result.classes):
        return "caltech101"
    return result.kind


def _size(per_class: int | None) -> str:
    return "published split" if per_class is None else f"{per_class} a class"


def _text(row: MeanScore | None) -> str:
    return "" if row is None else row.text()


def _percent(value: float) -> str:
    """A share in per cent; nothing for a class without images."""
    return "" if value != value else f"{100 * value:.1f}"


def _best(result: TransferScores, weights: WeightsKind, classifier: str, size: int | None) -> str:
    rows = [r for r in result.rows() if (r.weights, r.classifier, r.per_class) == (weights, classifier, size)]
    best = max((r for r in rows if r.layer), key=lambda r: r.mean, default=None)
    return "" if best is None else f"{best.text()} ({best.layer})"


def voc_table(result: TransferScores) -> TextTable:
    """Table 6: one row a class, one column for each layer and classifier, and the paper's, in per cent."""
    scores = [one for one in result.scores if one.by_class]
    head = ("class", *(_column(one.layer, one.classifier, one.weights) for one in scores), "paper (test set)")
    rows = [
        (name, *(_percent(one.by_class[i]) for one in scores), f"{PAPER_VOC[i]:.1f}" if _is_voc(result) else "")
        for i, name in enumerate(result.classes)
    ]
    mean = ("mean", *(f"{100 * one.value:.1f}" for one in scores), "79.0" if _is_voc(result) else "")
    means = [result.row(one.layer, one.classifier, one.per_class, weights=one.weights) for one in scores]
    return TextTable("Average precision by class (%)", head, (*rows, mean, ("its interval", *map(_ends, means), "")))


def _is_voc(result: TransferScores) -> bool:
    return len(result.classes) == len(PAPER_VOC)


def _column(layer: str, classifier: str, weights: str) -> str:
    kind = {"softmax": "exclusive softmax", "svm": "one against the rest"}[classifier]
    return f"{layer}, {kind}" + ("" if weights == "own" else f", {weights} weights")


def paper_table7(kind: str) -> Sequence[tuple[str, str, str]]:
    """The paper's Table 7 for a target set: rows of layer, SVM, softmax; empty for a set that it does not have.

    >>> paper_table7("caltech101")[-1]
    ('7', '85.5 ± 0.4', '85.4 ± 0.4')
    """
    numbers = PAPER_TABLE7.get(kind, {})
    layers = sorted(numbers.get("svm", {}))
    return [(str(n), numbers["svm"].get(n, ""), numbers["softmax"].get(n, "")) for n in layers]


__all__ = [
    "PAPER_CALTECH",
    "PAPER_TABLE7",
    "PAPER_TABLE7_SIZE",
    "PAPER_VOC",
    "interval_table",
    "layer_table",
    "paper_table7",
    "size_table",
    "tables",
    "voc_table",
]
