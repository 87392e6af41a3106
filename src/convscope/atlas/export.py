"""A part of an atlas, or all of it, to give away: a folder, a zip, or one HTML file that can be mailed.

What is written is planned first, so that its size can be told before.
"""

import base64
import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from convscope.atlas.build import PAGE_FILES
from convscope.atlas.patches import thumb_path
from convscope.atlas.pictures import SHEET_UNITS
from convscope.atlas.portable import picture_address, picture_script, unit_pictures
from convscope.atlas.reading import Atlas, AtlasLayer
from convscope.atlas.web import script
from convscope.atlas.webdata import SHARD_UNITS
from convscope.errors import StoreError, UsageError
from convscope.files import write_bytes, write_with
from convscope.graph import Unit

Json = dict[str, Any]

MAILED = 32
"""Units that one file holds at most: browsers and mail programs choke on more."""
_HEAD = "__atlas("


@dataclass
class Plan:
    """What an export will hold: files to copy as they are (path: size) and files made anew (path: content)."""

    atlas: Atlas
    copied: dict[str, int] = field(default_factory=dict)
    made: dict[str, bytes] = field(default_factory=dict)
    units: int = 0

    @property
    def size(self) -> int:
        """Bytes in all, before any compression."""
        return sum(self.copied.values()) + sum(map(len, self.made.values()))

    @property
    def count(self) -> int:
        """How many files."""
        return len(self.copied) + len(self.made)

    def content(self, path: str) -> bytes:
        """The content of one of its files."""
        return self.made[path] if path in self.made else (self.atlas.path / path).read_bytes()

    def paths(self) -> list[str]:
        """All paths, in order."""
        return sorted([*self.copied, *self.made])

    def copy(self, path: str) -> None:
        """Take a file of the atlas along, if it is there."""
        file = self.atlas.path / path
        if file.is_file():
            self.copied[path] = file.stat().st_size


def plan(
    atlas: Atlas,
    *,
    layers: Sequence[str] | None = None,
    units: Sequence[str] | None = None,
    portable: bool | None = None,
) -> Plan:
    """The plan of an export of all layers, of some, or of some units.

    portable: with the units' pictures as scripts too, so that PNG and SVG can be saved from a page opened from disk;
    by default as the atlas has them.

    Raises UnknownLayer for layers and units that the atlas does not have, UsageError where both or none are named.
    """
    if layers is not None and units is not None:
        raise UsageError("both --layers and --units: units name their layers already")
    if layers == [] or units == []:
        raise UsageError("nothing to export: name one or more layers or units, or leave the choice out")
    chosen = _chosen(atlas, layers, units)
    made = Plan(atlas)
    for name in PAGE_FILES:
        made.made[name] = files("convscope.atlas.page").joinpath(name).read_bytes()
    subset: dict[str, list[int]] | None = None if units is None else {}
    portable = bool(atlas.manifest.get("portable")) if portable is None else portable
    for layer, channels in chosen:
        if subset is not None:
            subset[layer.name] = channels
        _add_layer(made, layer, channels, whole=units is None)
        if portable:
            _add_scripts(made, layer, channels)
    _add_images(made, whole=layers is None and units is None)
    made.units = sum(len(channels) for _, channels in chosen)
    everything = layers is None and units is None
    manifest = _manifest(atlas, [layer for layer, _ in chosen], subset, made.units) | {"portable": portable}
    made.made["manifest.json"] = (json.dumps(manifest, indent=1) + "\n").encode()
    made.made["data/manifest.js"] = script("manifest", manifest)
    made.copy("data/network.js")
    if everything:
        _add_rest(made)
    for name in ("experiments", "atlases"):
        if f"data/{name}.js" not in made.copied:
            made.made[f"data/{name}.js"] = script(name, [])
    return made


def _chosen(
    atlas: Atlas, layers: Sequence[str] | None, units: Sequence[str] | None
) -> list[tuple[AtlasLayer, list[int]]]:
    if units is None:
        named = [layer.name for layer in atlas.layers] if layers is None else layers
        wanted = {atlas.layer(name).name for name in named}
        return [(one, list(range(one.layer.channels))) for one in atlas.layers if one.name in wanted]
    by_layer: dict[str, set[int]] = {}
    for text in units:
        unit = Unit.parse(text)
        layer = atlas.layer(unit.layer)
        if unit.channel >= layer.layer.channels:
            atlas.unit(Unit(unit.layer, unit.channel))  # which says what is wrong
        by_layer.setdefault(layer.name, set()).add(unit.channel)
    return [(one, sorted(by_layer[one.name])) for one in atlas.layers if one.name in by_layer]


