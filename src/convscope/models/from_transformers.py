"""hf:ID, the image classification networks of transformers, from the Hugging Face hub or a local folder."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pickle import UnpicklingError
from types import ModuleType
from typing import Any, cast

from safetensors import SafetensorError
from torch import Tensor, nn

from convscope.data import Preprocess
from convscope.data.preprocess import Resampling
from convscope.errors import ConvscopeError, UsageError, WeightsError, missing_extra
from convscope.files import home_expanded, kind_of
from convscope.models.from_torchvision import import_torchvision
from convscope.models.imagenet import package_folder
from convscope.models.initial import seeded
from convscope.models.request import RANDOM, FoundModel, ModelRequest, file_label, quiet, random_label
from convscope.models.weights import load_into

# Pillow's numbers, as the configurations of image processors give them.
_RESAMPLING: dict[int, Resampling] = {
    0: "nearest",
    1: "lanczos",
    2: "bilinear",
    3: "bicubic",
    4: "box",
    5: "hamming",
}
_CONVNEXT_WARPS_FROM = 384
# What transformers raises on folders and repositories that are not what they should be.
_ERRORS = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    MemoryError,
    RuntimeError,  # RecursionError among them
    UnpicklingError,
    SafetensorError,
)


def from_transformers(request: ModelRequest) -> FoundModel:
    """transformers' network with its published weights, unless a file or "random" is asked for.

    Code that a repository brings along is never run, and never asked about: a network that needs it is refused, a known
    one that comes with code besides is built by transformers' own. A spec that looks like a path is a path, and nothing
    is downloaded for it.
    """
    transformers = _import_transformers(f"load {request.spec}")
    local = _is_path(request.name)
    if local and kind_of(home_expanded(request.name)) != "folder":
        raise UsageError(
            f"{request.spec}: there is no folder '{request.name}' (a model of the hub is ORGANISATION/NAME)"
        )
    place = str(home_expanded(request.name)) if local else request.name
    with quiet("transformers", "huggingface_hub"), _no_bars(transformers):
        _check_config(transformers, request, place)
        try:
            module, label = _load(transformers, request, place)
            channels = int(getattr(module.config, "num_channels", None) or 3)
            preprocess = _preprocess(_processor(transformers, place), channels)
            return FoundModel(_logits(module), preprocess, _classes(module.config.id2label), label)
        except ConvscopeError:
            raise
        except (*_ERRORS, *_strict()) as error:
            raise _cannot_load(request, error) from error


def _classes(names: Mapping[int, str]) -> tuple[str, ...] | None:
    """The names of classes; None where they are transformers' placeholders."""
    found = tuple(str(names[i]) for i in range(len(names)))
    return None if all(name == f"LABEL_{i}" for i, name in enumerate(found)) else found


def _strict() -> tuple[type[Exception], ...]:
    """What the hub's package raises for values of a configuration that are of another type, where it checks them."""
    found = getattr(importlib.import_module("huggingface_hub.errors"), "StrictDataclassError", None)
    return () if found is None else (found,)


def _import_transformers(purpose: str) -> ModuleType:
    if package_folder("transformers") is None:
        raise missing_extra("transformers", "hf", purpose=purpose)
    if package_folder("torchvision") is not None:
        # transformers imports it where it is installed, and hides why that failed.
        import_torchvision(f"{purpose} (transformers imports it)")
    return importlib.import_module("transformers")


def _is_path(name: str) -> bool:
    there = kind_of(home_expanded(name)) != "nothing"
    return there or name.startswith((".", "/", "~")) or name.count("/") > 1 or "\\" in name or "\0" in name


def _load(transformers: ModuleType, request: ModelRequest, place: str) -> tuple[Any, str]:
    auto = transformers.AutoModelForImageClassification
    if request.weights == RANDOM or request.file is not None:
        config = transformers.AutoConfig.from_pretrained(place, trust_remote_code=False)
        with seeded(request.seed):
            module = auto.from_config(config, trust_remote_code=False)
        weights = request.read_file()
        if weights is None:
            return module, random_label(request.seed)
        return module, file_label(weights, load_into(module, weights))
    module, report = auto.from_pretrained(place, output_loading_info=True, trust_remote_code=False)
    if report["missing_keys"]:
        missing = sorted(report["missing_keys"])
        raise WeightsError(
            f"{request.spec} lacks weights of its own model, such as {', '.join(missing[:3])}: it was trained for "
            "another task; choose a model for image classification"
        )
    return module, "weights of the repository"


