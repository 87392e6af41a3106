"""Results of other commands for the small atlas, as the commands would add them, with hostile names in them."""

from pathlib import Path

import numpy as np

from convscope.atlas.charts import Chart, Series
from convscope.atlas.experiments import add_experiment
from convscope.atlas.sprites import SpriteGrid, compose, encode
from tests.web.making import HOSTILE, SIZE, UNITS

EPOCHS = (1, 2, 5)


def add_curves(folder: Path) -> None:
    """An invariance: curves, rows and points, and a table in words."""
    shifts = [-8.0, 0.0, 8.0]
    side = Series("left", [0.25, -0.5], [0.1, -0.75], [0.5, 0.25])
    silenced = Series("change", [-2.0, -1.0], names=["4:7", "4:9"])
    charts = [
        Chart(
            "moved", "distance", shifts, [
                Series("4", [0.5, 0.0, 0.75], [0.4, 0.0, 0.5], [0.6, 0.0, 1.0]),
                Series("4, random weights", [0.25, 0.0, 0.25], look="compared"),
                Series(HOSTILE[0], [0.1, None, 0.2]),
            ], "pixels", "Told by hand.",
        ),
        Chart("layers", "share", ["1", HOSTILE[1]], [side], kind="rows"),
        Chart("silenced", "change", [1.0, 3.0], [silenced], "root", kind="points"),
    ]  # fmt: skip
    rows = [
        {
            "transformation": "moved",
            "by": 8.0,
            "relative 4": 0.75,
            "kept": 1.0,
            "more": 2,
            "secret": "of the file alone",
        }
    ] * 4
    words = {
        "transformation": ("Change", "What was done."),
        "by": ("By", "Pixels."),
        "relative 4": ("4 moves", ""),
        "kept": ("Class kept", "Share of images."),
        "more": ("More", ""),
    }
    add_experiment(folder, "moved", title="Moved", kind="invariance", charts=charts, table=rows, columns=words)


def add_parts(folder: Path) -> None:
    """A correspondence of two images, one of which is in the atlas, and lacks a part."""
    photo = encode(np.full((SIZE, SIZE, 3), 200, np.uint8), lossless=True)
    box = [4, 4, 20, 20]
    covered = [
        {"name": f"a/{HOSTILE[4]}", "image": 2, "picture": "0.webp", "size": [SIZE, SIZE], "boxes": {"eye": box}},
        {"name": "b.jpg", "image": None, "picture": "1.webp", "size": [SIZE, SIZE],
         "boxes": {"eye": box, "nose": [24, 24, 40, 40]}},
    ]  # fmt: skip
    pictures = {"0.webp": photo, "1.webp": photo}
    add_experiment(folder, "parts", title="Parts", kind="correspondence", data={"covered": covered}, pictures=pictures)


def add_evaluation(folder: Path) -> None:
    """An evaluation of two classes, one of them hostile, with a mistake on an image that the atlas has."""
    sure = Chart(
        "Is it as sure as it is right?", "right, %", [60.0, 90.0], [Series("right answers", [50.0, 80.0])], "sure, %"
    )
    data = {
        "matrix": {"classes": [HOSTILE[0], "plain"], "answers": [HOSTILE[0], "plain"], "targets": [0, 1],
                   "counts": [[3, 1], [0, 4]]},
        "pairs": [{"label": HOSTILE[0], "answer": "plain", "count": 1, "images": [2]}],
        "surest": [{"label": HOSTILE[0], "answer": "plain", "sure": 0.875, "image": 2, "name": HOSTILE[4]},
                   {"label": "plain", "answer": HOSTILE[0], "sure": 0.5, "image": None, "name": HOSTILE[4]}],
        "wrong": 1,
    }  # fmt: skip
    rows = [{"class": HOSTILE[0], "images": 4, "top1": 0.75}, {"class": "plain", "images": 4, "top1": 1.0}]
    words = {"class": ("Class", ""), "images": ("Images", ""), "top1": ("Right", "")}
    add_experiment(
        folder, "judged", title="How often it is right", kind="evaluation", charts=[sure], table=rows, columns=words,
        images=[2], data=data,
    )  # fmt: skip


def add_training(folder: Path) -> None:
    """An evolution of layer 4: unit 7 jumps from image 3 to 20, which comes along, and back; unit 9 changes most."""
    images = np.tile(np.arange(UNITS) % 8, (len(EPOCHS), 1))
    images[:, 7] = 3, 20, 3
    images[:, 11] = -1
    box = [0, 0, 17, 17]
    steps = [[[unit, int(images[0, unit]), *box] for unit in range(UNITS)]]
    steps += [[[7, int(images[epoch, 7]), *box]] for epoch in (1, 2)]
    like = [[None if unit == 11 else round(epoch + (0.9 - 0.8 * (unit == 9)) * (1 - epoch), 2) for unit in range(UNITS)]
            for epoch in (0.0, 0.5, 1.0)]  # fmt: skip
    part = {"layer": "4", "steps": steps, "values": [[1.5] * UNITS] * 3, "like": like}
    grid = SpriteGrid.of(3, (17, 17), columns=3, panels=1)
    data = {
        "epochs": list(EPOCHS),
        "input": [SIZE, SIZE],
        "layers": [{"layer": "4", "units": UNITS}],
        "own": [20],
        "images": {str(number): number for number in range(8)},
        "units": {"4:7": {"picture": "unit-0.webp", "grid": grid.to_json()}},
    }
    cells = np.full((3, 17, 17, 3), 128, np.uint8)
    pictures = {
        "20.webp": encode(np.full((SIZE, SIZE, 3), 90, np.uint8), lossless=True),
        "unit-0.webp": encode(compose(grid, cells), lossless=True),
    }
    settings = {"layers": ["4"], "seed": 0}
    shared = {"settings": settings, "data": data, "parts": [part], "pictures": pictures}
    add_experiment(folder, "training", title="How features come about", kind="evolution", units=["4:7"], **shared)


__all__ = ["EPOCHS", "add_curves", "add_evaluation", "add_parts", "add_training"]
