"""How any answer is kept: files, figures, an entry in an atlas, and what is said where figures cannot be drawn."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import convscope as cs
from convscope.cli.present import present
from convscope.cli.terminal import Terminal
from convscope.errors import StoreError, missing_extra
from convscope.studies.answer import Answer, Figure, Row, finished
from convscope.studies.kept import context


@dataclass(eq=False, repr=False)
class Small(Answer):
    """An answer of one row."""

    pictures: Mapping[str, Figure] = context()

    @property
    def summary(self) -> str:
        return "one row"

    def rows(self) -> list[Row]:
        return [{"layer": "conv1", "mean": 0.5}]

    def to_json(self) -> dict[str, Any]:
        return {"rows": self.rows()}

    def files(self) -> Iterator[tuple[str, bytes]]:
        yield "rows.txt", b"conv1"

    @property
    def can_draw(self) -> bool:
        return self.pictures is not None

    def drawings(self) -> Mapping[str, Figure]:
        return self.pictures


def undrawable() -> bytes:
    raise missing_extra("matplotlib", "plot", purpose="draw figures")


def test_files_and_figures_are_written_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = finished(Small({"a.png": Figure("A", lambda: b"picture")}), store=tmp_path)
    assert (tmp_path / "a.png").read_bytes() == b"picture"
    assert (tmp_path / "rows.txt").read_bytes() == b"conv1"
    assert answer.kept.figures == {"a.png": tmp_path / "a.png"}
    present(answer, Terminal())
    assert "install" not in "".join(capsys.readouterr())


def test_without_matplotlib_files_are_kept_and_it_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = finished(Small({"a.png": Figure("A", undrawable)}), store=tmp_path)
    assert (tmp_path / "rows.txt").exists()
    assert not (tmp_path / "a.png").exists()
    present(answer, Terminal())
    said = "".join(capsys.readouterr())
    assert "no figures: matplotlib is needed" in said
    assert "install 'convscope[plot]'" in said


def test_nothing_to_draw_is_no_missing_package(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    present(finished(Small({}), store=tmp_path), Terminal())
    assert "install" not in "".join(capsys.readouterr())


def test_an_answer_that_was_not_written_has_no_folder() -> None:
    answer = finished(Small({}), store=None)
    with pytest.raises(StoreError, match="save it into a folder"):
        _ = answer.kept


def test_figures_of_before_are_not_drawn_again(tmp_path: Path) -> None:
    class Drawn(Small):
        def written(self, folder: Path) -> Mapping[str, Path]:
            return {"a.png": folder / "a.png"}

    answer = Drawn({"a.png": Figure("A", undrawable)})
    assert answer.save(tmp_path).figures == {"a.png": tmp_path / "a.png"}


def test_what_was_found_is_the_answer_s_too() -> None:
    net = cs.load("zoo:tiny")
    answer = cs.occlude(net, np.zeros((40, 40, 3), np.uint8), size=16, stride=16)
    assert answer.probability is not None
    assert answer.probability.shape == answer.found.probability.shape
    assert answer.grid == answer.found.grid
    with pytest.raises(AttributeError, match="Occlusion has no 'probabilty'"):
        _ = answer.probabilty
    assert copy.copy(answer).layer == answer.layer
    assert not hasattr(answer, "_ipython_display_")
