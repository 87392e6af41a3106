"""Atlases and units in notebooks: HTML with inline pictures, and the viewer itself as a widget."""

from importlib.resources import files
from typing import Any

from convscope.atlas.names import inside, is_inside
from convscope.atlas.published import published
from convscope.atlas.reading import Atlas, AtlasUnit
from convscope.atlas.sprites import decode_picture
from convscope.atlas.web import value_of
from convscope.errors import StoreError
from convscope.notebook.html import box, cell, picture, table
from convscope.notebook.widget import widget_of
from convscope.tables import counted


def atlas_html(atlas: Atlas) -> str:
    """An atlas as a table of its layers and the strongest patches of a few units of each."""
    manifest = atlas.manifest
    rows, strips = [], []
    for layer in atlas.layers:
        shape = layer.layer
        rows.append((layer.name, shape.op, " x ".join(map(str, shape.shape)), layer.dead))
        preview = f"pictures/{layer.id}/preview.webp"
        if is_inside(atlas.path, preview):
            pixels = decode_picture(inside(atlas.path, preview).read_bytes())
            strips.append(cell(picture(pixels, 400), layer.name, width=420))
    units, images = counted(manifest["units"], "unit"), counted(manifest["data"]["count"], "image")
    words = f"{units} of {counted(len(rows), 'layer')} on {images}; open {atlas.page}"
    return box(manifest["model"]["name"], words, table(("layer", "operation", "shape", "dead"), rows) + "".join(strips))


def unit_html(unit: AtlasUnit) -> str:
    """A unit as its strongest patches above the projections of each."""
    words = f"maximum {unit.maximum:.4g}, mean {unit.mean:.4g}, active {100 * unit.active:.3g} %"
    if unit.dead:
        return box(str(unit.unit), f"{words}; dead: zero at every position of every image", "")
    cells = []
    for i, (photo, projection) in enumerate(zip(unit.photos, unit.projections, strict=True)):
        label = unit.classes[i] or ""
        shown = picture(photo, title=unit.names[i]) + "<br>" + picture(projection, title=f"projection {i + 1}")
        cells.append(cell(shown, f"{unit.values[i]:.4g} {label or unit.names[i]}"[:80]))
    return box(str(unit.unit), words, "".join(cells))


def answer(atlas: Atlas, message: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
    """What the viewer in a notebook is sent for one of its questions: a value, or a picture as bytes, or an error.

    It may ask for data and pictures of the atlas and of those beside it, and for nothing else; see
    `convscope.atlas.published`.
    """
    number, beside = message.get("id"), message.get("atlas")
    within = f"atlases/{beside}/" if beside else ""
    try:
        if "picture" in message:
            found = published(atlas.path, within + str(message["picture"]))
            if not found.kind.startswith("image/"):
                raise StoreError(f"'{message['picture']}' is no picture")
            return {"id": number, "type": found.kind}, [found.content]
        address = str(message.get("address"))
        content = published(atlas.path, f"{within}data/{address}.js").content
        return {"id": number, "value": value_of(content, address)}, []
    except (StoreError, OSError) as error:
        return {"id": number, "error": str(error)}, []


def widget(atlas: Atlas, *, route: str = "#/", height: int = 720) -> Any:
    """The viewer as a notebook widget (anywidget), `height` pixels tall, at an address such as "#/u/features.8:174".

    Raises MissingExtra without anywidget.
    """

    def hear(made: Any, content: Any, _: Any) -> None:
        reply, data = answer(atlas, content)
        made.send(reply, data)

    return widget_of(
        "AtlasWidget",
        files("convscope.atlas.page").joinpath("widget.js").read_text("utf-8"),
        {"route": route, "height": height},
        hear=hear,
        still=lambda: atlas_html(atlas),
        purpose="show the viewer in a notebook",
    )


__all__ = ["answer", "atlas_html", "unit_html", "widget"]
