"""`convscope paper`: every claim of the paper, tested on one's own network."""

from pathlib import Path
from typing import Annotated, Any, cast

from cyclopts import Parameter

import convscope
from convscope.cli import options as opt
from convscope.cli.parsing import parse_names
from convscope.cli.present import AddTo, EntryName, present
from convscope.methods.paper.table import BY_NAME


def paper(
    model: opt.Model, images: opt.Images, /, *,
    store: Annotated[Path, Parameter(alias="-o", help="folder for the page, tables, figures and what is kept")],
    claims: Annotated[str | None, Parameter(help="some of them, by name, separated by commas")] = None,
    parts: Annotated[Path | None, Parameter(help="table of parts, CSV; the whole object is called `object`")] = None,
    part_images: Annotated[str | None, Parameter(help="the images that parts are on, if others")] = None,
    labelled: Annotated[str | None, Parameter(help="images with classes, if IMAGES have none")] = None,
    run: Annotated[Path | None, Parameter(help="folder of the network's training")] = None,
    ablation: Annotated[Path | None, Parameter(help="folder of an ablation")] = None,
    target_set: Annotated[str | None, Parameter(help="labelled images of other classes")] = None,
    ensemble: Annotated[list[str] | None, Parameter(negative=(), help="network of the same classes; several")] = None,
    seeds: Annotated[int, Parameter(help="networks with random weights beside; 0 for none")] = 3,
    limit: opt.Limit = None, cache: opt.Cache = None, workers: opt.Workers = None, atlas: AddTo = None,
    name: EntryName = None, allowance: opt.ImageOptions = opt.ImageOptions(),
    options: opt.ModelOptions = opt.ModelOptions(), common: opt.Common = opt.Common(),
) -> None:  # fmt: skip
    """Test every claim of the paper on a network: STORE/index.html says what holds, and what does without training.

    convscope paper zoo:squeezenet1_1 samples: -o report
    """
    net, terminal = opt.load_network(model, options), common.terminal()
    of_parts, others = (None if one is None else opt.open_images(one, allowance) for one in (part_images, labelled))
    with terminal.progress() as progress:
        found = convscope.paper(
            net, opt.open_images(images, allowance, limit=limit), store=store, run=run, ablation=ablation, parts=parts,
            claims=cast(Any, parse_names(claims, "claims", tuple(BY_NAME))), part_images=of_parts, labelled=others,
            seeds=seeds, target_set=target_set, ensemble=ensemble or (), seed=options.seed, cache=cache,
            workers=workers, atlas=atlas, name=name, progress=progress,
        )  # fmt: skip
    present(found, terminal)
    terminal.say(f"{found.summary}\n{store / 'index.html'}")
