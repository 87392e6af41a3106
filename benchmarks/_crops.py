"""Crops of photos to learn directions from, and photos that none of them is of.

    python -m benchmarks._crops PHOTOS -o crops [--count 10000] [--held 100] [--model zoo:squeezenet1_1]

PHOTOS is a folder with `images/` and a table `labels.csv` that names each `file` and its `class_index` in the network.
Written are `crops/train.npy`, uint8 (count, side, side, 3), crops of all photos in turn but for those that are held
out: brought to a shortest side of 256 to 358 pixels, cut out somewhere, every second mirrored; and `crops/held.csv`,
the photos held out, with their labels. All is drawn from seed 0, so that the same photos give the same bytes.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
from PIL import Image

import convscope as cs

SHORTEST, WIDEST = 256, 1.4
"""The shortest side of a photo before it is cut, and how much longer it is at most."""


def main() -> None:
    """Writes the crops and the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--held", type=int, default=100)
    parser.add_argument("--model", default="zoo:squeezenet1_1")
    asked = parser.parse_args()
    net, folder = cs.load(asked.model), asked.photos / "images"
    names, draw = sorted(one.name for one in folder.iterdir()), np.random.default_rng(0)
    order = draw.permutation(len(names))
    held, rest = ([names[i] for i in part] for part in (order[: asked.held], order[asked.held :]))
    asked.out.mkdir(parents=True, exist_ok=True)
    write_held(asked.out / "held.csv", asked.photos, set(held), net.classes or ())
    side = net.input_shape[1]
    shape = (asked.count, side, side, 3)
    crops = np.lib.format.open_memmap(asked.out / "train.npy", "w+", np.uint8, shape)
    for number in range(asked.count):
        crops[number] = crop(folder / rest[number % len(rest)], side, draw)
    crops.flush()


def crop(path: Path, side: int, draw: np.random.Generator) -> np.ndarray:
    """A crop (side, side, 3) of a photo."""
    with Image.open(path) as photo:
        image = photo.convert("RGB")
    scale = SHORTEST / min(image.size) * draw.uniform(1, WIDEST)
    width, height = (max(side, round(length * scale)) for length in image.size)
    image = image.resize((width, height))
    x, y = draw.integers(0, width - side + 1), draw.integers(0, height - side + 1)
    cut = np.asarray(image)[y : y + side, x : x + side]
    return cut[:, ::-1] if draw.random() < 0.5 else cut


def write_held(path: Path, photos: Path, held: set[str], classes: tuple[str, ...]) -> None:
    """A table of photos and their labels, as the network calls its classes."""
    with (photos / "labels.csv").open(newline="", encoding="utf-8") as table:
        rows = [row for row in csv.DictReader(table) if row["file"] in held]
    with path.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file)
        lines.writerow(("path", "label"))
        for row in rows:
            number = int(row["class_index"])
            label = classes[number] if classes else str(number)
            lines.writerow(((photos / "images" / row["file"]).resolve(), label))


if __name__ == "__main__":
    main()
