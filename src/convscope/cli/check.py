"""`convscope check`: whether a network is treated rightly, held against its own module."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from convscope.cli import options as opt
from convscope.cli.parsing import parse_names
from convscope.cli.present import AddTo, EntryName, present
from convscope.errors import TraceError


def check(
    model: opt.Model, images: opt.MaybeImages = None, /, *,
    store: Annotated[Path | None, Parameter(alias="-o", help="folder for the certificate")] = None,
    layers: Annotated[str | None, Parameter(alias="-l", group=opt.RUN)] = None, limit: opt.Limit = None,
    atlas: AddTo = None, name: EntryName = None, allowance: opt.ImageOptions | None = None,
    options: opt.ModelOptions | None = None, common: opt.Common | None = None,
) -> None:  # fmt: skip
    """Prove on your own network that it is traced rightly: outputs, projections and fields against PyTorch's autograd.

    Exit code 3 where anything disagrees. Without images it is asked on noise; two images are enough.

        convscope check torchvision:resnet18
        convscope check py:mypackage.nets:small photos/ --weights best.pth -o certificate

    Parameters
    ----------
    layers
        Layers whose units are looked at, separated by commas; by default eight from the first to the last.
    """
    common = common or opt.Common()
    from convscope import studies

    net, module = opt.load_module(model, replace(options or opt.ModelOptions(), randomness="allow"))
    seed, source = (options or opt.ModelOptions()).seed, images and opt.open_images(images, allowance)
    terminal = common.terminal()
    with terminal.progress() as progress:
        found = studies.check(
            net, source, module=module, store=store, layers=parse_names(layers, "layers"), limit=limit, seed=seed,
            atlas=atlas, name=name, progress=progress,
        )  # fmt: skip
    present(found, terminal)
    if not found.holds:
        raise TraceError(found.summary)
    terminal.say(found.summary)
