"""`convscope diagnose`: what is wrong with first layers, of one network or of several side by side."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

import convscope
from convscope.cli import options as opt
from convscope.cli.present import AddTo, EntryName, present
from convscope.errors import UsageError


def diagnose(
    model: opt.Model, images: opt.MaybeImages = None, /, *,
    store: Annotated[Path, Parameter(alias="-o", help="folder for the figure, the numbers and what is kept")],
    against: Annotated[list[str] | None, Parameter(alias="-a", group=opt.RUN, negative=())] = None,
    labels: Annotated[list[str] | None, Parameter(group=opt.RUN, negative=())] = None,
    first: Annotated[str | None, Parameter(group=opt.RUN)] = None,
    second: Annotated[str | None, Parameter(group=opt.RUN)] = None,
    projections: Annotated[int, Parameter(group=opt.RUN)] = 64, limit: opt.Limit = None, cache: opt.Cache = None,
    atlas: AddTo = None, name: EntryName = None, allowance: opt.ImageOptions = opt.ImageOptions(),
    options: opt.ModelOptions = opt.ModelOptions(), common: opt.Common = opt.Common(),
) -> None:  # fmt: skip
    """Measure a network's first layers: dead, repeated and dominating filters, frequencies, blocks.

    What follows is said in words, with the numbers.

    Without images the filters are judged by their weights alone. With images, also by whether any image excites them,
    and units of the second layer are projected, where a large stride shows as blocks.

        convscope diagnose zoo:squeezenet1_1 samples: -o diagnosis
        convscope diagnose file:runs/zfnet/final.safetensors photos/ -o diagnosis -a file:runs/alexnet/final.safetensors
        convscope diagnose zoo:alexnet -o diagnosis --weights alexnet.safetensors

    Args:
        against: Network to set beside the first, with its own weights and preprocessing; may be given several times.
        labels: What the networks are called in the figure, in their order, once for each.
        first: Convolution to look at; by default the first.
        second: Layer whose units are projected; by default the activation of the next convolution.
        projections: How many units are projected.
    """
    from convscope.models.loading import names_network

    others = against or []
    if labels is not None and len(labels) != 1 + len(others):
        raise UsageError(f"--labels is given {len(labels)} times for {1 + len(others)} networks: give it once for each")
    if images is not None and names_network(images):
        raise UsageError(f"{images!r} names a network where images are expected: give further networks as --against")

    source = None if images is None else opt.open_images(images, allowance, limit=limit, cache=cache)
    terminal = common.terminal()
    nets = opt.load_all([model, *others], options)
    with terminal.progress() as progress:
        found = convscope.diagnose(
            nets, source, store=store, labels=labels, first=first, second=second, projections=projections,
            atlas=atlas, name=name, progress=progress,
        )  # fmt: skip
    present(found, terminal)
    for number, one in enumerate(found.found, 1):
        terminal.say(f"({number}) {one.verdict}\n")
    terminal.say(str(store))
