"""The bench in Chromium: photos in every way, units, squares, silence, exports, two tabs, and strangers."""

from __future__ import annotations

import base64
import functools
import http.server
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from convscope import Network, Preprocess, open_source
from convscope.data.sources import wrap_dataset
from convscope.live.bench import Bench
from convscope.methods.inputs import images_for
from convscope.methods.occlusion import occlude
from tests.live.making import CLASSES, encoded, picture, tiny
from tests.server.serving import Running, serving
from tests.web.conftest import ARGUMENTS, AXE, CHROMIUM, chromium

pytest.importorskip("uvicorn", reason="the extra 'server' is not installed")

__all__ = ["chromium"]

NET = tiny()


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    source = open_source(wrap_dataset([picture(seed) for seed in (3, 4, 5)]))
    with serving(Bench(NET, spec="py:nets:tiny", source=source)) as found:
        yield found


class Tab:
    """A page on the bench, and everything that it did and must not."""

    def __init__(self, context: Any, running: Running) -> None:
        self.page, self.running = context.new_page(), running
        self.page.set_default_timeout(20_000)
        self.problems: list[str] = []
        self.expected = ""
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("request", self._asked)

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning") and not (self.expected and self.expected in message.text):
            self.problems.append(message.text)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((f"http://127.0.0.1:{self.running.port}/", "blob:", "about:")):
            self.problems.append(f"request elsewhere: {request.url}")
        if self.running.token in request.url:
            self.problems.append("the token is in an address")

    def open(self, hash_: str = "") -> Tab:
        self.page.goto(f"{self.running.address}#token={self.running.token}")
        self.page.wait_for_selector("#file", state="attached")
        if hash_:
            self.page.goto(f"{self.running.address}{hash_}")
        return self

    def choose(self, content: bytes, name: str = "own.png") -> None:
        self.page.set_input_files("#file", {"name": name, "mimeType": "image/png", "buffer": content})

    def seen(self) -> None:
        """Wait for the units of a photo."""
        self.page.wait_for_selector(".tile-button")

    def until(self, expression: str) -> Any:
        deadline = time.monotonic() + 20
        while not (found := self.page.evaluate(expression)):
            assert time.monotonic() < deadline, f"never came: {expression}"
            self.page.wait_for_timeout(15)
        return found

    def scores(self) -> dict[str, float]:
        """The classes as they are shown, in per cent."""
        names = self.page.locator(".answer-name").all_text_contents()
        texts = self.page.locator(".answer-score").all_text_contents()
        return dict(zip(names, (float(text.strip("< %")) for text in texts), strict=True))


@pytest.fixture
def tab(chromium: Any, running: Running) -> Iterator[Tab]:
    context = chromium.new_context(viewport={"width": 1300, "height": 900}, accept_downloads=True)
    found = Tab(context, running)
    yield found
    hacked = found.page.evaluate("window.hacked === undefined")
    context.close()
    assert found.problems == []
    assert hacked


DROP = """([name, data, kind]) => {
  const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, {type: "image/png"}));
  const how = {bubbles: true, cancelable: true};
  const main = document.querySelector("main");
  if (kind === "drop") main.dispatchEvent(new DragEvent("drop", {...how, dataTransfer: transfer}));
  else document.dispatchEvent(new ClipboardEvent("paste", {...how, clipboardData: transfer}));
}"""


def test_photos_come_by_choosing_dropping_pasting_and_from_the_collection(tab: Tab) -> None:
    tab.open()
    assert tab.running.token not in tab.page.url
    assert tab.page.evaluate("history.length") <= 2
    tab.choose(encoded(picture(0)), "<img src=x onerror=window.hacked=1>.png")
    tab.seen()
    net_scores = NET.run(images_for(NET, picture(0)))["7"].softmax(1)[0]
    assert tab.scores() == pytest.approx(
        {name: round(100 * float(score), 1) for name, score in zip(CLASSES, net_scores, strict=True)}, abs=0.11
    )
    for kind, seed in (("drop", 1), ("paste", 2)):
        data = base64.b64encode(encoded(picture(seed))).decode()
        tab.page.evaluate(DROP, [f"{kind}.png", data, kind])
        tab.until(f"document.querySelector('#photo-title').textContent === '{kind}.png'")
        tab.until("document.querySelector('.changed') !== null")
    assert "drop.png" in tab.page.text_content(".changed summary")
    tab.page.click("text=Collection")
    tab.page.wait_for_selector(".shelf img")
    tab.page.keyboard.press("Escape")
    tab.until("document.querySelector('dialog') === null")
    tab.page.click("text=Collection")
    tab.page.click(".shelf li:nth-child(2) button")
    tab.until("location.hash.includes('photo=1')")
    tab.page.go_back()  # an own photo before it is gone, and that is said
    tab.until("document.querySelector('.drop')?.textContent.includes('choose it again')")
    tab.page.wait_for_timeout(100)
    tab.page.reload()  # and it stays said
    tab.until("document.querySelector('.drop')?.textContent.includes('choose it again')")


