"""Whether what a scan's files hold can be what a scan found: types, shapes, and every number within its bounds.

A checksum tells what a disk or a cut transfer did. Whoever makes a file makes its checksum too, so what is read is also
held against the scan's own account of itself, before anything is computed with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.methods.scan.state import ScanIdentity, ScannedLayer
from convscope.methods.scan.statistics import HISTOGRAM_BINS
from convscope.methods.scan.topk import NO_IMAGE
from convscope.stores.sealing import Arrays

__all__ = ["check_arrays", "check_header"]

_TABLE = {"values": "<f4", "images": "<i8", "y": "<i4", "x": "<i4"}
_COUNTS = ("sum_high", "sum_low", "active", "nan", "saturated")


def check_header(found: Mapping[str, Any], identity: ScanIdentity) -> None:
    """Nothing if the failures and counts of a manifest or part can be; raises ValueError, KeyError or TypeError."""
    for index, name, reason in found["failures"]:
        if type(index) is not int or not 0 <= index < identity.images:
            raise ValueError(f"there is no image {str(index)[:40]} that could have failed")
        if not isinstance(name, str) or not isinstance(reason, str):
            raise TypeError("failures have no names")
    if not all(isinstance(one, str) for one in found["environments"]):
        raise TypeError("environments have no names")
    count = found["images"] if "images" in found else found["count"]
    if type(count) is not int or not 0 <= count <= identity.images:
        raise ValueError(f"{str(count)[:40]} images of {identity.images} were looked at")


def check_arrays(layers: Sequence[Arrays], identity: ScanIdentity, class_count: NDArray[np.int64] | None) -> None:
    """Nothing if arrays are those of the identity's layers, all together or one each; raises ValueError, KeyError."""
    spans = [identity.layers] if len(layers) == 1 else [(layer,) for layer in identity.layers]
    if len(spans) != len(layers):
        raise ValueError(f"{len(layers)} layers, expected {len(identity.layers)}")
    for arrays, span in zip(layers, spans, strict=True):
        _check_kinds(arrays, identity, sum(layer.channels for layer in span))
        _check_table(arrays, identity, span)
    if class_count is not None and (class_count.dtype != np.int64 or class_count.shape != (identity.classes,)):
        raise ValueError(f"images of {class_count.shape} classes, expected {identity.classes}")
    if identity.classes is not None and class_count is None:
        raise ValueError("the number of images of each class is missing")


def _check_kinds(arrays: Arrays, identity: ScanIdentity, channels: int) -> None:
    expected: dict[str, tuple[str, tuple[int, ...]]] = {
        name: (kind, (channels, identity.k)) for name, kind in _TABLE.items()
    }
    if identity.statistics:
        expected |= dict.fromkeys(_COUNTS, ("<i8", (channels,)))
        expected["histogram"] = ("<i8", (channels, HISTOGRAM_BINS))
        if identity.classes is not None:
            expected |= dict.fromkeys(("class_high", "class_low"), ("<i8", (identity.classes, channels)))
    for name, (kind, shape) in expected.items():
        found = arrays[name]
        if found.dtype != np.dtype(kind) or found.shape != shape:
            raise ValueError(f"{name} is {found.dtype} {found.shape}, expected {np.dtype(kind)} {shape}")


def _check_table(arrays: Arrays, identity: ScanIdentity, layers: Sequence[ScannedLayer]) -> None:
    """Every entry is of an image of the source, at a place of its map, and NaN is none."""
    images = arrays["images"]
    missing = images == NO_IMAGE
    if ((images < 0) & ~missing).any() or (images >= identity.images).any():
        raise ValueError(f"it names images that are none of the {identity.images}")
    if np.isnan(arrays["values"]).any():
        raise ValueError("a strongest value is NaN")
    channels = [layer.channels for layer in layers]
    for name, sizes in (("y", [layer.height for layer in layers]), ("x", [layer.width for layer in layers])):
        places, size = arrays[name], np.repeat(sizes, channels)[:, None]
        if ((places < 0) & ~missing).any() or (places >= size).any():
            raise ValueError("it names places that are not in the maps")
