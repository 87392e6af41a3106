"""What one would type first and wrongly: refused in our words, by the name of what is wrong, with what to do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import convscope as cs


@pytest.fixture(scope="module")
def net() -> cs.Network:
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 5))
    return cs.Network.trace(layers, (3, 8, 8), preprocess=cs.Preprocess(8, 8))


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an image of each of two classes."""
    place = tmp_path_factory.mktemp("photos")
    for number, name in enumerate(("cat", "dog")):
        (place / name).mkdir()
        Image.fromarray(np.full((9, 9, 3), 60 * number, np.uint8)).save(place / name / "0.png")
    return place


CHANNELS_FIRST = r"floating-point arrays are channels first and normalised, found \((1, )?8, 8, 3\)"

WRONG: dict[str, tuple[Callable[[cs.Network, Path], Any], str]] = {
    "a module where a network is made": (
        lambda net, _: cs.Network(nn.ReLU()),  # type: ignore[arg-type]
        r"^program=<ReLU>: a network is traced: Network\.trace\(module, \(channels, height, width\)\)$",
    ),
    "channels last": (
        lambda net, _: cs.Network.trace(nn.Conv2d(3, 4, 3), (32, 32, 3)),
        r"input_shape= is \(channels, height, width\), here \(3, 32, 32\)",
    ),
    "an array of floats with channels last": (
        lambda net, _: cs.deconv(net, np.random.default_rng(0).random((8, 8, 3)), "1:1"),
        CHANNELS_FIRST,
    ),
    "a batch of floats with channels last": (
        lambda net, _: cs.occlude(net, torch.rand(1, 8, 8, 3)),
        CHANNELS_FIRST,
    ),
    "nothing for images": (lambda net, _: cs.deconv(net, None, "1:1"), r"^None names no images: give a path"),  # type: ignore[arg-type]
    "a number for images": (lambda net, _: cs.deconv(net, 3, "1:1"), r"^an int names no images: give a path"),  # type: ignore[arg-type]
    "a list of a unit and a number": (
        lambda net, _: cs.deconv(net, torch.rand(1, 3, 8, 8), ["1:1", 3]),  # type: ignore[list-item]
        r"^unit=3: give a Unit, text",
    ),
    "no images at once": (lambda net, photos: cs.deconv(net, photos, "1:1", batch=0), r"^batch=0: give 1 or more$"),
    "no parts": (lambda net, photos: cs.correspond(net, photos, []), r"^parts=\[\]: name one part or more"),
    "labels of a network whose classes have no names": (
        lambda net, photos: cs.occlude(net, photos, target="labels"),
        r"no class 'cat': its classes have no names, give a number below 5, or names for them \(classes=\)",
    ),
    "a claim that is none": (
        lambda net, photos: cs.paper(net, photos, claims=["depht"]),  # type: ignore[list-item]
        r"^claims=\['depht'\]: 'depht' is not a choice; choose among 'invariance', .*; did you mean 'depth'\?$",
    ),
    "a comparison that is none": (
        lambda net, photos: cs.transfer(net, photos, compare=["rnd"]),  # type: ignore[list-item]
        r"^compare=\['rnd'\]: 'rnd' is not a choice; choose among 'random', 'scratch'",
    ),
    "an option of no recipe": (
        lambda net, photos: cs.train("imagenette-zfnet", photos, photos / "run", changes={"epoch": 3}),
        r"^changes=: there is no 'epoch' in recipe or network; did you mean 'epochs'\?",
    ),
    "a file where a dictionary is meant": (
        lambda net, _: net.with_directions("sae.safetensors"),  # type: ignore[arg-type]
        r"give a Dictionary or a list of Dictionaries, not text",
    ),
    "another module": (
        lambda net, _: cs.check(net, module=nn.Linear(3, 3)),
        r"the module does not run on the images of .* \(.*\): give the very module",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_refused_in_our_words(wrong: str, net: cs.Network, photos: Path) -> None:
    asked, said = WRONG[wrong]
    with pytest.raises(cs.ConvscopeError, match=said):
        asked(net, photos)
