"""What an export of an atlas will hold: which files go as they are, and which are made anew.

Everything is looked at here, before anything is written: names, links, data, pictures.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal

from convscope.atlas.experiments import Experiment, experiment_json, experiments, index_script, result_script
from convscope.atlas.inventory import INVENTORY, REMEDY, Inventory, Stamp, is_recorded, stamp_of
from convscope.atlas.names import inside, is_inside, is_name
from convscope.atlas.patches import thumb_path
from convscope.atlas.pictures import SHEET_UNITS
from convscope.atlas.portable import picture_address, picture_script
from convscope.atlas.portions import (
    ReadFile,
    image_pages,
    part_of_extras,
    part_of_units,
    preview_of,
    sheet_cells,
    sheet_of,
    unit_view,
)
from convscope.atlas.published import PAGE_KINDS, is_published, own_path, page_file, published
from convscope.atlas.reading import Atlas, AtlasLayer
from convscope.atlas.sprites import SpriteGrid
from convscope.atlas.web import script, value_of
from convscope.atlas.webdata import SHARD_IMAGES, SHARD_UNITS
from convscope.errors import StoreError, UsageError
from convscope.files import json_bytes
from convscope.graph import Unit

Json = dict[str, Any]

_IMAGES_EACH = 24  # images that a result about a part's units brings along
_SHEETS = ("photos", "projections", "controls")
_LAST = (INVENTORY, "data/manifest.js", "manifest.json")


@dataclass
class AtlasPlan:
    """What an export will hold: files to copy as they are, by path, and files made anew with their content."""

    atlas: Atlas
    copied: dict[str, Stamp] = field(default_factory=dict)
    made: dict[str, bytes] = field(default_factory=dict)
    units: int = 0
    start: str = ""
    """The address of the view that one file opens on; empty for the first page."""

    @property
    def size(self) -> int:
        """Bytes in all, before any compression."""
        return sum(stamp.bytes for stamp in self.copied.values()) + sum(map(len, self.made.values()))

    @property
    def count(self) -> int:
        """How many files."""
        return len(self.copied) + len(self.made)

    def content(self, path: str) -> bytes:
        """The content of one of its files; raises StoreError where it is not what the atlas was made with."""
        if path in self.made:
            return self.made[path]
        content = _handed_on(self.atlas.path, path)
        if stamp_of(content) != self.copied[path]:
            raise StoreError(f"{self.atlas.path / path} is not as it was written: {REMEDY}")
        return content

    def __contains__(self, path: str) -> bool:
        return path in self.copied or path in self.made

    def paths(self) -> list[str]:
        """All paths, in order."""
        return sorted([*self.copied, *self.made])

    def in_turn(self) -> list[str]:
        """All paths as they are to be written: what says that the atlas is whole comes last."""
        return sorted(self.paths(), key=lambda path: _LAST.index(path) + 1 if path in _LAST else 0)

    def close(self, manifest: Json) -> None:
        """Add the inventory of what was taken, and the manifest that names it."""
        stamps = self.copied | {path: stamp_of(content) for path, content in self.made.items()}
        inventory = Inventory({"export": {path: stamp for path, stamp in stamps.items() if is_recorded(path)}})
        whole = manifest | {"inventory": inventory.entry()}
        self.made[INVENTORY] = inventory.content
        self.made["manifest.json"] = json_bytes(whole)
        self.made["data/manifest.js"] = script("manifest", whole)

    def copy(self, path: str) -> None:
        """Take a file of the atlas along, if it is there; one of ours goes as it is, data of others is written anew."""
        root = self.atlas.path
        if not is_inside(root, path):
            return
        known = self.atlas.inventory.stamps.get(path)
        if known is not None and (path.endswith(".webp") or not is_published(path)):
            self.copied[path] = known  # compared when it is written
            return
        content = _handed_on(root, path)
        if content == inside(root, path).read_bytes():
            self.copied[path] = known or stamp_of(content)
        else:
            self.made[path] = content


def _handed_on(root: Path, path: str) -> bytes:
    if is_published(path):
        return published(root, path).content
    content = inside(root, path).read_bytes()
    if path.endswith(".sqlite") and not content.startswith(b"SQLite format 3\0"):
        raise StoreError(f"{root / path} is no database: make the atlas again, or ask for another copy")
    return content


def plan_export(
    atlas: Atlas,
    *,
    layers: Sequence[str] | None = None,
    units: Sequence[str] | None = None,
    portable: bool | None = None,
    page: Literal["ours", "none"] = "ours",
) -> AtlasPlan:
    """The plan of an export of all layers, of some, or of some units.

    portable: with the units' pictures as scripts too, so that PNG and SVG can be saved from a page opened from disk;
    by default as the atlas has them. page: "none" leaves out the page, and the atlases beside this one.

    Whoever made the atlas, nothing of it is run or handed on as a script: the page is this package's, data is parsed
    and written anew, and what is neither data nor a picture of an atlas stays behind.

    Raises UnknownLayer for layers and units that the atlas does not have, UsageError where both or none are named,
    StoreError for files that are not what an atlas holds.
    """
    if layers is not None and units is not None:
        raise UsageError("both layers= and units= are given: units name their layers already")
    if layers == [] or units == []:
        raise UsageError("nothing to export: name one or more layers or units, or leave the choice out")
    chosen = chosen_units(atlas, layers, units)
    made = AtlasPlan(atlas)
    for name in PAGE_KINDS if page == "ours" else ():
        made.made[name] = page_file(name)
    subset: dict[str, list[int]] | None = None if units is None else {}
    portable = bool(atlas.manifest.get("portable")) if portable is None else portable
    for layer, channels in chosen:
        if subset is not None:
            subset[layer.name] = channels
        _add_layer(made, layer, channels, whole=units is None)
        if portable:
            _add_scripts(made, layer, channels)
    everything = layers is None and units is None
    results = experiments(atlas.path)
    about = list(results) if everything else _about(results, chosen)
    _add_experiments(made, about)
    more = {image for one in about for image in one.images[:_IMAGES_EACH]}
    _add_images(made, chosen, more=None if everything else more)
    made.units = sum(len(channels) for _, channels in chosen)
    if units is not None:
        first = Unit.parse(units[0])
        made.start = unit_view(atlas.layer(first.layer).name, first.channel)
    made.copy("data/network.js")
    if units is None:
        made.copy("data/responses/index.js")
        _copy_all(made, "data/logits")
    else:  # for their names alone
        made.copy("data/logits/index.js")
    if everything:
        made.copy("atlas.sqlite")
    if everything and page == "ours":
        _add_beside(made)
    for name in ("experiments", "atlases"):
        if f"data/{name}.js" not in made:
            made.made[f"data/{name}.js"] = script(name, [])
    made.close(_manifest(atlas, [layer for layer, _ in chosen], subset, made.units) | {"portable": portable})
    return made


def chosen_units(
    atlas: Atlas, layers: Sequence[str] | None, units: Sequence[str] | None
) -> list[tuple[AtlasLayer, list[int]]]:
    """The layers of an export, each with the channels that are kept; raises as `plan_export`."""
    if units is None:
        named = [layer.name for layer in atlas.layers] if layers is None else layers
        wanted = {atlas.layer(name).name for name in named}
        return [(one, list(range(one.layer.channels))) for one in atlas.layers if one.name in wanted]
    by_layer: dict[str, set[int]] = {}
    for text in units:
        unit = Unit.parse(text).alone("an atlas shows single units")
        layer = atlas.layer(unit.layer)
        if unit.channel >= layer.layer.channels:
            atlas.unit(Unit(unit.layer, unit.channel))  # which says what is wrong
        by_layer.setdefault(layer.name, set()).add(unit.channel)
    return [(one, sorted(by_layer[one.name])) for one in atlas.layers if one.name in by_layer]


def _add_layer(made: AtlasPlan, layer: AtlasLayer, channels: list[int], *, whole: bool) -> None:
    folder = f"pictures/{layer.id}"
    if whole:
        made.copy(f"{folder}/preview.webp")
        for sheet in range(-(-layer.layer.channels // SHEET_UNITS)):
            for kind in _SHEETS:
                made.copy(f"{folder}/{kind}-{sheet}.webp")
    else:
        _add_sheets(made, layer, channels)
    for channel in channels:
        made.copy(f"{folder}/{channel}.webp")
        made.copy(f"{folder}/bands-{channel}.webp")
        made.copy(f"{folder}/content-{channel}.webp")
    made.copy(f"data/layers/{layer.id}.js")
    made.copy(f"data/controls/{layer.id}.js")
    made.copy(f"data/tuning/{layer.id}.js")
    for shard in sorted({channel // SHARD_UNITS for channel in channels}):
        for address in (f"layers/{layer.id}/{shard}", f"extras/{layer.id}/{shard}"):
            if whole:
                made.copy(f"data/{address}.js")
            else:
                _add_part(made, address, set(channels))
    if whole:
        made.copy(f"layers/{layer.id}.safetensors")
        made.copy(f"data/alike/{layer.id}.js")
        made.copy(f"data/responses/{layer.id}.js")


def _add_sheets(made: AtlasPlan, layer: AtlasLayer, channels: list[int]) -> None:
    """Contact sheets and preview of a layer with the pictures of the chosen units alone."""
    folder, shown = f"pictures/{layer.id}", {kind: [] for kind in _SHEETS}
    path = f"{folder}/preview.webp"
    try:
        grids = {name: SpriteGrid.from_json(layer.entry[name]) for name in ("sheet", "preview")}
        for sheet in sorted({channel // SHEET_UNITS for channel in channels}):
            own = [channel % SHEET_UNITS for channel in channels if channel // SHEET_UNITS == sheet]
            for kind in _SHEETS:
                path = f"{folder}/{kind}-{sheet}.webp"
                if is_inside(made.atlas.path, path):
                    cells = sheet_cells(_handed_on(made.atlas.path, path), grids["sheet"], own)
                    made.made[path] = sheet_of(cells, grids["sheet"])
                    shown[kind] += [cells[cell] for cell in own]
        path = f"{folder}/preview.webp"
        if is_inside(made.atlas.path, path):
            before = _handed_on(made.atlas.path, path)
            made.made[path] = preview_of(before, shown["photos"], shown["projections"], grids["preview"])
    except (KeyError, TypeError, OverflowError, ValueError) as error:
        raise _strange(made, path, error) from error


def _add_scripts(made: AtlasPlan, layer: AtlasLayer, channels: list[int]) -> None:
    """The units' pictures as scripts: those of the atlas, or made now."""
    for channel in channels:
        path, picture = f"data/{picture_address(layer.id, channel)}.js", f"pictures/{layer.id}/{channel}.webp"
        made.copy(path)
        if path not in made and picture in made.copied:
            made.made[path] = picture_script(layer.id, channel, made.content(picture))


