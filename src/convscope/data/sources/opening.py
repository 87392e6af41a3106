"""One way to name any image collection: `open_source`, with an explicit scheme where a path does not say it all."""

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from PIL.Image import Image
from torch import Tensor

from convscope.arguments import checked, kind_of_value
from convscope.data.allowance import allowed
from convscope.data.sources.anonymous import anonymous
from convscope.data.sources.arrays import array_sides, open_arrays
from convscope.data.sources.base import ARRAY_SUFFIX, Source, is_image_name
from convscope.data.sources.dataset import wrap_dataset
from convscope.data.sources.files import FileSource, open_files, open_folder, open_list
from convscope.data.sources.hub import open_hub, wrap_hub
from convscope.data.sources.pack import open_pack
from convscope.data.sources.pages import open_pages
from convscope.data.sources.parquet import open_parquet
from convscope.data.sources.samples import open_samples
from convscope.data.sources.select import limit as limited
from convscope.data.sources.tar import open_tar
from convscope.data.sources.tiles import open_tiles
from convscope.errors import SourceError, UsageError, nearest
from convscope.files import kind_of, link_to_nothing

Naming = Literal["kept", "numbered"]
_LIST_SUFFIXES = (".txt", ".tsv", ".csv", ".lst")


@checked
def open_source(
    spec: Any,
    *,
    limit: int | None = None,
    root: str | os.PathLike[str] | None = None,
    max_pixels: int | None = None,
    max_bytes: int | None = None,
    tile_size: int | tuple[int, int] | None = None,
    tile_stride: int | tuple[int, int] | None = None,
    naming: Naming = "kept",
) -> Source:
    """The image collection that `spec` names; of it at most `limit` images, evenly spread.

    | spec | images |
    | --- | --- |
    | `folder:DIR` or a folder's path | its files; sub-folders are classes |
    | `list:FILE` or a .txt, .tsv, .csv path | the files that it lists: lines, or a table with columns of these names |
    | `tar:PATTERN` or a .tar path or pattern | WebDataset shards, as in `train-{000..012}.tar` |
    | `npz:FILE` or an .npz path, perhaps `#train`, `#val`, `#test` | a pack of encoded images, or arrays and labels |
    | `npy:FILE` or an .npy path, perhaps `#LABELS.npy` | an array (n, H, W), (n, H, W, C) or (n, C, H, W) |
    | `tiles:FILE` or `tiles:FOLDER` | windows of a large TIFF or .npy raster, or of all in a folder |
    | `pages:FILE` or `pages:FOLDER` | pages of TIFF files and frames of DICOM files, each an image |
    | `parquet:PATH` or a .parquet path, perhaps `#COLUMN` | a column of a file or of a folder's files |
    | `hf:NAME[@CONFIGURATION][:SPLIT]` | a dataset of the Hugging Face hub, or one saved to a folder |
    | `samples:` | the embedded sample photos |
    | an image's path, or a sequence of them | these files |
    | a Pillow image, an array or tensor (H, W), (H, W, C) or (C, H, W) | it |
    | a `torch.utils.data.Dataset` or `datasets.Dataset` | its items |
    | a Source | itself |

    Paths in a list are relative to its folder, or to `root`.

    An image of more than `max_pixels` pixels (by default `MAX_PIXELS`), or whose file has more than `max_bytes` bytes
    (by default `MAX_BYTES`), is left out like one that cannot be read, before it costs anything; so is what is no
    regular file. A Source that is given keeps what it was opened with.

    `tile_size` and `tile_stride`, in pixels, are the windows of `tiles:`. With `naming="numbered"` neither names nor
    places of images are told, as where files are named after people.

    Nothing that is read here runs code, whoever made it: no pickle is loaded, no script of a dataset is run, and no
    image makes a program start.

    Raises SourceError where there is no such thing or nothing in it: a path is never taken for a name on the hub.

    >>> open_source("imgaes:photos")
    Traceback (most recent call last):
    convscope.errors.SourceError: unknown kind of image source 'imgaes' in 'imgaes:photos' (kinds: folder, ...
    """
    if naming not in get_args(Naming):
        raise UsageError(f"naming={naming!r} is not a choice; choose one of {', '.join(get_args(Naming))}")
    source = _tiled(spec, tile_size, tile_stride) or (_open(spec) if root is None else _list_at(spec, Path(root)))
    source = allowed(source, max_pixels=max_pixels, max_bytes=max_bytes)
    source = anonymous(source) if naming == "numbered" else source
    return source if limit is None else limited(source, limit)


def _list_at(spec: Any, root: Path) -> Source:
    """The list that a spec names, with its paths below a folder."""
    text = os.fspath(spec) if isinstance(spec, str | os.PathLike) else ""
    place = text.removeprefix("list:") if kind_of(text) == "nothing" else text
    if not place or not (place != text or Path(place).suffix.lower() in _LIST_SUFFIXES):
        raise UsageError(f"root='{root}' is where the paths of a list begin, and {str(spec)!r} is no list")
    return open_list(_existing(Path(place)), root)


def _tiled(spec: Any, size: int | tuple[int, int] | None, stride: int | tuple[int, int] | None) -> Source | None:
    """The windows of `tiles:`, None for any other spec."""
    if isinstance(spec, str) and spec.startswith("tiles:") and len(spec) > len("tiles:"):
        return open_tiles(_existing(Path(spec.removeprefix("tiles:"))), size, stride)
    if size is not None or stride is not None:
        raise UsageError("tile_size= and tile_stride= are for large rasters read by windows, as tiles:scene.tif")
    return None


