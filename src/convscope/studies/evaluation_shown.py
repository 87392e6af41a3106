"""An evaluation as an atlas's page shows it: is it as sure as it is right, by class, and what was taken for what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.atlas.charts import Chart, Series
from convscope.atlas.web import printable, short
from convscope.studies.answer import Row
from convscope.training import ClassAccuracy, Judgement
from convscope.training.calibration import Calibration, calibration
from convscope.training.measures import Measure
from convscope.training.predictions import ScoredImages

_CLASSES = 40  # rows of a chart
_MATRIX = 24  # classes whose confusion is shown whole
_PAIRS, _EACH = 24, 8  # mistakes of a kind, and images of each
_SUREST = 12
_POINTS = 400
_OUTPUTS = 3
_FEW = 3  # images of a class, by the median: of fewer a share says nothing

Found = ClassAccuracy | Judgement


def rows_of(found: Found) -> list[Row]:
    """The table of an entry: a row a class, or a measure."""
    if isinstance(found, Judgement):
        return [{"measure": row.pop("name"), **row} for row in found.rows()]
    return [
        {"class": row["name"], **{k: v for k, v in row.items() if k != "name"}} for row in found.to_json()["classes"]
    ]


def charts_of(found: Found) -> list[Chart]:
    """Whether it is as sure as it is right; its rates with their intervals; by class or output."""
    if isinstance(found, Judgement):
        return [*_sureness(found.scored), *_values(found.scored), *_measures(found)]
    right = found.predictions.answers == found.predictions.targets
    return [*_sure(calibration(found.predictions.probabilities, right)), _rates(found), *_by_class(found)]


def _sure(found: Calibration | None, what: str = "answers") -> list[Chart]:
    if found is None:
        return []
    at, ends = (100 * found.sure).tolist(), [(100 * one).tolist() for one in (found.low, found.high)]
    right = Series(f"right {what}", (100 * found.right).tolist(), *ends)
    series = [right, Series("as sure as right", at, look="compared")]
    return [Chart("Is it as sure as it is right?", "right, %", at, series, "sure, %", found.summary)]


def _sureness(scored: ScoredImages | None) -> list[Chart]:
    """Of one class or labels: how often the class is there where it is said to be so probable."""
    if scored is None or not scored.judges_classes:
        return []
    return _sure(calibration(scored.scores.ravel(), scored.truth.ravel() > 0.5), "where the class is there")


def _values(scored: ScoredImages | None) -> list[Chart]:
    """What was answered over what is true, of the first values."""
    if scored is None or scored.judges_classes:
        return []
    some = np.unique(np.linspace(0, len(scored) - 1, min(len(scored), _POINTS)).astype(np.int64))
    made = []
    for column, name in list(enumerate(scored.names))[:_OUTPUTS]:
        true, said = scored.truth[some, column].tolist(), scored.scores[some, column].tolist()
        made.append(Chart(f"{name}: answered over true", "answered", true, [Series(name, said)], "true", kind="points"))
    return made


def _rates(found: ClassAccuracy) -> Chart:
    low, high = found.top1_interval, found.top5_interval
    rows = [
        ("top-1", found.top1, *low),
        ("top-5", found.top5, *high),
        ("mean of classes", found.mean_class_top1, None, None),
    ]
    rows += [(f"{one.network} alone", one.top1, *one.top1_interval) for one in found.alone()]
    names, *columns = zip(*rows, strict=True)
    values, lows, highs = ([None if one is None else 100 * one for one in column] for column in columns)
    note = "Share of images with their interval of 95 %."
    return Chart(
        "How often it is right", "%", list(names), [Series("right", values, lows, highs)], note=note, kind="rows"
    )


def _by_class(found: ClassAccuracy) -> list[Chart]:
    known = np.flatnonzero(found.counts > 0)
    if len(known) < 2 or np.median(found.counts[known]) < _FEW:
        return []
    order = known[np.argsort(found.class_top1[known], kind="stable")][:_CLASSES].tolist()
    low, high = (100 * np.array(found.class_intervals)[order].T).tolist()
    series = Series("right", (100 * found.class_top1[order]).tolist(), low, high)
    title = (
        "By class, the least right first"
        if len(order) == len(known)
        else f"The {len(order)} classes that are right least"
    )
    return [Chart(title, "right, %", [found.classes[row] for row in order], [series], kind="rows")]


def _measures(found: Judgement) -> list[Chart]:
    """Measures that are shares, which have one scale."""
    made = []
    for title, of in (("How well it answers", found.measures), ("By output", found.each)):
        shares = [one for one in of if _is_share(one)][:_CLASSES]
        if shares:
            value, low, high = ([getattr(one, name) for one in shares] for name in ("value", "low", "high"))
            values = Series("measured", value, low, high)
            made.append(Chart(title, "share", [one.name for one in shares], [values], kind="rows"))
    return made


def _is_share(one: Measure) -> bool:
    return not one.name.startswith(("MAE", "R2")) and 0 <= one.value <= 1


# -- what was taken for what ------------------------------------------------------------------------------------------
def wrong_rows(found: Found) -> NDArray[np.int64]:
    """The rows of predictions that are wrong, where answers are right or wrong."""
    if isinstance(found, ClassAccuracy):
        return found.predictions.mistakes
    return found.scored.mistakes if found.scored is not None and found.scored.sides else np.zeros(0, np.int64)


def data_of(found: Found, names: Sequence[str], numbers: Sequence[int]) -> dict[str, Any] | None:
    """What the page shows besides: the confusion of few classes, mistakes by kind, and the surest of them.

    names: of the images that were answered. numbers: those in the atlas, () where they are none of its.
    """
    wrong = wrong_rows(found)
    told = [_mistake(found, row, names, numbers) for row in wrong.tolist()]
    if isinstance(found, Judgement) and not told:
        return None
    kinds: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in told:
        kinds.setdefault((one["label"], one["answer"]), []).append(one)
    pairs = [
        {
            "label": label,
            "answer": answer,
            "count": len(of),
            "images": [one["image"] for one in of[:_EACH]] if numbers else [],
        }
        for (label, answer), of in sorted(kinds.items(), key=lambda item: -len(item[1]))[:_PAIRS]
    ]
    surest = sorted(told, key=lambda one: -one["sure"])[:_SUREST]
    return {"matrix": _matrix(found), "pairs": pairs, "surest": surest, "wrong": len(told)}


def _mistake(found: Found, row: int, names: Sequence[str], numbers: Sequence[int]) -> dict[str, Any]:
    label, answer, sure = _said(found, row)
    named = {"label": printable(label), "answer": printable(answer), "sure": short(sure)}
    return {**named, "image": numbers[row] if numbers else None, "name": printable(names[row] if names else "")}


def _said(found: Found, row: int) -> tuple[str, str, float]:
    """What an image is, what was answered, and how sure."""
    if isinstance(found, ClassAccuracy):
        told = found.predictions
        return found.classes[told.labels[row]], found.answers[told.answers[row]], float(told.probabilities[row])
    scored = found.scored
    assert scored is not None
    share, there = float(scored.scores[row, 0]), int(scored.truth[row, 0] > 0.5)
    return scored.sides[there], scored.sides[int(share > 0.5)], max(share, 1 - share)


def _matrix(found: Found) -> dict[str, Any] | None:
    if isinstance(found, Judgement) or max(found.confusion.shape) > _MATRIX:
        return None
    return {
        "classes": [printable(name) for name in found.classes],
        "answers": [printable(name) for name in found.answers],
        "targets": found.targets.tolist(),
        "counts": found.confusion.tolist(),
    }


__all__ = ["charts_of", "data_of", "rows_of", "wrong_rows"]
