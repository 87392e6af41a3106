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
from convscope.files import parse_json, write_json
from convscope.transfer.datasets import Target
from convscope.transfer.results import Score, plain_values, stored_score
from convscope.transfer.splits import Fold

ENDING = ".json"


@dataclass(frozen=True)
class Journal:
    """The scores in a folder, which is made when the first one is written."""

    folder: Path

    def score(self, asked: Mapping[str, Any], make: Callable[[], Score]) -> Score:
        """The score of what is asked, plain values: as it was kept, or else as `make` gives it, which is kept.

        Raises:
            StoreError: where a file cannot be written, or is no score.
        """
        text = json.dumps({**asked, "schema": 2}, sort_keys=True)
        path = self.folder / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}{ENDING}"
        if path.exists():
            return read_score(path)
        score = make()
        values = plain_values(asdict(score))
        write_json(path, {"score": values, "sha256": _digest(path, values)})
        return score


def read_score(path: Path) -> Score:
    """The score in a file.

    Raises:
        StoreError: where it is none, or not as it was written.
    """
    try:
        stored = parse_json(path.read_bytes())
        if stored["sha256"] != _digest(path, stored["score"]):
            raise ValueError("it is not as it was written")
        return stored_score(stored["score"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"{path} is no score of a transfer experiment ({error}): delete it, and the same command makes it again"
        ) from error


def _digest(path: Path, values: Any) -> str:
    """SHA-256 over a score and the name it is kept under."""
    return hashlib.sha256(f"{path.stem}\0{json.dumps(values, sort_keys=True)}".encode()).hexdigest()


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
    return Journal(store / "scores")


def fold_key(target: Target, fold: Fold) -> dict[str, Any]:
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


__all__ = ["ENDING", "Journal", "fold_key", "journal_of", "kept_in", "read_score"]
