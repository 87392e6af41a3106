"""What is asked of a preprocessing in words: a name, numbers for the colours, a size, a range, what is shown.

Whoever asks need not know the network's input: that is known when it has been loaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from convscope.data.preprocess import IMAGENET_MEAN, IMAGENET_STD, Preprocess, Range
from convscope.errors import UsageError, nearest

RecipeName = Literal["imagenet", "unit"]
Numbers = float | Sequence[float]


@dataclass(frozen=True)
class AskedRecipe:
    """What is asked of a preprocessing; None is what the network itself says.

    recipe: a whole one, or its name. mean, std: of pixels on 0 to 1, a number for each channel or one for all. resize:
    as for `Preprocess`. range, bands: the same.
    """

    recipe: Preprocess | RecipeName | None = None
    mean: Numbers | None = None
    std: Numbers | None = None
    resize: int | tuple[int, int] | None = None
    range: Range | None = None
    bands: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if (self.mean is None) != (self.std is None):
            raise UsageError("mean= and std= belong together: give both, of pixels on 0 to 1")
        for name, value in (("mean", self.mean), ("std", self.std)):
            largest = max(value) if isinstance(value, Sequence) else value
            if self.range is None and largest is not None and largest > 1:
                raise UsageError(f"{name}={value} is of pixels on 0 to 255: give it on 0 to 1, divided by 255")
        if isinstance(self.recipe, str) and self.mean is not None:
            raise UsageError(f"preprocess={self.recipe!r} says what the mean and std are: leave out mean= and std=")

    @property
    def size(self) -> tuple[int, int] | None:
        """(height, width) of the input, where a whole recipe says it."""
        return (self.recipe.height, self.recipe.width) if isinstance(self.recipe, Preprocess) else None

    @property
    def channels(self) -> int | None:
        """How many channels the numbers are for, None where they are for any."""
        if isinstance(self.recipe, Preprocess):
            return None if _one_for_all(self.recipe) else self.recipe.channels
        counts = {len(value) for value in (self.mean, self.std) if isinstance(value, Sequence)} - {1}
        return max(counts, default=None)

    def recipe_for(self, own: Preprocess | None, size: tuple[int, int] | None, channels: int) -> Preprocess | None:
        """The preprocessing for a network's input, of what is asked for and else what the network says of itself.

        None where nobody says anything. Raises UsageError where what is asked for contradicts itself or the input.
        """
        found = self.recipe if isinstance(self.recipe, Preprocess) else own
        if found is None and self.range == "normalised" and self.mean is None and self.recipe is None and size:
            found = named("unit", *size, channels)  # values that are the input already: nothing is done to them
        if isinstance(self.recipe, str) or self.mean is not None:
            height, width = size or ((own.height, own.width) if own is not None else (0, 0))
            if not height:
                raise UsageError("a mean and std alone do not say what size images have: say input_size=")
            found = self._coloured(own, height, width, channels)
        if found is None:
            return None
        if found is own and own is not None and own.channels != channels and not _one_for_all(own):
            return None  # another number of channels than its maker meant: nobody says anything of those
        found = found.for_channels(channels)
        if self.resize is not None:
            found = replace(found, resize=self.resize)
        if self.range is not None:
            found = replace(found, range=self.range)
        return found if self.bands is None else replace(found, bands=self.bands)

    def _coloured(self, own: Preprocess | None, height: int, width: int, channels: int) -> Preprocess:
        """A recipe of the colours that are asked for, and of the geometry that the network says, if it does."""
        if isinstance(self.recipe, str):
            made = named(self.recipe, height, width, channels)
        else:
            mean, std = (_each(value, channels) for value in (self.mean, self.std))
            made = Preprocess(height, width, mean=mean, std=std)
        if own is None or (own.height, own.width) != (height, width):
            return made
        return replace(made, resize=own.resize, interpolation=own.interpolation)


def named(name: str, height: int, width: int, channels: int) -> Preprocess:
    """The preprocessing of that name for a network's input.

    "unit" is pixels on 0 to 1 and nothing else; "imagenet" is less ImageNet's mean and over its std. Images are resized
    to exactly the input's size.

    Raises UsageError for another name, and for ImageNet's colours where the input has none.

    >>> named("unit", 28, 28, 1).mean
    (0.0,)
    """
    if name == "unit":
        return Preprocess(height, width, mean=(0.0,) * channels, std=(1.0,) * channels)
    if name != "imagenet":
        known = get_args(RecipeName)
        raise UsageError(f"no preprocessing {name!r}{nearest(name, known)} (by name there are {', '.join(known)})")
    if channels != 3:
        raise UsageError(
            f"ImageNet's mean and std are for three channels, and the network takes {channels}: give "
            "preprocess='unit', or mean= and std= of its own"
        )
    return Preprocess(height, width, mean=IMAGENET_MEAN, std=IMAGENET_STD)


def differences(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """One phrase for each respect in which a recipe, as `Preprocess.to_json` writes it, differs from another.

    >>> differences({"mean": [0.5, 0.5], "resize": None}, {"mean": [0.1, 0.2], "resize": None, "range": [0, 4095]})
    ['mean 0.5, not 0.1,0.2', 'range none, not 0:4095']
    """
    keys = dict.fromkeys((*found, *wanted))
    pairs = [(key, found.get(key), wanted.get(key)) for key in keys]
    return [f"{key} {_said(key, old)}, not {_said(key, new)}" for key, old, new in pairs if old != new]


def _said(key: str, value: Any) -> str:
    if isinstance(value, list | tuple):
        one = len(set(map(str, value))) == 1 and key in ("mean", "std")
        return {"range": ":", "resize": "x"}.get(key, ",").join(map(_short, value[:1] if one else value))
    return "none" if value is None else _short(value)


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)[:40]


def no_preprocessing(name: str, channels: int) -> UsageError:
    """The error to raise where a network brings no preprocessing and images have to become its input."""
    each = "" if channels == 1 else f", {channels} numbers or one for all"
    return UsageError(
        f"{name} brings no preprocessing, so images cannot become its input: say what was done to those that it was "
        "trained on, as preprocess='imagenet' (its mean and std), preprocess='unit' (0 to 1, nothing else), or "
        f"mean=0.1307 and std=0.3081 with your numbers{each}"
    )


def _each(value: Numbers | None, channels: int) -> tuple[float, ...]:
    numbers = tuple(value) if isinstance(value, Sequence) else (float(value or 0),)
    if len(numbers) not in (1, channels):
        raise UsageError(
            f"{len(numbers)} numbers for the mean or std, and the network takes {channels} channel"
            f"{'s' * (channels != 1)}: give one for each channel, or one for all"
        )
    return numbers if len(numbers) == channels else numbers * channels


def _one_for_all(recipe: Preprocess) -> bool:
    return len({*zip(recipe.mean, recipe.std, strict=True)}) == 1


__all__ = ["AskedRecipe", "Numbers", "RecipeName", "differences", "named", "no_preprocessing"]
