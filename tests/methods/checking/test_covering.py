"""What covering changes, by what changes alone, against whole runs; and a push that is broken on purpose."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import convscope as cs
from convscope.graph.pushing import Tile
from convscope.methods.checking import certify
from convscope.methods.checking.covering import coverings

LAYERS = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(256, 5))


def test_covered_squares_change_what_the_module_says() -> None:
    module = LAYERS.double()
    net = cs.Network.trace(module, (3, 16, 16))
    images = torch.randn(2, 3, 16, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    found = list(coverings(net, images, ["1"], torch.Generator().manual_seed(1)))
    assert [said.partition(", covered from ")[0] for said, _, _ in found] == [net.output, "1"] * 3
    for number, (top, left) in ((0, (0, 0)), (1, (12, 12))):
        covered = images[number : number + 1].clone()
        covered[..., top : top + 4, left : left + 4] = 0
        expected = module(covered) - module(images[number : number + 1])
        for change in found[2 * number][1:]:
            torch.testing.assert_close(change, expected, rtol=1e-12, atol=1e-12)


def test_a_push_that_is_wrong_fails_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    net = cs.Network.trace(LAYERS, (3, 16, 16))
    true = Tile.push

    def push(tile: Tile, difference: Tensor, *more: object) -> None:
        true(tile, 1.01 * difference, *more)  # pyright: ignore[reportArgumentType]

    for broken in (False, True):
        if broken:
            monkeypatch.setattr(Tile, "push", push)
        certificate = certify(net)
        (evidence,) = (one for one in certificate.evidence if one.name == "covering")
        assert evidence.verdict == ("fails" if broken else "holds")
