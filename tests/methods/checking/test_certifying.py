"""The proof on a network: it holds for networks of all kinds, and one broken on purpose, anywhere, fails it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from convscope.data import Preprocess
from convscope.errors import UnknownLayer, UsageError
from convscope.graph import Network
from convscope.graph.boxes import Signal
from convscope.graph.nouns import Span
from convscope.graph.steps.base import PullContext, Step
from convscope.graph.steps.conv import Conv2d, Linear
from convscope.graph.steps.normalisation import BatchNorm
from convscope.graph.steps.pointwise import Rectifier, ReLU, SmoothActivation
from convscope.graph.steps.pool import MaxPool2d
from convscope.methods.checking import Certificate, Evidence, certify
from convscope.methods.checking.assumed import assumptions
from convscope.methods.checking.certificate import Compared
from tests.graph import headed, nets

SHAPE = (3, 14, 12)


class Usual(nn.Module):
    """Convolutions, batch norm, a residual sum, pooling, activations of three spellings, a gate, a classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.relu = nn.ReLU(inplace=True)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.second = nn.Conv2d(6, 6, 3, padding=1)
        self.squeeze = nn.Conv2d(6, 6, 1)
        self.third = nn.Conv2d(6, 8, 3, stride=2)
        self.head = nn.Linear(8, 4)
        self.shift = 0.25
        self.drop = 0.0

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.relu(self.norm(self.first(x))))
        y = self.second(x) + x * 0.5
        y = y * (y > 0)
        y = y * torch.sigmoid(self.squeeze(y.mean((2, 3), keepdim=True)) + self.shift)
        y = F.silu(self.third(y))
        return self.head(F.dropout(y.mean((2, 3)), self.drop))


def usual(**changed: float) -> nn.Module:
    torch.manual_seed(3)
    module = Usual()
    for name, value in changed.items():
        setattr(module, name, value)
    module.norm.load_state_dict({"running_mean": torch.rand(6) - 0.5, "running_var": torch.rand(6) + 0.5}, strict=False)
    return module.eval()


def of(certificate: Certificate, name: str) -> Evidence:
    return next(one for one in certificate.evidence if one.name == name)


@pytest.fixture(scope="module")
def net() -> Network:
    return Network.trace(usual(), SHAPE, name="usual")


@pytest.fixture(scope="module")
def held(net: Network) -> Certificate:
    return certify(net, module=usual())


def test_a_network_that_is_what_it_should_be_holds(held: Certificate) -> None:
    assert held.holds
    assert {one.name: one.verdict for one in held.evidence} == dict.fromkeys(
        (
            *("randomness", "outputs", "layers", "precision", "images", "gradients"),
            *("deconvnet (gates held)", "gradient (gates exact)", "guided (gates held)", "gradient (gates held)"),
            *("covering", "fields (gates held)", "fields (gates exact)"),
        ),
        "holds",
    )
    assert max(one.worst for one in held.evidence if one.name != "precision") < 1e-12
    assert of(held, "precision").worst < 1e-5
    assert held.sentence.startswith("usual holds its check on noise: randomness, outputs, layers")
    assert "holds: projections by deconvnet (gates held) against autograd over the steps: " in "\n".join(
        one.sentence for one in held.evidence
    )


def test_how_images_are_normalised_is_said() -> None:
    recipe = Preprocess(8, 8, mean=(0.4,), std=(0.2,))
    said = assumptions(Network.trace(nn.Conv2d(1, 2, 3), (1, 8, 8), preprocess=recipe))[1]
    assert said.startswith("images: 1 channel of 8 x 8 (")
    assert said.endswith("; values times 0.003922, minus 0.4, over 0.2)")


def test_what_was_assumed_is_said(held: Certificate) -> None:
    said = "\n".join(held.assumed)
    assert "output 'head': 4 outputs: taken as logits of classes that exclude each other (softmax)" in said
    assert "images: 3 channels of 14 x 12 (no preprocessing is known: images are normalised already)" in said
    assert "rectified, called so: 1 relu, 1 silu" in said
    assert "rectified, by behaviour: 1 relu written out, at 'mul" in said
    assert "held constant as gates: 1 mul, at 'mul" in said


