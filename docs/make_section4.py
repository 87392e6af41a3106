"""Makes the pictures of docs/occlusion.md, docs/invariance.md and docs/correspondence.md.

python docs/make_section4.py

The first two are of the embedded network and photographs. Those of correspondence need the photographs of ImageNet that
docs/data names, in `imagenet_samples/images` of the folder CONVSCOPE_DATA, and are left as they are without them.
"""

import io
import os
from pathlib import Path

import torch
from PIL import Image

import convscope as cs
from convscope.figures import invariance as curves
from convscope.figures import occlusion as maps
from convscope.figures.style import rendered
from convscope.studies.pictures import ReadImages, read_pictures
from convscope.studies.projected import photo_of

HERE = Path(__file__).parent
IMAGES = HERE / "images"
LOOKED_AT = ("chelsea/y0x0s300", "coffee/y0x0s400", "rocket/y0x0s427")
MOVED = ("chelsea/y0x0s300", "coffee/y0x0s400", "rocket/y0x0s427", "flower/y0x0s427", "china/y0x0s427")
PARTS = {"dogs": "dog_faces.csv", "cars": "cars.csv"}
GAP = 40  # pixels between two figures


def pictures(net: cs.Network, names: tuple[str, ...]) -> ReadImages:
    """The sample photos of these names, as the network sees them."""
    source = cs.open_source("samples:")
    known = [source.name(i) for i in range(len(source))]
    return read_pictures(net, source, indices=[known.index(name) for name in names])


def called(shown: ReadImages) -> list[str]:
    """What they are called in a figure."""
    return [name.partition("/")[0] for name in shown.seen.names]


def write(name: str, *drawn: bytes) -> None:
    """Figures, one above the other, as WebP, without loss of sharp lines."""
    sheets = [Image.open(io.BytesIO(one)).convert("RGB") for one in drawn]
    size = max(s.width for s in sheets), sum(s.height for s in sheets) + GAP * (len(sheets) - 1)
    page, top = Image.new("RGB", size, "white"), 0
    for sheet in sheets:
        page.paste(sheet, ((size[0] - sheet.width) // 2, top))
        top += sheet.height + GAP
    page.save(IMAGES / name, quality=82, method=6)


def occlusion(net: cs.Network) -> None:
    """Fig. 7, with the followed maps' projections in other samples from a scan of them."""
    shown = pictures(net, LOOKED_AT)
    found, names = cs.occlude(net, shown.inputs, size=48, stride=8).found, called(shown)
    scan = cs.scan(net, cs.open_source("samples:"), layers=[found.layer], statistics="none")
    photos = [photo_of(net, found, i, shown.pixels[i], name=names[i], scan=scan) for i in range(len(shown))]
    write("occlusion.webp", rendered(maps.draw(found, photos, classes=net.classes)))


def invariance(net: cs.Network) -> None:
    """Fig. 5."""
    moved = pictures(net, MOVED)
    answer = cs.invariance(net, moved.inputs, seeds=3)
    drawn = curves.draw(answer.found, examples=answer.examples, names=called(moved), untrained=answer.untrained)
    write("invariance.webp", rendered(drawn))


def correspondence(net: cs.Network, folder: Path) -> None:
    """What Table 1 holds, of all features and of those that change, for each table of parts."""
    for name, table in PARTS.items():
        parts = cs.read_parts(HERE / "data" / table)
        source = cs.open_source([str(folder / image) for image in sorted({part.image for part in parts})])
        drawn = cs.correspond(net, source, parts, layers=["features.12.cat", net.output]).figures()
        write(f"correspondence-{name}.webp", *(figure.draw() for figure in drawn.values()))


def main() -> None:
    """Writes the pictures into docs/images."""
    net = cs.load("zoo:squeezenet1_1")
    occlusion(net)
    invariance(net)
    folder = Path(os.environ.get("CONVSCOPE_DATA", "")) / "imagenet_samples" / "images"
    if folder.is_dir():
        correspondence(net, folder)
    else:
        print("correspondence-*.webp are left as they are: CONVSCOPE_DATA names no folder with imagenet_samples/images")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
