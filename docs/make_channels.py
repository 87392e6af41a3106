"""Makes the pictures of a grey and a thirteen-band network's atlas in these documents, from networks that it trains.

python docs/make_channels.py build/channels

It needs scikit-learn, Chromium and playwright. The grey one recognises scikit-learn's digits; the other tells what most
of a made scene is of: town, field, forest or water, each with a spectrum and a texture of its own.
"""

import argparse
import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from make_images import keep
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

import convscope as cs

KINDS = ("field", "forest", "town", "water")
BANDS, SIDE = 13, 64
# What the bands of a satellite have of each kind, from violet to the far infrared, of 10000.
SPECTRA = np.array(
    [
        [900, 900, 1000, 1100, 1700, 3200, 3800, 3900, 4100, 1500, 60, 2600, 1600],
        [500, 450, 550, 350, 800, 2100, 2600, 2700, 2900, 1000, 40, 1300, 600],
        [2100, 2200, 2400, 2600, 2800, 3000, 3100, 3200, 3300, 1100, 90, 3600, 3300],
        [900, 800, 600, 400, 300, 250, 230, 210, 190, 90, 20, 120, 80],
    ],
    np.float64,
)


def digits() -> tuple[cs.Network, cs.Source]:
    """A network of one channel that knows digits, and those that it has not seen."""
    from sklearn.datasets import load_digits

    found: Any = load_digits()
    recipe = cs.Preprocess(8, 8, mean=(0.25,), std=(0.5,))
    pixels = np.rint(found.images * (255 / 16)).astype(np.uint8)
    images, labels = recipe.normalise(torch.from_numpy(pixels)[:, None]), torch.from_numpy(found.target)
    module = nn.Sequential(
        nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(12, 24, 3), nn.ReLU(), nn.Flatten(),
        nn.Linear(96, 10),
    )  # fmt: skip
    trained(module, images[:1400], labels[:1400], steps=300)
    net = cs.Network.trace(module, (1, 8, 8), preprocess=recipe, name="digits")
    return net, cs.open_source(list(zip(pixels[1400:], found.target[1400:].tolist(), strict=True)))


def scenes(count: int, draw: np.random.Generator) -> Iterator[tuple[NDArray[np.uint16], int]]:
    """Scenes (64, 64, 13) of areas of all kinds, and the kind that most of each is of."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    for number in range(count):
        kinds = draw.integers(0, 4, 14)
        kinds[:6] = number % 4
        places = draw.uniform(0, SIDE, (2, len(kinds)))
        nearest = np.argmin((rows[..., None] - places[0]) ** 2 + (columns[..., None] - places[1]) ** 2, axis=-1)
        of = kinds[nearest]
        angle = draw.uniform(0, np.pi)
        furrows = np.sin((rows * np.cos(angle) + columns * np.sin(angle)) * 1.2)
        blocks = np.repeat(np.repeat(draw.uniform(-1, 1, (SIDE // 4, SIDE // 4)), 4, 0), 4, 1)
        crowns = draw.uniform(-1, 1, (SIDE, SIDE))
        texture = np.choose(of, (0.15 * furrows, 0.35 * crowns, 0.4 * blocks, 0.05 * crowns))
        scene = SPECTRA[of] * (1 + texture[..., None]) + draw.normal(0, 30, (SIDE, SIDE, BANDS))
        yield scene.clip(0, 65535).astype(np.uint16), int(np.bincount(of.ravel(), minlength=4).argmax())


class Scenes(list[tuple[NDArray[np.uint16], int]]):
    """A dataset as torch knows them: items of image and class, and names of classes."""

    classes = KINDS


def land() -> tuple[cs.Network, cs.Source]:
    """A network of thirteen channels that tells kinds of land, and scenes that it has not seen."""
    made = Scenes(scenes(360, np.random.default_rng(0)))
    recipe = cs.Preprocess(SIDE, SIDE, mean=(0.3,) * BANDS, std=(0.3,) * BANDS, range=(0, 5000), bands=(4, 3, 2))
    values = torch.from_numpy(np.stack([scene for scene, _ in made]).astype(np.float32) / 5000 * 255)
    images, labels = recipe.normalise(values.permute(0, 3, 1, 2)), torch.tensor([kind for _, kind in made])
    module = nn.Sequential(
        nn.Conv2d(BANDS, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 24, 3, padding=1), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(24, 4),
    )  # fmt: skip
    trained(module, images[:240], labels[:240], steps=150)
    net = cs.Network.trace(module, (BANDS, SIDE, SIDE), preprocess=recipe, name="land", classes=KINDS)
    return net, cs.open_source(Scenes(made[240:]))


def trained(module: nn.Module, images: Tensor, labels: Tensor, *, steps: int) -> None:
    """Train a module as it stands, on batches of 64."""
    optimiser, draw = torch.optim.Adam(module.parameters(), 3e-3), torch.Generator().manual_seed(0)
    for _ in range(steps):
        chosen = torch.randint(len(images), (64,), generator=draw)
        optimiser.zero_grad()
        nn.functional.cross_entropy(module(images[chosen]), labels[chosen]).backward()
        optimiser.step()
    module.eval()


def main() -> None:
    """Makes them."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder, chromium = parser.parse_args().folder, os.environ.get("CONVSCOPE_CHROMIUM") or shutil.which("chromium")
    torch.manual_seed(0)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name, made, unit, query in (("grey", digits, "4:3", ""), ("bands", land, "4:2", "?band=8")):
            net, source = made()
            print(name, cs.evaluate(net, source).summary)
            atlas = cs.build_atlas(net, source, folder / name)
            page = browser.new_context(viewport={"width": 1200, "height": 1080}).new_page()
            page.goto(f"{atlas.page.resolve().as_uri()}#/u/{unit}{query}")
            page.wait_for_selector(".unit-page")
            page.wait_for_timeout(1500)
            keep(f"viewer-{name}", Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
            page.context.close()
        browser.close()


if __name__ == "__main__":
    main()
