"""`convscope scan` and `convscope merge`: the strongest responses of every unit, in one pass or in parts."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from convscope.cli.options import (
    RUN,
    Common,
    Images,
    Model,
    ModelOptions,
    choose_layers,
    load_network,
)
from convscope.cli.terminal import Terminal
from convscope.errors import UsageError

if TYPE_CHECKING:
    from convscope.methods.scan import Scan

Out = Annotated[Path, Parameter(alias="-o", help="folder for the result")]


def scan(
    model: Model,
    images: Images,
    /,
    *,
    out: Out,
    layers: Annotated[str | None, Parameter(group=RUN)] = None,
    k: Annotated[int, Parameter(name="-k", group=RUN)] = 9,
    batch: Annotated[int, Parameter(group=RUN)] = 32,
    workers: Annotated[int, Parameter(group=RUN)] = 1,
    shard: Annotated[str | None, Parameter(group=RUN)] = None,
    options: ModelOptions | None = None,
    common: Common | None = None,
) -> None:
    """Find the k strongest responses of every unit in a collection of images, with positions and statistics.

    A scan that was stopped goes on from its finished parts when the same command is run again. A large scan can be cut
    into shards that run anywhere, at any time, and are merged afterwards; the result is the same to the last byte.

        convscope scan zoo:squeezenet1_1 photos/ -o scan
        convscope scan zoo:alexnet npz:images.npz#val -o scan --layers features.3,features.6 -k 16
        convscope scan zoo:alexnet photos/ -o part0 --shard 0/2
        convscope scan zoo:alexnet photos/ -o part1 --shard 1/2
        convscope merge part0 part1 -o scan

    Parameters
    ----------
    layers
        Layers to scan, separated by commas; by default one for each spatial stage.
    k
        Responses to keep for each unit, at most one from an image.
    batch
        Images that go through the network together.
    workers
        Processes that share the work.
    shard
        Part of the images to take, as I/N: every N-th image, beginning with image I (from 0).
    """
    common = common or Common()
    part = parse_shard(shard)
    import convscope

    net = load_network(model, options or ModelOptions(), seed=common.seed)
    names = choose_layers(net, layers)
    source = convscope.open_source(images)
    terminal = common.terminal()
    terminal.remark(f"{net.name} on {source.describe()}; layers {', '.join(names)}")
    with terminal.progress() as progress:
        found = convscope.scan(
            net, source, layers=names, k=k, batch=batch, workers=workers, shard=part, store=out, progress=progress
        )
    found.save(out)
    report(found, out, terminal)


def merge(
    *parts: Annotated[Path, Parameter(help="folders of scans that share model, images and options")],
    out: Out,
    common: Common | None = None,
) -> None:
    """Merge scans of different shards of the same images into one, as if they had been scanned together.

    The order of the parts does not matter.

        convscope merge part0 part1 part2 -o scan
    """
    common = common or Common()
    if not parts:
        raise UsageError("nothing to merge: name the folders of one or more scans")
    from convscope.methods.scan import Scan

    terminal = common.terminal()
    found = Scan.load(parts[0])
    for part in parts[1:]:
        found = found.merge(Scan.load(part))
    found.save(out)
    report(found, out, terminal)


def report(found: "Scan", out: Path, terminal: Terminal) -> None:
    """Show what a scan found, one line a layer."""


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
