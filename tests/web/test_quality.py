"""What holds for every page: accessible, fits a phone, light and dark, prints, and lets nothing foreign in."""

import pytest

from tests.web.conftest import AXE, BOTH, Viewer, says, soon, watch
from tests.web.making import HOSTILE, UNITS

PAGES = {
    "home": "#/",
    "layer": "#/l/4",
    "classes": "#/l/7",
    "unit": "#/u/4:7",
    "class": "#/c/plain",
    "example": "#/u/4:7?n=2",
    "images": "#/images",
    "image": "#/i/2",
    "compare": "#/compare?a=4:7&b=4:8",
    "layers": "#/compare?a=1&b=4&with=other",
    "experiments": "#/e",
    "experiment": "#/e/curve",
    "squares": "#/e/squares",
    "matches": "#/compare?with=other",
    "charts": "#/e/moved",
    "parts": "#/e/parts",
    "judged": "#/e/judged",
    "training": "#/e/training?layer=4&unit=7",
}
PAPER = "getComputedStyle(document.documentElement).backgroundColor"
READY = {
    "layer": ".virtual li",
    "unit": ".joints",
    "class": ".thumbs li",
    "image": ".tiles li",
    "compare": ".half .cell",
    "experiment": "table",
    "squares": ".covered .loss",
    "matches": ".matches li",
    "charts": ".plot",
    "parts": ".masks svg",
    "judged": ".confusion",
    "training": ".followed li",
}


def test_axe_finds_nothing(chromium, address: str) -> None:
    """Light, and once more in dark what colours decide."""
    if not AXE.is_file():
        pytest.skip("axe-core is not there: run npm ci --ignore-scripts in web/")
    context = chromium.new_context(viewport={"width": 1280, "height": 860}, color_scheme="light", bypass_csp=True)
    context.add_init_script(path=str(AXE))
    viewer = watch(context.new_page(), address)
    found = []

    def look(name: str, scheme: str, rules: str = "") -> None:
        result = viewer.page.evaluate(f"axe.run(document, {{resultTypes: ['violations'], {rules}}})")
        found.extend(
            f"{name}, {scheme}: {v['id']}: {v['nodes'][0]['html'][:160]} {v['nodes'][0]['failureSummary'][:200]}"
            for v in result["violations"]
        )

    for name, hash_ in {**PAGES, "share": PAGES["unit"]}.items():
        page = viewer.open(hash_)
        page.wait_for_selector(READY.get(name, "h1"))
        if name == "share":
            page.get_by_role("button", name="Share…").click()
            page.wait_for_selector(".share")
        look(name, "light")
        lit = page.evaluate(PAPER)
        page.emulate_media(color_scheme="dark")
        viewer.until(f"{PAPER} !== {lit!r}")
        look(name, "dark", "runOnly: ['color-contrast', 'link-in-text-block']")
        page.emulate_media(color_scheme="light")
    context.close()
    assert found == []


def test_pages_fit_a_phone(chromium, address: str) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 740}, reduced_motion="reduce")
    viewer = watch(context.new_page(), address)
    wide = {}
    for name, hash_ in PAGES.items():
        page = viewer.open(hash_)
        page.wait_for_selector(READY.get(name, "h1"))
        wide[name] = page.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert {name: one for name, one in wide.items() if one > 360} == {}
    assert viewer.problems == []


def test_nothing_moves_for_those_who_ask_for_that(chromium, small_atlas) -> None:
    """No part of the pages has a transition, an animation or smooth scrolling; without the wish some have."""
    moving = """[...document.querySelectorAll('*')].filter((element) => {
      const style = getComputedStyle(element);
      const lasts = (text) => text.split(',').some((part) => parseFloat(part) > 0);
      return lasts(style.transitionDuration) || (style.animationName !== 'none' && lasts(style.animationDuration))
        || style.scrollBehavior === 'smooth';
    }).map((element) => element.className || element.tagName)"""
    found: dict[str, list[str]] = {"reduce": [], "no-preference": []}
    pages = {"reduce": ("home", "layer", "example", "image", "compare", "experiment"), "no-preference": ("example",)}
    for wish, moved in found.items():
        context = chromium.new_context(reduced_motion=wish)
        viewer = watch(context.new_page(), small_atlas.page.as_uri())
        for name in pages[wish]:
            page = viewer.open(PAGES[name])
            page.wait_for_selector(READY.get(name, "h1"))
            moved += [f"{name}: {one}" for one in page.evaluate(moving)]
        page.keyboard.press("?")
        moved += page.evaluate(moving)
        context.close()
    assert found["reduce"] == []
    assert found["no-preference"] != []


