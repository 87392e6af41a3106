"""Tracing: the module stays as it was, the names are those of its modules, and any forward is followed."""

from __future__ import annotations

import copy
import logging
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from convscope.errors import ShapeError, TraceError, UsageError, WrongType
from convscope.graph import Network
from convscope.methods.deconv import deconv
from convscope.methods.occlusion import occlude
from tests.graph import nets


def snapshot(module: nn.Module) -> dict[str, Any]:
    """All that a user could notice: weights, buffers, gradients, their identity, modes, hooks, attributes."""
    found: dict[str, Any] = {}
    for name, m in module.named_modules():
        found[f"{name} mode"] = m.training
        found[f"{name} hooks"] = {k: list(v) for k, v in vars(m).items() if k.endswith("_hooks")}
        found[f"{name} attributes"] = sorted((k, id(v)) for k, v in vars(m).items() if k != "training")
    for name, tensor in (*module.named_parameters(), *module.named_buffers()):
        found[f"{name} is"] = (id(tensor), tensor.data_ptr(), tensor.requires_grad, tensor._version, tensor.grad)
        found[f"{name} bytes"] = tensor.detach().clone()
    return found


def assert_unchanged(before: dict[str, Any], module: nn.Module) -> None:
    after = snapshot(module)
    assert after.keys() == before.keys()
    for key, value in before.items():
        if isinstance(value, Tensor):
            assert torch.equal(value, after[key]), key
        else:
            assert value == after[key], key


class Nested(nn.Module):
    """Containers, a module called twice, functional calls, and a module that is never used."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(inplace=True))
        self.block = nn.ModuleList([nets.Residual()])
        self.act = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.spare = nn.Conv2d(4, 4, 1)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.block[0](x) + F.relu(F.avg_pool2d(self.stem(x), 2, ceil_mode=True)))
        x = self.act(self.pool(x))
        return self.head(self.drop(x.mean((2, 3))))


class Broken(nn.Module):
    """Changes its own state, then fails in a way that export cannot follow."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3)
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        if self.conv(x).sum() > 0:  # control flow on pixels
            return x
        return x * 2


@pytest.mark.parametrize("training", [True, False])
def test_the_module_is_left_as_it_was(training: bool) -> None:
    module = Nested().train(training)
    module.stem[1].eval()  # frozen batch norm in a training model
    module.head.weight.requires_grad_(False)
    module.stem[0].weight.grad = torch.ones_like(module.stem[0].weight)
    module.act.register_forward_hook(lambda *_: None)
    before = snapshot(module)
    Network.trace(module, (2, 8, 8))
    assert_unchanged(before, module)


def test_the_module_is_left_as_it_was_after_an_error() -> None:
    module = Broken().train()
    before = snapshot(module)
    with pytest.raises(TraceError, match="Broken cannot be exported"):
        Network.trace(module, (2, 8, 8))
    assert_unchanged(before, module)


