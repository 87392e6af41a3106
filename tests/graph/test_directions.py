"""Directions attached to a layer: the step of the strongest, its motions, and the network with and through them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from convscope.errors import UnknownLayer, UsageError
from convscope.graph import Dictionary, Network, PullOptions
from convscope.graph.boxes import Signal
from convscope.graph.pulling import Context
from convscope.graph.steps.strongest import Strongest, strongest
from convscope.methods.deconv import deconv
from tests.graph import nets
from tests.graph.test_focusing import check as check_positions
from tests.graph.test_pushing import edited, every_box, push_all
from tests.graph.test_steps import check_adjoint

SHAPE = (2, 11, 12)
CHANNELS, COUNT = 6, 9


class Module(nn.Module):
    """Two convolutions, of which the first is read by a pooling and by a skip."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.relu = nn.Conv2d(2, CHANNELS, 3, padding=1), nn.ReLU()
        self.pool, self.second = nn.MaxPool2d(2), nn.Conv2d(CHANNELS, 5, 3)
        self.head = nn.Linear(5 + CHANNELS, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.first(x))
        y = self.second(self.pool(x)).relu()
        return self.head(torch.cat([y.mean((2, 3)), x.mean((2, 3))], 1))


class LastChannels(nn.Module):
    """A map whose channels come last."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm, self.head = nn.Conv2d(2, CHANNELS, 3), nn.LayerNorm(CHANNELS), nn.Linear(CHANNELS, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.norm(self.first(x).permute(0, 2, 3, 1))).mean((1, 2))


def dictionary(
    layer: str = "relu", kind: str = "sae", active: int | None = 3, *, channels: int = CHANNELS
) -> Dictionary:
    draw = np.random.default_rng(1)
    encoder, decoder = draw.normal(size=(2, COUNT, channels)).astype(np.float32)
    decoder /= np.linalg.norm(decoder, axis=1, keepdims=True)
    bias, offset = draw.normal(size=COUNT).astype(np.float32), draw.normal(size=channels).astype(np.float32)
    made: Any = kind
    return Dictionary("d", layer, made, encoder, bias, decoder, offset, active)


@cache
def traced(kind: Callable[[], nn.Module] = Module) -> tuple[nn.Module, Network]:
    torch.manual_seed(0)
    module = nets.settled(kind())
    return module, Network.trace(module, SHAPE, name="small")


KINDS = {"topk": ("sae", 3), "relu": ("sae", None), "factors": ("nmf", 2), "components": ("pca", None)}


@cache
def attached(name: str) -> tuple[Dictionary, Network]:
    made = dictionary("relu", *KINDS[name])
    return made, traced()[1].with_directions(made)


def coded(made: Dictionary, x: Tensor) -> Tensor:
    """The code (n, d, h, w) of maps (n, c, h, w): position by position, the strongest found by sorting."""
    encoder, bias = torch.from_numpy(made.encoder).to(x), torch.from_numpy(made.bias).to(x)
    out = torch.zeros(len(x), len(made), *x.shape[2:], dtype=x.dtype)
    for n in range(len(x)):
        for y in range(x.shape[2]):
            for at in range(x.shape[3]):
                linear = encoder @ x[n, :, y, at] + bias
                if made.kind == "pca":
                    out[n, :, y, at] = linear
                    continue
                order = sorted(range(len(made)), key=lambda j: -float(linear[j]))
                for j in order[: made.active or len(made)]:
                    out[n, j, y, at] = max(float(linear[j]), 0.0)
    return out


def pictures(count: int = 2, seed: int = 3) -> Tensor:
    return torch.randn(count, *SHAPE, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


# -- the step ---------------------------------------------------------------------------------------------------------
def test_what_is_equal_to_the_last_that_stays_stays_too() -> None:
    x = torch.tensor([[2.0, 5.0, 2.0, -1.0, 2.0], [-3.0, -1.0, -2.0, -5.0, -4.0]])
    assert strongest(x, 2, 1).tolist() == [[2, 5, 2, 0, 2], [0, 0, 0, 0, 0]]
    assert strongest(x, 9, 1).tolist() == x.relu().tolist()


def test_what_is_no_number_is_not_hidden() -> None:
    found = strongest(torch.tensor([[torch.nan, 3.0, 1.0, 2.0]]), 2, 1)
    assert found[0, 0].isnan()
    assert found[0, 1] == 3


@pytest.mark.parametrize("name", KINDS)
def test_directions_are_what_they_are_said_to_be_position_by_position(name: str) -> None:
    made, net = attached(name)
    images = pictures()
    maps = net.run(images, ["relu", "relu~d"])
    torch.testing.assert_close(maps["relu~d"], coded(made, maps["relu"]), rtol=0, atol=1e-12)
    if name == "topk":
        assert ((maps["relu~d"] > 0).sum(1) <= 3).all()
        assert isinstance(net.steps[net.index_of("relu~d") - 1], Strongest)


@pytest.mark.parametrize("name", KINDS)
def test_signals_go_back_by_the_adjoint_on_any_box(name: str) -> None:
    _, net = attached(name)
    for step in net.steps:
        if step.name.startswith("relu~"):
            check_adjoint(net, step, pictures(seed=5))


def test_changes_are_those_of_the_edited_image() -> None:
    for name in ("topk", "relu"):
        _, net = attached(name)
        images, covers = torch.randn(2, 1, *SHAPE, dtype=torch.float64)
        boxes = every_box(*SHAPE[1:], [(1, 1), (4, 5)])
        found, _ = push_all(net, images, boxes, covers, tiles=2)
        expected = net.run_values(edited(images, np.zeros(len(boxes), np.int64), boxes, covers), set(found))
        for index, value in found.items():
            torch.testing.assert_close(value, expected[index], atol=1e-12, rtol=0, msg=net.steps[index - 1].name)
        assert net.index_of("relu~d") in found


def test_positions_are_those_of_the_whole_image_from_boxes_alone() -> None:
    for name in KINDS:
        check_positions(attached(name)[1])


class _Positive(torch.autograd.Function):
    """A ReLU to which signals are rectified: the deconvnet's, or guided."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, made: Tensor, guided: bool) -> Tensor:
        ctx.guided, ctx.mask = guided, made > 0
        return made

    @staticmethod
    def backward(ctx: Any, *arrived: Any) -> Any:
        kept = arrived[0].clamp(min=0)
        return kept * ctx.mask if ctx.guided else kept, None, None


