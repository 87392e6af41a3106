"""The traced network as users meet it: layers, units, running, moving, and what it says when asked for nonsense."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from convscope.errors import ShapeError, UnknownLayer, UsageError, WrongType
from convscope.graph import Network, Unit, several
from convscope.methods.deconv import deconv
from tests.graph import nets


@pytest.fixture(scope="module")
def classifier() -> Network:
    torch.manual_seed(0)
    return Network.trace(nets.settled(nets.Classifier()), (2, 8, 8), name="toy")


# -- layers and units -------------------------------------------------------------------------------------------------
def test_layers_are_maps_then_vectors(classifier: Network) -> None:
    shapes = {layer.name: layer.shape for layer in classifier.layers}
    assert shapes["features.0"] == shapes["features.1"] == (4, 6, 6)
    assert shapes["features.2"] == (4, 3, 3)
    assert shapes["classifier.1"] == shapes["classifier.2"] == (6,)
    assert shapes["classifier.3"] == (5,)
    assert classifier.output == "classifier.3"
    assert [layer.op for layer in classifier.layers[:3]] == ["conv2d", "relu", "max_pool2d"]
    assert classifier.layers[0].name == "features.0"
    assert "features.1" in classifier.layers
    assert "features.7" not in classifier.layers


def test_unknown_layers_name_the_nearest(classifier: Network) -> None:
    with pytest.raises(
        UnknownLayer, match=r"'feature.2' is not in toy; did you mean .*'features.2'.*net.layers lists them"
    ) as error:
        classifier.layers["feature.2"]
    assert isinstance(error.value, KeyError)
    assert isinstance(error.value, UsageError)
    assert not str(error.value).startswith('"'), "KeyError would show the repr of the message"


@pytest.mark.parametrize(
    ("unit", "message"),
    [
        ("features.0:4", "has 4 units, 0 to 3"),
        ("features.0:3@6,0", "is 6 x 6"),
        ("features.0:3@0,6", "is 6 x 6"),
        ("classifier.3:0@0,0", "is a vector"),
        ("features.9:0", "is not in toy"),
        (Unit("features.0", -1), "has 4 units"),
        (Unit("features.0", 0, (-1, 0)), "is 6 x 6"),
    ],
)
def test_units_that_do_not_exist_are_refused(classifier: Network, unit: str | Unit, message: str) -> None:
    with pytest.raises(UnknownLayer, match=message):
        classifier.unit(unit)


@pytest.mark.parametrize(
    "text",
    [
        *("features.9", "features.0:", ":3", "features.0:x", "features.0:1@2", "f:1@2,", "f:-1", ""),
        *("f:1-", "f:1-2-3", "f:1@2,3-4", "f:1-x"),
    ],
)
def test_what_is_no_unit_is_refused(classifier: Network, text: str) -> None:
    with pytest.raises(UsageError, match="is not a unit: write LAYER:CHANNEL"):
        classifier.unit(text)


@pytest.mark.parametrize("text", ["a:0", "features.8:174", "a.b_1:3@0,12", "odd:name:2@1,1", "a-1:3-12", "a:3-0@1,2"])
def test_units_are_spelled_one_way(text: str) -> None:
    assert str(Unit.parse(text)) == text


def test_a_unit_may_be_a_difference(classifier: Network) -> None:
    assert classifier.unit("features:1-3@2,2") == Unit("features.2", 1, (2, 2), minus=3)
    assert Unit.parse("a:7-5").parts == (Unit("a", 7), Unit("a", 5))
    assert Unit.parse("a:7").parts == (Unit("a", 7),)
    assert (Unit.parse("a:7-5").channels, Unit.parse("a:7").channels) == ((7, 5), (7,))


def test_units_and_differences_have_one_order() -> None:
    listed = ["b:0", "a:1-2@0,1", "a:1-2", "a:1@1,0", "a:1", "a:0-3"]
    assert [str(u) for u in sorted(map(Unit.parse, listed))] == ["a:0-3", "a:1", "a:1-2", "a:1-2@0,1", "a:1@1,0", "b:0"]


def test_differences_that_are_none_are_refused(classifier: Network) -> None:
    with pytest.raises(UnknownLayer, match=r"'features.0:1-4' does not exist: layer 'features.0' has 4 units"):
        classifier.unit("features.0:1-4")
    with pytest.raises(UsageError, match=r"'features.0:1-1' is nothing: a unit minus itself"):
        classifier.unit("features.0:1-1")


def test_a_layer_and_a_channel_are_a_unit(classifier: Network) -> None:
    assert classifier.unit(("features.0", 3)) == Unit("features.0", 3)
    assert classifier.unit(("features", np.int64(1))) == Unit("features.2", 1)
    with pytest.raises(UnknownLayer, match=r"'features.0:4' does not exist: layer 'features.0' has 4 units, 0 to 3"):
        classifier.unit(("features.0", 4))
    assert several(("features.0", 3)) == [("features.0", 3)]
    assert several([("features.0", 3), "features.0:1"]) == [("features.0", 3), "features.0:1"]


def test_a_layer_is_no_unit_and_says_how_many_it_has(classifier: Network) -> None:
    for name, said in (("features.0", "features.0:0 to features.0:3"), ("features", "features.2:0 to features.2:3")):
        with pytest.raises(UsageError, match=rf"'{name}' is a layer of 4 units, and one is meant: {said}"):
            classifier.unit(name)
    one = Network.trace(torch.nn.Sequential(torch.nn.Conv2d(3, 1, 3)), (3, 5, 5))
    with pytest.raises(UsageError, match=r"'0' is a layer of 1 unit, and one is meant: 0:0$"):
        one.unit("0")
    with pytest.raises(UnknownLayer, match=r"layer '0' has 1 unit, 0$"):
        one.unit("0:1")
    with pytest.raises(UsageError, match=r"has 1 output, and classes= names 3: give a name"):
        Network.trace(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 1)), (3, 2, 2), classes=list("abc"))


@pytest.mark.parametrize(("key", "said"), [(3.5, r"layers\[3\.5\]: give a .* not a float"), (None, "not None"),
                                           (("features.0", 1), "not a tuple of 2")])  # fmt: skip
def test_layers_are_asked_for_by_name_or_number(classifier: Network, key: Any, said: str) -> None:
    with pytest.raises(WrongType, match=said):
        classifier.layers[key]


def test_a_number_beyond_the_layers_is_refused(classifier: Network) -> None:
    with pytest.raises(IndexError, match=rf"layers\[99\]: there are {len(classifier.layers)}, 0 to") as error:
        classifier.layers[99]
    assert isinstance(error.value, UsageError)
    assert classifier.layers[np.int64(0)] is classifier.layers[0]
    assert classifier.layers[-1].name == "classifier.3"


def test_a_container_names_a_unit_of_its_last_layer(classifier: Network) -> None:
    assert classifier.unit("features:1@2,2") == Unit("features.2", 1, (2, 2))


# -- images -----------------------------------------------------------------------------------------------------------
def test_images_of_another_shape_are_refused(classifier: Network) -> None:
    for shape in ((1, 2, 8, 9), (1, 3, 8, 8), (8, 8), (1, 1, 2, 8, 8)):
        with pytest.raises(ShapeError, match=r"toy takes images of shape \(n, 2, 8, 8\), found"):
            classifier.run(torch.zeros(shape))


def test_one_image_is_a_batch_of_one(classifier: Network) -> None:
    images = torch.randn(2, 2, 8, 8)
    assert torch.equal(classifier.run(images[1])[classifier.output], classifier.run(images[1:])[classifier.output])


def test_bytes_are_to_be_normalised_first(classifier: Network) -> None:
    for dtype in (torch.uint8, torch.int64, torch.bool):
        with pytest.raises(ShapeError, match="not floating point: normalise them first"):
            classifier.run(torch.zeros(1, 2, 8, 8, dtype=dtype))


def test_arrays_are_no_tensors(classifier: Network) -> None:
    with pytest.raises(UsageError, match=r"torch\.Tensor .* not ndarray"):
        classifier.run(np.zeros((1, 2, 8, 8)))  # type: ignore[arg-type]


def test_a_device_that_is_not_there_is_refused_in_our_words(classifier: Network) -> None:
    with pytest.raises(UsageError, match=r"device 'gpu' cannot be used: .*; 'cpu' always can"):
        classifier.to("gpu")
    with pytest.raises(UsageError, match=r"dtype=torch\.int64: give a floating-point one"):
        classifier.to(dtype=torch.int64)


def test_images_take_the_network_s_dtype(classifier: Network) -> None:
    image = torch.randn(1, 2, 8, 8)
    assert classifier.run(image)[classifier.output].dtype == torch.float64
    assert classifier.to(dtype=torch.bfloat16).run(image)[classifier.output].dtype == torch.bfloat16


# -- running ----------------------------------------------------------------------------------------------------------
def test_layers_are_what_the_modules_give(classifier: Network) -> None:
    torch.manual_seed(0)
    module = nets.settled(nets.Classifier())
    images = torch.randn(3, 2, 8, 8, dtype=torch.float64)
    with torch.no_grad():
        conv = module.features[0](images)
        expected = {
            "features.0": conv.clone(),
            "features.1": F.relu(conv),
            "features": F.max_pool2d(F.relu(conv), 2),
            "classifier.3": module(images),
        }
    found = classifier.run(images, expected)
    assert list(found) == list(expected)
    for name, tensor in expected.items():
        assert torch.allclose(found[name], tensor), name


def test_nothing_above_the_last_layer_is_run(classifier: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    for step in classifier.steps:
        monkeypatch.setattr(
            step, "run", lambda inputs, step=step: called.append(step.name) or type(step).run(step, inputs)
        )
    net = Network(classifier.program, name="watched")
    net.run(torch.randn(1, 2, 8, 8), ["features.1"])
    assert "features.2" not in called
    assert not any(name.startswith("classifier") for name in called)


def test_channels_last_layers_come_as_channels_first() -> None:
    module = nets.settled(nets.ChannelsLast())
    net = Network.trace(module, (2, 8, 10))
    images = torch.randn(2, 2, 8, 10, dtype=torch.float64)
    assert net.layers["wide"].shape == (8, 4, 5)
    found = net.run(images, ["wide", "norm"])
    with torch.no_grad():
        normed = module.norm(module.depthwise(module.stem(images)).permute(0, 2, 3, 1))
        assert torch.allclose(found["norm"], normed.permute(0, 3, 1, 2))
        assert torch.allclose(found["wide"], module.wide(normed).permute(0, 3, 1, 2))
    projection = deconv(net, images, "wide:5@2,3")
    assert projection.values.tolist() == pytest.approx(found["wide"][:, 5, 2, 3].tolist())


def test_nothing_is_given_for_no_images(classifier: Network) -> None:
    assert classifier.run(torch.zeros(0, 2, 8, 8))[classifier.output].shape == (0, 5)


# -- moving -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("name", ["residual", "gated", "channels_last", "overlapping", "windows", "unet"])
def test_networks_of_other_precisions_run_and_project(name: str, dtype: torch.dtype) -> None:
    _, net, shape = nets.traced(name)
    images = torch.randn(2, *shape, dtype=torch.float64)
    other = net.to(dtype=dtype)
    assert other.dtype == dtype
    expected, found = net.run(images)[net.output], other.run(images)[net.output]
    assert found.dtype == dtype
    assert torch.allclose(found.double(), expected, rtol=0.1, atol=0.1)
    projection = deconv(other, images, f"{net.output}:0")
    assert projection.values.dtype == torch.float32
    assert projection.pixels.dtype == dtype
    assert not projection.pixels.isnan().any()


def test_a_module_in_half_precision_is_traced_as_it_is() -> None:
    net = Network.trace(nets.plain().bfloat16(), (2, 9, 8))
    assert net.dtype == torch.bfloat16
    assert deconv(net, torch.randn(1, 2, 9, 8), "4:0").values.dtype == torch.float32


def test_constants_made_while_running_follow_the_dtype() -> None:
    class Appending(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(2, 3, 3)

        def forward(self, x: Tensor) -> Tensor:
            x = self.conv(x)
            return torch.cat([x, torch.ones(x.shape[0], 1, 6, 6, device=x.device)], 1)

    net = Network.trace(Appending(), (2, 8, 8)).to(dtype=torch.float64)
    assert net.run(torch.randn(2, 2, 8, 8))[net.output].dtype == torch.float64


# -- fingerprints -----------------------------------------------------------------------------------------------------
def test_fingerprints_tell_weights_and_structure_apart() -> None:
    def trace(module: nn.Module, shape: tuple[int, int, int] = (2, 9, 8)) -> str:
        return Network.trace(module, shape).fingerprint

    first = nets.plain()
    again = nets.plain()
    again.load_state_dict(first.state_dict())
    assert trace(first) == trace(again)
    assert trace(first) != trace(first, (2, 9, 9))
    with torch.no_grad():
        again[0].weight[0, 0, 0, 0] += 1
    assert trace(first) != trace(again)
    swapped = nn.Sequential(first[0], nn.ReLU(), nn.AvgPool2d(2), first[3], nn.ReLU())
    assert trace(first) != trace(swapped)
    assert len(trace(first)) == 64


def test_fingerprints_are_the_same_in_another_process() -> None:
    make = "import torch; from torch import nn; from convscope.graph import Network; torch.manual_seed(3); "
    make += "net = Network.trace(nn.Sequential(nn.Conv2d(2, 6, 3), nn.LocalResponseNorm(5)), (2, 7, 7)); "
    here: dict[str, Network] = {}
    exec(make, here)
    there = subprocess.run([sys.executable, "-c", make + "print(net.fingerprint)"], capture_output=True, check=True)
    assert there.stdout.decode().strip() == here["net"].fingerprint


# -- local response norm ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "arguments", [{"size": 5}, {"size": 4, "alpha": 0.3, "beta": 0.6, "k": 2.0}, {"size": 3, "k": 0.5}]
)
def test_local_response_norm_is_recognised(arguments: dict[str, float]) -> None:
    module = nn.Sequential(nn.Conv2d(2, 6, 3), nn.LocalResponseNorm(**arguments), nn.ReLU())  # type: ignore[arg-type]
    net = Network.trace(module.double(), (2, 7, 7))
    assert [s.op for s in net.steps] == ["conv2d", "local_response_norm", "relu"]
    assert net.layers.names == ("0", "1", "2")
    image = torch.randn(1, 2, 7, 7, dtype=torch.float64)
    with torch.no_grad():
        assert torch.allclose(net.run(image, ["1"])["1"], module[:2](image))
    bare = Network.trace(module[0], (2, 7, 7))
    identity = deconv(net, image, "1:3@2,2", signal="one")
    assert torch.equal(identity.pixels, deconv(bare, image, f"{bare.output}:3@2,2", signal="one").pixels)
    assert "passed through" in str(identity.report)
    for rule in ("deconvnet", "guided"):
        assert "passed through" in str(deconv(net, image, "1:3@2,2", rule=rule).report)
    gradient = deconv(net, image, "1:3@2,2", signal="one", lrn="gradient")
    leaf = image.clone().requires_grad_()
    (expected,) = torch.autograd.grad(module[:2](leaf)[0, 3, 2, 2], leaf)
    assert torch.allclose(gradient.full(), expected)
    assert "by derivative" in str(gradient.report)
    assert torch.equal(deconv(net, image, "1:3@2,2", signal="one", rule="gradient").pixels, gradient.pixels)
    passed = deconv(net, image, "1:3@2,2", signal="one", rule="gradient", lrn="identity")
    assert torch.equal(passed.pixels, identity.pixels)


def test_a_chain_that_is_not_quite_local_response_norm_keeps_its_own_derivative() -> None:
    # The average runs over the channel after, not before: no LRN.
    def almost(x: Tensor) -> Tensor:
        squares = F.pad((x * x).unsqueeze(1), (0, 0, 0, 0, 0, 2))
        return x / (1 + 0.5 * F.avg_pool3d(squares, (3, 1, 1), 1).squeeze(1)) ** 0.75

    net = Network.trace(nets.Lambda(almost), (4, 3, 3)).to(dtype=torch.float64)
    assert "local_response_norm" not in {s.op for s in net.steps}
    image = torch.randn(1, 4, 3, 3, dtype=torch.float64)
    leaf = image.clone().requires_grad_()
    (expected,) = torch.autograd.grad(almost(leaf)[0, 1, 1, 1], leaf)
    assert torch.allclose(deconv(net, image, f"{net.output}:1@1,1", signal="one").full(), expected)


# -- stages -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("model", "stages"),
    [
        ("alexnet", ("features.1", "features.4", "features.11")),
        ("vgg11_bn", ("features.2", "features.6", "features.13", "features.20", "features.27")),
        ("resnet18", ("relu", "layer1.1.relu_1", "layer2.1.relu_1", "layer3.1.relu_1", "layer4.1.relu_1")),
    ],
)
def test_default_layers_are_the_last_of_each_map_size(
    model: str, stages: tuple[str, ...], torchvision: ModuleType
) -> None:
    net = Network.trace(torchvision.models.get_model(model, weights=None), (3, 96, 96), copy=False)
    assert net.layers.stages() == stages


def test_default_layers_of_a_network_of_maps_are_those_of_both_ways() -> None:
    class Hourglass(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.wide, self.deep, self.low = (nn.Conv2d(3, 3, 3, stride, 1) for stride in (1, 2, 1))
            self.up, self.out = nn.ConvTranspose2d(3, 3, 2, 2), nn.Conv2d(3, 2, 1)

        def forward(self, x: Tensor) -> Tensor:
            wide = self.wide(x).relu()
            low = self.low(self.deep(wide).relu()).relu()
            return self.out((self.up(low) + wide).relu())

    # The skip is used up to the end, so that no map below it has all paths in it.
    assert Network.trace(Hourglass(), (3, 8, 8)).layers.stages() == ("relu", "relu_2", "relu_3")


def test_every_default_layer_exists() -> None:
    for name in nets.MAPS:
        _, net, _ = nets.traced(name)
        assert net.layers.stages()
        assert all(stage in net.layers for stage in net.layers.stages())
