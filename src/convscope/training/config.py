"""A training as a file: which network of the paper's family, and the recipe; some come with the package.

name = "imagenette-zfnet"
[network]
base = "zfnet"
input_size = 128
width = 0.5
widths = { 6 = 512, 7 = 512 }
[recipe]
epochs = 64
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import Any, Self

from convscope.arguments import checked
from convscope.data import Preprocess, Range
from convscope.errors import UsageError, nearest
from convscope.files import home_expanded, kind_of, read_regular
from convscope.models import VARIANTS, Architecture
from convscope.training.recipe import Recipe

_MOST_CHANNELS = 4096
_MOST_PARTS = 100
# tomllib keeps every beginning of a dotted key: ten thousand parts take gigabytes.
_LONG_KEY = re.compile(rf"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){{{_MOST_PARTS}}}""")


@dataclass(frozen=True)
class NetworkChoice:
    """A network by what changes from one of the paper's: first `without` layers, then scaled, then exact `widths`."""

    base: str = "zfnet"
    input_size: int | None = None
    width: float = 1.0
    without: tuple[int, ...] = ()
    widths: Mapping[int, int] = field(default_factory=dict)
    in_channels: int = 3
    range: Range | None = None
    """Of the values of its images, as for `Preprocess`."""

    def pictures(self) -> Preprocess:
        """What says the channels and the range of its images."""
        return Preprocess(1, 1, mean=(0.5,) * self.in_channels, std=(0.5,) * self.in_channels, range=self.range)

    def architecture(self, outputs: int) -> Architecture:
        """The network for so many classes.

        >>> NetworkChoice(input_size=128, width=0.5, widths={6: 512, 7: 512}).architecture(10).describe()
        '48c7/2-128c5/2-192c3-192c3-128c3-512-512-10 from 128x128'

        Raises:
            UsageError: for a base or a layer that there is not, or an input too small.
        """
        if self.base not in VARIANTS:
            raise UsageError(
                f"network: no base {self.base!r}{nearest(self.base, VARIANTS)} (one of {', '.join(VARIANTS)})"
            )
        made = VARIANTS[self.base]
        if self.without:
            made = made.without(*self.without)
        made = made.scaled(input_size=self.input_size, width=self.width, outputs=outputs, channels=self.in_channels)
        return made.with_widths(self.widths) if self.widths else made

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The choice of plain values; raises UsageError for what it does not know."""
        known = cls.__dataclass_fields__
        for name in stored:
            if name not in known:
                raise UsageError(f"network: there is no {name!r}{nearest(name, known)} (there are: {', '.join(known)})")
        try:
            widths = {int(number): int(width) for number, width in dict(stored.get("widths", {})).items()}
            without = tuple(int(number) for number in stored.get("without", ()))
            width, size = float(stored.get("width", 1.0)), stored.get("input_size")
            size = None if size is None else int(size)
            channels, values = int(stored.get("in_channels", 3)), stored.get("range")
        except (TypeError, ValueError, OverflowError) as error:
            raise UsageError(f"network: {error}; without lists layers, widths maps layers to numbers") from error
        if not 1 <= channels <= _MOST_CHANNELS:
            raise UsageError(f"network: in_channels is a number from 1 to {_MOST_CHANNELS}, found {channels}")
        values = tuple(values) if isinstance(values, list) else values
        made = cls(str(stored.get("base", "zfnet")), size, width, without, widths, channels, values)
        made.pictures()  # which checks the range
        return made


@dataclass(frozen=True)
class Config:
    """A training, all but the images."""

    name: str
    network: NetworkChoice = field(default_factory=NetworkChoice)
    recipe: Recipe = field(default_factory=Recipe)
    note: str = ""
    """For people: what it is and what it costs."""

    def changed(self, **changes: Any) -> Self:
        """The same with another recipe, as `dataclasses.replace` would make it."""
        return replace(self, recipe=replace(self.recipe, **changes))

    def to_json(self) -> dict[str, Any]:
        """The training as plain values, as in its file."""
        network = {**asdict(self.network), "without": list(self.network.without)}
        network["widths"] = {str(number): width for number, width in self.network.widths.items()}
        if self.network.in_channels == 3:
            del network["in_channels"]
        network["range"] = list(self.network.range) if isinstance(self.network.range, tuple) else self.network.range
        if self.network.range is None:
            del network["range"]
        return {"name": self.name, "note": self.note, "network": network, "recipe": self.recipe.to_json()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The training of plain values.

        >>> Config.from_json({"name": "quick", "recipe": {"epochs": 5}}).recipe.epochs
        5

        Raises:
            UsageError: for what it does not know.
        """
        known = ("name", "note", "network", "recipe")
        for name in stored:
            if name not in known:
                raise UsageError(
                    f"training: there is no {name!r}{nearest(name, known)} (there are: {', '.join(known)})"
                )
        for table in ("network", "recipe"):
            if not isinstance(stored.get(table, {}), Mapping):
                raise UsageError(f"training: [{table}] is a table of options, found {stored[table]!r}")
        return cls(
            str(stored.get("name", "training")),
            NetworkChoice.from_json(stored.get("network", {})),
            Recipe.from_json(stored.get("recipe", {})),
            str(stored.get("note", "")),
        )


