"""`convscope deconv`: what one unit takes from one image."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

import convscope
from convscope.cli import options as opt
from convscope.cli.present import present


def deconv(
    model: opt.Model, /, *images: opt.Photos, units: Annotated[list[str], Parameter(alias="-u", negative=())],
    store: Annotated[Path, Parameter(alias="-o", help="folder for the pictures")],
    rules: opt.RuleOptions = opt.RuleOptions(),
    signal: Annotated[Literal["activation", "one"], Parameter(group=opt.RULES)] = "activation", limit: opt.Limit = None,
    batch: opt.Batch = 32, allowance: opt.ImageOptions = opt.ImageOptions(),
    options: opt.ModelOptions = opt.ModelOptions(), common: opt.Common = opt.Common(),
) -> None:  # fmt: skip
    """Project units back to the pixels of images: what each unit takes from its receptive field.

    A unit is `layer:channel`, or `layer:channel@y,x` for one position; without a position the strongest in each image
    is taken. For every image and unit, one picture with the patch on the left and the projection on the right.

        convscope deconv zoo:squeezenet1_1 photo.jpg -u features.8:174 -o pictures
        convscope deconv zoo:alexnet a.jpg b.jpg -u features.3:7@10,12 -u classifier.6:281 -o pictures --rule guided

    Args:
        units: Unit to project; may be given several times.
        signal: What is put into the unit's layer: its activation or one.
    """
    net = opt.load_network(model, options)
    terminal = common.terminal()
    how = rules.keywords()
    with terminal.progress() as progress:
        found = convscope.deconv(
            net, opt.open_images(images, allowance, limit=limit), units, store=store, signal=signal, batch=batch,
            progress=progress, **how,
        )  # fmt: skip
    present(found, terminal)
    for row in found.rows():
        terminal.say(f"{row['unit']}  {row['value']:.4g}  {store / row['picture']}")