def test_it_is_the_same_every_time_and_of_other_units_with_another_seed(held: Certificate, net: Network) -> None:
    assert certify(net, module=usual()) == held
    assert certify(net, module=usual(), seed=1, layers=["third"]).compared != held.compared


def test_the_module_is_left_as_it_was(net: Network) -> None:
    module = usual().train()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    state = torch.get_rng_state()
    certify(net, module=module, layers=["head"])
    assert module.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())
    assert all(parameter.requires_grad and parameter.dtype == torch.float32 for parameter in module.parameters())
    assert torch.equal(torch.get_rng_state(), state)


# -- broken on purpose ------------------------------------------------------------------------------------------------
def straight(step: Step, signal: Signal, context: PullContext) -> dict[int, Signal]:
    """A pull without rectification."""
    return {0: signal}


def wider(kind: type[Step], by: int) -> Callable[..., Span | None]:
    """A kind's place that begins elsewhere."""
    right = kind.place

    def place(step: Step, slot: int, axis: int) -> Span | None:
        span = right(step, slot, axis)
        return span if span is None else Span(span.start + by, span.stop + max(by, 0), None, None, span.step)

    return place


def scaled(kind: type[Step], factor: float) -> Callable[..., dict[int, Signal]]:
    right = kind.pull

    def pull(step: Step, signal: Signal, context: PullContext) -> dict[int, Signal]:
        return {slot: replace(one, tensor=one.tensor * factor) for slot, one in right(step, signal, context).items()}

    return pull


def last_of_a_tie(step: MaxPool2d, signal: Signal, context: PullContext) -> dict[int, Signal]:
    """Unpooling to the corner of each window, whatever was the largest."""
    assert signal.origin is not None
    size, origin = step.input_size(signal.size((2, 3))), step.input_origin(signal.origin)
    out = signal.tensor.new_zeros(*signal.tensor.shape[:2], *size)
    out[:, :, :: step.stride[0], :: step.stride[1]][..., : signal.tensor.shape[2], : signal.tensor.shape[3]] = (
        signal.tensor
    )
    return {0: Signal(out, origin)}


RULES: Mapping[str, tuple[type[Step], str, Callable[..., Any], str]] = {
    "a ReLU that does not rectify": (ReLU, "pull", straight, "deconvnet (gates held)"),
    "a written-out ReLU that does not rectify": (Rectifier, "pull", straight, "guided (gates held)"),
    "a SiLU that does not rectify": (SmoothActivation, "pull", straight, "deconvnet (gates held)"),
    "a batch norm of another factor": (BatchNorm, "pull", scaled(BatchNorm, 1.001), "gradients"),
    "a convolution of another factor": (Conv2d, "pull", scaled(Conv2d, 0.999), "gradient (gates exact)"),
    "switches that are not the maxima": (MaxPool2d, "pull", last_of_a_tie, "deconvnet (gates held)"),
    "boxes that begin a pixel late": (Conv2d, "place", wider(Conv2d, 1), "fields (gates held)"),
    "boxes that begin a pixel early": (Conv2d, "place", wider(Conv2d, -1), "fields (gates held)"),
    "a fully connected layer of another sign": (Linear, "pull", scaled(Linear, -1.0), "gradients"),
}


