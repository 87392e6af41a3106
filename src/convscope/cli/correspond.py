"""`convscope correspond`: does covering the same part of different images change features alike?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from cyclopts import Parameter

from convscope.cli.occlude import parse_value
from convscope.cli.options import RUN, Common, ImageOptions, Model, ModelOptions, load_network, preprocess_of
from convscope.cli.results import (
    AddTo,
    EntryName,
    Pictures,
    image_numbers,
    open_atlas,
    read_pictures,
    source_of,
    write_figures,
    write_table,
)
from convscope.cli.terminal import Terminal
from convscope.errors import ImageError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.data import Source
    from convscope.graph import Network
    from convscope.methods.correspondence import Correspondence
    from convscope.methods.parts import Part


def correspond(
    model: Model,
    /,
    *images: Annotated[str, Parameter(help="image files, or a collection that has the images of the table")],
    parts: Annotated[Path, Parameter(help="table of parts: CSV with image, part, y0, x0, y1, x1")],
    out: Annotated[Path, Parameter(alias="-o", help="folder for figures and tables")],
    layers: str | None = None,
    draws: int = 200,
    masks: Literal["object", "image"] = "object",
    value: str = "grey",
    places: int | None = None,
    confidence: float = 0.95,
    workers: Annotated[int | None, Parameter(group=RUN)] = None,
    atlas: AddTo = None,
    name: EntryName = None,
    allowance: ImageOptions | None = None,
    options: ModelOptions | None = None,
    common: Common | None = None,
) -> None:
    """Cover the same part of several images: do features change alike, more so than for random masks?

    The paper's Table 1 on your network: for each part and layer the share of features whose change differs in sign,
    over all pairs of images, with an interval, and the same for many sets of random masks of the same sizes that touch
    no part. `convscope annotate` draws parts on images of your own.

        convscope correspond zoo:squeezenet1_1 dogs/ --parts dogs.csv -o out
        convscope correspond zoo:squeezenet1_1 dogs/ --parts dogs.csv -o out --layers features.12.cat --draws 1000

    Parameters
    ----------
    layers
        Layers to compare at, separated by commas; by default one for each spatial stage, and the output.
    draws
        Sets of random masks for each part.
    masks
        Where random masks may lie: within the box called `object`, for images that have one, or anywhere.
    value
        What covers: grey (the mean colour), mean (of the image), blur, a number 0 to 255, or a colour as 255,0,0.
    places
        Reduce maps to so many rows and columns first, by the maximum of each part: 1 compares what there is wherever it
        is. By default maps are compared position by position.
    confidence
        Of the intervals.
    workers
        Threads; by default as many as PyTorch uses.
    """
    common = common or Common()
    from convscope.files import write_json
    from convscope.methods.correspondence import correspondence
    from convscope.methods.parts import read_parts

    if not 0.5 <= confidence < 1:
        raise UsageError(f"--confidence {confidence}: give a share from 0.5 to 1, such as 0.95")
    listed = read_parts(parts)
    net = load_network(model, options or ModelOptions(), seed=common.seed)
    shown = open_atlas(atlas, net)
    chosen = None if layers is None else [part.strip() for part in layers.split(",") if part.strip()]
    terminal = common.terminal()
    marked = mark(net, source_of(images, allowance=allowance), listed, terminal)
    regions = marked.regions if masks == "object" else None
    with terminal.progress() as progress:
        found = correspondence(
            net, marked.pictures.inputs(net), marked.boxes, layers=chosen, regions=regions, draws=draws,
            fill=parse_value(value), places=places, confidence=confidence, seed=common.seed, workers=workers,
            progress=progress,
        )  # fmt: skip
    rows = list(found.rows())
    write_table(out / "correspondence.csv", rows)
    write_json(out / "correspondence.json", {"names": list(marked.pictures.names), **found.to_json()})
    drawn = write_figures(lambda: figures(found), out, terminal)
    terminal.remark(found.method)
    if shown is not None:
        _add(shown, name or "correspondence", found, marked.pictures, drawn)
    files = [str(out / file) for file in drawn]
    terminal.result({"out": str(out), "figures": files, **found.to_json()})
    head = ("layer", "part", "images", "differ", "interval", "random", "interval", "p", "of changed", "random", "p")
    terminal.table(head, [table_row(row) for row in rows], right=(2, 3, 5, 7, 8, 9, 10))
    terminal.say()
    terminal.say(f"{len(marked.pictures)} images, {found.draws} sets of random masks: {(*files, out)[0]}")


@dataclass(frozen=True)
class Marked:
    """Images with boxes of their parts in the network's input: by part (n, 4), and of the objects, -1 where none is."""

    pictures: Pictures
    boxes: "dict[str, NDArray[np.int64]]"
    regions: "NDArray[np.int64] | None"


