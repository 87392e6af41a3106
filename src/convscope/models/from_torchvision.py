"""torchvision:NAME[@WEIGHTS], the classification networks of torchvision."""

from __future__ import annotations

import importlib
import re
from pathlib import PurePosixPath
from pickle import UnpicklingError
from types import ModuleType
from typing import Any
from urllib.error import URLError
from urllib.parse import urlparse

import torch

from convscope.data import Preprocess
from convscope.errors import MissingExtra, UsageError, WeightsError, missing_extra, nearest
from convscope.models.initial import seeded
from convscope.models.request import (
    PRETRAINED,
    RANDOM,
    FoundModel,
    ModelRequest,
    file_label,
    from_metadata,
    random_label,
)
from convscope.models.weights import Taken, Weights, load_into

USUAL = Preprocess(224, 224, resize=256)
"""What torchvision's networks take where nothing else is said."""

# Networks with a second, auxiliary output for training, which evaluation does not run.
_AUXILIARY = ("googlenet", "inception_v3")


def import_torchvision(purpose: str) -> ModuleType:
    """The package torchvision with its models.

    Raises:
        MissingExtra: if it is not installed, or was built for another build of torch and cannot be imported.
    """
    try:
        importlib.import_module("torchvision.models")
        return importlib.import_module("torchvision")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "torchvision":
            raise
        raise missing_extra("torchvision", "torchvision", purpose=purpose) from error
    except (RuntimeError, OSError) as error:
        # torchvision 0.28 ends so when its compiled operators do not load: "operator torchvision::nms does not exist".
        raise unfit(purpose, error) from error


def unfit(purpose: str, error: BaseException) -> MissingExtra:
    """The error to raise where torchvision is there and was built for another torch."""
    return MissingExtra(
        f"torchvision is needed to {purpose}; it is installed but does not fit torch {torch.__version__} "
        f"({error}): install the torchvision of the same index and build as torch, for a CPU-only torch with "
        "'pip install --force-reinstall --no-deps torchvision --index-url https://download.pytorch.org/whl/cpu'"
    )


def is_unfit(error: BaseException) -> bool:
    """Whether an error is how the import of such a torchvision ends, the first time or later in the same process.

    >>> is_unfit(RuntimeError("operator torchvision::nms does not exist")), is_unfit(RuntimeError("out of memory"))
    (True, False)
    """
    text = str(error)
    first = isinstance(error, RuntimeError | OSError) and "torchvision" in text and "does not exist" in text
    return first or (isinstance(error, AttributeError | ImportError) and "partially initialized module 'torch" in text)


def from_torchvision(request: ModelRequest) -> FoundModel:
    """torchvision's network: random weights unless a file, one of its weight names, or "pretrained" is asked for.

    Random weights of a network that names others (@DEFAULT) have the recipe and the classes of these.
    """
    models = import_torchvision(f"load {request.spec}").models
    name, _, tag = request.name.partition("@")
    known = models.list_models(module=models)
    if name not in known:
        raise UsageError(
            f"torchvision has no classification network '{name}'{nearest(name, known)} ({len(known)} of them: "
            "torchvision.models.list_models)"
        )
    if tag and request.weights not in (None, RANDOM):
        raise UsageError(f"{request.spec} names weights, and weights='{request.weights}' too: give one of them")
    published = models.get_model_weights(name)
    asked = tag or request.weights
    entry = _entry(published, asked)
    if tag and entry is None:
        raise UsageError(
            f"torchvision has no weights '{tag}' for {name}{nearest(tag, published.__members__)} "
            f"(there are: DEFAULT, {', '.join(published.__members__)})"
        )
    weights = None
    if entry is not None:
        weights = None if request.weights == RANDOM else _download(entry)
    elif asked not in (None, RANDOM):
        weights = request.read_file()
        entry = _published_as(published, request.file)
    return _found(models, name, request, weights, entry)


def _found(
    models: ModuleType, name: str, request: ModelRequest, weights: Weights | None, entry: Any | None
) -> FoundModel:
    preprocess, classes = from_metadata(weights)
    if entry is not None:
        preprocess, classes = _preprocess(entry), tuple(entry.meta["categories"])
    options: dict[str, Any] = {}
    outputs = request.outputs or (len(classes) if classes else None)
    if outputs is not None and entry is None:
        options["num_classes"] = outputs
    if name in _AUXILIARY:
        trained = weights is not None and any(".aux" in f".{key.lower()}" for key in weights.contents.stored)
        # init_weights: torchvision warns that its default is slow and will change. transform_input: as torchvision
        # sets it for the weights that it publishes, which expect another scale of colours.
        options |= {"aux_logits": trained, "init_weights": False, "transform_input": entry is not None}
    with seeded(request.seed):
        module = models.get_model(name, weights=None, **options)
    taken = Taken() if weights is None else load_into(module, weights.renamed(_modern_name))
    default = (
        _preprocess(models.get_model_weights(name).DEFAULT)
        if hasattr(models.get_model_weights(name), "DEFAULT")
        else USUAL
    )
    label = random_label(request.seed) if weights is None else file_label(weights, taken)
    return FoundModel(module, preprocess or default, classes, label)


def _entry(published: Any, asked: str | None) -> Any | None:
    """The published weights of that name ("pretrained" and DEFAULT: the best), or None."""
    if asked in (PRETRAINED, "DEFAULT"):
        return published.DEFAULT
    return published.__members__.get((asked or "").rpartition(".")[2]) if asked else None


def _published_as(published: Any, file: str | None) -> Any | None:
    """The published weights that a file of this name is a download of: torchvision's file names contain their hash."""
    name = PurePosixPath(file or "").name
    return next((entry for entry in published if PurePosixPath(urlparse(entry.url).path).name == name), None)


def _download(entry: Any) -> Weights:
    name = PurePosixPath(urlparse(entry.url).path).name
    try:
        state = torch.hub.load_state_dict_from_url(
            entry.url, map_location="cpu", progress=False, check_hash=True, weights_only=True
        )
    except (URLError, OSError, RuntimeError, ValueError, EOFError, UnpicklingError) as error:
        raise WeightsError(
            f"cannot download {entry.url} ({error}): fetch the file by other means and give it as weights='{name}', "
            "or ask for weights='random'"
        ) from error
    return Weights(dict(state), name)


def _preprocess(entry: Any) -> Preprocess:
    recipe = entry.transforms()
    crop, resize = recipe.crop_size[0], recipe.resize_size[0]
    interpolation = recipe.interpolation.value
    return Preprocess(crop, crop, resize=resize, interpolation=interpolation, mean=recipe.mean, std=recipe.std)


def _modern_name(name: str) -> str:
    """DenseNet's published files number what the modules now call norm1, conv1, ...: norm.1 and conv.1."""
    return re.sub(r"(denselayer\d+\.(?:norm|conv))\.(\d)\.", r"\1\2.", name)
