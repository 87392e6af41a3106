"""The page of mistakes in Chromium: what somebody with a failing network does there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import convscope as cs
from convscope.studies import mistaking
from tests.studies.failing import RED, misled_network, write_misleading
from tests.web.conftest import AXE, BOTH, Viewer, opened_by, says, soon, watch
from tests.web.making import HOSTILE

NAMES = (HOSTILE[0].replace("/", "|"), HOSTILE[2], "x" * 200)


@pytest.fixture(scope="session")
def failing(tmp_path_factory: pytest.TempPathFactory) -> cs.Mistakes:
    """Three mistakes, of which two are looked at, in files of hostile names."""
    room = tmp_path_factory.mktemp("mistakes")
    images = write_misleading(room / "images", NAMES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mistaking, "DRAWN", 0)
        return cs.mistakes(
            misled_network(), str(images), store=room / "out #1 %41", layers=["1"], size=5, stride=2, most=2, explain=2,
            workers=1,
        )  # fmt: skip


@pytest.fixture(scope="session")
def address(request: pytest.FixtureRequest, failing: cs.Mistakes) -> Iterator[str]:
    """The page, where the other tests of the viewer have an atlas."""
    with opened_by(getattr(request, "param", "file"), failing.page.resolve()) as found:
        yield found


def image_of(failing: cs.Mistakes, row: int) -> int:
    return int(failing.found.images[row])


@BOTH
def test_from_the_overview_to_a_pair_and_to_one_mistake_and_back(viewer: Viewer, failing: cs.Mistakes) -> None:
    page = viewer.open()
    page.wait_for_selector(".mistakes li")
    text = page.inner_text("main")
    assert "83.33 % right" in text
    assert "3 mistakes" in text
    soon(page.locator(".mistakes li").count, 3)
    page.click(".causes summary")
    assert page.locator(".causes tbody tr").first.inner_text().split()[:4] == [f"1:{RED}", "2", "2", "2"]
    assert page.locator(".mistakes li .tried").all_inner_texts()[2] == "listed only"
    page.click('.panel a[aria-label="green as red: 2 mistakes"]')
    viewer.until("document.querySelectorAll('.mistakes li').length === 2")
    soon(viewer.hash, "#/?label=1&answer=2")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector(".units li")
    soon(viewer.hash, f"#/m/{image_of(failing, 0)}?label=1&answer=2")
    says(page, ".page-head", "1 of 2 in this choice")
    page.keyboard.press("ArrowRight")
    viewer.until(f"location.hash.startsWith('#/m/{image_of(failing, 1)}')")
    page.keyboard.press("Escape")
    viewer.until("document.querySelectorAll('.mistakes li').length === 2")


def test_one_mistake_shows_what_was_found(viewer: Viewer, failing: cs.Mistakes) -> None:
    page = viewer.open(f"#/m/{image_of(failing, 0)}")
    page.wait_for_selector(".units li")
    case, row = failing.cases[0], failing.rows()[0]
    head = page.inner_text(".page-head")
    assert f"Answered red ({row['answer_logit']:.1f}) where the label says green ({row['label_logit']:.1f})" in head
    assert "Covering the marked square brings it back; so does silencing" in head
    first = page.locator(".units li").first
    soon(first.locator("b").inner_text, f"1:{RED}")
    assert f"without: green, {float(case.explained.silenced[0]):.1f}" in first.inner_text()
    assert "brings" in (first.get_attribute("class") or "")
    soon(page.locator(".answers li").count, 3)
    # All of its pictures are there.
    viewer.until("[...document.querySelectorAll('svg.whole image')].length >= 4")
    assert page.locator("svg.whole text").count() == 0
    soon(page.locator(".likes a.mistake").count, 2)  # the other mistakes, which are links


def test_covering_is_tried_by_pointer_and_by_keyboard(viewer: Viewer, failing: cs.Mistakes) -> None:
    page = viewer.open(f"#/m/{image_of(failing, 0)}")
    page.wait_for_selector(".covered")
    says(page, ".covered", "With this square covered: green")
    box = page.locator(".pointed").bounding_box()
    page.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] - 4)
    viewer.until("document.querySelector('.covered').textContent.includes('covered: red')")
    page.mouse.move(box["x"] - 20, box["y"] - 20)
    viewer.until("document.querySelector('.covered').textContent.includes('covered: green')")
    page.focus(".sliders input >> nth=0")
    page.keyboard.press("Home")
    page.focus(".sliders input >> nth=1")
    page.keyboard.press("Home")
    why = failing.cases[0].explained
    says(page, ".covered", f"→ {float(why.covered[0, 0]):.1f}")


def test_a_mistake_that_is_only_listed_and_an_image_that_is_none_have_pages(
    viewer: Viewer, failing: cs.Mistakes
) -> None:
    page = viewer.open(f"#/m/{image_of(failing, 2)}")
    page.wait_for_selector(".prose")
    assert "--explain above 2" in page.inner_text(".prose").replace("\n", " ")
    page = viewer.open("#/m/0")
    page.wait_for_selector(".problem")
    says(page, "main", "No such mistake")


def test_filters_are_the_address_and_names_are_found(viewer: Viewer, failing: cs.Mistakes) -> None:
    page = viewer.open("#/?only=mended")
    viewer.until("document.querySelectorAll('.mistakes li').length === 2")
    page.keyboard.press("/")
    page.keyboard.type("script")
    viewer.until("document.querySelectorAll('.mistakes li').length === 1")
    soon(viewer.hash, "#/?only=mended&q=script")
    assert page.locator(".mistakes .name").first.get_attribute("title").endswith(f"{NAMES[0]}.png")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    viewer.until("document.querySelectorAll('.mistakes li').length === 3")
    page.keyboard.press("?")
    page.wait_for_selector(".help")
    page.keyboard.press("Escape")
    viewer.until("!document.querySelector('.help')")
    page.keyboard.press("d")
    viewer.until("document.documentElement.dataset.theme === 'dark'")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1920), ("dark", 360)])
def test_axe_finds_nothing_and_pages_fit(chromium: Any, failing: cs.Mistakes, scheme: str, width: int) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not there: run npm ci --ignore-scripts in web/")
    found = []
    context = chromium.new_context(
        viewport={"width": width, "height": 860}, color_scheme=scheme, bypass_csp=True, reduced_motion="reduce"
    )
    viewer = watch(context.new_page(), failing.page.resolve().as_uri())
    for hash_, ready in (("#/", ".mistakes li"), (f"#/m/{image_of(failing, 0)}", ".units li")):
        page = viewer.open(hash_)
        page.wait_for_selector(ready)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.add_script_tag(content=AXE.read_text())
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        found += [f"{hash_}: {v['id']}: {v['nodes'][0]['html'][:160]}" for v in result["violations"]]
    context.close()
    assert found == []


def test_data_of_a_newer_format_is_not_misread(chromium: Any, failing: cs.Mistakes, tmp_path: Path) -> None:
    for name in ("index.html", "mistakes.js", "mistakes.css", "icon.svg"):
        (tmp_path / name).write_bytes((failing.page.parent / name).read_bytes())
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "manifest.js").write_text('__atlas("manifest",{"format":"convscope-mistakes","schema":99});')
    page = chromium.new_page()
    page.goto((tmp_path / "index.html").as_uri())
    page.wait_for_selector("h1")
    says(page, "body", "newer convscope")
    page.close()


def test_the_first_view_is_small(failing: cs.Mistakes) -> None:
    import gzip

    room = failing.page.parent
    packed = sum(len(gzip.compress((room / name).read_bytes())) for name in ("mistakes.js", "mistakes.css"))
    assert packed < 27_000  # a third of it is the style sheet, which it shares with the pages of atlases
    first = ("index.html", "mistakes.js", "mistakes.css", "data/manifest.js", "data/rows/0.js")
    assert sum((room / name).stat().st_size for name in first) < 300_000
