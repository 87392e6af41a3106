"""`convscope sanity`: what projections of units are worth, decided by controls that can fail them."""

from pathlib import Path
from typing import Annotated, Any, cast

from cyclopts import Parameter

import convscope
from convscope.cli import options as opt
from convscope.cli.parsing import parse_names
from convscope.cli.present import AddTo, EntryName, present

_UNITS = "Unit to look at, may be given several times; or how many of each layer are drawn by --seed, by default 12."


def sanity(
    model: opt.Model, images: opt.Images, /, *,
    store: Annotated[Path, Parameter(alias="-o", help="folder for figures and tables")], layers: opt.Layers = None,
    units: Annotated[list[str] | None, Parameter(alias="-u", negative=(), help=_UNITS)] = None,
    rules: Annotated[str, Parameter(help="deconvnet, gradient, guided: some, separated by commas")] = "deconvnet",
    side: Annotated[int, Parameter(help="side of the tiles that are covered, in pixels")] = 4,
    each: Annotated[int, Parameter(help="strongest images of a unit, and as many middling ones")] = 9,
    seeds: Annotated[int, Parameter(help="how often weights are randomised")] = 3,
    confidence: Annotated[float, Parameter(help="of the intervals")] = 0.95, limit: opt.Limit = None,
    workers: opt.Workers = None, atlas: AddTo = None, name: EntryName = None, common: opt.Common = opt.Common(),
    allowance: opt.ImageOptions = opt.ImageOptions(), options: opt.ModelOptions = opt.ModelOptions(),
) -> None:  # fmt: skip
    """Do projections say what a unit looks for, or only where something is? Controls decide, and can fail them.

    STORE has figures and tables of the margins, and keeps the work: the same command goes on where it was stopped.

        convscope sanity zoo:squeezenet1_1 samples: -o sanity --limit 100
        convscope sanity zoo:squeezenet1_1 photos/ -o sanity --layers features.8 --rules deconvnet,guided
    """
    from convscope.studies.asking import units_or_count

    terminal, net = common.terminal(), opt.load_network(model, options)
    with terminal.progress() as progress:
        found = convscope.sanity(
            net, opt.open_images(images, allowance, limit=limit), store=store, layers=parse_names(layers, "layers"),
            rules=cast(Any, parse_names(rules, "rules", ("deconvnet", "gradient", "guided"))), side=side, each=each,
            units=units_or_count(units, 12), seeds=seeds, confidence=confidence, seed=options.seed, workers=workers,
            atlas=atlas, name=name, progress=progress,
        )  # fmt: skip
    present(found, terminal)
    terminal.say(found.summary)
