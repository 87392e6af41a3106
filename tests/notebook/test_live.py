"""The bench in a notebook: the widget, and its page in Chromium over messages alone."""

from __future__ import annotations

import base64
import json
import queue
import time
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from torch import nn

import convscope as cs
from convscope.atlas import Atlas
from convscope.errors import UsageError
from convscope.graph import Network
from convscope.live.bench import Bench
from convscope.live.published import Beside
from convscope.live.talking import Talk
from convscope.methods.inputs import images_for
from tests.atlas.conftest import atlas, net, photos, source
from tests.live.making import encoded, picture
from tests.web.conftest import chromium

__all__ = ["atlas", "chromium", "net", "photos", "source"]

MODULE = files("convscope.live.page").joinpath("bench-widget.js").read_text("utf-8")

# As a notebook runs the module: messages go to Python one way, and come from there whenever it has some.
MODEL = """async (source) => {
  const module = await import(URL.createObjectURL(new Blob([source], {type: "text/javascript"})));
  const ears = new Set();
  window.traits = {route: "#/", height: 700};
  window.waits = 0;
  window.deaf = false;
  const model = {
    get: (key) => window.traits[key],
    set: (key, value) => { window.traits[key] = value; },
    save_changes: () => {},
    on: (_, hear) => ears.add(hear),
    off: (_, hear) => ears.delete(hear),
    send: (message, callbacks, buffers = []) => {
      if (window.deaf) return;
      const text = (one) => btoa([...new Uint8Array(one)].map((byte) => String.fromCharCode(byte)).join(""));
      window.toPython(JSON.stringify(message), buffers.map(text));
    },
  };
  const poll = async () => {
    for (const [message, data] of await window.fromPython()) {
      const views = data.map((one) => new DataView(Uint8Array.from(atob(one), (c) => c.charCodeAt(0)).buffer));
      ears.forEach((hear) => hear(message, views));
    }
    setTimeout(poll, 5);
  };
  void poll();
  window.show = (id) => module.default.render({model, el: document.getElementById(id)});
  window.closing = [window.show("first")];
}"""
NOTEBOOK = """<!doctype html><body data-jp-theme-light='false'>
<input id='cell'><div class='output' id='first'></div><div class='output' id='second'></div>"""
DROP = """([data, name]) => {
  const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, {type: "image/png"}));
  const main = document.getElementById("first").shadowRoot.querySelector("main");
  main.dispatchEvent(new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: transfer}));
}"""


class Cell:
    """A notebook's page with the widget in it, whose kernel is this process."""

    def __init__(self, browser: Any, talk: Talk, answers: queue.Queue[tuple[dict[str, Any], list[bytes]]]) -> None:
        self.talk = talk
        self.page = browser.new_page(viewport={"width": 1100, "height": 900})
        self.page.set_default_timeout(20_000)
        self.problems: list[str] = []
        self.said: list[dict[str, Any]] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", lambda m: self.problems.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("request", lambda r: r.url.startswith(("blob:", "about:")) or self.problems.append(r.url))

        def to_python(message: str, buffers: list[str]) -> None:
            self.said.append(json.loads(message))
            talk.hear(self.said[-1], [memoryview(base64.b64decode(one)) for one in buffers])

        def from_python() -> list[Any]:
            found = []
            while not answers.empty():
                message, data = answers.get()
                found.append([message, [base64.b64encode(one).decode() for one in data]])
            return found

        self.page.expose_function("toPython", to_python)
        self.page.expose_function("fromPython", from_python)
        self.page.set_content(NOTEBOOK)
        self.page.evaluate(MODEL, MODULE)

    def until(self, expression: str) -> Any:
        """Wait until an expression of `root`, the widget's, holds."""
        deadline = time.monotonic() + 20
        whole = f"(() => {{ const root = document.getElementById('first').shadowRoot; return {expression}; }})()"
        while not (found := self.page.evaluate(whole)):
            assert time.monotonic() < deadline, f"never came: {expression}"
            self.page.wait_for_timeout(15)
        return found

    def drop(self, content: bytes, name: str) -> None:
        self.page.evaluate(DROP, [base64.b64encode(content).decode(), name])


@pytest.fixture
def cell(chromium: Any, net: Network, atlas: Atlas, source: cs.Source) -> Iterator[Cell]:
    answers: queue.Queue[tuple[dict[str, Any], list[bytes]]] = queue.Queue()
    bench = Bench(net, source=source, beside=Beside.of(atlas))
    talk = Talk(bench, lambda message, data: answers.put((message, data)), atlas=atlas.path)
    found = Cell(chromium, talk, answers)
    yield found
    found.page.close()
    talk.close()
    assert talk.engine.join(10)
    assert found.problems == []


