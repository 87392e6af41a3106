"""Activations by behaviour: every spelling is carried back through as the function it computes, and nothing else is."""

from __future__ import annotations

import io
import time
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks._models import torchvision_models
from benchmarks._oracles import NodeOracle
from benchmarks._spellings import SPELLINGS, Spelling
from convscope.graph import Network
from convscope.graph.options import Rule, Smooth
from convscope.graph.steps.normalisation import BatchNorm
from convscope.graph.steps.pointwise import Rectifier
from convscope.methods.deconv import deconv
from convscope.methods.occlusion import occlude
from tests.graph import nets

SHAPE = (3, 13, 12)
CHOICES: list[tuple[Rule, Smooth]] = [
    ("deconvnet", "rectify"),
    ("deconvnet", "gradient"),
    ("guided", "rectify"),
    ("gradient", "rectify"),
]


class Twice(nn.Module):
    """A convolution, a batch norm and the activation, a convolution and the activation, the mean over positions."""

    def __init__(self, activation: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.c, self.norm, self.d = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Conv2d(8, 6, 3, 2)
        self.activation = activation
        nets.settled(self)

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.d(self.activation(self.norm(self.c(x))))).mean((2, 3))


def image(shape: tuple[int, int, int] = SHAPE) -> Tensor:
    return torch.randn(1, *shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 2


def expected(spelling: Spelling, rule: Rule, smooth: Smooth, x: Tensor, unit: int) -> Tensor:
    leaf = x.clone().requires_grad_()
    (found,) = torch.autograd.grad(Twice(spelling.ruled(rule, smooth))(leaf)[0, unit], leaf)
    return found


@cache
def traced(spelling: Spelling) -> Network:
    """The network of a spelling; traced once."""
    return Network.trace(Twice(spelling.written), SHAPE)


@cache
def traced_plain(name: str) -> Network:
    """The network of PyTorch's own function of an activation."""
    return Network.trace(Twice(next(s.plain for s in SPELLINGS if s.name == name)), SHAPE)


def by_text(spelling: Spelling) -> str:
    return spelling.text


def values_are_maps(net: Network, *numbers: int) -> bool:
    return all(net.values[number].layout is not None for number in numbers)


def standing(net: Network) -> Counter[str]:
    """The activations that stand for steps, by name."""
    return Counter(step.op for step in net.activations.values() if not step.unnamed)


# -- what is known ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("spelling", SPELLINGS, ids=by_text)
def test_a_spelling_is_carried_back_through_as_what_it_computes(spelling: Spelling) -> None:
    net, x = traced(spelling), image()
    for rule, smooth in CHOICES:
        found = deconv(net, x, f"{net.output}:1", rule=rule, smooth=smooth, signal="one")
        reference = expected(spelling, rule, smooth, x, 1)
        assert torch.allclose(found.full(), reference, rtol=1e-10, atol=1e-14), (rule, smooth)
        assert reference.any()


@pytest.mark.parametrize("spelling", SPELLINGS, ids=by_text)
def test_the_report_names_what_was_done(spelling: Spelling) -> None:
    net = traced(spelling)
    said = {"rectifier": "rectified", "smooth": "rectified (not a ReLU)", "derivative": "by derivative"}[spelling.kind]
    assert str(deconv(net, image(), f"{net.output}:1", signal="one").report) == f"2 {spelling.name} {said}"


@pytest.mark.parametrize("spelling", SPELLINGS, ids=by_text)
def test_running_keeps_the_makers_own_operations(spelling: Spelling) -> None:
    net = traced(spelling).to(dtype=torch.float32)
    names = {step.index: step.name for step in net.steps}
    for made, step in net.activations.items():
        if values_are_maps(net, made, step.inputs[0]) and not step.unnamed and step.op == spelling.name:
            given, found = net.run(image().float(), [names[step.inputs[0]], names[made]]).values()
            assert torch.equal(found, spelling.written(given.clone()))
    assert not {type(step) for step in net.steps} & {Rectifier}


@pytest.mark.parametrize("spelling", SPELLINGS, ids=by_text)
def test_a_batch_norm_before_an_activation_stays_a_step(spelling: Spelling) -> None:
    net = traced(spelling)
    steps = net.cone(net.output)
    assert [step.op for step in steps[:5]] == ["conv2d", "batch_norm", spelling.name, "conv2d", spelling.name]
    assert isinstance(steps[1], BatchNorm)
    assert steps[2].inputs == (steps[1].index,)


@pytest.mark.parametrize("spelling", SPELLINGS, ids=by_text)
def test_fields_go_through_a_spelling_as_through_the_function(spelling: Spelling) -> None:
    assert traced(spelling).layers["d"].field == traced_plain("relu").layers["d"].field


@pytest.mark.parametrize("spelling", [s for s in SPELLINGS if s.name in ("relu", "hardswish", "gelu")], ids=by_text)
def test_pushing_through_a_spelling_is_exact(spelling: Spelling) -> None:
    nets_of_both = traced(spelling), traced_plain(spelling.name)
    # Of GELU's two forms the plain network has one.
    found, reference = (occlude(net, image(), size=4, stride=4, layer="d") for net in nets_of_both)
    precision = 1e-2 if "tanh" in spelling.text else 1e-6
    assert np.allclose(found.covered.activations, reference.covered.activations, rtol=precision)


def test_default_layers_end_in_spelled_activations_too() -> None:
    written, plain = (Network.trace(Twice(f), SHAPE) for f in (lambda x: x * (x > 0), F.relu))
    assert [written.layers[name].shape for name in written.layers.stages()] == [
        plain.layers[name].shape for name in plain.layers.stages()
    ]
    assert written.layers.stages() == ("mul", "mul_1")


def test_a_spelling_by_a_function_whose_derivative_pytorch_rounds() -> None:
    # 1/6 is in float32 there, in float64 as well (torch 2.13): equal to no more than 6e-8.
    assert standing(Network.trace(Twice(lambda x: x * F.hardsigmoid(x)), SHAPE)) == {"hardswish": 2}


def test_a_step_times_what_it_was_made_of_is_rectification() -> None:
    net = Network.trace(nets.Lambda(lambda x: x * torch.heaviside(x, torch.zeros(1))), SHAPE)
    assert standing(net) == {"relu": 1}, "heaviside alone has no derivative for PyTorch, and is written as a choice"


def test_constants_of_every_channel_are_its_own() -> None:
    def prelu(x: Tensor) -> Tensor:
        slopes = torch.linspace(-0.2, 0.5, x.shape[1], dtype=x.dtype).reshape(-1, 1, 1)
        return torch.where(x > 0, x, slopes * x)

    assert standing(Network.trace(Twice(prelu), SHAPE)) == {}, "a slope below zero is none of a known activation"


def test_a_spelling_in_float32_and_float16_is_known() -> None:
    net = Network.trace(Twice(lambda x: torch.max(x, 0.1 * x)), SHAPE)
    for dtype in (torch.float32, torch.float16):
        assert standing(net.to(dtype=dtype)) == {"leaky_relu": 2}


def test_tokens_and_vectors_have_activations_too() -> None:
    class Mixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.patch, self.mix, self.head = nn.Conv2d(2, 4, 3, 3), nn.Linear(4, 4), nn.Linear(4, 3)

        def forward(self, x: Tensor) -> Tensor:
            x = self.mix(self.patch(x).flatten(2).transpose(1, 2))
            x = (x * torch.sigmoid(x)).mean(1)
            return self.head(torch.where(x > 0, x, 0.0))

    assert standing(Network.trace(Mixed().eval(), (2, 9, 9))) == {"silu": 1, "relu": 1}


@pytest.mark.filterwarnings("ignore:The given buffer is not writable:UserWarning")  # of torch 2.9's own reader
def test_an_exported_file_is_read_for_what_it_computes(tmp_path: Any) -> None:
    module = Twice(lambda x: torch.where(x > 0, x, torch.tensor(0.0, dtype=x.dtype)))
    batch = torch.export.Dim("batch", min=1, max=64)
    program = torch.export.export(module, (image().repeat(2, 1, 1, 1),), dynamic_shapes=({0: batch},))
    stored = io.BytesIO()
    torch.export.save(program, stored)
    stored.seek(0)
    net = Network.from_export(torch.export.load(stored))
    assert standing(net) == {"relu": 2}


def test_looking_for_activations_takes_little_time() -> None:
    class Deep(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convolutions = nn.ModuleList(nn.Conv2d(8, 8, 3, padding=1) for _ in range(20))
            self.norms = nn.ModuleList(nn.BatchNorm2d(8) for _ in range(20))

        def forward(self, x: Tensor) -> Tensor:
            x = x.repeat(1, 4, 1, 1)
            for number, (conv, norm) in enumerate(zip(self.convolutions, self.norms, strict=True)):
                y = norm(conv(x))
                x = x + (y * torch.sigmoid(y) if number % 2 else y * F.relu6(y + 3) / 6)
            return x

    net = Network.trace(Deep().eval(), (2, 16, 16))
    start = time.perf_counter()
    found = standing(net)
    assert time.perf_counter() - start < 2, "a hundredth of that on a calm machine"
    assert (found["silu"], found["hardswish"]) == (10, 10)


# -- what must not be taken for one, nor swallowed --------------------------------------------------------------------
class Around(nn.Module):
    """A convolution, a function of its map, and another convolution."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.c = nn.Conv2d(3, 8, 3, padding=1)
        self.function = function
        with torch.no_grad():
            self.d = nn.Conv2d(function(self.c(image().float())).shape[1], 4, 3)
        self.double().eval()

    def forward(self, x: Tensor) -> Tensor:
        return self.d(self.function(self.c(x)))


def _glu(x: Tensor) -> Tensor:
    a, b = x.chunk(2, 1)
    return a * torch.sigmoid(b)


def _squeezed(x: Tensor) -> Tensor:
    return x * torch.sigmoid(x.mean((2, 3), keepdim=True))


def _hand_gate(x: Tensor) -> Tensor:
    return x * (F.relu6(x.mean((2, 3), keepdim=True) + 3) / 6)


def _instance_norm(x: Tensor) -> Tensor:
    middle = x - x.mean((2, 3), keepdim=True)
    return middle / torch.sqrt((middle**2).mean((2, 3), keepdim=True) + 1e-5)


def _shared(x: Tensor) -> Tensor:
    gate = torch.sigmoid(x)
    return x * gate + 3 * gate


def _by_position(x: Tensor) -> Tensor:
    slopes = torch.linspace(0.1, 0.9, x.shape[3], dtype=x.dtype)
    return torch.where(x > 0, x, slopes * x)


NOT_ONE: dict[str, Callable[[Tensor], Tensor]] = {
    "x + relu(x)": lambda x: x + F.relu(x),
    "2 relu(x) + 1": lambda x: 2 * F.relu(x) + 1,
    "relu(x) scaled by a little": lambda x: F.relu(x) * (1 + 1e-7),
    "relu(x - 1e-12)": lambda x: x.clamp(min=1e-12),
    "F.normalize": lambda x: F.normalize(x, dim=1),
    "abs": torch.abs,
    "squares": lambda x: x * x,
    "squared relu": lambda x: F.relu(x) ** 2,
    "a negative slope": lambda x: torch.max(x, -0.2 * x),
    "turned round": lambda x: -F.relu(-x),
    "scaled silu": lambda x: 1.1 * F.silu(x),
    "shifted silu": lambda x: x * torch.sigmoid(x + 0.1),
    "sigmoid of twice x": lambda x: torch.sigmoid(2 * x),
    "scaled tanh": lambda x: 1.7159 * torch.tanh(2 * x / 3),
    "threshold above zero": lambda x: F.threshold(x, 0.1, 0),
    "an upper bound alone": lambda x: x.clamp(max=6),
    "hard shrink": F.hardshrink,
    "log of a sum": lambda x: torch.log(2 + x.abs()),
    "squeeze and excite": _squeezed,
    "glu by hand": _glu,
    "F.glu": lambda x: F.glu(x, 1),
    "local response normalisation": lambda x: F.local_response_norm(x, 3),
    "instance norm by hand": _instance_norm,
    "softmax over channels": lambda x: x.softmax(1),
    "a gate that is read again": _shared,
    "slopes that differ by position": _by_position,
    "identity": lambda x: x + 0.0,
    "largest over channels": lambda x: torch.maximum(x[:, ::2], x[:, 1::2]),
}


@pytest.mark.parametrize("case", NOT_ONE)
def test_what_is_no_activation_is_taken_for_none(case: str) -> None:
    module = Around(NOT_ONE[case])
    net, x = Network.trace(module, SHAPE), image()
    assert standing(net) == {}
    oracle = NodeOracle(module, x, [])
    found = deconv(net, x, f"{net.output}:1@3,4", signal="one", lrn="gradient")
    (reference,) = torch.autograd.grad(oracle.logits[0, 1, 3, 4], oracle.image)
    assert torch.allclose(found.full()[0], reference[0], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("case", "said"),
    {
        "abs": "1 abs by derivative (curved, no activation known by name)",
        "squares": "1 mul by derivative (curved, no activation known by name)",
        "squared relu": "1 relu rectified, 1 pow by derivative (curved, no activation known by name)",
        "a negative slope": "1 max by derivative (curved, no activation known by name)",
        "shifted silu": "1 sigmoid by derivative, 1 mul by derivative (curved, no activation known by name)",
        "identity": "linear steps only",
        "x + relu(x)": "1 relu rectified",
    }.items(),
)
def test_a_curve_of_no_known_name_is_reported_as_such(case: str, said: str) -> None:
    net = Network.trace(Around(NOT_ONE[case]), SHAPE)
    assert str(deconv(net, image(), f"{net.output}:1", signal="one").report) == said


def test_a_step_function_has_the_derivative_zero() -> None:
    def stepped(x: Tensor) -> Tensor:
        return x * torch.heaviside(x, torch.zeros((), dtype=x.dtype))

    net = Network.trace(Around(stepped), SHAPE)
    assert standing(net) == {"relu": 1}
    found = deconv(net, image(), f"{net.output}:1@3,4", rule="gradient", signal="one")
    plain = Network.trace(Around(F.relu), SHAPE)
    expected = deconv(plain, image(), f"{plain.output}:1@3,4", rule="gradient", signal="one")
    assert torch.equal(found.full(), expected.full())


def test_a_curve_of_no_known_name_in_boolean_writing_is_reported() -> None:
    def cut(x: Tensor) -> Tensor:
        x[x < 0.3] = 0
        return x

    net = Network.trace(Around(cut), SHAPE)
    report = str(deconv(net, image(), f"{net.output}:1", signal="one").report)
    # torch 2.15 exports it as another operation than those before.
    assert report.removeprefix("1 ").split(" ", 1)[0] in ("where", "masked_fill")
    assert report.endswith(" by derivative (curved, no activation known by name)")


def test_what_scales_and_shifts_stays_a_step() -> None:
    net = Network.trace(Around(lambda x: 2 * (x * (x > 0)) + 1), SHAPE)
    (named,) = net.activations.values()
    assert (named.op, named.name) == ("relu", "mul")
    assert [step.op for step in net.cone(net.output)] == ["conv2d", "relu", "mul", "add", "conv2d"]


def test_scales_that_cancel_stay_steps() -> None:
    net = Network.trace(Around(lambda x: 2 * F.silu(x) * 0.5), SHAPE)
    assert [step.op for step in net.cone(net.output)] == ["conv2d", "silu", "mul", "mul", "conv2d"]
    net = Network.trace(Around(lambda x: torch.where(x > 0, F.relu(x), 0.0)), SHAPE)
    assert [step.op for step in net.cone(net.output)] == ["conv2d", "relu", "conv2d"], "one activation, not two"


def test_a_shift_by_hand_before_an_activation_stays_a_step() -> None:
    shift = torch.linspace(-1, 1, 8).reshape(-1, 1, 1)
    scaled = Network.trace(Around(lambda x: torch.where(x * shift + 3 > 0, x * shift + 3, 0.0)), SHAPE)
    assert standing(scaled) == {}, "two sums, which are two values"

    def once(x: Tensor) -> Tensor:
        y = x * shift + 3
        return torch.where(y > 0, y, 0.0)

    net = Network.trace(Around(once), SHAPE)
    assert [step.op for step in net.cone(net.output)] == ["conv2d", "mul", "add", "relu", "conv2d"]


def test_a_gate_written_by_hand_is_a_gate() -> None:
    net = Network.trace(Around(_hand_gate), SHAPE)
    assert standing(net) == {"hardsigmoid": 1}
    report = str(deconv(net, image(), f"{net.output}:1", signal="one").report)
    assert report.startswith("1 hardsigmoid by derivative")


def test_an_inner_value_can_be_projected_by_itself() -> None:
    net, x = Network.trace(Around(lambda x: x * torch.sigmoid(1.3 * x)), SHAPE), image()
    assert [step.op for step in net.cone("sigmoid")] == ["conv2d", "mul", "sigmoid"]
    module = Around(lambda x: torch.sigmoid(1.3 * x))
    leaf = x.clone().requires_grad_()
    value = torch.sigmoid(1.3 * module.c(leaf))[0, 2, 4, 4]
    (reference,) = torch.autograd.grad(value, leaf)
    assert torch.allclose(deconv(net, x, "sigmoid:2@4,4", signal="one").full(), reference, rtol=1e-10, atol=1e-14)


def test_a_mask_may_be_read_by_others() -> None:
    def masked(x: Tensor) -> Tensor:
        on = x > 0
        return torch.cat([x * on, (x + 1) * on], 1)

    assert standing(Network.trace(Around(masked), SHAPE)) == {"relu": 1}


def test_the_models_output_is_no_inner_value() -> None:
    module = nets.Lambda(lambda x: (torch.sigmoid(x).mean((2, 3)), x * torch.sigmoid(x)))
    net = Network.trace(module, SHAPE)
    assert net.output == "mean"


@pytest.mark.parametrize("spelled", [False, True])
def test_all_batch_norms_of_a_densenet_stay(spelled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if spelled:
        monkeypatch.setattr(nn.ReLU, "forward", lambda _self, x: x * (x > 0))
        monkeypatch.setattr(F, "relu", lambda x, inplace=False: torch.where(x > 0, x, 0.0))
    torch.manual_seed(0)
    module = torchvision_models().DenseNet(4, (3, 3), 8, bn_size=2)  # type: ignore[attr-defined]
    net = Network.trace(module.eval(), (3, 32, 32))
    done = Counter(step.op for step in net.cone(net.output))
    assert (done["batch_norm"], done["relu"]) == (15, 15)
    assert standing(net) == ({"relu": 15} if spelled else {})
    norms = {step.index for step in net.steps if isinstance(step, BatchNorm)}
    assert all(set(step.inputs) <= norms for step in net.cone(net.output) if step.op == "relu")


def test_a_value_that_is_another_output_is_no_inner_value_of_a_run() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            x = self.conv(x)
            inner = torch.sigmoid(x)
            return inner, x * inner

    torch.manual_seed(0)
    alone = Network.trace(Two(), (3, 8, 8), output=1)
    named = {step.op for step in alone.activations.values()}
    assert "silu" not in named
    assert len(alone.outputs) == 2
