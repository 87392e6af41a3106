"""`convscope causes`: what fed a unit, or the class, on images."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

import convscope
from convscope.cli import options as opt
from convscope.cli.parsing import parse_names
from convscope.cli.present import AddTo, EntryName, present


def causes(
    model: opt.Model, /, *images: opt.Photos,
    store: Annotated[Path, Parameter(alias="-o", help="folder for the graphs")],
    units: Annotated[list[str] | None, Parameter(alias="-u", negative=())] = None,
    layers: Annotated[str | None, Parameter(group=opt.RUN)] = None,
    most: int = 10, nodes: Literal["units", "positions"] = "units", limit: opt.Limit = None, atlas: AddTo = None,
    name: EntryName = None, allowance: opt.ImageOptions = opt.ImageOptions(),
    options: opt.ModelOptions = opt.ModelOptions(), common: opt.Common = opt.Common(),
) -> None:  # fmt: skip
    """Show what fed a unit on images: the units of earlier layers, other ways and biases, which add up to it.

    STORE has figures of the first graphs, with patches and projections of every cause, and tables of all.

        convscope causes zoo:squeezenet1_1 dog.jpg -o why
        convscope causes zoo:squeezenet1_1 dog.jpg -o why -u features.8:174 --layers features.3,features.6

    Args:
        layers: Layers of the causes, separated by commas; by default the last three stages below the unit.
        units: Unit, or difference of two (classifier.1:281-282); may be repeated. By default the most probable class.
        most: How many units of each layer are followed.
        nodes: What stands for itself: units with all of their map, or positions.
    """
    net, terminal = opt.load_network(model, options), common.terminal()
    with terminal.progress() as progress:
        found = convscope.causes(
            net, opt.open_images(images, allowance, limit=limit), units or (), store=store,
            layers=parse_names(layers, "layers"), most=most, nodes=nodes, atlas=atlas, name=name, progress=progress,
        )  # fmt: skip
    present(found, terminal)
    terminal.say(found.summary)
