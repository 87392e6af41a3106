"""The convolutional families of torchvision, timm and transformers, and the smallest member of each.

A family is what one source file of a library calls by one name, sizes and recipes left out: timm's `resnet` of
resnet.py is one, the one of byobnet.py another, and so are `mobilenetv4_conv` and `mobilenetv4_hybrid`. Its smallest
member is the one with the fewest weights of those whose names say that they are small. transformers has no members, but
configurations: a family is a kind of model there, and its smallest member the default one with at most two blocks where
there could be more.

A family counts as convolutional if it has a convolution whose windows overlap: patches cut side by side are none.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks._models import torchvision_models

LIBRARIES = ("torchvision", "timm", "transformers")

_SIZES = re.findall(
    r"\w+",
    """test zepto atto femto pico nano xxs xxtiny xx xs xtiny xsmall x ti t tiny mini s n small m medium mediumd betwixt
    little dlittle wee pwee dwee dpwee base b l large large2 d xl xlarge xxl xxlarge h huge g giant giantopt
    gigantic""",
)
#: Parts of names that say how it was trained or how wide it is, and nothing of what it is made of.
_RECIPES = re.findall(
    r"\w+",
    """c a e f z p kobe so tv rw rw2 jx ssld pruned dist distilled enc big ns in21k xdw el em es fl plus wide tall
    short""",
)
_NUMBERED = re.compile(r"\d.*|[a-uw-z]{1,2}\d+[a-z]{0,2}|(patch|window|reg)\d+")
_WORD = re.compile(r"v\d$|[a-z]+(?<=v)\d|[a-z]+(\d+[a-z]{3,})?")
_CANDIDATES = 2  # of a family that are weighed
_TASKS = (
    "IMAGE_CLASSIFICATION", "SEMANTIC_SEGMENTATION", "DEPTH_ESTIMATION", "OBJECT_DETECTION", "UNIVERSAL_SEGMENTATION",
    "KEYPOINT_DETECTION", "IMAGE_TO_IMAGE", "TEXT_RECOGNITION", "BACKBONE",
)  # fmt: skip
_DEPTHS = re.compile(r"depths?|num_hidden_layers|(encoder|decoder)_layers|num_layers|layer_depths|depth_multiplier")


@dataclass(frozen=True)
class Member:
    """The smallest network of a family: how many weights it has, and whether windows of a convolution overlap."""

    library: str
    family: str
    network: str
    weights: int
    convolutional: bool


# -- names ------------------------------------------------------------------------------------------------------------
def family(name: str) -> str:
    """What a network's name says of its family: the name without its sizes.

    >>> [family(name) for name in ("resnet18", "mobilenet_v3_small", "tf_efficientnet_b0", "res2net50_26w_4s")]
    ['resnet', 'mobilenet_v3', 'tf_efficientnet', 'res2net']
    """
    kept: list[str] = []
    for part in name.split("_"):
        if part in ("x", "y") and kept == ["regnet"]:  # torchvision's two kinds
            kept.append(part)
        elif part in _SIZES or part in _RECIPES or _NUMBERED.fullmatch(part):
            continue
        elif word := _WORD.match(part):
            kept.append(word[0])
    return "_".join(kept) or name


def _likely_small(names: Iterable[str]) -> list[str]:
    """The names that promise the smallest networks, first: by words for sizes, then by numbers."""

    def size(name: str) -> tuple[list[int], list[float], str]:
        words = [_SIZES.index(part) for part in name.split("_") if part in _SIZES]
        return words[:1] or [len(_SIZES)], [float(n) for n in re.findall(r"\d+", name)], name

    return sorted(names, key=size)[:_CANDIDATES]


# -- libraries --------------------------------------------------------------------------------------------------------
@cache
def _library(name: str) -> ModuleType:
    torchvision_models()  # makes it importable, which the others need
    return import_module(name)


def imported(library: str) -> None:
    """Imports what all networks of a library need, so that forks need not."""
    _library(library)
    if library == "transformers":
        import_module("transformers.modeling_utils")
        _kinds()


def networks(library: str) -> dict[str, list[str]]:
    """The names of a library's networks by family, whose name begins with its source file where that is another."""
    found: dict[str, list[str]] = {}
    if library == "transformers":
        return {name: [name] for name in _kinds()}
    module = _library(library)
    for name in module.models.list_models():
        if library == "torchvision" and ".models.video." in module.models.get_model_builder(name).__module__:
            continue  # of videos, (n, c, t, h, w)
        maker = (
            module.models.get_model_builder(name) if library == "torchvision" else module.models.model_entrypoint(name)
        )
        place, own = maker.__module__.partition(".models.")[2], family(name)
        found.setdefault(own if place in own or own in place.split(".") else f"{place}/{own}", []).append(name)
    return found


