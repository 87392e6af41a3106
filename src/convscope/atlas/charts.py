"""Curves and points of a result for an atlas's page to draw itself: in its own colours, readable at any width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from convscope.atlas.web import numbers, printable
from convscope.shown import brief

SeriesLook = Literal["measured", "compared"]
"""What was measured, or what it is to be compared with: random weights, chance, the paper's numbers."""

_SKETCHED = 3
_PLACES = 24


@brief
@dataclass(frozen=True)
class Series:
    """The values of one curve, as many as its chart has places; None or NaN where there is none.

    low, high: the ends of their intervals. names: of single points, what each is.
    """

    name: str
    values: Sequence[float | None]
    low: Sequence[float | None] | None = None
    high: Sequence[float | None] | None = None
    look: SeriesLook = "measured"
    names: Sequence[str] | None = None


@brief
@dataclass(frozen=True)
class Chart:
    """Curves over numbers, values of things with names, or a cloud of points.

    at: numbers across, or names, each of which gets a row. y, x: what the values and the numbers are, in words with
    their unit. kind: "lines" and "points" have numbers across, "rows" names.
    """

    title: str
    y: str
    at: Sequence[float] | Sequence[str]
    series: Sequence[Series]
    x: str = ""
    note: str = ""
    kind: Literal["lines", "rows", "points"] = "lines"

    def to_json(self) -> dict[str, Any]:
        """What the page is given."""
        rows = self.kind == "rows"
        said = {"title": printable(self.title), "kind": self.kind, "y": printable(self.y), "x": printable(self.x)}
        at = [printable(str(one)) for one in self.at] if rows else _four(self.at)
        return {**said, "note": printable(self.note), "at": at, "series": [_series(one) for one in self.series]}


def _series(one: Series) -> dict[str, Any]:
    made: dict[str, Any] = {"name": printable(one.name), "look": one.look, "values": _four(one.values)}
    if one.low is not None and one.high is not None:
        made |= {"low": _four(one.low), "high": _four(one.high)}
    if one.names is not None:
        made["names"] = [printable(name) for name in one.names]
    return made


def _four(values: Sequence[Any]) -> list[float | None]:
    """Four significant digits of each; None for what is no number."""
    found = np.array([np.nan if value is None else value for value in values], np.float64)
    return [None if value is None else float(f"{value:.4g}") for value in numbers(found)]


def sketch(chart: Mapping[str, Any]) -> list[list[int | None]]:
    """The course of a chart's first curves, in hundredths of its height, for a card: at most 24 places of three."""
    curves = [one["values"] for one in chart["series"][:_SKETCHED]]
    known = [value for curve in curves for value in curve if value is not None]
    if not known or max(map(len, curves)) < 2:
        return []
    low, wide = min(known), (max(known) - min(known)) or 1.0
    made = []
    for curve in curves:
        chosen = (
            [curve[i * (len(curve) - 1) // (_PLACES - 1)] for i in range(_PLACES)] if len(curve) > _PLACES else curve
        )
        made.append([None if value is None else round(100 * (value - low) / wide) for value in chosen])
    return made


def card(told: Mapping[str, Any]) -> tuple[list[list[int | None]], str]:
    """What the card of a result draws of what its page is told, in hundredths, and how; nothing where that is neither.

    "lines", "points", "rows": its first curves. "grid": rows of places of the first image, by how much covering each
    loses. "graph": lines of the first graph of causes, each x, y, x, y and what it gives, below 0 against the unit.
    """
    if told.get("charts"):
        return sketch(told["charts"][0]), told["charts"][0]["kind"]
    if "shape" in told and told.get("images"):
        return _places(told["shape"], told["images"][0]["grids"][0]), "grid"
    if told.get("graphs"):
        return _lines(told["graphs"][0]), "graph"
    return [], ""


def _places(shape: Sequence[int], grid: Mapping[str, Any]) -> list[list[int | None]]:
    before = grid["before"]
    lost = [None if before is None or value is None else max(0.0, before - value) for value in grid["after"]]
    most = max((value for value in lost if value is not None), default=0.0) or 1.0
    shown = [None if value is None else round(100 * value / most) for value in lost]
    down, across = ([i * side // min(side, _PLACES) for i in range(min(side, _PLACES))] for side in shape)
    return [[shown[y * shape[1] + x] for x in across] for y in down]


def _lines(graph: Mapping[str, Any]) -> list[list[int | None]]:
    layers = [node["unit"].partition("@")[0].rpartition(":")[0] for node in graph["nodes"]]
    columns = [[0], *([n for n, of in enumerate(layers) if n and of == layer] for layer in graph["layers"])]
    wide = max(1, len(columns) - 1)
    at = {
        node: (round(100 * x / wide), round(100 * (y + 0.5) / len(column)))
        for x, column in enumerate(columns)
        for y, node in enumerate(column)
    }
    edges = [edge for edge in graph["edges"] if edge[0] in at and edge[1] in at]
    first = sorted(edges, key=lambda edge: -abs(edge[2]))[:_PLACES]
    most = max((abs(amount) for *_, amount in first), default=0.0) or 1.0
    return [[*at[effect], *at[cause], round(100 * amount / most)] for cause, effect, amount in first]


__all__ = ["Chart", "Series", "SeriesLook", "card", "sketch"]
