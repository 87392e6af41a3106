"""Gates: what is one and what is none, projections with gates held against autograd with gates detached, fields."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks._oracles import NodeOracle
from convscope.errors import UsageError
from convscope.graph import Network, PullOptions
from convscope.graph.options import Gates
from convscope.methods.deconv import deconv, project
from tests.graph import nets
from tests.graph.test_fields import supports
from tests.graph.test_projections import everywhere, grid

SHAPE = (2, 9, 8)


class Weighed(nn.Module):
    """A convolution, what is done with its map and a gate, and a convolution; `detached` holds the gate by hand."""

    def __init__(self, function: Callable[[Weighed, Tensor], Tensor]) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2, 4, 3, padding=1)
        self.reduce = nn.Conv2d(4, 2, 1)
        self.expand = nn.Conv2d(2, 4, 1)
        self.mask = nn.Conv2d(4, 1, 1)
        self.spatial = nn.Conv2d(2, 1, 3, padding=1)
        self.linear = nn.Linear(4, 4)
        self.select = nn.Conv2d(2, 8, 1)
        self.last = nn.Conv2d(4, 3, 3, padding=1)
        self.function = function
        self.detached = False

    def hold(self, gate: Tensor) -> Tensor:
        return gate.detach() if self.detached else gate

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.function(self, self.stem(x)))


def squeeze(m: Weighed, x: Tensor) -> Tensor:
    return m.expand(F.relu(m.reduce(x.mean((2, 3), keepdim=True))))


def coordinates(m: Weighed, x: Tensor) -> Tensor:
    rows, columns = m.expand(m.reduce(x.mean(3, keepdim=True))), m.expand(m.reduce(x.mean(2, keepdim=True)))
    return x * m.hold(rows.sigmoid()) * m.hold(columns.sigmoid())


def convolutional_block(m: Weighed, x: Tensor) -> Tensor:
    pooled = m.expand(m.reduce(F.adaptive_avg_pool2d(x, 1))) + m.expand(m.reduce(F.adaptive_max_pool2d(x, 1)))
    x = x * m.hold(pooled.sigmoid())
    summary = torch.cat([x.max(1, keepdim=True)[0], x.mean(1, keepdim=True)], 1)
    return x * m.hold(m.spatial(summary).sigmoid())


def context(m: Weighed, x: Tensor) -> Tensor:
    n, c, h, w = x.shape
    attention = m.mask(x).reshape(n, 1, h * w).softmax(-1).unsqueeze(3)
    pooled = (x.reshape(n, c, h * w).unsqueeze(1) @ attention).view(n, c, 1, 1)
    return x + m.hold(m.expand(F.relu(m.reduce(pooled))))


def selective(m: Weighed, x: Tensor) -> Tensor:
    both = torch.stack([x, F.relu(x.roll(1, 1))], 1)
    attention = m.select(m.reduce(both.sum(1).mean((2, 3), keepdim=True)))
    attention = attention.view(len(x), 2, 4, 1, 1).softmax(1)
    return (both * m.hold(attention)).sum(1)


def efficient(m: Weighed, x: Tensor) -> Tensor:
    gate = F.conv1d(x.mean((2, 3))[:, None], torch.ones(1, 1, 3).to(x), padding=1).view(len(x), -1, 1, 1)
    return x * m.hold(gate.sigmoid()).expand_as(x)


def assigned(m: Weighed, x: Tensor) -> Tensor:
    y = x.clone()
    y[:, :3] = x[:, :3] * m.hold(squeeze(m, x).sigmoid())[:, :3]
    return y


#: Functions in which `hold` is called of every gate, and how many there are.
HELD: dict[str, tuple[Callable[[Weighed, Tensor], Tensor], int]] = {
    "squeeze-excite": (lambda m, x: x * m.hold(squeeze(m, x).sigmoid()), 1),
    "the gate first": (lambda m, x: m.hold(squeeze(m, x).sigmoid()) * x, 1),
    "hard sigmoid": (lambda m, x: x * m.hold(F.hardsigmoid(squeeze(m, x))), 1),
    "fully connected": (lambda m, x: x * m.hold(m.linear(x.mean((2, 3))).sigmoid()[:, :, None, None]), 1),
    "local": (lambda m, x: x * m.hold(m.mask(x).sigmoid()), 1),
    "channels last": (
        lambda m, x: ((y := x.permute(0, 2, 3, 1)) * m.hold(m.linear(y.mean((1, 2), keepdim=True)).sigmoid())).permute(
            0, 3, 1, 2
        ),
        1,
    ),
    "softmax over channels": (lambda m, x: x * m.hold(squeeze(m, x).softmax(1)), 1),
    "resampled": (lambda m, x: x * m.hold(F.interpolate(m.mask(F.avg_pool2d(x, (3, 2))).sigmoid(), (9, 8))), 1),
    "GLU by hand": (lambda m, x: (x[:, :2] * m.hold(x[:, 2:].sigmoid())).repeat(1, 2, 1, 1), 1),
    "coordinate attention": (coordinates, 2),
    "CBAM": (convolutional_block, 2),
    "global context": (context, 1),
    "selective kernels": (selective, 1),
    "efficient channel attention": (efficient, 1),
    "assigned to a slice": (assigned, 1),
    "addcmul": (lambda m, x: torch.addcmul(x, x, m.hold(squeeze(m, x).sigmoid())), 1),
}


def instance_norm(x: Tensor) -> Tensor:
    mean = x.mean((2, 3), keepdim=True)
    return (x - mean) / (((x - mean) ** 2).mean((2, 3), keepdim=True) + 1e-3).sqrt()


#: Functions in which nothing is a gate, though much is global.
NOT_HELD: dict[str, Callable[[Weighed, Tensor], Tensor]] = {
    "instance norm by hand": lambda _, x: instance_norm(x),
    "response normalisation (GRN)": lambda _, x: (
        x + x * ((y := x.norm(p=2, dim=(2, 3), keepdim=True)) / (y.mean(1, keepdim=True) + 1e-6))
    ),
    "two gates": lambda m, x: m.mask(x).sigmoid() * squeeze(m, x).sigmoid() * torch.ones(4, 9, 8).to(x),
    "two maps": lambda m, x: x * m.expand(m.reduce(x)),
    "tanh": lambda m, x: x * squeeze(m, x).tanh(),
    "SiLU by hand": lambda m, x: (y := m.expand(m.reduce(x))) * y.sigmoid(),
    "quick GELU": lambda m, x: x * (1.702 * x).sigmoid(),
    "sigmoid and more": lambda m, x: x * (squeeze(m, x).sigmoid() + 1),
    "a mean that is added": lambda _, x: x + x.mean((2, 3), keepdim=True),
    "a map that is added": lambda m, x: x + m.expand(m.reduce(x)),
    "two contexts": lambda m, x: (squeeze(m, x) + m.expand(m.reduce(x.amax((2, 3), keepdim=True)))).expand_as(x) * 1,
    "one position": lambda m, x: x + m.expand(m.reduce(x[:, :, :1, :1])),
}


@cache
def made_of(function: Callable[[Weighed, Tensor], Tensor]) -> tuple[Weighed, Network]:
    torch.manual_seed(0)
    module = Weighed(function).double().eval()
    return module, Network.trace(module, SHAPE)


def traced(function: Callable[[Weighed, Tensor], Tensor]) -> tuple[Weighed, Network, Tensor]:
    """A module, its network, which is traced once for all tests, and an image."""
    module, net = made_of(function)
    module.detached = False
    return module, net, torch.randn(1, *SHAPE, dtype=torch.float64)


def gradients(module: nn.Module, image: Tensor, projection: Any) -> Tensor:
    """What autograd finds for every unit of a projection."""
    leaf = image.clone().requires_grad_()
    out = module(leaf)
    found = [
        torch.autograd.grad(out[0, u.channel, *u.position], leaf, retain_graph=True)[0][0] for u in projection.units
    ]
    return torch.stack(found)


@pytest.mark.parametrize("name", HELD)
def test_gates_held_are_gates_detached(name: str) -> None:
    module, net, image = traced(HELD[name][0])
    with torch.no_grad():
        assert torch.allclose(net.run(image)[net.output], module(image), rtol=1e-12, atol=1e-13)
    assert net.gated
    found = {gates: everywhere(net, image, net.output, rule="gradient", gates=gates) for gates in ("held", "exact")}
    exact = gradients(module, image, found["exact"])
    module.detached = True
    held = gradients(module, image, found["held"])
    assert (found["held"].full() - held).abs().max() <= 1e-12 * held.abs().max()
    assert (found["exact"].full() - exact).abs().max() <= 1e-12 * exact.abs().max()
    assert not torch.allclose(held, exact, rtol=1e-3), "the gate's own derivative is nothing here"
    assert found["held"].report.held["gate"] == found["exact"].report.differentiated["gate"] == HELD[name][1]
    said = "1 gate held constant" if HELD[name][1] == 1 else f"{HELD[name][1]} gates held constant"
    assert said in str(found["held"].report)


@pytest.mark.parametrize("name", HELD)
def test_fields_with_gates_held_are_the_support_of_the_gradient_with_gates_detached(name: str) -> None:
    shared, net, _ = traced(HELD[name][0])
    module = copy.deepcopy(shared)  # whose weights `supports` changes
    module.detached = True
    expected = supports(module, SHAPE)
    at = grid(*SHAPE[1:])
    assert np.array_equal(net.reach(net.output, at, gates="held").numpy().reshape(*SHAPE[1:], 4), expected)
    layer = net.layers[net.output]
    assert layer.gates == "held"
    assert layer.field is not None
    assert layer.field.exact
    # With gates that count, as they do in run and push, what is seen is never less than the gradient's support.
    module.detached = False
    wide, exact = supports(module, SHAPE), net.reach(net.output, at).numpy().reshape(*SHAPE[1:], 4)
    assert (exact[..., :2] <= wide[..., :2]).all()
    assert (exact[..., 2:] >= wide[..., 2:]).all()
    if name in ("squeeze-excite", "the gate first", "fully connected", "efficient channel attention", "addcmul"):
        assert (wide == [0, 0, 9, 8]).all()


@pytest.mark.parametrize("name", NOT_HELD)
def test_what_is_no_gate_is_differentiated_whole(name: str) -> None:
    module, net, image = traced(NOT_HELD[name])
    assert not net.gated
    found = everywhere(net, image, net.output, rule="gradient", gates="held")
    expected = gradients(module, image, found)
    assert (found.full() - expected).abs().max() <= 1e-12 * expected.abs().max()
    assert "gate" not in str(found.report)


def test_a_hand_written_instance_norm_is_projected_as_pytorch_s_own() -> None:
    torch.manual_seed(0)
    conv = nn.Conv2d(2, 3, 3).double()
    by_hand = Network.trace(nn.Sequential(conv, nets.Lambda(instance_norm)), (2, 8, 8))
    own = Network.trace(nn.Sequential(conv, nn.InstanceNorm2d(3, eps=1e-3)), (2, 8, 8))
    image = torch.randn(1, 2, 8, 8, dtype=torch.float64)
    one, other = (deconv(net, image, f"{net.output}:1@2,3").full() for net in (by_hand, own))
    assert torch.allclose(one, other, rtol=1e-10, atol=1e-13)


@cache
def rectified(name: str) -> Callable[[Weighed, Tensor], Tensor]:
    return lambda m, x: F.relu(HELD[name][0](m, F.relu(x)))


@pytest.mark.parametrize("rule", ["deconvnet", "guided"])
@pytest.mark.parametrize("name", HELD)
def test_rectifying_rules_hold_gates_by_default(name: str, rule: Any) -> None:
    module, net, image = traced(rectified(name))
    torch.manual_seed(1)  # `everywhere` draws channels
    found = everywhere(net, image, net.output, rule=rule)
    assert found.report.held["gate"] == HELD[name][1]
    torch.manual_seed(1)
    expected = everywhere(net, image, net.output, rule=rule, gates="held")
    assert torch.equal(found.pixels, expected.pixels)
    if rule == "deconvnet":
        oracle = NodeOracle(module, image, [])
        assert oracle.held == HELD[name][1]
        theirs = [
            torch.autograd.grad(oracle.logits[0, u.channel, *u.position], oracle.image, retain_graph=True)[0][0]  # type: ignore[misc]
            for u in found.units
        ]
        assert torch.allclose(found.full(), torch.stack(theirs), rtol=1e-9, atol=1e-12)


def test_the_gradient_s_rule_takes_gates_exactly_by_default() -> None:
    module, net, image = traced(HELD["squeeze-excite"][0])
    found = everywhere(net, image, net.output, rule="gradient")
    assert torch.allclose(found.full(), gradients(module, image, found), rtol=1e-12, atol=1e-14)
    assert [PullOptions(rule).treated for rule in ("deconvnet", "guided", "gradient")] == ["held", "held", "exact"]
    assert PullOptions("gradient", gates="held").holds


def test_a_glu_is_a_gate() -> None:
    class Linear(nn.Module):
        def __init__(self, *, detached: bool) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.conv, self.last, self.detached = nn.Conv2d(2, 6, 3), nn.Conv2d(3, 2, 3), detached

        def forward(self, x: Tensor) -> Tensor:
            x = self.conv(x)
            return self.last(x[:, :3] * x[:, 3:].sigmoid().detach() if self.detached else F.glu(x, 1))

    net, image = Network.trace(Linear(detached=False).double(), SHAPE), torch.randn(1, *SHAPE, dtype=torch.float64)
    for gates in ("held", "exact"):
        found = everywhere(net, image, net.output, rule="gradient", gates=gates)
        expected = gradients(Linear(detached=gates == "held").double(), image, found)
        assert torch.allclose(found.full(), expected, rtol=1e-12, atol=1e-14)
        assert ("1 gate held constant" in str(found.report)) == (gates == "held")


def test_a_unit_within_a_gate_sees_the_whole_image_and_is_projected_through_the_gates_below_it() -> None:
    module, net, image = traced(
        lambda m, x: (y := x * m.hold(squeeze(m, x).sigmoid())) * squeeze(m, F.relu(y)).sigmoid()
    )
    names = [layer.name for layer in net.layers if layer.op == "conv2d" and layer.gates == "part"]
    assert names == ["reduce", "expand", "reduce_1", "expand_1"]
    assert all(net.layers[name].field is None and net.layers[name].exact for name in names)
    found = deconv(net, image, "expand_1:1", rule="gradient", gates="held", signal="one").full()[0]
    module.detached = True
    leaf = image.clone().requires_grad_()
    kept: list[Tensor] = []
    handle = module.expand.register_forward_hook(lambda _m, _i, out: kept.append(out))
    module(leaf)
    handle.remove()
    (expected,) = torch.autograd.grad(kept[1][0, 1, 0, 0], leaf)
    assert torch.allclose(found, expected[0], rtol=1e-12, atol=1e-14)


def test_boxes_are_small_with_gates_held_and_the_image_with_gates_exact() -> None:
    _, net, image = traced(HELD["squeeze-excite"][0])
    at = np.asarray([[4, 4]])
    assert net.boxes(net.output, at).tolist() == [[2, 2, 7, 7]]
    assert net.boxes(net.output, at, gates="exact").tolist() == [[0, 0, 9, 8]]
    asked: dict[str, Any] = {"image": [0], "channel": [1], "position": at}
    sizes: dict[Gates, tuple[int, ...]] = {}
    for gates in ("held", "exact"):
        sizes[gates] = tuple(project(net, image, net.output, gates=gates, **asked).pixels.shape[2:])
    assert sizes == {"held": (5, 5), "exact": (9, 8)}


def test_a_choice_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="gates='open' is not a choice; choose one of 'held', 'exact'"):
        PullOptions(gates="open")  # type: ignore[arg-type]


# -- architectures ----------------------------------------------------------------------------------------------------
#: How many convolutions on maps there are, all of which have a field; and what the gates' own convolutions are called.
FAMILIES = {
    "torchvision efficientnet_b0": (49, 32),
    "torchvision mobilenet_v3_small": (34, 18),
    "timm regnety_002": (44, 26),
    "timm seresnet18": (20, 16),
    "timm skresnet18": (28, 16),
    "timm gcresnext26ts": (31, 24),
    "timm ghostnet_050": (80, 14),
    "timm resnest14d": (19, 8),
}


def made(name: str, torchvision: ModuleType, timm: ModuleType) -> nn.Module:
    origin, _, model = name.partition(" ")
    torch.manual_seed(0)
    if origin == "torchvision":
        return torchvision.models.get_model(model, weights=None).eval()
    return timm.create_model(model, pretrained=False).eval()


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_every_convolution_on_a_map_has_a_field(name: str, torchvision: ModuleType, timm: ModuleType) -> None:
    net = Network.trace(made(name, torchvision, timm), (3, 64, 64), copy=False)
    convolutions = [layer for layer in net.layers if layer.op == "conv2d"]
    trunk = [layer for layer in convolutions if layer.gates != "part" and "conv_head" not in layer.name]
    parts = [layer for layer in convolutions if layer.gates == "part"]
    if "efficientnet" in name:
        trunk = [layer for layer in convolutions if layer.gates != "part"]
    assert (len(trunk), len(parts)) == FAMILIES[name]
    assert all(layer.field is not None and layer.field.exact for layer in trunk)
    # Of a gate's own convolutions those on 1x1 maps see the whole image; a local mask's are as local as it is.
    assert all(layer.field is None for layer in parts if (layer.height, layer.width) == (1, 1))


def test_a_grn_is_a_normalisation_and_no_gate(timm: ModuleType) -> None:
    """ConvNeXt-V2's product of a map with its own norms is differentiated: units above it see the whole image."""
    net = Network.trace(timm.create_model("convnextv2_atto", pretrained=False).eval(), (3, 64, 64), copy=False)
    assert not net.gated
    assert all(layer.field is None and layer.exact for layer in net.layers if layer.name == "stages.1.blocks.0.conv_dw")
    assert not any(step.op == "addcmul" and type(step).__name__ == "Step" for step in net.steps)


@pytest.mark.slow
def test_an_efficientnet_projects_as_autograd_with_its_sigmoids_detached(torchvision: ModuleType) -> None:
    torch.manual_seed(0)
    module = nets.settled(torchvision.models.efficientnet_b0(weights=None))
    net, image = Network.trace(module, (3, 64, 64)), torch.randn(1, 3, 64, 64, dtype=torch.float64)
    sigmoids = [part for part in module.modules() if isinstance(part, nn.Sigmoid)]
    assert len(sigmoids) == 16
    for part in sigmoids:
        part.register_forward_hook(lambda _m, _i, out: out.detach())
    for layer, at in (("features.2", (7, 3)), ("features.4", (2, 2))):
        leaf = image.clone().requires_grad_()
        (expected,) = torch.autograd.grad(module.features[: int(layer[-1]) + 1](leaf)[0, 3, *at], leaf)
        unit = f"{layer}:3@{at[0]},{at[1]}"
        found = deconv(net, image, unit, rule="gradient", gates="held", signal="one").full()
        assert (found - expected).abs().max() <= 1e-12 * expected.abs().max()
