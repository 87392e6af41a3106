"""Answers that somebody edited: whole files, whose checksums are right, and whose parts do not fit each other."""

from __future__ import annotations

import copy
import random
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from convscope import studies
from convscope.errors import StoreError
from convscope.stores.sealing import seal, unseal
from convscope.studies import Answer

ODD = [None, True, -1, 10**18, 1.5, "x", "", [], {}, [1, 2, 3], {"a": 1}, {"$number": "nan"}, {"$array": "nothing"}]
"""What stands in the place of a value."""

ARRAYS = {
    "flat": lambda a: a.reshape(-1),
    "cut": lambda a: a[:-1] if a.ndim and len(a) else np.zeros((1, 1), a.dtype),
    "longer": lambda a: np.concatenate([a, a]) if a.ndim else a[None],
    "empty": lambda a: np.zeros((0, 3), a.dtype),
    "deeper": lambda a: a[..., None],
    "negative": lambda a: ~a if a.dtype.kind == "b" else np.zeros_like(a) - 1,
    "large": lambda a: np.full_like(a, 120),
    "whole": lambda a: a.astype(np.int64),
    "float": lambda a: a.astype(np.float64),
    "yes": lambda a: a.astype(bool),
}
"""What becomes of an array."""


def forged(content: bytes, draw: random.Random) -> tuple[bytes, str]:
    """An answer's file with one thing in it changed, sealed again, and what was changed."""
    arrays, said = unseal(content)
    told = _array(arrays, draw) if arrays and draw.random() < 0.45 else _value(said["values"], draw)
    return seal({name: np.ascontiguousarray(values) for name, values in arrays.items()}, said), told


def _array(arrays: dict[str, Any], draw: random.Random) -> str:
    name, how = draw.choice(sorted(arrays)), draw.choice([*ARRAYS, "gone"])
    if how == "gone":
        del arrays[name]
    else:
        with np.errstate(all="ignore"):
            arrays[name] = ARRAYS[how](arrays[name])
    return f"{name}: {how}"


def _value(values: Any, draw: random.Random) -> str:
    places = [place for place in _places(values) if place]
    at, other = draw.choice(places), draw.choice(places)
    parent, name = _at(values, at[:-1]), at[-1]
    how = draw.choice(["gone", "odd", "odd", "another's", "twice"])
    if how == "gone":
        del parent[name]
    elif how == "another's":
        parent[name] = copy.deepcopy(_at(values, other))
    elif how == "twice" and isinstance(parent, list):
        parent.append(copy.deepcopy(parent[name]))
    else:
        parent[name] = draw.choice(ODD)
    return f"{at}: {how}"


def _places(values: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    for key in values if isinstance(values, dict) else range(len(values)) if isinstance(values, list) else ():
        yield from _places(values[key], (*at, key))


def _at(values: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        values = values[key]
    return values


KEPT: dict[str, type[Answer]] = {
    "causes": studies.Causes, "check": studies.Check, "effects": studies.Effects, "evaluation": studies.Evaluation,
    "invariance": studies.Invariance, "occlusion": studies.Occlusion, "projections": studies.Projections,
    "sanity": studies.Sanity, "directions": studies.Directions, "mistakes": studies.Mistakes,
}  # fmt: skip
"""Kinds of answers by the names of the files that they are kept in."""


def said_by(answer: Answer) -> str:
    """All that an answer says, but where it is."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of numbers that make odd pictures
        said = [answer.summary, *answer.rows(), answer.to_json(), *answer.tables(), *answer.remarks(), *answer.files()]
    return str(said).replace(str(answer.kept.folder), "")


def use(kind: type[Answer], folder: Path, *, draw: bool = False) -> str:
    """All that a loaded answer says, shown and written elsewhere too where `draw`; "named" where it is not loaded.

    Raises whatever it raises when it is used.
    """
    try:
        answer = kind.load(folder)
    except StoreError:
        return "named"
    said = said_by(answer)
    if draw:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            said += f"{answer._repr_html_()}{answer.save(folder / 'elsewhere')}"
    return said


__all__ = ["KEPT", "forged", "said_by", "use"]
