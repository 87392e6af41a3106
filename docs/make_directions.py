"""Makes docs/images/directions.webp: ten directions of a layer beside their closest units, on the embedded photos.

python docs/make_directions.py sae.safetensors [MODEL]

Of the directions that six images or more excite, ten are taken evenly from the one that is most nearly a unit to the
one that is least. Left the strongest patches of the direction, right those of the unit with the largest part in it.
"""

import io
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import convscope as cs
from convscope.atlas.render import crop_patch, fit
from convscope.data import load_image
from convscope.methods.inputs import preprocess_of
from convscope.models.dictionaries import read_dictionary

OUT = Path(__file__).parent / "images" / "directions.webp"
ROWS, SHOWN, EACH, CELL, LINE, GAP = 10, 6, 2, 60, 15, 16


def main() -> None:
    """Makes it, and prints a table of the ten."""
    made = read_dictionary(sys.argv[1])
    net = cs.load(sys.argv[2] if len(sys.argv) > 2 else "zoo:squeezenet1_1").with_directions(made)
    source = cs.open_source("samples:")
    scan = cs.scan(net, source, layers=[made.layer, made.full_name], k=60)
    photos = {name: _photos(scan[name], source) for name in (made.layer, made.full_name)}
    font, half = ImageFont.load_default(11), SHOWN * (CELL + 2)
    page = Image.new("RGB", (2 * half + GAP, ROWS * (CELL + LINE + 6)), "white")
    draw = ImageDraw.Draw(page)
    for row, direction in enumerate(_chosen(made, photos[made.full_name])):
        top, (unit, part) = row * (CELL + LINE + 6), made.nearest(1)[direction][0]
        second = made.nearest(2)[direction][1]
        draw.text((0, top), f"{made.full_name}:{direction}", "black", font)
        draw.text((half + GAP, top), f"{made.layer}:{unit}  ({part:+.2f} of it)", "black", font)
        for left, name, number in ((0, made.full_name, direction), (half + GAP, made.layer, unit)):
            for place, (image, at) in enumerate(photos[name][number][:SHOWN]):
                patch = _patch(net, source, name, image, at)
                page.paste(patch, (left + place * (CELL + 2), top + LINE))
        same = len({one for one, _ in photos[made.full_name][direction]} & {one for one, _ in photos[made.layer][unit]})
        print(f"| {direction} | {unit} ({part:.2f}) | {second[0]} ({second[1]:+.2f}) | {same} of {SHOWN} |")
    memory = io.BytesIO()
    page.save(memory, "WEBP", quality=78, method=6)
    OUT.write_bytes(memory.getvalue())
    print(len(memory.getvalue()), "bytes")


def _photos(layer: cs.LayerScan, source: cs.Source) -> list[list[tuple[int, np.ndarray]]]:
    """For each unit its strongest crops and where, two of a photo and six in all at most, and none mirrored."""
    top, found = layer.topk, []
    for values, images, positions in zip(top.values, top.images, top.positions, strict=True):
        kept: list[tuple[int, np.ndarray]] = []
        seen: dict[str, int] = {}
        for value, image, at in zip(values.tolist(), images.tolist(), positions, strict=True):
            name = source.name(image) if value > 0 else "-mirrored"
            photo = name.partition("/")[0]
            if not name.endswith("-mirrored") and seen.get(photo, 0) < EACH:
                seen[photo] = seen.get(photo, 0) + 1
                kept.append((image, at))
        found.append(kept[:SHOWN])
    return found


def _chosen(made: cs.Dictionary, photos: list[list[tuple[int, np.ndarray]]]) -> list[int]:
    parts = np.array([units[0][1] for units in made.nearest(1)])
    there = np.array([number for number, found in enumerate(photos) if len(found) == SHOWN])
    order = there[np.argsort(-np.abs(parts[there]), kind="stable")]
    return order[np.linspace(0, len(order) - 1, ROWS).round().astype(int)].tolist()


def _patch(net: cs.Network, source: cs.Source, layer: str, image: int, at: np.ndarray) -> Image.Image:
    """What is in the field of a position, of a field as large as the image all of it."""
    photo = load_image(source, image, preprocess_of(net, source))
    patch = crop_patch(photo, net.crops(layer, at[None])[0].tolist(), (128, 128, 128))
    return Image.fromarray(fit(np.ascontiguousarray(patch), (CELL, CELL)))


if __name__ == "__main__":
    main()
