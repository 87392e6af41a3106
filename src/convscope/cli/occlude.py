"""`convscope occlude`: where a network looks, by covering each part of an image."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

import convscope
from convscope.cli import options as opt
from convscope.cli.parsing import parse_fill, parse_pair
from convscope.cli.present import AddTo, EntryName, present


def occlude(
    model: opt.Model, /, *images: opt.Photos,
    store: Annotated[Path, Parameter(alias="-o", help="folder for figures and tables")], size: str | None = None,
    stride: str | None = None, fill: opt.Fill = "grey", border: Literal["clip", "inside"] = "clip",
    target: opt.Target = None, layer: str | None = None, strongest: Literal["sum", "max"] = "sum",
    units: opt.Units = None, parts: Path | None = None, confidence: float = 0.95, scan: Path | None = None,
    scan_images: str | None = None, limit: opt.Limit = None,
    method: Annotated[Literal["auto", "incremental", "whole"], Parameter(group=opt.RUN)] = "auto",
    workers: opt.Workers = None, atlas: AddTo = None, name: EntryName = None,
    allowance: opt.ImageOptions = opt.ImageOptions(), options: opt.ModelOptions = opt.ModelOptions(),
    common: opt.Common = opt.Common(),
) -> None:  # fmt: skip
    """Slide a square over images: where does the class, or the strongest map of a layer, depend on what is covered?

    One figure an image, as the paper's Fig. 7; all numbers as occlusion.csv, occlusion.json and, with the attribution
    of every pixel, occlusion.npz. Only what the square changes is recomputed, exactly. Each image's answer is kept in
    STORE/parts as soon as it is known: run the same command again, and it goes on from there.

        convscope occlude zoo:squeezenet1_1 dog.jpg -o dog
        convscope occlude zoo:squeezenet1_1 photos/ -o out --size 32 --stride 4 --fill blur -t "tabby cat" -t 285
        convscope occlude zoo:squeezenet1_1 dog.jpg -o dog --scan scan --scan-images photos/
        convscope occlude zoo:squeezenet1_1 dogs/ -o out --parts dogs.csv

    Args:
        size: Of the square in pixels of the input, as 48 or 32x64 (height, width); by default a fifth of the image.
        stride: How far it moves, as 8 or 8x4 (down and across). By default a sixth of the square.
        border: Squares that reach over the right and bottom edge are clipped, or moved inside.
        layer: Layer whose strongest map is followed; by default the last one of maps.
        strongest: By what a map is the strongest: the sum or the maximum of its positions.
        parts: Table of parts: tests whether covering each costs more than boxes of its size elsewhere, as far out.
        confidence: Of these tests' intervals.
        scan: Folder of a scan of the same network (`convscope scan`): the figure then shows what the followed map takes
            from the images there that excite it most. Without it they come from the atlas, where one is given.
        scan_images: Collection that was scanned; by default the images asked about.
        method: Recompute what changes, or run the whole network for every position.
    """
    net = opt.load_network(model, options)
    others = images if scan_images is None else (scan_images,)
    scanned = opt.open_images(others, allowance) if scan is not None else None
    terminal = common.terminal()
    with terminal.progress() as progress:
        found = convscope.occlude(
            net, opt.open_images(images, allowance, limit=limit), store=store, size=parse_pair(size, "size"),
            stride=parse_pair(stride, "stride"), fill=parse_fill(fill), border=border, target=target, layer=layer,
            strongest=strongest, units=units or (), parts=parts, confidence=confidence, seed=options.seed, scan=scan,
            scan_images=scanned, method=method, workers=workers, atlas=atlas, name=name, progress=progress,
        )  # fmt: skip
    present(found, terminal, idle=f"nothing is left to do: {store} holds all of it")
    for row, line in enumerate(found.lines):
        terminal.say(line)
        if (path := found.figure_of(row)) is not None:
            terminal.say(f"    {path}")
    if found.seen.failures:
        terminal.say(f"{len(found)} images, {len(found.seen.failures)} left out that could not be read")
