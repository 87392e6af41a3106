"""`convscope atlas export` and `convscope serve` as people run them, and what they give opened in Chromium."""

import json
import os
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convscope.atlas.export import export_folder, plan_export
from convscope.atlas.reading import Atlas
from convscope.cli.app import main
from tests.web.conftest import Viewer, says, soon, watch
from tests.web.making import UNITS

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*tokens: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main([str(token) for token in tokens])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def opened(chromium: Any) -> Any:
    contexts = []

    def look(page: Path, hash_: str) -> Viewer:
        contexts.append(chromium.new_context(accept_downloads=True))
        viewer = watch(contexts[-1].new_page(), page.as_uri())
        viewer.open(hash_)
        return viewer

    yield look
    for context in contexts:
        context.close()


def told(err: str) -> tuple[int, int]:
    """Units and files as they were told before anything was written."""
    found = re.search(r"(\d+) units, (\d+) files, [\d.]+ [kM]B \(pages .*numbers .*pictures", err)
    assert found, err
    return int(found[1]), int(found[2])


def test_zip_of_everything_opens_from_where_it_is_unpacked(
    command: Command, opened: Any, small_atlas: Atlas, tmp_path: Path
) -> None:
    code, _, err = command("atlas", "export", small_atlas.path, "--zip", "--dry-run", "-o", tmp_path / "all.zip")
    assert code == 0
    assert not (tmp_path / "all.zip").exists()
    units, files = told(err)
    code, out, err = command("atlas", "export", small_atlas.path, "--zip", "-o", tmp_path / "all.zip")
    assert (code, told(err)) == (0, (units, files))
    assert "all.zip" in out
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert len(archive.namelist()) == files
        archive.extractall(tmp_path)
    viewer = opened(tmp_path / "all" / "index.html", "#/u/4:7")
    viewer.page.wait_for_selector(".joints")
    viewer.open("#/l/4?sort=similar&near=7")
    viewer.page.wait_for_selector(".measure")
    viewer.open("#/e/curve")
    viewer.page.wait_for_selector("table")
    viewer.open("#/i/2")
    viewer.page.wait_for_selector(".image-page .tiles li")
    assert viewer.problems == []
    code, _, err = command("atlas", "export", small_atlas.path, "--zip", "-o", tmp_path / "all.zip")
    assert code != 0
    assert "is there already" in err


def test_layers_alone(command: Command, opened: Any, small_atlas: Atlas, tmp_path: Path) -> None:
    code, out, err = command("atlas", "export", small_atlas.path, "--layers", "4", "-o", tmp_path / "part", "--json")
    assert code == 0
    assert json.loads(out)["units"] == told(err)[0] == UNITS
    written = [path for path in (tmp_path / "part").rglob("*") if path.is_file()]
    assert len(written) == told(err)[1]
    assert sum(path.stat().st_size for path in written) == json.loads(out)["bytes"]
    viewer = opened(tmp_path / "part" / "index.html", "#/")
    soon(viewer.page.locator(".station").count, 1)
    viewer.open("#/l/4?sort=similar&near=7")
    viewer.page.wait_for_selector(".measure")
    viewer.open("#/l/1")
    says(viewer.page, "body", "No such layer")
    assert viewer.problems == []


