"""`convscope deconv`: what one unit takes from one image."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from cyclopts import Parameter
from PIL import Image

from convscope.cli.options import (
    RULES,
    RUN,
    Common,
    ImageOptions,
    Model,
    ModelOptions,
    RuleOptions,
    json_number,
    load_network,
    preprocess_of,
)
from convscope.cli.results import source_of
from convscope.cli.terminal import Terminal
from convscope.errors import ImageError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.data import Source
    from convscope.graph import Network, Unit
    from convscope.methods.deconv import Projection

_SHOWN = 224  # pixels that a patch is enlarged to, by a whole number, where it is smaller
_GAP = 8


def deconv(
    model: Model,
    /,
    *images: Annotated[str, Parameter(help="image files, or collections such as samples: or a folder")],
    unit: Annotated[list[str], Parameter(alias="-u", negative=())],
    out: Annotated[Path, Parameter(alias="-o", help="folder for the pictures")],
    rules: RuleOptions | None = None,
    signal: Annotated[Literal["activation", "one"], Parameter(group=RULES)] = "activation",
    batch: Annotated[int, Parameter(group=RUN)] = 8,
    allowance: ImageOptions | None = None,
    options: ModelOptions | None = None,
    common: Common | None = None,
) -> None:
    """Project units back to the pixels of images: what each unit takes from its receptive field.

    A unit is `layer:channel`, or `layer:channel@y,x` for one position; without a position the strongest in each image
    is taken. For every image and unit, one picture with the patch on the left and the projection on the right.

        convscope deconv zoo:squeezenet1_1 photo.jpg -u features.8:174 -o pictures
        convscope deconv zoo:alexnet a.jpg b.jpg -u features.3:7@10,12 -u classifier.6:281 -o pictures --rule guided

    Parameters
    ----------
    unit
        Unit to project; may be given several times.
    signal
        What is put into the unit's layer: its activation or one.
    batch
        Images that are taken together.
    """
    common = common or Common()
    if not images:
        raise UsageError("no image to project on: name image files, or a collection such as samples:")

    net = load_network(model, options or ModelOptions(), seed=common.seed)
    units = [net.unit(text) for text in unit]
    source = source_of(images, allowance=allowance)
    how = (rules or RuleOptions()).keywords() | {"seed": signal}
    terminal = common.terminal()
    made: list[Made] = []
    for one in _project(net, source, units, terminal, size=batch, how=how):
        place = out / _folder_name(one.asked) / f"{one.index:05}-{_file_name(one.name)}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(one.picture).save(place)
        terminal.say(f"{one.unit}  {one.value:.4g}  {place}")
        made.append(replace(one, place=place))
    if not made:
        raise ImageError(f"none of the {len(source)} images could be read ({source.describe()})")
    terminal.remark(made[-1].report)
    terminal.result({"images": len(source), "projections": [one.document() for one in made]})


@dataclass(frozen=True)
class Made:
    """One unit's projection on one image, ready to be saved."""

    asked: "Unit"
    unit: "Unit"
    index: int
    name: str
    value: float
    box: list[int]
    report: str
    picture: "NDArray[np.uint8]"
    place: Path = Path()

    def document(self) -> dict[str, object]:
        """What is said of it as JSON."""
        return {
            "unit": str(self.unit),
            "image": self.name,
            "value": json_number(self.value),
            "box": self.box,
            "report": self.report,
            "picture": str(self.place),
        }


def _project(
    net: "Network", source: "Source", units: "Sequence[Unit]", terminal: Terminal, *, size: int, how: dict[str, Any]
) -> Iterator[Made]:
    """Every unit on every image that can be read, image by image."""
    import convscope

    preprocess = preprocess_of(net)
    for part in convscope.batches(source, preprocess, size=size):
        for failure in part.failures:
            terminal.remark(f"left out {failure.name}: {failure.reason}")
        if not len(part):
            continue
        found = convscope.deconv(net, preprocess.normalise(part.images), units, **how)
        for row, index in enumerate(part.indices.tolist()):
            pixels = part.images[row].permute(1, 2, 0).numpy()
            for asked, projection in zip(units, found, strict=True):
                yield Made(
                    asked=asked,
                    unit=projection.units[row],
                    index=index,
                    name=source.name(index),
                    value=float(projection.values[row]),
                    box=projection.boxes[row].tolist(),
                    report=str(projection.report),
                    picture=_side_by_side(pixels, projection, row, preprocess.mean_colour),
                )


def _side_by_side(
    pixels: "NDArray[np.uint8]", projection: "Projection", row: int, fill: "NDArray[np.uint8]"
) -> "NDArray[np.uint8]":
    """The patch and the projection of one row, enlarged by a whole number where they are small, white between them."""
    from convscope.atlas.render import crop_patch, display, enlarge

    patch = crop_patch(pixels, projection.boxes[row].tolist(), fill)
    shown = display(projection.pixels[row : row + 1])[0]
    times = max(1, _SHOWN // max(patch.shape[:2]))
    gap = np.full((patch.shape[0] * times, _GAP, 3), 255, np.uint8)
    return np.concatenate([enlarge(patch, times), gap, enlarge(shown, times)], axis=1)


def _folder_name(unit: "Unit") -> str:
    """A folder's name for a unit, without the colon that some file systems refuse."""
    return str(unit).replace(":", "_").replace("/", "_")


def _file_name(name: str) -> str:
    """A file's name for an image of a collection.

    >>> _file_name("cats/my cat.jpeg")
    'cats_my_cat'
    """
    stem = name.rpartition(".")[0] or name
    return re.sub(r"[^\w.-]+", "_", stem)[-80:]
