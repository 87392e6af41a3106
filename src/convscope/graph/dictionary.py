"""A dictionary: directions that were learned on a layer's positions, as numbers and as what they say of themselves.

At each position of the layer `layer` with c channels, the code of what is there is a linear function of it and a ReLU,
of which the strongest alone may be left; and the sum of the directions, each by its code, is the layer again, nearly.
How it is learned is no concern of this room (`convscope.methods.directions`); `Network.with_directions` makes a layer
of it, whose units the directions are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from convscope.arguments import expected
from convscope.errors import UsageError
from convscope.shown import brief

DictionaryKind = Literal["sae", "nmf", "pca"]
"""An autoencoder, sparse by the strongest alone or by a penalty; non-negative factors; principal components."""

MARK = "~"
"""Stands between a layer's name and that of a dictionary on it: `features.8~sae` is a layer."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MOST = 1 << 20  # of directions, and of channels


@brief
@dataclass(frozen=True, eq=False)
class Dictionary:
    """n directions in a layer's c channels.

    name: what it is called on its layer. encoder (n, c), bias (n,): what each direction reads of a position: `encoder @
    x + bias`, rectified but for principal components, which have both signs. active: how many are left at a position,
    the strongest; None: all that are above zero. decoder (n, c): what each stands for, unit vectors; offset (c,): what
    is added to their sum. network: the fingerprint of the network that it was learned on, without any directions; None:
    not known.

    Raises:
        UsageError: where the parts do not fit each other, or are no finite numbers.

    >>> ones = np.eye(2, dtype=np.float32)
    >>> found = Dictionary("own", "conv", "sae", ones, np.zeros(2, np.float32), ones, np.zeros(2, np.float32))
    >>> found.full_name, len(found)
    ('conv~own', 2)
    """

    name: str
    layer: str
    kind: DictionaryKind
    encoder: NDArray[np.float32]
    bias: NDArray[np.float32]
    decoder: NDArray[np.float32]
    offset: NDArray[np.float32]
    active: int | None = None
    network: str | None = None

    def __post_init__(self) -> None:
        expect_name(self.name)
        if not self.layer or MARK in self.layer or len(self.layer) > 1000:
            raise UsageError(f"layer={self.layer[:80]!r} is no layer that a dictionary can be of")
        expected("kind", self.kind, DictionaryKind)
        self._check_arrays()
        if self.active is not None and (self.kind == "pca" or not 1 <= self.active <= len(self)):
            raise UsageError(
                f"active={self.active}: of {len(self)} directions 1 to {len(self)} can be active"
                if self.kind != "pca"
                else f"active={self.active}: all principal components are active"
            )

    def _check_arrays(self) -> None:
        arrays = {name: getattr(self, name) for name in ("encoder", "bias", "decoder", "offset")}
        strange = [name for name, a in arrays.items() if not isinstance(a, np.ndarray) or a.dtype != np.float32]
        if strange:
            raise UsageError(f"{', '.join(strange)}: a dictionary is arrays of float32")
        shape = self.encoder.shape
        if len(shape) != 2 or not all(1 <= size <= _MOST for size in shape):
            raise UsageError(f"encoder has the shape {shape}: (directions, channels) is needed")
        wanted = {"encoder": shape, "bias": shape[:1], "decoder": shape, "offset": shape[1:]}
        if unfit := [name for name, size in wanted.items() if arrays[name].shape != size]:
            found = arrays[unfit[0]].shape
            raise UsageError(f"{unfit[0]} has the shape {found}, and {wanted[unfit[0]]} fits an encoder of {shape}")
        if unfit := [name for name, array in arrays.items() if not np.isfinite(array).all()]:
            raise UsageError(f"{', '.join(unfit)}: not all numbers are finite")

    def __len__(self) -> int:
        return len(self.encoder)

    @property
    def full_name(self) -> str:
        """The name of the layer that it makes: `layer~name`."""
        return f"{self.layer}{MARK}{self.name}"

    def nearest(self, most: int = 5) -> list[list[tuple[int, float]]]:
        """For each direction the units of its layer that have the largest part in it, with this part, its sign kept."""
        order = np.argsort(-np.abs(self.decoder), axis=1, kind="stable")[:, :most]
        return [[(int(u), float(row[u])) for u in units] for row, units in zip(self.decoder, order, strict=True)]


def expect_name(name: str) -> str:
    """The name, which a dictionary can have; raises UsageError for any other."""
    if _NAME.fullmatch(name) is None:
        raise UsageError(
            f"name={name!r}: a dictionary's name is letters, digits, '.', '_' and '-', beginning with one of the first "
            "two"
        )
    return name


__all__ = ["MARK", "Dictionary", "DictionaryKind", "expect_name"]
