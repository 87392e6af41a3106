"""A small atlas, and Chromium on it: from disk, as people open it, and from a server where that could differ."""

import functools
import http.server
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from convscope.atlas.checked import note_check
from convscope.atlas.experiments import add_experiment
from convscope.atlas.reading import Atlas
from convscope.studies.causes_shown import sheet
from tests.web.making import HOSTILE, make_atlas
from tests.web.results import add_curves, add_evaluation, add_parts, add_training

CHROMIUM = os.environ.get("CONVSCOPE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run"),
]
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><path d="M0 20L40 0" stroke="#06c"/></svg>'
CHECKED = f"small holds its check on 2 images {HOSTILE[1]}"
PATIENCE = 30.0
"""Seconds after which what a page does not show is taken as never to come."""
AXE = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


FED = {
    "graphs": [
        {
            "unit": "4:7@1,2", "value": 3.0, "image": 2, "name": HOSTILE[4], "sheet": "nodes-0.webp", "layers": ["1"],
            "curved": "", "balances": [{"layer": "1", "parts": 2.5, "others": 0, "biases": 0.5, "remainder": 0.0}],
            "nodes": [
                {"unit": "4:7@1,2", "value": 3.0, "amount": 3.0, "box": [0, 0, 9, 9]},
                {"unit": "1:2@3,3", "value": 1.0, "amount": 2.75, "box": [0, 0, 5, 5]},
                {"unit": "1:0@1,1", "value": 0.5, "amount": -0.25, "box": [1, 1, 6, 6]},
            ],
            "edges": [[1, 0, 2.75], [2, 0, -0.25]],
        }
    ],
    "usual": [["4:7", "1:2", 1.5, 0.1, 3, 4]],
}  # fmt: skip
"""What causes tell an atlas's page."""


