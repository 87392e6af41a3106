"""Running in pieces gives what running whole gives, and only what makes large maps runs in pieces."""

import pytest
import torch
from torch import Tensor, nn

from convscope.graph import Network
from convscope.graph.streaming import LARGE, Pieces


class Branching(nn.Module):
    """Large maps, a branch that crosses from large to small ones, and a residual sum."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(inplace=True))
        self.left, self.right = nn.Conv2d(16, 8, 3, 4, 1), nn.Conv2d(16, 8, 1, 4)
        self.norm = nn.BatchNorm2d(16)
        self.last = nn.Conv2d(16, 16, 3, padding=1)
        self.head = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        stem = self.stem(x)
        both = torch.relu(self.norm(torch.cat([self.left(stem), self.right(stem)], 1)))
        return self.head(torch.relu(self.last(both) + both).mean((2, 3)))


LAYERS = ["stem.0", "stem.2", "left", "relu", "last", "head"]


@pytest.fixture(scope="module")
def net() -> Network:
    torch.manual_seed(0)
    module = Branching()
    for norm in (module.stem[1], module.norm):
        assert isinstance(norm, nn.BatchNorm2d)
        nn.init.uniform_(norm.weight, 0.5, 2)
        nn.init.normal_(norm.running_mean)
        nn.init.uniform_(norm.running_var, 0.5, 2)
    return Network.trace(module, (3, 96, 96), name="branching")


@pytest.mark.parametrize("count", [1, 4, 7])
def test_parts_together_are_the_outputs(net: Network, count: int) -> None:
    images = torch.randn(count, 3, 96, 96)
    expected = net.run(images, LAYERS)
    found: dict[str, list[tuple[slice, Tensor]]] = {}
    for name, rows, output in net.stream_parts(images, LAYERS):
        found.setdefault(name, []).append((rows, output.clone()))
    assert found.keys() == expected.keys()
    for name, parts in found.items():
        assert [i for rows, _ in parts for i in range(rows.start, rows.stop)] == list(range(count))
        torch.testing.assert_close(torch.cat([part for _, part in parts]), expected[name], rtol=1e-5, atol=1e-5)


def test_only_large_maps_come_in_parts(net: Network) -> None:
    sizes: dict[str, list[int]] = {}
    for name, _, output in net.stream_parts(torch.randn(9, 3, 96, 96), LAYERS):
        sizes.setdefault(name, []).append(len(output))
    assert sizes["stem.0"] == sizes["stem.2"] == [4, 4, 1]
    assert sizes["last"] == sizes["head"] == [9]


def test_pieces_get_smaller_as_maps_get_larger() -> None:
    def pieces(side: int) -> Pieces:
        net = Network.trace(nn.Sequential(nn.Conv2d(3, 32, 1), nn.ReLU(), nn.MaxPool2d(side)), (3, side, side))
        return Pieces.of(net._plan(frozenset({net.index_of("2")}), "fold", keep=False), net.values, net.device)

    assert pieces(int((LARGE / 32) ** 0.5)) == Pieces(0, 1)  # nothing large
    assert pieces(112).images == 4
    assert pieces(224).images == 1


def test_values_that_mix_the_batch_are_not_cut() -> None:
    class Folded(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            n, _, h, w = x.shape
            rows = x.permute(0, 2, 1, 3).reshape(n * h, 3, w)  # rows of all images in the batch
            return torch.relu(rows * 2).reshape(n, h, 3, w).permute(0, 2, 1, 3)

    net = Network.trace(Folded(), (3, 256, 256))
    images = torch.randn(5, 3, 256, 256)
    ((name, rows, output),) = net.stream_parts(images, [net.output])
    assert (name, rows) == (net.output, slice(0, 5))
    torch.testing.assert_close(output, net.run(images)[net.output])
