"""Projections on boxes against whole maps and against modified autograd, at every position of small networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from benchmarks._oracles import NodeOracle
from convscope.graph import Network, PullOptions
from convscope.graph.boxes import Signal, whole
from convscope.graph.options import Rule
from convscope.graph.pulling import Context, needed, pull
from convscope.methods.deconv import ProjectedPixels, deconv, project
from tests.graph import nets


def grid(height: int, width: int) -> np.ndarray:
    """All positions (n, 2) of a map."""
    return np.stack(np.meshgrid(np.arange(height), np.arange(width), indexing="ij"), -1).reshape(-1, 2)


def everywhere(net: Network, image: Tensor, layer: str, **options: object) -> ProjectedPixels:
    """The projections of every position of a layer, of a channel drawn for each."""
    at = grid(net.layers[layer].height, net.layers[layer].width)
    channel = torch.randint(0, net.layers[layer].channels, (len(at),))
    rows = torch.zeros(len(at), dtype=torch.long)
    return project(net, image, layer, image=rows, channel=channel, position=at, signal="one", **options)  # type: ignore[arg-type]


def on_whole_maps(net: Network, image: Tensor, projection: ProjectedPixels, options: PullOptions) -> Tensor:
    """The same projections with the box forced to be the map from the start."""
    layer = projection.layer
    target, steps, n = net.index_of(layer), net.cone(layer), len(projection)
    kept = net.run_values(image, {0, target} | needed(steps, net.values, options))
    value = net.values[target]
    seed = torch.zeros(n, *value.shape, dtype=image.dtype)
    channels_first = seed if value.channel_dim in (None, 1) else seed.movedim(value.channel_dim, 1)
    for i, unit in enumerate(projection.units):
        assert unit.position is not None
        channels_first[i, unit.channel, *unit.position] = 1
    context = Context(options, kept, net.values, torch.zeros(n, dtype=torch.long))
    return whole(pull(steps, target, Signal(seed, np.zeros((n, 2), np.int64)), context), net.values[0])


@pytest.mark.parametrize("rule", ["deconvnet", "gradient", "guided"])
@pytest.mark.parametrize("name", [n for n in nets.MAPS if n != "windows"])
def test_boxes_equal_whole_maps_at_every_position(name: str, rule: Rule) -> None:
    _, net, shape = nets.traced(name)
    image = torch.randn(1, *shape, dtype=torch.float64)
    for layer in net.layers:
        if layer.spatial:
            found = everywhere(net, image, layer.name, rule=rule)
            expected = on_whole_maps(net, image, found, PullOptions(rule=rule))
            assert torch.allclose(found.full(), expected, rtol=1e-10, atol=1e-12), layer.name


@pytest.mark.parametrize("name", nets.MAPS)
def test_modified_autograd_agrees_at_every_position(name: str) -> None:
    module, net, shape = nets.traced(name)
    image = torch.randn(1, *shape, dtype=torch.float64)
    oracle = NodeOracle(module, image, [])
    found = everywhere(net, image, net.output)
    expected = torch.stack(
        [
            torch.autograd.grad(oracle.logits[0, u.channel, *u.position], oracle.image, retain_graph=True)[0][0]  # type: ignore[misc]
            for u in found.units
        ]
    )
    assert torch.allclose(found.full(), expected, rtol=1e-9, atol=1e-12)
    assert torch.count_nonzero(expected.flatten(1).any(1)) > len(expected) // 3, "most projections are empty"


@pytest.mark.parametrize("rule", ["deconvnet", "gradient"])
@pytest.mark.parametrize("name", nets.MAPS)
def test_the_compiled_loops_of_float32_project_what_float64_does(name: str, rule: Rule) -> None:
    """Sparse transposed convolutions, unpooling and boxes go another way in float32 than in the tests above."""
    _, net, shape = nets.traced(name)
    image = torch.randn(1, *shape, dtype=torch.float64)
    single = net.to(dtype=torch.float32)
    for layer in (layer for layer in net.layers if layer.spatial):
        at = grid(layer.height, layer.width)
        rows, channel = torch.zeros(len(at), dtype=torch.long), torch.arange(len(at)) % layer.channels
        options: dict[str, Any] = {"image": rows, "channel": channel, "position": at, "signal": "one", "rule": rule}
        expected = project(net, image, layer.name, **options)
        found = project(single, image.float(), layer.name, **options)
        scale = expected.pixels.abs().max().item()
        off = (found.pixels.double() - expected.pixels).abs().amax((1, 2, 3))
        # Where two entries of a window are equal but for rounding, the switch may be the other one.
        assert (off < 2e-5 * scale + 1e-12).double().mean() > 0.98, layer.name
        assert torch.equal(found.boxes, expected.boxes)


def test_the_program_s_default_dtype_does_not_matter() -> None:
    net = Network.trace(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 4, 3)), (3, 12, 12))
    image = torch.randn(1, 3, 12, 12)
    torch.set_default_dtype(torch.float64)
    try:
        found = project(net, image, "3", image=[0], channel=[2], position=np.asarray([(1, 2)]), signal="one")
    finally:
        torch.set_default_dtype(torch.float32)
    expected = project(net, image, "3", image=[0], channel=[2], position=np.asarray([(1, 2)]), signal="one")
    assert found.pixels.dtype == torch.float32
    assert torch.equal(found.pixels, expected.pixels)


@pytest.mark.parametrize("name", nets.MAPS)
def test_nothing_lies_outside_the_box(name: str) -> None:
    _, net, shape = nets.traced(name)
    image = torch.randn(1, *shape, dtype=torch.float64)
    for layer in (layer for layer in net.layers if layer.spatial):
        found = everywhere(net, image, layer.name)
        assert torch.equal(found.boxes, net.crops(layer.name, grid(layer.height, layer.width)))
        assert found.pixels.shape[2:] == (found.boxes[0, 2] - found.boxes[0, 0], found.boxes[0, 3] - found.boxes[0, 1])
        for pixels, (y0, x0, y1, x1) in zip(found.pixels, found.boxes.tolist(), strict=True):
            beyond = pixels.clone()
            beyond[:, max(-y0, 0) : shape[1] - y0, max(-x0, 0) : shape[2] - x0] = 0
            assert not beyond.any(), "a projection does not end where the image ends"
            assert y1 > y0
            assert x1 > x0


def test_a_chain_worked_by_hand() -> None:
    # 3 x 3 image, 2 x 2 kernel, ReLU, 2 x 2 pool of its 2 x 2 map: one unit.
    conv = nn.Conv2d(1, 1, 2)
    conv.weight.data = torch.tensor([[[[1.0, -2.0], [0.5, 3.0]]]])
    conv.bias.data.zero_()
    net = Network.trace(nn.Sequential(conv, nn.ReLU(), nn.MaxPool2d(2)), (1, 3, 3))
    image = torch.tensor([[[[1.0, 0.0, 2.0], [0.0, 4.0, 1.0], [0.0, 0.0, 1.0]]]])
    # conv: [1 + 12, -4 + 2 + 3], [-8 + 0, 4 - 2 + 3] = [[13, 1], [-8, 5]]; the pool takes 13, at (0, 0).
    found = deconv(net, image, "2:0")
    assert found.values.tolist() == [13.0]
    assert found.boxes.tolist() == [[0, 0, 3, 3]]
    assert found.pixels[0, 0].tolist() == [[13.0, -26.0, 0.0], [6.5, 39.0, 0.0], [0.0, 0.0, 0.0]]
    # The ReLU's own unit at (1, 1): 5 times the kernel, on its box.
    found = deconv(net, image, "1:0@1,1")
    assert found.boxes.tolist() == [[1, 1, 3, 3]]
    assert found.pixels[0, 0].tolist() == [[5.0, -10.0], [2.5, 15.0]]


def test_rectification_worked_by_hand() -> None:
    # Two 1 x 1 convolutions: weights 2 and -1 up to two channels, then their difference.
    first, second = nn.Conv2d(1, 2, 1, bias=False), nn.Conv2d(2, 1, 1, bias=False)
    first.weight.data = torch.tensor([2.0, -1.0]).reshape(2, 1, 1, 1)
    second.weight.data = torch.tensor([1.0, -1.0]).reshape(1, 2, 1, 1)
    net = Network.trace(nn.Sequential(first, nn.ReLU(), second), (1, 3, 3))
    image = torch.full((1, 1, 3, 3), 3.0)
    # Activation 6 - 0 = 6. Down: (6, -6) -> deconvnet (6, 0) -> 12; gradient: only the first ReLU was on -> 12.
    assert deconv(net, image, "2:0@1,1").pixels.item() == 12.0
    # With the image negative, the second channel is on: activation 0 - 3 = -3. Down (-3, 3): deconvnet keeps the 3.
    assert deconv(net, -image, "2:0@1,1").pixels.item() == -3.0
    assert deconv(net, -image, "2:0@1,1", rule="gradient").pixels.item() == -3.0 * -1 * -1
    assert deconv(net, -image, "2:0@1,1", rule="guided").pixels.item() == -3.0
    # Below the first convolution nothing is rectified: the picture is signed.
    assert deconv(net, -image, "0:1@1,1").pixels.item() == 3.0 * -1


def test_a_dilated_window_at_the_border_worked_by_hand() -> None:
    conv = nn.Conv2d(1, 1, 2, dilation=2, padding=1, bias=False)
    conv.weight.data = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    net = Network.trace(conv, (1, 3, 3))
    assert net.layers[0].shape == (1, 3, 3)
    found = deconv(net, torch.ones(1, 1, 3, 3), f"{net.output}:0@0,0", signal="one")
    # The window's corner lies at (-1, -1): of its four inputs only the one at (1, 1) lies within. A box of three
    # is as large as the image, hence the whole image.
    assert found.boxes.tolist() == [[0, 0, 3, 3]]
    assert found.pixels[0, 0].tolist() == [[0, 0, 0], [0, 4, 0], [0, 0, 0]]


def test_a_box_beyond_the_corner_worked_by_hand() -> None:
    conv = nn.Conv2d(1, 1, 3, padding=2, bias=False)
    conv.weight.data = torch.arange(1.0, 10.0).reshape(1, 1, 3, 3)
    net = Network.trace(conv, (1, 5, 6))
    found = deconv(net, torch.ones(1, 1, 5, 6), f"{net.output}:0@0,0", signal="one")
    assert found.boxes.tolist() == [[-2, -2, 1, 1]]
    assert found.pixels[0, 0].tolist() == [[0, 0, 0], [0, 0, 0], [0, 0, 9]]
    assert found.full()[0, 0].nonzero().tolist() == [[0, 0]]


class Attending(nn.Module):
    """Attention between positions whose heads are put together by a layer with a bias, as a map again."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.qkv, self.out = nn.Conv2d(3, 8, 3, padding=1), nn.Linear(8, 24), nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        b, c, h, w = x.shape
        tokens = self.qkv(x.flatten(2).transpose(1, 2)).reshape(b, h * w, 3, 2, c // 2).permute(2, 0, 3, 1, 4)
        query, key, value = tokens.unbind(0)
        heads = (query @ key.transpose(2, 3)).softmax(3) @ value
        return self.out(heads.transpose(1, 2).reshape(b, h * w, c)).transpose(1, 2).reshape(b, c, h, w)


def test_a_layer_with_a_bias_is_not_taken_for_constants() -> None:
    torch.manual_seed(0)
    module = Attending().double()
    x = torch.randn(1, 3, 2, 2, dtype=torch.float64)
    net = Network.trace(module, (3, 2, 2))
    leaf = x.clone().requires_grad_()
    (expected,) = torch.autograd.grad(module(leaf)[0, 3, 1, 1], leaf)
    found = deconv(net, x, f"{net.output}:3@1,1", rule="gradient", signal="one").full()
    assert float(expected.abs().max()) > 1e-3
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


class Fourier(nn.Module):
    """A convolution, weights for every frequency, and a convolution of what comes back."""

    def __init__(self) -> None:
        super().__init__()
        self.c, self.d = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(8, 2, 3)
        self.weight = nn.Parameter(torch.randn(4, 4, 8, 5, dtype=torch.complex64))

    def forward(self, x: Tensor) -> Tensor:
        seen = torch.fft.rfft2(self.c(x).relu())
        mixed = torch.einsum("bixy,ioxy->boxy", seen, self.weight.to(seen.dtype)) * (0.5 + 1j)
        back = torch.fft.irfft2(mixed, s=(8, 8))
        return self.d(torch.cat([back, torch.fft.fft2(back).abs()], 1))


def test_signals_go_back_through_complex_numbers() -> None:
    """Those of Fourier transforms, which are no units; exactly, as everything without a rule."""
    torch.manual_seed(0)
    module = Fourier().double().eval()
    net, image = Network.trace(module, (3, 8, 8)), torch.randn(1, 3, 8, 8, dtype=torch.float64)
    assert [layer.name for layer in net.layers if layer.name in ("c", "relu", "d")] == ["c", "relu", "d"]
    leaf = image.clone().requires_grad_()
    out = module(leaf)
    for channel, y, x in ((0, 0, 0), (1, 3, 4)):
        (expected,) = torch.autograd.grad(out[0, channel, y, x], leaf, retain_graph=True)
        found = deconv(net, image, f"d:{channel}@{y},{x}", rule="gradient", signal="one").full()
        assert (found - expected).abs().max() <= 1e-12 * expected.abs().max()
    assert torch.allclose(net.to(dtype=torch.float32).run(image)["d"].double(), out, rtol=1e-4, atol=1e-3)
