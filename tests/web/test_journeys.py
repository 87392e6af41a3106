"""What people do in the viewer, by keyboard and by mouse, from disk, and from a server where that could differ."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convscope.atlas import export
from convscope.atlas.reading import Atlas
from convscope.atlas.web import read_script
from tests.web.conftest import BOTH, CHECKED, Viewer, point, says, soon, watch
from tests.web.making import HOSTILE, UNITS


def captions(page: Any) -> list[str]:
    """The units of a grid as they are numbered, without the word for those who hear the page."""
    return [text.removeprefix("Unit").strip() for text in page.locator(".virtual li b").all_inner_texts()]


def number(page: Any, selector: str) -> int:
    """The unit that an element names."""
    return int(page.locator(selector).inner_text().removeprefix("Unit"))


@BOTH
def test_home_says_what_was_made_from_what(viewer: Viewer, small_atlas: Atlas) -> None:
    page = viewer.open()
    text = page.inner_text("main")
    for words in (
        "24 images",
        "deconvnet",
        small_atlas.manifest["created"][:10],
        small_atlas.manifest["versions"]["torch"],
    ):
        assert words in text
    soon(page.locator(".station").count, 3)
    assert "1 dead" in page.locator(".station").nth(1).inner_text()
    for row, layer in enumerate(small_atlas.layers):
        assert f"like control {layer.likeness:.2f}" in page.locator(".station").nth(row).inner_text()
    alike = [layer.name for layer in small_atlas.layers if (layer.likeness or 0) > 0.9]
    assert page.locator(".caution").count() == (1 if alike else 0)
    assert "not in this atlas" in page.locator(".passed").first.inner_text()
    soon(page.locator(".facts div", has_text="Check").locator("dd").inner_text, CHECKED)


def test_layers_are_searched_and_opened_by_keyboard(viewer: Viewer) -> None:
    page = viewer.open()
    page.keyboard.press("/")
    page.keyboard.type("linear")
    soon(page.locator(".hit").all_inner_texts, ["7\nlinear · 5"])
    page.keyboard.press("Enter")
    page.wait_for_selector(".virtual")
    soon(viewer.hash, "#/l/7")
    page.keyboard.press("/")
    page.keyboard.type("conv")
    viewer.until("document.querySelectorAll('.hit').length > 0")
    says(page, ".hits", "Not in this atlas")


def test_one_search_finds_images_classes_and_the_units_strongest_on_them(viewer: Viewer, small_atlas: Atlas) -> None:
    page = viewer.open("#/u/4:7")
    page.wait_for_selector(".cell")
    page.keyboard.press("Control+k")
    page.keyboard.type("right-to")
    viewer.until("document.querySelectorAll('.hit-cards').length === 3")
    groups = page.locator(".hits [role=group]")
    assert [group.get_attribute("aria-label") for group in groups.all()] == [
        "Classes", "Units by name", "Units strongest on these images", "Images",
    ]  # fmt: skip
    labelled = [i for i in range(24) if i % 5 == 2]
    soon(groups.nth(3).locator(".hit").count, len(labelled))
    images = {layer.name: small_atlas.record(layer.name).images for layer in small_atlas.layers}
    units = groups.nth(2).locator(".hit").all()
    for unit in units:
        layer, channel = (unit.get_attribute("href") or "").removeprefix("#/u/").split(":")
        shown = np.isin(images[layer][int(channel)], labelled).sum()
        words = [f"{layer}:{channel}", f"on {shown} of them"]
        if layer == "7":  # a logit is called by its class
            words = [(*HOSTILE[:4], "plain")[int(channel)], f"7:{channel} · on {shown} of them"]
        assert unit.locator("bdi").all_inner_texts() == words
    assert len(units) == 10
    page.keyboard.press("ArrowDown")
    soon(lambda: page.locator("[aria-selected=true]").get_attribute("href"), "#/u/7:2")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_selector(".class-page")
    soon(lambda: page.inner_text("h1"), HOSTILE[2])
    soon(page.locator(".search").count, 0)
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    page.wait_for_selector(".search", state="detached")


def test_marks_and_notes_are_found_by_what_they_say(viewer: Viewer) -> None:
    page = viewer.open("#/u/4:7")
    page.wait_for_selector("textarea")
    page.locator("textarea").fill("looks like an <b>eye</b>")
    page.goto(viewer.address + "#/images")
    page.wait_for_selector(".virtual li")
    page.keyboard.press("/")
    page.keyboard.type("EYE")
    page.wait_for_selector(".hit")
    says(page, ".hit", "looks like an <b>eye</b>")
    page.locator(".hit").click()
    page.wait_for_selector(".nine")
    soon(viewer.hash, "#/u/4:7")


def test_a_class_has_its_images_its_units_and_its_logit(viewer: Viewer, small_atlas: Atlas) -> None:
    told = read_script(small_atlas.path / "data" / "classes" / "0.js")["classes"]["4"]
    page = viewer.open("#/c/plain")
    page.wait_for_selector(".thumbs li")
    says(page, ".lead", "label 4 · 4 images · logit 7:4")
    soon(page.locator(".thumbs li").count, 4)
    panel = page.locator(".panel", has_text="Units of 4 that answer to it")
    numbers = [text.split()[-1] for text in panel.locator(".tiles b").all_inner_texts()]
    assert numbers == [str(unit) for unit, _, _ in told[1]]
    layer = small_atlas.layer("4")
    own = [np.flatnonzero(small_atlas.record("4").images[int(unit)] % 5 == 4) for unit in numbers]
    assert any(len(ranks) and ranks[0] for ranks in own)
    for unit, ranks, tile in zip(numbers, own, panel.locator(".tiles .tile").all(), strict=True):
        sprite = small_atlas.manifest["paths"]["sprite"].format(layer=layer.id, channel=unit)
        # By its strongest patch of the class, which is in its own picture unless it is the strongest of all.
        soon(lambda: (sprite in tile.get_attribute("style")) == bool(len(ranks) and ranks[0]))  # noqa: B023
    soon(lambda: page.locator(".pair-link").get_attribute("href"), "#/u/7:4")
    page.locator(".joints a").first.click()
    page.wait_for_selector(".nine")
    outputs = page.locator(".panel", has_text="Strongest outputs")
    name = outputs.locator("a.logit").first
    assert name.get_attribute("href").startswith("#/c/")
    page = viewer.open("#/c/plain")
    page.locator(".trail a", has_text="Classes").click()
    page.wait_for_selector(".class-list li")
    assert "#/c/plain" in [one.get_attribute("href") for one in page.locator(".class-list a").all()]
    page = viewer.open("#/c/nothing")
    says(page, "main", "No such class")


def test_top_classes_lead_to_their_pages(viewer: Viewer) -> None:
    page = viewer.open("#/u/4:7")
    page.wait_for_selector(".bars a")
    name = page.locator(".bars a").first.inner_text()
    page.locator(".bars a").first.click()
    page.wait_for_selector(".class-page")
    soon(lambda: page.inner_text("h1"), name)


def test_units_are_walked_by_arrows_and_opened(viewer: Viewer) -> None:
    page = viewer.open("#/l/4")
    page.wait_for_selector(".virtual li")
    for key in ("ArrowRight", "ArrowRight", "l"):
        page.keyboard.press(key)
    soon(lambda: number(page, ".virtual .current b"), 2)
    page.keyboard.press("ArrowDown")
    columns = number(page, ".virtual .current b") - 2
    assert columns >= 2
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector(".nine")
    soon(viewer.hash, f"#/u/4:{columns + 7}")
    page.keyboard.press("Escape")
    page.wait_for_selector(".virtual .current")
    soon(lambda: number(page, ".virtual .current b"), columns + 7)


def test_last_unit_is_reached_and_only_near_ones_exist(viewer: Viewer) -> None:
    page = viewer.open("#/l/4")
    page.wait_for_selector(".virtual li")
    assert page.locator(".virtual li").count() < UNITS
    page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    viewer.until(f"document.activeElement.closest('li')?.dataset.index === '{UNITS - 1}'")


def test_neighbouring_units_and_layers_by_keys(viewer: Viewer) -> None:
    page = viewer.open("#/u/4:7")
    page.keyboard.press("ArrowRight")
    soon(viewer.hash, "#/u/4:8")
    page.keyboard.press("h")
    page.keyboard.press("H")
    soon(viewer.hash, "#/u/4:2")
    page.keyboard.press("[")
    soon(viewer.hash, "#/u/1:2")
    page.keyboard.press("x")
    page.wait_for_selector("h1")
    soon(lambda: viewer.hash().startswith("#/u/"))


def test_neighbours_are_there_before_their_keys(viewer: Viewer) -> None:
    asked: list[str] = []
    viewer.page.on("request", lambda request: asked.append(request.url))
    page = viewer.open("#/u/4:65")
    page.wait_for_selector(".joints")
    page.wait_for_timeout(300)
    for unit in (64, 66):
        assert any(url.endswith(f"01-4/{unit}.webp") for url in asked), unit
    page = viewer.open("#/u/4:63")  # the next unit is in another script
    page.wait_for_timeout(300)
    assert any(url.endswith("layers/01-4/1.js") for url in asked)
    assert any(url.endswith("01-4/64.webp") for url in asked)


def test_keys_that_follow_fast_draw_the_rest_once_they_pause(viewer: Viewer) -> None:
    page = viewer.open("#/u/4:7")
    page.wait_for_selector(".joints")
    # All within one task, in which no timer can run: however slow the machine is, the keys have not paused yet.
    shown = page.evaluate(
        """(async () => {
          const below = () => document.querySelector(".details").innerText;
          const before = window.before = below();
          const found = [];
          for (let i = 0; i < 6; i += 1) {
            document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true}));
            for (let tick = 0; tick < 50; tick += 1) await null;
            found.push(document.querySelector("h1").innerText, below() === before);
          }
          return found;
        })()"""
    )
    assert shown == [part for unit in range(8, 14) for part in (f"4:{unit}", True)]
    soon(viewer.hash, "#/u/4:13")
    viewer.until("document.querySelector('.details').innerText !== window.before")


def test_a_walk_is_one_step_back(viewer: Viewer) -> None:
    page = viewer.open("#/l/4")
    page.wait_for_selector(".virtual li")
    page.locator(".virtual li a").nth(7).click()
    page.wait_for_selector(".nine")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    soon(viewer.hash, "#/u/4:11")
    page.go_back()
    viewer.until("location.hash === '#/u/4:7'")
    soon(lambda: page.inner_text("h1"), "4:7")
    page.go_back()
    viewer.until("location.hash.startsWith('#/l/4')")
    page.go_forward()
    viewer.until("document.querySelector('h1').innerText === '4:7'")


def test_a_key_held_down_is_followed_to_the_end(viewer: Viewer) -> None:
    """Browsers ignore addresses that change too often: what is shown must not depend on theirs."""
    page = viewer.open("#/u/4:0")
    page.wait_for_selector(".joints")
    last = f"4:{UNITS - 1}"
    # A key that comes before the page has drawn the last leads where that led: how many it takes is the machine's.
    page.evaluate(
        f"""(async () => {{
          const shown = () => document.querySelector("h1")?.innerText;
          for (let i = 0; i < 400 || (i < 5000 && shown() !== "{last}"); i += 1) {{
            document.body.dispatchEvent(new KeyboardEvent("keydown", {{key: "ArrowRight", bubbles: true}}));
            await new Promise((done) => setTimeout(done, 5));
          }}
        }})()"""
    )
    viewer.until(f"document.querySelector('h1').innerText === '{last}'")
    viewer.until(f"location.hash === '#/u/{last}'")
    page.keyboard.press("ArrowLeft")
    viewer.until(f"location.hash === '#/u/4:{UNITS - 2}'")


def test_going_to_a_unit_by_its_name(viewer: Viewer) -> None:
    page = viewer.open()
    page.keyboard.press("g")
    page.keyboard.type("4:77")
    page.keyboard.press("Enter")
    page.wait_for_selector(".nine")
    soon(viewer.hash, "#/u/4:77")
    page.keyboard.press("g")
    page.keyboard.type("nowhere:1")
    page.keyboard.press("Enter")
    says(page, ".search", "Nothing in this atlas has “nowhere:1” in its name. Its layers: 1, 4, 7")
    soon(viewer.hash, "#/u/4:77")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("12")  # a number alone is a unit of the layer that is shown
    page.keyboard.press("Enter")
    viewer.until("location.hash === '#/u/4:12'")
    page = viewer.open()
    page.keyboard.press("/")
    page.keyboard.type("3")  # and of every layer where none is shown
    page.wait_for_selector(".hits [aria-label=Unit]")
    found = page.locator(".hits [aria-label=Unit] .hit").all()
    assert [one.get_attribute("href") for one in found] == ["#/u/1:3", "#/u/4:3", "#/u/7:3"]


@BOTH
def test_numbers_shown_equal_the_store(viewer: Viewer, small_atlas: Atlas) -> None:
    unit = small_atlas.unit("4:7")
    page = viewer.open("#/u/4:7")
    page.wait_for_selector(".cell")
    shown = [cell.get_attribute("aria-label") for cell in page.locator(".panel-9").first.locator(".cell").all()]
    assert len(shown) == 9
    for label, value, name in zip(shown, unit.values.tolist(), unit.names, strict=True):
        found = re.search(r"activation ([^,]+),", label)
        assert found
        assert float(found[1]) == pytest.approx(value, rel=5e-4)
        assert name in label
    stats = page.inner_text(".stats").split()
    assert float(stats[stats.index("Maximum") + 1]) == pytest.approx(unit.maximum, rel=5e-4)
    assert float(stats[stats.index("Active") + 1]) == pytest.approx(100 * unit.active, rel=5e-4)
    nearest = page.locator(".panel", has_text="Nearest units").locator(".tiles li b").all_inner_texts()
    assert [text.split()[-1] for text in nearest] == [str(other.channel) for other, _ in unit.nearest]


def test_hovering_marks_the_partner_and_the_field(viewer: Viewer, small_atlas: Atlas) -> None:
    page = viewer.open("#/u/4:7")
    page.wait_for_selector(".cell")
    active = page.locator(".cell.active")
    point(page.locator(".panel-9").nth(1).locator(".cell").nth(4), active.count, 2)
    assert [cell.evaluate("e => [...e.parentElement.children].indexOf(e)") for cell in active.all()] == [4, 4]
    box = small_atlas.unit("4:7").boxes[4].tolist()
    field = page.locator(".looked rect.field")
    assert [float(field.get_attribute(key)) for key in ("y", "x")] == box[:2]
    assert float(field.get_attribute("width")) == box[3] - box[1]


def test_lightbox_by_keyboard(viewer: Viewer) -> None:
    page = viewer.open("#/u/4:7")
    page.wait_for_selector(".cell")
    page.keyboard.press("3")
    page.wait_for_selector(".lightbox")
    soon(lambda: "n=3" in viewer.hash())
    page.keyboard.press("ArrowRight")
    soon(lambda: "n=4" in viewer.hash())
    page.keyboard.press("o")
    slider = page.locator(".slider input")
    slider.fill("80")
    soon(lambda: page.locator(".over").evaluate("e => e.style.opacity"), "0.8")
    page.keyboard.press("Escape")
    page.wait_for_selector(".lightbox", state="detached")
    soon(viewer.hash, "#/u/4:7")
    page.keyboard.press("2")
    page.keyboard.press("f")
    soon(page.locator(".lightbox .whole").count, 1)
    page.keyboard.press("f")
    page.keyboard.press("+")
    soon(page.locator(".zoom output").inner_text, "150 %")


def test_links_lead_back_to_the_same_view(viewer: Viewer) -> None:
    page = viewer.open("#/l/4?view=photos&sort=maximum&alive=alive&low=0.2")
    page.wait_for_selector(".virtual li")
    first = captions(page)[:5]
    order = page.locator(".count").inner_text()
    link = page.evaluate("location.href")
    page.goto("about:blank")
    page.goto(link)
    page.wait_for_selector(".virtual li")
    soon(lambda: captions(page)[:5], first)
    soon(page.locator(".count").inner_text, order)
    soon(lambda: page.get_by_role("button", name="Photos").get_attribute("aria-pressed"), "true")


def test_sorting_and_filters_count(viewer: Viewer, small_atlas: Atlas) -> None:
    record = small_atlas.record("4")
    page = viewer.open("#/l/4")
    page.wait_for_selector(".virtual li")
    page.get_by_label("Sort").select_option("mean")
    best = record.mean.argsort(kind="stable")[::-1][:3]
    soon(lambda: captions(page)[:3], [str(unit) for unit in best])
    dead = int(record.dead.sum())
    page.get_by_role("button", name=f"Dead {dead}").click()
    soon(page.locator(".count").inner_text, f"{dead} of {UNITS}")
    page.get_by_role("button", name="All ").click()
    page.get_by_label("Maximum at least").fill("0.9")
    soon(page.locator(".count").inner_text, f"{int((record.maximum >= 0.9).sum())} of {UNITS}")
    page.get_by_label("Maximum at least").fill("9000")
    says(page, "main", "No unit passes")


def test_all_units_are_sorted_by_likeness_to_one(viewer: Viewer, small_atlas: Atlas) -> None:
    told = read_script(small_atlas.path / "data" / "alike" / "01-4.js")
    codes = np.frombuffer(base64.b64decode(told["codes"]), np.int8).reshape(UNITS, -1).astype(int)
    products = codes @ codes[7]
    dead = np.flatnonzero(~codes.any(axis=1)).tolist()
    # The nearest are those of the unit's own page, with the same numbers; the compact form orders the others.
    nearest = small_atlas.unit("4:7").nearest
    first = [7, *(unit.channel for unit, _ in nearest)]
    others = np.argsort(-np.minimum(told["scale"] ** 2 * products, nearest[-1][1]), kind="stable").tolist()
    order = [*first, *(unit for unit in others if unit not in first and unit not in dead), *dead]
    page = viewer.open("#/l/4?sort=similar&near=7")
    page.wait_for_selector(".virtual li")
    viewer.until("document.querySelector('.virtual li b').innerText.endsWith('7')")
    viewer.until("document.querySelector('.measure') !== null")
    says(page, ".measure", "correlation of strongest responses in 24 images")
    shown = captions(page)
    assert shown == [str(unit) for unit in order[: len(shown)]]
    assert len(shown) > 13
    numbers = page.locator(".virtual li .caption > span").all_inner_texts()
    assert numbers[1:13] == [f"{similarity:.2f}" for _, similarity in nearest]
    literal = np.corrcoef(codes[[7, order[13]]])[0, 1]
    assert float(numbers[13]) == pytest.approx(min(literal, nearest[-1][1]), abs=0.05)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    viewer.until(f"document.activeElement.closest('li')?.dataset.index === '{UNITS - 1}'")
    soon(lambda: captions(page)[-3:], [str(unit) for unit in order[-3:]])
    soon(page.locator(".virtual li .caption > span").last.inner_text, "dead")


def test_units_are_sorted_by_their_likeness_to_their_controls(viewer: Viewer, small_atlas: Atlas) -> None:
    told = read_script(small_atlas.path / "data" / "controls" / "01-4.js")["similarity"]
    order = sorted((unit for unit, value in enumerate(told) if value is not None), key=lambda unit: -told[unit])
    page = viewer.open("#/l/4")
    page.wait_for_selector(".virtual li")
    says(page, ".lead", f"like control {small_atlas.layer('4').likeness:.2f}")
    page.get_by_label("Sort").select_option("control")
    viewer.until(f"document.querySelector('.virtual li b').innerText.endsWith('{order[0]}')")
    soon(lambda: captions(page)[:5], [str(unit) for unit in order[:5]])
    numbers = page.locator(".virtual li .caption > span").all_inner_texts()
    assert numbers[:5] == [f"{told[unit]:.2f}" for unit in order[:5]]


@pytest.mark.parametrize("address", ["http"], indirect=True)  # files from disk cannot be held back
def test_units_are_not_ordered_by_half_of_what_is_known(viewer: Viewer, small_atlas: Atlas) -> None:
    late = []
    viewer.page.route("**/layers/01-4/0.js", lambda route: late.append(route))
    page = viewer.open("#/l/4?sort=similar&near=7")
    page.wait_for_selector(".virtual li")
    page.wait_for_timeout(300)  # the other file, of all units, has long arrived
    assert late
    assert page.locator(".measure").count() == 0
    for route in late:
        route.continue_()
    viewer.until("document.querySelector('.measure') !== null")
    nearest = [str(unit.channel) for unit, _ in small_atlas.unit("4:7").nearest]
    soon(lambda: captions(page)[:13], ["7", *nearest])


def test_a_layer_as_a_map_shows_every_unit_that_varies(viewer: Viewer, small_atlas: Atlas) -> None:
    dead = int(small_atlas.record("4").dead.sum())
    page = viewer.open("#/l/4?sort=map")
    page.wait_for_selector(".mini")
    shown = [item.get_attribute("aria-label") for item in page.locator(".mini").all()]
    assert len(set(shown)) == len(shown) == UNITS - dead
    point(page.locator(".mini").nth(3), lambda: page.inner_text(".map-look h2"), shown[3])
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    soon(lambda: page.inner_text(".map-look h2"), shown[1])
    page.keyboard.press("Enter")
    page.wait_for_selector(".nine")
    soon(viewer.hash, "#/u/4:" + shown[1].removeprefix("Unit "))


@BOTH
def test_marked_units_and_notes_are_kept_and_saved(viewer: Viewer) -> None:
    page = viewer.open("#/u/4:7")
    page.wait_for_selector(".joints")
    page.keyboard.press("m")
    soon(lambda: page.get_by_role("button", name="Mark this unit").get_attribute("aria-pressed"), "true")
    page.get_by_label("Note on 4:7").fill("<b>edges</b>")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    viewer.until("document.querySelector('.details textarea').value === ''")
    page.get_by_label("Note on 4:8").fill("corners")
    page.reload()
    page.wait_for_selector(".joints")
    assert page.get_by_label("Note on 4:8").input_value() == "corners"
    page = viewer.open("#/l/4")
    page.wait_for_selector(".virtual li")
    soon(page.locator(".virtual .star").count, 2)
    page.get_by_role("button", name="Marked 2").click()
    soon(lambda: captions(page), ["7★", "8★"])
    soon(lambda: "marked=1" in viewer.hash())
    page = viewer.open("#/")
    page.wait_for_selector(".marked")
    soon(page.locator(".marked .clamp").all_inner_texts, ["<b>edges</b>", "corners"])
    with page.expect_download() as download:
        page.get_by_role("button", name="Save notes").click()
    saved = download.value.path().read_text()
    assert json.loads(saved)["notes"] == {"4:7": "<b>edges</b>", "4:8": "corners"}
    theirs = saved.replace("corners", "corners of windows")
    page.set_input_files(".marked input", {"name": "n.json", "mimeType": "application/json", "buffer": theirs.encode()})
    viewer.until("document.querySelector('.marked').innerText.includes('windows')")


def test_range_of_maxima_is_dragged(viewer: Viewer, small_atlas: Atlas) -> None:
    maximum = small_atlas.record("4").maximum
    page = viewer.open("#/l/4")
    page.wait_for_selector(".spread")
    box = page.locator(".spread").bounding_box()
    page.mouse.move(box["x"] + 0.55 * box["width"], box["y"] + 9)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 9, steps=3)
    page.mouse.up()
    low, high = (float(page.get_by_label(f"Maximum at {end}").input_value()) for end in ("least", "most"))
    assert 0.4 < (low - maximum.min()) / np.ptp(maximum) < (high - maximum.min()) / np.ptp(maximum) < 0.9
    soon(page.locator(".count").inner_text, f"{int(((maximum >= low) & (maximum <= high)).sum())} of {UNITS}")


def test_photos_are_shown_in_their_images(viewer: Viewer, small_atlas: Atlas) -> None:
    page = viewer.open("#/u/4:7")
    page.wait_for_selector(".cell")
    page.keyboard.press("f")
    soon(viewer.hash, "#/u/4:7?rf=whole")
    boxes = page.locator(".panel-9").first.locator("rect.field").all()
    shown = [[float(box.get_attribute(key)) for key in ("y", "x")] for box in boxes]
    assert shown == small_atlas.unit("4:7").boxes[:, :2].tolist()
    page.keyboard.press("ArrowRight")
    soon(viewer.hash, "#/u/4:8?rf=whole")
    page.get_by_role("button", name="Zoom", exact=True).click()
    soon(viewer.hash, "#/u/4:8")


def test_pictures_are_cut_to_where_the_projection_is_and_the_whole_field_is_a_key_away(
    viewer: Viewer, small_atlas: Atlas
) -> None:
    record = small_atlas.record("4")
    unit = next(u for u in range(UNITS) if record.content[u, 0, 2] - record.content[u, 0, 0] <= 10 and u != 3)
    box, part = record.boxes[unit, 0], record.content[unit, 0]
    page = viewer.open(f"#/u/4:{unit}")
    page.wait_for_selector(".cell")

    def width() -> float:  # of the sprite, in cells: how much of a cell is shown
        style = page.locator(".cell .tile").first.evaluate("e => [e.style.backgroundSize, e.style.width]")
        total, one = (float(re.match(r"[\d.]+", text)[0]) for text in style)
        return one / total * 6

    assert width() == pytest.approx((part[3] - part[1]) / (box[3] - box[1]), rel=0.02)
    dashed = page.locator(".looked rect.part")
    assert [float(dashed.get_attribute(key)) for key in ("y", "x")] == part[:2].tolist()
    page.keyboard.press("z")
    soon(viewer.hash, f"#/u/4:{unit}?rf=field")
    assert width() == pytest.approx(1, rel=0.01)
    page.keyboard.press("z")
    soon(viewer.hash, f"#/u/4:{unit}")


def test_a_bin_leads_to_its_example_or_to_lower_responses(viewer: Viewer, small_atlas: Atlas) -> None:
    told = read_script(small_atlas.path / "data" / "extras" / "01-4" / "0.js")["units"]
    unit = next(i for i, one in enumerate(told) if any(band["samples"] for band in one["bands"]))
    page = viewer.open(f"#/u/4:{unit}")
    page.wait_for_selector(".joints")
    page.locator(".histogram a").last.click()
    page.wait_for_selector(".lightbox")
    soon(viewer.hash, f"#/u/4:{unit}?n=1")
    page.keyboard.press("Escape")
    page.locator(".histogram a[href*=share]").first.click()
    page.wait_for_selector(".band.here")
    soon(lambda: "share=" in viewer.hash())


def test_likeness_to_the_control_is_a_filter_and_said_where_it_is_high(viewer: Viewer, small_atlas: Atlas) -> None:
    told = read_script(small_atlas.path / "data" / "controls" / "01-4.js")["similarity"]
    like = [unit for unit, value in enumerate(told) if value is not None and value > 0.9]
    page = viewer.open("#/l/4?like=like")
    viewer.until(f"document.querySelector('.count')?.innerText === '{len(like)} of {UNITS}'")
    unit = max(range(UNITS), key=lambda one: told[one] or 0)
    page = viewer.open(f"#/u/4:{unit}")
    page.wait_for_selector(".control")
    said = page.locator(".panel", has_text="random signal").inner_text()
    assert f"{told[unit]:.2f}" in said
    assert ("it says where, hardly what" in said) == (told[unit] > 0.9)
    page.locator(".how summary").click()
    says(page, ".how", "padding")


def test_pointing_at_the_map_looks_and_does_not_choose(viewer: Viewer) -> None:
    page = viewer.open("#/l/4?sort=map&at=7")
    page.wait_for_selector(".map-look h2")
    soon(lambda: page.inner_text(".map-look h2"), "Unit 7")
    other = page.locator(".virtual li a").nth(30)
    name = other.get_attribute("aria-label")
    point(other, lambda: page.inner_text(".map-look h2"), name)
    soon(lambda: page.locator(".virtual .current a").get_attribute("aria-label"), "Unit 7")
    page.mouse.move(2, 2)
    viewer.until("document.querySelector('.map-look h2').innerText === 'Unit 7'")


def test_the_lightbox_zooms_at_the_pointer_and_is_moved_by_dragging(viewer: Viewer) -> None:
    page = viewer.open("#/u/4:7?n=1&rf=field")
    page.wait_for_selector(".large-pair")
    tiles = page.locator(".large-pair .tile")
    box = tiles.first.bounding_box()

    def corner() -> list[float]:  # what is shown first, in pixels of the cells
        text = tiles.first.evaluate("e => e.style.backgroundPosition + ' ' + e.style.backgroundSize")
        x, y, width, _ = (float(found) for found in re.findall(r"-?[\d.]+", text))
        return [-x / width, -y / width, width]

    start = corner()
    page.mouse.move(box["x"] + 1, box["y"] + 1)  # the upper left corner stays where it is
    page.mouse.wheel(0, -100)
    page.mouse.wheel(0, -100)
    viewer.until("document.querySelector('.zoom output').innerText === '132 %'")
    now = corner()
    assert now[2] == pytest.approx(start[2] * 1.3225, rel=0.01)
    assert now[:2] == pytest.approx(start[:2], abs=0.002)
    page.mouse.move(box["x"] + 90, box["y"] + 90)
    page.mouse.down()
    page.mouse.move(box["x"] - 40, box["y"] - 40, steps=4)  # beyond the dialog: that is no click beside it
    page.mouse.up()
    assert corner()[0] > now[0]
    assert tiles.nth(0).evaluate("e => e.style.backgroundSize") == tiles.nth(1).evaluate("e => e.style.backgroundSize")
    assert tiles.first.bounding_box()["width"] == box["width"]


def test_overlay_opens_on_the_example_looked_at_and_has_an_address(viewer: Viewer) -> None:
    page = viewer.open("#/u/4:7")
    page.wait_for_selector(".cell")
    point(page.locator(".cell").nth(2), page.locator(".cell.active").count, 2)
    page.keyboard.press("o")
    page.wait_for_selector(".overlay")
    soon(viewer.hash, "#/u/4:7?n=3&as=overlay")
    page.reload()
    page.wait_for_selector(".overlay")
    page.keyboard.press("o")
    soon(page.locator(".large-pair").count, 1)


@BOTH
def test_buttons_copy_link_citation_and_embedding(viewer: Viewer) -> None:
    viewer.page.add_init_script(
        """Object.defineProperty(navigator, "clipboard", {
          value: {writeText: async (text) => { window.copied = text; }},
        });"""
    )
    page = viewer.open("#/u/4:7")
    page.wait_for_selector(".actions")
    page.keyboard.press("c")
    viewer.until("window.copied === location.href")
    page.get_by_role("button", name="Copy citation").click()
    viewer.until("window.copied.startsWith('@misc{convscope-01-4-7')")
    page.get_by_role("button", name="Share…").click()
    page.get_by_role("button", name="Copy embed code").click()
    viewer.until("window.copied.startsWith('<iframe')")
    # What other pages took before: this very page, told to show a unit alone.
    address = page.evaluate("location.href") + "?embed=1"
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_selector(".nine")
    assert page.locator(".top, .actions, .details").count() == 0
    soon(lambda: page.locator(".source a").get_attribute("href"), "#/u/4:7")
    page.goto(address.replace("embed=1", "embed=all"))
    page.wait_for_selector(".details")


def test_weights_lead_to_other_units(viewer: Viewer) -> None:
    page = viewer.open("#/u/4:7")
    page.wait_for_selector(".joints")
    inputs = page.locator(".panel", has=page.get_by_text("Strongest inputs", exact=True))
    soon(inputs.locator("li").count, 8)
    inputs.locator("a").first.click()
    page.wait_for_selector(".nine")
    soon(lambda: viewer.hash().startswith("#/u/1:"))
    inputs = page.locator(".panel", has_text="Strongest inputs").locator(".joint-name")  # of the image
    soon(lambda: sorted(inputs.all_inner_texts()), ["blue", "green", "red"])


@BOTH
def test_images_and_their_strongest_units(viewer: Viewer) -> None:
    page = viewer.open("#/images")
    page.wait_for_selector(".virtual li")
    says(page, ".count", "24 of 24")
    page.locator("#search").fill("right-to-left")
    viewer.until("document.querySelector('.count').innerText !== '24 of 24'")
    page.goto(viewer.address + "#/i/2")
    page.wait_for_selector(".image-page .tiles li")
    point(page.locator(".image-page .tiles li").first, page.locator("rect.field").count, 1)
    says(page, ".looked", "Translation")


def test_two_units_are_compared_with_linked_selection(viewer: Viewer) -> None:
    page = viewer.open("#/compare?a=4:7&b=4:7")
    page.wait_for_selector(".half .cell")
    says(page, "main", "9 images of 9 in common")
    point(page.locator(".half").first.locator(".cell").nth(2), page.locator(".cell.active").count, 4)


@BOTH
def test_two_atlases_are_compared(viewer: Viewer) -> None:
    page = viewer.open("#/compare?a=4&b=4&with=other")
    page.get_by_role("button", name="Side by side").click()
    page.wait_for_selector(".half .virtual li")
    soon(lambda: page.locator(".half").nth(1).inner_text().startswith("4 in other"))
    point(page.locator(".half").first.locator("button").nth(3), page.locator(".virtual .current").count, 2)
    page.locator(".half").first.locator("button").nth(5).click()
    page.wait_for_selector(".half .cell")
    soon(lambda: "with=other" in viewer.hash())


@BOTH
def test_experiments_show_figure_and_table(viewer: Viewer) -> None:
    page = viewer.open("#/e")
    page.wait_for_selector(".experiments a")
    page.locator(".experiments a").first.click()
    page.wait_for_selector("table")
    soon(page.locator("td").all_inner_texts, ["1", "0.25", HOSTILE[4], "4", "0.5", ""])
    soon(lambda: page.locator(".result img").evaluate("e => e.complete && e.naturalWidth"), 40)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    assert download.value.path().read_text().splitlines()[0] == "layer,distance,note"


def test_covering_is_looked_at_place_by_place(viewer: Viewer) -> None:
    page = viewer.open("#/e")
    page.wait_for_selector(".experiments a")
    squares, fed = (page.locator(".experiments a", has_text=name) for name in ("Squares", "What fed 4:7"))
    shown = [float(one.get_attribute("opacity")) for one in squares.locator(".loss").all()]
    assert shown == pytest.approx([0.75 * share for share in (0, 0.12, 1, 0.5)])
    soon(lambda: squares.locator("image").get_attribute("href").rpartition("/")[2], "2.webp")
    soon(fed.locator("path").count, 2)
    assert fed.locator("img").count() == squares.locator("img").count() == 0
    page = viewer.open("#/e/squares")
    page.wait_for_selector(".covered .loss")
    shades = [float(one.get_attribute("opacity")) for one in page.locator(".loss").all()]
    assert shades == pytest.approx([0.75 * share for share in (0, 1 / 8, 1, 0.5)])
    says(page, ".covered-told p", "0.9 uncovered, 0.1 with rows 24 to 48, columns 0 to 24 covered")
    frame = page.locator(".covered svg").bounding_box()
    page.mouse.move(frame["x"] + 0.75 * frame["width"], frame["y"] + 0.2 * frame["height"])
    says(page, ".covered-told p", "0.8 with rows 0 to 24, columns 24 to 48 covered.")
    soon(lambda: page.locator(".covered rect.field").get_attribute("x"), "24")
    page.get_by_label("Place of the square").fill("3")
    says(page, ".covered-told p", "0.5 with rows 24 to 48, columns 24 to 48")
    page.get_by_role("button", name="4:7").click()
    soon(lambda: page.inner_text(".covered-told p").startswith("4:7"))
    soon(lambda: page.locator(".covered-told a").get_attribute("href"), "#/i/2")


def test_units_and_classes_say_what_needs_them(viewer: Viewer) -> None:
    page = viewer.open("#/u/4:7")
    page.wait_for_selector("text=Classes that need this unit")
    rows = page.locator(".panel", has_text="Classes that need this unit").locator("li")
    assert [row.inner_text().split() for row in rows.all()] == [["plain", "tested:", "holds", "-0.75", "(-0.5)"]]
    rows.first.locator("a").click()
    page.wait_for_selector("text=Units that it needs")
    soon(viewer.hash, "#/c/plain")
    needed = page.locator(".panel", has_text="Units that it needs").locator(".bar-name").all_inner_texts()
    assert [one.split("\n") for one in needed] == [["4:9", "not tested"], ["4:7", "tested: holds"]]


def test_units_of_a_layer_are_sorted_by_what_silencing_them_does(viewer: Viewer) -> None:
    page = viewer.open("#/l/4")
    page.wait_for_selector(".unit .caption")
    page.get_by_label("Sort").select_option("lost")
    viewer.until("document.querySelector('.unit .caption').innerText.includes('50 %')")
    shown = [text.split() for text in page.locator(".unit .caption").all_inner_texts()]
    assert shown[0][-3:] == ["7", "50", "%"]
    assert shown[1][-3:] == ["9", "25", "%"]
    soon(lambda: "sort=lost" in viewer.hash())


def test_units_and_images_say_what_fed_them(viewer: Viewer) -> None:
    page = viewer.open("#/u/4:7")
    page.wait_for_selector(".caused-graph li")
    usual = page.locator(".panel", has_text="What usually feeds it")
    assert [text.split() for text in usual.locator("li").all_inner_texts()] == [["1", ":2", "+1.5"]]
    nodes = page.locator(".caused-graph li")
    assert [text.split() for text in nodes.all_inner_texts()] == [["7", "3"], ["2", "+2.75"], ["0", "-0.25"]]
    soon(nodes.locator(".tile").count, 6)
    soon(page.locator(".caused-graph path").count, 2)
    says(page, ".caused-sums", "3 is 2.5 from 1, 0.5 from biases.")
    page.locator(".caused-heads a").click()
    page.wait_for_selector("text=What fed units here")
    soon(viewer.hash, "#/i/2")
    soon(page.locator(".caused-graph li").count, 3)
    assert page.locator(".caused-heads span").all_inner_texts() == ["4", "1"]
    page.get_by_role("link", name="All of it").click()
    soon(viewer.hash, "#/e/fed")
    soon(page.locator(".caused-graph li").count, 3)


@BOTH
def test_unit_is_taken_away_as_files(viewer: Viewer, small_atlas: Atlas) -> None:
    page = viewer.open("#/u/4:7")
    page.wait_for_selector(".actions")
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()
    found = json.loads(download.value.path().read_text())
    assert found["unit"] == "4:7"
    assert found["values"] == [float(str(v)) for v in small_atlas.unit("4:7").values]
    # From disk as well: the picture comes as a script there.
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG").click()
    with Image.open(download.value.path()) as picture:
        assert picture.width > 800
    with page.expect_download() as download:
        page.get_by_role("button", name="SVG").click()
    drawn = download.value.path().read_text()
    assert "data:image/png;base64" in drawn
    assert "file:" not in drawn


def test_page_from_disk_says_why_it_cannot_save_pictures(chromium: Any, small_atlas: Atlas, tmp_path: Path) -> None:
    """An atlas whose pictures are too many to be kept twice."""
    made = export.plan_export(small_atlas, layers=["4"], portable=False)
    export.export_folder(made, tmp_path / "large")
    assert not (tmp_path / "large" / "data" / "sprites").exists()
    context = chromium.new_context()
    viewer = watch(context.new_page(), (tmp_path / "large" / "index.html").as_uri())
    page = viewer.open("#/u/4:7")
    page.wait_for_selector(".actions")
    page.get_by_role("button", name="PNG").click()
    page.wait_for_selector("text=Pictures of a page opened from disk")
    says(page, ".modal", "--portable")
    context.close()
    assert viewer.problems == []


def test_missing_pictures_are_named(chromium: Any, small_atlas: Atlas, tmp_path: Path) -> None:
    export.export_folder(export.plan_export(small_atlas, layers=["4"]), tmp_path / "part")
    (tmp_path / "part" / "pictures" / "01-4" / "7.webp").unlink()
    for path in (tmp_path / "part" / "pictures" / "images").rglob("*.webp"):
        path.unlink()
    page = chromium.new_page()
    page.goto((tmp_path / "part" / "index.html").as_uri() + "#/u/4:7")
    page.wait_for_selector(".missing-picture")
    says(page, ".missing-picture", "pictures/01-4/7.webp is missing")
    page.wait_for_selector(".looked text")
    soon(lambda: "image is missing" in page.text_content(".looked .whole"))
    page.close()


def test_dead_and_missing_units_say_so(viewer: Viewer) -> None:
    page = viewer.open("#/u/4:3")
    page.wait_for_selector(".empty")
    says(page, "main", "zero at every position")
    for hash_, words in (
        ("#/u/4:999", "No such unit"),
        ("#/l/nope", "No such layer"),
        ("#/l/0", "build it again with --layers"),
        ("#/zzz", "Not here"),
        ("#/i/999", "Not in this atlas"),
        ("#/u/%E0%A4%A", "No such unit"),
    ):
        page = viewer.open(hash_)
        says(page, "main", words)


def test_help_lists_keys_and_returns_the_focus(viewer: Viewer) -> None:
    page = viewer.open("#/u/4:7")
    page.locator(".cell").first.focus()
    page.keyboard.press("?")
    page.wait_for_selector(".help")
    page.keyboard.press("ArrowRight")
    soon(viewer.hash, "#/u/4:7")
    page.keyboard.press("Escape")
    # The focus goes back once the dialog has left the page.
    viewer.until("document.activeElement.className.startsWith('cell')")


@BOTH
def test_dark_is_kept(viewer: Viewer) -> None:
    page = viewer.open()
    before = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.keyboard.press("d")
    soon(lambda: page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != before)
    after = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.reload()
    page.wait_for_selector("h1")
    soon(lambda: page.evaluate("getComputedStyle(document.documentElement).backgroundColor"), after)
