"""timm:NAME[.TAG], the networks of timm."""

from __future__ import annotations

import importlib
import math
from pickle import UnpicklingError
from types import ModuleType
from typing import Any

from convscope.data import Preprocess
from convscope.errors import UsageError, WeightsError, missing_extra, nearest
from convscope.models.from_torchvision import import_torchvision
from convscope.models.imagenet import COUNT, imagenet_classes, package_folder
from convscope.models.initial import seeded
from convscope.models.request import (
    PRETRAINED,
    FoundModel,
    ModelRequest,
    file_label,
    from_metadata,
    quiet,
    random_label,
    wanted_channels,
)
from convscope.models.weights import load_into


def from_timm(request: ModelRequest) -> FoundModel:
    """timm's network: random weights unless a file or "pretrained" is asked for."""
    timm = _import_timm(f"load {request.spec}")
    name = request.name
    if ":" in name or not timm.is_model(name):
        known = timm.list_models()
        raise UsageError(f"timm has no network '{name}'{nearest(name, known)} ({len(known)} of them: timm.list_models)")
    weights = request.read_file()
    preprocess, classes = from_metadata(weights)
    outputs = request.outputs or (len(classes) if classes else None)
    options = {} if outputs is None or request.weights == PRETRAINED else {"num_classes": outputs}
    channels = wanted_channels(request, weights, lambda: timm.create_model(request.name, pretrained=False))
    if channels != 3:
        options["in_chans"] = channels
    module = _create(timm, request, options)
    label = random_label(request.seed)
    if weights is not None:
        label = file_label(weights, load_into(module, weights))
    elif request.weights == PRETRAINED:
        label = f"weights {module.pretrained_cfg.get('hf_hub_id') or module.pretrained_cfg.get('url') or 'of timm'}"
        # Other tasks have other names, and the number is the only sign of ImageNet's 1,000 that every entry has.
        classes = imagenet_classes() if module.num_classes == COUNT else None
    if channels != 3 and request.weights == PRETRAINED:
        label += f", its first convolution brought to {channels} channel{'s' * (channels > 1)} by timm"
    own = _preprocess(timm, module) if channels == 3 else None
    height, width = timm.data.resolve_model_data_config(module)["input_size"][1:]
    return FoundModel(module, preprocess or own, classes, label, size=(height, width))


def _import_timm(purpose: str) -> ModuleType:
    if package_folder("timm") is None:
        raise missing_extra("timm", "timm", purpose=purpose)
    import_torchvision(f"{purpose} (timm imports it)")
    return importlib.import_module("timm")


def _create(timm: ModuleType, request: ModelRequest, options: dict[str, Any]) -> Any:
    pretrained = request.weights == PRETRAINED
    try:
        with seeded(request.seed), quiet("timm", "huggingface_hub"):
            return timm.create_model(request.name, pretrained=pretrained, **options)
    except (RuntimeError, OSError, ValueError, EOFError, UnpicklingError) as error:
        if "tag" in str(error):
            tags = [known for known in timm.list_pretrained() if known.startswith(request.name.partition(".")[0] + ".")]
            raise UsageError(
                f"timm has no weights '{request.name}'{nearest(request.name, tags)} (there are: {', '.join(tags)})"
            ) from error
        if not pretrained:
            raise
        raise WeightsError(
            f"cannot get the pretrained weights of {request.spec} ({error}): fetch the file by other means and give it "
            "as weights=, or ask for weights='random'"
        ) from error


def _preprocess(timm: ModuleType, module: Any) -> Preprocess | None:
    """What timm's own evaluation does to images, or None where a `Preprocess` cannot say it."""
    recipe = timm.data.resolve_model_data_config(module)
    channels, height, width = recipe["input_size"]
    mode = recipe["crop_mode"]
    pads = recipe["crop_pct"] > 1 or mode not in ("center", "squash")
    if channels != 3 or pads or (mode == "center" and height != width):
        return None
    inner = math.floor(height / recipe["crop_pct"]), math.floor(width / recipe["crop_pct"])
    resize = inner if mode == "squash" else inner[0]
    interpolation = "bilinear" if recipe["interpolation"] == "random" else recipe["interpolation"]
    return Preprocess(height, width, resize=resize, interpolation=interpolation, mean=recipe["mean"], std=recipe["std"])