def mark(net: "Network", source: "Source", parts: "Sequence[Part]", terminal: Terminal) -> Marked:
    """The images that a table of parts names, with their boxes.

    Raises UsageError where an image of the table is not there, or a part lies outside what the network sees.
    """
    from convscope.data import load_image
    from convscope.methods.parts import OBJECT, box_on_input, of_images

    names = [source.name(i) for i in range(len(source))]
    wanted = of_images(parts, names)
    numbers = [i for i, name in enumerate(names) if name in wanted]
    pictures, recipe = read_pictures(net, source, terminal, indices=numbers), preprocess_of(net)
    kinds = list(dict.fromkeys(part.part for part in parts))
    boxes = {kind: np.full((len(pictures), 4), -1, np.int64) for kind in kinds}
    for row, (index, name) in enumerate(zip(pictures.indices, pictures.names, strict=True)):
        height, width = load_image(source, index).shape[:2]
        place = recipe.place(height, width)
        for part in wanted[name]:
            if part.box[2] > height or part.box[3] > width:
                raise ImageError(
                    f"part '{part.part}' of {name} reaches beyond the image of {height}x{width} pixels: is the table "
                    "of other files?"
                )
            boxes[part.part][row] = box_on_input(part, place, (recipe.height, recipe.width))
    regions = boxes.pop(OBJECT, None)
    if not boxes:
        raise UsageError(f"the table has no part besides '{OBJECT}': draw some with `convscope annotate`")
    return Marked(pictures, boxes, regions)


def table_row(row: dict[str, Any]) -> tuple[str, ...]:
    """A row of the result for people."""
    return (
        row["layer"],
        row["part"],
        str(row["images"]),
        f"{row['mean']:.4f}",
        f"{row['low']:.4f} to {row['high']:.4f}",
        f"{row['random']:.4f}",
        f"{row['random_low']:.4f} to {row['random_high']:.4f}",
        f"{row['p']:.3f}",
        f"{row['among_changed']:.3f}",
        f"{row['random_among_changed']:.3f}",
        f"{row['p_among_changed']:.3f}",
    )


def figures(found: "Correspondence") -> dict[str, bytes]:
    """The figures by their files' names; raises MissingExtra without matplotlib."""
    from convscope.figures.correspondence import draw
    from convscope.figures.style import rendered

    return {
        "correspondence.png": rendered(draw(found, measure="all")),
        "correspondence-changed.png": rendered(draw(found, measure="changed")),
    }


def _add(atlas: Any, name: str, found: "Correspondence", pictures: Pictures, drawn: Mapping[str, bytes]) -> None:
    from convscope.atlas.experiments import add_experiment

    captions = ("of all features", "of the features that change in either image")
    add_experiment(
        atlas.path,
        name,
        title=f"Correspondence of {', '.join(found.parts)}",
        kind="correspondence",
        summary=(
            "The share of features whose change differs in sign between two images when the same part is covered in "
            f"both, over all pairs of {found.images} images; beside it that of {found.draws} sets of random masks."
        ),
        figures=drawn,
        captions=dict(zip(drawn, captions, strict=False)),
        table=list(found.rows()),
        images=image_numbers(atlas, pictures.source, pictures.indices),
        settings={key: getattr(found, key) for key in ("draws", "fill", "tolerance", "places", "seed")},
    )
