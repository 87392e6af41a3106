"""`convscope atlas`: the main job."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

import convscope
from convscope.cli import options as opt
from convscope.cli.parsing import parse_names
from convscope.cli.present import show_tables
from convscope.cli.terminal import Terminal

if TYPE_CHECKING:
    from convscope.atlas import Atlas


def atlas(
    model: opt.Model, images: opt.Images, /, *,
    out: Annotated[Path, Parameter(alias="-o", help="folder for the atlas")], layers: opt.Layers = None,
    k: opt.Kept = 9, limit: opt.Limit = None, tile: Annotated[int, Parameter(group=opt.RUN)] = 112,
    thumb: Annotated[int, Parameter(group=opt.RUN)] = 224, tuning: Annotated[bool, Parameter(group=opt.RUN)] = True,
    image_bytes: Annotated[int, Parameter(group=opt.RUN)] = 2_000_000, batch: opt.Batch = 32,
    workers: opt.Workers = None, cache: opt.Cache = None, rules: opt.RuleOptions = opt.RuleOptions(),
    allowance: opt.ImageOptions = opt.ImageOptions(),
    options: opt.ModelOptions = opt.ModelOptions(), common: opt.Common = opt.Common(),
) -> None:  # fmt: skip
    """Make an atlas: for every unit the patches that excite it most, beside what it takes from each.

    Scans the images, projects the strongest responses of every unit back to pixels, and writes a folder with a page,
    `index.html`, that opens from disk. When it was stopped, the same command goes on where it was; when all is done, it
    says so. A folder that holds the atlas of another model or of other images is left alone.

        convscope atlas zoo:squeezenet1_1 samples: -o atlas
        convscope atlas torchvision:resnet18 photos/ -o atlas --layers layer1,layer4 -k 16
        convscope atlas py:mypackage.nets:small npz:images.npz#val -o atlas --weights small.safetensors

    Args:
        tile: Longest side, in pixels, that patches are kept with.
        thumb: The same for whole images; 0 keeps none.
        tuning: Also say what units are tuned to: their strongest images again in grey, turned, shuffled and so on.
        image_bytes: The pages of images show what units take from them, for as many images as so many bytes hold.
    """
    from convscope.methods.inputs import asked_of
    from convscope.processes import rank

    net = opt.load_network(model, options)
    names = parse_names(layers, "layers") or list(net.layers.stages())
    source = opt.open_images(images, allowance, limit=limit, cache=cache)
    terminal = common.terminal()
    terminal.remark(asked_of(net, source, names))
    with terminal.progress() as progress:
        made = convscope.build_atlas(
            net, source, out, layers=names, k=k, tile=tile, thumb=thumb, tuning=tuning, image_bytes=image_bytes,
            seed=options.seed, batch=batch, workers=workers, progress=progress, **rules.keywords(),
        )  # fmt: skip
    if rank() == 0:
        _report(made, terminal)


def _report(made: "Atlas", terminal: Terminal) -> None:
    """Say what the atlas holds and where its page is."""
    if made.outcome == "unchanged":
        terminal.remark(f"nothing is left to do: {made.path} holds all of it")
    for remark in made.remarks():
        terminal.remark(remark)
    terminal.result(made.to_json())
    show_tables(made.tables(), terminal)
    terminal.say("\n".join(filter(None, (made.caution, made.tuned, f"open {made.page}"))))