def made(library: str, name: str) -> nn.Module:
    """The module, with random weights, as a function of images alone."""
    module = _library(library)
    if library == "torchvision":
        options = {"weights": None}
        if not name.startswith(("raft", "quantized")) and ("_resnet" in name or "_mobilenet" in name or "ssd" in name):
            options["weights_backbone"] = None
        return module.models.get_model(name, **options)
    if library == "timm":
        return module.create_model(name, pretrained=False)
    return _OfTransformers(_from_config(name))


def not_here(library: str, name: str) -> str | None:
    """Why a network's module cannot run here, told before it is made: torchvision's detectors end in its own compiled
    operators, after minutes, and these load only beside the build of torch that they were made for."""
    module = _library(library)
    detects = library == "torchvision" and ".detection." in module.models.get_model_builder(name).__module__
    if not detects or import_module("torchvision.extension")._has_ops():
        return None
    return f"torchvision's compiled operators do not load beside torch {torch.__version__}, and detectors need them"


@cache
def _kinds() -> dict[str, str]:
    """transformers' kinds of models that take pictures, each with the name of its class for the first task it has."""
    auto = import_module("transformers.models.auto.modeling_auto")
    found: dict[str, str] = {}
    for task in _TASKS:
        for kind, classes in getattr(auto, f"MODEL_FOR_{task}_MAPPING_NAMES").items():
            if kind not in ("timm_wrapper", "timm_backbone"):
                found.setdefault(kind, classes if isinstance(classes, str) else classes[0])
    return found


def _from_config(kind: str) -> nn.Module:
    transformers = _library("transformers")
    config = transformers.CONFIG_MAPPING[kind]()
    for smaller in (True, False):
        own = _with_less(config) if smaller else config
        with suppress(Exception):  # what does not fit together is made as it is
            return getattr(transformers, _kinds()[kind])(own)
    return getattr(transformers, _kinds()[kind])(config)


def _with_less(config: Any) -> Any:
    """The configuration with at most two blocks wherever it says how many."""
    less = {}
    for key, value in config.to_dict().items():
        if _DEPTHS.fullmatch(key) and isinstance(value, int) and value > 2:
            less[key] = 2
        elif _DEPTHS.fullmatch(key) and isinstance(value, list) and all(isinstance(one, int) for one in value):
            less[key] = [min(one, 2) for one in value]
    return type(config)(**less)


class _OfTransformers(nn.Module):
    """A model of transformers from images to its first output."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        side, channels = (getattr(model.config, name, None) for name in ("image_size", "num_channels"))
        if isinstance(side, int):
            self.pretrained_cfg = {"input_size": (channels if isinstance(channels, int) else 3, side, side)}

    def forward(self, images: Tensor) -> Tensor:
        return next(tensors(self.model(pixel_values=images)))


def tensors(output: Any) -> Iterator[Tensor]:
    """The tensors in whatever a module gives, in order."""
    if isinstance(output, Tensor):
        yield output
    elif isinstance(output, dict | list | tuple):
        for part in output.values() if isinstance(output, dict) else output:
            yield from tensors(part)


# -- the smallest -----------------------------------------------------------------------------------------------------
def _weighed(library: str, own: str, name: str) -> Member | None:
    """The member that a network would be, made without memory; None where it cannot be made so."""
    try:
        with torch.device("meta"):
            module = made(library, name)
    except Exception:  # noqa: BLE001  # another member then stands for the family
        return None
    return Member(library, own, name, sum(p.numel() for p in module.parameters()), convolutional(module))


def convolutional(module: nn.Module) -> bool:
    """Whether windows of one of its convolutions overlap."""
    return any(
        isinstance(part, nn.Conv1d | nn.Conv2d | nn.Conv3d)
        and any(size > stride for size, stride in zip(part.kernel_size, part.stride, strict=True))
        for part in module.modules()
    )


def smallest(library: str, file: Path) -> Iterator[Member]:
    """The smallest member of each family, one by one: as a file holds it, or weighed now and kept there.

    In an order that has nothing to do with names, so that what a run has reached when its time is over is a sample.
    """
    found = weighed(library, file)
    for own, names in sorted(networks(library).items(), key=lambda one: zlib.crc32(one[0].encode())):
        if own not in found:
            candidates = [m for name in _likely_small(names) if (m := _weighed(library, own, name)) is not None]
            found[own] = min(
                candidates, key=lambda m: m.weights, default=Member(library, own, _likely_small(names)[0], 0, True)
            )
            kept = _kept(file) | {_release(library): [asdict(one) for one in found.values()]}
            part = file.with_suffix(".part")
            part.write_text(json.dumps(kept, indent=0) + "\n", "utf-8")
            part.replace(file)
        yield found[own]


def weighed(library: str, file: Path) -> dict[str, Member]:
    """The smallest members that a file holds, by family; none of another release of the library."""
    return {one["family"]: Member(**one) for one in _kept(file).get(_release(library), [])}


def _kept(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text("utf-8")) if file.exists() else {}


def _release(library: str) -> str:
    return f"{library} {version(library)}"