def _add_part(made: AtlasPlan, address: str, channels: set[int]) -> None:
    """A shard with the chosen units alone; extras keep their places, which the page counts by."""
    if not is_inside(made.atlas.path, f"data/{address}.js"):
        return
    value = data_of(made, f"data/{address}.js")
    try:
        kept = part_of_extras(value, channels) if address.startswith("extras/") else part_of_units(value, channels)
    except (KeyError, TypeError, OverflowError, ValueError, AttributeError) as error:
        raise _strange(made, f"data/{address}.js", error) from error
    made.made[f"data/{address}.js"] = script(address, kept)
    _add_thumbs(made, kept, f"data/{address}.js")


def _add_thumbs(made: AtlasPlan, value: Json, path: str) -> None:
    """The whole images that a shard of units names."""
    try:
        numbers = [int(image) for image in value["images"]]
    except (KeyError, TypeError, OverflowError, ValueError) as error:
        raise _strange(made, path, error) from error
    for number in numbers:
        made.copy(f"pictures/images/{thumb_path(number)}")


def _strange(made: AtlasPlan, path: str, error: Exception) -> StoreError:
    return StoreError(
        f"{made.atlas.path / path} does not hold what an atlas does ({type(error).__name__}: {error}): "
        "make the atlas again, or ask for another copy"
    )


