"""`convscope correspond`: does covering the same part of different images change features alike?"""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

import convscope
from convscope.cli import options as opt
from convscope.cli.parsing import parse_fill, parse_names
from convscope.cli.present import AddTo, EntryName, present


def correspond(
    model: opt.Model, /,
    *images: Annotated[str, Parameter(help="image files, or a collection that has the images of the table")],
    parts: Annotated[Path, Parameter(help="table of parts: CSV with image, part, y0, x0, y1, x1")],
    store: Annotated[Path, Parameter(alias="-o", help="folder for figures and tables")], layers: str | None = None,
    layer: str | None = None, counted: Literal["all", "changed"] = "all", draws: int | None = None,
    regions: Literal["object", "image"] = "object", fill: opt.Fill = "grey", places: int | None = None,
    confidence: float = 0.95, seeds: int = 3, limit: opt.Limit = None, workers: opt.Workers = None,
    atlas: AddTo = None, name: EntryName = None, allowance: opt.ImageOptions = opt.ImageOptions(),
    options: opt.ModelOptions = opt.ModelOptions(), common: opt.Common = opt.Common(),
) -> None:  # fmt: skip
    """Cover the same part of several images: do features change alike, more so than where something else is covered?

    The paper's Table 1 on your network, and its controls: for each part and layer the share of features whose change
    differs in sign, over all pairs of images; its rank among masks at the same relative place of all objects; the same
    with random weights; and the paper's own masks. `convscope annotate` draws parts on images of your own.

        convscope correspond zoo:squeezenet1_1 dogs/ --parts dogs.csv -o out

    Args:
        layers: Layers to compare at, separated by commas; by default one for each spatial stage, and the output.
        layer: Layer that decides, to be named before looking; by default the last one of maps.
        counted: What decides there: all features, as in the paper, or those that change in either image.
        draws: Sets of masks for each part; by default 20 times the number of ranks, 1,999 at least.
        regions: Where masks may lie: within the box called `object`, for images that have one, or anywhere.
        places: Reduce maps to so many rows and columns first, by the maximum of each part: 1 compares what there is
            wherever it is. By default maps are compared position by position.
        confidence: Of the intervals.
        seeds: How often weights are drawn, as the last control; 0 for never.
    """
    net = opt.load_network(model, options)
    terminal = common.terminal()
    with terminal.progress() as progress:
        found = convscope.correspond(
            net, opt.open_images(images, allowance, limit=limit), parts, store=store,
            layers=parse_names(layers, "layers"), layer=layer, counted=counted, draws=draws, regions=regions,
            fill=parse_fill(fill), places=places, confidence=confidence, seed=options.seed, seeds=seeds,
            workers=workers, atlas=atlas, name=name, progress=progress,
        )  # fmt: skip
    present(found, terminal)
    where = (*found.kept.figures.values(), store)[0]
    terminal.say(f"{found.summary}\n{len(found.seen)} images, {found.draws} sets of masks of each kind: {where}")
