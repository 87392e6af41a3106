"""A kind of stored file that `benchmarks.faults` damages, what all of them are of, and one line for an answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np


@cache
def network() -> Any:
    """The network that answers are of."""
    import convscope as cs

    return cs.load("zoo:tiny")


@cache
def images(root: Path) -> Any:
    """The images that `write_materials` wrote."""
    import convscope as cs

    return cs.open_source(root / "images")


def write_materials(root: Path) -> None:
    """The images that everything is of."""
    from tests.cli.conftest import write_images

    write_images(root / "images", 12)


def digest(*parts: Any) -> str:
    """One line for arrays, tensors, bytes and values: equal where all of them are."""
    total = hashlib.sha256()
    for part in parts:
        if hasattr(part, "detach"):
            part = part.detach().cpu().float().numpy()
        if isinstance(part, np.ndarray):
            total.update(f"{part.dtype} {part.shape} ".encode() + np.ascontiguousarray(part).tobytes())
        else:
            total.update(part if isinstance(part, bytes) else repr(part).encode())
        total.update(b"\0")
    return total.hexdigest()


def tree(folder: Path) -> str:
    """One line for all files of a folder, those of other programs and half-written ones included."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return digest(*(part for path in files for part in (path.relative_to(folder).as_posix(), path.read_bytes())))


@dataclass(frozen=True)
class Kind:
    """How a kind of stored file is made in a folder, and what is asked of it."""

    make: Callable[[Path, Path], Any]
    ask: Callable[[Path, Path], str]
    cost: int = 1
    """How much dearer a try is than others: fewer are made."""
