"""Images and the units that respond to them; units that travel by link, in one file, as a picture, in other pages."""

import functools
import html
import http.server
import json
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convscope.atlas import export
from convscope.atlas.reading import Atlas
from convscope.atlas.sprites import SpriteGrid, decode_picture, take_apart
from convscope.atlas.web import read_script
from tests.web.conftest import BOTH, Viewer, point, says, soon, watch
from tests.web.test_hosts import server

__all__ = ["server"]

CLIPBOARD = (
    'Object.defineProperty(navigator, "clipboard", {value: {writeText: async (text) => { window.copied = text; }}});'
)


# -- what units take from an image ------------------------------------------------------------------------------------


def tiles_of(page: Any, layer: str) -> Any:
    """The units of a layer that respond most to an image."""
    heading = page.get_by_role("heading", name=layer, exact=True)
    return page.locator(".image-page section", has=heading).locator(".tiles").first


def test_an_image_shows_what_units_take_from_it(viewer: Viewer, small_atlas: Atlas) -> None:
    taken = read_script(small_atlas.path / "data" / "taken" / "2.js")["layers"]
    strong = read_script(small_atlas.path / "data" / "profiles" / "0.js")["images"]["2"]["layers"]
    page = viewer.open("#/i/2")
    page.wait_for_selector(".image-page .tile.projection[style*='taken-2.webp']")
    tiles = tiles_of(page, "4").locator("li")
    assert tiles.count() == len(strong[1]) == len(taken[1])
    for place, (y0, x0, y1, x1, _) in enumerate(taken[1]):
        shown = tiles.nth(place)
        assert shown.locator(".cut").get_attribute("viewBox") == f"{x0} {y0} {x1 - x0} {y1 - y0}"
        assert "taken-2.webp" in shown.locator(".tile").get_attribute("style")
    # Pointed at, the projection lies in its place in the photo, and its scale is said.
    laid = page.locator("svg.laid")
    point(tiles.nth(0), laid.count, 1)
    assert [laid.get_attribute(name) for name in ("x", "y")] == [str(taken[1][0][1]), str(taken[1][0][0])]
    says(page, ".looked figcaption", "black and white ±")
    page.keyboard.press("e")
    soon(lambda: laid.evaluate("e => getComputedStyle(e).filter"), "contrast(2)")


def test_an_image_says_what_the_network_answers(viewer: Viewer, small_atlas: Atlas) -> None:
    shard = read_script(small_atlas.path / "data" / "profiles" / "0.js")
    label, share = shard["images"]["2"]["answers"][0]
    page = viewer.open("#/i/2")
    page.wait_for_selector(".answers")
    first = page.locator(".answers span").first
    assert first.locator("a").inner_text().startswith(shard["answers"]["names"][str(label)][:20])
    assert float(first.inner_text().split()[-2]) == pytest.approx(100 * share, rel=5e-3)
    assert page.locator(".answers a").count() == 5


def test_beyond_the_bytes_it_is_said_and_no_other_picture_stands_in(viewer: Viewer, small_atlas: Atlas) -> None:
    """Without its own projections: those from a unit's pictures, where the image is among the unit's strongest."""
    index = (small_atlas.path / "data" / "taken" / "index.js").read_text().replace('"images":[0,1,2,', '"images":[0,1,')
    viewer.page.route("**/taken/index.js", lambda route: route.fulfill(body=index, content_type="text/javascript"))
    page = viewer.open("#/i/2")
    page.wait_for_selector("text=fit the 2 MB that the atlas was made with")
    wins = read_script(small_atlas.path / "data" / "images" / "0.js")["images"]["2"]["wins"]
    ranks = {unit: rank for layer, unit, rank in wins if layer == 1}
    first = tiles_of(page, "4")
    for tile in first.locator("li").all():
        unit = int(tile.locator("b").inner_text().removeprefix("Unit"))
        shown = tile.locator(".pair > .tile")
        if unit in ranks:
            assert re.search(rf"/(content-)?{unit}\.webp", shown.get_attribute("style"))
        else:
            assert shown.get_attribute("title") == "not projected"
    assert first.locator(".tile.none").count() < first.locator("li").count() == 6


