"""A source of numbered images, and a network that looks its answers up by that number: they can be anything."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.data import Preprocess
from convscope.errors import ImageError, UnknownLayer
from convscope.kernels import reduction
from convscope.kernels.reduction import Asked, Reduced

PLAIN = Preprocess(4, 4, scale=1.0, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
"""Pixels as they are."""


@dataclass(frozen=True)
class Numbered:
    """Images whose pixels spell their number; some cannot be read."""

    count: int
    labels: Sequence[int] = ()
    classes: tuple[str, ...] = ()
    corrupt: frozenset[int] = frozenset()
    tag: str = "numbered"
    kind: str = "fake"

    def __len__(self) -> int:
        return self.count

    def name(self, index: int) -> str:
        return f"{index}.png"

    def label(self, index: int) -> int:
        return int(self.labels[index]) if len(self.labels) else -1

    def read(self, index: int) -> NDArray[np.uint8]:
        if index in self.corrupt:
            raise ImageError("made so")
        return np.full((4, 4, 3), (index & 255, index >> 8 & 255, index >> 16), np.uint8)

    def fingerprint(self) -> str:
        return hashlib.sha256(f"{self.tag}{self.count}".encode()).hexdigest()

    def describe(self) -> str:
        return f"{self.count} {self.tag} images"


@dataclass(frozen=True)
class FakeLayer:
    name: str
    channels: int
    height: int
    width: int


class FakeLayers(list[FakeLayer]):
    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            return super().__getitem__(key)
        for layer in self:
            if layer.name == key:
                return layer
        raise UnknownLayer(f"no layer {key}")

    def stages(self) -> tuple[str, ...]:
        return tuple(layer.name for layer in self)


@dataclass
class Answers:
    """A network that answers image i with `outputs[layer][i]`, maps (images, C, H, W) or vectors (images, C)."""

    outputs: dict[str, Tensor]
    dtype: torch.dtype = torch.float32
    memory_format: torch.memory_format = torch.contiguous_format
    name: str = "answers"
    folding: str = "fold"
    preprocess: Preprocess | None = PLAIN
    input_shape: tuple[int, int, int] = (3, 4, 4)
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.name.encode()).hexdigest()

    @property
    def layers(self) -> FakeLayers:
        shapes = {name: (*output.shape[1:], 1, 1)[:3] for name, output in self.outputs.items()}
        return FakeLayers(FakeLayer(name, *shape) for name, shape in shapes.items())

    def reduce(self, images: Tensor, asked: Mapping[str, Asked]) -> Iterator[tuple[str, Reduced]]:
        found = self.run(images, asked)
        for name in reversed(found):  # in whatever order
            yield name, reduction.reduce([found[name]], asked[name], None).reduced

    def run(self, images: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        assert images.dtype == self.dtype
        numbers = (images[:, :, 0, 0].double() @ torch.tensor([1.0, 256.0, 65536.0], dtype=torch.float64)).long()
        found = {name: self.outputs[name][numbers].to(self.dtype) for name in layers}
        return {
            name: x.contiguous(memory_format=self.memory_format) if x.dim() == 4 else x for name, x in found.items()
        }


def answers(count: int, *, seed: int = 0, levels: int = 7, channels: int = 5) -> Answers:
    """Random maps of few distinct values, so that ties abound within and between images, and a layer of vectors."""
    draw = torch.Generator().manual_seed(seed)
    maps = torch.randint(-levels, levels + 1, (count, channels, 3, 4), generator=draw).float() / 4
    vectors = torch.randint(-levels, levels + 1, (count, channels + 1), generator=draw).float()
    return Answers({"maps": maps, "vectors": vectors})


def digest(folder: Path) -> str:
    """SHA-256 over the names and contents of all files in a folder."""
    total = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        total.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return total.hexdigest()