@pytest.mark.slow
def test_what_is_no_photo_is_said_and_a_large_one_is_taken(tab: Tab) -> None:
    tab.open()
    tab.expected = "422"
    tab.choose(b"this is text", "notes.jpg")
    said = tab.page.text_content(".trouble p")
    assert said == 'notes.jpg: not an image in a known format (it begins with the text "this is text")'
    tab.expected = ""
    large = np.zeros((5000, 8000, 3), np.uint8)  # 40 megapixels
    large[:2500] = (200, 40, 40)
    tab.choose(encoded(large, "JPEG"), "large.jpg")
    tab.seen()
    assert tab.page.locator(".trouble").count() == 0


CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
"""Chromium's own camera, which shows a clock that ticks, and nobody is asked whether it may be used."""


@pytest.mark.slow
def test_a_picture_is_taken_with_the_camera(chromium: Any, running: Running) -> None:
    browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *CAMERA])
    tab = Tab(browser.new_context(), running).open()
    tab.page.click('button:text-is("Camera")')
    tab.page.click("text=Take the picture")  # waits until the camera shows something
    tab.seen()
    assert tab.page.text_content("#photo-title") == "camera.png"
    assert tab.page.locator("dialog").count() == 0
    assert tab.page.evaluate("document.querySelector('.stage canvas').toDataURL().length") > 2000  # something is on it
    tab.page.click('button:text-is("Camera")')
    video = "document.querySelector('video')"
    tab.until(f"{video}.readyState >= 2")
    tab.page.evaluate(f"() => {{ window.track = {video}.srcObject.getTracks()[0]; }}")
    tab.page.keyboard.press("Escape")
    tab.until("document.querySelector('dialog') === null && window.track.readyState === 'ended'")  # it is off
    browser.close()
    assert tab.problems == []


def test_why_there_is_no_camera_is_said(tab: Tab) -> None:
    tab.open()
    refuses = "() => Promise.reject(new DOMException('', 'NotAllowedError'))"
    tab.page.evaluate(f"() => {{ navigator.mediaDevices.getUserMedia = {refuses}; }}")
    tab.page.click('button:text-is("Camera")')
    tab.until("document.querySelector('dialog [role=alert]')?.textContent.includes('not allowed to use the camera')")
    tab.page.keyboard.press("Escape")
    tab.page.evaluate("Object.defineProperty(window, 'isSecureContext', {value: false})")
    tab.page.click('button:text-is("Camera")')
    tab.until(
        "document.querySelector('dialog [role=alert]')?.textContent.includes('open the bench at http://127.0.0.1')"
    )


def test_a_click_shows_a_projection_and_causes_lead_on(tab: Tab) -> None:
    tab.open()
    tab.choose(encoded(picture(0)))
    tab.seen()
    tab.page.click(".layer-row:nth-of-type(3) .tile-button >> nth=0")
    tab.page.wait_for_selector(".causes li")
    first = tab.page.text_content("#unit-title") or ""
    assert re.fullmatch(r"4:\d", first)
    cause = tab.page.locator(".causes li:nth-child(1) button")  # who clicks it twice walks once
    cause.evaluate("(one) => new Promise((done) => (one.click(), setTimeout(() => done(one.click()))))")
    tab.until("document.querySelector('#unit-title').textContent.startsWith('1:')")
    assert tab.page.text_content(".walked") == first
    tab.until("document.querySelector('.causes h3').textContent.endsWith('0')")
    tab.page.click(".causes li:nth-child(1) button")  # the convolution below its ReLU
    tab.until("document.querySelector('.unit-panel').textContent.includes('pixels alone feed it')")
    tab.page.click(".walked button >> nth=0")
    tab.until(f"document.querySelector('#unit-title').textContent === '{first}'")
    tab.page.click(".answers button >> nth=0")  # a class
    tab.until("document.querySelector('.unit-panel .note').textContent.startsWith('7:')")
    tab.page.click("text=guided")
    tab.until("location.hash.includes('rule=guided')")


