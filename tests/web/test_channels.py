"""An atlas of images with five channels in the browser: bands are switched, and each channel stands by itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from convscope.atlas import build_atlas
from convscope.data import Preprocess, open_source
from convscope.graph import Network
from tests.web.conftest import AXE, Viewer, soon, watch


@pytest.fixture(scope="module")
def page_of_five(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(5, 6, 3), nn.ReLU()).eval()
    recipe = Preprocess(16, 16, mean=(0.5,) * 5, std=(0.25,) * 5, bands=(4, 3, 2))
    net = Network.trace(module, (5, 16, 16), name="five bands", preprocess=recipe)
    draw = np.random.default_rng(0)
    source = open_source([draw.integers(0, 256, (16, 16, 5), np.uint8) for _ in range(12)])
    return build_atlas(net, source, tmp_path_factory.mktemp("five") / "atlas", layers=["1"]).page


@pytest.fixture
def five(chromium: Any, page_of_five: Path) -> Iterator[Viewer]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    found = watch(context.new_page(), page_of_five.as_uri())
    yield found
    context.close()
    assert found.problems == []


def background(page: Any, selector: str) -> str:
    return page.locator(selector).first.evaluate("one => getComputedStyle(one).backgroundImage")


def test_the_choice_of_bands_switches_the_photos_and_stays_from_unit_to_unit(five: Viewer) -> None:
    page = five.open("#/u/1:2")
    choice = page.get_by_label("Bands")
    soon(choice.locator("option").all_inner_texts, ["4, 3, 2", "1", "2", "3", "4", "5"])
    photo = "[aria-label='Photos'] .tile"
    soon(lambda: "/2.webp" in background(page, photo))
    choice.select_option("5")
    five.until("location.hash.includes('band=5')")
    soon(lambda: "/bands-2.webp" in background(page, photo))
    page.get_by_label("Next unit, 3").click()
    five.until("location.hash.includes('1:3') && location.hash.includes('band=5')")
    soon(lambda: "/bands-3.webp" in background(page, photo))


def test_every_channel_stands_beside_what_the_unit_takes_from_it(five: Viewer) -> None:
    page = five.open("#/u/1:2")
    page.wait_for_selector(".channels li")
    soon(page.locator(".channels li").count, 5)
    soon(page.locator(".channels li .tile").count, 10)
    page.get_by_role("button", name="Show band 3").click()
    five.until("location.hash.includes('band=3')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_page_with_channels(chromium: Any, page_of_five: Path, scheme: str) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not there: run npm ci --ignore-scripts in web/")
    context = chromium.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(page_of_five.as_uri() + "#/u/1:2")
    page.wait_for_selector(".channels li")
    page.add_script_tag(path=str(AXE))
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    context.close()
    assert [(one["id"], one["nodes"][0]["html"]) for one in result["violations"]] == []
