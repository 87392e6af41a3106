"""`convscope occlude`: where a network looks, by covering each part of an image."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from cyclopts import Parameter

from convscope.cli.options import RUN, Common, Model, ModelOptions, load_network
from convscope.cli.results import (
    AddTo,
    EntryName,
    Pictures,
    file_name,
    image_numbers,
    open_atlas,
    read_pictures,
    short_name,
    source_of,
    targets,
    without_nan,
    write_table,
)
from convscope.errors import UnknownLayer, UsageError

if TYPE_CHECKING:
    from convscope.atlas import Atlas
    from convscope.figures.occlusion import Photo
    from convscope.graph import Network
    from convscope.methods.occlusion import Occlusion

_AT_ONCE = 8  # images whose maps are kept at a time


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
    limit: Annotated[int | None, Parameter(group=RUN)] = None,
    method: Annotated[Literal["auto", "incremental", "whole"], Parameter(group=RUN)] = "auto",
    workers: Annotated[int | None, Parameter(group=RUN)] = None,
    atlas: AddTo = None,
    name: EntryName = None,
    options: ModelOptions | None = None,
    common: Common | None = None,
) -> None:
    """Slide a square over images: where does the class, or the strongest map of a layer, depend on what is covered?

    One figure an image, as the paper's Fig. 7; all numbers as occlusion.csv, occlusion.json and, with the attribution
    of every pixel, occlusion.npz. Only what the square changes is recomputed, exactly.

        convscope occlude zoo:squeezenet1_1 dog.jpg -o dog
        convscope occlude zoo:squeezenet1_1 photos/ -o out --size 32 --stride 4 --value blur -t tabby -t 285
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
    limit
        Take at most so many images, evenly spread.
    method
        Recompute what changes, or run the whole network for every position.
    workers
        Threads; by default as many as PyTorch uses.
    """
    common = common or Common()
    import torch

    from convscope.methods.occlusion import join
    from convscope.methods.occlusion import occlude as ask

    net = load_network(model, options or ModelOptions(), seed=common.seed)
    shown = open_atlas(atlas, net)
    square, step = square_of(net, size, stride)
    asked: dict[str, Any] = {"size": square, "stride": step}
    asked |= {"fill": parse_value(value), "border": border, "layer": layer, "strongest": strongest}
    asked |= {"units": [net.unit(text) for text in unit or ()], "method": method, "workers": workers}
    terminal = common.terminal()
    pictures = read_pictures(net, source_of(images, limit), terminal)
    classes, parts = targets(net, pictures, target or ()), []
    with terminal.progress() as progress:
        for first in range(0, len(pictures), _AT_ONCE):

            def tell(stage: str, done: int, total: int, first: int = first) -> None:
                each = total // min(_AT_ONCE, len(pictures) - first)
                progress(stage, first * each + done, len(pictures) * each)

            rows = slice(first, first + _AT_ONCE)
            own = classes[rows] if isinstance(classes, torch.Tensor) else classes
            parts.append(ask(net, pictures.inputs(net, rows), target=own, progress=tell, **asked))
    answer = Answer(net, join(parts), pictures)
    figures = answer.write(out, shown)
    terminal.remark(answer.found.method)
    if shown is not None:
        answer.add(shown, name or "occlusion", figures)
    terminal.result(answer.document(out, figures))
    for i, row in enumerate(answer.summary()):
        terminal.say(answer.line(row))
        terminal.say(f"    {figures[i]}")


@dataclass(frozen=True)
class Answer:
    """What was found, with the images it is about."""

    net: "Network"
    found: "Occlusion"
    pictures: Pictures

    def summary(self) -> list[dict[str, Any]]:
        """One row an image: its class, where covering takes most of it away, and the map that was followed."""
        found, rows = self.found, []
        drops = found.uncovered.probabilities[:, 0, None, None] - found.probability
        for i, name in enumerate(self.pictures.names):
            at, map_at = int(drops[i].argmax()), int(found.activation[i].argmin())
            rows.append(
                {
                    "image": name,
                    "class": self.class_name(int(found.targets[i, 0])),
                    "probability": float(found.uncovered.probabilities[i, 0]),
                    "least": float(found.probability[i].reshape(-1)[at]),
                    "covered": ",".join(map(str, found.grid.boxes[at].tolist())),
                    "changed": float(found.changed[i].mean()),
                    "map": str(found.strongest[i]),
                    "activation": float(found.uncovered.activations[i]),
                    "least activation": float(found.activation[i].reshape(-1)[map_at]),
                    "map covered": ",".join(map(str, found.grid.boxes[map_at].tolist())),
                }
            )
        return rows

    @staticmethod
    def line(row: dict[str, Any]) -> str:
        """A row of the summary in words."""
        return (
            f"{row['image']}: {row['class']} {row['probability']:.3f}, {row['least']:.3f} where {row['covered']} is "
            f"covered; another class is on top at {100 * row['changed']:.0f} % of the positions; map {row['map']} "
            f"falls from {row['activation']:.4g} to {row['least activation']:.4g} where {row['map covered']} is"
        )

    def class_name(self, number: int) -> str:
        """The class in words."""
        return self.net.classes[number] if self.net.classes else f"class {number}"

    def write(self, out: Path, atlas: "Atlas | None") -> list[Path]:
        """The figures' files, after writing all there is."""
        from convscope.figures.occlusion import draw
        from convscope.figures.style import save
        from convscope.files import write_bytes, write_json

        found, made = self.found, []
        for i, photo in enumerate(self.photos(atlas)):
            place = out / f"{file_name(self.pictures.indices[i], self.pictures.names[i])}.png"
            made.append(save(draw(one_of(found, i), [photo], classes=self.net.classes), place))
        names = self.pictures.names
        write_table(out / "occlusion.csv", ({**row, "image": names[row["image"]]} for row in found.rows()))
        write_json(out / "occlusion.json", without_nan({"images": list(names), **found.to_json()}))
        arrays = io.BytesIO()
        np.savez_compressed(
            arrays,
            images=np.array(names),
            boxes=found.grid.boxes.reshape(*found.grid.shape, 4),
            probability=found.probability,
            label=found.label,
            activation=found.activation,
            attribution=found.attribution().astype(np.float32),
        )
        write_bytes(out / "occlusion.npz", arrays.getvalue())
        return made

    def photos(self, atlas: "Atlas | None") -> "list[Photo]":
        """The images with what the followed map takes from them, and from those that excite it most in an atlas."""
        from convscope.atlas.render import display
        from convscope.figures.occlusion import Photo
        from convscope.methods.deconv import project

        found, made = self.found, []
        for i, (pixels, name) in enumerate(zip(self.pictures.pixels, self.pictures.names, strict=True)):
            images = self.pictures.inputs(self.net, slice(i, i + 1))
            if self.net.layers[found.layer].spatial:
                maps = self.net.run(images, [found.layer])[found.layer][0, int(found.channels[i])]
                at = np.unravel_index(int(maps.argmax()), tuple(maps.shape))
                position = np.array([at])
            else:
                position = None
            channel = [int(found.channels[i])]
            taken = project(self.net, images, found.layer, image=[0], channel=channel, position=position)
            others = () if atlas is None else _others(atlas, found, i, name)
            made.append(Photo(pixels, short_name(name), display(taken.pixels)[0], others))
        return made

    def add(self, atlas: "Atlas", name: str, figures: Sequence[Path]) -> None:
        """Show it in an atlas."""
        from convscope.atlas.experiments import add_experiment

        found, rows = self.found, self.summary()
        inside = [unit for unit in found.strongest if unit.layer in {layer.name for layer in atlas.layers}]
        add_experiment(
            atlas.path,
            name,
            title=f"Occlusion: {found.fill} square of {found.grid.size[0]}x{found.grid.size[1]} pixels",
            kind="occlusion",
            summary="\n\n".join(self.line(row) for row in rows[:9]),
            figures={path.name: path for path in figures},
            captions={path.name: row["image"] for path, row in zip(figures, rows, strict=True)},
            table=rows,
            units=[str(unit) for unit in dict.fromkeys(inside)],
            images=image_numbers(atlas, self.pictures),
            settings={**found.grid.to_json(), "fill": found.fill, "layer": found.layer, **found.settings},
        )

    def document(self, out: Path, figures: Sequence[Path]) -> dict[str, Any]:
        """What is said of it as JSON; all positions are in the files."""
        rows = [{**row, "figure": str(path)} for row, path in zip(self.summary(), figures, strict=True)]
        grid, found = self.found.grid.to_json(), self.found
        return without_nan(
            {"out": str(out), "grid": grid, "fill": found.fill, "layer": found.layer, "method": found.method}
            | {"images": rows}
        )


def one_of(found: "Occlusion", image: int) -> "Occlusion":
    """The part of a result that is about one of its images."""
    from dataclasses import replace

    from convscope.methods.readings import Responses

    def part(responses: Responses) -> Responses:
        return Responses(**{key: array[image : image + 1] for key, array in vars(responses).items()})

    return replace(
        found,
        covered=part(found.covered),
        uncovered=part(found.uncovered),
        targets=found.targets[image : image + 1],
        channels=found.channels[image : image + 1],
    )


def _others(atlas: "Atlas", found: "Occlusion", image: int, name: str) -> "tuple[np.ndarray, ...]":
    """The followed map's strongest projections in other images, where the atlas has its layer."""
    try:
        unit = atlas.unit(found.strongest[image])
    except UnknownLayer:
        return ()
    return tuple(p for p, other in zip(unit.projections, unit.names, strict=True) if other != name)


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
