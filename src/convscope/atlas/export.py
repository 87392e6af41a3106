"""A part of an atlas, or all of it, to give away: a folder, a zip, or one HTML file that can be mailed.

What is written is planned first, so that its size can be told before.
"""

import base64
import hashlib
import json
import zipfile
from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import Literal

from convscope.arguments import expected
from convscope.atlas.planning import AtlasPlan, chosen_units, data_of, plan_export, reader, sizes
from convscope.atlas.portions import linked
from convscope.atlas.reading import Atlas
from convscope.errors import StoreError, UsageError
from convscope.files import json_bytes, kind_of, remove_leftovers, sync_all, write_bytes, write_with

MAILED = 32
"""Units that one file holds at most: browsers and mail programs choke on more."""


Form = Literal["folder", "zip", "file"]
"""What is written: a folder, one zip, or one HTML file with all pictures within it."""

_ENDINGS: dict[Form, str] = {"folder": "-export", "zip": ".zip", "file": ".html"}
_PICTURES = {".webp": "image/webp", ".png": "image/png", ".jpg": "image/jpeg", ".svg": "image/svg+xml"}


def export_atlas(
    atlas: Atlas | str | PathLike[str],
    out: str | PathLike[str] | None = None,
    *,
    form: Form = "folder",
    layers: Sequence[str] | None = None,
    units: Sequence[str] | None = None,
    portable: Literal["as it is", "scripts"] = "as it is",
) -> Path:
    """Where an atlas, or a part of it, was written to give away; by default beside its folder.

    form: see `Form`. layers, units: only these; one file opens on the first of the units, and also holds those that
    they link to, as far as `MAILED` in all go. portable "scripts": with the units' pictures as scripts too, so that
    pictures can be saved from a page opened from disk.

    Raises:
        UsageError: for a form that is none, both layers and units, or too many units for one file. UnknownLayer: for
            what the atlas does not have. StoreError: where it cannot be read, or something is there already.
    """
    made, place = prepared(atlas, out, form=form, layers=layers, units=units, portable=portable)
    write(made, place, form)
    return place


def prepared(
    atlas: Atlas | str | PathLike[str],
    out: str | PathLike[str] | None = None,
    *,
    form: Form = "folder",
    layers: Sequence[str] | None = None,
    units: Sequence[str] | None = None,
    portable: Literal["as it is", "scripts"] = "as it is",
) -> tuple[AtlasPlan, Path]:
    """What `export_atlas` would write, and where; nothing is written. Raises as it does."""
    expected("form", form, Form)
    opened = atlas if isinstance(atlas, Atlas) else Atlas.open(Path(atlas))
    # One file can be read as it is; None: as the atlas has them.
    scripts = False if form == "file" else True if portable == "scripts" else None
    if form == "file" and units and len(units) <= MAILED:
        units = _with_linked(opened, units)
    made = plan_export(opened, layers=layers, units=units, portable=scripts)
    if form == "file" and made.units > MAILED:
        raise _too_many(made)
    whole = opened.path.resolve()
    return made, whole.with_name(whole.name + _ENDINGS[form]) if out is None else Path(out)


def _with_linked(atlas: Atlas, units: Sequence[str]) -> list[str]:
    """Some units and those that they link to."""
    named = [
        (layer, channel)
        for one in units
        for layer, channels in chosen_units(atlas, None, [one])
        for channel in channels
    ]
    try:
        return linked(atlas, named, reader(AtlasPlan(atlas)), most=MAILED)
    except (KeyError, TypeError, OverflowError, ValueError, AttributeError) as error:
        raise StoreError(f"{atlas.path} does not say what units link to ({error}): make the atlas again") from error


def megabytes(size: int) -> str:
    """The size for people.

    >>> megabytes(1_234), megabytes(12_345_678)
    ('1 kB', '12.3 MB')
    """
    return f"{size / 1e6:.3g} MB" if size >= 1_000_000 else f"{max(1, round(size / 1e3))} kB"


def write(made: AtlasPlan, out: Path, form: Form) -> int:
    """The bytes written; raises StoreError where something is there already, or it cannot be written."""
    if form == "folder":
        return export_folder(made, out)
    if kind_of(out) != "nothing":
        raise StoreError(f"{out} is there already: name another with out=")
    return export_zip(made, out) if form == "zip" else export_single(made, out)