def _add_layer(made: Plan, layer: AtlasLayer, channels: list[int], *, whole: bool) -> None:
    folder = f"pictures/{layer.id}"
    made.copy(f"{folder}/preview.webp")
    for sheet in sorted({channel // SHEET_UNITS for channel in channels}):
        for kind in ("photos", "projections", "controls"):
            made.copy(f"{folder}/{kind}-{sheet}.webp")
    for channel in channels:
        made.copy(f"{folder}/{channel}.webp")
    made.copy(f"data/layers/{layer.id}.js")
    for shard in sorted({channel // SHARD_UNITS for channel in channels}):
        for address in (f"layers/{layer.id}/{shard}", f"extras/{layer.id}/{shard}"):
            if whole:
                made.copy(f"data/{address}.js")
            else:
                _add_part(made, address, set(channels))
    if whole:
        made.copy(f"layers/{layer.id}.safetensors")
        made.copy(f"data/alike/{layer.id}.js")


def _add_scripts(made: Plan, layer: AtlasLayer, channels: list[int]) -> None:
    """The units' pictures as scripts: those of the atlas, or made now."""
    pictures = unit_pictures(made.atlas.path, layer.id)
    for channel in channels:
        path = f"data/{picture_address(layer.id, channel)}.js"
        made.copy(path)
        if path not in made.copied and channel in pictures:
            made.made[path] = picture_script(layer.id, channel, pictures[channel].read_bytes())


def _add_part(made: Plan, address: str, channels: set[int]) -> None:
    """A shard with the chosen units alone; extras keep their places, which the page counts by."""
    path = made.atlas.path / "data" / f"{address}.js"
    if not path.is_file():
        return
    value = read_script(path)
    empty: Json = {"bands": [], "incoming": [], "outgoing": [], "control": None}
    if address.startswith("extras/"):
        value["units"] = [
            {**unit, "bands": []} if value["first"] + i in channels else empty for i, unit in enumerate(value["units"])
        ]
        value["images"] = {}
    else:
        value["units"] = [unit for unit in value["units"] if unit["channel"] in channels]
        used = {str(image) for unit in value["units"] for image in unit["images"]}
        value["images"] = {image: about for image, about in value["images"].items() if image in used}
        for image in used:
            made.copy(f"pictures/images/{thumb_path(int(image))}")
    made.made[f"data/{address}.js"] = script(address, value)


def read_script(path: Path) -> Any:
    """The value that a data script hands over; raises StoreError where it is no such script."""
    try:
        return _value(path.read_bytes())
    except ValueError as error:
        raise StoreError(f"{path} is no data script ({error}): build the atlas again") from error


def _add_images(made: Plan, *, whole: bool) -> None:
    """The pages of images, which count places among all layers: with all layers only."""
    root = made.atlas.path
    folders = ("data/images", "data/profiles", "pictures/images") if whole else ()
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file():
                made.copy(path.relative_to(root).as_posix())
    if whole:
        return
    for path in list(made.copied):
        if path.startswith("data/layers/") and path.count("/") == 3:
            for image in read_script(root / path)["images"]:
                made.copy(f"pictures/images/{thumb_path(int(image))}")
        if path.startswith("data/extras/"):
            for image in read_script(root / path)["images"]:
                made.copy(f"pictures/images/{thumb_path(int(image))}")
    made.made["data/images/index.js"] = script("images/index", {"size": 256, "shards": [], "count": 0})
    made.made["data/profiles/index.js"] = script(
        "profiles/index", {"images": [], "names": [], "labels": [], "classes": {}}
    )


def _add_rest(made: Plan) -> None:
    root = made.atlas.path
    made.copy("atlas.sqlite")
    for name in ("data/experiments.js", "data/atlases.js"):
        made.copy(name)
    for folder in ("experiments", "atlases"):
        for path in sorted((root / folder).rglob("*")):
            if path.is_file():
                made.copy(path.relative_to(root).as_posix())


def _manifest(atlas: Atlas, layers: Sequence[AtlasLayer], subset: dict[str, list[int]] | None, units: int) -> Json:
    ids = {layer.id for layer in layers}
    rows = [row for row in atlas.manifest["layers"] if row["id"] in ids]
    whole = {**atlas.manifest, "layers": rows, "units": units, "subset": subset}
    if subset is not None and whole.get("extras"):
        whole["extras"] = {**whole["extras"], "alike": False}  # of whole layers
    return whole


def export_folder(made: Plan, out: Path) -> int:
    """The bytes written to a new or empty folder. Raises StoreError where it is neither, or cannot be written."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise StoreError(f"{out} is there already: name a new folder")
    return sum(write_bytes(out / path, made.content(path)) for path in made.paths())


def export_zip(made: Plan, out: Path, *, tick: Callable[[int], None] | None = None) -> int:
    """The size of the zip written; all its files lie in one folder of the zip's name. The same bytes each time.

    Pictures are stored as they are, since they are compressed already.
    """

    def write(temporary: Path) -> None:
        with zipfile.ZipFile(temporary, "w") as archive:
            for number, path in enumerate(made.paths(), start=1):
                info = zipfile.ZipInfo(f"{out.stem}/{path}", date_time=(1980, 1, 1, 0, 0, 0))
                info.external_attr = 0o644 << 16
                info.compress_type = zipfile.ZIP_STORED if path.endswith(".webp") else zipfile.ZIP_DEFLATED
                archive.writestr(info, made.content(path))
                if tick is not None:
                    tick(number)

    return write_with(out, write)


def export_single(made: Plan, out: Path) -> int:
    """The size of one HTML file written that holds a few units: script, style, data and pictures within it.

    Raises UsageError where the plan holds more units than one file can bear.
    """
    return write_bytes(out, single_file(made))


def single_file(made: Plan) -> bytes:
    """The page of `export_single`; its policy admits its own two scripts and its style, by their hashes, no more."""
    if made.units > MAILED:
        raise UsageError(
            f"one file for {made.units} units: it holds at most {MAILED}; name fewer with --units, or use --zip"
        )
    data, pictures = {}, {}
    for path in made.paths():
        if path.startswith("data/sprites/"):
            continue  # the pictures are in the file already
        if path.startswith("data/") and path.endswith(".js"):
            data[path.removeprefix("data/").removesuffix(".js")] = _value(made.content(path))
        elif path.endswith(".webp"):
            pictures[path] = "data:image/webp;base64," + base64.b64encode(made.content(path)).decode()
    held = json.dumps({"data": data, "pictures": pictures}, ensure_ascii=True, separators=(",", ":"))
    scripts = [
        f"window.__atlasFile={held.replace('<', chr(92) + 'u003c')};",
        made.content("atlas.js").decode().replace("</script", "<\\/script").strip(),
    ]
    style = made.content("atlas.css").decode().strip()
    allowed = " ".join(_hash(text) for text in scripts)
    policy = (
        f"default-src 'none'; script-src {allowed}; style-src {_hash(style)}; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    page = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>convscope atlas</title>
<style>{style}</style>
</head>
<body>
<div id="app"><p>Loading…</p></div>
<script>{scripts[0]}</script>
<script>{scripts[1]}</script>
</body>
</html>
"""
    return page.encode("utf-8")


def _value(content: bytes) -> Any:
    text = content.decode("ascii")
    start = text.index(",", text.index('"', len(_HEAD) + 1)) + 1
    return json.loads(text[start : text.rindex(")")])


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def sizes(made: Plan) -> Iterable[tuple[str, int]]:
    """What an export consists of, in words, and the bytes of each part."""
    parts = {"pages": 0, "numbers": 0, "pictures": 0}
    for path in made.paths():
        size = made.copied.get(path) or len(made.made.get(path, b""))
        kind = (
            "pictures" if path.endswith(".webp") else "pages" if "/" not in path and "sqlite" not in path else "numbers"
        )
        parts[kind] += size
    return parts.items()


__all__ = [
    "MAILED",
    "Plan",
    "export_folder",
    "export_single",
    "export_zip",
    "plan",
    "read_script",
    "single_file",
    "sizes",
]
