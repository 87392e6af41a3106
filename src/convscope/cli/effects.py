"""`convscope effects`: what silencing units does to scores and answers."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

import convscope
from convscope.cli import options as opt
from convscope.cli.parsing import parse_names
from convscope.cli.present import AddTo, EntryName, present
from convscope.cli.scan import parse_shard

Several = Annotated[list[str] | None, Parameter(negative=())]


def effects(
    model: opt.Model, images: opt.Images, /, *,
    store: Annotated[Path, Parameter(alias="-o", help="folder for tables, figures and what is kept")],
    layers: Annotated[str | None, Parameter(group=opt.RUN)] = None,
    units: Annotated[Several, Parameter(alias="-u")] = None, groups: Several = None,
    to: Literal["zero", "mean", "another"] = "zero", measure: Literal["logit", "probability"] = "logit",
    own: Literal["auto", "labels", "answers"] = "auto", match: Literal["name", "index"] = "name",
    limit: opt.Limit = None, cache: opt.Cache = None, batch: opt.Batch = 32, workers: opt.Workers = None,
    shard: Annotated[str | None, Parameter(group=opt.RUN)] = None,
    atlas: AddTo = None, name: EntryName = None, allowance: opt.ImageOptions = opt.ImageOptions(),
    options: opt.ModelOptions = opt.ModelOptions(), common: opt.Common = opt.Common(),
) -> None:  # fmt: skip
    """Silence each unit of layers, and tell what it does to the scores and answers of a collection.

    STORE has tables and figures, and keeps the work: the same command goes on where it was stopped.

        convscope effects zoo:squeezenet1_1 samples: -o effects --layers features.12.cat
        convscope effects zoo:squeezenet1_1 photos/ -o effects -u features.8:174 --to mean

    Args:
        layers: Layers whose units are silenced, separated by commas; by default those of the units that are named, else
            the last stage.
        units: A unit to silence; may be given several times.
        groups: Several of a layer together, as features.8:3+features.8:7; may be given several times.
        to: What a unit is set to: zero, its mean, its value in another image.
        measure: What is followed of each class.
        own: Whose images are a class's own: by labels, or by what the network answers.
        match: How labels and scores belong together.
        shard: Part of the images to take, as I/N with I from 0 to N-1; `convscope merge` puts the N folders together.
    """
    net, terminal = opt.load_network(model, options), common.terminal()
    with terminal.progress() as progress:
        found = convscope.effects(
            net, opt.open_images(images, allowance, limit=limit, cache=cache), store=store, units=units or (),
            layers=parse_names(layers, "layers"), groups=[group.split("+") for group in groups or ()], to=to,
            measure=measure, own=own, match=match, batch=batch, workers=workers, seed=options.seed,
            shard=parse_shard(shard), atlas=atlas, name=name, progress=progress,
        )  # fmt: skip
    present(found, terminal)
    terminal.say(found.summary)
