"""Networks whose units are made by hand to be about one thing, and images of these things on varied backgrounds.

Twenty units a network, two of each kind of `KINDS`, beside helpers that they are made of. What is known besides: which
filters no image excites and which repeat another; which units a score at its end is made of (`Planted.scored`); and,
of another network, that every unit reads one tile of its field (`tiled`).
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

import convscope as cs

SIDE, KERNEL, COUNT = 48, 13, 400

KINDS = (
    "colour",
    "orientation",
    "any colour",
    "either of two",
    "place",
    "any scale",
    "dead",
    "copy",
    "noise",
    "both of two",
)

_HUES = {
    "red": (1.0, -0.5, -0.5), "green": (-0.5, 1.0, -0.5), "blue": (-0.5, -0.5, 1.0),
    "yellow": (0.5, 0.5, -1.0), "cyan": (-1.0, 0.5, 0.5), "magenta": (0.5, -1.0, 0.5),
}  # fmt: skip
_RADII = (3.0, 4.5)
_RANGE = (1.8, 2.4, 3.2, 4.2, 5.2)
_DOT, _APART = 1.8, 4  # dots that belong together: their radius, and half of their distance


@dataclass(frozen=True)
class Planted:
    """A network, its images (n, h, w, 3), the kind of every unit that is asked about, and what units are made of.

    scored: the same network up to the units of "relu2", whose strongest answers are its scores.
    """

    net: cs.Network
    scored: cs.Network
    images: NDArray[np.uint8]
    kinds: dict[str, str]
    fed: dict[str, tuple[int, ...]]


class _Module(nn.Module):
    """Filters of the image, sums of them at a place, and one of them seen only at some places."""

    def __init__(
        self, first: Tensor, bias: Tensor, second: Tensor, floor: Tensor, chosen: list[int], masks: Tensor
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, len(first), KERNEL, padding=KERNEL // 2)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(len(first), len(second), 1)
        self.relu2 = nn.ReLU()
        self.conv3 = nn.Conv2d(len(first), len(chosen), 1)
        self.relu3 = nn.ReLU()
        self.register_buffer("masks", masks)
        with torch.no_grad():
            for conv, weight, shift in (
                (self.conv1, first, bias),
                (self.conv2, second[:, :, None, None], floor),
                (self.conv3, torch.eye(len(first))[chosen][:, :, None, None], torch.zeros(len(chosen))),
            ):
                conv.weight.copy_(weight)
                conv.bias = nn.Parameter(shift.to(weight))

    def forward(self, images: Tensor) -> Tensor:
        seen = self.relu1(self.conv1(images))
        placed = self.relu3(self.conv3(seen) * self.masks)
        return torch.cat([self.relu2(self.conv2(seen)), placed], 1)


def planted(seed: int) -> Planted:
    """A network and its images."""
    generator = np.random.default_rng(seed)
    made = _Bench(generator)
    hues = generator.permutation(list(_HUES))[:2].tolist()
    angles = generator.permutation(4).tolist()
    for hue in hues:
        made.add(_hue(hue), "colour")
    for angle in angles[:2]:
        made.add(_bar(angle), "orientation")
    for _ in range(2):
        made.add(_noise(generator), "dead", bias=-100.0)
    copied = _smooth(generator)
    made.add(copied, "copy")
    made.add(1.3 * copied + 0.01 * copied.std() * torch.from_numpy(generator.normal(size=copied.shape)), "copy")
    for _ in range(2):
        made.add(_noise(generator), "noise")
    on = [made.add(_disc(radius)) for radius in _RANGE]
    off = [made.add(-_disc(radius)) for radius in _RANGE]
    single = {
        (radius, channel, sign): made.add(sign * _disc(radius, channel))
        for radius in _RADII for channel in range(3) for sign in (1, -1)
    }  # fmt: skip
    for radius in _RADII:
        made.sum([at for (r, _, _), at in single.items() if r == radius], "any colour")
    for hue, angle in ((0, 2), (1, 3)):
        made.sum([hue, angle], "either of two")
    for discs in (on, off):
        made.sum(discs, "any scale")
    for shift in ((0, _APART), (_APART, 0)):
        pair = [made.add(_disc(_DOT, at=(sign * shift[0], sign * shift[1]))) for sign in (-1, 1)]
        made.sum(pair, "both of two", both=True)
    return made.network(seed, [on[2], off[2]])


class _Bench:
    """Filters and sums as they are added."""

    def __init__(self, generator: np.random.Generator) -> None:
        self.generator, self.images = generator, scenes(generator)
        self.filters: list[Tensor] = []
        self.biases: list[float] = []
        self.kinds: dict[str, str] = {}
        self.fed: dict[str, tuple[int, ...]] = {}
        self.sums: list[tuple[list[int], bool]] = []

    def add(self, weight: Tensor, kind: str | None = None, *, bias: float = 0.0) -> int:
        """A filter (3, k, k), brought to a strongest answer of about 1."""
        scaled = weight.float() / weight.abs().sum().float()
        self.filters.append(scaled)
        self.biases.append(bias)
        if kind is not None:
            self.kinds[f"relu1:{len(self.filters) - 1}"] = kind
        return len(self.filters) - 1

    def sum(self, parts: list[int], kind: str, *, both: bool = False) -> None:
        """A unit that is the sum of others at a place; with `both`, only what they are beyond what one can be."""
        name = f"relu2:{len(self.sums)}"
        self.sums.append((parts, both))
        self.kinds[name], self.fed[name] = kind, tuple(parts)

    def network(self, seed: int, seen: list[int]) -> Planted:
        first, bias = torch.stack(self.filters), torch.tensor(self.biases)
        recipe = cs.Preprocess(SIDE, SIDE, mean=(0.5,) * 3, std=(0.5,) * 3)
        inputs = recipe.normalise(torch.from_numpy(self.images).permute(0, 3, 1, 2))
        # So that the strongest nine answers to single images are 1 in the mean: parts of a sum count alike.
        each = nn.functional.conv2d(inputs, first, bias, padding=KERNEL // 2).relu().amax((2, 3))
        strongest = each.topk(9, 0).values.mean(0)
        scale = torch.where(strongest > 0, 1 / strongest.clamp_min(1e-6), 1.0)
        first, bias = first * scale[:, None, None, None], bias * scale
        second, floor = torch.zeros(len(self.sums), len(first)), torch.zeros(len(self.sums))
        for row, (parts, both) in enumerate(self.sums):
            second[row, parts] = 1.0
            # Both: only what is more than one of them ever is alone.
            floor[row] = -float((each * scale)[:, parts].max()) if both else -0.05
        for number in range(len(seen)):
            self.kinds[f"mul:{number}"] = "place"
        masks = torch.stack([self._mask() for _ in seen])[None]
        torch.manual_seed(seed)
        module = _Module(first, bias, second, floor, seen, masks).eval()
        net = cs.Network.trace(module, (3, SIDE, SIDE), preprocess=recipe)
        placed = next(layer.name for layer in net.layers if layer.name.startswith("relu3"))
        kinds = {unit.replace("mul:", f"{placed}:"): kind for unit, kind in self.kinds.items()}
        head = nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.Flatten())
        parts = {name: getattr(module, name) for name in ("conv1", "relu1", "conv2", "relu2")}
        scored = nn.Sequential(OrderedDict(parts | {"scores": head}))
        return Planted(net, cs.Network.trace(scored, (3, SIDE, SIDE), preprocess=recipe), self.images, kinds, self.fed)

    def _mask(self) -> Tensor:
        """Nearly one at some place, nothing far from it."""
        y, x = self.generator.integers(12, SIDE - 12, 2)
        at = torch.arange(SIDE, dtype=torch.float32)
        return torch.exp(-((at - y) ** 2)[:, None] / 50) * torch.exp(-((at - x) ** 2) / 50)


# -- filters ----------------------------------------------------------------------------------------------------------
def _grid() -> tuple[Tensor, Tensor]:
    at = torch.arange(KERNEL, dtype=torch.float64) - KERNEL // 2
    return at[:, None].expand(KERNEL, KERNEL), at[None].expand(KERNEL, KERNEL)


def _hue(name: str) -> Tensor:
    y, x = _grid()
    return torch.tensor(_HUES[name], dtype=torch.float64)[:, None, None] * torch.exp(-(y**2 + x**2) / 18)


def _bar(angle: int) -> Tensor:
    """A bright bar of width three at a multiple of 45 degrees, on dark."""
    y, x = _grid()
    turn = angle * math.pi / 4
    along, across = x * math.cos(turn) + y * math.sin(turn), -x * math.sin(turn) + y * math.cos(turn)
    window = torch.exp(-(along**2) / 32)
    weight = window * (torch.exp(-(across**2) / 3) - math.sqrt(3 / 12) * torch.exp(-(across**2) / 12))
    weight = weight - weight.mean()
    return weight.expand(3, KERNEL, KERNEL).clone()


def _disc(radius: float, channel: int | None = None, *, at: tuple[int, int] = (0, 0)) -> Tensor:
    """Bright within a radius and dark around it; of one channel, or of all; at the middle, or some pixels off it."""
    y, x = _grid()
    far = ((y - at[0]) ** 2 + (x - at[1]) ** 2).sqrt()
    inside = torch.sigmoid(3 * (radius - far))
    ring = torch.sigmoid(3 * (1.5 * radius - far)) - inside
    weight = inside / inside.sum() - ring / ring.sum()
    if channel is None:
        return weight.expand(3, KERNEL, KERNEL).clone()
    alone = torch.zeros(3, KERNEL, KERNEL, dtype=torch.float64)
    alone[channel] = weight
    return alone


def _noise(generator: np.random.Generator) -> Tensor:
    weight = torch.from_numpy(generator.normal(size=(3, KERNEL, KERNEL)))
    return weight - weight.mean()


def _smooth(generator: np.random.Generator) -> Tensor:
    weight = torch.from_numpy(generator.normal(size=(1, 3, KERNEL + 8, KERNEL + 8)))
    return nn.functional.avg_pool2d(weight, 9, 1)[0] - weight.mean()


# -- images -----------------------------------------------------------------------------------------------------------
def scenes(generator: np.random.Generator) -> NDArray[np.uint8]:
    """Images (n, h, w, 3): two to four discs, bars, crosses or pairs of dots, of any colour, on varied ground."""
    return np.stack([_scene(generator) for _ in range(COUNT)])


def _scene(generator: np.random.Generator) -> NDArray[np.uint8]:
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float64)
    image = _background(generator, y, x)
    for _ in range(int(generator.integers(2, 5))):
        cy, cx = generator.uniform(6, SIDE - 6, 2)
        colour = _colour(generator)
        kind = int(generator.integers(4))
        if kind == 0:
            cover = np.hypot(y - cy, x - cx) < generator.uniform(1.8, 5.5)
        elif kind == 3:
            off = (0, _APART) if generator.random() < 0.5 else (_APART, 0)
            dots = [np.hypot(y - cy - sign * off[0], x - cx - sign * off[1]) < _DOT for sign in (-1, 1)]
            cover = dots[0] | dots[1]
        else:
            first = int(generator.integers(4))
            angles = [first] if kind == 1 else [first, int(generator.integers(4))]
            cover = np.zeros((SIDE, SIDE), bool)
            for angle in angles:
                turn = angle * math.pi / 4
                along = (x - cx) * math.cos(turn) + (y - cy) * math.sin(turn)
                across = -(x - cx) * math.sin(turn) + (y - cy) * math.cos(turn)
                cover |= (abs(along) < 7) & (abs(across) < 1.5)
        image[cover] = colour
    return (255 * np.clip(image + generator.normal(0, 0.01, image.shape), 0, 1)).round().astype(np.uint8)


def _colour(generator: np.random.Generator) -> NDArray[np.float64]:
    """White, black, or a full hue."""
    choice = int(generator.integers(8))
    if choice < 2:
        return np.full(3, float(choice))
    return (np.asarray(_HUES[list(_HUES)[choice - 2]]) > 0).astype(np.float64)


def _background(generator: np.random.Generator, y: NDArray, x: NDArray) -> NDArray[np.float64]:
    base = generator.uniform(0.35, 0.65, 3)
    slope = generator.uniform(-0.15, 0.15, 3)
    kind, wave = int(generator.integers(4)), 0.0
    if kind == 1:
        turn = generator.uniform(0, math.pi)
        wave = (x * math.cos(turn) + y * math.sin(turn))[..., None] / SIDE * slope
    elif kind == 2:
        turn = generator.uniform(0, math.pi)
        wave = 0.04 * np.sin((x * math.cos(turn) + y * math.sin(turn)) / generator.uniform(0.7, 2))[..., None]
    elif kind == 3:
        wave = generator.normal(0, 0.03, (SIDE, SIDE, 3))
    return np.broadcast_to(base, (SIDE, SIDE, 3)) + wave


# -- units that each read one tile of their field --------------------------------------------------------------------
def tiled(seed: int) -> tuple[cs.Network, Tensor]:
    """A network of six units, each of which reads one tile of 2 x 2 of its field of 10 x 10, off the middle, of one
    channel; and images (16, 3, 16, 16) of coarse and fine noise."""
    generator = torch.Generator().manual_seed(seed)
    off = [(y, x) for y in range(5) for x in range(5) if max(abs(y - 2), abs(x - 2)) == 2]
    chosen = torch.randperm(len(off), generator=generator)[:6].tolist()
    conv = nn.Conv2d(3, len(chosen), 10, stride=2)
    with torch.no_grad():
        conv.weight.zero_()
        assert conv.bias is not None
        conv.bias.fill_(0.1)
        for unit, place in enumerate(chosen):
            y, x = (2 * at for at in off[place])
            conv.weight[unit, unit % 3, y : y + 2, x : x + 2] = torch.rand(2, 2, generator=generator) + 0.5
    return cs.Network.trace(nn.Sequential(conv, nn.ReLU()).double(), (3, 16, 16)), _noisy(16, generator)


def unlearned(seed: int) -> tuple[cs.Network, Tensor]:
    """A network of four convolutions with random weights, whose units' fields are 18 of 20 pixels, and such images."""
    generator, layers = torch.Generator().manual_seed(seed), list[nn.Module]()
    for number in range(4):
        conv = nn.Conv2d(3 if number == 0 else 8, 8, 3, padding=1)
        assert conv.bias is not None
        nn.init.kaiming_normal_(conv.weight, generator=generator)
        nn.init.zeros_(conv.bias)
        layers += [conv, nn.ReLU(), *([nn.MaxPool2d(2)] if number == 1 else [])]
    return cs.Network.trace(nn.Sequential(*layers).double(), (3, 20, 20)), _noisy(20, generator)


def _noisy(side: int, generator: torch.Generator) -> Tensor:
    coarse, fine = (
        torch.randn(16, 3, size, size, generator=generator, dtype=torch.float64) for size in (side // 2, side)
    )
    return coarse.repeat_interleave(2, 2).repeat_interleave(2, 3) + 0.3 * fine


__all__ = ["KINDS", "Planted", "planted", "tiled", "unlearned"]
