"""`convscope invariance`: what moving, scaling and turning images does to features and to the class."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from cyclopts import Parameter

from convscope.cli.options import RUN, Common, ImageOptions, Model, ModelOptions, load_network, preprocess_of
from convscope.cli.results import (
    AddTo,
    EntryName,
    Pictures,
    image_numbers,
    open_atlas,
    read_pictures,
    short_name,
    source_of,
    targets,
    without_nan,
    write_figures,
    write_table,
)
from convscope.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.graph import Network
    from convscope.methods.invariance import Invariance

_MOST = 1000  # amounts of one transformation


def invariance(
    model: Model,
    /,
    *images: Annotated[str, Parameter(help="image files, or collections such as samples: or a folder")],
    out: Annotated[Path, Parameter(alias="-o", help="folder for the figure and tables")],
    transformation: Annotated[list[str] | None, Parameter(alias="-T", negative=())] = None,
    layers: str | None = None,
    target: Annotated[list[str] | None, Parameter(alias="-t", negative=())] = None,
    distance: Literal["relative", "raw"] = "relative",
    outside: Literal["mean", "edge", "reflect"] = "mean",
    interpolation: Literal["bilinear", "bicubic", "nearest"] = "bilinear",
    limit: Annotated[int | None, Parameter(group=RUN)] = None,
    batch: Annotated[int, Parameter(group=RUN)] = 32,
    atlas: AddTo = None,
    name: EntryName = None,
    allowance: ImageOptions | None = None,
    options: ModelOptions | None = None,
    common: Common | None = None,
) -> None:
    """Move, scale and turn images: how far do features go, and what becomes of the class?

    The figure is the paper's Fig. 5 on your network: the distance between the features of the transformed and the
    original image at each layer, and the probability of the class. All numbers are in invariance.csv and .json.

        convscope invariance zoo:squeezenet1_1 samples: -o out --limit 5
        convscope invariance zoo:squeezenet1_1 photos/ -o out -T rotation -T scale=0.5:2:0.1 --distance raw
        convscope invariance zoo:squeezenet1_1 photos/ -o out -T brightness -T blur --layers features.1,features.12.cat

    Parameters
    ----------
    transformation
        vertical, horizontal, scale, rotation, brightness, contrast or blur; with amounts as NAME=FIRST:LAST:STEP or
        NAME=A,B,C. May be given several times; by default the paper's vertical, scale and rotation.
    layers
        Layers to compare at, separated by commas; by default the first and last of the network's stages, and its
        output.
    target
        Class to follow, by number or name; `labels` follows each image's own class; by default it is the most
        probable one.
    distance
        Which distance the figure shows: relative to the length of the original's features, or as it is. Tables hold
        both.
    outside
        What comes in over the edge: the mean colour, the edge repeated, or the image reflected.
    interpolation
        How pixels between pixels are found.
    limit
        Take at most so many images, evenly spread.
    batch
        Images run together.
    """
    common = common or Common()
    from convscope.files import write_json
    from convscope.methods.invariance import invariance as ask
    from convscope.methods.transforms import PAPER

    net = load_network(model, options or ModelOptions(), seed=common.seed)
    shown = open_atlas(atlas, net)
    asked = dict(parse_transformation(text) for text in transformation or PAPER)
    chosen = None if layers is None else [part.strip() for part in layers.split(",") if part.strip()]
    terminal = common.terminal()
    pictures = read_pictures(net, source_of(images, limit, allowance=allowance), terminal)
    followed = targets(net, pictures.source, pictures.indices, target or ())
    with terminal.progress() as progress:
        found = ask(
            net, pictures.inputs(net), transformations=asked, layers=chosen, outside=outside,
            target=followed, interpolation=interpolation, batch=batch, progress=progress,
        )  # fmt: skip
    names = pictures.names
    write_table(out / "invariance.csv", ({**row, "image": names[row["image"]]} for row in found.rows()))
    write_json(out / "invariance.json", without_nan({"images": list(names), **found.to_json()}))
    drawn = write_figures(lambda: figures(net, found, pictures, distance=distance), out, terminal)
    rows, files = summary(found), [str(out / file) for file in drawn]
    if shown is not None:
        _add(shown, name or "invariance", found, pictures, rows, drawn)
    terminal.result(without_nan({"out": str(out), "figures": files, "images": list(names), "summary": rows}))
    head = ["transformation", "by", *(f"distance {one}" for one in found.layers), "p(class)", "class kept"]
    terminal.table(
        head, [[one if isinstance(one, str) else f"{one:.3g}" for one in row.values()] for row in rows],
        right=range(1, len(head)),
    )  # fmt: skip
    terminal.say()
    terminal.say(f"{len(names)} images: {', '.join(files) or out}")


def figures(
    net: "Network", found: "Invariance", pictures: Pictures, *, distance: Literal["relative", "raw"]
) -> dict[str, bytes]:
    """The figure by its file name; raises MissingExtra without matplotlib."""
    from convscope.figures.invariance import draw
    from convscope.figures.style import rendered

    names = [short_name(one) for one in pictures.names]
    drawn = draw(found, distance=distance, examples=examples(net, found, pictures), names=names)
    return {"invariance.png": rendered(drawn)}


def summary(found: "Invariance") -> list[dict[str, Any]]:
    """For each transformation the means at its first, middle and last amount: relative distances and the class."""
    rows = []
    for curve in found.curves:
        count = len(curve.values)
        for at in sorted({0, count // 2, count - 1}):
            row: dict[str, Any] = {"transformation": curve.transformation, "by": float(curve.values[at])}
            row |= {f"relative {one}": float(curve.mean(one)[0][at]) for one in found.layers}
            row |= {"probability": float(curve.mean("probability")[0][at]), "kept": float(curve.kept[at])}
            rows.append(row)
    return rows


def examples(net: "Network", found: "Invariance", pictures: Pictures) -> "dict[str, list[NDArray[np.uint8]]]":
    """The first image at four amounts of every transformation."""
    from convscope.methods.transforms import Frame, transformation

    recipe, one = preprocess_of(net), pictures.inputs(net, slice(0, 1))
    frame = Frame.of(recipe, outside=found.outside, interpolation=found.interpolation)
    made = {}
    for curve in found.curves:
        at = np.unique(np.linspace(0, len(curve.values) - 1, 4).round().astype(int))
        changed = [transformation(curve.transformation).apply(one, float(curve.values[i]), frame)[0] for i in at]
        made[curve.transformation] = [recipe.restore(x.cpu()).permute(1, 2, 0).numpy() for x in changed]
    return made


def parse_transformation(text: str) -> tuple[str, tuple[float, ...] | None]:
    """A transformation and its amounts, None for the usual ones.

    >>> parse_transformation("scale=1:1.4:0.2"), parse_transformation("blur")
    (('scale', (1.0, 1.2, 1.4)), ('blur', None))
    """
    name, given, amounts = text.partition("=")
    if not given:
        return name.strip(), None
    wrong = UsageError(
        f"--transformation {text!r}: give amounts as scale=1:1.8:0.1 (first, last, step) or scale=1,1.5,2"
    )
    number = r"-?\d+(?:\.\d+)?"
    if re.fullmatch(rf"{number}(?:,{number})*", amounts):
        return name.strip(), tuple(float(part) for part in amounts.split(","))
    match = re.fullmatch(rf"({number}):({number}):({number})", amounts)
    if match is None:
        raise wrong
    first, last, step = (float(part) for part in match.groups())
    if step == 0 or (last - first) / step < 0 or (last - first) / step > _MOST:
        raise wrong
    return name.strip(), tuple(round(first + i * step, 9) for i in range(int((last - first) / step + 1e-6) + 1))


def _add(
    atlas: Any,
    name: str,
    found: "Invariance",
    pictures: Pictures,
    rows: Sequence[dict[str, Any]],
    drawn: Mapping[str, bytes],
) -> None:
    from convscope.atlas.experiments import add_experiment

    done = ", ".join(found.transformations)
    add_experiment(
        atlas.path,
        name,
        title=f"Invariance: {done}",
        kind="invariance",
        summary=f"Distances of features and the probability of the class, means over {len(pictures)} images.",
        figures=drawn,
        captions=dict.fromkeys(drawn, f"{done}; thick: mean of {len(pictures)} images"),
        table=without_nan(list(rows)),
        images=image_numbers(atlas, pictures.source, pictures.indices),
        settings={"layers": list(found.layers), "outside": found.outside, "interpolation": found.interpolation},
    )