def _check_config(transformers: ModuleType, request: ModelRequest, place: str) -> None:
    """Raise WeightsError for a configuration that names code outside transformers, before anything follows it."""
    try:
        config, _ = transformers.PretrainedConfig.get_config_dict(place)
        if not isinstance(config, dict) or not isinstance(config.get("model_type", ""), str):
            raise ValueError("its config.json does not say what kind of model it is")
    except _ERRORS as error:
        raise _cannot_load(request, error) from error
    brought = config.get("auto_map")
    # A network that transformers knows itself may bring code for other uses; it is left where it is.
    auto = importlib.import_module("transformers.models.auto.modeling_auto")
    known = config.get("model_type") in auto.MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES
    needed = next(iter(brought.values()), None) if isinstance(brought, Mapping) and not known else None
    kernel = _kernel(config)
    if needed is None and kernel is None:
        return
    code = f"code of its own ({needed})" if kernel is None else f"a kernel from elsewhere ({kernel})"
    raise WeightsError(
        f"{request.spec} needs {code}, which is never run: read it, and if you trust it load the network in a Python "
        "function of yours and name that as py:package.module:factory"
    )


def _kernel(value: Any) -> str | None:
    """The repository of compiled code that a configuration, or a part of it, asks attention to be computed by."""
    parts: list[Any] = [value]
    while parts:
        part = parts.pop()
        if isinstance(part, list):
            parts += part
        elif isinstance(part, Mapping):
            for key, inner in part.items():
                if "_implementation" in str(key) and "/" in json.dumps(inner):  # also where it is kept: ..._internal
                    return str(inner)
                parts.append(inner)
    return None


def _cannot_load(request: ModelRequest, error: BaseException) -> WeightsError:
    return WeightsError(
        f"cannot load {request.spec} as an image classification model of transformers: {_first_line(error)} "
        "(a model of the hub is ORGANISATION/NAME; a folder must hold config.json and model.safetensors)"
    )


def _logits(module: Any) -> nn.Module:
    """The model as a function from images to logits.

    Its class is replaced by a subclass rather than wrapping it in a module, which would put a prefix before all names.
    """
    base = type(module)

    class Logits(base):
        def forward(self, images: Tensor) -> Tensor:
            return super().forward(pixel_values=images).logits

    Logits.__name__ = base.__name__
    module.__class__ = Logits
    return cast(nn.Module, module)


def _processor(transformers: ModuleType, place: str) -> dict[str, Any]:
    """The configuration of the model's image processor, empty if it has none."""
    mixin = importlib.import_module("transformers.image_processing_base").ImageProcessingMixin
    try:
        found = mixin.get_image_processor_dict(place)[0]
    except OSError:
        return {}
    if not isinstance(found, dict):
        raise ValueError("its preprocessor_config.json is no dictionary")
    return found


def _preprocess(config: Mapping[str, Any], channels: int = 3) -> Preprocess | None:
    """What an image processor of this configuration does, or None where a `Preprocess` cannot say it."""
    size, crop = _size(config.get("size")), _size(config.get("crop_size"))
    if not config.get("do_resize", True) or size is None or config.get("resample") not in _RESAMPLING:
        return None
    edge = size.get("shortest_edge")
    target = crop if config.get("do_center_crop") and crop is not None else size
    resize: int | tuple[int, int] | None = edge if edge is not None else (size["height"], size["width"])
    if edge is not None and "crop_pct" in config:
        # ConvNeXT's rule: below 384 enlarge and crop, from there on warp to a square.
        target = {"height": edge, "width": edge}
        resize = None if edge >= _CONVNEXT_WARPS_FROM else int(edge / (config["crop_pct"] or 224 / 256))
    if "height" not in target:
        return None
    scale = config.get("rescale_factor", 1 / 255) if config.get("do_rescale", True) else 1.0
    normalised = config.get("do_normalize", True)
    return Preprocess(
        target["height"],
        target["width"],
        resize=None if resize == (target["height"], target["width"]) else resize,
        interpolation=_RESAMPLING[config["resample"]],
        scale=scale,
        mean=_numbers(config["image_mean"]) if normalised else (0.0,) * channels,
        std=_numbers(config["image_std"]) if normalised else (1.0,) * channels,
    )


def _numbers(value: Any) -> tuple[float, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (float(value),)


def _size(value: Any) -> dict[str, int] | None:
    """A size as a dictionary with shortest_edge or with height and width; old configurations give a number."""
    if isinstance(value, int):
        return {"height": value, "width": value}
    return (
        dict(value) if isinstance(value, Mapping) and set(value) in ({"shortest_edge"}, {"height", "width"}) else None
    )


@contextmanager
def _no_bars(transformers: ModuleType) -> Iterator[None]:
    """A block in which transformers draws no progress bars."""
    bars = transformers.utils.logging
    enabled = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()
    try:
        yield
    finally:
        if enabled:
            bars.enable_progress_bar()


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