def _open(spec: Any) -> Source:
    if isinstance(spec, str):
        return _open_text(spec)
    if isinstance(spec, os.PathLike):
        return _open_path(os.fspath(spec))
    if isinstance(spec, Source):
        return spec
    if isinstance(spec, Sequence) and len(spec) and all(isinstance(item, str | os.PathLike) for item in spec):
        return open_files([Path(item) for item in spec])
    if _is_one_picture(spec):
        return wrap_dataset([spec])
    # By name, as the library may not be installed.
    if type(spec).__module__.partition(".")[0] == "datasets":
        return wrap_hub(spec)
    if hasattr(spec, "__getitem__") and not isinstance(spec, dict | bytes):
        return wrap_dataset(spec)
    raise UsageError(
        f"{kind_of_value(spec)} names no images: give a path, a collection such as samples:, a dataset, a list of "
        "paths or of pictures, or a Source"
    )


def _is_one_picture(spec: Any) -> bool:
    """Whether it is one picture: Pillow's, or (H, W), (H, W, C), (C, H, W); (n, H, W) of other n are n grey ones."""
    if isinstance(spec, Image):
        return True
    shape = tuple(spec.shape) if isinstance(spec, np.ndarray | Tensor) else ()
    return len(shape) == 2 or (len(shape) == 3 and (shape[0] in (1, 3, 4) or shape[-1] in (1, 2, 3, 4)))


def _open_text(spec: str) -> Source:
    # A single letter is a drive, as in C:\photos.
    match = re.fullmatch(r"([A-Za-z][A-Za-z0-9_+-]+):(.*)", spec, re.DOTALL)
    if match is None or kind_of(spec) != "nothing":
        return _open_path(spec)
    scheme, place = match.groups()
    if scheme not in _SCHEMES:
        raise SourceError(
            f"unknown kind of image source {scheme!r} in {spec!r} "
            f"(kinds: {', '.join(_SCHEMES)}){nearest(scheme, _SCHEMES)}"
        )
    if not place and scheme != "samples":
        raise SourceError(f"{spec!r} names no images: what follows {scheme}: is missing")
    return _SCHEMES[scheme](place)


def _open_path(path: str) -> Source:
    """The source that a path without a scheme names, told by its ending."""
    if not path:
        raise SourceError("no images were named: give a folder, a file or kind:place")
    place = Path(path)
    if kind_of(place) == "folder":
        return open_folder(place)
    plain = path if kind_of(place) != "nothing" else (path.rpartition("#")[0] or path)
    suffix = Path(plain).suffix.lower()
    if suffix == ".npz":
        return _npz(path)
    if suffix == ARRAY_SUFFIX:
        return _npy(path)
    if suffix == ".parquet":
        return _parquet(path)
    if suffix == ".tar":
        return open_tar(path) if re.search(r"[*?{\[]", path) else open_tar(str(_existing(place)))
    _existing(place)
    if suffix in _LIST_SUFFIXES:
        return open_list(place)
    if is_image_name(place.name):
        return open_files([place])
    raise SourceError(
        f"what {path!r} holds does not show in its name: say it, as in list:{path} (kinds: {', '.join(_SCHEMES)})"
    )


def _existing(path: Path) -> Path:
    """The path, if something is there; raises SourceError with the nearest names beside it."""
    if kind_of(path) != "nothing":
        return path
    parent = path.parent
    if target := link_to_nothing(path):
        raise SourceError(f"{str(path)!r} is a link to {target!r}, where there is nothing: make the link anew")
    if kind_of(parent) != "folder":
        raise SourceError(f"no such file or folder: {str(path)!r} (there is no folder {str(parent)!r} either)")
    beside = [entry.name for entry in parent.iterdir()] if os.access(parent, os.R_OK) else []
    hint = nearest(path.name, beside)
    raise SourceError(
        f"no such file or folder: {str(path)!r}{hint} (datasets of the Hugging Face hub are asked for as hf:NAME)"
    )


def _folder(place: str) -> Source:
    path = _existing(Path(place))
    if not path.is_dir():
        raise SourceError(f"{place!r} is a file, not a folder: leave folder: out")
    return open_folder(path)


def _marked(place: str) -> tuple[Path, str | None]:
    """A path and what stands after its last `#`; a file whose own name has a `#` is taken as it is."""
    if kind_of(place) != "nothing" or "#" not in place:
        return _existing(Path(place)), None
    path, _, mark = place.rpartition("#")
    return _existing(Path(path)), mark


def _npz(place: str) -> Source:
    path, split = _marked(place)
    return open_pack(path, split)


def _npy(place: str) -> Source:
    path, labels = _marked(place)
    return open_arrays(path, labels) if labels or array_sides(path) != 2 else open_files([path])


def _tiles(place: str) -> Source:
    return open_tiles(_existing(Path(place)))


def _pages(place: str) -> Source:
    files = _open_text(place)
    if not isinstance(files, FileSource):
        raise SourceError(f"pages: are those of files, and {place!r} is {files.describe()}: give files or a folder")
    return open_pages(files)


def _parquet(place: str) -> Source:
    path, column = _marked(place)
    return open_parquet(path, column)


def _samples(place: str) -> Source:
    if place:
        raise SourceError(f"samples: has no parts, found {place!r}: say samples:")
    return open_samples()


_SCHEMES: dict[str, Callable[[str], Source]] = {
    "folder": _folder,
    "list": lambda place: open_list(_existing(Path(place))),
    "tar": open_tar,
    "npz": _npz,
    "npy": _npy,
    "tiles": _tiles,
    "pages": _pages,
    "parquet": _parquet,
    "hf": open_hub,
    "samples": _samples,
}
