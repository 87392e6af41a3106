"""`convscope mistakes`: the images that a network answers wrongly, and why."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

import convscope
from convscope.cli import options as opt
from convscope.cli.parsing import parse_fill, parse_names, parse_pair
from convscope.cli.present import AddTo, EntryName, present


def mistakes(
    model: opt.Model, images: opt.Images, /, *,
    store: Annotated[Path, Parameter(alias="-o", help="folder for the page, tables, figures and what is kept")],
    explain: int = 24, layers: opt.Layers = None, layer: str | None = None, most: int = 10, size: str | None = None,
    stride: str | None = None, fill: opt.Fill = "grey", match: Literal["name", "index"] = "name",
    truth: Path | None = None, limit: opt.Limit = None, cache: opt.Cache = None, workers: opt.Workers = None,
    atlas: AddTo = None, name: EntryName = None, allowance: opt.ImageOptions = opt.ImageOptions(),
    options: opt.ModelOptions = opt.ModelOptions(), common: opt.Common = opt.Common(),
) -> None:  # fmt: skip
    """Show the images that a network answers wrongly, worst first, and why: STORE/index.html, from disk.

    Why is what of the image, which units, and which images that are like it speak for the wrong answer.

        convscope mistakes zoo:squeezenet1_1 photos/val -o mistakes --explain 40

    Args:
        explain: How many are looked at in full; all are listed. Run again with more to go on.
        layer: Layer whose features say which images are alike; by default the last of --layers.
        most: How many units of each layer are named and silenced.
        size: Of the covering square in pixels, as 48 or 32x64.
        stride: How far it moves.
        match: How labels and answers belong together.
        truth: What is true of values, or of labels: a CSV file of an image and its numbers a line.
    """
    net, terminal = opt.load_network(model, options), common.terminal()
    with terminal.progress() as progress:
        found = convscope.mistakes(
            net, opt.open_images(images, allowance, limit=limit, cache=cache), store=store, explain=explain,
            layers=parse_names(layers, "layers"), layer=layer, most=most, size=parse_pair(size, "size"),
            stride=parse_pair(stride, "stride"), fill=parse_fill(fill), match=match, truth=truth, workers=workers,
            atlas=atlas, name=name, progress=progress,
        )  # fmt: skip
    present(found, terminal, idle=f"nothing is left to do: {store} holds all of it")
    terminal.say("\n".join([*found.lines[:9], found.summary, str(found.page)]))