def _too_many(made: AtlasPlan) -> UsageError:
    return UsageError(
        f"one file for {made.units} units: it holds at most {MAILED}; name fewer with units=, or take a zip"
    )


def export_folder(made: AtlasPlan, out: Path) -> int:
    """The bytes of a folder that is new, empty, or holds an unfinished export of this very plan, which goes on.

    The manifest says `complete` once all that it names is on disk. Raises StoreError where the folder is something
    else, or cannot be written.
    """
    _claim(made, out)
    remove_leftovers(out)
    last = made.in_turn()[-2:]
    for path in made.in_turn()[:-2]:
        content = made.content(path)
        if not _holds(out / path, content):
            write_bytes(out / path, content)
    sync_all(out / path for path in made.in_turn()[:-2])
    for path in last:
        write_bytes(out / path, made.content(path), durable=True)
    return made.size


def _claim(made: AtlasPlan, out: Path) -> None:
    """Begin an export in a folder, with a manifest that says so, or make sure that it is this one that was begun."""
    begun = json_bytes(json.loads(made.content("manifest.json")) | {"complete": False})
    if kind_of(out) not in ("folder", "nothing"):
        raise StoreError(f"{out} is there already, and is a file: name a new folder")
    if kind_of(out) == "nothing" or not any(out.iterdir()):
        write_bytes(out / "manifest.json", begun)
    elif not _holds(out / "manifest.json", begun):
        raise StoreError(f"{out} is there already: name a new folder")


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False


def export_zip(made: AtlasPlan, out: Path, *, tick: Callable[[int], None] | None = None) -> int:
    """The size of the zip written; all its files lie in one folder of the zip's name. The same bytes each time.

    Pictures are stored as they are, since they are compressed already.
    """

    def write(temporary: Path) -> None:
        with zipfile.ZipFile(temporary, "w") as archive:
            for number, path in enumerate(made.in_turn(), start=1):
                info = zipfile.ZipInfo(f"{out.stem}/{path}", date_time=(1980, 1, 1, 0, 0, 0))
                info.external_attr = 0o644 << 16
                info.compress_type = zipfile.ZIP_STORED if path.endswith(".webp") else zipfile.ZIP_DEFLATED
                archive.writestr(info, made.content(path))
                if tick is not None:
                    tick(number)

    return write_with(out, write, durable=True)


def export_single(made: AtlasPlan, out: Path) -> int:
    """The size of one HTML file written that holds a few units: script, style, data and pictures within it.

    Raises UsageError where the plan holds more units than one file can bear.
    """
    return write_bytes(out, single_file(made), durable=True)


def single_file(made: AtlasPlan) -> bytes:
    """The page of `export_single`; its policy admits its own scripts and its style, by their hashes, no more."""
    if made.units > MAILED:
        raise _too_many(made)
    data, pictures = {}, {}
    for path in made.paths():
        if path.startswith(("data/sprites/", "atlases/")):
            continue  # pictures that are in the file already; other atlases, which one file does not hold
        if path.startswith("data/") and path.endswith(".js"):
            data[path.removeprefix("data/").removesuffix(".js")] = data_of(made, path)
        elif kind := _PICTURES.get(Path(path).suffix) if "/" in path else None:
            pictures[path] = f"data:{kind};base64," + base64.b64encode(made.content(path)).decode()
    data["atlases"] = []
    holds = {"data": data, "pictures": pictures, **({"start": made.start} if made.start else {})}
    held = json.dumps(holds, ensure_ascii=True, separators=(",", ":"))
    scripts = [
        f"window.__atlasFile={held.replace('<', chr(92) + 'u003c')};",
        *(made.content(n).decode().replace("</script", "<\\/script").strip() for n in ("atlas.js", "atlas-more.js")),
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
{"".join(f"<script>{text}</script>{chr(10)}" for text in scripts)}</body>
</html>
"""
    return page.encode("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


__all__ = [
    "MAILED",
    "AtlasPlan",
    "export_folder",
    "export_single",
    "export_zip",
    "plan_export",
    "single_file",
    "sizes",
]
