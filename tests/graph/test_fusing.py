"""Convolutions that run with what follows them: right to rounding, and never where the value between is asked for."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Literal

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from convscope import kernels
from convscope.errors import UnknownLayer
from convscope.graph import Network
from convscope.graph.fusing import Convolution
from convscope.kernels import State, reduction
from convscope.kernels.reduction import Asked, Following, Read


def stack(**conv: object) -> nn.Sequential:
    """Convolution, batch norm with statistics that are not trivial, ReLU."""
    torch.manual_seed(0)
    norm = nn.BatchNorm2d(8)
    nn.init.uniform_(norm.weight, -1, 2)
    nn.init.normal_(norm.bias)
    nn.init.normal_(norm.running_mean)
    nn.init.uniform_(norm.running_var, 0.2, 3)
    return nn.Sequential(nn.Conv2d(4, 8, **conv), norm, nn.ReLU()).eval()  # type: ignore[arg-type]


GEOMETRIES = [
    {"kernel_size": 1},
    {"kernel_size": 3, "padding": 1},
    {"kernel_size": (5, 3), "stride": (2, 1), "padding": (0, 2), "bias": False},
    {"kernel_size": 3, "dilation": 2, "groups": 2},
    {"kernel_size": 3, "groups": 4, "padding": 1},
    {"kernel_size": 4, "padding": "same"},
    {"kernel_size": 3, "padding": "valid"},
]


@pytest.mark.parametrize("conv", GEOMETRIES, ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_folded_and_rectified_equals_one_after_the_other(conv: dict[str, object], dtype: torch.dtype) -> None:
    module = stack(**conv).to(dtype)
    net = Network.trace(module, (4, 14, 11))
    images = torch.randn(5, 4, 14, 11, dtype=dtype)
    tolerance = 1e-5 if dtype == torch.float32 else 1e-12
    with torch.no_grad():
        torch.testing.assert_close(net.run(images)["2"], module(images), rtol=tolerance, atol=tolerance)


def fused(net: Network, *layers: str) -> list[int]:
    """The values that the plan for some layers makes by a `Convolution`."""
    plan = net._runner.plan(frozenset(net.index_of(layer) for layer in layers), net.folding)
    return [action.index for action in plan if isinstance(action.run, Convolution)]


def test_one_action_does_all_three() -> None:
    net = Network.trace(stack(kernel_size=3), (4, 9, 9))
    plan = net._runner.plan(frozenset({net.index_of("2")}), "fold")
    assert [action.index for action in plan] == fused(net, "2") == [net.index_of("2")]


@pytest.mark.parametrize("asked", [("0", "2"), ("1", "2"), ("0", "1", "2")])
def test_what_is_asked_for_is_that_layers_output(asked: tuple[str, ...]) -> None:
    module = stack(kernel_size=3, padding=1)
    net = Network.trace(module, (4, 9, 9))
    images = torch.randn(3, 4, 9, 9)
    found = net.run(images, asked)
    with torch.no_grad():
        value: Tensor = images
        for name, layer in module.named_children():
            value = layer(value)
            if name in found:
                torch.testing.assert_close(found[name], value, rtol=1e-5, atol=1e-5)
    assert not any((found["2"] < 0).flatten().tolist())
    assert (found[asked[0]] < 0).any()  # not overwritten by the ReLU


def test_a_convolution_that_is_read_twice_is_not_rectified_in_place() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(4, 8, 3)

        def forward(self, x: Tensor) -> Tensor:
            y = self.conv(x)
            return torch.relu(y) - y

    module = Twice().eval()
    net, images = Network.trace(module, (4, 9, 9)), torch.randn(2, 4, 9, 9)
    with torch.no_grad():
        torch.testing.assert_close(net.run(images)[net.output], module(images), rtol=1e-5, atol=1e-5)


def test_not_folding_runs_every_step_as_it_is() -> None:
    net = Network.trace(stack(kernel_size=3), (4, 9, 9), folding="none")
    assert fused(net, "2") == []
    images = torch.randn(2, 4, 9, 9)
    assert torch.equal(net.run(images)["2"], stack(kernel_size=3)(images.contiguous(memory_format=torch.channels_last)))


def test_every_batch_size_is_right_whichever_came_first() -> None:
    module = nn.Sequential(nn.Conv2d(64, 128, 3, padding=1), nn.ReLU()).eval()
    net = Network.trace(module, (64, 7, 7))
    for count in (1, 16, 3):
        images = torch.randn(count, 64, 7, 7)
        with torch.no_grad():
            torch.testing.assert_close(net.run(images)["1"], module(images), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("size", [1, 4, 5, 30])
@pytest.mark.parametrize("beta", [0.75, 0.6])
def test_response_normalisation_by_shifted_sums(size: int, beta: float) -> None:
    module = nn.LocalResponseNorm(size, alpha=0.3, beta=beta, k=1.5)
    images = 3 * torch.randn(2, 12, 6, 7, dtype=torch.float64)
    net = Network.trace(module, (12, 6, 7)).to(dtype=torch.float64)
    assert [step.op for step in net.steps if step.call.result.depends] == ["local_response_norm"]
    torch.testing.assert_close(net.run(images)[net.output], module(images), rtol=1e-12, atol=1e-12)


class Residual(nn.Module):
    """Two branches and their sum, as in a residual network; `last` is done to the sum."""

    def __init__(self, left: nn.Module, right: nn.Module, last: nn.Module) -> None:
        super().__init__()
        self.left, self.right, self.last = left, right, last

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.left(x) + self.right(x))


class Concatenated(nn.Module):
    """What some modules make of an image side by side, and a last one."""

    def __init__(self, last: nn.Module, *branches: nn.Module) -> None:
        super().__init__()
        self.branches, self.last = nn.ModuleList(branches), last

    def forward(self, x: Tensor) -> Tensor:
        return self.last(torch.cat([branch(x) for branch in self.branches], 1))


def convolution_and_norm(**conv: object) -> nn.Sequential:
    return stack(**conv)[:2]


BRANCHES = {
    "projection": lambda: Residual(
        convolution_and_norm(kernel_size=3, padding=1, stride=2),
        convolution_and_norm(kernel_size=1, stride=2),
        nn.ReLU(),
    ),
    "rectified branch": lambda: Residual(
        convolution_and_norm(kernel_size=3, padding=1), stack(kernel_size=1), nn.Identity()
    ),
    "padded by name": lambda: Residual(
        convolution_and_norm(kernel_size=3, padding="same"), stack(kernel_size=1), nn.ReLU()
    ),
    "twice": lambda: nn.Sequential(
        stack(kernel_size=1), Residual(nn.Conv2d(8, 8, 3, padding=1), nn.Identity(), nn.ReLU()), nn.Conv2d(8, 3, 1)
    ),
    "norms": lambda: Residual(
        nn.Sequential(nn.MaxPool2d(2), nn.BatchNorm2d(4)), nn.Sequential(nn.AvgPool2d(2), nn.ReLU()), nn.ReLU()
    ),
    "concatenated": lambda: Concatenated(
        nn.Sequential(nn.Conv2d(28, 5, 3, padding=1, stride=2), nn.BatchNorm2d(5), nn.ReLU()),
        *(nn.Sequential(*stack(kernel_size=1), nn.Conv2d(8, c, 1)) for c in (12, 16)),
    ),
    "concatenated and summed": lambda: Concatenated(
        Residual(nn.Conv2d(28, 4, 1, bias=False), nn.Sequential(nn.Conv2d(28, 4, 3, padding=1), nn.ReLU()), nn.ReLU()),
        *(nn.Conv2d(4, c, 1) for c in (4, 8, 16)),
    ),
    "concatenated for a wide one": lambda: Concatenated(nn.Conv2d(24, 16, 1), *(nn.Conv2d(4, 12, 1) for _ in "ab")),
    "concatenated with the image": lambda: Concatenated(nn.Conv2d(16, 4, 1), nn.Identity(), nn.Conv2d(4, 12, 1)),
    "itself": lambda: nn.Sequential(nn.Conv2d(4, 8, 3), Residual(nn.Identity(), nn.Identity(), nn.ReLU())),
}


@cache
def traced(name: str, folding: Literal["fold", "none"]) -> Network:
    """A network by its name in float64; tracing takes longer than all that is asked of it."""
    torch.manual_seed(0)
    module = (BRANCHES | NORMED | POOLED)[name]().double().eval()
    return Network.trace(module, (4, 14, 10), folding=folding)


@pytest.mark.parametrize("name", BRANCHES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_sums_within_convolutions_and_in_place(
    name: str, dtype: torch.dtype, memory_format: torch.memory_format
) -> None:
    net, plain = (traced(name, folding).to(dtype=dtype) for folding in ("fold", "none"))
    images = torch.randn(3, 4, 14, 10, dtype=dtype).contiguous(memory_format=memory_format)
    before = images.clone()
    everything = [layer.name for layer in net.layers]
    expected = plain.run(images, everything)
    tolerance = 1e-5 if dtype == torch.float32 else 1e-12
    for asked in [everything, *([layer] for layer in everything)]:
        found = net.run(images, asked)
        streamed = {layer: output.clone() for layer, output in net.stream(images, asked)}
        for layer in asked:
            torch.testing.assert_close(found[layer], expected[layer], rtol=tolerance, atol=tolerance)
            torch.testing.assert_close(streamed[layer], expected[layer], rtol=tolerance, atol=tolerance)
    assert torch.equal(images, before)


def scaled(channels: int) -> nn.BatchNorm2d:
    """Batch norm with statistics that are not trivial."""
    norm = nn.BatchNorm2d(channels)
    for parameter, low, high in ((norm.weight, -1, 2), (norm.running_mean, -1, 1), (norm.running_var, 0.2, 3)):
        nn.init.uniform_(parameter, low, high)
    nn.init.normal_(norm.bias)
    return norm


NORMED = {
    "identity block": lambda: nn.Sequential(
        nn.Conv2d(4, 6, 3, padding=1), scaled(6), nn.ReLU(),
        Residual(nn.Sequential(nn.Conv2d(6, 6, 3, padding=1, bias=False), scaled(6)), nn.Identity(), nn.ReLU()),
    ),
    "projection block": lambda: Residual(
        nn.Sequential(nn.Conv2d(4, 6, 3, padding=1), scaled(6), nn.ReLU(), nn.Conv2d(6, 6, 1), scaled(6)),
        nn.Sequential(nn.Conv2d(4, 6, 1, bias=False), scaled(6)),
        nn.ReLU(),
    ),
    "norms between": lambda: nn.Sequential(scaled(4), nn.ReLU(), nn.Conv2d(4, 8, 1), scaled(8), scaled(8), nn.ReLU()),
    "linear": lambda: nn.Sequential(nn.Conv2d(4, 2, 5), nn.ReLU(), nn.Flatten(), nn.Linear(120, 7), nn.ReLU()),
}  # fmt: skip


class Fire(nn.Module):
    """Two convolutions side by side, as SqueezeNet has them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.narrow, self.wide = nn.Conv2d(channels, 5, 1), nn.Conv2d(channels, 7, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Their positive parts, concatenated."""
        return torch.cat([self.narrow(x).relu(), self.wide(x).relu()], 1)


POOLED = {
    "pooled": lambda: nn.Sequential(nn.Conv2d(4, 6, 3), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Conv2d(6, 3, 1)),
    "normed, pooled": lambda: nn.Sequential(
        nn.Conv2d(4, 6, 3), scaled(6), nn.ReLU(), nn.MaxPool2d(3, 2, 1, ceil_mode=True), nn.ReLU()
    ),
    "not rectified": lambda: nn.Sequential(nn.Conv2d(4, 6, 3), scaled(6), nn.MaxPool2d(2), nn.MaxPool2d((1, 3), 1)),
    "dilated": lambda: nn.Sequential(nn.Conv2d(4, 6, 3), nn.ReLU(), nn.MaxPool2d(2, 1, dilation=2), nn.ReLU()),
    "in parts": lambda: nn.Sequential(Fire(4), nn.MaxPool2d(3, 2, ceil_mode=True), Fire(12), nn.Conv2d(12, 3, 1)),
    "parts normed": lambda: nn.Sequential(Fire(4), scaled(12), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(12, 3, 1)),
    "of an average": lambda: nn.Sequential(nn.AvgPool2d(2), nn.MaxPool2d(2), nn.Conv2d(4, 3, 1)),
}


def watched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Sequence[Tensor], Following | None, Read]]:
    """What the graph hands to the reduction from now on, and what comes of it."""
    seen: list[tuple[Sequence[Tensor], Following | None, Read]] = []
    original = reduction.reduce

    def reduce(parts: Sequence[Tensor], asked: Asked, following: Following | None) -> Read:
        read = original(parts, asked, following)
        seen.append((parts, following, read))
        return read

    monkeypatch.setattr(reduction, "reduce", reduce)
    return seen


def every(net: Network, layers: Iterable[str], count: int) -> dict[str, Asked]:
    return {layer: Asked(np.arange(count)) for layer in layers}


@pytest.mark.parametrize("way", ["on", "off"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", [*BRANCHES, *NORMED, *POOLED])
def test_what_follows_an_output_that_is_reduced_may_be_done_with_it(
    name: str, dtype: torch.dtype, way: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever layers are asked for, in parts or not, each is reduced as that layer's own output."""
    net = traced(name, "fold").to(dtype=dtype)
    images = torch.randn(3, 4, 14, 10, dtype=dtype)
    everything = [layer.name for layer in net.layers]
    expected = traced(name, "none").to(dtype=dtype).run(images, everything)
    convolutions = [layer.name for layer in net.layers if layer.op == "conv2d"]
    seen = watched(monkeypatch)
    with kernels.switched(way):
        way = kernels.state()
        for asked in (everything, [*convolutions, everything[-1]], *([layer, everything[-1]] for layer in everything)):
            wanted = dict.fromkeys(asked)
            found = dict(net.reduce(images, every(net, wanted, 3)))
            assert list(found) == [layer for layer in everything if layer in asked]
            for layer, reduced in found.items():
                values = expected[layer].flatten(2) if expected[layer].dim() > 2 else expected[layer][:, :, None]
                np.testing.assert_allclose(reduced.maxima, values.amax(2), rtol=1e-5, atol=1e-5)
                np.testing.assert_allclose(reduced.sums, values.sum(2), rtol=1e-5, atol=1e-4)
                at = torch.from_numpy(reduced.places).long()[:, :, None]
                np.testing.assert_allclose(values.gather(2, at)[:, :, 0], values.amax(2), rtol=1e-5, atol=1e-5)
    offered = any(following is not None for _, following, _ in seen)
    assert offered or name in ("itself", "concatenated for a wide one", "concatenated with the image")
    followed = any(read.followed for _, _, read in seen)
    assert followed == (offered and way == "on" and dtype == torch.float32)


def test_a_residual_block_is_one_thing_after_its_last_convolution(monkeypatch: pytest.MonkeyPatch) -> None:
    net = Network.trace(NORMED["projection block"]().eval(), (4, 14, 10))
    images = torch.randn(2, 4, 14, 10)
    convolutions = [layer.name for layer in net.layers if layer.op == "conv2d"]
    seen = watched(monkeypatch)
    dict(net.reduce(images, every(net, convolutions, 2)))
    assert [following is not None for _, following, _ in seen] == [True, False, False]  # nothing beyond the last
    seen.clear()
    dict(net.reduce(images, every(net, [*convolutions, net.output], 2)))
    offered = [following for _, following, _ in seen]
    assert [one is not None and one.other is not None for one in offered] == [False, False, True, False]
    assert [one is not None and one.rectify for one in offered] == [True, False, True, False]


def test_what_is_concatenated_to_be_pooled_is_reduced_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    net = Network.trace(POOLED["in parts"]().eval(), (4, 14, 10))
    cats = [layer.name for layer in net.layers if layer.op == "cat"]
    seen, images = watched(monkeypatch), torch.randn(2, 4, 14, 10)
    found = dict(net.reduce(images, every(net, [*cats, net.output], 2)))
    assert [len(parts) for parts, _, _ in seen].count(2) == 1  # the second is read by a convolution
    assert found[cats[0]].maxima.shape == (2, 12)
    (streamed, *_) = net.stream(images, cats)
    assert streamed[1].shape == (2, 12, 14, 10)


def test_reducing_what_is_not_there_is_refused() -> None:
    net = Network.trace(stack(kernel_size=3), (4, 9, 9))
    with pytest.raises(UnknownLayer, match="not in"):
        dict(net.reduce(torch.randn(1, 4, 9, 9), every(net, ["9"], 1)))


def test_a_narrow_convolution_reads_what_is_concatenated_for_it_alone_in_parts() -> None:
    net = Network.trace(BRANCHES["concatenated"]().eval(), (4, 14, 10))
    cat = next(layer.name for layer in net.layers if layer.op == "cat")
    last = net.layers[-1].name

    def made(*layers: str) -> set[int]:
        return {
            action.index for action in net._runner.plan(frozenset(net.index_of(layer) for layer in layers), net.folding)
        }

    assert net.index_of(cat) not in made(last)
    assert net.index_of(cat) in made(cat, last)
    wide = Network.trace(BRANCHES["concatenated for a wide one"]().eval(), (4, 14, 10))
    assert any(step.op == "cat" for step in wide.steps)
    assert len(wide._runner.plan(frozenset({wide.index_of(wide.output)}), "fold")) == 4


def test_a_residual_block_ends_in_one_action() -> None:
    net = Network.trace(BRANCHES["projection"](), (4, 14, 10))
    last = net.layers[-1].name
    assert len(fused(net, last)) == 2  # one branch, and the other with sum and ReLU
    assert fused(net, last)[-1] == net.index_of(last)


def test_what_is_streamed_may_be_overwritten_but_not_before_it_is_seen() -> None:
    module = nn.Sequential(nn.Conv2d(4, 8, 3), nn.ReLU(), nn.Conv2d(8, 2, 1)).eval()
    net = Network.trace(module, (4, 9, 9))
    images = torch.randn(2, 4, 9, 9)
    kept, seen = {}, {}
    for layer, output in net.stream(images, ["0", "1"]):
        kept[layer], seen[layer] = output, output.clone()
    assert kept["0"].data_ptr() == kept["1"].data_ptr()
    assert (seen["0"] < 0).any()
    assert torch.equal(seen["0"].relu(), seen["1"])
