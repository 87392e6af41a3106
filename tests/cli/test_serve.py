"""`convscope serve`; tests/server and tests/web talk to it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def test_the_atlas_and_the_address_are_handed_on(
    convscope: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}

    def run(folder: Path, *, ready: Callable[[str], None], **more: Any) -> None:
        asked.update(more, folder=folder)
        ready("http://127.0.0.1:1/")

    monkeypatch.setattr("convscope.server.run", run)
    done = convscope("serve", tmp_path, "--port", "1")
    assert done.code == 0, done.err
    assert f"{tmp_path} is at http://127.0.0.1:1/ (Ctrl-C stops it)" in done.out
    assert (asked["folder"], asked["port"], asked["host"]) == (tmp_path, 1, "127.0.0.1")


def test_a_folder_that_is_no_atlas_is_refused(convscope: Callable, images: Path) -> None:
    pytest.importorskip("starlette", reason="the extra 'server' is not installed")
    done = convscope("serve", images, "--port", "0")
    assert done.code == 5
    assert "no atlas" in done.err or "atlas" in done.err


def test_a_network_is_served_with_its_bench(convscope: Callable, images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr("convscope.server.run", lambda folder, **more: asked.update(more, folder=folder))
    done = convscope("serve", "zoo:tiny", "--images", images, "--seed", "3")
    assert done.code == 0, done.err
    assert asked["folder"] is None
    bench = asked["bench"].engine().bench
    assert bench.net.name == "zoo:tiny (random weights, seed 3)"
    assert (bench.spec, len(bench.source)) == ("zoo:tiny", 7)
    asked["bench"].close()


def test_what_is_neither_folder_nor_network_is_refused(convscope: Callable) -> None:
    assert "no atlas" in convscope("serve", "nowhere", "--port", "0").err
    done = convscope("serve", "zoo:nothing")
    assert (done.code, "zoo:nothing" in done.err or "nothing" in done.err) == (2, True)
