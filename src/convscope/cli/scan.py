"""`convscope scan` and `convscope merge`: the strongest responses of every unit, in one pass or in parts."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from convscope.cli.options import (
    RUN,
    Cache,
    Common,
    Images,
    Model,
    ModelOptions,
    choose_layers,
    json_number,
    load_network,
    open_images,
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
    workers: Annotated[int | None, Parameter(group=RUN)] = None,
    cache: Cache = None,
    shard: Annotated[str | None, Parameter(group=RUN)] = None,
    statistics: Annotated[Literal["all", "units", "none"], Parameter(group=RUN)] = "all",
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
        torchrun --nproc-per-node 2 -m convscope scan zoo:alexnet photos/ -o scan

    Parameters
    ----------
    layers
        Layers to scan, separated by commas; by default one for each spatial stage.
    k
        Responses to keep for each unit, at most one from an image.
    batch
        Images that are decoded together; the result does not depend on it.
    workers
        Threads that run the network; by default one a core.
    shard
        Part of the images to take, as I/N with I from 0 to N-1.
    statistics
        What to count besides: everything, all but the means by class, or nothing.
    """
    common = common or Common()
    part = parse_shard(shard)
    import convscope
    from convscope.methods.distributed import distributed_scan, launched, rank

    net = load_network(model, options or ModelOptions(), seed=common.seed)
    names = choose_layers(net, layers)
    source = open_images(images, cache)
    terminal = common.terminal()
    terminal.remark(f"{net.name} on {source.describe()}; layers {', '.join(names)}")
    settings: dict[str, Any] = {"layers": names, "k": k, "batch": batch, "workers": workers, "statistics": statistics}
    with terminal.progress() as progress:
        if launched():
            settings |= {} if part == (0, 1) else {"shard": part}
            found = distributed_scan(net, source, store=out, progress=progress, **settings)
        else:
            found = convscope.scan(net, source, shard=part, store=out, progress=progress, **settings)
    if rank() > 0:
        return
    if not terminal.worked:
        terminal.remark(f"nothing is left to do: {out} holds all of it")
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
    from convscope.methods.scan import Scan, refuse_unreadable

    terminal = common.terminal()
    found = Scan.load(parts[0])
    for part in parts[1:]:
        found = found.merge(Scan.load(part))
    refuse_unreadable(found)
    found.save(out)
    report(found, out, terminal)


def report(found: "Scan", out: Path, terminal: Terminal) -> None:
    """Show what a scan found, one line a layer."""
    layers = [_layer(found, name) for name in found]
    terminal.result(
        {
            "out": str(out),
            "network": found.network,
            "images": found.images,
            "complete": found.complete,
            "failures": [{"index": one.index, "name": one.name, "reason": one.reason} for one in found.failures],
            "layers": layers,
        }
    )
    for one in found.failures:
        terminal.remark(f"left out {one.name}: {one.reason}")
    head = ("layer", "units", "never active", "with NaN", "strongest", "value")
    terminal.table(head, [_row(layer) for layer in layers], right=(1, 2, 3, 5))
    terminal.say()
    left_out = f" ({len(found.failures)} could not be read)" if found.failures else ""
    part = "" if found.complete else f", a part of {found.identity.images}; merge the parts when all are done"
    terminal.say(f"{found.images} images{left_out}{part}: {out}")


def _layer(found: "Scan", name: str) -> dict[str, Any]:
    """What is said of a layer; None where the scan counted no statistics or nothing responded."""
    one = found[name]
    strongest = int(one.values[:, 0].argmax())
    seen = bool(one.topk.found.any())
    return {
        "name": name,
        "units": one.values.shape[0],
        "never_active": None if one.statistics is None else int((one.statistics.active == 0).sum()),
        "with_nan": None if one.statistics is None else int((one.statistics.nan > 0).sum()),
        "strongest": f"{name}:{strongest}" if seen else None,
        "value": json_number(one.values[strongest, 0].item()) if seen else None,
    }


def _row(layer: dict[str, Any]) -> tuple[str, ...]:
    counts = ("" if layer[key] is None else str(layer[key]) for key in ("units", "never_active", "with_nan"))
    value = "" if layer["value"] is None else f"{layer['value']:.4g}"
    return layer["name"], *counts, layer["strongest"] or "", value


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
