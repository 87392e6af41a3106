"""The one description of an atlas: what it was made from, how, and what is in the folder.

The part called the request (model, data, options) is written before any work is done, so that an unfinished folder
knows whose it is, and everything else when all is done.
"""

import datetime
import logging
import os
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

import numpy as np
import PIL

import convscope
from convscope import kernels
from convscope.arguments import at_least
from convscope.atlas.described import check_manifest
from convscope.atlas.inventory import Inventory, check_files
from convscope.atlas.names import inside
from convscope.atlas.published import MOST
from convscope.atlas.web import numbers, parsed, printable
from convscope.data import Preprocess, Source
from convscope.data.recipes import differences
from convscope.errors import StoreError, UsageError
from convscope.files import kind_of, write_json
from convscope.graph import Field, Layer, Network, PullOptions
from convscope.graph.options import Gates, LrnRule, OverlapRule, Rule, Smooth

FORMAT = "convscope-atlas"
SCHEMA = 1
"""Raised when a reader of the last version would misread the next; new keys alone do not raise it."""

IMAGE_BYTES = 2_000_000
"""Bytes of what units take from single images, at most, unless another number is asked for."""

Json = dict[str, Any]

_BEGUN = ("format", "schema", "complete", "created", "versions", "model", "data", "options")
"""What is written before any work is done, in this order."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class AtlasOptions:
    """Everything that decides what an atlas shows, besides the model and the images.

    layers: names in execution order. k: responses a unit. tile: the longest side of a patch, in pixels. thumb: that of
    a whole image, 0 for none. limit: at most so many images, evenly spread; None for all. rule, smooth, overlap, lrn:
    as for `convscope.deconv`. seed: what random weights were drawn with, recorded only. gates: what becomes of gates
    while signals are carried back; None for a network without any. tuning: whether it says what units are tuned to.
    image_bytes: at most so many bytes of what units take from single images, 0 for none.
    """

    layers: tuple[str, ...]
    k: int = 9
    tile: int = 112
    thumb: int = 224
    limit: int | None = None
    rule: Rule = "deconvnet"
    smooth: Smooth = "rectify"
    overlap: OverlapRule = "sum"
    lrn: LrnRule | None = None
    seed: int | None = None
    gates: Gates | None = None
    tuning: bool = True
    image_bytes: int = IMAGE_BYTES

    def __post_init__(self) -> None:
        at_least(1, k=self.k)
        if self.tile < 8 or self.tile > 1024:
            raise UsageError(f"tile={self.tile}: patches are shown with 8 to 1024 pixels a side")
        if self.thumb and not 16 <= self.thumb <= 4096:
            raise UsageError(f"thumb={self.thumb}: whole images are kept with 16 to 4096 pixels a side, or 0 for none")
        at_least(0, image_bytes=self.image_bytes)
        if not self.layers:
            raise UsageError("no layers: name one or more, or leave the choice out")
        object.__setattr__(self, "lrn", self.pull.lrn)  # which checks the rules, and says what is done

    @property
    def pull(self) -> PullOptions:
        """The rules of projection."""
        return PullOptions(self.rule, self.smooth, self.overlap, self.lrn, self.gates)

    def to_json(self) -> Json:
        """The options as JSON values; what becomes of gates only where there are any."""
        found = {**asdict(self), "layers": list(self.layers)}
        return {key: value for key, value in found.items() if key != "gates" or value is not None}


@dataclass(frozen=True)
class AtlasRequest:
    """What an atlas is asked to be, as JSON values; two requests are the same when these are equal."""

    model: Json
    data: Json
    options: Json

    def to_json(self) -> Json:
        """The three parts under their names."""
        return {"model": self.model, "data": self.data, "options": self.options}


def request(net: Network, source: Source, options: AtlasOptions, preprocess: Preprocess) -> AtlasRequest:
    """The request for these arguments; reading the source's fingerprint may take a while."""
    model = {
        "name": net.name,
        "fingerprint": net.fingerprint,
        "input": list(net.input_shape),
        "dtype": str(net.dtype).removeprefix("torch."),
        "output": net.output,
        "meaning": printable(net.meaning),
        "classes": len(net.classes or ()),
        "preprocess": preprocess.to_json(),
        "preprocessText": str(preprocess),
        **(
            {}
            if preprocess.channels in (1, 3) and preprocess.bands is None
            else {"shown": list(preprocess.shown_bands)}
        ),
        **kernels.identity(net.device, net.dtype),
    }
    data = {
        "description": printable(source.describe()),
        "kind": source.kind,
        "fingerprint": source.fingerprint(),
        "count": len(source),
        "classes": len(source.classes),
    }
    return AtlasRequest(model, data, options.to_json())


