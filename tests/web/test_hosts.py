"""The other places where the viewer runs: one mailed file, an export, the server, and a notebook."""

import json
import re
import socket
import threading
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from convscope.atlas import export
from convscope.atlas.attach import attach
from convscope.atlas.reading import Atlas
from convscope.atlas.web import read_script
from convscope.errors import StoreError, UnknownLayer, UsageError
from convscope.notebook.atlas import answer
from tests.web.conftest import says, soon, watch
from tests.web.making import UNITS


def test_plan_tells_the_size_before_anything_is_written(small_atlas: Atlas, tmp_path: Path) -> None:
    made = export.plan_export(small_atlas, layers=["4"])
    assert made.units == UNITS
    assert export.export_folder(made, tmp_path / "part") == made.size
    assert sum(path.stat().st_size for path in (tmp_path / "part").rglob("*") if path.is_file()) == made.size
    opened = Atlas.open(tmp_path / "part")
    assert [layer.name for layer in opened.layers] == ["4"]
    with pytest.raises(StoreError, match="is there already"):
        export.export_folder(made, tmp_path / "part")


def test_zip_holds_one_folder_and_is_the_same_twice(small_atlas: Atlas, tmp_path: Path) -> None:
    made = export.plan_export(small_atlas)
    export.export_zip(made, tmp_path / "a.zip")
    first = (tmp_path / "a.zip").read_bytes()
    export.export_zip(made, tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == first
    names = zipfile.ZipFile(tmp_path / "a.zip").namelist()
    assert all(name.startswith("a/") for name in names)
    assert {"a/index.html", "a/atlas.sqlite", "a/experiments/curve/curve.svg"} <= set(names)


def test_exports_refuse_what_is_not_there(small_atlas: Atlas) -> None:
    with pytest.raises(UnknownLayer, match="'5' is not in this atlas"):
        export.plan_export(small_atlas, layers=["5"])
    with pytest.raises(UnknownLayer, match="130 units"):
        export.plan_export(small_atlas, units=["4:130"])
    with pytest.raises(UsageError, match="both"):
        export.plan_export(small_atlas, layers=["4"], units=["4:1"])
    with pytest.raises(UsageError, match="at most 32"):
        export.single_file(export.plan_export(small_atlas))


def test_one_file_shows_its_units_and_asks_for_nothing(chromium: Any, small_atlas: Atlas, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    export.export_single(export.plan_export(small_atlas, units=["4:7", "4:9"]), alone / "two.html")
    context = chromium.new_context()
    viewer = watch(context.new_page(), (alone / "two.html").as_uri())
    requests: list[str] = []
    viewer.page.on("request", lambda r: requests.append(r.url) if not r.url.startswith(("data:", "blob:")) else None)
    page = viewer.open("#/u/4:7")
    page.wait_for_selector(".joints")
    assert page.locator(".actions a[href*=compare]").count() == 1
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("text=4:9")
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG").click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    page = viewer.open("#/l/4")
    page.wait_for_selector(".virtual li")
    soon(page.locator(".count").inner_text, "2 of 2")
    page = viewer.open("#/u/4:8")
    says(page, "body", "holds other units")
    page = viewer.open("#/compare")
    page.wait_for_selector(".half .virtual li >> nth=1")
    shown = page.locator(".half").first.locator("b").all_inner_texts()
    assert [text.split()[-1] for text in shown] == ["7", "9"]
    page = viewer.open("#/compare?a=4:7&b=4:8")
    says(page, ".empty", "is not there")
    page = viewer.open("#/e")
    page.wait_for_selector(".experiments a[href='#/e/fed']")
    assert page.evaluate("window.hacked === undefined")
    context.close()
    assert set(requests) <= {(alone / "two.html").as_uri(), "about:blank"} | {r for r in requests if "two.html#" in r}
    assert [p for p in viewer.problems if not p.startswith("request outside: data:")] == []


def test_exported_layer_opens_from_disk(chromium: Any, small_atlas: Atlas, tmp_path: Path) -> None:
    export.export_folder(export.plan_export(small_atlas, layers=["4"]), tmp_path / "part")
    context = chromium.new_context()
    viewer = watch(context.new_page(), (tmp_path / "part" / "index.html").as_uri())
    page = viewer.open("#/u/4:7")
    page.wait_for_selector(".joints")
    page.wait_for_timeout(200)
    context.close()
    assert viewer.problems == []


def test_attached_atlas_is_listed_and_linked(small_atlas: Atlas, tmp_path: Path) -> None:
    two = Atlas.open(small_atlas.path / "atlases" / "other")
    export.export_folder(export.plan_export(small_atlas, layers=["1"]), tmp_path / "one")
    one = Atlas.open(tmp_path / "one")
    place = attach(one.path, two.path, "later")
    assert Atlas.open(place).manifest["model"] == two.manifest["model"] != one.manifest["model"]
    listed = read_script(one.path / "data" / "atlases.js")
    assert [entry["name"] for entry in listed] == ["later"]
    with pytest.raises(StoreError, match="this very atlas"):
        attach(one.path, one.path, "same")
    with pytest.raises(UsageError, match="letters"):
        attach(one.path, two.path, "../up")


@pytest.fixture
def server(small_atlas: Atlas) -> Iterator[str]:
    pytest.importorskip("starlette", reason="the extra 'server' is not installed")
    uvicorn = pytest.importorskip("uvicorn", reason="the extra 'server' is not installed")
    from convscope.server import application

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    running = uvicorn.Server(uvicorn.Config(application(small_atlas.path), log_level="error", lifespan="off"))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    running.should_exit = True
    thread.join()
    listener.close()


def status(address: str, *, method: str = "GET", host: str | None = None) -> tuple[int, dict[str, str]]:
    request = urllib.request.Request(address, method=method, headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request) as answered:
            return answered.status, dict(answered.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers)


def test_server_gives_the_page_with_a_policy_and_nothing_else(server: str) -> None:
    code, headers = status(server)
    assert code == 200
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert status(server + "data/manifest.js")[0] == 200
    for path in ("store/manifest.json", "../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", ".hidden", "nothing"):
        assert status(server + path)[0] == 404, path
    assert status(server, method="POST")[0] == 405
    assert status(server, host="evil.example")[0] == 400


def test_server_shows_the_viewer(chromium: Any, server: str) -> None:
    context = chromium.new_context()
    viewer = watch(context.new_page(), server)
    page = viewer.open("#/u/4:7")
    page.wait_for_selector(".joints")
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG").click()
    assert download.value.path().stat().st_size > 100
    context.close()
    assert viewer.problems == []


def test_notebook_displays_hold_their_pictures_and_escape_names(small_atlas: Atlas) -> None:
    for shown in (small_atlas, small_atlas.unit("4:7"), small_atlas.unit("4:3")):
        html = shown._repr_html_()
        assert "<script" not in html
        assert not re.search(r'(?:src|href)="(?!data:)', html)
    assert small_atlas.unit("4:7")._repr_html_().count("data:image/png") == 18
    assert "dead" in small_atlas.unit("4:3")._repr_html_()


def test_notebook_answers_for_the_atlas_alone(small_atlas: Atlas) -> None:
    reply, data = answer(small_atlas, {"id": 1, "address": "manifest", "atlas": ""})
    assert reply["value"]["units"] == small_atlas.manifest["units"]
    assert data == []
    reply, data = answer(small_atlas, {"id": 2, "picture": "pictures/01-4/7.webp"})
    assert (reply["type"], data[0][8:12]) == ("image/webp", b"WEBP")
    for question in (
        {"picture": "../secret.webp"},
        {"picture": "store/manifest.json"},
        {"picture": ""},
        {"address": "../manifest"},
        {"address": "manifest", "atlas": "../.."},
    ):
        reply, data = answer(small_atlas, {"id": 3, **question})
        assert "error" in reply, question
        assert data == []


def test_widget_shows_the_viewer(chromium: Any, small_atlas: Atlas) -> None:
    """The module as a notebook would run it, with a model that asks Python for everything."""
    module = (Path(export.__file__).parent / "page" / "widget.js").read_text("utf-8")
    page = chromium.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))

    def ask(message: dict[str, Any]) -> str:
        reply, data = answer(small_atlas, message)
        return json.dumps([reply, [list(part) for part in data]])

    page.expose_function("askPython", ask)
    page.set_content("<div id='cell'></div>")
    page.evaluate(
        """async (source) => {
          const module = await import(URL.createObjectURL(new Blob([source], {type: "text/javascript"})));
          let hear = null;
          const model = {
            get: (key) => ({route: "#/", height: 600})[key],
            on: (_, callback) => { hear = callback; }, off: () => {},
            send: async (message) => {
              const [reply, data] = JSON.parse(await window.askPython(message));
              hear(reply, data.map((bytes) => new DataView(new Uint8Array(bytes).buffer)));
            },
          };
          window.close_ = module.default.render({model, el: document.getElementById("cell")});
        }""",
        module,
    )
    page.wait_for_selector(".station")
    page.locator(".station a").nth(1).click()
    page.wait_for_selector(".virtual li")
    page.locator(".virtual li a").nth(7).click()
    page.wait_for_selector(".nine")
    background = page.locator(".nine .tile").first.evaluate("e => e.style.backgroundImage")
    assert background.startswith('url("blob:')
    for name, ready in (("Compare", ".compare-bar"), ("Experiments", ".experiments a")):
        page.locator(".sections").get_by_role("link", name=name, exact=True).click()
        page.wait_for_selector(ready)
    assert page.evaluate("location.hash") == ""
    page.evaluate("window.close_()")
    page.close()
    assert problems == []


def test_widget_is_made_of_the_module(small_atlas: Atlas) -> None:
    pytest.importorskip("anywidget", reason="the extra 'notebook' is not installed")
    made = small_atlas.widget(route="#/u/4:7", height=500)
    assert (made.route, made.height) == ("#/u/4:7", 500)
    assert "convscope" in made._esm or len(str(made._esm)) > 10_000