@pytest.mark.parametrize("rule", ["gradient", "deconvnet", "guided"])
@pytest.mark.parametrize("name", ["topk", "relu"])
def test_projections_are_those_of_autograd(name: str, rule: Any) -> None:
    made, net = attached(name)
    module: Any = traced()[0]
    image = pictures(1).requires_grad_()

    def bent(x: Tensor, y: Tensor) -> Tensor:
        return y if rule == "gradient" else _Positive.apply(x, y.detach(), rule == "guided")

    linear = module.first(image)
    layer = bent(linear, linear.relu())
    encoder, bias = torch.from_numpy(made.encoder).double(), torch.from_numpy(made.bias).double()
    before = torch.einsum("dc,nchw->ndhw", encoder, layer) + bias[:, None, None]
    least = before.sort(1, descending=True).values[:, (made.active or COUNT) - 1 :][:, :1]
    code = bent(before, torch.where(before >= least, before, 0.0).clamp(min=0))
    for channel in range(COUNT):
        flat = int(code[0, channel].argmax())
        value = code[0, channel].flatten()[flat]
        if not value.detach():
            continue
        (expected,) = torch.autograd.grad(value, image, retain_graph=True)
        found = deconv(net, image.detach(), f"relu~d:{channel}", rule=rule)
        torch.testing.assert_close(found.full(), value.detach() * expected, rtol=0, atol=1e-12)


