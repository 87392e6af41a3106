"""How a network is trained, as one value: the paper's choices are the defaults, and each is an option of its own.

Where the paper is silent or its wording cannot be meant literally, the default is the best reading: "all weights
initialised to 1e-2" is a standard deviation, as in the code that the paper used; filters are renormalised after every
update, over all weights of a filter; the learning rate is divided by ten when the validation error stops falling;
weight decay is that of cuda-convnet's configurations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self, get_args

from convscope.errors import UsageError, nearest

CropChoice = Literal["ten", "random", "centre"]
CropSource = Literal["square", "whole"]
Mean = Literal["image", "colour"]
Schedule = Literal["plateau", "steps", "cosine"]
Precision = Literal["float32", "bfloat16"]
Start = Literal["gaussian", "he", "pytorch"]

_CHOICES: dict[str, tuple[str, ...]] = {
    "crops": get_args(CropChoice),
    "crop_source": get_args(CropSource),
    "mean": get_args(Mean),
    "schedule": get_args(Schedule),
    "precision": get_args(Precision),
    "init": get_args(Start),
}
_POSITIVE = ("epochs", "batch", "learning_rate", "factor", "patience", "std", "validate_every", "mean_images")
_NOT_NEGATIVE = ("momentum", "weight_decay", "warmup", "renormalise", "padding", "smallest_rate")
_NUMBERS = (*_POSITIVE, *_NOT_NEGATIVE, "seed")
_MOST = {"epochs": 10**6, "batch": 10**6, "padding": 2**12, "mean_images": 10**9, "resize": 2**15, "seed": 2**63 - 1}
_LARGEST = 1e30
"""Weights are float32: what is computed with larger numbers is infinite."""
_WHOLE = ("resize", "epochs", "batch", "patience", "validate_every", "mean_images", "padding", "seed")


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training run apart from the network and the images.

    >>> Recipe().learning_rate, Recipe().batch, Recipe().epochs
    (0.01, 128, 70)
    """

    epochs: int = 70
    batch: int = 128
    """Images to an update, over all processes together."""
    learning_rate: float = 0.01
    momentum: float = 0.9
    weight_decay: float = 5e-4
    """Of weights, not of biases. Not stated in the paper."""
    schedule: Schedule = "plateau"
    """"plateau": times `factor` when the validation error has not fallen for `patience` validations; "steps": times
    `factor` after each of the epochs `steps`; "cosine": down to zero over all epochs."""
    factor: float = 0.1
    patience: int = 5
    smallest_rate: float = 1e-5
    """A plateau lowers the rate no further than this."""
    steps: tuple[int, ...] = ()
    warmup: float = 0.0
    """Epochs over which the rate rises from zero, update by update."""
    init: Start = "gaussian"
    """"gaussian": N(0, 0.01^2) and zero biases; "he": variance 2 / inputs, for narrow networks, which the former
    leaves on a plateau; "pytorch": each module's own."""
    renormalise: float = 0.1
    """The root mean square that no convolution filter may exceed; 0 for no limit."""
    mean: Mean = "image"
    """What is subtracted from pixels: the training images' mean of each pixel, or of each colour."""
    mean_images: int = 20_000
    """Training images that the mean is taken over, evenly spread."""
    std: float = 1.0
    """What pixels 0..255 are divided by after that; the paper does not divide."""
    resize: int | None = None
    """Shortest side of the images that crops come from; by default 256/224 of the crop's."""
    crops: CropChoice = "ten"
    """"ten": the corners and the centre, flipped or not, one drawn for each image and epoch; "random": anywhere."""
    crop_source: CropSource = "square"
    """Crops of the image's central square, or of the whole image, which He et al. 2014 found better by 2.4 points."""
    padding: int = 0
    """Pixels of mean colour around images, into which crops may reach."""
    flips: bool = True
    precision: Precision = "float32"
    """What convolutions and matrix products compute with; weights are always float32."""
    validate_every: int = 1
    """Epochs between validations; the last epoch is always validated."""
    checkpoints: tuple[int, ...] = (1, 2, 5, 10, 20, 30, 40, 64)
    """Epochs after which the weights are kept, and the last epoch. The default are those of the paper's Fig. 4."""
    checkpoint_dtype: Literal["float32", "float16"] = "float32"
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("steps", "checkpoints"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        self._check()

    def _check(self) -> None:
        for name, known in _CHOICES.items():
            value = getattr(self, name)
            if value not in known:
                hint = nearest(str(value), known)
                raise UsageError(f"recipe: {name} is one of {', '.join(known)}, found {value!r}{hint}")
        if self.checkpoint_dtype not in ("float32", "float16"):
            raise UsageError(f"recipe: checkpoint_dtype is float32 or float16, found {self.checkpoint_dtype!r}")
        for name in _NUMBERS if self.resize is None else (*_NUMBERS, "resize"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise UsageError(f"recipe: {name} is a number, found {value!r}")
            if not abs(value) < math.inf:
                raise UsageError(f"recipe: {name} is a finite number, found {value!r}")
            if abs(value) > _LARGEST:
                raise UsageError(f"recipe: {name} is at most {_LARGEST:g}, found more")
            if name in _WHOLE and not isinstance(value, int):
                raise UsageError(f"recipe: {name} is a whole number, found {value!r}")
            if (name in _POSITIVE and value <= 0) or (name in _NOT_NEGATIVE and value < 0):
                bound = "above zero" if name in _POSITIVE else "zero or more"
                raise UsageError(f"recipe: {name} is {bound}, found {value}")
        for name, most in _MOST.items():
            if (getattr(self, name) or 0) > most:
                raise UsageError(f"recipe: {name} is at most {most}, found {getattr(self, name)}")
        if not self.momentum < 1:
            raise UsageError(f"recipe: momentum is below 1, found {self.momentum}")
        if not self.factor < 1:
            raise UsageError(f"recipe: factor is below 1, as it lowers the learning rate, found {self.factor}")
        self._check_epochs()
        if self.crop_source == "whole" and self.padding:
            raise UsageError("recipe: crops of whole images need no padding: set padding = 0 or crop_source = 'square'")

    def _check_epochs(self) -> None:
        for name in ("steps", "checkpoints"):
            if not all(isinstance(epoch, int) and 0 < epoch <= _MOST["epochs"] for epoch in getattr(self, name)):
                raise UsageError(f"recipe: {name} are epochs, counted from 1, found {list(getattr(self, name))}")
        if self.schedule == "steps" and not self.steps:
            raise UsageError(
                "recipe: the schedule 'steps' needs the epochs after which the rate falls: steps = [40, 60]"
            )
        if list(self.steps) != sorted(set(self.steps)):
            raise UsageError(f"recipe: steps rise, found {list(self.steps)}")

    def shortest_side(self, crop: int) -> int:
        """Shortest side of the images that crops of `crop` pixels come from: 256 for 224, in proportion for others.

        >>> Recipe().shortest_side(224), Recipe().shortest_side(128), Recipe(resize=128).shortest_side(128)
        (256, 146, 128)

        Raises:
            UsageError: where crops do not fit.
        """
        side = round(crop * 256 / 224) if self.resize is None else self.resize
        if side < crop:
            raise UsageError(f"recipe: resize = {side} is smaller than the network's input of {crop} pixels")
        return side

    def keeps(self, epoch: int) -> bool:
        """Whether the weights after this epoch, counted from 1, are kept as a checkpoint."""
        return epoch in self.checkpoints or epoch == self.epochs

    def validates(self, epoch: int) -> bool:
        """Whether this epoch, counted from 1, ends with a validation."""
        return epoch % self.validate_every == 0 or epoch == self.epochs

    def to_json(self) -> dict[str, Any]:
        """The recipe as plain values."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The recipe of plain values, defaults where they say nothing; raises UsageError for names it does not know.

        >>> Recipe.from_json({"epochs": 5, "crops": "random"}).epochs
        5
        """
        known = {field.name for field in fields(cls)}
        for name in stored:
            if name not in known:
                raise UsageError(f"recipe: there is no {name!r}{nearest(name, known)} (there are: {', '.join(known)})")
        for name in ("steps", "checkpoints"):
            if name in stored and not isinstance(stored[name], list | tuple):
                raise UsageError(f"recipe: {name} is a list of epochs, found {stored[name]!r}")
        return cls(**stored)
