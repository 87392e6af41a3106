"""`convscope directions`: a dictionary of a layer, whose directions are then units."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

import convscope
from convscope.cli import options as opt
from convscope.cli.present import AddTo, present


def directions(
    model: opt.Model, images: opt.Images, /, *, layer: str,
    out: Annotated[Path, Parameter(alias="-o", help="file for the directions, which --directions attaches")],
    kind: Literal["sae", "nmf", "pca"] = "sae", n: Annotated[int, Parameter(name="-n")] = 512,
    active: Annotated[int, Parameter(help="How many are left at a position; 0 for all above zero.")] = 16,
    penalty: float = 0.03, updates: int = 4000, positions: int = 160_000, validation: str | None = None,
    beside: list[Literal["sae", "nmf"]] | None = None,
    store: Annotated[Path | None, Parameter(help="folder for tables and figures, which also keeps the work")] = None,
    match: Literal["name", "index"] = "name", limit: opt.Limit = None, cache: opt.Cache = None, batch: opt.Batch = 32,
    atlas: AddTo = None, name: str | None = None, allowance: opt.ImageOptions = opt.ImageOptions(),
    options: opt.ModelOptions = opt.ModelOptions(), common: opt.Common = opt.Common(),
) -> None:  # fmt: skip
    """Learn directions of a layer: fewer numbers at a position that stand for it, each of which is then a unit.

    A file keeps them; wherever a network is loaded, --directions makes a layer of it.

        convscope directions zoo:squeezenet1_1 photos/ --layer features.12.cat --validation others/ -o sae.safetensors
        convscope atlas zoo:squeezenet1_1 photos/ --directions sae.safetensors -o atlas

    Args:
        layer: The layer that they are of.
        kind: Autoencoder, non-negative factors, principal components.
        n: How many.
        penalty: What an active direction costs an autoencoder where all are left.
        updates: Steps of learning.
        positions: Positions to learn from at most.
        validation: Images that are held out; by default a tenth of the others.
        beside: Other kinds to compare with, which may be given several times; by default nmf, where it can be.
        match: How labels and scores belong together.
        name: What they are called: their layer is LAYER~NAME; in an atlas, too. By default the kind.
    """
    net, terminal = opt.load_network(model, options), common.terminal()
    with terminal.progress() as progress:
        found = convscope.directions(
            net, opt.open_images(images, allowance, limit=limit, cache=cache), layer=layer, kind=kind, n=n,
            active=active or None, penalty=penalty, updates=updates, positions=positions, match=match,
            validation=validation and opt.open_images(validation, allowance), beside=beside, out=out, store=store,
            batch=batch, seed=options.seed, atlas=atlas, name=name, progress=progress)  # fmt: skip
    present(found, terminal)
    terminal.say(found.summary)