@pytest.fixture(scope="session")
def small_atlas(tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("web")
    folder = root / "atlas #1 %41"  # characters that a careless address breaks on
    made = make_atlas(folder)
    make_atlas(folder / "atlases" / "other", seed=1)
    (folder / "data" / "atlases.js").write_text(
        '__atlas("atlases",[{"name":"other","model":"seed 1","data":"made"}]);\n'
    )
    note_check(folder, CHECKED, holds=True)
    add_experiment(
        folder,
        "curve",
        title=f"Translation {HOSTILE[0]}",
        kind="invariance",
        summary=f"First paragraph {HOSTILE[1]}.\n\nSecond.",
        figures={"curve.svg": SVG},
        captions={"curve.svg": "Distance over shift"},
        table=[{"layer": "1", "distance": 0.25, "note": HOSTILE[4]}, {"layer": "4", "distance": 0.5, "note": ""}],
        units=["4:7"],
        images=[2],
        settings={"seed": 0},
    )
    add_experiment(
        folder,
        "squares",
        title="Squares laid over an image",
        kind="occlusion",
        images=[2],
        data={
            "boxes": [[y, x, y + 24, x + 24] for y in (0, 24) for x in (0, 24)],
            "shape": [2, 2],
            "images": [
                {
                    "name": HOSTILE[4],
                    "image": 2,
                    "grids": [
                        {"of": HOSTILE[0], "before": 0.9, "after": [0.95, 0.8, 0.1, 0.5]},
                        {"of": "4:7", "before": 3.0, "after": [1.0, 2.0, None, 3.0]},
                    ],
                }
            ],
        },
    )
    pairs = [
        ["4:7", "plain", -0.75, -0.5, "more"],
        ["4:9", "plain", -1.0, None, None],
        ["4:7", HOSTILE[0], 0.5, 0.0, "no"],
    ]
    lost = {"4": {"lost": [*[0.0] * 7, 0.5, None, 0.25], "falls": [*[0.0] * 7, 0.75, None, 1.0]}}
    add_experiment(
        folder, "needs", title="Units silenced", kind="effects", data={"pairs": pairs, "layers": lost},
        settings={"layers": ["4"]},
    )  # fmt: skip
    add_experiment(
        folder, "fed", title="What fed 4:7", kind="causes", units=["4:7"], images=[2], data=FED,
        settings={"asked": ["4:7"]},
        pictures={"nodes-0.webp": sheet([(np.zeros((9, 9, 3), np.uint8),) * 2] * 3)},
    )  # fmt: skip
    for add in (add_curves, add_evaluation, add_parts, add_training):
        add(folder)
    return made


@pytest.fixture(scope="module")  # no longer: another file's Playwright could not start beside it
def chromium() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no chromium: apt-get install chromium, or set CONVSCOPE_CHROMIUM to its path")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


BOTH = pytest.mark.parametrize("address", ["file", "http"], indirect=True)
"""For what the page's scripts do otherwise from disk (pictures to save, links to share), and for what browsers do."""


@contextmanager
def opened_by(way: str, page: Path) -> Iterator[str]:
    """The address of a page on disk, or of the same page on a server of its folder."""
    if way == "file":
        yield page.as_uri()
        return
    handler = functools.partial(_Quiet, directory=str(page.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/index.html"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def address(request: pytest.FixtureRequest, small_atlas: Atlas) -> Iterator[str]:
    """The page, on disk unless a test asks for more."""
    with opened_by(getattr(request, "param", "file"), small_atlas.page) as found:
        yield found


def soon(found: Callable[[], Any], wanted: Any = True) -> None:
    """Wait until what is found is what is wanted: a page draws after the key, the click or the answer, not with it."""
    deadline = time.monotonic() + PATIENCE
    while (last := found()) != wanted:
        assert time.monotonic() < deadline, f"{last!r} never became {wanted!r}"
        time.sleep(0.02)


def says(page: Any, selector: str, words: str) -> None:
    """Wait until an element's text has these words in it."""
    deadline = time.monotonic() + PATIENCE
    while words not in (text := page.inner_text(selector)):
        assert time.monotonic() < deadline, f"{selector} never said {words!r}: {text}"
        time.sleep(0.02)


def point(target: Any, found: Callable[[], Any], wanted: Any) -> None:
    """Point at an element until that shows: what the page is still loading may move it from below the pointer."""

    def pointed() -> Any:
        target.hover()
        return found()

    soon(pointed, wanted)


@dataclass
class Viewer:
    """A page on the atlas, and everything it did that it must not."""

    page: Any
    address: str
    problems: list[str] = field(default_factory=list)

    def open(self, hash_: str = "#/") -> Any:
        """Go to a view as a link does: from elsewhere."""
        self.page.goto("about:blank")
        self.page.goto(self.address + hash_)
        self.page.wait_for_selector("h1")
        return self.page

    def until(self, expression: str) -> None:
        """Wait for a JavaScript expression to hold; Playwright's own waiting needs eval, which the policy bans."""
        deadline = time.monotonic() + PATIENCE
        while not self.page.evaluate(expression):
            assert time.monotonic() < deadline, f"never became true: {expression}"
            time.sleep(0.02)

    def hash(self) -> str:
        return self.page.evaluate("decodeURIComponent(location.hash)")


def watch(page: Any, address: str) -> Viewer:
    """A viewer whose console errors, script errors and requests outside the folder become problems."""
    viewer = Viewer(page, address)
    folder = address.rsplit("/", 1)[0] + "/"
    page.on(
        "console", lambda m: viewer.problems.append(f"console: {m.text}") if m.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: viewer.problems.append(f"error: {error}"))

    def request(route: Any) -> None:
        url = route.request.url
        if url.startswith((folder, "blob:")):
            route.continue_()
        else:
            viewer.problems.append(f"request outside: {url}")
            route.abort()

    page.route("**/*", request)
    return viewer


@pytest.fixture
def viewer(chromium: Any, address: str) -> Iterator[Viewer]:
    context = chromium.new_context(viewport={"width": 1280, "height": 860})
    page = context.new_page()
    page.set_default_timeout(10_000)
    found = watch(page, address)
    yield found
    hacked = page.evaluate("window.hacked === undefined")
    context.close()
    assert found.problems == []
    assert hacked, "a name ran as a script"