def test_units_alone_keep_their_pictures_for_saving(
    command: Command, opened: Any, small_atlas: Atlas, tmp_path: Path
) -> None:
    chosen = ("--units", "4:7,4:9,1:2", "-o", tmp_path / "few")
    code, _, err = command("atlas", "export", small_atlas.path, *chosen, "--portable")
    assert code == 0
    assert told(err)[0] == 3
    assert sorted(p.name for p in (tmp_path / "few" / "pictures" / "01-4").glob("[0-9]*.webp")) == ["7.webp", "9.webp"]
    viewer = opened(tmp_path / "few" / "index.html", "#/u/4:7")
    viewer.page.wait_for_selector(".actions")
    with viewer.page.expect_download() as download:
        viewer.page.get_by_role("button", name="PNG").click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    viewer.page.keyboard.press("ArrowRight")
    viewer.until("location.hash.endsWith('4:9')")
    # Units that feed it or are like it are shown where they are here: nothing asks for pictures that are not.
    viewer.page.wait_for_selector(".joints")
    viewer.page.wait_for_load_state("networkidle")
    viewer.open("#/l/4?sort=similar&near=7")  # the nearest that are known, of those that are here
    viewer.page.wait_for_selector(".virtual li")
    soon(viewer.page.locator(".virtual li").count, 2)
    assert viewer.problems == []


def test_single_file_of_units(command: Command, opened: Any, small_atlas: Atlas, tmp_path: Path) -> None:
    code, _, err = command("atlas", "export", small_atlas.path, "--single-file", "-o", tmp_path / "all.html")
    assert code != 0
    assert "at most 32" in err
    chosen = ("--units", "4:7", "--single-file", "-o", tmp_path / "one.html")
    code, _, err = command("atlas", "export", small_atlas.path, *chosen)
    assert code == 0
    assert 10 < told(err)[0] <= 32  # with those that it links to
    viewer = opened(tmp_path / "one.html", "#/u/4:7")
    viewer.page.wait_for_selector(".joints")
    assert viewer.page.locator(".nine").first.is_visible()
    assert [problem for problem in viewer.problems if not problem.startswith("request outside: data:")] == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--layers", "5"], "'5' is not in this atlas"),
        (["--units", "4"], "4"),
        (["--layers", "4", "--units", "4:1"], "both"),
        (["--zip", "--single-file"], "choose one"),
    ],
)
def test_what_is_not_there_is_named(
    command: Command, small_atlas: Atlas, tmp_path: Path, options: list[str], words: str
) -> None:
    code, _, err = command("atlas", "export", small_atlas.path, *options, "-o", tmp_path / "x")
    assert code != 0
    assert words in err
    assert not (tmp_path / "x").exists()


def test_attached_atlas_is_compared(command: Command, opened: Any, small_atlas: Atlas, tmp_path: Path) -> None:
    export_folder(plan_export(small_atlas, layers=["1", "4"]), tmp_path / "one")
    export_folder(plan_export(small_atlas, layers=["4"]), tmp_path / "two")
    code, out, _ = command("atlas", "attach", tmp_path / "one", tmp_path / "two")
    assert code == 0
    hash_ = out.strip()[out.index("#") :]
    viewer = opened(tmp_path / "one" / "index.html", hash_ + "&a=4")
    viewer.page.get_by_role("button", name="Side by side").click()
    viewer.page.wait_for_selector(".half .virtual li")
    soon(lambda: viewer.page.locator(".half").nth(1).inner_text().startswith("4 in two"))
    assert viewer.problems == []
    code, _, err = command("atlas", "attach", tmp_path / "one", tmp_path / "two", "--name", "a/b")
    assert code != 0
    assert "letters" in err


def test_serve_tells_its_address_and_shows_the_atlas(chromium: Any, small_atlas: Atlas) -> None:
    pytest.importorskip("starlette", reason="the extra 'server' is not installed")
    pytest.importorskip("uvicorn", reason="the extra 'server' is not installed")
    line = [sys.executable, "-m", "convscope", "serve", str(small_atlas.path), "--port", "0"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as server:
        try:
            assert server.stdout is not None
            first = server.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+/", first)
            assert found, first
            context = chromium.new_context()
            viewer = watch(context.new_page(), found[0])
            page = viewer.open("#/u/4:7")
            page.wait_for_selector(".joints")
            context.close()
            assert viewer.problems == []
        finally:
            server.send_signal(signal.SIGINT)
            rest = server.communicate(timeout=20)[0]
    assert "Traceback" not in rest
