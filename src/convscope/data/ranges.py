"""The range of a collection's values, found in one quick pass."""

from __future__ import annotations

import logging
import threading
import weakref
from dataclasses import replace

import numpy as np

from convscope.data.allowance import allowance_of
from convscope.data.decoding import read_raster
from convscope.data.preprocess import Preprocess
from convscope.data.rasters import collection_range
from convscope.data.sources.base import Source
from convscope.errors import ImageError

logger = logging.getLogger(__name__)

LOOKED_AT = 1000
"""Images of a collection that are looked at for its range; of a larger one so many, evenly spread."""
_found: dict[int, dict[int, tuple[float, float]]] = {}  # by a source's identity, then by channels
_lock = threading.Lock()


def settled(preprocess: Preprocess, source: Source) -> Preprocess:
    """The recipe for the images of a collection: its range "collection" is the least and the largest value of theirs.

    Found once for a source, over all images or `LOOKED_AT` of them, and said in the log; for a part of a collection it
    is that of the whole. Other ranges are left as they are. Raises ImageError where no image can be read.

    >>> from convscope.data.sources import wrap_dataset
    >>> source = wrap_dataset([np.array([[3, 900]], np.uint16), np.array([[0, 40]], np.uint16)])
    >>> settled(Preprocess(1, 2, mean=(0.5,), std=(0.5,), range="collection"), source).range
    (0.0, 900.0)
    """
    if preprocess.range != "collection":
        return preprocess
    whole = _whole(source)
    with _lock:
        if id(whole) not in _found:
            weakref.finalize(whole, _found.pop, id(whole), None)
        known = _found.setdefault(id(whole), {})
        if preprocess.channels not in known:
            known[preprocess.channels] = _look(whole, preprocess.channels)
        return replace(preprocess, range=known[preprocess.channels])


def _whole(source: Source) -> Source:
    """The collection that a source is a part of, or a cache of."""
    inner = getattr(source, "inner", None) or getattr(source, "source", None)
    return _whole(inner) if isinstance(inner, Source) else source


def _look(source: Source, channels: int) -> tuple[float, float]:
    chosen = np.unique(np.linspace(0, len(source) - 1, min(len(source), LOOKED_AT)).astype(np.int64))
    ends = []
    for index in chosen.tolist():
        try:
            raster = read_raster(source.read(index), channels, max_pixels=allowance_of(source).pixels)
        except ImageError as error:
            logger.info("image %d says nothing of the range: %s", index, error)
            continue
        if (found := raster.extremes()) is not None:
            ends.append(found)
    low, high = collection_range(ends)
    logger.info("values from %g to %g in %d images of %s", low, high, len(ends), source.describe())
    return low, high


__all__ = ["LOOKED_AT", "settled"]
