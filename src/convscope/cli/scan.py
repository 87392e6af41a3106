"""`convscope scan` and `convscope merge`: the strongest responses of every unit, over a whole collection."""

import re
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

import convscope
from convscope.cli import options as opt
from convscope.cli.parsing import parse_names
from convscope.cli.present import present
from convscope.errors import UsageError

Store = Annotated[Path, Parameter(alias="-o", help="folder for the result")]


def scan(
    model: opt.Model, images: opt.Images, /, *, store: Store, layers: opt.Layers = None, k: opt.Kept = 9,
    batch: opt.Batch = 32, workers: opt.Workers = None, limit: opt.Limit = None, cache: opt.Cache = None,
    shard: Annotated[str | None, Parameter(group=opt.RUN)] = None,
    statistics: Annotated[Literal["all", "units", "none"], Parameter(group=opt.RUN)] = "all",
    allowance: opt.ImageOptions = opt.ImageOptions(), options: opt.ModelOptions = opt.ModelOptions(),
    common: opt.Common = opt.Common(),
) -> None:  # fmt: skip
    """Find the k strongest responses of every unit in a collection of images, with positions and statistics.

    A scan that was stopped goes on from its finished parts when the same command is run again. A large scan can be cut
    into shards that run anywhere, at any time, and are merged afterwards; the result is the same to the last byte.

        convscope scan zoo:squeezenet1_1 photos/ -o scan
        convscope scan zoo:alexnet npz:images.npz#val -o scan --layers features.3,features.6 -k 16
        convscope scan zoo:alexnet photos/ -o part0 --shard 0/2
        convscope scan zoo:alexnet photos/ -o part1 --shard 1/2
        convscope merge part0 part1 -o scan
        torchrun --nproc-per-node 2 -m convscope scan zoo:alexnet photos/ -o scan

    Args:
        shard: Part of the images to take, as I/N with I from 0 to N-1.
        statistics: What to count besides: everything, all but the means by class, or nothing.
    """
    part = parse_shard(shard)
    from convscope.methods.inputs import asked_of
    from convscope.processes import rank

    net = opt.load_network(model, options)
    names = parse_names(layers, "layers") or list(net.layers.stages())
    source = opt.open_images(images, allowance, limit=limit, cache=cache)
    terminal = common.terminal()
    terminal.remark(asked_of(net, source, names))
    with terminal.progress() as progress:
        found = convscope.scan(
            net, source, store=store, layers=names, k=k, batch=batch, workers=workers, shard=part,
            statistics=statistics, progress=progress,
        )  # fmt: skip
    if rank() == 0:
        present(found, terminal, idle=f"nothing is left to do: {store} holds all of it")
        terminal.say(f"{found.summary}: {store}")


def merge(
    *parts: Annotated[Path, Parameter(help="folders of shards that share model, images and options")], store: Store,
    common: opt.Common = opt.Common(),
) -> None:  # fmt: skip
    """Merge shards of a scan, or of effects, into one, as if all images had been looked at together.

    The order of the parts does not matter.

        convscope merge part0 part1 part2 -o scan
    """
    found, terminal = convscope.merge(parts, store), common.terminal()
    present(found, terminal)
    terminal.say(f"{found.summary}: {store}")


def parse_shard(text: str | None) -> tuple[int, int]:
    """Shard and number of shards from `I/N`; everything without one.

    >>> parse_shard("1/4"), parse_shard(None)
    ((1, 4), (0, 1))
    """
    if text is None:
        return 0, 1
    match = re.fullmatch(r"(\d+)/(\d+)", text.strip())
    if match is None or int(match[1]) >= int(match[2]):
        raise UsageError(f"--shard {text!r} is no shard: give I/N with I from 0 to N-1, such as 0/4")
    return int(match[1]), int(match[2])
