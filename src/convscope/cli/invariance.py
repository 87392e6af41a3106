"""`convscope invariance`: what moving, scaling and turning images does to features and to the class."""

import re
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from convscope.cli import options as opt
from convscope.cli.parsing import parse_names
from convscope.cli.present import AddTo, EntryName, present
from convscope.errors import UsageError

_MOST = 1000  # amounts of one transformation


def invariance(
    model: opt.Model,
    /,
    *images: Annotated[str, Parameter(help="image files, or collections such as samples: or a folder")],
    store: Annotated[Path, Parameter(alias="-o", help="folder for the figure and tables")],
    transformations: Annotated[list[str] | None, Parameter(alias="-T", negative=())] = None,
    layers: str | None = None,
    target: Annotated[list[str] | None, Parameter(alias="-t", negative=())] = None,
    units: Annotated[list[str] | None, Parameter(alias="-u", negative=())] = None,
    distance: Literal["relative", "raw"] = "relative",
    outside: Literal["mean", "edge", "reflect"] = "mean",
    interpolation: Literal["bilinear", "bicubic", "nearest"] = "bilinear",
    limit: opt.Limit = None,
    batch: opt.Batch = 32,
    atlas: AddTo = None,
    name: EntryName = None,
    allowance: opt.ImageOptions | None = None,
    options: opt.ModelOptions | None = None,
    common: opt.Common | None = None,
) -> None:
    """Move, scale and turn images: how far do features go, and what becomes of the class?

    The figure is the paper's Fig. 5 on your network: the distance between the features of the transformed and the
    original image at each layer, and the probability of the class. All numbers are in invariance.csv and .json.

        convscope invariance zoo:squeezenet1_1 samples: -o out --limit 5
        convscope invariance zoo:squeezenet1_1 photos/ -o out -T rotation -T scale=0.5:2:0.1 --distance raw
        convscope invariance zoo:squeezenet1_1 photos/ -o out -T brightness -T blur --layers features.1,features.12.cat

    Parameters
    ----------
    transformations
        vertical, horizontal, scale, rotation, brightness, contrast or blur; with amounts as NAME=FIRST:LAST:STEP or
        NAME=A,B,C. May be given several times; by default the paper's vertical, scale and rotation.
    layers
        Layers to compare at, separated by commas; by default the first and last of the network's stages, and its
        output.
    target
        Class to follow, by number or name; `labels` is each image's own, `none` none; by default the most probable.
    units
        Unit whose activation is followed as well; may be given several times.
    distance
        Which distance the figure shows: relative to the length of the original's features, or as it is. Tables hold
        both.
    outside
        What comes in over the edge: the mean colour, the edge repeated, or the image reflected.
    interpolation
        How pixels between pixels are found.
    """
    common = common or opt.Common()
    from convscope import studies

    net = opt.load_network(model, options)
    asked = None if transformations is None else dict(parse_transformation(text) for text in transformations)
    terminal = common.terminal()
    with terminal.progress() as progress:
        found = studies.invariance(
            net, opt.open_images(images, allowance, limit=limit), store=store, transformations=asked,
            layers=parse_names(layers, "layers"), target=target, units=units or (), distance=distance, outside=outside,
            interpolation=interpolation, batch=batch, atlas=atlas, name=name, progress=progress,
        )  # fmt: skip
    present(found, terminal)
    figures = ", ".join(map(str, found.kept.figures.values()))
    terminal.say(f"{len(found.seen)} images: {figures or store}")


def parse_transformation(text: str) -> tuple[str, tuple[float, ...] | None]:
    """A transformation and its amounts, None for the usual ones.

    >>> parse_transformation("scale=1:1.4:0.2"), parse_transformation("blur")
    (('scale', (1.0, 1.2, 1.4)), ('blur', None))
    """
    name, given, amounts = text.partition("=")
    if not given:
        return name.strip(), None
    wrong = UsageError(
        f"--transformations {text!r}: give amounts as scale=1:1.8:0.1 (first, last, step) or scale=1,1.5,2"
    )
    number = r"-?\d+(?:\.\d+)?"
    if re.fullmatch(rf"{number}(?:,{number})*", amounts):
        return name.strip(), tuple(float(part) for part in amounts.split(","))
    match = re.fullmatch(rf"({number}):({number}):({number})", amounts)
    if match is None:
        raise wrong
    first, last, step = (float(part) for part in match.groups())
    if step == 0 or (last - first) / step < 0 or (last - first) / step > _MOST:
        raise wrong
    return name.strip(), tuple(round(first + i * step, 9) for i in range(int((last - first) / step + 1e-6) + 1))
