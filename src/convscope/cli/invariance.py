"""`convscope invariance`: what moving, scaling and turning images does to features and to the class."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

import convscope
from convscope.cli import options as opt
from convscope.cli.parsing import parse_names
from convscope.cli.present import AddTo, EntryName, present


def invariance(
    model: opt.Model, /, *images: opt.Photos,
    store: Annotated[Path, Parameter(alias="-o", help="folder for the figure and tables")],
    transformations: Annotated[list[str] | None, Parameter(alias="-T", negative=())] = None, layers: str | None = None,
    target: opt.Target = None, units: opt.Units = None, distance: Literal["relative", "raw"] = "relative",
    outside: Literal["mean", "edge", "reflect"] = "mean",
    interpolation: Literal["bilinear", "bicubic", "nearest"] = "bilinear", confidence: float = 0.95, seeds: int = 0,
    limit: opt.Limit = None, batch: opt.Batch = 32, atlas: AddTo = None, name: EntryName = None,
    allowance: opt.ImageOptions = opt.ImageOptions(), options: opt.ModelOptions = opt.ModelOptions(),
    common: opt.Common = opt.Common(),
) -> None:  # fmt: skip
    """Move, scale and turn images: how far do features go, and what becomes of the class?

    The figure is the paper's Fig. 5 on your network: the distance between the features of the transformed and the
    original image at each layer, and the probability of the class. All numbers are in invariance.csv and .json.

        convscope invariance zoo:squeezenet1_1 samples: -o out --limit 5
        convscope invariance zoo:squeezenet1_1 photos/ -o out -T blur -T scale=0.5:2:0.1 --layers features.1 --seeds 3

    Args:
        transformations: vertical, horizontal, scale, rotation, brightness, contrast or blur; with amounts as
            NAME=FIRST:LAST:STEP or NAME=A,B,C. May be given several times; by default the paper's vertical, scale and
            rotation.
        layers: Layers to compare at, separated by commas; by default the first and last of the network's stages, and
            its output.
        distance: Which distance the figure shows: relative to the length of the original's features, or as it is.
            Tables hold both.
        outside: What comes in over the edge: the mean colour, the edge repeated, or the image reflected.
        interpolation: How pixels between pixels are found.
        confidence: Of the intervals of means, over images.
        seeds: How often weights are drawn, to show the network with random weights beside; 0 for never.
    """
    net = opt.load_network(model, options)
    terminal = common.terminal()
    with terminal.progress() as progress:
        found = convscope.invariance(
            net, opt.open_images(images, allowance, limit=limit), store=store, transformations=transformations,
            layers=parse_names(layers, "layers"), target=target, units=units or (), distance=distance, outside=outside,
            interpolation=interpolation, confidence=confidence, seed=options.seed, seeds=seeds, batch=batch,
            atlas=atlas, name=name, progress=progress,
        )  # fmt: skip
    present(found, terminal)
    figures = ", ".join(map(str, found.kept.figures.values()))
    terminal.say(f"{len(found.seen)} images: {figures or store}")
