"""Makes the pictures of atlases and of the bench in these documents, from an atlas of the embedded network and photos.

convscope atlas zoo:squeezenet1_1 samples: -o build/demo
python docs/make_images.py build/demo

The pictures of the viewer need Chromium and playwright; without them only the units' picture is made. `--viewer` makes
only the viewer's and the bench's.
"""

import argparse
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal

from PIL import Image

from convscope.atlas import Atlas

IMAGES = Path(__file__).parent / "images"
LARGEST = 150_000
"""Bytes of a picture at most."""

# Two units of an early, a middle and a late stage.
UNITS = ("features.4.cat:10", "features.4.cat:67", "features.7.cat:30", "features.7.cat:230")
UNITS += ("features.12.cat:489", "features.12.cat:497")

# The pages of the viewer: address, what to wait for, light or dark.
PAGES: dict[str, tuple[str, str, Literal["light", "dark"]]] = {
    "home": ("#/", ".strip .tile", "light"),
    "layer": ("#/l/features.7.cat?sort=similar&near=30", ".measure", "dark"),
    "map": ("#/l/features.12.cat?sort=map&at=489", ".mini", "light"),
    "unit": ("#/u/features.7.cat:30", ".joints", "light"),
}


def units(atlas: Atlas) -> None:
    """Writes units.webp: for each unit its nine strongest patches beside their projections."""
    keep("units", atlas.montage(UNITS, columns=2, cell=69))


def keep(name: str, picture: Image.Image) -> None:
    """Writes a picture as WebP, as well as fits."""
    for quality in (90, 80, 70, 60, 50):
        memory = io.BytesIO()
        picture.save(memory, "WEBP", quality=quality, method=6)
        if memory.tell() <= LARGEST:
            break
    (IMAGES / f"{name}.webp").write_bytes(memory.getvalue())


def viewer(atlas: Atlas, chromium: str) -> None:
    """Writes viewer-PAGE.webp: the pages as a window of 1280 x 860 pixels shows them."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name, (hash_, ready, scheme) in PAGES.items():
            page = browser.new_context(viewport={"width": 1280, "height": 860}, color_scheme=scheme).new_page()
            page.goto(atlas.page.resolve().as_uri() + hash_)
            page.wait_for_selector(ready)
            page.wait_for_timeout(1000)
            keep(f"viewer-{name}", Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
            page.context.close()
        browser.close()


def bench(chromium: str) -> None:
    """Writes bench.webp: the bench of the embedded network with an embedded photo, a square over it, a unit chosen."""
    from playwright.sync_api import sync_playwright

    command = [sys.executable, "-m", "convscope", "serve", "zoo:squeezenet1_1", "--images", "samples:", "--port", "0"]
    with (
        subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, text=True) as process,
        sync_playwright() as play,
    ):
        assert process.stdout is not None
        said = ""
        while "}" not in said:
            said += process.stdout.readline()
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(viewport={"width": 1440, "height": 1040}).new_page()
        page.goto(json.loads(said)["address"])
        page.wait_for_selector("#file", state="attached", timeout=120_000)
        page.evaluate("location.hash = '#/?photo=0&unit=features.12.cat:118&follow=features.12.cat:118'")
        page.wait_for_selector(".causes li")
        page.evaluate("location.hash += '&cover=150,120'")
        page.wait_for_selector(".sweep-picture")
        page.wait_for_selector(".sweep-picture[aria-label$='24 of 24 rows']", timeout=120_000)
        keep("bench", Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
        browser.close()
        process.terminate()


def main() -> None:
    """Makes them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="the atlas")
    parser.add_argument("--viewer", action="store_true", help="only the viewer's")
    chosen = parser.parse_args()
    atlas = Atlas.open(chosen.folder)
    if not chosen.viewer:
        units(atlas)
    chromium = os.environ.get("CONVSCOPE_CHROMIUM") or shutil.which("chromium")
    if chromium is not None:
        viewer(atlas, chromium)
        bench(chromium)


if __name__ == "__main__":
    main()