def test_caches_and_lists_that_forward_writes_are_put_back() -> None:
    class Caching(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(2, 3, 3)
            self.seen: list[Tensor] = []
            self.cache: dict[str, Any] = {"sizes": [1]}

        def forward(self, x: Tensor) -> Tensor:
            x = self.conv(x)
            self.seen.append(x)
            self.cache["last"] = x
            self.cache["sizes"].append(x.shape[0])
            return x

    module = Caching()
    seen, cache = module.seen, module.cache
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Network.trace(module, (2, 6, 6))
    assert module.seen is seen
    assert module.cache is cache
    assert seen == []
    assert cache == {"sizes": [1]}


def test_buffers_that_forward_writes_are_put_back() -> None:
    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(2, 3, 3)
            self.register_buffer("calls", torch.zeros((), dtype=torch.long))
            self.register_buffer("scale", torch.ones(3, 1, 1))

        def forward(self, x: Tensor) -> Tensor:
            self.calls += 1
            self.scale.mul_(2)
            return self.conv(x) * self.scale

    module = Counting().eval()
    before = snapshot(module)
    Network.trace(module, (2, 6, 6))
    after = snapshot(module)
    for key in ("calls bytes", "scale bytes"):
        assert torch.equal(before[key], after[key])


def test_the_network_has_weights_of_its_own() -> None:
    module = nets.settled(nets.plain())
    image = torch.randn(1, 2, 9, 8, dtype=torch.float64)
    net = Network.trace(module, (2, 9, 8))
    expected = net.run(image)[net.output]
    with torch.no_grad():
        module[0].weight.zero_()
    assert torch.equal(net.run(image)[net.output], expected)


def test_a_traced_network_is_in_eval_mode() -> None:
    module = Nested().double()
    for m in module.modules():
        if isinstance(m, nn.BatchNorm2d):
            m.running_mean.normal_()
    module.train()
    image = torch.randn(3, 2, 8, 8, dtype=torch.float64)
    net = Network.trace(module, (2, 8, 8))
    with torch.no_grad():
        expected = copy.deepcopy(module).eval()(image)
    assert torch.allclose(net.run(image)[net.output], expected)


def test_failures_say_nothing_besides_the_error(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    wrong = nets.Lambda(lambda x: x + torch.zeros(1, 7, 3, 3))
    with caplog.at_level(logging.WARNING), pytest.raises(TraceError, match=r"torch\.export said"):
        Network.trace(wrong, (2, 8, 8))
    assert not caplog.records
    assert capfd.readouterr().err == ""


# -- names ------------------------------------------------------------------------------------------------------------
def test_layers_have_the_names_of_their_modules() -> None:
    net = Network.trace(Nested(), (2, 8, 8))
    names = net.layers.names
    assert names[:4] == ("block.0.conv1", "block.0.bn1", "block.0.relu", "block.0.conv2")
    for name in (
        "stem.0",
        "stem.1",
        "stem.2",
        "act",
        "act_1",
        "pool",
        "head",
        "relu",
        "avg_pool2d",
        "add",
        "block.0.add",
    ):
        assert name in net.layers, name
    assert len(set(names)) == len(names)
    assert net.output == "head"


def test_modules_called_again_are_numbered() -> None:
    net = Network.trace(nets.Residual(), (2, 9, 8))
    assert [n for n in net.layers.names if n.startswith("relu")] == ["relu", "relu_1", "relu_2"]
    assert [n for n in net.layers.names if n.startswith("add")] == ["add", "add_1"]


def test_containers_name_their_last_value() -> None:
    net = Network.trace(Nested(), (2, 8, 8))
    assert net.layers["stem"].name == "stem.2"
    assert net.layers["block.0"].name == "block.0.relu_2"


def test_dropped_modules_name_what_they_pass_on() -> None:
    net = Network.trace(nets.settled(nets.Classifier()), (2, 8, 8))
    assert net.layers["classifier.0"].name == net.layers["flatten"].name
    assert net.layers["features"].name == "features.2"
    assert net.layers["classifier"].name == "classifier.3"


def test_functional_operations_are_named_by_module_and_operation() -> None:
    net = Network.trace(nets.settled(nets.Branching()), (2, 9, 10))
    assert [n for n in net.layers.names if "." not in n] == [
        "stem", "relu", "max_pool2d", "one", "relu_1", "three", "relu_2", "wide", "relu_3", "cat",
    ]  # fmt: skip


def test_a_module_named_like_an_operation_keeps_its_name() -> None:
    class Clash(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.relu = nn.Conv2d(2, 3, 1)
            self.relu_1 = nn.Conv2d(3, 3, 1)

        def forward(self, x: Tensor) -> Tensor:
            return F.relu(self.relu_1(F.relu(self.relu(F.relu(x)))))

    net = Network.trace(Clash(), (2, 4, 4))
    assert len(net.layers.names) == len(set(net.layers.names)) == 5
    assert [net.layers[n].op for n in ("relu", "relu_1")] == ["conv2d", "conv2d"]


# -- forwards ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", nets.MAPS)
def test_running_the_trace_is_running_the_module(name: str) -> None:
    module, net, shape = nets.traced(name)
    for count in (1, 3):
        images = torch.randn(count, *shape, dtype=torch.float64)
        with torch.no_grad():
            assert torch.allclose(net.run(images)[net.output], module(images), rtol=1e-12, atol=1e-12)
    assert net.program.any_batch


def test_computed_weights_that_are_constant_are_folded() -> None:
    net = Network.trace(nets.settled(nets.Standardised()), (2, 6, 5))
    assert [s.op for s in net.steps] == ["conv2d", "relu"]


def test_a_constant_repeated_for_every_image_follows_the_batch() -> None:
    module = nets.settled(nets.ClassToken())

    class Dynamic(nets.ClassToken):
        def forward(self, x: Tensor) -> Tensor:
            x = F.relu(self.patch(x)) + self.position
            token = self.token.expand(x.shape[0], -1, -1)
            x = torch.cat([token, x.flatten(2).transpose(1, 2)], 1)
            return self.head(F.relu(self.mix(x.transpose(1, 2)))[:, :, 0])

    dynamic = Dynamic().double().eval()
    dynamic.load_state_dict(module.state_dict())
    images = torch.randn(3, 2, 8, 8, dtype=torch.float64)
    for model, any_batch in ((module, False), (dynamic, True)):  # len(x) makes a number of the batch size
        net = Network.trace(model, (2, 8, 8))
        assert net.program.any_batch is any_batch
        with torch.no_grad():
            assert torch.allclose(net.run(images)[net.output], model(images))


def test_models_for_one_image_run_on_many() -> None:
    module = nets.settled(nets.Classifier())
    fixed = nets.Lambda(lambda x: module(x).reshape(1, 5))
    fixed.module = module
    net = Network.trace(fixed, (2, 8, 8))
    assert not net.program.any_batch
    images = torch.randn(3, 2, 8, 8, dtype=torch.float64)
    with torch.no_grad():
        assert torch.allclose(net.run(images)[net.output], module(images))
    with pytest.raises(ShapeError, match="given none"):
        net.run(images[:0])


def test_masks_made_from_the_shape_do_not_depend_on_the_image() -> None:
    class Masked(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(2, 3, 3, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            x = self.conv(x)
            mask = torch.zeros_like(x)
            mask[:, :, 1:-1, 1:-1] = 1
            return F.relu(x) * mask + x.new_zeros(1, 3, 6, 6)

    module = Masked().double()
    net = Network.trace(module, (2, 6, 6))
    images = torch.randn(2, 2, 6, 6, dtype=torch.float64)
    with torch.no_grad():
        assert torch.allclose(net.run(images)[net.output], module(images))
    assert {s.op for s in net.steps if net.values[s.index].depends} == {"conv2d", "relu", "mul", "add"}


@pytest.mark.parametrize(
    "pack",
    [
        lambda y, z: (y, z),
        lambda y, z: [z, y],
        lambda y, z: {"aux": y, "out": z},
        lambda y, z: {"a": {"b": (y,)}, "c": z},
    ],
    ids=["tuple", "list", "dict", "nested"],
)
def test_of_several_outputs_the_vector_is_the_model_s(pack: Any) -> None:
    class Several(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(2, 3, 3)
            self.head = nn.Linear(3, 4)

        def forward(self, x: Tensor) -> Any:
            y = F.relu(self.conv(x))
            return pack(y, self.head(y.mean((2, 3))))

    net = Network.trace(Several(), (2, 6, 6))
    assert net.output == "head"
    assert "conv" in net.layers


def test_checkpointed_blocks_are_followed() -> None:
    class Saving(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.block = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU())

        def forward(self, x: Tensor) -> Tensor:
            found = checkpoint(self.block, x, use_reentrant=False)
            assert isinstance(found, Tensor)
            return found

    net = Network.trace(Saving(), (2, 6, 6))
    assert [s.op for s in net.steps] == ["conv2d", "relu"]


def test_an_exported_program_makes_the_same_network() -> None:
    module = nets.settled(nets.Residual())
    shape, image = (2, 9, 8), torch.randn(2, 2, 9, 8, dtype=torch.float64)
    program = torch.export.export(module, (image,), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))
    net, traced = Network.from_export(program, name="r"), Network.trace(module, shape)
    assert net.layers.names == traced.layers.names
    assert net.fingerprint == traced.fingerprint
    assert torch.equal(net.run(image)[net.output], traced.run(image)[traced.output])


# -- refusals ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("shape", [(3, 8), (3, 8, 8.0), (1, 3, 8, 8), ()])
def test_input_shapes_are_three_integers(shape: Any) -> None:
    with pytest.raises(WrongType, match=r"input_shape=\(.*\): give three whole numbers"):
        Network.trace(nets.plain(), shape)


def test_input_shapes_are_positive() -> None:
    with pytest.raises(ShapeError, match="three positive integers"):
        Network.trace(nets.plain(), (3, 8, 0))


def test_a_wrong_number_of_channels_is_said_by_torch() -> None:
    with pytest.raises(TraceError, match=r"images of shape \(3, 9, 8\).*torch.export said"):
        Network.trace(nets.plain(), (3, 9, 8))


def test_only_modules_are_traced() -> None:
    with pytest.raises(UsageError, match=r"module=<function>: give a torch\.nn\.Module, not a function"):
        Network.trace(lambda x: x, (3, 8, 8))  # type: ignore[arg-type]


def test_batch_norm_over_the_batch_is_refused() -> None:
    module = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3, track_running_stats=False))
    with pytest.raises(TraceError, match="depend on its neighbours"):
        Network.trace(module, (2, 8, 8))


@pytest.mark.parametrize(
    "mixing",
    [
        lambda x: (x - x.min()) / (x.max() - x.min()),
        lambda x: x / x.norm(),
        lambda x: x.softmax(0),
        lambda x: x.cumsum(0),
        lambda x: x - x.mean(0, keepdim=True),
        lambda x: x.flip(0),
    ],
)
def test_a_network_that_mixes_the_images_of_a_batch_is_refused(mixing: Callable[[Tensor], Tensor]) -> None:
    module = nn.Sequential(nn.Conv2d(2, 3, 3), nets.Lambda(mixing), nn.Conv2d(3, 2, 3))
    with pytest.raises(TraceError, match="mixes the images of a batch"):
        Network.trace(module, (2, 8, 8))


def test_a_network_that_mixes_nothing_but_within_images_is_traced() -> None:
    within = nets.Lambda(lambda x: x / x.abs().amax((1, 2, 3), keepdim=True))
    net = Network.trace(nn.Sequential(nn.Conv2d(2, 3, 3), within).bfloat16(), (2, 8, 8))
    assert net.program.any_batch
    one = nn.Sequential(nn.Conv2d(2, 1, 8), nets.Lambda(lambda x: x.squeeze()))  # of one image alone no batch is left
    assert Network.trace(one, (2, 8, 8)).head.kind == "binary"


def test_a_program_for_a_fixed_batch_is_refused() -> None:
    program = torch.export.export(nets.plain().eval(), (torch.zeros(4, 2, 9, 8),))
    with pytest.raises(TraceError, match="batches of exactly 4"):
        Network.from_export(program)


def test_a_program_of_two_images_is_refused() -> None:
    class Two(nn.Module):
        def forward(self, a: Tensor, b: Tensor) -> Tensor:
            return a + b

    program = torch.export.export(Two(), (torch.zeros(1, 2, 4, 4), torch.zeros(1, 2, 4, 4)))
    with pytest.raises(TraceError, match="2 tensor inputs"):
        Network.from_export(program)


def test_a_program_of_vectors_is_refused() -> None:
    program = torch.export.export(nn.Linear(3, 2), (torch.zeros(1, 3),))
    with pytest.raises(TraceError, match="2 dimensions"):
        Network.from_export(program)


def test_a_model_that_ignores_its_image_is_refused() -> None:
    with pytest.raises(TraceError, match="no tensor that depends on the image"):
        Network.trace(nets.Lambda(lambda x: torch.zeros(1, 3)), (2, 4, 4))


def test_convolutions_put_channels_first_whatever_shape_games_came_before() -> None:
    class SpaceToDepth(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(48, 8, 3, padding=1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            n, c, h, w = x.shape
            x = x.reshape(n, c, h // 4, 4, w // 4, 4).permute(0, 3, 5, 1, 2, 4)
            return self.conv(x.reshape(n, c * 16, h // 4, w // 4)).relu()

    net = Network.trace(SpaceToDepth(), (3, 64, 64))
    assert net.layers["conv"].shape == (8, 16, 16)
    assert net.layers["relu"].channels == 8


# -- autocast ---------------------------------------------------------------------------------------------------------
class Autocast(nn.Module):
    """Mixed precision within forward, with batch norms, a pooling and a residual sum."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2))
        self.block = nets.Residual()
        self.pre = nn.Sequential(nn.BatchNorm2d(4), nn.ReLU())
        self.head = nn.Linear(4, 3)
        self.block.conv1, self.block.shortcut = nn.Conv2d(4, 4, 3, 2, 1, bias=False), nn.Conv2d(4, 4, 1, 2)

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return self.head(self.pre(self.block(self.stem(x))).mean((2, 3))).float()


def test_layers_of_an_autocast_block_keep_their_modules_names() -> None:
    module = nets.settled(Autocast()).float()
    mixed = Network.trace(module, (2, 16, 16))
    for name in ("stem.0", "stem.1", "stem.2", "stem.3", "block.conv1", "block.bn1", "pre.0", "pre.1", "head"):
        assert name in mixed.layers, name
    assert mixed.layers["block.conv2"].field is not None


def test_an_autocast_block_runs_projects_and_is_occluded() -> None:
    module = nets.settled(Autocast()).float()
    net, x = Network.trace(module, (2, 16, 16)), torch.randn(2, 2, 16, 16)
    with torch.no_grad():
        expected = module(x)
    assert torch.allclose(net.run(x)[net.output], expected, rtol=0.05, atol=0.02)
    unfolded = net.run_values(x, {net.index_of("stem.1"), net.index_of("pre.1")})
    assert all(value.isfinite().all() for value in unfolded.values())
    leaf = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(module(leaf)[0, 1], leaf)
    found = deconv(net, x[:1], f"{net.output}:1", rule="gradient", signal="one")
    assert found.pixels.dtype == torch.float32
    assert (found.full() - gradient[:1]).norm() < 0.05 * gradient[:1].norm()
    covered = occlude(net, x, size=8, stride=8, layer="block.conv2").covered
    assert np.isfinite(covered.activations).all()


# -- failures ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "function",
    [
        lambda x: x if x.sum() > 0 else 2 * x,
        lambda x: x[:, :, : int(x.sum().item())],
        lambda x: x[x > 0].reshape(-1, 2),
        lambda x: torch.from_numpy(x.numpy() * 2),
    ],
    ids=["control flow", "a size by a sum", "a size by a mask", "NumPy"],
)
def test_a_failed_export_says_one_thing(
    function: Any, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    module = nn.Sequential(*(nn.Conv2d(2, 2, 3, padding=1) for _ in range(20)), nets.Lambda(function))
    with caplog.at_level(logging.WARNING), pytest.raises(TraceError) as raised:
        Network.trace(module, (2, 8, 8))
    assert len(str(raised.value).splitlines()) == 1
    assert not caplog.records
    assert capfd.readouterr() == ("", "")