def test_filters_fold_away_on_a_phone(chromium, address: str) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    page = watch(context.new_page(), address).open("#/l/4?alive=alive")
    page.wait_for_selector(".virtual li")
    assert not page.get_by_label("Maximum at least").is_visible()
    page.get_by_role("button", name="Filters (1)").click()
    soon(page.get_by_label("Maximum at least").is_visible)
    context.close()


def test_where_units_respond_in_an_image_is_shown_by_touch(chromium, small_atlas) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    page = watch(context.new_page(), small_atlas.page.as_uri()).open("#/i/2")
    page.wait_for_selector(".image-page .tiles li")
    assert page.locator("rect.field").count() == 0
    where = page.locator(".image-page .tiles li button").first
    assert where.bounding_box()["width"] >= 24
    where.tap()
    page.wait_for_selector("rect.field")
    soon(lambda: where.get_attribute("aria-pressed"), "true")
    where.tap()
    page.wait_for_selector("rect.field", state="detached")
    context.close()


def test_a_wide_screen_is_used(chromium, small_atlas) -> None:
    context = chromium.new_context(viewport={"width": 1920, "height": 1000})
    page = watch(context.new_page(), small_atlas.page.as_uri()).open("#/l/4")
    page.wait_for_selector(".virtual li")
    assert page.locator("main").bounding_box()["width"] >= 1750
    soon(page.locator(".unit.dead .none").count, 2)
    context.close()


def test_a_layer_prints_all_of_its_units(viewer: Viewer) -> None:
    page = viewer.open("#/l/4")
    page.wait_for_selector(".virtual li")
    assert page.locator(".virtual li").count() < UNITS
    page.emulate_media(media="print")
    viewer.until(f"document.querySelectorAll('.virtual li').length === {UNITS}")
    tops = page.locator(".virtual li").evaluate_all("all => all.map((e) => e.getBoundingClientRect().top)")
    assert tops == sorted(tops)
    assert tops[-1] > tops[0] + 500


def test_hostile_names_are_shown_as_they_are(viewer: Viewer) -> None:
    page = viewer.open("#/l/7")
    page.wait_for_selector(".virtual li")
    assert page.locator(".virtual li b").first.inner_text().endswith(HOSTILE[0])
    for image in range(len(HOSTILE)):
        page = viewer.open(f"#/i/{image}")
        page.wait_for_selector(".image-page")
        assert HOSTILE[image].replace("\u2028", "") in page.text_content(".path").replace("\u2028", "")
    assert page.locator("main script, main iframe").count() == 0


@BOTH
def test_policy_is_strict(viewer: Viewer) -> None:
    page = viewer.open()
    policy = page.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    # The policy holds: a script in the page does not run.
    page.evaluate(
        "(() => { const s = document.createElement('script'); "
        "s.textContent = 'window.hacked = 1'; document.head.append(s); })()"
    )
    assert page.evaluate("window.hacked === undefined")
    assert any("Content Security Policy" in problem for problem in viewer.problems)
    viewer.problems.clear()


def test_newer_atlases_are_not_misread(chromium, small_atlas, tmp_path) -> None:
    for name in ("index.html", "atlas.js", "atlas-more.js", "atlas.css", "icon.svg"):
        (tmp_path / name).write_bytes((small_atlas.path / name).read_bytes())
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "manifest.js").write_text('__atlas("manifest",{"format":"convscope-atlas","schema":99});')
    page = chromium.new_page()
    page.goto((tmp_path / "index.html").as_uri())
    page.wait_for_selector("h1")
    says(page, "body", "newer convscope")
    page.close()


def test_unit_page_prints_without_its_controls(viewer: Viewer) -> None:
    page = viewer.open("#/u/4:7")
    page.wait_for_selector(".joints")
    page.emulate_media(media="print")
    soon(page.locator(".actions").is_visible, False)
    soon(page.locator(".top").is_visible, False)
    assert page.locator(".nine").first.is_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.nine .tile')).printColorAdjust") == "exact"
    soon(lambda: (page.locator(".histogram rect.bar").last.bounding_box() or {}).get("width", 0) > 0)


def test_a_result_prints_all_columns_and_nothing_to_move(viewer: Viewer) -> None:
    page = viewer.open("#/e/moved")
    page.wait_for_selector("table")
    page.emulate_media(media="print")
    soon(lambda: page.evaluate("getComputedStyle(document.querySelector('.scroll')).overflow"), "visible")
    assert page.locator("input:visible").count() == 0
    page = viewer.open("#/e/squares")
    page.wait_for_selector(".covered .loss")
    assert page.locator("input:visible, .choice:visible").count() == 0
