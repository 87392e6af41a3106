"""Options that several commands share, and how their text becomes values."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

from convscope.cli.terminal import Terminal
from convscope.errors import UsageError

if TYPE_CHECKING:
    from convscope.graph import Network

MODEL = Group("Model", sort_key=2)
RUN = Group("Running", sort_key=3)
COMMON = Group("Common", sort_key=4)

_SWITCH = Parameter(negative=(), show_default=False)

Model = Annotated[str, Parameter(help="zoo: torchvision: timm: hf: py:package.module:factory pt2:file")]
Images = Annotated[str, Parameter(help="a folder, or folder: list: tar: npz: parquet: hf: samples:")]


@Parameter(name="*", group=COMMON)
@dataclass(frozen=True)
class Common:
    """What every command understands."""

    json: Annotated[bool, _SWITCH] = False
    """Print the result as one JSON document."""
    quiet: Annotated[bool, Parameter(alias="-q"), _SWITCH] = False
    """No progress and no remarks, only the result."""
    debug: Annotated[bool, _SWITCH] = False
    """Show the traceback of an error."""
    seed: int = 0
    """Seed of all that is random, such as the weights of a network that has none."""

    def terminal(self) -> Terminal:
        """Where the command writes."""
        return Terminal(json=self.json, quiet=self.quiet)


@Parameter(name="*", group=MODEL)
@dataclass(frozen=True)
class ModelOptions:
    """How the network is loaded."""

    weights: str | None = None
    """File of weights (safetensors, or a checkpoint without code), or a name that the scheme knows."""
    input_size: str | None = None
    """Height and width of the input, as 224 or 192x256."""
    classes: Path | None = None
    """Text file with the name of one class a line."""
    device: str | None = None
    """Where to compute, such as cpu, cuda or cuda:1."""


def load_network(spec: str, options: ModelOptions, *, seed: int) -> "Network":
    """The network that the model options describe, with `seed` deciding weights that are random."""
    import torch

    import convscope

    torch.manual_seed(seed)
    return convscope.load(
        spec,
        weights=options.weights,
        input_size=parse_size(options.input_size),
        classes=read_classes(options.classes),
        device=options.device,
    )


def parse_size(text: str | None) -> tuple[int, int] | None:
    """Height and width from `224` or `192x256`.

    >>> parse_size("224"), parse_size("192x256"), parse_size(None)
    ((224, 224), (192, 256), None)
    """
    if text is None:
        return None
    match = re.fullmatch(r"([1-9]\d*)(?:x([1-9]\d*))?", text.strip())
    if match is None:
        raise UsageError(f"--input-size {text!r} is no size: give 224 for a square or 192x256 for height and width")
    return int(match[1]), int(match[2] or match[1])


def read_classes(path: Path | None) -> tuple[str, ...] | None:
    """The class names in a text file, one a line."""
    if path is None:
        return None
    try:
        names = tuple(line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--classes {path} cannot be read as text: {error}") from error
    if not names or not all(names):
        raise UsageError(
            f"--classes {path}: every line must name a class ({len(names)} lines found, some or all empty)"
        )
    return names


def choose_layers(net: "Network", text: str | None) -> list[str]:
    """The layers that a comma-separated list names, spelled in full; without a list, one for each spatial stage."""
    if text is None:
        return list(net.layers.stages())
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise UsageError(f"--layers {text!r} names no layer: give names separated by commas")
    return list(dict.fromkeys(net.layers[name].name for name in names))


def json_number(value: float) -> float | None:
    """`value` for a JSON document, which knows neither NaN nor infinity."""
    number = float(value)
    return number if number - number == 0 else None
