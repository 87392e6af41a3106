"""What is asked of a scheme and what it answers: the two nouns that `load` and the schemes share."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Literal

from torch import nn

from convscope.data import Preprocess
from convscope.errors import UsageError, WeightsError
from convscope.models.initial import redrawn
from convscope.models.weights import Taken, Weights, likeliest, read_weights

if TYPE_CHECKING:
    from torch.export import ExportedProgram

RANDOM = "random"
PRETRAINED = "pretrained"
Channels = Literal["rgb", "bgr"]
_PATHS = ("file", "pt2", "hf")  # schemes whose names may be paths


@dataclass(frozen=True)
class ModelRequest:
    """A model that is asked for: `name` is what follows the scheme; None means not said.

    `weights` is "random", "pretrained", the path of a file, or a name that the scheme knows; `channels` the order of
    colours that a file's weights were trained on; `in_channels` how many the input has, where that is asked for.
    """

    scheme: str
    name: str
    weights: str | None = None
    input_size: tuple[int, int] | None = None
    outputs: int | None = None
    seed: int = 0
    channels: Channels = "rgb"
    in_channels: int | None = None

    @property
    def spec(self) -> str:
        """The model as the user spelled it."""
        return f"{self.scheme}:{self.name}"

    @property
    def short_name(self) -> str:
        """What the network is called: the model as it was spelled, of a long path the file and its folder."""
        parts = PurePath(self.name).parts
        cut = self.scheme in _PATHS and len(parts) > 2
        return f"{self.scheme}:{PurePath(*parts[-2:])}" if cut else self.spec

    @property
    def file(self) -> str | None:
        """The path of the weights file that was asked for, if one was."""
        return None if self.weights in (None, RANDOM, PRETRAINED) else self.weights

    def read_file(self) -> Weights | None:
        """What is in the weights file that was asked for, if one was, with the order of colours it was trained on."""
        if self.file is None:
            return None
        return replace(read_weights(self.file), channels=self.channels)

    def refuse_weights(self, why: str) -> None:
        """Raise where weights were asked for that the scheme cannot give; random ones all can."""
        if self.weights not in (None, RANDOM):
            raise UsageError(f"{self.spec} takes no weights='{self.weights}': {why}")


@dataclass(frozen=True)
class FoundModel:
    """The model that a scheme found, what its images need, and where its weights are from (for people to read)."""

    module: nn.Module | ExportedProgram
    preprocess: Preprocess | None
    classes: tuple[str, ...] | None
    weights: str
    size: tuple[int, int] | None = None
    """(height, width) of the input, for a network that says that and no preprocessing."""
    shared: bool = False
    """Whether others may hold the module, so that the network needs weights of its own."""


def first_channels(module: nn.Module) -> int | None:
    """How many channels the input of a module has, by its first convolution's weight; None where there is none.

    The first is the first in the order in which the module holds them. Without a convolution it is the first weight of
    four dimensions.

    >>> first_channels(nn.Sequential(nn.Conv2d(4, 8, 3, groups=2), nn.Conv2d(8, 8, 3)))
    4
    """
    for part in module.modules():
        if isinstance(part, nn.Conv2d) and part.weight.dim() == 4:
            return int(part.weight.shape[1]) * part.groups
    return next((int(value.shape[1]) for value in module.state_dict().values() if value.dim() == 4), None)


def wanted_channels(request: ModelRequest, weights: Weights | None, build: Callable[[], nn.Module]) -> int:
    """How many input channels a network is built with: as asked for, else as its weights have, else three.

    `build` makes the network for three, whose first convolution says which of the weights to look at.
    """
    if request.in_channels is not None or weights is None:
        return request.in_channels or 3
    module = build()
    name = next((name for name, part in module.named_modules() if isinstance(part, nn.Conv2d)), None)
    if name is None:
        return 3
    held = likeliest(weights.whole)
    found = [(key.count("."), value.shape) for key, value in held.items() if _names(key, f"{name}.weight")]
    first = {shape for depth, shape in found if depth == min(found)[0]}  # further down, of other layers called so
    shape = next(iter(first)) if len(first) == 1 else ()
    return shape[1] * getattr(module.get_submodule(name), "groups", 1) if len(shape) == 4 else 3


def _names(key: str, name: str) -> bool:
    """Whether a file's name of a weight is that, perhaps behind a prefix."""
    return key == name or key.endswith(f".{name}")


def random_label(seed: int) -> str:
    """How random weights are named, so that nobody takes them for trained ones."""
    return f"random weights, seed {seed}"


def drawn_again(module: nn.Module, request: ModelRequest) -> str:
    """How the weights of a module are named after all of its parts drew theirs again, in place: with what was kept.

    Raises UsageError where no part of it can.
    """
    kept = redrawn(module, seed=request.seed)
    if kept.names and kept.numbers == sum(one.numel() for one in module.parameters()):
        raise UsageError(
            f"{request.spec}: weights='{RANDOM}' would change nothing: none of its modules has a reset_parameters() "
            "that draws its weights; give them one, or name a function that makes the network untrained"
        )
    return random_label(request.seed) + (f"; {kept.said}" if kept.said else "")


def file_label(weights: Weights, taken: Taken) -> str:
    """How the weights of a file are named: with their place in it where that was a choice, and what else there was.

    >>> file_label(Weights({}, "runs/a.pth"), Taken("model", ("model_ema",)))
    'weights from a.pth#model, not #model_ema'
    """
    chosen = bool(weights.key or taken.others or taken.beside)
    key = ".".join(part for part in (weights.key, taken.key) if part) if chosen else ""
    others = ", ".join(f"#{'.'.join(part for part in (weights.key, one) if part)}" for one in taken.others)
    return (
        f"weights from {Path(weights.source).name}"
        + (f"#{key}" if key else "")
        + (f", not {others}" if others else "")
        + (f", {taken.computed}" if taken.computed else "")
    )


def from_metadata(weights: Weights | None) -> tuple[Preprocess | None, tuple[str, ...] | None]:
    """The preprocessing and the class names that a weights file carries, each None where it does not.

    Raises WeightsError where they are not what they should be.
    """
    if weights is None:
        return None, None
    preprocess, classes = weights.metadata.get("preprocess"), weights.metadata.get("classes")
    if classes is not None and not isinstance(classes, list):
        raise WeightsError(f"'{weights.source}': its class names are no list, but a {type(classes).__name__}")
    try:
        recipe = None if preprocess is None else Preprocess.from_json(preprocess)
    except UsageError as error:
        raise WeightsError(f"'{weights.source}': what it says of images makes no sense: {error}") from error
    return recipe, None if classes is None else tuple(str(name) for name in classes)


def resized(preprocess: Preprocess, size: tuple[int, int] | None) -> Preprocess:
    """The same recipe for inputs of another (height, width); what it resizes to before the crop grows in proportion.

    >>> resized(Preprocess(224, 224, resize=256), (112, 112)).resize
    128
    """
    if size is None or size == (preprocess.height, preprocess.width):
        return preprocess
    resize = preprocess.resize
    if isinstance(resize, tuple):
        resize = (round(resize[0] * size[0] / preprocess.height), round(resize[1] * size[1] / preprocess.width))
    elif resize is not None:
        resize = round(resize * max(size) / max(preprocess.height, preprocess.width))
    return replace(preprocess, height=size[0], width=size[1], resize=resize)


@contextmanager
def quiet(*names: str, level: int = logging.ERROR) -> Iterator[None]:
    """A block in which these loggers of other packages keep remarks below a level to themselves."""
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(level)
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