def data_of(made: AtlasPlan, path: str) -> Any:
    """The value of a data script: of the plan, or of its atlas."""
    content = made.content(path) if path in made else _handed_on(made.atlas.path, path)
    return value_of(content, own_path(path).removeprefix("data/").removesuffix(".js"))


def _add_images(made: AtlasPlan, chosen: list[tuple[AtlasLayer, list[int]]], *, more: set[int] | None) -> None:
    """The pages of images: all of them, or those that the chosen units name and `more`, with those units alone."""
    if more is None:
        for folder in ("data/images", "data/profiles", "data/taken", "data/classes", "pictures/images"):
            _copy_all(made, folder)
        return
    shards = [_named(made, more)]
    _add_thumbs(made, shards[0], "data/images")
    for path in list(made.paths()):
        if path.startswith(("data/layers/", "data/extras/")) and path.count("/") == 3:
            shards.append(data_of(made, path))
            _add_thumbs(made, shards[-1], path)
    place = {layer.id: at for at, layer in enumerate(made.atlas.layers)}
    kept = {place[layer.id]: (at, set(channels)) for at, (layer, channels) in enumerate(chosen)}
    try:
        for address, value in image_pages(shards, reader(made), kept):
            made.made[f"data/{address}.js"] = script(address, value)
    except (KeyError, TypeError, OverflowError, ValueError, AttributeError) as error:
        raise _strange(made, "data/images", error) from error


