"""Files that torch writes of all kinds of networks: the same network as from torch's own reader, bit for bit."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from convscope.errors import TraceError
from convscope.graph import Network
from convscope.models.loading import load
from convscope.models.tiny import random_tiny
from tests.graph import nets
from tests.models.exported.making import edit_program, edited, rewrite, save


def same(path: Path) -> Network:
    """The network of a file, which must be that of torch's reader: outputs, names and steps."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given buffer is not writable")  # torch 2.9's own reader, once a process
        wanted = Network.from_export(torch.export.load(path))
    found = load(f"pt2:{path}")
    assert found.layers.names == wanted.layers.names
    assert found.fingerprint == wanted.fingerprint
    assert found.program.any_batch == wanted.program.any_batch
    assert found.program.dtype == wanted.program.dtype
    images = torch.randn(3 if wanted.program.any_batch else 1, *wanted.input_shape).to(wanted.program.dtype)
    for name in (found.layers.names[0], found.output):
        assert torch.equal(found.run(images, [name])[name], wanted.run(images, [name])[name])
    return found


def bn(function: Callable[[Tensor], Tensor] = F.relu) -> nn.Module:
    class Normalised(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(2, 4, 3)
            self.bn = nn.BatchNorm2d(4)
            self.bn.running_mean = torch.randn(4)
            self.act = nn.ReLU(inplace=True)
            self.head = nn.Linear(4, 3)

        def forward(self, x: Tensor) -> Tensor:
            x = self.act(self.bn(self.conv(x)))
            return self.head(F.adaptive_avg_pool2d(function(x), 1).flatten(1))

    return Normalised()


class Squeezing(nn.Module):
    """SqueezeNet's cat of two branches, AlexNet's response norm, and a view that needs the batch size."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(2, 4, 1), nn.Conv2d(2, 4, 3, padding=1)
        self.norm = nn.LocalResponseNorm(3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(torch.cat([self.a(x).relu_(), F.relu(self.b(x))], 1))
        parts = torch.split(x, 4, 1)
        return (parts[0] * parts[1]).view(x.size(0), -1)


class Unusual(nn.Module):
    """Shared and strided weights, constants, a buffer that is not kept, a block without gradients, several outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 2, 3, padding=1)
        self.again = nn.Conv2d(2, 2, 3, padding=1)
        self.again.weight = self.conv.weight
        whole = torch.randn(6, 4, 3, 3)
        self.strided = nn.Parameter(whole[::3, 1:3].transpose(2, 3))
        self.view = nn.Parameter(whole[1:3, :2])
        self.register_buffer("scale", torch.randn(2, 1, 1), persistent=False)
        self.register_buffer("counts", torch.arange(2).view(2, 1, 1))
        self.register_buffer("spread", torch.randn(2, 1, 1).expand(2, 9, 8))

    def forward(self, x: Tensor) -> dict[str, Any]:
        x = F.relu(self.again(self.conv(x)))
        x = F.conv2d(F.conv2d(x, self.strided, padding=1), self.view, padding=1)
        with torch.no_grad():
            scale = self.get_buffer("scale") * torch.tensor([2.0]) + self.get_buffer("counts")
        x = x * scale + self.get_buffer("spread")
        return {"map": x, "head": x.mean((2, 3))}


MODULES: dict[str, Callable[[], nn.Module]] = {
    "batch norm": bn,
    "silu": lambda: bn(F.silu),
    "gelu": lambda: bn(lambda x: F.gelu(x) + F.gelu(x, approximate="tanh")),
    "hardswish": lambda: bn(F.hardswish),
    "squeezing": Squeezing,
    "unusual": Unusual,
}


@pytest.mark.parametrize(
    ("kind", "free"), [*((kind, True) for kind in MODULES), *((kind, False) for kind in ("squeezing", "unusual"))]
)
def test_kinds_of_layers(tmp_path: Path, kind: str, free: bool) -> None:
    net = same(save(MODULES[kind](), tmp_path / "net.pt2", shape=(2, 9, 8), free=free))
    assert net.program.any_batch == free


ALIKE = ("strided", "dilated", "ceil_mode", "overlapping", "padded")
"""Networks that differ from others in the numbers of their operations alone."""


