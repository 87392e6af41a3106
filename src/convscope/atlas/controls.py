"""What an atlas says of how like their controls its projections are: numbers of layers, and a sentence.

A unit's control (`convscope.methods.sanity.controls`) is a projection from the same place of the same image that begins
with random numbers at all units.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.atlas.web import numbers

ALIKE = 0.9
"""Layers whose units' projections are more like their controls than this, by the median, are said to be so."""

Json = dict[str, Any]


def layer_controls(id: str, similar: NDArray[np.floating]) -> Json:
    """What a layer's script says of its units' likeness (C,) to their controls: of each, the median, and of how many.

    >>> layer_controls("00-conv1", np.array([0.5, np.nan, 0.25, 0.75]))
    {'layer': '00-conv1', 'similarity': [0.5, None, 0.25, 0.75], 'median': 0.5, 'units': 3}
    """
    rounded = np.round(similar.astype(np.float64), 4)
    known = rounded[~np.isnan(rounded)]
    median = round(float(np.median(known)), 4) if len(known) else None
    return {"layer": id, "similarity": numbers(rounded), "median": median, "units": len(known)}


def said_of(layers: Sequence[tuple[str, float | None]]) -> str | None:
    """What has to be known of layers, given with their likeness to the controls; None where none is above `ALIKE`.

    >>> said_of([("conv1", 0.31), ("conv5", 0.97)])
    "conv5: projections look much like a random signal's from the same place: they say where, hardly what"
    """
    names = [name for name, likeness in layers if likeness is not None and likeness > ALIKE]
    if not names:
        return None
    return f"{', '.join(names)}: projections look much like a random signal's from the same place: {_MEANING}"


_MEANING = "they say where, hardly what"

__all__ = ["ALIKE", "layer_controls", "said_of"]
