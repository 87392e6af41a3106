"""What commands share that ask something of a few images: reading them, and keeping what was found."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from cyclopts import Parameter

from convscope.cli.options import RUN, ImageOptions, admitted
from convscope.cli.terminal import Terminal
from convscope.errors import ImageError, MissingExtra, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from convscope.atlas import Atlas
    from convscope.data import Source
    from convscope.graph import Network

AddTo = Annotated[
    Path | None,
    Parameter(
        name="--atlas", group=RUN, help="Folder of an atlas of the same network whose page is to show the result."
    ),
]
EntryName = Annotated[
    str | None, Parameter(name="--name", group=RUN, help="Name of the result in the atlas; by default the command's.")
]


@dataclass(frozen=True)
class Pictures:
    """Images of a collection that could be read: numbers and names there, and crops (n, H, W, 3) of their pixels."""

    source: "Source"
    indices: tuple[int, ...]
    names: tuple[str, ...]
    pixels: "NDArray[np.uint8]"

    def inputs(self, net: "Network", rows: slice = slice(None)) -> "Tensor":
        """The network's input (n, 3, H, W), of some rows."""
        import torch

        from convscope.cli.options import preprocess_of

        batch = torch.from_numpy(np.ascontiguousarray(self.pixels[rows])).permute(0, 3, 1, 2)
        return preprocess_of(net).normalise(batch, dtype=net.dtype).to(net.device)

    def __len__(self) -> int:
        return len(self.names)


def source_of(images: Sequence[str], limit: int | None = None, *, allowance: ImageOptions | None = None) -> "Source":
    """The collection that image files or one spelling of a collection stand for."""
    from convscope.data import open_source

    if not images:
        raise UsageError("no images: name image files, a folder, or a collection such as samples:")
    return open_source(images[0] if len(images) == 1 else list(images), limit=limit, **admitted(allowance))


def read_pictures(
    net: "Network", source: "Source", terminal: Terminal, *, indices: Sequence[int] | None = None
) -> Pictures:
    """The images of a collection as the network sees them; those that cannot be read are said and left out.

    Raises ImageError where none can be.
    """
    from convscope.cli.options import preprocess_of
    from convscope.data import batches

    found, pixels = [], []
    for part in batches(source, preprocess_of(net), indices=indices):
        for failure in part.failures:
            terminal.remark(f"left out {failure.name}: {failure.reason}")
        found += part.indices.tolist()
        pixels.append(part.images.permute(0, 2, 3, 1).numpy())
    if not found:
        raise ImageError(f"none of the {len(source)} images could be read ({source.describe()})")
    return Pictures(source, tuple(found), tuple(source.name(i) for i in found), np.concatenate(pixels))


def targets(net: "Network", source: "Source", indices: Sequence[int], asked: Sequence[str]) -> Any:
    """The classes to follow in some images of a collection: those asked for by number or name, each image's own for
    `labels`, None for the most probable one.

    Raises UsageError where an image has no label, or the network no class of that name.
    """
    if not asked:
        return None
    if "labels" not in asked:
        return list(asked)
    if len(asked) > 1:
        raise UsageError("--target labels: give either the images' own classes or others, not both")
    import torch

    from convscope.methods.readings import class_number

    found, count = [], net.layers[net.output].channels
    for index in indices:
        label = source.label(index)
        if label < 0:
            raise UsageError(f"--target labels: {source.name(index)} has no class in {source.describe()}")
        found.append(class_number(net, source.classes[label] if source.classes else label, count))
    return torch.tensor(found)


def open_atlas(folder: Path | None, net: "Network") -> "Atlas | None":
    """The atlas that a result is to be added to; raises UsageError where it is of another network."""
    if folder is None:
        return None
    from convscope.atlas import Atlas

    atlas = Atlas.open(folder)
    model = atlas.manifest["model"]
    if model["fingerprint"] != net.fingerprint:
        raise UsageError(f"the atlas in {folder} is of another network ({model['name']}) than {net.name}")
    return atlas


def image_numbers(atlas: "Atlas", source: "Source", indices: Sequence[int]) -> tuple[int, ...]:
    """The numbers of a collection's images in the atlas's, where it is the same collection."""
    return tuple(indices) if atlas.manifest["data"]["fingerprint"] == source.fingerprint() else ()


def write_table(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    """The CSV file of rows given by column name; columns as in the first row, rows may lack the last ones."""
    from convscope.files import write_bytes

    listed = list(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(key for row in listed for key in row)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(listed)
    write_bytes(path, out.getvalue().encode())
    return path


def write_figures(draw: Callable[[], Mapping[str, bytes]], out: Path, terminal: Terminal) -> dict[str, bytes]:
    """The figures that `draw` makes, by file name, written into a folder; without matplotlib none, which is said."""
    from convscope.files import write_bytes

    try:
        pictures = dict(draw())
    except MissingExtra:
        terminal.remark("no figures: install 'convscope[plot]'")
        return {}
    for file, content in pictures.items():
        write_bytes(out / file, content)
    return pictures


def file_name(index: int, name: str) -> str:
    """A file's name, without an ending, for an image of a collection.

    >>> file_name(3, "cats/my cat.jpeg")
    '00003-cats_my_cat'
    """
    stem, dot, ending = name.rpartition(".")
    stem = stem if dot and len(ending) <= 5 else name
    return f"{index:05}-{re.sub(r'[^A-Za-z0-9_-]+', '_', stem)[-60:]}"


def short_name(name: str) -> str:
    """An image's name for a figure: of a path to a file, the file without its ending.

    >>> short_name("dogs/n02085936.jpg"), short_name("chelsea/y0x0s300")
    ('n02085936', 'chelsea/y0x0s300')
    """
    path = PurePosixPath(name.replace("\\", "/"))
    return path.stem if path.suffix else name


def without_nan(value: Any) -> Any:
    """The same numbers, lists and dictionaries with None for NaN and infinities, which JSON does not have.

    >>> without_nan({"a": [1.0, float("nan")]})
    {'a': [1.0, None]}
    """
    if isinstance(value, dict):
        return {key: without_nan(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(one) for one in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
