"""The page to draw parts: what it serves, what it writes, what it refuses, and in a browser with mouse and keys."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convscope.data import open_source
from convscope.data.parts import Part, read_parts
from convscope.errors import StoreError, UsageError
from convscope.server.annotate import Notebook, annotator

uvicorn = pytest.importorskip("uvicorn")
pytest.importorskip("starlette")

CHROMIUM = os.environ.get("CONVSCOPE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]


@dataclass(frozen=True)
class Running:
    """A server on a free port, and the file it writes."""

    port: int
    file: Path

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        given = {"Content-Type": "application/json"} if body is not None else {}
        connection.request(method, path, content, {**given, **{k.replace("_", "-"): v for k, v in headers.items()}})
        response = connection.getresponse()
        found = response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
        connection.close()
        return found


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    folder = tmp_path / "photos"
    for name in ("a/1.png", "b/2.png", "b/3.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (60, 90, 3), dtype=np.uint8)).save(folder / name)
    return folder


@pytest.fixture
def running(photos: Path, tmp_path: Path) -> Iterator[Running]:
    file = tmp_path / "parts.csv"
    served = annotator(open_source(str(photos)), file, parts=("left eye", "nose"))
    config = uvicorn.Config(served, port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield Running(server.servers[0].sockets[0].getsockname()[1], file)
    server.should_exit = True
    thread.join(10)


def test_the_page_is_served_with_a_strict_policy(running: Running) -> None:
    for path, kind in (("/", "text/html"), ("/annotate.js", "text/javascript"), ("/annotate.css", "text/css")):
        status, headers, body = running.ask("GET", path)
        assert status == 200
        assert headers["content-type"].startswith(kind)
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert "unsafe" not in headers["content-security-policy"]
        assert b"://" not in body.replace(b"http://www.w3.org/", b"")  # nothing from elsewhere
    assert b"<script>" not in running.ask("GET", "/")[2]


def test_images_and_names_are_listed_and_pictures_shown(running: Running) -> None:
    found = json.loads(running.ask("GET", "/api/images")[2])
    assert [one["name"] for one in found["images"]] == ["a/1.png", "b/2.png", "b/3.png"]
    assert found["parts"] == ["left eye", "nose", "object"]
    status, headers, body = running.ask("GET", "/image/1")
    assert (status, headers["content-type"]) == (200, "image/jpeg")
    import io

    with Image.open(io.BytesIO(body)) as shown:
        assert shown.size == (90, 60)


def test_boxes_are_written_at_once_and_read_again(running: Running, photos: Path) -> None:
    boxes = {"nose": [10, 20, 30, 50], "left eye": [1, 2, 3.5, 4]}
    assert running.ask("PUT", "/api/parts/1", boxes)[0] == 200
    assert set(read_parts(running.file)) == {Part("b/2.png", k, tuple(v)) for k, v in boxes.items()}  # type: ignore[arg-type]
    assert json.loads(running.ask("GET", "/api/parts/1")[2]) == boxes
    again = Notebook(open_source(str(photos)), running.file)
    assert again.boxes(1) == {k: tuple(v) for k, v in boxes.items()}
    assert running.ask("PUT", "/api/parts/1", {})[0] == 200
    assert running.file.read_text() == "image,part,y0,x0,y1,x1\n"
    assert Notebook(open_source(str(photos)), running.file).boxes(1) == {}
    assert not list(running.file.parent.glob(".*.part"))


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "said"),
    [
        ("/api/parts/9", {}, {}, 404, "no image 9"),
        ("/api/parts/1", b"{", {}, 400, "no JSON"),
        ("/api/parts/1", [1], {}, 400, "object of boxes"),
        ("/api/parts/1", {"nose": [1, 2, 3]}, {}, 400, "four numbers"),
        ("/api/parts/1", {"nose": [1, 2, True, 5]}, {}, 400, "four numbers"),
        ("/api/parts/1", {"nose": [5, 2, 1, 9]}, {}, 400, "empty"),
        ("/api/parts/1", b'{"nose": [0, 0, NaN, 9]}', {}, 400, "four numbers"),
        ("/api/parts/1", {" ": [1, 2, 3, 9]}, {}, 400, "needs a name"),
        ("/api/parts/1", b'{"nose": [0, 0, 1' + b"0" * 400 + b", 9]}", {}, 400, "four numbers"),
        ("/api/parts/1", b'{"nose": [0, 0, ' + b"9" * 9000 + b", 9]}", {}, 400, "no JSON"),
        ("/api/parts/1", b'{"nose": [0, 0, 1e300, 9]}', {}, 400, "four numbers"),
        ("/api/parts/1", b'{"nose": [0, 0, 1e999, 9]}', {}, 400, "four numbers"),
        ("/api/parts/1", b'{"nose": [-1e999, 0, 1, 9]}', {}, 400, "four numbers"),
        ("/api/parts/1", b'{"nose": ' + b"[" * 30000 + b"]" * 30000 + b"}", {}, 400, "no JSON"),
        ("/api/parts/9" + "9" * 30, {}, {}, 404, "no image"),
        ("/api/parts/" + "9" * 5000, {}, {}, 404, "no image"),
        ("/api/parts/1", {"a\nb": [1, 2, 3, 9]}, {}, 400, "needs a name"),
        ("/api/parts/1", b" " * 70000, {}, 413, "more than"),
        ("/api/parts/1", {}, {"Content_Type": "text/plain"}, 415, "application/json"),
        ("/api/parts/1", {}, {"Origin": "http://elsewhere.example"}, 403, "other origins"),
    ],
)
def test_what_is_no_box_is_refused_and_nothing_written(
    running: Running, path: str, body: Any, headers: dict[str, str], status: int, said: str
) -> None:
    found, _, answer = running.ask("PUT", path, body, **headers)
    assert found == status
    assert said in json.loads(answer)["error"]
    assert not running.file.exists()


def test_other_hosts_paths_and_methods_are_refused(running: Running) -> None:
    assert running.ask("GET", "/", Host="elsewhere.example")[0] == 400
    assert running.ask("GET", "/annotate.py")[0] == 404
    assert running.ask("GET", "/../annotate.py")[0] == 404
    assert running.ask("GET", "/image/7")[0] == 404
    assert running.ask("POST", "/api/parts/1", {})[0] == 405


def test_a_picture_that_cannot_be_read_or_shown_is_said(running: Running, photos: Path) -> None:
    (photos / "a" / "1.png").write_bytes(b"no image")
    Image.new("L", (70_000, 1)).save(photos / "b" / "2.png")
    for path, said in (
        ("/image/0", "not an image"),
        ("/image/1", "1x70000 pixels are longer than the 65500 that the page can"),
    ):
        status, _, body = running.ask("GET", path)
        assert status == 422
        assert json.loads(body)["error"].startswith(said)


def test_rows_of_other_images_stay(photos: Path, tmp_path: Path) -> None:
    file = tmp_path / "parts.csv"
    file.write_text("image,part,y0,x0,y1,x1\nelsewhere.jpg,tail,1,2,3,4\n1.png,ear,1,2,3,4\n")
    book = Notebook(open_source(str(photos)), file, ("nose",))
    assert book.parts == ("nose", "ear", "object")
    book.put(2, {"nose": [5, 6, 7, 8]})
    assert [(p.image, p.part) for p in read_parts(file)] == [
        ("a/1.png", "ear"), ("b/3.png", "nose"), ("elsewhere.jpg", "tail"),
    ]  # fmt: skip


def test_a_file_that_is_no_table_is_refused_before_anything_is_drawn(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.csv").write_text("some,notes\n1,2\n")
    with pytest.raises(UsageError, match="no column image"):
        annotator(open_source(str(photos)), tmp_path / "notes.csv")


def test_what_could_not_be_written_is_not_kept(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    book = Notebook(open_source(str(photos)), tmp_path / "file" / "parts.csv")
    with pytest.raises(StoreError):
        book.put(0, {"nose": [1, 2, 3, 4]})
    assert book.boxes(0) == {}


@pytest.fixture
def page(running: Running) -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no chromium: apt-get install chromium, or set CONVSCOPE_CHROMIUM to its path")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        opened = browser.new_page(viewport={"width": 1100, "height": 700})
        problems: list[str] = []
        opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        opened.on("pageerror", lambda error: problems.append(str(error)))
        opened.goto(f"http://127.0.0.1:{running.port}/")
        until(opened, "document.getElementById('picture').naturalWidth > 0")
        yield opened
        assert not problems
        browser.close()


def until(page: Any, expression: str) -> None:
    """Wait for it; Playwright's own waiting evaluates strings in the page, which the policy forbids."""
    for _ in range(400):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(25)
    raise AssertionError(f"never came: {expression}")


