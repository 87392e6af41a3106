"""Tensors as they lie in files of weights: what is known of them without reading them, and how they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from convscope.errors import WeightsError

REPEATED = 1 << 26
"""Bytes that a tensor may have of its own where its storage has fewer."""


@dataclass(frozen=True)
class Stored:
    """A tensor of a file: its shape and type, the dictionary of the file that it is in, and `read` to have it.

    `problem` says why it cannot be had, in words that follow the tensor's name: it is quantised, say.
    """

    shape: tuple[int, ...]
    dtype: torch.dtype
    read: Callable[[], Tensor] = field(repr=False)
    group: str = ""
    problem: str | None = None

    @classmethod
    def of(cls, tensor: Tensor, group: str = "") -> Stored:
        """A tensor that is in memory already."""
        return cls(tuple(tensor.shape), tensor.dtype, lambda: tensor, group)

    def __str__(self) -> str:
        return "x".join(map(str, self.shape)) or "scalar"


@dataclass(frozen=True)
class Contents:
    """What a file holds: `stored` tensors by their path in it, the names of dictionaries and tensors joined by dots.

    `values` are the other things at its top, in words; `modules` the whole modules that were pickled into it.
    """

    kind: str
    stored: Mapping[str, Stored]
    values: Mapping[str, str] = field(default_factory=dict)
    modules: Mapping[str, str] = field(default_factory=dict)

    def within(self, key: str) -> Contents:
        """What of it stands under a key: the name of a dictionary, or what names of tensors begin with."""
        start = f"{key}."
        stored = {
            name.removeprefix(start): Stored(
                one.shape, one.dtype, one.read, one.group.removeprefix(key).removeprefix("."), one.problem
            )
            for name, one in self.stored.items()
            if name.startswith(start)
        }
        return Contents(self.kind, stored)

    def groups(self) -> dict[str, dict[str, Stored]]:
        """The file's dictionaries of tensors by their path, each with its tensors under their names in it."""
        found: dict[str, dict[str, Stored]] = {}
        for name, one in self.stored.items():
            found.setdefault(one.group, {})[name.removeprefix(f"{one.group}.") if one.group else name] = one
        return found


class LazyState(Mapping[str, Tensor]):
    """A state dict whose tensors are read when they are asked for, each once."""

    def __init__(self, stored: Mapping[str, Stored], source: str) -> None:
        self._stored = stored
        self._source = source
        self._read: dict[str, Tensor] = {}

    def __getitem__(self, name: str) -> Tensor:
        """The tensor; raises WeightsError where it cannot be had."""
        if name not in self._read:
            self._read[name] = read_tensor(self._stored[name], name, self._source)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)


def read_tensor(stored: Stored, name: str, source: str) -> Tensor:
    """The tensor itself.

    Raises:
        WeightsError: where it is of a kind that holds no plain numbers, or its bytes are not there.
    """
    if stored.problem is not None:
        raise WeightsError(f"'{source}': {name} {stored.problem}")
    try:
        return stored.read()
    except (OSError, ValueError, RuntimeError, EOFError, MemoryError) as error:
        raise WeightsError(f"cannot read {name} of '{source}': {error}; is the file complete?") from error