def test_a_session_goes_by_messages_alone(cell: Cell, net: Network) -> None:
    cell.until("root.querySelector('#file')")
    assert cell.until("root.querySelector('.convscope-box').dataset.theme") == "dark"
    large = np.random.default_rng(0).integers(0, 256, (700, 900, 3), np.uint8)  # two pieces
    cell.drop(encoded(large), "large.png")
    cell.until("root.querySelectorAll('.tile-button').length > 0")
    assert sum(one["do"] == "photo" for one in cell.said) == 2
    scores = net.run(images_for(net, large))[net.output].softmax(1)[0]
    best = cell.until("root.querySelector('.answer-name').textContent")
    assert best == f"thing {int(scores.argmax())}"
    cell.page.locator(".tile-button").first.click()
    cell.until("root.querySelector('.unit-panel canvas.projection')")
    cell.until("root.querySelector('.nine-best .tile')?.style.backgroundImage.startsWith('url(\"blob:')")
    cell.until("root.querySelector('.causes, .unit-panel')?.textContent.includes('fe')")
    assert cell.page.evaluate("location.hash") == ""
    assert cell.page.locator("a[href^='..']").count() == 0  # no page of the atlas is there
    assert cell.until("window.traits.route.includes('unit=relu1:') && window.traits.route").startswith("#/?photo=own")

    cell.page.locator(".stage").scroll_into_view_if_needed()  # the unit's panel lies below, and was gone to
    box = cell.page.locator(".stage").bounding_box()
    cell.page.mouse.move(box["x"] + 20, box["y"] + 20)
    cell.page.mouse.down()
    for step in range(20, 120, 10):
        cell.page.mouse.move(box["x"] + step, box["y"] + step)
    cell.page.mouse.up()
    cell.until("root.querySelectorAll('.answer-bar b').length > 0")
    cell.until("root.querySelector('.sweep-picture')")
    cell.page.locator(".panel-head button", has_text="Sweep again").wait_for()
    cell.page.locator("text=Collection").click()
    cell.until("root.querySelector('.shelf img')?.src.startsWith('blob:')")
    cell.page.keyboard.press("Escape")
    cell.until("root.querySelector('dialog') === null")
    cell.drop(b"this is text", "notes.jpg")
    assert cell.until("root.querySelector('.trouble p')?.textContent").startswith("notes.jpg: not an image")


def test_keys_are_the_benchs_where_it_has_the_focus_and_the_notebooks_elsewhere(cell: Cell) -> None:
    cell.until("root.querySelector('#file')")
    cell.page.evaluate("document.getElementById('first').shadowRoot.querySelector('.brand').focus()")
    assert cell.page.evaluate("document.getElementById('first').dataset.lmSuppressShortcuts") == "true"
    cell.page.keyboard.press("?")
    cell.until("root.querySelector('dialog')")
    cell.page.keyboard.press("Escape")
    cell.until("root.querySelector('dialog') === null && root.activeElement?.className === 'brand'")
    cell.page.locator("#cell").focus()
    cell.page.keyboard.press("?")
    cell.page.wait_for_timeout(100)
    assert cell.page.locator("dialog").count() == 0
    assert cell.page.locator("#cell").input_value() == "?"


def test_two_views_of_a_widget_are_two_pages(cell: Cell) -> None:
    cell.until("root.querySelector('#file')")
    cell.drop(encoded(picture(1)), "first.png")
    cell.until("root.querySelector('.tile-button')")
    cell.page.evaluate("window.traits.route = '#/?photo=2'; window.closing.push(window.show('second'))")
    cell.until("document.getElementById('second').shadowRoot.querySelector('.tile-button')")
    titles = (
        "[...document.querySelectorAll('.output')].map((e) => e.shadowRoot.querySelector('#photo-title').textContent)"
    )
    assert cell.until(f"{titles}[1] !== 'first.png' && {titles}")[0] == "first.png"
    cell.page.evaluate("window.closing[0]()")
    cell.until("root.querySelector('.tile-button') === null")
    held = cell.talk.bench._held  # pyright: ignore[reportPrivateUsage]
    assert len(held) == 1  # the photos of the other view
    cell.page.evaluate("window.closing[1]()")
    cell.page.wait_for_timeout(50)
    assert len(held) == 0


def test_that_the_kernel_does_not_hear_is_said(cell: Cell) -> None:
    cell.until("root.querySelector('#file')")
    cell.page.evaluate("window.deaf = true")
    cell.drop(encoded(picture(1)), "first.png")
    assert "a cell runs" in cell.until("root.querySelector('.late')?.textContent")
    cell.page.evaluate("window.deaf = false")
    cell.drop(encoded(picture(2)), "second.png")
    cell.until("root.querySelector('.tile-button') && !root.querySelector('.late')")


def other() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(72, 2))


def test_the_widget_is_made_of_the_module_and_talks(net: Network, atlas: Atlas, photos: Any) -> None:
    pytest.importorskip("anywidget", reason="the extra 'notebook' is not installed")
    made = cs.bench(net, photos, atlas=atlas, height=500)
    assert (made.route, made.height) == ("#/?photo=0", 500)
    assert str(made._esm) == MODULE
    assert "The bench of tiny" in made._repr_html_()
    heard: list[Any] = []
    made.send = lambda content, buffers=None: heard.append((content, buffers))
    made._handle_custom_msg({"id": "1", "do": "about"}, [])
    ((message, _),) = heard
    assert (message["id"], message["value"]["network"]) == ("1", "tiny")
    assert message["value"]["collection"]["count"] == 15
    assert message["value"]["atlas"] is not None
    made.close()
    made._handle_custom_msg({"id": "2", "do": "ask", "tab": "t", "said": {"kind": "look"}}, [])
    assert [content for content, _ in heard[1:]] == [{"id": "2", "heard": True}, {"id": "2", "part": {"stale": True}}]
    assert cs.bench(net).route == "#/"


def test_what_cannot_have_a_bench_is_said(net: Network, atlas: Atlas) -> None:
    pytest.importorskip("anywidget", reason="the extra 'notebook' is not installed")
    with pytest.raises(UsageError, match="height=10: 240 CSS pixels"):
        cs.bench(net, height=10)
    with pytest.raises(UsageError, match="is of another network"):
        cs.bench(Network.trace(other(), (3, 8, 8), preprocess=cs.Preprocess(8, 8)), atlas=atlas)
    with pytest.raises(UsageError, match="no preprocessing"):
        cs.bench(Network.trace(other(), (3, 8, 8)))
