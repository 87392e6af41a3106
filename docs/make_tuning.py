"""Makes docs/images/tuning.webp: ten units of the embedded network, their strongest patch as it is and as changed.

python docs/make_tuning.py

Under each patch is what survives of the unit's activation, the mean over its nine strongest images.
"""

import io
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

import convscope as cs
from convscope.atlas.render import crop_patch, fit
from convscope.data import load_image
from convscope.methods.inputs import preprocess_of
from convscope.methods.tuning import KINDS
from convscope.methods.tuning.changes import looks
from convscope.methods.tuning.summing import WORDS

OUT = Path(__file__).parent / "images" / "tuning.webp"
UNITS = ("features.4.cat:67", "features.4.cat:10", "features.4.cat:100", "features.7.cat:30", "features.7.cat:230")
UNITS += ("features.7.cat:64", "features.12.cat:489", "features.12.cat:497", "features.12.cat:20", "features.12.cat:0")
CELL, LINE, NAME = 84, 15, 132


def main() -> None:
    """Makes it, and prints what is said of each unit."""
    net, source = cs.load("zoo:squeezenet1_1"), cs.open_source("samples:")
    recipe = preprocess_of(net, source)
    layers = list(dict.fromkeys(cs.Unit.parse(unit).layer for unit in UNITS))
    scan, found = cs.scan(net, source, layers=layers), cs.tuning(net, source, layers=layers)
    font = ImageFont.load_default(11)
    page = Image.new("RGB", (NAME + (len(KINDS) + 1) * (CELL + 6), LINE + len(UNITS) * (CELL + LINE + 4)), "white")
    draw = ImageDraw.Draw(page)
    for column, title in enumerate(("as it is", *(WORDS[kind][0] for kind in KINDS))):
        draw.text((NAME + column * (CELL + 6), 1), title, "black", font)
    for row, text in enumerate(UNITS):
        unit, top = cs.Unit.parse(text), LINE + row * (CELL + LINE + 4)
        one, layer = found[unit.layer], net.layers[unit.layer]
        best = scan[unit.layer].topk
        image, at = int(best.images[unit.channel, 0]), best.positions[unit.channel, 0][None]
        pixels = torch.from_numpy(load_image(source, image, recipe)).permute(2, 0, 1)[None].float()
        draw.text((0, top + CELL // 2), text, "black", font)
        paste(page, pixels, net, layer, at, (NAME, top))
        variants = looks(layer, (recipe.height, recipe.width), 3)
        print(f"{text}: {'; '.join(one.said(unit.channel)) or 'as its layer'}")
        for column, kind in enumerate(KINDS, 1):
            look, place = variants[kind][0], (NAME + column * (CELL + 6), top)
            paste(page, look.change.made(pixels), net, layer, look.places(at, (layer.height, layer.width))[0], place)
            bold = "#b03000" if kind in one.stands_out(unit.channel) else "#444444"
            share = f"{100 * one.kept[unit.channel, column - 1]:.0f} %"
            draw.text((place[0], top + CELL + 1), share, bold, font)
    memory = io.BytesIO()
    page.save(memory, "WEBP", quality=80, method=6)
    OUT.write_bytes(memory.getvalue())
    for one in found.layers:
        print(one.layer, dict(zip(KINDS, np.round(one.median, 2).tolist(), strict=True)))


def paste(
    page: Image.Image, pixels: torch.Tensor, net: cs.Network, layer: cs.Layer, at: np.ndarray, place: tuple[int, int]
) -> None:
    """Draws what the unit at a position sees of an image (1, 3, H, W)."""
    photo = pixels[0].permute(1, 2, 0).round().clamp(0, 255).byte().numpy()
    patch = crop_patch(photo, net.crops(layer.name, at)[0].tolist(), (128, 128, 128))
    page.paste(Image.fromarray(fit(np.ascontiguousarray(patch), (CELL, CELL))), place)


if __name__ == "__main__":
    main()