def test_on_a_phone_the_photo_stays_in_sight(chromium: Any, small_atlas: Atlas) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page = watch(context.new_page(), small_atlas.page.as_uri()).open("#/i/2")
    page.wait_for_selector(".image-page .tiles li")
    last = page.locator(".image-page .tiles li button").nth(14)
    last.scroll_into_view_if_needed()
    last.tap()
    page.wait_for_selector("svg.laid")
    box = page.locator(".looked .whole").bounding_box()
    assert box["y"] >= -1
    assert box["y"] + box["height"] <= 740
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.goto(small_atlas.page.as_uri() + "#/e/squares")
    frame = page.locator(".covered svg").bounding_box()
    page.locator(".covered svg").tap(position={"x": 0.75 * frame["width"], "y": 0.2 * frame["height"]})
    says(page, ".covered-told p", "0.8 with rows 0 to 24, columns 24 to 48 covered.")
    page.wait_for_timeout(100)  # the finger is lifted, and what it touched is still told
    assert "columns 24 to 48 covered." in page.inner_text(".covered-told p")
    context.close()


# -- links, and one file ----------------------------------------------------------------------------------------------


@BOTH
def test_a_link_that_others_cannot_open_says_so(viewer: Viewer) -> None:
    viewer.page.add_init_script(CLIPBOARD)
    page = viewer.open("#/u/4:7")
    page.wait_for_selector(".actions")
    page.keyboard.press("c")
    viewer.until("window.copied === location.href")
    file = viewer.address.startswith("file:")
    assert (
        page.inner_text(".toast")
        == f"Link copied. It opens on this computer alone{'' if file else ', while it is served'}"
    )


@BOTH
def test_sharing_says_the_command_that_writes_one_file(viewer: Viewer, small_atlas: Atlas) -> None:
    viewer.page.add_init_script(CLIPBOARD)
    page = viewer.open("#/u/4:7")
    page.get_by_role("button", name="Share…").click()
    page.get_by_role("button", name="Copy command").click()
    folder = f"'{small_atlas.path}'" if viewer.address.startswith("file:") else "FOLDER"
    viewer.until("window.copied !== undefined")
    assert page.evaluate("window.copied") == f"convscope atlas export {folder} --units 4:7 --single-file"
    page.keyboard.press("Escape")
    soon(page.locator(".share").count, 0)


def made_units(place: Path) -> set[int]:
    """The units of the first layer that a file shows."""
    manifest = re.search(r'"subset":(\{[^}]*\})', place.read_text())
    assert manifest is not None
    return set(next(iter(json.loads(manifest[1]).values())))


def test_one_file_opens_on_its_unit_and_holds_what_it_links_to(
    chromium: Any, small_atlas: Atlas, tmp_path: Path
) -> None:
    place = export.export_atlas(small_atlas, tmp_path / "one.html", form="file", units=["4:7"])
    context = chromium.new_context()
    viewer = watch(context.new_page(), place.as_uri())
    page = viewer.page
    page.goto(place.as_uri())
    page.wait_for_selector(".joints")
    soon(lambda: page.inner_text("h1"), "4:7")
    links = page.locator("main a[href^='#/']").evaluate_all("all => all.map((a) => a.getAttribute('href'))")
    assert len(set(links)) > 20
    for href in dict.fromkeys(links):
        page.evaluate("(href) => { location.hash = href; }", href)
        viewer.until("document.querySelector('h1') && !document.querySelector('.loading')")
        assert page.locator(".problem").count() == 0, href
    nearest = [unit.channel for unit, _ in small_atlas.unit("4:7").nearest]
    page = viewer.open("#/u/4:7")
    page.wait_for_selector(".joints")
    near = page.locator(".panel", has_text="Nearest units").locator(".tiles li b").all_inner_texts()
    assert [int(text.removeprefix("Unit")) for text in near] == nearest[: len(near)]
    assert len(near) > 5
    # The comparison, and results that ask about the unit alone, are there too.
    page.locator(".versus").first.click()
    page.wait_for_selector(".versus-pair .cell .tile[style*='data:image']")
    assert page.locator(".half").count() == 2
    page.locator(".sections a", has_text="Compare").click()
    page.wait_for_selector(".half .virtual .tile[style*='data:image']")
    held = made_units(place)
    assert {
        int(text.removeprefix("Unit")) for text in page.locator(".half").first.locator("b").all_inner_texts()
    } <= held
    page.locator(".sections a", has_text="Experiments").click()
    page.wait_for_selector(".experiments")
    assert sorted(page.locator(".experiments a").evaluate_all("all => all.map((a) => a.hash)")) == [
        "#/e/curve",
        "#/e/fed",
    ]
    page.locator(".experiments a[href='#/e/curve']").click()
    page.wait_for_selector(".result img[src^='data:image/svg+xml']")
    viewer.until("document.querySelector('.result img').naturalWidth > 0")
    # The pages of its images show them and what the units take from them.
    image = int(small_atlas.unit("4:7").images[0])
    page = viewer.open(f"#/i/{image}")
    page.wait_for_selector(".image-page .tiles .projection")
    assert "4:7" not in page.inner_text("main")
    soon(page.locator(".image-page .tiles a[href='#/u/4:7']").count, 1)
    page = viewer.open("#/images")
    soon(lambda: page.locator(".virtual li").count() > 8)
    assert [problem for problem in viewer.problems if not problem.startswith("request outside: data:")] == []
    context.close()


