"""The deconvnet against captum, zennit, patched activations and a literal chain, on real architectures."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import ModuleType

import pytest
import torch
import torch.nn.functional as F
from captum.attr import Deconvolution, GuidedBackprop, NeuronGuidedBackprop
from torch import Tensor, nn

from convscope.graph import Network
from convscope.graph.options import LrnRule
from convscope.methods.deconv import deconv
from tests.graph import nets
from tests.methods.deconv.deconv_oracles import (
    Chain,
    PatchedActivations,
    captum_projection,
    patched_projection,
    relative,
)

TOLERANCE = 1e-9  # float64


def prepared(model: nn.Module, *, seed: int = 0) -> nn.Module:
    """The model in float64 and eval mode, with batch norms that do something."""
    torch.manual_seed(seed)
    return nets.settled(model)


def image(size: int, *, seed: int = 1) -> Tensor:
    return torch.randn(1, 3, size, size, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def strongest(maps: Tensor) -> tuple[int, ...]:
    """(channel, y, x), or (class,), of the largest entry of the first sample."""
    at = int(maps[0].argmax())
    found: list[int] = []
    for length in reversed(maps.shape[1:]):
        found.append(at % length)
        at //= length
    return tuple(reversed(found))


def spell(layer: str, index: tuple[int, ...]) -> str:
    return f"{layer}:{index[0]}" + (f"@{index[1]},{index[2]}" if len(index) == 3 else "")


CAPTUM = {
    "alexnet": ("features.0", "features.3", "features.6", "features.8", "features.10", "features.12", "classifier.4"),
    "vgg11": ("features.2", "features.8", "features.16", "features.18", "features.20"),
    "squeezenet1_1": ("features.0", "features.4.expand3x3", "features.9.squeeze", "features.12"),
    "resnet18": ("conv1", "layer1.1.bn1", "layer2.0.downsample.1", "layer4.0.conv2"),
    "regnet_x_400mf": ("stem.0", "trunk_output.block2", "trunk_output.block4.block4-0.proj.0"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CAPTUM)
def test_captum_neuron_deconvolution_times_the_activation(name: str, torchvision: ModuleType) -> None:
    model = prepared(torchvision.models.get_model(name, weights=None))
    net, x = Network.trace(model, (3, 65, 65), copy=False), image(65)
    for layer in CAPTUM[name]:
        index = strongest(net.run(x, [layer])[layer])
        found = deconv(net, x, spell(layer, index))
        expected = captum_projection(model, model.get_submodule(layer), x, index) * found.values.double()
        assert relative(found.full()[0], expected) < 1e-6  # the values are float32
        one = deconv(net, x, spell(layer, index), signal="one")
        assert relative(one.full()[0] * found.values.double(), expected) < TOLERANCE, layer


@pytest.mark.parametrize("name", ["alexnet", "vgg11"])
def test_captum_guided_backpropagation(name: str, torchvision: ModuleType) -> None:
    model = prepared(torchvision.models.get_model(name, weights=None))
    net, x = Network.trace(model, (3, 65, 65), copy=False), image(65)
    layer = "features.8"
    index = strongest(net.run(x, [layer])[layer])
    found = deconv(net, x, spell(layer, index), rule="guided", signal="one")
    expected = captum_projection(model, model.get_submodule(layer), x, index, NeuronGuidedBackprop)
    assert relative(found.full()[0], expected) < TOLERANCE
    best = strongest(net.run(x)[net.output])[0]
    found = deconv(net, x, f"{net.output}:{best}", rule="guided", signal="one")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = GuidedBackprop(model).attribute(x.clone().requires_grad_(), target=best)[0]
    assert relative(found.full()[0], expected) < TOLERANCE


ZENNIT = [
    ("torchvision", "alexnet", 65),
    ("torchvision", "vgg11_bn", 64),
    ("torchvision", "resnet18", 65),
    ("torchvision", "squeezenet1_1", 65),
    ("torchvision", "regnet_x_400mf", 64),
    ("timm", "legacy_xception", 72),
    ("timm", "nf_resnet26", 64),
]


def zennit_projection(model: nn.Module, x: Tensor, target: int) -> Tensor:
    from zennit.composites import DeconvNet  # imports torchvision, which the fixture has to make importable

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with DeconvNet().context(model) as changed:
            leaf = x.clone().requires_grad_()
            value = changed(leaf)[0, target]
            return torch.autograd.grad(value, leaf, value.detach())[0][0]


@pytest.mark.slow
@pytest.mark.parametrize(("origin", "name", "size"), ZENNIT, ids=[z[1] for z in ZENNIT])
def test_zennit_deconvnet(origin: str, name: str, size: int, torchvision: ModuleType, timm: ModuleType) -> None:
    make = timm.create_model if origin == "timm" else torchvision.models.get_model
    model = prepared(make(name))
    net, x = Network.trace(model, (3, size, size), copy=False), image(size)
    best = strongest(net.run(x)[net.output])[0]
    found = deconv(net, x, f"{net.output}:{best}")
    assert relative(found.full()[0], zennit_projection(model, x, best)) < TOLERANCE


# -- networks on which the module-hooking tools are wrong --------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "size", "layers"),
    [
        ("densenet121", 64, ("features.denseblock2.denselayer3.norm2", "features.norm5")),
        ("googlenet", 64, ("inception3b.branch3.1.conv", "inception5b")),
    ],
)
def test_functional_relus_against_patched_activations(
    name: str, size: int, layers: tuple[str, ...], torchvision: ModuleType
) -> None:
    options = {} if name == "densenet121" else {"aux_logits": False, "init_weights": False}
    model = prepared(torchvision.models.get_model(name, weights=None, **options))
    net, x = Network.trace(model, (3, size, size), copy=False), image(size)
    for layer in layers:
        index = strongest(net.run(x, [layer])[layer])
        expected = patched_projection(capturing(model, layer), x, index)
        assert relative(deconv(net, x, spell(layer, index)).full()[0], expected) < 1e-6, layer
    best = strongest(net.run(x)[net.output])
    expected = patched_projection(model, x, best)
    found = deconv(net, x, spell(net.output, best)).full()[0]
    assert relative(found, expected) < 1e-6
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = Deconvolution(model).attribute(x.clone().requires_grad_(), target=best[0])[0]
    theirs = theirs * net.run(x)[net.output][0, best[0]]
    assert relative(theirs, expected) > 0.1, (
        "captum has learned of F.relu: the documents that say otherwise need a change"
    )


def capturing(model: nn.Module, layer: str) -> Callable[[Tensor], Tensor]:
    """The model up to a layer: what the layer gives, before anything overwrites it."""

    def run(x: Tensor) -> Tensor:
        found: list[Tensor] = []
        handle = model.get_submodule(layer).register_forward_hook(lambda _m, _i, out: found.append(out.clone()))
        try:
            model(x)
        finally:
            handle.remove()
        return found[0]

    return run


class Spelled(nn.Module):
    """Two convolutions with an activation of one's own spelling between them, used twice."""

    def __init__(self, activation: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 6, 3, padding=1), nn.Conv2d(6, 4, 3)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        x = self.activation(self.a(x))
        return self.c(self.activation(self.b(x)) + self.activation(self.b(x.flip(3))))