@pytest.mark.parametrize(
    ("name", "form"),
    [pytest.param(name, "training", marks=pytest.mark.slow if name in ALIKE else ()) for name in nets.MAPS]
    + [(name, form) for name in ("residual", "unet", "gated", "windows") for form in ("functional", "decomposed")],
)
def test_networks_in_every_form(tmp_path: Path, name: str, form: str) -> None:
    module, shape = nets.make(name)
    image = torch.zeros(2, *shape, dtype=next(module.parameters()).dtype)
    program = torch.export.export(module, (image,), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))
    if form != "training":
        program = program.run_decompositions({} if form == "functional" else None)
    torch.export.save(program, tmp_path / "net.pt2")
    same(tmp_path / "net.pt2")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_types_of_numbers(tmp_path: Path, dtype: torch.dtype) -> None:
    assert same(save(nets.plain().to(dtype), tmp_path / "net.pt2", shape=(2, 9, 8))).program.dtype == dtype


def test_a_part_of_a_tensor_is_read_with_the_tensor(tmp_path: Path) -> None:
    net = same(save(Unusual(), tmp_path / "net.pt2", shape=(2, 9, 8)))
    assert net.output == "mean"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mobilenetv3_small_050", "efficientnet_b0", "convnext_atto", "regnetx_002"])
def test_networks_of_timm(tmp_path: Path, timm: ModuleType, name: str) -> None:
    same(save(timm.create_model(name, pretrained=False), tmp_path / "net.pt2", shape=(3, 64, 64)))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["squeezenet1_1", "resnet18", "mobilenet_v2"])
def test_networks_of_torchvision(tmp_path: Path, torchvision: ModuleType, name: str) -> None:
    same(save(torchvision.models.get_model(name, weights=None), tmp_path / "net.pt2", shape=(3, 64, 64)))


@pytest.mark.parametrize("minor", [14, 20])
def test_the_versions_of_supported_releases(tmp_path: Path, minor: int) -> None:
    def edit(program: Any) -> None:
        program["schema_version"]["minor"] = minor
        for node in program["graph_module"]["graph"]["nodes"]:
            if minor == 14:
                node.pop("name", None)  # torch 2.9 writes none

    same(edit_program(save(random_tiny(), tmp_path / "net.pt2"), edit))


def test_a_program_saved_on_a_gpu_is_read_on_the_cpu(tmp_path: Path) -> None:
    path = save(bn(), tmp_path / "net.pt2", shape=(2, 9, 8))
    wanted = load(f"pt2:{path}")

    def on_gpu(content: bytes) -> bytes:
        return content.replace(b'{"type": "cpu", "index": null}', b'{"type": "cuda", "index": 0}')

    rewrite(path, {"models/model.json": on_gpu, "data/weights/model_weights_config.json": on_gpu})
    assert load(f"pt2:{path}").fingerprint == wanted.fingerprint


def test_extra_files_and_sample_inputs_are_left_alone(tmp_path: Path) -> None:
    path = save(random_tiny(), tmp_path / "net.pt2")
    wanted = load(f"pt2:{path}").fingerprint
    rewrite(path, {"extra/notes.txt": b"of the maker", "data/sample_inputs/model.pt": b"no pickle"})
    assert load(f"pt2:{path}").fingerprint == wanted


def test_a_name_may_be_any_word_of_python(tmp_path: Path) -> None:
    path = save(random_tiny(), tmp_path / "net.pt2")
    wanted = load(f"pt2:{path}").fingerprint

    def edit(content: bytes) -> bytes:
        return json.dumps(json.loads(content.replace(b'"conv2d"', b'"lambda"'))).encode()

    assert load(f"pt2:{rewrite(path, {'models/model.json': edit})}").fingerprint == wanted


def test_a_fixed_batch_is_refused(tmp_path: Path) -> None:
    program = torch.export.export(nets.plain().eval(), (torch.zeros(4, 2, 9, 8),))
    torch.export.save(program, tmp_path / "net.pt2")
    with pytest.raises(TraceError, match="batches of exactly 4"):
        load(f"pt2:{tmp_path / 'net.pt2'}")


def test_two_images_and_vectors_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.pt2"
    image = torch.zeros(1, 2, 4, 4)

    class Two(nn.Module):
        def forward(self, a: Tensor, b: Tensor) -> Tensor:
            return a + b

    torch.export.save(torch.export.export(Two(), (image, image)), path)
    with pytest.raises(TraceError, match="2 tensor inputs"):
        load(f"pt2:{path}")
    torch.export.save(torch.export.export(nn.Linear(3, 2), (torch.zeros(1, 3),)), path)
    with pytest.raises(TraceError, match="2 dimensions"):
        load(f"pt2:{path}")


def test_the_module_stack_is_what_names_are_made_of(tmp_path: Path) -> None:
    def edit(program: Any) -> None:
        for node in program["graph_module"]["graph"]["nodes"]:
            node["metadata"] = {}

    path = rewrite(save(random_tiny(), tmp_path / "net.pt2"), {"models/model.json": edited(edit)})
    assert load(f"pt2:{path}").layers.names[:2] == ("conv2d", "batch_norm")
