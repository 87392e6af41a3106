"""Experiments as parts of the page, a training by epoch, and units of two atlases that do the same."""

import base64

import numpy as np
import pytest

from convscope.atlas.reading import Atlas
from convscope.atlas.web import read_script
from tests.web.conftest import BOTH, Viewer, says, soon
from tests.web.making import HOSTILE
from tests.web.results import EPOCHS


def responses(atlas: Atlas, layer: str) -> np.ndarray:
    """The bytes (units, images) that units of two atlases are matched by."""
    said = read_script(atlas.path / "data" / "responses" / f"{atlas.layer(layer).id}.js")
    return np.frombuffer(base64.b64decode(said["codes"]), np.uint8).reshape(-1, said["images"]).astype(float)


def test_compare_is_found_from_home_and_opens_on_the_best_matching_units(viewer: Viewer, small_atlas: Atlas) -> None:
    page = viewer.open()
    page.locator(".chip", has_text="other").click()
    page.wait_for_selector(".matches li")
    says(page, "main .lead", "24 images in common, by name, of 24 and 24")
    assert "2 layers of the same name: 1, 4" in page.inner_text("main") or "3 layers" in page.inner_text("main")
    lines = (
        "(e) => { const all = document.createRange(); all.selectNode(e.firstChild); "
        "return all.getClientRects().length; }"
    )
    assert [label.evaluate(lines) for label in page.locator(".compare-bar label").all()] == [1, 1, 1]  # words are whole
    numbers = page.locator(".matches .caption b").first.bounding_box()
    assert numbers["x"] == pytest.approx(page.locator(".matches .tile").first.bounding_box()["x"], abs=1)
    mine, other = responses(small_atlas, "4"), responses(Atlas.open(small_atlas.path / "atlases" / "other"), "4")
    varied = np.flatnonzero(mine.std(1))
    table = np.corrcoef(mine[varied], other[other.std(1) > 0])[: len(varied), len(varied) :]
    best = sorted(table.max(1), reverse=True)
    shown = [float(text.split()[0]) for text in page.locator(".matches .number").all_inner_texts()]
    assert shown == pytest.approx(best[: len(shown)], abs=0.006)
    first = page.locator(".matches a").first
    words = first.inner_text().split()
    assert int(words[1].rstrip(",")) == varied[table.max(1).argmax()]
    first.click()
    page.wait_for_selector(".half .cell")
    soon(lambda: "with=other" in viewer.hash())
    viewer.open("#/compare")
    page.wait_for_selector(".matches li")
    page.get_by_label("Right side from").select_option("")
    viewer.until("!location.hash.includes('with')")
    page.wait_for_selector(".half .virtual li")


def test_layers_of_one_atlas_are_matched_too(viewer: Viewer) -> None:
    page = viewer.open("#/compare?a=1&b=4")
    page.wait_for_selector(".matches li")
    soon(page.locator(".matches li").count, 8)


def test_curves_are_read_off_by_pointer_and_by_slider(viewer: Viewer) -> None:
    page = viewer.open("#/e/moved")
    page.wait_for_selector(".plot")
    curves, rows, points = (page.locator(f".chart.{kind}") for kind in ("lines", "rows", "points"))

    def told() -> str:
        return " ".join(curves.locator(".legend").inner_text().split())

    soon(lambda: "0.75 0.5 to 1" in told())
    frame = curves.locator("svg").bounding_box()
    page.mouse.move(frame["x"] + 60, frame["y"] + 50)
    soon(lambda: "\u22128 pixels" in told())
    soon(lambda: "0.5 0.4 to 0.6" in told())
    curves.locator("input").fill("1")
    soon(lambda: "0 pixels" in told())
    assert HOSTILE[0] in curves.locator(".legend").inner_text()
    soon(curves.locator(".compared .curve").count, 1)
    assert rows.locator(".number").all_inner_texts()[0].split()[1:] == ["0.25", "0.1", "to", "0.5"]
    soon(lambda: points.locator(".legend a").get_attribute("href"), "#/u/4:7")
    points.locator("input").fill("1")
    soon(lambda: points.locator(".legend a").get_attribute("href"), "#/u/4:9")