def _named(made: AtlasPlan, numbers: set[int]) -> Json:
    """Images as a script of units names them, as far as the atlas has pages of them."""
    read, images, classes = reader(made), dict[str, Any](), dict[str, Any]()
    try:
        for number in sorted({image // SHARD_IMAGES for image in numbers}):
            found = read(f"images/{number}") or {"images": {}, "classes": {}}
            images |= {key: one for key, one in found["images"].items() if int(key) in numbers}
            classes |= found["classes"]
    except (KeyError, TypeError, OverflowError, ValueError, AttributeError) as error:
        raise _strange(made, "data/images", error) from error
    return {"images": images, "classes": classes}


def reader(made: AtlasPlan) -> ReadFile:
    """What reads the data of a plan's atlas by its address."""

    def read(address: str) -> Any:
        path = f"data/{address}.js"
        return data_of(made, path) if is_inside(made.atlas.path, path) else None

    return read


def _copy_all(made: AtlasPlan, folder: str) -> None:
    """Take along what the page may ask for in a folder, and nothing else that lies in it."""
    root = made.atlas.path
    for path in sorted((root / folder).rglob("*")):
        relative = path.relative_to(root).as_posix()
        if is_published(relative) and not path.is_dir():
            made.copy(relative)


def _about(results: Iterable[Experiment], chosen: list[tuple[AtlasLayer, list[int]]]) -> list[Experiment]:
    """The results that ask about chosen units alone, which these link to: of others they would show what was left."""
    kept = {f"{layer.name}:{channel}" for layer, channels in chosen for channel in channels}

    def asked(one: Experiment) -> set[str]:
        named = one.settings.get("asked")  # of causes, whose units are all that were found
        return set(map(str, named)) if isinstance(named, list) else set(one.units)

    # One in parts is of whole layers.
    return [one for one in results if asked(one) and asked(one) <= kept and not one.parts]


def _add_experiments(made: AtlasPlan, found: Sequence[Experiment]) -> None:
    """Results of other commands, and the list of them, made from what is there."""
    for one in found:
        place = f"experiments/{one.name}"
        made.made[f"{place}/experiment.json"] = experiment_json(one)
        for file in (*one.figures, *one.pictures, *([one.table] if one.table else [])):
            made.copy(f"{place}/{file}")
        if one.data:
            made.copy(f"data/{place}.js")
        parts = (f"data/{place}/{number}.js" for number in range(one.parts))
        for path in takewhile(partial(is_inside, made.atlas.path), parts):  # there need not be as many as it says
            made.copy(path)
        made.made[f"data/results/{one.name}.js"] = result_script(made.atlas.path, one)
    if found:
        made.made["data/experiments.js"] = index_script(made.atlas.path, found)


def _add_beside(made: AtlasPlan) -> None:
    """The atlases to compare with, each as it would be exported by itself, without the page."""
    root = made.atlas.path
    for path in sorted((root / "atlases").glob("*/manifest.json")):
        beside = f"atlases/{path.parent.name}"
        if not is_name(path.parent.name):
            continue
        inner = plan_export(Atlas.open(inside(root, f"{beside}/manifest.json").parent), page="none")
        made.copied |= {f"{beside}/{name}": stamp for name, stamp in inner.copied.items()}
        made.made |= {f"{beside}/{name}": content for name, content in inner.made.items()}
    made.copy("data/atlases.js")


def _manifest(atlas: Atlas, layers: Sequence[AtlasLayer], subset: dict[str, list[int]] | None, units: int) -> Json:
    ids = {layer.id for layer in layers}
    rows = [row for row in atlas.manifest["layers"] if row["id"] in ids]
    whole = {**atlas.manifest, "layers": rows, "units": units, "subset": subset}
    if len(rows) < len(atlas.manifest["layers"]) or subset is not None:
        whole.pop("classes", None)  # whose units are listed for all layers
        whole.pop("taken", None)  # which is of all layers too
    if subset is not None and whole.get("extras"):
        whole["extras"] = {**whole["extras"], "alike": False}  # of whole layers
    return whole


def sizes(made: AtlasPlan) -> Iterable[tuple[str, int]]:
    """What an export consists of, in words, and the bytes of each part."""
    parts = {"pages": 0, "numbers": 0, "pictures": 0}
    for path in made.paths():
        size = len(made.made[path]) if path in made.made else made.copied[path].bytes
        kind = (
            "pictures" if path.endswith(".webp") else "pages" if "/" not in path and "sqlite" not in path else "numbers"
        )
        parts[kind] += size
    return parts.items()


__all__ = ["AtlasPlan", "chosen_units", "data_of", "plan_export", "reader", "sizes"]
