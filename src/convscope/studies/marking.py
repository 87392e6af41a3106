"""The images of a collection that a table of parts names, with their boxes in the network's input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from convscope.data import Images, Placement, load_pixels
from convscope.data.parts import OBJECT, Part, box_on_input, of_images, read_parts
from convscope.errors import ImageError, UsageError
from convscope.graph import Network
from convscope.methods.inputs import are_planes, preprocess_of
from convscope.studies.asking import collection
from convscope.studies.pictures import ReadImages, given_pictures, look_at, read_pictures


@dataclass(frozen=True)
class Marked:
    """Images with boxes of their parts in the network's input: by part (n, 4), and of the objects, -1 where none is.

    rows: which of the images asked about they are.
    """

    pictures: ReadImages
    boxes: dict[str, NDArray[np.int64]]
    regions: NDArray[np.int64] | None
    rows: tuple[int, ...]


def mark(
    net: Network,
    images: Images,
    parts: Sequence[Part] | str | PathLike[str],
    *,
    limit: int | None = None,
    seen: ReadImages | None = None,
    objects: Literal["apart", "part"] = "apart",
) -> Marked:
    """The images that parts, or a table of them, name, with their boxes; the objects' are apart, or a part like others.

    Tensors are called "image 0", "image 1" and so on, and boxes on them are in pixels of the network's input; seen:
    tensors that were looked at already.

    Raises:
        UsageError: where an image of the table is not there, or a part lies outside what the network sees. ImageError:
            where a part reaches beyond its image.
    """
    listed = read_parts(Path(parts)) if isinstance(parts, str | PathLike) else parts
    if not listed:
        raise UsageError("parts=[]: name one part or more, each a Part with its image and box")
    if are_planes(images):
        given = look_at(net, images, limit=limit) if seen is None else seen
        wanted = of_images(listed, given.seen.names)
        rows = [row for row, name in enumerate(given.seen.names) if name in wanted]
        pictures = given_pictures(net, given.inputs[rows], [given.seen.names[row] for row in rows])
    else:
        source = collection(images, limit=limit)
        names = [source.name(i) for i in range(len(source))]
        wanted = of_images(listed, names)
        pictures = read_pictures(net, source, indices=[i for i, name in enumerate(names) if name in wanted])
        rows = list(pictures.seen.indices)
    kinds = list(dict.fromkeys(part.part for part in listed))
    boxes = {kind: np.full((len(pictures), 4), -1, np.int64) for kind in kinds}
    size = (int(net.input_shape[1]), int(net.input_shape[2]))
    for row, name in enumerate(pictures.seen.names):
        place = _place(net, pictures, row)
        for part in wanted[name]:
            if part.box[2] > place.source[0] or part.box[3] > place.source[1]:
                raise ImageError(
                    f"part '{part.part}' of {name} reaches beyond the image of {place.source[0]}x{place.source[1]} "
                    "pixels: is the table of other files?"
                )
            boxes[part.part][row] = box_on_input(part, place, size)
    regions = boxes.pop(OBJECT, None) if objects == "apart" else None
    if not boxes:
        raise UsageError(f"the table has no part besides '{OBJECT}': draw some with `convscope annotate`")
    return Marked(pictures, boxes, regions, tuple(rows))


def _place(net: Network, pictures: ReadImages, row: int) -> Placement:
    """Where an image came to lie in the network's input; one that is the input itself lies where it is."""
    if pictures.source is None:
        height, width = pictures.inputs.shape[2:]
        return Placement((height, width), height, width, 0, 0)
    recipe = preprocess_of(net, pictures.source)
    height, width = load_pixels(pictures.source, pictures.seen.indices[row], recipe).shape[:2]
    return recipe.place(height, width)


__all__ = ["Marked", "mark"]
