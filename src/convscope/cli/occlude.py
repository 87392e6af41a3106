"""`convscope occlude`: where a network looks, by covering each part of an image."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from convscope.cli.occlusion_result import PARTS, Answer, Elsewhere
from convscope.cli.options import RUN, Common, ImageOptions, Model, ModelOptions, load_network
from convscope.cli.results import AddTo, EntryName, open_atlas, source_of, targets
from convscope.errors import UsageError

if TYPE_CHECKING:
    from convscope.graph import Network


def occlude(
    model: Model,
    /,
    *images: Annotated[str, Parameter(help="image files, or collections such as samples: or a folder")],
    out: Annotated[Path, Parameter(alias="-o", help="folder for figures and tables")],
    size: str | None = None,
    stride: str | None = None,
    value: str = "grey",
    border: Literal["clip", "inside"] = "clip",
    target: Annotated[list[str] | None, Parameter(alias="-t", negative=())] = None,
    layer: str | None = None,
    strongest: Literal["sum", "max"] = "sum",
    unit: Annotated[list[str] | None, Parameter(alias="-u", negative=())] = None,
    scan: Path | None = None,
    scan_images: str | None = None,
    limit: Annotated[int | None, Parameter(group=RUN)] = None,
    method: Annotated[Literal["auto", "incremental", "whole"], Parameter(group=RUN)] = "auto",
    workers: Annotated[int | None, Parameter(group=RUN)] = None,
    atlas: AddTo = None,
    name: EntryName = None,
    allowance: ImageOptions | None = None,
    options: ModelOptions | None = None,
    common: Common | None = None,
) -> None:
    """Slide a square over images: where does the class, or the strongest map of a layer, depend on what is covered?

    One figure an image, as the paper's Fig. 7; all numbers as occlusion.csv, occlusion.json and, with the attribution
    of every pixel, occlusion.npz. Only what the square changes is recomputed, exactly. Each image's answer is kept in
    OUT/parts as soon as it is known: run the same command again, and it goes on from there.

        convscope occlude zoo:squeezenet1_1 dog.jpg -o dog
        convscope occlude zoo:squeezenet1_1 photos/ -o out --size 32 --stride 4 --value blur -t tabby -t 285
        convscope occlude zoo:squeezenet1_1 dog.jpg -o dog --scan scan --scan-images photos/
        convscope occlude zoo:squeezenet1_1 samples: -o out --limit 12 --atlas atlas

    Parameters
    ----------
    size
        Of the square in pixels of the network's input, as 48 or 32x64 (height and width). By default about a fifth of
        the image, 48 for 224 or 227 pixels.
    stride
        How far it moves, as 8 or 8x4 (down and across). By default a sixth of the square.
    value
        What covers: grey (the mean colour), mean (of the image), blur (the image blurred), a number 0 to 255, or a
        colour such as 255,0,0.
    border
        Squares that reach over the right and bottom edge are clipped, or moved inside.
    target
        Class to follow, by number or name; may be given several times. `labels` follows each image's own class; by
        default it is the most probable one.
    layer
        Layer whose strongest map is followed; by default the last one of maps.
    strongest
        By what a map is the strongest: the sum or the maximum of its positions.
    unit
        Unit to follow as well; may be given several times.
    scan
        Folder of a scan of the same network (`convscope scan`): the figure then shows what the followed map takes from
        the images there that excite it most. Without it they come from the atlas, where one is given.
    scan_images
        Collection that was scanned; by default the images asked about.
    limit
        Take at most so many images, evenly spread.
    method
        Recompute what changes, or run the whole network for every position.
    workers
        Threads; by default as many as PyTorch uses.
    """
    common = common or Common()
    from convscope.methods.occlusion_run import occlude_source

    net = load_network(model, options or ModelOptions(), seed=common.seed)
    shown, source = open_atlas(atlas, net), source_of(images, limit, allowance=allowance)
    others = images if scan_images is None else (scan_images,)
    scanned = source_of(others, allowance=allowance) if scan is not None or scan_images is not None else None
    square, step = square_of(net, size, stride)
    asked: dict[str, Any] = {"size": square, "stride": step}
    asked |= {"fill": parse_value(value), "border": border, "layer": layer, "strongest": strongest}
    asked |= {"units": [net.unit(text) for text in unit or ()], "method": method, "workers": workers}
    classes, terminal = targets(net, source, range(len(source)), target or ()), common.terminal()
    answer = Answer(net, source, out, Elsewhere.of(net, scan, scanned, shown), terminal)
    with terminal.progress() as progress:
        for one in occlude_source(net, source, target=classes, store=out / PARTS, progress=progress, **asked):
            answer.take(one)
    finished = answer.finish()
    finished.write()
    terminal.remark(finished.found.method if terminal.worked else f"nothing is left to do: {out} holds all of it")
    if shown is not None:
        finished.add(shown, name or "occlusion")
    finished.report()


def parse_pair(text: str, name: str) -> tuple[int, int]:
    """Height and width from `48` or `32x64`.

    >>> parse_pair("48", "size"), parse_pair("32x64", "size")
    ((48, 48), (32, 64))
    """
    match = re.fullmatch(r"(\d+)(?:x(\d+))?", text.strip())
    if match is None:
        raise UsageError(f"--{name} {text!r}: give 48 for a square or 32x64 for height and width")
    return int(match[1]), int(match[2] or match[1])


def square_of(net: "Network", size: str | None, stride: str | None) -> tuple[tuple[int, int], tuple[int, int]]:
    """The square's size and steps: those given, or usual ones for the network's input."""
    side = max(1, round(min(net.input_shape[1:]) * 48 / 225))
    square = parse_pair(size, "size") if size is not None else (side, side)
    if stride is not None:
        return square, parse_pair(stride, "stride")
    return square, (max(1, round(square[0] / 6)), max(1, round(square[1] / 6)))


def parse_value(text: str) -> Any:
    """What covers: a name, one number for a grey, or three for a colour.

    >>> parse_value("blur"), parse_value("127.5"), parse_value("255,0,0")
    ('blur', (127.5, 127.5, 127.5), (255.0, 0.0, 0.0))
    """
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        return text
    if len(numbers) not in (1, 3) or not all(0 <= n <= 255 for n in numbers):
        raise UsageError(f"--value {text}: give a number from 0 to 255, or three of them for a colour")
    return numbers * 3 if len(numbers) == 1 else numbers