def test_a_signal_that_nothing_was_strongest_for_is_stopped_by_the_gradient_and_not_by_the_deconvnet() -> None:
    _, net = attached("topk")
    step = net.steps[net.index_of("relu~d") - 1]
    kept = net.run_values(pictures(1), {step.index, *step.inputs})
    off = kept[step.index][0, :, 4, 4] == 0
    signal = torch.ones(1, COUNT, 1, 1, dtype=torch.float64)
    for rule, passed in (("gradient", ~off), ("deconvnet", torch.ones(COUNT, dtype=torch.bool)), ("guided", ~off)):
        options: Any = PullOptions(rule=rule)  # type: ignore[arg-type]
        context = Context(options, kept, net.values, torch.zeros(1, dtype=torch.long))
        found = step.pull(Signal(signal.clone(), np.array([[4, 4]])), context)[0].tensor.flatten()
        assert (found == passed.double()).all(), rule
    assert 0 < int(off.sum()) < COUNT


# -- the network ------------------------------------------------------------------------------------------------------
def test_what_was_there_is_as_it_was() -> None:
    _, net = traced()
    _, more = attached("topk")
    images = pictures()
    before, after = net.run(images, net.layers.names), more.run(images, net.layers.names)
    assert all(torch.equal(before[name], after[name]) for name in net.layers.names)
    assert (more.output, more.head, more.meaning) == (net.output, net.head, net.meaning)
    assert [n for n in more.layers.names if "~" not in n] == list(net.layers.names)
    own = more.layers.names.index("relu")
    assert more.layers.names[own + 1 : own + 3] == ("relu~d.conv2d", "relu~d")
    assert more.layers["relu~d"].field == more.layers["relu"].field
    assert (more.directions, net.directions) == (("relu~d",), ())
    assert str(more.unit("relu~d:8@3,2")) == "relu~d:8@3,2"
    assert more.layers.stages() == ("relu", "relu~d", *net.layers.stages()[1:])
    made = replace(dictionary(), layer="first")  # which is no stage
    assert net.with_directions(made).layers.stages() == ("first", "first~d", *net.layers.stages())


def test_with_directions_it_is_another_network_and_knows_what_it_was() -> None:
    _, net = traced()
    made, more = attached("topk")
    assert more.fingerprint != net.fingerprint
    other = net.with_directions(replace(made, decoder=-made.decoder))
    assert other.fingerprint != more.fingerprint
    assert more.plain_fingerprint == net.plain_fingerprint == net.to(dtype=torch.float32).fingerprint
    again = replace(made, name="again", network=net.plain_fingerprint)
    assert more.with_directions(again).directions == ("relu~d", "relu~again")
    assert net.to(dtype=torch.float32).with_directions(again).directions == ("relu~again",)


def test_it_moves_as_one() -> None:
    _, more = attached("topk")
    single = more.to(dtype=torch.float32)
    through = single.through(["relu~d"])
    assert {tensor.dtype for tensor in through.program.constants()} == {torch.float32}
    images = pictures()
    torch.testing.assert_close(
        through.run(images.float())[single.output], more.run(images)[more.output].float(), rtol=1e-4, atol=1e-5
    )


def test_maps_with_channels_last_and_vectors_have_directions_too() -> None:
    _, net = traced(LastChannels)
    images = pictures()
    for layer, channels in (("norm", CHANNELS), ("mean", 4)):
        made = dictionary(layer, channels=channels)
        more = net.with_directions(made)
        maps = more.run(images, [layer, f"{layer}~d"])
        flat = [m if m.dim() == 4 else m[:, :, None, None] for m in (maps[layer], maps[f"{layer}~d"])]
        torch.testing.assert_close(flat[1], coded(made, flat[0]), rtol=0, atol=1e-12)
        for step in more.steps:
            if "~" in step.name:
                check_adjoint(more, step, images)
    check_positions(net.with_directions(dictionary("norm")))


# -- through them -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", KINDS)
def test_through_its_directions_it_gives_the_same_answers(name: str) -> None:
    _, more = attached(name)
    through, images = more.through(["relu~d"]), pictures()
    torch.testing.assert_close(through.run(images), more.run(images), rtol=0, atol=1e-12)
    names = [name for name in more.layers.names if name != "relu~d.conv2d"]
    there, here = through.run(images, names), more.run(images, names)
    for layer in names:
        torch.testing.assert_close(there[layer], here[layer], rtol=0, atol=1e-12, msg=layer)
    assert more.through(["relu~d", "relu"]) is through
    assert more.through(["relu"]) is more