def test_tables_are_in_words_and_say_what_columns_mean(viewer: Viewer) -> None:
    page = viewer.open("#/e/moved")
    page.wait_for_selector("table")
    soon(page.locator("th").all_inner_texts, ["Change", "By", "4 moves", "Class kept", "More"])
    page.get_by_text("What the columns mean").click()
    soon(page.locator("dl", has_text="Share of images.").is_visible)
    page.set_viewport_size({"width": 360, "height": 740})
    row = page.locator("tbody tr").first
    tops = [cell.bounding_box()["y"] for cell in row.locator("td").all()]
    assert tops == sorted(set(tops))  # one below the other
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    assert download.value.path().read_text().splitlines()[0].endswith(",secret")


@BOTH
def test_data_of_an_experiment_are_loaded_when_it_is_opened(viewer: Viewer) -> None:
    asked: list[str] = []
    viewer.page.on("request", lambda request: asked.append(request.url.rpartition("/data/")[2]))
    page = viewer.open()
    page.wait_for_selector(".sections a >> nth=3")
    viewer.until("document.readyState === 'complete'")
    assert "experiments.js" in asked
    assert not [one for one in asked if one.startswith(("results/", "experiments/"))]
    page.locator(".sections a", has_text="Experiments").click()
    page.locator(".experiments a", has_text="Moved").click()
    page.wait_for_selector(".plot")
    assert {"results/moved.js", "experiments/moved.js"} <= set(asked)


def test_what_was_covered_is_shown_in_every_image(viewer: Viewer) -> None:
    page = viewer.open("#/e/parts")
    page.wait_for_selector(".masks svg")
    soon(page.locator(".masks .mark-of").count, 3)
    page.get_by_role("button", name="nose").click()
    soon(page.locator(".masks .mark-of").count, 0)
    soon(page.locator(".masks rect.beyond").count, 1)
    soon(lambda: page.locator(".masks svg").first.get_attribute("aria-label").endswith("no nose in it"))
    soon(lambda: page.locator(".masks a").get_attribute("href"), "#/i/2")


def test_a_training_is_followed_by_epoch_and_by_unit(viewer: Viewer) -> None:
    page = viewer.open("#/u/4:7")
    page.get_by_role("link", name="How features come about").click()
    page.wait_for_selector(".followed li")
    says(page, ".followed h3", "2 changes of image")
    images = [one.get_attribute("href") for one in page.locator(".followed li image").all()]
    assert [one.rpartition("/")[2] for one in images] == ["3.webp", "20.webp", "3.webp"]
    assert images[1] == "experiments/training/20.webp"
    soon(page.locator(".followed .tile.projection").count, 3)
    page.locator(".epoch input").fill("1")
    viewer.until("location.hash.includes('epoch=2')")
    cell = page.locator(".virtual li", has_text="7").first
    soon(lambda: cell.locator("image").get_attribute("href"), "experiments/training/20.webp")
    assert cell.inner_text().split()[-1] == "0.95"
    page.get_by_label("Sort").select_option("most")
    viewer.until("document.querySelector('.virtual b').innerText.trim().endsWith('9')")
    page.locator(".virtual button").first.click()
    viewer.until("location.hash.includes('unit=9')")
    says(page, ".followed h3", "0 changes")
    viewer.open(viewer.page.evaluate("location.hash"))
    page.wait_for_selector(".followed li.here")
    soon(lambda: page.inner_text(".followed li.here b"), "2")
    page.locator(".epoch input").fill("2")
    page.get_by_role("button", name="Play").click()
    soon(lambda: page.inner_text(".followed li.here b"), str(EPOCHS[0]))
    soon(page.get_by_role("button", name="Pause").count, 1)
    soon(lambda: page.inner_text(".followed li.here b"), str(EPOCHS[-1]))
    soon(page.get_by_role("button", name="Play").count, 1)


def test_mistakes_lead_to_their_images_and_classes(viewer: Viewer) -> None:
    page = viewer.open("#/i/2")
    page.get_by_role("link", name="How often it is right").click()
    page.wait_for_selector(".confusion")
    assert page.locator(".confusion tbody td").all_inner_texts() == ["3", "1", "\u00b7", "4"]
    assert page.locator(".confusion .right").count() == 2
    assert page.locator(".answered a[href='#/i/2'] img").count() == 1
    assert page.locator(".surest li").count() == 2
    assert "87.5 %" in page.inner_text(".surest li >> nth=0")
    assert page.locator(".chart .plot").count() == 1
    page.locator("td a", has_text="plain").click()
    viewer.until("location.hash === '#/c/plain'")
    page.wait_for_selector(".class-page")
