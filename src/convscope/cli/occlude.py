"""`convscope occlude`: where a network looks, by covering each part of an image."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from convscope.cli import options as opt
from convscope.cli.parsing import parse_fill, parse_pair
from convscope.cli.present import AddTo, EntryName, present


def occlude(
    model: opt.Model,
    /,
    *images: Annotated[str, Parameter(help="image files, or collections such as samples: or a folder")],
    store: Annotated[Path, Parameter(alias="-o", help="folder for figures and tables")],
    size: str | None = None,
    stride: str | None = None,
    fill: str = "grey",
    border: Literal["clip", "inside"] = "clip",
    target: Annotated[list[str] | None, Parameter(alias="-t", negative=())] = None,
    layer: str | None = None,
    strongest: Literal["sum", "max"] = "sum",
    units: Annotated[list[str] | None, Parameter(alias="-u", negative=())] = None,
    scan: Path | None = None,
    scan_images: str | None = None,
    limit: opt.Limit = None,
    method: Annotated[Literal["auto", "incremental", "whole"], Parameter(group=opt.RUN)] = "auto",
    workers: opt.Workers = None,
    atlas: AddTo = None,
    name: EntryName = None,
    allowance: opt.ImageOptions | None = None,
    options: opt.ModelOptions | None = None,
    common: opt.Common | None = None,
) -> None:
    """Slide a square over images: where does the class, or the strongest map of a layer, depend on what is covered?

    One figure an image, as the paper's Fig. 7; all numbers as occlusion.csv, occlusion.json and, with the attribution
    of every pixel, occlusion.npz. Only what the square changes is recomputed, exactly. Each image's answer is kept in
    STORE/parts as soon as it is known: run the same command again, and it goes on from there.

        convscope occlude zoo:squeezenet1_1 dog.jpg -o dog
        convscope occlude zoo:squeezenet1_1 photos/ -o out --size 32 --stride 4 --fill blur -t "tabby cat" -t 285
        convscope occlude zoo:squeezenet1_1 dog.jpg -o dog --scan scan --scan-images photos/
        convscope occlude zoo:squeezenet1_1 samples: -o out --limit 12 --atlas atlas

    Parameters
    ----------
    size
        Of the square in pixels of the network's input, as 48 or 32x64 (height and width). By default about a fifth of
        the image, 48 for 224 or 227 pixels.
    stride
        How far it moves, as 8 or 8x4 (down and across). By default a sixth of the square.
    fill
        What covers: grey (the mean colour), mean (of the image), blur (the image blurred), a number 0 to 255, or a
        colour such as 255,0,0.
    border
        Squares that reach over the right and bottom edge are clipped, or moved inside.
    target
        Class to follow, by number or name; may be given several times. `labels` is each image's own class, `none` none;
        by default the most probable. Of a map, 3 is channel 3 summed over it, 3@5,7 at y,x, 3@0,0,8,8 over y0,x0,y1,x1.
    layer
        Layer whose strongest map is followed; by default the last one of maps.
    strongest
        By what a map is the strongest: the sum or the maximum of its positions.
    units
        Unit to follow as well; may be given several times.
    scan
        Folder of a scan of the same network (`convscope scan`): the figure then shows what the followed map takes from
        the images there that excite it most. Without it they come from the atlas, where one is given.
    scan_images
        Collection that was scanned; by default the images asked about.
    method
        Recompute what changes, or run the whole network for every position.
    """
    common = common or opt.Common()
    from convscope import studies

    net = opt.load_network(model, options)
    others = images if scan_images is None else (scan_images,)
    scanned = opt.open_images(others, allowance) if scan is not None else None
    terminal = common.terminal()
    with terminal.progress() as progress:
        found = studies.occlude(
            net, opt.open_images(images, allowance, limit=limit), store=store, size=parse_pair(size, "size"),
            stride=parse_pair(stride, "stride"), fill=parse_fill(fill), border=border, target=target, layer=layer,
            strongest=strongest, units=units or (), scan=scan, scan_images=scanned, method=method,
            workers=workers, atlas=atlas, name=name, progress=progress,
        )  # fmt: skip
    present(found, terminal, idle=f"nothing is left to do: {store} holds all of it")
    for row, line in enumerate(found.lines):
        terminal.say(line)
        if (path := found.figure_of(row)) is not None:
            terminal.say(f"    {path}")
    if found.seen.failures:
        terminal.say(f"{len(found)} images, {len(found.seen.failures)} left out that could not be read")