@pytest.mark.parametrize("name", RULES)
def test_a_wrong_rule_fails_it(name: str, net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    kind, motion, wrong, evidence = RULES[name]
    monkeypatch.setattr(kind, motion, wrong)
    found = certify(net, module=usual(), layers=["second", "third", "head"])
    assert not found.holds
    assert evidence in [one.name for one in found.failures]
    assert found.sentence.startswith("usual fails its check: ")
    assert " off at " in found.sentence


def test_a_gate_that_is_not_held_fails_it(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Step, "held", lambda step, options: ())
    found = certify(net, module=usual(), layers=["third"])
    assert "gradient (gates held)" in [one.name for one in found.failures]


def test_a_run_with_another_constant_fails_it(net: Network) -> None:
    found = certify(net, module=usual(shift=0.251), layers=["head"])
    assert {"outputs", "gradients"} <= {one.name for one in found.failures}
    assert of(found, "deconvnet (gates held)").verdict == "holds", "the steps themselves are carried back rightly"


def test_a_run_that_is_not_its_own_operation_fails_it(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    right = MaxPool2d.run
    monkeypatch.setattr(MaxPool2d, "run", lambda step, inputs: right(step, inputs) * 1.0001)
    found = certify(net, module=usual(), layers=["head"])
    assert "outputs" in [one.name for one in found.failures]


# -- randomness -------------------------------------------------------------------------------------------------------
def test_randomness_that_was_allowed_fails_it_with_the_step_s_name() -> None:
    module = usual(drop=0.5)
    found = certify(Network.trace(module, SHAPE, randomness="allow"), module=module)
    assert [one.name for one in found.evidence] == [one.name for one in certify(Network.trace(usual(), SHAPE)).evidence]
    assert {one.verdict for one in found.evidence[1:]} == {"not tried"}
    assert not found.holds
    assert "fails its check: random: numbers are drawn at 'native_dropout'; output" in found.sentence
    assert found.evidence[0].sentence.startswith("fails: random: numbers are drawn at 'native_dropout'; output")
    assert "random, as was allowed: 'native_dropout'" in found.assumed


def test_randomness_that_no_step_is_known_for_fails_it() -> None:
    module = usual(drop=0.5)
    net = Network.trace(module, SHAPE, randomness="allow")
    net.program = replace(net.program, random=())
    found = certify(net)
    assert not found.holds
    assert "random: no step is known to draw numbers (what does the module's forward draw?); output" in found.sentence


def test_a_module_that_draws_from_python_s_generator_fails_it_though_its_program_does_not() -> None:
    class Drawing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(x) * random.random()

    module = Drawing()
    state = random.getstate()
    found = certify(Network.trace(module, SHAPE, randomness="allow"), module=module)
    assert "Python's random and the module's output differ from run to run" in found.sentence
    assert random.getstate() == state


# -- networks of many kinds -------------------------------------------------------------------------------------------
class Chained(headed.Trunk):
    """Space to depth and a matrix product over positions, each of which is one step for several operations."""

    def maps(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        x = x.view(n, c, h // 2, 2, w // 2, 2).permute(0, 3, 5, 1, 2, 4).reshape(n, 4 * c, h // 2, w // 2)
        x = (torch.linspace(-1, 1, 36).view(3, 12).to(x) @ x.flatten(2)).view(n, 3, h // 2, w // 2)
        return super().maps(x)


class TimeFirst(headed.Steps):
    """Logits (t, n, c), as a loss for sequences takes them: a part for each image, but no row."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).transpose(0, 1)


def made(name: str) -> tuple[nn.Module, tuple[int, int, int]]:
    heads: dict[str, Callable[[], nn.Module]] = {
        "two heads": headed.TwoHeads, "chained": Chained, "sequence": headed.Steps, "detector": headed.Detector,
        "time first": TimeFirst,
    }  # fmt: skip
    return (headed.made(heads[name]()), headed.SHAPE) if name in heads else nets.make(name)


KINDS = ("two heads", "chained", "sequence", "time first", "detector", "gated", "windows")


@pytest.mark.parametrize("name", KINDS)
def test_networks_of_all_kinds_hold(name: str) -> None:
    module, shape = made(name)
    net = Network.trace(module, shape)
    found = certify(net, module=module, layers=[*net.layers.names[1::3], net.layers.names[-1]])
    assert found.holds, found.sentence
    assert of(found, "outputs").verdict == of(found, "gradients").verdict == "holds"
    assert found.to_json()["holds"] is True


def _unpooled(x: Tensor) -> Tensor:
    pooled, where = F.max_pool2d(x, 2, return_indices=True)
    return F.max_unpool2d(pooled * 2, where, [2, 2])


@pytest.mark.parametrize(
    "written",
    [
        lambda x: x * F.relu6(x + 3) / 6,  # a hard swish, with a ReLU6 within
        lambda x: x * F.softplus(x).tanh(),
        lambda x: x.relu() - 0.2 * (-x).relu(),
        lambda x: x * (x.sign() + 1) / 2,  # units of sign pass nothing, and are said to see no less than the image
        _unpooled,
    ],
)
def test_what_an_activation_is_written_with_has_no_rule_of_its_own(written: Callable[[Tensor], Tensor]) -> None:
    module = nn.Sequential(nn.Conv2d(3, 6, 3), nets.Lambda(written), nn.Conv2d(6, 4, 3))
    net = Network.trace(module, (3, 12, 12))
    found = certify(net, module=module, layers=net.layers.names)
    assert found.holds, found.sentence


def test_a_network_with_a_batch_norm_in_autocast_holds() -> None:
    class Cast(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 2, 3))

        def forward(self, x: Tensor) -> Tensor:
            with torch.autocast("cpu", torch.bfloat16):
                return self.parts(x)

    module = Cast()
    found = certify(Network.trace(module, (3, 12, 12)), module=module)
    assert found.holds, found.sentence


def test_a_network_of_channels_last_images_is_held_against_its_module() -> None:
    class Door(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(x.permute(0, 3, 1, 2)).relu().mean((2, 3))

    module = Door()
    net = Network.trace(module, (12, 14, 3))
    assert net.input_shape == (3, 12, 14)
    assert certify(net, module=module).holds


def test_a_module_of_its_own_precision_is_compared_in_that() -> None:
    class Single(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x: Tensor) -> Tensor:
            return F.relu(F.conv2d(x, self.conv.weight.float()))

    module = Single()
    found = certify(Network.trace(module, SHAPE), module=module)
    assert found.holds, found.sentence
    assert "in single precision" in of(found, "outputs").what
    assert of(found, "outputs").bound == 1e-3
    assert of(found, "precision").verdict == "not tried"


def test_a_program_is_its_own_module() -> None:
    program = torch.export.export(usual(), (torch.zeros(1, *SHAPE),))
    found = certify(Network.from_export(program), module=program)
    assert found.holds, found.sentence
    assert of(found, "outputs").verdict == "holds"
    assert of(found, "layers").verdict == of(found, "images").verdict == "not tried"


def test_without_a_module_it_says_what_was_not_tried(net: Network) -> None:
    found = certify(net, layers=["third"])
    assert found.holds
    assert found.sentence.endswith("; not tried: outputs, layers, gradients")


# -- words ------------------------------------------------------------------------------------------------------------
def test_another_module_is_refused(net: Network) -> None:
    with pytest.raises(UsageError, match=r"the module does not run on the images of usual, .*: give the very module"):
        certify(net, module=nn.Conv2d(4, 2, 3))
    with pytest.raises(UsageError, match="the module does not run on the images of usual"):
        certify(net, module=headed.made(headed.TwoHeads()))


def test_a_layer_that_is_not_there_is_refused(net: Network) -> None:
    with pytest.raises(UnknownLayer, match="layer 'conv9' is not in"):
        certify(net, layers=["conv9"])


def test_a_dead_network_proves_nothing() -> None:
    module = nn.Conv2d(3, 4, 3, bias=False)
    nn.init.zeros_(module.weight)
    found = certify(Network.trace(module, SHAPE), module=module)
    assert of(found, "deconvnet").verdict == "not tried"
    assert "give other images" in of(found, "deconvnet").sentence


def test_what_is_no_number_fails() -> None:
    one = Evidence.of("outputs", "outputs", [Compared("outputs", "a", 0.0), Compared("outputs", "b", np.nan)], 1e-6)
    assert (one.verdict, one.where) == ("fails", "b")


def test_an_input_of_which_nothing_is_left_is_suspected() -> None:
    layers = [nn.Conv2d(3, 4, 3, 2, 1), nn.ReLU(), nn.Conv2d(4, 4, 3, 2, 1), nn.ReLU(), nn.Conv2d(4, 4, 3, 2, 1)]
    net = Network.trace(nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1)), (3, 6, 6))
    (remark,) = certify(net, layers=["0"]).remarks
    assert remark.startswith("'4', the last convolution, has one position, whose field of 15 x 15 pixels is mostly")
    made_so = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 4))
    assert certify(Network.trace(made_so, (3, 6, 6)), layers=["0"]).remarks == ()
