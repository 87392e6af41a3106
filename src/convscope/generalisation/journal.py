"""Scores kept as they are made, so that an experiment that was stopped loses no more than the one it was at.

A score is a file, named after everything that decides it and written whole or not at all, with a checksum over its name
and its numbers. The same experiment finds it again, and so does another that shares it, such as one with more layers.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from convscope.errors import StoreError
from convscope.files import read_sealed_json, write_sealed_json
from convscope.generalisation.datasets import TargetSet
from convscope.generalisation.results import FoldScore, stored_score
from convscope.generalisation.splits import Fold
from convscope.tables import without_nan

ENDING = ".json"
SCORES = "scores"
"""The folder of scores beside the features in a store."""


@dataclass(frozen=True)
class Journal:
    """The scores in a folder, which is made when the first one is written."""

    folder: Path

    def score(self, asked: Mapping[str, Any], make: Callable[[], FoldScore]) -> FoldScore:
        """The score of what is asked, plain values: as it was kept, or else as `make` gives it, which is kept.

        Raises:
            StoreError: where a file cannot be written, or is no score.
        """
        text = json.dumps({**asked, "schema": 3}, sort_keys=True)
        path = self.folder / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}{ENDING}"
        if path.exists():
            return read_score(path)
        score = make()
        write_sealed_json(path, {"of": path.stem, "score": without_nan(asdict(score))})
        return score


def read_score(path: Path) -> FoldScore:
    """The score in a file.

    Raises:
        StoreError: where it is none, or not as it was written.
    """
    try:
        stored = read_sealed_json(path)
        if stored["of"] != path.stem:
            raise ValueError(f"it was written as {stored['of']}")
        return stored_score(stored["score"])
    except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise StoreError(
            f"{path} is no score of a transfer experiment ({error}): delete it, and the same command makes it again"
        ) from error


@contextmanager
def kept_in(store: str | os.PathLike[str] | None) -> Iterator[Path]:
    """A context with the folder `store`, or without one a folder that ends with the context."""
    if store is not None:
        yield Path(store)
        return
    with TemporaryDirectory() as folder:
        yield Path(folder)


def journal_of(store: Path) -> Journal:
    """The journal beside the features in a store."""
    return Journal(store / SCORES)


def fold_key(target: TargetSet, fold: Fold) -> dict[str, Any]:
    """What decides a score by its images: which, what is said of them, and which part of them judges."""
    digest = hashlib.sha256(json.dumps(target.classes).encode())
    for rows in (fold.train, fold.test):
        digest.update(np.ascontiguousarray(rows).tobytes())
        digest.update(np.ascontiguousarray(target.labels[rows]).tobytes())
        if target.presence is not None:
            digest.update(np.ascontiguousarray(target.presence[rows]).tobytes())
    return {
        "source": target.source.fingerprint(),
        "fold": [fold.number, fold.per_class],
        "images": digest.hexdigest(),
    }


__all__ = ["ENDING", "SCORES", "Journal", "fold_key", "journal_of", "kept_in", "read_score"]
