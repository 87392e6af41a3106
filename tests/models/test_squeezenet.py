"""SqueezeNet: the modules and sizes of the Caffe release, under torchvision's names."""

from types import ModuleType

import pytest
import torch

from convscope.errors import UsageError
from convscope.graph import Network
from convscope.models.squeezenet import SqueezeNet, random_squeezenet

SIZES = {
    "1_1": {"0": (64, 113), "2": (64, 56), "3": (128, 56), "5": (128, 28), "8": (256, 14), "12": (512, 14)},
    "1_0": {"0": (96, 111), "2": (96, 55), "5": (256, 55), "6": (256, 27), "11": (512, 13), "12": (512, 13)},
}


@pytest.mark.parametrize("version", SIZES)
def test_maps_have_the_sizes_of_the_caffe_release(version) -> None:
    net = SqueezeNet(version).eval()
    x = torch.zeros(1, 3, 227, 227)
    for name, module in net.features.named_children():
        x = module(x)
        if name in SIZES[version]:
            maps, size = SIZES[version][name]
            assert x.shape == (1, maps, size, size)


@pytest.mark.parametrize(("version", "count"), [("1_0", 1_248_424), ("1_1", 1_235_496)])
def test_parameters(version, count: int) -> None:
    assert sum(p.numel() for p in SqueezeNet(version).parameters()) == count


@pytest.mark.parametrize("version", ["1_0", "1_1"])
def test_is_torchvisions_network_but_for_the_padding(version, torchvision: ModuleType) -> None:
    theirs = getattr(torchvision.models, f"squeezenet{version}")(weights=None).eval()
    ours = SqueezeNet(version).eval()
    ours.load_state_dict(theirs.state_dict(), strict=True)
    x = torch.randn(2, 3, 97, 90)
    assert torch.equal(ours(x), theirs(x))


def test_head_padding_adds_a_border_of_biases() -> None:
    plain, padded = random_squeezenet("1_0", outputs=3), random_squeezenet("1_0", outputs=3, head_padding=1)
    padded.load_state_dict(plain.state_dict())
    x = torch.randn(1, 3, 100, 100)
    maps = plain.eval().features(x).shape[-1]
    inner = plain(x) * maps**2
    bias = plain.classifier[1].bias
    assert isinstance(bias, torch.Tensor)
    border = bias.relu() * ((maps + 2) ** 2 - maps**2)
    assert torch.allclose(padded.eval()(x), (inner + border) / (maps + 2) ** 2, atol=1e-6)


def test_random_weights_keep_the_signal_alive() -> None:
    net = Network.trace(random_squeezenet("1_1", seed=0), (3, 64, 64))
    deep = net.run(torch.randn(2, 3, 64, 64), ["features.12"])["features.12"]
    assert 0.05 < deep.std().item() < 20
    assert (deep > 0).float().mean().item() > 0.2


def test_unknown_version_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="1_0 and 1_1"):
        SqueezeNet("2_0")  # pyright: ignore[reportArgumentType]