def test_a_part_holds_no_pictures_of_other_units(small_atlas: Atlas) -> None:
    made = export.plan_export(small_atlas, units=["4:7", "4:70"])
    grid = small_atlas.layer("4").entry["sheet"]
    for sheet, own in ((0, 7), (1, 6)):
        for kind in ("photos", "projections", "controls"):
            (cells,) = take_apart(
                decode_picture(made.content(f"pictures/01-4/{kind}-{sheet}.webp")), SpriteGrid.from_json(grid), 64
            )
            assert [i for i, cell in enumerate(cells) if cell.std() > 3] == [own], (kind, sheet)


# -- pictures ---------------------------------------------------------------------------------------------------------


@BOTH
def test_the_picture_of_a_unit_is_twice_the_page_and_has_its_words(viewer: Viewer, small_atlas: Atlas) -> None:
    page = viewer.open("#/u/4:7?rf=field")
    page.wait_for_selector(".actions")
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG").click()
    figure = np.asarray(Image.open(download.value.path()).convert("RGB"))
    unit, tile = small_atlas.unit("4:7"), small_atlas.layer("4").tile
    times = 2 * tile.enlarge
    photo = unit.photos[0].repeat(times, axis=0).repeat(times, axis=1)
    tall, left = photo.shape[0], 28
    tops = [y for y in range(300) if (figure[y : y + tall, left : left + photo.shape[1]] == photo).all()]
    assert len(tops) == 1

    def ink(part: Any) -> int:
        return int((part.min(axis=2) < 140).sum())

    assert ink(figure[: tops[0] // 2, left:]) > 300  # name
    assert ink(figure[tops[0] // 2 : tops[0], left:]) > 300  # layer
    assert ink(figure[tops[0] + tall : tops[0] + tall + 32, left : left + photo.shape[1]]) > 50  # its activation
    assert ink(figure[-60:, left:]) > 300  # caption


def test_the_picture_of_a_unit_shows_what_is_seen_of_it(viewer: Viewer, small_atlas: Atlas) -> None:
    """Photos alone, cut to where projections are; and in their images, where pictures may be read."""
    unit, tile = small_atlas.unit("4:7"), small_atlas.layer("4").tile
    said = read_script(small_atlas.path / "data" / "layers" / small_atlas.layer("4").id / "0.js")["units"][7]
    y0, x0, y1, x1 = (int(side) for side in np.array(said["content"][0]) - np.tile(said["boxes"][0][:2], 2))
    assert (y0, x0, y1, x1) != (0, 0, *unit.photos.shape[1:3])

    def picture() -> Any:
        with page.expect_download() as download:
            page.get_by_role("button", name="PNG").click()
        return np.asarray(Image.open(download.value.path()).convert("RGB")).astype(int)

    page = viewer.open("#/u/4:7?view=photos")
    page.wait_for_selector(".actions")
    zoomed = picture()
    side, left = 2 * tile.enlarge * unit.photos.shape[1], 28
    at = (np.arange(side) + 0.5) / side
    part = unit.photos[0][(y0 + at * (y1 - y0)).astype(int)][:, (x0 + at * (x1 - x0)).astype(int)].astype(int)
    tops = [y for y in range(260) if np.mean(np.abs(zoomed[y : y + side, left : left + side] - part).max(2) < 8) > 0.93]
    assert tops
    field = picture_at(page, viewer, "#/u/4:7?rf=field", picture)
    assert field.shape[1] > 1.5 * zoomed.shape[1]  # projections beside
    if not viewer.address.startswith("file:"):
        whole = picture_at(page, viewer, "#/u/4:7?rf=whole&view=photos", picture)
        yellow = np.abs(whole - (255, 211, 77)).max(2) < 24
        assert yellow.sum() > 200  # fields are marked


def picture_at(page: Any, viewer: Viewer, hash_: str, picture: Callable[[], Any]) -> Any:
    viewer.open(hash_)
    page.wait_for_selector(".actions")
    return picture()


# -- within other pages -----------------------------------------------------------------------------------------------


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Another site, and the folder that it shows."""
    handler = functools.partial(_Silent, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as served:
        thread = threading.Thread(target=served.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{served.server_port}/", tmp_path
        served.shutdown()
        thread.join()


def code_of(viewer: Viewer) -> str:
    viewer.page.add_init_script(CLIPBOARD)
    page = viewer.open("#/u/4:7")
    page.get_by_role("button", name="Share…").click()
    page.get_by_role("button", name="Copy embed code").click()
    viewer.until("window.copied !== undefined")
    return page.evaluate("window.copied")


def shows_as_tall_as_it_is(page: Any) -> None:
    frame = page.frame_locator("iframe")
    frame.locator(".nine").first.wait_for()
    frame.locator(".source a").wait_for()
    assert frame.locator(".top, .actions, .details").count() == 0
    for width in (1000, 420):
        page.set_viewport_size({"width": width, "height": 700})
        inside, tall = page.frames[1], 0.0
        for _ in range(100):
            tall = inside.evaluate("document.getElementById('app').getBoundingClientRect().height")
            if abs(page.locator("iframe").bounding_box()["height"] - tall) <= 1:
                break
            page.wait_for_timeout(50)
        else:
            raise AssertionError(f"{tall} is not {page.locator('iframe').bounding_box()}")
        assert inside.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_an_embed_is_as_tall_as_it_is_and_its_links_lead_to_the_atlas(viewer: Viewer, tmp_path: Path) -> None:
    code = code_of(viewer)
    address = html.unescape(re.findall(r'src="([^"]+)"', code)[0])
    assert address == viewer.page.evaluate("location.href").replace("index.html", "embed.html")
    (tmp_path / "article.html").write_text(f"<!doctype html><title>Article</title><p>Before</p>{code}<p>After</p>")
    context = viewer.page.context
    page = context.new_page()
    page.goto((tmp_path / "article.html").as_uri())
    shows_as_tall_as_it_is(page)
    frame = page.frame_locator("iframe")
    soon(lambda: frame.locator(".source a").get_attribute("href"), "index.html#/u/4:7")
    frame.get_by_role("link", name="Next unit").click()
    frame.locator("h1", has_text="4:8").wait_for()
    with context.expect_page() as opened:
        frame.locator(".looked a[href^='#/i/']").click()
    opened.value.wait_for_selector(".image-page")
    assert opened.value.url.startswith(viewer.address + "#/i/")
    page.goto(address.replace("#/u/4:7", "#/l/4"))
    page.wait_for_selector("text=A unit is shown here, and nothing else.")


def test_a_served_atlas_lets_other_sites_show_units_alone(chromium: Any, server: str, site: tuple[str, Path]) -> None:
    context = chromium.new_context()
    viewer = watch(context.new_page(), server)
    code = code_of(viewer)
    there, folder = site
    (folder / "article.html").write_text(f"<!doctype html><title>Article</title><link rel=icon href=data:,>{code}")
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(f"{there}article.html")
    shows_as_tall_as_it_is(page)
    assert refused == []
    (folder / "other.html").write_text(  # not the same file: one changed within a second is told not to have been
        f"<!doctype html><title>Article</title><link rel=icon href=data:,>{code.replace('embed.html', '')}"
    )
    page.goto(f"{there}other.html")
    for _ in range(100):  # in which the page is heard: the browser says it when the frame's answer has come
        if refused:
            break
        page.wait_for_timeout(100)
    assert "frame-ancestors" in " ".join(refused)
    context.close()
