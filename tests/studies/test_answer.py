"""How any answer is kept: files, figures, an entry in an atlas, and what is said where figures cannot be drawn."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import convscope as cs
from convscope.cli.present import present
from convscope.cli.terminal import Terminal
from convscope.errors import ImageError, StoreError, UsageError, missing_extra
from convscope.stores.sealing import seal, unseal
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


def saved(folder: Path, *names: str) -> Small:
    """An answer with figures of these names in a folder, as another process loads it."""
    finished(Small({name: Figure("A", lambda: b"picture") for name in names}), store=folder)
    return Small.load(folder)


@pytest.mark.parametrize("content", [b"", b"pictuse"])
def test_a_figure_that_is_not_as_it_was_written_is_named(tmp_path: Path, content: bytes) -> None:
    found = saved(tmp_path / "out", "a.png")
    (tmp_path / "out" / "a.png").write_bytes(content)
    for use in (found.figures()["a.png"].draw, lambda: found.save(tmp_path / "copy")):
        with pytest.raises(StoreError, match=r"a\.png is not as it was written: save the answer again"):
            use()


def test_a_figure_that_a_link_leads_out_to_is_none_of_a_loaded_answer(tmp_path: Path) -> None:
    """As a folder has it that somebody sent: what it shows would be copied, and sent on."""
    saved(tmp_path / "out", "a.png", "b.png")
    (tmp_path / "secret").write_bytes(b"picture")
    (tmp_path / "out" / "a.png").unlink()
    (tmp_path / "out" / "a.png").symlink_to(tmp_path / "secret")
    found = Small.load(tmp_path / "out")
    assert list(found.figures()) == ["b.png"]
    assert found.kept.missing == "1 of 2 figures are gone, such as a.png"


def test_files_that_a_link_leads_out_to_are_not_deleted(tmp_path: Path) -> None:
    out, other = tmp_path / "out", tmp_path / "other"
    saved(other, "a.png")
    arrays, said = unseal((other / "small.safetensors").read_bytes())
    digest = said["files"]["a.png"]
    (out / "link").parent.mkdir()
    (out / "link").symlink_to(other)
    (out / "small.safetensors").write_bytes(seal(arrays, said | {"files": {"link/a.png": digest, "a.png": digest}}))
    (out / "a.png").write_bytes(b"picture")
    Small({}).save(out)
    assert (other / "a.png").exists()
    assert not (out / "a.png").exists()


@dataclass(eq=False, repr=False)
class Blank(Small):
    """An answer with a number that is none: of a network without weights, say."""

    def rows(self) -> list[Row]:
        return [{"layer": "conv1", "mean": float("nan")}]

    def to_json(self) -> dict[str, Any]:
        return {}


def test_what_is_written_with_numbers_that_are_none_is_read_again(tmp_path: Path) -> None:
    Blank({}).save(tmp_path)
    assert np.isnan(Blank.load(tmp_path).rows()[0]["mean"])


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


def test_files_of_an_answer_that_is_replaced_do_not_stay(tmp_path: Path) -> None:
    net, photos = cs.load("zoo:tiny"), [np.full((40, 40, 3), value, np.uint8) for value in (20, 200)]
    one, other = cs.deconv(net, photos, ["relu1:1", "relu1:2"]), cs.deconv(net, photos, ["relu1:2", "fc:3"], limit=1)
    one.question = other.question = None  # as of answers that no verb gave: those are replaced
    one.save(tmp_path)
    (tmp_path / "mine.txt").write_text("kept")
    first = set(tmp_path.rglob("*.png"))
    other.save(tmp_path)
    assert len(first) == 4
    assert sorted(path.parent.name for path in tmp_path.rglob("*.png")) == ["fc_3", "relu1_2"]
    assert (tmp_path / "mine.txt").read_text() == "kept"


@pytest.mark.parametrize(
    ("net", "message"),
    [(torch.nn.Conv2d(3, 2, 3), "a Conv2d is a module"), ("zoo:tiny", "load it first"), (3, "the network comes first")],
)
def test_what_is_no_network_is_said(net: object, message: str) -> None:
    photo = np.zeros((40, 40, 3), np.uint8)
    for ask in (cs.occlude, cs.invariance, cs.scan, lambda net, x: cs.deconv(net, x, "relu1:1")):
        with pytest.raises(UsageError, match=message):
            ask(net, photo)  # type: ignore[arg-type, operator]


def test_the_first_reason_is_told_where_no_image_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no image")
    net = cs.load("zoo:tiny")
    for ask in (cs.occlude, cs.invariance, lambda net, x: cs.deconv(net, x, "relu1:1")):
        with pytest.raises(ImageError, match=r"the first, a\.png: "):
            ask(net, tmp_path)  # type: ignore[operator]
