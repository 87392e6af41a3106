"""Networks drawn at random: whatever operations meet, projections on boxes are those of modified autograd."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks._oracles import NodeOracle
from convscope.graph import Network
from convscope.methods.deconv import project
from tests.graph import nets

Operation = Callable[[Tensor], Tensor]
LARGEST = 20


def drawn(r: random.Random, channels: int) -> Operation | nn.Module:
    """An operation for a map of `channels`, as likely as any other to change its size."""
    kernel, stride = r.randint(1, 3), r.randint(1, 3)
    groups = channels if r.random() < 0.3 else 1
    choices: list[Callable[[], Operation | nn.Module]] = [
        lambda: nn.Conv2d(
            channels,
            groups * r.randint(1, 3),
            (kernel, r.randint(1, 3)),
            (stride, 1),
            r.randint(0, 2),
            r.randint(1, 2),
            groups,
        ),
        lambda: nn.Conv2d(channels, 4, 3, padding=1),
        lambda: nn.ConvTranspose2d(channels, 3, kernel, stride, output_padding=r.randint(0, stride - 1)),
        lambda: nn.BatchNorm2d(channels),
        nn.ReLU,
        nn.ReLU6,
        nn.SiLU,
        lambda: nn.MaxPool2d(kernel + 1, stride, kernel // 2, ceil_mode=r.random() < 0.5),
        lambda: nn.MaxPool2d(2, 1, dilation=2),
        lambda: nn.AvgPool2d(
            kernel + 1, stride, kernel // 2, ceil_mode=r.random() < 0.5, count_include_pad=r.random() < 0.5
        ),
        lambda: nn.AdaptiveAvgPool2d((r.randint(1, 6), r.randint(1, 6))),
        lambda: nn.Upsample(scale_factor=(2, r.randint(1, 3))),
        lambda: nn.Upsample(size=(r.randint(3, 9), r.randint(3, 9)), mode="bilinear"),
        lambda: nn.ConstantPad2d((r.randint(-1, 2), r.randint(-1, 2), 1, 0), r.choice([0.0, 1.0])),
        lambda: nets.Lambda(lambda x: x * torch.sigmoid(x.mean((2, 3), keepdim=True))),
        lambda: nets.Lambda(lambda x: x.roll((1, 2), (2, 3))),
        lambda: nets.Lambda(lambda x: x[:, :, 1:, ::2]),
        lambda: nets.Lambda(lambda x: F.local_response_norm(x, 3, alpha=0.5)),
        lambda: nets.Lambda(lambda x: x.permute(0, 2, 3, 1).flip(-1).permute(0, 3, 1, 2)),
    ]
    return r.choice(choices)()


def merged(a: Tensor, b: Tensor, how: str) -> Tensor:
    """Two maps of different sizes, cropped from opposite corners, joined or combined."""
    height, width = min(a.shape[2], b.shape[2]), min(a.shape[3], b.shape[3])
    a, b = a[:, :, a.shape[2] - height :, :width], b[:, :, :height, b.shape[3] - width :]
    if how == "cat":
        return torch.cat([a, b], 1)
    channels = min(a.shape[1], b.shape[1])
    a, b = a[:, :channels], b[:, b.shape[1] - channels :]
    return a + b if how == "add" else a - 0.5 * b if how == "sub" else a * b


class RandomNetwork(nn.Module):
    """About eight operations, each on a random earlier map, with merges between."""

    def __init__(self, seed: int, shape: tuple[int, int, int]) -> None:
        super().__init__()
        r = random.Random(seed)
        self.parts = nn.ModuleList([nn.Conv2d(shape[0], 4, 3, padding=1)])
        self.plan: list[tuple[int, int, str]] = [(0, 0, "apply")]
        maps = [torch.zeros(1, *shape), torch.zeros(1, 4, *shape[1:])]
        while len(maps) < 9:
            source, other = r.choice([-1, -1, r.randrange(len(maps))]) % len(maps), r.randrange(len(maps))
            how = r.choice(["apply"] * 5 + ["add", "cat", "sub", "mul"])
            part = drawn(r, maps[source].shape[1]).eval() if how == "apply" else nn.Identity()  # type: ignore[union-attr]
            try:
                made = part(maps[source]) if how == "apply" else merged(maps[source], maps[other], how)
            except RuntimeError:  # too small a map for what was drawn
                continue
            if min(made.shape[2:]) >= 1 and max(made.shape[2:]) <= LARGEST and made.shape[1] <= LARGEST:
                self.parts.append(part)
                self.plan.append((source, other, how))
                maps.append(made)

    def forward(self, x: Tensor) -> Tensor:
        maps = [x]
        for part, (source, other, how) in zip(self.parts, self.plan, strict=True):
            maps.append(part(maps[source]) if how == "apply" else merged(maps[source], maps[other], how))
        return maps[-1]


@pytest.mark.parametrize("seed", [*range(10), *(pytest.param(n, marks=pytest.mark.slow) for n in range(10, 40))])
def test_random_networks_project_as_modified_autograd_does(seed: int) -> None:
    shape = (2, 9 - seed % 3, 7 + seed % 4)
    module = nets.settled(RandomNetwork(seed, shape))
    net, images = Network.trace(module, shape), torch.randn(2, *shape, dtype=torch.float64)
    with torch.no_grad():
        assert torch.allclose(net.run(images)[net.output], module(images), rtol=1e-9, atol=1e-12)
    layer = net.layers[net.output]
    oracle = NodeOracle(module, images[1:], [])
    assert oracle.logits.shape[1:] == layer.shape
    positions = np.asarray(list(np.ndindex(layer.height, layer.width)))
    positions = positions[np.random.permutation(len(positions))[:30]]
    channels = np.random.randint(0, layer.channels, len(positions)).tolist()
    found = project(
        net,
        images,
        layer.name,
        image=[1] * len(positions),
        channel=channels,
        position=positions,
        signal="one",
        lrn="gradient",
    )
    for full, channel, (y, x) in zip(found.full(), channels, positions, strict=True):
        (expected,) = torch.autograd.grad(
            oracle.logits[0, channel, y, x], oracle.image, retain_graph=True, allow_unused=True, materialize_grads=True
        )
        assert torch.allclose(full, expected[0], rtol=1e-9, atol=1e-12), f"{net.layers.names} at {y}, {x}"
