"""A part of a collection, as a collection of its own."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from convscope.data.allowance import Allowance, allowance_of
from convscope.data.decoding import Payload
from convscope.data.sources.base import Source
from convscope.errors import UsageError
from convscope.shown import brief


@dataclass(frozen=True, eq=False)
class Derived:
    """What a collection that is made of another has of it."""

    source: Source

    @property
    def kind(self) -> str:
        """The kind of the other."""
        return self.source.kind

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of the other, whether they occur here or not."""
        return self.source.classes

    @property
    def allowance(self) -> Allowance:
        """The allowance of the other."""
        return allowance_of(self.source)


@brief
@dataclass(frozen=True, eq=False)
class Subset(Derived):
    """Some images of a source, in the order given. Made by `subset` and `limit`."""

    indices: NDArray[np.int64] = field(repr=False)

    def __len__(self) -> int:
        return len(self.indices)

    def name(self, index: int) -> str:
        """The name in the whole."""
        return self.source.name(int(self.indices[index]))

    def label(self, index: int) -> int:
        """The class, or -1."""
        return self.source.label(int(self.indices[index]))

    def read(self, index: int) -> Payload:
        """The image."""
        return self.source.read(int(self.indices[index]))

    def fingerprint(self) -> str:
        """SHA-256 over the fingerprint of the whole and the indices."""
        return hashlib.sha256(self.source.fingerprint().encode() + self.indices.tobytes()).hexdigest()

    def describe(self) -> str:
        """One line: this part of what."""
        return f"{len(self)} of {self.source.describe()}"


def subset(source: Source, indices: Sequence[int] | NDArray[np.integer]) -> Subset:
    """The images of `source` with these numbers, in this order; raises UsageError where a number is out of range."""
    chosen = np.asarray(indices, dtype=np.int64).reshape(-1)
    outside = chosen[(chosen < 0) | (chosen >= len(source))]
    if len(outside):
        raise UsageError(f"there is no image {outside[0]}: {source.describe()}")
    return Subset(source, chosen)


def limit(source: Source, count: int) -> Source:
    """At most `count` images of `source`, evenly spread over it, so that collections sorted by class keep all classes.

    >>> from convscope.data.sources.dataset import wrap_dataset
    >>> ten = wrap_dataset([np.full((2, 2), i, np.uint8) for i in range(10)])
    >>> [limit(ten, 4).name(i) for i in range(4)]
    ['image 0', 'image 2', 'image 5', 'image 7']
    """
    if count < 1:
        raise UsageError(f"a limit is at least one image, found {count}")
    return source if count >= len(source) else Subset(source, spread(len(source), count))


def spread(total: int, count: int | None) -> NDArray[np.int64]:
    """`count` of the numbers below `total`, evenly spread; all of them where there are no more, or for None.

    >>> spread(10, 4).tolist(), spread(3, None).tolist()
    ([0, 2, 5, 7], [0, 1, 2])
    """
    if count is None or count >= total:
        return np.arange(total, dtype=np.int64)
    return np.arange(count, dtype=np.int64) * total // count