SPELLINGS: dict[str, Callable[[Tensor], Tensor]] = {
    "F.relu": F.relu,
    "F.relu in place": lambda x: F.relu(x, inplace=True),
    "torch.relu": torch.relu,
    "x.relu()": lambda x: x.relu(),
    "x.relu_()": lambda x: x.relu_(),
    "x.clamp(min=0)": lambda x: x.clamp(min=0),
    "x.clamp_(min=0)": lambda x: x.clamp_(min=0),
    "torch.clamp_min": lambda x: torch.clamp_min(x, 0),
    "relu6": lambda x: F.relu6(4 * x),
    "silu": F.silu,
    "gelu": F.gelu,
    "hardswish": F.hardswish,
    "leaky_relu": lambda x: F.leaky_relu(x, 0.2),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_an_activation_is_rectified(spelling: str) -> None:
    torch.manual_seed(0)
    model = Spelled(SPELLINGS[spelling]).double()
    net, x = Network.trace(model, (3, 9, 9)), image(9)
    index = strongest(net.run(x)[net.output])
    expected = patched_projection(model, x, index)
    assert relative(deconv(net, x, spell(net.output, index)).full()[0], expected) < 1e-6
    leaf = x.clone().requires_grad_()
    value = model(leaf)[(0, *index)]
    plain = torch.autograd.grad(value, leaf, value.detach())[0][0]
    assert relative(plain, expected) > 0.1, "the case cannot tell a deconvnet from a gradient"
    theirs = captum_projection(model, model.c, x, index) * value.item()
    assert relative(theirs, expected) > 0.1, "captum has learned to see functional activations"


class Parallel(nn.Module):
    """One ReLU module called on two branches."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3), nn.Conv2d(8, 4, 3)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.c(torch.cat([self.relu(self.a(x)), self.relu(self.b(x))], 1))


class PreActivation(nn.Module):
    """The ReLU's input also feeds the shortcut, as in Xception and NF-ResNets."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 3)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        x = self.a(x)
        return self.c(self.b(self.relu(x)) + x)


class SharedInput(nn.Module):
    """Several ReLU modules on one tensor, as in PNASNet."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 3)
        self.relu1, self.relu2 = nn.ReLU(), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        x = self.a(x)
        return self.c(self.b(self.relu1(x)) + self.relu2(x).flip(3))


@pytest.mark.parametrize(("kind", "captum_is_right"), [(Parallel, True), (PreActivation, False), (SharedInput, False)])
def test_shared_modules_and_tensors(kind: type[Parallel | PreActivation | SharedInput], captum_is_right: bool) -> None:
    torch.manual_seed(0)
    model = kind().double()
    net, x = Network.trace(model, (3, 9, 9)), image(9)
    index = strongest(net.run(x)[net.output])
    expected = patched_projection(model, x, index)
    found = deconv(net, x, spell("c", index))
    assert relative(found.full()[0], expected) < 1e-6
    theirs = captum_projection(model, model.c, x, index) * found.values.double()
    assert (relative(theirs, expected) < 0.01) is captum_is_right, "captum has changed: so must what is said of it"


def test_the_patch_leaves_other_functions_alone() -> None:
    x = torch.linspace(-1, 1, 5, dtype=torch.float64, requires_grad=True)
    with PatchedActivations():
        low, sigmoid = x.clamp(-0.6, 0.6), torch.sigmoid(x)  # at a bound itself PyTorch's releases differ
    (gradient,) = torch.autograd.grad((-low).sum(), x, retain_graph=True)
    assert gradient.tolist() == [0, -1, -1, -1, 0]
    (gradient,) = torch.autograd.grad((-sigmoid).sum(), x)
    assert (gradient < 0).all()


# -- a literal chain --------------------------------------------------------------------------------------------------
def zfnet() -> nn.Sequential:
    """Zeiler & Fergus's layers at a quarter of their width: ceil pools that overlap, LRN after pooling."""
    return nn.Sequential(
        nn.Conv2d(3, 24, 7, stride=2),
        nn.ReLU(),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        nn.LocalResponseNorm(5, alpha=0.5, beta=0.75, k=2.0),
        nn.Conv2d(24, 32, 5, stride=2, groups=2),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        nn.LocalResponseNorm(5, alpha=0.5, beta=0.75),
        nn.Conv2d(32, 32, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(32, 24, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        nn.Flatten(),
        nn.Linear(24 * 2 * 2, 20),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(20, 10),
    )


def check_chain(model: nn.Sequential, size: int, layers: list[int], *, lrn: LrnRule = "identity") -> None:
    net, x = Network.trace(model, (3, size, size), copy=False), image(size)
    for layer in layers:
        chain = Chain(list(model)[: layer + 1], lrn=lrn)
        out = chain.forward(x)
        index = strongest(out)
        signal = torch.zeros_like(out)
        signal[(0, *index)] = out[(0, *index)]
        found = deconv(net, x, spell(str(layer), index), lrn=lrn)
        assert relative(found.full()[0], chain.backward(signal)[0]) < TOLERANCE, layer


@pytest.mark.parametrize("lrn", ["identity", "gradient"])
def test_zfnet_against_the_chain(lrn: LrnRule) -> None:
    check_chain(prepared(zfnet()), 109, [0, 2, 3, 4, 7, 8, 10, 12, 15, 17], lrn=lrn)


def test_the_two_rules_of_local_response_norm_differ() -> None:
    model = prepared(zfnet())
    net, x = Network.trace(model, (3, 109, 109)), image(109)
    one, other = (deconv(net, x, "10:3", lrn=lrn).full() for lrn in ("identity", "gradient"))
    assert relative(one, other) > 0.01


@pytest.mark.parametrize("name", ["alexnet", "vgg11"])
def test_plain_networks_against_the_chain(name: str, torchvision: ModuleType) -> None:
    model = prepared(torchvision.models.get_model(name, weights=None)).features
    size, layers = (79, [0, 2, 4, 7, 9, 12]) if name == "alexnet" else (64, [1, 5, 9, 14, 20])
    check_chain(model, size, layers)