def versions() -> dict[str, str]:
    """The releases of everything that decides the bytes of an atlas."""
    found = {"convscope": convscope.__version__, "python": platform.python_version()}
    for package in ("torch", "numpy", "simplejpeg", "safetensors"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "unknown"
    return {**found, "pillow": PIL.__version__}


def now() -> str:
    """The time in UTC to the second, as 2024-05-01T12:00:00Z; that of SOURCE_DATE_EPOCH where it is set.

    https://reproducible-builds.org/specs/source-date-epoch
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = (
        datetime.datetime.fromtimestamp(int(epoch), datetime.UTC)
        if epoch.isdigit()
        else datetime.datetime.now(datetime.UTC)
    )
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


FolderState = Literal["nothing", "unfinished", "complete"]


def look(folder: Path, wanted: AtlasRequest) -> FolderState:
    """What is in the folder: nothing, or a part or the whole of the atlas wanted, all files in the sizes they had.

    Raises StoreError for anything else, naming both: another atlas, a newer one, or files of another kind.
    """
    if kind_of(folder) not in ("folder", "nothing"):
        raise StoreError(f"{folder} is a file: name a folder for the atlas")
    path = folder / "manifest.json"
    if kind_of(path) == "nothing":
        there = folder.iterdir() if kind_of(folder) == "folder" else ()
        strangers = sorted(p.name for p in there if not p.name.startswith("."))[:3]
        if strangers:
            raise StoreError(
                f"{folder} holds other files ({', '.join(strangers)} ...) and no atlas: name an empty folder"
            )
        return "nothing"
    found = load(folder)
    _check_begun(path, found)
    if found["complete"] is not True and _is_bare(folder):
        return "nothing"
    _compare(folder, found, wanted)
    if found["complete"] is not True:
        return "unfinished"
    try:
        check_manifest(path, found)
        check_files(folder, found)
    except StoreError as error:
        logger.warning("what is damaged is made again: %s", error)
        return "unfinished"
    return "complete"


def _is_bare(folder: Path) -> bool:
    """Whether nothing of an atlas was made yet but its manifest."""
    return not any(
        kind_of(path) == "file" and not path.name.startswith(".")
        for path in folder.rglob("*")
        if path != folder / "manifest.json"
    )


def reopen(folder: Path) -> tuple[Json, Inventory | None]:
    """The manifest of an atlas that was not finished, or has lost files, as it was begun; and the list of its files.

    None where there is no list: the build was not finished, or the list itself is lost.
    """
    found = load(folder)
    begun = {key: found[key] for key in _BEGUN} | {"complete": False}
    if found["complete"] is not True:
        return begun, None
    try:
        return begun, Inventory.read(folder, found)
    except StoreError:
        return begun, None


def load(folder: Path) -> Json:
    """The manifest of an atlas.

    Raises StoreError where there is none, it cannot be read, or its schema is newer than this program.
    """
    path = folder / "manifest.json"
    try:
        found = parsed(inside(folder, path.name, most=MOST).read_bytes().decode("utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise StoreError(
            f"{folder} holds no atlas: there is no manifest.json; make one with `convscope atlas`"
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise StoreError(f"{path} cannot be read ({error}): build the atlas again in another folder") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise StoreError(f"{path} does not describe an atlas of convscope: name another folder")
    if found.get("schema") != SCHEMA:
        made = found.get("versions")
        maker = made.get("convscope", "unknown") if isinstance(made, dict) else "unknown"
        raise StoreError(
            f"{folder} holds an atlas of schema {found.get('schema')}, and convscope {convscope.__version__} reads "
            f"schema {SCHEMA}: use the version that made it ({maker}), or build it again in another folder"
        )
    return found


def _compare(folder: Path, found: Json, wanted: AtlasRequest) -> None:
    advice = "choose another folder, or repeat what was asked for there"
    for part, word in (("model", "model"), ("data", "images")):
        old, new = found[part], getattr(wanted, part)
        if old["fingerprint"] != new["fingerprint"]:
            raise StoreError(
                f"{folder} holds an atlas of other {word}: {_say(part, old)}, not {_say(part, new)}: {advice}"
            )
    if found["model"]["preprocess"] != wanted.model["preprocess"]:
        old, new = found["model"]["preprocess"], wanted.model["preprocess"]
        said = printable("; ".join(differences(old, new) if isinstance(old, dict) else [f"{old}, not {new}"]))
        raise StoreError(f"{folder} holds an atlas of images prepared otherwise: {said}: {advice}")
    old, new = (model.get("kernels", "on") for model in (found["model"], wanted.model))
    if old != new:
        raise StoreError(f"{folder} holds an atlas made with kernels {printable(str(old))[:40]}, not {new}: {advice}")
    different = [key for key, value in wanted.options.items() if found["options"].get(key) != value]
    if different:
        pairs = "; ".join(
            f"{key} {_short(found['options'].get(key))}, not {_short(wanted.options[key])}" for key in different
        )
        raise StoreError(f"{folder} holds an atlas with other options: {pairs}: {advice}")


def _say(part: str, described: Json) -> str:
    name = described["name"] if part == "model" else described["description"]
    return f"{name} ({described['fingerprint'][:12]})"


def _short(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _check_begun(path: Path, found: Json) -> None:
    """Nothing where the manifest says what an atlas is made from; raises StoreError."""
    described = all(isinstance(found.get(part), dict) for part in ("versions", "model", "data", "options"))
    keys = {"model": ("name", "fingerprint", "preprocess", "preprocessText"), "data": ("description", "fingerprint")}
    if not described or any(key not in found for key in _BEGUN):
        raise StoreError(f"{path} does not say what the atlas is made from: make it again in another folder")
    for part, wanted in keys.items():
        if any(key not in found[part] for key in wanted) or not isinstance(found[part]["fingerprint"], str):
            raise StoreError(
                f"{path} does not say which {part} the atlas is made from: make it again in another folder"
            )


def begin(folder: Path, wanted: AtlasRequest) -> Json:
    """Write the manifest of an atlas that is about to be made, and return it."""
    manifest = {
        "format": FORMAT,
        "schema": SCHEMA,
        "complete": False,
        "created": now(),
        "versions": versions(),
        **wanted.to_json(),
    }
    write_json(folder / "manifest.json", manifest)
    return manifest


def layer_json(layer: Layer) -> Json:
    """What a layer is, as JSON values; `field` is null where every unit sees the whole image.

    `exact` is there where units may see less than that, `gates` where gates lie below or the layer is a part of one.
    """
    about = {**({} if layer.exact else {"exact": False}), **({} if layer.gates == "none" else {"gates": layer.gates})}
    return {
        "name": layer.name,
        "op": layer.op,
        "channels": layer.channels,
        "height": layer.height,
        "width": layer.width,
        "spatial": layer.spatial,
        "field": None if layer.field is None else field_json(layer.field),
        **about,
    }


def field_json(field: Field) -> Json:
    """A receptive field as JSON values, (y, x) pairs in input pixels."""
    stride, offset = (numbers(np.asarray(pair, np.float64)) for pair in (field.stride, field.offset))
    return {"size": list(field.size), "stride": stride, "offset": offset, "regular": field.regular}


def layer_from_json(stored: Json) -> Layer:
    """The layer that `layer_json` described."""
    field = stored["field"]
    if field is not None:
        pairs = {key: tuple(field[key]) for key in ("stride", "offset", "size")}
        field = Field(**pairs, regular=field["regular"], exact=stored.get("exact", True))
    return Layer(
        name=stored["name"],
        op=stored["op"],
        channels=stored["channels"],
        height=stored["height"],
        width=stored["width"],
        spatial=stored["spatial"],
        field=field,
        exact=stored.get("exact", True),
        gates=stored.get("gates", "none"),
    )
