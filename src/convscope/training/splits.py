"""The training and validation images of one collection, as such collections come."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from convscope.data import Source, subset
from convscope.errors import UsageError
from convscope.files import kind_of
from convscope.methods.inputs import collection

_VALIDATION = ("val", "validation", "valid", "test")


def open_splits(
    data: Source | Any,
    *,
    validation: Source | Any | None = None,
    hold_out: float | None = None,
    limit: int | None = None,
    max_pixels: int | None = None,
    max_bytes: int | None = None,
    root: str | PathLike[str] | None = None,
) -> tuple[Source, Source | None]:
    """Training and validation images: `data` and `validation`, or the two parts that `data` has.

    Without `validation`, a pack `npz:FILE` gives its splits train and val, a folder its sub-folders train and val; with
    `hold_out` that share of each class is validated on and not trained on, evenly spread. Otherwise there are no
    validation images. `limit` is for each of the two; `max_pixels`, `max_bytes` and `root` are those of
    `open_source`.

    Raises:
        UsageError: where `validation` and `hold_out` are both given, or the share is not between 0 and 1. SourceError:
            where images cannot be opened.
    """
    if validation is not None and hold_out is not None:
        raise UsageError(
            "validation images are either named with validation= or held out with hold_out=: give one of them"
        )
    opened = partial(collection, max_pixels=max_pixels, max_bytes=max_bytes, root=root)
    if hold_out is not None:
        return _held_out(opened(data), hold_out, limit)
    if validation is not None:
        return opened(data, limit=limit), opened(validation, limit=limit)
    found = _parts(os.fspath(data)) if isinstance(data, str | os.PathLike) else None
    if found is None:
        return opened(data, limit=limit), None
    return opened(found[0], limit=limit), opened(found[1], limit=limit)


def _parts(data: str) -> tuple[str, str] | None:
    """How a collection's parts for training and validation are spelled, if it has such."""
    place = data.removeprefix("folder:")
    if kind_of(place) == "folder":
        root = Path(place)
        for name in _VALIDATION:
            if (root / "train").is_dir() and (root / name).is_dir():
                return str(root / "train"), str(root / name)
        return None
    pack = data.removeprefix("npz:")
    if pack.endswith(".npz") and kind_of(pack) == "file":
        try:
            with zipfile.ZipFile(pack) as archive:
                members = archive.namelist()
                if "split.npy" in members:
                    return f"npz:{pack}#train", f"npz:{pack}#val"
                if held := _held_in(members):
                    return f"npz:{pack}#train", f"npz:{pack}#{held}"
        except (OSError, ValueError, zipfile.BadZipFile):
            return None  # opening it says what is wrong with it
    return None


def _held_in(members: Sequence[str]) -> str | None:
    """The split to validate on of an .npz file of arrays that has one to train on."""
    for images in ("x_{}.npy", "X_{}.npy", "{}_images.npy"):
        if images.format("train") in members:
            return next((name for name in ("val", "test") if images.format(name) in members), None)
    return None


def _held_out(source: Source, share: float, limit: int | None) -> tuple[Source, Source]:
    if not 0 < share < 1:
        raise UsageError(f"hold_out={share}: give a share between 0 and 1, such as 0.1")
    if limit is not None and limit < 1:
        raise UsageError(f"a limit is at least one image, found {limit}")
    labels = np.array([source.label(index) for index in range(len(source))])
    aside = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        count = max(1, round(share * len(rows)))
        aside[rows[np.linspace(0, len(rows) - 1, count).round().astype(int)]] = True
    if aside.all():
        raise UsageError(f"hold_out={share} leaves nothing to train on: {source.describe()}")
    parts = []
    for rows in (np.flatnonzero(~aside), np.flatnonzero(aside)):
        few = (
            rows if limit is None else rows[np.unique(np.linspace(0, len(rows) - 1, min(limit, len(rows))).astype(int))]
        )
        parts.append(subset(source, few.tolist()))
    return parts[0], parts[1]
