"""What an atlas says of what its units are tuned to: one script a layer, from one pass over the strongest images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.atlas.ledger import Ledger
from convscope.atlas.patches import Studio
from convscope.atlas.web import numbers, script
from convscope.errors import StoreError
from convscope.files import write_bytes
from convscope.methods.scan import TopK
from convscope.methods.tuning import KINDS, LayerTuning
from convscope.methods.tuning.summing import WORDS
from convscope.methods.tuning.surveying import CroppedPhotos, survey
from convscope.methods.workers import Workers
from convscope.progress import Progress

Json = dict[str, Any]


def tuning_address(id: str) -> str:
    """The address of a layer's script with what its units are tuned to."""
    return f"tuning/{id}"


def write_tunings(
    folder: Path, studio: Studio, tops: Mapping[str, TopK], team: Workers, ledger: Ledger, progress: Progress
) -> None:
    """Write what is not there yet; `tops` are the strongest responses of each layer, by the layer's name in paths."""
    paths = {id: folder / "data" / f"{tuning_address(id)}.js" for id in tops}
    if all(path.exists() for path in paths.values()):
        return
    layers = {top.layer: top for top in tops.values()}
    photos = CroppedPhotos(studio.preprocess, studio.photo)
    found = survey(studio.net, layers, photos, team=team, progress=progress)
    by_name = {one.layer: one for one in found.layers}
    for id, path in paths.items():
        write_bytes(path, script(tuning_address(id), layer_tuning(id, by_name[tops[id].layer], found.images)))
    ledger.record("tuning", paths.values())


def layer_tuning(id: str, found: LayerTuning, images: int) -> Json:
    """What a layer's script says: kept, low, high by kind and unit; quartiles by kind; what units mind more and less.

    out: for each unit the kinds in which it differs from its layer, counted from 1, below zero where it minds more.
    """
    out = [
        [sign * (KINDS.index(kind) + 1) for kind, sign in found.stands_out(channel).items()]
        for channel in range(len(found.kept))
    ]
    tables = {name: _columns(getattr(found, name)) for name in ("kept", "low", "high")}
    return {
        "layer": id,
        "images": images,
        "kinds": [{"name": kind, "what": WORDS[kind][0], "how": WORDS[kind][1]} for kind in KINDS],
        **tables,
        "cases": found.cases.T.tolist(),
        "quartiles": _columns(found.quartiles),
        "out": out,
    }


def read_tuning(layer: str, said: Json) -> LayerTuning:
    """A layer's tuning from what its script says; raises StoreError where that is no such thing.

    >>> zeros = np.zeros((2, 7))
    >>> one = LayerTuning("conv1", zeros, zeros, zeros, zeros.astype(np.int64), np.zeros((3, 7)))
    >>> read_tuning("conv1", layer_tuning("00-conv1", one, 4)).kept.shape
    (2, 7)
    """
    try:
        kinds = [str(kind["name"]) for kind in said["kinds"]]
        tables = {name: _table(said[name], len(kinds)) for name in ("kept", "low", "high", "cases", "quartiles")}
    except (KeyError, TypeError, OverflowError, ValueError) as error:
        raise StoreError(
            f"what the atlas says of the tuning of '{layer}' cannot be read ({error}): make the atlas again"
        ) from error
    if kinds != list(KINDS) or len({len(tables[name]) for name in ("kept", "low", "high", "cases")}) > 1:
        raise StoreError(f"what the atlas says of the tuning of '{layer}' is of another version: make the atlas again")
    cases = tables["cases"].astype(np.int64)
    return LayerTuning(layer, tables["kept"], tables["low"], tables["high"], cases, tables["quartiles"])


def _columns(table: NDArray[np.floating]) -> list[list[float | None]]:
    return [numbers(np.round(column, 3)) for column in table.T]


def _table(columns: Sequence[Sequence[float | None]], count: int) -> NDArray[np.float64]:
    """The table (n, kinds) of columns in which None stands for NaN."""
    found = np.asarray(columns, np.float64)  # None becomes NaN
    if found.ndim != 2 or len(found) != count:
        raise ValueError(f"{found.shape} is no table of {count} columns")
    return np.ascontiguousarray(found.T)


__all__ = ["layer_tuning", "read_tuning", "tuning_address", "write_tunings"]