def packaged_configs() -> tuple[str, ...]:
    """Names of the configurations that come with the package.

    >>> "imagenette-zfnet" in packaged_configs()
    True
    """
    folder = files("convscope.training") / "configs"
    return tuple(sorted(path.name.removesuffix(".toml") for path in folder.iterdir() if path.name.endswith(".toml")))


@checked
def read_config(spec: str | Path) -> Config:
    """The training that `spec` names, or that a TOML file of this path says; see docs/training.md for what is in one.

    Raises:
        UsageError: where there is none, or the file does not say what it should.

    >>> read_config("imagenet-zfnet").recipe == Recipe(crop_source="whole", crops="random", precision="bfloat16")
    True
    """
    text = str(spec)
    if text in packaged_configs():
        return _parsed((files("convscope.training") / "configs" / f"{text}.toml").read_text("utf-8"), text)
    path = home_expanded(spec)
    if kind_of(path) != "file":
        known = packaged_configs()
        raise UsageError(f"no training {text!r}{nearest(text, known)}: give a TOML file, or one of {', '.join(known)}")
    try:
        return _parsed(read_regular(path, 1 << 26).decode(), path.stem)
    except (OSError, ValueError) as error:
        raise UsageError(f"training {path} cannot be read: {error}") from error


def configured(spec: Config | str | PathLike[str], changes: Mapping[str, Any], *, seed: int = 0) -> Config:
    """A configuration, or that of a name or file, with options of its recipe or network changed by name.

    `seed` replaces the recipe's unless it is 0.

    >>> configured("imagenette-zfnet", {"epochs": 3, "width": 0.5}).network.width
    0.5

    Raises:
        UsageError: where there is none, or no such option.
    """
    found = spec if isinstance(spec, Config) else read_config(spec if isinstance(spec, str) else Path(spec))
    config, recipe = found.to_json(), {option.name for option in fields(Recipe)}
    known = [option.name for option in (*fields(Recipe), *fields(NetworkChoice))]
    for name, value in changes.items():
        if name not in known:
            raise UsageError(
                f"changes=: there is no {name!r} in recipe or network{nearest(name, known)} (there are: "
                f"{', '.join(sorted(known))})"
            )
        config["recipe" if name in recipe else "network"][name] = value
    if seed:
        config["recipe"]["seed"] = seed
    return Config.from_json(config)


def _parsed(text: str, name: str) -> Config:
    if _LONG_KEY.search(text):
        raise UsageError(f"training {name!r} has a key of more than {_MOST_PARTS} parts, which no recipe has")
    try:
        return Config.from_json({"name": name, **tomllib.loads(text)})
    except UsageError as error:
        raise UsageError(f"training {name!r}: {error}") from error
    except (ValueError, RecursionError) as error:  # besides TOMLDecodeError, for numbers of too many digits
        raise UsageError(f"training {name!r} is no TOML: {error}") from error