def saved(page: Any, file: Path) -> dict[tuple[str, str], tuple[float, ...]]:
    until(page, "document.getElementById('status').textContent === 'saved'")
    return {(part.image, part.part): part.box for part in read_parts(file, empty="allow")}


@pytest.mark.slow
def test_drawing_with_the_mouse_and_with_keys(page: Any, running: Running) -> None:
    place = page.locator("#stage").bounding_box()
    unit = place["width"] / 90

    def to(x: float, y: float) -> None:
        page.mouse.move(place["x"] + x * unit, place["y"] + y * unit)

    def pull(*points: tuple[float, float]) -> None:
        to(*points[0])
        page.mouse.down()
        for point in points[1:]:
            to(*point)
        page.mouse.up()

    pull((10, 20), (25, 30), (40, 50))
    assert saved(page, running.file) == {("a/1.png", "left eye"): (20, 10, 50, 40)}
    assert page.locator("#parts [aria-pressed=true]").inner_text().startswith("nose")  # the next part is chosen
    page.keyboard.press("1")
    pull((20, 30), (25, 33))  # from within: moves it
    assert saved(page, running.file)["a/1.png", "left eye"] == (23, 15, 53, 45)
    pull((45, 53), (50, 56))  # from its corner: changes it
    assert saved(page, running.file)["a/1.png", "left eye"] == (23, 15, 56, 50)
    assert page.locator("#parts [aria-pressed=true]").inner_text().startswith("left eye")  # a change stays with it

    page.keyboard.press("2")
    page.keyboard.press("Enter")
    assert saved(page, running.file)["a/1.png", "nose"] == (25, 40, 35, 50)
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Alt+ArrowRight")
    page.wait_for_timeout(50)
    assert saved(page, running.file)["a/1.png", "nose"] == (26, 30, 36, 41)
    page.keyboard.press("PageDown")
    until(page, "document.getElementById('name').textContent === 'b/2.png'")
    until(page, "document.querySelectorAll('.box').length === 0")
    page.get_by_label("Another part").fill("tail")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert ("b/2.png", "tail") in saved(page, running.file)
    page.keyboard.press("PageUp")
    until(page, "document.querySelectorAll('.box').length === 2")
    page.keyboard.press("1")
    page.keyboard.press("Delete")
    assert set(saved(page, running.file)) == {("a/1.png", "nose"), ("b/2.png", "tail")}
    assert page.locator("#done").text_content() == "2 of 3"
