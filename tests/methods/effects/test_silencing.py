"""Silenced units against the network run with the layer's output changed by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from convscope.errors import UsageError
from convscope.graph import Network
from convscope.methods.effects.silencing import Silencer
from tests.graph import nets


class Wrapped(nn.Module):
    """A layer whose output some units of are changed."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer
        self.change: Callable[[Tensor], Tensor] = lambda y: y

    def forward(self, x: Tensor) -> Tensor:
        return self.change(self.layer(x))


class Residual(nn.Module):
    """A layer that a skip, a norm and a pooled branch read."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = Wrapped(nn.Conv2d(2, 6, 3, padding=1))
        self.norm, self.next = nn.BatchNorm2d(6), nn.Conv2d(6, 6, 3, padding="same")
        self.after = nn.BatchNorm2d(6)
        self.down = nn.Conv2d(6, 5, 2, stride=2, dilation=2)
        self.head = nn.Linear(5, 4)

    def forward(self, x: Tensor) -> Tensor:
        y = self.layer(x)
        z = y + self.after(self.next(F.max_pool2d(self.norm(y).relu(), 3, 1, 1)))
        return self.head(self.down(z.relu()).relu().mean((2, 3)))


def chain(*layers: nn.Module) -> nn.Module:
    return nn.Sequential(Wrapped(nn.Conv2d(2, 6, 3)), *layers)


class Side(nn.Module):
    """A layer beside others, as a fire module has, and a head like SqueezeNet's."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.layer, self.other = nn.Conv2d(2, 3, 3), Wrapped(nn.Conv2d(3, 6, 1)), nn.Conv2d(3, 4, 1)
        self.last = nn.Conv2d(10, 5, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x).relu()
        x = torch.cat([self.other(x).relu(), self.layer(x).relu()], 1)
        return F.adaptive_avg_pool2d(self.last(F.max_pool2d(x, 2)).relu(), 1).flatten(1)


KINDS: dict[str, Callable[[], nn.Module]] = {
    "residual": Residual,
    "side": Side,
    "head": lambda: chain(nn.ReLU(), nn.Conv2d(6, 5, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
    "flattened": lambda: chain(nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(54, 7), nn.ReLU(), nn.Linear(7, 4)),
    "pooled": lambda: chain(nn.ReLU6(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 4)),
    "grouped": lambda: chain(nn.PReLU(6), nn.Conv2d(6, 6, 3, groups=3), nn.AdaptiveMaxPool2d(1), nn.Flatten()),
    "normed": lambda: chain(nn.GroupNorm(2, 6), nn.Conv2d(6, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 4)),
    "last": lambda: chain(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
}


@cache
def made(name: str, dtype: torch.dtype) -> tuple[Any, Network, Wrapped, str]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = nets.settled(KINDS[name]()).to(dtype)
    wrapped = next(one for one in module.modules() if isinstance(one, Wrapped))
    path = next(path for path, one in module.named_modules() if one is wrapped)
    return module, Network.trace(module, (2, 8, 8)), wrapped, f"{path}.layer"


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 1e-5)])
def test_silencing_is_what_the_silenced_network_gives(name: str, dtype: torch.dtype, tolerance: float) -> None:
    module, net, wrapped, layer = made(name, dtype)
    x = torch.randn(1, 2, 8, 8, dtype=dtype)
    silencer = Silencer(net, layer)
    base = net.run_values(x, silencer.base)
    maps = base[net.index_of(layer)][0]
    channels = torch.tensor([4, 0, 5])
    zero, mean = torch.zeros_like(maps[channels]), maps[channels].mean((1, 2), keepdim=True).expand_as(maps[channels])
    one = maps[channels].clone()
    one[:, 1, 2] = 3.0
    for values in (zero, mean, one):
        found = silencer.outputs(base, channels, values)
        for row, channel in enumerate(channels.tolist()):

            def change(y: Tensor, channel: int = channel, to: Tensor = values[row]) -> Tensor:
                y = y.clone()
                y[:, channel] = to
                return y

            wrapped.change = change
            with torch.no_grad():
                expected = module(x)[0]
            assert float((expected - base[net.program.output][0]).abs().max()) > 0
            torch.testing.assert_close(found[row], expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", ["residual", "side", "flattened"])
def test_groups_are_silenced_together(name: str) -> None:
    module, net, wrapped, layer = made(name, torch.float64)
    x = torch.randn(1, 2, 8, 8, dtype=torch.float64)
    silencer = Silencer(net, layer)
    base = net.run_values(x, silencer.base | silencer.base_of_groups)
    changed = base[net.index_of(layer)].repeat(2, 1, 1, 1)
    changed[0, [1, 3]] = 0
    changed[1, 2, 1, 1] = 0
    found = silencer.outputs_of_groups(base, changed)
    for row in range(2):
        wrapped.change = lambda y, row=row: changed[row : row + 1]
        with torch.no_grad():
            torch.testing.assert_close(found[row], module(x)[0], rtol=1e-12, atol=1e-12)


def test_what_the_compiled_loop_is_for_goes_through_it() -> None:
    for name in KINDS:
        _, net, _, layer = made(name, torch.float64)
        assert (Silencer(net, layer)._head is not None) == (name in ("side", "head"))


def test_what_has_no_effects_is_refused() -> None:
    _, net, _, _ = made("head", torch.float64)
    with pytest.raises(UsageError, match="is not one that the output '5' is computed from"):
        Silencer(net, "5")
    maps = Network.trace(nn.Sequential(nn.Conv2d(2, 3, 1), nn.Conv2d(3, 2, 1)), (2, 4, 4))
    with pytest.raises(UsageError, match="a vector of scores"):
        Silencer(maps, "0")