def test_gradients_through_them_are_those_past_them() -> None:
    _, more = attached("topk")
    for rule in ("gradient", "deconvnet"):
        options: Any = {"rule": rule}
        for unit in ("head:2", "second:1"):
            there = deconv(more.through(["relu~d"]), pictures(1), unit, **options).full()
            torch.testing.assert_close(there, deconv(more, pictures(1), unit, **options).full(), rtol=0, atol=1e-12)


def test_directions_of_one_layer_are_gone_through_one_set_after_the_other() -> None:
    made, more = attached("topk")
    both = more.with_directions(replace(made, name="e"))
    with pytest.raises(UsageError, match=r"relu~d and relu~e are directions of one layer"):
        both.through(["relu~d", "relu~e"])
    images = pictures()
    torch.testing.assert_close(both.through(["relu~e"]).run(images), both.run(images), rtol=0, atol=1e-12)


# -- what does not fit ------------------------------------------------------------------------------------------------
def test_what_does_not_fit_is_refused_by_its_name() -> None:
    _, net = traced()
    made, more = attached("topk")
    with pytest.raises(UsageError, match=r"'second~d' are directions in 6 channels, and layer 'second' .* has 5"):
        net.with_directions(replace(made, layer="second"))
    with pytest.raises(UnknownLayer, match="of another network: small has no layer 'relus'"):
        net.with_directions(replace(made, layer="relus"))
    with pytest.raises(UsageError, match="there is a layer 'relu~d' already"):
        more.with_directions(made)
    with pytest.raises(UsageError, match="'relu~d' was learned on another network than small"):
        net.with_directions(replace(made, network="0" * 64))
    with pytest.raises(UnknownLayer, match=r"layer 'relu~d' has 9 units, 0 to 8"):
        more.unit("relu~d:9")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "a~b"}, "a dictionary's name is letters"),
        ({"name": ""}, "a dictionary's name is letters"),
        ({"name": "x" * 65}, "a dictionary's name is letters"),
        ({"layer": "relu~d"}, "is no layer that a dictionary can be of"),
        ({"layer": ""}, "is no layer that a dictionary can be of"),
        ({"kind": "ica"}, "kind='ica' is not a choice"),
        ({"active": 0}, "of 9 directions 1 to 9 can be active"),
        ({"active": 10}, "of 9 directions 1 to 9 can be active"),
        ({"kind": "pca"}, "all principal components are active"),
        ({"bias": np.zeros(8, np.float32)}, r"bias has the shape \(8,\), and \(9,\) fits"),
        ({"offset": np.zeros(9, np.float32)}, r"offset has the shape \(9,\)"),
        ({"decoder": np.zeros((6, 9), np.float32)}, r"decoder has the shape \(6, 9\)"),
        ({"encoder": np.zeros(9, np.float32)}, r"encoder has the shape \(9,\)"),
        ({"encoder": np.zeros((0, 6), np.float32)}, r"encoder has the shape \(0, 6\)"),
        ({"bias": np.zeros(9)}, "a dictionary is arrays of float32"),
        ({"bias": np.full(9, np.nan, np.float32)}, "bias: not all numbers are finite"),
    ],
)
def test_a_dictionary_says_what_is_wrong_with_it(change: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        replace(dictionary(), **change)


def test_the_nearest_units_are_those_of_the_largest_part() -> None:
    decoder = np.array([[0.1, -0.9, 0.3], [0, 0.6, 0.8]], np.float32)
    made = Dictionary("d", "x", "sae", decoder, np.zeros(2, np.float32), decoder, np.zeros(3, np.float32))
    assert [[unit for unit, _ in one] for one in made.nearest(2)] == [[1, 2], [2, 1]]
    assert made.nearest(1)[0][0][1] == pytest.approx(-0.9)