def test_a_square_is_dragged_and_the_sweep_fills_in_behind(tab: Tab) -> None:
    tab.open()
    tab.choose(encoded(picture(0)))
    tab.seen()
    box = tab.page.locator(".stage").bounding_box()
    unit = box["width"] / 24
    tab.page.mouse.move(box["x"] + 4 * unit, box["y"] + 4 * unit)
    tab.page.mouse.down()
    for step in range(4, 14):
        tab.page.mouse.move(box["x"] + step * unit, box["y"] + step * unit)
    tab.page.mouse.up()
    tab.until("location.hash.includes('cover=13,13')")
    size = int(tab.page.text_content(".size output").split()[0])
    wanted = occlude(NET, images_for(NET, picture(0)), size=size, stride=1)
    at = round(13 - size / 2)
    target = int(wanted.targets[0, 0])
    share = 100 * float(wanted.probability[0, at, at])
    tab.until("document.querySelectorAll('.answer-bar b').length > 0")
    deadline = time.monotonic() + 20
    while abs(tab.scores().get(CLASSES[target], -99) - share) > 0.11:
        assert time.monotonic() < deadline, (tab.scores(), share)
        tab.page.wait_for_timeout(20)
    tab.page.wait_for_selector(".sweep-picture")
    tab.until("!document.querySelector('#sweep-title').parentElement.textContent.includes('Stop')")
    label = tab.page.get_attribute(".sweep-picture", "aria-label")
    rows = -(-(24 - size) // max(1, round(size / 6))) + 1
    assert label.endswith(f"{rows} of {rows} rows")
    tab.page.click("text=Uncover")
    tab.until("document.querySelectorAll('.answer-bar b').length === 0")


def test_units_out_of_sight_are_drawn_when_they_come(tab: Tab) -> None:
    tab.page.set_viewport_size({"width": 700, "height": 300})  # one column
    last = "[...document.querySelectorAll('.layer-row')].at(-1)"
    drawn = f"{last}.querySelector('canvas').toDataURL()"
    tab.open()
    tab.choose(encoded(picture(0)))
    tab.seen()
    before = tab.until(f"{last}.getBoundingClientRect().top > innerHeight + 220 && {drawn}")
    tab.page.wait_for_timeout(100)  # until it is known what is in sight
    tab.choose(encoded(picture(1)), "second.png")
    tab.until("document.querySelector('.changed')?.textContent.includes('own.png')")
    tab.page.evaluate(f"{last}.scrollIntoView()")
    tab.until(f"{drawn} !== {before!r}")
    before = tab.page.evaluate(f"scrollTo(0, 0), {drawn}")
    tab.page.wait_for_timeout(100)
    tab.choose(encoded(picture(2)), "third.png")
    tab.until("document.querySelector('.changed')?.textContent.includes('second.png')")
    tab.page.evaluate("dispatchEvent(new Event('beforeprint'))")  # on paper all of it is
    tab.until(f"{drawn} !== {before!r}")


def test_units_are_silenced_and_followed_and_the_photo_is_turned(tab: Tab) -> None:
    tab.open()
    tab.choose(encoded(picture(0)))
    tab.seen()
    before = tab.scores()
    tab.page.click(".layer-row:nth-of-type(3) .tile-button >> nth=0")
    tab.page.click("button[role=switch]")
    tab.until("document.querySelector('.silenced .chip') !== null")
    tab.until("document.querySelectorAll('.answer-bar b').length > 0")
    unit = tab.page.text_content("#unit-title")
    ran = dict(zip(CLASSES, before.values(), strict=False))
    assert tab.scores() != before or not ran
    assert "It is silenced" in tab.page.text_content(".unit-panel")
    assert tab.page.text_content("button[role=switch]") == "Silenced ✓"
    assert f"With {unit} at zero" in tab.page.locator("section:has(#sweep-title)").text_content()
    tab.page.click(".rules summary")
    assert "the paper's way" in tab.page.inner_text(".rules")
    tab.page.click("text=Follow")
    tab.until("document.querySelector('.followed li') !== null")
    assert unit in tab.page.text_content(".followed li")
    tab.page.locator("input.grow").fill("90")
    tab.until("document.querySelector('.plot path') !== null")
    assert f"With {unit} at zero" in tab.page.locator("section:has(#curves-title)").text_content()
    tab.page.click(".silenced .chip")
    tab.until("location.hash.includes('turn=rotation:90')")
    assert "distance at 4" in tab.page.text_content(".plot figcaption")


def test_everything_goes_by_keys(tab: Tab) -> None:
    tab.open()
    tab.choose(encoded(picture(0)))
    tab.seen()
    tab.page.keyboard.press("c")
    tab.until("document.activeElement.id === 'handle' && location.hash.includes('cover=12,12')")
    tab.page.keyboard.press("ArrowRight")
    tab.page.keyboard.press("ArrowUp")
    tab.until("location.hash.includes('cover=11,13')")
    tab.page.keyboard.press("Delete")
    tab.until("!location.hash.includes('cover=')")
    tab.page.keyboard.press("]")
    tab.page.keyboard.press("]")
    tab.until("location.hash.includes('unit=1:')")
    tab.page.keyboard.press("m")
    tab.page.keyboard.press("f")
    tab.until("location.hash.includes('silence=1:') && location.hash.includes('follow=1:')")
    tab.page.keyboard.press("s")
    tab.page.wait_for_selector(".sweep-picture")
    tab.page.keyboard.press("?")
    tab.page.wait_for_selector("dialog[open]")
    tab.page.keyboard.press("Escape")
    tab.until("document.querySelector('dialog') === null")
    tab.page.locator(".map-pick button").first.focus()
    tab.page.keyboard.press("ArrowDown")
    tab.until("location.hash.includes('@')")


def test_a_session_is_saved_as_a_page_and_as_python(tab: Tab, tmp_path: Path) -> None:
    tab.open("#/?photo=1&unit=7:1")
    tab.seen()
    tab.page.wait_for_selector(".causes li")
    saved: dict[str, str] = {}
    for words in ("HTML", "Python"):
        with tab.page.expect_download() as download:
            tab.page.click(f".export >> text={words}")
        download.value.save_as(tmp_path / words)
        saved[words] = (tmp_path / words).read_text("utf-8")
    assert all(tab.running.token not in text for text in saved.values())
    assert "data:image/png;base64," in saved["HTML"]
    assert "<script" not in saved["HTML"]
    assert "cs.deconv(net, photo, '7:1')" in saved["Python"]
    assert "photo = cs.prepare(net, images, indices=[1])" in saved["Python"]
    compile(saved["Python"], "saved", "exec")
    tab.expected = "nothing"
    page = tab.page.context.new_page()
    page.goto((tmp_path / "HTML").rename(tmp_path / "saved.html").as_uri())
    assert page.evaluate("document.images.length === 3 && [...document.images].every((one) => one.naturalWidth > 0)")


def test_two_tabs_have_photos_of_their_own(tab: Tab) -> None:
    tab.open()
    tab.choose(encoded(picture(0)), "first.png")
    tab.seen()
    other = Tab(tab.page.context, tab.running)
    other.page.goto(f"{tab.running.address}#/?photo=2")  # without the token: the first tab has it
    other.seen()
    assert tab.scores() != other.scores()
    tab.page.click(".tile-button >> nth=1")
    other.page.click(".tile-button >> nth=2")
    for one in (tab, other):
        one.page.wait_for_selector(".unit-panel .projection")
    other.page.reload()
    other.seen()
    assert "unit=1:" in other.page.url
    assert other.problems == []


def test_without_the_token_there_is_nothing_to_see(chromium: Any, running: Running) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(running.address)
    assert "the address that convscope serve printed" in page.text_content("main").replace("Open ", "")
    context.close()


def test_a_foreign_page_cannot_use_it(chromium: Any, running: Running, tmp_path: Path) -> None:
    """A page of another origin has neither the token nor the right: no answer, no frame, no photo of its own."""
    attack = f"""<!doctype html><iframe src="{running.address}"></iframe><script>
    window.found = [];
    const told = (what) => (how) => window.found.push(what + ": " + how);
    const asked = (how) => fetch("{running.address}api/about", how).then((a) => a.text());
    asked({{}}).then(told("plain"), () => told("plain")("refused"));
    asked({{headers: {{"X-Convscope-Token": "guess"}}}}).then(told("header"), () => told("header")("refused"));
    fetch("{running.address}api/photo?tab=t", {{method: "POST", mode: "no-cors", body: "x"}})
      .then((a) => told("opaque")(a.type), () => told("opaque")("refused"));
    </script>"""
    (tmp_path / "index.html").write_text(attack)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    handler.log_message = lambda *_: None  # type: ignore[attr-defined]
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        context = chromium.new_context()
        page = context.new_page()
        statuses: list[int] = []
        page.on("response", lambda one: statuses.append(one.status) if "/api/" in one.url else None)
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        deadline = time.monotonic() + 20
        while len(found := page.evaluate("window.found")) < 3:
            assert time.monotonic() < deadline
            page.wait_for_timeout(20)
        assert sorted(found)[:2] == ["header: refused", "opaque: opaque"] or "plain: refused" in found
        assert {one for one in found if not one.startswith("opaque")} == {"plain: refused", "header: refused"}
        assert set(statuses) <= {403, 405}
        context.close()
        server.shutdown()
        thread.join()
    engine = running.served.engine()
    tabs = engine.bench._held._tabs  # pyright: ignore[reportPrivateUsage]
    assert "t" not in tabs or not tabs["t"].photos


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_it_fits_a_phone(chromium: Any, running: Running, scheme: str) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not there: run npm ci --ignore-scripts in web/")
    context = chromium.new_context(viewport={"width": 360, "height": 760}, color_scheme=scheme, bypass_csp=True)
    tab = Tab(context, running).open()
    found = []

    def look(name: str) -> None:
        tab.page.add_script_tag(content=AXE.read_text())
        result = tab.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        found.extend(f"{name}: {v['id']}: {v['nodes'][0]['html'][:200]}" for v in result["violations"])
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= 360

    look("empty")
    tab.page.goto(f"{running.address}#/?photo=1&unit=4:2&cover=9,9&silence=1:0&follow=4:1&size=6")
    tab.seen()
    tab.page.wait_for_selector(".causes li")
    tab.page.wait_for_selector(".sweep-picture")
    look("all")
    long = "[...document.querySelectorAll('.choice button')].forEach((one) => { one.textContent += '.expand3x3:142'; })"
    tab.page.evaluate(f"() => {{ {long} }}")  # as names of layers and classes are
    look("long names")
    tab.page.click("text=Collection")
    tab.page.wait_for_selector(".shelf img")
    look("collection")
    context.close()
    assert found == []
    assert tab.problems == []


@pytest.mark.slow
def test_a_grey_network_and_its_photo(chromium: Any) -> None:
    with serving(Bench(tiny(1))) as grey:
        context = chromium.new_context()
        tab = Tab(context, grey).open()
        assert tab.page.locator("text=Collection").count() == 0
        tab.choose(encoded(picture(0)))
        tab.seen()
        tab.page.click(".tile-button >> nth=0")
        tab.page.wait_for_selector(".unit-panel .projection")
        assert tab.page.locator("text=The weights of this network").count() == 0
        context.close()
        assert tab.problems == []


def test_weights_that_are_no_numbers_are_said(chromium: Any) -> None:
    layer = torch.nn.Conv2d(3, 2, 3)
    with torch.no_grad():
        layer.weight[1] = float("nan")
    recipe = Preprocess(24, 24, mean=(0.5,) * 3, std=(0.25,) * 3)
    with serving(Bench(Network.trace(layer, (3, 24, 24), preprocess=recipe))) as broken:
        context = chromium.new_context()
        tab = Tab(context, broken).open()
        assert "hold NaN or infinite values, at 'conv2d': what comes of them" in tab.page.inner_text("main")
        context.close()
