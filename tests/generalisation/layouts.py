"""Small target sets in their published layouts."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from tests.data.making import smooth

Objects = Sequence[tuple[str, int, int]]  # class, side of the box, difficult


def picture(path: Path, *, seed: int, tint: int = 0, side: int = 36) -> Path:
    """A JPEG of a smooth pattern, with a tint that a classifier can learn."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = smooth(side, side, seed=seed).astype(np.int64) // 2
    pixels[..., tint % 3] += 40 * (tint + 1)
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path, quality=90)
    return path


def caltech101(root: Path, counts: Mapping[str, int]) -> Path:
    """101_ObjectCategories below `root`, with so many images of each class."""
    for number, (name, count) in enumerate(counts.items()):
        for i in range(1, count + 1):
            picture(root / "101_ObjectCategories" / name / f"image_{i:04}.jpg", seed=100 * number + i, tint=number)
    return root


def caltech256(root: Path, counts: Mapping[str, int]) -> Path:
    """256_ObjectCategories below `root`."""
    for number, (name, count) in enumerate(counts.items()):
        for i in range(1, count + 1):
            path = root / "256_ObjectCategories" / name / f"{name[:3]}_{i:04}.jpg"
            picture(path, seed=100 * number + i, tint=number)
    return root


def annotation(objects: Objects) -> str:
    """The XML of an image's objects, as VOC2012 has it, parts and all."""
    inner = "".join(
        f"<object><name>{name}</name><pose>Left</pose><truncated>0</truncated><difficult>{difficult}</difficult>"
        f"<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>{side}</xmax><ymax>{side}</ymax></bndbox>"
        "<part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part>"
        "</object>"
        for name, side, difficult in objects
    )
    return f"<annotation><folder>VOC2012</folder><segmented>0</segmented>{inner}</annotation>"


def voc2012(root: Path, images: Mapping[str, tuple[str, Objects]]) -> Path:
    """VOCdevkit/VOC2012 below `root`; images by name: the set they are in, and their objects."""
    place = root / "VOCdevkit" / "VOC2012"
    sets: dict[str, list[str]] = {}
    for number, (name, (which, objects)) in enumerate(images.items()):
        tint = len(objects[0][0]) if objects else 0
        picture(place / "JPEGImages" / f"{name}.jpg", seed=number, tint=tint % 3)
        sets.setdefault(which, []).append(name)
        if which in ("train", "val"):
            sets.setdefault("trainval", []).append(name)
        if which != "test":
            (place / "Annotations").mkdir(exist_ok=True)
            (place / "Annotations" / f"{name}.xml").write_text(annotation(objects))
    (place / "ImageSets" / "Main").mkdir(parents=True)
    for which, names in sets.items():
        (place / "ImageSets" / "Main" / f"{which}.txt").write_text("".join(f"{name}\n" for name in names))
    return root
