"""Makes the pictures of docs/occlusion.md and docs/invariance.md from the embedded network and photographs.

python docs/make_section4.py
"""

import io
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import convscope as cs
from convscope.atlas.render import display
from convscope.cli.invariance import examples
from convscope.cli.results import Pictures
from convscope.data import load_image
from convscope.figures import invariance as curves
from convscope.figures import occlusion as maps
from convscope.figures.style import rendered

IMAGES = Path(__file__).parent / "images"
LOOKED_AT = ("chelsea/y0x0s300", "coffee/y0x0s400", "rocket/y0x0s427")
MOVED = ("chelsea/y0x0s300", "coffee/y0x0s400", "rocket/y0x0s427", "flower/y0x0s427", "china/y0x0s427")


def pictures(net: cs.Network, names: tuple[str, ...]) -> Pictures:
    """The crops of the sample photos of these names."""
    source = cs.open_source("samples:")
    known = [source.name(i) for i in range(len(source))]
    indices = tuple(known.index(name) for name in names)
    pixels = np.stack([load_image(source, i, net.preprocess) for i in indices])
    return Pictures(source, indices, tuple(name.partition("/")[0] for name in names), pixels)


def write(name: str, drawn: object) -> None:
    """A figure as WebP, without loss of sharp lines."""
    picture = Image.open(io.BytesIO(rendered(drawn)))  # type: ignore[arg-type]
    picture.convert("RGB").save(IMAGES / name, quality=82, method=6)


def main() -> None:
    """Writes images/occlusion.webp and images/invariance.webp."""
    net = cs.load("zoo:squeezenet1_1")
    shown = pictures(net, LOOKED_AT)
    found = cs.occlude(net, shown.inputs(net), size=48, stride=8)
    photos = []
    for i, unit in enumerate(found.strongest):
        taken = cs.deconv(net, shown.inputs(net, slice(i, i + 1)), unit)
        photos.append(maps.Photo(shown.pixels[i], shown.names[i], display(taken.pixels)[0]))
    write("occlusion.webp", maps.draw(found, photos, classes=net.classes))
    moved = pictures(net, MOVED)
    result = cs.invariance(net, moved.inputs(net))
    drawn = curves.draw(result, examples=examples(net, result, moved), names=moved.names)
    write("invariance.webp", drawn)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
