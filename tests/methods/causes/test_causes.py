"""What fed a unit, against autograd through the module by hand: parts, other ways and biases, each by itself."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from convscope.errors import ShapeError, UnknownLayer, UsageError
from convscope.graph import Network, accounting
from convscope.methods.causes import CauseGraph, causes
from tests.graph import nets
from tests.graph.test_directions import coded, dictionary

SIZE = 13


class Mixed(nn.Module):
    """A skip, a concatenation of branches, batch norm, pooling of both kinds: every way round a layer that there is."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2, 4, 3, padding=1)
        self.low = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv = nn.Conv2d(4, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.left, self.right = nn.Conv2d(4, 3, 1), nn.Conv2d(4, 3, 3, padding=1)
        self.high = nn.AvgPool2d(2)
        self.last = nn.Conv2d(6, 5, 2)
        self.head = nn.Linear(5, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Every value that the accounts are about is left in `seen`."""
        self.seen: dict[str, Tensor] = {}
        keep = self.seen.setdefault
        low = keep("low", self.low(self.stem(x).relu()))
        normed = keep("norm", self.norm(self.conv(low)))
        skip = keep("relu", (low + normed).relu())
        both = torch.cat([keep("left", self.left(skip)).relu(), keep("right", self.right(skip)).relu()], 1)
        last = keep("last", self.last(keep("high", self.high(both))))
        return self.head(last.relu().mean((2, 3)))


@cache
def traced(kind: Callable[[], nn.Module], *, size: int = SIZE) -> tuple[Any, Network]:
    torch.manual_seed(0)
    module = nets.settled(kind())
    return module, Network.trace(module, (2, size, size))


def picture(seed: int = 1, *, size: int = SIZE) -> Tensor:
    return torch.randn(2, size, size, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def slopes(value: Tensor, *of: Tensor) -> list[Tensor]:
    found = torch.autograd.grad(value, of, retain_graph=True, allow_unused=True)
    return [torch.zeros_like(one) if slope is None else slope for one, slope in zip(of, found, strict=True)]


def dot(a: Tensor, b: Tensor) -> float:
    return float((a * b).detach().sum())


def bias_of(layer: nn.Module, value: Tensor) -> float:
    """The share of a layer's own numbers: the slope of its bias, times what it adds to zero."""
    added: Any = layer.bias
    (slope,) = slopes(value, added)
    if isinstance(layer, nn.BatchNorm2d):
        mean, variance = (buffer for name, buffer in layer.named_buffers() if name.startswith("running"))
        added = layer.bias - mean * layer.weight / (variance + layer.eps).sqrt()
    return dot(slope, added)


def remainders(graph: CauseGraph) -> float:
    balances = [*graph.balances, *(node.balance for node in graph.nodes if node.balance is not None)]
    return max(abs(balance.remainder) for balance in balances)


# -- literally --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", [1, 2])
def test_parts_other_ways_and_biases_are_those_of_autograd(seed: int) -> None:
    module, net = traced(Mixed)
    x = picture(seed)
    logit = module(x[None])[0, 2]
    seen = module.seen
    expected: dict[str, tuple[list[str], list[nn.Module]]] = {
        "high": ([], [module.last, module.head]),
        "right": (["relu_2"], [module.last, module.head]),
        "left": (["relu_1"], [module.right, module.last, module.head]),
        "norm": (["low"], [module.left, module.right, module.last, module.head]),
        "low": ([], [module.conv, module.norm, module.left, module.right, module.last, module.head]),
    }
    for layer, (others, biases) in expected.items():
        graph = causes(net, x, "head:2", [layer])
        (balance,) = graph.balances
        (slope,) = slopes(logit, seen[layer])
        given = (slope * seen[layer].detach())[0]
        torch.testing.assert_close(torch.from_numpy(graph.amounts[layer]), given.sum((1, 2)), rtol=1e-10, atol=1e-12)
        assert balance.parts == pytest.approx(float(given.sum()), abs=1e-11)
        assert balance.biases == pytest.approx(math.fsum(bias_of(one, logit) for one in biases), abs=1e-11)
        assert balance.amount == pytest.approx(float(logit.detach()), abs=1e-12)
        assert abs(balance.remainder) < 1e-12
        assert list(balance.others) == others
        assert graph.curved == ""


def test_biases_are_computed_and_not_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the shift of batch norm is forgotten, an account does not add up."""
    _, net = traced(Mixed)
    true = causes(net, picture(), "head:2", ["low"]).balances[0]
    shift = accounting.shift
    monkeypatch.setattr(accounting, "shift", lambda step, at: None if step.op == "batch_norm" else shift(step, at))
    less = causes(net, picture(), "head:2", ["low"]).balances[0]
    assert (less.parts, less.amount) == (true.parts, true.amount)
    assert less.remainder == pytest.approx(true.biases - less.biases, abs=1e-12)
    assert abs(less.remainder) > 1e-3


def test_what_passes_round_a_layer_is_computed_where_it_is() -> None:
    module, net = traced(Mixed)
    x = picture()
    found = {layer: causes(net, x, "head:0", [layer]).balances[0] for layer in ("norm", "left", "right")}
    logit = module(x[None])[0, 0]
    low, normed, skip, left, right = (module.seen[name] for name in ("low", "norm", "relu", "left", "right"))
    total, through = slopes(logit, low, normed)
    (back,) = torch.autograd.grad(normed, low, through, retain_graph=True)  # through the norm, which is not round it
    assert found["norm"].others["low"] == pytest.approx(dot(total - back, low), abs=1e-11)
    (given,) = slopes(logit, left)
    assert found["right"].others["relu_2"] == pytest.approx(dot(given, left.relu()), abs=1e-11)
    (back,) = torch.autograd.grad(right, skip, slopes(logit, right)[0])
    assert found["left"].others["relu_1"] == pytest.approx(dot(back, skip), abs=1e-11)


def test_each_node_s_amount_is_made_of_its_own_causes() -> None:
    module, net = traced(Mixed)
    x = picture()
    graph = causes(net, x, "head:1", ["high", "relu_1", "low"], most=4)
    assert graph.layers == ("high", "relu_1", "low")
    assert [len(graph.of(layer)) for layer in graph.layers] == [4, 4, 4]
    assert remainders(graph) < 1e-12
    logit = module(x[None])[0, 1]
    high, skip = module.seen["high"], module.seen["relu"]
    (slope,) = slopes(logit, high)
    for node in graph.of("high"):
        mine = torch.zeros_like(slope)
        mine[:, node.unit.channel] = slope[:, node.unit.channel]
        assert node.amount == pytest.approx(dot(mine, high), abs=1e-11)
        assert node.unit.position is not None
        assert node.value == pytest.approx(float(high.detach()[0, node.unit.channel][node.unit.position]), rel=1e-12)
        (below,) = torch.autograd.grad(high, skip, mine, retain_graph=True)
        number = graph.nodes.index(node)
        given = {graph.nodes[e.cause].unit.channel: e.amount for e in graph.edges if e.effect == number}
        assert node.balance is not None
        assert node.balance.parts == pytest.approx(dot(below, skip), abs=1e-11)
        for channel, amount in given.items():
            assert amount == pytest.approx(dot(below[0, channel], skip[0, channel]), abs=1e-11)


def test_positions_may_stand_for_themselves() -> None:
    module, net = traced(Mixed)
    x = picture()
    graph = causes(net, x, "last:1@0,0", ["relu_1", "low"], most=3, nodes="positions")
    assert remainders(graph) < 1e-12
    value = (module(x[None]), module.seen["last"][0, 1, 0, 0])[1]
    (slope,) = slopes(value, module.seen["relu"])
    given = (slope * module.seen["relu"].detach())[0]
    order = given.flatten().abs().argsort(descending=True)[:3]
    assert [node.amount for node in graph.of("relu_1")] == pytest.approx(given.flatten()[order].tolist(), abs=1e-12)
    for node in graph.of("relu_1"):
        assert node.unit.position is not None
        assert node.amount == pytest.approx(float(given[node.unit.channel][node.unit.position]), abs=1e-12)


def test_the_causes_of_a_difference_are_the_differences_of_the_causes() -> None:
    _, net = traced(Mixed)
    x = picture()
    both = causes(net, x, "head:2-0", ["high"])
    one, other = (causes(net, x, f"head:{channel}", ["high"]) for channel in (2, 0))
    assert both.value == pytest.approx(one.value - other.value, abs=1e-12)
    expected = torch.from_numpy(one.amounts["high"] - other.amounts["high"])
    torch.testing.assert_close(torch.from_numpy(both.amounts["high"]), expected, rtol=1e-11, atol=1e-12)
    assert both.balances[0].biases == pytest.approx(one.balances[0].biases - other.balances[0].biases, abs=1e-12)


# -- other operations -------------------------------------------------------------------------------------------------
class Every(nn.Module):
    """A body between a stem and a head."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.stem, self.body, self.head = nn.Conv2d(2, 4, 3), body, nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(self.stem(x)).flatten(2).mean(2))


class Gated(nn.Module):
    """Squeeze and excitation."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Conv2d(4, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x.relu() * torch.sigmoid(self.one(x.mean((2, 3), keepdim=True)))


class Unit4(nn.Module):
    """Vectors of length one at every position."""

    def forward(self, x: Tensor) -> Tensor:
        return x / (x.square().sum(1, keepdim=True) + 1e-3).sqrt().expand_as(x)


STRAIGHT: dict[str, Callable[[], nn.Module]] = {
    "relu6": lambda: nn.Sequential(nn.ReLU6(), nn.Conv2d(4, 4, 1)),
    "clamp": lambda: nets.Lambda(lambda x: (8 * x).clamp(-0.5, 0.7)),
    "hardtanh": lambda: nn.Hardtanh(-0.3, 0.2),
    "leaky": lambda: nn.LeakyReLU(0.2),
    "prelu": lambda: nn.PReLU(4),
    "spelled": lambda: nets.Lambda(lambda x: x * (x > 0)),
    "adaptive": lambda: nn.Sequential(nn.AdaptiveMaxPool2d(3), nn.AdaptiveAvgPool2d(2)),
    "constants": lambda: nets.Lambda(lambda x: 3 - 2 * x + 1),
    "padding": lambda: nn.Sequential(nn.ConstantPad2d(1, 0.7), nn.Conv2d(4, 4, 3), nn.ReLU()),
    "transposed": lambda: nn.Sequential(nn.ConvTranspose2d(4, 4, 3, stride=2), nn.ReLU()),
    "upsampled": lambda: nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear"), nn.ReLU()),
    "gate": Gated,
    "response": lambda: nn.LocalResponseNorm(3, alpha=0.5, k=1.5),
    "group": lambda: nn.Sequential(nn.GroupNorm(2, 4), nn.ReLU()),
    "instance": lambda: nn.Sequential(nn.InstanceNorm2d(4, affine=True), nn.ReLU()),
    "quotient": Unit4,
    "largest": lambda: nets.Lambda(lambda x: torch.maximum(x, x.flip(1)) + x.amax((2, 3), keepdim=True)),
    "grouped": lambda: nn.Sequential(nn.Conv2d(4, 4, 3, groups=2), nn.ReLU(), nn.Conv2d(4, 4, 2, dilation=2)),
}


@pytest.mark.parametrize("name", STRAIGHT)
def test_what_is_straight_adds_up(name: str) -> None:
    _, net = traced(lambda: Every(STRAIGHT[name]()), size=9)
    with torch.no_grad():
        graph = causes(net, picture(size=9), "head:1", ["stem"])
    assert graph.curved == ""
    assert remainders(graph) < 1e-11
    assert abs(graph.balances[0].parts) > 1e-3


@pytest.mark.parametrize(("body", "said"), [(nn.GELU, "1 gelu"), (nn.Softmax2d, "1 softmax")])
def test_of_what_is_curved_the_remainder_is_told(body: type[nn.Module], said: str) -> None:
    _, net = traced(lambda: Every(body()), size=9)
    graph = causes(net, picture(size=9), "head:1", ["stem"])
    assert graph.curved == said
    assert abs(graph.balances[0].remainder) > 1e-6
    assert graph.balances[0].to_json()["remainder"] == graph.balances[0].remainder


# -- planted ----------------------------------------------------------------------------------------------------------
def test_a_detector_that_two_units_feed_has_exactly_these_as_causes() -> None:
    torch.manual_seed(0)
    layers = nn.Sequential(
        nn.Conv2d(2, 6, 3),
        nn.ReLU(),
        nn.Conv2d(6, 5, 3),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(5, 3),
    ).double()
    weight = layers[2].weight.data.zero_()  # type: ignore[operator, union-attr]
    weight[3, 1], weight[3, 4] = 1.0, 0.5
    layers[6].weight.data[2] = torch.tensor([0.0, 0, 0, 2, 0])  # type: ignore[operator, union-attr]
    net = Network.trace(layers, (2, SIZE, SIZE))
    x = picture()
    unit = causes(net, x, "3:3", ["1"])
    assert [node.unit.channel for node in sorted(unit.of("1"), key=lambda n: n.unit)] == [1, 4]
    logit = causes(net, x, "6:2", ["3", "1"])
    assert [node.unit.channel for node in logit.of("3")] == [3]
    assert {node.unit.channel for node in logit.of("1")} == {1, 4}
    assert len(logit.edges) == 3
    assert logit.of("3")[0].amount == pytest.approx(2 * float(net.run(x[None], ["3"])["3"][0, 3].mean()), abs=1e-12)


def test_a_unit_that_is_silent_has_no_causes() -> None:
    layers = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Conv2d(3, 3, 3), nn.ReLU()).double()
    layers[1].bias.data.fill_(-1e6)  # type: ignore[operator, union-attr]
    graph = causes(Network.trace(layers, (2, 9, 9)), picture(size=9), "2:0", ["0"])
    assert (graph.value, len(graph.nodes), graph.edges) == (0.0, 1, ())
    assert graph.balances[0].to_json()["biases"] == 0


def test_below_units_that_nothing_feeds_the_accounts_go_on() -> None:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Conv2d(3, 3, 3), nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(98, 1))
    weight, bias = (layers.double()[2].get_parameter(name).data for name in ("weight", "bias"))
    weight[0], bias[0] = 0.0, 1e3  # the strongest is a constant
    net, x = Network.trace(layers, (2, SIZE, SIZE)), picture()
    graph = causes(net, x, "4:0", ["2", "1", "0"], most=1)
    assert [str(node.unit).partition("@")[0] for node in graph.nodes] == ["4:0", "2:0"]
    assert [balance.layer for balance in graph.balances] == list(graph.amounts) == ["2", "1", "0"]
    assert remainders(graph) < 1e-9
    assert graph.amounts["0"] == pytest.approx(causes(net, x, "4:0", ["0"]).amounts["0"], abs=1e-12)


# -- asking -----------------------------------------------------------------------------------------------------------
def test_layers_are_chosen_and_put_in_order() -> None:
    _, net = traced(Mixed)
    graph = causes(net, picture(), "head:0")
    numbers = [net.index_of(layer) for layer in graph.layers]
    assert 0 < len(numbers) <= 3
    assert numbers == sorted(numbers, reverse=True)
    assert causes(net, picture(), "head:0", ["low", "high"]).layers == ("high", "low")


def test_the_strongest_position_is_taken() -> None:
    _, net = traced(Mixed)
    maps = net.run(picture()[None], ["last"])["last"][0]
    graph = causes(net, picture(), "last:2", ["relu_1"])
    assert maps[2][graph.unit.position] == maps[2].max() == graph.value


def test_questions_that_make_no_sense_are_refused() -> None:
    _, net = traced(Mixed)
    x = picture()
    for layers, message in (
        (["head"], "layer 'head' does not feed 'head'"),
        (["left", "right"], "layer 'left' does not feed 'right'"),
        ([], "one name or more"),
        ("low", "one name or more"),
    ):
        with pytest.raises(UsageError, match=message):
            causes(net, x, "head:0", layers)
    with pytest.raises(UsageError, match="is the first layer"):
        causes(net, x, "stem:0")
    with pytest.raises(UsageError, match="most=0"):
        causes(net, x, "head:0", most=0)
    with pytest.raises(UnknownLayer, match="nowhere"):
        causes(net, x, "head:0", ["nowhere"])
    with pytest.raises(ShapeError, match="one image"):
        causes(net, x[None], "head:0")


def test_a_graph_is_json() -> None:
    _, net = traced(Mixed)
    graph = causes(net, picture(), "head:0-1", ["high", "low"], most=2)
    document = json.loads(json.dumps(graph.to_json()))
    assert document["unit"] == "head:0-1"
    assert [node["unit"] for node in document["nodes"]] == [str(node.unit) for node in graph.nodes]
    assert document["nodes"][-1]["balance"] is None
    assert {edge["effect"] for edge in document["edges"]} == {0, 1, 2}


# -- directions -------------------------------------------------------------------------------------------------------
def test_what_directions_give_is_their_code_times_the_slope_along_them_and_the_rest_goes_round() -> None:
    module, plain = traced(Mixed)
    made = dictionary("relu_1", channels=4)
    net, x = plain.with_directions(made), picture()
    logit, seen = module(x[None])[0, 2], module.seen
    (slope,) = slopes(logit, seen["relu"])
    code, decoder = coded(made, seen["relu"].detach()), torch.from_numpy(made.decoder).double()
    expected = (torch.einsum("nchw,dc->ndhw", slope, decoder) * code)[0].sum((1, 2))
    graph = causes(net, x, "head:2", ["relu_1~d", "low"], most=3)
    torch.testing.assert_close(torch.from_numpy(graph.amounts["relu_1~d"]), expected.detach(), rtol=0, atol=1e-12)
    first = graph.balances[0]
    told = torch.einsum("ndhw,dc->nchw", code, decoder) + torch.from_numpy(made.offset).double()[:, None, None]
    assert set(first.others) == {"relu_1~d.rest"}
    assert first.others["relu_1~d.rest"] == pytest.approx(dot(slope, seen["relu"] - told), abs=1e-12)
    assert remainders(graph) < 1e-12
    assert graph.curved == ""
    past = causes(plain, x, "head:2", ["low"])
    torch.testing.assert_close(*(torch.from_numpy(one.amounts["low"]) for one in (graph, past)), rtol=0, atol=1e-12)


def test_what_feeds_a_direction_is_what_feeds_a_unit() -> None:
    module, plain = traced(Mixed)
    made = dictionary("relu_1", channels=4)
    net, x = plain.with_directions(made), picture()
    module(x[None])
    code = coded(made, module.seen["relu"].detach())[0]
    direction = int(code.flatten(1).max(1).values.argmax())
    graph = causes(net, x, f"relu_1~d:{direction}", ["relu_1", "low"])
    at = graph.unit.position
    assert at is not None
    assert graph.value == pytest.approx(float(code[(direction, *at)]))
    given = torch.from_numpy(made.encoder[direction]).double() * module.seen["relu"][0, :, *at].detach()
    torch.testing.assert_close(torch.from_numpy(graph.amounts["relu_1"]), given, rtol=0, atol=1e-12)
    assert remainders(graph) < 1e-12
