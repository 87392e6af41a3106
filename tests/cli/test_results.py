"""Figures that commands write, and what is said where there are none."""

from pathlib import Path

import pytest

from convscope.cli.results import write_figures
from convscope.cli.terminal import Terminal
from convscope.errors import missing_extra


def test_figures_are_written_and_given_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert write_figures(lambda: {"a.png": b"picture"}, tmp_path, Terminal()) == {"a.png": b"picture"}
    assert (tmp_path / "a.png").read_bytes() == b"picture"
    assert "install" not in "".join(capsys.readouterr())


def test_without_matplotlib_that_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def draw() -> dict[str, bytes]:
        raise missing_extra("matplotlib", "plot", purpose="draw figures")

    assert write_figures(draw, tmp_path, Terminal()) == {}
    assert "no figures: install 'convscope[plot]'" in "".join(capsys.readouterr())


def test_nothing_to_draw_is_no_missing_package(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert write_figures(dict, tmp_path, Terminal()) == {}
    assert "install" not in "".join(capsys.readouterr())
