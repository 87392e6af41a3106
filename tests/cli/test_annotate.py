"""`convscope annotate`; tests/server talks to it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def test_images_table_and_parts_are_handed_on(
    convscope: Callable, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("starlette", reason="the extra 'server' is not installed")
    asked: dict[str, Any] = {}

    def listen(served: Any, *, ready: Callable[[str], None], **more: Any) -> None:
        asked.update(more)
        ready("http://127.0.0.1:1/")

    monkeypatch.setattr("convscope.server.app.listen", listen)
    table = tmp_path / "parts.csv"
    done = convscope("annotate", images, "-o", table, "-p", "eye", "--limit", "3", "--json")
    assert done.code == 0, done.err
    assert done.document == {"address": "http://127.0.0.1:1/", "out": str(table), "images": 3}
    assert asked["host"] == "127.0.0.1"


def test_a_table_that_is_none_and_images_that_are_none_are_named(
    convscope: Callable, images: Path, tmp_path: Path
) -> None:
    pytest.importorskip("starlette", reason="the extra 'server' is not installed")
    table = tmp_path / "parts.csv"
    table.write_text("a,b\n1,2\n")
    done = convscope("annotate", images, "-o", table)
    assert (done.code, "no column" in done.err) == (2, True)
    done = convscope("annotate", "-o", table)
    assert (done.code, "no images" in done.err) == (2, True)
