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
