"""The second script of the page: loaded when one of the few views that it holds is opened, and not before."""

import gzip
from importlib.resources import files

from tests.web.conftest import BOTH, Viewer, says

SECOND = "atlas-more.js"


def test_script_and_style_keep_their_budget() -> None:
    page = files("convscope.atlas.page")
    sizes = {name: len(gzip.compress(page.joinpath(name).read_bytes(), 9)) for name in ("atlas.js", "atlas.css")}
    assert sum(sizes.values()) <= 60_000, sizes


def test_only_comparisons_and_experiments_load_the_second_script(viewer: Viewer) -> None:
    asked: list[str] = []
    viewer.page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[-1]))
    for hash_, ready in (
        ("#/", ".station"),
        ("#/l/4", ".virtual li"),
        ("#/u/4:7", ".joints"),
        ("#/c/plain", ".thumbs li"),
        ("#/i/2", ".image-page .tiles li"),
    ):
        viewer.open(hash_).wait_for_selector(ready)
    viewer.page.wait_for_timeout(300)
    assert SECOND not in asked
    page = viewer.open("#/")
    page.get_by_role("link", name="Compare", exact=True).click()
    page.wait_for_selector(".compare-bar")
    page.get_by_role("link", name="Experiments", exact=True).click()
    page.wait_for_selector(".experiments a")
    page.locator(".experiments a").first.click()
    page.wait_for_selector(".findings")
    assert asked.count(SECOND) == 1


def test_both_scripts_share_what_is_loaded_and_shown(viewer: Viewer) -> None:
    page = viewer.open("#/")
    page.wait_for_selector(".station")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("link", name="Experiments", exact=True).click()
    page.wait_for_selector(".experiments a")
    assert not [url for url in asked if url.endswith(("manifest.js", "experiments.js"))]
    page.keyboard.press("?")
    page.wait_for_selector(".modal")


@BOTH
def test_a_second_script_that_is_lost_is_told_and_tried_again(viewer: Viewer) -> None:
    lost = viewer.address.rsplit("/", 1)[0] + "/" + SECOND
    viewer.page.route(lost, lambda route: route.abort())
    page = viewer.open("#/e")
    page.wait_for_selector(".problem")
    says(page, ".problem", "atlas-more.js, which belongs beside this page, is missing or cannot be read.")
    assert all("ERR_FAILED" in problem for problem in viewer.problems)
    viewer.problems.clear()
    page.unroute(lost)
    page.get_by_role("link", name="All layers").click()
    page.wait_for_selector(".station")
    page.get_by_role("link", name="Experiments", exact=True).click()
    page.wait_for_selector(".experiments a")
